"""Outcomes that contradict themselves: times, repeats, and a description of something else."""

import itertools
import re

from trialkit.conflicts.kinds import TEXTS, Conflict, Found, Rows, plain, shorten, texts
from trialkit.facts import guard
from trialkit.facts.durations import NUMBER, UNIT, UNIT_DAYS, read_number, read_unit
from trialkit.facts.endpoints import read_endpoint
from trialkit.facts.time_frames import find_time_frame
from trialkit.record import TrialRecord

_LIST = guard.compile(
    rf"(?<![\d.,-])((?:\d{{1,3}}\s?[,、]\s?){{1,8}}\d{{1,3}}\s?,?\s?(?:and|&)\s?\d{{1,3}})(?:st|nd|rd|th)?\s?({UNIT})",
    re.I,
)
_BY_TIME = re.compile(
    r"\b(?:by|at|until|through|to|over)\s(?:the\s)?(?P<unit>day|week|month|year)\s(?P<n>\d{1,3})\b", re.I
)
_FOLLOWED = guard.compile(
    rf"\b(?:followed(?:[- ]up)?|follow(?:ed)?[- ]up (?:of|for|period of|period is|will be|lasts?)|will be followed(?: up)?)\s(?:up\s)?(?:for|of|until|is|over|during)?\s?(?:a (?:total |maximum |minimum )?(?:period )?of\s)?"
    rf"(?:up to |about |approximately )?(?P<n>{NUMBER})[\s-](?P<unit>months?|years?|weeks?)\b(?! (?:after|until|intervals?|old))",
    re.I,
)
_ACRONYM = re.compile(r"\b[A-Z]{2,}\b")
_WORD = re.compile(r"[a-z]{4,}", re.I)
_COMMON = {
    "change",
    "changes",
    "from",
    "baseline",
    "number",
    "patients",
    "participants",
    "subjects",
    "with",
    "after",
    "treatment",
    "assessed",
    "measured",
    "using",
    "score",
    "scale",
    "this",
    "that",
    "will",
    "study",
    "group",
    "level",
    "levels",
    "between",
    "compare",
    "compared",
    "evaluate",
    "evaluated",
    "determine",
    "assessment",
    "evaluation",
    "time",
    "months",
    "days",
    "weeks",
    "year",
}


def times(record: TrialRecord, rows: Rows) -> Found:
    """A line of time points after the outcomes that says other times than an outcome's own frame."""
    for role in ("primary", "secondary"):
        line = record.printed.get(f"{role}_time_frame")
        read = find_time_frame(line) if line else None
        if not read or not read.timepoints_days:
            continue
        for row in rows["endpoints"]:
            own = row["timepoints_days"]
            if row["role"] == role and own and own != read.timepoints_days:
                frame = row["time_frame"]
                message = f"{row['measure'][:60]}: its own time frame is “{frame}”, the line after the outcomes says “{line}”."
                yield Conflict("within_text", "time_frame", frame, line, frame or "", line, message)


def later_than_its_frame(record: TrialRecord, rows: Rows) -> Found:
    """A measure that names a time beyond the end of its own time frame."""
    for row in rows["endpoints"]:
        end, m = row["horizon_days"], _BY_TIME.search(row["measure"])
        if m and end and row["time_frame"] and not row["recurrence_days"]:
            day = int(m["n"]) * UNIT_DAYS[m["unit"].lower()]
            if day > 1.1 * end and day > end + 2:
                message = (
                    f"{shorten(row['measure'], 60)}: the measure says {m[0]}, the time frame “{row['time_frame']}”."
                )
                yield Conflict("within_text", "time_frame", m[0], row["time_frame"], m[0], row["time_frame"], message)


def unitless_frames(record: TrialRecord, rows: Rows) -> Found:
    bare = {
        row["time_frame"].strip()
        for row in rows["endpoints"]
        if re.fullmatch(r"\s*\d{1,3}\s*", row["time_frame"] or "")
    }
    if bare:
        words = ", ".join(f"“{frame}”" for frame in sorted(bare))
        message = f"Time frames without a unit: {words}. No time is read from them."
        yield Conflict("implausible", "time_frame", ", ".join(sorted(bare)), None, words, "", message)


