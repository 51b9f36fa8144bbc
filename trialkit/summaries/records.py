"""What became of every input record: read, a second record of a trial, rejected, or not selected; which fields it filled; what belongs together."""

import polars as pl

from trialkit.filled import silent_fields
from trialkit.frames import Frames
from trialkit.prose import listing, plural, share

SHOWN_LINKS = 200
RELATIONS = {
    "same_trial": "one trial, one row",
    "follow_up_of": "the second follows participants of the first",
    "extension_of": "the second extends the first",
    "shares_id": "a number in common, two trials",
    "similar_title": "titles alike, to be checked",
}


def count_forms(frames: Frames) -> pl.DataFrame:
    """kind of file, files, records, read as trials, second records: one row per kind that gave records; the last row is the sum."""
    outcome = pl.col("outcome").cast(pl.String)
    known = frames.ledger.drop_nulls("form")
    table = known.group_by(pl.col("form").alias("kind of file")).agg(
        pl.col("source_file").n_unique().cast(pl.Int64).alias("files"),
        pl.len().cast(pl.Int64).alias("records"),
        (outcome == "parsed").sum().cast(pl.Int64).alias("read as trials"),
        (outcome == "duplicate").sum().cast(pl.Int64).alias("second records"),
    ).sort(["records", "kind of file"], descending=[True, False])  # fmt: skip
    sums = table.select(pl.lit("All kinds").alias("kind of file"), pl.exclude("kind of file").sum())
    return pl.concat([table, sums]) if len(table) > 1 else table


def table_filled(frames: Frames, kinds: int = 6) -> pl.DataFrame:
    """field, then one column per kind of file (the `kinds` with most records): the share of records that fill it.

    "always" and "never" stand for 100 % and 0 %; "never, though usual" for a field that the kind fills as a rule.
    """
    counts = frames.filled.group_by("form", "field", maintain_order=True).agg(
        pl.col("n_records").sum(), pl.col("n_filled").sum(), pl.col("usual").any()
    )
    if not len(counts):
        return pl.DataFrame(schema={"field": pl.String})
    filled, records = pl.col("n_filled"), pl.col("n_records")
    words = (
        pl.when(filled == records).then(pl.lit("always"))
        .when((filled == 0) & pl.col("usual")).then(pl.lit("never, though usual"))
        .when(filled == 0).then(pl.lit("never"))
        .otherwise(pl.format("{} %", (100 * filled / records).clip(1, 99).round().cast(pl.Int64)))
    )  # fmt: skip
    sizes = (
        counts.group_by("form").agg(records.first()).sort(["n_records", "form"], descending=[True, False]).head(kinds)
    )
    named = {form: f"{form} ({n:,})" for form, n in sizes.iter_rows()}
    return (
        counts.filter(pl.col("form").is_in(list(named)))
        .select(
            pl.col("field").str.replace_all("_", " "),
            pl.col("form").replace_strict(named).alias("kind"),
            words.alias("told"),
        )
        .pivot(on="kind", index="field", values="told")
        .select("field", *named.values())
    )


def tell_filled(frames: Frames) -> str:
    """Whether a field that a kind of file usually fills is empty throughout."""
    if not len(frames.filled):
        return ""
    found = silent_fields(frames.filled.iter_rows(named=True))
    if not found:
        return "No field that its kind of file fills as a rule is empty throughout."
    return f"{plural(len(found), 'field')} fell silent. {' '.join(found)}"


def count_relations(frames: Frames) -> pl.DataFrame:
    """relation, pairs, meaning: how many pairs of records belong together, and how."""
    relation = pl.col("relation").cast(pl.String)
    return (
        frames.links.group_by(relation)
        .agg(pl.len().cast(pl.Int64).alias("pairs"))
        .sort(["pairs", "relation"], descending=[True, False])
        .select(relation.str.replace_all("_", " "), "pairs", relation.replace_strict(RELATIONS).alias("meaning"))
    )


def list_links(frames: Frames) -> pl.DataFrame:
    """first record, second record, relation, reason: pairs that are not told by an equal number alone, files shortened.

    Joins of two registers come first, then relations, then proposals; at most 200 pairs.
    """
    short = pl.col("record_b").str.replace(r"/\S*/([^/\s]+/[^/\s]+)", "$1")
    order = pl.col("relation").cast(pl.String).replace_strict({name: n for n, name in enumerate(RELATIONS)})
    return (
        frames.links.filter(~pl.col("reason").str.starts_with("both carry the number"))
        .sort(order, "record_a", "record_b")
        .head(SHOWN_LINKS)
        .select(
            pl.col("record_a").alias("first record"), short.alias("second record"),
            pl.col("relation").cast(pl.String).str.replace_all("_", " ").alias("relation"), "reason",
        )
    )  # fmt: skip


