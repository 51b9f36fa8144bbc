"""Charts of the cell-source report: the tissue × donor matrix and the tissues by condition, phase and year."""

import altair as alt
import polars as pl

from trialkit.charts.theme import (
    GRID,
    PAPER,
    SEQUENTIAL,
    SOURCE_COLOURS,
    WIDTH,
    describe,
    empty_chart,
    source_scale,
    text_on_shade,
    text_on_source,
)
from trialkit.prose import plural, share


def plot_matrix(counts: pl.DataFrame) -> alt.Chart:
    """Tissue × donor with the number in every cell, zero included; "Not reported" is the last row and column."""
    total = int(counts["n"].sum()) if len(counts) else 0
    if not total:
        return empty_chart("No trial to compare.")
    sources, donors = (
        counts["source"].unique(maintain_order=True).to_list(),
        counts["donor"].unique(maintain_order=True).to_list(),
    )
    most = int(counts["n"].max())
    base = alt.Chart(counts.select("source", "donor", "n", "share", pl.col("trials").str.slice(0, 200))).encode(
        x=alt.X("donor:N", title=None, sort=donors, axis=alt.Axis(orient="top", labelAngle=0, ticks=False)),
        y=alt.Y("source:N", title=None, sort=sources, axis=alt.Axis(ticks=False)),
        tooltip=[alt.Tooltip("source:N", title="Cell source"), alt.Tooltip("donor:N", title="Donor"), alt.Tooltip("n:Q", title="Trials"),
                 alt.Tooltip("share:Q", title="of all", format=".0%"), alt.Tooltip("trials:N", title="Which")],
    )  # fmt: skip
    cells = base.mark_rect(stroke=GRID, cornerRadius=3).encode(
        color=alt.Color("n:Q", scale=alt.Scale(domain=[0, most], range=SEQUENTIAL), legend=None)
    )
    numbers = base.mark_text(fontSize=13).encode(text="n:Q", color=text_on_shade(f"datum.n / {most}"))
    chart = (cells + numbers).properties(
        width=alt.Step(110), height=alt.Step(32), title="Which tissue from which donor"
    )
    filled = counts.filter(pl.col("n") > 0).sort("n", descending=True)
    words = "; ".join(
        f"{s.lower()}, {d.lower()}: {n}" for s, d, n in filled.select("source", "donor", "n").head(4).iter_rows()
    )
    return describe(
        chart, f"Number of trials by tissue and donor, {plural(total, 'trial')} in all. Most frequent: {words}."
    )


def plot_sources(counts: pl.DataFrame, title: str, groups: list[str] | None = None) -> alt.Chart:
    """Stacked bars of trials by tissue within groups (`count_sources`), every segment and every bar with its number.

    Bars are numbers of trials, not shares: a share of one trial would look as solid as a share of seventeen.
    `groups` gives the order of the rows; "Not reported" comes last whatever its size.
    """
    if not len(counts):
        return empty_chart("No trial to compare.")
    groups = groups or sorted(counts["group"].unique(), key=lambda g: (g == "Not reported", g))
    present = [s for s in SOURCE_COLOURS if s in set(counts["source"])]
    order = {s: n for n, s in enumerate(present)}
    largest = int(counts["total"].max())
    pick = alt.selection_point(fields=["source"], bind="legend")
    data = counts.with_columns(pl.col("source").replace_strict(order).alias("order")).sort("group", "order")
    data = data.with_columns((pl.col("n").cum_sum().over("group") - pl.col("n") / 2).alias("middle"))
    base = alt.Chart(data).encode(y=alt.Y("group:N", title=None, sort=groups, scale=alt.Scale(domain=groups)))
    bars = (
        base.mark_bar(height=18, stroke=PAPER, strokeWidth=0.6)
        .encode(
            x=alt.X("n:Q", title="Trials", stack="zero", axis=alt.Axis(format="d", tickMinStep=1, tickCount=10), scale=alt.Scale(domain=[0, largest * 1.04])),
            color=alt.Color("source:N", title="Cell source", scale=source_scale(present)),
            order=alt.Order("order:Q"),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.2)),
            tooltip=[alt.Tooltip("group:N", title="Group"), alt.Tooltip("source:N", title="Cell source"), alt.Tooltip("n:Q", title="Trials"),
                     alt.Tooltip("share:Q", title="Share of the row", format=".0%"), alt.Tooltip("total:Q", title="Trials of the row")],
        )
        .add_params(pick)
    )  # fmt: skip
    inside = (
        base.transform_filter(alt.datum.n > largest * 0.025)
        .mark_text(fontSize=11, aria=False)
        .encode(x="middle:Q", text="n:Q", color=text_on_source())
    )
    totals = data.group_by("group", maintain_order=True).agg(pl.col("total").first())
    ends = (
        alt.Chart(totals)
        .mark_text(align="left", dx=5, fontSize=11, aria=False)
        .encode(y=alt.Y("group:N", sort=groups), x="total:Q", text="total:Q")
    )
    chart = alt.layer(bars, inside, ends).properties(width=WIDTH - 20, height=alt.Step(26), title=title)
    words = []
    for group in groups[:6]:
        part = counts.filter(pl.col("group") == group).sort(["n", "source"], descending=[True, False])
        if len(part):
            words.append(f"{group}: {part['source'][0].lower()} {share(int(part['n'][0]), int(part['total'][0]))}")
    more = f" and {plural(len(groups) - 6, 'further row')}" if len(groups) > 6 else ""
    return describe(chart, f"{title}. Leading tissue by row: {'; '.join(words)}{more}.")


def plot_years(counts: pl.DataFrame) -> alt.Chart:
    """Number of trials started per year, stacked by tissue; trials without a start year are counted in the caption."""
    dated = counts.filter(pl.col("group") != "Not reported")
    undated = int(counts.filter(pl.col("group") == "Not reported")["n"].sum()) if len(counts) else 0
    if not len(dated):
        return empty_chart("No trial of this selection has a start date.")
    present = [s for s in SOURCE_COLOURS if s in set(dated["source"])]
    order = {s: n for n, s in enumerate(present)}
    data = dated.with_columns(
        pl.col("group").cast(pl.Int64).alias("year"), pl.col("source").replace_strict(order).alias("order")
    )
    years = data["year"]
    chart = (
        alt.Chart(data.select("year", "source", "n", "order"))
        .mark_bar(stroke=PAPER, strokeWidth=0.6)
        .encode(
            x=alt.X(
                "year:O",
                title="Start year",
                axis=alt.Axis(labelAngle=0, labelOverlap=True, labelSeparation=8),
                scale=alt.Scale(domain=list(range(years.min(), years.max() + 1))),
            ),
            y=alt.Y("n:Q", title="Trials", axis=alt.Axis(format="d", tickMinStep=1)),
            color=alt.Color("source:N", title="Cell source", scale=source_scale(present)),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("year:O", title="Start year"),
                alt.Tooltip("source:N", title="Cell source"),
                alt.Tooltip("n:Q", title="Trials"),
            ],
        )
        .properties(width=WIDTH - 20, height=220, title="Trials by start year and tissue")
    )
    per_year = data.group_by("year").agg(pl.col("n").sum()).sort(["n", "year"], descending=[True, False])
    return describe(
        chart,
        f"{plural(int(data['n'].sum()), 'trial')} started between {years.min()} and {years.max()}, most in {per_year['year'][0]} ({per_year['n'][0]}). "
        f"{plural(undated, 'trial')} without a start date {'is' if undated == 1 else 'are'} not drawn.",
    )
