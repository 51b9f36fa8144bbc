"""Fetching from a register that goes wrong in every way it can: the snapshot is complete and the same, or there is none."""

import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event

import pytest
import register_server as server
from conftest import ROOT
from fetching import DAY, QUERY, files_of, get, small_register, source_of, studies_of
from register_server import Register, altered, invent, status, token

from trialkit.fetch import FetchError

DAYS_LATER = "2026-11-23T09:00:02"
BUSY = 20  # attempts where a timeout is short: a busy machine may need some


@pytest.fixture
def register():
    with small_register() as running:
        yield running


@contextmanager
def no_snapshot(folder, reason):
    """The fetch ends for this reason and leaves nothing."""
    with pytest.raises(FetchError, match=reason):
        yield
    assert os.listdir(folder) == []


# Faults that pass

PASSING = {
    "429 without": status(429),
    "429 with seconds": status(429, "slow down", Retry_After="0"),
    "429 with a past date": status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "503 with nonsense": status(503, Retry_After="soon"),
    "500": status(500),
    "502": status(502),
    "504": status(504),
    "cut body": server.cut_body,
    "cut JSON": server.cut_json,
    "cut gzip": server.cut_gzip,
    "HTML page": server.instead("<html>Please log in to the network</html>"),
    "other JSON": server.instead('{"message": "maintenance"}'),
    "JSON list": server.instead("[]"),
    "odd token": altered(nextPageToken=7),
    "connection reset": server.reset,
    "hung up": server.hang_up,
    "no total": altered(totalCount=None),
}


@pytest.fixture(scope="module")
def running_and_whole(tmp_path_factory):
    with small_register() as running:
        yield running, files_of(get(running, tmp_path_factory.mktemp("undisturbed")).folder)


@pytest.fixture
def undisturbed(running_and_whole):
    """A running register, and the files of a snapshot of it without any fault."""
    running_and_whole[0].calm()
    return running_and_whole


@pytest.mark.parametrize("fault", PASSING)
def test_passing_fault_leaves_no_trace(undisturbed, tmp_path, fault):
    (register, whole), told = undisturbed, []
    register.faults[1].append(PASSING[fault])
    done = get(register, tmp_path, tell=told.append)
    assert files_of(done.folder) == whole
    assert os.listdir(tmp_path) == [DAY]
    assert (len(told), done.requests) == (1, 8)
    assert told[0].startswith("page 1: ")
    assert "Trying again (2 of 4)" in told[0]


def test_many_faults_in_one_fetch_leave_no_trace(undisturbed, tmp_path):
    register, whole = undisturbed
    for place, kind in enumerate(["version", 1, 2, 3, 4, "count"]):
        register.faults[kind] += list(PASSING.values())[3 * place :][:3]
    assert files_of(get(register, tmp_path).folder) == whole
    assert not any(register.faults.values())


def test_total_that_is_no_number_is_asked_for_again_on_any_page(undisturbed, tmp_path):
    register, whole = undisturbed
    register.faults[2].append(altered(totalCount=None))
    assert files_of(get(register, tmp_path).folder) == whole


def test_slow_bytes_are_waited_for(undisturbed, tmp_path):
    (register, whole), told = undisturbed, []
    register.faults[3].append(server.drip(seconds=0.2, pieces=20))
    assert files_of(get(register, tmp_path, tell=told.append).folder) == whole
    assert told == []


@pytest.mark.parametrize(
    ("fault", "timeout", "met"),
    [
        (server.stall, 0.3, "ReadTimeout"),
        (server.drip(seconds=5, pieces=250), 0.1, r"ReadTimeout|no whole answer in 1 s"),
    ],
    ids=["stalled", "slow without end"],
)
def test_answer_that_does_not_come_is_asked_for_again(undisturbed, tmp_path, fault, timeout, met):
    (register, whole), told = undisturbed, []
    register.faults[3].append(fault)
    done = get(register, tmp_path, tell=told.append, timeout=timeout, attempts=BUSY, longest_wait=0.1)
    assert files_of(done.folder) == whole
    assert [text for text in told if re.match(f"page 3: ({met})", text)]


