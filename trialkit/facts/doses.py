"""Doses of cells stated in free text: how many cells per administration, and per what."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from trialkit.facts import dose_patterns as p
from trialkit.facts.finding import Finding
from trialkit.facts.quantities import Quantity, find_quantities
from trialkit.facts.scope import Clause, Scope, is_background
from trialkit.vocabulary import fold

_NO_LEVEL = {"cap", "cumulative", "equivalent"}  # stated beside a dose level, none of its own
BASES = ("per_kg", "total", "per_ml", "per_site", "per_area", "unclear")


@dataclass(frozen=True, slots=True)
class Dose:
    """Cells per administration. One of low and high may be None ("at least", "up to"); offsets include the unit."""

    low: float | None
    high: float | None
    basis: str
    start: int
    end: int
    rule: str
    flags: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[float | None, float | None, str]:
        return self.low, self.high, self.basis


def find_doses(text: str) -> list[Dose]:
    """Doses of cells stated in free text, in order of appearance.

    A dose is a count of cells per administration; `basis` says per what (kg body weight, patient, mL, site, area).
    A range ("1-2 x 10^6/kg") gives low and high; "up to" gives only high, "at least" only low. Text without a dose
    gives []. Lost superscripts are repaired ("1×106/kg" -> 1e6 per kg). Drugs, blood counts, vesicles, dilutions and
    culture densities are never doses. Never raises. Source: DOSES statement 3.2; notations as registries use them.
    """
    folded = fold(text).decode("ascii")
    quantities = find_quantities(text)
    found: list[Dose] = []
    inherited: Dose | None = None
    for n in range(len(quantities) - 1, -1, -1):
        quantity = quantities[n]
        stop = quantities[n + 1].start if n + 1 < len(quantities) else len(folded)
        begin = quantities[n - 1].end if n else 0
        dose = _read(folded, quantity, begin, stop)
        if (
            dose is None
            and inherited
            and p.GLUE.fullmatch(folded[quantity.end : stop])
            and not _refused(folded, quantity)
        ):
            dose = Dose(
                quantity.low,
                quantity.high,
                inherited.basis,
                quantity.start,
                quantity.end,
                f"dose:{quantity.notation}:shared_unit",
                quantity.flags,
            )
        elif dose and inherited and dose.basis == "total" and p.GLUE.fullmatch(folded[quantity.end : stop]):
            dose = replace(dose, basis=inherited.basis)
        inherited = dose
        if dose:
            found.append(dose)
    doses = _mark_cumulative(_mark_caps(folded, _join_limits(folded, found[::-1])))
    return _mark_equivalents(folded, _with_volumes(folded, doses))


def _join_limits(folded: str, doses: list[Dose]) -> list[Dose]:
    """One range from "a minimum of 0.5 x 10^6/kg and a maximum of 1 x 10^6/kg"."""
    joined: list[Dose] = []
    for d in doses:
        last = joined[-1] if joined else None
        pair = last and last.high is None and d.low is None and last.low <= d.high and d.basis in (last.basis, "total")
        if pair and p.AND_AT_MOST.fullmatch(folded[last.end : d.start]):
            d = replace(last, high=d.high, end=d.end, flags=tuple(f for f in (*last.flags, *d.flags) if f != "cap"))
            joined.pop()
        joined.append(d)
    return joined


def _with_volumes(folded: str, doses: list[Dose]) -> list[Dose]:
    """Add the amount where a concentration and the volume given stand in one sentence: 20 million/mL, 7 mL.

    Only where the sentence names one volume, for the whole administration, and no amount of its own.
    """
    added: list[Dose] = []
    for d in doses:
        added.append(d)
        if d.basis != "per_ml":
            continue
        begin, stop = p.sentence_around(folded, d.start, d.end)
        volumes = list(p.VOLUME.finditer(folded, d.end, stop))
        alone = not any(o.basis != "per_ml" and begin <= o.start < stop for o in doses)
        if len(volumes) == 1 and alone and p.IN_ML.search(folded[d.start : d.end]):
            ml = float(volumes[0]["n"])
            low, high = (v * ml if v is not None else None for v in (d.low, d.high))
            rule, flags = f"{d.rule}:concentration_x_volume", (*d.flags, "concentration_x_volume")
            added.append(Dose(low, high, "total", d.start, volumes[0].end(), rule, flags))
    return added


def _mark_equivalents(folded: str, doses: list[Dose]) -> list[Dose]:
    """Flag a worked example in brackets behind a dose per kg: "1 million cells/kg (70 million)", "(5 million/20kg)"."""
    marked: list[Dose] = []
    for d in doses:
        last = marked[-1] if marked else None
        if last and last.basis == "per_kg" and d.basis == "total" and 0 <= d.start - last.end < 40:
            around = folded[last.end : d.start], folded[d.end : d.end + 12]
            if p.OPENING.search(around[0]) and p.CLOSING.match(around[1]):
                d = replace(d, flags=(*d.flags, "equivalent"))
        marked.append(d)
    return marked


def _mark_caps(folded: str, doses: list[Dose]) -> list[Dose]:
    """Flag an upper limit in all that follows a per-kg dose in its sentence: "1 million/kg, at most 100 million"."""
    marked: list[Dose] = []
    for d in doses:
        last = marked[-1] if marked else None
        capped = (
            last
            and last.basis in ("per_kg", "per_site", "per_area")
            and d.basis == "total"
            and d.low is None
            and d.start - last.end < 80
        )
        if capped and not re.search(r"[;\n]|\.\s", folded[last.end : d.start]):
            d = replace(d, flags=(*d.flags, "cap")) if "cap" not in d.flags else d
        marked.append(d)
    return marked


def _mark_cumulative(doses: list[Dose]) -> list[Dose]:
    """Flag a total that is a whole multiple of a dose beside it ("total 300 million, 3 injections of 100 million")."""
    each = [d for d in doses if "total_word" not in d.flags and d.high]
    return [
        replace(d, flags=(*d.flags, "cumulative"))
        if "total_word" in d.flags and any(e.basis == d.basis and _multiple(d.high or d.low, e.high) for e in each)
        else d
        for d in doses
    ]


def _multiple(total: float, each: float) -> bool:
    times = total / each
    return 1.9 < times < 60 and abs(times - round(times)) < 0.01


def _window(folded: str, quantity: Quantity, stop: int) -> str:
    """The words that may carry the unit: up to the next number, the end of the sentence or 90 characters."""
    window = folded[quantity.end : min(stop, quantity.end + 90)]
    window = re.sub(
        r"^\s?(?:\x1b|\+/?-)\s?\d{1,2}\s?%|^\s?\((?:[^()]{0,24}%|[^()]{0,30}(?:million|billion)s?|\x1b[^()]{0,12})\)",
        lambda m: " " * len(m.group()),
        window,
    )
    cut = re.search(r"[;\n]|\.\s|\.$|(?<![/.\w(^\s])\s?\d|(?<=[a-z),])(?<!per)\s\d", window)
    return window[: cut.start()] if cut else window


def _refused(folded: str, quantity: Quantity) -> bool:
    after, before = folded[quantity.end : quantity.end + 40], folded[max(0, quantity.start - 45) : quantity.start]
    return bool(
        p.NOT_CELLS.search(after)
        or p.FEEDER.search(before)
        or p.SAMPLE.search(folded[quantity.end : quantity.end + 60])
    )


def _read(folded: str, quantity: Quantity, begin: int, stop: int) -> Dose | None:
    if _refused(folded, quantity):
        return None
    after = _window(folded, quantity, stop)
    before = folded[max(begin, quantity.start - 60) : quantity.start]
    before = re.split(r"[;\n]|\.\s", before)[-1]
    basis, end = "total", 0
    for name, pattern in p.BASIS:
        m = pattern.search(after)
        if (
            m
            and m.start() <= 70
            and not re.search(r",\s|\bmg|\bug\b|\bml [a-z]", after[: m.start()])
            and not (
                name == "per_ml" and m.group().endswith("l") and "ml" not in m.group() and "microl" not in m.group()
            )
        ):
            basis, end = name, m.end()
            break
    if basis == "total" and p.PER_AREA_BEFORE.search(before):
        basis = "per_area"
    noun_after, noun_before = p.CELL.search(after), list(p.CELL.finditer(before))
    other = p.OTHER_CELL.search(after[: noun_after.end() if noun_after else 30])
    if other or (
        not noun_after
        and (m := None or _last(p.OTHER_CELL, before))
        and not any(c.start() > m.start() for c in noun_before)
    ):
        return None
    if noun_after is None and _last(p.OTHER_CELL, before[-25:]) is not None:
        return None
    derived = _last(p.DERIVED, before)
    if derived and not any(c.start() > derived.start() for c in noun_before):
        return None
    exponent_like = quantity.notation not in ("words", "digits", "m_suffix")
    close = noun_after is not None and noun_after.start() <= 50
    accepted = close or (basis == "per_kg" and (exponent_like or noun_before or p.DOSE_WORD.search(before)))
    accepted = accepted or (basis in ("per_area", "per_site") and noun_before)
    accepted = accepted or (exponent_like and (noun_before or p.DOSE_WORD.search(before) or basis == "per_ml"))
    accepted = accepted or (
        quantity.notation in ("words", "digits", "m_suffix")
        and noun_before
        and re.search(r"dos|\(\s?$|:\s?$|of\s?$", before)
    )
    accepted = accepted or (quantity.notation in ("words", "m_suffix") and p.DOSE_RIGHT_BEFORE.search(before))
    accepted = accepted or (p.FOR_A_PATIENT.search(after) and p.DOSE_WORD.search(before))
    accepted = accepted or (quantity.notation == "digits" and after.startswith("/kg"))
    accepted = accepted or (
        noun_before and noun_before[-1].end() >= len(before.rstrip())
    )  # "stem cells 100-800 million"
    if not accepted or quantity.high < 1e3 or (quantity.notation == "digits" and quantity.high < 2e4):
        return None
    if quantity.notation == "bare_lost_superscript" and not ((close and noun_after.start() < 12) or basis == "per_kg"):
        return None
    flags = list(quantity.flags)
    low, high = quantity.low, quantity.high
    if quantity.joint != "range":
        if (
            (begin > quantity.start - 80 and begin and p.CAP.search(before))
            or p.CAP_ALONE.search(before)
            or p.IS_MAX.match(after)
        ):
            flags.append("cap")
        if p.AT_MOST.search(before):
            low = None
        elif p.AT_LEAST.search(before):
            high = None
    if p.TOTAL.search(before[-30:]) or p.TOTAL.match(after.lstrip()):
        flags.append("total_word")
    flags += implausible(low, high, basis)
    finish = quantity.end + max(end, noun_after.end() if close and noun_after.end() > end else 0)
    return Dose(low, high, basis, quantity.start, finish, f"dose:{quantity.notation}", tuple(flags))


def _last(pattern: re.Pattern, text: str) -> re.Match | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007
        pass
    return found


def implausible(low: float | None, high: float | None, basis: str) -> list[str]:
    """`implausible` when a dose lies outside 1e3-2e7 per kg or 1e4-5e9 in all: flagged, never changed."""
    window = {"per_kg": (1e3, 1.99e7), "total": (1e4, 5e9)}.get(basis)
    values = [v for v in (low, high) if v is not None]
    return ["implausible"] if window and any(not window[0] <= v <= window[1] for v in values) else []


def read_doses(scope: Scope) -> list[Finding]:
    """The dose levels of the investigational product, each with its place; value = `Dose`.

    Read from titles, interventions and cell arms; summary and description count only when those state no dose.
    """
    found = [
        _finding(dose, passage)
        for passage in scope.product
        for dose in find_doses(passage.text)
        if not _NO_LEVEL & set(dose.flags)
    ]
    if not found:
        found = [
            replace(finding, flags=(*finding.flags, "description"))
            for passage in _whole(scope.fallback)
            for dose in find_doses(passage.text)
            if not _NO_LEVEL & set(dose.flags)
            and not is_background(passage.text[slice(*p.sentence_around(passage.text, dose.start, dose.end))])
            for finding in [_finding(dose, passage)]
        ]
    stated = [f for f in found if f.value.basis != "per_ml"]
    return stated or found


def _whole(clauses: Iterable[Clause]) -> list:
    return list({clause.passage.field: clause.passage for clause in clauses}.values())


def _finding(dose: Dose, passage) -> Finding:
    return Finding(dose, passage, dose.start, dose.end, dose.rule, dose.flags)
