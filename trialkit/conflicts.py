"""Contradictions inside one record: both sides are shown, nothing is averaged or repaired.

One function per kind of contradiction; to look for another, write one and list it in `_DETECTORS`.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from trialkit.facts.time_frames import find_time_frame
from trialkit.record import TrialRecord

Rows = dict[str, list[dict[str, Any]]]

# Ages as a pair: "aged from 15 to 60", "18-65 years old"; never across a line or sentence, never months or weeks.
_PAIR = r"(\d{1,2})\s*(?:years?\s*)?(?:-|–|to|and|~)\s*(\d{1,2})"
_AGES = re.compile(
    rf"\bage[ds]?\b[^\d.\n]{{0,24}}{_PAIR}(?!\s*(?:months?|weeks?|days?|\d))|(?<![\d.]){_PAIR}\s*(?:years?|yrs?)[\s-]*(?:old|of age)",
    re.I,
)
_CRITERIA_HEADING = re.compile(r"\b(?:inclusion|exclusion) criteria\s*:", re.I)
_LATE = 21  # days: FDAAA 801 asks for registration within 21 days of the first participant


class Conflict(NamedTuple):
    """One contradiction: two values, the words behind each, and one sentence for a reader."""

    kind: str
    column: str
    left: Any
    right: Any
    left_evidence: str
    right_evidence: str
    message: str


def find_conflicts(record: TrialRecord, rows: Rows) -> list[dict[str, Any]]:
    """Rows of the conflicts frame for one record, in the order of the detectors; the same finding once."""
    trial_id = rows["trials"][0]["trial_id"]
    found = [conflict for detect in _DETECTORS for conflict in detect(record, rows)]
    once = {(c.column, c.message): c for c in found}.values()
    return [{"trial_id": trial_id, **c._asdict(), "left": str(c.left), "right": str(c.right)} for c in once]


def _arm_sums(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    sizes, count = [arm["n"] for arm in rows["arms"]], rows["trials"][0]["enrollment_count"]
    if len(sizes) > 1 and all(n is not None for n in sizes) and count and sum(sizes) != count:
        words = " + ".join(map(str, sizes))
        message = f"The arms add up to {words} = {sum(sizes)}, the enrolment field says {count}."
        yield Conflict("text_vs_field", "n", count, sum(sizes), f"enrolment {count}", words, message)


def _unregistered_groups(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    told = [arm for arm in rows["arms"][len(record.arms) :] if record.arms]
    for arm in told:
        message = f"The text tells of a group of {arm['n']} ({arm['label']}) that is not registered as an arm."
        yield Conflict(
            "text_vs_field", "arms", f"{len(record.arms)} registered", arm["label"], "", arm["label"], message
        )


def _ages(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    trial = rows["trials"][0]
    limits = (trial["minimum_age_years"], trial["maximum_age_years"])
    fields = " to ".join("no limit" if a is None else f"{a:g}" for a in limits)
    for field in ("brief_summary", "detailed_description", "eligibility", "inclusion"):
        for m in _AGES.finditer(getattr(record, field) or ""):
            pair = (float(m[1] or m[3]), float(m[2] or m[4]))
            if pair[0] < pair[1] and any(a is not None and abs(a - b) >= 1 for a, b in zip(limits, pair, strict=True)):
                text = f"{pair[0]:g} to {pair[1]:g}"
                message = f"The age fields say {fields}, the text says {text}."
                yield Conflict("text_vs_field", "age", fields, text, f"age limits {fields}", m[0], message)
                break


def _pasted_criteria(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    own = record.eligibility or record.inclusion or record.exclusion
    m = _CRITERIA_HEADING.search(record.detailed_description or "")
    if m and own:
        message = "Eligibility criteria stand in the description too; they were read once, from their own place."
        yield Conflict("within_text", "eligibility", "description", "eligibility", m[0], "", message)


def _lost_headings(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    lost = [row for row in rows["eligibility"] if row["kind"] is None]
    if len(lost) > 2:
        words = lost[0]["text"][:80]
        message = "The criteria have no headings: what includes and what excludes cannot be told apart."
        yield Conflict("within_text", "eligibility", "no heading", f"{len(lost)} criteria", words, "", message)


def _times(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    """A line of time points after the outcomes that says other times than an outcome's own frame."""
    for role in ("primary", "secondary"):
        line = record.printed.get(f"{role}_time_frame")
        read = find_time_frame(line) if line else None
        if not read or not read.timepoints_days:
            continue
        for row in rows["endpoints"]:
            own = row["timepoints_days"]
            if row["role"] == role and own and own != read.timepoints_days:
                message = f"{row['measure'][:60]}: its own time frame is “{row['time_frame']}”, the line after the outcomes says “{line}”."
                yield Conflict(
                    "within_text", "time_frame", row["time_frame"], line, row["time_frame"] or "", line, message
                )


