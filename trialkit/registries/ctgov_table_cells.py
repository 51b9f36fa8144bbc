"""What stands inside one cell of a ClinicalTrials.gov table: dates, places, typed interventions, the parts of a design.

Cells of the present and of the retired site, and what a spreadsheet made of their dates when the file was saved again.
"""

import re

from trialkit.registries.dates import find_english, find_iso, make_date, month_number
from trialkit.registries.wording import INTERVENTION_TYPES

_SHORT = re.compile(r"(?:(\d{1,2})-)?([A-Za-z]{3})-(\d{2}|\d{4})")
_NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")

_TYPES = "|".join(name.replace(" ", "[ _]") for name in INTERVENTION_TYPES)
_TYPED = re.compile(rf"\s*({_TYPES})\s*(?::|(?=\||$))", re.I)
_NEXT_TYPED = re.compile(rf"\|(?=\s*(?:{_TYPES})\s*(?::|\||$))", re.I)
_MASKING = re.compile(r"([^()]+)\(([^()]*)\)?")


def find_date(words: str) -> str | None:
    """The date as ISO text, as precise as printed; None for one that is impossible or in no known form.

    `June 17, 2020`, `June 2020`, `2020-06-17`, `2020-06`; re-saved `17-Jun-20`, `Jun-20` (years 69 to 99 are 1969 to
    1999, as POSIX reads them) and `17-06-2020`. With hyphens or dots the day comes first, as in the files seen; with
    slashes both orders are in use: a date that fits both gives its year only.
    """
    if told := find_iso(words) or find_english(words):
        return told
    if found := _SHORT.fullmatch(words):
        year = int(found[3])
        year += 0 if year > 99 else 1900 if year > 68 else 2000
        return make_date(year, month_number(found[2]), int(found[1]) if found[1] else None)
    if not (found := _NUMBERS.fullmatch(words)):
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    day_first = make_date(year, second, first)
    if found[2] != "/":
        return day_first
    month_first = make_date(year, first, second)
    return str(year) if day_first and month_first and first != second else day_first or month_first


def find_country(place: str) -> str | None:
    """The country of `facility, city, country`: the last part, with the one before where a name was turned around
    ("Korea, Republic of"); None for a facility alone."""
    *before, last = place.split(", ")
    if not before:
        return None
    return f"{before[-1]}, {last}" if last.endswith((" of", " of the")) or last.lower() == "occupied" else last


def split_interventions(cell: str) -> list[tuple[str, str]]:
    """(type, name) of every intervention: `DRUG: A|OTHER: B`. A `|` that no type follows belongs to the name.

    A type without a name gives "" for the name; a cell whose first entry has no type is cut at every `|`, type "".
    """
    if not _TYPED.match(cell):
        return [("", name) for part in cell.split("|") if (name := part.strip())]
    found = ((_TYPED.match(part), part) for part in _NEXT_TYPED.split(cell))
    return [(kind[1], part[kind.end() :].strip()) for kind, part in found if kind]


def design_parts(cell: str) -> dict[str, str]:
    """`Allocation: RANDOMIZED|Masking: DOUBLE (PARTICIPANT, INVESTIGATOR)` as label -> words, labels in lower case.

    What stands in brackets after the masking comes as `who masked`, unless nobody is ("None (Open Label)").
    """
    parts = {}
    for part in cell.split("|"):
        label, _, words = part.partition(":")
        parts[label.strip().lower()] = words.strip()
    if found := _MASKING.fullmatch(parts.get("masking", "")):
        parts["masking"], who = found[1].strip(), found[2].strip()
        if parts["masking"].lower() not in {"none", "open"}:
            parts["who masked"] = who
    return parts
