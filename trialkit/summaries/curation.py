"""What a person decided, beside what the rules read: the table and the sentence of it."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, listing, plural

DECISION_LABELS = {"changed": "changed", "accepted": "accepted as read", "not_reported": "decided as not reported"}
_LABELS = {"n_administrations": "Number of administrations", "enrollment": "Enrolment"}
_STATUS = {
    "n_administrations": "schedule",
    "interval": "schedule",
    "arm_size": "arm_sizes",
    "time_frame": "time_frames",
}
WHOLE = "whole trial"
CURATED, TO_CHECK, NOT_APPLIED = "Curated", "To check", "Not applied, to check"


def list_curated(frames: Frames) -> pl.DataFrame:
    """trial_id, what, of, curated value, read as, state, reason, url: one row a decision, those to check first.

    `of` is the arm or outcome; a curated value is null where the decision is "not reported". `reason` ends with why to
    check, where there is something to check.
    """
    state = (
        pl.when(~pl.col("applied"))
        .then(pl.lit(NOT_APPLIED))
        .when(pl.col("state").cast(pl.String) == "to_check")
        .then(pl.lit(TO_CHECK))
        .otherwise(pl.lit(CURATED))
    )
    return (
        frames.curation.join(frames.trials.select("trial_id", "url"), on="trial_id", how="left")
        .with_columns(
            pl.col("fact").map_elements(_label, return_dtype=pl.String).alias("what"),
            pl.col("about").fill_null(WHOLE).alias("of"),
            pl.col("value").str.replace_all("_", " ").alias("curated value"),
            pl.col("extracted").str.replace_all("_", " ").fill_null("nothing").alias("read as"),
            state.alias("state"),
            pl.concat_str(["reason", pl.lit(". To check: ") + pl.col("message")], ignore_nulls=True).alias("reason"),
        )
        .sort(pl.col("state") == CURATED, "trial_id", maintain_order=True)
        .select("trial_id", "what", "of", "curated value", "read as", "state", "reason", "url")
    )  # fmt: skip


def curated_facts(own: Frames) -> set[str]:
    """The facts of `fact_status` of which a person decided something, for the frames of one trial."""
    return {_STATUS.get(fact, fact) for fact in own.curation.filter(pl.col("applied"))["fact"]}


def _label(fact: str) -> str:
    return _LABELS.get(fact) or capital(fact.replace("_", " "))


def tell_curated(frames: Frames) -> str:
    """How many values a person decided, how, and how many somebody should look at again."""
    rows = frames.curation
    if not len(rows):
        return "No value here was decided by a person: all stand as the rules read them."
    counts = dict(rows["decision"].cast(pl.String).value_counts().iter_rows())
    parts = [f"{counts[key]} {words}" for key, words in DECISION_LABELS.items() if key in counts]
    n, trials = len(rows), rows["trial_id"].n_unique()
    check = len(rows.filter(pl.col("state").cast(pl.String) == "to_check"))
    again = (
        f" {capital(plural(check, 'decision'))} {'was' if check == 1 else 'were'} made on another reading and {'wants' if check == 1 else 'want'} a second look."
        if check
        else ""
    )
    return f"{capital(plural(n, 'value'))} of {plural(trials, 'trial')} {'was' if n == 1 else 'were'} decided by a person: {listing(parts)}.{again}"


def curation_lines(own: Frames) -> list[tuple[str, str, str]]:
    """(what, value, words) of every decision on one trial, for a terminal: what was read and why it was decided so."""
    return [
        (
            row["what"] if row["of"] == WHOLE else f"{row['what']} of {row['of']}",
            f"{row['curated value'] or 'not reported'} ({row['state'].lower()})",
            f"Read as {row['read as']}. Why: {row['reason']}",
        )
        for row in list_curated(own).iter_rows(named=True)
    ]
