"""ClinicalTrials.gov's retired "classic" API, FullStudies and StudyFields: one study as JSON -> TrialRecord.

Built on real answers of 2021 to 2023. The API wrote words ("Active, not recruiting", "October 2020"): `printed` keeps
those that were turned into the spelling of `TrialRecord`. It also keeps, under `arms.description` and the like, the
values of a StudyFields array of which nobody can say to which arm, intervention or outcome they belong; the record
leaves these empty (ctgov_classic_shape.py). Its text is plain. `source_date` is the day of the data (`VersionHolder`). Contacts and
officials are not read.
Source: names and nesting of the fields from clinicaltrials.gov/api/v2/studies/metadata (`piece`), words of the choices
from clinicaltrials.gov/api/v2/studies/enums.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries import wording
from trialkit.registries.ctgov_classic_shape import GROUPS, Classic, Fields, full_study, study_fields
from trialkit.registries.dates import find_english, find_iso

ACCEPTS_FULL = "ClinicalTrials.gov, retired API: FullStudies JSON (one study, an array, or a whole answer)"
ACCEPTS_FIELDS = (
    "ClinicalTrials.gov, retired API: StudyFields JSON (one study, an array, JSON Lines, or a whole answer)"
)

_PROTOCOL = re.compile(rb'"ProtocolSection"\s*:\s*\{')
_NUMBERS = re.compile(rb'"NCTId"\s*:\s*\[')
_ARM_TYPES = {
    "experimental", "active_comparator", "placebo_comparator", "sham_comparator", "no_intervention", "other",
}  # fmt: skip
_INTERVENTION_TYPES = {wording.snake(words) for words in wording.INTERVENTION_TYPES}
_SPONSOR_CLASSES = {*wording.SPONSOR_CLASS.values(), "ambig"}
_MASKED = {"participant", "care_provider", "investigator", "outcomes_assessor"}
_ENROLLMENT = {"actual": "actual", "anticipated": "estimated", "estimated": "estimated"}
_VOLUNTEERS = {"no": False, "accepts healthy volunteers": True, "yes": True}
_ROLES: tuple[Literal["primary", "secondary", "other"], ...] = ("primary", "secondary", "other")


def recognises_full(entry: bytes) -> bool:
    """True when a JSON object has a protocol section as FullStudies names it."""
    return b'"ProtocolSection"' in entry and _PROTOCOL.search(entry) is not None


def recognises_fields(entry: bytes) -> bool:
    """True when a JSON object has its NCT number in an array, as StudyFields writes every value."""
    return b'"NCTId"' in entry and _NUMBERS.search(entry) is not None and not recognises_full(entry)


def parse_full(entry: bytes) -> TrialRecord:
    """One study of FullStudies -> its record, `source_file` and `position` left to the caller.

    Missing is None or []. `has_results` is False when the study has its derived section and no results section. Raises
    ValueError for a study without an NCT number.
    """
    return _record(full_study(entry), "ProtocolSection.IdentificationModule.NCTId")


def parse_fields(entry: bytes) -> TrialRecord:
    """One study of StudyFields -> its record, with as many fields as the answer was asked for.

    Types, descriptions and time frames are given to their arms, interventions and outcomes only where there are as many
    as labels, names or measures; who got which intervention only where both lists of it prove it. What cannot be paired
    is None or [] in the record, and its words are in `printed`. `has_results` is None when the answer does not have
    `ResultsFirstPostDate`. Raises ValueError for a row without an NCT number or with several.
    """
    return _record(study_fields(entry), "NCTId")


def iso_date(words: str) -> str | None:
    """`March 4, 2021`, `October 2020` or `2020` as ISO text, as precise as the words; None for any other text."""
    flat = " ".join(words.split())
    return find_english(flat) or (find_iso(flat) if len(flat) == 4 else None)


def _word(known: Iterable[str]) -> Callable[[str], str | None]:
    """The meaning of words that are one of `known` once they are in lower case with underscores."""
    return lambda words: key if (key := wording.snake(words)) in known else None


def _count(words: str) -> int | None:
    return int(words) if words.isascii() and words.isdigit() else None


_TEXTS = {
    "public_title": "BriefTitle",
    "scientific_title": "OfficialTitle",
    "acronym": "Acronym",
    "brief_summary": "BriefSummary",
    "detailed_description": "DetailedDescription",
    "intervention_model_description": "DesignInterventionModelDescription",
    "masking_description": "DesignMaskingDescription",
    "eligibility": "EligibilityCriteria",
    "lead_sponsor": "LeadSponsorName",
}
_CHOICES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "overall_status": ("OverallStatus", wording.status),
    "study_type": ("StudyType", wording.study_type),
    "allocation": ("DesignAllocation", wording.allocation),
    "intervention_model": ("DesignInterventionModel", wording.intervention_model),
    "masking": ("DesignMasking", wording.masking),
    "primary_purpose": ("DesignPrimaryPurpose", wording.purpose),
    "enrollment_count": ("EnrollmentCount", _count),
    "enrollment_type": ("EnrollmentType", lambda words: _ENROLLMENT.get(words.lower())),
    "sex": ("Gender", wording.sex),
    "minimum_age": ("MinimumAge", lambda words: None if words == "N/A" else words),
    "maximum_age": ("MaximumAge", lambda words: None if words == "N/A" else words),
    "healthy_volunteers": ("HealthyVolunteers", lambda words: _VOLUNTEERS.get(words.lower())),
    "start_date": ("StartDate", iso_date),
    "primary_completion_date": ("PrimaryCompletionDate", iso_date),
    "completion_date": ("CompletionDate", iso_date),
    "first_posted_date": ("StudyFirstPostDate", iso_date),
    "last_update_date": ("LastUpdatePostDate", iso_date),
    "sponsor_class": ("LeadSponsorClass", _word(_SPONSOR_CLASSES)),
    "source_date": ("VersionHolder", iso_date),
}
_masked = _word(_MASKED)
_KINDS = {"ArmGroup": "arms", "Intervention": "interventions"} | {
    f"{r.capitalize()}Outcome": f"{r}_outcomes" for r in _ROLES
}
_PARTS = {
    "Type": "type", "Description": "description", "TimeFrame": "time_frame", "InterventionName": "interventions",
    "ArmGroupLabel": "arm_labels", "OtherName": "other_names",
}  # fmt: skip
_APART = {  # the array of a flattened group -> the field its values would have filled
    name: f"{_KINDS[kind]}.{_PARTS[name.removeprefix(kind)]}"
    for kind, group in GROUPS.items()
    for name in (*group.parts, *group.lists)
}


def _record(study: Classic, place: str) -> TrialRecord:
    given, printed = study.fields, {_APART[name]: "\n".join(values) for name, values in study.unpaired.items()}
    numbers = _texts(given, "NCTId")
    if len(numbers) != 1:
        raise ValueError(f"{len(numbers) or 'no'} {place}, expected one: not a whole study")
    trial_id = numbers[0]
    ids = [name for key in ("OrgStudyId", "SecondaryId", "NCTIdAlias") for name in _texts(given, key)]
    sites = study.groups["Location"]
    return TrialRecord(
        register="ctgov",
        trial_id=trial_id,
        url=wording.registry_url(trial_id),
        secondary_ids=[name for name in dict.fromkeys(ids) if name != trial_id],
        conditions=_texts(given, "Condition"),
        keywords=_texts(given, "Keyword"),
        phases=_choices(given, "Phase", wording.phases, "phases", printed),
        who_masked=_choices(given, "DesignWhoMasked", lambda words: [_masked(words)], "who_masked", printed),
        arms=[_arm(n, arm, printed) for n, arm in enumerate(study.groups["ArmGroup"])],
        interventions=[_intervention(n, item, printed) for n, item in enumerate(study.groups["Intervention"])],
        outcomes=[
            _outcome(role, n, item)
            for role in _ROLES
            for n, item in enumerate(study.groups[f"{role.capitalize()}Outcome"])
        ],
        countries=list(dict.fromkeys(name for site in sites for name in _texts(site, "LocationCountry"))),
        n_sites=len(sites) or None,
        has_results=study.has_results,
        printed=printed,
        **{field: _text(given, name) for field, name in _TEXTS.items()},
        **{field: _choice(given, name, meaning, field, printed) for field, (name, meaning) in _CHOICES.items()},
    )


def _plain(text: str) -> str:
    """Entities are read; a backslash stays, since this API escapes nothing."""
    return wording.plain_text(text.replace("\\", "\\\\")) if "&" in text else text


def _texts(fields: Fields, name: str) -> list[str]:
    return [_plain(text) for text in fields.get(name, ()) if not wording.is_missing(text)]


def _text(fields: Fields, name: str) -> str | None:
    return next(iter(_texts(fields, name)), None)


def _choice(fields: Fields, name: str, meaning: Callable[[str], Any], field: str, printed: dict[str, str]) -> Any:
    """What the words of a field mean in the spelling of `TrialRecord`; the words themselves go to `printed`."""
    words = _text(fields, name)
    value = meaning(words) if words else None
    if words and words != str(value):
        printed[field] = words
    return value


def _choices(
    fields: Fields, name: str, meaning: Callable[[str], Any], field: str, printed: dict[str, str]
) -> list[str]:
    """The same for a list of words, each of which means one value or several."""
    if words := _texts(fields, name):
        printed[field] = "; ".join(words)
    return list(dict.fromkeys(value for word in words for value in meaning(word) if value))


def _name(member: Fields, name: str) -> str:
    """The name of a member, kept whatever it is: its place in the list counts."""
    return _plain(next(iter(member.get(name, ())), ""))


def _type(member: Fields, name: str, known: Iterable[str], field: str, printed: dict[str, str]) -> str | None:
    words = _text(member, name)
    value = _word(known)(words) if words else None
    if words and not value:
        printed[field] = words
    return value


def _arm(n: int, arm: Fields, printed: dict[str, str]) -> Arm:
    return Arm(
        label=_name(arm, "ArmGroupLabel"),
        type=_type(arm, "ArmGroupType", _ARM_TYPES, f"arms[{n}].type", printed),
        description=_text(arm, "ArmGroupDescription"),
        interventions=_texts(arm, "ArmGroupInterventionName"),
    )


def _intervention(n: int, item: Fields, printed: dict[str, str]) -> Intervention:
    return Intervention(
        name=_name(item, "InterventionName"),
        type=_type(item, "InterventionType", _INTERVENTION_TYPES, f"interventions[{n}].type", printed),
        description=_text(item, "InterventionDescription"),
        other_names=_texts(item, "InterventionOtherName"),
        arm_labels=_texts(item, "InterventionArmGroupLabel"),
    )


def _outcome(role: Literal["primary", "secondary", "other"], n: int, item: Fields) -> Outcome:
    kind = f"{role.capitalize()}Outcome"
    return Outcome(
        role=role,
        position=n,
        measure=_name(item, f"{kind}Measure"),
        time_frame=_text(item, f"{kind}TimeFrame"),
        description=_text(item, f"{kind}Description"),
    )
