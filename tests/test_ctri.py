"""Pages of the Clinical Trials Registry - India: every way to save one gives the same record; a label is no value."""

import csv
import html
import re
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from trialkit import registries
from trialkit.record import Intervention, Outcome, TrialRecord
from trialkit.registries import Reader, ctri, wording
from trialkit.registries.files import Rejected, read_inputs

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"

CONTACT_FIELDS = [
    ("Name", "Dr Invented Person"),
    ("Designation", "Professor"),
    ("Affiliation", "Example Institute"),
    ("Address", "1 Example Street\nExampleton\n100001\nIndia"),
    ("Phone", "0000000000"),
    ("Fax", ""),
    ("Email", "person@example.org"),
]
# (label, value): a value is a text, or a table whose first row is its header ("" for a table without one).
PAGE = [
    ("CTRI Number", "CTRI/2031/02/999991 [Registered on: 03/02/2031] Trial Registered Prospectively"),
    ("Last Modified On:", "04/12/2031"),
    ("Post Graduate Thesis", "No"),
    ("Type of Trial", "Interventional"),
    ("Type of Study", "Biological\nStem Cell Therapy"),
    ("Study Design", "Randomized, Parallel Group, Placebo Controlled Trial"),
    ("Public Title of Study", "Cells for sore knees"),
    ("Scientific Title of Study", "An invented study of marrow cells in sore knees"),
    ("Trial Acronym", "SORE"),
    ("Secondary IDs if Any", [("Secondary ID", "Identifier"), ("SK/01 ver 2, 01 Jan 2031", "Protocol Number"),
                              ("NCT99000010", "ClinicalTrials.gov")]),
    ("Details of Principal Investigator or overall Trial Coordinator (multi-center study)", ["", *CONTACT_FIELDS]),
    ("Details of Contact Person\nScientific Query", ["", *CONTACT_FIELDS]),
    ("Details of Contact Person\nPublic Query", ["", *CONTACT_FIELDS]),
    ("Source of Monetary or Material Support", ["", ("Example Fund",)]),
    ("Primary Sponsor", ["", ("Name", "Example Cells Pvt Ltd"), ("Address", "2 Example Street"),
                         ("Type of Sponsor", "Pharmaceutical industry-Indian")]),
    ("Details of Secondary Sponsor", [("Name", "Address"), ("NIL", "NIL")]),
    ("Countries of Recruitment", "India\nNepal"),
    ("Sites of Study", [("No of Sites = 2",), ("Name of Principal Investigator", "Name of Site", "Site Address"),
                        ("Dr Invented Person", "Example Hospital", "Exampleton"),
                        ("Dr Other Person", "Another Hospital", "Exampleton")]),
    ("Details of Ethics Committee", [("No of Ethics Committees= 1",), ("Name of Committee", "Approval Status"),
                                     ("Example Committee", "Approved")]),
    ("Regulatory Clearance Status from DCGI", [("Status",), ("Approved/Obtained",)]),
    ("Health Condition / Problems Studied", [("Health Type", "Condition"), ("Patients", "Osteoarthritis of the knee")]),
    ("Intervention / Comparator Agent", [("Type", "Name", "Details"),
                                         ("Intervention", "Marrow cells", "One injection of 1 x 10^6 cells\nafter lavage"),
                                         ("Comparator Agent", "Saline", "One injection of 2 ml")]),
    ("Inclusion Criteria", ["", ("Age From", "18.00 Year(s)"), ("Age To", "65.50 Year(s)"), ("Gender", "Both"),
                            ("Details", "1. Sore knees\n2. Consent")]),
    ("ExclusionCriteria", ["", ("Details", "1. Infection\n2. Tumour")]),
    ("Method of Generating Random Sequence", "Computer generated randomization"),
    ("Method of Concealment", "Sequentially numbered, sealed, opaque envelopes"),
    ("Blinding/Masking", "Participant and Outcome Assessor Blinded"),
    ("Primary Outcome", [("Outcome", "TimePoints"), ("Pain", "6 months"), ("Swelling", "1 month")]),
    ("Secondary Outcome", [("Outcome", "TimePoints"), ("Safety", "1 year")]),
    ("Target Sample Size", 'Total Sample Size="40"\nSample Size from India="30"\n'
                           'Final Enrollment numbers achieved (Total)= "0"\n'
                           'Final Enrollment numbers achieved (India)="0"'),
    ("Phase of Trial", "Phase 1/ Phase 2"),
    ("Date of First Enrollment (India)", "15/02/2031"),
    ("Date of Study Completion (India)", "Applicable only for Completed/Terminated trials"),
    ("Date of First Enrollment (Global)", "No Date Specified"),
    ("Date of Study Completion (Global)", "Applicable only for Completed/Terminated trials"),
    ("Estimated Duration of Trial", 'Years="2"\nMonths="0"\nDays="0"'),
    ("Recruitment Status of Trial (Global)", "Not Applicable"),
    ("Recruitment Status of Trial (India)", "Open to Recruitment"),
    ("Publication Details", "NIL"),
    ("Brief Summary", "Knees are sore.\nPrimary Outcome is pain."),
]  # fmt: skip

