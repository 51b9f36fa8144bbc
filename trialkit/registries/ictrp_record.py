"""One mapping of ICTRP fields, from whichever form, -> TrialRecord.

Missing is None or []; words without counterpart and words written otherwise go into `printed`.
"""

import functools
import re
from collections.abc import Mapping
from typing import Any

from trialkit.record import Outcome, TrialRecord
from trialkit.registries import wording
from trialkit.registries.ictrp_design import read_design
from trialkit.registries.ictrp_lists import is_doubled, read_conditions, read_groups, read_interventions
from trialkit.registries.ictrp_outcomes import read_euctr_outcomes, read_outcomes
from trialkit.registries.ictrp_words import (
    age,
    criteria,
    export_date,
    is_empty,
    iso_date,
    lines,
    phases,
    phrase,
    sex,
    text,
    titled,
    wrapped_text,
)

Cells = Mapping[str, str]  # field of ICTRP in lower case (`public_title`) -> its cell as printed

_PREFIX = re.compile(r"[A-Za-z]+")
_EXCLUSION_INSIDE = re.compile(r"^[^\w\n]*exclusion criteria\s*:", re.I | re.M)
_NAME_WORD = re.compile(r"\w{2,}")
_AGE_GROUPS = re.compile(r"^(?:Are the trial subjects under 18\?|F\.1\.)", re.M)
_TITLES = {"dr", "prof", "professor", "md", "phd", "mr", "mrs", "ms"}
_COMPANY = {"co", "inc", "ltd", "gmbh", "pharmaceutical", "pharmaceutica", "pharmaceuticals"}


def record_of(cells: Cells, *, sheet: bool = False, outcomes: list[Outcome] | None = None) -> TrialRecord:
    """The record of one trial. `outcomes`: those of a form that keeps them apart, else they are cut out of their cells.

    `sheet`: the cells went through a spreadsheet. Raises ValueError when there is no trial number.
    """
    trial_id = phrase(cells.get("trialid"))
    if not trial_id:
        raise ValueError(
            f"no trial number (TrialID), expected one. It holds only {', '.join(list(cells)[:6]) or 'nothing'}"
        )
    prefix = found[0] if (found := _PREFIX.match(trial_id)) else ""
    printed: dict[str, str] = {}
    public_title, notice = titled(cells.get("public_title"))
    scientific_title, second = titled(cells.get("scientific_title"))
    fields = {
        **_subject(cells, prefix, outcomes, printed),
        **_people(cells, prefix, printed),
        **_dates(cells, prefix, sheet, printed),
        **read_design(cells.get("study_design"), printed),
    }
    return TrialRecord(
        register="ictrp",
        trial_id=trial_id,
        source_date=export_date(cells.get("export_date"), sheet=sheet),
        url=_url(cells.get("web_address")),
        secondary_ids=[name for name in _items(cells.get("secondary_id")) if name != trial_id],
        public_title=public_title,
        scientific_title=scientific_title,
        acronym=phrase(cells.get("acronym")),
        overall_status=_status(cells, notice or second, printed),
        phases=_phases(cells, printed),
        study_type=_choice("study_type", cells.get("study_type"), wording.study_type, printed),
        lead_sponsor=_sponsor(cells),
        countries=_items(cells.get("countries")),
        has_results=True if (phrase(cells.get("results_yes_no")) or "").lower() == "yes" else None,
        printed=printed,
        **fields,
    )


def _choice(field: str, cell: str | None, meaning: Any, printed: dict[str, str]) -> Any:
    """What one word of the cell means; the word goes to `printed` where it is written otherwise."""
    words = phrase(cell)
    if words is None:
        return None
    value = meaning(words)
    if value is None or wording.snake(words) != wording.snake(value):
        printed[field] = words
    return value


def _status(cells: Cells, notice: str | None, printed: dict[str, str]) -> str | None:
    status = _choice("overall_status", cells.get("recruitment_status"), wording.status, printed)
    if notice:
        if words := phrase(cells.get("recruitment_status")):
            printed["recruitment_status"] = words
        printed["overall_status"] = notice
    return "withdrawn" if notice else status


def _phases(cells: Cells, printed: dict[str, str]) -> list[str]:
    words = text(cells.get("phase_original") or cells.get("phase"))
    if not words or wording.is_missing(words):
        return []
    found = phases(words)
    if "/".join(found) != words.lower().replace(" ", "") and (found or not is_empty(words)):
        printed["phases"] = words
    return found


