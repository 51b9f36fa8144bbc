"""Doses, schedules and time frames written as registries write them: hypothesis strategies of (text, what it says)."""

from decimal import Decimal

from hypothesis import strategies as st

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 8: "eight", 10: "ten", 12: "twelve"}
DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}

mantissas = st.one_of(
    st.integers(1, 99).map(Decimal),
    st.integers(11, 999).map(lambda n: Decimal(n) / 10),
    st.integers(101, 999).map(lambda n: Decimal(n) / 100),
).map(Decimal.normalize)


def plain(number: Decimal) -> str:
    return f"{number:f}"


@st.composite
def powers(draw: st.DrawFn) -> tuple[str, float]:
    """2 x 10^6, with or without its superscript."""
    mantissa, exponent = draw(mantissas), draw(st.integers(5, 9))
    sign = draw(st.sampled_from(["x", "X", "×", "*", "✕", "⨯", "х", "·"]))
    raised = draw(
        st.sampled_from(
            [f"^{exponent}", str(exponent).translate(SUPERSCRIPTS), f"^({exponent})", f"e{exponent}", str(exponent)]
        )
    )
    if sign == "·" and raised == str(exponent):
        raised = f"^{exponent}"  # a point before 106 is a decimal point
    gap = draw(st.sampled_from(["", " ", "\u00a0", "\u2009"]))
    return f"{plain(mantissa)}{gap}{sign}{gap}10{raised}", float(mantissa * 10**exponent)


@st.composite
def scientific(draw: st.DrawFn) -> tuple[str, float]:
    """1.5e6."""
    mantissa = draw(mantissas.filter(lambda number: number != 10))  # 10e6 is ten to the sixth to those who write it
    exponent = draw(st.integers(5, 9))
    return f"{plain(mantissa)}{draw(st.sampled_from(['e', 'E', 'e+', 'E+0']))}{exponent}", float(
        mantissa * 10**exponent
    )


@st.composite
def in_words(draw: st.DrawFn) -> tuple[str, float]:
    """20 million, 1.5 billion, two hundred million."""
    scale, factor = draw(
        st.sampled_from([("million", 10**6), ("Million", 10**6), ("millions", 10**6), ("billion", 10**9)])
    )
    gap = draw(st.sampled_from([" ", "-", "\u00a0"]))
    if draw(st.booleans()):
        number, word = draw(st.sampled_from(sorted(WORDS.items())))
        return f"{word}{gap}{scale}", float(number * factor)
    mantissa = draw(mantissas)
    return f"{plain(mantissa)}{gap}{scale}", float(mantissa * factor)


@st.composite
def in_digits(draw: st.DrawFn) -> tuple[str, float]:
    """1,000,000 or 1000000."""
    number = draw(st.integers(1, 999)) * 10 ** draw(st.integers(5, 7))
    mark = draw(st.sampled_from([",", ".", " ", "\u00a0", "\u2009", ""]))
    return f"{number:,}".replace(",", mark), float(number)


numbers = st.one_of(powers(), scientific(), in_words(), in_digits())
bases = st.sampled_from(
    [
        (" cells/kg", "per_kg"), (" MSCs per kg", "per_kg"), (" cells/kg body weight", "per_kg"),
        (" cells per kilogram", "per_kg"), (" cells", "total"), (" MSCs per patient", "total"), (" stem cells in total", "total"),
        (" cells/mL", "per_ml"), (" cells per ml", "per_ml"),
    ]
)  # fmt: skip
sentences = st.sampled_from(
    [
        "{}",
        "A dose of {} is given.",
        "Patients receive {} intravenously",
        "Group A: {}.",
        "MSC ({})",
        "Infusion of {}; then rest",
        "Dose: {}",
    ]
)


@st.composite
def doses(draw: st.DrawFn) -> tuple[str, float | None, float | None, str]:
    """(text, low, high, basis) of one dose."""
    (number, value), (unit, basis), sentence = draw(numbers), draw(bases), draw(sentences)
    limit = draw(st.sampled_from(["", "", "", "up to ", "at least ", "approximately "]))
    low, high = None if limit == "up to " else value, None if limit == "at least " else value
    return sentence.format(limit + number + unit), low, high, basis


