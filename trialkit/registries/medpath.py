"""MedPath trial pages saved as text, in the two layouts met, -> TrialRecord.

Layout A begins with `MedPath`, labels stand on lines of their own and values below them; the header may hold a phase
and a status line. Layout B writes `- Label` / `- value`, prints no phase, glues neighbouring conditions together
("Lupus NephritisSystemic Sclerosis") and gives the criteria without headings. Either may lack any block, print one
label right after another, and carry the escaping of the register the page was made from.
"""

import re
from collections.abc import Callable
from itertools import takewhile
from typing import Any, NamedTuple

import msgspec

from trialkit.record import Intervention, TrialRecord
from trialkit.registries import wording
from trialkit.registries.medpath_tables import read_arms, read_outcomes

ACCEPTS = "MedPath: a trial page saved as text (both layouts)"

_PEOPLE_PART, _DESIGN_PART = "Recruitment & Eligibility", "Study & Design"
_OUTCOMES = {
    "primary": "Primary Outcome Measures", "secondary": "Secondary Outcome Measures", "other": "Other Outcome Measures",
}  # fmt: skip
_PART_OF = {
    **dict.fromkeys(("Conditions", "Interventions", "Registration Number", "Lead Sponsor"), ""),
    **dict.fromkeys(("Brief Summary", "Detailed Description"), ""),
    **dict.fromkeys(("Status", "Sex", "Target Recruitment", "Inclusion Criteria", "Exclusion Criteria"), _PEOPLE_PART),
    **dict.fromkeys(("Study Type", "Study Design", "Arm && Interventions", *_OUTCOMES.values()), _DESIGN_PART),
    **dict.fromkeys(("Related Research Topics", "Trial Locations"), _DESIGN_PART),
}
_SITE = "MedPath"
LABELS = frozenset((*_PART_OF, _PEOPLE_PART, _DESIGN_PART, _SITE))

_HEALTH_CONDITION = re.compile(r"Health Condition \d+\s*:\s*(?:(?:null|[A-Z]\d[\w.,]*)\s*-\s*)?")
_JOINT = re.compile(r"(?<=[a-z]{3})(?=[A-Z])|(?<=..\))(?=[A-Z])")
_TYPED = re.compile(rf"(?<=\S)(?=(?:{'|'.join(wording.INTERVENTION_TYPES)}): )")
_EXCLUSION_INSIDE = re.compile(r"^\W{0,20}exclusion criteria\s{0,9}[:：]", re.I | re.M)
_FLAG = re.compile("^[\U0001f1e6-\U0001f1ff]{2}")
_NUMBER = re.compile(r"(?=\S*\d)[A-Za-z][\w./()-]{3,40}")


class _Page(NamedTuple):
    """A page cut at its labels: the lines under each (`""` = above the first), and what `printed` has so far."""

    layout: str
    blocks: dict[str, list[str]]
    printed: dict[str, str]

    def lines(self, label: str) -> list[str]:
        """The values under a label, those that say nothing left out; what follows another label is none of them."""
        values = [wording.plain_text(_bare(line)) for line in self.table(label)]
        return [value for value in values if not wording.is_missing(value)]

    def table(self, label: str) -> list[str]:
        """The lines under a label up to one that stands out of its order, whose values belong to nobody."""
        return list(takewhile(lambda line: _bare(line) not in LABELS, self.blocks.get(label, ())))

    def word(self, label: str) -> str | None:
        """The one value under a label, or None."""
        return next(iter(self.lines(label)), None)

    def text(self, label: str) -> str | None:
        """The free text under a label with its own line breaks and bullets, or None."""
        return _text(self.blocks.get(label, []))

    def choice(self, field: str, words: str | None, meaning: Callable[[str], Any]) -> Any:
        """What the words of the page mean in the spelling of `TrialRecord`; the words themselves go to `printed`."""
        if words is None:
            return None
        value = meaning(words)
        if value != words:
            self.printed[field] = words
        return value


