"""Are later trials reported better? Shares by start year with their intervals, and no test."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import plural, share
from trialkit.summaries.reporting import FACT_LABELS, label_status

OVER_TIME = ["cell_source", "donor", "dose", "route"]


def share_by_year(frames: Frames) -> pl.DataFrame:
    """fact_label, year, n, total, share, low, high: share of trials per start year that state a fact, with its 95 % Wilson interval.

    Trials without a start date have no year and are left out here; `tell_years` says how many.
    """
    from scipy.stats import binomtest

    years = frames.trials.select("trial_id", pl.col("start_date").dt.year().alias("year")).drop_nulls()
    counts = (
        label_status(frames)
        .filter(pl.col("fact").is_in(OVER_TIME))
        .join(years, on="trial_id")
        .group_by("fact", "fact_label", "year")
        .agg(pl.col("stated").sum().cast(pl.Int64).alias("n"), pl.len().cast(pl.Int64).alias("total"))
        .sort(pl.col("fact").replace_strict({f: i for i, f in enumerate(OVER_TIME)}), "year")
    )
    bounds = [
        binomtest(n, total).proportion_ci(0.95, method="wilson") for n, total in counts.select("n", "total").iter_rows()
    ]
    return counts.with_columns(
        (pl.col("n") / pl.col("total")).alias("share"),
        pl.Series("low", [max(b.low, 0.0) for b in bounds], dtype=pl.Float64),
        pl.Series("high", [min(b.high, 1.0) for b in bounds], dtype=pl.Float64),
    )


def tell_years(frames: Frames) -> str:
    """The shares before and after the middle start year, and who has no year; no test, because none was planned."""
    rows = share_by_year(frames)
    missing = len(frames.trials) - (int(rows.filter(pl.col("fact") == OVER_TIME[0])["total"].sum()) if len(rows) else 0)
    without = (
        f" {plural(missing, 'trial')} without a start date {'is' if missing == 1 else 'are'} not shown here."
        if missing
        else ""
    )
    if not len(rows):
        return "No trial here has a start date." if len(frames.trials) else ""
    first = rows.filter(pl.col("fact") == OVER_TIME[0]).with_columns(pl.col("total").cum_sum().alias("upto"))
    if first["year"].n_unique() == 1:
        return f"All of them started in {first['year'][0]}.{without}"
    middle = first.filter(pl.col("upto") * 2 >= pl.col("total").sum())["year"][0]
    middle = min(middle, int(first["year"].max()) - 1)
    parts = []
    for fact in OVER_TIME:
        own = rows.filter(pl.col("fact") == fact)
        early, late = own.filter(pl.col("year") <= middle), own.filter(pl.col("year") > middle)
        parts.append(
            f"{FACT_LABELS[fact].lower()} {share(early['n'].sum(), early['total'].sum())} against {share(late['n'].sum(), late['total'].sum())}"
        )
    return f"Started up to {middle} against later: {'; '.join(parts)}.{without}"
