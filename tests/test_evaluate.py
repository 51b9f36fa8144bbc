"""Scores are what a reader would count by hand, and the README tells the scores of this very code."""

import gzip
import json
import re
from pathlib import Path

import pytest

from trialkit.accuracy import MARKS, accuracy_table, tabulate_accuracy, tell_accuracy, update_accuracy
from trialkit.assemble import build_frames
from trialkit.evaluate import GOLD, covered, list_errors, read_gold, score_fields
from trialkit.snapshots import load


def label(trial_id, **changes):
    (found,) = [row for row in read_gold() if row["trial_id"] == trial_id]
    return {**found, **changes}


def row_of(frames, labels, field):
    return next(r for r in score_fields(frames, labels).iter_rows(named=True) if r["field"] == field)


def test_a_wrong_label_costs_precision_and_recall():
    frames = load()
    right = label("NCT04318600", cell_source=["amnion"])
    wrong = label("NCT04318600", cell_source=["placenta"])
    assert (row_of(frames, [right], "cell_source")["precision"], row_of(frames, [right], "cell_source")["recall"]) == (
        1,
        1,
    )
    assert (row_of(frames, [wrong], "cell_source")["f1"], row_of(frames, [wrong], "cell_source")["exact"]) == (0, 0)


def test_not_reported_must_be_right_too():
    frames = load()
    silent = label("NCT04318600", doses=[])
    assert row_of(frames, [silent], "dose")["exact"] == 0
    assert row_of(frames, [silent], "dose_reported")["exact"] == 0


def test_dose_within_one_percent_and_same_basis_is_right():
    frames = load()
    near = [{"low": 1.005e6, "high": 1.005e6, "basis": "per_kg"}]
    assert row_of(frames, [label("NCT04318600", doses=near)], "dose")["exact"] == 1
    total = [{"low": 1e6, "high": 1e6, "basis": "total"}]
    assert row_of(frames, [label("NCT04318600", doses=total)], "dose")["exact"] == 0


def test_labels_of_trials_that_are_not_here_are_left_out():
    frames = load().select(["NCT04318600"])
    assert covered(frames, read_gold()) == ["NCT04318600"]
    assert row_of(frames, read_gold(), "donor")["n"] == 1


def test_errors_name_the_trial_and_both_sides():
    frames = load()
    errors = list_errors(frames, [label("NCT04318600", donor="autologous")], "donor")
    assert errors.rows() == [("NCT04318600", "autologous", "allogeneic")]
    with pytest.raises(ValueError, match="no field that is scored"):
        list_errors(frames, [], "color")


def test_broken_labels_name_their_line(tmp_path):
    file = tmp_path / "gold.jsonl"
    file.write_text(json.dumps({"trial_id": "X"}) + "\nnot json\n")
    with pytest.raises(ValueError, match="line 2: not JSON"):
        read_gold(file)


def test_readme_tells_the_accuracy_of_this_code():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index(MARKS[0]) + len(MARKS[0]) : readme.index(MARKS[1])].strip()
    assert unversioned(table) == unversioned(accuracy_table(load(), read_gold())), (
        "run `make accuracy`: readings changed"
    )


def unversioned(table):
    """Without the version of the rules: it changes with every comment, the figures with the readings alone."""
    return re.sub(r"by the rules \w+", "", table)


def test_labels_on_the_registers_own_records_score_as_told(corpus, tmp_path):
    """The table in data/gold is measured on the register's own wording, which is not part of the project."""
    labelled = {row["trial_id"] for row in read_gold()}
    source = corpus / "derived_v2_msc" / "mapclinical_as_v2.jsonl.gz"
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        mine = [
            line for line in lines if json.loads(line)["protocolSection"]["identificationModule"]["nctId"] in labelled
        ]
    (tmp_path / "labelled.jsonl").write_text("".join(mine), encoding="utf-8")
    table = accuracy_table(build_frames([tmp_path / "labelled.jsonl"]), read_gold())
    page = (GOLD.parent / "README.md").read_text(encoding="utf-8")
    told = page[page.index(MARKS[0]) + len(MARKS[0]) : page.index(MARKS[1])].strip()
    figures = [line for line in table.splitlines() if line.startswith("|")]
    assert [line for line in told.splitlines() if line.startswith("|")] == figures, "run `trialkit evaluate --update`"


def test_file_without_marks_is_left_alone(tmp_path):
    file = tmp_path / "page.md"
    file.write_text("no marks")
    with pytest.raises(ValueError, match="no accuracy table"):
        update_accuracy(file, "table")
    assert file.read_text() == "no marks"


def test_labels_hold_no_sentences():
    for row in read_gold(GOLD):
        assert all("quote" not in dose for dose in row["doses"])


def test_report_tells_when_nothing_was_labelled():
    nothing = load().select(["NCT06574581"])
    assert tabulate_accuracy(nothing).is_empty()
    assert tell_accuracy(nothing).startswith("None of the trials shown")
    assert "1 trial of those shown was read by hand" in tell_accuracy(load().select(["NCT04318600"]))
