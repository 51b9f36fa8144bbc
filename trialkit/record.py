"""The one register-neutral shape of a trial: what every reader returns and everything downstream reads.

A `TrialRecord` holds what one page or register entry *states*. Text is plain text: the reader has already undone the
source's escaping (HTML entities, `<br>`, escaped markdown), and evidence offsets are offsets into these texts.
Missing is `None` (or an empty list); words such as "Not specified" or "Not provided" are missing, never values.
Choices use one spelling everywhere: the ClinicalTrials.gov v2 enumeration in lower case (`recruiting`, `phase2`,
`single_group`, `randomized`), so a reader maps its own words to these.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

Section = Literal[
    "title", "condition", "summary", "description", "design", "arm", "intervention", "inclusion", "exclusion",
    "eligibility", "keyword", "outcome",
]  # fmt: skip


class Passage(NamedTuple):
    """One text of a record: where it stands (`field`, a path in the record), what kind of text it is, and whose arm."""

    field: str
    section: Section
    text: str
    arm: str | None = None


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """One group of participants as registered. `type` is lower case (`experimental`, `placebo_comparator`, ...).

    `n` is its number of participants where the source has a place for it; sizes told in prose are read later.
    """

    label: str
    type: str | None = None
    description: str | None = None
    interventions: list[str] = []
    n: int | None = None


class Intervention(msgspec.Struct, frozen=True, kw_only=True):
    """One registered intervention. `type` is lower case (`biological`, `drug`, `procedure`, ...)."""

    name: str
    type: str | None = None
    description: str | None = None
    other_names: list[str] = []
    arm_labels: list[str] = []


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One registered outcome: measure and time frame never travel apart. `position` is 0-based within its role."""

    role: Literal["primary", "secondary", "other"]
    position: int
    measure: str
    time_frame: str | None = None
    description: str | None = None


class TrialRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One trial as one source states it.

    Dates are ISO strings as precise as the source (`2015`, `2015-04`, `2015-04-15`). Ages are the printed words
    ("18 Years"). `enrollment_type` is `actual`, `estimated` or `None` when the source does not say which. `printed`
    keeps, for values a reader had to normalise, the words of the source: field name -> text as printed.
    """

    register: str
    trial_id: str | None
    source_file: str = ""
    source_date: str | None = None  # of the state that the source shows (export, snapshot), ISO, where told
    form: str = ""  # key of the reader: the kind of file it came from
    position: int = 0
    url: str | None = None
    secondary_ids: list[str] = []
    public_title: str | None = None
    scientific_title: str | None = None
    acronym: str | None = None
    conditions: list[str] = []
    keywords: list[str] = []
    brief_summary: str | None = None
    detailed_description: str | None = None
    overall_status: str | None = None
    phases: list[str] = []
    study_type: str | None = None
    allocation: str | None = None
    intervention_model: str | None = None
    intervention_model_description: str | None = None
    masking: str | None = None
    masking_description: str | None = None
    who_masked: list[str] = []
    primary_purpose: str | None = None
    enrollment_count: int | None = None
    enrollment_type: Literal["actual", "estimated"] | None = None
    sex: str | None = None
    minimum_age: str | None = None
    maximum_age: str | None = None
    healthy_volunteers: bool | None = None
    eligibility: str | None = None  # one text with both kinds, as the source gives it
    inclusion: str | None = None  # used instead of `eligibility` where the source keeps the two apart
    exclusion: str | None = None
    arms: list[Arm] = []
    interventions: list[Intervention] = []
    outcomes: list[Outcome] = []
    start_date: str | None = None
    primary_completion_date: str | None = None
    completion_date: str | None = None
    first_posted_date: str | None = None
    last_update_date: str | None = None
    lead_sponsor: str | None = None
    sponsor_class: str | None = None
    countries: list[str] = []
    n_sites: int | None = None
    has_results: bool | None = None
    printed: dict[str, str] = {}
    complete: bool = True  # False: an extract of an entry (a table, a page), whose empty fields say nothing
    origins: dict[str, str] = {}  # field -> record_id, for values taken from another record of the same trial

    @property
    def record_id(self) -> str:
        """`register:trial_id`, or `register:file#position` for a page that lost its number."""
        return f"{self.register}:{self.trial_id or f'{self.source_file}#{self.position}'}"

    def passages(self) -> Iterator[Passage]:
        """Every free text of the record in reading order, empty ones left out (outcomes are read on their own)."""
        single: list[tuple[str, Section]] = [
            ("public_title", "title"),
            ("scientific_title", "title"),
            ("intervention_model_description", "design"),
            ("masking_description", "design"),
            ("brief_summary", "summary"),
            ("detailed_description", "description"),
            ("eligibility", "eligibility"),
            ("inclusion", "inclusion"),
            ("exclusion", "exclusion"),
        ]
        for n, text in enumerate(self.conditions):
            yield Passage(f"conditions[{n}]", "condition", text)
        for n, arm in enumerate(self.arms):
            yield Passage(f"arms[{n}].label", "arm", arm.label, arm.label)
            if arm.description:
                yield Passage(f"arms[{n}].description", "arm", arm.description, arm.label)
        for n, item in enumerate(self.interventions):
            only_arm = item.arm_labels[0] if len(item.arm_labels) == 1 else None
            yield Passage(f"interventions[{n}].name", "intervention", item.name, only_arm)
            for k, name in enumerate(item.other_names):
                yield Passage(f"interventions[{n}].other_names[{k}]", "intervention", name, only_arm)
            if item.description:
                yield Passage(f"interventions[{n}].description", "intervention", item.description, only_arm)
        for n, text in enumerate(self.keywords):
            yield Passage(f"keywords[{n}]", "keyword", text)
        for field, section in single:
            if text := getattr(self, field):
                yield Passage(field, section, text)
