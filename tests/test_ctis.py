"""CTIS, the EU's trial register: both structures of its JSON give the same record; codes are read where documented."""

import gzip
import json

import msgspec
import pytest
from reading import CORPUS, needs_corpus, read_corpus, read_written

from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries.ctis import parse_trial, recognises


def numbered(key: str, *texts: str) -> list[dict]:
    """Texts as the register lists them: in the order 1, 10, 11, 2."""
    found = [{"number": n, key: text, f"{key}Translations": []} for n, text in enumerate(texts, 1)]
    return sorted(found, key=lambda item: str(item["number"]))


CONTACT = {"functionalName": "A. Person", "functionalEmailAddress": "a.person@example.org", "telephone": "+99 1"}
INFORMATION = {
    "trialCategory": {"trialPhase": "7"},
    "medicalCondition": {"meddraConditionTerms": [{"termName": "Arthralgia"}, {"termName": "SORE KNEE"}]},
    "trialObjective": {
        "trialScopes": [{"code": "4"}, {"code": "3"}],
        "mainObjective": "To see whether it helps",
        "secondaryObjectives": numbered("secondaryObjective", "For how long", "At what price"),
    },
    "eligibilityCriteria": {
        "principalInclusionCriteria": numbered("principalInclusionCriteria", *(f"Knee {n}" for n in range(1, 12))),
        "principalExclusionCriteria": numbered("principalExclusionCriteria", "•\tNone of it"),
    },
    "endPoint": {
        "primaryEndPoints": numbered("endPoint", "Pain at 6 months"),
        "secondaryEndPoints": numbered("endPoint", "Swelling", "Walking"),
    },
    "trialDuration": {"estimatedEndDate": "2033-05-20", "estimatedRecruitmentStartDate": "2031-02-01"},
    "populationOfTrialSubjects": {
        "ageRanges": [{"ageRangeCategoryCode": "3"}, {"ageRangeCategoryCode": "2"}],
        "ageRangeSecondaryIds": [
            {"ageRangeCategoryCode": "2", "ctAgeRangeCode": "5"}, {"ageRangeCategoryCode": "2", "ctAgeRangeCode": "4"},
            {"ageRangeCategoryCode": "3", "ctAgeRangeCode": "1"},
        ],
        "clinicalTrialGroups": [{"code": "2", "name": "Patients"}],
        "isFemaleSubjects": True, "isMaleSubjects": False,
    },
}  # fmt: skip
PART_I = {
    "rowSubjectCount": 4,
    "rowCountriesInfo": [{"name": "Switzerland"}, {"name": "Peru"}],
    "therapeuticAreas": [{"code": "1", "name": "Diseases [C] - Bones [C05]"}],
    "medicalConditions": [{"medicalCondition": "Sore knee"}],
    "productRoleGroupInfos": [
        {"productRoleCode": "1", "productRoleName": "Test"}, {"productRoleCode": "3", "productRoleName": "Placebo"},
    ],
    "products": [
        {
            "mpRoleInTrial": "1", "productName": "Frozen cells", "jsonActiveSubstanceNames": "kneecellum",
            "sponsorProductCodeEdit": "KC1", "productDictionaryInfo": {"activeSubstanceName": "KNEECELLUM"},
            "pharmaceuticalFormDisplay": "SUSPENSION FOR INJECTION", "routes": ["INTRAARTICULAR USE"],
            "maxDailyDoseAmount": "10", "doseUom": "million cells", "maxTotalDoseAmount": "20",
            "therapies": [{"cellTypeCode": "2", "cellTypeMoreInformation": "from fat", "isGmo": False}],
        },
        {"mpRoleInTrial": "3", "productName": "Salt water", "routes": [], "allSubstancesChemicals": True},
        {"mpRoleInTrial": "1", "productName": "N/A"},
    ],
    "sponsors": [
        {"primary": False, "organisation": {"name": "Another House", "type": "Hospital"}},
        {"primary": True, "publicContacts": [CONTACT],
         "organisation": {"name": "Example Institute", "type": "Pharmaceutical company"}},
    ],
    "trialDetails": {
        "clinicalTrialIdentifiers": {
            "fullTitle": "A trial of cells in sore knees &amp; hips",
            "fullTitleTranslations": [{"attributeTranslation": "Ensayo", "languageDescription": "Spanish"}],
            "publicTitle": "Cells for knees",
            "shortTitle": "KNEE-1",
            "secondaryIdentifyingNumbers": {
                "nctNumber": {"number": "NCT99000010"}, "isrctnNumber": {"number": "ISRCTN99000010"},
                "whoUniversalTrialNumber": {"number": "U9999-0000-0010"},
                "additionalRegistries": [{"number": "99,010", "otherRegistryName": "IND"}],
            },
        },
        "trialInformation": INFORMATION,
        "protocolInformation": {"studyDesign": {"periodDetails": [
            {"title": "Run-in", "allocationMethod": "3", "blindingMethodCode": "1", "armDetails": []},
            {
                "title": "Treatment", "description": "One injection", "allocationMethod": "1",
                "blindingMethodCode": "3", "blindingDetails": "Covered syringes", "blindedRoles": [{"name": "Subject"}],
                "armDetails": [{"title": "Cells", "description": "Given once"}, {"title": "Salt water"}],
            },
            {"title": "Follow-up", "armDetails": [{"title": "Cells", "description": "Seen"}]},
        ]}},
    },
}  # fmt: skip
BEFORE = {  # the structure before June 2024
    "ctNumber": "2031-599001-12-00",
    "ctStatus": "Authorised, recruiting",
    "authorizedPartI": PART_I,
    "authorizedPartsII": [
        {"mscInfo": {"mscName": "Spain", "trialPeriod": [{"trialStartDate": "2031-03-05"}]},
         "recruitmentSubjectCount": 7, "trialSites": [{"personInfo": CONTACT}, {"personInfo": CONTACT}]},
        {"mscInfo": {"mscName": "Italy"}, "recruitmentSubjectCount": 4, "trialSites": [{"personInfo": CONTACT}]},
    ],
    "memberStatesConcerned": [{"mscName": "Spain"}, {"mscName": "Italy"}],
    "eudraCtInfo": {"eudraCtCode": "2031-000001-10"},
    "lastUpdated": "2031-09-15",
}  # fmt: skip
TODAY = {
    "ctNumber": "2031-599001-12-00",
    "ctStatus": 3,
    "ctPublicStatusCode": 3,
    "startDateEU": "04/03/2031",
    "publishDate": "2031-09-16T03:39:42.531268872",
    "lastUpdated": "15/09/2031",
    "authorizedApplication": {
        **{key: BEFORE[key] for key in ("authorizedPartI", "authorizedPartsII", "memberStatesConcerned")},
        "eudraCt": {"isTransitioned": True, "eudraCtCode": "2031-000001-10"},
    },
    "results": {},
}
AGES = "Children (2-11 years), Adolescents (12-17 years), 18-64 years"
RECORD = TrialRecord(
    register="ctis", trial_id="2031-599001-12-00",
    url="https://euclinicaltrials.eu/ctis-public/view/2031-599001-12-00",
    secondary_ids=["KNEE-1", "NCT99000010", "ISRCTN99000010", "U9999-0000-0010", "99,010", "2031-000001-10"],
    public_title="Cells for knees", scientific_title="A trial of cells in sore knees & hips",
    conditions=["Sore knee", "Arthralgia"], keywords=["Diseases [C] - Bones [C05]"],
    brief_summary="To see whether it helps", detailed_description="For how long\nAt what price",
    overall_status="recruiting", phases=["phase1", "phase2"], study_type="interventional", allocation="randomized",
    intervention_model_description="Run-in\nTreatment: One injection\nFollow-up",
    masking_description="Covered syringes", enrollment_count=15, enrollment_type="estimated",
    sex="female", minimum_age="2 Years", maximum_age="64 Years", healthy_volunteers=False,
    inclusion="\n".join(f"Knee {n}" for n in range(1, 12)), exclusion="• None of it",
    arms=[Arm(label="Cells", description="Given once"), Arm(label="Salt water")],
    interventions=[
        Intervention(
            name="Frozen cells", type="biological", other_names=["kneecellum", "KC1"],
            description="Pharmaceutical form: SUSPENSION FOR INJECTION\nRoutes of administration: INTRAARTICULAR USE\n"
            "Maximum daily dose: 10 million cells\nCell type: from fat",
        ),
        Intervention(name="Salt water", type="drug", description="Role: Placebo"),
    ],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain at 6 months"),
        Outcome(role="secondary", position=0, measure="Swelling"),
        Outcome(role="secondary", position=1, measure="Walking"),
    ],
    start_date="2031-03-04", completion_date="2033-05-20", last_update_date="2031-09-15",
    lead_sponsor="Example Institute", sponsor_class="industry",
    countries=["Spain", "Italy", "Switzerland", "Peru"], n_sites=3, has_results=False,
    printed={
        "overall_status": "Authorised, recruiting",
        "phases": "Phase I and Phase II (Integrated) - First administration to humans",
        "allocation": "Not applicable, Randomised controlled",
        "masking": "blinding code 1, blinding code 3", "who_masked": "Subject",
        "primary_purpose": "scope code 4, scope code 3",
        "enrollment_count": "Spain 7, Italy 4, rest of the world 4",
        "minimum_age": AGES, "maximum_age": AGES,
        "healthy_volunteers": "Patients",
        "start_date": "04/03/2031", "completion_date": "estimatedEndDate 2033-05-20",
        "sponsor_class": "Pharmaceutical company",
    },
)  # fmt: skip
IN = "authorizedApplication.authorizedPart"
ABOUT = f"{IN}I.trialDetails.trialInformation"
PEOPLE = f"{ABOUT}.populationOfTrialSubjects"
PERIODS = f"{IN}I.trialDetails.protocolInformation.studyDesign.periodDetails"


