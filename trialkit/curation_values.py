"""Values in the words of a table: `show_` writes them, `parse_` reads what was written or what a person typed.

What is shown is read back as the same value: a decision is kept as words, and compared with the reading by value.
Every `parse_` gives "missing" for an empty text and raises ValueError with what was expected.
"""

import difflib
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from trialkit.facts.doses import find_doses
from trialkit.facts.durations import find_durations, read_number, read_unit
from trialkit.facts.time_frames import find_time_frame
from trialkit.rows.trial import read_years

_SCALES = {"billion": 9, "million": 6, "thousand": 3}
_BASES = {
    "per_kg": "cells per kg", "total": "cells", "per_ml": "cells per mL", "per_site": "cells per site",
    "per_area": "cells per area", "unclear": "cells (per what is unclear)",
}  # fmt: skip
_AMOUNT = r"\d{1,15}(?:\.\d{1,25})?"
_DOSE = re.compile(
    rf"(?:(?P<bound>up to|at least)\s)?(?P<a>{_AMOUNT})(?:\s(?P<x>{'|'.join(_SCALES)}))?"
    rf"(?:\sto\s(?P<b>{_AMOUNT})(?:\s(?P<y>{'|'.join(_SCALES)}))?)?\s(?P<basis>{'|'.join(map(re.escape, sorted(_BASES.values(), key=len, reverse=True)))})",
    re.I,
)
_NOT_GIVEN = {"cap", "cumulative", "equivalent"}  # flags of a number that stands beside a dose and is none
_FEWEST = 1000  # cells: a smaller number has lost its "million"
_KINDS = {"actual": "actual", "estimated": "planned"}


class Level(NamedTuple):
    """A dose: cells per administration; one of low and high may be None ("up to", "at least")."""

    low: float | None
    high: float | None
    basis: str


class Time(NamedTuple):
    """When an outcome is assessed, in days; `anchor` is the event the time counts from."""

    horizon: float | None
    points: tuple[float, ...]
    every: float | None
    anchor: str | None


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"\s*[;\n]\s*", text.strip()) if part]


def _number(value: float) -> str:
    """The shortest text that is read back as the same number: `30`, `0.5`."""
    return repr(float(value)).removesuffix(".0")


# Words of a closed vocabulary


def read_choices(names: dict[str, tuple[str, ...]], what: str, several: bool) -> tuple[Callable, Callable]:
    """Reader and writer for `names`: the word that is stored -> other ways to write it."""
    loose: dict[str, set[str]] = {}
    for stored, others in names.items():
        for name in (stored, *others):
            loose.setdefault(_plain(name), set()).add(stored)

    def one(word: str) -> str | None:
        if word in names:
            return word
        found = loose.get(_plain(word), set())
        return next(iter(found)) if len(found) == 1 else None

    def parse(text: str) -> Any:
        values: list[str] = []
        for part in _parts(text):
            pieces = [one(part)] if one(part) or not several else [one(word.strip()) for word in part.split(",")]
            if None in pieces:
                raise ValueError(f"{part!r} is no {what}{_near(part, names)}")
            values += pieces
        if several:
            return tuple(dict.fromkeys(values))
        if len(values) > 1:
            raise ValueError(f"{text!r} are several values; expected one {what}")
        return values[0] if values else None

    return parse, lambda value: "; ".join(value) if several else value or ""


def _plain(word: str) -> str:
    return re.sub(r"[\W_]+", " ", word).strip().lower()


def _near(word: str, names: dict[str, tuple[str, ...]]) -> str:
    known = {_plain(name): stored for stored, others in names.items() for name in (stored, *others)}
    close = [known[name] for name in difflib.get_close_matches(_plain(word), list(known), n=3, cutoff=0.6)]
    if close:
        return f"; did you mean {' or '.join(map(repr, dict.fromkeys(close)))}?"
    return f"; expected one of {', '.join(names)}" if len(names) < 20 else f", such as {', '.join(list(names)[:5])}"


# Numbers


def parse_counts(text: str) -> tuple[int, ...]:
    counts = []
    for part in _parts(text):
        m = re.fullmatch(r"(\w+)(?:\s(?:times|administrations?|doses?|infusions?|injections?))?", part.lower())
        n = read_number(m[1]) if m else None
        if n is None or n < 1 or n != int(n):
            raise ValueError(f"{part!r} is no number of administrations; expected a whole number from 1 on, such as 3")
        counts.append(int(n))
    return tuple(dict.fromkeys(counts))


def parse_gaps(text: str) -> tuple[float, ...]:
    gaps = []
    for part in _parts(text):
        bare = re.fullmatch(rf"({_AMOUNT})(?:\sdays?)?", part)
        found = find_durations(part)
        days = float(bare[1]) if bare else found[0].days if len(found) == 1 else 0.0
        if days <= 0 or not (bare or (found[0].start, found[0].end) == (0, len(part))):
            raise ValueError(f"{part!r} is no interval; expected days, weeks or months, such as 30 days or 4 weeks")
        gaps.append(days)
    return tuple(dict.fromkeys(gaps))


def show_gaps(gaps: tuple[float, ...]) -> str:
    return "; ".join(f"{_number(days)} days" for days in gaps)


def parse_size(text: str) -> int | None:
    if text.strip() and not re.fullmatch(r"\d{1,6}", text.strip()):
        raise ValueError(f"{text!r} is no number of participants; expected a whole number, such as 24")
    return int(text) if text.strip() else None


def parse_enrollment(text: str) -> tuple[int, str | None] | None:
    m = re.fullmatch(r"(\d{1,6})\s\(?(planned|estimated|actual|not told)\)?", text.strip().lower())
    if text.strip() and not m:
        raise ValueError(f"{text!r} does not tell what it counts; expected '40 planned', '40 actual' or '40 not told'")
    kinds = {"planned": "estimated", "estimated": "estimated", "actual": "actual"}
    return (int(m[1]), kinds.get(m[2])) if m else None


