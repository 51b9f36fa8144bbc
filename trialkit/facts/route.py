"""How the cells reach the patient."""

from trialkit.facts.finding import Finding
from trialkit.facts.scope import Scope, find_terms

_VAGUE = {"implant", "local_injection", "topical", "other"}


def read_route(scope: Scope) -> list[Finding]:
    """Routes named for the cell product, in order of appearance; `[]` = not reported ("infused" alone is no route)."""
    return find_terms(scope, "routes")
