"""How the cells reach the patient."""

import re

from trialkit.facts.finding import Finding
from trialkit.facts.scope import Scope, find_terms
from trialkit.vocabulary import Hit

# A place word such as "local" or "scaffold" says less than a named route; beside one it is the same act told twice.
_VAGUE = {"local_injection", "other"}
_ANYWHERE = {"intravenous", "intra_arterial", "intrathecal", "oral", "inhaled", "intranasal", "implant", "topical"}
_OTHER_DRUG = re.compile(
    r"\b(?:g-?csf|filgrastim|lenograstim|cyclophosphamide|methotrexate|prednis\w+|steroids?|corticosteroids?|mycophenolate|tacrolimus|rituximab"
    r"|insulin|heparin|hyaluron\w+|etanercept|calcipotriol|calpocitriol|ointment|antibiotics?|contrast|an[a]?esthe\w+|lidocaine|prp|plasma)\b",
    re.I,
)
_CELLS = re.compile(r"\b(?:cells?|[a-z-]*mscs?|ascs?|adscs?|mpcs?|svf|exosomes?|product|infus\w+)\b", re.I)


def _of_the_cells(text: str, hit: Hit) -> bool:
    """False when the words around the route speak of another drug and not of cells."""
    start = max(text.rfind(mark, 0, hit.start) for mark in (". ", ";", "\n")) + 1
    stops = [p for mark in (". ", ";", "\n") if (p := text.find(mark, hit.end)) >= 0]
    sentence = text[start : min(stops, default=len(text))]
    after = text[hit.end : hit.end + 60]
    next_drug = _OTHER_DRUG.search(after)
    if (
        next_drug
        and not re.search(r"[,;.]|\band\b", after[: next_drug.start()])
        and not _CELLS.search(after[: next_drug.start()])
    ):
        return False  # "subcutaneous injections of filgrastim"
    return not _OTHER_DRUG.search(sentence) or _CELLS.search(sentence) is not None


def read_route(scope: Scope) -> list[Finding]:
    """Routes named for the cell product, in order of appearance; `[]` = not reported ("infused" alone is no route).

    "Local" counts only when no place of injection is named beside it.
    """
    found = find_terms(scope, "routes", _of_the_cells)
    placed = {f.value for f in found} - _VAGUE - _ANYWHERE
    return [f for f in found if not (placed and f.value in _VAGUE)]
