"""The bundled snapshots: where they came from, and their frames, built once and kept beside the data."""

import contextlib
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import polars as pl

from trialkit.frames import DATA, PACKAGE, SNAPSHOTS, Frames, build_frames, fingerprint, load_frames

# What decides how records are read: the bundled frames are built anew when any of it changes.
_RULES = [
    "facts",
    "vocabulary",
    "registries",
    "rows",
    "conflicts",
    "schema.py",
    "record.py",
    "linking.py",
    "frames.py",
]


def describe_sources(folder: Path = SNAPSHOTS) -> list[dict[str, Any]]:
    """What each `SOURCE.toml` under `folder` says: register, date, terms, counts; sorted by register and date."""
    found = []
    for file in sorted(folder.rglob("SOURCE.toml")):
        found.append(
            {"folder": str(file.parent.relative_to(folder)), **tomllib.loads(file.read_text(encoding="utf-8"))}
        )
    return found


def rules_fingerprint() -> str:
    """Twelve hex digits that change with anything that decides how records are read: code and vocabularies."""
    return fingerprint([PACKAGE / part for part in _RULES])


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
    data, rules = fingerprint([SNAPSHOTS]), rules_fingerprint()
    cache = DATA / "frames"
    try:
        kept = load_frames(cache)
        if (kept.meta.get("fingerprint"), kept.meta.get("rules")) == (data, rules):
            return kept
    except (ValueError, OSError, pl.exceptions.PolarsError):
        pass  # none yet, or damaged: built anew below
    meta = {"fingerprint": data, "rules": rules, "sources": describe_sources(), "trialkit": package_version()}
    frames = build_frames([SNAPSHOTS], progress=progress, meta=meta, base=DATA)
    with contextlib.suppress(OSError):  # a read-only checkout works, only slower
        frames.write(cache)
    return frames


def package_version() -> str:
    """The installed version of trialkit, or "unknown" when it runs without being installed."""
    try:
        return version("trialkit")
    except PackageNotFoundError:
        return "unknown"
