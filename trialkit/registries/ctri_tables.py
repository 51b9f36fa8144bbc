"""The tables inside a CTRI page: secondary numbers, conditions, interventions, outcomes, and labelled fields.

A table's header is printed even when the table is empty; its words are never values.
"""

import re
from collections.abc import Iterator
from typing import Literal

from trialkit.record import Intervention, Outcome
from trialkit.registries import wording
from trialkit.registries.ctri_rows import Row

_NOTHING = {"na", "n/a", "none", "not applicable", "nil"}
_KINDS = {"patients", "healthy human volunteers", "human volunteers", "healthy volunteers"}
_ROLES = {"intervention", "comparator agent"}
_CODE = r"[A-Z]\d[\w.]{0,6}"
_CONDITION = re.compile(
    rf"(?:\(\d{{1,2}}\)\s*)?(?:ICD-10 Condition\s*:\s*(?:{_CODE}\s*\|{{1,2}}\s*)?"
    rf"|Health Condition \d{{1,2}}\s*:\s*(?:(?:null|{_CODE})-\s*)?)"
)


def plain(text: str) -> str:
    """Text as people read it: entities and `<br/ ><br>` undone, lines trimmed, empty ones left out."""
    lines = (
        wording.break_lines(wording.plain_text(text)).split("\n") if "<" in text or "&" in text else text.split("\n")
    )
    return "\n".join(kept for line in lines if (kept := line.strip(" \t\xa0")))


def _says_nothing(text: str) -> bool:
    return wording.is_missing(text) or text.strip(" .").lower() in _NOTHING


def fields_of(rows: list[Row], names: tuple[str, ...]) -> dict[str, str]:
    """Field -> its text, for a block of `name  value` rows or of names with the value on the lines below."""
    found: dict[str, list[str]] = {}
    here: list[str] = []
    for row in rows:
        name, cells = row.cells[0].strip(" :"), row.cells
        if name in names and name not in found:
            here, cells = found.setdefault(name, []), row.cells[1:]
        here.append(" ".join(filter(None, cells)))
    texts = {name: plain("\n".join(lines)) for name, lines in found.items()}
    return {name: text for name, text in texts.items() if not wording.is_missing(text)}


def _body(rows: list[Row], header: set[str]) -> tuple[list[Row], bool]:
    """The rows without the header, and whether the header stood on several lines: one cell a line."""
    is_header = [all(cell.strip().lower() in header for cell in row.cells if cell) for row in rows]
    body = [row for row, above in zip(rows, is_header, strict=True) if not above]
    return body, any(above and len(row.cells) == 1 for row, above in zip(rows, is_header, strict=True))


def read_ids(rows: list[Row]) -> list[str]:
    """The secondary numbers as printed. What has no digit is no number: their kinds, "Not registered elsewhere"."""
    body, _ = _body(rows, {"secondary id", "identifier", "registry"})
    found = [" ".join(row.cells[:-1]) if len(row.cells) > 1 else row.cells[0] for row in body]
    numbers = [plain(number).replace("\n", " ") for number in found if re.search(r"\d", number)]
    return list(dict.fromkeys(numbers))


def read_conditions(rows: list[Row]) -> tuple[list[str], set[str], str]:
    """The conditions, the kinds of participants (lower case), and the words as printed where they were changed."""
    kinds: set[str] = set()
    found: list[str] = []
    goes_on = False
    for row in _body(rows, {"health type", "condition"})[0]:
        cells = row.cells
        if cells[0].strip().lower() in _KINDS:
            kinds.add(cells[0].strip().lower())
            cells, goes_on = cells[1:], False
        words = plain(" ".join(filter(None, cells))).replace("\n", " ")
        if goes_on:
            found[-1] += f" {words}"
        elif words:
            found.append(words)
        goes_on = bool(found) and bool(words) and not row.ends
    pieces = [piece.strip(" ,;") for words in found for piece in _CONDITION.split(words)]
    pieces = [piece for piece in pieces if not _says_nothing(piece)]
    changed = pieces != [words for words in found if not _says_nothing(words)]
    return list(dict.fromkeys(pieces)), kinds, "\n".join(found) if changed else ""


def read_interventions(rows: list[Row]) -> list[Intervention]:
    """The interventions and comparators; a row begins with the word for its role."""
    found: list[list[str]] = []
    for row in _body(rows, {"type", "name", "details"})[0]:
        cells = [cell for cell in row.cells if cell] if len(row.cells) != 3 else row.cells
        if cells[0].strip().lower() in _ROLES:
            found.append(cells[1:])
        elif found and (len(found[-1]) == 1 and len(cells) > 1):  # the name goes on, then the details begin
            found[-1] = [f"{found[-1][0]} {cells[0]}", *cells[1:]]
        elif found:
            found[-1].append(("\n" if len(found[-1]) > 1 else "") + " ".join(cells))
    items = []
    for name, *details in (cells for cells in found if cells):
        name, text = plain(name).replace("\n", " "), plain(" ".join(details))
        name, text = ("" if _says_nothing(words) else words for words in (name, text))
        if name or text:
            items.append(Intervention(name=name, description=text or None))
    return items


def read_outcomes(rows: list[Row], role: Literal["primary", "secondary"]) -> list[Outcome]:
    """The outcomes of one role; a measure and its time points are joined only where the rows show that they belong."""
    pairs = []
    for measure, time_frame in _pairs(*_body(rows, {"outcome", "timepoints", "timepoint", "time points"})):
        measure, time_frame = plain(measure), plain(time_frame)
        if not _says_nothing(measure):
            pairs.append((measure, None if _says_nothing(time_frame) else time_frame))
    return [
        Outcome(role=role, position=n, measure=measure, time_frame=time_frame)
        for n, (measure, time_frame) in enumerate(pairs)
    ]


def _pairs(rows: list[Row], alone: bool) -> Iterator[tuple[str, str]]:
    shown = any(row.ends for row in rows)
    if not shown and not (all(len(row.cells) > 1 for row in rows) or (alone and len(rows) == 2)):
        yield _joined(rows), ""
        return
    groups = list(_groups(rows)) if shown else [[row] for row in rows]
    if alone and all(len(row.cells) == 1 for row in rows):
        cells = [_joined(group) for group in groups]
        if len(cells) % 2:
            yield "\n".join(cells), ""
        else:
            yield from zip(cells[::2], cells[1::2], strict=True)
        return
    for group in groups:
        wide = [n for n, row in enumerate(group) if len(row.cells) > 1]
        if len(wide) != 1:
            yield _joined(group), ""
            continue
        *measure, time_frame = group[wide[0]].cells
        above, below = _joined(group[: wide[0]]), _joined(group[wide[0] + 1 :])
        yield f"{above}\n{' '.join(measure)}", f"{time_frame}\n{below}"


def _groups(rows: list[Row]) -> Iterator[list[Row]]:
    """The lines of one table row each."""
    group: list[Row] = []
    for row in rows:
        group.append(row)
        if row.ends:
            yield group
            group = []
    if group:
        yield group


def _joined(rows: list[Row]) -> str:
    return "\n".join(" ".join(row.cells) for row in rows)
