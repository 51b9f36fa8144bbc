"""One sentence to a schedule: number of administrations, gaps between them, and the days."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from trialkit.facts import schedule_patterns as p
from trialkit.facts.durations import ORDINAL_WORDS, UNIT_DAYS, read_number, read_unit
from trialkit.vocabulary import fold

LONGEST = 400.0  # days between two administrations; longer ones are follow-up
MANY_SITES = 8  # as many "injections" without a word of time are places in one session
MOST = 30  # more administrations than this are another treatment's, such as "twice daily for 12 weeks"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One statement of a schedule. Empty parts were not stated; `days` are offsets as written (day 0 or day 1 first).

    "3-5 doses" has `n_administrations` 3 and `at_most` 5; "every 14-60 days" has both ends as intervals.
    """

    n_administrations: int | None
    interval_days: tuple[float, ...]
    days: tuple[float, ...]
    start: int
    end: int
    rule: str
    flags: tuple[str, ...] = ()
    at_most: int | None = None


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
    return Schedule(_count(m[1]), _gaps_beside(folded), (), m.start(), m.end(), "schedule:total")


def _by_courses(folded: str) -> Schedule | None:
    """ "Into the artery one time, then intravenously 3 times": the courses add up."""
    m = p.COURSES.search(folded)
    parts = [_count(m[1]), _count(m[2])] if m else []
    if not parts or not all(parts) or _rates(folded):
        return None
    return Schedule(sum(parts), (), (), m.start(), m.end(), "schedule:courses")


def _by_range(folded: str) -> Schedule | None:
    for m in p.COUNT_RANGE.finditer(folded):
        low, high = _count(m["low"]), _count(m["high"])
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
    rates = _rates(folded)
    parts = []
    for k, (m, gap) in enumerate(rates):
        stop = rates[k + 1][0].start() if k + 1 < len(rates) else len(folded)
        begin = rates[k - 1][0].end() if k else 0
        if span := p.PHASE.match(folded, m.end(), stop):
            parts.append((gap, round(read_number(span["n"]) * _unit_days(span["unit"]) / gap), m.start(), span.end()))
        elif last := p.LAST_TIMES.search(folded, begin, m.start()):
            parts.append((gap, _count(last[1]) or 0, last.start(), m.end()))
    n = sum(count for _, count, _, _ in parts)
    gaps = tuple(sorted({gap for gap, _, _, _ in parts}))
    return Schedule(n, gaps, (), parts[0][2], parts[-1][3], "schedule:phases") if len(gaps) > 1 and n else None


def _by_scheme(folded: str) -> Schedule | None:
    if not (m := p.SCHEME.search(folded)):
        return None
    n = sum(int(part) for part in m.groups() if part)
    return Schedule(n, (), (), m.start(), m.end(), "schedule:scheme")


def _by_day_list(folded: str) -> Schedule | None:
    folded = p.BASELINE.sub(lambda m: m[0] if p.ASSESSING.search(folded[: m.start()]) else "0".rjust(8), folded)
    found = next(((m, days) for m in p.DAYS.finditer(folded) if (days := _listed_days(m))), None)
    rates = _rates(folded)
    if not found or (rates and found[0].start() > rates[0][0].start() and len(found[1]) < 3):
        return None
    m, days = found
    stated = max((n for at, n in _counts(folded) if at.end() <= m.start()), default=0)
    if stated > len(days):  # "five doses ... at the 1st and 3rd day (...), 5th-7th and 9th day": the list goes on
        return Schedule(stated, (), (), m.start(), m.end(), "schedule:count")
    return Schedule(len(days), _gaps(days), days, m.start(), m.end(), "schedule:day_list")


def _by_single_days(folded: str) -> Schedule | None:
    found = list(p.ONE_BY_ONE.finditer(folded))
    days = tuple(float(m["n"] or m["n2"]) * _unit_days(m["unit"] or m["unit2"]) for m in found)
    if len(days) < 2 or _rates(folded) or not all(a < b for a, b in pairwise(days)):
        return None
    return Schedule(len(days), _gaps(days), days, found[0].start(), found[-1].end(), "schedule:days_one_by_one")


def _by_daily(folded: str) -> Schedule | None:
    m = p.DAILY.search(folded)
    n = int(m["last"]) - int(m["first"]) + 1 if m else 0
    days = tuple(float(int(m["first"]) + k) for k in range(n)) if m and 1 < n <= MOST else ()
    return Schedule(n, (1.0,), days, m.start(), m.end(), "schedule:daily") if days else None


