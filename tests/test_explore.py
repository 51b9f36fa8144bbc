"""The explorer: which trials fit a choice, what its charts and sentences tell, and the real thing in JupyterLab."""

import gzip
import shlex
import shutil
import time
from datetime import date
from pathlib import Path

import altair as alt
import browser
import pytest
from lab_server import run_all, serve_lab, wait_for
from making import make_frames

import trialkit as tk
from trialkit.explorer_command import report_parameters, tell_command, write_command
from trialkit.explorer_drawing import load_drawing
from trialkit.summaries import filter_counts as counts
from trialkit.summaries.filters import (
    FACETS,
    OPEN,
    RANGES,
    Choice,
    choose_trials,
    find_fits,
    index_trials,
    keep_trials,
    snap,
    snap_years,
    tell_choice,
)
from trialkit.summaries.values import list_words

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "explore.ipynb"


def dose(trial_id, low, high, basis):
    return {"trial_id": trial_id, "dose_low": low, "dose_high": high, "dose_basis": basis}


@pytest.fixture(scope="module")
def frames():
    """Four small trials: T1 says everything, T2 other things, T3 names two tissues, T4 says nothing."""
    return make_frames(
        trials=[
            {"trial_id": "T1", "public_title": "Cells in Sjögren's (pilot)", "condition_group": "systemic_lupus", "phases": ["phase1", "phase2"],
             "cell_source": ["umbilical_cord"], "donor": "allogeneic", "overall_status": "completed", "start_date": date(2012, 7, 1),
             "enrollment_count": 20, "enrollment_type": "actual", "url": "https://register.example/T1"},
            {"trial_id": "T2", "public_title": "More cells", "condition_group": "lupus_nephritis", "phases": ["phase2"], "cell_source": ["adipose"],
             "donor": "autologous", "overall_status": "recruiting", "start_date": date(2018, 1, 1), "enrollment_count": 40, "enrollment_type": "estimated"},
            {"trial_id": "T3", "public_title": "Two tissues", "condition_group": "systemic_lupus", "cell_source": ["umbilical_cord", "adipose"],
             "start_date": date(2015, 5, 5)},
            {"trial_id": "T4"},
        ],
        regimens=[dose("T1", 1e6, 2e6, "per_kg"), dose("T2", 1e8, 1e8, "total"), dose("T3", None, 5e6, "per_kg")],
        endpoints=[
            {"trial_id": "T1", "role": "primary", "position": 0, "measure": "SLEDAI", "instruments": ["SLEDAI"], "domain": "disease activity", "is_duplicate": False},
            {"trial_id": "T2", "role": "secondary", "position": 0, "measure": "SLEDAI", "instruments": ["SLEDAI"], "is_duplicate": False},
        ],
    )  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(frames):
    return index_trials(frames)


def chosen(catalogue, **choice):
    return choose_trials(catalogue, Choice(**choice)).trials["trial_id"].to_list()


# Which trials fit


@pytest.mark.parametrize(
    ("choice", "fit"),
    [
        ({}, ["T1", "T2", "T3", "T4"]),
        ({"conditions": ("systemic_lupus",)}, ["T1", "T3"]),
        ({"conditions": ("systemic_lupus", "lupus_nephritis")}, ["T1", "T2", "T3"]),  # one of the words is enough
        ({"conditions": ("systemic_lupus",), "donors": ("allogeneic",)}, ["T1"]),  # but every filter
        ({"cell_sources": ("adipose",)}, ["T2", "T3"]),  # a trial of two tissues is a trial of each
        ({"cell_sources": ("not_reported",)}, ["T4"]),
        ({"phases": ("phase1",)}, ["T1"]),
        ({"phases": ("not_reported",)}, ["T3", "T4"]),
        ({"statuses": ("not_reported", "recruiting")}, ["T2", "T3", "T4"]),
        ({"instruments": ("SLEDAI",)}, ["T1", "T2"]),
        ({"instruments": ("not_reported",)}, ["T3", "T4"]),
        ({"domains": ("disease activity",)}, ["T1"]),
        ({"years": (2012, 2015)}, ["T1", "T3"]),
        ({"years": (2013, None)}, ["T2", "T3"]),  # without a date: in no range
        ({"per_kg": (2e6, None)}, ["T1", "T3"]),  # a range fits where it overlaps, "up to" counts as its number
        ({"per_kg": (None, 9e5)}, []),
        ({"per_kg": (1e8, 1e8)}, []),  # a total dose is in no range of doses per kg
        ({"total": (1e8, 1e8)}, ["T2"]),
        ({"text": "CELLS sjogren"}, ["T1"]),  # all words, any case, accents or not
        ({"text": '"more cells"'}, ["T2"]),
        ({"text": '"cells more"'}, []),
        ({"text": "(pilot)"}, ["T1"]),  # letters, not a pattern
        ({"text": 'sledai "'}, ["T1", "T2"]),
    ],
)
def test_trials_that_fit(catalogue, choice, fit):
    assert chosen(catalogue, **choice) == fit


