"""JupyterLab, opened on a folder of notebooks."""

import json
import os
import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path

# JupyterLab asks at its first start whether it may fetch news. A person's own settings still win over these.
SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def open_lab(folder: Path, options: Sequence[str] = ()) -> None:
    """Run JupyterLab in `folder` until it is stopped; without a browser on the machine it prints its address only."""
    given = [f"--ServerApp.root_dir={folder}", *options]
    try:
        webbrowser.get()
    except webbrowser.Error:
        given.insert(0, "--no-browser")
    with tempfile.TemporaryDirectory(prefix="trialkit-lab-") as private:
        defaults = Path(private) / "labconfig" / "default_setting_overrides.json"
        defaults.parent.mkdir()
        defaults.write_text(json.dumps(SETTINGS), encoding="utf-8")
        paths = (private, os.environ.get("JUPYTER_CONFIG_PATH"))
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
        from jupyterlab.labapp import main

        main(given)
