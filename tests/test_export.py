"""Frames and tables as files: nothing runs, nothing is lost without a word, and a reader never sees half a file."""

import csv
import logging
import re
import zipfile

import fastexcel
import polars as pl
import pytest
from making import make_frames

import trialkit.export
from trialkit.export import CUT, MAX_CHARACTERS, export_frames
from trialkit.frames import Frames, load_frames
from trialkit.schema import FRAMES

ABOUT = {"fingerprint": "abc123", "trialkit": "9.9", "sources": [{"register": "R", "records": 2}]}


TABLES = ["characteristics", "evidence_table"]


def frames_with(**tables) -> Frames:
    return make_frames(ABOUT, **tables)


def read_csv(path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_sheet(path, sheet) -> pl.DataFrame:
    return fastexcel.read_excel(path).load_sheet(sheet).to_polars()


@pytest.fixture(scope="module")
def workbook(bundled, tmp_path_factory):
    [path] = export_frames(bundled, tmp_path_factory.mktemp("excel") / "trials.xlsx")
    return path


def test_csv_folder_has_every_frame_and_the_dictionary(bundled, tmp_path):
    written = export_frames(bundled, tmp_path / "csv")
    assert [p.name for p in written] == [f"{name}.csv" for name in [*TABLES, *FRAMES, "data_dictionary", "about"]]
    assert {p.name for p in (tmp_path / "csv").iterdir()} == {p.name for p in written}
    for name, frame in bundled.items():
        rows = read_csv(tmp_path / "csv" / f"{name}.csv")
        assert len(rows) == len(frame)
        assert not rows or list(rows[0]) == frame.columns
    dictionary = read_csv(tmp_path / "csv" / "data_dictionary.csv")
    for name in [*TABLES, *FRAMES]:
        [*header] = next(csv.reader((tmp_path / "csv" / f"{name}.csv").open(encoding="utf-8", newline="")))
        assert [row["column"] for row in dictionary if row["frame"] == name] == header


def test_csv_joins_lists_and_leaves_missing_empty(tmp_path):
    regimen = {"trial_id": "T-1", "dose_low": 1e6, "interval_days": [7.0, 14.5], "flags": ["a", "b"]}
    frames = frames_with(regimens=[regimen, {"trial_id": "T-2"}], trials=[{"trial_id": "T-1", "cell_source": ["adipose", "bone_marrow"]}])  # fmt: skip
    export_frames(frames, tmp_path)
    first, second = read_csv(tmp_path / "regimens.csv")
    assert (first["interval_days"], first["flags"]) == ("7 | 14.5", "a | b")
    assert float(first["dose_low"]) == 1e6
    assert (second["interval_days"], second["dose_low"], second["arm"]) == ("", "", "")
    assert read_csv(tmp_path / "trials.csv")[0]["cell_source"] == "adipose | bone_marrow"


FORMULAS = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
]
HARMLESS = ["1e6 cells/kg", "a=b", "", "'quoted'", "<b>", " spaced", "≥ 8", "http://example.org"]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_text_that_would_run_gets_an_apostrophe(text, format, tmp_path):
    frames = frames_with(trials=[{"trial_id": text, "public_title": text, "conditions": [text, "lupus"]}])
    path = export_frames(frames, tmp_path, format)[0]
    for table, columns in {"trials": ("trial_id", "public_title", "conditions"), "characteristics": ("title",)}.items():
        row = read_csv(tmp_path / f"{table}.csv")[0] if format == "csv" else read_sheet(path, table).row(0, named=True)
        for column in columns:
            start = text.strip()[0] if table == "characteristics" else text[0]  # its texts are on one line
            assert row[column].startswith("'" + start)
    if format == "xlsx":
        with zipfile.ZipFile(path) as archive:
            assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets/" in name)


