"""EU Clinical Trials Register: a download gives one record for each trial and member state; nothing is guessed."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest

from trialkit.record import Intervention, Outcome, TrialRecord
from trialkit.registries import READERS, Reader, euctr
from trialkit.registries.euctr import parse_entry, parse_json, recognises, recognises_json, split
from trialkit.registries.files import Rejected, read_inputs

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")

LAY = "A.3.1 Title of the trial for lay people, in easily understood, i.e. non-technical, language"
BIOLOGICAL = "Active substance of biological/ biotechnological origin (other than Advanced Therapy IMP (ATIMP)"
ENTRY = f"""Summary
EudraCT Number: 2031-000001-10
Sponsor's Protocol Code Number: KNEE-1
National Competent Authority: Spain - AEMPS
Clinical Trial Type: EEA CTA
Trial Status: Completed
Date on which this record was first entered in the EudraCT database: 2031-01-16
Link: https://www.clinicaltrialsregister.eu/ctr-search/trial/2031-000001-10/ES/

A. Protocol Information
A.1 Member State Concerned: Spain - AEMPS
A.2 EudraCT number: 2031-000001-10
A.3 Full title of the trial: A trial of cells in sore knees
A.3 Full title of the trial (es): Un ensayo de rodillas
{LAY}: Cells for knees
A.3.2 Name or abbreviated title of the trial where available: SORE
A.4.1 Sponsor's protocol code number: KNEE-1
A.5.1 ISRCTN (International Standard Randomised Controlled Trial) Number: ISRCTN99000010
A.5.2 US NCT (ClinicalTrials.gov registry) number: NCT99000010
A.5.3 WHO Universal Trial Reference Number (UTRN): U9999-0000-0010
A.5.4 Other Identifiers:
Name:IND Number:99,010
A.7 Trial is part of a Paediatric Investigation Plan: No

B. Sponsor Information
Sponsor 1
B.1.1 Name of Sponsor: Example Institute
B.1.3.4\tCountry: Spain
B.3.1 and B.3.2\tStatus of the sponsor: Commercial
B.5 Contact point designated by the sponsor for further information on the trial
B.5.2 Functional name of contact point: A. Person
B.5.3.1 Street Address: Some Street 1
B.5.6 E-mail: a.person@example.org

D. IMP Identification
D.IMP: 1
D.1.2 and D.1.3 IMP Role: Test
D.2.1.1.1 Trade name: Kneecell
D.3.1 Product name: Frozen cells
D.3.2 Product code: KC1
D.3.4 Pharmaceutical form: Suspension for injection
D.3.7 Routes of administration for this IMP:
Intraarticular use
Other use
D.3.8 INN - Proposed INN: kneecellum
D.3.9.3 Other descriptive name: KNEECELLUM
D.3.10.1 Concentration unit: million cells/ml
D.3.10.2 Concentration type: up to
D.3.10.3 Concentration number: 10
D.3.11.1 Active substance of chemical origin: No
D.3.11.2 {BIOLOGICAL}: No
D.3.11.3 Advanced Therapy IMP (ATIMP): Yes
D.3.11.3.1 Somatic cell therapy medicinal product: Yes
D.IMP: 2
D.1.2 and D.1.3 IMP Role: Comparator
D.3.1 Product name: Salt water
D.3.11.1 Active substance of chemical origin: Yes

D.8 Information on Placebo
D.8 Placebo: 1
D.8.1 Is a Placebo used in this Trial? Yes
D.8.3 Pharmaceutical form of the placebo: Solution
D.8.4 Route of administration of the placebo: Intraarticular use

E. General Information on the Trial
E.1 Medical condition or disease under investigation
E.1.1 Medical condition(s) being investigated: Sore knee
E.1.1.1 Medical condition in easily understood language: Knee pain
E.1.1.2 Therapeutic area: Diseases [C] - Bones [C05]
MedDRA Classification
E.1.2 Medical condition or disease under investigation:
E.1.2 Version: 20.0
E.1.2 Level: PT
E.1.2 Term: Arthralgia
E.1.3 Condition being studied is a rare disease: No
E.2.1 Main objective of the trial: To see whether it helps
E.2.2 Secondary objectives of the trial: To see for how long
E.2.3 Trial contains a sub-study: No
E.3 Principal inclusion criteria: 1.\tKnee &amp; pain
A.1 Age of 18 or more

