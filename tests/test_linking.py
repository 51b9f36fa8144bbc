"""Which records are one trial: equal register numbers only, a reason for every join, and never a silent loss."""

import itertools

import pytest

from trialkit.linking import link_records
from trialkit.record import Intervention, TrialRecord

NCT, EU, CTRI = "NCT99000001", "2031-001234-56", "CTRI/2031/01/000001"
TITLE = "Cells for lupus nephritis"


def record(trial_id, register="ctgov", *, names=(), title=TITLE, file="a.json", **more):
    return TrialRecord(
        register=register, trial_id=trial_id, secondary_ids=list(names), public_title=title, source_file=file, **more
    )


def kept(*records):
    return [one.trial_id for one in link_records(records).kept]


def relations(*records):
    """(first number, second number, relation) of every link."""
    return {(number(row["record_a"]), number(row["record_b"]), row["relation"]) for row in link_records(records).links}


def number(key):
    return key.split()[0].partition(":")[2]


# Equal numbers


def test_records_of_different_trials_are_all_kept_in_order():
    records = [record(number, title=None) for number in ("NCT99000002", NCT, "NCT99000003")]
    unnumbered = [record(None, "medpath", file=file, title=None) for file in "ab"]
    linked = link_records(records + unnumbered)
    assert (linked.kept, linked.duplicates, linked.links) == (records + unnumbered, [], [])


def test_every_record_is_kept_or_named_as_duplicate():
    records = [record(f"NCT9900000{n % 3}", file=str(n)) for n in range(10)]
    linked = link_records(records)
    accounted = [r.source_file for r in linked.kept] + [r.source_file for r, _, _ in linked.duplicates]
    assert sorted(accounted) == [r.source_file for r in records]


def test_register_is_kept_before_the_page_that_repeats_it():
    page, own = record(NCT, "medpath", file="page.txt", last_update_date="2032-01-01"), record(NCT)
    linked = link_records([page, own])
    assert linked.kept == [own]
    [(duplicate, into, reason)] = linked.duplicates
    assert (duplicate, into) == (page, own)
    assert "same number" in reason


@pytest.mark.parametrize(
    ("older", "newer"), [("2030-05-01", "2032-01-31"), (None, "2030-01-31"), ("not a date", "2030")]
)
def test_newest_record_of_a_register_is_kept(older, newer):
    old, new = record(NCT, file="old", last_update_date=older), record(NCT, file="new", last_update_date=newer)
    assert link_records([old, new]).kept == link_records([new, old]).kept == [new]


def test_first_read_is_kept_when_nothing_else_tells():
    assert link_records([record(NCT, file="first"), record(NCT, file="second")]).kept[0].source_file == "first"


# Numbers that records name


def test_numbers_that_name_each_other_are_one_trial():
    own, other = record(NCT, names=[EU]), record(EU, "euctr", names=[NCT], title="Células para el riñón")
    [link] = link_records([own, other]).links
    assert link["relation"] == "same_trial"
    assert "name each other" in link["reason"]
    [one] = link_records([own, other]).kept
    assert (one.trial_id, one.secondary_ids) == (NCT, [EU])


def test_number_named_by_one_side_joins_only_titles_that_agree():
    assert kept(record(NCT), record(EU, "euctr", names=[NCT], title="In lupus nephritis: cells")) == [NCT]
    strange = record(EU, "euctr", names=[NCT], title="A vaccine against malaria in toddlers")
    assert relations(record(NCT), strange) == {(EU, NCT, "shares_id")}


def test_universal_number_joins_titles_that_agree():
    assert kept(record(NCT, names=["U1111-1234-5678"]), record(CTRI, "ctri", names=["U1111-1234-5678"])) == [NCT]


def test_record_that_names_many_numbers_chains_no_trials():
    trials = [record(f"NCT9900000{n}") for n in range(1, 4)]
    programme = record(EU, "euctr", names=[trial.trial_id for trial in trials])
    assert len(kept(*trials, programme)) == 4
    assert {relation for *_, relation in relations(*trials, programme)} == {"shares_id"}