def test_other_text_stays_as_it_is(tmp_path):
    frames = frames_with(trials=[{"trial_id": f"T-{n}", "public_title": t} for n, t in enumerate(HARMLESS)])
    export_frames(frames, tmp_path)
    assert [row["public_title"] for row in read_csv(tmp_path / "trials.csv")] == HARMLESS


def test_negative_numbers_stay_numbers(tmp_path):
    frames = frames_with(
        eligibility=[{"trial_id": "T", "position": 0, "text": "t-score", "low": -2.5, "operator": "<"}]
    )
    export_frames(frames, tmp_path)
    assert read_csv(tmp_path / "eligibility.csv")[0]["low"] == "-2.5"
    export_frames(frames, tmp_path / "t.xlsx")
    assert read_sheet(tmp_path / "t.xlsx", "eligibility")["low"].to_list() == [-2.5]


def test_parquet_reads_back_as_frames(bundled, tmp_path):
    written = export_frames(bundled, tmp_path / "pq", "parquet")
    assert [p.name for p in written] == [f"{name}.parquet" for name in FRAMES]
    back = load_frames(tmp_path / "pq")
    assert back.meta == bundled.meta
    assert all(a.equals(b) for (_, a), (_, b) in zip(back.items(), bundled.items(), strict=True))


def test_workbook_has_a_read_me_and_a_sheet_per_frame(workbook, bundled):
    book = fastexcel.read_excel(workbook)
    assert book.sheet_names == ["read me", *TABLES, *FRAMES]
    for name, frame in bundled.items():
        sheet = read_sheet(workbook, name)
        assert sheet.columns == frame.columns
        assert len(sheet.drop_nulls(subset=sheet.columns[0])) == len(frame)
    text = " ".join(str(v) for row in book.load_sheet("read me", header_row=None).to_polars().rows() for v in row)
    assert bundled.meta["fingerprint"] in text
    assert "ClinicalTrials.gov" in text
    assert "Cells per administration" in text
    assert "apostrophe" in text


def test_printed_sheets_are_wrapped_and_high_enough_for_their_text(workbook, bundled):
    with zipfile.ZipFile(workbook) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
        assert 'wrapText="1"' in archive.read("xl/styles.xml").decode()
    heights = [float(h) for h in re.findall(r'<row r="\d+"[^>]* ht="([\d.]+)"', sheet)]
    assert len(heights) == len(bundled.trials)
    assert 30 < min(heights) <= max(heights) <= 409
    assert 'orientation="landscape"' in sheet


def test_references_are_one_file_named_by_suffix_or_folder(tmp_path):
    frames = frames_with(trials=[{"trial_id": "T-1", "conditions": ["µ-lupus"]}])
    [named], [inside] = export_frames(frames, tmp_path / "refs.ris"), export_frames(frames, tmp_path / "folder", "ris")
    assert (named, inside) == (tmp_path / "refs.ris", tmp_path / "folder" / "trialkit.ris")
    assert named.read_bytes() == inside.read_bytes()
    assert "KW  - µ-lupus\r\n" in named.read_bytes().decode("utf-8")


def test_latex_is_a_folder_with_a_document_around_two_tables(tmp_path):
    written = export_frames(frames_with(trials=[{"trial_id": "T-1"}]), tmp_path / "tex", "latex")
    assert [p.name for p in written] == ["trialkit.tex", "characteristics.tex", "evidence_table.tex"]
    document = written[0].read_text(encoding="ascii")
    assert [name for name in ("characteristics", "evidence_table") if f"\\input{{{name}}}" in document] == TABLES


@pytest.mark.parametrize("format", ["csv", "ris", "latex"])
def test_the_same_frames_give_the_same_files(bundled, format, tmp_path):
    one, two = (export_frames(bundled, tmp_path / name, format) for name in "ab")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_numbers_and_dates_of_the_workbook_are_numbers_and_dates(workbook, bundled):
    trials = read_sheet(workbook, "trials")
    assert (
        trials["enrollment_count"].drop_nulls().to_list() == bundled.trials["enrollment_count"].drop_nulls().to_list()
    )
    assert trials["start_date"].dtype in (pl.Date, pl.Datetime)
    doses = read_sheet(workbook, "regimens")["dose_low"].drop_nulls()
    assert doses.to_list() == bundled.regimens["dose_low"].drop_nulls().to_list()