@pytest.mark.parametrize(
    ("after", "longest", "least"),
    [
        (lambda: "1", 60, 1.0),
        (lambda: "3600", 0.3, 0.3),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), 0.3, 0.3),
    ],
    ids=["seconds", "too many seconds", "HTTP date"],
)
def test_retry_after_is_honoured_up_to_the_longest_wait(register, tmp_path, after, longest, least):
    register.faults[2].append(status(429, Retry_After=after()))
    began = time.monotonic()
    get(register, tmp_path, longest_wait=longest)
    assert time.monotonic() - began >= least


# Faults that stay


@pytest.mark.parametrize("code", [400, 404])
def test_refusal_shows_what_the_server_says(register, tmp_path, code):
    register.faults[1].append(status(code, "`query.recrs` is unknown parameter"))
    with no_snapshot(tmp_path, rf"page 1: .*{code} .*`query.recrs` is unknown parameter"):
        get(register, tmp_path)
    assert len(register.requests) == 2, "asking again would not help"


@pytest.mark.parametrize("stamp", [None, "yesterday", "../../../etc"])
def test_a_version_without_a_date_is_none(register, tmp_path, stamp):
    register.timestamp = stamp
    with no_snapshot(tmp_path, "the version of the data .* dataTimestamp is .* asked 2 times"):
        get(register, tmp_path, attempts=2)


def test_nobody_answers(tmp_path):
    with Register([]) as gone:
        pass
    with no_snapshot(tmp_path, "ConnectError"):
        get(gone, tmp_path)


@pytest.mark.parametrize("kind", ["version", 1])
def test_redirect_to_another_host_is_refused(register, tmp_path, kind):
    with Register([]) as other:
        register.faults[kind].append(status(302, Location=f"{other.url}/version"))
        with no_snapshot(tmp_path, f"redirects to another host, {other.url.removesuffix('/api/v2')}"):
            get(register, tmp_path)
    assert other.requests == []


def test_redirect_within_the_host_is_followed_but_not_in_circles(register, tmp_path):
    again = status(302, Location="/api/v2/version")
    register.faults["version"] += [again] * 20
    with no_snapshot(tmp_path, "redirects more than 5 times"):
        get(register, tmp_path)
    register.faults["version"] = [again]
    assert get(register, tmp_path).records == 17


def test_an_answer_without_end_is_not_read_to_its_end(register, tmp_path, monkeypatch):
    monkeypatch.setattr("trialkit.fetch_api.LARGEST_PAGE", 5000)
    with no_snapshot(tmp_path, "ask for smaller pages, --page-size"):
        get(register, tmp_path)
    assert get(register, tmp_path, page_size=2).records == 17


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_certificate_is_verified(register, tmp_path):
    files, told = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"], []
    words = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*words.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[3], files[1])
    register.server.socket = context.wrap_socket(register.server.socket, server_side=True)
    (tmp_path / "out").mkdir()
    with no_snapshot(tmp_path / "out", "CERTIFICATE_VERIFY_FAILED"):
        get(register, tmp_path / "out", base_url=register.url.replace("http:", "https:"), tell=told.append)
    assert told == [], "trying again does not make a certificate valid"


# Answers that do not fit together


def test_repeated_token_stops_the_fetch(register, tmp_path):
    register.faults[3].append(altered(nextPageToken=token(5, 2)))
    with no_snapshot(tmp_path, "page 3 names the page token .* round in circles after 15 of 17"):
        get(register, tmp_path)
    assert register.pages_asked() == [1, 2, 3]


def test_a_server_that_repeats_itself_with_new_tokens_is_stopped(register, tmp_path):
    for page in range(1, 100):
        register.faults[page].append(altered(nextPageToken=token(0, page + 1)))
    with no_snapshot(tmp_path, "repeats itself"):
        get(register, tmp_path, page_size=100)


@pytest.mark.parametrize("empty", [20, 21])
def test_pages_without_studies_are_passed_over_but_not_for_ever(register, tmp_path, empty):
    for page in range(1, empty + 1):
        register.faults[page].append(altered(studies=[], nextPageToken=token(0, page + 1)))
    with no_snapshot(tmp_path, "21 pages in a row without a study") if empty > 20 else nullcontext():
        get(register, tmp_path)


