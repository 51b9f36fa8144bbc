"""EU Clinical Trials Register: one record for each trial and member state; answers that contradict give no choice."""

import gzip
import json
import re

import msgspec
import pytest
from growth import assert_linear
from reading import CORPUS, needs_corpus, read_corpus, read_written

from trialkit.record import Intervention, Outcome, TrialRecord
from trialkit.registries.euctr import parse_entry, parse_json, recognises, recognises_json, split
from trialkit.registries.files import read_inputs

HEADER = "This file contains full details on each clinical trial selected for download.\n\n"
LAY = "A.3.1 Title of the trial for lay people, in easily understood, i.e. non-technical, language"
BIOLOGICAL = "Active substance of biological/ biotechnological origin (other than Advanced Therapy IMP (ATIMP)"
ENTRY = f"""Summary
EudraCT Number: 2031-000001-10
Clinical Trial Type: EEA CTA
Trial Status: Ongoing
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

B. Sponsor Information
Sponsor 1
B.1.1 Name of Sponsor: Example Institute
B.3.1 and B.3.2\tStatus of the sponsor: Commercial
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
D.8.3 Pharmaceutical form of the placebo: Solution
D.8.4 Route of administration of the placebo: Intraarticular use

E. General Information on the Trial
E.1.1 Medical condition(s) being investigated: Sore knee
E.1.1.1 Medical condition in easily understood language: Knee pain
E.1.1.2 Therapeutic area: Diseases [C] - Bones [C05]
MedDRA Classification
E.1.2 Level: PT
E.1.2 Term: Arthralgia
E.2.1 Main objective of the trial: To see whether it helps
E.2.2 Secondary objectives of the trial: To see for how long
E.2.3 Trial contains a sub-study: No
E.3 Principal inclusion criteria: 1.\tKnee &amp; pain

2. Pain score >= 4: at rest
E.4 Principal exclusion criteria: None
E.5.1 Primary end point(s): Pain score
E.5.1.1 Timepoint(s) of evaluation of this end point: 6 months
E.5.2 Secondary end point(s): Swelling
Walking
E.6.2 Prophylaxis: No
E.6.3 Therapy: Yes
E.7.1 Human pharmacology (Phase I): Yes
E.7.2 Therapeutic exploratory (Phase II): Yes
E.7.3 Therapeutic confirmatory (Phase III): No
E.7.4 Therapeutic use (Phase IV): No
E.8.1.1 Randomised: Yes
E.8.1.2 Open: No
E.8.1.4 Double blind: Yes
E.8.1.5 Parallel group: Yes
E.8.1.6 Cross over: No
E.8.1.7.1 Other trial design description: Both knees
E.8.2.4 Number of treatment arms in the trial: 2
E.8.4.1 Number of sites anticipated in Member State concerned: 3

F. Population of Trial Subjects
F.1.1.2 Preterm newborn infants (up to gestational age < 37 weeks): No
F.1.1.3 Newborns (0-27 days): No
F.1.1.4 Infants and toddlers (28 days-23 months): No
F.1.1.5 Children (2-11years): No
F.1.1.6 Adolescents (12-17 years): Yes
F.1.2 Adults (18-64 years): Yes
F.1.3 Elderly (>=65 years): No
F.2.1 Female: Yes
F.2.2 Male: No
F.3.1 Healthy volunteers: No
F.4.1 In the member state: 5
F.4.2.2 In the whole clinical trial: 15

G. Investigator Networks to be involved in the Trial
G.4.1 Name of Organisation: Knees of Europe

P. End of Trial
P. End of Trial Status: Completed
P. Date of the global end of the trial: 2033-05-20
"""
AGES = "Adolescents (12-17 years): Yes\nAdults (18-64 years): Yes"
RECORD = TrialRecord(
    register="euctr", trial_id="2031-000001-10",
    url="https://www.clinicaltrialsregister.eu/ctr-search/trial/2031-000001-10/ES/",
    secondary_ids=["KNEE-1", "ISRCTN99000010", "NCT99000010", "U9999-0000-0010", "99,010"],
    public_title="Cells for knees", scientific_title="A trial of cells in sore knees", acronym="SORE",
    conditions=["Sore knee", "Arthralgia"], keywords=["Knee pain", "Diseases [C] - Bones [C05]"],
    brief_summary="To see whether it helps", detailed_description="To see for how long",
    overall_status="completed", phases=["phase1", "phase2"], study_type="interventional", allocation="randomized",
    intervention_model="parallel", intervention_model_description="Both knees", masking="double",
    primary_purpose="treatment", enrollment_count=15, enrollment_type="estimated",
    sex="female", minimum_age="12 Years", maximum_age="64 Years", healthy_volunteers=False,
    inclusion="1. Knee & pain\n\n2. Pain score >= 4: at rest",
    interventions=[
        Intervention(
            name="Frozen cells", type="biological", other_names=["Kneecell", "kneecellum", "KC1"],
            description="Pharmaceutical form: Suspension for injection\n"
            "Routes of administration: Intraarticular use, Other use\n"
            "Strength: up to 10 million cells/ml\n"
            "Advanced therapy: Somatic cell therapy medicinal product",
        ),
        Intervention(name="Salt water", type="drug", description="IMP role: Comparator"),
        Intervention(
            name="Placebo", description="Pharmaceutical form: Solution\nRoutes of administration: Intraarticular use"
        ),
    ],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain score", time_frame="6 months"),
        Outcome(role="secondary", position=0, measure="Swelling\nWalking"),
    ],
    completion_date="2033-05-20", first_posted_date="2031-01-16",
    lead_sponsor="Example Institute", sponsor_class="industry", countries=["Spain"], n_sites=3,
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
        "minimum_age": AGES, "maximum_age": AGES,
        "healthy_volunteers": "Healthy volunteers: No",
        "completion_date": "Date of the global end of the trial: 2033-05-20",
        "first_posted_date": "Date on which this record was first entered in the EudraCT database: 2031-01-16",
        "sponsor_class": "Status of the sponsor: Commercial",
        "countries": "Member State Concerned: Spain - AEMPS",
        "n_sites": "Number of sites anticipated in Member State concerned: 3",
    },
)  # fmt: skip


