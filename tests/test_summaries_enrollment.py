"""Enrolment: sizes, arm sums, and the bounds that zero events leave. The bounds are those of the textbooks."""

import polars as pl
import pytest

from trialkit.assemble import build_frames
from trialkit.snapshots import load
from trialkit.summaries import enrollment

BOUNDS = [  # patients, one-sided %, two-sided %, rule of three %
    (3, 63.2, 70.8, 100.0),
    (5, 45.1, 52.2, 60.0),
    (10, 25.9, 30.8, 30.0),
    (11, 23.8, 28.5, 27.3),
    (16, 17.1, 20.6, 18.8),
    (20, 13.9, 16.8, 15.0),
    (40, 7.2, 8.8, 7.5),
    (58, 5.0, 6.2, 5.2),
    (81, 3.6, 4.5, 3.7),
]


@pytest.mark.parametrize(("n", "one_sided", "two_sided", "rule"), BOUNDS)
def test_zero_events_bounds_are_exact(n, one_sided, two_sided, rule):
    row = enrollment.upper_bounds([n]).row(0, named=True)
    assert [round(100 * row[k], 1) for k in ("one_sided", "two_sided", "rule_of_three")] == [one_sided, two_sided, rule]


def test_planned_and_actual_numbers_are_never_put_together():
    table = enrollment.summarise_enrollment(load(), "source")
    assert set(table["number is"]) <= {"actual", "planned", "not told which"}
    assert table.group_by("source", "number is").len()["len"].max() == 1


def test_few_trials_have_no_quartiles():
    table = enrollment.summarise_enrollment(load(), "condition")
    assert table.filter((pl.col("trials") < 5) & pl.col("lower quartile").is_not_null()).is_empty()


def test_arms_of_the_lupus_nephritis_page_add_up():
    row = enrollment.check_arm_sums(load()).filter(pl.col("trial_id") == "NCT04318600").row(0, named=True)
    assert (row["sum of arms"], row["enrolment"], row["verdict"]) == (16, 16, "adds up")


def test_nothing_selected_is_a_sentence_and_an_empty_table():
    nothing = load().select([])
    assert enrollment.tell_enrollment(nothing) == "No trial fits the selection."
    assert enrollment.tell_bounds(nothing).startswith("No trial")
    assert enrollment.tell_arm_sums(nothing).startswith("No trial")
    assert enrollment.bounds_table(nothing).is_empty()
    assert enrollment.check_arm_sums(nothing).is_empty()


def test_only_patients_who_had_cells_count_for_the_bounds(tmp_path):
    study = '{"protocolSection": {"identificationModule": {"nctId": "NCT%s"}, "designModule": {"designInfo": {"interventionModel": "%s"}, "enrollmentInfo": {"count": 12, "type": "%s"}}}}'
    cases = [
        ("00000001", "SINGLE_GROUP", "ACTUAL"),
        ("00000002", "SINGLE_GROUP", "ESTIMATED"),
        ("00000003", "PARALLEL", "ACTUAL"),
    ]
    (tmp_path / "studies.jsonl").write_text("\n".join(study % case for case in cases))
    assert enrollment.treated_sizes(build_frames([tmp_path]))["trial_id"].to_list() == ["NCT00000001"]
