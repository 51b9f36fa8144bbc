"""ClinicalTrials.gov's retired API: FullStudies and StudyFields give the study, and arrays say only what they prove."""

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from msgspec.structs import asdict, replace
from one_study import STUDY
from reading import CORPUS, bare, needs_corpus, read_corpus, read_written

from trialkit.record import Arm, Intervention, TrialRecord
from trialkit.registries import READERS
from trialkit.registries.ctgov_classic import iso_date, parse_fields, parse_full

ENTRY = {
    "ProtocolSection": {
        "IdentificationModule": {
            "NCTId": "NCT99000010", "NCTIdAliasList": {"NCTIdAlias": ["NCT99000011"]},
            "OrgStudyIdInfo": {"OrgStudyId": "ORG-1"},
            "SecondaryIdInfoList": {
                "SecondaryIdInfo": [{"SecondaryId": "2031-000001-10", "SecondaryIdType": "EudraCT Number"}],
            },
            "Organization": {"OrgFullName": "Another Institute", "OrgClass": "OTHER"},
            "BriefTitle": "Cells for Sore Knees &amp; Hips", "OfficialTitle": "A Study of Cells [Frozen]",
            "Acronym": "SORE",
        },
        "StatusModule": {
            "StatusVerifiedDate": "January 2031", "OverallStatus": "Active, not recruiting",
            "StartDateStruct": {"StartDate": "February 2031", "StartDateType": "Actual"},
            "PrimaryCompletionDateStruct": {"PrimaryCompletionDate": "December 1, 2032"},
            "CompletionDateStruct": {"CompletionDate": "January 15, 2033"},
            "StudyFirstPostDateStruct": {"StudyFirstPostDate": "January 5, 2031", "StudyFirstPostDateType": "Estimate"},
            "LastUpdatePostDateStruct": {"LastUpdatePostDate": "June 30, 2031"},
        },
        "SponsorCollaboratorsModule": {
            "ResponsibleParty": {"ResponsiblePartyInvestigatorFullName": "A. Person"},
            "LeadSponsor": {"LeadSponsorName": "Example Institute", "LeadSponsorClass": "OTHER_GOV"},
            "CollaboratorList": {"Collaborator": [{"CollaboratorName": "Example Works"}]},
        },
        "DescriptionModule": {
            "BriefSummary": "A dose of 1 x 10^6 cells/kg.",
            "DetailedDescription": "Weight &gt; 40 kg:\n\ngroup A\ngroup B",
        },
        "ConditionsModule": {
            "ConditionList": {"Condition": ["Arthritis", "Pain, Chronic"]},
            "KeywordList": {"Keyword": ["cells", "knee"]},
        },
        "DesignModule": {
            "StudyType": "Interventional", "PhaseList": {"Phase": ["Phase 1", "Phase 2"]},
            "DesignInfo": {
                "DesignAllocation": "Non-Randomized", "DesignInterventionModel": "Parallel Assignment",
                "DesignInterventionModelDescription": "Groups side by side",
                "DesignPrimaryPurpose": "Supportive Care",
                "DesignMaskingInfo": {
                    "DesignMasking": "Double", "DesignMaskingDescription": "Opaque syringes",
                    "DesignWhoMaskedList": {"DesignWhoMasked": ["Participant", "Outcomes Assessor"]},
                },
            },
            "EnrollmentInfo": {"EnrollmentCount": "12", "EnrollmentType": "Anticipated"},
        },
        "ArmsInterventionsModule": {
            "ArmGroupList": {"ArmGroup": [
                {"ArmGroupLabel": "A", "ArmGroupType": "Experimental", "ArmGroupDescription": "Cells, then rest",
                 "ArmGroupInterventionList": {
                     "ArmGroupInterventionName": ["Biological: Cells", "Dietary Supplement: Fish oil"],
                 }},
                {"ArmGroupLabel": "B", "ArmGroupType": "Active Comparator",
                 "ArmGroupInterventionList": {"ArmGroupInterventionName": ["Dietary Supplement: Fish oil"]}},
                {"ArmGroupLabel": "C", "ArmGroupType": "No Intervention"},
            ]},
            "InterventionList": {"Intervention": [
                {"InterventionType": "Biological", "InterventionName": "Cells", "InterventionDescription": "Thawed",
                 "InterventionArmGroupLabelList": {"InterventionArmGroupLabel": ["A"]},
                 "InterventionOtherNameList": {"InterventionOtherName": ["MSC"]}},
                {"InterventionType": "Dietary Supplement", "InterventionName": "Fish oil",
                 "InterventionArmGroupLabelList": {"InterventionArmGroupLabel": ["A", "B"]}},
            ]},
        },
        "OutcomesModule": {
            "PrimaryOutcomeList": {"PrimaryOutcome": [
                {"PrimaryOutcomeMeasure": "Pain", "PrimaryOutcomeTimeFrame": "6 months",
                 "PrimaryOutcomeDescription": "0~10 points"},
                {"PrimaryOutcomeMeasure": "Gait", "PrimaryOutcomeTimeFrame": "1 year"},
            ]},
            "SecondaryOutcomeList": {"SecondaryOutcome": [{"SecondaryOutcomeMeasure": "Sleep"}]},
            "OtherOutcomeList": {"OtherOutcome": [{"OtherOutcomeMeasure": "Mood"}]},
        },
        "EligibilityModule": {
            "EligibilityCriteria": "Inclusion Criteria:\n\nPain", "HealthyVolunteers": "Accepts Healthy Volunteers",
            "Gender": "Female", "MinimumAge": "18 Years", "MaximumAge": "75 Years",
        },
        "ContactsLocationsModule": {
            "CentralContactList": {"CentralContact": [{"CentralContactEMail": "a.person@example.org"}]},
            "LocationList": {"Location": [
                {"LocationFacility": "One", "LocationCountry": "Spain"},
                {"LocationCountry": "Italy", "LocationContactList": {"LocationContact": ["A. Person"]}},
                {"LocationCountry": "Spain"},
            ]},
        },
    },
    "DerivedSection": {
        "MiscInfoModule": {"VersionHolder": "July 06, 2031"},
        "ConditionBrowseModule": {"ConditionMeshList": {"ConditionMesh": [{"Condition": "Not this"}]}},
    },
}  # fmt: skip
FULL = replace(
    STUDY,
    source_date="2031-07-06",
    detailed_description="Weight > 40 kg:\n\ngroup A\ngroup B",  # the API dropped the marks of lists
    eligibility="Inclusion Criteria:\n\nPain",
    printed={
        "overall_status": "Active, not recruiting", "phases": "Phase 1; Phase 2", "study_type": "Interventional",
        "allocation": "Non-Randomized", "intervention_model": "Parallel Assignment", "masking": "Double",
        "who_masked": "Participant; Outcomes Assessor", "primary_purpose": "Supportive Care",
        "enrollment_type": "Anticipated", "sex": "Female", "healthy_volunteers": "Accepts Healthy Volunteers",
        "start_date": "February 2031", "primary_completion_date": "December 1, 2032",
        "completion_date": "January 15, 2033", "first_posted_date": "January 5, 2031",
        "last_update_date": "June 30, 2031", "sponsor_class": "OTHER_GOV", "source_date": "July 06, 2031",
    },
)  # fmt: skip
# What flat arrays cannot say: who of several has the one description, and whose the other name is.
FLAT = replace(
    FULL,
    arms=[replace(arm, description=None) for arm in FULL.arms],
    interventions=[replace(item, description=None, other_names=[]) for item in FULL.interventions],
    outcomes=[replace(outcome, description=None) for outcome in FULL.outcomes],
    has_results=None,
    printed=FULL.printed | {
        "arms.description": "Cells, then rest", "interventions.description": "Thawed",
        "interventions.other_names": "MSC", "primary_outcomes.description": "0~10 points",
    },
)  # fmt: skip


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def flattened(study: dict) -> dict:
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