def show_enrollment(value: tuple[int, str | None] | None) -> str:
    return f"{value[0]} {_KINDS.get(value[1] or '', 'not told')}" if value else ""


def parse_age(text: str) -> float | None:
    if not (words := text.strip().lower()):
        return None
    m = re.fullmatch(r"(\d{1,3}(?:\.\d{1,20})?)(?:\s?([a-z]+))?", words)
    if not m or (m[2] and not read_unit(m[2])) or (age := read_years(words)) is None:
        raise ValueError(f"{text!r} is no age; expected years up to 130 or months, such as 18 years or 6 months")
    return age


def show_age(years: float | None) -> str:
    return "" if years is None else f"{_number(years)} years"


# Doses


def parse_doses(text: str) -> tuple[Level, ...]:
    return tuple(dict.fromkeys(_parse_dose(part) for part in _parts(text)))


def _parse_dose(part: str) -> Level:
    """One dose in the words of `show_doses`, or as registers write it (`2x10^6 MSC/kg`)."""
    if m := _DOSE.fullmatch(part):
        low = _cells(m["a"], m["x"] or m["y"])
        high = _cells(m["b"], m["y"]) if m["b"] else low
        basis = next(key for key, words in _BASES.items() if words.lower() == m["basis"].lower())
        level = Level(None if m["bound"] == "up to" else low, None if m["bound"] == "at least" else high, basis)
    else:
        found = [d for d in find_doses(part) if not _NOT_GIVEN & set(d.flags)]
        if len(found) != 1:
            raise ValueError(
                f"{'no dose' if not found else f'{len(found)} doses'} can be read in {part!r}; expected such as "
                "'1 million cells per kg' or '40 million cells' (in all), several separated by ;"
            )
        level = Level(found[0].low, found[0].high, found[0].basis)
    if level.low is not None and level.high is not None and level.low > level.high:
        raise ValueError(f"{part!r} begins with its higher end; expected the lower first")
    if min(end for end in level[:2] if end is not None) < _FEWEST:
        raise ValueError(f"{part!r} are fewer than {_FEWEST} cells; expected such as '2 million cells per kg'")
    return level


def show_doses(levels: tuple[Level, ...]) -> str:
    return "; ".join(map(_show_dose, levels))


def _cells(digits: str, scale: str | None) -> float:
    return float(f"{digits}e{_SCALES[scale.lower()] if scale else 0}")


def _show_dose(level: Level) -> str:
    """`1 million to 2 million cells per kg`; both ends on one scale, so that neither can be misread."""
    ends = [v for v in (level.low, level.high) if v is not None]
    scale, power = next(((w, p) for w, p in _SCALES.items() if p > 3 and max(ends) >= 10**p), ("", 0))
    said = [f"{_shifted(v, power)}{f' {scale}' if scale else ''}" for v in dict.fromkeys(ends)]
    bound = "up to " if level.low is None else "at least " if level.high is None else ""
    return f"{bound}{' to '.join(said)} {_BASES[level.basis]}"


def _shifted(value: float, power: int) -> str:
    from decimal import Decimal

    words = format(Decimal(repr(float(value))).scaleb(-power), "f")
    return words.rstrip("0").rstrip(".") if "." in words else words


# Times of an outcome


def parse_time(text: str) -> Time | None:
    parts = _parts(text)
    if not parts:
        return None
    read = {name: m for part in parts for name, m in [_time_part(part)]}
    if len(read) == len(parts) and None not in read:
        points = tuple(float(n) for n in read["points"]) if "points" in read else ()
        horizon = float(read["until"]) if "until" in read else None
        if "until" not in read and points and "open" not in read:
            horizon = points[-1]
        every = float(read["every"]) if "every" in read else None
        return Time(horizon, points, every, read["from"].replace(" ", "_") if "from" in read else None)
    found = find_time_frame(text)
    if not found or not (found.horizon_days is not None or found.timepoints_days or found.recurrence_days):
        raise ValueError(
            f"no time can be read in {text!r}; expected such as '12 months', 'baseline, 3 and 6 months', "
            "'up to 2 years' or 'every 3 months'"
        )
    return Time(found.horizon_days, tuple(found.timepoints_days), found.recurrence_days, found.anchor)


def _time_part(part: str) -> tuple[str | None, Any]:
    """Which piece of `show_time` a part is, and what it holds."""
    if re.fullmatch(rf"days? {_AMOUNT}(?:, {_AMOUNT})*", part):
        return "points", re.findall(_AMOUNT, part)
    for name, pattern in (("until", rf"until day ({_AMOUNT})"), ("every", rf"every ({_AMOUNT}) days?"), ("from", r"counted from (\w+(?: \w+)*)"), ("open", r"(no end)")):  # fmt: skip
        if m := re.fullmatch(pattern, part):
            return name, m[1]
    return None, None


def show_time(value: Time | None) -> str:
    """`days 0, 90, 180; until day 360; every 30 days; counted from first dose`."""
    if value is None:
        return ""
    points, last = value.points, value.points[-1] if value.points else None
    parts = [f"day{'' if len(points) == 1 else 's'} {', '.join(map(_number, points))}"] if points else []
    if value.horizon is None and points:
        parts.append("no end")
    elif value.horizon is not None and value.horizon != last:
        parts.append(f"until day {_number(value.horizon)}")
    parts += [f"every {_number(value.every)} days"] if value.every else []
    parts += [f"counted from {value.anchor.replace('_', ' ')}"] if value.anchor else []
    return "; ".join(parts)
