"""What the commands print: messages, progress, one trial, the data dictionary. Plain text where it is not a terminal."""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialkit.frames import Frames

Sections = Sequence[tuple[str, Sequence[tuple[str, str, str | None]]]]

SHOWN_REJECTIONS = 20
SHOWN_CHOICES = 6
TYPE_WORDS = {"String": "text", "Int64": "whole number", "Float64": "number", "Boolean": "yes or no", "Date": "date"}


def say(message: str) -> None:
    """One message to the person, on stderr so that piped output stays clean."""
    print(f"trialkit: {printable(message)}", file=sys.stderr)


def printable(text: object) -> str:
    """Text that cannot steer the terminal: file names and register texts may hold control characters."""
    kinds = {"Cc": " ", "Cf": "", "Cs": "\ufffd", "Zl": " ", "Zp": " "}
    return "".join(c if c == "\n" else kinds.get(unicodedata.category(c), c) for c in str(text))


@contextmanager
def shown_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """What to call with (done, total): a live bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_ledger(frames: "Frames") -> int:
    """What became of every record: counts, trials by register, what was rejected and why. Returns the rejected."""
    import polars as pl

    ledger = frames.ledger.with_columns(pl.col("outcome").cast(pl.String))
    n = {"parsed": 0, "duplicate": 0, "rejected": 0, **dict(ledger["outcome"].value_counts().iter_rows())}
    told = " + ".join(f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in n.items())
    print(f"{counted(ledger['source_file'].n_unique(), 'file')}, {counted(len(ledger), 'record')} = {told}")
    by_form = ledger.drop_nulls("form").group_by("form").agg(
        pl.col("source_file").n_unique(), pl.len(), (pl.col("outcome") == "parsed").sum(),
    ).sort("len", "form", descending=[True, False])  # fmt: skip
    for form, files, records, parsed in by_form.iter_rows():
        print(f"  {printable(form):<16} {counted(files, 'file')}, {counted(records, 'record')}, {parsed:,} parsed")
    registers = frames.trials.explode("registers")["registers"].value_counts(sort=True, name="n").sort("n", "registers")
    print(
        f"  trials by source: {', '.join(f'{printable(key)} {count:,}' for key, count in registers.reverse().iter_rows())}"
    )
    rejections = ledger.filter(pl.col("outcome") == "rejected").group_by(
        "source_file", pl.col("reason").str.replace_all(r"\d+", "#").alias("kind"), maintain_order=True
    ).agg(pl.col("reason").first(), pl.len())  # fmt: skip
    for file, _, reason, count in rejections.head(SHOWN_REJECTIONS).iter_rows():
        more = f" (and {count - 1:,} more like it)" if count > 1 else ""
        say(f"rejected {file}: {(reason or 'no reason recorded').removeprefix(file.rpartition('/')[2] + ': ')}{more}")
    if left := int(rejections["len"][SHOWN_REJECTIONS:].sum()):
        say(f"... and {left:,} more; all stand in the frame 'ledger'")
    from trialkit.filled import silent_fields

    for sentence in silent_fields(frames.filled.iter_rows(named=True)):
        say(sentence)
    return n["rejected"]


def counted(n: int, thing: str) -> str:
    """`1 trial`, `2,000 trials`."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def tell_kept(reused: int, read: int, size: int) -> str:
    """How much of a build is of the last one, and what is kept for the next one."""
    taken = f"{reused:,} of {counted(reused + read, 'trial')} taken from the last build" if reused else ""
    return f"{taken or 'All trials were read anew'}; {size / 1e6:,.1f} MB kept for the next one"


def print_profile(sections: Sections) -> None:
    """One trial section by section: label, value, and indented below it the words behind the value."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        for title, lines in sections:
            print(f"\n{printable(title)}")
            for label, value, quote in lines:
                print(f"  {printable(label)}: {printable(value)}" if label else f"  {printable(value)}")
                if quote:
                    print(f"      {printable(quote)}")
        return
    from rich.table import Table
    from rich.text import Text

    for title, lines in sections:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), title_justify="left", title_style="bold")
        table.title = Text(f"\n{printable(title)}")
        table.add_column(width=24, style="cyan")
        table.add_column(overflow="fold")
        for label, value, quote in lines:
            cell = Text(printable(value))
            if quote:
                cell.append(f"\n{printable(quote)}", style="dim italic")
            table.add_row(Text(printable(label)), cell)
        console.print(table)


def print_dictionary(columns: Sequence[Mapping[str, Any]], *, markdown: bool) -> None:
    """The data dictionary, one table per frame. `markdown` names every choice, the terminal only the first few."""
    for frame in dict.fromkeys(row["frame"] for row in columns):
        rows = [
            (row["column"] + (" (key)" if row["key"] else ""), type_words(row["type"], None if markdown else SHOWN_CHOICES),
             "yes" if row["nullable"] else "no", row["meaning"])
            for row in columns if row["frame"] == frame
        ]  # fmt: skip
        head = ("Column", "Type", "May be missing", "Meaning")
        if markdown:
            print(f"\n## {frame}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
            for row in rows:
                print(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |")
            continue
        print_columns(head, rows, title=frame)


def print_columns(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """A table: drawn on a terminal, cells aligned with blanks elsewhere."""
    rows = [[printable(cell) for cell in row] for row in rows]
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        widths = [max(map(len, cells)) for cells in zip(head, *rows, strict=True)]
        lines = ("  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)) for row in (head, *rows))
        print("\n".join(([f"\n{title}"] if title else []) + [line.rstrip() for line in lines]))
        return
    table = Table(*head, title=title or None, title_justify="left", title_style="bold", box=None, header_style="dim")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
    console.print()


def type_words(dtype: str, most: int | None = None) -> str:
    """`Enum(categories=['a', 'b'])` as `one of a, b`; at most `most` choices, then how many there are."""
    if inner := re.fullmatch(r"List\((.*)\)", dtype):
        items = type_words(inner[1], most)
        return f"list of {items}" + ("s" if items in TYPE_WORDS.values() else "")
    if not dtype.startswith("Enum("):
        return TYPE_WORDS.get(dtype, dtype)
    choices = re.findall(r"'([^']*)'", dtype)
    if most is None or len(choices) <= most + 2:
        return f"one of {', '.join(choices)}"
    return f"one of {', '.join(choices[:most])} ... ({len(choices)})"


def print_rows(frame: Any) -> None:
    """A small frame, one line a row with its cells separated by ` | `, on standard output."""
    print(" | ".join(map(printable, frame.columns)))
    for row in frame.iter_rows():
        print(" | ".join(printable(cell) for cell in row))
