"""Compressed data as streams that end where a file swells beyond what any file of records does.

Everything that comes out of one file given, at any depth, is counted against one `Allowance`. What a library says of
damaged data, in whatever way, becomes `DamagedError`.
"""

import bz2
import gzip
import io
import lzma
import re
from collections.abc import Callable
from typing import BinaryIO

import zstandard

RATIO = 200  # registers shrink by 4 to 30; 1,000 is what blanks do
FREE = 256 << 20  # bytes that may come out of the smallest file
MOST_AT_ONCE = 1 << 30  # bytes of one text that has to be in memory as a whole
DEEPEST = 5  # archives inside one another
_PIECE = 1 << 11  # bytes of Zstandard data at a time: they may swell to 64 MB
_CHUNK = 1 << 20
_ZSTD, _SKIPPED = b"\x28\xb5\x2f\xfd", b"\x2a\x4d\x18"  # of a frame of data; of one that is passed over


class DamagedError(ValueError):
    """Data that cannot be unpacked as they say of themselves."""


class TooLargeError(ValueError):
    """Data that unpack to more than is taken in."""


class Allowance:
    """How many bytes may still be unpacked of a file of `packed` bytes."""

    def __init__(self, packed: int) -> None:
        self.most = max(FREE, RATIO * packed)
        self._left = self.most

    @property
    def spent(self) -> bool:
        return self._left < 0

    def take(self, n: int) -> None:
        """Count `n` bytes. Raises TooLargeError where they are too many."""
        self._left -= n
        if self.spent:
            raise TooLargeError(
                f"unpacks to more than {self.most >> 20:,} MB, {RATIO} times its size or more: no file of records does "
                "that, so the rest was not read. Unpack it yourself if you trust it"
            )


class Unpacked(io.RawIOBase):
    """What `read` gives, counted. `rest` tells of bytes behind the compressed data, once all is read."""

    def __init__(self, read: Callable[[int], bytes], allowance: Allowance) -> None:
        self._read, self._allowance = read, allowance
        self._any = False
        self.rest = ""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        try:
            data = self._read(len(buffer))
        except (gzip.BadGzipFile, zstandard.ZstdError) as error:
            if not (self._any and re.search("Not a gzipped file|Unknown frame descriptor", str(error))):
                raise DamagedError(str(error)) from error
            self.rest, data = "bytes that are not compressed follow behind the data and were not read", b""
        except (DamagedError, TooLargeError):  # of a stream below this one
            raise
        except Exception as error:  # the unpackers of the standard library fail on foreign bytes in any way
            raise DamagedError(str(error) or type(error).__name__) from error
        self._any = self._any or bool(data)
        self._allowance.take(len(data))
        buffer[: len(data)] = data
        return len(data)


class _Zstd:
    """Zstandard data read piece by piece; data that end inside a frame raise EOFError, as gzip's do."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._waiting = memoryview(b"")

    def read(self, n: int) -> bytes:
        while not self._waiting:
            if self._frame.eof:
                data = self._frame.unused_data or self._source.read1(_PIECE)
                if not data:
                    return b""
                if not (_ZSTD.startswith(data[:4]) or data[1:4] == _SKIPPED):
                    raise zstandard.ZstdError("Unknown frame descriptor")
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            elif not (data := self._source.read1(_PIECE)):
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            self._waiting = memoryview(self._frame.decompress(data))
        found, self._waiting = self._waiting[:n], self._waiting[n:]
        return bytes(found)


_UNPACKERS: dict[bytes, Callable[[BinaryIO], Callable[[int], bytes]]] = {
    b"\x1f\x8b": lambda source: gzip.GzipFile(fileobj=source).read1,
    _ZSTD: lambda source: _Zstd(source).read,
    b"BZh": lambda source: bz2.BZ2File(source).read1,
    b"\xfd7zXZ\x00": lambda source: lzma.LZMAFile(source).read1,  # noqa: SIM115 - read to its end
}


def unpacked(magic: bytes, source: BinaryIO, allowance: Allowance) -> Unpacked | None:
    """The content of compressed data that begin with `magic`; None for data that are not compressed."""
    opener = next((opener for mark, opener in _UNPACKERS.items() if magic.startswith(mark)), None)
    return opener and Unpacked(opener(source), allowance)


def read_whole(stream: BinaryIO) -> bytes:
    """All that is left of a stream. Raises TooLargeError where that is more than should be in memory at once."""
    pieces, size = [], 0
    while piece := stream.read(_CHUNK):
        pieces.append(piece)
        size += len(piece)
        check_size(size)
    return b"".join(pieces)


def check_size(size: int) -> None:
    """Raise TooLargeError for a text of more bytes than should be in memory at once."""
    if size > MOST_AT_ONCE:
        raise TooLargeError(
            f"one text of more than {MOST_AT_ONCE >> 20:,} MB, which would have to be read at once. JSON Lines, one study "
            "a line, are read one by one"
        )
