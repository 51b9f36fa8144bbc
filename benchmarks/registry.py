"""How fast a whole register goes through the gate: zip of one file a study -> inflate -> gate -> records, at four sizes.

    python benchmarks/registry.py [--folder DIR] [--sizes 3000,30000,100000,300000] [--corpus DIR ...] [--processes 2]

Without --corpus the studies are those of the bundled snapshot; with it every API v2 study found there. They are repeated
with new register numbers and shuffled words of their contacts, and mixed so that about 1 in 100 comes from a search for
stromal cells and 2 in 100 of the others hold a word of the selection. Every measurement is a process of its own: its peak
memory is its own, and that of its largest worker is told beside it. Ratios travel between machines, seconds do not; on a
machine that is busy with other things look at the CPU seconds. Members are packed at level 1, to be written sooner.
"""

import argparse
import gzip
import io
import itertools
import json
import os
import platform
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

import msgspec
from rows import RUNS, Row, cores, load, machine, tell, wanted

from trialkit.gate import Gate, open_gate
from trialkit.registries import bulk, ctgov
from trialkit.registries.files import read_inputs
from trialkit.registries.json_text import json_entries
from trialkit.registries.results import NotSelected, gated

SIZES = (3_000, 30_000, 100_000, 300_000)
LIMITS_UP_TO = 30_000
STROMAL, WITH_WORD = 0.01, 0.02  # shares of the studies
SELECTION = "msc"
MB = 1e6


# The studies


