"""Clinical Trials Information System of the EU (euclinicaltrials.eu): one trial as JSON -> TrialRecord.

Read are both structures of the public API, that of today (`authorizedApplication`) and that before June 2024
(`authorizedPartI` at the top), as the API gives them or with the overview that the R package ctrdata adds. What is
particular to this register:

- Numbers of participants are planned ones (`estimated`): those of the member states and of the rest of the world added
  up; `printed` has the parts. `n_sites` counts the sites in the member states, the only ones listed.
- The register has no time frames: an end point is a measure and nothing else.
- Criteria, end points and objectives come in the order of their numbers (the JSON has 1, 10, 11, 2).
- Ages are the edges of the register's age groups, coarser than the criteria.
- Objectives are in `brief_summary` (main) and `detailed_description` (secondary).
- Dates of the start and the end are those reported, else those planned; `printed` names the planned ones.
- Arms stand in the periods of the trial; the same arm in a later period is not repeated.
- What the codes of blinding and scope mean is not documented publicly: `masking` and `primary_purpose` are None,
  `printed` has the codes.

Built on real files of both structures; periods, arms and advanced therapies by the documented names of the keys.
Sources: the API's JSON; value lists of CTIS as kept by ctrdata, github.com/rfhb/ctrdata.
"""

import re
from typing import Any

import msgspec

from trialkit.record import TrialRecord
from trialkit.registries import ctis_codes as codes
from trialkit.registries import ctis_fields as read
from trialkit.registries.ctis_products import interventions_of
from trialkit.registries.ctis_shape import at, iso_date, items, text, unique

ACCEPTS = "EU Clinical Trials Information System: JSON of its public API (one trial, an array or JSON Lines)"

_NUMBER = re.compile(r"[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}")
_ADDRESS = "https://euclinicaltrials.eu/ctis-public/view/"


def recognises(entry: bytes) -> bool:
    """True when a JSON object has the API's number and first part of an application."""
    return b'"ctNumber"' in entry and (b'"authorizedPartI"' in entry or b'"authorizedApplication"' in entry)


def parse_trial(entry: bytes) -> TrialRecord:
    """One trial of the API -> its record. Missing is None or []. Raises ValueError for JSON without a trial number."""
    try:
        trial = msgspec.json.decode(entry)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"not one JSON object of a trial: {error}") from error
    trial_id = text(at(trial, "ctNumber"))
    if not trial_id or not _NUMBER.fullmatch(trial_id):
        raise ValueError(f"ctNumber is {trial_id!r}: expected an EU trial number such as 2022-501234-12-00")
    return _record(trial_id, trial, at(trial, "authorizedApplication") or trial)


def _record(trial_id: str, trial: Any, application: Any) -> TrialRecord:
    part = at(application, "authorizedPartI")
    details = at(part, "trialDetails")
    names = at(details, "clinicalTrialIdentifiers")
    about = at(details, "trialInformation")
    aims, criteria = at(about, "trialObjective"), at(about, "eligibilityCriteria")
    people = at(about, "populationOfTrialSubjects")
    periods = items(details, "protocolInformation", "studyDesign", "periodDetails")
    sponsor = read.sponsor_of(part, trial)
    planned = read.planned(part, application, trial)
    others = items(part, "rowCountriesInfo")
    groups = read.age_groups(people)
    start, start_printed = read.start(trial, application, about)
    end, end_printed = read.end(trial, about)
    ages = ", ".join(words for words, _, _ in groups)
    printed = {
        "overall_status": read.status_words(trial),
        "phases": codes.PHASE_WORDS.get(read.phase_code(about)),
        "allocation": ", ".join(codes.ALLOCATION_WORDS.get(c, f"code {c}") for c in read.allocations(periods)),
        "masking": read.coded(periods, "blindingMethodCode", "blinding code"),
        "who_masked": ", ".join(unique(text(role.get("name")) for p in periods for role in items(p, "blindedRoles"))),
        "primary_purpose": read.coded(items(aims, "trialScopes"), "code", "scope code"),
        "enrollment_count": ", ".join(f"{where} {count}" for where, count in planned),
        "minimum_age": ages,
        "maximum_age": ages,
        "healthy_volunteers": ", ".join(read.kinds_of_people(people)),
        "start_date": start_printed,
        "completion_date": end_printed,
        "sponsor_class": text(at(sponsor, "type")),
    }
    return TrialRecord(
        register="ctis",
        trial_id=trial_id,
        source_date=iso_date(at(trial, "record_last_import")),
        url=_ADDRESS + trial_id,
        secondary_ids=[name for name in read.secondary_ids(names, application) if name != trial_id],
        public_title=text(at(names, "publicTitle")),
        scientific_title=text(at(names, "fullTitle")) or text(at(trial, "title")),
        conditions=read.conditions(part, about),
        keywords=unique(text(area.get("name")) for area in items(part, "therapeuticAreas")),
        brief_summary=text(at(aims, "mainObjective")),
        detailed_description=read.joined(at(aims, "secondaryObjectives"), "secondaryObjective"),
        overall_status=read.status(trial, application),
        phases=codes.PHASES.get(read.phase_code(about), []),
        study_type="interventional",
        allocation=read.allocation(periods),
        intervention_model_description=read.told(periods, "title", "description"),
        masking_description=read.told(periods, "blindingDetails"),
        enrollment_count=sum(count for _, count in planned) if planned else None,
        enrollment_type="estimated" if planned else None,
        sex=read.sex(people),
        minimum_age=groups[0][1] if groups else None,
        maximum_age=groups[-1][2] if groups else None,
        healthy_volunteers=read.healthy(people),
        inclusion=read.joined(at(criteria, "principalInclusionCriteria"), "principalInclusionCriteria"),
        exclusion=read.joined(at(criteria, "principalExclusionCriteria"), "principalExclusionCriteria"),
        arms=read.arms(periods),
        interventions=interventions_of(part),
        outcomes=[*read.outcomes(about, "primary"), *read.outcomes(about, "secondary")],
        start_date=start,
        completion_date=end,
        last_update_date=iso_date(at(trial, "lastUpdated")) or iso_date(at(trial, "publishDate")),
        lead_sponsor=text(at(sponsor, "name")),
        sponsor_class="industry" if text(at(sponsor, "type")) == "Pharmaceutical company" else None,
        countries=unique([*read.member_states(application), *(text(c.get("name")) for c in others)]),
        n_sites=read.sites(application),
        has_results=read.has_results(trial),
        printed={field: words for field, words in printed.items() if words},
    )
