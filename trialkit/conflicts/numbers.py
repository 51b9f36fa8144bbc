"""Numbers that contradict each other: participants, arms, ages, doses."""

import re

from trialkit.conflicts.kinds import TEXTS, Conflict, Found, Rows, texts
from trialkit.facts import guard
from trialkit.facts.durations import NUMBER, read_number
from trialkit.record import TrialRecord

# Ages as a pair: "aged from 15 to 60", "18-65 years old"; never across a line or sentence, never months or weeks.
_PAIR = r"(\d{1,2})\s*(?:years?\s*)?(?:-|–|to|and|~)\s*(\d{1,2})"
_AGES = guard.compile(
    rf"\bage[ds]?\b[^\d.\n]{{0,24}}{_PAIR}(?!\s*(?:months?|weeks?|days?|\d))|(?<![\d.]){_PAIR}\s*(?:years?|yrs?)[\s-]*(?:old|of age)",
    re.I,
)
_ADULTS = guard.compile(
    r"\badult (?:patients|subjects|participants|men|women|volunteers)|\b(?:in|for|of) adults\b", re.I
)
_CHILDREN = guard.compile(r"\b(?:child\w*|paediatric|pediatric|adolescen\w*|infants?|minors?)\b", re.I)
_PEOPLE = (
    r"(?:patients|subjects|participants|individuals|volunteers|infants|neonates|children|adults|cases|persons|people)\b"
)
_ABOUT = r"(?:a total (?:number )?of |total of |approximately |about |around )?"
_TAKEN = r"(?:enrolled|recruited|included|randomi[sz]ed|registered|admitted)"
_ENROLLED = guard.compile(
    rf"(?:\b(?P<total>total (?:number )?of )?(?P<a>{NUMBER}) (?:[a-z-]{{2,16}} ){{0,3}}?{_PEOPLE}(?: [^.;]{{1,60}}?)?? (?:will be|were|are|to be|shall be|have been) (?:\w+ )?{_TAKEN}\b"
    rf"|\b(?:enrol+|recruit|include|randomi[sz]e|enrol+ing|recruiting|including)s? {_ABOUT}(?P<b>{NUMBER}) (?:[a-z-]{{2,16}} ){{0,3}}?{_PEOPLE}"
    rf"|\bsample size (?:of|is|will be|was) (?P<c>{NUMBER})\b"
    rf"|\b(?:trial|study)\b[^.;\d]{{0,24}}?\b(?:in which|with|on) {_ABOUT}(?P<d>{NUMBER}) (?:[a-z-]{{2,16}} ){{0,3}}?{_PEOPLE})"
    r"(?! (?:in|per|for|to|into) (?:each|every|both|the|this|one) ?(?:group|arm|cohort|experimental|control|treatment|study group|placebo|phase)?)",
    re.I,
)
_DIGIT = re.compile(r"[ -](one|two|three|four|five|six|seven|eight|nine)\b", re.I)  # "thirty six"
_PART = re.compile(
    r"\b(?:each|per|every|first|next|another|additional|further|remaining|other|previous\w*|group|arm|cohort|phase|stage|up to|at least|center|centre|site)\b",
    re.I,
)
_LATER_STUDY = re.compile(
    r"\b(?:previous|prior|earlier|another|other|literature|reported|published|showed|pilot|et al|in (?:19|20)\d\d)\b",
    re.I,
)


def arm_sums(record: TrialRecord, rows: Rows) -> Found:
    sizes, count = [arm["n"] for arm in rows["arms"]], rows["trials"][0]["enrollment_count"]
    if len(sizes) > 1 and all(n is not None for n in sizes) and count and sum(sizes) != count:
        words = " + ".join(map(str, sizes))
        message = f"The arms add up to {words} = {sum(sizes)}, the enrolment field says {count}."
        yield Conflict("text_vs_field", "n", count, sum(sizes), f"enrolment {count}", words, message)


def unregistered_groups(record: TrialRecord, rows: Rows) -> Found:
    told = [arm for arm in rows["arms"][len(record.arms) :] if record.arms]
    for arm in told:
        message = f"The text tells of a group of {arm['n']} ({arm['label']}) that is not registered as an arm."
        left = f"{len(record.arms)} registered"
        yield Conflict("text_vs_field", "arms", left, arm["label"], "", arm["label"], message)