def studies_in(folder: Path) -> Iterator[bytes]:
    """Every API v2 study below a folder, as compact JSON."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                texts = [archive.read(name) for name in archive.namelist() if name.endswith(".json")]
        elif {".json", ".jsonl"} & set(path.suffixes):
            texts = [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()]
        else:
            continue
        for text in texts:
            for entry in json_entries(io.BytesIO(text), path.name, ctgov.recognises):
                try:
                    ctgov.parse_study(entry.data)
                    ctgov.outline(entry.data)
                except (ValueError, msgspec.MsgspecError):
                    continue
                yield msgspec.json.encode(msgspec.json.decode(entry.data))


def write_archive(path: Path, n: int, corpus: list[Path]) -> dict[str, float]:
    """A zip of `n` studies, one file each; the same for the same arguments. Returns what was mixed."""
    from trialkit.frames import SNAPSHOTS

    found = [entry for folder in corpus or [SNAPSHOTS] for entry in studies_in(folder)]
    gate, chance = open_gate(SELECTION), random.Random(1)
    holding = [gate.holds(ctgov.parse_study(entry)) for entry in found]
    stromal_gate = open_gate("stromal")
    stromal = [e for e in found if b"esenchymal" in e and stromal_gate.holds(ctgov.parse_study(e))]
    worded = [e for e, holds in zip(found, holding, strict=True) if holds and b"esenchymal" not in e]
    silent = [e for e, holds in zip(found, holding, strict=True) if not holds]
    if not silent:  # bundled are studies of cells alone
        other = [_without_words(entry, gate) for entry in found]
        silent = [entry for entry in other if not gate.holds(ctgov.parse_study(entry))]
    worded = worded or stromal
    size = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(n):
            dice = chance.random()
            pool = stromal if dice < STROMAL else worded if dice < STROMAL + WITH_WORD else silent
            entry = chance.choice(pool)
            old = ctgov.outline(entry)[0].encode()
            trial_id = f"NCT{70_000_000 + number:08}"
            # Other numbers and other letters make other bytes to inflate, the same work for the matcher.
            entry = entry.replace(old, trial_id.encode()).replace(b"participants", b"people %d" % number, 3)
            size += len(entry)
            archive.writestr(f"{trial_id}.json", entry)
    return {"real studies": len(found), "mean bytes": size / n, "MB inflated": size / MB, "MB zipped": path.stat().st_size / MB}  # fmt: skip


def _without_words(entry: bytes, gate: Gate) -> bytes:
    """The same study about something else: every word of the selection's terms spelt backwards."""
    words = {word for term in gate.terms for word in re.findall(r"[a-z0-9]{3,}", term.lower())} - {"and", "for", "the"}
    spelling = re.compile(rf"\b(?:{'|'.join(sorted(words, key=len, reverse=True))})(?=s?\b)", re.I)

    def told(value: object) -> object:
        if isinstance(value, dict):
            return {key: told(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [told(inner) for inner in value]
        if isinstance(value, str) and value != value.upper():  # numbers and key words stay
            return spelling.sub(lambda found: found[0][::-1], value)
        return value

    return msgspec.json.encode(told(msgspec.json.decode(entry)))


# What is measured, each in a process of its own


def members(path: Path) -> Iterator[bytes]:
    """Inflated and checked members, as the reader takes them out."""
    for span in bulk.find_spans(path) or []:
        with (
            path.open("rb") as file,
            bulk._mapped(file, *span.directory) as directory,
            bulk._mapped(file, *span.data) as data,
        ):
            found = list(bulk._members(directory))
            ends = [*(m.start for m in found[1:]), span.data[1]]
            for member, end in zip(found, ends, strict=True):
                with data[member.start - span.data[0] : end - span.data[0]] as packed:
                    content = bulk._inflated(packed, member)
                yield content or b""


def read_file(path: Path, processes: int) -> int:
    with path.open("rb") as file:
        while file.read(1 << 20):
            pass
    return 0


def walk_directory(path: Path, processes: int) -> int:
    return len(bulk.find_spans(path) or ())


def inflate(path: Path, processes: int) -> int:
    return sum(1 for _ in members(path))


def zipfile_inflate(path: Path, processes: int) -> int:
    with zipfile.ZipFile(path) as archive:
        return sum(1 for name in archive.namelist() if archive.read(name))


def decoded(decode: Callable[[bytes], object]) -> Callable[[Path, int], int]:
    return lambda path, processes: sum(1 for entry in members(path) if decode(entry) is not None)


def orjson_loads(path: Path, processes: int) -> int:
    import orjson

    return decoded(orjson.loads)(path, processes)


def gate_one_process(path: Path, processes: int) -> int:
    return _read(path, "serial", 1)


def gate_processes(path: Path, processes: int) -> int:
    return _read(path, "processes", processes)


def _read(path: Path, engine: str, workers: int) -> int:
    from trialkit.intake import read_records

    return len(read_records([path], select=SELECTION, engine=engine, workers=workers).records)


def without_gate_then_exact(path: Path, processes: int) -> int:
    results = gated(read_inputs([path]), open_gate(SELECTION))
    return sum(1 for result in results if not isinstance(result, NotSelected))


def build(path: Path, processes: int) -> int:
    from trialkit.assemble import build_frames

    frames = build_frames([path], select=SELECTION, engine="processes", workers=processes)
    frames.write(path.parent / "frames")
    return len(frames.trials)


STEPS: dict[str, tuple[str, Callable[[Path, int], int]]] = {
    "read": ("read the file", read_file),
    "directory": ("walk the central directory", walk_directory),
    "inflate": ("inflate and check (libdeflate)", inflate),
    "zipfile": ("inflate and check (zipfile)", zipfile_inflate),
    "json": ("inflate + json.loads", decoded(json.loads)),
    "orjson": ("inflate + orjson.loads", orjson_loads),
    "msgspec": ("inflate + msgspec, untyped", decoded(msgspec.json.decode)),
    "typed": ("inflate + msgspec, typed", decoded(ctgov._decode)),
    "records": ("inflate + reader, all to records", decoded(ctgov.parse_study)),
    "all": ("every record read, then asked", without_gate_then_exact),
    "gate1": ("inflate, gate, read: one process", gate_one_process),
    "gate": ("inflate, gate, read: processes", gate_processes),
    "build": ("whole build with extraction", build),
}
LIMITS = ("read", "directory", "inflate", "zipfile", "json", "orjson", "msgspec", "typed", "records", "all")


def measure(step: str, path: Path, processes: int) -> None:
    """Run one step and print what it took, imports of this process left out: called in a process of its own."""
    if step in ("gate1", "gate", "build"):
        import_module("trialkit.frames" if step == "build" else "trialkit.intake")
    start, cpu = time.perf_counter(), _cpu()
    n = STEPS[step][1](path, processes)
    told = {
        "seconds": time.perf_counter() - start,
        "cpu": _cpu() - cpu,
        "n": n,
        "peak": _peak(resource.RUSAGE_SELF),
        "worker": _peak(resource.RUSAGE_CHILDREN),
    }
    print(json.dumps(told))


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _peak(who: int) -> float:
    """Peak resident memory in MB; of children, at most that of the largest (a child begins with its parent's figure)."""
    status = Path("/proc/self/status")
    if who == resource.RUSAGE_SELF and status.exists():
        told = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(told.split()[1]) * 1024 / MB
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(who).ru_maxrss * unit / MB


def run(step: str, path: Path, processes: int) -> dict[str, float] | None:
    """One run of a step in a process of its own; None, and a line that says why, where it cannot run."""
    command = [sys.executable, __file__, "--measure", step, "--archive", str(path), "--processes", str(processes)]
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
    command = [sys.executable, __file__, "--write", str(n), "--archive", str(path), "--corpus", *map(str, corpus)]
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
    ask.add_argument("--write", type=int, help=argparse.SUPPRESS)
    ask.add_argument("--measure", choices=STEPS, help=argparse.SUPPRESS)
    ask.add_argument("--archive", type=Path, help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.write:
        print(json.dumps(write_archive(given.archive, given.write, given.corpus)))
        return
    if given.measure:
        measure(given.measure, given.archive, given.processes)
        return
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
