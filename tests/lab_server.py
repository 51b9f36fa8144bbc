"""JupyterLab as `trialkit lab` starts it, on a port of its own of this machine, with settings that are nobody's."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START = (
    "import sys; from pathlib import Path; from trialkit.lab import open_lab; open_lab(Path(sys.argv[1]), sys.argv[2:])"
)
PLACES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR",
          "JUPYTERLAB_WORKSPACES_DIR")  # fmt: skip


@contextmanager
def serve_lab(folder: Path, private: Path) -> Iterator[str]:
    """The address of a JupyterLab over the notebooks in `folder`; everything it keeps for itself goes to `private`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
               "--allow-root", "--expose-app-in-browser"]  # fmt: skip
    places = {name: str(private / name.lower()) for name in PLACES}
    log = private / "lab.log"
    with log.open("w") as out:
        command = [sys.executable, "-c", START, str(folder), *options]
        # In a group of its own, so that its kernels end with it.
        server = subprocess.Popen(command, env={**os.environ, **places}, stdout=out, stderr=out, start_new_session=True)
    try:
        deadline = time.monotonic() + 90
        while not _answers(address):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def run_all(driver: Any, seconds: float = 120) -> None:
    """Run every cell of the notebook that is open, once its kernel is there."""
    kernel = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
    wait_for(driver, f"{kernel} === 'idle'", seconds)
    driver.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells'); return true")


def wait_for(driver: Any, expression: str, seconds: float = 60) -> Any:
    """The value of a JavaScript expression as soon as it is one that counts as true."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, seconds, poll_frequency=0.05).until(
        lambda d: d.execute_script(f"return {expression}"), f"not seen: {expression}"
    )


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/api", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False
