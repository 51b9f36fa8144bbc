"""What a reader may ask of a chart of trials: a condition, a range, a tissue; the views of the chart answer together.

Ranges can be drawn with the mouse over the small bars above a chart, or chosen from two lists, which a keyboard reaches.
"""

from typing import Any, NamedTuple

import altair as alt
import polars as pl

from trialkit.charts.theme import INK, WIDTH

WORTH_ASKING = 20  # marks; fewer are seen at a glance
_FADED = 0.08
_BARS = 36
_OVERVIEW = "#8c959f"  # seen on white and on the dark page


class Questions(NamedTuple):
    """The selections of one chart: `pick` a tissue in the legend, `brush` a range, `menus` for condition and range.

    `asked` says in each row whether the menus let it stand: see `answer`.
    """

    pick: alt.Parameter
    brush: alt.Parameter | None
    menus: list[alt.Parameter]
    asked: str

    def answer(self, chart: Any) -> Any:
        """The chart with the column `asked`, which `opacity` and `left` go by."""
        return chart.transform_calculate(asked=self.asked)

    def opacity(self, shown: float) -> Any:
        """Marks that are asked for stand out, the others fade."""
        chosen = self.pick & alt.datum.asked
        return alt.condition(chosen & self.brush if self.brush else chosen, alt.value(shown), alt.value(_FADED))

    def left(self, chart: Any) -> Any:
        """The chart over the rows that are asked for alone."""
        chart = self.answer(chart).transform_filter(alt.datum.asked).transform_filter(self.pick)
        return chart.transform_filter(self.brush) if self.brush else chart


def ask(conditions: list[str], field: str, stops: list[float], words: list[str]) -> Questions:
    """The questions of a chart over `field`: its conditions in order, and `stops` (said in `words`) to begin and end at.

    With one condition, or too few stops, the menu is left out.
    """
    menus, tests = [], []
    if len(conditions) > 1:
        menu = alt.binding_select(options=["", *conditions], labels=["all", *conditions], name="Condition")
        menus.append(alt.param(name="one_condition", value="", bind=menu))
        tests.append("(one_condition === '' || datum.condition === one_condition)")
    if len(stops) > 2:
        for name, label, test in (("least", "From", ">="), ("most", "To", "<=")):
            menu = alt.binding_select(options=[None, *stops], labels=["any", *words], name=label)
            menus.append(alt.param(name=name, value=None, bind=menu))
            tests.append(f"({name} === null || datum[{field!r}] {test} {name})")
    pick = alt.selection_point(fields=["source"], bind="legend")
    brush = alt.selection_interval(encodings=["x"], name="range") if len(stops) > 2 else None
    return Questions(pick, brush, menus, " && ".join(tests) or "true")


def draw_overview(data: pl.DataFrame, field: str, x: alt.X, questions: Questions, unit: str) -> alt.Chart:
    """How the rows lie along the log axis `x`, as small bars to draw a range over: the brush lives here, so that it
    covers no mark that can be clicked. Bar heights count `unit`.
    """
    low, high = (pl.lit(end).log10() for end in x["scale"]["domain"])
    width = (high - low) / _BARS
    place = ((pl.col(field).log10() - low) / width).floor().clip(0, _BARS - 1)
    bars = (
        data.with_columns(place.alias("place"))
        .group_by("place")
        .agg(pl.len().alias("rows"))
        .with_columns(
            (10 ** (low + (pl.col("place") + 0.06) * width)).alias(field),
            (10 ** (low + (pl.col("place") + 0.94) * width)).alias("end"),
        )
        .sort(field)
    )
    axis = alt.Axis(labels=False, ticks=False, grid=False, title=None)
    return (
        alt.Chart(bars.drop("place"))
        .mark_bar(color=_OVERVIEW, aria=False)
        .encode(
            x=alt.X(f"{field}:Q", scale=x["scale"], axis=axis),
            x2="end:Q",
            y=alt.Y("rows:Q", title=None, axis=None),
            y2=alt.datum(0),
            tooltip=[alt.Tooltip("rows:Q", title=unit)],
        )
        .properties(height=34, title=alt.Title("Drag over these bars for a range", fontSize=11, fontWeight="normal"))
        .add_params(questions.brush)
    )


def draw_counts(data: pl.DataFrame, questions: Questions, color: alt.Color) -> alt.LayerChart:
    """Bars of the trials that are asked for, by tissue: they follow every question of the chart."""
    groups = data.group_by("source").agg(pl.col("trial_id").n_unique().alias("n"))
    order = [s for s in color["scale"]["domain"] if s in set(groups["source"])]
    base = questions.left(alt.Chart(data)).encode(
        y=alt.Y("source:N", title=None, sort=order, scale=alt.Scale(domain=order), axis=alt.Axis(ticks=False)),
        x=alt.X(
            "distinct(trial_id):Q",
            title="Trials asked for",
            scale=alt.Scale(domain=[0, max(groups["n"])], nice=True),
            axis=alt.Axis(format="d", tickMinStep=1, tickCount=5),
        ),
        tooltip=[alt.Tooltip("source:N", title="Cell source"), alt.Tooltip("distinct(trial_id):Q", title="Trials")],
    )
    bars = base.mark_bar(height=13, aria=False).encode(color=color)
    numbers = base.mark_text(align="left", dx=5, fontSize=11, aria=False)
    numbers = numbers.encode(text="distinct(trial_id):Q", color=alt.value(INK))
    return alt.layer(bars, numbers).properties(width=WIDTH - 260, height=alt.Step(19))


def link(main: Any, overview: Any, counts: Any, questions: Questions) -> alt.VConcatChart:
    """One chart of the three views, with the menus; the title of `main` stands above all of them."""
    title, main.title = main.title, alt.Undefined
    return (
        alt.vconcat(counts, overview, main, spacing=12)
        .resolve_scale(color="independent", opacity="independent")
        .add_params(*questions.menus)
        .properties(title=title)
    )