2. Pain score >= 4: at rest
E.4 Principal exclusion criteria: None
E.5 End points
E.5.1 Primary end point(s): Pain score
E.5.1.1 Timepoint(s) of evaluation of this end point: 6 months
E.5.2 Secondary end point(s): Swelling
Walking
E.6.1 Diagnosis: No
E.6.2 Prophylaxis: No
E.6.3 Therapy: Yes
E.6.4 Safety: Yes
E.7.1 Human pharmacology (Phase I): Yes
E.7.1.1 First administration to humans: Yes
E.7.2 Therapeutic exploratory (Phase II): Yes
E.7.3 Therapeutic confirmatory (Phase III): No
E.7.4 Therapeutic use (Phase IV): No
E.8.1 Controlled: Yes
E.8.1.1 Randomised: Yes
E.8.1.2 Open: No
E.8.1.3 Single blind: No
E.8.1.4 Double blind: Yes
E.8.1.5 Parallel group: Yes
E.8.1.6 Cross over: No
E.8.1.7 Other: Yes
E.8.1.7.1 Other trial design description: Both knees
E.8.2.4 Number of treatment arms in the trial: 2
E.8.4.1 Number of sites anticipated in Member State concerned: 3
E.8.5.1 Number of sites anticipated in the EEA: 12

F. Population of Trial Subjects
F.1 Age Range
F.1.1 Trial has subjects under 18: Yes
F.1.1.1 In Utero: No
F.1.1.5 Children (2-11years): No
F.1.1.6 Adolescents (12-17 years): Yes
F.1.2 Adults (18-64 years): Yes
F.1.3 Elderly (>=65 years): No
F.2 Gender
F.2.1 Female: Yes
F.2.2 Male: No
F.3.1 Healthy volunteers: No
F.4 Planned number of subjects to be included
F.4.1 In the member state: 5
F.4.2.1 In the EEA: 7
F.4.2.2 In the whole clinical trial: 15
F.5 Plans for treatment or care after the subject has ended the participation in the trial: None

G. Investigator Networks to be involved in the Trial
G.4.1 Name of Organisation: Knees of Europe

N. Review by the Competent Authority or Ethics Committee in the country concerned
N. Competent Authority Decision: Authorised

