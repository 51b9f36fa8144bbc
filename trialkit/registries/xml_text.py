"""Cut XML into the elements that hold one trial each, as they stream by. Hostile XML is refused or harmless.

An inline DOCTYPE is allowed (IRCT writes one) but nothing it declares is expanded, loaded or fetched.
"""

import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from lxml import etree

Element = etree._Element

_MOST_ELEMENTS = 1_000_000  # in one record, or between two; a real one has some thousand
_LONGEST_REFERENCE = 48  # bytes
_REFERENCE = re.compile(rb"&#(?:x([0-9a-fA-F]{1,40})|([0-9]{1,40}));")
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # of a surrogate pair, as UTF-8 must not have it
_OTHER_ENCODING = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-?8)", re.I)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f]")  # ESC is part of some encodings

# Names of elements are compared without their namespace.


def local_name(element: Element) -> str:
    """The tag without its namespace; comments and processing instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def root_name(head: bytes) -> str | None:
    """The root element's name of text that begins like XML, or None (HTML is no XML here)."""
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, recover=True)
    try:
        parser.feed(head)
        name = next((local_name(element) for _, element in parser.read_events()), None)
    except (etree.LxmlError, LookupError):
        return None
    return name if name and name.lower() != "html" else None


def xml_elements(stream: BinaryIO, name: str) -> Iterator[Element]:
    """Every element called `name`, whole, one at a time; the tree before it is freed.

    Raises ValueError with the line where the XML breaks; the elements before it have come out by then.
    """
    events = etree.iterparse(
        _Legal(stream), events=("end", "comment", "pi"), resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False,
    )  # fmt: skip
    n = 0
    try:
        for _, element in events:
            n += 1
            if n > _MOST_ELEMENTS:
                raise ValueError(f"more than {_MOST_ELEMENTS:,} elements without a whole <{name}>, so no more was read")
            if local_name(element) == name:
                n = 0
                yield element
                element.clear(keep_tail=False)
                while element.getprevious() is not None and element.getparent() is not None:
                    del element.getparent()[0]
    except (etree.LxmlError, LookupError) as error:  # LookupError: an encoding that nobody knows
        raise ValueError(f"not valid XML ({_told(events.error_log, error)})") from error


def xml_error(head: bytes) -> str:
    """What is wrong with text that claims to be XML, as far as it was read; nothing where that is not to be seen."""
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True)
    try:
        parser.feed(head)
    except (etree.LxmlError, LookupError) as error:
        return _told(parser.feed_error_log, error)
    return ""


def _told(log: etree._ListErrorLog, error: Exception) -> str:
    return f"line {log[0].line}: {log[0].message.strip()}" if len(log) else str(error)


class _Legal:
    """A stream without the characters that XML has no place for, which some registers export all the same."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._held = b""  # the begin of a reference, or of a character, maybe
        self._utf8: bool | None = None

    def read(self, n: int = -1) -> bytes:
        while fresh := self._source.read(n):
            data = self._held + fresh
            if self._utf8 is None:
                self._utf8 = not _OTHER_ENCODING.match(data)
            at = data.rfind(b"&", -_LONGEST_REFERENCE)
            at = at if at >= 0 else data.rfind(b"\xed", -2)
            self._held = data[at:] if at >= 0 else b""
            if data := data[: len(data) - len(self._held)]:
                return self._fit(data)
        rest, self._held = self._held, b""
        return self._fit(rest)

    def _fit(self, data: bytes) -> bytes:
        if b"&#" in data:
            data = _REFERENCE.sub(_reference, data)
        if self._utf8 and b"\xed" in data:
            data = _HALF.sub("\ufffd".encode(), data)
        return _CONTROLS.sub(b" ", data)


def _reference(found: re.Match[bytes]) -> bytes:
    code = int(found[1], 16) if found[1] else int(found[2])
    legal = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return found[0] if legal else b"&#xFFFD;"


def texts(element: Element, path: str) -> list[str]:
    """The texts found at `path` below an element, in order, blanks trimmed, empty ones left out."""
    found = ("".join(node.itertext()).strip() for node in _nodes(element, path))
    return [text for text in found if text]


def text(element: Element, path: str) -> str | None:
    """The first text at `path` ("sponsors/lead_sponsor/agency"), or None where there is none."""
    return next(iter(texts(element, path)), None)


def nodes(element: Element, path: str) -> list[Element]:
    """The elements at `path`, names without namespace."""
    return _nodes(element, path)


def _nodes(element: Element, path: str) -> list[Element]:
    here = [element]
    for step in path.split("/"):
        here = [child for node in here for child in node if local_name(child) == step]
    return here


def parsed(data: bytes, name: str, parse: Callable[[Element], object]) -> list[object]:
    """`parse` of every element called `name` in `data`: for tests and small files."""
    return [parse(element) for element in xml_elements(io.BytesIO(data), name)]
