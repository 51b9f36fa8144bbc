"""Which records are the same trial: equal register numbers only, and never a silent loss."""

import itertools

import pytest

from trialkit.linking import link_records, normalise_id
from trialkit.linking.numbers import find_numbers
from trialkit.record import Intervention, TrialRecord
from trialkit.rows import read_with_sources


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
    accounted = [r.source_file for r in linked.kept] + [r.source_file for r, _, _ in linked.duplicates]
    assert sorted(accounted) == [r.source_file for r in records]
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


EU = "2031-001234-56"


def test_numbers_that_name_each_other_are_one_trial():
    own = record("NCT99000001", secondary_ids=[EU], public_title="Cells for lupus")
    other = record(EU, "euctr", secondary_ids=["NCT99000001"], public_title="Células para el lupus", file="b")
    linked = link_records([own, other])
    assert [r.trial_id for r in linked.kept] == ["NCT99000001"]
    [link] = [row for row in linked.links if row["relation"] == "same_trial"]
    assert "name each other" in link["reason"]
    assert EU in linked.kept[0].secondary_ids


def test_one_sided_number_joins_only_with_titles_that_agree():
    own = record("NCT99000001", public_title="Umbilical cord cells for lupus nephritis")
    same = record(
        EU, "euctr", secondary_ids=["NCT99000001"], public_title="Cells of umbilical cord for lupus nephritis"
    )
    strange = record(EU, "euctr", secondary_ids=["NCT99000001"], public_title="A vaccine against malaria in toddlers")
    assert len(link_records([own, same]).kept) == 1
    apart = link_records([own, strange])
    assert len(apart.kept) == 2
    assert [row["relation"] for row in apart.links] == ["shares_id"]


def test_record_that_names_many_numbers_chains_no_trials():
    trials = [record(f"NCT9900000{n}", public_title="Cells for lupus nephritis") for n in range(1, 4)]
    programme = record(
        EU, "euctr", secondary_ids=[t.trial_id for t in trials], public_title="Cells for lupus nephritis"
    )
    linked = link_records([*trials, programme])
    assert len(linked.kept) == 4
    assert {row["relation"] for row in linked.links} == {"shares_id"}


def test_no_trial_ever_holds_two_numbers_of_one_register():
    one = record("NCT99000001", secondary_ids=[EU], public_title="Cells for lupus nephritis")
    two = record("NCT99000002", secondary_ids=[EU], public_title="Cells for lupus nephritis")
    european = record(EU, "euctr", secondary_ids=["NCT99000001"], public_title="Cells for lupus nephritis")
    for records in ([one, two, european], [european, two, one]):
        linked = link_records(records)
        assert len(linked.kept) == 2
        [joined] = [row for row in linked.links if row["relation"] == "same_trial"]
        assert {joined["record_a"].split()[0], joined["record_b"].split()[0]} == {"ctgov:NCT99000001", f"euctr:{EU}"}


def test_universal_number_joins_two_registers_whose_titles_agree():
    one = record("NCT99000001", secondary_ids=["U1111-1234-5678"], public_title="Cells for lupus nephritis")
    two = record(
        "CTRI/2031/01/000001", "ctri", secondary_ids=["U1111-1234-5678"], public_title="Cells for lupus nephritis"
    )
    assert len(link_records([one, two]).kept) == 1


def test_follow_up_study_is_linked_and_not_joined():
    first = record(
        "NCT99000001", public_title="Cells for lupus", secondary_ids=["ORG-LN-101"], lead_sponsor="Example Inc."
    )
    named = record(
        "NCT99000002",
        public_title="Long-term follow-up of cells for lupus",
        brief_summary="Those treated in NCT99000001.",
    )
    by_protocol = record(
        "NCT99000003", public_title="Follow-up of participants of ORG-LN-101", lead_sponsor="Example Inc.", secondary_ids=["ORG-LN-101-E"],
    )  # fmt: skip
    linked = link_records([first, named, by_protocol])
    assert len(linked.kept) == 3
    assert {(r["record_a"], r["record_b"], r["relation"]) for r in linked.links} == {
        ("ctgov:NCT99000001", "ctgov:NCT99000002", "follow_up_of"),
        ("ctgov:NCT99000001", "ctgov:NCT99000003", "follow_up_of"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "Our earlier results (NCT99000001) showed that cells are safe.",
        "Among ongoing tests are NCT99000001 and others.",
    ],
)
def test_trial_named_in_the_literature_is_no_follow_up(text):
    one, two = record("NCT99000001"), record("NCT99000002", brief_summary=text)
    assert link_records([one, two]).links == []


def test_sponsor_number_inside_a_longer_one_is_another_number():
    one = record("NCT99000001", secondary_ids=["ORG-1234"], lead_sponsor="Example Inc.")
    two = record("NCT99000002", secondary_ids=["ORG-12345"], lead_sponsor="Example Inc.")
    short = [record(f"NCT9900000{n}", secondary_ids=["A1"], lead_sponsor="Example Inc.") for n in (3, 4)]
    assert link_records([one, two, *short]).links == []


def test_alike_titles_of_two_registers_are_a_proposal_only():
    title = "Umbilical cord mesenchymal cells in adults with active lupus nephritis"
    linked = link_records(
        [record("NCT99000001", public_title=title), record("CTRI/2031/01/000001", "ctri", public_title=title)]
    )
    assert len(linked.kept) == 2
    assert [row["relation"] for row in linked.links] == ["similar_title"]


