"""Doses and routes in words, and other columns that dosing tables share."""

import polars as pl

from trialkit.prose import count
from trialkit.summaries import NOT_REPORTED
from trialkit.vocabulary import load_vocabulary

BASES = {
    "per_kg": "per kg",
    "total": "total",
    "per_ml": "per mL",
    "per_site": "per site",
    "per_area": "per area",
    "unclear": "unclear",
}


def dose_words(low: float | None, high: float | None, basis: str | None) -> str | None:
    """`1 to 2 million per kg`, `up to 100 million in all`; `basis` in words, None without a dose."""
    if basis is None:
        return None
    if low is None or high is None:
        number = f"up to {count(high)}" if low is None else f"at least {count(low)}"
    elif low == high:
        number = count(low)
    else:
        ends = [count(low), count(high)]
        unit = ends[1].partition(" ")[2]
        shared = unit and ends[0].endswith(f" {unit}")
        number = f"{ends[0].removesuffix(f' {unit}') if shared else ends[0]} to {ends[1]}"
    return f"{number} {'in all' if basis == 'total' else basis}"


def words_column(low: str = "low", high: str = "high", basis: str = "basis") -> pl.Expr:
    """The column `dose`: `dose_words` of each row."""
    return (
        pl.struct(low, high, basis)
        .map_elements(lambda r: dose_words(r[low], r[high], r[basis]), return_dtype=pl.String)
        .alias("dose")
    )


def joined(column: str) -> pl.Expr:
    """The distinct words of a group in one text, null when there are none."""
    words = pl.col(column).drop_nulls().unique(maintain_order=True)
    return pl.when(words.len() > 0).then(words.str.join("; ")).alias(column)


def route_words(routes: pl.Expr) -> pl.Expr:
    """`Intravenous + Topical`, from keys joined by +; `Not reported` where there is none."""
    labels = load_vocabulary("routes").labels()
    words = (
        routes.str.split("+").list.unique(maintain_order=True).list.eval(pl.element().replace(labels)).list.join(" + ")
    )
    return pl.when(routes.fill_null("") == "").then(pl.lit(NOT_REPORTED)).otherwise(words).alias("route")


def around(name: str) -> pl.Expr:
    """The sentence around the first quote of a group, null where it says no more than the quote."""
    quote, sentence = pl.col("quote").first(), pl.col("sentence").first()
    return pl.when(sentence != quote).then(sentence).alias(name)
