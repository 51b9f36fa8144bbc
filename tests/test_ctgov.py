"""ClinicalTrials.gov API v2: every form people keep it in gives the same record; nothing is lost or invented."""

import bz2
import gzip
import json
import lzma
import time
import zipfile
from pathlib import Path

import msgspec
import pytest
import zstandard

from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries.ctgov import parse_study
from trialkit.registries.files import Rejected, read_inputs
from trialkit.registries.wording import plain_text

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"

STUDY = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT99000010",
            "nctIdAliases": ["NCT99000011"],
            "orgStudyIdInfo": {"id": "ORG-1"},
            "secondaryIdInfos": [{"id": "2031-000001-10", "type": "EUDRACT_NUMBER"}, {"id": "ORG-1"}],
            "briefTitle": "Cells for Sore Knees &amp; Hips",
            "officialTitle": "A Study of Cells \\[Frozen\\]",
            "acronym": "SORE",
        },
        "statusModule": {
            "overallStatus": "ACTIVE_NOT_RECRUITING",
            "startDateStruct": {"date": "2031-02", "type": "ACTUAL"},
            "completionDateStruct": {"date": "2033-01-15"},
            "studyFirstPostDateStruct": {"date": "2031-01-05"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Example Institute", "class": "OTHER_GOV"}},
        "descriptionModule": {
            "briefSummary": "A dose of 1 x 10\\^6 cells/kg.",
            "detailedDescription": "Weight \\> 40 kg:\n\n* group A\n* group B \\&amp;lt; 3",
        },
        "conditionsModule": {"conditions": ["Arthritis"], "keywords": ["cells", "knee"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "designInfo": {
                "allocation": "NON_RANDOMIZED",
                "interventionModel": "PARALLEL",
                "interventionModelDescription": "Two groups side by side",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "SINGLE", "whoMasked": ["OUTCOMES_ASSESSOR"]},
            },
            "enrollmentInfo": {"count": 12, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [{"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Biological: Cells"]}],
            "interventions": [
                {"type": "BIOLOGICAL", "name": "Cells", "armGroupLabels": ["A"], "otherNames": ["Frozen cells"]}
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Pain", "timeFrame": "6 months", "description": "0\\~10"}],
            "otherOutcomes": [{"measure": "Sleep"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Pain",
            "healthyVolunteers": False,
            "sex": "FEMALE",
            "minimumAge": "18 Years",
        },
        "contactsLocationsModule": {
            "centralContacts": [{"name": "A. Person", "email": "a.person@example.org"}],
            "locations": [{"country": "Spain"}, {"country": "Italy"}, {"country": "Spain"}],
        },
    },
    "hasResults": False,
}

RECORD = TrialRecord(
    register="ctgov",
    trial_id="NCT99000010",
    url="https://clinicaltrials.gov/study/NCT99000010",
    secondary_ids=["ORG-1", "2031-000001-10", "NCT99000011"],
    public_title="Cells for Sore Knees & Hips",
    scientific_title="A Study of Cells [Frozen]",
    acronym="SORE",
    conditions=["Arthritis"],
    keywords=["cells", "knee"],
    brief_summary="A dose of 1 x 10^6 cells/kg.",
    detailed_description="Weight > 40 kg:\n\n* group A\n* group B < 3",
    overall_status="active_not_recruiting",
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="non_randomized",
    intervention_model="parallel",
    intervention_model_description="Two groups side by side",
    masking="single",
    who_masked=["outcomes_assessor"],
    primary_purpose="treatment",
    enrollment_count=12,
    enrollment_type="estimated",
    sex="female",
    minimum_age="18 Years",
    healthy_volunteers=False,
    eligibility="Inclusion Criteria:\n\n* Pain",
    arms=[Arm(label="A", type="experimental", interventions=["Biological: Cells"])],
    interventions=[Intervention(name="Cells", type="biological", other_names=["Frozen cells"], arm_labels=["A"])],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain", time_frame="6 months", description="0~10"),
        Outcome(role="other", position=0, measure="Sleep"),
    ],
    start_date="2031-02",
    completion_date="2033-01-15",
    first_posted_date="2031-01-05",
    lead_sponsor="Example Institute",
    sponsor_class="other_gov",
    countries=["Spain", "Italy"],
    n_sites=3,
    has_results=False,
)


def boxed(value):
    """Every scalar in an array of one, as R's jsonlite writes JSON."""
    if isinstance(value, dict):
        return {key: boxed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [boxed(item) if isinstance(item, dict) else item for item in value]
    return [value]


def zipped(path: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)


ONE = json.dumps(STUDY)
LINES = f"{ONE}\n\n{ONE}\n".encode()
FORMS = {  # what the file is -> its content and the number of studies in it; no name says what is inside
    "one study": (ONE.encode(), 1),
    "one study, indented": (json.dumps(STUDY, indent=2).encode(), 1),
    "one study, with a byte order mark": (b"\xef\xbb\xbf" + ONE.encode(), 1),
    "one study, UTF-16": (ONE.encode("utf-16"), 1),
    "array": (json.dumps([STUDY, STUDY]).encode(), 2),
    "page": (json.dumps({"totalCount": 2, "studies": [STUDY, STUDY], "nextPageToken": "x"}, indent=1).encode(), 2),
    "boxed page": (json.dumps({"studies": [boxed(STUDY)], "nextPageToken": ["x"]}).encode(), 1),
    "JSON Lines": (LINES, 2),
    "JSON Lines, Windows line ends": (LINES.replace(b"\n", b"\r\n"), 2),
    "gzip": (gzip.compress(LINES), 2),
    "Zstandard": (zstandard.compress(LINES), 2),
    "Zstandard, two frames": (zstandard.compress(LINES) + zstandard.compress(LINES), 4),
    "bzip2": (bz2.compress(LINES), 2),
    "xz": (lzma.compress(LINES), 2),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_record(form, tmp_path):
    content, n = FORMS[form]
    file = tmp_path / "download"
    file.write_bytes(content)
    got = list(read_inputs([file]))
    assert [r.position for r in got] == list(range(n))
    assert [msgspec.structs.replace(r, source_file="", position=0, form="") for r in got] == [RECORD] * n


def test_zip_gives_one_record_a_member_and_names_it(tmp_path):
    zipped(tmp_path / "z", {"NCT99000010.json": ONE, "b/two.json": ONE, "README.txt": "about", "__MACOSX/x": "junk"})
    got = list(read_inputs([tmp_path / "z"]))
    assert [r.source_file for r in got] == [
        f"{(tmp_path / 'z').as_posix()}/{m}" for m in ("NCT99000010.json", "b/two.json")
    ]
    assert all(msgspec.structs.replace(r, source_file="", form="") == RECORD for r in got)


def test_nobody_is_named_in_a_record():
    assert "Person" not in str(parse_study(ONE.encode()))
    assert "@" not in str(parse_study(ONE.encode()))


@pytest.mark.parametrize(
    ("escaped", "plain"),
    {
        r"10\^6 \* 2 \~ 3 \_x": "10^6 * 2 ~ 3 _x",
        r"\[a\] \<b\> 8\. mg\\dl": r"[a] <b> 8. mg\dl",
        r"C:\new stays": r"C:\new stays",
        "&#8805; 1 &lt; 2 &amp;gt; 3": "≥ 1 < 2 > 3",
        "R&D; AT&T; section&section": "R&D; AT&T; section&section",
        "* bullet\n  * inner": "* bullet\n  * inner",
    }.items(),
)
def test_escaped_text_becomes_plain_and_nothing_else_changes(escaped, plain):
    assert plain_text(escaped) == plain


def changed(**module):
    """The study with one value replaced: design={...} and so on; None takes the whole module away."""
    study = json.loads(ONE)
    for name, value in module.items():
        key = f"{name}Module"
        if value is None:
            del study["protocolSection"][key]
        else:
            study["protocolSection"][key] = {**study["protocolSection"].get(key, {}), **value}
    return json.dumps(study).encode()


def test_absent_modules_are_missing_not_zero():
    record = parse_study(json.dumps({"protocolSection": {"identificationModule": {"nctId": "NCT99000010"}}}).encode())
    stated = {k: v for k, v in msgspec.structs.asdict(record).items() if v not in (None, [], {}, "", 0)}
    assert stated == {"register": "ctgov", "trial_id": "NCT99000010", "url": RECORD.url, "complete": True}
    assert parse_study(changed(contactsLocations=None)).n_sites is None


@pytest.mark.parametrize(
    ("printed", "expected"),
    {"ACTUAL": "actual", "ESTIMATED": "estimated", "ANTICIPATED": "estimated", None: None}.items(),
)
def test_enrollment_type_is_what_the_register_says(printed, expected):
    assert parse_study(changed(design={"enrollmentInfo": {"count": 3, "type": printed}})).enrollment_type == expected


def test_unknown_enrollment_type_says_what_to_do():
    with pytest.raises(
        ValueError, match=r"NCT99000010: enrollment type 'PLANNED' is not ACTUAL.*extend _enrollment_type"
    ):
        parse_study(changed(design={"enrollmentInfo": {"count": 3, "type": "PLANNED"}}))


def test_results_are_known_only_when_the_source_tells():
    study = json.loads(ONE)
    del study["hasResults"]
    assert parse_study(json.dumps(study).encode()).has_results is None
    assert parse_study(json.dumps({**study, "resultsSection": {"a": 1}}).encode()).has_results is True


# --- real files next to the checkout -----------------------------------------------------------------------------


def corpus(path: str) -> Path:
    if not (CORPUS / path).exists():
        pytest.skip(f"{CORPUS / path} is not here: real records are not part of the repository")
    return CORPUS / path


def test_all_1536_stem_cell_records_are_read_quickly():
    began = time.perf_counter()
    got = list(read_inputs([corpus("derived_v2_msc")]))
    assert time.perf_counter() - began < 2
    assert len(got) == 1536
    assert all(isinstance(r, TrialRecord) for r in got)
    assert len({r.trial_id for r in got}) == 1535
    assert sum(r.has_results for r in got) == 50


@pytest.mark.parametrize(
    ("path", "n"),
    {
        "marcmorcos_erectile_dysfunction/ctg-studies.json.zip": 635,
        "array_exports": 576,
        "api_pages": 15,
        "single": 1,
    }.items(),
)
def test_real_v2_exports_are_read_whole(path, n):
    got = list(read_inputs([corpus(f"ctgov_v2/{path}")]))
    assert [r for r in got if isinstance(r, Rejected)] == []
    assert len(got) == n
    assert not any("\\^" in text.text or "\\<" in text.text for r in got for text in r.passages())


def test_fragments_are_rejected_and_whole_studies_beside_them_read():
    got = list(read_inputs([corpus("ctgov_v2/aact_fixtures")]))
    assert len(got) == 64
    rejected = [r for r in got if isinstance(r, Rejected)]
    assert all("nctId: not a whole study, it holds only" in r.reason for r in rejected)
    assert len(rejected) == 45
