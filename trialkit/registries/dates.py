"""Dates as registers print them -> ISO text, as precise as printed. A day that no calendar has is None, never mended."""

import calendar
import datetime
import re

_MONTHS = {name[:3].lower(): number for number, name in enumerate(calendar.month_name) if name}
_NAMES = {name.lower() for name in calendar.month_name if name}
_ISO = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?:[T ]00:00(?::00)?)?")
_ENGLISH = re.compile(r"([A-Za-z]{3,9})\.? (?:([0-9]{1,2}), ?)?([0-9]{4})")


def make_date(year: int, month: int | None, day: int | None) -> str | None:
    """`2031-02-03`, `2031-02` or `2031`; None for what is no date."""
    try:
        whole = datetime.date(year, 1 if month is None else month, 1 if day is None else day).isoformat()
    except ValueError:
        return None
    return whole[:4] if month is None else whole[:7] if day is None else whole


def month_number(name: str) -> int:
    """1 to 12 for an English month, whole or its first three or four letters; 0 for another word."""
    word = name.lower()
    known = word in _NAMES or (len(word) <= 4 and any(month.startswith(word) for month in _NAMES))
    return _MONTHS.get(word[:3], 0) if known else 0


def find_iso(words: str) -> str | None:
    """`2031-02-03`, `2031-02`, `2031`; a time of midnight, which a spreadsheet adds, counts for nothing."""
    found = _ISO.fullmatch(words)
    return make_date(int(found[1]), found[2] and int(found[2]), found[3] and int(found[3])) if found else None


def find_english(words: str) -> str | None:
    """`February 3, 2031`, `Feb 3, 2031`, `February 2031`."""
    found = _ENGLISH.fullmatch(words)
    if not found:
        return None
    return make_date(int(found[3]), month_number(found[1]), int(found[2]) if found[2] else None)
