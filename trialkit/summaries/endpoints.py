"""Registered outcomes and the instruments named in them: the rows that every comparison of endpoints starts from.

Two rules hold in every count: an outcome registered twice (`is_duplicate`) counts once, and a trial counts once per
instrument, as primary when any of its primary outcomes names it. What the frames call an instrument is a scale, test,
marker or picture recognised by name; an outcome without one says what is measured only in its own words.
"""

import re
from functools import cache

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, listing, plural, share
from trialkit.summaries import condition_label
from trialkit.vocabulary import load_vocabulary

MOST_CONDITIONS = 24  # rows or columns of conditions; the rest is pooled
POOLED = "All other conditions"
ROLES = {"primary": "Primary", "secondary": "Secondary", "other": "Other"}
RANK = {"Primary": 0, "Secondary": 1, "Other": 2}
MOST_ROWS = 400  # rows of the table of primary outcomes
_KEYS = ["trial_id", "role", "position"]

# A measure made of these words only, one of _VAGUE among them, says nothing about what is measured.
_VAGUE = {"efficacy", "effectiveness", "effect", "effects", "safety", "tolerability", "outcome", "outcomes"}
_FILLING = {
    "profile", "evaluation", "eveluation", "assessment", "assessments", "evaluate", "assess", "determine", "clinical", "preliminary",
    "initial", "overall", "general", "therapeutic", "treatment", "therapy", "study", "trial", "patients", "patient", "subjects", "cell",
    "cells", "stem", "mesenchymal", "msc", "mscs", "infusion", "improvement", "response", "success", "measure", "measures", "primary",
    "secondary", "of", "and", "the", "to", "in", "for", "with", "by", "a", "as", "its",
}  # fmt: skip


@cache
def instrument_names() -> dict[str, str]:
    """Vocabulary key -> name on axes: the abbreviation, with the full name where two scales or tests share it (CDAI)."""
    entries = [e for e in load_vocabulary("instruments").entries.values() if not e.decoy]
    kinds: dict[str, list[str]] = {}
    for entry in entries:
        kinds.setdefault(entry.more["abbreviation"], []).append(entry.more["kind"])
    clash = {a for a, found in kinds.items() if len(found) > 1 and set(found) != {"lab"}}
    short = {e.key: e.more["abbreviation"] for e in entries}
    return {e.key: f"{short[e.key]} ({e.label})" if short[e.key] in clash else short[e.key] for e in entries}


@cache
def _first_keys() -> dict[str, str]:
    entries = load_vocabulary("instruments").entries.values()
    return {e.more["abbreviation"]: e.key for e in reversed(entries) if not e.decoy}


def _evidence(frames: Frames, column: str) -> pl.DataFrame:
    """Evidence of one column of endpoints with the role and position of the outcome it belongs to."""
    return frames.evidence.filter((pl.col("frame") == "endpoints") & (pl.col("column") == column)).select(
        "trial_id",
        pl.col("field").str.extract(r"outcomes\.(\w+)\[").replace_strict(ROLES, default=None).alias("role"),
        pl.col("field").str.extract(r"\[(\d+)\]").cast(pl.Int64).alias("position"),
        "value",
        "quote",
        "rule",
    )


def list_outcomes(frames: Frames) -> pl.DataFrame:
    """One row per outcome, duplicates left out, sorted by trial, role and position.

    trial_id, role, position, measure, time_frame, core_area (words), domain, instruments (abbreviations), kind,
    horizon_days, timepoints_days, recurrence_days, reading, condition, title, url. `kind` says how the time frame was
    read: point, list, window, recurrence, another word of the reader, `unread` or `not stated`; `reading` says it in days.
    """
    kinds = _evidence(frames, "time_frame").unique(_KEYS, keep="first", maintain_order=True)
    rows = (
        frames.endpoints.filter(~pl.col("is_duplicate"))
        .with_columns(
            pl.col("role").cast(pl.String).replace_strict(ROLES),
            pl.col("core_area").cast(pl.String).replace_strict(load_vocabulary("core_areas").labels(), default=None),
        )
        .join(kinds.select(*_KEYS, pl.col("rule").str.extract(r"^(\w+)").alias("kind")), on=_KEYS, how="left")
        .join(
            frames.trials.select("trial_id", condition_label(), pl.col("public_title").alias("title"), "url"),
            on="trial_id",
        )
        .sort("trial_id", pl.col("role").replace_strict(RANK), "position")
    )
    unread = pl.when(pl.col("time_frame").is_null()).then(pl.lit("not stated")).otherwise(pl.lit("unread"))
    points = pl.when(pl.col("timepoints_days").list.len() > 0).then(pl.lit("list"))
    return (
        rows.with_columns(pl.col("kind").fill_null(points.otherwise(unread)))
        .with_columns(
            pl.struct("kind", "horizon_days", "timepoints_days", "recurrence_days")
            .map_elements(_tell_reading, return_dtype=pl.String)
            .alias("reading")
        )
        .drop("is_duplicate", "anchor")
    )


