"""How fast records are read: decode, extraction, and the same words searched by one plain regular expression.

    python benchmarks/extraction.py [FILE ...]       # without a file: the bundled snapshots

One process, medians of five runs in CPU seconds. Ratios travel between machines, seconds do not.
"""

import platform
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from trialkit.frames import SNAPSHOTS
from trialkit.record import TrialRecord
from trialkit.registries.files import read_inputs
from trialkit.rows import read_trial
from trialkit.vocabulary import load_vocabulary, vocabulary_names

RUNS = 5


def seconds(work: Callable[[], object]) -> float:
    """Median CPU seconds of RUNS runs."""
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def plain_pattern() -> re.Pattern[str]:
    """All terms of all vocabularies as one alternation: what a reader without an automaton would write."""
    entries = [entry for name in vocabulary_names() for entry in load_vocabulary(name).entries.values()]
    terms = {term for entry in entries for term in (*entry.synonyms, *entry.cased)}
    return re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(terms, key=len, reverse=True))) + r")s?\b", re.I)


def main(paths: list[Path]) -> None:
    records = [r for r in read_inputs(paths) if isinstance(r, TrialRecord)]
    texts = [p.text for r in records for p in r.passages()]
    characters = sum(map(len, texts))
    pattern = plain_pattern()
    vocabularies = [load_vocabulary(name) for name in vocabulary_names()]
    read_trial(records[0])  # vocabularies and patterns are compiled once, before the clock runs
    figures = [
        ("decode files to records", seconds(lambda: [0 for _ in read_inputs(paths)])),
        ("all facts with evidence", seconds(lambda: [read_trial(r) for r in records])),
        ("vocabularies alone, our matcher", seconds(lambda: [v.find(t) for t in texts for v in vocabularies])),
        ("the same words, one plain `re`", seconds(lambda: [pattern.findall(t) for t in texts])),
    ]
    print(f"{len(records)} records, {characters / 1e6:.1f} M characters of text; one process, medians of {RUNS}")
    print(f"{platform.platform()}, Python {platform.python_version()}\n")
    print(f"{'step':34} {'CPU s':>8} {'records/s':>10} {'MB/s':>7}")
    for name, taken in figures:
        print(f"{name:34} {taken:8.2f} {len(records) / taken:10.0f} {characters / 1e6 / taken:7.2f}")
    ours, plain = figures[2][1], figures[3][1]
    print(f"\nour matcher is {plain / ours:.0f} times as fast as one plain regular expression over the same words")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or [SNAPSHOTS])
