"""The parts of a schedule in folded text: counts, rates, gaps and lists of days."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from trialkit.facts import schedule_patterns as p
from trialkit.facts.durations import UNIT_DAYS, read_number, read_unit

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


def read_count(word: str | None) -> int | None:
    if not word:
        return None
    word = word.split()[0]
    value = {"once": 1, "twice": 2, "thrice": 3}.get(word) or read_number(word)
    return int(value) if value and value == int(value) and 0 < value <= 60 else None


# Many readers ask in turn about one sentence, hence the memory.
@lru_cache(maxsize=16)
def find_counts(folded: str) -> Sequence[tuple[re.Match, int]]:
    found = [(m, n) for m in p.COUNT.finditer(folded) if (n := read_count(m[1])) and n <= 40]
    return tuple(
        (m, n)
        for m, n in found
        if not p.NOT_A_COUNT.search(folded[max(0, m.start() - 24) : m.start()])
        and not (n > 1 and m[0].endswith("dose"))  # "3 dose cohorts" are levels
    )


def find_repeat(folded: str) -> tuple[re.Match, int] | None:
    m = p.REPEAT.search(folded)
    n = read_count(m[1] or m[2]) if m else None
    return (m, n) if m and n else None


@lru_cache(maxsize=16)
def find_rates(folded: str) -> Sequence[tuple[re.Match, float]]:
    """(match, days between administrations) of "twice per week", "every 2 weeks", "weekly"; at least half a day."""
    found = []
    for m in p.RATE.finditer(folded):
        if p.NOT_GIVING.match(folded, m.end()):
            continue  # "weekly wound control"
        if p.SEEN_AT.search(folded[: m.start()]):
            break  # "evaluation of the tumour every 8 weeks, then every 12 weeks"
        times = read_count(m[1]) or 1
        if m["adverb"]:
            gap = p.ADVERB_DAYS[m["adverb"]] / times
        else:
            period = ((read_number(m[2]) if m[2] else 1) or 1) * (2 if "other" in m[0] else 1)
            gap = period * unit_days(m["unit"]) / times
        if gap >= 0.5:
            found.append((m, gap))
    return tuple(found)


def rate_gaps(folded: str) -> tuple[float, ...]:
    ends = {read_number(m["high"]) * unit_days(m["unit"]) for m, _ in find_rates(folded) if m["high"]}
    return tuple(sorted({gap for _, gap in find_rates(folded)} | ends))


def unit_days(word: str) -> float:
    return UNIT_DAYS[read_unit(word) or "day"]


def listed_days(m: re.Match) -> tuple[float, ...]:
    text = m["list"] or m["list2"] or m["ordinals"] or m["each"]
    if re.fullmatch(r"\d{1,3}\s?-\s?\d{1,3}", text.strip()):  # "3-5 days" is a range, no list
        return ()
    unit = unit_days(m["unit"] or m["unit2"] or m["unit3"] or m["unit4"])
    if any(unit_days(word) != unit for word in re.findall(r"days?|weeks?|wk|months?", text)):
        return ()  # "day 0 and week 12" are days named one by one
    days = tuple(float(n) * unit for n in re.findall(r"\d{1,3}", re.sub(r"\([^()]*\)", " ", text)))
    return days if len(days) > 1 and all(a < b for a, b in pairwise(days)) else ()


def day_gaps(days: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted({b - a for a, b in pairwise(days)}))
