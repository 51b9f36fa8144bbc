"""What the dosing report says about doses and schedules, on trials small enough to check by hand."""

import polars as pl
import pytest
from making import make_frames

import trialkit as tk
from trialkit.charts import dosing as charts
from trialkit.charts import dosing_schedules as schedule_charts
from trialkit.charts.dosing_totals import plot_totals
from trialkit.frames import Frames
from trialkit.summaries import dosing, dosing_regimens, dosing_schedules, dosing_totals
from trialkit.summaries.dose_columns import dose_words


def frames_of(regimens=(), trials=None, evidence=(), status=()) -> Frames:
    """Frames with these rows; what a row does not name is missing. Trials named by regimens exist without being listed."""
    trials = {t["trial_id"]: t for t in trials or []}
    for regimen in regimens:
        trials.setdefault(regimen["trial_id"], {"trial_id": regimen["trial_id"]})
    return make_frames(trials=trials.values(), regimens=regimens, evidence=evidence, fact_status=status)


def dose(trial_id="A", low=1e6, high="same", basis="per_kg", n=None, every=(), days=(), **more) -> dict:
    """A regimen: `dose("A", 1e6)` is 1 million cells per kg."""
    return {
        "trial_id": f"trial {trial_id}",
        "dose_low": low,
        "dose_high": low if high == "same" else high,
        "dose_basis": basis,
        "n_administrations": n,
        "interval_days": [float(d) for d in every],
        "schedule_days": [float(d) for d in days],
        **more,
    }


def schedule(trial_id="A", n=None, every=(), days=(), **more) -> dict:
    return dose(trial_id, None, basis=None, n=n, every=every, days=days, **more)


def quoted(trial_id, column, value, quote) -> dict:
    texts = {"record": "ctgov:x", "field": "arms[0].description", "rule": "test"}
    return {
        "trial_id": f"trial {trial_id}",
        "frame": "regimens",
        "column": column,
        "value": value,
        "quote": quote,
        **texts,
    }


@pytest.mark.parametrize(
    ("low", "high", "basis", "words"),
    [
        (1e6, 1e6, "per kg", "1 million per kg"),
        (1e6, 2e6, "per kg", "1 to 2 million per kg"),
        (5e5, 1e6, "per kg", "500,000 to 1 million per kg"),
        (None, 1e8, "total", "up to 100 million in all"),
        (2e7, None, "total", "at least 20 million in all"),
        (2.2e7, 2.2e7, "per mL", "22 million per mL"),
        (None, None, None, None),
    ],
)
def test_doses_are_told_in_words(low, high, basis, words):
    assert dose_words(low, high, basis) == words


def test_a_level_of_two_arms_is_one_level():
    frames = frames_of([dose(arm="Active"), dose(arm="Active, second site"), dose(low=2e6)])
    doses = dosing.summarise_doses(frames)
    assert doses.select("low", "arm").rows() == [(1e6, "Active; Active, second site"), (2e6, None)]
    assert "1 trial states 2 distinct dose levels: per kg in 1." in dosing.tell_doses(doses)


def test_trials_are_counted_not_levels():
    doses = dosing.summarise_doses(
        frames_of([dose("A", 1e6), dose("A", 2e6), dose("A", 3e6), dose("B", 1e8, basis="total")])
    )
    assert dosing.tell_doses(doses).startswith(
        "2 trials state 4 distinct dose levels: per kg in 1 and as a total in 1."
    )
    assert "1 trial names several levels." in dosing.tell_doses(doses)


def test_each_dose_carries_its_fullest_quote():
    evidence = [
        quoted("A", "dose", "2e+06 per_kg", "2"),
        quoted("A", "dose", "2e+06 per_kg", "2 million cells / kg"),
        quoted("A", "dose", "up to 1e+08 total", "max. 100 million cells"),
        quoted("B", "dose", "2e+06 per_kg", "of another trial"),
    ]
    doses = dosing.summarise_doses(
        frames_of([dose(low=2e6), dose(low=None, high=1e8, basis="total")], evidence=evidence)
    )
    assert dict(doses.select("dose", "quote").iter_rows()) == {
        "2 million per kg": "2 million cells / kg",
        "up to 100 million in all": "max. 100 million cells",
    }