RECORD = TrialRecord(
    register="ctri",
    trial_id="CTRI/2031/02/999991",
    secondary_ids=["SK/01 ver 2, 01 Jan 2031", "NCT99000010"],
    public_title="Cells for sore knees",
    scientific_title="An invented study of marrow cells in sore knees",
    acronym="SORE",
    conditions=["Osteoarthritis of the knee"],
    keywords=["Biological", "Stem Cell Therapy"],
    brief_summary="Knees are sore.\nPrimary Outcome is pain.",
    overall_status="recruiting",
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="randomized",
    intervention_model="parallel",
    intervention_model_description="Randomized, Parallel Group, Placebo Controlled Trial",
    masking="double",
    who_masked=["participant", "outcomes_assessor"],
    enrollment_count=40,
    enrollment_type="estimated",
    sex="all",
    minimum_age="18 Years",
    maximum_age="65.5 Years",
    inclusion="1. Sore knees\n2. Consent",
    exclusion="1. Infection\n2. Tumour",
    interventions=[
        Intervention(name="Marrow cells", description="One injection of 1 x 10^6 cells\nafter lavage"),
        Intervention(name="Saline", description="One injection of 2 ml"),
    ],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain", time_frame="6 months"),
        Outcome(role="primary", position=1, measure="Swelling", time_frame="1 month"),
        Outcome(role="secondary", position=0, measure="Safety", time_frame="1 year"),
    ],
    start_date="2031-02-15",
    first_posted_date="2031-02-03",
    last_update_date="2031-12-04",
    lead_sponsor="Example Cells Pvt Ltd",
    sponsor_class="industry",
    countries=["India", "Nepal"],
    n_sites=2,
    printed={
        "overall_status": "Open to Recruitment",
        "phases": "Phase 1/ Phase 2",
        "allocation": "Randomized, Parallel Group, Placebo Controlled Trial",
        "intervention_model": "Randomized, Parallel Group, Placebo Controlled Trial",
        "masking": "Participant and Outcome Assessor Blinded",
        "minimum_age": "18.00 Year(s)",
        "maximum_age": "65.50 Year(s)",
        "sex": "Both",
        "sponsor_class": "Pharmaceutical industry-Indian",
    },
)


def changed(page=PAGE, **values):
    """The page with other values; a label is written with _ for what no name may hold: Phase_of_Trial=..."""
    keys = {re.sub(r"\W+", "_", label).strip("_"): label for label, _ in page}
    new = {keys[key]: value for key, value in values.items()}
    return [(label, new.get(label, value)) for label, value in page]


def as_html(page, modified=False):
    """As the register serves it: a table of labels and values, a blank behind every cell, tables inside."""

    def cell(text):
        return f"<td>{html.escape(text, quote=False).replace(chr(10), '<br/>' + chr(10))}&nbsp;</td>"

    rows = []
    for label, value in page:
        mark = "<br><a href='#'>Modification(s)</a>" if modified and label != "CTRI Number" else ""
        if isinstance(value, str):
            inside = cell(value)
        else:
            body = "\n".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in value if row)
            inside = f"<td><table border=1>{body}</table>&nbsp;</td>"
        rows.append(f"<tr><td><b>{html.escape(label).replace(chr(10), '<br>')}</b>{mark}</td>{inside}</tr>")
    return (
        "<!DOCTYPE html><html><head><style>td {color: red}</style></head><body><table><tr><td>"
        "<b>FULL DETAILS (Read-only)</b> <script>var x = 1;</script><table>"
        + "\n".join(rows)
        + "</table></td></tr></table></body></html>"
    )


def as_text(page, gap="  ", end=" ", modified=False):
    """As a browser copies it: a row a line, cells apart by `gap`, rows ended by `end`."""
    lines = ["FULL DETAILS (Read-only)", ""]
    for label, value in page:
        gap_here = " " if label.endswith(":") else gap
        if modified and label != "CTRI Number":
            lines += [label, f"Modification(s)  {end}"]
            gap_here, label = "", ""
        if isinstance(value, str):
            lines.append(f"{label}{gap_here}{value}{end}")
        else:
            lines += [f"{label}{gap}{end}"] if label else []
            lines += [gap.join(row) + end for row in value if row]
            lines.append(end)
    return "\n".join(lines)


