"""Charts of reporting quality: condition by fact, shares over the years, the DOSES items."""

import altair as alt
import polars as pl

from trialkit.charts.ends import at_both_ends
from trialkit.charts.theme import INK, MUTED, PAPER, SEQUENTIAL, STATUS_COLOURS, WIDTH, describe, empty_chart
from trialkit.prose import listing, plural, share
from trialkit.summaries.reporting import DOSES_ITEMS, NOT_READ

ROWS_AS_TRIALS = 120  # above this a row per trial is no longer read; conditions take the place


def plot_by_condition(counts: pl.DataFrame) -> alt.TopLevelMixin:
    """Heat map of `summaries.reporting.count_by_condition`: condition × fact, the number printed, N in the row's label."""
    if not len(counts):
        return empty_chart("No trial to show.")
    return _share_map(counts.rename({"fact_label": "column"}), "Which facts do trials of a disease state?", "Fact")


def plot_doses_by_condition(counts: pl.DataFrame) -> alt.TopLevelMixin:
    """Heat map of `summaries.reporting.count_doses_by_condition`: condition × DOSES item; items not read yet stay white."""
    if not len(counts):
        return empty_chart("No trial to show.")
    return _share_map(counts.rename({"item": "column"}), "How many trials state each DOSES item?", "DOSES item")


def _share_map(counts: pl.DataFrame, title: str, what: str) -> alt.TopLevelMixin:
    rows = counts.with_columns(
        (pl.col("condition") + pl.format(" (n = {})", pl.col("total"))).alias("row"),
        pl.when(pl.col("share").is_not_null()).then(pl.format("{} of {}", "n", "total")).otherwise(pl.lit("not read yet")).alias("words"),
        pl.when(pl.col("share").is_not_null()).then(pl.col("n").cast(pl.String)).when(pl.col("n") > 0).then(pl.format("≥ {}", "n")).otherwise(pl.lit("not read")).alias("label"),
    ).select("row", "column", "n", "total", "share", "words", "label")  # fmt: skip
    order_rows, order_columns = (
        rows["row"].unique(maintain_order=True).to_list(),
        rows["column"].unique(maintain_order=True).to_list(),
    )
    axis = alt.Axis(orient="top", labelAngle=-38, labelPadding=4)
    x = alt.X("column:N", title=None, sort=order_columns, scale=alt.Scale(domain=order_columns), axis=axis)
    base = alt.Chart(rows).encode(
        x=x,
        y=alt.Y("row:N", title=None, sort=order_rows, axis=alt.Axis(labelFontSize=11, labelLimit=420)),
        tooltip=[
            alt.Tooltip("row:N", title="Condition"),
            alt.Tooltip("column:N", title=what),
            alt.Tooltip("words:N", title="Stated by"),
        ],
    )
    cells = base.mark_rect(stroke=PAPER, aria=False).encode(
        color=alt.condition(
            "isValid(datum.share)",
            alt.Color("share:Q", title="Share that states it", scale=alt.Scale(domain=[0, 1], range=SEQUENTIAL),
                      legend=alt.Legend(format="%", gradientLength=160, values=[0, 0.5, 1])),
            alt.value(PAPER),
        )
    )  # fmt: skip
    text = base.mark_text(fontSize=11, aria=False).encode(
        text="label:N",
        color=alt.when("!isValid(datum.share)")
        .then(alt.value(INK))
        .when("datum.share > 0.72")
        .then(alt.value("white"))
        .otherwise(alt.value("black")),
    )
    width = 40 * len(order_columns) if len(order_columns) > 6 else 84 * len(order_columns)
    chart = at_both_ends(cells + text, x, len(order_rows))
    chart = chart.properties(width=width, height=alt.Step(21), title=title)
    seen = rows.filter(pl.col("share").is_not_null())
    overall = (
        seen.group_by("column", maintain_order=True)
        .agg(pl.col("n").sum(), pl.col("total").sum())
        .sort("n", maintain_order=True)
    )
    low = listing([f"{c.lower()} {share(n, t)}" for c, n, t in overall.head(3).iter_rows()])
    return describe(
        chart,
        f"Heat map of {plural(len(order_rows), 'row')} of conditions by {len(order_columns)} columns; each cell prints the number of trials that state it. Least often over all: {low}.",
    )