ROW = flattened(ENTRY)
STUDIES = {"FullStudiesResponse": {"NStudiesReturned": 2, "FullStudies": [{"Rank": 1, "Study": ENTRY}] * 2}}
ROWS = {"StudyFieldsResponse": {"NStudiesReturned": 2, "FieldList": ["NCTId"], "StudyFields": [ROW, ROW]}}


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (encoded({"Rank": 7, "Study": ENTRY}), [FULL]),
        (json.dumps(ENTRY, indent=1), [FULL]),
        (json.dumps(ROW, indent=6), [FLAT]),
        (encoded(STUDIES) + b"\n" + encoded(ROWS), [FULL, FULL, FLAT, FLAT]),
    ],
    ids=["one study with its rank", "one study", "one row", "whole answers"],
)
def test_the_study_is_the_same_in_every_answer(content, records, tmp_path):
    assert read_written(tmp_path, content) == records


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"FullStudiesResponse": {"NStudiesFound": 0}}', "a JSON object with keys FullStudiesResponse"),
        ('{"StudyFieldsResponse": {"StudyFields": null}}', "study 1: a JSON NoneType"),
        ('{"StudyFieldsResponse": {"StudyFields": {"NCTId": []}}}', "study 1: no NCTId, expected one"),
        ('{"Study": {"ProtocolSection": {"StatusModule": {}}}}', "no ProtocolSection.IdentificationModule.NCTId"),
        ('{"NCTId": ["NCT99000010", "NCT99000011"]}', "2 NCTId, expected one"),
    ],
)
def test_what_is_no_study_is_rejected_with_the_reason(content, reason, tmp_path):
    [rejected] = read_written(tmp_path, content)
    assert reason in rejected.reason


