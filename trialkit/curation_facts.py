"""The facts a person may decide: of a trial, of one arm or of one outcome."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from trialkit.curation_values import (
    parse_age,
    parse_counts,
    parse_doses,
    parse_enrollment,
    parse_gaps,
    parse_size,
    parse_time,
    read_choices,
    show_age,
    show_doses,
    show_enrollment,
    show_gaps,
    show_time,
)
from trialkit.schema import CELL_SOURCES, CONDITION_GROUPS, CORE_AREAS, DONORS, PRODUCT_CLASSES, ROUTES
from trialkit.vocabulary import load_vocabulary

_DESIGN = {
    "allocation": ["randomized", "non_randomized", "na"],
    "intervention_model": ["single_group", "parallel", "crossover", "sequential", "factorial"],
    "masking": ["none", "single", "double", "triple", "quadruple"],
}
_PHASES = ["early_phase1", "phase1", "phase2", "phase3", "phase4", "na"]


@dataclass(frozen=True)
class Fact:
    """One thing a person may decide, of a trial, of one arm or of one outcome.

    `status` is the fact of `fact_status` it belongs to, if any; `frame` and `column` say where its evidence stands.
    `choices` is empty where anything that `parse` can read is allowed. `parse` raises ValueError with what was expected.
    """

    key: str
    place: str
    status: str | None
    frame: str
    column: str
    expected: str
    parse: Callable[[str], Any]
    show: Callable[[Any], str]
    choices: tuple[str, ...] = ()
    several: bool = False

    @property
    def label(self) -> str:
        """The fact in words: `Number of administrations`."""
        return _LABELS.get(self.key, self.key.replace("_", " ").capitalize())

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values are equal; several values in any order."""
        return set(one) == set(other) if self.several else one == other


_LABELS = {
    "enrollment": "Enrolment", "n_administrations": "Number of administrations", "interval": "Interval between administrations",
    "arm_size": "Enrolment of the arm", "instrument": "Instruments of the outcome", "time_frame": "Time frame of the outcome",
    "core_area": "Core area of the outcome", "minimum_age": "Lower age limit", "maximum_age": "Upper age limit",
}  # fmt: skip


def _vocabulary(name: str, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    entries = load_vocabulary(name).entries
    return {key: _other_names(entries[key]) if key in entries else () for key in keys}


def _other_names(entry: Any) -> tuple[str, ...]:
    return tuple(filter(None, (entry.label, entry.more.get("abbreviation"))))


def _instruments() -> dict[str, tuple[str, ...]]:
    """Abbreviation -> key and label; abbreviations are what the column `instruments` holds."""
    names: dict[str, tuple[str, ...]] = {}
    vocabulary = load_vocabulary("instruments")
    for key in vocabulary.keys:
        entry = vocabulary.entries[key]
        stored = entry.more["abbreviation"]
        names[stored] = (*names.get(stored, ()), key, entry.label)
    return names


# The facts


@cache
def curatable_facts() -> dict[str, Fact]:
    """Key -> fact, in the order in which they are listed and applied."""

    def chosen(key, place, status, frame, column, names, several=False) -> Fact:
        what = _LABELS.get(key, key.replace("_", " ")).lower()
        words = "words of the list; several separated by ;" if several else "one word of the list"
        parse, show = read_choices(names, what, several)
        return Fact(key, place, status, frame, column, words, parse, show, tuple(names), several)

    def plain(keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
        return dict.fromkeys(keys, ())

    facts = [
        chosen("product_class", "trial", "product_class", "trials", "product_class", _vocabulary("product_classes", PRODUCT_CLASSES), True),
        chosen("cell_source", "trial", "cell_source", "trials", "cell_source", _vocabulary("cell_sources", CELL_SOURCES), True),
        chosen("donor", "trial", "donor", "trials", "donor", plain(d for d in DONORS if d != "not_reported")),
        chosen("route", "trial", "route", "trials", "routes", _vocabulary("routes", ROUTES), True),
        Fact("dose", "trial", "dose", "regimens", "dose", "such as 1 million cells per kg, or 40 million cells (in all); several separated by ;", parse_doses, show_doses, several=True),
        Fact("n_administrations", "trial", "schedule", "regimens", "schedule", "whole number; several separated by ;", parse_counts, lambda v: "; ".join(map(str, v)), several=True),
        Fact("interval", "trial", "schedule", "regimens", "schedule", "such as 30 days, or 4 weeks; several separated by ;", parse_gaps, show_gaps, several=True),
        Fact("enrollment", "trial", "enrollment", "trials", "enrollment_count", "40 planned, 40 actual or 40 not told", parse_enrollment, show_enrollment),
        Fact("arm_size", "arm", "arm_sizes", "arms", "n", "whole number", parse_size, lambda v: "" if v is None else str(v)),
        Fact("minimum_age", "trial", None, "trials", "minimum_age_years", "such as 18 years, or 6 months", parse_age, show_age),
        Fact("maximum_age", "trial", None, "trials", "maximum_age_years", "such as 65 years", parse_age, show_age),
        chosen("phases", "trial", None, "trials", "phases", plain(_PHASES), True),
        *(chosen(key, "trial", None, "trials", key, plain(words)) for key, words in _DESIGN.items()),
        chosen("condition_group", "trial", None, "trials", "condition_group", _vocabulary("conditions", CONDITION_GROUPS)),
        chosen("instrument", "outcome", None, "endpoints", "instruments", _instruments(), True),
        chosen("core_area", "outcome", None, "endpoints", "core_area", plain(CORE_AREAS)),
        Fact("time_frame", "outcome", "time_frames", "endpoints", "time_frame", "such as 12 months; baseline, 3 and 6 months; up to 2 years", parse_time, show_time),
    ]  # fmt: skip
    return {fact.key: fact for fact in facts}
