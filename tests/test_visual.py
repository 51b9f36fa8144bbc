"""Every page a reader gets, looked at: wide and on a phone, in light and dark, with the network unplugged.

Each page is opened once in each way; the tests ask what was seen. Pictures of all: build/screenshots.
"""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import browser
import pytest
import rendering

pytestmark = pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))

REPORTS = [path.stem for path in rendering.NOTEBOOKS]
PICTURES = Path(__file__).parents[1] / "build" / "screenshots"


@dataclass
class View:
    """One page as it was seen in one way."""

    requested: list[str]
    complaints: list[str]
    too_wide: int
    charts: list[dict[str, Any]]
    expected: int
    violations: list[Any] | None


@pytest.fixture(scope="module")
def reports(tmp_path_factory, bundled):
    return rendering.render_once(tmp_path_factory.getbasetemp(), bundled)


@pytest.fixture(scope="module")
def driver():
    with browser.open_browser() as driver:
        yield driver


@pytest.fixture(
    scope="module",
    params=product([*REPORTS, *rendering.OTHERS], [1400, 375], [False, True]),
    ids=lambda way: f"{way[0]}-{way[1]}-{'dark' if way[2] else 'light'}",
)
def view(request, driver, reports):
    name, width, dark = request.param
    phone_in_the_dark = dark and width < 1000
    browser.requested(driver), browser.complaints(driver)  # of the page before
    browser.show(driver, rendering.find_page(reports, name), width=width, dark=dark)
    picture = f"{name.replace('/', '-')}-{width}-{'dark' if dark else 'light'}.png"
    browser.save_screenshot(driver, PICTURES / picture)
    return View(
        charts=browser.charts(driver),
        expected=next((result.charts for path, result in reports.items() if path.stem == name), 0),
        too_wide=driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        ),
        # On a phone neither colours nor, in the dark, the structure differ from what was looked at already.
        violations=browser.violations(driver, colours=width > 1000)
        if browser.AXE.exists() and not phone_in_the_dark
        else [],
        requested=browser.requested(driver),
        complaints=browser.complaints(driver),
    )


def test_page_asks_no_host_and_reports_no_error(view):
    assert (view.requested, view.complaints) == ([], [])


def test_page_does_not_scroll_sideways(view):
    assert view.too_wide <= 0


def test_every_chart_is_drawn_and_says_what_it_shows(view):
    assert len(view.charts) == view.expected
    assert [chart["figure"] for chart in view.charts if not (chart["drawn"] and chart["label"])] == []


def test_no_text_of_a_chart_is_cut_off(view):
    assert {chart["figure"]: chart["cut"] for chart in view.charts if chart["cut"]} == {}


@pytest.mark.skipif(not browser.AXE.exists(), reason=browser.NO_AXE)
def test_no_accessibility_violations(view):
    assert view.violations == []
