"""ClinicalTrials.gov search results saved as a table -> TrialRecord: the present site's `ctg-studies`, the retired site's
`SearchResults`.

Built on real files of both sites (17,000 rows; the present site's form is checked against the JSON of the same 635
trials). Any choice of columns will do that has the NCT number; headings with `_` for blanks are those of re-saved files.
The retired site's headings before 2017 (`Recruitment`, `Study Types`, `Age Groups`) are known from quotations only.

A table is an extract: criteria, arms and descriptions of interventions have no column, `enrollment_type` no word.

- Outcomes of the present site: a cell is the entries joined by `|`, an entry its measure, description and time frame
  joined by ", ", any of the last two left out. The parts hold ", " themselves, so an entry cannot be taken apart: it is
  the `measure` as it stands, `time_frame` and `description` stay None.
- Outcomes of the retired site: one list of the distinct measures, and nothing says which are primary. They stay in
  `printed["outcomes"]` as the cell has them.
- Ages of the present site are age groups (`ADULT, OLDER_ADULT`), which give no limits: `printed` only.
- Source: clinicaltrials.gov/data-api/api and /csv-download; no document describes the cells, so the rules are the files'.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from trialkit.record import Intervention, Outcome, TrialRecord
from trialkit.registries import wording
from trialkit.registries.ctgov_table_cells import design_parts, find_country, find_date, split_interventions

ACCEPTS = "ClinicalTrials.gov, search results: CSV, TSV or XLSX (`ctg-studies`, `SearchResults`; any choice of columns)"

_COLUMNS = {  # heading in lower case -> what stands below it, whichever site wrote it
    "nct number": "id",
    "title": "title", "study title": "title",
    "acronym": "acronym",
    "status": "status", "study status": "status", "recruitment": "status",
    "brief summary": "summary",
    "study results": "results",
    "conditions": "conditions",
    "interventions": "interventions",
    "primary outcome measures": "primary",
    "secondary outcome measures": "secondary",
    "other outcome measures": "other",
    "outcome measures": "outcomes",
    "sponsor": "sponsor", "sponsor/collaborators": "sponsor",
    "sex": "sex", "gender": "sex",
    "age": "age", "age groups": "age",
    "phases": "phases",
    "enrollment": "enrollment",
    "funder type": "funder", "funded bys": "funders",
    "study type": "type", "study types": "type",
    "study design": "design", "study designs": "design",
    "other ids": "ids",
    "start date": "start",
    "primary completion date": "primary completion",
    "completion date": "completion",
    "first posted": "first posted",
    "last update posted": "last update",
    "locations": "locations",
}  # fmt: skip
_RESULTS = {"yes": True, "has results": True, "no": False, "no results available": False}
_FUNDERS = {"industry": "industry", "nih": "nih", "u.s. fed": "fed"}  # "Other" of the retired site is many classes
_NCT = re.compile(r"NCT\d{8}")
_WHOLE_NUMBER = re.compile(r"(\d{1,9})(?:\.0+)?")


def recognises(names: list[str]) -> bool:
    """True when the columns are the NCT number, as these sites head it, and at least two others of theirs."""
    found = {_heading(name) for name in names}
    return "id" in found and len(found - {None}) >= 3


def parse_row(row: dict[str, str]) -> TrialRecord:
    """One row -> its record; what the table has no column or no word for is None or [].

    `printed` keeps the words that differ from their value by more than case ("June 2020", "Unknown status") and those
    without a value. A class of sponsor is taken from the first of several, which is the lead sponsor's; the retired
    site's "Other" covers several classes and stays in `printed`. Raises ValueError for a row without an NCT number.
    """
    cells = _cells(row)
    trial_id = cells.get("id", "").upper()
    if not _NCT.fullmatch(trial_id):
        raise ValueError(f"'NCT Number' is {cells.get('id', '')[:40]!r}: expected NCT and eight digits")
    printed: dict[str, str] = {}

    def choice(field: str, words: str | None, meaning: Callable[[str], Any]) -> Any:
        if not words:
            return None
        value = meaning(words)
        same = "|".join(value) if isinstance(value, list) else value or ""
        if words.lower() != same and (not value or wording.snake(words) != wording.snake(same)):
            printed[field] = words
        return value

    def date(field: str, column: str) -> str | None:
        return choice(field, cells.get(column), find_date)

    design = design_parts(cells.get("design", ""))
    youngest, oldest = wording.ages(cells.get("age", ""))
    if "age" in cells:
        ages = {"minimum_age": youngest, "maximum_age": oldest}
        printed.update({field: cells["age"] for field, age in ages.items() if age or not (youngest or oldest)})
    if "outcomes" in cells:
        printed["outcomes"] = cells["outcomes"]
    results = _RESULTS.get(cells.get("results", "").lower())
    if results is None and "results" in cells:
        printed["has_results"] = cells["results"]
    places = _list(cells.get("locations"))
    return TrialRecord(
        register="ctgov",
        trial_id=trial_id,
        url=wording.registry_url(trial_id),
        secondary_ids=[name for name in dict.fromkeys(_list(cells.get("ids"))) if name != trial_id],
        public_title=_text(cells.get("title")),
        acronym=_text(cells.get("acronym")),
        conditions=_list(cells.get("conditions")),
        brief_summary=_text(cells.get("summary")),
        overall_status=choice("overall_status", cells.get("status"), wording.status),
        phases=choice("phases", cells.get("phases"), wording.phases) or [],
        study_type=choice("study_type", cells.get("type"), _study_type),
        allocation=choice("allocation", design.get("allocation"), wording.allocation),
        intervention_model=choice("intervention_model", design.get("intervention model"), wording.intervention_model),
        masking=choice("masking", design.get("masking"), wording.masking),
        who_masked=choice("who_masked", design.get("who masked"), _who_masked) or [],
        primary_purpose=choice("primary_purpose", design.get("primary purpose"), wording.purpose),
        enrollment_count=_count(cells.get("enrollment"), printed),
        sex=choice("sex", cells.get("sex"), wording.sex),
        minimum_age=youngest,
        maximum_age=oldest,
        interventions=_interventions(cells.get("interventions", ""), printed),
        outcomes=[
            Outcome(role=role, position=n, measure=measure)
            for role in ("primary", "secondary", "other")
            for n, measure in enumerate(_list(cells.get(role)))
        ],
        start_date=date("start_date", "start"),
        primary_completion_date=date("primary_completion_date", "primary completion"),
        completion_date=date("completion_date", "completion"),
        first_posted_date=date("first_posted_date", "first posted"),
        last_update_date=date("last_update_date", "last update"),
        lead_sponsor=next(iter(_list(cells.get("sponsor"))), None),
        sponsor_class=_sponsor_class(cells, printed),
        countries=list(dict.fromkeys(country for place in places if (country := find_country(place)))),
        n_sites=len(places) or None,
        has_results=results,
        printed=printed,
    )


@lru_cache(maxsize=512)
def _heading(name: str) -> str | None:
    return _COLUMNS.get(" ".join(name.replace("_", " ").lower().split()))


def _cells(row: dict[str, str]) -> dict[str, str]:
    """What the row says, by the names of `_COLUMNS`; missing words are left out, no-break spaces are spaces."""
    cells: dict[str, str] = {}
    for name, text in row.items():
        heading = _heading(name)
        if heading and heading not in cells and not wording.is_missing(text):
            cells[heading] = text.replace("\xa0", " ").strip()
    return cells


def _text(text: str | None) -> str | None:
    return wording.plain_text(text).strip() or None if text else None


def _list(text: str | None) -> list[str]:
    return [plain for part in (text or "").split("|") if (plain := wording.plain_text(part).strip())]


def _study_type(words: str) -> str | None:
    """`Expanded Access:Individual Patients` -> expanded_access."""
    return wording.study_type(words.partition(":")[0].strip())


def _who_masked(words: str) -> list[str]:
    """`Participant, Outcomes Assessor` -> participant, outcomes_assessor; [] when one of the words is another."""
    older = {"subject": "participant", "caregiver": "care_provider"}
    found = [older.get(who, who) for who in map(wording.snake, words.split(","))]
    known = {"participant", "care_provider", "investigator", "outcomes_assessor"}
    return found if known.issuperset(found) else []


def _count(words: str | None, printed: dict[str, str]) -> int | None:
    if not words:
        return None
    if found := _WHOLE_NUMBER.fullmatch(words.replace(",", "")):
        return int(found[1])
    printed["enrollment_count"] = words
    return None


def _interventions(cell: str, printed: dict[str, str]) -> list[Intervention]:
    """Type and name of each; of a cell with a type that has no name, the words stay in `printed`."""
    found = split_interventions(cell)
    if not all(name for _, name in found):
        printed["interventions"] = cell
    return [
        Intervention(name=wording.plain_text(name), type=wording.snake(kind) or None) for kind, name in found if name
    ]


def _sponsor_class(cells: dict[str, str], printed: dict[str, str]) -> str | None:
    if "funder" in cells:
        return wording.snake(cells["funder"]) or None
    if words := cells.get("funders"):
        printed["sponsor_class"] = words
    return _FUNDERS.get((words or "").partition("|")[0].strip().lower())
