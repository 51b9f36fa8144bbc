"""What a person should look at: unread and contradicted values, and decisions to check, as one table to fill."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import polars as pl

from trialkit.curation import clip
from trialkit.curation_facts import Fact, curatable_facts
from trialkit.curation_rows import Rows, find_place, list_places, read_value
from trialkit.frames import Frames
from trialkit.linking import normalise_id
from trialkit.prose import listing, plural

COLUMNS = (
    "trial_id", "register_link", "title", "fact", "path", "about", "value", "words", "why", "expected", "decision",
    "curated_value", "reason", "reviewer",
)  # fmt: skip
FILLED = ("decision", "curated_value", "reason", "reviewer")  # the columns a person fills
DECISIONS = ("accept", "change", "not reported")
UNREAD = "Unread: words of this kind are there, no value was read."
_LONGEST = 900  # characters of words in one cell
_FEW = 10  # choices that are told in the row itself
_NAMED = 50  # characters of a measure that a message begins with, where it is about one outcome
# Column of a contradiction -> the facts that a decision about it can set.
_OF_CONFLICT = {
    "enrollment_count": ["enrollment"], "n": ["arm_size", "enrollment"], "dose": ["dose"], "n_administrations": ["n_administrations"],
    "routes": ["route"], "donor": ["donor"], "cell_source": ["cell_source"], "product_class": ["product_class"],
    "age": ["minimum_age", "maximum_age"], "phases": ["phases"], "masking": ["masking"], "allocation": ["allocation"],
    "intervention_model": ["intervention_model"], "conditions": ["condition_group"], "time_frame": ["time_frame"],
    "measure": ["instrument", "core_area"],
}  # fmt: skip
_FRAMES = ("trials", "arms", "cell_products", "regimens", "endpoints")

Key = tuple[str, str, str]  # trial, fact, path


class Review(NamedTuple):
    """The table of what to look at, and how many contradictions have no single value to decide."""

    table: pl.DataFrame
    left_out: int


def list_review(frames: Frames, trials: Iterable[str] = ()) -> Review:
    """What to decide: unread and contradicted values, and decisions to check; one row per trial, fact and place.

    The columns are `COLUMNS`, all text; `FILLED` are empty. `value` is what was read, `words` what it was read from or
    what could not be read, or both sides of a contradiction, `why` the reason for the row. What was decided already is
    left out. `trials` asks for every fact of these trials besides. Raises KeyError for a trial that is not there.
    """
    rows = rows_of(frames)
    asked: dict[Key, list[tuple[str, str]]] = defaultdict(list)
    for key, why, words in _unread(frames, rows):
        asked[key].append((why, words))
    left_out = _without_a_place(frames, asked)
    for conflict in frames.conflicts.iter_rows(named=True):
        keys = list(_concerned(conflict, rows[conflict["trial_id"]]))
        left_out += not keys
        for key in keys:
            asked[key].append((conflict["message"], _both_sides(conflict)))
    decided = {(r["trial_id"], r["fact"], r["path"]): r for r in frames.curation.iter_rows(named=True)}
    for key, row in decided.items():
        if row["state"] == "curated":
            asked.pop(key, None)
        elif find_place(curatable_facts()[key[1]], rows[key[0]], key[2]):
            asked[key].append(
                (f"Decided as {row['value'] or 'not reported'} ({row['reason']}), but {row['message']}.", "")
            )
    decided = {key: row for key, row in decided.items() if row["applied"]}
    for trial_id in trials:
        for key in _everything(rows, trial_id):
            said = (
                f"Asked for; decided as {decided[key]['value'] or 'not reported'}." if key in decided else "Asked for."
            )
            asked[key].append((said, ""))
    quotes = _quotes(frames, {trial_id for trial_id, _, _ in asked})
    facts = curatable_facts()
    order = list(facts)
    lines = [
        _line(rows[key[0]], facts[key[1]], key, found, quotes, decided.get(key))
        for key, found in sorted(asked.items(), key=lambda item: (item[0][0], order.index(item[0][1]), _in_order(item[0][2])))
    ]  # fmt: skip
    return Review(pl.DataFrame(lines, schema=dict.fromkeys(COLUMNS, pl.String), orient="row"), left_out)


def tell_review(review: Review) -> str:
    """How many values of how many trials there are to decide, and what is not in the table."""
    table = review.table
    kinds = table.select(
        (pl.col("why").str.starts_with("Unread")).sum().alias("unread"),
        (pl.col("why").str.contains("^Decided")).sum().alias("to check"),
        (pl.col("why").str.contains("^Asked")).sum().alias("asked for"),
    ).row(0, named=True)
    kinds = {"contradicted": len(table) - sum(kinds.values())} | kinds
    told = listing(f"{n} {kind}" for kind, n in kinds.items() if n)
    said = f"{plural(len(table), 'value')} of {plural(table['trial_id'].n_unique(), 'trial')} to decide" + (f": {told}." if len(table) else ".")  # fmt: skip
    if n := review.left_out:
        said += f" {plural(n, 'remark')} on what has no single value (late registration, criteria, dates of two sources, sizes without an arm) {'stands' if n == 1 else 'stand'} in the frame conflicts alone."
    return said


def rows_of(frames: Frames) -> dict[str, Rows]:
    """Trial -> its rows as `curation_rows` takes them."""
    rows: dict[str, Rows] = defaultdict(lambda: {name: [] for name in _FRAMES})
    for name in _FRAMES:
        for row in getattr(frames, name).iter_rows(named=True):
            rows[row["trial_id"]][name].append(row)
    return rows


def _unread(frames: Frames, rows: dict[str, Rows]) -> Iterator[tuple[Key, str, str]]:
    """The places where a value may be told that was not read; for an outcome, those with an unread time frame."""
    unread = frames.fact_status.filter(pl.col("status").cast(pl.String) == "unparsed")
    cues: dict[tuple[str, str], list[str]] = defaultdict(list)
    hints = frames.evidence.filter((pl.col("frame") == "fact_status") & (pl.col("column") == "unparsed"))
    for trial_id, fact, words in hints.select("trial_id", "value", pl.coalesce("sentence", "quote")).iter_rows():
        if words not in cues[trial_id, fact]:
            cues[trial_id, fact].append(words)
    for trial_id, status in unread.select("trial_id", pl.col("fact").cast(pl.String)).iter_rows():
        for fact in curatable_facts().values():
            if fact.status != status or fact.key == "time_frame":
                continue
            for path, _, place in list_places(fact, rows[trial_id]):
                if fact.place == "trial" or not place["n"]:
                    yield (trial_id, fact.key, path), UNREAD, "\n".join(cues[trial_id, status])
    told = frames.evidence.filter(
        (pl.col("frame") == "endpoints") & (pl.col("column") == "time_frame") & (pl.col("value") != "unknown")
    )  # of the study as a whole, an age, a calendar date: understood, though it gives no days
    understood = set(told.select("trial_id", pl.col("field").str.replace(r"\.\w+$", "")).iter_rows())
    untimed = set(unread.filter(pl.col("fact").cast(pl.String) == "time_frames")["trial_id"])
    fact = curatable_facts()["time_frame"]
    for trial_id, own in rows.items():
        for path, _, place in list_places(fact, own):
            open_ = trial_id in untimed or (trial_id, path) not in understood
            if place["time_frame"] and open_ and read_value(fact, own, place) is None:
                yield (trial_id, fact.key, path), UNREAD, place["time_frame"]


def _without_a_place(frames: Frames, asked: Iterable[Key]) -> int:
    """How many unread facts have no place to put a value, such as sizes of groups where no arm is registered."""
    unread = frames.fact_status.filter(pl.col("status").cast(pl.String) == "unparsed")
    facts = curatable_facts()
    placed = {(trial_id, facts[key].status) for trial_id, key, _ in asked}
    return len(set(unread.select("trial_id", pl.col("fact").cast(pl.String)).iter_rows()) - placed)


def _concerned(conflict: dict[str, Any], rows: Rows) -> Iterator[Key]:
    """What could be decided about a contradiction; nothing where it has no single value."""
    left, right = (side if side != "None" else "" for side in (conflict["left"] or "", conflict["right"] or ""))
    keys = _OF_CONFLICT.get(conflict["column"], [])
    if conflict["column"] == "age":  # "18 to 60" against "18 to 50": only the limit that differs
        pairs = list(zip(left.split(" to "), right.split(" to "), strict=False))
        keys = [key for key, (a, b) in zip(keys, pairs, strict=False) if a != b]
    for key in keys:
        fact = curatable_facts()[key]
        places = list(list_places(fact, rows))
        if fact.place == "outcome" and conflict["column"] == "measure":
            places = [p for p in places if p[1] == left]
        elif fact.place == "outcome":
            sides = {left, right, *left.split(", ")} - {""}
            places = [p for p in places if p[2]["time_frame"] in sides]
            named = [p for p in places if conflict["message"].startswith(p[1][:_NAMED])]
            places = named or places
        for path, _, _ in places:
            yield conflict["trial_id"], key, path


def _both_sides(conflict: dict[str, Any]) -> str:
    sides = [conflict["left_evidence"] or conflict["left"], conflict["right_evidence"] or conflict["right"]]
    return " ↔ ".join(side if "“" in side else f"“{side}”" for side in sides if side and side != "None")


def _everything(rows: dict[str, Rows], trial_id: str) -> Iterator[Key]:
    known = {normalise_id(name): name for name in rows}
    found = known.get(normalise_id(trial_id))
    if found is None:
        raise KeyError(f"there is no trial {trial_id} among these {plural(len(known), 'trial')}")
    for key, fact in curatable_facts().items():
        for path, _, _ in list_places(fact, rows[found]):
            yield found, key, path


def _quotes(frames: Frames, trials: set[str]) -> dict[tuple[str, str, str], list[tuple[str, str]]]:
    """(trial, frame, column) -> [(place, the sentence)] of what was read."""
    own = frames.evidence.filter(pl.col("trial_id").is_in(list(trials)))
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    told = own.select("trial_id", "frame", "column", "field", pl.coalesce("sentence", "quote"))
    for trial_id, frame, column, field, words in told.iter_rows():
        found[trial_id, frame, column].append((field, words))
    return found


def _line(rows: Rows, fact: Fact, key: Key, found: list, quotes: dict, decided: dict | None) -> tuple[str | None, ...]:
    trial, (_, _, path) = rows["trials"][0], key
    place = find_place(fact, rows, path)
    about, row = place or ("", trial)
    value = decided["extracted"] if decided else fact.show(read_value(fact, rows, row))
    words = [words for _, words in found if words]
    if not words:
        own = quotes[key[0], fact.frame, fact.column]
        told_apart = any(field.startswith(path) for field, _ in own)  # sizes may stand in the description, of all arms
        words = [quote for field, quote in own if field.startswith(path) or (fact.place == "arm" and not told_apart)]
    words = "\n".join(dict.fromkeys(words))
    why = "\n".join(dict.fromkeys(why for why, _ in found))
    title = trial["public_title"] or trial["scientific_title"]
    words = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    about, expected = clip(about), tell_expected(fact)
    return (trial["trial_id"], trial["url"], title, fact.key, path, about, value, words, why, expected, *[None] * 4)  # fmt: skip


def tell_expected(fact: Fact) -> str:
    """What may be written as the value of a fact."""
    if not fact.choices:
        return fact.expected
    if len(fact.choices) < _FEW:
        return f"{'one or several of' if fact.several else 'one of'} {', '.join(fact.choices)}"
    words = f"of the list `choices`, such as {', '.join(fact.choices[:2])}"
    return f"words {words}; several separated by ;" if fact.several else f"one word {words}"


def _in_order(path: str) -> tuple[int, int]:
    """Arms and outcomes as registered: primary[2] before primary[10]."""
    number = re.search(r"\d+", path)
    roles = ("arms", "outcomes.primary", "outcomes.secondary", "outcomes.other")
    return next((n for n, role in enumerate(roles, 1) if path.startswith(role)), 0), int(number[0]) if number else 0
