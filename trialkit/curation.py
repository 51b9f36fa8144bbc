"""Values a person decided, kept with their reasons and guarded by what was read when they were decided.

A decision wins over the reading and says so wherever it stands. When the reading is no longer the one it was made on, the
decision still stands, and somebody is asked to look again.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from trialkit.corrections import read_rows
from trialkit.curation_facts import Fact, curatable_facts
from trialkit.curation_rows import Row, Rows, find_place, list_places, read_value, read_words, set_value
from trialkit.facts.status import read_facts
from trialkit.formulas import arm
from trialkit.linking import normalise_id

COLUMNS = ("trial_id", "fact", "path", "about", "was", "now", "reason", "reviewer")
SOURCE = "curation"  # the record of a curated value in evidence, and the frame of evidence for what it replaced
RULE = "curated"
_PLACES = {"trial": r"", "arm": r"arms\[\d+\]", "outcome": r"outcomes\.(?:primary|secondary|other)\[\d+\]"}
_OWN = ("trials", "arms", "cell_products", "regimens", "endpoints", "eligibility", "fact_status", "evidence")
_KEYS = {"trials": (), "arms": ("position",), "endpoints": ("role", "position"), "fact_status": ("fact",)}
_LONGEST = 120  # characters of a measure or label that tell a place


class Curation(NamedTuple):
    """One line of a curation file. `was` and `now` in the words of the fact, empty = missing; `about` names the place."""

    trial_id: str
    fact: str
    path: str
    about: str
    was: str
    now: str
    reason: str
    reviewer: str = ""
    line: int = 0

    @property
    def decision(self) -> str:
        """`changed`, `accepted` or `not_reported`."""
        return "not_reported" if not self.now else "accepted" if self.now == self.was else "changed"

    @property
    def key(self) -> tuple[str, str, str]:
        """What is decided: trial, fact and path."""
        return normalise_id(self.trial_id), self.fact, self.path


class CurationError(ValueError):
    """A curation file that cannot be used; the message names line and column."""


def read_curation(file: Path | str) -> list[Curation]:
    """The decisions of a CSV file with the columns of `COLUMNS`.

    Raises FileNotFoundError, and CurationError naming line and column of everything that is wrong: an unknown fact, a
    value that cannot be read, a decision without a reason, one that is there twice.
    """
    found, problems, seen = [], [], {}
    for line, row in read_rows(file, COLUMNS, CurationError):
        one = Curation(**{name: plain_cell(text) for name, text in row.items()}, line=line)
        problems += [f"{file} line {line}, column {column}: {said}" for column, said in check_curation(one)]
        if one.key in seen:
            problems.append(f"{file} line {line}: {one.trial_id} {one.fact} is decided in line {seen[one.key]} already")
        seen.setdefault(one.key, line)
        found.append(one)
    if problems:
        raise CurationError("\n".join(problems))
    return found


def plain_cell(text: str) -> str:
    """The text of a cell without the apostrophe that an export puts in front of signs a spreadsheet would run."""
    return arm(text)


def check_curation(one: Curation) -> list[tuple[str, str]]:
    """(column, what is wrong and what was expected) of one decision; nothing for one that can be used."""
    wrong = [] if one.trial_id else [("trial_id", "is empty; expected a register number")]
    fact = curatable_facts().get(one.fact)
    if fact is None:
        return [*wrong, ("fact", f"{one.fact!r} cannot be curated; expected one of {', '.join(curatable_facts())}")]
    if not re.fullmatch(_PLACES[fact.place], one.path):
        expected = {"trial": "none", "arm": "such as arms[0]", "outcome": "such as outcomes.primary[0]"}[fact.place]
        wrong.append(("path", f"{one.path!r} does not fit {fact.key}; expected {expected}"))
    for column in ("was", "now"):
        try:
            fact.parse(getattr(one, column))
        except ValueError as error:
            wrong.append((column, str(error)))
    return wrong if one.reason else [*wrong, ("reason", "is empty; expected why, in a few words")]


def clip(text: str) -> str:
    """What tells a place: the beginning of a measure or label, on one line."""
    return " ".join(text.split())[:_LONGEST]


def apply_curation(rows: Rows, decided: Sequence[Curation]) -> tuple[Rows, list[Row]]:
    """The rows of a build with the decided values in them, and the rows of the frame `curation`.

    Trials that are not there are passed over. A decision whose outcome or arm is gone, or now is another, is not
    applied; it stands in `curation` all the same, to check.
    """
    known = {normalise_id(row["trial_id"]): row["trial_id"] for row in rows["trials"]}
    by_trial: dict[str, list[Curation]] = {}
    for one in decided:
        if trial_id := known.get(normalise_id(one.trial_id)):
            by_trial.setdefault(trial_id, []).append(one)
    if not by_trial:
        return rows, []
    own: dict[str, Rows] = {trial_id: {name: [] for name in _OWN} for trial_id in by_trial}
    new = dict(rows)
    for name in _OWN:
        new[name] = [row for row in rows[name] if row["trial_id"] not in own]
        for row in rows[name]:
            if row["trial_id"] in own:
                own[row["trial_id"]][name].append(dict(row))
    told: list[Row] = []
    for trial_id, decisions in by_trial.items():
        told += _decide(own[trial_id], decisions)
        for name in _OWN:
            new[name] = new[name] + own[trial_id][name]
    order = {row["trial_id"]: n for n, row in enumerate(rows["trials"])}
    for name in _OWN:
        new[name] = sorted(new[name], key=lambda row: order[row["trial_id"]])
    return new, told


def tell_to_check(told: Iterable[Row]) -> list[str]:
    """One sentence per decision that somebody should look at again."""
    return [
        f"{' '.join(filter(None, (row['trial_id'], row['path'], row['fact'])))}: {row['message']}. "
        f"The decision ({row['value'] or 'not reported'}) {'stands' if row['applied'] else 'is not applied'}; it is "
        "marked to check"
        for row in told
        if row["state"] == "to_check"
    ]


def _decide(own: Rows, decisions: list[Curation]) -> list[Row]:
    """Put the decisions on one trial into its rows; the rows of `curation`. The first holds what they replaced."""
    facts = curatable_facts()
    order = list(facts)
    judged = []
    for one in sorted(decisions, key=lambda one: (order.index(one.fact), one.path)):  # all read before any is set
        fact = facts[one.fact]
        judged.append((one, fact, *_judge(own, one, fact)))
    before = {name: [dict(row) for row in own[name]] for name in _OWN}
    evidence: list[Row] = []
    for one, fact, row, _, _ in judged:
        if row is not None and not fact.same(now := fact.parse(one.now), read_value(fact, own, row)):
            set_value(fact, own, row, now)
            _retire(own, fact, one.path, row)
    for one, fact, row, _, message in judged:
        if row is not None:
            evidence += _evidence(own, one, fact, row, message)
    _settle(own, {(one.fact, one.path) for one, _, row, _, _ in judged if row is not None})
    own["evidence"] = evidence + own["evidence"]
    trial_id = own["trials"][0]["trial_id"]
    told = [
        {
            **{name: getattr(one, name) or None for name in ("about", "reason", "reviewer")},
            "trial_id": trial_id,
            "fact": one.fact,
            "path": one.path,
            "decision": one.decision,
            "value": one.now or None,
            "was": one.was or None,
            "extracted": (fact.show(read) or None) if row is not None else None,
            "applied": row is not None,
            "state": "to_check" if message else "curated",
            "message": message,
            "replaced": None,
        }
        for one, fact, row, read, message in judged
    ]
    told[0]["replaced"] = json.dumps(_replaced(before, own), ensure_ascii=False)
    return told


def _judge(own: Rows, one: Curation, fact: Fact) -> tuple[Row | None, Any, str | None]:
    """(row to set, what is read now, why to check): no row where the place is gone or is another now."""
    place = find_place(fact, own, one.path)
    if place is None:
        return None, None, f"there is no {one.path} any more"
    about, row = place
    if one.about and clip(about) != one.about:
        return None, None, f"{one.path} was “{one.about}”, now it is “{clip(about)}”"
    read = read_value(fact, own, row)
    if any(fact.same(read, fact.parse(words)) for words in (one.was, one.now)):
        return row, read, None
    return row, read, f"read as {one.was or 'nothing'} when it was decided, as {fact.show(read) or 'nothing'} now"


def _evidence(own: Rows, one: Curation, fact: Fact, row: Row, message: str | None) -> list[Row]:
    check = f"Curated, to check ({message}): " if message else "Curated: "
    return [
        {
            "trial_id": own["trials"][0]["trial_id"],
            "frame": fact.frame,
            "column": fact.column,
            "value": value,
            "record": SOURCE,
            "field": one.path or SOURCE,
            "start": None,
            "end": None,
            "quote": check + one.reason,
            "rule": RULE,
        }
        for value in read_words(fact, own, row) or ["not reported"]
    ]


def _retire(own: Rows, fact: Fact, path: str, row: Row) -> None:
    """Evidence of values that no longer stand belongs to what was replaced: it keeps its words under `curation`."""
    here, everywhere = set(read_words(fact, own, row)), {str(arm["n"]) for arm in own["arms"]}
    for e in own["evidence"]:
        if (e["frame"], e["column"]) != (fact.frame, fact.column):
            continue
        elsewhere = fact.place == "arm" and not e["field"].startswith("arms[")  # sizes told in the description
        told_of_it = not path or elsewhere or e["field"] == path or e["field"].startswith(f"{path}.")
        if told_of_it and e["value"] not in (everywhere if elsewhere else here):
            e |= {"frame": SOURCE, "column": fact.key}


def _settle(own: Rows, done: set[tuple[str, str]]) -> None:
    """The status of every fact that was decided: reported or not, once nothing of it is left to decide."""
    facts = curatable_facts()
    found = read_facts(own)
    touched = {facts[key].status for key, _ in done} | ({"arm_sizes"} if ("enrollment", "") in done else set())
    for row in own["fact_status"]:
        status, was = row["fact"], row["status"]
        left = [
            1
            for fact in facts.values()
            if fact.status == status
            for path, _, place in list_places(fact, own)
            if (fact.key, path) not in done and (fact.key != "time_frame" or place["time_frame"])
        ]
        unsettled = (was == "conflicting" and not _adds_up(own, status)) or (was == "unparsed" and not found[status])
        if status in touched and not (left and unsettled):
            row["status"] = "reported" if found[status] else "not_reported"
    read = {row["fact"] for row in own["fact_status"] if row["status"] != "unparsed"}
    for e in own["evidence"]:
        if (e["frame"], e["column"]) == ("fact_status", "unparsed") and e["value"] in read:
            e |= {"frame": SOURCE, "column": e["value"]}


def _adds_up(own: Rows, status: str) -> bool:
    sizes, count = [arm["n"] for arm in own["arms"]], own["trials"][0]["enrollment_count"]
    return status == "arm_sizes" and None not in sizes and sum(sizes) == count


def _replaced(before: Rows, own: Rows) -> dict[str, list[Row]]:
    """The extraction under the decisions: {frame: rows}, of rows that stay what they are only key and changed columns."""
    replaced: dict[str, list[Row]] = {}
    for name in ("trials", "arms", "endpoints", "fact_status"):
        for old, new in zip(before[name], own[name], strict=True):
            if changed := {column: value for column, value in old.items() if new[column] != value}:
                replaced.setdefault(name, []).append({key: old[key] for key in _KEYS[name]} | changed)
    for name in ("cell_products", "regimens"):
        if before[name] != own[name]:
            replaced[name] = before[name]
    return replaced
