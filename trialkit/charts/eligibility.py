"""Charts of who can take part: how often a variable is limited, and the limits of all trials on one axis."""

import altair as alt
import polars as pl

from trialkit.charts.theme import WIDTH, describe, empty_chart
from trialkit.prose import listing, number, plural, share
from trialkit.summaries.eligibility import SIDES

_COLOURS = {
    "lets in from": "#0072b2",
    "lets in up to": "#0072b2",
    "keeps out below": "#d55e00",
    "keeps out above": "#d55e00",
}
_SHAPES = {
    "lets in from": "triangle-right",
    "lets in up to": "triangle-left",
    "keeps out below": "triangle-left",
    "keeps out above": "triangle-right",
}
NO_LIMIT = "No limit was read from the criteria of this selection."


def plot_variables(counts: pl.DataFrame, most: int = 25) -> alt.TopLevelMixin:
    """Bars of `summaries.eligibility.count_variables`, the `most` frequent."""
    if not len(counts):
        return empty_chart(NO_LIMIT)
    rows = counts.head(most).with_columns(
        pl.struct("n", "total").map_elements(lambda r: share(r["n"], r["total"]), return_dtype=pl.String).alias("words")
    )
    base = alt.Chart(rows).encode(
        x=alt.X("n:Q", title="Trials", axis=alt.Axis(format="d", tickMinStep=1)),
        y=alt.Y("label:N", title=None, sort=rows["label"].to_list()),
        tooltip=[alt.Tooltip("label:N", title="Variable"), alt.Tooltip("words:N", title="Trials that limit it")],
    )
    bars = base.mark_bar(color="#0072b2", height={"band": 0.7})
    words = base.mark_text(align="left", dx=4, fontSize=11).encode(text="words:N")
    title = "Trials that set a limit on a variable"
    chart = (bars + words).properties(width=WIDTH - 200, height=alt.Step(20), title=title)
    told = listing([f"{r['label']} {r['words']}" for r in rows.head(6).iter_rows(named=True)])
    left = len(counts) - len(rows)
    more = f" {plural(left, 'variable')} limited less often {'is' if left == 1 else 'are'} not drawn." if left else ""
    return describe(chart, f"{title}, most frequent first: {told}.{more}")


def plot_limits(limits: pl.DataFrame) -> alt.TopLevelMixin:
    """`summaries.eligibility.compare_limits`: one panel a variable, one line a side, one mark a limit sized by its trials.

    What includes is blue, what excludes orange; the triangle points to the side that the limit lets in or keeps out.
    """
    if not len(limits):
        return empty_chart(NO_LIMIT)
    panels, told = [], []
    sides = list(SIDES.values())
    for (_variable,), rows in limits.group_by("variable", maintain_order=True):
        label, unit = rows["label"][0], rows["unit"][0]
        present = [side for side in sides if side in set(rows["side"])]
        panels.append(_panel(rows, f"{label}, {unit}" if unit else label, present))
        told.append(f"{label}: " + _words(rows, unit))
    chart = alt.vconcat(*panels, spacing=12).resolve_scale(
        x="independent", size="shared", color="shared", shape="shared"
    )
    return describe(
        chart.properties(title="Limits of all trials, each variable on its own axis"),
        "Limits set by inclusion and exclusion criteria, by number of trials. " + " ".join(told),
    )


def _panel(rows: pl.DataFrame, title: str, present: list[str]) -> alt.Chart:
    return (
        alt.Chart(rows.drop("variable"))
        .mark_point(filled=True, opacity=0.75, aria=False)
        .encode(
            x=alt.X("value:Q", title=None, scale=alt.Scale(zero=False, nice=False, padding=14), axis=alt.Axis(tickCount=7)),
            y=alt.Y("side:N", title=None, sort=present, scale=alt.Scale(domain=present)),
            size=alt.Size("n:Q", title="Trials", scale=alt.Scale(range=[50, 520], domainMin=1), legend=alt.Legend(values=[1, 5, 20, 100])),
            color=alt.Color("side:N", legend=None, scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))),
            shape=alt.Shape("side:N", legend=None, scale=alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values()))),
            tooltip=[
                alt.Tooltip("label:N", title="Variable"), alt.Tooltip("side:N", title="Limit"), alt.Tooltip("value:Q", title="Value"),
                alt.Tooltip("unit:N", title="Unit"), alt.Tooltip("n:Q", title="Trials"), alt.Tooltip("trials:N", title="Which"),
            ],
        )
        .properties(width=WIDTH - 130, height=max(22 * len(present), 24), title=alt.Title(title, fontSize=13, offset=4))
    )  # fmt: skip


def _words(rows: pl.DataFrame, unit: str | None) -> str:
    parts = []
    for (side,), part in rows.group_by("side", maintain_order=True):
        low, high = part["value"].min(), part["value"].max()
        span = number(low) if low == high else f"{number(low)} to {number(high)}"
        parts.append(f"{side} {span}{f' {unit}' if unit else ''} in {plural(int(part['n'].sum()), 'limit')}")
    return f"{listing(parts)}."
