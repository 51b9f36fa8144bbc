"""Words that tell how two trials belong together: follow-up, extension; and titles alike."""

import re

from rapidfuzz import fuzz

from trialkit.record import TrialRecord

FOLLOW_UP = re.compile(
    r"\b(?:long[- ]term|extended|safety|observational)?\s?follow(?:ing)?[- ]?up\b(?! (?:of|for) \d)|\blong[- ]term (?:safety|study|observation|effects?|evaluation|extension|outcome)"
    r"|\broll[- ]?over\b|\bcontinuation\b|\bsub-?jects who (?:completed|participated|received|were)",
    re.IGNORECASE,
)
EXTENSION = re.compile(r"\bextension\b|\broll[- ]?over\b|\bcontinu\w+", re.IGNORECASE)
# In a sentence that names another trial: its participants go on here, or this study is its continuation.
GOES_ON = re.compile(
    r"\b(?:who|that|have|had|were|was)\b[^.;]{0,60}\b(?:completed?|participated?|participants?|enrolled|treated|received|administered)\b"
    r"|\bfollow(?:ing)?[- ]?up (?:of|to|on|study|stage|protocol|the)\b|\b(?:is|as) (?:an|the) extension\b|\bextension (?:study|of)\b"
    r"|\bcompleted (?:the )?(?:initial|phase|stage)|\bcontinuation\b|\bhave been enrolled\b|\bas an extension\b|\bextension\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?]\s+(?=[A-Z])|\n{2,}")


def titles(record: TrialRecord) -> list[str]:
    """The titles of a record, empty ones left out."""
    return [title for title in (record.public_title, record.scientific_title) if title]


def title_likeness(a: TrialRecord, b: TrialRecord) -> float:
    """0 to 100: how alike the most alike pair of titles of two records is, word order aside."""
    pairs = [(plain(one), plain(other)) for one in titles(a) for other in titles(b)]
    return max((fuzz.token_set_ratio(one, other) for one, other in pairs), default=0.0)


def plain(text: str) -> str:
    """Lower-case words with single blanks."""
    return re.sub(r"\W+", " ", text).strip().lower()


def sentences_with(text: str, words: str) -> list[str]:
    """The sentences of a text that hold `words`, upper or lower case."""
    needle = words.lower()
    return [sentence for sentence in _SENTENCE_END.split(text) if needle in sentence.lower()]
