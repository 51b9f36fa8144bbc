"""Frames as HTML tables for notebooks and reports: escaped, linked, sortable by the report's page."""

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from html import escape

import polars as pl

NOT_REPORTED = "not reported"
_HEADINGS = {"trial_id": "Trial", "n": "Number"}
# Columns of words that hold numbers of trials: one, or several with commas between them. Counts of that name are numbers.
TRIAL_COLUMNS = ("trial_id", "trial_a", "trial_b", "which", "trials")
_MOST_DIGITS = 5  # of the largest number of a column, before and behind the point
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
        "_"
        if c == "/"
        else c
        if re.fullmatch("[A-Za-z0-9-]", c)
        else "".join(f"~{byte:02x}" for byte in c.encode("utf-8", "surrogatepass"))
        for c in trial_id
    )
    if kept.upper() in _RESERVED or not kept:
        kept = f"~{kept}"
    if lower := sum(1 << n for n, c in enumerate(trial_id) if c.isascii() and c.islower()):
        kept += f"~~{lower:x}"
    if len(kept) > 150:
        whole = hashlib.sha256(trial_id.encode("utf-8", "surrogatepass"))
        kept = f"{kept[:80]}~~~{whole.hexdigest()}"
    return f"{kept}.html"


def table(
    frame: pl.DataFrame,
    caption: str,
    *,
    labels: Mapping[str, str] | None = None,
    missing: str = "–",
    trials: Sequence[str] = TRIAL_COLUMNS,
    empty: str = "none",
) -> Html:
    """A frame as an accessible table: caption, column headers with scope, numbers right-aligned, missing shown as `missing`.

    A column `trial_id` is linked to the page of the trial in its register when the frame has a column `url`, which is
    then not shown. Every number in the text columns `trials` names the trial's profile page for
    `report_index.link_profiles`. Lists are joined with commas; the numbers of a column have the same decimals, unless
    they run over many orders of magnitude. An empty frame gives its caption and the words of `empty`.
    """
    labels = labels or {}
    urls = frame["url"].to_list() if "url" in frame.columns else [None] * len(frame)
    shown = frame.drop("url", strict=False)
    if not len(shown):
        told = empty.rstrip(".")
        return Html(f'<p class="tk-say">{escape(caption)}: {escape(told)}.</p>', f"{caption}: {told}")
    head = "".join(
        f'<th scope="col"{_align(shown.schema[c])}>{escape(labels.get(c, _HEADINGS.get(c, c.replace("_", " ").capitalize())))}</th>'
        for c in shown.columns
    )
    named = {c for c in trials if c in shown.columns and shown.schema[c] in (pl.String, pl.List(pl.String))}
    decimals = {c: _decimals(shown[c].to_list()) for c, dtype in shown.schema.items() if dtype.is_float()}
    body = []
    for row, url in zip(shown.iter_rows(), urls, strict=True):
        cells = []
        for n, (column, value) in enumerate(zip(shown.columns, row, strict=True)):
            if column in named and value:
                text = _link(value, url if column == "trial_id" else None)
            else:
                text = escape(_cell(value, missing, decimals.get(column)))
            if value is None or value == []:
                text = f'<span class="tk-missing">{text}</span>'
            cells.append(f'<th scope="row">{text}</th>' if n == 0 else f"<td{_align(shown.schema[column])}>{text}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    html = f'<table class="tk-table"><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    return Html(html, f"{caption} ({len(shown)} rows)")


def _link(value: str | list[str], url: str | None) -> str:
    """Numbers of trials as `report_index.link_profiles` looks for them; a number that leads nowhere yet is no anchor.

    A text that names several has commas between them; "…" at its end says that it names not all.
    """
    numbers = value.removesuffix("…").rstrip(" ,").split(", ") if isinstance(value, str) else value
    address = f' href="{escape(url)}"' if url and url.startswith(("https://", "http://")) else ""
    tag = "a" if address else "span"
    made = [f'<{tag} data-profile="{page_name(n)}"{address}>{escape(n)}</{tag}>' for n in numbers if n]
    return ", ".join(made) + (" …" if isinstance(value, str) and value.endswith("…") else "")


def _align(dtype: pl.DataType) -> str:
    return ' class="tk-number"' if dtype.is_numeric() else ""


def _cell(value: object, missing: str, decimals: int | None = None) -> str:
    if value is None:
        return missing
    if isinstance(value, list | pl.Series):
        return ", ".join(_cell(v, missing) for v in value) or missing
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.{decimals}f}" if decimals is not None and math.isfinite(value) else _number(value)
    return str(value)


def _number(value: float) -> str:
    """A number by itself, to three digits and never with an exponent that a reader would have to work out."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _decimals(values: list[float | None]) -> int | None:
    """The decimals that show every number of a column to three digits; None where one would stand there with too many."""
    known = [v for v in values if v is not None and math.isfinite(v)]
    told = [_number(v) for v in known]
    if not told or any("e" in number for number in told):
        return None
    behind = max(len(number.partition(".")[2]) for number in told)
    before = len(f"{max(abs(v) for v in known):.0f}")
    return behind if not behind or before + behind <= _MOST_DIGITS else None
