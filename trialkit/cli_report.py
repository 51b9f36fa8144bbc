"""Commands that make reports: `report` runs notebooks, once or for every set of a YAML file; `parameters` lists what can be set."""

import inspect
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from trialkit.cli_common import FAILED, WRONG_USE, FramesDir, load_for, refusing, stop
from trialkit.cli_process import check_folder_place, writing
from trialkit.terminal import print_columns, say, shown_progress

if TYPE_CHECKING:
    from trialkit.report import ReportResult

MOST_UNASKED = 200  # trials up to which a full set of reports comes with their pages


def report(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="03_dosing, 03, dosing or a path; none = all.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the HTML files.")] = Path("reports"),
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Set a parameter; may be repeated."),
    ] = None,
    params: Annotated[
        Path | None, typer.Option("--params", metavar="FILE.yml", help="Parameters from a YAML file.")
    ] = None,
    sets: Annotated[
        Path | None, typer.Option("--sets", metavar="FILE.yml", help="Several sets of reports, a folder each.")
    ] = None,
    frames: FramesDir = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Notebooks at a time; without it one per core.")] = None,
    outside: Annotated[
        bool,
        typer.Option(
            "--outside", help="Run notebooks from other folders too: they are programs, so look at them first."
        ),
    ] = False,
    keep_notebooks: Annotated[bool, typer.Option("--keep-notebooks", help="Keep the executed notebooks too.")] = False,
    trials: Annotated[
        bool | None,
        typer.Option(
            "--trials/--no-trials", help="A page for each trial; without it for all reports of up to 200 trials."
        ),
    ] = None,
) -> None:
    """Run notebooks and write each as one HTML file that opens without a network, and an index page.

    A parameter goes to every chosen notebook that declares it; a misspelt one is refused before anything runs.
    `trialkit parameters` lists them all. A file of sets names folders with parameters of their own:

    \b
      parameters: {years: [2010, 2024]}
      reports:
        - {name: lupus, parameters: {conditions: [lupus_nephritis, systemic_lupus]}}
        - {name: sclerosis, notebooks: [00, 03], parameters: {conditions: [systemic_sclerosis]}}
    \b
    Example:
      trialkit report 03 04 -p 'conditions=["lupus_nephritis"]' --frames my_frames
      trialkit report --sets diseases.yml --out reports
      trialkit report --trials --frames my_frames
    Exit status:
      0  all reports are complete
      1  a notebook failed; its report says why, the others are complete
      2  wrong use
    """  # fmt: skip
    from trialkit.report import ReportError, parse_parameters, render_reports
    from trialkit.report_choice import find_notebooks
    from trialkit.report_sets import ReportSet, notebooks_of, read_sets, write_overview
    from trialkit.storage import FolderError

    started = time.monotonic()
    options: dict[str, Any] = {"workers": workers, "keep_notebooks": keep_notebooks}
    check_folder_place(out)
    with writing(out), refusing(ReportError, ValueError, FolderError):
        given = _with_frames(parse_parameters(parameter or [], params), frames)
        if sets is None:
            notebooks = find_notebooks(names or [], outside=outside)
            _write_trials(out, _check(notebooks, given), trials, complete=not names)
            results = render_reports(notebooks, out, given, title="trialkit reports", **options)
        else:
            found: list[ReportSet] = read_sets(sets)
            chosen = notebooks_of(found, names or [], outside=outside)
            values = {each.name: _with_frames({**each.parameters, **given}, frames) for each in found}
            checked = {each.name: _check(chosen[each.name], values[each.name]) for each in found}
            results = []
            for each in found:
                say(f"{each.title}:")
                _write_trials(out / each.name, checked[each.name], trials, complete=not (names or each.notebooks))
                results += render_reports(
                    chosen[each.name], out / each.name, values[each.name], title=each.title, **options
                )
            write_overview(out, found)
    _tell(results, out, started)


