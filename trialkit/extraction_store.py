"""Packed rows of earlier builds, kept beside the frames: the next build reads only what changed.

`.extraction/<version>/part-*.parquet` in the folder of frames, two columns: `key` (`trial_key`) and `rows` (packed, with a
checksum). The version is computed from code and vocabularies, so rows of other rules are never taken. Parts never
change once written: a new state of the folder holds hard links to them.
"""

import hashlib
import logging
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import zstandard

from trialkit.extraction_entries import EntryStore
from trialkit.fingerprints import extraction_version
from trialkit.storage import KEPT, beside

log = logging.getLogger(__name__)

_PARTS = 20  # more than that are joined into one
_FLUSH, _SECONDS, _LARGEST = (
    500,
    10,
    20_000,
)  # a part while reading: so many trials and so long after the last, or as many
_OLDER = 1  # versions kept besides the present one: to try out a rule and go back costs nothing


class ExtractionStore:
    """What a build into `folder` (held by `storage.locked`) takes over, and keeps for the next one.

    Rows read so far are kept as the build goes on, so that one which was killed does not begin again. `reused`,
    `read` and, among these, `lost` count trials.
    """

    def __init__(self, folder: Path) -> None:
        self.reused = self.read = self.lost = 0
        self.version = extraction_version()
        self._last = folder / KEPT
        self._staging = beside(folder, "building")
        self._parts = self._staging / KEPT / self.version
        self._taken: dict[bytes, bytes] = {}
        self._fresh: dict[bytes, bytes] = {}
        self._rows: dict[Path, int] = {}  # of the parts that were read: how many rows each holds
        self._flushed = time.monotonic()
        self._entries: EntryStore | None = None
        clear_staging(folder, keep=self.version)

    def entries(self, decided_by: Any, *, fresh: bool = False) -> EntryStore:
        """What the last build made of the members of archives, if `decided_by` is the same; kept with the rest."""
        self._entries = EntryStore(self._last, decided_by, fresh=fresh)
        return self._entries

    def take(self, keys: set[bytes]) -> dict[bytes, bytes]:
        """The kept rows of these keys; what is damaged is told and left out."""
        for part in [*_list(self._last / self.version), *_list(self._parts)]:
            try:
                table = pl.read_parquet(part, columns=["key", "rows"])
                found = {key: rows for key, rows in table.iter_rows() if key in keys}
                for rows in found.values():
                    zstandard.decompress(rows)
            except (OSError, pl.exceptions.PolarsError, zstandard.ZstdError, TypeError) as error:
                log.warning("%s is damaged and not used (%s): its trials are read again", part, error)
                continue
            self._rows[part] = len(table)
            self._taken |= found
        self.reused = len(self._taken)
        return dict(self._taken)

    def put(self, key: bytes, rows: bytes | None) -> None:
        """Keep what was read now, written every few seconds; None, a trial that could not be read, is counted."""
        self.read += 1
        if rows is None:
            self.lost += 1
            return
        self._fresh[key] = rows
        waited = time.monotonic() - self._flushed > _SECONDS
        if len(self._fresh) >= _LARGEST or (waited and len(self._fresh) >= _FLUSH):
            self.flush()

    def flush(self) -> None:
        """Write what is not written yet."""
        if self._fresh:
            part = self._write(self._fresh)
            self._rows[part] = len(self._fresh)
            self._taken |= self._fresh
            self._fresh = {}
        self._flushed = time.monotonic()

    def finish(self) -> int:
        """Make the staging folder hold all that the next build may want; its bytes.

        Parts are taken over as they are; when they are many, or more than half of their rows are of no trial of today,
        what is used is written into one.
        """
        self.flush()
        if len(self._rows) > _PARTS or sum(self._rows.values()) > 2 * max(len(self._taken), 1):
            joined = self._write(self._taken) if self._taken else None
            for part in _list(self._parts):
                if part != joined:
                    part.unlink()
        else:
            for part in self._rows:
                _link(part, self._parts / part.name)
        for older in _versions(self._last, self.version)[:_OLDER]:
            for part in _list(older):
                _link(part, self._staging / KEPT / older.name / part.name)
        if self._entries is not None:
            self._entries.write(self._staging / KEPT)
        return sum(file.stat().st_size for file in (self._staging / KEPT).rglob("*") if file.is_file())

    def _write(self, rows: dict[bytes, bytes]) -> Path:
        self._parts.mkdir(parents=True, exist_ok=True)
        name = hashlib.blake2b(b"".join(sorted(rows)), digest_size=8).hexdigest()
        part = self._parts / f"part-{name}.parquet"
        half = part.with_suffix(".tmp")
        table = pl.DataFrame(
            {"key": list(rows), "rows": list(rows.values())}, schema={"key": pl.Binary, "rows": pl.Binary}
        )
        table.write_parquet(half, compression="uncompressed", statistics=False)
        os.replace(half, part)
        return part


def clear_staging(folder: Path, keep: str | None = None) -> None:
    """Remove what a build into `folder` left behind when it was killed, but for finished parts of the version `keep`."""
    staging = beside(folder, "building")
    parts = _list(staging / KEPT / keep) if keep else []
    if not parts:
        shutil.rmtree(staging, ignore_errors=True)
        return
    for file in [file for file in staging.rglob("*") if file.is_file() and file not in parts]:
        file.unlink()


def _list(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.parquet"))


def _versions(folder: Path, but: str) -> list[Path]:
    """The folders of other versions, the one written last first; links keep the time of their file."""
    times = {path: max((part.stat().st_mtime for part in _list(path)), default=0) for path in folder.glob("*/")}
    return sorted((path for path in times if path.name != but), key=lambda path: (-times[path], path.name))


def _link(file: Path, target: Path) -> None:
    """The same file in another folder; a copy where the disk knows no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    try:
        os.link(file, target)
    except OSError:
        with suppress(FileNotFoundError):
            shutil.copy2(file, target.with_suffix(".tmp"))
            os.replace(target.with_suffix(".tmp"), target)
