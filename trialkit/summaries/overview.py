"""What is in the data: the flow of records, the gap map, and one row per trial."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import listing, plural, share
from trialkit.summaries import NOT_REPORTED, label_trials, short_label
from trialkit.vocabulary import load_vocabulary

# What a trial is counted under when it gives no MSC, in this order.
PRODUCT_STEPS = {
    "engineered": "with cells engineered or differentiated from MSC",
    "msc_derived": "with vesicles or secretome of MSC, no cells",
    "svf": "with an uncultured stromal vascular fraction",
    "mnc": "with mononuclear cells or marrow concentrate",
    "hsc": "with haematopoietic stem cells",
    "other_cell": "with other cells",
    "none": "with no cell product named",
}


def count_flow(frames: Frames) -> pl.DataFrame:
    """step, n, note: from the input records to the trials with a cell product shown here, in that order.

    Counts come from the ledger and the selected trials, so what fell out stands in a row of its own.
    """
    outcome = dict(frames.ledger.group_by(pl.col("outcome").cast(pl.String)).len().iter_rows())
    parsed, duplicate, rejected = (outcome.get(k, 0) for k in ("parsed", "duplicate", "rejected"))
    left_out = outcome.get("not_selected", 0)
    by_product = _count_products(frames)
    rows = [
        ("Records received", len(frames.ledger), "every record of every input file"),
        ("Not readable", rejected, "rejected with a reason, listed in the reporting-quality report"),
        *[("Not selected", left_out, "no word of what `trialkit build --select` asked for; read no further")]
        * bool(left_out),
        ("Second record of a trial", duplicate, "kept in the ledger and linked, not counted twice"),
        ("Trials read", parsed, "one row a trial"),
        ("Outside the selection", parsed - len(frames.trials), "dropped by the parameters of this report"),
        ("Trials shown", len(frames.trials), "what this report describes"),
        (
            "… with mesenchymal stromal cells",
            by_product.pop("msc", 0),
            "cell product named as MSC, alone or with others",
        ),
        *((f"… {PRODUCT_STEPS[name]}", n, "kept here, not counted as MSC") for name, n in by_product.items()),
    ]
    return pl.DataFrame(rows, schema={"step": pl.String, "n": pl.Int64, "note": pl.String}, orient="row")


def _count_products(frames: Frames) -> dict[str, int]:
    """Product class -> trials, every trial once: with MSC where it names them, else with the first other class; all shown."""
    classes = frames.trials.select(pl.col("product_class").cast(pl.List(pl.String)))["product_class"].to_list()
    first = [
        "msc" if "msc" in found else next((name for name in PRODUCT_STEPS if name in found), "none")
        for found in classes
    ]
    return {name: first.count(name) for name in ("msc", *PRODUCT_STEPS) if name == "msc" or name in first}


def count_gap_map(frames: Frames) -> pl.DataFrame:
    """condition, source, n, participants, controlled, trials: one row per cell of the map that holds a trial.

    `participants` is the sum of actual enrolments only (planned ones are never added to them); `controlled` counts
    trials compared with placebo, sham, no treatment, standard of care or another treatment.
    """
    control = frames.trials.select("trial_id", pl.col("control_type").cast(pl.String))
    against = ["placebo", "sham", "no_treatment", "standard_of_care", "active"]
    return (
        label_trials(frames)
        .join(control, on="trial_id")
        .group_by("condition", "source")
        .agg(
            pl.len().cast(pl.Int64).alias("n"),
            pl.col("n").filter(pl.col("n_kind") == "actual").sum().alias("participants"),
            pl.col("control_type").is_in(against).sum().cast(pl.Int64).alias("controlled"),
            pl.col("trial_id").sort().str.join(", ").alias("trials"),
        )
        .sort("condition", "source")
    )


def order_conditions(frames: Frames) -> list[str]:
    """Condition labels of the selection, rheumatic and autoimmune first, then by number of trials, then by name."""
    groups = load_vocabulary("conditions").entries
    family = {short_label(key): entry.more.get("family", "other") for key, entry in groups.items()}
    rank = {"rheumatic_autoimmune": 0, "other_immune": 1}
    counts = label_trials(frames).group_by("condition").len()
    return [
        c for c, _ in sorted(counts.iter_rows(), key=lambda row: (rank.get(family.get(row[0], ""), 2), -row[1], row[0]))
    ]


def tell_overview(frames: Frames) -> str:
    """The first sentence of the overview."""
    trials = label_trials(frames)
    if not len(trials):
        return "No trial fits the selection. Widen the parameters and run the report again."
    top = trials.group_by("condition").len().sort(["len", "condition"], descending=[True, False]).head(3)
    named = listing([f"{name} ({n})" for name, n in top.iter_rows()])
    years = trials["year"].drop_nulls()
    when = (
        f" They started between {years.min()} and {years.max()}." if len(years) and years.min() != years.max() else ""
    )
    return f"{plural(len(trials), 'trial')} in {plural(trials['condition'].n_unique(), 'condition group')}; most are in {named}.{when}"


def tell_gaps(frames: Frames) -> str:
    """How many cells of the condition × source map are empty, and what stands unreported."""
    cells = count_gap_map(frames)
    if not len(cells):
        return "There is nothing to map."
    conditions, sources = (
        cells["condition"].n_unique(),
        cells.filter(pl.col("source") != NOT_REPORTED)["source"].n_unique(),
    )
    filled = len(cells.filter(pl.col("source") != NOT_REPORTED))
    missing = cells.filter(pl.col("source") == NOT_REPORTED)["n"].sum()
    total = cells["n"].sum()
    empty = conditions * sources - filled
    return (
        f"{share(empty, conditions * sources)} combinations of a condition and a tissue {'has' if empty == 1 else 'have'} "
        f"no trial here. {share(missing, total)} of the trials {'names' if missing == 1 else 'name'} no tissue."
    )


def list_trials(frames: Frames) -> pl.DataFrame:
    """The table of trials: id, title, condition, source, donor, dose, n, phase, status, year, url; sorted by condition and id."""
    doses = (
        frames.evidence.filter((pl.col("frame") == "regimens") & (pl.col("column") == "dose"))
        .group_by("trial_id", maintain_order=True)
        .agg(pl.col("quote").unique(maintain_order=True).head(3).str.join("; ").alias("dose as written"))
    )
    trials = label_trials(frames).join(doses, on="trial_id", how="left").sort("condition", "trial_id")
    n = pl.when(pl.col("n").is_not_null()).then(pl.col("n").cast(pl.String) + " " + pl.col("n_kind"))
    return trials.select(
        "trial_id", "title", "condition", pl.col("source").alias("cell source"), "donor", "dose as written",
        n.alias("enrolment"), "phase", "status", pl.col("year").cast(pl.String).alias("start"), "url",
    )  # fmt: skip


def list_sources(frames: Frames) -> pl.DataFrame:
    """Register, data version, records, format, terms and caution of every snapshot behind the frames."""
    keys = ["register", "data_version", "records", "format", "wording", "terms", "caution"]
    rows = [{key: source.get(key) for key in keys} for source in frames.meta.get("sources", [])]
    return pl.DataFrame(rows, schema={k: pl.Int64 if k == "records" else pl.String for k in keys})


def headlines(frames: Frames) -> list[dict[str, str]]:
    """The key numbers of the overview for the top of its report."""
    trials = label_trials(frames)
    named = trials.filter(pl.col("source") != NOT_REPORTED)
    return [
        {"label": "trials", "value": str(len(trials))},
        {"label": "condition groups", "value": str(trials["condition"].n_unique())},
        {"label": "name a cell source", "value": share(len(named), len(trials))},
    ]
