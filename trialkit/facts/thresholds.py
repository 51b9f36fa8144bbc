"""Thresholds of one eligibility criterion: which variable, which limit.

A limit belongs to the nearest variable before it whose unit fits ("DLCO below 70 % predicted"), to several when they
are listed together ("AST or ALT > 3 x ULN"), or to one behind it where that is usual ("20 mg/day of prednisone").
"""

import re
from dataclasses import dataclass
from functools import cache

from trialkit.facts import guard
from trialkit.facts.durations import NUMBER_WORD, NUMBER_WORDS
from trialkit.facts.limits import Limit, find_limits, fold_criteria
from trialkit.vocabulary import Hit, Vocabulary, load_vocabulary


@dataclass(frozen=True)
class Threshold:
    """One limit on one variable of `eligibility_variables.toml`; offsets cover the variable and its limit."""

    variable: str
    operator: str
    low: float | None
    high: float | None
    unit: str | None
    start: int
    end: int
    rule: str


_LONGEST = 10_000  # no single criterion is longer
_REACH = 60  # characters between a variable and its limit
_TIMES = ("years", "months", "weeks", "days", "hours", "minutes")
_LISTED = re.compile(r"[\s(),/]{0,4}(?:and/or|and|or|&|serum|plasma)?[\s(),/]{0,3}(?:the |a |serum |plasma )?")
_STOP = re.compile(
    r"[;\x1a]|\.\s|\b(?:within|during|after|for(?! (?:carbon|ha?emoglobin|wom[ae]n|m[ae]n|females?|males?))"
    r"|nv|normal range|prior to|with(?:out)? a history)\b"
)
_DECLINE = re.compile(r"\b(?:declin|decreas|reduc|drop|fall|fell|deteriorat|worsen|loss)[a-z]{0,7}\b(?! to\b)")
_CHANGE = re.compile(r"\b(?:increas|improv|chang|vary|varia|rise|rising)[a-z]{0,6}\b(?! to\b)")
_OF_IT = re.compile(r"\s(?:of|in) (?:the )?(?:baseline )?$")  # "decline of FVC", "increase in EDSS"
# Another marker between the variable and the limit: "platelets / mL, and an INR greater than 1.3".
_OTHER_NAME = re.compile(
    r"(?<![(\[A-Za-z])(?!AND\b|OR\b|NOT\b|LESS\b|THAN\b|OF\b|IS\b|ULN\b|SLE\b)[A-Z]{2,8}\d{0,2}\b(?![)\]])"
)
# Between two limits of one variable: "> 18 and < 65", "< 12 g/dL for women, < 13 for men".
_FURTHER = re.compile(
    r"[\s,;()/-]{0,4}(?:(?:and|or|but|to|ou|for|in|if|not|is|are|females?|males?|wom[ae]n|m[ae]n|boys|girls|years?)"
    r"[\s,;()]{0,3}){0,5}"
)
_ONE_MORE = re.compile(r"[\s)]{0,2}(?:,|/|,? ?(?:and|or|and/or)\b) {0,2}[A-Z-]{2,8} {0,2}")
# A word behind a bare number makes it a count of other things ("> 2 joints"); these words do not.
_COUNTED = re.compile(
    r" (?!and\b|or\b|at\b|in\b|by\b|on\b|to\b|with|but\b|of\b|for\b|as\b|if\b|despite|when|score|plus|not|were|was|is\b|are\b"
    r"|during|from|using|who|willing|able|will\b|men\b|women\b|where|due|after|prior|before|inclusive|except|mean|both|unless|male|female)[a-z]{3}"
)
_AGE_BEHIND = re.compile(r"\s{0,2}[,(]?\s?(?:of age|old\b|in age|age\b)")
_AROUND_AGE = guard.compile(
    r"\b(?:(?P<above>over|above|older than|more than|greater than|minimum)|(?P<below>under|below|younger than|less than|maximum))"
    r"\s(?:the )?ages?(?: limit)?:? ?(?:of )?(?P<n>\d{1,3})\b(?! ?[-~%]| ?to )(?:\s?(?P<unit>years?|months?|weeks?|days?))?"
)
_PERSON = re.compile(
    r"\b(?:patients?|subjects?|participants?|adults?|volunteers?|persons?|people|individuals?|children|wom[ae]n|females?"
    r"|m[ae]n|males?|genders?|sex(?:es)?|donors?)\b,?[\s\W]{0,4}(?:(?:who|is|are|aged?|and|or|between|from|the)\s){0,3}$"
)
_AND = re.compile(r"[\s,(/]{0,3}(?:years?|yrs?)?[\s,]{0,2}(?:and|or|ou|but|to)?,?\s{0,2}(?:(?:who )?(?:is|are) |not )?")
_OLD = re.compile(r"\bold(?:er)?\b|\byounger\b|\bages? of\b")
_NOT_AGE_BEHIND = re.compile(
    r"\s{0,2}(?:of (?!age)|after|before|prior|from|since|follow|ago|post|in duration|duration|history|later)"
)
_DURATION_BEHIND = re.compile(
    r"\s{0,2}(?:(?:of )?(?:disease |illness )?duration|since (?:diagnosis|onset|the onset|disease onset))\b"
)
_BILAG = guard.compile(
    rf"(?P<op>at least\s|>\s?=\s?|\x03\s?|>\s?)?\b(?P<n>{NUMBER_WORD}|\d{{1,2}})\s(?:or more\s)?(?:new\s)?(?:bilag(?:-2004)?\s(?:index\s)?)?"
    rf"(?:(?:grade|category|score|level|domain)s?\s)?[\"']?(?P<grade>[a-e])\b(?!\s(?:and|or)?\s?/)"
    rf"|\bbilag(?:-2004)?\s(?:index\s)?(?:(?:grade|category|score|level)s?\s)?(?:of\s)?[\"']?(?P<plain>[a-e])\b"
)


