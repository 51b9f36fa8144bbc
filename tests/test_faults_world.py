"""What surrounds a command: signals, other programs in its folder, clock, home, network, language, streams, terminal."""

import os
import signal
import subprocess
import sys
import time
from multiprocessing import get_context

import pytest
from faults import ROOT, Command, one_line, run, succeed
from fetching import QUERY, small_register
from test_faults import records, seen
from test_storage import frames_of, state_of

from trialkit.storage import held, locked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, /proc and /dev/full")
STOPPED = "stopped before the end. Files that were there are whole, old or new; the same command can be given again."


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder of records and the frames of them."""
    folder = tmp_path_factory.mktemp("small")
    records(folder / "in", 0, n=6)
    succeed("build", folder / "in", "--out", folder / "frames")
    return folder


# Signals


def stopped(command, after, number, *, group):
    """End a command when `after` says that it is at work: status and message are right, and no process is left."""
    deadline = time.monotonic() + 60
    while not after(command) and time.monotonic() < deadline and command.process.poll() is None:
        time.sleep(0.02)
    assert command.process.poll() is None, command.end()[2]
    command.send(number, group=group)
    status, _, errors = command.end(timeout=60)
    assert status == 128 + number
    assert "Traceback" not in errors
    assert errors.splitlines()[-1] == f"trialkit: {STOPPED}"
    command.assert_nothing_left()


@pytest.mark.parametrize(("number", "group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_stopped_build_keeps_the_old_frames_and_leaves_no_worker(number, group, tmp_path):
    records(tmp_path / "in", 0, n=3)
    words = ("build", tmp_path / "in", "--out", tmp_path / "out", "--engine", "processes", "--workers", 2)
    succeed(*words)
    before = seen(tmp_path / "out")
    records(tmp_path / "in", 1, n=600)
    stopped(Command(*words), lambda build: len(build.children()) >= 2, number, group=group)
    assert seen(tmp_path / "out") == before
    assert not [name for name in os.listdir(tmp_path) if "lock" in name]


@pytest.mark.parametrize(("number", "group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_stopped_report_leaves_no_kernel_and_no_half_report(number, group, small, tmp_path):
    report = Command("report", "06", "--frames", small / "frames", "--out", tmp_path, TMPDIR=str(tmp_path))
    stopped(report, lambda command: command.children(), number, group=group)
    assert os.listdir(tmp_path) == []


def test_stopped_fetch_says_that_it_can_go_on(tmp_path):
    with small_register() as register:
        register.before[3] = lambda: time.sleep(3)
        words = ("fetch", "ctgov", "--query", QUERY, "--out", tmp_path / "new", "--base-url", register.url,
                 "--page-size", 5, "--rate", 0)  # fmt: skip
        stopped(Command(*words), lambda _: 3 in register.pages_asked(), signal.SIGINT, group=False)
        assert os.listdir(tmp_path) == [".new.partial"]
        register.calm()
        _, _, errors = run(*words)
        assert "going on after 10 of 17 studies" in errors
    assert os.listdir(tmp_path) == ["new"]


# Other programs in the same folder


def read_on(folder, begun, over, told):
    seen = {state_of(folder)}
    begun.set()
    while not over.is_set():
        try:
            seen.add(state_of(folder))
        except Exception as error:
            told.put(repr(error))
    told.put(len(seen))


def test_reader_in_another_process_never_sees_a_mixture(tmp_path):
    context = get_context("spawn")
    begun, over, told = context.Event(), context.Event(), context.Queue()
    frames_of(0).write(tmp_path / "frames")
    reader = context.Process(target=read_on, args=(tmp_path / "frames", begun, over, told))
    reader.start()
    assert begun.wait(60)
    state, end = 0, time.monotonic() + 2
    while time.monotonic() < end:
        state += 1
        frames_of(state).write(tmp_path / "frames")
    over.set()
    reader.join(30)
    assert told.get(timeout=10) > 1
    assert told.empty()


def test_second_program_in_the_same_folder_is_refused_in_one_line(small, tmp_path):
    commands = {
        "build": ("build", small / "in", "--out", tmp_path / "out"),
        "report": ("report", "06", "--frames", small / "frames", "--out", tmp_path / "out"),
    }
    (tmp_path / "out").mkdir()
    with locked(tmp_path / "out"), held(tmp_path / "out" / ".lock", tmp_path / "out", by="report"):
        for by, words in commands.items():
            status, _, errors = run(*words)
            assert status == 2
            assert one_line(errors).startswith(
                f"another {by} is writing into {tmp_path / 'out'}. Wait until it has ended"
            )
    assert list((tmp_path / "out").iterdir()) == []


# Clock, home, language, network


def test_clock_home_language_and_time_zone_change_no_byte(small, tmp_path):
    clock = "import datetime, os, time\nreal = time.time\ntime.time = lambda: real() + float(os.environ['SHIFT'])\n"
    (tmp_path / "sitecustomize.py").write_text(clock)
    odd = {"LC_ALL": "C", "TZ": "Pacific/Apia", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    homeless = {"HOME": None, "XDG_CACHE_HOME": None, "XDG_DATA_HOME": None}
    for shift, environment in {"-1e9": odd, "1e9": homeless, "-1e5": {"HOME": "/proc/nowhere"}}.items():
        path = os.pathsep.join([str(tmp_path), str(ROOT)])
        done = run("build", small / "in", "--out", tmp_path / "out", "--force",
                   **{"SHIFT": shift, "PYTHONPATH": path} | environment)  # fmt: skip
        assert done[0] == 0, done[2]
        assert seen(tmp_path / "out") == seen(small / "frames")
    status, out, errors = run("show", "NCT99000001", "--frames", small / "frames", **odd)
    assert (status, errors) == (0, "")
    assert "SLEDAI \\u2265 8" in out


def test_fetch_without_a_network_says_so_and_the_rest_needs_none(small, tmp_path):
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        pytest.skip("no process can be started without a network here (unshare)")
    build = [sys.executable, "-m", "trialkit", "build", small / "in", "--out", tmp_path / "out"]
    assert subprocess.run(["unshare", "-rn", *build], capture_output=True).returncode == 0
    code = (
        "from trialkit import fetch; from trialkit.cli import main; import sys; "
        "fetch.fetch_ctgov.__kwdefaults__ |= {'backoff': 0.01}; main()"
    )
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", code, "fetch", "ctgov", "--query", "x", "--out", tmp_path / "s"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("trialkit: not complete, no snapshot written: ")
    assert "clinicaltrials.gov" in last
    assert "Is this machine online?" in last
    assert "Traceback" not in done.stderr


# Streams and terminals


def shell(line, **environment):
    return subprocess.run(
        ["bash", "-c", f"trialkit() {{ '{sys.executable}' -m trialkit \"$@\"; }}; {line}; echo ${{PIPESTATUS[*]}} >&2"],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("end", "statuses", "errors"),
    [
        ("| head -1", "0 0", ""),
        (">&-", "0", ""),
        ("2>&1 | true", "0 0", ""),
        (">/dev/full", "1", "trialkit: standard output: No space left on device. What was to be printed is lost.\n"),
    ],
)
def test_output_that_nobody_takes_costs_no_work(end, statuses, errors, small):
    done = shell(f"trialkit dictionary {end}")
    assert done.stderr == f"{errors}{statuses}\n"


def test_build_into_a_closed_pipe_writes_the_frames(small, tmp_path):
    done = shell(f"trialkit build {small}/in --out {tmp_path}/out 2>&1 | true")
    assert done.stderr == "0 0\n"
    assert seen(tmp_path / "out") == seen(small / "frames")


def test_closed_standard_streams_are_in_no_files_place(small, tmp_path):
    done = shell(f"trialkit build {small}/in --out {tmp_path}/out 0<&- 1>&- 2>&-")
    assert done.stderr == "0\n"
    assert seen(tmp_path / "out") == seen(small / "frames")


@pytest.mark.parametrize("columns", ["1", "0", "-3", "x"])
def test_terminal_may_be_narrow(columns, small):
    words = f"trialkit show NCT99000001 --frames {small}/frames"
    done = shell(f'export -f trialkit; script -qec "{words}" /dev/null', COLUMNS=columns, SHELL="/bin/bash")
    assert done.stderr == "0\n"
    assert "Traceback" not in done.stdout
