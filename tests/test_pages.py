"""Saved pages of MedPath and ctv.veeva.com: every field as a reader of the page would give it.

The five seed pages lie beside the checkout (../shared/seeds); the pages in fixtures/ are invented.
"""

from pathlib import Path

import msgspec
import pytest
from conftest import SHARED

from trialkit.record import TrialRecord
from trialkit.registries import READERS, medpath, medpath_tables, veeva
from trialkit.registries.files import read_inputs

PAGES = Path(__file__).parent / "fixtures" / "pages"
SEEDS = SHARED / "seeds"
LABELS = medpath.LABELS | veeva.LABELS


def seed(name: str) -> Path:
    if not SEEDS.exists():
        pytest.skip(f"{SEEDS} is not here: the seed pages are not part of the repository")
    return next(SEEDS.glob(f"{name}_*.txt"))


def read(path: Path) -> TrialRecord:
    (record,) = read_inputs([path])
    assert isinstance(record, TrialRecord), record
    return record


def outcomes(record: TrialRecord, role: str) -> list[tuple]:
    return [(o.measure, o.time_frame, o.description) for o in record.outcomes if o.role == role]


def stated(record: TrialRecord) -> dict:
    """The fields a record has, without the ones every record has."""
    plain = {"register", "source_file", "position", "url", "printed"}
    about = {"form", "complete", "origins"}
    return {k: v for k, v in msgspec.structs.asdict(record).items() if v not in (None, []) and k not in plain | about}


# The five seeds, field by field

SEED_FIELDS = {
    "000": {
        "trial_id": "CTRI/2015/04/005716",
        "url": None,
        "public_title": "Autologous Mesenchymal Stem Cell Therapy in Lupus",
        "conditions": ["Systemic lupus erythematosus"],
        "phases": ["phase1"],
        "overall_status": "recruiting",
        "study_type": "interventional",
        "enrollment_count": 10,
        "enrollment_type": "estimated",
        "lead_sponsor": "KIMS Foundation and Research Center and Krishna Institute of Medical Sciences",
        "printed.overall_status": "Open to Recruitment",
        "printed.conditions": "Health Condition 1: null- Systemic lupus erythematosus",
        "printed.enrollment_count": "Target Recruitment 10",
        "printed.primary_time_frame": "Timepoint: 1, 3 ,6 Months",
        "not stated": "sex brief_summary detailed_description intervention_model allocation masking arms interventions "
        "minimum_age maximum_age start_date eligibility countries n_sites has_results",
    },
    "001": {
        "trial_id": "NCT01741857",
        "secondary_ids": ["NJGLYY005"],
        "url": "https://clinicaltrials.gov/study/NCT01741857",
        "conditions": ["Systemic Lupus Erythematosus"],
        "phases": ["phase1", "phase2"],
        "overall_status": "unknown",
        "enrollment_count": 40,
        "enrollment_type": "estimated",
        "sex": "all",
        "minimum_age": "15 Years",
        "maximum_age": "60 Years",
        "healthy_volunteers": False,
        "allocation": "na",
        "intervention_model": "single_group",
        "masking": "none",
        "primary_purpose": "treatment",
        "lead_sponsor": "Nanjing University",
        "sponsor_class": "other",
        "n_sites": 1,
        "printed.phases": "Phase 2\nPhase 1",
        "printed.minimum_age": "15 to 60 years old",
        "printed.masking": "None (Open label)",
        "printed.enrollment_count": "40 estimated patients",
        "not stated": "outcomes start_date countries eligibility scientific_title has_results",
    },
    "002": {
        "trial_id": "NCT04318600",
        "conditions": ["Lupus Nephritis", "Mesenchymal Stem Cells"],
        "overall_status": "completed",
        "enrollment_count": 16,
        "enrollment_type": "estimated",
        "sex": "all",
        "intervention_model": "parallel",
        "lead_sponsor": "Yan'an Affiliated Hospital of Kunming Medical University",
        "printed.enrollment_count": "Target Recruitment 16",
        "not stated": "phases eligibility inclusion exclusion allocation masking minimum_age start_date n_sites",
    },
    "003": {
        "trial_id": "NCT00962923",
        "conditions": ["Systemic Sclerosis", "Mesenchymal Stem Cells"],
        "overall_status": "unknown",
        "enrollment_count": 20,
        "intervention_model": "single_group",
        "countries": ["China"],
        "n_sites": 1,
        "not stated": "phases interventions arms inclusion exclusion allocation masking minimum_age start_date",
    },
    "004": {
        "trial_id": "NCT06574581",
        "public_title": "ADSCs Therapy in Patients With CTD-ILD",
        "conditions": ["Connective Tissue Diseases", "Interstitial Lung Disease"],
        "phases": ["phase1"],
        "overall_status": "recruiting",
        "sex": "all",
        "lead_sponsor": "China Medical University Hospital",
        "not stated": "enrollment_count enrollment_type inclusion exclusion brief_summary detailed_description "
        "intervention_model arms interventions minimum_age",
    },
}


