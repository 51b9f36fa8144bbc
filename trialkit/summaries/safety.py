"""Which harms trials register as outcomes, until when they look, and which events they count.

A harm outcome is one of the core areas adverse events and death, or one that names antibodies against the cells. Its
kinds of harm are read from the words of its measure (`harms.toml`); an outcome that names none stands under "no kind
named". An outcome registered twice counts once, and a trial once per kind of harm, with the longest of its windows.
"""

from functools import cache

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, listing, plural, share
from trialkit.summaries import condition_label
from trialkit.summaries.endpoints import MOST_CONDITIONS, POOLED, list_outcomes
from trialkit.vocabulary import load_vocabulary

NONE, SILENT = "none", "silent"  # groups of a trial without a harm among its outcomes, and of one without any outcome
ANY = "any"  # group of the longest window of a trial
MOST_TRIALS = 40  # trials with a row each in the matrix; more are counted by condition
YEAR = 360.0  # days from which on a window counts as a year: records write 12 months, 52 weeks and 1 year
_AREAS = ("Adverse events", "Death")
OUTCOME = ["trial_id", "role", "position"]
_READ = {"group": pl.String, "words": pl.String, "definitions": pl.List(pl.String), "serious_only": pl.Boolean}


@cache
def group_names(column: str = "label") -> dict[str, str]:
    """Group of harm -> its label, or its `short` name for axes; in the order of axes, without a harm last."""
    entries = load_vocabulary("harms").entries.values()
    harms = [e for e in entries if e.more.get("kind") == "harm"]
    named = {e.key: e.more["short"] if column == "short" else e.label for e in harms}
    if column == "short":
        return named | {NONE: "No harm", SILENT: "No outcome"}
    return named | {NONE: "No harm among its outcomes", SILENT: "No outcome registered"}


@cache
def _keys(kind: str) -> frozenset[str]:
    return frozenset(e.key for e in load_vocabulary("harms").entries.values() if e.more.get("kind") == kind)


def list_harms(frames: Frames) -> pl.DataFrame:
    """One row per harm outcome and kind of harm it names, sorted by trial, role and position.

    trial_id, role, position, measure, time_frame, days (end of the window; null where no day is read), group, words (of
    the measure that name the group; null where the area of the outcome does), definitions (keys of `harms.toml` that
    say which events count), serious_only, instruments, core_area, condition, title, url.
    """
    outcomes = list_outcomes(frames)
    rows = [
        (*key, group, words, definitions, serious)
        for *key, measure, area in outcomes.select(*OUTCOME, "measure", "core_area").iter_rows()
        for definitions, serious, groups in [_read(measure, area)]
        for group, words in groups.items()
    ]
    found = pl.DataFrame(rows, schema=outcomes.select(OUTCOME).schema | _READ, orient="row")
    kept = ["instruments", "core_area", "condition", "title", "url"]
    return (
        outcomes.with_columns(pl.col("horizon_days").alias("days"))
        .join(found, on=OUTCOME, maintain_order="left")
        .select(*OUTCOME, "measure", "time_frame", "days", *_READ, *kept)
    )


def _read(measure: str, area: str | None) -> tuple[list[str], bool, dict[str, str | None]]:
    """Definitions, whether only serious events count, and kind of harm -> its words; no kind for another outcome."""
    entries = load_vocabulary("harms").entries
    words: dict[str, list[str]] = {}
    for hit in load_vocabulary("harms").find(measure):
        words.setdefault(hit.key, []).append(measure[hit.start : hit.end])
    safety = area in _AREAS
    groups = {k: "; ".join(w) for k, w in words.items() if k in _keys("harm") and (safety or entries[k].more.get("anywhere"))}  # fmt: skip
    if area == "Death":
        groups.setdefault("death", None)
    elif safety and not groups:
        groups["unspecific"] = None
    definitions = [k for k in words if k in _keys("definition")]
    return definitions, "serious" in words and "any_event" not in words, groups


def window_words(days: float | None) -> str:
    """`30 min`, `24 h`, `28 d`, `12 wk`, `6 mo`, `1.5 y`; `no day` for a window without one."""
    if days is None:
        return "no day"
    if days == 0:
        return "day 0"
    if days < 2:
        return f"{days * 24:.2g} h" if days * 24 >= 1 else f"{days * 1440:.0f} min"
    if days < 60:
        return f"{days:.3g} d"
    if days < YEAR:
        return f"{days / 7:.0f} wk" if days % 7 == 0 and days % 30 else f"{days / 30:.2g} mo"
    return f"{days / 365:.1f} y".replace(".0 y", " y")


