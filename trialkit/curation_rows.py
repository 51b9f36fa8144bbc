"""Reading and setting one fact in the rows of one trial, so that every frame says the same.

Rows are {frame: rows of one trial}. Setting changes the rows given: hand over copies.
"""

from collections.abc import Callable, Iterator
from typing import Any

from trialkit.curation_facts import Fact
from trialkit.curation_values import Level, Time
from trialkit.facts.donor import PERINATAL
from trialkit.facts.doses import implausible
from trialkit.facts.status import is_timed
from trialkit.rows import dose_words, schedule_words
from trialkit.schema import FRAMES
from trialkit.vocabulary import load_vocabulary

Row = dict[str, Any]
Rows = dict[str, list[Row]]
FLAG = "curated"  # in `flags` of a regimen that a person set
_COLUMNS = {"minimum_age": "minimum_age_years", "maximum_age": "maximum_age_years", "route": "routes"}
_DOSE = {"dose_low", "dose_high", "dose_basis"}
_MULTIPLIED = ("per_kg", "total")  # bases whose doses can be added up over administrations


def list_places(fact: Fact, rows: Rows) -> Iterator[tuple[str, str, Row]]:
    """(path, what stands there, its row) of every place where the trial has this fact: itself, its arms or outcomes."""
    if fact.place == "trial":
        yield "", "", rows["trials"][0]
    elif fact.place == "arm":
        for row in rows["arms"]:
            yield f"arms[{row['position']}]", row["label"] or "", row
    else:
        for row in rows["endpoints"]:
            yield f"outcomes.{row['role']}[{row['position']}]", row["measure"], row


def find_place(fact: Fact, rows: Rows, path: str) -> tuple[str, Row] | None:
    """(what stands there, its row) of one path; None where the trial has no such place."""
    return next(((about, row) for known, about, row in list_places(fact, rows) if known == path), None)


# Reading


def read_value(fact: Fact, rows: Rows, row: Row) -> Any:
    """The value of a fact as its `parse` gives it; None or () when nothing is stated."""
    regimens = rows["regimens"]
    match fact.key:
        case "dose":
            return tuple(dict.fromkeys(level for r in regimens if (level := _level(r))))
        case "n_administrations":
            return tuple(dict.fromkeys(r["n_administrations"] for r in regimens if r["n_administrations"]))
        case "interval":
            return tuple(dict.fromkeys(gap for r in regimens for gap in r["interval_days"]))
        case "donor":
            return None if row["donor"] == "not_reported" else row["donor"]
        case "enrollment":
            n = row["enrollment_count"]
            return None if n is None else (n, row["enrollment_type"])
        case "arm_size":
            return row["n"]
        case "instrument":
            return tuple(row["instruments"])
        case "time_frame":
            time = Time(row["horizon_days"], tuple(row["timepoints_days"]), row["recurrence_days"], row["anchor"])
            return time if is_timed(row) else None
        case key:
            value = row[_COLUMNS.get(key, key)]
            return tuple(value) if fact.several else value


def read_words(fact: Fact, rows: Rows, row: Row) -> list[str]:
    """The value as evidence writes it, one text per row of evidence."""
    value = read_value(fact, rows, row)
    match fact.key:
        case "dose":
            return [dose_words(level) for level in value]
        case "n_administrations" | "interval":
            return list(dict.fromkeys(words for r in rows["regimens"] if (words := schedule_words(_Schedule(r)))))
        case "enrollment":
            return [] if value is None else [str(value[0])]
        case "time_frame" | "phases":
            return [fact.show(value)] if value else []
        case _ if fact.several:
            return list(value)
    return [] if value is None else [str(value)]


class _Schedule:
    """A regimen as `schedule_words` takes it."""

    def __init__(self, row: Row):
        self.n_administrations, self.interval_days = row["n_administrations"], row["interval_days"]


def _level(row: Row) -> Level | None:
    return None if row["dose_basis"] is None else Level(row["dose_low"], row["dose_high"], row["dose_basis"])


# Setting


def set_value(fact: Fact, rows: Rows, row: Row, value: Any) -> None:
    """Put a value as read by `fact.parse` into every frame that holds the fact."""
    trial = rows["trials"][0]
    match fact.key:
        case "dose":
            rows["regimens"] = _spread(
                rows["regimens"], value, _level, _with_dose, _blank_regimen(rows), _said_of_regimen
            )
        case "n_administrations":
            rows["regimens"] = _spread(
                rows["regimens"], value, lambda r: r["n_administrations"], _with_count, _blank_regimen(rows), _said_of_regimen
            )  # fmt: skip
        case "interval":
            rows["regimens"] = _with_gaps(rows["regimens"] or [_blank_regimen(rows)], list(value))
        case "product_class" | "cell_source":
            trial[fact.key] = list(value)
            _set_products(rows, fact.key, value)
        case "donor":
            trial["donor"] = value or "not_reported"
            _set_donors(rows, trial["donor"])
        case "route":
            trial["routes"] = list(value)
            for r in rows["regimens"]:
                kept = [route for route in (r["route"] or "").split("+") if route in value]
                r["route"] = "+".join(kept or value) or None
        case "enrollment":
            trial["enrollment_count"], trial["enrollment_type"] = value or (None, None)
        case "arm_size":
            row["n"] = value
        case "condition_group":
            trial["condition_group"] = value
            entries = load_vocabulary("conditions").entries
            trial["condition_family"] = entries[value].more.get("family") if value else None
        case "instrument":
            row["instruments"] = list(value)
        case "time_frame":
            time = value or Time(None, (), None, None)
            row |= {"horizon_days": time.horizon, "timepoints_days": list(time.points)}
            row |= {"recurrence_days": time.every, "anchor": time.anchor}
        case key:
            row[_COLUMNS.get(key, key)] = list(value) if fact.several else value
    if fact.key in ("cell_source", "donor"):
        silent = trial["donor"] == "not_reported" and PERINATAL & set(trial["cell_source"])
        trial["donor_implied"] = "allogeneic" if silent else None


