"""Places, texts, dates and outcome lists of an ISRCTN record, whichever form it is kept in.

An element of the XML becomes what the JSON form is by nature: a dict of its children, or its text. Attributes stand
under `@name`, the text beside them under `#text`. A child that comes once and one that comes in a list are read alike.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

from trialkit.record import Outcome
from trialkit.registries import wording
from trialkit.registries.xml_text import Element, local_name

_SAYS_NOTHING = {
    "nil known", "none known", "not provided at time of registration",
    "plain english summary of protocol not provided at time of registration",
}  # fmt: skip
_CURRENT = re.compile(r"current\b[^\n:]{0,80}\bas of\b[^\n]{0,40}:?[ ]*\n", re.I)
_PREVIOUS = re.compile(r"^(?:_{3,}\s*)?previous\b[^\n:]{0,120}:[ ]*$", re.I | re.M)
_ITEM = re.compile(r"(\d{1,3})[.)]\s+(?=\S)")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?![\d-])", re.A)
_COUNT = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,2}|[0-9]{1,9}")
_MOST_ATTRIBUTES = 100


def tree(element: Element) -> Any:
    """An element of the XML as the JSON form has it: its text, or its children and attributes by name.

    Raises ValueError for more attributes than any element has: lxml looks for each from the first one on.
    """
    if len(element.attrib) > _MOST_ATTRIBUTES:
        raise ValueError(f"<{local_name(element)}> has {len(element.attrib):,} attributes, a real one has a few")
    children = [child for child in element if local_name(child)]
    if not children and not element.attrib:
        return "".join(element.itertext())
    found: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    if not children:
        found["#text"] = "".join(element.itertext())
    for child in children:
        found.setdefault(local_name(child), []).append(tree(child))
    return found


def places(node: Any, path: str) -> list[Any]:
    """Everything at `path` ("conditions/condition") below a node, in order; [] where the path leads nowhere."""
    here = [node]
    for step in path.split("/"):
        here = [item for part in here if isinstance(part, dict) for item in _listed(part.get(step))]
    return here


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def texts(node: Any, path: str) -> list[str]:
    """The texts at `path` that say something, plain, without blanks at the ends of lines."""
    found = map(_plain, places(node, path))
    return [text for text in found if text]


def text(node: Any, path: str) -> str | None:
    """The first text at `path` that says something, or None."""
    return next(iter(texts(node, path)), None)


def _plain(value: Any) -> str:
    """A value as plain text; "" for one that says nothing or is no text."""
    value = value.get("#text") if isinstance(value, dict) else value
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    lines = wording.plain_text(value).replace("\t", " ").replace("\r\n", "\n").split("\n")
    plain = "\n".join(line.rstrip() for line in lines).strip()
    return "" if wording.is_missing(plain) or plain.rstrip(".").lower() in _SAYS_NOTHING else plain


def count(words: str | None) -> int | None:
    """A number that stands alone: `1,200` -> 1200; None for anything else ("40 in each group")."""
    return int(words.replace(",", "")) if words and _COUNT.fullmatch(words) else None


class Reading(NamedTuple):
    """One record being read, and the words kept of what had to be changed or could not be."""

    node: Any
    printed: dict[str, str]

    def text(self, path: str) -> str | None:
        return text(self.node, path)

    def texts(self, path: str) -> list[str]:
        return texts(self.node, path)

    def current(self, field: str, path: str) -> str | None:
        """A free text as it is in force: ISRCTN writes "Current ... as of <date>:" and below it "Previous ...:"."""
        whole = self.text(path)
        start = _CURRENT.match(whole or "")
        end = start and _PREVIOUS.search(whole, start.end())
        if not end:
            return whole
        self.printed[field] = whole
        return whole[start.end() : end.start()].rstrip(" _\n") or None

    def choice(self, field: str, words: str | None, meaning: Callable[[str], Any]) -> Any:
        """What the words mean in the spelling of `TrialRecord`; changed and unknown words go to `printed`."""
        value = meaning(words) if words else None
        if words and value != wording.snake(words):
            self.printed[field] = words
        return value

    def date(self, field: str, path: str) -> str | None:
        """`2025-11-01T00:00:00.000Z` -> 2025-11-01; a date that cannot be stays in `printed`."""
        words = self.text(path)
        found = _DATE.match(words.partition("T")[0]) if words else None
        if found:
            year, month, day = (int(part) if part else 1 for part in found.groups())
            try:
                datetime.date(year, month, day)
            except ValueError:
                found = None
        if words and not found:
            self.printed[field] = words
        return found[0] if found else None

    def outcomes(self, role: Literal["primary", "secondary"]) -> list[Outcome]:
        """The outcomes of one role: those entered one by one, then those of the older free text.

        Only the former have a place for a time frame. The free text is cut where it is a list numbered 1, 2, 3 and
        nothing else; any other text is one outcome, so that a closing "Measured at 21 days" stays with its measures.
        """
        found = []
        for item in places(self.node, f"trialDescription/{role}Outcomes/outcomeMeasure"):
            if measure := text(item, "variable"):
                found.append((measure, text(item, "timepoints") or text(item, "timepoint"), text(item, "method")))
        old = self.current(f"{role}_outcomes", f"trialDescription/{role}Outcome")
        found += [(measure, None, None) for measure in numbered(old)]
        return [
            Outcome(role=role, position=n, measure=measure, time_frame=time_frame, description=description)
            for n, (measure, time_frame, description) in enumerate(found)
        ]


def numbered(whole: str | None) -> list[str]:
    """The items of a text that is a list numbered 1, 2, 3 from its first line to its last; else the text itself."""
    if not whole:
        return []
    items = list(_items(whole.split("\n")))
    return items if len(items) > 1 and None not in items else [whole]


def _items(lines: Iterable[str]) -> Iterator[str | None]:
    """The items in order; None for a line that belongs to no item. A line without a number goes on with its item."""
    item, n, after_blank = "", 0, False
    for line in lines:
        number = _ITEM.match(line)
        if number and int(number[1]) == n + 1:
            if n:
                yield item
            item, n = line[number.end() :], n + 1
        elif not line:
            after_blank = True
            continue
        elif number or not n or after_blank:
            yield None
            return
        else:
            item += f"\n{line}"
        after_blank = False
    yield item
