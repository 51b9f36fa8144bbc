"""Regular expressions that first look whether the words they cannot do without stand in the text at all.

Most searches of the rules fail, and a failing search is the dear one: it tries every position. `compile` reads from the
parsed expression which words any match must hold ("single|one dose" needs "single" or "one dose"), and with which
characters it may begin. The words of all expressions together are one automaton; a text is scanned once, whatever number
of expressions then asks for it. Where no word can be told, the expression is tried without. So the
answers are those of `re`, by construction.
"""

import re
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache, partial, reduce
from threading import RLock
from typing import Any

from ahocorasick_rs import BytesAhoCorasick, Implementation

from trialkit.facts.expressions import beginning, needed_words, plain_characters

_LONGEST_TEXT = 50_000  # longer texts are searched without a look before
_REMEMBERED = 256  # texts; those of one record come again at once, or not at all
_ANY = -1  # all bits: a text that may hold every word


class _Words:
    """The words of all guarded expressions. A clause is a set of words one of which must be there; each has one bit."""

    def __init__(self):
        self.bits: dict[frozenset[str], int] = {}
        self._automaton: BytesAhoCorasick | None = None
        self._masks: list[int] = []

    def bit(self, clause: frozenset[str]) -> int:
        if clause not in self.bits:
            self.bits[clause] = 1 << len(self.bits)
            self._automaton = None
            _scan.cache_clear()
            clauses_in.cache_clear()
        return self.bits[clause]

    def scan(self, text: bytes) -> int:
        if self._automaton is None:
            words: dict[str, int] = {}
            for clause, bit in self.bits.items():
                for word in clause:
                    words[word] = words.get(word, 0) | bit
            self._masks = list(words.values())
            self._automaton = BytesAhoCorasick([word.encode() for word in words], implementation=Implementation.DFA)
        masks, found = self._masks, 0
        for hit in self._automaton.find_matches_as_indexes(text, overlapping=True):
            found |= masks[hit[0]]
        return found


_WORDS = _Words()
_scan = lru_cache(maxsize=_REMEMBERED)(_WORDS.scan)


@lru_cache(maxsize=_REMEMBERED)
def clauses_in(text: str) -> int:
    """The clauses that a text holds, one bit each. A text and its folded twin are scanned once."""
    return _ANY if len(text) > _LONGEST_TEXT else _scan(plain_characters(text))


class Guarded:
    """A compiled expression with the methods of `re.Pattern` that the rules use, and the same answers.

    `may_match(text)` is False where the expression matches neither in `text` nor in any part of it.

    What it needs is read from it when the first of all guarded expressions is used: a program that reads no record does
    not pay for it.
    """

    __slots__ = ("findall", "finditer", "fullmatch", "match", "may_match", "pattern", "search", "sub")

    def __init__(self, pattern: re.Pattern[str]):
        self.pattern = pattern
        for name in ("search", "match", "fullmatch", "finditer", "findall", "sub", "may_match"):
            setattr(self, name, partial(self._use_first, name))
        _ALL.append(self)
        _WAITING.append(self)

    def _use_first(self, name: str, *arguments: Any) -> Any:
        with _LOCK:
            while _WAITING:
                _WAITING[-1]._prepare()
                _WAITING.pop()
        return getattr(self, name)(*arguments)

    def _prepare(self) -> None:
        pattern, flags = self.pattern.pattern, self.pattern.flags
        clauses = needed_words(pattern, flags)
        first = None if _FLAGS_IN_FRONT.match(pattern) else beginning(pattern, flags)
        quick = self.pattern
        if first:
            # Most positions fail at this one look, before any alternative is tried. (A comment may end a verbose one.)
            end = "\n)" if flags & re.VERBOSE else ")"
            quick = re.compile(f"(?={first})(?:{pattern}{end}", flags)
        if clauses:
            self._guard(quick, reduce(int.__or__, map(_WORDS.bit, clauses)))
        else:
            self._be(quick)

    def _be(self, quick: re.Pattern[str]) -> None:
        self.search, self.match, self.fullmatch = quick.search, self.pattern.match, self.pattern.fullmatch
        self.finditer, self.findall, self.sub = quick.finditer, quick.findall, quick.sub
        self.may_match = lambda text: True

    def _guard(self, quick: re.Pattern[str], needs: int) -> None:
        match, fullmatch = self.pattern.match, self.pattern.fullmatch
        search, finditer, findall, sub = quick.search, quick.finditer, quick.findall, quick.sub

        def may_match(text: str) -> bool:
            return clauses_in(text) & needs == needs

        def guarded_search(text: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
            return search(text, pos, endpos) if clauses_in(text) & needs == needs else None

        def guarded_match(text: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
            return match(text, pos, endpos) if clauses_in(text) & needs == needs else None

        def guarded_fullmatch(text: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
            return fullmatch(text, pos, endpos) if clauses_in(text) & needs == needs else None

        def guarded_finditer(text: str, pos: int = 0, endpos: int = sys.maxsize) -> Iterator[re.Match[str]]:
            return finditer(text, pos, endpos) if clauses_in(text) & needs == needs else iter(())

        def guarded_findall(text: str, pos: int = 0, endpos: int = sys.maxsize) -> list[Any]:
            return findall(text, pos, endpos) if clauses_in(text) & needs == needs else []

        def guarded_sub(repl: str | Callable[[re.Match[str]], str], text: str, count: int = 0) -> str:
            return sub(repl, text, count) if clauses_in(text) & needs == needs else text

        self.search, self.match, self.fullmatch = guarded_search, guarded_match, guarded_fullmatch
        self.finditer, self.findall, self.sub = guarded_finditer, guarded_findall, guarded_sub
        self.may_match = may_match


_ALL: list[Guarded] = []
_WAITING: list[Guarded] = []
_LOCK = RLock()
_FLAGS_IN_FRONT = re.compile(r"\s*\(\?[a-zA-Z]+\)")


def compile(pattern: str, flags: int = 0) -> Guarded:
    """`re.compile`, guarded where the expression tells which words it needs. Raises `re.error` as `re.compile` does.

    For expressions that are tried on a text which others are tried on too. On a few characters cut out of one, and where
    an expression fails at its first character, looking before costs more than it saves.
    """
    return Guarded(re.compile(pattern, flags))


def unguard(yes: bool = True) -> None:
    """Make every guarded expression the plain one it was compiled from, or guarded again: to measure what guarding saves."""
    _WAITING.clear()
    for pattern in _ALL:
        if yes:
            pattern._be(pattern.pattern)
        else:
            pattern._prepare()
