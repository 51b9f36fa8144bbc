"""How many participants a group has, where the text says so."""

import re
from dataclasses import dataclass

from trialkit.facts import guard
from trialkit.facts.durations import NUMBER_WORDS, read_number
from trialkit.facts.scope import is_background
from trialkit.vocabulary import fold

_PEOPLE = r"(?:patients?|subjects?|participants?|volunteers?|cases|children|infants|adults|recipients|individuals|persons|people)"
_NUMBER = rf"(?:\d{{1,4}}|{'|'.join(sorted((w for w in NUMBER_WORDS if w != 'hundred'), key=len, reverse=True))})"
_N_EQUALS = guard.compile(r"\bn\s?=\s?(\d{1,4})\b")
_GROUP = guard.compile(
    rf"(?<![\w.,/<>=-])(?<!type )(?<!phase )(?<!grade )(?<!class )(?<!stage )(?<!for )({_NUMBER})\s(?:\(\d{{1,4}}\)\s)?(?:(?!million|cells?|mscs?|m[gl]|years?|months?|weeks?|days?)[a-z-]{{1,14}}\s){{0,3}}?{_PEOPLE}\b(?!\s(?:per|who (?:have|had|has) (?:been|died|withdrew)|with (?:adverse|serious)|years))"
)
_PER_GROUP = guard.compile(
    rf"({_NUMBER})\s(?:[a-z-]{{1,14}}\s){{0,2}}?{_PEOPLE}\s(?:in|per|for)\s(?:each|every|both)\s?(?:group|arm|cohort)?|each (?:group|arm|cohort)\W{{1,3}}(?:\w+\W){{0,4}}?({_NUMBER})\s(?:[a-z-]{{1,14}}\s){{0,2}}?{_PEOPLE}"
)
_WHOLE_TRIAL = re.compile(
    r"\b(?:total|overall|altogether|in all|enrol\w*|recruit\w*|includ\w*|screened|first|last|next|up to|at least|follow\w*|randomi[sz]ed|will be studied|this study|the study)\b"
)
_GIVEN = re.compile(
    r"\b(?:given|receiv\w*|treated|infused|transplanted|injected|administered|assigned|allocated|as (?:the )?(?:blank )?control|control group|experimental group|placebo)\b"
)
_GIVEN_TO = re.compile(
    r"\b(?:given|went|goes|infused|administered|transplanted|injected|delivered)(?:\s\w+){0,3}?\s(?:in)?to\s(?:the\s)?$"
)
_COHORTS = guard.compile(r"\bcohorts?\b|\bsub-?groups?\b|dose levels?|\bsamples?\b|\bsentinel\b|patients? each\b")
_NOT = guard.compile(
    r"\b(?:not (?:be )?(?:given|receiv\w*|treated|infused|transplanted)|without|no (?:cells?|msc)|control|placebo|untreated|blank)\b"
)


@dataclass(frozen=True, slots=True)
class GroupSize:
    """`n` people in one group; `gets_cells` is False for a group that is named as control or untreated."""

    n: int
    gets_cells: bool
    start: int
    end: int
    rule: str


def find_arm_size(label: str, description: str | None) -> tuple[str, GroupSize] | None:
    """The size of one registered arm from its own words: ("label" or "description", size), or None.

    A text that speaks of cohorts, subgroups or samples is left alone: its numbers are sizes of parts, or of no group.
    "n = 20" counts anywhere; "20 patients" only when the arm names exactly one such number.
    """
    for part, text in (("label", label), ("description", description or "")):
        folded = fold(text).decode("ascii")
        if _COHORTS.search(folded):
            continue
        equals = _N_EQUALS.findall(folded)
        if len(set(equals)) == 1:
            m = _N_EQUALS.search(folded)
            return part, GroupSize(int(m[1]), not _NOT.search(folded), m.start(), m.end(), "arm_size:n_equals")
        groups = [(m, n) for m in _GROUP.finditer(folded) if (n := _people(m[1]))]
        if len({n for _, n in groups}) == 1 and not re.search(
            r"\beach\b|\bper\b|first|last|next", folded[: groups[0][0].start()][-20:]
        ):
            m, n = groups[0]
            return part, GroupSize(n, not _NOT.search(folded), m.start(), m.end(), "arm_size:people")
    return None


def find_group_sizes(text: str) -> list[GroupSize]:
    """Groups whose size running text states ("Eleven patients ... were given ...; five ... were not given ..."), in order.

    The number of people in the whole trial is no group. One lone group is not reported: at least two must be told
    apart, or the text must say "in each group".
    """
    folded = fold(text).decode("ascii")
    if m := _PER_GROUP.search(folded):
        n = _people(m[1] or m[2])
        return [GroupSize(n, True, m.start(), m.end(), "arm_size:per_group")] if n else []
    found = []
    for m in _GROUP.finditer(folded):
        n = _people(m[1])
        rest = re.split(r"[.;\n]", folded[m.end() : m.end() + 160])[0]
        lead = re.split(r"[.;\n]", folded[max(0, m.start() - 40) : m.start()])[-1]
        if (
            not n
            or not (_GIVEN.search(rest) or _GIVEN_TO.search(lead))
            or _WHOLE_TRIAL.search(lead)
            or is_background(lead + rest)
        ):
            continue
        found.append(GroupSize(n, not _NOT.search(rest), m.start(), m.end(), "arm_size:group"))
    return found if len(found) > 1 else []


def _people(word: str | None) -> int | None:
    value = read_number(word) if word else None
    return int(value) if value and value == int(value) and 1 < value < 2000 else None
