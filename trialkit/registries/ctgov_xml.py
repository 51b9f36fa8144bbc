"""ClinicalTrials.gov XML, one `<clinical_study>` a trial, retired in June 2024 -> TrialRecord.

Built on real files of 2005 to 2021, in two dialects that differ in the names of elements: the public download
(`id_info`, dates such as `October 2020`, text wrapped at a fixed width) and the versions kept by the register's archive
(`study_id`, ISO dates, one line a paragraph). Contacts, officials and addresses of sites are never read; of the results
only whether there are any.

What the element names leave open, and how it is read:

- `completion_date` is `last_follow_up_date` or `end_date` in the archive: the public file of the same day says so.
- The day of posting is told since late 2017. Before, a file has the day the entry was received: that is not taken for
  `first_posted_date`, which stays None, but for `last_update_date`; its words are in `printed` both times.
- `N/A` as phase of a study that is not interventional is missing; as an age it is no limit, None.
- `expected_enrollment` (until 2007) is an estimate by its name.
- `arms[].interventions` are the interventions that name the arm, as `Type: name`; the files have only that side.
- Old maskings (`Double Blind (Subject, Caregiver, Investigator)`) stay `double`, whoever is listed in `who_masked`.
- `Other` as class of the sponsor covers governments, networks and persons too: `sponsor_class` is None.

Source: public.xsd and public.dtd of the register, named at the top of public files and withdrawn with them.
"""

from lxml import etree

from trialkit.record import TrialRecord
from trialkit.registries import ctgov_xml_fields as fields
from trialkit.registries import wording
from trialkit.registries.ctgov_table_cells import find_date
from trialkit.registries.ctgov_xml_fields import Parts, below, kept, line, lines, parts_of, prose, words
from trialkit.registries.ctgov_xml_groups import read_arms, read_interventions, read_outcomes
from trialkit.registries.xml_text import Element

ELEMENT = "clinical_study"
ACCEPTS = "ClinicalTrials.gov, retired download: XML (clinical_study), or a version from the register's archive"

_DATES = {
    "start_date": ("start_date",),
    "primary_completion_date": ("primary_completion_date", "primary_compl_date"),
    "completion_date": ("completion_date", "last_follow_up_date", "end_date"),
}
_POSTED = {  # after it the day of receipt, under the names it had
    "first_posted_date": ("study_first_posted", "study_first_submitted", "firstreceived_date", "initial_release_date"),
    "last_update_date": ("last_update_posted", "last_update_submitted", "lastchanged_date", "last_release_date"),
}
_DESIGN = {
    "allocation": "Allocation",
    "intervention_model": "Intervention Model",
    "masking": "Masking",
    "primary_purpose": "Primary Purpose",
}


def recognises(root: str) -> bool:
    """True for the root element of a study."""
    return root == ELEMENT


def parse_study(study: Element) -> TrialRecord:
    """One `<clinical_study>` -> its record, `source_file` and `position` left to the caller.

    Missing is None or []. Raises ValueError for an element without a trial number.
    """
    parts = parts_of([study])
    wrapped = not parts["study_id"]
    ident = parts_of(parts["id_info"] or parts["study_id"])
    trial_id = words(ident["nct_id"])
    if not trial_id:
        raise ValueError(
            "no NCT number in id_info or study_id: not a whole study, or a first version from before it had one. "
            f"It holds {', '.join([name for name, found in parts.items() if found][:6]) or 'nothing'}"
        )
    printed: dict[str, str] = {}
    people = parts_of(parts["eligibility"])
    info = parts_of(parts["study_design_info"])
    study_type = kept(printed, "study_type", words(parts["study_type"]), fields.study_type)
    count, kind = _enrollment(parts["enrollment"], people["expected_enrollment"], printed)
    sponsor = parts_of(below(parts["sponsors"] or parts["study_sponsor"], "lead_sponsor"))
    interventions = read_interventions(parts, wrapped, printed)
    return TrialRecord(
        register="ctgov",
        trial_id=trial_id,
        source_date=_processed(parts),
        url=wording.registry_url(trial_id),
        secondary_ids=_secondary_ids(ident, trial_id),
        public_title=words(parts["brief_title"]),
        scientific_title=words(parts["official_title"]),
        acronym=words(parts["acronym"]),
        conditions=lines(parts["condition"]),
        keywords=lines(parts["keyword"]),
        brief_summary=prose(parts["brief_summary"], wrapped),
        detailed_description=prose(parts["detailed_description"] or parts["detailed_descr"], wrapped),
        overall_status=kept(
            printed,
            "overall_status",
            words(parts["overall_status"] or below(parts["status_block"], "status")),
            wording.status,
        ),
        phases=fields.phases(
            [line(phase) for phase in parts["phase"] or below(parts["phase_block"], "phase")], study_type, printed
        ),
        study_type=study_type,
        **fields.design_fields(_design(parts, info), printed),
        intervention_model_description=prose(info["intervention_model_description"], wrapped),
        masking_description=prose(info["masking_description"], wrapped),
        enrollment_count=count,
        enrollment_type=kind,
        sex=kept(printed, "sex", words(people["gender"]), wording.sex),
        minimum_age=words(people["minimum_age"]),
        maximum_age=words(people["maximum_age"]),
        healthy_volunteers=kept(
            printed, "healthy_volunteers", words(people["healthy_volunteers"]), fields.healthy_volunteers
        ),
        eligibility=prose(people["criteria"], wrapped),
        arms=read_arms(parts, interventions, wrapped, printed),
        interventions=interventions,
        outcomes=read_outcomes(parts, wrapped),
        **{
            field: kept(printed, field, words(e for name in names for e in parts[name]), find_date)
            for field, names in _DATES.items()
        },
        **_posted(parts, printed),
        lead_sponsor=words(sponsor["agency"]),
        sponsor_class=kept(printed, "sponsor_class", words(sponsor["agency_class"]), fields.sponsor_class),
        countries=_countries(parts),
        n_sites=len(parts["location"]) or None,
        has_results=_has_results(study, parts),
        printed=printed,
    )


