"""The filled review table as decisions: read, checked as a whole, and put into a curation file."""

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from trialkit.curation import COLUMNS as CURATED
from trialkit.curation import Curation, check_curation, clip, plain_cell
from trialkit.curation_facts import Fact, curatable_facts
from trialkit.curation_rows import Row, Rows, find_place, list_places, read_value
from trialkit.export import write_table
from trialkit.frames import Frames
from trialkit.linking import normalise_id
from trialkit.prose import listing, plural
from trialkit.registries.table_text import sheet_rows, table_header, text_rows
from trialkit.review import COLUMNS, DECISIONS, rows_of

NEEDED = ("trial_id", "fact", "path", "about", "value", "why", "decision", "curated_value", "reason", "reviewer")
SHEET = "review"
_ACCEPTED = "Accepted as read"  # the reason of an accepted value where none is given
_SHOWN = 8  # places named in a message
_AS_WRITTEN = {"was": "value", "now": "curated_value"}  # column of a decision -> column of the table


class ReviewError(ValueError):
    """A review table that cannot be used; the message names rows and columns."""


class Line(NamedTuple):
    """One row of a filled table, and where it stands, in words."""

    cells: dict[str, str]
    where: str


class Decided(NamedTuple):
    """The decisions of a table, what to know about some of them, and how many rows nobody decided."""

    decisions: list[Curation]
    notes: list[str]
    open_rows: int


def read_review(file: Path | str) -> list[Line]:
    """The rows of a filled table, an .xlsx of `write_book` or a .csv with the same columns; other sheets are left out.

    Raises FileNotFoundError, and ReviewError for what is no such table.
    """
    file = Path(file)
    data = file.read_bytes()
    if data[:2] == b"PK":
        try:
            sheets = {name: (names, list(rows)) for name, names, rows in sheet_rows(data)}
        except ValueError as error:
            raise ReviewError(f"{file}: {error}") from None
        if SHEET not in sheets:
            raise ReviewError(f"{file} has no sheet {SHEET!r}; it has {listing(map(repr, sheets), 'none')}")
        names, entries = sheets[SHEET]
    else:
        text = _decoded(data)
        header = table_header(text)
        if header is None:
            raise ReviewError(f"{file} is no table; expected the columns {', '.join(NEEDED)}")
        names, entries = header[0], text_rows(io.StringIO(text, newline=""), header[1])
    if lacking := [name for name in NEEDED if name not in names]:
        raise ReviewError(f"{file}: no column {', '.join(lacking)}; expected {', '.join(COLUMNS)}")
    lines = []
    for entry in entries:
        where = entry.where.strip().removeprefix(f"sheet {SHEET!r} ")
        if entry.error:
            raise ReviewError(f"{file} {where}: {entry.error}")
        lines.append(Line({name: plain_cell(entry.row.get(name, "")) for name in COLUMNS}, where))
    return lines


