"""The bundled snapshots: where they came from, and their frames, built once and kept beside the data."""

import contextlib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from trialkit.fingerprints import fingerprint, package_version, rules_fingerprint
from trialkit.frames import DATA, SNAPSHOTS, Frames, load_frames
from trialkit.storage import FolderError


def describe_sources(folder: Path = SNAPSHOTS) -> list[dict[str, Any]]:
    """What each `SOURCE.toml` under `folder` says: register, date, terms, counts; sorted by register and date."""
    found = []
    for file in sorted(folder.rglob("SOURCE.toml")):
        if any(part.startswith(".") for part in file.relative_to(folder).parts):
            continue  # of a fetch that was killed
        found.append(
            {"folder": str(file.parent.relative_to(folder)), **tomllib.loads(file.read_text(encoding="utf-8"))}
        )
    return found


def list_states(folder: Path = SNAPSHOTS) -> dict[str, list[Path]]:
    """Register -> its dated snapshot folders, oldest first; registers with one state alone included."""
    found: dict[str, list[Path]] = {}
    for dated in sorted(path for path in folder.glob("*/*") if (path / "SOURCE.toml").is_file()):
        found.setdefault(dated.parent.name, []).append(dated)
    return found


def load_states(
    before: Path | str | None = None, after: Path | str | None = None
) -> tuple[Frames | None, Frames | None]:
    """Two states of the same trials to compare: frames of `before` and of `after`, each None when there is none.

    Both are folders written by `trialkit build`. Without them: the two newest bundled snapshots of the register that
    has several. With `after` alone there is nothing earlier to compare with.
    """
    if before or after:
        return (load_frames(before) if before else None), (load_frames(after) if after else load())
    states = next((dated for dated in list_states().values() if len(dated) > 1), [])
    return tuple(_build_state(dated) for dated in states[-2:]) if states else (None, None)


def _build_state(dated: Path) -> Frames:
    from trialkit.assemble import build_frames

    source = tomllib.loads((dated / "SOURCE.toml").read_text(encoding="utf-8"))
    meta = {"fingerprint": fingerprint([dated]), "sources": [source], "trialkit": package_version()}
    return build_frames([dated], meta=meta, base=DATA)


def load(folder: Path | str | None = None, *, progress: Callable[[int, int], None] | None = None) -> Frames:
    """The frames: of `folder` when given, else of the bundled snapshots.

    `folder` is the output of `trialkit build`. The bundled snapshots are built at the first call and again whenever
    their files or the package's own rules change; the result is kept in `data/frames` (or not kept where the project's folder
    cannot be written).
    """
    if folder is not None:
        return load_frames(folder)
    if not SNAPSHOTS.is_dir():
        raise FileNotFoundError(
            f"no bundled data at {SNAPSHOTS}: install from a checkout (pip install -e .) or name a folder of frames"
        )
    corrections, curation = DATA / "corrections.csv", DATA / "curation.csv"
    data, rules = fingerprint([SNAPSHOTS, corrections]), rules_fingerprint()
    decided = fingerprint([curation]) if curation.is_file() else "none"  # apart from the data: it scores nothing
    cache = DATA / "frames"
    try:
        kept = load_frames(cache)
        if tuple(kept.meta.get(key) for key in ("fingerprint", "rules", "curation")) == (data, rules, decided):
            return kept
    except (ValueError, OSError, pl.exceptions.PolarsError):
        pass  # none yet, or damaged: built anew below
    meta = {
        "fingerprint": data,
        "rules": rules,
        "curation": decided,
        "sources": describe_sources(),
        "trialkit": package_version(),
    }
    # What reads records is not imported where frames are only loaded: it takes longer than the loading.
    from trialkit.assemble import build_frames
    from trialkit.corrections import read_corrections
    from trialkit.curation import read_curation

    known = read_corrections(corrections) if corrections.is_file() else []
    values = read_curation(curation) if curation.is_file() else []
    frames = build_frames([SNAPSHOTS], progress=progress, meta=meta, base=DATA, corrections=known, curation=values)
    with contextlib.suppress(OSError, FolderError, pl.exceptions.PolarsError):  # read-only or full: works, only slower
        frames.write(cache)
    return frames