def told(answers: dict[str, str | None]) -> TrialRecord:
    """The record of the entry with other answers, by the code of the question; None leaves the question out."""
    text = ENTRY
    for code, answer in answers.items():
        line = re.compile(rf"^({re.escape(code)}(?![\w.])[^:\n]*:).*\n", re.M)
        text, n = line.subn("" if answer is None else rf"\1 {answer}\n", text)
        assert n, code
    return parse_entry(text)


# The text download


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_an_entry_gives_every_field(line_end, tmp_path):
    assert read_written(tmp_path, (HEADER + ENTRY).replace("\n", line_end)) == [RECORD]


def test_a_download_is_cut_into_its_entries(tmp_path):
    got = read_written(tmp_path, f"{HEADER}{ENTRY}\n{ENTRY.replace('Spain - AEMPS', 'Sweden - MPA')}")
    assert [record.countries for record in got] == [["Spain"], ["Sweden"]]


def test_an_entry_without_its_summary_is_an_entry():
    alone = ENTRY.partition("\n\n")[2]
    assert split(alone) == [alone]
    record = parse_entry(alone)
    assert (record.trial_id, record.url, record.overall_status) == (RECORD.trial_id, None, "completed")


@pytest.mark.parametrize(("number", "found"), [("", "no EudraCT number"), ("soon", "EudraCT number 'soon'")])
def test_an_entry_without_a_number_costs_itself_only(number, found, tmp_path):
    rejected, record = read_written(tmp_path, ENTRY.replace(RECORD.trial_id, number) + ENTRY)
    assert re.search(f"{found}.*: expected one such as", rejected.reason)
    assert record == RECORD


def test_only_full_details_are_recognised():
    assert recognises(HEADER + ENTRY)
    assert not recognises("EudraCT Number:          2031-000001-10\nFull Title:              Cells\n")


def test_another_language_stands_in_where_there_is_no_english():
    assert parse_entry(ENTRY.replace("(s): Pain score", "(s) (es): Dolor")).outcomes[0].measure == "Dolor"


def test_a_criterion_that_begins_like_a_code_is_text():
    lines = "A.1 Age of 18 or more: yes\nE.1 Pain\nP. falciparum\nN. meningitidis: none\nD.1.2 x: y"
    record = told({"E.3": lines})
    assert record.inclusion.startswith(lines)
    assert msgspec.structs.replace(record, inclusion=RECORD.inclusion) == RECORD


