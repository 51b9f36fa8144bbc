"""Charts of what trials of their size could show."""

import altair as alt
import polars as pl

from trialkit.charts.theme import INK, MUTED, SOURCE_COLOURS, WIDTH, describe, empty_chart, source_scale
from trialkit.prose import plural

_TICKS = [4, 10, 20, 50, 100, 200, 500, 1000]
_TOP = 4.0  # standard deviations; beyond, no treatment is expected to act
_LEAST, _LARGE = 0.1, 0.8


def plot_differences(curve: pl.DataFrame, trials: pl.DataFrame) -> alt.TopLevelMixin:
    """`summaries.precision.difference_curve` as lines, `list_differences` as marks: the smallest difference over trial size."""
    if not len(trials):
        return empty_chart("No trial of this selection states a size from which a detectable difference follows.")
    most = int(curve["n"].max())
    x = alt.X("at_n:Q", title="Participants (log scale)", scale=alt.Scale(type="log", domain=[_TICKS[0], most], nice=False),
              axis=alt.Axis(values=[t for t in _TICKS if t <= most], format="d"))  # fmt: skip
    y = alt.Y(
        "at:Q",
        title="Smallest difference shown, in standard deviations",
        scale=alt.Scale(type="log", domain=[_LEAST, _TOP], nice=False),
    )
    # A trial beyond the axes stands at their edge; a curve ends there. Words beside the plot lie on no curve.
    at = [pl.col("n").clip(_TICKS[0], most).alias("at_n"), pl.col("difference").clip(_LEAST, _TOP).alias("at")]
    designs = list(dict.fromkeys(curve["design"]))
    curve = curve.with_columns(pl.col("n").alias("at_n"), pl.col("difference").alias("at"))
    lines = alt.Chart(curve).mark_line(strokeWidth=1.5, clip=True).encode(
        x=x, y=y, color=alt.value(INK),
        strokeDash=alt.StrokeDash("design:N", title="Curve", scale=alt.Scale(domain=designs, range=[[1, 0], [5, 4]])),
    )  # fmt: skip
    marks = trials.select("trial_id", "title", "url", "condition", "source", "n", "n_kind", "design", "difference", *at)
    present = [source for source in SOURCE_COLOURS if source in set(marks["source"])]
    pick = alt.selection_point(fields=["source"], bind="legend")
    points = alt.Chart(marks).mark_point(filled=True, size=60 if len(marks) < 300 else 25, opacity=0.75, aria=False).encode(
        x=x, y=y, href="url:N", color=alt.Color("source:N", title="Cell source", scale=source_scale(present)),
        opacity=alt.condition(pick, alt.value(0.75), alt.value(0.08)),
        tooltip=[alt.Tooltip("trial_id:N", title="Trial"), alt.Tooltip("title:N", title="Title"), alt.Tooltip("condition:N", title="Condition"),
                 alt.Tooltip("n:Q", title="Participants"), alt.Tooltip("n_kind:N", title="Number is"), alt.Tooltip("design:N", title="Taken as"),
                 alt.Tooltip("difference:Q", title="Smallest difference (SD)", format=".2f")],
    ).add_params(pick)  # fmt: skip
    large = alt.Chart(alt.InlineData(name="large", values=[{"at": _LARGE, "t": "called large (0.8)"}]))
    rule = large.mark_rule(color=MUTED, strokeDash=[2, 3]).encode(y=y)
    words = large.mark_text(align="left", color=MUTED, fontSize=11).encode(y=y, x=alt.value(WIDTH - 15), text="t:N")
    chart = alt.layer(lines, rule, words, points).resolve_scale(color="independent").properties(
        width=WIDTH - 20, height=320, title="The smallest difference a trial of this size shows"
    )  # fmt: skip
    above = int((trials["difference"] > _LARGE).sum())
    return describe(
        chart,
        f"Smallest mean difference, in standard deviations, that a t test shows with 80 % probability, over the number of participants, for {plural(len(trials), 'trial')}; "
        f"{above} could show only differences above 0.8. Trials of more than {most:,} participants, and values above {_TOP:g} or below {_LEAST:g}, stand at the edges.",
    )
