"""The tables behind the charts: every regimen with its words, and the doses that ask for a second look."""

import polars as pl

from trialkit.frames import Frames
from trialkit.summaries import label_trials
from trialkit.summaries.dose_columns import BASES, joined, route_words, words_column
from trialkit.summaries.dosing import summarise_doses
from trialkit.summaries.dosing_schedules import MANY, gap_key, schedule_column, schedule_quotes
from trialkit.vocabulary import load_vocabulary

OUTSIDE = {
    "per_kg": "outside 1,000 to below 20 million cells per kg",
    "total": "outside 10,000 to 5 billion cells in all",
}
REMARKS = {
    "implausible": "outside the usual range: check the record",
    "description": "stated only in the summary or description",
    "total_word": "the record says “total”: it may mean all administrations together",
    "plus_minus": "a range written as ±",
    "doubled_unit": "the unit is written twice",
    "interval_range": "the interval is a range",
    "cap": "an upper limit for heavy patients",
    "ambiguous_biweekly": "“biweekly” can mean twice a week or every two weeks",
}


def list_regimens(frames: Frames) -> pl.DataFrame:
    """The table of regimens: one row per trial, dose and schedule, with the words of the record and remarks in words.

    Arms with the same dose and schedule share a row. Sorted by condition and trial.
    """
    keys = ["trial_id", "dose", "schedule", "n_administrations", "gap_key"]
    doses = summarise_doses(frames).select("trial_id", "dose", pl.col("quote").alias("dose_quote"))
    labels = label_trials(frames).select("trial_id", "url", "condition", pl.col("source").alias("cell_source"))
    told = frames.regimens.with_columns(
        pl.col("dose_basis").cast(pl.String).replace_strict(BASES, return_dtype=pl.String).alias("basis"),
        schedule_column(),
        gap_key(pl.col("interval_days")),
        route_words(pl.col("route")),
        _remarks(),
    ).with_columns(words_column("dose_low", "dose_high"))
    return (
        told.group_by(keys, maintain_order=True)
        .agg(joined("arm"), joined("route"), pl.col("remarks").explode().drop_nulls().unique(maintain_order=True))
        .join(labels, on="trial_id", how="left")
        .join(doses, on=["trial_id", "dose"], how="left", nulls_equal=True)
        .join(
            schedule_quotes(frames),
            left_on=["trial_id", "n_administrations", "gap_key"],
            right_on=["trial_id", "n", "gap_key"],
            how="left",
            nulls_equal=True,
        )
        .sort("condition", "trial_id", maintain_order=True)
        .select(
            "trial_id",
            "url",
            pl.col("dose").str.replace_all(" ", "\u00a0").fill_null("not stated"),
            pl.col("schedule").fill_null("not stated").alias("administrations"),
            _quoted("dose_quote", "quote").alias("words of the record"),
            pl.col("remarks").list.join("; ").replace("", None),
            _shortened("arm", 60),
            "route",
            "condition",
            "cell_source",
        )
    )


def _remarks() -> pl.Expr:
    """Flags in words, a product that is no cultured MSC, and numbers of administrations that ask for a look."""
    flags = pl.col("flags").list.eval(pl.element().replace(REMARKS).str.replace_all("_", " "))
    product = pl.col("product_class").cast(pl.String)
    named = pl.lit("product: ") + product.replace(load_vocabulary("product_classes").labels())
    other = pl.when(product.is_not_null() & ~product.is_in(["msc", "none"])).then(named)
    doubt = pl.lit("so many administrations may belong to a drug given alongside")
    many = pl.when(pl.col("n_administrations") > MANY).then(doubt)
    return pl.concat_list(flags, other, many).list.drop_nulls().alias("remarks")


def _shortened(column: str, most: int) -> pl.Expr:
    text = pl.col(column)
    return pl.when(text.str.len_chars() > most).then(text.str.slice(0, most - 1) + "…").otherwise(text).alias(column)


def _quoted(*columns: str) -> pl.Expr:
    parts = [pl.lit("“") + pl.col(c).str.replace_all(r"\s+", " ") + "”" for c in columns]
    return pl.concat_str(parts, separator=" … ", ignore_nulls=True).replace("", None)


def list_implausible(doses: pl.DataFrame) -> pl.DataFrame:
    """The levels of `summarise_doses` outside the usual range: as read, as printed, and outside of what."""
    why = {BASES[key]: words for key, words in OUTSIDE.items()}
    return doses.filter("implausible").select(
        "trial_id",
        "url",
        "condition",
        pl.col("dose").alias("as read"),
        pl.col("quote").alias("as printed"),
        pl.col("basis").replace_strict(why, default="unlikely", return_dtype=pl.String).alias("why"),
    )
