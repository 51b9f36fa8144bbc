"""Who can take part: the limits that criteria set, side by side, so that populations can be compared."""

import difflib

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, listing, number, plural, share
from trialkit.summaries import label_trials
from trialkit.vocabulary import load_vocabulary

# What a limit does, in the order of the charts: (kind of the criterion, which end of it) -> words.
SIDES = {
    ("inclusion", "low"): "lets in from",
    ("inclusion", "high"): "lets in up to",
    ("exclusion", "high"): "keeps out below",
    ("exclusion", "low"): "keeps out above",
}
_IMPLIED = " (kind implied by the wording)"


def list_limits(frames: Frames) -> pl.DataFrame:
    """One row an end of a limit: trial_id, variable, label, unit, side, value, implied, text; ages in fields excluded.

    `side` is one of SIDES; `implied` says that the source lost its headings and the wording told the kind. A range that
    an exclusion bars has no side and is left out.
    """
    labels = load_vocabulary("eligibility_variables").labels()
    barred_range = (pl.col("operator") == "between") & (
        pl.coalesce("kind", "kind_implied").cast(pl.String) == "exclusion"
    )
    known = frames.eligibility.filter(pl.col("variable").is_not_null() & ~barred_range.fill_null(False)).with_columns(
        pl.coalesce("kind", "kind_implied").cast(pl.String).alias("told"),
        pl.col("kind").is_null().alias("implied"),
        pl.col("variable").replace_strict(labels, default=pl.col("variable")).alias("label"),
    )
    ends = known.unpivot(
        ["low", "high"],
        index=["trial_id", "variable", "label", "unit", "told", "implied", "text"],
        variable_name="end",
        value_name="value",
    )
    sides = pl.DataFrame([{"told": kind, "end": end, "side": words} for (kind, end), words in SIDES.items()])
    return (
        ends.drop_nulls("value")
        .join(sides, on=["told", "end"])
        .select("trial_id", "variable", "label", "unit", "side", "value", "implied", "text")
        .unique(maintain_order=True)
    )


def count_variables(frames: Frames) -> pl.DataFrame:
    """variable, label, n, total, share: how many trials set a limit on each variable, the most frequent first."""
    total = len(frames.trials)
    return (
        list_limits(frames)
        .group_by("variable", "label")
        .agg(pl.col("trial_id").n_unique().cast(pl.Int64).alias("n"))
        .with_columns(pl.lit(total, pl.Int64).alias("total"), (pl.col("n") / max(total, 1)).alias("share"))
        .sort(["n", "label"], descending=[True, False])
    )


def pick_variables(frames: Frames, wanted: list[str], most: int = 9) -> list[str]:
    """The variables to compare: those asked for, else the `most` that most trials set limits on.

    Raises ValueError for a name that is no variable of the vocabulary, with the nearest ones.
    """
    names = load_vocabulary("eligibility_variables").labels()
    keys = {label.lower(): key for key, label in names.items()} | {key: key for key in names}
    for name in wanted:
        if name.lower() not in keys:
            near = difflib.get_close_matches(name.lower(), keys, n=3) or sorted(names)[:6]
            raise ValueError(f"variables: {name!r} is no variable of the criteria; there are {', '.join(near)} ...")
    return [keys[name.lower()] for name in wanted] or count_variables(frames)["variable"].head(most).to_list()


def compare_limits(frames: Frames, variables: list[str]) -> pl.DataFrame:
    """variable, label, unit, side, value, n, trials: trials by limit, in the unit that most trials use for a variable.

    Units are never converted: limits in another unit are counted by `count_other_units` and stand in the table.
    """
    limits = list_limits(frames).filter(pl.col("variable").is_in(variables))
    units = _common_units(limits)
    return (
        limits.join(units, on=["variable", "unit"], nulls_equal=True)
        .group_by("variable", "label", "unit", "side", "value")
        .agg(
            pl.col("trial_id").n_unique().cast(pl.Int64).alias("n"),
            pl.col("trial_id").unique().sort().head(12).str.join(", ").alias("trials"),
        )
        .sort(
            pl.col("variable").replace_strict(
                {v: n for n, v in enumerate(variables)}, default=0, return_dtype=pl.Int64
            ),
            pl.col("side").replace_strict({s: n for n, s in enumerate(SIDES.values())}, return_dtype=pl.Int64),
            "value",
        )
    )


