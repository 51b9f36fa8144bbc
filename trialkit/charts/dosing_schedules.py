"""Charts of when cells are given: timelines of administrations, patterns when there are many, cumulative exposure."""

from itertools import pairwise

import altair as alt
import polars as pl

from trialkit.charts.dosing import ROW_LIMIT, cells_axis, kept, ranked, rows_axis, source_colour, tips, with_headings
from trialkit.charts.ends import at_both_ends
from trialkit.charts.theme import GRID, SEQUENTIAL, SOURCE_COLOURS, WIDTH, describe, empty_chart, text_on_shade
from trialkit.prose import capital, count, plural, span
from trialkit.summaries.dosing_schedules import COUNTS, LAID_OUT, SINGLE, SPACINGS, TOO_MANY

MOST_ROWS = 5000
FEW_LINES = 40  # of cumulative cells that one panel can hold; more have a panel a tissue
_PANEL = (255, 165)
_STRETCH = 400  # days up to which a linear axis keeps weekly administrations apart
_MARKS = [7, 14, 28, 56, 90, 180, 365, 730, 1460, 2920, 5840]
_LABEL = (80, 13)  # pixels of a trial number


def _days_axis(longest: float, room: float, *, narrow: bool = False) -> alt.X:
    """Days on a linear axis; on a square-root axis when the longest schedule runs over more than a year, or the axis is narrow."""
    wide = longest > _STRETCH or narrow
    step = next((s for s in (7, 14, 28) if longest / s <= 9), 60)
    ticks = [0, *(d for d in _MARKS if d <= longest)] if wide else list(range(0, int(longest) + 1, step))
    scale = alt.Scale(type="sqrt" if wide else "linear", domain=[0, max(longest, 7) * room], nice=False)
    title = f"Days from the first administration{' (square-root scale)' if wide else ''}"
    return alt.X(
        "day:Q",
        title=title,
        scale=scale,
        axis=alt.Axis(values=ticks, format="d", labelOverlap="greedy", labelSeparation=5),
    )


def plot_timing(schedules: pl.DataFrame, patterns: pl.DataFrame, conditions: list[str]) -> alt.Chart:
    """`plot_schedules` while the rows fit a page, else `plot_patterns`."""
    rows = schedules.filter((pl.col("kind") != SINGLE).any().over("trial_id"))
    return plot_schedules(schedules, conditions) if len(rows) <= ROW_LIMIT else plot_patterns(patterns)


