"""Fetching from a server that means harm: it costs a bounded time and space, one line, and never a snapshot or a secret."""

import gzip
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import tracemalloc
from threading import Thread
from types import SimpleNamespace

import httpcore2
import pytest
from fetching import QUERY, files_of, get, small_register, studies_of
from register_server import Register, altered, instead, invent, status
from typer.testing import CliRunner

from trialkit.cli import app
from trialkit.fetch import FetchError

SECRET = "hunter2"
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


@pytest.fixture
def register():
    with small_register() as running:
        yield running


def refused(register, folder, reason, kind=1, fault=None, **options):
    """The fetch ends for this reason in one or two short lines, and leaves nothing."""
    if fault:
        register.faults[kind] += [fault] * 9
    with pytest.raises(FetchError, match=reason) as caught:
        get(register, folder, **{"attempts": 2, **options})
    assert len(str(caught.value)) < 2000
    assert [name for name in os.listdir(folder) if not name.startswith(".")] == []
    return str(caught.value)


def raw(*pieces, every=0.0, times=1):
    """An answer of these very bytes, `times` over, and the end of the connection."""

    def fault(handler, body):
        handler.close_connection = True
        for _ in range(times):
            for piece in pieces:
                handler.wfile.write(piece)
                time.sleep(every)

    return fault


def packed(data, encoding):
    return lambda handler, body: handler.send(data, headers={"Content-Encoding": encoding})


OK = b"HTTP/1.1 200 OK\r\n"

# Time


@pytest.mark.parametrize(
    "fault",
    [
        raw(OK, *([b"X-%d: a\r\n" % n for n in range(200)]), every=0.05),
        raw(*([b"H"] + [b"T"] * 200), every=0.05),
        raw(b"HTTP/1.1 103 Early Hints\r\n\r\n", every=0.05, times=200),
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\n", *([b"1\r\n \r\n"] * 200), every=0.05),
        raw(OK + b"\r\n", *([b" "] * 200), every=0.05),
    ],
    ids=["header", "status line", "interim answers", "chunks", "body without length"],
)
def test_slow_answer_has_an_end(register, tmp_path, fault):
    began = time.monotonic()
    # A body without length is cut, which is an end like any other; a busy machine may be late with a byte
    refused(
        register,
        tmp_path,
        r"no whole answer in 1 s|RemoteProtocolError|not whole JSON|ReadTimeout",
        fault=fault,
        timeout=0.1,
        attempts=1,
    )
    assert time.monotonic() - began < 8, "the server would have gone on for 10 s"


# Size


@pytest.fixture
def small_limit(monkeypatch):
    monkeypatch.setattr("trialkit.fetch_api.LARGEST_PAGE", 4 * 2**20)


@pytest.mark.parametrize(
    "bomb", [gzip.compress(bytes(300 * 2**20), 9), gzip.compress(b" " * 2**28, 1)], ids=["zeros", "blanks"]
)
def test_bomb_is_unpacked_to_the_limit_only(register, tmp_path, small_limit, bomb):
    tracemalloc.start()
    refused(register, tmp_path, "more than 4 MB", fault=packed(bomb, "gzip"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 * 2**20


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate", "br", "zstd", "gzip, identity", "x" * 5000, "compress"])
def test_what_was_not_asked_for_is_not_unpacked(register, tmp_path, encoding):
    twice = gzip.compress(gzip.compress(bytes(2**20)))
    refused(register, tmp_path, "expected gzip or nothing", fault=packed(twice, encoding))


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"", "not whole JSON"), (b"nonsense", "damaged"), (gzip.compress(b"{}")[:-9], "cut off"), (gzip.compress(b"{}") * 2, "after its end"),
     (gzip.compress(b"{}") + bytes(9), "after its end"), (gzip.compress(b"{}")[:-8] + bytes(8), "damaged")],
    ids=range(6),
)  # fmt: skip
def test_damaged_packing_is_told(register, tmp_path, data, told):
    refused(register, tmp_path, told, fault=packed(data, "GZip"))


