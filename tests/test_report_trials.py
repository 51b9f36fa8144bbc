"""Profile pages of all trials: what stands on them, what they may never do, and how the folder is kept."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import browser
import polars as pl
import pytest
from making import make_frames, read_frames

import trialkit.report_trials
from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.report_index import link_profiles, link_reports, read_cards, render_index
from trialkit.report_trials import MARKER, render_trials
from trialkit.summaries.profile_times import draw_times
from trialkit.summaries.profile_words import REACH, cut, find_quote
from trialkit.tables import page_name, table

HOSTILE = (
    "</title></style></script><script>alert(1)</script><img src=x onerror=alert(2)> \"' onload='x {{ 7*7 }} <!-- ]]>"
)
FIRST, LATER, INDIAN = "NCT09000001", "NCT09000002", "CTRI/2099/01/000001"
PLAIN = TrialRecord(
    register="ctgov", trial_id=FIRST, url="https://register.example/1", public_title="Umbilical cord cells in lupus",
    conditions=["Lupus"], overall_status="completed", enrollment_count=12, enrollment_type="actual", start_date="2019-05",
    arms=[
        Arm(label="Cells", type="experimental", description="First a rest. Then 2 x 10^6 MSC/kg are infused on day 0. At last tea."),
        Arm(label="Placebo", type="placebo_comparator"),
    ],
    interventions=[Intervention(name="Cells", type="biological", description="Mesenchymal stem cells of bone marrow", arm_labels=["Cells"])],
    outcomes=[
        Outcome(role="primary", position=0, measure="Change in SLEDAI", time_frame="weeks 4 and 12"),
        Outcome(role="secondary", position=0, measure="Survival"),
        Outcome(role="secondary", position=1, measure="Relapse", time_frame="30 days after surgery"),
    ],
    eligibility="Inclusion Criteria:\n- Age 18 to 60 years\n- Creatinine < 2 mg/dL and willing\n\nExclusion Criteria:\n- Pregnancy",
    minimum_age="18 Years",
)  # fmt: skip
SILENT = TrialRecord(register="medpath", trial_id=None, source_file="Some folder/page.txt")
NASTY = TrialRecord(
    register="ctgov", trial_id=LATER, url="javascript:alert(3)", public_title=HOSTILE, scientific_title="x" * 3000,
    conditions=[HOSTILE], lead_sponsor=HOSTILE, secondary_ids=[HOSTILE], overall_status="<b>",
    arms=[Arm(label=HOSTILE, description=f"{HOSTILE} with 5 x 10^6 mesenchymal stem cells per kg {HOSTILE}")],
    outcomes=[Outcome(role="primary", position=0, measure=HOSTILE, time_frame=f"{HOSTILE} 6 months")],
    eligibility=f"Inclusion Criteria:\n- {HOSTILE} Age > 18 years",
)  # fmt: skip


@pytest.fixture(scope="module")
def frames():
    made = read_frames(PLAIN, NASTY, SILENT, TrialRecord(register="ctri", trial_id=INDIAN, public_title="MSC in India"))
    build = make_frames(
        {"fingerprint": "0123456789ab", "sources": [{"register": "An example", "data_version": "2099"}]},
        links=[
            {"record_a": f"ctgov:{FIRST}", "record_b": "euctr:2099-000001-11 (eu.txt, position 2)", "relation": "same_trial", "reason": "one names the other", "confidence": 0.95},
            {"record_a": f"ctgov:{FIRST}", "record_b": f"ctgov:{LATER}", "relation": "follow_up_of", "reason": "it says so", "confidence": 0.9},
            {"record_a": f"ctgov:{FIRST}", "record_b": f"medpath:{FIRST} (pages/a (1).txt, position 0)", "relation": "same_trial", "reason": "same number", "confidence": 1},
        ],
        ledger=[
            {"source_file": "eu.txt", "position": 2, "form": "euctr", "record_id": "euctr:2099-000001-11", "outcome": "duplicate", "reason": "one trial"},
            {"source_file": "/mnt/secret/data/ctgov/all.jsonl", "position": 0, "form": "ctgov", "record_id": f"ctgov:{FIRST}", "outcome": "parsed"},
            {"source_file": "pages/a (1).txt", "position": 0, "form": "medpath", "record_id": f"medpath:{FIRST}", "outcome": "duplicate", "reason": "same number"},
        ],
    )  # fmt: skip
    return replace(made, links=build.links, ledger=build.ledger, meta=build.meta)


@pytest.fixture(scope="module")
def pages(frames, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports") / "trials"
    paths = render_trials(frames, folder)
    return dict(zip(frames.trials["trial_id"], paths, strict=True))


@pytest.fixture(scope="module")
def html(pages):
    return {trial_id: path.read_text(encoding="utf-8") for trial_id, path in pages.items()}


class Reader(HTMLParser):
    """Tags with their attributes, the levels of headings, and the visible text of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.levels, self.text, self.inside = [], [], "", ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag if tag in ("style", "script") else ""
        if re.fullmatch(r"h\d", tag):
            self.levels.append(int(tag[1]))

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if not self.inside:
            self.text += data


