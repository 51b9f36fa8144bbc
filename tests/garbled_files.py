"""Files as nobody should save them: those of every kind that is read, with lines, parts or bytes garbled."""

import gzip
import io
import json
import random
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from conftest import ROOT, SHARED
from garbled import ODD, SNAPSHOTS, damaged, text
from lxml import etree

ORIGINALS = sorted((SHARED / "seeds").glob("*.txt"))  # pages that are not bundled, where they are at hand
PAGES = sorted(
    page
    for folder in (SNAPSHOTS / "medpath", SNAPSHOTS / "veeva", ROOT / "tests" / "fixtures" / "pages")
    for page in folder.rglob("*.txt")
)


@cache
def real_files() -> list[tuple[str, bytes]]:
    """(ending of the name, contents) of a small file of every kind that is read."""
    import test_aact
    import test_ctgov_classic
    import test_ctgov_table
    import test_ctis
    import test_ctri
    import test_euctr
    import test_ictrp
    import test_isrctn

    fixtures = ROOT / "tests" / "fixtures"
    studies = (SNAPSHOTS / "ctgov/2022-10-09/studies.jsonl").read_bytes().splitlines()
    texts = [*test_ctri.FORMS.values(), test_euctr.HEADER + test_euctr.ENTRY]
    entries = [
        test_ctgov_classic.STUDIES, test_ctgov_classic.ROWS, test_ctis.TODAY, test_ctis.BEFORE, test_euctr.JSON,
        test_isrctn.as_json(),
    ]  # fmt: skip
    trees = [test_isrctn.XML, test_ictrp.as_xml(test_ictrp.ROW), test_ictrp.WHO]
    tables = [test_ictrp.as_csv(test_ictrp.ROW).encode(), next(SNAPSHOTS.rglob("*.csv")).read_bytes()]
    tables += [test_ctgov_table.table(row) for row in (test_ctgov_table.PRESENT, test_ctgov_table.RETIRED)]
    return [
        *((".txt", page.read_bytes()) for page in PAGES),
        *((".txt", text.encode()) for text in texts),
        *((".json", study) for study in sorted(studies, key=len)[:60:6]),
        *((".json", msgspec.json.encode(entry)) for entry in entries),
        *((".xml", page.read_bytes()) for page in sorted((fixtures / "ctgov_xml").iterdir())),
        *((".xml", text.encode()) for text in trees),
        *((".csv", table) for table in tables),
        *((".tables", test_aact.DUMP.encode()),) * 3,
        (".zip", archive_of(test_aact.DUMP)),
        (".gz", gzip.compress(studies[0], mtime=0)),
    ]


@cache
def real_pages() -> list[list[str]]:
    """The lines of pages of every layout."""
    import test_ctri

    texts = [page.read_text(encoding="utf-8") for page in (*PAGES, *ORIGINALS)]
    return [text.splitlines() for text in (*texts, *test_ctri.FORMS.values()) if "</" not in text]


