"""Charts of the safety report: which harms are looked for, until when, and what a trial of a given size could have seen."""

from math import log

import altair as alt
import polars as pl

from trialkit.charts.dosing import GREY, ranked, rows_axis, spread, with_headings
from trialkit.charts.ends import at_both_ends
from trialkit.charts.theme import INK, MUTED, PAPER, SEQUENTIAL, WIDTH, describe, empty_chart, text_on_shade
from trialkit.prose import capital, listing, percent, plural, share
from trialkit.summaries.detection import CHANCES, rate_seen
from trialkit.summaries.safety import ANY, MOST_TRIALS, NONE, SILENT, YEAR, count_harms, group_names, window_words

EMPTY = "rgba(140, 149, 159, 0.12)"  # a cell without a harm: seen on white and on a dark page
MISSING = "rgba(140, 149, 159, 0.55)"
MARK, THESE = "#0072b2", "#d55e00"
BAND = {"band": 0.9}  # height of a cell in its row
CELL = 37  # width of a column of the matrix
DAYS = {0: "day 0", 1: "1 d", 7: "1 wk", 30: "1 mo", 90: "3 mo", 365: "1 y", 730: "2 y", 1825: "5 y", 5475: "15 y"}  # fmt: skip
_NOT_A_HARM = [NONE, SILENT]
_RATES, _PLOT = (0.002, 0.6), WIDTH - 60  # the axis of rates, and its width
_HEIGHTS = (0.5, 0.4, 0.3, 0.6, 0.2)  # where on its curve a number may stand, best first


def plot_harms(summary: pl.DataFrame, conditions: list[str]) -> alt.TopLevelMixin:
    """Kinds of harm against trials, the longest window in the cell (`summaries.safety.summarise_harms`).

    More than MOST_TRIALS trials are counted by condition instead. `conditions` is the order of the headings.
    """
    trials = summary["trial_id"].n_unique()
    if not trials:
        return empty_chart("No trial to show.")
    return _plot_trials(summary, conditions) if trials <= MOST_TRIALS else _plot_conditions(count_harms(summary))


def _columns(rows: pl.DataFrame) -> tuple[pl.DataFrame, alt.X]:
    """The rows with `column`, the short name of their group, and its axis: every kind of harm, those missing last."""
    short = group_names("short")
    present = set(rows["group"])
    order = [name for key, name in short.items() if key not in _NOT_A_HARM or key in present]
    axis = alt.Axis(orient="top", labelAngle=-50, labelFontSize=11, labelLimit=140, ticks=False)
    scale = alt.Scale(domain=order, paddingInner=0.06, paddingOuter=0)
    return rows.with_columns(pl.col("group").replace_strict(short).alias("column")), alt.X("column:N", title=None, sort=order, scale=scale, axis=axis)  # fmt: skip


def _background(x: alt.X, y: alt.Y, order: list[str]) -> alt.Chart:
    """A faint cell for every pair, so that a harm nobody looked for is seen as a gap."""
    grid = pl.DataFrame({"row": order}, schema={"row": pl.String}).join(pl.DataFrame({"column": x["scale"]["domain"]}), how="cross")  # fmt: skip
    return alt.Chart(grid).mark_rect(height=BAND, color=EMPTY, aria=False).encode(x=x, y=y)


