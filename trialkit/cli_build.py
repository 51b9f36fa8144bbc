"""What `trialkit build` does between its arguments and its last line."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialkit.cli_common import FAILED, WRONG_USE, refusing, stop
from trialkit.cli_process import check_folder_place
from trialkit.terminal import print_ledger, shown_progress, tell_kept

if TYPE_CHECKING:
    from trialkit.frames import Frames


def check_out(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse, before the work, a folder for frames that is none or that a later build would read as input."""
    check_folder_place(out)
    for path in inputs:
        if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
            stop(f"--out {out} lies inside the input {path}, so the next build would read the frames as records. "
                  "Name a folder beside it.", WRONG_USE)  # fmt: skip


def build_into(
    inputs: list[Path],
    folder: Path,
    asked: dict[str, Any],
    corrections: Path | None,
    curation: Path | None,
    *,
    select: str | None,
    keep: bool,
    force: bool = False,
    **where: Any,
) -> int:
    """Build into `folder`, which is locked, and print the account; the number of inputs that were rejected.

    Without `keep` nothing is taken from the last build; with `force` the files themselves are all read.
    """
    from dataclasses import replace

    from trialkit.assemble import build_frames
    from trialkit.builds import building, write_build
    from trialkit.corrections import CorrectionError, read_corrections
    from trialkit.curation import CurationError, read_curation
    from trialkit.fingerprints import fingerprint
    from trialkit.frames import check_folder
    from trialkit.gate import SelectionError
    from trialkit.summaries.curation import tell_curated

    with refusing(FileExistsError):
        check_folder(folder)
    with building(folder, keep=keep) as kept:
        with (
            refusing(FileNotFoundError, SelectionError, CorrectionError, CurationError),
            shown_progress("Reading records") as progress,
        ):
            known = read_corrections(corrections) if corrections else []
            decided = read_curation(curation) if curation else []
            decided_by = [asked["rules"], asked["libraries"], asked["trialkit"], select]
            entries = kept.entries(decided_by, fresh=force) if kept else None
            frames = build_frames(
                inputs,
                kept=kept,
                known=entries,
                select=select,
                progress=progress,
                corrections=known,
                curation=decided,
                **where,
            )
        rejected = print_ledger(frames)
        if entries is not None and entries.taken:
            print(f"  {tell_entries(entries.read, entries.taken)}")
        if not len(frames.trials):
            why = (
                "nothing could be read"
                if rejected or not select
                else f"no record holds a word of the selection {select}"
            )
            stop(f"{why}, so nothing is written.", FAILED)
        if curation:
            print(f"  {tell_curated(frames)}")
        chosen = {"select": select} if select else {}
        mark = fingerprint([*inputs, curation]) if curation else asked["data"]
        with refusing(FileExistsError):
            size = write_build(replace(frames, meta=_meta(frames, inputs, mark) | chosen), folder, asked, kept)
    if kept:
        print(f"  {tell_kept(kept.reused, kept.read, size)}")
    return rejected


def tell_entries(read: int, taken: int) -> str:
    """How many of the files in archives were read at all."""
    n = read + taken
    if not read:
        return "The only file in an archive is as it was" if n == 1 else f"All {n:,} files in archives are as they were"
    others = "the other is as it was" if taken == 1 else "the others are as they were"
    return f"{read:,} of {n:,} files in archives {'was' if read == 1 else 'were'} read; {others}"


def _meta(frames: "Frames", inputs: Sequence[Path], fingerprint: str) -> dict[str, Any]:
    """What a report prints beside its numbers; an input that comes without SOURCE.toml is told by its name and count."""
    from trialkit.registries.results import shown
    from trialkit.snapshots import describe_sources, package_version, rules_fingerprint

    sources: list[dict[str, Any]] = []
    for path in inputs:
        described = describe_sources(path) if path.is_dir() else []
        files = frames.ledger["source_file"]
        place = shown(path.as_posix())
        n = int((files.str.starts_with(f"{place}/") | (files == place)).sum())
        undescribed = {
            "register": shown(path.name),
            "data_version": "not told",
            "records": n,
            "format": "as given to `trialkit build`",
        }
        sources += described or [undescribed]
    return {
        "fingerprint": fingerprint,
        "rules": rules_fingerprint(),
        "sources": sources,
        "trialkit": package_version(),
    }