def test_changed_total_restarts_the_fetch(register, tmp_path):
    told = []
    register.before[2] = lambda: register.put(invent(90))
    done = get(register, tmp_path, tell=told.append)
    assert register.pages_asked() == [1, 2, 3, 4, 1, 2, 3, 4]
    assert told == ["the register counted 17 studies at first and 18 at the end. Starting again from the first page."]
    assert files_of(done.folder) == files_of(get(register, tmp_path / "calm").folder)


def test_total_that_differs_between_pages_restarts_the_fetch_at_once(register, tmp_path):
    register.faults[3].append(altered(totalCount=18))
    assert get(register, tmp_path).records == 17
    assert register.pages_asked() == [1, 2, 3, 1, 2, 3, 4]


def test_total_that_changes_always_ends_the_fetch(register, tmp_path):
    fresh = iter(range(90, 99))
    register.before[3] = lambda: register.put(invent(next(fresh)))
    with no_snapshot(tmp_path, "18 studies at first and 19 at the end, for the second time"):
        get(register, tmp_path)


def test_data_renewed_midway_restart_the_fetch_under_their_own_date(register, tmp_path):
    told = []
    register.before[4] = lambda: setattr(register, "timestamp", DAYS_LATER)
    get(register, tmp_path, tell=told.append)
    assert os.listdir(tmp_path) == [DAYS_LATER[:10]]
    assert told[0].startswith(f"the register's data were of 2026-11-20T09:00:05 at first, of {DAYS_LATER} at the end")


def last_page(register, *more, without=()):
    """The last page holds more studies than were counted, or fewer."""
    studies = [invent(number) for number in (16, 17) if number not in without]
    register.faults[4].append(altered(studies=[*studies, *more]))


def test_duplicates_are_counted_but_stored_once(undisturbed, tmp_path):
    register, whole = undisturbed
    last_page(register, invent(4), invent(6))
    done = get(register, tmp_path)
    assert (done.received, done.duplicates, done.records) == (19, 2, 17)
    assert source_of(done.folder)["duplicates"] == 2
    assert files_of(done.folder)["studies.jsonl.gz"] == whole["studies.jsonl.gz"]


def test_of_two_versions_of_a_study_the_newer_is_stored(register, tmp_path):
    newer = [invent(number, "TERMINATED", "2026-11-19") for number in range(1, 6)]
    older = [invent(number, "UNKNOWN", "2001-01-01") for number in range(6, 11)]
    last_page(register, *newer, *older)
    stored = studies_of(get(register, tmp_path).folder)
    assert stored[:10] == newer + [invent(number) for number in range(6, 11)]


def test_incomplete_answer_leaves_no_snapshot(register, tmp_path):
    last_page(register, invent(4), without=[17])
    with no_snapshot(tmp_path, "asked for 17, received 17; 1 duplicates, so 16 different"):
        get(register, tmp_path)


def test_a_study_without_a_number_is_no_study(register, tmp_path):
    last_page(register, {"protocolSection": {"statusModule": {}}})
    with no_snapshot(tmp_path, "page 4: study 3 has no .*nctId"):
        get(register, tmp_path)


def test_a_search_without_studies_leaves_no_snapshot(register, tmp_path):
    with no_snapshot(tmp_path, "counts no study for this search"):
        get(register, tmp_path, "mesenchimal")


# Interrupted


def interrupted(register, folder, code=500, **options):
    """The folder of a fetch that ended after two pages."""
    register.faults[3] += [status(code, "maintenance")] * 4
    with pytest.raises(FetchError) as caught:
        get(register, folder, **options)
    register.calm()
    return folder / f".{DAY}.partial", str(caught.value)


def test_a_fault_that_stays_keeps_the_pages(register, tmp_path):
    partial, said = interrupted(register, tmp_path)
    for words in ("page 3", "500", "maintenance", "asked 4 times", "10 of 17 studies are kept", "the same command"):
        assert words in said
    assert os.listdir(tmp_path) == [partial.name]
    assert "Given" not in "".join(file.read_text() for file in partial.iterdir())


