"""Texts of records inside a chart: made such that they can only be read."""

import re
from collections.abc import Iterator
from typing import Any

# What no XML may hold: a text with one of them ends the process that draws it, not only the drawing.
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile(r"[\u2028\u2029]")  # end a line of code, and so a text in it
# Names that every object of JavaScript knows: Vega takes such a text for a name of its own and draws nothing.
_KNOWN_NAMES = re.compile(
    "__(?:proto|(?:define|lookup)[GS]etter)__|constructor|hasOwnProperty|isPrototypeOf|propertyIsEnumerable"
    "|to(?:Locale)?String|valueOf"
)


def make_harmless(spec: dict[str, Any]) -> dict[str, Any]:
    """The specification with texts that can only be read: they end no drawing, and link to nothing but http(s).

    Characters that no SVG can hold become U+FFFD, line separators blanks; a text that is a name of JavaScript gets an
    invisible character behind it; addresses of another scheme in a column that marks link to become null.
    """
    links = set(_link_columns(spec))

    def text(words: str) -> str:
        plain = _LINE_ENDS.sub(" ", _NOT_IN_XML.sub("\ufffd", words))
        return f"{plain}\u2060" if _KNOWN_NAMES.fullmatch(plain) else plain

    def clean(node: Any) -> Any:
        if isinstance(node, str):
            return text(node)
        if isinstance(node, list):
            return [clean(item) for item in node]
        if not isinstance(node, dict):
            return node
        return {text(key): link(value) if key in links else clean(value) for key, value in node.items()}

    def link(value: Any) -> Any:
        address = isinstance(value, str) and not value.startswith(("https://", "http://"))
        return None if address else clean(value)

    return clean(spec)


def _link_columns(node: Any) -> Iterator[str]:
    """The columns of the data that marks link to."""
    if isinstance(node, dict):
        target = node.get("href")
        if isinstance(target, dict) and isinstance(target.get("field"), str):
            yield target["field"]
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        if isinstance(value, dict | list):
            yield from _link_columns(value)
