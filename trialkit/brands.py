"""The product dictionary: what a product's name tells of its tissue and donor, used only when somebody asks for it."""

from dataclasses import replace

import polars as pl

from trialkit.frames import Frames
from trialkit.vocabulary import load_vocabulary

RULE = "from product dictionary"
_FILLED = ("cell_source", "donor")


def fill_from_products(frames: Frames) -> Frames:
    """The frames with tissue and donor filled in for trials that report none but name a product of `products.toml`.

    Nothing that a record reports is changed, and `fact_status` still says that it did not report these. Every filled
    value is named in the column `from_product_dictionary` of `trials` and has a row of evidence whose quote is the
    product's name and whose rule begins with "from product dictionary". Products of one trial that differ fill nothing.
    """
    entries = load_vocabulary("products").entries
    named = frames.cell_products.filter(pl.col("brand").is_not_null()).select(
        "trial_id", pl.col("brand").cast(pl.String)
    )
    known = named.with_columns(
        pl.col("brand").replace_strict({k: e.more.get(column) for k, e in entries.items()}, default=None).alias(column)
        for column in _FILLED
    )
    told = known.group_by("trial_id", maintain_order=True).agg(
        pl.col("brand").first(),
        *[pl.col(c).drop_nulls().unique().sort() for c in _FILLED],
    )
    told = told.with_columns(pl.when(pl.col(c).list.len() == 1).then(pl.col(c).list.first()).alias(c) for c in _FILLED)
    trials = frames.trials.join(told.select("trial_id", *[pl.col(c).alias(f"{c}_told") for c in _FILLED]), on="trial_id", how="left", maintain_order="left")  # fmt: skip
    silent = {
        "cell_source": pl.col("cell_source").list.len() == 0,
        "donor": pl.col("donor").cast(pl.String) == "not_reported",
    }
    fills = {c: silent[c] & pl.col(f"{c}_told").is_not_null() for c in _FILLED}
    trials = trials.with_columns(
        pl.concat_list(*[pl.when(fills[c]).then(pl.lit(c)) for c in _FILLED]).list.drop_nulls().alias("from_product_dictionary"),
        pl.when(fills["cell_source"]).then(pl.concat_list(pl.col("cell_source_told"))).otherwise(pl.col("cell_source").cast(pl.List(pl.String))).cast(frames.trials.schema["cell_source"]).alias("cell_source"),
        pl.when(fills["donor"]).then(pl.col("donor_told")).otherwise(pl.col("donor").cast(pl.String)).cast(frames.trials.schema["donor"]).alias("donor"),
        pl.when(~fills["donor"]).then(pl.col("donor_implied")).alias("donor_implied"),
    )  # fmt: skip
    filled = trials.select("trial_id", pl.col("from_product_dictionary").alias("column")).explode("column").drop_nulls()
    return replace(
        frames,
        trials=trials.select(frames.trials.columns),
        evidence=pl.concat([frames.evidence, _evidence(frames, told, filled)]),
    )


def _evidence(frames: Frames, told: pl.DataFrame, filled: pl.DataFrame) -> pl.DataFrame:
    """One row a filled value: the place where the product is named."""
    place = (
        frames.evidence.filter((pl.col("frame") == "cell_products") & (pl.col("column") == "brand"))
        .unique("trial_id", keep="first", maintain_order=True)
        .drop("frame", "column", "value", "rule")
    )
    values = told.unpivot(_FILLED, index=["trial_id", "brand"], variable_name="column").drop_nulls("value")
    return (
        filled.join(values, on=["trial_id", "column"])
        .join(place, on="trial_id")
        .with_columns(
            pl.lit("trials").alias("frame"), pl.concat_str(pl.lit(f"{RULE}: "), pl.col("brand")).alias("rule")
        )
        .select(frames.evidence.columns)
    )
