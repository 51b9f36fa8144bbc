"""What an AACT dump looks like: its tables, and the columns that are read of them.

Apart from what reads them, which needs a library of data frames that no other reader does.
Source: AACT's documentation table of 2026 and schema, aact.ctti-clinicaltrials.org/documentation.
"""

from collections.abc import Callable
from typing import BinaryIO

Row = dict[str, str | None]
Members = dict[str, Callable[[], BinaryIO]]

STUDIES = (
    "brief_title", "official_title", "acronym", "overall_status", "study_type", "phase", "enrollment",
    "enrollment_type", "start_month_year", "start_date", "primary_completion_month_year", "primary_completion_date",
    "completion_month_year", "completion_date", "study_first_posted_date", "last_update_posted_date",
    "results_first_posted_date",
)  # fmt: skip
TABLES: dict[str, tuple[str, ...]] = {  # table -> columns read; nct_id and id are read of each
    "brief_summaries": ("description",),
    "calculated_values": ("were_results_reported",),
    "conditions": ("name",),
    "countries": ("name", "removed"),
    "design_group_interventions": ("design_group_id", "intervention_id"),
    "design_groups": ("group_type", "title", "description"),
    "design_outcomes": ("outcome_type", "measure", "time_frame", "description"),
    "designs": (
        "allocation", "intervention_model", "intervention_model_description", "primary_purpose", "masking",
        "masking_description", "subject_masked", "caregiver_masked", "investigator_masked", "outcomes_assessor_masked",
    ),
    "detailed_descriptions": ("description",),
    "eligibilities": ("criteria", "gender", "minimum_age", "maximum_age", "healthy_volunteers"),
    "facilities": (),
    "id_information": ("id_value",),
    "intervention_other_names": ("intervention_id", "name"),
    "interventions": ("intervention_type", "name", "description"),
    "keywords": ("name",),
    "sponsors": ("lead_or_collaborator", "agency_class", "name"),
}  # fmt: skip


def is_dump(names: list[str]) -> bool:
    """True for the member names of a dump: studies.txt, alone or beside another table that is read."""
    others = set(names) - {"studies.txt"}
    return "studies.txt" in names and (not others or any(f"{table}.txt" in others for table in TABLES))
