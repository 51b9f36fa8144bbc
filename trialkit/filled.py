"""Which fields each kind of file fills: a field that falls silent is told, not overlooked."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from trialkit.record import TrialRecord

_ENOUGH = 20  # records: fewer may lack a field by chance
_ABOUT_THE_READING = {"register", "source_file", "position", "printed", "origins", "complete", "form", "source_date"}
FIELDS = [name for name in TrialRecord.__struct_fields__ if name not in _ABOUT_THE_READING]


@cache
def usual_fields() -> dict[str, frozenset[str]]:
    """Form -> the fields it fills as a rule (in a tenth of its records or more), from `registries/filled.toml`."""
    text = (resources.files("trialkit.registries") / "filled.toml").read_text(encoding="utf-8")
    return {form: frozenset(fields) for form, fields in tomllib.loads(text).items()}


def count_filled(records: Iterable[TrialRecord]) -> list[dict[str, Any]]:
    """Rows of the frame `filled`, every form and field, sorted."""
    n_records: Counter[tuple[str, str]] = Counter()
    n_filled: Counter[tuple[str, str, str]] = Counter()
    for record in records:
        kind = (record.form, record.register)
        n_records[kind] += 1
        n_filled.update((*kind, name) for name in FIELDS if getattr(record, name) not in (None, []))
    usual = usual_fields()
    return [
        {
            "form": form,
            "register": register,
            "field": name,
            "n_records": n,
            "n_filled": n_filled[form, register, name],
            "usual": name in usual.get(form, ()),
        }
        for (form, register), n in sorted(n_records.items())
        for name in FIELDS
    ]


def silent_fields(rows: Iterable[dict[str, Any]]) -> list[str]:
    """One sentence per field that its kind of file used to fill and that is empty throughout."""
    return [
        f"{row['form']}: {row['field']} is empty in all {row['n_records']} records, although this kind of file fills it "
        "as a rule. Was the download cut down, or did the source rename it?"
        for row in rows
        if row["usual"] and not row["n_filled"] and row["n_records"] >= _ENOUGH
    ]
