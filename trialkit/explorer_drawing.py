"""The charts of the explorer: drawn without a network, fed by the filters, heard when they are clicked."""

import gzip
import os
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import altair as alt
import ipywidgets
import platformdirs
import traitlets
import vl_convert


class DrawingScript(ipywidgets.Widget):
    """The script that draws charts without a network, packed by gzip: one for all charts of an explorer.

    Altair gives each chart a copy of its own. A page that is opened again is sent all widgets in one message, and
    JupyterLab gives up on what is not there two seconds later: six copies of a megabyte are too much for a busy machine.
    """

    script = traitlets.Bytes().tag(sync=True)


class OfflineChart(alt.JupyterChart):
    """A chart of altair that takes the script that draws it from a `DrawingScript`."""

    drawing = traitlets.Instance(DrawingScript).tag(sync=True, **ipywidgets.widget_serialization)

    _esm = """
    async function unpack(drawing) {
      const script = new Blob([drawing.get("script")]).stream().pipeThrough(new DecompressionStream("gzip"));
      const url = URL.createObjectURL(new Blob([await new Response(script).blob()], { type: "text/javascript" }));
      try {
        return await import(url);
      } finally {
        URL.revokeObjectURL(url);
      }
    }
    async function render(context) {
      const { model } = context;
      const drawing = await model.widget_manager.get_model(model.get("drawing").replace("IPY_MODEL_", ""));
      drawing.unpacked ??= unpack(drawing);
      return (await drawing.unpacked).default.render(context);
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
        drawing: DrawingScript,
        renderer: str,
        on_pick: Callable[[str], None] | None = None,
        on_brush: Callable[[float, float], None] | None = None,
    ):
        # A brush is told when the hand rests, not at every pixel.
        options = {"renderer": renderer, "actions": False}
        self.widget = OfflineChart(chart, drawing=drawing, debounce_wait=60, max_wait=False, embed_options=options)
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


def load_drawing() -> DrawingScript:
    """The script that altair bundles for charts without a network.

    It takes seconds to make, so it is kept in the user's cache folder under the versions it is made of; where that
    folder cannot be written it is made anew in each kernel.
    """
    made_of = f"{alt.__version__}-{vl_convert.__version__}"
    path = Path(platformdirs.user_cache_dir("trialkit", appauthor=False)) / f"widget-{made_of}.js.gz"
    packed = _read(path)
    if not packed:
        packed = gzip.compress(_bundle().encode(), mtime=0)
        _keep(path, packed)
    return DrawingScript(script=packed)


def _read(path: Path) -> bytes:
    """The script kept there, still packed; nothing where there is none, or a broken one."""
    try:
        packed = path.read_bytes()
        return packed if gzip.decompress(packed) else b""
    except (OSError, EOFError, ValueError, zlib.error):
        return b""


def _bundle() -> str:
    # Altair makes it for all charts of the kernel; those that are not ours stay as they were.
    was_offline = alt.JupyterChart._is_offline
    alt.JupyterChart.enable_offline(True)
    try:
        return str(alt.JupyterChart._esm)
    finally:
        alt.JupyterChart.enable_offline(was_offline)


def _keep(path: Path, content: bytes) -> None:
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
        os.replace(file.name, path)
