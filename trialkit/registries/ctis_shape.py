"""Reach into the JSON of CTIS, where any key may be absent or null: every function takes whatever is there.

Contacts, investigators, sites' addresses and documents are never reached for.
"""

import datetime
import re
from collections.abc import Iterable
from typing import Any

from trialkit.registries import wording

_DAY_FIRST = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_SILENT = {"n/a", "na"}
_LAST = 1 << 30


def at(node: Any, *keys: str) -> Any:
    """What stands below these keys, or None where one of them leads nowhere."""
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def items(node: Any, *keys: str) -> list[dict[str, Any]]:
    """The objects of the list below these keys; [] where there is no list."""
    found = at(node, *keys)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def ordered(node: Any) -> list[dict[str, Any]]:
    """The objects of a list by their `number`, those without one last."""
    return sorted(items(node), key=lambda item: _LAST if (n := number(item.get("number"))) is None else n)


def text(value: Any) -> str | None:
    """Plain text; None for words that say nothing and for what is no text."""
    if not isinstance(value, str):
        return None
    plain = wording.plain_text(value).replace("\t", " ").strip()
    return None if wording.is_missing(plain) or plain.lower() in _SILENT else plain


def number(value: Any) -> int | None:
    """A whole number from 0, also one written as text or as `2.0`."""
    if isinstance(value, str):
        value = int(value) if re.fullmatch(r"[0-9]{1,9}", value.strip()) else None
    whole = (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _LAST and value == int(value)
    )
    return int(value) if whole else None


def unique(texts: Iterable[str | None]) -> list[str]:
    """The texts in their order, each once whatever its capitals."""
    found: dict[str, str] = {}
    for item in filter(None, texts):
        found.setdefault(item.lower(), item)
    return list(found.values())


def iso_date(value: Any) -> str | None:
    """The day of `2024-05-06`, `2025-09-16T03:39:42` or `29/01/2021` (day first); None for what is no day."""
    day = _DAY_FIRST.sub(r"\3-\2-\1", value.strip())[:10] if isinstance(value, str) else ""
    try:
        return datetime.date.fromisoformat(day).isoformat()
    except ValueError:
        return None
