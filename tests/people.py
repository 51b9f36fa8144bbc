"""What must not be in frames and reports: e-mail addresses, phone numbers, and the people that raw records name as contacts."""

import csv
import gzip
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

EMAIL = re.compile(r"[\w.+-]{1,64}\s?(?:@|\[at\]|\(at\))\s?[\w-]{1,63}(?:\.[\w-]{1,63})+", re.I)
# A number that is written as one that is to be dialled; register numbers, counts, dates and ranges are not.
PHONE = re.compile(
    r"(?:\b(?:tel|phone|telephone|fax|mobile|call)\b[^\w\n]{0,4}(?:\+|\(|00)?\d[\d ()/.-]{6,18}\d)"
    r"|(?<![\w.+/-])\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ .-]?\d{2,5}){1,4}(?![\w/-])"
    r"|(?<![\w.-])\(\d{3}\) ?\d{3}-\d{4}\b"
    r"|(?<![\w.-])\d{3}-\d{3}-\d{4}(?![\w-])",
    re.I,
)
PLACE = re.compile(r"contact|official|investigator", re.I)
NO_PERSON = re.compile(
    r"\b(?:center|centre|hospital|university|institut\w*|clinic\w*|department|trial\w*|study|studies|research|information|"
    r"team|office|medical|director|inc|ltd|llc|pharma\w*|therapeutics|group|call|contact\w*|recruit\w*|site|support|desk|"
    r"transparency|registry|public|general|scientific|queries|disclosure|global|manager|coordinator|sponsor|leader|head|"
    r"limited|gmbh|company|foundation|laborator\w*|biotech\w*|unit|service|services|line|number|phone|other|chair\w*|cares|principal|boehringer|squibb)\b|\d|@",
    re.I,
)


def find_people(path: Path) -> set[str]:
    """The full names that stand in the contact, official and investigator fields of a raw file (JSON, XML or a table)."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8", "replace")
    start = text.lstrip("\ufeff \n")[:1]
    found = _in_json(text) if start in "[{" else _in_xml(text) if start == "<" else _in_table(text)
    titles = (
        r"^(?:(?:prof|professor|dr|mr|mrs|ms|pd|priv|doz|med|apl|univ)\.?\s+)+|,.*$|\s+(?:MD|PhD|M\.D\.|Ph\.D\.?)\b.*$"
    )
    names = {re.sub(r"\s+", " ", re.sub(titles, "", name.strip(), flags=re.I)).strip(" .,-") for name in found}
    return {
        n
        for n in names
        if 8 <= len(n) <= 60 and 2 <= len(n.split()) <= 5 and not NO_PERSON.search(n) and n[0].isupper()
    }


def _in_json(text: str) -> Iterator[str]:
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = []
        for line in text.splitlines():
            try:
                documents.append(json.loads(line))
            except ValueError:
                continue
    for document in documents:
        yield from _below(document, False)


def _below(value: Any, inside: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            within = inside or bool(PLACE.search(key))
            if isinstance(item, str):
                if within and re.search(r"name$|^contact$", key, re.I):
                    yield item
            else:
                yield from _below(item, within)
        if inside and isinstance(
            first := value.get("first_name") or value.get("forename") or value.get("firstName"), str
        ):
            yield f"{first} {value.get('last_name') or value.get('surname') or value.get('lastName') or ''}"
    elif isinstance(value, list):
        for item in value:
            yield from _below(item, inside)


def _in_xml(text: str) -> Iterator[str]:
    for block in re.findall(r"<(\w*(?:contact|official|investigator)\w*)\b[^>]*>(.{1,2000}?)</\1>", text, re.I | re.S):
        part = dict(re.findall(r"<(\w+)>([^<]{1,200})</\1>", block[1]))
        yield f"{part.get('first_name', part.get('firstname', ''))} {part.get('last_name', part.get('lastname', ''))}"
    first = re.findall(r"<Contact_Firstname>([^<]*)</Contact_Firstname>\s*<Contact_Lastname>([^<]*)<", text)
    yield from (f"{a} {b}" for a, b in first)


def _in_table(text: str) -> Iterator[str]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    head = text.partition("\n")[0]
    for row in csv.DictReader(io.StringIO(text), delimiter="\t" if "\t" in head else ","):
        cells = {str(name).lower().replace(" ", "_"): str(value or "") for name, value in row.items()}
        first = next((v for k, v in cells.items() if "contact" in k and "first" in k), "")
        last = next((v for k, v in cells.items() if "contact" in k and "last" in k), "")
        yield f"{first} {last}"
        yield from (
            v for k, v in cells.items() if PLACE.search(k) and re.search(r"name$|investigators?$|officials?$", k)
        )


def texts_of(frame: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """(column, text) of every text of a frame, those in lists and structures too, each once."""
    for column in frame.columns:
        yield from ((column, text) for text in _texts(frame[column]))


def _texts(values: pl.Series) -> list[str]:
    if isinstance(values.dtype, pl.List | pl.Array):
        return _texts(values.explode())
    if isinstance(values.dtype, pl.Struct):
        return [text for field in values.struct.fields for text in _texts(values.struct.field(field))]
    if values.dtype in (pl.String, pl.Categorical) or isinstance(values.dtype, pl.Enum):
        return values.cast(pl.String).drop_nulls().unique().sort().to_list()
    return []
