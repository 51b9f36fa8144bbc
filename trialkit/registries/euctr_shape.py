"""The form of an EU Clinical Trials Register entry: the fields that are read, under their codes and labels.

The form is the EudraCT clinical trial application as the register prints it; most of its questions are answered "Yes" or
"No", and some in English and in the language of the member state. Contact points (B.5), investigator networks
(G) and the decisions of authorities (N) are not read.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

LABELS = {
    "country": "A.1 Member State Concerned",
    "number": "A.2 EudraCT number",
    "title": "A.3 Full title of the trial",
    "lay_title": "A.3.1 Title of the trial for lay people, in easily understood, i.e. non-technical, language",
    "short_title": "A.3.2 Name or abbreviated title of the trial where available",
    "protocol_code": "A.4.1 Sponsor's protocol code number",
    "isrctn": "A.5.1 ISRCTN (International Standard Randomised Controlled Trial) Number",
    "nct": "A.5.2 US NCT (ClinicalTrials.gov registry) number",
    "utn": "A.5.3 WHO Universal Trial Reference Number (UTRN)",
    "other_id": "A.5.4 Other Identifiers",
    "sponsor": "B.1.1 Name of Sponsor",
    "sponsor_status": "B.3.1 and B.3.2 Status of the sponsor",
    "imp": "D.IMP",
    "role": "D.1.2 and D.1.3 IMP Role",
    "trade_name": "D.2.1.1.1 Trade name",
    "product_name": "D.3.1 Product name",
    "product_code": "D.3.2 Product code",
    "form": "D.3.4 Pharmaceutical form",
    "routes": "D.3.7 Routes of administration for this IMP",
    "inn": "D.3.8 INN - Proposed INN",
    "sponsor_code": "D.3.9.2 Current sponsor code",
    "other_name": "D.3.9.3 Other descriptive name",
    "unit": "D.3.10.1 Concentration unit",
    "relation": "D.3.10.2 Concentration type",
    "concentration": "D.3.10.3 Concentration number",
    "chemical": "D.3.11.1 Active substance of chemical origin",
    "biological": "D.3.11.2 Active substance of biological/ biotechnological origin (other than Advanced Therapy IMP (ATIMP)",
    "advanced": "D.3.11.3 Advanced Therapy IMP (ATIMP)",
    "somatic": "D.3.11.3.1 Somatic cell therapy medicinal product",
    "gene": "D.3.11.3.2 Gene therapy medical product",
    "tissue": "D.3.11.3.3 Tissue Engineered Product",
    "placebo": "D.8 Placebo",
    "placebo_form": "D.8.3 Pharmaceutical form of the placebo",
    "placebo_route": "D.8.4 Route of administration of the placebo",
    "condition": "E.1.1 Medical condition(s) being investigated",
    "lay_condition": "E.1.1.1 Medical condition in easily understood language",
    "area": "E.1.1.2 Therapeutic area",
    "meddra": "E.1.2 Term",
    "objective": "E.2.1 Main objective of the trial",
    "objectives": "E.2.2 Secondary objectives of the trial",
    "inclusion": "E.3 Principal inclusion criteria",
    "exclusion": "E.4 Principal exclusion criteria",
    "primary": "E.5.1 Primary end point(s)",
    "primary_time": "E.5.1.1 Timepoint(s) of evaluation of this end point",
    "secondary": "E.5.2 Secondary end point(s)",
    "secondary_time": "E.5.2.1 Timepoint(s) of evaluation of this end point",
    "diagnosis": "E.6.1 Diagnosis",
    "prophylaxis": "E.6.2 Prophylaxis",
    "therapy": "E.6.3 Therapy",
    "phase1": "E.7.1 Human pharmacology (Phase I)",
    "phase2": "E.7.2 Therapeutic exploratory (Phase II)",
    "phase3": "E.7.3 Therapeutic confirmatory (Phase III)",
    "phase4": "E.7.4 Therapeutic use (Phase IV)",
    "randomised": "E.8.1.1 Randomised",
    "open": "E.8.1.2 Open",
    "single": "E.8.1.3 Single blind",
    "double": "E.8.1.4 Double blind",
    "parallel": "E.8.1.5 Parallel group",
    "crossover": "E.8.1.6 Cross over",
    "design": "E.8.1.7.1 Other trial design description",
    "arms": "E.8.2.4 Number of treatment arms in the trial",
    "sites": "E.8.4.1 Number of sites anticipated in Member State concerned",
    "in_utero": "F.1.1.1 In Utero",
    "preterm": "F.1.1.2 Preterm newborn infants (up to gestational age < 37 weeks)",
    "newborns": "F.1.1.3 Newborns (0-27 days)",
    "infants": "F.1.1.4 Infants and toddlers (28 days-23 months)",
    "children": "F.1.1.5 Children (2-11years)",
    "adolescents": "F.1.1.6 Adolescents (12-17 years)",
    "adults": "F.1.2 Adults (18-64 years)",
    "elderly": "F.1.3 Elderly (>=65 years)",
    "female": "F.2.1 Female",
    "male": "F.2.2 Male",
    "healthy": "F.3.1 Healthy volunteers",
    "planned_here": "F.4.1 In the member state",
    "planned": "F.4.2.2 In the whole clinical trial",
    "third_country": "H.4.1 Third Country in which the trial was first authorised",
    "ended": "P. End of Trial Status",
    "end_date": "P. Date of the global end of the trial",
    # The lines above section A have no code of their own; X is ours and that of the R package ctrdata.
    "kind": "X.4 Clinical Trial Type",
    "status": "X.5 Trial Status",
    "entered": "X.6 Date on which this record was first entered in the EudraCT database",
}


class Field(NamedTuple):
    """One field of an entry: its name in LABELS, the language of its label ("" where it names none), its text."""

    name: str
    language: str
    text: str


@lru_cache(maxsize=4096)
def key_of(label: str) -> str:
    """A label in one spelling, that of the R package ctrdata: `E.5.1 Primary end point(s)` -> `e51_primary_end_points`."""
    return re.sub(r"[^a-z0-9_]", "", re.sub(r"\s", "_", label.lower()))


_WORDS = {name: re.sub(r"^[A-Z]\.\S* (?:and \S+ )?", "", label) for name, label in LABELS.items()}
_NAMES = {key_of(label): name for name, label in LABELS.items()}


def name_of(key: str) -> tuple[str, str] | None:
    """Name in LABELS and language of a key (`..._es`: Spanish), or None for a field that is not read."""
    if name := _NAMES.get(key):
        return name, ""
    name = _NAMES.get(key[:-3]) if key[-3:-2] == "_" else None
    return (name, key[-2:]) if name else None


def words_of(name: str) -> str:
    """The label of a field without its code: `E.7.2 Therapeutic exploratory (Phase II)` -> `Therapeutic ...`."""
    return _WORDS[name]


Answers = dict[str, str]


def answers_of(fields: Iterable[Field]) -> Answers:
    """The first answer to each field: in English, in another language only where there is none in English."""
    english: Answers = {}
    other: Answers = {}
    for name, language, text in fields:
        (other if language else english).setdefault(name, text)
    return other | english


def yes(said: Answers, name: str) -> bool | None:
    return {"yes": True, "no": False}.get(said.get(name, "").lower())


def texts_of(fields: Iterable[Field], *names: str) -> list[str]:
    """Every text of these fields, by name in the order given, each once whatever its capitals."""
    fields = list(fields)
    found: dict[str, str] = {}
    for text in (field.text for name in names for field in fields if field.name == name):
        found.setdefault(text.lower(), text)
    return list(found.values())
