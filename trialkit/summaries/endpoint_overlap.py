"""Which trials can be compared on which instruments: the matrix, the overlap of pairs of trials, and the wordings."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, percent, plural, share
from trialkit.summaries.endpoints import (
    count_instruments,
    list_instruments,
    list_mentions,
    order_conditions,
    with_outcomes,
)

MOST_COLUMNS = 60  # trials that still fit as columns; above, conditions


def cross_instruments(frames: Frames, top: int = 25) -> pl.DataFrame:
    """The most shared instruments against trials, or against conditions when more than MOST_COLUMNS trials have outcomes.

    Per trial: instrument, trial_id, condition, role (null where not named), measure, quote, title, url, for every pair.
    Per condition: instrument, condition, trials (of that condition, with outcomes), n, primary, which, for every pair.
    Rows come in the order of the axes: instruments most shared first, conditions most trials first.
    """
    best = count_instruments(frames, top).select("instrument").with_row_index("order")
    named = list_instruments(frames).join(best, on="instrument", how="semi")
    conditions = order_conditions(frames)
    trials = with_outcomes(frames)
    if len(trials) <= MOST_COLUMNS:
        columns = trials.join(conditions.select("condition").with_row_index("place"), on="condition")
        found = named.select("instrument", "trial_id", "role", "measure", "quote")
        grid = best.join(columns, how="cross").join(found, on=["instrument", "trial_id"], how="left")
        return grid.sort("order", "place", "trial_id").drop("order", "place")
    totals = conditions.group_by("pooled", maintain_order=True).agg(pl.col("n").sum().alias("trials"))
    counts = (
        named.join(conditions.select("condition", "pooled"), on="condition")
        .group_by("instrument", "pooled")
        .agg(
            pl.len().cast(pl.Int64).alias("n"),
            (pl.col("role") == "Primary").sum().cast(pl.Int64).alias("primary"),
            pl.col("trial_id").sort().head(10).str.join(", ").alias("which"),
        )
    )
    return (
        best.join(totals.with_row_index("place"), how="cross")
        .join(counts, on=["instrument", "pooled"], how="left")
        .sort("order", "place")
        .select(
            "instrument", pl.col("pooled").alias("condition"), "trials", pl.col("n", "primary").fill_null(0), "which"
        )
    )


def pair_trials(frames: Frames) -> pl.DataFrame:
    """Pairs of trials that share at least one instrument, most shared first.

    trial_a, trial_b, condition_a, condition_b, n (instruments shared), jaccard (shared of all that either names),
    shared (names), linked (how the two records belong together; null for independent trials).
    """
    named = list_instruments(frames).select("trial_id", "instrument", "condition")
    sizes = named.group_by("trial_id").agg(pl.len().cast(pl.Int64).alias("size"), pl.first("condition"))
    a, b = (sizes.rename({"trial_id": f"trial_{s}", "size": f"size_{s}", "condition": f"condition_{s}"}) for s in "ab")
    ends = [pl.col(column).str.extract(r"^[^:]*:(.+)$") for column in ("record_a", "record_b")]
    links = frames.links.select(
        pl.min_horizontal(ends).alias("trial_a"),
        pl.max_horizontal(ends).alias("trial_b"),
        pl.col("relation").cast(pl.String).str.replace_all("_", " ").alias("linked"),
    ).unique(["trial_a", "trial_b"], keep="first", maintain_order=True)
    left = named.select(pl.col("trial_id").alias("trial_a"), "instrument")
    right = named.select(pl.col("trial_id").alias("trial_b"), "instrument")
    return (
        left.join(right, on="instrument")
        .filter(pl.col("trial_a") < pl.col("trial_b"))
        .group_by("trial_a", "trial_b")
        .agg(pl.col("instrument").sort().alias("shared"), pl.len().cast(pl.Int64).alias("n"))
        .join(a, on="trial_a")
        .join(b, on="trial_b")
        .join(links, on=["trial_a", "trial_b"], how="left")
        .with_columns((pl.col("n") / (pl.col("size_a") + pl.col("size_b") - pl.col("n"))).alias("jaccard"))
        .sort(["n", "jaccard", "trial_a", "trial_b"], descending=[True, True, False, False])
        .select("trial_a", "trial_b", "condition_a", "condition_b", "n", "jaccard", "shared", "linked")
    )


def list_pairs(frames: Frames, top: int = 15, most: int = 12) -> pl.DataFrame:
    """`pair_trials` for reading: trial_a, trial_b, condition (both, where they differ), n, jaccard, shared, linked.

    `shared` names up to `most` instruments; `linked` stays only when a pair shown has linked records.
    """
    named = pl.col("shared").list.head(most).list.join(", ")
    more = pl.when(pl.col("n") > most).then(pl.format(" and {} more", pl.col("n") - most)).otherwise(pl.lit(""))
    same = pl.col("condition_a") == pl.col("condition_b")
    both = (
        pl.when(same)
        .then("condition_a")
        .otherwise(pl.format("{} / {}", "condition_a", "condition_b"))
        .alias("condition")
    )
    pairs = pair_trials(frames).head(top)
    pairs = pairs.select("trial_a", "trial_b", both, "n", "jaccard", (named + more).alias("shared"), "linked")
    return pairs.drop("linked") if pairs["linked"].null_count() == len(pairs) else pairs


def tell_pairs(frames: Frames) -> str:
    """Sentences: the share of pairs of trials with no instrument in common, among all and within a condition."""
    named = list_instruments(frames).unique("trial_id")
    trials = len(named)
    if trials < 2:
        return f"{capital(plural(trials, 'trial'))} with a named instrument: no pair to compare."
    pairs = pair_trials(frames)
    total = trials * (trials - 1) // 2
    same = int(named["condition"].value_counts().select((pl.col("count") * (pl.col("count") - 1) // 2).sum()).item())
    meet = pairs.filter(pl.col("condition_a") == pl.col("condition_b"))
    words = f"{plural(trials, 'trial')} name an instrument and make {total:,} {'pair' if total == 1 else 'pairs'}: {percent(1 - len(pairs) / total)} have no instrument in common"
    within = (
        f", and within the same condition {share(same - len(meet), same)}."
        if same
        else "; no two are of the same condition."
    )
    return words + within


def list_definitions(frames: Frames, top: int = 15, most: int = 6) -> pl.DataFrame:
    """How differently the same instrument is registered: instrument, trials, wordings, time_frames, examples.

    `wordings` and `time_frames` count distinct texts (case, blanks and punctuation aside); `examples` are up to `most`
    measures, most used first. Instruments most shared first.
    """
    mentions = list_mentions(frames).with_columns(
        pl.col("measure").str.to_lowercase().str.replace_all(r"[\W_]+", " ").str.strip_chars().alias("folded"),
        pl.col("time_frame").str.to_lowercase().str.replace_all(r"[\W_]+", " ").str.strip_chars().alias("time"),
    )
    short = (
        pl.when(pl.col("measure").str.len_chars() > 90)
        .then(pl.col("measure").str.slice(0, 88) + "…")
        .otherwise("measure")
    )
    wordings = (
        mentions.group_by("instrument", "folded", maintain_order=True)
        .agg(short.first().alias("measure"), pl.col("trial_id").n_unique().alias("uses"))
        .sort(["uses", "folded"], descending=[True, False])
        .group_by("instrument", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("wordings"), pl.col("measure").head(most).str.join(" · ").alias("examples"))
    )
    times = mentions.group_by("instrument").agg(pl.col("time").n_unique().cast(pl.Int64).alias("time_frames"))
    best = count_instruments(frames, top).select("instrument", pl.col("n").alias("trials"))
    return (
        best.join(wordings, on="instrument", maintain_order="left")
        .join(times, on="instrument", maintain_order="left")
        .select("instrument", "trials", "wordings", "time_frames", "examples")
    )
