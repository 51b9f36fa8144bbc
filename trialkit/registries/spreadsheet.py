"""Look into an XLSX file before it is opened: what it would take in memory, which its size does not tell.

The library that reads it makes a table from the first to the last cell, and copies a shared text for every cell.
"""

import re
import zipfile
from collections.abc import Iterator

_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>(?:\s*<(?:\w+:)?v>\s*(\d{1,9})\s*<)?")
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
_SHARED = re.compile(rb"\bt\s*=\s*[\"']s[\"']")
_ITEM = re.compile(rb"</(?:\w+:)?si>|<(?:\w+:)?si\s*/>")
_CHUNK, _OVERLAP = 1 << 20, 1 << 10
_MOST_EMPTY = 20  # places for each cell that is there
_MOST_PLACES = 5_000_000  # of a table so thin
_MOST_TEXT = 2 << 30  # bytes of all cells together


def wrong_sheets(book: zipfile.ZipFile) -> str:
    """Why the cells of a spreadsheet would fill the memory of a computer; nothing where they would not."""
    lengths: list[int] = []
    names = book.namelist()
    if "xl/sharedStrings.xml" in names:
        lengths = [len(item) for item in _ITEM.split(book.read("xl/sharedStrings.xml"))]
    for name in names:
        if re.fullmatch(r"/?xl/worksheets/[^/]+", name, re.I) and (wrong := _wrong_sheet(name, book, lengths)):
            return wrong
    return ""


def _wrong_sheet(name: str, book: zipfile.ZipFile, lengths: list[int]) -> str:
    n = right = down = text = 0
    for place, shared in _cells(name, book):
        n += 1
        text += lengths[shared] if shared is not None and shared < len(lengths) else 0
        right, down = max(right, place[0]), max(down, place[1])
    if right * down > max(_MOST_PLACES, _MOST_EMPTY * n):
        return f"{name} has {n:,} cells in a table of {down:,} rows and {right:,} columns"
    if text > _MOST_TEXT:
        return f"{name} repeats its texts to {text >> 20:,} MB"
    return ""


def _cells(name: str, book: zipfile.ZipFile) -> Iterator[tuple[tuple[int, int], int | None]]:
    """(column, row) of every cell, (0, 0) where it is not told, and the number of the shared text it holds."""
    with book.open(name) as sheet:
        data = b""
        while fresh := sheet.read(_CHUNK):
            data += fresh
            at = data.rfind(b"<", 0, max(0, len(data) - _OVERLAP))
            done = 0
            for cell in _CELL.finditer(data):
                if cell.start() > at:
                    break
                done = cell.end()
                yield _read(cell)
            data = data[max(done, at, len(data) - _CHUNK) :]
        for cell in _CELL.finditer(data):
            yield _read(cell)


def _read(cell: re.Match[bytes]) -> tuple[tuple[int, int], int | None]:
    place = _PLACE.search(cell[1])
    shared = int(cell[2]) if cell[2] and _SHARED.search(cell[1]) else None
    if not place:
        return (0, 0), shared
    column = 0
    for letter in place[1].upper():
        column = 26 * column + letter - 64
    return (column, int(place[2])), shared