def test_per_kg_dose_is_converted_only_at_the_weight_asked_for():
    doses = dosing.summarise_doses(frames_of([dose("A", 1e6), dose("B", 1e8, basis="total")]))
    totals = dosing_totals.convert_to_totals(doses, 60.0)
    assert totals.select("trial_id", "kind", "total_low", "light", "heavy").rows() == [
        ("trial A", "per kg, converted", 6e7, 5e7, 8e7),
        ("trial B", "stated as a total", 1e8, None, None),
    ]
    assert "At 60 kg body weight 1 per-kg level" in dosing_totals.tell_totals(totals, doses, 60.0)


def test_doses_per_ml_and_doses_of_children_are_not_converted():
    trials = [{"trial_id": "trial A", "maximum_age_years": 17.0}]
    doses = dosing.summarise_doses(frames_of([dose("A", 1e6), dose("B", 2e7, basis="per_ml"), dose("C", 1e6)], trials))
    totals = dosing_totals.convert_to_totals(doses, 70.0)
    assert totals["trial_id"].to_list() == ["trial C"]
    assert "1 trial of children is not converted." in dosing_totals.tell_totals(totals, doses, 70.0)


@pytest.mark.parametrize("weight", [0.0, -70.0, float("nan")])
def test_a_weight_that_is_none_is_refused(weight):
    with pytest.raises(ValueError, match="reference_weight_kg"):
        dosing_totals.convert_to_totals(dosing.summarise_doses(frames_of([dose()])), weight)


def test_the_suggested_window_is_told_with_its_dependence_on_the_weight():
    regimens = [
        dose("A", 1e6, route="intravenous"),
        dose("B", 1e8, basis="total", route="intravenous"),
        dose("C", 1e8, basis="total", route="topical"),
    ]
    words = dosing_totals.tell_window(dosing.summarise_doses(frames_of(regimens)), 70.0)
    assert "state a total, 1 of 1 reaches" in words
    assert "1 of 1 would reach into it at 70 kg, none at 50 kg and 1 at 80 kg" in words


def test_up_to_is_no_dose_level_to_take_a_median_of():
    doses = dosing.summarise_doses(frames_of([dose("A", None, high=2e6), dose("B", 1e6, high=2e6)]))
    assert doses["bound"].to_list() == ["up to", "range"]
    assert dosing.summarise_trials(doses, "per kg").select("trial_id", "cells").rows() == [("trial B", 1.5e6)]


def test_each_trial_counts_once_in_the_median_which_needs_three():
    levels = [dose("A", n) for n in (1e6, 2e6, 9e6)] + [dose("B", 1e6), dose("C", 5e6)]
    two, three = (
        dosing.compare_sources(dosing.summarise_doses(frames_of(r)), "per kg").row(0, named=True)
        for r in (levels[:4], levels)
    )
    assert (two["trials"], two["median"]) == (2, None)
    assert (three["trials"], three["levels"], three["median"], three["lowest"], three["highest"]) == (
        3,
        5,
        2e6,
        1e6,
        9e6,
    )


def test_unusual_doses_are_listed_as_printed_and_drawn_nowhere():
    evidence = [quoted("A", "dose", "2e+08 per_kg", "200 million/kg")]
    doses = dosing.summarise_doses(frames_of([dose(low=2e8, flags=["implausible"])], evidence=evidence))
    assert dosing_regimens.list_implausible(doses).select("as read", "as printed").rows() == [
        ("200 million per kg", "200 million/kg")
    ]
    assert not len(dosing.comparable(doses))
    assert "listed apart as printed, not drawn" in dosing.tell_doses(doses)


def test_coverage_keeps_every_trial_and_shows_zero():
    status = [
        {"trial_id": "trial A", "fact": "dose", "status": "reported"},
        {"trial_id": "trial B", "fact": "dose", "status": "not_reported"},
        {"trial_id": "trial A", "fact": "schedule", "status": "unparsed"},
        {"trial_id": "trial B", "fact": "schedule", "status": "not_reported"},
    ]
    trials = [{"trial_id": "trial A", "cell_source": ["adipose"]}, {"trial_id": "trial B"}]
    frames = frames_of(trials=trials, status=status)
    counts = dosing.count_by_source(frames)
    assert counts.group_by("fact").agg(pl.col("n").sum()).sort("fact").rows() == [("dose", 2), ("schedule", 2)]
    assert counts["source"].to_list()[-1] == "Not reported"
    assert dosing.tell_coverage(frames).startswith(
        "A dose of cells is stated in 1 of 2 trials, a number or an interval of administrations in 0 of 2 trials; none state both."
    )