def summarise_harms(frames: Frames, harms: pl.DataFrame) -> pl.DataFrame:
    """One row per trial and kind of harm, trials without any included: trial_id, condition, group, outcomes, days, words.

    `days` is the longest window, null where no outcome of the group gives a day; `words` says it for reading; `measures`
    and `time_frames` are as registered, several joined; `primary` is true when a primary outcome names the group. A
    trial without a harm has one row under NONE, one without outcomes under SILENT.
    """
    named = harms.group_by("trial_id", "group").agg(
        pl.len().cast(pl.Int64).alias("outcomes"),
        pl.col("days").max(),
        (pl.col("role") == "Primary").any().alias("primary"),
        pl.col("measure").unique(maintain_order=True).head(3).str.slice(0, 110).str.join(" | ").alias("measures"),
        pl.col("time_frame").fill_null("none stated").unique(maintain_order=True).head(4).str.slice(0, 60).str.join(" | ").alias("time_frames"),
    )  # fmt: skip
    registered = pl.col("trial_id").is_in(frames.endpoints["trial_id"].unique().implode())
    trials = frames.trials.select("trial_id", condition_label(), pl.col("public_title").alias("title"), "url")
    order = {key: n for n, key in enumerate(group_names())}
    missing = pl.when(registered).then(pl.lit(NONE)).otherwise(pl.lit(SILENT))
    return (
        trials.join(named, on="trial_id", how="left")
        .with_columns(pl.col("group").fill_null(missing), pl.col("outcomes").fill_null(0), pl.col("primary").fill_null(False))
        .with_columns(pl.when(pl.col("outcomes") > 0).then(pl.col("days").map_elements(window_words, return_dtype=pl.String, skip_nulls=False)).alias("words"))
        .sort("trial_id", pl.col("group").replace_strict(order, return_dtype=pl.Int64))
    )  # fmt: skip


def count_harms(summary: pl.DataFrame) -> pl.DataFrame:
    """Kinds of harm by condition: condition, trials, group, n, share, middle, longest (words), which.

    Conditions with most trials first; beyond the first ones they are pooled. Before them stands "All trials". A group
    that no trial names is left out; `middle` is the median of the longest windows where three trials give a day.
    """
    sizes = summary.group_by("condition").agg(pl.col("trial_id").n_unique().alias("size"))
    sizes = sizes.sort(["size", "condition"], descending=[True, False]).with_row_index("rank")
    kept = len(sizes) if len(sizes) <= MOST_CONDITIONS else MOST_CONDITIONS - 1
    name = pl.when(pl.col("rank") < kept).then("condition").otherwise(pl.lit(POOLED))
    pooled = summary.join(sizes, on="condition").with_columns(
        name.alias("condition"), pl.min_horizontal("rank", pl.lit(kept)).alias("rank")
    )
    everything = pooled.with_columns(pl.lit("All trials").alias("condition"), pl.lit(-1, pl.Int64).alias("rank"))
    both = pl.concat([everything, pooled.with_columns(pl.col("rank").cast(pl.Int64))])
    trials = both.group_by("condition").agg(pl.col("trial_id").n_unique().cast(pl.Int64).alias("trials"))
    order = {key: n for n, key in enumerate(group_names())}
    middle = pl.when(pl.col("days").count() >= 3).then(pl.col("days").median())
    return (
        both.group_by("rank", "condition", "group")
        .agg(
            pl.col("trial_id").n_unique().cast(pl.Int64).alias("n"),
            middle.map_elements(window_words, return_dtype=pl.String).alias("middle"),
            pl.col("days").max().map_elements(window_words, return_dtype=pl.String).alias("longest"),
            pl.col("trial_id").sort().head(8).str.join(", ").alias("which"),
        )
        .join(trials, on="condition")
        .with_columns((pl.col("n") / pl.col("trials")).alias("share"))
        .sort("rank", pl.col("group").replace_strict(order, return_dtype=pl.Int64))
        .drop("rank")
    )


def list_windows(summary: pl.DataFrame) -> pl.DataFrame:
    """The longest window of each trial for each kind of harm, and for ANY: group, trial_id, days, words, ...

    ANY is any harm but death, which trials also follow as a benefit. Trials without a harm are left out; a window
    without a day has null days.
    """
    named = summary.filter(pl.col("outcomes") > 0)
    events = named.filter(pl.col("group") != "death").sort(
        "days", descending=True, nulls_last=True, maintain_order=True
    )
    longest = events.unique("trial_id", keep="first", maintain_order=True).with_columns(pl.lit(ANY).alias("group"))
    columns = ["group", "trial_id", "condition", "title", "url", "days", "words", "measures", "time_frames"]
    return pl.concat([longest.select(columns), named.select(columns)])


