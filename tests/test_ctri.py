"""Pages of the Clinical Trials Registry - India: every way to save one gives the same record; a label is no value."""

import csv
import html
import re

import msgspec
import pytest
from growth import assert_linear
from reading import CORPUS, needs_corpus, read_written

from trialkit.record import Intervention, Outcome, TrialRecord
from trialkit.registries import wording
from trialkit.registries.ctri import parse_page, recognises, split

CONTACT = ["", ("Name", "Dr Invented Person"), ("Address", "1 Example Street\nExampleton"), ("Phone", "0000000000"),
           ("Fax", ""), ("Email", "person@example.org")]  # fmt: skip
# Label: a text, or a table whose first row is its header ("" for a table without one).
PAGE = {
    "CTRI Number": "CTRI/2031/02/999991 [Registered on: 03/02/2031] Trial Registered Prospectively",
    "Last Modified On:": "04/12/2031",
    "Post Graduate Thesis": "No",
    "Type of Trial": "Interventional",
    "Type of Study": "Biological\nStem Cell Therapy",
    "Study Design": "Randomized, Parallel Group, Placebo Controlled Trial",
    "Public Title of Study": "Cells for sore knees",
    "Scientific Title of Study": "An invented study of marrow cells in sore knees",
    "Trial Acronym": "SORE",
    "Secondary IDs if Any": [("Secondary ID", "Identifier"), ("SK/01 ver 2, 01 Jan 2031", "Protocol Number"),
                             ("NCT99000010", "ClinicalTrials.gov")],
    "Details of Principal Investigator or overall Trial Coordinator (multi-center study)": CONTACT,
    "Details of Contact Person\nScientific Query": CONTACT,
    "Details of Contact Person\nPublic Query": CONTACT,
    "Source of Monetary or Material Support": ["", ("Example Fund",)],
    "Primary Sponsor": ["", ("Name", "Example Cells Pvt Ltd"), ("Address", "2 Example Street"),
                        ("Type of Sponsor", "Pharmaceutical industry-Indian")],
    "Details of Secondary Sponsor": [("Name", "Address"), ("NIL", "NIL")],
    "Countries of Recruitment": "India\nNepal",
    "Sites of Study": [("No of Sites = 2",), ("Name of Principal Investigator", "Name of Site", "Site Address"),
                       ("Dr Invented Person", "Example Hospital", "Exampleton")],
    "Details of Ethics Committee": [("No of Ethics Committees= 1",), ("Name of Committee", "Approval Status")],
    "Health Condition / Problems Studied": [("Health Type", "Condition"), ("Patients", "Osteoarthritis of the knee")],
    "Intervention / Comparator Agent": [("Type", "Name", "Details"),
                                        ("Intervention", "Marrow cells", "One injection of 1 x 10^6 cells\nafter lavage"),
                                        ("Comparator Agent", "Saline", "One injection of 2 ml")],
    "Inclusion Criteria": ["", ("Age From", "18.00 Year(s)"), ("Age To", "65.50 Year(s)"), ("Gender", "Both"),
                           ("Details", "1. Sore knees\n2. Consent")],
    "ExclusionCriteria": ["", ("Details", "1. Infection\n2. Tumour")],
    "Method of Generating Random Sequence": "Computer generated randomization",
    "Blinding/Masking": "Participant and Outcome Assessor Blinded",
    "Primary Outcome": [("Outcome", "TimePoints"), ("Pain", "6 months"), ("Swelling", "1 month")],
    "Secondary Outcome": [("Outcome", "TimePoints"), ("Safety", "1 year")],
    "Target Sample Size": 'Total Sample Size="40"\nSample Size from India="30"\n'
                          'Final Enrollment numbers achieved (Total)= "0"\n'
                          'Final Enrollment numbers achieved (India)="0"',
    "Phase of Trial": "Phase 1/ Phase 2",
    "Date of First Enrollment (India)": "15/02/2031",
    "Date of Study Completion (India)": "Applicable only for Completed/Terminated trials",
    "Date of First Enrollment (Global)": "No Date Specified",
    "Recruitment Status of Trial (Global)": "Not Applicable",
    "Recruitment Status of Trial (India)": "Open to Recruitment",
    "Publication Details": "NIL",
    "Brief Summary": "Knees are sore.\nPrimary Outcome is pain.",
}  # fmt: skip
DESIGN = PAGE["Study Design"]
RECORD = TrialRecord(
    register="ctri", trial_id="CTRI/2031/02/999991", secondary_ids=["SK/01 ver 2, 01 Jan 2031", "NCT99000010"],
    public_title="Cells for sore knees", scientific_title="An invented study of marrow cells in sore knees",
    acronym="SORE", conditions=["Osteoarthritis of the knee"], keywords=["Biological", "Stem Cell Therapy"],
    brief_summary="Knees are sore.\nPrimary Outcome is pain.",
    overall_status="recruiting", phases=["phase1", "phase2"], study_type="interventional", allocation="randomized",
    intervention_model="parallel", intervention_model_description=DESIGN,
    masking="double", who_masked=["participant", "outcomes_assessor"],
    enrollment_count=40, enrollment_type="estimated", sex="all", minimum_age="18 Years", maximum_age="65.5 Years",
    inclusion="1. Sore knees\n2. Consent", exclusion="1. Infection\n2. Tumour",
    interventions=[
        Intervention(name="Marrow cells", description="One injection of 1 x 10^6 cells\nafter lavage"),
        Intervention(name="Saline", description="One injection of 2 ml"),
    ],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain", time_frame="6 months"),
        Outcome(role="primary", position=1, measure="Swelling", time_frame="1 month"),
        Outcome(role="secondary", position=0, measure="Safety", time_frame="1 year"),
    ],
    start_date="2031-02-15", first_posted_date="2031-02-03", last_update_date="2031-12-04",
    lead_sponsor="Example Cells Pvt Ltd", sponsor_class="industry", countries=["India", "Nepal"], n_sites=2,
    printed={
        "overall_status": "Open to Recruitment", "phases": "Phase 1/ Phase 2",
        "allocation": DESIGN, "intervention_model": DESIGN, "masking": "Participant and Outcome Assessor Blinded",
        "minimum_age": "18.00 Year(s)", "maximum_age": "65.50 Year(s)", "sex": "Both",
        "sponsor_class": "Pharmaceutical industry-Indian",
    },
)  # fmt: skip