def _plot_trials(summary: pl.DataFrame, conditions: list[str]) -> alt.TopLevelMixin:
    data, x = _columns(ranked(summary, conditions).sort("rank", "condition", "trial_id", maintain_order=True))
    data = data.with_columns(
        pl.col("trial_id").alias("row"),
        (pl.col("days").clip(0, 3650).log1p() / log(3651)).alias("shade"),
        pl.when(pl.col("group").is_in(_NOT_A_HARM)).then(pl.lit("none")).otherwise("words").alias("words"),
        pl.col("group").replace_strict(group_names()).alias("label"),
        pl.col("title").str.slice(0, 120),
    )
    order = with_headings(data)
    y = rows_axis(order, headings=True)
    tooltip = [
        alt.Tooltip("trial_id:N", title="Trial"), alt.Tooltip("title:N", title="Title"), alt.Tooltip("condition:N", title="Condition"),
        alt.Tooltip("label:N", title="Kind of harm"), alt.Tooltip("words:N", title="Longest window"), alt.Tooltip("outcomes:Q", title="Outcomes"),
        alt.Tooltip("measures:N", title="Measures as registered"), alt.Tooltip("time_frames:N", title="Time frames as registered"),
    ]  # fmt: skip
    columns = ["trial_id", "title", "condition", "label", "words", "outcomes", "measures", "time_frames", "url", "row", "column", "shade"]  # fmt: skip
    named = alt.Chart(data.filter(pl.col("outcomes") > 0).select(columns)).encode(
        x=x, y=y, tooltip=tooltip, href="url:N"
    )
    color = alt.Color("shade:Q", scale=alt.Scale(domain=[0, 1], range=SEQUENTIAL), legend=None)
    cells = named.transform_filter("isValid(datum.shade)").mark_rect(height=BAND, aria=False).encode(color=color)
    hollow = named.transform_filter("!isValid(datum.shade)")
    hollow = hollow.mark_rect(height=BAND, fillOpacity=0, stroke=MARK, strokeWidth=1.2, aria=False)
    words = (
        named.transform_filter("isValid(datum.shade)")
        .mark_text(fontSize=10, aria=False)
        .encode(text="words:N", color=text_on_shade("datum.shade"))
    )
    unread = named.transform_filter("!isValid(datum.shade)").mark_text(fontSize=9, aria=False).encode(text="words:N")
    without = alt.Chart(data.filter(pl.col("outcomes") == 0).select(columns)).encode(x=x, y=y, tooltip=tooltip[:4], href="url:N")  # fmt: skip
    gaps = without.mark_rect(height=BAND, color=MISSING, aria=False)
    none = without.mark_text(fontSize=10, aria=False).encode(text="words:N")
    names = sorted({row for row, n in data.select("row", "outcomes").iter_rows() if n})
    grid = _background(x, y, data["row"].unique(maintain_order=True).to_list())
    layers = alt.layer(grid, cells, hollow, gaps, words, unread, none)
    chart = at_both_ends(layers, x, len(order)).properties(
        width=alt.Step(CELL),
        height=alt.Step(17),
        title=alt.Title("Which harms does each trial look for, and until when?", subtitle="In the cell: the longest window of its outcomes on this harm. The darker, the longer; hollow: no day stated"),
    )  # fmt: skip
    return describe(chart, f"Matrix of kinds of harm by {plural(data['row'].n_unique(), 'trial')}, {len(names)} of them with a harm among their outcomes. {_most(data)}")  # fmt: skip


def _most(data: pl.DataFrame) -> str:
    """`Most: no kind named in 12, death in 3.`"""
    counts = data.filter(~pl.col("group").is_in(_NOT_A_HARM)).group_by("label").agg(pl.col("trial_id").n_unique().alias("n"))  # fmt: skip
    best = counts.sort(["n", "label"], descending=[True, False]).head(4)
    return f"Trials by kind: {listing(f'{c.lower()} {n}' for c, n in best.iter_rows())}."


