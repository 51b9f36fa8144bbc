"""Charts of one trial: the days of administration, and its place among the trials of its condition."""

import altair as alt
import polars as pl

from trialkit.charts.theme import INK, PAPER, SOURCE_COLOURS, WIDTH, describe, empty_chart, log_cells, source_scale
from trialkit.prose import listing, plural
from trialkit.summaries.peers import COUNTED, WRITTEN

_TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
_CELL_TICKS = [m * 10**e for e in range(2, 12) for m in (1, 2, 5)]
_MANY = 60  # marks; above this a screen reader is told the description, not every mark


def plot_timeline(rows: pl.DataFrame) -> alt.TopLevelMixin:
    """`summaries.peers.timeline`: a mark per administration, filled for a day as written, hollow for a counted one."""
    if not len(rows):
        return empty_chart("No day of administration is told.")
    order = rows["regimen"].unique(maintain_order=True).to_list()
    short = {name: name if len(name) <= 44 else name[:43] + "…" for name in order}
    data = rows.with_columns(
        pl.col("regimen").replace_strict({name: f"{short[name]}{'​' * n}" for n, name in enumerate(order)}).alias("row")
    )
    rows_order = data["row"].unique(maintain_order=True).to_list()
    last = float(data["day"].max())
    kinds = [k for k in (WRITTEN, COUNTED) if k in set(rows["kind"])]
    base = alt.Chart(data).encode(
        x=alt.X("day:Q", title="Day of the trial", scale=alt.Scale(domain=[min(0.0, float(data["day"].min())) - max(last, 7) * 0.04, max(last * 1.05, 7)], nice=False),
                axis=alt.Axis(values=sorted(set(data["day"])) if data["day"].n_unique() <= 8 and _apart(data["day"], last) else alt.Undefined)),
        y=alt.Y("row:N", title=None, sort=rows_order, axis=alt.Axis(labelLimit=300)),
        tooltip=[alt.Tooltip("regimen:N", title="Regimen"), alt.Tooltip("day:Q", title="Day"), alt.Tooltip("dose:N", title="Dose"),
                 alt.Tooltip("route:N", title="Route"), alt.Tooltip("kind:N", title="How the day is known")],
    )  # fmt: skip
    line = base.mark_line(color="#b6bdc5", strokeWidth=2).encode(detail="row:N", tooltip=alt.Undefined)
    marks = base.mark_point(size=110, filled=False, stroke="#0072b2", opacity=1, strokeWidth=2).encode(
        fill=alt.Fill("kind:N", title=None, scale=alt.Scale(domain=kinds, range=["#0072b2" if k == WRITTEN else PAPER for k in kinds]), legend=alt.Legend(symbolStrokeColor="#0072b2"))
    )  # fmt: skip
    chart = (line + marks).properties(width=WIDTH - 180, height=alt.Step(34), title="When the cells are given")
    words = listing(
        [
            f"{name} on {'day' if rows['regimen'].to_list().count(name) == 1 else 'days'} {listing(f'{d:g}' for d in rows.filter(pl.col('regimen') == name)['day'])}"
            for name in order[:4]
        ]
    )
    more = f", and {plural(len(order) - 4, 'more regimen')}" if len(order) > 4 else ""
    return describe(chart, f"Planned administrations: {words}{more}.")


def _apart(days: pl.Series, last: float) -> bool:
    gaps = days.unique().sort().diff().drop_nulls()
    return not len(gaps) or float(gaps.min()) > last * 0.06


def plot_peer_sizes(peers: pl.DataFrame) -> alt.TopLevelMixin:
    """Enrolment of `summaries.peers.find_peers`: planned and actual apart, this trial ringed and named."""
    known = peers.filter(pl.col("n") > 0)
    if not len(known):
        return empty_chart(
            "No other trial of this condition with an enrolment to compare with."
            if not len(peers)
            else "None of these trials reports an enrolment."
        )
    rows = known.with_columns(_spread("n_kind"))
    kinds = [k for k in ("actual", "planned", "not told which") if k in set(rows["n_kind"])]
    present = [s for s in SOURCE_COLOURS if s in set(rows["source"])]
    ticks = [t for t in _TICKS if rows["n"].min() * 0.7 <= t <= rows["n"].max() * 1.4]
    base = alt.Chart(rows.select("trial_id", "title", "url", "source", "n", "n_kind", "is_this", "spread")).encode(
        x=alt.X("n:Q", title="Participants (log scale)", scale=alt.Scale(type="log", domain=_padded(rows["n"]), nice=False), axis=alt.Axis(values=ticks or alt.Undefined, format="d")),
        y=alt.Y("n_kind:N", title=None, sort=kinds, scale=alt.Scale(domain=kinds)),
        yOffset=alt.YOffset("spread:Q", scale=alt.Scale(domain=[-0.3, 1.6])),
        href="url:N",
        tooltip=[alt.Tooltip("trial_id:N", title="Trial"), alt.Tooltip("title:N", title="Title"), alt.Tooltip("n:Q", title="Participants"), alt.Tooltip("n_kind:N", title="Which"), alt.Tooltip("source:N", title="Cell source")],
    )  # fmt: skip
    colour = alt.Color("source:N", title="Cell source", scale=source_scale(present))
    filled = (
        base.transform_filter("datum.n_kind == 'actual'")
        .mark_point(size=70, filled=True, opacity=0.85, aria=len(rows) <= _MANY)
        .encode(color=colour)
    )
    hollow = (
        base.transform_filter("datum.n_kind != 'actual'")
        .mark_point(size=70, filled=False, opacity=0.9, aria=len(rows) <= _MANY)
        .encode(color=colour)
    )
    chart = (filled + hollow + _mark_this(base)).properties(
        width=WIDTH - 110, height=alt.Step(58), title="Enrolment among trials of the same condition"
    )
    own = rows.filter("is_this")
    this = (
        f"This trial: {own['n'][0]} {own['n_kind'][0]}."
        if len(own)
        else "This trial reports no enrolment and is not in the plot."
    )
    return describe(
        chart,
        f"Enrolment of {plural(len(known), 'trial')}, from {known['n'].min()} to {known['n'].max()} participants; filled marks are actual, hollow ones planned or not told which. {this}",
    )


