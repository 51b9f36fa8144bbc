"""Commands as processes of their own that are killed or starved: starting them, and what they must not leave behind."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GRACE = 20  # seconds that children have to notice that their parent is gone
KILLS = int(os.environ.get("TRIALKIT_KILLS", "0"))


class Command:
    """`trialkit <words>` as a process (a group of its own), known with all its children by a mark in the environment."""

    def __init__(self, *words, **environment):
        self.mark = uuid.uuid4().hex
        unset = {name for name, value in environment.items() if value is None}
        given = os.environ | {"PYTHONPATH": str(ROOT), "TRIALKIT_TEST_MARK": self.mark} | environment
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trialkit", *map(str, words)],
            env={name: value for name, value in given.items() if name not in unset},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def end(self, timeout=120):
        """(status, standard output, standard error) of a command that ends."""
        out, errors = self.process.communicate(timeout=timeout)
        return self.process.returncode, out, errors

    def send(self, number, *, group=False):
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.process.pid, number)

    def children(self):
        """Processes of this command that run, itself not counted, wherever they hang."""
        found = []
        for task in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self.mark.encode() in (task / "environ").read_bytes() and int(task.name) != self.process.pid:
                    found.append(
                        f"{task.name} {(task / 'cmdline').read_bytes().replace(bytes(1), b' ').decode()[:120]}"
                    )
        return found

    def assert_nothing_left(self):
        deadline = time.monotonic() + GRACE
        while (left := self.children()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert left == [], "orphans"


def run(*words, **environment):
    return Command(*words, **environment).end()


def succeed(*words, **environment):
    """The output of a command that must succeed; how long it took."""
    began = time.monotonic()
    status, out, errors = run(*words, **environment)
    assert status == 0, errors
    return out, time.monotonic() - began


def kill_at_random(luck: random.Random, seconds: float, *words) -> bool:
    """Start a command, SIGKILL it (or its whole group) within `seconds`; whether it still ran. Nothing may stay behind."""
    command = Command(*words)
    time.sleep(luck.uniform(0, seconds))
    alive = command.process.poll() is None
    command.send(signal.SIGKILL, group=luck.random() < 0.5)
    command.end()
    command.assert_nothing_left()
    return alive


def one_line(errors: str) -> str:
    """The only sentence that a person gets, which must be none of Python's."""
    assert "Traceback" not in errors
    lines = [line for line in errors.splitlines() if "is empty in all" not in line]
    assert len(lines) == 1, errors
    return lines[0].removeprefix("trialkit: ")


@contextmanager
def small_disk(folder: Path, size: str, *, options: str = ""):
    """A disk of `size` mounted at `folder`; the test is skipped where nothing can be mounted."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}{options}", "tmpfs", folder], capture_output=True, text=True
    ) if sys.platform == "linux" else None  # fmt: skip
    if done is None or done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip() if done else sys.platform}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
