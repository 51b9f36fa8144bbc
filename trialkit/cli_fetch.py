"""Commands that bring records in: `fetch` asks a register that has an open API, `query` helps to ask the others by hand."""

import logging
import re
import shlex
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import quote_plus

import typer

from trialkit.cli_common import FAILED, WRONG_USE, refusing, stop
from trialkit.cli_process import check_folder_place, writing
from trialkit.terminal import printable, say, shown_progress

SOON = 2.0  # seconds without a progress bar


def fetch(
    register: Annotated[Literal["ctgov"], typer.Argument(metavar="REGISTER", help="ctgov: ClinicalTrials.gov.")],
    query: Annotated[str, typer.Option("--query", metavar="WORDS", help="Search in all fields (Essie syntax).")] = "",
    condition: Annotated[str, typer.Option("--condition", metavar="WORDS", help="Search in conditions.")] = "",
    intervention: Annotated[str, typer.Option("--intervention", metavar="WORDS", help="Search in interventions.")] = "",
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="DATE|last",
            help="Only studies updated since then, to renew the newest snapshot of the same search.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="The snapshot's folder; without it data/snapshots/ctgov/<data date>."
        ),
    ] = None,
    base_url: Annotated[
        str, typer.Option("--base-url", metavar="URL", envvar="TRIALKIT_CTGOV_URL", help="Address of the API.")
    ] = "https://clinicaltrials.gov/api/v2",
    page_size: Annotated[int, typer.Option("--page-size", min=1, max=1000, help="Studies a request.")] = 1000,
    rate: Annotated[float, typer.Option("--rate", min=0.0, help="Requests a second at most; 0 = no limit.")] = 1.0,
    force: Annotated[bool, typer.Option("--force", help="Replace a snapshot that is there.")] = False,
) -> None:
    """Fetch all trials of a search from ClinicalTrials.gov into a dated snapshot, complete or not at all.

    The snapshot holds studies.jsonl.gz and SOURCE.toml (search, date, counts, hashes, terms); contact data of people
    are left out. An interrupted fetch goes on where it stopped when the same command is given again. Trials that left
    the register are noticed only by a fetch without --since.

    \b
    Example:
      trialkit fetch ctgov --query "mesenchymal AND lupus"
      trialkit fetch ctgov --condition "lupus nephritis" --intervention "stem cell" --out lupus_2026
      trialkit fetch ctgov --query "mesenchymal AND lupus" --since last
    Exit status:
      0  the snapshot is complete
      1  not complete: network, server, or fewer studies than counted; no snapshot is written
      2  wrong use, for example a snapshot that is there already
    """
    from trialkit.fetch import FetchError, fetch_ctgov
    from trialkit.storage import FolderError

    folder = out or _snapshots() / register
    check_folder_place(folder)
    logging.getLogger("stamina").setLevel(logging.ERROR)  # attempts are told below, in words
    started = time.monotonic()
    try:
        with (
            writing(folder),
            refusing(ValueError, FileExistsError, FolderError),
            late_progress("Fetching studies") as progress,
        ):
            done = fetch_ctgov(
                query, folder, condition=condition, intervention=intervention, since=since,
                dated=out is None, force=force, base_url=base_url, page_size=page_size, rate=rate,
                progress=progress, tell=say,
            )  # fmt: skip
    except FetchError as error:
        hint = (
            ". Is this machine online? What came so far is kept for the same command"
            if "ConnectError" in str(error)
            else ""
        )
        stop(f"not complete, no snapshot written: {error}{hint}", FAILED)
    except KeyboardInterrupt:
        say("what came so far is kept, and the same command goes on from there.")
        raise
    if not done.received and done.replaced is None:
        print(f"{done.folder} holds this search of {done.data_timestamp} already; --force fetches it again.")
        return
    if done.replaced is not None:
        print(f"{done.received:,} studies updated: {done.replaced:,} replaced, {done.added:,} added.")
        say("trials removed from the register or from the search cannot be told from updates; they are still here.")
    took = f"{time.monotonic() - started:.1f} s, {done.requests:,} requests"
    print(f"{done.records:,} studies of {done.data_timestamp} in {done.folder} ({took}).")
    print(f"Next: trialkit build {done.folder} --out my_frames")


def _snapshots() -> Path:
    from trialkit.frames import SNAPSHOTS

    if not SNAPSHOTS.is_dir():
        stop(f"there is no folder {SNAPSHOTS} for snapshots here: name one with --out.", WRONG_USE)
    return SNAPSHOTS


