"""What kind of product is given: stromal cells, uncultured fraction, cell-free derivative, other cells."""

import re

from trialkit.facts.finding import Finding
from trialkit.facts.scope import Scope, find_terms, names_cells

# A name of the first kind describes what a product of the second kind is made of: "MSC-derived exosomes" are no MSC.
_MADE_OF = {"msc_derived": {"msc", "mnc", "other_cell"}, "engineered": {"msc"}, "svf": {"other_cell"}}
# Beside stromal cells these are the setting or another treatment of the patient.
_BESIDE = {"hsc", "other_cell"}
# What is done to a patient who is given no cells: a sample is taken, a drug is swallowed, a picture is made.
_NO_PRODUCT = re.compile(
    r"\b(?:biops\w+|sampl\w+|harvest\w*|collect\w*|liposuction|blood draw\w*|tablets?|capsules?|by mouth|orally|exercise|questionnaires?|imaging|mri)\b|\dmg\b|\bmg\b",
    re.I,
)


def read_product_class(scope: Scope) -> list[Finding]:
    """The classes of the investigational products, in order of appearance; `[]` means the record names no cell product.

    What interventions and arms are called counts before what their descriptions say, and these before the titles: a
    marrow concentrate "as a source of MSC" is a concentrate. A derivative is not also its origin. Haematopoietic and
    other cells beside stromal cells are the transplant or the comparator. Where the interventions are named and none
    has to do with cells, cells of the description are a sample or a measurement, not a product.
    """
    found = find_terms(scope, "product_classes")
    given = [p.text for p in scope.product if p.section in ("intervention", "arm")]
    if found and _interventions(scope) and not any(map(names_cells, given)):
        in_prose = {"description", "keyword"} & set(found[0].flags)
        if in_prose or all(map(_NO_PRODUCT.search, _interventions(scope))):
            return []
    by_passage: dict[str, set[str]] = {}
    for finding in found:
        by_passage.setdefault(finding.passage.field, set()).add(finding.value)
    kept = [f for f in found if not _made_into_another(f.value, by_passage[f.passage.field])]
    for level in (_is_name, _is_described, _is_title):
        named = {f.value for f in kept if level(f)}
        if named:
            kept = [f for f in kept if f.value in named]
            break
    stromal = {f.passage.field for f in kept if f.value in ("msc", "svf", "mnc")}
    if stromal:
        kept = [f for f in kept if f.value not in _BESIDE or _is_combined(f, stromal)]
    return kept


def _is_combined(finding: Finding, stromal: set[str]) -> bool:
    """True for cells named in one intervention's name together with stromal cells: "islets and MSC"."""
    return (
        finding.passage.field in stromal
        and re.search(r"\binterventions?\b.*\.name$", finding.passage.field) is not None
    )


def _interventions(scope: Scope) -> list[str]:
    return [p.text for p in scope.product if p.section == "intervention"]


def _is_name(finding: Finding) -> bool:
    return finding.passage.field.endswith((".name", ".label"))


def _is_described(finding: Finding) -> bool:
    return finding.passage.section in ("intervention", "arm")


def _is_title(finding: Finding) -> bool:
    return finding.passage.section == "title"


def _made_into_another(value: str, there: set[str]) -> bool:
    return any(value in made_of for product, made_of in _MADE_OF.items() if product in there)