def recognises(text: str) -> bool:
    """True for a page in either layout: at least four of its particular labels on lines of their own."""
    lines = {line.strip().removeprefix("- ") for line in text.splitlines()}
    return len(lines & (LABELS - {"Conditions", "Interventions", "Status", "Sex"})) >= 4


def parse_page(text: str) -> TrialRecord:
    """One page -> its record. Missing, "Not specified" and "Not provided" are None or []; a label is never a value.

    `enrollment_count` is the printed target, therefore `estimated`. Layout B never gives phases; its criteria come as
    one `eligibility` text, because the page does not say where the exclusions begin. So does a page of layout A whose
    inclusion block holds the exclusion criteria too.
    """
    page = _cut(text)
    fields = {**_header(page), **_subject(page), **_people(page), **_design(page), **_places(page)}
    arms = read_arms(page.table("Arm && Interventions"), [item.name for item in fields["interventions"]])
    fields["interventions"] = [
        msgspec.structs.replace(item, arm_labels=[arm.label for arm in arms if item.name in arm.interventions])
        for item in fields["interventions"]
    ]
    outcomes = []
    for role, label in _OUTCOMES.items():
        found, timepoint = read_outcomes(page.table(label), role)
        outcomes += found
        if timepoint:
            page.printed[f"{role}_time_frame"] = timepoint
    return TrialRecord(register="medpath", arms=arms, outcomes=outcomes, printed=page.printed, **fields)


