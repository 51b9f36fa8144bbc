"""ClinicalTrials.gov tables: both sites' downloads say what the other forms of the same trials say, and no more."""

import csv
import datetime
import io
import random
import re

import pytest
import xlsxwriter
from growth import assert_linear
from msgspec.structs import replace
from one_study import EXTRACT, STUDY
from reading import CORPUS, bare, needs_corpus, read_bare, read_corpus, read_written

from trialkit.record import Intervention, Outcome, TrialRecord
from trialkit.registries.ctgov_table import parse_row, recognises
from trialkit.registries.ctgov_table_cells import find_country, find_date, split_interventions
from trialkit.registries.files import read_inputs

PRESENT = {
    "NCT Number": "NCT99000010", "Study Title": "Cells for Sore Knees &amp; Hips", "Acronym": "SORE",
    "Study URL": "https://clinicaltrials.gov/study/NCT99000010", "Study Status": "ACTIVE_NOT_RECRUITING",
    "Brief Summary": "A dose of 1 x 10\\^6 cells/kg.", "Study Results": "NO", "Conditions": "Arthritis|Pain, Chronic",
    "Interventions": "BIOLOGICAL: Cells|DIETARY_SUPPLEMENT: Fish oil",
    "Primary Outcome Measures": "Pain, 0\\~10 points, 6 months|Gait, 1 year", "Secondary Outcome Measures": "Sleep",
    "Other Outcome Measures": "Mood", "Sponsor": "Example Institute", "Collaborators": "Example Works",
    "Sex": "FEMALE", "Age": "ADULT, OLDER_ADULT", "Phases": "PHASE1|PHASE2", "Enrollment": "12",
    "Funder Type": "OTHER_GOV", "Study Type": "INTERVENTIONAL",
    "Study Design": "Allocation: NON_RANDOMIZED|Intervention Model: PARALLEL|"
    "Masking: DOUBLE (PARTICIPANT, OUTCOMES_ASSESSOR)|Primary Purpose: SUPPORTIVE_CARE",
    "Other IDs": "ORG-1|2031-000001-10", "Start Date": "2031-02", "Primary Completion Date": "2032-12-01",
    "Completion Date": "2033-01-15", "First Posted": "2031-01-05", "Results First Posted": "",
    "Last Update Posted": "2031-06-30",
    "Locations": "Hospital of A. Person, Madrid, 28001, Spain|Ward 2, Rome, Italy|Ward 3, Lugo, Spain",
    "Study Documents": "Study Protocol, https://example.org/protocol.pdf",
}  # fmt: skip
RETIRED = {
    "Rank": "1", "NCT Number": "NCT99000010", "Title": "Cells for Sore Knees & Hips", "Acronym": "SORE",
    "Status": "Active, not recruiting", "Study Results": "No Results Available",
    "Conditions": "Arthritis|Pain, Chronic", "Interventions": "Biological: Cells|Dietary Supplement: Fish oil",
    "Outcome Measures": "Pain|Gait|Sleep|Mood", "Sponsor/Collaborators": "Example Institute|Example Works",
    "Gender": "Female", "Age": "18 Years to 75 Years \xa0 (Adult, Older Adult)", "Phases": "Phase 1|Phase 2",
    "Enrollment": "12", "Funded Bys": "Other|Industry", "Study Type": "Interventional",
    "Study Designs": "Allocation: Non-Randomized|Intervention Model: Parallel Assignment|"
    "Masking: Double (Participant, Outcomes Assessor)|Primary Purpose: Supportive Care",
    "Other IDs": "ORG-1|2031-000001-10", "Start Date": "February 2031", "Primary Completion Date": "December 1, 2032",
    "Completion Date": "January 15, 2033", "First Posted": "January 5, 2031", "Results First Posted": "null",
    "Last Update Posted": "June 30, 2031",
    "Locations": "Hospital of A. Person, Madrid, Spain|Ward 2, Rome, Italy|Ward 3, Lugo, Spain",
    "Study Documents": "", "URL": "https://ClinicalTrials.gov/show/NCT99000010",
}  # fmt: skip
OF_PRESENT = replace(
    EXTRACT,
    brief_summary=STUDY.brief_summary,
    minimum_age=None,  # age groups are no limits
    maximum_age=None,
    outcomes=[  # an entry is never taken apart: its parts have commas of their own
        Outcome(role="primary", position=0, measure="Pain, 0~10 points, 6 months"),
        Outcome(role="primary", position=1, measure="Gait, 1 year"),
        Outcome(role="secondary", position=0, measure="Sleep"),
        Outcome(role="other", position=0, measure="Mood"),
    ],
    sponsor_class="other_gov",
    printed={"minimum_age": "ADULT, OLDER_ADULT", "maximum_age": "ADULT, OLDER_ADULT"},
)
OF_RETIRED = replace(
    EXTRACT,
    printed={
        "outcomes": "Pain|Gait|Sleep|Mood",  # nothing says which are primary
        "phases": "Phase 1|Phase 2", "intervention_model": "Parallel Assignment",
        "minimum_age": "18 Years to 75 Years   (Adult, Older Adult)",
        "maximum_age": "18 Years to 75 Years   (Adult, Older Adult)",
        "start_date": "February 2031", "primary_completion_date": "December 1, 2032",
        "completion_date": "January 15, 2033", "first_posted_date": "January 5, 2031",
        "last_update_date": "June 30, 2031", "sponsor_class": "Other|Industry",
    },
)  # fmt: skip


