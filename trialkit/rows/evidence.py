"""The evidence rows of one record: where each value stands, word for word."""

import re
from collections.abc import Iterable
from typing import Any

from trialkit.facts.finding import Finding
from trialkit.record import TrialRecord


class Evidence:
    """Collects the evidence rows of one record."""

    def __init__(self, record: TrialRecord, trial_id: str):
        self.rows: list[dict[str, Any]] = []
        self._record, self._origins, self._trial_id = record.record_id, record.origins, trial_id

    def add(
        self, frame: str, column: str, value: Any, field: str, start: int | None, end: int | None, quote: str, rule: str
    ):
        self.rows.append(
            {
                "trial_id": self._trial_id,
                "frame": frame,
                "column": column,
                "value": str(value),
                "record": self._origins.get(re.split(r"[.\[]", field, maxsplit=1)[0], self._record),
                "field": field,
                "start": start,
                "end": end,
                "quote": quote,
                "rule": rule,
            }
        )

    def found(self, frame: str, column: str, findings: Iterable[Finding], value=lambda finding: finding.value):
        for f in findings:
            self.add(frame, column, value(f), f.passage.field, f.start, f.end, f.quote, f.rule)
