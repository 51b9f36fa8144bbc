"""How big the trials are, whether their arms add up, and what zero events in so few patients can exclude."""

import polars as pl
from scipy.stats import binomtest

from trialkit.frames import Frames
from trialkit.prose import listing, percent, plural, share
from trialkit.summaries import label_trials

KINDS = ["actual", "planned", "not told which"]


def summarise_enrollment(frames: Frames, by: str = "condition") -> pl.DataFrame:
    """Per group and kind of number: trials, median, lower and upper quartile, smallest, largest.

    `by` is a column of `label_trials`. Planned and actual numbers are never put together; a group with fewer than
    five trials has no quartiles (they would be numbers of single trials).
    """
    trials = label_trials(frames).filter(pl.col("n").is_not_null())
    many = pl.len() >= 5
    return (
        trials.group_by(by, "n_kind")
        .agg(
            pl.len().cast(pl.Int64).alias("trials"),
            pl.col("n").median().alias("median"),
            pl.when(many).then(pl.col("n").quantile(0.25)).alias("lower quartile"),
            pl.when(many).then(pl.col("n").quantile(0.75)).alias("upper quartile"),
            pl.col("n").min().alias("smallest"),
            pl.col("n").max().alias("largest"),
        )
        .sort(by, "n_kind")
        .rename({"n_kind": "number is"})
    )


def tell_enrollment(frames: Frames) -> str:
    """Medians of planned and actual enrolment in one sentence each."""
    trials = label_trials(frames)
    if not len(trials):
        return "No trial fits the selection."
    parts = []
    for kind, word in (("actual", "actual"), ("planned", "planned")):
        n = trials.filter((pl.col("n_kind") == kind) & pl.col("n").is_not_null())["n"]
        if len(n) == 1:
            parts.append(
                f"One trial gives an {word} number ({n[0]})"
                if word == "actual"
                else f"One trial gives a {word} number ({n[0]})"
            )
        elif len(n):
            small = int((n <= 20).sum())
            parts.append(
                f"{len(n)} trials give {'an' if word == 'actual' else 'a'} {word} number: median {n.median():g}, {share(small, len(n))} with 20 or fewer"
            )
    untold = trials.filter(~pl.col("n_kind").is_in(["actual", "planned"]) & pl.col("n").is_not_null())
    if len(untold):
        parts.append(f"{plural(len(untold), 'trial')} {'does' if len(untold) == 1 else 'do'} not tell which it is")
    missing = trials["n"].is_null().sum()
    parts.append(
        f"{plural(missing, 'trial')} {'gives' if missing == 1 else 'give'} none"
        if missing
        else "every trial gives a number"
    )
    return ". ".join(p[:1].upper() + p[1:] for p in parts) + "."


def check_arm_sums(frames: Frames) -> pl.DataFrame:
    """Trials whose arm sizes are stated: the arms, their sum, the enrolment field, and whether they agree.

    `verdict` is `adds up`, `does not add up`, or `not every arm has a size`.
    """
    sizes = frames.arms.group_by("trial_id", maintain_order=True).agg(
        pl.col("n"),
        pl.concat_str(
            pl.col("label").fill_null("arm").str.slice(0, 40),
            pl.lit(": "),
            pl.col("n").cast(pl.String).fill_null("not stated"),
        ).alias("arms"),
    )
    told = sizes.filter(pl.col("n").list.drop_nulls().list.len() > 0).with_columns(
        pl.col("n").list.sum().alias("sum of arms"),
        (pl.col("n").list.drop_nulls().list.len() == pl.col("n").list.len()).alias("complete"),
    )
    verdict = (
        pl.when(~pl.col("complete"))
        .then(pl.lit("not every arm has a size"))
        .when(pl.col("sum of arms") == pl.col("enrolment"))
        .then(pl.lit("adds up"))
        .when(pl.col("enrolment").is_null())
        .then(pl.lit("no enrolment to compare"))
        .otherwise(pl.lit("does not add up"))
    )
    trials = label_trials(frames).select("trial_id", "url", pl.col("n").alias("enrolment"), "n_kind")
    return (
        told.join(trials, on="trial_id")
        .with_columns(verdict.alias("verdict"))
        .select(
            "trial_id",
            pl.col("arms").list.join("; "),
            "sum of arms",
            "enrolment",
            pl.col("n_kind").alias("enrolment is"),
            "verdict",
            "url",
        )
        .sort("trial_id")
    )


def tell_arm_sums(frames: Frames) -> str:
    """How many trials state arm sizes and how many of these add up."""
    checked = check_arm_sums(frames)
    if not len(checked):
        return "No trial of this selection states the size of an arm in its own words."
    counts = dict(checked.group_by("verdict").len().iter_rows())
    parts = [f"{verdict} ({n})" for verdict, n in sorted(counts.items())]
    return f"{share(len(checked), len(frames.trials))} trials state the size of at least one arm. Their sum against the enrolment: {listing(parts)}."


