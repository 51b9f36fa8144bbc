"""How often the cells are given: number of administrations, gaps between them, and the days."""

import re
from dataclasses import dataclass
from itertools import pairwise

from trialkit.facts.durations import NUMBER, UNIT_DAYS, WORD_UNIT, read_number, read_unit
from trialkit.facts.finding import Finding
from trialkit.facts.scope import Scope, sentences
from trialkit.vocabulary import fold

_GIVEN = r"(?:infusions?|injections?|administrations?|doses?|transplantations?|transfusions?|treatments?|applications?|implantations?|instillations?|times|cycles?|transplants?|sessions?|occasions?|cell therap(?:y|ies))"
_CELLS = re.compile(
    r"\b(?:cells?|[a-z-]*mscs?|infus\w*|inject\w*|administ\w*|transplant\w*|transfus\w*|implant\w*|dos(?:e|es|ed|ing)|instill\w*|deliver\w*|given|receiv\w*|treatments?|adscs?|mpcs?|prochymal\S?|exosomes?|svf)\b"
)
_OTHER_DRUG = re.compile(
    r"\b(?:mg|mcg|cyclophosphamide|methotrexate|prednis\w+|steroids?|glucocorticoid\w*|mycophenolate|tacrolimus|rituximab|insulin|hyaluronic|follow(?:ed)?[- ]?up|visits?|assess\w*|evaluat\w*|monitor\w*|examin\w*|measur\w*|blood samples?|physiotherapy|rehabilitation|chemotherap\w*|plasmapheresis|fludarabine|busulfan|interferon|g-csf|follow[- ]up|results?|outcomes?|changes?|compared?|improve\w*|detect\w*|test\w*|score\w*|questionnaire\w*|imaging|mri)\b"
)
_SINGLE = re.compile(
    rf"\b(?:single|one[- ]time|one[- ]off|sole|one single|one)\s(?:(?!of\b|or\b|to\b|and\b|day|week|month|year|hour|million)[a-z(),.\d^/-]{{1,18}}\s){{0,4}}?(?:{_GIVEN}(?!\s?(?:level|group|cohort|arm|escal))|dosage|iv\b|bolus|infused|injected|intravenous\w*|intra-?\w+ly)|\bonce\b(?!\s(?:a|per|every|each|in|the|daily|weekly|monthly|they|patients?|all|enrol\w*|\w+ (?:is|are|has|have))\b)(?=[^.;]{{0,12}}(?:[.;,)]|$|on day|at day|at the|by|via|intra))|\bat once\b|\bone time\b|\bsingle[- ](?:dose|infusion|injection|administration)\b|\bone intra\w+|\bsingle (?:iv|intravenous)"
)
_COUNT = re.compile(
    rf"(?<![a-z0-9.^x/-])({NUMBER}|twice|thrice)\s(?:\(\d{{1,2}}\)\s)?(?:(?!of\b|or\b|to\b|and\b|in\b|per\b|a\b|day|week|month|year|hour|patients?\b|million|x\b|mg|ml)[a-z0-9^*()/,.-]{{1,22}}\s){{0,4}}?{_GIVEN}\b(?!\s?(?:level|group|cohort|arm|escal|regimen|treatment group))(?!\s?(?:per|a|each|every|/)\s?(?:{WORD_UNIT})(?!\sfor))"
)
_FOR_TIMES = re.compile(
    rf"(?:for|total of|total|in all|,|×|repeat\w*)\s?(?:a total of\s)?({NUMBER}|twice|thrice)\s(?:consecutive\s)?(?:times|doses|infusions|injections|administrations|treatments|cycles|courses|sessions)\b|\b(twice|thrice)\b(?!\s?(?:a|per|weekly|daily|every|each|the|monthly)\b)"
)
_RATE = re.compile(
    rf"(?:(once|twice|one|two|three|1|2|3|{NUMBER}\s(?:times|infusions?|injections?|doses?))\s(?:time\s)?)?(?:(?:(?:a|per|every|each|/)\s?(?:other\s)?(?:({NUMBER})[\s-])?({WORD_UNIT}))|(weekly|daily|monthly|biweekly|bi-weekly|fortnightly|quarterly|bimonthly))"
)
_FOR_SPAN = re.compile(
    rf"(?:for|within|during|over|x)\s(?:each of\s|a (?:total|period) of\s)?(?:the first\s)?({NUMBER})\s(?:consecutive\s|successive\s)?(?:({WORD_UNIT})|({_GIVEN})\b)"
)
_GAP = re.compile(
    rf"({NUMBER})(?:\s?(?:-|to|or)\s?({NUMBER}))?[\s-](?:({WORD_UNIT}))[\s-](?:apart|intervals?|gap)|(?:intervals?|gap|separated|spaced|space|distance)\s?(?:of|by|between \w+ (?:is|was|of)|is|was|time|:|between[a-z ]{{0,30}}(?:is|was|of))?\s?(?:about\s|approximately\s|at least\s)?({NUMBER})(?:\s?(?:-|to)\s?({NUMBER}))?[\s-]({WORD_UNIT})"
    rf"|({NUMBER})[\s-]({WORD_UNIT})\s(?:after|later|following|from)\s?(?:the\s)?(?:first|1st|initial|previous|second|last)\s(?:{_GIVEN}|cell|msc|one)|(?:again|repeated|repeat|second \w+|another)[a-z ]{{0,24}}?(?:after|at|in)\s({NUMBER})[\s-]({WORD_UNIT})|({NUMBER})[\s-]({WORD_UNIT}) later"
)
_LIST = r"(?:\s?(?:,|;|and|&|\+|then|,\s?and|-)\s?)"
_DAYS = re.compile(
    rf"\b(?:on\s|at\s)?(?:study\s)?(?P<unit>days?|d|weeks?|wk|months?|m)\s?[-:#]?\s?\(?(?P<list>\d{{1,3}}(?:(?:\s?\([^()]{{0,14}}\))?{_LIST}(?:(?:study\s)?(?:days?|d|weeks?|wk|months?|at|m)\s?-?)?\+?\d{{1,3}}(?![\d.]|\s?(?:mg|ml|x|million|\^|%))){{1,9}})"
    rf"|(?P<list2>\d{{1,3}}(?:{_LIST}\d{{1,3}}){{1,7}})\s?(?P<unit2>days|weeks|months)\b"
    rf"|(?P<ordinals>(?:\d{{1,3}}(?:st|nd|rd|th)(?:\s(?:day|week|month))?{_LIST}){{1,8}}\d{{1,3}}(?:st|nd|rd|th))\s(?P<unit3>days?|weeks?|months?)"
)
_EACH_ALONE = re.compile(  # days named one by one: "on day 0 and on 12 weeks", "Day 1: ... Day 4: ..."
    r"\b(?:on|at|,|and)?\s?(?:study\s)?(?:(?P<unit>day|week|month)\s?(?P<n>\d{1,3})\b(?!\s?(?:-|to)\s?\d)|(?:on|at)\s(?P<n2>\d{1,3})\s(?P<unit2>day|week|month)s?\b)"
)
_TOTALLY = re.compile(rf"({NUMBER})\s(?:times|doses|infusions|injections)\s(?:totally|in total|altogether|total)\b")
_SCHEME = re.compile(r"(\d)\s?\+\s?(\d)(?:\s?\+\s?(\d))?\s?(?:scheme|schedule|regimen)")
_ORDINAL = re.compile(
    r"\b(first|1st|second|2nd|third|3rd|fourth|4th)\s(?:\w+\s)?(?:dose|infusion|injection|administration|transplantation)s?\b"
)
_NOT_A_COUNT = re.compile(
    r"(?:step|group|cohort|phase|grade|level|stage|day|week|month|divided (?:in|into|over|among)|arm|type|least|number|visit)\s?-?\s?$"
)
_ADVERB = {
    "weekly": 7.0,
    "daily": 1.0,
    "monthly": 30.0,
    "biweekly": 14.0,
    "bi-weekly": 14.0,
    "fortnightly": 14.0,
    "quarterly": 90.0,
    "bimonthly": 60.0,
}


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


