"""A register on loopback that answers as the ClinicalTrials.gov API v2 does, and goes wrong on demand.

It is a real HTTP server with real sockets.
"""

import gzip
import json
import re
import socket
import struct
import time
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

# A fault gets the handler and the body it would have sent, and answers in its stead.
Fault = Callable[["_Handler", bytes], None]


class Register:
    """`with Register(studies) as register:` serves them at `register.url`, in this order.

    A request is of the kind "version", "count" (no whole studies) or 1, 2, ... (the page). `faults[kind]` are the
    answers to the next requests of a kind, `before[kind]` is called before each; `requests` holds (kind, parameters,
    headers) of all.
    """

    def __init__(self, studies):
        self.studies = {nct(study): study for study in studies}
        self.timestamp = "2026-11-20T09:00:05"
        self.faults = defaultdict(list)
        self.before = {}
        self.requests = []

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"register": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients that go away are what is tested
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/v2"
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def put(self, study):
        """Add a study, or put it in the place of its older version."""
        self.studies[nct(study)] = study

    def calm(self):
        """Forget the faults and what was asked."""
        for told in (self.faults, self.before, self.requests):
            told.clear()

    def pages_asked(self):
        return [kind for kind, _, _ in self.requests if isinstance(kind, int)]

    def answer(self, path, params, headers):
        """The kind of the request, and the answer without any fault."""
        start, page = map(int, params.get("pageToken", "0-1").split("-"))
        kind = "version" if path == "/api/v2/version" else "count" if "fields" in params else page
        self.requests.append((kind, params, headers))
        self.before.get(kind, lambda: None)()
        if kind == "version":
            return kind, {"apiVersion": "2.0.5", "dataTimestamp": self.timestamp}
        assert path == "/api/v2/studies"
        found = [study for study in self.studies.values() if matches(study, params)]
        end = start + int(params["pageSize"])
        answer = {"studies": found[start:end]}
        if end < len(found):
            answer["nextPageToken"] = token(end, page + 1)
        if params.get("countTotal") == "true":
            answer["totalCount"] = len(found)
        return kind, answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body are written one after the other
    timeout = 30  # seconds without a request or a farewell
    register: Register

    def do_GET(self):
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        kind, answer = self.register.answer(parts.path, params, dict(self.headers))
        faults, body = self.register.faults[kind], json.dumps(answer).encode()
        (faults.pop(0) if faults else _Handler.send_zipped)(self, body)

    def send_zipped(self, body):
        assert "gzip" in self.headers["Accept-Encoding"]
        self.send(gzip.compress(body, 1), headers={"Content-Encoding": "gzip"})

    def send(self, body, status=200, headers=(), length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def token(start, page):
    """The token of a page that begins with the study at `start`."""
    return f"{start}-{page}"


# Faults


def status(code, text="", **headers) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, body: handler.send(text.encode(), code, named)


def instead(text) -> Fault:
    """A whole answer of something else."""
    return lambda handler, body: handler.send(text.encode())


def altered(**fields) -> Fault:
    """The answer with other values in these fields."""
    return lambda handler, body: handler.send(json.dumps({**json.loads(body), **fields}).encode())


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
    handler.send(packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})


def reset(handler, body):
    """The connection is torn down (RST) in the middle of the body."""
    cut_body(handler, body)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def hang_up(handler, body):
    """The connection ends before a byte of the answer."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def stall(handler, body):
    """Half of the body, then nothing until the client gives up."""
    cut_body(handler, body)
    handler.connection.recv(1)


def drip(seconds, pieces) -> Fault:
    """The whole body, in pieces spread over `seconds`."""

    def fault(handler, body):
        handler.send(b"", length=len(body))
        size = -(-len(body) // pieces)
        for start in range(0, len(body), size):
            handler.wfile.write(body[start : start + size])
            time.sleep(seconds / pieces)

    return fault


# The studies


def nct(study):
    return study["protocolSection"]["identificationModule"]["nctId"]


def matches(study, params):
    """Whether a study has all words of the searches, and was updated since the day of the filter."""
    text = json.dumps(study, ensure_ascii=False).lower()
    searches = [params.get(f"query.{area}", "") for area in ("term", "cond", "intr")]
    first = re.findall(r"AREA\[LastUpdatePostDate\]RANGE\[(\S+),MAX\]", params.get("filter.advanced", ""))
    updated = study["protocolSection"]["statusModule"].get("lastUpdatePostDateStruct", {}).get("date", "")
    words = [word.strip(' "').lower() for search in searches for word in search.split(" AND ")]
    return all(word in text for word in words) and all(updated >= day for day in first)


def invent(number, status="COMPLETED", updated=None):
    """A study in the API's shape without anything of people, updated in October 2026 (`number` is the day)."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08d}", "briefTitle": f"Mesenchymal cells × 10^6, {number}"},
            "statusModule": {
                "overallStatus": status,
                "lastUpdatePostDateStruct": {"date": updated or f"2026-10-{number % 28 + 1:02d}", "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"responsibleParty": {"type": "SPONSOR_INVESTIGATOR"}},
            "descriptionModule": {"briefSummary": "Ask [e-mail address left out]."},
            "conditionsModule": {"conditions": ["Lupus Nephritis"]},
            "contactsLocationsModule": {"locations": [{"city": "Berlin", "geoPoint": {"lat": 52.52437}}]},
        },
        "resultsSection": {"moreInfoModule": {"certainAgreement": {"piSponsorEmployee": False}}},
    }


def with_people(study):
    """An invented study as the register has it: names, addresses and phones in every place that holds some."""
    protocol, person = (
        study["protocolSection"],
        {"name": "Given Family", "phone": "555-0100", "email": "ada@lab.example"},
    )
    protocol["descriptionModule"]["briefSummary"] = "Ask ada@lab.example."
    protocol["sponsorCollaboratorsModule"]["responsibleParty"] |= {
        "investigatorFullName": "Given Family", "investigatorTitle": "Professor Given", "oldNameTitle": "Prof. Given",
        "investigatorAffiliation": "Clinic of Prof. Given", "oldOrganization": "Clinic of Prof. Given",
    }  # fmt: skip
    protocol["contactsLocationsModule"] |= {"centralContacts": [person], "overallOfficials": [person]}
    protocol["contactsLocationsModule"]["locations"][0]["contacts"] = [person]
    study["resultsSection"]["moreInfoModule"]["pointOfContact"] = person
    return study
