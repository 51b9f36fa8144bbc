"""Every notebook runs on the bundled trials, and on a selection that holds none, and gives a small, whole report."""

import re
from pathlib import Path

import browser
import pytest
import rendering

from trialkit.report import list_parameters, render_reports

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.ipynb"))
LARGEST_REPORT = 2_000_000

# All notebooks of one kind of run go through the engine together, two kernels at a time, as `trialkit report` does.
pytestmark = [pytest.mark.xdist_group("notebooks"), pytest.mark.usefixtures("bundled")]


@pytest.fixture(scope="module")
def reports(tmp_path_factory, bundled):
    return rendering.render_once(tmp_path_factory.getbasetemp(), bundled)


@pytest.fixture(scope="module")
def empty_reports(tmp_path_factory, bundled):
    parameters = list_parameters(NOTEBOOKS)
    chosen = [n for n in NOTEBOOKS if any(p.name == "years" for p in parameters[n.name])]
    results = render_reports(chosen, tmp_path_factory.mktemp("empty"), {"years": [1900]}, progress=False)
    return {result.notebook: result for result in results}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs_on_the_bundled_trials(reports, notebook):
    result = reports[notebook]
    assert result.failure is None
    assert result.html.stat().st_size < LARGEST_REPORT
    html = result.html.read_text(encoding="utf-8")
    assert html.count("<h1") == 1
    assert "Data fingerprint" in html


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_report_speaks_in_words(reports, notebook):
    html = reports[notebook].html.read_text(encoding="utf-8")
    shown = re.sub(r"<(script|style)\b.*?</\1>|<details class=\"code\".*?</details>|<[^>]+>", " ", html, flags=re.S)
    assert not re.search(r"\b(NaN|NoneType|None|nan|alt\.\w*Chart|Traceback|shape: \()", shown)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_survives_a_selection_without_any_trial(empty_reports, notebook):
    if notebook not in empty_reports:
        pytest.skip("shows one trial, has no selection")
    assert empty_reports[notebook].failure is None
    assert empty_reports[notebook].html.stat().st_size < LARGEST_REPORT


needs_browser = pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))


@pytest.fixture(scope="module")
def driver():
    with browser.open_browser() as driver:
        yield driver


@needs_browser
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_empty_report_has_no_console_error(driver, empty_reports, notebook):
    if notebook not in empty_reports:
        pytest.skip("shows one trial, has no selection")
    browser.complaints(driver)
    browser.show(driver, empty_reports[notebook].html)
    assert browser.complaints(driver) == []


@needs_browser
def test_index_links_every_report(driver, reports):
    folder = next(iter(reports.values())).html.parent
    browser.show(driver, folder / "index.html")
    links = driver.execute_script(
        "return [...document.querySelectorAll('a[href$=\".html\"]')].map(a => a.getAttribute('href'))"
    )
    assert {f"{notebook.stem}.html" for notebook in NOTEBOOKS} <= set(links)
