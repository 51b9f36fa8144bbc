"""Archives of one file a study, read in spans, and JSON Lines: past a gate they give what they would give without the haste."""

import bz2
import gzip
import json
import subprocess
import sys
import zipfile

import pytest
import zstandard
from gating import GATE, WANTED, dump, kept, rejections, study, write_zip

from trialkit.gate import Gate
from trialkit.registries import bulk
from trialkit.registries.files import NotSelected, Rejected, read_inputs
from trialkit.registries.results import gated
from trialkit.registries.streams import read_stream


def both_ways(path) -> list:
    """What the archive gives span by span, past a gate and without one; held against the same read as any other archive."""
    assert bulk.find_spans(path)
    with path.open("rb") as file:
        plain = list(read_stream(path.as_posix(), file))
    assert list(read_inputs([path])) == plain
    asked = list(read_inputs([path], GATE))
    assert asked == list(gated(plain, GATE))
    return asked


def test_archive_is_read_span_by_span_as_any_other(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "SPAN", 3)
    path = write_zip(tmp_path / "x.zip", *(dump(n, WANTED if n % 4 == 1 else "") for n in range(10)))
    assert len(bulk.find_spans(path)) == 4
    assert [type(r).__name__ for r in both_ways(path)].count("NotSelected") == 7


