"""What the words of WHO ICTRP mean: text mended and plain, dates, ages, phases, sex, titles.

ICTRP passes on what some twenty registers wrote, so one field has many spellings. Every function returns None (or [])
for words that say nothing or have no counterpart; the reader keeps the words in `printed`.
"""

import re
from collections.abc import Callable

from trialkit.registries import wording
from trialkit.registries.dates import find_english, make_date, month_number

YEARS = range(1900, 2100)  # IRCT dates turned into the Gregorian calendar twice fall into the year 2641
_EMPTY = {
    "n/a", "na", "nd", "no", "none", "nil", "nil known", "/", "?", "??", "not applicable", "not selected", "cancelled",
}  # fmt: skip

_TAG = re.compile(r"<\s{0,9}br\s{0,9}/?\s{0,9}>", re.I)
_MARKED_UP = re.compile(r"[\n\r<&\\\x80-\U0010ffff]|_x")
_CARRIAGE = re.compile(r"_x000[dD]_|\r|(?:<br?|_x0{0,3}D?)$")  # also one that was cut off with the cell
_LABEL = re.compile(r"\s*(?:inclusion|exclusion) criteria\s*:\s*", re.I)
_NOTICE = re.compile(r"((?:cancell?ed|retracted|withdrawn)\b[^\n]{0,80}?)\s{3,}(?=\S)", re.I)

_YMD = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ].{0,20})?")
_DMY = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})(?: .{0,20})?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2}) ([A-Za-z]{3,9}) (\d{4})")

_AGE = re.compile(
    r"[<>=≥≤ ]{0,4}(\d{1,3}(?:\.\d{1,2})?) ?[-(]? ?(year|month|week|day|hour|minute|age|[ymwdh])?(?:\(s\)|s)?[-). ]{0,3}"
    r"(?:old)?\.?"
)
_AGE_UNITS = {"y": "year", "m": "month", "w": "week", "d": "day", "h": "hour", "age": "year"}
_TESTED_PHASE = re.compile(r"\(phase (i{1,3}|iv)\)\s*:\s*(yes|no)", re.I)
_DATE_PHASE = re.compile(r"\d{4}-0([1-4])-0([1-4])")
_BARE_PHASE = re.compile(r"(?:[1-4]|iv|i{1,3})[ab]?(?: ?[-/] ?(?:[1-4]|iv|i{1,3})[ab]?)?")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\b.{0,20}")


def _mender(codec: str, pairs: str, triples: str) -> Callable[[str], str]:
    """Undo UTF-8 that was read as `codec`, character by character, where the way back is certain.

    `pairs` and `triples` are the characters such damage begins with; those that also begin natural words are left out.
    """
    letters = {}
    for byte in range(0x80, 0x100):
        try:
            letters[bytes([byte]).decode(codec)] = byte
        except UnicodeDecodeError:
            letters[chr(byte)] = byte
    tail = "[" + re.escape("".join(letter for letter, byte in letters.items() if byte < 0xC0)) + "]"
    damage = re.compile(f"[{pairs}]{tail}|[{triples}]{tail}{{2}}")

    def back(match: re.Match[str]) -> str:
        try:
            mended = bytes(map(letters.__getitem__, match[0])).decode()
        except UnicodeDecodeError:
            return match[0]
        return match[0] if "\x80" <= mended < "\xa0" else mended

    return lambda text: damage.sub(back, text)


_mend_macroman = _mender("mac_roman", "¬√Œœ", "‚Ô")
_mend_cp1252 = _mender("cp1252", "ÂÃÎÏ", "âï")


def mend(text: str) -> str:
    """`¬Æ` and `Â®` -> `®`, `‚Ä¢` -> `•`. What lost a byte on the way (`√¢??`) and single characters stay as printed."""
    return text if text.isascii() else _mend_cp1252(_mend_macroman(text))


def is_empty(words: str) -> bool:
    """True for a whole cell that says nothing: `N/A`, `none`, `Not selected`."""
    return wording.is_missing(words) or words.strip(" .").lower() in _EMPTY


def lines(cell: str | None) -> list[str]:
    """The lines of a cell, plain and without padding; `<br>` in any spelling and line breaks both end a line."""
    if not cell:
        return []
    if not _MARKED_UP.search(cell):
        return [words] if (words := " ".join(cell.split())) else []
    plain = _TAG.sub("\n", wording.plain_text(_CARRIAGE.sub("", mend(cell))))
    return [line for part in plain.split("\n") if (line := " ".join(part.split()))]


def cut_at_break(cell: str) -> tuple[str, str]:
    """What stands before and behind the first `<br>`."""
    head, *tail = _TAG.split(cell, maxsplit=1)
    return head, tail[0] if tail else ""


