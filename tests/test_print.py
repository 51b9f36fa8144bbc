"""Every report and page as it is printed on A4: nothing is cut at the foot of a page or at its right edge."""

import browser
import pytest
import rendering

pytestmark = pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))

PAPER = {"width": 680, "height": 994}  # px within the margins of style.css: 180 x 263 mm


@pytest.fixture(scope="module")
def driver():
    with browser.open_browser() as driver:
        yield driver


@pytest.fixture(scope="module", params=[*(path.stem for path in rendering.NOTEBOOKS), *rendering.OTHERS])
def printed(request, driver, tmp_path_factory, bundled):
    """The page shown at 1400 px, ready to be printed."""
    reports = rendering.render_once(tmp_path_factory.getbasetemp(), bundled)
    browser.show(driver, rendering.find_page(reports, request.param))
    return driver


def test_page_prints(printed):
    assert browser.print_pdf(printed).count(b"/Type /Page\n") >= 1
    assert printed.execute_script("return document.querySelectorAll('.slices').length") == 0  # the screen is as before


def test_no_printed_chart_is_taller_or_wider_than_a_page_and_no_table_is_wider(printed):
    with browser.on_paper(printed, **PAPER):
        sizes = printed.execute_script(
            "return [...document.querySelectorAll('figure.chart:not(.sliced) svg.marks, .slices > svg')]"
            ".map((svg) => svg.getBoundingClientRect()).map((box) => [box.height, box.right])"
        )
        assert [
            (tall, right) for tall, right in sizes if not (0 < tall <= PAPER["height"] and right <= PAPER["width"])
        ] == []
        # Also inside boxes that would scroll on a screen.
        outside = printed.execute_script(
            "return [...document.querySelectorAll('main :is(table, th, td, pre, p)')].filter((e) => e.checkVisibility()"
            "&& e.getBoundingClientRect().right > arguments[0] + 1).map((e) => e.outerHTML.slice(0, 200))",
            PAPER["width"],
        )
        assert outside == []


def test_each_text_of_a_chart_printed_in_parts_stands_whole_in_one_of_them(printed):
    printed.execute_script("dispatchEvent(new Event('beforeprint'))")
    cut = printed.execute_script("""
        return [...document.querySelectorAll("figure.sliced")].flatMap((figure) => {
          const svg = figure.querySelector("svg.marks");
          const origin = svg.getBoundingClientRect().top;
          const parts = [...figure.querySelectorAll(".slices svg svg")].map((part) => part.viewBox.baseVal);
          return [...svg.querySelectorAll("text")].filter((text) => {
            const { top, bottom } = text.getBoundingClientRect();
            return !parts.some((part) => top - origin >= part.y - 0.5 && bottom - origin <= part.y + part.height + 2.1);
          }).map((text) => text.textContent);
        })""")
    printed.execute_script("dispatchEvent(new Event('afterprint'))")
    assert cut == []
