"""ctv.veeva.com trial pages saved as text -> TrialRecord.

A label stands on a line of its own, its values on the lines below. Some savings lost the values and kept the labels: a
label right after a label means an empty field, and such a page may have no title, sponsor or number left.
"""

import re
from collections.abc import Callable, Collection, Iterable
from itertools import takewhile
from typing import Any

import msgspec

from trialkit.record import Arm, Intervention, TrialRecord
from trialkit.registries import wording

ACCEPTS = "ctv.veeva.com: a trial page saved as text"

_LABELS = (
    "Status and phase", "Conditions", "Treatments", "Study type", "Funder types", "Identifiers",
    "Details and patient eligibility", "About", "Full description", "Enrollment", "Sex", "Ages", "Volunteers",
    "Inclusion criteria", "Exclusion criteria", "Trial design", "Primary purpose", "Allocation", "Interventional model",
    "Masking", "Trial contacts and locations", "Data sourced from clinicaltrials.gov", "Clinical trials",
)  # fmt: skip
_MENU = ("ClinicalTrials.Veeva", "Menu", "Find clinical trials", "Trials by location", "Loading...")
_IN_ARMS = ("Description:", "Treatment:")
LABELS = frozenset((*_LABELS, *_MENU, *_IN_ARMS))

_GROUPS = re.compile(r"(\d[\d,]*) participants? in (\d+) patient groups?\b.*")
_ARM_TYPE = re.compile(
    r"(Experimental|Active comparator|Placebo comparator|Sham comparator|No intervention|Other) group", re.I
)
_ENROLLMENT = re.compile(r"(\d[\d,]*) (?:(estimated|actual) )?(?:patients?|participants?)", re.I)
_SITES = re.compile(r"\d{1,6}", re.ASCII)
_NCT = re.compile(r"NCT\d{8}")


def recognises(text: str) -> bool:
    """True for a page with or without its values: at least four of its particular labels on lines of their own."""
    plain = {"About", "Conditions", "Enrollment", "Sex", "Allocation", "Masking", "Clinical trials"}
    return len({line.strip() for line in text.splitlines()} & (set(_LABELS) - plain)) >= 4


def parse_page(text: str) -> TrialRecord:
    """One page -> its record. Absent values are None or []; a label is never a value.

    Phases are printed highest first and come out ascending. `enrollment_type` is `estimated` only where the page says
    so. The page lists no outcomes and no dates. Names and addresses of contacts are not read.
    """
    blocks, arms_block = _cut(text)
    printed: dict[str, str] = {}

    def choice(field: str, label: str, meaning: Callable[[str], Any]) -> Any:
        words = next(iter(_values(blocks, label)), None)
        value = meaning(words) if words else None
        if words and value != words:
            printed[field] = words
        return value

    numbers = _values(blocks, "Identifiers")
    trial_id = next((number for number in numbers if _NCT.fullmatch(number)), None)
    title, sponsor = _title_and_sponsor(blocks[""])
    status_lines = _values(blocks, "Status and phase")
    phase_lines = [line for line in status_lines if wording.phases(line)]
    status_line = next((line for line in status_lines if not wording.phases(line)), None)
    if phase_lines:
        printed["phases"] = "\n".join(phase_lines)
    if status_line:
        printed["overall_status"] = status_line
    funders = _values(blocks, "Funder types")
    count, kind = _enrollment(_values(blocks, "Enrollment"), arms_block, printed)
    age_words = next(iter(_values(blocks, "Ages")), "")
    youngest, oldest = wording.ages(age_words)
    printed.update({field: age_words for field, age in (("minimum_age", youngest), ("maximum_age", oldest)) if age})
    arms = _arms(arms_block)
    groups = next((m for m in map(_GROUPS.fullmatch, arms_block[:1]) if m), None)
    if groups and groups[2] == "1" and len(arms) == 1:  # "40 participants in 1 patient group"
        arms = [msgspec.structs.replace(arms[0], n=int(groups[1].replace(",", "")))]
        printed["arms[0].n"] = groups[0]
    return TrialRecord(
        register="veeva",
        trial_id=trial_id,
        url=wording.registry_url(trial_id),
        secondary_ids=[number for number in numbers if number != trial_id],
        public_title=title,
        conditions=_values(blocks, "Conditions"),
        brief_summary=_text(blocks.get("About", [])),
        detailed_description=_text(blocks.get("Full description", [])),
        overall_status=wording.status(status_line) if status_line else None,
        phases=sorted({phase for line in phase_lines for phase in wording.phases(line)}),
        study_type=choice("study_type", "Study type", wording.study_type),
        allocation=choice("allocation", "Allocation", wording.allocation),
        intervention_model=choice("intervention_model", "Interventional model", wording.intervention_model),
        masking=choice("masking", "Masking", wording.masking),
        primary_purpose=choice("primary_purpose", "Primary purpose", wording.purpose),
        enrollment_count=count,
        enrollment_type=kind,
        sex=choice("sex", "Sex", wording.sex),
        minimum_age=youngest,
        maximum_age=oldest,
        healthy_volunteers=choice("healthy_volunteers", "Volunteers", _healthy),
        inclusion=_text(blocks.get("Inclusion criteria", [])),
        exclusion=_text(blocks.get("Exclusion criteria", [])),
        arms=arms,
        interventions=[_intervention(line, arms) for line in _values(blocks, "Treatments")],
        lead_sponsor=sponsor,
        sponsor_class=wording.SPONSOR_CLASS.get(funders[0].lower()) if len(funders) == 1 else None,
        n_sites=next(
            (int(line) for line in _values(blocks, "Trial contacts and locations")[:1] if _SITES.fullmatch(line)), None
        ),
        printed=printed,
    )


