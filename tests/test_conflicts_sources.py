"""Where the records of one trial disagree: both values stand side by side, and the record kept decides."""

from trialkit.record import Intervention, TrialRecord
from trialkit.rows import read_with_sources


def record(register="ctgov", dose="", **more):
    cells = [Intervention(name="MSC", description=dose)]
    return TrialRecord(register=register, trial_id="NCT99000001", interventions=cells, **more)


def between(kept, other):
    """column -> (value kept, the other value)."""
    rows = read_with_sources(kept, [other])["conflicts"]
    return {row["column"]: (row["left"], row["right"]) for row in rows if row["kind"] == "between_sources"}


def test_values_that_differ_are_shown_side_by_side():
    own = record(dose="1 x 10^6 cells/kg", overall_status="completed", enrollment_count=38, phases=["phase1"])
    page = record("medpath", "5 x 10^6 cells/kg", overall_status="recruiting", enrollment_count=40, phases=["phase2"])
    assert between(own, page) == {
        "overall_status": ("completed", "recruiting"),
        "enrollment_count": ("38", "40"),
        "phases": ("phase1", "phase2"),
        "dose": ("1,000,000 per kg", "5,000,000 per kg"),
    }


def test_a_conflict_names_source_and_date_of_both_values():
    own = record(enrollment_count=38, last_update_date="2032-01-01")
    page = record("medpath", enrollment_count=40, source_date="2033-02-02")
    [row] = read_with_sources(own, [page])["conflicts"]
    assert row["left_evidence"] == "ctgov:NCT99000001, updated 2032-01-01"
    assert row["right_evidence"] == "medpath:NCT99000001, state of 2033-02-02"
    assert row["message"].endswith("the first is kept.")


def test_planned_and_actual_number_are_no_contradiction():
    planned = record(enrollment_count=40, enrollment_type="estimated")
    assert between(planned, record(enrollment_count=38, enrollment_type="actual")) == {}


def test_statuses_of_one_coarse_class_are_no_contradiction():
    assert between(record(overall_status="completed"), record(overall_status="active_not_recruiting")) == {}


def test_a_month_does_not_contradict_its_day():
    assert between(record(start_date="2031-05-11"), record("medpath", start_date="2031-05")) == {}
    assert between(record(start_date="2031-05-11"), record("medpath", start_date="2031-06")) != {}


def test_a_page_that_lost_the_dose_of_its_register_is_shown():
    own = record(dose="1 x 10^6 cells/kg", brief_summary="Cells are given.")
    page = record("medpath", brief_summary="Cells are given.")
    assert between(own, page) == {"dose": ("1,000,000 per kg", "not stated")}
    assert between(page, own) == {"dose": ("not stated", "1,000,000 per kg")}


def test_a_form_without_prose_lost_nothing():
    own = record(dose="1 x 10^6 cells/kg", brief_summary="Cells are given.")
    assert between(own, record("ictrp")) == {}
