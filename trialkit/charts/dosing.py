"""Charts of cells per administration: who reports them, every level on its own basis, levels by tissue."""

import math

import altair as alt
import polars as pl
import polars.selectors as cs

from trialkit.charts.linked import WORTH_ASKING, ask, draw_counts, draw_overview, link
from trialkit.charts.theme import (
    BASIS_SHAPES,
    SOURCE_COLOURS,
    STATUS_COLOURS,
    WIDTH,
    describe,
    empty_chart,
    log_cells,
    source_scale,
)
from trialkit.prose import count, listing, plural, share
from trialkit.summaries.dosing import comparable, compare_sources, summarise_trials

ROW_LIMIT = 120  # trials that fit one row each; above that one strip a condition
GREY = "#7a828b"  # for helping lines and ticks: seen on white and on the dark page
HEADING = "§ "  # marks a row of an axis that is a heading
TIPS = {
    "trial_id": "Trial",
    "title": "Title",
    "condition": "Condition",
    "source": "Cell source",
    "arm": "Arm",
    "route": "Route",
    "dose": "Dose per administration",
    "schedule": "Schedule",
    "quote": "Words of the record",
    "sentence": "In the sentence",
}
_LONGEST = {"title": 140, "arm": 140, "quote": 140, "sentence": 260}  # characters in a tooltip
_UNIT = {
    "per kg": "Cells per kg body weight and administration (log scale)",
    "total": "Cells per administration (log scale)",
}
_NAME = {"per kg": "per kg body weight", "total": "as a total"}


def tips(frame: pl.DataFrame, **more: str) -> list[alt.Tooltip]:
    """Tooltips for the known columns the frame has, and for `more` columns under the titles given."""
    return [alt.Tooltip(f"{c}:N", title=title) for c, title in {**TIPS, **more}.items() if c in frame.columns]


def kept(frame: pl.DataFrame, *more: str) -> pl.DataFrame:
    """Only what is drawn or shown in tooltips, long texts cut."""
    columns = [c for c in ("url", *TIPS, *more) if c in frame.columns]
    cut = [
        pl.when(pl.col(c).str.len_chars() > most).then(pl.col(c).str.slice(0, most - 1) + "…").otherwise(c).alias(c)
        for c, most in _LONGEST.items()
        if c in columns
    ]
    return (
        frame.select(list(dict.fromkeys(columns)))
        .with_columns(cut)
        .with_columns(cs.by_name("sentence", require_all=False).fill_null("–"))
    )


def source_colour(frame: pl.DataFrame, *, legend: bool = True) -> alt.Color:
    """Colour by tissue in the fixed order, with a legend to pick from."""
    present = [s for s in SOURCE_COLOURS if s in set(frame["source"])]
    look = alt.Legend(symbolType="circle", symbolOpacity=1, symbolStrokeWidth=0) if legend else None
    return alt.Color("source:N", title="Cell source (click to pick one)", scale=source_scale(present), legend=look)


def cells_axis(title: str, values: pl.Series) -> alt.X:
    """A log axis for `cells` over these values, with ticks at round numbers."""
    low, high = values.min() / 1.6, values.max() * 1.6
    steps = (1, 2, 5) if high / low < 200 else (1, 3) if high / low < 3e4 else (1,)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    axis = log_cells(title, (low, high))
    axis["axis"]["grid"] = True
    axis["axis"]["values"] = [m * 10.0**e for e in exponents for m in steps if low <= m * 10.0**e <= high]
    return axis


def rows_axis(order: list[str], *, headings: bool) -> alt.Y:
    """The column `row` in this order; with headings its labels start at the left, and heading rows are bold."""
    axis = alt.Axis(grid=True, labelLimit=210, ticks=False)
    if headings:
        bold = {"test": f"slice(datum.value, 0, 2) === '{HEADING}'", "value": "bold"}
        axis = alt.Axis(
            grid=False,
            ticks=False,
            labelAlign="left",
            labelPadding=172,
            labelLimit=300,
            labelFontSize=11,
            labelExpr=f"slice(datum.label, 0, 2) === '{HEADING}' ? slice(datum.label, 2) : datum.label",
            labelFontWeight={"condition": bold, "value": "normal"},
        )
    return alt.Y("row:N", title=None, sort=order, scale=alt.Scale(domain=order), axis=axis)


