"""Charts of contradictions and of entries that outlived their own end; registration timing trial by trial."""

import altair as alt
import polars as pl

from trialkit.charts.ends import at_both_ends, upper_end
from trialkit.charts.registration import plot_bands, tell_sides
from trialkit.charts.theme import INK, WIDTH, describe, empty_chart
from trialkit.prose import listing, plural
from trialkit.summaries.consistency import AFTER, BEFORE, UNSURE

MOST_MARKS = 3000  # trials that can still be told apart as marks
TIMING_COLOURS = {BEFORE: "#0072b2", UNSURE: "#8c959f", AFTER: "#d55e00"}
TIMING_SHAPES = {BEFORE: "circle", UNSURE: "diamond", AFTER: "triangle-up"}
KIND_COLOURS = {
    "Inside the record": "#0072b2",
    "Text against field": "#8f4e9e",
    "Between sources": "#009e73",
    "Implausible value": "#d55e00",
}


def _spread() -> pl.Expr:
    """A place between 0 and 1 for each row that keeps neighbours apart: the same on every day and machine."""
    return pl.int_range(pl.len()) * 0.618034 % 1


def plot_conflicts(counts: pl.DataFrame) -> alt.TopLevelMixin:
    """Bars of `summaries.consistency.count_conflicts`: trials with each contradiction, coloured by where it was seen."""
    if not len(counts):
        return empty_chart("No contradiction was found in these records.")
    order = counts["what"].to_list()
    present = [kind for kind in KIND_COLOURS if kind in set(counts["kind"])]
    base = alt.Chart(counts).encode(
        x=alt.X("trials:Q", title="Trials", axis=alt.Axis(format="d", tickMinStep=1)),
        y=alt.Y("what:N", title=None, sort=order, axis=alt.Axis(labelLimit=480)),
    )
    bars = base.mark_bar(height=16).encode(
        color=alt.Color(
            "kind:N", title=None, scale=alt.Scale(domain=present, range=[KIND_COLOURS[k] for k in present])
        ),
        tooltip=[
            alt.Tooltip("what:N", title="Contradiction"),
            alt.Tooltip("kind:N", title="Seen"),
            alt.Tooltip("trials:Q", title="Trials"),
        ],
    )
    text = base.mark_text(align="left", dx=5).encode(text="trials:Q")
    chart = (bars + text).properties(width=WIDTH - 300, height=alt.Step(24), title="What contradicts what")
    words = listing([f"{what.lower()} ({n})" for what, n in counts.select("what", "trials").iter_rows()])
    return describe(chart, f"Number of trials with each kind of contradiction: {words}.")