def a_cell_a_line(page, end=""):
    """As scrapers write it: every cell on a line of its own, blank ones left out."""
    cells = []
    for label, value in page:
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


@pytest.fixture(autouse=True)
def reader(monkeypatch):
    """The reader in its list, where it is not there yet."""
    if "ctri" not in registries.READERS:
        reader = Reader("text", ctri.recognises, ctri.parse_page, ctri.ACCEPTS, split=ctri.split)
        monkeypatch.setitem(registries.READERS, "ctri", reader)


def read(path, text):
    """What the public way gives for a file with this text, without where it stands."""
    path.write_bytes(text.encode())
    got = list(read_inputs([path]))
    return [
        r if isinstance(r, Rejected) else msgspec.structs.replace(r, source_file="", position=0, form="", complete=True)
        for r in got
    ]


@pytest.mark.parametrize("form", FORMS)
def test_every_way_to_save_a_page_gives_the_same_record(form, tmp_path):
    assert read(tmp_path / "page", FORMS[form]) == [RECORD]


def test_cells_on_lines_without_blanks_give_all_but_doubtful_time_points(tmp_path):
    got = read(tmp_path / "page", a_cell_a_line(PAGE))
    outcomes = [
        Outcome(role="primary", position=0, measure="Pain\n6 months\nSwelling\n1 month"),
        Outcome(role="secondary", position=0, measure="Safety", time_frame="1 year"),
    ]
    assert got == [msgspec.structs.replace(RECORD, outcomes=outcomes)]


def test_text_saved_with_single_blanks_gives_all_but_what_cells_tell_apart(tmp_path):
    text = re.sub(r" +", " ", as_text(PAGE, end="")).replace("\n ", "\n")
    got = read(tmp_path / "page", text)[0]
    cannot = {  # nothing in the line shows where the cell ends
        "interventions": [
            Intervention(name="Marrow cells One injection of 1 x 10^6 cells", description="after lavage"),
            Intervention(name="Saline One injection of 2 ml"),
        ],
        "outcomes": [
            Outcome(role="primary", position=0, measure="Pain 6 months\nSwelling 1 month"),
            Outcome(role="secondary", position=0, measure="Safety 1 year"),
        ],
        "secondary_ids": ["SK/01 ver 2, 01 Jan 2031 Protocol Number", "NCT99000010 ClinicalTrials.gov"],
    }
    assert got == msgspec.structs.replace(RECORD, **cannot)


@pytest.mark.parametrize("form", FORMS)
def test_nobody_is_named_in_a_record(form):
    said = str(ctri.parse_page(FORMS[form]))
    assert not any(word in said for word in ("Person", "@", "0000000000", "Exampleton", "Street", "Hospital"))


EMPTY = [(label, "" if isinstance(value, str) else [value[0]]) for label, value in PAGE]
ONLY_FIELD_NAMES = [
    (label, "" if isinstance(value, str) else [(row[0],) for row in value if row and not value[0]] or [value[0]])
    for label, value in PAGE
]


@pytest.mark.parametrize("page", [EMPTY, ONLY_FIELD_NAMES], ids=["labels", "labels, field names and table headers"])
@pytest.mark.parametrize("form", [as_html, as_text, a_cell_a_line, lambda p: as_text(p, end="")])
def test_a_label_is_never_a_value(page, form):
    stated = {
        key: value
        for key, value in msgspec.structs.asdict(ctri.parse_page(form(page))).items()
        if value not in (None, [], {}, "", 0) and key not in ("complete", "n_sites", "register")
    }
    assert stated == {}


def test_a_page_of_several_trials_gives_one_record_each(tmp_path):
    other = changed(CTRI_Number="CTRI/2031/02/999992 [Registered on: 05/02/2031]", Trial_Acronym="")
    second = msgspec.structs.replace(
        RECORD, trial_id="CTRI/2031/02/999992", first_posted_date="2031-02-05", acronym=None
    )
    for form in (as_html, as_text, a_cell_a_line):
        got = read(tmp_path / "pages", form(PAGE) + "\n" + form(other))
        assert [r.trial_id for r in got] == [RECORD.trial_id, second.trial_id]
        if form is not a_cell_a_line:
            assert got == [RECORD, second]
    with pytest.raises(ValueError, match="2 CTRI trials in one text"):
        ctri.parse_page(as_text(PAGE) + "\n" + as_text(other))


