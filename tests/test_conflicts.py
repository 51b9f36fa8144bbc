"""Contradictions a reviewer would point at: each found in a small record, and not found where there is none."""

import pytest

from trialkit.record import Arm, Outcome, TrialRecord
from trialkit.rows import read_trial


def conflicts(**fields):
    record = TrialRecord(register="test", trial_id="TEST-1", public_title="MSC in lupus", **fields)
    return {(row["column"], row["kind"]): row for row in read_trial(record)["conflicts"]}


ARMS = [Arm(label="MSC (n = 20)", type="experimental"), Arm(label="Control (n = 10)", type="no_intervention")]

FOUND = [
    ("n", {"arms": ARMS, "enrollment_count": 40}, "The arms add up to 20 + 10 = 30, the enrolment field says 40."),
    ("age", {"minimum_age": "15 Years", "maximum_age": "60 Years", "detailed_description": "Men or women from 15 to 70 years old."}, "The age fields say 15 to 60, the text says 15 to 70."),
    ("eligibility", {"detailed_description": "Inclusion Criteria: active disease", "inclusion": "active disease"}, "Eligibility criteria stand in the description too"),
    ("eligibility", {"eligibility": "- active disease\n- low complement\n- no infection\n- consent"}, "The criteria have no headings"),
    ("dose", {"brief_summary": "One infusion of 20 million MSC/kg is given."}, "lies outside the plausible window"),
    ("creatinine", {"inclusion": "serum creatinine above 120 mmol/L"}, "A creatinine of 120 mmol/L is not possible"),
    ("masking", {"masking": "single", "intervention_model": "single_group", "arms": [Arm(label="MSC", type="experimental")]}, "no control group is registered"),
    ("masking", {"masking": "double", "arms": ARMS}, "the control group is untreated"),
    ("masking", {"masking": "single", "who_masked": ["participant"], "arms": ARMS}, "Masking is single (participant) although"),
    ("first_posted_date", {"start_date": "2014-03", "first_posted_date": "2020-03-23"}, "Registered at least 2184 days after the start"),
    ("arms", {"arms": ARMS[:1], "detailed_description": ""}, None),
]  # fmt: skip


@pytest.mark.parametrize(("column", "fields", "message"), FOUND)
def test_contradiction_is_found_and_told(column, fields, message):
    found = [row["message"] for (name, _), row in conflicts(**fields).items() if name == column]
    assert (found == []) if message is None else (message in found[0])


def test_group_that_only_the_text_tells_is_pointed_out():
    text = "Eleven patients were given MSC. Five patients who were not given cells formed the control group."
    found = conflicts(arms=[Arm(label="MSC", type="experimental")], detailed_description=text)
    assert "a group of 5 (Five patients)" in found["arms", "text_vs_field"]["message"]


def test_outcomes_registered_twice_are_counted_once():
    twice = [
        Outcome(role=role, position=0, measure="SLEDAI", time_frame="6 months") for role in ("primary", "secondary")
    ]
    assert "1 secondary outcome repeats" in conflicts(outcomes=twice)["endpoints", "within_text"]["message"]


def test_line_of_times_that_says_other_times_is_shown_with_both():
    outcome = Outcome(role="primary", position=0, measure="Adverse events", time_frame="1, 3 months")
    row = conflicts(outcomes=[outcome], printed={"primary_time_frame": "Timepoint: 1, 3, 6 Months"})[
        "time_frame", "within_text"
    ]
    assert (row["left"], row["right"]) == ("1, 3 months", "Timepoint: 1, 3, 6 Months")


@pytest.mark.parametrize(
    "fields",
    [
        {"arms": ARMS, "enrollment_count": 30},
        {"minimum_age": "18 Years", "maximum_age": "65 Years", "brief_summary": "Adults aged 18 to 65."},
        {"minimum_age": "18 Years", "maximum_age": "65 Years", "brief_summary": "Follow-up lasts 2 to 5 years."},
        {"start_date": "2020-03", "first_posted_date": "2020-03-23"},
        {"start_date": "2020-03-01", "first_posted_date": "2020-03-20"},
        {"start_date": "2020", "first_posted_date": "2020-11-20"},
        {"inclusion": "serum creatinine below 120 µmol/L"},
        {"masking": "single", "arms": ARMS},
        {"masking": "double", "who_masked": ["investigator", "outcomes_assessor"], "arms": ARMS},
        {"masking": "double", "arms": [Arm(label="MSC", type="experimental"), Arm(label="Placebo", type="placebo_comparator")]},
    ],
)  # fmt: skip
def test_a_record_without_a_contradiction_gives_none(fields):
    assert conflicts(**fields) == {}
