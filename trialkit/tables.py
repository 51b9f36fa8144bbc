"""Frames as HTML tables for notebooks and reports: escaped, linked, sortable by the report's page."""

import hashlib
import re
from collections.abc import Mapping
from html import escape

import polars as pl

NOT_REPORTED = "not reported"
_HEADINGS = {"trial_id": "Trial", "n": "Number"}
# Names of pages that are not a trial's, and names that Windows keeps for devices.
_RESERVED = {"INDEX", "CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}


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


def page_name(trial_id: str) -> str:
    """File name of the profile page of a trial: safe on every system, and different for different numbers.

    Letters, digits and - stay, a slash becomes _, every other character ~ and its code. Where letters differ only by
    case, a file system may not tell them apart: the pattern of lower-case letters follows as a number. A number too
    long for a file name ends in its SHA-256 instead of its rest.
    """
    kept = "".join(
        "_" if c == "/" else c if re.fullmatch("[A-Za-z0-9-]", c) else "".join(f"~{byte:02x}" for byte in c.encode())
        for c in trial_id
    )
    if kept.upper() in _RESERVED or not kept:
        kept = f"~{kept}"
    if lower := sum(1 << n for n, c in enumerate(trial_id) if c.isascii() and c.islower()):
        kept += f"~~{lower:x}"
    if len(kept) > 150:
        kept = f"{kept[:80]}~~~{hashlib.sha256(trial_id.encode()).hexdigest()}"
    return f"{kept}.html"


def table(frame: pl.DataFrame, caption: str, *, labels: Mapping[str, str] | None = None, missing: str = "–") -> Html:
    """A frame as an accessible table: caption, column headers with scope, numbers right-aligned, missing shown as `missing`.

    A column `trial_id` is linked to the page of the trial in its register when the frame has a column `url`, which is
    then not shown, and names the trial's profile page for `report_index.link_profiles`. Lists are joined with commas. An
    empty frame gives its caption and the word "none".
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
            if column == "trial_id" and value:
                known = url if url and url.startswith(("https://", "http://")) else None
                address = f' href="{escape(known)}"' if known else ""
                text = f'<a data-profile="{page_name(str(value))}"{address}>{text}</a>'
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
