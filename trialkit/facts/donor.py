"""Whose cells: the patient's own (autologous) or somebody else's (allogeneic)."""

import re
from dataclasses import dataclass

from trialkit.facts.finding import Finding, distinct
from trialkit.facts.scope import Scope, find_terms
from trialkit.vocabulary import Hit

PERINATAL = frozenset({"umbilical_cord", "cord_blood", "placenta", "amnion", "amniotic_fluid"})


_CELLS = re.compile(
    r"\b(?:cells?|[a-z]*mscs?|ascs?|adscs?|stem|stromal|mesenchymal|svf|precursors?|product|adipose|umbilical|marrow|placenta|amnio\w+|wharton\w*)\b",
    re.I,
)
# What the adjective may belong to instead: a graft, a fluid, the transplant of the patient's history.
_OTHER_NOUN = re.compile(
    r"^[\s-]*(?:(?:human|fresh|frozen|demineralized|own|the)\s+){0,2}(?:bone(?![\s-]*marrow)|serum|plasma|platelet|blood|skin|cartilage|tissue|fillers?|graft"
    r"|h[a]?ematopo\w+|hsct?\b|hct\b|sct\b|peripheral|pbsc|transplant\w*|islet|kidney|liver|iliac|chondrocyte|t[\s-]cells?)",
    re.I,
)


def _of_the_cells(text: str, hit: Hit) -> bool:
    return not _OTHER_NOUN.search(text[hit.end :])


def _of_the_cells_in_prose(text: str, hit: Hit) -> bool:
    """In a description the word must stand near the cells it speaks of."""
    near = text[max(0, hit.start - 70) : hit.end + 70]
    return _of_the_cells(text, hit) and _CELLS.search(near) is not None and not _TRANSPLANT.search(near)


_TRANSPLANT = re.compile(
    r"h[a]?ematopo\w+|\bhsct?\b|\bhct\b|donor t cells?|graft[- ]versus|organ donor|kidney|liver transplant", re.I
)


@dataclass(frozen=True, slots=True)
class Donor:
    """`value`: autologous, allogeneic, both or not_reported. `implied`: allogeneic when only the tissue implies it."""

    value: str
    implied: str | None
    findings: list[Finding]


def read_donor(scope: Scope, sources: list[str]) -> Donor:
    """The donor as the record states it.

    Perinatal tissue given to a patient is allogeneic by logic, but that is `implied` and never overwrites
    `not_reported`: most registered trials of cord cells have no donor word at all.
    """
    findings = find_terms(scope, "donors", _of_the_cells, _of_the_cells_in_prose)
    if sources and PERINATAL.issuperset(sources) and all("description" in f.flags for f in findings):
        findings = [f for f in findings if f.value != "autologous"]  # the patient has no cord: prose on other cells
    found = set(distinct(findings))
    value = "both" if len(found) > 1 else next(iter(found), "not_reported")
    implied = "allogeneic" if value == "not_reported" and PERINATAL & set(sources) else None
    return Donor(value, implied, findings)
