"""The frames and the tables for a paper as files other programs open: CSV, Parquet, Excel, RIS, LaTeX."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from trialkit.formulas import disarm, disarmed
from trialkit.frames import Frames
from trialkit.publication import ENTRIES, characteristics, describe_columns, evidence_table, list_about
from trialkit.schema import FRAMES, data_dictionary
from trialkit.storage import write_together

if TYPE_CHECKING:
    from xlsxwriter import Workbook

log = logging.getLogger(__name__)

Format = Literal["csv", "parquet", "xlsx", "ris", "latex"]
FORMATS = ("csv", "parquet", "xlsx", "ris", "latex")
FILES = {"xlsx": "trialkit.xlsx", "ris": "trialkit.ris"}  # formats of one file -> its name in a folder
SEPARATOR = " | "  # between the items of a list where a cell holds text only
MAX_ROWS = 1_048_575  # of an Excel sheet, without its header
MAX_CHARACTERS = 32_767  # of an Excel cell, counted as UTF-16 as Excel does
CUT = " ... [cut: Excel holds no more; the whole text is in the CSV and Parquet exports]"

NOTES = [
    "Missing is an empty cell. An empty list, also an empty cell, means that nothing is stated.",
    f"Several items in one cell are joined by '{SEPARATOR}'.",
    "Text that begins with = + - @ (blanks, quotes and invisible signs aside), a tab or a line break has an apostrophe in front, so that no program runs it as a formula. Without that apostrophe it is as it was. Numbers stay numbers.",
    "Every value read from text stands in the sheet 'evidence' with the words it was read from.",
]
# Columns of the tables for a paper -> width in pixels: wrapped, so that a sheet prints as it is.
PRINTED = {
    "characteristics": {"trial_id": 110, "title": 190, **dict.fromkeys(ENTRIES, 260), "url": 120},
    "evidence_table": {
        "trial_id": 110,
        "fact": 110,
        "value": 200,
        "quote": 300,
        "where": 180,
        "record": 150,
        "more": 60,
    },
}


def export_frames(frames: Frames, out: Path | str, format: Format | None = None) -> list[Path]:
    """Write every frame, or the tables and references made of them, to `out`; the files written, in a fixed order.

    `format` is taken from the suffix of `out` when not given: `.xlsx` is a workbook, `.ris` references, anything else a
    folder of CSV.

    - `csv`: a folder with `characteristics.csv` and `evidence_table.csv` (see `trialkit.publication`), one UTF-8 file per
      frame, `data_dictionary.csv`, and `about.csv`: the data, how to read and how to cite. Lists are joined by " | ".
    - `parquet`: a folder with one file per frame, types and lists kept; `trialkit.load(out)` reads it back.
    - `xlsx`: one workbook, a first sheet "read me" with the sources and the data dictionary, the two tables, then a sheet
      per frame. Rows and cells beyond Excel's limits are cut with a visible mark and a warning.
    - `ris`: one file, one reference a trial (see `trialkit.export_ris`).
    - `latex`: a folder with the two tables and `trialkit.tex` around them (see `trialkit.export_latex`).

    In CSV and Excel, text that a spreadsheet would run as a formula gets a leading apostrophe (the rule and its
    way back are in `trialkit.formulas`): registers are open to anyone's text. Numbers stay numbers. Each file is written whole
    or not at all. Raises ValueError for an unknown format or suffix, FileExistsError where `out` is of the wrong kind.
    """
    out = Path(out)
    suffixes = {Path(name).suffix: key for key, name in FILES.items()}
    if format is None and out.suffix and out.suffix.lower() not in suffixes and not out.is_dir():
        raise ValueError(
            f"{out.suffix!r} is no format to export to; name a .xlsx or .ris file, or a folder with csv, parquet or latex"
        )
    format = format or suffixes.get(out.suffix.lower(), "csv")
    if format not in FORMATS:
        raise ValueError(f"export format {format!r} is not one of {', '.join(FORMATS)}")
    if name := FILES.get(format):
        target = out if out.suffix.lower() == Path(name).suffix else out / name
        if target.is_dir():
            raise FileExistsError(f"{target} is a folder: name the file inside it, for example {target / name}")
        write = _write_workbook if format == "xlsx" else _write_references
        return write_together({target: lambda partial: write(frames, partial)})
    if out.is_file():
        raise FileExistsError(f"{out} is a file: {format} is written as a folder of files; name a folder")
    if format == "parquet":
        frames.write(out)
        return [out / f"{name}.parquet" for name, _ in frames.items()]
    if format == "latex":
        from trialkit.export_latex import latex_files

        return write_together({out / name: _text_writer(text) for name, text in latex_files(frames).items()})
    tables = [
        *_tables(frames).items(),
        *frames.items(),
        ("data_dictionary", _dictionary()),
        ("about", list_about(frames)),
    ]
    return write_together({out / f"{name}.csv": _csv_writer(frame) for name, frame in tables})


def _tables(frames: Frames) -> dict[str, pl.DataFrame]:
    """The tables for a paper, by name."""
    return {"characteristics": characteristics(frames), "evidence_table": evidence_table(frames)}


def _dictionary() -> pl.DataFrame:
    """The columns of the tables, then those of the frames."""
    return pl.concat([describe_columns(), data_dictionary()])


def _write_references(frames: Frames, path: Path) -> None:
    from trialkit.export_ris import write_ris

    _text_writer(write_ris(frames))(path)


def _text_writer(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(text.encode("utf-8"))  # line ends stay as the format wants them


def write_unread(frames: Frames, folder: Path) -> Path:
    """`unread.csv` in `folder`: the cues that were not turned into a value, for a curator to work through."""
    return write_table(frames.unread(), folder / "unread.csv")


def write_table(table: pl.DataFrame, target: Path) -> Path:
    """One table as CSV, text disarmed as in an export, whole or not at all."""
    return write_together({target: _csv_writer(table)})[0]


def _csv_writer(table: pl.DataFrame) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(_flat(table).write_csv().encode("utf-8"))


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
            column = disarmed(column.cast(pl.String))
        columns.append(column.alias(name))
    return frame.select(columns)


def _number_text() -> pl.Expr:
    """7 rather than 7.0 inside a joined list."""
    text = pl.element().cast(pl.String)
    return text.str.strip_suffix(".0")


def _write_workbook(frames: Frames, path: Path) -> None:
    with workbook(path) as book:
        tables = [*_tables(frames).items(), *frames.items()]
        _write_read_me(frames, tables, book)
        for name, frame in tables:
            _write_sheet(name, _fitted(name, _flat(frame)), book)


@contextmanager
def workbook(path: Path) -> Iterator["Workbook"]:
    """A workbook to fill, in which text stays text; written to `path` at the end. Raises OSError where it cannot be."""
    from xlsxwriter import Workbook

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    packed = BytesIO()  # xlsxwriter leaves a file half open, and says so on the terminal, when a disk is full
    with Workbook(packed, options) as book:
        yield book
    path.write_bytes(packed.getbuffer())


def _write_sheet(name: str, frame: pl.DataFrame, book: "Workbook") -> None:
    printed = PRINTED.get(name, {})
    wrapped = {"text_wrap": True, "valign": "top"}
    frame.write_excel(
        book,
        worksheet=name,
        table_name=f"{name}_table",
        table_style="Table Style Light 1",
        header_format={"bold": True, "text_wrap": True, "valign": "top"},
        column_widths=printed or _widths(frame),
        column_formats=dict.fromkeys(printed, wrapped),
        dtype_formats={pl.Float64: "General", pl.Int64: "General", pl.Date: "yyyy-mm-dd"},
        freeze_panes=(1, 0),
        autofilter=True,
    )
    if printed:
        sheet = book.get_worksheet_by_name(name)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for row, height in enumerate(_heights(frame, printed), start=1):
            sheet.set_row(row, height)


def _widths(frame: pl.DataFrame) -> dict[str, int]:
    """Column -> width in pixels: that of nine tenths of its cells, between its name and 60 characters."""
    widths = {}
    for name, dtype in frame.schema.items():
        typical = frame[name].str.len_chars().quantile(0.9) if dtype == pl.String else 10
        widths[name] = int(8 * min(max(typical or 0, len(name) + 3), 60))
    return widths


def _heights(frame: pl.DataFrame, widths: dict[str, int]) -> list[int]:
    """Points that each row needs for its longest cell, wrapped: not every program finds them itself. At most Excel's 409."""
    lines = [(pl.col(c).cast(pl.String).str.len_chars().fill_null(0) * 7 / width).ceil() for c, width in widths.items()]
    return frame.select((15 * pl.max_horizontal(1, *lines)).clip(15, 405).cast(pl.Int64)).to_series().to_list()


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