def _plot_conditions(counts: pl.DataFrame) -> alt.TopLevelMixin:
    data, x = _columns(counts)
    data = data.with_columns(
        pl.format("{} ({})", "condition", "trials").alias("row"),
        pl.struct("n", "trials").map_elements(lambda r: share(*r.values()), return_dtype=pl.String).alias("of"),
        pl.col("group").replace_strict(group_names()).alias("label"),
    )
    order = data["row"].unique(maintain_order=True).to_list()
    y = alt.Y("row:N", title=None, sort=order, scale=alt.Scale(domain=order, paddingInner=0.08, paddingOuter=0), axis=alt.Axis(labelLimit=320, ticks=False))  # fmt: skip
    tooltip = [
        alt.Tooltip("row:N", title="Condition (trials)"), alt.Tooltip("label:N", title="Kind of harm"), alt.Tooltip("of:N", title="Trials"),
        alt.Tooltip("middle:N", title="Median longest window"), alt.Tooltip("longest:N", title="Longest window"), alt.Tooltip("which:N", title="Which"),
    ]  # fmt: skip
    columns = ["row", "column", "label", "n", "share", "of", "middle", "longest", "which"]
    harm = ~pl.col("group").is_in(_NOT_A_HARM)
    named = alt.Chart(data.filter(harm).select(columns)).encode(x=x, y=y, tooltip=tooltip)
    color = alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=SEQUENTIAL), legend=None)
    cells = named.mark_rect(aria=False).encode(color=color)
    words = named.mark_text(fontSize=11, aria=False).encode(text="n:Q", color=text_on_shade("datum.share"))
    without = alt.Chart(data.filter(~harm).select(columns)).encode(x=x, y=y, tooltip=[*tooltip[:3], tooltip[-1]])
    gaps = without.mark_rect(color=MISSING, aria=False)
    none = without.mark_text(fontSize=11, aria=False).encode(text="n:Q")
    whole = data.filter(pl.col("condition") == "All trials")
    trials = int(whole["trials"][0])
    best = whole.filter(harm).sort("n", descending=True).head(4).select("label", "n")
    layers = alt.layer(_background(x, y, order), cells, gaps, words, none)
    chart = at_both_ends(layers, x, len(order)).properties(
        width=alt.Step(CELL - 3),
        height=alt.Step(20),
        title=alt.Title("How many trials look for which harm?", subtitle="Trials by condition, all of them in brackets. The darker, the larger the share; grey: no harm, or no outcome at all"),
    )  # fmt: skip
    said = listing(f"{label.lower()} in {share(n, trials)}" for label, n in best.iter_rows())
    return describe(chart, f"Trials that name each kind of harm in their outcomes, by condition. Most: {said}.")


def plot_windows(windows: pl.DataFrame, late_harm_years: float) -> alt.TopLevelMixin:
    """The longest window of every trial for every kind of harm (`summaries.safety.list_windows`), on a log axis of days.

    A tick is the median from three trials on; the dashed line stands at `late_harm_years`.
    """
    timed = windows.drop_nulls("days")
    if not len(timed):
        return empty_chart("No trial of this selection gives a day until which it looks for harm.")
    labels = {ANY: "Any harm but death", **group_names()}
    sizes = windows.group_by("group").agg(pl.len().alias("trials"), pl.col("days").null_count().alias("untimed"))
    order = [key for key in labels if key in set(windows["group"])]
    names = {key: f"{labels[key]} ({n})" for key, n, _ in sizes.iter_rows() if key in labels}  # fmt: skip
    rows = [names[key] for key in order]
    data = timed.with_columns(
        pl.col("group").replace_strict(names, return_dtype=pl.String).alias("row"),
        spread("group"),
        pl.col("title", "measures", "time_frames").str.slice(0, 120),
    )
    late = late_harm_years * YEAR
    last = max(float(data["days"].max()), late, 365.0) * 1.15
    ticks = [day for day in DAYS if day <= last]
    words = "[" + ", ".join(f"{{d: {day}, t: '{word}'}}" for day, word in DAYS.items()) + "]"
    axis = alt.Axis(values=ticks, labelExpr=f"pluck({words}, 't')[indexof(pluck({words}, 'd'), datum.value)]")
    x = alt.X("days:Q", title="End of the longest window, logarithmic", scale=alt.Scale(type="symlog", constant=1, domain=[0, last], nice=False), axis=axis)  # fmt: skip
    y = alt.Y("row:N", title=None, sort=rows, scale=alt.Scale(domain=rows), axis=alt.Axis(labelLimit=230, labelPadding=9, ticks=False, grid=True))  # fmt: skip
    many = len(data) > 300
    marks = (
        alt.Chart(data.select("row", "shift", "days", "words", "trial_id", "condition", "title", "measures", "time_frames", "url"))
        .mark_circle(size=24 if many else 60, opacity=0.65 if many else 0.8, color=MARK, aria=False)
        .encode(
            x=x, y=y, yOffset=alt.YOffset("shift:Q", scale=alt.Scale(domain=[-0.15, 1.15])), href="url:N",
            tooltip=[
                alt.Tooltip("trial_id:N", title="Trial"), alt.Tooltip("title:N", title="Title"), alt.Tooltip("condition:N", title="Condition"),
                alt.Tooltip("words:N", title="Longest window"), alt.Tooltip("measures:N", title="Measures as registered"),
                alt.Tooltip("time_frames:N", title="Time frames as registered"),
            ],
        )
    )  # fmt: skip
    middle = data.group_by("row").agg(pl.len().alias("n"), pl.col("days").median()).filter(pl.col("n") >= 3)
    tick = (
        alt.Chart(middle.select("row", "days")).mark_tick(thickness=3, size=24, color=INK, aria=False).encode(x=x, y=y)
    )
    line = alt.Chart(pl.DataFrame({"days": [late], "t": [f"{late_harm_years:g} y: late harm"]}))
    rule = line.mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=THESE, aria=False).encode(x=x)
    note = line.mark_text(align="right", dx=-5, dy=-7, fontSize=11, color=THESE, aria=False).encode(x=x, y=alt.value(0), text="t:N")  # fmt: skip
    side = sizes.filter(pl.col("untimed") > 0).select(
        pl.col("group").replace_strict(names, return_dtype=pl.String).alias("row"), pl.format("{} without a day", "untimed").alias("t")
    )  # fmt: skip
    rest = alt.Chart(side).mark_text(align="left", dx=8, fontSize=11, color=MUTED, aria=False).encode(y=y, x=alt.value(WIDTH - 270), text="t:N")  # fmt: skip
    chart = alt.layer(marks, tick, rule, note, rest).properties(
        width=WIDTH - 270,
        height=alt.Step(30),
        title=alt.Title("Until when do trials look for harm?", subtitle="One mark a trial, at the end of its longest window for this harm; tick: median from three trials on"),
    )  # fmt: skip
    said = [f"{labels[key].lower()} {window_words(d.median())} ({len(d)})" for key in order if len(d := timed.filter(pl.col("group") == key)["days"]) >= 3]  # fmt: skip
    reach = timed.filter((pl.col("group") == ANY) & (pl.col("days") >= late_harm_years * YEAR))
    return describe(
        chart,
        f"End of the longest window of each trial by kind of harm. Medians and trials: {listing(said, empty='no kind of harm has three trials')}. "
        f"{capital(plural(len(reach), 'trial'))} {'looks' if len(reach) == 1 else 'look'} for any harm but death for {late_harm_years:g} years or longer.",
    )


