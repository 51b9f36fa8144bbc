"""What the charts of the explorer draw of the trials that are kept, and the sentence under each of them.

`keep` says for every trial of the catalogue, by row, whether it fits (see `filters.keep_trials`). A chart leaves the
filter out that it sets itself: `on` marks what that filter holds, so that what else could be chosen stays in sight.
"""

import statistics
from collections.abc import Sequence

import polars as pl

from trialkit.prose import count, listing, plural
from trialkit.summaries import SOURCE_GROUPS
from trialkit.summaries.filters import BASES, MISSING, Catalogue, keep_rows

MOST = 15  # bars of a chart; the list of the filter has all


def count_conditions(catalogue: Catalogue, keep: pl.Series, chosen: Sequence[str] = ()) -> pl.DataFrame:
    """key, condition, source, n, total, rank, on: kept trials by condition and tissue, the 15 conditions with most.

    A chosen condition is always among them, with n = 0 if need be.
    """
    groups = catalogue.trials.select("i", "source")
    rows = keep_rows(catalogue.members["conditions"], keep).join(groups, on="i")
    counts = rows.group_by("key", "source").agg(pl.len().cast(pl.Int64).alias("n"))
    ranked = _rank(catalogue, "conditions", counts.group_by("key").agg(pl.col("n").sum().alias("total")), chosen)
    return (
        ranked.join(counts, on="key", how="left")
        .with_columns(pl.col("n").fill_null(0))
        .sort("rank", "source", nulls_last=True)
        .select("key", pl.col("label").alias("condition"), "source", "n", "total", "rank", "on")
    )


def count_sources(catalogue: Catalogue, keep: pl.Series, chosen: Sequence[str] = ()) -> pl.DataFrame:
    """key, tissue, source (the group that gives its colour), total, rank, on: kept trials by tissue.

    A trial that names several tissues counts in each of them.
    """
    counts = keep_rows(catalogue.members["cell_sources"], keep).group_by("key").agg(_total())
    group = pl.col("key").replace_strict({**SOURCE_GROUPS, MISSING: "Not reported"}, default="Other tissue")
    ranked = _rank(catalogue, "cell_sources", counts, chosen)
    return ranked.select("key", pl.col("label").alias("tissue"), group.alias("source"), "total", "rank", "on")


def count_instruments(catalogue: Catalogue, keep: pl.Series, chosen: Sequence[str] = ()) -> pl.DataFrame:
    """key, instrument, label, role, n, total, rank, on: kept trials by instrument, as Primary when any primary outcome
    names it, else Secondary; the 15 with most. Trials that name none are not among them.
    """
    named = keep_rows(catalogue.mentions, keep)
    totals = named.group_by(pl.col("instrument").alias("key")).agg(_total())
    ranked = _rank(catalogue, "instruments", totals, [key for key in chosen if key != MISSING])
    if chosen:  # also when only trials that name none are chosen
        ranked = ranked.with_columns(pl.col("key").is_in(list(chosen)).alias("on"))
    role = pl.when("primary").then(pl.lit("Primary")).otherwise(pl.lit("Secondary")).alias("role")
    counts = named.group_by(pl.col("instrument").alias("key"), role).agg(pl.len().cast(pl.Int64).alias("n"))
    full = catalogue.mentions.select(pl.col("instrument").alias("key"), pl.col("label").alias("full")).unique("key")
    return (
        ranked.join(counts, on="key", how="left")
        .join(full, on="key", how="left")
        .with_columns(pl.col("n").fill_null(0), pl.col("role").fill_null("Secondary"))
        .sort("rank", "role")
        .select("key", pl.col("label").alias("instrument"), pl.col("full").alias("label"), "role", "n", "total", "rank", "on")
    )  # fmt: skip


def list_enrollment(catalogue: Catalogue) -> pl.DataFrame:
    """One row per trial with a start date and a number above zero: i, trial_id, title, condition, source, when, n,
    n_kind, status. `n` is the registered number, `n_kind` whether it is actual, planned or not told which.
    """
    columns = ["i", "trial_id", "title", "condition", "source", "when", "year", "n", "n_kind", "status"]
    return catalogue.trials.filter(pl.col("n") > 0).drop_nulls("when").select(columns)


