"""A real Dask cluster for tests: a scheduler and workers as processes of their own, over TCP on this machine."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def started(*arguments: str, shows: str, **environment: str) -> Iterator[tuple[subprocess.Popen, list[str]]]:
    """`python -m distributed.cli.<arguments>` until its log shows `shows`; the process (a group of its own) and its log.

    Every process of the group is ended afterwards.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{arguments[0]}", *arguments[1:]],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])} | environment,
    )
    log, ready = [], threading.Event()

    def follow() -> None:
        for line in process.stderr:
            log.append(line)
            if shows in line:
                ready.set()
        ready.set()

    threading.Thread(target=follow, daemon=True).start()
    try:
        ready.wait(60)
        assert process.poll() is None, "".join(log)
        yield process, log
    finally:
        end_group(process)


def end_group(process: subprocess.Popen) -> None:
    """SIGKILL for every process of a node at once: worker, nanny and all."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def cluster(
    nodes: int = 2, *options: str
) -> Iterator[tuple[str, Callable[[], subprocess.Popen], list[subprocess.Popen]]]:
    """(address, start one more node, the nodes): every node a nanny with one worker of one thread."""
    with ExitStack() as stack:
        arguments = ("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", ":0")
        _, log = stack.enter_context(started(*arguments, shows="Scheduler at"))
        address = re.search(r"tcp://[\d.:]+", next(line for line in log if "Scheduler at" in line))[0]

        def node() -> subprocess.Popen:
            arguments = ("dask_worker", address, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", *options)
            return stack.enter_context(started(*arguments, shows="Registered to"))[0]

        yield address, node, [node() for _ in range(nodes)]


def children(pid: int) -> list[int]:
    """Processes that `pid` started, and those that these started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *children(child)]
    return found