def plot_timing(rows: pl.DataFrame) -> alt.TopLevelMixin:
    """`summaries.consistency.registration_timing`: days from start to first posting on a symmetric log axis, by start year.

    More than MOST_MARKS trials are counted in bands of time (`charts.registration.plot_bands`).
    """
    if not len(rows):
        return empty_chart("No trial has both a start date and a date of first posting.")
    if len(rows) > MOST_MARKS:
        return plot_bands(rows)
    data = rows.with_columns(_spread().alias("spread")).select(
        "trial_id", "title", "url", "year", "start", "posted", "days", "timing", "spread"
    )
    reach = max(float(data["days"].abs().max()), 400.0) * 1.4
    names = [t for t in TIMING_COLOURS if t in set(data["timing"])]
    years = [str(y) for y in range(int(data["year"].max()), int(data["year"].min()) - 1, -1)]
    near_start = (0,) if reach > 3000 else (-30, 0, 30)
    ticks = [t for t in (-3652, -1096, -365, -91, *near_start, 91, 365, 1096, 3652) if abs(t) < reach]
    words_of_ticks = "abs(datum.value) < 1 ? 'start' : abs(datum.value) < 300 ? round(abs(datum.value) / 30.4) + ' mo' : round(abs(datum.value) / 365.25) + ' y'"
    x = alt.X("days:Q", title="From the start to the first posting in the register", scale=alt.Scale(type="symlog", constant=30, domain=[-reach, reach]),
              axis=alt.Axis(values=ticks, labelExpr=words_of_ticks, orient=upper_end(len(years))))  # fmt: skip
    points = alt.Chart(data.with_columns(pl.col("year").cast(pl.String))).mark_point(size=34 if len(data) > 200 else 55, opacity=0.75, aria=False).encode(
        x=x, y=alt.Y("year:N", title="Start year", sort=None, scale=alt.Scale(domain=years)), yOffset=alt.YOffset("spread:Q", scale=alt.Scale(domain=[-0.25, 1.25])),
        color=alt.Color("timing:N", title=None, legend=alt.Legend(offset=26), scale=alt.Scale(domain=names, range=[TIMING_COLOURS[t] for t in names])),
        shape=alt.Shape("timing:N", title=None, legend=alt.Legend(offset=26), scale=alt.Scale(domain=names, range=[TIMING_SHAPES[t] for t in names])),
        href="url:N",
        tooltip=[alt.Tooltip("trial_id:N", title="Trial"), alt.Tooltip("title:N", title="Title"), alt.Tooltip("start:N", title="Start as registered"),
                 alt.Tooltip("posted:N", title="First posted"), alt.Tooltip("days:Q", title="Days after the start")],
    )  # fmt: skip
    zero = (
        alt.Chart(alt.InlineData(values=[{"days": 0}], name="line"))
        .mark_rule(color=INK, strokeWidth=1.5)
        .encode(x="days:Q")
    )
    sides = alt.Chart(
        alt.InlineData(
            values=[
                {"side": "◂ registered before the start", "at": -8},
                {"side": "registered after the start ▸", "at": 8},
            ],
            name="sides",
        )
    )
    left = sides.transform_filter("datum.at < 0").mark_text(
        align="right", dx=-8, fontSize=12, fontWeight="bold", color=TIMING_COLOURS[BEFORE]
    )
    right = sides.transform_filter("datum.at > 0").mark_text(
        align="left", dx=8, fontSize=12, fontWeight="bold", color=TIMING_COLOURS[AFTER]
    )
    place = {"x": alt.datum(0), "y": alt.value(-9 if upper_end(len(years)) == "bottom" else -50), "text": "side:N"}
    layers = zero + points + left.encode(**place) + right.encode(**place)
    chart = at_both_ends(layers, x, len(years)).properties(
        width=WIDTH - 60, height=alt.Step(20), title="Was the trial registered before it started?"
    )
    return describe(
        chart,
        f"Days from start to first posting for {plural(len(data), 'trial')} by start year; first posted {tell_sides(data)}.",
    )


def plot_stale(rows: pl.DataFrame) -> alt.TopLevelMixin:
    """Dots of `summaries.consistency.find_stale`: years since the planned primary completion, by recruitment status."""
    if not len(rows):
        return empty_chart("No open record has outlived its own primary completion date by more than a year.")
    counts = rows.group_by("status").len().sort(["len", "status"], descending=[True, False])
    label = {status: f"{status} (n = {n})" for status, n in counts.iter_rows()}
    data = rows.with_columns(pl.col("status").replace_strict(label).alias("row"), _spread().alias("spread")).select(
        "trial_id", "title", "url", "row", "completion", "last_update", "years_past", "spread")  # fmt: skip
    chart = alt.Chart(data).mark_circle(size=45, opacity=0.65, color="#d55e00", aria=False).encode(
        x=alt.X("years_past:Q", title="Years from the planned primary completion to the newest update in the data", scale=alt.Scale(domainMin=0)),
        y=alt.Y("row:N", title=None, sort=list(label.values())), yOffset=alt.YOffset("spread:Q", scale=alt.Scale(domain=[-0.4, 1.4])), href="url:N",
        tooltip=[alt.Tooltip("trial_id:N", title="Trial"), alt.Tooltip("title:N", title="Title"), alt.Tooltip("completion:N", title="Primary completion"),
                 alt.Tooltip("last_update:N", title="Last update"), alt.Tooltip("years_past:Q", title="Years past", format=".1f")],
    ).properties(width=WIDTH - 180, height=alt.Step(52), title="Open in the register, past their own end")  # fmt: skip
    oldest = rows.row(0, named=True)
    words = listing([f"{s}: {n}" for s, n in counts.iter_rows()])
    return describe(
        chart,
        f"{plural(len(rows), 'trial')} by recruitment status ({words}); the longest, {oldest['trial_id']}, by {oldest['years_past']:.1f} years.",
    )
