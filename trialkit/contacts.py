"""E-mail addresses and phone numbers in texts of records: struck out before anything is read of them or kept.

Readers leave out the fields that hold contacts; now and then a summary or a criterion names one all the same.
"""

import re
from typing import Any

import msgspec

from trialkit.record import TrialRecord

# Fields that name a record or a file, and no text.
NAMES = {"register", "trial_id", "source_file", "source_date", "form", "url", "secondary_ids", "origins"}

EMAIL = re.compile(r"[\w.+-]{1,64} ?(?:@|\[at\]|\(at\)) ?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.I)
# Numbers that are written to be dialled: after a word that says so, from abroad, or in the American way.
PHONE = re.compile(
    r"\b(?:tel|phone|telephone|fax|mobile|cell ?phone|whatsapp|hotline)\b[^\w\n+(]{0,4}(?:number|no|nr)?[^\w\n+(]{0,4}"
    r"(?P<told>\+?\(?\d[\d ()/.-]{5,20}\d)"
    r"|(?<![\w.+/^-])(?P<abroad>\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ .-]?\d{2,5}){2,4})(?![\w/^-])"
    r"|(?<![\w.-])(?P<american>\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})(?![\w-])",
    re.I,
)
# What one of these has, looked for in the bytes of a whole record: nearly all records have none.
_AT = ("@", "[at]", "(at)")
_WORDS = (
    *(sign.encode() for sign in _AT),
    b"phone",
    b"tel:",
    b"tel.",
    b"tel ",
    b"fax",
    b"mobile",
    b"whatsapp",
    b"hotline",
)
_DIGITS = (re.compile(rb"\+\d{1,3}[ .(-]?[\d(]"), re.compile(rb"-(?<=\D\d\d\d-)\d{4}"))


def strike_contacts(record: TrialRecord) -> TrialRecord:
    """The record with # for every character of an e-mail address or a phone number, so that all offsets stay.

    Secondary numbers that are words are left out.
    """
    if any(map(_is_prose, record.secondary_ids)):
        record = msgspec.structs.replace(
            record, secondary_ids=[number for number in record.secondary_ids if not _is_prose(number)]
        )
    if not _hints(msgspec.json.encode(record)):
        return record
    before = msgspec.to_builtins(record)
    after = {name: value if name in NAMES else _struck(value) for name, value in before.items()}
    return record if after == before else msgspec.convert(after, TrialRecord)


def _is_prose(number: str) -> bool:
    """Words without a digit in the place of a number: mostly the name of an investigator."""
    return " " in number and not any(map(str.isdigit, number))


def _hints(text: bytes) -> bool:
    low = text.lower()
    return any(word in low for word in _WORDS) or any(digits.search(text) for digits in _DIGITS)


def strike(text: str) -> str:
    """The text, as long as before, with # for every character of an e-mail address or a phone number."""
    if not _hints(text.encode("utf-8", "replace")):
        return text
    if any(sign in text.lower() for sign in _AT):
        text = EMAIL.sub(lambda found: "#" * len(found[0]), text)
    return PHONE.sub(_dialled, text)


def _dialled(found: re.Match[str]) -> str:
    number = next(group for group in found.groups() if group)
    start = found[0].index(number)
    enough = 9 if found["abroad"] else 6  # digits; fewer are a change such as +1 000 000, or an extension
    if sum(c.isdigit() for c in number) < enough:
        return found[0]
    return found[0][:start] + "#" * len(number) + found[0][start + len(number) :]


def _struck(value: Any) -> Any:
    if isinstance(value, str):
        return strike(value)
    if isinstance(value, list):
        return [_struck(item) for item in value]
    if isinstance(value, dict):
        return {name: _struck(item) for name, item in value.items()}
    return value