def as_html(page, modified=False):
    """As the register serves it: a table of labels and values, a blank behind every cell, tables inside."""

    def cell(text):
        return f"<td>{html.escape(text, quote=False).replace(chr(10), '<br/>' + chr(10))}&nbsp;</td>"

    rows = []
    for label, value in page.items():
        mark = "<br><a href='#'>Modification(s)</a>" if modified and label != "CTRI Number" else ""
        if isinstance(value, str):
            inside = cell(value)
        else:
            body = "\n".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in value if row)
            inside = f"<td><table border=1>{body}</table>&nbsp;</td>"
        rows.append(f"<tr><td><b>{html.escape(label).replace(chr(10), '<br>')}</b>{mark}</td>{inside}</tr>")
    head = "<style>td {color: red}</style></head><body><table><tr><td><b>FULL DETAILS (Read-only)</b>"
    inside = "<script>var x = 1;</script><table>" + "\n".join(rows)
    return f"<!DOCTYPE html><html><head>{head}{inside}</table></td></tr></table></body></html>"


def as_text(page, gap="  ", end=" ", modified=False):
    """As a browser copies it: a row a line, cells apart by `gap`, rows ended by `end`."""
    lines = ["FULL DETAILS (Read-only)", ""]
    for label, value in page.items():
        before = f"{label}{' ' if label.endswith(':') else gap}"
        if modified and label != "CTRI Number":
            lines += [label, f"Modification(s)  {end}"]
            before = ""
        rows = [(value,)] if isinstance(value, str) else ["", *(row for row in value if row), ""]
        first, *others = [gap.join(row) + end for row in rows]
        lines += [before + first, *others]
    return "\n".join(lines)


