"""How long the whole suite of reports takes, beside papermill and nbconvert run one notebook after the other.

    python benchmarks/reports.py [FRAMES]       # without frames: the bundled trials

Wall-clock seconds of one run each, for they start kernels and use every core; the ratio is what travels.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

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


def main(frames: str = "") -> None:
    notebooks = find_notebooks()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        suite, slowest = ours(notebooks, str(Path(frames).absolute()) if frames else "", Path(folder))
        peer = one_by_one(notebooks, str(Path(frames).absolute()) if frames else "", Path(folder))
    allowed = 1.5 * slowest * len(notebooks) / cores
    print(f"{len(notebooks)} notebooks on {cores} cores, {platform.platform()}, Python {platform.python_version()}\n")
    print(f"whole suite, with index                         {suite:7.1f} s")
    print(f"its slowest notebook alone                      {slowest:7.1f} s")
    print(f"1.5 x slowest x notebooks / cores               {allowed:7.1f} s   ({suite / allowed:.2f} of it used)")
    print(f"papermill and nbconvert, one after the other    {peer:7.1f} s   ({peer / suite:.1f} times as long)")


if __name__ == "__main__":
    main(*sys.argv[1:2])
