"""Files to records to facts to checked frames: the one meeting point, and the frames themselves."""

import json
import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from trialkit.corrections import Correction, correct
from trialkit.curation import Curation, apply_curation, tell_to_check
from trialkit.engines import batches
from trialkit.extraction import Failed, Kept, extract_trials, unpack
from trialkit.filled import count_filled
from trialkit.fingerprints import PACKAGE, fingerprint
from trialkit.linking import Linked, link_records, normalise_id
from trialkit.record import TrialRecord
from trialkit.registries.files import Rejected, read_inputs
from trialkit.rows import Rows
from trialkit.schema import FRAMES
from trialkit.storage import KEPT, beside, locked, opened, publish

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

__all__ = ["DATA", "PACKAGE", "SNAPSHOTS", "Frames", "LedgerError", "build_frames", "fingerprint", "load_frames"]

DATA = PACKAGE.parent / "data"
SNAPSHOTS = DATA / "snapshots"
_PATIENCE = 60  # seconds that a writer waits for another one
_AT_ONCE = 1_000  # trials whose rows are Python objects at a time
_COLUMNS = {name: dict(schema.create_empty().schema) for name, schema in FRAMES.items()}
_DATES = [name for name, dtype in _COLUMNS["trials"].items() if dtype == pl.Date]


@dataclass(frozen=True)
class Frames:
    """The frames of one build, each a polars DataFrame with the columns of `trialkit.schema`.

    `meta` holds what a report prints beside a number: `fingerprint` of the inputs, `sources`, `trialkit` version.
    """

    trials: pl.DataFrame
    arms: pl.DataFrame
    cell_products: pl.DataFrame
    regimens: pl.DataFrame
    endpoints: pl.DataFrame
    eligibility: pl.DataFrame
    fact_status: pl.DataFrame
    evidence: pl.DataFrame
    links: pl.DataFrame
    conflicts: pl.DataFrame
    ledger: pl.DataFrame
    filled: pl.DataFrame
    curation: pl.DataFrame
    meta: dict[str, Any] = field(default_factory=dict)

    def items(self) -> list[tuple[str, pl.DataFrame]]:
        """(name, frame) of every frame, in the order of the data dictionary."""
        return [(f.name, getattr(self, f.name)) for f in fields(self) if f.name != "meta"]

    def to_pandas(self) -> "dict[str, pd.DataFrame]":
        """Every frame as pandas, by name, with Arrow-backed columns so that lists stay lists and missing stays missing."""
        return {name: frame.to_pandas(use_pyarrow_extension_array=True) for name, frame in self.items()}

    def select(self, trial_ids: Iterable[str]) -> "Frames":
        """The same frames for some trials only; links and ledger, which describe the build, stay whole."""
        wanted = pl.Series("trial_id", list(trial_ids), dtype=pl.String)
        chosen = {
            n: f.filter(pl.col("trial_id").is_in(wanted.implode())) if "trial_id" in f.columns else f
            for n, f in self.items()
        }
        return Frames(**chosen, meta=self.meta)

    def unread(self) -> pl.DataFrame:
        """trial_id, fact, record, field, start, end, quote: cues that were not turned into a value, the curator's work list."""
        cues = self.evidence.filter((pl.col("frame") == "fact_status") & (pl.col("column") == "unparsed"))
        return cues.select("trial_id", pl.col("value").alias("fact"), "record", "field", "start", "end", "quote")

    def write(self, folder: Path | str) -> Path:
        """One Parquet file per frame and `meta.json` in `folder`; the folder is replaced as a whole or not at all.

        Raises FileExistsError for a folder that holds other things, FolderBusyError when another build writes there.
        """
        with locked(Path(folder), wait=_PATIENCE) as target:
            check_folder(target)
            fresh = beside(target, "writing")
            try:
                self.write_files(fresh)
                publish(fresh, target)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
        return Path(folder)

    def write_files(self, folder: Path) -> None:
        """The files of `write` into a folder that nobody reads yet."""
        folder.mkdir(exist_ok=True)
        for name, frame in self.items():
            frame.write_parquet(folder / f"{name}.parquet")
        (folder / "meta.json").write_text(json.dumps(self.meta, indent=1, ensure_ascii=False), encoding="utf-8")


