"""What a build costs the first time, again when nothing has changed, and again when one record has.

    python benchmarks/builds.py [INPUT]       # without it: the bundled snapshots

Wall seconds of `trialkit build` in a process of its own, its start included; one sentence is added to one record.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from rows import RUNS, Row, alone, in_turns, median
from startup import ENVIRONMENT

from trialkit.frames import SNAPSHOTS


def build(source: Path, out: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "trialkit", "build", str(source), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    if done.returncode not in (0, 3):  # 3: some inputs were rejected
        raise RuntimeError(f"trialkit build ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return time.perf_counter() - began


def change_one(source: Path, n: int) -> None:
    """Another sentence in the summary of the first study that a JSON Lines file below `source` holds."""
    path = sorted(source.rglob("*.jsonl"))[0]
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    study = json.loads(first)
    text = study["protocolSection"].setdefault("descriptionModule", {})
    text["briefSummary"] = f"{text.get('briefSummary', '')} Visit {n} was added."
    path.write_text(f"{json.dumps(study)}\n{rest}", encoding="utf-8")


def rows(quick: bool = False, source: Path = SNAPSHOTS) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as place:
        folder, out = Path(place) / "records", Path(place) / "frames"
        shutil.copytree(source, folder)
        changes = iter(range(1, 1_000))

        def cold() -> float:
            shutil.rmtree(out, ignore_errors=True)
            return build(folder, out)

        def changed() -> float:
            change_one(folder, next(changes))
            return build(folder, out)

        steps = {"cold": cold, "unchanged": lambda: build(folder, out), "changed": changed}
        taken = in_turns(steps, 1 if quick else RUNS)
        trials = len(pl.read_parquet(out / "trials.parquet"))
    took = {name: median(seconds) for name, seconds in taken.items()}
    runs = {name: {"runs": len(taken[name]), "seconds": took[name]} for name in taken}
    yield Row(f"build of {trials:,} trials: cold", took["cold"], "s", **runs["cold"])
    yield Row("build: nothing changed", took["unchanged"], "s", "cold", took["cold"], **runs["unchanged"])
    yield Row(
        "build: one record changed", took["changed"], "s", "cold", took["cold"], **runs["changed"],
        headline="The next build, one record changed",
    )  # fmt: skip


if __name__ == "__main__":
    alone(rows(source=Path(sys.argv[1]) if sys.argv[1:] else SNAPSHOTS))