def row(html, name):
    """The table rows whose header cell begins with `name`."""
    return [
        found for found in re.findall(r"<tr>.*?</tr>", html, re.S) if re.search(rf'<th scope="row">{name}\b', found)
    ]


# File names

NAMES = ["NCT01234567", "nct01234567", INDIAN, "CTRI_2099_01_000001", "CTRI-2099-01-000001", "JPRN-jRCTs01", "JPRN-JRCTS01",
         "index", "INDEX", "con", "~con", "..", ".", "../../x", "a b", "a%20b", "é", "e\u0301", "~", "~7e", "x" * 300, "x" * 301, ""]  # fmt: skip


def test_file_names_are_safe_and_differ_even_where_case_does_not_count():
    made = [page_name(name) for name in NAMES]
    assert len({name.lower() for name in made}) == len(NAMES)
    assert all(re.fullmatch(r"[A-Za-z0-9~_-]+\.html", name) and len(name) < 200 for name in made)
    assert not {"index.html", "con.html"} & {name.lower() for name in made}
    assert (made[0], made[2]) == ("NCT01234567.html", "CTRI_2099_01_000001.html")


# What stands on a page


def test_a_value_stands_with_its_sentence_and_the_quote_marked(html):
    [dose] = row(html[FIRST], "Dose")
    assert "2 million cells per kg" in dose
    assert "… Then <mark>2 x 10^6 MSC/kg</mark> are infused on day 0. …" in dose
    assert "rest" not in dose
    assert "arm 1, description" in dose


def test_a_quote_of_a_text_that_no_frame_holds_stands_in_its_sentence(html):
    assert re.search(r"[^…]<mark>bone marrow</mark>[^…<]*<small>intervention 1, description", html[FIRST])


def test_whole_texts_show_every_quote_that_was_taken_from_them(html):
    assert "<mark>SLEDAI</mark>" in html[FIRST]
    assert "<mark>weeks 4 and 12</mark><small>read as days 28 and 84</small>" in html[FIRST]
    [limit] = row(html[FIRST], "Serum creatinine")
    assert "<mark>Creatinine &lt; 2 mg/dL</mark> and willing" in limit


def test_a_field_of_the_form_stands_as_registered(html):
    assert "18 Years<small>read as 18.0</small>" in row(html[FIRST], "Lower age limit")[0]


@pytest.mark.parametrize("what", ["Donor", "Phase", "Countries", "Arm sizes", "Completion", "Last update"])
def test_what_is_not_reported_has_a_row_that_says_so(html, what):
    assert all("not reported" in found for found in row(html[FIRST], what))
    assert row(html[FIRST].partition('id="missing"')[2], what)


def test_an_outcome_without_a_time_frame_says_so(html):
    [survival] = row(html[FIRST], "Survival")
    assert "not reported" in survival
    assert "no time was read" in survival


