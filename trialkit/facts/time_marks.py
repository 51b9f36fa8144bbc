"""What a time frame says beside its points: tolerances and recurrences, taken out before the points are read.

Everything here works on folded text and blanks what it takes, so that offsets stay those of the original.
"""

import re

from trialkit.facts import guard
from trialkit.facts.durations import NUMBER, UNIT, UNIT_DAYS, WORD_UNIT, read_number, read_unit
from trialkit.facts.time_points import Point
from trialkit.vocabulary import fold

PLUS_MINUS = "\x02"  # folding knows no ± of its own

# Look-alikes: durations that belong to the measurement, not to the follow-up.
_LOOKALIKE = guard.compile(
    r"\b(?:6|six|2|two|12)[ -]{0,2}min(?:ute)?s?[ -]{0,2}(?:walk|w\b)[a-z]{0,6}"
    r"|\b(?:24|48|72)[ -]{0,2}h(?:ou)?r?s?[ -]{0,2}"
    r"(?:urin|prot|holter|ecg|album|ambul|blood|ph\b|creat|diet|electro|total)[a-z]{0,14}"
    r"|/\s?24\s?h(?:ours?|rs?)?\b|\b\d{1,3}[ -]?(?:m|meter|metre)s?[ -]walk[a-z]{0,3}"
    r"|\b(?:one|1|first|30)[ -]second"
    r"|(?:/|(?<!once )(?<!twice )(?<!times )\bper)\s?"
    r"(?:\d{1,2}\s?)?(?:day|week|month|year|hour|h|min|minute|d)\b(?!\s?-?\d)"
    r"|\bdaily (?=living|life|activit|dose|function|step|intake)|\bannual (?=rate|relapse|decline)"
    r"|\bage[ds]?\s{1,2}(?:of |between |from |over |under |above )?\d{1,2}(?:\s?(?:-|to|and)\s?\d{1,2})?"
    r"\s?(?:years?|months?|weeks?)?"
    r"|\b\d{1,3}[ -]?(?:years?|yrs?)[ -]?(?:olds?|of age)\b|\bdays? of (?:the )?(?:disease|illness)\b"
)
_TOLERANCE = guard.compile(
    rf"\(?\s?(?:{PLUS_MINUS}|\+\s?/\s?(?:-|1(?=\s))?|\+\s?-|-\s?/\s?\+|\bplus\s?(?:or|/)?\s?minus\b)"
    rf"\s{{0,2}}({NUMBER})\s{{0,2}}-?({UNIT})?\s?\)?"
    rf"|(?<=\d)\s?\(\s?-\s?({NUMBER})\s?({UNIT})\s?\)"
)
_PLUS = guard.compile(r"(?<=\d)\+(\d{1,2})(?!\d)")
_BETWEEN = guard.compile(rf"(?<=\d)\s(?:post-?\s?operative|consecutive|calendar|full|study)\s(?={WORD_UNIT})")
_DECIMAL_COMMA = guard.compile(rf"(?<![\d,;.])(\d),(\d)(?=\s?{WORD_UNIT})")  # "6,5 years", but "3,6 months" is a list
_ADVERBS = {
    "hourly": 1 / 24, "daily": 1, "weekly": 7, "fortnightly": 14, "biweekly": 14, "monthly": 30, "bimonthly": 60,
    "quarterly": 90, "semiannually": 180, "biannually": 180, "yearly": 365, "annually": 365, "annual": 365,
}  # fmt: skip
_HOW_OFTEN = {"once": 1, "twice": 2, "thrice": 3}
_RECURRENCE = guard.compile(
    rf"\b(?:every|each|evry)\s{{1,2}}(?P<other>other\s|second\s|2nd\s)?"
    rf"(?:(?P<n>{NUMBER})\s?(?:(?:-|to|or)\s?\d{{1,3}}\s?)?-?\s?)?"
    rf"(?P<unit>{WORD_UNIT})(?!\s{{0,2}}\d)(?!\s(?:visit|of (?:visit|follow)))"
    rf"|\b(?P<often>once|twice|thrice|\d{{1,2}} times|(?:two|three|four) times)"
    rf"\s?(?:a|an|per|every|each|/|in a)?\s?(?P<per>{WORD_UNIT}|daily|weekly|monthly|yearly)"
    rf"|(?:\b(?P<k>{NUMBER})[ -])?\b"
    rf"(?P<adverb>bi-?weekly|bi-?monthly|semi-?annually|bi-?annually|{'|'.join(_ADVERBS)})\b"
)


def prepare(text: str) -> tuple[str, str]:
    """The folded text, whole and without look-alikes ("6-minute walk", "24 h urine", "aged 18 to 65")."""
    whole = fold(text.replace("±", PLUS_MINUS)).decode("latin-1").replace('"', " ")
    s = _LOOKALIKE.sub(lambda m: "_" * len(m.group()), whole)
    s = _BETWEEN.sub(lambda m: " " * len(m.group()), s)
    return whole, _DECIMAL_COMMA.sub(lambda m: f"{m[1]}.{m[2]}" if m[2] < m[1] else m.group(), s)


def take_tolerance(s: str) -> tuple[str, float | None]:
    """`s` with tolerances blanked out, and the first of them in days; one without a unit has that of its neighbour."""
    first: float | None = None

    def blank(m: re.Match[str]) -> str:
        nonlocal first
        value = next((v for v in (m[1], m[3]) if v), None)
        unit = read_unit(m[2] or m[4] or "") if value else None
        if value and unit is None:
            near = re.findall(WORD_UNIT, s[max(0, m.start() - 20) : m.end() + 20])
            unit = read_unit(near[0]) if near else None
        if first is None and value and unit:
            first = (read_number(value) or 0.0) * UNIT_DAYS[unit]
        if m[2] and re.search(r"\d\s?$", s[max(0, m.start() - 3) : m.start()]) and m.group()[0] != "(":
            kept = m.group()[m.start(2) - m.start() :]  # "28 ± 3 days": the unit is shared
            return kept.rjust(len(m.group()))
        return " " * len(m.group())

    plus = _PLUS.search(s)
    s = _PLUS.sub(lambda m: " " * len(m.group()), s)
    s = _TOLERANCE.sub(blank, s)
    return s, first if first is not None or plus is None else float(plus[1])


def take_recurrence(s: str) -> tuple[str, Point | None]:
    """`s` with recurrences struck out, and the first of them as a `Point` whose days are the period."""
    first: Point | None = None

    def strike(m: re.Match[str]) -> str:
        nonlocal first
        days, name = _period(m)
        if first is None and days:
            first = Point(days, name, m.start(), m.end())
        return "|" * len(m.group())

    s = _RECURRENCE.sub(strike, s)
    return s, first


def _period(m: re.Match[str]) -> tuple[float, str]:
    """The period of one recurrence in days, and the word it was read from."""
    if m["unit"]:
        n = 2.0 if m["other"] else (read_number(m["n"]) if m["n"] else None) or 1.0
        return n * UNIT_DAYS[read_unit(m["unit"]) or "day"], "every"
    if m["often"]:
        times = _HOW_OFTEN.get(m["often"]) or read_number(m["often"].split()[0]) or 1
        return (_ADVERBS.get(m["per"]) or UNIT_DAYS[read_unit(m["per"]) or "day"]) / times, "often"
    name = m["adverb"].replace("-", "")
    return _ADVERBS[name] * ((read_number(m["k"]) if m["k"] else None) or 1.0), name
