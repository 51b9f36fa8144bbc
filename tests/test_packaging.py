"""What is installed: one list of dependencies, one lock that fits it, an environment.yml that adds nothing."""

import fnmatch
import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [Requirement(r) for r in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]]
LOCK = [Requirement(line) for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()]
PYTHONS = ["3.11", "3.12", "3.13"]


def locked(name: str, python: str, platform: str = "linux") -> list[str]:
    environment = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": platform}
    environment |= {"os_name": "nt" if platform == "win32" else "posix", "platform_system": platform}
    return [
        next(iter(line.specifier)).version
        for line in LOCK
        if canonicalize_name(line.name) == canonicalize_name(name)
        and (line.marker is None or line.marker.evaluate(environment))
    ]


def test_lock_pins_one_version_a_line_and_names_no_place():
    for line in LOCK:
        assert [s.operator for s in line.specifier] == ["=="], f"{line} is not pinned"
        assert line.url is None
        assert not line.extras
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("requirement", DIRECT, ids=lambda r: r.name)
def test_dependency_is_locked_inside_its_range(requirement, python):
    versions = locked(requirement.name, python)
    assert len(versions) == 1, (
        f"{requirement.name} is locked {len(versions)} times for Python {python}: make the lock anew (CONTRIBUTING.md)"
    )
    assert requirement.specifier.contains(versions[0], prereleases=True), f"{versions[0]} is outside {requirement}"


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda r: r.name)
def test_dependency_has_a_lower_bound(requirement):
    assert any(s.operator in (">=", "==", "~=") for s in requirement.specifier)


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda r: r.name)
def test_installed_version_is_inside_the_range(requirement):
    try:
        assert requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        pytest.skip(f"{requirement.name} is not installed here")


def test_lock_covers_every_python_the_project_allows():
    assert [
        p for p in ("3.10", "3.11", "3.12", "3.13", "3.14") if f"{p}.0" in SpecifierSet(PROJECT["requires-python"])
    ] == PYTHONS
    assert all(locked("numpy", python) for python in PYTHONS)


def environment() -> tuple[dict, list[str], list[str]]:
    whole = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    from_conda = [d for d in whole["dependencies"] if isinstance(d, str)]
    [from_pip] = [d["pip"] for d in whole["dependencies"] if isinstance(d, dict)]
    return whole, from_conda, from_pip


def test_environment_takes_python_from_conda_and_everything_else_from_the_project():
    whole, from_conda, from_pip = environment()
    assert set(whole) == {"name", "channels", "dependencies"}
    assert whole["name"] == PROJECT["name"]
    assert whole["channels"] == ["conda-forge", "nodefaults"]
    assert [re.split(r"[ <>=]", d)[0] for d in from_conda] == ["python", "pip"]
    # conda writes these lines, one each, into a requirements file beside environment.yml; options are lines of their own
    options = dict(re.fullmatch(r"(\S+) (\S+)", line).groups() for line in from_pip)
    assert set(options) == {"--constraint", "--editable"}
    assert options["--constraint"] == "requirements.lock"
    assert options["--editable"] in (".", ".[test]")


def test_environment_asks_for_the_same_pythons():
    _, from_conda, _ = environment()
    python = next(d for d in from_conda if d.startswith("python"))
    assert SpecifierSet(python.removeprefix("python").strip()) == SpecifierSet(PROJECT["requires-python"])


def test_conda_can_read_the_specifications():
    rattler = pytest.importorskip("rattler", reason="py-rattler, which reads conda's specifications, is not installed")
    for specification in environment()[1]:
        rattler.MatchSpec(specification, strict=True)


def test_every_file_of_the_package_is_shipped():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = [
        f"{package.replace('.', '/')}/{p.replace('**/*', '*')}"
        for package, ps in tool["package-data"].items()
        for p in ps
    ]
    files = [f.relative_to(ROOT).as_posix() for f in (ROOT / "trialkit").rglob("*") if f.is_file()]
    files = [f for f in files if "__pycache__" not in f and not f.endswith(".py")]
    assert len(files) > 10
    assert [f for f in files if not any(fnmatch.fnmatch(f, p) for p in patterns)] == []
    folders = {f.parent for f in (ROOT / "trialkit").rglob("*.py")}
    assert [str(d) for d in folders if not (d / "__init__.py").exists()] == [], (
        "setuptools finds packages by __init__.py"
    )


def test_what_is_made_is_not_committed():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".venv/", "data/frames/", "reports/*", "__pycache__/", ".ipynb_checkpoints/"} <= set(ignored)