def test_a_chart_leaves_its_own_filter_out(catalogue):
    fits = find_fits(catalogue, Choice(conditions=("lupus_nephritis",), donors=("autologous", "not_reported")))
    keep = keep_trials(catalogue, fits, but="conditions")
    rows = counts.count_conditions(catalogue, keep, ["lupus_nephritis"])
    assert rows.select("key", "total", "on").rows() == [
        ("lupus_nephritis", 1, True), ("systemic_lupus", 1, False), ("not_reported", 1, False),
    ]  # fmt: skip


def test_a_chosen_bar_is_drawn_even_when_it_holds_nothing(bundled):
    catalogue = index_trials(bundled)
    last = list(catalogue.labels["conditions"])[-1]
    nothing = keep_trials(catalogue, find_fits(catalogue, Choice(text="no such word")))
    assert counts.count_conditions(catalogue, nothing, [last]).select("key", "total").rows() == [(last, 0)]
    everything = keep_trials(catalogue, {})
    drawn = counts.count_conditions(catalogue, everything, [last])["key"].unique()
    assert len(drawn) == counts.MOST
    assert last in drawn


def test_every_trial_is_counted_in_every_facet(bundled):
    catalogue = index_trials(bundled)
    for facet in FACETS:
        assert catalogue.members[facet]["i"].n_unique() == len(bundled.trials)
    everything = keep_trials(catalogue, {})
    by_source = counts.count_sources(catalogue, everything)["total"].sum()
    assert by_source == bundled.trials["cell_source"].list.len().clip(1).sum()


def test_a_range_drawn_by_hand_snaps_to_what_is_there():
    assert snap([1, 2, 5, 10], 1.5, 7) == (2, 5)
    assert snap([1, 2, 5, 10], 5.5, 7) == OPEN
    assert snap_years(2011.6, 2014.4) == (2012, 2013)
    assert snap_years(2011.6, 2011.7) == (2011, 2011)


# Sentences


def test_a_choice_is_told_in_words(catalogue):
    assert tell_choice(catalogue, Choice()) == "No filter is set."
    asked = Choice(conditions=("systemic_lupus", "lupus_nephritis"), years=(2012, None), per_kg=(1e6, 1e6), text=" x ")
    assert tell_choice(catalogue, asked) == (
        "Condition: Systemic lupus or Lupus nephritis; Start year: from 2012; Dose per kg: 1 million; Text: x."
    )


def test_sentences_are_right_for_none_one_and_many(catalogue):
    points, levels = counts.list_enrollment(catalogue), counts.list_levels(catalogue, "per_kg")
    everything, one, none = (
        keep_trials(catalogue, find_fits(catalogue, c))
        for c in (Choice(), Choice(text="pilot"), Choice(text="nowhere"))
    )
    assert counts.tell_enrollment(points, everything) == (
        "1 trial with an actual number (median 20) and 1 trial with a planned number (median 40). "
        "2 trials without a start date or a number above zero are not drawn."
    )
    assert counts.tell_enrollment(points, none) == "No trial to draw."
    assert counts.tell_levels(levels, everything) == (
        "2 dose levels of 2 trials, 1 million to 5 million cells. 2 trials state none on this basis."
    )
    assert counts.tell_levels(levels, one) == "1 dose level of 1 trial, 1 million to 2 million cells."
    assert counts.tell_levels(levels, none) == "No dose to draw."
    bars = counts.count_instruments(catalogue, everything)
    assert counts.tell_bars(bars, "instrument", "instrument", "instruments", 1) == "Most: SLEDAI 2."
    assert (
        counts.tell_bars(bars, "instrument", "instrument", "instruments", 9)
        == "Most: SLEDAI 2. 1 of 9 instruments is drawn."
    )


# Words behind the values


def test_every_value_of_a_trial_stands_with_its_words(bundled):
    for trial_id in bundled.trials["trial_id"].head(20):
        own = bundled.select([trial_id])
        assert set(own.evidence["quote"]) == set(list_words(bundled, trial_id)["words"])
    assert len(list_words(bundled, "no such trial")) == 0