def _implausible_doses(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    for row in rows["regimens"]:
        if {"implausible", "doubled_unit"} & set(row["flags"]):
            value = row["dose_low"] if row["dose_low"] is not None else row["dose_high"]
            quotes = (e["quote"] for e in rows["evidence"] if e["column"] == "dose" and f"{value:g}" in e["value"])
            quote = next(quotes, "")
            message = f"The dose as printed ({quote}) lies outside the plausible window; it is kept as read."
            yield Conflict("implausible", "dose", quote, None, quote, "", message)


def _implausible_limits(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    for row in rows["eligibility"]:
        value = row["low"] if row["low"] is not None else row["high"]
        if row["variable"] == "creatinine" and row["unit"] == "mmol/L" and value and value > 10:
            message = f"A creatinine of {value:g} mmol/L is not possible; µmol/L must be meant. It is kept as written."
            yield Conflict("implausible", "creatinine", f"{value:g} mmol/L", None, row["text"][:80], "", message)


def _masking(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    """Masking that the design cannot give. Masked assessors or investigators need neither a placebo nor a control."""
    trial = rows["trials"][0]
    against = {
        "none": ("no control group", "no control group is registered"),
        "no_treatment": ("untreated control", "the control group is untreated"),
    }
    if trial["masking"] in (None, "none") or trial["control_type"] not in against:
        return
    if not record.who_masked and trial["masking"] == "single" and trial["control_type"] == "no_treatment":
        return  # whoever it is: an assessor can be masked
    if record.who_masked and not {"participant", "care_provider"} & set(record.who_masked):
        return
    right, words = against[trial["control_type"]]
    printed = record.printed.get("masking", trial["masking"])
    who = f" ({', '.join(record.who_masked).replace('_', ' ')})" if record.who_masked else ""
    message = f"Masking is {trial['masking']}{who} although {words}."
    yield Conflict("within_text", "masking", trial["masking"], right, f"{printed}{who}", "", message)


def _repeated_outcomes(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    primary = {_plain(e["measure"]) for e in rows["endpoints"] if e["role"] == "primary"}
    twice = [
        e
        for e in rows["endpoints"]
        if e["role"] == "secondary" and e["is_duplicate"] and _plain(e["measure"]) in primary
    ]
    if twice:
        words = "; ".join(e["measure"] for e in twice[:3])
        repeat = "secondary outcomes repeat" if len(twice) > 1 else "secondary outcome repeats"
        message = f"{len(twice)} {repeat} a primary outcome word for word."
        yield Conflict(
            "within_text", "endpoints", f"{len(primary)} primary", f"{len(twice)} repeated", words, words, message
        )


def _late_registration(record: TrialRecord, rows: Rows) -> Iterator[Conflict]:
    """Registered after the start. A month or a year is read at its last day, so the delay is never overstated."""
    trial = rows["trials"][0]
    start, posted = trial["start_date"], trial["first_posted_date"]
    if not start or not posted or trial["first_posted_date_precision"] != "day":
        return
    precision = trial["start_date_precision"]
    last = start if precision == "day" else _last_day(start, precision)
    days = (posted - last).days
    if days > _LATE:
        left, right = f"start {record.start_date}", f"first posted {record.first_posted_date}"
        at_least = "" if precision == "day" else "at least "
        message = f"Registered {at_least}{days} days after the start (retrospective registration)."
        yield Conflict(
            "within_text", "first_posted_date", record.start_date, record.first_posted_date, left, right, message
        )


def _last_day(first: date, precision: str) -> date:
    month = first.month if precision == "month" else 12
    return first.replace(month=month, day=monthrange(first.year, month)[1])


_DETECTORS = (
    _arm_sums, _unregistered_groups, _ages, _pasted_criteria, _lost_headings, _times, _implausible_doses, _implausible_limits,
    _masking, _repeated_outcomes, _late_registration,
)  # fmt: skip


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()
