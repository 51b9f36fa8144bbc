"""Was a fact reported? `unparsed` means that a cue is there and no reading: the curator's work list."""

import re

_DOSE_CUE = re.compile(r"\d\s?(?:x|×|\*)\s?10|\d\s?million|\bcells?\s?/\s?kg|10\s?\^\s?\d|\bmillion cells", re.I)
_SCHEDULE_CUE = re.compile(
    r"\b(?:twice|thrice|times|repeated|every \w+ (?:day|week|month)|weekly|monthly|two|three|four|\d) (?:infusions?|injections?|doses|administrations?)",
    re.I,
)
_SOURCE_CUE = re.compile(
    r"(?<!allogeneic )(?<!allogenic )(?<!autologous )(?<!donor )(?<!donor-)(?<!patient-)\bderived (?:mesenchymal|stem|stromal|msc)",
    re.I,
)
_SIZE_CUE = re.compile(r"\bn\s?=\s?\d|\d+ patients (?:in|per|each)|in each (?:group|arm)", re.I)


def fact_status(rows: dict[str, list[dict]], texts: list[str]) -> dict[str, str]:
    """Status of every fact of one trial from its rows and its texts (eligibility left out)."""
    trial, text = rows["trials"][0], "\n".join(texts)
    regimens, endpoints = rows["regimens"], rows["endpoints"]
    dosed = any(r["dose_low"] is not None or r["dose_high"] is not None for r in regimens)
    scheduled = any(r["n_administrations"] or r["interval_days"] for r in regimens)
    timed = [e for e in endpoints if e["horizon_days"] is not None or e["timepoints_days"] or e["recurrence_days"]]
    conflicting = {c["column"] for c in rows["conflicts"] if c["kind"] != "implausible"}

    def status(found: bool, cue: bool = False) -> str:
        return "reported" if found else "unparsed" if cue else "not_reported"

    answer = {
        "enrollment": status(trial["enrollment_count"] is not None),
        "arm_sizes": status(any(a["n"] is not None for a in rows["arms"]), bool(_SIZE_CUE.search(text))),
        "product_class": status(bool(trial["product_class"])),
        "cell_source": status(bool(trial["cell_source"]), bool(_SOURCE_CUE.search(text))),
        "donor": status(trial["donor"] != "not_reported"),
        "route": status(bool(trial["routes"])),
        "dose": status(dosed, bool(_DOSE_CUE.search(text))),
        "schedule": status(scheduled, bool(_SCHEDULE_CUE.search(text))),
        "endpoints": status(bool(endpoints)),
        "time_frames": status(bool(timed), any(e["time_frame"] for e in endpoints)),
        "eligibility": status(bool(rows["eligibility"])),
    }
    columns = {
        "enrollment": "enrollment_count",
        "dose": "dose",
        "arm_sizes": "n",
        "donor": "donor",
        "schedule": "schedule",
    }
    return {
        fact: "conflicting" if columns.get(fact) in conflicting and value == "reported" else value
        for fact, value in answer.items()
    }