END, THIRD = "P. End of Trial Status", "Third Country in which the trial was first authorised: Canada"
LATE = "Therapeutic confirmatory (Phase III): Yes\nTherapeutic use (Phase IV): Yes"
FIELDS = [  # other answers -> a field, its value, what `printed` has of it
    # Words for no answer are missing
    ({"E.8.1.7.1": "None"}, "intervention_model_description", None, None),
    ({"E.8.1.7.1": "N/A"}, "intervention_model_description", None, None),
    ({"E.8.1.7.1": "Information not present in EudraCT"}, "intervention_model_description", None, None),
    # A status without a counterpart is only printed; "Ongoing" does not say whether participants are recruited
    ({END: "Prematurely Ended"}, "overall_status", "terminated", "End of Trial Status: Prematurely Ended"),
    ({END: "Temporarily Halted"}, "overall_status", "suspended", "End of Trial Status: Temporarily Halted"),
    ({END: "Not Authorised"}, "overall_status", None, "End of Trial Status: Not Authorised"),
    ({END: None}, "overall_status", None, "Trial Status: Ongoing"),
    # Answers that contradict each other give no choice; phases may be several
    ({"E.8.1.2": "Yes"}, "masking", None, "Open: Yes\nDouble blind: Yes"),
    ({"E.6.2": "Yes"}, "primary_purpose", None, "Prophylaxis: Yes\nTherapy: Yes"),
    ({"E.8.1.6": "Yes", "E.8.2.4": None}, "intervention_model", None, "Parallel group: Yes\nCross over: Yes"),
    ({"E.7.1": "No", "E.7.2": "No", "E.7.3": "Yes", "E.7.4": "Yes"}, "phases", ["phase3", "phase4"], LATE),
    # One treatment arm is a single group
    ({"E.8.1.5": "No", "E.8.2.4": "1"}, "intervention_model", "single_group", "Number of treatment arms in the trial: 1"),
    ({"E.8.1.5": "No"}, "intervention_model", None, "Number of treatment arms in the trial: 2"),
    # "No" is an answer, no answer is none
    ({"E.8.1.1": "No"}, "allocation", "non_randomized", "Randomised: No"),
    ({"E.8.1.1": None}, "allocation", None, None),
    ({"F.2.2": "Yes"}, "sex", "all", "Female: Yes\nMale: Yes"),
    ({"F.2.2": None}, "sex", None, "Female: Yes"),
    # The planned number of the member state stands in for that of the whole trial
    ({"F.4.2.2": None}, "enrollment_count", 5, "In the member state: 5"),
    ({"F.4.2.2": "many"}, "enrollment_count", None, "In the whole clinical trial: many"),
    ({"F.4.2.2": "many"}, "enrollment_type", None, None),
    # What cannot be is only printed
    ({"P. Date": "2033-02-30"}, "completion_date", None, "Date of the global end of the trial: 2033-02-30"),
    ({"B.3.1": "Non-Commercial"}, "sponsor_class", None, "Status of the sponsor: Non-Commercial"),
    ({"Link": "https://example.org/2031-000001-10"}, "url", None, None),
    # A trial outside the EEA has the country of its first authorisation
    ({"A.1": None, "G.4.1": f"Knees\nH.4.1 {THIRD}"}, "countries", ["Canada"], THIRD),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "field", "value", "printed"), FIELDS, ids=[f"{row[1]} {row[2]}" for row in FIELDS])
def test_answers_are_read_as_far_as_they_are_certain(answers, field, value, printed):
    record = told(answers)
    assert (getattr(record, field), record.printed.get(field)) == (value, printed)


@pytest.mark.parametrize(("groups", "ages"), [
    (["F.1.2", "F.1.3"], ("18 Years", None)), (["F.1.1.4", "F.1.1.5"], ("28 Days", "11 Years")),
    (["F.1.1.2", "F.1.1.3"], (None, "27 Days")), ([], (None, None)),
])  # fmt: skip
def test_ages_are_the_edges_of_the_age_groups(groups, ages):
    record = told({"F.1.1.6": "No", "F.1.2": "No"} | dict.fromkeys(groups, "Yes"))
    assert (record.minimum_age, record.maximum_age) == ages


