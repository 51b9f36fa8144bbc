"""The frames as files other programs open: CSV, Parquet or one Excel workbook."""

import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from trialkit.frames import Frames
from trialkit.schema import FRAMES, data_dictionary

if TYPE_CHECKING:
    from xlsxwriter import Workbook

log = logging.getLogger(__name__)

Format = Literal["csv", "parquet", "xlsx"]
SEPARATOR = " | "  # between the items of a list where a cell holds text only
MAX_ROWS = 1_048_575  # of an Excel sheet, without its header
MAX_CHARACTERS = 32_767  # of an Excel cell, counted as UTF-16 as Excel does
CUT = " ... [cut: Excel holds no more; the whole text is in the CSV and Parquet exports]"
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
WORKBOOK = "trialkit.xlsx"

NOTES = [
    "Missing is an empty cell. An empty list, also an empty cell, means that nothing is stated.",
    f"Several items in one cell are joined by '{SEPARATOR}'.",
    "Text that begins with = + - @, a tab or a line break has an apostrophe in front, so that no program runs it as a formula. Numbers stay numbers.",
    "Every value read from text stands in the sheet 'evidence' with the words it was read from.",
]


def export_frames(frames: Frames, out: Path | str, format: Format | None = None) -> list[Path]:
    """Write every frame to `out`; the files written, in the order of the data dictionary.

    `format` is taken from the suffix of `out` when not given: `.xlsx` is a workbook, anything else a folder of CSV.

    - `csv`: a folder with one UTF-8 file per frame and `data_dictionary.csv`. Lists are joined by " | ".
    - `parquet`: a folder with one file per frame, types and lists kept; `trialkit.load(out)` reads it back.
    - `xlsx`: one workbook, a first sheet "read me" with the sources and the data dictionary, then a sheet per frame.
      Rows and cells beyond Excel's limits are cut with a visible mark and a warning.

    In CSV and Excel, text that begins with = + - @, a tab or a line break gets a leading apostrophe: registers are
    open to anyone's text, and a spreadsheet would run it as a formula. Numbers stay numbers. Each file is written whole
    or not at all. Raises ValueError for an unknown format or suffix, FileExistsError where `out` is of the wrong kind.
    """
    out = Path(out)
    if format is None and out.suffix and out.suffix.lower() != ".xlsx" and not out.is_dir():
        raise ValueError(
            f"{out.suffix!r} is no format to export to; name a .xlsx file, or a folder with csv or parquet"
        )
    format = format or ("xlsx" if out.suffix.lower() == ".xlsx" else "csv")
    if format not in ("csv", "parquet", "xlsx"):
        raise ValueError(f"export format {format!r} is not one of csv, parquet, xlsx")
    if format == "xlsx":
        target = out if out.suffix.lower() == ".xlsx" else out / WORKBOOK
        if target.is_dir():
            raise FileExistsError(f"{target} is a folder: name the workbook inside it, for example {target / WORKBOOK}")
        return [_whole(target, lambda partial: _write_workbook(frames, partial))]
    if out.is_file():
        raise FileExistsError(
            f"{out} is a file: {format} is written as a folder of files, one per frame; name a folder"
        )
    if format == "parquet":
        frames.write(out)
        return [out / f"{name}.parquet" for name, _ in frames.items()]
    tables = [*frames.items(), ("data_dictionary", data_dictionary())]
    return [_whole(out / f"{name}.csv", _flat(frame).write_csv) for name, frame in tables]


def write_unread(frames: Frames, folder: Path) -> Path:
    """`unread.csv` in `folder`: the cues that were not turned into a value, for a curator to work through."""
    return write_table(frames.unread(), folder / "unread.csv")


def write_table(table: pl.DataFrame, target: Path) -> Path:
    """One table as CSV, text disarmed as in an export, whole or not at all."""
    return _whole(target, _flat(table).write_csv)


def _whole(target: Path, write: Callable[[Path], object]) -> Path:
    """`write` into a temporary neighbour, then move it into place: a reader never sees half a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    partial = Path(name)
    try:
        write(partial)
        partial.chmod(0o644)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with text, numbers, dates and booleans only: lists joined, formulas disarmed, empty lists missing."""
    columns = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if isinstance(dtype, pl.List):
            number = dtype.inner.is_float()
            items = column.list.eval(_number_text() if number else pl.element().cast(pl.String))
            column = pl.when(column.list.len() > 0).then(items.list.join(SEPARATOR))
        if isinstance(dtype, pl.List | pl.String | pl.Enum | pl.Categorical):
            column = _disarmed(column.cast(pl.String))
        columns.append(column.alias(name))
    return frame.select(columns)


def _number_text() -> pl.Expr:
    """7 rather than 7.0 inside a joined list."""
    text = pl.element().cast(pl.String)
    return text.str.strip_suffix(".0")


