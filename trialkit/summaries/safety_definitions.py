"""Which events a harm outcome counts: graded or coded by what, related to the treatment, serious ones alone."""

from functools import cache

import polars as pl

from trialkit.prose import share
from trialkit.summaries.safety import OUTCOME
from trialkit.vocabulary import load_vocabulary

# "CTCAE v4.03", "Common Terminology Criteria for Adverse Events (CTCAE) (Version 5.0)"; not "CTCAE grade 3".
_VERSION = r"(?i)(?:ctcae|criteria for adverse events?|meddra)\W{0,4}(?:ctcae\W{1,3})?(?:v\.?|version)?\s?(\d{1,2}(?:\.\d{1,2})?)\b"


@cache
def scale_names() -> list[str]:
    """The instruments that grade or code adverse events, by their abbreviation."""
    entries = load_vocabulary("instruments").entries.values()
    graded = [e for e in entries if e.more.get("kind") == "grading" and e.more.get("core_area") == "adverse_events"]
    return [e.more["abbreviation"] for e in graded]


def list_scales(harms: pl.DataFrame) -> pl.DataFrame:
    """One row per trial and scale of `list_harms`: trial_id, scale, versions (empty when no measure gives one)."""
    version = pl.col("measure").str.extract(_VERSION).str.strip_suffix(".0")
    return (
        harms.select("trial_id", pl.col("instruments").alias("scale"), version.alias("version"))
        .explode("scale")
        .filter(pl.col("scale").is_in(scale_names()))
        .group_by("trial_id", "scale")
        .agg(pl.col("version").drop_nulls().unique().sort().alias("versions"))
        .sort("trial_id", "scale")
    )


def count_definitions(harms: pl.DataFrame) -> pl.DataFrame:
    """Which events count, among trials with adverse events as an outcome: definition, trials, in_all, of, versions.

    `trials` say it in one outcome at least, `in_all` in every one of their adverse-event outcomes; `versions` of a scale
    with the trials whose measure gives it, null when none does. A definition that nobody states has no row.
    """
    events = harms.filter(pl.col("core_area") == "Adverse events").unique(OUTCOME, keep="first", maintain_order=True)
    of = events["trial_id"].n_unique()
    named, labels = list_scales(events), load_vocabulary("harms").labels()
    rows = []
    for scale in scale_names():
        versions = named.filter(pl.col("scale") == scale)["versions"].explode().drop_nulls().value_counts(sort=True)
        told = [f"v{v} ({n})" for v, n in versions.sort("count", "versions", descending=[True, False]).iter_rows()]
        test = pl.col("instruments").list.contains(scale)
        rows.append((f"Graded or coded by {scale}", *_count(events, test), of, ", ".join(told) or None))
    rows.sort(key=lambda row: -row[1])
    graded = pl.col("instruments").list.set_intersection(scale_names()).list.len() > 0
    bare = of - _count(events, graded)[0]
    rows.append(("No grading or coding scale named", bare, bare, of, None))
    for key in ("related", "treatment_emergent", "special_interest"):
        rows.append((labels[key], *_count(events, pl.col("definitions").list.contains(key)), of, None))
    rows.append(("Serious or severe events alone", *_count(events, pl.col("serious_only")), of, None))
    schema = {"definition": pl.String, "trials": pl.Int64, "in_all": pl.Int64, "of": pl.Int64, "versions": pl.String}
    return pl.DataFrame([row for row in rows if row[1]], schema=schema, orient="row")


def _count(events: pl.DataFrame, test: pl.Expr) -> tuple[int, int]:
    """Trials for which the test holds in one outcome at least, and in every one."""
    trials = events.group_by("trial_id").agg(test.any().alias("one"), test.all().alias("every"))
    return int(trials["one"].sum()), int(trials["every"].sum())


def table_definitions(harms: pl.DataFrame) -> pl.DataFrame:
    """`count_definitions` for reading."""
    words = [
        pl.struct(column, "of").map_elements(lambda row: share(*row.values()), return_dtype=pl.String).alias(title)
        for column, title in (("trials", "trials that say so"), ("in_all", "in every such outcome"))
    ]
    return count_definitions(harms).select(
        pl.col("definition").alias("which events count"), *words, pl.col("versions").alias("version named (trials)")
    )


def tell_definitions(harms: pl.DataFrame) -> str:
    """One sentence: how many trials name a scale, count related events only, or serious events only."""
    rows = {row["definition"]: row for row in count_definitions(harms).iter_rows(named=True)}
    if not rows:
        return "No trial of this selection registers adverse events as an outcome."
    of = next(iter(rows.values()))["of"]
    bare = rows.get("No grading or coding scale named", {"trials": 0})["trials"]
    serious = rows.get("Serious or severe events alone", {"in_all": 0})["in_all"]
    related = rows.get(load_vocabulary("harms").label("related"), {"in_all": 0})["in_all"]
    return (
        f"Trials with adverse events as an outcome that name a scale to grade or code them: {share(of - bare, of)}. "
        f"Counted are only events related to the treatment in {share(related, of)}, and only serious or severe ones in {share(serious, of)}."
    )
