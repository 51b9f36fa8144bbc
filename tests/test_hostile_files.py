"""Archives, XML, JSON and tables that lie, swell, hide or end early: one line each, and the files beside them are read."""

import bz2
import gzip
import json
import lzma
import re
import time

import pytest
import test_ctgov
import test_ctis
import test_euctr
import test_ictrp
import test_isrctn
import zstandard
from gating import GATE, WANTED, dump
from hostile_archives import (
    CENTRAL,
    END,
    FIRST,
    GOOD,
    LAST,
    LOCAL,
    NAMES,
    among,
    changed,
    itself,
    link,
    nested,
    overlapping,
    quoting,
    sheet_book,
    swelling,
    zip_of,
)
from typer.testing import CliRunner

from trialkit.cli import app
from trialkit.record import TrialRecord
from trialkit.registries import bulk, streams, unpacking, xml_text
from trialkit.registries.files import Rejected, read_inputs
from trialkit.registries.results import gated
from trialkit.registries.streams import read_stream

BESIDE = dump(77, WANTED)
SLOW = 20  # seconds: what any hostile file may take at most, on any machine


def read_beside(folder, content: bytes, *, lines: int | None = 1, gate=None) -> list:
    """What a hostile file gives when a plain one stands behind it; both ways of reading agree."""
    (folder / "input.dat").write_bytes(content)
    (folder / "next.json").write_bytes(BESIDE)
    begun = time.monotonic()
    *results, following = read_inputs([folder], gate)
    assert time.monotonic() - begun < SLOW
    assert following.trial_id == "NCT90000077"
    told = [result for result in results if isinstance(result, Rejected)]
    assert lines is None or len(told) == lines, told
    for one in told:
        assert one.reason.isprintable()
        assert len(one.reason) < 900
        assert "cannot be read:" not in one.reason  # a reader that foresaw nothing
    return results


def ids(results) -> list[str]:
    return [result.trial_id for result in results if isinstance(result, TrialRecord)]


def reasons(results) -> str:
    return " ".join(result.reason for result in results if isinstance(result, Rejected))


