"""ISRCTN -> TrialRecord, from the XML of its public API and from the same records as JSON.

The XML has `<allTrials>` or one `<fullTrial>` as its root, a `<trial>` and its `<sponsor>`s in each. R's ctrdata turns
`<trial>` into JSON with the XML's own names; it drops attributes (so the dates of registration and of the last change)
and leaves of the sponsors only their numbers. One mapping serves both.

The JSON form was built on real records; the XML on its documented names and the samples in public programs, because
no whole file is at hand. Source: isrctn.com, "Information for developers" (api/query/format/default, namespace
http://www.67bricks.com/isrctn).

What the element names leave open, and how it is read:

- The register computes its status from dates, on the day it is asked: `overall_status` is only what it prints itself,
  an `overallStatusOverride`.
- `start_date` is the start of recruitment (the first participant), `completion_date` the end of the whole study.
- `totalFinalEnrolment` is an actual number, `targetEnrolment` an estimate. The former is zero until a study ends, so
  zero counts as not given. Where both are given, `printed` has both.
- `interventions[].name` are the drug names, "" where there are none; `description` tells all groups in one text.
- `has_results` is True where the register says so, never False: it does not say that there are none.
- England, Scotland, Wales and Northern Ireland, listed beside the United Kingdom, are no further countries.
- The plain English summary ends with the question who the main contact is: that is never read, nor are contacts.
"""

import re
from typing import Any

import msgspec

from trialkit.record import Intervention, TrialRecord
from trialkit.registries import wording
from trialkit.registries.isrctn_fields import Reading, count, numbered, places, text, texts, tree
from trialkit.registries.xml_text import Element, nodes

ELEMENT = "fullTrial"
ACCEPTS = "ISRCTN: XML of its public API (allTrials or fullTrial)"
ACCEPTS_JSON = "ISRCTN: JSON of the R package ctrdata"

_NUMBER = re.compile(r"(?:ISRCTN)?\s?(\d{8})", re.I | re.A)
_MAIN_CONTACT = re.compile(r"who is the main contact\b", re.I)
_STATUS = {"stopped": "terminated", "suspended": "suspended"}
_INTERVENTION_TYPE = {
    "behavioural": "behavioral", "biological/vaccine": "biological", "biological": "biological", "vaccine": "biological",
    "device": "device", "dietary supplement": "dietary_supplement", "drug": "drug", "genetic": "genetic",
    "other": "other", "procedure/surgery": "procedure", "supplement": "dietary_supplement",
}  # fmt: skip
_SPONSOR_CLASS = {
    "charity": "other", "commercial": "industry", "hospital/treatment centre": "other", "industry": "industry",
    "research organisation": "other", "university/education": "other",
}  # fmt: skip
_PARTS_OF_UK = {"England", "Scotland", "Wales", "Northern Ireland"}
_DESIGN = "trialDesign/interventionalTrialDesign"


def recognises(root: str) -> bool:
    """True for the root element of an answer of the API or of one record."""
    return root in {"allTrials", ELEMENT}


def recognises_json(entry: bytes) -> bool:
    """True when a JSON object has the two names no other register uses."""
    return b'"trialDescription"' in entry and b'"isrctn"' in entry


def parse_trial(element: Element) -> TrialRecord:
    """One `<fullTrial>` -> its record. Missing is None or []. Raises ValueError for one without an ISRCTN number."""
    trial = next(iter(nodes(element, "trial")), element)
    return _record(tree(trial), [tree(sponsor) for sponsor in nodes(element, "sponsor")])


def parse_json(entry: bytes) -> TrialRecord:
    """One record as JSON -> the same record, as far as the form keeps it. Raises ValueError likewise."""
    trial = msgspec.json.decode(entry)
    return _record(trial, places(trial, "sponsor"))


