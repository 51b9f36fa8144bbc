"""JupyterLab, opened on a folder of notebooks."""

import json
import os
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path

# JupyterLab asks at its first start whether it may fetch news. A person's own settings still win over these.
SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
FIRST = "explore.ipynb"  # the notebook to begin with, where the folder has it

# As in trialkit.cli, for the kernels: a module that costs 1.5 s where altair is imported, and is used for nothing here.
# Their warning about a network is about one that stays on this machine.
KERNEL = {
    "argv": [
        sys.executable,
        "-m",
        "ipykernel_launcher",
        "-f",
        "{connection_file}",
        "--IPKernelApp.exec_lines=__import__('sys').modules.setdefault('rfc3987_syntax', None)",
        "--IPKernelApp.log_level=40",
    ],
    "display_name": "Python 3",
    "language": "python",
    "metadata": {"debugger": True},
}


def open_lab(folder: Path, options: Sequence[str] = ()) -> None:
    """Run JupyterLab in `folder` until it is stopped, beginning with `explore.ipynb` where the folder has it.

    `options` go to JupyterLab and win over what is set here. Without a browser on the machine it prints its address only.
    """
    # The manager of extensions would ask PyPI for a list of them; what is installed it shows all the same.
    given = [f"--ServerApp.root_dir={folder}", "--LabApp.extension_manager=readonly"]
    if (folder / FIRST).is_file():
        given.append(f"--LabApp.default_url=/lab/tree/{FIRST}")
    given += options
    try:
        webbrowser.get()
    except webbrowser.Error:
        given.insert(0, "--no-browser")
    with tempfile.TemporaryDirectory(prefix="trialkit-lab-") as private:
        _write(Path(private) / "labconfig" / "default_setting_overrides.json", SETTINGS)
        _write(Path(private) / "kernels" / "python3" / "kernel.json", KERNEL)
        for variable in ("JUPYTER_CONFIG_PATH", "JUPYTER_PATH"):
            os.environ[variable] = os.pathsep.join(filter(None, (private, os.environ.get(variable))))
        from jupyterlab.labapp import main

        main(given)


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content), encoding="utf-8")
