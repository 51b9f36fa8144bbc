"""How often the cells are given: number of administrations, gaps between them, and the days."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from trialkit.facts import schedule_patterns as p
from trialkit.facts.durations import UNIT_DAYS, read_number, read_unit
from trialkit.facts.finding import Finding
from trialkit.facts.scope import Clause, Scope, sentences
from trialkit.vocabulary import fold

LONGEST = 400.0  # days between two administrations; longer ones are follow-up
MANY_SITES = 8  # as many "injections" without a word of time are places in one session
MOST = 30  # more administrations than this are another treatment's, such as "twice daily for 12 weeks"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One statement of a schedule. Empty parts were not stated; `days` are offsets as written (day 0 or day 1 first)."""

    n_administrations: int | None
    interval_days: tuple[float, ...]
    days: tuple[float, ...]
    start: int
    end: int
    rule: str
    flags: tuple[str, ...] = ()


def read_schedule(text: str) -> Schedule | None:
    """The schedule that one sentence states, or None.

    "once every month for three times" -> 3, every 30 days; "day 0, 7 and 14" -> 3, gaps of 7; "twice per week for 4
    weeks" -> 8, gap 3.5. A plain "infusion" is no count: 1 only when the words say single, one or once. "Single dose"
    followed by a repeat clause means the dose per infusion: the repeat wins. A second dose that is only possible
    carries the flag `conditional`. Never raises.
    """
    folded = fold(text).decode("ascii")
    for reader in _READERS:
        schedule = reader(folded)
        if schedule:
            plausible = schedule.n_administrations is None or schedule.n_administrations <= MOST
            return schedule if plausible else None
    return None


def _by_total(folded: str) -> Schedule | None:
    if not (m := p.TOTALLY.search(folded)):
        return None
    rates = _rates(folded)
    gaps = (rates[0][1],) if len(rates) == 1 else ()
    return Schedule(_count(m[1]), gaps, (), m.start(), m.end(), "schedule:total")


def _by_scheme(folded: str) -> Schedule | None:
    if not (m := p.SCHEME.search(folded)):
        return None
    n = sum(int(part) for part in m.groups() if part)
    return Schedule(n, (), (), m.start(), m.end(), "schedule:scheme")


def _by_day_list(folded: str) -> Schedule | None:
    found = next(((m, days) for m in p.DAYS.finditer(folded) if (days := _listed_days(m))), None)
    rates = _rates(folded)
    if not found or (rates and found[0].start() > rates[0][0].start() and len(found[1]) < 3):
        return None
    m, days = found
    return Schedule(len(days), _gaps(days), days, m.start(), m.end(), "schedule:day_list")


def _by_single_days(folded: str) -> Schedule | None:
    found = list(p.ONE_BY_ONE.finditer(folded))
    days = tuple(float(m["n"] or m["n2"]) * _unit_days(m["unit"] or m["unit2"]) for m in found)
    if len(days) < 2 or _rates(folded) or not all(a < b for a, b in pairwise(days)):
        return None
    return Schedule(len(days), _gaps(days), days, found[0].start(), found[-1].end(), "schedule:days_one_by_one")


def _by_rate(folded: str) -> Schedule | None:
    rates = _rates(folded)
    if not rates:
        return None
    m, interval = rates[0]
    counts = _counts(folded)
    repeat = _repeat(folded)
    span = p.FOR_SPAN.search(folded, max(m.end() - 1, 0))
    before = [n for found, n in counts if found.end() <= m.start()]
    if span and before and before[-1] > 1 and m[1] is None and m[0].lstrip().startswith(("per", "a ", "each", "/")):
        interval /= before[-1]  # "2 infusions of ... per week for 4 weeks"
    n, end = (repeat[1], max(m.end(), repeat[0].end())) if repeat else (None, m.end())
    if n is None and span and (length := read_number(span[1])):
        n = int(length) if span[3] else round(length * _unit_days(span[2]) / interval)
        end = span.end()
    if n is None:
        n = next((n for _, n in counts if n > 1), None)
    if n is None and m[4] is None and m[1] is None and not re.search(r"every|each", m[0]):
        return None
    if n is not None and n < 1:
        return None
    if n == 1:
        return Schedule(1, (), (), m.start(), end, "schedule:once")
    return Schedule(n, (interval,), (), m.start(), end, "schedule:rate")


