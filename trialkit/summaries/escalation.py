"""Trials with several dose levels: their ladders, what says that the dose is raised, and what a 3+3 design does.

A ladder is two levels or more of one trial and product on one basis (per kg or total) and one route. Levels side by side are not
yet an escalation: `design` says what the record tells of it.
"""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import listing, percent, plural, share
from trialkit.summaries import NOT_REPORTED
from trialkit.summaries.dose_columns import BASES
from trialkit.summaries.dosing import comparable, summarise_doses
from trialkit.summaries.safety import list_harms, window_words
from trialkit.vocabulary import load_vocabulary

DESIGNS = ["Escalation named", "Sequential groups", "Randomised levels", "Not told"]
TRUE_RATES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
_LADDER = ["trial_id", "basis", "route", "product"]


def find_words(frames: Frames) -> pl.DataFrame:
    """What a trial says of its escalation: trial_id, key (of `escalation.toml`), words, place; one row a trial and key.

    Looked for in titles, arms and the measures of outcomes, in this order; the first place stands.
    """
    titles = frames.trials.unpivot(["public_title", "scientific_title"], index="trial_id", value_name="text")
    arms = frames.arms.unpivot(["label", "description"], index="trial_id", value_name="text")
    outcomes = frames.endpoints.select("trial_id", pl.col("measure").alias("text"))
    texts = [t.select("trial_id", "text", pl.lit(place).alias("place")) for t, place in ((titles, "title"), (arms, "arm"), (outcomes, "outcome"))]  # fmt: skip
    vocabulary = load_vocabulary("escalation")
    rows = [
        (trial, hit.key, text[hit.start : hit.end], place)
        for trial, text, place in pl.concat(texts).drop_nulls("text").iter_rows()
        for hit in vocabulary.find(text)
    ]
    schema = {"trial_id": pl.String, "key": pl.String, "words": pl.String, "place": pl.String}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return found.unique(["trial_id", "key"], keep="first", maintain_order=True).sort("trial_id", "key")


def list_levels(frames: Frames) -> pl.DataFrame:
    """One row per level of every ladder, lowest first: the columns of `summarise_doses` with

    level (1 is the lowest), levels, cells (the dose; of a range its middle), step (times the level below; null for the
    first), n (patients where the record gives the size of an arm that has this level alone), order ("as written" is
    rising, falling or mixed) and design. "Up to" and "at least" are no levels, nor is a range that holds another level.
    """
    doses = comparable(summarise_doses(frames)).filter(pl.col("bound").is_in(["stated", "range"]))
    doses = doses.join(_products(frames), on=["trial_id", "basis", "low", "high"], how="left")
    doses = doses.with_columns(_the_only("route"), _the_only("product"))
    groups = doses.sort(*_LADDER, "low", "high").partition_by(_LADDER, maintain_order=True)
    kept = pl.concat([doses.clear(), *map(_drop_overlaps, groups)])
    size = pl.len().over(_LADDER)
    ladders = kept.with_columns(((pl.col("low") + pl.col("high")) / 2).alias("cells"), size.cast(pl.Int64).alias("levels")).filter(pl.col("levels") > 1)  # fmt: skip
    return (
        ladders.join(_written_order(frames), on=["trial_id", "basis"], how="left")
        .join(_patients(frames), on=["trial_id", "basis", "low", "high"], how="left")
        .join(tell_design(frames), on="trial_id", how="left")
        .with_columns(
            (pl.int_range(pl.len()).over(_LADDER) + 1).alias("level"),
            (pl.col("cells") / pl.col("cells").shift(1).over(_LADDER)).alias("step"),
        )
    )


def _the_only(column: str) -> pl.Expr:
    """Where a level does not report it, what the other levels of the trial on this basis report alike."""
    known = pl.when(pl.col(column) != NOT_REPORTED).then(column)
    alike = (
        known.n_unique().over("trial_id", "basis") - known.is_null().any().over("trial_id", "basis").cast(pl.UInt32)
        == 1
    )
    return pl.when(alike).then(known.max().over("trial_id", "basis")).otherwise(column).alias(column)


def _products(frames: Frames) -> pl.DataFrame:
    """trial_id, basis, low, high, product: the class of the product that is given at each dose."""
    classes = pl.col("product_class").cast(pl.String).drop_nulls().unique().sort().str.join("+")
    product = pl.when(classes == "").then(pl.lit(NOT_REPORTED)).otherwise(classes)
    return _with_basis(frames.regimens).group_by("trial_id", "basis", "low", "high").agg(product.alias("product"))


