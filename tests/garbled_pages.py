"""A value of a saved page stands under its own label, whatever happened to the page's lines; a label is no value."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from trialkit.record import TrialRecord
from trialkit.registries import ctri, ctri_rows, medpath, veeva, wording

LABELS = {"ctri": ctri_rows.LABELS, "medpath": medpath.LABELS, "veeva": veeva.LABELS}
_OF_THE_SITE = frozenset(
    {"MedPath", "ClinicalTrials.Veeva", "Menu", "Find clinical trials", "Trials by location", "Loading..."}
)

# field -> the labels under which it may stand; "" is above the first one
_SINGLE = {
    "medpath": {
        "lead_sponsor": ["Lead Sponsor"], "conditions": ["Conditions"], "trial_id": ["Registration Number"],
        "secondary_ids": ["Registration Number"], "sex": ["Sex"], "study_type": ["Study Type"],
        "overall_status": ["Status", ""], "interventions": ["Interventions"],
        "intervention_model_description": ["Study Design"], "enrollment_count": ["Target Recruitment"],
        "phases": [""], "countries": ["Trial Locations"], "n_sites": ["Trial Locations"],
    },
    "veeva": {
        "conditions": ["Conditions"], "trial_id": ["Identifiers"], "secondary_ids": ["Identifiers"], "sex": ["Sex"],
        "study_type": ["Study type"], "overall_status": ["Status and phase"], "phases": ["Status and phase"],
        "allocation": ["Allocation"], "intervention_model": ["Interventional model"], "masking": ["Masking"],
        "primary_purpose": ["Primary purpose"], "minimum_age": ["Ages"], "maximum_age": ["Ages"],
        "healthy_volunteers": ["Volunteers"], "interventions": ["Treatments"],
        "n_sites": ["Trial contacts and locations"],
        "enrollment_count": ["Enrollment"],
    },
}  # fmt: skip


def check_page(text: str) -> TrialRecord | None:
    """The record of a page that is still known as one, checked; None for a page that is not."""
    reader = next((reader for reader in (ctri, medpath, veeva) if reader.recognises(text)), None)
    if reader is None:
        return None
    try:
        record = reader.parse_page(text)
    except ValueError as error:
        if "CTRI" not in str(error):  # one page of several trials, or without a label at the beginning of a line
            raise
        return None
    labels = LABELS[record.register]
    for path, value in values(msgspec.to_builtins(record)):
        assert value.removeprefix("- ").strip() not in labels, f"{path} is the label {value!r}"
    under = _under_labels(text, labels - _OF_THE_SITE)
    for field, owners in _SINGLE.get(record.register, {}).items():
        if words := _told(record, field):
            lines = [line for owner in owners for line in under.get(owner, ())]
            own = _smooth("\n".join(lines))
            for word in words:
                stands = _smooth(word) in own or "patient group" in word  # "12 participants in 1 patient group"
                assert stands, f"{field} is {word!r}, which does not stand under {' or '.join(owners)!r}"
    return record


def _smooth(text: str) -> str:
    """The text without escapes, breaks and dashes at the beginning of lines."""
    return " ".join(word for word in wording.plain_text(wording.break_lines(text)).split() if word != "-")


def _told(record: TrialRecord, field: str) -> list[str]:
    """The words of a page from which a field was read."""
    if words := record.printed.get(field):
        return words.removeprefix("Target Recruitment ").split("\n")
    value: Any = getattr(record, field)
    if field == "interventions":
        return [item.name for item in value]
    if value is None or isinstance(value, bool):
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _under_labels(text: str, labels: Iterable[str]) -> dict[str, list[str]]:
    """The lines of a page by the label that stands last above them."""
    found: dict[str, list[str]] = {}
    label = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        bare = line.removeprefix("- ").strip()
        if bare in labels:
            label = bare
        else:
            found.setdefault(label, []).append(bare)
    return found


def values(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a record with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from values(one, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from values(one, f"{path}[{n}]")
