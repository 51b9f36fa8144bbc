"""Regular expressions that first look whether the words they cannot do without stand in the text at all.

Most searches of the rules fail, and a failing search is the dear one: it tries every position. `compile` reads from the
parsed expression which words any match must hold ("single|one dose" needs "single" or "one dose"). The words of all
expressions together are one automaton; a text is scanned once, whatever number of expressions then asks for it. Where no
word can be told, the plain expression is returned. So the answers are those of `re`, by construction.

Letters are compared without case, every digit as 0 and every blank as one kind of blank; that can only let an
expression run which finds nothing, never keep one from a match.
"""

import codecs
import re
import string
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, reduce
from itertools import product
from re import _constants as sre
from re import _parser as parser
from typing import Any

from ahocorasick_rs import BytesAhoCorasick, Implementation

_MOST_WORDS = 240  # alternatives followed in one expression; more are cut into parts
_MOST_CLAUSES = 3
_LONGEST_TEXT = 50_000  # longer texts are searched without a look before
# What stands in nearly every sentence; a clause with one of these, or with a single letter, tells nothing.
_EVERYWHERE = frozenset(
    [
        "",
        ",",
        ".",
        "-",
        *["a", "an", "and", "as", "at", "by", "for", "in", "is", "no", "of", "on", "or", "the", "to", "with"],
    ]
)
_ANY = -1  # all bits: a text that may hold every word

# The few characters outside ASCII that `re.IGNORECASE` takes for an ASCII letter.
_LETTERS = {"İ": "i", "ı": "i", "ſ": "s", "\u212a": "k"}
_OTHER = "\x1a"
_BLANKS = "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"
_TABLE = bytes.maketrans(
    (string.ascii_uppercase + string.digits + _BLANKS).encode(),
    (string.ascii_lowercase + "0" * 10 + " " * len(_BLANKS)).encode(),
)


def _plain_character(c: str) -> str:
    return _LETTERS.get(c) or ("0" if c.isdecimal() else " " if c.isspace() else _OTHER)


codecs.register_error(
    "trialkit-guard", lambda e: ("".join(map(_plain_character, e.object[e.start : e.end])), e.end)
)  # lone surrogates too


def _plain(text: str) -> bytes:
    return text.encode("ascii", "trialkit-guard").translate(_TABLE)


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
            self._automaton = BytesAhoCorasick([word.encode() for word in words], implementation=Implementation.DFA)
            self._masks = list(words.values())
        masks, found = self._masks, 0
        for n in {hit[0] for hit in self._automaton.find_matches_as_indexes(text, overlapping=True)}:
            found |= masks[n]
        return found


_WORDS = _Words()
_scan = lru_cache(maxsize=1024)(_WORDS.scan)


@lru_cache(maxsize=1024)
def clauses_in(text: str) -> int:
    """The clauses that a text holds, one bit each. A text and its folded twin are scanned once."""
    return _ANY if len(text) > _LONGEST_TEXT else _scan(_plain(text))


class Guarded:
    """A compiled expression with the methods of `re.Pattern` that the rules use, and the same answers."""

    __slots__ = ("findall", "finditer", "fullmatch", "match", "needs", "pattern", "search", "sub")

    def __init__(self, pattern: re.Pattern[str], clauses: Iterable[frozenset[str]]):
        needs = reduce(int.__or__, map(_WORDS.bit, clauses), 0)
        search, match, fullmatch = pattern.search, pattern.match, pattern.fullmatch
        finditer, findall, sub = pattern.finditer, pattern.findall, pattern.sub

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

        self.pattern, self.needs = pattern, needs
        self.search, self.match, self.fullmatch = guarded_search, guarded_match, guarded_fullmatch
        self.finditer, self.findall, self.sub = guarded_finditer, guarded_findall, guarded_sub


def compile(pattern: str, flags: int = 0) -> Guarded | re.Pattern[str]:
    """`re.compile`, guarded where the expression tells which words it needs. Raises `re.error` as `re.compile` does.

    For expressions that are tried on a text which others are tried on too. On a few characters cut out of one, and where
    an expression fails at its first character, looking before costs more than it saves.
    """
    plain = re.compile(pattern, flags)
    clauses = needed_words(pattern, flags)
    return Guarded(plain, clauses) if clauses else plain


def needed_words(pattern: str, flags: int = 0) -> list[frozenset[str]]:
    """Sets of words, of each of which at least one stands in every text the expression matches; the rarest first.

    Words are in plain characters: lower case, 0 for every digit, a blank for every blank. Empty where none can be told.
    """
    exact, clauses = _sequence(parser.parse(pattern, flags))
    if exact is not None:
        clauses = [*clauses, exact]
    useful = {_shortest(clause) for clause in clauses if _is_useful(clause)}
    return sorted(useful, key=lambda clause: (_weight(clause), sorted(clause)))[:_MOST_CLAUSES]