def plot_peer_doses(doses: pl.DataFrame) -> alt.TopLevelMixin:
    """Doses per kg of `summaries.peers.find_peer_doses`, by cell source, ranges as lines, this trial ringed and named."""
    if not len(doses):
        return empty_chart("No trial of this condition with a dose per kg to compare with.")
    rows = doses.with_columns(_spread("source"), pl.col("high").alias("cells"))
    present = [s for s in SOURCE_COLOURS if s in set(rows["source"])]
    x = log_cells(
        "Cells per kg body weight and administration (log scale)",
        tuple(_padded(pl.concat([rows["low"], rows["high"]]))),
    )
    x["axis"]["values"] = [
        t for t in _CELL_TICKS if rows["low"].min() / 1.4 <= t <= rows["cells"].max() * 1.4
    ] or alt.Undefined
    base = alt.Chart(rows.select("trial_id", "title", "url", "source", "low", "cells", "words", "is_this", "spread")).encode(
        x=x, y=alt.Y("source:N", title=None, sort=present), yOffset=alt.YOffset("spread:Q", scale=alt.Scale(domain=[-0.3, 1.6])), href="url:N",
        tooltip=[alt.Tooltip("trial_id:N", title="Trial"), alt.Tooltip("title:N", title="Title"), alt.Tooltip("words:N", title="Dose"), alt.Tooltip("source:N", title="Cell source")],
    )  # fmt: skip
    colour = alt.Color("source:N", scale=source_scale(present), legend=None)
    ranges = (
        base.transform_filter("datum.low < datum.cells")
        .mark_rule(strokeWidth=2, opacity=0.6, aria=False)
        .encode(x2="low:Q", color=colour)
    )
    points = base.mark_circle(size=70, opacity=0.85, aria=len(rows) <= _MANY).encode(color=colour)
    chart = (ranges + points + _mark_this(base)).properties(
        width=WIDTH - 110, height=alt.Step(40), title="Dose per kg among trials of the same condition"
    )
    own = rows.filter("is_this")["words"].to_list()
    this = f"This trial: {listing(own)}." if own else "This trial states no dose per kg and is not in the plot."
    return describe(
        chart,
        f"Doses per kg of {plural(rows['trial_id'].n_unique(), 'trial')}; a line joins the two ends of a range and the mark stands at its upper end. {this}",
    )


def _spread(row: str) -> pl.Expr:
    """A place in the row that keeps neighbours apart; this trial stands below the others, so that its name covers none."""
    return (
        pl.when(pl.col("is_this") & (pl.len().over(row) > 1))
        .then(1.4)
        .otherwise(pl.int_range(pl.len()) * 0.618034 % 1)
        .alias("spread")
    )


def _mark_this(base: alt.Chart) -> alt.LayerChart:
    own = base.transform_filter("datum.is_this")
    ring = own.mark_point(size=230, filled=False, color=INK, strokeWidth=2.2)
    name = own.mark_text(align="left", dx=13, fontWeight="bold", fontSize=12, color=INK).encode(text="trial_id:N")
    back = own.mark_text(
        align="left", dx=13, fontWeight="bold", fontSize=12, color=PAPER, stroke=PAPER, strokeWidth=4
    ).encode(text="trial_id:N")
    return ring + back + name


def _padded(values: pl.Series) -> list[float]:
    """A log domain with room for the name of a mark at its right end."""
    low, high = float(values.min()), float(values.max())
    return [low / 1.4, high * max(1.5, (high / low) ** 0.35)]
