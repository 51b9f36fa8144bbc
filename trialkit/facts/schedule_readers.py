"""One sentence to a schedule: number of administrations, gaps between them, and the days."""

import re
from collections.abc import Callable

from trialkit.facts import schedule_patterns as p
from trialkit.facts.durations import read_number
from trialkit.facts.schedule_days import (
    by_daily,
    by_day_list,
    by_day_words,
    by_on_days,
    by_one_day,
    by_single_days,
    by_windows,
)
from trialkit.facts.schedule_parts import (
    MOST,
    Schedule,
    find_counts,
    find_rates,
    find_repeat,
    rate_gaps,
    read_count,
    unit_days,
)
from trialkit.vocabulary import fold

LONGEST = 400.0  # days between two administrations; longer ones are follow-up
MANY_SITES = 8  # as many "injections" without a word of time are places in one session


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
    return Schedule(read_count(m["n"] or m["n2"]), _gaps_beside(folded), (), m.start(), m.end(), "schedule:total")


def _by_courses(folded: str) -> Schedule | None:
    """ "Into the artery one time, then intravenously 3 times": the courses add up."""
    m = p.COURSES.search(folded)
    parts = [read_count(m[1]), read_count(m[2])] if m else []
    if not parts or not all(parts) or find_rates(folded):
        return None
    return Schedule(sum(parts), (), (), m.start(), m.end(), "schedule:courses")


def _by_gaps(folded: str) -> Schedule | None:
    """ "Four infusions 1 week apart and 4 infusions a month apart": each part with its own gap."""
    found = list(p.APART.finditer(folded))
    numbers = [read_count(m[1]) for m in found]
    days = [(read_number(m["n"]) or 1) * unit_days(m["unit"]) for m in found]
    if len(found) < 2 or not all(numbers):
        return None
    return Schedule(sum(numbers), tuple(sorted(set(days))), (), found[0].start(), found[-1].end(), "schedule:gaps")


def _by_parts(folded: str) -> Schedule | None:
    """ "4 infusions in the first two weeks (twice weekly), then 2 infusions (once weekly)": the parts add up."""
    parts = []
    for at, n in find_counts(folded):
        rate = next(((m, gap) for m, gap in find_rates(folded) if at.end() <= m.start() <= at.end() + 60), None)
        if rate and n > 1 and rate[0].start() not in {m.start() for _, m, _ in parts}:
            parts.append((n, *rate))
    gaps = tuple(sorted({gap for _, _, gap in parts}))
    if len(parts) < 2 or len(gaps) < 2:
        return None
    n = sum(count for count, _, _ in parts)
    return Schedule(n, gaps, (), parts[0][1].start(), parts[-1][1].end(), "schedule:parts")


def _by_new_dose(folded: str) -> Schedule | None:
    """ "Eligible for re-injection at 3 months and/or 6 months": a possible second dose, and a third."""
    if not (m := p.GIVEN_ANEW.search(folded)):
        return None
    days = [read_number(m[n]) * unit_days(m[unit]) for n, unit in (("n", "unit"), ("n2", "unit2")) if m[n]]
    if not all(0.5 <= day <= LONGEST for day in days):
        return None
    more = len(days) + 1 if len(days) > 1 else None
    return Schedule(2, tuple(sorted(days)), (), m.start(), m.end(), "schedule:new_dose", ("conditional",), more)


def _by_another(folded: str) -> Schedule | None:
    if not (m := p.ANOTHER.search(folded)):
        return None
    gap = (read_number(m["n"]) or 1) * unit_days(m["unit"])
    return Schedule(2, (gap,), (), m.start(), m.end(), "schedule:another") if 0.5 <= gap <= LONGEST else None


def _by_range(folded: str) -> Schedule | None:
    for m in p.COUNT_RANGE.finditer(folded):
        low, high = read_count(m["low"]), read_count(m["high"])
        refused = p.NOT_A_COUNT.search(folded[max(0, m.start() - 24) : m.start()])
        at_sites = p.SITES.search(folded[m.end() : m.end() + 36]) or (
            high and high >= MANY_SITES and "injection" in m[0]
        )
        if low and high and low < high and not refused and not at_sites:
            gaps = _gaps_beside(folded)
            return Schedule(low, gaps, (), m.start(), m.end(), "schedule:count_range", ("count_range",), high)
    return None


def _by_phases(folded: str) -> Schedule | None:
    """ "Once a week for 4 weeks, then every two weeks for 8 weeks": the parts of a course add up."""
    rates = find_rates(folded)
    parts = []
    for k, (m, gap) in enumerate(rates):
        stop = rates[k + 1][0].start() if k + 1 < len(rates) else len(folded)
        begin = rates[k - 1][0].end() if k else 0
        if span := p.PHASE.match(folded, m.end(), stop):
            parts.append((gap, round(read_number(span["n"]) * unit_days(span["unit"]) / gap), m.start(), span.end()))
        elif last := p.LAST_TIMES.search(folded, begin, m.start()):
            parts.append((gap, read_count(last[1]) or 0, last.start(), m.end()))
    n = sum(count for _, count, _, _ in parts)
    gaps = tuple(sorted({gap for gap, _, _, _ in parts}))
    return Schedule(n, gaps, (), parts[0][2], parts[-1][3], "schedule:phases") if len(gaps) > 1 and n else None


def _by_scheme(folded: str) -> Schedule | None:
    if not (m := p.SCHEME.search(folded)):
        return None
    n = sum(int(part) for part in m.groups() if part)
    return Schedule(n, (), (), m.start(), m.end(), "schedule:scheme") if n else None


