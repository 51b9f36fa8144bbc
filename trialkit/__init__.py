"""trialkit: registry records of cell-therapy trials as comparable frames in which every value carries its words.

    import trialkit as tk
    frames = tk.load()          # the bundled trials
    frames.trials               # polars; frames.to_pandas() for pandas

Heavy libraries are imported on first use, so that `import trialkit` stays cheap.
"""

from importlib import import_module
from typing import Any

_HOME = {  # public name -> module it lives in
    "Frames": "frames",
    "tabulate_accuracy": "accuracy",
    "build_frames": "assemble",
    "choose": "selection",
    "data_dictionary": "schema",
    "enable_renderer": "report_charts",
    "explore": "explorer",
    "export_frames": "export",
    "fill_from_products": "brands",
    "load": "snapshots",
    "load_frames": "frames",
    "open_notebook": "notebook",
    "open_states": "notebook",
    "publish_headlines": "report_html",
    "say": "tables",
    "table": "tables",
    "tell_accuracy": "accuracy",
}
_MODULES = ("charts", "prose", "summaries")

__all__ = [
    "Frames",
    "build_frames",
    "charts",
    "choose",
    "data_dictionary",
    "enable_renderer",
    "explore",
    "export_frames",
    "fill_from_products",
    "load",
    "load_frames",
    "open_notebook",
    "open_states",
    "prose",
    "publish_headlines",
    "say",
    "summaries",
    "table",
    "tabulate_accuracy",
    "tell_accuracy",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"trialkit.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"trialkit.{name}")
    raise AttributeError(f"module 'trialkit' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