def enrolment(record: TrialRecord, rows: Rows) -> Found:
    """The number of participants that the prose plans against the enrolment field.

    A planned number and an actual one may well differ; the message says which is which.
    """
    count, told = record.enrollment_count, {}
    for _, text in texts(record, *TEXTS):
        for m in _ENROLLED.finditer(text):
            sentence = text[max(text.rfind(".", 0, m.start()), text.rfind("\n", 0, m.start())) + 1 : m.end() + 40]
            before = text[max(0, m.start() - 24) : m.start()]
            group = next(g for g in "abcd" if m[g])
            n = read_number(m[group].lower())
            if n and (digit := _DIGIT.match(text, m.end(group))):
                n += read_number(digit[1].lower()) or 0
            if (
                n
                and n >= 3
                and not _PART.search(before)
                and not _PART.search(m[0])
                and not _LATER_STUDY.search(sentence)
            ):
                told.setdefault(int(n), m[0])
    sizes = {arm["n"] for arm in rows["arms"]}
    numbers = {n: words for n, words in told.items() if n not in sizes or n == max(told)}
    if not count or not numbers or count in told:
        return
    n = max(numbers)
    if record.enrollment_type == "actual":
        if abs(n - count) / max(n, count) < 0.1:
            return
        message = f"The text tells of {n} participants, the field says {count} took part (actual enrolment)."
    else:
        message = f"The text tells of {n} participants, the enrolment field says {count}."
    yield Conflict("text_vs_field", "enrollment_count", count, n, f"enrolment {count}", numbers[n], message)


def ages(record: TrialRecord, rows: Rows) -> Found:
    trial = rows["trials"][0]
    limits = (trial["minimum_age_years"], trial["maximum_age_years"])
    fields = " to ".join("no limit" if a is None else f"{a:g}" for a in limits)
    for _, text in texts(record, "brief_summary", "detailed_description", "eligibility", "inclusion"):
        for m in _AGES.finditer(text):
            pair = (float(m[1] or m[3]), float(m[2] or m[4]))
            if pair[0] < pair[1] and any(a is not None and abs(a - b) >= 1 for a, b in zip(limits, pair, strict=True)):
                words = f"{pair[0]:g} to {pair[1]:g}"
                message = f"The age fields say {fields}, the text says {words}."
                yield Conflict("text_vs_field", "age", fields, words, f"age limits {fields}", m[0], message)
                break


def adults(record: TrialRecord, rows: Rows) -> Found:
    """ "Adult patients" beside an age limit below 18 years."""
    lowest = rows["trials"][0]["minimum_age_years"]
    if lowest is None or lowest >= 16:
        return
    for _, text in texts(record, "public_title", "scientific_title", "eligibility", "inclusion"):
        m = _ADULTS.search(re.split(r"\bexclusion\b", text, flags=re.I)[0])
        if m and not _CHILDREN.search(text):
            message = f"The text says “{m[0]}”, the age field lets in from {lowest:g} years."
            yield Conflict("text_vs_field", "age", f"{lowest:g}", m[0], f"from {lowest:g} years", m[0], message)
            return


def implausible_doses(record: TrialRecord, rows: Rows) -> Found:
    for row in rows["regimens"]:
        if {"implausible", "doubled_unit"} & set(row["flags"]):
            value = row["dose_low"] if row["dose_low"] is not None else row["dose_high"]
            quotes = (e["quote"] for e in rows["evidence"] if e["column"] == "dose" and f"{value:g}" in e["value"])
            quote = next(quotes, "")
            message = f"The dose as printed ({quote}) lies outside the plausible window; it is kept as read."
            yield Conflict("implausible", "dose", quote, None, quote, "", message)


def broken_escalation(record: TrialRecord, rows: Rows) -> Found:
    """A dose level that breaks an escalation and fits it when one exponent is changed: 5e7, 1e7, 2e8."""
    levels = {}
    for row in rows["regimens"]:
        if row["dose_low"] and row["dose_low"] == row["dose_high"]:
            levels.setdefault(row["dose_basis"], {})[row["dose_low"]] = None
    for basis, values in levels.items():
        doses = list(values)
        for a, b, c in zip(doses, doses[1:], doses[2:], strict=False):
            if b < a < c and a < b * 10 < c and basis in ("total", "per_kg"):
                message = f"The dose levels {a:g}, {b:g} and {c:g} do not rise in order; {b:g} may have lost a power of ten. They are kept as read."
                yield Conflict("implausible", "dose", f"{b:g}", None, f"{a:g}, {b:g}, {c:g}", "", message)


DETECTORS = (arm_sums, unregistered_groups, enrolment, ages, adults, implausible_doses, broken_escalation)
