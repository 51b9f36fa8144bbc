"""Which texts speak of the product under study, and which sentences only look like it.

Scope comes before words: the product is read from titles, interventions and the arms that receive cells. The summary
and description are read only when those say nothing, and then only in sentences that are not about earlier work, other
treatments or the disease. Comparators, vehicles and eligibility criteria never name the product.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trialkit.facts import guard
from trialkit.facts.finding import Finding, Passage
from trialkit.vocabulary import Hit, Vocabulary, load_vocabulary

CONTROL_ARMS = frozenset({"placebo_comparator", "sham_comparator", "no_intervention"})

# Words that make an arm or an intervention a control although it may name the product ("MSC placebo", "vehicle only").
_CONTROL_WORDS = guard.compile(
    r"\b(?:placebo|sham|vehicle|saline|control group|controls?|standard (?:of )?care|conventional (?:treatment|therapy)"
    r"|without (?:stem )?cells?|no (?:stem )?cells?|without msc)\b",
    re.IGNORECASE,
)
_BACKGROUND = guard.compile(
    r"\b(?:previous(?:ly)?|prior (?:studies|work|trials)|has been (?:shown|reported|demonstrated|used|proven)"
    r"|have been (?:shown|reported|demonstrated|used|isolated|found|proven)|(?:studies|reports|data|evidence|authors|investigators|researchers|groups) (?:have|has|had|show|suggest|indicate|report)"
    r"|it is known|well known|are known|known to|can be (?:isolated|obtained|derived|found|harvested|expanded)|in vitro|in animals?|animal (?:models?|studies)|mice|rats?\b|preclinical"
    r"|such as|for example|e\.g|literature|recently|in the past|others? have|are defined|were first|experimental models?|published|et al|current(?:ly)? (?:treatment|used|available|standard)|conventional(?:ly)?|in (?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_CELLS = guard.compile(r"\b(?:stem|progenitor)[ -]cells?\b|\bcells\b|\b[a-z-]{0,12}mscs?\b", re.I)
_SENTENCE = re.compile(r"[^.;\n]*(?:\.(?=\d)[^.;\n]*)*[.;\n]?")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a passage that may be read on its own; offsets are those of the passage."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Scope:
    """`product`: titles, interventions and arms with cells. `fallback`: plain sentences of summary and description.

    `keywords`: what the sponsor filed the trial under, read when all else is silent.
    """

    product: list[Passage]
    fallback: list[Clause]
    keywords: list[Clause]
    cell_arms: frozenset[str]


def sentences(passage: Passage) -> list[Clause]:
    """The sentences of a passage; a point between digits ends none."""
    spans = [(m.start(), m.end()) for m in _SENTENCE.finditer(passage.text) if m.group().strip()]
    return [Clause(passage, start, end) for start, end in spans]


def is_background(sentence: str) -> bool:
    """True for a sentence about earlier work, animals or the literature."""
    return _BACKGROUND.search(sentence) is not None


def names_cells(text: str) -> bool:
    """True when the text names a cell product or one derived from cells."""
    return bool(load_vocabulary("product_classes").find(text)) or _CELLS.search(text) is not None


def is_cell_arm(label: str, kind: str | None, description: str | None, interventions: Iterable[str]) -> bool:
    """True when participants of this arm are given the cell product.

    A placebo, sham or untreated arm is none, whatever its label says; an arm whose label is a control ("saline",
    "standard care") counts only when an intervention or its description names cells outside a negation.
    """
    if kind in CONTROL_ARMS:
        return False
    given = [text for text in interventions if not _CONTROL_WORDS.search(text)]
    if any(names_cells(text) for text in given):
        return True
    own = " ".join(filter(None, [label, description]))
    return names_cells(own) and not _CONTROL_WORDS.search(label)


def read_scope(passages: Iterable[Passage], cell_arms: Iterable[str], control_arms: Iterable[str]) -> Scope:
    """Sort the passages of one record into those that speak of the product and those read only as a last resort.

    An intervention that names no cells is another treatment when some other intervention does name them.
    """
    passages = list(passages)
    controls = frozenset(control_arms)
    own = {_item(p.field) for p in passages if p.section == "intervention" and names_cells(p.text)}
    product, fallback, keywords = [], [], []
    for passage in passages:
        if passage.section == "title":
            product.append(passage)
        elif passage.section == "intervention":
            other = passage.arm in controls or (own and _item(passage.field) not in own)
            placebo = (
                passage.field.endswith("name") and _CONTROL_WORDS.search(passage.text) and not names_cells(passage.text)
            )
            if not (other or placebo):
                product.append(passage)
        elif passage.section == "arm":
            if passage.arm not in controls:
                product.append(passage)
        elif passage.section == "keyword":
            keywords.append(Clause(passage, 0, len(passage.text)))
        elif passage.section in ("design", "summary", "description"):
            fallback += [clause for clause in sentences(passage) if not is_background(clause.text)]
    return Scope(product, fallback, keywords, frozenset(cell_arms))


def _item(field: str) -> str:
    """`interventions[2]` of `interventions[2].description`."""
    return field.partition(".")[0]


def _anything(text: str, hit: Hit) -> bool:
    return True


def find_terms(
    scope: Scope,
    vocabulary: str,
    accept: Callable[[str, Hit], bool] = _anything,
    accept_in_prose: Callable[[str, Hit], bool] | None = None,
) -> list[Finding]:
    """Terms of a vocabulary in the product's passages or, when these hold none, in the fallback sentences or keywords.

    `accept(text, hit)` may refuse a hit by its surroundings, `accept_in_prose` those of the fallback (default: the
    same). Findings from the fallback carry the flag `description`, those from keywords `keyword`.
    """
    words = load_vocabulary(vocabulary)
    found = [
        Finding(hit.key, passage, hit.start, hit.end, f"{vocabulary}:{hit.term}")
        for passage in scope.product
        for hit in words.find(passage.text)
        if accept(passage.text, hit)
    ]
    if found:
        return found
    return _find_in_clauses(words, scope.fallback, accept_in_prose or accept, "description") or _find_in_clauses(
        words, scope.keywords, accept, "keyword"
    )


def _find_in_clauses(
    words: Vocabulary, clauses: list[Clause], accept: Callable[[str, Hit], bool], flag: str
) -> list[Finding]:
    return [
        Finding(hit.key, c.passage, c.start + hit.start, c.start + hit.end, f"{words.name}:{hit.term}", (flag,))
        for c in clauses
        for hit in words.find(c.text)
        if accept(c.text, hit)
    ]
