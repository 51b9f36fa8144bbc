"""The register records as references for EndNote, Zotero, Covidence and Rayyan: RIS, one reference a trial.

Type RPRT with M3 "Clinical trial registration": what Zotero makes of a ClinicalTrials.gov page, and a type that keeps the
sponsor (PB) and the number (SN), which a web page (WEB) has no field for. The number stands in ID, SN and AN: AN is what
EndNote users compare to find duplicates among registers. No author: programs would split a sponsor into family and given
name. The date is that of registration. The abstract is made here and holds no text of the register.
"""

from typing import Any

from trialkit.frames import Frames
from trialkit.linking.numbers import register_of
from trialkit.prose import capital
from trialkit.publication import ENTRIES, each_trial, tell_data, tell_fingerprint, tell_version
from trialkit.publication_entries import (
    REGISTERS,
    Row,
    clean,
    condition_of,
    facts_with,
    shorten,
    tell_entries,
    title_of,
    write_entry,
)
from trialkit.summaries.trial_words import describe_enrolment, labels_of

TAGS = {  # the tags written, in this order
    "TY": "Type: RPRT", "ID": "Register number", "TI": "Title as registered", "ST": "Acronym as registered", "PB": "Sponsor",
    "PY": "Year first posted", "DA": "Date first posted, as precise as it is known", "SN": "Register number", "AN": "Register number",
    "M3": "Clinical trial registration", "DB": "Register", "UR": "Page in the register", "KW": "Condition and tissue",
    "AB": "Summary made by trialkit", "N1": "What was read, and from which data", "ER": "",
}  # fmt: skip
ABOUT_ABSTRACT = "Summary made by trialkit from the register record; not written by the investigators."
# Parts of the entries that are words of the register, or that other tags hold.
_NOT_OURS = frozenset(
    ("Registered as", "Arm sizes", "Countries", "Arms that name no cells", "Primary", "Secondary", "Other")
)


def write_ris(frames: Frames) -> str:
    """All trials as RIS text, by register number, lines ending in CR LF as the format asks; empty without trials.

    A value is one line without control characters, so that no text of a register can begin a tag or end a reference.
    What is not known has no line. Each reference says what was read and from which data.
    """
    source = f"Read by {tell_version(frames)}; state of the data: {tell_data(frames)}; data fingerprint {tell_fingerprint(frames)}."
    references = [_reference(trial, own, source) for trial, own in each_trial(frames)]
    return "".join("".join(f"{tag}  - {text}\r\n" for tag, text in lines) + "\r\n" for lines in references)


def _reference(trial: Row, own: dict[str, list[Row]], source: str) -> list[tuple[str, str]]:
    number = clean(trial["trial_id"])
    url = clean(trial["url"]).replace(" ", "")
    register = register_of(number) or next(iter(trial["registers"]), "")
    keywords = [condition_of(trial), *map(clean, trial["conditions"]), *labels_of("cell_sources", trial["cell_source"])]
    once = {word.casefold(): word for word in reversed([w for w in keywords if w])}  # the first spelling stays
    values: list[tuple[str, Any]] = [
        ("TY", "RPRT"), ("ID", number), ("TI", title_of(trial)), ("ST", shorten(trial["acronym"], 60)), ("PB", trial["lead_sponsor"]),
        *_dates(trial), ("SN", number), ("AN", number), ("M3", "Clinical trial registration"), ("DB", REGISTERS.get(register, register)),
        ("UR", url if url.startswith(("https://", "http://")) else None), *(("KW", word) for word in reversed(once.values())),
        ("AB", _abstract(trial, own)), *(("N1", note) for note in _notes(own["fact_status"], trial, source)),
    ]  # fmt: skip
    return [*((tag, text) for tag, value in values if (text := clean(value))), ("ER", "")]


def _dates(trial: Row) -> list[tuple[str, str]]:
    """PY and DA from the date of registration: `2015` and `2015/04/15`, `2015/04/` or `2015//` as precise as it is."""
    day = trial["first_posted_date"]
    if day is None:
        return []
    known = {"year": "%Y//", "month": "%Y/%m/"}.get(trial["first_posted_date_precision"], "%Y/%m/%d")
    return [("PY", f"{day.year:04}"), ("DA", day.strftime(known))]


def _abstract(trial: Row, own: dict[str, list[Row]]) -> str:
    """A summary in our own words: vocabularies, numbers and dates only."""
    entries = tell_entries(trial, own, named=False)
    parts = [
        part for name in ENTRIES if name != "notes" for part in entries[name] if part[1] and part[0] not in _NOT_OURS
    ]
    roles = [row["role"] for row in own["endpoints"] if not row["is_duplicate"]]
    counted = [
        (f"{capital(role)} outcomes", str(n)) for role in ("primary", "secondary", "other") if (n := roles.count(role))
    ]
    return f"{write_entry([*parts, *counted])} {ABOUT_ABSTRACT}"


def _notes(status: list[Row], trial: Row, source: str) -> list[str]:
    """What was read and what was not; the data behind it. Angle brackets become ‹ ›: Zotero takes a note for HTML."""
    words = {"Read": "reported", "Contradicted": "conflicting", "Stated, but not read": "unparsed", "Not reported": "not_reported"}  # fmt: skip
    told = [(label, ", ".join(facts_with(status, word))) for label, word in words.items()]
    numbers = ", ".join(map(clean, trial["secondary_ids"]))
    size = describe_enrolment(trial)
    read = write_entry([part for part in (("Participants", size), *told, ("Other numbers", numbers)) if part[1]])
    return [text.replace("<", "‹").replace(">", "›") for text in (read, source)]
