"""Readers and facts on garbled texts and files: `python tests/fuzz.py --inputs 1000000 --seed 1`.

What comes of an input is checked by `garbled_checks`; what takes longer than a second is told too. Nineteen inputs in twenty are short
texts, spread over the facts; the others are whole records, saved pages and files. A fault is named by seed, family and number:
`--only doses --first 123 --inputs 1` runs it again. Once mended, it stands in `test_fuzz_found.py`.
"""

import argparse
import logging
import random
import sys
import time
import traceback
import warnings
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import garbled
from garbled_checks import FAMILIES

SLOW = 1.0  # seconds of work
SHARES = {"records": 0.02, "pages": 0.01, "files": 0.02}  # of all inputs; the rest is shared by the facts evenly
_SHOWN = 3  # faults of one kind


def spread(inputs: int, names: list[str]) -> dict[str, int]:
    """How many inputs each family gets."""
    large = {name: round(inputs * SHARES[name]) for name in names if name in SHARES and len(names) > len(SHARES)}
    small = [name for name in names if name not in large]
    left = inputs - sum(large.values())
    return large | {name: left // len(small) + (n < left % len(small)) for n, name in enumerate(small)}


def run(inputs: int, seed: int, names: list[str], first: int = 0, every: float = 30.0) -> Counter[str]:
    """Run and print; the counts: inputs of each family, and `fault` and `slow`."""
    counts: Counter[str] = Counter()
    seen: dict[str, int] = defaultdict(int)
    warnings.simplefilter("ignore")  # of zip archives that hold a name twice
    for load in (garbled.records, garbled.texts, garbled.terms, garbled.spellings):
        load()
    for name in names:  # what is loaded once is no input's time
        for n in range(50):
            with suppress(Exception):
                FAMILIES[name](random.Random(n))
    began = told = time.monotonic()
    for name, share in spread(inputs, names).items():
        for n in range(first, first + share):
            start = time.thread_time()
            try:
                FAMILIES[name](random.Random(f"{seed} {name} {n}"))
            except Exception as error:
                counts["fault"] += 1
                place = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)[-3:]]
                kind = f"{name}: {type(error).__name__} in {' > '.join(place)}"
                seen[kind] += 1
                if seen[kind] <= _SHOWN:
                    print(f"FAULT {kind}, number {n}: {str(error)[:300]!r}", flush=True)
            counts[name] += 1
            if (took := time.thread_time() - start) > SLOW:
                counts["slow"] += 1
                print(f"SLOW {name} number {n}: {took:.1f} s", flush=True)
            if time.monotonic() - told > every:
                told = time.monotonic()
                done = sum(counts[family] for family in names)
                print(f"{done:,} of {inputs:,} inputs after {told - began:.0f} s, {counts['fault']} faults", flush=True)
    for kind, times in sorted(seen.items()):
        print(f"{times} x {kind}")
    each = ", ".join(f"{name} {counts[name]:,}" for name in names)
    total = sum(counts[family] for family in names)
    print(
        f"{total:,} inputs in {time.monotonic() - began:.0f} s with seed {seed}: {counts['fault']} faults, "
        f"{counts['slow']} slower than {SLOW:g} s ({each})"
    )
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--first", type=int, default=0, help="number of the first input of each family")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    counts = run(asked.inputs, asked.seed, asked.only, asked.first)
    return int(counts["fault"] + counts["slow"] > 0)


if __name__ == "__main__":
    sys.exit(main())