def _with_frames(values: dict[str, object], frames: Path | None) -> dict[str, object]:
    """The parameters with the folder of the frames, as a path that a kernel finds from wherever it works."""
    if frames is not None and "frames_dir" in values and values["frames_dir"] != _absolute(frames):
        stop("the frames are named twice, by --frames and by the parameter frames_dir. Name them once.", WRONG_USE)
    folder = str(frames) if frames is not None else values.get("frames_dir")
    folder = getattr(folder, "text", folder)  # a folder called 2022 was read as a number
    return {**values, "frames_dir": _absolute(folder)} if folder and isinstance(folder, str) else values


def _absolute(folder: Path | str) -> str:
    return str(Path(folder).expanduser().absolute())


def _write_trials(out: Path, values: Mapping[str, Any], wanted: bool | None, *, complete: bool) -> None:
    """The profile pages of the trials that the reports are about; unasked only beside all reports of few trials."""
    if wanted is False or (wanted is None and not complete):
        return
    from trialkit.brands import fill_from_products
    from trialkit.report_index import PROFILES
    from trialkit.report_trials import render_trials
    from trialkit.selection import choose

    whole = load_for(values.get("frames_dir"))
    whole = fill_from_products(whole) if values.get("product_dictionary") else whole
    selection = {name: values[name] for name in inspect.signature(choose).parameters if name in values}
    ids = choose(whole, **selection).trials["trial_id"]
    if wanted or len(ids) <= MOST_UNASKED:
        with refusing(FileExistsError), shown_progress("Writing trial pages") as progress:
            render_trials(whole, out / PROFILES, ids, progress)


def _check(notebooks: Sequence[Path], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the notebooks get them; refuses what none declares, a wrong type or an unknown choice.

    The frames are built here once, not in every kernel."""
    from trialkit.report import list_parameters
    from trialkit.report_parameters import check_parameters
    from trialkit.selection import check_selection

    declared = list_parameters(notebooks)
    checked: dict[str, Any] = {}
    for given in check_parameters(declared, values).values():
        check_selection(**given)
        checked |= given
    if any(known.name == "frames_dir" for parameters in declared.values() for known in parameters):
        load_for(values.get("frames_dir"))
    return checked


def _tell(results: "Sequence[ReportResult]", out: Path, started: float) -> None:
    failed = [result for result in results if not result.ok]
    complete = f"{len(results) - len(failed)} of {len(results)} report{'' if len(results) == 1 else 's'} complete"
    print(f"{complete} ({time.monotonic() - started:.1f} s): {out / 'index.html'}")
    for result in failed:
        reason = (result.failure or "").partition("\n")[0]
        say(f"{result.notebook.name} failed: {reason}. The traceback is in {result.html}.")
    if failed:
        raise typer.Exit(FAILED)


def parameters(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="03_dosing, 03, dosing or a path; none = all.")
    ] = None,
    format: Annotated[Literal["table", "md"], typer.Option(help="How to print it.")] = "table",
) -> None:
    """Print every parameter of the notebooks: its default, its meaning, and which notebooks take it.

    \b
    Example:
      trialkit parameters
      trialkit parameters 03_dosing
    """
    from trialkit.report import ReportError, list_parameters
    from trialkit.report_choice import find_notebooks

    with refusing(ReportError):
        declared = list_parameters(find_notebooks(names or [], outside=True))  # reads, runs nothing
    head, rows = ("Parameter", "Type", "Default", "Meaning", "Notebooks"), []
    for name in dict.fromkeys(known.name for parameters in declared.values() for known in parameters):
        having = {notebook: known for notebook, found in declared.items() for known in found if known.name == name}
        first = next(iter(having.values()))
        taken = "all" if len(having) == len(declared) > 1 else ", ".join(stem[:2] for stem in having)
        rows.append((name, first.type_name, repr(first.default), first.meaning, taken))
    if format == "md":
        cells = ([cell.replace("|", "\\|") for cell in row] for row in (head, ("---",) * 5, *rows))
        print("\n".join(f"| {' | '.join(row)} |" for row in cells))
    else:
        print_columns(head, rows)
