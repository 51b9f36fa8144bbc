"""Trials that belong together without being one: follow-up and extension studies, shared numbers, titles alike."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations

from rapidfuzz import fuzz

from trialkit.linking.numbers import Number, find_numbers, normalise_id, register_of
from trialkit.linking.words import EXTENSION, FOLLOW_UP, GOES_ON, plain, sentences_with, titles
from trialkit.record import TrialRecord

_SHORTEST = 4  # characters of a sponsor's own number that is believed
_ALIKE = 93  # of 100; below that, titles of sister trials differ in the one word that matters
_ALIKE_WITH_MORE = 82  # of 100, when sponsor or number of participants agree as well
_SAME_NAME = 80  # of 100: a sponsor or country in two spellings
_TITLE_WORDS = 6  # shorter titles are alike by chance
_RAREST = 5  # words of a title that bring it together with others
_COMMON = 250  # titles: a word that is among the rarest of more of them brings none together


def find_relations(kept: list[TrialRecord]) -> list[dict]:
    """Rows of the links frame between different trials, whatever the order of the records.

    `follow_up_of` and `extension_of`: the later study's title or a sentence that names the earlier one's register
    number, or its sponsor's number with the same sponsor, says that its participants go on. `shares_id`: one names the
    other's number in a field for numbers. `similar_title`: a proposal only, across registers.
    """
    found: dict[tuple[str, str], dict] = {}
    kept = sorted(kept, key=lambda record: (record.record_id, record.source_file, record.position))
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
            yield link(
                earlier,
                record,
                relation,
                f"{record.trial_id or record.record_id} names {earlier.trial_id}; {told}",
                0.95,
            )
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
                own_name, other_name = (one.trial_id or one.record_id for one in (record, earlier))
                reason = f"{own_name} names the same sponsor's protocol {number.upper()} of {other_name}"
                yield link(earlier, record, relation, reason, 0.9)


def _shared_numbers(kept: list[TrialRecord]) -> Iterator[dict]:
    by_number = {normalise_id(r.trial_id): r for r in kept if r.trial_id}
    by_own: dict[tuple[str, str, str], list[TrialRecord]] = defaultdict(list)
    for record in kept:
        for text in record.secondary_ids:
            for number in find_numbers(text) or [Number("", normalise_id(text))]:
                other = by_number.get(number.number)
                if other is not None and other is not record:
                    reason = f"{record.trial_id or record.record_id} names {text} as a secondary number"
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
    """Pairs of different registers whose titles are nearly the same: a proposal to look, no more.

    Titles that are less alike count when sponsor or number of participants agree too; trials of different countries
    are not proposed, for one design is often used in several.
    """
    named = [(n, words) for n, r in enumerate(kept) for words in dict.fromkeys(map(plain, titles(r))) if _long(words)]
    spread = Counter(word for _, title in named for word in set(title.split()))
    holders: dict[str, list[int]] = defaultdict(list)
    for entry, (_, title) in enumerate(named):
        for word in sorted(set(title.split()), key=lambda word: (spread[word], word))[:_RAREST]:
            holders[word].append(entry)
    registers = [register_of(normalise_id(r.trial_id or "")) or r.register for r in kept]
    best: dict[tuple[int, int], float] = {}
    met: set[tuple[int, int]] = set()
    for members in holders.values():
        for a, b in combinations(members, 2) if len(members) <= _COMMON else ():
            (one, title), (other, other_title) = named[a], named[b]
            if registers[one] == registers[other] or (a, b) in met:
                continue
            met.add((a, b))
            score = fuzz.token_sort_ratio(title, other_title, score_cutoff=_ALIKE_WITH_MORE)
            if score > best.get((one, other), 0):
                best[one, other] = score
    for (one, other), score in best.items():
        also = _agreement(kept[one], kept[other])
        if also is not None and (also or score >= _ALIKE):
            reason = f"titles alike ({score:.0f} of 100){''.join(also)}: to be checked"
            yield link(kept[one], kept[other], "similar_title", reason, 0.5 if also else 0.3)


def _long(title: str) -> bool:
    return len(title.split()) >= _TITLE_WORDS


def _agreement(one: TrialRecord, other: TrialRecord) -> list[str] | None:
    """What two records of like titles have in common besides; None when they recruit in different countries."""
    if one.countries and other.countries and not any(_same_name(a, b) for a in one.countries for b in other.countries):
        return None
    also = []
    if one.lead_sponsor and other.lead_sponsor and _same_name(one.lead_sponsor, other.lead_sponsor):
        also.append(", same sponsor")
    if one.enrollment_count and one.enrollment_count == other.enrollment_count:
        also.append(f", {one.enrollment_count:,} participants in both")
    return also


def _same_name(one: str, other: str) -> bool:
    return fuzz.token_set_ratio(plain(one), plain(other)) >= _SAME_NAME