def test_a_record_that_says_nothing_still_gives_a_page(html):
    text = Reader(html["medpath:Some folder/page.txt#0"]).text
    assert "status not reported" in text
    for sentence in ("No arm is registered", "holds no outcome", "holds no eligibility criterion", "No contradiction was found",
                     "The address of its register page is not known", "No value was read"):  # fmt: skip
        assert sentence in text


def test_planned_and_actual_numbers_are_told_apart(html):
    assert "12 actual" in row(html[FIRST], "Enrolment")[0]


def test_a_page_tells_status_dates_register_and_data(html):
    page = html[FIRST]
    assert '<a href="https://register.example/1" rel="noopener">' in page
    assert "<dt>Start</dt><dd>2019-05</dd>" in page
    assert "<dt>Data fingerprint</dt><dd>0123456789ab</dd>" in page
    assert "Read from An example (2099)" in page
    assert 'href="../index.html"' in page


def test_related_trials_lead_to_their_page_only_when_it_is_there(frames, html, tmp_path):
    assert f'<a href="{LATER}.html">{LATER}</a></th><td>follows participants of this trial' in html[FIRST]
    assert f'<a href="{FIRST}.html">{FIRST}</a></th><td>this trial follows its participants' in html[LATER]
    [alone] = render_trials(frames, tmp_path, ids=[FIRST])
    assert f'<th scope="row">{LATER}</th>' in alone.read_text(encoding="utf-8")


def test_every_record_of_a_trial_is_named_and_no_folder_of_a_machine(html):
    assert html[FIRST].count("second record of the trial") == 2
    assert row(html[FIRST], "euctr:2099-000001-11")
    assert "data/ctgov/all.jsonl" in html[FIRST]
    assert "/mnt/" not in html[FIRST]


def test_values_that_a_person_decided_say_so(frames, tmp_path):
    decided = make_frames(
        curation=[
            {"trial_id": FIRST, "fact": "donor", "path": "", "value": "allogeneic", "reason": "Said by the <maker>"}
        ]
    )
    [path] = render_trials(replace(frames, curation=decided.curation), tmp_path, ids=[FIRST])
    assert "allogeneic<small>read by rules: nothing</small></td><td>Said by the &lt;maker&gt;" in path.read_text()


# Words and times


def test_a_long_sentence_is_cut_around_its_quote():
    text = f"{'before ' * 200}dose {'after ' * 200}."
    start = text.index("dose")
    parts = cut(text, [(start, start + 4)])
    assert [part for part in parts if part[1]] == [("dose", True)]
    assert (parts[0][0], parts[-1][0]) == ("… ", " …")
    assert sum(len(part) for part, _ in parts) < 2 * REACH + 10


@pytest.mark.parametrize("spans", [[(0, 3), (2, 6)], [(2, 6), (0, 3), (0, 6)]])
def test_quotes_that_overlap_are_one_mark(spans):
    assert cut("abcdef", spans) == (("abcdef", True),)


def test_a_quote_is_found_across_other_blanks_and_read_literally():
    assert find_quote("age\n (18)", "age (18)") == [(0, 9)]
    assert find_quote("abc", "a.c") == find_quote("abc", "") == []


def test_times_from_another_event_are_left_out_and_counted(frames):
    from trialkit.summaries.profile import profile

    times = draw_times(profile(frames, FIRST))
    assert [(found["label"], len(found["marks"])) for found in times["rows"]] == [
        ("Cells given", 1),
        ("Primary outcomes", 2),
    ]
    assert "primary outcomes on days 28 and 84. 1 outcome counted from another event is not drawn" in times["text"]
    assert all(0 <= mark["x"] <= 100 for found in times["rows"] for mark in found["marks"])
    assert draw_times(profile(frames, INDIAN)) is None


# What a page may never do


