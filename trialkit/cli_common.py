"""What the commands share: exit statuses, the --frames option, clean endings, loading."""

import difflib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from trialkit.terminal import say, shown_progress

if TYPE_CHECKING:
    from trialkit.frames import Frames

FAILED, WRONG_USE, SOME_REJECTED = 1, 2, 3

FramesDir = Annotated[
    Path | None,
    typer.Option("--frames", metavar="DIR", help="Folder written by `trialkit build`; without it the bundled trials."),
]


def debugging() -> bool:
    return os.environ.get("TRIALKIT_DEBUG", "0") not in ("", "0")


def stop(message: str, status: int) -> NoReturn:
    say(message)
    raise typer.Exit(status)


@contextmanager
def refusing(*errors: type[Exception]) -> Iterator[None]:
    """Errors a person can put right end the command with their message and status 2."""
    try:
        yield
    except errors as error:
        if debugging():
            raise
        stop(str(error), WRONG_USE)


def load_for(folder: Path | str | None) -> "Frames":
    from trialkit.snapshots import load

    with refusing(FileNotFoundError), shown_progress("Loading the frames") as progress:
        return load(folder, progress=progress)


def near(word: str, known: Sequence[str] | dict) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""