def test_interrupted_fetch_goes_on_where_it_stopped(undisturbed, tmp_path):
    (register, whole), told = undisturbed, []
    interrupted(register, tmp_path)
    done = get(register, tmp_path, tell=told.append)
    assert told == ["going on after 10 of 17 studies, fetched earlier"]
    assert register.pages_asked() == [3, 4]
    assert files_of(done.folder) == whole
    assert os.listdir(tmp_path) == [DAY]


def test_fetch_killed_at_work_goes_on_where_it_stopped(undisturbed, tmp_path):
    (register, whole), reached, killed = undisturbed, Event(), Event()
    register.before[3] = lambda: (reached.set(), killed.wait(60))
    program = "import sys; from trialkit.fetch import fetch_ctgov as f; f(*sys.argv[1:3], base_url=sys.argv[3], page_size=5, rate=0)"
    with subprocess.Popen([sys.executable, "-c", program, QUERY, tmp_path, register.url], cwd=ROOT) as running:
        assert reached.wait(60)
        running.kill()
    killed.set()
    register.calm()
    assert [name for name in os.listdir(tmp_path) if not name.startswith(".")] == [], "nothing half-written is visible"
    done = get(register, tmp_path)
    assert register.pages_asked() == [3, 4]
    assert files_of(done.folder) == whole
    assert os.listdir(tmp_path) == [DAY]


@pytest.mark.parametrize("dated", [True, False])
def test_interrupted_fetch_of_older_data_starts_anew(register, tmp_path, dated):
    folder, told = (tmp_path if dated else tmp_path / "mine"), []
    interrupted(register, folder, dated=dated)
    register.timestamp = DAYS_LATER
    done = get(register, folder, dated=dated, tell=told.append)
    assert register.pages_asked() == [1, 2, 3, 4]
    assert "data are of 2026-11-23T09:00:02 now, those fetched in part of 2026-11-20T09:00:05: starting" in told[0]
    assert os.listdir(tmp_path) == [done.folder.name]


def test_interrupted_fetch_of_another_search_is_not_taken_up(register, tmp_path):
    told = []
    interrupted(register, tmp_path)
    done = get(register, tmp_path, "lupus", tell=told.append)
    assert "unfinished fetch of another search" in told[0]
    assert register.pages_asked() == [1, 2, 3, 4]
    assert source_of(done.folder)["query"] == "lupus"


def test_interrupted_fetch_starts_anew_when_its_token_ran_out(undisturbed, tmp_path):
    (register, whole), told = undisturbed, []
    interrupted(register, tmp_path)
    register.faults[3].append(status(400, "`pageToken` is invalid"))
    done = get(register, tmp_path, tell=told.append)
    assert "does not go on with the fetch begun earlier" in told[1]
    assert register.pages_asked() == [3, 1, 2, 3, 4]
    assert files_of(done.folder) == whole


@pytest.mark.parametrize(
    ("harm", "first"),
    [
        (lambda partial: (partial / "page-00002.jsonl").write_bytes(b"{}"), 2),
        (lambda partial: (partial / "page-00001.jsonl").unlink(), 1),
        (lambda partial: (partial / "state.json").write_bytes(b'{"search"'), 1),
    ],
    ids=["shortened page", "lost page", "shortened state"],
)
def test_damaged_pages_are_fetched_again(undisturbed, tmp_path, harm, first):
    register, whole = undisturbed
    harm(interrupted(register, tmp_path)[0])
    assert files_of(get(register, tmp_path).folder) == whole
    assert register.pages_asked()[0] == first


def test_snapshot_moved_aside_by_a_killed_run_comes_back(register, tmp_path):
    done = get(register, tmp_path)
    done.folder.rename(tmp_path / f".{DAY}.old")  # what a disk that cannot exchange folders is left with
    assert get(register, tmp_path).requests == 1, "it was there already"
    assert os.listdir(tmp_path) == [DAY]