def parsed(trial: dict) -> TrialRecord:
    return parse_trial(json.dumps(trial).encode())


def changed(values: dict[str, object]) -> TrialRecord:
    """The record of today's trial with other values, by their path in the JSON: `sponsors.1.organisation`."""
    trial = json.loads(json.dumps(TODAY))
    for path, value in values.items():
        *way, last = path.split(".")
        node = trial
        for key in way:
            node = node[int(key) if isinstance(node, list) else key]
        node[last] = value
    return parsed(trial)


# One trial


def test_a_trial_gives_every_field(tmp_path):
    assert read_written(tmp_path, json.dumps(TODAY)) == [RECORD]


def test_the_structure_before_2024_has_no_results_and_no_start_of_the_whole_trial():
    printed = {field: words for field, words in RECORD.printed.items() if field != "start_date"}
    assert parsed(BEFORE) == msgspec.structs.replace(RECORD, start_date="2031-03-05", has_results=None, printed=printed)


def test_nobody_is_named_in_a_record():
    assert not any(word in str(parsed(TODAY)) for word in ("Person", "@", "+99"))


def ended(*events: str) -> dict:
    """An ended trial, with one event in each of these member states."""
    return {"ctPublicStatusCode": 8, "events": {"trialEvents": [{"events": [{"notificationType": e}]} for e in events]}}


