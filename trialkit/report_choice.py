"""Which notebooks a person means: by number, by subject, by file name or by path."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from trialkit.report_values import ReportError, cut

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def find_notebooks(names: Sequence[str] = (), folder: Path | None = None, *, outside: bool = False) -> list[Path]:
    """The notebooks named, each once, in the order given; without names all of `folder` (the bundled ones).

    A name is a stem (`03_dosing`), its number (`03`, `3`), its subject (`dosing`) or the path of a notebook. A notebook is
    a program: one that does not lie in `folder`, also one that a link in it leads to, is taken with `outside` only.
    Raises ReportError for a name that is none of these, with the closest one, and for a notebook from outside.
    """
    folder = folder or NOTEBOOKS
    bundled = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    found = list(dict.fromkeys(_named(name, bundled) for name in names)) or _all(bundled, folder)
    if not outside:
        _check_inside(found, folder)
    return found


def _check_inside(notebooks: Sequence[Path], folder: Path) -> None:
    for path in notebooks:
        real = path.resolve()
        if real.parent != folder.resolve():
            leads = "" if path.absolute() == real else f" (which is {real})"
            raise ReportError(
                f"{path}{leads} does not lie in {folder}. A notebook is a program that can read, change and send all that "
                "you can. Look at it first; if you trust it, add --outside."
            )


def _all(bundled: dict[str, Path], folder: Path) -> list[Path]:
    if not bundled:
        raise ReportError(f"no notebooks in {folder}: install from a checkout (pip install -e .), or name a notebook.")
    return [path for stem, path in bundled.items() if stem[0].isdigit()]  # the others are to be worked with, not read


def _named(name: str, bundled: dict[str, Path]) -> Path:
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path
    wanted = path.stem if path.suffix == ".ipynb" else name
    for stem, found in bundled.items():
        number, _, subject = stem.partition("_")
        if wanted in (stem, subject) or (wanted.isdecimal() and number.isdecimal() and int(wanted[:9]) == int(number)):
            return found
    known = [*bundled, *(stem.partition("_")[2] for stem in bundled)]
    close = difflib.get_close_matches(wanted[:100], known, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ReportError(
        f"no notebook is called {cut(repr(name))}.{hint} There are: {', '.join(bundled) or 'none'}; or give the path of a "
        "notebook."
    )
