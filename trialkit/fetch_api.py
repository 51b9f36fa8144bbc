"""Requests to the ClinicalTrials.gov API v2: polite, one at a time, and what goes wrong on the way.

What passes (a busy server, a timeout, a lost connection, a cut answer) is asked for again; what does not ends in a
FetchError that says what was found.
Source: OpenAPI 3 description of the API, clinicaltrials.gov/data-api/api.
"""

import ipaddress
import re
import time
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from trialkit.fetch_deadline import Deadline

if TYPE_CHECKING:
    import httpx2

PASSING_STATUS = {429, 500, 502, 503, 504}
MOST_REDIRECTS = 5
LARGEST_PAGE = 512 * 2**20  # bytes of one answer, unpacked; 1,000 studies with results are about 100 MB
MOST_STUDIES = 10_000_000  # that a register may count; ClinicalTrials.gov has 600,000
LARGEST_TOKEN = 2000  # characters; it becomes part of an address
LARGEST_MESSAGE = 500  # characters shown of a refusal


class FetchError(Exception):
    """The register did not give what was asked for, and no snapshot was written. Pages that came are kept."""


class Refused(FetchError):
    """The server refused the request as such (a status of 4xx); asking again would not help."""


class Unusable(FetchError):
    """The pages received cannot be a whole answer, so they are not kept."""


class Changed(Exception):
    """The register's data changed between the first page and the last: the pages do not fit together."""


class _Passing(Exception):
    """A fault that may be gone at the next attempt; `wait`: seconds the server asks to wait, None when it does not."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Version(NamedTuple):
    """Of the data: the API's UTC timestamp as it is written (`2024-09-24T09:00:05`); of the API: `2.0.3`."""

    data_timestamp: str
    api_version: str


