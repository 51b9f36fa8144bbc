"""The members of an archive of one JSON file a study to results, in order: those that are as they were are not read again.

A member is as it was when its name, its checksum (CRC-32) and its size are those of the last time. That is a gate for
speed: of 4 billion changes that keep the size, one keeps the sum.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from trialkit.record import TrialRecord
from trialkit.registries.bulk import Chunk, Member, Span, noted_spans, read_span
from trialkit.registries.results import Gate, NotSelected, ReadResult, shown

_NEW, _ASIDE = -1, -2  # in the place of a row: not known, and no file of records
_NOTHING = Chunk(0, [], [], "")

# How the spans of an archive are read: like `map`, in this process or in others.
Run = Callable[[Callable[[Span], Chunk], list[Span]], Iterable[Chunk]]


class Verdict(NamedTuple):
    """What became of one member: its record, without where it stands, or, when it is not selected, None."""

    form: str
    record_id: str
    record: TrialRecord | None


class Known(Protocol):
    """Verdicts of an earlier build by rules and a selection that are still the same; `mark`s stand for members."""

    def rows(self, marks: Iterable[int]) -> Iterable[int]:
        """Where the verdict of each mark stands, -1 where there is none."""

    def take(self, rows: list[int]) -> Sequence[Verdict]:
        """The verdicts of these rows, for the next time too."""

    def put(self, mark: int, verdict: Verdict | None) -> None:
        """Keep what was read now; None: nothing that could be taken over."""


class _Seen(NamedTuple):
    """The members of a span: names parted by NUL, marks, rows."""

    names: str
    marks: array
    rows: array


def read_members(
    path: Path, gate: Gate | None, run: Run, progress: Callable[[int, int], None] | None, known: Known | None
) -> Iterator[ReadResult] | None:
    """What every member of such an archive gives, in the order of its directory; None for any other file."""
    found = noted_spans(path, partial(_see, known=known))
    return found and _read(shown(path.as_posix()), found, partial(run, partial(read_span, gate=gate)), progress, known)


def mark(member: Member) -> int:
    """64 bits that stand for name, checksum and size of a member."""
    words = b"%d %d %s" % (member.crc, member.size, member.name.encode())
    return int.from_bytes(hashlib.blake2b(words, digest_size=8).digest(), "little")


def _see(members: list[Member], known: Known | None) -> _Seen | None:
    if known is None:
        return None
    marks = array("Q", map(mark, members))
    rows = array("q", known.rows(marks))
    for n, member in enumerate(members):
        if member.aside:
            rows[n] = _ASIDE
    return _Seen("\0".join(member.name for member in members), marks, rows)


def _read(
    name: str,
    found: list[tuple[Span, _Seen | None]],
    run: Callable[[list[Span]], Iterable[Chunk]],
    progress: Callable[[int, int], None] | None,
    known: Known | None,
) -> Iterator[ReadResult]:
    asked = [
        span if seen is None else span._replace(skip=bytes(row != _NEW for row in seen.rows)) for span, seen in found
    ]
    chunks = iter(run([span for span in asked if not (span.skip and all(span.skip))]))
    done, total = 0, sum(span.n for span in asked)
    for span, (_, seen) in zip(asked, found, strict=True):
        chunk = _NOTHING if span.skip and all(span.skip) else next(chunks)
        results = list(chunk.everything(name))
        if known is not None and seen is not None:
            _keep(name, seen, results, known)
            results += _taken(name, seen, span, known)
        results.sort(key=itemgetter(0))
        for _, result in results:
            yield result
        done += span.n
        if progress:
            progress(done, total)


def _taken(name: str, seen: _Seen, span: Span, known: Known) -> Iterator[tuple[int, ReadResult]]:
    numbers = [n for n, row in enumerate(seen.rows) if row >= 0]
    if not numbers:
        return
    names = seen.names.split("\0")
    for n, (form, record_id, record) in zip(numbers, known.take([seen.rows[n] for n in numbers]), strict=True):
        place = f"{name}/{names[n]}"
        if record is None:
            yield n, NotSelected(place, 0, form, record_id)
        else:
            yield n, msgspec.structs.replace(record, source_file=place)


def _keep(name: str, seen: _Seen, results: list[tuple[int, ReadResult]], known: Known) -> None:
    """Tell `known` of what was read: a verdict for every member that gave one record or left one out."""
    read: dict[int, list[ReadResult]] = {n: [] for n, row in enumerate(seen.rows) if row == _NEW}
    for n, result in results:
        read[n].append(result)
    names = seen.names.split("\0") if read else []
    for n, those in read.items():
        known.put(seen.marks[n], _verdict(f"{name}/{names[n]}", those))


def _verdict(place: str, results: list[ReadResult]) -> Verdict | None:
    """None where the results are not one, or tell of the place where they stand in another way than these do."""
    if len(results) != 1 or results[0].source_file != place or results[0].position:
        return None
    (result,) = results
    if isinstance(result, TrialRecord):
        return Verdict(result.form, "", msgspec.structs.replace(result, source_file=""))
    if isinstance(result, NotSelected) and place not in result.record_id:
        return Verdict(result.form, result.record_id, None)
    return None
