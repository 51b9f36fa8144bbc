"""A register on loopback that answers as the ClinicalTrials.gov API v2 does, and goes wrong on demand.

It is a real HTTP server with real sockets. `faults` says what happens to the next requests of a page, `before_page` what
happens to the data when a page is asked for.
"""

import base64
import gzip
import json
import re
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KNOWN = {
    "format", "query.term", "query.cond", "query.intr", "filter.advanced", "fields", "countTotal", "pageSize", "pageToken",
}  # fmt: skip

# A fault gets the handler and the body it would have sent, and answers in its stead.
Fault = Callable[["_Handler", bytes], None]


class Register:
    """`with Register(studies) as register:` serves them at `register.url`.

    `faults["version"]`, `faults["count"]` and `faults[n]` (page n of a search) are lists; the first of each is taken by
    the next such request. `requests` holds (kind, parameters, headers) of every request.
    """

    def __init__(self, studies):
        self.studies = sorted(studies, key=nct)
        self.timestamp = "2026-11-20T09:00:05"
        self.faults = defaultdict(list)
        self.before_page = defaultdict(list)  # page number -> functions without arguments, each called once
        self.always_before_page = {}  # page number -> function called at every request of it
        self.twice = []  # studies sent a second time at the end, without being counted
        self.lost = set()  # NCT numbers counted but not sent
        self.empty_before = 0  # pages without studies before the first
        self.token_of_page = {}  # page number -> the token it names, instead of its own
        self.expired = set()  # page tokens that are refused
        self.count_on_every_page = False
        self.requests = []
        self.zipped = True

    def __enter__(self):
        register = self
        handler = type("Handler", (_Handler,), {"register": register})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients that go away are what is tested
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/v2"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def pages_asked(self):
        return [kind for kind, _, _ in self.requests if isinstance(kind, int)]

    def answer(self, path, params):
        """(kind, status, body, content type) of one request."""
        if path == "/api/v2/version":
            return "version", 200, {"apiVersion": "2.0.5", "dataTimestamp": self.timestamp}
        if path != "/api/v2/studies":
            return "unknown", 404, f"no such path {path}"
        if unknown := sorted(set(params) - KNOWN):
            return "studies", 400, f"`{unknown[0]}` is unknown parameter"
        size = min(int(params.get("pageSize") or 10), 1000)
        search = {k: v for k, v in params.items() if k not in ("countTotal", "pageSize", "pageToken", "fields")}
        start, page = 0, 1
        if token := params.get("pageToken"):
            start, page, asked = json.loads(base64.urlsafe_b64decode(token))
            if asked != search or token in self.expired:
                return page, 400, "`pageToken` is invalid for the request"
        kind = "count" if "fields" in params else page
        for change in [*self.before_page.pop(kind, []), *filter(None, [self.always_before_page.get(kind)])]:
            change()
        found = [study for study in self.studies if matches(study, params)]
        total = len(found)
        found = [study for study in found if nct(study) not in self.lost] + self.twice
        if page <= self.empty_before:
            part, after = [], 0
        else:
            part, after = found[start : start + size], start + size
        if "fields" in params:
            part = [{"protocolSection": {"identificationModule": {"nctId": nct(study)}}} for study in part]
        body = {"studies": part}
        if after < len(found):
            body["nextPageToken"] = self.token_of_page.get(page) or self.token(after, page + 1, search)
        if self.count_on_every_page or (params.get("countTotal") == "true" and not token):
            body["totalCount"] = total
        return kind, 200, body

    @staticmethod
    def token(start, page, search):
        return base64.urlsafe_b64encode(json.dumps([start, page, search]).encode()).decode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body are written one after the other
    register: Register

    def do_GET(self):
        parts = urlsplit(self.path)
        params = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        kind, status, content = self.register.answer(parts.path, params)
        self.register.requests.append((kind, params, dict(self.headers)))
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        faults = self.register.faults[kind]
        if faults:
            faults.pop(0)(self, body)
        else:
            self.send(body, status, "text/plain" if isinstance(content, str) else "application/json")

    def send(self, body, status=200, content_type="application/json", headers=(), length=None):
        zipped = self.register.zipped and "gzip" in self.headers.get("Accept-Encoding", "") and length is None
        body = gzip.compress(body, 1) if zipped else body
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


# Faults


def status(code, text="", **headers) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, body: handler.send(text.encode(), code, "text/plain", named)


