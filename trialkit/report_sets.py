"""A set of reports from one YAML file: the same notebooks for several diseases, products or questions, a folder each."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from trialkit.report_choice import find_notebooks
from trialkit.report_values import ReportError, read_yaml
from trialkit.storage import write_whole

# A folder on every system: Windows keeps some names for devices.
Name = Annotated[
    str, msgspec.Meta(pattern=r"^(?!(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])\Z)[A-Za-z0-9][A-Za-z0-9_-]{0,60}\Z")
]
Values = dict[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\Z")], Any]

EXAMPLE = """parameters: {years: [2010, 2024]}
reports:
  - {name: lupus, title: Lupus, parameters: {conditions: [lupus_nephritis, systemic_lupus]}}
  - {name: sclerosis, notebooks: [00, 03], parameters: {conditions: [systemic_sclerosis]}}"""


class ReportSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One folder of reports: `name` is the folder, `parameters` go to the notebooks that declare them."""

    name: Name
    title: str = ""
    notebooks: list[str | int] = []
    parameters: Values = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reports: Annotated[list[ReportSet], msgspec.Meta(min_length=1)]
    parameters: Values = {}
    notebooks: list[str | int] = []


def read_sets(path: Path) -> list[ReportSet]:
    """The sets of a YAML file; what stands beside `reports` (parameters, notebooks) is common to all, and each may change it.

    Raises ReportError for a file that is not of that form (with the place, what was expected and an example), and for two
    sets of one name.
    """
    try:
        file = msgspec.convert(read_yaml(path), _File)
    except msgspec.ValidationError as error:
        raise ReportError(f"{path}: {error}. Expected for example:\n{EXAMPLE}") from None
    names = [found.name.lower() for found in file.reports]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ReportError(f"{path}: two sets are called {twice[0]!r}; each needs a name, and so a folder, of its own.")
    return [
        ReportSet(
            found.name,
            found.title or found.name.replace("_", " ").replace("-", " ").capitalize(),
            [_notebook(name) for name in found.notebooks or file.notebooks],
            {**file.parameters, **found.parameters},
        )
        for found in file.reports
    ]


def _notebook(name: str | int) -> str:
    return f"{name:02}" if isinstance(name, int) else name


def notebooks_of(
    sets: Sequence[ReportSet], chosen: Sequence[str] = (), *, outside: bool = False
) -> Mapping[str, list[Path]]:
    """Set name -> its notebooks; `chosen` stands in for sets that name none. Raises ReportError as `find_notebooks`."""
    return {found.name: find_notebooks([str(n) for n in found.notebooks] or chosen, outside=outside) for found in sets}


def summarise(values: Mapping[str, Any]) -> str:
    """Parameters in words for the page that lists the sets: `conditions: lupus nephritis; years: 2010, 2024`."""
    return "; ".join(f"{name.replace('_', ' ')}: {_words(value)}" for name, value in values.items()) or "all trials"


def _words(value: Any) -> str:
    items = value if isinstance(value, list) else [value]
    return ", ".join(re.sub(r"_", " ", str(item)) for item in items) or "all"


def write_overview(out: Path, sets: Sequence[ReportSet]) -> None:
    """Write `out`/index.html: one card a set, with the numbers and the picture of its first report."""
    from trialkit.report_index import read_cards, render_index

    cards = []
    for found in sets:
        inside = read_cards(out / found.name)
        failed = [card["title"] for card in inside if card["failure"]]
        cards.append(
            {
                **(inside[0] if inside else {"headlines": [], "thumbnail": None}),
                "file": f"{found.name}/index.html",
                "title": found.title,
                "summary": summarise(found.parameters),
                "changed": [],
                "failure": f"Incomplete: {'; '.join(failed)}" if failed else None,
            }
        )
    write_whole(out / "index.html", render_index(cards, "Sets of reports"))