def test_grouping_does_not_depend_on_the_order_of_the_input():
    records = [
        record("NCT99000001", secondary_ids=[EU], public_title="Cells for lupus nephritis", file="a"),
        record(EU, "euctr", public_title="Cells for lupus nephritis", file="b"),
        record(
            "ISRCTN99000001",
            "isrctn",
            secondary_ids=["NCT99000001"],
            public_title="Cells for lupus nephritis",
            file="c",
        ),
        record("NCT99000002", secondary_ids=[EU], public_title="Cells for psoriasis", file="d"),
    ]
    told = {
        (
            tuple(sorted(r.trial_id for r in linked.kept)),
            tuple(sorted((row["record_a"], row["relation"]) for row in linked.links)),
        )
        for order in itertools.permutations(records)
        for linked in [link_records(order)]
    }
    assert len(told) == 1


def test_extract_is_filled_from_a_complete_entry_and_says_from_which():
    table = record(
        "NCT99000001", file="table", complete=False, source_date="2033-01-01", overall_status="completed",
        interventions=[Intervention(name="Cells")], printed={"maximum_age": "ADULT"},
    )  # fmt: skip
    entry = record(
        "NCT99000001", file="entry", source_date="2031-01-01", overall_status="recruiting", maximum_age="60 Years",
        interventions=[Intervention(name="Cells", description="1x10^6/kg")], acronym="SORE",
    )  # fmt: skip
    [one] = link_records([entry, table]).kept
    assert (one.overall_status, one.acronym, one.maximum_age) == ("completed", "SORE", "60 Years")
    assert one.interventions == entry.interventions
    assert one.origins["acronym"] == one.origins["interventions"] == "ctgov:NCT99000001 (entry, position 0)"
    assert "maximum_age" not in one.printed


def test_complete_entry_is_taken_as_it_is():
    old = record("NCT99000001", updated="2030-01-01", acronym="OLD", file="old")
    new = record("NCT99000001", updated="2032-01-01", file="new")
    [one] = link_records([old, new]).kept
    assert one.acronym is None


def test_where_sources_disagree_both_are_shown_and_one_is_kept():
    page = record(
        "NCT99000001", "medpath", file="page", overall_status="recruiting", enrollment_count=40, phases=["phase1"], start_date="2031-05",
        interventions=[Intervention(name="MSC", description="5 x 10^6 cells/kg")],
    )  # fmt: skip
    own = record(
        "NCT99000001", updated="2032-01-01", overall_status="completed", enrollment_count=38, enrollment_type="actual", phases=["phase1"],
        start_date="2031-05-11", interventions=[Intervention(name="MSC", description="1 x 10^6 cells/kg")],
    )  # fmt: skip
    rows = read_with_sources(own, [page])["conflicts"]
    between = {row["column"]: (row["left"], row["right"]) for row in rows if row["kind"] == "between_sources"}
    assert between == {
        "overall_status": ("completed", "recruiting"),
        "enrollment_count": ("38 (actual)", "40"),
        "dose": ("1e+06 per kg", "5e+06 per kg"),
    }


def test_planned_and_actual_numbers_and_fine_statuses_are_no_contradiction():
    one = record("NCT99000001", enrollment_count=40, enrollment_type="estimated", overall_status="completed")
    two = record("NCT99000001", enrollment_count=38, enrollment_type="actual", overall_status="active_not_recruiting")
    assert [r for r in read_with_sources(one, [two])["conflicts"] if r["kind"] == "between_sources"] == []


@pytest.mark.parametrize(
    ("text", "register", "number"),
    [
        ("NCT 99000001", "ctgov", "NCT99000001"),
        ("EudraCT Number:2031-001234-56", "euctr", "2031-001234-56"),
        ("EUCTR2031-001234-56-DE", "euctr", "2031-001234-56"),
        ("2031-501234-12-00", "ctis", "2031-501234-12"),
        ("ISRCTN 99000001", "isrctn", "ISRCTN99000001"),
        ("CTRI/2031/09/000001", "ctri", "CTRI/2031/09/000001"),
        ("ChiCTR-TRC-31000001", "chictr", "CHICTR31000001"),
        ("ChiCTR3100000001", "chictr", "CHICTR3100000001"),
        ("JPRN-UMIN000099999", "umin", "UMIN000099999"),
        ("jRCTs031319999", "jrct", "JRCTS031319999"),
        ("IRCT20310101000001N2", "irct", "IRCT20310101000001N2"),
        ("ACTRN12631000000998p", "actrn", "ACTRN12631000000998"),
        ("DRKS00099999", "drks", "DRKS00099999"),
        ("KCT0009999", "kct", "KCT0009999"),
        ("TCTR20310101001", "tctr", "TCTR20310101001"),
        ("PACTR203101000000001", "pactr", "PACTR203101000000001"),
        ("U1111-1234-5678", "utn", "U1111-1234-5678"),
    ],
)
def test_register_number_is_known_in_every_spelling(text, register, number):
    assert find_numbers(text) == [(register, number)]
    assert find_numbers(f"see {text}.", prose=True) == [(register, number)]


@pytest.mark.parametrize(
    "text", ["XNCT99000001", "NCT9900000", "NCT990000011", "ORG-1234", "2031-05-11", "phone 031-501234-12"]
)
def test_what_only_looks_like_a_number_is_none(text):
    assert find_numbers(text) == []