PHASE, STOP, EARLY = f"{ABOUT}.trialCategory.trialPhase", "END_OF_TRIAL", "EARLY_TERMINATION"
STARTED = {"trialEvents": [{"events": [{"notificationType": "START_OF_TRIAL", "date": "2031-03-03"}]}]}
FIELDS = [  # other values -> a field, its value, what `printed` has of it
    # Planned numbers are added only when every member state gives one
    ({f"{IN}I.rowSubjectCount": None}, "enrollment_count", 11, "Spain 7, Italy 4"),
    ({f"{IN}sII.1.recruitmentSubjectCount": None}, "enrollment_count", None, None),
    ({f"{IN}sII.1.recruitmentSubjectCount": None}, "enrollment_type", None, None),
    ({f"{IN}sII": [], "totalNumberEnrolled": "11"}, "enrollment_count", 15, "member states 11, rest of the world 4"),
    # Codes are read in the words of the register
    ({"ctPublicStatusCode": 2}, "overall_status", "not_yet_recruiting", "Authorised, recruitment pending"),
    ({"ctPublicStatusCode": 5}, "overall_status", "active_not_recruiting", "Ongoing, recruitment ended"),
    ({"ctPublicStatusCode": 6}, "overall_status", "suspended", "Temporarily halted"),
    ({"ctPublicStatusCode": 1}, "overall_status", None, "Under evaluation"),
    ({PHASE: "4"}, "phases", ["phase2"], "Therapeutic exploratory (Phase II)"),
    ({PHASE: "6"}, "phases", ["phase4"], "Therapeutic use (Phase IV)"),
    ({PHASE: "10"}, "phases", ["phase2", "phase3"], "Phase II and Phase III (Integrated)"),
    ({PHASE: "11"}, "phases", ["phase3", "phase4"], "Phase III and Phase IV (Integrated)"),
    ({PHASE: "99"}, "phases", [], None),
    # An ended trial is completed or terminated where all member states say so
    (ended(STOP, STOP), "overall_status", "completed", "Ended"),
    (ended(EARLY, EARLY), "overall_status", "terminated", "Ended"),
    (ended(EARLY, STOP), "overall_status", None, "Ended"),
    (ended(EARLY), "overall_status", None, "Ended"),
    # A trial with a randomised period is randomised
    ({PERIODS: [{"allocationMethod": "2"}, {"allocationMethod": "3"}]}, "allocation", "non_randomized",
     "Non-randomised controlled, Not applicable"),
    ({PERIODS: [{"allocationMethod": "3"}]}, "allocation", "na", "Not applicable"),
    ({PERIODS: []}, "allocation", None, None),
    # Participants are healthy where one of their groups is
    ({f"{PEOPLE}.clinicalTrialGroups": [{"name": "Healthy volunteers"}]}, "healthy_volunteers", True, "Healthy volunteers"),
    # Sex is known when both answers are
    ({f"{PEOPLE}.isMaleSubjects": True}, "sex", "all", None),
    ({f"{PEOPLE}.isMaleSubjects": True, f"{PEOPLE}.isFemaleSubjects": False}, "sex", "male", None),
    ({f"{PEOPLE}.isMaleSubjects": None}, "sex", None, None),
    ({f"{PEOPLE}.isFemaleSubjects": None}, "sex", None, None),
    # The first reported date goes before a planned one, which is printed under its name
    ({"startDateEU": None}, "start_date", "2031-03-05", None),
    ({"startDateEU": None, "events": STARTED}, "start_date", "2031-03-03", None),
    ({"startDateEU": "2031-02-30"}, "start_date", "2031-03-05", None),
    ({"startDateEU": "2031-02-30", f"{IN}sII": []}, "start_date", "2031-02-01", "estimatedRecruitmentStartDate 2031-02-01"),
    ({"endDateEU": "2033-01-02"}, "completion_date", "2033-01-02", "2033-01-02"),
    ({"endDateEU": "2033-01-02", "endDate": "2033-01-03"}, "completion_date", "2033-01-03", "2033-01-03"),
    ({f"{ABOUT}.trialDuration": {"estimatedEndDate": "2033-13-01"}}, "completion_date", None, None),
    # A sponsor that is no company has no class
    ({f"{IN}I.sponsors.1.organisation.type": "Institution"}, "sponsor_class", None, "Institution"),
    # Results are known only when the source tells
    ({"results": {"summaryResults": [{"id": 1}]}}, "has_results", True, None),
    ({"results": {"summaryResults": []}}, "has_results", False, None),
    ({"results": None}, "has_results", None, None),
    ({"resultsFirstReceived": "Yes"}, "has_results", True, None),
]  # fmt: skip


