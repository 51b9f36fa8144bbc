"""Frames as HTML tables for notebooks and reports: escaped, linked, sortable by the report's page."""

from collections.abc import Mapping
from html import escape

import polars as pl

NOT_REPORTED = "not reported"
_HEADINGS = {"trial_id": "Trial", "n": "Number"}


class Html:
    """A piece of HTML that JupyterLab and the report show as it is. Everything put into it was escaped before."""

    def __init__(self, html: str, text: str = ""):
        self.html, self.text = html, text

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text or "HTML"


def say(*sentences: str) -> Html:
    """A paragraph of generated sentences."""
    text = " ".join(s.strip() for s in sentences if s.strip())
    return Html(f'<p class="tk-say">{escape(text)}</p>', text)


def table(frame: pl.DataFrame, caption: str, *, labels: Mapping[str, str] | None = None, missing: str = "–") -> Html:
    """A frame as an accessible table: caption, column headers with scope, numbers right-aligned, missing shown as `missing`.

    A column `trial_id` is linked to the page of the trial when the frame has a column `url`, which is then not shown.
    Lists are joined with commas. An empty frame gives its caption and the word "none".
    """
    labels = labels or {}
    urls = frame["url"].to_list() if "url" in frame.columns else [None] * len(frame)
    shown = frame.drop("url", strict=False)
    if not len(shown):
        return Html(f'<p class="tk-say">{escape(caption)}: none.</p>', f"{caption}: none")
    head = "".join(
        f'<th scope="col"{_align(shown.schema[c])}>{escape(labels.get(c, _HEADINGS.get(c, c.replace("_", " ").capitalize())))}</th>'
        for c in shown.columns
    )
    body = []
    for row, url in zip(shown.iter_rows(), urls, strict=True):
        cells = []
        for n, (column, value) in enumerate(zip(shown.columns, row, strict=True)):
            text = escape(_cell(value, missing))
            if column == "trial_id" and url and url.startswith(("https://", "http://")):
                text = f'<a href="{escape(url, quote=True)}">{text}</a>'
            if value is None or value == []:
                text = f'<span class="tk-missing">{text}</span>'
            cells.append(f'<th scope="row">{text}</th>' if n == 0 else f"<td{_align(shown.schema[column])}>{text}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    html = f'<table class="tk-table"><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    return Html(html, f"{caption} ({len(shown)} rows)")


def _align(dtype: pl.DataType) -> str:
    return ' class="tk-number"' if dtype.is_numeric() else ""


def _cell(value: object, missing: str) -> str:
    if value is None:
        return missing
    if isinstance(value, list | pl.Series):
        return ", ".join(_cell(v, missing) for v in value) or missing
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) and abs(value) < 1e5 else f"{value:.3g}"
    return str(value)