@pytest.mark.parametrize("name", SEED_FIELDS)
def test_seed_page_reads_as_the_expert_reads_it(name):
    record = read(seed(name))
    for field, expected in SEED_FIELDS[name].items():
        if field == "not stated":
            assert not set(expected.split()) & set(stated(record))
        elif field.startswith("printed."):
            assert record.printed[field.removeprefix("printed.")] == expected
        else:
            assert getattr(record, field) == expected, field


def test_ctri_paragraph_gives_five_outcomes_with_their_own_time_frames():
    record = read(seed("000"))
    primary = outcomes(record, "primary")
    assert primary == outcomes(record, "secondary")
    assert [frame for _, frame, _ in primary] == ["6 months"] * 4 + ["1, 3 months"]
    assert primary[0][0] == "Change in SLE Disease activity index score"
    assert primary[3][0] == "Change in standardized clinical & laboratory criteria"
    assert len(record.inclusion.splitlines()) == 7
    assert len(record.exclusion.splitlines()) == 15


def test_veeva_page_keeps_both_texts_and_its_one_arm():
    record = read(seed("001"))
    (arm,) = record.arms
    assert (arm.label, arm.type) == ("human umbilical cord derived MSC", "experimental")
    assert record.interventions[0].arm_labels == [arm.label]
    assert "15 to 70 years" in record.detailed_description
    assert "15 to 60 years" in record.inclusion
    assert record.exclusion.count("•") == 5


def test_layout_b_outcomes_are_cut_into_measure_frame_and_description():
    record = read(seed("002"))
    ((measure, frame, description),) = outcomes(record, "primary")
    assert (measure, frame) == ("Incidence of Adverse Events", "60 weeks")
    assert description.startswith("The patient's discomfort")
    assert [frame for _, frame, _ in outcomes(record, "secondary")] == ["60 weeks"] * 3
    assert outcomes(record, "secondary")[0][0].startswith("Changes in 24h urine protein quantification")
    assert "0~4 points" in outcomes(record, "secondary")[2][2]
    (arm,) = record.arms
    assert arm.label == "human amniotic mesenchymal stem cell treatment group"
    assert arm.interventions == ["human amniotic mesenchymal stem cell"]
    assert arm.description is None


def test_outcomes_that_run_on_are_parted_by_their_time_frames():
    record = read(seed("003"))
    assert outcomes(record, "primary") == [("mRSS score,HRQOL score, SF-36 score for SSc patients", "monthly", None)]
    second = outcomes(record, "secondary")
    assert [frame for _, frame, _ in second] == ["every three month"] * 3
    assert [measure.split()[0] for measure, _, _ in second] == ["Remission", "SSc", "Change"]
    assert second[0][0].endswith("24h proteinuria")
    assert len(record.eligibility.splitlines()) == 9


def test_criteria_that_share_one_block_stay_one_text():
    record = read(seed("004"))
    assert record.eligibility.startswith("Inclusion Criteria:\n1. Adult subjects")
    assert "\nExclusion Criteria:\n1. Subjects who are unwilling" in record.eligibility
    assert "<br" not in record.eligibility
    assert "for connective tissue diseases" in record.eligibility  # a wrapped line, joined
    window = "between the first infusion of AD-MSCs and 48 weeks after the last infusion of AD-MSCs"
    assert outcomes(record, "primary") == [("Safety profile", window, None)]
    assert outcomes(record, "secondary") == [("Efficacy profile", window, None)]