@pytest.mark.parametrize(
    "head", [b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n", b"Content-Length: 99999999999\r\n\r\n"]
)
def test_stream_without_end_is_left(register, tmp_path, small_limit, head):
    piece = b" " * 2**16
    piece = b"10000\r\n" + piece + b"\r\n" if b"chunked" in head else piece
    refused(register, tmp_path, "more than 4 MB", fault=raw(OK + head, *[piece] * 1000))


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"X: " + b"a" * 200_000 + b"\r\n\r\n{}",
        OK + b"".join(b"X-%d: a\r\n" % n for n in range(20_000)) + b"\r\n{}",
        b"HTTP/1.1 200 " + b"O" * 200_000 + b"\r\n\r\n{}",
        OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
        OK + b"Content-Length: -2\r\n\r\n{}",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffffffff\r\n{}",
        OK + b"Transfer-Encoding: rot13\r\nContent-Length: 2\r\n\r\n{}",
        OK + b"A\x00B: c\r\n\r\n{}",
        b"HTTP/9.9 200 OK\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00" * 200_000,
    ],
    ids=range(12),
)
def test_answer_that_is_no_http_is_refused_in_a_line(register, tmp_path, answer):
    refused(register, tmp_path, "RemoteProtocolError|not whole JSON|no list of studies", fault=raw(answer))


def test_answer_hidden_behind_another_is_not_read(register, tmp_path):
    hidden = json.dumps({"studies": [invent(66)], "totalCount": 1}).encode()

    def smuggle(handler, body):
        handler.wfile.write(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        handler.wfile.write(OK + b"Content-Length: %d\r\n\r\n" % len(hidden) + hidden)

    register.faults[2].append(smuggle)
    assert [study for study in studies_of(get(register, tmp_path).folder) if study == invent(66)] == []


# Content


@pytest.mark.parametrize(
    "text",
    ["[" * 1_000_000, '{"a":' * 100_000, '{"studies": ' + "[" * 5000 + "]" * 5000 + "}", '{"studies": [1]}', '{"studies": {}}',
     "<!doctype html><title>Sign in</title>", "null", '"\\ud800"', "NaN", '{"studies": [], "totalCount": NaN}', "{" + '"a" : 1,' * 9,
     json.dumps({f"key {n}": n for n in range(9000)}), "\ufeff{}", "1" * 100_000, '{"totalCount": ' + "1" * 100_000 + "}"],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_page_that_is_none_is_refused_in_a_line(register, tmp_path, text):
    refused(register, tmp_path, "asked 2 times", fault=instead(text))


@pytest.mark.parametrize("total", [True, -1, 10**15, 10**4000, 1e400, "17", [17], 17.0, None])
def test_count_that_is_none_is_refused(register, tmp_path, total):
    refused(
        register,
        tmp_path,
        "totalCount is .*expected a number up to 10,000,000|not whole JSON",
        fault=altered(totalCount=total),
    )


@pytest.mark.parametrize("token", ["x" * 3000, ["5-2"], {"a": 1}, True, 10**400])
def test_page_token_that_is_none_is_refused(register, tmp_path, token):
    refused(register, tmp_path, "nextPageToken", fault=altered(nextPageToken=token))


def test_page_token_stays_one_parameter(register, tmp_path):
    register.faults[1].append(altered(nextPageToken="5-2&fields=NCTId#\r\nHost: example.org\r\n"))
    seen = []
    answer = register.answer

    def spy(path, params, headers):
        seen.append((params, headers))
        return answer(path, {**params, "pageToken": params.get("pageToken", "0-1").partition("&")[0]}, headers)

    register.answer = spy
    get(register, tmp_path)
    assert {"5-2&fields=NCTId#\r\nHost: example.org\r\n"} < {params.get("pageToken") for params, _ in seen} | {""}
    assert {headers["Host"] for _, headers in seen} == {register.url.split("/")[2]}


@pytest.mark.parametrize("depth", [50, 150, 300, 700, 900])
def test_study_in_many_layers_is_stored_or_refused(register, tmp_path, depth):
    study = invent(1)
    study["protocolSection"]["descriptionModule"]["briefSummary"] = json.loads(
        "[" * depth + '"ada@lab.example"' + "]" * depth
    )
    register.studies = {"NCT00000001": study}
    try:
        stored = json.dumps(studies_of(get(register, tmp_path, attempts=1).folder))
        assert "left out" in stored
        assert "ada@" not in stored
    except FetchError:
        if depth < 100:
            raise


def test_more_than_was_counted_has_an_end(register, tmp_path):
    for page in range(1, 99):
        more = [invent(page * 1000 + n) for n in range(100)]
        register.faults[page].append(altered(studies=more, nextPageToken=f"0-{page + 1}"))
    refused(register, tmp_path, "repeats itself")
    assert len(register.pages_asked()) < 15


@pytest.mark.parametrize(
    "after",
    ["-1", "1e9", "9" * 400, "Wed, 21 Oct 99999 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359", "\x0b", "0x10"],
)
def test_odd_wait_is_not_waited_for(register, tmp_path, after):
    register.faults[1].append(status(429, Retry_After=after))
    began = time.monotonic()
    assert get(register, tmp_path, longest_wait=0.2).records == 17
    assert time.monotonic() - began < 20


# Where it goes


@pytest.mark.parametrize(
    "there",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)", "data:,{}", "//example.org/", "http://127.0.0.1:1/api/v2/studies",
     "http://localhost:{port}/api/v2/studies", "https://127.0.0.1:{port}/api/v2/studies", "http://u:hunter2@127.0.0.1:{port}/api/v2/studies",
     "http://127.0.0.1:{port}@example.org/", "http://[::1", "http://127.0.0.1:99999999/", "http://\u2100.example/", "http:///x", "http://" + "a" * 5000,
     "\\\\example.org\\x", "http://127.0.0.1:{port}.example.org/"],
)  # fmt: skip
@pytest.mark.parametrize("code", [301, 307])
def test_redirect_elsewhere_is_refused(register, tmp_path, there, code):
    there = there.replace("{port}", register.url.split(":")[2].split("/")[0])
    location = there.encode().decode("latin-1")
    told = refused(
        register,
        tmp_path,
        # an address without a host is one of the same server, which knows no such page and hangs up
        "redirects to another host|an address that is none|refuses the request|RemoteProtocolError",
        fault=status(code, Location=location),
    )
    assert SECRET not in told
    assert set(register.pages_asked()) <= {1}


