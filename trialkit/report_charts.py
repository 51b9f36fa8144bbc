"""Charts inside a report: the renderer of notebooks, the script that draws offline, their data and still images."""

import base64
import functools
import gzip
import hashlib
import html
import os
import re
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from trialkit.report_harmless import make_harmless

# JupyterLab 4 draws this key by itself and offline, nbformat accepts it (altair's own "….v6.json" it refuses),
# and the Vega-Lite 6 of the report reads the same specification.
CHART_MIME = "application/vnd.vegalite.v5+json"
CHART_MIMES = (CHART_MIME, "application/vnd.vegalite.v6+json")

TABLE_ROWS = 400  # a longer table is a download, not reading
SVG_BYTES = 40_000  # above this the still image is a JPEG: a thousand marks are 200 kB of SVG and 60 kB of pixels
STILL_BYTES = 120_000
CONTAINER_WIDTH = 720  # the width a still image gets when the chart takes the width of the page


_building = threading.Lock()

LICENCE = (
    "Vega, Vega-Lite, Vega-Embed and vega-interpreter: Copyright (c) University of Washington Interactive Data Lab "
    "and contributors, BSD 3-Clause License, https://github.com/vega/vega/blob/main/LICENSE"
)


@dataclass
class Chart:
    """One chart of a report; `spec` names its datasets by content, `still` is a data: address or None.

    `leading` charts stand in cells tagged `thumbnail`: the one that speaks for the report on the index.
    """

    number: int
    description: str
    spec: dict[str, Any]
    datasets: list[str]
    still: str | None = None
    leading: bool = False
    thumbnail: str | None = None
    tables: list[dict[str, Any]] = field(default_factory=list)

    @property
    def spec_json(self) -> str:
        """The specification as JSON that no text in it can end early inside a script element."""
        return encode_json(self.spec)