def test_hostile_text_stays_text(pages):
    for path in (*pages.values(), next(iter(pages.values())).with_name("index.html")):
        read = Reader(path.read_text(encoding="utf-8"))
        found = {tag for tag, _ in read.tags}
        assert not found & {"img", "iframe", "object", "form", "base", "b"}
        assert [tag for tag, _ in read.tags].count("script") == (2 if path.name == "index.html" else 0)
        assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]
        assert not [a for _, a in read.tags if re.match(r"(?i)\s*(javascript|data):", a.get("href") or "")]
    text = Reader(pages[LATER].read_text(encoding="utf-8")).text
    assert text.count(HOSTILE) > 5
    assert "49" not in re.findall(r"\{\{.*?\}\}|49", text)


def test_pages_run_no_script_and_load_nothing(html):
    for page in html.values():
        assert "default-src 'none'" in page
        assert "script-src 'none'" in page
        assert not re.search(r'(?:src|srcset|action)="|url\(|@import', page)


# The folder


def test_older_pages_of_ours_go_and_other_files_stay(frames, tmp_path):
    [*_, last] = render_trials(frames, tmp_path)
    mine = tmp_path / "notes.html"
    mine.write_text("<p>mine</p>")
    render_trials(frames, tmp_path, ids=[FIRST, LATER])
    assert not last.exists()
    assert {path.name for path in tmp_path.iterdir()} == {f"{FIRST}.html", f"{LATER}.html", "index.html", "notes.html"}


@pytest.mark.parametrize("name", [f"{FIRST}.html", "index.html"])
def test_a_page_that_is_not_ours_is_never_replaced(frames, tmp_path, name):
    (tmp_path / name).write_text(f"<p>{' ' * 500}{MARKER}")
    with pytest.raises(FileExistsError, match=f"{name} is no trial profile of trialkit"):
        render_trials(frames, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_unknown_number_is_named(frames, tmp_path):
    with pytest.raises(KeyError, match="no trial NCT00000000 among these 4"):
        render_trials(frames, tmp_path / "new", ids=[FIRST, "NCT00000000"])
    assert not (tmp_path / "new").exists()


def test_no_trial_gives_a_list_that_says_none(frames, tmp_path):
    assert render_trials(frames, tmp_path, ids=[]) == []
    assert "Trials by number: none." in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_processes_write_the_same_bytes_and_tell_how_far_they_are(frames, pages, tmp_path, monkeypatch):
    monkeypatch.setattr(trialkit.report_trials, "_WORTH_A_POOL", 1)
    monkeypatch.setattr(trialkit.report_trials, "_BATCH", 2)
    told = []
    again = render_trials(frames, tmp_path / "trials", progress=lambda *counts: told.append(counts))
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in pages.values()]
    assert told == [(2, 4), (4, 4)]


def test_pages_of_the_bundled_trials_are_small_and_well_ordered(bundled, tmp_path):
    ids = bundled.evidence["trial_id"].value_counts(sort=True)["trial_id"].head(20)
    for path in render_trials(bundled, tmp_path, ids=ids):
        assert path.stat().st_size < 60_000
        read = Reader(path.read_text(encoding="utf-8"))
        assert read.levels.count(1) == 1
        assert all(after <= before + 1 for before, after in zip(read.levels, read.levels[1:], strict=False))
        tags = [tag for tag, _ in read.tags]
        assert tags.count("table") == tags.count("caption")
        assert all(attributes.get("scope") for tag, attributes in read.tags if tag == "th")
        anchors = {a["id"] for _, a in read.tags if "id" in a}
        assert {a["href"][1:] for _, a in read.tags if a.get("href", "").startswith("#")} <= anchors


# Links from the reports