@contextmanager
def late_progress(what: str, after: float = SOON) -> Iterator[Callable[[int, int], None]]:
    """As `shown_progress`, but nothing is shown before `after` seconds: short work needs no bar."""
    lock, begun, last = threading.Lock(), [], []
    with ExitStack() as stack:

        def begin() -> None:
            with lock:
                if not begun:
                    begun.append(stack.enter_context(shown_progress(what)))
                    if last:
                        begun[0](*last)

        def update(done: int, total: int) -> None:
            with lock:
                last[:] = done, total
                if begun and callable(begun[0]):
                    begun[0](done, total)

        timer = threading.Timer(after, begin)
        timer.daemon = True
        timer.start()
        try:
            yield update
        finally:
            timer.cancel()
            with lock:
                begun.append(None)  # too late to begin


class ManualSearch(NamedTuple):
    """A register to search by hand. `address` has {words} where its address takes the words of a search."""

    register: str
    address: str
    save: str


_BY_ICTRP = "not read directly: note the numbers, and export these trials from WHO ICTRP"
MANUAL_SEARCHES = (
    ManualSearch(
        "WHO ICTRP", "https://trialsearch.who.int/",
        "Search, then Export results to XML (all trials); CSV and XLSX of the ICTRP are read too",
    ),
    ManualSearch(
        "EU CTR", "https://www.clinicaltrialsregister.eu/ctr-search/search?query={words}",
        "Download Options: Full Trial Details, Plain Text; one file a page of results",
    ),
    ManualSearch(
        "CTIS", "https://euclinicaltrials.eu/search-for-clinical-trials/?lang=en",
        "For each trial save https://euclinicaltrials.eu/ctis-public-api/retrieve/<EU CT number> as a .json file",
    ),
    ManualSearch(
        "ISRCTN", "https://www.isrctn.com/search?q={words}",
        "Save https://www.isrctn.com/api/query/format/default?limit=1000&q={words} as an .xml file",
    ),
    ManualSearch("ChiCTR", "https://www.chictr.org.cn/searchprojEN.html", _BY_ICTRP),
    ManualSearch(
        "CTRI", "https://ctri.nic.in/Clinicaltrials/advancesearchmain.php",
        "Open View of each trial and save the page (HTML or text)",
    ),
    ManualSearch("jRCT", "https://jrct.mhlw.go.jp/en-top", _BY_ICTRP),
    ManualSearch("ANZCTR", "https://www.anzctr.org.au/TrialSearch.aspx?searchTxt={words}&isBasic=True", _BY_ICTRP),
    ManualSearch("DRKS", "https://drks.de/search/en", _BY_ICTRP),
    ManualSearch(
        "IRCT", "https://en.irct.ir/search/result?query={words}",
        "Save the XML of each trial (its address with /xml at the end), or export these trials from WHO ICTRP",
    ),
)  # fmt: skip


def query(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", help="What to look for; words alone mean all of them.")
    ],
) -> None:
    """Print where to search the registers without an open API by hand, and how to save what trialkit reads.

    The words stand in the address where the register's addresses allow it (they are joined by AND unless they come with
    AND, OR, NOT, quotes or brackets); elsewhere type them into the search page. Give the saved files to trialkit build.
    Off a terminal the table is tab-separated text.

    \b
    Example:
      trialkit query "lupus mesenchymal"
      trialkit query 'lupus AND ("stem cell" OR stromal)' > searches.tsv
    Exit status:
      0  printed
      2  wrong use
    """
    expression = search_expression(" ".join(words))
    if not expression:
        stop("no words to search for: name some, for example trialkit query lupus mesenchymal", WRONG_USE)
    filled = quote_plus(expression)
    rows = [
        (search.register, search.address.replace("{words}", filled),
         "in the address" if "{words}" in search.address else f"type {expression}", search.save.replace("{words}", filled))
        for search in MANUAL_SEARCHES
    ]  # fmt: skip
    print_searches(("register", "address", "words", "how_to_save"), rows)
    say(f"ClinicalTrials.gov itself: trialkit fetch ctgov --query {shlex.quote(expression)}")


def search_expression(text: str) -> str:
    """Words joined by AND; text that has operators, quotes or brackets of its own stays as it is."""
    words = printable(text).split()
    own = re.search(r'\b(AND|OR|NOT)\b|["()]', text)
    return (" " if own else " AND ").join(words)


def print_searches(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table on a terminal, one tab-separated line a row elsewhere."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        for row in (head, *rows):
            print("\t".join(row))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim", padding=(0, 2, 1, 0))
    for name in head:
        table.add_column(name.replace("_", " ").capitalize(), overflow="fold", no_wrap=name == "register")
    for register, address, *others in rows:
        table.add_row(Text(register, style="bold"), Text(address, style=f"link {address}"), *map(Text, others))
    console.print(table)
