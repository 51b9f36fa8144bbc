"""Registers are written by strangers: no text of a record becomes markup, script, another link, or steers a terminal."""

import base64
import gzip
import html
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import browser
import nbformat
import pytest
from attacks import ATTACKS, READABLE, RUN, STRINGS, hostile_frames, text_columns

from trialkit.charts.theme import describe
from trialkit.explorer_table import words_of
from trialkit.report import render_reports
from trialkit.report_charts import add_stills, chart_script, content_hash, take_charts
from trialkit.report_harmless import make_harmless
from trialkit.report_html import asset, policy
from trialkit.report_trials import render_trials
from trialkit.schema import FRAMES
from trialkit.summaries.profile import profile_lines
from trialkit.tables import page_name
from trialkit.terminal import print_ledger, print_profile

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.ipynb"))
REPORTS = [notebook.stem for notebook in NOTEBOOKS]
TRIALS = 40  # of the bundled ones, so that every chart has something to draw
# Elements that pages are made of.
ELEMENTS = """
html head meta title style body a div nav main header section footer h1 h2 h3 p ul li dl dt dd b em strong small mark
code pre span br details summary figure figcaption svg g path line rect circle text tspan defs clipPath linearGradient
stop use table caption thead tbody tr th td label input select option button img script
"""

pytestmark = [
    pytest.mark.xdist_group("hostile"),
    pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing())),
]

# Before anything of the page runs: what a script of a record would do leaves a trace.
WATCH = """
window.__seen = [];
for (const name of ["alert", "confirm", "prompt", "open"]) window[name] = (...words) => { __seen.push(`${name} ${words}`); return null; };
addEventListener("securitypolicyviolation", (e) => __seen.push(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`), true);
addEventListener("error", (e) => __seen.push(`error: ${e.message ?? e.target.outerHTML}`), true);
"""
LOOK = """
const all = (selector) => [...document.querySelectorAll(selector)];
const main = document.querySelector("main")?.cloneNode(true) ?? document.body.cloneNode(true);
main.querySelectorAll("dl.facts, details.code, script, style").forEach((part) => part.remove());
return {
  ran: [window.__hit ?? null, ({}).polluted ?? null, window.__seen ?? "not watched"],
  addresses: [...new Set(all("*").flatMap((e) => ["href", "xlink:href", "src", "srcset", "action", "formaction", "data", "poster", "ping"]
    .map((name) => e.getAttribute(name) ?? "").filter(Boolean)))],
  scripts: all("script").map((e) => [e.type, e.id || e.className, e.type ? "" : e.textContent]),
  handlers: all("*").filter((e) => e.getAttributeNames().some((name) => name.startsWith("on"))).map((e) => e.outerHTML),
  elements: [...new Set(all("*").map((e) => e.localName))],
  titles: [document.title, ...all("h1").map((e) => e.textContent)],
  charts: [all("figure.chart").length, all("figure.chart.drawn:not(.failed) svg.marks").length],
  policy: document.querySelector("meta[http-equiv]")?.content,
  text: main.textContent,
};
"""
HOVER = """
const tips = new Set(), elements = new Set();
for (const mark of [...document.querySelectorAll("svg.marks .role-mark path")].slice(0, 600)) {
  const { x, y } = mark.getBoundingClientRect();
  for (const name of ["pointermove", "mousemove", "pointerover", "mouseover"])
    mark.dispatchEvent(new MouseEvent(name, { bubbles: true, clientX: x, clientY: y, view: window }));
  const tip = document.getElementById("vg-tooltip-element");
  if (!tip) continue;
  tips.add(tip.textContent);
  tip.querySelectorAll("*").forEach((e) => elements.add(e.localName));
}
return [[...tips].join("\\n"), [...elements], window.__seen, window.__hit ?? null];
"""


