"""An executed notebook as one HTML file that needs no network, and what notebooks may publish to its top."""

import copy
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialkit.report_charts import CHART_MIMES, Chart, add_stills, chart_script, content_hash, encode_json, pack
from trialkit.report_charts import take_charts as _take_charts
from trialkit.report_parameters import Parameter

HEADLINE_MIME = "application/vnd.trialkit.headline+json"
FACTS_MIME = "application/vnd.trialkit.facts+json"
TEMPLATES = Path(__file__).parent / "templates"

SHOWN_MIMES = (
    *CHART_MIMES, "text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex", "text/plain",
)  # fmt: skip

# Elements that load, redirect, submit or run something. The Content-Security-Policy stops nearly all of it; written as
# text, they also cannot confuse a reader, a mail programme or a search engine.
ACTIVE_ELEMENT = re.compile(
    r"<(?=/?(?:script|iframe|frame|object|embed|applet|base|meta|link|form|portal|noscript|template|plaintext|title)\b)",
    re.IGNORECASE,
)


@dataclass
class Page:
    """What one report is made of, and what the index shows of it."""

    name: str
    title: str
    lead: str
    summary: str
    failure: str | None = None
    failed_cell: int | None = None
    headlines: list[dict[str, str]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    parameters: list[dict[str, Any]] = field(default_factory=list)
    contents: list[dict[str, Any]] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)

    @property
    def card(self) -> dict[str, Any]:
        """What the index needs to know, stored in the report itself."""
        pictures = [(chart.thumbnail, chart) for chart in self.charts if chart.thumbnail]
        pictures += [(chart.still, chart) for chart in self.charts if chart.still]
        return {
            "title": self.title,
            "summary": self.summary,
            "failure": self.failure,
            "headlines": self.headlines,
            # Which frames were read is told at the top of the report; the card tells what was chosen from them.
            "changed": [
                f"{row['name']} = {row['value']}"
                for row in self.parameters
                if row["changed"] and row["name"] != "frames_dir"
            ],
            "thumbnail": {"src": pictures[0][0], "alt": pictures[0][1].description} if pictures else None,
        }


def publish_headlines(items: Sequence[Mapping[str, str]]) -> None:
    """Show the key numbers of a notebook at the top of its report and on the index: `[{"label": …, "value": …}]`."""
    _publish(HEADLINE_MIME, items)


def publish_facts(items: Sequence[Mapping[str, str | Sequence[str]]]) -> None:
    """Show where a report comes from in the strip under its title: snapshots, data fingerprint, versions.

    A value that is a list of texts stands there as a list.
    """
    _publish(FACTS_MIME, items)


def render_page(
    notebook: Mapping[str, Any],
    name: str,
    parameters: Sequence[tuple[Parameter, object]] = (),
    failure: str | None = None,
    failed_cell: int | None = None,
) -> tuple[str, Page]:
    """The HTML of an executed notebook, and its Page.

    `parameters` are the declared ones with the value each had in this run; `failure` says in words why the notebook
    did not reach its end, `failed_cell` where. The same notebook gives the same bytes on any day.
    """
    from nbconvert.exporters.templateexporter import TemplateExporter
    from nbconvert.filters import Highlight2HTML
    from traitlets.config import Config

    source = "\0".join(cell["source"] for cell in notebook["cells"] if not _injected(cell))
    notebook = copy.deepcopy(notebook)
    if failed_cell is not None:  # prose after the failed step would speak of results that are not there
        del notebook["cells"][failed_cell + 1 :]
    title, lead = _take_title(notebook, name)
    page = Page(name, title, lead, _first_paragraph(lead), failure, failed_cell)
    page.headlines = _take_published(notebook, HEADLINE_MIME)
    page.facts = _take_published(notebook, FACTS_MIME)
    page.parameters = [
        {"name": p.name, "value": _shown(value), "default": _shown(p.default), "meaning": p.meaning,
         "changed": value != p.default}
        for p, value in parameters
    ]  # fmt: skip
    page.charts, datasets = _take_charts(notebook)
    add_stills(page.charts, datasets)

    config = Config()
    config.NbConvertBase.display_data_priority = list(SHOWN_MIMES)
    # Not HTMLExporter: it parses and rewrites the finished page, which takes time and may change what was escaped.
    exporter = TemplateExporter(
        config=config,
        file_extension=".html",
        template_name="report",
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATES)],
    )
    writer = MarkdownWriter()
    exporter.register_filter("markdown", writer.cell)
    exporter.register_filter("markdown_output", writer.output)
    exporter.register_filter("contents", lambda _: writer.contents)  # resources are copied before the cells are read
    exporter.register_filter("highlight", Highlight2HTML(pygments_lexer="python3"))
    exporter.register_filter("inert", inert)
    exporter.register_filter("encode_json", encode_json)
    style, script = asset("style.css"), asset("report.js") + "\n" + asset("print.js")
    allowed = [content_hash(script)]
    packed_script = packed_data = ""
    if page.charts:
        packed_script, script_hash = chart_script()
        packed_data = pack(encode_json(datasets))
        allowed.append(script_hash)
    resources = {
        "page": page,
        "lead_html": writer.cell(lead),
        "style": style,
        "script": script,
        "policy": policy(allowed),
        "packed_script": packed_script,
        "packed_data": packed_data,
        "source_hash": hashlib.sha256(source.encode()).hexdigest()[:12],
    }
    body, _ = exporter.from_notebook_node(notebook, resources=resources)
    return body, page


