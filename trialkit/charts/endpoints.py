"""Charts of endpoints: which instruments trials share, and on which days. Dark means primary, light or hollow secondary."""

import altair as alt
import polars as pl

from trialkit.charts.theme import SEQUENTIAL, WIDTH, describe, empty_chart, text_on_shade
from trialkit.prose import capital, listing, plural, share

PRIMARY, SECONDARY = "#0072b2", "rgba(0, 114, 178, 0.5)"  # see-through: right on a white and on a dark page
NARROW = WIDTH - 110  # leaves room for words at the right
FAINT = "rgba(140, 149, 159, 0.5)"
HOLLOW, EMPTY = "transparent", "rgba(140, 149, 159, 0.12)"
ROLES = ["Primary", "Secondary", "Other"]
DAYS = {
    0: "day 0",
    7: "1 wk",
    30: "1 mo",
    90: "3 mo",
    180: "6 mo",
    365: "1 y",
    730: "2 y",
    1825: "5 y",
    3650: "10 y",
}
NOTHING = "No outcome in this selection names an instrument."


def plot_shared(counts: pl.DataFrame, trials: int) -> alt.TopLevelMixin:
    """Bars of `summaries.endpoints.count_instruments`: trials that name each instrument, primary and secondary stacked.

    `trials` is the number of trials with outcomes, the whole of every bar.
    """
    if not len(counts):
        return empty_chart(NOTHING)
    order = counts["instrument"].to_list()
    y = alt.Y("instrument:N", title=None, sort=order, axis=alt.Axis(labelLimit=260))
    long = counts.unpivot(
        ["primary", "secondary"], index=["instrument", "label", "n"], variable_name="role", value_name="part"
    )
    long = long.with_columns(
        pl.col("role").str.to_titlecase(), pl.col("role").eq("secondary").cast(pl.Int8).alias("order")
    )
    bars = (
        alt.Chart(long)
        .mark_bar(height=13)
        .encode(
            x=alt.X(
                "part:Q",
                title=f"Trials, of {trials} with outcomes",
                axis=alt.Axis(format="d", tickMinStep=1, tickCount=8),
            ),
            y=y,
            color=alt.Color(
                "role:N", title="Named in", scale=alt.Scale(domain=ROLES[:2], range=[PRIMARY, SECONDARY]), sort=ROLES
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("instrument:N", title="Instrument"),
                alt.Tooltip("label:N", title="Full name"),
                alt.Tooltip("role:N", title="Named in"),
                alt.Tooltip("part:Q", title="Trials"),
                alt.Tooltip("n:Q", title="Trials in all"),
            ],
        )
    )
    ends = counts.select("instrument", "n", pl.format("{} ({} primary)", "n", "primary").alias("words"))
    text = alt.Chart(ends).mark_text(align="left", dx=5, fontSize=11).encode(x="n:Q", y=y, text="words:N")
    chart = (bars + text).properties(width=NARROW, height=alt.Step(19), title="The most shared instruments")
    best = [f"{name} in {share(n, trials)}" for name, n in counts.select("instrument", "n").head(3).iter_rows()]
    return describe(
        chart, f"Trials that name each of {plural(len(counts), 'instrument')}. Most shared: {listing(best)}."
    )


def plot_matrix(cells: pl.DataFrame) -> alt.TopLevelMixin:
    """Instruments against trials, or against conditions when there are many trials: `endpoint_overlap.cross_instruments`."""
    if not len(cells):
        return empty_chart(NOTHING)
    return _plot_trials(cells) if "trial_id" in cells.columns else _plot_conditions(cells)


