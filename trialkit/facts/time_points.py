"""The explicit time points of a folded text: numbers and their units, read token by token.

A unit stands after its numbers ("1, 3 and 6 months"), before them ("weeks 4, 8, 12") or both ways in one line
("day 1, 4, 7 and 1, 3, 6 months"). Numbers without any unit give no point.
"""

import re
from dataclasses import dataclass, field

from trialkit.facts.durations import NUMBER, ORDINAL_WORDS, UNIT, UNIT_DAYS, WORD_UNIT, read_number, read_unit


@dataclass(frozen=True)
class Point:
    """One time point; `unit` is None for baseline. Offsets include the unit where it is written next to the number."""

    days: float
    unit: str | None
    start: int
    end: int


@dataclass
class Points:
    """The points in order of appearance, and the numbers that found no unit."""

    points: list[Point] = field(default_factory=list)
    unitless: list[tuple[int, int]] = field(default_factory=list)


# What happens to a patient: the noun after "before", "pre-" or "prior to" that makes the words mean baseline.
_EVENT = (
    r"(?:treat|tx\b|op(?:erat|\b)|surg|transpl|infus|inject|admin|interven|therap|msc|cell|stem|procedure|implant"
    r"|dos(?:e|ing)|graft|applic|random|drug|imp\b|inclusion|vaccin|condition|catheter|cardiac|study|enrol|medic|start|first|initia)"
)
_BASELINE = (
    r"(?<!post )(?<!post-)(?<!after )(?<!following )(?<!since )\bbase?[sl]{0,2}e?[- ]?l?i?ne\b|\bpre[ -]?(?:"
    + _EVENT
    + r")[a-z]{0,14}"
    r"|\bpre\b-?(?=\s{0,2}(?:and|,|&|/|to|vs|post|-))"
    r"|(?<!or )\b(?:before|prior(?: to)?)"
    r"(?=\s{1,3}(?:(?:the|any|each|every|start(?: of)?|first|initial|bone|stem|surgical) ){0,3}"
    + _EVENT
    + r"|\s{0,2}(?:[,;)&(/]|and\b|$))"
    r"|(?<!after )\bscreening(?=\s{0,2}(?:[,;]|(?:and|to|through)\b|$))"
)
_NUMBER = (
    rf"(?<![.\d])(?:{NUMBER}(?:\s(?:and\s)?(?:a|one)?\s?half\b)?"
    rf"(?:\.?(?:st|nd|rd|th)(?![a-z]))?(?:\.?\s?-?\s?(?={UNIT}))?"
    rf"|(?:{'|'.join(ORDINAL_WORDS)})\s{{1,2}}(?={WORD_UNIT})|(?:half\s)?\ban?\s{{1,2}}(?={WORD_UNIT})"
    rf"|half[\s-]{{1,2}}(?={WORD_UNIT}))"
)
_TOKEN = re.compile(
    rf"(?P<base>{_BASELINE})|(?P<num>{_NUMBER})|(?P<unit>(?<![a-z]){UNIT}|\bpod(?=\s?\d))"
    r"|(?P<range>-|~|\b(?:up ?to|to|until+|till|through|thru|though)(?![a-z]))"
    r"|(?P<sep>[,;&/()\[\]]|(?:,\s?)?\b(?:and|or)\b(?:\s(?:at|on|the)\b){0,2}|\bthen\b|\bthe\b)"
    r"|(?P<word>[a-z]{5,40}|[a-z][a-z0-9]{0,40})|(?P<mark>[#:+.])|(?P<other>\S)"
)
# A number after one of these counts something else: "visit 3", "cohort 2", "grade 4".
_COUNTS = frozenset(
    {"visit", "visits", "protocol", "group", "groups", "cycle", "cycles", "cohort", "cohorts", "arm", "arms", "phase",
     "grade", "grades", "stage", "type", "part", "step", "n", "number", "version", "score", "level", "dose", "class",
     "covid", "table"}
)  # fmt: skip
# After a number that takes its unit from its neighbour nothing else may follow than the end, a comma or one of these.
_GOES_ON = frozenset({"after", "post", "following", "from", "follow", "fu", "followup", "postoperative"})