def upper_bounds(sizes: list[int]) -> pl.DataFrame:
    """n, one_sided, two_sided, rule_of_three: the event rate that zero events in n patients cannot exclude.

    `one_sided` is the exact 95 % upper bound, `two_sided` the upper end of the exact (Clopper–Pearson) 95 % interval,
    `rule_of_three` the shortcut 3/n. Fractions of one. Sources: Clopper & Pearson 1934; Hanley & Lippman-Hand 1983.
    """
    rows = []
    for n in sorted(set(sizes)):
        exact = binomtest(0, n).proportion_ci(0.95, "exact").high
        one = binomtest(0, n, alternative="less").proportion_ci(0.95, "exact").high
        rows.append((n, one, exact, min(3 / n, 1.0)))
    return pl.DataFrame(
        rows,
        schema={"n": pl.Int64, "one_sided": pl.Float64, "two_sided": pl.Float64, "rule_of_three": pl.Float64},
        orient="row",
    )


def treated_sizes(frames: Frames) -> pl.DataFrame:
    """trial_id, url, condition, n, from: patients who could have shown an event, where the record tells it.

    The stated sizes of cell arms where there are some; else the actual enrolment of a single-group trial. Planned
    numbers are left out: nobody has had an event in them.
    """
    arms = (
        frames.arms.filter(pl.col("is_cell_arm"))
        .group_by("trial_id")
        .agg(pl.col("n").sum(), (pl.col("n").null_count() == 0).alias("complete"))
        .filter(pl.col("complete") & (pl.col("n") > 0))
        .select("trial_id", pl.col("n").alias("in_arms"))
    )
    single = frames.trials.filter(
        (pl.col("intervention_model") == "single_group")
        & (pl.col("enrollment_type").cast(pl.String) == "actual")
        & (pl.col("enrollment_count") > 0)
    ).select("trial_id", pl.col("enrollment_count").alias("enrolled"))
    return (
        label_trials(frames)
        .select("trial_id", "url", "condition", "source")
        .join(arms, on="trial_id", how="left")
        .join(single, on="trial_id", how="left")
        .with_columns(
            pl.coalesce("in_arms", "enrolled").cast(pl.Int64).alias("n"),
            pl.when(pl.col("in_arms").is_not_null())
            .then(pl.lit("stated cell-arm sizes"))
            .otherwise(pl.lit("actual enrolment, single group"))
            .alias("from"),
        )
        .filter(pl.col("n").is_not_null())
        .select("trial_id", "condition", "source", "n", "from", "url")
        .sort("n", "trial_id")
    )


def bounds_table(frames: Frames) -> pl.DataFrame:
    """For every size that occurs among `treated_sizes`: n, trials, and the bounds as percentages in words."""
    sizes = treated_sizes(frames)
    if not len(sizes):
        return pl.DataFrame(
            schema={
                "patients": pl.Int64,
                "trials": pl.Int64,
                "one-sided 95 % bound": pl.String,
                "two-sided 95 % bound": pl.String,
                "rule of three": pl.String,
            }
        )
    counts = sizes.group_by("n").len("trials")
    table = upper_bounds(sizes["n"].to_list()).join(counts, on="n")
    words = [pl.col(c).map_elements(percent, return_dtype=pl.String).alias(name) for c, name in
             (("one_sided", "one-sided 95 % bound"), ("two_sided", "two-sided 95 % bound"), ("rule_of_three", "rule of three"))]  # fmt: skip
    return table.sort("n").select(pl.col("n").alias("patients"), pl.col("trials").cast(pl.Int64), *words)


def tell_bounds(frames: Frames) -> str:
    """What zero events would mean for the median trial of the selection."""
    sizes = treated_sizes(frames)["n"]
    if not len(sizes):
        return "No trial of this selection tells how many patients actually had cells, so nothing can be excluded."
    n = int(sizes.sort()[len(sizes) // 2])
    bound = upper_bounds([n]).row(0, named=True)
    return (
        f"{plural(len(sizes), 'trial')} {'tells' if len(sizes) == 1 else 'tell'} how many patients had cells; a middle one has {n}. "
        f"No event in {plural(n, 'patient')} still allows a rate of up to {percent(bound['one_sided'])} (one-sided) or {percent(bound['two_sided'])} (two-sided 95 % bound)."
    )


def headlines(frames: Frames) -> list[dict[str, str]]:
    """The key numbers of the enrolment report."""
    trials = label_trials(frames)
    found = []
    for kind in ("actual", "planned"):
        n = trials.filter((pl.col("n_kind") == kind) & pl.col("n").is_not_null())["n"]
        found.append(
            {
                "label": f"median {kind} enrolment ({plural(len(n), 'trial')})",
                "value": f"{n.median():g}" if len(n) else "–",
            }
        )
    checked = check_arm_sums(frames)
    return [*found, {"label": "state an arm size", "value": share(len(checked), len(trials))}]


def bound_curve(frames: Frames) -> pl.DataFrame:
    """`upper_bounds` for every n from 2 to the largest treated group of the selection (at least 40, at most 1,000)."""
    sizes = treated_sizes(frames)["n"]
    top = min(max(40, int(sizes.max()) if len(sizes) else 40), 1000)
    dense, coarse = range(2, min(top, 100) + 1), range(105, top + 1, 5)
    return upper_bounds([*dense, *coarse, *[int(n) for n in sizes if 2 <= n <= top]])
