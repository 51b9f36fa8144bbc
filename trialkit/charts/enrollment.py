"""Charts of the enrolment report: sizes trial by trial, and what zero events can exclude."""

import altair as alt
import polars as pl

from trialkit.charts.dosing import ranked, rows_axis, source_colour, spread, with_headings
from trialkit.charts.ends import at_both_ends, upper_end
from trialkit.charts.linked import WORTH_ASKING, ask, draw_counts, draw_overview, link
from trialkit.charts.theme import INK, MUTED, SOURCE_COLOURS, WIDTH, describe, empty_chart, source_scale
from trialkit.prose import capital, plural, span

ROW_LIMIT = 120  # trials that fit one row each; above that one strip a condition
_TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000]


def plot_enrollment(trials: pl.DataFrame, conditions: list[str]) -> alt.Chart:
    """Enrolment of every trial of `label_trials` on a log axis: filled = actual, hollow = planned, colour = tissue.

    Up to 120 trials have a row each, grouped by condition in the order of `conditions`; more are drawn as one strip a
    condition. Trials without a number, or with zero, are counted in the caption, not drawn at an invented place.
    """
    known = trials.filter(pl.col("n") > 0)
    if not len(known):
        return empty_chart("No trial of this selection states an enrolment above zero.")
    rows = len(known) <= ROW_LIMIT
    row = pl.col("trial_id" if rows else "condition").alias("row")
    data = ranked(known, conditions).sort("rank", "condition", "n", "trial_id", descending=[False, False, True, False])
    data = data.with_columns(row, spread("condition"))
    order = with_headings(data) if rows else data["row"].unique(maintain_order=True).to_list()
    columns = ["trial_id", "title", "condition", "source", "n", "n_kind", "url", "status", "row"]
    least, most = data["n"].min(), data["n"].max()
    ticks = [t for t in _TICKS if least / 1.4 <= t <= most * 1.6]
    x = alt.X(
        "n:Q",
        title="Participants (log scale)",
        scale=alt.Scale(type="log", domain=[least / 1.4, most * 1.6], nice=False),
        axis=alt.Axis(values=ticks, format="d", orient=upper_end(len(order)), labelOverlap="greedy", labelSeparation=4),
    )
    questions = ask(list(dict.fromkeys(data["condition"])), "n", ticks, [f"{tick:,}" for tick in ticks])
    shown = data.select(columns if rows else [*columns, "shift"])
    base = questions.answer(alt.Chart(shown)).encode(
        x=x,
        y=rows_axis(order, headings=rows),
        color=source_colour(data),
        opacity=questions.opacity(1),
        tooltip=[
            alt.Tooltip("trial_id:N", title="Trial"),
            alt.Tooltip("title:N", title="Title"),
            alt.Tooltip("n:Q", title="Participants"),
            alt.Tooltip("n_kind:N", title="Number is"),
            alt.Tooltip("source:N", title="Cell source"),
            alt.Tooltip("status:N", title="Status"),
        ],
        href="url:N",
    )
    if not rows:
        base = base.encode(yOffset=alt.YOffset("shift:Q", scale=alt.Scale(domain=[-0.4, 1.4])))
    size = 70 if rows else 40
    hollow = base.transform_filter(alt.datum.n_kind != "actual").mark_point(size=size, filled=False, aria=False)
    filled = base.transform_filter(alt.datum.n_kind == "actual").mark_point(size=size, filled=True, aria=False)
    layers = [hollow.add_params(questions.pick), filled]
    if rows:
        layers.append(
            base.mark_text(align="left", dx=9, fontSize=10, aria=False).encode(text="n:Q", color=alt.value(INK))
        )
    width = WIDTH - (150 if rows else 170)
    chart = at_both_ends(alt.layer(*layers), x, len(order)).properties(
        width=width, height=alt.Step(15 if rows else 28), title="How many participants has each trial?"
    )
    if len(known) > WORTH_ASKING and questions.brush:
        overview = draw_overview(data, "n", x, questions, "Trials").properties(width=width)
        chart = link(chart, overview, draw_counts(shown, questions, source_colour(data, legend=False)), questions)
    missing = len(trials) - len(known)
    left = (
        f" {capital(plural(missing, 'trial'))} without a number above zero {'is' if missing == 1 else 'are'} not drawn."
    )
    return describe(
        chart,
        f"Enrolment of {plural(len(known), 'trial')}. {_tell_kinds(known)} Filled marks are actual numbers, hollow ones planned or not "
        f"told which.{left if missing else ''}",
    )


