"""Fetching from a register that goes wrong in every way it can: the snapshot is complete and the same, or there is none."""

import gzip
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
import zipfile
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import register_server as server
from register_server import Register, invent, nct
from typer.testing import CliRunner

from trialkit.cli import app
from trialkit.fetch import FetchError, fetch_ctgov
from trialkit.registries.files import Rejected, read_inputs

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
QUERY = "mesenchymal AND lupus"
FAST = {"page_size": 10, "rate": 0, "backoff": 0.01, "longest_wait": 0.3, "timeout": 0.5, "attempts": 4}
DAY = "2026-11-20"  # of the data of the invented register


@pytest.fixture
def register():
    with Register([invent(number) for number in range(1, 58)]) as running:
        yield running


def get(register, folder, query=QUERY, **options):
    return fetch_ctgov(query, folder, base_url=register.url, **{**FAST, **options})


def files_of(folder):
    """Name -> SHA-256 of every file below, the hidden ones too."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(Path(folder).rglob("*"))
        if file.is_file()
    }


def text_of(folder):
    return gzip.decompress((folder / "studies.jsonl.gz").read_bytes()).decode()


def studies_of(folder):
    return [json.loads(line) for line in text_of(folder).splitlines()]


def source_of(folder):
    return tomllib.loads((folder / "SOURCE.toml").read_text(encoding="utf-8"))


def real_studies():
    """Studies as the API served them in 2024, and older ones in the same shape; invented ones where these are missing."""
    exported = CORPUS / "ctgov_v2" / "marcmorcos_erectile_dysfunction" / "ctg-studies.json.zip"
    derived = CORPUS / "derived_v2_msc" / "mapclinical_as_v2.jsonl.gz"
    if not exported.is_file() or not derived.is_file():
        return [invent(number) for number in range(1, 400)]
    with zipfile.ZipFile(exported) as archive:
        found = [json.loads(archive.read(name)) for name in archive.namelist()]
    found += [json.loads(line) for line in gzip.decompress(derived.read_bytes()).splitlines()[::4]]
    return list({nct(study): study for study in found}.values())


# A whole snapshot


def test_every_study_is_stored_once_sorted_and_without_contacts(register, tmp_path):
    done = get(register, tmp_path)
    assert done.folder == tmp_path / DAY
    assert (done.records, done.received, done.duplicates, done.requests) == (57, 57, 0, 9)
    assert os.listdir(tmp_path) == [DAY]
    assert [nct(study) for study in studies_of(done.folder)] == sorted(map(nct, register.studies))
    text = text_of(done.folder)
    for person in ("Ada", "Bea", "Cem", "Dan", "555-0", "@", "Prof. Probe"):
        assert person not in text
    study = studies_of(done.folder)[0]
    kept = json.loads(json.dumps(register.studies[0]))
    protocol = kept["protocolSection"]
    del protocol["contactsLocationsModule"]["centralContacts"], protocol["contactsLocationsModule"]["overallOfficials"]
    del protocol["contactsLocationsModule"]["locations"][0]["contacts"]
    protocol["sponsorCollaboratorsModule"]["responsibleParty"] = {"type": "SPONSOR_INVESTIGATOR"}
    protocol["descriptionModule"]["briefSummary"] = "Questions to [e-mail address left out], please."
    del kept["resultsSection"]["moreInfoModule"]["pointOfContact"]
    assert study == kept, "nothing but contacts is left out"


def test_source_says_what_was_asked_and_what_came(register, tmp_path):
    done = get(register, tmp_path, condition='"Lupus Nephritis"')
    source = source_of(done.folder)
    assert source["register"] == "ClinicalTrials.gov"
    assert (source["query"], source["condition"], source["intervention"]) == (QUERY, '"Lupus Nephritis"', "")
    assert source["base_url"] == register.url
    assert (source["data_version"], source["data_timestamp"], source["api_version"]) == (
        DAY,
        register.timestamp,
        "2.0.5",
    )
    assert source["processed"] == register.timestamp, "nothing depends on the day of the fetch"
    counts = ("records", "total", "received", "distinct", "duplicates")
    assert {source[name] for name in counts[:-1]} == {len(studies_of(done.folder))}
    assert source["duplicates"] == 0
    data = (done.folder / "studies.jsonl.gz").read_bytes()
    assert source["sha256"] == done.sha256 == hashlib.sha256(data).hexdigest()
    assert source["sha256_unpacked"] == hashlib.sha256(gzip.decompress(data)).hexdigest()
    assert data[4:8] == b"\0\0\0\0", "no time of day in the gzip header"
    assert "public domain" in source["terms"]
    assert "endorses" in source["terms"]


def test_snapshot_is_read_by_the_registries(register, tmp_path):
    done = get(register, tmp_path)
    results = list(read_inputs([done.folder]))
    assert not [result for result in results if isinstance(result, Rejected)]
    assert [(record.register, record.trial_id) for record in results] == [
        ("ctgov", nct(study)) for study in register.studies
    ]


def test_same_data_give_the_same_bytes_whatever_the_pages(register, tmp_path):
    whole = get(register, tmp_path / "a")
    register.studies.reverse()
    register.zipped = False
    again = get(register, tmp_path / "b", page_size=7)
    assert files_of(whole.folder) == files_of(again.folder)


def test_requests_are_those_of_the_api_description(register, tmp_path):
    get(register, tmp_path, condition="lupus", intervention="mesenchymal")
    kinds = [kind for kind, _, _ in register.requests]
    assert kinds == ["version", 1, 2, 3, 4, 5, 6, "count", "version"]
    for kind, params, headers in register.requests:
        assert re.fullmatch(r"trialkit/\d+\.\d+\S*", headers["User-Agent"])
        assert headers["Accept-Encoding"] == "gzip"
        assert kind == "version" or params["query.cond"] == "lupus"
    assert register.requests[1][1]["countTotal"] == "true"
    assert "countTotal" not in register.requests[2][1]
    described = CORPUS / "ctgov_api_spec" / "ctg-oas-v2.yaml"
    if described.is_file():
        import yaml

        paths = yaml.safe_load(described.read_text(encoding="utf-8"))["paths"]
        known = {parameter["name"] for parameter in paths["/studies"]["get"]["parameters"]}
        assert known >= {name for _, params, _ in register.requests for name in params}


def test_requests_keep_their_distance(register, tmp_path):
    started = time.monotonic()
    done = get(register, tmp_path, page_size=30, rate=20)
    assert done.requests == 5
    assert time.monotonic() - started >= 4 / 20


def test_real_studies_come_through_and_without_contacts(tmp_path):
    studies = real_studies()
    with Register(studies) as register:
        seen = []
        done = get(
            register, tmp_path, "a", page_size=500, timeout=10, progress=lambda n, total: seen.append((n, total))
        )
    assert done.records == len(studies)
    assert [n for n, _ in seen] == sorted(n for n, _ in seen)
    assert seen[-1] == (len(studies), len(studies))
    stored = studies_of(done.folder)
    for study, original in zip(stored, sorted(studies, key=nct), strict=True):
        assert nct(study) == nct(original)
        protocol = study["protocolSection"]
        places = protocol.get("contactsLocationsModule", {})
        assert not {"centralContacts", "overallOfficials"} & set(places)
        assert not any("contacts" in place for place in places.get("locations", []))
        party = protocol.get("sponsorCollaboratorsModule", {}).get("responsibleParty", {})
        assert set(party) <= {"type"}
        assert "pointOfContact" not in study.get("resultsSection", {}).get("moreInfoModule", {})
        assert study.get("hasResults") == original.get("hasResults")
    assert not [word for word in text_of(done.folder).split() if "@" in word and "." in word.partition("@")[2]], (
        "an e-mail address"
    )


# Faults that pass

PASSING = {
    "429 with Retry-After": server.status(429, "slow down", Retry_After="0"),
    "429 with a date": server.status(429, "slow down", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "429 without": server.status(429),
    "500": server.status(500, "Internal"),
    "502": server.status(502),
    "503 with nonsense": server.status(503, "", Retry_After="soon"),
    "504": server.status(504),
    "cut body": server.cut_body,
    "cut JSON": server.cut_json,
    "cut gzip": server.cut_gzip,
    "HTML page": server.html_page,
    "other JSON": server.other_json,
    "connection reset": server.reset,
    "hung up": server.hang_up,
    "stalled": server.stall(0.8),
    "too slow as a whole": server.drip(3.0, 100),
    "slow bytes": server.drip(0.3),
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A running register and the files of a snapshot of it without any fault."""
    with Register([invent(number) for number in range(1, 58)]) as running:
        yield running, files_of(get(running, tmp_path_factory.mktemp("undisturbed")).folder)


