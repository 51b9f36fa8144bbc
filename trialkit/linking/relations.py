"""Trials that belong together without being one: follow-up and extension studies, shared numbers, titles alike."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from rapidfuzz import fuzz

from trialkit.linking.numbers import Number, find_numbers, normalise_id
from trialkit.linking.words import EXTENSION, FOLLOW_UP, GOES_ON, plain, sentences_with, titles
from trialkit.record import TrialRecord

_SHORTEST = 4  # characters of a sponsor's own number that is believed
_ALIKE = 93  # of 100; below that, titles of sister trials differ in the one word that matters
_TITLE_WORDS = 6  # shorter titles are alike by chance
_COMMON = 60  # a word in more titles than this does not bring two titles together


def find_relations(kept: list[TrialRecord]) -> list[dict]:
    """Rows of the links frame between different trials, in a stable order.

    `follow_up_of` and `extension_of`: the later study's title or a sentence that names the earlier one's register
    number, or its sponsor's number with the same sponsor, says that its participants go on. `shares_id`: one names the
    other's number in a field for numbers. `similar_title`: a proposal only, across registers.
    """
    found: dict[tuple[str, str], dict] = {}
    for row in (*_continuations(kept), *_shared_numbers(kept), *_alike(kept)):
        found.setdefault((row["record_a"], row["record_b"]), row)
    return [found[key] for key in sorted(found)]


def link(a: TrialRecord, b: TrialRecord, relation: str, reason: str, confidence: float) -> dict:
    """One row of the links frame."""
    return {
        "record_a": a.record_id,
        "record_b": b.record_id,
        "relation": relation,
        "reason": reason,
        "confidence": confidence,
    }


def own_numbers(record: TrialRecord) -> list[str]:
    """The sponsor's own numbers among the secondary ones: of no register, long enough, with a digit."""
    return [
        number.strip()
        for number in record.secondary_ids
        if len(number.strip()) >= _SHORTEST and any(c.isdigit() for c in number) and not find_numbers(number)
    ]


def _continuations(kept: list[TrialRecord]) -> Iterator[dict]:
    by_number = {normalise_id(r.trial_id): r for r in kept if r.trial_id}
    by_own: dict[tuple[str, str, str], list[TrialRecord]] = defaultdict(list)
    for record in kept:
        for number in own_numbers(record):
            by_own[record.register, _sponsor(record), number.lower()].append(record)
    for record in kept:
        prose = [
            p.text for p in record.passages() if p.section in ("title", "summary", "description", "intervention", "arm")
        ]
        says_so = any(FOLLOW_UP.search(title) for title in titles(record))
        for text in prose:
            for number in find_numbers(text, prose=True):
                earlier = by_number.get(number.number)
                if earlier is not None and earlier is not record:
                    yield from _continues(record, earlier, text, number, says_so)
        if says_so:
            yield from _by_sponsor_number(record, prose, by_own)


def _continues(record: TrialRecord, earlier: TrialRecord, text: str, number: Number, says_so: bool) -> Iterator[dict]:
    digits = number.number[-6:]
    for sentence in sentences_with(text, digits):
        if says_so or GOES_ON.search(sentence):
            relation = "extension_of" if EXTENSION.search(sentence) else "follow_up_of"
            told = "title says so" if says_so else f"its text: {sentence.strip()[:160]}"
            yield link(earlier, record, relation, f"{record.trial_id} names {earlier.trial_id}; {told}", 0.95)
            return


def _by_sponsor_number(record: TrialRecord, prose: list[str], by_own: dict) -> Iterator[dict]:
    """A follow-up study that names the earlier protocol by its sponsor's number, as a whole word."""
    words = {word.strip("()[],.;:").lower() for text in prose for word in text.replace("(", " (").split()}
    own = {number.lower() for number in own_numbers(record)}
    for (register, sponsor, number), others in by_own.items():
        if register != record.register or sponsor != _sponsor(record) or number in own or number not in words:
            continue
        for earlier in others:
            if earlier is not record:
                relation = (
                    "extension_of" if any(EXTENSION.search(title) for title in titles(record)) else "follow_up_of"
                )
                reason = f"{record.trial_id} names the same sponsor's protocol {number.upper()} of {earlier.trial_id}"
                yield link(earlier, record, relation, reason, 0.9)


def _shared_numbers(kept: list[TrialRecord]) -> Iterator[dict]:
    by_number = {normalise_id(r.trial_id): r for r in kept if r.trial_id}
    by_own: dict[tuple[str, str, str], list[TrialRecord]] = defaultdict(list)
    for record in kept:
        for text in record.secondary_ids:
            for number in find_numbers(text) or [Number("", normalise_id(text))]:
                other = by_number.get(number.number)
                if other is not None and other is not record:
                    reason = f"{record.trial_id} names {text} as a secondary number"
                    yield link(other, record, "shares_id", reason, 0.9)
        for number in own_numbers(record):
            by_own[record.register, _sponsor(record), number.lower()].append(record)
    for (_register, sponsor, number), group in by_own.items():
        if sponsor and 1 < len(group) <= 4:  # a number in more trials is a grant or an institution
            for a, b in combinations(group, 2):
                yield link(a, b, "shares_id", f"the same sponsor's number {number.upper()} in both", 0.5)


def _sponsor(record: TrialRecord) -> str:
    return plain(record.lead_sponsor or "")


def _alike(kept: list[TrialRecord]) -> Iterator[dict]:
    """Pairs of different registers whose titles are nearly the same: a proposal to look, no more."""
    named = [(record, plain(title)) for record in kept for title in titles(record)[-1:]]
    named = [(record, title) for record, title in named if len(title.split()) >= _TITLE_WORDS]
    holders: dict[str, list[int]] = defaultdict(list)
    for n, (_, title) in enumerate(named):
        for word in set(title.split()):
            holders[word].append(n)
    met: set[tuple[int, int]] = set()
    for members in holders.values():
        if len(members) > _COMMON:
            continue
        for a, b in combinations(members, 2):
            (one, title), (other, other_title) = named[a], named[b]
            if one.register == other.register or (a, b) in met:
                continue
            met.add((a, b))
            score = fuzz.token_sort_ratio(title, other_title, score_cutoff=_ALIKE)
            if score:
                yield link(one, other, "similar_title", f"titles alike ({score:.0f} of 100): to be checked", 0.3)


def relations_of(rows: Iterable[dict], relation: str) -> list[tuple[str, str]]:
    """(record_a, record_b) of the rows of one relation."""
    return [(row["record_a"], row["record_b"]) for row in rows if row["relation"] == relation]