def test_no_trial_ever_holds_two_numbers_of_one_register():
    records = [record(NCT, names=[EU]), record("NCT99000002", names=[EU]), record(EU, "euctr", names=[NCT])]
    for order in itertools.permutations(records):
        assert sorted(kept(*order)) == [NCT, "NCT99000002"]
        assert (NCT, EU, "same_trial") in relations(*order)


def test_two_numbers_of_one_register_are_two_trials_that_share_one():
    assert relations(record(NCT), record("NCT99000002", names=["nct99000001"])) == {(NCT, "NCT99000002", "shares_id")}


def test_grouping_does_not_depend_on_the_order_of_the_input():
    records = [
        record(NCT, names=[EU]),
        record(EU, "euctr"),
        record("ISRCTN99000001", "isrctn", names=[NCT]),
        record("NCT99000002", names=[EU], title="Cells for psoriasis"),
    ]
    told = {(frozenset(kept(*order)), frozenset(relations(*order))) for order in itertools.permutations(records)}
    assert len(told) == 1


# Sponsors' numbers and titles join nothing


def test_equal_titles_and_sponsor_numbers_of_one_register_never_link():
    assert relations(record(NCT, names=["ORG-1"]), record("NCT99000002", names=["ORG-1"])) == set()


@pytest.mark.parametrize(
    ("one", "other"), [("ORG-1234", "ORG-12345"), ("A1", "A1")], ids=["part of a longer one", "short"]
)
def test_sponsor_number_must_be_whole_and_long(one, other):
    first = record(NCT, names=[one], lead_sponsor="Example Inc.")
    assert relations(first, record("NCT99000002", names=[other], lead_sponsor="Example Inc.")) == set()


def test_alike_titles_of_two_registers_are_a_proposal_only():
    title = "Umbilical cord mesenchymal cells in adults with active lupus nephritis"
    pair = record(NCT, title=title), record(CTRI, "ctri", title=title)
    assert len(kept(*pair)) == 2
    assert [relation for *_, relation in relations(*pair)] == ["similar_title"]


# Follow-up studies


def test_follow_up_that_names_the_first_trial_is_related_and_not_joined():
    later = record(
        "NCT99000002", title="Long-term follow-up of cells for lupus", brief_summary=f"Those treated in {NCT}."
    )
    assert relations(record(NCT), later) == {(NCT, "NCT99000002", "follow_up_of")}


def test_follow_up_is_known_by_the_protocol_of_the_same_sponsor():
    first = record(NCT, names=["ORG-LN-101"], lead_sponsor="Example Inc.")
    later = record("NCT99000002", names=["ORG-LN-101-E"], title="Follow-up of ORG-LN-101", lead_sponsor="Example Inc.")
    assert relations(first, later) == {(NCT, "NCT99000002", "follow_up_of")}


@pytest.mark.parametrize(
    "text", ["Earlier results (NCT99000001) showed safety.", "Ongoing tests are NCT99000001 and others."]
)
def test_trial_named_in_the_literature_is_no_follow_up(text):
    assert relations(record(NCT), record("NCT99000002", brief_summary=text)) == set()


# One record from several


def test_extract_is_filled_from_a_complete_entry_and_says_from_which():
    cells = Intervention(name="Cells", description="1x10^6/kg")
    table = record(
        NCT, file="table", complete=False, source_date="2033-01-01", overall_status="completed",
        interventions=[Intervention(name="Cells")], printed={"maximum_age": "ADULT"},
    )  # fmt: skip
    entry = record(
        NCT, file="entry", source_date="2031-01-01", overall_status="recruiting", interventions=[cells],
        maximum_age="60 Years",
    )  # fmt: skip
    [one] = link_records([entry, table]).kept
    assert (one.overall_status, one.maximum_age, one.interventions) == ("completed", "60 Years", [cells])
    assert one.origins["maximum_age"] == one.origins["interventions"] == f"ctgov:{NCT} (entry, position 0)"
    assert "maximum_age" not in one.printed


def test_complete_entry_is_taken_as_it_is():
    old = record(NCT, file="old", last_update_date="2030-01-01", acronym="OLD")
    [one] = link_records([old, record(NCT, file="new", last_update_date="2032-01-01")]).kept
    assert one.acronym is None
