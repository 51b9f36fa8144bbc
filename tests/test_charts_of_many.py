"""Charts stay readable when there are many trials: nothing touches, nothing is cut, a tall one has its axis twice."""

from itertools import combinations
from math import pi, sqrt

import altair as alt
import polars as pl
import pytest

from trialkit.charts import (
    consistency,
    dosing_schedules,
    eligibility,
    enrollment,
    overview,
    precision,
    registration,
    safety,
)
from trialkit.charts.ends import TALL, at_both_ends
from trialkit.summaries.consistency import AFTER, BEFORE, UNSURE
from trialkit.summaries.detection import draw_curves
from trialkit.summaries.eligibility import SIDES


def parts(spec):
    """Every object of the specification of a chart."""
    waiting = [spec]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []


def told(chart):
    return chart.to_dict()["description"]


# Both ends, one page


@pytest.mark.parametrize(("rows", "ends"), [(TALL, {"top"}), (TALL + 1, {"top", "bottom"})])
def test_tall_chart_has_its_axis_at_both_ends(rows, ends):
    x = alt.X("a:N", scale=alt.Scale(domain=["b"]), axis=alt.Axis(orient="top"))
    chart = at_both_ends(alt.layer(alt.Chart(pl.DataFrame({"a": ["b"]})).mark_point().encode(x=x)), x, rows)
    assert {part["orient"] for part in parts(chart.to_dict()) if "orient" in part} == ends


def gap_map(conditions):
    names = [f"Condition {n}" for n in range(conditions)]
    cells = pl.DataFrame({"condition": names, "source": ["Adipose"] * conditions, "n": range(1, conditions + 1)})
    cells = cells.with_columns(controlled=0, participants=0, trials=pl.lit(", ".join(["NCT99000001"] * 40)))
    return overview.plot_gap_map(cells, names).to_dict()


@pytest.mark.parametrize("conditions", [3, 41, 72])
def test_gap_map_fits_one_page(conditions):
    step = gap_map(conditions)["height"]["step"]
    assert 14 <= step <= 30
    assert step * conditions + 200 < 1240  # labels and title; report.js prints charts below 1240 on one page


@pytest.mark.parametrize("conditions", [3, 72])
def test_number_beside_a_bubble_stands_outside_it(conditions):
    made = gap_map(conditions)
    [size] = [part["size"]["scale"]["range"][1] for part in parts(made) if isinstance(part.get("size"), dict)]
    [rows] = [rows for rows in made["datasets"].values() if "radius" in rows[0]]
    for row in rows:
        assert row["radius"] == pytest.approx(sqrt(size * row["n"] / conditions / pi))
    assert any(part.get("dx") == {"expr": "datum.radius + 3"} for part in parts(made))


def test_long_list_in_a_tooltip_ends_between_two_numbers():
    [rows] = [rows for rows in gap_map(2)["datasets"].values() if "trials" in rows[0]]
    assert rows[0]["trials"].endswith("NCT99000001, …")


# Captions


def trials_of(*sizes):
    """Trials with (n, kind)."""
    rows = [
        {"trial_id": f"NCT9900000{k}", "title": "T", "condition": "Lupus", "source": "Adipose", "n": n, "n_kind": kind, "url": None, "status": "completed"}
        for k, (n, kind) in enumerate(sizes)
    ]  # fmt: skip
    schema = {"n": pl.Int64, "n_kind": pl.String, "url": pl.String}
    return pl.DataFrame(rows, schema_overrides=schema)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([(8, "actual"), (40, "actual"), (100, "planned")], "Actual numbers: 2 trials, 8 to 40 participants, median 24. Planned numbers: 1 trial, 100 participants. Filled"),
        ([(1, "planned")], "Enrolment of 1 trial. Actual numbers: no trial. Planned numbers: 1 trial, 1 participant. Filled"),
        ([(5, "actual"), (7, "not told which")], "Planned numbers: no trial. Not told which: 1 trial, 7 participants. Filled"),
        ([(5, "actual"), (0, "actual")], "told which. 1 trial without a number above zero is not drawn."),
    ],
)  # fmt: skip
def test_caption_of_enrolment_never_puts_planned_and_actual_numbers_together(sizes, words):
    assert words in told(enrollment.plot_enrollment(trials_of(*sizes), ["Lupus"]))


def test_limits_are_printed_as_a_reader_writes_them():
    rows = {
        "variable": "platelets",
        "label": "Platelets",
        "unit": "/uL",
        "side": next(iter(SIDES.values())),
        "n": 1,
        "trials": "NCT99000001",
    }
    limits = pl.DataFrame([rows | {"value": value} for value in (0.25, 75000.0, 1.2e6)])
    assert "0.25 to 1,200,000 /uL" in told(eligibility.plot_limits(limits))
    assert "75,000 /uL" in told(eligibility.plot_limits(limits.filter(value=75000.0)))


# Curves


