"""No expression of the rules runs away: its cost grows with the text, not with the square of it.

Tried are all expressions that stand in the modules of readers and rules, found by looking there, so a new one is tried
too. Of the terms of the vocabularies each expression gets a few; TRIALKIT_TERMS=all gives all to every one (an hour).
"""

import os
import random

import pytest
from growth import assert_linear
from patterns import find_patterns, is_searched, spell

from trialkit.facts.guard import Guarded
from trialkit.vocabulary import load_vocabulary, vocabulary_names

PATTERNS = find_patterns()
TERMS = sorted({term.text for name in vocabulary_names() for term in load_vocabulary(name).terms})
JUNK = [
    "7",
    ",",
    " ",
    "7 ",
    "7, ",
    "7-",
    "a",
    "a ",
    "a-",
    "a, ",
    "(",
    "10^",
    "and ",
    "to ",
    "-",
    ". ",
    "\n",
    "of the ",
    "a7",
]
LENGTH = 16_000
MEGABYTE = 1_000_000
SOME_TERMS = 12


def exhaust(name: str):
    """What the expression does to a text where it is used: at every place of it, or at its beginning only."""
    pattern = PATTERNS[name]
    plain = pattern.pattern if isinstance(pattern, Guarded) else pattern
    if is_searched(name):
        return lambda text: sum(1 for _ in plain.finditer(text))
    return lambda text: (plain.match(text), plain.fullmatch(text))


@pytest.mark.parametrize("name", PATTERNS)
def test_every_expression_is_linear_on_junk(name):
    for piece in JUNK:
        assert_linear(exhaust(name), piece, LENGTH)


@pytest.mark.parametrize("name", PATTERNS)
def test_every_expression_is_linear_on_what_it_nearly_matches(name):
    chance = random.Random(name)
    for _ in range(4):
        text = spell(PATTERNS[name], chance)
        for piece in {text[:-1], text[: len(text) // 2], text.split(" ")[0] + " "}:
            if piece:
                assert_linear(exhaust(name), piece, LENGTH)


@pytest.mark.parametrize("name", PATTERNS)
def test_every_expression_is_linear_on_a_megabyte_of_digits_commas_and_blanks(name):
    for piece in ("7", ",", " "):
        assert_linear(exhaust(name), piece, MEGABYTE, times=16)


@pytest.mark.parametrize("name", PATTERNS)
def test_every_expression_is_linear_on_terms_of_the_vocabularies(name):
    terms = TERMS if os.environ.get("TRIALKIT_TERMS") == "all" else random.Random(name).sample(TERMS, SOME_TERMS)
    for term in terms:
        for piece in (f"{term} ", term):
            assert_linear(exhaust(name), piece, LENGTH // 2)
