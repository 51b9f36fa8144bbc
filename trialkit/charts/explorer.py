"""Charts of the explorer: drawn once, then fed through their parameter `state`, so that a new choice redraws nothing.

`state` holds `serial` (how often the choice changed) and, for bars, `rows` counted in Python, or, for marks that stand
for a trial, `keep` (one 0 or 1 a trial) and the ends `low` and `high` of the range in force. What is clicked comes back
as the selection `pick`, what is drawn by hand as the selection `brush`.
"""

from collections.abc import Sequence

import altair as alt
import polars as pl

from trialkit.charts.dosing import cells_axis, kept, spread
from trialkit.charts.endpoints import PRIMARY, SECONDARY
from trialkit.charts.theme import (
    BASIS_SHAPES,
    GRID,
    PAPER,
    SOURCE_COLOURS,
    describe,
    source_scale,
)

SIZE = 270  # drawn width; two charts stand beside each other where there is room
PALE = 0.25
# A brush of which the range has been changed elsewhere is no longer there to be moved: any press outside a chart, and
# any key, takes it away. The band of the range stays, it is drawn from `state`.
FORGET = "window:pointerdown[event.target.tagName !== 'CANVAS'], window:keydown"
BAND = "#0072b2"


def plot_condition_bars(sources: Sequence[str], rows: pl.DataFrame) -> alt.LayerChart:
    """Bars of `filter_counts.count_conditions` in `state.rows`, stacked by tissue; a click picks the condition."""
    colour = alt.Color(
        "source:N", title=None, scale=source_scale(list(sources)), legend=alt.Legend(columns=3, symbolSize=70)
    )
    tips = {"label": "Condition", "source": "Cell source", "n": "Trials", "total": "Trials of the condition"}
    chart = _bars("Trials by condition", rows, "condition", colour, "source", tips)
    return describe(
        chart, "Trials by condition, stacked by cell source. The sentence below the chart tells the numbers."
    )


def plot_source_bars(sources: Sequence[str], rows: pl.DataFrame) -> alt.LayerChart:
    """Bars of `filter_counts.count_sources` in `state.rows`, in the colours of the tissues; a click picks the tissue."""
    colour = alt.Color("source:N", scale=source_scale(list(sources)), legend=None)
    chart = _bars("Trials by cell source", rows, "tissue", colour, None, {"label": "Cell source", "total": "Trials"})
    return describe(chart, "Trials by cell source. The sentence below the chart tells the numbers.")


def plot_instrument_bars(rows: pl.DataFrame) -> alt.LayerChart:
    """Bars of `filter_counts.count_instruments` in `state.rows`; dark = named in a primary outcome; a click picks it."""
    scale = alt.Scale(domain=["Primary", "Secondary"], range=[PRIMARY, SECONDARY])
    colour = alt.Color("role:N", title="Named in", scale=scale, legend=alt.Legend(columns=2))
    tips = {"label": "Instrument", "full": "Full name", "role": "Named in", "n": "Trials", "total": "Trials in all"}
    chart = _bars("Trials by instrument", rows, "instrument", colour, "role", tips)
    return describe(chart, "Trials by instrument named in an outcome. The sentence below the chart tells the numbers.")