def list_levels(catalogue: Catalogue, name: str) -> pl.DataFrame:
    """One row per comparable dose level on the basis of the range `name` ("per_kg" or "total"): i, trial_id, title,
    condition, source, low, high (cells per administration, equal unless `bound` is range), bound, dose, quote.
    """
    columns = ["i", "trial_id", "title", "condition", "source", "low", "high", "bound", "dose", "quote"]
    return catalogue.levels.filter(pl.col("basis") == BASES[name]).select(columns)


def tell_bars(rows: pl.DataFrame, label: str, noun: str, nouns: str, all_of_them: int) -> str:
    """`Most: Osteoarthritis 121, COVID-19 105 and Limb ischaemia 65. 15 of 72 conditions are drawn.`

    `rows` come from one of the counts above, `label` is the column that names a bar.
    """
    bars = rows.unique(label, maintain_order=True).filter(pl.col("total") > 0)
    if not len(bars):
        return f"No {noun} to draw."
    most = listing(f"{name} {n}" for name, n in bars.select(label, "total").head(3).iter_rows())
    if len(bars) >= all_of_them:
        return f"Most: {most}."
    return f"Most: {most}. {len(bars)} of {plural(all_of_them, noun, nouns)} {'is' if len(bars) == 1 else 'are'} drawn."


def tell_enrollment(points: pl.DataFrame, keep: pl.Series) -> str:
    """How many trials are drawn with actual and with planned numbers, their medians apart, and how many cannot be."""
    drawn = keep_rows(points, keep)
    parts = []
    for kind, words in (("actual", "an actual number"), ("planned", "a planned number")):
        values = drawn.filter(pl.col("n_kind") == kind)["n"].to_list()
        if values:
            parts.append(f"{plural(len(values), 'trial')} with {words} (median {statistics.median(values):g})")
    if other := int((drawn["n_kind"] == "not told which").sum()):
        parts.append(f"{plural(other, 'trial')} with a number of which it is not told")
    left = int(keep.sum()) - len(drawn)
    told = f"{listing(parts)}." if parts else "No trial to draw."
    if not left:
        return told
    return f"{told} {plural(left, 'trial')} without a start date or a number above zero {'is' if left == 1 else 'are'} not drawn."


def tell_levels(levels: pl.DataFrame, keep: pl.Series) -> str:
    """`36 dose levels of 20 trials, 1 million to 10 million cells. 18 trials state none on this basis.`"""
    drawn = keep_rows(levels, keep)
    trials = drawn["trial_id"].n_unique()
    left = int(keep.sum()) - trials
    without = f" {plural(left, 'trial')} {'states' if left == 1 else 'state'} none on this basis." if left else ""
    if not trials:
        return f"No dose to draw.{without}"
    low, high = drawn["low"].min(), drawn["high"].max()
    cells = count(low) if low == high else f"{count(low)} to {count(high)}"
    return f"{plural(len(drawn), 'dose level')} of {plural(trials, 'trial')}, {cells} cells.{without}"


def _total() -> pl.Expr:
    return pl.len().cast(pl.Int64).alias("total")


def _rank(catalogue: Catalogue, facet: str, totals: pl.DataFrame, chosen: Sequence[str]) -> pl.DataFrame:
    """key, label, total, rank, on: the keys with most trials and those chosen, in this order, missing last."""
    labels = catalogue.labels[facet]
    asked = pl.DataFrame({"key": list(chosen)}, schema={"key": pl.String})
    whole = totals.join(asked, on="key", how="full", coalesce=True).with_columns(pl.col("total").fill_null(0))
    order = [pl.col("key") == MISSING, -pl.col("total"), pl.col("key")]
    most = whole.sort(~pl.col("key").is_in(list(chosen)), *order).head(max(MOST, len(chosen))).sort(*order)
    on = pl.col("key").is_in(list(chosen)) if chosen else pl.lit(True)
    label = pl.col("key").replace_strict(dict(labels), default=pl.col("key"), return_dtype=pl.String)
    return most.with_row_index("rank").select("key", label.alias("label"), "total", "rank", on.alias("on"))