def a_cell_a_line(page, end=""):
    """As scrapers write it: every cell on a line of its own, blank ones left out."""
    cells = []
    for label, value in page.items():
        rows = [(value,)] if isinstance(value, str) else value
        cells += [label, *(cell for row in rows for cell in row if cell)]
    return "\n".join(f"{cell}{end}" for cell in cells)


FORMS = {
    "html": as_html(PAGE),
    "html with modifications": as_html(PAGE, modified=True),
    "html in capitals": re.sub(r"</?(td|tr|table|b)\b", lambda m: m[0].upper(), as_html(PAGE)),
    "text": as_text(PAGE),
    "text, non-breaking blanks": as_text(PAGE, gap="\xa0 ", end="\xa0"),
    "text, tabs": as_text(PAGE, gap="\t", end=""),
    "text, Windows line ends": as_text(PAGE).replace("\n", "\r\n"),
    "text with modifications": as_text(PAGE, modified=True),
    "a cell a line, blanks behind": a_cell_a_line(PAGE, end="\xa0"),
}


def told(values, form=as_html) -> TrialRecord:
    """The record of the page with other values."""
    assert values.keys() <= PAGE.keys()
    return parse_page(form(PAGE | values))


def outcomes(*pairs):
    """Primary outcomes from pairs of measure and time frame."""
    return [Outcome(role="primary", position=n, measure=m, time_frame=t) for n, (m, t) in enumerate(pairs)]


# Ways to save a page


@pytest.mark.parametrize("form", FORMS)
def test_every_way_to_save_a_page_gives_the_same_record(form, tmp_path):
    assert read_written(tmp_path, FORMS[form]) == [RECORD]


def test_cells_on_lines_without_blanks_give_all_but_doubtful_time_points():
    doubtful = outcomes(("Pain\n6 months\nSwelling\n1 month", None))
    expected = msgspec.structs.replace(RECORD, outcomes=[*doubtful, RECORD.outcomes[-1]])
    assert parse_page(a_cell_a_line(PAGE)) == expected


def test_text_saved_with_single_blanks_gives_all_but_what_cells_tell_apart():
    tight = re.sub(r" +", " ", as_text(PAGE, end="")).replace("\n ", "\n")
    assert parse_page(tight) == msgspec.structs.replace(
        RECORD,
        secondary_ids=["SK/01 ver 2, 01 Jan 2031 Protocol Number", "NCT99000010 ClinicalTrials.gov"],
        interventions=[
            Intervention(name="Marrow cells One injection of 1 x 10^6 cells", description="after lavage"),
            Intervention(name="Saline One injection of 2 ml"),
        ],
        outcomes=[
            *outcomes(("Pain 6 months\nSwelling 1 month", None)),
            Outcome(role="secondary", position=0, measure="Safety 1 year"),
        ],
    )


def test_nobody_is_named_in_a_record():
    names = ("Person", "@", "0000000000", "Exampleton", "Street", "Hospital")
    assert not any(name in str(parse_page(page)) for page in FORMS.values() for name in names)


@pytest.mark.parametrize("form", [as_html, as_text, a_cell_a_line, lambda page: as_text(page, end="")])
@pytest.mark.parametrize("fields", [False, True], ids=["labels and headers", "fields too"])
def test_a_label_is_never_a_value(fields, form):
    empty = {}
    for label, value in PAGE.items():
        header, *rows = value
        names = [(row[0],) for row in rows] if fields and not header else []
        empty[label] = "" if isinstance(value, str) else [header, *names]
    record = parse_page(form(empty))
    assert msgspec.structs.replace(record, n_sites=None) == TrialRecord(register="ctri", trial_id=None)


OTHER = PAGE | {"CTRI Number": "CTRI/2031/02/999992 [Registered on: 05/02/2031]"}


@pytest.mark.parametrize("form", [as_html, as_text])
def test_a_page_of_several_trials_gives_one_record_each(form, tmp_path):
    other = msgspec.structs.replace(RECORD, trial_id="CTRI/2031/02/999992", first_posted_date="2031-02-05")
    assert read_written(tmp_path, form(PAGE) + "\n" + form(OTHER)) == [RECORD, other]


