"""Marks of files and rules: twelve hex digits that change when what they stand for changes."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = Path(__file__).parent

# What decides the rows of one record. Kept rows of another state of these are never used.
EXTRACTION = ("facts", "vocabulary", "rows", "conflicts", "record.py", "extraction.py")

# What decides how records are read and frames are made: frames of another state of these are built anew.
RULES = (
    "facts",
    "vocabulary",
    "registries",
    "rows",
    "conflicts",
    "extraction.py",
    "schema.py",
    "schema_build.py",
    "record.py",
    "linking",
    "corrections.py",
    "curation.py",
    "curation_facts.py",
    "curation_rows.py",
    "curation_values.py",
    "filled.py",
    "gate.py",
    "contacts.py",
    "intake.py",
    "assemble.py",
    "frames.py",
)

# Libraries that read text or make frames: another version of one may read something else.
_READERS = (
    "ahocorasick-rs",
    "dataframely",
    "deflate",
    "lxml",
    "msgspec",
    "polars",
    "pyarrow",
    "python-calamine",
    "zstandard",
)


def fingerprint(paths: Iterable[Path | str]) -> str:
    """Twelve hex digits that change when any file under `paths` changes (names and contents, not dates).

    Hidden files below a folder are no part of it: nobody reads them, and an unfinished fetch leaves some.
    """
    digest = hashlib.sha256()
    for path in map(Path, paths):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if "__pycache__" not in file.parts and not hidden and file.is_file():
                digest.update(str(file.relative_to(path)).encode("utf-8", "surrogateescape") + b"\0")
                with file.open("rb") as handle:
                    digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()[:12]


def rules_fingerprint(parts: Iterable[str] = RULES) -> str:
    """Twelve hex digits that change with anything that decides how records are read: code and vocabularies."""
    return fingerprint([PACKAGE / part for part in parts])


def extraction_version() -> str:
    """Twelve hex digits that change with anything that decides the rows of one record, the matcher's version included."""
    rules = rules_fingerprint(EXTRACTION)
    return hashlib.sha256(f"{rules} {_versions(('ahocorasick-rs', 'msgspec'))}".encode()).hexdigest()[:12]


def environment() -> dict[str, str | None]:
    """Versions of the libraries that decide what is read and how it is written, by name."""
    return _versions(_READERS)


def package_version() -> str:
    """The installed version of trialkit, or "unknown" when it runs without being installed."""
    return _versions(["trialkit"])["trialkit"] or "unknown"


def _versions(names: Iterable[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