def test_sheets_have_frozen_headers_and_filters(workbook):
    with zipfile.ZipFile(workbook) as archive:
        sheets = [n for n in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", n)]
        tables = [n for n in archive.namelist() if n.startswith("xl/tables/")]
        assert len(tables) == len(FRAMES) + len(TABLES)
        assert all(b"<autoFilter" in archive.read(n) for n in tables)
        frozen = [b'state="frozen"' in archive.read(n) and b'ySplit="1"' in archive.read(n) for n in sorted(sheets)]
        assert frozen.count(True) == len(FRAMES) + len(TABLES)
        assert not any(b"<hyperlink" in archive.read(n) for n in sheets)


@pytest.mark.parametrize("letter", ["a", "é", "𝛼"])
def test_text_too_long_for_excel_is_cut_with_a_mark_and_a_warning(letter, tmp_path, caplog):
    frames = frames_with(trials=[{"trial_id": "T", "public_title": letter * 40_000, "acronym": "a" * MAX_CHARACTERS}])
    with caplog.at_level(logging.WARNING):
        export_frames(frames, tmp_path / "t.xlsx")
    row = read_sheet(tmp_path / "t.xlsx", "trials").row(0, named=True)
    assert row["public_title"].endswith(CUT)
    assert len(row["public_title"].encode("utf-16-le")) // 2 in (MAX_CHARACTERS - 1, MAX_CHARACTERS)
    assert row["acronym"] == "a" * MAX_CHARACTERS
    assert [r.message for r in caplog.records if r.name == "trialkit.export"] == ["trials.public_title: 1 cells are longer than Excel holds (32767 characters) and are cut"]  # fmt: skip
    export_frames(frames, tmp_path / "csv")
    assert "cut" not in (tmp_path / "csv" / "trials.csv").read_text(encoding="utf-8")


def test_rows_beyond_excel_are_cut_with_a_mark_and_a_warning(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(trialkit.export, "MAX_ROWS", 5)
    frames = frames_with(trials=[{"trial_id": f"T-{n}"} for n in range(8)])
    with caplog.at_level(logging.WARNING):
        export_frames(frames, tmp_path / "t.xlsx")
    ids = read_sheet(tmp_path / "t.xlsx", "trials")["trial_id"].to_list()
    assert ids == [
        "T-0",
        "T-1",
        "T-2",
        "T-3",
        "[cut: 4 more rows, which Excel cannot hold; use the CSV or Parquet export]",
    ]
    assert "4 rows" in caplog.text


def test_failed_export_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    old = tmp_path / "t.xlsx"
    old.write_text("old")
    monkeypatch.setattr(trialkit.export, "_write_sheet", lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export_frames(frames_with(), old)
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_wrong_targets_are_refused(tmp_path):
    file = tmp_path / "frames.csv"
    file.write_text("mine")
    with pytest.raises(FileExistsError, match="is written as a folder of files"):
        export_frames(frames_with(), file, "csv")
    (tmp_path / "x.xlsx").mkdir()
    with pytest.raises(FileExistsError, match="is a folder"):
        export_frames(frames_with(), tmp_path / "x.xlsx")
    with pytest.raises(ValueError, match="'ods' is not one of csv, parquet, xlsx, ris, latex"):
        export_frames(frames_with(), tmp_path / "x", "ods")
    with pytest.raises(ValueError, match=r"'\.tex' is no format to export to"):
        export_frames(frames_with(), tmp_path / "paper.tex")
    assert file.read_text() == "mine"