def plot_detection(curves: pl.DataFrame) -> alt.TopLevelMixin:
    """The chance to see one event at least over the true rate, one curve a size (`summaries.detection.draw_curves`).

    Usual sizes are thin and dark, the sizes of the selection thick and orange; the lines across are 80, 90 and 95 %. A
    usual size less than a fifth away from another one, or from one of the selection, is not drawn.
    """
    sizes = _apart(curves.unique("label", keep="first", maintain_order=True).select("n", "kind", "label").sort("n"))
    curves = curves.join(sizes, on=["kind", "label"], how="semi", maintain_order="left")
    x = alt.X("rate:Q", title="True rate of the event among patients (log scale)", scale=alt.Scale(type="log", domain=list(_RATES), nice=False),
              axis=alt.Axis(values=[0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5], format=".1~%"))  # fmt: skip
    y = alt.Y("chance:Q", title="Chance of seeing it at least once", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", values=[0, 0.2, 0.4, 0.6, *CHANCES, 1]))  # fmt: skip
    tooltip = [
        alt.Tooltip("n:Q", title="Patients"), alt.Tooltip("label:N", title="Size"),
        alt.Tooltip("rate:Q", title="True rate", format=".1%"), alt.Tooltip("chance:Q", title="Seen at least once", format=".0%"),
    ]  # fmt: skip
    base = alt.Chart(curves).encode(x=x, y=y, detail="label:N", tooltip=tooltip)
    usual = base.transform_filter(alt.datum.kind == "usual").mark_line(color=INK, strokeWidth=1.2)
    these = base.transform_filter(alt.datum.kind != "usual").mark_line(color=THESE, strokeWidth=2.5, strokeDash=[6, 3])
    here = sizes.filter(pl.col("kind") != "usual")["label"].to_list()
    named = [{"t": word, "line": n} for n, word in enumerate(["These trials:", *here] if here else [])]
    note = alt.Chart(alt.InlineData(name="these", values=named)).mark_text(align="right", baseline="bottom", fontSize=11, dy=alt.ExprRef(f"14 * (datum.line - {len(here)})"), aria=False)  # fmt: skip
    note = note.encode(x=alt.value(WIDTH - 68), y=alt.value(322), text="t:N", detail="line:Q")
    lines = alt.Chart(pl.DataFrame({"chance": CHANCES})).mark_rule(color=GREY, strokeWidth=0.8, aria=False).encode(y=y)
    chart = alt.layer(lines, usual, these, _numbers(x, y, sizes), note).properties(
        width=_PLOT,
        height=330,
        title=alt.Title("What could a trial of this size have seen?", subtitle="Thin: usual sizes of early trials. Dashed: patients who had cells in the trials of this selection; numbers are patients"),
    )  # fmt: skip
    told = [f"{plural(n, 'patient')} from {percent(rate_seen(n, 0.95))}" for n in sizes["n"].unique().sort()]
    return describe(chart, f"Chance to see one event at least, rising with its true rate. Seen with 95 % from: {listing(told)}.")  # fmt: skip


def _apart(sizes: pl.DataFrame) -> pl.DataFrame:
    """The sizes of the selection, and the usual ones that differ by a fifth at least from these and from each other."""
    taken = sizes.filter(pl.col("kind") != "usual")["n"].to_list()
    keep = []
    for n, kind in sizes.select("n", "kind").iter_rows():
        free = kind != "usual" or all(max(n, other) >= 1.2 * min(n, other) for other in taken)
        keep.append(free)
        taken += [n] if free else []
    return sizes.filter(pl.Series(keep, dtype=pl.Boolean))


def _numbers(x: alt.X, y: alt.Y, sizes: pl.DataFrame) -> alt.LayerChart:
    """The number of patients beside each curve, at staggered heights, on a halo: no curve runs through it."""
    order = sizes.unique("n", keep="last", maintain_order=True).sort("n", descending=True)
    rows, taken = [], []
    for n, kind in order.select("n", "kind").iter_rows():
        places = [(chance, side) for chance in _HEIGHTS for side in (-1, 1)]
        best = min(places, key=lambda place: (_crowded(n, *place, order["n"], taken), places.index(place)))
        taken.append(_box(n, *best))
        rows.append(
            {"rate": rate_seen(n, best[0]), "chance": best[0], "side": best[1], "t": str(n), "bold": kind != "usual"}
        )
    base = alt.Chart(alt.InlineData(name="sizes", values=rows)).encode(x=x, y=y, text="t:N")
    layers = []
    for side, align in ((-1, "right"), (1, "left")):
        here = base.transform_filter(alt.datum.side == side)
        look = {"align": align, "dx": 5 * side, "fontSize": 12, "aria": False}
        layers.append(here.mark_text(stroke=PAPER, strokeWidth=5, strokeJoin="round", color=PAPER, **look))
        layers.append(here.transform_filter("!datum.bold").mark_text(color=INK, **look))
        layers.append(here.transform_filter("datum.bold").mark_text(color=INK, fontWeight="bold", **look))
    return alt.layer(*layers)


def _box(n: int, chance: float, side: int) -> tuple[float, float, float, float]:
    """Left, right, lower and upper edge in pixels of the number of a curve, at its left (-1) or right (1)."""
    at = _along(rate_seen(n, chance)) + 5 * side
    wide = 7.5 * len(str(n))
    return min(at, at + side * wide), max(at, at + side * wide), chance * 330 - 7, chance * 330 + 7


def _along(rate: float) -> float:
    return log(rate / _RATES[0]) / log(_RATES[1] / _RATES[0]) * _PLOT


def _crowded(n: int, chance: float, side: int, sizes: pl.Series, taken: list[tuple[float, float, float, float]]) -> int:
    """How many numbers and other curves lie under this place of a number."""
    left, right, low, high = _box(n, chance, side)
    over = sum(left < b and a < right and low < d and c < high for a, b, c, d in taken)
    ends = [
        (_along(rate_seen(m, max(low / 330, 0.001))), _along(rate_seen(m, min(high / 330, 0.999))))
        for m in sizes
        if m != n
    ]
    return over + sum(a < right + 2 and left - 2 < b for a, b in ends)
