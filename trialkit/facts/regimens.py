"""Dose, number, interval and route put together, per arm where the record ties them to one."""

from typing import Any

from trialkit.facts.doses import Dose
from trialkit.facts.finding import Finding, distinct
from trialkit.facts.schedules import Schedule


def combine_regimens(
    doses: list[Finding], schedules: list[Finding], routes: list[Finding], classes: list[str], cell_arms: list[str]
) -> list[dict[str, Any]]:
    """One row per arm and dose level; a schedule without a dose is a row with null dose.

    A schedule belongs to a dose when both stand in one passage, else in one arm, else when the record states only
    one schedule. Two schedules that fit one dose give two rows: nothing is chosen silently.
    """
    rows: list[dict[str, Any]] = []
    used: set[int] = set()
    for finding in doses:
        fitting = _fitting(finding, schedules)
        used |= {id(f) for f in fitting}
        for schedule in fitting or [None]:
            rows.append(_row(finding, schedule, routes, classes, cell_arms))
    rows += [_row(None, f, routes, classes, cell_arms) for f in schedules if id(f) not in used]
    unique: dict[tuple, dict[str, Any]] = {}
    for row in rows:
        key = tuple(tuple(v) if isinstance(v, list) else v for k, v in row.items() if k != "flags")
        unique.setdefault(key, row)
    return _told_once(list(unique.values()))


def _level(row: dict[str, Any]) -> tuple:
    return row["dose_low"], row["dose_high"], row["dose_basis"], row["n_administrations"]


def _told_once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what is told twice: a level stated for an arm and again for the trial, a count again without its dose.

    Days that only the dropped statement gives pass on to the one that stays.
    """
    kept: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda r: (r["dose_basis"] is None, r["arm"] is None)):
        same = [
            k
            for k in kept
            if (_level(k) == _level(row) and row["arm"] is None and k["arm"] is not None)
            or (row["dose_basis"] is None and _fits_within(row, k))
        ]
        for k in same:
            if not k["interval_days"]:
                k |= {"interval_days": row["interval_days"], "schedule_days": row["schedule_days"]}
        if not same:
            kept.append(row)
    return sorted(kept, key=rows.index)


def _fits_within(row: dict[str, Any], other: dict[str, Any]) -> bool:
    """True when `other` says all that the schedule of `row` says, for the same arm or a wider one."""
    same_arm = row["arm"] is None or row["arm"] == other["arm"]
    gaps = not row["interval_days"] or not other["interval_days"] or row["interval_days"] == other["interval_days"]
    return same_arm and gaps and row["n_administrations"] == other["n_administrations"] is not None


def _fitting(dose: Finding, schedules: list[Finding]) -> list[Finding]:
    for same in (
        lambda s: s.passage.field == dose.passage.field,
        lambda s: dose.passage.arm is not None and s.passage.arm == dose.passage.arm,
    ):
        here = [s for s in schedules if same(s)]
        if here:
            return _most_telling(here)
    return (
        _most_telling(schedules)
        if len(set(distinct(schedules))) <= 1 or len({s.value.n_administrations for s in schedules}) == 1
        else []
    )


def _most_telling(found: list[Finding]) -> list[Finding]:
    """One finding per count, the one that says most; a bare "single dose" yields to a stated repeat."""
    best: dict[int | None, Finding] = {}
    for f in found:
        rank = (len(f.value.days), len(f.value.interval_days))
        now = best.get(f.value.n_administrations)
        if now is None or rank > (len(now.value.days), len(now.value.interval_days)):
            best[f.value.n_administrations] = f
    if len(best) > 1:
        best.pop(None, None)
    return list(best.values())


def _row(
    dose: Finding | None, schedule: Finding | None, routes: list[Finding], classes: list[str], cell_arms: list[str]
) -> dict[str, Any]:
    d: Dose | None = dose.value if dose else None
    s: Schedule | None = schedule.value if schedule else None
    passage = (dose or schedule).passage
    arm = passage.arm if passage.arm in cell_arms else None
    here = (
        [f for f in routes if f.passage.field == passage.field]
        or [f for f in routes if arm and f.passage.arm == arm]
        or routes
    )
    n = s.n_administrations if s else None
    # "A total of 400 million on days 0, 30, 60 and 90" may be the whole course: multiplying it would be wrong.
    whole_course = n is not None and n > 1 and "total_word" in dose.flags if dose else False
    cumulative = n if d and n and d.basis in ("per_kg", "total") and not whole_course else None
    return {
        "arm": arm,
        "cohort": None,
        "product_class": classes[0] if len(classes) == 1 else None,
        "dose_low": d.low if d else None,
        "dose_high": d.high if d else None,
        "dose_basis": d.basis if d else None,
        "n_administrations": n,
        "interval_days": list(s.interval_days) if s else [],
        "schedule_days": list(s.days) if s else [],
        "route": "+".join(distinct(here)) or None,
        "cumulative_low": d.low * n if cumulative and d.low is not None else None,
        "cumulative_high": d.high * n if cumulative and d.high is not None else None,
        "flags": list(dict.fromkeys([*(dose.flags if dose else ()), *(schedule.flags if schedule else ())])),
    }
