"""Where records contradict themselves or each other, and when they were registered."""

from datetime import timedelta

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import listing, plural, share, span

KIND_LABELS = {
    "between_sources": "Between sources",
    "text_vs_field": "Text against field",
    "within_text": "Inside the record",
    "implausible": "Implausible value",
}
WHAT_LABELS = {
    "n": "Arm sizes do not add up to the enrolment",
    "age": "Age limits differ between field and text",
    "masking": "Masking does not fit the control group",
    "endpoints": "Secondary outcome repeats a primary one",
    "measure": "Outcome described as something else",
    "first_posted_date": "Registered after the start",
    "dose": "Dose outside the plausible window",
    "enrollment_count": "Participants in the text and in the field differ",
    "time_frame": "Times of an outcome contradict each other",
    "eligibility": "Criteria contradict or repeat each other, or lost their headings",
    "intervention_model": "Groups do not fit the registered model",
    "allocation": "Allocation does not fit the groups",
    "phases": "Phase of the title and of the field differ",
    "conditions": "Inclusion asks for one form of the disease",
    "creatinine": "Creatinine in an impossible unit",
    "text": "Text damaged in copying",
}
# Where one column can be contradicted in two ways: (column, kind of the conflict) -> what.
WHAT_OF_KIND = {
    ("eligibility", "implausible"): "Criterion without its unit or its sign",
    ("time_frame", "implausible"): "Time frame without a unit",
    ("arms", "within_text"): "Control registered as experimental, or placebo as nothing",
    ("arms", "text_vs_field"): "Group in the text that is no registered arm",
    ("masking", "text_vs_field"): "Masking of the title and of the field differ",
    ("intervention_model", "text_vs_field"): "Groups of the text and of the model differ",
    ("allocation", "text_vs_field"): "Randomisation of the title and of the field differ",
}
BEFORE, UNSURE, AFTER = "Before the start", "Cannot tell: start known to the month", "After the start"
STILL_OPEN = [
    "recruiting",
    "not_yet_recruiting",
    "enrolling_by_invitation",
    "unknown",
]  # follow-up after recruitment is not stale
STALE_YEARS = 1.0


def count_conflicts(frames: Frames) -> pl.DataFrame:
    """what, kind, trials: number of trials with each contradiction, the most frequent first."""
    return (
        frames.conflicts.with_columns(
            pl.coalesce(
                pl.when(pl.col("kind").cast(pl.String) == "between_sources").then(_differs()),
                pl.concat_str("column", pl.lit("/"), pl.col("kind").cast(pl.String)).replace_strict(
                    {"/".join(pair): words for pair, words in WHAT_OF_KIND.items()},
                    default=None,
                    return_dtype=pl.String,
                ),
                pl.col("column").replace_strict(WHAT_LABELS, default=pl.col("column").str.replace_all("_", " ")),
            ).alias("what"),
            pl.col("kind").cast(pl.String).replace_strict(KIND_LABELS).alias("kind"),
        )
        .group_by("what", "kind")
        .agg(pl.col("trial_id").n_unique().cast(pl.Int64).alias("trials"))
        .sort(["trials", "what"], descending=[True, False])
    )


def _differs() -> pl.Expr:
    """`Start date: sources differ`."""
    words = pl.col("column").str.replace_all("_", " ").str.replace("^n administrations$", "number of administrations")
    first = words.str.head(1).str.to_uppercase()
    return pl.concat_str(first, words.str.slice(1), pl.lit(": sources differ"))


def list_conflicts(frames: Frames) -> pl.DataFrame:
    """trial_id, message, one side, other side, url: every contradiction but late registration, which has its own chart.

    A side is its words, with its value in front where the words do not hold it.
    """
    return (
        frames.conflicts.filter(pl.col("column") != "first_posted_date")
        .join(frames.trials.select("trial_id", "url"), on="trial_id")
        .sort("kind", "column", "trial_id")
        .select("trial_id", "message", _side("left").alias("one side"), _side("right").alias("other side"), "url")
    )


def _side(name: str) -> pl.Expr:
    value, words = pl.col(name).replace(["None", ""], None), pl.col(f"{name}_evidence").replace("", None)
    told = value.is_null() | words.str.contains(value, literal=True)
    return pl.when(words.is_null()).then(value).when(told).then(words).otherwise(pl.format("{} ({})", value, words))


def registration_timing(frames: Frames) -> pl.DataFrame:
    """trial_id, title, url, year, start, posted, days, timing: first posting minus start, in days; positive = posted after the start.

    A start known to the month counts from the first of the month; where that leaves open which came first, `timing`
    says so. Trials without either date are left out, see `tell_timing`.
    """
    ends = pl.when(pl.col("start_date_precision").cast(pl.String) == "month").then(pl.col("start_date").dt.month_end()).when(
        pl.col("start_date_precision").cast(pl.String) == "year"
    ).then(pl.col("start_date").dt.offset_by("1y") - pl.duration(days=1)).otherwise("start_date")  # fmt: skip
    dated = frames.trials.filter(pl.col("start_date").is_not_null() & pl.col("first_posted_date").is_not_null())
    return (
        dated.with_columns((pl.col("first_posted_date") - pl.col("start_date")).dt.total_days().alias("days"), ends.alias("latest_start"))
        .with_columns(
            pl.when(pl.col("days") <= 0).then(pl.lit(BEFORE))
            .when(pl.col("first_posted_date") > pl.col("latest_start")).then(pl.lit(AFTER))
            .otherwise(pl.lit(UNSURE)).alias("timing")
        )
        .select(
            "trial_id", pl.col("public_title").alias("title"), "url", pl.col("start_date").dt.year().alias("year"),
            _written("start_date").alias("start"), _written("first_posted_date").alias("posted"), "days", "timing",
        )
        .sort("year", "days", "trial_id")
    )  # fmt: skip