def check_folder(folder: Path) -> None:
    """Raise FileExistsError when `folder` holds anything but frames: it may be somebody's work."""
    known = {f"{name}.parquet" for name in FRAMES} | {"meta.json", "unread.csv", KEPT}
    strange = [p.name for p in folder.iterdir() if p.name not in known] if folder.is_dir() else []
    if strange:
        raise FileExistsError(
            f"{folder} holds other things than frames ({strange[0]} ...): choose an empty or new folder"
        )


def build_frames(
    paths: Iterable[Path | str],
    *,
    engine: str = "auto",
    workers: int | None = None,
    scheduler: str | None = None,
    kept: Kept | None = None,
    progress: Callable[[int, int], None] | None = None,
    meta: Mapping[str, Any] | None = None,
    base: Path | None = None,
    corrections: list[Correction] | None = None,
    curation: list[Curation] | None = None,
) -> Frames:
    """Read every record under `paths`, link duplicates, extract the facts and check every frame.

    `progress(done, total)` is called as records are read. `source_file` is the path as given, or below `base`. Bad
    input never stops the build: it stands in `ledger` with its reason. `corrections` are applied before records are
    linked, `curation` after all is read: a decision that no longer fits is logged and marked, never dropped. Raises
    CorrectionError for a correction that no longer fits, FileNotFoundError for a path that does not exist and
    `LedgerError` when the counts do not balance.
    """
    records, ledger, received = [], [], 0
    for result in read_inputs(paths):
        received += 1
        result = _below(result, base)
        if isinstance(result, Rejected):
            ledger.append(_entry(result, None, "rejected", result.reason))
        else:
            records.append(result)
    records, corrected = correct(records, corrections or [])
    linked = link_records(records)
    where = {"engine": engine, "workers": workers, "scheduler": scheduler}
    tables, failed, told = _tables(linked, curation or [], kept, progress, where)
    ledger += [_fate(record, failed.get(record.record_id)) for record in linked.kept]
    ledger += [_entry(r, r.record_id, "duplicate", reason) for r, _kept, reason in linked.duplicates]
    for sentence in tell_to_check(told):
        log.warning("%s", sentence)
    whole: Rows = {
        "conflicts": corrected,
        "filled": count_filled(records),
        "curation": told,
        "links": linked.links,
        "ledger": sorted(ledger, key=lambda r: (r["source_file"], r["position"])),
    }
    for name, rows in whole.items():
        tables[name].append(_table(name, rows))
    frames = Frames(**{name: _checked(name, pl.concat(tables[name])) for name in FRAMES}, meta=dict(meta or {}))
    check_ledger(frames.ledger, received)
    return frames


def _tables(
    linked: Linked,
    curation: list[Curation],
    kept: Kept | None,
    progress: Callable[[int, int], None] | None,
    where: Mapping[str, Any],
) -> tuple[dict[str, list[pl.DataFrame]], dict[str, str], list[dict[str, Any]]]:
    """What is read of the trials: {frame: its tables in order}, {record_id: why it failed}, the rows of `curation`.

    Rows are kept packed and made tables a thousand trials at a time: as Python objects they take twenty times the room.
    """
    trials = [(record, linked.others[record.record_id]) for record in linked.kept]
    sources: dict[str, set[str]] = {}
    for record, best, _reason in linked.duplicates:
        sources.setdefault(best.trial_id or best.record_id, set()).add(record.register)
    tables = {name: [_table(name, [])] for name in FRAMES}
    failed, told, n = {}, [], len(trials)
    found = extract_trials(trials, kept=kept, progress=progress and (lambda done: progress(done, n)), **where)
    for some in batches(zip(linked.kept, found, strict=True), _AT_ONCE):
        rows: Rows = {name: [] for name in FRAMES}
        for record, extracted in some:
            if isinstance(extracted, Failed):
                failed[record.record_id] = extracted.reason
                continue
            for name, read in unpack(extracted).items():
                rows[name] += read
        for trial in rows["trials"]:
            trial.update({name: date.fromisoformat(trial[name]) for name in _DATES if trial[name]})
            others = sorted(sources.get(trial["trial_id"], ()))
            trial["registers"] = list(dict.fromkeys([*trial["registers"], *others]))
        rows, decided = apply_curation(rows, curation)
        told += decided
        for name, read in rows.items():
            tables[name].append(_table(name, read))
    first = {normalise_id(one.trial_id): n for n, one in reversed(list(enumerate(curation)))}
    return tables, failed, sorted(told, key=lambda row: first[normalise_id(row["trial_id"])])


