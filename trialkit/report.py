"""Notebooks and parameters in, one self-contained HTML file each and an index page out."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialkit.report_charts import chart_script, enable_renderer
from trialkit.report_html import publish_facts, publish_headlines, render_page
from trialkit.report_index import link_reports, read_cards, render_index
from trialkit.report_parameters import Parameter, ReportError, check_parameters, parse_parameters, read_parameters
from trialkit.storage import held, write_whole

__all__ = [
    "Parameter",
    "ReportError",
    "ReportResult",
    "enable_renderer",
    "list_parameters",
    "parse_parameters",
    "publish_facts",
    "publish_headlines",
    "render_reports",
]


@dataclass(frozen=True)
class ReportResult:
    """One notebook's report: where it is, and why the notebook failed (None: it reached its end)."""

    notebook: Path
    html: Path
    title: str
    failure: str | None
    seconds: float
    charts: int
    executed: Path | None

    @property
    def ok(self) -> bool:
        """Whether the notebook ran to its end."""
        return self.failure is None


def list_parameters(notebooks: Sequence[Path]) -> dict[str, list[Parameter]]:
    """Notebook file name -> the parameters it declares. Raises ReportError for a notebook that cannot take any."""
    return {path.name: read_parameters(_read(path), path.name) for path in notebooks}


def render_reports(
    notebooks: Sequence[Path],
    out: Path,
    parameters: Mapping[str, object] | None = None,
    *,
    workers: int | None = None,
    progress: bool = True,
    keep_notebooks: bool = False,
    title: str = "Reports",
) -> list[ReportResult]:
    """Run notebooks, write one HTML file each and `index.html` into `out`; results in the order given.

    Parameters are checked for all notebooks before any runs: an unknown name or a value of the wrong type raises
    ReportError. A notebook that fails still gets its report, marked as incomplete; see ReportResult.failure. One that
    could not begin, which is the machine's fault and not its own, leaves an earlier report as it is. Executed
    notebooks are kept beside the HTML as `<name>.executed.ipynb` on failure or with `keep_notebooks`.
    `workers` kernels run at a time (default: one for each core). `progress` goes to stderr. Raises FolderBusyError when
    another program writes reports into `out`.
    """
    notebooks = [Path(path) for path in notebooks]
    _check_names(notebooks)
    contents = {path.name: _read(path) for path in notebooks}
    declared = {name: read_parameters(notebook, name) for name, notebook in contents.items()}
    values = check_parameters(declared, parameters or {})
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)

    # Built or read while the first kernels start.
    threading.Thread(target=chart_script, daemon=True).start()
    from trialkit.report_run import run_notebook, stop_kernels

    kernels: set[Any] = set()
    stopped = threading.Event()

    def render(path: Path, on_cell: Callable[[], None]) -> ReportResult:
        started = time.monotonic()
        given = values[path.name]
        executed, failure = run_notebook(contents[path.name], given, path.resolve().parent, on_cell, kernels)
        if stopped.is_set():  # its kernel was taken away: an earlier report must not be replaced by half of one
            raise ReportError(f"{path.name}: stopped before its end.")
        used = [(parameter, given.get(parameter.name, parameter.default)) for parameter in declared[path.name]]
        reason, cell = (failure.reason, failure.cell) if failure else (None, None)
        try:
            html, page = render_page(executed, path.stem, used, reason, cell)
        except Exception as error:  # an output no page can be made of must not cost the other reports
            reason = f"The notebook ran, but its outputs cannot be shown: {type(error).__name__}: {error}"
            html, page = render_page(_without_outputs(executed), path.stem, used, reason)
        target, kept = out / f"{path.stem}.html", out / f"{path.stem}.executed.ipynb"
        if failure and failure.cell is None and target.exists():
            told = f"{failure.reason}\nNo cell was run: the earlier report stays."
            return ReportResult(path, target, page.title, told, time.monotonic() - started, 0, None)
        write_whole(target, html)
        if keep_notebooks or reason:
            import nbformat

            write_whole(kept, nbformat.writes(executed))
        else:
            kept.unlink(missing_ok=True)  # of an earlier failure
        return ReportResult(
            notebook=path,
            html=target,
            title=page.title,
            failure=page.failure,
            seconds=time.monotonic() - started,
            charts=len(page.charts),
            executed=kept if keep_notebooks or reason else None,
        )

    cells = sum(cell["cell_type"] == "code" for notebook in contents.values() for cell in notebook["cells"])
    cells += sum(bool(given) for given in values.values())  # papermill adds a cell that sets them
    pool = ThreadPoolExecutor(max_workers=workers or min(_cores(), max(len(notebooks), 1)))
    results: dict[Path, ReportResult] = {}
    futures: list[Future[ReportResult]] = []
    with held(out / ".lock", out, by="report"):
        try:
            with _shown_progress(len(notebooks), cells, progress) as (advance, say):
                for path in notebooks:
                    futures.append(pool.submit(render, path, advance))
                waiting = set(futures)
                while waiting:  # short waits: after polars has set its own handler, Ctrl-C does not end a long one
                    ended, waiting = wait(waiting, timeout=0.3, return_when=FIRST_COMPLETED)
                    for result in (future.result() for future in ended):
                        results[result.notebook] = result
                        say(result)
        except BaseException:  # also Ctrl-C: leave no kernel behind, and do not wait for notebooks that nobody wants
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            while any(future.running() for future in futures):  # again and again: a kernel may just be starting
                stop_kernels(kernels)
                time.sleep(0.1)
            raise
        pool.shutdown()
        link_reports(out)
        write_whole(out / "index.html", render_index(read_cards(out), title))
    return [results[path] for path in notebooks]