@pytest.mark.parametrize("where", ["version", 1, 4, "count"])
@pytest.mark.parametrize("fault", PASSING)
def test_passing_fault_leaves_no_trace(undisturbed, tmp_path, fault, where):
    if where != 4 and ("slow" in fault or fault == "stalled"):
        pytest.skip("waited for at one place only")
    register, whole = undisturbed
    register.requests.clear()
    register.faults[where].append(PASSING[fault])
    told = []
    timeout = 0.15 if fault == "too slow as a whole" else FAST["timeout"]
    done = get(register, tmp_path, tell=told.append, timeout=timeout)
    assert not register.faults[where]
    assert files_of(done.folder) == whole
    assert os.listdir(tmp_path) == [DAY]
    if fault != "slow bytes":
        assert len(told) == 1
        assert "Trying again (2 of 4)" in told[0]
        assert done.requests == 10


def test_many_faults_in_one_fetch_leave_no_trace(undisturbed, tmp_path):
    register, whole = undisturbed
    quick = [fault for name, fault in PASSING.items() if "slow" not in name and name != "stalled"]
    for place, where in enumerate(["version", 1, 2, 3, 4, 5, 6, "count", "version"]):
        register.faults[where] += [quick[(3 * place + k) % len(quick)] for k in range(3 if where != "version" else 1)]
    assert files_of(get(register, tmp_path).folder) == whole
    assert not any(register.faults.values())


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [
        ("1", 1.0, 2.5),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True), 0.9, 3.0),
        ("3600", 1.2, 2.5),
    ],
    ids=["seconds", "HTTP date", "capped"],
)
def test_retry_after_is_honoured_up_to_the_longest_wait(register, tmp_path, after, least, most):
    register.faults[2].append(server.status(429, "", Retry_After=after() if callable(after) else after))
    started = time.monotonic()
    get(register, tmp_path, longest_wait=1.3 if after == "3600" else 5)
    assert least <= time.monotonic() - started <= most


