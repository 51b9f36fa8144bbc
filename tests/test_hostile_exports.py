"""What leaves: no cell of any export runs as a formula, each text comes back as it was, no name of a file leaves its folder."""

import csv
import json
import re
import unicodedata
from pathlib import Path

import browser
import fastexcel
import polars as pl
import pytest
from attacks import STRINGS
from hypothesis import example, given
from hypothesis import strategies as st
from making import make_frames

from trialkit.export import export_frames, write_table, write_unread
from trialkit.formulas import FORMULA, arm, disarm, disarmed
from trialkit.report_parameters import ReportError
from trialkit.report_sets import read_sets
from trialkit.report_trials import render_trials
from trialkit.review import COLUMNS
from trialkit.review_book import write_review
from trialkit.review_import import read_review
from trialkit.tables import page_name

SIGNS = "=+-@＝＋－＠﹢﹣﹦﹫"
BEFORE = [
    "",
    " ",
    "  ",
    "\t",
    "\r",
    "\n",
    "\r\n ",
    '"',
    "'",
    "''",
    "“",
    "\u00a0",
    "\u200b",
    "\ufeff",
    "\u202e",
    "\u3000",
    "\x00",
    " \"'",
]
FORMULAS = [f"{before}{sign}1+1" for before in BEFORE for sign in SIGNS] + ["\tx", "\rx", "\nx", "'=1", "''-1"]
PLAIN = [
    "",
    "1e6 cells/kg",
    "a=b",
    "'quoted'",
    '"quoted"',
    " spaced",
    "≥ 8",
    "<b>",
    "x\n=1",
    "‘a’",
    "–5 °C",
    "100%",
    "https://x",
]


@pytest.mark.parametrize("text", [*FORMULAS, *PLAIN, *STRINGS])
def test_rule_is_one_everywhere_and_can_be_undone(text):
    shown = disarm(text)
    assert shown == (f"'{text}" if text in FORMULAS else text) or text in STRINGS
    assert arm(shown) == text
    assert pl.select(disarmed(pl.lit(text))).item() == shown
    first = re.sub(r"^'", "", shown) if shown != text else shown
    assert first == text


@example("'\r")
@given(st.text(st.sampled_from([*SIGNS, *"'\" \t\r\n\ufeff\u200b1a"]), max_size=6))
def test_any_text_comes_back(text):
    assert arm(disarm(text)) == text
    assert pl.select(disarmed(pl.lit(text))).item() == disarm(text)


def is_harmless(cell: object) -> bool:
    """A number, or text that is no formula; an apostrophe in front makes it none."""
    return not isinstance(cell, str) or cell.startswith("'") or not re.match(FORMULA, cell) or cell == "-2.5"


def cells_of(path: Path) -> list[object]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return [cell for row in csv.reader(file) for cell in row]
    book = fastexcel.read_excel(path)
    sheets = [book.load_sheet(name, header_row=None).to_polars() for name in book.sheet_names]
    return [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]