def plot_by_year(rows: pl.DataFrame) -> alt.TopLevelMixin:
    """`summaries.reporting.share_by_year`: one panel a fact, a point and its Wilson interval a year, number of trials below."""
    if not len(rows):
        return empty_chart("No trial with a start date to show.")
    first, last = int(rows["year"].min()), int(rows["year"].max())
    data = rows.with_columns(pl.format("{} of {}", "n", "total").alias("words")).select(
        "fact_label", "year", "share", "low", "high", "total", "words"
    )
    step = max(1, -(-(last - first + 1) // 14))
    x = alt.X("year:Q", title=None, scale=alt.Scale(domain=[first - 0.6, last + 0.6], nice=False),
              axis=alt.Axis(format="d", values=list(range(first, last + 1, step)), grid=False))  # fmt: skip
    tooltip = [
        alt.Tooltip("fact_label:N", title="Fact"), alt.Tooltip("year:Q", title="Start year"), alt.Tooltip("words:N", title="Stated by"),
        alt.Tooltip("low:Q", title="95 % interval from", format=".0%"), alt.Tooltip("high:Q", title="to", format=".0%"),
    ]  # fmt: skip
    panels = []
    for fact in data["fact_label"].unique(maintain_order=True):
        base = alt.Chart(data).transform_filter(alt.datum.fact_label == fact).encode(x=x, tooltip=tooltip)
        y = alt.Y("low:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", values=[0, 0.5, 1]))
        bars = base.mark_rule(strokeWidth=2.5, color="#5b9bc8", aria=False).encode(y=y, y2="high:Q")
        points = base.mark_circle(color="#0072b2", opacity=1, aria=False).encode(
            y="share:Q",
            size=alt.Size("total:Q", title="Trials of the year", scale=alt.Scale(range=[30, 170]), legend=None),
        )
        panels.append((bars + points).properties(width=WIDTH, height=92, title=alt.Title(fact, fontSize=13, offset=4)))
    totals = data.filter(pl.col("fact_label") == data["fact_label"][0])
    tight = last - first > 42
    numbers = (
        alt.Chart(data).transform_filter(alt.datum.fact_label == data["fact_label"][0]).mark_text(fontSize=10 if last - first < 28 else 8, color=MUTED, aria=False)
        .encode(x=alt.X("year:Q", scale=alt.Scale(domain=[first - 0.6, last + 0.6], nice=False), axis=None), text="total:Q")
        .properties(width=WIDTH, height=14, title=alt.Title("Trials that started in the year", fontSize=12, fontWeight="normal", color=MUTED, offset=2))
    )  # fmt: skip
    chart = alt.vconcat(*panels, *([] if tight else [numbers]), spacing=8).resolve_scale(size="shared")
    few = len(totals.filter(pl.col("total") < 10))
    chart = chart.properties(title="Share of trials that state each fact, by start year, with 95 % Wilson interval")
    return describe(
        chart,
        f"Shares by start year from {first} to {last} for {listing([f.lower() for f in data['fact_label'].unique(maintain_order=True)])}. {plural(few, 'year')} of {len(totals)} {'has' if few == 1 else 'have'} fewer than ten trials: their intervals are wide and say little.",
    )


def plot_doses(items: pl.DataFrame) -> alt.TopLevelMixin:
    """`summaries.reporting.doses_items`, one row a trial and one column an item, the value in the cell; up to 120 trials."""
    if not len(items):
        return empty_chart("No trial to show.")
    rows = items.with_columns(
        pl.format("{} · {}", pl.col("condition").str.slice(0, 30), "trial_id").alias("row"),
        pl.when(pl.col("value").is_not_null()).then(pl.when(pl.col("value").str.len_chars() > 20).then(pl.col("value").str.slice(0, 19) + "…").otherwise("value"))
        .when(pl.col("status") == "Unread cue").then(pl.lit("?")).when(pl.col("status") == NOT_READ).then(pl.lit("not read")).otherwise(pl.lit("–")).alias("label"),
    ).select("row", "trial_id", "title", "url", "item", "status", "value", "quote", "label")  # fmt: skip
    colours = {**STATUS_COLOURS, NOT_READ: PAPER}
    present = [s for s in colours if s in set(rows["status"])]
    order = rows["row"].unique(maintain_order=True).to_list()
    axis = alt.Axis(orient="top", labelAngle=0)
    x = alt.X("item:N", title=None, sort=DOSES_ITEMS, scale=alt.Scale(domain=DOSES_ITEMS), axis=axis)
    base = alt.Chart(rows).encode(
        x=x,
        y=alt.Y("row:N", title=None, sort=order, axis=alt.Axis(labelFontSize=11)),
        href="url:N",
        tooltip=[alt.Tooltip("trial_id:N", title="Trial"), alt.Tooltip("title:N", title="Title"), alt.Tooltip("item:N", title="Item"),
                 alt.Tooltip("status:N", title="Status"), alt.Tooltip("value:N", title="Value"), alt.Tooltip("quote:N", title="Words")],
    )  # fmt: skip
    scale = alt.Scale(domain=present, range=[colours[s] for s in present])
    cells = base.mark_rect(stroke=PAPER, strokeWidth=1.5, aria=False).encode(
        color=alt.Color(
            "status:N", title=None, scale=scale, legend=alt.Legend(symbolStrokeColor=MUTED, symbolStrokeWidth=1)
        )
    )
    text = base.mark_text(fontSize=10, aria=False).encode(
        text="label:N",
        color=alt.when("datum.status == 'Reported'")
        .then(alt.value("white"))
        .when(f"datum.status == '{NOT_READ}'")
        .then(alt.value(INK))
        .otherwise(alt.value("black")),
    )
    chart = at_both_ends(cells + text, x, len(order)).properties(
        width=126 * len(DOSES_ITEMS), height=alt.Step(17), title="DOSES items, trial by trial"
    )
    stated = rows.group_by("item", maintain_order=True).agg(
        (pl.col("status").is_in(["Reported", "Conflicting"])).sum().alias("n"),
        (pl.col("status") == NOT_READ).sum().alias("unread"),
    )
    total = len(order)
    words = listing(
        [f"{i.lower()} {share(n, total)}" + (f" (not read yet for {u})" if u else "") for i, n, u in stated.iter_rows()]
    )
    return describe(chart, f"The five DOSES items for {plural(total, 'trial')}; stated: {words}.")


def plot_doses_scores(counts: pl.DataFrame) -> alt.TopLevelMixin:
    """`summaries.reporting.count_doses`: trials by number of items stated."""
    total = int(counts["total"].max() or 0) if len(counts) else 0
    if not total:
        return empty_chart("No trial to show.")
    most = int(counts["items"].max())
    data = counts.with_columns(
        pl.format("{} of {} stated", "items", pl.lit(most)).alias("row"),
        pl.col("n").map_elements(lambda n: share(n, total), return_dtype=pl.String).alias("label"),
    )
    base = alt.Chart(data).encode(
        x=alt.X("n:Q", title="Trials", axis=alt.Axis(format="d", tickMinStep=1)),
        y=alt.Y("row:N", title=None, sort=data["row"].to_list()[::-1]),
        tooltip=[alt.Tooltip("row:N", title="DOSES items"), alt.Tooltip("n:Q", title="Trials")],
    )
    bars = base.mark_bar(height=18, color="#0072b2")
    labels = base.mark_text(align="left", dx=5, fontSize=11).encode(text="label:N")
    chart = (bars + labels).properties(
        width=WIDTH - 120,
        height=alt.Step(26),
        title="How many of donor, origin tissue, separation and site of delivery are stated",
    )
    words = listing([f"{row}: {label}" for row, label in data.select("row", "label").iter_rows()])
    return describe(
        chart, f"Trials by the number of DOSES items stated among the {most} that are read in every record. {words}."
    )
