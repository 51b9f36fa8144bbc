"""How long the whole suite of reports takes, beside papermill and nbconvert run one notebook after the other.

    python benchmarks/suite.py [FRAMES]       # without frames: the bundled trials

Wall-clock seconds of one run each, for they start kernels and use every core; the ratio is what travels.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rows import Row, alone, cores, tell_limit

from trialkit.report import render_reports
from trialkit.report_choice import find_notebooks


def ours(notebooks: Sequence[Path], frames: str, out: Path) -> tuple[float, float]:
    """Seconds of the suite, and of its slowest notebook run alone."""
    given = {"frames_dir": frames} if frames else {}
    started = time.monotonic()
    results = render_reports(notebooks, out / "suite", given, progress=False)
    suite = time.monotonic() - started
    slowest = max(results, key=lambda result: result.seconds).notebook
    started = time.monotonic()
    render_reports([slowest], out / "slowest", given, progress=False)
    return suite, time.monotonic() - started


def one_by_one(notebooks: Sequence[Path], frames: str, out: Path) -> float:
    """Seconds of `papermill` and `jupyter nbconvert --to html` for every notebook, as a shell loop would run them."""
    started = time.monotonic()
    for notebook in notebooks:
        run = out / notebook.name
        given = ["-p", "frames_dir", frames] if frames else []
        for command in (
            ["papermill", str(notebook), str(run), *given, "--cwd", str(notebook.parent), "--no-progress-bar"],
            ["nbconvert", "--to", "html", str(run)],
        ):
            subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    return time.monotonic() - started


def rows(quick: bool = False, frames: str = "") -> Iterator[Row]:
    notebooks = find_notebooks()[: 1 if quick else None]
    with tempfile.TemporaryDirectory() as folder:
        suite, slowest = ours(notebooks, frames, Path(folder))
        peer = one_by_one(notebooks, frames, Path(folder))
    n = len(notebooks)
    yield Row(
        f"{n} report{'s' * (n != 1)} with index", suite, "s", "papermill + nbconvert, one by one", peer,
        f"1.5 x slowest ({slowest:.1f} s) x {n} / {cores()} cores, {tell_limit(suite, 1.5 * slowest * n / cores())}",
        1, max(suite, peer), headline="All reports, with index",
    )  # fmt: skip


if __name__ == "__main__":
    alone(rows(frames=str(Path(sys.argv[1]).absolute()) if sys.argv[1:] else ""))
