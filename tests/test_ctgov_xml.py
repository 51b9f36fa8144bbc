"""ClinicalTrials.gov's retired XML: both dialects of a study and the search results say what the other forms say."""

import random
import re
from collections import defaultdict
from pathlib import Path

import pytest
from growth import assert_linear
from msgspec.structs import replace
from one_study import EXTRACT, STUDY
from reading import CORPUS, bare, needs_corpus, read_corpus, read_written

from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries.ctgov_xml import parse_study
from trialkit.registries.files import Rejected, read_inputs
from trialkit.registries.xml_text import parsed

FIXTURES = Path(__file__).parent / "fixtures" / "ctgov_xml"
PUBLIC, ARCHIVED, SEARCH = ((FIXTURES / f"{name}.xml").read_text() for name in ("public", "archived", "search"))

DATES = {
    "start_date": "February 2031", "primary_completion_date": "December 1, 2032",
    "completion_date": "January 15, 2033", "first_posted_date": "January 5, 2031", "last_update_date": "June 30, 2031",
}  # fmt: skip
DESIGN = {"intervention_model": "Parallel Assignment", "masking": "Double (Participant, Outcomes Assessor)"}
OF_PUBLIC = replace(
    STUDY,
    source_date="2031-07-06",
    detailed_description="Weight > 40 kg:\n\n- group A\n\n- group B",
    eligibility="Inclusion Criteria:\n\n- Pain",
    sponsor_class=None,  # "Other" is a government, a network or a person just as well
    printed=DATES | DESIGN | {
        "enrollment_type": "Anticipated", "healthy_volunteers": "Accepts Healthy Volunteers", "sponsor_class": "Other",
    },
)  # fmt: skip
OF_ARCHIVED = replace(
    STUDY,
    secondary_ids=["ORG-1", "2031-000001-10"],
    detailed_description="Weight > 40 kg:\n\n- group A\n- group B",
    intervention_model_description=None,
    masking_description=None,
    outcomes=[
        STUDY.outcomes[0],
        Outcome(role="primary", position=1, measure="Gait after a year"),
        Outcome(role="secondary", position=0, measure="Sleep"),
    ],
    first_posted_date=None,  # a day of receipt is told, not of posting
    last_update_date="2031-06-29",
    sponsor_class=None,
    has_results=None,
    printed={
        "phases": "Phase 2\nPhase 1", "intervention_model": "Parallel Assignment",
        "masking": "Double Blind (Subject, Outcomes Assessor)", "enrollment_type": "Anticipated",
        "healthy_volunteers": "Yes", "interventions[0].type": "Biological/Vaccine",
        "first_posted_date": "initial_release_date: 2031-01-01", "last_update_date": "last_release_date: 2031-06-29",
    },
)  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [PUBLIC, PUBLIC.replace("<clinical_study ", '<clinical_study xmlns="https://example.org/public" ')],
    ids=["plain", "with a namespace"],
)
def test_a_public_file_gives_the_study(content, tmp_path):
    assert read_written(tmp_path, content) == [OF_PUBLIC]


def test_an_archived_version_gives_the_study_by_its_own_names(tmp_path):
    assert read_written(tmp_path, ARCHIVED) == [OF_ARCHIVED]


def study(inside: str) -> TrialRecord:
    """The record of a study that has a number and `inside`."""
    ident = "<id_info><nct_id>NCT99000010</nct_id></id_info>"
    [record] = parsed(f"<clinical_study>{ident}{inside}</clinical_study>".encode(), "clinical_study", parse_study)
    return record


def test_wrapped_lines_join_up_to_a_blank_line():
    text = "\n  One two\n  three.\n\n\n    -  Four\n       five\n\n         1. A one\n\n        10. A ten\n"
    record = study(f"<brief_summary><textblock>{text}</textblock></brief_summary>")
    assert record.brief_summary == "One two three.\n\n- Four five\n\n  1. A one\n\n  10. A ten"


def test_text_written_in_place_keeps_its_lines():
    record = study("<arm_group><arm_group_label>A</arm_group_label><description>One\nTwo</description></arm_group>")
    assert record.arms == [Arm(label="A", description="One\nTwo")]


