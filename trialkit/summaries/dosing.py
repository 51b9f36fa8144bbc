"""How many cells at a time: dose levels, the two bases that can be compared, and the levels by tissue."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, count, listing, plural, share
from trialkit.summaries import NOT_REPORTED, count_status, label_trials, source_group
from trialkit.summaries.dose_columns import BASES, around, joined, route_words, words_column

_NUMBER = r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)"


def summarise_doses(frames: Frames) -> pl.DataFrame:
    """One row per trial and distinct dose level, by trial, basis and size.

    trial_id, url, title, condition, source; `arm` (arms joined) and `route` as read; `intravenous` is true when that is
    the only route of the level; `child` when the trial takes nobody of 18 or older; `low` and `high` cells per
    administration, one of them null for "up to" and "at least"; `basis` in words; `bound` is stated, range, up to or at
    least; `dose` in words; `quote` the longest words of the record behind it, `sentence` what they stand in where it is longer; `implausible` as flagged by the reading.
    """
    known = frames.regimens.filter(pl.col("dose_basis").is_not_null())
    levels = known.group_by("trial_id", "dose_basis", "dose_low", "dose_high", maintain_order=True).agg(
        joined("arm"),
        pl.col("route").drop_nulls().unique().sort().str.join("+"),
        pl.col("flags").list.contains("implausible").any().alias("implausible"),
    )
    children = frames.trials.select("trial_id", (pl.col("maximum_age_years") < 18).fill_null(False).alias("child"))
    return (
        levels.join(_labels(frames), on="trial_id", how="left")
        .join(children, on="trial_id", how="left")
        .with_columns(
            pl.col("dose_low").round_sig_figs(6).alias("low_key"),
            pl.col("dose_high").round_sig_figs(6).alias("high_key"),
            pl.col("dose_basis").cast(pl.String).alias("basis_key"),
        )
        .join(_dose_quotes(frames), on=["trial_id", "basis_key", "low_key", "high_key"], how="left", nulls_equal=True)
        .select(
            "trial_id",
            "url",
            "title",
            "condition",
            "source",
            "arm",
            (pl.col("route") == "intravenous").alias("intravenous"),
            route_words(pl.col("route")),
            "child",
            pl.col("dose_low").alias("low"),
            pl.col("dose_high").alias("high"),
            pl.col("basis_key").replace_strict(BASES, return_dtype=pl.String).alias("basis"),
            pl.when(pl.col("dose_low").is_null())
            .then(pl.lit("up to"))
            .when(pl.col("dose_high").is_null())
            .then(pl.lit("at least"))
            .when(pl.col("dose_low") < pl.col("dose_high"))
            .then(pl.lit("range"))
            .otherwise(pl.lit("stated"))
            .alias("bound"),
            "implausible",
            "quote",
            "sentence",
        )
        .with_columns(words_column())
        .sort("trial_id", "basis", pl.coalesce("low", "high"), maintain_order=True)
    )


def _labels(frames: Frames) -> pl.DataFrame:
    return label_trials(frames).select("trial_id", "url", "title", "condition", "source")


def _dose_quotes(frames: Frames) -> pl.DataFrame:
    """The longest quote behind each dose, keyed as the evidence writes it: six digits."""
    value = pl.col("value")
    first, second = value.str.extract(_NUMBER).cast(pl.Float64), value.str.extract(rf" to {_NUMBER}").cast(pl.Float64)
    return (
        frames.evidence.filter((pl.col("frame") == "regimens") & (pl.col("column") == "dose"))
        .with_columns(
            pl.when(~value.str.starts_with("up to")).then(first).round_sig_figs(6).alias("low_key"),
            pl.when(~value.str.starts_with("at least"))
            .then(pl.coalesce(second, first))
            .round_sig_figs(6)
            .alias("high_key"),
            value.str.extract(r"(\w+)$").alias("basis_key"),
        )
        .sort(pl.col("quote").str.len_chars(), descending=True, maintain_order=True)
        .group_by("trial_id", "basis_key", "low_key", "high_key", maintain_order=True)
        .agg(pl.col("quote").first(), around("sentence"))
    )


def comparable(doses: pl.DataFrame, basis: str | None = None) -> pl.DataFrame:
    """The levels charts draw: plausible, per kg or total (or only the `basis` given)."""
    return doses.filter(~pl.col("implausible") & pl.col("basis").is_in([basis] if basis else ["per kg", "total"]))


def summarise_trials(doses: pl.DataFrame, basis: str) -> pl.DataFrame:
    """One row per trial that states a comparable dose on this basis: its lowest, middle and highest level in cells.

    A range counts as the middle of its ends; `cells` is the median of the levels. "Up to" and "at least" have no
    middle: a trial with nothing else is left out. `levels` counts, `dose` lists the levels.
    """
    return (
        comparable(doses, basis)
        .filter(pl.col("bound").is_in(["stated", "range"]))
        .group_by("trial_id", "url", "title", "condition", "source", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("levels"),
            ((pl.col("low") + pl.col("high")) / 2).median().alias("cells"),
            pl.col("low").min().alias("lowest"),
            pl.col("high").max().alias("highest"),
            joined("dose"),
            joined("quote"),
        )
        .sort("cells", "trial_id")
    )


def compare_sources(doses: pl.DataFrame, basis: str) -> pl.DataFrame:
    """source, trials, levels, median, lowest, highest (cells) of `summarise_trials`; tissues with most trials first.

    The median is over trials, one value each, and null below three trials. "Not reported" comes last.
    """
    return (
        summarise_trials(doses, basis)
        .group_by("source")
        .agg(
            pl.len().cast(pl.Int64).alias("trials"),
            pl.col("levels").sum(),
            pl.when(pl.len() >= 3).then(pl.col("cells").median()).alias("median"),
            pl.col("lowest").min(),
            pl.col("highest").max(),
        )
        .sort(pl.col("source") == NOT_REPORTED, -pl.col("trials"), "source")
    )


def tabulate_sources(doses: pl.DataFrame, basis: str) -> pl.DataFrame:
    """`compare_sources` for reading, in millions of cells."""
    cells = [(pl.col(c) / 1e6).alias(f"{c} (millions)") for c in ("median", "lowest", "highest")]
    return compare_sources(doses, basis).select(pl.col("source").alias("cell_source"), "trials", "levels", *cells)


def count_by_source(frames: Frames) -> pl.DataFrame:
    """fact, source, trials, status, n: how many trials of each tissue report dose and schedule.

    Tissues with most trials first, "Not reported" last; statuses in the words and order of `count_status`.
    """
    trials = frames.trials.select("trial_id", source_group())
    statuses = count_status(frames, ["dose"])["status"].to_list()
    words = dict(zip(["reported", "conflicting", "unparsed", "not_reported"], statuses, strict=True))
    facts = pl.DataFrame({"fact": ["dose", "schedule"]})
    counts = (
        frames.fact_status.with_columns(
            pl.col("fact").cast(pl.String), pl.col("status").cast(pl.String).replace_strict(words)
        )
        .join(trials, on="trial_id")
        .group_by("fact", "source", "status")
        .agg(pl.len().cast(pl.Int64).alias("n"))
    )
    sources = trials.group_by("source").agg(pl.len().cast(pl.Int64).alias("trials"))
    sources = sources.sort(pl.col("source") == NOT_REPORTED, -pl.col("trials"), "source")
    return (
        facts.join(sources, how="cross", maintain_order="left_right")
        .join(pl.DataFrame({"status": statuses}), how="cross", maintain_order="left_right")
        .join(counts, on=["fact", "source", "status"], how="left", maintain_order="left")
        .with_columns(pl.col("n").fill_null(0))
    )


def tell_coverage(frames: Frames) -> str:
    """How many trials state a dose, a schedule, both; how many cues were not read and how many contradict themselves."""
    total = len(frames.trials)
    if not total:
        return "No trial fits the selection."
    status = frames.fact_status.with_columns(pl.col("fact", "status").cast(pl.String)).filter(
        pl.col("fact").is_in(["dose", "schedule"])
    )
    stated = status.filter(pl.col("status").is_in(["reported", "conflicting"]))
    n = {fact: len(stated.filter(pl.col("fact") == fact)) for fact in ("dose", "schedule")}
    both = len(stated.filter(pl.len().over("trial_id") == 2)) // 2
    stated_by = {
        fact: share(known, total).replace(f"of {total}", f"of {plural(total, 'trial')}") for fact, known in n.items()
    }
    parts = [
        f"A dose of cells is stated in {stated_by['dose']}, a number or an interval of administrations in {stated_by['schedule']}; "
        f"{both or 'none'} {'states' if both == 1 else 'state'} both."
    ]
    unread, conflicting = (
        status.filter((pl.col("fact") == "dose") & (pl.col("status") == s))["trial_id"]
        for s in ("unparsed", "conflicting")
    )
    if len(unread):
        parts.append(
            f"In {plural(len(unread), 'trial')} the record holds a hint of a dose that was not read{_named(unread)}."
        )
    if len(conflicting):
        parts.append(
            f"{capital(plural(len(conflicting), 'record'))} {'gives' if len(conflicting) == 1 else 'give'} doses that contradict each other{_named(conflicting)}."
        )
    return " ".join(parts)


def _named(trial_ids: pl.Series, most: int = 6) -> str:
    return f" ({listing(trial_ids.sort().to_list())})" if len(trial_ids) <= most else ""


def tell_doses(doses: pl.DataFrame) -> str:
    """On which basis doses are stated, how many trials have several levels, and how many levels are no single number."""
    if not len(doses):
        return "No trial of this selection states a dose."
    trials = doses["trial_id"].n_unique()
    bases = doses.group_by("basis").agg(pl.col("trial_id").n_unique().alias("n"))
    rank = list(BASES.values())
    bases = bases.sort(pl.col("basis").replace_strict({b: i for i, b in enumerate(rank)}, return_dtype=pl.Int64))
    several = doses.group_by("trial_id", "basis").len().filter(pl.col("len") > 1)["trial_id"].n_unique()
    words = listing(f"{'as a total' if b == 'total' else b} in {n}" for b, n in bases.iter_rows())
    parts = [
        f"{capital(plural(trials, 'trial'))} {'states' if trials == 1 else 'state'} {plural(len(doses), 'distinct dose level')}: {words}."
    ]
    if bases["n"].sum() > trials:
        parts.append("A trial that states doses on two bases is counted with each.")
    if several:
        parts.append(f"{plural(several, 'trial')} {'names' if several == 1 else 'name'} several levels.")
    open_ends, ranges = (len(doses.filter(pl.col("bound").is_in(b))) for b in (["up to", "at least"], ["range"]))
    if open_ends or ranges:
        parts.append(
            f"Of the levels {ranges or 'none'} {'is a range' if ranges == 1 else 'are ranges'} and {open_ends or 'none'} {'has' if open_ends == 1 else 'have'} only one end."
        )
    apart, hidden = len(doses.filter("implausible")), len(doses.filter(~pl.col("basis").is_in(["per kg", "total"])))
    if apart:
        parts.append(
            f"{capital(plural(apart, 'level'))} {'lies' if apart == 1 else 'lie'} outside the usual range and {'is' if apart == 1 else 'are'} listed apart as printed, not drawn."
        )
    if hidden:
        parts.append(
            f"{capital(plural(hidden, 'level'))} per mL, site or area {'is' if hidden == 1 else 'are'} in the table only: such a number is no dose of a patient."
        )
    return " ".join(parts)


def headlines(frames: Frames) -> list[dict[str, str]]:
    """The key numbers: trials with a dose, with a schedule, and the middle per-kg dose of the trials."""
    total = len(frames.trials)
    counts = count_status(frames, ["dose", "schedule"]).filter(pl.col("status").is_in(["Reported", "Conflicting"]))
    n = dict(counts.group_by("fact").agg(pl.col("n").sum()).iter_rows())
    cells = summarise_trials(summarise_doses(frames), "per kg")["cells"]
    found = [
        {"label": "state a dose", "value": share(n.get("dose", 0), total)},
        {"label": "state a schedule", "value": share(n.get("schedule", 0), total)},
    ]
    if len(cells) >= 3:
        found.append({"label": f"median dose per kg, {len(cells)} trials", "value": f"{count(cells.median())} cells"})
    return found