def policy(scripts: Sequence[str]) -> str:
    """The page's Content-Security-Policy: no network at all, and no script but those with the given hashes.

    Styles must stay open: Vega and great_tables write style attributes. Vega runs without eval through its interpreter.
    """
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'; "
        f"script-src {' '.join(scripts) or chr(39) + 'none' + chr(39)}"
    )


def asset(name: str) -> str:
    """A style sheet or script that ships with the package."""
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


def inert(html: str) -> str:
    """HTML with every element that could load, redirect or run something turned into visible text."""
    return ACTIVE_ELEMENT.sub("&lt;", html)


class MarkdownWriter:
    """Markdown to HTML for one page: one H1, unique anchors, a table of contents, harmless links.

    Links keep http(s), mailto, anchors and relative addresses. A cell's own HTML stays (inert); in an output, where
    the text may come from data, HTML is shown as text.
    """

    def __init__(self) -> None:
        from nbconvert.filters.markdown_mistune import IPythonRenderer

        self.contents: list[dict[str, Any]] = []
        used = {"main", "contents", "chart-script", "chart-data", "card"}
        contents = self.contents

        class Renderer(IPythonRenderer):
            def heading(self, text: str, level: int, **attributes: Any) -> str:
                level = max(level, 2)  # the page's only H1 is its title
                plain = re.sub(r"<[^>]*>", "", text)
                anchor = base = re.sub(r"[^\w]+", "-", plain.lower()).strip("-") or "section"
                number = 1
                while anchor in used:
                    number += 1
                    anchor = f"{base}-{number}"
                used.add(anchor)
                if level <= 3:
                    contents.append({"level": level, "text": plain, "anchor": anchor})
                return f'<h{level} id="{anchor}">{text}</h{level}>\n'

            def safe_url(self, url: str) -> str:
                harmless = re.match(r"(?i)(https?:|mailto:|#|data:image/(png|jpeg|gif|svg\+xml);|[^:]*([/?#]|$))", url)
                return super().safe_url(url) if harmless else "#"

            def block_code(self, code: str, info: str | None = None) -> str:
                return f"<pre><code>{self.escape_html(code)}</code></pre>\n"

        self._renderer = Renderer

    def cell(self, source: str, attachments: Mapping[str, Any] | None = None) -> str:
        """A markdown cell, which its author wrote."""
        return inert(self._render(source, escape=False, attachments=dict(attachments or {})))

    def output(self, source: str) -> str:
        """A markdown output, which may quote data."""
        return self._render(source, escape=True, attachments={})

    def _render(self, source: str, *, escape: bool, attachments: dict[str, Any]) -> str:
        import mistune

        renderer = self._renderer(
            escape=escape, allow_harmful_protocols=False, exclude_anchor_links=True, attachments=attachments
        )
        # Not nbconvert's parser, which takes "$5 to $9" for a formula: no formula is drawn here.
        plugins = ["strikethrough", "table", "url", "task_lists", "def_list", "footnotes"]
        return str(mistune.create_markdown(renderer=renderer, plugins=plugins)(source))


def _publish(mime: str, items: Sequence[Mapping[str, Any]]) -> None:
    from IPython.display import display

    plain = [_item(item) for item in items]
    lines = [(item["label"], item["value"]) for item in plain]
    text = "\n".join(f"{label}: {value if isinstance(value, str) else '; '.join(value)}" for label, value in lines)
    display({mime: plain, "text/plain": text}, raw=True)


def _injected(cell: Mapping[str, Any]) -> bool:
    return "injected-parameters" in cell["metadata"].get("tags", [])


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    value = item["value"]
    return {"label": str(item["label"]), "value": [str(v) for v in value] if isinstance(value, list) else str(value)}


def _take_published(notebook: Mapping[str, Any], mime: str) -> list[dict[str, Any]]:
    """What the notebook published under `mime`; those outputs leave the body of the report."""
    found: list[dict[str, Any]] = []
    for cell in notebook["cells"]:
        kept = []
        for output in cell.get("outputs", []):
            items = output.get("data", {}).get(mime)
            if items is None:
                kept.append(output)
            else:
                found += [_item(item) for item in items]
        if "outputs" in cell:
            cell["outputs"] = kept
    return found


def _take_title(notebook: Mapping[str, Any], name: str) -> tuple[str, str]:
    """The notebook's title (its first line of level 1) and the text below it; that cell leaves the body."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            title = re.match(r"\s*#[ \t]+(.+?)[ \t#]*(?:\n|$)", cell["source"])
            if title is None:
                break
            lead = cell["source"][title.end() :]
            if cell.get("attachments"):  # its pictures are found only from the cell itself
                cell["source"], lead = lead, ""
            else:
                cell["source"] = ""
            return re.sub(r"[*_`]", "", title[1]), lead
    return name.replace("_", " ").strip().capitalize() or "Report", ""


def _first_paragraph(markdown: str) -> str:
    paragraph = next((part for part in re.split(r"\n\s*\n", markdown) if part.strip()), "")
    paragraph = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", paragraph)
    return " ".join(re.sub(r"<[^>]*>|[*`#]", "", paragraph).split())


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value else repr(value)