def _cut(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """The lines under each label (`""` = above the first) and the block of arms. Labels count once, in their order.

    A label out of its order stays where it is: in a text it may be a word, and elsewhere nothing after it is a value.
    """
    blocks: dict[str, list[str]] = {"": []}
    arms: list[str] = []
    rank, current = -1, blocks[""]
    for line in filter(None, map(str.strip, text.splitlines())):
        if line in _LABELS and _LABELS.index(line) > rank:
            rank = _LABELS.index(line)
            current = blocks[line] = []
        elif _GROUPS.fullmatch(line) and rank >= _LABELS.index("Trial design"):
            current = arms
            arms.append(line)
        elif line.startswith("©"):
            break
        elif line not in _MENU:
            current.append(line)
    return blocks, _before_label(arms, but=_IN_ARMS)


def _before_label(lines: Iterable[str], but: Collection[str] = ()) -> list[str]:
    return list(takewhile(lambda line: line not in LABELS or line in but, lines))


def _values(blocks: dict[str, list[str]], label: str) -> list[str]:
    lines = _before_label(blocks.get(label, ()))
    return [wording.plain_text(line) for line in lines if not wording.is_missing(line)]


def _text(lines: list[str]) -> str | None:
    words = [line for line in lines if line not in LABELS]
    return None if all(map(wording.is_missing, words)) else wording.plain_text("\n".join(words))


def _title_and_sponsor(lines: list[str]) -> tuple[str | None, str | None]:
    """Title, then the sponsor's badge (one or two letters, passed over), then the sponsor."""
    lines = _before_label(lines)
    title, sponsor, *_ = [*(wording.plain_text(line) for line in lines if len(line) > 2), None, None]
    return title, sponsor


def _enrollment(lines: list[str], arms: list[str], printed: dict[str, str]) -> tuple[int | None, Any]:
    """Number and kind of enrolment; a page without the field still has its `N participants in M patient groups`."""
    found = next((m for m in map(_ENROLLMENT.fullmatch, lines) if m), None)
    kind = found[2].lower() if found and found[2] else None
    found = found or next((m for m in map(_GROUPS.fullmatch, arms[:1]) if m), None)
    if not found:
        return None, None
    printed["enrollment_count"] = found[0]
    return int(found[1].replace(",", "")), kind


def _healthy(words: str) -> bool | None:
    known = {"no healthy volunteers": False, "accepts healthy volunteers": True, "healthy volunteers": True}
    return known.get(words.lower())


def _intervention(line: str, arms: list[Arm]) -> Intervention:
    kind, colon, name = line.partition(": ")
    typed = colon and kind in wording.INTERVENTION_TYPES
    return Intervention(
        name=name if typed else line,
        type=wording.snake(kind) if typed else None,
        arm_labels=[arm.label for arm in arms if line in arm.interventions],
    )


def _arms(lines: list[str]) -> list[Arm]:
    """Arms of the block: name, type, then `Description:` and `Treatment:` with their lines."""
    types = [n for n, line in enumerate(lines) if n and _ARM_TYPE.fullmatch(line)]
    arms = []
    for n, end in zip(types, [n - 1 for n in types[1:]] + [len(lines)], strict=False):
        parts: dict[str, list[str]] = {"": [], "Description:": [], "Treatment:": []}
        current = ""
        for line in lines[n + 1 : end]:
            if line in _IN_ARMS:
                current = line
            else:
                parts[current].append(line)
        if lines[n - 1] not in LABELS and not _GROUPS.fullmatch(lines[n - 1]):
            arms.append(
                Arm(
                    label=wording.plain_text(lines[n - 1]),
                    type=wording.snake(_ARM_TYPE.fullmatch(lines[n])[1]),  # type: ignore[index]
                    description=_text(parts["Description:"]),
                    interventions=[wording.plain_text(line) for line in parts["Treatment:"]],
                )
            )
    return arms
