"""The reading half of a build: files to records, and an account of everything that is no record of its own."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import polars as pl

from trialkit.contacts import strike_contacts
from trialkit.engines import alone, map_batches
from trialkit.gate import open_gate
from trialkit.record import TrialRecord
from trialkit.registries.bulk import Chunk, Span
from trialkit.registries.files import NotSelected, ReadResult, Rejected, read_inputs
from trialkit.registries.members import Known

_WORTH_PROCESSES = 5_000  # members of an archive: below that, starting workers takes longer than reading
_ROWS = 20_000  # rows that are kept as Python objects before they become a column


@dataclass
class Intake:
    """What came in, `received` records in all. `not_selected` has the columns source_file, position, form, record_id, one row a record."""

    records: list[TrialRecord]
    rejected: list[Rejected]
    not_selected: pl.DataFrame
    reason: str | None  # why these are not selected
    received: int


def read_records(
    paths: Iterable[Path | str],
    *,
    select: str | None = None,
    base: Path | None = None,
    engine: str = "auto",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    known: Known | None = None,
) -> Intake:
    """Every record under `paths` that the selection keeps (without one: every record), and what became of the others.

    Archives of one JSON file a study are read without the members that `known` knows; past a selection, which leaves
    little to hand over, by several processes unless `engine` is `serial`. `source_file` is told below `base`. Raises SelectionError for an unknown selection, FileNotFoundError for a path that does not exist.
    """
    gate = open_gate(select) if select else None
    records: list[TrialRecord] = []
    rejected: list[Rejected] = []
    left = _Columns()
    run = partial(_run, engine=engine if gate else "serial", workers=workers)
    for result in read_inputs(paths, gate, run=run, progress=progress, known=known):
        result = _below(result, base)
        if isinstance(result, TrialRecord):
            records.append(strike_contacts(result))
        elif isinstance(result, Rejected):
            rejected.append(result)
        else:
            left.add(result)
    not_selected = left.frame()
    received = len(records) + len(rejected) + len(not_selected)
    return Intake(records, rejected, not_selected, gate.reason if gate else None, received)


def _run(function: Callable[[Span], Chunk], spans: list[Span], *, engine: str, workers: int | None) -> Iterator[Chunk]:
    """`map` for the spans of an archive. They are read where the archive is: on this machine, whatever the engine."""
    here = engine == "serial" or sum(span.n - span.skip.count(1) for span in spans) < _WORTH_PROCESSES
    return map_batches(
        partial(alone, function), spans, engine="serial" if here else "processes", workers=workers, size=1
    )


class _Columns:
    """Rows gathered into columns: 600,000 as Python objects would take half a gigabyte."""

    def __init__(self) -> None:
        self._done = [_as_frame([])]
        self._rows: list[NotSelected] = []

    def add(self, row: NotSelected) -> None:
        self._rows.append(row)
        if len(self._rows) == _ROWS:
            self._done.append(_as_frame(self._rows))
            self._rows = []

    def frame(self) -> pl.DataFrame:
        return pl.concat([*self._done, _as_frame(self._rows)])


def _as_frame(rows: list[NotSelected]) -> pl.DataFrame:
    names = {"source_file": pl.String, "position": pl.Int64, "form": pl.String, "record_id": pl.String}
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pl.DataFrame(dict(zip(names, map(list, columns), strict=True)), schema=names).shrink_to_fit()


def _below(result: ReadResult, base: Path | None) -> ReadResult:
    """The result with its `source_file` below `base`: a ledger that travels should not tell where a machine keeps files."""
    if base is None or not Path(result.source_file).is_relative_to(base):
        return result
    shown = Path(result.source_file).relative_to(base).as_posix()
    if isinstance(result, TrialRecord):
        return msgspec.structs.replace(result, source_file=shown)
    return result._replace(source_file=shown)
