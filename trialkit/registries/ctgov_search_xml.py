"""ClinicalTrials.gov search results as XML (`<search_results>`, one `<study>` a trial), retired in 2024 -> TrialRecord.

Built on a real download of 2022; it holds the same as the CSV of the same search. A row is an extract, not the whole
entry: no texts, no arms, no time frames, one title, and conditions as far as they met the search. What that leaves open:

- Outcomes are one list of measures without roles: none is taken for primary, all stay in `printed["outcomes"]`.
- Enrolment has no "actual" or "anticipated": `enrollment_type` is None.
- Funders are those of the sponsor and of the collaborators; the first is the sponsor's.
- A location is one line, name to country. Only its country is read; an empty list of locations is missing, not 0 sites.

Source: the files themselves; the register published no schema of them.
"""

from trialkit.record import Intervention, TrialRecord
from trialkit.registries import ctgov_xml_fields as fields
from trialkit.registries import wording
from trialkit.registries.ctgov_table_cells import find_country, find_date
from trialkit.registries.ctgov_xml_fields import below, kept, line, lines, parts_of, words
from trialkit.registries.xml_text import Element

ELEMENT = "study"
ACCEPTS = "ClinicalTrials.gov, search results: XML of the retired site (search_results)"

_DATES = {
    "start_date": "start_date",
    "primary_completion_date": "primary_completion_date",
    "completion_date": "completion_date",
    "first_posted_date": "study_first_posted",
    "last_update_date": "last_update_posted",
}


def recognises(root: str) -> bool:
    """True for the root element of search results."""
    return root == "search_results"


def parse_study(study: Element) -> TrialRecord:
    """One `<study>` of search results -> its record, `source_file` and `position` left to the caller.

    Missing is None or []. Raises ValueError for an element without a trial number.
    """
    parts = parts_of([study])
    trial_id = words(parts["nct_id"])
    if not trial_id:
        held = ", ".join([name for name, found in parts.items() if found][:6]) or "nothing"
        raise ValueError(f"no nct_id: not a study of search results, it holds {held}")
    printed: dict[str, str] = {}
    study_type = kept(printed, "study_type", words(parts["study_types"]), fields.study_type)
    funders = lines(below(parts["funded_bys"], "funded_by"))
    places = lines(below(parts["locations"], "location"))
    if outcomes := lines(below(parts["outcome_measures"], "outcome_measure")):
        printed["outcomes"] = "\n".join(outcomes)
    if funders:
        printed["sponsor_class"] = "\n".join(funders)
    return TrialRecord(
        register="ctgov",
        trial_id=trial_id,
        url=wording.registry_url(trial_id),
        secondary_ids=[
            number for number in dict.fromkeys(lines(below(parts["other_ids"], "other_id"))) if number != trial_id
        ],
        public_title=words(parts["title"]),
        acronym=words(parts["acronym"]),
        conditions=lines(below(parts["conditions"], "condition")),
        overall_status=kept(printed, "overall_status", words(parts["status"]), wording.status),
        phases=fields.phases([line(phase) for phase in below(parts["phases"], "phase")], study_type, printed),
        study_type=study_type,
        **fields.design_fields(
            fields.design_words([line(item) for item in below(parts["study_designs"], "study_design")]), printed
        ),
        enrollment_count=kept(printed, "enrollment_count", words(parts["enrollment"]), fields.number),
        sex=kept(printed, "sex", words(parts["gender"]), wording.sex),
        minimum_age=words(parts["min_age"]),
        maximum_age=words(parts["max_age"]),
        interventions=_interventions(below(parts["interventions"], "intervention"), printed),
        **{field: kept(printed, field, words(parts[name]), find_date) for field, name in _DATES.items()},
        lead_sponsor=words(below(parts["sponsors"], "lead_sponsor")),
        sponsor_class=fields.sponsor_class(funders[0]) if funders else None,
        countries=list(dict.fromkeys(country for place in places if (country := find_country(place)))),
        n_sites=len(places) or None,
        has_results=kept(printed, "has_results", words(parts["study_results"]), _has_results),
        printed=printed,
    )


def _interventions(items: list[Element], printed: dict[str, str]) -> list[Intervention]:
    found: list[Intervention] = []
    for item in items:
        if name := words([item]):
            kind = kept(printed, f"interventions[{len(found)}].type", item.get("type"), fields.intervention_type)
            found.append(Intervention(name=name, type=kind))
    return found


def _has_results(text: str) -> bool | None:
    return {"has results": True, "no results available": False}.get(text.lower())
