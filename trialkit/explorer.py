"""The explorer of JupyterLab: filters, linked charts and the words of the records, all under one choice."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import polars as pl

from trialkit.charts import explorer as charts
from trialkit.charts.theme import SOURCE_COLOURS
from trialkit.explorer_command import list_reports, report_parameters, tell_command, write_command
from trialkit.explorer_controls import clear, dress, lay_out_controls, make_controls, read_choice, set_range, toggle
from trialkit.explorer_drawing import FedChart, load_drawing
from trialkit.explorer_parts import STYLE, CopyText
from trialkit.explorer_table import TrialTable
from trialkit.frames import Frames
from trialkit.prose import plural
from trialkit.snapshots import load
from trialkit.summaries import filter_counts as counts
from trialkit.summaries import filters
from trialkit.summaries.filters import BASES, OPEN, RANGES, Catalogue, Choice

HELP = (
    "Choose in the lists (Ctrl or Shift for several) and menus, or in the charts: click a bar to add it to its filter or "
    "take it out again, draw a range along an axis with the mouse, click a mark for the words of its trial. What only "
    "the filter of the chart itself leaves out is drawn pale. All that charts do, lists and menus do by keyboard."
)
NOTHING = "No trial fits all filters: take one away, or press Reset."
BARS = {  # filter -> what counts its bars, the column that names them, one and several of them in words
    "conditions": (counts.count_conditions, "condition", "condition", "conditions"),
    "cell_sources": (counts.count_sources, "tissue", "cell source", "cell sources"),
    "instruments": (counts.count_instruments, "instrument", "instrument", "instruments"),
}


def explore(frames: Frames | Path | str | None = None) -> "Explorer":
    """Filters, linked charts and evidence of the trials in `frames`: to look around in JupyterLab.

    `frames` are frames, a folder written by `trialkit build`, or None (or "") for the bundled trials. Display the
    result; what was chosen is then in its `frames`, and as parameters of reports in `parameters` and `command`.
    Raises FileNotFoundError for a folder without frames.
    """
    if isinstance(frames, Frames):
        return Explorer(frames)
    return Explorer(load(frames or None), folder=str(frames or ""))


class Explorer:
    """What `explore` shows. `controls` holds the filters by name: they can be set from code as well as by hand."""

    def __init__(self, frames: Frames, *, folder: str = ""):
        self._catalogue = filters.index_trials(frames)
        self._folder = folder
        self._quiet = False
        self.controls = make_controls(self._catalogue)
        self._table = TrialTable(self._catalogue)
        self._charts = self._make_charts()
        self._count, self._asked, self._differs = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._report = widgets.Dropdown(
            description="Report", options=[("all reports", ""), *((name, name) for name in list_reports())]
        )
        self._copy = CopyText(label="Copy the command")
        self._view = self._lay_out()
        for control in self.controls.values():
            control.observe(lambda _: self._show(), names="value")
        self._report.observe(lambda _: self._show_command(), names="value")
        self._show()

    @property
    def choice(self) -> Choice:
        """What the filters ask for."""
        return read_choice(self.controls)

    @property
    def frames(self) -> Frames:
        """The frames of the chosen trials."""
        return self._catalogue.frames.select(self._catalogue.trials.filter(self._keep)["trial_id"])

    @property
    def parameters(self) -> dict[str, list[Any]]:
        """The choice as parameters of reports and of `tk.choose`, as far as these can say it."""
        return report_parameters(self._catalogue, self.choice)[0]

    @property
    def command(self) -> str:
        """The command that renders reports of the choice."""
        return self._copy.text

    def reset(self) -> None:
        """Take every filter away."""
        with self._together():
            clear(self.controls)

    def show_words(self, trial_id: str) -> None:
        """Show every value of this trial and its words below the table."""
        self._table.show_words(trial_id)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self._view._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        return f"Explorer: {self._told()}"

    def _make_charts(self) -> dict[str, FedChart]:
        every = filters.keep_trials(self._catalogue, {})
        sources = [s for s in SOURCE_COLOURS if s in set(self._catalogue.trials["source"])]
        first = {facet: counting(self._catalogue, every) for facet, (counting, *_) in BARS.items()}
        plots = {
            "conditions": charts.plot_condition_bars(sources, first["conditions"]),
            "cell_sources": charts.plot_source_bars(sources, first["cell_sources"]),
            "instruments": charts.plot_instrument_bars(first["instruments"]),
        }
        self._marks = {name: list_marks(self._catalogue, name) for name in RANGES}
        plots["years"] = charts.plot_enrollment_marks(self._marks["years"], len(every))
        for name, basis in BASES.items():
            plots[name] = charts.plot_level_marks(self._marks[name], basis, len(every))
        drawing = load_drawing()
        made = {facet: FedChart(plots[facet], drawing, "svg", self._picker(facet)) for facet in BARS}
        for name in RANGES:
            made[name] = FedChart(plots[name], drawing, "canvas", self.show_words, self._brusher(name))
        return made

    def _lay_out(self) -> widgets.VBox:
        reset = widgets.Button(description="Reset", tooltip="Take every filter away", icon="undo")
        reset.on_click(lambda _: self.reset())
        dress(self._report)
        row = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "4px 12px"}
        order = ("conditions", "cell_sources", "years", "instruments", "per_kg", "total")
        boxes = [self._charts[name].box for name in order]
        parts = [
            widgets.HTML(STYLE),
            lay_out_controls(self.controls),
            widgets.HBox([self._count, reset], layout=row),
            self._asked,
            widgets.HTML(_note(HELP)),
            widgets.HBox(boxes, layout={"flex_flow": "row wrap", "grid_gap": "12px"}),
            widgets.HBox([self._report, self._copy], layout={**row, "align_items": "flex-end"}),
            self._differs,
            self._table.box,
        ]
        return widgets.VBox(parts).add_class("tk-explorer")

    # From a chart to the filters

    def _picker(self, facet: str) -> Callable[[str], None]:
        return lambda key: toggle(self.controls[facet], key)

    def _brusher(self, name: str) -> Callable[[float, float], None]:
        values = filters.range_values(self._catalogue, name)

        def brush(low: float, high: float) -> None:
            ends = filters.snap(values, *(filters.snap_years(low, high) if name == "years" else (low, high)))
            if ends != OPEN:  # a range between two neighbouring values is a slip of the hand
                with self._together():
                    set_range(self.controls, name, ends)

        return brush

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Several filters change, one new picture is shown."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False
        self._show()

    # From the filters to the charts

    def _told(self) -> str:
        return f"{self._keep.sum()} of {plural(len(self._keep), 'trial')}"

    def _show(self) -> None:
        if self._quiet:
            return
        choice = self.choice
        fits = filters.find_fits(self._catalogue, choice)
        self._keep = filters.keep_trials(self._catalogue, fits)
        self._count.value = f'<p class="tk-count" role="status">{escape(self._told())}</p>'
        self._asked.value = _note(filters.tell_choice(self._catalogue, choice), "" if self._keep.any() else NOTHING)
        self._feed_bars(choice, fits)
        self._feed_marks(choice, fits)
        self._show_command()
        self._table.choose(self._keep)

    def _feed_bars(self, choice: Choice, fits: Mapping[str, pl.Series]) -> None:
        for facet, (counting, label, noun, nouns) in BARS.items():
            keep = filters.keep_trials(self._catalogue, fits, but=facet)
            rows = counting(self._catalogue, keep, getattr(choice, facet))
            known = filters.keep_rows(self._catalogue.members[facet], keep)["key"].n_unique()
            self._charts[facet].feed(rows=rows.to_dicts())
            self._charts[facet].caption.value = _note(counts.tell_bars(rows, label, noun, nouns, known))

    def _feed_marks(self, choice: Choice, fits: Mapping[str, pl.Series]) -> None:
        for name, marks in self._marks.items():
            keep = filters.keep_trials(self._catalogue, fits, but=name)
            low, high = getattr(choice, name)
            chart, years = self._charts[name], name == "years"
            chart.feed(keep=keep.cast(pl.Int8).to_list(), low=low, high=high)
            chart.caption.value = _note(
                counts.tell_enrollment(marks, keep) if years else counts.tell_levels(marks, keep)
            )

    def _show_command(self) -> None:
        self._copy.text = write_command(self.parameters, self._report.value, self._folder)
        self._differs.value = _note(tell_command(self._catalogue, self.choice, int(self._keep.sum())))


def list_marks(catalogue: Catalogue, name: str) -> pl.DataFrame:
    """The marks of the chart that sets the range `name`."""
    return counts.list_enrollment(catalogue) if name == "years" else counts.list_levels(catalogue, name)


def _note(*sentences: str) -> str:
    return f'<p class="tk-note">{escape(" ".join(filter(None, sentences)))}</p>'
