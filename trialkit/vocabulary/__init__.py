"""Words as data: one TOML file per vocabulary, and the matcher that finds its terms in text.

A file holds one table per entry; the table's name is the entry's key. What the loader reads:

    [adipose]
    label = "Adipose tissue"                 # how people read it
    synonyms = ["adipose", "fat derived"]    # matched in any case; a hyphen in the text counts as a blank; a final s is free
    cased = ["ASC"]                          # matched only in exactly this case ("SHED" is teeth, "shed" is a verb)
    examples = ["ADSCs, 1x10^6/kg"]          # must give this entry and no other entry of the file
    not_examples = ["body fat mass"]         # must give nothing at all
    decoy = true                             # optional: matches are thrown away; a longer decoy shields the shorter term

Every other key (`codes`, `source`, `family`, `core_area`, ...) stays in `Entry.more`. Where terms overlap, the longest
one that begins first wins, so "umbilical cord blood" is never also "umbilical cord".
"""

import tomllib
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from importlib import resources
from typing import Any

import msgspec

from trialkit.vocabulary.fold import fold, fold_words
from trialkit.vocabulary.matching import Found, Hit, Term, matcher

__all__ = ["Entry", "Hit", "Vocabulary", "find_together", "fold", "fold_words", "load_vocabulary", "vocabulary_names"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One block of a vocabulary file."""

    key: str
    label: str
    synonyms: list[str] = []
    cased: list[str] = []
    examples: list[str] = []
    not_examples: list[str] = []
    decoy: bool = False
    more: dict[str, Any] = {}


class Vocabulary:
    """The entries of one file and an automaton over all their terms."""

    def __init__(self, name: str, entries: dict[str, Entry]):
        self.name = name
        self.entries = entries

    @property
    def terms(self) -> list[Term]:
        """Every term of every entry, decoys among them."""
        return [
            Term(self.name, entry.key, text, cased, entry.decoy)
            for entry in self.entries.values()
            for cased, texts in ((False, entry.synonyms), (True, entry.cased))
            for text in texts
        ]

    @cached_property
    def _find(self) -> Callable[[str], Found]:
        together = next((names for names in _TOGETHER if self.name in names), None)
        if not together or load_vocabulary(self.name) is not self:
            return find_together([self])
        return _find_all_of(together)

    @property
    def keys(self) -> list[str]:
        """The entries' keys in file order, decoys left out: the values a column of this vocabulary may hold."""
        return [entry.key for entry in self.entries.values() if not entry.decoy]

    def label(self, key: str) -> str:
        return self.entries[key].label

    def labels(self) -> dict[str, str]:
        """Key -> label, decoys left out."""
        return {key: self.entries[key].label for key in self.keys}

    def find(self, text: str) -> list[Hit]:
        """The entries named in `text`, in order of appearance, overlaps resolved to the longest. Never raises.

        A term counts only as a whole word; a plural s is allowed. Offsets are character offsets in `text`.
        """
        return list(self._find(text).get(self.name, ()))


# Vocabularies that are looked for in the same texts: one look finds the terms of all.
_TOGETHER = (
    ("product_classes", "cell_sources", "routes", "donors", "separation_methods", "exact_tissues", "products"),
    ("instruments", "core_areas", "outcome_metrics", "outcome_aggregations"),
)


def find_together(vocabularies: Iterable[Vocabulary]) -> Callable[[str], Found]:
    """A function that looks through a text once for the terms of all `vocabularies`: see `trialkit.vocabulary.matching`."""
    return matcher(term for vocabulary in vocabularies for term in vocabulary.terms)


@cache
def _find_all_of(names: tuple[str, ...]) -> Callable[[str], Found]:
    return find_together(map(load_vocabulary, names))


_KNOWN = {"label", "synonyms", "cased", "examples", "not_examples", "decoy"}


@cache
def load_vocabulary(name: str) -> Vocabulary:
    """The vocabulary of `trialkit/vocabulary/<name>.toml`. Raises `FileNotFoundError` with the names that exist."""
    file = resources.files(__package__) / f"{name}.toml"
    if not file.is_file():
        raise FileNotFoundError(f"no vocabulary {name!r}; there are: {', '.join(vocabulary_names())}")
    blocks = tomllib.loads(file.read_text(encoding="utf-8"))
    entries = {}
    for key, block in blocks.items():
        known = {k: v for k, v in block.items() if k in _KNOWN}
        entries[key] = Entry(key=key, **known, more={k: v for k, v in block.items() if k not in _KNOWN})
    return Vocabulary(name, entries)


def vocabulary_names() -> list[str]:
    """The vocabularies that ship with the package."""
    files = resources.files(__package__).iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))
