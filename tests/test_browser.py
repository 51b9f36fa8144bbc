"""Reports as a reader sees them: opened from a file, with no network, on a wide screen, a phone, in light and dark."""

import csv
import io
from pathlib import Path

import browser
import pytest

from trialkit.report import render_reports

pytestmark = pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))

NOTEBOOKS = Path(__file__).parent / "fixtures" / "notebooks"
PAGES = ["good", "failing", "hostile", "index"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    render_reports([NOTEBOOKS / f"{name}.ipynb" for name in PAGES[:3]], folder, {"minimum_size": 12}, progress=False)
    return folder


@pytest.fixture(scope="module")
def driver():
    with browser.open_browser() as driver:
        yield driver


@pytest.mark.parametrize("width", [1400, 375])
@pytest.mark.parametrize("page", PAGES)
def test_page_draws_all_charts_offline_and_fits(driver, pages, page, width):
    browser.requested(driver), browser.complaints(driver)  # of the page before
    browser.show(driver, pages / f"{page}.html", width=width)
    figures = driver.execute_script("return document.querySelectorAll('figure.chart').length")
    drawn = driver.execute_script("return document.querySelectorAll('figure.chart svg.marks[role=img]').length")
    assert drawn == figures == {"good": 2, "hostile": 1}.get(page, 0)
    assert browser.requested(driver) == []
    assert driver.execute_script("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    # What the policy stopped in the hostile page is reported as an error: it is the one place where that is right.
    assert [c for c in browser.complaints(driver) if page != "hostile" or "Content Security Policy" not in c] == []


def test_hostile_data_does_not_run(driver, pages):
    browser.show(driver, pages / "hostile.html")
    assert driver.title == "Is hostile data harmless?"
    assert driver.execute_script("return document.querySelectorAll('iframe, main script:not([type])').length") == 0


def test_charts_follow_dark_mode_and_show_tooltips(driver, pages):
    browser.show(driver, pages / "good.html", dark=True)
    fill = "return document.querySelector('svg.marks .role-axis-label text').getAttribute('fill')"
    assert driver.execute_script(fill) == "#c3ccd5"
    browser.show(driver, pages / "good.html")
    assert driver.execute_script(fill) != "#c3ccd5"
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    mark = driver.find_element(By.CSS_SELECTOR, "svg.marks .mark-symbol.role-mark path")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", mark)
    ActionChains(driver).move_to_element(mark).perform()
    WebDriverWait(driver, 5).until(lambda d: "NCT" in d.find_element(By.ID, "vg-tooltip-element").text)


def test_legend_highlights_by_buttons_that_a_keyboard_reaches(driver, pages):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    browser.show(driver, pages / "good.html")
    dim = "return [...document.querySelectorAll('svg.marks .mark-symbol.role-mark path')].filter((p) => p.getAttribute('opacity') === '0.1').length"
    button = driver.find_element(By.CSS_SELECTOR, ".picks[role=group] button")
    assert (button.text, driver.execute_script(dim)) == ("adipose", 0)
    button.send_keys(Keys.ENTER)
    WebDriverWait(driver, 5).until(lambda d: d.execute_script(dim) > 20)
    assert button.get_attribute("aria-pressed") == "true"
    button.send_keys(Keys.SPACE)
    WebDriverWait(driver, 5).until(lambda d: d.execute_script(dim) == 0)


def test_tables_sort_by_number_and_filter(driver, pages):
    browser.show(driver, pages / "good.html")
    column = (
        "return [...document.querySelectorAll('.tk-table tbody tr:not([hidden])')].map((r) => r.cells[2].textContent)"
    )
    press = "document.querySelectorAll('.tk-table th button')[2].click()"
    driver.execute_script(press)
    up = [int(value) for value in driver.execute_script(column)]
    assert up == sorted(up)
    driver.execute_script(press)
    assert [int(value) for value in driver.execute_script(column)] == up[::-1]
    assert driver.execute_script("return document.querySelectorAll('.tk-table th')[2].ariaSort") == "descending"
    driver.execute_script(
        "const i = document.querySelector('.tk-tools input'); i.value = 'umbilical 2015'; i.dispatchEvent(new Event('input'))"
    )
    shown = len(driver.execute_script(column))
    assert 0 < shown < len(up)
    assert driver.execute_script("return document.querySelector('.tk-tools [role=status]').textContent") == (
        f"{shown} of {len(up)} rows"
    )


def test_downloaded_csv_holds_the_rows_and_no_formula(driver, pages):
    browser.show(driver, pages / "hostile.html")
    text = driver.execute_async_script(
        "const done = arguments[0];"
        "const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then(done); return make(blob); };"
        "document.querySelector('button.csv').click();"
    )
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == ["name", "n"]
    assert rows[2] == ['\'=HYPERLINK("http://example.org")', ""]
    assert rows[4] == ["'-5", "-3"]  # a text is made harmless, a number is left a number


def test_a_table_is_copied_as_it_is_shown_without_formulas(driver, pages):
    browser.show(driver, pages / "good.html")
    driver.execute_script(
        "window.copied = []; Object.defineProperty(navigator, 'clipboard', {value: {writeText: async (t) => { window.copied.push(t) }}});"
        "const i = document.querySelector('.tk-tools input'); i.value = 'umbilical 2015'; i.dispatchEvent(new Event('input'));"
        "document.querySelector('.tk-table tbody tr:not([hidden]) td').textContent = '=1+1';"
        "document.querySelector('.copying button').click()"
    )
    (text,) = driver.execute_script("return window.copied")
    heading, *rows = [line.split("\t") for line in text.split("\n")]
    assert "↕" not in "".join(heading)
    assert 0 < len(rows) < driver.execute_script("return document.querySelectorAll('.tk-table tbody tr').length")
    assert "'=1+1" in rows[0]
    assert {len(row) for row in rows} == {len(heading)}


def test_code_is_hidden_until_asked_for(driver, pages):
    browser.show(driver, pages / "good.html")
    visible = "return [...document.querySelectorAll('details.code pre')].filter((e) => e.checkVisibility()).length"
    assert driver.execute_script(visible) == 0
    driver.execute_script("document.getElementById('code-toggle').click()")
    assert driver.execute_script(visible) > 5


def test_without_scripts_still_images_and_tables_stand(driver, pages):
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver.get((pages / "good.html").resolve().as_uri())
        from selenium.webdriver.common.by import By

        images = driver.find_elements(By.CSS_SELECTOR, "figure.chart img")
        assert len(images) == 2
        assert all(image.size["height"] > 50 for image in images)
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.skipif(not browser.AXE.exists(), reason=browser.NO_AXE)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_no_accessibility_violations(driver, pages, page, dark):
    browser.show(driver, pages / f"{page}.html", dark=dark)
    assert browser.violations(driver) == []
