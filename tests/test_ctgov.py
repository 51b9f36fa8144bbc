"""ClinicalTrials.gov API v2: however its JSON is kept, it gives the same record; nothing is lost or invented."""

import bz2
import gzip
import json
import lzma
import zipfile

import pytest
import zstandard
from one_study import STUDY
from reading import CORPUS, bare, needs_corpus, read_corpus, read_written

from trialkit.record import TrialRecord
from trialkit.registries.ctgov import parse_study
from trialkit.registries.files import Rejected, read_inputs
from trialkit.registries.wording import plain_text

ENTRY = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT99000010", "nctIdAliases": ["NCT99000011"], "orgStudyIdInfo": {"id": "ORG-1"},
            "secondaryIdInfos": [{"id": "2031-000001-10", "type": "EUDRACT_NUMBER"}, {"id": "ORG-1"}],
            "briefTitle": "Cells for Sore Knees &amp; Hips", "officialTitle": "A Study of Cells \\[Frozen\\]",
            "acronym": "SORE",
        },
        "statusModule": {
            "overallStatus": "ACTIVE_NOT_RECRUITING", "startDateStruct": {"date": "2031-02", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2032-12-01"}, "completionDateStruct": {"date": "2033-01-15"},
            "studyFirstPostDateStruct": {"date": "2031-01-05"}, "lastUpdatePostDateStruct": {"date": "2031-06-30"},
        },
        "sponsorCollaboratorsModule": {
            "leadSponsor": {"name": "Example Institute", "class": "OTHER_GOV"},
            "collaborators": [{"name": "Example Works", "class": "INDUSTRY"}],
        },
        "descriptionModule": {
            "briefSummary": "A dose of 1 x 10\\^6 cells/kg.",
            "detailedDescription": "Weight \\&amp;gt; 40 kg:\n\n* group A\n* group B",
        },
        "conditionsModule": {"conditions": ["Arthritis", "Pain, Chronic"], "keywords": ["cells", "knee"]},
        "designModule": {
            "studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"],
            "designInfo": {
                "allocation": "NON_RANDOMIZED", "interventionModel": "PARALLEL",
                "interventionModelDescription": "Groups side by side", "primaryPurpose": "SUPPORTIVE_CARE",
                "maskingInfo": {
                    "masking": "DOUBLE", "maskingDescription": "Opaque syringes",
                    "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"],
                },
            },
            "enrollmentInfo": {"count": 12, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "A", "type": "EXPERIMENTAL", "description": "Cells, then rest",
                 "interventionNames": ["Biological: Cells", "Dietary Supplement: Fish oil"]},
                {"label": "B", "type": "ACTIVE_COMPARATOR", "interventionNames": ["Dietary Supplement: Fish oil"]},
                {"label": "C", "type": "NO_INTERVENTION"},
            ],
            "interventions": [
                {"type": "BIOLOGICAL", "name": "Cells", "description": "Thawed", "armGroupLabels": ["A"],
                 "otherNames": ["MSC"]},
                {"type": "DIETARY_SUPPLEMENT", "name": "Fish oil", "armGroupLabels": ["A", "B"]},
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": [
                {"measure": "Pain", "timeFrame": "6 months", "description": "0\\~10 points"},
                {"measure": "Gait", "timeFrame": "1 year"},
            ],
            "secondaryOutcomes": [{"measure": "Sleep"}],
            "otherOutcomes": [{"measure": "Mood"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Pain", "healthyVolunteers": True, "sex": "FEMALE",
            "minimumAge": "18 Years", "maximumAge": "75 Years",
        },
        "contactsLocationsModule": {
            "centralContacts": [{"name": "A. Person", "email": "a.person@example.org"}],
            "locations": [{"country": "Spain"}, {"country": "Italy"}, {"country": "Spain"}],
        },
    },
    "hasResults": False,
}  # fmt: skip


