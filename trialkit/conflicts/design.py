"""What the design fields and the prose say differently: groups, randomisation, masking, phase, arm types, dates."""

import re
from calendar import monthrange
from datetime import date

from trialkit.conflicts.kinds import TEXTS, Conflict, Found, Rows, shorten, texts
from trialkit.facts import guard
from trialkit.facts.scope import names_cells
from trialkit.record import TrialRecord

_LATE = 21  # days: FDAAA 801 asks for registration within 21 days of the first participant
_TITLES = ("public_title", "scientific_title")
_RANDOMISED = guard.compile(
    r"(?<!non-)(?<!non)(?<!non )(?<!not )(?<!not be )(?<!without )\brandomi[sz](?:ed|ation|ely)\b|\brandomly (?:assigned|allocated|divided|distributed)\b",
    re.I,
)
_LATER = re.compile(r"\b(?:future|subsequent|before|larger?|further|needing|later|next|previous|other)\b", re.I)
_ONE_ARM = guard.compile(
    r"\b(?:single|one)[- ](?:arm|group)(?:ed)? (?:study|trial|,|open|phase|design|prospective)", re.I
)
_OPEN = guard.compile(r"\bopen[- ]label(?:ed|led)?\b", re.I)
_BLIND = guard.compile(r"\b(?:single|double|triple|quadruple)[- ]?(?:blind|mask)\w*", re.I)
_PHASES = guard.compile(
    r"\bphase[s]?\s?-?\s?((?:[ivIV]{1,3}|[1-4])\s?[abAB]?(?:\s?(?:/|-|and|&|to)\s?(?:phase\s)?(?:[ivIV]{1,3}|[1-4])\s?[abAB]?)?)\b",
    re.I,
)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_CONTROL = guard.compile(
    r"\b(?:placebo|controls?|sham|saline|standard(?: of)?(?: care| treatment| therapy)?|conventional|usual care|no (?:treatment|cells?)|untreated|vehicle|suspension liquid|reconstitution media)\b",
    re.I,
)
_PLACEBO = guard.compile(r"\bplacebo\b", re.I)


def groups(record: TrialRecord, rows: Rows) -> Found:
    """A single-group model beside several arms, a randomised text or an allocation; a one-arm text beside two arms."""
    arms, model = len(record.arms), record.intervention_model
    said = [
        (f, m[0])
        for f, text in texts(record, *_TITLES, *TEXTS)
        if (m := _RANDOMISED.search(text)) and not _LATER.search(text[max(0, m.start() - 90) : m.start()])
    ]
    if model == "single_group" and arms > 1:
        message = f"The model is a single group, but {arms} arms are registered."
        yield Conflict(
            "within_text", "intervention_model", model, f"{arms} arms", "single group", f"{arms} arms", message
        )
    elif (
        model == "single_group"
        and said
        and (said[0][0] in (*_TITLES, "brief_summary") or "randomly" in said[0][1].lower())
    ):
        message = f"The model is a single group, the text says “{said[0][1]}”."
        yield Conflict("text_vs_field", "intervention_model", model, said[0][1], "single group", said[0][1], message)
    if model == "single_group" and arms <= 1 and record.allocation in ("randomized", "non_randomized"):
        message = f"The allocation is {record.allocation.replace('_', '-')} although there is a single group."
        yield Conflict(
            "within_text", "allocation", record.allocation, model, record.allocation, "single group", message
        )
    one = next(
        ((f, m[0]) for f, text in texts(record, *_TITLES, "brief_summary") if (m := _ONE_ARM.search(text))), None
    )
    if one and model in ("parallel", "crossover") and arms > 1:
        message = f"The text says “{one[1].strip(' ,')}”, the model is {model} with {arms} arms."
        yield Conflict("text_vs_field", "intervention_model", model, one[1], model, one[1], message)
    title = next((m[0] for _, text in texts(record, *_TITLES) if (m := _RANDOMISED.search(text))), None)
    if title and record.allocation in ("non_randomized", "na") and model != "single_group":
        message = f"The title says “{title}”, the allocation field {record.allocation.replace('_', '-')}."
        yield Conflict("text_vs_field", "allocation", record.allocation, title, record.allocation, title, message)


