"""How long a command or an import takes to begin, beside Python itself and the library that every frame needs.

    python benchmarks/startup.py

Wall seconds of fresh processes, libraries compiled and in the page cache (everything runs once before the clock does).
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from rows import RUNS, Row, alone, in_turns, median, tell, tell_limit

ONLY_LOAD = "import time, polars, trialkit as tk; b = time.perf_counter(); tk.load(); print(time.perf_counter() - b)"
COMMANDS = {
    "help": ["-m", "trialkit", "--help"],
    "import": ["-c", "import trialkit"],
    "process": ["-c", "import trialkit as tk; tk.load()"],
    "load": ["-c", ONLY_LOAD],
    "python": ["-c", "pass"],
    "polars": ["-c", "import polars"],
}
# Where this is set nothing is compiled ahead, and every start would be that of a first run.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def start(name: str) -> float:
    """Seconds of the whole process; those it tells itself where it prints them."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *COMMANDS[name]], check=True, capture_output=True, text=True, env=ENVIRONMENT
    )
    seconds = time.perf_counter() - began
    return float(done.stdout) if name == "load" else seconds


def rows(quick: bool = False) -> Iterator[Row]:
    steps: dict[str, Callable[[], float]] = {name: lambda name=name: start(name) for name in COMMANDS}
    in_turns(steps, 1)
    taken = in_turns(steps, 1 if quick else RUNS)
    took = {name: median(seconds) for name, seconds in taken.items()}
    for name, figure, peer, allowed in (
        ("help", "start: `trialkit --help`", "python", 0.5),
        ("import", "start: `import trialkit`", "python", 0.5),
        ("load", "start: `tk.load()` of the bundled trials, polars imported", "polars", 0.3),
        ("process", "start: fresh process with `tk.load()`", "polars", None),
    ):
        beside = {"python": "`python -c pass`", "polars": "`import polars` in a fresh process"}[peer]
        limit = tell_limit(took[name], allowed) if allowed else f"`import polars`: {tell(took['polars'], 's')}"
        yield Row(figure, took[name], "s", beside, took[peer], limit, len(taken[name]))


if __name__ == "__main__":
    alone(rows())