def _plot_trials(cells: pl.DataFrame) -> alt.TopLevelMixin:
    instruments = cells["instrument"].unique(maintain_order=True).to_list()
    columns = cells.unique("trial_id", maintain_order=True).select("trial_id", "condition")
    trials = columns["trial_id"].to_list()
    present = [role for role in ROLES if role in set(cells["role"])]
    x = alt.X(
        "trial_id:N", title=None, sort=trials, scale=alt.Scale(domain=trials),
        axis=alt.Axis(labelAngle=-90, labelFontSize=10, labelLimit=130, ticks=False),
    )  # fmt: skip
    y = alt.Y(
        "instrument:N", title=None, sort=instruments, scale=alt.Scale(domain=instruments),
        axis=alt.Axis(labelLimit=200, ticks=False),
    )  # fmt: skip
    plain = cells.with_columns(pl.col("title", "measure").str.slice(0, 140))
    firsts = columns.unique("condition", keep="first", maintain_order=True)
    ends = alt.Chart(firsts).encode(x=alt.X("trial_id:N", sort=trials, scale=alt.Scale(domain=trials), bandPosition=0))
    borders = ends.mark_rule(color=FAINT, aria=False)
    heads = (
        alt.Chart(firsts)
        .mark_text(angle=300, align="left", baseline="middle", dx=5, dy=2, fontSize=11, limit=190)
        .encode(x=x, y=alt.value(-2), text="condition:N")
    )
    grid = (
        alt.Chart(plain.select("instrument", "trial_id"))
        .mark_point(size=4, color=FAINT, filled=True, aria=False)
        .encode(x=x, y=y)
    )
    style = {"domain": present, "range": [PRIMARY if role == "Primary" else HOLLOW for role in present]}
    shapes = {"domain": present, "range": ["diamond" if role == "Other" else "circle" for role in present]}
    below = alt.Legend(orient="bottom")  # the names of the conditions stand above
    named = (
        alt.Chart(plain.filter(pl.col("role").is_not_null()))
        .mark_point(size=62, filled=True, stroke=PRIMARY, strokeWidth=1.6, opacity=1, aria=False)
        .encode(
            x=x,
            y=y,
            fill=alt.Fill("role:N", title="Named in", scale=alt.Scale(**style), sort=ROLES, legend=below),
            shape=alt.Shape("role:N", title="Named in", scale=alt.Scale(**shapes), sort=ROLES, legend=below),
            href="url:N",
            tooltip=[
                alt.Tooltip("trial_id:N", title="Trial"),
                alt.Tooltip("title:N", title="Title"),
                alt.Tooltip("condition:N", title="Condition"),
                alt.Tooltip("instrument:N", title="Instrument"),
                alt.Tooltip("role:N", title="Named in"),
                alt.Tooltip("measure:N", title="Measure as registered"),
                alt.Tooltip("quote:N", title="Words"),
            ],
        )
    )
    filled = cells.filter(pl.col("role").is_not_null())
    empty = len(trials) - filled["trial_id"].n_unique()
    chart = alt.layer(borders, grid, named, heads).properties(
        width=alt.Step(min(24, max(12, 560 // len(trials)))),
        height=alt.Step(17),
        title="Which trials name which instrument",
    )
    return describe(
        chart,
        f"Matrix of {plural(len(instruments), 'instrument')} by {plural(len(trials), 'trial')} with {plural(len(filled), 'mark')}, "
        f"{int((filled['role'] == 'Primary').sum())} of them primary. {capital(plural(empty, 'trial'))} without any of these instruments.",
    )


def _plot_conditions(cells: pl.DataFrame) -> alt.TopLevelMixin:
    rows = cells.with_columns(pl.format("{} ({})", "condition", "trials").alias("column")).with_columns(
        pl.format("{} of {}", "n", "trials").alias("words")
    )
    instruments = rows["instrument"].unique(maintain_order=True).to_list()
    columns = rows["column"].unique(maintain_order=True).to_list()
    filled = rows.filter(pl.col("n") > 0).select("instrument", "column", "n", "primary", "words", "which")
    top = int(filled["n"].max())
    x = alt.X(
        "column:N", title=None, sort=columns, scale=alt.Scale(domain=columns, paddingInner=0.06, paddingOuter=0),
        axis=alt.Axis(orient="top", labelAngle=-64, labelFontSize=11, labelLimit=180, ticks=False),
    )  # fmt: skip
    y = alt.Y(
        "instrument:N", title=None, sort=instruments, scale=alt.Scale(domain=instruments, paddingInner=0.08, paddingOuter=0),
        axis=alt.Axis(labelLimit=200, ticks=False),
    )  # fmt: skip
    empty = alt.Chart(rows.filter(pl.col("n") == 0).select("instrument", "column"))
    empty = empty.mark_rect(color=EMPTY, aria=False).encode(x=x, y=y)
    base = alt.Chart(filled).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("instrument:N", title="Instrument"),
            alt.Tooltip("column:N", title="Condition (trials)"),
            alt.Tooltip("words:N", title="Named by"),
            alt.Tooltip("primary:Q", title="of these as primary"),
            alt.Tooltip("which:N", title="Which"),
        ],
    )  # fmt: skip
    color = alt.Color("n:Q", scale=alt.Scale(domain=[0, max(top, 4)], range=SEQUENTIAL), legend=None)
    boxes = base.mark_rect(aria=False).encode(color=color)
    ink = text_on_shade(f"datum.n / {max(top, 4)}")
    text = base.mark_text(fontSize=11, aria=False).encode(text="n:Q", color=ink)
    primary = (
        base.transform_filter("datum.primary > 0")
        .mark_text(text="•", dx=8, dy=-5, fontSize=13, aria=False)
        .encode(color=ink)
    )
    chart = (empty + boxes + text + primary).properties(
        width=alt.Step(25),
        height=alt.Step(19),
        title=alt.Title("How many trials name which instrument, by condition", subtitle="A dot in the cell: primary in at least one of them. In brackets: trials of the condition with outcomes"),
    )  # fmt: skip
    best = filled.sort("n", descending=True).head(3)
    words = [
        f"{i} in {c.rpartition(' (')[0]}, {w}" for i, c, w in best.select("instrument", "column", "words").iter_rows()
    ]
    return describe(
        chart,
        f"Number of trials by instrument and condition, {plural(len(filled), 'filled cell')} of {len(instruments) * len(columns)}. Most: {'; '.join(words)}.",
    )


def plot_time_points(points: pl.DataFrame, untimed: pl.DataFrame) -> alt.TopLevelMixin:
    """Instrument × day of `endpoint_times.list_time_points`; area = trials, bars = windows of which only the end is known.

    `untimed` (`endpoint_times.count_untimed`) gives the order of the rows and the uses without a day, printed at the right.
    """
    if not len(untimed):
        return empty_chart(NOTHING)
    if not len(points):
        return empty_chart("No outcome with a named instrument has a time frame in days.")
    order = untimed["instrument"].to_list()
    last = max(float(points["day"].max()), 365.0)
    ticks = [day for day in DAYS if day <= last * 1.01]
    names = "[" + ", ".join(f"{{d: {day}, t: '{word}'}}" for day, word in DAYS.items()) + "]"
    label = f"pluck({names}, 't')[indexof(pluck({names}, 'd'), datum.value)]"
    rows = points.with_columns(
        pl.when(pl.col("primary") > 0).then(pl.lit("Primary")).otherwise(pl.lit("Secondary only")).alias("named in"),
        pl.lit(0).alias("start"),
    )
    scale = alt.Scale(type="symlog", constant=1, domain=[0, last], nice=False)
    x = alt.X(
        "day:Q", title="Time after the start, logarithmic", scale=scale, axis=alt.Axis(values=ticks, labelExpr=label)
    )
    y = alt.Y("instrument:N", title=None, sort=order, scale=alt.Scale(domain=order), axis=alt.Axis(labelLimit=200, grid=True, bandPosition=0, tickBand="extent", labelPadding=11))  # fmt: skip
    offset = alt.YOffset("kind:N", scale=alt.Scale(domain=["Day named", "Window"], paddingOuter=0.3))
    color = alt.Color("named in:N", title="Named in", scale=alt.Scale(domain=["Primary", "Secondary only"], range=[PRIMARY, SECONDARY]), legend=alt.Legend(symbolOpacity=1))  # fmt: skip
    tooltip = [
        alt.Tooltip("instrument:N", title="Instrument"),
        alt.Tooltip("kind:N", title="Read as"),
        alt.Tooltip("day:Q", title="Day"),
        alt.Tooltip("n:Q", title="Trials"),
        alt.Tooltip("primary:Q", title="of these as primary"),
        alt.Tooltip("words:N", title="As registered"),
        alt.Tooltip("which:N", title="Which"),
    ]
    base = alt.Chart(rows).encode(y=y, yOffset=offset, tooltip=tooltip)
    most = int(rows["n"].max())
    steps = sorted({1, max(2, most // 2), most}) if most > 1 else [1]
    dots = (
        base.transform_filter("datum.kind == 'Day named'")
        .mark_circle(opacity=1, aria=False)
        .encode(x=x, color=color, size=alt.Size("n:Q", title="Trials", scale=alt.Scale(domain=[0, most], range=[12, 230]), legend=alt.Legend(values=steps, format="d", symbolFillColor=PRIMARY, symbolStrokeColor=PRIMARY)))
    )  # fmt: skip
    window = base.transform_filter("datum.kind == 'Window'")
    bars = window.mark_bar(height=3, opacity=0.5, aria=False).encode(x=alt.X("start:Q", scale=scale, title="Time after the start, logarithmic"), x2="day:Q", color=color)  # fmt: skip
    ends = window.mark_tick(thickness=3, size=9, aria=False).encode(x=x, color=color)
    late = untimed.filter(pl.col("untimed") > 0).select(
        "instrument", pl.format("{} without a day", "untimed").alias("words")
    )
    side = alt.Chart(late).mark_text(align="left", dx=8, fontSize=11).encode(y=y, x=alt.value(NARROW), text="words:N")
    chart = (bars + ends + dots + side).properties(
        width=NARROW,
        height=30 * len(order),
        title=alt.Title("On which days are the shared instruments assessed?", subtitle="Circles: days named, area = trials. Bars: windows (\"up to\"), of which only the end is known"),
    )  # fmt: skip
    day = rows.filter((pl.col("kind") == "Day named") & (pl.col("day") > 0)).sort("n", descending=True).head(3)
    words = [
        f"{i} on day {d:.4g} ({plural(n, 'trial')})" for i, d, n in day.select("instrument", "day", "n").iter_rows()
    ]
    windows = int(rows.filter(pl.col("kind") == "Window")["n"].sum())
    return describe(
        chart,
        f"Days on which {plural(len(order), 'instrument')} are assessed. Most used: {listing(words)}. {plural(windows, 'use')} as a window up to a day; "
        f"{plural(int(untimed['untimed'].sum()), 'use')} without any day.",
    )
