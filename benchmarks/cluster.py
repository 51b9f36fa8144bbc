"""What a Dask cluster costs over the processes of one machine, and what a build costs again when little has changed.

    python benchmarks/cluster.py [INPUT] [--records N] [--rounds N]

The records of INPUT (without it: the bundled snapshots) are repeated under invented numbers until there are N. The
engines take turns; medians in wall seconds, with a cluster that runs and with one started for it. Ratios travel between machines, seconds do not.
"""

import argparse
import itertools
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rows import RUNS, Row, alone, in_turns, installed, median

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


def rows(quick: bool = False, records: int = 2_000, source: Path = SNAPSHOTS, runs: int = RUNS) -> Iterator[Row]:
    trials = repeated(source, 24 if quick else records)
    figure = f"facts of {len(trials):,} records, {WORKERS} processes"
    if not installed("distributed"):
        yield Row(figure, "not timed", peer="Dask cluster", note="not installed")
        return
    from distributed import LocalCluster

    results: dict[str, list] = {}

    def work(name: str, **where: object) -> float:
        began = time.monotonic()
        results[name] = [one for batch in map_batches(extract_batch, trials, blame=died, **where) for one in batch]
        return time.monotonic() - began

    with LocalCluster(
        n_workers=WORKERS, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
    ) as cluster:
        steps = {
            "processes": lambda: work("processes", engine="processes", workers=WORKERS),
            "running": lambda: work("running", scheduler=cluster.scheduler_address),
            "started": lambda: work("started", engine="dask", workers=WORKERS),
        }
        taken = in_turns(steps, 1 if quick else runs)
    if not results["processes"] == results["running"] == results["started"]:
        raise AssertionError("the engines give different rows")
    took = {name: median(seconds) for name, seconds in taken.items()}
    rate = {name: len(trials) / seconds for name, seconds in took.items()}
    for name, peer in (("running", "Dask cluster, running"), ("started", "Dask cluster, started for it")):
        yield Row(
            figure, rate["processes"], "records/s", peer, rate[name], runs=len(taken[name]), seconds=took[name]
        )  # fmt: skip

    with tempfile.TemporaryDirectory() as place, locked(Path(place) / "frames") as folder:
        store = ExtractionStore(folder)
        for (kept, others), read in zip(trials, results["processes"], strict=True):
            store.put(trial_key((kept, others)), read)
        store.flush()
        size = store.finish()
        again = ExtractionStore(folder)
        began = time.monotonic()
        again.take({trial_key(trial) for trial in trials})
        take = time.monotonic() - began
    kept = f"{size / len(trials) / 1e3:.1f} kB a record kept"
    yield Row("the same taken over from the last build", len(trials) / take, "records/s", "reading them again, processes",
              rate["processes"], kept, 1)  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("input", nargs="?", type=Path, default=SNAPSHOTS)
    asked.add_argument("--records", type=int, default=2_000)
    asked.add_argument("--rounds", type=int, default=RUNS)
    given = asked.parse_args()
    alone(rows(records=given.records, source=given.input, runs=given.rounds))


if __name__ == "__main__":
    main()
