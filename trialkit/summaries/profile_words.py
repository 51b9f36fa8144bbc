"""The words behind the values of one trial, in the sentence they stand in where the frames hold the whole text."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import plural
from trialkit.summaries.trial_words import column_in_words, place_in_words, plain_word, value_in_words
from trialkit.vocabulary import load_vocabulary

REACH = 220  # characters shown at most on either side of a quote
AS_REGISTERED = "as registered"  # the rule, in words, of a field of the form that is taken as it is
_END = re.compile(r"[.!?;](?=\s+[A-Z0-9(\[\"“])|\n")
_MORE_LABELS = {"exact_tissue": "exact_tissues", "separation": "separation_methods", "brand": "products"}

Parts = tuple[tuple[str, bool], ...]  # pieces of a text in order, each with whether it is the quote


class Words(NamedTuple):
    """Words of a record: the pieces, quotes marked; where they stand and what read them, both for reading."""

    parts: Parts
    places: tuple[str, ...]
    rule: str


class Value(NamedTuple):
    """One value with all words it was read from; `words` is never empty."""

    frame: str
    column: str
    what: str
    value: str
    words: list[Words]


def read_texts(own: Frames) -> dict[str, str]:
    """Path in the record -> text, for the texts of one trial that its frames hold whole.

    Of others (descriptions of interventions and outcomes, the long description) the sentences around quotes are known.
    """
    texts: dict[str, str | None] = {}
    for trial in own.trials.iter_rows(named=True):
        texts |= {name: trial[name] for name in ("public_title", "scientific_title")}
        texts |= {f"conditions[{n}]": text for n, text in enumerate(trial["conditions"])}
    for arm in own.arms.iter_rows(named=True):
        texts |= {f"arms[{arm['position']}].{part}": arm[part] for part in ("label", "description")}
    for outcome in own.endpoints.iter_rows(named=True):
        path = f"outcomes.{outcome['role']}[{outcome['position']}]"
        texts |= {f"{path}.{part}": outcome[part] for part in ("measure", "time_frame")}
    return {path: text for path, text in texts.items() if text}


def mark(text: str, spans: Iterable[tuple[int, int]]) -> Parts:
    """The whole text in pieces, those within `spans` marked; spans that overlap are joined."""
    parts, done = [], 0
    for start, end in _joined(spans):
        parts += [(text[done:start], False), (text[start:end], True)]
        done = end
    return tuple(part for part in [*parts, (text[done:], False)] if part[0])


def cut(text: str, spans: Iterable[tuple[int, int]]) -> Parts:
    """Like `mark`, but only the sentence around the spans, and of a long one `REACH` characters on either side; … where cut."""
    joined = _joined(spans)
    first, last = joined[0][0], joined[-1][1]
    left, right = _sentence(text, first, last)
    if first - left > REACH:
        left = text.find(" ", first - REACH, first) + 1 or first - REACH
    if right - last > REACH:
        right = max(text.rfind(" ", last, last + REACH), last)
    parts = mark(text[left:right], [(start - left, end - left) for start, end in joined])
    before, after = (("… ", False),) if text[:left].strip() else (), ((" …", False),) if text[right:].strip() else ()
    return (*before, *parts, *after)


def find_quote(text: str, quote: str) -> list[tuple[int, int]]:
    """Where `quote` stands in `text`, blanks apart: one span, or none."""
    pattern = r"\s+".join(map(re.escape, quote.split()))
    found = re.search(pattern, text) if pattern else None
    return [found.span()] if found else []


def mark_texts(own: Frames, texts: dict[str, str]) -> dict[str, Parts]:
    """Path -> the whole text with every quote that was taken from it marked, for the texts that the frames hold."""
    spans: dict[str, list[tuple[int, int]]] = {field: [] for field in texts}
    for field, start, end, quote in own.evidence.select("field", "start", "end", "quote").iter_rows():
        if start is not None and texts.get(field, "")[start:end] == quote:
            spans[field].append((start, end))
    return {field: mark(text, spans[field]) for field, text in texts.items()}


def list_evidence(own: Frames, texts: dict[str, str]) -> list[Value]:
    """Every value of the trial, its arms, products and regimens with all words behind it; fields of the form come last.

    Outcomes and limits are not here: they show their words where they stand. Equal words of several places are told once.
    """
    rows = own.evidence.filter(pl.col("frame").is_in(["trials", "arms", "cell_products", "regimens"]))
    names = own.cell_products["product_name"].drop_nulls().unique(maintain_order=True).to_list()
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows.sort(pl.col("start").is_null(), maintain_order=True).iter_rows(named=True):
        groups[row["frame"], row["column"], row["value"]].append(row)
    return [
        Value(frame, column, column_in_words(column), _label(column, value), _words(group, texts, names))
        for (frame, column, value), group in groups.items()
    ]


def list_cues(own: Frames) -> list[tuple[str, Words]]:
    """(fact, words) of every cue that was not turned into a value."""
    rows = own.evidence.filter((pl.col("frame") == "fact_status") & (pl.col("column") == "unparsed"))
    return [
        (row["value"], Words(_bare([row]), (place_in_words(row["field"]),), "")) for row in rows.iter_rows(named=True)
    ]


def describe_places(words: Words, most: int = 2) -> str:
    """`arm 1, description; public title and 3 more places`."""
    more = len(words.places) - most
    shown = "; ".join(words.places[:most])
    return f"{shown} and {plural(more, 'more place')}" if more > 0 else shown


def _words(rows: list[dict[str, Any]], texts: dict[str, str], names: list[str]) -> list[Words]:
    """The quotes of one value: those of one sentence together, equal sentences once with all their places.

    Quotes whose text is in no frame come after them, those of one place together.
    """
    spans: dict[tuple[str, int, int], list[tuple[int, int]]] = defaultdict(list)
    held: dict[tuple[str, int, int], tuple[str, str]] = {}
    bare: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        text, shift = _text_of(row, texts, names), 0
        if text is None:
            text, shift = row["sentence"], row["sentence_start"]
        if text is None:
            bare[row["field"]].append(row)
            continue
        start, end = row["start"] - shift, row["end"] - shift
        bounds = _sentence(text, start, end) if not shift else (0, len(text))
        key = (row["field"], bounds[0] + shift, bounds[1] + shift)
        spans[key].append((start, end))
        held.setdefault(key, (text, row["rule"]))
    found: dict[Parts, tuple[list[str], str]] = {}
    said = [(key[0], cut(text, spans[key]), rule) for key, (text, rule) in held.items()]
    said += [(field, _bare(quoted), quoted[0]["rule"]) for field, quoted in bare.items()]
    for field, parts, rule in said:
        places, _ = found.setdefault(parts, ([], rule))
        if (place := place_in_words(field)) not in places:
            places.append(place)
    return [Words(parts, tuple(places), _rule_words(rule)) for parts, (places, rule) in found.items()]


def _text_of(row: dict[str, Any], texts: dict[str, str], names: list[str]) -> str | None:
    """The text a quote was taken from, where a frame holds it: the offsets must give exactly the quote."""
    if row["start"] is None:
        return None
    field = row["field"]
    candidates = names if re.fullmatch(r"interventions\[\d+\]\.name", field) else [texts.get(field, "")]
    fitting = [text for text in candidates if text and text[row["start"] : row["end"]] == row["quote"]]
    return fitting[0] if len(fitting) == 1 else None


def _bare(rows: list[dict[str, Any]]) -> Parts:
    """Quotes of one place whose text is in no frame stand between dots; what is no quote of a text stands alone."""
    if rows[0]["start"] is None:
        return ((rows[0]["quote"], rows[0]["rule"] == "as_registered"),)
    quotes = dict.fromkeys(row["quote"] for row in rows)
    between = [part for quote in quotes for part in ((" … ", False), (quote, True))]
    return (("… ", False), *between[1:], (" …", False))


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds of the sentence or line that holds the span."""
    left, right = 0, len(text)
    for found in _END.finditer(text):
        if found.end() <= start:
            left = found.end()
        elif found.start() >= end:
            right = found.end()
            break
    inner = text[left:right]
    return left + len(inner) - len(inner.lstrip()), left + len(inner.rstrip())


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _label(column: str, value: str) -> str:
    if column in _MORE_LABELS:
        return load_vocabulary(_MORE_LABELS[column]).labels().get(value, plain_word(value) or value)
    return re.sub(r"\b1 times", "once", value_in_words(column, value))


def _rule_words(rule: str) -> str:
    return rule.replace("_", " ").replace(":", ": ")
