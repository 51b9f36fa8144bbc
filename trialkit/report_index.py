"""What joins the reports of a folder: an index page with a card for each, failed ones included, and links to trial profiles."""

import json
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from trialkit.report_charts import content_hash
from trialkit.report_html import TEMPLATES, asset, policy

CARD = re.compile(r'<script type="application/json" id="card">(.*?)</script>', re.DOTALL)
WORTH_A_FILTER = 4  # cards; fewer are seen at a glance
PROFILES = "trials"  # folder of the profile pages, beside the reports
# A trial number as `tables.table` writes it, and as `link_profiles` leaves it: an anchor only where it leads somewhere.
NUMBER = re.compile(
    r'<(?:a|span) data-profile="([^"]+)"(?: href="([^"]*)")?>([^<]*)</(?:a|span)>(?: <a class="tk-register" href="([^"]*)"[^>]*>[^<]*</a>)?'
)


def read_cards(folder: Path) -> list[dict[str, Any]]:
    """What the reports of a folder say about themselves, in the order of their names; other HTML files are passed over.

    Reports of earlier runs stay on the index: it shows what is in the folder. The trial profiles come last.
    """
    cards = []
    for path in sorted(folder.glob("*.html")):
        found = CARD.search(path.read_text(encoding="utf-8")) if path.name != "index.html" else None
        if found:
            cards.append({"file": path.name, **json.loads(found[1])})
    profiles = folder / PROFILES / "index.html"
    if profiles.is_file() and (found := CARD.search(profiles.read_text(encoding="utf-8"))):
        cards.append({"file": f"{PROFILES}/index.html", **json.loads(found[1])})
    return cards


def link_reports(folder: Path) -> None:
    """Link the trial numbers in the tables of a folder's reports to the profile pages that are in it, and to no others."""
    pages = {path.name for path in (folder / PROFILES).glob("*.html")}
    for path in folder.glob("*.html"):
        before = path.read_text(encoding="utf-8")
        linked = link_profiles(before, pages, f"{PROFILES}/") if CARD.search(before) else before
        if linked != before:
            write_whole(path, linked)


def link_profiles(html: str, pages: Collection[str], base: str = "") -> str:
    """The HTML with trial numbers linked to their profile where `pages` (below `base`) holds it, else to the register.

    The register stays one step away: an arrow behind the number leads there. Can be done again with other pages.
    """

    def link(found: re.Match[str]) -> str:
        name, address, number, register = found.groups()
        register = register or (address if address and "://" in address else None)
        if name not in pages:
            if not register:
                return f'<span data-profile="{name}">{number}</span>'
            return f'<a data-profile="{name}" href="{register}">{number}</a>'
        arrow = (
            f' <a class="tk-register" href="{register}" rel="noopener" style="padding: .3rem .5rem"'
            f' title="{number} in its register" aria-label="{number} in its register">↗</a>'
            if register
            else ""
        )
        return f'<a data-profile="{name}" href="{base}{name}">{number}</a>{arrow}'

    return NUMBER.sub(link, html)


def render_index(cards: list[dict[str, Any]], title: str = "Reports") -> str:
    """The HTML of the index page, as self-contained as the reports."""
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    failed = sum(bool(card["failure"]) for card in cards)
    profiles = next((card for card in cards if card.get("file") == f"{PROFILES}/index.html"), None)
    n = len(cards) - bool(profiles)
    sentence = f"{n} report{'' if n == 1 else 's'}, each one file that opens without a network."
    if failed:
        sentence += f" {failed} failed and {'is' if failed == 1 else 'are'} incomplete."
    script = asset("index.js") if len(cards) > WORTH_A_FILTER else ""
    return environment.get_template("index.html.j2").render(
        title=title,
        sentence=sentence,
        cards=cards,
        profiles=profiles,
        script=script,
        policy=policy([content_hash(script)] if script else []),
        style=asset("style.css"),
    )


def write_whole(path: Path, text: str) -> None:
    """Write whole or not at all: a reader never sees half a page, and a link in its place is replaced, not followed."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)  # of a killed run; or a link, which would be written through
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
