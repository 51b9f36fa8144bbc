r"""The two tables of a MedPath page, whose columns were lost when the page became text.

Outcomes: `Name Time Method` and the cells run on; the first time expression after the measure is its time frame, what
follows describes it. Where the cells are glued (`NameTimeMethod`) only a time expression glued on both sides counts.
Arms: `Group Intervention Description`; the known name of an intervention is the middle cell. A row that cannot be cut
with certainty stays whole: a wrong column is worse than a long one.
"""

import re
from typing import Literal, NamedTuple

from trialkit.record import Arm, Outcome
from trialkit.registries.wording import break_lines, is_missing, plain_text

Role = Literal["primary", "secondary", "other"]


class _Row(NamedTuple):
    """One outcome before it has a position."""

    measure: str
    time_frame: str | None = None
    description: str | None = None


# --- time expressions: enough to find a time frame, not to read it -----------------------------------------------

_NUM = r"(?:\d{1,3}(?:\.\d+)?|(?i:one|two|three|four|five|six|seven|eight|nine|ten|twelve|eighteen))"
_UNIT = r"(?i:hours?|hrs?|days?|weeks?|wks?|months?|years?|yrs?)(?![a-z])"
_AND = r"\s*(?:,\s*and|,|-|–|~|/|&|to|and|or)\s*"
# not a time frame: an age, or a specimen or test named by its hours ("2 years old", "24 hours urine protein")
_NAMES = r"(?!\s+(?i:urin|protein|creatinine|ambulatory|holter|recall|old|of age|survival|mortality|walk))"
_SPAN = rf"{_NUM}(?:{_AND}{_NUM}){{0,12}}\s*{_UNIT}{_NAMES}"
_POINT = rf"(?i:day|week|month|year)s?\s*\d{{1,3}}(?:{_AND}(?:(?i:day|week|month|year)s?\s*)?\d{{1,3}}){{0,12}}(?!\d|\s*{_UNIT})"
_OFTEN = (
    rf"(?i:every\s+(?:{_NUM}\s+)?{_UNIT}|(?:once|twice)\s+(?:a|per|every)\s+{_UNIT}"
    r"|daily|(?:bi)?weekly|monthly|yearly|annually)(?![a-z])"
)
_FROM = (
    r"(?:(?i:(?:from\s+)?(?:baseline|enrol?lment)\s*(?:,|-|to|and|through|until|up to)\s*(?:and\s+)?)"
    r"|(?i:(?:through|until) study completion,?\s+)"
    r"|From (?:the )?(?:date|time|day|start|first|last|randomi[sz]ation)\b[^.]{1,200}?)"
)
_LEAD = (
    r"(?i:(?:up to|within|at|after|over|during|through|for|from|in|until|between)\s+(?:approximately\s+|about\s+)?"
    r"|an average of\s+)"
)
_ONE = rf"(?:{_SPAN}|{_POINT}|{_OFTEN})"
_FRAME = rf"{_FROM}?{_LEAD}?{_ONE}(?:{_AND}{_ONE}){{0,12}}"

_BARE = re.compile(rf"(?<![\w.-])(?!{_FROM}|{_LEAD}){_ONE}(?:{_AND}{_ONE}){{0,12}}")
_SPACED = re.compile(rf"(?<![\w.-]){_FRAME}")
_GLUED = re.compile(rf"(?<=[a-z)\].;%])(?:(?=[A-Z]|\d{{1,2}}\D|\d{{3}}\s*(?i:days?)){_FRAME})(?=[A-Z(]|$|-$)")
_AFTER = re.compile(
    r"\s+(?:after|post|following|from|of|since|before|prior to)(?:\s+(?:the|[a-z][\w-]*)){1,6}(?=\s+[A-Z\d]|$)"
)
_DANGLING = re.compile(r"(?:after|post|following|from|of|since|before|prior|until|to|in|with|for|by|on|and|or)\b")
_MENTION = re.compile(r"(?:at|in|from|over|during|by|after|before|until|for|between|within|and)\s")

_HEAD = re.compile(r"^\s*Name\s*Time\s*Method\s*")
_ARM_HEAD = re.compile(r"^\s*Group(\s*)Intervention\s*Description\s*")
_TIMEPOINT = re.compile(r"\s{0,9}Timepoints?\s{0,9}:\s*(.+)$")
_INLINE = re.compile(r"\s{0,9}[(\[]\s{0,9}time ?frame\s*:?\s*([^()\[\]]+?)\s*[)\]]\s*", re.I)
_WINDOW = re.compile(r"\s{0,9}\(((?:between|from|at|within|up to|during|over|after|baseline)\b[^()]*)\)\s*$", re.I)
_ITEM = re.compile(r"(?:^|(?<=\s))(\d{1,2})[.)]\s*(?=[^\d\s])")


def read_outcomes(lines: list[str], role: Role) -> tuple[list[Outcome], str | None]:
    """The outcomes of one table, and a `Timepoint:` printed under outcomes which all have their own time frame.

    A `Timepoint:` under outcomes without one is the time frame of each. An empty table gives [].
    """
    if not lines or all(is_missing(line.removeprefix("- ")) for line in lines):
        return [], None
    text = plain_text(break_lines("\n".join(lines)))
    glued = bool(re.match(r"\s*NameTimeMethod", text))
    rows: list[_Row] = []
    group: list[_Row] = []
    left_over = None
    for line in filter(None, map(str.strip, _HEAD.sub("", text).split("\n"))):
        timepoint = _TIMEPOINT.search(line)
        if body := (line[: timepoint.start()] if timepoint else line).strip():
            group = _add(group, body, glued)
        if timepoint:
            if all(row.time_frame for row in group):
                left_over = timepoint[0].strip()
            rows += [row if row.time_frame else row._replace(time_frame=timepoint[1].strip()) for row in group]
            group = []
    rows += group
    return [Outcome(role=role, position=n, **row._asdict()) for n, row in enumerate(rows)], left_over


