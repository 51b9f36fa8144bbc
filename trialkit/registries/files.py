"""Open whatever people have (files, folders, archives), recognise it from its content, and stream the records out.

Nothing is lost on the way: every input record comes out exactly once, as a `TrialRecord`, as a `Rejected` with the
reason, or as `NotSelected` where a gate asks for some of the records only. Compressed data are known by their first
bytes. JSON Lines and zip members are read one by one, so memory stays flat; one JSON array or page is read at once.
What swells, hides or lies ends in a `Rejected` (the limits stand in `unpacking` and `streams`).
"""

import logging
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from trialkit.record import TrialRecord
from trialkit.registries.contents import archive_reader, read_parts
from trialkit.registries.members import Known, Run, read_members
from trialkit.registries.results import Gate, NotSelected, ReadResult, Rejected, gated, shown
from trialkit.registries.streams import described, read_stream

__all__ = ["Gate", "NotSelected", "ReadResult", "Rejected", "read_inputs"]

log = logging.getLogger(__name__)

_LARGE = 16  # MB: a file that takes some seconds
_TABLE = ".txt"  # ending of the tables of an unpacked dump; what lies beside them is read by itself


def read_inputs(
    paths: Iterable[Path | str],
    gate: Gate | None = None,
    *,
    run: Run = map,
    progress: Callable[[int, int], None] | None = None,
    known: Known | None = None,
) -> Iterator[ReadResult]:
    """Every record of the given files and folders, in order; what gave no record comes as `Rejected` with its reason.

    `source_file` is the path as given (below a folder: folder/file; inside a zip: archive/member; of a dump of
    several tables its archive or folder). In folders and zip archives the files that describe data (SOURCE, README,
    MANIFEST, LICENSE) and hidden ones are passed over; a file named here itself is always read. Raises
    FileNotFoundError at once, before anything is read, for a path that is not there.

    With a `gate`, a record that it does not let through comes as `NotSelected`. An archive with one JSON file a study is
    read span by span by `run`, without those of its members that `known` knows, and `progress` is told (members done,
    members of the archive); of any other large file it is told (MB read, MB of the file).
    """
    given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if missing := [str(path) for path in given if not path.exists()]:
        raise FileNotFoundError(
            f"no such file or folder: {', '.join(missing)}. Expected files or folders of trial records"
        )
    how = _How(gate, run, progress, known)
    return (result for path in given for result in _read_path(path, how))


class _How(NamedTuple):
    gate: Gate | None
    run: Run
    progress: Callable[[int, int], None] | None
    known: Known | None


def _read_path(path: Path, how: _How) -> Iterator[ReadResult]:
    if not path.is_dir():
        yield from _read_file(path, how)
        return
    files = [file for file in sorted(path.rglob("*")) if file.is_file()]
    kept = [file for file in files if not described(file.relative_to(path).as_posix())]
    if passed_over := len(files) - len(kept):
        log.info("%s: %d files that describe the data or are hidden were passed over", path, passed_over)
    if not kept:
        yield Rejected(shown(path.as_posix()), 0, f"{path}: a folder without any file of records")
    dated: dict[Path, str | None] = {}
    for folder, results in _opened(kept, how):
        if folder not in dated:
            dated[folder] = _state_date(folder)
        for result in results:
            yield _dated(result, dated[folder])


def _opened(files: list[Path], how: _How) -> Iterator[tuple[Path, Iterator[ReadResult]]]:
    """The results of each file, with its folder; those of an unpacked dump, in the place of its first table, as one."""
    folders: dict[Path, list[Path]] = {}
    for file in files:
        folders.setdefault(file.parent, []).append(file)
    dumps = {folder: archive_reader([file.name for file in inside]) for folder, inside in folders.items()}
    for file in files:
        reader = dumps[file.parent]
        if not reader or file.suffix.lower() != _TABLE:
            yield file.parent, _read_file(file, how)
        elif tables := [other for other in folders.pop(file.parent, ()) if other.suffix.lower() == _TABLE]:
            members = {table.name: partial(table.open, "rb") for table in tables}
            yield file.parent, gated(read_parts(shown(file.parent.as_posix()), reader, members), how.gate)


def _state_date(folder: Path) -> str | None:
    """The `data_version` that a folder's SOURCE.toml names, as an ISO date; None where none is told."""
    try:
        told = tomllib.loads((folder / "SOURCE.toml").read_text(encoding="utf-8")).get("data_version")
    except (OSError, ValueError):
        return None
    found = re.match(r"\d{4}(?:-\d{2}){0,2}", str(told or ""))
    return found[0] if found else None


def _dated(result: ReadResult, state: str | None) -> ReadResult:
    if state is None or not isinstance(result, TrialRecord) or result.source_date:
        return result
    return msgspec.structs.replace(result, source_date=state)


def _read_file(path: Path, how: _How) -> Iterator[ReadResult]:
    if (results := read_members(path, *how)) is not None:
        yield from results
        return
    try:
        handle = path.open("rb")
    except OSError as error:
        yield Rejected(shown(path.as_posix()), 0, f"{path.name}: cannot be opened: {error.strerror}")
        return
    with handle:
        packed = path.stat().st_size
        size = packed >> 20
        for n, result in enumerate(gated(read_stream(shown(path.as_posix()), handle, how.gate, size=packed), how.gate)):
            yield result
            if how.progress and size > _LARGE and n % 500 == 0:
                how.progress(min(handle.tell() >> 20, size), size)