@cache
def _variables() -> Vocabulary:
    return load_vocabulary("eligibility_variables")


def find_thresholds(text: str) -> list[Threshold]:
    """Every threshold stated in one criterion, in order of appearance. Never raises.

    Nothing is inferred: a number without an operator or a range gives none, nor does one whose unit does not fit the
    variable. Values and units are those written; "x ULN" counts multiples of the upper limit of normal.
    """
    text = text[:_LONGEST]
    s = fold_criteria(text)
    limits = find_limits(s)
    hits = _variables().find(text) if limits or "bilag" in s else []
    found: list[Threshold] = []
    for n, limit in enumerate(limits):
        following = limits[n + 1] if n + 1 < len(limits) else None
        found += (
            _age(s, limit, following, hits, found) or _linked(text, s, limit, hits, found) or _behind(s, limit, hits)
        )
    if any(hit.key == "bilag" for hit in hits):
        found += _bilag(s)
    found += [t for t in _limit_around_age(s) if not any(f.start < t.end and t.start < f.end for f in found)]
    return sorted(dict.fromkeys(found), key=lambda t: (t.start, t.end))


def _fits(key: str, unit: str | None) -> bool:
    more = _variables().entries[key].more
    return unit in more["units"] if unit else bool(more.get("bare"))


def _make(key: str, limit: Limit, start: int, end: int, rule: str, unit: str | None = None) -> Threshold:
    return Threshold(
        key,
        limit.operator or "=",
        limit.low,
        limit.high,
        limit.unit or unit,
        min(start, limit.start),
        max(end, limit.end),
        rule,
    )


def _linked(text: str, s: str, limit: Limit, hits: list[Hit], found: list[Threshold]) -> list[Threshold]:
    """The limit on the variable named last before it, when its unit fits, and on those listed with that one."""
    before = [hit for hit in hits if hit.end <= limit.start]
    while (
        before
        and not _fits(before[-1].key, limit.unit)
        and (before[-1].key == "age" or re.match(r"[^()]{0,30}\)", s[before[-1].end : limit.start]))
    ):
        before.pop()  # "DLCO (corrected for haemoglobin) < 40 %"
    if not before:
        return []
    hit = before[-1]
    # "> 18 and < 65": the second limit follows the first
    edge = max([hit.end, *(t.end for t in found if t.variable == hit.key and t.end <= limit.start)])
    gap = s[edge : limit.start]
    other = _OTHER_NAME.search(text[edge : limit.start])
    if other and edge == hit.end and limit.unit == "x ULN" and _ONE_MORE.fullmatch(text[edge : limit.start]):
        other = None  # "ALT or ALP > 5 x ULN"
    reach = _REACH // 2 if hit.key == "age" else _REACH
    if edge > hit.end and not _FURTHER.fullmatch(gap):
        return []
    if len(gap) > reach or _STOP.search(gap) or other:
        return []
    key = hit.key
    about = s[hit.end : limit.start]
    if behind := _OF_IT.search(s[max(0, hit.start - 40) : hit.start]):
        about += " " + behind.string[: behind.start()].rsplit(" ", 1)[-1]
    if _CHANGE.search(about):
        return []
    if _DECLINE.search(about):
        key = f"{key}_decline"
    if key not in _variables().entries or not _fits(key, limit.unit):
        return []
    if limit.unit is None and _COUNTED.match(s, limit.end):
        return []
    keys, first = {key: hit.start}, hit
    for other in reversed(before[:-1]):
        if not _LISTED.fullmatch(s[other.end : first.start]):
            break
        first = other
        if _fits(other.key, limit.unit) and key == hit.key:
            keys[other.key] = other.start  # the first of "alanine aminotransferase (ALT)"
    return [_make(k, limit, start, hit.end, "before") for k, start in keys.items()]


