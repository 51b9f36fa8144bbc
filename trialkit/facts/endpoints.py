"""What a registered outcome measures: its instruments, its domain and its COMET core area.

The words are data (`instruments.toml`, `core_areas.toml`); this module holds only the decisions: when the description
may add instruments to those of the measure, what a clashing acronym means in a trial's disease, and which core area
wins when a text speaks of several.
"""

import re
from dataclasses import dataclass
from typing import Literal

from trialkit.vocabulary import Hit, load_vocabulary

Part = Literal["measure", "description"]

INSTRUMENTS = load_vocabulary("instruments")
CORE_AREAS = load_vocabulary("core_areas")

# Safety and survival are the message of an outcome wherever they stand in its measure.
_STRONG = ("death", "adverse_events")
# A picture or a grading scheme says how something was looked at, not what: it decides an area only when nothing else does.
_HOW = ("imaging", "grading")
# What may follow "ACR20": "/50/70", ", 50 and 70".
_LEVELS = re.compile(
    r"(?:\s?%?\s?(?:,|/|;|\band\b|\bor\b|&)){1,2}\s?\d\d\b(?:(?:\s?%?\s?(?:,|/|;|\band\b|\bor\b|&)){1,2}\s?\d\d\b){0,3}"
)


@dataclass(frozen=True)
class InstrumentFinding:
    """One instrument found in an outcome: vocabulary key, acronym, where it stands, and the term that matched."""

    key: str
    abbreviation: str
    part: Part
    start: int
    end: int
    rule: str


@dataclass(frozen=True)
class Endpoint:
    """One registered outcome as read. `core_area_rule` names the part and the word (or instrument) that decided."""

    core_area: str
    core_area_rule: str
    domain: str | None
    instruments: list[InstrumentFinding]


def read_endpoint(measure: str, description: str | None = None, *, condition_group: str | None = None) -> Endpoint:
    """The instruments, domain and core area of one outcome. Never raises.

    Instruments come from the measure, each once, in order of appearance; `_from_description` says what the description
    may add. Vague text ("HRQOL score", "efficacy") names none.
    `condition_group` (a key of `conditions.toml`) settles acronyms shared by diseases, such as CDAI.
    The core area is one of the six COMET areas; without any cue it is `physiological_clinical`.
    Source: COMET outcome taxonomy, PMC5854263.
    """
    description = description or ""
    in_measure = _find_instruments(measure, condition_group)
    in_description = _find_instruments(description, condition_group)
    measured = [hit for hit in in_measure if _kind(hit) != "concept"]
    added = _from_description({_kind(hit) for hit in measured}, in_description)
    findings: dict[str, InstrumentFinding] = {}
    for part, hits in (("measure", measured), ("description", added)):
        for hit in hits:
            abbreviation = INSTRUMENTS.entries[hit.key].more["abbreviation"]
            finding = InstrumentFinding(hit.key, abbreviation, part, hit.start, hit.end, f"instruments.{hit.key}")
            findings.setdefault(hit.key, finding)
    area, rule = _decide_core_area(measure, in_measure, description, in_description)
    return Endpoint(area, rule, _domain(area, in_measure, in_description), list(findings.values()))


def _find_instruments(text: str, group: str | None) -> list[Hit]:
    """Vocabulary hits in `text`, with terms of other diseases left out and shared acronyms resolved for `group`."""
    hits = []
    for hit in INSTRUMENTS.find(text):
        more = INSTRUMENTS.entries[hit.key].more
        groups = more.get("in_groups", {}).get(hit.term)
        if groups and group and group not in groups:
            continue
        hits.append(hit._replace(key=more.get("by_condition", {}).get(group, hit.key)))
    return sorted(hits + [level for hit in hits for level in _listed_levels(text, hit)], key=lambda hit: hit.start)


def _listed_levels(text: str, hit: Hit) -> list[Hit]:
    """The further levels of a response named with its first: ACR50 and ACR70 in "ACR20, 50 and 70"."""
    more = INSTRUMENTS.entries[hit.key].more
    if more["kind"] != "response":
        return []
    first = re.fullmatch(r"(\D+?)\d+", more.get("abbreviation", ""))
    if not first or not (m := _LEVELS.match(text, hit.end)):
        return []
    return [
        Hit(key=key, start=hit.start, end=m.end(), term=hit.term)
        for level in re.findall(r"\d+", m[0])
        if (key := f"{first[1]}{level}".lower()) in INSTRUMENTS.entries
    ]


def _from_description(kinds: set[str], in_description: list[Hit]) -> list[Hit]:
    """The instruments a description adds to a measure that names instruments of these `kinds`.

    All of them when the measure names only how it looks ("MRI") or nothing at all, and when it names a response, which
    is defined by the scales in it. A measure that names a scale, test or marker gains only the way of looking
    ("LVEF ... by MRI"), for the rest of such a description explains the scale's parts.
    """
    hits = [hit for hit in in_description if _kind(hit) != "concept"]
    if kinds & set(_HOW):
        hits = [hit for hit in hits if _kind(hit) not in _HOW]
    if kinds - set(_HOW) and "response" not in kinds:
        hits = [hit for hit in hits if _kind(hit) in _HOW]
    return hits


def _decide_core_area(
    measure: str, in_measure: list[Hit], description: str, in_description: list[Hit]
) -> tuple[str, str]:
    """The core area and the rule that gave it.

    In the measure: first a word for death or adverse events; then whatever comes first of the other words and the
    instruments; then what an image or grading stands for. Failing all that, the description, in order of appearance.
    """
    cues = _cues(measure, in_measure)
    strong = [cue for cue in cues if cue[1] in _STRONG]
    for _, area, rule in strong + cues:
        return area, f"measure: {rule}"
    for _, area, rule in _cues(description, in_description):
        return area, f"description: {rule}"
    for hit in in_measure + in_description:
        return INSTRUMENTS.entries[hit.key].more["core_area"], f"instruments.{hit.key}"
    return "physiological_clinical", "default"


def _cues(text: str, instruments: list[Hit]) -> list[tuple[int, str, str]]:
    """(position, core area, rule) of the instruments and area words of `text`, in order of appearance.

    A word inside an instrument's name does not count. One right behind it is its subscale and decides in its place:
    "WOMAC pain" is a symptom, WOMAC alone is life impact.
    """
    named = [hit for hit in instruments if _kind(hit) != "concept"]
    found = {
        hit.end: (hit.start, INSTRUMENTS.entries[hit.key].more["core_area"], f"instruments.{hit.key}")
        for hit in named
        if _kind(hit) not in _HOW
    }
    for hit in CORE_AREAS.find(text):
        if any(name.start < hit.end and hit.start < name.end for name in named):
            continue
        for name in named:
            if name.end <= hit.start and not text[name.end : hit.start].strip(" -_:"):
                found.pop(name.end, None)
        found[hit.end] = (hit.start, hit.key, f"core_areas.{hit.key}: {hit.term}")
    return sorted(found.values())


def _domain(area: str, in_measure: list[Hit], in_description: list[Hit]) -> str | None:
    """The domain of the first instrument or concept that fits the area; else the area's only domain, if it has one."""
    for hit in in_measure + in_description:
        entry = INSTRUMENTS.entries[hit.key].more
        if entry["core_area"] == area and "domain" in entry:
            return entry["domain"]
    return CORE_AREAS.entries[area].more.get("domain")


def _kind(hit: Hit) -> str:
    return INSTRUMENTS.entries[hit.key].more["kind"]
