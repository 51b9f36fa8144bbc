"""One trial as a page: every part as plain data for a template, with sentences ready and nothing left to compute."""

import re
from collections import defaultdict
from collections.abc import Container
from typing import Any

import polars as pl

from trialkit.prose import capital, plural
from trialkit.summaries.peers import tell_timeline
from trialkit.summaries.profile import (
    Profile,
    tell_eligibility,
    tell_outcomes,
    tell_sizes,
    tell_trial,
)
from trialkit.summaries.profile_records import list_decisions, list_records, list_related
from trialkit.summaries.profile_times import draw_times
from trialkit.summaries.profile_words import (
    AS_REGISTERED,
    Parts,
    Value,
    Words,
    cut,
    describe_places,
    find_quote,
    list_cues,
    list_evidence,
    mark_texts,
    read_texts,
)
from trialkit.summaries.reporting import FACT_LABELS
from trialkit.summaries.trial_words import (
    describe_date,
    describe_limit,
    join_words,
    plain_word,
)

DATES = {
    "start_date": "Start",
    "primary_completion_date": "Primary completion",
    "completion_date": "Completion",
    "first_posted_date": "First posted",
    "last_update_date": "Last update",
}
# Rows of the glance that stand at the top of the page.
_AT_TOP = {
    "Recruitment status",
    "Start",
    "Primary completion",
    "First posted",
    "Last update",
    "Other numbers",
    "Held by",
}
# Row of the glance -> column of the evidence behind it.
_COLUMNS = {
    "Control": "control_type", "Product class": "product_class", "Cell source": "cell_source", "Donor": "donor",
    "Route": "routes", "Dose": "dose", "Schedule": "schedule", "Arm sizes": "n",
}  # fmt: skip
_KINDS = {"inclusion": "Who can take part", "exclusion": "Who stays out", None: "Heading lost in the source"}


def describe_page(page: Profile, known: Container[str]) -> dict[str, Any]:
    """The parts of a profile page by name; texts are plain, quotes are pieces marked as such (see `profile_words`).

    `page.own` must hold links and ledger of this trial alone, `known` the numbers of all trials. A part without rows is an
    empty list and its sentence says so.
    """
    texts = read_texts(page.own)
    marked = mark_texts(page.own, texts)
    values = list_evidence(page.own, texts)
    trial = page.trial or {}
    url = trial.get("url") or ""
    return {
        "trial_id": page.trial_id,
        "title": page.title,
        "status": plain_word(trial.get("overall_status")),
        "url": url if url.startswith(("https://", "http://")) else None,
        "numbers": trial.get("secondary_ids") or [],
        "dates": [(label, describe_date(trial, name)) for name, label in DATES.items()],
        "lead": tell_trial(page).removeprefix(f"{page.trial_id}: {page.title.rstrip('.')}. "),
        "glance": list_stated(page, values, marked),
        "missing": list_unstated(page),
        "sizes_sentence": tell_sizes(page),
        "arms": list_arms_marked(page, marked),
        "regimens": page.regimens.to_dicts(),
        "days_sentence": tell_timeline(page),
        "outcomes_sentence": tell_outcomes(page),
        "times": draw_times(page),
        "outcomes": list_outcomes_marked(page, marked),
        "limits_sentence": tell_eligibility(page),
        "limits": list_limits(page),
        "conflicts": page.conflicts.to_dicts(),
        "conflicts_sentence": tell_contradictions(page),
        "sources": list_records(page),
        "related": list_related(page, known),
        "values": [value for value in values if value.words[0].rule != AS_REGISTERED],
        "fields": [_field(value) for value in values if value.words[0].rule == AS_REGISTERED],
        "decisions": list_decisions(page),
    }


def list_stated(page: Profile, values: list[Value], marked: dict[str, Parts]) -> list[dict[str, Any]]:
    """what, value (None: not stated), status (None: reported), words (pieces), place, more: one row a fact, titles first.

    `more` counts further words that say the same fact; all of them stand among the values. A title is its own words.
    """
    trial = page.trial or {}
    rows = [
        _row(what, "", None, marked[name])
        for name, what in (("public_title", "Public title"), ("scientific_title", "Scientific title"))
        if trial.get(name)
    ]
    if trial.get("acronym"):
        rows.append(_row("Acronym", trial["acronym"], None))
    words = {column: [w for v in values if v.column == column for w in v.words] for column in _COLUMNS.values()}
    for what, value, status, _ in page.glance.iter_rows():
        if what in _AT_TOP:
            continue
        row = _row(what, value, None if status == "Reported" else status)
        found = words.get(_COLUMNS.get(what), [])
        if found and found[0].rule != AS_REGISTERED:
            row |= {"words": found[0].parts, "place": describe_places(found[0], 1), "more": len(found) - 1}
        rows.append(row)
    return rows


def _row(what: str, value: str | None, status: str | None, words: Parts = ()) -> dict[str, Any]:
    return {"what": what, "value": value, "status": status, "words": words, "place": "", "more": 0}