def unordered_times(record: TrialRecord, rows: Rows) -> Found:
    """A list of times that does not rise: "0, 3, 3 and 12 months"."""
    said = [(o.time_frame or "") + " " + (o.description or "") for o in record.outcomes]
    for text in [*said, *(text for _, text in texts(record, *TEXTS))]:
        for m in _LIST.finditer(text):
            numbers = [int(n) for n in re.findall(r"\d+", m[1])]
            if len(numbers) > 2 and any(a == b for a, b in itertools.pairwise(numbers)):
                message = f"A list of times names one twice: “{m[0]}”."
                yield Conflict("within_text", "time_frame", m[0], None, m[0], "", message)


def follow_up(record: TrialRecord, rows: Rows) -> Found:
    """The length of follow-up in the prose against the latest outcome, where they differ by a half or more."""
    ends = [row["horizon_days"] for row in rows["endpoints"]]
    said = {}
    for _, text in texts(record, *TEXTS):
        for m in _FOLLOWED.finditer(text):
            said[(read_number(m["n"].lower()) or 0) * UNIT_DAYS[read_unit(m["unit"].lower()) or "day"]] = m[0]
    if not said or not ends or any(end is None for end in ends):
        return
    last, told = max(ends), max(said)
    if told and last and not 0.66 < told / last < 1.5:
        message = f"The text follows patients up as “{said[told]}”, the latest outcome is at {_words(last)}."
        yield Conflict("within_text", "time_frame", said[told], _words(last), said[told], "", message)


def _words(days: float) -> str:
    for unit in ("year", "month", "week", "day", "hour"):
        n = days / UNIT_DAYS[unit]
        if n >= 1 and abs(n - round(n)) < 0.05:
            return f"{round(n)} {unit}{'s' if round(n) != 1 else ''}"
    return f"{days:g} days"


def repeated_outcomes(record: TrialRecord, rows: Rows) -> Found:
    primary = {plain(e["measure"]) for e in rows["endpoints"] if e["role"] == "primary"}
    again = [e for e in rows["endpoints"] if e["role"] == "secondary" and e["is_duplicate"]]
    twice = [e for e in again if plain(e["measure"]) in primary]
    if twice:
        words = "; ".join(e["measure"] for e in twice[:3])
        repeat = "secondary outcomes repeat" if len(twice) > 1 else "secondary outcome repeats"
        message = f"{len(twice)} {repeat} a primary outcome word for word."
        left, right = f"{len(primary)} primary", f"{len(twice)} repeated"
        yield Conflict("within_text", "endpoints", left, right, words, words, message)


def described_as_another(record: TrialRecord, rows: Rows) -> Found:
    """An outcome whose description speaks of something else: no word in common, and another core area."""
    for outcome in record.outcomes:
        words = (outcome.description or "").strip()
        if len(words.split()) < 4 or len(outcome.measure.split()) < 2 or _stems(outcome.measure) & _stems(words):
            continue
        own, other = read_endpoint(outcome.measure), read_endpoint(words)
        told = "default" not in (own.core_area_rule, other.core_area_rule)
        strong = own.core_area in ("death", "adverse_events", "resource_use")
        named = other.instruments and (own.instruments or strong)
        if (
            told
            and named
            and own.core_area != other.core_area
            and "life_impact" not in (own.core_area, other.core_area)
        ):
            message = f"The outcome “{shorten(outcome.measure, 60)}” is described as “{shorten(words, 60)}”."
            yield Conflict(
                "within_text", "measure", outcome.measure, shorten(words), outcome.measure, words[:80], message
            )


def _stems(text: str) -> set[str]:
    return {word[:5] for word in map(str.lower, _WORD.findall(text)) if word not in _COMMON} | set(
        _ACRONYM.findall(text)
    )


DETECTORS = (
    times,
    later_than_its_frame,
    unitless_frames,
    unordered_times,
    follow_up,
    repeated_outcomes,
    described_as_another,
)