def test_marks_of_differences_stand_inside_the_axes_and_the_curves_are_cut_there():
    base = {"title": "T", "url": None, "condition": "Lupus", "source": "Adipose", "n_kind": "actual", "design": "d"}
    marks = pl.DataFrame([base | {"trial_id": f"NCT{n}", "n": n, "difference": d} for n, d in ((3, 9.0), (5000, 0.01))])
    curve = pl.DataFrame({"n": [4, 40, 1000], "design": ["d"] * 3, "difference": [6.0, 0.9, 0.05]})
    made = precision.plot_differences(curve, marks).to_dict()
    [drawn] = [rows for rows in made["datasets"].values() if "trial_id" in rows[0]]
    assert [(row["at_n"], row["at"]) for row in drawn] == [(4, 4.0), (1000, 0.1)]
    assert [row["difference"] for row in drawn] == [9.0, 0.01]  # the tooltip tells the number as it is
    [line] = [part for part in parts(made) if part.get("type") == "line"]
    assert line["clip"] is True


def sizes_of(usual, these):
    rows = [(n, "usual", f"n = {n}") for n in usual] + [(n, "these trials", f"size {n}") for n in these]
    return pl.DataFrame(rows, schema=["n", "kind", "label"], orient="row").sort("n", "kind")


def test_usual_size_near_another_gives_way():
    kept = safety._apart(sizes_of([5, 10, 11, 16, 20, 40], [16, 22]))
    assert kept.select("n", "kind").rows() == [(5, "usual"), (10, "usual"), (16, "these trials"), (22, "these trials"), (40, "usual")]  # fmt: skip


@pytest.mark.parametrize("these", [[8, 12, 21], [10, 11, 12], [16], [20, 20, 20], [150, 300, 301]])
def test_numbers_at_the_curves_touch_no_other_number(these):
    chart = safety.plot_detection(draw_curves(sizes_of([5, 10, 11, 16, 20, 40], these)))
    [spots] = {
        tuple((row["t"], row["chance"], row["side"]) for row in part["values"])
        for part in parts(chart.to_dict())
        if part.get("name") == "sizes"
    }
    boxes = [safety._box(int(t), chance, side) for t, chance, side in spots]
    assert {int(t) for t, *_ in spots} >= set(these)
    for (a, b, c, d), (e, f, g, h) in combinations(boxes, 2):
        assert not (a < f and e < b and c < h and g < d)


def exposure(lines, sources=("Umbilical cord", "Adipose", "Bone marrow")):
    rows = [
        {"line": f"L{n}", "trial_id": f"NCT{n:08}", "url": None, "title": "T", "source": sources[n % len(sources)], "basis": "per kg",
         "dose": "1 million per kg", "schedule": "2 ×", "end": "as stated", "day": day, "cells": cells}
        for n in range(lines) for day, cells in ((0.0, 1e6), (28.0, 2e6))
    ]  # fmt: skip
    return pl.DataFrame(rows)


def test_many_lines_of_cumulative_cells_have_a_panel_a_tissue_on_the_same_axes():
    limit = dosing_schedules.FEW_LINES
    assert "concat" not in dosing_schedules.plot_exposure(exposure(limit), "per kg").to_dict()
    made = dosing_schedules.plot_exposure(exposure(limit + 2), "per kg").to_dict()
    assert [panel["title"]["text"] for panel in made["concat"]] == [
        "Umbilical cord (14 trials)", "Adipose (14 trials)", "Bone marrow (14 trials)",
    ]  # fmt: skip
    scales = [
        [layer["encoding"][axis]["scale"] for axis in "xy"] for panel in made["concat"] for layer in panel["layer"]
    ]
    assert all(scale == scales[0] for scale in scales)
    assert scales[0][0]["type"] == "sqrt"
    assert any("href" in layer["encoding"] for layer in made["concat"][0]["layer"])


# Registration


def timing(days):
    rows = [
        {
            "trial_id": f"NCT{n}",
            "title": "T",
            "url": None,
            "year": 2015 + n % 3,
            "start": "2015",
            "posted": "2015",
            "days": d,
            "timing": t,
        }
        for n, (d, t) in enumerate(days)
    ]
    return pl.DataFrame(rows, schema_overrides={"year": pl.Int32, "days": pl.Int64})


EDGES = [
    (0, BEFORE),
    (-30, BEFORE),
    (-31, BEFORE),
    (-5000, BEFORE),
    (20, UNSURE),
    (30, AFTER),
    (31, AFTER),
    (1097, AFTER),
]


def test_every_trial_is_in_one_band_of_time():
    bands = registration.count_bands(timing(EDGES).with_columns(year=pl.lit(2015)))
    assert dict(bands.select("band", "n").iter_rows()) == {
        f"{BEFORE}|≤ 1 mo": 2, f"{BEFORE}|1–3 mo": 1, f"{BEFORE}|> 3 y": 1, f"{UNSURE}|?": 1,
        f"{AFTER}|≤ 1 mo": 1, f"{AFTER}|1–3 mo": 1, f"{AFTER}|> 3 y": 1,
    }  # fmt: skip
    assert set(bands["total"]) == {len(EDGES)}


def test_timing_of_very_many_trials_is_counted_and_of_fewer_drawn_one_by_one():
    few = consistency.plot_timing(timing(EDGES))
    many = consistency.plot_timing(timing(EDGES * (consistency.MOST_MARKS // len(EDGES) + 1)))
    assert max(len(rows) for rows in few.to_dict()["datasets"].values()) == len(EDGES)
    assert max(len(rows) for rows in many.to_dict()["datasets"].values()) < 40
    assert "bands of time" in told(many)
    assert "after the start: 1128 of 3008 (38\u00a0%)" in told(many)
