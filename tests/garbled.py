"""Texts, records and files as nobody should write them: real ones and the words of the rules, cut, mixed and damaged.

Everything comes from one `random.Random`, so that a seed names an input.
"""

import random
from functools import cache

from conftest import ROOT
from patterns import find_patterns, spell

from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries.files import read_inputs
from trialkit.registries.results import Rejected
from trialkit.vocabulary import load_vocabulary, vocabulary_names

SNAPSHOTS = ROOT / "data" / "snapshots"

NUMBERS = [
    "1", "2.5", "0", "00", "1,000,000", "1.000.000", "1 000 000", "2x10^6", "2 × 10⁶", "2x106", "10e6", "1e6", "1.5E+08",
    "5·10⁷", "20 million", "0.5 billion", "3M", "1-2 x 10^6", "1×10⁶–3×10⁶", "(1 ± 2) x 10^6", "0 x 10^6", "-1x10^6",
    "٣", "５", "½", "Ⅳ", "1٬000", "10^99", "10^-6", "1e999", "9" * 12, "9" * 400, "0." + "0" * 60 + "1", "1/0", "NaN",
    "2x10^6 ± 5x10^6", "twelve", "hundred", "first", "24", "36500", "99999",
]  # fmt: skip
UNITS = [
    "/kg", "per kg", "cells/kg", "cells", "MSCs", "/mL", "per patient", "per knee", "/cm2", "mg/day", "g/dL", "x ULN",
    "days", "weeks", "mo", "years old", "%", "% predicted", "mL", "times", "doses", "infusions", "patients", "n =",
]  # fmt: skip
WORDS = [
    "up to", "at least", "every", "weekly", "for", "between", "and", "or", "to", "-", "–", "±", "≥", "≤", "<", ">", "day",
    "weeks", "baseline", "after", "the last infusion", "single dose", "twice", "total", "maximum", "Inclusion Criteria:",
    "exclusion criteria:", "1.", "(2)", "•", "- ", "n=", "placebo", "each", "group", "aged", "bilag", "grade A",
]  # fmt: skip
ODD = [
    "", " ", "\n", "\r\n", "\t", "\x00", "\x1a", "\x1b", "\x10", "\x85", "\u2028", "\u200b", "\u200f", "\u202e", "\u2066",
    "\ufeff", "\ufffd", "\ufffe", "İ", "ı", "ſ", "ß", "\u212a", "ﬁ", "e\u0301", "\u0345", "🧬", "👩🏽‍⚕️", "㎏", "㎖", "µ", "×",
    "⨯", "∙", "⁻¹", "₆", "10⁰⁶", "％", "／", "，", "。", "(((", "]]]", "{", "\\", "\\^", "&lt;", "&amp;#54;", "<br>", "%s",
    "{0}", "$(x)", "'", '"', "`", "|", "_" * 40, "." * 60, " " * 70, "a" * 300, "(" * 90, "1 " * 90, "1," * 90, "- " * 50,
]  # fmt: skip
JOINTS = ["", " ", " ", " ", " ", ", ", ". ", "; ", "\n", "/", "-", " and ", " x ", "("]


@cache
def records() -> list[TrialRecord]:
    """The bundled records."""
    return [one for one in read_inputs([SNAPSHOTS]) if not isinstance(one, Rejected)]


@cache
def texts() -> list[str]:
    """Every text of the bundled records."""
    found = {}
    for record in records():
        found |= dict.fromkeys(passage.text for passage in record.passages())
        for outcome in record.outcomes:
            found |= dict.fromkeys(filter(None, (outcome.measure, outcome.time_frame, outcome.description)))
    return list(found)


@cache
def terms() -> list[str]:
    """Every term and example of every vocabulary."""
    found: list[str] = []
    for name in vocabulary_names():
        for entry in load_vocabulary(name).entries.values():
            found += [*entry.synonyms, *entry.cased, *entry.examples, *entry.not_examples]
    return found


