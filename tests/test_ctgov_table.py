"""ClinicalTrials.gov tables: both sites' downloads say what the other forms of the same trials say, and no more."""

import csv
import datetime
import io
import random
import time
from pathlib import Path

import msgspec
import pytest
import xlsxwriter

import trialkit.registries
from trialkit.record import Intervention, Outcome, TrialRecord
from trialkit.registries import READERS, Reader, ctgov_table
from trialkit.registries.ctgov_table import parse_row, recognises
from trialkit.registries.ctgov_table_cells import design_parts, find_country, find_date, split_interventions
from trialkit.registries.files import Rejected, read_inputs

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
on_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    if "ctgov_table" not in READERS:
        reader = Reader("table", recognises, parse_row, ctgov_table.ACCEPTS, complete=False)
        monkeypatch.setitem(trialkit.registries.READERS, "ctgov_table", reader)


PRESENT = {
    "NCT Number": "NCT99000010",
    "Study Title": "Cells for Sore Knees &amp; Hips",
    "Study URL": "https://clinicaltrials.gov/study/NCT99000010",
    "Acronym": "SORE",
    "Study Status": "ACTIVE_NOT_RECRUITING",
    "Brief Summary": "A dose of 1 x 10\\^6 cells/kg.\n\nThen rest.",
    "Study Results": "NO",
    "Conditions": "Arthritis|Pain, Chronic",
    "Interventions": "BIOLOGICAL: Cells|DIETARY_SUPPLEMENT: Fish oil (A | B kit)",
    "Primary Outcome Measures": "Pain, 6 months|Walking, Metres walked, on a track, 1, 3 and 6 months",
    "Secondary Outcome Measures": "Sleep",
    "Other Outcome Measures": "",
    "Sponsor": "Example Institute",
    "Collaborators": "Another Institute|A Company",
    "Sex": "FEMALE",
    "Age": "ADULT, OLDER_ADULT",
    "Phases": "PHASE1|PHASE2",
    "Enrollment": "12",
    "Funder Type": "OTHER_GOV",
    "Study Type": "INTERVENTIONAL",
    "Study Design": "Allocation: NON_RANDOMIZED|Intervention Model: SINGLE_GROUP|"
    "Masking: DOUBLE (PARTICIPANT, OUTCOMES_ASSESSOR)|Primary Purpose: SUPPORTIVE_CARE",
    "Other IDs": "ORG-1|2031-000001-10",
    "Start Date": "2031-02",
    "Primary Completion Date": "2032-12-01",
    "Completion Date": "2033-01-15",
    "First Posted": "2031-01-05",
    "Results First Posted": "",
    "Last Update Posted": "2031-06-30",
    "Locations": "Example Hospital, Madrid, 28001, Spain|Example Clinic, Seoul, Korea, Republic of|Ward 3, Lugo, Spain",
    "Study Documents": "Study Protocol, https://example.org/protocol.pdf",
}
RETIRED = {
    "Rank": "1",
    "NCT Number": "NCT99000010",
    "Title": "Cells for Sore Knees & Hips",
    "Acronym": "SORE",
    "Status": "Active, not recruiting",
    "Study Results": "No Results Available",
    "Conditions": "Arthritis|Pain, Chronic",
    "Interventions": "Biological: Cells|Dietary Supplement: Fish oil (A | B kit)",
    "Outcome Measures": "Pain|Walking|Sleep",
    "Sponsor/Collaborators": "Example Institute|Another Institute|A Company",
    "Gender": "Female",
    "Age": "18 Years to 75 Years \xa0 (Adult, Older Adult)",
    "Phases": "Phase 1|Phase 2",
    "Enrollment": "12",
    "Funded Bys": "Other|Industry",
    "Study Type": "Interventional",
    "Study Designs": "Allocation: Non-Randomized|Intervention Model: Single Group Assignment|"
    "Masking: Double (Participant, Outcomes Assessor)|Primary Purpose: Supportive Care",
    "Other IDs": "ORG-1|2031-000001-10",
    "Start Date": "February 2031",
    "Primary Completion Date": "December 1, 2032",
    "Completion Date": "January 15, 2033",
    "First Posted": "January 5, 2031",
    "Results First Posted": "null",
    "Last Update Posted": "June 30, 2031",
    "Locations": "Example Hospital, Madrid, Spain|Example Clinic, Seoul, Korea, Republic of|Ward 3, Lugo, Spain",
    "Study Documents": "",
    "URL": "https://ClinicalTrials.gov/show/NCT99000010",
}
SHARED = TrialRecord(
    register="ctgov",
    trial_id="NCT99000010",
    url="https://clinicaltrials.gov/study/NCT99000010",
    secondary_ids=["ORG-1", "2031-000001-10"],
    public_title="Cells for Sore Knees & Hips",
    acronym="SORE",
    conditions=["Arthritis", "Pain, Chronic"],
    overall_status="active_not_recruiting",
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="non_randomized",
    intervention_model="single_group",
    masking="double",
    who_masked=["participant", "outcomes_assessor"],
    primary_purpose="supportive_care",
    enrollment_count=12,
    sex="female",
    interventions=[
        Intervention(name="Cells", type="biological"),
        Intervention(name="Fish oil (A | B kit)", type="dietary_supplement"),
    ],
    start_date="2031-02",
    primary_completion_date="2032-12-01",
    completion_date="2033-01-15",
    first_posted_date="2031-01-05",
    last_update_date="2031-06-30",
    lead_sponsor="Example Institute",
    countries=["Spain", "Korea, Republic of"],
    n_sites=3,
    has_results=False,
)


