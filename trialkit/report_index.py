"""The index page: one card for every report in a folder, those that failed included."""

import json
import re
from pathlib import Path
from typing import Any

from trialkit.report_html import TEMPLATES, asset, policy

CARD = re.compile(r'<script type="application/json" id="card">(.*?)</script>', re.DOTALL)


def read_cards(folder: Path) -> list[dict[str, Any]]:
    """What the reports of a folder say about themselves, in the order of their names; other HTML files are passed over.

    Reports of earlier runs stay on the index: it shows what is in the folder.
    """
    cards = []
    for path in sorted(folder.glob("*.html")):
        found = CARD.search(path.read_text(encoding="utf-8")) if path.name != "index.html" else None
        if found:
            cards.append({"file": path.name, **json.loads(found[1])})
    return cards


def render_index(cards: list[dict[str, Any]], title: str = "Reports") -> str:
    """The HTML of the index page, as self-contained as the reports."""
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    failed = sum(bool(card["failure"]) for card in cards)
    sentence = f"{len(cards)} report{'' if len(cards) == 1 else 's'}, each one file that opens without a network."
    if failed:
        sentence += f" {failed} failed and {'is' if failed == 1 else 'are'} incomplete."
    return environment.get_template("index.html.j2").render(
        title=title, sentence=sentence, cards=cards, policy=policy([]), style=asset("style.css")
    )
