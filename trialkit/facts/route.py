"""How the cells reach the patient."""

import re

from trialkit.facts import guard
from trialkit.facts.finding import Finding
from trialkit.facts.scope import Scope, find_terms
from trialkit.vocabulary import Hit

_VAGUE = {"local_injection", "other"}
_ANYWHERE = {"intravenous", "intra_arterial", "intrathecal", "oral", "inhaled", "intranasal", "implant", "topical"}
_OTHER_DRUG = guard.compile(
    r"\b(?:g-?csf|filgrastim|lenograstim|cyclophosphamide|methotrexate|prednis\w+|steroids?|corticosteroids?|mycophenolate|tacrolimus|rituximab"
    r"|\w{3,}(?:mab|statin|cillin|mycin|platin|abine|rubicin|taxel|azole|tinib|limus|cept)|insulin|heparin|hyaluron\w+|etanercept|calcipotriol|calpocitriol|ointment|antibiotics?|contrast|an[a]?esthe\w+|lidocaine|prp|plasma)\b",
    re.I,
)
_GIVING = guard.compile(
    r"\b(?:infus\w+|inject\w*|administ\w+|implant\w*|transplant\w*|deliver\w*|instill\w*|given|applied|application|sprayed|seeded"
    r"|transfus\w+|therapy|treat\w*|graft\w*|loaded|placed|inserted|introduced|received?)\b",
    re.I,
)
_ACT = guard.compile(
    r"\b(?:infus\w+|inject\w*|administ\w+|implant\w*|transplant\w*|transfus\w+|deliver\w*|instill\w*|given|introduced|placed|therapy via|puncture\w*|catheter\w*|angiograph\w*)\b"
    r"|\broute:|\d\s?[x×*]\s?10|^\W*intra\w+\W*$",
    re.I,
)
_GIVEN = guard.compile(
    r"\b(?:cells?|[a-z0-9]*mscs?t?|ascs?|adscs?|adrcs?|mpcs?|svf|exosomes?|vesicles?|product|infusions?|bmac|bmc|prp|concentrate|aspirate|fat|stem|stromal|lipoaspirate|scaffold)\b",
    re.I,
)
_INJECTED_SCAFFOLD = re.compile(r"\binject\w*", re.I)
_CELLS = re.compile(r"\b(?:cells?|[a-z]*mscs?|ascs?|adscs?|mpcs?|svf|exosomes?|product|infus\w+)\b", re.I)


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


def _of_giving_cells(text: str, hit: Hit) -> bool:
    """In a description the sentence must speak of giving cells: dust is inhaled, an ulcer venous, another gel topical."""
    named = hit.key not in _ANYWHERE - {"intravenous", "intra_arterial", "intrathecal"}
    cells_given = _GIVING.search(text) is not None and _GIVEN.search(text) is not None
    beside = _GIVEN.search(text[max(0, hit.start - 30) : hit.end + 30])
    return _of_the_cells(text, hit) and (cells_given or (named and (beside or _ACT.search(text)) is not None))


def _is_act(finding: Finding) -> bool:
    """False for a place in a title that says where the disease is: "cartilage repair in the knee joint"."""
    at_place = re.match(r"(?:in|into|of) |venous\b", finding.quote, re.I)
    return finding.passage.section != "title" or not at_place or _GIVING.search(finding.passage.text) is not None


def _is_carrier(found: list[Finding]) -> bool:
    """True when a scaffold is itself injected: the act told twice."""
    implants = [f for f in found if f.value == "implant"]
    injected = any(f.value not in _ANYWHERE | _VAGUE for f in found)
    return injected and any(_INJECTED_SCAFFOLD.search(f.passage.text) for f in implants)


def read_route(scope: Scope) -> list[Finding]:
    """Routes named for the cell product, in order of appearance; `[]` = not reported ("infused" alone is no route).

    "Local" counts only when no place of injection is named beside it.
    """
    found = [f for f in find_terms(scope, "routes", _of_the_cells, _of_giving_cells) if _is_act(f)]
    found = [f for f in found if "keyword" not in f.flags or _GIVING.search(f.passage.text)]  # "intracranial pressure"
    if _is_carrier(found):
        found = [f for f in found if f.value != "implant"]
    placed = {f.value for f in found} - _VAGUE - _ANYWHERE
    return [f for f in found if not (placed and _is_vague(f))]


def _is_vague(finding: Finding) -> bool:
    """A word such as "locally" says less than a named route; beside one it is the same act told twice."""
    return finding.value == "other" or (
        finding.value == "local_injection" and finding.quote.lower().startswith("local")
    )