def _by_gap(folded: str) -> Schedule | None:
    m = next((m for m in (pattern.search(folded) for pattern in p.GAPS) if m), None) or p.PER_TIME.search(folded)
    if not m:
        return None
    named = m.groupdict() or {"n": m[1], "unit": m[2]}
    gap = (read_number(named["n"]) or 0) * _unit_days(named["unit"])
    if not 0.5 <= gap <= LONGEST:
        return None
    repeat = _repeat(folded)
    n = next((n for _, n in _counts(folded) if n > 1), None) or (repeat[1] if repeat else None)
    flags = ("interval_range",) if named.get("high") else ()
    if p.CONDITIONAL.search(folded) and n in (None, 2):
        n, flags = 2, (*flags, "conditional")
    return Schedule(n, (gap,), (), m.start(), m.end(), "schedule:gap", flags)


def _by_count(folded: str) -> Schedule | None:
    for m, n in _counts(folded):
        after = folded[m.end() : m.end() + 160]
        levels = m[0].endswith("doses") and (len(p.LEVEL.findall(after)) >= n or "cohort" in after[:40])
        at_sites = p.SITES.search(folded[m.end() : m.end() + 36]) or (n >= MANY_SITES and "injections" in m[0])
        if n > 1 and not levels and not at_sites:
            return Schedule(n, (), (), m.start(), m.end(), "schedule:count")
    if repeat := _repeat(folded):
        return Schedule(repeat[1], (), (), repeat[0].start(), repeat[0].end(), "schedule:count")
    return None


def _by_single(folded: str) -> Schedule | None:
    m = p.SINGLE.search(folded)
    return Schedule(1, (), (), m.start(), m.end(), "schedule:single") if m else None


def _by_ordinal(folded: str) -> Schedule | None:
    found = list(p.ORDINAL.finditer(folded))
    named = {m[1][:3] for m in found}
    n = 4 if named & {"fou", "4th"} else 3 if named & {"thi", "3rd"} else 2 if named & {"sec", "2nd"} else None
    return Schedule(n, (), (), found[0].start(), found[-1].end(), "schedule:ordinal") if n else None


# From the most telling wording to the least: the first that reads wins.
_READERS: tuple[Callable[[str], Schedule | None], ...] = (
    _by_total, _by_scheme, _by_day_list, _by_single_days, _by_rate, _by_gap, _by_count, _by_single, _by_ordinal,
)  # fmt: skip


def _count(word: str | None) -> int | None:
    if not word:
        return None
    word = word.split()[0]
    value = {"once": 1, "twice": 2, "thrice": 3}.get(word) or read_number(word)
    return int(value) if value and value == int(value) and 0 < value <= 60 else None


def _counts(folded: str) -> list[tuple[re.Match, int]]:
    found = [(m, n) for m in p.COUNT.finditer(folded) if (n := _count(m[1])) and n <= 40]
    return [(m, n) for m, n in found if not p.NOT_A_COUNT.search(folded[max(0, m.start() - 24) : m.start()])]


def _repeat(folded: str) -> tuple[re.Match, int] | None:
    m = p.REPEAT.search(folded)
    n = _count(m[1] or m[2]) if m else None
    return (m, n) if m and n else None


def _rates(folded: str) -> list[tuple[re.Match, float]]:
    """(match, days between administrations) of "twice per week", "every 2 weeks", "weekly"; at least half a day."""
    found = []
    for m in p.RATE.finditer(folded):
        times = _count(m[1]) or 1
        if m[4]:
            gap = p.ADVERB_DAYS[m[4]] / times
        else:
            period = ((read_number(m[2]) if m[2] else 1) or 1) * (2 if "other" in m[0] else 1)
            gap = period * _unit_days(m[3]) / times
        if gap >= 0.5:
            found.append((m, gap))
    return found


def _unit_days(word: str) -> float:
    return UNIT_DAYS[read_unit(word) or "day"]


