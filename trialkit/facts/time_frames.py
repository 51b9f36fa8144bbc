"""When an outcome is assessed: the time frame of a registered outcome, in days.

The conventions are those of the gold standard's reading guide: the horizon is the latest time, points are those named
(baseline and day 0 are 0), a window ("up to 2 years") gives its end only, an open recurrence ("monthly") no horizon.
"""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from trialkit.facts import guard
from trialkit.facts.time_marks import prepare, take_recurrence, take_tolerance
from trialkit.facts.time_points import Point, find_points


@dataclass(frozen=True)
class TimeFrame:
    """One time frame read. `timepoints_days` are the explicit points in rising order; `start` and `end` are offsets of
    the part that was read; `rule` names the pattern."""

    kind: str
    horizon_days: float | None = None
    timepoints_days: list[float] = field(default_factory=list)
    recurrence_days: float | None = None
    anchor: str | None = None
    tolerance_days: float | None = None
    flags: list[str] = field(default_factory=list)
    start: int = 0
    end: int = 0
    rule: str = ""


_EVENTS = (
    r"(?:dos(?:e|es|ing)\b|dosed|infusion|injection|administration|treatment|transplant|intervention|application|cell"
    r"|therapy|grafting|vaccin|inhalation|ip |iv )"
)
_OF_IT = r"(?:(?!week|month|day|year|visit|time)[a-z-]{1,14}\s){0,2}"  # words between "last" and "infusion"
_AFTER_IT = re.compile(rf"\s?(?:after|post|following)[ -](?:the )?{_EVENTS}")
_ANCHORS = [
    ("last_dose", guard.compile(rf"\b(?:last|final)\s{_OF_IT}{_EVENTS}|\bend of (?:the )?treatment\b")),
    ("first_dose", guard.compile(rf"\b(?:first|initial|1st)\s{_OF_IT}{_EVENTS}")),
    ("each_dose", guard.compile(rf"\b(?:each|every)\s{_OF_IT}{_EVENTS}")),
    ("randomization", guard.compile(r"\brandomi[sz]")),
    ("enrollment", guard.compile(r"\b(?:enrol+|inclusion\b|study entry)")),
    ("birth", guard.compile(r"\bbirth\b")),
    ("surgery", guard.compile(r"\b(?:surger|sugery|surgic|operati|post-?op|postoperat)")),
    ("transplant", guard.compile(r"(?<!cell )(?<!cells )\b(?:transplant|hsct\b|bmt\b)")),
]
_STUDY_WIDE = guard.compile(
    r"\b(?:first|last)\s(?:[a-z]{1,12}\s){0,2}(?:subject|patient|participant|volunteer)s?\b(?! visit)"
)
_STUDY_END = guard.compile(
    r"\b(?:study|trial)\s(?:completion|end|period|duration|conclusion)"
    r"|\b(?:completion|end|duration|conclusion|course|throughout|during|through)"
    r"(?: of)?(?: the)?(?: whole| entire)? (?:study|trial)\b"
)
_AGE = guard.compile(
    r"\bcorrected\b|\bgestation|\bpost-?\s?menstrual\b|\bpost-?conception"
    r"|\b(?:months?|weeks?|years?|days?)[ -](?:of[ -]age|of life|(?:after|since|from) birth|old|ca|pma)\b"
    r"|\bage of\b|\bdays? of life\b|\bpostnatal (?:month|week|day)"
)
_CALENDAR = guard.compile(
    r"(?:\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?\s{0,2}(?:\d{1,2},?\s)?)?"
    r"\b(?:19|20)\d\d\b(?:[-/]\d\d?){0,2}"
)
_STUDY_DAYS = guard.compile(r"\(\s?study days?\b[^()]{0,30}\)")
_GROUPS = guard.compile(r"\bgroups?\s(?:[ivx]{1,3}|[1-9a-d])\b")
_WINDOW = re.compile(
    r"\b(?:up ?to|within|through|throughout|thru|though|until+|till|during|over|for|maximum"
    r"|max|average|minimum|duration|between|by|(?<!prior )to"
    r"|at or before|course|continuously|followed|minimally)\b[^,;0-9]{0,40}$|\bfirst\s{0,2}$"
)
_RANGE_GAP = re.compile(
    r"\s{0,3}[\])]?\s?(?:-{1,2}|~|to|through|thru|though|until+|till|and up to|up to"
    r"|(?:to|and) (?:approximately|about))"
    r"(?:\s{1,2}(?:at|the|a|an|day|expected|average|of|approximately|about|up|to|end|post-?infusion|last)){0,4}\s{0,3}"
)
_APPROXIMATE = guard.compile(
    r"\b(?:approx|about|around|average|expected|estimated|roughly|circa|at least|minimum)|(?:^|[a-z(])\s?~\s?\d"
)
# In a measure these belong to its name: "EQ-5D", "300M cells", "daily dose" (but not "monthly" at the end).
_NAMES = guard.compile(
    r"\d\s?-?[DHMWYdhmwy](?![A-Za-z])"
    r"|\b(?:[Hh]our|[Dd]ai|[Ww]eek|[Mm]onth|[Yy]ear)ly\b(?=\s{1,3}(?!for|until|up|during|over|after)[a-z])"
)
_MOST = 200  # points read from one text; more is not a time frame
_NEAR = 0.02  # two points in different units this close are one time written twice: "12 months (1 year)"