def archive_of(tables: str) -> bytes:
    """A zip archive of tables that stand one below the other, each with its name above it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for block in tables.split("\n\n"):
            name, _, rows = block.partition("\n")
            named = "".join(c for c in name if c.isalnum() or c == "_") or "studies"
            archive.writestr(f"{named}.txt", rows.encode("utf-8", "replace"))
    return packed.getvalue()


def other_page(lines: list[str], chance: random.Random) -> list[str]:
    """The lines of a page with some dropped, doubled, shuffled, cut off or exchanged with their neighbours."""
    lines = list(lines)
    for _ in range(chance.randint(1, 5)):
        if not lines:
            break
        n, m = chance.randrange(len(lines)), chance.randrange(len(lines))
        first, last = min(n, m), min(max(n, m) + 1, min(n, m) + 8)
        how = chance.randrange(8)
        if how == 0:
            del lines[first:last]
        elif how == 1:
            lines[last:last] = lines[first:last]
        elif how == 2:
            block = lines[first:last]
            chance.shuffle(block)
            lines[first:last] = block
        elif how == 3:
            lines[n] = lines[n][: chance.randint(0, len(lines[n]))]
        elif how == 4 and n + 1 < len(lines):
            lines[n : n + 2] = lines[n + 1], lines[n]
        elif how == 5:
            lines.insert(m, lines.pop(n))
        elif how == 6:
            lines = lines[: n + 1]
        else:
            lines[n] = damaged(lines[n], chance) if chance.random() < 0.5 else lines[m]
    return lines


def other_json(value: Any, chance: random.Random, rate: float = 0.03) -> Any:
    """A JSON value with some of its parts left out, of another type, damaged or exchanged."""
    if chance.random() < rate:
        return chance.choice(
            (None, True, 0, -1, 2**70, 1.5, 1e308, "", [], {}, [value], {"a": value}, [[]], text(chance))
        )
    if isinstance(value, dict):
        items = [(k, other_json(v, chance, rate)) for k, v in value.items() if chance.random() > rate / 2]
        if items and chance.random() < rate:
            chance.shuffle(items)
            items = list(zip([k for k, _ in items], [v for _, v in items][::-1], strict=True))
        return dict(items)
    if isinstance(value, list):
        items = [other_json(v, chance, rate) for v in value if chance.random() > rate / 2]
        return items * 2 if chance.random() < rate / 2 else items
    return damaged(value, chance) if isinstance(value, str) and chance.random() < rate * 3 else value


def other_xml(data: bytes, chance: random.Random) -> bytes:
    """XML with some elements left out, doubled, renamed or with other texts and attributes."""
    root = etree.fromstring(data)
    nodes = [node for node in root.iter() if isinstance(node.tag, str)]
    for _ in range(chance.randint(1, 8)):
        node, other = chance.choice(nodes), chance.choice(nodes)
        how = chance.randrange(6)
        if how == 0 and node.getparent() is not None:
            node.getparent().remove(node)
        elif how == 1:
            node.tag = other.tag
        elif how == 2 and node.getparent() is not None:
            node.getparent().append(etree.fromstring(etree.tostring(node, with_tail=False)))
        elif how == 3 and node.attrib:
            node.attrib[chance.choice(list(node.attrib))] = printable(text(chance))
        elif how == 4:
            node.text = None
        else:
            node.text = printable(text(chance))
    return etree.tostring(root)


def printable(words: str) -> str:
    """The text without what XML cannot hold."""
    return "".join(c for c in words if c in "\t\n\r" or " " <= c < "\ud800" or "\ue000" <= c < "\ufffe")


def other_bytes(data: bytes, chance: random.Random) -> bytes:
    """The bytes with some turned, left out, doubled, cut off, or others put in between."""
    turned = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randint(0, len(turned))
        how = chance.randrange(6)
        if how < 2 and at < len(turned):
            turned[at] ^= 1 << chance.randrange(8)
        elif how == 2:
            del turned[at : at + chance.choice((1, 3, 50, 1000))]
        elif how == 3:
            turned[at:at] = turned[at : at + chance.choice((1, 20, 300))]
        elif how == 4:
            turned[at:at] = chance.choice(
                (
                    b"\x00",
                    b"\xff",
                    b"\xc3",
                    b'"',
                    b"\n",
                    b"{",
                    b"[" * 2000,
                    b"<",
                    b"\xef\xbb\xbf",
                    chance.choice(ODD).encode("utf-8", "replace"),
                    chance.randbytes(4),
                )
            )
        elif chance.random() < 0.3:
            del turned[at:]
    return bytes(turned)


def other_file(name: str, data: bytes, chance: random.Random) -> bytes:
    """The contents of a file, garbled as its kind may be, or as any bytes may be."""
    kind = Path(name).suffix if chance.random() < 0.75 else ""
    if kind == ".json":
        rate = chance.choice((0.001, 0.005, 0.03))
        made = json.dumps(other_json(msgspec.json.decode(data), chance, rate)).encode()
    elif kind == ".xml":
        made = other_xml(data, chance)
    elif kind in (".txt", ".csv", ".tables"):
        lines = other_page(data.decode("utf-8", "replace").splitlines(), chance)
        made = "\n".join(lines).encode("utf-8", "surrogatepass")
    else:
        return other_bytes(data, chance)
    return other_bytes(made, chance) if chance.random() < 0.1 else made
