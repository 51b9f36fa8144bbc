"""Open whatever people have (files, folders, archives), recognise it from its content, and stream the records out.

Nothing is lost on the way: every input record comes out exactly once, as a `TrialRecord` or as a `Rejected` with the
reason. Compressed data (gzip, Zstandard, bzip2, xz, zip, also inside one another) are known by their first bytes.
JSON Lines and zip members are read one by one, so memory stays flat; one JSON array or page is read at once.
"""

import bz2
import gzip
import io
import logging
import lzma
import re
import tomllib
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import zstandard

from trialkit.registries.contents import ReadResult, Rejected, archive_reader, read_content, read_parts, read_sheets

__all__ = ["ReadResult", "Rejected", "read_inputs"]

log = logging.getLogger(__name__)

_BUFFER = 1 << 18
_TABLE = ".txt"  # ending of the tables of an unpacked dump; what lies beside them is read by itself
_ASIDE = re.compile(r"(\..*|__MACOSX|(SOURCE|README|MANIFEST|LICENSE|LICENCE)(\.[^/]*)?)", re.I)
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, zstandard.ZstdError)


def read_inputs(paths: Iterable[Path | str]) -> Iterator[ReadResult]:
    """Every record of the given files and folders, in order; what gave no record comes as `Rejected` with its reason.

    `source_file` is the path as given (below a folder: folder/file; inside a zip: archive/member; of a dump of
    several tables its archive or folder). In folders and zip archives the files that describe data (SOURCE, README,
    MANIFEST, LICENSE) and hidden ones are passed over; a file named here itself is always read. Raises
    FileNotFoundError at once, before anything is read, for a path that is not there.
    """
    given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if missing := [str(path) for path in given if not path.exists()]:
        raise FileNotFoundError(
            f"no such file or folder: {', '.join(missing)}. Expected files or folders of trial records"
        )
    return (result for path in given for result in _read_path(path))


def _read_path(path: Path) -> Iterator[ReadResult]:
    if not path.is_dir():
        yield from _read_file(path)
        return
    files = [file for file in sorted(path.rglob("*")) if file.is_file()]
    kept = [file for file in files if not _described(file.relative_to(path).as_posix())]
    if passed_over := len(files) - len(kept):
        log.info("%s: %d files that describe the data or are hidden were passed over", path, passed_over)
    if not kept:
        yield Rejected(path.as_posix(), 0, f"{path}: a folder without any file of records")
    dated: dict[Path, str | None] = {}
    for folder, results in _opened(kept):
        if folder not in dated:
            dated[folder] = _state_date(folder)
        for result in results:
            yield _dated(result, dated[folder])


def _opened(files: list[Path]) -> Iterator[tuple[Path, Iterator[ReadResult]]]:
    """The results of each file, with its folder; those of an unpacked dump, in the place of its first table, as one."""
    folders: dict[Path, list[Path]] = {}
    for file in files:
        folders.setdefault(file.parent, []).append(file)
    dumps = {folder: archive_reader([file.name for file in inside]) for folder, inside in folders.items()}
    for file in files:
        reader = dumps[file.parent]
        if not reader or file.suffix.lower() != _TABLE:
            yield file.parent, _read_file(file)
        elif tables := [other for other in folders.pop(file.parent, ()) if other.suffix.lower() == _TABLE]:
            members = {table.name: partial(table.open, "rb") for table in tables}
            yield file.parent, read_parts(file.parent.as_posix(), reader, members)


def _state_date(folder: Path) -> str | None:
    """The `data_version` that a folder's SOURCE.toml names, as an ISO date; None where none is told."""
    try:
        told = tomllib.loads((folder / "SOURCE.toml").read_text(encoding="utf-8")).get("data_version")
    except (OSError, ValueError):
        return None
    found = re.match(r"\d{4}(?:-\d{2}){0,2}", str(told or ""))
    return found[0] if found else None


def _dated(result: ReadResult, state: str | None) -> ReadResult:
    if state is None or isinstance(result, Rejected) or result.source_date:
        return result
    return msgspec.structs.replace(result, source_date=state)


def _read_file(path: Path) -> Iterator[ReadResult]:
    try:
        handle = path.open("rb")
    except OSError as error:
        yield Rejected(path.as_posix(), 0, f"{path.name}: cannot be opened: {error.strerror}")
        return
    with handle:
        yield from _read_stream(path.as_posix(), handle)


def _read_stream(name: str, raw: io.RawIOBase | io.BufferedIOBase) -> Iterator[ReadResult]:
    """The records of one opened stream; damage met on the way ends it with one `Rejected`."""
    done = 0
    try:
        stream = io.BufferedReader(raw, _BUFFER)
        for result in _unpack(name, stream):
            done += 1
            yield result
    except _DAMAGE as error:
        what = f"damaged or cut off after {done} records ({error or type(error).__name__})"
        yield Rejected(name, done, f"{Path(name).name}: {what}. Fetch the file again")


def _unpack(name: str, stream: io.BufferedReader) -> Iterator[ReadResult]:
    magic = stream.peek(6)[:6]
    unpack = next((opener for mark, opener in _UNPACKERS.items() if magic.startswith(mark)), None)
    if magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _read_zip(name, stream)
    elif unpack:
        yield from _unpack(name, io.BufferedReader(unpack(stream), _BUFFER))
    else:
        yield from read_content(name, stream)


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


def _read_zip(name: str, stream: io.BufferedReader) -> Iterator[ReadResult]:
    """Each member as a file of its own, named archive/member."""
    stream = stream if stream.seekable() else io.BytesIO(stream.read())
    with zipfile.ZipFile(stream) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" in names:
            archive.close()
            stream.seek(0)
            yield from read_sheets(name, stream.read())
            return
        if reader := archive_reader(names):
            yield from read_parts(name, reader, {Path(n).name: lambda n=n: archive.open(n) for n in names})
            return
        members = [m for m in archive.infolist() if not m.is_dir() and not _described(m.filename)]
        if not members:
            yield Rejected(name, 0, f"{Path(name).name}: a zip archive without any file of records")
        for member in members:
            inside = f"{name}/{member.filename}"
            try:
                handle = archive.open(member)
            except (*_DAMAGE, NotImplementedError, RuntimeError) as error:  # RuntimeError: it asks for a password
                yield Rejected(inside, 0, f"{member.filename}: cannot be taken out of the zip archive: {error}")
                continue
            with handle:
                yield from _read_stream(inside, handle)


def _described(member: str) -> bool:
    return any(_ASIDE.fullmatch(part) for part in member.split("/"))
