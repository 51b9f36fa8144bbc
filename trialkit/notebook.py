"""What the first cell of every notebook does: load, choose, enable the charts, and tell the report where the data are from."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from trialkit.brands import fill_from_products
from trialkit.frames import Frames
from trialkit.prose import plural
from trialkit.publication import tell_citation
from trialkit.report_charts import enable_renderer
from trialkit.report_html import publish_facts
from trialkit.selection import choose
from trialkit.snapshots import load, load_states, package_version


def open_notebook(frames_dir: str = "", *, product_dictionary: bool = False, **selection: Sequence[Any]) -> Frames:
    """The frames a notebook works on: those of `frames_dir` (empty = the bundled data), cut to the selection.

    `product_dictionary` fills the tissue and donor of named products in, before the selection (see
    `fill_from_products`); the report says so.

    Also switches on the offline chart renderer and publishes fingerprint, sources and versions to the report.
    The selection takes the arguments of `choose`.
    """
    enable_renderer()
    whole = load(frames_dir or None)
    chosen = choose(fill_from_products(whole) if product_dictionary else whole, **selection)
    filled = chosen.trials.filter(pl.col("from_product_dictionary").list.len() > 0)
    sources = [
        f"{s['register']}, {s['data_version']}: {plural(s['records'], 'record')}" for s in whole.meta.get("sources", [])
    ]
    publish_facts(
        [
            {"label": "Trials", "value": f"{len(chosen.trials)} of {len(whole.trials)}"},
            {"label": "Sources", "value": sources or "not recorded"},
            *(
                [{"label": "Product dictionary", "value": f"on: fills values of {plural(len(filled), 'trial')}"}]
                if product_dictionary
                else []
            ),
            {"label": "Data fingerprint", "value": whole.meta.get("fingerprint", "not recorded")},
            {"label": "trialkit", "value": package_version()},
            {"label": "How to cite", "value": tell_citation(chosen)},
        ]
    )
    return chosen


def open_states(
    frames_dir: str = "", before: str = "", **selection: Sequence[Any]
) -> tuple[Frames | None, Frames | None]:
    """Two states of the same trials, earlier and later, cut to the selection; None where there is none.

    `frames_dir` is the later state, `before` the earlier one (folders written by `trialkit build`); both empty = the two
    newest bundled snapshots of one register. Publishes what is compared to the report.
    """
    enable_renderer()
    states = [state and choose(state, **selection) for state in load_states(before or None, frames_dir or None)]
    publish_facts(
        [
            *(
                {"label": label, "value": _state_words(state) if state else "none to compare with"}
                for label, state in zip(("Earlier state", "Later state"), states, strict=True)
            ),
            {"label": "Data fingerprint", "value": " and ".join(_fingerprint(s) for s in states if s) or "no data"},
            {"label": "trialkit", "value": package_version()},
        ]
    )
    return states[0], states[1]


def _state_words(state: Frames) -> str:
    sources = [f"{s['register']}, {s['data_version']}" for s in state.meta.get("sources", [])]
    told = f" ({'; '.join(sources)})" if sources else ""
    return f"{plural(len(state.trials), 'trial')}{told}"


def _fingerprint(state: Frames) -> str:
    return state.meta.get("fingerprint", "not recorded")
