"""A chart of how many trials stay alike as more must agree."""

import altair as alt
import polars as pl

from trialkit.charts.theme import PAPER, SEQUENTIAL, describe, empty_chart
from trialkit.prose import listing, plural
from trialkit.summaries.pooling import ENOUGH, STEPS

_ROWS = 30  # diseases shown, those with most trials


def plot_comparable(found: pl.DataFrame) -> alt.TopLevelMixin:
    """`summaries.pooling.list_comparable`: disease by step, the size of the largest group alike so far in every cell."""
    if not len(found):
        return empty_chart("No trial of this selection could be compared.")
    shown = found.head(_ROWS)
    cells = shown.unpivot(STEPS, index="condition", variable_name="step", value_name="n")
    base = alt.Chart(cells).encode(
        x=alt.X("step:N", title=None, sort=STEPS, axis=alt.Axis(orient="top", labelAngle=-30, labelPadding=4)),
        y=alt.Y("condition:N", title=None, sort=shown["condition"].to_list()),
        tooltip=[
            alt.Tooltip("condition:N", title="Disease"),
            alt.Tooltip("step:N", title="Up to"),
            alt.Tooltip("n:Q", title="Trials alike"),
        ],
    )
    shades = base.mark_rect(stroke=PAPER, aria=False).encode(
        color=alt.condition(
            f"datum.n < {ENOUGH}", alt.value(SEQUENTIAL[0]),
            alt.Color("n:Q", title="Trials alike", scale=alt.Scale(type="log", domain=[ENOUGH, max(int(cells["n"].max()), 30)], range=["#c6dcec", SEQUENTIAL[1]]),
                      legend=alt.Legend(gradientLength=160)),
        )
    )  # fmt: skip
    text = base.mark_text(fontSize=11, aria=False).encode(
        text="n:Q", color=alt.condition("datum.n > 12", alt.value("white"), alt.value("black"))
    )
    chart = (shades + text).properties(
        width=72 * len(STEPS), height=alt.Step(22), title="How many trials are alike, as more must agree?"
    )
    able = found.filter(pl.col(STEPS[-1]) >= ENOUGH)["condition"].to_list()
    rest = len(found) - len(shown)
    return describe(
        chart,
        f"For {plural(len(shown), 'disease')}, the largest number of trials that agree in everything up to each of {len(STEPS)} steps; "
        f"pale cells hold fewer than {ENOUGH}. At least {ENOUGH} trials agree in all in {listing(able, 'no disease')}."
        + (f" {plural(rest, 'disease')} with fewer trials {'is' if rest == 1 else 'are'} not drawn." if rest else ""),
    )
