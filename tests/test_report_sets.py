"""Several sets of reports from one file: a folder each, one overview, and nothing runs when anything is wrong."""

import json
import re
from pathlib import Path

import pytest

from trialkit.cli import main
from trialkit.report_index import read_cards
from trialkit.report_parameters import ReportError
from trialkit.report_sets import notebooks_of, read_sets, summarise

DOCS = Path(__file__).parents[1] / "docs"
NOTEBOOKS = DOCS.parent / "notebooks"


def sets(tmp_path, text):
    file = tmp_path / "sets.yml"
    file.write_text(text, encoding="utf-8")
    return read_sets(file)


def test_what_is_common_to_all_goes_to_each_and_gives_way_to_its_own(tmp_path):
    one, two = sets(
        tmp_path,
        "parameters: {years: [2010], phases: [phase1]}\nnotebooks: [3]\n"
        "reports: [{name: lupus, parameters: {years: [2015]}}, {name: b, title: Both, notebooks: [dosing, 00]}]",
    )
    assert (one.title, one.notebooks, one.parameters) == ("Lupus", ["03"], {"years": [2015], "phases": ["phase1"]})
    assert (two.title, two.notebooks, two.parameters["years"]) == ("Both", ["dosing", "00"], [2010])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("reports: []", "length >= 1"),
        ("reports: [{title: x}]", r"missing required field `name` - at `\$.reports"),
        ("reports: [{name: ../x}]", r"matching regex .* - at `\$.reports\[0\].name`"),
        ("reports: [{name: a}, {name: A}]", "two sets are called 'a'"),
        ("reports: [{name: a, parameter: {}}]", "unknown field `parameter`"),
        ("lupus", "expected one `name: value` a line"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, told):
    with pytest.raises(ReportError, match=told):
        sets(tmp_path, text)


def test_parameters_are_told_in_words():
    assert summarise({"conditions": ["lupus_nephritis"], "years": [2010, 2020]}) == (
        "conditions: lupus nephritis; years: 2010, 2020"
    )
    assert summarise({}) == "all trials"


def test_example_of_the_documents_can_be_run():
    found = read_sets(DOCS / "diseases.yml")
    assert {name: len(notebooks) > 2 for name, notebooks in notebooks_of(found).items()} == dict.fromkeys(
        ["lupus", "systemic_sclerosis", "ctd_ild"], True
    )


def run(*words):
    with pytest.raises(SystemExit) as ended:
        main(list(map(str, words)))
    return ended.value.code


def test_sets_become_folders_and_one_overview(tmp_path, capsys):
    file = tmp_path / "sets.yml"
    file.write_text("notebooks: [00]\nreports: [{name: a, parameters: {conditions: [lupus_nephritis]}}, {name: b}]")
    assert run("report", "--sets", file, "--out", tmp_path / "out") == 0
    assert "2 of 2 reports complete" in capsys.readouterr().out
    [card] = read_cards(tmp_path / "out" / "a")
    assert "conditions" in str(card["changed"])
    overview = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert 'href="a/index.html"' in overview
    assert "conditions: lupus nephritis" in overview


def test_wrong_parameter_of_any_set_is_refused_before_anything_runs(tmp_path, capsys):
    file = tmp_path / "sets.yml"
    file.write_text("reports: [{name: a}, {name: b, parameters: {conditions: [lupos_nephritis]}}]")
    assert run("report", "00", "--sets", file, "--out", tmp_path / "out") == 2
    assert "did you mean 'lupus_nephritis'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_document_lists_the_parameters_there_are(capsys):
    assert run("parameters", "--format", "md") == 0
    printed = capsys.readouterr().out.strip()
    assert printed in (DOCS / "parameters.md").read_text(encoding="utf-8"), "run `trialkit parameters --format md`"


def test_every_question_has_a_section_that_answers_it():
    rows = re.findall(r"^\| .+? \| (\d\d_\w+) \| (.+?) \|$", (DOCS / "questions.md").read_text(encoding="utf-8"), re.M)
    assert len(rows) > 30
    for report, section in rows:
        cells = json.loads((NOTEBOOKS / f"{report}.ipynb").read_text(encoding="utf-8"))["cells"]
        headings = re.findall(r"^#+ (.+)$", "\n".join("".join(c["source"]) for c in cells), re.M)
        assert section in headings, f"{report} has no section {section!r}"
