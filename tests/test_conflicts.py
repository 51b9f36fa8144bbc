"""Contradictions a reviewer would point at: each found in a small record, and not found where there is none."""

import pytest

from trialkit.record import Arm, Outcome, TrialRecord
from trialkit.rows import read_trial


def conflicts(**fields):
    record = TrialRecord(register="test", trial_id="TEST-1", public_title="MSC in lupus", **fields)
    return read_trial(record)["conflicts"]


def of(found, column, kind):
    return next(row for row in found if (row["column"], row["kind"]) == (column, kind))


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
    ("enrollment_count", {"enrollment_count": 40, "enrollment_type": "estimated", "brief_summary": "Twenty patients with lupus will be enrolled."}, "The text tells of 20 participants, the enrolment field says 40."),
    ("enrollment_count", {"enrollment_count": 2, "enrollment_type": "actual", "detailed_description": "A trial in which thirty six patients are treated."}, "36 participants, the field says 2 took part"),
    ("age", {"minimum_age": "14 Years", "maximum_age": "60 Years", "inclusion": "Adult patients with lupus"}, "The text says “Adult patients”, the age field lets in from 14 years."),
    ("dose", {"arms": [Arm(label=n, description=f"{n} cells") for n in ("5.0x10^7", "1.0x10^7", "2.0x10^8")]}, "may have lost a power of ten"),
    ("conditions", {"conditions": ["Systemic lupus erythematosus"], "inclusion": "Biopsy-proven lupus nephritis with proteinuria"}, "asks for lupus nephritis"),
    ("eligibility", {"inclusion": "Active disease. Exclusion Criteria: pregnancy"}, "stand in the block of the inclusion criteria"),
    ("eligibility", {"inclusion": "1. Age 18 to 60\n2. Signed consent\n3. Pregnant women\n4. History of cancer\n5. HIV infection\n6. Alcohol abuse"}, "worded as exclusions"),
    ("eligibility", {"inclusion": "DLCO below 70 % predicted", "exclusion": "DLCO below 45 % predicted"}, "A narrow band is left"),
    ("eligibility", {"inclusion": "Rectovaginal fistula of Crohn disease", "exclusion": "Presence of a rectovaginal fistula"}, "asks for what the exclusion"),
    ("eligibility", {"exclusion": "- Patient who do not consent\n- Malignancy\n- Unable to give consent"}, "Two exclusion criteria say the same"),
    ("eligibility", {"detailed_description": "Patients with WHO class III, IV or V.", "inclusion": "nephritis of type II, III or IV"}, "The description says “WHO class III, IV or V”"),
    ("eligibility", {"inclusion": "serum albumin ,25 g/L"}, "seems to have lost its sign"),
    ("eligibility", {"exclusion": "cyclophosphamide 0.4 ~ 0.6 / m2 every two weeks"}, "A dose without its unit"),
    ("text", {"brief_summary": "Bands: 5-9 minutes light activity, 10-14 minutes moderate activity."}, "points must be meant"),
    ("text", {"brief_summary": "One group<br/ ><br>is treated."}, "Markup stands in the text"),
    ("time_frame", {"outcomes": [Outcome(role="primary", position=0, measure="Response by Day 28", time_frame="Day 1")]}, "the measure says by Day 28"),
    ("time_frame", {"outcomes": [Outcome(role="primary", position=0, measure="Survival", time_frame="5")]}, "Time frames without a unit: “5”"),
    ("time_frame", {"outcomes": [Outcome(role="primary", position=0, measure="SF-12", time_frame="0, 3, 3 and 12 months")]}, "names one twice"),
    ("time_frame", {"outcomes": [Outcome(role="primary", position=0, measure="Pain", time_frame="1 month")], "brief_summary": "Patients will be followed for 6 months."}, "the latest outcome is at 1 month"),
    ("measure", {"outcomes": [Outcome(role="primary", position=0, measure="Heart failure mortality", time_frame="1 year", description="Left ventricular ejection fraction by echocardiography")]}, "is described as"),
    ("intervention_model", {"intervention_model": "single_group", "arms": ARMS, "enrollment_count": 30}, "but 2 arms are registered"),
    ("intervention_model", {"intervention_model": "single_group", "brief_summary": "A randomized comparison."}, "the text says “randomized”"),
    ("intervention_model", {"intervention_model": "parallel", "arms": ARMS, "enrollment_count": 30, "brief_summary": "This is a single-arm trial, open to all."}, "the model is parallel with 2 arms"),
    ("allocation", {"intervention_model": "single_group", "allocation": "non_randomized"}, "although there is a single group"),
    ("masking", {"masking": "none", "scientific_title": "A double-blind trial of MSC"}, "The title says “double-blind”"),
    ("phases", {"phases": ["phase1", "phase2"], "scientific_title": "A phase I study of MSC"}, "The title says phase I, the phase field phase1/phase2."),
    ("arms", {"arms": [Arm(label="MSC", type="experimental"), Arm(label="Control group", type="experimental")]}, "gets no cells but is registered as experimental"),
    ("arms", {"arms": [Arm(label="MSC", type="experimental"), Arm(label="Placebo", type="no_intervention")]}, "is a placebo arm but registered as no intervention"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "fields", "message"), FOUND)
