"""Limits in folded text: an operator, a number or range, and a unit ("at least 18 years", ">= 8.0 g/dL", "15 to 70").

Folding must keep the signs apart: read text through `fold_criteria`, which knows `≥` and `≤`.
"""

import re
from dataclasses import dataclass

from trialkit.facts import guard
from trialkit.facts.durations import NUMBER_WORD, NUMBER_WORDS, UNIT_DAYS
from trialkit.vocabulary import fold

_AT_LEAST, _AT_MOST = "\x03", "\x04"
_SIGNS = str.maketrans(
    {**dict.fromkeys("≥⩾≧", _AT_LEAST), **dict.fromkeys("≤⩽≦", _AT_MOST), "\n": " ", "\r": " ", "\t": " "}
)

_MORE = r"(?:greater|more|higher|older|larger|bigger|longer|superior)"
_LESS = r"(?:less|lower|younger|fewer|smaller|shorter|inferior)"
# Longest first: "greater than or equal to" before "greater than". `not` turns the next ones round.
_OPERATORS = {
    ">=": rf"{_AT_LEAST}|>\s?/?\s?(?:or\s?)?=|=\s?>|>\s?or equal(?: to)?|{_MORE}(?: than)?,? or equal(?: to| than)?"
    rf"|equal(?: to)? or {_MORE}(?: than)?|at least|not? {_LESS} than|not? (?:below|under)|(?:a )?minim(?:um|al)(?: of)?",
    "<=": rf"{_AT_MOST}|<\s?/?\s?(?:or\s?)?=|=\s?<|<\s?or equal(?: to)?|{_LESS}(?: than)?,? or equal(?: to| than)?"
    rf"|equal(?: to)? or {_LESS}(?: than)?|at most|not? {_MORE} than|not? (?:above|over)|not exceed(?:ing)?"
    r"|(?:a )?max(?:imum|imal)(?: of)?|up to",
    ">": rf">|{_MORE} than|above|over|exceed(?:ing|s|ed)?|in excess of|greater",
    "<": rf"<|{_LESS} than|below|under",
}  # fmt: skip
_OPERATOR = "|".join(rf"(?P<{name}>{_OPERATORS[op]})" for name, op in
                     (("ge", ">="), ("le", "<="), ("gt", ">"), ("lt", "<")))  # fmt: skip
_NAMES = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<"}

