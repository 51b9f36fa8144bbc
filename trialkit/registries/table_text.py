"""Cut a table (CSV, TSV, pipe or semicolon separated, XLSX) into rows: column name -> text, blanks as missing.

A spreadsheet's dates come as ISO text, whole numbers without ".0"; a cell keeps nothing else of its type. Excel may have
made a date of a phase ("2-3"): that is for the reader of the register to know.
"""

import csv
import datetime
import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

DELIMITERS = ",\t|;"
_BLANK = "\0" + "".join(map(chr, (*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x2028, 0x2029, 0xFEFF)))  # of a cell
_LONGEST_CELL = 16 << 20  # characters; a real record's longest text is below one million
_LONGEST_HEAD = 1 << 16

Row = dict[str, str]


class RowEntry(NamedTuple):
    """One row below the header, and where it stands, in words; `error` when it does not fit the header."""

    row: Row
    where: str
    error: str = ""


def table_header(head: str) -> tuple[list[str], str] | None:
    """Column names and delimiter of text that begins like a table, or None. A table has three columns or more."""
    line = head.lstrip("\ufeff")[:_LONGEST_HEAD]
    found = []
    for delimiter in DELIMITERS:
        try:
            names = next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), [])
        except csv.Error:
            continue
        found.append((len(names), [name.strip() for name in names], delimiter))
    width, names, delimiter = max(found, key=lambda item: item[0], default=(0, [], ","))
    named = [name for name in names if name]
    return (names, delimiter) if width >= 3 and len(named) == len(set(named)) else None


def text_rows(text: io.TextIOBase, delimiter: str) -> Iterator[RowEntry]:
    """The rows of a delimited text, header first in `text`. Raises nothing on a row that does not fit: it says so."""
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(text, delimiter=delimiter)
    try:
        names = [name.strip().lstrip("\ufeff") for name in next(rows, [])]
    except csv.Error as error:
        yield RowEntry({}, " header", f"not a row of names ({error}): a quote is missing. Save it again")
        return
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield RowEntry({}, f" line {rows.line_num}", f"not a row of this table ({error})")
            continue
        cells = [cell.strip(_BLANK) for cell in cells]
        if any(cells):
            yield _entry(names, cells, f" line {rows.line_num}")


def sheet_rows(data: bytes) -> Iterator[tuple[str, list[str], Iterator[RowEntry]]]:
    """(sheet, column names, rows) of every sheet of an XLSX file that holds a table.

    Raises ValueError with what is wrong when the file cannot be opened as a spreadsheet.
    """
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [(name, book.get_sheet_by_name(name).to_python()) for name in book.sheet_names]
    except (python_calamine.CalamineError, OSError) as error:
        raise ValueError(f"a spreadsheet that cannot be opened ({error}). Save it again as XLSX or CSV") from error
    for sheet, cells in sheets:
        if not cells:
            continue
        names = [_cell(value) for value in cells[0]]
        lines = ([_cell(value) for value in line] for line in cells[1:])
        rows = (_entry(names, line, f" sheet {sheet!r} row {n}") for n, line in enumerate(lines, 2) if any(line))
        yield sheet, names, rows


def _entry(names: list[str], cells: list[str], where: str) -> RowEntry:
    if len(cells) > len(names) and any(cells[len(names) :]):
        return RowEntry({}, where, f"{len(cells)} cells below a header of {len(names)} columns: a quote is missing")
    row = {name: text for name, cell in zip(names, cells, strict=False) if name and (text := cell.strip())}
    return RowEntry(row, where)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return (value.date() if value.time() == datetime.time() else value).isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else str(value).strip()


def as_stream(stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """A binary stream as text for `text_rows`; characters that are not of the encoding become U+FFFD."""
    return io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
