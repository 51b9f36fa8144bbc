"""What earlier builds made of the members of archives: which were left out, and the records of the others.

One file in `.extraction/`: a checksum, then an Arrow file with one row a member and the columns `mark` (64 bits that stand
for name, checksum and size), `form`, `record_id` and `record` (packed; null: not selected). It counts only for the very same
rules, libraries and selection, which its name stands for. 600,000 members left out take about 10 MB.
"""

import hashlib
import io
import json
import logging
import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars as pl
import zstandard

from trialkit.record import TrialRecord

log = logging.getLogger(__name__)

_FORMAT = 1  # another one when the layout of the file changes
_SCHEMA = {"mark": pl.UInt64, "form": pl.String, "record_id": pl.String, "record": pl.Binary}
_ROWS = 20_000  # rows that are Python objects at a time
_DIGEST = 32
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(TrialRecord).decode


class Entry(NamedTuple):
    """What became of one member; `record` None: not selected."""

    form: str
    record_id: str
    record: TrialRecord | None


class EntryStore:
    """What a build takes over from the folder `last` and keeps for the next one.

    `decided_by` is everything (as JSON) that decides what becomes of a member; `fresh` takes nothing over. `taken` and `read`
    count members.
    """

    def __init__(self, last: Path, decided_by: Any, *, fresh: bool = False) -> None:
        self.taken = self.read = 0
        told = json.dumps([_FORMAT, decided_by], sort_keys=True).encode()
        self._name = f"entries-{hashlib.sha256(told).hexdigest()[:12]}"
        table = _load(last / self._name) if not fresh else pl.DataFrame(schema=_SCHEMA)
        self._marks = array("Q", table["mark"].to_list())
        self._table = table.drop("mark")
        self._used = array("q")
        self._new: list[tuple] = []
        self._done: list[pl.DataFrame] = []
        self._pack = zstandard.ZstdCompressor(level=1)

    def rows(self, marks: Iterable[int]) -> Iterator[int]:
        """Where each mark stands, -1 where it is not known."""
        ours, n = self._marks, len(self._marks)
        for mark in marks:
            row = bisect_left(ours, mark)
            yield row if row < n and ours[row] == mark else -1

    def take(self, rows: list[int]) -> list[Entry]:
        """What became of the members of these rows. They are kept for the next build too."""
        self.taken += len(rows)
        self._used.extend(rows)
        return [
            Entry(form, record_id, None if packed is None else _decode(zstandard.decompress(packed)))
            for form, record_id, packed in self._table[rows].iter_rows()
        ]

    def put(self, mark: int, verdict: Entry | None) -> None:
        """Keep what became of a member; None is counted, and the member read again the next time."""
        self.read += 1
        if verdict is None:
            return
        form, record_id, record = verdict
        try:
            packed = None if record is None else self._pack.compress(_encode(record))
        except (OverflowError, UnicodeEncodeError):  # a number or a text that no table can hold either
            return
        self._new.append((mark, form, record_id, packed))
        if len(self._new) == _ROWS:
            self._close()

    def write(self, folder: Path) -> None:
        """Write what the next build may take over, if there was any archive of this kind."""
        self._close()
        if not (self._used or self._done):
            return
        rows = self._used.tolist()
        marks = pl.Series("mark", [self._marks[row] for row in rows], dtype=pl.UInt64)
        old = self._table[rows].insert_column(0, marks)
        table = pl.concat([old, *self._done]).unique("mark", keep="first", maintain_order=True)
        self._done = []
        content = io.BytesIO()
        table.write_ipc(content, compression="zstd")  # Parquet takes ten times the time and memory to write
        folder.mkdir(parents=True, exist_ok=True)
        half = folder / f"{self._name}.tmp"
        with half.open("wb") as file, content.getbuffer() as written:
            file.write(hashlib.sha256(written).digest())
            file.write(written)
        os.replace(half, folder / self._name)

    def _close(self) -> None:
        if self._new:
            self._done.append(pl.DataFrame(self._new, schema=_SCHEMA, orient="row"))
            self._new = []


def _load(file: Path) -> pl.DataFrame:
    """The table by mark; an empty one when there is none, or none that is whole."""
    nothing = pl.DataFrame(schema=_SCHEMA)
    if not file.is_file():
        return nothing
    try:
        content = file.read_bytes()
        if hashlib.sha256(memoryview(content)[_DIGEST:]).digest() != content[:_DIGEST]:
            raise ValueError("its checksum does not fit")
        return pl.read_ipc(io.BytesIO(memoryview(content)[_DIGEST:])).cast(_SCHEMA).sort("mark")
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        log.warning("%s is damaged and not used (%s): its archives are read again", file, error)
        return nothing
