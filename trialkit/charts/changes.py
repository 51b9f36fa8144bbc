"""Charts of what changed: how much of each kind, and where the number of participants went."""

import altair as alt
import polars as pl

from trialkit.charts.theme import WIDTH, describe, empty_chart
from trialkit.prose import listing, plural

_BLUE, _GREY = "#0072b2", "#57606a"


def plot_kinds(counts: pl.DataFrame, missing: str = "") -> alt.TopLevelMixin:
    """Bars of `summaries.changes.count_changes`: trials changed, by kind of change. `missing` says why nothing is compared."""
    if not len(counts):
        return empty_chart(missing or "Nothing changed between the two states.")
    most = int(counts["trials"].max())
    ticks = alt.Axis(format="d", tickMinStep=1, **({"values": list(range(most + 1))} if most < 10 else {}))
    base = alt.Chart(counts).encode(
        x=alt.X("trials:Q", title="Trials", axis=ticks),
        y=alt.Y("label:N", title=None, sort=None),
        tooltip=[
            alt.Tooltip("label:N", title="Kind"),
            alt.Tooltip("trials:Q", title="Trials"),
            alt.Tooltip("n:Q", title="Changes"),
        ],
    )
    title = "Trials with a change, by kind"
    bars = base.mark_bar(color=_BLUE, height={"band": 0.7})
    chart = (bars + base.mark_text(align="left", dx=4, fontSize=11).encode(text="trials:Q")).properties(
        width=WIDTH - 200, height=alt.Step(22), title=title
    )
    told = listing([f"{r['label']} {r['trials']}" for r in counts.iter_rows(named=True)])
    return describe(chart, f"{title}: {told}.")


def plot_enrollment(moved: pl.DataFrame, missing: str = "") -> alt.TopLevelMixin:
    """Lines from the earlier to the later enrolment of `summaries.changes.compare_enrollment`; hollow = planned.

    `missing` says why nothing is compared.
    """
    if not len(moved):
        return empty_chart(missing or "No enrolment moved between the two states.")
    order = moved["trial_id"].to_list()
    y = alt.Y("trial_id:N", title=None, sort=order)
    lines = alt.Chart(moved).mark_rule(color=_GREY).encode(x=alt.X("before:Q", title="Participants"), x2="after:Q", y=y)
    ends = pl.concat(
        [
            moved.select(
                "trial_id",
                "title",
                pl.col(side).alias("n"),
                pl.col(f"{side}_type").alias("type"),
                pl.lit(word).alias("state"),
            )
            for side, word in (("before", "earlier"), ("after", "later"))
        ]
    )
    marks = (
        alt.Chart(ends)
        .mark_point(size=70, filled=True, stroke=_BLUE, strokeWidth=1.5)
        .encode(
            x="n:Q",
            y=y,
            shape=alt.Shape(
                "state:N", scale=alt.Scale(domain=["earlier", "later"], range=["circle", "square"]), title="State"
            ),
            fill=alt.condition("datum.type === 'actual'", alt.value(_BLUE), alt.value("#ffffff")),
            tooltip=[
                alt.Tooltip("trial_id:N", title="Trial"),
                alt.Tooltip("title:N", title="Title"),
                alt.Tooltip("state:N", title="State"),
                alt.Tooltip("n:Q", title="Participants"),
                alt.Tooltip("type:N", title="Number is"),
            ],
        )
    )
    title = alt.Title("Enrolment then and now", subtitle="Hollow marks are planned numbers, filled ones actual")
    chart = (lines + marks).properties(width=WIDTH - 160, height=alt.Step(22), title=title)
    told = [
        f"{r['trial_id']} from {r['before']} {r['before_type']} to {r['after']} {r['after_type']}"
        for r in moved.head(8).iter_rows(named=True)
    ]
    rest = len(moved) - len(told)
    more = f"; and {plural(rest, 'more trial')}" if rest else ""
    return describe(chart, f"Enrolment of {plural(len(moved), 'trial')} that moved: {'; '.join(told)}{more}.")
