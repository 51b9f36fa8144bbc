"""The study design cell of ICTRP: labels and values in one text, each register with labels of its own.

`Allocation: Randomized. Intervention model: Parallel Assignment. ...` (ClinicalTrials.gov), `Randomised: yes` lines
(EUCTR), one word (ChiCTR: `Parallel`), or a sentence (ISRCTN, ReBec). A value without counterpart ("Blinded (masking
used)") gives None and stays in `printed`.
"""

import re
from collections.abc import Callable
from typing import Any

from trialkit.registries import wording
from trialkit.registries.ictrp_words import is_empty, text

_PARTIES = ("participant", "care_provider", "investigator", "outcomes_assessor")
_VALUES = re.compile(
    r"\b(Allocation|Randomi[sz]ation|(?:Blinding/)?Masking|Blinding|Intervention model|Assignment|"
    r"Primary purpose|Study design purpose|Purpose|Randomi[sz]ed|Open|Single blind|Double blind|Parallel group|"
    r"Cross over|(?<![a-z] )Type) ?: ?([^.;,:\n(]*(?:\([^)\n]*\))?)",
    re.I,
)
_CTRI_MASKING = re.compile(r"Blinding and masking ?: ?([^\n]+)")
_UNSAID = re.compile(r"(?:\s*Not selected)+\s*", re.I)
_TAIL = re.compile(r"\b(?:Randomization|Blinding) description: ")
_LAST_WORD = re.compile(r"\(([^()]{1,60})\)\s*$")


def read_design(cell: str | None, printed: dict[str, str]) -> dict[str, Any]:
    """The design fields of a `TrialRecord` from the cell; words that had to be changed are put into `printed`."""
    words = text(cell)
    if not words or _UNSAID.fullmatch(words):
        return {}
    found: dict[str, str] = {}
    for label, value in _VALUES.findall(words):
        found.setdefault(_canonical(label), value.strip(" -"))
    if blinded := _CTRI_MASKING.search(words):
        found["masking"] = blinded[1]
    return _labelled(found, words, printed) if found else _told(words, printed)


def _canonical(label: str) -> str:
    key = label.lower().replace("z", "s")
    for name in ("purpose", "masking", "blinding"):
        if key.endswith(name):
            return "masking" if name == "blinding" else name
    return "allocation" if key == "randomisation" else key


def _labelled(found: dict[str, str], words: str, printed: dict[str, str]) -> dict[str, Any]:
    head = words.partition("\n")[0]  # CTRI: `Randomized, Parallel Group Trial`, labels only below
    fields: dict[str, Any] = {} if ":" in head else _told(head, printed)

    def take(field: str, labels: tuple[str, ...], meaning: Callable[[str], str | None]) -> None:
        for label in labels:
            if (value := found.get(label)) and fields.get(field) is None:
                fields[field] = meaning(value)
                if wording.snake(value) != fields[field] and not is_empty(value):
                    printed[field] = value

    take("allocation", ("allocation",), _allocation)
    take("intervention_model", ("intervention model", "assignment", "type"), _model)
    take("masking", ("masking",), _masking)
    take("primary_purpose", ("purpose",), wording.purpose)
    parties = [wording.snake(name) for name in found.get("masking", "").partition("(")[2].rstrip(")").split(",")]
    fields["who_masked"] = parties if all(party in _PARTIES for party in parties) else []
    _answers(found, fields, printed)
    if tail := _TAIL.search(words):
        fields["intervention_model_description"] = words[tail.start() :]
    return fields


def _answers(found: dict[str, str], fields: dict[str, Any], printed: dict[str, str]) -> None:
    """Yes and no: a yes names the value; a no leaves it open (not randomised may mean one arm)."""
    if answer := found.get("randomised"):
        fields["allocation"] = "randomized" if answer.lower() == "yes" else None
        printed["allocation"] = f"Randomised: {answer}"
    for field, names in (
        ("masking", {"open": "none", "single blind": "single", "double blind": "double"}),
        ("intervention_model", {"parallel group": "parallel", "cross over": "crossover"}),
    ):
        said = [name for name in names if found.get(name, "").lower() == "yes"]
        if said:
            fields[field] = names[said[0]] if len(said) == 1 else None
            printed[field] = ", ".join(f"{name.capitalize()}: yes" for name in said)


def _told(words: str, printed: dict[str, str]) -> dict[str, Any]:
    """A design told in a word or a sentence. A sentence is also kept as text, for the readers of language."""
    last = _LAST_WORD.search(words)
    fields: dict[str, Any] = {
        "allocation": _allocation(words),
        "intervention_model": wording.intervention_model(words),
        "masking": wording.masking_in(words),
        "primary_purpose": wording.purpose(last[1]) if last else None,
    }
    printed.update({field: words for field, value in fields.items() if value and value != wording.snake(words)})
    if wording.snake(words) != fields["intervention_model"]:
        fields["intervention_model_description"] = words
    return fields


def _allocation(words: str) -> str | None:
    key = words.lower()
    if key.startswith("n/a"):
        return "na"
    if key.startswith("not randomi"):
        return "non_randomized"
    return None if "quasi-random" in key else wording.allocation(words)


def _model(words: str) -> str | None:
    return "single_group" if words.lower() in ("single", "single (group)") else wording.intervention_model(words)


def _masking(words: str) -> str | None:
    return "none" if words.lower().startswith("not blinded") else wording.masking(words)
