"""One uncompressed content to records: JSON in any form, XML, a table, or a text page, whatever it is.

Which reader a content belongs to is asked of the readers themselves, from what the content says, never from its name.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from trialkit.record import TrialRecord
from trialkit.registries import READERS, Reader
from trialkit.registries.json_text import as_text, begins_as_utf8, json_entries, mended, warn_of_encoding, whole_text
from trialkit.registries.results import Gate, NotSelected, ReadResult, Rejected
from trialkit.registries.table_text import RowEntry, as_stream, sheet_rows, table_header, text_rows
from trialkit.registries.unpacking import read_whole
from trialkit.registries.xml_text import root_name, xml_elements, xml_error

_BUFFER = 1 << 18
_LONGEST_ID = 100


def passed_over(name: str, position: int, entry: bytes, gate: Gate) -> NotSelected | None:
    """`NotSelected` for an entry that cannot hold what the gate asks for; None when it has to be read to know."""
    for form, reader in READERS.items():
        if reader.outline and reader.recognises(entry):
            try:
                number, texts = reader.outline(entry)
                if not gate.may_hold(texts):
                    return NotSelected(name, position, form, f"{form}:{number}")
            except (ValueError, RecursionError):
                return None  # for the reader, which says what is wrong with it
    return None


def read_content(name: str, stream: io.BufferedReader, gate: Gate | None = None) -> Iterator[ReadResult]:
    """The records of one opened, uncompressed content; what gives none comes as `Rejected` with the reason.

    With a gate, entries that cannot hold its words may come as `NotSelected` already; the others are still to be asked.
    """
    short = Path(name).name
    head = stream.peek(_BUFFER)[:_BUFFER]
    if utf16 := _utf16(head):
        try:
            stream = io.BufferedReader(io.BytesIO(_as_utf8(read_whole(stream), utf16)), _BUFFER)
        except UnicodeDecodeError as error:
            yield Rejected(name, 0, f"{short}: begins like UTF-16 text but is not ({error.reason}). Save it as UTF-8")
            return
        head = stream.peek(_BUFFER)[:_BUFFER]
    elif b"\0" in head:
        yield Rejected(name, 0, _unknown(short, f"binary data (starts with {_start(head)})"))
        return
    if re.match(rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])", head):
        yield from _read_json(name, stream, gate)
    elif reader := _xml_reader(head):
        yield from _read_xml(name, stream, reader)
    elif table := _table_reader(head):
        is_utf8 = begins_as_utf8(head)
        if not is_utf8:
            warn_of_encoding(name)
        reader, delimiter = table
        yield from _read_rows(
            name, reader, text_rows(as_stream(stream, "utf-8-sig" if is_utf8 else "cp1252"), delimiter)
        )
    else:
        yield from _read_pages(name, read_whole(stream))


def _utf16(head: bytes) -> str:
    """The encoding of what begins as UTF-16 does, with its mark or in Latin letters, or claims to be it; else nothing."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if re.match(rb"(?:[\t\n\r -~]\0){4}", head):
        return "utf-16-le"
    if re.match(rb"(?:\0[\t\n\r -~]){4}", head):
        return "utf-16-be"
    return "utf-8" if re.match(rb"""\s*<\?xml[^>]*encoding\s*=\s*["']utf-?16""", head, re.I) else ""


def _as_utf8(data: bytes, encoding: str) -> bytes:
    """UTF-16 as UTF-8, without the word for it in an XML declaration."""
    text = whole_text(data.decode(encoding, "surrogatepass"))
    return re.sub(r"""^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""", r"\1", text, count=1).encode()


def _of_unit(unit: str) -> list[Reader]:
    return [reader for reader in READERS.values() if reader.unit == unit]


def _xml_reader(head: bytes) -> Reader | None:
    if not re.match(rb"(?:\xef\xbb\xbf)?\s*<", head):
        return None
    root = root_name(head.lstrip())
    return next((r for r in _of_unit("xml") if root and r.recognises(root)), None)


def _read_xml(name: str, stream: BinaryIO, reader: Reader) -> Iterator[ReadResult]:
    short, position = Path(name).name, -1
    try:
        for position, element in enumerate(xml_elements(stream, reader.element)):
            where = f"{short} {reader.element} {position + 1}"
            yield _parsed(name, position, where, reader, element)
    except ValueError as error:
        yield Rejected(name, position + 1, f"{short}: {error} after {position + 1} records. Fetch the file again")
        return
    if position < 0:
        yield Rejected(name, 0, f"{short}: XML without any <{reader.element}>: no record in it")


def _table_reader(head: bytes) -> tuple[Reader, str] | None:
    header = table_header(as_text(head)[0])
    if not header:
        return None
    names, delimiter = header
    return next(((r, delimiter) for r in _of_unit("table") if r.recognises(names)), None)


def _read_rows(name: str, reader: Reader, rows: Iterable[RowEntry], first: int = 0) -> Iterator[ReadResult]:
    short, position = Path(name).name, first - 1
    for position, entry in enumerate(rows, first):
        where = f"{short}{entry.where}"
        if entry.error:
            yield Rejected(name, position, f"{where}: {entry.error}")
        else:
            yield _parsed(name, position, where, reader, entry.row)
    if position < 0:
        yield Rejected(name, 0, f"{short}: a table without any row")


def read_sheets(name: str, data: bytes) -> Iterator[ReadResult]:
    """The records of a spreadsheet: every sheet whose header a reader knows; one `Rejected` when there is none."""
    short, position, seen = Path(name).name, 0, []
    try:
        for sheet, names, rows in sheet_rows(data):
            reader = next((r for r in _of_unit("table") if r.recognises(names)), None)
            if reader is None:
                seen.append(f"sheet {sheet!r} {_columns(names)}")
                continue
            for result in _read_rows(name, reader, rows, position):
                position = result.position + 1
                yield result
    except ValueError as error:
        yield Rejected(name, position, f"{short}: {error}")
        return
    if not position:
        yield Rejected(name, 0, _unknown(short, "a spreadsheet, " + ("; ".join(seen) or "empty")))