def find_time_frame(text: str) -> TimeFrame | None:
    """The time frame stated in `text`; None when nothing can be read. Never raises.

    Numbers without a unit and calendar years give no days (kind `unknown` with flag `unitless`, kind `calendar`); ages
    and times of the study as a whole ("last subject") have their kind and no days. Week 7, month 30, year 365 days.
    """
    whole, s = prepare(text)
    flags = ["approximate"] if _APPROXIMATE.search(s) else []
    if _STUDY_WIDE.search(s):
        return TimeFrame("study_window", flags=flags, end=len(text), rule="study_window.subjects")
    if re.search(r"\d", _STUDY_DAYS.sub("", s)):
        s = _STUDY_DAYS.sub(lambda m: " " * len(m[0]), s)  # the same time, counted from the start of the study
    s, tolerance = take_tolerance(s)
    s, recurrence = take_recurrence(s)
    if recurrence and recurrence.unit == "biweekly":
        flags.append("ambiguous_biweekly")
    found = find_points(s)
    points, ranges = _resolve(s, found.points[:_MOST])
    if _GROUPS.search(s) and len(_GROUPS.findall(s)) > 1 and not recurrence:
        return TimeFrame("unknown", flags=[*flags, "groups"], end=len(text), rule="unknown.groups")
    if _AGE.search(whole) and re.search(r"\d", whole):
        return TimeFrame(
            "age", anchor="birth", tolerance_days=tolerance, flags=flags, start=0, end=len(text), rule="age"
        )
    spans = [(p.start, p.end) for p in points] + ([(recurrence.start, recurrence.end)] if recurrence else [])
    if not spans:
        return _without_points(s, found.unitless, flags)
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    days = _distinct(points)
    later = [d for d in days if d > 0]
    kind = _kind(s, points, days, ranges, recurrence is not None)
    return TimeFrame(
        kind,
        horizon_days=max(days) if days and not (recurrence and not later) else None,
        timepoints_days=days,
        recurrence_days=recurrence.days if recurrence else None,
        anchor=_anchor(s, points),
        tolerance_days=tolerance,
        flags=flags,
        start=start,
        end=end,
        rule=f"{kind}.{'every' if recurrence else 'range' if ranges else 'points'}",
    )


# Registries say the same times again and again ("12 months"): three of four time frames were read before.
_find = lru_cache(maxsize=2048)(find_time_frame)


def read_time(time_frame: str | None, measure: str) -> tuple[TimeFrame | None, str]:
    """The time of an outcome and the text it came from: `time_frame`, or `measure` when the time frame is empty.

    A measure is read with more care: "change from baseline" alone, "EQ-5D" and "weekly score" tell no time.
    """
    if time_frame and time_frame.strip():
        return _find(time_frame), "time_frame"
    found = _find(_NAMES.sub(lambda m: "_" * len(m.group()), measure))
    return (found if found and (found.horizon_days or found.recurrence_days) else None), "measure"


