"""ClinicalTrials.gov API v2: one study as JSON -> TrialRecord.

Read are the modules a comparison needs; contacts, officials, e-mail addresses and telephone numbers are never decoded.
The enumerations of the API become lower case; `printed` stays empty for those, since nothing is lost.
Source: OpenAPI 3 description of the API, clinicaltrials.gov/data-api/api.
"""

from operator import attrgetter
from typing import Literal

import msgspec

from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries import ctgov_shape as v2
from trialkit.registries.wording import plain_text, registry_url

ACCEPTS = (
    "ClinicalTrials.gov, API v2: JSON (one study, an array, a page with `studies`, JSON Lines, "
    "or the zip with one file a study)"
)

_decode = msgspec.json.Decoder(v2.Study).decode
_decode_outline = msgspec.json.Decoder(v2.Outline).decode
_decode_ident = msgspec.json.Decoder(v2.Identification).decode
_modules = attrgetter(*v2.Texts.__struct_fields__)


def recognises(entry: bytes) -> bool:
    """True when a JSON object has the sections of an API v2 study, whole or in part."""
    return any(f'"{name}Section"'.encode() in entry for name in ("protocol", "results", "derived", "document"))


def parse_study(entry: bytes) -> TrialRecord:
    """One study of the API -> its record, `source_file` and `position` left to the caller.

    Scalars boxed in one-element arrays (R's jsonlite writes them so) are unboxed. Missing is None or []. Raises
    ValueError for a fragment without an NCT number and for a value whose type is not the API's.
    """
    try:
        study = _decode(entry)
    except msgspec.ValidationError:
        study = msgspec.convert(v2.unbox(msgspec.json.decode(entry), v2.Study), v2.Study, strict=False)
    protocol = study.protocol_section or v2.Protocol()
    ident = protocol.identification_module or v2.Identification()
    if not ident.nct_id:
        raise ValueError(f"no protocolSection.identificationModule.nctId: not a whole study, {_contents(entry)}")
    return _record(ident.nct_id.strip(), ident, protocol, study)


def outline(entry: bytes) -> tuple[str, bytes]:
    """Register number of one study, and the undecoded JSON of every module that gives free text to its record.

    A quarter of the cost of reading it. Raises ValueError for whatever is not one plain study: `parse_study` says why.
    """
    whole = _decode_outline(entry)
    modules = _modules(whole.protocol_section)
    number = (_decode_ident(modules[0]).nct_id or "").strip() if modules[0] else ""
    if not number or whole.studies:
        raise ValueError("not one study")
    return number, b"\n".join(modules)


def _record(trial_id: str, ident: v2.Identification, protocol: v2.Protocol, study: v2.Study) -> TrialRecord:
    when = protocol.status_module or v2.Status()
    sponsor = (protocol.sponsor_collaborators_module or v2.Sponsors()).lead_sponsor or v2.LeadSponsor()
    words = protocol.description_module or v2.Description()
    subject = protocol.conditions_module or v2.Conditions()
    design = protocol.design_module or v2.Design()
    info = design.design_info or v2.DesignInfo()
    mask = info.masking_info or v2.Masking()
    enrollment = design.enrollment_info or v2.Enrollment()
    groups = protocol.arms_interventions_module or v2.Arms()
    people = protocol.eligibility_module or v2.Eligibility()
    places = (protocol.contacts_locations_module or v2.Locations()).locations
    return TrialRecord(
        register="ctgov",
        trial_id=trial_id,
        url=registry_url(trial_id),
        secondary_ids=_secondary_ids(ident, trial_id),
        public_title=_text(ident.brief_title),
        scientific_title=_text(ident.official_title),
        acronym=_text(ident.acronym),
        conditions=_texts(subject.conditions),
        keywords=_texts(subject.keywords),
        brief_summary=_text(words.brief_summary),
        detailed_description=_text(words.detailed_description),
        overall_status=_lower(when.overall_status),
        phases=_lowers(design.phases),
        study_type=_lower(design.study_type),
        allocation=_lower(info.allocation),
        intervention_model=_lower(info.intervention_model),
        intervention_model_description=_text(info.intervention_model_description),
        masking=_lower(mask.masking),
        masking_description=_text(mask.masking_description),
        who_masked=_lowers(mask.who_masked),
        primary_purpose=_lower(info.primary_purpose),
        enrollment_count=enrollment.count,
        enrollment_type=_enrollment_type(trial_id, enrollment.type),
        sex=_lower(people.sex),
        minimum_age=_text(people.minimum_age),
        maximum_age=_text(people.maximum_age),
        healthy_volunteers=people.healthy_volunteers,
        eligibility=_text(people.eligibility_criteria),
        arms=[_arm(group) for group in groups.arm_groups or ()],
        interventions=[_intervention(item) for item in groups.interventions or ()],
        outcomes=_outcomes(protocol.outcomes_module or v2.Outcomes()),
        start_date=_date(when.start_date_struct),
        primary_completion_date=_date(when.primary_completion_date_struct),
        completion_date=_date(when.completion_date_struct),
        first_posted_date=_date(when.study_first_post_date_struct),
        last_update_date=_date(when.last_update_post_date_struct),
        lead_sponsor=_text(sponsor.name),
        sponsor_class=_lower(sponsor.class_),
        countries=list(dict.fromkeys(place.country for place in places or () if place.country)),
        n_sites=None if places is None else len(places),
        has_results=_has_results(study),
        printed={"enrollment_type": "ANTICIPATED"} if enrollment.type == "ANTICIPATED" else {},
    )