# Faults that stay


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_refusal_fails_at_once_and_shows_what_the_server_says(register, tmp_path, code):
    register.faults[1].append(server.status(code, "`query.recrs` is unknown parameter"))
    with pytest.raises(FetchError, match=rf"page 1: .*{code} .*`query.recrs` is unknown parameter"):
        get(register, tmp_path)
    assert len(register.requests) == 2
    assert os.listdir(tmp_path) == []


def test_a_fault_that_stays_ends_the_fetch_and_keeps_the_pages(register, tmp_path):
    register.faults[4] += [server.status(503, "maintenance")] * 4
    with pytest.raises(FetchError) as caught:
        get(register, tmp_path)
    for words in ("page 4", "503", "maintenance", "asked 4 times", "30 of 57 studies are kept", "the same command"):
        assert words in str(caught.value)
    assert os.listdir(tmp_path) == [f".{DAY}.partial"]
    assert "@" not in "".join(file.read_text() for file in (tmp_path / f".{DAY}.partial").iterdir()), "contacts kept"
    register.requests.clear()
    told = []
    done = get(register, tmp_path, tell=told.append)
    assert register.pages_asked() == [4, 5, 6]
    assert told == ["going on after 30 of 57 studies, fetched earlier"]
    with_none = get(register, tmp_path / "fresh")
    assert files_of(done.folder) == files_of(with_none.folder)
    assert os.listdir(tmp_path / "fresh") == [DAY]


def test_404_on_a_page_fails_and_a_later_run_begins_anew_when_the_token_ran_out(register, tmp_path):
    register.faults[3].append(server.status(404, "gone"))
    with pytest.raises(FetchError, match="page 3: the server refuses the request with 404 Not Found: gone"):
        get(register, tmp_path)
    search = {"format": "json", "query.term": QUERY}
    register.expired.add(register.token(20, 3, search))
    register.requests.clear()
    told = []
    with pytest.raises(FetchError, match="`pageToken` is invalid"):
        get(register, tmp_path, tell=told.append)
    assert register.pages_asked() == [3, 1, 2, 3]
    assert "does not go on with the fetch begun earlier" in told[1]
    register.expired.clear()
    assert get(register, tmp_path).records == 57


@pytest.mark.parametrize("stamp", [None, "", "yesterday", "../../../etc", 20261120])
def test_a_version_without_a_date_is_none(register, tmp_path, stamp):
    register.timestamp = stamp
    with pytest.raises(FetchError, match=r"the version of the data .* dataTimestamp is .* asked 2 times"):
        get(register, tmp_path, attempts=2)
    assert os.listdir(tmp_path) == []


def test_nobody_answers(tmp_path):
    with Register([]) as gone:
        url = gone.url
    with pytest.raises(FetchError, match="ConnectError"):
        fetch_ctgov(QUERY, tmp_path, base_url=url, **FAST)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("where", ["version", 1, 3])
