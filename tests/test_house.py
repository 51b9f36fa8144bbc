"""The rules of the house: who imports whom, how long a module is, what a notebook may hold, what the documents promise."""

import ast
import json
import re
import shutil
import subprocess
import tokenize
import tomllib
from pathlib import Path

import pytest

from trialkit.registries import READERS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "trialkit"
MODULES = sorted(PACKAGE.rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))  # those of the reports
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "data" / "README.md",
    ROOT / "docs" / "scale.md",
]
LONGEST_MODULE, LONGEST_NOTEBOOK = 330, 100
TRIAL_ID = re.compile(r"NCT\d{8}|CTRI/\d{4}")

# Room -> rooms it may import from, "room:Name" for one name only. A room is a module, or a folder of modules; the
# modules of one folder may import each other. `report` stands for report.py and its siblings report_*.py.
MAY_IMPORT = {
    "__init__": set(),
    "__main__": {"cli"},
    "record": set(),
    "vocabulary": set(),
    "prose": set(),
    "fingerprints": set(),
    "storage": set(),
    "engines": {"fingerprints"},
    "tables": set(),
    "formulas": set(),
    "lab": set(),
    "terminal": {"frames:Frames", "filled:silent_fields"},
    "registries": {"record"},
    "facts": {"vocabulary"},
    "schema_build": set(),
    "schema": {"schema_build", "vocabulary"},
    "linking": {"record"},
    "corrections": {"linking:normalise_id", "record"},
    "filled": {"record"},
    "gate": {"record", "vocabulary"},
    "contacts": {"record"},
    "intake": {"contacts", "engines", "gate", "record", "registries"},
    "curation": {"corrections:read_rows", "facts", "formulas", "linking:normalise_id", "rows", "schema", "vocabulary"},
    "review": {
        "curation",
        "export",
        "formulas",
        "frames:Frames",
        "linking:normalise_id",
        "prose",
        "registries",
        "storage",
    },
    "conflicts": {"record", "facts"},
    "rows": {"record", "facts", "conflicts", "vocabulary"},
    "extraction": {"engines", "fingerprints", "record", "rows", "storage"},
    "frames": {"fingerprints", "schema", "storage"},
    "assemble": {
        "corrections",
        "curation",
        "engines:batches",
        "extraction",
        "filled",
        "frames",
        "intake",
        "linking",
        "record",
        "registries",
        "rows",
        "schema",
    },
    "builds": {"export", "extraction", "fingerprints", "frames", "storage"},
    "snapshots": {"assemble:build_frames", "corrections", "curation", "fingerprints", "frames", "storage"},
    "fetch": {
        "snapshots:package_version",
        "snapshots:describe_sources",
        "registries",
        "frames:SNAPSHOTS",
        "frames:DATA",
        "storage",
    },
    "selection": {"frames", "schema", "vocabulary"},
    "brands": {"frames", "vocabulary"},
    "export": {
        "formulas",
        "frames:Frames",
        "linking:register_of",
        "prose",
        "publication",
        "schema",
        "storage",
        "summaries",
    },
    "publication": {"frames:Frames", "prose", "summaries", "tables"},
    "changes": {"frames:Frames"},
    "summaries": {"changes", "filled", "frames:Frames", "linking:normalise_id", "schema", "vocabulary", "prose"},
    "charts": {"summaries", "schema", "vocabulary", "prose"},
    "notebook": {"publication:tell_citation", "brands", "frames", "snapshots", "selection", "report", "prose"},
    "report": {"storage"},
    "report_trials": {
        "engines",
        "frames:Frames",
        "report",
        "snapshots:package_version",
        "storage",
        "summaries",
        "tables",
    },
    "explorer": {"charts", "frames:Frames", "prose", "report", "selection", "snapshots", "summaries", "tables"},
    "evaluate": {"frames"},
    "accuracy": {"evaluate", "frames", "prose"},
    "agreement": {"evaluate", "frames", "prose"},
    "cli": {"*"},
}


def room(module: str) -> str:
    """`trialkit.facts.doses` -> facts; `trialkit.report_html` -> report."""
    first = module.split(".")[1] if "." in module else "__init__"
    if first in MAY_IMPORT:
        return first
    return next(
        (
            shared
            for shared in (
                "engines",
                "extraction",
                "explorer",
                "report",
                "cli",
                "fetch",
                "export",
                "publication",
                "curation",
                "review",
            )
            if first.startswith(shared)
        ),
        first,
    )