# Invented pages: the variants the seeds do not show


def test_glued_table_cells_are_parted_only_where_that_is_certain():
    record = read(PAGES / "medpath_a_tables.txt")
    assert outcomes(record, "primary") == [("Pain on a visual scale", "12 weeks", "Mean change on a 100 mm line")]
    assert outcomes(record, "secondary") == [
        ("Serum IL-612 weeksPlasma level", None, None),  # IL-6 after 12 weeks, or IL-61 after 2? left whole
        ("Share of repaired defects", "Baseline, 6 and 12 months", "Magnetic resonance\nRead by two radiologists"),
    ]
    assert [(a.label, a.interventions, a.description) for a in record.arms] == [
        ("Cell group", ["Marrow MSC"], "One injection into the joint"),
        ("Control group", ["Saline"], None),
    ]
    assert record.phases == ["phase2", "phase3"]
    assert record.overall_status == "not_yet_recruiting"
    assert record.enrollment_count == 1060
    assert record.brief_summary == "Compares marrow cells at 5x10^6 per joint with saline."
    assert record.inclusion == "- Adults with one full-thickness defect\n- Pain for 3 months > 40 mm"
    assert (record.countries, record.n_sites) == (["Spain", "Italy"], 2)


def test_page_without_phase_status_and_conditions_lines_shifts_nothing():
    record = read(PAGES / "medpath_a_ctri.txt")
    assert stated(record) == {
        "trial_id": "CTRI/2031/01/000001",
        "public_title": "Cord Cells in Children With Stiff Joints",
        "lead_sponsor": "Example Children Trust",
        "detailed_description": "Sex\nof the donor is recorded.",  # a label's word inside a text is text
        "overall_status": "terminated",
        "eligibility": "Inclusion Criteria: age 5 to 12\ntwo stiff joints\nExclusion Criteria: fever",
        "study_type": "interventional",
        "allocation": "randomized",
        "intervention_model": "parallel",
        "intervention_model_description": "Randomized, Parallel Group Trial",
        "outcomes": record.outcomes,
    }
    assert outcomes(record, "primary") == [
        (measure, "3 and 6 months", None) for measure in ("Range of motion", "Parent score", "Pain faces")
    ]


def test_layout_b_rows_stay_whole_when_their_time_frame_is_not_certain():
    record = read(PAGES / "medpath_b_tables.txt")
    assert record.conditions == ["Sjogren Syndrome", "Dry Mouth"]
    assert [(i.type, i.name, i.arm_labels) for i in record.interventions] == [
        ("drug", "Fat cell infusion", ["Early treatment"]),
        ("procedure", "Liposuction", ["Late treatment"]),
    ]
    assert record.arms[0].description == "Two infusions at week 0 and week 4\nGiven slowly"
    twice = "Collected over ten minutes\nWeighed at 6 months on the same scale."
    assert outcomes(record, "primary") == [
        ("Whole saliva flow at 6 months", "6 months", twice),
        ("Number of reactions", "up to 30 days after infusion", "Counted by the nurse"),
    ]
    assert outcomes(record, "secondary") == [
        ("Tear volume", "12 weeks", None),
        ("Eye comfort", "12 weeks", None),
        ("Sense of taste 6 weeks Sense of smell 12 weeks", None, None),
        ("Relapse within 30 days of the second infusion judged by a panel", None, None),
    ]
    assert record.eligibility is None


def test_layout_b_without_most_blocks():
    record = read(PAGES / "medpath_b_bare.txt")
    assert stated(record) == {
        "trial_id": "JPRN-jRCTb000000001",
        "public_title": "Placenta Cells for Slow Wounds",
        "conditions": ["Wound Healing"],
        "lead_sponsor": "Example Clinic",
        "study_type": "interventional",
        "intervention_model": "single_group",
        "intervention_model_description": "single arm study, open label, uncontrolled",
        "masking": "none",
        "eligibility": "- Wound open for 8 weeks\n- Age 20 or more",
    }
    assert record.printed["overall_status"] == "Not Recruiting"  # no counterpart: kept as printed, not guessed


