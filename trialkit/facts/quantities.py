"""Large numbers as registries write them: `2 x 10^6`, `2×106`, `10e6`, `1.000.000`, `20 million`, `1-2x10^6`.

Reads folded text (see `vocabulary.fold`): one ASCII character per original character, so offsets carry over.
Superscript digits are the characters 0x10-0x19. Every repeat is bounded: the cost is linear in the text.
"""

import re
from dataclasses import dataclass

from trialkit.facts import guard
from trialkit.vocabulary import fold

NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "eighty": 80,
}  # fmt: skip
_SCALES = {"thousand": 1e3, "million": 1e6, "millon": 1e6, "mio": 1e6, "mln": 1e6, "billion": 1e9}
_SUPERSCRIPT = {chr(0x10 + n): str(n) for n in range(10)}

_GROUPED = r"\d{1,3}(?:,\d{3}){1,4}(?!\d)|\d{1,3}(?:\.\d{3}){2,4}(?!\d)"
_PLAIN = r"(?:\d{1,12}(?:[.,]\d{1,3})?|\.\d{1,3})"  # ".5 x 10^6" too
_TORN = r"(?:\d{1,2},\s0|(?<=maximum\sof\s)\d,\s\d)(?=\s?[x*]\s?10)"  # "1, 0x10^6": a decimal comma with a blank after it; "1, 5x10^6" is a list
_WORD = "|".join(NUMBER_WORDS)
_MANTISSA = rf"(?:{_GROUPED}|{_TORN}|{_PLAIN})"
_SCALE = r"(?:million|millon|billion|thousand|mio\b|mln\b)s?(?![a-z])"
# What may stand between "10" and its exponent when the writer marked it: ^ ** e E exp ' ( / or a superscript.
_MARKED = r"(?:\s?\^\s?\(?|\s?\*{{1,2}}\s?|\s?xx\s?|\s?e\s?\+?|\s?'|\s?\(\s?|/)(?P<{0}marked>\d{{1,2}})(?!\d)\)?"
_RAISED = r"(?P<{0}raised>[\x10-\x19]{{1,2}})"
_LOST = r"\s?(?P<{0}lost>1[01]|[4-9])(?!\d|\.\d|,\d{{3}}(?!\d))"


_TILDE = r"~(?P<{0}tilde>[4-9]|1[01])(?!\d)"  # "1 x 10~7", where a mantissa stands before it


def _power(name: str) -> str:
    tilde = f"|{_TILDE.format(name)}" if name == "p" else ""
    return rf"10(?:{_MARKED.format(name)}|{_RAISED.format(name)}|{_LOST.format(name)}{tilde})"


