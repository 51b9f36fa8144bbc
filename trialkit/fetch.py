"""Dated snapshots of ClinicalTrials.gov: all studies of a search, complete or not at all, and later only what changed.

A snapshot folder holds `studies.jsonl.gz` (one study a line, sorted by NCT number) and `SOURCE.toml` (what was asked, of
which data, the counts, the hashes, the terms). Nothing in it depends on the day it was fetched: the same data of the
register give the same bytes. It is written aside and renamed as a whole.
"""

import logging
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from trialkit.fetch_api import Api, Changed, FetchError, Unusable, Version
from trialkit.fetch_pages import Pages, fetch_pages
from trialkit.fetch_snapshot import STUDIES, Fetched, Snapshot, check_free, newest_snapshot, sha256_of, write_snapshot
from trialkit.storage import locked

__all__ = ["CTGOV", "FetchError", "Fetched", "fetch_ctgov"]

CTGOV = "https://clinicaltrials.gov/api/v2"
PARAMETERS = {"query": "query.term", "condition": "query.cond", "intervention": "query.intr"}

log = logging.getLogger(__name__)


class _Order(NamedTuple):
    """What was asked for: `search` has the keys of PARAMETERS, "" for what was not given."""

    search: dict[str, str]
    folder: Path
    dated: bool
    since: str
    force: bool
    page_size: int
    progress: Callable[[int, int], None]
    tell: Callable[[str], None]


def fetch_ctgov(query: str, folder: Path | str, *, condition: str = "", intervention: str = "",
                since: str | date | None = None, dated: bool = True, force: bool = False, base_url: str = CTGOV,
                page_size: int = 1000, rate: float = 1.0, timeout: float = 60.0, attempts: int = 6,
                backoff: float = 1.0, longest_wait: float = 120.0, progress: Callable[[int, int], None] | None = None,
                tell: Callable[[str], None] | None = None) -> Fetched:  # fmt: skip
    """Fetch every study of a search and write them as the snapshot `folder`/YYYY-MM-DD, the date of the register's data.

    `query` is a search in all fields ("mesenchymal AND lupus", Essie syntax), `condition` and `intervention` one in
    these; "" for none, but not all three. `since`: only studies updated on that day or later, put in the place of those
    in the newest snapshot of the same search beside it; "last" is the newest update in that snapshot. With `dated`
    False, `folder` itself becomes the snapshot. `force` replaces a snapshot that is there.

    `rate` is requests a second (0: no limit); `timeout`, `backoff` and `longest_wait` are seconds, see Api. `progress`
    gets (studies received, all studies), `tell` sentences about what was met on the way (without it they are logged).

    An interrupted fetch is kept in `.<name of the snapshot>.partial` beside the snapshot and goes on from there when the
    same search is fetched again and the register's data are still the same; otherwise it starts anew. When the data
    change during the fetch it starts again, once.

    Raises FetchError when the register cannot be reached, refuses, or sends less or more than it counts; FileExistsError
    for a folder that is taken; ValueError for a wrong argument. In every case no snapshot is written or changed.
    """
    search = {"query": query.strip(), "condition": condition.strip(), "intervention": intervention.strip()}
    if not any(search.values()):
        raise ValueError("nothing to search for: expected a query, a condition or an intervention")
    if odd := [name for name, words in search.items() if not words.isprintable()]:
        raise ValueError(f"{odd[0]} {search[odd[0]]!r} holds line breaks or control characters: write it on one line")
    if not 1 <= page_size <= 1000:
        raise ValueError(f"page_size {page_size}: the API gives 1 to 1000 studies a page")
    order = _Order(search, Path(os.path.abspath(folder)), dated, _date_of(since), force, page_size,
                   progress or (lambda done, total: None), tell or log.warning)  # fmt: skip
    with Api(base_url, rate=rate, timeout=timeout, attempts=attempts, backoff=backoff, longest_wait=longest_wait,
             tell=order.tell) as api:  # fmt: skip
        try:
            return _fetch(api, order)
        except Changed as change:
            order.tell(f"{change}. Starting again from the first page.")
        try:
            return _fetch(api, order)
        except Changed as change:
            raise FetchError(f"{change}, for the second time. Try again when the register's update is over") from change


