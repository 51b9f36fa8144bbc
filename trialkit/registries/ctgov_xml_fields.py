"""Pieces of ClinicalTrials.gov's retired XML: elements by name, unwrapped text, the words of choices and designs.

Shared by the readers of whole studies (`ctgov_xml`) and of search results (`ctgov_search_xml`). Nothing here raises.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Literal

from trialkit.registries import wording
from trialkit.registries.xml_text import Element, local_name, nodes

Parts = defaultdict[str, list[Element]]

_COUNT = re.compile(r"\d{1,9}|\d{1,3}(?:,\d{3}){1,2}", re.ASCII)
_LABEL = re.compile(
    r"(?:^|, )(Allocation|Control|Endpoint Classification|Intervention Model|Masking|Observational Model"
    r"|Primary Purpose|Time Perspective): ?"
)
_DETAIL = re.compile(r"\s{0,9}[:\[]")
_COMMA = re.compile(r", (?![^()]{0,99}\))")
_ROLES = re.compile(r"\(([^()]*)\)")
_MASKED = {
    "care provider": "care_provider", "caregiver": "care_provider", "investigator": "investigator",
    "outcomes assessor": "outcomes_assessor", "participant": "participant", "subject": "participant",
}  # fmt: skip
_TYPES = {name.lower(): wording.snake(name) for name in wording.INTERVENTION_TYPES} | {
    "behavior": "behavioral", "biological/vaccine": "biological", "gene transfer": "genetic",
    "procedure/surgery": "procedure",
}  # fmt: skip


def parts_of(elements: Iterable[Element]) -> Parts:
    """The children of elements by name, in order; a name that is not there gives []."""
    found: Parts = defaultdict(list)
    for element in elements:
        for child in element:
            if name := local_name(child):
                found[name].append(child)
    return found


def below(elements: Iterable[Element], path: str) -> list[Element]:
    """The elements at `path` below each of `elements`."""
    return [node for element in elements for node in nodes(element, path)]


def line(element: Element) -> str:
    """The text of an element as one line, blanks single; "" for none."""
    return _plain(" ".join("".join(element.itertext()).split()))


def lines(elements: Iterable[Element]) -> list[str]:
    """The texts of elements, each as one line; those that say nothing ("N/A", "-", blank) are left out."""
    return [text for text in map(line, elements) if not _says_nothing(text)]


def words(elements: Iterable[Element]) -> str | None:
    """The first of `lines`, or None."""
    return next((text for text in map(line, elements) if not _says_nothing(text)), None)


def prose(elements: Iterable[Element], wrapped: bool = True) -> str | None:
    """The first longer text among elements, or None: paragraphs and lists as written, blanks inside lines single.

    With `wrapped`, a laid-out block (one that begins on a line of its own) was cut at a fixed width: its lines are
    joined up to the next blank line, and a list inside a list, five columns further in, keeps two blanks for each
    level. Other text keeps its lines, without indentation.
    """
    raw = next((text for element in elements if (text := "".join(element.itertext())).strip()), "")
    join = wrapped and raw.lstrip(" \t").startswith("\n")
    found: list[list[str]] = []  # the pieces of each line; [] is a blank line
    edge = None
    for part in raw.split("\n"):
        text = " ".join(part.split())
        if not text:
            if found and found[-1]:
                found.append([])
        elif join and found and found[-1]:
            found[-1].append(text)
        else:
            indent = len(part) - len(part.lstrip())
            edge = indent if edge is None else edge
            found.append(["  " * ((indent - edge) // 5 if join else 0) + text])
    whole = _plain("\n".join(map(" ".join, found)).strip())
    return None if _says_nothing(whole) else whole


def _plain(text: str) -> str:
    """Entities escaped once more than XML asks for are read; a backslash stays, since these files escape nothing so."""
    return wording.plain_text(text.replace("\\", "\\\\")) if "&" in text else text


def _says_nothing(text: str) -> bool:
    return text.upper() == "N/A" or wording.is_missing(text)


def kept(printed: dict[str, str], field: str, text: str | None, meaning: Callable[[str], Any]) -> Any:
    """What a text means, None without one; the text itself goes to `printed` where more than its spelling changed."""
    value = meaning(text) if text else None
    if text and _bare(text) != _bare(str(value)):
        printed[field] = text
    return value


def _bare(text: str) -> str:
    return wording.snake(text).replace("_", "")


def number(text: str) -> int | None:
    """`1,200` -> 1200; None for anything that is not a plain count."""
    return int(text.replace(",", "")) if _COUNT.fullmatch(text) else None


def enrollment_type(text: str) -> Literal["actual", "estimated"] | None:
    """`Anticipated` -> estimated; None for a word that says neither."""
    key = text.lower()
    return "actual" if key == "actual" else "estimated" if key in {"anticipated", "estimated"} else None


def healthy_volunteers(text: str) -> bool | None:
    """`Accepts Healthy Volunteers` -> True, `No` -> False."""
    return {"accepts healthy volunteers": True, "yes": True, "no": False}.get(text.lower())


def sponsor_class(text: str) -> str | None:
    """`U.S. Fed` -> fed; None for `Other`, which is a government, a network or a person just as well as an institute."""
    return {"industry": "industry", "nih": "nih", "u.s. fed": "fed"}.get(text.lower())


def study_type(text: str) -> str | None:
    """`Observational [Patient Registry]`, `Expanded Access:Treatment IND/Protocol` -> the type before the detail."""
    return wording.study_type(_DETAIL.split(text)[0])


def intervention_type(text: str) -> str | None:
    """`Biological`, and until 2008 `Biological/Vaccine`, -> biological."""
    return _TYPES.get(text.lower())


def phases(texts: list[str], study_type: str | None, printed: dict[str, str]) -> list[str]:
    """Phases ascending; `N/A` is a phase of interventional studies only, for others it says that there is none."""
    found = sorted({phase for text in texts for phase in wording.phases(text)})
    if found == ["na"] and study_type != "interventional":
        return []
    if _bare("".join(found)) != _bare("".join(texts)):
        printed["phases"] = "\n".join(filter(None, texts))
    return found


def design_words(texts: list[str]) -> dict[str, str]:
    """A design as label -> words, from `Allocation: Randomized, Masking: Double Blind (Subject, Investigator)`.

    Before 2010 there are no labels (`Treatment`, `Randomized`, `Open Label`): each word has its place by its meaning,
    and what could have more than one ("Other") has none.
    """
    found: dict[str, str] = {}
    for text in texts:
        pieces = _LABEL.split(text)
        found |= zip(pieces[1::2], (words.strip() for words in pieces[2::2]), strict=True)
        for item in _COMMA.split(pieces[0]):
            if wording.masking_in(item):
                found.setdefault("Masking", item)
            elif item.endswith(" Assignment"):
                found.setdefault("Intervention Model", item)
            elif "andomi" in item and wording.allocation(item):
                found.setdefault("Allocation", item)
            elif item != "Other" and wording.purpose(item):
                found.setdefault("Primary Purpose", item)
    return found


def design_fields(found: dict[str, str], printed: dict[str, str]) -> dict[str, Any]:
    """The fields of `TrialRecord` that a design fills; `who_masked` are the roles in brackets after the masking."""
    roles = _ROLES.search(found.get("Masking", ""))
    masked = (_MASKED.get(role.strip().lower()) for role in (roles[1].split(",") if roles else ()))
    return {
        "allocation": kept(printed, "allocation", found.get("Allocation"), wording.allocation),
        "intervention_model": kept(
            printed, "intervention_model", found.get("Intervention Model"), wording.intervention_model
        ),
        "masking": kept(printed, "masking", found.get("Masking"), wording.masking),
        "who_masked": [role for role in masked if role],
        "primary_purpose": kept(printed, "primary_purpose", found.get("Primary Purpose"), wording.purpose),
    }
