"""The commands: `trialkit fetch`, `query`, `build`, `diff`, `report`, `show`, `export`, `evaluate`, `lab`, `dictionary`. Each is one call into the package."""

import sys

# jsonschema imports this module only to check internationalised addresses, which nothing here holds, and it builds 35
# grammars on import: 1.5 s in every process that uses altair, papermill or JupyterLab. jsonschema works without it.
# Done here, in our own entry point, and not in the library, where it would surprise other users of jsonschema.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import logging  # noqa: E402
import os  # noqa: E402
import time  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Annotated, Literal  # noqa: E402

import typer  # noqa: E402

from trialkit.cli_build import build_into, check_out  # noqa: E402
from trialkit.cli_changes import diff  # noqa: E402
from trialkit.cli_common import (  # noqa: E402
    FAILED,
    SOME_REJECTED,
    WRONG_USE,
    FramesDir,
    debugging,
    load_for,
    refusing,
    stop,
)
from trialkit.cli_fetch import fetch, query  # noqa: E402
from trialkit.cli_process import INTERRUPTED, check_place, finish, prepare, was_stopped, writing  # noqa: E402
from trialkit.cli_report import parameters, report  # noqa: E402
from trialkit.cli_review import review  # noqa: E402
from trialkit.cli_tables import dictionary, evaluate, inputs  # noqa: E402
from trialkit.terminal import counted, print_profile, say  # noqa: E402

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command()(fetch)  # first in the help, as in the work
app.command()(query)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends in SystemExit. A traceback is shown only with --debug or TRIALKIT_DEBUG=1."""
    if arguments is None:  # the process is ours
        prepare()
        try:
            _run(sys.argv[1:])
        except SystemExit as end:
            finish(end.code)
        except KeyboardInterrupt:
            finish(INTERRUPTED)
    _run(arguments)


def _run(arguments: Sequence[str]) -> None:
    given = list(arguments)
    if "--debug" in given:
        os.environ["TRIALKIT_DEBUG"] = "1"
    logging.basicConfig(level=logging.WARNING, format="trialkit: %(message)s")
    try:
        app([word for word in given if word != "--debug"], prog_name="trialkit")
    except Exception as error:
        if debugging():
            raise
        if was_stopped():  # what broke on the way out is no news
            sys.exit(INTERRUPTED)
        if isinstance(error, OSError) and error.strerror:
            say(f"{error.strerror}: {error.filename or 'no file named'}")
        else:
            say(
                f"{type(error).__name__}: {error}\nThis was not foreseen; run the command again with --debug to see where."
            )
        sys.exit(FAILED)


def _version(wanted: bool) -> None:
    if wanted:
        from trialkit.snapshots import package_version

        print(f"trialkit {package_version()}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks (also TRIALKIT_DEBUG=1).")] = False,
) -> None:
    """Compare cell-therapy trials: register records in, evidenced data frames and offline reports out.

    \b
    trialkit report                              all reports of the bundled trials
    trialkit build downloads/ --out my_frames    frames of your own records
    trialkit report --frames my_frames           all reports of them
    """


@app.command()
def build(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", help="Files, folders or archives of records.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the frames: new, or of an earlier build.")
    ],
    engine: Annotated[
        Literal["auto", "serial", "processes", "dask"], typer.Option(help="Where the work runs.")
    ] = "auto",
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; without it one per core.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Of a Dask cluster: tcp://host:8786, or its scheduler file.")
    ] = None,
    select: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Keep records that hold a word of this selection: msc or stromal."),
    ] = None,
    corrections: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Known errors to correct: columns as in data/corrections.csv.")
    ] = None,
    curation: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Values decided by a person, of `trialkit review --import`.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Build even when nothing has changed.")] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Take nothing from the last build and keep nothing for the next.")
    ] = False,
) -> None:
    """Read records of any known kind and write one Parquet file per frame.

    Inputs are known by their content: ClinicalTrials.gov JSON, XML, tables and AACT dumps, WHO ICTRP, EU CTR, CTIS,
    ISRCTN, CTRI, saved MedPath and ctv.veeva.com pages, and folders and .gz, .zst, .bz2, .xz or .zip archives of them;
    `trialkit inputs` lists them all.
    Every record is accounted for in the frame `ledger`; records of one trial become one row, with why in `links`.
    A build into the folder of an earlier one reads only the trials that changed, and nothing when nothing changed.

    \b
    --select is a gate of words, no verdict, and makes a whole register fit a
    laptop. It keeps every record whose texts hold a word of the selection; the
    others are counted and stand in `ledger` as not_selected:
      msc      any cell product, derivative or brand: reports can count the kinds
      stromal  stromal cells and vascular fraction, derivatives, brands alone
    \b
    Example:
      trialkit build studies.jsonl pages/ --out my_frames
      trialkit build registry.zip --out my_frames --scheduler tcp://node1:8786
      trialkit build ctg-studies.json.zip --select msc --out my_frames
    Exit status:
      0  every input was read
      1  no input could be read, or no worker is left; nothing is written
      2  wrong use, for example a path that is not there
      3  some inputs were rejected; the others are written
    """
    from trialkit.builds import describe_build, up_to_date
    from trialkit.engines import EngineError
    from trialkit.storage import FolderError, locked

    started = time.monotonic()
    check_out(out, inputs)
    if scheduler and engine not in ("auto", "dask"):
        stop(f"--scheduler is for --engine dask, not for {engine}: leave one of the two out.", WRONG_USE)
    with writing(out), refusing(FolderError), locked(out) as folder:
        asked = describe_build(inputs, {"select": select}, {"corrections": corrections, "curation": curation})
        last = None if force or no_cache else up_to_date(folder, asked)
        if last is None:
            where = {"engine": engine, "workers": workers, "scheduler": scheduler}
            try:
                rejected = build_into(
                    inputs, folder, asked, corrections, curation, select=select, keep=not no_cache, force=force, **where
                )
            except EngineError as error:
                stop(str(error), FAILED)
            print(f"Frames in {out} ({time.monotonic() - started:.1f} s). Next: trialkit report --frames {out}")
        else:
            rejected = last["rejected"]
            print(f"Nothing has changed since the last build: {counted(last['trials'], 'trial')} in {out} as they were, "
                  f"{counted(rejected, 'input')} rejected. With --force it is built all the same.")  # fmt: skip
    if rejected:
        raise typer.Exit(SOME_REJECTED)


@app.command()
def show(
    trial_id: Annotated[str, typer.Argument(metavar="TRIAL_ID", help="Register number, in any spelling.")],
    frames: FramesDir = None,
) -> None:
    """Print one trial: every value with the words it was read from.

    \b
    Example:
      trialkit show NCT04318600
    """
    from trialkit.summaries.profile import profile_lines

    whole = load_for(frames)
    try:
        sections = profile_lines(whole, trial_id)
    except KeyError as error:
        stop(str(error.args[0]) if error.args else f"no trial {trial_id}", WRONG_USE)
    print_profile(sections)


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE_OR_DIR", help="A .xlsx or .ris file, or a folder.")],
    format: Annotated[
        Literal["csv", "parquet", "xlsx", "ris", "latex"] | None,
        typer.Option(help="Without it: xlsx for a .xlsx file, ris for a .ris file, else csv."),
    ] = None,
    frames: FramesDir = None,
    conditions: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Condition group or family to keep; may be repeated.")
    ] = None,
) -> None:
    """Write the frames, the tables for a paper (characteristics, evidence) or the references: CSV, Parquet, Excel, RIS or LaTeX.

    In CSV and Excel, lists are joined by " | ", and text that would run as a formula gets a leading apostrophe.

    \b
    Example:
      trialkit export --out lupus.xlsx --conditions lupus_nephritis --conditions systemic_lupus
      trialkit export --out tables --format latex
      trialkit export --out references.ris
    """  # fmt: skip
    from trialkit.export import export_frames
    from trialkit.selection import choose
    from trialkit.storage import FolderError

    check_place(out)
    whole = load_for(frames)
    with writing(out), refusing(ValueError, FileExistsError, FolderError):
        chosen = choose(whole, conditions=conditions or [])
        written = export_frames(chosen, out, format)
    where = str(written[0]) if len(written) == 1 else f"{len(written)} files in {out}"
    print(f"{len(chosen.trials):,} of {len(whole.trials):,} trials: {where}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open the notebooks in JupyterLab. Further options go to JupyterLab.

    \b
    Example:
      trialkit lab --port 9999
    """
    from trialkit.lab import open_lab
    from trialkit.report_choice import find_notebooks
    from trialkit.report_parameters import ReportError

    with refusing(ReportError):
        folder = find_notebooks()[0].parent
    load_for(None)  # so that the first notebook does not wait for it
    open_lab(folder, context.args)


app.command()(report)
app.command()(parameters)
app.command()(diff)
app.command()(review)
app.command()(evaluate)
app.command()(dictionary)
app.command(name="inputs")(inputs)