def table(*rows, delimiter=",", end="\r\n"):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def of(**cells: str) -> TrialRecord:
    """The record of a row with only the NCT number and these cells (`_` for a blank)."""
    return parse_row({"NCT_Number": "NCT99000010", **cells})


@pytest.mark.parametrize(("row", "record"), [(PRESENT, OF_PRESENT), (RETIRED, OF_RETIRED)], ids=["present", "retired"])
def test_a_table_of_either_site_gives_the_study(row, record, tmp_path):
    assert read_written(tmp_path, table(row)) == [record]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + table(PRESENT, end="\n"),
        table(PRESENT, delimiter="\t"),
        table(PRESENT, delimiter=";"),
        table(PRESENT).decode().encode("utf-16"),
        table({name.replace(" ", "_"): text for name, text in PRESENT.items()}),
        table({name.lower(): text for name, text in reversed(PRESENT.items())}),
        table({"Include?": "yes", **PRESENT, "Notes": "look again"}),
    ],
    ids=["Unix", "TSV", "semicolons", "UTF-16", "underscores", "order", "own columns"],
)
def test_a_table_saved_again_gives_the_same(content, tmp_path):
    assert read_written(tmp_path, content) == [OF_PRESENT]


def test_a_spreadsheet_gives_its_dates_and_numbers(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "download", {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["NCT Number", "Study Title", "Start Date", "Enrollment"])
        sheet.write_row(1, 0, ["NCT99000010", "Cells", datetime.datetime(2031, 2, 3), 12])
    [record] = read_bare(tmp_path / "download")
    assert (record.trial_id, record.start_date, record.enrollment_count) == ("NCT99000010", "2031-02-03", 12)


@pytest.mark.parametrize(
    ("columns", "known"),
    [
        (["Study Title", "Sponsor", "NCT Number"], True),
        (["Conditions", "Phases", "NCT_Number", "Study URL"], True),
        (["TrialID", "Public title", "Conditions", "Phase", "Locations"], False),
        (["NCT Number", "Title", "Author"], False),
        (["NCT Number", "NCT_Number", "nct number"], False),
        ([], False),
    ],
)
def test_a_table_is_known_by_its_number_and_two_more_columns(columns, known):
    assert recognises(columns) is known


def test_absent_columns_are_missing_not_zero():
    assert of() == TrialRecord(register="ctgov", trial_id="NCT99000010", url=STUDY.url)


def test_words_for_nothing_are_missing():
    assert parse_row({**dict.fromkeys(PRESENT, "null"), "NCT Number": "NCT99000010"}) == of()


@pytest.mark.parametrize("number", ["", "NCT990000100", "NCT99000010, NCT99000011"])
def test_a_row_without_a_number_costs_itself_alone(number, tmp_path):
    rejected, record = read_written(tmp_path, table({**PRESENT, "NCT Number": number}, PRESENT))
    assert f"'NCT Number' is {number!r}: expected NCT and eight digits" in rejected.reason
    assert record == OF_PRESENT


@pytest.mark.parametrize(
    ("printed", "limits"),
    [
        ("18 Years and older \xa0 (Adult, Older Adult)", ("18 Years", None)),
        ("up to 17 Years \xa0 (Child)", (None, "17 Years")),
        ("6 Months to 1 Year \xa0 (Child)", ("6 Months", "1 Year")),
        ("Child, Adult, Older Adult", (None, None)),
    ],
)
def test_limits_of_age_are_read_where_they_are_printed(printed, limits):
    record = of(Age=printed)
    assert (record.minimum_age, record.maximum_age) == limits


def test_a_limit_that_is_printed_alone_is_kept_alone():
    assert of(Age="18 Years and older").printed == {"minimum_age": "18 Years and older"}


@pytest.mark.parametrize(
    ("words", "date"),
    [
        ("June 7, 2031", "2031-06-07"), ("Sept 2031", "2031-09"), ("2031", "2031"),
        ("2031-06-07 00:00:00", "2031-06-07"), ("7-Jun-31", "2031-06-07"), ("Jun-98", "1998-06"),
        ("07.06.2031", "2031-06-07"), ("06-13-2031", None),  # the day comes first
        ("6/13/2031", "2031-06-13"), ("13/6/2031", "2031-06-13"), ("6/6/2031", "2031-06-06"),  # with slashes either may
        ("6/7/2031", "2031"),  # June or July
        ("2031-13", None), ("February 30, 2031", None), ("Smarch 2031", None), ("0-Jun-31", None), ("soon", None),
    ],
)  # fmt: skip
def test_dates_are_as_precise_as_printed(words, date):
    assert find_date(words) == date


@pytest.mark.parametrize(
    ("words", "printed"), [("soon", {"start_date": "soon"}), ("6/7/2031", {"start_date": "6/7/2031"}), ("2031-06", {})]
)
def test_a_date_that_was_rewritten_keeps_its_words(words, printed):
    assert of(Start_Date=words).printed == printed


@pytest.mark.parametrize(
    ("place", "country"),
    [
        ("Example Clinic, Seoul, Korea, Republic of", "Korea, Republic of"),
        ("Ward 1, Kinshasa, Congo, The Democratic Republic of the", "Congo, The Democratic Republic of the"),
        ("Example Clinic, Gaza, Palestinian Territories, Occupied", "Palestinian Territories, Occupied"),
        ("Example Hospital", None),
    ],
)
def test_the_country_is_the_last_name_of_a_place(place, country):
    assert find_country(place) == country


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Combination Product: A|B|Drug: C: D", [("Combination Product", "A|B"), ("Drug", "C: D")]),
        ("DIAGNOSTIC_TEST: Kit (A | Other)", [("DIAGNOSTIC_TEST", "Kit (A | Other)")]),
        ("Cells|Placebo: saline", [("", "Cells"), ("", "Placebo: saline")]),
        ("", []),
    ],
)
def test_a_bar_parts_interventions_only_before_a_type(cell, found):
    assert split_interventions(cell) == found


