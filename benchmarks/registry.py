"""How fast a whole register goes through the gate: zip of one file a study -> inflate -> gate -> records, at four sizes.

    python benchmarks/registry.py [--folder DIR] [--sizes 3000,30000,100000,300000] [--corpus DIR ...] [--processes 2]

Without --corpus the studies are those of the bundled snapshot; with it every API v2 study found there. They are repeated
with new register numbers and shuffled words of their contacts, and mixed so that about 1 in 100 comes from a search for
stromal cells and 2 in 100 of the others hold a word of the selection. Every measurement is a process of its own: its peak
memory is its own, and that of its largest worker is told beside it. Ratios travel between machines, seconds do not; on a
machine that is busy with other things look at the CPU seconds. Members are packed at level 1, to be written sooner.
"""

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from registry_steps import LIMITS, MB, STEPS
from rows import RUNS, Row, cores, load, machine, tell, wanted

SIZES = (3_000, 30_000, 100_000, 300_000)
LIMITS_UP_TO = 30_000
STEPS_FILE = Path(__file__).with_name("registry_steps.py")


def run(step: str, path: Path, processes: int) -> dict[str, float] | None:
    """One run of a step in a process of its own; None, and a line that says why, where it cannot run."""
    command = [
        sys.executable,
        str(STEPS_FILE),
        "--measure",
        step,
        "--archive",
        str(path),
        "--processes",
        str(processes),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"{STEPS[step][0]}: not run: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def medians(path: Path, processes: int, steps: Iterable[str], runs: int | None = None) -> dict[str, dict[str, float]]:
    """Medians of every step that runs here. The steps take turns, so other work on the machine falls on all alike."""
    taken: dict[str, list[dict[str, float]]] = {step: [] for step in steps}
    for turn in range(runs or RUNS):
        for step, told in list(taken.items()):
            if turn and len(told) >= (runs or wanted(told[0]["seconds"])):
                continue
            if got := run(step, path, processes):
                told.append(got)
            else:
                del taken[step]
    found = {}
    for step, told in taken.items():
        seconds = [one["seconds"] for one in told]
        middle = {key: statistics.median(one[key] for one in told) for key in told[0]}
        found[step] = middle | {"runs": len(told), "least": min(seconds), "most": max(seconds)}
    return found


def details(n: int, path: Path, processes: int, steps: list[str], runs: int | None) -> dict[str, dict[str, float]]:
    found = medians(path, processes, steps, runs)
    print(f"\n{'step':36} {'median s':>9} {'[least-most]':>15} {'runs':>4} {'CPU s':>7} {'records/s':>10} {'/CPU s':>8} {'peak MB':>8} {'worker':>7} {'kept':>7}")  # fmt: skip
    for step, got in found.items():
        worker = f"{got['worker']:7.0f}" if got["worker"] else f"{'':7}"
        kept = f"{got['n']:7.0f}" if step in ("all", "gate1", "gate", "build") else ""
        print(f"{STEPS[step][0]:36} {got['seconds']:9.2f} {got['least']:7.2f}-{got['most']:<7.2f} {got['runs']:4.0f} {got['cpu']:7.2f} {n / got['seconds']:10,.0f} {n / max(got['cpu'], 0.01):8,.0f} {got['peak']:8.0f} {worker} {kept:>7}", flush=True)  # fmt: skip
    return found


# The rows of the one table


def rows(
    quick: bool = False,
    sizes: Sequence[int] = (3_000, 30_000),
    corpus: Sequence[Path] = (),
    processes: int = 0,
    folder: Path | None = None,
) -> Iterator[Row]:
    sizes, processes = [200, 400] if quick else sorted(sizes), processes or max(2, cores())
    found: dict[int, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="trialkit-registry-", dir=folder) as place:
        check_room(Path(place), max(sizes))
        for n in sizes:
            path = Path(place) / "ctg-studies.json.zip"
            mixed = make_archive(path, n, list(corpus))
            steps = ["gate1", "gate"] + (["inflate", "typed", "json", "orjson", "all"] if n <= LIMITS_UP_TO else [])
            found[n] = medians(path, processes, steps, 1 if quick else None)
            path.unlink()
            yield from _rates(n, found[n], processes, mixed["mean bytes"], last=n == min(max(sizes), LIMITS_UP_TO))
    for small, large in itertools.pairwise(sizes):
        for step, who in (("gate1", "one process"), ("gate", f"{processes} processes")):
            few, many = found[small][step], found[large][step]
            yield Row(
                f"gate, {who}: time({large:,}) / time({small:,})", many["seconds"] / few["seconds"], "x", "studies",
                large / small, runs=min(int(few["runs"]), int(many["runs"])),
            )  # fmt: skip
    for name, key in (("parent", "peak"), ("largest worker", "worker")):
        few, many = found[sizes[0]]["gate"], found[sizes[-1]]["gate"]
        if not many[key]:  # so little that no worker was started
            continue
        yield Row(f"gate, {processes} processes: peak memory of the {name}, {sizes[-1]:,} studies", many[key], "MB",
                  f"{sizes[0]:,} studies", few[key] or None, runs=int(many["runs"]),
                  note="" if few[key] else "no worker started")  # fmt: skip


def _rates(n: int, found: dict[str, dict[str, float]], processes: int, mean: float, *, last: bool) -> Iterator[Row]:
    """Records/s of the gate beside every other way to find the same records."""
    rate = {step: n / got["seconds"] for step, got in found.items()}
    limits = {"inflate": "inflate only", "typed": "typed decode only"}
    limit = ", ".join(f"{name} {tell(rate[step])}" for step, name in limits.items() if step in rate)
    figure = f"gate, {n:,} studies of {mean / 1e3:.1f} kB"
    peers = {
        "all": "every record read, then asked", "json": "json.loads of each, not asked", "orjson": "orjson.loads of each, not asked",
    }  # fmt: skip
    for step, peer in peers.items():
        headline = f"{n:,} studies of a register through the gate, one process" if last and step == "all" else ""
        told = {"unit": "records/s", "peer": peer, "limit": limit, "headline": headline}
        if step in found:
            runs, seconds = int(found[step]["runs"]), found[step]["seconds"]
            yield Row(f"{figure}, one process", rate["gate1"], theirs=rate[step], runs=runs, seconds=seconds, **told)
        elif n <= LIMITS_UP_TO:
            yield Row(f"{figure}, one process", rate["gate1"], note="not installed", **told)
    runs, seconds = int(found["gate1"]["runs"]), found["gate1"]["seconds"]
    yield Row(f"{figure}, {processes} processes", rate["gate"], "records/s", "one process", rate["gate1"], limit,
              runs, seconds)  # fmt: skip


def check_room(folder: Path, n: int) -> None:
    free, needed = shutil.disk_usage(folder).free, n * 12_000
    if free < 2 * needed:
        sys.exit(f"{folder}: {free / MB:,.0f} MB free; about {2 * needed / MB:,.0f} MB are needed")


def make_archive(path: Path, n: int, corpus: list[Path]) -> dict[str, float]:
    """`write_archive` in a process of its own, so that its memory is nobody else's."""
    command = [
        sys.executable,
        str(STEPS_FILE),
        "--write",
        str(n),
        "--archive",
        str(path),
        "--corpus",
        *map(str, corpus),
    ]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--folder", type=Path, default=None, help="where the archives are made (and removed)")
    ask.add_argument("--corpus", type=Path, nargs="*", default=[], help="folders of API v2 studies")
    ask.add_argument("--sizes", default=",".join(map(str, SIZES)))
    ask.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    ask.add_argument("--runs", type=int, default=None, help="runs of every step; else 5, 3 or 1 by its length")
    ask.add_argument("--limits-up-to", type=int, default=LIMITS_UP_TO, help="largest size at which the bare limits run")
    ask.add_argument("--build-up-to", type=int, default=30_000, help="largest size at which the whole build runs")
    given = ask.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    folder = Path(tempfile.mkdtemp(prefix="trialkit-registry-", dir=given.folder))
    before = load()
    try:
        check_room(folder, max(sizes))
        times = {}
        for n in sizes:
            path = folder / "ctg-studies.json.zip"
            mixed = make_archive(path, n, given.corpus)
            print(f"\n{n:,} studies: " + ", ".join(f"{value:,.0f} {name}" for name, value in mixed.items()))
            steps = [*(LIMITS if n <= given.limits_up_to else ()), "gate1", "gate"]
            steps += ["build"] if n <= given.build_up_to else []
            times[n] = details(n, path, given.processes, steps, given.runs)
            path.unlink()
        print("\nratios of medians")
        for n, found in times.items():
            ours = found["gate1"]["cpu"]
            for step in (s for s in LIMITS if s in found and s != "read"):
                print(f"  {n:>7,}: gate, one process / {STEPS[step][0]}: {ours / found[step]['cpu']:.2f} (CPU)")
            print(f"  {n:>7,}: {found['gate1']['seconds'] / found['gate']['seconds']:.2f} times as fast with {given.processes} processes")  # fmt: skip
        for small, large in itertools.pairwise(sizes):
            for step in ("gate1", "gate", "build"):
                if step in times[small] and step in times[large]:
                    grown = times[large][step]["seconds"] / times[small][step]["seconds"]
                    cpu = times[large][step]["cpu"] / times[small][step]["cpu"]
                    print(f"  {STEPS[step][0]}: time({large:,}) / time({small:,}) = {grown:.1f} (CPU {cpu:.1f}), size {large / small:.1f}")  # fmt: skip
        print(f"\n{machine(before)}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