def test_days_count_from_the_first_administration():
    rows = dosing_schedules.summarise_schedules(frames_of([schedule(n=3, every=[7], days=[1, 8, 15])]))
    assert rows.select("days", "kind", "schedule").rows() == [([0, 7, 14], "laid out", "3 × every 7 days")]


def test_an_even_interval_and_a_number_give_the_days():
    rows = dosing_schedules.summarise_schedules(
        frames_of([schedule("A", 3, [30]), schedule("B", 4, [60, 90, 180], [30, 90, 180, 360])])
    )
    assert rows["days"].to_list() == [[0, 30, 60], [0, 60, 150, 330]]
    assert rows["schedule"].to_list() == ["3 × every 30 days", "4 × on days 0, 60, 150, 330"]


def test_no_day_is_made_up():
    rows = dosing_schedules.summarise_schedules(
        frames_of([schedule("A", 4), schedule("B", None, [7]), schedule("C", 3, [7, 14])])
    )
    assert rows["days"].to_list() == [[], [], []]
    assert rows["kind"].to_list() == ["count only", "interval only", "count only"]


def test_a_schedule_told_twice_is_one_schedule():
    told = [
        schedule(n=4, every=[7], arm="Arm 1"),
        schedule(n=4),
        schedule(every=[7]),
        dose(n=4, every=[7], arm="Arm 2"),
    ]
    rows = dosing_schedules.summarise_schedules(frames_of(told))
    assert rows.select("schedule", "arm").rows() == [("4 × every 7 days", "Arm 1; Arm 2")]


def test_hundreds_of_administrations_are_told_not_drawn():
    schedules = dosing_schedules.summarise_schedules(frames_of([schedule(n=168, every=[0.5])]))
    assert schedules.select("kind", "days").rows() == [("too many", [])]
    assert "(trial A)" in dosing_schedules.tell_schedules(schedules)


def test_single_administrations_are_counted():
    schedules = dosing_schedules.summarise_schedules(
        frames_of([schedule("A", 1), schedule("B", 1), schedule("B", 2, [7])])
    )
    words = dosing_schedules.tell_schedules(schedules)
    assert "Of 2 trials that tell how often cells are given, 1 gives them once in every arm and 1 repeats them" in words
    patterns = dosing_schedules.count_patterns(schedules)
    assert sorted(patterns.select("number", "spacing", "n").rows()) == [("1", "Once", 2), ("2", "Every week", 1)]


def test_exposure_adds_up_step_by_step():
    exposure = dosing_schedules.accumulate_exposure(frames_of([dose(n=3, every=[30])]))
    assert exposure.select("day", "cells", "end").rows() == [
        (0, 1e6, "as stated"),
        (30, 2e6, "as stated"),
        (60, 3e6, "as stated"),
    ]


def test_a_range_adds_up_at_both_ends_and_up_to_at_its_upper_end():
    exposure = dosing_schedules.accumulate_exposure(
        frames_of([dose("A", 1e6, high=2e6, n=2, every=[7]), dose("B", None, high=5e6, n=2, every=[7])])
    )
    ends = exposure.filter(pl.col("day") == 7).select("trial_id", "end", "cells").rows()
    assert sorted(ends) == [("trial A", "lower end", 2e6), ("trial A", "upper end", 4e6), ("trial B", "upper end", 1e7)]


def test_what_may_already_be_the_sum_is_not_multiplied():
    left_out = [
        dose("A", 6e8, basis="total", n=4, every=[7], flags=["total_word"]),
        dose("B", 2e8, n=2, every=[7], flags=["implausible"]),
        dose("C", 2e7, basis="per_ml", n=2, every=[7]),
        dose("D", n=1),
        dose("E", n=3),
    ]
    assert not len(dosing_schedules.accumulate_exposure(frames_of(left_out)))


def test_regimens_carry_words_and_remarks():
    evidence = [
        quoted("A", "dose", "1e+06 per_kg", "1 million/kg"),
        quoted("A", "schedule", "3 times, every 7 days", "weekly for\n3 weeks"),
    ]
    frames = frames_of([dose(n=3, every=[7], flags=["description"], arm="x" * 80)], evidence=evidence)
    row = dosing_regimens.list_regimens(frames).row(0, named=True)
    assert row["dose"] == "1\u00a0million\u00a0per\u00a0kg"
    assert row["administrations"] == "3 × every 7 days"
    assert row["words of the record"] == "“1 million/kg” … “weekly for 3 weeks”"
    assert row["remarks"] == "stated only in the summary or description"
    assert len(row["arm"]) == 60


