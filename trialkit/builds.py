"""A build into a folder: what it was made from, whether that has changed, and the step that puts it in place."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polars.exceptions import PolarsError

from trialkit.fingerprints import environment, fingerprint, package_version, rules_fingerprint
from trialkit.storage import KEPT, beside, publish

if TYPE_CHECKING:
    from trialkit.extraction_store import ExtractionStore
    from trialkit.frames import Frames

log = logging.getLogger(__name__)

_STATE = "build.json"


def describe_build(inputs: Sequence[Path], options: Mapping[str, Any], files: Mapping[str, Path | None]) -> dict:
    """Everything that decides the frames of a build: inputs as named and by content, options, rules, libraries.

    `options` are those that change the result, `files` other files that are read, by what they are.
    """
    return {
        "inputs": [path.as_posix() for path in inputs],
        "data": fingerprint(inputs),
        "options": dict(options),
        "files": {name: fingerprint([file]) if file else None for name, file in files.items()},
        "rules": rules_fingerprint(),
        "trialkit": package_version(),
        "libraries": environment(),
    }


def up_to_date(folder: Path, asked: dict) -> dict | None:
    """What the last build into `folder` told of itself (`trials`, `rejected`), when the same one was asked for.

    None when anything differs, when a file of the frames is not as it was written, and when nothing is known.
    """
    try:
        state = json.loads((folder / KEPT / _STATE).read_text(encoding="utf-8"))
        same = state["asked"] == asked and state["files"] == _list_files(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return state if same else None


def write_build(frames: "Frames", folder: Path, asked: dict, store: "ExtractionStore | None") -> int:
    """Put frames, the table of what was not read and what the next build takes over into `folder`, in one step.

    `folder` is held by `storage.locked`. After trials that could not be read the next build tries again. Returns the
    bytes that are kept for it.
    """
    from trialkit.export import write_unread
    from trialkit.frames import check_folder

    check_folder(folder)
    staging = beside(folder, "building")
    frames.write_files(staging)
    write_unread(frames, staging)
    kept = 0
    if store is not None:
        kept = store.finish()
        rejected = int((frames.ledger["outcome"] == "rejected").sum())
        state = {"asked": asked, "files": _list_files(staging), "trials": len(frames.trials), "rejected": rejected}
        (staging / KEPT).mkdir(exist_ok=True)
        if not store.lost:
            (staging / KEPT / _STATE).write_text(json.dumps(state, indent=1), encoding="utf-8")
    publish(staging, folder)
    return kept


@contextmanager
def building(folder: Path, *, keep: bool) -> Iterator["ExtractionStore | None"]:
    """Around a build into `folder`: what it takes over and keeps, None when it shall not.

    A build that ends early keeps what it has read for the next one, and leaves nothing else behind.
    """
    from trialkit.extraction_store import ExtractionStore, clear_staging

    store = ExtractionStore(folder) if keep else None
    if store is None:
        clear_staging(folder)
    try:
        yield store
    finally:
        kept = store.version if store is not None else None
        clear_staging(folder, keep=kept)  # first: on a full disk what was read finds its room here
        if store is not None:
            try:
                store.flush()
            except (OSError, PolarsError) as error:
                log.warning("what was read is not kept for the next build (%s)", error)
                clear_staging(folder, keep=kept)


def _list_files(folder: Path) -> dict[str, list[int]]:
    """Size and time of every file of a folder of frames, by name."""
    return {p.name: [p.stat().st_size, p.stat().st_mtime_ns] for p in sorted(folder.glob("*")) if p.is_file()}
