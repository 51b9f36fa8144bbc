"""What the parsed form of a regular expression tells of every text it can match: words it needs, and how it begins.

Both are told with some slack, never too narrowly: they may let an expression be tried where it finds nothing, but never
keep it from a match. Words are in plain characters: lower case, 0 for every digit, a blank for every kind of blank, and
a control character for everything outside ASCII.
"""

import codecs
import re
import string
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from re import _constants as sre
from re import _parser as parser
from typing import Any

_MOST_WORDS = 240  # alternatives followed in one expression; more are cut into parts
_MOST_CLAUSES = 3
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
# How often a letter stands in English text, of a hundred characters.
_OFTEN = dict(zip("etaoinshrdlcumwfgypbvkjxqz", (10, 7, 6.5, 6, 5.5, 5.5, 5, 5, 5, 3.5, 3, 2.5, 2, 2, 2, 2, 1.5, 1.5, 1.5, 1,
                                               1, 0.5, 0.5, 0.5, 0.5, 0.5), strict=True))  # fmt: skip
_MOST_OFTEN = 60  # a beginning that fits more of a hundred characters than this is no help

# The few characters outside ASCII that `re.IGNORECASE` takes for an ASCII letter.
LETTERS = {"İ": "i", "ı": "i", "ſ": "s", "\u212a": "k"}
_BLANKS = "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"
_TABLE = bytes.maketrans(
    (string.ascii_uppercase + string.digits + _BLANKS).encode(),
    (string.ascii_lowercase + "0" * 10 + " " * len(_BLANKS)).encode(),
)


def _plain_character(c: str) -> str:
    other = chr(0x0E + ord(c) % 13)  # so that a bullet is not taken for a sign of inequality, as a rule
    return LETTERS.get(c) or ("0" if c.isdecimal() else " " if c.isspace() else other)


codecs.register_error(
    "trialkit-plain", lambda e: ("".join(map(_plain_character, e.object[e.start : e.end])), e.end)
)  # lone surrogates too


def plain_characters(text: str) -> bytes:
    """`text` in plain characters, one byte each. Never raises."""
    return text.encode("ascii", "trialkit-plain").translate(_TABLE)


@lru_cache(maxsize=1)
def _parsed(pattern: str, flags: int) -> parser.SubPattern:
    return parser.parse(pattern, flags)


def needed_words(pattern: str, flags: int = 0) -> list[frozenset[str]]:
    """Sets of words, of each of which at least one stands in every text the expression matches; the rarest first.

    Empty where none can be told.
    """
    exact, clauses = _sequence(_parsed(pattern, flags))
    if exact is not None:
        clauses = [*clauses, exact]
    useful = {_shortest(clause) for clause in set(clauses) if _is_useful(clause)}
    return sorted(useful, key=lambda clause: (_weight(clause), sorted(clause)))[:_MOST_CLAUSES]


def beginning(pattern: str, flags: int = 0) -> str | None:
    """A set of characters, as `[...]`, one of which begins every match; None where it tells little, or cannot be told."""
    members, may_be_empty = _first(_parsed(pattern, flags))
    if members is None or may_be_empty:
        return None
    members = {form for c in members for form in _forms(c)}
    share = sum(_OFTEN.get(c, 0) for c in members) + 5 * (r"\d" in members) + 15 * (r"\s" in members or " " in members)
    return f"(?-i:[{''.join(sorted(members))}])" if share <= _MOST_OFTEN else None


# Of a part of an expression: all it can match, in plain characters, where these are few (else None), and its clauses.
_Part = tuple[frozenset[str] | None, list[frozenset[str]]]
_NOTHING: _Part = (None, [])
_EMPTY = frozenset({""})


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Part:
    parts = [_item(*item) for item in items]
    clauses = [clause for _, more in parts for clause in more]
    whole, runs = _joined([exact for exact, _ in parts])
    if whole is not None:
        return whole, clauses
    # Joined from the other end, the parts are cut at other places: one of the cuts may leave the telling words whole.
    _, backwards = _joined([exact for exact, _ in reversed(parts)], backwards=True)
    return None, clauses + runs + backwards


