"""Dose ladders: what counts as one, what says that the dose is raised, and the 3+3 rule against every possible outcome."""

from itertools import product

import polars as pl
import pytest
from making import make_frames

from trialkit.charts.escalation import plot_ladders
from trialkit.summaries import escalation


def dose(low, high=None, **more):
    return {"trial_id": "T-1", "dose_low": low, "dose_high": low if high is None else high, "dose_basis": "per_kg", "route": "intravenous"} | more  # fmt: skip


def trial(*regimens, arms=(), endpoints=(), **columns):
    return make_frames(trials=[{"trial_id": "T-1", **columns}], regimens=regimens, arms=arms, endpoints=endpoints)


def cells(frames):
    return escalation.list_levels(frames)["cells"].to_list()


def test_levels_rise_from_the_lowest_and_tell_their_step():
    levels = escalation.list_levels(trial(dose(4e6), dose(1e6), dose(2e6)))
    assert levels.select("level", "cells", "step").rows() == [(1, 1e6, None), (2, 2e6, 2.0), (3, 4e6, 2.0)]


NO_LADDER = [
    [dose(1e6)],
    [dose(1e6), dose(2e6, dose_basis="total")],
    [dose(1e6), dose(2e6, route="intrathecal")],
    [dose(1e6, product_class="msc"), dose(2e6, product_class="mnc")],
    [dose(1e6, 2e6), dose(2e6)],
    [dose(1e6), dose(None, 2e6)],
    [dose(1e6), dose(5e12, flags=["implausible"])],
]


@pytest.mark.parametrize("regimens", NO_LADDER)
def test_a_ladder_has_one_basis_route_and_product_and_levels_that_differ(regimens):
    assert cells(trial(*regimens)) == []


def test_a_level_without_a_route_joins_the_only_route_that_is_told():
    assert cells(trial(dose(1e6), dose(2e6, route=None))) == [1e6, 2e6]
    assert cells(trial(dose(1e6), dose(2e6, route=None), dose(3e6, route="intrathecal"))) == []


def test_ranges_that_only_touch_are_two_levels():
    assert cells(trial(dose(1e6, 2e6), dose(2e6, 4e6))) == [1.5e6, 3e6]


def test_patients_of_an_arm_count_only_when_it_has_one_level():
    arms = [
        {"trial_id": "T-1", "position": 0, "label": "Low", "n": 3},
        {"trial_id": "T-1", "position": 1, "label": "Rest", "n": 9},
    ]
    levels = escalation.list_levels(
        trial(dose(1e6, arm="Low"), dose(2e6, arm="Rest"), dose(4e6, arm="Rest"), arms=arms)
    )
    assert levels["n"].to_list() == [3, None, None]


@pytest.mark.parametrize(("written", "order"), [([1, 2, 3], "rising"), ([8, 2], "falling"), ([5, 1, 20], "mixed")])
def test_levels_written_out_of_order_are_marked_not_repaired(written, order):
    frames = trial(*(dose(1e6 * n) for n in written))
    levels = escalation.list_levels(frames)
    assert set(levels["order"]) == {order}
    remark = escalation.table_ladders(frames, levels)["remark"].to_list()
    assert remark == (["levels not in order as written"] if order == "mixed" else [None])


TOXICITY = {"trial_id": "T-1", "role": "primary", "position": 0, "measure": "Dose limiting toxicity", "core_area": "adverse_events", "horizon_days": 14.0, "is_duplicate": False}  # fmt: skip
DESIGNS = [
    ({"public_title": "A dose-escalation study"}, [], "Escalation named"),
    ({"public_title": "A 3 + 3 study"}, [], "Escalation named"),
    ({"public_title": "Cells in lupus"}, [TOXICITY], "Escalation named"),
    ({"public_title": "De-escalation of steroids", "intervention_model": "sequential"}, [], "Sequential groups"),
    ({"public_title": "Dose-ranging study", "allocation": "randomized"}, [], "Randomised levels"),
    ({"public_title": "Cells in lupus"}, [], "Not told"),
]


@pytest.mark.parametrize(("columns", "endpoints", "design"), DESIGNS)
def test_levels_side_by_side_are_not_yet_an_escalation(columns, endpoints, design):
    frames = trial(dose(1e6), dose(2e6), endpoints=endpoints, **columns)
    assert set(escalation.list_levels(frames)["design"]) == {design}


def test_table_joins_levels_and_shows_the_window_for_dose_limiting_events():
    frames = trial(dose(1e6), dose(2e6), dose(6e6), endpoints=[TOXICITY])
    row = escalation.table_ladders(frames, escalation.list_levels(frames)).row(0, named=True)
    assert (row["levels"], row["largest step"]) == ("1 → 2 → 6 million per kg", "× 3")
    assert (row["window for dose-limiting events"], row["words"]) == ("14 d", "Dose limiting toxicity (outcome)")


# The 3+3 rule


def passes(events):
    """The rule on six patients, the last three of whom are treated only after one event in the first three."""
    first, later = sum(events[:3]), sum(events[3:])
    return first == 0 or (first == 1 and later == 0)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.5, 1.0])
def test_chance_to_pass_a_level_is_the_sum_over_every_outcome(rate):
    every = [
        rate ** sum(events) * (1 - rate) ** (6 - sum(events)) for events in product([0, 1], repeat=6) if passes(events)
    ]
    assert escalation.three_plus_three([rate])["past"][0] == pytest.approx(sum(every))


@pytest.mark.parametrize(
    ("rate", "past"), [(0.1, 0.91), (0.2, 0.71), (0.3, 0.49), (0.4, 0.31), (0.5, 0.17), (0.6, 0.08)]
)
def test_chance_to_pass_a_level_is_that_of_the_textbooks(rate, past):
    assert round(escalation.three_plus_three([rate])["past"][0], 2) == past


@pytest.mark.parametrize(("rate", "patients"), [(0.0, 3.0), (1.0, 3.0), (1 / 3, 3 + 3 * 4 / 9)])
def test_three_more_patients_are_treated_only_after_one_event(rate, patients):
    assert escalation.three_plus_three([rate])["patients"][0] == pytest.approx(patients)


@pytest.mark.parametrize("basis", ["per kg", "total"])
def test_nothing_selected_is_a_sentence_and_an_empty_table(basis):
    nothing = make_frames()
    levels = escalation.list_levels(nothing)
    assert escalation.tell_ladders(nothing, levels) == "No trial fits the selection."
    assert escalation.table_ladders(nothing, levels).is_empty()
    assert plot_ladders(levels, [], basis).to_dict()["description"].startswith("No trial")


def test_chart_says_how_many_ladders_it_holds(bundled):
    levels = escalation.list_levels(bundled)
    ladders = levels.filter(pl.col("basis") == "per kg").unique(["trial_id", "route", "product"])
    assert plot_ladders(levels, [], "per kg").to_dict()["description"].startswith(f"{len(ladders)} ladders")