def _tell_kinds(known: pl.DataFrame) -> str:
    """`Actual numbers: 3 trials, 8 to 40 participants, median 12. Planned numbers: no trial.`; never one over both."""
    told = []
    for kind in ("actual", "planned", "not told which"):
        n = known.filter(pl.col("n_kind") == kind)["n"]
        words = "Not told which" if kind == "not told which" else f"{capital(kind)} numbers"
        if len(n):
            size = f"{span(n.to_list())} {'participant' if n.max() == 1 else 'participants'}"
            middle = f", median {n.median():g}" if len(n) > 1 else ""
            told.append(f"{words}: {plural(len(n), 'trial')}, {size}{middle}.")
        elif kind != "not told which":
            told.append(f"{words}: no trial.")
    return " ".join(told)


def plot_upper_bounds(curve: pl.DataFrame, sizes: pl.DataFrame) -> alt.Chart:
    """What zero events in n patients cannot exclude: exact one- and two-sided bounds over n, with the trials as ticks.

    `curve` comes from `upper_bounds` over a range of n, `sizes` from `treated_sizes`.
    """
    if not len(sizes):
        return empty_chart("No trial of this selection tells how many patients had cells.")
    largest = int(curve["n"].max())
    names = {"two_sided": "two-sided 95 %", "one_sided": "one-sided 95 %"}
    lines = curve.unpivot(["two_sided", "one_sided"], index="n", variable_name="bound", value_name="rate").with_columns(
        pl.col("bound").replace_strict(names)
    )
    x = alt.X(
        "n:Q",
        title="Patients who had cells (log scale)",
        scale=alt.Scale(type="log", domain=[2, largest]),
        axis=alt.Axis(values=_TICKS, format="d"),
    )
    y = alt.Y(
        "rate:Q",
        title="Event rate that zero events cannot exclude",
        axis=alt.Axis(format=".0%"),
        scale=alt.Scale(domain=[0, 1]),
    )
    bound = alt.Chart(lines).mark_line(strokeWidth=2).encode(
        x=x, y=y,
        strokeDash=alt.StrokeDash("bound:N", title="Upper bound", scale=alt.Scale(domain=list(names.values()), range=[[1, 0], [5, 4]])),
        color=alt.value(INK),
        tooltip=[alt.Tooltip("n:Q", title="Patients"), alt.Tooltip("rate:Q", title="Cannot exclude", format=".1%"), alt.Tooltip("bound:N", title="Bound")],
    )  # fmt: skip
    at = (
        sizes.filter(pl.col("n").is_between(2, largest))
        .join(curve.select("n", "one_sided"), on="n")
        .select("trial_id", "condition", "n", "source", pl.col("one_sided").alias("rate"))
    )
    present = [s for s in SOURCE_COLOURS if s in set(at["source"])]
    marks = alt.Chart(at).mark_circle(size=75, opacity=0.8, aria=False).encode(
        x=x, y=y, color=alt.Color("source:N", title="Cell source", scale=source_scale(present)),
        tooltip=[alt.Tooltip("trial_id:N", title="Trial"), alt.Tooltip("condition:N", title="Condition"), alt.Tooltip("n:Q", title="Patients"),
                 alt.Tooltip("rate:Q", title="No event cannot exclude", format=".1%")],
    )  # fmt: skip
    note = alt.Chart(alt.InlineData(name="note", values=[{"t": "each mark is a trial, at the one-sided bound of its size"}])).mark_text(align="right", color=MUTED, fontSize=11).encode(
        x=alt.value(WIDTH - 20), y=alt.value(14), text="t:N"
    )  # fmt: skip
    chart = (
        alt.layer(bound, marks, note)
        .resolve_scale(color="independent")
        .properties(width=WIDTH - 20, height=300, title="What “no event” can exclude in trials of this size")
    )
    small = int((at["n"] <= 20).sum())
    return describe(
        chart,
        f"Exact 95 % upper bounds of the event rate after zero events, falling with the number of patients; {plural(len(at), 'trial')} marked, "
        f"{small} of them with 20 patients or fewer.",
    )
