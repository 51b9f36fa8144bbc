"""The tissue of origin of the cell product."""

import re

from trialkit.facts.finding import Finding
from trialkit.facts.scope import Scope, find_terms
from trialkit.vocabulary import Hit, load_vocabulary

# Places in the patient, not origins: "into the bone marrow", "infusion via umbilical vein".
_PLACE_BEFORE = re.compile(
    r"\b(?:into|in|to|of the|disease of|at|after|following|undergoing|receiving|received)\s+(?:the\s+|a\s+|an\s+)?$",
    re.I,
)
_MADE_OF_IT = re.compile(r"[\s-]{0,99}(?:derived|mesenchymal|stem|stromal|msc)", re.I)
_CELLS = r"(?:cells?|[a-z]*mscs?|ascs?|stem|stromal|svf|product)\b"
_CELLS_AFTER = re.compile(rf"^[^.;,]{{0,50}}?\b{_CELLS}", re.I)
_CELLS_BEFORE = re.compile(
    rf"\b{_CELLS}[^.;]{{0,60}}\b(?:from|of|in|isolated|obtained|harvested|derived|extracted|collected|source)\b[^.;]{{0,30}}$",
    re.I,
)
_NAMES_CELLS = re.compile(r"msc|asc|stem|svf|bmac|fat graft|stromal|lipo", re.I)


# "MSC can be derived from cord, marrow and fat": where such cells come from at all, not where these come from.
_AT_ALL = re.compile(
    r"\bcan be (?:isolated|obtained|derived|found|harvested|extracted)|\bmay be (?:isolated|obtained|derived)|\bother (?:sites|sources|tissues)\b",
    re.I,
)
_MANY = 3  # tissues in one sentence of a description: a list of where such cells come from at all


def _sentence(text: str, hit: Hit) -> str:
    start = max(text.rfind(". ", 0, hit.start), text.rfind("\n", 0, hit.start)) + 1
    stop = min((at for at in (text.find(". ", hit.end), text.find("\n", hit.end)) if at >= 0), default=len(text))
    return text[start:stop]


# An amniotic membrane is a dressing or carrier unless its own cells are meant.
_MEMBRANE = re.compile(
    r"(?:human\s)?amnio\w{0,40}\s?(?:membrane|matrix|collagen)s?\b(?![\s-]{0,99}(?:derived|mesenchymal|m?sc|stem|stromal|epithelial|cells?)\b)",
    re.I,
)


def _is_origin(text: str, hit: Hit) -> bool:
    return not _AT_ALL.search(_sentence(text, hit)) and not (
        _PLACE_BEFORE.search(text[max(0, hit.start - 24) : hit.start]) and not _MADE_OF_IT.match(text[hit.end :])
    )


def _is_origin_in_prose(text: str, hit: Hit) -> bool:
    """In a description the tissue must be tied to cells: "MSC from bone marrow", "bone marrow derived cells"."""
    tied = (
        _NAMES_CELLS.search(hit.term) or _CELLS_AFTER.search(text[hit.end :]) or _CELLS_BEFORE.search(text[: hit.start])
    )
    tissues = {other.key for other in load_vocabulary("cell_sources").find(text)}
    return bool(tied) and len(tissues) < _MANY and _is_origin(text, hit)


def read_cell_source(scope: Scope) -> list[Finding]:
    """Tissues named for the investigational product, in order of appearance; `[]` = the record does not report one.

    Never inferred from the donor word, the sponsor or a brand. A tissue named only as a place in the patient, as
    a transplant the patient had or in a background sentence does not count. Peripheral blood beside another tissue is
    the transplant or the sample, not the source; an amniotic membrane beside one carries the cells.
    """
    found = find_terms(scope, "cell_sources", _is_origin, _is_origin_in_prose)
    others = [f for f in found if f.value != "peripheral_blood"]
    found = others or found
    others = [f for f in found if f.value != "amnion" or not _carries(f)]
    return others or found


def _carries(finding: Finding) -> bool:
    """True for an amniotic membrane that carries cells of another tissue."""
    return _MEMBRANE.match(finding.passage.text[finding.start :]) is not None