def _tell_reading(row: dict) -> str:
    """`day 0, 30, 90`, `up to day 360`, `every 30 days, no end`, `not stated`."""
    points, horizon, every = row["timepoints_days"], row["horizon_days"], row["recurrence_days"]
    if every:
        return f"every {every:.4g} days" + (f" to day {horizon:.4g}" if horizon else ", no end")
    if horizon is None:
        return "not stated" if row["kind"] == "not stated" else "no days read"
    if row["kind"] == "window":
        return f"up to day {horizon:.4g}"
    shown = ", ".join(f"{day:.4g}" for day in points[:9])
    return f"day {shown}{' …' if len(points) > 9 else ''}"


def list_mentions(frames: Frames) -> pl.DataFrame:
    """One row per outcome and instrument named in it: the columns of `list_outcomes`, with

    instrument (name on axes), key, label (full name) and quote (the words that name it) instead of `instruments`.
    """
    words = _evidence(frames, "instruments").select(
        *_KEYS,
        pl.col("value").alias("abbreviation"),
        "quote",
        pl.col("rule").str.strip_prefix("instruments.").alias("key"),
    )
    by = [*_KEYS, "abbreviation"]
    key, abbreviation = pl.col("key"), pl.col("abbreviation")
    labels = load_vocabulary("instruments").labels()
    return (
        list_outcomes(frames)
        .explode("instruments")
        .rename({"instruments": "abbreviation"})
        .drop_nulls("abbreviation")
        .join(words.unique(by, keep="first", maintain_order=True), on=by, how="left", maintain_order="left")
        .with_columns(key.fill_null(abbreviation.replace_strict(_first_keys(), default=None)))
        .with_columns(
            key.replace_strict(instrument_names(), default=None).fill_null(abbreviation).alias("instrument"),
            key.replace_strict(labels, default=None).fill_null(abbreviation).alias("label"),
        )
        .drop("abbreviation")
    )


def list_instruments(frames: Frames) -> pl.DataFrame:
    """One row per trial and instrument, a primary outcome before a secondary one; sorted by trial and instrument.

    trial_id, instrument, key, label, role, measure, quote, condition, title, url.
    """
    return (
        list_mentions(frames)
        .group_by("trial_id", "instrument", maintain_order=True)  # mentions come primary first
        .agg(pl.first("key", "label", "role", "measure", "quote", "condition", "title", "url"))
        .sort("trial_id", "instrument")
    )


def count_instruments(frames: Frames, top: int | None = None) -> pl.DataFrame:
    """instrument, label, n (trials), primary (trials), secondary (trials without it as primary); most shared first."""
    counts = (
        list_instruments(frames)
        .group_by("instrument")
        .agg(
            pl.first("label"),
            pl.len().cast(pl.Int64).alias("n"),
            (pl.col("role") == "Primary").sum().cast(pl.Int64).alias("primary"),
        )
        .with_columns((pl.col("n") - pl.col("primary")).alias("secondary"))
        .sort(["n", "primary", "instrument"], descending=[True, True, False])
    )
    return counts if top is None else counts.head(max(top, 1))


def with_outcomes(frames: Frames) -> pl.DataFrame:
    """The trials that register at least one outcome: trial_id, condition, title, url."""
    trials = frames.trials.select("trial_id", condition_label(), pl.col("public_title").alias("title"), "url")
    return trials.filter(pl.col("trial_id").is_in(frames.endpoints["trial_id"].unique().implode())).sort("trial_id")


def order_conditions(frames: Frames) -> pl.DataFrame:
    """condition, pooled, n: conditions of the trials with outcomes, most trials first.

    `pooled` is the name to show: beyond the first MOST_CONDITIONS it is POOLED.
    """
    counts = (
        with_outcomes(frames)
        .group_by("condition")
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .sort(["n", "condition"], descending=[True, False])
        .with_row_index("rank")
    )
    named = len(counts) if len(counts) <= MOST_CONDITIONS else MOST_CONDITIONS - 1
    pooled = pl.when(pl.col("rank") < named).then("condition").otherwise(pl.lit(POOLED)).alias("pooled")
    return counts.select("condition", pooled, "n")


def is_unspecific(measure: str) -> bool:
    """Whether a measure only says "efficacy" or "safety" and not of what: `Preliminary efficacy evaluation`."""
    words = set(re.findall(r"[a-z]+", measure.lower()))
    return bool(words & _VAGUE) and words <= _VAGUE | _FILLING