def list_outcomes_of_harm(harms: pl.DataFrame, most: int = 400) -> pl.DataFrame:
    """The harm outcomes behind every count, for reading, the first `most`: trial_id, role, measure, time frame, window,

    kinds of harm (short names), words that name them, url.
    """
    short = pl.col("group").replace_strict(group_names("short"))
    return (
        harms.group_by(*OUTCOME, "measure", "time_frame", "days", "url", maintain_order=True)
        .agg(short.alias("kinds of harm"), pl.col("words").drop_nulls())
        .head(most)
        .select(
            "trial_id",
            "role",
            pl.col("measure").str.slice(0, 240),
            pl.col("time_frame").str.slice(0, 120),
            pl.col("days").map_elements(window_words, return_dtype=pl.String, skip_nulls=False).alias("window"),
            pl.col("kinds of harm").list.join(", "),
            pl.col("words").list.unique(maintain_order=True).list.join("; ").alias("words"),
            "url",
        )
        .with_columns(pl.when(pl.col("words") != "").then("words"))
    )


def caption_outcomes(harms: pl.DataFrame, most: int = 400) -> str:
    """Caption of the table, with how many rows are left out."""
    n = harms.unique(OUTCOME).height
    return "Harm outcomes as registered" + (f", the first {most} of {n}" if n > most else "")


def tell_harms(summary: pl.DataFrame) -> str:
    """Sentences: how many trials register a harm, which kinds most, and how many name no kind or no harm."""
    trials = summary["trial_id"].n_unique()
    if not trials:
        return "No trial fits the selection. Widen the parameters and run the report again."
    named = summary.filter(pl.col("outcomes") > 0)
    some, silent = named["trial_id"].n_unique(), int((summary["group"] == SILENT).sum())
    words = [f"Trials with a harm among their outcomes: {share(some, trials)}; {plural(silent, 'trial')} {'registers' if silent == 1 else 'register'} no outcome at all."]  # fmt: skip
    if some:
        labels = group_names()
        kinds = named.filter(pl.col("group") != "unspecific").group_by("group").len().sort(["len", "group"], descending=[True, False])  # fmt: skip
        best = [f"{labels[g].lower()} ({n})" for g, n in kinds.head(4).iter_rows()]
        if best:
            words.append(f"Kinds of harm named by most: {listing(best)}.")
        groups = named.group_by("trial_id").agg(pl.col("group"))["group"]
        vague = sum(set(g) <= {"unspecific"} for g in groups)
        deadly = sum(set(g) <= {"death"} for g in groups)
        words.append(f"Adverse events without any kind named are all that {share(vague, some)} register; death is all for {share(deadly, some)}.")  # fmt: skip
    return " ".join(words)


def tell_windows(windows: pl.DataFrame, late_harm_years: float) -> str:
    """Sentences: how long trials look for any harm, and how many look for tumours as long as a late harm would need."""
    whole = windows.filter(pl.col("group") == ANY)
    days = whole["days"].drop_nulls()
    if not len(days):
        return "No trial of this selection gives a day until which it looks for a harm other than death."
    need = late_harm_years * YEAR
    month, year, late = (int((days >= limit).sum()) for limit in (28, YEAR, need))
    words = [
        f"{capital(plural(len(days), 'trial'))} {'gives' if len(days) == 1 else 'give'} a day until which {'it looks' if len(days) == 1 else 'they look'} for a harm other than death"
        + (f" (median {window_words(days.median())})" if len(days) >= 3 else "")
        + (f"; {plural(len(whole) - len(days), 'trial')} more {'gives' if len(whole) - len(days) == 1 else 'give'} none." if len(whole) > len(days) else "."),
        f"Four weeks or longer: {share(month, len(days))}; a year or longer: {share(year, len(days))}; {late_harm_years:g} years or longer: {share(late, len(days))}.",
    ]  # fmt: skip
    tumour = windows.filter(pl.col("group") == "malignancy")
    long = int((tumour["days"] >= need).sum())
    words.append(f"Tumours or ectopic tissue are named by {plural(len(tumour), 'trial')}" + (f", {long or 'none'} of them with a window of {late_harm_years:g} years or longer." if len(tumour) else "."))  # fmt: skip
    return " ".join(words)


def headlines(summary: pl.DataFrame) -> list[dict[str, str]]:
    """The key numbers of the report on safety."""
    trials = summary["trial_id"].n_unique()
    named = summary.filter(pl.col("outcomes") > 0)
    longest = list_windows(summary).filter(pl.col("group") == ANY)["days"]
    return [
        {"label": "register a harm among their outcomes", "value": share(named["trial_id"].n_unique(), trials)},
        {"label": "look for a harm other than death for a year or longer", "value": share(int((longest >= YEAR).sum()), trials)},
        {"label": "name tumours or ectopic tissue", "value": share(int((named["group"] == "malignancy").sum()), trials)},
    ]  # fmt: skip
