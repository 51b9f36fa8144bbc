"""The evidence rows of one record: where each value stands, word for word, and the sentence around it."""

import re
from collections.abc import Iterable
from typing import Any

from trialkit.facts.finding import Finding
from trialkit.record import TrialRecord

REACH = 240  # characters kept at most on either side of a quote
_END = re.compile(r"[.!?;](?=\s+[A-Z0-9(\[\"“])|\n")


class Evidence:
    """Collects the evidence rows of one record."""

    def __init__(self, record: TrialRecord, trial_id: str):
        self.rows: list[dict[str, Any]] = []
        self._record, self._origins, self._trial_id = record.record_id, record.origins, trial_id
        self._texts = {passage.field: passage.text for passage in record.passages()}
        for outcome in record.outcomes:
            path = f"outcomes.{outcome.role}[{outcome.position}]"
            for part in ("measure", "time_frame", "description"):
                self._texts[f"{path}.{part}"] = getattr(outcome, part) or ""

    def add(
        self, frame: str, column: str, value: Any, field: str, start: int | None, end: int | None, quote: str, rule: str
    ):
        text = self._texts.get(field)
        first, last = (
            sentence_around(text, start, end) if text and start is not None and end is not None else (None, None)
        )
        self.rows.append(
            {
                "trial_id": self._trial_id,
                "frame": frame,
                "column": column,
                "value": str(value),
                "record": self._origins.get(re.split(r"[.\[]", field, maxsplit=1)[0], self._record)
                if self._origins
                else self._record,
                "field": field,
                "start": start,
                "end": end,
                "quote": quote,
                "rule": rule,
                "sentence": text[first:last] if text and first is not None else None,
                "sentence_start": first,
            }
        )

    def found(self, frame: str, column: str, findings: Iterable[Finding], value=lambda finding: finding.value):
        for f in findings:
            self.add(frame, column, value(f), f.passage.field, f.start, f.end, f.quote, f.rule)


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds of the sentence or line that holds a span, of a long one `REACH` characters on either side, in whole words."""
    reached = max(start - REACH, 0)
    # One character more, for the mark of an end looks at what follows it.
    left = None
    for m in _END.finditer(text, reached, start + 1):
        if m.end() <= start:
            left = m.end()
    if left is None:
        left = (text.find(" ", reached, start) + 1 or reached) if reached else 0
    found = _END.search(text, end, end + REACH)
    right = (
        found.end() if found else len(text) if end + REACH >= len(text) else max(text.rfind(" ", end, end + REACH), end)
    )
    inner = text[left:right]
    return min(left + len(inner) - len(inner.lstrip()), start), max(left + len(inner.rstrip()), end)
