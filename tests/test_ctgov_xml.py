"""ClinicalTrials.gov's retired XML: both dialects of a study and the search results say what the other forms say."""

import csv
import gzip
import io
import json
import random
import re
import time
import zipfile
from collections import defaultdict
from pathlib import Path

import msgspec
import pytest

from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries import READERS, Reader, ctgov_search_xml, ctgov_xml, wording
from trialkit.registries.files import Rejected, read_inputs

FIXTURES = Path(__file__).parent / "fixtures" / "ctgov_xml"
PUBLIC, ARCHIVED, SEARCH = ((FIXTURES / f"{name}.xml").read_text() for name in ("public", "archived", "search"))
CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
real = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")


@pytest.fixture(autouse=True)
def _listed(monkeypatch):
    """Both readers are known to `read_inputs`, whether or not the package lists them."""
    for key, module, complete in (("ctgov_xml", ctgov_xml, True), ("ctgov_search_xml", ctgov_search_xml, False)):
        if key not in READERS:
            reader = Reader(
                "xml", module.recognises, module.parse_study, module.ACCEPTS, module.ELEMENT, complete=complete
            )
            monkeypatch.setitem(READERS, key, reader)


RECORD = TrialRecord(
    register="ctgov",
    trial_id="NCT99000010",
    source_date="2031-03-04",
    url="https://clinicaltrials.gov/study/NCT99000010",
    secondary_ids=["ORG-1", "2031-000001-10", "NCT99000011"],
    public_title="Cells for Sore Knees & Hips",
    scientific_title="A Study of Cells <Frozen>",
    acronym="SORE",
    conditions=["Arthritis", "Pain"],
    keywords=["knee"],
    brief_summary=(
        "Knees hurt, and the cells of this invented study are frozen before they are given to "
        "anybody at a dose of 1 x 10^6/kg.\n\nHips hurt as well."
    ),
    detailed_description=(
        "Groups:\n\n- group A, who have a rather long name that does not end before the margin of this text\n\n"
        "  1. A one\n\n  10. A ten\n\n- group B"
    ),
    overall_status="active_not_recruiting",
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="non_randomized",
    intervention_model="parallel",
    intervention_model_description="Two groups\nside by side",
    masking="double",
    who_masked=["care_provider", "outcomes_assessor"],
    primary_purpose="supportive_care",
    enrollment_count=12,
    enrollment_type="estimated",
    sex="all",
    minimum_age="18 Years",
    healthy_volunteers=True,
    eligibility="Inclusion Criteria:\n\n- Pain",
    arms=[
        Arm(label="A", type="experimental", description="Cells first,\nthen rest", interventions=["Biological: Cells"]),
        Arm(label="B", type="no_intervention"),
    ],
    interventions=[
        Intervention(
            name="Cells", type="biological", description="Thawed", other_names=["Frozen cells"], arm_labels=["A"]
        )
    ],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain", time_frame="6 months", description="From 0 to 10"),
        Outcome(role="secondary", position=0, measure="Walking"),
        Outcome(role="other", position=0, measure="Sleep"),
    ],
    start_date="2031-02",
    primary_completion_date="2032-12-31",
    completion_date="2033-01-05",
    first_posted_date="2031-01-05",
    last_update_date="2031-03-03",
    lead_sponsor="Example Institute",
    sponsor_class="fed",
    countries=["Spain", "Italy"],
    n_sites=3,
    has_results=False,
    printed={
        "intervention_model": "Parallel Assignment",
        "masking": "Double (Care Provider, Outcomes Assessor)",
        "enrollment_type": "Anticipated",
        "sex": "Both",
        "healthy_volunteers": "Accepts Healthy Volunteers",
        "start_date": "February 2031",
        "primary_completion_date": "December 31, 2032",
        "completion_date": "January 5, 2033",
        "first_posted_date": "January 5, 2031",
        "last_update_date": "March 3, 2031",
        "sponsor_class": "U.S. Fed",
    },
)


