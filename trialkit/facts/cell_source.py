"""The tissue of origin of the cell product."""

import re

from trialkit.facts.finding import Finding
from trialkit.facts.scope import Scope, find_terms
from trialkit.vocabulary import Hit

# Places in the patient, not origins: "into the bone marrow", "infusion via umbilical vein".
_PLACE_BEFORE = re.compile(
    r"\b(?:into|in|to|of the|disease of|at|after|following|undergoing|receiving|received)\s+(?:the\s+|a\s+|an\s+)?$",
    re.I,
)


def _is_origin(text: str, hit: Hit) -> bool:
    return not (
        _PLACE_BEFORE.search(text[max(0, hit.start - 24) : hit.start])
        and not re.match(r"[\s-]*(?:derived|mesenchymal|stem|stromal|msc)", text[hit.end :], re.I)
    )


def read_cell_source(scope: Scope) -> list[Finding]:
    """Tissues named for the investigational product, in order of appearance; `[]` = the record does not report one.

    Never inferred from the donor word, the sponsor or a brand. A tissue named only as a place in the patient, as
    a transplant the patient had or in a background sentence does not count.
    """
    return find_terms(scope, "cell_sources", _is_origin)
