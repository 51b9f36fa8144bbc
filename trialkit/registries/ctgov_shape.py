"""The keys of ClinicalTrials.gov API v2 that are read, as typed structures; every other key is passed over undecoded.

One class per module of the API, fields in its own order and names (camelCase in JSON). Every key is optional.
Source: OpenAPI 3 description of the API, clinicaltrials.gov/data-api/api.
"""

import types
import typing
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class Part(msgspec.Struct, rename="camel", gc=False):
    """A piece of the API's JSON: every key optional, unknown keys passed over."""


class Id(Part):
    id: str | None = None


class Identification(Part):
    nct_id: str | None = None
    nct_id_aliases: list[str] | None = None
    org_study_id_info: Id | None = None
    secondary_id_infos: list[Id] | None = None
    brief_title: str | None = None
    official_title: str | None = None
    acronym: str | None = None


class Date(Part):
    date: str | None = None


class Status(Part):
    overall_status: str | None = None
    start_date_struct: Date | None = None
    primary_completion_date_struct: Date | None = None
    completion_date_struct: Date | None = None
    study_first_post_date_struct: Date | None = None
    last_update_post_date_struct: Date | None = None


class LeadSponsor(Part):
    name: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")


class Sponsors(Part):
    lead_sponsor: LeadSponsor | None = None


class Description(Part):
    brief_summary: str | None = None
    detailed_description: str | None = None


class Conditions(Part):
    conditions: list[str] | None = None
    keywords: list[str] | None = None


class Masking(Part):
    masking: str | None = None
    masking_description: str | None = None
    who_masked: list[str] | None = None


class DesignInfo(Part):
    allocation: str | None = None
    intervention_model: str | None = None
    intervention_model_description: str | None = None
    primary_purpose: str | None = None
    masking_info: Masking | None = None


class Enrollment(Part):
    count: int | None = None
    type: str | None = None


class Design(Part):
    study_type: str | None = None
    phases: list[str] | None = None
    design_info: DesignInfo | None = None
    enrollment_info: Enrollment | None = None


class Arm(Part):
    label: str | None = None
    type: str | None = None
    description: str | None = None
    intervention_names: list[str] | None = None


class Intervention(Part):
    type: str | None = None
    name: str | None = None
    description: str | None = None
    arm_group_labels: list[str] | None = None
    other_names: list[str] | None = None


class Arms(Part):
    arm_groups: list[Arm] | None = None
    interventions: list[Intervention] | None = None


class Outcome(Part):
    measure: str | None = None
    description: str | None = None
    time_frame: str | None = None


class Outcomes(Part):
    primary_outcomes: list[Outcome] | None = None
    secondary_outcomes: list[Outcome] | None = None
    other_outcomes: list[Outcome] | None = None


class Eligibility(Part):
    eligibility_criteria: str | None = None
    healthy_volunteers: bool | None = None
    sex: str | None = None
    minimum_age: str | None = None
    maximum_age: str | None = None


class Location(Part):
    country: str | None = None


class Locations(Part):
    locations: list[Location] | None = None


class Protocol(Part):
    identification_module: Identification | None = None
    status_module: Status | None = None
    sponsor_collaborators_module: Sponsors | None = None
    description_module: Description | None = None
    conditions_module: Conditions | None = None
    design_module: Design | None = None
    arms_interventions_module: Arms | None = None
    outcomes_module: Outcomes | None = None
    eligibility_module: Eligibility | None = None
    contacts_locations_module: Locations | None = None


class Study(Part):
    protocol_section: Protocol | None = None
    results_section: Part | UnsetType | None = UNSET
    has_results: bool | UnsetType | None = UNSET


class Texts(Part):
    """The modules that hold what `ctgov` reads of free text, undecoded: for a look at the words before all is read."""

    identification_module: msgspec.Raw = msgspec.Raw()
    description_module: msgspec.Raw = msgspec.Raw()
    conditions_module: msgspec.Raw = msgspec.Raw()
    design_module: msgspec.Raw = msgspec.Raw()
    arms_interventions_module: msgspec.Raw = msgspec.Raw()
    outcomes_module: msgspec.Raw = msgspec.Raw()
    eligibility_module: msgspec.Raw = msgspec.Raw()


class Outline(Part):
    protocol_section: Texts
    studies: msgspec.Raw = msgspec.Raw()  # filled in a page of an answer, which is no study


def unbox(value: Any, kind: Any) -> Any:
    """`value` with one-element arrays opened wherever `kind` (a type of this module) wants a scalar or an object."""
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        kind = next((arg for arg in typing.get_args(kind) if arg not in (type(None), UnsetType)), kind)
    if typing.get_origin(kind) is list:
        items = value if isinstance(value, list) else [] if value in (None, {}) else [value]
        return [unbox(item, typing.get_args(kind)[0]) for item in items]
    if isinstance(value, list) and len(value) <= 1:
        value = value[0] if value else None
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        wanted = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
        return {key: unbox(value[key], wanted[key]) for key in value if key in wanted}
    return value
