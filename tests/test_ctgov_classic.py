"""ClinicalTrials.gov's retired API: FullStudies and StudyFields give one record a study, and arrays prove who has what."""

import gzip
import json
import random
import re
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries import READERS, Reader, ctgov_classic
from trialkit.registries.ctgov_classic import iso_date, parse_fields, parse_full
from trialkit.registries.files import Rejected, read_inputs

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")

STUDY = {
    "ProtocolSection": {
        "IdentificationModule": {
            "NCTId": "NCT99000010",
            "NCTIdAliasList": {"NCTIdAlias": ["NCT99000011"]},
            "OrgStudyIdInfo": {"OrgStudyId": "ORG-1"},
            "SecondaryIdInfoList": {
                "SecondaryIdInfo": [{"SecondaryId": "2031-000001-10", "SecondaryIdType": "EudraCT Number"}]
            },
            "Organization": {"OrgFullName": "Another Institute", "OrgClass": "OTHER"},
            "BriefTitle": "Cells for Sore Knees &amp; Hips",
            "OfficialTitle": "A Study of Cells [Frozen]",
            "Acronym": "SORE",
        },
        "StatusModule": {
            "StatusVerifiedDate": "January 2031",
            "OverallStatus": "Active, not recruiting",
            "StartDateStruct": {"StartDate": "February 2031", "StartDateType": "Actual"},
            "PrimaryCompletionDateStruct": {"PrimaryCompletionDate": "February 30, 2032"},
            "CompletionDateStruct": {"CompletionDate": "January 5, 2033"},
            "StudyFirstPostDateStruct": {"StudyFirstPostDate": "March 4, 2031", "StudyFirstPostDateType": "Estimate"},
            "LastUpdatePostDateStruct": {"LastUpdatePostDate": "December 31, 2031"},
        },
        "SponsorCollaboratorsModule": {
            "ResponsibleParty": {"ResponsiblePartyInvestigatorFullName": "A. Person"},
            "LeadSponsor": {"LeadSponsorName": "Example Institute", "LeadSponsorClass": "OTHER_GOV"},
            "CollaboratorList": {"Collaborator": [{"CollaboratorName": "Helper", "CollaboratorClass": "INDUSTRY"}]},
        },
        "DescriptionModule": {
            "BriefSummary": "A dose of 1 x 10^6 cells/kg, 20 mg\\m2 and 5\\% &lt; 6",
            "DetailedDescription": "Not Provided",
        },
        "ConditionsModule": {
            "ConditionList": {"Condition": ["Arthritis"]},
            "KeywordList": {"Keyword": ["cells", "knee"]},
        },
        "DesignModule": {
            "StudyType": "Interventional",
            "PhaseList": {"Phase": ["Phase 1", "Phase 2"]},
            "DesignInfo": {
                "DesignAllocation": "Non-Randomized",
                "DesignInterventionModel": "Parallel Assignment",
                "DesignInterventionModelDescription": "Two groups side by side",
                "DesignPrimaryPurpose": "Supportive Care",
                "DesignMaskingInfo": {
                    "DesignMasking": "Double",
                    "DesignMaskingDescription": "Opaque syringes",
                    "DesignWhoMaskedList": {"DesignWhoMasked": ["Participant", "Outcomes Assessor"]},
                },
            },
            "EnrollmentInfo": {"EnrollmentCount": "12", "EnrollmentType": "Anticipated"},
        },
        "ArmsInterventionsModule": {
            "ArmGroupList": {
                "ArmGroup": [
                    {
                        "ArmGroupLabel": "B",
                        "ArmGroupType": "Active Comparator",
                        "ArmGroupDescription": "Both",
                        "ArmGroupInterventionList": {
                            "ArmGroupInterventionName": ["Biological: Cells", "Drug: Cream"],
                        },
                    },
                    {"ArmGroupLabel": "None", "ArmGroupType": "No Intervention"},
                    {
                        "ArmGroupLabel": "A",
                        "ArmGroupType": "Experimental",
                        "ArmGroupDescription": "Cells",
                        "ArmGroupInterventionList": {"ArmGroupInterventionName": ["Biological: Cells"]},
                    },
                ]
            },
            "InterventionList": {
                "Intervention": [
                    {
                        "InterventionType": "Biological",
                        "InterventionName": "Cells",
                        "InterventionDescription": "Frozen",
                        "InterventionArmGroupLabelList": {"InterventionArmGroupLabel": ["A", "B"]},
                        "InterventionOtherNameList": {"InterventionOtherName": ["MSC", "Stroma"]},
                    },
                    {
                        "InterventionType": "Drug",
                        "InterventionName": "Cream",
                        "InterventionArmGroupLabelList": {"InterventionArmGroupLabel": ["B"]},
                    },
                ]
            },
        },
        "OutcomesModule": {
            "PrimaryOutcomeList": {
                "PrimaryOutcome": [{"PrimaryOutcomeMeasure": "Pain", "PrimaryOutcomeTimeFrame": "6 months"}]
            },
            "SecondaryOutcomeList": {
                "SecondaryOutcome": [
                    {"SecondaryOutcomeMeasure": "Gait", "SecondaryOutcomeTimeFrame": "1 year"},
                    {
                        "SecondaryOutcomeMeasure": "Harm",
                        "SecondaryOutcomeDescription": "Any",
                        "SecondaryOutcomeTimeFrame": "2 years",
                    },
                ]
            },
            "OtherOutcomeList": {"OtherOutcome": [{"OtherOutcomeMeasure": "Sleep"}]},
        },
        "EligibilityModule": {
            "EligibilityCriteria": "Inclusion Criteria:\n\nPain",
            "HealthyVolunteers": "Accepts Healthy Volunteers",
            "Gender": "Female",
            "MinimumAge": "18 Years",
        },
        "ContactsLocationsModule": {
            "CentralContactList": {"CentralContact": [{"CentralContactEMail": "a.person@example.org"}]},
            "OverallOfficialList": {"OverallOfficial": [{"OverallOfficialName": "A. Person"}]},
            "LocationList": {
                "Location": [
                    {"LocationFacility": "One", "LocationCountry": "Spain"},
                    {"LocationCountry": "Italy", "LocationContactList": {"LocationContact": ["A. Person"]}},
                    {"LocationCountry": "Spain"},
                ]
            },
        },
    },
    "DerivedSection": {
        "MiscInfoModule": {"VersionHolder": "January 06, 2032"},
        "ConditionBrowseModule": {"ConditionMeshList": {"ConditionMesh": [{"Condition": "Not this"}]}},
    },
}

