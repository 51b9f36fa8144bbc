"""The command of the review loop: a table to fill, and the filled table as decisions for the next build."""

from pathlib import Path
from typing import Annotated

import typer

from trialkit.cli_common import WRONG_USE, FramesDir, load_for, refusing, stop
from trialkit.cli_process import check_place, writing
from trialkit.terminal import printable, say


def review(
    frames: FramesDir = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The table: .xlsx or .csv.")] = Path("review.xlsx"),
    trial: Annotated[
        list[str] | None,
        typer.Option("--trial", metavar="TRIAL_ID", help="Every fact of this trial too; may be repeated."),
    ] = None,
    filled: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="A filled table to turn into decisions.")
    ] = None,
    curation: Annotated[
        Path | None,
        typer.Option(
            "--curation",
            metavar="FILE",
            help="The decisions: a new file, or one to add to. Without it and --frames data/curation.csv.",
        ),
    ] = None,
) -> None:
    """Write the unread and contradicted values as a table to fill, and read the filled table back.

    The table holds one row per trial and fact: what was read, the words, why it is there, and columns for your
    decision. The next build with these decisions shows them marked everywhere; the scores of `trialkit evaluate` stay
    those of the rules.

    \b
    Example:
      trialkit review --frames my_frames
      trialkit review --import review.xlsx --curation my_curation.csv --frames my_frames
      trialkit build my_records/ --curation my_curation.csv --out my_frames
    Exit status:
      0  the table, or the decisions, are written
      2  wrong use, or a filled table that cannot be used; nothing is written
    """  # fmt: skip
    if filled:
        _take(filled, frames, curation)
    else:
        _ask(frames, out, trial or [])


def _ask(frames: Path | None, out: Path, trials: list[str]) -> None:
    from trialkit.review import list_review, tell_review
    from trialkit.review_book import write_review

    check_place(out)
    _check_not_filled(out)
    try:
        found = list_review(load_for(frames), trials)
    except KeyError as error:
        stop(str(error.args[0]), WRONG_USE)
    with writing(out), refusing(ValueError):
        write_review(found.table, out)
    print(printable(tell_review(found)))
    print(f"Fill {out}; then: trialkit review --import {out} --curation FILE{f' --frames {frames}' if frames else ''}")


def _check_not_filled(out: Path) -> None:
    """Refuse to write over a table in which somebody decided something."""
    from trialkit.review_import import ReviewError, is_filled, read_review

    if not out.exists():
        return
    try:
        begun = any(map(is_filled, read_review(out)))
    except (ReviewError, OSError):
        stop(f"{out} is there and is no review table. Name another file with --out.", WRONG_USE)
    if begun:
        stop(f"{out} holds decisions. Import it first (--import {out}) and move it, or name another file.", WRONG_USE)


def _take(filled: Path, frames: Path | None, curation: Path | None) -> None:
    from trialkit.curation import CurationError, read_curation
    from trialkit.frames import DATA
    from trialkit.prose import plural
    from trialkit.review_import import ReviewError, decide_review, merge_curation, read_review, write_curation

    if curation is None and frames is not None:
        stop("name the file for the decisions with --curation, for example my_curation.csv.", WRONG_USE)
    target = curation or DATA / "curation.csv"
    with refusing(FileNotFoundError, ReviewError, CurationError):
        lines = read_review(filled)
        known = read_curation(target) if target.exists() else []
        found = decide_review(lines, load_for(frames))
    if not found.decisions:
        stop(f"{filled}: no row has a decision, so nothing is written.", WRONG_USE)
    for note in found.notes:
        say(note)
    with writing(target):
        write_curation(merge_curation(known, found.decisions), target)
    again = len({one.key for one in known} & {one.key for one in found.decisions})
    replaced = f", {again} in the place of an earlier one" if again else ""
    left = (
        f" {plural(found.open_rows, 'row')} without a decision {'was' if found.open_rows == 1 else 'were'} left."
        if found.open_rows
        else ""
    )
    print(f"{plural(len(found.decisions), 'decision')} in {target}{replaced}.{left}")
    print(
        f"Next: trialkit build ... --curation {target}"
        if curation
        else "The next command on the bundled trials takes them in."
    )
