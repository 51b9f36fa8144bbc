"""Which records are the same trial: equal register numbers only, and never a silent loss."""

import pytest

from trialkit.linking import link_records, normalise_id
from trialkit.record import TrialRecord


def record(trial_id, register="ctgov", updated=None, file="a.json", **more):
    return TrialRecord(register=register, trial_id=trial_id, last_update_date=updated, source_file=file, **more)


def test_records_of_different_trials_are_all_kept_in_order():
    records = [record("NCT99000002"), record("NCT99000001"), record(None, "medpath"), record(None, "medpath", file="b")]
    linked = link_records(records)
    assert linked.kept == records
    assert linked.duplicates == []
    assert linked.links == []


def test_register_is_kept_before_the_page_that_repeats_it():
    page, own = record("NCT99000001", "medpath", "2024-01-01", "page.txt"), record("NCT99000001", updated="2020-01-01")
    linked = link_records([page, own])
    assert linked.kept == [own]
    [(duplicate, kept, reason)] = linked.duplicates
    assert (duplicate, kept) == (page, own)
    assert "same number" in reason
    assert "a.json" in reason


def test_later_update_is_kept_before_an_earlier_one():
    old, new = record("NCT99000001", updated="2020-05-01", file="old"), record("NCT99000001", updated="2022-01-31")
    assert link_records([old, new]).kept == [new]
    assert link_records([new, old]).kept == [new]


def test_dated_record_is_kept_before_an_undated_one():
    undated, dated = record("NCT99000001", file="undated"), record("NCT99000001", updated="2022-01-31")
    assert link_records([undated, dated]).kept == [dated]


def test_first_read_is_kept_when_nothing_else_tells():
    first, second = record("NCT99000001", file="first"), record("NCT99000001", file="second")
    assert link_records([first, second]).kept == [first]


@pytest.mark.parametrize("date", ["２０２２", "unknown – later", "2022-13-45"])
def test_odd_date_never_stops_the_linking(date):
    assert len(link_records([record("NCT99000001", updated=date), record("NCT99000001", updated="2020")]).kept) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("nct99000001", "NCT99000001"), (" NCT 99000001", "NCT99000001"), ("2031–000001–10", "2031-000001-10")],
)
def test_same_number_in_another_spelling_is_the_same_trial(one, other):
    assert normalise_id(one) == normalise_id(other)
    assert len(link_records([record(one), record(other)]).kept) == 1


def test_every_record_is_kept_or_named_as_duplicate():
    records = [record(f"NCT9900000{n % 3}", file=str(n)) for n in range(10)]
    linked = link_records(records)
    assert len(linked.kept) + len(linked.duplicates) == 10
    assert {id(r) for r in records} == {id(r) for r in linked.kept} | {id(r) for r, _, _ in linked.duplicates}
    assert len([link for link in linked.links if link["relation"] == "same_trial"]) == 7


def test_secondary_number_links_two_trials_and_merges_nothing():
    first = record("NCT99000001")
    follow_up = record("NCT99000002", secondary_ids=["nct99000001", "ORG-1"])
    linked = link_records([first, follow_up])
    assert linked.kept == [first, follow_up]
    [link] = linked.links
    assert (link["record_a"], link["record_b"], link["relation"]) == (
        "ctgov:NCT99000001", "ctgov:NCT99000002", "shares_id",
    )  # fmt: skip
    assert link["confidence"] < 1


def test_equal_titles_and_sponsor_numbers_never_link():
    one = record("NCT99000001", public_title="Cells for lupus", secondary_ids=["ORG-1"])
    two = record("NCT99000002", public_title="Cells for lupus", secondary_ids=["ORG-1"])
    linked = link_records([one, two])
    assert (linked.kept, linked.links) == ([one, two], [])