def test_several_trials_are_no_page_of_one():
    with pytest.raises(ValueError, match="2 CTRI trials in one text"):
        parse_page(as_text(PAGE) + "\n" + as_text(OTHER))


def test_a_trial_named_in_a_text_begins_no_other_trial():
    text = "It follows\nCTRI Number CTRI/2031/02/999990, which ended."
    page = as_text(PAGE | {"Brief Summary": text})
    assert split(page) == [page]
    assert parse_page(page).brief_summary == text


@pytest.mark.parametrize(
    "text",
    [
        "Type of Study\nStudy Design\nPrimary Outcome\nInclusion Criteria\nPhase of Trial",
        "MedPath\nCells for sore knees\nRegistration Number\nCTRI/2031/02/999991\nPrimary Outcome Measures",
    ],
)
def test_other_texts_are_not_taken(text):
    assert not recognises(text)


def test_labels_within_a_line_are_no_page():
    with pytest.raises(ValueError, match="none of its labels begins a line"):
        parse_page(f"About {' '.join(PAGE)}".replace("\n", " "))


@pytest.mark.parametrize(
    ("form", "piece"),
    [(as_text, "x  "), (as_text, "\xa0 x"), (as_text, "\nIntervention  a  b"), (as_html, "<table><tr><td>"), (as_html, "<b>")],
)  # fmt: skip
def test_cost_grows_with_the_page(form, piece):
    assert_linear(lambda text: parse_page(form(PAGE).replace("Knees are sore.", text)), piece)


# Fields

STATUS, FIRST = "Recruitment Status of Trial (Global)", "Date of First Enrollment (Global)"
MODIFIED, SIZE, BLINDING = "Last Modified On:", "Target Sample Size", "Blinding/Masking"
FINAL = 'Total Sample Size="40" Final Enrollment numbers achieved (Total)= "38"'
ALL = "Participant, Investigator, Outcome Assessor and Date-entry Operator Blinded"
FIELDS = [  # what the page says -> a field, its value, what `printed` has of it
    # The day comes before the month
    (MODIFIED, "4/1/2031", "last_update_date", "2031-01-04", None),
    (MODIFIED, "12/13/2031", "last_update_date", None, "12/13/2031"),
    # The whole trial goes before its Indian part
    (STATUS, "Completed", "overall_status", "completed", "Global: Completed; India: Open to Recruitment"),
    (FIRST, "01/12/2030", "start_date", "2030-12-01", None),
    ("Date of Study Completion (India)", "01/03/2032", "completion_date", "2032-03-01", None),
    # Planned and achieved numbers are never mixed
    (SIZE, FINAL, "enrollment_count", 38, FINAL),
    (SIZE, FINAL, "enrollment_type", "actual", None),
    (SIZE, FINAL.replace("38", "Applicable only for ..."), "enrollment_count", 40, None),
    (SIZE, 'Total Sample Size="0" Sample Size from India="30"', "enrollment_count", None, None),
    (SIZE, 'Total Sample Size="0" Sample Size from India="30"', "enrollment_type", None, None),
    # Masking is counted from those blinded
    (BLINDING, "Open Label", "masking", "none", "Open Label"),
    (BLINDING, "Outcome Assessor Blinded", "masking", "single", "Outcome Assessor Blinded"),
    (BLINDING, ALL, "masking", "triple", ALL),
    (BLINDING, ALL, "who_masked", ["participant", "investigator", "outcomes_assessor"], None),
    (BLINDING, "Double Blind Double Dummy", "masking", "double", "Double Blind Double Dummy"),
    (BLINDING, "Not Applicable", "masking", None, "Not Applicable"),
    # Words without a counterpart are only printed
    ("Type of Trial", "BA/BE", "study_type", None, "BA/BE"),
    ("Phase of Trial", "Post Marketing Surveillance", "phases", [], "Post Marketing Surveillance"),
    ("Recruitment Status of Trial (India)", "Elsewhere", "overall_status", None, "Elsewhere"),
    # Ages lose their padding
    ("Inclusion Criteria", ["", ("Age From", "1.00 Month(s)")], "minimum_age", "1 Month", "1.00 Month(s)"),
    ("Inclusion Criteria", ["", ("Age From", "0.50 Year(s)")], "minimum_age", "0.5 Years", "0.50 Year(s)"),
    ("Inclusion Criteria", ["", ("Age From", "No limit")], "minimum_age", None, "No limit"),
]


