"""Contradictions inside one record: both sides are shown, nothing is averaged or repaired.

One function per kind of contradiction, in the module of its subject; to look for another, write one and list it there.
"""

from typing import Any

from trialkit.conflicts import criteria, design, numbers, outcomes
from trialkit.conflicts.kinds import Rows
from trialkit.record import TrialRecord

_DETECTORS = (*numbers.DETECTORS, *criteria.DETECTORS, *outcomes.DETECTORS, *design.DETECTORS)


def find_conflicts(record: TrialRecord, rows: Rows) -> list[dict[str, Any]]:
    """Rows of the conflicts frame for one record, in the order of the detectors; the same finding once."""
    trial_id = rows["trials"][0]["trial_id"]
    found = [conflict for detect in _DETECTORS for conflict in detect(record, rows)]
    once = {(c.column, c.message): c for c in found}.values()
    return [{"trial_id": trial_id, **c._asdict(), "left": str(c.left), "right": str(c.right)} for c in once]
