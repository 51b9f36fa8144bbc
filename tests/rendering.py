"""All reports of the bundled trials with the index and a page for every trial, rendered once for all workers of a test run."""

import os
import pickle
import time
from pathlib import Path

from trialkit.report import ReportResult, render_reports

# Pages beside the reports; of the profiles the one that says least and the one that says most.
OTHERS = ["index", "trials/index", "trials/shortest", "trials/longest"]
NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.ipynb"))
LONGEST = 900  # seconds that a worker waits for another one's reports


def render_once(base: Path, frames) -> dict[Path, ReportResult]:
    """Notebook -> its report. `base` is pytest's temporary folder; the worker that comes first renders, the others wait."""
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / "rendered", shared / "rendered.pickle"
    try:
        folder.mkdir()
    except FileExistsError:
        end = time.monotonic() + LONGEST
        while not done.exists():
            assert time.monotonic() < end, f"no reports in {folder} after {LONGEST} s: the worker that renders stopped"
            time.sleep(0.2)
        reports = pickle.loads(done.read_bytes())
        assert reports, f"the reports in {folder} could not be rendered: see the first failure"
        return reports
    from trialkit.report_trials import render_trials

    reports = {}
    try:
        render_trials(frames, folder / "trials")
        reports = {result.notebook: result for result in render_reports(NOTEBOOKS, folder, progress=False)}
    finally:  # also a failure is told to those who wait
        partial = done.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(reports))
        partial.rename(done)
    return reports


def find_page(reports: dict[Path, ReportResult], name: str) -> Path:
    """The file of a report, named as its notebook, or of one of OTHERS."""
    folder = next(iter(reports.values())).html.parent
    trials = sorted((folder / "trials").glob("[!i]*.html"), key=lambda path: (path.stat().st_size, path.name))
    special = {"trials/shortest": trials[0], "trials/longest": trials[-1]}
    return special.get(name, folder / f"{name}.html")
