"""When a trial gives cells and measures outcomes, as places on one line: a small drawing that needs no library."""

import math
from typing import Any

import polars as pl

from trialkit.prose import capital, listing, plural
from trialkit.summaries.peers import WRITTEN, timeline
from trialkit.summaries.profile import Profile

_TICKS = [(0, "day 0"), (7, "1 week"), (30, "1 month"), (91, "3 months"), (182, "6 months"), (365, "1 year"),
          (730, "2 years"), (1826, "5 years"), (3652, "10 years"), (7305, "20 years")]  # fmt: skip
_APART = 17.0  # percent of the width that a label of a tick needs on a phone
_EDGE = 2.0  # percent kept free at both ends, so that no mark is cut
_TOLD = 12  # days named in words for one row
_FROM_START = {None, "first_dose"}  # other anchors count from another day, which may be weeks away


def draw_times(page: Profile) -> dict[str, Any] | None:
    """rows (label, y, marks with x, filled and words), ticks (x, label, anchor), height, text; None with fewer than two days.

    x is in percent of the width, y in pixels. Days are drawn on a logarithmic line on which a week is the unit. A filled
    mark is a day as stated, a hollow one a day counted from number and interval or the end of a period ("up to a year").
    Outcomes that count from another event than the first dose are left out, and the text says how many.
    """
    rows = [row for row in (_given(page), *_measured(page)) if row[1]]
    days = {day for _, marks in rows for day in marks}
    if len(days) < 2:
        return None
    low, high = min(0.0, *days), max(days)
    scale = _scale(low, high)
    return {
        "rows": [
            {
                "label": label,
                "y": 34 + 44 * n,
                "marks": [
                    {"x": scale(day), "filled": filled, "words": f"{label}: day {day:g}"}
                    for day, filled in sorted(marks.items())
                ],
            }
            for n, (label, marks) in enumerate(rows)
        ],
        "ticks": _ticks(scale, high),
        "height": 44 * len(rows) + 34,
        "text": _tell(rows, page),
    }


def _given(page: Profile) -> tuple[str, dict[float, bool]]:
    given = timeline(page)
    marks: dict[float, bool] = {}
    for day, kind in given.select("day", "kind").iter_rows():
        marks[day] = marks.get(day, False) or kind == WRITTEN
    return "Cells given", marks


def _measured(page: Profile) -> list[tuple[str, dict[float, bool]]]:
    found = []
    for role in ("primary", "secondary", "other"):
        marks: dict[float, bool] = {}
        for row in _counted_from_start(page).filter(pl.col("role").cast(pl.String) == role).iter_rows(named=True):
            marks |= dict.fromkeys(row["timepoints_days"], True)
            if row["horizon_days"] is not None:
                marks.setdefault(row["horizon_days"], False)
        found.append((f"{capital(role)} outcomes", marks))
    return found


def _counted_from_start(page: Profile) -> pl.DataFrame:
    return page.own.endpoints.filter(pl.col("anchor").is_null() | pl.col("anchor").is_in([a for a in _FROM_START if a]))


def _scale(low: float, high: float):
    """Days to percent of the width; equal at the start, ever closer later."""

    def bent(day: float) -> float:
        return math.copysign(math.log1p(abs(day) / 7), day)

    first, last = bent(low), bent(high)

    def place(day: float) -> float:
        return round(_EDGE + (100 - 2 * _EDGE) * (bent(day) - first) / (last - first), 2)

    return place


def _ticks(scale: Any, high: float) -> list[dict[str, Any]]:
    """Round times that fit beside each other: day 0 first, then from the latest down."""
    fitting = [(scale(day), label) for day, label in _TICKS if day <= high]
    kept = fitting[:1]
    for x, label in reversed(fitting[1:]):
        if all(abs(x - other) >= _APART for other, _ in kept):
            kept.append((x, label))
    return [
        {"x": x, "label": label, "anchor": "start" if x < 8 else "end" if x > 92 else "middle"}
        for x, label in sorted(kept)
    ]


def _tell(rows: list[tuple[str, dict[float, bool]]], page: Profile) -> str:
    parts = []
    for label, marks in rows:
        days = sorted(marks)
        more = f" and {plural(len(days) - _TOLD, 'more day')}" if len(days) > _TOLD else ""
        named = f"{days[0]:g}" if len(days) == 1 else listing(f"{day:g}" for day in days)
        if more:
            named = ", ".join(f"{day:g}" for day in days[:_TOLD]) + more
        parts.append(f"{label if not parts else label.lower()} on {'day' if len(days) == 1 else 'days'} {named}")
    left_out = len(page.own.endpoints) - len(_counted_from_start(page))
    apart = (
        f" {plural(left_out, 'outcome')} counted from another event {'is' if left_out == 1 else 'are'} not drawn."
        if left_out
        else ""
    )
    return f"{'; '.join(parts)}.{apart}"
