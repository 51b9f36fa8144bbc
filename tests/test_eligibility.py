"""Eligibility texts: how they are split, and the limits read from single criteria. Tables to correct line by line."""

import pytest
from growth import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from trialkit.facts.eligibility import find_criteria
from trialkit.facts.limits import UNIT_NAMES
from trialkit.facts.thresholds import find_thresholds
from trialkit.vocabulary import load_vocabulary

# text, thresholds as (variable, operator, low, high, unit)
LIMITS = [
    ("SLEDAI>8", [("sledai", ">", 8, None, None)]),
    ("SLEDAI score of > 8", [("sledai", ">", 8, None, None)]),
    ("SLEDAI≥8", [("sledai", ">=", 8, None, None)]),
    ("haemoglobin (>=8.0 g/dL)", [("haemoglobin", ">=", 8, None, "g/dL")]),
    ("Hb <11 g/dL", [("haemoglobin", "<", None, 11, "g/dL")]),
    ("man or woman aged from 15 to 70", [("age", "between", 15, 70, None)]),
    ("aged between 20 and 80 years", [("age", "between", 20, 80, "years")]),
    ("18-65 years", [("age", "between", 18, 65, "years")]),
    ("younger than 20 or older than 80 years", [("age", "<", None, 20, "years"), ("age", ">", 80, None, "years")]),
    ("patients <18 or >65 years", [("age", "<", None, 18, "years"), ("age", ">", 65, None, "years")]),
    ("18 years of age or older", [("age", ">=", 18, None, "years")]),
    ("under the age of 18", [("age", "<", None, 18, "years")]),
    ("not less than 18 years old", [("age", ">=", 18, None, "years")]),
    ("no more than 70 years old", [("age", "<=", None, 70, "years")]),
    ("aged 6 months to 2 years", [("age", "between", 0.493, 2, "years")]),
    ("24 h urine protein ≥1 g", [("proteinuria", ">=", 1, None, "g")]),
    ("24-h urinary protein above 0.5 g", [("proteinuria", ">", 0.5, None, "g")]),
    ("proteinuria over 0.5 g/day", [("proteinuria", ">", 0.5, None, "g/24 h")]),
    ("UPCR > 0.5 mg/mg", [("upcr", ">", 0.5, None, "mg/mg")]),
    (
        "vital capacity (VC) or DLCO below 70% predicted",
        [("vital_capacity", "<", None, 70, "% predicted"), ("dlco", "<", None, 70, "% predicted")],
    ),
    ("DLCO (corrected for haemoglobin) < 40%", [("dlco", "<", None, 40, "%")]),
    ("FVC 50% - 80% of predicted", [("fvc", "between", 50, 80, "% predicted")]),
    ("decline in FVC of more than 10%", [("fvc_decline", ">", 10, None, "%")]),
    ("FVC decline of more than 10%", [("fvc_decline", ">", 10, None, "%")]),
    ("weight loss exceeding 10%", [("weight_loss", ">", 10, None, "%")]),
    ("mean PAP >50 mmHg", [("pap", ">", 50, None, "mmHg")]),
    ("ejection fraction (LVEF) <50%", [("lvef", "<", None, 50, "%")]),
    ("serum creatinine above 120 mmol/L", [("creatinine", ">", 120, None, "mmol/L")]),  # as written: µmol/L is meant
    ("serum creatinine levels exceeding 1.4 units", [("creatinine", ">", 1.4, None, "units")]),
    ("creatinine clearance <20 ml/min", [("egfr", "<", None, 20, "mL/min")]),
    ("eGFR below 30 mL/min/1.73 m²", [("egfr", "<", None, 30, "mL/min/1.73 m2")]),
    ("platelets<80 000/mm3", [("platelets", "<", None, 80000, "/mm3")]),
    ("platelets below 100.000/mm3", [("platelets", "<", None, 100000, "/mm3")]),
    ("platelet count < 50 × 10⁹/L", [("platelets", "<", None, 50, "10^9/L")]),
    ("neutrophils < 1,500/µL", [("neutrophils", "<", None, 1500, "/uL")]),
    ("WBC <3.0 x 10^9/L, hemoglobin <90 g/L", [("wbc", "<", None, 3, "10^9/L"), ("haemoglobin", "<", None, 90, "g/L")]),
    ("ALT higher than 3 times the normal value", [("alt", ">", 3, None, "x ULN")]),
    ("AST or ALT > 2.5 x ULN", [("ast", ">", 2.5, None, "x ULN"), ("alt", ">", 2.5, None, "x ULN")]),
    ("GOT more than twice the upper limit of 40 units", [("ast", ">", 2, None, "x ULN")]),
    ("bilirubin > 3 times the upper limit of normal", [("bilirubin", ">", 3, None, "x ULN")]),
    ("ESR >25 mm/first h", [("esr", ">", 25, None, "mm/h")]),
    ("CRP at least 10 mg/L", [("crp", ">=", 10, None, "mg/L")]),
    ("EDSS between 3.0 and 6.5", [("edss", "between", 3, 6.5, None)]),
    ("CDAI > 220 and < 450", [("cdai", ">", 220, None, None), ("cdai", "<", None, 450, None)]),
    ("DAS28-ESR >3.2", [("das28", ">", 3.2, None, None)]),
    ("mRSS above 20", [("mrss", ">", 20, None, None)]),
    ("HbA1c ≤ 7.0%", [("hba1c", "<=", None, 7, "%")]),
    ("fasting C-peptide < 0.3 ng/mL", [("c_peptide", "<", None, 0.3, "ng/mL")]),
    ("BMI of 18.5 to 30 kg/m2", [("bmi", "between", 18.5, 30, "kg/m2")]),
    ("body weight below 40 kg", [("body_weight", "<", None, 40, "kg")]),
    ("rapid disease <2 years duration", [("disease_duration", "<", None, 2, "years")]),
    ("life expectancy of less than 6 months", [("life_expectancy", "<", None, 6, "months")]),
    ("oral prednisone more than 20 mg/day", [("prednisone_dose", ">", 20, None, "mg/day")]),
    ("steroids (above 0.8 mg/kg/day)", [("prednisone_dose", ">", 0.8, None, "mg/kg/day")]),
    ("more than 10 mg/day of prednisone", [("prednisone_dose", ">", 10, None, "mg/day")]),
    (
        "At least one BILAG grade A or two BILAG grade B",
        [("bilag", ">=", 1, None, "grade A"), ("bilag", ">=", 2, None, "grade B")],
    ),
    ("BILAG grade of A", [("bilag", "=", None, None, "grade A")]),
]