def _count(word: str | None) -> int | None:
    if not word:
        return None
    word = word.split()[0]
    value = {"once": 1, "twice": 2, "thrice": 3}.get(word) or read_number(word)
    return int(value) if value and value == int(value) and 0 < value <= 60 else None


def _unit_days(word: str) -> float:
    return UNIT_DAYS[read_unit(word) or "day"]


def _day_list(m: re.Match) -> tuple[float, ...]:
    text = m["list"] or m["list2"] or m["ordinals"]
    unit = m["unit"] or m["unit2"] or m["unit3"]
    numbers = [float(n) for n in re.findall(r"\d{1,3}", re.sub(r"\([^()]*\)", " ", text))]
    days = [n * _unit_days(unit) for n in numbers]
    if re.fullmatch(r"\d{1,3}\s?-\s?\d{1,3}", text.strip()):  # "3-5 days" is a range, no list
        return ()
    increasing = all(a < b for a, b in pairwise(days))
    return tuple(days) if increasing and len(days) > 1 else ()


def _gaps(days: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted({b - a for a, b in pairwise(days)}))


def _alone(folded: str) -> tuple:
    """(offsets, start, end) of days named one by one in rising order, or ()."""
    found = list(_EACH_ALONE.finditer(folded))
    days = tuple(float(m["n"] or m["n2"]) * _unit_days(m["unit"] or m["unit2"]) for m in found)
    rising = len(days) > 1 and all(a < b for a, b in pairwise(days))
    return (days, found[0].start(), found[-1].end()) if rising else ()