def test_a_product_of_both_origins_has_no_type():
    assert told({"D.3.11.1": "Yes"}).interventions[0].type is None


def test_a_product_without_a_name_is_no_intervention():
    assert [item.name for item in told({"D.3.1": None}).interventions] == ["Kneecell", "Placebo"]


def test_an_equal_concentration_is_a_bare_number():
    assert "Strength: 10 million cells/ml\n" in told({"D.3.10.2": "equal"}).interventions[0].description


def test_nobody_is_named_in_a_record():
    assert not any(word in str(parse_entry(ENTRY)) for word in ("Person", "@", "Some Street", "Knees of Europe"))


@pytest.mark.parametrize("piece", ["A.1 ", "E.5.1.1 x: y\n", "1.1.1.1.1."])
def test_cost_grows_with_the_text(piece):
    assert_linear(lambda text: told({"E.3": text}), piece)


# The fields as JSON

JSON = {  # what ctrdata makes of parts of the entry: no signs, no line breaks; lists of sponsors, products, terms
    "_id": "2031-000001-10-ES",
    "record_last_import": "2034-03-08 17:24:50",
    "a1_member_state_concerned": "Spain - AEMPS",
    "a2_eudract_number": "2031-000001-10",
    "a3_full_title_of_the_trial_es": "Un ensayo de rodillas",
    "a31_title_of_the_trial_for_lay_people_in_easily_understood_ie_nontechnical_language": "Cells for knees",
    "b1_sponsor": [{"b11_name_of_sponsor": "Example Institute", "b52_functional_name_of_contact_point": "A. Person"}],
    "dimp": [
        {"_dimp": "1", "d31_product_name": "Frozen cells", "d3113_advanced_therapy_imp_atimp": "Yes",
         "d37_routes_of_administration_for_this_imp": "Intraarticular use Other use",
         "d38_imp_identification_details": [
             {"d38_inn__proposed_inn": "kneecellum"},
             {"d3101_concentration_unit": "million cells/ml", "d3103_concentration_number": "10"}]},
        {"_dimp": "2", "d31_product_name": "Salt water", "d12_and_d13_imp_role": "Comparator",
         "d3111_active_substance_of_chemical_origin": "Yes"},
    ],
    "d8_information_on_placebo": [{
        "d8_placebo": "1",
        "d83_pharmaceutical_form_of_the_placebo": "Solution",
        "d84_route_of_administration_of_the_placebo": "Intraarticular use E. General Information on the Trial"}],
    "e12_meddra_classification": [{"e12_level": "PT", "e12_term": "Arthralgia"}],
    "e3_principal_inclusion_criteria": "1. Knee amp pain 2. Pain score  4: at rest",
    "e51_primary_end_points": "Pain score",
    "e511_timepoints_of_evaluation_of_this_end_point": "6 months",
    "f12_adults_1864_years": "Yes", "f13_elderly_65_years": "Yes",
    "f21_female": "Yes", "f22_male": "No",
    "f422_in_the_whole_clinical_trial": "15",
}  # fmt: skip
SAME = ("url", "public_title", "enrollment_count", "enrollment_type", "sex", "lead_sponsor", "countries")
EXPORTED = TrialRecord(
    register="euctr", trial_id=RECORD.trial_id, source_date="2034-03-08",
    **{field: getattr(RECORD, field) for field in SAME},
    scientific_title="Un ensayo de rodillas",
    conditions=["Arthralgia"],
    minimum_age="18 Years",
    inclusion="1. Knee amp pain 2. Pain score  4: at rest",
    interventions=[
        Intervention(name="Frozen cells", type="biological", other_names=["kneecellum"],
                     description="Routes of administration: Intraarticular use Other use\nStrength: 10 million cells/ml"),
        *RECORD.interventions[1:],
    ],
    outcomes=RECORD.outcomes[:1],
    printed={field: RECORD.printed[field] for field in SAME if field in RECORD.printed}
    | dict.fromkeys(["minimum_age", "maximum_age"], "Adults (18-64 years): Yes\nElderly (>=65 years): Yes"),
)  # fmt: skip


def exported(**changes) -> TrialRecord:
    """The record of the JSON with other values."""
    return parse_json(json.dumps(JSON | changes).encode())


