"""The frames of one build: what they hold, a folder of them written and read back as one state."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from trialkit.fingerprints import PACKAGE, rules_fingerprint
from trialkit.storage import KEPT, beside, locked, opened, publish

if TYPE_CHECKING:
    import pandas as pd

DATA = PACKAGE.parent / "data"
SNAPSHOTS = DATA / "snapshots"
_PATIENCE = 60  # seconds that a writer waits for another one


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
        return [(name, getattr(self, name)) for name in _names()]

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
    known = {f"{name}.parquet" for name in _names()} | {"meta.json", "unread.csv", KEPT}
    strange = [p.name for p in folder.iterdir() if p.name not in known] if folder.is_dir() else []
    if strange:
        raise FileExistsError(
            f"{folder} holds other things than frames ({strange[0]} ...): choose an empty or new folder"
        )


def load_frames(folder: Path | str) -> Frames:
    """The frames that `Frames.write` put into `folder`.

    Raises FileNotFoundError naming the files that are missing, ValueError naming a column that another version of
    trialkit did not write yet.
    """
    folder = Path(folder)
    with opened(folder, [*(f"{name}.parquet" for name in _names()), "meta.json"]) as files:
        # A folder without `curation` is of a version that knew none: nothing was decided.
        missing = [name for name in _names() if f"{name}.parquet" not in files and name != "curation"]
        if missing:
            raise FileNotFoundError(
                f"{folder} holds no {', '.join(missing)}; expected the output folder of `trialkit build`"
            )
        read = {name: pl.read_parquet(files[f"{name}.parquet"]) for name in _names() if f"{name}.parquet" in files}
        meta = json.load(files["meta.json"]) if "meta.json" in files else {}
    # The contract takes longer to import than frames take to read; frames of these very rules keep it.
    if len(read) < len(_names()) or meta.get("rules") != rules_fingerprint():
        from trialkit.schema import FRAMES

        for name, schema in FRAMES.items():
            read.setdefault(name, schema.create_empty())
            if lacking := [column for column in schema.columns() if column not in read[name].columns]:
                raise ValueError(
                    f"{folder / name}.parquet has no column {', '.join(lacking)}: another version of trialkit wrote it; "
                    "run `trialkit build` again"
                )
    return Frames(**read, meta=meta)


def _names() -> list[str]:
    return [f.name for f in fields(Frames) if f.name != "meta"]