def _by_day_words(folded: str) -> Schedule | None:
    found = list(p.DAY_WORDS.finditer(folded))
    days = tuple(float(ORDINAL_WORDS[m[1]]) for m in found)
    if len(days) < 2 or not all(a < b for a, b in pairwise(days)):
        return None
    return Schedule(len(days), _gaps(days), days, found[0].start(), found[-1].end(), "schedule:day_words")


def _by_number(folded: str) -> Schedule | None:
    if not (m := p.NUMBERED.search(folded)):
        return None
    return Schedule(
        int(m["n"] or m["n2"] or m["n3"] or m["n4"]), _gaps_beside(folded), (), m.start(), m.end(), "schedule:number"
    )


def _by_on_days(folded: str) -> Schedule | None:
    m = p.ON_DAYS.search(folded)
    n = _count(m["n"] or m["n2"]) if m else None
    gaps = (1.0,) if m and m["row"] else ()
    return Schedule(n, gaps, (), m.start(), m.end(), "schedule:on_days") if n and n > 1 else None


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
    if n is None and m["adverb"] is None and m[1] is None and not re.search(r"every|each", m[0]):
        return None
    if n is not None and n < 1:
        return None
    if n == 1:
        return Schedule(1, (), (), m.start(), end, "schedule:once")
    if m["high"]:
        gaps = (interval, read_number(m["high"]) * _unit_days(m["unit"]))
        return Schedule(n, gaps, (), m.start(), end, "schedule:rate", ("interval_range",))
    return Schedule(n, (interval,), (), m.start(), end, "schedule:rate")


def _by_gap(folded: str) -> Schedule | None:
    m = next((m for m in (pattern.search(folded) for pattern in p.GAPS) if m), None) or p.PER_TIME.search(folded)
    if not m:
        return None
    named = m.groupdict() or {"n": m[1], "unit": m[2]}
    ends = [read_number(named[key]) or 0 for key in ("n", "high") if named.get(key)]
    gaps = tuple(sorted({end * _unit_days(named["unit"]) for end in ends}))
    if not all(0.5 <= gap <= LONGEST for gap in gaps):
        return None
    repeat = _repeat(folded)
    n = next((n for _, n in _counts(folded) if n > 1), None) or (repeat[1] if repeat else None)
    once_more = p.ONCE_MORE.match(m[0]) or (m[0].endswith("later") and p.GIVEN_AGAIN.search(folded, m.end()))
    if n is None and once_more and not _rates(folded):
        n = 2  # "repeated after three months", "infused; one week later injected"
    flags = ("interval_range",) if len(gaps) > 1 else ()
    if p.CONDITIONAL.search(folded) and n in (None, 2):
        n, flags = 2, (*flags, "conditional")
    return Schedule(n, gaps, (), m.start(), m.end(), "schedule:gap", flags)


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
    if not n:
        return None
    if n != 2 or not (p.CONDITIONAL.search(folded) or p.IF.search(folded)):
        return Schedule(n, (), (), found[0].start(), found[-1].end(), "schedule:ordinal")
    later = p.LATER.search(folded)
    gap = read_number(later[1]) * _unit_days(later[2]) if later else 0
    gaps = (gap,) if 0.5 <= gap <= LONGEST else ()
    return Schedule(n, gaps, (), found[0].start(), found[-1].end(), "schedule:ordinal", ("conditional",))


# From the most telling wording to the least: the first that reads wins.
_READERS: tuple[Callable[[str], Schedule | None], ...] = (
    _by_total, _by_scheme, _by_courses, _by_range, _by_number, _by_daily, _by_phases, _by_day_list, _by_single_days, _by_day_words,
    _by_on_days, _by_rate, _by_gap, _by_count, _by_single, _by_ordinal,
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
        if p.NOT_GIVING.match(folded, m.end()):
            continue  # "weekly wound control"
        times = _count(m[1]) or 1
        if m["adverb"]:
            gap = p.ADVERB_DAYS[m["adverb"]] / times
        else:
            period = ((read_number(m[2]) if m[2] else 1) or 1) * (2 if "other" in m[0] else 1)
            gap = period * _unit_days(m["unit"]) / times
        if gap >= 0.5:
            found.append((m, gap))
    return found


def _gaps_beside(folded: str) -> tuple[float, ...]:
    """The gaps that a sentence states beside its count: "3 months apart" before "monthly"."""
    gap = _by_gap(folded)
    return gap.interval_days if gap else _rate_gaps(folded)


def _rate_gaps(folded: str) -> tuple[float, ...]:
    ends = {read_number(m["high"]) * _unit_days(m["unit"]) for m, _ in _rates(folded) if m["high"]}
    return tuple(sorted({gap for _, gap in _rates(folded)} | ends))


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