def test_json_gives_the_record_of_the_text_but_for_signs_and_line_breaks(tmp_path):
    assert read_written(tmp_path, json.dumps(JSON)) == [EXPORTED]


def test_what_the_json_leaves_empty_may_stand_in_the_register(tmp_path):
    (tmp_path / "export").write_text(json.dumps(JSON))
    assert [record.complete for record in read_inputs([tmp_path / "export"])] == [False]


def test_results_add_numbers_and_reported_dates():
    about = {
        "usctnIdentifier": "NCT99000011",
        "isrctnIdentifier": {},
        "recruitmentStartDate": "2031-02-03T00:00:00+01:00",
        "primaryCompletionDate": "2032-12-31T00:00:00+01:00",
        "globalEndOfTrialDate": "2033-05-21T00:00:00+02:00",
    }
    record = exported(trialInformation=about)
    assert "NCT99000011" in record.secondary_ids
    assert (record.start_date, record.primary_completion_date) == ("2031-02-03", "2032-12-31")
    assert record.completion_date == "2033-05-21"


@pytest.mark.parametrize(("study", "has_results"), [({"trialInformation": {}}, True), ({}, None)])
def test_the_results_section_tells_that_there_are_results(study, has_results):
    assert exported(**study).has_results is has_results


def test_json_of_an_entry_is_known_by_its_number():
    assert recognises_json(json.dumps(JSON).encode())
    assert not recognises_json(b'{"trial_id": "2031-000001-10", "eudract_number": "2031-000001-10"}')


@pytest.mark.parametrize("entry", [b"[]", b'{"a2_eudract_number": ["x"]}', b'{"a":' * 3000 + b"1" + b"}" * 3000])
def test_json_that_is_no_entry_says_what_was_expected(entry):
    with pytest.raises(ValueError, match=r"expected one such as|not one JSON object"):
        parse_json(entry)


def test_values_of_another_type_are_missing():
    record = exported(dimp="x", b1_sponsor=[None, 3], e3_principal_inclusion_criteria=4, trialInformation=[])
    assert [item.name for item in record.interventions] == ["Placebo"]
    assert (record.lead_sponsor, record.inclusion) == (None, None)


# Real files

DOWNLOAD, EXPORT = "ctrdata/test_error_trials_euctr.txt", "ctrdata/demo_euctr.jsonl.gz"


@needs_corpus
def test_every_entry_of_a_real_download_is_read():
    got = read_corpus(DOWNLOAD)
    assert " ".join(country for record in got for country in record.countries) == (
        "Spain Sweden Sweden France Spain Greece Poland Poland Portugal Hungary"
    )
    assert [record.enrollment_count for record in got] == [15, 15, 9, 600, 600, 50, 600, 600, 600, 600]
    assert {(record.masking, len(record.interventions)) for record in got} == {("none", 1), ("double", 4)}
    assert all(record.inclusion and record.exclusion and record.url for record in got)
    assert all([bool(outcome.time_frame) for outcome in record.outcomes] == [True, True] for record in got)


@needs_corpus
def test_real_texts_end_where_the_next_field_begins():
    for record in read_corpus(DOWNLOAD):
        texts = [passage.text for passage in record.passages()] + [outcome.measure for outcome in record.outcomes]
        assert not re.search(r"^(E\.[3-6]|F\.|N\.|P\.)|Principal exclusion|MedDRA Class", "\n".join(texts), re.M)


@needs_corpus
def test_real_texts_are_in_english():
    assert not re.search("pacientes|pacjen|ασθενείς", str(read_corpus(DOWNLOAD)))


@needs_corpus
def test_real_entries_as_json_are_read():
    got = read_corpus(EXPORT)
    with gzip.open(CORPUS / EXPORT) as lines:
        assert [record.trial_id for record in got] == [json.loads(line)["a2_eudract_number"] for line in lines]
    assert [record.enrollment_count for record in got] == [172, 28860, 100, 50]
    assert [record.overall_status for record in got] == ["completed", "completed", None, "terminated"]
    assert [record.start_date for record in got] == ["2019-01-18", "2022-08-08", "2020-03-26", None]


@needs_corpus
def test_no_contact_of_a_real_entry_is_kept():
    assert not re.search("@|contact point", str(read_corpus(DOWNLOAD, EXPORT)))
