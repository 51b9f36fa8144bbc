"""The values of one trial in words: doses, schedules, times, designs, and the places they were read from."""

import re
from collections.abc import Iterable
from typing import Any

from trialkit.frames import Frames
from trialkit.prose import capital, count, listing, plural
from trialkit.vocabulary import load_vocabulary

BASIS_WORDS = {
    "per_kg": "cells per kg", "total": "cells", "per_ml": "cells per mL", "per_site": "cells per site",
    "per_area": "cells per area", "unclear": "cells (per what is unclear)",
}  # fmt: skip
FLAG_WORDS = {
    "implausible": "outside the plausible window", "plus_minus": "given with ±", "total_word": "called a total",
    "description": "from the description, not tied to an arm", "doubled_unit": "unit written twice", "interval_range": "interval is a range",
}  # fmt: skip
COLUMN_WORDS = {
    "enrollment_count": "Enrolment", "cell_source": "Cell source", "product_class": "Product class", "routes": "Route",
    "overall_status": "Recruitment status", "minimum_age_years": "Lower age limit", "maximum_age_years": "Upper age limit", "n": "Arm size",
}  # fmt: skip
VOCABULARIES = {"product_class": "product_classes", "cell_source": "cell_sources", "routes": "routes"}
_PLACE = re.compile(r"^(\w+)(?:\.(primary|secondary|other))?(?:\[(\d+)\])?(?:\.(\w+))?(?:\[\d+\])?$")


def describe_dose(low: float | None, high: float | None, basis: str | None) -> str | None:
    """`1 million cells per kg`, `1 million to 2 million cells`, `up to …`, `at least …`; None without a dose."""
    if low is None and high is None:
        return None
    words = BASIS_WORDS.get(basis or "unclear", "cells")
    if low is None:
        return f"up to {count(high)} {words}"
    if high is None:
        return f"at least {count(low)} {words}"
    return f"{count(low)} {words}" if low == high else f"{count(low)} to {count(high)} {words}"


def describe_limit(row: dict[str, Any]) -> str:
    """`>= 18 years`, `18 to 65 years` from operator, low, high and unit of a criterion."""
    low, high = row["low"], row["high"]
    both = low is not None and high is not None and row["operator"] == "between"
    one = low if low is not None else high  # neither for a grade, whose letter is the unit
    number = (
        f"{low:g} to {high:g}"
        if both
        else join_words(filter(None, (row["operator"], None if one is None else f"{one:g}")), " ")
    )
    return join_words(filter(None, (number, row["unit"])), " ") or ""


def describe_schedule(regimen: dict[str, Any]) -> str | None:
    """`3 administrations, every 30 days`, `on days 0, 7 and 14`; None when nothing is stated."""
    n, gaps, days = regimen["n_administrations"], regimen["interval_days"], regimen["schedule_days"]
    parts = [plural(n, "administration")] if n else []
    if days:
        parts.append(f"on day{'' if len(days) == 1 else 's'} {listing(f'{d:g}' for d in days)}")
    elif gaps:
        parts.append(f"{'every' if len(gaps) == 1 else 'with gaps of'} {listing(f'{d:g}' for d in gaps)} days")
    return ", ".join(parts) or None


def describe_time(outcome: dict[str, Any]) -> str | None:
    """`days 0, 30 and 90`, `until day 420`, `every 90 days`; None when no time was read."""
    points, horizon, every = outcome["timepoints_days"], outcome["horizon_days"], outcome["recurrence_days"]
    parts = [f"day{'' if len(points) == 1 else 's'} {listing(f'{d:g}' for d in points)}"] if points else []
    if horizon is not None and horizon not in points:
        parts.append(f"until day {horizon:g}")
    if every:
        parts.append(f"every {every:g} days")
    if outcome["anchor"]:
        parts.append(f"counted from {plain_word(outcome['anchor'])}")
    return ", ".join(parts) or None


