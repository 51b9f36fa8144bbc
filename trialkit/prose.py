"""Numbers in words: every sentence of a report that holds a number is made here, right for none, one and many."""

from collections.abc import Iterable, Sequence

_WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def plural(n: int, noun: str, nouns: str | None = None) -> str:
    """`no trials`, `1 trial`, `12 trials`."""
    return f"{n if n else 'no'} {noun if n == 1 else nouns or noun + 's'}"


def share(part: int, whole: int) -> str:
    """`12 of 40 (30 %)`, with a no-break space; the percentage is left out below ten, where it would only pretend precision."""
    if whole == 0:
        return "0 of 0"
    return f"{part} of {whole}" if whole < 10 else f"{part} of {whole} ({100 * part / whole:.0f}\u00a0%)"


def percent(fraction: float, digits: int = 1) -> str:
    """`25.9 %`."""
    return f"{100 * fraction:.{digits}f}\u00a0%"


def listing(items: Iterable[str], empty: str = "none") -> str:
    """`a`, `a and b`, `a, b and c`."""
    items = list(items)
    if not items:
        return empty
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def count(n: float) -> str:
    """A count of cells for reading: `1 million`, `2.5 million`, `150,000`, `1.2 billion`."""
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if n >= size:
            return f"{n / size:.3g} {word}"
    return f"{n:,.0f}"


def number(value: float) -> str:
    """A number as a reader writes it, with all of its digits: `0.25`, `75,000`, `1,200,000`."""
    return f"{value:,.12g}"


def span(values: Sequence[float]) -> str:
    """`7`, or `3 to 40` for several values."""
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def capital(sentence: str) -> str:
    """The sentence with a capital first letter."""
    return sentence[:1].upper() + sentence[1:]