def test_a_backslash_is_part_of_the_text():
    assert study(r"<brief_title>A\*B &amp;lt; C\[1\]</brief_title>").public_title == r"A\*B < C\[1\]"


@pytest.mark.parametrize(
    ("design", "expected"),
    [
        (
            "Allocation: Randomized, Endpoint Classification: Safety/Efficacy Study, Intervention Model: Crossover "
            "Assignment, Masking: Double Blind (Subject, Outcomes Assessor), Primary Purpose: Treatment",
            ("randomized", "crossover", "double", ["participant", "outcomes_assessor"], "treatment"),
        ),
        ("Allocation: N/A, Masking: Open Label", ("na", None, "none", [], None)),
        (
            "Prevention, Randomized, Single Blind (Caregiver, Investigator), Dose Comparison, Factorial Assignment",
            ("randomized", "factorial", "single", ["care_provider", "investigator"], "prevention"),
        ),
        ("Natural History, Longitudinal, Other", (None, None, None, [], None)),
    ],
    ids=["labels", "short", "no labels", "other words"],
)
def test_old_designs_are_taken_apart_by_label_or_by_meaning(design, expected):
    r = study(f"<study_design>{design}</study_design>")
    assert (r.allocation, r.intervention_model, r.masking, r.who_masked, r.primary_purpose) == expected


def test_words_without_counterpart_are_printed_not_guessed():
    record = study(
        "<study_design>Primary Purpose: Guesswork</study_design><overall_status>Paused</overall_status>"
        "<start_date>February 30, 2031</start_date><enrollment type='Maximum'>12</enrollment>"
        "<intervention><intervention_name>X</intervention_name><intervention_type>Potion</intervention_type>"
        "</intervention><study_type>Odd</study_type>"
    )
    printed = {
        "primary_purpose": "Guesswork", "overall_status": "Paused", "start_date": "February 30, 2031",
        "enrollment_type": "Maximum", "study_type": "Odd", "interventions[0].type": "Potion",
    }  # fmt: skip
    assert record == replace(study(""), enrollment_count=12, interventions=[Intervention(name="X")], printed=printed)


@pytest.mark.parametrize(
    ("kind", "phase", "expected"),
    [
        ("Interventional", "N/A", ("interventional", ["na"])),
        ("Interventional", "Phase 0", ("interventional", ["early_phase1"])),
        ("Observational [Patient Registry]", "N/A", ("observational", [])),
    ],
)
def test_no_phase_is_a_phase_of_interventional_studies_only(kind, phase, expected):
    record = study(f"<phase>{phase}</phase><study_type>{kind}</study_type>")
    assert (record.study_type, record.phases) == expected


@pytest.mark.parametrize(
    ("inside", "count", "kind"),
    [
        ('<enrollment type="Actual">0</enrollment>', 0, "actual"),
        ("<enrollment>1,200</enrollment>", 1200, None),
        ('<enrollment type="Anticipated"/>', None, None),
        ('<enrollment type="Actual">about 60</enrollment>', None, None),
        ("<eligibility><expected_enrollment> 280 </expected_enrollment></eligibility>", 280, "estimated"),
    ],
)
def test_enrollment_is_planned_or_actual_only_where_the_file_says_so(inside, count, kind):
    record = study(inside)
    assert (record.enrollment_count, record.enrollment_type) == (count, kind)


def test_a_time_frame_is_never_taken_for_a_measure():
    record = study(
        "<primary_outcome><time_frame>6 months</time_frame></primary_outcome>"
        "<primary_outcome><measure>Pain</measure></primary_outcome>"
    )
    assert record.outcomes == [Outcome(role="primary", position=0, measure="Pain")]


