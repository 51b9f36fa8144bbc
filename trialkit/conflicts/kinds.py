"""What a contradiction is: two values, the words behind each, and one sentence for a reader."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from trialkit.record import TrialRecord

_BETWEEN_WORDS = re.compile(r"\W+")
Rows = dict[str, list[dict[str, Any]]]


class Conflict(NamedTuple):
    """One contradiction. `kind` and `column` as in the conflicts frame; the message is one sentence for a reader."""

    kind: str
    column: str
    left: Any
    right: Any
    left_evidence: str
    right_evidence: str
    message: str


Found = Iterator[Conflict]
TEXTS = ("brief_summary", "detailed_description", "intervention_model_description")


def texts(record: TrialRecord, *fields: str) -> Iterator[tuple[str, str]]:
    """(field, text) of the given fields that hold any."""
    return ((field, text) for field in fields if (text := getattr(record, field)))


@lru_cache(maxsize=256)
def plain(text: str) -> str:
    """Lower-case words with single blanks, for comparing two wordings."""
    return _BETWEEN_WORDS.sub(" ", text).strip().lower()


def shorten(text: str, length: int = 80) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