def cut_body(handler, body):
    """Fewer bytes than Content-Length says, then the end of the connection."""
    handler.send(body[: len(body) // 2], length=len(body))
    handler.close_connection = True


def cut_json(handler, body):
    """A whole answer of HTTP whose JSON stops in the middle."""
    handler.send(body[: len(body) // 2])


def cut_gzip(handler, body):
    """A whole answer of HTTP whose gzip data stop in the middle."""
    packed = gzip.compress(body)
    handler.send(packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"}, length=len(packed) // 2)


def html_page(handler, body):
    handler.send(b"<html>Please log in to the hotel's network</html>", content_type="text/html")


def other_json(handler, body):
    handler.send(b'{"message": "maintenance"}')


def reset(handler, body):
    """The connection is torn down (RST) in the middle of the body."""
    handler.send(body[: len(body) // 3], length=len(body))
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def hang_up(handler, body):
    """The connection ends before a byte of the answer."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def stall(seconds) -> Fault:
    """Half of the body, then nothing for a while."""

    def fault(handler, body):
        handler.send(body[: len(body) // 2], length=len(body))
        handler.wfile.flush()
        time.sleep(seconds)
        handler.close_connection = True

    return fault


def drip(seconds, pieces=20) -> Fault:
    """The whole body, in pieces spread over `seconds`."""

    def fault(handler, body):
        size = len(body) // pieces + 1
        handler.send(body[:0], length=len(body))
        try:
            for start in range(0, len(body), size):
                handler.wfile.write(body[start : start + size])
                handler.wfile.flush()
                time.sleep(seconds / pieces)
        except OSError:
            handler.close_connection = True

    return fault


def redirect(url, code=302) -> Fault:
    return status(code, "", Location=url)


# The studies


def nct(study):
    return study["protocolSection"]["identificationModule"]["nctId"]


def updated(study):
    return study["protocolSection"]["statusModule"].get("lastUpdatePostDateStruct", {}).get("date", "")


_TEXTS = {}  # of the studies served, which do not change; kept with the study, so that no other takes its id


def matches(study, params):
    if id(study) not in _TEXTS:
        _TEXTS[id(study)] = json.dumps(study, ensure_ascii=False).lower(), study
    text = _TEXTS[id(study)][0]
    for name in ("query.term", "query.cond", "query.intr"):
        if any(word.strip(' "').lower() not in text for word in params.get(name, "").split(" AND ")):
            return False
    if wanted := params.get("filter.advanced"):
        first = re.fullmatch(r"AREA\[LastUpdatePostDate\]RANGE\[(\d{4}-\d\d-\d\d),MAX\]", wanted)[1]
        return updated(study) >= first
    return True


def invent(number, **changes):
    """A whole study with everything the register says of people."""
    person = {"name": "Ada Example", "role": "CONTACT", "phone": "555-0100", "email": f"ada{number}@clinic.example"}
    official = {"name": "Prof. Bea Sample", "affiliation": "Clinic", "role": "PRINCIPAL_INVESTIGATOR"}
    study = {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT{number:08d}",
                "briefTitle": f"Mesenchymal stromal cells in lupus nephritis, study {number} × 10^6",
                "organization": {"fullName": "Clinic", "class": "OTHER"},
            },
            "statusModule": {
                "overallStatus": "COMPLETED",
                "lastUpdatePostDateStruct": {"date": f"2026-{number % 10 + 1:02d}-{number % 28 + 1:02d}", "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {
                "responsibleParty": {
                    "type": "SPONSOR_INVESTIGATOR",
                    "investigatorFullName": "Cem Probe",
                    "investigatorTitle": "Professor Probe",
                    "investigatorAffiliation": "Clinic of Prof. Probe",
                },
                "leadSponsor": {"name": "Clinic", "class": "OTHER"},
            },
            "descriptionModule": {"briefSummary": f"Questions to ada{number}@clinic.example, please."},
            "conditionsModule": {"conditions": ["Lupus Nephritis"]},
            "designModule": {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": number % 90, "type": "ACTUAL"}},
            "contactsLocationsModule": {
                "centralContacts": [person],
                "overallOfficials": [official],
                "locations": [
                    {"facility": "Clinic", "city": "Berlin", "country": "Germany", "contacts": [person],
                     "geoPoint": {"lat": 52.52437, "lon": 13.41053}},
                ],
            },
        },
        "resultsSection": {
            "moreInfoModule": {
                "certainAgreement": {"piSponsorEmployee": False},
                "pointOfContact": {"title": "Dan Muster", "organization": "Clinic", "email": "dan@clinic.example",
                                   "phone": "555-0199"},
            }
        },
        "hasResults": True,
    }  # fmt: skip
    study["protocolSection"]["statusModule"].update(changes)
    return study