def with_headings(data: pl.DataFrame) -> list[str]:
    """The rows in order of appearance, each condition announced by a row of its own."""
    order: dict[str, None] = {}
    for condition, row in data.select("condition", "row").iter_rows():
        order |= {HEADING + condition: None, row: None}
    return list(order)


def ranked(data: pl.DataFrame, conditions: list[str]) -> pl.DataFrame:
    """The rows with `rank`, the place of their condition in this order."""
    places = {c: n for n, c in enumerate(conditions)}
    place = pl.col("condition").replace_strict(places, default=len(places), return_dtype=pl.Int64)
    return data.with_columns(place.alias("rank"))


def spread(group: str) -> pl.Expr:
    """`shift` between 0 and 1: marks of a group set apart evenly, the same on every day."""
    return ((pl.int_range(pl.len()).over(group) * 0.618) % 1).alias("shift")


def plot_reporting(counts: pl.DataFrame) -> alt.Chart:
    """Stacked bars of `count_by_source`: per tissue how many trials report dose and schedule, n in the bars."""
    if not len(counts):
        return empty_chart("No trial to show.")
    order, widest = list(STATUS_COLOURS), counts["trials"].max()
    row = (pl.col("source") + "  (" + pl.col("trials").cast(pl.String) + ")").alias("row")
    counts = counts.with_columns(row, pl.col("n").cum_sum().over("fact", "source").alias("end"))
    rows = counts["row"].unique(maintain_order=True).to_list()
    data = counts.filter(pl.col("n") > 0).with_columns(
        (pl.col("end") - pl.col("n")).alias("start"), (pl.col("end") - pl.col("n") / 2).alias("middle")
    )
    panels = []
    for fact, title in (("dose", "Dose of cells"), ("schedule", "Number or interval")):
        axis = alt.Axis(labels=fact == "dose", ticks=False, grid=False, labelPadding=6)
        y = alt.Y("row:N", title=None, sort=rows, scale=alt.Scale(domain=rows), axis=axis)
        base = alt.Chart(data).transform_filter(alt.datum.fact == fact).encode(y=y)
        x = alt.X(
            "start:Q",
            title="Trials",
            scale=alt.Scale(domain=[0, widest]),
            axis=alt.Axis(format="d", tickMinStep=1, tickCount=5),
        )
        bars = base.mark_bar(height=17).encode(
            x=x,
            x2="end:Q",
            color=alt.Color(
                "status:N",
                title=None,
                scale=alt.Scale(domain=order, range=list(STATUS_COLOURS.values())),
                legend=alt.Legend(columns=4),
            ),
            tooltip=[
                alt.Tooltip("source:N", title="Cell source"),
                alt.Tooltip("status:N", title="Status"),
                alt.Tooltip("n:Q", title="Trials"),
                alt.Tooltip("trials:Q", title="of"),
            ],
        )
        ink = alt.condition(alt.datum.status == "Reported", alt.value("white"), alt.value("black"))
        words = base.transform_filter(alt.datum.n >= widest * 0.07).mark_text(fontSize=11, aria=False)
        words = words.encode(x="middle:Q", text="n:Q", color=ink)
        heading = alt.Title(title, fontSize=13)
        panels.append((bars + words).properties(width=(WIDTH - 180) // 2, height=alt.Step(22), title=heading))
    told = {}
    for fact in ("dose", "schedule"):
        here = counts.filter((pl.col("fact") == fact) & (pl.col("status") == "Reported"))
        told[fact] = listing(f"{s} {share(n, t)}" for s, t, n in here.select("source", "trials", "n").iter_rows())
    title = "Which tissues come with a dose and a schedule?"
    return describe(
        alt.hconcat(*panels, spacing=20).resolve_scale(color="shared").properties(title=title),
        f"Trials that report a dose of cells: {told['dose']}. "
        f"Trials that report a number or interval of administrations: {told['schedule']}.",
    )


def plot_doses(doses: pl.DataFrame, conditions: list[str], basis: str) -> alt.Chart:
    """Every plausible dose level of `summarise_doses` on one basis ("per kg" or "total"), on a log axis.

    Up to 120 trials have a row each under their condition, in the order of `conditions`; more are drawn as one strip a
    condition. A range is a line with two ends; "up to" and "at least" are one end with an arrow; a thin grey line joins
    the levels of a trial.
    """
    data = ranked(comparable(doses, basis), conditions)
    if not len(data):
        return empty_chart(f"No trial of this selection states a dose {_NAME[basis]} that can be drawn.")
    trials = data["trial_id"].n_unique()
    one_each = trials <= ROW_LIMIT
    spots = pl.concat([data["low"], data["high"]]).drop_nulls()
    x = cells_axis(_UNIT[basis], spots)
    smallest, largest = pl.min_horizontal("low", "high"), pl.max_horizontal("low", "high")
    data = data.sort(
        "rank", "condition", smallest.min().over("trial_id"), "trial_id", maintain_order=True
    ).with_columns(
        pl.col("trial_id" if one_each else "condition").alias("row"),
        spread("condition"),
        pl.coalesce("low", pl.col("high") / 1.8).alias("from"),
        pl.coalesce("high", pl.col("low") * 1.8).alias("to"),
        smallest.min().over("trial_id").alias("lowest"),
        largest.max().over("trial_id").alias("highest"),
        (pl.int_range(pl.len()).over("trial_id") == 0).alias("first_level"),
    )
    order = with_headings(data) if one_each else data["row"].unique(maintain_order=True).to_list()
    ends = data.with_columns(pl.concat_list("low", "high").list.drop_nulls().list.unique().alias("cells"))
    ends = ends.explode("cells").with_columns((pl.int_range(pl.len()).over("trial_id", "dose") == 0).alias("first_end"))
    help_lines = ["lowest", "highest", "first_level"] if one_each else []
    shown = kept(ends, "row", "shift", "cells", "bound", "from", "to", "first_end", *help_lines)
    stops = x["axis"]["values"]
    questions = ask(list(dict.fromkeys(data["condition"])), "cells", stops, [count(stop) for stop in stops])
    base = questions.answer(alt.Chart(shown)).encode(
        y=rows_axis(order, headings=one_each),
        color=source_colour(data),
        opacity=questions.opacity(0.95 if one_each else 0.6),
    )
    if len(order) > 25:
        x["axis"]["orient"] = "top"
    if not one_each:
        base = base.encode(yOffset=alt.YOffset("shift:Q", scale=alt.Scale(domain=[-0.1, 1.1])))
    wide = base.transform_filter((alt.datum.bound != "stated") & alt.datum.first_end)
    # The choice belongs to the first coloured layer: only there Vega-Lite makes the legend clickable.
    layers = [wide.mark_rule(strokeWidth=3, aria=False).encode(x="from:Q", x2="to:Q").add_params(questions.pick)]
    if one_each:
        ladder = alt.Chart(shown).transform_filter(
            "datum.first_level && datum.first_end && datum.lowest < datum.highest"
        )
        ladder = ladder.mark_rule(color=GREY, strokeWidth=0.7, aria=False)
        layers.insert(0, ladder.encode(x="lowest:Q", x2="highest:Q", y=rows_axis(order, headings=True)))
    for bound, end, shape in (("up to", "from", "triangle-left"), ("at least", "to", "triangle-right")):
        arrow = wide.transform_filter(alt.datum.bound == bound).mark_point(shape=shape, size=55, aria=False)
        layers.append(arrow.encode(x=f"{end}:Q"))
    points = base.mark_point(shape=BASIS_SHAPES[basis], size=62 if one_each else 34, aria=False)
    layers.append(points.encode(x=x, href="url:N", tooltip=tips(shown)))
    how = "thin grey line = levels of one trial" if one_each else "one strip a condition, one mark a dose level"
    title = alt.Title(
        f"{plural(len(data), 'dose level')} {_NAME[basis]} in {plural(trials, 'trial')}",
        subtitle=f"Thick line = range; arrow = “up to” or “at least”; {how}.",
    )
    size = {"width": WIDTH - (180 if one_each else 220), "height": alt.Step(15 if one_each else 28)}
    chart = alt.layer(*layers).properties(**size, title=title)
    if len(data) > WORTH_ASKING and questions.brush:
        overview = draw_overview(ends, "cells", x, questions, "Dose levels").properties(width=size["width"])
        chart = link(chart, overview, draw_counts(shown, questions, source_colour(data, legend=False)), questions)
    return describe(
        chart,
        f"Dose per administration {_NAME[basis]}: {plural(len(data), 'level')} in {plural(trials, 'trial')} of "
        f"{plural(data['condition'].n_unique(), 'condition group')}, {count(spots.min())} to {count(spots.max())} cells, "
        f"{'one row a trial' if one_each else 'one strip a condition'}, coloured by tissue.",
    )


def plot_sources(doses: pl.DataFrame, basis: str) -> alt.Chart:
    """The dose of every trial by tissue: a point at its middle level, a line over its levels, a tick at the median."""
    trials, groups = summarise_trials(doses, basis), compare_sources(doses, basis)
    if not len(trials):
        return empty_chart(f"No trial of this selection states a dose {_NAME[basis]} that can be compared.")
    middle = pl.col("median").map_elements(count, return_dtype=pl.String)
    groups = groups.with_columns(
        (pl.col("source") + "  (" + pl.col("trials").cast(pl.String) + ")").alias("row"),
        pl.when(pl.col("median").is_not_null()).then(pl.lit("median ") + middle).alias("words"),
    )
    rows = groups["row"].to_list()
    trials = trials.join(groups.select("source", "row", "median", "words"), on="source").sort(
        "source", "cells", "trial_id"
    )
    trials = trials.with_columns(spread("source"), (pl.int_range(pl.len()).over("source") == 0).alias("first"))
    x = cells_axis(_UNIT[basis], pl.concat([trials["lowest"], trials["highest"]]))
    more = ("levels", "cells", "lowest", "highest", "row", "shift", "median", "words", "first")
    shown, many = kept(trials, *more), len(trials) > ROW_LIMIT
    y = alt.Y("row:N", title=None, sort=rows, scale=alt.Scale(domain=rows), axis=alt.Axis(grid=True, ticks=False))
    base = alt.Chart(shown).encode(y=y)
    told = base.transform_filter("datum.first && datum.words")
    tick = told.mark_tick(thickness=3, size=36, color=GREY, aria=False).encode(x="median:Q")
    words = told.mark_text(align="left", dx=8, fontSize=11, aria=False).encode(x=alt.value(WIDTH - 240), text="words:N")
    offset = alt.YOffset("shift:Q", scale=alt.Scale(domain=[-0.1, 1.1]))
    base = base.encode(color=source_colour(trials, legend=False), yOffset=offset)
    lines = base.transform_filter("datum.lowest < datum.highest").mark_rule(strokeWidth=0.9, opacity=0.45, aria=False)
    points = base.mark_point(shape=BASIS_SHAPES[basis], size=30 if many else 50, opacity=0.8, aria=False)
    points = points.encode(x=x, href="url:N", tooltip=tips(shown, levels="Levels"))
    layers = [tick, lines.encode(x="lowest:Q", x2="highest:Q"), points, words]
    note = "A point is a trial at its middle level, its line runs over all its levels. Medians from three trials on."
    medians = groups.filter(pl.col("median").is_not_null()).select("source", "trials", "median").iter_rows()
    named = listing((f"{s} {count(m)} ({n})" for s, n, m in medians), empty="no tissue has three trials")
    return describe(
        alt.layer(*layers).properties(
            width=WIDTH - 240, height=alt.Step(38), title=alt.Title(f"Doses {_NAME[basis]} by tissue", subtitle=note)
        ),
        f"Dose {_NAME[basis]} of {plural(len(trials), 'trial')} by tissue. Median and number of trials: {named}.",
    )
