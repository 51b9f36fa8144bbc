"""Which records are the same trial, and why.

A trial that several records hold becomes one row. Every other record is named in `links` and in the ledger, never
dropped without a word. Records become one trial only by register numbers:

1. the same register number; or
2. numbers of two registers that name each other, or of which one names the other and the titles (or the universal
   trial number) agree. A record that names several numbers of one register joins none of them, and no trial ever holds
   two numbers of one register. Follow-up and extension studies are linked, never joined, and so are records that have no
number of their own.

Sponsors' own numbers and titles never join records. The result does not depend on the order of the input.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from trialkit.linking.merge import REGISTERS_OF_RECORD, merge, place, rank
from trialkit.linking.numbers import UNIVERSAL, Number, find_numbers, normalise_id, register_of
from trialkit.linking.relations import find_relations, link
from trialkit.linking.words import FOLLOW_UP, title_likeness, titles
from trialkit.record import TrialRecord

__all__ = ["REGISTERS_OF_RECORD", "Linked", "link_records", "normalise_id"]

_NO_NUMBER = "\0"  # begins the key of a record without one
_AGREE = 60.0  # of 100: what titles of one trial reach in two registers, translated or shortened


class Linked(NamedTuple):
    """`kept`: one record per trial in input order; `duplicates`: (record, record kept, reason); `links`: frame rows.

    `others`: record kept -> the other records of its trial, best first.
    """

    kept: list[TrialRecord]
    duplicates: list[tuple[TrialRecord, TrialRecord, str]]
    links: list[dict]
    others: dict[str, list[TrialRecord]]


def link_records(records: Iterable[TrialRecord]) -> Linked:
    """Group records by trial; the grouping depends on nothing but what the records say."""
    groups: dict[str, list[tuple[int, TrialRecord]]] = defaultdict(list)
    for order, record in enumerate(records):
        key = normalise_id(record.trial_id) if record.trial_id else f"{_NO_NUMBER}{place(record)}"
        while not record.trial_id and key in groups:
            key += " again"
        groups[key].append((order, record))
    joined, undecided = _join(groups)
    kept, duplicates, links, others = [], [], [], {}
    for numbers in joined:
        members = sorted((item for number in numbers for item in groups[number]), key=lambda item: item[0])
        ranked = rank([record for _, record in members])
        best = ranked[0]
        one = merge(ranked) if len(ranked) > 1 else best
        kept.append((next(order for order, record in members if record is best), one))
        others[one.record_id] = ranked[1:]
        for other in ranked[1:]:
            reason, said, confidence = _why(best, other, joined[numbers])
            where = f"{best.source_file}, position {best.position}"
            duplicates.append((other, one, f"{reason} ({best.record_id} in {where})"))
            links.append(link(best, best, "same_trial", said, confidence) | {"record_b": place(other)})
    kept = [record for _, record in sorted(kept, key=lambda item: item[0])]
    duplicates.sort(key=lambda item: (item[0].source_file, item[0].position))
    told = {frozenset((row["record_a"], row["record_b"])) for row in undecided}
    more = [row for row in find_relations(kept) if frozenset((row["record_a"], row["record_b"])) not in told]
    return Linked(kept, duplicates, [*links, *undecided, *more], others)


def _why(best: TrialRecord, other: TrialRecord, reasons: dict[str, tuple[str, float]]) -> tuple[str, str, float]:
    if other.trial_id and best.trial_id and normalise_id(other.trial_id) == normalise_id(best.trial_id):
        return "same number as the record kept", f"both carry the number {best.trial_id}", 1.0
    said, confidence = reasons[normalise_id(other.trial_id or "")]
    return "same trial under another register's number", said, confidence


Groups = dict[str, list[tuple[int, TrialRecord]]]


def _join(groups: Groups) -> tuple[dict[tuple[str, ...], dict[str, tuple[str, float]]], list[dict]]:
    """Sets of numbers that are one trial, each with why a number is in it; and the links that join nothing."""
    named = {number: _named(number, [r for _, r in members]) for number, members in groups.items()}
    edges = sorted(_edges(groups, named), key=lambda edge: (-edge[2], edge[0], edge[1]))
    root = {number: number for number in groups}
    inside = {number: [number] for number in groups}
    why: dict[str, dict[str, tuple[str, float]]] = defaultdict(dict)
    undecided = []
    for a, b, confidence, reason in edges:
        if root[a] == root[b]:
            continue
        registers = [register_of(number) for number in (*inside[root[a]], *inside[root[b]])]
        unnumbered = a.startswith(_NO_NUMBER) or b.startswith(_NO_NUMBER)
        if confidence < 0.9 or unnumbered or len(registers) != len(set(registers)):
            reason = reason.replace(_NO_NUMBER, "the unnumbered ")
            first, second = (rank([record for _, record in groups[number]])[0] for number in (a, b))
            undecided.append(link(first, second, "shares_id", reason, min(confidence, 0.6)))
            continue
        first, second = sorted((root[a], root[b]))
        inside[first] += inside.pop(second)
        for number in inside[first]:
            root[number] = first
        for number in (a, b):
            why[number].setdefault(number, (reason, confidence))
    joined = {}
    for numbers in inside.values():
        joined[tuple(sorted(numbers))] = {number: reason for n in numbers for number, reason in why[n].items()}
    return joined, undecided


def _named(own: str, records: list[TrialRecord]) -> set[Number]:
    """The register numbers that a trial's records name for it: in fields for numbers and in titles."""
    found = {
        number
        for record in records
        for text, prose in [*((n, False) for n in record.secondary_ids), *((t, True) for t in titles(record))]
        for number in find_numbers(text, prose=prose)
    }
    return {number for number in found if number.number != own}


