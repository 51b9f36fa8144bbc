"""What changed between two states of the same trials, counted, told and tabulated."""

import polars as pl

from trialkit.changes import KINDS, compare_frames, count_compared
from trialkit.frames import Frames
from trialkit.prose import capital, listing, plural, share

_LABELS = {
    "new": "New trial", "gone": "No longer there", "status": "Recruitment status", "enrollment": "Enrolment", "date": "Dates",
    "outcome": "Outcomes", "arm": "Arms", "dose": "Doses and schedules", "other": "Other fields",
}  # fmt: skip
_FIELDS = {
    "overall_status": "recruitment status", "enrollment_count": "enrolment", "start_date": "start",
    "primary_completion_date": "primary completion", "completion_date": "completion", "n_administrations": "administrations",
    "minimum_age_years": "lowest age", "maximum_age_years": "highest age", "lead_sponsor": "lead sponsor", "n_sites": "sites",
    "has_results": "results posted", "public_title": "title", "study_type": "study type",
}  # fmt: skip
NOTHING = "There is no earlier state to compare with: name one with the parameter before."
NONE_IN_BOTH = "No trial of this selection stands in both states: nothing is compared."


def list_changes(before: Frames | None, after: Frames | None, *, both: bool = True) -> pl.DataFrame:
    """Rows of `changes.compare_frames`; `both` leaves out trials that only one state holds. No state, no rows."""
    if before is None or after is None:
        return pl.DataFrame(schema=dict.fromkeys(("trial_id", "kind", "column", "before", "after"), pl.String))
    changes = compare_frames(before, after).with_columns(pl.col("kind").cast(pl.String))
    return changes.filter(~pl.col("kind").is_in(["new", "gone"])) if both else changes


def tell_missing(before: Frames | None, after: Frames | None, *, both: bool = True) -> str:
    """Why there is nothing to compare: no earlier state, or no trial that both states hold; empty when there is something.

    `both` as for `list_changes`: trials of one state alone are something to tell, unless they are left out.
    """
    if before is None or after is None:
        return NOTHING
    told = count_compared(before, after)
    return NONE_IN_BOTH if not told["both"] and (both or not (told["before"] or told["after"])) else ""


def tell_compared(before: Frames | None, after: Frames | None) -> str:
    """How many trials stand in both states, and which of their parts could be compared."""
    if before is None or after is None:
        return NOTHING
    n = count_compared(before, after)
    words = f"The earlier state holds {plural(n['before'], 'trial')}, the later one {plural(n['after'], 'trial')}; "
    if not n["both"]:
        return f"{words}none stands in both, so that nothing is compared."
    words += f"{n['both']} {'stands in both and is' if n['both'] == 1 else 'stand in both and are'} compared. "
    parts = {"arms": "arms", "endpoints": "outcomes", "regimens": "doses and schedules"}
    told = listing([f"{label} in {share(n[key], n['both'])}" for key, label in parts.items()])
    return words + f"Of these, {told} are there on both sides; what one state cannot hold is no change."


def count_changes(changes: pl.DataFrame) -> pl.DataFrame:
    """kind, label, n (changes), trials: one row a kind that occurs, in the order of the report."""
    counts = changes.group_by("kind").agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col("trial_id").n_unique().cast(pl.Int64).alias("trials")
    )
    order = pl.DataFrame({"kind": list(KINDS), "label": [_LABELS[k] for k in KINDS]})
    return order.join(counts, on="kind").select("kind", "label", "n", "trials")


def tell_changes(changes: pl.DataFrame, missing: str = "") -> str:
    """How many trials changed, and in what. `missing` comes from `tell_missing`: what is not compared did not stay the same."""
    if not len(changes):
        return missing or "Nothing changed between the two states."
    kinds = [
        f"{row['label'].lower()} ({plural(row['trials'], 'trial')})"
        for row in count_changes(changes).iter_rows(named=True)
    ]
    return f"{capital(plural(len(changes), 'change'))} in {plural(changes['trial_id'].n_unique(), 'trial')}: {listing(kinds)}."


