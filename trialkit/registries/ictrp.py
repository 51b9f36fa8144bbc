"""WHO International Clinical Trials Registry Platform (ICTRP): trials of some twenty registers in one form.

Read are the search portal's XML (root `Trials_downloaded_from_ICTRP`), its tables (CSV and XLSX of 40 columns, and
tables derived from them that kept the names of the columns), and the XML in which registers hand their records to WHO
(root `trials`: IRCT, ReBec and others export it). All become one mapping of fields first.

The search portal's forms were built on real files of March to July 2020; columns that came later (`Secondary_ID`,
`Secondary_outcome`) and the WHO form on their documented fields (ICTRP data fields of May 2020; the XML of ReBec and
EUCTR). What a cell means where registers differ is told in the modules `ictrp_*`.

- ICTRP knows no more of a status than Recruiting, Not recruiting and Authorised: the last two have no counterpart.
- The target size is a number without "planned" or "actual"; sizes by group ("A:20;B:20;") are those of the arms, and are
  not added up. Only the WHO form has an actual number, which then counts (`enrollment_type` "actual").
- `first_posted_date` is the date of registration (for ClinicalTrials.gov the day it was submitted), `last_update_date`
  the day ICTRP refreshed the record, `source_date` that of the export. Dates in figures put the day first, but for
  the export's.
- In the spreadsheets a month ("February 2020") has become its first day: such a day of ClinicalTrials.gov is read as the
  month, which is less than was printed for trials that do begin on a first. One of them cuts cells at 255 characters.
- Contacts are read for one purpose, to leave out a primary sponsor who is the record's own contact, a person.
"""

import functools

from trialkit.record import Outcome, TrialRecord
from trialkit.registries import wording
from trialkit.registries.ictrp_record import record_of
from trialkit.registries.ictrp_words import text
from trialkit.registries.xml_text import Element, local_name, nodes, texts

ACCEPTS = "WHO ICTRP search portal: export as CSV or XLSX"
ACCEPTS_XML = "WHO ICTRP search portal: export as XML"
ACCEPTS_WHO = "WHO trial registration data set: the XML that registers send to WHO (ReBec, IRCT and others export it)"

_SAME = {  # other names of a field, in the WHO form and in ICTRP's whole export
    "trial_id": "trialid", "url": "web_address", "agemin": "inclusion_agemin", "agemax": "inclusion_agemax",
    "gender": "inclusion_gender", "date_enrolment": "date_enrollement", "hc_freetext": "condition",
    "i_freetext": "intervention", "conditions": "condition", "interventions": "intervention",
    "secondary_outcomes": "secondary_outcome", "secondaryids": "secondary_id", "secondary_ids": "secondary_id",
    "reg_name": "source_register", "results_actual_enrolment": "results_actual_enrollment",
}  # fmt: skip


def recognises_xml(root: str) -> bool:
    """True for the root element of an export of the ICTRP search portal."""
    return root == "Trials_downloaded_from_ICTRP"


def recognises_who(root: str) -> bool:
    """True for the root element of the XML that registers send to WHO."""
    return root == "trials"


def recognises_table(names: list[str]) -> bool:
    """True for columns of an ICTRP table. Its own spelling of "enrolment" and `TrialID` tell it from tables made of it."""
    return "TrialID" in names and "date_enrollement" in map(_key, names)


def parse_trial(element: Element) -> TrialRecord:
    """One `Trial` of the search portal's XML -> its record."""
    return record_of({_key(local_name(child)): "".join(child.itertext()) for child in element if local_name(child)})


def parse_row(row: dict[str, str]) -> TrialRecord:
    """One row of an ICTRP table -> its record. R's `NA` is missing."""
    return record_of({_key(name): cell for name, cell in row.items() if cell != "NA"}, sheet="Export date" in row)


def parse_who(element: Element) -> TrialRecord:
    """One `trial` of the WHO form -> its record. Lists are lists there, so outcomes are never cut."""
    cells = {
        _key(local_name(child)): "".join(child.itertext())
        for part in ("main", "criteria")
        for child in (child for node in nodes(element, part) for child in node)
    }
    for field, path in (
        ("secondary_id", "secondary_ids/secondary_id/sec_id"),
        ("countries", "countries/country2"),
        ("contact_firstname", "contacts/contact/firstname"),
        ("contact_lastname", "contacts/contact/lastname"),
        ("contact_affiliation", "contacts/contact/affiliation"),
    ):
        cells[field] = ";".join(texts(element, path))
    cells["countries"] = cells["countries"] or ";".join(texts(element, "country/country2"))
    keywords = [
        *texts(element, "health_condition_code/hc_code"),
        *texts(element, "health_condition_keyword/hc_keyword"),
    ]
    if keywords:
        cells["condition"] = f"{cells.get('condition', '')} <br>{';'.join(keywords)}"
    outcomes = [
        Outcome(role=role, position=n, measure=measure)
        for role, path in (("primary", "primary_outcome/prim_outcome"), ("secondary", "secondary_outcome/sec_outcome"))
        for n, measure in enumerate(filter(None, map(text, texts(element, path))))
    ]
    return record_of(cells, outcomes=outcomes)


@functools.lru_cache(maxsize=512)
def _key(name: str) -> str:
    key = wording.snake(name)
    return _SAME.get(key, key)
