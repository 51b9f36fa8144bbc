"""The scores of the readings as tables and sentences: for the README, for a report."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from trialkit.evaluate import count_curated, covered, read_gold, score_fields
from trialkit.frames import Frames
from trialkit.prose import plural

FIELD_LABELS = {
    "product_class": "product class", "cell_source": "cell source", "donor": "donor", "route": "route",
    "dose": "dose (value and basis)", "dose_reported": "dose reported or not", "n_administrations": "number of administrations",
    "interval_days": "interval", "core_area": "core area of an outcome", "instrument": "instrument", "horizon": "time horizon",
    "timepoints": "time points", "recurrence": "recurrence",
}  # fmt: skip


def accuracy_table(frames: Frames, gold: Sequence[dict[str, Any]], stratum: str | None = None) -> str:
    """The scores as a Markdown table with the sentence that says on what they were measured."""
    scores = score_fields(frames, gold, stratum)
    rows = [
        f"| {FIELD_LABELS[r['field']]} | {r['n']} | {r['precision']:.2f} | {r['recall']:.2f} | {r['f1']:.2f} ({r['f1_low']:.2f}–{r['f1_high']:.2f}) | {100 * r['exact']:.0f} % |"
        for r in scores.iter_rows(named=True)
    ]
    trials = sum(
        1
        for row in gold
        if row["trial_id"] in set(covered(frames, gold)) and (not stratum or row.get("stratum") == stratum)
    )
    return "\n".join(
        [
            "| field | n | precision | recall | F1 (95 % interval) | all right |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            f"Measured on {plural(trials, 'hand-labelled trial')} by the rules {frames.meta.get('rules', 'not recorded')}, data "
            f"fingerprint {frames.meta.get('fingerprint', 'not recorded')}; n counts trials, for outcomes the outcomes.{_tell_curated(frames, gold)}",
        ]
    )


def tabulate_accuracy(frames: Frames, fields: Sequence[str] = ()) -> pl.DataFrame:
    """The scores for reading in a report: field, labelled (n), precision, recall, F1 with its interval, all right.

    `fields` chooses some (`dose`, `cell_source`, ...), none means all. Empty when none of the labelled trials is among
    the frames. Raises KeyError for a field that is not scored.
    """
    if unknown := [name for name in fields if name not in FIELD_LABELS]:
        raise KeyError(f"no field {unknown[0]!r} is scored; there are {', '.join(FIELD_LABELS)}")
    gold = read_gold()
    columns = ["field", "labelled", "precision", "recall", "F1 (95 % interval)", "all right"]
    rows = [
        (
            FIELD_LABELS[r["field"]],
            r["n"],
            f"{r['precision']:.2f}",
            f"{r['recall']:.2f}",
            f"{r['f1']:.2f} ({r['f1_low']:.2f}–{r['f1_high']:.2f})",
            f"{100 * r['exact']:.0f}\u00a0%",
        )
        for r in score_fields(frames, gold).iter_rows(named=True)
        if r["n"] and (not fields or r["field"] in fields)
    ]
    types = {name: pl.Int64 if name == "labelled" else pl.String for name in columns}
    return pl.DataFrame(rows, schema=types, orient="row")


def tell_accuracy(frames: Frames) -> str:
    """How many of the trials shown were labelled by hand, and what that means for the table."""
    n = len(covered(frames, read_gold()))
    if not n:
        return (
            "None of the trials shown was labelled by hand, so nothing can be said here about how well they were read."
        )
    return (
        f"{plural(n, 'trial')} of those shown {'was' if n == 1 else 'were'} read by hand, twice, and {'is' if n == 1 else 'are'} compared here. "
        f"The rules {frames.meta.get('rules', 'of an unknown version')} were written with these labels in sight: expect somewhat less on other records."
        + _tell_curated(frames, read_gold())
    )


def _tell_curated(frames: Frames, gold: Sequence[dict[str, Any]]) -> str:
    n = count_curated(frames, gold)
    return (
        f" {plural(n, 'value')} that a person curated {'is' if n == 1 else 'are'} scored as {'it was' if n == 1 else 'they were'} read."
        if n
        else ""
    )


MARKS = "<!-- accuracy: written by `trialkit evaluate --update` -->", "<!-- end of accuracy -->"


def update_accuracy(path: Path | str, table: str) -> None:
    """Write the table between the two `MARKS` of a Markdown file. Raises ValueError when the file does not hold them."""
    path = Path(path)
    text = path.read_text(encoding="utf-8")
    start, end = (text.find(mark) for mark in MARKS)
    if start < 0 or end < start:
        raise ValueError(f"{path} holds no accuracy table to rewrite; expected the lines {MARKS[0]!r} and {MARKS[1]!r}")
    path.write_text(f"{text[: start + len(MARKS[0])]}\n\n{table}\n\n{text[end:]}", encoding="utf-8")