def test_a_type_without_a_name_is_no_intervention():
    record = of(Interventions="OTHER|DRUG: A")
    assert record.interventions == [Intervention(name="A", type="drug")]
    assert record.printed == {"interventions": "OTHER|DRUG: A"}


@pytest.mark.parametrize(
    ("words", "masking", "who", "printed"),
    [
        ("None (Open Label)", "none", [], {}),
        ("SINGLE (CARE_PROVIDER)", "single", ["care_provider"], {}),
        ("Quadruple", "quadruple", [], {}),
        ("Double (Subject, Caregiver)", "double", ["participant", "care_provider"],
         {"who_masked": "Subject, Caregiver"}),
        ("Double (Subject, Postman)", "double", [], {"who_masked": "Subject, Postman"}),
    ],
)  # fmt: skip
def test_who_is_masked_stands_in_brackets(words, masking, who, printed):
    record = of(Study_Design=f"Masking: {words} | Primary Purpose: ")
    assert (record.masking, record.who_masked, record.primary_purpose, record.printed) == (masking, who, None, printed)


@pytest.mark.parametrize(
    ("words", "expected"), [("Industry|Other", "industry"), ("U.S. Fed", "fed"), ("Other|NIH", None)]
)
def test_the_class_of_the_lead_sponsor_stands_first(words, expected):
    record = of(Funded_Bys=words)
    assert (record.sponsor_class, record.printed) == (expected, {"sponsor_class": words})


def test_words_without_a_counterpart_are_printed_not_guessed():
    record = of(Study_Status="DREAMING", Phases="Phase 9", Enrollment="a few", Sex="?", Study_Results="maybe")
    assert record == replace(
        of(),
        printed={
            "overall_status": "DREAMING", "phases": "Phase 9", "enrollment_count": "a few", "sex": "?",
            "has_results": "maybe",
        },
    )  # fmt: skip


@pytest.mark.parametrize(("words", "n"), [("0", 0), ("1,250", 1250), ("12.0", 12), ("-3", None), ("9" * 5000, None)])
def test_enrollment_is_a_whole_number(words, n):
    assert of(Enrollment=words).enrollment_count == n


@pytest.mark.parametrize("words", ["YES", "Has Results"])
def test_either_site_says_that_there_are_results(words):
    assert of(Study_Results=words).has_results is True


def test_expanded_access_keeps_its_kind_in_print():
    words = "Expanded Access:Individual Patients"
    assert of(Study_Type=words) == replace(of(), study_type="expanded_access", printed={"study_type": words})


def test_headings_before_2017_are_known():
    record = of(Recruitment="Recruiting", Study_Types="Observational", Age_Groups="Adult|Senior", Gender="Both")
    assert (record.overall_status, record.study_type, record.sex) == ("recruiting", "observational", "all")


