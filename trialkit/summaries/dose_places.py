"""Where a record states its dose, and where it hides when only one place holds it."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import listing, plural, share

PLACES = {
    "arms": "Arms",
    "interventions": "Interventions",
    "brief_summary": "Brief summary",
    "detailed_description": "Detailed description",
    "public_title": "Titles",
    "scientific_title": "Titles",
    "intervention_model_description": "Design",
}
OTHER, NOWHERE = "Elsewhere", "Nowhere"
STRUCTURED = {"Arms", "Interventions"}


def count_places(frames: Frames) -> pl.DataFrame:
    """places (list, in fixed order), label, n: trials by the set of places that hold a dose; those without any last.

    One row per set that occurs, the most frequent first; "Nowhere" is a dose that is not reported.
    """
    names = pl.col("field").str.extract(r"^(\w+)").replace_strict(PLACES, default=OTHER, return_dtype=pl.String)
    found = (
        frames.evidence.filter((pl.col("frame") == "regimens") & (pl.col("column") == "dose"))
        .select("trial_id", names.alias("place"))
        .unique()
        .group_by("trial_id")
        .agg(pl.col("place").sort())
    )
    trials = (
        frames.trials.select("trial_id")
        .join(found, on="trial_id", how="left")
        .with_columns(pl.col("place").fill_null([NOWHERE]))
    )
    return (
        trials.group_by(pl.col("place").alias("places"))
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .with_columns(pl.col("places").list.join(" + ").alias("label"))
        .sort((pl.col("label") == NOWHERE), "n", "label", descending=[False, True, False])
    )


def tell_places(frames: Frames) -> str:
    """How many trials state a dose only in prose outside of arms and interventions, where a table of a register lacks it."""
    counts = count_places(frames)
    stated = counts.filter(pl.col("label") != NOWHERE)
    total = int(stated["n"].sum())
    if not total:
        return "No dose was read in these records."
    prose = stated.filter(pl.col("places").list.set_intersection(list(STRUCTURED)).list.len() == 0)
    one = stated.filter(pl.col("places").list.len() == 1)
    first = [f"{row['label'].lower()} alone ({row['n']})" for row in one.head(3).iter_rows(named=True)]
    hidden = int(prose["n"].sum())
    return (
        f"{plural(total, 'trial')} {'states' if total == 1 else 'state'} a dose, most often in {listing(first)}. "
        f"{share(hidden, total)} {'states' if hidden == 1 else 'state'} it only outside of arms and interventions, where a reader of these fields misses it."
    )