def list_unstated(page: Profile) -> list[dict[str, Any]]:
    """what, told (a sentence), words: what the record does not report, then cues that no value was read from."""
    cues: dict[str, list[Words]] = {}
    for fact, words in list_cues(page.own):
        cues.setdefault(FACT_LABELS.get(fact, capital(fact.replace("_", " "))), []).append(words)
    rows = page.glance.filter(pl.col("status").is_in(["Not reported", "Unread cue"])).select("what", "status")
    known, trial = set(rows["what"]), page.trial or {}
    dates = [(label, "Not reported") for name, label in DATES.items() if trial.get(name) is None]
    return [
        {
            "what": what,
            "told": "not reported"
            if status == "Not reported"
            else "words of the kind are there, but no value was read",
            "words": cues.get(what, []),
        }
        for what, status in [*rows.iter_rows(), *(date for date in dates if date[0] not in known)]
    ]


def list_arms_marked(page: Profile, marked: dict[str, Parts]) -> list[dict[str, Any]]:
    """label (pieces), kind, cells, size (in words), size_words, description (pieces): the arms as registered, all quotes marked."""
    read = page.own.evidence.filter((pl.col("frame") == "arms") & (pl.col("column") == "n"))
    sizes = dict(read.select(pl.col("field").str.extract(r"^arms\[(\d+)\]").cast(pl.Int64), "quote").iter_rows())
    return [
        {
            "label": marked.get(f"arms[{arm['position']}].label", ()) or (("unnamed arm", False),),
            "kind": plain_word(arm["type"]),
            "cells": arm["is_cell_arm"],
            "size": None if arm["n"] is None else plural(arm["n"], "participant"),
            "size_words": sizes.get(arm["position"]),
            "description": marked.get(f"arms[{arm['position']}].description", ()),
        }
        for arm in page.own.arms.sort("position").iter_rows(named=True)
    ]


def list_outcomes_marked(page: Profile, marked: dict[str, Parts]) -> list[tuple[str, list[dict[str, Any]]]]:
    """(role, rows with measure, found, elsewhere, time_frame, read_as, note): roles with outcomes, primary first.

    Measure and time frame are pieces; `elsewhere` are quotes from the outcome's description, which is in no frame.
    """
    keys = page.own.endpoints.select(pl.col("role").cast(pl.String), "position")
    order = {"primary": 0, "secondary": 1, "other": 2}
    places = sorted(keys.iter_rows(), key=lambda key: (order.get(key[0], 3), key[1]))
    read: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    described: dict[str, list[str]] = defaultdict(list)
    rows = page.own.evidence.filter(pl.col("frame") == "endpoints").select("column", "value", "field", "quote")
    for column, value, field, quote in rows.iter_rows():
        path, _, part = field.rpartition(".")
        if column != "time_frame":
            read[path][plain_word(column)].append(plain_word(value))
        if part == "description":
            described[path].append(quote)
    found: dict[str, list[dict[str, Any]]] = {}
    for (role, position), row in zip(places, page.outcomes.iter_rows(named=True), strict=True):
        path = f"outcomes.{role}[{position}]"
        found.setdefault(role, []).append(
            {
                "measure": marked.get(f"{path}.measure", ()),
                "found": [
                    f"{what}: {join_words(dict.fromkeys(values))}" for what, values in read.get(path, {}).items()
                ],
                "elsewhere": list(dict.fromkeys(described.get(path, []))),
                "time_frame": marked.get(f"{path}.time_frame", ()),
                "read_as": row["read as"],
                "note": row["note"],
            }
        )
    return list(found.items())


def _field(value: Value) -> dict[str, Any]:
    """what, words, read (None: the words themselves): one field of the form."""
    words = "".join(text for text, _ in value.words[0].parts)
    plain = [re.sub(r"\W+", "", text.replace("_", "")).lower() for text in (words, value.value)]
    return {"what": value.what, "words": words, "read": None if plain[0] == plain[1] else value.value}


def list_limits(page: Profile) -> list[tuple[str, list[dict[str, Any]]]]:
    """(heading, rows with limits, criterion): criteria that hold a limit, by kind; a criterion is pieces, quotes marked."""
    read = page.own.eligibility.filter(pl.col("variable").is_not_null())
    criteria: dict[tuple[str | None, int], dict[str, Any]] = {}
    for row, shown in zip(read.iter_rows(named=True), page.thresholds.iter_rows(named=True), strict=True):
        entry = criteria.setdefault(
            (row["kind"], row["position"]),
            {"limits": [], "quotes": [], "text": row["text"], "implied": row["kind_implied"]},
        )
        entry["limits"].append(f"{shown['variable']}: {describe_limit(shown)}")
        entry["quotes"].append(shown["words"])
    found: dict[str, list[dict[str, Any]]] = {}
    for (kind, _), entry in criteria.items():
        spans = [span for quote in entry["quotes"] for span in find_quote(entry["text"], quote)]
        found.setdefault(_KINDS[kind], []).append(
            {
                "limits": list(dict.fromkeys(entry["limits"])),
                "criterion": cut(entry["text"], spans) if spans else ((entry["text"], False),),
                "implied": entry["implied"] if kind is None else None,
            }
        )
    return [(heading, found[heading]) for heading in _KINDS.values() if heading in found]


def tell_contradictions(page: Profile) -> str:
    """How many contradictions the record holds."""
    n = len(page.conflicts)
    if not n:
        return "No contradiction was found; only what is stated twice can contradict itself."
    return f"The record holds {plural(n, 'contradiction')}. Both sides stay as they stand; nothing is averaged."
