"""Files to records to facts to checked frames: the one meeting point of reading, linking and extraction."""

import logging
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from trialkit.corrections import Correction, correct
from trialkit.engines import batches
from trialkit.extraction import Failed, Kept, extract_trials, unpack
from trialkit.filled import count_filled
from trialkit.frames import Frames
from trialkit.intake import Intake, read_records
from trialkit.linking import Linked, link_records, normalise_id
from trialkit.record import TrialRecord
from trialkit.registries.files import Rejected
from trialkit.registries.members import Known
from trialkit.rows import Rows
from trialkit.schema import FRAMES

if TYPE_CHECKING:
    from trialkit.curation import Curation

log = logging.getLogger(__name__)

COLUMNS = {name: dict(schema.create_empty().schema) for name, schema in FRAMES.items()}  # frame -> column -> type
_AT_ONCE = 250  # trials whose rows are Python objects at a time, some 100 kB each
_FEW = 20_000  # rows that are put among others one by one
_DATES = [name for name, dtype in COLUMNS["trials"].items() if dtype == pl.Date]


def build_frames(
    paths: Iterable[Path | str],
    *,
    engine: str = "auto",
    workers: int | None = None,
    scheduler: str | None = None,
    kept: Kept | None = None,
    known: Known | None = None,
    select: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    meta: Mapping[str, Any] | None = None,
    base: Path | None = None,
    corrections: list[Correction] | None = None,
    curation: list["Curation"] | None = None,
) -> Frames:
    """Read every record under `paths`, link duplicates, extract the facts and check every frame.

    `select` names a selection of `trialkit.gate`: records without any of its words are not read, and stand in `ledger`.
    `known` are members of archives, and `kept` trials, of an earlier build that are not read again.
    `progress(done, total)` is called as records are read. `source_file` is the path as given, or below `base`. Bad
    input never stops the build: it stands in `ledger` with its reason. `corrections` are applied before records are
    linked, `curation` after all is read: a decision that no longer fits is logged and marked, never dropped. Raises
    CorrectionError for a correction that no longer fits, SelectionError for an unknown `select`, FileNotFoundError for a path that does not exist and
    `LedgerError` when the counts do not balance.
    """
    intake = read_records(
        paths, select=select, base=base, engine=engine, workers=workers, progress=progress, known=known
    )
    ledger = [_entry(r, None, "rejected", r.reason) for r in intake.rejected]
    records, corrected = correct(intake.records, corrections or [])
    linked = link_records(records)
    where = {"engine": engine, "workers": workers, "scheduler": scheduler}
    tables, failed, told = _tables(linked, curation or [], kept, progress, where)
    ledger += [_fate(record, failed.get(record.record_id)) for record in linked.kept]
    ledger += [_entry(r, r.record_id, "duplicate", reason) for r, _kept, reason in linked.duplicates]
    if told:
        from trialkit.curation import tell_to_check

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
    frames = replace(frames, ledger=_with_not_selected(frames.ledger, intake))
    check_ledger(frames.ledger, intake.received)
    return frames


def _tables(
    linked: Linked,
    curation: list["Curation"],
    kept: Kept | None,
    progress: Callable[[int, int], None] | None,
    where: Mapping[str, Any],
) -> tuple[dict[str, list[pl.DataFrame]], dict[str, str], list[dict[str, Any]]]:
    """What is read of the trials: {frame: its tables in order}, {record_id: why it failed}, the rows of `curation`.

    Rows are kept packed and made tables some hundred trials at a time: as Python objects they take twenty times the room.
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
        if curation:
            from trialkit.curation import apply_curation  # half a second of patterns, where nobody decided anything

            rows, decided = apply_curation(rows, curation)
            told += decided
        for name, read in rows.items():
            tables[name].append(_table(name, read))
    first = {normalise_id(one.trial_id): n for n, one in reversed(list(enumerate(curation)))}
    return tables, failed, sorted(told, key=lambda row: first[normalise_id(row["trial_id"])])


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
    return pl.DataFrame(rows, schema=COLUMNS[name], strict=False, infer_schema_length=None)


def _with_not_selected(ledger: pl.DataFrame, intake: Intake) -> pl.DataFrame:
    """The ledger with the records that a selection left out, as columns: of a whole register these are 99 in 100.

    They are taken out of `intake`, and put in order column by column, so that they are in memory only once.
    """
    if not len(intake.not_selected):
        return ledger
    outcome, reason = pl.lit("not_selected").cast(ledger.schema["outcome"]), pl.lit(intake.reason)
    left = intake.not_selected.with_columns(outcome.alias("outcome"), reason.alias("reason"))
    intake.not_selected = intake.not_selected.clear()
    left = left.select(ledger.columns)
    if len(ledger) <= _FEW and _in_order(left):
        pieces = _pieces(ledger, left)
    else:
        whole = pl.concat([ledger, left])
        order = whole.select(pl.arg_sort_by("source_file", "position", maintain_order=True)).to_series()
        pieces, ledger, left = None, whole, whole
    ours, others = ledger.get_columns(), left.get_columns()
    del ledger, left
    columns = []
    while ours:
        one, other = ours.pop(0), others.pop(0)
        if pieces is None:
            columns.append(one.gather(order))
        else:
            slices = [(other if is_left else one)[start:end] for is_left, start, end in pieces]
            columns.append(pl.concat(slices, rechunk=True))
            del slices
    return pl.DataFrame(columns)


def _in_order(left: pl.DataFrame) -> bool:
    """Whether rows stand by file and position already, as those of an archive with sorted names do."""
    file, position = pl.col("source_file"), pl.col("position")
    later = (file > file.shift()) | ((file == file.shift()) & (position >= position.shift()))
    return bool(left.select(later.slice(1).all()).item())


def _pieces(ledger: pl.DataFrame, left: pl.DataFrame) -> list[tuple[bool, int, int]]:
    """(is it of `left`, begin, end) of pieces that make one order by file and position; of equals `ledger` comes first."""
    files, positions = left["source_file"], left["position"]
    pieces: list[tuple[bool, int, int]] = []
    at = done = 0
    for n, key in enumerate(ledger.select("source_file", "position").iter_rows()):
        place = bisect_left(range(len(left)), key, lo=at, key=lambda k: (files[k], positions[k]))
        if place > at:
            pieces += [(False, done, n), (True, at, place)]
            at, done = place, n
    return [*pieces, (False, done, len(ledger)), (True, at, len(left))]


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
    """Raise `LedgerError` unless received = parsed + duplicate + rejected + not selected."""
    counts = dict(ledger.group_by("outcome").len().iter_rows())
    total = sum(counts.values())
    if total != received:
        raise LedgerError(f"the ledger does not balance: {received} records received, {total} accounted for ({counts})")
