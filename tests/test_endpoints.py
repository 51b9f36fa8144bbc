"""Outcomes as a clinician reads them: which instruments an outcome names, and which COMET core area it belongs to."""

import pytest

from trialkit.facts.conditions import CONDITIONS, find_condition_group
from trialkit.facts.endpoints import CORE_AREAS, INSTRUMENTS, read_endpoint
from trialkit.vocabulary import load_vocabulary


def names(measure, description=None, group=None):
    return [found.abbreviation for found in read_endpoint(measure, description, condition_group=group).instruments]


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("Changes in SLEDAI score before and after treatment", ["SLEDAI"]),
        ("mRSS score,HRQOL score, SF-36 score for SSc patients", ["mRSS", "SF-36"]),
        ("VC, DLCO, PAP, serum albumin, serum creatitin, weight loss, 24h proteinuria",
         ["VC", "DLCO", "PAP", "albumin", "creatinine", "proteinuria"]),
        ("Lupus serology (ANA, dsDNA, C3, C4)", ["ANA", "anti-dsDNA", "C3", "C4"]),
        ("Renal function (GFR, Blood Urea Nitrogen, urinalysis)", ["GFR", "BUN", "urinalysis"]),
        ("Ratio of Urinary Protein / Creatinine", ["UPCR"]),
        ("Proportion of ACR20 / ACR50 / ACR70 responders", ["ACR20", "ACR50", "ACR70"]),
        ("ACR20, 50 and 70 response at week 24", ["ACR20", "ACR50", "ACR70"]),
        ("ACR20 response in 70 patients", ["ACR20"]),
        ("28-DAS at week 12", ["DAS28"]),
        ("FEV1/FVC at month 6", ["FEV1/FVC"]),
        ("PaO2 / FiO2 ratio", ["PaO2/FiO2"]),
        ("Six minute walk distance", ["6MWT"]),
        ("Left ventricular ejection fraction by cardiac MRI", ["LVEF", "CMR"]),
        ("Lesions on brain MRI", ["MRI"]),
        ("Western Ontario and McMaster Universities Osteoarthritis Index (WOMAC)", ["WOMAC"]),
        ("Western Ontario Rotator Cuff index", ["WORC"]),
        ("Glycated haemoglobin and haemoglobin", ["HbA1c", "hemoglobin"]),
        ("Serum IL-6, IL-10 and TNF-α", ["IL-6", "IL-10", "TNF-alpha"]),
        ("PASI-75 at week 12", ["PASI"]),
    ],
)  # fmt: skip
def test_bundles_are_split_and_names_are_canonical(measure, expected):
    assert names(measure) == expected


@pytest.mark.parametrize(
    "measure",
    [
        "HRQOL score",
        "Quality of Life Assessment Questionnaire",
        "Efficacy profile",
        "Safety profile",
        "Standardized clinical and laboratory criteria",
        "Number of participants with adverse events",
        "Efficacy: skin score",
        "Overall survival",
        "Complete and partial response",
        "Daily insulin dose",
        "Centres in east asia",
        "Cells suspended in human albumin",
        "Platelet rich plasma",
    ],
)
def test_vague_text_is_never_upgraded_to_an_instrument(measure):
    assert names(measure) == []


@pytest.mark.parametrize(
    ("measure", "description", "expected"),
    [
        ("Functional outcome", "Quick Dash Score and pain on a visual analogue scale", ["QuickDASH", "VAS"]),
        ("Fistula healing", "No collection over 2 cm on MRI", ["MRI"]),
        ("Adverse events", "Graded by NCI-CTCAE v5.0", ["CTCAE"]),
        ("Right ventricular ejection fraction", "Measured by cardiac magnetic resonance", ["RVEF", "CMR"]),
        ("SLE Responder Index", "SLEDAI falls by 4, no new BILAG A, PGA stable", ["SRI", "SLEDAI", "BILAG", "PGA"]),
        ("MELD score", "Made of bilirubin, creatinine and INR", ["MELD"]),  # parts of a scale are not outcomes
        ("Fusion on X-rays", "Radiographs at 12 months and a CT scan at 24 months", ["X-ray"]),
        ("Response rate", None, []),
    ],
)
def test_description_adds_what_the_measure_leaves_open(measure, description, expected):
    assert names(measure, description) == expected


@pytest.mark.parametrize(
    ("term", "group", "key"),
    [
        ("CDAI", "crohn_disease", "crohn_cdai"),
        ("CDAI", "rheumatoid_arthritis", "ra_cdai"),
        ("SEP", "multiple_sclerosis", "ssep"),
        ("SEP", "erectile_dysfunction", "sexual_encounter_profile"),
        ("RF", "rheumatoid_arthritis", "rf"),
        ("RF", "heart_failure", None),
        ("OI", "ards", "oxygenation_index"),
        ("OI", "fractures_bone_defects", None),
        ("PDAI", "perianal_fistula", "pdai"),
        ("PDAI", "pouchitis", "pouchitis_dai"),
    ],
)
def test_shared_acronym_is_settled_by_the_disease(term, group, key):
    found = read_endpoint(f"{term} at month 6", condition_group=group).instruments
    assert [finding.key for finding in found] == ([key] if key else [])