# Reports of the choice


CHOICES = [
    Choice(),
    Choice(conditions=("lupus_nephritis", "systemic_lupus"), cell_sources=("umbilical_cord", "not_reported")),
    Choice(donors=("not_reported",), phases=("phase1",), statuses=("completed", "unknown")),
    Choice(years=(2010, 2015)),
    Choice(years=(None, 2015)),
]


@pytest.mark.parametrize("choice", CHOICES)
def test_parameters_choose_the_same_trials(bundled, choice):
    catalogue = index_trials(bundled)
    parameters, left = report_parameters(catalogue, choice)
    assert left == []
    same = tk.choose(bundled, **parameters).trials["trial_id"].to_list()
    assert same == choose_trials(catalogue, choice).trials["trial_id"].to_list()
    assert tell_command(catalogue, choice, len(same)) == ""


def test_what_no_parameter_can_say_is_left_out_and_told(bundled):
    catalogue = index_trials(bundled)
    choice = Choice(cell_sources=("adipose",), phases=("phase1", "not_reported"), per_kg=(1e6, None), text="safety")
    parameters, left = report_parameters(catalogue, choice)
    assert parameters == {"cell_sources": ["adipose"]}
    assert left == ["Phase", "Dose per kg", "Text"]
    shown = len(tk.choose(bundled, **parameters).trials)
    n = len(choose_trials(catalogue, choice).trials)
    assert tell_command(catalogue, choice, n) == (
        f"Reports have no parameter for phase, dose per kg and text: they would show {shown} trials instead of {n}."
    )


def test_command_survives_the_shell():
    parameters = {"statuses": ["it's $(here)"], "years": [2010, 2015]}
    command = write_command(parameters, "03_dosing", "my frames")
    assert shlex.split(command) == [
        "trialkit", "report", "03_dosing", "-p", 'statuses=["it\'s $(here)"]', "-p", "years=[2010,2015]", "--frames", "my frames",
    ]  # fmt: skip


# Widgets, without a browser


@pytest.fixture
def explorer(frames):
    return tk.explore(frames)


def send(chart, **state):
    """What the browser sends when a chart was clicked, brushed or drawn anew."""
    chart.widget.set_state(state)


def pick(chart, field, value, serial=None):
    serial = chart.widget.params.state["serial"] if serial is None else serial
    send(
        chart, _vl_selections={"pick": {"value": {"vlPoint": {"or": [{field: value, "serial": serial}]}}, "store": [1]}}
    )


def test_every_control_has_a_label(explorer):
    assert [name for name, control in explorer.controls.items() if not control.description] == []


def test_filters_choose_frames_parameters_and_command(explorer):
    assert repr(explorer) == "Explorer: 4 of 4 trials"
    explorer.controls["cell_sources"].value = ("adipose",)
    explorer.controls["years_from"].value = 2016
    assert repr(explorer) == "Explorer: 1 of 4 trials"
    assert explorer.frames.trials["trial_id"].to_list() == ["T2"]
    assert explorer.frames.regimens["dose_basis"].to_list() == ["total"]
    assert explorer.parameters == {"cell_sources": ["adipose"], "years": [2016, 2018]}
    assert explorer.command == "trialkit report -p 'cell_sources=[\"adipose\"]' -p 'years=[2016,2018]'"
    explorer.reset()
    assert len(explorer.frames.trials) == 4


def test_a_choice_that_nothing_fits_is_told(explorer):
    explorer.controls["text"].value = "nowhere"
    assert len(explorer.frames.trials) == 0
    assert "No trial fits all filters" in explorer._asked.value
    assert "none" in explorer._table._rows.value


def test_an_explorer_of_no_trials_is_a_page(frames):
    assert repr(tk.explore(frames.select([]))) == "Explorer: 0 of no trials"


def test_a_click_on_a_bar_chooses_it_and_a_second_one_takes_it_out(explorer):
    bars = explorer._charts["conditions"]
    pick(bars, "key", "systemic_lupus")
    assert explorer.controls["conditions"].value == ("systemic_lupus",)
    pick(bars, "key", "lupus_nephritis")
    assert set(explorer.controls["conditions"].value) == {"systemic_lupus", "lupus_nephritis"}
    pick(bars, "key", "systemic_lupus")
    assert explorer.controls["conditions"].value == ("lupus_nephritis",)
    pick(bars, "key", "systemic_lupus", serial=0)  # a click on what is no longer shown
    assert explorer.controls["conditions"].value == ("lupus_nephritis",)