def _blank(frame: str, rows: Rows) -> Row:
    """A row that says nothing but of which trial it is."""
    names = FRAMES[frame].create_empty().schema
    blank: Row = {name: [] if str(dtype).startswith("List") else None for name, dtype in names.items()}
    return blank | {"trial_id": rows["trials"][0]["trial_id"]}


def _spread(
    rows: list[Row],
    wanted: tuple,
    get: Callable[[Row], Any],
    put: Callable[[Row, Any], Row],
    blank: Row,
    said: Callable[[Row], set],
) -> list[Row]:
    """The rows with the values `wanted` and no others.

    One value stands in every row. Of several, the rows that have one keep it; a new one comes with what all rows share.
    A row whose value is not wanted stays without it only where it says of another fact what no other row says.
    """
    if len(wanted) < 2:
        new = [put(row, wanted[0] if wanted else None) for row in rows or [blank]]
    else:
        shared = {c: v for c, v in (rows[0] if rows else {}).items() if all(r[c] == v for r in rows)}
        if not shared.keys() >= _DOSE:  # a basis without its number is no dose
            shared = {c: v for c, v in shared.items() if c not in _DOSE}
        new = [row for row in rows if get(row) in wanted]
        held = [get(row) for row in new]
        new += [put(blank | shared, value) for value in wanted if value not in held]
        for row in rows:
            bare = put(row, None)
            if get(row) not in wanted and said(bare) - set().union(*map(said, new)):
                new.append(bare)
    once: dict[str, Row] = {}
    for row in new:
        once.setdefault(str({c: v for c, v in row.items() if c not in ("position", "flags")}), row)
    return [row for row in once.values() if said(row)]


def _blank_regimen(rows: Rows) -> Row:
    trial = rows["trials"][0]
    only = trial["product_class"][0] if len(trial["product_class"]) == 1 else None
    return _blank("regimens", rows) | {"product_class": only, "route": "+".join(trial["routes"]) or None}


def _said_of_regimen(row: Row) -> set:
    gaps = tuple(row["interval_days"] or row["schedule_days"])
    return {("dose", _level(row)), ("n", row["n_administrations"]), ("gaps", gaps)} - {
        ("dose", None), ("n", None), ("gaps", ()),
    }  # fmt: skip


def _with_dose(row: Row, level: Level | None) -> Row:
    if _level(row) == level:
        return row
    low, high, basis = level or (None, None, None)
    flags = [FLAG, *(implausible(low, high, basis) if level else [])]
    return _recounted(row | {"dose_low": low, "dose_high": high, "dose_basis": basis, "flags": flags})


def _with_count(row: Row, n: int | None) -> Row:
    if row["n_administrations"] == n:
        return row
    # Days laid out for another number cannot stand, and one administration has no interval.
    gaps = [] if n == 1 else row["interval_days"]
    return _recounted(
        row | {"n_administrations": n, "interval_days": gaps, "schedule_days": [], "flags": _flagged(row)}
    )


def _with_gaps(rows: list[Row], gaps: list[float]) -> list[Row]:
    """The interval in every regimen of more than one administration; in all where none has more."""
    once = [row for row in rows if row["n_administrations"] == 1]
    once = once if len(once) < len(rows) else []
    new = []
    for row in rows:
        own = [] if any(row is one for one in once) else gaps
        changed = {"interval_days": own, "schedule_days": [], "flags": _flagged(row)}
        new.append(row if row["interval_days"] == own else row | changed)
    return [row for row in new if _said_of_regimen(row)]


def _flagged(row: Row) -> list[str]:
    return list(dict.fromkeys([*row["flags"], FLAG]))


def _recounted(row: Row) -> Row:
    """The row with its cumulative dose; none where a "total" may be the whole course already."""
    n, whole_course = row["n_administrations"], "total_word" in row["flags"]
    times = n if n and row["dose_basis"] in _MULTIPLIED and not (whole_course and n > 1) else None
    return row | {
        f"cumulative_{end}": row[f"dose_{end}"] * times if times and row[f"dose_{end}"] is not None else None
        for end in ("low", "high")
    }


def _set_products(rows: Rows, column: str, value: tuple) -> None:
    blank = _blank("cell_products", rows) | {"donor": rows["trials"][0]["donor"]}
    if column == "product_class":
        only = value[0] if len(value) == 1 else None
        rows["regimens"] = [r | {"product_class": only} for r in rows["regimens"]]
    tissues = load_vocabulary("exact_tissues").entries

    def put(row: Row, word: str | None) -> Row:
        new = row | {column: word}
        exact = new["exact_tissue"]
        fits = exact is None or tissues[exact].more["cell_source"] == new["cell_source"]
        return new if fits else new | {"exact_tissue": None}

    def said(row: Row) -> set:
        return {(c, row[c]) for c in ("product_class", "cell_source") if row[c] is not None}

    products = _spread(rows["cell_products"], value, lambda r: r[column], put, blank, said)
    rows["cell_products"] = [row | {"position": n} for n, row in enumerate(products)]


def _set_donors(rows: Rows, donor: str) -> None:
    """The donor of every product; products that together make up "both" keep their own."""
    told = {row["donor"] for row in rows["cell_products"]}
    if donor != "both" or told != {"autologous", "allogeneic"}:
        rows["cell_products"] = [row | {"donor": donor} for row in rows["cell_products"]]
