"""Coverage first: which facts the records report, drawn the same way in every report."""

import altair as alt
import polars as pl

from trialkit.charts.theme import STATUS_COLOURS, WIDTH, describe, empty_chart
from trialkit.prose import listing, share


def plot_coverage(counts: pl.DataFrame) -> alt.Chart:
    """Stacked bars of `summaries.count_status`: one bar a fact, number of trials by status, the reported number printed."""
    total = counts.group_by("fact").agg(pl.col("n").sum())["n"].max() if len(counts) else 0
    if not total:
        return empty_chart("No trial to show.")
    order = list(STATUS_COLOURS)
    reported = counts.filter(pl.col("status") == "Reported")
    data = counts.with_columns(
        pl.col("status").replace_strict({s: n for n, s in enumerate(order)}).alias("order")
    ).select("fact_label", "status", "n", "share", "order")
    base = alt.Chart(data).encode(
        y=alt.Y("fact_label:N", title=None, sort=counts["fact_label"].unique(maintain_order=True).to_list())
    )
    bars = base.mark_bar(height=16).encode(
        x=alt.X("n:Q", title="Trials", stack="zero", axis=alt.Axis(format="d", tickMinStep=1), scale=alt.Scale(domain=[0, total])),
        color=alt.Color("status:N", title=None, scale=alt.Scale(domain=order, range=list(STATUS_COLOURS.values())), sort=order),
        order=alt.Order("order:Q"),
        tooltip=[alt.Tooltip("fact_label:N", title="Fact"), alt.Tooltip("status:N", title="Status"), alt.Tooltip("n:Q", title="Trials"),
                 alt.Tooltip("share:Q", title="Share", format=".0%")],
    )  # fmt: skip
    labels = (
        base.transform_filter("datum.status == 'Reported'")
        .transform_calculate(label=f"datum.n + ' of {total}'")
        .mark_text(align="left", dx=6, fontSize=11)
        .encode(x=alt.value(WIDTH), text="label:N")
    )
    words = listing([f"{fact.lower()} {share(n, total)}" for fact, n in reported.select("fact_label", "n").iter_rows()])
    chart = (bars + labels).properties(width=WIDTH, height=alt.Step(24), title="What the records report")
    return describe(
        chart,
        f"Number of trials that report each fact: {words}. The rest is marked not reported, as an unread cue, or as conflicting.",
    )