def hostile(text: str) -> TrialRecord:
    return parse_row({**dict.fromkeys([*PRESENT, *RETIRED], text), "NCT Number": "NCT99000010"})


def test_odd_cells_raise_nothing():
    pieces = ["|", ": ", ", ", "(", ")", "DRUG", "Masking: ", "\x00", "\ufeff", "٣", "9", "Jun-", "/", "&#0;", "<"]
    chance = random.Random(7)
    for _ in range(300):
        assert hostile("".join(chance.choices(pieces, k=chance.randint(1, 30)))).trial_id == "NCT99000010"


@pytest.mark.parametrize("piece", ["|", "DRUG: |", ", ", "(", "1"])
def test_cost_grows_with_the_text_only(piece):
    assert_linear(hostile, piece)


# Real records


def told_by_table(record: TrialRecord) -> TrialRecord:
    """What a table tells of a record: it has no column for texts and arms, and leaves out earlier NCT numbers."""
    columns = ("register", "trial_id", "url", "public_title", "acronym", "conditions", "overall_status", "phases",
               "study_type", "allocation", "intervention_model", "masking", "who_masked", "primary_purpose", "sex",
               "enrollment_count", "start_date", "primary_completion_date", "completion_date", "first_posted_date",
               "last_update_date", "lead_sponsor", "sponsor_class", "countries", "n_sites", "has_results")  # fmt: skip
    return TrialRecord(
        **{name: getattr(record, name) for name in columns},
        secondary_ids=[number for number in record.secondary_ids if not re.fullmatch(r"NCT\d+", number)],
        interventions=[Intervention(name=item.name, type=item.type) for item in record.interventions],
    )


@needs_corpus
def test_635_trials_are_the_same_as_table_and_as_json():
    folder = "ctgov_v2/marcmorcos_erectile_dysfunction"
    whole = {record.trial_id: record for record in read_corpus(f"{folder}/ctg-studies.json.zip")}
    rows = read_corpus(f"{folder}/ctg-studies.csv.gz")
    assert len(rows) == len(whole) == 635
    for row in rows:
        entry = whole[row.trial_id]
        measures = [", ".join(filter(None, (o.measure, o.description, o.time_frame))) for o in entry.outcomes]
        outcomes = [
            Outcome(role=o.role, position=o.position, measure=measure)
            for o, measure in zip(entry.outcomes, measures, strict=True)
        ]
        assert replace(bare(row), printed={}) == replace(told_by_table(entry), outcomes=outcomes)


@needs_corpus
def test_stem_cell_trials_of_the_retired_site_agree_with_their_json():
    whole = {record.trial_id: record for record in read_corpus("derived_v2_msc")}
    pairs = [(row, whole.get(row.trial_id)) for row in read_corpus("mapclinical/classic_csv_exports")]
    pairs = [(row, entry) for row, entry in pairs if entry and entry.last_update_date == row.last_update_date]
    assert len(pairs) == 3493  # of 3,552; the JSON is up to four weeks younger
    for row, entry in pairs:
        told = told_by_table(entry)
        assert replace(bare(row), minimum_age=None, maximum_age=None, printed={}) == replace(
            told,
            study_type=told.study_type or row.study_type,  # 49 entries of the JSON lack it
            overall_status=row.overall_status if told.overall_status == "unknown" else told.overall_status,  # by time
            sponsor_class=told.sponsor_class if told.sponsor_class in {"industry", "nih", "fed"} else None,
            interventions=list({(item.type, item.name): item for item in told.interventions}.values()),  # each once
        )
        assert (row.minimum_age, row.maximum_age) == (entry.minimum_age, entry.maximum_age)
        assert row.printed.get("outcomes", "") == "|".join(dict.fromkeys(o.measure for o in entry.outcomes))


@needs_corpus
def test_every_word_of_real_tables_has_its_meaning():
    rows = [row for row in read_corpus("ctgov_v2_csv", "ctgov_classic_search") if row.form == "ctgov_table"]
    assert len(rows) == 12_799
    lost = {field for row in rows for field in row.printed if getattr(row, field) in (None, [])}
    assert lost == {"minimum_age", "maximum_age", "outcomes", "sponsor_class", "interventions"}
    assert [row.trial_id for row in rows if "interventions" in row.printed] == ["NCT05351411"]  # a type without a name
    assert not [p.text for row in rows for p in row.passages() if "\\^" in p.text or "\\<" in p.text]


@needs_corpus
def test_tables_of_others_are_left_to_them():
    results = read_inputs([CORPUS / "misc_small"])
    assert "ctgov_table" not in {result.form for result in results if isinstance(result, TrialRecord)}