def plot_schedules(schedules: pl.DataFrame, conditions: list[str]) -> alt.Chart:
    """Timelines of `summarise_schedules`: a dot an administration, days counted from the first, one row a schedule.

    Trials that give cells only once have no row, they are counted in the subtitle; a schedule whose days are not told
    is a row with words instead of dots.
    """
    repeated = schedules.filter((pl.col("kind") != SINGLE).any().over("trial_id"))
    trials = repeated["trial_id"].n_unique()
    once = schedules["trial_id"].n_unique() - trials
    if not len(repeated):
        others = f"; {plural(once, 'trial')} {'gives' if once == 1 else 'give'} them once" if once else ""
        return empty_chart(f"No trial of this selection tells of repeated administrations{others}.")
    number = pl.lit(" (") + (pl.int_range(pl.len()).over("trial_id") + 1).cast(pl.String) + ")"
    doubt = (
        pl.when(pl.col("kind") == TOO_MANY)
        .then(pl.lit(": not drawn, perhaps a drug given alongside"))
        .otherwise(pl.lit(""))
    )
    data = (
        ranked(repeated, conditions)
        .sort("rank", "condition", "trial_id", maintain_order=True)
        .with_columns(
            pl.concat_str("trial_id", pl.when(pl.len().over("trial_id") > 1).then(number).otherwise(pl.lit(""))).alias(
                "row"
            ),
            (pl.col("schedule").str.replace("×,", "administrations,") + doubt).alias("words"),
            pl.col("kind").is_in([LAID_OUT, SINGLE]).alias("drawn"),
            pl.col("days").list.max().fill_null(0.0).alias("last"),
            pl.when(pl.col("days").list.len() == 0).then(pl.lit([0.0])).otherwise("days").alias("day"),
        )
        .explode("day")
        .with_columns((pl.col("day") == pl.col("last")).alias("at_end"))
    )
    longest = data["last"].max()
    x = _days_axis(longest, room=1.32)
    x["axis"]["orient"] = "top"
    order = with_headings(data)
    shown = kept(data, "row", "day", "last", "words", "drawn", "at_end")
    pick = alt.selection_point(fields=["source"], bind="legend")
    opacity = alt.condition(pick, alt.value(1), alt.value(0.12))
    base = alt.Chart(shown).encode(y=rows_axis(order, headings=True))
    runs = base.transform_filter("datum.drawn && datum.at_end && datum.last > 0")
    runs = runs.mark_rule(strokeWidth=1.6, opacity=0.5, aria=False)
    dots = base.transform_filter("datum.drawn").mark_circle(size=70, aria=False)
    label = base.transform_filter("datum.drawn && datum.at_end").mark_text(align="left", dx=9, fontSize=11, aria=False)
    bare = base.transform_filter("!datum.drawn").mark_text(
        align="left", dx=-3, fontSize=11, fontStyle="italic", aria=False
    )
    tooltip = [*tips(shown), alt.Tooltip("day:Q", title="Day")]
    chart = alt.layer(
        runs.encode(x=x, x2=alt.datum(0), color=source_colour(data)),
        label.encode(x=x, text="words:N"),
        bare.encode(x=x, text="words:N", href="url:N", tooltip=tips(shown)),
        dots.encode(x=x, color=source_colour(data), opacity=opacity, href="url:N", tooltip=tooltip).add_params(pick),
    )
    note = ["A number in brackets: the trial states several schedules. Italics: the days are not told."]
    if once:
        note.insert(
            0, f"{plural(once, 'trial')} with a single administration {'is' if once == 1 else 'are'} not drawn."
        )
    laid_out = repeated.filter(pl.col("kind") == LAID_OUT)
    told = (
        f", with {span(laid_out['n'].to_list())} administrations over up to {longest:g} days" if len(laid_out) else ""
    )
    return describe(
        at_both_ends(chart, x, len(order)).properties(
            width=WIDTH - 180,
            height=alt.Step(16),
            title=alt.Title("On which days are cells given again?", subtitle=note),
        ),
        f"{plural(len(repeated), 'schedule')} of {plural(trials, 'trial')} with repeated administrations: "
        f"{len(laid_out)} laid out on days{told}; {len(repeated.filter(~pl.col('kind').is_in([LAID_OUT, SINGLE])))} "
        f"in words because the days are not told.",
    )


def plot_patterns(patterns: pl.DataFrame) -> alt.Chart:
    """`count_patterns` as a table: number of administrations across, their spacing down, trials in the cells."""
    if not len(patterns):
        return empty_chart("No trial of this selection tells how often cells are given.")
    across = alt.Axis(labelAngle=0, orient="top", ticks=False)
    x = alt.X("number:N", title="Number of administrations", sort=COUNTS, scale=alt.Scale(domain=COUNTS), axis=across)
    y = alt.Y("spacing:N", title=None, sort=SPACINGS, scale=alt.Scale(domain=SPACINGS), axis=alt.Axis(ticks=False))
    most = int(patterns["n"].max())
    base = alt.Chart(patterns).encode(x=x, y=y)
    cells = base.mark_rect(stroke=GRID, aria=False).encode(
        color=alt.Color("n:Q", scale=alt.Scale(range=SEQUENTIAL, domain=[0, most], type="sqrt"), legend=None),
        tooltip=[
            alt.Tooltip("number:N", title="Administrations"),
            alt.Tooltip("spacing:N", title="Spacing"),
            alt.Tooltip("n:Q", title="Trials"),
            alt.Tooltip("trials:N", title="Such as"),
        ],
    )
    numbers = base.mark_text(fontSize=12, aria=False).encode(text="n:Q", color=text_on_shade(f"sqrt(datum.n / {most})"))
    top = patterns.sort("n", "number", descending=[True, False]).head(3).select("number", "spacing", "n")
    words = "; ".join(
        f"{number} {'administration' if number == '1' else 'administrations'}"
        f"{'' if number == '1' else ', spacing ' + spacing.lower() if spacing == 'Not told' else ', ' + spacing.lower()} "
        f"({plural(n, 'trial')})"
        for number, spacing, n in top.iter_rows()
    )
    title = "How many times, how far apart? (number of trials)"
    return describe(
        (cells + numbers).properties(width=WIDTH - 130, height=alt.Step(30), title=title),
        f"Trials by number and spacing of administrations. Most frequent: {words}. "
        "A trial with several schedules is counted with each.",
    )