OLD_RECORD = TrialRecord(
    register="ctgov",
    trial_id="NCT99000010",
    url=RECORD.url,
    secondary_ids=["ORG-1", "2031-000001-10"],
    public_title=RECORD.public_title,
    conditions=["Arthritis"],
    detailed_description="Groups:\n- group A\n- group B\n\nNobody else.",
    overall_status="active_not_recruiting",
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="randomized",
    intervention_model="parallel",
    masking="double",
    who_masked=["participant", "care_provider"],
    primary_purpose="treatment",
    enrollment_count=12,
    enrollment_type="estimated",
    sex="female",
    healthy_volunteers=False,
    arms=[
        Arm(label="A", type="experimental", description="Cells first\nthen rest", interventions=["Biological: Cells"])
    ],
    interventions=[Intervention(name="Cells", type="biological", arm_labels=["A"])],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain after a year"),
        Outcome(role="secondary", position=0, measure="Walking", time_frame="6 months"),
    ],
    start_date="2031-02",
    primary_completion_date="2032-12",
    completion_date="2033-01",
    last_update_date="2031-03-01",
    lead_sponsor="Example Institute",
    printed={
        "phases": "Phase 2\nPhase 1",
        "intervention_model": "Parallel Assignment",
        "masking": "Double Blind (Subject, Caregiver)",
        "enrollment_type": "Anticipated",
        "healthy_volunteers": "No",
        "interventions[0].type": "Biological/Vaccine",
        "first_posted_date": "initial_release_date: 2031-01-01",
        "last_update_date": "last_release_date: 2031-03-01",
    },
)


def placeless(result):
    return msgspec.structs.replace(result, source_file="", position=0, form="", complete=True)


def read(tmp_path: Path, content: str | bytes) -> list:
    file = tmp_path / "download"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_inputs([file]))


def study(tmp_path: Path, inside: str) -> TrialRecord:
    """The record of a study that has a number and `inside`."""
    ident = "<id_info><nct_id>NCT99000010</nct_id></id_info>"
    [record] = read(tmp_path, f"<clinical_study>{ident}{inside}</clinical_study>")
    assert isinstance(record, TrialRecord), record
    return record


def zipped(content: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("NCT99000010.xml", content)
    return data.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        PUBLIC.encode(),
        b"\xef\xbb\xbf" + PUBLIC.encode(),
        PUBLIC.replace("\n", "\r\n").encode(),
        PUBLIC.partition("\n")[2].encode("utf-16"),
        gzip.compress(PUBLIC.encode()),
        zipped(PUBLIC),
        PUBLIC.replace("<clinical_study ", '<clinical_study xmlns="https://example.org/public" ').encode(),
    ],
    ids=["plain", "byte order mark", "Windows line ends", "UTF-16", "gzip", "zip", "with a namespace"],
)
def test_every_form_of_a_public_file_gives_the_same_record(tmp_path, content):
    assert [placeless(r) for r in read(tmp_path, content)] == [RECORD]


def test_archived_version_is_read_by_its_own_names(tmp_path):
    assert [placeless(r) for r in read(tmp_path, ARCHIVED)] == [OLD_RECORD]


def test_nobody_is_named_in_a_record(tmp_path):
    for content in (PUBLIC, ARCHIVED):
        [record] = read(tmp_path, content)
        assert "Person" not in str(record)
        assert "@" not in str(record)


def test_wrapped_lines_join_and_paragraphs_stay(tmp_path):
    text = "\n      One two\n      three.\n\n\n      -  Four\n         five\n    "
    block = f"<brief_summary><textblock>{text}</textblock></brief_summary>"
    assert study(tmp_path, block).brief_summary == "One two three.\n\n- Four five"


def test_text_written_in_place_keeps_its_lines(tmp_path):
    record = study(
        tmp_path, "<arm_group><arm_group_label>A</arm_group_label><description>One\nTwo</description></arm_group>"
    )
    assert record.arms[0].description == "One\nTwo"


def test_backslash_is_part_of_the_text(tmp_path):
    text = r"A\*B &amp;lt; C\[1\]"
    assert study(tmp_path, f"<brief_title>{text}</brief_title>").public_title == r"A\*B < C\[1\]"


