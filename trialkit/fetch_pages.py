"""The pages of one search: each written to the disk as it comes, so that an interrupted fetch goes on where it stopped.

The folder of an unfinished fetch holds `page-00001.jsonl` ... (one study a line, keys sorted, contact data of people left
out before anything is written) and `state.json` (what was asked, of which data, the counts, and of every page its hash
and the token of the next). Both are written aside and renamed, so a kill at any moment leaves whole files.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from trialkit.fetch_api import Api, Changed, Refused, Unusable, Version
from trialkit.storage import write_whole

Study = dict[str, Any]

MOST_EMPTY_PAGES = 20  # in a row; the API may send a page without studies, but not for ever
STATE = "state.json"

# E-mail addresses stand in free text too, mostly in statements about data sharing.
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
EMAIL_LEFT_OUT = "[e-mail address left out]"
_INVESTIGATOR = (
    "investigatorFullName", "investigatorTitle", "investigatorAffiliation", "oldNameTitle", "oldOrganization",
)  # fmt: skip


class PageEntry(NamedTuple):
    """A page on the disk: its file, its studies, its SHA-256 and the token of the page after it (None: the last)."""

    file: str
    studies: int
    sha256: str
    next_token: str | None


class Line(NamedTuple):
    """Where one study stands; of two lines of a trial the greater is the newer (dates as text, "" when missing)."""

    last_update: str
    digest: bytes
    file: Path
    start: int
    length: int


class Pages:
    """The pages received so far of one search, in `folder`. `search`: the parameters and the address that were asked."""

    def __init__(self, folder: Path, search: dict[str, str], version: Version) -> None:
        self.folder, self.search, self.version = folder, search, version
        self.total: int | None = None
        self.entries: list[PageEntry] = []

    @property
    def received(self) -> int:
        return sum(entry.studies for entry in self.entries)

    @property
    def complete(self) -> bool:
        return bool(self.entries) and self.entries[-1].next_token is None

    @classmethod
    def kept(cls, folder: Path) -> "Pages | None":
        """What an earlier run left in `folder`, up to the first damaged page; None when it left nothing readable."""
        try:
            state = json.loads((folder / STATE).read_bytes())
            pages = cls(folder, state["search"], Version(state["data_timestamp"], state["api_version"]))
            pages.entries = list(takewhile(pages._intact, (PageEntry(**entry) for entry in state["pages"])))
            pages.total = state["total"] if pages.entries else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return pages

    def add(self, studies: list[Study], next_token: str | None) -> None:
        """Write one page; the state follows, so that a page counts only when it is whole."""
        data = b"".join(msgspec.json.encode(study, order="sorted") + b"\n" for study in studies)
        name = f"page-{len(self.entries) + 1:05d}.jsonl"
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / name, data)
        self.entries.append(PageEntry(name, len(studies), hashlib.sha256(data).hexdigest(), next_token))
        state = {
            "search": self.search, **self.version._asdict(), "total": self.total, "received": self.received,
            "next_token": next_token, "pages": [entry._asdict() for entry in self.entries],
        }  # fmt: skip
        write_whole(self.folder / STATE, json.dumps(state, indent=1).encode())

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def newest_lines(self) -> dict[str, Line]:
        """NCT number -> where its newest version stands. A study sent twice is there once."""
        found: dict[str, Line] = {}
        for entry in self.entries:
            path, start = self.folder / entry.file, 0
            with path.open("rb") as file:
                for text in file:
                    trial_id, last_update = identify(text)
                    line = Line(last_update, hashlib.sha256(text).digest(), path, start, len(text))
                    found[trial_id] = max(found.get(trial_id, line), line)
                    start += len(text)
        return found

    def _intact(self, entry: PageEntry) -> bool:
        path = self.folder / entry.file
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256


def fetch_pages(api: Api, pages: Pages, *, page_size: int, progress: Callable[[int, int], None]) -> None:
    """Ask for the pages that are missing, to the last, and make sure that the data stayed the same meanwhile.

    Raises Changed when they did not, or when the server no longer takes up an interrupted fetch; Unusable when the
    pages cannot be a whole answer; FetchError for everything else, with what came so far kept in the folder.
    """
    query = {name: value for name, value in pages.search.items() if name != "base_url"}
    resumed, empty = bool(pages.entries), 0
    while not pages.complete:
        number = len(pages.entries) + 1
        token = pages.entries[-1].next_token if pages.entries else None
        asked = {"pageToken": token} if token else {"countTotal": "true"}
        try:
            page = api.studies({**query, "pageSize": str(page_size), **asked}, f"page {number}")
        except Refused as refusal:
            if resumed:  # the tokens of an earlier run may have run out
                raise Changed(f"the server does not go on with the fetch begun earlier ({refusal})") from refusal
            raise
        resumed = False
        studies, token = page["studies"], page.get("nextPageToken") or None
        total = page.get("totalCount", pages.total)
        if pages.total is not None and total != pages.total:
            raise Changed(f"page {number} counts {total:,} studies, the first page counted {pages.total:,}")
        pages.total = total
        _check_page(pages, number, studies, token)
        empty = 0 if studies else empty + 1
        if token and empty > MOST_EMPTY_PAGES:
            raise Unusable(f"{empty} pages in a row without a study, up to page {number}, and a token for yet another")
        try:
            kept = [leave_out_contacts(study) for study in studies]
        except RecursionError as error:
            raise Unusable(f"page {number}: a study holds hundreds of lists within lists") from error
        pages.add(kept, token)
        progress(pages.received, total)
    _check_unchanged(api, pages, query)


def _check_page(pages: Pages, number: int, studies: list[Study], token: str | None) -> None:
    """Raise Unusable for a page that cannot be part of a whole answer."""
    for position, study in enumerate(studies, 1):
        if not trial_id_of(study):
            raise Unusable(
                f"page {number}: study {position} has no protocolSection.identificationModule.nctId such as NCT and eight "
                f"digits, it holds {', '.join(study) or 'nothing'}"
            )
    if token and token in {entry.next_token for entry in pages.entries}:
        raise Unusable(
            f"page {number} names the page token {token!r}, which an earlier page named already: the server goes round "
            f"in circles after {pages.received + len(studies):,} of {pages.total:,} studies. Try again later"
        )
    if token and pages.received + len(studies) > 2 * pages.total + 1000:
        raise Unusable(
            f"{pages.received + len(studies):,} studies came up to page {number}, of {pages.total:,} counted, and there "
            "is a token for yet another page: the server repeats itself. Try again later"
        )


def _check_unchanged(api: Api, pages: Pages, query: dict[str, str]) -> None:
    """Raise Changed when the count or the version of the data is no longer what it was at the first page."""
    again = api.studies({**query, "pageSize": "1", "fields": "NCTId", "countTotal": "true"}, "the final count")
    if again["totalCount"] != pages.total:
        raise Changed(f"the register counted {pages.total:,} studies at first and {again['totalCount']:,} at the end")
    now = api.version()
    if now.data_timestamp != pages.version.data_timestamp:
        raise Changed(
            f"the register's data were of {pages.version.data_timestamp} at first, of {now.data_timestamp} at the end"
        )


def trial_id_of(study: Study) -> str:
    """The NCT number of a decoded study, "" when it has none in the register's spelling."""
    trial_id = _part(_part(study, "protocolSection"), "identificationModule").get("nctId")
    return trial_id if isinstance(trial_id, str) and re.fullmatch(r"NCT[0-9]{8}", trial_id) else ""


