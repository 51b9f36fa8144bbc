"""A chart of how completely outcomes are registered."""

import altair as alt
import polars as pl

from trialkit.charts.theme import INK, WIDTH, describe, empty_chart
from trialkit.prose import listing, percent, plural
from trialkit.summaries.outcome_elements import ELEMENTS


def plot_elements(counts: pl.DataFrame) -> alt.TopLevelMixin:
    """`summaries.outcome_elements.count_elements`: the share of primary and secondary outcomes that tell each element."""
    known = counts.filter(pl.col("role") != "other")
    if not len(known):
        return empty_chart("No outcome is registered here.")
    rows = known.with_columns(pl.format("{} of {}", "n", "total").alias("words"))
    base = alt.Chart(rows).encode(
        y=alt.Y("element:N", title=None, sort=list(ELEMENTS.values())),
        x=alt.X("share:Q", title="Share of the outcomes", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
        yOffset=alt.YOffset("role:N", sort=["primary", "secondary"]),
        tooltip=[
            alt.Tooltip("role:N", title="Role"),
            alt.Tooltip("element:N", title="Element"),
            alt.Tooltip("words:N", title="Told by"),
        ],
    )
    bars = base.mark_bar(height=11).encode(
        color=alt.Color(
            "role:N", title=None, scale=alt.Scale(domain=["primary", "secondary"], range=["#0072b2", "#8c959f"])
        )
    )
    text = base.mark_text(align="left", dx=4, fontSize=10, color=INK).encode(text="words:N")
    chart = (bars + text).properties(
        width=WIDTH - 330, height=alt.Step(15), title="Which elements does an outcome tell?"
    )
    first = rows.filter(role=rows["role"][0])
    parts = listing(
        [f"{e.partition(':')[0].lower()} {percent(s, 0)}" for e, s in first.select("element", "share").iter_rows()]
    )
    return describe(chart, f"Elements told by {plural(int(first['total'][0]), rows['role'][0] + ' outcome')}: {parts}.")