def enable_renderer() -> None:
    """Make altair charts show in JupyterLab, survive papermill and appear in reports, all without a network."""
    import altair as alt

    def render(spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
        # NaN becomes null; Jupyter would send the text "nan"
        spec = make_harmless(msgspec.json.decode(msgspec.json.encode(spec)))
        return {CHART_MIME: spec, "text/plain": spec.get("description") or "Chart without a description"}

    alt.renderers.register("trialkit", render)
    alt.renderers.enable("trialkit")


def encode_json(value: object) -> str:
    """JSON that is safe inside <script>: no `<`, and null for NaN and infinity, which browsers cannot read."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


def pack(text: str) -> str:
    """Text as base64 of gzip, the same for the same text on every day and machine."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def chart_script() -> tuple[str, str]:
    """The Vega script for a page: packed, and the hash by which the page allows it to run.

    Building it takes seconds, so it is kept in the user's cache folder under the version of vl-convert. Where that
    folder cannot be written it is built anew in each process: a shared temporary folder would let others plant code.
    """
    with _building:  # reports of several notebooks ask at the same moment
        return _chart_script()


@functools.cache
def _chart_script() -> tuple[str, str]:
    import platformdirs
    import vl_convert

    path = Path(platformdirs.user_cache_dir("trialkit", appauthor=False)) / f"vega-{vl_convert.__version__}.js.gz"
    try:
        script = gzip.decompress(path.read_bytes()).decode()
    except (OSError, EOFError, ValueError):
        # Top-level names of the bundle would become globals of the page: the function keeps them in.
        script = f'/*! {LICENCE} */\n(()=>{{"use strict";{vl_convert.javascript_bundle()}\n}})();'
        _write_if_possible(path, gzip.compress(script.encode(), 9, mtime=0))
    return pack(script), content_hash(script)


def content_hash(script: str) -> str:
    """The source expression that lets a Content-Security-Policy run exactly this script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def take_charts(notebook: Mapping[str, Any]) -> tuple[list[Chart], dict[str, Any]]:
    """Charts of an executed notebook in order, and their datasets by content name, each kept once.

    Leaves the chart in the output under the key `chart`, where the template finds it.
    """
    charts: list[Chart] = []
    datasets: dict[str, Any] = {}
    shown: dict[str, int] = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            mime = next((mime for mime in CHART_MIMES if mime in output.get("data", {})), None)
            if mime is None:
                continue
            spec = make_harmless(msgspec.to_builtins(output["data"][mime]))
            names = _take_datasets(spec, datasets)
            description = str(spec.get("description") or _title(spec) or "Chart without a description")
            leading = "thumbnail" in cell.get("metadata", {}).get("tags", [])
            chart = Chart(len(charts) + 1, description, spec, names, leading=leading)
            titles = _titles(spec)
            for name in names:
                first = shown.setdefault(name, chart.number)
                chart.tables.append(_table(name, datasets[name], titles, first if first != chart.number else None))
            output["chart"] = chart
            charts.append(chart)
    return charts, datasets


def add_stills(charts: list[Chart], datasets: Mapping[str, Any], budget: int = 600_000) -> None:
    """Give charts the image that shows before the script runs, without scripts, and when drawing fails.

    A chart whose image is too large, or that vl-convert cannot draw, gets none; nor do charts beyond `budget` bytes.
    Leading charts come first and may be twice as large.
    """
    for chart in sorted(charts, key=lambda chart: not chart.leading):
        svg = _draw({**chart.spec, "datasets": {name: datasets[name] for name in chart.datasets}})
        if svg is None:
            continue
        still = _encode(svg)
        if still and len(still) <= min(STILL_BYTES * (1 + chart.leading), budget):
            chart.still = still
            budget -= len(still)
        if chart.leading:
            chart.thumbnail = _encode(crop_top(svg))


def crop_top(svg: str, shape: float = 0.5) -> str:
    """The upper part of a drawing, `shape` times as high as wide: a card of the index shows no more."""
    size = re.search(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)" viewBox="[^"]*"', svg)
    if not size or float(size[2]) <= float(size[1]) * shape:
        return svg
    width, height = float(size[1]), float(size[1]) * shape
    head = re.sub(
        r'height="[\d.]+" viewBox="[^"]*"', f'height="{height:g}" viewBox="0 0 {width:g} {height:g}"', size[0]
    )
    return svg.replace(size[0], head, 1)


def _draw(spec: dict[str, Any]) -> str | None:
    import vl_convert

    spec["background"] = "white"
    if spec.get("width") == "container":
        spec["width"] = CONTAINER_WIDTH
    try:
        # No address is allowed: a chart fetches nothing while a report is made.
        svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    except (ValueError, OSError, RuntimeError):
        return None
    return re.sub(r' (?:aria-\w+|role)="[^"]*"', "", svg)  # inside an image, only the page's alt text is read out


def _encode(svg: str) -> str | None:
    import vl_convert

    if len(svg) <= SVG_BYTES:
        return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    try:
        return "data:image/jpeg;base64," + base64.b64encode(vl_convert.svg_to_jpeg(svg, scale=1, quality=75)).decode()
    except (ValueError, OSError, RuntimeError):
        return None


def _take_datasets(spec: dict[str, Any], datasets: dict[str, Any]) -> list[str]:
    """Move the data of a specification to `datasets`, under names made of the content; returns the names used."""
    own = spec.pop("datasets", {})
    used: list[str] = []

    def keep(values: Any) -> str:
        name = "data-" + hashlib.sha256(msgspec.json.encode(values)).hexdigest()[:16]
        datasets.setdefault(name, values)
        if name not in used:
            used.append(name)
        return name

    def walk(node: Any) -> None:
        for value in node.values() if isinstance(node, dict) else node:
            if isinstance(value, dict | list):
                walk(value)
        data = node.get("data") if isinstance(node, dict) else None
        if isinstance(data, dict):
            if data.get("name") in own:
                data["name"] = keep(own[data["name"]])
            elif isinstance(data.get("values"), list) and "name" not in data:
                data["name"] = keep(data.pop("values"))

    walk(spec)
    return used


def _titles(node: Any) -> dict[str, str]:
    """Field -> the title a reader sees on the axis, legend or tooltip."""
    found: dict[str, str] = {}
    if isinstance(node, list):
        for item in node:
            found = {**_titles(item), **found}
    elif isinstance(node, dict):
        if isinstance(node.get("field"), str) and isinstance(node.get("title"), str) and "aggregate" not in node:
            found[node["field"]] = node["title"]
        for key, value in node.items():
            if key != "data":
                found = {**_titles(value), **found}
    return found


def _title(spec: Mapping[str, Any]) -> str:
    title = spec.get("title")
    text = title.get("text") if isinstance(title, dict) else title
    return " ".join(text) if isinstance(text, list) else str(text or "")


def _table(name: str, rows: Any, titles: Mapping[str, str], shown_in: int | None) -> dict[str, Any]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return {"name": name, "rows": None, "count": 0, "shown_in": shown_in}
    columns = list(dict.fromkeys(key for row in rows for key in row))
    body = None
    if len(rows) <= TABLE_ROWS and shown_in is None:
        body = [[_cell(row.get(column)) for column in columns] for row in rows]
    return {
        "name": name,
        "columns": [titles.get(column) or column.replace("_", " ") for column in columns],
        "rows": body,
        "count": len(rows),
        "shown_in": shown_in,
    }


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str):
        return html.escape(value.removesuffix("T00:00:00"))
    return html.escape(str(value) if isinstance(value, int) else msgspec.json.encode(value).decode())


def _write_if_possible(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
        os.replace(file.name, path)
    except OSError:
        return  # a cache that cannot be written costs seconds, nothing else