def test_a_range_drawn_in_a_chart_sets_the_menus(explorer):
    send(explorer._charts["years"], _vl_selections={"brush": {"value": {"when": [2014.7, 2016.9]}, "store": [1]}, "pick": {"value": None, "store": []}})  # fmt: skip
    assert explorer.choice.years == (2015, 2016)
    send(explorer._charts["years"], _vl_selections={"brush": {"value": {}, "store": []}, "pick": {"value": None, "store": []}})  # fmt: skip
    assert explorer.choice.years == (2015, 2016)  # a brush that is gone takes no filter with it


def test_a_click_on_a_mark_shows_the_words_of_its_trial(explorer):
    pick(explorer._charts["years"], "trial_id", "T2")
    assert explorer._table.shown == "T2"
    assert "Every value" in explorer._table._words.value


def test_a_page_opened_again_draws_the_choice_of_now(explorer):
    bars = explorer._charts["conditions"]
    drawn_first = bars.widget.spec["params"][-1]["value"]
    explorer.controls["donors"].value = ("autologous",)
    now = bars.widget.params.state
    assert drawn_first["serial"] == 0
    send(bars, _params={"state": drawn_first})
    assert bars.widget._params["state"] == now


def test_charts_share_one_script_and_leave_those_of_altair_alone(explorer):
    charts = [chart.widget for chart in explorer._charts.values()]
    (drawing,) = {chart.drawing for chart in charts}
    assert b"vega" in gzip.decompress(drawing.script)
    assert sum(len(chart._esm) for chart in charts) < 10_000
    assert not alt.JupyterChart._is_offline
    assert len(alt.JupyterChart._esm) < 20_000


@pytest.mark.parametrize("kept", [b"no gzip", gzip.compress(b"cut off")[:-9], b""], ids=["foreign", "cut", "empty"])
def test_a_script_kept_broken_is_made_anew(tmp_path, monkeypatch, kept):
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path))
    monkeypatch.setattr("trialkit.explorer_drawing._bundle", lambda: "export default {}")
    made = load_drawing().script
    (path,) = tmp_path.iterdir()
    path.write_bytes(kept)
    assert load_drawing().script == made == path.read_bytes()
    assert gzip.decompress(made) == b"export default {}"


def test_text_of_a_record_stays_text(frames):
    hostile = "<img src=x onerror=alert(1)>"
    trial = {"trial_id": "T9", "public_title": hostile, "lead_sponsor": hostile, "url": "javascript:alert(1)"}
    shown = tk.explore(make_frames(trials=[trial]))
    html = shown._table._rows.value + shown._table._words.value
    assert "&lt;img" in html
    assert "<img" not in html
    assert "javascript:" not in html


# In JupyterLab

pytestmark_browser = pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))


@pytest.fixture(scope="module")
def page(tmp_path_factory, bundled):
    """The notebook, run in JupyterLab and shown in a browser that reaches nothing but this machine."""
    folder, private = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("private")
    shutil.copy(NOTEBOOK, folder)
    with serve_lab(folder, private) as address, browser.open_browser(loopback=True) as driver:
        driver.set_window_size(1400, 2400)
        driver.get(address)
        run_all(driver)
        wait_for(driver, DRAWN, 120)
        yield driver


DRAWN = "document.querySelectorAll('.tk-chart .vega-embed .marks').length === 6"
GIVEN_UP = "document.body.textContent.includes('Error displaying widget: model not found')"
COUNT = "document.querySelector('.tk-count').textContent"
ASKED = "document.querySelector('.tk-explorer .tk-note').textContent"
BARS = (
    "[...document.querySelectorAll('.tk-chart')[{}].querySelectorAll('text')].map(t => t.textContent).sort().join('|')"
)


def choose_in_list(driver, label, *words):
    from selenium.webdriver.support.ui import Select

    found = driver.execute_script(
        "return [...document.querySelectorAll('.tk-filter label')].find(l => l.textContent === arguments[0]).control",
        label,
    )
    for option in (menu := Select(found)).options:
        if option.text.rpartition(" (")[0] in words or option.text in words:
            menu.select_by_visible_text(option.text)


def reset(driver, total):
    driver.find_element("xpath", "//button[contains(., 'Reset')]").click()
    wait_for(driver, f"{COUNT} === '{total} of {total} trials'")
    settle(driver)