def test_the_class_of_the_sponsor_is_not_that_of_a_collaborator():
    lead, other = "<agency_class>U.S. Fed</agency_class>", "<agency_class>NIH</agency_class>"
    inside = f"<collaborator>{other}</collaborator><lead_sponsor>{lead}</lead_sponsor>"
    assert study(f"<sponsors>{inside}</sponsors>").sponsor_class == "fed"


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<clinical_results><baseline/></clinical_results>", True),
        ("<clinical_result><baseline/></clinical_result>", True),
        ("<clinical_result> </clinical_result>", None),
        ("<!-- CAUTION -->", None),
    ],
)
def test_results_are_known_only_when_the_file_tells(inside, expected):
    assert study(inside).has_results is expected


def test_countries_may_stand_without_sites():
    record = study("<location_countries><country>Peru</country></location_countries>")
    assert (record.countries, record.n_sites) == (["Peru"], None)


def test_words_for_nothing_are_missing():
    record = study(
        "<brief_title>N/A</brief_title><keyword> - </keyword><eligibility><maximum_age>N/A</maximum_age></eligibility>"
    )
    assert record == TrialRecord(register="ctgov", trial_id="NCT99000010", url=STUDY.url)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<clinical_study><phase>X</phase></clinical_study>", "no NCT number in id_info.* holds phase"),
        ("<clinical_study/>", "It holds nothing"),
        (PUBLIC[:2000], "not valid XML"),
        ("<search_results><study><title>X</title></study></search_results>", "no nct_id: .* it holds title"),
        ('<search_results count="0"/>', "XML without any <study>"),
        ('<rss version="2.0"><channel><title>NCT99000010</title></channel></rss>', "text that starts with"),
    ],
    ids=["no number", "nothing", "cut off", "search", "no search results", "RSS"],
)  # fmt: skip
def test_input_without_a_study_is_rejected_with_what_was_found(content, reason, tmp_path):
    [rejected] = read_written(tmp_path, content)
    assert re.search(reason, rejected.reason)


