"""No expression of the rules runs away: its cost grows with the text, not with the square of it.

Tried are all expressions that stand in the modules of the rules, found by looking there, so a new one is tried too.
"""

import random
import re

import pytest
from growth import assert_linear
from patterns import find_patterns, spell

from trialkit.facts.guard import Guarded

PATTERNS = find_patterns()
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


def exhaust(pattern: re.Pattern[str] | Guarded):
    plain = pattern.pattern if isinstance(pattern, Guarded) else pattern
    return lambda text: sum(1 for _ in plain.finditer(text))


@pytest.mark.parametrize("name", PATTERNS)
def test_every_expression_is_linear_on_junk(name):
    for piece in JUNK:
        assert_linear(exhaust(PATTERNS[name]), piece, LENGTH)


@pytest.mark.parametrize("name", PATTERNS)
def test_every_expression_is_linear_on_what_it_nearly_matches(name):
    chance = random.Random(name)
    for _ in range(4):
        text = spell(PATTERNS[name], chance)
        for piece in {text[:-1], text[: len(text) // 2], text.split(" ")[0] + " "}:
            if piece:
                assert_linear(exhaust(PATTERNS[name]), piece, LENGTH)
