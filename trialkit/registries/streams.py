"""One opened file to records: undo gzip, Zstandard, bzip2, xz and zip, also inside one another, known by their first bytes.

Zip members are read one by one, so memory stays flat. Their names are labels: nothing is ever written or opened by them.
"""

import io
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from trialkit.registries.contents import (
    archive_reader,
    read_content,
    read_parts,
    read_sheets,
)
from trialkit.registries.results import Gate, ReadResult, Rejected, shown
from trialkit.registries.spreadsheet import wrong_sheets
from trialkit.registries.unpacking import (
    DEEPEST,
    RATIO,
    Allowance,
    DamagedError,
    TooLargeError,
    Unpacked,
    read_whole,
    unpacked,
)

_BUFFER = 1 << 18
_SMALL = 64 << 20  # bytes of a member that may shrink as far as it likes
_MOST_MEMBERS = 1_000_000  # each is an object of 1 kB
_IN_MEMORY = 16 << 20  # bytes of an archive inside another; a larger one is set down in a temporary file
_LOCAL_HEADER = 30
_ENCRYPTED = 0x1
_ASIDE = re.compile(r"(\.(?!\.?$).*|__MACOSX|(SOURCE|README|MANIFEST|LICENSE|LICENCE)(\.[^/]*)?)", re.I)


def read_stream(
    name: str,
    raw: io.RawIOBase | io.BufferedIOBase,
    gate: Gate | None = None,
    *,
    size: int = 0,
    allowance: Allowance | None = None,
    depth: int = 0,
) -> Iterator[ReadResult]:
    """The records of one opened stream of `size` bytes; damage met on the way ends it with one `Rejected`.

    With a gate, entries that cannot hold its words may come as `NotSelected` already; the others are still to be asked.
    What is inside another file shares its `allowance`, and stands `depth` levels down.
    """
    done, short = 0, Path(name).name
    try:
        stream = io.BufferedReader(raw, _BUFFER)
        for result in _unpack(name, stream, gate, allowance or Allowance(size), depth):
            done += 1
            yield result
    except TooLargeError as error:
        yield Rejected(name, done, f"{short}: {error}")
    except (DamagedError, OSError) as error:
        what = f"damaged or cut off after {done} records ({error})"
        yield Rejected(name, done, f"{short}: {what}. Fetch the file again")


def _unpack(
    name: str, stream: io.BufferedReader, gate: Gate | None, allowance: Allowance, depth: int
) -> Iterator[ReadResult]:
    magic = stream.peek(6)[:6]
    if depth > DEEPEST:
        yield Rejected(
            name, 0, f"{Path(name).name}: more than {DEEPEST} archives inside one another. Unpack it yourself"
        )
    elif magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from read_zip(name, stream, gate, allowance, depth)
    elif inside := unpacked(magic, stream, allowance):
        done = 0
        for result in _unpack(name, io.BufferedReader(inside, _BUFFER), gate, allowance, depth + 1):
            done += 1
            yield result
        if inside.rest:
            yield Rejected(name, done, f"{Path(name).name}: {inside.rest}. Fetch the file again")
    else:
        yield from read_content(name, stream, gate)


def read_zip(
    name: str, stream: BinaryIO, gate: Gate | None = None, allowance: Allowance | None = None, depth: int = 0
) -> Iterator[ReadResult]:
    """Each member as a file of its own, named archive/member."""
    stream = stream if stream.seekable() and not depth else _set_down(stream)
    allowance = allowance or Allowance(0)
    with _opened(stream) as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        if "xl/workbook.xml" in names:
            _check_members(archive, allowance)
            if wrong := wrong_sheets(archive):
                yield Rejected(name, 0, f"{Path(name).name}: a spreadsheet of which {wrong}. Save it again as CSV")
                return
            stream.seek(0)
            yield from read_sheets(name, read_whole(stream))
            return
        if reader := archive_reader(names):
            _check_unique(names)
            yield from read_parts(
                name, reader, {Path(n).name: lambda n=n: _taken(archive, archive.getinfo(n), allowance) for n in names}
            )
            return
        overlaps = _overlapping(archive)
        members = [m for m in infos if not m.filename.endswith("/") and not described(m.filename)]
        if not members:
            yield Rejected(name, 0, f"{Path(name).name}: a zip archive without any file of records")
        for member in members:
            label = shown(member.filename)
            inside = f"{name}/{label}"
            if wrong := _refused(member, overlaps):
                yield Rejected(inside, 0, f"{label}: {wrong}")
                continue
            try:
                handle = _taken(archive, member, allowance)
            except DamagedError as error:
                yield Rejected(inside, 0, f"{label}: cannot be taken out of the zip archive: {error}")
                continue
            with handle:
                yield from read_stream(inside, handle, gate, allowance=allowance, depth=depth + 1)
            if allowance.spent:
                return