def test_contradiction_is_found_and_told(column, fields, message):
    found = [row["message"] for row in conflicts(**fields) if row["column"] == column]
    assert (found == []) if message is None else any(message in told for told in found), found


def test_group_that_only_the_text_tells_is_pointed_out():
    text = "Eleven patients were given MSC. Five patients who were not given cells formed the control group."
    found = conflicts(arms=[Arm(label="MSC", type="experimental")], detailed_description=text)
    assert "a group of 5 (Five patients)" in of(found, "arms", "text_vs_field")["message"]


def test_outcomes_registered_twice_are_counted_once():
    twice = [
        Outcome(role=role, position=0, measure="SLEDAI", time_frame="6 months") for role in ("primary", "secondary")
    ]
    assert "1 secondary outcome repeats" in of(conflicts(outcomes=twice), "endpoints", "within_text")["message"]


def test_line_of_times_that_says_other_times_is_shown_with_both():
    outcome = Outcome(role="primary", position=0, measure="Adverse events", time_frame="1, 3 months")
    found = conflicts(outcomes=[outcome], printed={"primary_time_frame": "Timepoint: 1, 3, 6 Months"})
    row = of(found, "time_frame", "within_text")
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
        {"enrollment_count": 40, "enrollment_type": "estimated", "brief_summary": "Twenty patients will be enrolled in each group, 40 patients will be enrolled in all."},
        {"enrollment_count": 40, "enrollment_type": "estimated", "brief_summary": "A previous study enrolled 12 patients."},
        {"enrollment_count": 62, "enrollment_type": "actual", "brief_summary": "60 patients will be enrolled."},
        {"intervention_model": "single_group", "brief_summary": "A first step before a larger randomized trial."},
        {"phases": ["phase1", "phase2"], "scientific_title": "A phase I/II study of MSC"},
        {"phases": ["phase2"], "scientific_title": "A phase IIa study of MSC"},
        {"outcomes": [Outcome(role="primary", position=0, measure="LDH", time_frame="1 year", description="Change of lactate dehydrogenase")]},
        {"inclusion": "proteinuria above 1 g/24 h", "exclusion": "creatinine above 300 µmol/L"},
        {"inclusion": "class II to IV nephritis", "detailed_description": "Patients with class II, III or IV are treated."},
        {"exclusion": "Hepatitis B\nHepatitis C"},
    ],
)  # fmt: skip
def test_a_record_without_a_contradiction_gives_none(fields):
    assert conflicts(**fields) == []
