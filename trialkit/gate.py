"""Which records a build keeps: every one whose text holds a word of a named selection. A gate of words, no verdict.

What holds a word is decided by the vocabularies' own matcher, over every free text of a record. Because most records of
a whole register hold none, `may_hold` looks at the undecoded JSON of the same texts first: it may let too much through,
never too little. Both see the same words because both fold the text in the same way; what only JSON or the escaping of
a register can put between two letters or two words of a term is undone or made a blank.
"""

import codecs
import difflib
import html
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation

from trialkit.record import TrialRecord
from trialkit.vocabulary import Entry, Vocabulary, find_together, fold, fold_words, load_vocabulary


class Selection(NamedTuple):
    """The words that keep a record: entries of `product_classes` (none named: all), all named products, `words`."""

    label: str
    product_classes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


_APART = "\x1f"  # no term holds it and it is no blank, so nothing is found across two texts

# Said of products that a record never names more closely.
_CELL_THERAPY = (
    "cell therapy", "cell therapies", "cellular therapy", "cell treatment", "cell injection", "cell infusion",
    "cells therapy", "cells treatment", "cells injection", "cells infusion",
)  # fmt: skip

SELECTIONS = {
    "msc": Selection("any cell product, derivative or brand: reports can count the kinds",
                     words=_CELL_THERAPY),
    "stromal": Selection("stromal cells and vascular fraction, derivatives, brands alone",
                         ("msc", "svf", "msc_derived")),
}  # fmt: skip


class SelectionError(ValueError):
    """No selection has this name."""


class Gate:
    """One selection, ready to be asked. Made by `open_gate`; worker processes receive its name alone."""

    def __init__(self, name: str, selection: Selection) -> None:
        self.name = name
        self.reason = f"no word of the selection {name}"
        self._vocabularies = list(_vocabularies(selection))
        self.terms = {term for vocabulary in self._vocabularies for term in _terms(vocabulary)}
        self._find = find_together(self._vocabularies)
        self._gaps = _gap_table(self.terms)
        stems = sorted({_one_gap(fold_words(term).translate(self._gaps)).strip() for term in self.terms})
        self._stems = BytesAhoCorasick(stems, implementation=Implementation.DFA)
        # To make one blank of many costs more than the look itself. So the first look is at the text as it is, where a
        # term has one blank in every gap, or a beginning of it is followed by two.
        begun = {stem[: gap.start()] + b"  " for stem in stems for gap in re.finditer(b" ", stem)}
        self._first = BytesAhoCorasick([*stems, *sorted(begun)], implementation=Implementation.DFA)
        self._whole = len(stems)

    def __reduce__(self) -> tuple:
        return open_gate, (self.name,)

    def holds(self, record: TrialRecord) -> bool:
        """Whether any text of the record, its outcomes among them, holds a word of the selection as a whole word."""
        return bool(self._find(_APART.join(_texts(record))))

    def may_hold(self, text: bytes) -> bool:
        """False only where `holds` is False for a record whose free texts stand in `text`, undecoded JSON in UTF-8.

        Raises UnicodeDecodeError for text that is not UTF-8.
        """
        folded = _plain(text).translate(self._gaps)
        for n, start, end in self._first.find_matches_as_indexes(folded, overlapping=True):
            if n < self._whole:
                if _is_word(folded, start, end):
                    return True
            elif not start or folded[start - 1] not in _ALNUM:
                break
        else:
            return False
        folded = _one_gap(folded)
        found = self._stems.find_matches_as_indexes(folded, overlapping=True)
        return any(_is_word(folded, start, end) for _, start, end in found)


@cache
def open_gate(name: str) -> Gate:
    """The gate of a named selection. Raises `SelectionError` with the names that exist."""
    if name not in SELECTIONS:
        close = difflib.get_close_matches(name, SELECTIONS, n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        known = "; ".join(f"{key} ({selection.label})" for key, selection in SELECTIONS.items())
        raise SelectionError(f"no selection {name!r}.{hint} There are: {known}")
    return Gate(name, SELECTIONS[name])


def _vocabularies(selection: Selection) -> Iterator[Vocabulary]:
    classes, wanted = load_vocabulary("product_classes").entries, selection.product_classes
    if wanted:  # the decoys stay: "mesenchymal" of one entry must not be read out of a longer word of another
        classes = {key: entry for key, entry in classes.items() if key in wanted or entry.decoy}
    yield Vocabulary("product_classes", classes)
    yield Vocabulary("products", load_vocabulary("products").entries)
    if selection.words:
        words = Entry(key="words", label=selection.label, synonyms=list(selection.words))
        yield Vocabulary("words", {"words": words})


def _terms(vocabulary: Vocabulary) -> Iterator[str]:
    for entry in vocabulary.entries.values():
        if not entry.decoy:
            yield from entry.synonyms
            yield from entry.cased


def _texts(record: TrialRecord) -> Iterator[str]:
    for passage in record.passages():
        yield passage.text
    for outcome in record.outcomes:
        yield from filter(None, (outcome.measure, outcome.time_frame, outcome.description))


# What follows is the same text for `may_hold`: JSON as it stands in the file, folded as the matcher folds plain text.

_ALNUM = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")
_ESCAPE = re.compile(
    rb"\\(?!u)[\\ntrbf]?"
)  # of JSON, but \uXXXX: a line break or blank, or the next sign stands for itself
_CODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z]\w*);")
_WIDE = re.compile(rb"  +")


def _plain(text: bytes) -> bytes:
    """JSON in UTF-8 as ASCII, in the case it has: escapes of JSON and of markdown as blanks, signs and entities folded."""
    text = _ESCAPE.sub(b" ", text)
    if text.isascii() and b"\\" not in text and b"&" not in text:
        return text
    plain = text.decode()
    if "\\" in plain:
        plain = _CODE.sub(lambda code: chr(int(code[1], 16)), plain)
    for _ in range(2):  # registers escape twice
        if "&" not in plain:
            break
        plain = _ENTITY.sub(lambda entity: html.unescape(entity.group()), plain)
    return plain.encode("ascii", "trialkit-gate")


def _fold_run(run: str) -> str:
    return fold(run).decode("ascii")


_fold_short = lru_cache(maxsize=1 << 12)(_fold_run)


def _fold_known(error: UnicodeError) -> tuple[str, int]:
    """What `fold` does, which looks at every sign anew: of the short runs of strange signs a register has few."""
    run = error.object[error.start : error.end]
    return (_fold_short if len(run) < 4 else _fold_run)(run), error.end


codecs.register_error("trialkit-gate", _fold_known)


def _is_word(folded: bytes, start: int, end: int) -> bool:
    if start and folded[start - 1] in _ALNUM:
        return False
    if folded[end : end + 1] == b"s" != folded[end - 1 : end]:  # a plural
        end += 1
    return end == len(folded) or folded[end] not in _ALNUM


def _gap_table(terms: set[str]) -> bytes:
    """A table of bytes to lower case that makes blanks of whatever may stand between two words of a term: what the matcher
    takes for a blank, a backslash, and every sign that is part of a term ("cd34+", "wharton's"), since markdown puts one
    before it."""
    signs = {sign for term in terms for sign in fold_words(term)} - _ALNUM
    blank = {n for n in range(128) if fold_words(chr(n)) == b" "} | signs | {ord("\\")}
    return bytes(range(256)).lower().translate(bytes(ord(" ") if n in blank else n for n in range(256)))


def _one_gap(text: bytes) -> bytes:
    return _WIDE.sub(b" ", text)