def text(cell: str | None) -> str | None:
    """A cell as plain text, one line each; None when it is empty."""
    return "\n".join(lines(cell)) or None


def phrase(cell: str | None) -> str | None:
    """A cell as one line; None when it says nothing."""
    words = " ".join(lines(cell))
    return None if is_empty(words) else words


def wrapped_text(cell: str | None) -> str | None:
    """A text of ClinicalTrials.gov, where a single `<br>` only wraps a line and a double one ends it."""
    if not cell or not _TAG.search(cell):
        return text(cell)
    flat = " ".join(_TAG.sub("<br>", _CARRIAGE.sub("", mend(cell))).split())
    return text(wording.break_lines(flat))


def criteria(cell: str | None) -> str | None:
    """One kind of criteria without the label ICTRP puts before it (`Exclusion criteria: `)."""
    words = text(cell)
    found = _LABEL.match(words) if words else None
    return (words[found.end() :] or None) if words and found else words


def titled(cell: str | None) -> tuple[str | None, str | None]:
    """(title, notice): ChiCTR writes "Cancelled by the investigator" and a gap of blanks before a title."""
    found = _NOTICE.match(cell or "")
    return phrase(cell[found.end() :] if found and cell else cell), found[1].strip() if found else None


def iso_date(words: str | None) -> str | None:
    """A date as precise as printed, or None. Written with figures, the day goes before the month (dd/mm/yyyy)."""
    key = (words or "").strip()
    if m := _YMD.fullmatch(key) or _COMPACT.fullmatch(key):
        return _checked(int(m[1]), int(m[2]), int(m[3]))
    if m := _DMY.fullmatch(key):
        return _checked(int(m[3]), int(m[2]), int(m[1]))
    if told := find_english(key):
        return told if int(told[:4]) in YEARS else None
    if m := _DAY_FIRST.fullmatch(key):
        return _checked(int(m[3]), month_number(m[2]), int(m[1]))
    if m := _MONTH.fullmatch(key):
        return _checked(int(m[1]), int(m[2]), None)
    return key if len(key) == 4 and key.isascii() and key.isdigit() and int(key) in YEARS else None


def export_date(words: str | None, *, sheet: bool = False) -> str | None:
    """The day of an export: `3/18/2020 6:53:35 PM`, month first, unlike every other date of ICTRP.

    `sheet`: a spreadsheet takes it for day first where it can: `2020-06-07` there is the 6th of July.
    """
    key = (words or "").strip()
    if m := _US_DATE.fullmatch(key):
        return _checked(int(m[3]), int(m[1]), int(m[2]))
    m = _YMD.fullmatch(key)
    return _checked(int(m[1]), *((int(m[3]), int(m[2])) if sheet else (int(m[2]), int(m[3])))) if m else None


def _checked(year: int, month: int, day: int | None) -> str | None:
    return make_date(year, month, day) if year in YEARS else None


def age(words: str, *, highest: bool = False) -> str | None:
    """`18`, `18Y`, `18years-old` -> "18 Years"; None for "no limit" and for a highest age of 0, which means the same."""
    found = _AGE.fullmatch(words.lower())
    if not found or (highest and not float(found[1])):
        return None
    unit = _AGE_UNITS.get(found[2] or "y", found[2] or "year").capitalize()
    return f"{found[1]} {unit}{'' if found[1] == '1' else 's'}"


def sex(words: str) -> str | None:
    """`Both`, `Male/Female`, `Female: yes Male: no` in one spelling."""
    key = words.lower()
    if "female: " in key:
        named = [kind for kind in ("female", "male") if f" {kind}: yes" in f" {key}"]
        return {"female": "female", "male": "male", "female male": "all"}.get(" ".join(named))
    return wording.sex(words)


def phases(words: str) -> list[str]:
    """Phases of any spelling: `Phase 2/ Phase 3`, `2-3`, `III`, the yes and no of EUCTR, and what a spreadsheet made
    of them: `2020-03-02` was "2-3" (2 March).

    A bare `0` gives []: ChiCTR prints it for every pilot study, observational ones too.
    """
    key = " ".join(words.lower().replace("phase-", "phase ").split())
    if tested := _TESTED_PHASE.findall(key):
        key = "/".join(f"phase {number}" for number, answer in tested if answer == "yes")
    elif made := _DATE_PHASE.fullmatch(key):
        key = f"phase {made[2]}/{made[1]}"
    elif _BARE_PHASE.fullmatch(key):
        key = f"phase {key}"
    return wording.phases(key)
