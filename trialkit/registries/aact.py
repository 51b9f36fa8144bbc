"""AACT, the public database of ClinicalTrials.gov: its dump of pipe-delimited text files, one a table -> TrialRecord.

Built from the documented schema and the source of the exporter, not on a raw dump; tried on real studies laid out so.
Both generations are read: the words of the old register ("Phase 1/Phase 2", Anticipated) and the
enumerations of its API v2 (PHASE1/PHASE2, ESTIMATED). Measure, time frame and description of an outcome are one row;
an outcome_type other than primary and secondary is `other`.
Tables the dump lacks leave their fields empty; of facilities only the number is read, no contact ever is.
What a dump cannot say: double quotes and empty lines of a text, which its exporter drops; what a date without its
`..._month_year` column really was, since AACT dates a month by its last day.
Source: AACT data dictionary, aact.ctti-clinicaltrials.org/data_dictionary.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries import wording
from trialkit.registries.aact_layout import Members, Row, is_dump
from trialkit.registries.aact_words import boolean, line, lines, stated_words

ACCEPTS = "ClinicalTrials.gov, AACT dump: zip or folder of pipe-delimited tables (studies.txt and those beside it)"

_NUMBER = re.compile(r"NCT\d{8}")
_MASKED = {
    "subject_masked": "participant",
    "caregiver_masked": "care_provider",
    "investigator_masked": "investigator",
    "outcomes_assessor_masked": "outcomes_assessor",
}
Rows = dict[str, list[Row]]


def recognises(names: list[str]) -> bool:
    """True for the file names of a dump: studies.txt, alone or with other tables of it."""
    return is_dump(names)


def parse(members: Members) -> Iterator[TrialRecord | str]:
    """One record a row of studies.txt, in its order, or what is wrong with the row.

    Missing is None or []; a word without counterpart is in `printed`. Raises ValueError when studies.txt is no table
    of AACT.
    """
    from trialkit.registries.aact_tables import read_studies  # polars, which nothing else here needs: 0.2 s a process

    for study, rows in read_studies(members):
        number = study.get("nct_id") or ""
        if "line" in study:
            yield f"studies.txt line {study['line']}: not as many cells as the header has. Fetch the dump again"
        elif not _NUMBER.fullmatch(number):
            yield f"studies.txt: nct_id {number[:40]!r} where NCT and eight digits were expected: a torn row"
        elif study["again"] == "true":
            yield f"studies.txt: {number} stands there a second time; the first row was read"
        else:
            yield _record(number, study, rows)


def _record(trial_id: str, study: Row, rows: Rows) -> TrialRecord:
    design, people = _one(rows, "designs"), _one(rows, "eligibilities")
    lead = next((row for row in rows.get("sponsors", ()) if (row["lead_or_collaborator"] or "").lower() == "lead"), {})
    escaped = (study["overall_status"] or study["study_type"] or "").isupper()  # as the API's enumerations are
    arms, interventions = _arms(rows, escaped)
    stated, printed = stated_words(
        overall_status=study["overall_status"],
        phases=study["phase"],
        study_type=study["study_type"],
        allocation=design.get("allocation"),
        intervention_model=design.get("intervention_model"),
        masking=design.get("masking"),
        primary_purpose=design.get("primary_purpose"),
        enrollment_count=study["enrollment"],
        enrollment_type=study["enrollment_type"],
        sex=people.get("gender"),
        healthy_volunteers=people.get("healthy_volunteers"),
        sponsor_class=lead.get("agency_class"),
        start_date=study["start_month_year"] or study["start_date"],
        primary_completion_date=study["primary_completion_month_year"] or study["primary_completion_date"],
        completion_date=study["completion_month_year"] or study["completion_date"],
        first_posted_date=study["study_first_posted_date"],
        last_update_date=study["last_update_posted_date"],
    )
    return TrialRecord(
        register="ctgov",
        trial_id=trial_id,
        url=wording.registry_url(trial_id),
        secondary_ids=[name for name in dict.fromkeys(_names(rows, "id_information", "id_value")) if name != trial_id],
        public_title=line(study["brief_title"]),
        scientific_title=line(study["official_title"]),
        acronym=line(study["acronym"]),
        conditions=_names(rows, "conditions"),
        keywords=_names(rows, "keywords"),
        brief_summary=lines(_one(rows, "brief_summaries").get("description"), escaped),
        detailed_description=lines(_one(rows, "detailed_descriptions").get("description"), escaped),
        intervention_model_description=lines(design.get("intervention_model_description"), escaped),
        masking_description=lines(design.get("masking_description"), escaped),
        who_masked=[who for column, who in _MASKED.items() if boolean(design.get(column))],
        minimum_age=_age(people.get("minimum_age")),
        maximum_age=_age(people.get("maximum_age")),
        eligibility=lines(people.get("criteria"), escaped),
        arms=arms,
        interventions=interventions,
        outcomes=_outcomes(rows, escaped),
        lead_sponsor=line(lead.get("name")),
        countries=_countries(rows),
        n_sites=len(rows.get("facilities", ())) or None,
        has_results=_has_results(study, rows),
        printed=printed,
        **stated,
    )


def _one(rows: Rows, table: str) -> Row:
    """The row of a table that has one a study; empty when there is none."""
    return next(iter(rows.get(table, ())), {})


def _names(rows: Rows, table: str, column: str = "name") -> list[str]:
    return [name for row in rows.get(table, ()) if (name := line(row[column]))]


def _age(words: str | None) -> str | None:
    return None if (words or "").strip().upper() in {"N/A", "NA"} else line(words)


def _arms(rows: Rows, escaped: bool) -> tuple[list[Arm], list[Intervention]]:
    """Arms and interventions, linked by the ids of both; a link to a row of neither is passed over."""
    groups, items = rows.get("design_groups", ()), rows.get("interventions", ())
    labels = {row["id"]: line(row["title"]) or "" for row in groups if row["id"]}
    named = {row["id"]: _typed(row) for row in items if row["id"]}
    given, takers, others = defaultdict(list), defaultdict(list), defaultdict(list)
    for link in rows.get("design_group_interventions", ()):
        group, item = link["design_group_id"], link["intervention_id"]
        if group in labels and item in named:
            given[group].append(named[item])
            takers[item].append(labels[group])
    for row in rows.get("intervention_other_names", ()):
        if row["intervention_id"] in named and (name := line(row["name"])):
            others[row["intervention_id"]].append(name)
    arms = [
        Arm(
            label=line(row["title"]) or "",
            type=_kind(row["group_type"]),
            description=lines(row["description"], escaped),
            interventions=list(dict.fromkeys(given[row["id"]])),  # two of one name are one name, as in the API
        )
        for row in groups
    ]
    interventions = [
        Intervention(
            name=line(row["name"]) or "",
            type=_kind(row["intervention_type"]),
            description=lines(row["description"], escaped),
            other_names=others[row["id"]],
            arm_labels=takers[row["id"]],
        )
        for row in items
    ]
    return arms, interventions


def _kind(words: str | None) -> str | None:
    return (wording.snake(words) or None) if words else None


def _typed(row: Row) -> str:
    """An intervention as the register's arms name it: `Dietary Supplement: Fish oil`."""
    kind, name = (row["intervention_type"] or "").replace("_", " ").title(), line(row["name"]) or ""
    return f"{kind}: {name}" if kind else name


def _outcomes(rows: Rows, escaped: bool) -> list[Outcome]:
    found = {role: [] for role in ("primary", "secondary", "other")}
    for row in rows.get("design_outcomes", ()):
        found.get((row["outcome_type"] or "").lower(), found["other"]).append(row)
    return [
        Outcome(
            role=role,
            position=n,
            measure=line(row["measure"]) or "",
            time_frame=line(row["time_frame"]),
            description=lines(row["description"], escaped),
        )
        for role, items in found.items()
        for n, row in enumerate(items)
    ]


def _countries(rows: Rows) -> list[str]:
    present = (row for row in rows.get("countries", ()) if not boolean(row["removed"]))
    return list(dict.fromkeys(name for row in present if (name := line(row["name"]))))


def _has_results(study: Row, rows: Rows) -> bool | None:
    told = boolean(_one(rows, "calculated_values").get("were_results_reported"))
    return True if told is None and study["results_first_posted_date"] else told