def _processed(parts: Parts) -> str | None:
    """The day a public file was made: `ClinicalTrials.gov processed this data on May 11, 2018`."""
    said = words(below(parts["required_header"], "download_date")) or ""
    return find_date(said.rpartition(" on ")[2])


def _secondary_ids(ident: Parts, trial_id: str) -> list[str]:
    """The sponsor's number, further numbers (in the archive with their type beside them), numbers of old entries."""
    further = [number for item in ident["secondary_id"] for number in below([item], "id") or [item]]
    found = lines([*ident["org_study_id"], *further, *ident["nct_alias"]])
    return [number for number in dict.fromkeys(found) if number != trial_id]


def _design(parts: Parts, info: Parts) -> dict[str, str]:
    """The design as label -> words, from any of the three forms it had."""
    found = {label: line(info[name][0]) for name, label in _DESIGN.items() if info[name]}
    return found or fields.design_words([line(item) for item in parts["study_design"] or parts["design"]])


def _enrollment(
    stated: list[Element], expected: list[Element], printed: dict[str, str]
) -> tuple[int | None, str | None]:
    """Number and kind of enrolment; a kind without a number says nothing."""
    if text := words(stated):
        kind = next((word for element in stated if (word := element.get("type"))), None)
        count = kept(printed, "enrollment_count", text, fields.number)
        return count, kept(printed, "enrollment_type", kind, fields.enrollment_type) if count is not None else None
    count = kept(printed, "enrollment_count", words(expected), fields.number)
    if count is None:
        return None, None
    return count, kept(printed, "enrollment_type", "expected_enrollment", lambda _: "estimated")


def _posted(parts: Parts, printed: dict[str, str]) -> dict[str, str | None]:
    """First posting and last update. A day of receipt is printed as such; it stands in for the last update only."""
    found = {}
    for field, (posted, *received) in _POSTED.items():
        found[field] = kept(printed, field, words(parts[posted]), find_date)
        name = next((name for name in (posted, *received) if words(parts[name])), posted)
        if name != posted:
            printed[field] = f"{name}: {words(parts[name])}"
            found[field] = find_date(words(parts[name]) or "") if field == "last_update_date" else None
    return found


def _countries(parts: Parts) -> list[str]:
    found = lines(below(parts["location"], "facility/address/country"))
    return list(dict.fromkeys(found or lines(below(parts["location_countries"], "country"))))


def _has_results(study: Element, parts: Parts) -> bool | None:
    """Whether results are posted; public files without any say so in a comment, others leave it open."""
    given = [*parts["clinical_results"], *parts["clinical_result"]]
    if any(len(section) for section in given):  # in the archive the section may be there and empty
        return True
    notes = (child.text or "" for child in study if child.tag is etree.Comment)
    return False if any("Results have not yet been posted" in note for note in notes) else None