class Api:
    """Polite access to one API: one request at a time, at most `rate` a second (0: no limit), tried `attempts` times.

    Times are in seconds: `timeout` waits for the next byte (a whole answer has ten times as long), `backoff` before the
    second attempt, doubled before every further one, never longer than `longest_wait`, whatever Retry-After says.
    Raises ValueError for an address that is neither https nor on this machine.
    """

    def __init__(self, base_url: str, *, rate: float, timeout: float, attempts: int, backoff: float,
                 longest_wait: float, tell: Callable[[str], None]) -> None:  # fmt: skip
        import httpx2

        if rate < 0 or timeout <= 0 or attempts < 1 or backoff < 0 or longest_wait < 0:
            raise ValueError(
                f"rate {rate}, timeout {timeout}, attempts {attempts}, backoff {backoff}, longest_wait {longest_wait}: "
                "expected numbers of 0 or more, a timeout above 0 and at least one attempt"
            )
        self.base_url, local = check_address(base_url)
        self.requests = 0
        self._every = 1 / rate if rate else 0.0
        self._next = time.monotonic()
        self._deadline = Deadline(10 * timeout)
        self._attempts, self._backoff, self._longest_wait, self._tell = attempts, backoff, longest_wait, tell
        self._client = httpx2.Client(
            headers={"User-Agent": user_agent(), "Accept": "application/json, text/plain;q=0.5",
                     "Accept-Encoding": "gzip"},
            timeout=httpx2.Timeout(timeout),
            limits=httpx2.Limits(max_connections=1),
            trust_env=not local,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # takes none
        )  # fmt: skip

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def version(self) -> Version:
        """Which data the server holds now."""

        def read(answer: dict[str, Any]) -> Version:
            found = Version(str(answer.get("dataTimestamp")), str(answer.get("apiVersion")))
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+Z-]+", found.data_timestamp):
                raise _Passing(
                    f"dataTimestamp is {_short(found.data_timestamp)}, expected a time such as 2024-09-24T09:00:05"
                )
            return found

        return self._get("version", {}, "the version of the data", read)

    def studies(self, params: dict[str, str], what: str) -> dict[str, Any]:
        """One page: `studies`, a list of objects; `totalCount` when it was asked for; `nextPageToken` or none."""

        def read(page: dict[str, Any]) -> dict[str, Any]:
            found, token = page.get("studies"), page.get("nextPageToken")
            if not isinstance(found, list) or not all(isinstance(study, dict) for study in found):
                raise _Passing(f"no list of studies in the answer, it holds {_short(', '.join(page) or 'nothing')}")
            if not isinstance(token, str | None):
                raise _Passing(f"nextPageToken is {_short(token)}, expected text")
            if token and len(token) > LARGEST_TOKEN:
                raise _Passing(f"nextPageToken has {len(token):,} characters, expected up to {LARGEST_TOKEN:,}")
            total = page.get("totalCount")
            counted = isinstance(total, int) and not isinstance(total, bool) and 0 <= total <= MOST_STUDIES
            if ("countTotal" in params or "totalCount" in page) and not counted:
                raise _Passing(f"totalCount is {_short(total)}, expected a number up to {MOST_STUDIES:,}")
            return page

        return self._get("studies", {"format": "json", **params}, what, read)

    def _get(self, path: str, params: dict[str, str], what: str, read: Callable[[dict[str, Any]], Any]) -> Any:
        """What `read` makes of the JSON object at `path`, asked for until nothing transient stands in the way."""
        import stamina

        backoff = {"wait_initial": self._backoff, "wait_jitter": self._backoff, "wait_max": self._longest_wait}
        try:
            for attempt in stamina.retry_context(on=_waits, attempts=self._attempts, timeout=None, **backoff):
                with attempt:
                    try:
                        return read(self._ask(f"{self.base_url}/{path}", params, what))
                    except _Passing as fault:
                        if fault.wait is not None:
                            fault.wait = min(fault.wait, self._longest_wait)
                        if attempt.num < self._attempts:
                            self._tell(f"{what}: {fault}. Trying again ({attempt.num + 1} of {self._attempts}).")
                        raise
        except _Passing as fault:
            times = f"{self._attempts} times" if self._attempts > 1 else "once"
            raise FetchError(f"{what} of {self.base_url}: {fault}; asked {times}") from fault

    def _ask(self, url: str, params: dict[str, str], what: str) -> dict[str, Any]:
        """One request and its redirects within the same host: the JSON object of the answer."""
        import httpx2
        import msgspec

        request = self._client.build_request("GET", url, params=params)
        try:
            for _ in range(MOST_REDIRECTS):
                self._pause()
                request.extensions["trace"] = self._deadline.watch
                with self._deadline(_Passing), closing(self._client.send(request, stream=True)) as answer:
                    if not answer.has_redirect_location:
                        body = self._body(answer)
                        break
                    request = self._client.build_request("GET", _within(answer, what))
            else:
                raise FetchError(f"{what}: {url} redirects more than {MOST_REDIRECTS} times")
        except httpx2.TransportError as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            if "CERTIFICATE_VERIFY_FAILED" in reason or isinstance(error, httpx2.UnsupportedProtocol):
                raise FetchError(f"{what} of {url}: {reason}") from error
            raise _Passing(reason) from error
        if answer.status_code != 200:
            said = body.decode("utf-8", "replace").strip()[:LARGEST_MESSAGE]
            found = f"{answer.status_code} {answer.reason_phrase}".strip() + (f": {said}" if said else "")
            if answer.status_code in PASSING_STATUS:
                raise _Passing(found, _retry_after(answer))
            raise Refused(f"{what}: the server refuses the request with {found}")
        try:
            decoded = msgspec.json.decode(body)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise _Passing(f"{len(body):,} bytes that are not whole JSON ({error})") from error
        if not isinstance(decoded, dict):
            raise _Passing(f"JSON that is no object ({len(body):,} bytes)")
        return decoded

    def _body(self, answer: "httpx2.Response") -> bytes:
        """The unpacked body, with a bound to its size. Never more than that is unpacked, however small it came."""
        packed = answer.headers.get("content-encoding", "identity").strip().lower()
        if packed not in ("gzip", "identity"):
            raise FetchError(
                f"an answer from {answer.url.host} is packed as {_short(packed)}, expected gzip or nothing"
            )
        unpack = zlib.decompressobj(wbits=31) if packed == "gzip" else None  # 31: with the header of gzip
        parts, left = [], LARGEST_PAGE
        for chunk in answer.iter_raw():
            try:
                part = unpack.decompress(chunk, left + 1) if unpack else chunk
            except zlib.error as error:
                raise _Passing(f"a packed answer that is damaged ({error})") from error
            parts.append(part)
            left -= len(part)
            if left < 0:
                raise FetchError(
                    f"an answer of more than {LARGEST_PAGE // 2**20} MB from {answer.url.host}: ask for smaller pages, --page-size"
                )
            if unpack and unpack.unused_data:
                raise _Passing("a packed answer that goes on after its end")
        if unpack and parts and not unpack.eof:
            raise _Passing("a packed answer that is cut off")
        return b"".join(parts)

    def _pause(self) -> None:
        time.sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + self._every
        self.requests += 1