def _by_number(folded: str) -> Schedule | None:
    m = p.NUMBERED.search(folded)
    if not m or not (n := int(m["n"] or m["n2"] or m["n3"] or m["n4"])):
        return None
    return Schedule(n, _gaps_beside(folded), (), m.start(), m.end(), "schedule:number")


def _by_rate(folded: str) -> Schedule | None:
    rates = find_rates(folded)
    if not rates:
        return None
    m, interval = rates[0]
    counts = find_counts(folded)
    repeat = find_repeat(folded)
    span = p.FOR_SPAN.search(folded, max(m.end() - 1, 0))
    before = [n for found, n in counts if found.end() <= m.start()]
    if span and before and before[-1] > 1 and m[1] is None and m[0].lstrip().startswith(("per", "a ", "each", "/")):
        interval /= before[-1]  # "2 infusions of ... per week for 4 weeks"
    n, end = (repeat[1], max(m.end(), repeat[0].end())) if repeat else (None, m.end())
    if n is None and span and (length := read_number(span[1])):
        n = int(length) if span[3] else round(length * unit_days(span[2]) / interval)
        end = span.end()
    if n is None and (times := p.BY_TIMES.match(folded, m.end())):
        n, end = int(times["n"]), times.end()
    if n is None:
        n = next((n for _, n in counts if n > 1), None)
    if n is None and m["adverb"] is None and m[1] is None and not re.search(r"every|each", m[0]):
        return None
    if n is not None and n < 1:
        return None
    if n == 1:
        return Schedule(1, (), (), m.start(), end, "schedule:once")
    if m["high"]:
        gaps = (interval, read_number(m["high"]) * unit_days(m["unit"]))
        return Schedule(n, gaps, (), m.start(), end, "schedule:rate", ("interval_range",))
    return Schedule(n, (interval,), (), m.start(), end, "schedule:rate")


def _by_gap(folded: str) -> Schedule | None:
    m = next((m for m in (pattern.search(folded) for pattern in p.GAPS) if m), None) or p.PER_TIME.search(folded)
    if not m:
        return None
    named = m.groupdict() or {"n": m[1], "unit": m[2]}
    ends = [read_number(named[key]) or 0 for key in ("n", "high") if named.get(key)]
    gaps = tuple(sorted({end * unit_days(named["unit"]) for end in ends}))
    if not gaps or not 0.5 <= gaps[0] <= LONGEST:
        return None
    repeat = find_repeat(folded)
    n = next((n for _, n in find_counts(folded) if n > 1), None) or (repeat[1] if repeat else None)
    once_more = p.ONCE_MORE.match(m[0]) or (m[0].endswith("later") and p.GIVEN_AGAIN.search(folded, m.end()))
    if n is None and once_more and not find_rates(folded):
        n = 2  # "repeated after three months", "infused; one week later injected"
    flags = ("interval_range",) if len(gaps) > 1 else ()
    if (p.CONDITIONAL.search(folded) or (once_more and p.IF.search(folded))) and n in (None, 2):
        n, flags = 2, (*flags, "conditional")
    return Schedule(n, gaps, (), m.start(), m.end(), "schedule:gap", flags)


def _by_count(folded: str) -> Schedule | None:
    for m, n in find_counts(folded):
        after = folded[m.end() : m.end() + 160]
        levels = m[0].endswith("doses") and (len(p.LEVEL.findall(after)) >= n or "cohort" in after[:40])
        at_sites = p.SITES.search(folded[m.end() : m.end() + 36]) or (n >= MANY_SITES and "injections" in m[0])
        places = p.VIA.search(folded[: m.start()]) and p.SINGLE.search(
            folded[: m.start()]
        )  # "one session via 6 injections"
        if n > 1 and not levels and not at_sites and not places:
            return Schedule(n, (), (), m.start(), m.end(), "schedule:count")
    if repeat := find_repeat(folded):
        return Schedule(repeat[1], (), (), repeat[0].start(), repeat[0].end(), "schedule:count")
    return None


def _by_single(folded: str) -> Schedule | None:
    m = p.SINGLE.search(folded)
    return Schedule(1, (), (), m.start(), m.end(), "schedule:single") if m else None


def _by_ordinal(folded: str) -> Schedule | None:
    found = list(p.ORDINAL.finditer(folded))
    named = {m[1][:3] for m in found}
    n = 4 if named & {"fou", "4th"} else 3 if named & {"thi", "3rd"} else 2 if named & {"sec", "2nd"} else None
    if not n:
        return None
    if n != 2 or not (p.CONDITIONAL.search(folded) or p.IF.search(folded)):
        return Schedule(n, (), (), found[0].start(), found[-1].end(), "schedule:ordinal")
    later = p.LATER.search(folded)
    gap = read_number(later[1]) * unit_days(later[2]) if later else 0
    gaps = (gap,) if 0.5 <= gap <= LONGEST else ()
    return Schedule(n, gaps, (), found[0].start(), found[-1].end(), "schedule:ordinal", ("conditional",))


# From the most telling wording to the least: the first that reads wins.
_READERS: tuple[Callable[[str], Schedule | None], ...] = (
    _by_total, _by_scheme, _by_new_dose, _by_another, _by_parts, _by_gaps, _by_courses, by_windows, _by_range, _by_number, by_daily, _by_phases, by_day_list, by_single_days, by_day_words,
    by_on_days, _by_rate, _by_gap, _by_count, _by_single, _by_ordinal, by_one_day,
)  # fmt: skip


def _gaps_beside(folded: str) -> tuple[float, ...]:
    """The gaps that a sentence states beside its count: "3 months apart" before "monthly"."""
    gap, days = _by_gap(folded), by_single_days(folded, beside=True)
    listed = days.interval_days if days else ()
    return gap.interval_days if gap else tuple(sorted({*listed, *rate_gaps(folded)}))