def table(*rows, delimiter=",", end="\r\n"):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read(tmp_path, content):
    file = tmp_path / "download"
    file.write_bytes(content)
    return list(read_inputs([file]))


def of(**cells):
    """The record of a row with only the NCT number and these cells (`_` for a blank)."""
    return parse_row({"NCT Number": "NCT99000010", **{name.replace("_", " "): text for name, text in cells.items()}})


def test_a_table_of_the_present_site_gives_its_record():
    record = parse_row(PRESENT)
    assert record == msgspec.structs.replace(
        SHARED,
        brief_summary="A dose of 1 x 10^6 cells/kg.\n\nThen rest.",
        outcomes=[
            Outcome(role="primary", position=0, measure="Pain, 6 months"),
            Outcome(role="primary", position=1, measure="Walking, Metres walked, on a track, 1, 3 and 6 months"),
            Outcome(role="secondary", position=0, measure="Sleep"),
        ],
        sponsor_class="other_gov",
        printed={"minimum_age": "ADULT, OLDER_ADULT", "maximum_age": "ADULT, OLDER_ADULT"},
    )


def test_a_table_of_the_retired_site_gives_the_same_but_for_what_it_cannot_say():
    record = parse_row(RETIRED)
    assert msgspec.structs.replace(record, printed={}) == msgspec.structs.replace(
        SHARED, minimum_age="18 Years", maximum_age="75 Years"
    )
    assert record.printed["outcomes"] == "Pain|Walking|Sleep"
    assert record.printed["sponsor_class"] == "Other|Industry"
    assert record.printed["start_date"] == "February 2031"
    assert record.printed["minimum_age"].startswith("18 Years to 75 Years")
    assert "overall_status" not in record.printed