@pytest.mark.parametrize(
    ("label", "words", "field", "value", "printed"), FIELDS, ids=[f"{row[2]} {row[3]}" for row in FIELDS]
)
def test_words_are_read_as_far_as_they_are_certain(label, words, field, value, printed):
    record = told({label: words})
    assert (getattr(record, field), record.printed.get(field)) == (value, printed)


CODED = "(1) ICD-10 Condition: M170||Sore knee, both, (2) ICD-10 Condition: M16||Sore hip"


@pytest.mark.parametrize(("cell", "conditions"), [
    (CODED, ["Sore knee, both", "Sore hip"]), ("Health Condition 1: null- Sore knee", ["Sore knee"]),
    ("B12- deficiency", ["B12- deficiency"]), ("NIL", []),
])  # fmt: skip
def test_codes_before_conditions_are_taken_off(cell, conditions):
    record = told({"Health Condition / Problems Studied": [("Health Type", "Condition"), ("Patients", cell)]})
    assert (record.conditions, "conditions" in record.printed) == (conditions, "Condition" in cell)


def test_healthy_people_are_no_condition():
    table = [("Health Type", "Condition"), ("Healthy Human Volunteers", ""), ("Patients", "Sore knee")]
    record = told({"Health Condition / Problems Studied": table})
    assert (record.conditions, record.healthy_volunteers) == (["Sore knee"], True)


@pytest.mark.parametrize("form", [as_html, as_text])
def test_lines_of_one_cell_stay_together(form):
    rows = [("1. Pain\n2. Swelling", "6 months"), ("Safety", "1 month\n1 year"), ("Sleep", "")]
    record = told({"Primary Outcome": [("Outcome", "TimePoints"), *rows]}, form)
    assert record.outcomes[:-1] == outcomes(*rows[:2], ("Sleep", None))


def test_time_points_are_left_out_where_a_text_does_not_show_whose_they_are():
    rows = [("1. Pain\n2. Swelling", "6 months"), ("Safety", "1 year")]
    record = told({"Primary Outcome": [("Outcome", "TimePoints"), *rows]}, lambda page: as_text(page, end=""))
    assert record.outcomes[:-1] == outcomes(("1. Pain\n2. Swelling 6 months\nSafety 1 year", None))


def test_breaks_printed_as_text_are_breaks():
    table = ["", ("Details", "1. Sore knees<br/ ><br>2. Pain &gt; 4")]
    assert told({"Inclusion Criteria": table}, as_text).inclusion == "1. Sore knees\n2. Pain > 4"


def test_a_person_is_no_sponsor():
    table = ["", ("Name", "Invented Person"), ("Address", "Here"), ("Type of Sponsor", "Other [Invented Person]")]
    record = told({"Primary Sponsor": table})
    assert (record.lead_sponsor, record.sponsor_class, record.printed["sponsor_class"]) == (None, None, "Other")
    assert "Person" not in str(record)


# Fields of real pages


@needs_corpus
def test_real_status_words_and_number_tables_are_read():
    with (CORPUS / "registry_scrapes" / "ctri_2jul2020.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with_numbers = 0
    for row in rows:
        page = as_html(PAGE | {
            "CTRI Number": row["trial_id"], "Secondary IDs if Any": "TABLE", STATUS: row["recruitment_status_global"],
            STATUS.replace("Global", "India"): row["recruitment_status_india"],
        })  # fmt: skip
        table = re.sub(r">, <tr|^\[|\]$", lambda m: "><tr" if "tr" in m[0] else "", row["secondary_ids"])
        record = parse_page(page.replace("TABLE", f"<table>{table}</table>"))
        assert record.trial_id == row["trial_id"]
        assert record.overall_status == wording.status(row["recruitment_status_india"])
        assert not {"Identifier", "Protocol Number"} & set(record.secondary_ids)
        with_numbers += bool(record.secondary_ids)
    assert (len(rows), with_numbers) == (46, 13)