@pytest.mark.parametrize(
    ("entry", "known_to"),
    [
        ({"protocolSection": {}, "note": '"NCTId": [ "ProtocolSection"'}, ["ctgov"]),
        (ENTRY, ["ctgov_full"]),
        (ROW, ["ctgov_fields"]),
        ({"FieldList": ["NCTId", "Phase"]}, []),
    ],
    ids=["API v2", "full study", "row", "neither"],
)
def test_each_form_of_the_register_is_known_to_its_own_reader(entry, known_to):
    readers = {key: reader for key, reader in READERS.items() if reader.unit == "json"}
    assert [key for key, reader in readers.items() if reader.recognises(encoded(entry))] == known_to


def row(**arrays: list) -> TrialRecord:
    """The record of a row of StudyFields that has a number and these arrays."""
    return parse_fields(encoded({"NCTId": ["NCT99000010"], **arrays}))


def test_fields_not_asked_for_are_missing():
    assert row(Rank=1, Phase=[], Unread=["x"]) == TrialRecord(register="ctgov", trial_id="NCT99000010", url=STUDY.url)


def test_text_is_plain_already():
    assert row(BriefSummary=["20 mg\\m2 and 5\\% &lt; 6"]).brief_summary == "20 mg\\m2 and 5\\% < 6"
    assert row(BriefSummary=["Not Provided"]).brief_summary is None


@pytest.mark.parametrize(
    ("words", "iso"),
    [
        ("October 2020", "2020-10"), ("March 4, 2021", "2021-03-04"), ("2020", "2020"),
        ("February 29, 2021", None), ("Smarch 2020", None), ("4, 2020", None), ("10/2020", None),
    ],
)  # fmt: skip
def test_dates_are_as_precise_as_their_words(words, iso):
    assert iso_date(words) == iso


def test_words_without_counterpart_are_kept_as_printed():
    record = row(
        OverallStatus=["Paused"], Phase=["Phase 2/Phase 3", "Phase 9"], DesignWhoMasked=["Care Provider", "Porter"],
        DesignPrimaryPurpose=["Guesswork"], EnrollmentCount=["about 10"], EnrollmentType=["Guessed"],
        HealthyVolunteers=["Some"], MinimumAge=["N/A"], StartDate=["Soon"],
        ArmGroupLabel=["A"], ArmGroupType=["Historic"], InterventionName=["X"], InterventionType=["Potion"],
    )  # fmt: skip
    printed = {
        "overall_status": "Paused", "phases": "Phase 2/Phase 3; Phase 9", "who_masked": "Care Provider; Porter",
        "primary_purpose": "Guesswork", "enrollment_count": "about 10", "enrollment_type": "Guessed",
        "healthy_volunteers": "Some", "minimum_age": "N/A", "start_date": "Soon", "arms[0].type": "Historic",
        "interventions[0].type": "Potion",
    }  # fmt: skip
    assert record == replace(
        row(), phases=["phase2", "phase3"], who_masked=["care_provider"],
        arms=[Arm(label="A")], interventions=[Intervention(name="X")], printed=printed,
    )  # fmt: skip


