"""Archives that lie, swell, hide or end early, made on the spot. Every one holds studies that are plain beside what is hostile."""

import io
import stat
import struct
import zipfile
import zlib

from gating import WANTED, dump

GOOD, OTHER = dump(1, WANTED), dump(2, WANTED)
FIRST, LAST = ("first.json", GOOD), ("zlast.json", OTHER)

# Names of members; a reader may use them to tell where a record stood, and for nothing else.
NAMES = {
    "up": "../../../../tmp/escaped.json",
    "up, Windows": "..\\..\\escaped.json",
    "absolute": "/tmp/escaped.json",
    "drive": "C:\\Windows\\escaped.json",
    "drive, slash": "C:/escaped.json",
    "share": "\\\\host\\share\\escaped.json",
    "dots": "a/../../escaped.json",
    "dot": "./escaped.json",
    "device": "CON",
    "stream": "escaped.json::$DATA",
    "a slash": "a//b.json",
    "line breaks": "two\nlines\r.json",
    "escape": "\x1b[2J\x1b]0;gone\x07.json",
    "turned": "a\u202enosj.exe",
    "zero width": "a\u200b\ufeff.json",
    "long": "n" * 60_000 + ".json",
    "quotes": "'\"<img src=x onerror=alert(1)>.json",
    "formula": "=cmd|' /C calc'!A0.json",
    "lone": "\U0001f9ec.json",
}  # fmt: skip


def zip_of(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data, method)
    return out.getvalue()


def among(name: str | zipfile.ZipInfo, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The member between two plain ones."""
    return zip_of(FIRST, (name, data), LAST, method=method)


def changed(archive: bytes, *edits: tuple[bytes, int, int, str, int]) -> bytes:
    """The archive with numbers in its headers set: (signature, which one, offset in it, struct format, value)."""
    data = bytearray(archive)
    for mark, which, offset, form, value in edits:
        at = -1
        for _ in range(which + 1):
            at = data.index(mark, at + 1)
        struct.pack_into(form, data, at + offset, value)
    return bytes(data)


LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def overlapping(kernel: bytes, n: int) -> bytes:
    """Many records of the directory that all point at one member, as a zip bomb of our days does."""
    one = zip_of(("kernel.json", kernel))
    begin = one.index(CENTRAL)
    record = one[begin : one.index(END)]
    return one[:begin] + record * n + struct.pack("<4s4H2LH", END, 0, 0, n, n, len(record) * n, begin, 0)


def quoting(kernel: bytes, n: int) -> bytes:
    """Members that each hold the headers of the following ones as stored data, and all end in one kernel."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(kernel) + packed.flush()
    crc = zlib.crc32(kernel)
    names = [f"{k:04}.json".encode() for k in range(n)]
    headers = [
        struct.pack("<4s5H3L2H", LOCAL, 20, 0, 8, 0, 0, crc, len(body), len(kernel), len(name), 0) + name
        for name in names
    ]
    starts = [sum(map(len, headers[:k])) for k in range(n)]
    records = []
    whole = b"".join(headers) + body
    for name, start, header in zip(names, starts, headers, strict=True):
        packed_size = len(whole) - start - len(header)
        records.append(
            struct.pack("<4s6H3L5H2L", CENTRAL, 20, 20, 0, 8, 0, 0, crc, packed_size, len(kernel), len(name), 0, 0, 0, 0, 0, start) + name
        )  # fmt: skip
    directory = b"".join(records)
    return whole + directory + struct.pack("<4s4H2LH", END, 0, 0, n, n, len(directory), len(whole), 0)


def nested(depth: int, data: bytes = GOOD) -> bytes:
    for n in range(depth):
        data = zip_of((f"level{n}.zip" if n else "study.json", data))
    return data


def link(target: str) -> bytes:
    info = zipfile.ZipInfo("link.json")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return among(info, target.encode())


def itself() -> bytes:
    """An archive whose one member is the archive: gzip data that unpack to themselves cannot be made here in few lines,
    so this is the next best, a member that points at the begin of the file it stands in, stored."""
    name = b"self.zip"
    start = struct.pack("<4s5H3L2H", LOCAL, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name

    def whole(size: int, crc: int) -> bytes:
        record = (
            struct.pack("<4s6H3L5H2L", CENTRAL, 20, 20, 0, 0, 0, 0, crc, size, size, len(name), 0, 0, 0, 0, 0, 0) + name
        )
        return start + record + struct.pack("<4s4H2LH", END, 0, 0, 1, 1, len(record), len(start), 0)

    return whole(len(whole(0, 0)) - len(start), 0)


def swelling(megabytes: int) -> bytes:
    """JSON that is almost all blank: it shrinks a thousandfold."""
    return b'{"a":' + b" " * (megabytes << 20) + b"1}"


def sheet_book(rows: str, shared: str = "x") -> bytes:
    """The parts of a spreadsheet that tell what is in it."""
    return zip_of(
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/sharedStrings.xml", f"<sst><si><t>{shared}</t></si></sst>".encode()),
        ("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()),
    )