@pytest.fixture(scope="module")
def bundled() -> Frames:
    return tk.load()


def test_every_bundled_dose_and_schedule_has_its_words(bundled):
    assert dosing.summarise_doses(bundled)["quote"].null_count() == 0
    assert dosing_schedules.summarise_schedules(bundled)["quote"].null_count() == 0
    assert dosing_regimens.list_regimens(bundled)["words of the record"].null_count() == 0


def test_the_amniotic_lupus_nephritis_trial_reads_as_registered(bundled):
    one = bundled.select(["NCT04318600"])
    [(words, quote)] = dosing.summarise_doses(one).select("dose", "quote").rows()
    assert words == "1 million per kg"
    assert quote.startswith("1×106/kg")  # the register lost the superscript
    exposure = dosing_schedules.accumulate_exposure(one)
    assert exposure.select("day", "cells").rows() == [(0, 1e6), (30, 2e6), (60, 3e6)]


def _draw(frames: Frames) -> list:
    doses, schedules = dosing.summarise_doses(frames), dosing_schedules.summarise_schedules(frames)
    totals, exposure = dosing_totals.convert_to_totals(doses, 62.0), dosing_schedules.accumulate_exposure(frames)
    patterns = dosing_schedules.count_patterns(schedules)
    drawn = [charts.plot_reporting(dosing.count_by_source(frames)), plot_totals(totals, 62.0)]
    drawn += [schedule_charts.plot_timing(schedules, patterns, []), schedule_charts.plot_patterns(patterns)]
    for basis in ("per kg", "total"):
        drawn += [
            charts.plot_doses(doses, [], basis),
            charts.plot_sources(doses, basis),
            schedule_charts.plot_exposure(exposure, basis),
        ]
    return [chart.to_dict() for chart in drawn]


def _fields(node) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_fields, node))
    if not isinstance(node, dict):
        return set()
    own = {node["field"]} if isinstance(node.get("field"), str) else set()
    return own.union(*(_fields(v) for k, v in node.items() if k not in ("datasets", "params")))


@pytest.mark.parametrize("trials", ["all", "one", "none", "without a dose"])
def test_charts_are_described_and_draw_columns_they_have(bundled, trials):
    chosen = {
        "all": bundled,
        "one": bundled.select(["NCT04318600"]),
        "none": bundled.select([]),
        "without a dose": bundled.select(["NCT01741857"]),
    }
    for spec in _draw(chosen[trials]):
        assert spec["description"].strip()
        rows = (
            [row for data in spec["datasets"].values() for row in data]
            if "datasets" in spec
            else spec["data"]["values"]
        )
        assert len(rows) <= 5000
        assert _fields({k: v for k, v in spec.items() if k != "datasets"}) <= set().union(*(row.keys() for row in rows))


def test_the_reference_weight_stands_on_the_plot_and_in_the_text(bundled):
    doses = dosing.summarise_doses(bundled)
    totals = dosing_totals.convert_to_totals(doses, 62.0)
    spec = plot_totals(totals, 62.0).to_dict()
    assert "at 62 kg body weight" in str(spec["title"])
    assert "62 kg" in spec["description"]
    assert "62 kg" in dosing_totals.tell_totals(totals, doses, 62.0)


def test_panels_of_totals_share_one_scale_of_tissues(bundled):
    panels = plot_totals(dosing_totals.convert_to_totals(dosing.summarise_doses(bundled), 62.0), 62.0).to_dict()[
        "vconcat"
    ]
    domains = {
        tuple(layer["encoding"]["color"]["scale"]["domain"])
        for panel in panels
        for layer in panel["layer"]
        if "color" in layer.get("encoding", {})
    }
    assert len(panels) == 2
    assert len(domains) == 1


def test_legends_can_be_clicked(bundled):
    import vl_convert

    doses, schedules = dosing.summarise_doses(bundled), dosing_schedules.summarise_schedules(bundled)
    exposure = dosing_schedules.accumulate_exposure(bundled)
    drawn = [charts.plot_doses(doses, [], "per kg"), charts.plot_doses(doses, [], "total")]
    drawn += [schedule_charts.plot_schedules(schedules, []), schedule_charts.plot_exposure(exposure, "per kg")]
    for chart in drawn:
        (legend,) = _legends(vl_convert.vegalite_to_vega(chart.to_dict()))
        assert legend["encode"]["symbols"]["interactive"]


def _legends(part):
    return part.get("legends", []) + [legend for mark in part.get("marks", []) for legend in _legends(mark)]