def boxed(value):
    """Every scalar in an array of one, as R's jsonlite writes JSON."""
    if isinstance(value, dict):
        return {key: boxed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [boxed(item) if isinstance(item, dict) else item for item in value]
    return [value]


ONE = json.dumps(ENTRY)
LINES = f"{ONE}\n\n{ONE}\n".encode()
KEPT_AS = [  # what the file is, its content, the number of studies in it
    ("one study", ONE.encode(), 1),
    ("indented", json.dumps(ENTRY, indent=2).encode(), 1),
    ("byte order mark", b"\xef\xbb\xbf" + ONE.encode(), 1),
    ("UTF-16", ONE.encode("utf-16"), 1),
    ("array", json.dumps([ENTRY, ENTRY]).encode(), 2),
    ("page", json.dumps({"totalCount": 2, "studies": [ENTRY, ENTRY], "nextPageToken": "x"}, indent=1).encode(), 2),
    ("boxed page", json.dumps({"studies": [boxed(ENTRY)], "nextPageToken": ["x"]}).encode(), 1),
    ("JSON Lines", LINES, 2),
    ("Windows line ends", LINES.replace(b"\n", b"\r\n"), 2),
    ("gzip", gzip.compress(LINES), 2),
    ("Zstandard", zstandard.compress(LINES), 2),
    ("two Zstandard frames", zstandard.compress(LINES) * 2, 4),
    ("bzip2", bz2.compress(LINES), 2),
    ("xz", lzma.compress(LINES), 2),
]


@pytest.mark.parametrize(("content", "n"), [given[1:] for given in KEPT_AS], ids=[given[0] for given in KEPT_AS])
def test_the_study_is_the_same_however_its_json_is_kept(content, n, tmp_path):
    assert read_written(tmp_path, content) == [STUDY] * n


def test_studies_of_a_file_are_numbered(tmp_path):
    (tmp_path / "download").write_bytes(LINES)
    assert [record.position for record in read_inputs([tmp_path / "download"])] == [0, 1]


def test_zip_gives_one_record_a_member(tmp_path):
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        for name, text in (("one.json", ONE), ("b/two.json", ONE), ("README.txt", "about"), ("__MACOSX/x", "junk")):
            archive.writestr(name, text)
    got = list(read_inputs([tmp_path / "z"]))
    assert [record.source_file.rpartition("/z/")[2] for record in got] == ["one.json", "b/two.json"]
    assert [bare(record) for record in got] == [STUDY] * 2


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        (r"10\^6 \* 2 \~ 3 \_x \[a\] \<b\> mg\\dl", r"10^6 * 2 ~ 3 _x [a] <b> mg\dl"),
        (r"C:\new stays", r"C:\new stays"),
        ("&#8805; 1 &lt; 2 &amp;gt; 3", "≥ 1 < 2 > 3"),
        ("R&D; AT&T; section&section", "R&D; AT&T; section&section"),
        ("* bullet\n  * inner", "* bullet\n  * inner"),
    ],
)
def test_only_what_the_source_escaped_becomes_plain(escaped, plain):
    assert plain_text(escaped) == plain


def study(design: dict | None = None, **beside: object) -> TrialRecord:
    """The record of a study that has a number, this design and these parts beside its protocol."""
    modules = {"identificationModule": {"nctId": "NCT99000010"}, "designModule": design}
    return parse_study(json.dumps({"protocolSection": modules, **beside}).encode())


def test_absent_modules_are_missing_not_zero():
    assert study() == TrialRecord(register="ctgov", trial_id="NCT99000010", url=STUDY.url)


@pytest.mark.parametrize(("word", "kind"), [("ACTUAL", "actual"), ("ANTICIPATED", "estimated"), (None, None)])
def test_enrollment_type_is_what_the_register_says(word, kind):
    record = study({"enrollmentInfo": {"count": 3, "type": word}})
    assert (record.enrollment_count, record.enrollment_type) == (3, kind)
    assert record.printed == ({"enrollment_type": word} if word == "ANTICIPATED" else {})


def test_an_unknown_enrollment_type_is_no_record():
    with pytest.raises(ValueError, match=r"NCT99000010: enrollment type 'PLANNED' is not ACTUAL"):
        study({"enrollmentInfo": {"count": 3, "type": "PLANNED"}})


def test_results_are_known_only_when_the_source_tells():
    assert study().has_results is None
    assert study(resultsSection={"a": 1}).has_results is True


# Real records


@needs_corpus
@pytest.mark.parametrize(
    ("path", "n"),
    [
        ("derived_v2_msc", 1536),
        ("ctgov_v2/marcmorcos_erectile_dysfunction/ctg-studies.json.zip", 635),
        ("ctgov_v2/array_exports", 576),
        ("ctgov_v2/api_pages", 15),
        ("ctgov_v2/single", 1),
    ],
)
def test_real_exports_are_read_whole(path, n):
    records = read_corpus(path)
    assert len(records) == n
    assert not [p.text for record in records for p in record.passages() if "\\^" in p.text or "\\<" in p.text]


@needs_corpus
def test_real_fragments_are_rejected_beside_whole_studies():
    results = list(read_inputs([CORPUS / "ctgov_v2" / "aact_fixtures"]))
    reasons = [result.reason for result in results if isinstance(result, Rejected)]
    assert (len(results), len(reasons)) == (64, 45)
    assert all("nctId: not a whole study, it holds only" in reason for reason in reasons)