def _common_units(limits: pl.DataFrame) -> pl.DataFrame:
    counted = limits.group_by("variable", "unit").agg(pl.col("trial_id").n_unique().alias("n"))
    return (
        counted.sort(["n", "unit"], descending=[True, False])
        .unique("variable", keep="first")
        .select("variable", "unit")
    )


def table_limits(frames: Frames, variables: list[str]) -> pl.DataFrame:
    """trial_id, condition, variable, limit, criterion, url: one row a limit, for reading the words behind the charts."""
    limits = list_limits(frames).filter(pl.col("variable").is_in(variables))
    return (
        limits.join(label_trials(frames).select("trial_id", "condition", "url"), on="trial_id")
        .with_columns(
            pl.format("{} {} {}", "side", pl.col("value").map_elements(number, return_dtype=pl.String), pl.col("unit").fill_null("")).str.strip_chars()
            .alias("limit")
        )
        .with_columns(pl.when("implied").then(pl.col("limit") + _IMPLIED).otherwise("limit").alias("limit"))
        .sort("label", "condition", "trial_id", "side")
        .select("trial_id", "condition", pl.col("label").alias("variable"), "limit", pl.col("text").alias("criterion"), "url")
    )  # fmt: skip


def count_other_units(frames: Frames, variables: list[str]) -> dict[str, int]:
    """Label -> number of trials whose limits on it are in another unit than the one compared; only where there are any."""
    limits = list_limits(frames).filter(pl.col("variable").is_in(variables))
    other = limits.join(_common_units(limits), on=["variable", "unit"], how="anti", nulls_equal=True)
    counts = other.group_by("label").agg(pl.col("trial_id").n_unique()).sort("label")
    return dict(counts.iter_rows())


def tell_limits(frames: Frames) -> str:
    """How many trials state criteria and limits, on what most, and where the kind of a criterion is only implied."""
    total = len(frames.trials)
    if not total:
        return "No trial fits the selection. Widen the parameters and run the report again."
    stated = frames.eligibility["trial_id"].n_unique()
    variables = count_variables(frames)
    limited = list_limits(frames)["trial_id"].n_unique()
    lead = listing(
        [
            f"{r['label'].lower() if not r['label'].isupper() else r['label']} ({r['n']})"
            for r in variables.head(4).iter_rows(named=True)
        ]
    )
    lost = frames.eligibility.filter(pl.col("kind").is_null())["trial_id"].n_unique()
    words = f"{capital(share(stated, total))} {'states' if stated == 1 else 'state'} criteria, {share(limited, total)} with limits that are read."
    words += f" Most often limited: {lead}." if lead else ""
    if lost:
        words += f" In {plural(lost, 'trial')} the headings are lost: what includes and what excludes is told from the wording there, and marked."
    return words


def tell_other_units(frames: Frames, variables: list[str]) -> str:
    """Which limits are not drawn because they are in another unit; empty when there are none."""
    other = count_other_units(frames, variables)
    if not other:
        return ""
    parts = listing([f"{label} ({plural(n, 'trial')})" for label, n in other.items()])
    return f"Units are not converted. Limits in another unit than the one drawn stand in the table alone: {parts}."


def headlines(frames: Frames) -> list[dict[str, str]]:
    """The key numbers of the report on eligibility."""
    total = len(frames.trials)
    limits = list_limits(frames)
    return [
        {"label": "state criteria", "value": share(frames.eligibility["trial_id"].n_unique(), total)},
        {"label": "set a limit that is read", "value": share(limits["trial_id"].n_unique(), total)},
        {"label": "variables limited", "value": str(limits["variable"].n_unique())},
    ]