_RANGE = r"\s?(?:,\s(?:and|or)|-|~|\.{2,3}|to|and|or|/|,|;|&|up to|versus|vs\.?)\s?"
_ATOM = guard.compile(
    rf"""(?<![\w.^])(?<!\d,(?=\d{{3}}(?!\d)))(?:
      (?P<mantissa>{_MANTISSA})\s?(?:(?:\+/?-|\x1b)\s?(?P<spread>{_PLAIN})\s?)?(?P<times>[x*]|\.(?=10[\s^(e'\x10-\x19])|(?<=\s)\.\s?(?=10\s?[\^(e'\x10-\x194-9])|(?<=\.\d)\.\s(?=10\s?[\^\x10-\x19])|(?<=\s)(?=10\s?[e^]))\s?{_power("p")}(?P<doubled>\s?{_SCALE})?
    | (?P<product>{_PLAIN})\s?[x*]\s?(?P<factor>1(?:,?000){{1,3}}|10(?:,?000){{1,3}}|100(?:,?000){{1,3}})(?!\d)
    | (?P<scientific>\d{{1,3}}(?:\.\d{{1,2}})?)\s?e\s?\+?\s?(?P<exponent>\d{{1,2}})(?!\d)
    | {_power("q")}(?P<qdoubled>\s?{_SCALE})?
    | (?P<scaled>{_PLAIN}|{_WORD})[\s-]{{0,2}}(?P<hundred>hundred[\s-])?(?P<scale>{_SCALE})
    | (?P<suffixed>{_PLAIN})\s?(?P<suffix>m)(?![a-z])
    | (?P<grouped>{_GROUPED})
    | (?P<long>\d{{5,11}})(?![\d.,]\d|\d)
    | (?P<spaced>\d{{1,3}}(?:\s\d{{3}}){{2,3}}|[1-9]\d{{1,2}}[\s.]000)(?![.,]?\d)
    )""",
    re.VERBOSE,
)
_FRONT = re.compile(rf"(?P<low>{_MANTISSA}|{_WORD})\s?(?P<unit>{_SCALE})?(?P<joint>{_RANGE})$")
_LABELLED = re.compile(r"\b(?:day|week|month|phase|group|cohort|arm|dose|visit|step|level|d)s?\s?$")
_EXPONENT_RANGE = re.compile(r"\s?(?:-|~|to)\s?(\d{1,2})(?![\d.,])")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number or range with its place. `joint` tells how low and high were joined: `range`, `list` or None."""

    low: float
    high: float
    start: int
    end: int
    notation: str
    joint: str | None = None
    flags: tuple[str, ...] = ()


def _number(text: str) -> float:
    if text in NUMBER_WORDS:
        return float(NUMBER_WORDS[text])
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3}){2,}", text) or re.fullmatch(r"[1-9]\d{0,2},\d{3}", text):
        return float(re.sub(r"[.,]", "", text))
    return float("".join(text.split()).replace(",", "."))


def _scale(word: str | None) -> float:
    return next((v for k, v in _SCALES.items() if word and word.strip().startswith(k)), 1.0)


def _exponent(m: re.Match, name: str) -> tuple[int, str]:
    if m[f"{name}raised"]:
        return int("".join(_SUPERSCRIPT[c] for c in m[f"{name}raised"])), "superscript"
    if m[f"{name}marked"]:
        return int(m[f"{name}marked"]), "marked_power"
    if name == "p" and m["ptilde"]:
        return int(m["ptilde"]), "marked_power"
    return int(m[f"{name}lost"]), "lost_superscript"


def _read(m: re.Match) -> tuple[float, float, str, tuple[str, ...], float] | None:
    """(low, high, notation, flags, factor): `factor` is what a bare number before a range sign shares."""
    if m["mantissa"]:
        exponent, notation = _exponent(m, "p")
        if not 3 <= exponent <= 12:
            return None
        mantissa, factor = _number(m["mantissa"]), 10.0**exponent
        flags = ("doubled_unit",) if m["doubled"] else ()
        if m["spread"]:
            spread = _number(m["spread"])
            low = max(mantissa - spread, 0.0)
            return low * factor, (mantissa + spread) * factor, notation, (*flags, "plus_minus"), factor
        return mantissa * factor, mantissa * factor, notation, flags, factor
    if m["product"]:
        factor = float(m["factor"].replace(",", ""))
        return _number(m["product"]) * factor, _number(m["product"]) * factor, "product", (), factor
    if m["scientific"]:
        mantissa, exponent = float(m["scientific"]), int(m["exponent"])
        if not 3 <= exponent <= 12:
            return None
        # "10e6" is ten to the sixth in most hands; any other mantissa is ordinary scientific notation.
        value = 10.0**exponent if mantissa == 10 else mantissa * 10.0**exponent
        return value, value, "e_notation", (), 10.0**exponent
    if m["qmarked"] or m["qraised"] or m["qlost"]:
        exponent, notation = _exponent(m, "q")
        if not 4 <= exponent <= 11:
            return None
        return (
            10.0**exponent,
            10.0**exponent,
            "bare_" + notation,
            ("doubled_unit",) if m["qdoubled"] else (),
            10.0**exponent,
        )
    if m["scaled"]:
        factor = _scale(m["scale"]) * (100 if m["hundred"] else 1)
        return _number(m["scaled"]) * factor, _number(m["scaled"]) * factor, "words", (), factor
    if m["suffixed"]:
        return _number(m["suffixed"]) * 1e6, _number(m["suffixed"]) * 1e6, "m_suffix", (), 1e6
    digits = re.sub(r"[.,\s]", "", m["grouped"] or m["long"] or m["spaced"])
    return float(digits), float(digits), "digits", (), 1.0


def find_quantities(text: str) -> list[Quantity]:
    """Every number of at least 1,000 written in one of the notations above, ranges joined, in order of appearance.

    "1-2 x 10^6" shares the exponent: 1e6 to 2e6. "0.5, 1.0 and 2.5 million" is a list of three quantities with joint
    `list`. Damaged superscripts are repaired; whether a number is a dose at all is for the caller to decide.
    """
    folded = fold(text).decode("ascii")
    found: list[Quantity] = []
    taken = 0
    for m in _ATOM.finditer(folded):
        if m.start() < taken or not (read := _read(m)):
            continue
        if m["suffixed"] and text[m.start("suffix")] != "M":  # "25 m" are metres
            continue
        low, high, notation, flags, factor = read
        start, end = m.start(), m.end()
        if (
            notation in ("marked_power", "lost_superscript")
            and (more := _EXPONENT_RANGE.match(folded, end))
            and m["mantissa"]
        ):
            exponent = int(more[1])
            if (
                4 <= exponent <= 11
                and exponent > round(_log10(factor))
                and not re.match(r"\s?x", folded[more.end() : more.end() + 3])
            ):
                high, end = low / factor * 10.0**exponent, more.end()
        front = _fronts(folded, start, taken, factor) if factor >= 1e3 and "plus_minus" not in flags else []
        joint = "list" if any(f[3] == "list" for f in front) else "range" if front else None
        if joint == "range":
            value, begin, _, _ = front[0]
            found.append(Quantity(min(value, low), max(value, high), begin, end, notation, "range", flags))
        else:
            found += [Quantity(v, v, b, e, notation, "list", flags) for v, b, e, _ in reversed(front)]
            found.append(Quantity(low, high, start, end, notation, joint, flags))
        taken = end
    return _join_ranges(folded, [q for q in found if q.high >= 1e3])


def _log10(value: float) -> int:
    return len(str(int(value))) - 1


def _fronts(folded: str, start: int, floor: int, factor: float) -> list[tuple[float, int, int, str]]:
    """Bare numbers before the atom that share its exponent or unit: nearest first, at most eight."""
    fronts: list[tuple[float, int, int, str]] = []
    at = start
    for _ in range(8):
        m = _FRONT.search(folded[max(floor, at - 24) : at])
        if not m:
            break
        begin = max(floor, at - 24) + m.start()
        if begin and re.match(r"[\w.^]", folded[begin - 1]):
            break
        joint = m["joint"].strip()
        kind = "range" if joint in ("-", "~", "to", "..", "...") else "list"
        value = _number(m["low"]) * (_scale(m["unit"]) if m["unit"] else factor)
        if value > 1e11:
            break
        fronts.append((value, begin, begin + len(m["low"]), kind))
        at = begin
        if kind == "range":
            break
    # "days 1, 8 and 15, 2 million cells": the list belongs to the days, not to the dose.
    if fronts and _LABELLED.search(folded[max(0, fronts[-1][1] - 12) : fronts[-1][1]]):
        return []
    return fronts


def _join_ranges(folded: str, found: list[Quantity]) -> list[Quantity]:
    """Join neighbours written in full on both sides: "1x10^6 - 2x10^6", "1000000 to 2000000", "600 million to 1 billion"."""
    joined: list[Quantity] = []
    for quantity in found:
        if joined and joined[-1].joint is None and quantity.joint is None:
            between = folded[joined[-1].end : quantity.start]
            if (
                re.fullmatch(r"\s?(?:cells?|mscs?)?(?:/(?:kg|ml|cc))?\s?(?:-|~|to|up to)\s?", between)
                and joined[-1].high < quantity.low
            ):
                last = joined.pop()
                quantity = Quantity(
                    last.low,
                    quantity.high,
                    last.start,
                    quantity.end,
                    quantity.notation,
                    "range",
                    last.flags + quantity.flags,
                )
        joined.append(quantity)
    return joined