def _decoded(data: bytes) -> str:
    """UTF-8; else what spreadsheet programs of Western Windows write."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def is_filled(line: Line) -> bool:
    """Whether somebody decided a row, or began to."""
    return any(line.cells[name] for name in ("decision", "curated_value", "reason"))


def decide_review(lines: Iterable[Line], frames: Frames) -> Decided:
    """The decisions of the filled rows; rows without any are left open.

    Raises ReviewError that names row and column of everything that is wrong, with what was expected: a trial, fact,
    arm or outcome that is not there, a value that cannot be read, a decision that does not fit its value.
    """
    rows = rows_of(frames)
    known = {normalise_id(name): name for name in rows}
    applied = frames.curation.filter(pl.col("applied"))
    extracted = {(r["trial_id"], r["fact"], r["path"]): r["extracted"] for r in applied.iter_rows(named=True)}
    decisions: dict[tuple[str, str, str], tuple[Curation, str]] = {}
    problems, notes, n_open = [], [], 0
    for line in lines:
        if not is_filled(line):
            n_open += 1
            continue
        trial_id = known.get(normalise_id(line.cells["trial_id"]))
        fact = curatable_facts().get(line.cells["fact"])
        wrong: list[tuple[str, str]] = []
        place, read = None, ""
        if trial_id is None:
            wrong.append(
                (
                    "trial_id",
                    f"{line.cells['trial_id']!r} is not among the {plural(len(rows), 'trial')} of these frames",
                )
            )
        elif fact is not None:
            place = find_place(fact, rows[trial_id], line.cells["path"])
            wrong += _misplaced(line, fact, rows[trial_id], place)
        if place is not None and fact is not None:
            key = (trial_id, fact.key, line.cells["path"])
            read = extracted[key] or "" if key in extracted else fact.show(read_value(fact, rows[trial_id], place[1]))
        one, said = _decision(line, trial_id or line.cells["trial_id"], place[0] if place else "", read)
        wrong += said
        wrong += [(_AS_WRITTEN.get(column, column), text) for column, text in check_curation(one)]
        if one.key in decisions:
            wrong.append(("fact", f"is decided in {decisions[one.key][1]} already"))
        first = dict(reversed(wrong))  # one complaint a column is enough
        problems += [f"{line.where}, column {column}: {text}" for column, text in reversed(first.items())]
        decisions[one.key] = one, line.where
        if not wrong and fact is not None and not fact.same(fact.parse(one.was), fact.parse(read)):
            notes.append(
                f"{line.where}: {trial_id} {fact.key} is no longer read as {one.was or 'nothing'} but as {read or 'nothing'}; the next build marks the decision to check"
            )
    if problems:
        raise ReviewError("\n".join(problems))
    return Decided([one for one, _ in decisions.values()], notes, n_open)


def _misplaced(line: Line, fact: Fact, rows: Rows, place: tuple[str, Row] | None) -> list[tuple[str, str]]:
    if place is None:
        places = [path or "an empty path" for path, _, _ in list_places(fact, rows)]
        few = listing(places[:_SHOWN]) + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")
        return [("path", f"there is no {line.cells['path'] or 'empty path'} for {fact.key}; the trial has {few}")]
    if line.cells["about"] and line.cells["about"] != clip(place[0]):
        return [("about", f"was {line.cells['about']!r}, the frames hold {clip(place[0])!r}: write the table again")]
    return []


def _decision(line: Line, trial_id: str, about: str, read: str) -> tuple[Curation, list[tuple[str, str]]]:
    """The decision of a row as it would be kept, and what does not fit in the four columns a person fills."""
    cells, fact = line.cells, curatable_facts().get(line.cells["fact"])
    said = re.sub(r"[\s_]+", " ", cells["decision"]).lower()
    was = cells["value"] if cells["why"] else read  # a row that somebody added is about what is read now
    given, now, wrong = cells["curated_value"], "", []
    if said not in DECISIONS:
        wrong.append(("decision", f"{cells['decision']!r} is no decision; expected {', '.join(DECISIONS)}"))
    elif said == "accept":
        now = was
        if not was:
            wrong.append(("decision", "nothing was read that could be accepted; expected change or not reported"))
        if given and given != was:
            wrong.append(("curated_value", f"{given!r} is not what was read; expected none, or the decision change"))
    elif said == "change":
        now = given
        if not given:
            wrong.append(("curated_value", "is empty; expected the value, or the decision not reported"))
    elif given:
        wrong.append(("curated_value", f"{given!r} is a value; expected none, or the decision change"))
    if fact is not None:
        now = _in_its_words(fact, now)
    reason = cells["reason"] or (_ACCEPTED if said == "accept" else "")
    return Curation(trial_id, cells["fact"], cells["path"], clip(about), was, now, reason, cells["reviewer"]), wrong


def _in_its_words(fact: Fact, text: str) -> str:
    """The value as the fact writes it: `2x10^6 MSC/kg` as `2 million cells per kg`; what cannot be read as it is."""
    try:
        return fact.show(fact.parse(text))
    except ValueError:
        return text


def merge_curation(old: Iterable[Curation], new: Iterable[Curation]) -> list[Curation]:
    """Both, a new decision in the place of an old one on the same value; by trial, fact and place."""
    order = list(curatable_facts())
    merged = {one.key: one for one in (*old, *new)}
    return sorted(merged.values(), key=lambda one: (one.trial_id, order.index(one.fact), one.path))


def write_curation(decisions: Iterable[Curation], file: Path) -> Path:
    """A curation file, whole or not at all."""
    rows = [{name: getattr(one, name) or None for name in CURATED} for one in decisions]
    return write_table(pl.DataFrame(rows, schema=dict.fromkeys(CURATED, pl.String)), file)
