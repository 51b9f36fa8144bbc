"""Real records, broken by chance in all the ways files break: a build takes whatever it is given, and says what it did not."""

import gzip
import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from gating import WANTED, dump
from hostile_archives import NAMES, among

from trialkit.assemble import build_frames
from trialkit.frames import SNAPSHOTS

MUTANTS = int(os.environ.get("TRIALKIT_MUTANTS", "240"))
AT_ONCE = 40  # files of one build
FIXTURES = Path(__file__).parent / "fixtures"
WRONG = [None, True, 0, -1, 1.5, 10**30, "", "x", "\ud800", "\0", [], ["x"], [[]], {}, {"a": 1}, [{"x": {}}]]
BITS = [b"\0", b"\r", b"\f", b'"', b"<", b"&a;", b"&#xD800;", b"\xed\xa0\x80", b"\\ud800", b"\xff\xfe", b"]]>", b"NaN", b"1e999", b"=1+1", "\u202e".encode(), b"\xe9", b"{", b"\n\n"]  # fmt: skip

Luck = random.Random


def documents() -> list[bytes]:
    """One record each, as far as their files tell."""
    found = [file.read_bytes() for file in sorted(FIXTURES.rglob("*.xml"))]
    for file in sorted(file for folder in (FIXTURES / "pages", SNAPSHOTS) for file in folder.rglob("*.*")):
        data = file.read_bytes()
        if file.suffix == ".jsonl":
            found += data.splitlines()[:30]
        elif file.suffix == ".csv":
            found.append(b"\n".join(data.splitlines()[:3]))
        elif file.suffix == ".txt":
            found.append(data)
    return found


def flip(data: bytes, luck: Luck) -> bytes:
    at = luck.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << luck.randrange(8)]) + data[at + 1 :]


def cut(data: bytes, luck: Luck) -> bytes:
    return data[: luck.randrange(len(data))]


def insert(data: bytes, luck: Luck) -> bytes:
    at = luck.randrange(len(data))
    return data[:at] + luck.choice(BITS) * luck.choice([1, 1, 3, 500]) + data[at:]


def repeat(data: bytes, luck: Luck) -> bytes:
    a, b = sorted(luck.randrange(len(data)) for _ in range(2))
    return data[:a] + data[a:b] * 2 + data[b:]


def encode(data: bytes, luck: Luck) -> bytes:
    name = luck.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-7", "utf-8-sig", "gb18030"])
    return data.decode("utf-8", "replace").encode(name, "replace")


def line_ends(data: bytes, luck: Luck) -> bytes:
    return re.sub(rb"\r?\n", luck.choice([b"\r", b"\r\n", b"\f", b"\n\n", b"\0\n"]), data)


def spoil_value(data: bytes, luck: Luck) -> bytes:
    """A value of another type somewhere in JSON; elsewhere half of a character."""
    try:
        value = json.loads(data)
    except ValueError:
        return insert(data, luck)
    node, places = value, []
    while isinstance(node, dict | list) and node:
        key = luck.choice(list(node) if isinstance(node, dict) else range(len(node)))
        places.append((node, key))
        node = node[key]
    if not places:
        return data
    node, key = luck.choice(places)
    node[key] = node[key] + "\udc00" if isinstance(node[key], str) and luck.random() < 0.3 else luck.choice(WRONG)
    return json.dumps(value).encode()


def nest(data: bytes, luck: Luck) -> bytes:
    opened, closed = luck.choice([(b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"(", b")")])
    n = luck.choice([10, 1_000, 50_000])
    at = luck.randrange(len(data))
    return data[:at] + opened * n + closed * n + data[at:]


def entities(data: bytes, luck: Luck) -> bytes:
    text = re.sub(rb"^\s*<\?xml.*?\?>", b"", data)
    root = re.match(rb"\s*<([A-Za-z]\w*)", text)
    kind = luck.choice([b'SYSTEM "file:///etc/passwd"', b'"x"', b'"&a;&a;"'])
    return b"<!DOCTYPE %s [<!ENTITY a %s>]>" % (root[1], kind) + text.replace(b">", b">&a;", 3) if root else data


def pack(data: bytes, luck: Luck) -> bytes:
    packed = luck.choice([gzip.compress, lambda d: among(luck.choice(list(NAMES.values())), d)])(data)
    return luck.choice([bytes, flip_of(luck), lambda d: cut(d, luck)])(packed)


def flip_of(luck: Luck) -> Callable[[bytes], bytes]:
    return lambda data: flip(data, luck)


BREAKERS = [flip, cut, insert, repeat, encode, line_ends, spoil_value, nest, entities, pack]


@pytest.mark.parametrize("seed", range(max(1, MUTANTS // AT_ONCE)))
def test_build_takes_broken_records_and_accounts_for_every_file(seed, tmp_path):
    luck, whole = random.Random(seed), documents()
    assert len(whole) > 30
    (tmp_path / "good.json").write_bytes(dump(77, WANTED))
    for n in range(AT_ONCE):
        data = luck.choice(whole)
        for breaker in luck.choices(BREAKERS, k=luck.choice([1, 1, 2, 3])):
            data = breaker(data, luck) if data else data
        (tmp_path / f"{n:03}.dat").write_bytes(data)
    frames = build_frames([tmp_path], engine="serial", select="msc" if seed % 3 == 2 else None)
    assert "NCT90000077" in frames.trials["trial_id"]
    ledger = frames.ledger.with_columns(pl.col("outcome").cast(pl.String))
    files = set(ledger["source_file"].str.extract(r"(\w+\.(?:dat|json))", 1))
    assert files == {path.name for path in tmp_path.iterdir()}
    rejected = ledger.filter(pl.col("outcome") == "rejected")["reason"].to_list()
    assert rejected
    assert [reason for reason in rejected if "cannot be read:" in reason or not reason.isprintable()] == []
    parsed = ledger.filter(pl.col("outcome") == "parsed")
    assert len(frames.trials) == len(parsed)  # none left out for breaking the contract
    assert "root:x" not in repr(rejected)
