"""The report engine: what it refuses before running, what it survives, and what the written pages hold."""

import base64
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from html import unescape
from pathlib import Path

import nbformat
import pytest

from trialkit.charts.endpoints import SECONDARY
from trialkit.charts.theme import CHARCOAL, GRID, INK, MUTED, ON_CHARCOAL, PAPER
from trialkit.report import ReportError, list_parameters, parse_parameters, render_reports
from trialkit.report_charts import take_charts
from trialkit.report_html import asset, inert, render_page
from trialkit.report_parameters import check_parameters, read_parameters

NOTEBOOKS = Path(__file__).parent / "fixtures" / "notebooks"
GOOD, FAILING, HOSTILE = (NOTEBOOKS / f"{name}.ipynb" for name in ("good", "failing", "hostile"))
BREAKOUTS = [
    "\"; raise SystemExit('out') #",
    "'''\"\"\"\\",
    "line\nbreak\r\n\t",
    "{{ 7*7 }} {minimum_size}",
    "\\",
    "é\u2028\x00",
    "%magic",
    "",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    results = render_reports(
        [GOOD, FAILING, HOSTILE], folder, {"minimum_size": 12, "items": BREAKOUTS, "text": BREAKOUTS[0]}, progress=False
    )
    return folder, {result.notebook.stem: result for result in results}


@pytest.fixture
def no_kernel(monkeypatch):
    """Fails the test as soon as any notebook is run."""
    import trialkit.report_run

    monkeypatch.setattr(trialkit.report_run, "run_notebook", lambda *a, **k: pytest.fail("a notebook was run"))


def packed(html: str, name: str) -> str:
    found = re.search(f'id="{name}">([^<]*)</script>', html)
    return gzip.decompress(base64.b64decode(found[1])).decode()


def notebook(parameters: str = "", *sources: str):
    cell = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# A question?"), cell, *map(nbformat.v4.new_code_cell, sources)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


# Parameters


def test_misspelt_parameter_is_refused_before_anything_runs(tmp_path, no_kernel):
    with pytest.raises(
        ReportError, match=r"unknown parameter 'minimum_sise'.*Did you mean 'minimum_size'\?"
    ) as refused:
        render_reports([GOOD, FAILING], tmp_path, {"minimum_sise": 3}, progress=False)
    assert "reference_weight_kg: float = 70.0  # turns doses per kg into doses per patient  (failing.ipynb)" in str(
        refused.value
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"minimum_size": "twelve"}, r"'minimum_size' of good.ipynb: found 'twelve' \(str\), expected int"),
        ({"minimum_size": "12"}, "expected int"),
        ({"minimum_size": True}, "expected int"),
        ({"conditions": "lupus"}, r"found 'lupus' \(str\), expected list\[str\]. Example: "),
        ({"conditions": ["lupus", 3]}, r"\$\[1\]"),
        ({"sponsor": None}, r"found None \(NoneType\), expected str"),
    ],
)
def test_value_of_wrong_type_is_refused_before_anything_runs(tmp_path, no_kernel, given, message):
    with pytest.raises(ReportError, match=message):
        render_reports([GOOD], tmp_path, given, progress=False)


def test_parameter_goes_only_to_the_notebooks_that_declare_it():
    declared = list_parameters([GOOD, FAILING])
    assert check_parameters(declared, {"minimum_size": 5, "fail": False}) == {
        "good.ipynb": {"minimum_size": 5},
        "failing.ipynb": {"fail": False},
    }


def test_declared_types_and_meanings_are_read_from_the_cell():
    source = (
        'sponsor: str | None = "a # b"\n'
        "sizes = [1, 2]  # patients\n"
        "# kept where the type\n# says so\n"
        "phase: Literal['1', '2'] = '1'\n"
        "conditions: list[str] = [\n    'lupus',  # one\n    'MS',\n]\n"
        "limit = len('abc')"
    )
    found = read_parameters(notebook(source), "x.ipynb")
    assert [(p.name, p.type_name, p.meaning) for p in found] == [
        ("sponsor", "str | None", ""),
        ("sizes", "list[int]", "patients"),
        ("phase", "Literal['1', '2']", "kept where the type says so"),
        ("conditions", "list[str]", "one"),
        ("limit", "Any", ""),
    ]


def test_typed_text_reads_as_yaml_and_stays_text_where_text_is_declared():
    given = parse_parameters(
        ["a=007", "b=no", "c=2024-01-01", "d=week 12: end", 'e=["x", 2]', "f=", "g=1e5", "h=60", "i={{ 7*7 }}", "j=- x"]
    )
    assert given == {
        "a": 7, "b": "no", "c": "2024-01-01", "d": "week 12: end", "e": ["x", 2], "f": "", "g": 1e5, "h": 60,
        "i": "{{ 7*7 }}", "j": "- x",
    }  # fmt: skip
    cell = "a = ''\nb = ''\nc = ''\nd = ''\ne: list[str] = []\nf = ''\ng = 0.5\nh = 1.5\ni = ''\nj = ''"
    declared = {"x": read_parameters(notebook(cell), "x")}
    assert check_parameters(declared, given)["x"] == {
        **given, "a": "007", "e": ["x", "2"], "h": 60.0,
    }  # fmt: skip


