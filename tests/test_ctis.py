"""CTIS, the EU's trial register: both structures of its JSON give the same record; codes are read where documented."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest

from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries import READERS, Reader, ctis
from trialkit.registries.ctis import parse_trial, recognises
from trialkit.registries.files import Rejected, read_inputs

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")


def numbered(key: str, *texts: str) -> list[dict]:
    """Texts as the register lists them: in the order 1, 10, 11, 2."""
    found = [{"id": n, "number": n, key: text, f"{key}Translations": []} for n, text in enumerate(texts, 1)]
    return sorted(found, key=lambda item: str(item["number"]))


CONTACT = {"functionalName": "A. Person", "functionalEmailAddress": "a.person@example.org", "telephone": "+99 1"}
PART_I = {
    "rowSubjectCount": 4,
    "rowCountriesInfo": [{"name": "Switzerland"}, {"name": "Peru"}],
    "products": [
        {
            "mpRoleInTrial": "1",
            "productName": "Frozen cells",
            "jsonActiveSubstanceNames": "kneecellum",
            "sponsorProductCodeEdit": "KC1",
            "productDictionaryInfo": {"prodName": "N/A", "activeSubstanceName": "KNEECELLUM"},
            "pharmaceuticalFormDisplay": "SUSPENSION FOR INJECTION",
            "routes": ["INTRAARTICULAR USE"],
            "maxDailyDoseAmount": "10",
            "doseUom": "million cells",
            "maxTotalDoseAmount": "20",
            "therapies": [{"cellTypeCode": "2", "cellTypeMoreInformation": "from fat", "isGmo": False}],
        },
        {
            "mpRoleInTrial": "3",
            "productName": "Salt water",
            "jsonActiveSubstanceNames": "n/a",
            "pharmaceuticalFormDisplay": "N/A",
            "routes": [],
            "allSubstancesChemicals": True,
        },
        {"mpRoleInTrial": "1", "productName": "N/A"},
    ],
    "productRoleGroupInfos": [
        {"productRoleCode": "1", "productRoleName": "Test"},
        {"productRoleCode": "3", "productRoleName": "Placebo"},
    ],
    "trialDetails": {
        "clinicalTrialIdentifiers": {
            "fullTitle": "A trial of cells in sore knees &amp; hips",
            "fullTitleTranslations": [{"attributeTranslation": "Ensayo", "languageDescription": "Spanish"}],
            "publicTitle": "Cells for knees",
            "shortTitle": "KNEE-1",
            "secondaryIdentifyingNumbers": {
                "nctNumber": {"id": 1, "number": "NCT99000010"},
                "isrctnNumber": {"number": "ISRCTN99000010"},
                "whoUniversalTrialNumber": {"number": "U9999-0000-0010"},
                "additionalRegistries": [{"number": "99,010", "otherRegistryName": "IND"}],
            },
        },
        "trialInformation": {
            "trialCategory": {"trialPhase": "7"},
            "medicalCondition": {
                "partIMedicalConditions": [{"medicalCondition": "Sore knee"}],
                "meddraConditionTerms": [{"termName": "Arthralgia"}, {"termName": "SORE KNEE"}],
            },
            "trialObjective": {
                "trialScopes": [{"code": "4"}, {"code": "3"}],
                "mainObjective": "To see whether it helps",
                "secondaryObjectives": numbered("secondaryObjective", "For how long", "At what price"),
            },
            "eligibilityCriteria": {
                "principalInclusionCriteria": numbered(
                    "principalInclusionCriteria", *(f"Knee {n}" for n in range(1, 12))
                ),
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
                    {"ageRangeCategoryCode": "2", "ctAgeRangeCode": "5"},
                    {"ageRangeCategoryCode": "2", "ctAgeRangeCode": "4"},
                    {"ageRangeCategoryCode": "3", "ctAgeRangeCode": "9"},
                ],
                "clinicalTrialGroups": [{"code": "2", "name": "Patients"}],
                "isFemaleSubjects": True,
                "isMaleSubjects": False,
            },
        },
        "protocolInformation": {
            "studyDesign": {
                "periodDetails": [
                    {"title": "Run-in", "allocationMethod": "3", "blindingMethodCode": "1", "armDetails": []},
                    {
                        "title": "Treatment",
                        "description": "One injection",
                        "allocationMethod": "1",
                        "blindingMethodCode": "3",
                        "blindingDetails": "Covered syringes",
                        "blindedRoles": [{"name": "Subject"}],
                        "armDetails": [{"title": "Cells", "description": "Given once"}, {"title": "Salt water"}],
                    },
                    {"title": "Follow-up", "armDetails": [{"title": "Cells", "description": "Seen"}]},
                ]
            }
        },
    },
    "therapeuticAreas": [{"code": "1", "name": "Diseases [C] - Bones [C05]"}],
    "medicalConditions": [{"medicalCondition": "Sore knee"}],
    "sponsors": [
        {"primary": False, "organisation": {"name": "Another House", "type": "Pharmaceutical company"}},
        {
            "primary": True,
            "publicContacts": [CONTACT],
            "organisation": {"name": "Example Institute", "type": "Pharmaceutical company", "commercial": False},
        },
    ],
}
PARTS_II = [
    {
        "mscInfo": {"mscName": "Spain", "trialPeriod": [{"trialStartDate": "2031-03-05"}]},
        "recruitmentSubjectCount": 7,
        "trialSites": [{"personInfo": CONTACT}, {"personInfo": CONTACT}],
    },
    {"mscInfo": {"mscName": "Italy"}, "recruitmentSubjectCount": 4, "trialSites": [{"personInfo": CONTACT}]},
]
STATES = [{"mscName": "Spain"}, {"mscName": "Italy"}]
TODAY = {
    "ctNumber": "2031-599001-12-00",
    "ctStatus": 3,
    "ctPublicStatusCode": 3,
    "startDateEU": "04/03/2031",
    "publishDate": "2031-09-16T03:39:42.531268872",
    "lastUpdated": "15/09/2031",
    "authorizedApplication": {
        "authorizedPartI": PART_I,
        "authorizedPartsII": PARTS_II,
        "memberStatesConcerned": STATES,
        "eudraCt": {"isTransitioned": True, "eudraCtCode": "2031-000001-10"},
    },
    "results": {},
    "documents": [],
}
BEFORE = {  # the structure before June 2024
    "ctNumber": "2031-599001-12-00",
    "ctStatus": "Authorised, recruiting",
    "authorizedPartI": PART_I,
    "authorizedPartsII": PARTS_II,
    "memberStatesConcerned": STATES,
    "eudraCtInfo": {"eudraCtCode": "2031-000001-10"},
    "lastUpdated": "2031-09-15",
}
RECORD = TrialRecord(
    register="ctis",
    trial_id="2031-599001-12-00",
    url="https://euclinicaltrials.eu/ctis-public/view/2031-599001-12-00",
    secondary_ids=["KNEE-1", "NCT99000010", "ISRCTN99000010", "U9999-0000-0010", "99,010", "2031-000001-10"],
    public_title="Cells for knees",
    scientific_title="A trial of cells in sore knees & hips",
    conditions=["Sore knee", "Arthralgia"],
    keywords=["Diseases [C] - Bones [C05]"],
    brief_summary="To see whether it helps",
    detailed_description="For how long\nAt what price",
    overall_status="recruiting",
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="randomized",
    intervention_model_description="Run-in\nTreatment: One injection\nFollow-up",
    masking_description="Covered syringes",
    enrollment_count=15,
    enrollment_type="estimated",
    sex="female",
    minimum_age="2 Years",
    maximum_age="64 Years",
    healthy_volunteers=False,
    inclusion="\n".join(f"Knee {n}" for n in range(1, 12)),
    exclusion="• None of it",
    arms=[Arm(label="Cells", description="Given once"), Arm(label="Salt water")],
    interventions=[
        Intervention(
            name="Frozen cells",
            type="biological",
            description="Pharmaceutical form: SUSPENSION FOR INJECTION\nRoutes of administration: INTRAARTICULAR USE\n"
            "Maximum daily dose: 10 million cells\nCell type: from fat",
            other_names=["kneecellum", "KC1"],
        ),
        Intervention(name="Salt water", type="drug", description="Role: Placebo"),
    ],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain at 6 months"),
        Outcome(role="secondary", position=0, measure="Swelling"),
        Outcome(role="secondary", position=1, measure="Walking"),
    ],
    start_date="2031-03-04",
    completion_date="2033-05-20",
    last_update_date="2031-09-15",
    lead_sponsor="Example Institute",
    sponsor_class="industry",
    countries=["Spain", "Italy", "Switzerland", "Peru"],
    n_sites=3,
    has_results=False,
    printed={
        "overall_status": "Authorised, recruiting",
        "phases": "Phase I and Phase II (Integrated) - First administration to humans",
        "allocation": "Not applicable, Randomised controlled",
        "masking": "blinding code 1, blinding code 3",
        "who_masked": "Subject",
        "primary_purpose": "scope code 4, scope code 3",
        "enrollment_count": "Spain 7, Italy 4, rest of the world 4",
        "minimum_age": "Children (2-11 years), Adolescents (12-17 years), 18-64 years",
        "maximum_age": "Children (2-11 years), Adolescents (12-17 years), 18-64 years",
        "healthy_volunteers": "Patients",
        "start_date": "04/03/2031",
        "completion_date": "estimatedEndDate 2033-05-20",
        "sponsor_class": "Pharmaceutical company",
    },
)


@pytest.fixture(autouse=True)
def reader(monkeypatch):
    """The register is known to `read_inputs`."""
    if "ctis" not in READERS:
        monkeypatch.setitem(READERS, "ctis", Reader("json", ctis.recognises, ctis.parse_trial, ctis.ACCEPTS))


def bare(result: TrialRecord | Rejected) -> TrialRecord:
    """A record without the place it was read from."""
    assert isinstance(result, TrialRecord), result
    return msgspec.structs.replace(result, source_file="", position=0, form="")


def changed(path: str, value: object, trial: dict = TODAY) -> TrialRecord:
    """The trial with one value replaced, as a record; `path` is written with dots."""
    copy = json.loads(json.dumps(trial))
    *way, last = path.split(".")
    node = copy
    for key in way:
        node = node[int(key)] if isinstance(node, list) else node[key]
    node[last] = value
    return parse_trial(json.dumps(copy).encode())


APPLICATION = "authorizedApplication"
INFORMATION = f"{APPLICATION}.authorizedPartI.trialDetails.trialInformation"
PEOPLE = f"{INFORMATION}.populationOfTrialSubjects"
PERIODS = f"{APPLICATION}.authorizedPartI.trialDetails.protocolInformation.studyDesign.periodDetails"


# --- one trial ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["one trial", "array", "JSON Lines"])
def test_every_form_gives_the_same_record(form, tmp_path):
    one = json.dumps(TODAY)
    content = {"one trial": json.dumps(TODAY, indent=1), "array": f"[{one}, {one}]", "JSON Lines": f"{one}\n{one}\n"}[
        form
    ]
    (tmp_path / "download").write_text(content)
    assert [bare(r) for r in read_inputs([tmp_path / "download"])] == [RECORD] * (1 if form == "one trial" else 2)


def test_the_structure_before_2024_gives_the_same_record_but_for_what_it_lacks():
    before, today = (msgspec.structs.asdict(parse_trial(json.dumps(t).encode())) for t in (BEFORE, TODAY))
    different = {name for name in today if before[name] != today[name]}
    assert different == {"start_date", "has_results", "printed"}  # it has neither a date of the start nor results
    assert before["start_date"] == "2031-03-05"
    assert before["has_results"] is None
    assert {**before["printed"], "start_date": "04/03/2031"} == today["printed"]


def test_nobody_is_named_in_a_record():
    told = str(parse_trial(json.dumps(TODAY).encode()))
    assert "Person" not in told
    assert "@" not in told
    assert "+99" not in told


def test_planned_numbers_are_added_only_when_every_member_state_gives_one():
    path = f"{APPLICATION}.authorizedPartsII"
    assert changed(f"{path}.1.recruitmentSubjectCount", None).enrollment_count is None
    assert changed(f"{path}.1.recruitmentSubjectCount", None).enrollment_type is None
    assert changed(path, None).enrollment_count is None
    record = changed(path, None, {**TODAY, "totalNumberEnrolled": "11"})
    assert (record.enrollment_count, record.enrollment_type) == (15, "estimated")
    assert record.printed["enrollment_count"] == "member states 11, rest of the world 4"
    assert changed(f"{APPLICATION}.authorizedPartI.rowSubjectCount", None).enrollment_count == 11


@pytest.mark.parametrize(
    ("code", "expected", "printed"),
    [
        (1, None, "Under evaluation"),
        (2, "not_yet_recruiting", "Authorised, recruitment pending"),
        (4, "recruiting", "Ongoing, recruiting"),
        (5, "active_not_recruiting", "Ongoing, recruitment ended"),
        (6, "suspended", "Temporarily halted"),
        (8, None, "Ended"),
        (12, None, "Cancelled"),
    ],
)
def test_status_codes_are_the_words_of_the_register(code, expected, printed):
    record = changed("ctPublicStatusCode", code)
    assert (record.overall_status, record.printed["overall_status"]) == (expected, printed)


@pytest.mark.parametrize(
    ("events", "expected"),
    {
        ("EARLY_TERMINATION", "EARLY_TERMINATION"): "terminated",
        ("END_OF_TRIAL", "END_OF_TRIAL"): "completed",
        ("END_OF_TRIAL", "EARLY_TERMINATION"): None,
        ("EARLY_TERMINATION",): None,
    }.items(),
)
def test_an_ended_trial_is_completed_or_terminated_where_all_member_states_say_so(events, expected):
    told = {"trialEvents": [{"mscName": "x", "events": [{"notificationType": kind}]} for kind in events]}
    assert changed("ctPublicStatusCode", 8, {**TODAY, "events": told}).overall_status == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    {
        "1": ["phase1"],
        "4": ["phase2"],
        "10": ["phase2", "phase3"],
        "11": ["phase3", "phase4"],
        "99": [],
        None: [],
    }.items(),
)
def test_phase_codes_are_those_of_the_value_list(code, expected):
    assert changed(f"{INFORMATION}.trialCategory.trialPhase", code).phases == expected


@pytest.mark.parametrize(
    ("coarse", "fine", "ages"),
    [
        (["4", "3"], [], ("18 Years", None)),
        (["2"], [], ("0 Years", "17 Years")),
        (["2"], ["3", "2"], ("0 Days", "23 Months")),
        (["2", "4"], ["1", "5"], (None, None)),
        (["1"], [], (None, None)),
        ([], [], (None, None)),
        (["7"], [], (None, None)),
    ],
)
def test_ages_are_the_edges_of_the_age_groups(coarse, fine, ages):
    people = {
        "ageRanges": [{"ageRangeCategory": code} for code in coarse],
        "ageRangeSecondaryIds": [{"ageRangeCategory": "2", "ctAgeRange": code} for code in fine],
    }
    record = changed(PEOPLE, people)
    assert (record.minimum_age, record.maximum_age) == ages


@pytest.mark.parametrize(
    ("female", "male", "sex"),
    [(True, True, "all"), (False, True, "male"), (True, None, None), (False, False, None), ([], {}, None)],
)
def test_sex_is_known_when_both_answers_are(female, male, sex):
    assert changed(PEOPLE, {"isFemaleSubjects": female, "isMaleSubjects": male}).sex == sex


def test_allocation_is_that_of_the_randomised_period():
    assert changed(PERIODS, [{"allocationMethod": "2"}, {"allocationMethod": "3"}]).allocation == "non_randomized"
    assert changed(PERIODS, [{"allocationMethod": "3"}]).allocation == "na"
    assert changed(PERIODS, []).allocation is None


def test_a_planned_date_is_named_as_planned():
    record = changed("startDateEU", None)
    assert record.start_date == "2031-03-05"  # reported by a member state
    record = changed(f"{APPLICATION}.authorizedPartsII", [], {**TODAY, "startDateEU": "2031-02-30"})
    assert (record.start_date, record.printed["start_date"]) == (
        "2031-02-01",
        "estimatedRecruitmentStartDate 2031-02-01",
    )
    record = changed("endDateEU", "2033-01-02")
    assert (record.completion_date, record.printed["completion_date"]) == ("2033-01-02", "2033-01-02")
    assert changed(f"{INFORMATION}.trialDuration", {"estimatedEndDate": "2033-13-01"}).completion_date is None


def test_a_sponsor_that_is_no_company_has_no_class():
    path = f"{APPLICATION}.authorizedPartI.sponsors.1.organisation.type"
    record = changed(path, "Educational Institution")
    assert (record.sponsor_class, record.printed["sponsor_class"]) == (None, "Educational Institution")


def test_results_are_known_only_when_the_source_tells():
    assert changed("results", {"summaryResults": [{"id": 1}]}).has_results is True
    assert changed("results", {"summaryResults": []}).has_results is False
    assert changed("resultsFirstReceived", "Yes").has_results is True
    assert changed("results", None).has_results is None


def test_absent_parts_are_missing_not_zero():
    record = parse_trial(b'{"ctNumber": "2031-599001-12-00", "authorizedApplication": {}}')
    stated = {k: v for k, v in msgspec.structs.asdict(record).items() if v not in (None, [], {}, "", 0)}
    assert stated == {
        "register": "ctis",
        "trial_id": RECORD.trial_id,
        "url": RECORD.url,
        "study_type": "interventional",
        "complete": True,
    }


def test_only_trials_of_the_api_are_recognised():
    assert recognises(json.dumps(TODAY).encode())
    assert recognises(json.dumps(BEFORE).encode())
    assert not recognises(b'{"ctNumber": "2031-599001-12-00", "ctTitle": "an entry of the list"}')


@pytest.mark.parametrize(
    "entry",
    [b"[]", b"null", b'{"ctNumber": 3}', b'{"ctNumber": "NCT99000010"}', b'{"a":' * 3000 + b"1" + b"}" * 3000],
)
def test_json_without_a_trial_number_raises_value_error(entry):
    with pytest.raises(ValueError, match=r"expected an EU trial number|not one JSON object"):
        parse_trial(entry)


@pytest.mark.parametrize("value", [None, 3, -1, 1e300, "x", [], [[1]], [None], {}, {"a": 1}, True])
def test_a_value_of_another_type_costs_itself_only(value):
    paths = [
        f"{APPLICATION}.{path}"
        for path in (
            "authorizedPartI",
            "authorizedPartI.products",
            "authorizedPartI.products.0.routes",
            "authorizedPartI.rowSubjectCount",
            "authorizedPartI.sponsors",
            "authorizedPartsII",
            "memberStatesConcerned",
        )
    ]
    for path in [
        *paths,
        INFORMATION,
        PEOPLE,
        PERIODS,
        f"{PEOPLE}.ageRanges",
        f"{INFORMATION}.endPoint",
        "events",
        "results",
    ]:
        record = changed(path, value)
        assert record.trial_id == RECORD.trial_id
        assert msgspec.json.decode(msgspec.json.encode(record), type=TrialRecord) == record


# --- real files next to the checkout -----------------------------------------------------------------------------


def real_entries() -> list[dict]:
    with gzip.open(CORPUS / "ctrdata" / "demo_ctis.jsonl.gz") as lines:
        return [json.loads(line) for line in lines]


@needs_corpus
def test_real_trials_of_both_structures_are_read():
    got = [bare(r) for r in read_inputs([CORPUS / "ctrdata" / "demo_ctis.jsonl.gz"])]
    assert [r.trial_id for r in got] == [
        "2023-508143-51-01",
        "2022-500244-37-00",
        "2024-510663-34-00",
        "2023-505613-24-00",
    ]
    assert [r.overall_status for r in got] == ["not_yet_recruiting", "not_yet_recruiting", "recruiting", "recruiting"]
    assert [r.phases for r in got] == [["phase4"], ["phase2"], ["phase2"], ["phase2"]]
    assert [r.enrollment_count for r in got] == [11, 440, 11, 32]
    assert [r.start_date for r in got] == ["2023-05-23", "2022-06-01", "2021-01-29", "2021-04-28"]
    assert [r.last_update_date for r in got] == ["2024-05-06", "2022-08-03", "2025-09-15", "2025-08-19"]
    assert [(r.minimum_age, r.maximum_age) for r in got] == [("18 Years", None)] * 2 + [(None, "23 Months")] * 2
    assert [len(r.interventions) for r in got] == [1, 4, 1, 3]
    assert [len(r.countries) for r in got] == [1, 2, 2, 9]
    assert [r.secondary_ids[-1] for r in got] == ["2021-004994-30", "KIN001-204", "2019-001588-63", "2019-003842-34"]
    assert all(r.inclusion and r.exclusion and r.outcomes and r.lead_sponsor and r.conditions for r in got)
    assert {o.time_frame for r in got for o in r.outcomes} == {None}


@needs_corpus
def test_planned_participants_of_real_trials_agree_with_the_overview():
    for entry in real_entries():
        overview = int(entry["totalNumberEnrolled"])  # of the member states
        part = (entry.get("authorizedApplication") or entry)["authorizedPartI"]
        record = parse_trial(json.dumps(entry).encode())
        assert record.enrollment_count == overview + part["rowSubjectCount"]
        assert set(entry["gender"].split(", ")) == {"Male", "Female"}
        assert record.sex == "all"
        assert record.printed["phases"] == entry["trialPhase"]


@needs_corpus
def test_real_contacts_and_investigators_are_not_kept():
    for entry in real_entries():
        told = str(parse_trial(json.dumps(entry).encode()))
        sponsors = (entry.get("authorizedApplication") or entry)["authorizedPartI"]["sponsors"]
        people = [c["functionalName"] for s in sponsors for c in s["publicContacts"] + s["scientificContacts"]]
        assert people
        assert not any(name in told for name in people)
        assert "@" not in told