def plot_exposure(exposure: pl.DataFrame, basis: str) -> alt.Chart:
    """Cumulative cells of `accumulate_exposure` over days on one basis: a step at each administration, one line a regimen.

    More than FEW_LINES lines are drawn as small multiples, one panel a tissue on the same axes.
    """
    data = exposure.filter(pl.col("basis") == basis)
    unit = {"per kg": "cells per kg", "total": "cells"}[basis]
    if not len(data):
        return empty_chart(f"No repeated regimen of this selection can be added up in {unit}.")
    data = data.with_columns((pl.col("day") == pl.col("day").max().over("line", "end")).alias("at_end"))
    if len(data) > MOST_ROWS:
        data = data.filter((pl.col("day") == 0) | pl.col("at_end")).head(MOST_ROWS)
    trials, lines = data["trial_id"].n_unique(), data.select("line", "end").n_unique()
    longest, few = data["day"].max(), lines <= FEW_LINES
    x = _days_axis(longest, room=1.2 if few else 1.03, narrow=not few)
    scaled = cells_axis("", data["cells"])
    y = alt.Y(
        "cells:Q",
        title=capital(f"{'cumulative ' if few else ''}{unit} (log scale)"),
        scale=scaled["scale"],
        axis=scaled["axis"],
    )
    data = data.with_columns(pl.col("cells").map_elements(count, return_dtype=pl.String).alias("so_far"))
    chart = _one_panel(data, x, y) if few else _panels(data, x, y)
    note = "Each step is an administration; dashed: an end of a range or of “up to”."
    title = alt.Title(f"Cumulative {unit} of {plural(trials, 'trial')} with repeated doses", subtitle=note)
    tops = data.filter("at_end")["cells"]
    reach = count(tops.min()) if tops.min() == tops.max() else f"{count(tops.min())} to {count(tops.max())}"
    return describe(
        chart.properties(title=title),
        f"Cumulative {unit} over days in {plural(lines, 'line')} of {plural(trials, 'trial')}{'' if few else ', one panel a tissue'}: after the "
        f"last administration {reach} {unit}, within up to {longest:g} days.",
    )


def _one_panel(data: pl.DataFrame, x: alt.X, y: alt.Y) -> alt.LayerChart:
    """Few lines on one pair of axes, with the tissues to pick from and the numbers of trials where there is room."""
    width, height = WIDTH - 60, 380
    data = data.join(_free_labels(data, x, y, width, height), on=["line", "end", "day"], how="left")
    shown = kept(data, "line", "end", "day", "cells", "so_far", "name")
    pick = alt.selection_point(fields=["source"], bind="legend")
    base, color = alt.Chart(shown).encode(x=x, y=y), source_colour(data)
    opacity = [alt.condition(pick, alt.value(full), alt.value(0.06)) for full in (0.75, 1)]
    steps, dots = _steps(base, opacity[0]).encode(color=color), _dots(base, shown, opacity[1], 38).encode(color=color)
    names = base.transform_filter("datum.name").mark_text(align="left", dx=7, fontSize=10, aria=False)
    layers = alt.layer(steps.add_params(pick), dots, names.encode(text="name:N"))
    return layers.properties(width=width, height=height)


