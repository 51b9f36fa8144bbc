"""What garbled inputs once brought to light: each stays mended. `python tests/fuzz.py` looks for more."""

import pytest
import test_aact
import test_ctgov_table
import test_ctri
from making import read_frames
from msgspec.structs import replace
from reading import read_written

from trialkit.facts.doses import find_doses
from trialkit.facts.schedules import read_schedule
from trialkit.linking import link_records
from trialkit.record import Arm, Intervention, TrialRecord
from trialkit.registries import ctri, medpath, veeva
from trialkit.registries.results import Rejected


@pytest.mark.parametrize("text", ["number of infusions: 0", "0-time injection", "a 0+0 scheme"])
def test_nothing_given_is_no_number_of_administrations(text):
    schedule = read_schedule(text)
    assert schedule is None or schedule.n_administrations is None


def test_a_dose_is_never_below_nothing():
    [dose] = find_doses("(1 x 10^6 cells/kg), then 2 ± 5 x 10^6 cells/kg")[1:]
    assert (dose.low, dose.high) == (0, 7e6)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("6 · 10⁶ cells/kg", 6e6), ("0.5 . 10^6 cells/kg", 5e5), ("0.5. 10^6 cells/kg", 5e5), ("6 · 106 cells/kg", 6e6), ("1,\n0x10^6 cells/kg", 1e6),
        ("500.000 cells/kg", 5e5), ("500 000 cells/kg", 5e5), ("in group 6. 10^6 cells/kg", 1e6),
    ],
)  # fmt: skip
def test_points_and_blanks_inside_a_number_are_read(text, cells):
    [dose] = find_doses(text)
    assert (dose.low, dose.high, dose.basis) == (cells, cells, "per_kg")


SCHEDULES = [
    ("cells infused weekly x 3", 3, (7,)),
    ("cells every 4 weeks x3", 3, (28,)),
    ("cells weekly x 10^6", None, (7,)),
    ("cells infused on days " + ", ".join(map(str, range(0, 24, 2))), 12, (2,)),
]


@pytest.mark.parametrize(("text", "number", "gaps"), SCHEDULES)
def test_a_whole_course_is_counted(text, number, gaps):
    schedule = read_schedule(text)
    assert (schedule.n_administrations, schedule.interval_days) == (number, gaps)


def test_a_list_too_long_for_a_course_is_none():
    assert read_schedule("cells infused on days " + ", ".join(map(str, range(0, 100, 2)))) is None


FRAMES = [  # a field of a record, its words -> column of the trial, what stands there
    ("maximum_age", "999 Years", "maximum_age_years", None),
    ("maximum_age", "130 Years", "maximum_age_years", 130),
    ("minimum_age", "99999 Months", "minimum_age_years", None),
    ("start_date", "2020-13-45", "start_date", None),
]


@pytest.mark.parametrize(("field", "words", "column", "value"), FRAMES)
def test_a_value_that_is_none_costs_neither_its_trial_nor_tells_of_itself(field, words, column, value):
    frames = read_frames(TrialRecord(register="test", trial_id="TEST-1", **{field: words}))
    assert frames.trials[column].to_list() == [value]
    assert frames.evidence.filter(column=column)["value"].to_list() == ([] if value is None else [str(float(value))])


@pytest.mark.parametrize("label", ["", "\r\n"])
def test_a_blank_label_is_no_quote(label):
    arms = [Arm(label=label, type="placebo_comparator"), Arm(label="MSC")]
    given = [Intervention(name="MSC", arm_labels=["MSC"])]
    frames = read_frames(TrialRecord(register="test", trial_id="TEST-1", arms=arms, interventions=given))
    assert frames.trials["control_type"].to_list() == ["placebo"]
    assert frames.evidence.filter(column="control_type").is_empty()


def test_a_record_without_a_number_that_names_one_is_related_and_not_joined():
    title = "Cells for sore knees"
    page = TrialRecord(
        register="ctri", trial_id=None, secondary_ids=["NCT99000010"], public_title=title, source_file="p"
    )
    entry = TrialRecord(register="ctgov", trial_id="NCT99000010", public_title=title, source_file="e")
    linked = link_records([page, entry])
    assert (linked.kept, linked.duplicates) == ([page, entry], [])
    [link] = linked.links
    assert (link["relation"], "\0" in link["reason"]) == ("shares_id", False)


# Files


def test_a_table_saved_on_windows_is_read(tmp_path):
    row = test_ctgov_table.PRESENT | {"Study Title": "Cellules mésenchymateuses"}
    [record] = read_written(tmp_path, test_ctgov_table.table(row).decode().encode("cp1252"))
    assert record.public_title == "Cellules mésenchymateuses"


def test_a_long_table_saved_on_windows_is_read(tmp_path):
    rows = [test_ctgov_table.PRESENT | {"Study Title": "mésenchymateuses"}] * 400
    data = test_ctgov_table.table(*rows).decode().encode("cp1252")
    assert len(data) > 1 << 18
    assert {record.public_title for record in read_written(tmp_path, data)} == {"mésenchymateuses"}