def test_numbers_in_tables_lead_to_the_profile_and_the_register_stays_near():
    rows = pl.DataFrame(
        {"trial_id": [FIRST, INDIAN, "NCT1"], "url": ["https://x.example/?a=1&b=2", None, "javascript:x"]}
    )
    plain = table(rows, "Trials").html
    assert 'href="https://x.example/?a=1&amp;b=2"' in plain
    assert "javascript" not in plain
    linked = link_profiles(plain, {f"{FIRST}.html", page_name(INDIAN)}, "trials/")
    assert re.findall(r'href="([^"]*)"', linked) == [
        f"trials/{FIRST}.html", "https://x.example/?a=1&amp;b=2", "trials/CTRI_2099_01_000001.html",
    ]  # fmt: skip
    assert link_profiles(linked, {f"{FIRST}.html", page_name(INDIAN)}, "trials/") == linked
    assert link_profiles(linked, set(), "trials/") == plain


def test_reports_follow_the_pages_that_are_there_and_other_files_are_left_alone(frames, tmp_path):
    made = table(pl.DataFrame({"trial_id": [FIRST]}), "Trials").html
    (tmp_path / "r.html").write_text(f'{made}<script type="application/json" id="card">{{"failure": null}}</script>')
    (tmp_path / "mine.html").write_text(made)
    render_trials(frames, tmp_path / "trials")
    link_reports(tmp_path)
    assert f'href="trials/{FIRST}.html"' in (tmp_path / "r.html").read_text()
    render_trials(frames, tmp_path / "trials", ids=[LATER])
    link_reports(tmp_path)
    assert "href" not in (tmp_path / "r.html").read_text()
    assert (tmp_path / "mine.html").read_text() == made


def test_the_index_of_the_reports_has_a_link_and_a_card(frames, tmp_path):
    render_trials(frames, tmp_path / "trials", ids=[FIRST])
    [card] = read_cards(tmp_path)
    index = render_index([card])
    assert "0 reports" in index
    assert "One page for 1 trial" in index
    assert index.count('href="trials/index.html"') == 2


# In a browser

needs_browser = pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))


@pytest.fixture(scope="module")
def driver():
    with browser.open_browser() as driver:
        yield driver


@pytest.fixture(scope="module")
def many(bundled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("many") / "trials"
    render_trials(bundled, folder, ids=bundled.trials["trial_id"].head(20))
    return folder


def names_of(pages):
    return [*pages.values(), next(iter(pages.values())).with_name("index.html")]


@needs_browser
@pytest.mark.parametrize("width", [1400, 375])
def test_pages_fit_the_screen_and_load_nothing(driver, pages, many, width):
    for path in (*names_of(pages), many / "index.html"):
        browser.requested(driver), browser.complaints(driver)  # of the page before
        browser.show(driver, path, width=width)
        assert driver.execute_script(
            "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), path
        assert browser.requested(driver) == browser.complaints(driver) == []


@needs_browser
def test_the_list_is_filtered_and_leads_to_the_pages(driver, many):
    browser.show(driver, many / "index.html")
    shown = "return [...document.querySelectorAll('tbody tr:not([hidden]) th a:first-child')].map((a) => a.href)"
    links = driver.execute_script(shown)
    assert len(links) == 20
    wanted = links[7].rpartition("/")[2].removesuffix(".html")
    driver.execute_script(
        "const i = document.querySelector('.tk-tools input'); i.value = arguments[0]; i.dispatchEvent(new Event('input'))",
        wanted,
    )
    assert driver.execute_script(shown) == [links[7]]
    driver.get(links[7])
    assert driver.title.startswith(wanted)


@needs_browser
@pytest.mark.skipif(not browser.AXE.exists(), reason="axe-core is not here: npm install axe-core, or set TRIALKIT_AXE")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_accessibility_violations(driver, pages, many, dark):
    for path in (*names_of(pages), many / "index.html"):
        browser.show(driver, path, dark=dark)
        driver.execute_script(browser.AXE.read_text(encoding="utf-8"))
        found = driver.execute_async_script(
            "const done = arguments[0]; axe.run({runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']})"
            ".then((r) => done(r.violations.map((v) => [v.id, v.nodes.map((n) => n.html.slice(0, 200) + ' | ' + n.failureSummary)])))"
        )
        assert found == [], path
