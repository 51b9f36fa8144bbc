"""The condition group of a trial: which disease family it belongs to, from its registered conditions and its titles."""

from typing import NamedTuple

from trialkit.vocabulary import load_vocabulary

CONDITIONS = load_vocabulary("conditions")
_PRIORITY = {key: n for n, key in enumerate(CONDITIONS.keys)}

# Interstitial lung disease is CTD-ILD when the record also names one of these, and only then.
_CONNECTIVE_TISSUE = (
    "systemic_lupus", "lupus_nephritis", "systemic_sclerosis", "sjogren", "myositis", "rheumatoid_arthritis",
    "other_connective_tissue",
)  # fmt: skip


class ConditionEvidence(NamedTuple):
    """Where the group was read: `section` ("condition" or "title"), the text's index in its list, offsets, the term."""

    section: str
    index: int
    start: int
    end: int
    term: str


def find_condition_group(conditions: list[str], titles: list[str]) -> tuple[str, ConditionEvidence] | None:
    """The key of the trial's condition group (`conditions.toml`) with its evidence; None when no group is named.

    Registered conditions come first, titles only when no condition names a group. Among several groups the one that
    stands first in the vocabulary wins (specific before general). Lung disease beside a connective tissue disease is
    `ctd_ild`. Never raises.
    """
    for section, texts in (("condition", conditions), ("title", titles)):
        found: dict[str, ConditionEvidence] = {}
        for index, text in enumerate(texts):
            for hit in CONDITIONS.find(text or ""):
                found.setdefault(hit.key, ConditionEvidence(section, index, hit.start, hit.end, hit.term))
        if "ild_ipf" in found and any(key in found for key in _CONNECTIVE_TISSUE):
            return "ctd_ild", found["ild_ipf"]
        if found:
            key = min(found, key=_PRIORITY.__getitem__)
            return key, found[key]
    return None