def _below(result: TrialRecord | Rejected, base: Path | None) -> TrialRecord | Rejected:
    """The result with its `source_file` below `base`: a ledger that travels should not tell where a machine keeps files."""
    if base is None or not Path(result.source_file).is_relative_to(base):
        return result
    shown = Path(result.source_file).relative_to(base).as_posix()
    if isinstance(result, Rejected):
        return result._replace(source_file=shown)
    return msgspec.structs.replace(result, source_file=shown)


def _entry(item: TrialRecord | Rejected, record_id: str | None, outcome: str, reason: str | None) -> dict[str, Any]:
    return {
        "source_file": item.source_file,
        "position": item.position,
        "form": item.form if isinstance(item, TrialRecord) else None,
        "record_id": record_id,
        "outcome": outcome,
        "reason": reason,
    }


def _fate(record: TrialRecord, failed: str | None) -> dict[str, Any]:
    if failed is None:
        return _entry(record, record.record_id, "parsed", None)
    lost = _entry(record, None, "rejected", f"{record.record_id} {failed}")
    return lost | {"form": None}


def _table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=_COLUMNS[name], strict=False, infer_schema_length=None)


def _checked(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """A frame that keeps its contract. Rows that break it are left out, counted and told, never silently."""
    schema = FRAMES[name]
    good, bad = schema.filter(frame, cast=True)
    if bad.counts():
        log.error(
            "%s: %d of %d rows break the contract and are left out (%s)",
            name,
            len(frame) - len(good),
            len(frame),
            bad.counts(),
        )
    return pl.DataFrame(good).rechunk()


class LedgerError(ValueError):
    """The counts of a build do not balance."""


def check_ledger(ledger: pl.DataFrame, received: int) -> None:
    """Raise `LedgerError` unless received = parsed + duplicate + rejected."""
    counts = dict(ledger.group_by("outcome").len().iter_rows())
    total = sum(counts.values())
    if total != received:
        raise LedgerError(f"the ledger does not balance: {received} records received, {total} accounted for ({counts})")


def load_frames(folder: Path | str) -> Frames:
    """The frames that `Frames.write` put into `folder`.

    Raises FileNotFoundError naming the files that are missing, ValueError naming a column that another version of
    trialkit did not write yet.
    """
    folder = Path(folder)
    with opened(folder, [*(f"{name}.parquet" for name in FRAMES), "meta.json"]) as files:
        missing = [
            name for name in FRAMES if f"{name}.parquet" not in files and name != "curation"
        ]  # none: none decided
        if missing:
            raise FileNotFoundError(
                f"{folder} holds no {', '.join(missing)}; expected the output folder of `trialkit build`"
            )
        read = {
            name: pl.read_parquet(files[f"{name}.parquet"]) if f"{name}.parquet" in files else _table(name, [])
            for name in FRAMES
        }
        meta = json.load(files["meta.json"]) if "meta.json" in files else {}
    for name, schema in FRAMES.items():
        if lacking := [column for column in schema.columns() if column not in read[name].columns]:
            raise ValueError(
                f"{folder / name}.parquet has no column {', '.join(lacking)}: another version of trialkit wrote it; "
                "run `trialkit build` again"
            )
    return Frames(**read, meta=meta)