@dataclass(frozen=True)
class _Number:
    value: float
    start: int
    end: int


def find_points(s: str) -> Points:
    """The points of `s`, which is folded text with tolerances, recurrences and look-alikes already blanked out."""
    tokens = [(str(m.lastgroup), m.group(), m.start(), m.end()) for m in _TOKEN.finditer(s)]
    found = Points()
    run: list[_Number] = []  # numbers that wait for a unit
    before: tuple[str, int] | None = None  # the unit that stands before the run, and its offset
    after: str | None = None  # the unit the text used last, for "12 weeks, 24, 36"
    negative = False

    def close(unit: str | None = None, end: int = 0, goes_on: bool = True) -> None:
        """Give the waiting numbers their units: the one behind them, the one before them, or that of the neighbour."""
        nonlocal after
        if not run:
            return
        first = len(run)  # from here on the unit behind them holds
        if unit:
            first = 0
            if before and before[0] != unit:
                drops = [n for n in range(1, len(run)) if run[n].value < run[n - 1].value]
                first = drops[-1] if drops else len(run) - 1
        for n, number in enumerate(run):
            own = unit if n >= first else before[0] if before else after if goes_on else None
            if own is None:
                found.unitless.append((number.start, number.end))
                continue
            start = before[1] if before and n == 0 and first else number.start
            found.points.append(
                Point(number.value * UNIT_DAYS[own], own, start, end if unit and n == len(run) - 1 else number.end)
            )
            after = own
        run.clear()

    for n, (kind, word, start, end) in enumerate(tokens):
        last = tokens[n - 1] if n else ("", "", 0, 0)
        following = tokens[n + 1] if n + 1 < len(tokens) else ("end", "", 0, 0)
        if kind == "num":
            value = _value(word)
            if last[1] in _COUNTS and following[0] != "unit":
                close()
                before = after = None
            elif last[0] == "num" and last[3] == start and not word[0].isdigit():
                close()
            elif not (1900 <= value <= 2100 and word.isdigit() and following[0] != "unit" and not before):
                run.append(_Number(0.0 if negative else value, start, end))
            negative = False
        elif kind == "unit":
            unit = "day" if word == "pod" else read_unit(word) or "day"
            attached = last[0] == "num" and not s[last[3] : start].strip()
            leads = following[0] == "num" or (following[1] in ("-", "#", ":", "+") and _number_after(tokens, n + 2))
            if attached and run and not (leads and before and following[0] == "num"):
                close(unit, end)
                before = None
            else:
                close(goes_on=False)
                before = (unit, start) if leads else None
                if len(word) == 1 and following[2] != end and following[1] not in ("-", "+", "#"):
                    before = None
        elif kind == "base":
            close()
            found.points.append(Point(0.0, None, start, end))
        elif kind == "range" and word == "-" and before and last[0] == "unit":
            negative = start > last[3] and following[2] == end  # "day -7", but "day-15" is day 15
        elif kind == "range" and word == "-" and last[1] == "(" and following[2] == end:
            negative = True  # "run-in visit (-60 day)"
        elif kind == "mark" and before and last[0] == "unit":
            continue
        elif kind in ("word", "mark", "other"):
            close(goes_on=word in _GOES_ON or kind == "mark")
            before = after = None
            negative = False
    close()
    return found


def _value(word: str) -> float:
    number = re.match(rf"{NUMBER}|[a-z]+", word)
    text = number.group() if number else "0"
    half = 0.5 if "half" in word else 0.0
    if text in ("a", "an"):
        return 1.0
    if text == "half":
        return 0.5
    value = read_number(text)
    return (value if value is not None else float(ORDINAL_WORDS.get(text, 0))) + half


def _number_after(tokens: list[tuple[str, str, int, int]], n: int) -> bool:
    return n < len(tokens) and tokens[n][0] == "num"