def blinding(record: TrialRecord, rows: Rows) -> Found:
    masking = record.masking
    if masking is None:
        return
    for _, text in texts(record, *_TITLES):
        blind, unblind = _BLIND.search(text), _OPEN.search(text)
        words = blind or unblind
        if words and not (blind and unblind) and (masking == "none") == bool(blind):
            message = f"The title says “{words[0]}”, the masking field {masking}."
            yield Conflict("text_vs_field", "masking", masking, words[0], masking, words[0], message)
            return


def masking(record: TrialRecord, rows: Rows) -> Found:
    """Masking that the design cannot give. Masked assessors or investigators need neither a placebo nor a control."""
    trial = rows["trials"][0]
    against = {
        "none": ("no control group", "no control group is registered"),
        "no_treatment": ("untreated control", "the control group is untreated"),
    }
    if trial["masking"] in (None, "none") or trial["control_type"] not in against:
        return
    if not record.who_masked and trial["masking"] == "single" and trial["control_type"] == "no_treatment":
        return  # whoever it is: an assessor can be masked
    if record.who_masked and not {"participant", "care_provider"} & set(record.who_masked):
        return
    right, words = against[trial["control_type"]]
    printed = record.printed.get("masking", trial["masking"])
    who = f" ({', '.join(record.who_masked).replace('_', ' ')})" if record.who_masked else ""
    message = f"Masking is {trial['masking']}{who} although {words}."
    yield Conflict("within_text", "masking", trial["masking"], right, f"{printed}{who}", "", message)


def phase(record: TrialRecord, rows: Rows) -> Found:
    """The phase of the titles against the phase field."""
    field = {p.removeprefix("early_").removeprefix("phase") for p in record.phases if p != "na"}
    for _, text in texts(record, *_TITLES):
        words = list(_PHASES.finditer(text))
        said = {_ROMAN.get(part, part) for m in words for part in re.findall(r"[ivx]+|\d", m[1].lower())} & set("1234")
        early = "early_phase1" in record.phases and said == {"1"} and not re.search(r"\bearly\b", text, re.I)
        if said and field and (said != field or early):
            fields = "/".join(p.replace("_", " ") for p in record.phases)
            message = f"The title says {words[0][0].strip()}, the phase field {fields}."
            yield Conflict("text_vs_field", "phases", fields, words[0][0], fields, words[0][0], message)
            return


def arm_types(record: TrialRecord, rows: Rows) -> Found:
    """A control registered as experimental beside an arm with cells, a placebo registered as no intervention."""
    with_cells = any(row["is_cell_arm"] for row in rows["arms"])
    for arm, row in zip(record.arms, rows["arms"], strict=False):
        label = shorten(arm.label, 60)
        control = _CONTROL.search(arm.label) and not names_cells(_CONTROL.sub(" ", arm.label))
        if arm.type == "experimental" and control and not row["is_cell_arm"] and with_cells:
            message = f"The arm “{label}” gets no cells but is registered as experimental."
            yield Conflict("within_text", "arms", arm.type, label, "experimental", label, message)
        if arm.type == "no_intervention" and _PLACEBO.search(arm.label):
            message = f"The arm “{label}” is a placebo arm but registered as no intervention."
            yield Conflict("within_text", "arms", arm.type, label, "no intervention", label, message)


def late_registration(record: TrialRecord, rows: Rows) -> Found:
    """Registered after the start. A month or a year is read at its last day, so the delay is never overstated."""
    trial = rows["trials"][0]
    start, posted = trial["start_date"], trial["first_posted_date"]
    if not start or not posted or trial["first_posted_date_precision"] != "day":
        return
    precision = trial["start_date_precision"]
    last = start if precision == "day" else _last_day(start, precision)
    days = (posted - last).days
    if days > _LATE:
        left, right = f"start {record.start_date}", f"first posted {record.first_posted_date}"
        at_least = "" if precision == "day" else "at least "
        message = f"Registered {at_least}{days} days after the start (retrospective registration)."
        dates = record.start_date, record.first_posted_date
        yield Conflict("within_text", "first_posted_date", *dates, left, right, message)


def _last_day(first: date, precision: str) -> date:
    month = first.month if precision == "month" else 12
    return first.replace(month=month, day=monthrange(first.year, month)[1])


DETECTORS = (groups, blinding, masking, phase, arm_types, late_registration)
