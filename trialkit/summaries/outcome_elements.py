"""How completely outcomes are registered: domain, measurement, metric, aggregation and time (Zarin and colleagues 2011)."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import percent, plural, share

ELEMENTS = {
    "domain": "Domain: what is looked at",
    "measurement": "Measurement: a named instrument or test",
    "metric": "Metric: change, time to an event",
    "aggregation": "Aggregation: mean, proportion",
    "time": "Time: when it is assessed",
}


def score_outcomes(frames: Frames) -> pl.DataFrame:
    """trial_id, role, measure, one column of true or false per element, elements (0 to 5); repeated outcomes count once."""
    known = {
        "domain": pl.col("domain").is_not_null(),
        "measurement": pl.col("instruments").list.len() > 0,
        "metric": pl.col("metric").is_not_null(),
        "aggregation": pl.col("aggregation").is_not_null(),
        "time": pl.col("horizon_days").is_not_null() | pl.col("recurrence_days").is_not_null() | (pl.col("timepoints_days").list.len() > 0),
    }  # fmt: skip
    return (
        frames.endpoints.filter(~pl.col("is_duplicate"))
        .select("trial_id", pl.col("role").cast(pl.String), "measure", **known)
        .with_columns(pl.sum_horizontal(pl.col(list(ELEMENTS)).cast(pl.Int64)).alias("elements"))
    )


def count_elements(frames: Frames) -> pl.DataFrame:
    """role, element, n (outcomes that tell it), total, share: primary before secondary before other."""
    scores = score_outcomes(frames)
    long = scores.unpivot(list(ELEMENTS), index="role", variable_name="element", value_name="told")
    order = {"primary": 0, "secondary": 1, "other": 2}
    return (
        long.group_by("role", "element", maintain_order=True)
        .agg(pl.col("told").sum().cast(pl.Int64).alias("n"), pl.len().cast(pl.Int64).alias("total"))
        .with_columns((pl.col("n") / pl.col("total")).alias("share"))
        .sort(pl.col("role").replace_strict(order, return_dtype=pl.Int64), maintain_order=True)
        .with_columns(pl.col("element").replace_strict(ELEMENTS, return_dtype=pl.String))
    )


def tell_elements(frames: Frames) -> str:
    """How many outcomes tell all five elements, and which is told least."""
    scores = score_outcomes(frames)
    if not len(scores):
        return "No outcome is registered here."
    primary = scores.filter(role="primary")
    whole = int((scores["elements"] == len(ELEMENTS)).sum())
    least = min(ELEMENTS, key=lambda name: (scores[name].mean(), name))
    told = f"{percent(float(scores[least].mean()), 0)} of them"
    parts = f"{share(whole, len(scores))} {'outcome tells' if len(scores) == 1 else 'outcomes tell'} all five elements; the {least} is told least, in {told}."
    if len(primary):
        parts += f" A primary outcome tells {primary['elements'].mean():.1f} of 5 on average ({plural(len(primary), 'primary outcome')})."
    return parts