def test_a_trial_named_in_a_text_begins_no_other_trial():
    page = as_text(changed(Brief_Summary="It follows\nCTRI Number CTRI/2031/02/999990, which ended."))
    assert ctri.split(page) == [page]
    assert ctri.parse_page(page).brief_summary == "It follows\nCTRI Number CTRI/2031/02/999990, which ended."


@pytest.mark.parametrize(
    ("printed", "iso"),
    {"04/12/2031": "2031-12-04", "4/1/2031": "2031-01-04", "31/02/2031": None, "12/13/2031": None}.items(),
)
def test_the_day_comes_before_the_month(printed, iso):
    record = ctri.parse_page(as_text(changed(Last_Modified_On=printed)))
    assert record.last_update_date == iso
    assert record.printed.get("last_update_date") == (None if iso else printed)


def test_the_whole_trial_goes_before_its_indian_part():
    page = changed(
        Recruitment_Status_of_Trial_Global="Completed",
        Date_of_First_Enrollment_Global="01/12/2030",
        Date_of_Study_Completion_India="01/03/2032",
    )
    record = ctri.parse_page(as_html(page))
    assert (record.overall_status, record.start_date, record.completion_date) == (
        "completed",
        "2030-12-01",
        "2032-03-01",
    )
    assert record.printed["overall_status"] == "Global: Completed; India: Open to Recruitment"


@pytest.mark.parametrize(
    ("size", "expected"),
    {
        'Total Sample Size="40"\nFinal Enrollment numbers achieved (Total)= "38"': (38, "actual"),
        'Total Sample Size="40"\nFinal Enrollment numbers achieved (Total)="Applicable only for ..."': (
            40,
            "estimated",
        ),
        'Total Sample Size="0"\nSample Size from India="0"': (None, None),
        'Sample Size from India="30"': (None, None),
        "forty": (None, None),
    }.items(),
)
def test_planned_and_achieved_numbers_are_never_mixed(size, expected):
    record = ctri.parse_page(as_text(changed(Target_Sample_Size=size)))
    assert (record.enrollment_count, record.enrollment_type) == expected
    assert ("enrollment_count" in record.printed) == (expected[1] == "actual")


@pytest.mark.parametrize(
    ("printed", "masking", "who"),
    [
        ("Open Label", "none", []),
        ("Outcome Assessor Blinded", "single", ["outcomes_assessor"]),
        (
            "Participant, Investigator, Outcome Assessor and Date-entry Operator Blinded",
            "triple",
            ["participant", "investigator", "outcomes_assessor"],
        ),
        ("Double Blind Double Dummy", "double", []),
        ("Not Applicable", None, []),
    ],
)
def test_masking_is_counted_from_those_blinded(printed, masking, who):
    record = ctri.parse_page(as_html(changed(Blinding_Masking=printed)))
    assert (record.masking, record.who_masked, record.printed["masking"]) == (masking, who, printed)


@pytest.mark.parametrize(
    ("printed", "value"),
    {"18.00 Year(s)": "18 Years", "1.00 Month(s)": "1 Month", "0.50 Year(s)": "0.5 Years", "No limit": None}.items(),
)
def test_ages_lose_their_padding(printed, value):
    table = ["", ("Age From", printed), ("Details", "Sore")]
    record = ctri.parse_page(as_html(changed(Inclusion_Criteria=table)))
    assert (record.minimum_age, record.printed["minimum_age"]) == (value, printed)


@pytest.mark.parametrize(
    ("cell", "conditions"),
    {
        "(1) ICD-10 Condition: M170||Sore knee, both, (2) ICD-10 Condition: M16||Sore hip, ": [
            "Sore knee, both",
            "Sore hip",
        ],
        "Health Condition 1: null- Sore knee": ["Sore knee"],
        "B12- deficiency": ["B12- deficiency"],
        "NIL": [],
    }.items(),
)
def test_codes_before_conditions_are_taken_off(cell, conditions):
    table = [("Health Type", "Condition"), ("Healthy Human Volunteers", ""), ("Patients", cell)]
    record = ctri.parse_page(as_html(changed(Health_Condition_Problems_Studied=table)))
    assert record.conditions == conditions
    assert record.healthy_volunteers is True
    assert record.printed.get("conditions") == (cell.strip() if conditions and conditions != [cell] else None)


@pytest.mark.parametrize("form", [as_html, as_text])
def test_lines_of_one_cell_stay_together(form):
    table = [
        ("Outcome", "TimePoints"),
        ("1. Pain\n2. Swelling", "6 months"),
        ("Safety", "1 month\n1 year"),
        ("Sleep", ""),
    ]
    record = ctri.parse_page(form(changed(Primary_Outcome=table)))
    assert [(o.measure, o.time_frame) for o in record.outcomes if o.role == "primary"] == [
        ("1. Pain\n2. Swelling", "6 months"),
        ("Safety", "1 month\n1 year"),
        ("Sleep", None),
    ]