RECORD = TrialRecord(
    register="ctgov",
    trial_id="NCT99000010",
    source_date="2032-01-06",
    url="https://clinicaltrials.gov/study/NCT99000010",
    secondary_ids=["ORG-1", "2031-000001-10", "NCT99000011"],
    public_title="Cells for Sore Knees & Hips",
    scientific_title="A Study of Cells [Frozen]",
    acronym="SORE",
    conditions=["Arthritis"],
    keywords=["cells", "knee"],
    brief_summary="A dose of 1 x 10^6 cells/kg, 20 mg\\m2 and 5\\% < 6",
    overall_status="active_not_recruiting",
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="non_randomized",
    intervention_model="parallel",
    intervention_model_description="Two groups side by side",
    masking="double",
    masking_description="Opaque syringes",
    who_masked=["participant", "outcomes_assessor"],
    primary_purpose="supportive_care",
    enrollment_count=12,
    enrollment_type="estimated",
    sex="female",
    minimum_age="18 Years",
    healthy_volunteers=True,
    eligibility="Inclusion Criteria:\n\nPain",
    arms=[
        Arm(
            label="B", type="active_comparator", description="Both", interventions=["Biological: Cells", "Drug: Cream"]
        ),
        Arm(label="None", type="no_intervention"),
        Arm(label="A", type="experimental", description="Cells", interventions=["Biological: Cells"]),
    ],
    interventions=[
        Intervention(
            name="Cells",
            type="biological",
            description="Frozen",
            other_names=["MSC", "Stroma"],
            arm_labels=["A", "B"],
        ),
        Intervention(name="Cream", type="drug", arm_labels=["B"]),
    ],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain", time_frame="6 months"),
        Outcome(role="secondary", position=0, measure="Gait", time_frame="1 year"),
        Outcome(role="secondary", position=1, measure="Harm", time_frame="2 years", description="Any"),
        Outcome(role="other", position=0, measure="Sleep"),
    ],
    start_date="2031-02",
    completion_date="2033-01-05",
    first_posted_date="2031-03-04",
    last_update_date="2031-12-31",
    lead_sponsor="Example Institute",
    sponsor_class="other_gov",
    countries=["Spain", "Italy"],
    n_sites=3,
    has_results=False,
    printed={
        "overall_status": "Active, not recruiting",
        "phases": "Phase 1; Phase 2",
        "study_type": "Interventional",
        "allocation": "Non-Randomized",
        "intervention_model": "Parallel Assignment",
        "masking": "Double",
        "who_masked": "Participant; Outcomes Assessor",
        "primary_purpose": "Supportive Care",
        "enrollment_type": "Anticipated",
        "sex": "Female",
        "healthy_volunteers": "Accepts Healthy Volunteers",
        "start_date": "February 2031",
        "primary_completion_date": "February 30, 2032",
        "completion_date": "January 5, 2033",
        "first_posted_date": "March 4, 2031",
        "last_update_date": "December 31, 2031",
        "sponsor_class": "OTHER_GOV",
        "source_date": "January 06, 2032",
    },
)
# What StudyFields loses of this study: nobody can say who has no description, and whose the other names are.
FLAT_RECORD = msgspec.structs.replace(
    RECORD,
    arms=[msgspec.structs.replace(arm, description=None) for arm in RECORD.arms],
    interventions=[msgspec.structs.replace(item, description=None, other_names=[]) for item in RECORD.interventions],
    outcomes=[msgspec.structs.replace(outcome, description=None) for outcome in RECORD.outcomes],
    printed=RECORD.printed
    | {
        "arms.description": "Both\nCells",
        "interventions.description": "Frozen",
        "interventions.other_names": "MSC\nStroma",
        "secondary_outcomes.description": "Any",
    },
    has_results=None,
)


