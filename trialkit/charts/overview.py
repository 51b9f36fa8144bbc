"""Charts of the overview: the gap map."""

from math import pi

import altair as alt
import polars as pl

from trialkit.charts.ends import at_both_ends
from trialkit.charts.theme import SOURCE_COLOURS, describe, empty_chart, source_scale, text_on_source
from trialkit.prose import plural

_ROW, _LEAST_ROW, _ROWS = 30, 14, 1030  # pixels: a row, the least, and all of them so that the map is one printed page


def plot_gap_map(cells: pl.DataFrame, conditions: list[str]) -> alt.Chart:
    """Bubbles of `summaries.overview.count_gap_map`: condition × tissue, area = trials, the number inside or beside it.

    Empty combinations stay empty: that is the message. `conditions` gives the order of the rows.
    """
    if not len(cells):
        return empty_chart("No trial to map.")
    present = [s for s in SOURCE_COLOURS if s in set(cells["source"])]
    largest = int(cells["n"].max())
    step = max(_LEAST_ROW, min(_ROW, _ROWS // len(conditions)))
    font = 11 if step > 17 else 10
    x = alt.X(
        "source:N",
        title=None,
        sort=present,
        scale=alt.Scale(domain=present),
        axis=alt.Axis(orient="top", labelAngle=-35, grid=True, labelPadding=6),
    )
    axis = alt.Axis(grid=True, labelFontSize=font + 1)
    y = alt.Y("condition:N", title=None, sort=conditions, scale=alt.Scale(domain=conditions), axis=axis)
    tooltip = [
        alt.Tooltip("condition:N", title="Condition"),
        alt.Tooltip("source:N", title="Cell source"),
        alt.Tooltip("n:Q", title="Trials"),
        alt.Tooltip("controlled:Q", title="of these controlled"),
        alt.Tooltip("participants:Q", title="Participants (actual only)"),
        alt.Tooltip("trials:N", title="Which"),
    ]
    most = pi * max(step * 0.57, 12) ** 2  # area of the largest bubble: it may just reach into the rows beside it
    radius = (pl.col("n") / largest * most / pi).sqrt()
    digits = pl.col("n").cast(pl.String).str.len_chars()
    data = cells.with_columns(_first("trials"), radius.alias("radius"), (digits * font * 0.72).alias("width"))
    # A bubble holds its number when that is no wider and no higher than the bubble.
    fits = pl.max_horizontal(pl.col("width") + 2, pl.lit(font + 3)) < pl.col("radius") * 2
    data = data.with_columns(fits.alias("inside")).drop("width")
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tooltip)
    bubbles = base.mark_circle(opacity=1).encode(
        size=alt.Size("n:Q", scale=alt.Scale(domain=[0, largest], range=[0, most]), legend=None),
        color=alt.Color("source:N", scale=source_scale(present), legend=None),
    )
    inside = (
        base.transform_filter("datum.inside")
        .mark_text(fontWeight="bold", fontSize=font)
        .encode(text="n:Q", color=text_on_source())
    )
    away = alt.ExprRef("datum.radius + 3")
    beside = base.transform_filter("!datum.inside").mark_text(align="left", dx=away, fontSize=font).encode(text="n:Q")
    chart = at_both_ends(alt.layer(bubbles, inside, beside), x, len(conditions)).properties(
        width=alt.Step(56), height=alt.Step(step), title="Where trials are, and where none is"
    )
    top = cells.sort(["n", "condition"], descending=[True, False]).head(3)
    words = "; ".join(
        f"{c}, {s.lower()}: {plural(n, 'trial')}" for c, s, n in top.select("condition", "source", "n").iter_rows()
    )
    return describe(
        chart,
        f"Map of condition by cell source with {plural(int(cells['n'].sum()), 'trial')} in {plural(len(cells), 'filled combination')}. Fullest: {words}.",
    )


def _first(column: str, most: int = 200) -> pl.Expr:
    """A list in words, cut between two of its entries where it is too long for a tooltip."""
    cut = pl.col(column).str.slice(0, most).str.replace(r",[^,]*$", ", …")
    return pl.when(pl.col(column).str.len_chars() > most).then(cut).otherwise(pl.col(column)).alias(column)
