"""Arms, interventions and outcomes of a ClinicalTrials.gov `<clinical_study>`, in either dialect of its XML."""

from trialkit.record import Arm, Intervention, Outcome
from trialkit.registries import wording
from trialkit.registries.ctgov_xml_fields import Parts, intervention_type, kept, lines, parts_of, prose, words

_ARM_TYPES = {
    "experimental", "active_comparator", "placebo_comparator", "sham_comparator", "no_intervention", "other",
}  # fmt: skip


def read_interventions(study: Parts, wrapped: bool, printed: dict[str, str]) -> list[Intervention]:
    """The interventions that have a name; a type without a counterpart is None, its words in `printed`."""
    found: list[Intervention] = []
    for item in study["intervention"]:
        parts = parts_of([item])
        if name := words(parts["intervention_name"] or parts["primary_name"]):
            kind = words(parts["intervention_type"] or parts["intervent_type"])
            found.append(
                Intervention(
                    name=name,
                    type=kept(printed, f"interventions[{len(found)}].type", kind, intervention_type),
                    description=prose(parts["description"], wrapped),
                    other_names=lines(parts["other_name"]),
                    arm_labels=lines(parts["arm_group_label"]),
                )
            )
    return found


def read_arms(study: Parts, given: list[Intervention], wrapped: bool, printed: dict[str, str]) -> list[Arm]:
    """The arms, each with the interventions that name it; `label` is "" where the file leaves it out."""
    by_label: dict[str, list[str]] = {}
    for item in given:
        name = f"{item.type.replace('_', ' ').title()}: {item.name}" if item.type else item.name
        for label in item.arm_labels:
            by_label.setdefault(label, []).append(name)
    arms = []
    for n, group in enumerate(study["arm_group"]):
        parts = parts_of([group])
        label = words(parts["arm_group_label"]) or ""
        arms.append(
            Arm(
                label=label,
                type=kept(printed, f"arms[{n}].type", words(parts["arm_group_type"] or parts["arm_type"]), _arm_type),
                description=prose(parts["description"], wrapped),
                interventions=by_label.get(label, []),
            )
        )
    return arms


def _arm_type(text: str) -> str | None:
    return key if (key := wording.snake(text)) in _ARM_TYPES else None


def read_outcomes(study: Parts, wrapped: bool) -> list[Outcome]:
    """The outcomes that have a measure, with their own time frames; the oldest files have the measure as bare text."""
    found: list[Outcome] = []
    for role in ("primary", "secondary", "other"):
        first = len(found)
        for item in study[f"{role}_outcome"]:
            parts = parts_of([item])
            if measure := words(parts["measure"] if len(item) else [item]):
                found.append(
                    Outcome(
                        role=role,
                        position=len(found) - first,
                        measure=measure,
                        time_frame=words(parts["time_frame"]),
                        description=prose(parts["description"], wrapped),
                    )
                )
    return found