def _write_read_me(frames: Frames, tables: list[tuple[str, pl.DataFrame]], book: "Workbook") -> None:
    sheet, bold = book.add_worksheet("read me"), book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    facts = [
        ("Trials", f"{len(frames.trials):,}"),
        ("Made by", f"trialkit {frames.meta.get('trialkit', '(version not recorded)')}"),
        ("Data fingerprint", str(frames.meta.get("fingerprint", "not recorded"))),
        *(("Source", _source(source)) for source in frames.meta.get("sources", [])),
        *(
            (label, text)
            for label, text in list_about(frames).iter_rows()
            if label in ("Wording", "How to read", "How to cite")
        ),
        *(("Note", note) for note in NOTES),
    ]
    for row, (label, text) in enumerate(facts):
        sheet.write_string(row, 0, label, bold)
        sheet.merge_range(row, 1, row, 5, disarm(text), wrapped)
        sheet.set_row(row, 15 * (1 + len(text) // 110))
    holds = {name: (schema.__doc__ or "").strip().partition("\n")[0] for name, schema in FRAMES.items()}
    holds |= {"characteristics": "One row per trial, for a paper.", "evidence_table": "One row per trial, fact and value, for a paper."}  # fmt: skip
    sheets = pl.DataFrame([(name, len(frame), holds[name]) for name, frame in tables], schema=["sheet", "rows", "holds"], orient="row")  # fmt: skip
    top = len(facts) + 1
    for frame in (sheets, _dictionary()):
        for column, name in enumerate(frame.columns):
            sheet.write_string(top, column, name, bold)
        for row in frame.iter_rows():
            top += 1
            for column, value in enumerate(row):
                sheet.write(top, column, disarm(value) if isinstance(value, str) else value)
        top += 2
    for column, width in enumerate((18, 34, 44, 10, 8, 70)):
        sheet.set_column(column, column, width)


def _source(source: dict) -> str:
    told = [str(source[key]) for key in ("register", "data_version", "terms", "caution") if source.get(key)]
    return ". ".join([*told[:2], f"{source['records']:,} records" if "records" in source else "", *told[2:]])