def tell_links(frames: Frames) -> str:
    """How many pairs of records are one trial, are related, or only look alike."""
    if not len(frames.links):
        return "No two records here belong together."
    pairs = dict(frames.links.group_by(pl.col("relation").cast(pl.String)).len().iter_rows())
    parts = []
    if n := pairs.get("same_trial", 0):
        parts.append(f"{plural(n, 'record')} {'is' if n == 1 else 'are'} a second one of a trial")
    if n := pairs.get("follow_up_of", 0) + pairs.get("extension_of", 0):
        parts.append(f"{plural(n, 'pair')} {'is' if n == 1 else 'are'} a trial and its follow-up or extension")
    if n := pairs.get("shares_id", 0):
        parts.append(f"{plural(n, 'pair')} of trials share{'s' if n == 1 else ''} a number and stay apart")
    if n := pairs.get("similar_title", 0):
        parts.append(
            f"{plural(n, 'pair')} of trials in different registers {'has' if n == 1 else 'have'} like titles: look at them"
        )
    return f"{listing(parts)}."


def count_ledger(frames: Frames, files: int = 40) -> pl.DataFrame:
    """file, received, parsed, duplicates, rejected (, not selected where any is): what became of the records of every input file; the last row is the sum.

    Beyond `files` files the smaller ones share a row.
    """
    name = pl.col("source_file").str.split("/").list.tail(3).list.join("/").alias("file")
    outcome = pl.col("outcome").cast(pl.String)
    titles = {"parsed": "parsed", "duplicate": "duplicates", "rejected": "rejected"}
    if len(frames.ledger.filter(outcome == "not_selected").head(1)):
        titles["not_selected"] = "not selected"
    counted = [
        pl.len().cast(pl.Int64).alias("received"),
        *((outcome == word).sum().cast(pl.Int64).alias(title) for word, title in titles.items()),
    ]
    table = (
        frames.ledger.group_by("source_file", name)
        .agg(counted)
        .sort(["received", "source_file"], descending=[True, False])
        .drop("source_file")
    )
    numbers = ["received", *titles.values()]
    if len(table) > files:
        rest = table.slice(files).select(
            pl.lit(plural(len(table) - files, "smaller file")).alias("file"), *(pl.col(c).sum() for c in numbers)
        )
        table = pl.concat([table.head(files), rest])
    if not len(table):
        return table
    return pl.concat([table, table.select(pl.lit("All files").alias("file"), *(pl.col(c).sum() for c in numbers))])


def count_reasons(frames: Frames) -> pl.DataFrame:
    """outcome, reason, records: why records are no trial of their own, the most frequent first; figures in reasons are shown as #."""
    reason = pl.col("reason").str.replace(r" \(\S+ in .*\)$", "").str.replace_all(r"\d+", "#")
    left_out = frames.ledger.filter(pl.col("outcome").cast(pl.String) != "parsed")
    return (
        left_out.group_by(pl.col("outcome").cast(pl.String), reason)
        .agg(pl.len().cast(pl.Int64).alias("records"))
        .sort(["records", "outcome", "reason"], descending=[True, False, False])
        .head(50)
    )


def tell_ledger(frames: Frames) -> str:
    """The balance of the ledger, for the whole build and then for the selection."""
    outcome = dict(frames.ledger.group_by(pl.col("outcome").cast(pl.String)).len().iter_rows())
    parsed, duplicate, rejected = (outcome.get(word, 0) for word in ("parsed", "duplicate", "rejected"))
    left_out = outcome.get("not_selected", 0)
    received = len(frames.ledger)
    balance = (
        "the counts balance" if parsed + duplicate + rejected + left_out == received else "THE COUNTS DO NOT BALANCE"
    )
    chosen = (
        ""
        if len(frames.trials) == parsed
        else f" {share(len(frames.trials), parsed)} of the trials read {'is' if len(frames.trials) == 1 else 'are'} shown in this report."
    )
    return (
        f"{plural(frames.ledger['source_file'].n_unique(), 'file')} held {plural(received, 'record')}: {received} received = {parsed} read as trials + "
        f"{duplicate} second records of a trial + {rejected} rejected"
        f"{f' + {left_out} without a word of the selection' if left_out else ''}; {balance}.{chosen}"
    )
