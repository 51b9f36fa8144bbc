"""Registers: one module per register or page layout, each turning raw text into `TrialRecord`. Structure, no language.

To add one, write `registries/<key>.py` with `recognises` (from content, never from a file name), `parse_...` and
`ACCEPTS`, and list it below.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from trialkit.registries import (
    aact,
    ctgov,
    ctgov_classic,
    ctgov_search_xml,
    ctgov_table,
    ctgov_xml,
    ctis,
    ctri,
    euctr,
    ictrp,
    isrctn,
    medpath,
    veeva,
)


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
    complete: bool = True  # False: what the form leaves empty may stand in the register
    split: Callable[[str], list[str]] | None = None
    outline: Callable[[bytes], tuple[str, bytes]] | None = None  # register number and free text, for a gate: see ctgov


READERS: dict[str, Reader] = {
    "aact": Reader("archive", aact.recognises, aact.parse, aact.ACCEPTS),
    "ctgov": Reader("json", ctgov.recognises, ctgov.parse_study, ctgov.ACCEPTS, outline=ctgov.outline),
    "ctgov_full": Reader("json", ctgov_classic.recognises_full, ctgov_classic.parse_full, ctgov_classic.ACCEPTS_FULL),
    "ctgov_fields": Reader(
        "json",
        ctgov_classic.recognises_fields,
        ctgov_classic.parse_fields,
        ctgov_classic.ACCEPTS_FIELDS,
        complete=False,
    ),
    "ctgov_table": Reader("table", ctgov_table.recognises, ctgov_table.parse_row, ctgov_table.ACCEPTS, complete=False),
    "ctgov_xml": Reader("xml", ctgov_xml.recognises, ctgov_xml.parse_study, ctgov_xml.ACCEPTS, ctgov_xml.ELEMENT),
    "ctgov_search_xml": Reader(
        "xml",
        ctgov_search_xml.recognises,
        ctgov_search_xml.parse_study,
        ctgov_search_xml.ACCEPTS,
        ctgov_search_xml.ELEMENT,
        complete=False,
    ),
    "ctis": Reader("json", ctis.recognises, ctis.parse_trial, ctis.ACCEPTS),
    "ctri": Reader("text", ctri.recognises, ctri.parse_page, ctri.ACCEPTS, split=ctri.split),
    "euctr": Reader("text", euctr.recognises, euctr.parse_entry, euctr.ACCEPTS, split=euctr.split),
    "euctr_json": Reader("json", euctr.recognises_json, euctr.parse_json, euctr.ACCEPTS_JSON, complete=False),
    "ictrp_table": Reader("table", ictrp.recognises_table, ictrp.parse_row, ictrp.ACCEPTS, complete=False),
    "ictrp_xml": Reader("xml", ictrp.recognises_xml, ictrp.parse_trial, ictrp.ACCEPTS_XML, "Trial", complete=False),
    "isrctn": Reader("xml", isrctn.recognises, isrctn.parse_trial, isrctn.ACCEPTS, isrctn.ELEMENT),
    "isrctn_json": Reader("json", isrctn.recognises_json, isrctn.parse_json, isrctn.ACCEPTS_JSON, complete=False),
    "medpath": Reader("text", medpath.recognises, medpath.parse_page, medpath.ACCEPTS, complete=False),
    "veeva": Reader("text", veeva.recognises, veeva.parse_page, veeva.ACCEPTS, complete=False),
    "who_xml": Reader("xml", ictrp.recognises_who, ictrp.parse_who, ictrp.ACCEPTS_WHO, "trial", complete=False),
}
