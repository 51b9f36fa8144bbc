"""One opened file to records: undo gzip, Zstandard, bzip2, xz and zip, also inside one another, known by their first bytes.

Zip members are read one by one, so memory stays flat.
"""

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

from trialkit.registries.contents import (
    Gate,
    ReadResult,
    Rejected,
    archive_reader,
    read_content,
    read_parts,
    read_sheets,
)

_BUFFER = 1 << 18
_ASIDE = re.compile(r"(\..*|__MACOSX|(SOURCE|README|MANIFEST|LICENSE|LICENCE)(\.[^/]*)?)", re.I)
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, zstandard.ZstdError)
# What zipfile says of a directory with wrong versions, places and names in it; RuntimeError: it asks for a password.
_WRONG_DIRECTORY = (*_DAMAGE, NotImplementedError, RuntimeError, OSError, ValueError)


def read_stream(name: str, raw: io.RawIOBase | io.BufferedIOBase, gate: Gate | None = None) -> Iterator[ReadResult]:
    """The records of one opened stream; damage met on the way ends it with one `Rejected`.

    With a gate, entries that cannot hold its words may come as `NotSelected` already; the others are still to be asked.
    """
    done = 0
    try:
        stream = io.BufferedReader(raw, _BUFFER)
        for result in _unpack(name, stream, gate):
            done += 1
            yield result
    except _DAMAGE as error:
        yield _damaged(name, done, error)


def _damaged(name: str, done: int, error: Exception) -> Rejected:
    what = f"damaged or cut off after {done} records ({error or type(error).__name__})"
    return Rejected(name, done, f"{Path(name).name}: {what}. Fetch the file again")


def _unpack(name: str, stream: io.BufferedReader, gate: Gate | None) -> Iterator[ReadResult]:
    magic = stream.peek(6)[:6]
    unpack = next((opener for mark, opener in _UNPACKERS.items() if magic.startswith(mark)), None)
    if magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from read_zip(name, stream, gate)
    elif unpack:
        yield from _unpack(name, io.BufferedReader(unpack(stream), _BUFFER), gate)
    else:
        yield from read_content(name, stream, gate)


class _ZstdStream(io.RawIOBase):
    """Zstandard data as a readable stream; data that end inside a frame raise EOFError, as gzip's do."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._waiting = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        while not self._waiting:
            if self._frame.eof:
                data = self._frame.unused_data or self._source.read1(_BUFFER)
                if not data:
                    return 0
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            elif not (data := self._source.read1(_BUFFER)):
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            self._waiting = self._frame.decompress(data)
        n = min(len(buffer), len(self._waiting))
        buffer[:n], self._waiting = self._waiting[:n], self._waiting[n:]
        return n


_UNPACKERS = {
    b"\x1f\x8b": gzip.open,
    b"\x28\xb5\x2f\xfd": _ZstdStream,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}


def read_zip(name: str, stream: io.BufferedReader, gate: Gate | None = None) -> Iterator[ReadResult]:
    """Each member as a file of its own, named archive/member."""
    stream = stream if stream.seekable() else io.BytesIO(stream.read())
    try:
        archive = zipfile.ZipFile(stream)
    except _WRONG_DIRECTORY as error:
        yield _damaged(name, 0, error)
        return
    with archive:
        names = archive.namelist()
        if "xl/workbook.xml" in names:
            archive.close()
            stream.seek(0)
            yield from read_sheets(name, stream.read())
            return
        if reader := archive_reader(names):
            yield from read_parts(name, reader, {Path(n).name: lambda n=n: archive.open(n) for n in names})
            return
        members = [m for m in archive.infolist() if not m.is_dir() and not described(m.filename)]
        if not members:
            yield Rejected(name, 0, f"{Path(name).name}: a zip archive without any file of records")
        for member in members:
            inside = f"{name}/{member.filename}"
            try:
                handle = archive.open(member)
            except _WRONG_DIRECTORY as error:
                yield Rejected(inside, 0, f"{member.filename}: cannot be taken out of the zip archive: {error}")
                continue
            with handle:
                yield from read_stream(inside, handle, gate)


def described(member: str) -> bool:
    """True for files that describe data, and hidden ones."""
    if "/" not in member:
        return _ASIDE.fullmatch(member) is not None
    return any(_ASIDE.fullmatch(part) for part in member.split("/"))