P. End of Trial
P. End of Trial Status: Completed
P. Date of the global end of the trial: 2033-05-20
"""
HEADER = "This file contains full details on each clinical trial selected for download.\n\n"

RECORD = TrialRecord(
    register="euctr",
    trial_id="2031-000001-10",
    url="https://www.clinicaltrialsregister.eu/ctr-search/trial/2031-000001-10/ES/",
    secondary_ids=["KNEE-1", "ISRCTN99000010", "NCT99000010", "U9999-0000-0010", "99,010"],
    public_title="Cells for knees",
    scientific_title="A trial of cells in sore knees",
    acronym="SORE",
    conditions=["Sore knee", "Arthralgia"],
    keywords=["Knee pain", "Diseases [C] - Bones [C05]"],
    brief_summary="To see whether it helps",
    detailed_description="To see for how long",
    overall_status="completed",
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="randomized",
    intervention_model="parallel",
    intervention_model_description="Both knees",
    masking="double",
    primary_purpose="treatment",
    enrollment_count=15,
    enrollment_type="estimated",
    sex="female",
    minimum_age="12 Years",
    maximum_age="64 Years",
    healthy_volunteers=False,
    inclusion="1. Knee & pain\nA.1 Age of 18 or more\n\n2. Pain score >= 4: at rest",
    interventions=[
        Intervention(
            name="Frozen cells",
            type="biological",
            description="Pharmaceutical form: Suspension for injection\n"
            "Routes of administration: Intraarticular use, Other use\n"
            "Strength: up to 10 million cells/ml\n"
            "Advanced therapy: Somatic cell therapy medicinal product",
            other_names=["Kneecell", "kneecellum", "KC1"],
        ),
        Intervention(name="Salt water", type="drug", description="IMP role: Comparator"),
        Intervention(
            name="Placebo",
            description="Pharmaceutical form: Solution\nRoutes of administration: Intraarticular use",
        ),
    ],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain score", time_frame="6 months"),
        Outcome(role="secondary", position=0, measure="Swelling\nWalking"),
    ],
    completion_date="2033-05-20",
    first_posted_date="2031-01-16",
    lead_sponsor="Example Institute",
    sponsor_class="industry",
    countries=["Spain"],
    n_sites=3,
    printed={
        "overall_status": "End of Trial Status: Completed",
        "phases": "Human pharmacology (Phase I): Yes\nTherapeutic exploratory (Phase II): Yes",
        "study_type": "Clinical Trial Type: EEA CTA",
        "allocation": "Randomised: Yes",
        "intervention_model": "Parallel group: Yes\nNumber of treatment arms in the trial: 2",
        "masking": "Double blind: Yes",
        "primary_purpose": "Therapy: Yes",
        "enrollment_count": "In the whole clinical trial: 15",
        "sex": "Female: Yes",
        "minimum_age": "Adolescents (12-17 years): Yes\nAdults (18-64 years): Yes",
        "maximum_age": "Adolescents (12-17 years): Yes\nAdults (18-64 years): Yes",
        "healthy_volunteers": "Healthy volunteers: No",
        "completion_date": "Date of the global end of the trial: 2033-05-20",
        "first_posted_date": "Date on which this record was first entered in the EudraCT database: 2031-01-16",
        "sponsor_class": "Status of the sponsor: Commercial",
        "countries": "Member State Concerned: Spain - AEMPS",
        "n_sites": "Number of sites anticipated in Member State concerned: 3",
    },
)


@pytest.fixture(autouse=True)
def readers(monkeypatch):
    """The two forms of the register are known to `read_inputs`."""
    own = {
        "euctr": Reader("text", euctr.recognises, euctr.parse_entry, euctr.ACCEPTS, split=euctr.split),
        "euctr_json": Reader("json", euctr.recognises_json, euctr.parse_json, euctr.ACCEPTS_JSON),
    }
    for key in own.keys() - READERS.keys():
        monkeypatch.setitem(READERS, key, own[key])


def bare(result: TrialRecord | Rejected) -> TrialRecord:
    """A record without the place it was read from."""
    assert isinstance(result, TrialRecord), result
    return msgspec.structs.replace(result, source_file="", position=0, form="")


def told(*changes: tuple[str, str]) -> TrialRecord:
    """The entry with some of its lines replaced, as a record."""
    text = ENTRY
    for was, now in changes:
        assert was in text, was
        text = text.replace(was, now)
    return parse_entry(text)


def without(*codes: str) -> str:
    """The entry without the lines of these codes."""
    return "\n".join(line for line in ENTRY.split("\n") if not line.startswith(tuple(f"{code} " for code in codes)))


# --- the text download -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_an_entry_gives_every_field_whatever_its_line_ends(ends, tmp_path):
    (tmp_path / "download").write_bytes((HEADER + ENTRY).replace("\n", ends).encode())
    assert [bare(r) for r in read_inputs([tmp_path / "download"])] == [RECORD]


def test_a_download_is_cut_into_its_entries_and_its_header_is_none(tmp_path):
    other = ENTRY.replace("Spain - AEMPS", "Sweden - MPA")
    (tmp_path / "download").write_text(f"{HEADER}{ENTRY}\n{other}\n{ENTRY.replace('000001', '000002')}")
    got = list(read_inputs([tmp_path / "download"]))
    assert [(r.position, r.trial_id, r.countries) for r in got] == [
        (0, "2031-000001-10", ["Spain"]),
        (1, "2031-000001-10", ["Sweden"]),
        (2, "2031-000002-10", ["Spain"]),
    ]


def test_an_entry_without_its_summary_is_an_entry():
    alone = ENTRY.partition("\n\n")[2]
    assert split(alone) == [alone]
    record = parse_entry(alone)
    assert (record.trial_id, record.url, record.first_posted_date) == ("2031-000001-10", None, None)
    assert record.inclusion == RECORD.inclusion


def test_an_entry_without_a_number_costs_itself_only(tmp_path):
    lost = ENTRY.replace("2031-000001-10", "")
    (tmp_path / "download").write_text(f"{HEADER}{lost}\n{ENTRY}")
    rejected, record = read_inputs([tmp_path / "download"])
    assert rejected.reason == "download: no EudraCT number (A.2): expected one such as 2017-001234-56"
    assert bare(record) == RECORD


def test_only_full_details_are_recognised():
    assert recognises(HEADER + ENTRY)
    assert not recognises("EudraCT Number:          2031-000001-10\nFull Title:              Cells\n")


def test_another_language_stands_in_where_there_is_no_english():
    assert told(("A.3 Full title of the trial: A", "A.3 Full title of the trial (pt): A")).scientific_title.startswith(
        "A trial"
    )
    assert told(("trial: A trial of cells in sore knees", "trial:")).scientific_title == "Un ensayo de rodillas"
    spanish = ("E.5.1 Primary end point(s): Pain score", "E.5.1 Primary end point(s) (es): Dolor")
    assert told(spanish).outcomes[0] == Outcome(role="primary", position=0, measure="Dolor", time_frame="6 months")


def test_a_line_of_the_criteria_that_begins_like_a_code_is_text():
    lines = "A.1 Age\nE.1 Pain: yes\nP. falciparum\nN. meningitidis: none\nD.1.2 x: y"
    record = told(("1.\tKnee &amp; pain\nA.1 Age of 18 or more", lines))
    assert record.inclusion.startswith(lines)
    assert (record.countries, record.outcomes) == (RECORD.countries, RECORD.outcomes)


def test_words_for_no_answer_are_missing():
    record = told(
        ("A.3.2 Name or abbreviated title of the trial where available: SORE", "A.3.2 Name: Information"),
        ("Pain score\n", "N/A\n"),
        ("description: Both knees", "description: Information not present in EudraCT"),
    )
    assert record.exclusion is None
    assert record.acronym is None
    assert [outcome.role for outcome in record.outcomes] == ["secondary"]
    assert record.intervention_model_description is None


def test_planned_number_of_the_member_state_stands_in_and_is_named():
    record = parse_entry(without("F.4.2.2"))
    assert (record.enrollment_count, record.enrollment_type) == (5, "estimated")
    assert record.printed["enrollment_count"] == "In the member state: 5"
    record = parse_entry(without("F.4.1", "F.4.2.2"))
    assert (record.enrollment_count, record.enrollment_type) == (None, None)
    assert told(("trial: 15", "trial: many")).enrollment_count is None
    assert told(("trial: 15", "trial: many")).printed["enrollment_count"] == "In the whole clinical trial: many"


@pytest.mark.parametrize(
    ("groups", "ages"),
    {
        ("F.1.2 Adults (18-64 years)",): ("18 Years", "64 Years"),
        ("F.1.2 Adults (18-64 years)", "F.1.3 Elderly (>=65 years)"): ("18 Years", None),
        ("F.1.1.3 Newborns (0-27 days)",): ("0 Days", "27 Days"),
        ("F.1.1.4 Infants and toddlers (28 days-23 months)", "F.1.1.5 Children (2-11years)"): ("28 Days", "11 Years"),
        ("F.1.1.2 Preterm newborn infants (up to gestational age < 37 weeks)", "F.1.1.3 Newborns (0-27 days)"): (
            None,
            "27 Days",
        ),
        ("F.1.1 Trial has subjects under 18",): (None, None),
    }.items(),
)
def test_ages_are_the_edges_of_the_age_groups(groups, ages):
    blank = without("F.1.1.1", "F.1.1.5", "F.1.1.6", "F.1.2", "F.1.3")
    text = blank.replace("F.2 Gender", "\n".join(f"{group}: Yes" for group in groups) + "\nF.2 Gender")
    record = parse_entry(text)
    assert (record.minimum_age, record.maximum_age) == ages
    if any(ages):
        assert record.printed["minimum_age"] == "\n".join(f"{group.partition(' ')[2]}: Yes" for group in groups)


@pytest.mark.parametrize(
    ("printed", "expected"),
    {
        "Completed": "completed",
        "Prematurely Ended": "terminated",
        "Temporarily Halted": "suspended",
        "Suspended by CA": "suspended",
        "Ongoing": None,
        "Restarted": None,
        "Not Authorised": None,
        "Trial now transitioned": None,
        "GB - no longer in EU/EEA": None,
    }.items(),
)
def test_status_without_a_counterpart_is_only_printed(printed, expected):
    record = told(("P. End of Trial Status: Completed", f"P. End of Trial Status: {printed}"))
    assert record.overall_status == expected
    assert record.printed["overall_status"] == f"End of Trial Status: {printed}"


def test_answers_that_contradict_each_other_give_no_choice():
    record = told(
        ("Open: No", "Open: Yes"), ("Prophylaxis: No", "Prophylaxis: Yes"), ("Cross over: No", "Cross over: Yes")
    )
    assert (record.masking, record.primary_purpose, record.intervention_model) == (None, None, None)
    assert record.printed["masking"] == "Open: Yes\nDouble blind: Yes"
    assert record.printed["primary_purpose"] == "Prophylaxis: Yes\nTherapy: Yes"


def test_one_treatment_arm_is_a_single_group():
    record = told(("Parallel group: Yes", "Parallel group: No"), ("in the trial: 2", "in the trial: 1"))
    assert record.intervention_model == "single_group"
    assert told(("Parallel group: Yes", "Parallel group: No")).intervention_model is None


def test_not_randomised_is_stated_not_missing():
    assert told(("Randomised: Yes", "Randomised: No")).allocation == "non_randomized"
    assert parse_entry(without("E.8.1.1")).allocation is None


@pytest.mark.parametrize("printed", ["2033-02-30", "20/05/2033", "soon"])
def test_an_impossible_date_is_only_printed(printed):
    record = told(("2033-05-20", printed))
    assert record.completion_date is None
    assert record.printed["completion_date"] == f"Date of the global end of the trial: {printed}"


def test_a_sponsor_that_is_not_commercial_has_no_class():
    record = told(("sponsor: Commercial", "sponsor: Non-Commercial"))
    assert record.sponsor_class is None
    assert record.printed["sponsor_class"] == "Status of the sponsor: Non-Commercial"


def test_a_trial_outside_the_eea_has_the_country_of_its_first_authorisation():
    text = without("A.1").replace(
        "G. Inv", "H.4 Third Country\nH.4.1 Third Country in which the trial was first authorised: Canada\nG. Inv"
    )
    assert parse_entry(text).countries == ["Canada"]


def test_a_product_of_both_origins_has_no_type():
    record = told(("chemical origin: No", "chemical origin: Yes"))
    assert [item.type for item in record.interventions] == [None, "drug", None]


def test_nobody_is_named_in_a_record():
    assert "Person" not in str(RECORD)
    assert not {"Person", "a.person@", "Some Street"} & set(str(parse_entry(ENTRY)).split())
    assert "@" not in str(parse_entry(ENTRY))


def test_a_link_elsewhere_is_no_address_of_the_register():
    assert told(("https://www.clinicaltrialsregister.eu/ctr-search", "https://example.org")).url is None


@pytest.mark.parametrize("text", ["", "A.2 EudraCT number: x", "A.\nE.\nP. \nD.IMP\n: :\nA.3 Full title of the trial"])
def test_text_without_an_entry_raises_value_error(text):
    with pytest.raises(ValueError, match="expected one such as 2017-001234-56"):
        parse_entry(text)


# --- the fields as JSON ------------------------------------------------------------------------------------------

# What ctrdata makes of the entry above: signs, accents and line breaks are gone, products and terms are lists.
JSON = {
    "_id": "2031-000001-10-ES",
    "x4_clinical_trial_type": "EEA CTA",
    "x5_trial_status": "Completed",
    "x6_date_on_which_this_record_was_first_entered_in_the_eudract_database": "2031-01-16",
    "record_last_import": "2034-03-08 17:24:50",
    "ctrname": "EUCTR",
    "a1_member_state_concerned": "Spain - AEMPS",
    "a2_eudract_number": "2031-000001-10",
    "a3_full_title_of_the_trial": "A trial of cells in sore knees",
    "a3_full_title_of_the_trial_es": "Un ensayo de rodillas",
    "a31_title_of_the_trial_for_lay_people_in_easily_understood_ie_nontechnical_language": "Cells for knees",
    "a32_name_or_abbreviated_title_of_the_trial_where_available": "SORE",
    "a41_sponsors_protocol_code_number": "KNEE-1",
    "a51_isrctn_international_standard_randomised_controlled_trial_number": "ISRCTN99000010",
    "a52_us_nct_clinicaltrialsgov_registry_number": "NCT99000010",
    "a53_who_universal_trial_reference_number_utrn": "U9999-0000-0010",
    "a54_other_identifiers": "Name:IND Number:99,010",
    "b1_sponsor": [
        {
            "_b1_sponsor": "1",
            "b11_name_of_sponsor": "Example Institute",
            "b31_and_b32_status_of_the_sponsor": "Commercial",
            "b52_functional_name_of_contact_point": "A. Person",
        }
    ],
    "dimp": [
        {
            "_dimp": "1",
            "d12_and_d13_imp_role": "Test",
            "d2111_trade_name": "Kneecell",
            "d31_product_name": "Frozen cells",
            "d32_product_code": "KC1",
            "d34_pharmaceutical_form": "Suspension for injection",
            "d37_routes_of_administration_for_this_imp": "Intraarticular use Other use",
            "d38_imp_identification_details": [
                {"d38_inn__proposed_inn": "kneecellum"},
                {
                    "d393_other_descriptive_name": "KNEECELLUM",
                    "d3101_concentration_unit": "million cells/ml",
                    "d3102_concentration_type": "up to",
                    "d3103_concentration_number": "10",
                },
            ],
            "d3111_active_substance_of_chemical_origin": "No",
            "d3113_advanced_therapy_imp_atimp": "Yes",
            "d31131_somatic_cell_therapy_medicinal_product": "Yes",
        },
        {
            "_dimp": "2",
            "d12_and_d13_imp_role": "Comparator",
            "d31_product_name": "Salt water",
            "d3111_active_substance_of_chemical_origin": "Yes",
        },
    ],
    "d8_information_on_placebo": [
        {
            "d8_placebo": "1",
            "d83_pharmaceutical_form_of_the_placebo": "Solution",
            "d84_route_of_administration_of_the_placebo": "Intraarticular use E. General Information on the Trial",
        }
    ],
    "e11_medical_conditions_being_investigated": "Sore knee",
    "e111_medical_condition_in_easily_understood_language": "Knee pain",
    "e112_therapeutic_area": "Diseases C - Bones C05",
    "e12_meddra_classification": [{"e12_version": "20.0", "e12_level": "PT", "e12_term": "Arthralgia"}],
    "e21_main_objective_of_the_trial": "To see whether it helps",
    "e22_secondary_objectives_of_the_trial": "To see for how long",
    "e3_principal_inclusion_criteria": "1. Knee amp pain A.1 Age of 18 or more 2. Pain score  4: at rest",
    "e4_principal_exclusion_criteria": "None",
    "e51_primary_end_points": "Pain score",
    "e511_timepoints_of_evaluation_of_this_end_point": "6 months",
    "e52_secondary_end_points": "Swelling Walking",
    "e61_diagnosis": "No",
    "e62_prophylaxis": "No",
    "e63_therapy": "Yes",
    "e71_human_pharmacology_phase_i": "Yes",
    "e72_therapeutic_exploratory_phase_ii": "Yes",
    "e73_therapeutic_confirmatory_phase_iii": "No",
    "e74_therapeutic_use_phase_iv": "No",
    "e811_randomised": "Yes",
    "e812_open": "No",
    "e813_single_blind": "No",
    "e814_double_blind": "Yes",
    "e815_parallel_group": "Yes",
    "e816_cross_over": "No",
    "e8171_other_trial_design_description": "Both knees",
    "e824_number_of_treatment_arms_in_the_trial": "2",
    "e841_number_of_sites_anticipated_in_member_state_concerned": "3",
    "f111_in_utero": "No",
    "f115_children_211years": "No",
    "f116_adolescents_1217_years": "Yes",
    "f12_adults_1864_years": "Yes",
    "f13_elderly_65_years": "No",
    "f21_female": "Yes",
    "f22_male": "No",
    "f31_healthy_volunteers": "No",
    "f41_in_the_member_state": "5",
    "f422_in_the_whole_clinical_trial": "15",
    "p_end_of_trial_status": "Completed",
    "p_date_of_the_global_end_of_the_trial": "2033-05-20",
}
DIFFERENT = {  # fields in which the JSON differs from the text
    "complete": "what the JSON leaves empty may stand in the register",
    "keywords": "brackets are dropped",
    "inclusion": "signs and line breaks are dropped",
    "interventions": "line breaks are dropped",
    "source_date": "the day of the import is told",
    "outcomes": "line breaks are dropped",
}


def test_text_and_json_of_an_entry_give_the_same_record(tmp_path):
    (tmp_path / "export").write_text(json.dumps(JSON) + "\n" + json.dumps(JSON) + "\n")
    first, second = map(bare, read_inputs([tmp_path / "export"]))
    assert first == second
    assert first.source_date == "2034-03-08"
    assert first.interventions[1:] == RECORD.interventions[1:]
    as_json, as_text = msgspec.structs.asdict(first), msgspec.structs.asdict(RECORD)
    assert {name for name in as_text if as_json[name] != as_text[name]} == DIFFERENT.keys()


def test_results_add_numbers_and_reported_dates():
    lost = ("a52_us_nct_clinicaltrialsgov_registry_number", "p_date_of_the_global_end_of_the_trial")
    about = {
        "usctnIdentifier": "NCT99000011",
        "isrctnIdentifier": {},
        "recruitmentStartDate": "2031-02-03T00:00:00+01:00",
        "primaryCompletionDate": "2032-12-31T00:00:00+01:00",
        "globalEndOfTrialDate": "2033-05-21T00:00:00+02:00",
        "countrySubjectCounts": {"countrySubjectCount": {"subjects": "14"}},
    }
    study = {key: value for key, value in JSON.items() if key not in lost} | {"trialInformation": about}
    record = parse_json(json.dumps(study).encode())
    assert "NCT99000011" in record.secondary_ids
    assert (record.start_date, record.primary_completion_date) == ("2031-02-03", "2032-12-31")
    assert (record.completion_date, record.has_results) == ("2033-05-21", True)
    assert (record.enrollment_count, record.enrollment_type) == (15, "estimated")
    assert parse_json(json.dumps(JSON).encode()).has_results is None


def test_json_of_an_entry_is_known_by_its_number():
    assert recognises_json(json.dumps(JSON).encode())
    assert not recognises_json(b'{"trial_id": "2031-000001-10", "eudract_number": "2031-000001-10"}')


@pytest.mark.parametrize(
    "entry",
    [
        b"[]",
        b"null",
        b'{"a2_eudract_number": 3}',
        b'{"a2_eudract_number": ["x"]}',
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
    ],
)
def test_json_that_is_no_entry_raises_value_error(entry):
    with pytest.raises(ValueError, match=r"expected one such as|not one JSON object"):
        parse_json(entry)


def test_values_of_another_type_are_missing():
    odd = JSON | {"dimp": "x", "b1_sponsor": [None, 3], "e3_principal_inclusion_criteria": 4, "trialInformation": []}
    record = parse_json(json.dumps(odd).encode())
    assert (record.trial_id, record.interventions[0].name) == (RECORD.trial_id, "Placebo")
    assert (record.lead_sponsor, record.inclusion) == (None, None)


# --- real files next to the checkout -----------------------------------------------------------------------------


@needs_corpus
def test_every_entry_of_a_real_download_is_read():
    got = [bare(r) for r in read_inputs([CORPUS / "ctrdata" / "test_error_trials_euctr.txt"])]
    assert [(r.trial_id, *r.countries) for r in got] == [
        ("2022-002568-62", "Spain"),
        ("2022-002568-62", "Sweden"),
        ("2022-002568-62", "Sweden"),
        ("2021-002179-21", "France"),
        ("2021-002179-21", "Spain"),
        ("2021-002179-21", "Greece"),
        ("2021-002179-21", "Poland"),
        ("2021-002179-21", "Poland"),
        ("2021-002179-21", "Portugal"),
        ("2021-002179-21", "Hungary"),
    ]
    assert [r.enrollment_count for r in got] == [15, 15, 9, 600, 600, 50, 600, 600, 600, 600]
    assert {r.enrollment_type for r in got} == {"estimated"}
    assert {(r.masking, r.allocation) for r in got} == {("none", "non_randomized"), ("double", "randomized")}
    assert [len(r.interventions) for r in got] == [1, 1, 1, 4, 4, 4, 4, 4, 4, 4]
    assert all(r.inclusion and r.exclusion and len(r.outcomes) == 2 and r.url for r in got)
    assert all(outcome.time_frame for r in got for outcome in r.outcomes)


@needs_corpus
def test_real_criteria_end_where_the_next_field_begins_and_are_in_english():
    for result in read_inputs([CORPUS / "ctrdata" / "test_error_trials_euctr.txt"]):
        record = bare(result)
        texts = [p.text for p in record.passages()] + [o.measure for o in record.outcomes]
        assert not any(f"\n{code}" in text for text in texts for code in ("E.3", "E.4", "E.5", "E.6", "F.", "N.", "P."))
        assert not any("Principal exclusion" in text or "MedDRA Classification" in text for text in texts)
        assert not any(word in text for text in texts for word in ("pacientes", "pacjen", "ασθενείς"))


@needs_corpus
def test_no_contact_of_a_real_entry_is_kept():
    for result in read_inputs(
        [CORPUS / "ctrdata" / "test_error_trials_euctr.txt", CORPUS / "ctrdata/demo_euctr.jsonl.gz"]
    ):
        assert not any(
            word in str(bare(result)) for word in ("@", "Medpace", "contact point", "Milan", "Medical Director")
        )


@needs_corpus
def test_real_entries_as_json_are_read():
    with gzip.open(CORPUS / "ctrdata" / "demo_euctr.jsonl.gz") as lines:
        numbers = [json.loads(line)["a2_eudract_number"] for line in lines]
    got = [bare(r) for r in read_inputs([CORPUS / "ctrdata" / "demo_euctr.jsonl.gz"])]
    assert [r.trial_id for r in got] == numbers
    assert [r.countries for r in got] == [["Germany"], ["Germany"], ["Spain"], ["Belgium"]]
    assert [r.enrollment_count for r in got] == [172, 28860, 100, 50]
    assert [r.overall_status for r in got] == ["completed", "completed", None, "terminated"]
    assert [r.has_results for r in got] == [True, True, True, None]
    assert [r.start_date for r in got] == ["2019-01-18", "2022-08-08", "2020-03-26", None]
    assert [r.phases for r in got] == [["phase3"], ["phase3"], ["phase2", "phase3"], ["phase4"]]
