"""Which trials a notebook looks at: the parameters that all notebooks share."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from trialkit.frames import Frames
from trialkit.schema import CELL_SOURCES, CONDITION_GROUPS, DONORS
from trialkit.vocabulary import load_vocabulary

PHASES = ["early_phase1", "phase1", "phase2", "phase3", "phase4", "na"]
RECRUITMENT = [
    "not_yet_recruiting", "recruiting", "enrolling_by_invitation", "active_not_recruiting", "completed", "suspended",
    "terminated", "withdrawn", "unknown", "available", "no_longer_available", "temporarily_not_available",
    "approved_for_marketing",
]  # fmt: skip
FAMILIES = ["rheumatic_autoimmune", "other_immune", "other"]


def choose(
    frames: Frames,
    *,
    conditions: Sequence[str] = (),
    cell_sources: Sequence[str] = (),
    donors: Sequence[str] = (),
    phases: Sequence[str] = (),
    statuses: Sequence[str] = (),
    registers: Sequence[str] = (),
    years: Sequence[int] = (),
) -> Frames:
    """The frames of the trials that fit every given list; an empty list asks for nothing and keeps all.

    `conditions` takes keys or labels of condition groups ("lupus_nephritis", "Lupus nephritis") or a family
    ("rheumatic_autoimmune"); `cell_sources` tissues or "not_reported"; `donors` donors; `phases` phases; `statuses`
    recruitment statuses; `registers` the sources that hold the trial; `years` one start year, or the first and the last. A trial without a start date
    drops out only when years are asked for. Raises ValueError for a word that is no choice, with the nearest ones.
    """
    chosen = check_selection(
        conditions=conditions, cell_sources=cell_sources, donors=donors, phases=phases, statuses=statuses, years=years
    )
    keep = pl.lit(True)
    if conditions := chosen["conditions"]:
        keep &= pl.col("condition_group").cast(pl.String).is_in(conditions) | pl.col("condition_family").is_in(
            conditions
        )
    if cell_sources := chosen["cell_sources"]:
        named = pl.col("cell_source").cast(pl.List(pl.String)).list.set_intersection(cell_sources).list.len() > 0
        keep &= named | (pl.lit("not_reported" in cell_sources) & (pl.col("cell_source").list.len() == 0))
    if donors := chosen["donors"]:
        keep &= pl.col("donor").cast(pl.String).is_in(donors)
    if phases := chosen["phases"]:
        keep &= pl.col("phases").list.set_intersection(phases).list.len() > 0
    if statuses := chosen["statuses"]:
        keep &= pl.col("overall_status").cast(pl.String).is_in(statuses)
    if registers := _words("registers", registers):
        _known("registers", registers, frames.trials["registers"].explode().unique().drop_nulls().to_list())
        keep &= pl.col("registers").list.set_intersection(registers).list.len() > 0
    if years := chosen["years"]:
        keep &= pl.col("start_date").dt.year().is_between(min(years), max(years))
    return frames.select(frames.trials.filter(keep)["trial_id"])


def check_selection(**selection: Any) -> dict[str, list[Any]]:
    """The selection with labels turned into keys, as far as it can be checked without frames.

    Takes any of `conditions`, `cell_sources`, `donors`, `phases`, `statuses` and `years`; other names are left alone. Raises
    ValueError naming the parameter, what was found, and the nearest choices.
    """
    labels = {label.lower(): key for key, label in load_vocabulary("conditions").labels().items()}
    choices = {
        "conditions": [*CONDITION_GROUPS, *FAMILIES, *labels],
        "cell_sources": [*CELL_SOURCES, "not_reported"],
        "donors": DONORS,
        "phases": PHASES,
        "statuses": RECRUITMENT,
    }
    checked: dict[str, list[Any]] = {}
    for name, known in choices.items():
        words = _words(name, selection.get(name) or ())
        if name == "conditions":
            words = [labels.get(word.lower(), word) for word in words]
        _known(name, words, known)
        checked[name] = words
    years = selection.get("years") or ()
    checked["years"] = [years] if isinstance(years, int) else list(years)
    for year in checked["years"]:
        if not isinstance(year, int) or isinstance(year, bool):
            raise ValueError(
                f"years: {year!r} is no year; expected one start year or the first and the last, such as [2010, 2020]"
            )
    return checked


def _words(name: str, given: Any) -> list[str]:
    """One word or several as a list; anything that is no text is refused."""
    words = [given] if isinstance(given, str) else list(given)
    for word in words:
        if not isinstance(word, str):
            raise ValueError(f'{name}: {word!r} is no text; expected a list of words, such as ["phase1"]')
    return words


def _known(name: str, given: Iterable[str], choices: Sequence[str]) -> None:
    for word in given:
        if word not in choices:
            near = difflib.get_close_matches(word, choices, n=3, cutoff=0.5)
            hint = (
                f"did you mean {' or '.join(map(repr, near))}?" if near else f"choices: {', '.join(map(repr, choices))}"
            )
            raise ValueError(f"{name}: {word!r} is not a choice; {hint}")