def _disarmed(text: pl.Expr) -> pl.Expr:
    risky = text.str.slice(0, 1).is_in(list(FORMULA_STARTS))
    return pl.when(risky).then(pl.lit("'") + text).otherwise(text)


def _write_workbook(frames: Frames, path: Path) -> None:
    from xlsxwriter import Workbook

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(path, options) as book:
        _write_read_me(frames, book)
        for name, frame in frames.items():
            _write_sheet(name, _fitted(name, _flat(frame)), book)


def _write_sheet(name: str, frame: pl.DataFrame, book: "Workbook") -> None:
    frame.write_excel(
        book,
        worksheet=name,
        table_name=f"{name}_table",
        table_style="Table Style Light 1",
        header_format={"bold": True, "text_wrap": True, "valign": "top"},
        column_widths=_widths(frame),
        dtype_formats={pl.Float64: "General", pl.Int64: "General", pl.Date: "yyyy-mm-dd"},
        freeze_panes=(1, 0),
        autofilter=True,
    )


def _widths(frame: pl.DataFrame) -> dict[str, int]:
    """Column -> width in pixels: that of nine tenths of its cells, between its name and 60 characters."""
    widths = {}
    for name, dtype in frame.schema.items():
        typical = frame[name].str.len_chars().quantile(0.9) if dtype == pl.String else 10
        widths[name] = int(8 * min(max(typical or 0, len(name) + 3), 60))
    return widths


def _fitted(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame within Excel's limits; what is cut says so in its place and in a warning."""
    texts = [c for c, dtype in frame.schema.items() if dtype == pl.String]
    longest = {c: frame[c].str.len_chars().max() or 0 for c in texts}
    for column in [c for c in texts if 2 * longest[c] > MAX_CHARACTERS]:
        shorter = pl.Series(column, [_cut(text) for text in frame[column]], dtype=pl.String)
        if n := int((shorter != frame[column]).sum()):
            log.warning("%s.%s: %d cells are longer than Excel holds (%d characters) and are cut", name, column, n, MAX_CHARACTERS)  # fmt: skip
        frame = frame.with_columns(shorter)
    if len(frame) > MAX_ROWS:
        left = len(frame) - MAX_ROWS + 1
        log.warning("%s: %d rows are more than an Excel sheet holds and are cut; use csv or parquet", name, left)
        mark = {texts[0]: f"[cut: {left:,} more rows, which Excel cannot hold; use the CSV or Parquet export]"}
        frame = pl.concat(
            [frame.head(MAX_ROWS - 1), pl.DataFrame([mark], schema={texts[0]: pl.String})], how="diagonal"
        )
    return frame


def _cut(text: str | None) -> str | None:
    units = (text or "").encode("utf-16-le")
    if len(units) <= 2 * MAX_CHARACTERS:
        return text
    return units[: 2 * (MAX_CHARACTERS - len(CUT))].decode("utf-16-le", errors="ignore") + CUT


def _write_read_me(frames: Frames, book: "Workbook") -> None:
    sheet, bold = book.add_worksheet("read me"), book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    facts = [
        ("Trials", f"{len(frames.trials):,}"),
        ("Made by", f"trialkit {frames.meta.get('trialkit', '(version not recorded)')}"),
        ("Data fingerprint", str(frames.meta.get("fingerprint", "not recorded"))),
        *(("Source", _source(source)) for source in frames.meta.get("sources", [])),
        *(("Note", note) for note in NOTES),
    ]
    for row, (label, text) in enumerate(facts):
        sheet.write_string(row, 0, label, bold)
        sheet.merge_range(row, 1, row, 5, _safe(text), wrapped)
        sheet.set_row(row, 15 * (1 + len(text) // 110))
    sheets = pl.DataFrame(
        {"sheet": list(FRAMES), "rows": [len(f) for _, f in frames.items()],
         "holds": [(schema.__doc__ or "").strip().partition("\n")[0] for schema in FRAMES.values()]}
    )  # fmt: skip
    top = len(facts) + 1
    for frame in (sheets, data_dictionary()):
        for column, name in enumerate(frame.columns):
            sheet.write_string(top, column, name, bold)
        for row in frame.iter_rows():
            top += 1
            for column, value in enumerate(row):
                sheet.write(top, column, _safe(value) if isinstance(value, str) else value)
        top += 2
    for column, width in enumerate((18, 34, 44, 10, 8, 70)):
        sheet.set_column(column, column, width)


def _source(source: dict) -> str:
    told = [str(source[key]) for key in ("register", "data_version", "terms", "caution") if source.get(key)]
    return ". ".join([*told[:2], f"{source['records']:,} records" if "records" in source else "", *told[2:]])


def _safe(text: str) -> str:
    return "'" + text if text[:1] in FORMULA_STARTS and text else text