def test_a_long_table_cut_within_a_character_is_utf8(tmp_path):
    rows = [test_ctgov_table.PRESENT | {"Study Title": "é" * 700}] * 300
    data = test_ctgov_table.table(*rows)
    assert {record.public_title for record in read_written(tmp_path, data)} == {"é" * 700}


def test_a_tag_that_is_none_is_no_reader_of_its_own(tmp_path):
    [rejected] = read_written(tmp_path, "<fullTrial:><trial>1</trial></fullTrial:>")
    assert "No reader knows this" in rejected.reason


@pytest.mark.parametrize(("at", "byte"), [(6, 148), (42, 255), (45, 255), (8, 1), (10, 99)])
@pytest.mark.parametrize("name", ["NCT99000010.json", "page.txt"])
def test_a_wrong_directory_of_an_archive_costs_the_archive_alone(tmp_path, at, byte, name):
    """Version, place, flags or method of the first member is another one in the directory at the end."""
    data = bytearray(test_aact.zipped(tmp_path / "zip", {name: b"{}", f"2{name}": b"{}"}).read_bytes())
    data[data.index(b"PK\x01\x02") + at] = byte
    results = read_written(tmp_path, bytes(data))
    assert results
    assert all(isinstance(result, Rejected) and result.reason for result in results)


# Pages whose lines were exchanged, doubled or lost

MEDPATH = """A Study of Cells
- Conditions
- Arthritis
{here}- Registration Number
- NCT99000001
- Lead Sponsor
- Example Institute
- Brief Summary
Cells are tried.
Recruitment & Eligibility
- Sex
- All
Study & Design
- Study Type
- INTERVENTIONAL
- Primary Outcome Measures
Name Time Method Pain 6 months
"""
VEEVA = """ClinicalTrials.Veeva
A Study of Cells
E
Example Institute
Status and phase
Completed
Conditions
Arthritis
{here}Identifiers
NCT99000001
Details and patient eligibility
Sex
All
Enrollment
12 estimated patients
Trial contacts and locations
1
"""


@pytest.mark.parametrize("here", ["- Status\n- UNKNOWN\n", "- Target Recruitment\n- 20\n", "- Conditions\n- Fever\n"])
def test_what_stands_under_a_label_out_of_its_part_is_no_value_of_the_label_before(here):
    assert medpath.parse_page(MEDPATH.format(here=here)) == medpath.parse_page(MEDPATH.format(here=""))


def test_a_label_glued_to_a_condition_is_none():
    page = MEDPATH.format(here="").replace("- Arthritis\n", "- ArthritisInterventions\n- , Lead Sponsor\n")
    assert medpath.parse_page(page).conditions == ["Arthritis"]


def test_a_label_is_no_criterion_and_no_outcome():
    page = MEDPATH.format(here="").replace("Name Time Method Pain 6 months\n", "- Lead Sponsor\n- Example Works\n")
    page = page.replace("- All\n", "- All\n- Target Recruitment\n- 12\n- Study Type\n")
    record = medpath.parse_page(page)
    assert (record.enrollment_count, record.eligibility, record.outcomes) == (12, None, [])
    assert record.lead_sponsor == "Example Institute"


def test_the_name_of_the_site_is_no_status():
    page = MEDPATH.format(here="").replace("A Study of Cells\n", "A Study of Cells\nPhase 2\nMedPath\nCompleted\n")
    record = medpath.parse_page(page)
    assert (record.public_title, record.phases, record.overall_status) == ("A Study of Cells", ["phase2"], "completed")
    assert "MedPath" not in record.printed.values()


@pytest.mark.parametrize("here", ["Status and phase\nWithdrawn\n", "Conditions\nFever\n", "Status and phase\n"])
def test_what_stands_under_a_label_out_of_its_order_is_no_value_of_the_label_before(here):
    assert veeva.parse_page(VEEVA.format(here=here)) == veeva.parse_page(VEEVA.format(here=""))


def test_a_number_of_sites_in_other_digits_is_none():
    record = veeva.parse_page(VEEVA.format(here="").replace("\n1\n", "\n10⁰⁶\n"))
    assert (record.trial_id, record.n_sites) == ("NCT99000001", None)


@pytest.mark.parametrize("label", ["Primary Sponsor", "Sites of Study", "Details of Ethics Committee", "Type of Trial"])
@pytest.mark.parametrize(
    "after", ["Countries of Recruitment", "Health Condition / Problems Studied", "Primary Outcome"]
)
def test_what_stands_under_a_doubled_label_is_no_value_of_the_label_before(label, after):
    lines = test_ctri.FORMS["text"].split("\n")
    starts = [n for n, line in enumerate(lines) if line.startswith(tuple(test_ctri.PAGE))]
    at = next(n for n in starts if lines[n].startswith(after))
    following = starts[starts.index(at) + 1]
    doubled = [*lines[:following], f"{label}  A. Person ", "B. Person ", *lines[following:]]
    if at > next(n for n in starts if lines[n].startswith(label)):
        assert ctri.parse_page("\n".join(doubled)) == test_ctri.RECORD
    assert "Person" not in str(replace(ctri.parse_page("\n".join(doubled)), lead_sponsor=None, printed={}))
