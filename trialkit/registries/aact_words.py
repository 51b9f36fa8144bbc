"""What the cells of an AACT dump say: texts with their line breaks (kept as `~`), dates, booleans, printed words.

The export writes every line break as `~` and drops the blank that begins the next line, so an empty line is lost; it
also drops double quotes. Two generations differ: since the register's API v2 a literal tilde is escaped (`\\~`) and
every bare one is a break; before, nothing told them apart.
Source: the exporter of the database, github.com/ctti-clinicaltrials/aact (table_exporter).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from trialkit.registries import wording
from trialkit.registries.dates import find_english, find_iso
from trialkit.registries.wording import is_missing, plain_text

_LONGEST_MISSING = 32  # characters; "Not applicable / not provided" has 29
_LIST_BEFORE = 5000  # characters in which the number before a list number is looked for
_KEPT = "\0"  # stands for a literal tilde while the others become breaks; no database text holds it
_LITERAL = re.compile(r"~(?:(?<=[ (]~)(?=\d)|(?<= ~)(?= )|(?<=[\d%]~)(?= ?\d))")
_LOW = re.compile(r"([\^*x×]?)(\d{1,9}(?:\.\d{1,9})?) ?%?$")
_HIGH = re.compile(r" ?(\d{1,9}(?:\.\d{1,9})?)([.)](?!\d))?")

_CLASSES = {"nih", "fed", "other_gov", "indiv", "industry", "network", "ambig", "other", "unknown"}
_ENROLLMENT = {"actual": "actual", "estimated": "estimated", "anticipated": "estimated"}
_VOLUNTEERS = {"accepts healthy volunteers": True, "no": False}
_BOOLEANS = {"t": True, "true": True, "f": False, "false": False}


def line(text: str | None) -> str | None:
    """A text of one line (title, name, measure, time frame): a tilde in it is a tilde. None when it says nothing."""
    if not text:
        return None
    plain = (plain_text(text) if "&" in text or "\\" in text else text).strip()
    return None if not plain or (len(plain) < _LONGEST_MISSING and is_missing(plain)) else plain


def lines(text: str | None, escaped: bool) -> str | None:
    """A text of several lines (summary, description, criteria) with its line breaks; None when it says nothing.

    `escaped`: the dump is of the generation that escapes literal tildes. A text with real line breaks has none written
    as `~`.
    """
    if text and "~" in text and "\n" not in text:
        text = text.replace(r"\~", _KEPT) if escaped else _LITERAL.sub(_keep_range, text)
        text = text.replace("~", "\n").replace(_KEPT, "~")
    return line(text)


def _keep_range(found: re.Match) -> str:
    """A tilde before a number: kept in `~30%`, `18 ~ 75`, `0~1`, a break in `RECIST 1.1~5. Consent` and `> 50~3 days`.

    Between two numbers it is a break when the second one continues a numbered list or is the smaller one.
    """
    text, at = found.string, found.start()
    low, high = _LOW.search(text[max(0, at - 12) : at]), _HIGH.match(text, at + 1)
    if not low or not high or text[at - 1] == " ":
        return "~" if text[at - 1] == "%" else _KEPT
    number, mark = high.groups()
    before = text[at - _LIST_BEFORE : at] if at > _LIST_BEFORE else f"~{text[:at]}"
    if mark and number.isdigit() and f"~{int(number) - 1}{mark}" in before:
        return "~"
    return _KEPT if low[1] or float(low[2]) < float(number) else "~"


def date(text: str) -> str | None:
    """`2015-04-15`, `2015-04`, `April 2015`, `April 15, 2015` as ISO, as precise as printed; None for no such date."""
    return find_iso(text) or find_english(text)


def boolean(word: str | None) -> bool | None:
    """`t`, `f` and the long words as a boolean; None for anything else."""
    return _BOOLEANS.get(word.strip().lower()) if word else None


def stated_words(**words: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the fields given in words, and the words of those that have none in the record's spelling."""
    stated, printed = {}, {}
    for field, word in words.items():
        if not word or wording.is_missing(word):
            continue
        word = word.strip()
        value = _value(field, word)
        if value is None:
            printed[field] = word
        else:
            stated[field] = list(value) if field == "phases" else value
            if field == "enrollment_type" and word.lower() == "anticipated":
                printed[field] = word  # the register later called it estimated
    return stated, printed


@lru_cache(maxsize=1 << 15)
def _value(field: str, word: str) -> Any:
    return date(word) if field.endswith("_date") else _READ[field](word)


def _study_type(word: str) -> str | None:
    return wording.study_type(word.partition("[")[0].strip())


def _purpose(word: str) -> str | None:
    return "ect" if wording.snake(word) == "educational_counseling_training" else wording.purpose(word)


def _sponsor_class(word: str) -> str | None:
    key = word.lower()
    return key if key in _CLASSES else "fed" if key == "u.s. fed" else wording.SPONSOR_CLASS.get(key)


def _count(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else None


def _volunteers(word: str) -> bool | None:
    return _VOLUNTEERS.get(word.lower(), boolean(word))


_READ: dict[str, Callable[[str], Any]] = {
    "overall_status": wording.status,
    "phases": lambda word: tuple(wording.phases(word)) or None,
    "study_type": _study_type,
    "allocation": wording.allocation,
    "intervention_model": wording.intervention_model,
    "masking": wording.masking,
    "primary_purpose": _purpose,
    "enrollment_count": _count,
    "enrollment_type": lambda word: _ENROLLMENT.get(word.lower()),
    "sex": wording.sex,
    "healthy_volunteers": _volunteers,
    "sponsor_class": _sponsor_class,
}
