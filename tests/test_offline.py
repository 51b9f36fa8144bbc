"""Nothing but `trialkit fetch` speaks to a network: not a build, a report, an export, nor the start of the lab."""

import json
import subprocess
import sys
import urllib.request

import pytest
from conftest import ROOT
from lab_server import serve_lab
from offline import alone, asked, environment, run_offline

BUNDLED = ROOT / "data" / "snapshots"


@pytest.mark.parametrize(
    "program",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "import urllib.request; urllib.request.urlopen('http://register.invalid/', timeout=1)",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', \"__import__('httpx2').get('https://register.invalid')\"])",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    ],
)
def test_the_guard_sees_what_is_asked(tmp_path, program):
    run_offline(tmp_path, "-c", program)
    assert "192.0.2.1" in asked(tmp_path) or "register.invalid" in asked(tmp_path)


def test_the_guard_lets_the_machine_speak_to_itself(tmp_path):
    program = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()).close();"
        "socket.getaddrinfo('localhost', 80)"
    )
    done = run_offline(tmp_path, "-c", program)
    assert (done.returncode, asked(tmp_path)) == (0, ""), done.stderr


def test_a_network_of_its_own_reaches_nobody(tmp_path):
    if not alone():
        pytest.skip("no unshare, or it is not allowed here: the guard alone watches")
    program = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    done = subprocess.run([*alone(), sys.executable, "-c", program], capture_output=True, text=True)
    assert "Network is unreachable" in done.stderr


def test_build_report_and_export_ask_nothing_of_the_network(tmp_path):
    for words in (
        ["build", BUNDLED, "--out", "frames"],
        ["report", "00", "--frames", "frames", "--out", "reports", "--trials"],
        ["export", "--frames", "frames", "--format", "csv", "--out", "tables"],
        ["show", "NCT04318600", "--frames", "frames"],
        ["evaluate"],
        ["query", "lupus"],
        ["parameters"],
    ):
        done = run_offline(tmp_path, "-m", "trialkit", *words)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        assert asked(tmp_path) == "", words
    assert (tmp_path / "reports" / "index.html").exists()


def test_fetch_asks_for_its_register_alone(tmp_path):
    words = ["fetch", "ctgov", "--query", "lupus", "--out", "new", "--base-url", "https://register.invalid/api"]
    program = "import sys; from trialkit import fetch; from trialkit.cli import main; fetch.fetch_ctgov.__kwdefaults__.update(attempts=1); main(sys.argv[1:])"
    done = run_offline(tmp_path, "-c", program, *words)
    assert done.returncode == 1, done.stderr
    assert {line.split("(")[1].split(",")[0] for line in asked(tmp_path).splitlines()} == {"'register.invalid'"}


def test_start_of_the_lab_asks_nothing_of_the_network(tmp_path, monkeypatch):
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    for folder in ("notebooks", "private"):
        (tmp_path / folder).mkdir()
    with serve_lab(tmp_path / "notebooks", tmp_path / "private") as address:
        for path in ("/lab", "/api/kernelspecs", "/lab/api/settings", "/lab/api/extensions"):
            with urllib.request.urlopen(address + path, timeout=60) as answer:
                assert answer.status == 200
        told = urllib.request.urlopen(
            f"{address}/lab/api/settings/@jupyterlab/apputils-extension:notification", timeout=60
        )
        settings = json.loads(json.load(told)["raw"] or "{}")
        assert settings.get("fetchNews") != "true"
    assert asked(tmp_path) == ""
