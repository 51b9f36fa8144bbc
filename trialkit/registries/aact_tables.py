"""The tables of an AACT dump, brought together study by study without ever holding more than one of them.

Each table is copied out, cut to the columns read, sorted by study and set down as Parquet in a temporary folder; then
the studies come out in blocks. Needed are about three times the largest table as memory, and as temporary space a third
of the unpacked dump beside the largest table.
"""

import csv
import logging
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from trialkit.registries.aact_layout import STUDIES, TABLES, Members, Row
from trialkit.registries.unpacking import DamagedError

log = logging.getLogger(__name__)

_BLOCK = 4096  # studies
_LONGEST_CELL = 16 << 20  # characters


def read_studies(members: Members) -> Iterator[tuple[Row, dict[str, list[Row]]]]:
    """Every row of studies.txt, in order, with the rows of the other tables on it, each table in order of its ids.

    A study's row also has `again` ("true": its number stood in an earlier row); a line that fits no header comes last,
    as `line` alone. Tables and columns that the dump lacks are empty; one warning names the tables. Raises ValueError
    when studies.txt is no such table or a member cannot be taken out.
    """
    with TemporaryDirectory(prefix="trialkit-") as folder:
        store = Path(folder)
        studies, torn = _table(members, "studies", store, STUDIES)
        if studies is None:
            raise ValueError("studies.txt has no column nct_id below a header with `|` between names: no dump of AACT")
        studies = studies.filter(pl.any_horizontal(pl.all().is_not_null())).with_row_index("position")
        numbers = studies.select("position", "nct_id").unique("nct_id", keep="first", maintain_order=True)
        again = (~pl.col("nct_id").is_first_distinct()).cast(pl.String).alias("again")
        studies.with_columns(again).write_parquet(store / "studies.parquet", row_group_size=_BLOCK)
        n = len(studies)
        del studies
        kept = [table for table in TABLES if _set_down(members, table, numbers, store)]
        if lacking := sorted(set(TABLES) - set(kept)):
            log.warning("the AACT dump has no %s: what stands there stays empty", ", ".join(lacking))
        for start in range(0, n, _BLOCK):
            tables = {table: _block(store, table, start) for table in kept}
            for position, (study,) in _block(store, "studies", start).items():
                yield study, {table: rows[position] for table, rows in tables.items() if position in rows}
        yield from (({"line": str(line)}, {}) for line in torn)


def _set_down(members: Members, table: str, numbers: pl.DataFrame, store: Path) -> bool:
    """Store one table sorted by study; False when the dump lacks it. Rows on other studies are left out."""
    rows, torn = _table(members, table, store, ("id", *TABLES[table]))
    if rows is None:
        return False
    if torn:
        log.warning(
            "%s.txt: %d lines do not fit the header and were left out, the first is %d", table, len(torn), torn[0]
        )
    order = pl.col("id").cast(pl.Int64, strict=False)
    rows = rows.join(numbers, on="nct_id").drop("nct_id").sort("position", order, maintain_order=True)
    rows.write_parquet(store / f"{table}.parquet", row_group_size=4 * _BLOCK)
    return True


def _block(store: Path, table: str, start: int) -> dict[int, list[Row]]:
    """Position of a study -> its rows, for the studies of one block."""
    inside = pl.col("position").is_between(start, start + _BLOCK - 1)
    found: dict[int, list[Row]] = defaultdict(list)
    for row in pl.scan_parquet(store / f"{table}.parquet").filter(inside).collect().iter_rows(named=True):
        found[row.pop("position")].append(row)
    return found


def _table(
    members: Members, table: str, store: Path, columns: tuple[str, ...]
) -> tuple[pl.DataFrame | None, list[int]]:
    """nct_id and the columns wanted of one table, as text, and the numbers of the lines that fit no header.

    No frame when the table or its nct_id is not there.
    """
    if f"{table}.txt" not in members:
        return None, []
    path, torn = store / f"{table}.txt", []
    try:
        with members[path.name]() as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    except (OSError, DamagedError) as error:
        raise ValueError(f"{path.name} cannot be taken out of the archive: {error}") from error
    try:
        try:
            rows = _read(path, columns)
        except pl.exceptions.ComputeError:  # quotes that do not pair
            torn = _mend(path)
            rows = _read(path, columns)
    except pl.exceptions.NoDataError:
        rows = None
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{path.name} cannot be read as a table: {str(error).partition(chr(10))[0]}") from error
    path.unlink()
    return rows, torn


def _read(path: Path, columns: tuple[str, ...]) -> pl.DataFrame | None:
    scan = pl.scan_csv(
        path, separator="|", infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True, low_memory=True
    )
    names = scan.collect_schema().names()
    if "nct_id" not in names:
        return None
    wanted = [pl.col(name) if name in names else pl.lit(None, pl.String).alias(name) for name in columns]
    return scan.select(pl.col("nct_id").str.strip_chars(), *wanted).collect()


def _mend(path: Path) -> list[int]:
    """Write the table anew line by line, since a row of a dump is one line; the numbers of the lines that fit no header.

    A quote that does not pair is read as a character.
    """
    csv.field_size_limit(_LONGEST_CELL)
    mended, torn = path.with_suffix(".mended"), []
    with (
        path.open(encoding="utf-8-sig", errors="replace", newline="\n") as source,
        mended.open("w", encoding="utf-8", newline="") as target,
    ):
        write = csv.writer(target, delimiter="|", lineterminator="\n").writerow
        width = 0
        for number, line in enumerate(source, 1):
            line = line.rstrip("\r\n")
            try:
                cells = next(csv.reader([line], delimiter="|"), [])
            except csv.Error:
                cells = []
            width = width or len(cells)
            if line and len(cells) != width:
                cells = line.split("|")
            if len(cells) == width:
                write(cells)
            elif cells:
                torn.append(number)
    mended.replace(path)
    return torn
