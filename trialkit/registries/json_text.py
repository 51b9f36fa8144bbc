"""Cut a JSON text into its studies: one object, an array, a page of an API, or JSON Lines, whatever it is.

JSON Lines are read line by line, so memory stays flat and a broken line costs only itself.
"""

import codecs
import itertools
import json
import logging
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

import msgspec

from trialkit.registries.unpacking import MOST_AT_ONCE, check_size, read_whole

log = logging.getLogger(__name__)

_BLANK = b"\xef\xbb\xbf \t\r\n"
_HALF = re.compile(  # of a surrogate pair, alone
    rb"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]"
)
_MOST_DIGITS = 19  # of numbers below, all fit into 64 bits
_PAGES = (("studies",), ("FullStudiesResponse", "FullStudies"), ("StudyFieldsResponse", "StudyFields"))
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Entry(NamedTuple):
    """One JSON value of a file and where it stands, in words; `error` when the text there is not JSON."""

    data: bytes
    where: str
    error: str = ""


def json_entries(stream: BinaryIO, name: str, known: Callable[[bytes], bool]) -> Iterator[Entry]:
    """The studies of one JSON text: of JSON Lines line by line, of an array or page each element, else the whole."""
    rest = _lines(stream)
    first = next((line for line in rest if line.strip(_BLANK)), b"")
    lines: Iterable[bytes] = itertools.chain([first], rest)
    if _sound(first)[1]:
        data = first + read_whole(stream)
        lines = data.splitlines()
        if not _json_error(data) or not any(known(line) and not _sound(line)[1] for line in lines):
            text, is_utf8 = as_text(data)
            if not is_utf8:
                warn_of_encoding(name)
            yield from _elements(text.encode(), "")
            return
    said = False
    for number, line in enumerate(lines, 1):
        if line.strip(_BLANK):
            text, is_utf8 = as_text(line)
            if not (is_utf8 or said):
                warn_of_encoding(name)
                said = True
            yield from _elements(text.encode(), f" line {number}")


def _elements(data: bytes, where: str) -> Iterator[Entry]:
    """The studies of one JSON value: each element of an array or of a page's list, else the value itself."""
    data, error = _sound(data)
    if error:
        yield Entry(data, where, error)
        return
    if data.lstrip().startswith(b"["):
        studies = msgspec.json.decode(data, type=list[msgspec.Raw])
    elif page := _page(data):
        studies = msgspec.json.decode(page, type=list[msgspec.Raw]) if page.startswith(b"[") else [msgspec.Raw(page)]
    else:
        yield Entry(data, where)
        return
    for n, study in enumerate(studies, 1):
        yield Entry(bytes(study), f"{where} study {n}")


def _page(data: bytes) -> bytes:
    """What stands in the place where an API keeps the studies of a page (its counts may be wrong), or nothing."""
    for path in _PAGES:
        value = data if f'"{path[-1]}"'.encode() in data else b""
        for key in path:
            value = bytes(_decode_object(value).get(key, b"")) if value.lstrip().startswith(b"{") else b""
        if value:
            return value.strip()
    return b""


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    while line := stream.readline(MOST_AT_ONCE + 1):
        check_size(len(line))
        yield line


def _sound(data: bytes) -> tuple[bytes, str]:
    """JSON that can be read, mended where that is needed, and what is wrong with it all the same."""
    error = _json_error(data)
    if not error and not ((b"\\ud" in data or b"\\uD" in data) and _HALF.search(data)):
        return data, ""
    try:
        return mended(data), ""
    except (ValueError, RecursionError):
        return data, error


def mended(data: bytes) -> bytes:
    """JSON without what only lenient programs write. Raises ValueError or RecursionError for what even they do not.

    NaN, infinity and numbers that do not fit into 64 bits become null, halves of surrogate pairs U+FFFD, and control
    characters inside a text what they stand for.
    """
    value = json.loads(
        as_text(data)[0], parse_constant=lambda _: None, parse_float=_finite, parse_int=_whole, strict=False
    )
    return whole_text(json.dumps(value, ensure_ascii=False)).encode()


def _finite(digits: str) -> float | None:
    return value if math.isfinite(value := float(digits)) else None


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits.lstrip("-")) < _MOST_DIGITS else None


def _json_error(data: bytes) -> str:
    """What is wrong with a JSON text, or nothing."""
    try:
        msgspec.json.decode(data.removeprefix(codecs.BOM_UTF8), type=msgspec.Raw)
    except msgspec.MsgspecError as error:
        return str(error)
    except RecursionError:
        return "values nested far deeper than any record"
    return ""


def as_text(data: bytes) -> tuple[str, bool]:
    """Bytes as text, and whether they were UTF-8 (with or without its mark); what is not is read as Windows-1252."""
    try:
        return data.decode("utf-8-sig"), True
    except UnicodeDecodeError:
        pass
    try:
        return whole_text(data.decode("utf-8", "surrogatepass").removeprefix("\ufeff")), True
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), False
    except UnicodeDecodeError:
        return data.decode("latin-1"), False


def begins_as_utf8(head: bytes) -> bool:
    """Whether the first bytes of a content are UTF-8; they may end within a character."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def whole_text(text: str) -> str:
    """The text with the two halves of a surrogate pair as one character, and a half that stands alone as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def warn_of_encoding(name: str) -> None:
    """Say once that a file was read as Western European text."""
    log.warning("%s: not valid UTF-8, read as Windows-1252 (Latin-1); check its accents and signs", name)
