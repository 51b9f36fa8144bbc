"""Guarded expressions answer as the plain ones do, whatever the text."""

import random
import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patterns import find_patterns, spell

from trialkit.facts import expressions, guard
from trialkit.facts.expressions import beginning, needed_words
from trialkit.facts.guard import Guarded, clauses_in

PATTERNS = find_patterns()
GUARDED = {name: pattern for name, pattern in PATTERNS.items() if isinstance(pattern, Guarded)}


def spans(matches):
    return [m and [m.span(n) for n in range(m.re.groups + 1)] for m in matches]


def assert_same(pattern: Guarded, text: str) -> None:
    plain, end = pattern.pattern, max(len(text) - 2, 0)
    for one in ("search", "match", "fullmatch"):
        assert spans([getattr(pattern, one)(text)]) == spans([getattr(plain, one)(text)])
        assert spans([getattr(pattern, one)(text, 1, end)]) == spans([getattr(plain, one)(text, 1, end)])
    assert spans(pattern.finditer(text)) == spans(plain.finditer(text))
    assert pattern.findall(text) == plain.findall(text)
    assert pattern.sub("#", text) == plain.sub("#", text)


def disguise(text: str, chance: random.Random) -> str:
    """The text in other cases, with the odd letters that count as i, k and s, and other digits and blanks."""
    odd = {"i": "iIİı", "k": "kK\u212a", "s": "sSſ", "5": "5٥５", " ": " \u2009\n\x1f"}
    return "".join(chance.choice(odd.get(c, c + c.upper())) if chance.random() < 0.3 else c for c in text)


def test_most_expressions_are_guarded():
    assert len(GUARDED) > 100


@pytest.mark.parametrize("name", GUARDED)
def test_what_an_expression_likes_passes_its_guard(name):
    chance = random.Random(name)
    matched = 0
    for n in range(120):
        text = spell(GUARDED[name], chance)
        text = disguise(text, chance) if n % 4 == 0 else text
        assert_same(GUARDED[name], text)
        matched += GUARDED[name].search(text) is not None
    assert matched, "no spelling matched: this test has tried nothing"


PIECES = st.builds(
    lambda name, seed: spell(GUARDED[name], random.Random(seed)), st.sampled_from(sorted(GUARDED)), st.integers(0, 999)
)
ODD = st.sampled_from(["", " ", "\n", "İ", "ſ", "\u212a", "²", "\ud800", "٣", "≥", ",", "\x00"])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(GUARDED)), st.lists(PIECES | ODD | st.text(max_size=4), max_size=6))
def test_answers_are_those_of_re(name, pieces):
    assert_same(GUARDED[name], " ".join(pieces))


@settings(max_examples=300, deadline=None)
@given(
    st.from_regex(
        r"([a-c](\?|[bd]\?|\{1,2\})?|\([ab](\|[cd]+)?\)[?+*]?|\\d|\\s|\[xi\]|\(\?[=!][ab]\)|\(\?<!b\)|\\b|.){1,7}",
        fullmatch=True,
    ),
    st.text("abcdxi0 ı5B", max_size=12),
)
def test_answers_are_those_of_re_for_any_expression(expression, text):
    try:
        plain = re.compile(expression, re.I)
    except re.error:
        return
    pattern = guard.compile(expression, re.I)
    assert spans([pattern.search(text)]) == spans([plain.search(text)])
    assert spans(pattern.finditer(text)) == spans(plain.finditer(text))


def test_words_are_told_from_the_expression():
    assert needed_words(r"\b(?:single|one)\s?dose\d") == [
        frozenset({"singledose0", "single dose0", "onedose0", "one dose0"})
    ]
    assert needed_words(r"\w+ times?") == [frozenset({" time"})]
    assert needed_words(r"a?|\d*|[^x]") == []


def test_beginning_is_told_from_the_expression():
    assert beginning(r"\b(?:a|\d+)x") == r"(?-i:[A\da])"
    assert beginning(r"k?z") == "(?-i:[KZkz\u212a])"
    assert beginning(r"[^a]b") is None
    assert beginning(r"a?") is None


def test_expression_without_a_word_is_tried_all_the_same():
    assert guard.compile(r"[^.;]{0,5}$").search("a. bc")[0] == " bc"


def test_no_other_character_counts_as_a_letter():
    """`re` takes four characters outside ASCII for letters when case is ignored; the guard knows these."""
    letters = re.compile("[a-z]", re.I)
    odd = {c for c in map(chr, range(128, sys.maxunicode + 1)) if letters.match(c)}
    assert odd == set(expressions.LETTERS)
    assert all(re.match(letter, c, re.I) for c, letter in expressions.LETTERS.items())


def test_a_very_long_text_is_not_scanned():
    assert clauses_in("x" * 60_000) == -1


def test_unguarded_expressions_are_the_plain_ones():
    pattern = guard.compile("single dose")
    guard.unguard()
    assert pattern.search == pattern.pattern.search
    guard.unguard(False)
    assert pattern.search != pattern.pattern.search
