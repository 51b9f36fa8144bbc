"""Files that are something else, damaged or strangely encoded: one clear line for each, and the others go on."""

import gzip
import json
import logging
from pathlib import Path

import pytest
import zstandard

from trialkit.registries.files import Rejected, read_inputs

PAGES = Path(__file__).parent / "fixtures" / "pages"

BROKEN_LINE = b'{"protocolSection":{"identificationModule":{"nctId":"NCT99000020"}}}\n{"protocolSection":\n'
GOOD = b'{"protocolSection":{"identificationModule":{"nctId":"NCT99000021"}}}\n'
BAD_INPUTS = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n", "the file is empty"),
    "pdf": (b"%PDF-1.7\n\0\1", "binary data (starts with '%PDF"),
    "letter": (b"Dear colleague", "text that starts with 'Dear colleague'. No reader knows this; `trialkit inputs`"),
    "other table": (b"id,author,year\n1,2,3\n", "a table with columns id, author, year"),
    "other json": (b'{"a": 1, "b": 2, "c": 3}', "a JSON object with keys a, b, c"),
    "empty array": (b"[]", "JSON without any record"),
    "array of words": (b'["x"]', "a JSON str"),
    "fragment": (b'{"protocolSection": {"designModule": {}}}', "not a whole study, it holds only designModule"),
    "wrong type": (
        b'{"protocolSection":{"identificationModule":{"nctId":"NCT99000022"},"designModule":{"phases":{"a":{}}}}}',
        "Expected `str`",
    ),
    "cut off array": (b"[" + GOOD.strip() + b",", "not valid JSON"),
    "nested too deeply": (b"[" * 100_000 + b"]" * 100_000, "nested far deeper than any record"),
    "gzip cut off": (gzip.compress(GOOD * 999)[:-9], "damaged or cut off after"),
    "Zstandard cut off": (zstandard.compress(bytes(range(256)) * 9)[:-5], "damaged or cut off after 0 records"),
    "zip cut off": (b"PK\x03\x04\x14\0\0\0", "damaged or cut off after 0 records"),
    "not UTF-16": (b"\xff\xfe\x00", "begins like UTF-16 text but is not"),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_unreadable_file_gives_one_line_that_says_why(name, tmp_path):
    content, reason = BAD_INPUTS[name]
    (tmp_path / "input.dat").write_bytes(content)
    (tmp_path / "next.json").write_bytes(GOOD)
    *_, rejected, following = read_inputs([tmp_path])
    assert isinstance(rejected, Rejected)
    assert rejected.reason.startswith("input.dat")
    assert reason in rejected.reason
    assert "\n" not in rejected.reason
    assert following.trial_id == "NCT99000021"  # the other files go on


def test_broken_json_line_costs_only_itself(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(BROKEN_LINE + GOOD)
    first, broken, last = read_inputs([tmp_path / "x.jsonl"])
    assert (first.trial_id, last.trial_id) == ("NCT99000020", "NCT99000021")
    assert (broken.position, last.position) == (1, 2)
    assert "line 2" in broken.reason
    (tmp_path / "y.jsonl").write_bytes(b'{"protocolSection":\n' + GOOD)
    broken, last = read_inputs([tmp_path / "y.jsonl"])
    assert "line 1" in broken.reason
    assert last.trial_id == "NCT99000021"


def test_cut_off_download_keeps_what_came(tmp_path):
    lines = b"".join(GOOD.replace(b"99000021", b"%08d" % n) for n in range(20_000))
    (tmp_path / "x").write_bytes(gzip.compress(lines)[:-800])
    *records, rejected = read_inputs([tmp_path / "x"])
    assert len(records) > 5_000
    assert rejected.position == len(records)


def test_missing_path_is_named_before_anything_is_read(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such file or folder: .*nowhere\.json"):
        read_inputs([PAGES, tmp_path / "nowhere.json"])


def test_folder_passes_over_its_descriptions_but_a_named_file_is_always_read(tmp_path):
    for name in ("SOURCE.toml", "README.md", "MANIFEST.csv", ".hidden", "study.json"):
        (tmp_path / name).write_bytes(GOOD)
    assert [r.source_file for r in read_inputs([tmp_path])] == [(tmp_path / "study.json").as_posix()]
    assert [r.trial_id for r in read_inputs([tmp_path / ".hidden"])] == ["NCT99000021"]
    (tmp_path / "sub").mkdir()
    (rejected,) = read_inputs([tmp_path / "sub"])
    assert "a folder without any file of records" in rejected.reason


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_page_in_another_encoding_is_read(encoding, tmp_path, caplog):
    text = (PAGES / "medpath_b_bare.txt").read_text("utf-8").replace("Slow Wounds", "Wounds ≥ 8 weeks in Málaga")
    text = text.replace("≥", "over") if encoding == "cp1252" else text
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    (tmp_path / "page.txt").write_bytes(mark + text.encode(encoding))
    with caplog.at_level(logging.WARNING):
        [record] = read_inputs([tmp_path / "page.txt"])
    assert record.public_title.endswith("8 weeks in Málaga")
    assert ("not valid UTF-8" in caplog.text) == (encoding == "cp1252")


def test_json_in_another_encoding_is_read_and_said_once(tmp_path, caplog):
    study = {"protocolSection": {"identificationModule": {"nctId": "NCT99000023", "briefTitle": "Málaga"}}}
    (tmp_path / "x").write_bytes((json.dumps(study, ensure_ascii=False) + "\n").encode("latin-1") * 3)
    assert [r.public_title for r in read_inputs([tmp_path / "x"])] == ["Málaga"] * 3
    assert caplog.text.count("not valid UTF-8") == 1