def _joined(
    exacts: list[frozenset[str] | None], backwards: bool = False
) -> tuple[frozenset[str] | None, list[frozenset[str]]]:
    """All texts of the parts one after the other, or None and the runs in which they can be told."""
    runs, exact = [], _EMPTY
    for own in exacts:
        if own is not None and len(exact) * len(own) <= _MOST_WORDS:
            exact = frozenset(b + a if backwards else a + b for a, b in product(exact, own))
        else:
            runs.append(exact)
            exact = own or _EMPTY
            if own is None:
                runs.append(_EMPTY)
    return (None, [*runs, exact]) if runs else (exact, [])


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


def _has_other_cases(c: str) -> bool:
    return not c.isascii() and (c.lower() != c.upper() or c in LETTERS)


@lru_cache(maxsize=512)
def _literal(code: int) -> _Part:
    c = chr(code)
    return _NOTHING if _has_other_cases(c) else (frozenset({plain_characters(c).decode()}), [])


def _set(members: list[tuple[Any, Any]]) -> _Part:
    words: set[str] = set()
    for kind, value in members:
        if kind is sre.LITERAL:
            exact = _literal(value)[0]
        elif kind is sre.RANGE and value[1] < 128:
            exact = frozenset(plain_characters(chr(code)).decode() for code in range(value[0], value[1] + 1))
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


@lru_cache(maxsize=1024)
def _shortest(clause: frozenset[str]) -> frozenset[str]:
    """Without words that hold another one of the clause: who finds them finds that one."""
    kept: list[str] = []
    for word in sorted(clause, key=len):
        if not any(shorter in word for shorter in kept):
            kept.append(word)
    return frozenset(kept)


def _is_useful(clause: frozenset[str]) -> bool:
    return "" not in clause and len(clause) > 0 and not any(map(_is_everywhere, clause))


def _is_everywhere(word: str) -> bool:
    word = word.strip()
    return word in _EVERYWHERE or (len(word) == 1 and word.isalpha())


@lru_cache(maxsize=1024)
def _weight(clause: frozenset[str]) -> float:
    """A guess how often some word of the clause stands in a text: the shorter, the oftener."""
    return sum(
        9.0 if _is_everywhere(word) else 0.4 ** len(word.strip(" 0")) * (0.6 if "0" in word else 1)
        for word in _shortest(clause)
    )


def _first(items: Iterable[tuple[Any, Any]]) -> tuple[set[str] | None, bool]:
    """The characters (or classes such as `\\d`) that may begin a match, None for any; and whether a match may be empty."""
    found: set[str] = set()
    for kind, value in items:
        if kind in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
            continue
        own, empty = _first_of(kind, value)
        if own is None:
            return None, empty
        found |= own
        if not empty:
            return found, False
    return found, True


def _first_of(kind: Any, value: Any) -> tuple[set[str] | None, bool]:
    if kind is sre.LITERAL:
        return (None if _has_other_cases(chr(value)) else {chr(value)}), False
    if kind is sre.IN:
        return _first_in(value), False
    if kind is sre.SUBPATTERN:
        return _first(value[3])
    if kind is sre.ATOMIC_GROUP:
        return _first(value)
    if kind is sre.BRANCH:
        parts = [_first(items) for items in value[1]]
        empty = any(part[1] for part in parts)
        return (None if any(own is None for own, _ in parts) else set().union(*(own for own, _ in parts))), empty
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        own, empty = _first(value[2])
        return own, empty or value[0] == 0
    return None, True


def _first_in(members: list[tuple[Any, Any]]) -> set[str] | None:
    found: set[str] = set()
    for kind, value in members:
        if kind is sre.LITERAL and not _has_other_cases(chr(value)):
            found.add(chr(value))
        elif kind is sre.RANGE and value[1] < 128:
            found |= {chr(code) for code in range(value[0], value[1] + 1)}
        elif kind is sre.CATEGORY and value in (sre.CATEGORY_DIGIT, sre.CATEGORY_SPACE):
            found.add(r"\d" if value is sre.CATEGORY_DIGIT else r"\s")
        else:
            return None
    return found


def _forms(c: str) -> list[str]:
    """A character in both cases, as a set of characters spells it."""
    if len(c) > 1:
        return [c]
    odd = [letter for letter, twin in LETTERS.items() if twin == c.lower()]
    return [re.escape(form) for form in (c.lower(), c.upper(), *odd)]