@pytest.mark.parametrize(
    ("design", "expected"),
    {
        "Allocation: Randomized, Endpoint Classification: Safety/Efficacy Study, Intervention Model: Crossover Assignment, "
        "Masking: Double Blind (Subject, Outcomes Assessor), Primary Purpose: Treatment": (
            "randomized", "crossover", "double", ["participant", "outcomes_assessor"], "treatment"
        ),
        "Allocation: Non-Randomized, Masking: Open Label, Primary Purpose: Educational/Counseling/Training": (
            "non_randomized", None, "none", [], None
        ),
        "Masking: Double-Blind": (None, None, "double", [], None),
        "Allocation: N/A, Intervention Model: Single Group Assignment": ("na", "single_group", None, [], None),
        "Observational Model: Cohort, Time Perspective: Prospective": (None, None, None, [], None),
        "Prevention, Randomized, Single Blind (Caregiver, Investigator), Dose Comparison, Factorial Assignment": (
            "randomized", "factorial", "single", ["care_provider", "investigator"], "prevention"
        ),
        "Natural History, Longitudinal, Other": (None, None, None, [], None),
    }.items(),
)  # fmt: skip
def test_old_designs_are_taken_apart_by_label_or_by_meaning(tmp_path, design, expected):
    r = study(tmp_path, f"<study_design>{design}</study_design>")
    assert (r.allocation, r.intervention_model, r.masking, r.who_masked, r.primary_purpose) == expected


def test_word_without_counterpart_is_printed_and_not_read(tmp_path):
    record = study(
        tmp_path,
        "<study_design>Primary Purpose: Educational/Counseling/Training</study_design>"
        "<overall_status>No longer recruiting</overall_status>"
        "<start_date>February 30, 2031</start_date><completion_date>Soon 2031</completion_date>"
        '<enrollment type="Maximum">12</enrollment>'
        "<intervention><intervention_type>Potion</intervention_type><intervention_name>X</intervention_name></intervention>",
    )
    lost = {
        "primary_purpose": "Educational/Counseling/Training",
        "overall_status": "No longer recruiting",
        "start_date": "February 30, 2031",
        "completion_date": "Soon 2031",
        "enrollment_type": "Maximum",
    }
    assert record.printed == lost | {"interventions[0].type": "Potion"}
    assert {name: getattr(record, name) for name in lost} == dict.fromkeys(lost)
    assert record.interventions == [Intervention(name="X")]


def test_day_of_receipt_is_not_the_day_of_posting(tmp_path):
    record = study(
        tmp_path,
        "<firstreceived_date>January 1, 2009</firstreceived_date><lastchanged_date>March 1, 2009</lastchanged_date>",
    )
    assert (record.first_posted_date, record.last_update_date) == (None, "2009-03-01")
    assert record.printed == {
        "first_posted_date": "firstreceived_date: January 1, 2009",
        "last_update_date": "lastchanged_date: March 1, 2009",
    }


@pytest.mark.parametrize(
    ("kind", "phase", "expected"),
    [
        ("Interventional", "N/A", ["na"]),
        ("Interventional", "Phase 0", ["early_phase1"]),
        ("Interventional", "Early Phase 1", ["early_phase1"]),
        ("Observational [Patient Registry]", "N/A", []),
        ("Expanded Access", "N/A", []),
    ],
)
def test_no_phase_is_a_phase_of_interventional_studies_only(tmp_path, kind, phase, expected):
    record = study(tmp_path, f"<phase>{phase}</phase><study_type>{kind}</study_type>")
    assert record.phases == expected
    assert record.study_type == wording.snake(kind.partition("[")[0])


@pytest.mark.parametrize(
    ("inside", "count", "kind"),
    [
        ('<enrollment type="Actual">0</enrollment>', 0, "actual"),
        ('<enrollment type="Anticipated">1,200</enrollment>', 1200, "estimated"),
        ('<enrollment type="Estimated">7</enrollment>', 7, "estimated"),
        ("<enrollment>60</enrollment>", 60, None),
        ('<enrollment type="Anticipated"/>', None, None),
        ('<enrollment type="Actual">about 60</enrollment>', None, None),
        ("<eligibility><expected_enrollment> 280 </expected_enrollment></eligibility>", 280, "estimated"),
        ("<eligibility><expected_enrollment/></eligibility>", None, None),
    ],
)
def test_enrollment_is_planned_or_actual_only_where_the_file_says_so(tmp_path, inside, count, kind):
    record = study(tmp_path, inside)
    assert (record.enrollment_count, record.enrollment_type) == (count, kind)


def test_time_frame_is_never_taken_for_a_measure(tmp_path):
    record = study(
        tmp_path,
        "<primary_outcome><time_frame>6 months</time_frame></primary_outcome>"
        "<primary_outcome><measure>Pain</measure></primary_outcome>",
    )
    assert record.outcomes == [Outcome(role="primary", position=0, measure="Pain")]


