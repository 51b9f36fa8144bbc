"""The table of the explorer: the chosen trials a page at a time, and every value of one of them with its words."""

from html import escape
from typing import Any

import ipywidgets as widgets
import polars as pl

from trialkit.explorer_controls import dress
from trialkit.frames import Frames
from trialkit.summaries.filters import Catalogue, keep_rows
from trialkit.summaries.overview import list_trials
from trialkit.summaries.values import list_words
from trialkit.tables import table

PAGE = 20  # trials at a time: what is read is little, what is sent to the browser should be
TITLE = 100  # characters of a title in a menu


class TrialTable:
    """Pages of trials and the words of one; `box` is the widget, `shown` the trial whose words are shown, or None."""

    def __init__(self, catalogue: Catalogue):
        self._frames = catalogue.frames
        order = catalogue.trials.select("trial_id", "i")
        self._all = list_trials(catalogue.frames).join(order, on="trial_id", how="left", maintain_order="left")
        self._titles = dict(self._all.select("trial_id", "title").iter_rows())
        self._chosen, self._first, self.shown = self._all, 0, None
        self._rows, self._words = widgets.HTML(), widgets.HTML()
        self._before = widgets.Button(description="Previous", tooltip=f"The {PAGE} trials before these")
        self._after = widgets.Button(description="Next", tooltip=f"The {PAGE} trials after these")
        self._before.on_click(lambda _: self._turn(-PAGE))
        self._after.on_click(lambda _: self._turn(PAGE))
        self._menu = widgets.Dropdown(description="Show the words of")
        dress(self._menu)
        self._menu.observe(self._asked, names="value")
        turning = widgets.HBox([self._before, self._after])
        self.box = widgets.VBox([self._rows, turning, self._menu, self._words])

    def choose(self, keep: pl.Series) -> None:
        """Show the first page of the trials that are kept (by row of the catalogue)."""
        self._chosen, self._first = keep_rows(self._all, keep), 0
        self._show()

    def show_words(self, trial_id: str) -> None:
        """Show every value of this trial, whether or not it stands on the page; an unknown number changes nothing."""
        if trial_id in self._titles:
            self.shown = trial_id
            self._show_menu()

    def _turn(self, trials: int) -> None:
        self._first = max(self._first + trials, 0)
        self._show()

    def _asked(self, change: dict[str, Any]) -> None:
        if change["new"] is not None and change["new"] != self.shown:
            self.show_words(change["new"])

    def _show(self) -> None:
        n, page = len(self._chosen), self._page()
        which = f", {self._first + 1} to {self._first + len(page)} of {n}" if n > PAGE else ""
        shown = table(page.drop("i"), f"Chosen trials{which}", missing="not reported")
        self._rows.value = _framed(shown._repr_html_(), "Chosen trials")
        self._before.disabled, self._after.disabled = self._first == 0, self._first + PAGE >= n
        if self.shown not in self._chosen["trial_id"]:
            self.shown = next(iter(page["trial_id"]), None)
        self._show_menu()

    def _page(self) -> pl.DataFrame:
        return self._chosen.slice(self._first, PAGE)

    def _show_menu(self) -> None:
        page = self._page()["trial_id"].to_list()
        offered = page if self.shown in page or self.shown is None else [self.shown, *page]
        options = [(f"{trial}  {(self._titles[trial] or '')[:TITLE]}", trial) for trial in offered]
        # Options first lose the value and then get one: neither is a wish to see other words.
        self._menu.unobserve(self._asked, names="value")
        self._menu.options, self._menu.value = options, self.shown
        self._menu.observe(self._asked, names="value")
        self._words.value = words_of(self._frames, self.shown) if self.shown else ""


def words_of(frames: Frames, trial_id: str) -> str:
    """HTML of one trial: its page in the register, then every value, the words behind it and where they stand."""
    title = pl.coalesce("public_title", "scientific_title").alias("title")
    trial = frames.trials.filter(pl.col("trial_id") == trial_id).select("trial_id", title, "lead_sponsor", "url")
    head = table(trial, "The trial, linked to its page in the register", missing="not reported")
    words = table(list_words(frames, trial_id), "Every value, and the words it was read from")
    return _framed(head._repr_html_() + words._repr_html_(), f"Words of {trial_id}")


def _framed(html: str, label: str) -> str:
    """A part that scrolls, by keyboard too. Its links open beside the notebook: text of records is escaped before, so
    that such a tag is always one of ours.
    """
    linked = html.replace("<a href=", '<a target="_blank" rel="noopener" href=')
    return f'<div class="tk-scroll" role="region" tabindex="0" aria-label="{escape(label, quote=True)}">{linked}</div>'
