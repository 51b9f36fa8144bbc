"""A label never becomes a value, and no value comes from another label: saved pages and records, line by line garbled."""

import json
import random

import garbled
import garbled_files
import msgspec
import pytest
from garbled_checks import Files, check_record
from garbled_pages import check_page, values
from test_properties import TIMES

from trialkit.registries import ctgov

FIVE = sorted((garbled.SNAPSHOTS / "medpath").rglob("*.txt")) + sorted((garbled.SNAPSHOTS / "veeva").rglob("*.txt"))
ENTRIES = (garbled.SNAPSHOTS / "ctgov/2022-10-09/studies.jsonl").read_bytes().splitlines()
RECORDS = 200


@pytest.fixture(params=["bundled", "originals"])
def pages(request):
    if request.param == "originals" and not garbled_files.ORIGINALS:
        pytest.skip(f"no original pages in {garbled_files.SHARED / 'seeds'}")
    return [
        page.read_text(encoding="utf-8") for page in (FIVE if request.param == "bundled" else garbled_files.ORIGINALS)
    ]


def test_five_pages_garbled_give_no_value_of_another_label(pages):
    assert len(pages) == 5
    read = 0
    for n, page in enumerate(pages):
        assert check_page(page) is not None
        for k in range(100 * TIMES):
            lines = garbled_files.other_page(page.splitlines(), random.Random(f"{n} {k}"))
            read += check_page("\n".join(lines)) is not None
    assert read > 250 * TIMES, "most pages were no longer known: this test has tried little"


def test_five_pages_give_no_value_of_another_label_with_any_two_neighbours_exchanged(pages):
    for page in pages:
        lines = [line for line in page.splitlines() if line.strip()]
        for n in range(len(lines) - 1):
            check_page("\n".join([*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]]))


def test_five_pages_give_no_value_of_another_label_without_any_one_line_or_with_it_twice(pages):
    for page in pages:
        lines = [line for line in page.splitlines() if line.strip()]
        for n in range(len(lines)):
            check_page("\n".join([*lines[:n], *lines[n + 1 :]]))
            check_page("\n".join([*lines[: n + 1], *lines[n:]]))
            check_page("\n".join([*lines[:n], lines[n][: len(lines[n]) // 2], *lines[n + 1 :]]))
            check_page("\n".join(lines[:n]))


def test_garbled_records_are_read_or_refused_and_have_no_key_for_a_value():
    """200 records of the register as indented lines: dropped, doubled, shuffled, cut; then parts of their values."""
    read = 0
    for n in range(RECORDS * TIMES):
        chance = random.Random(f"record {n}")
        entry = msgspec.json.decode(ENTRIES[n % len(ENTRIES)])
        lines = garbled_files.other_page(json.dumps(entry, indent=1).splitlines(), chance)
        Files().read(".json", "\n".join(lines).encode("utf-8", "surrogatepass"), tables=False)
        other = garbled_files.other_json(entry, chance, rate=0.002)
        keys = set(_keys(entry)) - {"other", "name", "type", "description", "label", "id", "title"}
        try:
            record = ctgov.parse_study(json.dumps(other).encode())
        except (ValueError, msgspec.MsgspecError):
            continue
        read += 1
        check_record(record)
        for path, value in values(msgspec.to_builtins(record)):
            assert value not in keys, f"{path} is the key {value!r}"
    assert read > RECORDS * TIMES / 4


def _keys(value):
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _keys(one)
    elif isinstance(value, list):
        for one in value:
            yield from _keys(one)
