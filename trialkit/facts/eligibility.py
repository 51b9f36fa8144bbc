"""Eligibility texts: split into criteria, each with its kind and the thresholds it sets.

Registers give one text for both kinds, with or without headings, as bullets, numbered lists, wrapped lines or one
running paragraph. Offsets are those of the text that was read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from trialkit.facts import guard
from trialkit.facts.thresholds import Threshold, find_thresholds
from trialkit.vocabulary import fold


@dataclass(frozen=True)
class Criterion:
    """One criterion. `position` is 0-based within its kind; `text` is the quote with line breaks as blanks."""

    kind: str | None
    position: int
    text: str
    start: int
    end: int
    thresholds: list[Threshold] = field(default_factory=list)


_KIND = r"(?P<kind>non-?\s?inclusion|inclusions?|exclusions?|exclusionary)"
_NAMES_KIND = "clusion"  # in every spelling of the above
_LABEL = r"(?:[\w'/-]{1,20}[ ,]{1,2}){0,4}?"
# A heading alone on its line, with a colon before its criteria, or (inside a line) with "criteria" and a colon.
_HEADING_LINE = re.compile(
    rf"[\W\d]{{0,8}}(?:v\.?[\d.]{{1,6}} )?{_LABEL}(?:- )?{_KIND} ?(?:criteri[a-z]{{0,4}})? ?(?:\([^()]{{0,40}}\)"
    rf"|(?:- )?(?:for|of|were|are|related|specific|at|common)\b[^:]{{0,70}}|(?<=criteria )[^:;.,\d]{{1,40}}(?:(?=:)|\b(?:group|cohort)))?"
    rf" ?[:;.]{{0,2}}\W{{0,4}}"
)
_HEADING_START = re.compile(rf"\W{{0,6}}{_LABEL}{_KIND} criteri[a-z]{{0,4}} ?(?:\([^()]{{0,40}}\) ?)?:+ ?")
_HEADING_INSIDE = re.compile(rf"\b(?:(?:key|main|major|general|specific|other) )?{_KIND} criteri[a-z]{{0,4}} ?:")
_OTHER_HEADING = guard.compile(
    r"[\W\d]{0,6}(?:(?:drop-?\s?out|withdrawal|exit|termination|cessation|rejection|elimination|stopping) criteria\W{0,4}"
    r"|(?P<out>[^:]{0,60}\b(?:will be excluded|are excluded|not be eligible|cannot meet any|not eligible)[^:]{0,40}:\W{0,3}))"
)
_NO_HEADING = re.compile(
    r"\b(?:not|meet|meets|fulfil|fulfill|satisfy|no|all|any|at|to|of|with)\b.{0,30}(?:in|ex)clusion"
)
_BULLET = re.compile(
    r"\s{0,20}(?:[-*•·●○▪■◦‣➢✓§\uf0b7\uf0a7]|\(?\d{1,2}[.)、](?!\d)|\d\.(?=\d\d ?(?:-|~|to|years)\b)|\d{1,2} ?[-–] (?=\D)|\(?[a-hA-H][.)](?![a-zA-Z.])|\(?(?:i{1,3}|iv|vi{0,3}|ix|x)[.)]|o(?= )(?=\s[A-Z]))"
    r"\s{0,8}(?:\(\d{1,2}\)\s)?"
)
_MARK = guard.compile(r"(?:(?<=[\s.;,:)])|^)(?:\((\d{1,2})\)|(\d{1,2})[.)](?!\d))\s{0,3}(?=\S)")
_GLUED = guard.compile(r"(?<=\S)\s{0,3}[•●▪■]\s{0,3}(?=\S)|(?<=[.;]) {1,3}[*-] {1,3}(?=[A-Z])")
_NEWLINE = re.compile(r"\r?\n|\r")
_WORD = re.compile(r"\S+")
_NOTHING = frozenset({"not provided", "not specified", "none", "n/a", "na", ""})


@dataclass
class _Piece:
    start: int
    end: int


def find_criteria(text: str, default_kind: str | None = None) -> list[Criterion]:
    """The criteria of an eligibility text in order, with their thresholds. Never raises.

    `kind` is `inclusion` or `exclusion` as the last heading says, `default_kind` before any heading. A text without
    headings keeps None: exclusions that run on after the inclusions are not told apart by guessing.
    """
    found: list[Criterion] = []
    counts: dict[str | None, int] = {}
    if not text or text.isspace():
        return found
    for kind, lines in _sections(text, default_kind):
        for piece in _pieces(text, lines):
            start, end = _trim(text, piece.start, piece.end)
            words = " ".join(text[start:end].split())
            if words.lower().rstrip(".") in _NOTHING or not any(c.isalnum() for c in words):
                continue
            thresholds = find_thresholds(words)
            if thresholds:
                places = _places(text, start, end)
                thresholds = [replace(t, start=places[t.start], end=places[t.end - 1] + 1) for t in thresholds]
            found.append(Criterion(kind, counts.get(kind, 0), words, start, end, thresholds))
            counts[kind] = counts.get(kind, 0) + 1
    return found


def _places(text: str, start: int, end: int) -> Sequence[int]:
    """The place in `text` of each character of a stretch whose gaps were made single blanks."""
    stretch = text[start:end]
    if len(" ".join(stretch.split())) == len(stretch):
        return range(start, end)
    places: list[int] = []
    for m in _WORD.finditer(stretch):
        if places:
            places.append(start + m.start() - 1)
        places.extend(range(start + m.start(), start + m.end()))
    return places


def _sections(text: str, kind: str | None) -> list[tuple[str | None, list[_Piece]]]:
    """The lines of the text by heading; blank lines stay in as empty pieces."""
    sections: list[tuple[str | None, list[_Piece]]] = [(kind, [])]
    folded = fold(text).decode("ascii").replace("\t", " ")
    others = _OTHER_HEADING.may_match(folded)
    for line in _lines(text):
        words = folded[line.start : line.end]
        start = line.start
        if others and (other := _OTHER_HEADING.fullmatch(words[:140])):
            sections.append(("exclusion" if other["out"] else None, []))
            continue
        if _NAMES_KIND not in words:
            sections[-1][1].append(line)
            continue
        if len(words) <= 90 and (m := _HEADING_LINE.fullmatch(words)) and not _NO_HEADING.search(words):
            sections.append((_kind_of(m), []))
            continue
        if (m := _HEADING_START.match(words)) and not _NO_HEADING.search(m.group()):
            sections.append((_kind_of(m), []))
            start = line.start + m.end()
        for inside in _HEADING_INSIDE.finditer(words, start - line.start):
            sections[-1][1].append(_Piece(start, line.start + inside.start()))
            sections.append((_kind_of(inside), []))
            start = line.start + inside.end()
        sections[-1][1].append(_Piece(start, line.end))
    return sections


def _kind_of(m: re.Match[str]) -> str:
    return "inclusion" if m["kind"].startswith("inclusion") else "exclusion"


def _lines(text: str) -> list[_Piece]:
    pieces, start = [], 0
    for m in _NEWLINE.finditer(text):
        pieces.append(_Piece(start, m.start()))
        start = m.end()
    return [*pieces, _Piece(start, len(text))]


def _pieces(text: str, lines: list[_Piece]) -> list[_Piece]:
    """Criteria of one section: lines joined where one runs on, then split where several are glued together."""
    written = [line for line in lines if text[line.start : line.end].strip()]
    bullets = sum(_BULLET.match(text, line.start, line.end) is not None for line in written)
    wrapped = _is_wrapped(text, written)
    runs_on = bullets and (wrapped or 2 * bullets >= len(written))
    width = max((line.end - line.start for line in written), default=0)
    joined: list[_Piece] = []
    after_blank = True
    previous: _Piece | None = None
    for line in lines:
        if not text[line.start : line.end].strip():
            after_blank = True
            continue
        opens = _BULLET.match(text, line.start, line.end) is not None
        if previous is None or opens:
            joins = False
        elif after_blank:
            joins = bool(runs_on) and text[: joined[-1].end].rstrip()[-1:] == ":" if joined else False
        else:
            joins = bool(runs_on) or (wrapped and _would_not_fit(text, previous, line, width))
        if joins:
            joined[-1].end = line.end
        else:
            joined.append(_Piece(line.start, line.end))
        previous, after_blank = line, False
    return [part for piece in joined for part in _unglue(text, piece)]


def _is_wrapped(text: str, lines: list[_Piece]) -> bool:
    """True when the lines were broken at a fixed width."""
    if len(lines) < 3:
        return False
    width = max(line.end - line.start for line in lines)
    full = sum(_would_not_fit(text, a, b, width) for a, b in pairwise(lines))
    return 50 <= width <= 110 and full >= 2 and 3 * full >= len(lines)


def _would_not_fit(text: str, line: _Piece, following: _Piece, width: int) -> bool:
    words = text[following.start : min(following.end, following.start + 60)].split()
    return bool(words) and line.end - line.start + 1 + len(words[0]) > width - 1


def _unglue(text: str, piece: _Piece) -> list[_Piece]:
    """Several criteria in one paragraph: "1. ... 2. ... 3. ..." or bullets inside a line."""
    cuts = [piece.start]
    expected = 0
    for m in _MARK.finditer(text, piece.start, piece.end):
        n = int(m[1] or m[2])
        if (
            n == expected
            or (expected == 0 and n == 1)
            or (expected == 0 and n < 90 and not text[piece.start : m.start()].strip())
        ):
            cuts.append(m.start())
            expected = n + 1
    if len(cuts) < 3:
        cuts = [piece.start] + [m.end() for m in _GLUED.finditer(text, piece.start, piece.end)]
    ends = [*cuts[1:], piece.end]
    return [_Piece(a, b) for a, b in zip(cuts, ends, strict=True) if text[a:b].strip()]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the bullet in front and the blanks and bullets at both ends."""
    if m := _BULLET.match(text, start, end):
        start = m.end()
    while start < end and text[start].isspace():
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in "•●▪■"):
        end -= 1
    return start, end
