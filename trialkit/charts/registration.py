"""When trials were registered, counted: the start year against the time from start to first posting."""

import altair as alt
import polars as pl

from trialkit.charts.ends import at_both_ends
from trialkit.charts.theme import INK, SEQUENTIAL, describe
from trialkit.prose import listing, plural, share
from trialkit.summaries.consistency import AFTER, BEFORE, UNSURE

# A side of the start line and its shades, from few to many.
_SHADES = {BEFORE: SEQUENTIAL, UNSURE: ["#f2f3f5", "#5a636d"], AFTER: ["#fdf3ec", "#8c3a00"]}
# Bands of time away from the start, outward: up to how many days, and in words.
_BANDS = [(30, "≤ 1 mo"), (91, "1–3 mo"), (365, "3–12 mo"), (1096, "1–3 y"), (None, "> 3 y")]
_FULL = 0.5  # share of a year's trials from which on a cell is as dark as it gets: eleven bands seldom hold more
_CELL, _ROW = 50, 20
_OPEN = f"{UNSURE}|?"


def count_bands(rows: pl.DataFrame) -> pl.DataFrame:
    """year, timing, band, n, total, share: trials of `registration_timing` by start year and band; only those that occur.

    `band` is `side|words`; `total` and `share` are of the trials that started in the year. A trial whose start date leaves
    open which came first has a band of its own.
    """
    words = pl.lit(_BANDS[-1][1])
    for days, name in reversed(_BANDS[:-1]):
        words = pl.when(pl.col("days").abs() <= days).then(pl.lit(name)).otherwise(words)
    band = (
        pl.when(pl.col("timing") == UNSURE).then(pl.lit(_OPEN)).otherwise(pl.concat_str("timing", pl.lit("|"), words))
    )
    return (
        rows.with_columns(band.alias("band"))
        .group_by("year", "timing", "band")
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .with_columns(pl.col("n").sum().over("year").alias("total"))
        .with_columns((pl.col("n") / pl.col("total")).alias("share"))
        .sort("year", "band")
    )


def plot_bands(rows: pl.DataFrame) -> alt.TopLevelMixin:
    """`count_bands` as a heat map that diverges at the start: blue registered before it, orange after it."""
    counts = count_bands(rows)
    years = [str(y) for y in range(int(counts["year"].max()), int(counts["year"].min()) - 1, -1)]
    before = [f"{BEFORE}|{words}" for _, words in reversed(_BANDS)]
    middle = [_OPEN] if _OPEN in set(counts["band"]) else []
    order = [*before, *middle, *(f"{AFTER}|{words}" for _, words in _BANDS)]
    data = counts.with_columns(
        pl.col("year").cast(pl.String),
        pl.col("band").str.replace("|", ": ", literal=True).str.replace(": ?", "", literal=True).alias("when"),
        pl.struct("n", "total")
        .map_elements(lambda r: share(r["n"], r["total"]), return_dtype=pl.String)
        .alias("words"),
    )
    axis = alt.Axis(orient="top", labelAngle=0, labelExpr="split(datum.label, '|')[1]", ticks=False, labelFontSize=11)
    x = alt.X(
        "band:N", title=None, sort=order, scale=alt.Scale(domain=order, paddingInner=0.04, paddingOuter=0), axis=axis
    )
    y = alt.Y("year:N", title="Start year", sort=years, scale=alt.Scale(domain=years, paddingInner=0.08, paddingOuter=0), axis=alt.Axis(ticks=False))  # fmt: skip
    tooltip = [
        alt.Tooltip("year:N", title="Start year"), alt.Tooltip("when:N", title="First posted"), alt.Tooltip("words:N", title="Trials of the year"),
    ]  # fmt: skip
    base = alt.Chart(data.drop("total")).encode(x=x, y=y, tooltip=tooltip)
    sides = []
    for side, shades in _SHADES.items():
        color = alt.Color("share:Q", scale=alt.Scale(domain=[0, _FULL], range=shades, clamp=True), legend=None)
        sides.append(base.transform_filter(alt.datum.timing == side).mark_rect(aria=False).encode(color=color))
    ink = alt.condition(f"datum.share > {0.72 * _FULL}", alt.value("white"), alt.value("black"))
    numbers = base.mark_text(fontSize=11, aria=False).encode(text="n:Q", color=ink)
    edges = [{"at": len(before) * _CELL}, {"at": (len(before) + len(middle)) * _CELL}]
    line = alt.Chart(alt.InlineData(name="line", values=edges[: 1 + len(middle)])).mark_rule(
        color=INK, strokeWidth=1.5, aria=False
    )
    line = line.encode(x=alt.X("at:Q", axis=None, scale=alt.Scale(domain=[0, len(order) * _CELL], nice=False)))
    heads = [
        ("◂ registered before the start", edges[0]["at"] - 8, "right"),
        ("registered after the start ▸", edges[-1]["at"] + 8, "left"),
    ]
    words = [
        alt.Chart(alt.InlineData(name=f"side_{align}", values=[{"t": text}]))
        .mark_text(align=align, fontSize=12, fontWeight="bold", aria=False)
        .encode(x=alt.value(place), y=alt.value(-28), text="t:N")
        for text, place, align in heads
    ]  # fmt: skip
    cells = at_both_ends(alt.layer(*sides, numbers).resolve_scale(color="independent"), x, len(years))
    note = [
        "Trials by start year and time from the start to the first posting; the darker, the larger the share of its year."
    ]
    if middle:
        note.append("?: the day of the start is not told, either may have come first.")
    title = alt.Title("Was the trial registered before it started?", subtitle=note, offset=30)
    chart = alt.layer(cells, line, *words).resolve_scale(x="independent")
    chart = chart.properties(width=len(order) * _CELL, height=_ROW * len(years), title=title)
    return describe(
        chart,
        f"Time from start to first posting for {plural(len(rows), 'trial')} by start year, {plural(len(order), 'band')} of time; first posted {tell_sides(rows)}.",
    )


def tell_sides(rows: pl.DataFrame) -> str:
    """`before or on the day of the start: 12 of 20 (60 %) and after it: 8 of 20 (40 %)`; sides without a trial are left out."""
    counts = dict(rows["timing"].value_counts().iter_rows())
    return listing([f"{s[:1].lower()}{s[1:]}: {share(counts[s], len(rows))}" for s in _SHADES if counts.get(s)])
