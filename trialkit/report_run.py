"""One notebook run by papermill in a fresh kernel of this interpreter, wherever and however Jupyter is installed."""

import copy
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill import execute_notebook
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import ERROR_MARKER_TAG

# rfc3987_syntax: see report.load_jsonschema. __import__ so that no `sys` is left behind in the notebook's namespace.
KERNEL_ARGUMENTS = (
    "--IPKernelApp.exec_lines=__import__('sys').modules.setdefault('rfc3987_syntax', None)",
    "--IPKernelApp.log_level=40",
    "--HistoryManager.enabled=False",
)


@dataclass(frozen=True)
class Failure:
    """Why a notebook stopped: in words, and in which cell (index into the executed notebook; None: no cell's fault)."""

    reason: str
    cell: int | None


def run_notebook(
    notebook: Mapping[str, Any],
    parameters: Mapping[str, object],
    folder: Path,
    on_cell: Callable[[], None] = lambda: None,
    kernels: set[Any] | None = None,
) -> tuple[Any, Failure | None]:
    """The notebook as it stands after running with `parameters`, and the Failure if it did not reach its end.

    The kernel works in `folder`, as in JupyterLab. `on_cell` is called after each cell, `kernels` holds the kernel
    manager while it lives (for stop_kernels). Never raises for what the notebook does.
    """
    run = _Run(on_cell, kernels if kernels is not None else set())
    nb = copy.deepcopy(notebook)
    failure = None
    try:
        execute_notebook(
            nb,
            None,
            dict(parameters),
            engine_name="trialkit",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            folder=str(folder),
            run=run,
        )
    except PapermillExecutionError as error:
        failure = Failure(f"{error.ename}: {error.evalue}".strip(": "), None)
    except (DeadKernelError, CellTimeoutError, RuntimeError, OSError) as error:
        failure = Failure(f"The kernel stopped: {str(error) or type(error).__name__}{run.last_words}", run.last_cell)
    executed = run.notebook if run.notebook is not None else nb
    # papermill's own red markers; the report says it better
    executed["cells"] = [cell for cell in executed["cells"] if ERROR_MARKER_TAG not in cell["metadata"].get("tags", [])]
    if failure and failure.cell is None:
        failure = Failure(failure.reason, _failing_cell(executed))
    return executed, failure


def stop_kernels(kernels: set[Any]) -> None:
    """End kernels that still run, from any thread; the runs that wait for them then report a stopped kernel."""
    for manager in list(kernels):
        process = getattr(manager.provisioner, "process", None)
        if process is not None and process.poll() is None:
            process.kill()


class _Run:
    def __init__(self, on_cell: Callable[[], None], kernels: set[Any]) -> None:
        self.on_cell, self.kernels = on_cell, kernels
        self.notebook: Any = None
        self.last_words = ""
        self.last_cell: int | None = None


class _Engine(NBClientEngine):
    """papermill's own engine, with our kernel, our progress, and the notebook handed back when it fails."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, run: _Run, folder: str, start_timeout: int = 60, **kwargs: Any
    ) -> None:
        run.notebook = nb_man.nb
        complete = nb_man.cell_complete

        def cell_complete(cell: Any, *args: Any, **kwargs: Any) -> None:
            complete(cell, *args, **kwargs)
            run.last_cell = kwargs.get("cell_index")
            if cell.cell_type == "code":
                run.on_cell()

        nb_man.cell_complete = cell_complete
        # One private folder for everything the kernel would otherwise put in the home folder, or read from there.
        with tempfile.TemporaryDirectory(prefix="trialkit-kernel-", ignore_cleanup_errors=True) as private:
            manager = _kernel_manager(private)
            run.kernels.add(manager)
            words = Path(private) / "kernel.txt"
            try:
                with words.open("wb") as output:
                    PapermillNotebookClient(
                        nb_man,
                        km=manager,
                        log=logging.getLogger("trialkit.kernel"),
                        startup_timeout=start_timeout,
                        iopub_timeout=60,  # the default of 4 s fails a cell whose output is late on a busy machine
                        extra_arguments=list(KERNEL_ARGUMENTS),
                        resources={"metadata": {"path": folder}},
                        shutdown_kernel="immediate",
                    ).execute(
                        cleanup_kc=True,
                        stdout=output,
                        stderr=output,
                        env={
                            **os.environ,
                            "IPYTHONDIR": private,
                            "JUPYTER_RUNTIME_DIR": private,
                            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
                        },
                    )
            finally:
                run.kernels.discard(manager)
                run.last_words = _last_words(words)


def _kernel_manager(folder: str) -> AsyncKernelManager:
    # With no folder to search there is one kernel left: ipykernel of this very interpreter. A kernel named python3
    # that some other installation left in the home folder would otherwise win.
    specs = KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)
    return AsyncKernelManager(
        kernel_name="python3", kernel_spec_manager=specs, connection_file=str(Path(folder) / "kernel.json")
    )


def _last_words(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return "\n" + "\n".join(lines[-5:]) if lines else ""


def _failing_cell(notebook: Mapping[str, Any]) -> int | None:
    failed = (
        index
        for index, cell in enumerate(notebook["cells"])
        if any(output["output_type"] == "error" for output in cell.get("outputs", []))
    )
    return next(failed, None)


papermill_engines.register("trialkit", _Engine)
# "Passed unknown parameter" and the like: report_parameters has already checked what papermill would guess at.
logging.getLogger("papermill").setLevel(logging.ERROR)
logging.getLogger("trialkit.kernel").addHandler(logging.NullHandler())
logging.getLogger("trialkit.kernel").propagate = False