def _date_of(since: str | date | None) -> str:
    if since is None or since == "last":
        return since or ""
    try:
        return date.fromisoformat(str(since)[:10] if isinstance(since, date) else since).isoformat()
    except ValueError:
        raise ValueError(f"since {since!r} is no date: expected YYYY-MM-DD or last") from None


def _fetch(api: Api, order: _Order) -> Fetched:
    """One attempt at the whole: from the version of the data to the snapshot in its place."""
    version = api.version()
    target = order.folder / version.data_timestamp[:10] if order.dated else order.folder
    if target.is_file():
        raise FileExistsError(f"{target} is a file; expected a folder for the snapshot")
    with locked(target, by="fetch") as place:
        return _fetch_into(place, api, order, version)


def _fetch_into(target: Path, api: Api, order: _Order, version: Version) -> Fetched:
    before = newest_snapshot(target, order.search)
    if there := _already_there(target, order, version, api.requests):
        return there
    check_free(target, order.force)
    since = _first_day(order, before, version, target)
    search = {PARAMETERS[name]: words for name, words in order.search.items() if words}
    if since:
        search["filter.advanced"] = f"AREA[LastUpdatePostDate]RANGE[{since},MAX]"
    pages = _begun(target, {"base_url": api.base_url, **search}, version, order)
    if pages.entries:
        order.tell(f"going on after {pages.received:,} of {pages.total:,} studies, fetched earlier")
        order.progress(pages.received, pages.total or 0)
    try:
        fetch_pages(api, pages, page_size=order.page_size, progress=order.progress)
        return write_snapshot(target, pages, order.search, before if since else None, since, api.requests)
    except (Changed, Unusable):
        pages.discard()
        raise
    except FetchError as error:
        if not pages.entries:
            raise
        raise FetchError(
            f"{error}. {pages.received:,} of {pages.total:,} studies are kept in {pages.folder}; the same command goes on "
            "from there"
        ) from error


def _already_there(target: Path, order: _Order, version: Version, requests: int) -> Fetched | None:
    """The snapshot at `target` when it is what this fetch would write: the same search of the same data, undamaged."""
    here = newest_snapshot(target, order.search)
    if order.force or not here or here.folder != target or here.source["data_timestamp"] != version.data_timestamp:
        return None
    if (here.source.get("since") and not order.since) or sha256_of(target / STUDIES) != here.source.get("sha256"):
        return None
    return Fetched(target, version.data_timestamp, here.source["records"], here.source["sha256"], requests)


def _first_day(order: _Order, before: Snapshot | None, version: Version, target: Path) -> str:
    """The day from which changed studies are fetched, "" for all studies."""
    if not order.since:
        return ""
    if before is None:
        raise ValueError(
            f"since {order.since}: there is no snapshot of the same search in {target.parent} to bring up to date. "
            "Fetch it without --since first"
        )
    known, newest = before.source["data_timestamp"], before.source.get("newest_update", "")
    if known > version.data_timestamp:
        raise FetchError(f"the server's data are of {version.data_timestamp}, older than {before.folder} of {known}")
    if order.since != "last" and order.since > known[:10]:
        raise ValueError(
            f"since {order.since} is later than the data of {before.folder} ({known}): studies updated in between would be "
            "missed. Name an earlier day, or last"
        )
    return newest if order.since == "last" else order.since


def _partial(target: Path) -> Path:
    return target.with_name(f".{target.name}.partial")


def _begun(target: Path, search: dict[str, str], version: Version, order: _Order) -> Pages:
    """The pages of an unfinished fetch of the same search and data, else none; what no longer fits is removed."""
    folder = _partial(target)
    dated = sorted(target.parent.glob(".????-??-??.partial")) if order.dated else []
    for other in {folder: None, **dict.fromkeys(dated)}:
        kept = Pages.kept(other)
        same = kept is not None and kept.search == search
        if kept and same and other == folder and kept.version == version:
            return kept
        if kept and same:
            order.tell(
                f"the register's data are of {version.data_timestamp} now, those fetched in part of "
                f"{kept.version.data_timestamp}: starting anew"
            )
        elif kept and other == folder:
            order.tell(f"{folder} held an unfinished fetch of another search: starting anew")
        if same or other == folder:
            shutil.rmtree(other, ignore_errors=True)
    return Pages(folder, search, version)
