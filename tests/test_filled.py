"""A field that a kind of file usually fills and that is empty throughout is told."""

import pytest

from trialkit.filled import FIELDS, count_filled, silent_fields, usual_fields
from trialkit.record import TrialRecord


def records(n, **more):
    return [TrialRecord(register="ctgov", form="ctgov_table", trial_id=f"NCT990000{i:02}", **more) for i in range(n)]


def silent(*given):
    return {sentence.split()[1] for sentence in silent_fields(count_filled(given))}


def test_every_field_of_every_kind_of_file_is_counted():
    rows = count_filled([*records(3, sex="female"), *records(2)])
    assert [row["field"] for row in rows] == FIELDS
    [sex] = [row for row in rows if row["field"] == "sex"]
    assert (sex["form"], sex["n_records"], sex["n_filled"]) == ("ctgov_table", 5, 3)


def test_field_that_fell_silent_is_told():
    assert "overall_status" in silent(*records(20))
    assert "overall_status" not in silent(*records(20), *records(1, overall_status="completed"))


def test_few_records_may_lack_a_field_by_chance():
    assert silent(*records(19)) == set()


def test_field_that_is_rarely_filled_is_not_missed():
    assert "arms" not in silent(*records(20))


@pytest.mark.parametrize("form", usual_fields())
def test_usual_fields_are_fields_of_a_record(form):
    assert usual_fields()[form] <= set(FIELDS)