@cache
def spellings(per_pattern: int = 12) -> list[str]:
    """Texts that the expressions of the rules like, some for each."""
    chance = random.Random(0)
    return [spell(pattern, chance) for pattern in find_patterns().values() for _ in range(per_pattern)]


def piece(chance: random.Random) -> str:
    """One stretch of a text: a number, a unit, a term, what an expression likes, a real one, something odd."""
    kind = chance.random()
    if kind < 0.18:
        return chance.choice(NUMBERS)
    if kind < 0.32:
        return chance.choice(UNITS)
    if kind < 0.42:
        return chance.choice(WORDS)
    if kind < 0.52:
        return chance.choice(ODD)
    if kind < 0.68:
        return chance.choice(terms())
    if kind < 0.86:
        return chance.choice(spellings())
    if kind < 0.97:
        text = chance.choice(texts())
        start = chance.randrange(len(text))
        return text[start : start + chance.randint(1, 120)]
    return "".join(
        chr(chance.choice((chance.randrange(128), chance.randrange(0x3000), chance.randrange(0x110000))))
        for _ in range(5)
    )


def text(chance: random.Random) -> str:
    """A short text of such pieces, then damaged; now and then a long one."""
    many = 400 if chance.random() < 0.001 else chance.randint(1, 9)
    words = "".join(piece(chance) + chance.choice(JOINTS) for _ in range(many))
    return damaged(words, chance)


def damaged(words: str, chance: random.Random) -> str:
    """The text with some of it left out, doubled, moved, replaced, cut off or in another case."""
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        a, b = sorted((chance.randint(0, len(words)), chance.randint(0, len(words))))
        b = min(b, a + 40)
        how = chance.randrange(8)
        if how == 0:
            words = words[:a] + words[b:]
        elif how == 1:
            words = words[:b] + words[a:b] * chance.randint(1, 3) + words[b:]
        elif how == 2:
            words = words[b:] + words[a:b] + words[:a]
        elif how == 3:
            words = words[:a] + piece(chance) + words[b:]
        elif how == 4:
            words = words[:a]
        elif how == 5:
            words = words[:a] + chance.choice((str.upper, str.lower, str.swapcase))(words[a:b]) + words[b:]
        elif how == 6:
            words = words[:a] + words[a:b][::-1] + words[b:]
        else:
            words = words[:a] + chance.choice(ODD) + words[a:]
    return words


def record(chance: random.Random) -> TrialRecord:
    """A record of such texts."""

    def some(most: int = 2) -> list[str]:
        return [text(chance) for _ in range(chance.randint(0, most))]

    def maybe() -> str | None:
        return text(chance) if chance.random() < 0.5 else None

    labels = some(3)
    names = some()
    return TrialRecord(
        register="test",
        trial_id="TEST-1",
        public_title=maybe(),
        conditions=some(),
        keywords=some(1),
        brief_summary=maybe(),
        detailed_description=maybe(),
        intervention_model=chance.choice((None, "single_group", "parallel")),
        intervention_model_description=maybe(),
        eligibility=maybe(),
        inclusion=maybe(),
        exclusion=maybe(),
        sex=chance.choice((None, "all", "female")),
        enrollment_count=chance.choice((None, 0, 7, 10**9)),
        minimum_age=chance.choice((None, "18 Years", text(chance))),
        maximum_age=chance.choice((None, "999 Years", text(chance))),
        start_date=chance.choice((None, "2020", "2020-13-45", "0000-00", text(chance))),
        arms=[
            Arm(
                label=label,
                type=chance.choice((None, "experimental", "placebo_comparator")),
                description=maybe(),
                interventions=chance.sample(names, len(names) // 2),
            )
            for label in labels
        ],
        interventions=[
            Intervention(name=name, description=maybe(), other_names=some(1), arm_labels=labels[:1]) for name in names
        ],
        outcomes=[
            Outcome(role="primary", position=n, measure=measure, time_frame=maybe(), description=maybe())
            for n, measure in enumerate(some())
        ],
    )