def _add(rows: list[_Row], line: str, glued: bool) -> list[_Row]:
    """The rows with one more line: new outcomes, or the next line of the last outcome's description."""
    items = _numbered(line)
    if len(items) > 1 or _INLINE.search(line) or _WINDOW.search(line):
        return rows + [_with_inline_frame(item) for item in items]
    new = [_cut_glued(items[0])] if glued else _several(items[0]) or [_cut_spaced(items[0])]
    last = rows[-1] if rows else None
    if last and last.description and (not new[0].time_frame or _MENTION.match(new[0].time_frame)):
        return [*rows[:-1], last._replace(description=f"{last.description}\n{line}")]
    return rows + new


def _numbered(line: str) -> list[str]:
    """`1. A 2. B` -> its items, when the numbers run 1, 2, 3 ...; else the line as one item, its own number dropped."""
    marks = list(_ITEM.finditer(line))
    if not marks or marks[0].start() or [int(m[1]) for m in marks] != list(range(1, len(marks) + 1)):
        return [_ITEM.sub("", line, count=1) if marks and not marks[0].start() else line]
    ends = [m.start() for m in marks[1:]] + [len(line)]
    return [line[m.end() : end].strip() for m, end in zip(marks, ends, strict=True)]


def _with_inline_frame(item: str) -> _Row:
    """`Score (Time Frame 6 months)` and `Safety (between day 1 and week 48)` -> measure and time frame."""
    if found := _INLINE.search(item):
        rest = item[found.end() :].strip()
        return _Row(f"{item[: found.start()]} {rest}".strip(), found[1])
    if (found := _WINDOW.search(item)) and _SPACED.search(found[1]):
        return _Row(item[: found.start()], found[1])
    return _Row(item)


def _cut_spaced(line: str) -> _Row:
    """One row with blanks between its cells; whole when it is not certain where the time frame ends."""
    found = _SPACED.search(line, 1)
    if not found:
        return _Row(line)
    start, end = found.span()
    while True:
        if more := _AFTER.match(line, end):
            end = more.end()
        following = _SPACED.match(line, end + 1)  # "... at 6 months 6 months": the first belongs to the measure
        if not following:
            break
        start, end = following.span()
    measure, frame, rest = line[:start].strip(), line[start:end].strip(), line[end:].strip()
    later = [m for m in _BARE.finditer(rest) if m.end() == len(rest) and not _mentioned(rest, m.start())]
    if not measure or _DANGLING.match(rest) or later:
        return _Row(line)
    return _Row(measure, frame, None if is_missing(rest) else rest)


def _cut_glued(line: str) -> _Row:
    """One row whose cells touch: `Relapse rate12 weeksShare of ...`."""
    found = list(_GLUED.finditer(line))
    if len(found) != 1:
        return _Row(line)
    rest = line[found[0].end() :].strip()
    return _Row(line[: found[0].start()].strip(), found[0][0].strip(), None if is_missing(rest) else rest)


def _several(line: str) -> list[_Row]:
    """Rows that run on in one line, when each ends with the very same time frame and so does the line; else []."""
    found = list(_BARE.finditer(line))
    same = {m[0].lower() for m in found}
    if len(found) < 2 or len(same) > 1 or found[-1].end() != len(line) or re.search(r"[.] [A-Z]", line):
        return []
    starts = [0] + [m.end() for m in found[:-1]]
    rows = [_Row(line[s : m.start()].strip(), m[0]) for s, m in zip(starts, found, strict=True)]
    return (
        rows if all(row.measure and not _mentioned(line, m.start()) for row, m in zip(rows, found, strict=True)) else []
    )


def _mentioned(text: str, at: int) -> bool:
    """True when a time expression follows a preposition, as in a sentence ("... recorded at 12 weeks")."""
    return bool(re.search(rf"(?:{_LEAD}|\bto\s+|\band\s+|\bby\s+)$", text[:at]))


def read_arms(lines: list[str], names: list[str]) -> list[Arm]:
    """The arms of the table: label, intervention, description. `names` are the interventions printed above it."""
    text = plain_text(break_lines("\n".join(lines))).strip()
    head = _ARM_HEAD.match(text)
    glued = bool(head and not head[1])
    arms: dict[str, Arm] = {}
    last = ""
    for line in filter(None, map(str.strip, _ARM_HEAD.sub("", text).split("\n"))):
        arm = _cut_arm(line, names, glued)
        if arm is None and last:
            more = "\n".join(filter(None, (arms[last].description, line)))
            arms[last] = Arm(label=last, description=more, interventions=arms[last].interventions)
            continue
        arm = arm or Arm(label=line)
        last = arm.label
        if before := arms.get(last):
            arm = Arm(
                label=last, description=before.description, interventions=before.interventions + arm.interventions
            )
        arms[last] = arm
    return list(arms.values())


def _cut_arm(line: str, names: list[str], glued: bool) -> Arm | None:
    """One row of the table of arms, or None when the intervention's place in it is not certain."""
    edge = "" if glued else r"(?!\S)"
    before = r"(?<=\S)" if glued else r"(?<=\s)"
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    places = list(re.finditer(rf"{before}(?:{known}){edge}", line)) if known else []
    if line.endswith("-") and places and places[-1].end() == len(line[:-1].rstrip()):
        places = places[-1:]
    if len(places) != 1:
        return None
    rest = line[places[0].end() :].strip()
    return Arm(
        label=line[: places[0].start()].strip(),
        description=None if is_missing(rest) else rest,
        interventions=[places[0][0]],
    )