def _with_basis(regimens: pl.DataFrame) -> pl.DataFrame:
    """Regimens with a dose per kg or total: `basis` in words, `low` and `high`."""
    basis = pl.col("dose_basis").cast(pl.String).replace_strict(BASES, return_dtype=pl.String, default=None)
    named = regimens.with_columns(
        basis.alias("basis"), pl.col("dose_low").alias("low"), pl.col("dose_high").alias("high")
    )
    return named.filter(pl.col("basis").is_in(["per kg", "total"]) & pl.col("low").is_not_null())


def _drop_overlaps(ladder: pl.DataFrame) -> pl.DataFrame:
    """Without a range that holds a level: "1 to 2" and "2" are two readings of one dose, "1 to 2" and "2 to 4" are two."""
    spans = ladder.select("low", "high").rows()
    stated = [low for low, high in spans if low == high]
    held = [low < high and any(low <= dose <= high for dose in stated) for low, high in spans]
    return ladder.filter(~pl.Series(held, dtype=pl.Boolean))


def _written_order(frames: Frames) -> pl.DataFrame:
    """trial_id, basis, order: whether the doses of a trial rise, fall or do neither in the order they are written."""
    steps = pl.col("low").unique(maintain_order=True).diff().drop_nulls()
    falling = pl.when((steps < 0).all()).then(pl.lit("falling")).otherwise(pl.lit("mixed"))
    order = pl.when((steps > 0).all()).then(pl.lit("rising")).otherwise(falling)
    return _with_basis(frames.regimens).group_by("trial_id", "basis", maintain_order=True).agg(order.alias("order"))


def _patients(frames: Frames) -> pl.DataFrame:
    """trial_id, basis, low, high, n: sizes of the arms that have one dose only, summed over the arms of a dose."""
    keys = ["trial_id", "arm"]
    doses = _with_basis(frames.regimens).drop_nulls("arm").select(*keys, "basis", "low", "high").unique()
    alone = doses.filter(pl.len().over(keys) == 1)
    arms = frames.arms.filter(pl.len().over("trial_id", "label") == 1).drop_nulls("n")
    sizes = arms.select("trial_id", pl.col("label").alias("arm"), "n")
    return alone.join(sizes, on=keys).group_by("trial_id", "basis", "low", "high").agg(pl.col("n").sum())


def tell_design(frames: Frames) -> pl.DataFrame:
    """trial_id, design (one of DESIGNS), said: what the record tells of how its levels follow each other.

    Escalation is named by a word for it or for a 3+3 or model-based design, or by an outcome on dose-limiting toxicity;
    `said` are those words. Else the model and the allocation of the register speak.
    """
    named = find_words(frames).filter(pl.col("key") != "dose_finding").select("trial_id", "words", "place")
    limits = list_harms(frames).filter(pl.col("group") == "dose_limiting").select("trial_id", "words", pl.lit("outcome").alias("place"))  # fmt: skip
    said = pl.concat([named, limits]).select("trial_id", pl.format("{} ({})", "words", "place").alias("said"))
    said = said.group_by("trial_id", maintain_order=True).agg(pl.col("said").unique(maintain_order=True).str.join("; "))
    design = (
        pl.when(pl.col("said").is_not_null())
        .then(pl.lit(DESIGNS[0]))
        .when(pl.col("intervention_model") == "sequential")
        .then(pl.lit(DESIGNS[1]))
        .when(pl.col("allocation") == "randomized")
        .then(pl.lit(DESIGNS[2]))
        .otherwise(pl.lit(DESIGNS[3]))
    )
    return frames.trials.join(said, on="trial_id", how="left").select("trial_id", design.alias("design"), "said")


def table_ladders(frames: Frames, levels: pl.DataFrame) -> pl.DataFrame:
    """One row a ladder for reading: trial, condition, route, levels, largest step, patients, how raised, words, window, url.

    `levels` is `list_levels`. The window is that of the outcome on dose-limiting toxicity.
    """
    limits = (
        list_harms(frames).filter(pl.col("group") == "dose_limiting").group_by("trial_id").agg(pl.col("days").max())
    )
    window = pl.col("days").map_elements(window_words, return_dtype=pl.String)
    n = pl.col("n").cast(pl.String).fill_null("?").str.join(", ")
    return (
        levels.group_by("trial_id", "condition", *_LADDER[1:], "design", "said", "order", "url", maintain_order=True)
        .agg(
            "dose",
            pl.col("step").max().alias("step"),
            pl.when(pl.col("n").is_not_null().any()).then(n).alias("patients"),
        )
        .join(limits, on="trial_id", how="left")
        .sort("condition", "trial_id", "basis")
        .select(
            "trial_id",
            "condition",
            "route",
            pl.col("dose").map_elements(_joined, return_dtype=pl.String).alias("levels"),
            pl.format("× {}", pl.col("step").round_sig_figs(3).cast(pl.String).str.strip_suffix(".0")).alias("largest step"),
            "patients",
            pl.col("design").str.to_lowercase().alias("how raised"),
            pl.col("said").alias("words"),
            window.alias("window for dose-limiting events"),
            pl.when(pl.col("order") == "mixed").then(pl.lit("levels not in order as written")).alias("remark"),
            "url",
        )
    )  # fmt: skip


