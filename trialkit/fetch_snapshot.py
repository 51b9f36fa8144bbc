"""The folder of a fetched snapshot: `studies.jsonl.gz` (one study a line, sorted by NCT number) and `SOURCE.toml`.

Nothing in it depends on the day it was fetched: the same data of the register give the same bytes. It is written aside
and renamed as a whole.
"""

import gzip
import hashlib
import heapq
import json
import os
import shutil
import tomllib
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from trialkit.fetch_api import FetchError, Unusable
from trialkit.fetch_pages import Line, Pages, identify
from trialkit.storage import publish

REGISTER, STUDIES, SOURCE = "ClinicalTrials.gov", "studies.jsonl.gz", "SOURCE.toml"

TERMS = (
    "ClinicalTrials.gov is a service of the U.S. National Library of Medicine; its data are in the public domain and free "
    "to use. Name ClinicalTrials.gov as the source with the date in data_timestamp; neither the Library nor the "
    "U.S. government endorses what is made of the data. https://clinicaltrials.gov/about-site/terms-conditions"
)
WORDING = (
    "As served by the API, keys sorted. Left out before anything was stored: names, e-mail addresses and phones of central "
    "and site contacts, overall officials, responsible investigators and points of contact; e-mail addresses in texts."
)
CAUTION = "The state of {date}. Records change, mostly on every working day; fetch again for a newer state."
CAUTION_UPDATED = (
    " Only the studies updated since {since} were fetched, and put in the place of those in the snapshot of the date in "
    "updates; studies that left the register or the search since then cannot be told from this and are still here."
)


class Fetched(NamedTuple):
    """A snapshot that is there: its folder, the timestamp of its data, its studies, the SHA-256 of their file.

    Of this fetch: studies `received`, `duplicates` among them, those `replaced` in and `added` to an earlier snapshot
    (None when this was no update), and the `requests` made; nothing is received when the snapshot was there already.
    """

    folder: Path
    data_timestamp: str
    records: int
    sha256: str
    requests: int
    received: int = 0
    duplicates: int = 0
    replaced: int | None = None
    added: int | None = None


class Snapshot(NamedTuple):
    """A snapshot on the disk and what its SOURCE.toml says."""

    folder: Path
    source: dict[str, Any]


def newest_snapshot(target: Path, search: dict[str, str]) -> Snapshot | None:
    """The newest snapshot of the same search in or beside `target`; None when there is none."""
    found = []
    for file in {*target.parent.glob(f"*/{SOURCE}"), target / SOURCE}:
        if file.is_file() and not file.parent.name.startswith("."):
            source = _read_source(file)
            if isinstance(source.get("data_timestamp"), str) and all(
                source.get(name) == words for name, words in search.items()
            ):
                found.append(Snapshot(file.parent, source))
    return max(found, key=lambda snapshot: str(snapshot.source["data_timestamp"]), default=None)