def _record(trial: Any, sponsors: list[Any]) -> TrialRecord:
    words = text(trial, "isrctn") or text(trial, "@publicIdentifierCanonical") or ""
    number = _NUMBER.fullmatch(words)
    if not number:
        raise ValueError(f"not one ISRCTN record: isrctn is {words[:40]!r}, expected eight digits")
    trial_id, read = f"ISRCTN{number[1]}", Reading(trial, {})
    return TrialRecord(
        register="isrctn",
        trial_id=trial_id,
        url=f"https://www.isrctn.com/{trial_id}",
        secondary_ids=_secondary_ids(read, trial_id),
        public_title=read.text("trialDescription/title"),
        scientific_title=read.text("trialDescription/scientificTitle"),
        acronym=read.text("trialDescription/acronym"),
        conditions=_conditions(read),
        brief_summary=_MAIN_CONTACT.split(read.text("trialDescription/plainEnglishSummary") or "")[0].rstrip() or None,
        detailed_description=read.current("detailed_description", "trialDescription/studyHypothesis"),
        overall_status=read.choice(
            "overall_status",
            read.text("trialDesign/overallStatusOverride"),
            lambda word: _STATUS.get(word.lower()) or wording.status(word),
        ),
        **_design(read),
        **_people(read),
        **_sponsor(read, sponsors),
        interventions=_interventions(read),
        outcomes=[*read.outcomes("primary"), *read.outcomes("secondary")],
        start_date=read.date("start_date", "participants/recruitmentStart"),
        completion_date=read.date("completion_date", "trialDesign/overallEndDate"),
        first_posted_date=read.date("first_posted_date", "isrctn/@dateAssigned"),
        last_update_date=read.date("last_update_date", "@lastUpdated"),
        has_results=_has_results(read),
        printed=read.printed,
    )


def _secondary_ids(read: Reading, trial_id: str) -> list[str]:
    names = ("eudraCTNumber", "irasNumber", "clinicalTrialsGovNumber", "protocolSerialNumber")
    paths = [*(f"externalRefs/{name}" for name in names), "externalRefs/secondaryNumbers/secondaryNumber"]
    found = dict.fromkeys(number for path in paths for number in read.texts(path))
    return [number for number in found if number != trial_id and number.lower() not in {"n/a", "na", "not applicable"}]


def _conditions(read: Reading) -> list[str]:
    """One a line, as people write several into the one box; a line may list more."""
    found = (item for words in read.texts("conditions/condition/description") for item in numbered(words))
    return [line.strip() for item in found for line in item.split("\n") if line.strip()]


def _design(read: Reading) -> dict[str, Any]:
    """The design from the places the register has had for it since 2025, before that from its words."""
    design, kind = read.text("trialDesign/studyDesign"), read.text("trialDesign/secondaryStudyDesign")
    phases = list(dict.fromkeys(read.texts("interventions/intervention/phase")))
    purposes = read.texts(f"{_DESIGN}/purposes/purpose") or read.texts("trialDesign/trialTypes/trialType")
    control = read.text(f"{_DESIGN}/control")
    fields = {
        "allocation": (f"{_DESIGN}/allocation", _allocation, wording.allocation),
        "intervention_model": (f"{_DESIGN}/assignment", _assignment, wording.intervention_model),
        "masking": (f"{_DESIGN}/masking", wording.masking, wording.masking_in),
    }
    found = {}
    for field, (path, meaning, in_words) in fields.items():
        found[field] = read.choice(field, read.text(path), meaning)
        told = next((words for words in (kind, design) if words and in_words(words)), None)
        if not found[field] and told:
            found[field] = in_words(told)
            read.printed[field] = "; ".join(filter(None, (read.printed.get(field), told)))
    return {
        **found,
        "intervention_model_description": "\n".join(filter(None, (design, control and f"Control: {control}"))) or None,
        "study_type": read.choice("study_type", read.text("trialDesign/primaryStudyDesign"), wording.study_type),
        "phases": read.choice("phases", "; ".join(phases), lambda _: _phases(phases)) or [],
        "primary_purpose": read.choice("primary_purpose", "; ".join(purposes), wording.purpose),
    }