BASE = zip_of(FIRST, ("m.json", dump(3, WANTED * 50)), LAST)
# What is changed in the second of three members -> what is said of it; the other two are read.
MEMBERS = {
    "wrong sum": (changed(BASE, (CENTRAL, 1, 16, "<L", 1), (LOCAL, 1, 14, "<L", 1)), "Bad CRC-32"),
    "unknown method": (changed(BASE, (CENTRAL, 1, 10, "<H", 99), (LOCAL, 1, 8, "<H", 99)), "not supported"),
    "Deflate64": (changed(BASE, (CENTRAL, 1, 10, "<H", 9), (LOCAL, 1, 8, "<H", 9)), "not supported"),
    "encrypted": (changed(BASE, (CENTRAL, 1, 8, "<H", 1), (LOCAL, 1, 6, "<H", 1)), "asks for a password"),
    "strongly encrypted": (changed(BASE, (CENTRAL, 1, 8, "<H", 0x41), (LOCAL, 1, 6, "<H", 0x41)), "password"),
    "patch": (changed(BASE, (CENTRAL, 1, 8, "<H", 0x20)), "patched data"),
    "size too small": (changed(BASE, (CENTRAL, 1, 24, "<L", 10)), "Bad CRC-32"),
    "size none": (changed(BASE, (CENTRAL, 1, 24, "<L", 0)), "Bad CRC-32"),
    "size too large": (changed(BASE, (CENTRAL, 1, 24, "<L", 0xFFFFFFF0)), "would unpack to 4,095 MB"),
    "packed too large": (changed(BASE, (CENTRAL, 1, 20, "<L", 0xFFFFFFF0)), "reach into those of another member"),
    "packed none": (changed(BASE, (CENTRAL, 1, 20, "<L", 0)), "Bad CRC-32"),
    "64 bits told, none there": (changed(BASE, (CENTRAL, 1, 20, "<L", 0xFFFFFFFF)), "reach into those"),
    "begins beyond the file": (changed(BASE, (CENTRAL, 1, 42, "<L", 0x7FFFFFFF)), "reach into those"),
    "begins beyond 4 GB, untold": (changed(BASE, (CENTRAL, 1, 42, "<L", 0xFFFFFFFF)), "reach into those"),
    "other name inside": (BASE.replace(b"m.json", b"n.json", 1), "differ"),
    "link": (link("/etc/passwd"), "symbolic link"),
    "bomb": (among("m.json", swelling(70)), "times its size"),
    "bomb in gzip": (among("m.gz", gzip.compress(b"[" * 9)), "not valid JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("gate", [None, GATE], ids=["all", "selected"])
def test_hostile_member_is_one_line_and_the_others_are_read(name, gate, tmp_path):
    content, told = MEMBERS[name]
    results = read_beside(tmp_path, content, gate=gate)
    assert ids(results) == ["NCT90000001", "NCT90000002"]
    assert told in reasons(results)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("data", [dump(5, WANTED), b"Dear colleague"], ids=["a study", "no record"])
def test_name_of_a_member_is_a_label_and_nothing_is_written_by_it(name, data, tmp_path, monkeypatch):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    inside = tmp_path / "deep" / "er" / "in"
    inside.mkdir()
    study = data.startswith(b"{")
    results = read_beside(inside, among(name, data), lines=0 if study else 1)
    assert ids(results) == ["NCT90000001", *(["NCT90000005"] if study else []), "NCT90000002"]
    assert study or "No reader knows this" in reasons(results)
    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert there == {"deep/er/in/input.dat", "deep/er/in/next.json"}


def test_member_without_a_name_or_with_one_that_ends_early_is_read(tmp_path):
    assert len(ids(read_beside(tmp_path, BASE.replace(b"m.json", b"\0.json"), lines=0))) == 3
    assert len(ids(read_beside(tmp_path, BASE.replace(b"m.json", b"m\0json"), lines=0))) == 3


# The whole archive -> what is said of it, once.
ARCHIVES = {
    "empty": (zip_of(), "without any file of records"),
    "folders only": (zip_of(("a/", b""), ("a/b/", b"")), "without any file of records"),
    "names not of their encoding": (changed(BASE.replace(b"m.json", b"\xff.json"), (CENTRAL, 1, 8, "<H", 0x800)), "decode byte 0xff"),
    "directory too short": (changed(BASE, (END, 0, 12, "<L", 0xFFFF)), "damaged"),
    "extra field too long": (changed(BASE, (CENTRAL, 1, 30, "<H", 60000)), "damaged"),
    "the archive itself as its member": (itself(), "reach into those"),
    "archives in archives": (nested(50), "more than 5 archives inside one another"),
    "fake spreadsheet": (zip_of(("xl/workbook.xml", b"<x/>")), "cannot be opened"),
    "spreadsheet with a damaged part": (changed(sheet_book("<row/>"), (CENTRAL, 0, 16, "<L", 1)), "Bad CRC-32"),
    "spreadsheet with far cells": (sheet_book('<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row>'), "2 cells in a table of 1,048,576 rows and 16,384 columns"),
    "spreadsheet that repeats a text": (sheet_book("<row>" + '<c t="s"><v>0</v></c>' * 30_000 + "</row>", "x" * 100_000), "repeats its texts to 2,8"),
    "dump, encrypted": (changed(zip_of(("studies.txt", b"nct_id|a\n")), (CENTRAL, 0, 8, "<H", 1)), "asks for a password"),
    "dump with a table twice": (zip_of(("a/studies.txt", b"nct_id|a\n"), ("b/studies.txt", b"nct_id|a\n")), "more than once"),
    "gzip cut in its header": (gzip.compress(GOOD)[:7], "damaged or cut off"),
    "gzip with a wrong sum": (gzip.compress(GOOD)[:-8] + bytes(8), "CRC"),
    "gzip of another method": (b"\x1f\x8b\x07" + gzip.compress(GOOD)[3:], "Unknown compression method"),
    "bzip2 that is none": (b"BZh9 of something else", "Invalid data stream"),
    "bzip2 damaged": (bz2.compress(GOOD)[:30] + b"xxxx" + bz2.compress(GOOD)[34:], "Invalid data stream"),
    "bzip2 cut off": (bz2.compress(GOOD)[:-9], "damaged or cut off"),
    "xz damaged": (lzma.compress(GOOD)[:40] + b"xxxx" + lzma.compress(GOOD)[44:], "Corrupt"),
    "xz cut off": (lzma.compress(GOOD)[:-9], "damaged or cut off"),
    "Zstandard damaged": (zstandard.compress(GOOD * 9)[:20] + b"xxxx", "damaged or cut off"),
    "Zstandard that wants a window of 2 GB": (b"\x28\xb5\x2f\xfd\x00\xa8" + b"x" * 9, "damaged or cut off"),
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_hostile_archive_is_one_line(name, tmp_path):
    content, told = ARCHIVES[name]
    assert told in reasons(read_beside(tmp_path, content))


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress, lambda d: zip_of(("a.json", d))]
)
def test_bomb_ends_in_one_line_wherever_it_stands(pack, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "FREE", 4 << 20)
    monkeypatch.setattr(streams, "_SMALL", 4 << 20)
    bomb = pack(swelling(12))
    for content in (bomb, zip_of(("inner.dat", bomb)), gzip.compress(bomb)):
        assert re.search("unpacks? to (more than )?", reasons(read_beside(tmp_path, content)))


def test_many_small_bombs_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "FREE", 4 << 20)
    monkeypatch.setattr(unpacking, "RATIO", 10)
    content = zip_of(FIRST, *((f"{n:03}.json", swelling(1)) for n in range(200)), LAST)
    results = read_beside(tmp_path, content, lines=None)
    assert "unpacks to more than" in results[-1].reason
    assert len(results) < 9  # it ends there; each of the first ones is a member that holds no record


