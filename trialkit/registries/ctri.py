"""Pages of the Clinical Trials Registry - India, saved as text or as HTML -> TrialRecord.

Read are the full details of a trial (pmaindet2.php) and the older list of several (showallp.php), which prints
`Modification(s)` below each label that was changed. Built on the documented layout and on fields of real pages, not on
whole pages: none is at hand. Contact persons, sites, ethics committees and addresses are never read.

What the layout leaves open, and how it is read:

- Dates are dd/mm/yyyy. Status and dates of the whole trial (Global) go before those of its Indian part.
- The final enrolment is an actual number, the sample size an estimate. The former is zero until a trial ends, so zero
  counts as not given. Where both are given, `printed` has both.
- A comparator is an intervention like any other: the page has no arms and names no type of intervention.
- `keywords` are the register's own types of study ("Stem Cell Therapy").
- `masking` is counted from those blinded, as ClinicalTrials.gov does; persons who only enter data do not count.
- A sponsor whose name is that of a contact person is a person: `lead_sponsor` is then None.
- Where a text does not show which time points belong to which outcome, `time_frame` is None.
- The register prints `?` for characters it lost; they stay.

Source: ctri.nic.in, "CTRI dataset and description".
"""

import datetime
import itertools
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from trialkit.record import TrialRecord
from trialkit.registries import wording
from trialkit.registries.ctri_rows import CONTACT, Row, sections, split
from trialkit.registries.ctri_tables import (
    fields_of,
    plain,
    read_conditions,
    read_ids,
    read_interventions,
    read_outcomes,
)

__all__ = ["ACCEPTS", "parse_page", "recognises", "split"]

ACCEPTS = "Clinical Trials Registry - India: a trial page saved as text or HTML"

_PARTICULAR = (
    "Public Title of Study", "Scientific Title of Study", "Secondary IDs if Any", "Countries of Recruitment",
    "Health Condition / Problems Studied", "Intervention / Comparator Agent", "Method of Generating Random Sequence",
    "Recruitment Status of Trial", "Date of First Enrollment", "Target Sample Size",
)  # fmt: skip
_NUMBER = re.compile(r"CTRI/\d{4}/\d{2,3}/\d{6}(?!\d)")
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_NO_DATE = ("applicable only for", "no date specified", "date missing", "not applicable")
_AGE = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?\s*(year|month|week|day|hour|minute)(?:\(s\)|s)?", re.I)
_SAMPLE = re.compile(r'Total Sample Size[\s="]{0,6}(\d{1,9})(?!\d)')
_FINAL = re.compile(r'Final Enrollment numbers achieved\s{0,3}\(Total\)[\s="]{0,6}(\d{1,9})(?!\d)')
_SITES = re.compile(r"No of Sites[\s=]{0,6}(\d{1,5})(?!\d)")
_BLINDED = {"participant": "participant", "investigator": "investigator", "outcome assessor": "outcomes_assessor"}
_LEVELS = (None, "single", "double", "triple")
_TITLE_OF_PERSON = re.compile(r"(?:dr|prof|professor|mr|mrs|ms|miss|shri|smt)\b\.?\s*", re.I)
_SPONSOR_CLASS = {
    "government funding agency": "other_gov", "government medical college": "other", "pharmaceutical industry": "industry",
    "private hospital/clinic": "other", "private medical college": "other", "research institution": "other",
}  # fmt: skip


class _Page(NamedTuple):
    """The rows under each label, and what `printed` has so far."""

    rows: dict[str, list[Row]]
    printed: dict[str, str]

    def lines(self, label: str) -> list[str]:
        """The lines under a label, those that say nothing left out."""
        text = plain("\n".join(" ".join(filter(None, row.cells)) for row in self.rows.get(label, ())))
        return [line for line in text.split("\n") if line and not wording.is_missing(line)]

    def word(self, label: str) -> str | None:
        """What stands under a label, on one line."""
        return " ".join(self.lines(label)) or None

    def choice(self, field: str, words: str | None, meaning: Callable[[str], Any]) -> Any:
        """What the words mean in the spelling of `TrialRecord`; changed and unknown words go to `printed`."""
        value = meaning(words) if words else None
        if words and value != wording.snake(words):
            self.printed[field] = words
        return value

    def date(self, field: str, *stated: str | None) -> str | None:
        """The first of the stated dates; words that hold none stay in `printed`, unless they say that there is none."""
        for words in filter(None, stated):
            if iso := _iso_date(words):
                return iso
            if not words.lower().startswith(_NO_DATE):
                self.printed[field] = words
        return None


def recognises(text: str) -> bool:
    """True for a text with the register's number label and at least four of its particular labels."""
    return "CTRI Number" in text and sum(label in text for label in _PARTICULAR) >= 4


