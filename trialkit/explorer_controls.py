"""The filters of the explorer as widgets, each with a label, all of them within reach of the keyboard."""

from typing import Any

import ipywidgets as widgets

from trialkit.summaries.filters import FACETS, OPEN, RANGES, Catalogue, Choice, Range, range_values, value_words

ANY = ""  # the end of a range that is left open; a Dropdown shows nothing at all for None
ENDS = ("from", "to")

Controls = dict[str, Any]


def make_controls(catalogue: Catalogue) -> Controls:
    """A list for every facet with the number of trials behind each word, two menus for every range, one text field.

    Names: those of FACETS, `years_from`, `years_to` and so on for RANGES, and `text`.
    """
    made: Controls = {}
    for facet, label in FACETS.items():
        sizes = catalogue.sizes[facet]
        options = [(f"{words} ({sizes[key]})", key) for key, words in catalogue.labels[facet].items()]
        made[facet] = widgets.SelectMultiple(description=label, options=options, rows=6)
    for name, label in RANGES.items():
        values = [(value_words(name, value), value) for value in range_values(catalogue, name)]
        for end in ENDS:
            made[f"{name}_{end}"] = widgets.Dropdown(description=f"{label}, {end}", options=[("any", ANY), *values])
    made["text"] = widgets.Text(description="Text", placeholder='words, "words in quotes"')
    for control in made.values():
        dress(control)
    made["text"].add_class("tk-wide")
    return made


def dress(control: widgets.Widget) -> None:
    """Room for the whole label, and the label above the field."""
    control.style = {"description_width": "initial"}
    control.layout = widgets.Layout(width="auto")
    control.add_class("tk-filter")


def lay_out_controls(controls: Controls) -> widgets.VBox:
    """The lists in rows of equal height, the menus below them."""
    lists, menus = ([c for n, c in controls.items() if (n in FACETS) == facets] for facets in (True, False))
    grids = [
        widgets.GridBox(part, layout={"grid_template_columns": f"repeat(auto-fill, minmax({width}px, 1fr))", "grid_gap": "8px 14px"})
        for part, width in ((lists, 205), (menus, 150))
    ]  # fmt: skip
    return widgets.VBox(grids, layout={"grid_gap": "8px"})


def read_choice(controls: Controls) -> Choice:
    """What the widgets ask for."""
    facets = {facet: tuple(controls[facet].value) for facet in FACETS}
    ranges = {name: tuple(_end(controls[f"{name}_{end}"].value) for end in ENDS) for name in RANGES}
    return Choice(**facets, **ranges, text=controls["text"].value)


def set_range(controls: Controls, name: str, ends: Range) -> None:
    """Let the two menus of a range stand at these ends, which are among their values or None."""
    for end, value in zip(ENDS, ends, strict=True):
        controls[f"{name}_{end}"].value = ANY if value is None else value


def clear(controls: Controls) -> None:
    """Take every filter away."""
    for facet in FACETS:
        controls[facet].value = ()
    for name in RANGES:
        set_range(controls, name, OPEN)
    controls["text"].value = ""


def toggle(control: widgets.SelectMultiple, key: str) -> None:
    """Choose what is not chosen in a list, and the other way round; a key the list does not have changes nothing."""
    if key in control.value:
        control.value = tuple(k for k in control.value if k != key)
    elif any(key == known for _, known in control.options):
        control.value = (*control.value, key)


def _end(value: Any) -> float | None:
    return None if value == ANY else value