def test_text_too_large_to_be_read_at_once_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_AT_ONCE", 1 << 20)
    monkeypatch.setattr("trialkit.registries.json_text.MOST_AT_ONCE", 1 << 20)
    for content in (b"x" * (2 << 20), b'{"a":\n' + b" " * (2 << 20), b'{"a": "' + b"x" * (2 << 20)):
        assert "which would have to be read at once" in reasons(read_beside(tmp_path, content))


@pytest.mark.parametrize("archive", [overlapping(GOOD, 500), quoting(GOOD, 100)], ids=["overlapping", "quoting"])
def test_members_that_stand_over_one_another_are_read_once(archive, tmp_path):
    results = read_beside(tmp_path, archive, lines=None)
    assert len(ids(results)) == 1
    assert all("reach into those of another member" in r.reason for r in results if isinstance(r, Rejected))
    assert bulk.find_spans(tmp_path / "input.dat") is None


def test_archive_cut_anywhere_is_told_and_read_the_same_both_ways(tmp_path):
    path = tmp_path / "x.zip"
    for end in range(0, len(BASE), 7):
        path.write_bytes(BASE[:end])
        (told,) = read_inputs([path])
        assert isinstance(told, Rejected)
        assert list(read_inputs([path], GATE)) == [told]


def test_every_byte_of_an_archive_may_be_wrong(tmp_path):
    path = tmp_path / "x.zip"
    for at in range(len(BASE)):
        data = bytearray(BASE)
        data[at] ^= 0xFF
        path.write_bytes(data)
        results = list(read_inputs([path]))
        assert results
        with path.open("rb") as file:
            plain = list(read_stream(path.as_posix(), file))
        assert list(read_inputs([path], GATE)) == list(gated(plain, GATE)) or bulk.find_spans(path)
        assert "cannot be read:" not in reasons(results)