def test_class_other_of_a_sponsor_is_not_told(tmp_path):
    sponsor = "<lead_sponsor><agency>Example Council</agency><agency_class>Other</agency_class></lead_sponsor>"
    record = study(tmp_path, f"<sponsors>{sponsor}</sponsors>")
    assert (record.lead_sponsor, record.sponsor_class, record.printed) == (
        "Example Council",
        None,
        {"sponsor_class": "Other"},
    )


@pytest.mark.parametrize(
    ("inside", "expected"),
    {
        "<clinical_results><baseline/></clinical_results>": True,
        "<clinical_result><baseline/></clinical_result>": True,
        "<clinical_result> </clinical_result>": None,
        "<!-- Results have not yet been posted for this study -->": False,
        "<!-- CAUTION -->": None,
    }.items(),
)
def test_results_are_known_only_when_the_file_tells(tmp_path, inside, expected):
    assert study(tmp_path, inside).has_results is expected


def test_countries_stand_without_sites_where_sites_are_not_listed(tmp_path):
    record = study(tmp_path, "<location_countries><country>Peru</country></location_countries>")
    assert (record.countries, record.n_sites) == (["Peru"], None)


def test_study_of_a_number_alone_has_nothing_else(tmp_path):
    record = placeless(study(tmp_path, "<brief_title>N/A</brief_title><keyword> - </keyword><gender/>"))
    assert record == TrialRecord(register="ctgov", trial_id="NCT99000010", url=RECORD.url)


@pytest.mark.parametrize(
    ("content", "reason"),
    {
        "<clinical_study><brief_title>X</brief_title></clinical_study>": r"no NCT number in id_info.* holds brief_title",
        "<clinical_study><study_id><nct_id>\n</nct_id></study_id></clinical_study>": "before it had one. It holds study_id",
        "<clinical_study/>": "It holds nothing",
        PUBLIC[:2000]: "not valid XML",
        "<search_results><study><title>X</title></study></search_results>": "no nct_id: .* it holds title",
        '<search_results count="0"/>': "XML without any <study>",
        '<rss version="2.0"><channel><title>NCT99000010</title></channel></rss>': "Accepted are",
        "<html><body>Page Not Found &nbsp; <p></body></html>": "Accepted are",
    }.items(),
)
def test_input_without_a_study_is_rejected_with_what_was_found(tmp_path, content, reason):
    [rejected] = read(tmp_path, content)
    assert isinstance(rejected, Rejected)
    assert re.search(reason, rejected.reason)


