"""The review table as a file to fill: an Excel workbook with lists to choose from, or CSV with the same columns."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from trialkit.curation_facts import curatable_facts
from trialkit.export import workbook, write_table
from trialkit.formulas import disarm
from trialkit.review import COLUMNS, DECISIONS, FILLED, tell_expected
from trialkit.storage import write_together

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

SHEET, CHOICES, HOW = "review", "choices", "how to fill"
_WIDTHS = {
    "trial_id": 14, "register_link": 8, "title": 24, "fact": 17, "path": 21, "about": 22, "value": 20, "words": 48,
    "why": 34, "expected": 24, "decision": 13, "curated_value": 24, "reason": 30, "reviewer": 9,
}  # fmt: skip
_HOW_TO = [
    ("What this is", "Each row of the sheet “review” is one value of one trial that the rules could not read, that its record contradicts, or that was decided on another reading. Fill the four yellow columns of the rows you can decide; leave the others for another day."),
    ("decision", "accept = what stands in “value” is right. change = something else is right. not reported = the record does not state it."),
    ("curated_value", "Only for change. The column “expected” tells what may be written; some cells offer a list. Several values in one cell are separated by ;"),
    ("reason", "Why, in a few words, best with the place in the record. It stands beside the value in every table and report: name no persons. Not needed for accept."),
    ("reviewer", "Your initials, if you like."),
    ("Look at the record", "“words” are cut; open the register from the link before you decide. Both sides of a contradiction are divided by ↔."),
    ("What to leave alone", "trial_id, fact, path, about and value say what you decided on. A change in them makes the row unusable, and the import says which."),
    ("A value without a row", "Was something read wrongly that is not listed? Add a row with trial_id, fact and path, and leave “why” empty. Arms and outcomes count from 0: arms[0], outcomes.primary[0]."),
    ("Not for this table", "A decision says what this record states. An error of the register itself, with a reference that proves it, is a correction."),
    ("When you are done", "trialkit review --import review.xlsx --curation my_curation.csv --frames my_frames"),
    ("", "trialkit build my_records/ --curation my_curation.csv --out my_frames"),
]  # fmt: skip


def write_review(table: pl.DataFrame, out: Path) -> Path:
    """The table of `list_review` as `out`: a workbook for .xlsx, else CSV; written whole or not at all.

    Text that a spreadsheet would run as a formula has an apostrophe in front. Raises ValueError for another suffix.
    """
    if out.suffix.lower() == ".xlsx":
        return write_together({out: lambda partial: _write_book(table, partial)})[0]
    if out.suffix.lower() != ".csv":
        raise ValueError(f"--out {out}: {out.suffix or 'no suffix'!r} is no format of a review; expected .xlsx or .csv")
    return write_table(table, out)


def _write_book(table: pl.DataFrame, path: Path) -> None:
    with workbook(path) as book:
        _write_how_to(book)
        sheet = book.add_worksheet(SHEET)
        lists = _write_choices(book)
        _write_rows(table, book, sheet)
        _offer_choices(table, sheet, lists)


def _write_how_to(book: "Workbook") -> None:
    sheet = book.add_worksheet(HOW)
    bold = book.add_format({"bold": True, "valign": "top", "text_wrap": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2, 90)
    for n, (label, text) in enumerate(_HOW_TO):
        sheet.write_string(n, 0, label, bold)
        sheet.merge_range(n, 1, n, 2, text, wrapped)
        sheet.set_row(n, 15 * (1 + len(text) // 105))
    top = len(_HOW_TO) + 1
    for column, words in enumerate(("fact", "decided for", "what may be written")):
        sheet.write_string(top, column, words, bold)
    for n, fact in enumerate(curatable_facts().values(), top + 1):
        place = {"trial": "the trial", "arm": "each arm", "outcome": "each outcome"}[fact.place]
        for column, words in enumerate((f"{fact.key} ({fact.label})", place, tell_expected(fact))):
            sheet.write_string(n, column, words, wrapped)


def _write_choices(book: "Workbook") -> dict[str, str]:
    """The words of every closed list, one column a fact; the range of each as data validation takes it."""
    from xlsxwriter.utility import xl_col_to_name

    sheet, bold = book.add_worksheet(CHOICES), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    ranges = {}
    chosen = [fact for fact in curatable_facts().values() if fact.choices]
    for column, fact in enumerate(chosen):
        sheet.write_string(0, column, fact.key, bold)
        for n, word in enumerate(fact.choices, 1):
            sheet.write_string(n, column, word)
        sheet.set_column(column, column, min(max(map(len, (fact.key, *fact.choices))) + 2, 40))
        name = xl_col_to_name(column)
        ranges[fact.key] = f"={CHOICES}!${name}$2:${name}${len(fact.choices) + 1}"
    return ranges


def _write_rows(table: pl.DataFrame, book: "Workbook", sheet: "Worksheet") -> None:
    look = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#d0d0d0"}
    read, fill = book.add_format(look), book.add_format({**look, "bg_color": "#fff8d6"})
    link = book.add_format({**look, "font_color": "#0b57d0", "underline": 1})
    heads = {False: {"bg_color": "#e8edf3"}, True: {"bg_color": "#ffe699"}}
    for column, name in enumerate(COLUMNS):
        head = book.add_format({**look, "bold": True, **heads[name in FILLED]})
        sheet.write_string(0, column, name, head)
        sheet.set_column(column, column, _WIDTHS[name])
    for n, row in enumerate(table.iter_rows(named=True), 1):
        for column, name in enumerate(COLUMNS):
            text = row[name] or ""
            if name == "register_link" and text.startswith(("https://", "http://")) and len(text) < 2000:
                sheet.write_url(n, column, text, link, string="open")
            elif name in FILLED:
                sheet.write_blank(n, column, None, fill)
            else:
                sheet.write_string(n, column, disarm(text), read)
    sheet.freeze_panes(1, 1)
    sheet.set_zoom(85)
    sheet.autofilter(0, 0, len(table), len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)


def _offer_choices(table: pl.DataFrame, sheet: "Worksheet", lists: dict[str, str]) -> None:
    decision, value = COLUMNS.index("decision"), COLUMNS.index("curated_value")
    facts = curatable_facts()
    for n, (key, read) in enumerate(table.select("fact", "value").iter_rows(), 1):
        fact = facts[key]
        sheet.data_validation(n, decision, n, decision, {
            "validate": "list", "source": [word for word in DECISIONS if read or word != "accept"],
            "error_title": "Which decision?", "error_message": f"Choose {', '.join(DECISIONS)}, or leave the cell empty.",
        })  # fmt: skip
        prompt = {"input_title": fact.label[:32], "input_message": f"Only for change: {tell_expected(fact)}"[:255]}
        if fact.choices:
            # One word must be of the list; several separated by ; are none of it, so there the list only proposes.
            sheet.data_validation(n, value, n, value, {
                "validate": "list", "source": lists[key], "show_error": not fact.several, **prompt,
                "error_title": "Not in the list", "error_message": "Choose a word of the list, or leave the cell empty.",
            })  # fmt: skip
        else:
            sheet.data_validation(n, value, n, value, {"validate": "any", **prompt})