@pytest.mark.parametrize(("words", "value"), [("No", False), ("Yes", True)])
def test_healthy_volunteers_are_accepted_or_not(words, value):
    assert row(HealthyVolunteers=[words]).healthy_volunteers is value


# Which member of a group a value of a flat array belongs to


@pytest.mark.parametrize(
    ("texts", "descriptions", "apart"),
    [
        (["first", "second", "third"], ["first", "second", "third"], {}),
        ([None, "second", None], [None, "second", None], {}),
        (["whose?", "and whose?"], [None, None, None], {"arms.description": "whose?\nand whose?"}),
    ],
)
def test_parts_are_paired_only_when_there_is_a_place_for_each(texts, descriptions, apart):
    record = row(ArmGroupLabel=["A", "B", "C"], ArmGroupDescription=texts)
    assert [arm.description for arm in record.arms] == descriptions
    assert record.printed == apart


@pytest.mark.parametrize(
    ("items", "names", "labels", "of_arms", "of_items"),
    [
        ("XY", "XY", "", ["", ""], ["", ""]),  # one list proves nothing
        ("XY", "XY", "AA", ["XY", ""], ["A", "A"]),  # both do: arm A has both
        ("XY", "XY", "AB", ["X", "Y"], ["A", "B"]),
        ("XY", "XY", "BA", ["", ""], ["", ""]),  # they disagree
        ("XX", "XX", "ABAB", ["", ""], ["AB", "AB"]),  # only the arms of both X add up
        ("XX", "XX", "AB", ["X", "X"], ["", ""]),
    ],
)
def test_links_are_those_that_both_lists_prove(items, names, labels, of_arms, of_items):
    """Each letter is an intervention (X, Y) or an arm (A, B)."""
    record = row(
        ArmGroupLabel=["A", "B"], InterventionType=["Drug", "Drug"], InterventionName=list(items),
        ArmGroupInterventionName=[f"Drug: {name}" for name in names], InterventionArmGroupLabel=list(labels),
    )  # fmt: skip
    assert ["".join(name[-1] for name in arm.interventions) for arm in record.arms] == of_arms
    assert ["".join(item.arm_labels) for item in record.interventions] == of_items
    assert ("arms.interventions" in record.printed) is not any(of_arms)


def test_the_only_member_has_everything():
    record = row(
        ArmGroupLabel=["A"], ArmGroupInterventionName=["Drug: X"],
        InterventionName=["X"], InterventionOtherName=["Y", "Z"], InterventionArmGroupLabel=["A"],
    )  # fmt: skip
    assert record.arms == [Arm(label="A", interventions=["Drug: X"])]
    assert record.interventions == [Intervention(name="X", other_names=["Y", "Z"], arm_labels=["A"])]
    assert record.printed == {}


def test_results_are_known_only_when_the_source_tells():
    assert parse_full(encoded({"ProtocolSection": ENTRY["ProtocolSection"]})).has_results is None
    assert parse_full(encoded({**ENTRY, "ResultsSection": {}})).has_results is True
    assert row(ResultsFirstPostDate=[]).has_results is False
    assert row(ResultsFirstPostDate=["May 1, 2031"]).has_results is True


# Odd input


def unboxed(value):
    """Lists of one opened, as some tools write JSON."""
    if isinstance(value, dict):
        return {key: unboxed(item) for key, item in value.items()}
    if isinstance(value, list):
        return unboxed(value[0]) if len(value) == 1 else [unboxed(item) for item in value]
    return value


def test_a_list_of_one_may_stand_without_its_list():
    assert parse_full(encoded(unboxed(ENTRY))) == FULL
    assert parse_fields(encoded(unboxed(ROW))) == FLAT