def tell_switches(changes: pl.DataFrame, missing: str = "") -> str:
    """Outcomes that moved between primary and secondary, were dropped or added: what a reader of results must know.

    `missing` comes from `tell_missing`.
    """
    if missing:
        return missing
    rows = changes.filter((pl.col("kind") == "outcome") & ~pl.col("column").is_in(["time frame", "wording"]))
    if not len(rows):
        return "No outcome was switched, dropped or added in the trials whose outcomes both states hold."
    parts = [f"{n} {what}" for what, n in sorted(rows.group_by("column").len().iter_rows())]
    return capital(f"outcome switches in {plural(rows['trial_id'].n_unique(), 'trial')}: {listing(parts)}.")


def compare_enrollment(before: Frames | None, after: Frames | None) -> pl.DataFrame:
    """trial_id, title, before, before_type, after, after_type: trials whose enrolment both states give and that moved."""
    if before is None or after is None:
        return pl.DataFrame(
            schema={
                "trial_id": pl.String,
                "title": pl.String,
                "before": pl.Int64,
                "before_type": pl.String,
                "after": pl.Int64,
                "after_type": pl.String,
            }
        )
    sides = [
        state.trials.select(
            "trial_id",
            pl.col("public_title").alias("title"),
            pl.col("enrollment_count").alias(name),
            pl.col("enrollment_type")
            .cast(pl.String)
            .replace({"estimated": "planned"})
            .fill_null("not told")
            .alias(f"{name}_type"),
        )
        for name, state in (("before", before), ("after", after))
    ]
    both = sides[0].join(sides[1].drop("title"), on="trial_id").drop_nulls(["before", "after"])
    told = (pl.col("before_type") != "not told") & (pl.col("after_type") != "not told")
    moved = (pl.col("before") != pl.col("after")) | (told & (pl.col("before_type") != pl.col("after_type")))
    return both.filter(moved).sort("after", "trial_id", descending=[True, False])


def table_changes(
    changes: pl.DataFrame, kinds: list[str], before: Frames | None = None, after: Frames | None = None
) -> pl.DataFrame:
    """trial_id, what, before, after, url: the rows of the given kinds for reading; `url` is null without the states."""
    rows = changes.filter(pl.col("kind").is_in(kinds))
    pages = [pl.DataFrame(schema={"trial_id": pl.String, "url": pl.String})]
    pages += [state.trials.select("trial_id", "url").drop_nulls() for state in (after, before) if state is not None]
    known = pl.concat(pages).unique("trial_id", keep="first")
    what = pl.col("column").replace(_FIELDS).str.replace_all("_", " ")
    return rows.join(known, on="trial_id", how="left", maintain_order="left").select(
        "trial_id",
        (what.str.slice(0, 1).str.to_uppercase() + what.str.slice(1)).alias("what"),
        _readable("before").alias("before"),
        _readable("after").alias("after"),
        "url",
    )


def _readable(column: str) -> pl.Expr:
    """Enumerations without their underscores; other words as they are."""
    plain = pl.col("kind").is_in(["status", "other"])
    return pl.when(plain).then(pl.col(column).str.replace_all("_", " ")).otherwise(pl.col(column))


def headlines(changes: pl.DataFrame, before: Frames | None, after: Frames | None) -> list[dict[str, str]]:
    """The key numbers of the report on changes; "–" where nothing is compared."""
    both = count_compared(before, after)["both"] if before is not None and after is not None else 0
    moved = changes.filter(~pl.col("kind").is_in(["new", "gone"]))["trial_id"].n_unique()
    status, size = (str(len(changes.filter(pl.col("kind") == kind))) for kind in ("status", "enrollment"))
    numbers = {"changed": share(moved, both), "new recruitment status": status, "new enrolment": size}
    return [{"label": label, "value": number if both else "–"} for label, number in numbers.items()]


def list_state_sources(before: Frames | None, after: Frames | None) -> pl.DataFrame:
    """State, Register, Data version, Records, Terms: what each of the two states was made from."""
    rows = [
        {
            "State": name,
            "Register": source.get("register"),
            "Data version": str(source.get("data_version", "")) or None,
            "Records": str(source.get("records", "")) or None,
            "Terms": source.get("terms"),
        }
        for name, state in (("earlier", before), ("later", after))
        if state is not None
        for source in state.meta.get("sources", [{}])
    ]
    columns = ("State", "Register", "Data version", "Records", "Terms")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))
