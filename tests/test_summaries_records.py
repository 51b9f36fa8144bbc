"""The account of the records in words and tables: nothing is lost on the way, and silence is told."""

from making import make_frames

from trialkit.summaries import records


def entry(outcome, file="a.csv", form=None, **more):
    return {"source_file": file, "position": 0, "outcome": outcome, "form": form, **more}


LEDGER = [
    entry("parsed", form="ctgov"), entry("duplicate", form="ctgov", reason="same number as the record kept (ctgov:N1 in a.csv, position 1)"),
    entry("duplicate", "b.csv", "ctgov_table", reason="same number as the record kept (ctgov:N2 in a.csv, position 2)"),
    entry("rejected", "odd.txt", reason="odd.txt line 7: no number"), entry("rejected", "odd.txt", reason="odd.txt line 9: no number"),
]  # fmt: skip


def test_bundled_ledger_balances_and_names_no_folder_of_this_machine(bundled):
    table = records.count_ledger(bundled)
    total = table.row(-1, named=True)
    assert total["received"] == total["parsed"] + total["duplicates"] + total["rejected"] == len(bundled.ledger)
    assert not table["file"].str.starts_with("/").any()
    assert "the counts balance" in records.tell_ledger(bundled)


def test_records_are_counted_by_kind_of_file():
    assert records.count_forms(make_frames(ledger=LEDGER)).rows() == [
        ("ctgov", 1, 2, 1, 1),
        ("ctgov_table", 1, 1, 0, 1),
        ("All kinds", 2, 3, 1, 2),
    ]


def test_like_reasons_are_counted_together():
    assert records.count_reasons(make_frames(ledger=LEDGER)).rows() == [
        ("duplicate", "same number as the record kept", 2),
        ("rejected", "odd.txt line #: no number", 2),
    ]


def test_the_balance_is_a_sentence():
    assert records.tell_ledger(make_frames(ledger=LEDGER[3:4])) == (
        "1 file held 1 record: 1 received = 0 read as trials + 0 second records of a trial + 1 rejected; the counts balance."
    )


def filled(field, n, usual=True):
    return {"form": "ctgov", "register": "ctgov", "field": field, "n_records": 40, "n_filled": n, "usual": usual}


def test_share_of_records_that_fill_a_field():
    rows = [filled("url", 40), filled("sex", 30), filled("acronym", 0, usual=False), filled("phases", 0)]
    assert records.table_filled(make_frames(filled=rows)).rows() == [
        ("url", "always"),
        ("sex", "75 %"),
        ("acronym", "never"),
        ("phases", "never, though usual"),
    ]


def test_a_field_that_fell_silent_is_told():
    assert "phases is empty in all 40 records" in records.tell_filled(make_frames(filled=[filled("phases", 0)]))
    assert records.tell_filled(make_frames(filled=[filled("phases", 1)])).startswith("No field")


def pair(relation, reason="", other="b"):
    return {"record_a": "ctgov:a", "record_b": other, "relation": relation, "reason": reason, "confidence": 1.0}


def test_pairs_of_records_are_counted_by_relation_and_named_unless_a_number_tells_all():
    links = [
        pair("similar_title", "titles alike", "ctri:d"),
        pair("same_trial", "both carry the number a"),
        pair("follow_up_of", "its title says so", "ctgov:c"),
    ]
    some = make_frames(links=links)
    assert dict(records.count_relations(some).select("relation", "pairs").iter_rows()) == {
        "same trial": 1, "follow up of": 1, "similar title": 1,
    }  # fmt: skip
    assert records.list_links(some)["second record"].to_list() == ["ctgov:c", "ctri:d"]
    assert records.tell_links(some).startswith(
        "1 record is a second one of a trial, 1 pair is a trial and its follow-up"
    )
