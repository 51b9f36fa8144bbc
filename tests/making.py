"""Frames made by hand: of rows that name only what a test is about, or read from small records."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from trialkit.frames import Frames
from trialkit.record import TrialRecord
from trialkit.rows import read_trial
from trialkit.schema import FRAMES

# What a trial says that says nothing, where missing is a word.
SILENT = {"donor": "not_reported", "control_type": "not_reported"}


def make_frames(meta: Mapping[str, Any] | None = None, **tables: Iterable[Mapping[str, Any]]) -> Frames:
    """Frames that are empty but for these rows; what a row does not name is missing, lists are empty."""
    return Frames(
        **{name: _table(schema.create_empty().schema, tables.get(name, ())) for name, schema in FRAMES.items()},
        meta=dict(meta or {}),
    )


def read_frames(*records: TrialRecord) -> Frames:
    """Frames with the rows that are read from these records."""
    rows: dict[str, list] = {name: [] for name in FRAMES}
    for record in records:
        for name, found in read_trial(record).items():
            rows[name] += found
    return make_frames(**rows)


def _table(schema: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    whole = [
        {c: row.get(c, SILENT.get(c, [] if isinstance(t, pl.List) else None)) for c, t in schema.items()}
        for row in rows
    ]
    return pl.DataFrame(whole, schema=dict(schema), strict=False)
