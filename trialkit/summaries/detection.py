"""What event rate a trial of a given size could have seen: the chance of one event at least, and the patients it takes.

The other side of the bounds after zero events (`enrollment.upper_bounds`): the rate that n patients show with a
probability of 95 % is the one-sided 95 % bound of no event in n. Source: Julious 2010, Sample Sizes for Clinical Trials.
"""

from math import ceil, log, log1p

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import percent, plural, share
from trialkit.summaries.enrollment import treated_sizes

SIZES = [5, 10, 11, 16, 20, 40]  # usual sizes of early trials; 11 and 16 are a treated group and a whole trial
RATES = [0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001]
CHANCES = [0.8, 0.9, 0.95]


def chance_to_see(rate: float, n: int) -> float:
    """The probability of one event at least in n patients when each has it with probability `rate`: 1 - (1 - rate)^n."""
    return 1 - (1 - rate) ** n


def rate_seen(n: int, chance: float) -> float:
    """The smallest event rate that n patients show at least once with this probability: 1 - (1 - chance)^(1/n)."""
    return 1 - (1 - chance) ** (1 / n)


def patients_needed(rate: float, chance: float) -> int:
    """How many patients it takes to see one event at least of this rate with this probability, rounded up.

    Raises ValueError unless both lie between 0 and 1.
    """
    if not (0 < rate < 1 and 0 < chance < 1):
        raise ValueError(f"rate {rate!r} and chance {chance!r}: both must lie between 0 and 1, such as 0.01 and 0.95")
    exact = log1p(-chance) / log1p(-rate)
    return ceil(exact - 1e-9)


def pick_sizes(frames: Frames) -> pl.DataFrame:
    """n, kind, label: the sizes to draw, smallest first.

    `usual` are SIZES; `these trials` are the quartiles of the treated patients of the selection, from five trials on,
    and below that every size that occurs.
    """
    sizes = treated_sizes(frames)["n"]
    rows = [(n, "usual", f"n = {n}") for n in SIZES]
    if len(sizes) >= 5:
        quartiles = [int(sizes.quantile(q, "nearest")) for q in (0.25, 0.5, 0.75)]
        names = ["lower quartile", "median", "upper quartile"]
        rows += [(n, "these trials", f"{name} {n}") for n, name in zip(quartiles, names, strict=True)]
    else:
        rows += [(int(n), "these trials", f"{int(n)} treated") for n in sizes.unique().sort()]
    schema = {"n": pl.Int64, "kind": pl.String, "label": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("n", "kind")


def draw_curves(sizes: pl.DataFrame, steps: int = 60) -> pl.DataFrame:
    """n, kind, label, rate, chance: the curves of `pick_sizes` over rates from 0.2 % to 60 %, evenly on a log axis."""
    low, high = log(0.002), log(0.6)
    rates = pl.DataFrame({"rate": [low + (high - low) * i / (steps - 1) for i in range(steps)]}).select(
        pl.col("rate").exp()
    )
    return sizes.join(rates, how="cross").with_columns((1 - (1 - pl.col("rate")) ** pl.col("n")).alias("chance"))


def table_needed(frames: Frames) -> pl.DataFrame:
    """For each of RATES the patients needed with each of CHANCES, and how many trials have as many as the last one.

    Trials that tell how many patients had cells and trials with a planned number of participants are counted apart: the
    planned number holds control arms too, and nobody has been treated yet.
    """
    treated = treated_sizes(frames)["n"]
    planned = frames.trials.filter(
        (pl.col("enrollment_type").cast(pl.String) == "estimated") & (pl.col("enrollment_count") > 0)
    )["enrollment_count"]
    rows = []
    for rate in RATES:
        needed = [patients_needed(rate, chance) for chance in CHANCES]
        reached = [share(int((n >= needed[-1]).sum()), len(n)) for n in (treated, planned)]
        rows.append([f"1 in {1 / rate:.0f}", *needed, *reached])
    return pl.DataFrame(
        rows,
        schema={
            "event in": pl.String,
            **{f"patients for {100 * chance:.0f}\u00a0%": pl.Int64 for chance in CHANCES},
            "trials that treated enough": pl.String,
            "trials that plan enough": pl.String,
        },
        orient="row",
    )


def tell_detection(frames: Frames) -> str:
    """Sentences: which rate the middle trial shows with 80 and 95 %, and how many could have seen 1 event in 100."""
    sizes = treated_sizes(frames)["n"].sort()
    if not len(sizes):
        return "No trial of this selection tells how many patients had cells; the curves are those of usual sizes."
    n = int(sizes.quantile(0.5, "nearest"))
    needed = patients_needed(0.01, 0.95)
    return (
        f"{plural(len(sizes), 'trial')} {'tells' if len(sizes) == 1 else 'tell'} how many patients had cells; a middle one has {n}. "
        f"With {plural(n, 'patient')} an event is seen at least once with a probability of 80\u00a0% only if its rate is {percent(rate_seen(n, 0.8))} or more, "
        f"and with 95\u00a0% only from {percent(rate_seen(n, 0.95))} on. An event in 1 of 100 patients takes {needed} patients for 95\u00a0%: "
        f"{share(int((sizes >= needed).sum()), len(sizes))} {'has' if len(sizes) == 1 else 'have'} as many."
    )
