"""Known upstream errors, corrected in the open: each with what the source says, what is right, why, and where that stands.

A correction applies only while the source still says `was`. When a register mends its entry the correction has done
its work; when the entry says something third, somebody must look, so the build stops and says which line.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from trialkit.linking import normalise_id
from trialkit.record import TrialRecord

COLUMNS = ("trial_id", "field", "was", "now", "reason", "reference")
SOURCE = "corrections"  # what stands in `origins` and evidence as the record of a corrected value
_NUMBERS = {"enrollment_count", "n_sites"}
_LISTS = {"phases", "conditions", "keywords", "countries", "secondary_ids"}
_WORDS = {
    "public_title", "scientific_title", "acronym", "overall_status", "study_type", "allocation", "intervention_model",
    "masking", "primary_purpose", "enrollment_type", "sex", "minimum_age", "maximum_age", "start_date",
    "primary_completion_date", "completion_date", "first_posted_date", "last_update_date", "lead_sponsor",
    "sponsor_class",
}  # fmt: skip


class Correction(NamedTuple):
    """One line of a corrections file; `line` is where it stands."""

    trial_id: str
    field: str
    was: str
    now: str
    reason: str
    reference: str
    line: int


class CorrectionError(ValueError):
    """A corrections file that cannot be used, or a correction whose `was` no longer matches."""


def read_corrections(file: Path | str) -> list[Correction]:
    """The corrections of a CSV file with the columns trial_id, field, was, now, reason, reference.

    An empty `was` or `now` means missing. Raises FileNotFoundError, and CorrectionError naming the line for a column
    that is not there, a field that cannot be corrected, or a correction without a reason and reference.
    """
    found = []
    for line, row in read_rows(file, COLUMNS, CorrectionError):
        one = Correction(**row, line=line)
        if one.field not in _NUMBERS | _LISTS | _WORDS:
            known = ", ".join(sorted(_NUMBERS | _LISTS | _WORDS))
            raise CorrectionError(
                f"{file} line {one.line}: field {one.field!r} cannot be corrected. It may be one of {known}"
            )
        if not (one.trial_id and one.reason and one.reference):
            raise CorrectionError(f"{file} line {one.line}: a correction needs trial_id, reason and reference")
        found.append(one)
    return found


def read_rows(
    file: Path | str, columns: Sequence[str], error: type[ValueError]
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, {column: text}) of every row of a CSV file with these columns; others are left out, empty is "".

    Raises FileNotFoundError, and `error` for what is no such file, naming the columns that are not there.
    """
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as handle:
            rows = csv.DictReader(handle)
            if lacking := [name for name in columns if name not in (rows.fieldnames or [])]:
                raise error(f"{file}: no column {', '.join(lacking)}; expected {', '.join(columns)}")
            for row in rows:
                yield rows.line_num, {name: (row[name] or "").strip() for name in columns}
    except (csv.Error, UnicodeDecodeError) as wrong:
        raise error(f"{file}: no CSV in UTF-8 ({wrong}); expected the columns {', '.join(columns)}") from None


def correct(records: Iterable[TrialRecord], corrections: list[Correction]) -> tuple[list[TrialRecord], list[dict]]:
    """The records with the corrections applied, and one row of the conflicts frame for every value overridden.

    Trials that are not among the records are passed over. Raises CorrectionError when records of the trial are there
    and none says `was` (or, mended at the source, `now`).
    """
    records, rows = list(records), []
    by_number: dict[str, list[int]] = {}
    for n, record in enumerate(records):
        if record.trial_id:
            by_number.setdefault(normalise_id(record.trial_id), []).append(n)
    for one in corrections:
        places = by_number.get(normalise_id(one.trial_id), [])
        said = [_printed(getattr(records[n], one.field)) for n in places]
        if places and one.was not in said and one.now not in said:
            raise CorrectionError(
                f"corrections line {one.line}: {one.trial_id} {one.field} is {' / '.join(said) or 'missing'}, "
                f"neither {one.was!r} nor {one.now!r}. Look at the entry and rewrite or remove the line"
            )
        for n in (n for n, words in zip(places, said, strict=True) if words == one.was):
            record = records[n]
            records[n] = msgspec.structs.replace(
                record,
                **{one.field: _value(one)},
                printed={**record.printed, one.field: one.was},
                origins={**record.origins, one.field: SOURCE},
            )
            rows.append(_row(one, record))
    return records, rows


def _printed(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _value(one: Correction) -> object:
    if one.field in _LISTS:
        return [part.strip() for part in one.now.split(";") if part.strip()]
    try:
        return int(one.now) if one.field in _NUMBERS and one.now else one.now or None
    except ValueError:
        raise CorrectionError(f"corrections line {one.line}: {one.field} is a number, not {one.now!r}") from None


def _row(one: Correction, record: TrialRecord) -> dict:
    return {
        "trial_id": record.trial_id,
        "kind": "between_sources",
        "column": one.field,
        "left": one.now,
        "right": one.was,
        "left_evidence": one.reference,
        "right_evidence": record.record_id,
        "message": f"{record.register} says {one.was or 'nothing'}, corrected to {one.now or 'nothing'}: {one.reason}",
    }
