"""The structured fields of a record: one row of the trials frame, and its products."""

import re
from datetime import date
from typing import Any

from trialkit.record import TrialRecord
from trialkit.rows.evidence import Evidence

_DATES = ("start_date", "primary_completion_date", "completion_date", "first_posted_date", "last_update_date")
_AS_REGISTERED = (
    "public_title", "scientific_title", "acronym", "overall_status", "study_type", "allocation", "intervention_model",
    "masking", "primary_purpose", "enrollment_count", "enrollment_type", "sex", "lead_sponsor", "sponsor_class",
    "n_sites", "has_results", "url",
)  # fmt: skip
_QUOTED = (
    "overall_status", "phases", "study_type", "allocation", "intervention_model", "masking", "primary_purpose",
    "enrollment_count", "sex", "minimum_age", "maximum_age", "start_date", "lead_sponsor", "conditions", "countries",
)  # fmt: skip
_ISO_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?.*")
_AGE = re.compile(r"\s{0,99}(\d{1,3}(?:\.\d{1,99})?)\s{0,99}([a-z]{0,99})")
OLDEST = 130  # years
_YEARS = {"year": 1.0, "month": 1 / 12, "week": 7 / 365, "day": 1 / 365, "hour": 1 / 8760, "minute": 1 / 525600}


def trial_row(record: TrialRecord, trial_id: str, evidence: Evidence) -> dict[str, Any]:
    row: dict[str, Any] = {"trial_id": trial_id, "registers": [record.register]}
    row |= {name: getattr(record, name) for name in _AS_REGISTERED}
    row |= {name: list(getattr(record, name)) for name in ("secondary_ids", "conditions", "phases", "countries")}
    for name in _DATES:
        row[name], row[f"{name}_precision"] = _date(getattr(record, name))
    row["minimum_age_years"], row["maximum_age_years"] = read_years(record.minimum_age), read_years(record.maximum_age)
    for name in _QUOTED:
        value = getattr(record, name)
        if value not in (None, [], ""):
            words = record.printed.get(name) or ("; ".join(map(str, value)) if isinstance(value, list) else str(value))
            column = f"{name}_years" if name.endswith("_age") else name
            shown = row.get(column, value)
            if shown is None:  # a date or an age that is none
                continue
            evidence.add(
                "trials",
                column,
                "; ".join(shown) if isinstance(shown, list) else shown,
                name,
                None,
                None,
                words,
                "as_registered",
            )
    return row


def _date(text: str | None) -> tuple[date | None, str | None]:
    """A date as precise as the source: ("2015-04") -> 1 April 2015 with precision `month`."""
    m = _ISO_DATE.fullmatch(text) if text else None
    if not m:
        return None, None
    try:
        day = date(int(m[1]), int(m[2] or 1), int(m[3] or 1))
    except ValueError:
        return None, None
    return day, "day" if m[3] else "month" if m[2] else "year"


def read_years(age: str | None) -> float | None:
    """An age in years from `18 Years`, `6 Months` or `18`; None for none, and for `999 Years`, which says no limit."""
    m = _AGE.match(age.lower()) if age else None
    unit = m[2].rstrip("s") if m else ""
    years = float(m[1]) * _YEARS.get(unit or "year", 1.0) if m else None
    return None if years is None or years > OLDEST else years
