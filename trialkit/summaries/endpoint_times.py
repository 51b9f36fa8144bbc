"""When the shared instruments are assessed, and at which times trials meet."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, listing, plural, share
from trialkit.summaries.endpoints import count_instruments, list_mentions

NOMINAL = {7: "1 week", 14: "2 weeks", 30: "1 month", 60: "2 months", 90: "3 months", 180: "6 months", 270: "9 months",
           365: "1 year", 545: "18 months", 730: "2 years", 1095: "3 years", 1825: "5 years"}  # fmt: skip
TOLERANCE = 0.15  # a visit within this share of a nominal time counts as that time: 12 weeks is 3 months


def list_time_points(frames: Frames, top: int = 25) -> pl.DataFrame:
    """instrument, kind, day, n, primary, words, which: how many trials assess each instrument on which day.

    `kind` is `Day named` for an explicit day (baseline = 0) and `Window` for a window, of which only the end is known.
    `words` are time frames as registered, `which` trial numbers. Instruments most shared first.
    """
    best = count_instruments(frames, top).select("instrument").with_row_index("order")
    timed = list_mentions(frames).filter(pl.col("horizon_days").is_not_null()).join(best, on="instrument")
    window = timed.filter(pl.col("kind") == "window").with_columns(
        pl.col("horizon_days").alias("day"), pl.lit("Window").alias("kind")
    )
    named = timed.filter(pl.col("kind") != "window").explode("timepoints_days")
    named = named.with_columns(pl.col("timepoints_days").alias("day"), pl.lit("Day named").alias("kind"))
    columns = ["order", "instrument", "kind", "day", "trial_id", "role", "time_frame"]
    return (
        pl.concat([named.select(columns), window.select(columns)])
        .drop_nulls("day")
        .group_by("order", "instrument", "kind", "day")
        .agg(
            pl.col("trial_id").n_unique().cast(pl.Int64).alias("n"),
            pl.col("trial_id").filter(pl.col("role") == "Primary").n_unique().cast(pl.Int64).alias("primary"),
            pl.col("time_frame").drop_nulls().unique().sort().head(4).str.join(" | ").str.slice(0, 160).alias("words"),
            pl.col("trial_id").unique().sort().head(8).str.join(", ").alias("which"),
        )
        .sort("order", "kind", "day")
        .drop("order")
    )


def count_untimed(frames: Frames, top: int = 25) -> pl.DataFrame:
    """instrument, trials, untimed: trials that name the instrument but give no day for it (repeated only, or not stated)."""
    best = count_instruments(frames, top).select("instrument", pl.col("n").alias("trials"))
    timed = (
        list_mentions(frames)
        .filter(pl.col("horizon_days").is_not_null())
        .group_by("instrument")
        .agg(pl.col("trial_id").n_unique().cast(pl.Int64).alias("timed"))
    )
    return best.join(timed, on="instrument", how="left", maintain_order="left").select(
        "instrument", "trials", (pl.col("trials") - pl.col("timed").fill_null(0)).alias("untimed")
    )


def find_meetings(frames: Frames, top: int = 25) -> pl.DataFrame:
    """Where trials meet: instrument, trials, time, at_time (trials), days (as registered), which.

    For each instrument of two trials or more the nominal time (within TOLERANCE) that most trials name; windows do not
    count, for they name no visit. Instruments where most trials meet come first.
    """
    best = count_instruments(frames, top).filter(pl.col("n") > 1).select("instrument", pl.col("n").alias("trials"))
    visits = (
        list_mentions(frames)
        .filter((pl.col("kind") != "window") & pl.col("horizon_days").is_not_null())
        .explode("timepoints_days")
        .rename({"timepoints_days": "day"})
        .filter(pl.col("day") > 0)
        .select("instrument", "trial_id", "day")
        .unique()
    )
    nominal = pl.DataFrame({"nominal": [float(day) for day in NOMINAL], "time": list(NOMINAL.values())})
    near = (
        visits.join(nominal, how="cross")
        .with_columns((pl.col("day") / pl.col("nominal") - 1).abs().alias("off"))
        .filter(pl.col("off") <= TOLERANCE)
        .sort("off", "nominal")
        .unique(["instrument", "trial_id", "day"], keep="first", maintain_order=True)
    )
    return (
        near.group_by("instrument", "nominal", "time")
        .agg(
            pl.col("trial_id").n_unique().cast(pl.Int64).alias("at_time"),
            pl.col("day").unique().sort().alias("days"),
            pl.col("trial_id").unique().sort().alias("which"),
        )
        .join(best, on="instrument")
        .filter(pl.col("at_time") > 1)
        .sort(["at_time", "instrument", "nominal"], descending=[True, False, False])
        .unique("instrument", keep="first", maintain_order=True)
        .with_columns(
            pl.col("days").list.eval(pl.element().round(1).cast(pl.String).str.strip_suffix(".0")),
            pl.when(pl.col("which").list.len() > 6)
            .then(pl.col("which").list.head(6).list.join(", ") + " …")
            .otherwise(pl.col("which").list.join(", "))
            .alias("which"),
        )
        .select("instrument", "trials", "time", "at_time", "days", "which")
    )


def tell_times(frames: Frames, top: int = 25) -> str:
    """Sentences: at which times two trials or more meet, and how many give no day."""
    counts, meetings = count_untimed(frames, top), find_meetings(frames, top)
    shared = counts.filter(pl.col("trials") > 1)
    if not len(shared):
        return "No instrument is named by two trials, so no time can be compared."
    words = [
        f"Instruments of two trials or more that have a time at which two of them meet: {share(len(meetings), len(shared))}."
    ]
    if len(meetings):
        best = listing(
            [
                f"{i} at {t} ({n} trials)"
                for i, t, n in meetings.select("instrument", "time", "at_time").head(3).iter_rows()
            ]
        )
        words.append(f"Most trials meet on {best}.")
    untimed = int(counts["untimed"].sum())
    words.append(
        f"{capital(plural(untimed, 'use'))} of these instruments by a trial {'has' if untimed == 1 else 'have'} no day, only a repeat or nothing."
    )
    return " ".join(words)
