"""Which trials a notebook looks at: the parameters that all notebooks share."""

import difflib
from collections.abc import Iterable, Sequence

import polars as pl

from trialkit.frames import Frames
from trialkit.schema import CELL_SOURCES, CONDITION_GROUPS, DONORS
from trialkit.vocabulary import load_vocabulary

PHASES = ["early_phase1", "phase1", "phase2", "phase3", "phase4", "na"]
FAMILIES = ["rheumatic_autoimmune", "other_immune", "other"]


def choose(
    frames: Frames,
    *,
    conditions: Sequence[str] = (),
    cell_sources: Sequence[str] = (),
    donors: Sequence[str] = (),
    phases: Sequence[str] = (),
    registers: Sequence[str] = (),
    years: Sequence[int] = (),
) -> Frames:
    """The frames of the trials that fit every given list; an empty list asks for nothing and keeps all.

    `conditions` takes keys or labels of condition groups ("lupus_nephritis", "Lupus nephritis") or a family
    ("rheumatic_autoimmune"); `cell_sources` tissues or "not_reported"; `donors` donors; `phases` phases; `registers`
    the sources that hold the trial; `years` one start year, or the first and the last. A trial without a start date
    drops out only when years are asked for. Raises ValueError for a word that is no choice, with the nearest ones.
    """
    groups = load_vocabulary("conditions")
    keep = pl.lit(True)
    if conditions:
        labels = {label.lower(): key for key, label in groups.labels().items()}
        keys = [labels.get(c.lower(), c) for c in conditions]
        _known("conditions", keys, [*CONDITION_GROUPS, *FAMILIES, *labels])
        keep &= pl.col("condition_group").cast(pl.String).is_in(keys) | pl.col("condition_family").is_in(keys)
    if cell_sources:
        _known("cell_sources", cell_sources, [*CELL_SOURCES, "not_reported"])
        named = pl.col("cell_source").cast(pl.List(pl.String)).list.set_intersection(list(cell_sources)).list.len() > 0
        keep &= named | (pl.lit("not_reported" in cell_sources) & (pl.col("cell_source").list.len() == 0))
    if donors:
        _known("donors", donors, DONORS)
        keep &= pl.col("donor").cast(pl.String).is_in(list(donors))
    if phases:
        _known("phases", phases, PHASES)
        keep &= pl.col("phases").list.set_intersection(list(phases)).list.len() > 0
    if registers:
        _known("registers", registers, frames.trials["registers"].explode().unique().drop_nulls().to_list())
        keep &= pl.col("registers").list.set_intersection(list(registers)).list.len() > 0
    if years:
        keep &= pl.col("start_date").dt.year().is_between(min(years), max(years))
    return frames.select(frames.trials.filter(keep)["trial_id"])


def _known(name: str, given: Iterable[str], choices: Sequence[str]) -> None:
    for word in given:
        if word not in choices:
            near = difflib.get_close_matches(word, choices, n=3, cutoff=0.5)
            hint = (
                f"did you mean {' or '.join(map(repr, near))}?" if near else f"choices: {', '.join(map(repr, choices))}"
            )
            raise ValueError(f"{name}: {word!r} is not a choice; {hint}")
