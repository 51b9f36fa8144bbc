"""Commands that print tables: the data dictionary, the kinds of input and the accuracy of the readings."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from trialkit.cli_common import WRONG_USE, FramesDir, load_for, near, stop
from trialkit.terminal import print_columns, print_dictionary, print_rows


def evaluate(
    gold: Annotated[
        Path | None,
        typer.Argument(metavar="GOLD", help="Labelled trials, JSON Lines; without it data/gold/dev.jsonl."),
    ] = None,
    frames: FramesDir = None,
    stratum: Annotated[str | None, typer.Option(metavar="NAME", help="Only labelled trials of this stratum.")] = None,
    errors: Annotated[
        str | None, typer.Option(metavar="FIELD", help="List what was not read exactly in this field.")
    ] = None,
    update: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Rewrite the accuracy table between the marks of this Markdown file."),
    ] = None,
) -> None:
    """Compare the frames with records labelled by hand: precision, recall and F1 of every fact.

    \b
    Example:
      trialkit evaluate
      trialkit evaluate --errors dose
    """
    from trialkit import accuracy
    from trialkit import evaluate as scoring

    try:
        labels = scoring.read_gold(gold or scoring.GOLD)
        whole = load_for(frames)
        if errors:
            print_rows(scoring.list_errors(whole, labels, errors, stratum))
            return
    except (ValueError, OSError) as error:
        stop(str(error), WRONG_USE)
    scores = scoring.score_fields(whole, labels, stratum)
    if not scores["n"].sum():
        stop(
            f"none of the {len(labels)} labelled trials is in the frames: build them from records that hold these",
            WRONG_USE,
        )
    text = accuracy.accuracy_table(whole, labels, stratum)
    if update:
        accuracy.update_accuracy(update, text)
    print(text)


def inputs(
    format: Annotated[Literal["table", "md"], typer.Option(help="How to print it.")] = "table",
) -> None:
    """Print every kind of file that is read, the key it has in the frames, and whether it holds the whole entry.

    A file is known by its content, whatever its name; .gz, .zst, .bz2, .xz and .zip are opened. What a kind that holds
    only an extract leaves empty may stand in the register.

    \b
    Example:
      trialkit inputs
    """
    from trialkit.registries import READERS

    rows = sorted((r.accepts, key, "whole entry" if r.complete else "extract") for key, r in READERS.items())
    head = ("Kind of file", "Key", "Holds")
    if format == "md":
        print("\n".join(f"| {' | '.join(cells)} |" for cells in (head, ("---",) * 3, *rows)))
    else:
        print_columns(head, rows)


def dictionary(
    frame: Annotated[str | None, typer.Argument(metavar="FRAME", help="One frame; none = all.")] = None,
    format: Annotated[Literal["table", "csv", "md"], typer.Option(help="How to print it.")] = "table",
) -> None:
    """Print the data dictionary: every column of every frame, its type and its meaning.

    \b
    Example:
      trialkit dictionary regimens --format md
    """
    import polars as pl

    from trialkit.schema import FRAMES, data_dictionary

    if frame is not None and frame not in FRAMES:
        stop(f"no frame is called {frame!r}.{near(frame, FRAMES)} There are: {', '.join(FRAMES)}.", WRONG_USE)
    columns = data_dictionary().filter(pl.col("frame").is_in([frame] if frame else list(FRAMES)))
    if format == "csv":
        print(columns.write_csv(), end="")
    else:
        print_dictionary(columns.rows(named=True), markdown=format == "md")