def plot_enrollment_marks(points: pl.DataFrame, trials: int) -> alt.LayerChart:
    """Marks of `filter_counts.list_enrollment`: participants by start, filled = actual, hollow = planned or not told.

    A brush along the years is the range of years, a click picks the trial. `trials` is their number in the catalogue.
    """
    most = max(points["n"].max() or 1, 2)
    first, last = (points["when"].min() or 2000) // 1, (points["when"].max() or 2000) // 1 + 1
    x = alt.Scale(domain=[first, last], nice=False)
    base = _marks(points.select("i", "trial_id", "title", "condition", "source", "when", "n", "n_kind", "status")).encode(
        x=alt.X("when:Q", title="Start", scale=x, axis=alt.Axis(format="d", tickMinStep=1, tickCount=8)),
        y=alt.Y(
            "n:Q",
            title="Participants (log scale)",
            scale=alt.Scale(type="log", domain=[1, most * 1.3], nice=False),
            axis=alt.Axis(values=[1, 10, 100, 1000, 10000, 100000], format="d"),
        ),
        color=alt.Color("source:N", scale=source_scale(), legend=None),
        opacity=_faded("datum.year"),
        tooltip=_tips(
            trial_id="Trial", title="Title", condition="Condition", source="Cell source", n="Participants",
            n_kind="Number is", status="Status",
        ),
    ).transform_calculate(year="floor(datum.when)")  # fmt: skip
    hollow = base.transform_filter("datum.n_kind !== 'actual'").mark_point(filled=False, size=34, cursor="pointer")
    filled = base.transform_filter("datum.n_kind === 'actual'").mark_point(filled=True, size=34, cursor="pointer")
    chart = alt.layer(_band(x, wide=1), hollow.add_params(_brush(), _pick("trial_id")), filled)
    words = "Participants of each trial by its start; filled marks are actual numbers, hollow ones planned."
    return _fed("Participants by start of the trial", chart, trials, words, 220)


def plot_level_marks(levels: pl.DataFrame, basis: str, trials: int) -> alt.LayerChart:
    """Marks of `filter_counts.list_levels` by tissue on a log axis; `basis` is "per kg" or "total".

    A brush along the axis is the range of doses, a click picks the trial. `trials` is their number in the catalogue.
    """
    present = [s for s in SOURCE_COLOURS if s in set(levels["source"])]
    ends = pl.concat([levels["low"], levels["high"]]).drop_nulls()
    title = "Cells per kg and administration" if basis == "per kg" else "Cells per administration"
    x = cells_axis(f"{title} (log scale)", ends if len(ends) else pl.Series([1e6]))
    rows = kept(
        levels.sort("source", "low", "trial_id").with_columns(spread("source")), "i", "low", "high", "bound", "shift"
    )
    scale = alt.Scale(type="log", domain=x["scale"]["domain"])
    bounds = alt.Scale(
        domain=["stated", "range", "up to", "at least"],
        range=[BASIS_SHAPES[basis], BASIS_SHAPES[basis], "triangle-left", "triangle-right"],
    )
    base = _marks(rows).encode(
        y=alt.Y("source:N", title=None, sort=present, scale=alt.Scale(domain=present), axis=alt.Axis(ticks=False, grid=True)),
        yOffset=alt.YOffset("shift:Q", scale=alt.Scale(domain=[-0.15, 1.15])),
        color=alt.Color("source:N", scale=source_scale(present), legend=None),
        opacity=_faded("datum.low", "datum.high"),
        tooltip=_tips(
            trial_id="Trial", title="Title", condition="Condition", source="Cell source",
            dose="Dose per administration", quote="Words of the record",
        ),
    )  # fmt: skip
    axis = x["axis"]
    low = base.encode(
        x=alt.X("low:Q", title=x["title"], scale=scale, axis=axis),
        shape=alt.Shape("bound:N", scale=bounds, legend=None),
    ).mark_point(size=36, cursor="pointer")
    wide = base.transform_filter("datum.low < datum.high")
    lines = wide.encode(x=alt.X("low:Q", scale=scale), x2="high:Q").mark_rule(strokeWidth=2)
    high = wide.encode(x=alt.X("high:Q", scale=scale)).mark_point(size=36, shape=BASIS_SHAPES[basis])
    chart = alt.layer(_band(scale), lines, low.add_params(_brush(), _pick("trial_id")), high)
    return _fed(f"Doses {basis if basis == 'per kg' else 'in all'}", chart, trials, f"{title}: every dose level stated {basis if basis == 'per kg' else 'as a total'}, by cell source.", alt.Step(24))  # fmt: skip


