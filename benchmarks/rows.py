"""What the benchmarks hand over: rows of one table, and the ways to take and print them."""

import os
import platform
import statistics
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

RUNS = 5
LONG, VERY_LONG = 10, 60  # seconds; of longer runs three are taken, or one
LESS_IS_BETTER = ("s", "MB", "x")
MARKS = "<!-- speed: written by `python benchmarks --update` -->", "<!-- end of speed -->"
LIBRARIES = (
    "trialkit", "ahocorasick-rs", "deflate", "msgspec", "polars", "nbconvert", "papermill", "orjson", "distributed",
    "google-re2", "hyperscan", "spacy", "medspacy", "quantulum3",
)  # fmt: skip


class Row(NamedTuple):
    """One figure of ours beside one of a peer. Without `theirs` the `note` says why there is none."""

    figure: str
    ours: float | str
    unit: str = ""  # s, MB, x (how many times as long): less is better; records/s: more is
    peer: str = ""
    theirs: float | None = None
    limit: str = ""  # what nothing of this kind can beat, or what it may take at most
    runs: int = 0
    seconds: float = 0  # of one run, told where there were fewer than RUNS
    note: str = ""
    headline: str = ""  # its name among the headlines of the README; empty: none of them

    @property
    def ratio(self) -> float | None:
        """How many times better ours is: faster, or smaller."""
        if self.theirs is None or isinstance(self.ours, str) or not self.ours or not self.theirs:
            return None
        return self.theirs / self.ours if self.unit in LESS_IS_BETTER else self.ours / self.theirs

    def cells(self) -> tuple[str, ...]:
        beside = " ".join(filter(None, (self.peer and f"{self.peer}:", tell(self.theirs, self.unit), self.note)))
        few = (
            f"{self.runs} (one takes {self.seconds:.0f} s)"
            if self.runs < RUNS and self.seconds > LONG
            else str(self.runs or "")
        )
        return self.figure, tell(self.ours, self.unit), beside, tell_ratio(self.ratio), self.limit, few


HEAD = ("figure", "ours", "peer", "ratio", "limit", "runs")


def tell(value: float | str | None, unit: str = "") -> str:
    """`12,300 records/s`, `0.41 s`: three digits that count, no more."""
    if value is None or isinstance(value, str):
        return value or ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def tell_ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:,.0f}" if ratio >= 20 else f"{ratio:.1f}" if ratio >= 2 else f"{ratio:.2f}"


def tell_limit(seconds: float, allowed: float) -> str:
    return f"at most {tell(allowed, 's')}: {'kept' if seconds <= allowed else 'NOT KEPT'}"


def wanted(first: float, runs: int = RUNS) -> int:
    """How many runs are taken where the first took so many seconds."""
    return min(runs, RUNS if first < LONG else 3 if first < VERY_LONG else 1)


def in_turns(steps: Mapping[str, Callable[[], float]], runs: int = RUNS) -> dict[str, list[float]]:
    """Every step's seconds. The steps take turns, so that other work on the machine falls on all of them alike."""
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for n in range(runs):
        for name, step in steps.items():
            if not n or n < wanted(taken[name][0], runs):
                taken[name].append(step())
    return taken


def median(values: Iterable[float]) -> float:
    return max(statistics.median(values), 1e-9)


def installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def table(rows: Iterable[Row]) -> str:
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEAD))]
    rule = "-|-".join("-" * width for width in widths)
    told = [
        " | ".join(
            f"{cell:>{width}}" if n in (1, 3) else f"{cell:<{width}}"
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([told[0], rule, *told[1:]])


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load() -> str:
    return ", ".join(f"{x:.1f}" for x in os.getloadavg()) if hasattr(os, "getloadavg") else "not told"


def machine(load_before: str) -> str:
    """What the figures were taken on: processor, load before and after, Python, libraries."""
    told = Path("/proc/cpuinfo")
    names = (
        [s.split(":")[1].strip() for s in told.read_text().splitlines() if "model name" in s] if told.exists() else []
    )
    name = names[0] if names else platform.processor() or platform.machine()
    return "\n".join(
        [
            f"{platform.platform()}, {cores()} cores, {name}",
            f"load average (1, 5, 15 minutes) before: {load_before}; after: {load()}",
            f"Python {platform.python_version()}; "
            + ", ".join(f"{library} {installed(library) or 'not installed'}" for library in LIBRARIES),
        ]
    )


def alone(rows: Iterable[Row]) -> None:
    """What a script of the benchmarks prints when it runs by itself."""
    before = load()
    print(f"{table(rows)}\n\n{machine(before)}")


# The headlines of the README


def headlines(rows: Iterable[Row]) -> str:
    """Ratios and one absolute figure each as a Markdown table; a row without a figure is left out."""
    chosen = [row for row in rows if row.headline and row.ratio]
    lines = [f"| {r.headline} | {tell(r.ours, r.unit)} | {r.peer} | {tell_ratio(r.ratio)} × |" for r in chosen]
    return "\n".join(
        [
            "| what | trialkit | beside | times as fast |",
            "|---|---|---|---|",
            *lines,
            "",
            f"One run of `make bench` on {cores()} cores, Python {'.'.join(platform.python_version_tuple()[:2])}, medians of "
            f"{RUNS} where a run takes less than {LONG} s. Ratios travel between machines, seconds do not.",
        ]
    )


def split_at_marks(path: Path) -> tuple[str, str]:
    """What stands before and behind the headlines. Raises ValueError when the file does not hold both MARKS."""
    text = path.read_text(encoding="utf-8")
    start, end = (text.find(mark) for mark in MARKS)
    if start < 0 or end < start:
        raise ValueError(f"{path} holds no headlines to rewrite; expected the lines {MARKS[0]!r} and {MARKS[1]!r}")
    return text[: start + len(MARKS[0])], text[end:]


def update(path: Path, rows: Iterable[Row]) -> None:
    before, behind = split_at_marks(path)
    path.write_text(f"{before}\n\n{headlines(rows)}\n\n{behind}", encoding="utf-8")
