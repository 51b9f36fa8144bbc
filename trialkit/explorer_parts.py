"""The parts of the explorer that are no choice: its look, a text to copy, charts that draw without a network."""

import gzip
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import altair as alt
import anywidget
import ipywidgets
import platformdirs
import traitlets
import vl_convert

STYLE = """<style>
.tk-explorer {gap: 10px}
.tk-explorer .tk-filter {flex-direction: column; align-items: stretch; align-self: start; width: auto; height: auto; margin: 0}
.tk-explorer .tk-filter > label {width: auto; height: auto; text-align: left; font-weight: 600; line-height: 1.5}
.tk-explorer .tk-filter > select, .tk-explorer .tk-filter > input {flex: none; width: 100%; box-sizing: border-box}
.tk-explorer .tk-wide {grid-column: span 2}
.tk-explorer .widget-html-content {line-height: 1.45}
.tk-explorer .tk-count {font-size: 1.25em; font-weight: 600; margin: 0}
.tk-explorer .tk-note {color: var(--jp-ui-font-color2, #57606a); margin: 0; overflow-wrap: break-word}
.tk-explorer .tk-chart {max-width: 100%; overflow-x: auto; background: #fff; border-radius: 4px; padding: 4px}
.tk-explorer .tk-chart .tk-note {max-width: 430px; color: #57606a; font-size: 12px}
.tk-explorer table {border-collapse: collapse; font-size: 13px; margin-bottom: 10px}
.tk-explorer caption {text-align: left; font-weight: 600; padding: 2px 0 6px}
.tk-explorer th, .tk-explorer td {padding: 3px 12px 3px 0; border-bottom: 1px solid var(--jp-border-color2, #d8dee4);
  text-align: left; vertical-align: top; font-weight: normal; white-space: normal; overflow-wrap: break-word}
.tk-explorer thead th {font-weight: 600}
.tk-explorer th[scope=row] {white-space: nowrap}
.tk-explorer td.tk-number {text-align: right}
.tk-explorer .tk-missing {color: var(--jp-ui-font-color2, #57606a)}
.tk-explorer .tk-scroll {max-height: 460px; overflow: auto}
.tk-explorer :is(select, input, button, a, .tk-scroll):focus-visible {outline: 2px solid #0072b2; outline-offset: -1px}
.tk-copy {display: flex; gap: 8px; align-items: baseline; flex-wrap: wrap}
.tk-copy code {user-select: all; overflow-wrap: anywhere; background: var(--jp-layout-color2, #f0f2f4); padding: 2px 6px}
</style>"""


class CopyText(anywidget.AnyWidget):
    """A text with a button that puts it on the clipboard; where the browser refuses, the text is selected instead."""

    text = traitlets.Unicode("").tag(sync=True)
    label = traitlets.Unicode("Copy").tag(sync=True)

    _esm = """
    function render({ model, el }) {
      const [code, button, told] = ["code", "button", "span"].map((name) => document.createElement(name));
      el.classList.add("tk-copy");
      button.className = "jupyter-button widget-button";
      button.style.width = "auto";
      button.textContent = model.get("label");
      told.setAttribute("role", "status");
      const show = () => { code.textContent = model.get("text"); told.textContent = ""; };
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(model.get("text"));
          told.textContent = "copied";
        } catch {
          getSelection().selectAllChildren(code);
          told.textContent = "selected: press Ctrl+C";
        }
      });
      model.on("change:text", show);
      show();
      el.append(code, button, told);
      return () => model.off("change:text", show);
    }
    export default { render };
    """


class FedChart:
    """A chart that is drawn once and then fed through its parameter `state`.

    `on_pick(field value)` is called for a mark that was clicked, `on_brush(low, high)` for a range drawn by hand.
    """

    def __init__(
        self,
        chart: alt.LayerChart,
        renderer: str,
        on_pick: Callable[[str], None] | None = None,
        on_brush: Callable[[float, float], None] | None = None,
    ):
        # A brush is told when the hand rests, not at every pixel.
        self.widget = alt.JupyterChart(
            chart, debounce_wait=60, max_wait=False, embed_options={"renderer": renderer, "actions": False}
        )
        self._state: dict[str, Any] = dict(self.widget.params.state)
        self._on_pick, self._on_brush = on_pick, on_brush
        self.widget.selections.observe(self._picked, names="pick")
        if on_brush:
            self.widget.selections.observe(self._brushed, names="brush")
        self.widget.params.observe(self._redrawn)  # of all names: so it comes after the observer of altair, not before
        self.caption = ipywidgets.HTML()
        self.box = ipywidgets.VBox([self.widget, self.caption]).add_class("tk-chart")

    def feed(self, **state: Any) -> None:
        """Draw this state; what is not named stays, and nothing is sent when all does."""
        if any(self._state[name] != value for name, value in state.items()):
            self._state = {**self._state, **state, "serial": self._state["serial"] + 1}
            self.widget.params.state = self._state

    def _redrawn(self, change: dict[str, Any]) -> None:
        # A page that is opened again draws the chart as it was made, and tells so: give it the state of now.
        if change["name"] == "state" and change["new"].get("serial") == 0 and self._state["serial"]:
            self.widget.params.state = self._state

    def _picked(self, change: dict[str, Any]) -> None:
        # Only clicks on what is shown now: a chart drawn anew has an old click, or none.
        for mark in change["new"].value[-1:]:
            if self._on_pick and mark.get("serial") == self._state["serial"]:
                self._on_pick(next(value for field, value in mark.items() if field != "serial"))

    def _brushed(self, change: dict[str, Any]) -> None:
        # An empty brush asks for nothing: the range has controls of its own.
        for ends in change["new"].value.values():
            if self._on_brush and len(ends) == 2:
                self._on_brush(*sorted(ends))


def draw_offline() -> None:
    """Let charts in JupyterLab draw without a network.

    The script that altair bundles for this takes seconds to make, so it is kept in the user's cache folder under the
    versions it is made of; where that folder cannot be written it is made anew in each kernel.
    """
    made_of = f"{alt.__version__}-{vl_convert.__version__}"
    path = Path(platformdirs.user_cache_dir("trialkit", appauthor=False)) / f"widget-{made_of}.js.gz"
    try:
        # What enable_offline sets, without the wait
        alt.JupyterChart._esm = gzip.decompress(path.read_bytes()).decode()
        alt.JupyterChart._is_offline = True
    except (OSError, EOFError, ValueError):
        alt.JupyterChart.enable_offline(True)
        _keep(path, gzip.compress(alt.JupyterChart._esm.encode(), mtime=0))


def _keep(path: Path, content: bytes) -> None:
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
        os.replace(file.name, path)
