"""The commands as a person types them: what they print, what they write, how they end."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import trialkit.cli
import trialkit.lab
import trialkit.report
from trialkit.cli import main
from trialkit.frames import SNAPSHOTS, load_frames
from trialkit.report_choice import find_notebooks
from trialkit.report_parameters import ReportError
from trialkit.schema import FRAMES

GOOD = Path(__file__).parent / "fixtures" / "notebooks" / "good.ipynb"
PAGES = SNAPSHOTS / "medpath"


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command in this process: (exit status, stdout, stderr)."""
    monkeypatch.delenv("TRIALKIT_DEBUG", raising=False)

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return end.value.code or 0, out, err

    return call


# The whole command


def test_help_needs_no_heavy_library():
    code = "import sys, trialkit.cli; print(*sorted({'polars', 'pandas', 'altair', 'papermill', 'rich', 'msgspec', 'rfc3987_syntax'} & {m for m in sys.modules if sys.modules[m]}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []


def test_help_has_an_example_for_every_command(run):
    status, out, _ = run("--help")
    assert status == 0
    for command in re.findall(r"^  ([a-z]+)  ", out.partition("Commands:")[2], re.M):
        status, out, _ = run(command, "--help")
        assert status == 0
        assert f"Example:\n    trialkit {command}" in out


