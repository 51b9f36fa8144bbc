"""A chart of sets: how many trials hold something in which combination of places (after Lex and colleagues 2014)."""

import altair as alt
import polars as pl

from trialkit.charts.theme import GRID, NOT_REPORTED, WIDTH, describe, empty_chart
from trialkit.prose import listing
from trialkit.summaries.dose_places import NOWHERE

_SETS = 16  # combinations shown; rarer ones are told in the caption


def plot_places(counts: pl.DataFrame) -> alt.TopLevelMixin:
    """`summaries.dose_places.count_places`: a column per combination of places, dots for its places, a bar for its trials."""
    if not len(counts) or counts["label"].to_list() == [NOWHERE]:
        return empty_chart("No dose was read in these records.")
    shown = counts.filter(pl.col("label") != NOWHERE).head(_SETS)
    nowhere = counts.filter(pl.col("label") == NOWHERE)
    shown = pl.concat([shown, nowhere]).with_columns(pl.int_range(pl.len()).cast(pl.String).str.zfill(2).alias("set"))
    totals = (
        counts.explode("places")
        .group_by("places")
        .agg(pl.col("n").sum())
        .sort(["n", "places"], descending=[True, False])
    )
    rows = [place for place in totals["places"] if place != NOWHERE] + ([NOWHERE] if len(nowhere) else [])
    colour = alt.condition(f"datum.label === '{NOWHERE}'", alt.value(NOT_REPORTED), alt.value("#0072b2"))
    tips = [alt.Tooltip("label:N", title="Stated in"), alt.Tooltip("n:Q", title="Trials")]
    x = alt.X("set:N", title=None, axis=None)
    bars = alt.Chart(shown.select("set", "label", "n")).encode(
        x=x, y=alt.Y("n:Q", title="Trials", axis=alt.Axis(tickMinStep=1, format="d")), tooltip=tips
    )
    top = bars.mark_bar(width=16).encode(color=colour) + bars.mark_text(dy=-7, fontSize=11).encode(text="n:Q")
    dots = shown.explode("places").select("set", "label", "n", pl.col("places").alias("place"))
    y = alt.Y("place:N", title=None, sort=rows)
    grid = alt.Chart(shown.select("set").join(pl.DataFrame({"place": rows}), how="cross")).mark_point(
        filled=True, size=70, color=GRID, aria=False
    ).encode(x=x, y=y)  # fmt: skip
    marks = (
        alt.Chart(dots)
        .mark_point(filled=True, size=90, opacity=1, aria=False)
        .encode(x=x, y=y, color=colour, tooltip=tips)
    )
    step = min(34, (WIDTH - 160) / len(shown))
    width = step * len(shown)
    chart = (
        alt.vconcat(
            top.properties(width=width, height=170),
            (grid + marks).properties(width=width, height=alt.Step(24)),
            spacing=4,
        )
        .resolve_scale(x="shared")
        .properties(title="Where does a record state its dose?")
    )
    words = listing([f"{label.lower()} {n}" for label, n in shown.select("label", "n").iter_rows()])
    rest = int(counts["n"].sum() - shown["n"].sum())
    return describe(
        chart,
        f"Trials by the places that hold a dose: {words}{f'; {rest} more in rarer combinations' if rest else ''}.",
    )