def test_time_points_are_left_out_where_a_text_does_not_show_whose_they_are():
    table = [("Outcome", "TimePoints"), ("1. Pain\n2. Swelling", "6 months"), ("Safety", "1 year")]
    record = ctri.parse_page(as_text(changed(Primary_Outcome=table), end=""))
    assert [(o.measure, o.time_frame) for o in record.outcomes if o.role == "primary"] == [
        ("1. Pain\n2. Swelling 6 months\nSafety 1 year", None)
    ]


def test_breaks_printed_as_text_are_breaks():
    table = ["", ("Details", "1. Sore knees<br/ ><br>2. Pain &gt; 4")]
    assert ctri.parse_page(as_text(changed(Inclusion_Criteria=table))).inclusion == "1. Sore knees\n2. Pain > 4"


def test_a_person_is_no_sponsor():
    table = ["", ("Name", "Invented Person"), ("Address", "Here"), ("Type of Sponsor", "Other [Invented Person]")]
    record = ctri.parse_page(as_html(changed(Primary_Sponsor=table)))
    assert (record.lead_sponsor, record.sponsor_class, record.printed["sponsor_class"]) == (None, None, "Other")
    assert "Person" not in str(record)


def test_words_without_a_counterpart_are_kept_as_printed():
    page = changed(
        Type_of_Trial="BA/BE",
        Phase_of_Trial="Post Marketing Surveillance",
        Recruitment_Status_of_Trial_India="Elsewhere",
    )
    record = ctri.parse_page(as_text(page))
    assert (record.study_type, record.phases, record.overall_status) == (None, [], None)
    assert [record.printed[name] for name in ("study_type", "phases", "overall_status")] == [
        "BA/BE",
        "Post Marketing Surveillance",
        "Elsewhere",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Osteoarthritis",
        "Type of Study\nStudy Design\nPrimary Outcome\nInclusion Criteria\nPhase of Trial",
        "MedPath\nCells for sore knees\nRegistration Number\nCTRI/2031/02/999991\nPrimary Outcome Measures",
    ],
)
def test_other_texts_are_not_taken(text):
    assert not ctri.recognises(text)


HOSTILE = {
    "deep": as_html(PAGE).replace("Cells for", "<b>" * 5000 + "Cells for"),
    "cut off": as_html(PAGE)[: len(as_html(PAGE)) // 2],
    "no rows": as_html(PAGE).replace("<tr>", "").replace("</tr>", ""),
    "labels in no place": " ".join(label for label, _ in PAGE) + " CTRI Number",
    "long line": as_text(changed(Brief_Summary="x  " * 200_000)),
    "blanks": as_text(PAGE) + " " * 500_000 + "\nx" + "\xa0 " * 200_000 + "x",
    "many rows": as_text(PAGE) + "\nIntervention  a  b" * 100_000,
    "many tables": as_html(PAGE) + "<table><tr><td>" * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pages_cost_only_themselves(text):
    began = time.perf_counter()
    with suppress(ValueError):
        ctri.parse_page(text)
    assert time.perf_counter() - began < 3


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")
def test_real_status_words_and_number_tables_are_read():
    with (CORPUS / "registry_scrapes" / "ctri_2jul2020.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 46
    n_ids = 0
    for row in rows:
        page = as_html(changed(CTRI_Number=row["trial_id"], Secondary_IDs_if_Any="TABLE"))
        table = re.sub(r">, <tr|^\[|\]$", lambda m: "><tr" if "tr" in m[0] else "", row["secondary_ids"])
        page = page.replace("TABLE", f"<table>{table}</table>")
        for part, label in (("india", "India"), ("global", "Global")):
            status = row[f"recruitment_status_{part}"]
            old = "Open to Recruitment" if part == "india" else "Not Applicable"
            label = html.escape(f"Recruitment Status of Trial ({label})")
            page = page.replace(f"<b>{label}</b></td><td>{old}", f"<b>{label}</b></td><td>{status}")
        assert ctri.recognises(page)
        record = ctri.parse_page(page)
        assert record.trial_id == row["trial_id"]
        assert record.overall_status == wording.status(row["recruitment_status_india"])
        assert "Identifier" not in str(record.secondary_ids)
        assert "Protocol Number" not in str(record.secondary_ids)
        n_ids += bool(record.secondary_ids)
    assert n_ids == 13