def rows(thresholds):
    return [(t.variable, t.operator, t.low, t.high, t.unit) for t in thresholds]


@pytest.mark.parametrize(("text", "expected"), LIMITS)
def test_limit_is_read_as_written(text, expected):
    found = find_thresholds(text)
    assert rows(found) == expected
    assert all(0 <= t.start < t.end <= len(text) for t in found)


@pytest.mark.parametrize(
    "text",
    [
        "SLEDAI 8",  # no operator: nothing is invented
        "serum albumin ,25 g/L",  # the sign was lost
        "women of childbearing age",
        "gestational age below 28 weeks",
        "treated with steroids for more than 24 months",
        "platelets / mL, and an INR greater than 1.3",
        "platelet-rich plasma within the last 6 months",
        "at least 2 years after kidney transplantation",
        "FEV1/FVC below 0.7",
        "increase of EDSS > 0.5",
        "FVC improved by more than 10%",
        "haemoglobin > 10 kg",
    ],
)
def test_no_limit_is_invented(text):
    assert find_thresholds(text) == []


def test_units_of_the_vocabulary_are_units_that_can_be_read():
    vocabulary = load_vocabulary("eligibility_variables")
    used = {unit for key in vocabulary.keys for unit in vocabulary.entries[key].more["units"]}
    assert used <= set(UNIT_NAMES)