_VALUE = rf"(?:\d{{1,3}}(?:[ ,]\d{{3}}){{1,3}}(?!\d)|\d{{1,7}}(?:[.,]\d{{1,3}})?(?!\d)|twice|{NUMBER_WORD})"
_PER = r"\s?(?:/|per)\s?"
_LITRE = r"(?:l(?:iter|itre)?)\b"
_TEN = r"(?:[x*]\s?10\s?(?:\^|e|\()?|10\s?(?:\^|e))\s?"
_CELLS = r"\s?(?:cells?|platelets?|neutrophils?)?"
# What a limit may be counted in: canonical spelling and pattern, the longer ones first.
_UNITS = [
    ("x ULN", r"(?:[x*]|times?|-?\s?fold|-times)?\s?(?:(?:the|of|above|than|upper)\s){0,2}(?:(?:institutional|laboratory|local)\s)?"
     r"(?:upper (?:normal )?limits?(?: of(?: the)? (?:normal|reference)(?: range| value)?s?| of \d{1,3} units)?|u\.?l\.?n\b"
     r"|unl\b|uln\b|n\b|upper value of (?:the )?normal(?: range| value)?|normality upper limit|normal (?:upper )?(?:value|limit|range|level)|limit of normal|normal\b)"),
    ("10^9/L", rf"{_TEN}[9\x19]\)?{_CELLS}{_PER}{_LITRE}"),
    ("10^3/uL", rf"{_TEN}[3\x13]\)?{_CELLS}{_PER}(?:(?:u|mc|micro)l|c?mm|cu mm)|k{_PER}(?:u|mc)l"),
    ("/mm3", rf"{_CELLS}{_PER}(?:mm\s?\^?[3\x13]|cmm|cu\.? ?mm|cubic m)"),
    ("/uL", rf"{_CELLS}{_PER}(?:ul|mcl|microl)"),
    ("/mL", rf"(?:cells?){_PER}ml\b"),
    ("/L", rf"{_CELLS}{_PER}{_LITRE}"),
    ("mL/min/1.73 m2", rf"ml{_PER}(?:min(?:ute)?s?)\.?\s?(?:/|per|x)?\s?\(?1[.,]73\s?m?\s?\^?[2\x12]?\)?"),
    ("mL/min", rf"ml{_PER}min(?:ute)?s?"),
    ("% predicted", r"(?:%|percent)(?: of)?(?: the)? ?(?:predicted|pred\b|expected|normal predicted|theoretical)"),
    ("%", r"%|percent\b"),
    ("mg/kg/day", rf"mg{_PER}kg{_PER}(?:day|d\b)"),
    ("g/24 h", rf"g(?:rams?)?{_PER}(?:24\s?-?h(?:ou)?r?s?|day|d\b)|g in 24"),
    ("mg/24 h", rf"mg{_PER}24\s?-?h(?:ou)?r?s?"),
    ("mg/day", rf"mg{_PER}?(?:day|d\b|daily)|mg daily|mg a day"),
    ("mg/mmol", rf"mg{_PER}mmol"), ("mg/mg", rf"mg{_PER}mg"), ("mg/g", rf"mg{_PER}g\b"), ("g/g", rf"g{_PER}g\b"),
    ("mmol/mol", rf"mmol{_PER}mol"), ("mg/kg", rf"mg{_PER}kg"),
    ("g/dL", rf"gm?s?{_PER}(?:dl|100 ?ml)|gm ?%|g%"), ("mg/dL", rf"mg{_PER}(?:dl|100 ?ml)|mg ?%"),
    ("g/L", rf"g{_PER}{_LITRE}"), ("mg/L", rf"mg{_PER}{_LITRE}"), ("ug/L", rf"ug{_PER}{_LITRE}"),
    ("umol/L", rf"(?:u|micro|mc)mol(?:es)?{_PER}{_LITRE}|um\b"), ("nmol/L", rf"nmol{_PER}{_LITRE}"),
    ("pmol/L", rf"pmol{_PER}{_LITRE}"), ("mmol/L", rf"mmol{_PER}{_LITRE}"), ("pmol/mL", rf"pmol{_PER}ml"),
    ("ng/mL", rf"ng{_PER}ml"), ("ng/dL", rf"ng{_PER}dl"), ("U/L", rf"i?u{_PER}(?:l\b|ml)"),
    ("kg/m2", rf"kg{_PER}(?:m\s?\^?[2\x12]|sqm|square m)"), ("mmHg", r"mm ?hg"),
    ("mm/h", rf"mm{_PER}(?:1st |first |1 ?)?h(?:ou)?r?"), ("kg", r"kgs?\b|kilograms?"), ("mg", r"mg\b"),
    ("g", r"g(?:rams?)?\b(?!/)"), ("cm", r"cm\b"), ("mm", r"mm\b"), ("mL", r"ml\b"), ("L", r"l\b"),
    ("years", r"-?(?:years?|yrs?|ans|y)(?![a-z])(?:[- ]olds?)?"), ("months", r"-?(?:months?|mos?)(?![a-z])(?:[- ]olds?)?"),
    ("weeks", r"-?(?:weeks?|wks?)(?![a-z])"), ("days", r"days?(?![a-z])"), ("hours", r"(?:hours?|hrs?)(?![a-z])"),
    ("minutes", r"min(?:ute)?s?\b"), ("points", r"points?\b"), ("units", r"units?\b"), ("times", r"times\b|x\b"),
]  # fmt: skip
UNIT_NAMES = [name for name, _ in _UNITS]
_UNIT = "|".join(rf"(?P<u{n}>{pattern})" for n, (_, pattern) in enumerate(_UNITS))
_SUFFIX = {
    ">=": r"(?:(?:or|and) (?:more|older|above|over|greater|higher|longer|up)\b(?! than)|\+(?![/\d-]))",
    "<=": r"(?:or|and) (?:less|younger|below|under|lower|fewer|shorter)\b(?! than)",
}
_THOUSANDS = re.compile(r"\d{1,3}(?:[ ,]\d{3}){1,3}")
_TO = r"(?:-{1,2}|~|to|through|and)"
_LIMIT = guard.compile(
    rf"(?:(?<![a-z0-9.,])|(?=[<>={_AT_LEAST}{_AT_MOST}]))(?:(?:{_OPERATOR})(?:\s(?:a score of|(?:the )?ages? of|a|the|about|approximately|or equal to|score of|of))?\s{{0,2}})?"
    rf"(?P<a>{_VALUE})"
)
_RANGE = re.compile(rf"\s{{0,2}}{_TO}\s{{0,2}}(?:up to )?(?:{_AT_MOST}|<=|<)?\s?(?P<b>{_VALUE})")
_WITH_UNIT = re.compile(rf"\s{{0,2}}(?:{_UNIT})")
_BEHIND = re.compile(
    rf"\s{{0,2}}(?:of age|old|years|in age)?,?\s{{0,2}}(?:inclusive,?\s)?(?:(?P<ge>{_SUFFIX['>=']})|(?P<le>{_SUFFIX['<=']}))"
)