def _written(column: str) -> pl.Expr:
    """A date as precisely as it was given."""
    precision, day = pl.col(f"{column}_precision").cast(pl.String), pl.col(column)
    return (
        pl.when(precision == "year")
        .then(day.dt.strftime("%Y"))
        .when(precision == "month")
        .then(day.dt.strftime("%Y-%m"))
        .otherwise(day.dt.strftime("%Y-%m-%d"))
    )


def find_stale(frames: Frames) -> pl.DataFrame:
    """trial_id, title, url, status, completion, years_past: open or unknown status, primary completion more than a year before the data end.

    The data end at the newest update among these trials, never today; without any update date there is no answer and
    no row. Longest past first.
    """
    newest = pl.lit(frames.trials["last_update_date"].max(), pl.Date)  # null without any: then no row passes the filter
    years = ((newest - pl.col("primary_completion_date")).dt.total_days() / 365.25).alias("years_past")
    return (
        frames.trials.filter(pl.col("overall_status").is_in(STILL_OPEN) & pl.col("primary_completion_date").is_not_null())
        .select(
            "trial_id", pl.col("public_title").alias("title"), "url", pl.col("overall_status").str.replace_all("_", " ").alias("status"),
            _written("primary_completion_date").alias("completion"), years, _written("last_update_date").alias("last_update"),
        )
        .filter(pl.col("years_past") > STALE_YEARS)
        .sort(["years_past", "trial_id"], descending=[True, False])
    )  # fmt: skip


def tell_conflicts(frames: Frames) -> str:
    """How many trials contradict themselves, and in what; late registration apart, for it is no contradiction of the record's own."""
    counts, total = count_conflicts(frames), len(frames.trials)
    if not total:
        return ""
    late = frames.conflicts.filter(pl.col("column") == "first_posted_date")["trial_id"].n_unique()
    after = (
        f" {share(late, total)} {'was' if late == 1 else 'were'} registered more than three weeks after the start: see the next section."
        if late
        else ""
    )
    others = counts.filter(pl.col("what") != WHAT_LABELS["first_posted_date"])
    if not len(others):
        return f"No contradiction was found inside these records; only what both sides state can contradict.{after}"
    trials = frames.conflicts.filter(pl.col("column") != "first_posted_date")["trial_id"].n_unique()
    parts = [f"{what[:1].lower()}{what[1:]} ({n})" for what, n in others.head(5).select("what", "trials").iter_rows()]
    parts += [f"{plural(len(others) - 5, 'other kind')}"] if len(others) > 5 else []
    return f"{share(trials, total)} {'holds' if trials == 1 else 'hold'} at least one contradiction: {listing(parts)}.{after}"


def tell_timing(frames: Frames) -> str:
    """How many trials were posted before and after their start, and for how many it is open."""
    rows, total = registration_timing(frames), len(frames.trials)
    if not total:
        return ""
    missing = total - len(rows)
    without = (
        f" {plural(missing, 'trial')} {'lacks' if missing == 1 else 'lack'} one of the two dates." if missing else ""
    )
    if not len(rows):
        return f"No trial here has both dates.{without}"
    n = {word: len(rows.filter(pl.col("timing") == word)) for word in (BEFORE, UNSURE, AFTER)}
    late = rows.filter(pl.col("timing") == AFTER)["days"]
    middle = (
        f", half of them by more than {late.median():.0f} days"
        if len(late) >= 10
        else f", by {span(late.to_list())} days"
        if len(late)
        else ""
    )
    unsure = (
        f"; for {n[UNSURE]} the record, which knows the start only to the month, leaves it open" if n[UNSURE] else ""
    )
    return f"{share(n[AFTER], len(rows))} {'was' if n[AFTER] == 1 else 'were'} first posted after the start{middle}; {n[BEFORE]} on or before it{unsure}.{without}"


def tell_stale(frames: Frames) -> str:
    """How many open records have outlived their own completion date, seen from the newest update in the data."""
    if not len(frames.trials):
        return ""
    newest = frames.trials["last_update_date"].max()
    if newest is None:
        return "These records carry no date of update, so nothing can be said about stale entries."
    open_records = frames.trials.filter(pl.col("overall_status").is_in(STILL_OPEN))
    stale = find_stale(frames)
    cut = newest - timedelta(days=round(365.25 * STALE_YEARS))
    parts = [
        f"{status} {n}"
        for status, n in stale.group_by("status").len().sort(["len", "status"], descending=[True, False]).iter_rows()
    ]
    detail = f" ({listing(parts)})" if parts else ""
    return (
        f"The newest update in these data is of {newest.day} {newest:%B %Y}. {share(len(stale), len(open_records))} of the records said to recruit, "
        f"or of unknown status{detail} had planned the last primary visit before {cut.day} {cut:%B %Y}, more than a year earlier."
    )