def _listed_days(m: re.Match) -> tuple[float, ...]:
    text = m["list"] or m["list2"] or m["ordinals"]
    if re.fullmatch(r"\d{1,3}\s?-\s?\d{1,3}", text.strip()):  # "3-5 days" is a range, no list
        return ()
    unit = _unit_days(m["unit"] or m["unit2"] or m["unit3"])
    days = tuple(float(n) * unit for n in re.findall(r"\d{1,3}", re.sub(r"\([^()]*\)", " ", text)))
    return days if len(days) > 1 and all(a < b for a, b in pairwise(days)) else ()


def _gaps(days: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted({b - a for a, b in pairwise(days)}))


def read_schedules(scope: Scope) -> list[Finding]:
    """Schedules of the investigational product, in order of appearance; value = `Schedule`.

    Read are sentences that speak of giving cells, or that follow such a sentence in an arm or intervention; not those
    of another drug, and not visits. The description counts only when titles, interventions and cell arms say nothing.
    """
    found = []
    for passage in scope.product:
        before = ""
        for clause in sentences(passage):
            carried = passage.section != "title" and p.CELLS.search(fold(before).decode("ascii")) is not None
            if finding := _finding(clause, carried):
                found.append(finding)
            before = clause.text
    found = found or [f for clause in scope.fallback if (f := _finding(clause, False))]
    return [variant for f in _whole_courses(found) for variant in _with_and_without(f)]


def _whole_courses(found: list[Finding]) -> list[Finding]:
    """ "6 infusions ... weekly for 4 weeks, the last two every two weeks" is one course of 6 with both gaps.

    A passage that states one plain count and smaller parts of a course after it gives the count with the gaps of its
    parts; the quote then runs from the count to the last part.
    """
    courses: list[Finding] = []
    for field in dict.fromkeys(f.passage.field for f in found):
        here = [f for f in found if f.passage.field == field]
        counts = [f for f in here if f.rule == "schedule:count"]
        whole = counts[0] if len({f.value.n_administrations for f in counts}) == 1 else None
        parts = [f for f in here if f.value.interval_days and whole and f.start > whole.start]
        if (
            not whole
            or not parts
            or any((f.value.n_administrations or 0) >= whole.value.n_administrations for f in parts)
        ):
            courses += here
            continue
        gaps = tuple(sorted({gap for f in parts for gap in f.value.interval_days}))
        end = max(f.end for f in parts)
        value = replace(whole.value, interval_days=gaps, rule="schedule:course")
        courses += [f for f in here if f not in parts and f not in counts]
        courses.append(replace(whole, value=value, end=end, rule="schedule:course"))
    return courses


def _with_and_without(finding: Finding) -> list[Finding]:
    """A second dose that is only possible gives two schedules: without it and with it."""
    if "conditional" not in finding.flags:
        return [finding]
    once = replace(finding.value, n_administrations=1, interval_days=(), days=())
    return [replace(finding, value=once), finding]


def _belongs_to(between: str) -> bool:
    """True when the words between a schedule and another drug tie the two ("daily injections of filgrastim")."""
    return len(between) < 40 and re.search(r"\bcells?\b|mscs?\b|[,;]|\band\b", between) is None


def _finding(clause: Clause, carried: bool) -> Finding | None:
    folded = fold(clause.text).decode("ascii")
    if not (carried or p.CELLS.search(folded)):
        return None
    if p.ASSESSING.search(folded) and not p.GIVING.search(p.AFTERWARDS.sub(" ", folded)):
        return None
    other = p.OTHER_DRUG.search(folded)
    if other and other.start() <= 30:
        return None
    schedule = read_schedule(clause.text[: other.start()] if other else clause.text)
    if schedule and clause.passage.section == "title" and schedule.rule == "schedule:count":
        return None  # "a study of 3 doses of X" tells levels, not administrations
    if schedule is None or (other and _belongs_to(folded[schedule.end : other.start()])):
        return None
    start, end = clause.start + schedule.start, clause.start + schedule.end
    return Finding(schedule, clause.passage, start, end, schedule.rule, schedule.flags)
