"""Charts of what outcomes cover: core areas by condition, and core outcome sets by domain and by trial."""

import altair as alt
import polars as pl

from trialkit.charts.theme import SEQUENTIAL, WIDTH, describe, empty_chart, text_on_shade
from trialkit.prose import listing, plural, share
from trialkit.summaries.outcome_sets import ALL, MEASURES

MET, OTHER, NOT_FOUND = "#0072b2", "rgba(0, 114, 178, 0.5)", "rgba(140, 149, 159, 0.25)"  # right on white and on dark
MOST_ROWS = 120  # trials drawn one by one
LAST = "slice(datum.label, indexof(datum.label, '¦') + 1)"  # a key "set¦row" keeps the rows of each panel in their own order
NO_SET = "No core outcome set of the vocabulary fits the trials of this selection."


def plot_core_areas(counts: pl.DataFrame) -> alt.TopLevelMixin:
    """Heat map of `summaries.outcome_sets.count_core_areas`: condition × core area, n of N printed, colour = share."""
    if not len(counts):
        return empty_chart("No outcome in this selection.")
    rows = counts.with_columns(
        pl.format("{} of {}", "n", "trials").alias("words"),
        pl.col("area").str.replace(r" \(.*", "").str.replace("Physiological or clinical", "Physiological"),
    )
    areas, conditions = (rows[column].unique(maintain_order=True).to_list() for column in ("area", "condition"))
    base = alt.Chart(rows).encode(
        x=alt.X(
            "area:N",
            title=None,
            sort=areas,
            scale=alt.Scale(paddingInner=0.02, paddingOuter=0),
            axis=alt.Axis(orient="top", labelAngle=0, labelPadding=6),
        ),
        y=alt.Y(
            "condition:N",
            title=None,
            sort=conditions,
            scale=alt.Scale(paddingInner=0.08, paddingOuter=0),
            axis=alt.Axis(labelLimit=230),
        ),
        tooltip=[
            alt.Tooltip("condition:N", title="Condition"),
            alt.Tooltip("area:N", title="Core area"),
            alt.Tooltip("words:N", title="Trials with such an outcome"),
        ],
    )
    boxes = base.mark_rect(aria=False).encode(
        color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=SEQUENTIAL), title="Share of trials",
                        legend=alt.Legend(format="%", values=[0, 0.5, 1], gradientLength=150))
    )  # fmt: skip
    text = base.mark_text(fontSize=11, aria=False).encode(text="words:N", color=text_on_shade("datum.share"))
    chart = (boxes + text).properties(
        width=alt.Step(96), height=alt.Step(21), title="Trials with at least one outcome in each core area"
    )
    whole = rows.filter(pl.col("condition") == ALL)
    words = [f"{area.lower()} {share(n, of)}" for area, n, of in whole.select("area", "n", "trials").iter_rows()]
    return describe(chart, f"Core areas by condition. All trials: {listing(words)}.")


def plot_domains(domains: pl.DataFrame) -> alt.TopLevelMixin:
    """Bars of `summaries.outcome_sets.count_domains`: how many trials measure each domain of a set, one panel a set."""
    if not len(domains):
        return empty_chart(NO_SET)
    met = domains.filter(pl.col("measured") == MEASURES[0]).select(
        "set", "domain", pl.format("{} of {}", "n", "trials").alias("words")
    )
    rows = domains.join(met, on=["set", "domain"]).with_columns(
        pl.col("measured").replace_strict({m: n for n, m in enumerate(MEASURES)}, return_dtype=pl.Int64).alias("order"),
        pl.format("{}¦{}", "set", "domain").alias("key"),
        pl.when(pl.col("agreed") == "").then(pl.lit("none agreed")).otherwise("agreed").alias("agreed"),
    )
    sets = rows["set"].unique(maintain_order=True).to_list()
    most = int(rows["trials"].max())
    y = alt.Y(
        "key:N",
        title=None,
        sort=rows["key"].unique(maintain_order=True).to_list(),
        axis=alt.Axis(labelLimit=230, ticks=False, labelExpr=LAST),
    )
    x = alt.X("n:Q", title="Trials", scale=alt.Scale(domain=[0, most]), axis=alt.Axis(format="d", tickMinStep=1))
    color = alt.Color(
        "measured:N", title=None, scale=alt.Scale(domain=MEASURES, range=[MET, OTHER, NOT_FOUND]), sort=MEASURES
    )
    bars = alt.Chart().mark_bar(height=13, aria=False).encode(
        x=x, y=y, color=color, order=alt.Order("order:Q"),
        tooltip=[alt.Tooltip("set:N", title="Set"), alt.Tooltip("domain:N", title="Domain"), alt.Tooltip("agreed:N", title="Agreed instruments"),
                 alt.Tooltip("measured:N", title="In the trials"), alt.Tooltip("n:Q", title="Trials")],
    )  # fmt: skip
    text = alt.Chart().transform_filter("datum.order == 0").mark_text(align="left", dx=6, fontSize=11, aria=False)
    text = text.encode(x=alt.X("trials:Q"), y=y, text="words:N")
    panel = alt.layer(bars, text, data=rows).properties(width=WIDTH - 190, height=alt.Step(19))
    chart = (
        panel.facet(row=alt.Row("set:N", title=None, sort=sets, header=alt.Header(labelOrient="top", labelAngle=0, labelPadding=4)), spacing=14)
        .resolve_scale(y="independent")
        .properties(title=alt.Title("How many trials measure each domain of the set?", subtitle="At the right: trials that meet the domain"))
    )  # fmt: skip
    words = []
    for name in sets:
        mine = domains.filter((pl.col("set") == name) & (pl.col("measured") == MEASURES[0]))
        best = mine.sort("n", descending=True, maintain_order=True).row(0, named=True)
        if not best["n"]:
            words.append(f"{name}: {plural(mine['trials'][0], 'trial')}, no domain met")
            continue
        unmet = int((mine["n"] == 0).sum())
        words.append(
            f"{name}: {plural(mine['trials'][0], 'trial')}, most often met {best['domain'].lower()} ({share(best['n'], best['trials'])}), {'every domain met by a trial' if not unmet else plural(unmet, 'domain') + ' met by no trial'}"
        )
    return describe(chart, f"Domains of core outcome sets. {'; '.join(words)}.")


