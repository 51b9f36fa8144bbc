"""Trials to the packed rows of their frames, wherever the work runs; what is known from an earlier build is taken over.

`extract` is a pure function of one trial: same records, same bytes, whatever the engine, machine or date. A trial that
cannot be read costs itself and nothing else: its `Failed` says why.
"""

import hashlib
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import msgspec
import zstandard

from trialkit.engines import map_batches
from trialkit.record import TrialRecord
from trialkit.rows import Rows, read_with_sources

Trial = tuple[TrialRecord, list[TrialRecord]]  # the record kept, and the other records of the trial

_LONGEST_REASON = 300
_pack = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(Rows)
_key = msgspec.msgpack.Encoder()


class Failed(NamedTuple):
    """A trial that could not be read, and why."""

    reason: str


Extracted = bytes | Failed


class Kept(Protocol):
    """Packed rows of earlier builds, by `trial_key`."""

    def take(self, keys: set[bytes]) -> dict[bytes, bytes]:
        """What is known of these."""

    def put(self, key: bytes, rows: bytes | None) -> None:
        """Keep what was read now; None when it could not be read."""


def extract_batch(trials: list[Trial]) -> list[Extracted]:
    """The packed rows of many trials, in order. Module-level, so that worker processes can run it."""
    return [extract(trial) for trial in trials]


def extract(trial: Trial) -> Extracted:
    """The rows of one trial, packed; never raises."""
    try:
        return zstandard.compress(_pack.encode(read_with_sources(*trial)))
    except Exception as error:
        frame = traceback.extract_tb(sys.exc_info()[2])[-1]
        where = f"{frame.filename.replace(chr(92), '/').rpartition('trialkit/')[2]}, line {frame.lineno}"
        return Failed(f"cannot be read: {type(error).__name__}: {str(error)[:_LONGEST_REASON]} ({where})")


def unpack(packed: bytes) -> Rows:
    """The rows of one trial; dates are ISO words."""
    return _unpack.decode(zstandard.decompress(packed))


def died(trial: Trial, reason: str) -> list[Extracted]:
    """What stands for a trial that ended the process reading it."""
    return [Failed(f"cannot be read: {reason}")]


def trial_key(trial: Trial) -> bytes:
    """Sixteen bytes that change with anything the rows of a trial are read from, and with nothing else.

    Where a record stood (file, position) is told only of records without a number; of which day a source is, only
    where sources are compared.
    """
    kept, others = trial
    seen = [_seen(record, alone=not others) for record in (kept, *others)]
    try:
        words = _key.encode(seen)
    except (OverflowError, UnicodeEncodeError):  # a number or a text that no table can hold; its rows will say so
        words = repr(seen).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(words, digest_size=16).digest()


def _seen(record: TrialRecord, *, alone: bool) -> TrialRecord:
    hidden = {"source_file": "", "position": 0} if record.trial_id else {}
    if alone:
        hidden |= {"source_date": None}
    return msgspec.structs.replace(record, **hidden) if hidden else record


def extract_trials(
    trials: list[Trial], *, kept: Kept | None = None, progress: Callable[[int], None] | None = None, **where: Any
) -> Iterator[Extracted]:
    """The packed rows of every trial, in order; `progress` is called with how many are done.

    What `kept` knows is taken from there, the others are read and put there; `where` is told to
    `map_batches`: engine, workers, scheduler.
    """
    keys = [trial_key(trial) for trial in trials] if kept else []
    known = kept.take(set(keys)) if kept else {}
    todo = [trial for n, trial in enumerate(trials) if not (keys and keys[n] in known)]
    fresh = (one for batch in map_batches(extract_batch, todo, blame=died, **where) for one in batch)
    for n in range(len(trials)):
        if keys and keys[n] in known:
            found: Extracted = known[keys[n]]
        else:
            found = next(fresh)
            if kept:
                kept.put(keys[n], None if isinstance(found, Failed) else found)
        if progress:
            progress(n + 1)
        yield found
