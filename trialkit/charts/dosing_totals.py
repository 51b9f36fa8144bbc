"""One axis for all doses: totals as stated, per-kg doses at a reference weight that stands on the plot."""

import altair as alt
import polars as pl

from trialkit.charts.dosing import cells_axis, kept, source_colour, tips
from trialkit.charts.theme import BASIS_SHAPES, SOURCE_COLOURS, WIDTH, describe, empty_chart
from trialkit.prose import count, plural
from trialkit.summaries.dosing_totals import CONVERTED, INTRAVENOUS, KABAT_CELLS, OTHER_ROUTES, SENSITIVITY_KG, STATED

_BAND = "#f0c419"


def plot_totals(totals: pl.DataFrame, reference_weight_kg: float) -> alt.Chart:
    """`convert_to_totals` on one axis: totals filled, per-kg levels hollow at the reference weight, with their 50-80 kg line.

    Intravenous doses stand against the suggested window of Kabat 2020, other routes apart without it. Within a tissue
    levels are sorted by size, one under the other, so that the outline of a group is its distribution.
    """
    if not len(totals):
        return empty_chart("No trial of this selection states a dose per kg or as a total.")
    spots = pl.concat([totals[c] for c in ("total_low", "total_high", "light", "heavy")]).drop_nulls()
    colour = source_colour(totals, legend=False)  # one scale: the panels share it
    panels = [
        _panel(here, panel, spots, colour)
        for panel in (INTRAVENOUS, OTHER_ROUTES)
        if len(here := totals.filter(pl.col("panel") == panel))
    ]
    light, heavy = SENSITIVITY_KG
    note = [
        "■  stated as a total, filled",
        f"○  stated per kg, hollow, at {reference_weight_kg:g} kg body weight; its thin line runs from {light:g} to {heavy:g} kg",
        "A thick line is a range; “up to” and “at least” are shown at the end they state.",
    ]
    title = alt.Title("All doses as total cells per administration", subtitle=note)
    kinds = dict(totals.group_by("kind").len().iter_rows())
    ends = pl.concat([totals["total_low"], totals["total_high"]]).drop_nulls()
    reach = count(ends.min()) if ends.min() == ends.max() else f"{count(ends.min())} to {count(ends.max())}"
    return describe(
        alt.vconcat(*panels, spacing=26).properties(title=title),
        f"Total cells per administration: {plural(kinds.get(STATED, 0), 'level')} as stated and "
        f"{plural(kinds.get(CONVERTED, 0), 'level')} converted from per kg at {reference_weight_kg:g} kg, "
        f"{reach} cells, by route and tissue.",
    )


def _panel(data: pl.DataFrame, panel: str, spots: pl.Series, colour: alt.Color) -> alt.LayerChart:
    x = cells_axis("Cells per administration (log scale)", spots)
    data, height, step = _place(data, top=18.0 if panel == INTRAVENOUS else 0.0)
    ends = data.with_columns(pl.concat_list("total_low", "total_high").list.drop_nulls().list.unique().alias("cells"))
    ends = ends.explode("cells").with_columns(
        pl.col("cells").map_elements(count, return_dtype=pl.String).alias("at"),
        (pl.int_range(pl.len()).over("place") == 0).alias("first_end"),
    )
    more = (
        "kind",
        "at",
        "cells",
        "total_low",
        "total_high",
        "light",
        "heavy",
        "place",
        "heading",
        "above",
        "first_end",
    )
    shown = kept(ends, *more)
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[0, height], reverse=True, nice=False, zero=False))
    once = alt.Chart(shown).transform_filter("datum.first_end")
    layers = []
    if panel == INTRAVENOUS:
        low, high = KABAT_CELLS
        only = once.transform_filter(alt.datum.place == ends["place"].min())
        band = only.mark_rect(color=_BAND, opacity=0.25, aria=False)
        layers.append(
            band.encode(x=alt.XDatum(low, scale=x["scale"], axis=x["axis"], title=x["title"]), x2=alt.datum(high))
        )
        words = f"{low / 1e6:g} to {high / 1e6:g} million: a hypothesis (Kabat 2020)"
        text = only.mark_text(align="right", dx=-5, fontSize=11, text=words, aria=False)
        layers.append(text.encode(x=alt.datum(low), y=alt.value(8)))
    drawn = once.encode(y=y, color=colour)
    thin = drawn.transform_filter("datum.light").mark_rule(strokeWidth=0.9, opacity=0.75, aria=False)
    wide = drawn.transform_filter("datum.total_low && datum.total_low < datum.total_high").mark_rule(
        strokeWidth=2.4, aria=False
    )
    layers += [thin.encode(x="light:Q", x2="heavy:Q"), wide.encode(x="total_low:Q", x2="total_high:Q")]
    for kind, shape in ((CONVERTED, BASIS_SHAPES["per kg"]), (STATED, BASIS_SHAPES["total"])):
        marks = alt.Chart(shown).transform_filter(alt.datum.kind == kind)
        marks = marks.mark_point(
            shape=shape, size=44 if step >= 6 else 20, filled=kind == STATED, opacity=0.95, aria=False
        )
        look = {"y": y, "color": colour, "href": "url:N"}
        layers.append(marks.encode(x=x, tooltip=tips(shown, at="Shown at (cells)", kind="How"), **look))
    names = once.transform_filter("datum.heading").mark_text(align="left", fontWeight="bold", aria=False)
    layers.append(names.encode(x=alt.value(4), y=alt.Y("above:Q", scale=y["scale"], axis=None), text="heading:N"))
    return alt.layer(*layers).properties(width=WIDTH, height=height, title=alt.Title(panel, fontSize=13))


def _place(data: pl.DataFrame, top: float) -> tuple[pl.DataFrame, float, float]:
    """The levels with the pixel row of each, tissue by tissue under headings; and the height and the step of the rows."""
    step = 8.0 if len(data) <= 150 else max(1.4, 900 / len(data))
    parts = []
    for source in SOURCE_COLOURS:
        here = data.filter(pl.col("source") == source).sort(pl.coalesce("total_low", "total_high"), "trial_id")
        if not len(here):
            continue
        words = f"{source}: {plural(len(here), 'level')}, {plural(here['trial_id'].n_unique(), 'trial')}"
        nth = pl.int_range(pl.len())
        parts.append(
            here.with_columns(
                (top + 24 + step * nth).alias("place"),
                pl.when(nth == 0).then(pl.lit(words)).alias("heading"),
                pl.lit(top + 9).alias("above"),
            )
        )
        top += 30 + step * len(here)
    return pl.concat(parts), top, step
