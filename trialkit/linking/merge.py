"""Several records of one trial to one: which record's value stands, field by field, and where each came from."""

import re

import msgspec

from trialkit.record import TrialRecord

# All other keys are collections or pages that repeat what a register holds.
REGISTERS_OF_RECORD = frozenset({"ctgov", "euctr", "ctis", "isrctn", "ctri"})
# Values that are only true together.
_TOGETHER = [
    ("enrollment_count", "enrollment_type"),
    ("minimum_age", "maximum_age"),
    ("inclusion", "exclusion", "eligibility"),
]
# What an extract holds in part at most: a table names interventions without their descriptions.
_WHOLE = {
    "arms", "interventions", "outcomes", "inclusion", "exclusion", "eligibility", "conditions", "keywords", "brief_summary",
    "detailed_description", "intervention_model_description", "masking_description",
}  # fmt: skip
_UNITED = ("secondary_ids", "countries")
_NEVER = {
    "register",
    "trial_id",
    "source_file",
    "source_date",
    "position",
    "url",
    "printed",
    "origins",
    "complete",
    "form",
}


_DATE = re.compile(r"\d{4}(?!\d)", re.ASCII)


def rank(records: list[TrialRecord]) -> list[TrialRecord]:
    """Best first: a register's own before a collection's or page's, then the newer, then the fuller; the names of register and
    file decide where nothing else does, so that the order of the input never matters.

    How new a record is: the later of its last update and the date of the state its source shows.
    """
    ranked = sorted(records, key=lambda r: (r.register, r.trial_id or "", r.source_file, r.position))
    ranked.sort(key=lambda record: not record.complete)
    ranked.sort(key=newness, reverse=True)
    ranked.sort(key=lambda record: record.register not in REGISTERS_OF_RECORD)
    return ranked


def newness(record: TrialRecord) -> str:
    """The date, as far as told, of what a record states; "" where nothing tells it, which counts as oldest."""
    dates = (record.last_update_date or "", record.source_date or "")
    return max((date for date in dates if _DATE.match(date)), default="")


def merge(records: list[TrialRecord]) -> TrialRecord:
    """One record of a ranked group: the first's values; what its form cannot hold comes from the next that has it.

    A register's complete entry is taken as it is: a field it leaves empty is empty. An extract (a table, a page) is
    filled from the records after it, and texts, criteria, arms, interventions and outcomes are a complete entry's
    wherever there is one. Lists are never mixed, but numbers and countries are united. `origins` names the record of
    every value that is not the first's own.
    """
    best = records[0]
    values = msgspec.structs.asdict(best)
    origins, printed = dict(best.origins), dict(best.printed)
    for fields in [] if best.complete else _fields():
        source = _source(records, fields)
        if source is None or source is best:
            continue
        for field in fields:
            values[field] = getattr(source, field)
            origins[field] = source.origins.get(field, place(source))
            printed.pop(field, None)  # the words of the first record are not this value's
            if field in source.printed:
                printed[field] = source.printed[field]
    for field in _UNITED:
        values[field] = list(dict.fromkeys(item for r in records for item in getattr(r, field)))
    numbers = [r.trial_id for r in records[1:] if r.trial_id]
    known = dict.fromkeys([*values["secondary_ids"], *numbers])
    values["secondary_ids"] = [number for number in known if number != best.trial_id]
    return TrialRecord(**{**values, "printed": printed, "origins": origins})


def place(record: TrialRecord) -> str:
    """A record named so that another one of the same number is not mistaken for it."""
    return f"{record.record_id} ({record.source_file}, position {record.position})"


def _source(records: list[TrialRecord], fields: tuple[str, ...]) -> TrialRecord | None:
    """The record whose values of `fields` stand: the first that has any; of what comes whole, a complete one first."""
    whole = any(field in _WHOLE for field in fields)
    order = sorted(records, key=lambda record: not record.complete) if whole else records
    return next((r for r in order if any(getattr(r, field) not in (None, []) for field in fields)), None)


def _fields() -> list[tuple[str, ...]]:
    together = {field for fields in _TOGETHER for field in fields}
    alone = [f for f in TrialRecord.__struct_fields__ if f not in together | _NEVER and f not in _UNITED]
    return [*_TOGETHER, *((field,) for field in alone)]