@dataclass(frozen=True)
class Limit:
    """One limit: `operator`, `low` and `high` as written, canonical `unit` or None; `plain` for a number alone."""

    operator: str | None
    low: float | None
    high: float | None
    unit: str | None
    start: int
    end: int


def fold_criteria(text: str) -> str:
    """Folded text of the same length in which `≥` and `≤` stay apart from `>` and `<`, and line breaks are blanks."""
    return fold(text.translate(_SIGNS)).decode("latin-1")


def find_limits(s: str) -> list[Limit]:
    """Every limit of `s` (text through `fold_criteria`) that has an operator or is a range, in order. Never raises."""
    found: list[Limit] = []
    position = 0
    while m := _LIMIT.search(s, position):
        limit = _read(s, m)
        position = limit.end if limit else m.end()
        if limit and limit.operator:
            found.append(limit)
    return found


def _read(s: str, m: re.Match[str]) -> Limit | None:
    low = _number(m["a"])
    if low is None:
        return None
    operator = next((sign for name, sign in _NAMES.items() if m[name]), None)
    unit, end = _unit(s, m.end("a"))
    if unit in ("/mm3", "/uL") and re.fullmatch(r"\d{1,3}\.\d{3}", m["a"]):
        low *= 1000  # "100.000/mm3" is a hundred thousand
    high, last = None, end
    if operator in (None, ">=") and (to := _RANGE.match(s, end)):
        high = _number(to["b"])
        between = "and" in to.group() and not re.search(
            r"\bbetween\s{0,2}(?:the )?(?:ages? )?(?:of )?$", s[max(0, m.start() - 24) : m.start()]
        )
        if high is not None and not between:
            second, last = _unit(s, to.end("b"))
            return _between(low, unit, high, second or unit, m.start(), last)
    if operator is None and (behind := _BEHIND.match(s, end)):
        operator, end = (">=" if behind["ge"] else "<="), behind.end()
    if operator in (">", ">="):
        return Limit(operator, low, None, unit, m.start(), end)
    if operator in ("<", "<="):
        return Limit(operator, None, low, unit, m.start(), end)
    return Limit(None, low, low, unit, m.start(), end)


def _between(low: float, unit: str | None, high: float, second: str | None, start: int, end: int) -> Limit | None:
    """A range in the unit of its upper end ("6 months to 10 years" begins at half a year); None when it is none."""
    if unit and second and unit != second and (unit, second) != ("%", "% predicted"):
        if unit.rstrip("s") not in UNIT_DAYS or second.rstrip("s") not in UNIT_DAYS:
            return None
        low = round(low * UNIT_DAYS[unit.rstrip("s")] / UNIT_DAYS[second.rstrip("s")], 3)
    return Limit("between", low, high, second, start, end) if low < high else None


def _unit(s: str, start: int) -> tuple[str | None, int]:
    if m := _WITH_UNIT.match(s, start):
        n = int(str(m.lastgroup)[1:])
        return _UNITS[n][0], m.end()
    return None, start


def _number(word: str) -> float | None:
    if word == "twice":
        return 2.0
    if word in NUMBER_WORDS:
        return float(NUMBER_WORDS[word])
    if len(word) > 4 and _THOUSANDS.fullmatch(word):
        return float(word.replace(" ", "").replace(",", ""))
    return float(word.replace(",", "."))