def test_assignment_wins_over_yaml_file(tmp_path):
    file = tmp_path / "parameters.yml"
    file.write_text("conditions: [on, no]\nminimum_size: 3\nsponsor: 1:30\n")
    assert parse_parameters(["minimum_size=4"], file) == {
        "conditions": ["on", "no"],
        "minimum_size": 4,
        "sponsor": "1:30",
    }


@pytest.mark.parametrize(
    ("assignments", "yaml", "message"),
    [
        (["minimum_size"], None, "expected name=value"),
        (["a=1", "a=2"], None, "given twice"),
        ([], "- a\n- b", "expected one `name: value` a line, found list"),
        ([], "a: [", "cannot be read as YAML"),
    ],
)
def test_unreadable_parameters_say_what_was_expected(tmp_path, assignments, yaml, message):
    file = tmp_path / "p.yml"
    file.write_text(yaml or "")
    with pytest.raises(ReportError, match=message):
        parse_parameters(assignments, file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda nb: nb.cells.pop(1), "no cell is tagged 'parameters'"),
        (lambda nb: nb.metadata.pop("kernelspec"), "it names no kernel"),
        (lambda nb: nb.metadata.kernelspec.update(name="ir", language="R"), "only Python runs here"),
        (lambda nb: nb.cells[1].update(source="a: = 3"), "line 1 of the parameters cell is not plain Python"),
        (lambda nb: nb.cells[1].update(source="a: Path = 3"), "declared as 'Path'"),
    ],
)
def test_unfit_notebook_is_named_before_anything_runs(tmp_path, no_kernel, change, message):
    nb = notebook("a = 1")
    change(nb)
    (tmp_path / "unfit.ipynb").write_text(json.dumps(nb))
    with pytest.raises(ReportError, match=message) as refused:
        render_reports([GOOD, tmp_path / "unfit.ipynb"], tmp_path / "out", progress=False)
    assert "unfit.ipynb" in str(refused.value)


def test_notebooks_that_would_overwrite_each_other_are_refused(tmp_path, no_kernel):
    with pytest.raises(ReportError, match=r"two notebooks are called 'good\.ipynb'"):
        render_reports([GOOD, tmp_path / "good.ipynb"], tmp_path, progress=False)
    with pytest.raises(ReportError, match="would replace the index page"):
        render_reports([tmp_path / "index.ipynb"], tmp_path, progress=False)
    with pytest.raises(ReportError, match="no such notebook"):
        render_reports([tmp_path / "absent.ipynb"], tmp_path, progress=False)


def test_dark_page_knows_the_colours_that_charts_write():
    script = asset("report.js")
    assert [c for c in (INK, MUTED, GRID, PAPER, CHARCOAL, ON_CHARCOAL, SECONDARY) if f'"{c}": ' not in script] == []


def test_parameters_cannot_break_out_of_the_injected_cell(run):
    _, results = run
    assert results["hostile"].ok
    html = results["hostile"].html.read_text(encoding="utf-8")
    echoed = unescape(re.search(r"</details>\s*<pre>(.*?)</pre>", html, re.DOTALL)[1]).strip()
    assert echoed == f"{BREAKOUTS[0]!r} {BREAKOUTS!r} {{}}"


# Pages


def test_report_is_one_small_file_with_everything_inside(run):
    _, results = run
    html = results["good"].html.read_text(encoding="utf-8")
    assert results["good"].ok
    assert results["good"].charts == 2
    assert len(html) < 1_000_000
    assert html.count("<h1") == 1
    assert "How many patients does a trial enrol?</h1>" in html
    assert html.count('id="chart-script"') == 1
    assert "window.vegaEmbed" in packed(html, "chart-script")
    assert not re.search(r"""(src|href)=["']?(https?:)?//[^"']*\.(js|css)""", html)
    assert '<a href="#size-by-year">Size by year</a>' in html
    assert "<code>minimum_size</code>" in html
    assert "1 changed" in html
    assert "<dd>3f9a1c77</dd>" in html
    assert html.count("<figure") == 2
    assert html.count('<img src="data:image/svg+xml;base64,') == 2


def test_datasets_are_stored_once_and_keep_their_rows():
    rows = [{"x": 1}, {"x": 2}]
    specs = [
        {"data": {"name": "d"}, "datasets": {"d": rows}, "mark": "bar", "description": "one"},
        {"layer": [{"data": {"values": rows}}, {"data": {"values": [{"x": float("nan")}]}}], "title": "two"},
    ]
    outputs = [nbformat.v4.new_output("display_data", {"application/vnd.vegalite.v5+json": spec}) for spec in specs]
    nb = notebook("")
    nb.cells[1]["outputs"] = outputs
    charts, datasets = take_charts(nb)
    assert [chart.description for chart in charts] == ["one", "two"]
    assert len(datasets) == 2
    assert charts[0].datasets[0] == charts[1].datasets[0]
    assert datasets[charts[0].datasets[0]] == rows
    assert charts[1].tables[0]["shown_in"] == 1
    assert '{"x":null}' in packed(render_page(nb, "x")[0], "chart-data")  # NaN would stop every chart of the page