def test_redirect_to_another_host_is_refused(register, tmp_path, where):
    register.faults[where].append(server.redirect("https://clinicaltrials.example/api/v2/studies"))
    with pytest.raises(FetchError, match=r"redirects to another host, https://clinicaltrials.example"):
        get(register, tmp_path)
    with Register([]) as other:
        register.faults["version"].append(server.redirect(f"{other.url}/version"))
        with pytest.raises(FetchError, match="another host"):
            get(register, tmp_path)
        assert other.requests == []


def test_redirect_within_the_host_is_followed_but_not_in_circles(register, tmp_path):
    register.faults["version"].append(server.redirect("/api/v2/version", 301))
    assert get(register, tmp_path).records == 57
    register.faults["version"] += [server.redirect("/api/v2/version")] * 20
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        get(register, tmp_path)


def test_an_answer_without_end_is_not_read_to_its_end(register, tmp_path, monkeypatch):
    monkeypatch.setattr("trialkit.fetch_api.LARGEST_PAGE", 5000)
    with pytest.raises(FetchError, match="ask for smaller pages, --page-size"):
        get(register, tmp_path)
    assert get(register, tmp_path, page_size=1).records == 57


def test_certificate_is_verified(tmp_path):
    import shutil
    import ssl

    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Register([invent(1)]) as register:
        register.server.socket = context.wrap_socket(register.server.socket, server_side=True)
        started = time.monotonic()
        with pytest.raises(FetchError, match="CERTIFICATE_VERIFY_FAILED"):
            fetch_ctgov(QUERY, tmp_path / "out", base_url=register.url.replace("http:", "https:"), backoff=9, rate=0)
        assert time.monotonic() - started < 5, "trying again does not make a certificate valid"


# Answers that do not fit together


def test_repeated_token_stops_the_fetch(register, tmp_path):
    register.token_of_page[4] = register.token(10, 2, {"format": "json", "query.term": QUERY})
    with pytest.raises(FetchError, match=r"page 4 names the page token .* round in circles after 40 of 57"):
        get(register, tmp_path)
    assert os.listdir(tmp_path) == []
    assert register.pages_asked() == [1, 2, 3, 4]


def test_a_server_that_repeats_itself_with_new_tokens_is_stopped(register, tmp_path):
    search = {"format": "json", "query.term": QUERY}
    for page in range(1, 400):
        register.token_of_page[page] = register.token(0, page + 1, search)
    with pytest.raises(FetchError, match="repeats itself"):
        get(register, tmp_path)
    assert os.listdir(tmp_path) == []


def test_pages_without_studies_are_passed_over_but_not_for_ever(register, tmp_path):
    register.empty_before = 3
    assert get(register, tmp_path / "a").records == 57
    register.empty_before = 400
    with pytest.raises(FetchError, match="21 pages in a row without a study"):
        get(register, tmp_path / "b")
    assert os.listdir(tmp_path / "b") == []


def test_total_that_changes_once_restarts_the_fetch(register, tmp_path):
    register.before_page[3].append(lambda: register.studies.insert(0, invent(900)))
    told = []
    done = get(register, tmp_path, tell=told.append)
    assert register.pages_asked() == [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]
    assert told == ["the register counted 57 studies at first and 58 at the end. Starting again from the first page."]
    assert done.records == 58
    assert files_of(done.folder) == files_of(get(register, tmp_path / "calm").folder)


def test_total_that_differs_between_pages_restarts_the_fetch_at_once(register, tmp_path):
    register.count_on_every_page = True
    register.before_page[3].append(lambda: register.studies.insert(0, invent(900)))
    told = []
    assert get(register, tmp_path, tell=told.append).records == 58
    assert register.pages_asked() == [1, 2, 3, 1, 2, 3, 4, 5, 6]
    assert told == ["page 3 counts 58 studies, the first page counted 57. Starting again from the first page."]


def test_total_that_changes_always_ends_the_fetch(register, tmp_path):
    fresh = iter(range(900, 1000))
    register.always_before_page[3] = lambda: register.studies.append(invent(next(fresh)))
    with pytest.raises(FetchError, match="at first and 59 at the end, for the second time"):
        get(register, tmp_path)
    assert os.listdir(tmp_path) == []