def test_entities_of_an_own_doctype_are_not_expanded(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "boo"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    ident = "<id_info><nct_id>NCT99000010</nct_id></id_info>"
    [record] = read(tmp_path, f"{bomb}<clinical_study>{ident}<brief_title>&a;&b;</brief_title></clinical_study>")
    assert "boo" not in str(record)
    assert "root:" not in str(record)


def test_long_text_costs_no_more_than_its_length(tmp_path):
    lines = "\n      word, (" * 200_000
    inside = f"<brief_summary>{lines}</brief_summary><study_design>{', word (' * 50_000}</study_design>"
    began = time.perf_counter()
    assert len(study(tmp_path, inside).brief_summary) > 1_000_000
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize("content", [PUBLIC, ARCHIVED], ids=["public", "archived"])
def test_damaged_files_give_records_or_reasons(tmp_path, content):
    rng = random.Random(7)
    tags = re.findall(r"</?\w+[^<>]*>|[^<>\s]+", content)
    for _ in range(300):
        gone = rng.sample(tags, 2)
        damaged = content.replace(gone[0], rng.choice(["", "&#176;", "9" * 5000, gone[1]]), rng.choice([1, -1]))
        assert all(isinstance(r, TrialRecord | Rejected) for r in read(tmp_path, damaged))


# --- search results ----------------------------------------------------------------------------------------------


def test_search_results_give_one_record_a_study(tmp_path):
    first, second = read(tmp_path, SEARCH)
    assert (first.position, second.position, first.complete) == (0, 1, False)
    assert placeless(first) == TrialRecord(
        register="ctgov",
        trial_id="NCT99000010",
        url=RECORD.url,
        secondary_ids=["ORG-1"],
        public_title="Cells for Sore Knees & Hips",
        conditions=["Arthritis"],
        overall_status="active_not_recruiting",
        phases=["phase1", "phase2"],
        study_type="interventional",
        allocation="na",
        masking="double",
        who_masked=["participant", "investigator"],
        primary_purpose="treatment",
        enrollment_count=12,
        sex="all",
        minimum_age="18 Years",
        interventions=[Intervention(name="Cells", type="biological"), Intervention(name="Salt | water")],
        start_date="2031-02",
        first_posted_date="2031-01-05",
        last_update_date="2031-03-03",
        lead_sponsor="Example Works",
        sponsor_class="industry",
        countries=["Iran, Islamic Republic of", "Korea, Republic of", "Germany"],
        n_sites=3,
        has_results=False,
        printed={
            "outcomes": "Pain\nWalking",
            "sponsor_class": "Industry\nOther",
            "masking": "Double (Participant, Investigator)",
            "interventions[1].type": "Potion",
            "start_date": "February 2031",
            "first_posted_date": "January 5, 2031",
            "last_update_date": "March 3, 2031",
            "has_results": "No Results Available",
        },
    )
    assert placeless(second) == TrialRecord(
        register="ctgov",
        trial_id="NCT99000012",
        url="https://clinicaltrials.gov/study/NCT99000012",
        study_type="expanded_access",
        has_results=True,
        printed={
            "study_type": "Expanded Access:Treatment IND/Protocol",
            "sponsor_class": "Other",
            "has_results": "Has Results",
        },
    )


def test_broken_study_costs_what_comes_after_it_only(tmp_path):
    first, rejected = read(tmp_path, SEARCH.replace("<study_results>Has", "<study_results Has"))
    assert first.trial_id == "NCT99000010"
    assert "after 1 records" in rejected.reason


# --- real files next to the checkout -----------------------------------------------------------------------------


def records(path: str) -> list[TrialRecord]:
    return [r for r in read_inputs([CORPUS / path]) if isinstance(r, TrialRecord)]


@real
@pytest.mark.parametrize(("path", "n", "rejected"), [("ctgov_xml/aact", 72, 3), ("ctgov_xml/fabianvf", 236, 16)])
def test_real_studies_are_read_whole_and_quickly(path, n, rejected):
    began = time.perf_counter()
    got = list(read_inputs([CORPUS / path]))
    assert time.perf_counter() - began < 5
    assert sum(isinstance(r, TrialRecord) for r in got) == n
    lost = [r for r in got if isinstance(r, Rejected)]
    assert len(lost) == rejected
    foreign = ("Invalid-nct-id.html", "covid_search.xml", "empty_search.xml")
    assert all(r.source_file.endswith(foreign) or "before it had one" in r.reason for r in lost)


@real
def test_real_studies_have_no_words_that_were_passed_over():
    lost = {
        (field, r.printed[field])
        for r in records("ctgov_xml")
        for field in ("overall_status", "study_type", "allocation", "intervention_model", "masking", "primary_purpose",
                      "enrollment_count", "enrollment_type", "sex", "healthy_volunteers", "start_date",
                      "primary_completion_date", "completion_date", "last_update_date", "sponsor_class")
        if field in r.printed and getattr(r, field) is None
    }  # fmt: skip
    assert lost == {
        ("overall_status", "No longer recruiting"),  # 2006: closed or completed, the word does not tell
        ("primary_purpose", "Educational/Counseling/Training"),
        ("sponsor_class", "Other"),
    }


@real
def test_number_comes_from_the_file_not_from_its_name():
    [record] = records("ctgov_xml/aact/NCT00980226-id-mismatch.xml")
    assert record.trial_id == "NCT00081588"
    assert "NCT00980226" in record.secondary_ids


def unmarked(text: str | None) -> str:
    """A text without line breaks, blanks and the marks of its lists."""
    return "".join(re.sub(r"(?m)^ *(?:-|\d+\.) ", "", text or "").split())


def letters(text: str | None) -> str:
    """A text without anything two layouts could differ in: its letters."""
    return re.sub(r"[\W\d_]+", "", text or "")


def without_layout(record: TrialRecord) -> TrialRecord:
    def plain(item):
        return msgspec.structs.replace(item, description=letters(item.description))

    return msgspec.structs.replace(
        placeless(record),
        **{f: letters(getattr(record, f)) for f in ("brief_summary", "detailed_description", "eligibility")},
        arms=[plain(arm) for arm in record.arms],
        interventions=[plain(item) for item in record.interventions],
        outcomes=[plain(item) for item in record.outcomes],
    )


@real
def test_both_dialects_of_one_version_agree():
    """Public files and archived versions that were changed on the same day: 22 of them.

    The archive has no class of sponsor, no alias and no word on results; in 2005 it called an enrolment expected, the
    public file of 2014 leaves the kind out. Lists and paragraphs are laid out in another way.
    """
    versions = defaultdict(dict)
    for record in records("ctgov_xml/fabianvf"):
        dialect = "archive" if "last_release_date" in record.printed.get("last_update_date", "") else "public"
        versions[record.trial_id, record.last_update_date].setdefault(dialect, without_layout(record))
    pairs = [both for both in versions.values() if len(both) == 2]
    assert len(pairs) == 22
    for both in pairs:
        archive, public = both["archive"], both["public"]
        assert archive.sponsor_class is None
        assert archive.has_results in (None, public.has_results)
        assert archive.enrollment_type == public.enrollment_type or archive.printed["enrollment_type"].startswith("exp")
        same = dict.fromkeys(("sponsor_class", "has_results", "enrollment_type", "source_date")) | {"printed": {}}
        aliases = [number for number in public.secondary_ids if number not in archive.secondary_ids]
        assert all(number.startswith("NCT") for number in aliases)
        assert msgspec.structs.replace(archive, secondary_ids=archive.secondary_ids + aliases, **same) == (
            msgspec.structs.replace(public, **same)
        )


def classic(trial_id: str) -> dict:
    """One answer of the retired JSON interface: every field by name, as a flat list of its values, and the groups."""
    with gzip.open(CORPUS / "ctgov_classic_json" / f"{trial_id}.json.gz") as file:
        section = json.load(file)["FullStudiesResponse"]["FullStudies"][0]["Study"]["ProtocolSection"]
    flat = defaultdict(list)

    def walk(value, name=""):
        if isinstance(value, dict):
            if name in {"ArmGroup", "Intervention", "PrimaryOutcome", "SecondaryOutcome", "OtherOutcome"}:
                flat[name].append(value)
            for key, item in value.items():
                walk(item, key)
        elif isinstance(value, list):
            for item in value:
                walk(item, name)
        else:
            flat[name].append(value)

    walk(section)
    return flat


@real
@pytest.mark.parametrize("trial_id", ["NCT00023673", "NCT02028676"])
def test_xml_and_json_of_the_same_update_agree(trial_id):
    """Both were posted on the same day. They differ in the marks of lists, which the JSON drops, in the order of the arms
    of one intervention, and in the class of sponsor, where the XML has only `Other`.
    """
    [r], j = records(f"ctgov_xml/aact/{trial_id}.xml.gz"), classic(trial_id)
    assert r.printed["last_update_date"] == j["LastUpdatePostDate"][0]
    for field, name in {
        "first_posted_date": "StudyFirstPostDate",
        "start_date": "StartDate",
        "primary_completion_date": "PrimaryCompletionDate",
        "completion_date": "CompletionDate",
        "masking": "DesignMasking",
        "intervention_model": "DesignInterventionModel",
    }.items():
        assert r.printed[field] == j[name][0]
    for value, name in {
        r.public_title: "BriefTitle",
        r.scientific_title: "OfficialTitle",
        r.acronym: "Acronym",
        r.lead_sponsor: "LeadSponsorName",
        r.minimum_age: "MinimumAge",
        r.maximum_age: "MaximumAge",
        str(r.enrollment_count): "EnrollmentCount",
    }.items():
        assert value in (j[name] or ["N/A", None])[:2]
    assert r.enrollment_type == j["EnrollmentType"][0].lower()
    assert r.overall_status == wording.snake(j["OverallStatus"][0])
    assert r.phases == sorted(wording.snake(p).replace("_", "") for p in j["Phase"])
    assert r.secondary_ids == list(dict.fromkeys(j["OrgStudyId"] + j["SecondaryId"] + j["NCTIdAlias"]))
    assert r.conditions == j["Condition"]
    assert r.keywords == j["Keyword"]
    assert r.countries == list(dict.fromkeys(j["LocationCountry"]))
    assert r.n_sites == len(j["LocationCountry"])
    assert [(a.label, a.type, unmarked(a.description), a.interventions) for a in r.arms] == [
        (
            a["ArmGroupLabel"],
            wording.snake(a["ArmGroupType"]),
            unmarked(a.get("ArmGroupDescription")),
            a["ArmGroupInterventionList"]["ArmGroupInterventionName"],
        )
        for a in j["ArmGroup"]
    ]
    assert [
        (i.name, i.type, unmarked(i.description), i.other_names, sorted(i.arm_labels)) for i in r.interventions
    ] == [
        (
            i["InterventionName"],
            wording.snake(i["InterventionType"]),
            unmarked(i.get("InterventionDescription")),
            i.get("InterventionOtherNameList", {}).get("InterventionOtherName", []),
            sorted(i["InterventionArmGroupLabelList"]["InterventionArmGroupLabel"]),
        )
        for i in j["Intervention"]
    ]
    assert [(o.role, o.measure, o.time_frame, unmarked(o.description)) for o in r.outcomes] == [
        (role.lower(), *(o.get(f"{role}Outcome{part}") for part in ("Measure", "TimeFrame")), unmarked(o.get(f"{role}OutcomeDescription")))
        for role in ("Primary", "Secondary", "Other")
        for o in j[f"{role}Outcome"]
    ]  # fmt: skip
    for text, name in {
        r.brief_summary: "BriefSummary",
        r.detailed_description: "DetailedDescription",
        r.eligibility: "EligibilityCriteria",
    }.items():
        assert unmarked(text) == "".join(j[name][0].split())


@real
def test_search_results_as_xml_say_what_the_table_says():
    """The table of the same search, cell by cell. It drops interventions and outcomes that are listed twice, and joins
    the ages to one phrase.
    """
    folder = CORPUS / "ctgov_classic_search"
    with gzip.open(folder / "junaidkhan_SearchResults.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    got = list(read_inputs([folder / "junaidkhan_SearchResults.xml.gz"]))
    assert len(got) == len(rows) == 100

    def cells(text):
        return [cell for cell in text.split("|") if cell]

    for record, row in zip(got, rows, strict=True):
        p = record.printed
        assert record.trial_id == row["NCT Number"]
        assert record.public_title == row["Title"]
        assert (record.acronym or "") == row["Acronym"]
        assert record.overall_status == wording.snake(row["Status"])
        assert p["has_results"] == row["Study Results"]
        assert record.conditions == cells(row["Conditions"])
        named = [f"{i.type.replace('_', ' ').title()}: {i.name}" for i in record.interventions]
        assert list(dict.fromkeys(named)) == cells(row["Interventions"])
        assert list(dict.fromkeys(p["outcomes"].split("\n"))) == cells(row["Outcome Measures"])
        assert record.lead_sponsor == cells(row["Sponsor/Collaborators"])[0]
        assert p["sponsor_class"].split("\n") == cells(row["Funded Bys"])
        assert record.sex == row["Gender"].lower()
        low, high = record.minimum_age, record.maximum_age
        ages = f"{low} to {high}" if low and high else f"{low} and older" if low else f"up to {high}" if high else ""
        assert row["Age"].startswith(ages)
        assert ages or not re.search(r"\d", row["Age"])
        phases = [f"phase{n}" if n.isdigit() else {"Early Phase 1": "early_phase1", "Not Applicable": "na"}[n]
                  for n in (c.removeprefix("Phase ") for c in cells(row["Phases"]))]  # fmt: skip
        assert record.phases == phases
        assert record.enrollment_count == int(row["Enrollment"])
        assert record.study_type == row["Study Type"].lower()
        design = dict(c.split(": ", 1) for c in cells(row["Study Designs"]))
        assert (record.allocation or "") == wording.snake(design.get("Allocation", "").replace("/", ""))
        assert p.get("intervention_model") == design.get("Intervention Model")
        assert p.get("masking") == design.get("Masking")
        assert (record.primary_purpose or "") == wording.snake(design.get("Primary Purpose", ""))
        assert record.secondary_ids == cells(row["Other IDs"])
        assert p["start_date"] == row["Start Date"]
        assert p["primary_completion_date"] == row["Primary Completion Date"]
        assert p["completion_date"] == row["Completion Date"]
        assert p["first_posted_date"] == row["First Posted"]
        assert p["last_update_date"] == row["Last Update Posted"]
        assert (record.n_sites or 0) == len(cells(row["Locations"]))
        assert all(country in row["Locations"] for country in record.countries)
