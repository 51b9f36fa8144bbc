"""Registers: one module per register or page layout, each turning raw text into `TrialRecord`. Structure, no language.

To add one, write `registries/<key>.py` with `recognises` (from content, never from a file name), `parse_...` and
`ACCEPTS`, and list it below.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from trialkit.registries import ctgov, medpath, veeva


class Reader(NamedTuple):
    """How one kind of input is known and read. What `recognises` and `parse` get depends on `unit`:

    - `json`: one JSON object (bytes), both.
    - `text`: the whole text; `parse` gets it too, or each part that `split` cuts it into.
    - `table`: the column names; `parse` gets one row, column name -> text, blanks left out.
    - `xml`: the root element's name; `parse` gets each `element`, an lxml element.
    - `archive`: the member names; `parse` gets member name -> opener and yields records, or a text that says what is
      wrong with one.

    `parse` raises ValueError with what was found and what was expected; that costs its record, nothing else.
    """

    unit: Literal["json", "text", "table", "xml", "archive"]
    recognises: Callable[[Any], bool]
    parse: Callable[[Any], Any]
    accepts: str
    element: str = ""
    split: Callable[[str], list[str]] | None = None


READERS: dict[str, Reader] = {
    "ctgov": Reader("json", ctgov.recognises, ctgov.parse_study, ctgov.ACCEPTS),
    "medpath": Reader("text", medpath.recognises, medpath.parse_page, medpath.ACCEPTS),
    "veeva": Reader("text", veeva.recognises, veeva.parse_page, veeva.ACCEPTS),
}
