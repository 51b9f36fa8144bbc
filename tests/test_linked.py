"""Questions put to a chart of trials in its report: condition, range by list or by mouse, tissue; all views answer together."""

import browser
import pytest

from trialkit.charts.dosing import plot_doses
from trialkit.charts.enrollment import plot_enrollment
from trialkit.report_charts import CHART_MIME
from trialkit.report_html import render_page
from trialkit.summaries import label_trials
from trialkit.summaries.dosing import comparable, summarise_doses
from trialkit.summaries.overview import order_conditions

COUNTED = """
    const rows = [...document.querySelectorAll('figure.chart')[arguments[0]].querySelectorAll('.mark-text.role-mark text')];
    return rows.filter((row) => /^\\d+$/.test(row.textContent)).map((row) => Number(row.textContent));
"""


def page_of(*charts):
    from nbformat import from_dict

    outputs = [{"output_type": "display_data", "metadata": {}, "data": {CHART_MIME: c.to_dict()}} for c in charts]
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "source": "", "execution_count": 1, "outputs": outputs}
    return render_page(from_dict({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "charts")[0]


@pytest.fixture(scope="module")
def page(bundled, tmp_path_factory):
    reason = browser.missing()
    if reason:
        pytest.skip(reason)
    doses, order = summarise_doses(bundled), order_conditions(bundled)
    file = tmp_path_factory.mktemp("linked") / "charts.html"
    charts = plot_doses(doses, order, "per kg"), plot_doses(doses, order, "total")
    file.write_text(page_of(*charts), encoding="utf-8")
    with browser.open_browser() as driver:
        browser.show(driver, file)
        yield driver


def choose(driver, figure, menu, words):
    from selenium.webdriver.support.ui import Select

    selects = driver.find_elements("css selector", "figure.chart")[figure].find_elements(
        "css selector", ".menus select"
    )
    Select(next(s for s in selects if s.get_attribute("name") == menu)).select_by_visible_text(words)


def trials(bundled, basis, test=lambda d: True):
    rows = comparable(summarise_doses(bundled), basis).to_dicts()
    return len({r["trial_id"] for r in rows if test(r)})


def test_a_condition_from_the_list_is_counted_alone(page, bundled):
    everyone = sum(page.execute_script(COUNTED, 0))
    choose(page, 0, "one_condition", "Systemic lupus")
    asked = trials(bundled, "per kg", lambda d: d["condition"] == "Systemic lupus")
    assert 0 < sum(page.execute_script(COUNTED, 0)) == asked < everyone
    choose(page, 0, "one_condition", "all")
    assert sum(page.execute_script(COUNTED, 0)) == everyone


def test_a_range_from_the_lists_is_counted_alone(page, bundled):
    choose(page, 0, "least", "3 million")
    asked = trials(bundled, "per kg", lambda d: max(d["low"] or 0, d["high"] or 0) >= 3e6)
    assert 0 < sum(page.execute_script(COUNTED, 0)) == asked
    choose(page, 0, "least", "any")


def test_a_range_drawn_with_the_mouse_is_counted_alone(page):
    from selenium.webdriver import ActionChains

    everyone = sum(page.execute_script(COUNTED, 1))
    bars = page.find_elements("css selector", "figure.chart")[1].find_elements("css selector", ".mark-rect path")
    grey = [bar for bar in bars if bar.get_attribute("fill") == "#8c959f"]
    assert len(grey) > 5
    ActionChains(page).move_to_element(grey[2]).click_and_hold().move_to_element(grey[5]).release().perform()
    assert 0 < sum(page.execute_script(COUNTED, 1)) < everyone


def test_every_menu_has_a_name_that_is_read_out(page):
    selects = page.find_elements("css selector", ".menus select")
    assert [s.accessible_name for s in selects] == ["Condition", "From", "To"] * 2


def test_few_marks_need_no_questions(bundled):
    few = label_trials(bundled).head(5)
    assert "vconcat" not in plot_enrollment(few, []).to_dict()
    assert "vconcat" in plot_enrollment(label_trials(bundled), []).to_dict()
