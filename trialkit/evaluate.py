"""How well the facts are read: frames against labelled records, per field, with intervals and the list of errors.

Values that a person decided are scored as they were read: curation can never polish the scores.
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from trialkit.frames import DATA, Frames

GOLD = DATA / "gold" / "dev.jsonl"
FIELDS = (
    "product_class", "cell_source", "donor", "route", "dose", "dose_reported", "n_administrations", "interval_days",
    "core_area", "instrument", "horizon", "timepoints", "recurrence",
)  # fmt: skip
_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0, "year": 365.0}
# Frames whose rows stay under curation, and what tells the rows of one trial apart; of others all rows are replaced.
_CHANGED_BY = {"trials": (), "arms": ("position",), "endpoints": ("role", "position"), "fact_status": ("fact",)}
_SCORED_FACTS = [
    "product_class", "cell_source", "donor", "route", "dose", "n_administrations", "interval", "core_area", "instrument", "time_frame",
]  # fmt: skip
_DRAWS = 400  # bootstrap samples; the seed is fixed, so the same frames give the same intervals


class Item(NamedTuple):
    """One trial or outcome of one field: what the label holds and what was read."""

    label: str
    gold: list[Any]
    found: list[Any]
    hits: int

    @property
    def exact(self) -> bool:
        return self.hits == len(self.gold) == len(self.found)


def read_gold(path: Path | str = GOLD) -> list[dict[str, Any]]:
    """The labelled records of a JSON Lines file. Raises ValueError naming the line that is not one."""
    rows = []
    for n, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(
                f"{path}, line {n}: not JSON ({error.msg}); expected one labelled trial per line"
            ) from None
        if not isinstance(row, dict) or "trial_id" not in row:
            raise ValueError(
                f"{path}, line {n}: a labelled trial needs a trial_id; see data/gold/README.md for the fields"
            )
        rows.append(row)
    return rows


def score_fields(frames: Frames, gold: Sequence[dict[str, Any]], stratum: str | None = None) -> pl.DataFrame:
    """field, n, precision, recall, f1, f1_low, f1_high, exact: one row a field, over the labelled trials in the frames.

    `n` counts trials (outcomes for endpoint fields). Intervals are 95 % bootstrap intervals over them. Labelled trials
    that the frames do not hold are left out; `covered` tells which are in.
    """
    rows = []
    for field, items in _compare(frames, gold, stratum).items():
        precision, recall, f1, exact = _figures(items)
        draw = random.Random(7)
        spread = sorted(_figures(draw.choices(items, k=len(items)))[2] for _ in range(_DRAWS)) if items else [0.0]
        low, high = spread[int(0.025 * len(spread))], spread[max(int(0.975 * len(spread)) - 1, 0)]
        rows.append((field, len(items), precision, recall, f1, low, high, exact))
    columns = ["field", "n", "precision", "recall", "f1", "f1_low", "f1_high", "exact"]
    return pl.DataFrame(rows, schema=columns, orient="row", schema_overrides={"n": pl.Int64, "field": pl.String})


def list_errors(frames: Frames, gold: Sequence[dict[str, Any]], field: str, stratum: str | None = None) -> pl.DataFrame:
    """label, gold, found: every trial (or outcome) of `field` that was not read exactly. ValueError for an unknown field."""
    if field not in FIELDS:
        raise ValueError(f"{field!r} is no field that is scored; there are: {', '.join(FIELDS)}")
    items = _compare(frames, gold, stratum)[field]
    rows = [(i.label, _words(i.gold), _words(i.found)) for i in items if not i.exact]
    return pl.DataFrame(
        rows,
        schema=["label", "gold", "found"],
        orient="row",
        schema_overrides=dict.fromkeys(("label", "gold", "found"), pl.String),
    )


def covered(frames: Frames, gold: Sequence[dict[str, Any]]) -> list[str]:
    """The labelled trials that the frames hold."""
    held = set(frames.trials["trial_id"])
    return [row["trial_id"] for row in gold if row["trial_id"] in held]


def count_curated(frames: Frames, gold: Sequence[dict[str, Any]]) -> int:
    """How many values of the labelled trials a person set otherwise than they were read; scored all the same as read."""
    own = frames.curation.filter(pl.col("trial_id").is_in(covered(frames, gold)) & pl.col("fact").is_in(_SCORED_FACTS))
    return len(own.filter(pl.col("applied") & (pl.col("decision").cast(pl.String) != "accepted")))


def as_read(frames: Frames) -> Frames:
    """The frames with every curated value put back to what was read; evidence and `curation` stay as they are.

    Raises ValueError when the frames hold curated values without what they replaced.
    """
    before: dict[str, dict[str, list[dict]]] = defaultdict(dict)  # frame -> trial -> its rows, or their changed columns
    for trial_id, own in frames.curation.group_by("trial_id", maintain_order=True):
        replaced = own["replaced"].drop_nulls()
        if replaced.is_empty():
            raise ValueError(
                f"{trial_id[0]}: the frames do not tell what its curated values replaced; build them again"
            )
        for name, rows in json.loads(replaced[0]).items():
            before[name][trial_id[0]] = rows
    return replace(frames, **{name: _put_back(name, getattr(frames, name), trials) for name, trials in before.items()})


def _put_back(name: str, frame: pl.DataFrame, before: dict[str, list[dict]]) -> pl.DataFrame:
    rows = []
    for trial_id, old in before.items():
        if name not in _CHANGED_BY:  # the rows themselves were replaced
            rows += old
            continue
        keys = _CHANGED_BY[name]
        changed = {tuple(row[key] for key in keys): row for row in old}
        for row in frame.filter(pl.col("trial_id") == trial_id).iter_rows(named=True):
            rows.append(row | changed.get(tuple(row[key] for key in keys), {}))
    touched = pl.col("trial_id").is_in(list(before))
    return pl.concat([frame.filter(~touched), pl.DataFrame(rows, schema=frame.schema, strict=False)])


def _figures(items: Sequence[Item]) -> tuple[float, float, float, float]:
    hits, wanted, found = (
        (sum(values) for values in zip(*((i.hits, len(i.gold), len(i.found)) for i in items), strict=True))
        if items
        else (0, 0, 0)
    )
    precision, recall = hits / found if found else 1.0, hits / wanted if wanted else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return precision, recall, f1, sum(i.exact for i in items) / len(items) if items else 0.0


def _near(a: float | None, b: float | None, tolerance: float) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-9)


def _same_dose(a: tuple, b: tuple) -> bool:
    return a[2] == b[2] and _near(a[0], b[0], 0.01) and _near(a[1], b[1], 0.01)


def _same_days(a: float, b: float) -> bool:
    return _near(a, b, 0.05)


def _equal(a: Any, b: Any) -> bool:
    return a == b


def _item(label: str, gold: Iterable[Any], found: Iterable[Any], same: Callable[[Any, Any], bool] = _equal) -> Item:
    gold, found = list(gold), list(found)
    left, hits = list(found), 0
    for wanted in gold:
        match = next((n for n, value in enumerate(left) if same(wanted, value)), None)
        if match is not None:
            del left[match]
            hits += 1
    return Item(label, gold, found, hits)


def _distinct(values: Iterable[Any], same: Callable[[Any, Any], bool] = _equal) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if value is not None and not any(same(value, k) for k in kept):
            kept.append(value)
    return kept


def _compare(frames: Frames, gold: Sequence[dict[str, Any]], stratum: str | None) -> dict[str, list[Item]]:
    wanted = set(covered(frames, gold))
    own = as_read(frames.select(wanted))
    trials = {row["trial_id"]: row for row in own.trials.iter_rows(named=True)}
    regimens: dict[str, list[dict]] = {trial_id: [] for trial_id in wanted}
    for row in own.regimens.iter_rows(named=True):
        regimens[row["trial_id"]].append(row)
    outcomes = {(r["trial_id"], r["role"], r["position"]): r for r in own.endpoints.iter_rows(named=True)}
    canon = _canonical()
    items: dict[str, list[Item]] = {field: [] for field in FIELDS}
    for label in gold:
        trial_id = label["trial_id"]
        if trial_id not in wanted or (stratum and label.get("stratum") != stratum):
            continue
        trial, own_regimens = trials[trial_id], regimens[trial_id]
        for field, column in (("product_class", "product_class"), ("cell_source", "cell_source"), ("route", "routes")):
            items[field].append(_item(trial_id, label[field], _distinct(trial[column])))
        items["donor"].append(_item(trial_id, [label["donor"]], [trial["donor"]]))
        doses = _distinct(
            ((r["dose_low"], r["dose_high"], r["dose_basis"]) for r in own_regimens if r["dose_basis"] is not None),
            _same_dose,
        )
        levels = _distinct(((d["low"], d["high"], d["basis"]) for d in label["doses"]), _same_dose)
        items["dose"].append(_item(trial_id, levels, doses, _same_dose))
        items["dose_reported"].append(_item(trial_id, [bool(levels)], [bool(doses)]))
        items["n_administrations"].append(
            _item(trial_id, label["n_administrations"], _distinct(r["n_administrations"] for r in own_regimens))
        )
        gaps = _distinct(gap for r in own_regimens for gap in r["interval_days"])
        items["interval_days"].append(_item(trial_id, map(float, label["interval_days"]), gaps, _same_days))
        for endpoint in label["endpoints"]:
            _compare_outcome(
                items, trial_id, endpoint, outcomes.get((trial_id, endpoint["role"], endpoint["index"])), canon
            )
    return items


def _compare_outcome(
    items: dict[str, list[Item]], trial_id: str, endpoint: dict, row: dict | None, canon: Callable[[str], str]
) -> None:
    label = f"{trial_id} {endpoint['role']}[{endpoint['index']}]"
    row = row or {
        "core_area": None,
        "instruments": [],
        "horizon_days": None,
        "timepoints_days": [],
        "recurrence_days": None,
    }
    if endpoint["core_area"]:
        items["core_area"].append(_item(label, [endpoint["core_area"]], [row["core_area"]]))
    required = {canon(name) for name in endpoint["instruments"]}
    optional = {canon(name) for name in endpoint.get("instruments_optional", [])} - required
    items["instrument"].append(
        _item(label, sorted(required), sorted({canon(name) for name in row["instruments"]} - optional))
    )
    for field, key, found in (
        ("horizon", "horizon", [row["horizon_days"]]),
        ("timepoints", "points", row["timepoints_days"]),
        ("recurrence", "recurring", [row["recurrence_days"]]),
    ):
        told = endpoint[key] if isinstance(endpoint[key], list) else [endpoint[key]]
        days = [t["value"] * _DAYS[t["unit"]] for t in told if t]
        items[field].append(
            _item(label, days, [d for d in found if d is not None and (d or field != "recurrence")], _same_days)
        )


def _canonical() -> Callable[[str], str]:
    """Instrument names compared without case and punctuation, aliases as one."""
    file = GOLD.with_name("instrument_aliases.json")
    aliases = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}

    def simple(name: str) -> str:
        return re.sub(r"[^a-z0-9]", "", str(name).lower())

    one = {simple(alias): simple(key) for key, names in aliases.items() for alias in (key, *names)}
    return lambda name: one.get(simple(name), simple(name))


def _words(values: list[Any]) -> str:
    return ", ".join(str(v) for v in values) or "–"
