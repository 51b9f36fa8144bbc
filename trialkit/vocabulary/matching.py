"""The terms of vocabularies in a text: whole words only, the longest first, offsets in the text as it was given.

One automaton holds the terms of all vocabularies that are looked for together. It sees letters, digits and blanks only,
every term with a blank in front, so that nearly all it reports are words from their beginning; what the term holds
beside letters is compared on the few hits that are left.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation

from trialkit.vocabulary.fold import fold_words

_WIDE_GAP = re.compile(rb"  +")
_ALNUM = b"abcdefghijklmnopqrstuvwxyz0123456789"
_SKELETON = bytes(c if c in _ALNUM else 0x20 for c in range(256))
_BLANK, _S = b" s"
_SPAN = itemgetter(0, 1)
_new = tuple.__new__  # a third of the time of Hit(...), and there are a hundred in a record
_REMEMBERED = 64  # texts; those of one record come again at once, or not at all


class Hit(NamedTuple):
    """One term found in a text: the entry's key, character offsets, and the term as the vocabulary spells it."""

    key: str
    start: int
    end: int
    term: str


class Term(NamedTuple):
    """One term of an entry. A `cased` one counts in exactly its case; the place of a `decoy` is taken, and not told."""

    vocabulary: str
    key: str
    text: str
    cased: bool = False
    decoy: bool = False


Found = dict[str, list[Hit]]  # vocabulary -> its hits in order of appearance; none without a hit


def matcher(terms: Iterable[Term]) -> Callable[[str], Found]:
    """A function that finds `terms` in a text, overlaps resolved within each vocabulary; it remembers the last texts.

    A term counts only as a whole word; a plural s is allowed. Where terms overlap, the longest one that begins first
    wins. The function never raises. What it gives is shared: not to be changed.
    """
    # Of every automaton's word: the terms it may be, each with its folded form where letters do not tell it, and its
    # own form where case counts.
    words: dict[bytes, list[tuple[str, bytes, str, Term]]] = {}
    for term in terms:
        folded = fold_words(term.text)
        bare = folded.translate(_SKELETON)
        exact = folded if b" " in bare else b""
        words.setdefault(b" " + bare, []).append((term.vocabulary, exact, term.text if term.cased else "", term))
    owners = list(words.values())
    look = BytesAhoCorasick(list(words), implementation=Implementation.ContiguousNFA).find_matches_as_indexes
    # What follows a term can be looked at after every hit, one at the end of the text that ends in signs among them.
    tail = b" " * (1 + max((len(bare) - len(bare.rstrip()) for bare in words), default=0))

    @lru_cache(maxsize=_REMEMBERED)
    def find(text: str) -> Found:
        folded, cuts = fold_words(text), []
        if b"  " in folded:
            folded, text, cuts = _without_wide_gaps(folded, text)
        skeleton = b" " + folded.translate(_SKELETON) + tail
        spans: dict[str, list[tuple[int, int, Term]]] = {}
        for n, start, end in look(skeleton, overlapping=True):
            after, plural = skeleton[end], 0
            if after != _BLANK:
                # "MSCs"; but "EFS" is no plural of "EF"
                if after != _S or skeleton[end + 1] != _BLANK or skeleton[end - 1] == _S:
                    continue
                plural = 1
            end -= 1  # from here in the folded text, where the added blank is not
            for vocabulary, exact, cased, term in owners[n]:
                if exact and folded[start:end] != exact:
                    continue
                if cased and not (text.startswith(cased, start) and (not plural or text[end] == "s")):
                    continue
                span = (start, -end - plural, term)
                if vocabulary in spans:
                    spans[vocabulary].append(span)
                else:
                    spans[vocabulary] = [span]
        return {vocabulary: hits for vocabulary, some in spans.items() if (hits := _resolved(some, cuts))}

    return find


def _resolved(spans: list[tuple[int, int, Term]], cuts: list[tuple[int, int]]) -> list[Hit]:
    """Of (start, -end, term) the longest that begins first, and so on after its end; decoys keep others away, untold."""
    if len(spans) > 1:
        spans.sort(key=_SPAN)
    kept, done = [], 0
    for start, minus_end, (_, key, term, _, decoy) in spans:
        if start >= done:
            done = -minus_end
            if decoy:
                continue
            if cuts:
                kept.append(Hit(key, _uncut(start, cuts), _uncut(done - 1, cuts) + 1, term))
            else:
                kept.append(_new(Hit, (key, start, done, term)))
    return kept


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