def _rate_gap(m: re.Match) -> tuple[float, int] | None:
    """(days between administrations, administrations per period) of "twice per week", "every 2 weeks", "weekly"."""
    times = _count(m[1]) or 1
    if m[4]:
        return _ADVERB[m[4]] / times, times
    period = (read_number(m[2]) if m[2] else 1) or 1
    if "other" in m[0]:
        period *= 2
    return period * _unit_days(m[3]) / times, times


def read_schedule(text: str) -> Schedule | None:
    """The schedule that one sentence states, or None.

    "once every month for three times" -> 3, every 30 days; "day 0, 7 and 14" -> 3, gaps of 7; "twice per week for 4
    weeks" -> 8, gap 3.5. A plain "infusion" is no count: 1 only when the words say single, one or once. "Single dose"
    followed by a repeat clause means the dose per infusion: the repeat wins. Never raises.
    """
    folded = fold(text).decode("ascii")
    days = next(((m, d) for m in _DAYS.finditer(folded) if (d := _day_list(m))), None)
    rates = [(m, g) for m in _RATE.finditer(folded) if (g := _rate_gap(m)) and g[0] >= 0.5]
    rate = rates[0] if rates else None
    repeat = _FOR_TIMES.search(folded)
    counts = [
        (m, c)
        for m in _COUNT.finditer(folded)
        if (c := _count(m[1])) and c <= 40 and not _NOT_A_COUNT.search(folded[: m.start()])
    ]
    if stated := _TOTALLY.search(folded):
        gaps = (rates[0][1][0],) if len(rates) == 1 else ()
        return Schedule(_count(stated[1]), gaps, (), stated.start(), stated.end(), "schedule:total")
    if scheme := _SCHEME.search(folded):
        n = sum(int(part) for part in scheme.groups() if part)
        return Schedule(n, (), (), scheme.start(), scheme.end(), "schedule:scheme")
    gap = _GAP.search(folded)
    single = _SINGLE.search(folded)
    span = _FOR_SPAN.search(folded, rate[0].end() - 1) if rate else None

    if days and (len(days[1]) > 1):
        m, offsets = days
        if not rate or m.start() < rate[0].start() or len(offsets) > 2:
            stated = next((c for _, c in counts if c == len(offsets)), len(offsets))
            return Schedule(stated, _gaps(offsets), offsets, m.start(), m.end(), "schedule:day_list")
    alone = _alone(folded)
    if len(alone) > 1 and not rate:
        offsets, start, end = alone
        return Schedule(len(offsets), _gaps(offsets), offsets, start, end, "schedule:days_one_by_one")
    if rate:
        m, (interval, _) = rate
        before = [c for found, c in counts if found.end() <= m.start()]
        if span and before and before[-1] > 1 and m[1] is None and m[0].lstrip().startswith(("per", "a ", "each", "/")):
            interval /= before[-1]  # "2 infusions of ... per week for 4 weeks"
        n = _count((repeat and (repeat[1] or repeat[2])) or None)
        end = repeat.end() if n else m.end()
        if n is None and span:
            length = read_number(span[1])
            if span[3]:
                n = int(length)
            elif length:
                n = round(length * _unit_days(span[2]) / interval)
            end = span.end()
        if n is None:
            n = next((c for _, c in counts if c > 1), None)
        if n is None and m[4] is None and m[1] is None and not re.search(r"every|each", m[0]):
            return None
        if n == 1:
            return Schedule(1, (), (), m.start(), end, "schedule:once")
        return Schedule(n, (interval,), (), m.start(), max(end, m.end()), "schedule:rate")
    if gap:
        values = gap.groups()
        low, high, unit = next(
            t
            for t in (
                (values[0], values[1], values[2]),
                (values[3], values[4], values[5]),
                (values[6], None, values[7]),
                (values[8], None, values[9]),
                (values[10], None, values[11]),
            )
            if t[0]
        )
        value = read_number(low)
        n = next((c for _, c in counts if c > 1), None) or _count((repeat and (repeat[1] or repeat[2])) or None)
        if value and (value * _unit_days(unit)) >= 0.5:
            flags = ("interval_range",) if high else ()
            return Schedule(n, (value * _unit_days(unit),), (), gap.start(), gap.end(), "schedule:gap", flags)
    several = next(((m, c) for m, c in counts if c > 1), None)
    if several and not re.search(
        r"\bsites?\b|points?\b|\blocations?\b", folded[several[0].end() : several[0].end() + 20]
    ):
        return Schedule(several[1], (), (), several[0].start(), several[0].end(), "schedule:count")
    if repeat and (n := _count(repeat[1] or repeat[2])):
        return Schedule(n, (), (), repeat.start(), repeat.end(), "schedule:count")
    ordinals = {m[1][:3] for m in _ORDINAL.finditer(folded)} & {"sec", "2nd", "thi", "3rd", "fou", "4th"}
    if ordinals and not single:
        n = 4 if ordinals & {"fou", "4th"} else 3 if ordinals & {"thi", "3rd"} else 2
        return Schedule(n, (), (), 0, len(folded), "schedule:ordinal")
    if single:
        return Schedule(1, (), (), single.start(), single.end(), "schedule:single")
    return None


def read_schedules(scope: Scope) -> list[Finding]:
    """Schedules of the investigational product, in order of appearance; value = `Schedule`.

    Only sentences that speak of giving cells and not of another drug, a visit or an assessment are read; the
    description counts only when titles, interventions and cell arms say nothing.
    """
    found = [f for passage in scope.product for clause in sentences(passage) if (f := _finding(clause))]
    return found or [f for clause in scope.fallback if (f := _finding(clause))]


def _finding(clause) -> Finding | None:
    folded = fold(clause.text).decode("ascii")
    if not _CELLS.search(folded):
        return None
    other = _OTHER_DRUG.search(folded)
    schedule = (
        read_schedule(clause.text[: other.start()] if other and other.start() > 30 else clause.text)
        if not other or other.start() > 30
        else None
    )
    if schedule is None:
        return None
    return Finding(
        schedule,
        clause.passage,
        clause.start + schedule.start,
        clause.start + schedule.end,
        schedule.rule,
        schedule.flags,
    )