@st.composite
def ranges(draw: st.DrawFn) -> tuple[str, float | None, float | None, str]:
    """(text, low, high, basis) of a range, its two ends in one notation."""
    (unit, basis), sentence = draw(bases), draw(sentences)
    low, high = sorted(draw(st.lists(mantissas, min_size=2, max_size=2, unique=True)))
    exponent = draw(st.integers(5, 9))
    joint = draw(st.sampled_from([" to ", "-", " - ", "–"]))
    power = f"10^{exponent}"
    words = draw(
        st.sampled_from(
            [f"{plain(low)}{joint}{plain(high)} x {power}", f"{plain(low)} x {power}{joint}{plain(high)} x {power}"]
        )
    )
    return sentence.format(words + unit), float(low * 10**exponent), float(high * 10**exponent), basis


@st.composite
def schedules(draw: st.DrawFn) -> tuple[str, int, tuple[float, ...]]:
    """(text, number of administrations, gaps in days)."""
    n, every, unit = draw(st.integers(2, 12)), draw(st.integers(1, 12)), draw(st.sampled_from(["day", "week", "month"]))
    given = draw(st.sampled_from(["infusions", "injections", "doses"]))
    number = WORDS.get(n, str(n)) if draw(st.booleans()) else str(n)
    days = DAYS[unit]
    several = f"{every} {unit}{'s' if every > 1 else ''}"
    listed = [every * k for k in range(n)]
    run = f"{', '.join(map(str, listed[:-1]))}{draw(st.sampled_from([', ', ' and ', ' & ']))}{listed[-1]}"
    return draw(
        st.sampled_from(
            [
                (f"{number} {given} of cells, {several} apart", n, (float(every * days),)),
                (f"Cells are given every {several} for {number} {given}", n, (float(every * days),)),
                (f"{number} {given} of MSC every {several}", n, (float(every * days),)),
                (f"Cells are infused once a week for {number} weeks", n, (7.0,)),
                (f"cells infused weekly x {n}", n, (7.0,)),
                (f"MSC infusion once every {unit} for {number} times", n, (float(days),)),
                (f"Cells are infused on {unit}s {run}", n, (float(every * days),)),
                (f"Cells are infused at {unit} {run}", n, (float(every * days),)),
            ]
        )
    )


@st.composite
def time_frames(draw: st.DrawFn) -> tuple[str, float | None, list[float], float | None]:
    """(text, horizon, points, recurrence), in days."""
    unit = draw(st.sampled_from(["day", "week", "month", "year"]))
    days = DAYS[unit]
    listed = sorted(draw(st.lists(st.integers(1, 60), min_size=2, max_size=5, unique=True)))
    n, last = listed[0], listed[-1]
    run = f"{', '.join(map(str, listed[:-1]))}{draw(st.sampled_from([', ', ' and ', ', and ', ' & ']))}{last}"
    points = [float(k * days) for k in listed]
    s = "s" if n > 1 else ""
    return draw(
        st.sampled_from(
            [
                (f"{n} {unit}{s}", points[0], points[:1], None),
                (f"{n} {unit}{s} after infusion", points[0], points[:1], None),
                (f"up to {n} {unit}{s}", points[0], points[:1], None),
                (f"{unit} {n}", points[0], points[:1], None),
                (f"{run} {unit}s", points[-1], points, None),
                (f"at {unit}s {run}", points[-1], points, None),
                (f"Baseline, {run} {unit}s after treatment", points[-1], [0.0, *points], None),
                (f"baseline to {unit} {n}", points[0], [0.0, points[0]], None),
                (f"every {n} {unit}{s}", None, [], points[0]),
                (f"every {n} {unit}s up to {last} {unit}s", points[-1], points[-1:], points[0]),
            ]
        )
    )
