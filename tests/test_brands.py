"""The product dictionary: fills only what is silent, only when asked, and says so."""

import polars as pl
from making import read_frames

import trialkit as tk
from trialkit.record import Intervention, TrialRecord
from trialkit.summaries import cell_source


def record(number, *names, title="A study in Crohn disease"):
    given = [Intervention(name=name) for name in names]
    return TrialRecord(register="test", trial_id=f"TEST-{number}", public_title=title, interventions=given)


def test_a_name_alone_reports_nothing():
    trial = read_frames(record(1, "remestemcel-L")).trials.row(0, named=True)
    assert (trial["cell_source"], trial["donor"], trial["from_product_dictionary"]) == ([], "not_reported", [])


def test_the_dictionary_fills_what_is_silent_and_marks_it():
    plain = read_frames(record(1, "remestemcel-L"))
    filled = tk.fill_from_products(plain)
    trial = filled.trials.row(0, named=True)
    assert (trial["cell_source"], trial["donor"]) == (["bone_marrow"], "allogeneic")
    assert trial["from_product_dictionary"] == ["cell_source", "donor"]
    added = filled.evidence.filter(pl.col("rule").str.starts_with("from product dictionary"))
    assert added.select("column", "value", "quote").rows() == [
        ("cell_source", "bone_marrow", "remestemcel-L"), ("donor", "allogeneic", "remestemcel-L"),
    ]  # fmt: skip
    status = dict(filled.fact_status.select("fact", "status").iter_rows())
    assert (status["cell_source"], status["donor"]) == ("not_reported", "not_reported")
    assert plain.trials["cell_source"].to_list() == [[]]
    words = cell_source.list_products(filled).row(0, named=True)
    assert words["cell source"] == "Bone marrow (from product dictionary)"


def test_what_a_record_reports_is_never_changed():
    filled = tk.fill_from_products(read_frames(record(1, "Cartistem, umbilical cord MSC, autologous")))
    trial = filled.trials.row(0, named=True)
    assert (trial["cell_source"], trial["donor"], trial["from_product_dictionary"]) == (
        ["umbilical_cord"],
        "autologous",
        [],
    )


def test_products_that_differ_fill_nothing():
    filled = tk.fill_from_products(read_frames(record(1, "remestemcel-L", "Cupistem")))
    assert filled.trials["from_product_dictionary"].to_list() == [[]]


def test_filling_keeps_every_trial_in_place():
    bundled = tk.load()
    filled = tk.fill_from_products(bundled)
    assert filled.trials.schema == bundled.trials.schema
    assert filled.trials["trial_id"].equals(bundled.trials["trial_id"])
    untouched = filled.trials.filter(pl.col("from_product_dictionary").list.len() == 0)["trial_id"]
    same = pl.col("trial_id").is_in(untouched.implode())
    assert filled.trials.filter(same).equals(bundled.trials.filter(same))