def _panels(data: pl.DataFrame, x: alt.X, y: alt.Y) -> alt.ConcatChart:
    """Many lines: a panel a tissue in the fixed order, two in a row, all on the same axes."""
    shown = kept(data, "line", "end", "day", "cells", "so_far")
    present = [s for s in SOURCE_COLOURS if s in set(data["source"])]
    y["axis"]["values"] = y["axis"]["values"][:: 1 + len(y["axis"]["values"]) // 8]
    panels = []
    for n, source in enumerate(present):
        trials = data.filter(pl.col("source") == source)["trial_id"].n_unique()
        across, up = x.copy(deep=True), y.copy(deep=True)
        if n < len(present) - 2:
            across["title"] = None
        if n % 2:
            up["title"] = None
        here = alt.Chart(shown).transform_filter(alt.datum.source == source).encode(x=across, y=up)
        color = alt.value(SOURCE_COLOURS[source])
        layers = [
            _steps(here, alt.value(0.55)).encode(color=color),
            _dots(here, shown, alt.value(0.8), 16).encode(color=color),
        ]
        heading = alt.Title(f"{source} ({plural(trials, 'trial')})", fontSize=13, offset=4)
        panels.append(alt.layer(*layers).properties(width=_PANEL[0], height=_PANEL[1], title=heading))
    return alt.concat(*panels, columns=2, spacing={"row": 14, "column": 24})


def _steps(base: alt.Chart, opacity: object) -> alt.Chart:
    ends = alt.Scale(domain=["as stated", "lower end", "upper end"], range=[[1, 0], [4, 3], [4, 3]])
    dash = alt.StrokeDash("end:N", legend=None, scale=ends)
    steps = base.mark_line(interpolate="step-after", strokeWidth=1.6, aria=False)
    return steps.encode(strokeDash=dash, detail="line:N", opacity=opacity)


def _dots(base: alt.Chart, shown: pl.DataFrame, opacity: object, size: int) -> alt.Chart:
    said = tips(shown, end="Line follows the dose", so_far="Cells so far")
    tooltip = [*said, alt.Tooltip("day:Q", title="Day")]
    return base.mark_circle(size=size, aria=False).encode(href="url:N", opacity=opacity, tooltip=tooltip)


def _no_labels() -> pl.DataFrame:
    return pl.DataFrame(schema={"line": pl.String, "end": pl.String, "day": pl.Float64, "name": pl.String})


def _free_labels(data: pl.DataFrame, x: alt.X, y: alt.Y, width: float, height: float) -> pl.DataFrame:
    """line, end, day, name: the ends of lines that can be named without printing over another name, mark or line."""
    (_, right), (low, high) = x["scale"]["domain"], y["scale"]["domain"]
    power = 0.5 if x["scale"]["type"] == "sqrt" else 1.0
    up = (pl.col("cells") / low).log(10) * (height / (pl.lit(high / low).log(10)))
    placed = data.with_columns(((pl.col("day") / right).pow(power) * width).alias("x"), up.alias("y")).sort(
        "line", "end", "day"
    )
    taken = []  # boxes: left, right, bottom, top
    for (_, _), line in placed.group_by("line", "end", maintain_order=True):
        spots = line.select("x", "y").rows()
        taken += [(a, b, v - 3, v + 3) for (a, v), (b, _) in pairwise(spots)]
        taken += [(b - 2, b + 2, v, w) for (_, v), (b, w) in pairwise(spots)]
    rows, named = [], set()
    ends = placed.filter("at_end").sort("cells", "day", "line", descending=[True, True, False])
    for r in ends.iter_rows(named=True):
        box = (r["x"] + 6, r["x"] + 6 + _LABEL[0], r["y"] - _LABEL[1] / 2, r["y"] + _LABEL[1] / 2)
        free = not any(box[0] < t[1] and t[0] < box[1] and box[2] < t[3] and t[2] < box[3] for t in taken)
        if free and r["trial_id"] not in named:
            taken.append(box)
            named.add(r["trial_id"])
            rows.append((r["line"], r["end"], r["day"], r["trial_id"]))
    return pl.DataFrame(rows, schema=_no_labels().schema, orient="row")
