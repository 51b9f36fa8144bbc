"""All doses as total cells: the conversion at a stated body weight, what it hangs on, and a suggested window."""

import polars as pl
from scipy.stats import binomtest

from trialkit.prose import capital, percent, plural, share
from trialkit.summaries.dosing import comparable

SENSITIVITY_KG = (50.0, 80.0)  # light and heavy adults around the reference weight
INTRAVENOUS, OTHER_ROUTES = "Given intravenously", "Other, several or unstated routes"
STATED, CONVERTED = "stated as a total", "per kg, converted"
# Kabat 2020, Stem Cells Transl Med 9:17-27 (PMC6954709): minimal effective dose in 14 of 16 positive intravenous trials.
KABAT_CELLS = (70e6, 190e6)


def convert_to_totals(doses: pl.DataFrame, reference_weight_kg: float) -> pl.DataFrame:
    """`summarise_doses` in total cells: totals as stated, per-kg levels at the reference weight, other bases left out.

    Adds `total_low`, `total_high`; `kind` is `stated as a total` or `per kg, converted`; `light` and `heavy` are the ends at
    50 and 80 kg of a converted level, else null; `panel` parts what is given only intravenously from the rest. Trials
    of children are not converted: no reference weight fits them. Raises ValueError for a weight that is not positive.
    """
    if not reference_weight_kg > 0:
        raise ValueError(
            f"reference_weight_kg: {reference_weight_kg!r} is no body weight; give kilograms above 0, e.g. 70"
        )
    per_kg = pl.col("basis") == "per kg"
    weight = pl.when(per_kg).then(reference_weight_kg).otherwise(1.0)
    light, heavy = SENSITIVITY_KG
    ends = pl.coalesce("low", "high"), pl.coalesce("high", "low")
    return (
        comparable(doses)
        .filter(~(per_kg & pl.col("child")))
        .with_columns(
            (pl.col("low") * weight).alias("total_low"),
            (pl.col("high") * weight).alias("total_high"),
            pl.when(per_kg).then(pl.lit(CONVERTED)).otherwise(pl.lit(STATED)).alias("kind"),
            pl.when(per_kg).then(ends[0] * light).alias("light"),
            pl.when(per_kg).then(ends[1] * heavy).alias("heavy"),
            pl.when(pl.col("intravenous")).then(pl.lit(INTRAVENOUS)).otherwise(pl.lit(OTHER_ROUTES)).alias("panel"),
        )
    )


def tell_totals(totals: pl.DataFrame, doses: pl.DataFrame, reference_weight_kg: float) -> str:
    """What the conversion does at this weight, how far 50 and 80 kg would move it, and who is not converted."""
    converted = totals.filter(pl.col("kind") == CONVERTED)
    if not len(converted):
        return "No dose of this selection had to be converted: none is stated per kg body weight."
    light, heavy = (w / reference_weight_kg - 1 for w in SENSITIVITY_KG)
    children = comparable(doses, "per kg").filter("child")["trial_id"].n_unique()
    words = (
        f"At {reference_weight_kg:g} kg body weight {plural(len(converted), 'per-kg level')} of {plural(converted['trial_id'].n_unique(), 'trial')} "
        f"{'becomes a total' if len(converted) == 1 else 'become totals'}, shown hollow. "
        f"At {SENSITIVITY_KG[0]:g} kg the totals are {abs(light):.0%} {'lower' if light < 0 else 'higher'}, "
        f"at {SENSITIVITY_KG[1]:g} kg {abs(heavy):.0%} {'lower' if heavy < 0 else 'higher'}."
    ).replace("%", " %")
    if children:
        words += f" {capital(plural(children, 'trial'))} of children {'is' if children == 1 else 'are'} not converted."
    return words


def count_inside_window(doses: pl.DataFrame, weight_kg: float) -> pl.DataFrame:
    """kind, inside, trials: intravenous trials with a level that reaches into the suggested window at this weight."""
    low, high = KABAT_CELLS
    reaches = (pl.col("total_low") <= high) & (pl.col("total_high") >= low) & pl.col("bound").is_in(["stated", "range"])
    return (
        convert_to_totals(doses, weight_kg)
        .filter("intravenous")
        .group_by("kind", "trial_id")
        .agg(reaches.fill_null(False).any().alias("inside"))
        .group_by("kind")
        .agg(pl.col("inside").sum().cast(pl.Int64), pl.len().cast(pl.Int64).alias("trials"))
        .sort("kind", descending=True)
    )


def tell_window(doses: pl.DataFrame, reference_weight_kg: float) -> str:
    """How many intravenous trials reach into the suggested window: totals with an exact interval, converted doses at three weights."""
    weights = [reference_weight_kg, *SENSITIVITY_KG]
    at = {w: {kind: (inside, n) for kind, inside, n in count_inside_window(doses, w).iter_rows()} for w in weights}
    here = at[reference_weight_kg]
    if not here:
        return "No intravenous dose can be set against the suggested window."
    low, high = (cells / 1e6 for cells in KABAT_CELLS)
    parts = [f"Kabat 2020 suggested {low:g} to {high:g} million cells per intravenous dose."]
    if STATED in here:
        inside, n = here[STATED]
        ends = binomtest(inside, n).proportion_ci(method="exact")
        parts.append(
            f"Among intravenous trials that state a total, {share(inside, n)} {'reaches' if inside == 1 else 'reach'} into that window "
            f"with a level (exact 95 % interval {percent(ends.low, 0)} to {percent(ends.high, 0)})."
        )
    if CONVERTED in here:
        n, inside = here[CONVERTED][1], [at[w][CONVERTED][0] for w in weights]
        parts.append(
            f"Among intravenous trials that state a dose per kg it depends on the weight assumed: {share(inside[0], n)} would reach into it at "
            f"{weights[0]:g} kg, {inside[1] or 'none'} at {weights[1]:g} kg and {inside[2] or 'none'} at {weights[2]:g} kg."
        )
    return " ".join(
        [*parts, "The window rests on a few trials with good outcomes; being inside it is no sign that a dose works."]
    )
