"""Which records are the same trial, and why.

A trial that several records hold becomes one row. The record kept is the register's own before an aggregator's, then
the one updated later, then the first read; every other record is named in `links` and in the ledger, never dropped
without a word. Only equal register numbers link: titles and sponsor ids never do.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from trialkit.record import TrialRecord

REGISTERS_OF_RECORD = frozenset({"ctgov"})  # all others are pages that repeat a register


class Linked(NamedTuple):
    """`kept`: one record per trial in input order; `duplicates`: (record, record kept, reason); `links`: frame rows."""

    kept: list[TrialRecord]
    duplicates: list[tuple[TrialRecord, TrialRecord, str]]
    links: list[dict]


def normalise_id(trial_id: str) -> str:
    """The spelling under which two numbers are compared: upper case, no blanks, one kind of dash."""
    return re.sub(r"\s+", "", trial_id).replace("–", "-").upper()


def _best(group: list[tuple[int, TrialRecord]]) -> tuple[int, TrialRecord]:
    """The record to keep: a register's own before a page's, then the latest update, then the first read."""
    own = [item for item in group if item[1].register in REGISTERS_OF_RECORD] or group
    newest = max(record.last_update_date or "" for _, record in own)
    return next(item for item in own if (item[1].last_update_date or "") == newest)


def link_records(records: Iterable[TrialRecord]) -> Linked:
    """Group records by trial; the result does not depend on anything but the records and their order."""
    groups: dict[str, list[tuple[int, TrialRecord]]] = defaultdict(list)
    for order, record in enumerate(records):
        key = normalise_id(record.trial_id) if record.trial_id else f"\0{order}"
        groups[key].append((order, record))
    kept, duplicates, links = [], [], []
    for group in groups.values():
        first, best = _best(group)
        kept.append((first, best))
        for _order, other in (item for item in group if item[0] != first):
            where = f"{best.source_file}, position {best.position}"
            duplicates.append((other, best, f"same number as the record kept ({best.record_id} in {where})"))
            links.append(
                {
                    "record_a": best.record_id,
                    "record_b": f"{other.record_id} ({other.source_file}, position {other.position})",
                    "relation": "same_trial",
                    "reason": f"both carry the number {best.trial_id}",
                    "confidence": 1.0,
                }
            )
    kept = [record for _, record in sorted(kept, key=lambda item: item[0])]
    known = {normalise_id(r.trial_id): r for r in kept if r.trial_id}
    for record in kept:
        for number in record.secondary_ids:
            other = known.get(normalise_id(number))
            if other is not None and other is not record:
                links.append(
                    {
                        "record_a": other.record_id,
                        "record_b": record.record_id,
                        "relation": "shares_id",
                        "reason": f"{record.trial_id} names {number} as a secondary number",
                        "confidence": 0.9,
                    }
                )
    return Linked(kept, duplicates, links)