def test_failing_notebook_is_reported_and_the_others_go_on(run):
    folder, results = run
    failed = results["failing"]
    assert not failed.ok
    assert failed.failure.startswith("KeyError")
    assert failed.executed == folder / "failing.executed.ipynb"
    assert failed.executed.exists()
    assert results["good"].executed is None
    html = failed.html.read_text(encoding="utf-8")
    assert "This report is incomplete." in html
    assert "this part worked" in html
    assert "<summary>Traceback</summary>" in html
    assert "Never reached" not in html
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert "1 failed and is incomplete" in index
    assert index.count("<li") == 3


def test_killed_kernel_is_a_failure_in_words(tmp_path):
    file = tmp_path / "killed.ipynb"
    nbformat.write(
        notebook("a = 1", "import os\nos.write(2, b'out of memory\\n')\nos._exit(1)", "print('later')"), file
    )
    (result,) = render_reports([file], tmp_path / "out", progress=False)
    assert "The kernel stopped" in result.failure
    assert "out of memory" in result.failure
    assert "The notebook stopped here." in result.html.read_text(encoding="utf-8")


def test_index_keeps_reports_of_earlier_runs(run):
    folder, _ = run
    render_reports([FAILING], folder, {"fail": False}, progress=False)
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert index.count("<li") == 3
    assert "Failed" not in index
    assert "fail = False" in index
    assert "patients, median" in index
    assert not (folder / "failing.executed.ipynb").exists()


def test_same_notebook_gives_the_same_bytes():
    nb = nbformat.read(GOOD, 4)
    assert render_page(nb, "good") == render_page(nb, "good")


def test_data_never_becomes_markup(run):
    _, results = run
    html = results["hostile"].html.read_text(encoding="utf-8")
    scripts = re.findall(r"<script([^>]*)>", html)
    assert len(scripts) == html.count("</script>")
    assert [s for s in scripts if "type=" not in s] == [""]  # the page's own, and no other
    assert "<iframe" not in html
    assert 'href="javascript:' not in html
    assert "script-src 'sha256-" in html
    assert "unsafe-eval" not in html
    assert inert("<ScRipt>x</sCript><meta a><b>ok</b>") == "&lt;ScRipt>x&lt;/sCript>&lt;meta a><b>ok</b>"


def test_runs_with_an_unusable_home_and_a_foreign_python3_kernel(tmp_path):
    foreign = tmp_path / "jupyter" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    (foreign / "kernel.json").write_text(
        json.dumps(
            {"argv": ["/nonexistent/python", "-f", "{connection_file}"], "display_name": "x", "language": "python"}
        )
    )
    file = tmp_path / "which.ipynb"
    nbformat.write(notebook("a = 1", "import sys\nprint(sys.executable)\nprint('sys' in globals())"), file)
    code = (
        "from pathlib import Path; from trialkit.report import render_reports; "
        f"r, = render_reports([Path({str(file)!r})], Path({str(tmp_path / 'out')!r})); assert r.ok, r.failure"
    )
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER_", "XDG_", "IPYTHON"))
    }
    environment |= {"HOME": "/nonexistent", "JUPYTER_PATH": str(tmp_path / "jupyter"), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=Path(__file__).parent.parent
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"done   which\.html  \d+ kB  \d+\.\d s\n", done.stderr)
    assert sys.executable in (tmp_path / "out" / "which.html").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_interrupted_run_ends_at_once_and_replaces_no_report(tmp_path):
    file, started = tmp_path / "slow.ipynb", tmp_path / "started"
    cell = f"import time\nfrom pathlib import Path\nPath({str(started)!r}).touch()\ntime.sleep(600)"
    nbformat.write(notebook("a = 1", cell), file)
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from pathlib import Path; "
        f"from trialkit.report import render_reports; render_reports([Path({str(file)!r})], Path({str(tmp_path)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, cwd=Path(__file__).parent.parent)
    for _ in range(600):
        if started.exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in errors
    assert not (tmp_path / "slow.html").exists()


def test_a_tagged_chart_speaks_for_the_report_on_the_index(tmp_path):
    draw = "import altair as alt\nfrom trialkit.report import enable_renderer\nenable_renderer()\nalt.Chart(alt.Data(values=[{'x': %d}])).mark_point().properties(description='%s')"
    nb = notebook("a = 1", draw % (1, "coverage"), draw % (2, "the message"))
    nb.cells[-1].metadata["tags"] = ["thumbnail"]
    (tmp_path / "two.ipynb").write_text(json.dumps(nb))
    (result,) = render_reports([tmp_path / "two.ipynb"], tmp_path / "out", progress=False)
    assert result.ok
    assert 'alt="the message"' in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