def _cut(text: str) -> _Page:
    """Cut a page at its labels. A label counts once and inside its own part, so a text may use the same words."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    layout = "B" if sum(line.startswith("- ") and line[2:] in _PART_OF for line in lines) > 1 else "A"
    dash = "- " if layout == "B" else ""
    parts_here = {"", _PEOPLE_PART, _DESIGN_PART}.intersection(["", *lines])
    blocks: dict[str, list[str]] = {"": []}
    part = current = ""
    for line in lines:
        if line.startswith("©") or line in ("Related Research Topics",):
            current = "end" if line.startswith("©") else line
            blocks.setdefault(current, [])
            continue
        label = line.removeprefix(dash) if line.startswith(dash) or line == "Trial Locations" else ""
        if line in (_PEOPLE_PART, _DESIGN_PART):
            part = current = line
        elif (
            label in _PART_OF and label not in blocks and (_PART_OF[label] == part or _PART_OF[label] not in parts_here)
        ):
            current = label
        else:
            blocks[current].append(line)
            continue
        blocks.setdefault(current, [])
    return _Page(layout, blocks, {})


def _header(page: _Page) -> dict[str, Any]:
    """Title, phase and status above the first label. The status further down the page goes before this one."""
    title: list[str] = []
    phases: list[str] = []
    above: list[str] = []
    lines = [line for line in page.blocks[""] if line != _SITE]
    for line in takewhile(lambda line: _bare(line) not in LABELS, lines):
        if title and not phases and (phases := wording.phases(line)):
            page.printed["phases"] = line
        elif title and (phases or wording.names_status(line)):
            above.append(line)
        else:
            title.append(line)
    candidates = [*page.lines("Status")[:1], *above[:1]]
    words = next((line for line in candidates if wording.status(line)), next(iter(candidates), None))
    overall_status = page.choice("overall_status", words, wording.status)
    if above and wording.status(above[0]) != overall_status:
        page.printed["overall_status_header"] = above[0]
    return {
        "public_title": wording.plain_text(" ".join(title)) or None,
        "phases": phases,
        "overall_status": overall_status,
    }


def _subject(page: _Page) -> dict[str, Any]:
    numbers = [value for value in page.lines("Registration Number") if _NUMBER.fullmatch(value)]
    trial_id = numbers[0] if numbers else None
    return {
        "trial_id": trial_id,
        "secondary_ids": numbers[1:],
        "url": wording.registry_url(trial_id),
        "conditions": _conditions(page),
        "interventions": [
            _intervention(item) for line in page.lines("Interventions") for item in _TYPED.split(line) if item.strip()
        ],
        "lead_sponsor": page.word("Lead Sponsor"),
        "brief_summary": page.text("Brief Summary"),
        "detailed_description": page.text("Detailed Description"),
    }


def _conditions(page: _Page) -> list[str]:
    found = []
    for line in page.lines("Conditions"):
        pieces = _HEALTH_CONDITION.split(wording.break_lines(line))
        if page.layout == "B":
            pieces = [piece for part in pieces for piece in _JOINT.split(part)]
        pieces = [piece.strip(" \n,;") for piece in pieces]
        pieces = [piece for piece in pieces if piece and piece not in LABELS]  # a label glued to a condition
        if pieces != [line]:
            page.printed["conditions"] = "\n".join(filter(None, (page.printed.get("conditions"), line)))
        found += pieces
    return found


def _intervention(item: str) -> Intervention:
    kind, colon, name = item.partition(": ")
    if colon and kind in wording.INTERVENTION_TYPES:
        return Intervention(name=name.strip(), type=wording.snake(kind))
    return Intervention(name=item.strip())


def _people(page: _Page) -> dict[str, Any]:
    target = page.blocks.get("Target Recruitment", [])
    first = _bare(target[0]) if target else ""
    number = re.fullmatch(r"\d[\d,]*", first)
    if number:
        page.printed["enrollment_count"] = f"Target Recruitment {first}"
    criteria = target[1:] if number or wording.is_missing(first) else target
    inclusion, exclusion = page.text("Inclusion Criteria"), page.text("Exclusion Criteria")
    eligibility = _text([line for line in criteria if not wording.is_missing(line)])
    if inclusion and not exclusion and _EXCLUSION_INSIDE.search(inclusion):
        page.printed["inclusion"] = inclusion  # the block both kinds stand in
        eligibility, inclusion = inclusion, None
    return {
        "sex": page.choice("sex", page.word("Sex"), wording.sex),
        "enrollment_count": int(number[0].replace(",", "")) if number else None,
        "enrollment_type": "estimated" if number else None,
        "eligibility": eligibility,
        "inclusion": inclusion,
        "exclusion": exclusion,
    }


def _design(page: _Page) -> dict[str, Any]:
    """Type and design. A design told in a sentence is also kept as text, for the readers of language."""
    words = page.word("Study Design") or ""
    fields = {
        "intervention_model": wording.intervention_model(words),
        "allocation": wording.allocation(words),
        "masking": wording.masking_in(words),
    }
    page.printed.update({field: words for field, value in fields.items() if value})
    one_word = wording.snake(words) == fields["intervention_model"]
    fields["intervention_model_description"] = words or None if not one_word else None
    fields["study_type"] = page.choice("study_type", page.word("Study Type"), wording.study_type)
    return fields


def _places(page: _Page) -> dict[str, Any]:
    lines = page.lines("Trial Locations")
    count = next((m for m in (re.fullmatch(r"Locations \((\d+)\)", line) for line in lines) if m), None)
    cities = [_FLAG.sub("", line) for line in lines if _FLAG.match(line)]
    countries = dict.fromkeys(city.rpartition(",")[2].strip() for city in cities)
    return {"n_sites": int(count[1]) if count else None, "countries": [name for name in countries if name]}


def _text(lines: list[str]) -> str | None:
    text = wording.plain_text(wording.break_lines("\n".join(lines)))
    kept = [line.strip() for line in text.split("\n") if line.strip()]
    says_nothing = all(wording.is_missing(_bare(line)) or _bare(line) in LABELS for line in kept)
    return None if says_nothing else "\n".join(kept)


def _bare(line: str) -> str:
    """A line of either layout without its dash."""
    return line.removeprefix("- ").strip()
