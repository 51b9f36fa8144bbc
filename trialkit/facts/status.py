"""Was a fact reported? `unparsed` means that a cue is there and no reading: the curator's work list."""

import re
from collections.abc import Iterable

from trialkit.facts import guard
from trialkit.facts.finding import Finding, Passage

# Words that a fact of this kind is stated here. They are looked at only where nothing was read.
_CUES = {
    "dose": guard.compile(r"\d\s?(?:x|×|\*)\s?10|\d\s?million|\bcells?\s?/\s?kg|10\s?\^\s?\d|\bmillion cells", re.I),
    "schedule": guard.compile(
        r"\b(?:twice|thrice|times|repeated|every \w+ (?:day|week|month)|weekly|monthly|two|three|four|\d)"
        r" (?:infusions?|injections?|doses|administrations?)",
        re.I,
    ),
    "cell_source": guard.compile(
        r"(?<!allogeneic )(?<!allogenic )(?<!autologous )(?<!donor )(?<!donor-)(?<!patient-)\bderived (?:mesenchymal|stem|stromal|msc)",
        re.I,
    ),
    "arm_sizes": guard.compile(r"\bn\s?=\s?\d+|\d{1,40} patients (?:in|per|each)|in each (?:group|arm)", re.I),
}
_CRITERIA = ("inclusion", "exclusion", "eligibility")
# Column of the conflicts frame -> the fact that is in doubt.
_IN_DOUBT = {
    "enrollment": "enrollment_count",
    "dose": "dose",
    "arm_sizes": "n",
    "donor": "donor",
    "schedule": "schedule",
}


def read_facts(rows: dict[str, list[dict]]) -> dict[str, bool]:
    """fact -> whether the rows of one trial hold a reading of it."""
    trial, regimens, endpoints = rows["trials"][0], rows["regimens"], rows["endpoints"]
    return {
        "enrollment": trial["enrollment_count"] is not None,
        "arm_sizes": any(arm["n"] is not None for arm in rows["arms"]),
        "product_class": any(value != "none" for value in trial["product_class"]),
        "cell_source": bool(trial["cell_source"]),
        "donor": trial["donor"] != "not_reported",
        "separation": any(product["separation"] for product in rows["cell_products"]),
        "route": bool(trial["routes"]),
        "dose": any(r["dose_low"] is not None or r["dose_high"] is not None for r in regimens),
        "schedule": any(r["n_administrations"] or r["interval_days"] for r in regimens),
        "endpoints": bool(endpoints),
        "time_frames": any(map(is_timed, endpoints)),
        "eligibility": bool(rows["eligibility"]),
    }


def is_timed(endpoint: dict) -> bool:
    """Whether any time was read from an outcome."""
    return (
        endpoint["horizon_days"] is not None or bool(endpoint["timepoints_days"]) or bool(endpoint["recurrence_days"])
    )


def find_cues(passages: Iterable[Passage], read: dict[str, bool]) -> list[Finding]:
    """The first cue of every fact in every passage, for facts of which nothing was read; value = the fact."""
    return [
        Finding(fact, passage, m.start(), m.end(), f"cue:{fact}")
        for passage in passages
        if passage.section not in _CRITERIA
        for fact, cue in _CUES.items()
        if not read[fact] and (m := cue.search(passage.text))
    ]


def fact_status(rows: dict[str, list[dict]], read: dict[str, bool], cues: Iterable[Finding]) -> dict[str, str]:
    """reported, not_reported, unparsed or conflicting for every fact of one trial."""
    hinted = {cue.value for cue in cues}
    if any(endpoint["time_frame"] for endpoint in rows["endpoints"]):
        hinted.add("time_frames")
    doubtful = {c["column"] for c in rows["conflicts"] if c["kind"] != "implausible"}
    status = {}
    for fact, found in read.items():
        status[fact] = "reported" if found else "unparsed" if fact in hinted else "not_reported"
        if found and _IN_DOUBT.get(fact) in doubtful:
            status[fact] = "conflicting"
    return status
