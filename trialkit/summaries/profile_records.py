"""Where one trial comes from: its records, the trials related to it, and what a person decided; each as rows for reading."""

import re
from collections.abc import Container
from typing import Any

from trialkit.prose import listing, plural
from trialkit.summaries.profile import Profile
from trialkit.summaries.trial_words import column_in_words, place_in_words

_RELATED = {  # relation -> what the other record is when this trial is the first, and when it is the second
    "follow_up_of": ("follows participants of this trial", "this trial follows its participants"),
    "extension_of": ("extends this trial", "this trial extends it"),
    "shares_id": ("has a number in common with this trial", "has a number in common with this trial"),
    "similar_title": ("has a similar title: to be checked", "has a similar title: to be checked"),
}

_ROLES = {"duplicate": "second record of the trial", "not_selected": "not selected"}  # those read as the trial: none


def list_records(page: Profile) -> list[dict[str, Any]]:
    """record, file, form, role: every input record of this trial; the file shortened to its last parts."""
    return [
        {
            "record": row["record_id"],
            "file": "/".join(row["source_file"].replace("\\", "/").split("/")[-3:]),
            "form": row["form"],
            "role": _ROLES.get(row["outcome"], "read"),
            "reason": row["reason"] if row["outcome"] in _ROLES else None,
        }
        for row in page.own.ledger.sort("outcome", descending=True).iter_rows(named=True)
    ]  # fmt: skip


def list_related(page: Profile, known: Container[str]) -> list[dict[str, str]]:
    """trial_id, told, reason: other trials that belong to this one; `told` ends the sentence that begins with the number."""
    rows = []
    for row in page.own.links.iter_rows(named=True):
        if row["relation"] in _RELATED:
            first, second = (find_owner(row[side], known) for side in ("record_a", "record_b"))
            is_second = second == page.trial_id
            rows.append(
                {
                    "trial_id": first if is_second else second,
                    "told": _RELATED[row["relation"]][is_second],
                    "reason": row["reason"],
                }
            )
    return sorted(rows, key=lambda row: (row["trial_id"], row["told"]))  # fmt: skip


def find_owner(record: str, known: Container[str]) -> str:
    """The number of the trial of a record: `ctgov:NCT01234567 (file, position 3)` is of NCT01234567.

    A record that lost its number is a trial under its own name.
    """
    record = re.sub(r" \(.*, position \d+\)$", "", record)
    return record if record in known else record.split(":", 1)[-1]


def list_decisions(page: Profile) -> list[dict[str, Any]]:
    """what, place, value, read, reason, check: values that a person decided; None for a value that is not reported."""
    decided = dict(page.own.items()).get("curation")
    if decided is None:
        return []
    return [
        {
            "what": column_in_words(row["fact"]),
            "place": row["about"] or (place_in_words(row["path"]) if row["path"] else None),
            "value": row["value"],
            "read": row["extracted"] or row["was"],
            "reason": row["reason"],
            "check": row["message"],
        }
        for row in decided.iter_rows(named=True)
    ]


def tell_summary(n: int) -> str:
    """What the list of profiles is, for the index of the reports."""
    return f"{'One page' if n == 1 else 'A page each'} for {plural(n, 'trial')}: every value with the words it was read from."


def tell_sources(meta: dict[str, Any]) -> str:
    """The snapshots behind the frames in one sentence."""
    told = [f"{s.get('register')} ({s.get('data_version')})" for s in meta.get("sources", [])]
    return f"Read from {listing(told)}." if told else "Where the data were read from is not recorded."