def _subject(cells: Cells, prefix: str, outcomes: list[Outcome] | None, printed: dict[str, str]) -> dict[str, Any]:
    """Conditions, groups, interventions and outcomes."""
    doubled = prefix == "NCT" and is_doubled(cells.get("condition")) and is_doubled(cells.get("primary_outcome"))
    conditions, keywords, cut = read_conditions(cells.get("condition"), doubled=doubled)
    if cut and (words := phrase(cells.get("condition"))):
        printed["conditions"] = words
    summary = None
    if outcomes is None:
        outcomes = []
        for role in ("primary", "secondary"):
            cell = cells.get(f"{role}_outcome")
            labelled = read_euctr_outcomes(cell) if prefix == "EUCTR" else None
            found, objectives = labelled or (read_outcomes(cell, role, prefix, doubled=doubled), None)
            summary = summary or objectives
            outcomes += found
    interventions, arms = read_interventions(cells.get("intervention"), prefix, read_groups(cells.get("target_size")))
    count = _number(phrase(cells.get("results_actual_enrollment")))
    target = phrase(cells.get("target_size"))
    if target and (count is not None or _number(target) is None):
        printed["target_size" if count is not None else "enrollment_count"] = target
    return {
        "conditions": conditions,
        "keywords": keywords,
        "brief_summary": summary,
        "arms": arms,
        "interventions": interventions,
        "outcomes": outcomes,
        "enrollment_count": _number(target) if count is None else count,
        "enrollment_type": None if count is None else "actual",
    }


def _people(cells: Cells, prefix: str, printed: dict[str, str]) -> dict[str, Any]:
    """Who can take part. ClinicalTrials.gov gives both kinds of criteria in one text, others by kind."""
    inclusion, exclusion = criteria(cells.get("inclusion_criteria")), criteria(cells.get("exclusion_criteria"))
    eligibility = None
    if prefix == "NCT" and inclusion and not exclusion:
        eligibility, inclusion = wrapped_text(cells.get("inclusion_criteria")), None
    elif inclusion and not exclusion and _EXCLUSION_INSIDE.search(inclusion):
        eligibility, inclusion = inclusion, None
    elif inclusion and prefix == "EUCTR" and (groups := _AGE_GROUPS.search(inclusion)):
        printed["age_groups"] = inclusion[groups.start() :]  # the form's own questions, no criteria
        inclusion = inclusion[: groups.start()].strip() or None
    return {
        "eligibility": eligibility,
        "inclusion": inclusion,
        "exclusion": exclusion,
        "sex": _choice("sex", cells.get("inclusion_gender"), sex, printed),
        "minimum_age": _age("minimum_age", cells.get("inclusion_agemin"), printed),
        "maximum_age": _age("maximum_age", cells.get("inclusion_agemax"), printed),
    }


def _age(field: str, cell: str | None, printed: dict[str, str]) -> str | None:
    return _choice(field, cell, functools.partial(age, highest=field == "maximum_age"), printed)


def _dates(cells: Cells, prefix: str, sheet: bool, printed: dict[str, str]) -> dict[str, str | None]:
    found = {}
    for field, names in (
        ("start_date", ("date_enrollement",)),
        ("completion_date", ("results_date_completed",)),
        ("first_posted_date", ("date_registration3", "date_registration")),
        ("last_update_date", ("last_refreshed_on",)),
    ):
        words = next((words for name in names if (words := phrase(cells.get(name)))), None)
        found[field] = iso_date(words)
        if words and not found[field]:
            printed[field] = words
    start, words = found["start_date"], phrase(cells.get("date_enrollement"))
    if sheet and prefix == "NCT" and start and start == words and start.endswith("-01") and len(start) == 10:
        found["start_date"], printed["start_date"] = start[:7], start
    return found


def _items(cell: str | None) -> list[str]:
    items = [item.strip() for line in lines(cell) for item in line.split(";")]
    return list(dict.fromkeys(item for item in items if not is_empty(item)))


def _number(words: str | None) -> int | None:
    return int(words) if words and len(words) < 10 and words.isascii() and words.isdigit() else None


def _url(cell: str | None) -> str | None:
    words = phrase(cell)
    return words if words and words.startswith(("http://", "https://")) and " " not in words else None


def _sponsor(cells: Cells) -> str | None:
    """The primary sponsor, unless it is the very person who is named as contact.

    An organisation can be its own contact too: then it is also the contact's affiliation, or named like a company.
    """
    name = phrase(cells.get("primary_sponsor"))
    words = _name_words(name)
    if len(words) < 2 or words & _COMPANY:
        return name
    first, last = _contacts(cells, "firstname"), _contacts(cells, "lastname")
    both = [f"{first[0]} {last[0]}"] if len(first) == len(last) == 1 else []
    if name in _contacts(cells, "affiliation") or words not in map(_name_words, (*first, *last, *both)):
        return name
    return None


def _contacts(cells: Cells, part: str) -> list[str]:
    """One part of the contacts of every kind (`contact_lastname`, `public_contact_lastname`)."""
    return [item for key, cell in cells.items() if key.endswith(f"contact_{part}") for item in _items(cell)]


def _name_words(name: str | None) -> set[str]:
    """The words of a name without degrees, which follow a comma or stand in `_TITLES`, and without initials."""
    return set(_NAME_WORD.findall((name or "").partition(",")[0].lower())) - _TITLES