# Of a part of an expression: all it can match, in plain characters, where these are few (else None), and its clauses.
_Part = tuple[frozenset[str] | None, list[frozenset[str]]]
_NOTHING: _Part = (None, [])
_EMPTY = frozenset({""})


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Part:
    clauses: list[frozenset[str]] = []
    whole, exact = True, _EMPTY
    for item in items:
        own, more = _item(*item)
        clauses += more
        if own is not None and len(exact) * len(own) <= _MOST_WORDS:
            exact = frozenset(a + b for a, b in product(exact, own))
            continue
        whole = False
        clauses.append(exact)
        exact = own or _EMPTY
    if whole:
        return exact, clauses
    return None, [*clauses, exact]


def _item(kind: Any, value: Any) -> _Part:
    if kind is sre.LITERAL:
        return _literal(value)
    if kind is sre.IN:
        return _set(value)
    if kind is sre.AT or kind is sre.ASSERT_NOT:
        return _EMPTY, []
    if kind is sre.ASSERT:
        exact, clauses = _sequence(value[1])
        return _EMPTY, clauses + ([exact] if exact is not None else [])
    if kind is sre.SUBPATTERN:
        return _sequence(value[3])
    if kind is sre.ATOMIC_GROUP:
        return _sequence(value)
    if kind is sre.BRANCH:
        return _branch([_sequence(items) for items in value[1]])
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return _repeat(*value)
    return _NOTHING


def _literal(code: int) -> _Part:
    c = chr(code)
    if code > 127 and (c.lower() != c.upper() or c in _LETTERS):
        return _NOTHING  # with its other cases; not worth following
    return frozenset({_plain(c).decode()}), []


def _set(members: list[tuple[Any, Any]]) -> _Part:
    words: set[str] = set()
    for kind, value in members:
        if kind is sre.LITERAL:
            exact = _literal(value)[0]
        elif kind is sre.RANGE and value[1] < 128:
            exact = frozenset(_plain(chr(code)).decode() for code in range(value[0], value[1] + 1))
        elif kind is sre.CATEGORY and value in (sre.CATEGORY_DIGIT, sre.CATEGORY_SPACE):
            exact = frozenset("0" if value is sre.CATEGORY_DIGIT else " ")
        else:
            exact = None  # all but some, a word character, a wide range
        if exact is None:
            return _NOTHING
        words |= exact
    return (frozenset(words), []) if len(words) <= 12 else _NOTHING


def _branch(parts: list[_Part]) -> _Part:
    exacts = [exact for exact, _ in parts if exact is not None]
    if len(exacts) == len(parts) and sum(map(len, exacts)) <= _MOST_WORDS and not any(c for _, c in parts):
        return frozenset().union(*exacts), []
    chosen = []
    for exact, clauses in parts:
        useful = [c for c in (*clauses, *([exact] if exact is not None else [])) if "" not in c]
        if not useful:
            return _NOTHING
        chosen.append(min(useful, key=_weight))
    return None, [frozenset().union(*chosen)]


def _repeat(low: int, high: int, items: Any) -> _Part:
    exact, clauses = _sequence(items)
    if low == 0:
        clauses = []
    if exact is None:
        return None, clauses
    if high <= 4 and sum(len(exact) ** n for n in range(low, high + 1)) <= _MOST_WORDS // 4:
        runs = ("".join(run) for n in range(low, high + 1) for run in product(exact, repeat=n))
        return frozenset(runs), clauses
    return None, clauses + ([exact] if low else [])


def _shortest(clause: frozenset[str]) -> frozenset[str]:
    """Without words that hold another one of the clause: who finds them finds that one."""
    return frozenset(w for w in clause if not any(other != w and other in w for other in clause))


def _is_useful(clause: frozenset[str]) -> bool:
    return len(clause) > 0 and not any(map(_is_everywhere, clause))


def _is_everywhere(word: str) -> bool:
    word = word.strip()
    return word in _EVERYWHERE or (len(word) == 1 and word.isalpha())


def _weight(clause: frozenset[str]) -> float:
    """A guess how often some word of the clause stands in a text: the shorter, the oftener."""
    return sum(
        9.0 if _is_everywhere(word) else 0.4 ** len(word.strip(" 0")) * (0.6 if "0" in word else 1)
        for word in _shortest(clause)
    )
