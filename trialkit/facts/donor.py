"""Whose cells: the patient's own (autologous) or somebody else's (allogeneic)."""

from dataclasses import dataclass

from trialkit.facts.finding import Finding, distinct
from trialkit.facts.scope import Scope, find_terms

PERINATAL = frozenset({"umbilical_cord", "cord_blood", "placenta", "amnion", "amniotic_fluid"})


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
    findings = find_terms(scope, "donors")
    found = set(distinct(findings))
    value = "both" if len(found) > 1 else next(iter(found), "not_reported")
    implied = "allogeneic" if value == "not_reported" and PERINATAL & set(sources) else None
    return Donor(value, implied, findings)