@pytest.mark.parametrize(("parse", "entry"), [(parse_full, ENTRY), (parse_fields, ROW)], ids=["full", "row"])
def test_odd_values_cost_a_value_error_at_most(parse, entry):
    chance = random.Random(7)
    odd = [None, True, -1, 1e300, "", "\\", "&#0;", [], [[]], {}, {"NCTId": {}}, [None, "x", {"ArmGroup": {}}], "²"]

    def spoiled(value):
        if chance.random() < 0.08:
            return chance.choice(odd)
        if isinstance(value, dict):
            return {key: spoiled(item) for key, item in value.items()}
        return [spoiled(item) for item in value] if isinstance(value, list) else value

    for _ in range(300):
        try:
            assert parse(encoded(spoiled(entry))).trial_id
        except ValueError:
            continue


def test_deep_nesting_is_walked_without_recursion():
    deep = b'{"a":' * 600 + b'"x"' + b"}" * 600
    entry = b'{"ProtocolSection": {"IdentificationModule": {"NCTId": "NCT99000010"}, "X": ' + deep + b"}}"
    assert parse_full(entry).trial_id == "NCT99000010"


# Real records

MSC = "mapclinical/mapclinical_trials.jsonl.gz"


@needs_corpus
@pytest.mark.parametrize(
    ("paths", "forms"),
    [
        (["ctgov_classic_json"], {"ctgov_full": 206, "ctgov_fields": 2}),
        (["mapclinical/raw_studyfields_api_pages", "mapclinical/raw_trialsJson_sample", MSC], {"ctgov_fields": 1639}),
    ],
)
def test_real_answers_are_read_whole(paths, forms):
    assert Counter(record.form for record in read_corpus(*paths)) == forms


def told_by_both(record: TrialRecord, apart: dict[str, str]) -> TrialRecord:
    """What a row and its copy in the shape of API v2 both tell; `apart` is what the row could not pair.

    The copy has no links, other names and other outcomes. It gave descriptions in order even where they are fewer, and
    is read as escaped text, so that an author's backslash is lost. Of no results only the copy tells.
    """

    def told(field, item):
        text = None if f"{field}.description" in apart else item.description
        return replace(item, description=plain(text))

    def plain(text):
        return None if text == "Not Provided" else text and re.sub(r"\\(?=[.(])", "", text)

    return replace(
        bare(record),
        detailed_description=plain(record.detailed_description),
        eligibility=plain(record.eligibility),
        arms=[told("arms", replace(arm, interventions=[])) for arm in record.arms],
        interventions=[
            told("interventions", replace(item, other_names=[], arm_labels=[])) for item in record.interventions
        ],
        outcomes=[told(f"{item.role}_outcomes", item) for item in record.outcomes if item.role != "other"],
        has_results=record.has_results or None,
        source_date=None,
        printed={},
    )


@needs_corpus
def test_real_rows_agree_with_their_copy_in_the_shape_of_api_v2():
    for mine, copy in zip(read_corpus(MSC), read_corpus("derived_v2_msc"), strict=True):
        assert told_by_both(mine, mine.printed) == told_by_both(copy, mine.printed)


def full_studies() -> Iterator[dict]:
    for path in (CORPUS / "ctgov_classic_json").glob("*.json*"):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield from json.load(file).get("FullStudiesResponse", {}).get("FullStudies", [])


@needs_corpus
def test_flattening_real_studies_never_moves_a_value():
    unpaired, kinds = 0, ("arms", "interventions", "outcomes")
    for wrapped in full_studies():
        full, flat = parse_full(encoded(wrapped)), parse_fields(encoded(flattened(wrapped["Study"])))
        groups = {kind: getattr(full, kind) for kind in kinds}
        assert replace(flat, **groups, has_results=full.has_results, printed=full.printed) == full
        for mine, whole in ((a, b) for kind in kinds for a, b in zip(getattr(flat, kind), groups[kind], strict=True)):
            assert replace(whole, **{name: value for name, value in asdict(mine).items() if value}) == whole
        unpaired += len(flat.printed) - len(full.printed)
    assert unpaired == 35