def _read_source(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return {}  # somebody else's; no snapshot of ours


def check_free(target: Path, force: bool) -> None:
    """Raise FileExistsError for a folder that holds something else, or a snapshot that is not to be replaced."""
    if target.exists() and not target.is_dir():
        raise FileExistsError(f"{target} is a file; expected a folder for the snapshot")
    names = sorted(os.listdir(target)) if target.exists() else []
    if strange := [name for name in names if name not in (STUDIES, SOURCE)]:
        raise FileExistsError(
            f"{target} holds other things than a fetched snapshot ({strange[0]}{' ...' if len(strange) > 1 else ''}): "
            "name another folder with --out"
        )
    if names and not force:
        held = _read_source(target / SOURCE) if SOURCE in names else {}
        raise FileExistsError(
            f"{target} holds a snapshot already (search {held.get('query', 'unknown')!r}, data of "
            f"{held.get('data_timestamp', 'an unknown time')}). Replace it with --force, or name another folder with --out"
        )


def write_snapshot(
    target: Path, pages: Pages, search: dict[str, str], base: Snapshot | None, since: str, requests: int
) -> Fetched:
    """Check that all came, write the snapshot aside, and put it in its place; `base` gives the studies not fetched."""
    lines, total = pages.newest_lines(), pages.total or 0
    duplicates = pages.received - len(lines)
    if len(lines) != total:
        raise Unusable(
            f"asked for {total:,}, received {pages.received:,}; {duplicates:,} duplicates, so {len(lines):,} different "
            "studies. Nothing is written; fetch again, perhaps later"
        )
    if not total and base is None:
        raise Unusable("the register counts no study for this search, so nothing is written. Look at its spelling")
    if base and sha256_of(base.folder / STUDIES) != base.source.get("sha256"):
        raise FetchError(f"{base.folder / STUDIES} is not as it was written (sha256). Fetch the search without --since")
    fresh = pages.folder / "snapshot"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    written = _write_studies(fresh / STUDIES, lines, base)
    day, updated = pages.version.data_timestamp[:10], {}
    if base:
        changes = {"replaced": written.replaced, "added": len(lines) - written.replaced}
        updated = {"updates": base.source["data_timestamp"], **changes}
    source = {
        "register": REGISTER,
        "publisher": "U.S. National Library of Medicine",
        "data_version": day,
        "records": written.records,
        "format": "API v2 JSON, one study per line, gzip",
        "url_pattern": "https://clinicaltrials.gov/study/{trial_id}",
        **search,
        "base_url": pages.search["base_url"],
        "api_version": pages.version.api_version,
        "data_timestamp": pages.version.data_timestamp,
        "processed": pages.version.data_timestamp,
        "since": since,
        **updated,
        "total": total,
        "received": pages.received,
        "distinct": len(lines),
        "duplicates": duplicates,
        "newest_update": written.newest_update,
        "sha256": sha256_of(fresh / STUDIES),
        "sha256_unpacked": written.sha256_unpacked,
        "terms": TERMS,
        "wording": WORDING,
        "caution": CAUTION.format(date=day) + (CAUTION_UPDATED.format(since=since) if base else ""),
    }
    (fresh / SOURCE).write_text(
        "".join(f"{name} = {_toml(value)}\n" for name, value in source.items()), encoding="utf-8"
    )
    publish(fresh, target)
    pages.discard()
    return Fetched(target, pages.version.data_timestamp, written.records, source["sha256"], requests, pages.received,
                   duplicates, updated.get("replaced"), updated.get("added"))  # fmt: skip


class _Written(NamedTuple):
    records: int
    replaced: int
    newest_update: str
    sha256_unpacked: str


def _write_studies(path: Path, lines: dict[str, Line], base: Snapshot | None) -> _Written:
    """The studies of `lines` and of `base`, those of `lines` first, sorted by NCT number, one at a time."""
    records = replaced = 0
    newest, unpacked = "", hashlib.sha256()
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as out:
        both = heapq.merge(_fetched_lines(lines), _kept_lines(base), key=itemgetter(0))
        for _, versions in groupby(both, key=itemgetter(0)):
            text, *older = [text for _, text in versions]
            out.write(text)
            unpacked.update(text)
            records, replaced = records + 1, replaced + bool(older)
            newest = max(newest, identify(text)[1])
    return _Written(records, replaced, newest, unpacked.hexdigest())


def _fetched_lines(lines: dict[str, Line]) -> Iterator[tuple[str, bytes]]:
    for trial_id in sorted(lines):
        line = lines[trial_id]
        with line.file.open("rb") as file:
            file.seek(line.start)
            yield trial_id, file.read(line.length)


def _kept_lines(base: Snapshot | None) -> Iterator[tuple[str, bytes]]:
    if base:
        with gzip.open(base.folder / STUDIES) as file:
            for text in file:
                yield identify(text)[0], text


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _toml(value: str | int) -> str:
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
