"""The outcomes of ICTRP: one cell for all of a role, cut only where the cuts are certain.

A register hands over a list or one text, with time points beside the measures, behind them, or not at all.
"""

import re
from typing import Literal

from trialkit.record import Outcome
from trialkit.registries.ictrp_lists import once, semicolons
from trialkit.registries.ictrp_words import is_empty, text

Role = Literal["primary", "secondary"]

_LISTED = ("NCT", "ChiCTR", "ITMCTR", "KCT", "TCTR", "RBR", "PACTR", "IRCT", "ACTRN")  # they keep a list, not a text
_UNTIMED = ("NCT", "ChiCTR", "ITMCTR")  # ICTRP leaves out their time frames: one in the cell is of one item only

_MARK = re.compile(r"\[\s*time ?(?:frame|points?)\b\s*:?|time ?(?:frame|points?)\s*:|measurement time\s*:", re.I)
_METHOD = re.compile(r"[.;]?\s{0,9}(?:Method of measurement|Measure)\s{0,9}:\s*", re.I)
_CUTS = (re.compile(r"(?<=[.\]])\s*;\s*"), re.compile(r"\s{0,9};\s*"), re.compile(r"\n"))
_ITEM = re.compile(r"(?:\d{1,2}[.)](?!\d)|\(\d{1,2}\)|[-•*·])\s*(.+)")
_SUB_ITEM = re.compile(r"\d{1,2}\.\d")
_EUCTR_PART = re.compile(
    r"(?:^|[;\n])[ \t\r]{0,20}(Main Objective|Secondary Objective|Primary end point\(s\)|Secondary end point\(s\)|"
    r"Timepoint\(s\) of evaluation of this end point)\s{0,9}:"
)


def read_euctr_outcomes(cell: str | None) -> tuple[list[Outcome], str | None] | None:
    """(outcomes, objectives) of a EUCTR cell, whose end points and their time points stand under labels.

    None when there is no label. The end points are one outcome, since their time points are one text as well.
    """
    pieces = _EUCTR_PART.split(text(cell) or "")
    if len(pieces) == 1:
        return None
    told = dict(zip(pieces[1::2], (piece.strip(" ;\n") for piece in pieces[2::2]), strict=True))
    time = told.get("Timepoint(s) of evaluation of this end point") or None
    measures = [(role, told.get(f"{role.capitalize()} end point(s)")) for role in ("primary", "secondary")]
    one_time = sum(bool(measure) for _, measure in measures) == 1
    outcomes = [
        Outcome(role=role, position=0, measure=measure, time_frame=time if one_time else None)
        for role, measure in measures
        if measure
    ]
    objectives = [f"{label}: {told[label]}" for label in ("Main Objective", "Secondary Objective") if told.get(label)]
    return outcomes, "\n".join(objectives) or None


def read_outcomes(cell: str | None, role: Role, prefix: str, *, doubled: bool = False) -> list[Outcome]:
    """Outcomes of one cell, each with its own time frame or none.

    Cut at `;` or at line breaks where every item has a time point; without any time point, at `;` for registers that
    keep a list and at lines that all carry a number or a bullet. `doubled`: ICTRP printed every list of this trial twice.
    """
    words = text(cell)
    if not words or is_empty(words):
        return []
    items = once(_items(words, prefix), doubled)
    return [_outcome(role, n, item, prefix) for n, item in enumerate(items)]


def _items(words: str, prefix: str) -> list[str]:
    if prefix == "ACTRN" or _MARK.search(words):
        timed = (lambda item: item.endswith("]")) if prefix == "ACTRN" else (lambda item: len(_MARK.findall(item)) == 1)
        for cut in _CUTS:
            pieces = [piece.strip(" \n;") for piece in cut.split(words) if piece.strip(" \n;")]
            if all(map(timed, pieces)):
                return pieces
        return [words]
    if prefix in _LISTED and len(pieces := semicolons(words)) > 1:
        return pieces
    return _bulleted(words) or [words.strip(" ;")]


def _bulleted(words: str) -> list[str]:
    """The items of a list of two or more in which every line carries a number or bullet; [] for any other text."""
    items: list[list[str]] = []
    for line in words.split("\n"):
        if items and _SUB_ITEM.match(line):
            items[-1].append(line)
        elif found := _ITEM.fullmatch(line):
            items.append([found[1]])
        else:
            return []
    return ["\n".join(item) for item in items] if len(items) > 1 else []


def _outcome(role: Role, position: int, item: str, prefix: str) -> Outcome:
    measure, time, details = item, None, ""
    marks = list(_MARK.finditer(item))
    if len(marks) == 1 and not (prefix in _UNTIMED and ";" in item):
        measure, time = item[: marks[0].start()], item[marks[0].end() :]
        if marks[0][0].startswith("["):
            time, _, details = time.partition("]")
        elif method := _METHOD.search(time):
            time, details = time[: method.start()], time[method.end() :]
    elif not marks and prefix == "ACTRN" and item.endswith("]") and "[" in item:
        measure, _, time = item[:-1].rpartition("[")
    if not measure.strip(" .,;\n"):
        measure, time, details = item, None, ""
    return Outcome(
        role=role,
        position=position,
        measure=measure.strip(" ,;\n").removesuffix("."),
        time_frame=(time or "").strip(" .;\n") or None,
        description=details.strip(" .;\n") or None,
    )