@pytest.mark.parametrize(("values", "field", "value", "printed"), FIELDS, ids=[f"{row[1]} {row[2]}" for row in FIELDS])
def test_values_are_read_as_far_as_they_are_certain(values, field, value, printed):
    record = changed(values)
    assert (getattr(record, field), record.printed.get(field)) == (value, printed)


@pytest.mark.parametrize(("coarse", "fine", "ages"), [
    ("34", "", ("18 Years", None)), ("2", "", ("0 Years", "17 Years")), ("2", "32", ("0 Days", "23 Months")),
    ("24", "15", (None, None)), ("7", "", (None, None)),
])  # fmt: skip
def test_ages_are_the_edges_of_the_age_groups(coarse, fine, ages):
    groups = {  # the keys of the older structure
        "ageRanges": [{"ageRangeCategory": code} for code in coarse],
        "ageRangeSecondaryIds": [{"ageRangeCategory": "2", "ctAgeRange": code} for code in fine],
    }
    record = changed({PEOPLE: groups})
    assert (record.minimum_age, record.maximum_age) == ages


def test_absent_parts_are_missing_not_zero():
    assert parsed({"ctNumber": RECORD.trial_id, "authorizedApplication": {}}) == TrialRecord(
        register="ctis", trial_id=RECORD.trial_id, url=RECORD.url, study_type="interventional"
    )


