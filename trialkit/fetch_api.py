"""Requests to the ClinicalTrials.gov API v2: polite, one at a time, and what goes wrong on the way.

What passes (a busy server, a timeout, a lost connection, a cut answer) is asked for again; what does not ends in a
FetchError that says what was found.
Source: OpenAPI 3 description of the API, clinicaltrials.gov/data-api/api.
"""

import ipaddress
import re
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx2

PASSING_STATUS = {429, 500, 502, 503, 504}
MOST_REDIRECTS = 5
LARGEST_PAGE = 512 * 2**20  # bytes of one answer, unpacked; 1,000 studies with results are about 100 MB
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
        self._patience = 10 * timeout
        self._attempts, self._backoff, self._longest_wait, self._tell = attempts, backoff, longest_wait, tell
        self._client = httpx2.Client(
            headers={"User-Agent": user_agent(), "Accept": "application/json, text/plain;q=0.5",
                     "Accept-Encoding": "gzip"},
            timeout=httpx2.Timeout(timeout),
            limits=httpx2.Limits(max_connections=1),
            trust_env=not local,
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
                raise _Passing(f"dataTimestamp is {found.data_timestamp}, expected a time such as 2024-09-24T09:00:05")
            return found

        return self._get("version", {}, "the version of the data", read)

    def studies(self, params: dict[str, str], what: str) -> dict[str, Any]:
        """One page: `studies`, a list of objects; `totalCount` when it was asked for; `nextPageToken` or none."""

        def read(page: dict[str, Any]) -> dict[str, Any]:
            found, token = page.get("studies"), page.get("nextPageToken")
            if not isinstance(found, list) or not all(isinstance(study, dict) for study in found):
                raise _Passing(f"no list of studies in the answer, it holds {', '.join(page) or 'nothing'}")
            if not isinstance(token, str | None):
                raise _Passing(f"nextPageToken is {token!r}, expected text")
            if ("countTotal" in params or "totalCount" in page) and not isinstance(page.get("totalCount"), int):
                raise _Passing(f"totalCount is {page.get('totalCount')!r}, expected a number")
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
                with closing(self._client.send(request, stream=True)) as answer:
                    if not answer.has_redirect_location:
                        body = self._body(answer)
                        break
                    there = answer.url.join(answer.headers["location"])
                    if there.origin != answer.url.origin:
                        raise FetchError(
                            f"{what}: {answer.url.host} redirects to another host, {there.scheme}://{there.netloc.decode()}, "
                            "which is not followed. If the API has moved there, name its address: --base-url"
                        )
                    request = self._client.build_request("GET", there)
            else:
                raise FetchError(f"{what}: {url} redirects more than {MOST_REDIRECTS} times")
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            if "CERTIFICATE_VERIFY_FAILED" in reason or isinstance(error, httpx2.UnsupportedProtocol):
                raise FetchError(f"{what} of {url}: {reason}") from error
            raise _Passing(reason) from error
        except httpx2.InvalidURL as error:
            raise FetchError(f"{what}: redirected to an address that is none: {error}") from error
        if answer.status_code != 200:
            said = body.decode("utf-8", "replace").strip()[:LARGEST_MESSAGE]
            found = f"{answer.status_code} {answer.reason_phrase}".strip() + (f": {said}" if said else "")
            if answer.status_code in PASSING_STATUS:
                raise _Passing(found, _retry_after(answer))
            raise Refused(f"{what}: the server refuses the request with {found}")
        try:
            decoded = msgspec.json.decode(body)
        except (msgspec.MsgspecError, ValueError) as error:
            raise _Passing(f"{len(body):,} bytes that are not whole JSON ({error})") from error
        if not isinstance(decoded, dict):
            raise _Passing(f"JSON that is no object ({len(body):,} bytes)")
        return decoded

    def _body(self, answer: "httpx2.Response") -> bytes:
        """The unpacked body, with a bound to its size and to the time it takes."""
        parts, size, started = [], 0, time.monotonic()
        for chunk in answer.iter_bytes():
            parts.append(chunk)
            size += len(chunk)
            if size > LARGEST_PAGE:
                raise FetchError(
                    f"an answer of more than {LARGEST_PAGE // 2**20} MB from {answer.url.host}: ask for smaller pages, --page-size"
                )
            if time.monotonic() - started > self._patience:
                raise _Passing(f"only {size:,} bytes in {self._patience:g} s")
        return b"".join(parts)

    def _pause(self) -> None:
        time.sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + self._every
        self.requests += 1


def user_agent() -> str:
    try:
        return f"trialkit/{version('trialkit')}"
    except PackageNotFoundError:  # runs without being installed
        return "trialkit"


def check_address(base_url: str) -> tuple[str, bool]:
    """The address without a closing slash, and whether it is on this machine; ValueError for any but https elsewhere."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    local = host == "localhost"
    with suppress(ValueError):
        local = local or ipaddress.ip_address(host).is_loopback
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ValueError(f"base_url {base_url!r}: expected an https address, such as https://clinicaltrials.gov/api/v2")
    if not host or parts.username or parts.query or parts.fragment:
        raise ValueError(f"base_url {base_url!r}: expected a host and a path, without a user, a query or a fragment")
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