def _text(text: str | None) -> str | None:
    return (plain_text(text).strip() or None) if text else None


def _texts(texts: list[str] | None) -> list[str]:
    return [plain for text in texts or () if (plain := _text(text))]


def _lower(word: str | None) -> str | None:
    return word.strip().lower() or None if word else None


def _lowers(words: list[str] | None) -> list[str]:
    return [word.lower() for word in words or () if word]


def _date(when: v2.Date | None) -> str | None:
    return (when.date or None) if when else None


def _secondary_ids(ident: v2.Identification, trial_id: str) -> list[str]:
    infos = [ident.org_study_id_info or v2.Id(), *(ident.secondary_id_infos or ())]
    found = [*(info.id for info in infos if info.id), *(ident.nct_id_aliases or ())]
    return [name for name in dict.fromkeys(found) if name != trial_id]


def _enrollment_type(trial_id: str, word: str | None) -> Literal["actual", "estimated"] | None:
    if not word:
        return None
    if word in {"ACTUAL", "ESTIMATED", "ANTICIPATED"}:
        return "actual" if word == "ACTUAL" else "estimated"
    raise ValueError(
        f"ctgov {trial_id}: enrollment type {word!r} is not ACTUAL, ESTIMATED or ANTICIPATED. "
        "If the register changed its wording, extend _enrollment_type in trialkit/registries/ctgov.py"
    )


def _has_results(study: v2.Study) -> bool | None:
    if isinstance(study.has_results, bool):
        return study.has_results
    return True if isinstance(study.results_section, v2.Part) else None


def _arm(group: v2.Arm) -> Arm:
    return Arm(
        label=_text(group.label) or "",
        type=_lower(group.type),
        description=_text(group.description),
        interventions=_texts(group.intervention_names),
    )


def _intervention(item: v2.Intervention) -> Intervention:
    return Intervention(
        name=_text(item.name) or "",
        type=_lower(item.type),
        description=_text(item.description),
        other_names=_texts(item.other_names),
        arm_labels=_texts(item.arm_group_labels),
    )


def _outcomes(module: v2.Outcomes) -> list[Outcome]:
    roles = (
        ("primary", module.primary_outcomes),
        ("secondary", module.secondary_outcomes),
        ("other", module.other_outcomes),
    )
    return [
        Outcome(
            role=role,
            position=n,
            measure=_text(item.measure) or "",
            time_frame=_text(item.time_frame),
            description=_text(item.description),
        )
        for role, items in roles
        for n, item in enumerate(items or ())
    ]


def _contents(entry: bytes) -> str:
    """What a fragment holds, for the message of its rejection."""
    sections = msgspec.json.decode(entry)
    inside = sections.get("protocolSection") if isinstance(sections, dict) else None
    modules = list(inside) if isinstance(inside, dict) else []
    return f"it holds only {', '.join(modules or sections)}" if isinstance(sections, dict) else "it is an array"
