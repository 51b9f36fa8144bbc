"""The two forms of the retired ClinicalTrials.gov API in one shape: the values of each field, and the groups they form.

Both name their fields alike (`BriefTitle`, `ArmGroupLabel`, ...), each name once in the whole study. FullStudies nests
them, so a group (an arm, an outcome) is one object. StudyFields gives one flat array a field; there a value belongs to
a group only where the arrays themselves prove it:

- A part that every member has once at most (type, description, time frame) is paired when its array is as long as that
  of the label, name or measure. A shorter one does not say which member has none: it stays apart, in `unpaired`.
- What arms and interventions say of each other is told twice. An arm has at most as many interventions as its label
  stands in `InterventionArmGroupLabel`. When these numbers add up to the length of `ArmGroupInterventionName` each is
  exact, and the list is cut there; and the other way round. Else, and where the two disagree, the lists stay apart.
- Other names belong to an intervention only when it is the only one.

Source: names and nesting of the fields from clinicaltrials.gov/api/v2/studies/metadata (`piece`), seen in real answers.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

Fields = dict[str, list[str]]


class Group(NamedTuple):
    """The fields of one kind of group: the one each member has, those it has once at most, and those that are lists."""

    lead: str
    parts: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


def _outcome(role: str) -> Group:
    return Group(f"{role}OutcomeMeasure", (f"{role}OutcomeTimeFrame", f"{role}OutcomeDescription"))


GROUPS = {
    "ArmGroup": Group("ArmGroupLabel", ("ArmGroupType", "ArmGroupDescription"), ("ArmGroupInterventionName",)),
    "Intervention": Group(
        "InterventionName",
        ("InterventionType", "InterventionDescription"),
        ("InterventionArmGroupLabel", "InterventionOtherName"),
    ),
    "PrimaryOutcome": _outcome("Primary"),
    "SecondaryOutcome": _outcome("Secondary"),
    "OtherOutcome": _outcome("Other"),
    "Location": Group("LocationCountry"),
}
FIELDS = (
    "NCTId", "NCTIdAlias", "OrgStudyId", "SecondaryId", "BriefTitle", "OfficialTitle", "Acronym", "Condition", "Keyword",
    "BriefSummary", "DetailedDescription", "OverallStatus", "Phase", "StudyType", "DesignAllocation",
    "DesignInterventionModel", "DesignInterventionModelDescription", "DesignMasking", "DesignMaskingDescription",
    "DesignWhoMasked", "DesignPrimaryPurpose", "EnrollmentCount", "EnrollmentType", "Gender", "MinimumAge", "MaximumAge",
    "HealthyVolunteers", "EligibilityCriteria", "StartDate", "PrimaryCompletionDate", "CompletionDate",
    "StudyFirstPostDate", "LastUpdatePostDate", "ResultsFirstPostDate", "LeadSponsorName", "LeadSponsorClass",
    "VersionHolder",
)  # fmt: skip


class Classic(NamedTuple):
    """One study: the values of each field that is read, and the members of each kind of group in `GROUPS`.

    A field that is not there has no key, one that is there and says nothing has []. A member holds its own fields the
    same way. `unpaired` are the arrays of a flattened group of which nobody can say to whom their values belong.
    """

    fields: Fields
    groups: dict[str, list[Fields]]
    unpaired: Fields
    has_results: bool | None


class _Derived(msgspec.Struct, gc=False):
    MiscInfoModule: Any = None


class _Study(msgspec.Struct, gc=False):
    ProtocolSection: Any = None
    ResultsSection: Raw | UnsetType = UNSET
    DerivedSection: _Derived | UnsetType = UNSET


class _Full(_Study, gc=False):
    Study: _Study | UnsetType = UNSET


_WANTED = {*FIELDS, *(name for lead, parts, lists in GROUPS.values() for name in (lead, *parts, *lists))}
_Row = msgspec.defstruct("_Row", [(name, Any, UNSET) for name in sorted(_WANTED)], gc=False)
_decode_full = msgspec.json.Decoder(_Full).decode
_decode_row = msgspec.json.Decoder(_Row).decode


def full_study(entry: bytes) -> Classic:
    """One study of FullStudies, with or without its `Study` wrapper. Groups come as they are nested.

    `has_results` is False only for a study that kept its other sections. Raises ValueError when it is no such object.
    """
    full = _decode_full(entry)
    study = full.Study or full
    derived = study.DerivedSection
    fields = {} if derived is UNSET else _gathered(_leaves(derived.MiscInfoModule))
    groups: dict[str, list[Fields]] = {name: [] for name in GROUPS}
    for name, value in _leaves(study.ProtocolSection, stop=GROUPS):
        if isinstance(value, dict):
            groups[name].append(_gathered(_leaves(value)))
        elif name in _WANTED:
            fields.setdefault(name, []).append(value)
    none_told = None if derived is UNSET else False
    return Classic(fields, groups, {}, True if study.ResultsSection is not UNSET else none_told)


def study_fields(entry: bytes) -> Classic:
    """One study of StudyFields; its groups are put together again as far as the arrays prove how.

    `has_results` is None where the date of the first results was not among the fields. Raises ValueError when the entry
    is no JSON object.
    """
    row = _decode_row(entry)
    fields = {name: _values(value) for name in _WANTED if (value := getattr(row, name)) is not UNSET}
    unpaired: Fields = {}
    groups = {name: _paired(fields, group, unpaired) for name, group in GROUPS.items()}
    for name, lists in _links(fields, groups["ArmGroup"], groups["Intervention"]).items():
        del unpaired[name]
        kind = "ArmGroup" if name.startswith("Arm") else "Intervention"
        for member, values in zip(groups[kind], lists, strict=True):
            member[name] = values
    dated = fields.get("ResultsFirstPostDate")
    return Classic(fields, groups, unpaired, None if dated is None else any(dated))


def _leaves(value: Any, stop: Any = ()) -> Iterator[tuple[str, Any]]:
    """(name of the field, text) for every text of nested JSON in its order; objects named in `stop` come whole.

    Without recursion: the depth of an input is not ours to trust.
    """
    waiting = [("", value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, list):
            waiting.extend((name, item) for item in reversed(value))
        elif isinstance(value, dict) and name not in stop:
            waiting.extend(reversed(value.items()))
        elif isinstance(value, dict) or (text := _as_text(value)):
            yield name, value if isinstance(value, dict) else text


def _gathered(leaves: Iterator[tuple[str, str]]) -> Fields:
    found: Fields = {}
    for name, text in leaves:
        if name in _WANTED:
            found.setdefault(name, []).append(text)
    return found


def _values(value: Any) -> list[str]:
    """The values of one array, each in its place; what is no text or number leaves an empty one."""
    return [_as_text(item) for item in (value if isinstance(value, list) else [value])]


def _as_text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(value) if type(value) in (int, float) else ""


def _paired(fields: Fields, group: Group, unpaired: Fields) -> list[Fields]:
    """The members of one flattened group with the parts that are proven theirs; the other arrays go to `unpaired`."""
    members: list[Fields] = [{group.lead: [value]} for value in fields.get(group.lead, ())]
    for name in (*group.parts, *group.lists):
        values = fields.get(name, [])
        if len(members) == 1 and name in group.lists:
            members[0][name] = values
        elif len(members) == len(values) and name in group.parts:
            for member, value in zip(members, values, strict=True):
                member[name] = [value]
        elif values:
            unpaired[name] = values
    return members


def _links(fields: Fields, arms: list[Fields], items: list[Fields]) -> dict[str, list[list[str]]]:
    """The interventions of each arm and the arms of each intervention, where the two flattened lists prove them."""
    names, labels = fields.get("ArmGroupInterventionName", []), fields.get("InterventionArmGroupLabel", [])
    kinds = [item.get("InterventionType", [""])[0] for item in items]
    titles = [f"{kind}: {item['InterventionName'][0]}" for kind, item in zip(kinds, items, strict=True)]
    groups = [arm["ArmGroupLabel"][0] for arm in arms]
    of_arms, of_items = _cut(names, Counter(labels), groups), _cut(labels, Counter(names), titles)
    if of_arms and of_items:
        told = {(label, name) for label, given in zip(groups, of_arms, strict=True) for name in given}
        if told != {(label, name) for name, given in zip(titles, of_items, strict=True) for label in given}:
            return {}
    both = {"ArmGroupInterventionName": of_arms, "InterventionArmGroupLabel": of_items}
    return {name: lists for name, lists in both.items() if lists and len(lists) > 1}


def _cut(values: list[str], sizes: Counter[str], members: list[str]) -> list[list[str]]:
    """`values` cut into one run a member, as long as its entry in `sizes`; [] when these do not add up."""
    ends = list(accumulate((sizes[member] for member in members), initial=0))
    return [values[start:end] for start, end in pairwise(ends)] if values and ends[-1] == len(values) else []