def archive_reader(members: list[str]) -> Reader | None:
    """The reader to which an archive belongs as a whole (a database dump of several tables), if any."""
    names = [Path(member).name for member in members]
    return next((r for r in _of_unit("archive") if r.recognises(names)), None)


def read_parts(name: str, reader: Reader, members: dict[str, Callable[[], BinaryIO]]) -> Iterator[ReadResult]:
    """The records of such an archive; `members`: file name -> open it."""
    position = -1
    try:
        for position, record in enumerate(reader.parse(members)):
            if isinstance(record, str):
                yield Rejected(name, position, f"{Path(name).name}: {record}")
            else:
                yield _placed(record, reader, name, position)
    except ValueError as error:
        yield Rejected(name, position + 1, f"{Path(name).name}: {error}")
        return
    if position < 0:
        yield Rejected(name, 0, f"{Path(name).name}: tables without any row: no record in them")


def _read_pages(name: str, data: bytes) -> Iterator[ReadResult]:
    text, is_utf8 = as_text(data)
    short = Path(name).name
    if not text.strip():
        yield Rejected(name, 0, f"{short}: the file is empty")
        return
    reader = next((r for r in _of_unit("text") if r.recognises(text)), None)
    if reader is None:
        header = None if (wrong := _wrong_xml(text)) else table_header(text)
        seen = (
            wrong if wrong else f"a table {_columns(header[0])}" if header else f"text that starts with {_start(data)}"
        )
        yield Rejected(name, 0, _unknown(short, seen))
        return
    if not is_utf8:
        warn_of_encoding(name)
    for position, part in enumerate(reader.split(text) if reader.split else [text]):
        yield _parsed(name, position, short if not position else f"{short} part {position + 1}", reader, part)


def _wrong_xml(text: str) -> str:
    if re.match(r"\s*<(?:\?xml|!DOCTYPE(?!\s+html))", text, re.I):
        error = xml_error(text[:_BUFFER].lstrip().encode())
        return f"XML that is not valid ({error})" if error else ""
    return ""


def _placed(record: TrialRecord, reader: Reader, name: str, position: int) -> TrialRecord:
    """The record with where it stands and the kind of file it came from. Raises ValueError for a number no register gives."""
    number = record.trial_id
    if number and not (
        2 <= len(number) <= _LONGEST_ID
        and number.isprintable()
        and number == number.strip()
        and any(map(str.isalnum, number))
    ):
        raise ValueError(
            f"its number is {number[:40]!r}: expected 2 to {_LONGEST_ID} letters, digits and signs in one line"
        )
    if record.enrollment_count and abs(record.enrollment_count) >= 1 << 63:
        raise ValueError("a number of participants out of range")
    form = next((key for key, known in READERS.items() if known is reader), "")
    return msgspec.structs.replace(record, source_file=name, position=position, form=form, complete=reader.complete)


def _parsed(name: str, position: int, where: str, reader: Reader, part: object) -> ReadResult:
    """One record with its place, or why there is none."""
    try:
        return _placed(reader.parse(part), reader, name, position)
    except (ValueError, msgspec.MsgspecError) as error:
        return Rejected(name, position, f"{where}: {error}")
    except RecursionError:
        return Rejected(name, position, f"{where}: values nested far deeper than in any record")
    except Exception as error:  # a record of a shape that its reader did not foresee costs itself and nothing else
        return Rejected(name, position, f"{where}: cannot be read: {type(error).__name__}: {error}")


def _read_json(name: str, stream: io.BufferedReader, gate: Gate | None) -> Iterator[ReadResult]:
    short, position = Path(name).name, -1
    for position, entry in enumerate(json_entries(stream, name, _recognised)):
        where = f"{short}{entry.where}"
        reader = next((r for r in _of_unit("json") if r.recognises(entry.data)), None)
        if entry.error:
            yield Rejected(name, position, f"{where}: not valid JSON ({entry.error}). Fetch the file again")
        elif gate and (left := passed_over(name, position, entry.data, gate)):
            yield left
        elif reader is None:
            yield Rejected(name, position, _unknown(where, _shape(entry.data)))
        else:
            result = _parsed(name, position, where, reader, entry.data)
            if isinstance(result, Rejected) and "out of range" in result.reason:
                result = _parsed(name, position, where, reader, mended(entry.data))
            yield result
    if position < 0:
        yield Rejected(name, 0, f"{short}: JSON without any record")


def _recognised(entry: bytes) -> bool:
    return any(reader.recognises(entry) for reader in _of_unit("json"))


def _columns(names: list[str]) -> str:
    return f"with columns {', '.join(names[:6])}" + (", ..." if len(names) > 6 else "")


def _start(data: bytes) -> str:
    """The first characters of a file, printable."""
    return repr(data[:24].strip().decode("latin-1").encode("ascii", "backslashreplace").decode())


def _shape(entry: bytes) -> str:
    """A JSON value in words: `JSON object with keys a, b, c`."""
    value = msgspec.json.decode(entry)
    if not isinstance(value, dict):
        return f"a JSON {type(value).__name__}"
    keys = ", ".join(list(value)[:6]) + (", ..." if len(value) > 6 else "")
    return f"a JSON object with keys {keys}" if value else "an empty JSON object"


def _unknown(short: str, seen: str) -> str:
    return f"{short}: {seen}. No reader knows this; `trialkit inputs` lists what is read"
