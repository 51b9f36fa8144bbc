"""Where the cells come from: tissue × donor, by condition, phase and year, and the products side by side."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, count, listing, plural, share
from trialkit.summaries import DONOR_LABELS, NOT_REPORTED, SOURCE_GROUPS, condition_label, donor_label, label_trials
from trialkit.vocabulary import load_vocabulary

SOURCES = [*dict.fromkeys(SOURCE_GROUPS.values()), "Other tissue", "Several tissues", NOT_REPORTED]
DONORS = list(DONOR_LABELS.values())


def count_matrix(frames: Frames) -> pl.DataFrame:
    """source, donor, n, share, trials for every combination of a tissue present and every donor, empty ones as 0."""
    trials = label_trials(frames)
    present = [s for s in SOURCES if s in set(trials["source"]) or s == NOT_REPORTED]
    grid = pl.DataFrame({"source": present}, schema={"source": pl.String}).join(
        pl.DataFrame({"donor": DONORS}), how="cross"
    )
    counts = trials.group_by("source", "donor").agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col("trial_id").sort().str.join(", ").alias("trials")
    )
    total = max(len(trials), 1)
    return (
        grid.join(counts, on=["source", "donor"], how="left", maintain_order="left")
        .with_columns(pl.col("n").fill_null(0), pl.col("trials").fill_null(""))
        .with_columns((pl.col("n") / total).alias("share"))
    )


def count_sources(frames: Frames, by: str) -> pl.DataFrame:
    """group, source, n, total, share: trials by tissue within each group; `by` is a column of `label_trials`.

    A trial whose group is missing (no start year) stands under "Not reported".
    """
    trials = label_trials(frames).with_columns(pl.col(by).cast(pl.String).fill_null(NOT_REPORTED).alias("group"))
    return (
        trials.group_by("group", "source")
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .with_columns(pl.col("n").sum().over("group").alias("total"))
        .with_columns((pl.col("n") / pl.col("total")).alias("share"))
        .sort("group", "source")
    )


def tell_sources(frames: Frames) -> str:
    """Which tissues lead, how many trials name none, how many say nothing of the donor."""
    trials = label_trials(frames)
    if not len(trials):
        return "No trial fits the selection."
    counts = (
        trials.filter(pl.col("source") != NOT_REPORTED)
        .group_by("source")
        .len()
        .sort(["len", "source"], descending=[True, False])
        .head(3)
    )
    lead = listing([f"{s.lower()} ({n})" for s, n in counts.iter_rows()])
    silent = trials.filter(pl.col("source") == NOT_REPORTED)
    donor = trials.filter(pl.col("donor") == NOT_REPORTED)
    return (
        f"Of {plural(len(trials), 'trial')} most use {lead}. {share(len(silent), len(trials))} {'names' if len(silent) == 1 else 'name'} no tissue, "
        f"and {share(len(donor), len(trials))} {'says' if len(donor) == 1 else 'say'} nothing of the donor."
    )


def tell_implied(frames: Frames) -> str:
    """How often the donor is only implied by the tissue: stated apart, never counted as reported."""
    implied = frames.trials.filter(pl.col("donor_implied").is_not_null())
    perinatal = frames.trials.filter(
        pl.col("cell_source")
        .cast(pl.List(pl.String))
        .list.set_intersection(["umbilical_cord", "cord_blood", "placenta", "amnion", "amniotic_fluid"])
        .list.len()
        > 0
    )
    if not len(perinatal):
        return "No trial of this selection uses perinatal tissue."
    return (
        f"{plural(len(perinatal), 'trial')} {'uses' if len(perinatal) == 1 else 'use'} perinatal tissue; in {share(len(implied), len(perinatal))} the record has no donor word. "
        "Logic says allogeneic, the record does not: these stand under “Not reported”."
    )


def compare_sources(frames: Frames) -> pl.DataFrame:
    """One row per tissue: trials, autologous, allogeneic, donor not reported, intravenous, controlled, dose stated, median dose per kg.

    Shares are given as "k of n". The median per-kg dose is over trials (a trial's lowest stated level), with the
    number of trials behind it; below three trials the doses themselves are listed.
    """
    trials = frames.trials.select(
        "trial_id", "donor", "routes", pl.col("control_type").cast(pl.String)
    ).join(label_trials(frames).select("trial_id", "source"), on="trial_id")  # fmt: skip
    stated = frames.regimens.filter(pl.col("dose_basis").is_not_null())
    per_kg = (
        stated.filter(pl.col("dose_basis").cast(pl.String) == "per_kg")
        .group_by("trial_id")
        .agg(pl.min_horizontal("dose_low", "dose_high").min().alias("dose"))
    )
    trials = trials.join(per_kg, on="trial_id", how="left").with_columns(
        pl.col("trial_id").is_in(stated["trial_id"].implode()).alias("dosed")
    )
    rows = []
    for source in SOURCES:
        part = trials.filter(pl.col("source") == source)
        if not len(part):
            continue
        n = len(part)
        donor = dict(part.group_by(pl.col("donor").cast(pl.String)).len().iter_rows())
        routes = part["routes"].cast(pl.List(pl.String)).list.contains("intravenous").sum()
        controlled = part["control_type"].is_in(["placebo", "sham", "no_treatment", "standard_of_care", "active"]).sum()
        doses = part["dose"].drop_nulls().sort()
        rows.append(
            {
                "cell source": source,
                "trials": n,
                "autologous": share(donor.get("autologous", 0), n),
                "allogeneic": share(donor.get("allogeneic", 0), n),
                "donor not reported": share(donor.get("not_reported", 0), n),
                "intravenous": share(int(routes), n),
                "controlled": share(int(controlled), n),
                "dose stated": share(int(part["dosed"].sum()), n),
                "cells per kg (lowest level)": _doses(doses),
            }
        )
    return pl.DataFrame(rows, schema_overrides={"trials": pl.Int64})


def _doses(doses: pl.Series) -> str:
    if not len(doses):
        return "none stated per kg"
    if len(doses) < 3:
        return listing([count(d) for d in doses])
    return (
        f"median {count(doses.median())} ({plural(len(doses), 'trial')}, {count(doses.min())} to {count(doses.max())})"
    )


def list_products(frames: Frames) -> pl.DataFrame:
    """One row a product: trial_id, condition, arm, product, cell source, exact tissue, donor, separation, words, url.

    An empty arm means that all cell arms are given this product. `words` are those the tissue, else the donor, was read
    from; a value from the product dictionary says so. For checking by eye.
    """
    names = {
        column: load_vocabulary(vocabulary).labels()
        for column, vocabulary in {
            "product_class": "product_classes", "cell_source": "cell_sources", "exact_tissue": "exact_tissues",
            "separation": "separation_methods", "brand": "products",
        }.items()
    }  # fmt: skip
    labels = {c: pl.col(c).cast(pl.String).replace_strict(words, default=None).alias(c) for c, words in names.items()}
    filled = frames.trials.select(
        "trial_id", "url", condition_label(), "from_product_dictionary",
        pl.col("cell_source").cast(pl.List(pl.String)).list.first().replace_strict(names["cell_source"], default=None).alias("told_source"),
        donor_label().alias("told_donor"),
    )  # fmt: skip
    mark = pl.lit(" (from product dictionary)")
    return (
        frames.cell_products.with_columns(*labels.values(), donor_label())
        .join(filled, on="trial_id")
        .join(_quotes(frames), on="trial_id", how="left")
        .with_columns(
            pl.when(pl.col("from_product_dictionary").list.contains("cell_source"))
            .then(pl.col("told_source") + mark)
            .otherwise("cell_source")
            .alias("cell_source"),
            pl.when(pl.col("from_product_dictionary").list.contains("donor"))
            .then(pl.col("told_donor") + mark)
            .otherwise("donor")
            .alias("donor"),
        )
        .sort("condition", "trial_id", "position")
        .select(
            "trial_id", "condition", pl.col("arm").fill_null("all cell arms"), pl.col("product_class").alias("product"),
            pl.col("cell_source").alias("cell source"), pl.col("exact_tissue").alias("exact tissue"), "donor", "separation",
            pl.col("brand").alias("named product"), "words", "url",
        )
    )  # fmt: skip


def _quotes(frames: Frames) -> pl.DataFrame:
    """trial_id, words: the first words the tissue, else the donor, was read from, with their place."""
    read = frames.evidence.filter((pl.col("frame") == "trials") & pl.col("column").is_in(["cell_source", "donor"]))
    return (
        read.sort("column", maintain_order=True)
        .unique("trial_id", keep="first", maintain_order=True)
        .select("trial_id", pl.format("“{}” in {}", "quote", "field").alias("words"))
    )


def tell_arms(frames: Frames) -> str:
    """How many trials give different products to different arms, and how many say how the cells were separated."""
    total = len(frames.trials)
    if not total:
        return ""
    differ = frames.cell_products.filter(pl.col("arm").is_not_null()).group_by("trial_id").agg(pl.col("arm").n_unique())
    several = len(differ.filter(pl.col("arm") > 1))
    told = frames.cell_products.filter(pl.col("separation").is_not_null())["trial_id"].n_unique()
    exact = frames.cell_products.filter(pl.col("exact_tissue").is_not_null())["trial_id"].n_unique()
    return (
        f"{capital(plural(several, 'trial'))} {'gives' if several == 1 else 'give'} different products to different arms; these have a row for each arm. "
        f"{capital(share(told, total))} {'says' if told == 1 else 'say'} how the cells were separated from the tissue, and {share(exact, total)} "
        f"{'names' if exact == 1 else 'name'} the exact tissue, such as Wharton’s jelly within the umbilical cord."
    )


def headlines(frames: Frames) -> list[dict[str, str]]:
    """The key numbers of the cell-source report."""
    trials = label_trials(frames)
    n = len(trials)
    return [
        {"label": "name a tissue", "value": share(len(trials.filter(pl.col("source") != NOT_REPORTED)), n)},
        {"label": "state the donor", "value": share(len(trials.filter(pl.col("donor") != NOT_REPORTED)), n)},
        {"label": "umbilical cord", "value": share(len(trials.filter(pl.col("source") == "Umbilical cord")), n)},
    ]
