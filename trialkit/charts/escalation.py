"""Charts of dose levels: the ladder of every trial, per kg and total apart."""

import altair as alt
import polars as pl

from trialkit.charts.dosing import cells_axis, kept, ranked, rows_axis, tips, with_headings
from trialkit.charts.theme import BASIS_SHAPES, CHARCOAL, NOT_REPORTED, WIDTH, describe, empty_chart
from trialkit.prose import listing, plural, span
from trialkit.summaries.escalation import DESIGNS

ROW_LIMIT = 60  # ladders that fit one row each; above that all are drawn over each other, one panel a design
DESIGN_COLOURS = dict(zip(DESIGNS, ["#d55e00", "#0072b2", CHARCOAL, NOT_REPORTED], strict=True))
_UNIT = {"per kg": "Cells per kg body weight and administration (log scale)", "total": "Cells per administration (log scale)"}  # fmt: skip
_NAME = {"per kg": "per kg body weight", "total": "as a total"}
_MORE = {"level": "Level", "levels": "of", "n": "Patients at this level", "step": "Times the level below", "design": "How raised", "said": "Words for it"}  # fmt: skip


def plot_ladders(levels: pl.DataFrame, conditions: list[str], basis: str) -> alt.TopLevelMixin:
    """The ladders of `summaries.escalation.list_levels` on one basis ("per kg" or "total"): dots joined, on a log axis.

    Up to ROW_LIMIT ladders have a row each under their condition, with the steps and the design at the right and the
    patients of a level, where told, above its dot. More are drawn level by level, one panel a design.
    """
    data = ranked(levels.filter(pl.col("basis") == basis), conditions)
    if not len(data):
        return empty_chart(f"No trial of this selection states two dose levels {_NAME[basis]}.")
    key = ["trial_id", "route", "product"]
    ladders = data.select(key).n_unique()
    data = data.sort("rank", "condition", pl.col("cells").min().over(key), *key, "level").with_columns(
        pl.concat_str(key, separator="|").alias("ladder"),
        pl.concat_str(pl.lit("× "), pl.col("step").round_sig_figs(2).cast(pl.String).str.strip_suffix(".0")).alias("times"),
        pl.col("step").round_sig_figs(3),
        pl.col("said").str.slice(0, 120),
    )  # fmt: skip
    chart = _rows(data, basis) if ladders <= ROW_LIMIT else _panels(data, basis)
    counts = data.unique(key).group_by("design").len()
    told = [f"{name.lower()} {n}" for name in DESIGNS for design, n in counts.iter_rows() if design == name]
    return describe(
        chart,
        f"{plural(ladders, 'ladder')} of dose levels {_NAME[basis]} in {plural(data['trial_id'].n_unique(), 'trial')}, with "
        f"{span(data['levels'].to_list())} levels. How the dose is raised: {listing(told)}.",
    )


def _axis(data: pl.DataFrame, basis: str) -> alt.X:
    x = cells_axis(_UNIT[basis], data["cells"])
    x["scale"]["nice"] = False
    return x


def _rows(data: pl.DataFrame, basis: str) -> alt.TopLevelMixin:
    twice = pl.col("ladder").n_unique().over("trial_id") > 1
    named = (
        pl.when(twice).then(pl.format("{} ({})", "trial_id", pl.col("route").str.to_lowercase())).otherwise("trial_id")
    )
    data = data.with_columns(named.alias("row"))
    order = with_headings(data)
    x = _axis(data, basis)
    if len(order) > 25:
        x["axis"]["orient"] = "top"
    shown = kept(data, "row", "ladder", "cells", "low", "high", *_MORE)
    present = [name for name in DESIGNS if name in set(data["design"])]
    colour = alt.Color("design:N", title="How the dose is raised", sort=present, scale=alt.Scale(domain=present, range=[DESIGN_COLOURS[d] for d in present]), legend=alt.Legend(symbolOpacity=1, symbolType="circle"))  # fmt: skip
    base = alt.Chart(shown).encode(y=rows_axis(order, headings=True), color=colour)
    line = base.mark_line(strokeWidth=1.5, aria=False).encode(x=x, detail="ladder:N")
    wide = base.transform_filter("datum.low < datum.high").mark_rule(strokeWidth=4, opacity=0.5, aria=False).encode(x="low:Q", x2="high:Q")  # fmt: skip
    dots = base.mark_point(shape=BASIS_SHAPES[basis], size=70, opacity=1, aria=False)
    dots = dots.encode(x=x, href="url:N", tooltip=tips(shown, **_MORE))
    patients = (
        base.transform_filter("isValid(datum.n)").mark_text(dy=-9, fontSize=9, aria=False).encode(x=x, text="n:Q")
    )
    said = data.group_by("row", "design", maintain_order=True).agg(pl.col("times").drop_nulls().str.join(", "))
    said = said.select("row", pl.format("{} · {}", "times", pl.col("design").str.to_lowercase()).alias("t"))
    words = alt.Chart(said).mark_text(align="left", dx=8, fontSize=11, aria=False)
    words = words.encode(y=rows_axis(order, headings=True), x=alt.value(WIDTH - 350), text="t:N")
    note = "One row a trial, its levels joined; at the right how many times the level below, and how the dose is raised"
    if data["n"].null_count() < len(data):
        note += ". Small numbers: patients"
    title = alt.Title(f"Ladders of dose levels {_NAME[basis]}", subtitle=note)
    return alt.layer(line, wide, dots, patients, words).properties(width=WIDTH - 350, height=alt.Step(17), title=title)


def _panels(data: pl.DataFrame, basis: str) -> alt.TopLevelMixin:
    counts = data.group_by("design").agg(pl.col("ladder").n_unique().alias("ladders"))
    data = data.join(counts, on="design").with_columns(pl.format("{} ({})", "design", "ladders").alias("panel"))
    order = [p for name in DESIGNS for p in data["panel"].unique().sort() if p.startswith(name)]
    shown = kept(data, "panel", "ladder", "cells", *_MORE)
    y = _axis(data, basis).to_dict()
    x = alt.X("level:Q", title="Level", scale=alt.Scale(domain=[0.8, int(data["levels"].max()) + 0.2]), axis=alt.Axis(format="d", tickMinStep=1, grid=False))  # fmt: skip
    up = alt.Y("cells:Q", title=y["title"], scale=alt.Scale(**y["scale"]), axis=alt.Axis(**y["axis"]))
    colour = alt.Color("design:N", legend=None, scale=alt.Scale(domain=DESIGNS, range=list(DESIGN_COLOURS.values())))
    base = alt.Chart(shown).encode(x=x, y=up, detail="ladder:N", color=colour)
    line = base.mark_line(strokeWidth=1.2, opacity=0.55, aria=False)
    dots = base.mark_point(shape=BASIS_SHAPES[basis], size=24, opacity=0.8, aria=False)
    dots = dots.encode(href="url:N", tooltip=tips(shown, **_MORE))
    return (
        alt.layer(line, dots)
        .properties(width=(WIDTH - 110) // max(len(order), 2), height=300)
        .facet(column=alt.Column("panel:N", title=None, sort=order, header=alt.Header(labelFontSize=10, labelLimit=140)))
        .properties(title=alt.Title(f"Ladders of dose levels {_NAME[basis]}", subtitle="A line joins the levels of one trial, lowest first; by how the dose is raised, ladders in brackets"))
    )  # fmt: skip