def _set_down(stream: BinaryIO) -> BinaryIO:
    """The rest of a stream where any place of it can be read."""
    whole = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - gone with the archive that is read from it
    shutil.copyfileobj(stream, whole, _BUFFER)
    whole.seek(0)
    return whole


def _opened(stream: BinaryIO) -> zipfile.ZipFile:
    """Raises DamagedError for what is no zip archive, TooLargeError for a directory of too many members."""
    try:
        archive = zipfile.ZipFile(stream)
    except (
        Exception
    ) as error:  # on foreign bytes the module fails in any way: struct.error, OSError, UnicodeDecodeError
        raise DamagedError(str(error) or type(error).__name__) from error
    if len(archive.filelist) > _MOST_MEMBERS:
        raise TooLargeError(f"an archive of {len(archive.filelist):,} members; at most {_MOST_MEMBERS:,} are taken in")
    return archive


def _taken(archive: zipfile.ZipFile, member: zipfile.ZipInfo, allowance: Allowance) -> BinaryIO:
    """A member, counted. Raises DamagedError where it cannot be taken out."""
    if member.flag_bits & _ENCRYPTED:
        raise DamagedError("it is encrypted and asks for a password. Unpack it yourself")
    try:
        handle = archive.open(member)
    except Exception as error:  # of an unknown method, a header elsewhere or of another member
        raise DamagedError(str(error) or type(error).__name__) from error
    return io.BufferedReader(Unpacked(handle.read1, allowance), _BUFFER)


def _refused(member: zipfile.ZipInfo, overlaps: set[int]) -> str:
    """Why a member is not even opened, or nothing."""
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a symbolic link, not a file. Links are never followed: put the file itself into the archive"
    if id(member) in overlaps:
        return "its data reach into those of another member, as no real archive has it. Fetch the file again"
    if member.file_size > _SMALL and member.file_size > RATIO * member.compress_size:
        times = member.file_size // max(1, member.compress_size)
        return f"would unpack to {member.file_size >> 20:,} MB, {times:,} times its size: no file of records does that"
    return ""


def _overlapping(archive: zipfile.ZipFile) -> set[int]:
    """The `id`s of members whose data reach into the next member or into the directory."""
    found = set()
    members = sorted(archive.filelist, key=lambda member: member.header_offset)
    ends = [*(member.header_offset for member in members[1:]), archive.start_dir]
    for member, end in zip(members, ends, strict=False):  # an empty archive has one end
        if member.header_offset + _LOCAL_HEADER + len(member.orig_filename) + member.compress_size > end:
            found.add(id(member))
    return found


def _check_members(archive: zipfile.ZipFile, allowance: Allowance) -> None:
    """Unpack every member once, so that a library that unpacks them by itself meets no surprise."""
    for member in archive.filelist:
        with _taken(archive, member, allowance) as handle:
            while handle.read(_BUFFER):
                pass


def _check_unique(names: list[str]) -> None:
    """Raises DamagedError for an archive with two tables of one name, of which only one could be read."""
    tables = [Path(name).name for name in names if not name.endswith("/")]
    if twice := [name for name in tables if tables.count(name) > 1]:
        raise DamagedError(f"{twice[0]} stands there more than once")


def described(member: str) -> bool:
    """True for files that describe data, and hidden ones."""
    if "/" not in member and "\\" not in member:
        return _ASIDE.fullmatch(member) is not None
    return any(_ASIDE.fullmatch(part) for part in re.split(r"[/\\]", member))