@pytest.fixture(autouse=True)
def _readers(monkeypatch):
    """Both readers are listed, whatever else is."""
    for key, reader in {
        "ctgov_full": Reader("json", ctgov_classic.recognises_full, parse_full, ctgov_classic.ACCEPTS_FULL),
        "ctgov_fields": Reader("json", ctgov_classic.recognises_fields, parse_fields, ctgov_classic.ACCEPTS_FIELDS),
    }.items():
        if key not in READERS:
            monkeypatch.setitem(READERS, key, reader)


def encoded(value):
    return json.dumps(value).encode()


def flattened(study):
    """A study of FullStudies as StudyFields gives it: one flat array a field, in the order of the study."""
    row = {"Rank": 1}

    def walk(name, value):
        if isinstance(value, dict):
            for key, inside in value.items():
                walk(key, inside)
        elif isinstance(value, list):
            for inside in value:
                walk(name, inside)
        else:
            row.setdefault(name, []).append(value)

    walk("", [study["ProtocolSection"], study["DerivedSection"]["MiscInfoModule"]])
    return row


def bare(record):
    """A record without its place, and without the kind of file it came from."""
    return msgspec.structs.replace(record, source_file="", position=0, form="", complete=True)


def undated(record):
    """The same without the day of the data."""
    return msgspec.structs.replace(bare(record), source_date=None, printed={})


