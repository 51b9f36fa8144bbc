"""How fast records are read, beside plain regular expressions and what else there is for the task.

    python benchmarks/extraction.py [FILE ...]       # without a file: the bundled snapshots

One process, medians of five runs in CPU seconds, each with all memories cleared, on the same texts in one go. Ratios
travel between machines, seconds do not. Peers are timed where they are installed (`pip install trialkit[bench]`;
medspacy on its own), the slow ones on a part of the texts; they do other or more work than a matcher does, and none of
them returns our facts.
"""

import functools
import gc
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from trialkit.facts import guard
from trialkit.frames import SNAPSHOTS
from trialkit.record import TrialRecord
from trialkit.registries.files import read_inputs
from trialkit.rows import read_trial
from trialkit.vocabulary import load_vocabulary, vocabulary_names

RUNS = 5


class Figure(NamedTuple):
    """CPU seconds for a number of characters; a peer reads a part of them."""

    name: str
    seconds: float
    characters: int

    @property
    def rate(self) -> float:
        return self.characters / self.seconds


def measure(name: str, work: Callable[[list], object], items: list, characters: int) -> Figure:
    """The median of RUNS runs, none of which profits from the one before."""
    taken = []
    for _ in range(RUNS):
        forget()
        start = time.process_time()
        work(items)
        taken.append(time.process_time() - start)
    return Figure(name, max(statistics.median(taken), 1e-9), characters)


def forget() -> None:
    """Empty every bounded memory of the package (loaded vocabularies stay: they are no texts)."""
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper) and found.cache_info().maxsize:
            module = found.__module__ or ""
            if module.startswith("trialkit."):
                found.cache_clear()


def terms() -> list[str]:
    entries = [entry for name in vocabulary_names() for entry in load_vocabulary(name).entries.values()]
    return sorted({term for entry in entries for term in (*entry.synonyms, *entry.cased)}, key=lambda t: (-len(t), t))


def alternation() -> str:
    """All terms of all vocabularies as one alternation: what a reader without an automaton would write."""
    return r"\b(?:" + "|".join(map(re.escape, terms())) + r")s?\b"


# Peers: name -> (distribution, share of the texts it reads, what makes its work). Each looks for the same terms.


def re2_search() -> Callable[[list[str]], object]:
    import re2

    options = re2.Options()
    options.max_mem, options.case_sensitive = 1 << 30, False
    pattern = re2.compile(alternation(), options)
    return lambda texts: [pattern.findall(text) for text in texts]


def hyperscan_search() -> Callable[[list[str]], object]:
    import hyperscan

    words = terms()
    database = hyperscan.Database()
    database.compile(
        expressions=[rf"\b{re.escape(word)}s?\b".encode("ascii", "ignore") for word in words],
        ids=list(range(len(words))),
        elements=len(words),
        flags=[hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SOM_LEFTMOST] * len(words),
    )

    def work(texts: list[str]) -> None:
        for text in texts:
            found = []
            database.scan(text.encode(), match_event_handler=lambda *hit, found=found: found.append(hit))

    return work


def spacy_ruler() -> Callable[[list[str]], object]:
    import spacy

    nlp = spacy.blank("en")
    nlp.max_length = 10_000_000
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns([{"label": "TERM", "pattern": word} for word in terms()])
    return lambda texts: [nlp(text).ents for text in texts]


def medspacy_rules() -> Callable[[list[str]], object]:
    import medspacy
    from loguru import logger
    from medspacy.target_matcher import TargetRule

    logger.disable("PyRuSH")  # its sentences are told word by word otherwise
    nlp = medspacy.load()
    nlp.get_pipe("medspacy_target_matcher").add([TargetRule(word, "TERM") for word in terms()])
    return lambda texts: [nlp(text).ents for text in texts]


def quantulum() -> Callable[[list[str]], object]:
    from quantulum3 import parser

    return lambda texts: [parser.parse(text) for text in texts]


PEERS: list[tuple[str, str, float, Callable[[], Callable[[list[str]], object]]]] = [
    ("google-re2, the same alternation", "google-re2", 1, re2_search),
    ("hyperscan, the same terms, raw callbacks", "hyperscan", 1, hyperscan_search),
    ("spaCy blank + EntityRuler, the same terms", "spacy", 0.2, spacy_ruler),
    ("medspacy, the same terms", "medspacy", 0.02, medspacy_rules),
    ("quantulum3, quantities only", "quantulum3", 0.02, quantulum),
]


def time_peers(texts: list[str]) -> Iterator[Figure]:
    for name, distribution, share, make in PEERS:
        try:
            version = metadata.version(distribution)
            work = make()
        except (ImportError, metadata.PackageNotFoundError):
            print(f"({distribution} is not installed)")
            continue
        except Exception as error:  # a peer that does not run here is told, and no reason to stop
            print(f"({distribution} does not run here: {type(error).__name__}: {error})")
            continue
        part = texts[:: round(1 / share)]
        yield measure(f"{name} ({version})", work, part, sum(map(len, part)))


def main(paths: list[Path]) -> None:
    records = [r for r in read_inputs(paths) if isinstance(r, TrialRecord)]
    texts = [p.text for r in records for p in r.passages()]
    texts += [t for r in records for o in r.outcomes for t in (o.measure, o.time_frame, o.description) if t]
    characters = sum(map(len, texts))
    vocabularies = [load_vocabulary(name) for name in vocabulary_names()]
    plain = re.compile(alternation(), re.I)

    def read(items: list[TrialRecord]) -> None:
        for record in items:
            read_trial(record)

    read(records[:1])  # vocabularies and expressions are compiled once, before the clock runs
    ours = measure("all facts with evidence", read, records, characters)
    guard.unguard()
    unguarded = measure("the same rules, every expression plain `re`", read, records, characters)
    guard.unguard(False)
    read(records[:1])
    matcher = measure(
        "vocabularies, our matcher", lambda ts: [v.find(t) for t in ts for v in vocabularies], texts, characters
    )
    words = measure("the same terms, one plain `re`", lambda ts: [plain.findall(t) for t in ts], texts, characters)
    decode = measure("decode files to records", lambda ps: [0 for _ in read_inputs(ps)], paths, characters)
    peers = list(time_peers(texts))

    print(
        f"\n{len(records)} records, {characters / 1e6:.2f} M characters of text; one process, medians of {RUNS}, cold"
    )
    print(f"{platform.platform()}, {platform.processor() or platform.machine()}, Python {platform.python_version()}\n")
    print(f"{'step':52} {'x matcher':>9} {'x facts':>9} {'records/s':>10} {'MB/s':>8}")
    for f in [decode, ours, unguarded, matcher, words, *peers]:
        per_second = f.rate / characters * len(records)
        print(
            f"{f.name:52} {matcher.rate / f.rate:9.2f} {ours.rate / f.rate:9.2f} {per_second:10.1f} {f.rate / 1e6:8.3f}"
        )
    print("\nx matcher, x facts: CPU time for the same text, our matcher or our whole extraction being 1")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or [SNAPSHOTS])