def test_entities_of_an_own_doctype_are_not_expanded(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "boo"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    inside = "<id_info><nct_id>NCT99000010</nct_id></id_info><brief_title>&a;&b;</brief_title>"
    [record] = read_written(tmp_path, f"{bomb}<clinical_study>{inside}</clinical_study>")
    assert record.public_title == "&a;&b;"


@pytest.mark.parametrize(
    ("name", "piece"), [("brief_summary", "\n      word, ("), ("study_design", ", word ("), ("enrollment", "9,")]
)
def test_cost_grows_with_the_text_only(name, piece):
    assert_linear(lambda text: study(f"<{name}>{text}</{name}>"), piece)


@pytest.mark.parametrize("content", [PUBLIC, ARCHIVED], ids=["public", "archived"])
def test_damaged_files_give_records_or_reasons(content, tmp_path):
    chance = random.Random(7)
    tags = re.findall(r"</?\w+[^<>]*>|[^<>\s]+", content)
    for _ in range(100):
        gone, other = chance.sample(tags, 2)
        assert read_written(tmp_path, content.replace(gone, chance.choice(["", "&#176;", "9" * 5000, other])))


# Search results


def test_search_results_give_one_record_a_study(tmp_path):
    assert read_written(tmp_path, SEARCH) == [
        replace(
            EXTRACT,
            printed=DATES | DESIGN | {
                "outcomes": "Pain\nGait",  # nothing says which are primary
                "sponsor_class": "Other\nIndustry", "has_results": "No Results Available",
            },
        ),
        TrialRecord(
            register="ctgov",
            trial_id="NCT99000012",
            url="https://clinicaltrials.gov/study/NCT99000012",
            study_type="expanded_access",
            interventions=[Intervention(name="Salt | water")],
            sponsor_class="industry",
            has_results=True,
            printed={
                "study_type": "Expanded Access:Treatment IND/Protocol", "interventions[0].type": "Potion",
                "sponsor_class": "Industry", "has_results": "Has Results",
            },
        ),
    ]  # fmt: skip


def test_a_broken_study_costs_what_comes_after_it_only(tmp_path):
    first, rejected = read_written(tmp_path, SEARCH.replace("<study_results>Has", "<study_results Has"))
    assert first.trial_id == "NCT99000010"
    assert "after 1 records" in rejected.reason


# Real records


@pytest.fixture(scope="module")
def results():
    return list(read_inputs([CORPUS / "ctgov_xml"]))


@needs_corpus
def test_real_studies_are_read_but_for_those_without_a_number(results):
    lost = [result for result in results if isinstance(result, Rejected)]
    assert (len(results), len(lost)) == (327, 19)
    foreign = ("Invalid-nct-id.html", "covid_search.xml", "empty_search.xml")
    assert all(result.source_file.endswith(foreign) or "before it had one" in result.reason for result in lost)


@needs_corpus
def test_every_word_of_real_studies_has_its_meaning(results):
    lost = {
        (field, words)
        for record in results
        if isinstance(record, TrialRecord)
        for field, words in record.printed.items()
        if field != "first_posted_date" and "[" not in field and getattr(record, field) in (None, [])
    }
    assert lost == {
        ("overall_status", "No longer recruiting"),  # 2006: closed or completed, the word does not tell
        ("primary_purpose", "Educational/Counseling/Training"),
        ("sponsor_class", "Other"),
    }


def without_layout(record: TrialRecord, *fields: str) -> TrialRecord:
    """The record with the letters alone of its longer texts, and without `fields` and its words in print."""

    def letters(text):
        return re.sub(r"[\W\d_]+", "", text or "")

    def plain(items):
        return [replace(item, description=letters(item.description)) for item in items]

    return replace(
        bare(record),
        **{name: letters(getattr(record, name)) for name in ("brief_summary", "detailed_description", "eligibility")},
        **{name: plain(getattr(record, name)) for name in ("arms", "interventions", "outcomes")},
        **dict.fromkeys(("source_date", *fields)),
        printed={},
    )


@needs_corpus
def test_both_dialects_of_one_version_agree(results):
    """Public files and archived versions that were changed on the same day: 22 of them.

    The archive has no class of sponsor, no alias and no word on results; in 2005 it called an enrolment expected, the
    public file of 2014 leaves the kind out.
    """
    versions = defaultdict(dict)
    for record in (record for record in results if isinstance(record, TrialRecord)):
        dialect = "archive" if "last_release_date" in record.printed.get("last_update_date", "") else "public"
        versions[record.trial_id, record.last_update_date].setdefault(dialect, record)
    pairs = [(both["archive"], both["public"]) for both in versions.values() if len(both) == 2]
    assert len(pairs) == 22
    for archive, public in pairs:
        assert set(archive.secondary_ids) <= set(public.secondary_ids)
        assert archive.has_results in (None, public.has_results)
        apart = ["secondary_ids", "sponsor_class", "has_results"]
        if archive.printed.get("enrollment_type") == "expected_enrollment":
            apart.append("enrollment_type")
        assert without_layout(archive, *apart) == without_layout(public, *apart)


@needs_corpus
@pytest.mark.parametrize("trial_id", ["NCT00023673", "NCT02028676"])
def test_xml_and_json_of_the_same_update_agree(trial_id):
    """The XML has fewer classes of sponsors; the JSON sorts the arms of an intervention."""
    xml, full = read_corpus(f"ctgov_xml/aact/{trial_id}.xml.gz", f"ctgov_classic_json/{trial_id}.json.gz")
    items = [replace(item, arm_labels=sorted(item.arm_labels)) for item in xml.interventions]
    xml = replace(xml, interventions=items)
    assert without_layout(xml, "sponsor_class") == without_layout(full, "sponsor_class")


@needs_corpus
def test_search_results_as_xml_say_what_the_table_says():
    """The table of the same search drops interventions that are listed twice."""
    rows = read_corpus("ctgov_classic_search/junaidkhan_SearchResults.csv.gz")
    found = read_corpus("ctgov_classic_search/junaidkhan_SearchResults.xml.gz")
    assert len(found) == 100
    for record, row in zip(found, rows, strict=True):
        once = list({(item.type, item.name): item for item in record.interventions}.values())
        assert replace(bare(record), interventions=once, printed={}) == replace(bare(row), printed={})
        assert list(dict.fromkeys(record.printed["outcomes"].split("\n"))) == row.printed["outcomes"].split("|")
