"""Limits of criteria side by side: which side they bar, in which unit, and what is not drawn."""

import pytest
from making import read_frames

import trialkit as tk
from trialkit.charts import eligibility as charts
from trialkit.record import TrialRecord
from trialkit.summaries import eligibility


def frames_of(*criteria, **fields):
    return read_frames(
        *(
            TrialRecord(register="test", trial_id=f"TEST-{n}", public_title="MSC in lupus", eligibility=text, **fields)
            for n, text in enumerate(criteria)
        )
    )


BOTH = "Inclusion Criteria:\n- SLEDAI >= 8\n- Age 18 to 65 years\nExclusion Criteria:\n- Platelets < 50 x 10^9/L\n- creatinine > 2 x ULN"


def test_each_end_of_a_limit_has_its_side():
    limits = eligibility.list_limits(frames_of(BOTH))
    assert {tuple(row) for row in limits.select("variable", "side", "value").iter_rows()} == {
        ("sledai", "lets in from", 8.0), ("age", "lets in from", 18.0), ("age", "lets in up to", 65.0),
        ("platelets", "keeps out below", 50.0), ("creatinine", "keeps out above", 2.0),
    }  # fmt: skip


def test_limits_in_another_unit_are_told_and_not_converted():
    two = "Inclusion Criteria:\n- creatinine < 1.5 mg/dL"
    frames = frames_of(two, two, "Inclusion Criteria:\n- creatinine < 130 umol/L")
    compared = eligibility.compare_limits(frames, ["creatinine"])
    assert compared.select("unit", "value", "n").rows() == [("mg/dL", 1.5, 2)]
    assert "Serum creatinine (1 trial)" in eligibility.tell_other_units(frames, ["creatinine"])
    assert len(eligibility.table_limits(frames, ["creatinine"])) == 3


def test_implied_kinds_are_marked_in_the_table():
    frames = frames_of("- Signed informed consent\n- SLEDAI above 6\n- HIV infection\n- Platelets < 50 x 10^9/L")
    limits = dict(eligibility.table_limits(frames, ["sledai", "platelets"]).select("variable", "limit").iter_rows())
    assert limits["Platelets"] == "keeps out below 50 10^9/L (kind implied by the wording)"


def test_unknown_variable_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="'sledia' is no variable of the criteria; there are sledai"):
        eligibility.pick_variables(frames_of(BOTH), ["sledia"])


def test_nothing_selected_is_a_readable_page():
    none = tk.load().select([])
    assert eligibility.tell_limits(none).startswith("No trial fits the selection")
    for chart in (
        charts.plot_variables(eligibility.count_variables(none)),
        charts.plot_limits(eligibility.compare_limits(none, [])),
    ):
        assert "No limit was read" in str(chart.to_dict())


def test_charts_tell_what_they_show():
    frames = frames_of(BOTH)
    text = charts.plot_limits(eligibility.compare_limits(frames, ["sledai", "age"])).to_dict()["description"]
    assert "SLEDAI: lets in from 8 points in 1 limit." in text or "SLEDAI: lets in from 8 in 1 limit." in text
