"""Files to records to facts to checked frames: the one meeting point, and the frames themselves."""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from trialkit.corrections import Correction, correct
from trialkit.curation import Curation, apply_curation, tell_to_check
from trialkit.engines import map_batches
from trialkit.filled import count_filled
from trialkit.intake import Intake, read_records
from trialkit.linking import link_records
from trialkit.record import TrialRecord
from trialkit.registries.files import Rejected
from trialkit.rows import Rows, read_with_sources
from trialkit.schema import FRAMES

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

PACKAGE = Path(__file__).parent
DATA = PACKAGE.parent / "data"
SNAPSHOTS = DATA / "snapshots"


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
        """One Parquet file per frame and `meta.json` in `folder`; the folder is replaced as a whole or not at all."""
        folder = Path(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            fresh.chmod(0o755)
            for name, frame in self.items():
                frame.write_parquet(fresh / f"{name}.parquet")
            (fresh / "meta.json").write_text(json.dumps(self.meta, indent=1, ensure_ascii=False), encoding="utf-8")
            _replace(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return folder


def check_folder(folder: Path) -> None:
    """Raise FileExistsError when `folder` holds anything but frames: it may be somebody's work."""
    known = {f"{name}.parquet" for name in FRAMES} | {"meta.json", "unread.csv"}
    strange = [p.name for p in folder.iterdir() if p.name not in known] if folder.is_dir() else []
    if strange:
        raise FileExistsError(
            f"{folder} holds other things than frames ({strange[0]} ...): choose an empty or new folder"
        )


def _replace(fresh: Path, folder: Path) -> None:
    """Put `fresh` in the place of `folder` by renaming, so that nobody reads a mixture of old and new frames."""
    if not folder.exists():
        os.replace(fresh, folder)
        return
    check_folder(folder)
    old = fresh.with_name(f"{fresh.name}-old")
    os.replace(folder, old)
    os.replace(fresh, folder)
    shutil.rmtree(old, ignore_errors=True)


Trial = tuple[TrialRecord, list[TrialRecord]]  # the record kept, and the other records of the trial


def read_batch(trials: list[Trial]) -> Rows:
    """The rows of many trials, frame by frame. Module-level, so that worker processes can run it."""
    rows: Rows = {name: [] for name in FRAMES}
    for kept, others in trials:
        for name, found in read_with_sources(kept, others).items():
            rows[name] += found
    return rows


def build_frames(
    paths: Iterable[Path | str],
    *,
    engine: str = "auto",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    meta: Mapping[str, Any] | None = None,
    base: Path | None = None,
    select: str | None = None,
    corrections: list[Correction] | None = None,
    curation: list[Curation] | None = None,
) -> Frames:
    """Read every record under `paths`, link duplicates, extract the facts and check every frame.

    `select` names a selection of `trialkit.gate`: records without any of its words are not read, and stand in `ledger`.
    `progress(done, total)` is called as records are read. `source_file` is the path as given, or below `base`. Bad
    input never stops the build: it stands in `ledger` with its reason. `corrections` are applied before records are
    linked, `curation` after all is read: a decision that no longer fits is logged and marked, never dropped. Raises
    CorrectionError for a correction that no longer fits, SelectionError for an unknown `select`, FileNotFoundError for a path that does not exist and
    `LedgerError` when the counts do not balance.
    """
    intake = read_records(paths, select=select, base=base, engine=engine, workers=workers, progress=progress)
    ledger = [_entry(r, None, "rejected", r.reason) for r in intake.rejected]
    records, corrected = correct(intake.records, corrections or [])
    linked = link_records(records)
    ledger += [_entry(r, r.record_id, "parsed", None) for r in linked.kept]
    ledger += [_entry(r, r.record_id, "duplicate", reason) for r, _kept, reason in linked.duplicates]
    rows: Rows = {name: [] for name in FRAMES}
    done = 0
    trials = [(record, linked.others[record.record_id]) for record in linked.kept]
    for batch in map_batches(read_batch, trials, engine=engine, workers=workers):
        for name, found in batch.items():
            rows[name] += found
        done += len(batch["trials"])
        if progress:
            progress(done, len(linked.kept))
    sources: dict[str, set[str]] = {}
    for record, kept, _reason in linked.duplicates:
        sources.setdefault(kept.trial_id or kept.record_id, set()).add(record.register)
    for trial in rows["trials"]:
        trial["registers"] = list(dict.fromkeys([*trial["registers"], *sorted(sources.get(trial["trial_id"], ()))]))
    rows["conflicts"] += corrected
    rows["filled"] = count_filled(records)
    rows, rows["curation"] = apply_curation(rows, curation or [])
    for sentence in tell_to_check(rows["curation"]):
        log.warning("%s", sentence)
    rows["links"], rows["ledger"] = linked.links, sorted(ledger, key=lambda r: (r["source_file"], r["position"]))
    checked = {name: _checked(name, rows[name]) for name in FRAMES}
    checked["ledger"] = _with_not_selected(checked["ledger"], intake)
    frames = Frames(**checked, meta=dict(meta or {}))
    check_ledger(frames.ledger, intake.received)
    return frames


def _entry(item: TrialRecord | Rejected, record_id: str | None, outcome: str, reason: str | None) -> dict[str, Any]:
    return {
        "source_file": item.source_file,
        "position": item.position,
        "form": item.form if isinstance(item, TrialRecord) else None,
        "record_id": record_id,
        "outcome": outcome,
        "reason": reason,
    }


def _with_not_selected(ledger: pl.DataFrame, intake: Intake) -> pl.DataFrame:
    """The ledger with the records that a selection left out, as columns: of a whole register these are 99 in 100.

    They are taken out of `intake`, and put in order column by column, so that they are in memory only once.
    """
    if not len(intake.not_selected):
        return ledger
    outcome, reason = pl.lit("not_selected").cast(ledger.schema["outcome"]), pl.lit(intake.reason)
    left = intake.not_selected.with_columns(outcome.alias("outcome"), reason.alias("reason"))
    intake.not_selected = intake.not_selected.clear()
    whole = pl.concat([ledger, left.select(ledger.columns)])
    order = whole.select(pl.arg_sort_by("source_file", "position", maintain_order=True)).to_series()
    columns = whole.get_columns()
    del left, whole
    for n in range(len(columns)):
        columns[n] = columns[n].gather(order)
    return pl.DataFrame(columns)


def _checked(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a frame that keeps its contract. Rows that break it are left out, counted and told, never silently."""
    schema = FRAMES[name]
    frame = pl.DataFrame(rows, schema=dict(schema.create_empty().schema), strict=False, infer_schema_length=None)
    good, bad = schema.filter(frame, cast=True)
    if bad.counts():
        log.error(
            "%s: %d of %d rows break the contract and are left out (%s)",
            name,
            len(frame) - len(good),
            len(frame),
            bad.counts(),
        )
    return pl.DataFrame(good)


class LedgerError(ValueError):
    """The counts of a build do not balance."""


def check_ledger(ledger: pl.DataFrame, received: int) -> None:
    """Raise `LedgerError` unless received = parsed + duplicate + rejected + not selected."""
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
    there = {name for name in FRAMES if (folder / f"{name}.parquet").is_file()}
    missing = [name for name in FRAMES if name not in there and name != "curation"]  # none in it: nothing was decided
    if missing:
        raise FileNotFoundError(
            f"{folder} holds no {', '.join(missing)}; expected the output folder of `trialkit build`"
        )
    read = {
        name: pl.read_parquet(folder / f"{name}.parquet")
        if name in there
        else pl.DataFrame(schema=dict(schema.create_empty().schema))
        for name, schema in FRAMES.items()
    }
    for name, schema in FRAMES.items():
        if lacking := [column for column in schema.columns() if column not in read[name].columns]:
            raise ValueError(
                f"{folder / name}.parquet has no column {', '.join(lacking)}: another version of trialkit wrote it; "
                "run `trialkit build` again"
            )
    meta = folder / "meta.json"
    return Frames(
        **read,
        meta=json.loads(meta.read_text(encoding="utf-8")) if meta.is_file() else {},
    )


def fingerprint(paths: Iterable[Path | str]) -> str:
    """Twelve hex digits that change when any file under `paths` changes (names and contents, not dates)."""
    digest = hashlib.sha256()
    for path in map(Path, paths):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(path)).encode() + b"\0")
                with file.open("rb") as content:  # in pieces: a whole register has some gigabytes
                    digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()[:12]
