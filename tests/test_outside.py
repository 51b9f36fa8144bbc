"""A notebook is a program: only those of the project run unasked, and a report is never written outside its folder."""

import json
from pathlib import Path

import pytest
from test_parameters_hostile import notebook

from trialkit import report_choice
from trialkit.cli import main
from trialkit.report import ReportError, render_reports
from trialkit.report_choice import NOTEBOOKS, find_notebooks
from trialkit.report_sets import read_sets

RUNS = "open('canary.txt', 'w').close()"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A project's folder of notebooks, and one beside it with a notebook that leaves a trace where it runs."""
    project, beside = tmp_path / "notebooks", tmp_path / "beside"
    for folder in (project, beside):
        folder.mkdir()
        (folder / "03_own.ipynb").write_text(json.dumps(notebook("a: str = ''", RUNS)))
    (project / "sub").mkdir()
    (project / "sub" / "deep.ipynb").write_text(json.dumps(notebook("a: str = ''", RUNS)))
    (project / "04_link.ipynb").symlink_to(beside / "03_own.ipynb")
    (project / "linked").symlink_to(beside)
    monkeypatch.setattr(report_choice, "NOTEBOOKS", project)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words):
    with pytest.raises(SystemExit) as ended:
        main(list(map(str, words)))
    return ended.value.code


FOREIGN = [
    "beside/03_own.ipynb",
    "notebooks/../beside/03_own.ipynb",
    "notebooks/linked/03_own.ipynb",
    "notebooks/sub/deep.ipynb",
    "notebooks/04_link.ipynb",
    "04",
    "link",
    "./beside/./03_own.ipynb",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_notebook_from_outside_is_refused_in_words(place, capsys, name):
    assert run("report", name, "--out", "out") == 2
    told = capsys.readouterr().err
    assert "does not lie in" in told
    assert "--outside" in told
    assert "Traceback" not in told
    assert not (place / "out").exists()
    assert list(place.rglob("canary.txt")) == []


@pytest.mark.parametrize("name", FOREIGN)
def test_set_of_reports_does_not_reach_outside(place, capsys, name):
    Path("sets.yml").write_text(
        json.dumps({"reports": [{"name": "a", "notebooks": ["03"]}, {"name": "b", "notebooks": [name]}]})
    )
    assert run("report", "--sets", "sets.yml", "--out", "out") == 2
    assert "--outside" in capsys.readouterr().err
    assert list(place.rglob("canary.txt")) == []


def test_all_notebooks_are_refused_when_one_leads_outside(place, capsys):
    assert run("report", "--out", "out") == 2
    assert "04_link.ipynb (which is " in capsys.readouterr().err


def test_notebook_from_outside_runs_when_it_is_asked_for(place):
    assert run("report", "beside/03_own.ipynb", "--outside", "--out", "out") == 0
    assert (place / "beside" / "canary.txt").exists()
    assert (place / "out" / "03_own.html").exists()


def test_notebooks_of_the_project_run_by_every_name(place):
    for name in (
        "03",
        "own",
        "03_own",
        "notebooks/03_own.ipynb",
        "./notebooks/../notebooks/03_own.ipynb",
        str(place / "notebooks" / "03_own.ipynb"),
    ):
        assert [path.resolve() for path in find_notebooks([name], place / "notebooks")] == [
            place / "notebooks" / "03_own.ipynb"
        ]
    assert len(find_notebooks([], NOTEBOOKS)) >= 10


def test_project_behind_a_link_is_the_project(place):
    (place / "alias").symlink_to(place / "notebooks")
    assert find_notebooks(["03"], place / "alias") == [place / "alias" / "03_own.ipynb"]


def test_parameters_of_a_notebook_from_outside_are_listed_without_running_it(place, capsys):
    (place / "beside" / "own.ipynb").write_text(json.dumps(notebook(f"a: str = {RUNS}")))
    assert run("parameters", "beside/own.ipynb") == 0
    assert "canary.txt" in capsys.readouterr().out
    assert list(place.rglob("canary.txt")) == []


@pytest.mark.parametrize(
    "name", ["../x", "..", ".", "/tmp/x", "a/b", "a\\b", "a\n", "", " ", "a.b", "-a", "a\0", "ä", "x" * 62]
)
def test_name_of_a_set_that_is_no_folder_of_its_own_is_refused(tmp_path, name):
    (tmp_path / "sets.yml").write_text(json.dumps({"reports": [{"name": name}]}))
    with pytest.raises(ReportError, match="matching regex"):
        read_sets(tmp_path / "sets.yml")


def test_parameters_name_no_file(place):
    out = place / "out"
    own = place / "notebooks" / "03_own.ipynb"
    for value in ("../../escaped", "/tmp/escaped", "a/b", "x\0", ".."):
        [result] = render_reports([own], out, {"a": value}, progress=False)
        assert result.html == out / "03_own.html"
        assert sorted(p.name for p in out.iterdir()) == ["03_own.html", "index.html"]
    assert not list(place.rglob("*escaped*"))


def test_link_in_the_place_of_a_report_is_replaced_not_followed(place):
    out, kept = place / "out", place / "kept.txt"
    out.mkdir()
    kept.write_text("mine")
    for name in ("03_own.html", "index.html", ".03_own.html.partial", ".index.html.partial"):
        (out / name).symlink_to(kept)
    render_reports([place / "notebooks" / "03_own.ipynb"], out, {}, progress=False)
    assert kept.read_text() == "mine"
    assert sorted(p.name for p in out.iterdir()) == ["03_own.html", "index.html"]
    assert not any(p.is_symlink() for p in out.iterdir())