@pytest.mark.parametrize(
    ("measure", "area"),
    [
        ("28-day mortality", "death"),
        ("Patient and graft survivals", "death"),
        ("Progression-free survival (PFS)", "death"),
        ("One year graft survival rate", "physiological_clinical"),
        ("Number of adverse events as a measure of safety and tolerability", "adverse_events"),
        ("Safety assessed by change in spirometry", "adverse_events"),
        ("Maximum tolerated dose", "adverse_events"),
        ("Change in quality of life", "life_impact"),
        ("BASFI score comparing to baseline", "life_impact"),
        ("Walking distance", "life_impact"),
        ("WOMAC", "life_impact"),
        ("WOMAC pain score", "physiological_clinical"),
        ("Pain on a visual analogue scale", "physiological_clinical"),
        ("Expanded Disability Status Scale", "life_impact"),
        ("BILAG score", "physiological_clinical"),
        ("Total remission rate", "physiological_clinical"),
        ("Levels of 24-hour urinary protein", "physiological_clinical"),
        ("Length of stay in the ICU", "resource_use"),
        ("Days without mechanical ventilation", "resource_use"),
        ("Reduction of corticosteroid dose", "resource_use"),
        ("Feasibility of the harvest", "other"),
        ("Recruitment rate of participants", "other"),
        ("TTCI", "physiological_clinical"),  # no cue at all
    ],
)
def test_core_area_of_a_measure(measure, area):
    assert read_endpoint(measure).core_area == area


def test_description_decides_the_core_area_only_when_the_measure_says_nothing():
    assert read_endpoint("Standard questionnaire", "Incidence of adverse events").core_area == "adverse_events"
    assert read_endpoint("Acute rejection rate", "Adverse events are listed").core_area == "physiological_clinical"


def test_domain_comes_from_the_instrument_or_from_an_area_with_one_domain():
    assert read_endpoint("Change in mRSS").domain == "skin"
    assert read_endpoint("HRQOL score").domain == "quality of life"
    assert read_endpoint("Overall survival").domain is not None
    assert read_endpoint("TTCI").domain is None


def test_offsets_point_at_the_words_in_their_own_part():
    measure, description = "Efficacy", "Change in SLEDAI-2K at week 24"
    (found,) = read_endpoint(measure, description).instruments
    assert (found.part, description[found.start : found.end]) == ("description", "SLEDAI-2K")


@pytest.mark.parametrize("text", ["", "  ", "≥４ \ud800 mRSS", "(((", "α" * 500])
def test_odd_text_is_read_without_raising(text):
    assert read_endpoint(text, text).core_area in CORE_AREAS.keys


@pytest.mark.parametrize(
    ("conditions", "title", "group"),
    [
        (["Systemic Lupus Erythematosus", "Lupus Nephritis"], "", "lupus_nephritis"),
        (["Interstitial Lung Disease", "Connective Tissue Diseases"], "", "ctd_ild"),
        (["Pulmonary Fibrosis", "Sclerosis, Systemic"], "", "ctd_ild"),
        (["Idiopathic Pulmonary Fibrosis"], "", "ild_ipf"),
        (["Covid19", "ARDS, Human"], "", "covid19"),
        (["Diabetes Mellitus, Type 1"], "", "type_1_diabetes"),
        (["Crohn Disease", "Fistula Perianal"], "", "perianal_fistula"),
        (["Mesenchymal Stem Cells"], "Cells for knee osteoarthritis", "osteoarthritis"),
        (["Steroid-refractory Acute Graft-versus-host Disease"], "", "gvhd"),
        (["Regenerative Medicine"], "A study of cells", None),
    ],
)
def test_condition_group_takes_the_specific_before_the_general(conditions, title, group):
    found = find_condition_group(conditions, [title])
    assert (found and found[0]) == group


def test_every_reference_between_the_vocabularies_exists():
    groups, areas, instruments = set(CONDITIONS.keys), set(CORE_AREAS.keys), set(INSTRUMENTS.keys)
    for key in INSTRUMENTS.keys:
        more = INSTRUMENTS.entries[key].more
        assert more["abbreviation"], key
        assert more["core_area"] in areas, key
        assert "source" in more or "mcid" not in more, f"[{key}] states an mcid without its source"
        assert more["kind"] in {"scale", "response", "lab", "test", "imaging", "grading", "concept"}, key
        assert set(more.get("by_condition", {})) <= groups, key
        assert set(more.get("by_condition", {}).values()) <= instruments, key
        for term, where in more.get("in_groups", {}).items():
            assert set(where) <= groups, key
            assert term in INSTRUMENTS.entries[key].synonyms + INSTRUMENTS.entries[key].cased, (key, term)
    for entry in load_vocabulary("core_outcome_sets").entries.values():
        assert set(entry.more["condition_groups"]) <= groups, entry.key
        assert {name for domain in entry.more["domains"] for name in domain["instruments"]} <= instruments, entry.key
    assert {CONDITIONS.entries[key].more["family"] for key in CONDITIONS.keys} == {
        "rheumatic_autoimmune", "other_immune", "other",
    }  # fmt: skip