ODD = {
    "no JSON": b"Dear colleague",
    "cut off": dump(0, WANTED)[:-9],
    "cut off, no word": dump(0)[:-9],
    "other JSON": b'{"a": 1}',
    "no number": b'{"protocolSection":{"designModule":{}}}',
    "a page": b'{"studies":[' + dump(0) + b"," + dump(8, WANTED) + b"]}",
    "a page beside a section": b'{"protocolSection":{"identificationModule":{"nctId":"NCT90000000"}},"studies":[' + dump(8, WANTED) + b"]}",
    "lines": dump(0) + b"\n" + dump(8, WANTED),
    "boxed": b'{"protocolSection":{"identificationModule":{"nctId":["NCT90000000"],"briefTitle":["MSC"]}}}',
    "with a mark": b"\xef\xbb\xbf" + dump(0, WANTED),
    "UTF-16": dump(0, WANTED).decode().encode("utf-16"),
    "Windows-1252": json.dumps(study(0, "mésenchymal"), ensure_ascii=False).encode("cp1252"),
    "Windows-1252 elsewhere": dump(0, WANTED)[:-1] + b',"x":"\xe9"}',
    "a word in Windows-1252 alone": dump(0, "bm@").replace(b"@", b"\xc4\x94")[:-1] + b',"x":"\xe9"}',
    "compressed again": gzip.compress(dump(0, WANTED)),
    "nested too deeply": b'{"protocolSection":' * 100_000,
    "empty": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_member_costs_only_itself_and_is_told_as_elsewhere(name, tmp_path):
    results = both_ways(write_zip(tmp_path / "x.zip", ODD[name], dump(1, WANTED), dump(2)))
    assert {r.record_id for r in results if not isinstance(r, Rejected)} >= {"ctgov:NCT90000001", "ctgov:NCT90000002"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_member_packed_in_another_way_is_read(method, tmp_path):
    assert len(kept(both_ways(write_zip(tmp_path / "x.zip", dump(0, WANTED), dump(1), compression=method)))) == 1


def damaged(path, at: int, byte: int | None = None):
    data = bytearray(path.read_bytes())
    data[at] = byte if byte is not None else data[at] ^ 0x55
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("where", "told"),
    [("data", "damaged or cut off after 0 records"), ("name", "cannot be taken out"), ("method", "cannot be taken out"),
     ("password", "password"), ("sum", "Bad CRC-32")],
)  # fmt: skip
def test_damaged_member_is_one_rejection_and_the_others_go_on(where, told, tmp_path):
    path = write_zip(tmp_path / "x.zip", *(dump(n, WANTED + " and more" * 40) for n in range(3)))
    data = path.read_bytes()
    second = data.index(b"PK\x03\x04", 4)
    record = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    place = {"data": (second + 70, None), "name": (second + 33, None), "method": (record + 10, 77), "password": (record + 8, 1), "sum": (record + 16, None)}  # fmt: skip
    (rejected,) = rejections(both_ways(damaged(path, *place[where])))
    assert told in rejected.reason
    assert rejected.source_file.endswith("NCT90000001.json")


def test_local_header_longer_than_that_of_the_directory_is_measured(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a.json", "w", force_zip64=True) as member:  # 20 bytes more, in the local header alone
            member.write(dump(1, WANTED))
        archive.writestr("b.json", dump(2))
    monkeypatch.delattr(bulk, "read_zip")  # to which whatever is not understood would go
    assert len(kept(both_ways(tmp_path / "x.zip"))) == 1


def test_archive_with_more_members_than_the_old_end_can_count(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)  # writes the end of the directory in 64 bits
    path = write_zip(tmp_path / "x.zip", dump(0, WANTED), dump(1))
    assert b"PK\x06\x06" in path.read_bytes()
    assert len(kept(both_ways(path))) == 1


def test_member_beyond_four_gigabytes_is_found():
    extra = b"UT\x05\x00\x01abcd" + b"\x01\x00\x08\x00" + (5 << 30).to_bytes(8, "little")
    fields = (b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, 5, 9, 6, len(extra), 0, 0, 0, 0, 0xFFFFFFFF)
    (member,) = bulk._members(memoryview(bulk._CENTRAL.pack(*fields) + b"a.json" + extra))
    assert member.start == 5 << 30


def test_archive_cut_off_is_told_as_elsewhere(tmp_path):
    path = write_zip(tmp_path / "x.zip", dump(0, WANTED), dump(1))
    path.write_bytes(path.read_bytes()[:-30])
    assert bulk.find_spans(path) is None
    assert [type(r) for r in read_inputs([path], GATE)] == [Rejected]
    assert list(read_inputs([path], GATE)) == list(read_inputs([path]))


def test_archive_after_other_bytes_is_read(tmp_path):
    path = write_zip(tmp_path / "x.zip", dump(0, WANTED), dump(1))
    path.write_bytes(b"PK\x03\x04 of something else" + path.read_bytes())
    assert len(kept(both_ways(path))) == 1


def test_files_that_describe_data_and_folders_are_passed_over(tmp_path):
    path = write_zip(tmp_path / "x.zip", dump(0, WANTED), dump(1))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README.md", "about")
        archive.writestr("more/", "")
        archive.writestr("more/NCT90000005.json", dump(5))
    assert len(both_ways(path)) == 3


@pytest.mark.parametrize("other", ["studies.txt", "letter.pdf", "inner.zip"])
def test_archive_of_anything_else_is_read_as_before(other, tmp_path):
    path = write_zip(tmp_path / "x.zip", dump(0, WANTED))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(other, b"...")
    assert bulk.find_spans(path) is None
    assert len(list(read_inputs([path], GATE))) == len(list(read_inputs([path])))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, zstandard.compress])
def test_lines_are_asked_one_by_one_before_they_are_read(pack, tmp_path, monkeypatch):
    (tmp_path / "x.jsonl").write_bytes(pack(b"".join(dump(n, WANTED if n == 3 else "") + b"\n" for n in range(9))))
    asked = []
    monkeypatch.setattr(Gate, "holds", lambda gate, record: not asked.append(record.trial_id))
    results = list(read_inputs([tmp_path / "x.jsonl"], GATE))
    assert asked == ["NCT90000003"]
    assert [r.position for r in results] == list(range(9))
    assert results[0] == NotSelected((tmp_path / "x.jsonl").as_posix(), 0, "ctgov", "ctgov:NCT90000000")


def test_a_worker_starts_without_the_libraries_it_does_not_need():
    work = "partial(alone, partial(read_span, gate=open_gate('msc')))"
    taken = (
        "import pickle, sys; from functools import partial; from trialkit.engines import alone; "
        f"from trialkit.gate import open_gate; from trialkit.registries.bulk import read_span; pickle.dumps({work}); "
        "print(sorted({'polars', 'pandas', 'altair', 'dataframely'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", taken], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
