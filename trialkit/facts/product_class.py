"""What kind of product is given: stromal cells, uncultured fraction, cell-free derivative, other cells."""

from trialkit.facts.finding import Finding
from trialkit.facts.scope import Scope, find_terms

# A name of the first kind describes what a product of the second kind is made of: "MSC-derived exosomes" are no MSC.
_MADE_OF = {"msc_derived": {"msc", "mnc", "other_cell"}, "engineered": {"msc"}, "svf": {"other_cell"}}


def read_product_class(scope: Scope) -> list[Finding]:
    """The classes of the investigational products, in order of appearance; `[]` means the record names no cell product.

    A derivative is not also its origin: where one passage names both ("exosomes of MSC"), only the derivative counts,
    unless another passage of the product names the cells alone.
    """
    found = find_terms(scope, "product_classes")
    by_passage: dict[str, set[str]] = {}
    for finding in found:
        by_passage.setdefault(finding.passage.field, set()).add(finding.value)
    kept = []
    for finding in found:
        there = by_passage[finding.passage.field]
        if any(finding.value in made_of for product, made_of in _MADE_OF.items() if product in there):
            continue
        kept.append(finding)
    return kept
