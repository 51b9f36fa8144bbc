"""How fast records are read, beside plain regular expressions and what else there is for the task.

    python benchmarks/extraction.py [FILE ...]       # without a file: the bundled snapshots

One process, medians of five runs in CPU seconds, each with all memories cleared, on the same texts in one go. Ratios
travel between machines, seconds do not. Peers are timed where they are installed (`pip install trialkit[bench]`;
medspacy on its own), the slow ones on a part of the texts; they do other or more work than a matcher does, and none of
them returns our facts.
"""

import functools
import gc
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind
from rows import RUNS, Row, alone, in_turns, installed, median, tell

from trialkit.facts import guard
from trialkit.frames import SNAPSHOTS
from trialkit.record import TrialRecord
from trialkit.registries.files import read_inputs
from trialkit.rows import read_trial
from trialkit.vocabulary import find_together, fold_words, load_vocabulary, vocabulary_names


class Work(NamedTuple):
    """Something to be timed, on some of the texts."""

    name: str
    run: Callable[[list], object]
    items: list
    characters: int
    guarded: bool = True

    def seconds(self) -> float:
        """CPU seconds of one run that profits from none before it."""
        if not self.guarded:
            guard.unguard()
        forget()
        start = time.process_time()
        self.run(self.items)
        taken = time.process_time() - start
        if not self.guarded:
            guard.unguard(False)
        return taken


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
    ("google-re2", "google-re2", 1, re2_search),
    ("hyperscan, raw callbacks", "hyperscan", 1, hyperscan_search),
    ("spaCy EntityRuler", "spacy", 0.2, spacy_ruler),
    ("medspacy", "medspacy", 0.02, medspacy_rules),
    ("quantulum3, quantities only", "quantulum3", 0.02, quantulum),
]


HEADLINES = dict.fromkeys(("google-re2", "spacy"), "The words of all vocabularies, one core")  # a faster, a richer one


def bare_automaton() -> Callable[[list[str]], object]:
    """The hits of one automaton over all terms, with no look at word boundaries, case or overlaps: the matcher's limit."""
    automaton = BytesAhoCorasick(
        sorted({fold_words(word) for word in terms()}),
        implementation=Implementation.DFA,
        matchkind=MatchKind.LeftmostLongest,
    )
    return lambda texts: [automaton.find_matches_as_indexes(fold_words(text)) for text in texts]


def make_peers(texts: list[str]) -> tuple[dict[str, Work], dict[str, str]]:
    """What each installed peer has to do, and of the others why they have nothing."""
    ready, missing = {}, {}
    for name, distribution, share, make in PEERS:
        if not installed(distribution):
            missing[name] = "not installed"
            continue
        try:
            work = make()
            work(texts[:1])
        except Exception as error:  # a peer that does not run here is told, and no reason to stop
            missing[name] = f"does not run here ({type(error).__name__})"
            continue
        part = texts[:: round(1 / share)]
        ready[name] = Work(name, work, part, sum(map(len, part)))
    return ready, missing


def rows(quick: bool = False, paths: Sequence[Path] = (SNAPSHOTS,)) -> Iterator[Row]:
    everything = [r for r in read_inputs(paths) if isinstance(r, TrialRecord)]
    records = everything[: 12 if quick else None]
    texts = [p.text for r in records for p in r.passages()]
    texts += [t for r in records for o in r.outcomes for t in (o.measure, o.time_frame, o.description) if t]
    characters = sum(map(len, texts))
    find = find_together(map(load_vocabulary, vocabulary_names()))
    plain = re.compile(alternation(), re.I)

    def read(items: list[TrialRecord]) -> None:
        for record in items:
            read_trial(record)

    read(records[:1])  # vocabularies and expressions are compiled once, before the clock runs
    works = {
        "decode": Work("decode", lambda ps: [0 for _ in read_inputs(ps)], list(paths), characters),
        "facts": Work("facts", read, records, characters),
        "unguarded": Work("unguarded", read, records, characters, guarded=False),
        "matcher": Work("matcher", lambda ts: [find(t) for t in ts], texts, characters),
        "bare": Work("bare", bare_automaton(), texts, characters),
        "re": Work("re", lambda ts: [plain.findall(t) for t in ts], texts, characters),
    }
    peers, missing = make_peers(texts)
    taken = in_turns({name: work.seconds for name, work in (works | peers).items()}, 1 if quick else RUNS)

    def rate(name: str) -> float:
        """Records/s; of a peer that read a part of the texts, as if it had gone on like that."""
        return (works | peers)[name].characters / characters * len(records) / median(taken[name])

    facts = {"unit": "records/s", "limit": f"decode only {tell(len(everything) / median(taken['decode']))}"}
    words = {"unit": "records/s", "limit": f"bare automaton {tell(rate('bare'))}"}
    mean = characters / len(records) / 1e3
    yield Row(
        f"facts with evidence, one core, {len(records)} records of {mean:.1f} kB text", rate("facts"),
        peer="the same rules unguarded", theirs=rate("unguarded"), runs=len(taken["unguarded"]), **facts,
        headline="All facts of a record with their evidence, one core",
    )  # fmt: skip
    yield Row(
        "words of all vocabularies, one core", rate("matcher"), peer="the same terms in one `re`", theirs=rate("re"),
        runs=len(taken["re"]), seconds=median(taken["re"]), **words,
    )  # fmt: skip
    for name, distribution, share, _ in PEERS:
        figure, ours, more = ("facts", "facts", facts) if name.startswith("quantulum3") else ("words", "matcher", words)
        part = "" if share == 1 else f" (1 text in {round(1 / share)})"
        if name in missing:
            yield Row(figure, rate(ours), peer=name, note=missing[name], **more)
            continue
        yield Row(
            figure, rate(ours), peer=f"{name}{part}", theirs=rate(name), runs=len(taken[name]), seconds=median(taken[name]),
            headline=HEADLINES.get(distribution, ""), **more,
        )  # fmt: skip


if __name__ == "__main__":
    alone(rows(paths=[Path(name) for name in sys.argv[1:]] or [SNAPSHOTS]))
