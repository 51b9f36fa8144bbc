"""Charts of the overview: the gap map."""

import altair as alt
import polars as pl

from trialkit.charts.theme import SOURCE_COLOURS, describe, empty_chart, source_scale, text_on_source
from trialkit.prose import plural


def plot_gap_map(cells: pl.DataFrame, conditions: list[str]) -> alt.Chart:
    """Bubbles of `summaries.overview.count_gap_map`: condition × tissue, area = trials, the number printed inside.

    Empty combinations stay empty: that is the message. `conditions` gives the order of the rows.
    """
    if not len(cells):
        return empty_chart("No trial to map.")
    present = [s for s in SOURCE_COLOURS if s in set(cells["source"])]
    largest = int(cells["n"].max())
    x = alt.X(
        "source:N",
        title=None,
        sort=present,
        scale=alt.Scale(domain=present),
        axis=alt.Axis(orient="top", labelAngle=-35, grid=True, labelPadding=6),
    )
    y = alt.Y("condition:N", title=None, sort=conditions, scale=alt.Scale(domain=conditions), axis=alt.Axis(grid=True))
    tooltip = [
        alt.Tooltip("condition:N", title="Condition"),
        alt.Tooltip("source:N", title="Cell source"),
        alt.Tooltip("n:Q", title="Trials"),
        alt.Tooltip("controlled:Q", title="of these controlled"),
        alt.Tooltip("participants:Q", title="Participants (actual only)"),
        alt.Tooltip("trials:N", title="Which"),
    ]
    data = cells.with_columns(pl.col("trials").str.slice(0, 200))
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tooltip)
    bubbles = base.mark_circle(opacity=1).encode(
        size=alt.Size("n:Q", scale=alt.Scale(domain=[0, largest], range=[0, 900]), legend=None),
        color=alt.Color("source:N", scale=source_scale(present), legend=None),
    )
    # A bubble holds its number when that is no wider than the bubble: one, two or three digits.
    fits = f"datum.n > {largest} * (datum.n < 10 ? 0.15 : datum.n < 100 ? 0.28 : 0.45)"
    inside = (
        base.transform_filter(fits).mark_text(fontWeight="bold", fontSize=11).encode(text="n:Q", color=text_on_source())
    )
    beside = base.transform_filter(f"!({fits})").mark_text(dx=13, fontSize=11).encode(text="n:Q")
    chart = (bubbles + inside + beside).properties(
        width=alt.Step(56), height=alt.Step(30), title="Where trials are, and where none is"
    )
    top = cells.sort(["n", "condition"], descending=[True, False]).head(3)
    words = "; ".join(
        f"{c}, {s.lower()}: {plural(n, 'trial')}" for c, s, n in top.select("condition", "source", "n").iter_rows()
    )
    return describe(
        chart,
        f"Map of condition by cell source with {plural(int(cells['n'].sum()), 'trial')} in {plural(len(cells), 'filled combination')}. Fullest: {words}.",
    )
