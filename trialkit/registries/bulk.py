"""A whole register as one zip archive with one JSON file a study: read in spans, each by itself and anywhere.

Python's `zipfile` keeps an object for every member (1 kB, 600,000 times) and inflates a third as fast as libdeflate. Here
the central directory is walked once to cut it into spans; whoever reads a span maps that part of the file alone, so that
memory does not grow with the archive. What is out of the ordinary (a member that is stored, encrypted, of another method,
damaged) goes through `zipfile` all the same, so that it reads and is told as in any other archive.
"""

import io
import mmap
import os
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

import deflate

from trialkit.registries.contents import passed_over
from trialkit.registries.results import Gate, NotSelected, ReadResult, gated, shown
from trialkit.registries.streams import described, read_stream, read_zip
from trialkit.registries.unpacking import Allowance

Note = TypeVar("Note")

SPAN = 250  # members: a task of some 40 ms
_WIDEST = 64 << 20  # bytes of one span, and of one member: above that this is no archive of many small files

# Structures of the format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7 to 4.3.16.
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_FIND_END64 = struct.Struct("<4sLQL")
_LONGEST_COMMENT = 0xFFFF
_BY_ZIP64 = 0xFFFFFFFF
_DEFLATED = 8
_ODD_FLAGS = 0x1 | 0x20 | 0x40  # encrypted, a patch, strongly encrypted
_UTF8 = 0x800
_NAME_IN_EXTRA = b"up"


class Span(NamedTuple):
    """Members that stand one after the other: their records in the central directory, and where their data stand."""

    path: str
    directory: tuple[int, int]
    data: tuple[int, int]
    n: int
    shift: int  # what stands before the archive in the file
    skip: bytes = b""  # a byte a member, 1 for those that need not be read; none: all are


class Chunk(NamedTuple):
    """What a span gave, with the number of the member in it: records and rejections, and of studies that are not wanted
    the name of the member and the record id."""

    n: int
    results: list[tuple[int, ReadResult]]
    left: list[tuple[int, str, str]]
    form: str

    def everything(self, name: str) -> Iterator[tuple[int, ReadResult]]:
        """What each member of the archive `name` gave, in no order, but for several results of one member."""
        yield from self.results
        for number, member, record_id in self.left:
            yield number, NotSelected(f"{name}/{member}", 0, self.form, record_id)


class Member(NamedTuple):
    """One record of the central directory."""

    name: str
    record: int  # where its record stands in the part of the directory at hand
    after: int
    start: int  # of its local header, from the begin of the archive
    packed: int
    size: int
    crc: int
    plain: bool  # deflated, and nothing out of the ordinary

    @property
    def aside(self) -> bool:
        """True for folders and for files that hold no records."""
        return self.name.endswith("/") or described(self.name)


class _OddError(ValueError):
    """This archive is not laid out as those this module reads."""


def find_spans(path: Path) -> list[Span] | None:
    """The spans of an archive of many small JSON files, in the order of its directory; None for any other file."""
    found = noted_spans(path, len)
    return found and [span for span, _ in found]


def noted_spans(path: Path, note: Callable[[list[Member]], Note]) -> list[tuple[Span, Note]] | None:
    """`find_spans`, each span with what `note` says of its members; they are never all in memory."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PK\x03\x04":
                return None
            begin, length, shift = _find_directory(file)
            with _mapped(file, begin, begin + length) as directory:
                members = _cut(directory, Allowance(path.stat().st_size).most)
                return [(_span(str(path), some, end or (length, begin - shift), begin, shift), note(some))
                        for some, end in members]  # fmt: skip
    except (ValueError, OSError, struct.error):
        return None


def _find_directory(file: BinaryIO) -> tuple[int, int, int]:
    """Where the central directory stands in the file, its length, and how many bytes stand before the archive."""
    whole = file.seek(0, os.SEEK_END)
    tail_at = max(0, whole - _END.size - _LONGEST_COMMENT - _FIND_END64.size)
    file.seek(tail_at)
    tail = file.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0:
        raise _OddError
    *_, length, offset, _ = _END.unpack_from(tail, found)
    end = tail_at + found
    if found >= _FIND_END64.size and tail[found - _FIND_END64.size :].startswith(b"PK\x06\x07"):
        end -= _FIND_END64.size + _END64.size
        file.seek(end)
        mark, *_, length, offset = _END64.unpack(file.read(_END64.size))
        if mark != b"PK\x06\x06":
            raise _OddError
    begin = end - length
    if begin < offset or not length:
        raise _OddError
    return begin, length, begin - offset


@contextmanager
def _mapped(file: BinaryIO, start: int, end: int) -> Iterator[memoryview]:
    """Bytes `start` to `end` of a file: nothing is copied, and nothing else of the file is in memory."""
    before = start % mmap.ALLOCATIONGRANULARITY
    with (
        mmap.mmap(file.fileno(), end - start + before, access=mmap.ACCESS_READ, offset=start - before) as whole,
        memoryview(whole) as view,
        view[before:] as wanted,
    ):
        yield wanted


def _members(directory: memoryview) -> Iterator[Member]:
    at = 0
    while at < len(directory):
        mark, _, _, flags, method, _, _, crc, packed, size, n, extra, comment, _, _, kind, start = _CENTRAL.unpack_from(
            directory, at
        )
        name_at = at + _CENTRAL.size
        after = name_at + n + extra + comment
        if mark != b"PK\x01\x02" or after > len(directory):
            raise _OddError
        more = bytes(directory[name_at + n : name_at + n + extra]) if extra else b""
        if start == _BY_ZIP64:
            start = _long_offset(more)
        name = bytes(directory[name_at : name_at + n]).decode("utf-8" if flags & _UTF8 else "cp437")
        if shown(name) != name or "\\" in name or _NAME_IN_EXTRA in more:
            raise _OddError
        yield Member(name, at, after, start, packed, size, crc, _is_plain(method, flags, kind))
        at = after


def _is_plain(method: int, flags: int, kind: int) -> bool:
    return method == _DEFLATED and not flags & _ODD_FLAGS and not stat.S_ISLNK(kind >> 16)


def _long_offset(extra: bytes) -> int:
    """Where a member beyond 4 GB begins: the only figure that an archive of small files keeps in 64 bits."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == 1 and length == 8:
            return struct.unpack_from("<Q", extra, 4)[0]
        extra = extra[4 + length :]
    raise _OddError