def plot_trial_coverage(rated: pl.DataFrame) -> alt.TopLevelMixin:
    """Dots of `summaries.outcome_sets.rate_trials`: share of the set's domains each trial meets; filled = met, hollow = with any measure.

    Above MOST_ROWS trials one row a set, with the number of trials as area.
    """
    if not len(rated):
        return empty_chart(NO_SET)
    x = alt.X(
        "share:Q",
        title="Domains of the set",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    sets = rated["set"].unique(maintain_order=True).to_list()
    if len(rated) > MOST_ROWS:
        chart = _plot_many(rated, x)
    else:
        rows = rated.with_columns(
            pl.format("{} of {}", "met", "domains").alias("words"),
            pl.col("title").str.slice(0, 140),
            pl.format("{}¦{}", "set", "trial_id").alias("key"),
        )
        y = alt.Y(
            "key:N",
            title=None,
            sort=rows["key"].to_list(),
            axis=alt.Axis(ticks=False, grid=True, labelPadding=9, labelExpr=LAST),
        )
        tooltip = [
            alt.Tooltip("trial_id:N", title="Trial"),
            alt.Tooltip("title:N", title="Title"),
            alt.Tooltip("set:N", title="Set"),
            alt.Tooltip("words:N", title="Domains met"),
            alt.Tooltip("named:Q", title="with any measure"),
            alt.Tooltip("missing:N", title="Not found"),
        ]
        base = alt.Chart().encode(y=y, tooltip=tooltip, href="url:N")
        reach = base.mark_rule(color=OTHER, strokeWidth=2, aria=False).encode(x=x, x2="share_named:Q")
        hollow = base.mark_point(size=60, filled=True, fill="transparent", stroke=MET, opacity=1, aria=False).encode(
            x=alt.X("share_named:Q")
        )
        dots = base.mark_point(size=60, filled=True, fill=MET, stroke=MET, opacity=1, aria=False).encode(x=x)
        text = base.mark_text(align="left", dx=12, fontSize=11, aria=False).encode(
            x=alt.value(WIDTH - 150), text="words:N"
        )
        panel = alt.layer(reach, hollow, dots, text, data=rows).properties(width=WIDTH - 150, height=alt.Step(17))
        chart = (
            panel.facet(row=alt.Row("set:N", title=None, sort=sets, header=alt.Header(labelOrient="top", labelAngle=0, labelPadding=4)), spacing=14)
            .resolve_scale(y="independent")
            .properties(title=alt.Title("How much of its set does each trial measure?", subtitle="Filled: domains met. Hollow: domains with any measure. At the right: domains met"))
        )  # fmt: skip
    words = [
        f"{name}: best {mine['met'].max()} of {plural(mine['domains'][0], 'domain')}, none met by {share(int((mine['met'] == 0).sum()), len(mine))} trials"
        for name, mine in ((name, rated.filter(pl.col("set") == name)) for name in sets)
    ]
    return describe(chart, f"Share of core outcome set domains met by each trial. {'; '.join(words)}.")


def _plot_many(rated: pl.DataFrame, x: alt.X) -> alt.Chart:
    counts = rated.group_by("set", "share", "met", "domains", maintain_order=True).len("n")
    counts = counts.with_columns(pl.format("{} of {}", "met", "domains").alias("words"))
    return (
        alt.Chart(counts)
        .mark_circle(color=MET, opacity=0.85)
        .encode(
            x=x,
            y=alt.Y("set:N", title=None, sort=counts["set"].unique(maintain_order=True).to_list()),
            size=alt.Size("n:Q", title="Trials", scale=alt.Scale(domain=[0, int(counts["n"].max())], range=[0, 700])),
            tooltip=["set:N", alt.Tooltip("words:N", title="Domains met"), alt.Tooltip("n:Q", title="Trials")],
        )
        .properties(width=WIDTH - 150, height=alt.Step(34), title="How much of their set do trials measure?")
    )
