"""The parts of the registry benchmark that run in a process of their own: archives of studies, and each step over one.

    python benchmarks/registry_steps.py --archive ZIP (--write N [--corpus DIR ...] | --measure STEP [--processes N])

`registry.py` calls it; it prints one line of JSON. So the peak memory of a step is nobody else's.
"""

import argparse
import gzip
import io
import json
import os
import platform
import random
import re
import resource
import time
import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import msgspec

from trialkit.gate import Gate, open_gate
from trialkit.registries import bulk, ctgov
from trialkit.registries.files import read_inputs
from trialkit.registries.json_text import json_entries
from trialkit.registries.results import NotSelected, gated

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


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--archive", type=Path, required=True)
    ask.add_argument("--corpus", type=Path, nargs="*", default=[], help="folders of API v2 studies")
    ask.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    what = ask.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", type=int, metavar="N", help="make an archive of N studies")
    what.add_argument("--measure", choices=STEPS)
    given = ask.parse_args()
    if given.write:
        print(json.dumps(write_archive(given.archive, given.write, given.corpus)))
    else:
        measure(given.measure, given.archive, given.processes)


if __name__ == "__main__":
    main()
