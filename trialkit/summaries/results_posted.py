"""Which ended trials have posted results in the register, by the time since their end."""

import polars as pl
from scipy.stats import binomtest

from trialkit.frames import Frames
from trialkit.prose import percent, share

ENDED = ["completed", "terminated"]
SPANS = {"under 1 year": 1.0, "1 to 2 years": 2.0, "2 to 5 years": 5.0}
LONGER, UNKNOWN = "5 years or more", "end not told"


def list_ended(frames: Frames) -> pl.DataFrame:
    """trial_id, posted, since: ended trials whose source tells whether results were posted.

    `since` is the time from the (primary) completion to the newest update in these data, never to today.
    """
    newest = pl.lit(frames.trials["last_update_date"].max(), pl.Date)
    years = (newest - pl.coalesce("primary_completion_date", "completion_date")).dt.total_days() / 365.25
    since = pl.when(years.is_null()).then(pl.lit(UNKNOWN))
    for words, most in SPANS.items():
        since = since.when(years < most).then(pl.lit(words))
    return frames.trials.filter(pl.col("overall_status").is_in(ENDED) & pl.col("has_results").is_not_null()).select(
        "trial_id", pl.col("has_results").alias("posted"), since.otherwise(pl.lit(LONGER)).alias("since")
    )


def count_posted(frames: Frames) -> pl.DataFrame:
    """ended, trials, results posted, share, 95 % interval (Wilson): by the time since the end; spans without a trial are left out."""
    found = list_ended(frames)
    rows = []
    for span in (*SPANS, LONGER, UNKNOWN):
        some = found.filter(since=span)
        if len(some):
            posted = int(some["posted"].sum())
            bounds = binomtest(posted, len(some)).proportion_ci(0.95, "wilson")
            rows.append(
                (
                    span,
                    len(some),
                    posted,
                    percent(posted / len(some), 0),
                    f"{percent(bounds.low, 0)} to {percent(bounds.high, 0)}",
                )
            )
    columns = ["ended", "trials", "results posted", "share", "95 % interval"]
    schema = dict.fromkeys(columns, pl.String) | {"trials": pl.Int64, "results posted": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def tell_posted(frames: Frames) -> str:
    """How many ended trials posted results, over all and of those that ended two years ago or longer."""
    found = list_ended(frames)
    if not len(found):
        return "No record here tells whether an ended trial posted results."
    old = found.filter(pl.col("since").is_in(["2 to 5 years", LONGER]))
    later = (
        f" Of those that ended two years or more before the newest update in these data, {share(int(old['posted'].sum()), len(old))} did."
        if len(old)
        else ""
    )
    return f"{share(int(found['posted'].sum()), len(found))} of the completed or terminated trials whose source tells it posted results in the register.{later}"
