"""Frame to frame: the comparisons. Pure functions, one module per notebook.

What they share is here: the words under which trials are compared. A trial with two tissues stands under "Several
tissues", never twice; a trial without one stands under "Not reported", never nowhere.
"""

import polars as pl

from trialkit.frames import Frames
from trialkit.schema import FACTS
from trialkit.vocabulary import load_vocabulary

SOURCE_GROUPS = {
    "umbilical_cord": "Umbilical cord",
    "cord_blood": "Cord blood",
    "amnion": "Amnion",
    "amniotic_fluid": "Amnion",
    "placenta": "Placenta",
    "adipose": "Adipose",
    "bone_marrow": "Bone marrow",
    "dental": "Dental",
}
DONOR_LABELS = {"allogeneic": "Allogeneic", "autologous": "Autologous", "both": "Both", "not_reported": "Not reported"}
NOT_REPORTED = "Not reported"


def source_group() -> pl.Expr:
    """The tissue of a trial as one word for axes and colours, from `cell_source`."""
    tissues = pl.col("cell_source").cast(pl.List(pl.String))
    one = tissues.list.first().replace_strict(SOURCE_GROUPS, default="Other tissue")
    return (
        pl.when(tissues.list.len() == 0)
        .then(pl.lit(NOT_REPORTED))
        .when(tissues.list.len() > 1)
        .then(pl.lit("Several tissues"))
        .otherwise(one)
        .alias("source")
    )


def donor_label() -> pl.Expr:
    """The donor as stated, in words."""
    return pl.col("donor").cast(pl.String).replace_strict(DONOR_LABELS).alias("donor")


def condition_label() -> pl.Expr:
    """The short label of the condition group; `Other condition` where none is recognised."""
    labels = {key: short_label(key) for key in load_vocabulary("conditions").keys}
    return (
        pl.col("condition_group")
        .cast(pl.String)
        .replace_strict(labels, default="Other condition")
        .fill_null("Other condition")
        .alias("condition")
    )


def short_label(group: str) -> str:
    """How a condition group is written on axes and in tables: its `short` name where the label is long."""
    entry = load_vocabulary("conditions").entries[group]
    return entry.more.get("short", entry.label)


def phase_label() -> pl.Expr:
    """`Phase 1/2` for a combined phase, `Not reported` where the source has none, `Not applicable` for NA."""
    digits = pl.col("phases").list.eval(pl.element().str.extract(r"(\d)")).list.drop_nulls().list.sort().list.join("/")
    return (
        pl.when(pl.col("phases").list.len() == 0)
        .then(pl.lit(NOT_REPORTED))
        .when(digits == "")
        .then(pl.lit("Not applicable"))
        .otherwise(pl.lit("Phase ") + digits)
        .alias("phase")
    )


def label_trials(frames: Frames) -> pl.DataFrame:
    """One row per trial in words for reading: trial_id, url, title, condition, source, donor, phase, status, year, n.

    `n` is the registered enrolment and `n_kind` says `actual`, `planned` or `not told which`; missing stays null.
    """
    kind = {"actual": "actual", "estimated": "planned"}
    return frames.trials.select(
        "trial_id",
        "url",
        pl.col("public_title").alias("title"),
        condition_label(),
        source_group(),
        donor_label(),
        phase_label(),
        pl.col("overall_status").str.replace_all("_", " ").fill_null("not reported").alias("status"),
        pl.col("start_date").dt.year().alias("year"),
        pl.col("enrollment_count").alias("n"),
        pl.when(pl.col("enrollment_count").is_not_null())
        .then(
            pl.col("enrollment_type")
            .cast(pl.String)
            .replace_strict(kind, default="not told which")
            .fill_null("not told which")
        )
        .alias("n_kind"),
    ).sort("trial_id")


def fact_label() -> pl.Expr:
    """`Cell source` for `cell_source`."""
    words = pl.col("fact").str.replace_all("_", " ")
    return (words.str.slice(0, 1).str.to_uppercase() + words.str.slice(1)).alias("fact_label")


def count_status(frames: Frames, facts: list[str] | None = None) -> pl.DataFrame:
    """fact, status, n, share: how many trials report each fact. Facts in the order given, statuses in fixed order."""
    labels = {
        "reported": "Reported",
        "conflicting": "Conflicting",
        "unparsed": "Unread cue",
        "not_reported": "Not reported",
    }
    status = frames.fact_status.select(
        pl.col("fact").cast(pl.String), pl.col("status").cast(pl.String).replace_strict(labels)
    )
    wanted = facts or FACTS
    grid = pl.DataFrame({"fact": wanted}, schema={"fact": pl.String}).join(
        pl.DataFrame({"status": list(labels.values())}), how="cross"
    )
    counts = status.group_by("fact", "status").len("n")
    total = max(len(frames.trials), 1)
    return (
        grid.join(counts, on=["fact", "status"], how="left", maintain_order="left")
        .with_columns(pl.col("n").fill_null(0).cast(pl.Int64))
        .with_columns((pl.col("n") / total).alias("share"), fact_label())
    )