def test_names_twice_are_both_read(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = among("first.json", dump(3, WANTED))
    assert ids(read_beside(tmp_path, content, lines=0)) == ["NCT90000001", "NCT90000003", "NCT90000002"]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_bytes_behind_compressed_data_cost_no_record(pack, tmp_path):
    results = read_beside(tmp_path, pack(GOOD) + b"more of it")
    assert ids(results) == ["NCT90000001"]
    assert "follow behind the data" in reasons(results)


def test_build_says_what_it_rejected_and_reads_the_rest(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.zip").write_bytes(among("\x1b[2Jtwo\nlines.json", b"no record"))
    (tmp_path / "in" / b"caf\xe9.json".decode("utf-8", "surrogateescape")).write_bytes(BESIDE)
    done = CliRunner().invoke(
        app, ["build", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--engine", "serial"]
    )
    assert done.exit_code == 3
    assert "3 parsed + 0 duplicate + 1 rejected" in done.output
    assert "\x1b" not in done.output
    assert "two\ufffdlines.json" in done.output


# XML: what is put before and into a record -> what is said; None: the record is read. `{root}` is the root element.
ENTITIES = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
XML = {
    "inline DOCTYPE": ("<!DOCTYPE {root} [<!ELEMENT {root} ANY><!ATTLIST {root} x CDATA 'd'>]>", "", None),
    "bare DOCTYPE": ("<!DOCTYPE {root}>", "", None),
    "entity of the file": ('<!DOCTYPE {root} [<!ENTITY c "Cells">]>', "&c;", None),
    "entity of another file": ('<!DOCTYPE {root} [<!ENTITY c SYSTEM "file://{secret}">]>', "&c;", None),
    "entity of a server": ('<!DOCTYPE {root} [<!ENTITY c SYSTEM "http://127.0.0.1:9/c">]>', "&c;", None),
    "DTD of another file": ('<!DOCTYPE {root} SYSTEM "file://{secret}">', "", None),
    "DTD of a server": ('<!DOCTYPE {root} PUBLIC "-//X" "http://127.0.0.1:9/c.dtd">', "", None),
    "parameter entity": ('<!DOCTYPE {root} [<!ENTITY % p SYSTEM "file://{secret}"> %p;]>', "", None),
    "parameter entity that declares one": ("<!DOCTYPE {root} [<!ENTITY % p '<!ENTITY q \"Q\">'> %p;]>", "&q;", None),
    "XInclude": ("", '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{secret}" parse="text"/>', None),
    "style sheet": ('<?xml-stylesheet href="file://{secret}"?>', "<?php x?>", None),
    "billion laughs": (f'<!DOCTYPE {{root}} [<!ENTITY a "ha">{ENTITIES}]>', "&j;", "amplification"),
    "quadratic": (f'<!DOCTYPE {{root}} [<!ENTITY a "{"x" * 100_000}">]>', "&a;" * 5_000, "amplification"),
    "laughs in an attribute": (f'<!DOCTYPE {{root}} [<!ENTITY a "ha">{ENTITIES}]>', '<x y="&j;"/>', "not valid XML"),
    "entities in a circle": ('<!DOCTYPE {root} [<!ENTITY a "&b;"><!ENTITY b "&a;">]>', "&a;", "entity reference loop"),
    "undeclared entity": ("", "&nope;", "'nope' not defined"),
    "100,000 levels": ("", "<a>" * 100_000 + "</a>" * 100_000, "Excessive depth"),
    "an attribute of 20 MB": ("", f'<a b="{"x" * 20_000_000}"/>', "not valid XML"),
    "10,000 attributes": ("", "<a " + " ".join(f'a{n}=""' for n in range(10_000)) + "/>", "any"),
    "a text of 20 MB": ("", "x" * 20_000_000, "too long"),
    "characters that XML has no place for": ("", "&#0;&#xB;&#xFFFF;&#x110000;&#99999999999999;\x01\x0b\x1f", None),
    "half a surrogate pair": ("", "&#xD800; and &#57343; and @SURROGATE@", None),
    "an unknown encoding": ('<?xml version="1.0" encoding="nope"?>', "", "ncoding"),
    "UTF-7": ('<?xml version="1.0" encoding="UTF-7"?>', "+ADw-script+AD4-", None),
    "not the encoding it says": ('<?xml version="1.0" encoding="US-ASCII"?>', "é", "not valid XML"),
    "UTF-16 it says, but is not": ('<?xml version="1.0" encoding="UTF-16"?>', "é", None),
}  # fmt: skip


@pytest.fixture(scope="module")
def documents():
    """XML of every reader without declaration and DOCTYPE: form -> (text, root, a leaf that is read)."""
    from test_ctgov_xml import PUBLIC

    whole = {"ctgov_xml": PUBLIC, "isrctn": test_isrctn.XML, "who_xml": test_ictrp.WHO, "ictrp_xml": test_ictrp.as_xml(test_ictrp.ROW)}  # fmt: skip
    bare = {form: re.sub(r"<!DOCTYPE.*?\]>|<\?xml.*?\?>", "", text, flags=re.S).strip() for form, text in whole.items()}
    return {form: (text, re.match(r"<([\w:]+)", text)[1]) for form, text in bare.items()}


LEAVES = {"ctgov_xml": "brief_title", "isrctn": "title", "who_xml": "public_title", "ictrp_xml": "Public_title"}


@pytest.mark.parametrize("form", LEAVES)
@pytest.mark.parametrize("name", XML)
def test_hostile_xml_is_read_without_harm_or_told(name, form, documents, tmp_path):
    (tmp_path / "secret").write_text("root:secret")
    (tmp_path / "in").mkdir()
    text, root = documents[form]
    before, inside, told = (
        part and part.replace("{root}", root).replace("{secret}", str(tmp_path / "secret")) for part in XML[name]
    )
    leaf = f"<{LEAVES[form]}>"
    assert leaf in text
    content = (before + text.replace(leaf, leaf + inside, 1)).encode().replace(b"@SURROGATE@", b"\xed\xa0\x80")
    results = read_beside(tmp_path / "in", content, lines=None)
    assert "root:secret" not in repr(results)
    if name == "UTF-7":  # read or not: what it hides is text
        assert "<script>" not in reasons(results)
    elif told == "any":
        assert len(results) == 1
    elif told is None:
        (record,) = results
        assert record.form == form
        (record.public_title or "").encode()  # no half of a surrogate pair
    else:
        assert told in reasons(results)


def test_elements_without_end_are_one_line(documents, tmp_path, monkeypatch):
    monkeypatch.setattr(xml_text, "_MOST_ELEMENTS", 1_000)
    text, _ = documents["isrctn"]
    for many in ("<a/>", "<!--a-->", "<?a?>"):
        assert "more than 1,000 elements" in reasons(
            read_beside(tmp_path, text.replace("<title>", "<title>" + many * 2_000, 1).encode())
        )


# JSON: what stands in the place of a number or of a further key.
TOO_LARGE = ["1e400", "-1e999999999999", "9" * 5_000, "-" + "9" * 30, "NaN", "-Infinity"]
FORMS = {
    "ctgov": test_ctgov.ENTRY, "ctis": test_ctis.TODAY, "ctis before": test_ctis.BEFORE, "euctr": test_euctr.JSON,
    "isrctn": test_isrctn.as_json(),
}  # fmt: skip
from test_ctgov_classic import ENTRY as CLASSIC  # noqa: E402
from test_ctgov_classic import ROWS  # noqa: E402

FORMS |= {"ctgov_full": CLASSIC, "ctgov_fields": ROWS}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", TOO_LARGE, ids=lambda n: n[:9])
def test_number_that_no_computer_holds_costs_itself(number, form, tmp_path):
    text = json.dumps(FORMS[form])
    plain = read_beside(tmp_path, text.encode(), lines=0)
    results = read_beside(tmp_path, f'{text[:-1]}, "further": {number}}}'.encode(), lines=0)
    assert ids(results) == ids(plain) != []


@pytest.mark.parametrize("form", FORMS)
def test_odd_json_is_read_or_told(form, tmp_path):
    text = json.dumps(FORMS[form])
    n = len(ids(read_beside(tmp_path, text.encode(), lines=0)))
    cases = {
        "mark": ("\ufeff" + text, n), "twice": (text[:-1] + "," + text[1:], n),
        "900 levels": (f'{text[:-1]}, "further": {"[" * 900}{"]" * 900}}}', n),
        "100,000 levels": (f'{text[:-1]}, "further": {"[" * 100_000}{"]" * 100_000}}}', 0),
        "objects in objects": ('{"protocolSection":' * 100_000, 0),
        "a line break in a text": (text.replace('": "', '": "\x0b\n', 1) if form == "isrctn" else text, n),
        "more behind it": (text + " garbage", 0), "half of it": (text[: len(text) // 2], 0),
    }  # fmt: skip
    for name, (content, expected) in cases.items():
        results = read_beside(tmp_path, content.encode(), lines=0 if expected else 1)
        assert len(ids(results)) == expected, name


@pytest.mark.parametrize("scalar", ["5", "null", "true", '"x"', "[]", "{}", "[[[]]]", "[1,2]", '{"studies":5}', '{"studies":[5]}',
                                    '{"protocolSection":5}', '{"FullStudiesResponse":[]}', "", " ", "\ufeff", "-", "NaN"])  # fmt: skip
def test_json_that_is_no_study_is_one_line(scalar, tmp_path):
    read_beside(tmp_path, scalar.encode())


def test_nan_costs_no_neighbour(tmp_path):
    one, two = dump(1).decode(), dump(2).decode()
    assert ids(read_beside(tmp_path, f"[{one},{one[:-1]},\"x\":NaN}},{two}]".encode(), lines=0)) == [
        "NCT90000001", "NCT90000001", "NCT90000002"]  # fmt: skip


TEXT = "TrialID,date_enrollement,Public_title\r\nNCT99000010,,Málaga {0}\r\nNCT99000011,,Cells\r\n"
ENCODED = {
    "UTF-8 with mark": TEXT.encode("utf-8-sig"), "UTF-16": TEXT.encode("utf-16"), "UTF-16 LE": TEXT.encode("utf-16-le"),
    "UTF-16 BE": TEXT.encode("utf-16-be"), "Windows-1252": TEXT.encode("cp1252"), "Latin-1": TEXT.encode("latin-1"),
    "lone CR": TEXT.replace("\r\n", "\r").encode(), "LF": TEXT.replace("\r\n", "\n").encode(),
    "mixed": TEXT.replace("\r\n", "\r", 1).replace("\r\n", "\n", 1).encode(), "form feeds": TEXT.replace("\r\n", "\f\r\n\f\r\n").encode(),
    "half a surrogate pair": TEXT.encode().replace(b"{0}", b"\xed\xa0\x80"),
    "half a pair in UTF-16": TEXT.replace("{0}", "\ud800").encode("utf-16", "surrogatepass"),
    "NULs at the end": TEXT.encode() + b" " * 300_000 + bytes(99), "100,000 columns": (TEXT.replace("\r\n", "," + ",".join(f"c{n}" for n in range(100_000)) + "\r\n", 1)).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", ENCODED)
def test_table_in_any_encoding_is_read(name, tmp_path):
    results = read_beside(tmp_path, ENCODED[name], lines=0)
    assert ids(results) == ["NCT99000010", "NCT99000011"]
    assert results[0].public_title.startswith("Málaga")
    results[0].public_title.encode()


TABLES = {
    "a quote in the header": (TEXT.replace("Public_title", 'Public_title,"x').encode(), 0, ""),
    "a header of 20 MB": (TEXT.replace("Public_title", 'Public_title,"' + "x" * 20_000_000).encode(), 0, "a quote is missing"),
    "a quote in a row": (TEXT.replace("Cells", '"Cells').encode(), 2, ""),
    "a row too long": (TEXT.replace("Cells", "Cells,a,b").encode(), 1, "below a header of 3 columns"),
    "a row too short": (TEXT.replace(",,Cells", "").encode(), 2, ""),
    "a cell of 20 MB": (TEXT.replace("Cells", '"' + "x" * 20_000_000 + '"').encode(), 1, "field larger than"),
    "NULs": (TEXT.replace("Cells", "\0").encode(), 0, "binary data"),
    "cut off UTF-16": (TEXT.encode("utf-16")[:-1], 0, "begins like UTF-16"),
    "one line of 50 MB": (b"x" * 50_000_000, 0, "No reader knows this"),
    "commas": (b"," * 5_000_000, 0, "No reader knows this"), "quotes": (b'"' * 5_000_000, 0, "No reader knows this"),
    "line breaks": (b"\n" * 5_000_000, 0, "empty"), "braces": (b"{" * 5_000_000, 0, "No reader knows this"),
    "angles": (b"<" * 5_000_000, 0, "No reader knows this"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_odd_table_is_told_and_its_good_rows_are_read(name, tmp_path):
    content, n, told = TABLES[name]
    results = read_beside(tmp_path, content, lines=1 if told else None)
    assert len(ids(results)) == n
    assert told in reasons(results)


def test_study_in_a_line_of_50_mb_is_read(tmp_path):
    assert ids(read_beside(tmp_path, dump(1, "x" * 50_000_000), lines=0)) == ["NCT90000001"]


@pytest.mark.parametrize("number", ["\0", "x" * 500, "\u202eNCT", "\ufffd", "--", "a\u2028b"])
def test_number_that_no_register_gives_is_told(number, tmp_path):
    study = json.dumps({"protocolSection": {"identificationModule": {"nctId": number}}})
    assert "its number is" in reasons(read_beside(tmp_path, study.encode()))
