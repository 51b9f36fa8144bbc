"""The command that compares two states of the same trials."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialkit.cli_common import FAILED, WRONG_USE, refusing, stop
from trialkit.terminal import printable, say, shown_progress

if TYPE_CHECKING:
    from trialkit.frames import Frames


def diff(
    before: Annotated[
        Path, typer.Argument(metavar="BEFORE", help="Earlier state: frames, a file or a folder of records.")
    ],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="Later state, likewise.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the two files.")] = Path("changes"),
    common: Annotated[bool, typer.Option("--common", help="Leave out trials that only one state holds.")] = False,
) -> None:
    """Compare two states of the same trials: new, gone, status, numbers, dates, arms, doses, outcome switches.

    Writes changes.csv, one row a difference, and 07_changes.html for reading.

    \b
    Example:
      trialkit diff data/snapshots/ctgov/2022-10-09 data/snapshots/ctgov/2023-12-01 --common
    Exit status:
      0  both states were read; differences or not
      1  the report failed; changes.csv is written
      2  wrong use, or a state that holds no trial
    """  # fmt: skip
    from trialkit.export import write_table
    from trialkit.report import render_reports
    from trialkit.report_choice import find_notebooks
    from trialkit.summaries.changes import list_changes, tell_changes, tell_compared

    states = [_state(path) for path in (before, after)]
    changes = list_changes(*states, both=common)
    print(printable(tell_compared(*states)))
    print(printable(tell_changes(changes)))
    out.mkdir(parents=True, exist_ok=True)
    write_table(changes, out / "changes.csv")
    with tempfile.TemporaryDirectory() as work:
        folders = [state.write(Path(work) / name) for name, state in zip(("before", "after"), states, strict=True)]
        values = {"before": str(folders[0]), "frames_dir": str(folders[1]), "only_both": common}
        [result] = render_reports(find_notebooks(["07_changes"]), out, values)
    if not result.ok:
        say(f"the report failed: {(result.failure or '').partition(chr(10))[0]}")
        raise typer.Exit(FAILED)
    print(f"{len(changes):,} rows in {out / 'changes.csv'}; to read: {result.html}")


def _state(path: Path) -> "Frames":
    """The frames of one side: as built before, or built now from records."""
    from trialkit.assemble import build_frames
    from trialkit.fingerprints import fingerprint
    from trialkit.frames import load_frames
    from trialkit.snapshots import describe_sources, package_version

    with refusing(FileNotFoundError, ValueError):
        if (path / "trials.parquet").is_file():
            state = load_frames(path)
        else:
            with shown_progress(f"Reading {path.name}") as progress:
                sources = describe_sources(path) if path.is_dir() else []
                meta = {"sources": sources, "trialkit": package_version()}
                state = build_frames(
                    [path],
                    progress=progress,
                    meta=meta | ({"fingerprint": fingerprint([path])} if path.exists() else {}),
                )
    if not len(state.trials):
        stop(f"{path}: no trial in it. Expected frames of `trialkit build`, or a file or folder of records.", WRONG_USE)
    return state
