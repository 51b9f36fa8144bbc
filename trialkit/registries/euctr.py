"""EU Clinical Trials Register: the "full trial details" text download, or its fields as JSON by ctrdata -> TrialRecord.

The register keeps one entry of a trial for each member state and each becomes a record: `trial_id` is the EudraCT
number, `countries` the member state, and `n_sites` counts the sites there. What is particular to this register:

- English is preferred; text in another language ("(es)") stands in only where there is none in English.
- Numbers of participants are planned ones (`estimated`): that of the whole trial, else that in the member state;
  `printed` tells which.
- Ages are the edges of the register's age groups (adults are "18 Years" to "64 Years"), coarser than the criteria.
- Objectives are in `brief_summary` (main) and `detailed_description` (secondary). The end points of a role are one text
  with one text of time points, so each role is one outcome.
- "Ongoing" does not say whether participants are recruited: `overall_status` is None and `printed` has the word.
- Every trial is interventional: the register holds clinical trials of medicinal products (Directive 2001/20/EC).

ctrdata (R package) drops signs, accents and line breaks (`≥`, `<`, `%`): limits in criteria may have lost their sign,
which nothing can restore. It adds what the results section tells: identifiers, dates, and that there are results.
Built on real files of both forms. Source: EudraCT clinical trial application form; ctrdata, github.com/rfhb/ctrdata.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from trialkit.record import TrialRecord
from trialkit.registries.euctr_fields import record_of
from trialkit.registries.euctr_shape import Field, key_of, name_of

ACCEPTS = "EU Clinical Trials Register: download as plain text (full trial details)"
ACCEPTS_JSON = "EU Clinical Trials Register: JSON of the R package ctrdata"

_ENTRY = re.compile(r"^Summary[ \t]*\r?\n(?=EudraCT Number:)", re.M)
_CODE = re.compile(r"[A-H]\.[0-9]{1,3}(?:\.[0-9]{1,3}){0,5}")
_HEADINGS = (
    "B. Sponsor Information", "D. IMP Identification", "E. General Information on the Trial",
    "F. Population of Trial Subjects", "G. Investigator Networks to be involved", "N. Review by the Competent Authority",
    "P. End of Trial", "MedDRA Classification",
)  # fmt: skip
_SUMMARY = {
    "EudraCT Number": "number",
    "Clinical Trial Type": "kind",
    "Trial Status": "status",
    "Date on which this record was first entered in the EudraCT database": "entered",
    "Link": "url",
}
_RESULTS = {
    "isrctnIdentifier": "isrctn",
    "usctnIdentifier": "nct",
    "whoIdentifier": "utn",
    "recruitmentStartDate": "recruitment_start",
    "primaryCompletionDate": "primary_completion",
    "globalEndOfTrialDate": "end_date",
}
_ADDRESS = "https://www.clinicaltrialsregister.eu/ctr-search/trial/"
_SWALLOWED = "E. General Information on the Trial"  # ctrdata leaves this heading at the end of the field above it
_LISTS = frozenset({"b1_sponsor", "dimp", "e12_meddra_classification", "d8_information_on_placebo"})


def recognises(text: str) -> bool:
    """True for text with the register's own labels of a full entry."""
    return "A.2 EudraCT number:" in text and "A.3 Full title of the trial" in text


def split(text: str) -> list[str]:
    """The entries of a download, one for each trial and member state; the lines above the first are no entry."""
    parts = _ENTRY.split(text)
    return [part for part in parts if part is not parts[0] or recognises(part)]


def parse_entry(text: str) -> TrialRecord:
    """One entry of the text download -> its record. Raises ValueError for text without a EudraCT number."""
    return record_of(list(_fields(text)))


def recognises_json(entry: bytes) -> bool:
    """True when a JSON object has the key under which ctrdata keeps the EudraCT number of an entry."""
    return b'"a2_eudract_number"' in entry


def parse_json(entry: bytes) -> TrialRecord:
    """One entry as ctrdata exports it -> its record. Raises ValueError for JSON without a EudraCT number."""
    try:
        keys = msgspec.json.decode(entry, type=dict[str, msgspec.Raw])
        return record_of(list(_json_fields(keys)))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"not one JSON object of a register entry: {error}") from error


def _fields(text: str) -> Iterator[Field]:
    """The fields of an entry in order. A line that is no label continues the field above."""
    section, place = "", ()
    name, language, lines = "", "", list[str]()
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        found = _label(line) if line[1:2] == "." else None if section else _summary(line)
        if not found and section and not _ends(line, section, place):
            lines.append(line.rstrip())
            continue
        if name:
            yield Field(name, language, "\n".join(lines))
        name, language = found or ("", "")
        lines = [line.partition(":")[2].strip()]
        if line[1:2] == ".":
            section, place = line[0], _place(line.split(maxsplit=1)[0])
    if name:
        yield Field(name, language, "\n".join(lines))


@lru_cache(maxsize=1024)
def _place(code: str) -> tuple[int, ...]:
    """A code as a place in its section: `E.5.1.1` -> (5, 1, 1); () for what is no code."""
    return tuple(map(int, code[2:].split("."))) if _CODE.fullmatch(code) else ()


def _ends(line: str, section: str, place: tuple[int, ...]) -> bool:
    """True for a heading or a field that is not read.

    Within E and F, where people write, codes only advance: a criterion that begins "A.1" or "E.1" is text.
    """
    if line.startswith(_HEADINGS):
        return True
    return (
        line.startswith(section + ".")
        and bool(here := _place(line.split(maxsplit=1)[0]))
        and (section not in "EF" or here >= place)
    )


def _label(line: str) -> tuple[str, str] | None:
    label, colon, _ = line.partition(":")
    return name_of(key_of(label)) if colon and len(label) < 150 else None


def _summary(line: str) -> tuple[str, str] | None:
    """The labels above section A, which have no codes."""
    label, _, text = line.partition(":")
    name = _SUMMARY.get(label)
    return (name, "") if name and (name != "url" or text.strip().startswith(_ADDRESS)) else None


def _json_fields(keys: dict[str, msgspec.Raw]) -> Iterator[Field]:
    number, _, country = _decoded(keys, "_id").rpartition("-")
    if number and len(country) in (2, 3):
        yield Field("url", "", f"{_ADDRESS}{number}/{'3rd' if country == '3RD' else country}/")
    yield Field("imported", "", _decoded(keys, "record_last_import"))
    for key in keys:
        if key in _LISTS or name_of(key):
            yield from _flat(key, msgspec.json.decode(keys[key]))
    if "trialInformation" in keys:
        yield Field("results", "", "Yes")
        about = msgspec.json.decode(keys["trialInformation"])
        for key, name in _RESULTS.items():
            if isinstance(about, dict) and isinstance(about.get(key), str):
                yield Field(name, "", about[key])


def _flat(key: str, value: Any) -> Iterator[Field]:
    """Every text below a key, lists and objects opened, in their order."""
    if isinstance(value, list):
        for item in value:
            yield from _flat(key, item)
    elif isinstance(value, dict):
        for inner, item in value.items():
            yield from _flat(inner, item)
    elif isinstance(value, str) and (found := name_of(key.lstrip("_"))):
        yield Field(*found, value.strip().removesuffix(_SWALLOWED))


def _decoded(keys: dict[str, msgspec.Raw], key: str) -> str:
    value = msgspec.json.decode(keys[key]) if key in keys else ""
    return value if isinstance(value, str) else ""