@pytest.fixture(scope="module")
def frames(bundled):
    trials = bundled.trials["trial_id"].to_list()
    return hostile_frames(bundled.select({"NCT04318600", *trials[:: len(trials) // TRIALS]}))


@pytest.fixture(scope="module")
def pages(frames, bundled, tmp_path_factory):
    """The folder of all reports, the index and the trial pages of hostile frames, rendered once."""
    folder = tmp_path_factory.mktemp("hostile")
    frames.write(folder / "frames")
    hostile_frames(bundled.select(frames.trials["trial_id"]), turn=1).write(folder / "before")
    render_trials(frames, folder / "reports" / "trials")
    given = {"frames_dir": str(folder / "frames"), "before": str(folder / "before")}
    results = render_reports(NOTEBOOKS, folder / "reports", given, progress=False, keep_notebooks=True)
    assert [(result.notebook.name, result.failure) for result in results if not result.ok] == []
    return folder / "reports"


@pytest.fixture(scope="module")
def driver():
    with browser.open_browser() as driver:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        yield driver


def look(driver, page, width=1400):
    """What stands on a page after it was shown: nothing was run, asked for or complained about, nothing sticks out."""
    seen = look_inside(driver, page, width)
    assert fits(driver)
    return seen


def look_inside(driver, page, width):
    """As look, for a page without the style of ours."""
    browser.requested(driver), browser.complaints(driver)  # of the page before
    browser.show(driver, page, width=width)
    seen = driver.execute_script(LOOK)
    assert seen["ran"] == [None, None, []]
    assert (browser.requested(driver), browser.complaints(driver)) == ([], [])
    assert seen["handlers"] == []
    assert set(seen["elements"]) <= set(ELEMENTS.split())
    # A colon before any slash makes a scheme.
    schemes = {
        found[0].lower() for a in seen["addresses"] if (found := re.match(r"[^/?#]*?:", a.strip("\0\t\n "), re.S))
    }
    assert schemes <= {"http:", "https:", "data:"}
    assert all(a.startswith("data:image/") for a in seen["addresses"] if a.lower().startswith("data:"))
    assert not any(a.startswith("//") for a in seen["addresses"])
    return seen


def fits(driver):
    return driver.execute_script("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def shown(text):
    """A text as a parser of HTML hands it on."""
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def verbatim(text):
    return [attack for attack in READABLE if shown(attack) in text]


def test_attacks_stand_in_every_text_column(frames):
    columns = text_columns()
    assert len(STRINGS) == len(set(STRINGS)) >= 100
    assert {name for name, _ in columns} == set(FRAMES)
    for frame, column in columns:
        values = getattr(frames, frame)[column]
        values = set(values.explode() if values.dtype.is_nested() else values)
        assert set(STRINGS) <= values or (frame, column) == ("curation", "replaced")  # JSON that the package writes


@pytest.mark.parametrize("name", REPORTS)
def test_no_text_of_a_record_becomes_part_of_a_report(driver, pages, name):
    seen = look(driver, pages / f"{name}.html")
    title = next(line[2:] for line in nbformat.read(pages / f"{name}.executed.ipynb", 4).cells[0].source.splitlines())
    assert seen["titles"] == [title, title]
    assert seen["charts"][0] == seen["charts"][1] > 0
    own = asset("report.js") + "\n" + asset("print.js")
    assert seen["policy"] == policy([content_hash(own), chart_script()[1]])
    script = gzip.decompress(base64.b64decode(chart_script()[0])).decode()
    kinds = [("", "", script), *[("application/json", "spec", "")] * seen["charts"][0], ("application/json", "card", ""),
             ("text/plain", "chart-script", ""), ("text/plain", "chart-data", ""), ("", "", own)]  # fmt: skip
    assert [tuple(kind) for kind in seen["scripts"]] == kinds
    assert len(verbatim(seen["text"])) > 0.6 * len(READABLE)
    assert "&lt;img" not in seen["text"]  # escaped once, not twice

    tips, elements, ran, hit = driver.execute_script(HOVER)
    assert (ran, hit) == ([], None)
    assert set(elements) <= {"table", "tbody", "tr", "td", "h2", "ul", "li"}
    assert name in ("00_overview", "07_changes") or tips
    metrics = {"width": 375, "height": 1000, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    assert fits(driver)


def test_charts_show_the_words_of_records_in_their_tips(driver, pages):
    browser.show(driver, pages / "03_dosing.html")
    assert len(verbatim(driver.execute_script(HOVER)[0])) > 10


@pytest.mark.parametrize("name", REPORTS)
def test_embedded_json_is_whole_and_holds_no_markup(pages, name):
    text = (pages / f"{name}.html").read_text(encoding="utf-8")
    blocks = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.S)
    assert all("<" not in block and json.loads(block) for block in blocks)
    packed = re.search(r'id="chart-data">([^<]*)<', text)[1]
    assert json.loads(gzip.decompress(base64.b64decode(packed)))


def test_no_text_of_a_record_becomes_part_of_the_index(driver, pages):
    for width in (1400, 375):
        seen = look(driver, pages / "index.html", width)
        assert seen["policy"] == policy([content_hash(asset("index.js"))])
        assert [kind[0] for kind in seen["scripts"]] == [""]


def test_no_text_of_a_record_becomes_part_of_its_trial_page(driver, pages):
    files = {attack: pages / "trials" / page_name(attack) for attack in STRINGS}
    assert len({file.name.lower() for file in files.values()}) == len(STRINGS)
    assert {file.parent.resolve() for file in files.values()} == {(pages / "trials").resolve()}
    for attack, file in files.items():
        seen = look(driver, file, 375)
        assert seen["titles"][1:] == [shown(attack)]
        assert seen["scripts"] == []
        assert seen["policy"] == policy([])
    for file in sorted((pages / "trials").glob("NCT*.html"))[:8]:
        assert len(verbatim(look(driver, file)["text"])) > 20


def test_no_text_of_a_record_becomes_part_of_the_list_of_trials(driver, pages):
    for width in (1400, 375):
        seen = look(driver, pages / "trials" / "index.html", width)
        assert len(verbatim(seen["text"])) == len(READABLE)
        assert [kind[:2] for kind in seen["scripts"]] == [["application/json", "card"], ["", ""]]


def test_outputs_are_harmless_without_the_policy_of_a_report(driver, pages, frames, tmp_path):
    """JupyterLab shows the HTML of a cell as it is, and so does what reads it from there."""
    outputs = [
        output.data["text/html"]
        for name in REPORTS
        for cell in nbformat.read(pages / f"{name}.executed.ipynb", 4).cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    assert len(outputs) > 5 * len(REPORTS)
    outputs += [words_of(frames, attack) for attack in STRINGS]
    page = tmp_path / "outputs.html"
    page.write_text(f'<meta charset="utf-8"><title>Outputs</title><main>{"".join(outputs)}</main>')
    seen = look_inside(driver, page, 1400)
    assert seen["scripts"] == []
    assert len(verbatim(seen["text"])) == len(READABLE)


# Charts


@pytest.mark.parametrize("mechanism", ATTACKS)
def test_a_chart_of_any_words_is_drawn(mechanism):
    import altair as alt
    import polars as pl

    words = [text[:200] for text in ATTACKS[mechanism]]
    data = pl.DataFrame({"row": words, "n": range(len(words)), "url": words})
    rows = alt.Y("row:N", sort=words, scale=alt.Scale(domain=words))
    chart = (
        alt.Chart(data, title=words[0])
        .mark_point()
        .encode(x="n:Q", y=rows, color="row:N", href="url:N", tooltip="row:N")
    )
    spec = describe(chart, words[0]).to_dict()
    charts, datasets = take_charts({"cells": [{"outputs": [{"data": {"application/vnd.vegalite.v5+json": spec}}]}]})
    add_stills(charts, datasets)
    assert charts[0].still
    (rows,) = datasets.values()
    assert [row["url"] for row in rows] == [text if text.startswith("https://") else None for text in words]


def test_a_mark_links_to_http_alone():
    rows = [{"url": "https://a.example/1", "row": "javascript:x"}, {"url": f"javascript:{RUN}"}, {"url": None}]
    spec = make_harmless({"datasets": {"d": rows}, "layer": [{"encoding": {"href": {"field": "url"}}}]})
    assert spec["datasets"]["d"] == [rows[0], {"url": None}, {"url": None}]


# Terminal


def steers(text):
    return {c for c in text if c != "\n" and (unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp"))}


def test_no_text_of_a_record_steers_the_terminal(frames, capsys):
    for trial_id in STRINGS:
        print_profile(profile_lines(frames, trial_id))
    print_ledger(frames)
    out, err = capsys.readouterr()
    assert html.unescape("&lt;img src=x") in out
    assert (steers(out), steers(err)) == (set(), set())


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_show_on_a_terminal_prints_no_sequence_of_a_record(pages):
    import pty

    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "trialkit", "show", "NCT04318600", "--frames", str(pages.parent / "frames")]
    process = subprocess.Popen(
        command, stdout=follower, stderr=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm-256color"}
    )
    os.close(follower)
    out = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the end, on Linux
            break
        if not piece:
            break
        out += piece
    os.close(leader)
    assert process.wait(60) == 0
    text = out.decode()
    plain = re.sub(r"\x1b\[[\d;]*m", "", text).replace("\r\n", "\n")  # colours are the program's own
    assert "\x1b[" in text
    assert "<svg" in plain
    assert "[2J" in plain
    assert steers(plain) == set()