def test_every_cell_of_every_export_is_harmless(tmp_path):
    rows = [
        {"trial_id": f"T{n}", "public_title": text, "conditions": [text, "lupus"]} for n, text in enumerate(FORMULAS)
    ]
    limits = [{"trial_id": "T1", "position": 0, "text": "=1", "low": -2.5, "operator": "<"}]
    unread = [{"trial_id": "T1", "frame": "trials", "column": "x", "quote": text} for text in FORMULAS[:20]]
    frames = make_frames({"sources": [{"register": "=1+1"}]}, trials=rows, eligibility=limits, evidence=unread)
    written = [
        *export_frames(frames, tmp_path / "csv"),
        *export_frames(frames, tmp_path / "t.xlsx"),
        write_unread(frames, tmp_path),
    ]
    for path in written:
        assert all(map(is_harmless, cells_of(path))), path
    with (tmp_path / "csv" / "trials.csv").open(encoding="utf-8", newline="") as file:
        assert [arm(row["public_title"]) for row in csv.DictReader(file)] == FORMULAS
    with (tmp_path / "csv" / "eligibility.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["low"] == "-2.5"  # a number


@pytest.mark.parametrize("name", ["review.xlsx", "review.csv"])
def test_review_is_harmless_and_comes_back(name, tmp_path):
    texts = [text for text in FORMULAS if text == text.strip() and text.isprintable()]
    table = pl.DataFrame(
        [dict.fromkeys(COLUMNS, "") | {"trial_id": "T", "fact": "donor", "about": text} for text in texts]
    )
    path = write_review(table, tmp_path / name)
    cells = cells_of(path)
    assert all(is_harmless(cell) for cell in cells if not str(cell).startswith("=choices"))
    assert [line.cells["about"] for line in read_review(path)] == texts


def test_table_of_numbers_keeps_its_signs(tmp_path):
    write_table(pl.DataFrame({"n": [-1, 2], "x": [-1.5, None], "t": ["-1", "x"]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "n,x,t\n-1,-1.5,'-1\n2,,x\n"


@pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))
def test_csv_button_of_a_report_follows_the_rule(tmp_path):
    script = (Path(__file__).parents[1] / "trialkit" / "templates" / "report.js").read_text(encoding="utf-8")
    part = re.search(r"  const formula = .*?\n  const toCsv", script, re.S)[0].removesuffix("\n  const toCsv")
    texts = [*FORMULAS, *PLAIN, *(text for text in STRINGS if len(text) < 1_000)]
    page = f"<meta charset=utf-8><body><script>{part}\nwindow.told = {json.dumps(texts).replace('<', chr(92) + 'u003c')}.map(harmless); window.numbers = [field(-1), field(-2.5), field(null)];</script>"
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    with browser.open_browser() as driver:
        driver.get((tmp_path / "page.html").as_uri())
        assert driver.execute_script("return window.told") == [disarm(text) for text in texts]
        assert driver.execute_script("return window.numbers") == ["-1", "-2.5", ""]


IDS = [
    "..", ".", "../../x", "..\\..\\x", "/etc/passwd", "C:\\x", "C:x", "a/b", "a\\b", "a\0b", "a\nb", "\u202egpj.exe", "CON", "con",
    "NUL", "nul.txt", "COM1", "lpt9", "com¹", "CONIN$", "aux.", ".hidden", "-rf", "~", "name.", "name ", " name", "x" * 5_000,
    "é", "e\u0301", "ﬀ", "ff", "NCT1", "nct1", "Nct1", "nCt1", "index", "INDEX", "%2e%2e%2f", "a:b", "a*b?", "a|b", "<a>", '"a"',
    "a%b", "＼..＼", "／etc", "\ud800", "İ", "i̇", "ß", "SS", "K", "K", "a~2fb", "a_b", "trial.html", "x.html#y", *STRINGS,
]  # fmt: skip


def test_names_of_pages_are_plain_and_differ_on_every_system():
    made = {trial_id: page_name(trial_id) for trial_id in dict.fromkeys(IDS)}
    for trial_id, name in made.items():
        assert re.fullmatch(r"[A-Za-z0-9~_-]{1,180}\.html", name), trial_id
        assert name.removesuffix(".html").upper() not in {
            "CON",
            "PRN",
            "AUX",
            "NUL",
            *(f"{p}{n}" for p in ("COM", "LPT") for n in range(10)),
        }
    folded = [unicodedata.normalize("NFKD", name).casefold() for name in made.values()]
    assert len(set(folded)) == len(folded)
    assert "index.html" not in folded


def test_pages_of_any_number_stay_in_their_folder(tmp_path):
    ids = [text for text in dict.fromkeys(IDS) if text.strip() == text and text.isprintable() and len(text) < 2_000]
    pages = render_trials(make_frames(trials=[{"trial_id": text} for text in ids]), tmp_path / "reports" / "trials")
    there = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert there == {*pages, tmp_path / "reports" / "trials" / "index.html"}
    assert len(pages) == len(set(ids))


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../x",
        "a/b",
        "a\\b",
        "CON",
        "nul",
        "Lpt1",
        ".x",
        "x.",
        "x ",
        "x\n",
        "x" * 99,
        "é",
        "-x",
        "a:b",
        "",
        "a\0b",
    ],
)
def test_set_of_reports_cannot_leave_its_folder(name, tmp_path):
    file = tmp_path / "sets.yml"
    file.write_text(json.dumps({"reports": [{"name": name}]}))
    with pytest.raises(ReportError):
        read_sets(file)