def describe_design(trial: dict[str, Any]) -> str | None:
    """Study type, allocation, model and masking in one sentence, from what is registered."""
    allocation = {"na": "no allocation", "randomized": "randomised", "non_randomized": "not randomised"}.get(
        trial["allocation"], trial["allocation"]
    )
    masking = {"none": "open label"}.get(trial["masking"], f"{trial['masking']} masking" if trial["masking"] else None)
    model = f"{plain_word(trial['intervention_model'])} design" if trial["intervention_model"] else None
    return join_words(filter(None, [plain_word(trial["study_type"]), allocation, model, masking]))


def describe_enrolment(trial: dict[str, Any]) -> str | None:
    """`16 planned`, `21 actual`, `40 (planned or actual is not told)`."""
    if trial["enrollment_count"] is None:
        return None
    kind = {"actual": "actual", "estimated": "planned"}.get(trial["enrollment_type"])
    return (
        f"{trial['enrollment_count']} {kind}"
        if kind
        else f"{trial['enrollment_count']} (planned or actual is not told)"
    )


def describe_age(trial: dict[str, Any]) -> str | None:
    """`18 to 65 years`, `18 years and older`; None without limits."""
    low, high = trial["minimum_age_years"], trial["maximum_age_years"]
    if low is None and high is None:
        return None
    if high is None:
        return f"{low:.3g} years and older"
    return f"up to {high:.3g} years" if low is None else f"{low:.3g} to {high:.3g} years"


def describe_sizes(own: Frames) -> str | None:
    """`11 + 5 = 16`, or the sizes that are stated when some are not; None without any."""
    sizes = own.arms.sort("position")["n"].to_list()
    known = [n for n in sizes if n is not None]
    if not known:
        return None
    words = " + ".join(map(str, known))
    if len(known) < len(sizes):
        return f"{words} in {len(known)} of {len(sizes)} arms"
    return words if len(known) == 1 else f"{words} = {sum(known)}"


def column_in_words(column: str) -> str:
    """`enrollment_count` as `Enrolment`."""
    return COLUMN_WORDS.get(column, capital(column.replace("_", " ")))


def place_in_words(field: str) -> str:
    """`outcomes.primary[0].measure` as `primary outcome 1, measure`; `arms[0].description` as `arm 1, description`."""
    m = _PLACE.match(field)
    if not m:
        return field
    name, role, number, part = m.groups()
    noun = name.removesuffix("s") if number is not None else name.replace("_", " ")
    words = f"{role} {noun}" if role else noun
    return ", ".join(
        filter(None, [f"{words} {int(number) + 1}" if number is not None else words, part and part.replace("_", " ")])
    )


def value_in_words(column: str, value: str) -> str:
    """A value of the evidence for reading: `msc` as the label of its vocabulary, `1e+06 per_kg` as `1 million per kg`."""
    if column in VOCABULARIES:
        return load_vocabulary(VOCABULARIES[column]).labels().get(value, plain_word(value))
    return re.sub(r"\d\.?\d*e\+?\d+", lambda m: count(float(m[0])), value).replace("_", " ")


def labels_of(vocabulary: str, keys: Iterable[str]) -> list[str]:
    """The labels of keys of a vocabulary, without `none`."""
    labels = load_vocabulary(vocabulary).labels()
    return [labels.get(key, plain_word(key)) for key in keys if key != "none"]


def join_words(words: Iterable[str], by: str = ", ") -> str | None:
    """The words in a row, or None without any."""
    return by.join(words) or None


def plain_word(word: str | None) -> str | None:
    """`single_group` as `single group`."""
    return word.replace("_", " ") if word else None


def describe_date(trial: dict[str, Any], name: str) -> str | None:
    """A date as precisely as it was given: `2015`, `2015-04` or `2015-04-15`."""
    day, precision = trial[name], trial[f"{name}_precision"]
    return day and day.strftime({"year": "%Y", "month": "%Y-%m"}.get(precision, "%Y-%m-%d"))
