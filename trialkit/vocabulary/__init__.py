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

import re
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache
from importlib import resources
from typing import Any, NamedTuple

import msgspec
from ahocorasick_rs import BytesAhoCorasick, Implementation

from trialkit.vocabulary.fold import fold, fold_words

__all__ = ["Entry", "Hit", "Vocabulary", "fold", "fold_words", "load_vocabulary", "vocabulary_names"]

_WIDE_GAP = re.compile(rb"  +")
_ALNUM = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")


class Hit(NamedTuple):
    """One term found in a text: the entry's key, character offsets, and the term as the vocabulary spells it."""

    key: str
    start: int
    end: int
    term: str


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


class Scan(NamedTuple):
    """A text as it is matched, what was cut from it, and the terms in it: vocabulary -> (number of the term, offsets)."""

    folded: bytes
    text: str
    cuts: list[tuple[int, int]]
    terms: dict[str, list[tuple[int, int, int]]]


class Vocabulary:
    """The entries of one file and an automaton over all their terms."""

    def __init__(self, name: str, entries: dict[str, Entry]):
        self.name = name
        self.entries = entries
        self._terms: list[tuple[str, str, bool]] = []  # (key, term, must match in exactly this case)
        for entry in entries.values():
            self._terms += [(entry.key, term, False) for term in entry.synonyms]
            self._terms += [(entry.key, term, True) for term in entry.cased]

    @cached_property
    def _scan(self) -> Callable[[str], Scan]:
        together = next((names for names in _TOGETHER if self.name in names), None)
        if not together or load_vocabulary(self.name) is not self:
            return scanner([self])
        return _scanner_of(together)

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
        folded, text, cuts, terms_in = self._scan(text)
        if self.name not in terms_in:
            return []
        found = []
        for n, start, end in terms_in[self.name]:
            if start and folded[start - 1] in _ALNUM:
                continue
            key, term, cased = self._terms[n]
            plural = text[end : end + 1] == "s" or (not cased and folded[end : end + 1] == b"s")
            if plural and folded[end - 1 : end] != b"s":  # "MSCs"; but "EFS" is no plural of "EF"
                end += 1
            if end < len(folded) and folded[end] in _ALNUM:
                continue
            if cased and not text.startswith(term, start):
                continue
            found.append((start, end, key, term))
        if len(found) > 1:
            found.sort(key=_longest_first)
        kept: list[Hit] = []
        done = 0
        for start, end, key, term in found:
            if start >= done:
                done = end
                if not self.entries[key].decoy:
                    kept.append(Hit(key, start, end, term))
        if not cuts:
            return kept
        return [hit._replace(start=_uncut(hit.start, cuts), end=_uncut(hit.end - 1, cuts) + 1) for hit in kept]


def _longest_first(found: tuple[int, int, str, str]) -> tuple[int, int]:
    return found[0], -found[1]


# Vocabularies that are looked for in the same texts: one scan finds the terms of all.
_TOGETHER = (
    ("product_classes", "cell_sources", "routes", "donors", "separation_methods", "exact_tissues", "products"),
    ("instruments", "core_areas", "outcome_metrics", "outcome_aggregations"),
)
_REMEMBERED = 64  # texts; those of one record come again at once, or not at all


def scanner(vocabularies: Sequence[Vocabulary]) -> Callable[[str], Scan]:
    """A function that scans a text for the terms of all `vocabularies`; it remembers the last texts."""
    owners = [(v.name, n) for v in vocabularies for n in range(len(v._terms))]
    automaton = BytesAhoCorasick(
        [fold_words(term) for v in vocabularies for _, term, _ in v._terms], implementation=Implementation.DFA
    )

    @lru_cache(maxsize=_REMEMBERED)
    def scan(text: str) -> Scan:
        folded, cuts = fold_words(text), []
        if b"  " in folded:
            folded, text, cuts = _without_wide_gaps(folded, text)
        terms: dict[str, list[tuple[int, int, int]]] = {}
        for number, start, end in automaton.find_matches_as_indexes(folded, overlapping=True):
            name, n = owners[number]
            terms.setdefault(name, []).append((n, start, end))
        return Scan(folded, text, cuts, terms)

    return scan


@cache
def _scanner_of(names: tuple[str, ...]) -> Callable[[str], Scan]:
    return scanner([load_vocabulary(name) for name in names])


def _without_wide_gaps(folded: bytes, text: str) -> tuple[bytes, str, list[tuple[int, int]]]:
    """Both texts with one blank for "IL- 2" and "C - peptide", and what was cut: (position after the cut, characters).

    A gap over two lines is left alone: the words before and after it belong to different sentences.
    """
    bytes_kept, text_kept, cuts, done, cut = [], [], [], 0, 0
    for gap in _WIDE_GAP.finditer(folded):
        if "\n" in text[gap.start() : gap.end()]:
            continue
        bytes_kept.append(folded[done : gap.start() + 1])
        text_kept.append(text[done : gap.start() + 1])
        done = gap.end()
        cut += gap.end() - gap.start() - 1
        cuts.append((done - cut, cut))
    bytes_kept.append(folded[done:])
    text_kept.append(text[done:])
    return b"".join(bytes_kept), "".join(text_kept), cuts


def _uncut(position: int, cuts: list[tuple[int, int]]) -> int:
    """The offset in the original text of a character of the shortened one."""
    n = bisect_right(cuts, position, key=lambda cut: cut[0])
    return position + (cuts[n - 1][1] if n else 0)


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