def settle(driver):
    """Wait until what the page says holds still: a chart can follow the number above it a moment later."""
    shown = None
    while shown != (shown := driver.execute_script("return document.querySelector('.tk-explorer').textContent")):
        time.sleep(0.3)


def load_again(driver):
    """Load the page again, as a person does who reads that JupyterLab gave up: it allows a widget two seconds."""
    for _ in range(5):
        driver.refresh()
        wait_for(driver, f"({DRAWN}) || {GIVEN_UP}", 120)
        if driver.execute_script(f"return {DRAWN}"):
            return
    pytest.fail("JupyterLab gave up on the widgets five times")


@pytestmark_browser
class TestInJupyterLab:
    def test_opens_on_the_notebook_and_needs_no_network(self, page, bundled):
        n = len(bundled.trials)
        assert page.current_url.endswith("/lab/tree/explore.ipynb")
        assert page.execute_script(f"return {COUNT}") == f"{n} of {n} trials"
        assert [a for a in browser.requested(page) if "//127.0.0.1:" not in a] == []

    def test_a_filter_changes_the_number_and_the_charts(self, page, bundled):
        before = page.execute_script(f"return {BARS.format(1)}")
        choose_in_list(page, "Condition", "Systemic lupus", "Lupus nephritis")
        n = len(tk.choose(bundled, conditions=["systemic_lupus", "lupus_nephritis"]).trials)
        wait_for(page, f"{COUNT} === '{n} of {len(bundled.trials)} trials'")
        wait_for(page, f"{BARS.format(1)} !== {before!r}")
        reset(page, len(bundled.trials))
        wait_for(page, f"{BARS.format(1)} === {before!r}")

    def test_a_click_on_a_bar_filters_and_a_second_click_does_not(self, page, bundled):
        from selenium.webdriver import ActionChains

        reset(page, len(bundled.trials))
        for asked in ("Cell source: Umbilical cord.", "No filter is set."):
            bar = page.find_elements("css selector", ".tk-chart")[1].find_element("css selector", ".mark-rect path")
            ActionChains(page).move_to_element(bar).click().perform()
            wait_for(page, f"{ASKED} === {asked!r}")
            settle(page)

    def test_a_range_drawn_by_hand_filters(self, page, bundled):
        from selenium.webdriver import ActionChains

        reset(page, len(bundled.trials))
        for asked in ("first", "second"):  # also after the filter was taken away elsewhere
            chart = page.find_element("css selector", ".tk-chart canvas")
            drag = ActionChains(page).move_to_element_with_offset(chart, -20, 20).click_and_hold()
            drag.move_by_offset(30, 0).move_by_offset(50, 0).release().perform()
            wait_for(page, f"/^Start year: from \\d+ to \\d+/.test({ASKED})"), asked
            reset(page, len(bundled.trials))

    def test_a_choice_that_nothing_fits_is_told(self, page, bundled):
        reset(page, len(bundled.trials))
        page.find_element("css selector", ".tk-explorer input[type=text]").send_keys("no such words")
        wait_for(page, f"{ASKED}.includes('No trial fits all filters')")
        assert page.execute_script(f"return {COUNT}") == f"0 of {len(bundled.trials)} trials"
        page.find_element("css selector", ".tk-explorer input[type=text]").clear()
        reset(page, len(bundled.trials))
        assert browser.complaints(page) == []

    def test_every_control_is_labelled_and_reached_by_the_tab_key(self, page):
        from selenium.webdriver import ActionChains, Keys

        page.execute_script("document.querySelector('.tk-explorer select').focus()")
        reached = []
        for _ in range(17):
            named = "const a = document.activeElement; return a.labels?.[0]?.textContent || a.textContent"
            reached.append(page.execute_script(named).strip())
            ActionChains(page).send_keys(Keys.TAB).perform()
        ranges = [f"{label}, {end}" for label in RANGES.values() for end in ("from", "to")]
        assert reached == [*FACETS.values(), *ranges, "Text", "Reset", "Report", "Copy the command"]

    def test_a_page_loaded_again_shows_the_choice_that_was_made(self, page, bundled):
        choose_in_list(page, "Cell source", "Adipose tissue")
        wait_for(page, f"{ASKED} === 'Cell source: Adipose tissue.'")
        settle(page)
        drawn = page.execute_script(f"return {BARS.format(0)}")
        page.execute_async_script("window.jupyterapp.commands.execute('docmanager:save').then(arguments[0])")
        load_again(page)
        wait_for(page, f"{ASKED} === 'Cell source: Adipose tissue.'")
        wait_for(page, f"{BARS.format(0)} === {drawn!r}")