ROW = flattened(STUDY)
FULL_ANSWER = {"FullStudiesResponse": {"NStudiesReturned": 1000, "FullStudies": [{"Rank": 1, "Study": STUDY}] * 2}}
ROWS_ANSWER = {"StudyFieldsResponse": {"NStudiesReturned": 0, "FieldList": ["NCTId"], "StudyFields": [ROW, ROW]}}
FORMS = {  # what the file is -> its content, the records in it
    "a whole answer": (encoded(FULL_ANSWER), [RECORD] * 2),
    "a whole answer, indented": (json.dumps(FULL_ANSWER, indent=4).encode(), [RECORD] * 2),
    "an array of full studies": (encoded([{"Study": STUDY}] * 3), [RECORD] * 3),
    "one study with its wrapper": (encoded({"Rank": 7, "Study": STUDY}), [RECORD]),
    "one study alone, indented": (json.dumps(STUDY, indent=1).encode(), [RECORD]),
    "whole answers line by line": (
        encoded(FULL_ANSWER) + b"\n" + encoded(ROWS_ANSWER),
        [RECORD] * 2 + [FLAT_RECORD] * 2,
    ),
    "a whole answer of fields": (encoded(ROWS_ANSWER), [FLAT_RECORD] * 2),
    "one row of fields, indented": (json.dumps(ROW, indent=6).encode(), [FLAT_RECORD]),
    "rows line by line": (encoded(ROW) + b"\r\n" + encoded(ROW) + b"\r\n", [FLAT_RECORD] * 2),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_record(form, tmp_path):
    content, records = FORMS[form]
    file = tmp_path / "download"
    file.write_bytes(content)
    got = list(read_inputs([file]))
    assert [r.position for r in got] == list(range(len(records)))
    assert [bare(r) for r in got] == records


@pytest.mark.parametrize(
    ("content", "reason"),
    {
        b'{"FullStudiesResponse": {"NStudiesFound": 0}}': "a JSON object with keys FullStudiesResponse",
        b'{"FullStudiesResponse": {"FullStudies": []}}': "JSON without any record",
        b'{"FullStudiesResponse": "FullStudies"}': "a JSON object with keys FullStudiesResponse",
        b'{"StudyFieldsResponse": {"StudyFields": null}}': "study 1: a JSON NoneType",
        b'{"StudyFieldsResponse": {"StudyFields": {"NCTId": []}}}': "study 1: no NCTId, expected one",
        b'{"Study": {"ProtocolSection": {"StatusModule": {}}}}': "no ProtocolSection.IdentificationModule.NCTId",
        b'{"Study": "x", "ProtocolSection": {}}': "Expected `object`, got `str`",
        b'{"NCTId": ["NCT99000010", "NCT99000011"]}': "2 NCTId, expected one: not a whole study",
    }.items(),
)
def test_what_is_no_study_is_rejected_with_the_reason(content, reason, tmp_path):
    (tmp_path / "download").write_bytes(content)
    (got,) = read_inputs([tmp_path / "download"])
    assert isinstance(got, Rejected)
    assert reason in got.reason


def test_no_other_form_of_the_register_is_claimed():
    v2 = b'{"protocolSection": {"identificationModule": {"nctId": "NCT99000010"}}, "note": "NCTId [ProtocolSection]"}'
    assert not ctgov_classic.recognises_full(v2)
    assert not ctgov_classic.recognises_fields(v2)
    assert not ctgov_classic.recognises_fields(encoded(STUDY))
    assert not ctgov_classic.recognises_full(encoded(ROW))
    assert not ctgov_classic.recognises_fields(b'{"FieldList": ["NCTId", "Phase"]}')
    assert not READERS["ctgov"].recognises(encoded(STUDY))
    assert not READERS["ctgov"].recognises(encoded(ROW))


def test_nobody_is_named_in_a_record():
    for record in (parse_full(encoded(STUDY)), parse_fields(encoded(ROW))):
        assert "Person" not in str(record)
        assert "@" not in str(record)


@pytest.mark.parametrize(
    ("words", "iso"),
    {
        "October 2020": "2020-10",
        "March 4, 2021": "2021-03-04",
        "2020": "2020",
        "February 29, 2021": None,
        "Smarch 2020": None,
        "4, 2020": None,
        "March 2021, 4": None,
        "10/2020": None,
    }.items(),
)
def test_dates_are_as_precise_as_their_words(words, iso):
    assert iso_date(words) == iso
    record = parse_fields(encoded({"NCTId": ["NCT99000010"], "StartDate": [words]}))
    assert record.start_date == iso
    assert record.printed == ({} if words == iso else {"start_date": words})


def test_words_without_counterpart_are_kept_as_printed():
    row = {
        "NCTId": ["NCT99000010"],
        "OverallStatus": ["Paused"],
        "Phase": ["Phase 2/Phase 3", "Phase 9"],
        "DesignWhoMasked": ["Participant", "Pharmacist"],
        "EnrollmentCount": ["about 10"],
        "EnrollmentType": ["Guessed"],
        "DesignPrimaryPurpose": ["Educational/Counseling/Training"],
        "MinimumAge": ["N/A"],
        "ArmGroupLabel": ["A"],
        "ArmGroupType": ["Historic"],
    }
    record = parse_fields(encoded(row))
    assert (record.overall_status, record.enrollment_count, record.enrollment_type) == (None, None, None)
    assert (record.phases, record.who_masked, record.primary_purpose) == (["phase2", "phase3"], ["participant"], None)
    assert record.arms == [Arm(label="A")]
    assert record.printed == {
        "overall_status": "Paused",
        "phases": "Phase 2/Phase 3; Phase 9",
        "who_masked": "Participant; Pharmacist",
        "enrollment_count": "about 10",
        "enrollment_type": "Guessed",
        "primary_purpose": "Educational/Counseling/Training",
        "minimum_age": "N/A",
        "arms[0].type": "Historic",
    }


def arms_of(**row):
    """(intervention names of each arm, arm labels of each intervention) of a row with these arrays."""
    record = parse_fields(encoded({"NCTId": ["NCT99000010"], **row}))
    return [arm.interventions for arm in record.arms], [item.arm_labels for item in record.interventions]


def test_descriptions_are_paired_when_there_is_one_for_each():
    record = parse_fields(
        encoded({"NCTId": ["NCT99000010"], "ArmGroupLabel": ["A", "B"], "ArmGroupDescription": ["first", "second"]})
    )
    assert [arm.description for arm in record.arms] == ["first", "second"]
    assert "arms.description" not in record.printed


def test_a_time_frame_is_never_joined_to_another_measure():
    record = parse_fields(
        encoded({"NCTId": ["NCT99000010"], "PrimaryOutcomeMeasure": ["A", "B"], "PrimaryOutcomeTimeFrame": ["1 year"]})
    )
    assert [outcome.time_frame for outcome in record.outcomes] == [None, None]
    assert record.printed == {"primary_outcomes.time_frame": "1 year"}


def test_as_many_intervention_names_as_arms_prove_nothing_alone():
    alone = {"ArmGroupLabel": ["A", "B"], "ArmGroupInterventionName": ["Drug: X", "Drug: Y"]}
    assert arms_of(**alone) == ([[], []], [])


def test_the_two_lists_together_prove_who_gets_what():
    row = {
        "ArmGroupLabel": ["A", "B"],
        "ArmGroupInterventionName": ["Drug: X", "Drug: Y"],
        "InterventionType": ["Drug", "Drug"],
        "InterventionName": ["X", "Y"],
    }
    assert arms_of(**row, InterventionArmGroupLabel=["A", "A"]) == ([["Drug: X", "Drug: Y"], []], [["A"], ["A"]])
    assert arms_of(**row, InterventionArmGroupLabel=["A", "B"]) == ([["Drug: X"], ["Drug: Y"]], [["A"], ["B"]])


def test_lists_that_disagree_give_no_links():
    row = {"InterventionType": ["Drug", "Drug"], "InterventionName": ["X", "Y"], "ArmGroupLabel": ["A", "B"]}
    crossed = {"ArmGroupInterventionName": ["Drug: X", "Drug: Y"], "InterventionArmGroupLabel": ["B", "A"]}
    assert arms_of(**row, **crossed) == ([[], []], [[], []])


def test_interventions_of_one_name_share_their_arms_when_the_numbers_add_up():
    row = {
        "ArmGroupLabel": ["A", "B"],
        "ArmGroupInterventionName": ["Drug: X", "Drug: X"],
        "InterventionType": ["Drug", "Drug"],
        "InterventionName": ["X", "X"],
        "InterventionArmGroupLabel": ["A", "B", "A", "B"],
    }
    assert arms_of(**row) == ([[], []], [["A", "B"], ["A", "B"]])


def test_interventions_of_one_name_get_no_arms_but_arms_keep_theirs():
    row = {
        "ArmGroupLabel": ["A", "B"],
        "ArmGroupInterventionName": ["Drug: X", "Drug: X"],
        "InterventionType": ["Drug", "Drug"],
        "InterventionName": ["X", "X"],
        "InterventionArmGroupLabel": ["A", "B"],
    }
    assert arms_of(**row) == ([["Drug: X"], ["Drug: X"]], [[], []])


def test_the_only_arm_and_the_only_intervention_have_everything_told_of_them():
    row = {
        "NCTId": ["NCT99000010"],
        "ArmGroupLabel": ["A"],
        "ArmGroupInterventionName": ["Drug: X"],
        "InterventionName": ["X"],
        "InterventionOtherName": ["Y", "Z"],
        "InterventionArmGroupLabel": ["A"],
    }
    record = parse_fields(encoded(row))
    assert record.arms == [Arm(label="A", interventions=["Drug: X"])]
    assert record.interventions == [Intervention(name="X", other_names=["Y", "Z"], arm_labels=["A"])]
    assert record.printed == {}


def test_an_empty_place_in_an_array_keeps_the_others_in_theirs():
    row = {"NCTId": ["NCT99000010"], "ArmGroupLabel": ["A", "B"], "ArmGroupDescription": [None, "second"]}
    assert [arm.description for arm in parse_fields(encoded(row)).arms] == [None, "second"]


def test_fields_not_asked_for_are_missing():
    record = parse_fields(b'{"Rank": 1, "NCTId": ["NCT99000010"], "Phase": [], "OutcomeMeasureTitle": ["x"]}')
    assert bare(record) == TrialRecord(register="ctgov", trial_id="NCT99000010", url=RECORD.url)


def test_results_are_known_only_when_the_source_tells():
    assert parse_full(encoded(STUDY)).has_results is False
    assert parse_full(encoded({"ProtocolSection": STUDY["ProtocolSection"]})).has_results is None
    assert parse_full(encoded({"Study": {**STUDY, "ResultsSection": {}}})).has_results is True
    for dates, expected in (([], False), (["May 1, 2031"], True)):
        row = {"NCTId": ["NCT99000010"], "ResultsFirstPostDate": dates}
        assert parse_fields(encoded(row)).has_results is expected


def test_a_study_in_boxes_or_with_lists_unboxed_is_read_the_same():
    def boxed(value):
        if isinstance(value, dict):
            return {key: boxed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [boxed(item) if isinstance(item, dict) else item for item in value]
        return [value]

    def unboxed(value):
        if isinstance(value, dict):
            return {key: unboxed(item) for key, item in value.items()}
        if isinstance(value, list):
            return unboxed(value[0]) if len(value) == 1 else [unboxed(item) for item in value]
        return value

    assert parse_full(encoded(boxed(STUDY))) == RECORD
    assert parse_full(encoded(unboxed(STUDY))) == RECORD
    assert parse_fields(encoded(unboxed(ROW))) == FLAT_RECORD


@pytest.mark.parametrize("parse", [parse_full, parse_fields])
def test_whatever_stands_in_a_place_costs_a_value_error_at_most(parse):
    chance = random.Random(7)
    odd = [None, True, -1, 1e300, "", "\\", "&#0;", [], [[]], {}, {"NCTId": {}}, [None, "x", {"ArmGroup": {}}], "²"]

    def spoiled(value):
        if chance.random() < 0.08:
            return chance.choice(odd)
        if isinstance(value, dict):
            return {key: spoiled(item) for key, item in value.items()}
        return [spoiled(item) for item in value] if isinstance(value, list) else value

    read = 0
    for _ in range(600):
        study = spoiled(STUDY if parse is parse_full else ROW)
        try:
            read += isinstance(parse(encoded(study)), TrialRecord)
        except ValueError:
            continue
    assert read > 100


def test_deep_nesting_is_walked_without_recursion():
    deep = b'{"a":' * 600 + b'"x"' + b"}" * 600
    entry = b'{"ProtocolSection": {"IdentificationModule": {"NCTId": "NCT99000010"}, "X": ' + deep + b"}}"
    assert parse_full(entry).trial_id == "NCT99000010"


# --- real files next to the checkout -----------------------------------------------------------------------------

DATES = ("start_date", "primary_completion_date", "completion_date", "first_posted_date", "last_update_date")
ROWS = CORPUS / "mapclinical" / "mapclinical_trials.jsonl.gz"
SAME_IN_V2 = CORPUS / "derived_v2_msc" / "mapclinical_as_v2.jsonl.gz"


def full_studies():
    for path in sorted((CORPUS / "ctgov_classic_json").glob("*.json*")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield from json.load(file).get("FullStudiesResponse", {}).get("FullStudies", [])


@needs_corpus
@pytest.mark.parametrize(
    ("path", "n", "form"),
    [
        ("ctgov_classic_json/NCT00023673.json.gz", 1, "full"),
        ("ctgov_classic_json/NCT02028676.json.gz", 1, "full"),
        ("ctgov_classic_json/NCT04780763.json", 1, "full"),
        ("ctgov_classic_json/covid-19-search.json.gz", 100, "full"),
        ("ctgov_classic_json/results_1.json.gz", 100, "full"),
        ("ctgov_classic_json/results_2.json", 3, "full"),
        ("ctgov_classic_json/ctg_api_all.json", 2, "fields"),
        ("mapclinical/raw_studyfields_api_pages", 78, "fields"),
        ("mapclinical/raw_trialsJson_sample", 25, "fields"),
    ],
)
def test_real_answers_are_read_whole(path, n, form):
    got = list(read_inputs([CORPUS / path]))
    assert [r for r in got if isinstance(r, Rejected)] == []
    assert len(got) == n
    if form == "full":
        assert all(r.public_title and r.outcomes and r.first_posted_date and r.enrollment_type for r in got)


@needs_corpus
def test_all_1536_rows_are_read_quickly():
    began = time.perf_counter()
    got = list(read_inputs([ROWS]))
    assert time.perf_counter() - began < 2
    assert len(got) == 1536
    assert len({r.trial_id for r in got}) == 1535
    # as many as have the field in the source: no word, date or number was left unread
    filled = {name: sum(getattr(r, name) not in (None, []) for r in got) for name in RECORD.__struct_fields__}
    assert {name: filled[name] for name in ("overall_status", "phases", "study_type", "sex", "masking")} == {
        "overall_status": 1536, "phases": 1430, "study_type": 1487, "sex": 1535, "masking": 1429,
    }  # fmt: skip
    assert {name: n for name, n in filled.items() if name in DATES} == {
        "start_date": 1509, "primary_completion_date": 1505, "completion_date": 1493, "first_posted_date": 1536,
        "last_update_date": 1536,
    }  # fmt: skip
    apart = Counter(name for r in got for name in r.printed if "." in name)
    assert apart == {
        "arms.description": 12,
        "arms.interventions": 3,
        "interventions.description": 24,
        "interventions.other_names": 265,
        "interventions.arm_labels": 23,
        "primary_outcomes.description": 30,
        "secondary_outcomes.description": 124,
        "other_outcomes.description": 3,
    }


DIFFERS = {  # field -> records in which the rows and their copy in the shape of API v2 differ, and why
    "arms": 1428,  # the copy never has the interventions of an arm; it gave 12 short lists of descriptions in order
    "interventions": 1424,  # the copy has neither arm labels nor other names; it gave 24 short lists of descriptions in order
    "outcomes": 255,  # the copy has no other outcomes; short lists of descriptions (30 + 124); one backslash lost
    "has_results": 1486,  # empty arrays were dropped from the rows, so they do not tell that there are no results
    "eligibility": 1,  # the copy is read as escaped text, so an author's backslash is lost
    "detailed_description": 1,  # "Not Provided" is missing
}


def _no_backslash(text):
    return text and re.sub(r"\\(?=[.(])", "", text)


@needs_corpus
def test_rows_agree_in_every_field_with_their_copy_in_the_shape_of_api_v2():
    replace = msgspec.structs.replace
    differing, left = Counter(), Counter()
    for row, v2 in zip(read_inputs([ROWS]), read_inputs([SAME_IN_V2]), strict=True):
        apart = {name for name in row.printed if "." in name}
        row, v2 = undated(row), undated(v2)
        differing.update(n for n in row.__struct_fields__ if getattr(row, n) != getattr(v2, n))
        no_arm, no_item = "arms.description" in apart, "interventions.description" in apart
        v2 = replace(
            v2,
            arms=[replace(arm, description=None) if no_arm else arm for arm in v2.arms],
            interventions=[replace(item, description=None) if no_item else item for item in v2.interventions],
            outcomes=[
                replace(outcome, description=None) if f"{outcome.role}_outcomes.description" in apart else outcome
                for outcome in v2.outcomes
            ],
            has_results=v2.has_results or None,
            detailed_description=None if v2.detailed_description == "Not Provided" else v2.detailed_description,
        )
        row = replace(
            row,
            arms=[replace(arm, interventions=[]) for arm in row.arms],
            interventions=[
                replace(item, arm_labels=[], other_names=had.other_names)
                for item, had in zip(row.interventions, v2.interventions, strict=True)
            ],
            outcomes=[
                replace(outcome, description=_no_backslash(outcome.description))
                for outcome in row.outcomes
                if outcome.role != "other"
            ],
            eligibility=_no_backslash(row.eligibility),
        )
        left.update(n for n in row.__struct_fields__ if getattr(row, n) != getattr(v2, n))
    assert left == {}
    assert differing == DIFFERS


@needs_corpus
def test_a_row_as_it_came_differs_from_its_line_only_where_empty_arrays_tell_of_results():
    lines = {r.trial_id: r for r in read_inputs([ROWS])}
    for row in read_inputs([CORPUS / "mapclinical" / "raw_trialsJson_sample"]):
        line = bare(lines[row.trial_id])
        assert row.has_results is bool(line.has_results)
        assert msgspec.structs.replace(bare(row), has_results=line.has_results) == line


@needs_corpus
def test_flattening_real_studies_loses_links_and_descriptions_but_never_moves_one():
    differing, apart = Counter(), Counter()
    for wrapped in full_studies():
        full, flat = parse_full(encoded(wrapped)), parse_fields(encoded(flattened(wrapped["Study"])))
        differing.update(n for n in full.__struct_fields__ if getattr(full, n) != getattr(flat, n))
        apart.update(name for name in flat.printed if "." in name)
        for mine, theirs in zip(
            [*flat.arms, *flat.interventions, *flat.outcomes],
            [*full.arms, *full.interventions, *full.outcomes],
            strict=True,
        ):
            kept = {n: v for n in mine.__struct_fields__ if (v := getattr(mine, n)) not in (None, [])}
            assert kept == {n: getattr(theirs, n) for n in kept}
    assert differing == {
        "has_results": 200,  # the six others have the date of their results
        "interventions": 17,
        "outcomes": 12,
        "arms": 2,
        "printed": 27,  # what could not be paired
    }
    assert apart == {
        "arms.description": 2,
        "interventions.description": 1,
        "interventions.other_names": 16,
        "interventions.arm_labels": 2,
        "primary_outcomes.description": 2,
        "secondary_outcomes.description": 11,
        "other_outcomes.description": 1,
    }


@needs_corpus
def test_links_of_rows_are_those_api_v2_gives_of_the_same_trials():
    rows = {r.trial_id: r for r in read_inputs([ROWS])}
    seen = 0
    for v2 in read_inputs(sorted((CORPUS / "ctgov_v2").rglob("*.json*"))):
        if isinstance(v2, TrialRecord) and (row := rows.get(v2.trial_id)):
            seen += 1
            assert [(arm.label, arm.interventions) for arm in row.arms] == [
                (arm.label, arm.interventions) for arm in v2.arms
            ]
            assert [(i.name, i.arm_labels) for i in row.interventions] == [
                (i.name, i.arm_labels) for i in v2.interventions
            ]
            same = ("public_title", "scientific_title", "conditions", "keywords", "phases", "study_type", "allocation",
                    "intervention_model", "enrollment_count", "sex", "minimum_age", "maximum_age", "healthy_volunteers",
                    "brief_summary", "first_posted_date", "lead_sponsor", "sponsor_class", "countries")  # fmt: skip
            assert {n: getattr(row, n) for n in same} == {n: getattr(v2, n) for n in same}
    assert seen == 17


def _words(text):
    """The words of a text, without the marks of its list items: the XML has them, this API does not."""
    return re.sub(r"(?m)^\s*(?:-|\d+\.)\s", "", text or "").split()


@needs_corpus
@pytest.mark.parametrize("trial_id", ["NCT00023673", "NCT02028676"])
def test_full_studies_agree_with_the_xml_of_the_same_trial(trial_id):
    (full,) = read_inputs([CORPUS / "ctgov_classic_json" / f"{trial_id}.json.gz"])
    (xml,) = read_inputs([CORPUS / "ctgov_xml" / "aact" / f"{trial_id}.xml.gz"])
    if isinstance(xml, Rejected):
        pytest.skip("no reader of the XML is listed")
    prose = ("brief_summary", "detailed_description", "eligibility")
    assert {n: _words(getattr(full, n)) for n in prose} == {n: _words(getattr(xml, n)) for n in prose}
    by_words = ("measure", "time_frame", "description")
    assert [[_words(getattr(o, n)) for n in by_words] for o in full.outcomes] == [
        [_words(getattr(o, n)) for n in by_words] for o in xml.outcomes
    ]
    # arm labels are sorted here and in order of the arms there; the XML knows fewer classes of sponsors
    links = [
        [(i.name, i.type, i.description, i.other_names, sorted(i.arm_labels)) for i in r.interventions]
        for r in (full, xml)
    ]
    assert links[0] == links[1]
    aside = {*prose, "outcomes", "interventions", "sponsor_class"}
    assert [
        n for n in full.__struct_fields__ if n not in aside and getattr(undated(full), n) != getattr(undated(xml), n)
    ] == []
    assert full.sponsor_class in ("network", "other_gov")
    assert xml.sponsor_class in ("other", None)


@needs_corpus
def test_the_trial_in_both_forms_changed_only_with_time():
    later = next(r for r in read_inputs([ROWS]) if r.trial_id == "NCT04780685")
    full = next(r for s in full_studies() if (r := parse_full(encoded(s))).trial_id == later.trial_id)
    changed = [n for n in full.__struct_fields__ if getattr(undated(full), n) != getattr(undated(later), n)]
    assert changed == ["primary_completion_date", "completion_date", "last_update_date", "has_results"]