def _bars(
    title: str, counts: pl.DataFrame, bar: str, colour: alt.Color, stack: str | None, tips: dict[str, str]
) -> alt.LayerChart:
    """Bars of `state.rows`, at first these counts, over a track that makes the whole row something to click."""
    fields = {"key": "key", "label": bar, "n": "n" if stack else "total", "total": "total", "rank": "rank", "on": "on"}
    if bar == "instrument":
        fields["full"] = "label"
    if stack or bar == "tissue":
        fields[stack or "source"] = stack or "source"
    rows = (
        alt.Chart(alt.InlineData(values=[{}]))
        .transform_calculate(row="state.rows", serial="state.serial")
        .transform_flatten(["row"])
        .transform_calculate(**{name: f"datum.row.{column}" for name, column in fields.items()})
    )
    sort = alt.EncodingSortField("rank", op="min", order="ascending")
    base = rows.encode(
        y=alt.Y("label:N", title=None, sort=sort, axis=alt.Axis(ticks=False, labelLimit=145)), tooltip=_tips(**tips)
    )
    firsts = base.transform_aggregate(
        total="max(total)", rank="min(rank)", on="max(on)", groupby=["label", "key", "serial"]
    )
    track = firsts.mark_bar(color=GRID, opacity=0.35, cursor="pointer").encode(
        x=alt.value(0), x2=alt.value(SIZE), tooltip=_tips(label=tips["label"], total="Trials")
    )
    bars = base.mark_bar(stroke=PAPER, strokeWidth=0.5, cursor="pointer").encode(
        x=alt.X(
            "n:Q",
            title="Trials",
            stack="zero",
            axis=alt.Axis(format="d", tickCount=6, labelExpr="datum.value % 1 ? '' : datum.label"),
        ),
        color=colour,
        opacity=alt.condition("datum.on", alt.value(1), alt.value(PALE)),
    )
    ends = firsts.mark_text(align="left", dx=4, fontSize=11).encode(x="total:Q", text="total:Q")
    state = alt.param(name="state", value={"serial": 0, "rows": counts.to_dicts()})
    chart = alt.layer(track, bars, ends).add_params(_pick("key"), state)
    # Names of other bars can be longer than those drawn first
    fit = alt.AutoSizeParams(type="pad", resize=True)
    return chart.properties(width=SIZE, height=alt.Step(19), title=title, autosize=fit)


def _marks(rows: pl.DataFrame) -> alt.Chart:
    """Rows of which each stands for a trial `i`, as long as it is kept."""
    return (
        alt.Chart(rows)
        .transform_filter("state.keep[datum.i]")
        .transform_calculate(serial="state.serial")
    )  # fmt: skip


def _faded(low: str, high: str | None = None) -> alt.Opacity:
    inside = f"(state.low === null || {high or low} >= state.low) && (state.high === null || {low} <= state.high)"
    return alt.condition(inside, alt.value(0.8), alt.value(PALE / 2))


def _band(scale: alt.Scale, wide: int = 0) -> alt.Chart:
    """The range in force as a band over the whole height; an open end reaches the end of the axis. `wide` is what the
    last value covers of the axis: a year, or nothing."""
    first, last = scale["domain"]
    rows = alt.Chart(alt.InlineData(values=[{}])).transform_calculate(
        first=f"state.low === null ? {first} : state.low", last=f"state.high === null ? {last} : state.high + {wide}"
    )  # fmt: skip
    some = rows.transform_filter("state.low !== null || state.high !== null")
    return some.mark_rect(color=BAND, opacity=0.1, aria=False).encode(x=alt.X("first:Q", scale=scale), x2="last:Q")


def _brush() -> alt.Parameter:
    return alt.selection_interval(name="brush", encodings=["x"], zoom=False, clear=FORGET)


def _pick(field: str) -> alt.Parameter:
    """The mark clicked last; `serial` makes a click on the same mark news after the choice has changed."""
    return alt.selection_point(name="pick", fields=[field, "serial"], toggle=False, clear=False)


def _fed(title: str, chart: alt.LayerChart, trials: int, description: str, height: int | alt.Step) -> alt.LayerChart:
    state = alt.param(name="state", value={"serial": 0, "keep": [1] * trials, "low": None, "high": None})
    chart = chart.add_params(state).properties(width=SIZE, height=height, title=title)
    return describe(chart, f"{description} The sentence below the chart tells the numbers.")


def _tips(**titles: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{field}:N", title=title) for field, title in titles.items()]