@pytest.mark.parametrize("path", ["I.products", "I.products.0.routes", "I.sponsors", "sII", "I.trialDetails"])
def test_a_value_of_another_type_costs_itself_only(path):
    for value in (3, "x", [[1]], {"a": 1}):
        assert changed({f"{IN}{path}": value}).keywords == RECORD.keywords


def test_only_trials_of_the_api_are_recognised():
    assert recognises(json.dumps(TODAY).encode())
    assert recognises(json.dumps(BEFORE).encode())
    assert not recognises(b'{"ctNumber": "2031-599001-12-00", "ctTitle": "an entry of the list"}')


@pytest.mark.parametrize("entry", [b"[]", b'{"ctNumber": "NCT99000010"}', b'{"a":' * 3000 + b"1" + b"}" * 3000])
def test_json_without_a_trial_number_says_what_was_expected(entry):
    with pytest.raises(ValueError, match=r"expected an EU trial number|not one JSON object"):
        parse_trial(entry)


# Real files

EXPORT = "ctrdata/demo_ctis.jsonl.gz"


def real_json() -> tuple[list[dict], list[dict]]:
    """The real trials with the overview that ctrdata adds, and the first parts of their applications."""
    with gzip.open(CORPUS / EXPORT) as lines:
        trials = [json.loads(line) for line in lines]
    return trials, [(trial.get("authorizedApplication") or trial)["authorizedPartI"] for trial in trials]


@needs_corpus
def test_real_trials_of_both_structures_are_read():
    got = read_corpus(EXPORT)
    assert [record.overall_status for record in got] == ["not_yet_recruiting"] * 2 + ["recruiting"] * 2
    assert [record.start_date for record in got] == ["2023-05-23", "2022-06-01", "2021-01-29", "2021-04-28"]
    assert [(r.minimum_age, r.maximum_age) for r in got] == [("18 Years", None)] * 2 + [(None, "23 Months")] * 2
    assert [(len(record.interventions), len(record.countries)) for record in got] == [(1, 1), (4, 2), (1, 2), (3, 9)]
    assert all(r.inclusion and r.exclusion and r.outcomes and r.lead_sponsor and r.conditions for r in got)


@needs_corpus
def test_real_trials_agree_with_the_overview():
    for record, overview, part in zip(read_corpus(EXPORT), *real_json(), strict=True):
        assert record.trial_id == overview["ctNumber"]
        assert record.enrollment_count == int(overview["totalNumberEnrolled"]) + part["rowSubjectCount"]
        assert (record.sex, set(overview["gender"].split(", "))) == ("all", {"Male", "Female"})
        assert record.printed["phases"] == overview["trialPhase"]


@needs_corpus
def test_real_contacts_are_not_kept():
    for record, _, part in zip(read_corpus(EXPORT), *real_json(), strict=True):
        contacts = [who for item in part["sponsors"] for who in item["publicContacts"] + item["scientificContacts"]]
        assert contacts
        assert not any(name in str(record) for name in ["@", *(who["functionalName"] for who in contacts)])
