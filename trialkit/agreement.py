"""Agreement of the readings with hand labels: Cohen's kappa and the confusion matrix, class by class."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl

from trialkit.evaluate import as_read, covered, read_gold
from trialkit.frames import Frames
from trialkit.prose import plural

SEVERAL, NONE = "several", "not reported"
FACTS = {"product_class": "product class", "cell_source": "cell source", "donor": "donor", "routes": "route"}
_GOLD = {"routes": "route"}
# Landis and Koch 1977
_WORDS = [(0.81, "almost perfect"), (0.61, "substantial"), (0.41, "moderate"), (0.21, "fair"), (0.0, "slight")]


def list_pairs(frames: Frames, gold: Sequence[dict[str, Any]] | None = None) -> pl.DataFrame:
    """fact, trial_id, labelled, read: one row per labelled trial of the frames and fact, every answer as one class.

    A trial with several tissues, routes or classes is of the class "several", one without any of "not reported".
    """
    frames = as_read(frames)  # a value that a person decided is no reading of the rules
    known = {row["trial_id"]: row for row in (read_gold() if gold is None else gold)}
    held = set(covered(frames, list(known.values())))
    rows = [
        (fact, trial["trial_id"], _one(known[trial["trial_id"]].get(_GOLD.get(fact, fact))), _one(trial[fact]))
        for trial in frames.trials.filter(pl.col("trial_id").is_in(list(held))).iter_rows(named=True)
        for fact in FACTS
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(["fact", "trial_id", "labelled", "read"], pl.String), orient="row")


def _one(value: Any) -> str:
    values = [value] if isinstance(value, str) else sorted(set(value or ()))
    words = [v for v in values if v not in ("not_reported", "none")]
    return SEVERAL if len(words) > 1 else words[0].replace("_", " ") if words else NONE


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two readers over classes; None without pairs, or where both give one class throughout."""
    if not pairs:
        return None
    n = len(pairs)
    observed = sum(a == b for a, b in pairs) / n
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(first[name] * second[name] for name in first) / n**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def tabulate_agreement(frames: Frames) -> pl.DataFrame:
    """fact, labelled trials, the same, kappa, agreement in words (Landis and Koch): classes as in `list_pairs`."""
    rows = []
    for (fact,), found in list_pairs(frames).group_by("fact", maintain_order=True):
        pairs = list(found.select("labelled", "read").iter_rows())
        value = kappa(pairs)
        words = "cannot be told" if value is None else next((w for least, w in _WORDS if value >= least), "poor")
        same = sum(a == b for a, b in pairs)
        rows.append((FACTS[str(fact)], len(pairs), same, None if value is None else round(value, 2), words))
    schema = {
        "fact": pl.String,
        "labelled trials": pl.Int64,
        "the same": pl.Int64,
        "kappa": pl.Float64,
        "agreement": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def list_confusions(frames: Frames) -> pl.DataFrame:
    """fact, labelled as, read as, trials: every pair of classes that were taken for each other, the most frequent first."""
    return (
        list_pairs(frames)
        .filter(pl.col("labelled") != pl.col("read"))
        .group_by("fact", "labelled", "read")
        .agg(pl.len().cast(pl.Int64).alias("trials"), pl.col("trial_id").sort().str.join(", ").alias("which"))
        .sort(["trials", "fact", "labelled", "read"], descending=[True, False, False, False])
        .with_columns(pl.col("fact").replace_strict(FACTS, return_dtype=pl.String))
        .rename({"labelled": "labelled as", "read": "read as"})
    )


def tell_agreement(frames: Frames) -> str:
    """How many classes were confused in how many labelled trials."""
    pairs = list_pairs(frames)
    n = pairs["trial_id"].n_unique()
    if not n:
        return "None of the trials shown was labelled by hand."
    wrong = pairs.filter(pl.col("labelled") != pl.col("read"))["trial_id"].n_unique()
    return f"In {wrong} of {plural(n, 'labelled trial')} at least one class was read otherwise than by hand."