def test_veeva_page_with_two_arms():
    record = read(PAGES / "veeva_two_arms.txt")
    assert [(a.label, a.type, a.description, a.interventions) for a in record.arms] == [
        ("Cells", "experimental", "Pulp cells into the joint.", ["Biological: Pulp cells", "Procedure: Wash-out"]),
        ("Wash-out only", "active_comparator", None, ["Procedure: Wash-out"]),
    ]
    expected = {
        "phases": ["na"],
        "overall_status": "withdrawn",
        "enrollment_count": 0,
        "enrollment_type": None,
        "minimum_age": "18 Years",
        "maximum_age": None,
        "healthy_volunteers": True,
        "masking": "double",
        "primary_purpose": "supportive_care",
        "sponsor_class": None,  # two funder types: the page does not say whose
        "lead_sponsor": "Example Institute",
        "n_sites": 0,
    }
    assert {field: getattr(record, field) for field in expected} == expected
    assert "Person" not in str(record)


def test_veeva_page_that_lost_its_values_has_empty_fields():
    record = read(PAGES / "veeva_labels_only.txt")
    assert stated(record) == {
        "brief_summary": "Pulp cells are put into the sore joint.",
        "detailed_description": "The joint is washed first.",
    }
    assert record.record_id == f"veeva:{(PAGES / 'veeva_labels_only.txt').as_posix()}#0"


def values(record) -> set[str]:
    """Every text anywhere in a record."""
    if isinstance(record, str):
        return {record}
    if isinstance(record, dict):
        return {text for item in record.values() for text in values(item)}
    if isinstance(record, list):
        return {text for item in record for text in values(item)}
    return values(msgspec.to_builtins(record)) if isinstance(record, msgspec.Struct) else set()


@pytest.mark.parametrize("page", sorted([*PAGES.glob("*.txt"), *SEEDS.glob("*.txt")]), ids=lambda page: page.stem[:20])
def test_label_never_becomes_a_value_whichever_lines_are_lost(page):
    lines = [line for line in page.read_text("utf-8").splitlines() if line.strip()]
    reader = next(r for r in READERS.values() if r.unit == "text" and r.recognises("\n".join(lines)))
    is_label = [line.strip().removeprefix("- ") in LABELS for line in lines]
    only_labels = [line for line, label in zip(lines, is_label, strict=True) if label]
    without_one = [lines[:n] + lines[n + 1 :] for n in range(len(lines)) if not is_label[n]]
    without_some = [[ln for n, ln in enumerate(lines) if is_label[n] or n % k] for k in (2, 3, 5)]
    for kept in (lines, only_labels, *without_one, *without_some):
        assert not values(reader.parse("\n".join(kept))) & LABELS


@pytest.mark.parametrize(
    ("row", "cut"),
    {
        "Pain at rest 12 weeks Mean of a diary": ("Pain at rest", "12 weeks", "Mean of a diary"),
        "Pain at 6 months 6 months Mean of a diary": ("Pain at 6 months", "6 months", "Mean of a diary"),
        "24h urine protein Baseline, 3, 6 months -": ("24h urine protein", "Baseline, 3, 6 months", None),
        "28-day mortality Day 28 Death": ("28-day mortality", "Day 28", "Death"),
        "Adverse events Up to 2 years": ("Adverse events", "Up to 2 years", None),
        "Flares through study completion, an average of 1 year Count": (
            "Flares",
            "through study completion, an average of 1 year",
            "Count",
        ),
        "SF-36 6 months Quality of life": ("SF-36", "6 months", "Quality of life"),
        "ACR 20, 50 and 70 12 weeks Response": ("ACR 20, 50 and 70", "12 weeks", "Response"),
        "No time is given": ("No time is given", None, None),
        "12 weeks pain": ("12 weeks pain", None, None),
        "Relapse 6 months after the first infusion Count": ("Relapse", "6 months after the first infusion", "Count"),
        "Pain 3 months Sleep 6 months": ("Pain 3 months Sleep 6 months", None, None),
    }.items(),
)
def test_row_is_cut_at_its_first_time_expression_or_not_at_all(row, cut):
    found, _ = medpath_tables.read_outcomes([f"Name Time Method {row}"], "primary")
    assert [(o.measure, o.time_frame, o.description) for o in found] == [cut]