def _cut(directory: memoryview, most: int) -> Iterator[tuple[list[Member], tuple[int, int] | None]]:
    """The members of each span, and where the next one begins: its record, and its data. `most` bytes may be unpacked."""
    some: list[Member] = []
    records = free = unpacked = 0
    for member in _members(directory):
        records += not (aside := member.aside)
        ordinary = aside or member.name.lower().endswith(".json")
        if not ordinary or max(member.packed, member.size) > _WIDEST or member.start < free:
            raise _OddError
        free = member.start + _LOCAL.size + len(member.name) + member.packed
        unpacked += member.size
        if len(some) == SPAN:
            yield some, (member.record, member.start)
            some = []
        some.append(member)
    if not records or unpacked > most:
        raise _OddError
    yield some, None


def _span(path: str, members: list[Member], end: tuple[int, int], begin: int, shift: int) -> Span:
    first = members[0]
    if not 0 <= first.start < end[1] <= first.start + _WIDEST:
        raise _OddError
    return Span(
        path, (begin + first.record, begin + end[0]), (first.start + shift, end[1] + shift), len(members), shift
    )


def read_span(span: Span, gate: Gate | None) -> Chunk:
    """The records of one span that the gate lets through (without one: all), the rejections, and what the others are."""
    name = shown(Path(span.path).as_posix())
    results: list[tuple[int, ReadResult]] = []
    left: list[tuple[int, str, str]] = []
    form = ""
    with (
        Path(span.path).open("rb") as file,
        _mapped(file, *span.directory) as directory,
        _mapped(file, *span.data) as data,
    ):
        members = list(_members(directory))
        begin = span.data[0] - span.shift
        ends = [*(member.start for member in members[1:]), span.data[1] - span.shift]
        for number, (member, end) in enumerate(zip(members, ends, strict=True)):
            if (span.skip and span.skip[number]) or member.aside:
                continue
            with data[member.start - begin : end - begin] as packed:
                study = _inflated(packed, member)
                if study is None:
                    alone = _alone(bytes(packed), bytes(directory[member.record : member.after]))
            if study is None:
                found = gated(read_zip(name, alone, gate), gate)
            elif gate and (passed := _unwanted(study, gate)):
                left.append((number, member.name, passed.record_id))
                form = passed.form
                continue
            else:
                # asked already, so it is read without a gate, and its record asked for certain
                found = gated(read_stream(f"{name}/{member.name}", io.BytesIO(study)), gate)
            results += [(number, result) for result in found]
    return Chunk(len(members), results, left, form)


def _unwanted(study: bytes, gate: Gate) -> NotSelected | None:
    """Whether a study can be passed over unread; only where it is what it seems to be, JSON in UTF-8."""
    found = passed_over("", 0, study, gate)
    try:
        return found if found is None or study.isascii() or study.decode() else None
    except UnicodeDecodeError:
        return None


def _inflated(packed: memoryview, member: Member) -> bytes | None:
    """The content of a member, checked against its sum; None where `zipfile` has to say what it is."""
    if not member.plain or len(packed) < _LOCAL.size:
        return None
    mark, *_, n, extra = _LOCAL.unpack_from(packed)
    # The local header has an extra field of its own, longer or shorter than that of the central directory.
    start = _LOCAL.size + n + extra
    name = bytes(packed[_LOCAL.size : _LOCAL.size + n])
    if mark != b"PK\x03\x04" or name not in (member.name.encode(), member.name.encode("cp437", "replace")):
        return None
    try:
        content = deflate.deflate_decompress(packed[start : start + member.packed], member.size)
    except (deflate.DeflateError, ValueError):
        return None
    return bytes(content) if len(content) == member.size and deflate.crc32(content) == member.crc else None


def _alone(packed: bytes, record: bytes) -> io.BufferedReader:
    """One member as an archive of its own: its data, its record of the directory with the new place, an end."""
    fields = list(_CENTRAL.unpack_from(record))
    fields[-1] = 0
    record = _CENTRAL.pack(*fields) + record[_CENTRAL.size :]
    end = _END.pack(b"PK\x05\x06", 0, 0, 1, 1, len(record), len(packed), 0)
    return io.BufferedReader(io.BytesIO(packed + record + end))