# name, text, expected (kind, position, text)
SPLITS = [
    (
        "bullets and headings",
        "Inclusion Criteria:\n\n* Age 18-65\n* SLEDAI > 8\n\nExclusion Criteria:\n\n* Pregnancy",
        [("inclusion", 0, "Age 18-65"), ("inclusion", 1, "SLEDAI > 8"), ("exclusion", 0, "Pregnancy")],
    ),
    (
        "plain lines",
        "Inclusion Criteria:\n\nadults\nsigned consent\n\nExclusion Criteria:\n\npregnancy\ncancer",
        [
            ("inclusion", 0, "adults"),
            ("inclusion", 1, "signed consent"),
            ("exclusion", 0, "pregnancy"),
            ("exclusion", 1, "cancer"),
        ],
    ),
    (
        "numbers glued in one paragraph",
        "Key inclusion criteria: 1. lupus nephritis; 2. age 18 to 60 years; 3. consent. Exclusion criteria: 1) HIV 2) cancer",
        [
            ("inclusion", 0, "lupus nephritis;"),
            ("inclusion", 1, "age 18 to 60 years;"),
            ("inclusion", 2, "consent."),
            ("exclusion", 0, "HIV"),
            ("exclusion", 1, "cancer"),
        ],
    ),
    (
        "letters, dots and stray numbers",
        "Inclusion criteria\na) first\nb) second\nExclusion criteria\n- (4) HIV positive\n• cancer",
        [
            ("inclusion", 0, "first"),
            ("inclusion", 1, "second"),
            ("exclusion", 0, "HIV positive"),
            ("exclusion", 1, "cancer"),
        ],
    ),
    (
        "wrapped lines of a numbered list",
        "Inclusion Criteria:\n\n 1. Adults with active disease in spite of\n    treatment for half a year.\n\n 2. Consent.",
        [
            ("inclusion", 0, "Adults with active disease in spite of treatment for half a year."),
            ("inclusion", 1, "Consent."),
        ],
    ),
    (
        "no heading: the kind stays open, even where exclusions run on",
        "- modified Rodnan skin score above 20\n- Platelets<80 000/mm3",
        [(None, 0, "modified Rodnan skin score above 20"), (None, 1, "Platelets<80 000/mm3")],
    ),
    (
        "a criterion that names the criteria is no heading",
        "Exclusion Criteria:\n\n* Does not meet the inclusion criteria\n* Cancer",
        [("exclusion", 0, "Does not meet the inclusion criteria"), ("exclusion", 1, "Cancer")],
    ),
    (
        "headings that name the group they are for",
        "Inclusion Criteria Treated Group:\n* Age over 18\nInclusion Criteria - For all participants :\n* Consent\n"
        "EXCLUSION CRITERIA COMMON TO BOTH COHORTS\n* Cancer\n* Exclusion criteria 3 and 4 met earlier",
        [
            ("inclusion", 0, "Age over 18"),
            ("inclusion", 1, "Consent"),
            ("exclusion", 0, "Cancer"),
            ("exclusion", 1, "Exclusion criteria 3 and 4 met earlier"),
        ],
    ),
    ("nothing", "Inclusion Criteria:\nNot provided\nExclusion Criteria:\n\n", []),
]


@pytest.mark.parametrize(("text", "expected"), [s[1:] for s in SPLITS], ids=[s[0] for s in SPLITS])
def test_text_is_split_into_criteria(text, expected):
    found = find_criteria(text)
    assert [(c.kind, c.position, c.text) for c in found] == expected
    for criterion in found:
        assert " ".join(text[criterion.start : criterion.end].split()) == criterion.text


def test_default_kind_holds_until_a_heading():
    text = "* adults\nExclusion criteria:\n* cancer"
    assert [c.kind for c in find_criteria(text, "inclusion")] == ["inclusion", "exclusion"]


def test_offsets_of_a_limit_are_offsets_of_the_whole_text():
    text = "Inclusion Criteria:\n\n 1. Consent.\n\n 2. A forced vital\n    capacity below 70 % predicted"
    threshold = find_criteria(text)[1].thresholds[0]
    assert threshold.variable == "fvc"
    assert " ".join(text[threshold.start : threshold.end].split()) == "forced vital capacity below 70 % predicted"


JUNK = [
    "7",
    " ",
    ", ",
    "7 ",
    "7, ",
    "a",
    "age ",
    "<",
    "> 7 ",
    "1. ",
    "\n",
    "- a\n",
    "(",
    "ALT, ",
    "not ",
    "a A:",
    "1 to ",
]


@pytest.mark.parametrize("piece", JUNK)
def test_long_junk_is_read_in_linear_time(piece):
    assert_linear(find_criteria, piece)


WORDS = st.sampled_from(
    ["Inclusion criteria:", "exclusion", "\n", "* ", "1. ", "2) ", "age", "ALT", "≥", "<", "18", "80 000", "to", "%", "x ULN",
     "years", "BILAG", "grade A", "İ", "²", "\r\n", "•"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=120), st.lists(WORDS, max_size=20).map(" ".join)))
def test_no_text_raises_and_quotes_are_in_the_text(text):
    for criterion in find_criteria(text):
        assert " ".join(text[criterion.start : criterion.end].split()) == criterion.text
        for threshold in criterion.thresholds:
            assert criterion.start <= threshold.start < threshold.end <= criterion.end
