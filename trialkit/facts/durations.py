"""Numbers, number words and units of time in folded text, and their length in days.

Week = 7, month = 30, quarter = 90 and year = 365 days, as in the gold standard's reading guide: "12 months" is 360.
The pattern fragments are written for text that went through `trialkit.vocabulary.fold`; they hold no groups.
"""

import re
from dataclasses import dataclass

from trialkit.facts import guard
from trialkit.vocabulary import fold

UNIT_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0, "quarter": 90.0, "year": 365.0}

# Spellings seen in registries, typing errors included.
_SPELLINGS = {
    "minute": "minutes|minute|mins|min",
    "hour": "hours|hour|hrs|hr|h",
    "day": "days|day|dyas|d",
    "week": "weeks|week|weeeks|weeek|weks|wek|wks|wk|w",
    "month": "months|month|monthes|monthe|monhts|monrh|moths|moth|mounths|mounth|motnhs|mths|mth|mons|mon|mos|mo|m",
    "quarter": "quarters|quarter",
    "year": "years|year|yaers|yaer|yrs|yr|y",
}
_UNIT_OF = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split("|")}

_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")
NUMBER_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "hundred": 100,
}  # fmt: skip
ORDINAL_WORDS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12,
}  # fmt: skip

# Longer spellings come first, so that "months" is not read as "m". A unit ends where letters end: "6months", "wk4".
UNIT = r"(?:" + "|".join(sorted(_UNIT_OF, key=len, reverse=True)) + r")(?![a-z])"
WORD_UNIT = r"(?:" + "|".join(sorted((u for u in _UNIT_OF if len(u) > 1), key=len, reverse=True)) + r")(?![a-z])"
NUMBER_WORD = r"(?:" + "|".join(sorted(NUMBER_WORDS, key=len, reverse=True)) + r")(?![a-z])"
NUMBER = r"(?:\d{1,5}(?:\.\d{1,3})?|" + NUMBER_WORD + r")"

_DURATION = guard.compile(rf"(?<![a-z0-9.])({NUMBER})(?:\s{{0,2}}\([^()]{{1,8}}\))?[\s-]{{0,3}}({UNIT})")


@dataclass(frozen=True)
class Duration:
    """A number with its unit as written; offsets are offsets in the text that was read."""

    value: float
    unit: str
    start: int
    end: int

    @property
    def days(self) -> float:
        return self.value * UNIT_DAYS[self.unit]


def read_number(word: str) -> float | None:
    """The value of "12", "1.5" or "twelve" (lower case); None for anything else. Never raises."""
    if word in NUMBER_WORDS:
        return float(NUMBER_WORDS[word])
    return float(word) if _DECIMAL.fullmatch(word) else None


def read_unit(word: str) -> str | None:
    """The unit a spelling stands for ("wks" -> "week"), a key of `UNIT_DAYS`; None for anything else. Never raises."""
    return _UNIT_OF.get(word.lower())


def find_durations(text: str) -> list[Duration]:
    """Every number directly followed by a unit of time ("three months", "24 h", "12-week"), in order. Never raises.

    What the duration means (an age, a gap, a time point) is for the caller to say.
    """
    folded = fold(text).decode("latin-1")
    return [Duration(read_number(m[1]) or 0.0, _UNIT_OF[m[2]], m.start(), m.end()) for m in _DURATION.finditer(folded)]