def _joined(doses: pl.Series) -> str:
    """`1 → 2 → 5 million per kg`: the unit once where all levels share it."""
    numbers, units = zip(*(dose.split(" ", 1) for dose in doses), strict=True)
    plain = len(set(units)) == 1 and not units[0].startswith("to ")
    return f"{' → '.join(numbers)} {units[0]}" if plain else " → ".join(doses)


def tell_ladders(frames: Frames, levels: pl.DataFrame) -> str:
    """Sentences: how many trials have a ladder, how many name an escalation or 3+3, and the usual step."""
    if not len(frames.trials):
        return "No trial fits the selection."
    keys = find_words(frames)
    trials = levels.unique("trial_id")
    design = tell_design(frames)
    named = design.filter(pl.col("design") == DESIGNS[0])
    both = int(trials["trial_id"].is_in(named["trial_id"].implode()).sum())
    classic = int((keys["key"] == "three_plus_three").sum())
    words = [
        f"Trials that name an escalation or an outcome on dose-limiting toxicity: {share(len(named), len(design))}; {plural(classic, 'trial')} {'names' if classic == 1 else 'name'} a 3+3 design in a title, an arm or an outcome.",
        f"Trials with two dose levels or more of one product on one basis and route: {share(len(trials), len(design))}, {both} of them among those.",
    ]  # fmt: skip
    steps = levels["step"].drop_nulls()
    if len(steps):
        ends = [steps.quantile(q) for q in (0.25, 0.75)]
        spread = f" (quartiles {ends[0]:.2g} and {ends[1]:.2g})" if len(steps) >= 5 else ""
        known = levels.filter(pl.col("n").is_not_null())["trial_id"].n_unique()
        words.append(f"A step multiplies the dose by {steps.median():.2g} in the middle{spread}; patients per level are told for {plural(known, 'trial')}.")  # fmt: skip
    rest = trials.group_by("design").len().filter(pl.col("design") != DESIGNS[0])
    if len(rest):
        order = {name: n for n, name in enumerate(DESIGNS)}
        told = [f"{d.lower()} ({n})" for d, n in sorted(rest.iter_rows(), key=lambda row: order[row[0]])]
        words.append(f"The others: {listing(told)}.")
    return " ".join(words)


def three_plus_three(rates: list[float]) -> pl.DataFrame:
    """What the classic rule does at one level, for true rates of dose-limiting events: rate, clean, adds, past, patients.

    Three patients: none with an event, go up; one, treat three more and go up if none of these has one; else stop.
    `clean` is the chance of none in three, `adds` of treating three more, `past` of going up, `patients` the expected
    number at the level. Exact. Source: Storer 1989, Biometrics 45:925.
    """
    rows = []
    for p in rates:
        clean, adds = (1 - p) ** 3, 3 * p * (1 - p) ** 2
        rows.append((p, clean, adds, clean + adds * (1 - p) ** 3, 3 + 3 * adds))
    columns = ["rate", "clean", "adds", "past", "patients"]
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Float64), orient="row")


def table_three_plus_three() -> pl.DataFrame:
    """`three_plus_three` of TRUE_RATES for reading."""
    titles = {"rate": "true rate of dose-limiting events", "clean": "no event in the first three", "adds": "three more treated", "past": "goes past the level"}  # fmt: skip
    words = [
        pl.col(c).map_elements(lambda p, d=0 if c == "rate" else 1: percent(p, d), return_dtype=pl.String).alias(t)
        for c, t in titles.items()
    ]
    return three_plus_three(TRUE_RATES).select(*words, pl.col("patients").alias("expected patients at the level"))


def tell_three_plus_three() -> str:
    """One sentence: how often the rule goes past a level at which a fifth or a half of patients have an event."""
    fifth, half = three_plus_three([0.2, 0.5])["past"]
    return f"A level at which one patient in five has a dose-limiting event is passed with a probability of {percent(fifth, 0)}, and one at which every second has one still with {percent(half, 0)}."