def _edges(groups: Groups, named: dict[str, set[Number]]) -> Iterable[tuple[str, str, float, str]]:
    """(number, number, confidence, reason) of pairs of different registers where one names the other."""
    universal: dict[str, list[str]] = defaultdict(list)
    namers: dict[str, set[str]] = defaultdict(set)
    for a, numbers in named.items():
        for number in numbers:
            if number.register == UNIVERSAL:
                universal[number.number].append(a)
            elif number.number in groups:
                namers[number.number].add(a)
    met = set()
    for b, ones in namers.items():
        for a in ones:
            pair = tuple(sorted((a, b)))
            if pair not in met and register_of(a) != register_of(b):
                met.add(pair)
                yield (*pair, *_belief(groups, named, *pair))
    for number, ones in universal.items():
        registers = [register_of(a) for a in ones]
        if len(ones) == 2 and len(set(registers)) == 2 and tuple(sorted(ones)) not in met:
            a, b = sorted(ones)
            alike = max(title_likeness(x, y) for _, x in groups[a] for _, y in groups[b])
            yield a, b, 0.9 if alike >= _AGREE else 0.6, f"both carry the universal number {number}"


def _belief(groups: Groups, named: dict[str, set[Number]], a: str, b: str) -> tuple[float, str]:
    """How sure it is that two numbers are one trial, and the sentence that says why."""
    forth, back = _names(named[a], b), _names(named[b], a)
    teller, told = (a, b) if forth else (b, a)
    several = [n for n in (a, b) for r in {register_of(a if n == b else b)} if _count(named[n], r) > 1]
    if several and not (forth and back):
        return 0.5, f"{several[0]} names several numbers of one register, {a if several[0] == b else b} among them"
    one, other = [r for _, r in groups[a]], [r for _, r in groups[b]]
    if _follows(one) != _follows(other):
        return 0.5, f"{teller} names {told}, and only one of the two is a follow-up study"
    if forth and back:
        return 0.99, f"{a} and {b} name each other"
    alike = max(title_likeness(x, y) for x in one for y in other)
    if alike >= _AGREE:
        return 0.95, f"{teller} names {told} as its number, titles agree ({alike:.0f} of 100)"
    return 0.6, f"{teller} names {told}, but the titles differ ({alike:.0f} of 100)"


def _names(numbers: set[Number], number: str) -> bool:
    return any(found.number == number for found in numbers)


def _count(numbers: set[Number], register: str) -> int:
    return sum(number.register == register for number in numbers)


def _follows(records: list[TrialRecord]) -> bool:
    return any(FOLLOW_UP.search(title) for record in records for title in titles(record))
