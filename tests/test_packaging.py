"""What is installed: one list of dependencies, one lock that fits it, an environment.yml that adds nothing."""

import fnmatch
import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
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
EXTRAS = {name: [Requirement(r) for r in wanted] for name, wanted in PROJECT["optional-dependencies"].items()}
LOCKS = ["requirements.lock", "requirements-test.lock", "requirements-bench.lock"]


def read_lock(name: str) -> list[tuple[Requirement, list[str]]]:
    """What a lock pins, each with its hashes."""
    logical = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    lines = [re.split(r"\s+--hash=", line) for line in logical]
    return [(Requirement(first.strip()), [h.strip() for h in hashes]) for first, *hashes in lines]


RUNS = [line for line, _ in read_lock("requirements.lock")]
LOCK = RUNS + [line for line, _ in read_lock("requirements-test.lock")]
PYTHONS = ["3.11", "3.12", "3.13"]


def locked(name: str, python: str, platform: str = "linux", lock: list[Requirement] = LOCK) -> list[str]:
    environment = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": platform}
    environment |= {"os_name": "nt" if platform == "win32" else "posix", "platform_system": platform}
    return [
        next(iter(line.specifier)).version
        for line in lock
        if canonicalize_name(line.name) == canonicalize_name(name)
        and (line.marker is None or line.marker.evaluate(environment))
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_one_version_a_line_with_its_hashes_and_names_no_place(name):
    pinned = read_lock(name)
    assert len(pinned) > 20
    for line, hashes in pinned:
        assert [s.operator for s in line.specifier] == ["=="], f"{line} is not pinned"
        assert line.url is None
        assert not line.extras
        assert hashes, f"{line} has no hash: make lock"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", found) for found in hashes), line
        assert len(set(hashes)) == len(hashes)
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_locks_of_tests_and_peers_add_to_the_first():
    first = {canonicalize_name(line.name) for line in RUNS}
    for name in LOCKS[1:]:
        assert first & {canonicalize_name(line.name) for line, _ in read_lock(name)} == set()


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_everything_asked_for_is_locked_on_every_platform(python, platform):
    bench = RUNS + [line for line, _ in read_lock("requirements-bench.lock")]
    wanted = [(r, RUNS) for r in map(Requirement, PROJECT["dependencies"])]
    wanted += [(r, bench if name == "bench" else LOCK) for name, extra in EXTRAS.items() for r in extra]
    for requirement, lock in wanted:
        [found] = locked(requirement.name, python, platform, lock)
        assert requirement.specifier.contains(found, prereleases=True)


def test_what_builds_the_project_is_locked_too():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    for requirement in map(Requirement, build["requires"]):
        assert requirement.specifier.contains(locked(requirement.name, "3.13", lock=RUNS)[0])
        assert str(requirement) in (ROOT / "Makefile").read_text(encoding="utf-8")


def installs(text: str) -> list[str]:
    """Every call of pip in a text, on one line each."""
    return re.findall(r"-m pip install[^\n]*", text.replace("\\\n", " "))


def test_nothing_is_installed_without_its_hash():
    """The Makefile and the README: all from the locks, as wheels, and then the project with nothing but itself."""
    for name in ("Makefile", "README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        wheels = dict(re.findall(r"^(WHEELS) = (.*)$", text, re.M)).get("WHEELS", "")
        for call in installs(text.replace("$(WHEELS)", wheels)):
            itself = re.search(r"--no-deps --no-build-isolation -e \.$", call)
            peers = "requirements-bench.lock" in call
            assert itself or ("--require-hashes" in call and "-r requirements" in call), call
            assert itself or peers or "--only-binary :all:" in call, call
    assert len(installs((ROOT / "README.md").read_text(encoding="utf-8"))) == 2


def test_a_file_of_another_content_is_not_installed(tmp_path):
    """pip itself refuses what has not the hash of the lock; no registry is asked."""
    wheel = tmp_path / "probe-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("probe.py", "")
        archive.writestr("probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
        archive.writestr("probe-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("probe-1.0.dist-info/RECORD", "")
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for told, status in ((right, 0), ("0" * 64, 1), (None, 1)):
        lock = tmp_path / "probe.lock"
        lock.write_text("probe==1.0" + (f" --hash=sha256:{told}" if told else ""))
        words = [
            "install",
            "--require-hashes",
            "--no-index",
            "--find-links",
            tmp_path,
            "--target",
            tmp_path / f"{told}",
            "-r",
            lock,
        ]
        done = subprocess.run([sys.executable, "-m", "pip", *map(str, words)], capture_output=True, text=True)
        assert done.returncode == status, done.stderr


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
    # conda writes these lines, one each, into a requirements file beside environment.yml. A project in a folder has no
    # hash, so it does not stand there: README names the line that installs it afterwards.
    assert from_pip == ["--require-hashes", "--only-binary :all:", *(f"--requirement {name}" for name in LOCKS[:2])]
    assert (
        "--no-deps --no-build-isolation -e ."
        in (ROOT / "README.md").read_text(encoding="utf-8").partition("conda env")[2]
    )


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
