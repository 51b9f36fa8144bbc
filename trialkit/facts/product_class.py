"""What kind of product is given: stromal cells, uncultured fraction, cell-free derivative, other cells."""

from trialkit.facts.finding import Finding
from trialkit.facts.scope import Scope, find_terms

# A name of the first kind describes what a product of the second kind is made of: "MSC-derived exosomes" are no MSC.
_MADE_OF = {"msc_derived": {"msc", "mnc", "other_cell"}, "engineered": {"msc"}, "svf": {"other_cell"}}
# Beside stromal cells these are the setting or another treatment of the patient, unless an intervention is called so.
_BESIDE_MSC = {"hsc", "other_cell"}


def read_product_class(scope: Scope) -> list[Finding]:
    """The classes of the investigational products, in order of appearance; `[]` means the record names no cell product.

    A derivative is not also its origin: where a passage, a title or an intervention's name says "exosomes of MSC", the
    cells alone count only if another intervention is called by them. Haematopoietic and other cells beside stromal
    cells are the transplant or the comparator, not the product.
    """
    found = find_terms(scope, "product_classes")
    named = {f.value for f in found if _is_name(f)}
    by_passage: dict[str, set[str]] = {}
    for finding in found:
        by_passage.setdefault(finding.passage.field, set()).add(finding.value)
    plain = {f.value for f in found if _is_name(f) and not _made_into_another(f.value, by_passage[f.passage.field])}
    kept = [f for f in found if not _made_into_another(f.value, by_passage[f.passage.field])]
    if {"msc_derived", "svf"} & named and "msc" not in plain:
        kept = [f for f in kept if f.value != "msc"]
    if any(f.value == "msc" for f in kept):
        kept = [f for f in kept if f.value not in _BESIDE_MSC]
    return kept


def _is_name(finding: Finding) -> bool:
    return finding.passage.section == "intervention" and finding.passage.field.endswith(".name")


def _made_into_another(value: str, there: set[str]) -> bool:
    return any(value in made_of for product, made_of in _MADE_OF.items() if product in there)