def _resolve(s: str, points: list[Point]) -> tuple[list[Point], int]:
    """Points without the lower ends of ranges ("2-24 months" is a window up to 24 months), and how many ranges
    there were; "1 day before" is 0."""
    points = [
        replace(p, days=0.0) if re.match(r"\s{0,2}\)?\s?(?:before|prior|pre)\b", s[p.end : p.end + 12]) else p
        for p in points
    ]
    kept, ranges = [], 0
    gaps = [s[a.end : b.start] for a, b in pairwise(points)]
    for n, point in enumerate(points):
        if n and point.unit is None and re.fullmatch(r"\s?from\s(?:the\s)?", gaps[n - 1]):
            continue  # "48 weeks from baseline" has one point
        gap = gaps[n] if n < len(gaps) else ""
        if gap == "/" and point.unit is None and points[n + 1].days <= 1:
            continue  # "baseline/day 1" is one time, day 1
        opens = bool(_RANGE_GAP.fullmatch(gap)) or (
            re.fullmatch(r"\s{0,2}and\s{0,2}", gap) is not None
            and s[max(0, point.start - 9) : point.start].strip() == "between"
        )
        listed = gap == "-" and "-" in (gaps[n - 1] if n else "", gaps[n + 1] if n + 1 < len(gaps) else "")
        if opens and not listed and points[n + 1].days > point.days:
            ranges += point.unit is not None
            if point.days:
                continue
        kept.append(point)
    return kept, ranges


def _distinct(points: list[Point]) -> list[float]:
    """The days in rising order, each once; a time repeated in another unit keeps its first spelling."""
    kept: list[Point] = []
    for point in points:
        if not any(
            point.days == k.days or (point.unit != k.unit and abs(point.days - k.days) <= _NEAR * k.days) for k in kept
        ):
            kept.append(point)
    return sorted(p.days for p in kept)


def _kind(s: str, points: list[Point], days: list[float], ranges: int, recurs: bool) -> str:
    later = [d for d in days if d > 0]
    if recurs and len(later) <= 1:
        return "recurrence"
    first = next((p for p in points if p.days > 0), None)
    if first is None:
        return "point"
    lead = s[max(0, first.start - 60) : first.start]
    if (len(later) == 1 and (ranges or _WINDOW.search(lead))) or ranges >= len(later):
        return "window"
    if re.search(r"\b(?:within|at or before|up to)\b[^,;0-9]{0,20}$", lead):
        return "window"
    return "list" if len(days) > 1 else "point"


def _anchor(s: str, points: list[Point]) -> str | None:
    """The event that time is counted from: the first one named after the latest point, else the last one before it."""
    latest = max(points, key=lambda p: p.days, default=None)
    split = latest.end if latest else 0
    found = [(m.start(), name) for name, pattern in _ANCHORS for m in pattern.finditer(s)]
    behind = [item for item in found if item[0] >= split]
    if behind:
        return min(behind, key=lambda item: item[0])[1]
    if latest and re.match(r"\s?(?:after|post|following)", s[split : split + 12]):  # an event that has no name here
        return "first_dose" if _AFTER_IT.match(s, split) and "first_dose" in dict(found).values() else None
    return max(found, key=lambda item: item[0])[1] if found else None


def _without_points(s: str, unitless: list[tuple[int, int]], flags: list[str]) -> TimeFrame | None:
    if m := _CALENDAR.search(s):
        return TimeFrame("calendar", flags=flags, start=m.start(), end=m.end(), rule="calendar")
    if m := _STUDY_END.search(s):
        return TimeFrame("study_window", flags=flags, start=m.start(), end=m.end(), rule="study_window.completion")
    if unitless and not re.search(r"[a-z]{3}", s):
        start, end = unitless[0][0], unitless[-1][1]
        return TimeFrame("unknown", flags=[*flags, "unitless"], start=start, end=end, rule="unknown.unitless")
    return None