def parse_page(text: str) -> TrialRecord:
    """One page of one trial -> its record. Missing and "NIL" are None or []; a label is never a value.

    A page that lost its number keeps what else it says. Raises ValueError for several trials and for a text in which
    no label stands at the beginning of a line.
    """
    parts = split(text)
    if len(parts) > 1:
        raise ValueError(f"{len(parts)} CTRI trials in one text, expected one: cut it with split()")
    page = _Page(sections(parts[0]), {})
    if not page.rows:
        raise ValueError("no CTRI page: none of its labels begins a line or a table row")
    number = page.word("CTRI Number") or ""
    found = _NUMBER.search(number)
    return TrialRecord(
        register="ctri",
        trial_id=found[0] if found else None,
        secondary_ids=read_ids(page.rows.get("Secondary IDs if Any", [])),
        public_title=page.word("Public Title of Study"),
        scientific_title=page.word("Scientific Title of Study"),
        acronym=page.word("Trial Acronym"),
        keywords=page.lines("Type of Study"),
        brief_summary="\n".join(page.lines("Brief Summary")) or None,
        overall_status=_status(page),
        phases=page.choice("phases", page.word("Phase of Trial"), wording.phases) or [],
        study_type=page.choice("study_type", page.word("Type of Trial"), wording.study_type),
        interventions=read_interventions(page.rows.get("Intervention / Comparator Agent", [])),
        outcomes=[
            *read_outcomes(page.rows.get("Primary Outcome", []), "primary"),
            *read_outcomes(page.rows.get("Secondary Outcome", []), "secondary"),
        ],
        **_subject(page),
        **_design(page),
        **_people(page),
        start_date=page.date("start_date", *_both(page, "Date of First Enrollment")),
        completion_date=page.date("completion_date", *_both(page, "Date of Study Completion")),
        first_posted_date=page.date("first_posted_date", number.partition("Registered on:")[2]),
        last_update_date=page.date("last_update_date", page.word("Last Modified On")),
        printed=page.printed,
    )


def _both(page: _Page, label: str) -> tuple[str | None, str | None]:
    """What is said of the whole trial, and of its Indian part."""
    return page.word(f"{label} (Global)"), page.word(f"{label} (India)")


def _iso_date(words: str) -> str | None:
    found = _DATE.search(words)
    try:
        return datetime.date(int(found[3]), int(found[2]), int(found[1])).isoformat() if found else None
    except ValueError:
        return None


def _status(page: _Page) -> str | None:
    everywhere, india = _both(page, "Recruitment Status of Trial")
    if everywhere and everywhere.lower() == "not applicable":
        everywhere = None
    value = page.choice("overall_status", everywhere or india, wording.status)
    if everywhere and india and everywhere != india:
        page.printed["overall_status"] = f"Global: {everywhere}; India: {india}"
    return value


def _subject(page: _Page) -> dict[str, Any]:
    conditions, kinds, words = read_conditions(page.rows.get("Health Condition / Problems Studied", []))
    if words:
        page.printed["conditions"] = words
    sites = _SITES.search(page.word("Sites of Study") or "")
    return {
        "conditions": conditions,
        "healthy_volunteers": True if any("healthy" in kind for kind in kinds) else None,
        "countries": list(dict.fromkeys(page.lines("Countries of Recruitment"))),
        "n_sites": int(sites[1]) if sites else None,
        **_sponsor(page),
    }


def _sponsor(page: _Page) -> dict[str, Any]:
    sponsor = fields_of(page.rows.get("Primary Sponsor", []), ("Name", "Address", "Type of Sponsor"))
    name = sponsor.get("Name", "").replace("\n", " ") or None
    kind = sponsor.get("Type of Sponsor", "").partition("[")[0].strip()
    contacts = page.rows.get(CONTACT, [])
    people = {
        _person((row.cells[1:] or below.cells)[0])
        for row, below in itertools.pairwise([*contacts, Row([""], True)])
        if row.cells[0].strip(" :") == "Name"
    }
    return {
        "lead_sponsor": None if name and _person(name) in people else name,
        "sponsor_class": page.choice("sponsor_class", kind, _sponsor_class),
    }


def _person(name: str) -> str:
    """A name without the title before it, for comparison."""
    return re.sub(r"\W+", " ", _TITLE_OF_PERSON.sub("", name.strip(), count=1)).strip().lower()


def _sponsor_class(words: str) -> str | None:
    return next((value for kind, value in _SPONSOR_CLASS.items() if words.lower().startswith(kind)), None)


def _design(page: _Page) -> dict[str, Any]:
    """The design is told in a few words: they are kept as text too, for the readers of language."""
    words = page.word("Study Design")
    fields = {"allocation": wording.allocation, "intervention_model": wording.intervention_model}
    found = {field: meaning(words) if words else None for field, meaning in fields.items()}
    page.printed.update({field: words or "" for field, value in found.items() if value})
    blinding = page.word("Blinding/Masking")
    blinded = [role for word, role in _BLINDED.items() if blinding and word in blinding.lower()]
    return {
        **found,
        "intervention_model_description": words,
        "masking": page.choice("masking", blinding, lambda w: wording.masking_in(w) or _LEVELS[len(blinded)]),
        "who_masked": blinded,
    }


def _people(page: _Page) -> dict[str, Any]:
    criteria = fields_of(page.rows.get("Inclusion Criteria", []), ("Age From", "Age To", "Gender", "Details"))
    left_out = fields_of(page.rows.get("Exclusion Criteria", []), ("Details",))
    size = " ".join(page.lines("Target Sample Size"))
    final, total = (int(found[1]) if (found := pattern.search(size)) else 0 for pattern in (_FINAL, _SAMPLE))
    if final:
        page.printed["enrollment_count"] = size
    return {
        "enrollment_count": final or total or None,
        "enrollment_type": "actual" if final else "estimated" if total else None,
        "minimum_age": page.choice("minimum_age", criteria.get("Age From"), _age),
        "maximum_age": page.choice("maximum_age", criteria.get("Age To"), _age),
        "sex": page.choice("sex", criteria.get("Gender"), wording.sex),
        "inclusion": criteria.get("Details"),
        "exclusion": left_out.get("Details"),
    }


def _age(words: str) -> str | None:
    """`18.00 Year(s)` -> 18 Years."""
    found = _AGE.fullmatch(words)
    if not found:
        return None
    part = (found[2] or "").rstrip("0")
    number = f"{int(found[1])}.{part}" if part else str(int(found[1]))
    return f"{number} {found[3].capitalize()}{'' if number == '1' else 's'}"