def _check_names(notebooks: Sequence[Path]) -> None:
    if not notebooks:
        raise ReportError("no notebooks given: name at least one .ipynb file.")
    stems = [path.stem for path in notebooks]
    for path in notebooks:
        if stems.count(path.stem) > 1:
            raise ReportError(f"two notebooks are called {path.name!r}: each would write {path.stem}.html. Rename one.")
        if path.stem == "index":
            raise ReportError(f"{path}: its report would replace the index page, index.html. Rename the notebook.")


def load_jsonschema() -> None:
    """Load jsonschema, which all of Jupyter needs, without the 1.5 s that one of its optional parts takes.

    That part, rfc3987_syntax, builds 35 grammars to check a format no notebook uses; jsonschema does without it.
    """
    if "jsonschema" not in sys.modules and "rfc3987_syntax" not in sys.modules:
        sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
        try:
            import jsonschema  # noqa: F401
        finally:
            del sys.modules["rfc3987_syntax"]


def _read(path: Path) -> Any:
    load_jsonschema()
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise ReportError(f"{path}: no such notebook.") from None
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path}: not a notebook ({type(error).__name__}). Expected a .ipynb file.") from None
    kernel = notebook.metadata.get("kernelspec", {})
    if not kernel.get("name"):
        raise ReportError(
            f"{path.name}: it names no kernel (metadata.kernelspec is missing). "
            "Open it in JupyterLab, choose the kernel 'Python 3' and save."
        )
    if kernel.get("language", "python") != "python":
        raise ReportError(f"{path.name}: its kernel {kernel['name']!r} is {kernel['language']}; only Python runs here.")
    return notebook


def _without_outputs(notebook: Any) -> Any:
    cells = [{**cell, "outputs": []} if cell["cell_type"] == "code" else cell for cell in notebook["cells"]]
    return type(notebook)({**notebook, "cells": [type(notebook)(cell) for cell in cells]})


def _cores() -> int:
    # A container or a batch system may grant fewer cores than the machine has.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _shown_progress(
    notebooks: int, cells: int, show: bool
) -> Iterator[tuple[Callable[[], None], Callable[[ReportResult], None]]]:
    """What to call after each cell and after each report; a live bar on a terminal, plain lines elsewhere."""
    if not show:
        yield (lambda: None), (lambda result: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    console = Console(stderr=True)

    def say(result: ReportResult) -> None:
        first_line = (result.failure or "").partition("\n")[0]
        size = f"{result.html.stat().st_size / 1000:.0f} kB"
        line = Text(
            f"{'done  ' if result.ok else 'FAILED'} {result.html.name}  {size}  {result.seconds:.1f} s",
            style="" if result.ok else "bold red",
        )
        if first_line:
            line.append(f"  {first_line}", style="red")
        console.print(line, soft_wrap=True)

    if not console.is_terminal:
        yield (lambda: None), say
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("cells"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(f"Running {notebooks} notebook{'' if notebooks == 1 else 's'}", total=cells)
        yield (lambda: bar.advance(task)), say
