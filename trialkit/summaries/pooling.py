"""Can anything be pooled? How many trials stay alike when population, product, dose, endpoint, time and control must agree."""

from collections import defaultdict
from typing import NamedTuple

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import listing, plural
from trialkit.summaries import label_trials
from trialkit.summaries.precision import COMPARED

ENOUGH = 3  # trials: fewer give no idea of how trials differ
HORIZONS = {"about 1 month": 45.0, "about 3 months": 135.0, "about 6 months": 270.0, "about 1 year": 550.0}
LATER = "later"
STEPS = ["same disease", "same tissue", "same dose basis and route", "same primary instrument", "at the same time", "same kind of control"]  # fmt: skip


class Trial(NamedTuple):
    """What must agree before results of two trials may be put together; an empty value agrees with nothing."""

    trial_id: str
    condition: str
    tissue: str
    dose: str
    endpoints: frozenset[str]
    times: frozenset[tuple[str, str]]
    control: str


def list_comparable(frames: Frames) -> pl.DataFrame:
    """condition, then one column per step: the size of the largest group of trials alike so far; most trials first.

    Every step asks one thing more than the one before. "Not reported" agrees with nothing: what is not known to be
    alike cannot be pooled. `trials`: the numbers of those left at the end, `stops at` the step that leaves fewer than 3.
    """
    conditions: dict[str, list[Trial]] = defaultdict(list)
    for trial in _trials(frames):
        conditions[trial.condition].append(trial)
    rows = []
    for condition, trials in conditions.items():
        sizes, left = _largest(trials)
        short = next((step for step, n in zip(STEPS, sizes, strict=True) if n < ENOUGH), None)
        told = {"condition": condition, "stops at": short, "trials": [] if short else left}
        rows.append(told | dict(zip(STEPS, sizes, strict=True)))
    schema = {
        "condition": pl.String,
        **dict.fromkeys(STEPS, pl.Int64),
        "stops at": pl.String,
        "trials": pl.List(pl.String),
    }
    return pl.DataFrame(rows, schema=schema).sort([STEPS[0], "condition"], descending=[True, False])


def table_comparable(frames: Frames) -> pl.DataFrame:
    """`list_comparable` for reading: the trials that are left as text, and why the others are not."""
    return list_comparable(frames).with_columns(
        pl.col("stops at").fill_null("nothing: look at their results"),
        pl.col("trials").list.join(", ").replace("", None),
    )


def tell_pooling(frames: Frames) -> str:
    """Whether any disease has enough trials alike, and what most often stands against it."""
    found = list_comparable(frames)
    if not len(found):
        return "No trial of this selection could be compared."
    able = found.filter(pl.col("stops at").is_null())
    alone = f"{plural(len(found), 'disease')} {'was' if len(found) == 1 else 'were'} looked at. "
    if len(able):
        names = listing(f"{row['condition'].lower()} ({row[STEPS[-1]]} trials)" for row in able.iter_rows(named=True))
        return (
            f"{alone}In {names} at least {ENOUGH} trials agree in disease, tissue, dose basis, route, primary instrument, time and "
            "control; whether their results may be pooled is still a question of their populations and their results."
        )
    first = found.filter(pl.col(STEPS[0]) >= ENOUGH)
    if not len(first):
        return f"{alone}None has {ENOUGH} trials here, so there is nothing to pool."
    why = first.group_by("stops at").len().sort(["len", "stops at"], descending=[True, False])
    reasons = listing(f"“{step}” ({n})" for step, n in why.iter_rows())
    return f"{alone}No: in no disease do {ENOUGH} trials agree in all that must agree. Where there are {ENOUGH} trials, the group falls apart at {reasons}."


def _largest(trials: list[Trial]) -> tuple[list[int], list[str]]:
    """The size of the largest group that agrees in everything up to each step, and the trials of the last such group."""
    sizes, group = [len(trials)], set()
    for depth in range(1, len(STEPS)):
        groups: dict[tuple, set[str]] = defaultdict(set)
        for trial in trials:
            for key in _keys(trial, depth):
                groups[key].add(trial.trial_id)
        group = max((groups[key] for key in sorted(groups)), key=len, default=set())
        sizes.append(len(group))
    return sizes, sorted(group)


def _keys(trial: Trial, depth: int) -> set[tuple]:
    """The first `depth` things of a trial that must agree, once for every primary instrument and time; none where one is missing."""
    plain = (trial.tissue, trial.dose)[:depth]
    if not all(plain):
        return set()
    if depth < 3:
        return {plain}
    told = {(e,) for e in trial.endpoints} if depth == 3 else set(trial.times)
    ending = () if depth < 5 else (trial.control,)
    return {plain + found + ending for found in told} if all(ending) else set()


def _trials(frames: Frames) -> list[Trial]:
    """Trials with a cell product in a recognised disease."""
    doses = frames.regimens.filter(pl.col("dose_basis").is_not_null() & pl.col("route").is_not_null()).select(
        "trial_id", pl.concat_str("dose_basis", pl.lit(" "), "route").alias("dose")
    )
    one_dose = {
        trial: dose[0]
        for trial, dose in doses.group_by("trial_id").agg(pl.col("dose").unique()).iter_rows()
        if len(dose) == 1
    }
    primary = (
        frames.endpoints.filter(pl.col("role").cast(pl.String) == "primary")
        .explode("instruments")
        .drop_nulls("instruments")
    )
    endpoints, times = defaultdict(set), defaultdict(set)
    for trial, key, days in primary.select("trial_id", "instruments", "horizon_days").iter_rows():
        endpoints[trial].add(key)
        if days:
            times[trial].add((key, next((name for name, most in HORIZONS.items() if days <= most), LATER)))
    product = frames.trials.filter(~pl.col("product_class").cast(pl.List(pl.String)).list.contains("none"))
    known = label_trials(frames).join(
        product.select("trial_id", pl.col("control_type").cast(pl.String), "condition_group"), on="trial_id"
    )
    return [
        Trial(
            row["trial_id"],
            row["condition"],
            "" if row["source"] in ("Not reported", "Several tissues", "Other tissue") else row["source"],
            one_dose.get(row["trial_id"], ""),
            frozenset(endpoints[row["trial_id"]]),
            frozenset(times[row["trial_id"]]),
            _control(row["control_type"]),
        )
        for row in known.iter_rows(named=True)
        if row["condition_group"] and "other" not in row["condition_group"].split("_")  # several diseases
    ]


def _control(kind: str | None) -> str:
    """Compared with another treatment or none, or not compared at all; "" where the record does not tell."""
    return "" if kind in (None, "not_reported") else kind if kind in COMPARED else "not compared"
