"""What is reported and what is not: facts, conditions, start years, and the DOSES items of cell-therapy reporting."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, listing, plural, share
from trialkit.schema import FACTS
from trialkit.summaries import DONOR_LABELS, condition_label, label_trials
from trialkit.vocabulary import load_vocabulary

FACT_LABELS = {
    "enrollment": "Enrolment",
    "arm_sizes": "Arm sizes",
    "product_class": "Product class",
    "cell_source": "Cell source",
    "donor": "Donor",
    "separation": "Separation",
    "route": "Route",
    "dose": "Dose",
    "schedule": "Schedule",
    "endpoints": "Outcomes",
    "time_frames": "Time frames",
    "eligibility": "Eligibility",
}
STATUS_LABELS = {
    "reported": "Reported",
    "conflicting": "Conflicting",
    "unparsed": "Unread cue",
    "not_reported": "Not reported",
}
DOSES_ITEMS = ["Donor", "Origin tissue", "Separation", "Characteristics", "Site of delivery"]
SCORED_ITEMS = ["Donor", "Origin tissue", "Separation", "Site of delivery"]  # the fifth is not read, see doses_items
NOT_READ = "Not read yet"
OTHER_GROUPS = "All smaller groups"


def label_status(frames: Frames) -> pl.DataFrame:
    """trial_id, fact, fact_label, status (in words), stated: one row per trial and fact.

    `stated` is true for reported and conflicting: the record says something, be it twice and differently.
    """
    return frames.fact_status.select(
        "trial_id",
        pl.col("fact").cast(pl.String),
        pl.col("fact").cast(pl.String).replace_strict(FACT_LABELS).alias("fact_label"),
        pl.col("status").cast(pl.String).replace_strict(STATUS_LABELS).alias("status"),
        pl.col("status").cast(pl.String).is_in(["reported", "conflicting"]).alias("stated"),
    )


def order_facts(frames: Frames) -> list[str]:
    """All facts, the most often stated first; equal ones in the order of the schema."""
    counts = dict(label_status(frames).group_by("fact").agg(pl.col("stated").sum()).iter_rows())
    return sorted(FACTS, key=lambda fact: (-counts.get(fact, 0), FACTS.index(fact)))


def count_by_condition(frames: Frames, groups: int = 25) -> pl.DataFrame:
    """condition, fact, n, total, share: how many of the `total` trials of a condition state each fact.

    The `groups` conditions with the most trials (ties by name) stand alone, the rest share the last row, so that none is hidden.
    """
    trials = frames.trials.select("trial_id", condition_label())
    sizes = trials.group_by("condition").len().sort(["len", "condition"], descending=[True, False])
    large = sizes["condition"].to_list()
    if len(large) > groups:
        large = large[:groups]
        trials = trials.with_columns(
            pl.when(pl.col("condition").is_in(large))
            .then("condition")
            .otherwise(pl.lit(OTHER_GROUPS))
            .alias("condition")
        )
        large = [*large, OTHER_GROUPS]
    counts = (
        label_status(frames)
        .join(trials, on="trial_id")
        .group_by("condition", "fact", "fact_label")
        .agg(pl.col("stated").sum().cast(pl.Int64).alias("n"), pl.len().cast(pl.Int64).alias("total"))
        .with_columns((pl.col("n") / pl.col("total")).alias("share"))
    )
    order_c, order_f = {c: i for i, c in enumerate(large)}, {f: i for i, f in enumerate(order_facts(frames))}
    return counts.sort(
        pl.col("condition").replace_strict(order_c, default=0), pl.col("fact").replace_strict(order_f, default=0)
    )


def doses_items(frames: Frames) -> pl.DataFrame:
    """trial_id, title, url, condition, item, status, value, quote: the five DOSES items of every trial, in DOSES order.

    Donor, origin tissue, separation and site of delivery (route) are read in every record. The words of the cells'
    characteristics are `Not read yet`: not scored, because an unread item is not a missing one.
    Reference: Murray et al. 2019, doi 10.2106/JBJS.18.00915.
    """
    tissues, routes = load_vocabulary("cell_sources").labels(), load_vocabulary("routes").labels()
    trials = frames.trials.select(
        "trial_id", "url", pl.col("public_title").alias("title"), condition_label(),
        pl.when(pl.col("donor").cast(pl.String) != "not_reported").then(pl.col("donor").cast(pl.String).replace_strict(DONOR_LABELS)).alias("Donor"),
        _words("cell_source", tissues).alias("Origin tissue"),
        _words("routes", routes).alias("Site of delivery"),
    ).join(
        frames.cell_products.with_columns(pl.col("separation").cast(pl.String).replace_strict(load_vocabulary("separation_methods").labels(), default=None))
        .group_by("trial_id").agg(pl.col("separation").drop_nulls().unique().sort().str.join(", ").alias("Separation")),
        on="trial_id", how="left",
    ).with_columns(pl.col("Separation").replace("", None), pl.lit(None, pl.String).alias("Characteristics"))  # fmt: skip
    items = trials.unpivot(
        DOSES_ITEMS, index=["trial_id", "title", "url", "condition"], variable_name="item", value_name="value"
    )
    facts = {"Donor": "donor", "Origin tissue": "cell_source", "Separation": "separation", "Site of delivery": "route"}
    columns = facts | {"Site of delivery": "routes"}
    status = label_status(frames).select("trial_id", "fact", "status")
    quotes = (
        frames.evidence.filter(pl.col("frame").is_in(["trials", "cell_products"]) & pl.col("column").is_in(list(columns.values())))
        .group_by("trial_id", "column").agg(pl.col("quote").first())
    )  # fmt: skip
    return (
        items.with_columns(pl.col("item").replace_strict(facts, default=None).alias("fact"), pl.col("item").replace_strict(columns, default=None).alias("column"))
        .join(status, on=["trial_id", "fact"], how="left")
        .join(quotes, on=["trial_id", "column"], how="left")
        .with_columns(
            pl.when(pl.col("item").is_in(SCORED_ITEMS))
            .then(pl.when(pl.col("value").is_null()).then(pl.col("status").fill_null("Not reported")).otherwise(pl.coalesce(pl.col("status"), pl.lit("Reported"))))
            .when(pl.col("value").is_not_null()).then(pl.lit("Reported"))
            .otherwise(pl.lit(NOT_READ)).alias("status")
        )
        .sort("condition", "trial_id", pl.col("item").replace_strict({item: n for n, item in enumerate(DOSES_ITEMS)}))
        .select("trial_id", "title", "url", "condition", "item", "status", "value", "quote")
    )  # fmt: skip


def _words(column: str, labels: dict[str, str]) -> pl.Expr:
    listed = (
        pl.col(column)
        .cast(pl.List(pl.String))
        .list.eval(pl.element().replace_strict(labels, default=pl.element()))
        .list.join(", ")
    )
    return pl.when(pl.col(column).list.len() > 0).then(listed)


def count_doses_by_condition(frames: Frames, groups: int = 25) -> pl.DataFrame:
    """condition, item, n, total, share: how many trials of a condition state each DOSES item; null share where not read."""
    items = doses_items(frames)
    sizes = (
        frames.trials.select(condition_label())
        .group_by("condition")
        .len()
        .sort(["len", "condition"], descending=[True, False])
    )
    large = sizes["condition"].head(groups).to_list()
    order = {name: n for n, name in enumerate([*large, OTHER_GROUPS])}
    return (
        items.with_columns(pl.when(pl.col("condition").is_in(large)).then("condition").otherwise(pl.lit(OTHER_GROUPS)).alias("condition"))
        .group_by("condition", "item")
        .agg(pl.col("value").is_not_null().sum().cast(pl.Int64).alias("n"), pl.len().cast(pl.Int64).alias("total"))
        .with_columns(pl.when(pl.col("item").is_in(SCORED_ITEMS)).then(pl.col("n") / pl.col("total")).alias("share"))
        .sort(pl.col("condition").replace_strict(order, default=0), pl.col("item").replace_strict({item: n for n, item in enumerate(DOSES_ITEMS)}))
    )  # fmt: skip


def count_doses(frames: Frames) -> pl.DataFrame:
    """items, n, total: trials by the number of DOSES items stated, of the four that are read; every number has a row."""
    per_trial = (
        doses_items(frames)
        .group_by("trial_id")
        .agg((pl.col("item").is_in(SCORED_ITEMS) & pl.col("value").is_not_null()).sum().cast(pl.Int64).alias("items"))
    )
    grid = pl.DataFrame({"items": list(range(len(SCORED_ITEMS) + 1))})
    counts = per_trial.group_by("items").len("n")
    return grid.join(counts, on="items", how="left", maintain_order="left").with_columns(
        pl.col("n").fill_null(0).cast(pl.Int64), pl.lit(len(frames.trials), pl.Int64).alias("total")
    )


def list_unread(frames: Frames) -> pl.DataFrame:
    """trial_id, title, fact, url: where words of the kind are there and no value was read; by fact, then trial."""
    unread = label_status(frames).filter(pl.col("status") == "Unread cue")
    return (
        unread.join(label_trials(frames).select("trial_id", "title", "url"), on="trial_id")
        .sort("fact_label", "trial_id")
        .select("trial_id", "title", pl.col("fact_label").alias("fact"), "url")
    )


def tell_facts(frames: Frames) -> str:
    """What is reported least, the unread cues and the conflicts, in words."""
    total = len(frames.trials)
    if not total:
        return "No trial fits the selection. Widen the parameters and run the report again."
    counts = label_status(frames).group_by("fact").agg(pl.col("stated").sum(), (pl.col("status") == "Unread cue").sum().alias("unread"), (pl.col("status") == "Conflicting").sum().alias("conflict"))  # fmt: skip
    stated = dict(counts.select("fact", "stated").iter_rows())
    rare = [f for f in reversed(order_facts(frames)) if stated.get(f, 0) < total][:4]
    if not rare:
        return f"{plural(total, 'trial')}; every fact is stated by all of them."
    parts = [f"{FACT_LABELS[f].lower()} by {share(stated.get(f, 0), total)}" for f in rare]
    tail = []
    if unread := int(counts["unread"].sum()):
        tail.append(
            f"{plural(unread, 'value')} {'has' if unread == 1 else 'have'} words in the record that were not turned into a value"
        )
    if conflict := int(counts["conflict"].sum()):
        tail.append(f"{plural(conflict, 'value')} {'is' if conflict == 1 else 'are'} contradicted inside the record")
    return f"{plural(total, 'trial')}. Stated least often: {listing(parts)}." + (
        f" {capital('; '.join(tail))}." if tail else ""
    )


def tell_doses(frames: Frames) -> str:
    """How many trials state all four items that are read, and which item is missing most."""
    total = len(frames.trials)
    if not total:
        return ""
    scores = dict(count_doses(frames).select("items", "n").iter_rows())
    full, none = scores[len(SCORED_ITEMS)], scores[0]
    items = (
        doses_items(frames)
        .filter(pl.col("item").is_in(SCORED_ITEMS))
        .group_by("item")
        .agg(pl.col("value").is_null().sum().alias("n"))
    )
    worst = items.sort(["n", "item"], descending=[True, False]).row(0)
    lacking = f" The item missing most is {worst[0].lower()}, absent from {share(worst[1], total)}." if worst[1] else ""
    return f"{capital(share(full, total))} {'states' if full == 1 else 'state'} donor, origin tissue, separation and site of delivery; {share(none, total)} {'states' if none == 1 else 'state'} none of the four.{lacking}"


def headlines(frames: Frames) -> list[dict[str, str]]:
    """The key numbers of this report for its top and the index."""
    total, stated = len(frames.trials), label_status(frames)
    late = frames.conflicts.filter(pl.col("column") != "first_posted_date")["trial_id"].n_unique()
    dose = int(stated.filter(pl.col("fact") == "dose")["stated"].sum())
    scores = count_doses(frames)
    full = int(scores.filter(pl.col("items") == len(SCORED_ITEMS))["n"].sum())
    return [
        {"label": "state a dose", "value": share(dose, total)},
        {
            "label": "state donor, tissue, separation and route",
            "value": share(full, total),
        },
        {"label": "contradict themselves", "value": share(late, total)},
    ]
