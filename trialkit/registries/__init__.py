"""Registers: one module per register or page layout, each turning raw text into `TrialRecord`. Structure, no language.

To add one, write `registries/<key>.py` with `recognises` (from content, never from a file name), `parse_...` and
`ACCEPTS`, and list it below.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from trialkit.record import TrialRecord
from trialkit.registries import ctgov, medpath, veeva


class Reader(NamedTuple):
    """How one kind of input is known and read. `unit`: both functions get one JSON object (bytes), or one text."""

    unit: Literal["json", "text"]
    recognises: Callable[[Any], bool]
    parse: Callable[[Any], TrialRecord]
    accepts: str


READERS: dict[str, Reader] = {
    "ctgov": Reader("json", ctgov.recognises, ctgov.parse_study, ctgov.ACCEPTS),
    "medpath": Reader("text", medpath.recognises, medpath.parse_page, medpath.ACCEPTS),
    "veeva": Reader("text", veeva.recognises, veeva.parse_page, veeva.ACCEPTS),
}
