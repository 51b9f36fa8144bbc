"""A saved CTRI page, as text or as HTML, to the rows of cells under each of its labels.

HTML says where a row and a cell end. Text does not: a tab or two blanks end a cell; a row ends at the end of a line, and
where a cell holds several lines, at the blank that the page prints behind every cell. A page saved without these
blanks, or with each cell on a line of its own, is read as far as it can be without guessing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree, html

CONTACT, _HEADING = "Details of Contact Person", "FULL DETAILS (Read-only)"
LABELS = frozenset({
    "CTRI Number", "Last Modified On", "Post Graduate Thesis", "Type of Trial", "Type of Study", "Study Design",
    "Public Title of Study", "Scientific Title of Study", "Trial Acronym", "Secondary IDs if Any", CONTACT,
    "Source of Monetary or Material Support", "Primary Sponsor", "Details of Secondary Sponsor",
    "Countries of Recruitment", "Sites of Study", "Details of Ethics Committee",
    "Regulatory Clearance Status from DCGI", "Health Condition / Problems Studied", "Intervention / Comparator Agent",
    "Inclusion Criteria", "Exclusion Criteria", "Method of Generating Random Sequence", "Method of Concealment",
    "Blinding/Masking", "Primary Outcome", "Secondary Outcome", "Target Sample Size", "Phase of Trial",
    "Date of First Enrollment (India)", "Date of First Enrollment (Global)", "Date of Study Completion (India)",
    "Date of Study Completion (Global)", "Estimated Duration of Trial", "Recruitment Status of Trial (Global)",
    "Recruitment Status of Trial (India)", "Publication Details",
    "Individual Participant Data (IPD) Sharing Statement", "Brief Summary",
})  # fmt: skip
_RUNNING = {"Inclusion Criteria", "Exclusion Criteria", "Publication Details", "Brief Summary"}
_PERSONS = {"Sites of Study", "Details of Ethics Committee"}
_ALSO = {"ExclusionCriteria": "Exclusion Criteria"}
_CONTACTS = ("Details of Principal Investigator", "Details of Contact Person", "Details Contact Person")
_FIELDS = (
    "Name", "Address", "Type of Sponsor", "Age From", "Age To", "Gender", "Details", "Patients",
    "Healthy Human Volunteers", "Intervention", "Comparator Agent", "Secondary ID", "Health Type", "Outcome", "Type",
)  # fmt: skip

_BLANKS = " \t\xa0"
_CELL_END, _LINE_END = "\x1f", "\v"  # what HTML becomes: marks no text holds
_GAP = re.compile(r"[ \xa0]*\t[ \xa0\t]*|[ \xa0]{2,}")
_IS_HTML = re.compile(r"<t[dr][\s>]", re.I)
_WHOLE = re.compile(r"</?(?:html|body)\b[^<>]*>|<!doctype[^<>]*>", re.I)  # behind the first </html> all would be lost
_SPACE = re.compile(r"[\s\xa0]+")
_RECORD = re.compile(r"^[ \t\xa0]*CTRI Number[\s\xa0:\x1f\v]*(?=CTRI/[\d/]{10,20}\s*\[)", re.M)
_NAMES = "|".join(re.escape(name) for name in sorted((*LABELS, *_ALSO, *_CONTACTS, *_FIELDS), key=len, reverse=True))
_TIGHT = re.compile(rf"^(?!(?:{_NAMES})[ ]*$)({_NAMES}):? (?=\S)", re.M)
_FIRST = re.compile(r"^[ \t\xa0]*CTRI Number\b", re.M)


class Row(NamedTuple):
    """The cells of one line or table row; `ends` when the source shows that the row ends here."""

    cells: list[str]
    ends: bool


def split(text: str) -> list[str]:
    """One part a trial: showallp.php prints several on a page. HTML comes out as text that keeps rows and cells."""
    text = _unified(text)
    starts = [m.start() for m in _RECORD.finditer(text)]
    ends = [*starts[1:], len(text)]
    return [text[a:b] for a, b in zip(starts, ends, strict=True)] if len(starts) > 1 else [text]


def sections(text: str) -> dict[str, list[Row]]:
    """Label -> the rows under it, the label's own row included when it has a value. A label counts once.

    Once more it is a word of a running text, and elsewhere what stands under it is left out: it belongs to no other
    label. Contact blocks come together under one label. Lines above the first label are left out.
    """
    found: dict[str, list[Row]] = {}
    here: list[Row] = []
    current = ""
    for row in _rows(_unified(text)):
        label, cells = _label(row.cells)
        if label and (label not in found or label == CONTACT):
            current, here = label, found.setdefault(label, [])
        elif label and current in _RUNNING and label not in _PERSONS:
            cells = row.cells
        elif label:
            current, here = label, []
        if any(cells) and cells != ["Modification(s)"]:
            here.append(Row(cells, row.ends))
    return found


def _label(cells: list[str]) -> tuple[str | None, list[str]]:
    """The label a row begins with and the cells behind it; (None, the cells) for any other row."""
    head, _, tail = cells[0].partition(":")
    words = _SPACE.sub(" ", head).strip().removesuffix("Modification(s)").strip()
    label = CONTACT if words.startswith(_CONTACTS) else _ALSO.get(words, words)
    if words.startswith(_HEADING):
        return _HEADING, []
    if label not in LABELS:
        return None, cells
    return label, [cell for cell in (tail.strip(), *cells[1:]) if cell]


def _unified(text: str) -> str:
    """HTML as text with marks; text with its line ends as `\\n` and, where it was saved tight, gaps behind its labels."""
    if _CELL_END in text:
        return text
    if _IS_HTML.search(text):
        return "\n".join(_html_rows(text))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first = _FIRST.search(text)
    return _TIGHT.sub(r"\1  ", text) if first and text.startswith(" CTRI/", first.end()) else text


def _rows(text: str) -> Iterator[Row]:
    for line in text.split("\n"):
        if _CELL_END in line:
            yield Row([cell.replace(_LINE_END, "\n") for cell in line.split(_CELL_END)[:-1]], True)
        elif kept := line.strip(_BLANKS):
            yield Row(_GAP.split(kept), line[-1] in _BLANKS)


def _html_rows(text: str) -> Iterator[str]:
    """Every table row of the page in order, tables inside a cell as rows of their own."""
    data = _WHOLE.sub("", text).encode("utf-8", "replace")
    try:
        page = html.document_fromstring(data, parser=html.HTMLParser(encoding="utf-8"))
    except etree.LxmlError as error:
        raise ValueError(f"not a CTRI page: HTML that cannot be read ({error})") from error
    for row in page.iter("tr"):
        cells = [_cell(cell) for cell in row if cell.tag in ("td", "th")]
        if any(cells):
            yield "".join(cell + _CELL_END for cell in cells)


def _cell(cell: html.HtmlElement) -> str:
    chunks: list[str] = []
    _collect(cell, chunks)
    lines = [line.strip(_BLANKS) for line in "".join(chunks).split("\n")]
    return _LINE_END.join(line for line in lines if line)


def _collect(node: html.HtmlElement, chunks: list[str]) -> None:
    """The text of a node without what tables inside it say; `<br>` and blocks begin a line."""
    chunks.append(_SPACE.sub(" ", node.text or ""))
    for child in node:
        if child.tag in ("br", "p", "div", "li"):
            chunks.append("\n")
        if isinstance(child.tag, str) and child.tag not in ("table", "script", "style"):
            _collect(child, chunks)
        chunks.append(_SPACE.sub(" ", child.tail or ""))