def test_data_renewed_midway_restart_the_fetch_under_their_own_date(register, tmp_path):
    def renew():
        register.timestamp = "2026-11-23T09:00:02"

    register.before_page[6].append(renew)
    told = []
    done = get(register, tmp_path, tell=told.append)
    assert done.folder.name == "2026-11-23"
    assert os.listdir(tmp_path) == ["2026-11-23"]
    assert told[0].startswith("the register's data were of 2026-11-20T09:00:05 at first")


def test_duplicates_are_counted_and_stored_once(undisturbed, register, tmp_path):
    register.twice = [register.studies[3], register.studies[5]]
    done = get(register, tmp_path)
    assert (done.received, done.duplicates, done.records) == (59, 2, 57)
    assert source_of(done.folder)["duplicates"] == 2
    whole = undisturbed[1]
    assert files_of(done.folder)["studies.jsonl.gz"] == whole["studies.jsonl.gz"]


def test_of_two_versions_of_a_study_the_newer_is_stored(register, tmp_path):
    newer = invent(4, overallStatus="TERMINATED", lastUpdatePostDateStruct={"date": "2026-11-19"})
    older = invent(5, overallStatus="UNKNOWN", lastUpdatePostDateStruct={"date": "2001-01-01"})
    register.twice = [newer, older]
    stored = {
        nct(s): s["protocolSection"]["statusModule"]["overallStatus"]
        for s in studies_of(get(register, tmp_path).folder)
    }
    assert (stored[nct(newer)], stored[nct(older)]) == ("TERMINATED", "COMPLETED")


@pytest.mark.parametrize("twice", [0, 2])
def test_incomplete_answer_leaves_no_snapshot(register, tmp_path, twice):
    register.lost = {nct(register.studies[7]), nct(register.studies[50])}
    register.twice = register.studies[:twice]
    with pytest.raises(FetchError, match=rf"asked for 57, received {55 + twice}; {twice} duplicates, so 55 different"):
        get(register, tmp_path)
    assert os.listdir(tmp_path) == []
    register.lost, register.twice = set(), []
    assert get(register, tmp_path).records == 57


def test_a_study_without_a_number_is_no_study(register, tmp_path):
    register.twice = [{"protocolSection": {"statusModule": {}}}]
    with pytest.raises(FetchError, match=r"page 6: study 8 has no .*nctId"):
        get(register, tmp_path)


def test_a_search_without_studies_leaves_no_snapshot(register, tmp_path):
    with pytest.raises(FetchError, match="counts no study for this search"):
        get(register, tmp_path, "mesenchimal")
    assert os.listdir(tmp_path) == []


# Interrupted


KILLABLE = """
import sys
from trialkit.cli import app
from trialkit.fetch import fetch_ctgov
fetch_ctgov(sys.argv[1], sys.argv[2], base_url=sys.argv[3], page_size=5, rate=40)
"""