def _age(s: str, limit: Limit, following: Limit | None, hits: list[Hit], found: list[Threshold]) -> list[Threshold]:
    """Ages that need no word "age": "18-65 years old", "younger than 20", "patients over 18 years"."""
    unit = limit.unit
    paired = following is not None and _AND.fullmatch(s[limit.end : following.start])
    if unit is None and paired and following.unit in _TIMES:
        unit = following.unit
    named = bool(
        _AGE_BEHIND.match(s, limit.end)
        or _OLD.search(s[limit.start : limit.end])
        or (paired and _AGE_BEHIND.match(s, following.end))
    )
    if unit not in ("years", "months") and not (named and unit is None):
        return []
    if any(hit.key != "age" and limit.start - _REACH < hit.end <= limit.start and _fits(hit.key, unit) for hit in hits):
        return []
    again = bool(found) and found[-1].variable == "age" and bool(_AND.fullmatch(s[found[-1].end : limit.start]))
    if not named and not again and not (unit == "years" and _is_said_of_people(s, limit)):
        return []
    start = max((h.start for h in hits if h.key == "age" and 0 <= limit.start - h.end <= 20), default=limit.start)
    return [_make("age", limit, start, limit.end, "age", unit or "years")]


def _limit_around_age(s: str) -> list[Threshold]:
    """Ages named between the operator and the number: "over age 18", "minimum age: 18 years"."""
    found = []
    for m in _AROUND_AGE.finditer(s):
        above, inclusive = m["above"] is not None, (m["above"] or m["below"]).startswith(("min", "max"))
        operator = {(True, True): ">=", (True, False): ">", (False, True): "<=", (False, False): "<"}[above, inclusive]
        n, unit = float(m["n"]), (m["unit"] or "year").rstrip("s") + "s"
        low, high = (n, None) if above else (None, n)
        found.append(Threshold("age", operator, low, high, unit, m.start(), m.end(), "age_named"))
    return found


def _is_said_of_people(s: str, limit: Limit) -> bool:
    """True for "women 18 to 40 years" or "18-65 years, both sexes", not for "at least 2 years after surgery"."""
    if _NOT_AGE_BEHIND.match(s, limit.end):
        return False
    lead = s[max(0, limit.start - _REACH) : limit.start]
    if lead.strip(" (\"'"):
        return bool(_PERSON.search(lead))
    return limit.operator == "between" or max(limit.low or 0, limit.high or 0) >= 16


def _behind(s: str, limit: Limit, hits: list[Hit]) -> list[Threshold]:
    """Variables that stand behind their number: "20 mg/day of prednisone", "< 2 years duration"."""
    if limit.unit in _TIMES and (m := _DURATION_BEHIND.match(s, limit.end)):
        return [_make("disease_duration", limit, limit.start, m.end(), "behind")]
    for hit in hits:
        if hit.start >= limit.end and _variables().entries[hit.key].more.get("follows") and _fits(hit.key, limit.unit):
            if re.fullmatch(r"\s{0,2}(?:(?:of|per day|daily|oral|a|the|/|day) ?){0,4}", s[limit.end : hit.start][:40]):
                return [_make(hit.key, limit, hit.start, hit.end, "behind")]
            break
    return []


def _bilag(s: str) -> list[Threshold]:
    """BILAG grades: "at least one grade A or two grade B" is >= 1 grade A and >= 2 grade B."""
    found, operator = [], "="
    for m in _BILAG.finditer(s):
        if m["plain"]:
            found.append(
                Threshold("bilag", "=", None, None, f"grade {m['plain'].upper()}", m.start(), m.end(), "grade")
            )
            continue
        near = s[max(0, m.start() - _REACH) : m.end() + _REACH]
        if "bilag" not in near:
            continue
        written = (m["op"] or "").strip()
        if written or "or more" in m.group():
            operator = ">" if written == ">" else ">="
        n = float(NUMBER_WORDS[m["n"]]) if m["n"] in NUMBER_WORDS else float(m["n"])
        low, high = (n, n) if operator == "=" else (n, None)
        found.append(
            Threshold("bilag", operator, low, high, f"grade {m['grade'].upper()}", m.start(), m.end(), "grade")
        )
    return found
