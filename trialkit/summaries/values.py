"""Every value read from one trial, with the words it was read from and the place where they stand."""

import polars as pl

from trialkit.frames import Frames
from trialkit.summaries.trial_words import column_in_words, describe_time, place_in_words, value_in_words
from trialkit.vocabulary import load_vocabulary

PARTS = {
    "trials": "Trial",
    "cell_products": "Product",
    "arms": "Arm",
    "regimens": "Regimen",
    "endpoints": "Outcome",
    "eligibility": "Eligibility",
    "fact_status": "Not read",
}
_PLACE = r"outcomes\.(\w+)\[(\d+)\]"


def list_words(frames: Frames, trial_id: str) -> pl.DataFrame:
    """part, what, value, words, where: every value of the trial in the order of the frames, equal ones once.

    `part` is the frame in words, `Not read` for words that look like a fact and gave no value. The same value read from
    the same words in several places stands once, `where` tells the first and how many more. No row for an unknown trial.
    """
    own = frames.select([trial_id])
    times = {(r["role"], r["position"]): describe_time(r) for r in own.endpoints.iter_rows(named=True)}
    limits = load_vocabulary("eligibility_variables").labels()
    order = {frame: n for n, frame in enumerate(PARTS)}
    role, number = pl.col("field").str.extract(_PLACE, 1), pl.col("field").str.extract(_PLACE, 2).cast(pl.Int64)
    found = (
        own.evidence.with_columns(role.alias("role"), number.alias("position"))
        .with_columns(pl.struct("frame", "column", "value", "role", "position").alias("read"))
        .with_columns(
            pl.col("read").map_elements(lambda r: _what(r, limits), return_dtype=pl.String).alias("what"),
            pl.col("read").map_elements(lambda r: _value(r, times), return_dtype=pl.String).alias("value"),
            pl.col("field").map_elements(place_in_words, return_dtype=pl.String).alias("where"),
        )
        .group_by("frame", "what", "value", "quote", maintain_order=True)
        .agg(pl.col("where").first(), (pl.len() - 1).alias("more"))
        .sort(pl.col("frame").replace_strict(order, default=len(order), return_dtype=pl.Int64), maintain_order=True)
    )
    more = pl.when(pl.col("more") > 0).then(pl.format(" and {} more", "more")).otherwise(pl.lit(""))
    return found.select(
        pl.col("frame").replace_strict(PARTS, default=pl.col("frame"), return_dtype=pl.String).alias("part"),
        "what",
        "value",
        pl.col("quote").alias("words"),
        (pl.col("where") + more).alias("where"),
    )


def _what(read: dict, limits: dict[str, str]) -> str:
    if read["frame"] == "eligibility":
        return limits.get(read["column"], column_in_words(read["column"]))
    return column_in_words("value" if read["frame"] == "fact_status" else read["column"])


def _value(read: dict, times: dict[tuple[str, int], str | None]) -> str:
    if read["frame"] == "endpoints" and read["column"] == "time_frame":
        return times.get((read["role"], read["position"])) or read["value"]
    return value_in_words(read["column"], read["value"])
