"""The commands that bring records in: what they say, and with which status they end."""

import os
import subprocess
import sys
from contextlib import contextmanager
from threading import Event
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import ROOT
from fetching import QUERY, small_register
from register_server import altered, status
from typer.testing import CliRunner

from trialkit import cli_fetch
from trialkit.cli import app

WEEK_LATER = "2026-11-27T09:00:01"


def command(*words, **env):
    return CliRunner().invoke(app, list(words), env=env)


@pytest.fixture
def register():
    with small_register() as running:
        yield running


@pytest.fixture
def fetch(register, tmp_path):
    """The command with its usual options; more may follow."""
    return lambda *options: command(
        "fetch", "ctgov", "--query", QUERY, "--out", str(tmp_path / "mine"), "--rate", "0", *options,
        TRIALKIT_CTGOV_URL=register.url,
    )  # fmt: skip


def test_command_says_what_came_and_what_is_next(fetch, tmp_path):
    done = fetch()
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"17 studies of 2026-11-20T09:00:05 in {tmp_path / 'mine'}" in done.stdout
    assert f"trialkit build {tmp_path / 'mine'}" in done.stdout


def test_command_says_that_the_snapshot_is_there(fetch):
    fetch()
    again = fetch()
    assert again.exit_code == 0
    assert "already; --force fetches it again" in again.stdout


def test_command_asks_before_it_replaces_a_snapshot(register, fetch):
    fetch()
    register.timestamp = WEEK_LATER
    taken = fetch()
    assert (taken.exit_code, taken.stdout) == (2, "")
    assert "--force" in taken.stderr


def test_command_says_what_an_update_cannot_know(register, fetch):
    fetch()
    register.timestamp = WEEK_LATER
    updated = fetch("--since", "last", "--force")
    assert updated.exit_code == 0
    assert "1 replaced, 0 added" in updated.stdout
    assert "cannot be told" in updated.stderr


def test_command_says_that_the_answer_is_not_complete(register, fetch, tmp_path):
    for kind in (1, "count"):
        register.faults[kind].append(altered(totalCount=18))
    done = fetch("--page-size", "20")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no snapshot written: asked for 18, received 17; 0 duplicates" in done.stderr
    assert os.listdir(tmp_path) == []


def test_command_prints_no_control_characters_of_the_server(register, fetch):
    register.faults["version"].append(status(400, "bad \x1b[31mred"))
    refused = fetch()
    assert refused.exit_code == 1
    assert "400 Bad Request" in refused.stderr
    assert "\x1b" not in refused.stderr


@pytest.mark.parametrize(
    "words",
    [
        "fetch",
        "fetch isrctn --query lupus",
        "fetch ctgov --out x",
        "fetch ctgov --query lupus --page-size 5000",
        "query",
        "query ",
    ],
)
def test_wrong_use_is_status_2(tmp_path, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command(*words.split(" "), TRIALKIT_CTGOV_URL="http://127.0.0.1:9/api/v2")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr
    assert os.listdir(tmp_path) == []


def test_commands_cost_nothing_before_they_are_used():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, trialkit.cli_fetch; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert not {"httpx2", "stamina", "msgspec", "polars", "rich"} & set(loaded)


@pytest.fixture
def bar(monkeypatch):
    """What is shown of progress, and an event once something is."""
    shown, begun = [], Event()

    @contextmanager
    def shown_progress(what):
        shown.append(what)
        begun.set()
        yield lambda done, total: shown.append((done, total))
        shown.append("closed")

    monkeypatch.setattr(cli_fetch, "shown_progress", shown_progress)
    return shown, begun


def test_short_work_shows_no_progress(bar):
    with cli_fetch.late_progress("Fetching", after=60) as progress:
        progress(1, 9)
    assert bar[0] == []


def test_progress_begins_late_with_what_was_done(bar):
    shown, begun = bar
    with cli_fetch.late_progress("Fetching", after=0.05) as progress:
        progress(1, 9)
        assert begun.wait(30)
        progress(2, 9)
    assert shown == ["Fetching", (1, 9), (2, 9), "closed"]


def test_query_prints_a_row_a_register():
    done = command("query", "lupus mesenchymal")
    head, *rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert (done.exit_code, head) == (0, ["register", "address", "words", "how_to_save"])
    assert {"WHO ICTRP", "EU CTR", "CTIS", "ISRCTN", "CTRI"} <= {row[0] for row in rows}
    for _, address, words, how in rows:
        filled = ["lupus AND mesenchymal"] in parse_qs(urlsplit(address).query).values()
        assert words == ("in the address" if filled else "type lupus AND mesenchymal")
        assert address.startswith("https://")
        assert how
        assert "{" not in address + how
    assert "trialkit fetch ctgov --query 'lupus AND mesenchymal'" in done.stderr


@pytest.mark.parametrize(
    ("words", "expression"),
    [
        (["lupus", "mesenchymal"], "lupus AND mesenchymal"),
        (["lupus OR sclerosis"], "lupus OR sclerosis"),
        (['"stem cell" lupus'], '"stem cell" lupus'),
        (["Sjögren & MSC"], "Sjögren AND & AND MSC"),
    ],
)
def test_words_are_joined_unless_they_come_with_operators(words, expression):
    rows = [line.split("\t") for line in command("query", *words).stdout.splitlines()[1:]]
    address = next(row[1] for row in rows if row[0] == "EU CTR")
    assert parse_qs(urlsplit(address).query)["query"] == [expression]
    assert address.isascii()
    assert " " not in address