FORMS = {
    "CSV": table(PRESENT),
    "CSV, Unix line ends": table(PRESENT, end="\n"),
    "CSV with a byte order mark": b"\xef\xbb\xbf" + table(PRESENT),
    "TSV": table(PRESENT, delimiter="\t"),
    "semicolons": table(PRESENT, delimiter=";"),
    "UTF-16": table(PRESENT).decode().encode("utf-16"),
    "headings without blanks": table({name.replace(" ", "_"): text for name, text in PRESENT.items()}),
    "headings in lower case": table({name.lower(): text for name, text in PRESENT.items()}),
    "columns in another order": table(dict(reversed(PRESENT.items()))),
    "columns of one's own": table({"Include?": "yes", **PRESENT, "Notes": "look again"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_record(form, tmp_path):
    [record] = read(tmp_path, FORMS[form])
    assert msgspec.structs.replace(record, source_file="", form="", complete=True) == parse_row(PRESENT)
    assert (record.form, record.complete) == ("ctgov_table", False)


def test_a_spreadsheet_gives_its_dates_and_numbers(tmp_path):
    names = ["NCT Number", "Study Title", "Start Date", "Enrollment"]
    with xlsxwriter.Workbook(tmp_path / "download", {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, names)
        sheet.write_row(1, 0, ["NCT99000010", "Cells", "", 12])
        sheet.write_datetime(1, 2, datetime.datetime(2031, 2, 3))
    [record] = read_inputs([tmp_path / "download"])
    assert (record.trial_id, record.start_date, record.enrollment_count) == ("NCT99000010", "2031-02-03", 12)


@pytest.mark.parametrize("columns", [["Study Title", "Sponsor"], ["Conditions", "Phases"], ["Title", "Gender"]])
def test_any_choice_of_columns_with_the_number_is_known(columns):
    assert recognises([*columns, "NCT Number"])
    assert recognises([*columns, "NCT_Number", "Study URL"])


@pytest.mark.parametrize(
    "columns",
    [
        ["nct_id", "title", "status", "phase", "conditions"],
        ["TrialID", "Public title", "Conditions", "Phase", "Locations"],
        ["Study Title", "Conditions", "Interventions", "Sponsor"],
        ["NCT Number", "Author", "Year", "Number of cells"],
        ["NCT Number", "Title", "Author"],
        ["NCT Number", "NCT_Number", "nct number"],
        [],
    ],
)
def test_tables_of_others_are_not_claimed(columns):
    assert not recognises(columns)


def test_absent_columns_are_missing_not_zero():
    stated = {k: v for k, v in msgspec.structs.asdict(of()).items() if v not in (None, [], {}, "", 0, True)}
    assert stated == {"register": "ctgov", "trial_id": "NCT99000010", "url": SHARED.url}


def test_words_for_nothing_are_missing():
    record = parse_row({**dict.fromkeys(PRESENT, "null"), "NCT Number": "NCT99000010"})
    assert record == of()


@pytest.mark.parametrize("number", ["", "ISRCTN99000010", "NCT9900001", "NCT990000100", "NCT99000010, NCT99000011"])
def test_a_row_without_a_number_costs_itself_alone(number, tmp_path):
    got = read(tmp_path, table({**PRESENT, "NCT Number": number}, PRESENT))
    assert [type(r) for r in got] == [Rejected, TrialRecord]
    assert f"line 4: 'NCT Number' is {number!r}: expected NCT and eight digits" in got[0].reason


def test_entries_of_outcomes_are_never_taken_apart():
    record = of(Primary_Outcome_Measures="Pain, at rest, 6 months|Fever", Other_Outcome_Measures="Sleep\\~, 1 day")
    assert [(o.role, o.position, o.measure) for o in record.outcomes] == [
        ("primary", 0, "Pain, at rest, 6 months"),
        ("primary", 1, "Fever"),
        ("other", 0, "Sleep~, 1 day"),
    ]
    assert {(o.time_frame, o.description) for o in record.outcomes} == {(None, None)}


def test_outcomes_without_a_role_are_kept_but_get_none():
    record = of(Outcome_Measures="Pain|Fever")
    assert (record.outcomes, record.printed) == ([], {"outcomes": "Pain|Fever"})


def test_age_groups_are_no_limits():
    record = of(Age="CHILD, ADULT")
    assert (record.minimum_age, record.maximum_age, record.printed["maximum_age"]) == (None, None, "CHILD, ADULT")


@pytest.mark.parametrize(
    ("printed", "limits"),
    {
        "18 Years and older \xa0 (Adult, Older Adult)": ("18 Years", None),
        "up to 17 Years \xa0 (Child)": (None, "17 Years"),
        "6 Months to 1 Year \xa0 (Child)": ("6 Months", "1 Year"),
        "Child, Adult, Older Adult": (None, None),
    }.items(),
)
def test_limits_of_age_are_read_where_they_are_printed(printed, limits):
    record = of(Age=printed)
    assert (record.minimum_age, record.maximum_age) == limits


@pytest.mark.parametrize(
    ("words", "date"),
    {
        "June 7, 2031": "2031-06-07",
        "June 2031": "2031-06",
        "Sept 2031": "2031-09",
        "2031-06-07": "2031-06-07",
        "2031-06-07 00:00:00": "2031-06-07",
        "2031-06": "2031-06",
        "2031": "2031",
        "7-Jun-31": "2031-06-07",
        "Jun-31": "2031-06",
        "Jun-98": "1998-06",
        "07-06-2031": "2031-06-07",
        "07.06.2031": "2031-06-07",
        "06-13-2031": None,
        "6/13/2031": "2031-06-13",
        "13/6/2031": "2031-06-13",
        "6/6/2031": "2031-06-06",
        "6/7/2031": "2031",
        "2031-02-30": None,
        "2031-13": None,
        "0000": None,
        "February 30, 2031": None,
        "Smarch 2031": None,
        "0-Jun-31": None,
        "soon": None,
        "": None,
    }.items(),
)
def test_dates_are_as_precise_as_printed(words, date):
    assert find_date(words) == date


def test_a_date_that_is_none_or_was_rewritten_keeps_its_words():
    assert of(Start_Date="February 30, 2031").printed == {"start_date": "February 30, 2031"}
    assert of(Start_Date="6/7/2031").printed == {"start_date": "6/7/2031"}
    assert of(Start_Date="2031-06").printed == {}


@pytest.mark.parametrize(
    ("place", "country"),
    {
        "Example Hospital, Madrid, 28001, Spain": "Spain",
        "Example Clinic, Seoul, Korea, Republic of": "Korea, Republic of",
        "Example Clinic, Tehran, Iran, Islamic Republic of": "Iran, Islamic Republic of",
        "Example Clinic, Kinshasa, Congo, The Democratic Republic of the": "Congo, The Democratic Republic of the",
        "Example Clinic, Gaza, Palestinian Territories, Occupied": "Palestinian Territories, Occupied",
        "Example Hospital": None,
    }.items(),
)
def test_the_country_is_the_last_part_of_a_place(place, country):
    assert find_country(place) == country


@pytest.mark.parametrize(
    ("cell", "found"),
    {
        "DRUG: A|OTHER: B": [("DRUG", "A"), ("OTHER", "B")],
        "Combination Product: A|B|Drug: C: D": [("Combination Product", "A|B"), ("Drug", "C: D")],
        "DIAGNOSTIC_TEST: Kit (A | Other)": [("DIAGNOSTIC_TEST", "Kit (A | Other)")],
        "OTHER|DRUG: A": [("OTHER", ""), ("DRUG", "A")],
        "Cells|Placebo: saline": [("", "Cells"), ("", "Placebo: saline")],
        "Other cells": [("", "Other cells")],
        "": [],
    }.items(),
)
def test_a_bar_parts_interventions_only_before_a_type(cell, found):
    assert split_interventions(cell) == found


def test_a_type_without_a_name_is_no_intervention():
    record = of(Interventions="OTHER|DRUG: A")
    assert record.interventions == [Intervention(name="A", type="drug")]
    assert record.printed == {"interventions": "OTHER|DRUG: A"}


@pytest.mark.parametrize(
    ("words", "masking", "who"),
    [
        ("NONE", "none", []),
        ("None (Open Label)", "none", []),
        ("SINGLE (CARE_PROVIDER)", "single", ["care_provider"]),
        ("Double Blind (Subject, Caregiver)", "double", ["participant", "care_provider"]),
        ("Triple (Participant, Postman)", "triple", []),
        ("Quadruple", "quadruple", []),
    ],
)
def test_masking_and_who_is_masked(words, masking, who):
    record = of(Study_Design=f"Allocation: NA | Masking: {words} | Primary Purpose: ")
    assert (record.allocation, record.masking, record.who_masked, record.primary_purpose) == ("na", masking, who, None)
    assert ("who_masked" in record.printed) == ("Postman" in words or "Subject" in words)


def test_parts_of_a_design_without_words_are_none():
    assert not any(design_parts("Observational Model: |Time Perspective:").values())


@pytest.mark.parametrize(
    ("column", "words", "expected"),
    [
        ("Funder Type", "NIH", "nih"),
        ("Funder Type", "OTHER", "other"),
        ("Funded Bys", "Industry|Other", "industry"),
        ("Funded Bys", "U.S. Fed", "fed"),
        ("Funded Bys", "Other|NIH", None),
    ],
)
def test_the_class_of_the_lead_sponsor_stands_first_and_other_is_many_on_the_retired_site(column, words, expected):
    record = parse_row({"NCT Number": "NCT99000010", column: words})
    assert record.sponsor_class == expected
    assert expected is not None or record.printed == {"sponsor_class": words}


def test_words_without_a_counterpart_are_printed_not_guessed():
    record = of(Study_Status="DREAMING", Phases="Phase 9", Enrollment="a few", Sex="?", Study_Results="maybe")
    assert record.printed == {
        "overall_status": "DREAMING", "phases": "Phase 9", "enrollment_count": "a few", "sex": "?",
        "has_results": "maybe",
    }  # fmt: skip
    assert msgspec.structs.replace(record, printed={}) == of()


@pytest.mark.parametrize(("words", "n"), {"0": 0, "1,250": 1250, "12.0": 12, "-3": None, "9" * 5000: None}.items())
def test_enrollment_is_a_whole_number_without_a_kind(words, n):
    record = of(Enrollment=words)
    assert (record.enrollment_count, record.enrollment_type) == (n, None)


def test_expanded_access_keeps_its_kind_in_print():
    record = of(Study_Type="Expanded Access:Individual Patients")
    assert (record.study_type, record.printed) == (
        "expanded_access",
        {"study_type": "Expanded Access:Individual Patients"},
    )


def test_headings_before_2017_are_known():
    record = of(Recruitment="Recruiting", Study_Types="Observational", Age_Groups="Adult|Senior", Gender="Both")
    assert (record.overall_status, record.study_type, record.sex) == ("recruiting", "observational", "all")
    assert record.minimum_age is None


def test_hostile_rows_raise_nothing():
    pieces = [
        "|",
        ": ",
        ", ",
        "(",
        ")",
        "DRUG",
        "Masking: ",
        "\x00",
        "\ufeff",
        "٣",
        "9",
        "Jun-",
        "/",
        "&#0;",
        "\\",
        "<",
    ]
    chance = random.Random(7)
    for _ in range(400):
        row = {name: "".join(chance.choices(pieces, k=chance.randint(1, 30))) for name in [*PRESENT, *RETIRED]}
        parse_row({**row, "NCT Number": "NCT99000010"})


def test_cost_grows_with_the_text_only():
    began = time.perf_counter()
    for text in ("|" * 200_000, "| " * 200_000, "DRUG: |" * 50_000, ", " * 200_000, "(" * 200_000, "1" * 200_000):
        parse_row({**dict.fromkeys(PRESENT, text), "NCT Number": "NCT99000010"})
    assert time.perf_counter() - began < 5


# --- real files next to the checkout -----------------------------------------------------------------------------

# What no column of a table tells; `complete` says that such a field is not empty in the register.
NO_COLUMN = {
    "scientific_title", "detailed_description", "keywords", "intervention_model_description", "masking_description",
    "healthy_volunteers", "eligibility", "arms", "enrollment_type",
}  # fmt: skip
PLACE = {"source_file", "position", "form", "complete", "printed"}  # where a record came from, and in which words


def records(*paths):
    got = [r for path in paths for r in read_inputs([CORPUS / path])]
    assert [r for r in got if isinstance(r, Rejected)] == []
    return got


def told_apart(rows, whole, left_out):
    """field -> ids of the trials whose two records differ there."""
    differ: dict[str, set[str]] = {}
    for row in rows:
        for field in set(TrialRecord.__struct_fields__) - left_out:
            if getattr(row, field) != getattr(whole[row.trial_id], field):
                differ.setdefault(field, set()).add(row.trial_id)
    return differ


def bare(record, together):
    """The record as a table can tell it: no descriptions, links and other names; outcomes as `together` writes them."""
    return msgspec.structs.replace(
        record,
        interventions=[Intervention(name=i.name, type=i.type) for i in record.interventions],
        outcomes=[
            Outcome(role=o.role, position=o.position, measure=together(o.measure, o.description, o.time_frame))
            for o in record.outcomes
        ],
    )


def without_aliases(ids):
    return [name for name in ids if not name.startswith("NCT")]


@on_corpus
def test_635_trials_as_table_and_as_json_agree_in_every_field():
    folder = "ctgov_v2/marcmorcos_erectile_dysfunction"
    rows = {r.trial_id: r for r in records(f"{folder}/ctg-studies.csv.gz")}
    parts = ", ".join
    whole = {r.trial_id: bare(r, lambda *o: parts(filter(None, o))) for r in records(f"{folder}/ctg-studies.json.zip")}
    assert len(rows) == 635
    assert rows.keys() == whole.keys()
    assert sum(len(r.outcomes) for r in rows.values()) == 3569
    differ = told_apart(
        rows.values(),
        whole,
        PLACE
        | NO_COLUMN
        | {"brief_summary"}  # a column that was not chosen
        | {"minimum_age", "maximum_age"},  # age groups
    )
    assert differ.keys() == {"secondary_ids"}  # a table leaves out the numbers a trial had before
    assert all(without_aliases(whole[t].secondary_ids) == rows[t].secondary_ids for t in differ["secondary_ids"])
    assert len(differ["secondary_ids"]) == 3


@on_corpus
def test_stem_cell_trials_of_the_retired_site_agree_with_their_json():
    rows = records("mapclinical/classic_csv_exports")
    assert (len(rows), len({r.trial_id for r in rows})) == (3552, 1424)
    whole = {r.trial_id: r for r in records("derived_v2_msc/mapclinical_as_v2.jsonl.gz")}
    rows = [r for r in rows if r.trial_id in whole]
    current = [r for r in rows if r.last_update_date == whole[r.trial_id].last_update_date]
    assert (len(rows), len(current)) == (3549, 3493)  # the JSON is up to four weeks younger
    differ = told_apart(
        current,
        whole,
        PLACE
        | NO_COLUMN
        | {"brief_summary"}  # no column either
        | {"interventions", "outcomes"}  # each once in a table: looked at below
        | {"sponsor_class"},  # "Other" of the retired site is several classes: looked at below
    )
    assert differ.keys() == {"overall_status", "study_type", "secondary_ids"}
    assert {whole[t].study_type for t in differ["study_type"]} == {None}  # 49 entries of the JSON lack it
    assert {whole[t].overall_status for t in differ["overall_status"]} == {"unknown"}  # the register's doing, by time
    for row in current:
        entry = whole[row.trial_id]
        assert without_aliases(entry.secondary_ids) == without_aliases(row.secondary_ids)
        assert row.sponsor_class == (entry.sponsor_class if row.sponsor_class else None)
        assert bool(row.sponsor_class) == (entry.sponsor_class in {"industry", "nih", "fed"})
        assert [(i.type, i.name) for i in row.interventions] == list(
            dict.fromkeys((i.type, i.name) for i in entry.interventions)
        )
        assert row.printed.get("outcomes", "") == "|".join(dict.fromkeys(o.measure for o in entry.outcomes))


@on_corpus
@pytest.mark.parametrize(
    ("path", "n"),
    {
        "ctgov_v2_csv/adamq1337_10.csv": 10,
        "ctgov_v2_csv/drstrupf_multiple_sclerosis_19cols_2964.csv.gz": 2964,
        "ctgov_v2_csv/jk1201_500.csv.gz": 500,
        "ctgov_v2_csv/johnnoxas_20cols_brief_summary_245.csv.gz": 245,
        "ctgov_v2_csv/rohanramnarain_281.csv.gz": 279,
        "ctgov_v2_csv/sammijiyoung2_4145.csv.gz": 4145,
        "ctgov_v2_csv/saravana87_839.csv.gz": 839,
        "ctgov_v2_csv/surfiniaburger_9cols_2677.csv.gz": 2677,
        "ctgov_classic_search/basskot_SearchResults_1000.csv.gz": 1000,
        "ctgov_classic_search/junaidkhan_SearchResults.csv.gz": 100,
        "ctgov_classic_search/dgg32_SearchResults.tsv": 40,
    }.items(),
)
def test_real_tables_are_read_whole_and_every_word_has_its_meaning(path, n):
    got = records(path)
    assert len(got) == n
    without = {field for r in got for field in r.printed if getattr(r, field) in (None, [])}
    assert without <= {"minimum_age", "maximum_age", "outcomes", "sponsor_class", "interventions"}
    assert [r.trial_id for r in got if "interventions" in r.printed] in ([], ["NCT05351411"])
    assert not any("\\^" in text.text or "\\<" in text.text for r in got for text in r.passages())


@on_corpus
def test_tables_that_are_no_downloads_of_the_register_are_left_to_others():
    assert all(r.form != "ctgov_table" for r in read_inputs([CORPUS / "misc_small"]) if isinstance(r, TrialRecord))


@on_corpus
def test_4000_rows_take_less_than_two_seconds():
    began = time.perf_counter()
    assert len(records("ctgov_v2_csv/sammijiyoung2_4145.csv.gz")) == 4145
    assert time.perf_counter() - began < 2