def own_imports(path: Path) -> list[tuple[int, str, str]]:
    """(line, module of ours, name) of every import of our own package, wherever in the file it stands."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, a.name, "*") for a in node.names if a.name.split(".")[0] == "trialkit"]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the import in full, from trialkit..."
            if node.module.split(".")[0] == "trialkit":
                for alias in node.names:  # `from trialkit import charts` names a room, not a name in one
                    whole = node.module == "trialkit"
                    found.append((node.lineno, f"trialkit.{alias.name}" if whole else node.module, alias.name))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_imports_only_what_its_room_may(path):
    own = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert own in MAY_IMPORT, f"{path.name} is in no room of MAY_IMPORT: say there what it may import"
    allowed = MAY_IMPORT[own]
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name} from {module}; {own} may import from {sorted(allowed) or 'nothing of ours'}"
        for line, module, name in own_imports(path)
        if room(module) != own and not {"*", room(module), f"{room(module)}:{name}"} & allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_is_one_idea(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_MODULE, (
        f"{path.relative_to(ROOT)} has {lines} lines. A module over about 300 is two ideas: find the seam and split it there."
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_says_what_it_is_and_names_no_trial(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} has no docstring"
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        node.body[0].lineno for node in ast.walk(tree) if isinstance(node, holders) and ast.get_docstring(node, False)
    }
    with tokenize.open(path) as file:
        named = [
            f"{path.relative_to(ROOT)}:{token.start[0]}: {token.string[:60]}"
            for token in tokenize.generate_tokens(file.readline)
            if TRIAL_ID.search(token.string) and token.start[0] not in docstrings
        ]
    assert named == [], "a rule made for one trial is no rule"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.toml")), ids=lambda p: p.name)
def test_vocabulary_names_trials_in_examples_only(path):
    def check(value, key):
        if isinstance(value, dict):
            for inner, item in value.items():
                check(item, inner)
        elif isinstance(value, list):
            for item in value:
                check(item, key)
        elif isinstance(value, str) and key not in ("examples", "not_examples", "source", "note", "notes"):
            assert not TRIAL_ID.search(value), f"{path.name}: {key} = {value!r}"

    check(tomllib.loads(path.read_text(encoding="utf-8")), "")


def test_nothing_names_the_machine_it_was_written_on():
    private = re.compile(r"(?<![\w.:/])/(work|home|root)/")
    files = [p for pattern in ("*.py", "*.toml", "*.md", "*.j2", "*.js", "*.css", "*.ipynb", "*.txt", "*.yml")
             for p in ROOT.rglob(pattern)]  # fmt: skip
    files += [ROOT / "Makefile", ROOT / "requirements.lock", ROOT / ".ci" / "run", ROOT / ".gitignore"]
    ours = [
        f for f in files if not {".venv", "node_modules", "build", "reports", "frames"} & set(f.relative_to(ROOT).parts)
    ]
    assert len(ours) > 100
    named = [str(f.relative_to(ROOT)) for f in ours if private.search(f.read_text(encoding="utf-8", errors="replace"))]
    assert named == []


# Notebooks


def code_cells(path: Path) -> list[dict]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [{**c, "source": "".join(c["source"])} for c in notebook["cells"] if c["cell_type"] == "code"]
    return [c for c in cells if c["source"].strip()]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) > 0


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
class TestNotebook:
    def test_is_committed_without_outputs(self, path):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert all(
            not c["outputs"] and c["execution_count"] is None for c in notebook["cells"] if c["cell_type"] == "code"
        ), "clear all outputs (JupyterLab: Edit > Clear Outputs of All Cells) and save"
        assert not any("attachments" in cell for cell in notebook["cells"])

    def test_names_its_kernel_and_its_cells(self, path):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        kernel = notebook["metadata"]["kernelspec"]
        assert (kernel["name"], kernel["language"]) == ("python3", "python")
        ids = [cell["id"] for cell in notebook["cells"]]
        assert len(set(ids)) == len(ids)

    def test_begins_with_a_question(self, path):
        first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
        title, *reason = "".join(first["source"]).strip().split("\n", 1)
        assert first["cell_type"] == "markdown"
        assert re.fullmatch(r"# .+\?", title), f"the title {title!r} is no question"
        assert "".join(reason).strip(), "say in two sentences why the question matters"

    def test_explains_every_parameter(self, path):
        cells = [c for c in code_cells(path) if "parameters" in c["metadata"].get("tags", [])]
        assert len(cells) == 1
        for line in cells[0]["source"].splitlines():
            assert re.fullmatch(r"\w+: [\w\[\], |'\"]+ = .+  # \S.*", line), (
                f"{line!r} is not `name: type = value  # meaning`"
            )
        assert cells[0]["source"].startswith("frames_dir: str = ")

    def test_asks_questions_and_computes_nothing_itself(self, path):
        cells = code_cells(path)
        tree = ast.parse("\n".join(cell["source"] for cell in cells))  # also: no magics, no shell
        made = [
            type(n).__name__
            for n in ast.walk(tree)
            if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef)
        ]
        assert made == [], "functions belong in trialkit/summaries or trialkit/charts, where they are tested"
        modules = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
        modules += [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        assert {m.split(".")[0] for m in modules} <= {"trialkit", "polars", "altair"}

    def test_is_short(self, path):
        lines = [line for cell in code_cells(path) for line in cell["source"].splitlines() if line.strip()]
        assert len(lines) <= LONGEST_NOTEBOOK

    def test_says_what_it_cannot_say_and_where_the_data_come_from(self, path):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        headings = re.findall(
            r"^## (.+)$", "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown"), re.M
        )
        assert {"What this cannot say", "Where the data come from"} <= set(headings)


# Documents


def commands(path: Path) -> list[str]:
    """Lines of code blocks and inline code that begin with make or trialkit, comments and paths to them cut off."""
    text = path.read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```.*?\n(.*?)```", text, re.S) for line in block.splitlines()]
    lines += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"```.*?```", "", text, flags=re.S))
    found = [
        re.sub(r"^[\s$]*(\S*/)?(?=(make|trialkit)\b)", "", part).strip() for line in lines for part in line.split("&&")
    ]
    return [re.sub(r"\s+#.*", "", line) for line in found if re.match(r"(make|trialkit)( |$)", line)]


@pytest.mark.parametrize("path", [d for d in DOCUMENTS if d.exists() or d.name == "README.md"], ids=lambda p: p.name)
def test_every_command_in_the_documents_exists(path):
    import typer.main

    from trialkit.cli import app

    known = typer.main.get_command(app).commands
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for line in commands(path):
        program, *words = line.split()
        if program == "make":
            wanted = [w for w in words if "=" not in w and not w.startswith("-")]
            assert set(wanted) <= targets, f"{path.name}: `{line}`: the Makefile has {sorted(targets)}"
        elif words and not words[0].startswith("-"):
            assert words[0] in known, f"{path.name}: `{line}`: there is no command {words[0]}"
            options = {o for p in known[words[0]].params for o in p.opts} | {"--help", "--debug"}
            given = {w.split("=")[0] for w in words[1:] if re.match(r"--?[a-zA-Z]", w)}
            assert given <= options or words[0] == "lab", f"{path.name}: `{line}`: {sorted(given - options)} unknown"


def test_readme_names_every_notebook():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path.stem for path in NOTEBOOKS if path.stem not in text] == []


def test_readme_lists_every_kind_of_file_that_is_read():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [f"| {r.accepts} | {key} | {'whole entry' if r.complete else 'extract'} |" for key, r in READERS.items()]
    assert [row for row in rows if row not in text] == []


@pytest.mark.parametrize("path", [d for d in DOCUMENTS if d.exists()], ids=lambda p: str(p.relative_to(ROOT)))
def test_every_relative_link_of_the_documents_leads_somewhere(path):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    broken = [
        link
        for link in links
        if "://" not in link and not link.startswith("mailto:") and not (path.parent / link).exists()
    ]
    assert broken == []


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_without_a_target_tells_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY:(.*)$", makefile, re.M)[1].split())
    told = subprocess.run(
        ["make"], cwd=ROOT, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"}
    ).stdout
    assert set(re.findall(r"^make (\w+)  +\S", told, re.M)) == phony
    assert {"setup", "reports", "lab", "check", "test", "clean"} <= phony


def test_every_promise_of_security_names_tests_there_are():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (`.+`) \|$", text, re.M)
    assert len(rows) > 8
    named = [name for _, tests in rows for name in re.findall(r"`(\w+\.py)`", tests)]
    assert [name for name in named if not (ROOT / "tests" / name).exists()] == []
    assert "@" not in text, "holes are told by the repository's private reporting"