def _within(answer: "httpx2.Response", what: str) -> "httpx2.URL":
    """Where an answer redirects to; FetchError for another host, port or scheme, and for an address that is none."""
    import httpx2

    told = answer.headers["location"]
    try:
        there = answer.url.join(told)
        same = there.origin == answer.url.origin and not there.userinfo
    except (httpx2.InvalidURL, ValueError) as error:
        raise FetchError(f"{what}: {answer.url.host} redirects to an address that is none: {_short(error)}") from error
    if not same:
        shown = f"{there.scheme}://{there.netloc.decode()}"  # without user and password
        raise FetchError(
            f"{what}: {answer.url.host} redirects to another host, {_short(shown)}, which is not followed. If the API has "
            "moved there, name its address: --base-url"
        )
    return there


def _short(told: object) -> str:
    """What a server said, for a message."""
    text = str(told) if not isinstance(told, int) or abs(told) < 10**40 else "a number without end"
    return text if len(text) <= LARGEST_MESSAGE else f"{text[:LARGEST_MESSAGE]}…"


def user_agent() -> str:
    try:
        return f"trialkit/{version('trialkit')}"
    except PackageNotFoundError:  # runs without being installed
        return "trialkit"


def check_address(base_url: str) -> tuple[str, bool]:
    """The address without a closing slash, and whether it is on this machine; ValueError for any but https elsewhere."""
    shown = re.sub(r"//[^/?#]*@", "//", base_url)  # a password is not for a screen or a log
    wrong = f"base_url {_short(repr(shown))}: expected"
    try:
        parts = urlsplit(base_url)
        host, user = parts.hostname or "", "@" in parts.netloc
        parts.port  # noqa: B018 - raises for a number that is none
    except ValueError as error:
        raise ValueError(f"{wrong} an address ({error})") from None
    local = host == "localhost"
    with suppress(ValueError):
        local = local or ipaddress.ip_address(host).is_loopback
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ValueError(f"{wrong} an https address, such as https://clinicaltrials.gov/api/v2")
    if not host or user or parts.query or parts.fragment or not base_url.isprintable():
        raise ValueError(f"{wrong} a host and a path, without a user, a query or a fragment")
    return base_url.rstrip("/"), local


def _waits(error: Exception) -> bool | float:
    """For stamina: whether to try again, or in how many seconds."""
    if not isinstance(error, _Passing):
        return False
    return True if error.wait is None else error.wait


def _retry_after(answer: "httpx2.Response") -> float | None:
    """Seconds the server asks to wait, given as such or as a date; None when it names neither."""
    told = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", told):
        return float(told)
    try:
        when = parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
