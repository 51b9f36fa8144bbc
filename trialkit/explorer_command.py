"""A choice made in the explorer as parameters of reports, and as the command that renders them."""

import shlex
from typing import Any

from trialkit.prose import capital, listing, plural
from trialkit.report import list_parameters
from trialkit.report_choice import NOTEBOOKS
from trialkit.selection import check_selection
from trialkit.summaries.filters import FACETS, OPEN, RANGES, Catalogue, Choice, find_fits, keep_trials

ASKED = ("conditions", "cell_sources", "donors", "phases", "statuses")  # facets that notebooks have a parameter for


def report_parameters(catalogue: Catalogue, choice: Choice) -> tuple[dict[str, list[Any]], list[str]]:
    """The parameters of notebooks (see `choose`) that come nearest to the choice, and the labels of the filters that no
    parameter can say: these are left out, so that a report never shows less than was chosen.
    """
    parameters: dict[str, list[Any]] = {}
    left = []
    for facet, label in FACETS.items():
        keys = list(getattr(choice, facet))
        if keys and facet in ASKED and _can_be_asked(facet, keys):
            parameters[facet] = keys
        elif keys:
            left.append(label)
    if choice.years != OPEN:
        years = catalogue.trials["year"]
        first, last = (given if given is not None else end for given, end in zip(choice.years, (years.min(), years.max()), strict=True))  # fmt: skip
        parameters["years"] = [int(first), int(last)]
    left += [label for name, label in RANGES.items() if name != "years" and getattr(choice, name) != OPEN]
    return parameters, left + (["Text"] if choice.text.strip() else [])


def write_command(parameters: dict[str, list[Any]], report: str = "", folder: str = "") -> str:
    """The `trialkit report` command with these parameters, quoted for a POSIX shell; `report` empty = all reports,
    `folder` empty = the bundled trials.
    """
    words = ["trialkit", "report", *filter(None, [report])]
    for name, values in parameters.items():
        shown = ",".join(f'"{v}"' if isinstance(v, str) else str(v) for v in values)
        words += ["-p", f"{name}=[{shown}]"]
    return shlex.join([*words, *(["--frames", folder] if folder else [])])


def tell_command(catalogue: Catalogue, choice: Choice, chosen: int) -> str:
    """What such a report cannot be asked for, and how many trials it would show instead; empty when it shows the same."""
    parameters, left = report_parameters(catalogue, choice)
    if not left:
        return ""
    asked = Choice(**{name: tuple(values) for name, values in parameters.items()})
    shown = int(keep_trials(catalogue, find_fits(catalogue, asked)).sum())
    words = listing(label.lower() for label in left)
    if shown == chosen:
        return f"Reports have no parameter for {words}; here it makes no difference."
    return capital(
        f"reports have no parameter for {words}: they would show {plural(shown, 'trial')} instead of {chosen}."
    )


def list_reports() -> list[str]:
    """The reports that take a selection of trials, by name; none where the notebooks are not installed."""
    notebooks = sorted(NOTEBOOKS.glob("[0-9]*_*.ipynb"))
    declared = list_parameters(notebooks)
    return [path.stem for path in notebooks if any(known.name == "cell_sources" for known in declared[path.name])]


def _can_be_asked(facet: str, keys: list[str]) -> bool:
    """Not a word that only these records use, and not `not_reported` where a report cannot ask for it."""
    try:
        check_selection(**{facet: keys})
    except ValueError:
        return False
    return True