class _Date(msgspec.Struct):
    date: str = ""


class _Status(msgspec.Struct, rename="camel"):
    last_update_post_date_struct: _Date = msgspec.field(default_factory=_Date)


class _Identification(msgspec.Struct, rename="camel"):
    nct_id: str


class _Protocol(msgspec.Struct, rename="camel"):
    identification_module: _Identification
    status_module: _Status = msgspec.field(default_factory=_Status)


class _Study(msgspec.Struct, rename="camel"):
    protocol_section: _Protocol


_decode = msgspec.json.Decoder(_Study).decode


def identify(line: bytes) -> tuple[str, str]:
    """NCT number and date of the last update ("" when missing) of one stored study; Unusable when it is none."""
    try:
        protocol = _decode(line).protocol_section
    except msgspec.MsgspecError as error:
        raise Unusable(f"a study is not as the API v2 writes it: {error}") from error
    return protocol.identification_module.nct_id, protocol.status_module.last_update_post_date_struct.date


def leave_out_contacts(study: Study) -> Study:
    """The study without names, e-mails and phones of people: contacts, officials, investigators, points of contact.

    E-mail addresses in texts are replaced by a note. What a section does not hold is no error.
    """
    protocol = _part(study, "protocolSection")
    places = _part(protocol, "contactsLocationsModule")
    for name in ("centralContacts", "overallOfficials"):
        places.pop(name, None)
    for place in places.get("locations") or ():
        if isinstance(place, dict):
            place.pop("contacts", None)
    party = _part(_part(protocol, "sponsorCollaboratorsModule"), "responsibleParty")
    for name in _INVESTIGATOR:
        party.pop(name, None)
    _part(_part(study, "resultsSection"), "moreInfoModule").pop("pointOfContact", None)
    return _without_emails(study)


def _part(section: Study, name: str) -> Study:
    part = section.get(name)
    return part if isinstance(part, dict) else {}


def _without_emails(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_emails(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_emails(item) for item in value]
    return EMAIL.sub(EMAIL_LEFT_OUT, value) if isinstance(value, str) and "@" in value else value
