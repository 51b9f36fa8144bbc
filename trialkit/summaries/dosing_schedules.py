"""When cells are given: schedules laid out on days, and the exposure they add up to."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, count, listing, plural, share
from trialkit.summaries import label_trials
from trialkit.summaries.dose_columns import BASES, around, joined, words_column

MANY = 60  # more administrations than this are drawn by nobody and usually belong to a drug given alongside
LAID_OUT, SINGLE, COUNT_ONLY, INTERVAL_ONLY, TOO_MANY = "laid out", "single", "count only", "interval only", "too many"
COUNTS = ["1", "2", "3", "4", "5", "6 to 10", "11 or more", "not told"]
SPACINGS = [
    "Once",
    "Within a week",
    "Every week",
    "Every 8 to 21 days",
    "Every 22 to 45 days",
    "Less often",
    "Uneven",
    "Not told",
]


def schedule_words(n: int | None, intervals: list[float], days: list[float]) -> str | None:
    """`once`, `3 × every 7 days`, `4 × on days 0, 60, 150, 330`, `6 ×, days not told`; None without a schedule."""
    if n == 1:
        return "once"
    if n is None:
        return f"every {_days(intervals)}, number not told" if intervals else None
    if len(intervals) == 1:
        return f"{n} × every {_days(intervals)}"
    if len(days) == n:
        return f"{n} × on days {', '.join(f'{d - days[0]:g}' for d in days)}"
    return f"{n} × every {_days(intervals)}" if intervals else f"{n} ×, days not told"


def _days(intervals: list[float]) -> str:
    return "day" if list(intervals) == [1] else f"{'/'.join(f'{d:g}' for d in intervals)} days"


def summarise_schedules(frames: Frames) -> pl.DataFrame:
    """One row per trial and distinct schedule, by trial, then from the fullest to the barest statement.

    trial_id, url, title, condition, source, arm; `n` administrations (null = not told); `days` from the first
    administration, empty when the record does not fix them; `schedule` in words; `quote`; `kind`: laid out (days known),
    single, count only, interval only, or too many (over 60). A bare count beside the same count with days, and a bare
    interval beside the same interval with a count, are the same schedule told twice: the fuller one stays.
    """
    told = frames.regimens.filter(pl.col("n_administrations").is_not_null() | (pl.col("interval_days").list.len() > 0))
    n, gaps, fixed = pl.col("n_administrations"), pl.col("interval_days"), pl.col("schedule_days")
    even = (gaps.list.len() == 1) & n.is_between(2, MANY)
    days = (
        pl.when((fixed.list.len() == n) & (n > 1))
        .then(fixed.list.eval(pl.element() - pl.element().first()))
        .when(even)
        .then(pl.int_ranges(0, n.fill_null(0)).cast(pl.List(pl.Float64)).list.eval(pl.element()) * gaps.list.first())
        .when(n == 1)
        .then(pl.lit([0.0]))
        .otherwise(pl.lit([], dtype=pl.List(pl.Float64)))
    )
    rows = told.select(
        "trial_id", "arm", n.alias("n"), gaps.alias("gaps"), schedule_column(), gap_key(gaps), days.alias("days")
    ).with_columns(
        pl.when(pl.col("n") == 1)
        .then(pl.lit(SINGLE))
        .when(pl.col("n") > MANY)
        .then(pl.lit(TOO_MANY))
        .when(pl.col("days").list.len() > 1)
        .then(pl.lit(LAID_OUT))
        .when(pl.col("n").is_null())
        .then(pl.lit(INTERVAL_ONLY))
        .otherwise(pl.lit(COUNT_ONLY))
        .alias("kind")
    )
    merged = rows.group_by("trial_id", "n", "gap_key", "days", maintain_order=True).agg(
        joined("arm"), pl.col("gaps", "schedule", "kind").first()
    )
    fuller = (pl.col("kind") == LAID_OUT) & pl.col("n").is_not_null()
    same_count = pl.col("n").filter(fuller).implode().over("trial_id")
    same_gap = pl.col("gap_key").filter(pl.col("n").is_not_null()).implode().over("trial_id")
    twice = ((pl.col("kind") == COUNT_ONLY) & same_count.list.contains(pl.col("n"))) | (
        (pl.col("kind") == INTERVAL_ONLY) & same_gap.list.contains(pl.col("gap_key"))
    )
    order = {k: i for i, k in enumerate([LAID_OUT, SINGLE, COUNT_ONLY, INTERVAL_ONLY, TOO_MANY])}
    return (
        merged.filter(~twice.fill_null(False))
        .join(label_trials(frames).select("trial_id", "url", "title", "condition", "source"), on="trial_id", how="left")
        .join(schedule_quotes(frames), on=["trial_id", "n", "gap_key"], how="left", nulls_equal=True)
        .sort("trial_id", pl.col("kind").replace_strict(order, return_dtype=pl.Int64), "n", maintain_order=True)
        .select(
            "trial_id",
            "url",
            "title",
            "condition",
            "source",
            "arm",
            "n",
            "gaps",
            "days",
            "kind",
            "schedule",
            "quote",
            "sentence",
        )
    )


def schedule_column() -> pl.Expr:
    """The column `schedule`: `schedule_words` of each regimen."""
    columns = ("n_administrations", "interval_days", "schedule_days")
    return (
        pl.struct(columns)
        .map_elements(lambda r: schedule_words(*(r[c] for c in columns)), return_dtype=pl.String)
        .alias("schedule")
    )


def gap_key(gaps: pl.Expr) -> pl.Expr:
    return gaps.list.eval(pl.element().cast(pl.String).str.strip_suffix(".0")).list.join("/").alias("gap_key")


def schedule_quotes(frames: Frames) -> pl.DataFrame:
    """The longest quote behind each schedule, keyed by number and intervals as the evidence writes them."""
    return (
        frames.evidence.filter((pl.col("frame") == "regimens") & (pl.col("column") == "schedule"))
        .with_columns(
            pl.col("value").str.extract(r"^(\d+) times").cast(pl.Int64).alias("n"),
            pl.col("value").str.extract(r"every (\S+) days").fill_null("").alias("gap_key"),
        )
        .sort(pl.col("quote").str.len_chars(), descending=True, maintain_order=True)
        .group_by("trial_id", "n", "gap_key", maintain_order=True)
        .agg(pl.col("quote").first(), around("sentence"))
    )


def count_patterns(schedules: pl.DataFrame) -> pl.DataFrame:
    """number, spacing, n, trials: how many trials plan each number of administrations at each spacing."""
    n, gap = pl.col("n"), pl.col("gaps").list.first()
    number = (
        pl.when(n.is_null())
        .then(pl.lit(COUNTS[-1]))
        .when(n <= 5)
        .then(n.cast(pl.String))
        .when(n <= 10)
        .then(pl.lit(COUNTS[-3]))
        .otherwise(pl.lit(COUNTS[-2]))
    )
    spacing = (
        pl.when(n == 1)
        .then(pl.lit(SPACINGS[0]))
        .when(pl.col("gaps").list.len() > 1)
        .then(pl.lit("Uneven"))
        .when(gap.is_null())
        .then(pl.lit("Not told"))
    )
    for limit, word in zip([6.5, 7.5, 21.5, 45.5], SPACINGS[1:5], strict=True):
        spacing = spacing.when(gap < limit).then(pl.lit(word))
    return (
        schedules.select("trial_id", number.alias("number"), spacing.otherwise(pl.lit("Less often")).alias("spacing"))
        .unique()
        .group_by("number", "spacing")
        .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("trial_id").sort().head(8).str.join(", ").alias("trials"))
        .sort("spacing", "number")
    )


def accumulate_exposure(frames: Frames) -> pl.DataFrame:
    """One row per administration: line, trial_id, url, title, source, basis, dose, schedule, end, day, cells so far.

    Only regimens of two or more administrations on known days, with a plausible dose per kg or in all. `end` says
    whether the line follows the dose as stated, or the lower or upper end of a range ("up to" has only an upper one).
    A total that the record may mean for all administrations together is left out: multiplying it would be wrong.
    """
    laid_out = summarise_schedules(frames).filter(pl.col("kind") == LAID_OUT).select("trial_id", "n", "gaps", "days")
    doubtful = pl.col("flags").list.contains("implausible") | pl.col("flags").list.contains("total_word")
    both = (
        frames.regimens.filter(
            pl.col("dose_basis").cast(pl.String).is_in(["per_kg", "total"])
            & ~doubtful
            & (pl.col("n_administrations") > 1)
        )
        .with_columns(pl.col("dose_basis").cast(pl.String).replace_strict(BASES).alias("basis"), schedule_column())
        .join(laid_out, left_on=["trial_id", "n_administrations", "interval_days"], right_on=["trial_id", "n", "gaps"])
        .unique(["trial_id", "dose_low", "dose_high", "basis", "days"], maintain_order=True)
        .join(label_trials(frames).select("trial_id", "url", "title", "source"), on="trial_id")
        .with_columns(words_column("dose_low", "dose_high"))
        .with_columns(pl.concat_str("trial_id", "dose", "schedule", separator=", ").alias("line"))
    )
    stated = pl.col("dose_low") == pl.col("dose_high")
    ends = [
        both.filter(stated).with_columns(pl.lit("as stated").alias("end"), pl.col("dose_low").alias("one")),
        both.filter(~stated.fill_null(False) & pl.col("dose_low").is_not_null()).with_columns(
            pl.lit("lower end").alias("end"), pl.col("dose_low").alias("one")
        ),
        both.filter(~stated.fill_null(False) & pl.col("dose_high").is_not_null()).with_columns(
            pl.lit("upper end").alias("end"), pl.col("dose_high").alias("one")
        ),
    ]
    return (
        pl.concat(ends)
        .with_columns(pl.int_ranges(1, pl.col("days").list.len() + 1).alias("nth"))
        .explode("days", "nth")
        .select(
            "line",
            "trial_id",
            "url",
            "title",
            "source",
            "basis",
            "dose",
            "schedule",
            "end",
            pl.col("days").alias("day"),
            (pl.col("one") * pl.col("nth")).alias("cells"),
        )
        .sort("basis", "line", "end", "day")
    )


def tell_schedules(schedules: pl.DataFrame) -> str:
    """How many trials give cells once, how many repeatedly on known days, and how many leave the days open."""
    if not len(schedules):
        return "No trial of this selection tells how often cells are given."
    kinds = schedules.group_by("trial_id").agg(pl.col("kind"))
    has = {
        k: kinds.filter(pl.col("kind").list.contains(k))["trial_id"]
        for k in (LAID_OUT, SINGLE, COUNT_ONLY, INTERVAL_ONLY, TOO_MANY)
    }
    once = len(kinds.filter(pl.col("kind").list.unique().list.len() == 1, pl.col("kind").list.first() == SINGLE))
    fixed, total = len(has[LAID_OUT]), len(kinds)
    parts = [
        f"Of {plural(total, 'trial')} that {'tells' if total == 1 else 'tell'} how often cells are given, {once or 'none'} {'gives' if once == 1 else 'give'} them once in every arm"
    ]
    parts[0] += f" and {fixed or 'none'} {'repeats' if fixed == 1 else 'repeat'} them on days that can be laid out."
    open_count = len(has[COUNT_ONLY])
    if open_count:
        parts.append(
            f"{capital(plural(open_count, 'trial'))} {'states' if open_count == 1 else 'state'} a number of administrations without their days."
        )
    if len(has[INTERVAL_ONLY]):
        parts.append(
            f"{capital(plural(len(has[INTERVAL_ONLY]), 'trial'))} {'states' if len(has[INTERVAL_ONLY]) == 1 else 'state'} an interval without a number."
        )
    if len(has[TOO_MANY]):
        named = f" ({listing(has[TOO_MANY].sort().to_list())})" if len(has[TOO_MANY]) <= 6 else ""
        parts.append(
            f"More than {MANY} administrations are read in {plural(len(has[TOO_MANY]), 'trial')}{named}: look at the quote, it may be a drug given alongside."
        )
    return " ".join(parts)


def tell_exposure(exposure: pl.DataFrame, frames: Frames) -> str:
    """For how many trials the cumulative exposure is known, and which reaches most on each basis."""
    if not len(exposure):
        return "No trial of this selection states a dose, a number and the days of repeated administrations: nothing can be added up."
    trials, total = exposure["trial_id"].n_unique(), len(frames.trials)
    known = share(trials, total).replace(f"of {total}", f"of {plural(total, 'trial')}")
    parts = [f"In {known} the dose, the number and the days of repeated administrations are all known."]
    for basis, unit in (("per kg", "cells per kg"), ("total", "cells in all")):
        here = exposure.filter(pl.col("basis") == basis).sort("cells", "line")
        if len(here):
            top = here.row(-1, named=True)
            ends = here.group_by("line", "end").agg(pl.col("cells").max())["cells"]
            if len(ends) == 1:
                parts.append(f"One course adds up to {count(top['cells'])} {unit}.")
            else:
                parts.append(
                    f"The courses stated {'per kg' if basis == 'per kg' else 'as a total'} add up to {count(ends.min())} to {count(top['cells'])} "
                    f"{unit}, most in {top['trial_id']} ({top['dose']}, {top['schedule']})."
                )
    return " ".join(parts)
