"""Cut XML into the elements that hold one trial each, as they stream by. Hostile XML is refused or harmless.

An inline DOCTYPE is allowed (IRCT writes one) but nothing it declares is expanded, loaded or fetched.
"""

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

from lxml import etree

Element = etree._Element

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
    except etree.XMLSyntaxError:
        return None
    return name if name and name.lower() != "html" else None


def xml_elements(stream: BinaryIO, name: str) -> Iterator[Element]:
    """Every element called `name`, whole, one at a time; the tree before it is freed.

    Raises ValueError with the line where the XML breaks; the elements before it have come out by then.
    """
    events = etree.iterparse(
        stream, events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        for _, element in events:
            if local_name(element) == name:
                yield element
                element.clear(keep_tail=False)
                while element.getprevious() is not None and element.getparent() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not valid XML ({error.msg})") from error


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
