"""Every benchmark in one run and one table: figure, ours, peer, ratio, limit, runs; the machine below it.

    python benchmarks [--only startup,builds] [--sizes 3000,30000] [--corpus DIR ...] [--quick] [--update README.md]

What is timed against what stands in the scripts beside this one; each also runs alone. A peer that is not installed is a
row that says so (`pip install trialkit[bench]` brings them). Ratios travel between machines, seconds do not.
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import accuracy
import builds
import cluster
import extraction
import registry
import startup
import suite
from rows import Row, load, machine, split_at_marks, table, update

PARTS: dict[str, Callable[..., Iterator[Row]]] = {
    "registry": registry.rows,
    "extraction": extraction.rows,
    "builds": builds.rows,
    "cluster": cluster.rows,
    "reports": suite.rows,
    "startup": startup.rows,
    "accuracy": accuracy.rows,
}


def collect(parts: dict[str, Callable[[], Iterator[Row]]]) -> tuple[list[Row], list[str]]:
    """The rows of all parts, and the names of those that failed: an hour of figures is not lost with one of them."""
    found, failed = [], []
    for name, rows in parts.items():
        began = time.monotonic()
        try:
            found += rows()
        except Exception as error:
            failed.append(name)
            found.append(Row(name, "did not run", note=" ".join(f"{type(error).__name__}: {error}".split())[:100]))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return found, failed


def main() -> int:
    ask = argparse.ArgumentParser(prog="python benchmarks", description=__doc__.splitlines()[0])
    ask.add_argument("--only", default=",".join(PARTS), help=f"parts to run, of: {', '.join(PARTS)}")
    ask.add_argument("--sizes", default="3000,30000", help="studies in the archives for the gate, 3000,30000 or more")
    ask.add_argument("--corpus", type=Path, nargs="*", default=[], help="folders of API v2 studies for these archives")
    ask.add_argument("--records", type=int, default=2_000, help="records for the Dask cluster")
    ask.add_argument("--quick", action="store_true", help="one run of little: to see that everything runs")
    ask.add_argument("--update", type=Path, metavar="FILE", help="write the headlines between the marks of this file")
    given = ask.parse_args()
    chosen = given.only.split(",")
    if unknown := [name for name in chosen if name not in PARTS]:
        ask.error(f"--only {unknown[0]}: there is no such part; there are {', '.join(PARTS)}")
    sizes = given.sizes.split(",")
    if wrong := [size for size in sizes if not size.isdecimal() or not int(size)]:
        ask.error(f"--sizes {wrong[0]!r}: expected numbers of studies with commas between them, as 3000,30000")
    if given.update:
        try:
            split_at_marks(given.update)
        except (OSError, ValueError) as error:
            ask.error(f"--update: {error}")
    more = {
        "registry": {"sizes": [int(size) for size in sizes], "corpus": given.corpus},
        "cluster": {"records": given.records},
    }
    logging.disable(logging.WARNING)  # peers talk, and this is one table
    before, began = load(), time.monotonic()
    parts = {name: partial(PARTS[name], given.quick, **more.get(name, {})) for name in PARTS if name in chosen}
    rows, failed = collect(parts)
    print(table(rows))
    print(
        "\nratio: how many times as fast ours is (of memory and growth: how many times smaller); medians, steps in turns."
    )
    print("Facts and words in CPU seconds of one core, everything else in seconds on the clock.")
    print(f"{machine(before)}\nthe whole run took {(time.monotonic() - began) / 60:.1f} minutes")
    if given.update and not failed:
        update(given.update, rows)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