@pytest.mark.parametrize("page", [2, 7])
def test_killed_fetch_goes_on_where_it_stopped(register, tmp_path, page):
    reached = threading.Event()
    register.before_page[page].append(reached.set)
    arguments = [sys.executable, "-c", KILLABLE, QUERY, str(tmp_path / "killed"), register.url]
    with subprocess.Popen(arguments, cwd=ROOT) as running:
        assert reached.wait(20)
        running.send_signal(signal.SIGKILL)
    left = tmp_path / "killed"
    assert os.listdir(left) == [f".{DAY}.partial"], "nothing half-written is visible"
    state = json.loads((left / f".{DAY}.partial" / "state.json").read_text())
    assert state["total"] == 57
    assert state["data_timestamp"] == register.timestamp
    for entry in state["pages"]:
        data = (left / f".{DAY}.partial" / entry["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
    register.requests.clear()
    resumed = get(register, left, page_size=5)
    asked = len(register.requests)
    fresh = get(register, tmp_path / "fresh", page_size=5)
    assert files_of(resumed.folder) == files_of(fresh.folder)
    assert asked == resumed.requests < fresh.requests
    assert os.listdir(left) == [DAY]


def interrupted(register, folder, **options):
    """A fetch that ends after three pages."""
    register.faults[4] += [server.status(500)] * 4
    with pytest.raises(FetchError):
        get(register, folder, **options)
    register.requests.clear()


@pytest.mark.parametrize("dated", [True, False])
def test_interrupted_fetch_of_older_data_starts_anew_and_says_so(register, tmp_path, dated):
    folder = tmp_path if dated else tmp_path / "mine"
    interrupted(register, folder, dated=dated)
    register.timestamp = "2026-11-23T09:00:02"
    told = []
    done = get(register, folder, dated=dated, tell=told.append)
    assert register.pages_asked() == [1, 2, 3, 4, 5, 6]
    assert told == [
        "the register's data are of 2026-11-23T09:00:02 now, those fetched in part of 2026-11-20T09:00:05: starting anew"
    ]
    assert os.listdir(tmp_path) == [done.folder.name]


def test_interrupted_fetch_of_another_search_is_not_taken_up(register, tmp_path):
    interrupted(register, tmp_path)
    told = []
    done = get(register, tmp_path, "lupus", tell=told.append)
    assert "unfinished fetch of another search" in told[0]
    assert source_of(done.folder)["query"] == "lupus"


def test_damaged_pages_are_fetched_again(register, tmp_path):
    whole = files_of(get(register, tmp_path / "whole").folder)
    for name, harm in {
        "shortened": lambda partial: (partial / "page-00002.jsonl").write_bytes(b"{}"),
        "gone": lambda partial: (partial / "page-00001.jsonl").unlink(),
        "state": lambda partial: (partial / "state.json").write_bytes(b'{"search"'),
    }.items():
        interrupted(register, tmp_path / name)
        harm(tmp_path / name / f".{DAY}.partial")
        assert files_of(get(register, tmp_path / name).folder) == whole
        assert register.pages_asked()[0] == (2 if name == "shortened" else 1)


def test_snapshot_moved_aside_by_a_killed_run_comes_back(register, tmp_path):
    done = get(register, tmp_path)
    partial = tmp_path / f".{DAY}.partial"
    partial.mkdir()
    done.folder.rename(partial / "replaced")
    assert get(register, tmp_path).requests == 1, "it was there already"
    assert (done.folder / "studies.jsonl.gz").is_file()


# What is there already


def test_snapshot_of_the_same_data_is_not_fetched_again_without_force(register, tmp_path):
    first = get(register, tmp_path)
    again = get(register, tmp_path)
    assert (again.requests, again.received, again.sha256) == (1, 0, first.sha256)
    forced = get(register, tmp_path, force=True)
    assert forced.received == 57
    assert forced.sha256 == first.sha256
    (first.folder / "studies.jsonl.gz").write_bytes(b"damaged")
    with pytest.raises(FileExistsError, match="--force"):
        get(register, tmp_path)


def test_snapshot_of_the_same_day_is_not_overwritten(register, tmp_path):
    first = files_of(get(register, tmp_path).folder)
    with pytest.raises(FileExistsError, match=r"holds a snapshot already \(search 'mesenchymal AND lupus'"):
        get(register, tmp_path, "lupus")
    register.timestamp = f"{DAY}T23:00:00"
    with pytest.raises(FileExistsError, match="Replace it with --force"):
        get(register, tmp_path)
    assert files_of(tmp_path / DAY) == first
    register.lost = {nct(register.studies[0])}
    with pytest.raises(FetchError):
        get(register, tmp_path, force=True)
    assert files_of(tmp_path / DAY) == first, "a failed fetch leaves the old snapshot as it was"
    register.lost = set()
    get(register, tmp_path, force=True)
    assert source_of(tmp_path / DAY)["data_timestamp"] == f"{DAY}T23:00:00"


def test_a_folder_with_other_things_is_never_replaced(register, tmp_path):
    (tmp_path / DAY).mkdir()
    assert get(register, tmp_path).records == 57, "an empty folder is free"
    (tmp_path / DAY / "notes.txt").write_text("mine")
    for folder in (tmp_path, tmp_path / DAY / "notes.txt"):
        with pytest.raises(FileExistsError):
            get(register, folder, "lupus", force=True, dated=folder == tmp_path)
    assert (tmp_path / DAY / "notes.txt").read_text() == "mine"


# Updates


@pytest.fixture
def earlier(register, tmp_path):
    """A snapshot, after which two studies were updated, one added and one removed."""
    done = get(register, tmp_path)
    register.timestamp = "2026-11-27T09:00:01"
    changed = [
        invent(n, overallStatus="TERMINATED", lastUpdatePostDateStruct={"date": "2026-11-25"}) for n in (7, 9, 901)
    ]
    register.studies = [s for s in register.studies if nct(s) not in {*map(nct, changed), nct(invent(30))}] + changed
    register.requests.clear()
    return done


@pytest.mark.parametrize("since", ["last", "2026-10-20", date(2026, 11, 20)])
def test_update_puts_changed_studies_into_the_older_snapshot(register, tmp_path, earlier, since):
    done = get(register, tmp_path, since=since)
    first = source_of(earlier.folder)["newest_update"] if since == "last" else str(since)
    page = next(params for kind, params, _ in register.requests if kind == 1)
    assert page["filter.advanced"] == f"AREA[LastUpdatePostDate]RANGE[{first},MAX]"
    assert done.received < 57
    assert (done.added, done.records) == (1, 58)
    assert done.replaced == done.received - 1
    source = source_of(done.folder)
    assert (source["since"], source["updates"]) == (first, earlier.data_timestamp)
    assert "cannot be told" in source["caution"]
    stored = {nct(study): study for study in studies_of(done.folder)}
    assert list(stored) == sorted(stored)
    for number in (7, 9, 901):
        assert stored[nct(invent(number))]["protocolSection"]["statusModule"]["overallStatus"] == "TERMINATED"
    assert nct(invent(30)) in stored, "a removed study is not noticed"
    everything = studies_of(get(register, tmp_path / "whole").folder)
    assert [study for key, study in stored.items() if key != nct(invent(30))] == everything
    again = get(register, tmp_path, since=since)
    assert (again.received, again.requests) == (0, 1)


def test_update_in_place(register, tmp_path):
    get(register, tmp_path / "mine", dated=False)
    register.timestamp = "2026-11-27T09:00:01"
    with pytest.raises(FileExistsError):
        get(register, tmp_path / "mine", dated=False, since="last")
    done = get(register, tmp_path / "mine", dated=False, since="last", force=True)
    assert (done.records, done.added) == (57, 0)
    assert os.listdir(tmp_path) == ["mine"]


def test_update_without_any_change_is_a_snapshot_too(register, tmp_path):
    first = get(register, tmp_path)
    register.timestamp = "2026-11-27T09:00:01"
    done = get(register, tmp_path, since="2026-11-15")
    assert (done.received, done.replaced, done.added, done.records) == (0, 0, 0, 57)
    assert done.sha256 == first.sha256


def test_a_whole_fetch_does_not_take_an_update_for_whole(register, tmp_path, earlier):
    get(register, tmp_path, since="last")
    with pytest.raises(FileExistsError):
        get(register, tmp_path)
    assert get(register, tmp_path, force=True).records == 57


def test_update_that_would_miss_studies_is_refused(register, tmp_path, earlier):
    with pytest.raises(ValueError, match="studies updated in between would be missed"):
        get(register, tmp_path, since="2026-11-21")
    with pytest.raises(ValueError, match="no snapshot of the same search"):
        get(register, tmp_path, "lupus", since="last")
    (earlier.folder / "studies.jsonl.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(FetchError, match="not as it was written"):
        get(register, tmp_path, since="last")
    register.timestamp = "2026-01-01T09:00:00"
    with pytest.raises(FetchError, match="older than"):
        get(register, tmp_path, since="last")
    assert [name for name in os.listdir(tmp_path) if not name.startswith(".")] == [DAY]


# Arguments and commands


@pytest.mark.parametrize(
    "options",
    [
        {"query": " "},
        {"query": "lupus\nnephritis"},
        {"page_size": 0},
        {"page_size": 1001},
        {"since": "yesterday"},
        {"since": "2026-02-30"},
        {"rate": -1},
        {"attempts": 0},
        {"base_url": "http://clinicaltrials.gov/api/v2"},
        {"base_url": "http://127.0.0.1.example/api/v2"},
        {"base_url": "ftp://127.0.0.1/api/v2"},
        {"base_url": "clinicaltrials.gov"},
        {"base_url": "https://name:word@clinicaltrials.gov/api/v2"},
        {"base_url": "https://clinicaltrials.gov/api/v2?x=1"},
    ],
    ids=str,
)
def test_wrong_arguments_are_refused_before_any_request(tmp_path, options):
    with pytest.raises(ValueError, match=r"expected|gives|line breaks"):
        fetch_ctgov(**{"query": "lupus", "folder": tmp_path, "base_url": "http://127.0.0.1:9", **FAST, **options})
    assert os.listdir(tmp_path) == []


def command(*words, **env):
    return CliRunner().invoke(app, list(words), env=env)


def test_command_fetches_and_says_what_comes_next(register, tmp_path):
    words = ["fetch", "ctgov", "--query", QUERY, "--out", str(tmp_path / "mine"), "--rate", "0"]
    done = command(*words, TRIALKIT_CTGOV_URL=register.url)
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"57 studies of 2026-11-20T09:00:05 in {tmp_path / 'mine'}" in done.stdout
    assert f"trialkit build {tmp_path / 'mine'}" in done.stdout
    again = command(*words, "--base-url", register.url)
    assert again.exit_code == 0
    assert "already; --force fetches it again" in again.stdout
    register.timestamp = "2026-11-27T09:00:01"
    taken = command(*words, "--base-url", register.url)
    assert (taken.exit_code, taken.stdout) == (2, "")
    assert "Replace it with --force" in taken.stderr
    updated = command(*words, "--base-url", register.url, "--since", "last", "--force")
    assert updated.exit_code == 0
    assert "0 added" in updated.stdout
    assert "cannot be told" in updated.stderr


def test_command_says_that_an_answer_is_not_complete(register, tmp_path):
    register.lost = {nct(register.studies[0])}
    words = ["fetch", "ctgov", "--query", QUERY, "--out", str(tmp_path / "mine"), "--base-url", register.url]
    done = command(*words, "--rate", "0", "--page-size", "20")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no snapshot written: asked for 57, received 56; 0 duplicates" in done.stderr
    register.faults["version"].append(server.status(400, "bad \x1b[31mred"))
    refused = command(*words)
    assert refused.exit_code == 1
    assert "400 Bad Request" in refused.stderr
    assert "\x1b" not in refused.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "words",
    [
        ["fetch"],
        ["fetch", "isrctn", "--query", "lupus"],
        ["fetch", "ctgov", "--out", "x"],
        ["fetch", "ctgov", "--query", "lupus", "--page-size", "5000"],
        ["fetch", "ctgov", "--query", "lupus", "--out", "x", "--base-url", "http://example.org"],
        ["fetch", "ctgov", "--query", "lupus", "--out", "x", "--since", "lately"],
        ["query"],
        ["query", " "],
    ],
    ids=" ".join,
)
def test_wrong_use_is_status_2(tmp_path, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command(*words, TRIALKIT_CTGOV_URL="http://127.0.0.1:9/api/v2")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr
    assert os.listdir(tmp_path) == []


def test_commands_cost_nothing_before_they_are_used():
    found = subprocess.run(
        [sys.executable, "-c", "import sys, trialkit.cli_fetch; print(sorted(sys.modules))"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert not [name for name in ("httpx2", "stamina", "msgspec", "polars", "rich") if f"'{name}'" in found]


def test_progress_is_shown_only_when_it_takes_long(monkeypatch):
    from contextlib import contextmanager

    from trialkit import cli_fetch

    shown = []

    @contextmanager
    def bar(what):
        shown.append(what)
        yield lambda done, total: shown.append((done, total))
        shown.append("closed")

    monkeypatch.setattr(cli_fetch, "shown_progress", bar)
    with cli_fetch.late_progress("Fetching", after=0.2) as progress:
        progress(1, 9)
    assert shown == []
    with cli_fetch.late_progress("Fetching", after=0.1) as progress:
        progress(1, 9)
        time.sleep(0.3)
        progress(2, 9)
    assert shown == ["Fetching", (1, 9), (2, 9), "closed"]


def test_query_prints_a_row_a_register():
    done = command("query", "lupus mesenchymal")
    assert done.exit_code == 0
    head, *rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert head == ["register", "address", "words", "how_to_save"]
    assert [row[0] for row in rows] == [
        "WHO ICTRP", "EU CTR", "CTIS", "ISRCTN", "ChiCTR", "CTRI", "jRCT", "ANZCTR", "DRKS", "IRCT",
    ]  # fmt: skip
    for name, address, words, how in rows:
        parts = urlsplit(address)
        assert parts.scheme == "https", name
        filled = ["lupus AND mesenchymal"] in parse_qs(parts.query).values()
        assert words == ("in the address" if filled else "type lupus AND mesenchymal")
        assert how
        assert "{" not in address + how
    assert "trialkit fetch ctgov --query 'lupus AND mesenchymal'" in done.stderr


@pytest.mark.parametrize(
    ("words", "expression"),
    [
        (["lupus"], "lupus"),
        (["lupus", "mesenchymal"], "lupus AND mesenchymal"),
        (["lupus OR sclerosis"], "lupus OR sclerosis"),
        (['"stem cell" lupus'], '"stem cell" lupus'),
        (["Sjögren & MSC"], "Sjögren AND & AND MSC"),
    ],
)
def test_words_are_joined_unless_they_come_with_operators(words, expression):
    rows = [line.split("\t") for line in command("query", *words).stdout.splitlines()[1:]]
    assert parse_qs(urlsplit(rows[1][1]).query)["query"] == [expression]
    assert all(" " not in row[1] and row[1].isascii() for row in rows)