def count_outcomes(frames: Frames) -> dict[str, int]:
    """What the coverage sentences say: trials, trials with outcomes, outcomes (duplicates left out) and what they name."""
    outcomes = list_outcomes(frames)
    unspecific = outcomes.filter(
        (pl.col("instruments").list.len() == 0) & pl.col("measure").map_elements(is_unspecific, return_dtype=pl.Boolean)
    )
    return {
        "trials": len(frames.trials),
        "with_outcomes": frames.endpoints["trial_id"].n_unique(),
        "duplicates": int(frames.endpoints["is_duplicate"].sum()),
        "duplicate_trials": frames.endpoints.filter("is_duplicate")["trial_id"].n_unique(),
        "outcomes": len(outcomes),
        "primary": int((outcomes["role"] == "Primary").sum()),
        "named": int((outcomes["instruments"].list.len() > 0).sum()),
        "with_days": int(outcomes["horizon_days"].is_not_null().sum()),
        "repeated_only": int((outcomes["horizon_days"].is_null() & outcomes["recurrence_days"].is_not_null()).sum()),
        "not_stated": int((outcomes["kind"] == "not stated").sum()),
        "unspecific": len(unspecific),
        "unspecific_trials": unspecific["trial_id"].n_unique(),
        "instruments": list_instruments(frames)["instrument"].n_unique(),
    }


def tell_coverage(frames: Frames) -> str:
    """Sentences: how many trials register outcomes, name instruments and times; duplicates and vague outcomes counted."""
    n = count_outcomes(frames)
    if not n["outcomes"]:
        return f"{capital(plural(n['trials'], 'trial'))} in this selection, and no registered outcome to compare."
    rest = n["outcomes"] - n["with_days"] - n["repeated_only"] - n["not_stated"]
    words = [
        f"Trials that register outcomes: {share(n['with_outcomes'], n['trials'])}, with {plural(n['outcomes'], 'outcome')}, {n['primary']} of them primary.",
        f"Outcomes that name an instrument: {share(n['named'], n['outcomes'])}, {n['instruments']} different ones in all.",
        f'Outcomes with a time frame that can be read in days: {share(n["with_days"], n["outcomes"])}; {n["repeated_only"]} only repeat ("monthly") without an end, '
        f"{n['not_stated']} state none, {rest} cannot be put in days (a calendar date, an age, a number without a unit).",
        f"Repeated word for word within a trial and not counted again: {_in_trials(n['duplicates'], n['duplicate_trials'])}.",
        f'Unspecified, only "efficacy" or "safety": {plural(n["unspecific"], "outcome")} in {plural(n["unspecific_trials"], "trial")}.',
    ]
    return " ".join(words)


def _in_trials(outcomes: int, trials: int) -> str:
    return f"{plural(outcomes, 'outcome')} in {plural(trials, 'trial')}" if outcomes else "none"


def headlines(frames: Frames) -> list[dict[str, str]]:
    """Two or three numbers for the index page."""
    n, best = count_outcomes(frames), count_instruments(frames, 1)
    found = [{"label": "outcomes that name an instrument", "value": share(n["named"], n["outcomes"])}]
    if len(best):
        name, trials = best.row(0)[0], best["n"][0]
        found.append(
            {"label": "trials name the most shared instrument", "value": f"{name}: {share(trials, n['with_outcomes'])}"}
        )
    return found


def tell_instruments(frames: Frames) -> str:
    """One sentence: the most shared instruments, and how many stand in one trial only."""
    counts = count_instruments(frames)
    if not len(counts):
        return "No outcome in this selection names an instrument."
    total, alone = frames.endpoints["trial_id"].n_unique(), int((counts["n"] == 1).sum())
    best = listing([f"{name} in {n}" for name, n in counts.select("instrument", "n").head(3).iter_rows()])
    return f"Most shared among {plural(total, 'trial')} with outcomes: {best}. Named by a single trial, so not to be compared: {share(alone, len(counts))} instruments."


def list_primary(frames: Frames) -> pl.DataFrame:
    """The primary outcomes as registered, and how they were read: at most MOST_ROWS rows.

    trial_id, url, measure, instruments, time_frame, reading, core_area, condition; duplicates left out.
    """
    none = pl.when(pl.col("instruments").list.len() == 0).then(pl.lit("none named"))
    rows = list_outcomes(frames).filter(pl.col("role") == "Primary").head(MOST_ROWS)
    rows = rows.with_columns(none.otherwise(pl.col("instruments").list.join(", ")).alias("instruments"))
    return rows.select("trial_id", "url", "measure", "instruments", "time_frame", "reading", "core_area", "condition")


def caption_primary(frames: Frames) -> str:
    """What the table of primary outcomes holds, and what it leaves out."""
    n = count_outcomes(frames)["primary"]
    if n <= MOST_ROWS:
        return "Primary outcomes as registered"
    return (
        f"The first {MOST_ROWS} of {plural(n, 'primary outcome')}, by trial number; choose conditions to see the others"
    )