def test_version_and_module(run):
    assert run("--version")[1].startswith("trialkit ")
    done = subprocess.run([sys.executable, "-m", "trialkit", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("trialkit ")


def test_unknown_command_says_which_is_near(run):
    status, _, err = run("reprot")
    assert status == 2
    assert "Did you mean 'report'" in err


def test_unforeseen_error_is_one_line_and_a_traceback_only_on_request(run, monkeypatch, tmp_path):
    monkeypatch.setattr("trialkit.assemble.build_frames", lambda *a, **k: 1 / 0)
    status, out, err = run("build", PAGES, "--out", tmp_path / "f")
    assert (status, out) == (1, "")
    assert "ZeroDivisionError" in err
    assert "--debug" in err
    assert "Traceback" not in err
    monkeypatch.setenv("TRIALKIT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["build", str(PAGES), "--out", str(tmp_path / "f")])
    monkeypatch.delenv("TRIALKIT_DEBUG")
    with pytest.raises(ZeroDivisionError):
        main(["build", str(PAGES), "--out", str(tmp_path / "f"), "--debug"])
    os.environ.pop("TRIALKIT_DEBUG", None)


# build


def test_build_writes_frames_and_tells_the_ledger(run, tmp_path):
    status, out, err = run("build", PAGES, "--out", tmp_path / "f")
    assert (status, err) == (0, "")
    assert "4 files, 4 records = 4 parsed + 0 duplicate + 0 rejected" in out
    assert "medpath          4 files, 4 records, 4 parsed" in out
    assert f"trialkit report --frames {tmp_path / 'f'}" in out
    frames = load_frames(tmp_path / "f")
    assert len(frames.trials) == 4
    assert re.fullmatch(r"[0-9a-f]{12}", frames.meta["fingerprint"])
    assert frames.meta["sources"][0]["publisher"] == "MedPath"
    assert set(frames.meta) == {"fingerprint", "rules", "sources", "trialkit"}


def test_build_names_inputs_that_come_without_a_description(run, tmp_path):
    page = next(PAGES.rglob("NCT04318600.txt"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "page.txt").write_bytes(page.read_bytes())
    assert run("build", tmp_path / "in", page, "--out", tmp_path / "f")[0] == 0
    frames = load_frames(tmp_path / "f")
    assert [(s["register"], s["records"]) for s in frames.meta["sources"]] == [
        ("in", 1),
        ("NCT04318600.txt", 1),
    ]
    assert sorted(frames.ledger["outcome"].to_list()) == ["duplicate", "parsed"]


def test_build_with_rejected_inputs_writes_the_others_and_ends_with_3(run, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "page.txt").write_bytes(next(PAGES.rglob("*.txt")).read_bytes())
    (folder / "odd\x1b[31m.txt").write_text("Dear colleague")
    status, out, err = run("build", folder, "--out", tmp_path / "f")
    assert status == 3
    assert "1 parsed + 0 duplicate + 1 rejected" in out
    assert re.search(r"rejected .*odd.*\.txt: text that starts with 'Dear colleague'", err)
    assert "\x1b" not in out + err
    assert len(load_frames(tmp_path / "f").trials) == 1


def test_build_of_nothing_readable_writes_nothing_and_ends_with_1(run, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear colleague")
    status, out, err = run("build", tmp_path / "letter.txt", "--out", tmp_path / "f")
    assert status == 1
    assert "0 parsed" in out
    assert "nothing is written" in err
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize(
    ("inputs", "out", "message"),
    [
        (["absent"], "f", "no such file or folder: .*absent"),
        (["in"], "in", "lies inside the input"),
        (["in"], "in/frames", "lies inside the input"),
        (["in"], "thesis.docx", "is a file; expected a folder"),
        (["in"], "mine", r"holds other things than frames \(notes\.md"),
    ],
)
def test_build_refuses_wrong_paths_in_one_line(run, tmp_path, inputs, out, message):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "page.txt").write_bytes(next(PAGES.rglob("*.txt")).read_bytes())
    (tmp_path / "thesis.docx").write_text("years of work")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.md").write_text("mine")
    status, _, err = run("build", *(tmp_path / i for i in inputs), "--out", tmp_path / out)
    assert status == 2
    assert re.search(message, err)
    assert err.count("\n") == 1
    assert (tmp_path / "mine" / "notes.md").exists()


# report


@pytest.fixture
def asked(monkeypatch):
    """What `report` asks of the report engine, without running anything."""
    calls = []

    def render(notebooks, out, parameters, **more):
        calls.append((notebooks, out, parameters, more))
        return []

    monkeypatch.setattr(trialkit.report, "render_reports", render)
    return calls


def notebook(path: Path, parameters: str, *sources: str) -> Path:
    cells = [
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        *map(nbformat.v4.new_code_cell, sources),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def test_report_runs_notebooks_and_names_the_index(run, tmp_path):
    failing = notebook(tmp_path / "broken.ipynb", "a: int = 1  # a number", "1 / 0")
    status, out, err = run(
        "report", GOOD, "--outside", failing, "--out", tmp_path / "r", "-p", "minimum_size=3", "--workers", 2
    )
    assert status == 1
    assert re.search(r"1 of 2 reports complete \([\d.]+ s\): .*index\.html", out)
    assert re.search(r"done +good\.html +\d+ kB +[\d.]+ s", err)
    assert "broken.ipynb failed: ZeroDivisionError" in err
    assert "Traceback" not in err
    assert {p.name for p in (tmp_path / "r").glob("*.html")} == {"good.html", "broken.html", "index.html"}


def test_report_without_names_takes_every_bundled_notebook(run, asked):
    assert run("report")[0] == 0
    assert [path.name for path in asked[0][0]] == sorted(
        p.name for p in trialkit.report_choice.NOTEBOOKS.glob("[0-9]*.ipynb")
    )
    assert asked[0][1] == Path("reports")


def test_report_parameters_come_from_options_and_file(run, asked, tmp_path):
    (tmp_path / "p.yml").write_text("minimum_size: 3\nitems: [a]\n")
    assert (
        run("report", GOOD, "--outside", "--params", tmp_path / "p.yml", "-p", "minimum_size=4")[0] == 2
    )  # good.ipynb has no items
    (tmp_path / "p.yml").write_text("minimum_size: 3\nsponsor: X\n")
    assert run("report", GOOD, "--outside", "--params", tmp_path / "p.yml", "-p", "minimum_size=4")[0] == 0
    assert asked[0][2] == {"minimum_size": 4, "sponsor": "X"}


@pytest.mark.parametrize("words", [["--frames", "2031"], ["-p", "frames_dir=2031"], ["--params", "p.yml"]])
def test_relative_folder_of_frames_is_made_absolute(run, asked, bundled, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    Path("p.yml").write_text("frames_dir: 2031\n")
    bundled.select([]).write("2031")
    own = notebook(tmp_path / "own.ipynb", 'frames_dir: str = ""  # frames')
    assert run("report", own, "--outside", *words)[0] == 0
    assert asked[0][2] == {"frames_dir": str(tmp_path / "2031")}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["overvew"], "no notebook is called 'overvew'. Did you mean 'overview'"),
        (["99"], "no notebook is called '99'"),
        (["absent/own.ipynb"], "no notebook is called 'absent/own.ipynb'"),
        (["00", "-p", "conditons=[]"], "Did you mean 'conditions'"),
        (["00", "-p", "years=2031"], "expected list"),
        (["00", "-p", "years"], "expected name=value"),
        (["00", "--frames", "absent"], "expected the output folder of `trialkit build`"),
        (["00", "--frames", "a", "-p", "frames_dir=b"], "named twice"),
        (["00", "--params", "absent.yml"], "parameter file absent.yml"),
    ],
)
def test_wrong_report_is_refused_before_anything_runs(run, asked, words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run("report", *words)
    assert (status, out, asked) == (2, "", [])
    assert message in err
    assert "Traceback" not in err


def test_notebooks_are_found_by_number_subject_stem_and_path(tmp_path):
    for stem in ("00_overview", "03_dosing"):
        (tmp_path / f"{stem}.ipynb").write_text("{}")
    overview, dosing = tmp_path / "00_overview.ipynb", tmp_path / "03_dosing.ipynb"
    for name in ("3", "03", "dosing", "03_dosing", "03_dosing.ipynb", str(dosing)):
        assert find_notebooks([name], tmp_path) == [dosing]
    assert find_notebooks([], tmp_path) == [overview, dosing]
    assert find_notebooks(["dosing", "0", "3"], tmp_path) == [dosing, overview]
    with pytest.raises(ReportError, match=r"no notebooks in .*install from a checkout"):
        find_notebooks([], tmp_path / "nowhere")


# show, export, dictionary, lab


def test_show_prints_values_with_their_words(run):
    status, out, err = run("show", " nct04318600")
    assert (status, err) == (0, "")
    assert "1×106/kg" in out
    assert re.search(r"Cell source: Amnion\n +human amniotic", out)
    assert "\x1b" not in out


def test_show_of_an_unknown_trial_says_which_are_near(run):
    status, out, err = run("show", "NCT0431860")
    assert (status, out) == (2, "")
    assert "NCT04318600" in err
    assert "Traceback" not in err


def test_registry_text_cannot_steer_the_terminal(run, monkeypatch, bundled):
    import trialkit.summaries.profile

    hostile = [("Section\x1b[2J", [("label\x07", "value\x9b31m", "words\u202e")])]
    monkeypatch.setattr(trialkit.summaries.profile, "profile_lines", lambda *a: hostile)
    out = run("show", "NCT04318600")[1]
    assert not re.search("[\x1b\x07\x9b\u202e]", out)
    assert "Section" in out


def test_export_writes_the_chosen_trials(run, tmp_path, bundled):
    status, out, err = run(
        "export", "--out", tmp_path / "csv", "--conditions", "lupus_nephritis", "--conditions", "systemic_lupus"
    )
    assert (status, err) == (0, "")
    n = len((tmp_path / "csv" / "trials.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert out == f"{n} of {len(bundled.trials)} trials: {len(FRAMES) + 4} files in {tmp_path / 'csv'}\n"
    assert 0 < n < len(bundled.trials)


def test_export_of_a_wrong_condition_or_to_a_wrong_place_is_refused(run, tmp_path):
    status, _, err = run("export", "--out", tmp_path / "x", "--conditions", "lupus_nefritis")
    assert status == 2
    assert "did you mean 'lupus_nephritis'" in err
    (tmp_path / "f.csv").write_text("")
    assert run("export", "--out", tmp_path / "f.csv")[0] == 2
    assert run("export", "--out", tmp_path / "x", "--frames", tmp_path / "absent")[0] == 2


def test_dictionary_is_printed_as_table_csv_and_markdown(run):
    table, md, text = (run("dictionary", "regimens", "--format", f)[1] for f in ("table", "md", "csv"))
    assert re.search(r"dose_low +number +yes +Cells per administration", table)
    assert "| dose_low | number | yes | Cells per administration" in md
    assert text.startswith("frame,column,type,nullable,key,meaning\nregimens,trial_id,")
    assert "one of per_kg, total" in table
    status, _, err = run("dictionary", "regimen")
    assert status == 2
    assert "Did you mean 'regimens'" in err


def test_lab_opens_the_notebooks_without_the_news_question(run, monkeypatch):
    import jupyterlab.labapp

    seen = {}

    def start(options):
        path = Path(os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep)[0])
        seen["settings"] = json.loads((path / "labconfig" / "default_setting_overrides.json").read_text())
        seen["options"] = options

    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    monkeypatch.setattr(jupyterlab.labapp, "main", start)
    monkeypatch.setattr(trialkit.lab.webbrowser, "get", lambda: (_ for _ in ()).throw(trialkit.lab.webbrowser.Error))
    assert run("lab", "--port", "9999")[0] == 0
    assert seen["settings"]["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert seen["options"][0] == "--no-browser"
    assert seen["options"][-2:] == ["--port", "9999"]
    assert f"--ServerApp.root_dir={trialkit.report_choice.NOTEBOOKS}" in seen["options"]


def test_value_that_is_no_choice_is_refused_before_anything_runs(run, bundled, tmp_path):
    status, _, err = run("report", "03", "--out", str(tmp_path), "-p", 'conditions=["lupus_nephrits"]')
    assert (status, list(tmp_path.iterdir())) == (2, [])
    assert "did you mean 'lupus_nephritis'" in err


def test_build_writes_the_work_list_of_unread_cues(run, tmp_path):
    study = '{"protocolSection": {"identificationModule": {"nctId": "NCT00000001", "briefTitle": "MSC from derived stem cells"}}}'
    (tmp_path / "study.json").write_text(study)
    status, _, _ = run("build", str(tmp_path / "study.json"), "--out", str(tmp_path / "frames"))
    assert status == 0
    assert "NCT00000001,cell_source,ctgov:NCT00000001,public_title" in (tmp_path / "frames" / "unread.csv").read_text()


def test_folder_with_other_things_is_refused_before_the_work(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("mine")
    status, _, err = run("build", str(tmp_path / "absent.json"), "--out", str(tmp_path / "out"))
    assert status == 2
    assert "thesis.docx" in err


def test_export_to_an_unknown_suffix_is_refused(run, bundled, tmp_path):
    status, _, err = run("export", "--out", str(tmp_path / "trials.pdf"))
    assert (status, "no format to export to" in err) == (2, True)