def _phases(words: list[str]) -> list[str]:
    """The phases of all interventions of the record; "not applicable" only where none has one."""
    found = {phase for word in words for phase in wording.phases(word)}
    return sorted(found - {"na"}) or sorted(found)


def _allocation(words: str) -> str | None:
    return "na" if words.lower().startswith("n/a") else wording.allocation(words)


def _assignment(words: str) -> str | None:
    return "single_group" if words.lower() == "single" else wording.intervention_model(words)


def _people(read: Reading) -> dict[str, Any]:
    target = read.text("participants/targetEnrolment") or read.text("participants/totalTarget")
    final = read.text("participants/totalFinalEnrolment")
    actual, planned = count(final) or None, count(target) or None
    if (final and final != str(actual)) or (target and (actual or target != str(planned))):
        stated = (("targetEnrolment", target), ("totalFinalEnrolment", final))
        read.printed["enrollment_count"] = "; ".join(f"{name} {words}" for name, words in stated if words)
    lowest, highest = (_age(read, f"participants/{name}AgeLimit") for name in ("lower", "upper"))
    group = read.text("participants/ageRange")
    if group and not (lowest or highest):
        read.printed["minimum_age"] = group
    allowed = {"true": True, "false": False}.get((read.text("participants/healthyVolunteersAllowed") or "").lower())
    kinds = {kind.lower() for kind in read.texts("participants/participantTypes/participantType")}
    countries = list(dict.fromkeys(read.texts("participants/recruitmentCountries/country")))
    if "United Kingdom" in countries and _PARTS_OF_UK & set(countries):
        read.printed["countries"] = "; ".join(countries)
        countries = [name for name in countries if name not in _PARTS_OF_UK]
    centres = [place for place in places(read.node, "participants/trialCentres/trialCentre") if isinstance(place, dict)]
    return {
        "sex": read.choice("sex", read.text("participants/gender"), wording.sex),
        "enrollment_count": actual or planned,
        "enrollment_type": "actual" if actual else None if planned is None else "estimated",
        "minimum_age": lowest,
        "maximum_age": highest,
        "healthy_volunteers": True if allowed is None and "healthy volunteer" in kinds else allowed,
        "inclusion": read.current("inclusion", "participants/inclusion"),
        "exclusion": read.current("exclusion", "participants/exclusion"),
        "countries": countries,
        "n_sites": len(centres) or None,
    }


def _age(read: Reading, path: str) -> str | None:
    """`18 Years`; older records give it in attributes, `18.0` and `years`."""
    value, unit = count((read.text(f"{path}/@value") or "").removesuffix(".0")), read.text(f"{path}/@unit")
    return read.text(path) or (f"{value} {unit.capitalize()}" if value is not None and unit else None)


def _interventions(read: Reading) -> list[Intervention]:
    found = []
    for n, item in enumerate(places(read.node, "interventions/intervention")):
        one, field = Reading(item, read.printed), f"interventions[{n}]"
        kind = one.choice(f"{field}.type", one.text("interventionType"), lambda w: _INTERVENTION_TYPE.get(w.lower()))
        name, description = one.text("drugNames"), one.current(f"{field}.description", "description")
        if name or description:
            found.append(Intervention(name=name or "", type=kind, description=description))
    return found


def _sponsor(read: Reading, sponsors: list[Any]) -> dict[str, Any]:
    """The sponsor the record names first; of several elements the one with its id, else the first."""
    first = read.text("parties/sponsorId")
    lead = next((one for one in sponsors if first and first in texts(one, "@id")), next(iter(sponsors), None))
    words = [word for name in ("commercialStatus", "sponsorType") if (word := text(lead, name))]
    known = next((word for word in words if word.lower() in _SPONSOR_CLASS), next(iter(words), None))
    return {
        "lead_sponsor": text(lead, "organisation"),
        "sponsor_class": read.choice("sponsor_class", known, lambda word: _SPONSOR_CLASS.get(word.lower())),
    }


def _has_results(read: Reading) -> bool | None:
    stage = (read.text("results/publicationStage") or "").lower()
    return True if stage == "results" or read.text("results/basicReport") else None
