"""What a Dask cluster costs over the processes of one machine, and what a build costs again when little has changed.

    python benchmarks/cluster.py [INPUT] [--records N] [--rounds N]

The records of INPUT (without it: the bundled snapshots) are repeated under invented numbers until there are N. The
engines take turns; medians of wall seconds, starting included and apart. Ratios travel between machines, seconds do not.
"""

import argparse
import itertools
import logging
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from trialkit.engines import map_batches
from trialkit.extraction import died, extract_batch, trial_key
from trialkit.extraction_store import ExtractionStore
from trialkit.frames import SNAPSHOTS
from trialkit.record import TrialRecord
from trialkit.registries.files import read_inputs
from trialkit.storage import locked

WORKERS = max(2, os.cpu_count() or 1)


def repeated(path: Path, n: int) -> list[tuple[TrialRecord, list[TrialRecord]]]:
    """`n` trials: the records below `path`, over and over, each time under another number."""
    records = [r for r in read_inputs([path]) if isinstance(r, TrialRecord)]
    numbered = enumerate(itertools.islice(itertools.cycle(records), n))
    return [(msgspec.structs.replace(r, trial_id=f"BENCH-{n:08}"), []) for n, r in numbered]


def seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("input", nargs="?", type=Path, default=SNAPSHOTS)
    asked.add_argument("--records", type=int, default=2_000)
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    trials = repeated(given.input, given.records)
    print(f"{len(trials):,} records, {WORKERS} workers, {given.rounds} rounds; Python {platform.python_version()}")

    from distributed import LocalCluster

    taken: dict[str, list[float]] = {"processes": [], "dask, cluster running": [], "dask, cluster started": []}
    results = {}
    with LocalCluster(
        n_workers=WORKERS, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
    ) as cluster:
        wheres = {
            "processes": {"engine": "processes", "workers": WORKERS},
            "dask, cluster running": {"scheduler": cluster.scheduler_address},
        }
        for _ in range(given.rounds):
            for name, where in wheres.items():

                def work(name: str = name, where: dict = where) -> None:
                    batches = map_batches(extract_batch, trials, blame=died, **where)
                    results[name] = [one for batch in batches for one in batch]

                taken[name].append(seconds(work))
    for _ in range(given.rounds):
        work = map_batches(extract_batch, trials, blame=died, engine="dask", workers=WORKERS)
        taken["dask, cluster started"].append(seconds(lambda work=work: [0 for _ in work]))
    assert results["processes"] == results["dask, cluster running"], "engines differ"
    pool = statistics.median(taken["processes"])
    print(f"\n{'engine':24} {'median s':>9} {'records/s':>10} {'of processes':>13}   all")
    for name, times in taken.items():
        median = statistics.median(times)
        every = " ".join(f"{t:.1f}" for t in times)
        print(f"{name:24} {median:9.1f} {len(trials) / median:10.0f} {median / pool:13.2f}   {every}")

    with tempfile.TemporaryDirectory() as place, locked(Path(place) / "frames") as folder:
        store = ExtractionStore(folder)
        for (kept, others), rows in zip(trials, results["processes"], strict=True):
            store.put(trial_key((kept, others)), rows)
        keep = seconds(store.flush)
        size = store.finish()
        again = ExtractionStore(folder)
        take = seconds(lambda: again.take({trial_key(trial) for trial in trials}))
    print(f"\nkept for the next build: {size / len(trials) / 1e3:.1f} kB a record, written in {keep:.2f} s")
    print(f"taken by the next build: {take:.2f} s, {take / pool:.1%} of reading them again with processes")


if __name__ == "__main__":
    main()
