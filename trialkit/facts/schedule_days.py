"""Readers of schedules told as days: lists, windows, days one by one, runs of days."""

import re
from itertools import pairwise

from trialkit.facts import schedule_patterns as p
from trialkit.facts.durations import ORDINAL_WORDS
from trialkit.facts.schedule_parts import (
    MOST,
    Schedule,
    day_gaps,
    find_counts,
    find_rates,
    listed_days,
    read_count,
    unit_days,
)


def by_windows(folded: str) -> Schedule | None:
    """ "On days 42-45, 84-87 and 126-129": three administrations, each within a window; its first day is read."""
    m = p.WINDOWS.search(folded)
    pairs = [(int(a), int(b)) for a, b in re.findall(r"(\d{1,3})\s?-\s?(\d{1,3})", m[0])] if m else []
    if (
        len(pairs) < 2
        or "day" not in folded[max(0, m.start() - 6) : m.end()]
        or not all(0 < b - a <= 5 for a, b in pairs)
    ):
        return None
    days = tuple(float(a) for a, _ in pairs)
    return Schedule(len(days), day_gaps(days), days, m.start(), m.end(), "schedule:windows", ("windows",))


def by_day_list(folded: str) -> Schedule | None:
    folded = p.BASELINE.sub(lambda m: m[0] if p.ASSESSING.search(folded[: m.start()]) else "0".rjust(8), folded)
    found = next(((m, days) for m in p.DAYS.finditer(folded) if (days := listed_days(m))), None)
    rates = find_rates(folded)
    if not found or (rates and found[0].start() > rates[0][0].start() and len(found[1]) < 3):
        return None
    m, days = found
    if p.SEEN.search(folded[: m.start()]):
        return None
    stated = max((n for at, n in find_counts(folded) if at.end() <= m.start()), default=0)
    if days[0] > 0 and (
        p.FROM_FIRST.match(folded, m.end()) or (stated > len(days) and p.AT_FIRST.search(folded[: m.start()]))
    ):
        days = (0.0, *days)  # "at the first treatment, week 2 and week 4", "4, 8 and 12 months after the first"
    if stated > len(days):  # "five doses ... at the 1st and 3rd day (...), 5th-7th and 9th day": the list goes on
        return Schedule(stated, (), (), m.start(), m.end(), "schedule:count")
    if rates and p.GOES_ON.search(folded, m.end()):  # "day 0, 2, 4, week 2 and every 8 weeks after that": open
        later = tuple(gap for at, gap in rates if at.start() >= m.end())
        return Schedule(
            None, tuple(sorted({*day_gaps(days), *later})), (), m.start(), rates[-1][0].end(), "schedule:open"
        )
    return Schedule(len(days), day_gaps(days), days, m.start(), m.end(), "schedule:day_list")


def by_single_days(folded: str, beside: bool = False) -> Schedule | None:
    """Days named each on its own; `beside` a stated total, also when a rate goes on from the last of them."""
    found = [m for m in p.ONE_BY_ONE.finditer(folded) if not (beside and p.UNTIL.search(folded[: m.start()]))]
    days = tuple(float(m["n"] or m["n2"]) * unit_days(m["unit"] or m["unit2"]) for m in found)
    windows = [p.WINDOW.fullmatch(folded, a.end(), b.start()) for a, b in pairwise(found)]
    if (
        len(days) < 2
        or any(windows)
        or (find_rates(folded) and not beside)
        or not all(a < b for a, b in pairwise(days))
    ):
        return None
    return Schedule(len(days), day_gaps(days), days, found[0].start(), found[-1].end(), "schedule:days_one_by_one")


def by_one_day(folded: str) -> Schedule | None:
    """ "2 x 10^8 cells on day 0": the one day listed. Of an arm or intervention only; see `schedules.py`."""
    found = list(p.ONE_DAY.finditer(folded))
    if len(found) != 1 or len(list(p.ONE_BY_ONE.finditer(folded))) > 1 or p.ASSESSING.search(folded):
        return None
    return Schedule(1, (), (), found[0].start(), found[0].end(), "schedule:one_day", ("one_day",))


def by_daily(folded: str) -> Schedule | None:
    m = p.DAILY.search(folded)
    n = int(m["last"]) - int(m["first"]) + 1 if m else 0
    days = tuple(float(int(m["first"]) + k) for k in range(n)) if m and 1 < n <= MOST else ()
    return Schedule(n, (1.0,), days, m.start(), m.end(), "schedule:daily") if days else None


def by_day_words(folded: str) -> Schedule | None:
    found = list(p.DAY_WORDS.finditer(folded))
    days = tuple(float(ORDINAL_WORDS[m[1]]) for m in found)
    if len(days) < 2 or not all(a < b for a, b in pairwise(days)):
        return None
    return Schedule(len(days), day_gaps(days), days, found[0].start(), found[-1].end(), "schedule:day_words")


def by_on_days(folded: str) -> Schedule | None:
    m = p.ON_DAYS.search(folded)
    n = read_count(m["n"] or m["n2"]) if m else None
    gaps = (1.0,) if m and m["row"] else ()
    return Schedule(n, gaps, (), m.start(), m.end(), "schedule:on_days") if n and n > 1 else None
