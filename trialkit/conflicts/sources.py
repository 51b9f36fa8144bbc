"""Where the records of one trial disagree: register against register, page against register, old against new.

The value kept is the register's own before a page's, and the newer before the older (`linking.merge`). Nothing that it
overrides is lost: every other value stands here with its record and date. A field that one record leaves out is no
contradiction. What is read from texts is: a page that lost the dose of its register misleads as much as one that prints
another. So there a value is told too that one source states and the other, which describes the trial, does not.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from rapidfuzz import fuzz

from trialkit.conflicts.kinds import Conflict, Rows, plain, shorten
from trialkit.record import TrialRecord

# Statuses are compared on coarse classes, for registers draw the fine lines differently. "Unknown" states nothing.
_STATUS = {
    "not_yet_recruiting": "before recruitment",
    "recruiting": "open", "enrolling_by_invitation": "open", "available": "open",
    "active_not_recruiting": "closed", "completed": "closed", "no_longer_available": "closed", "approved_for_marketing": "closed",
    "suspended": "stopped", "terminated": "stopped", "withdrawn": "stopped", "temporarily_not_available": "stopped",
}  # fmt: skip
_PLAIN = ("study_type", "allocation", "intervention_model", "masking", "primary_purpose", "sex")
_DATES = ("start_date", "primary_completion_date", "completion_date")
_SAME_NAME = 80.0  # of 100: a sponsor in two spellings
_SAME_MEASURE = 70.0
NOT_STATED = "not stated"
_SETS = ("product_class", "cell_source", "routes")  # read from the texts


def find_between(kept: TrialRecord, other: TrialRecord, kept_rows: Rows, other_rows: Rows | None) -> list[Conflict]:
    """The contradictions between the record kept and another one of its trial.

    `other_rows`: what was read from the other record's texts; None where its texts are those of the record kept.
    """
    found = list(_fields(kept, other))
    if other_rows is not None:
        one_sided = kept.register != other.register and _describes(kept) and _describes(other)
        found += _facts(kept_rows, other_rows, one_sided)
    return [
        Conflict(
            "between_sources",
            column,
            left,
            right,
            source_words(kept, column),
            source_words(other, column),
            f"{_name(kept)} {_says(left)}, {_name(other)} {_says(right)}; the first is kept.",
        )
        for column, left, right in found
    ]


def _says(value: str) -> str:
    return "does not state it" if value == NOT_STATED else f"says {value}"


def _describes(record: TrialRecord) -> bool:
    """True for a record that tells in prose what is done: its form could have told a dose."""
    return bool(record.brief_summary or record.detailed_description)


Difference = tuple[str, str, str]


def source_words(record: TrialRecord, column: str) -> str:
    """Where a value stands: record, file and date, with the words as printed where a reader had to change them."""
    printed = record.printed.get(column)
    date = f", updated {record.last_update_date}" if record.last_update_date else ""
    date += f", state of {record.source_date}" if record.source_date else ""
    return f"{record.record_id}{date}" + (f', printed "{shorten(printed)}"' if printed else "")


def _name(record: TrialRecord) -> str:
    date = max(record.last_update_date or "", record.source_date or "")
    return f"{record.register} ({date})" if date else record.register


def _fields(kept: TrialRecord, other: TrialRecord) -> Iterator[Difference]:
    a, b = _STATUS.get(kept.overall_status or ""), _STATUS.get(other.overall_status or "")
    if a and b and a != b:
        yield "overall_status", str(kept.overall_status), str(other.overall_status)
    if kept.enrollment_count is not None and other.enrollment_count is not None:
        types = {kept.enrollment_type, other.enrollment_type} - {None}
        if (
            len(types) < 2 and kept.enrollment_count != other.enrollment_count
        ):  # planned against actual is no contradiction
            yield "enrollment_count", _count(kept), _count(other)
    phases = [set(record.phases) - {"na"} for record in (kept, other)]
    if all(phases) and phases[0] != phases[1]:
        yield "phases", ", ".join(sorted(phases[0])), ", ".join(sorted(phases[1]))
    for field in _PLAIN:
        left, right = getattr(kept, field), getattr(other, field)
        if left and right and left != right:
            yield field, left, right
    for field in ("minimum_age", "maximum_age"):
        left, right = getattr(kept, field), getattr(other, field)
        if left and right and _age(left) != _age(right):
            yield field, left, right
    for field in _DATES:
        left, right = getattr(kept, field), getattr(other, field)
        if left and right and left[: len(right)] != right[: len(left)]:  # a month says nothing of the day
            yield field, left, right
    if kept.lead_sponsor and other.lead_sponsor:
        alike = fuzz.token_set_ratio(plain(kept.lead_sponsor), plain(other.lead_sponsor))
        if alike < _SAME_NAME:
            yield "lead_sponsor", kept.lead_sponsor, other.lead_sponsor
    yield from _primary(kept, other)


def _count(record: TrialRecord) -> str:
    kind = {"actual": " (actual)", "estimated": " (planned)"}.get(record.enrollment_type or "", "")
    return f"{record.enrollment_count}{kind}"


def _age(words: str) -> tuple[float, str]:
    """(18, "y") of "18 Years" and "18years": spelling aside, the same age."""
    number, unit = re.search(r"\d+(?:\.\d+)?", words), re.search(r"[a-z]", words.lower())
    return float(number[0]) if number else -1.0, unit[0] if unit else "y"


def _primary(kept: TrialRecord, other: TrialRecord) -> Iterator[Difference]:
    """Primary outcomes that the other record has and no outcome of the record kept resembles."""
    own = [plain(o.measure) for o in kept.outcomes]
    named = [o.measure for o in other.outcomes if o.role == "primary"]
    if not own or not named or not any(o.role == "primary" for o in kept.outcomes):
        return
    strange = [m for m in named if max(fuzz.token_set_ratio(plain(m), one) for one in own) < _SAME_MEASURE]
    if strange:
        ours = [o.measure for o in kept.outcomes if o.role == "primary"]
        yield "primary_outcomes", shorten("; ".join(ours), 200), shorten("; ".join(strange), 200)


def _facts(kept: Rows, other: Rows, one_sided: bool) -> Iterator[Difference]:
    """What the two sets of texts state differently; with `one_sided` also what only one of them states."""
    one, two = kept["trials"][0], other["trials"][0]
    for column in _SETS:
        left, right = (set(trial[column]) - {"none"} for trial in (one, two))
        if not (left <= right or right <= left) or (one_sided and bool(left) != bool(right)):
            yield column, _listed(left), _listed(right)
    donors = [trial["donor"].replace("not_reported", "") for trial in (one, two)]
    if donors[0] != donors[1] and (all(donors) or one_sided):
        yield "donor", *(donor or NOT_STATED for donor in donors)
    doses = [_levels(rows, lambda r: (r["dose_low"], r["dose_high"], r["dose_basis"])) for rows in (kept, other)]
    if doses[0] != doses[1] and (all(doses) or one_sided):
        yield "dose", *(_doses(levels) for levels in doses)
    counts = [_levels(rows, lambda r: r["n_administrations"]) for rows in (kept, other)]
    if not counts[0] & counts[1] and (all(counts) or (one_sided and any(counts))):
        yield "n_administrations", *(_listed(found) for found in counts)


def _listed(values: set) -> str:
    return ", ".join(map(str, sorted(values))) or NOT_STATED


def _levels(rows: Rows, value: Callable[[dict[str, Any]], Any]) -> set:
    found = {value(row) for row in rows["regimens"]}
    return {v for v in found if v is not None and v != (None, None, None)}


def _doses(levels: set) -> str:
    def words(low: float | None, high: float | None, basis: str) -> str:
        number = (
            f"{low:,.12g}"
            if low == high
            else f"up to {high:,.12g}"
            if low is None
            else f"{low:,.12g} or more"
            if high is None
            else f"{low:,.12g} to {high:,.12g}"
        )
        return f"{number} {(basis or 'unclear').replace('_', ' ')}"

    return "; ".join(sorted(words(*level) for level in levels)) or NOT_STATED
