"""What changed between two states of the same trials: new, gone, status, numbers, dates, arms, doses, outcomes.

Compared are two sets of frames. What the later source cannot hold (a table without arms, a page without outcomes) is
no change: such trials are counted as not compared, never as emptied.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import polars as pl
from rapidfuzz import fuzz, process, utils

from trialkit.frames import Frames

KINDS = ("new", "gone", "status", "enrollment", "date", "outcome", "arm", "dose", "other")
_DATES = ("start_date", "primary_completion_date", "completion_date")
_OTHER = (
    "phases", "study_type", "allocation", "intervention_model", "masking", "primary_purpose", "sex", "minimum_age_years",
    "maximum_age_years", "lead_sponsor", "countries", "n_sites", "has_results", "public_title",
)  # fmt: skip
_SAME_MEASURE = 88  # of 100: a re-worded measure; below, another outcome


class Change(NamedTuple):
    """One difference: `column` is the field or what happened to an outcome; before and after as printed, None = missing."""

    trial_id: str
    kind: str
    column: str
    before: str | None
    after: str | None


def compare_frames(before: Frames, after: Frames) -> pl.DataFrame:
    """trial_id, kind, column, before, after: one row per difference, sorted by trial and kind; no row, no change.

    `kind` is one of `KINDS`. Outcomes are paired by measure within a trial (equal wording, then nearly equal): one that
    moves between primary and secondary is a switch, told as such. Trials are those of either side.
    """
    earlier, later = _by_trial(before.trials), _by_trial(after.trials)
    found = [Change(t, "new", "trial", None, later[t]["public_title"]) for t in later if t not in earlier]
    found += [Change(t, "gone", "trial", earlier[t]["public_title"], None) for t in earlier if t not in later]
    tables = [(_rows(getattr(before, name)), _rows(getattr(after, name))) for name in ("arms", "endpoints", "regimens")]
    for trial_id in (t for t in earlier if t in later):
        found += _fields(trial_id, earlier[trial_id], later[trial_id])
        for compare, (old, new) in zip((_arms, _outcomes, _doses), tables, strict=True):
            if old[trial_id] and new[trial_id]:
                found += compare(trial_id, old[trial_id], new[trial_id])
    schema = dict.fromkeys(Change._fields, pl.String)
    frame = pl.DataFrame([c._asdict() for c in found], schema=schema)
    return frame.with_columns(pl.col("kind").cast(pl.Enum(KINDS))).sort("trial_id", "kind", "column", "before", "after")


def count_compared(before: Frames, after: Frames) -> dict[str, int]:
    """How many trials both sides hold, and of these, in how many each part could be compared."""
    both = set(before.trials["trial_id"]) & set(after.trials["trial_id"])
    parts = {}
    for name in ("arms", "endpoints", "regimens"):
        old, new = set(getattr(before, name)["trial_id"]), set(getattr(after, name)["trial_id"])
        parts[name] = len(both & old & new)
    return {"before": len(before.trials), "after": len(after.trials), "both": len(both), **parts}


def _by_trial(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["trial_id"]: row for row in frame.iter_rows(named=True)}


def _rows(frame: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in frame.iter_rows(named=True):
        found[row["trial_id"]].append(row)
    return found


def _words(value: Any) -> str | None:
    if value is None or value == []:
        return None
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    """All digits of a number, as a reader writes it: 1,500,000."""
    return f"{value:,.12g}"


def _fields(trial_id: str, old: dict, new: dict) -> Iterator[Change]:
    if new["overall_status"] and old["overall_status"] != new["overall_status"]:
        yield Change(trial_id, "status", "overall_status", old["overall_status"], new["overall_status"])
    sizes = [_enrollment(row) for row in (old, new)]
    types = {row["enrollment_type"] for row in (old, new)} - {None}
    if sizes[1] and (old["enrollment_count"] != new["enrollment_count"] or len(types) > 1):
        yield Change(trial_id, "enrollment", "enrollment_count", *sizes)
    for name in _DATES:
        dates = [_date(row[name], row[f"{name}_precision"]) for row in (old, new)]
        if dates[1] and not _same_date(*dates):
            yield Change(trial_id, "date", name, *dates)
    for name in _OTHER:
        values = [_words(sorted(row[name]) if isinstance(row[name], list) else row[name]) for row in (old, new)]
        if values[1] is not None and _plain(values[0]) != _plain(values[1]):
            yield Change(trial_id, "other", name, *values)


def _enrollment(row: dict) -> str | None:
    if row["enrollment_count"] is None:
        return None
    kind = {"actual": " actual", "estimated": " planned"}.get(row["enrollment_type"] or "", "")
    return f"{row['enrollment_count']}{kind}"


def _date(day: date | None, precision: str | None) -> str | None:
    return day.isoformat()[: {"year": 4, "month": 7}.get(precision or "", 10)] if day else None


def _same_date(old: str | None, new: str) -> bool:
    """Equal as far as both are precise: 2020-05 and 2020-05-11 differ in nothing that both say."""
    return old is not None and (old.startswith(new) or new.startswith(old))


def _plain(text: str | None) -> str:
    return utils.default_process(text or "")


def _arms(trial_id: str, old: list[dict], new: list[dict]) -> Iterator[Change]:
    earlier, later = ({_plain(r["label"]): r for r in rows} for rows in (old, new))
    for key in earlier.keys() | later.keys():
        a, b = earlier.get(key), later.get(key)
        if a is None or b is None:
            yield Change(trial_id, "arm", "added" if a is None else "dropped", a and a["label"], b and b["label"])
        elif a["n"] and b["n"] and a["n"] != b["n"]:
            yield Change(trial_id, "arm", f"size of {a['label']}", str(a["n"]), str(b["n"]))
        elif a["type"] and b["type"] and a["type"] != b["type"]:
            yield Change(trial_id, "arm", f"type of {a['label']}", a["type"], b["type"])


def _doses(trial_id: str, old: list[dict], new: list[dict]) -> Iterator[Change]:
    for column, value in (("dose", _dose), ("n_administrations", lambda r: _words(r["n_administrations"]))):
        sets = [sorted({v for r in rows if (v := value(r))}) for rows in (old, new)]
        if sets[1] and sets[0] != sets[1]:
            yield Change(trial_id, "dose", column, "; ".join(sets[0]) or None, "; ".join(sets[1]))


def _dose(row: dict) -> str | None:
    low, high = row["dose_low"], row["dose_high"]
    if low is None and high is None:
        return None
    number = (
        _number(low)
        if low == high
        else f"{'' if low is None else _number(low)} to {'' if high is None else _number(high)}"
    )
    return f"{number.strip()} {(row['dose_basis'] or 'unclear').replace('_', ' ')}"


def _outcomes(trial_id: str, old: list[dict], new: list[dict]) -> Iterator[Change]:
    """Outcome switches: changed role, dropped, added, another time frame, another wording."""
    for a, b in _paired(old, new):
        if b is None:
            yield Change(trial_id, "outcome", f"{a['role']} dropped", a["measure"], None)
        elif a is None:
            yield Change(trial_id, "outcome", f"{b['role']} added", None, b["measure"])
        else:
            if a["role"] != b["role"]:
                yield Change(trial_id, "outcome", f"{a['role']} to {b['role']}", a["measure"], b["measure"])
            if a["time_frame"] and b["time_frame"] and _plain(a["time_frame"]) != _plain(b["time_frame"]):
                yield Change(trial_id, "outcome", "time frame", a["time_frame"], b["time_frame"])
            if _plain(a["measure"]) != _plain(b["measure"]):
                yield Change(trial_id, "outcome", "wording", a["measure"], b["measure"])


def _paired(old: list[dict], new: list[dict]) -> Iterator[tuple[dict | None, dict | None]]:
    """Outcomes of the same measure; the same role is preferred, then equal wording, then the likest."""
    left = list(new)
    waiting = []
    for a in old:
        equal = [b for b in left if _plain(b["measure"]) == _plain(a["measure"])]
        best = next((b for b in equal if b["role"] == a["role"]), equal[0] if equal else None)
        if best is None:
            waiting.append(a)
            continue
        left.remove(best)
        yield a, best
    for a in waiting:
        measures = [_plain(b["measure"]) for b in left]
        best = process.extractOne(
            _plain(a["measure"]), measures, scorer=fuzz.token_sort_ratio, score_cutoff=_SAME_MEASURE
        )
        yield a, left.pop(best[2]) if best else None
    for b in left:
        yield None, b