def test_only_the_named_server_is_spoken_to_and_told_nothing_of_the_person(register, tmp_path, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # where nobody listens; not used for this machine
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login ada password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    (tmp_path / "out").mkdir()
    get(register, tmp_path / "out")
    assert {frozenset(headers) for _, _, headers in register.requests} == {
        frozenset({"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"})
    }
    [agent] = {headers["User-Agent"] for _, _, headers in register.requests}
    assert agent.startswith("trialkit")
    assert "(" not in agent
    asked = {name for _, params, _ in register.requests for name in params}
    assert asked == {"format", "query.term", "pageSize", "pageToken", "countTotal", "fields"}


def test_no_cookie_is_kept(register, tmp_path):
    def with_cookie(handler, body):
        handler.send(body, headers={"Set-Cookie": "id=7; Path=/; Max-Age=99999"})

    for kind in ("version", 1, 2, 3):
        register.faults[kind].append(with_cookie)
    get(register, tmp_path)
    assert [headers for _, _, headers in register.requests if "Cookie" in headers] == []


# TLS


def certificate(folder, *words):
    files = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    told = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=trialkit test", *words, *files]
    subprocess.run(list(map(str, told)), check=True, capture_output=True)
    return folder / "certificate.pem", folder / "key.pem"


def with_tls(register, folder, name="IP:127.0.0.1", days=2):
    pem, key = certificate(folder, "-addext", f"subjectAltName={name}", "-days", days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    register.server.socket = context.wrap_socket(register.server.socket, server_side=True)
    register.url = register.url.replace("http:", "https:")
    return pem


@needs_openssl
def test_certificate_of_nobody_is_refused_by_the_command_in_a_line(register, tmp_path):
    with_tls(register, tmp_path)
    lax = {
        "PYTHONHTTPSVERIFY": "0",
        "SSL_VERIFY": "0",
        "CURL_CA_BUNDLE": "",
        "REQUESTS_CA_BUNDLE": "",
        "GIT_SSL_NO_VERIFY": "1",
    }
    words = ["fetch", "ctgov", "--query", QUERY, "--out", str(tmp_path / "out"), "--base-url", register.url]
    done = CliRunner().invoke(app, words, env=lax)
    assert (done.exit_code, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "CERTIFICATE_VERIFY_FAILED" in line
    assert "Traceback" not in done.stderr
    assert register.requests == []
    assert not (tmp_path / "out").exists()
    told = CliRunner().invoke(app, ["fetch", "--help"]).stdout.lower()
    assert not [word for word in ("insecure", "verify", "certificate") if word in told]


@pytest.fixture
def trusting(tmp_path, monkeypatch):
    """Called with a certificate: this process trusts it, and no other."""

    def trust(pem):
        monkeypatch.setattr(httpcore2, "default_ssl_context", lambda **_: ssl.create_default_context(cafile=pem))

    return trust


@needs_openssl
def test_trusted_certificate_of_another_name_is_refused(register, tmp_path, trusting):
    trusting(with_tls(register, tmp_path, "DNS:example.org"))
    (tmp_path / "out").mkdir()
    refused(register, tmp_path / "out", "CERTIFICATE_VERIFY_FAILED")


@needs_openssl
def test_redirect_from_https_to_http_is_refused(register, tmp_path, trusting):
    with Register([]) as plain:
        port = register.url.split(":")[2]
        trusting(with_tls(register, tmp_path))
        (tmp_path / "out").mkdir()
        for there in (f"http://127.0.0.1:{port}/version", plain.url):
            refused(register, tmp_path / "out", "redirects to another host", "version", status(302, Location=there))
            register.calm()
        assert get(register, tmp_path / "out").records == 17
        assert plain.requests == []


# Secrets


@pytest.mark.parametrize(
    "address",
    ["https://ada:hunter2@clinicaltrials.gov/api", "https://:hunter2@clinicaltrials.gov", "https://hunter2@clinicaltrials.gov/", "http://ada:hunter2@x.org",
     "https://ada:hunter2@[::1", "https://ada:hunter2@x.org:port/", "https://@clinicaltrials.gov", "//ada:hunter2@x", "https://a:hunter2@b:hunter2@c",
     "https://x.org:99999/", "https://x.org/a\nb", "https://"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["option", "environment"])
def test_password_in_an_address_is_refused_and_not_shown(tmp_path, address, way):
    words = ["fetch", "ctgov", "--query", QUERY, "--out", str(tmp_path / "out")]
    words, env = ([*words, "--base-url", address], {}) if way == "option" else (words, {"TRIALKIT_CTGOV_URL": address})
    done = CliRunner().invoke(app, words, env=env)
    assert done.exit_code == 2, done.stderr
    assert "expected" in done.stderr
    assert SECRET not in done.stderr + done.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 502 No\r\n\r\n", b""]
)
def test_password_of_a_proxy_is_told_to_the_proxy_alone(tmp_path, answer):
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            for _ in range(2):
                connection, _ = listening.accept()
                with connection:
                    asked.append(connection.recv(65536))
                    connection.sendall(answer)

        Thread(target=serve, daemon=True).start()
        proxy = f"http://ada:{SECRET}@127.0.0.1:{listening.getsockname()[1]}"
        os.environ["HTTPS_PROXY"] = proxy
        try:
            with pytest.raises(FetchError) as caught:
                get(SimpleNamespace(url="https://register.invalid/api/v2"), tmp_path, attempts=2)
        finally:
            del os.environ["HTTPS_PROXY"]
    assert asked[0].startswith(b"CONNECT register.invalid:443 ")
    assert SECRET not in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_words_of_a_server_cannot_steer_the_terminal(register, tmp_path):
    register.faults["version"].append(status(404, "gone\x1b]0;owned\x07\x1b[2J\u202e\r\n" + "x" * 9999))
    words = ["fetch", "ctgov", "--query", QUERY, "--out", str(tmp_path / "out"), "--base-url", register.url]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "gone" in done.stderr
    assert not set(done.stderr) & {"\x1b", "\x07", "\u202e", "\r"}
    assert len(done.stderr) < 2000


def test_what_a_hostile_server_did_leaves_no_trace_in_the_next_fetch(register, tmp_path):
    whole = files_of(get(register, tmp_path / "a").folder)
    (tmp_path / "b").mkdir()
    for fault in (instead("[" * 9999), packed(b"x", "br"), raw(b"\x00" * 9)):
        refused(register, tmp_path / "b", ".", kind=2, fault=fault, attempts=1)
        register.calm()
    assert files_of(get(register, tmp_path / "b").folder) == whole
