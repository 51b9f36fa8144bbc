"""The arms of a record: as registered, and the groups that only its prose names."""

from typing import Any

from trialkit.facts.arm_sizes import find_arm_size, find_group_sizes
from trialkit.facts.scope import is_cell_arm, names_cells
from trialkit.record import TrialRecord
from trialkit.rows.evidence import Evidence


def arm_rows(record: TrialRecord, trial_id: str, evidence: Evidence) -> list[dict[str, Any]]:
    rows = []
    cells_anywhere = {
        i.name for i in record.interventions if names_cells(" ".join([i.name, i.description or "", *i.other_names]))
    }
    for n, arm in enumerate(record.arms):
        given = list(arm.interventions) or [i.name for i in record.interventions if arm.label in i.arm_labels]
        given += [name for name in cells_anywhere if any(name in words for words in given)]
        found = find_arm_size(arm.label, arm.description) if arm.n is None else None
        if arm.n is not None:
            words = record.printed.get(f"arms[{n}].n", str(arm.n))
            evidence.add("arms", "n", arm.n, f"arms[{n}].n", None, None, words, "as_registered")
        if found:
            part, size = found
            text = arm.label if part == "label" else arm.description or ""
            evidence.add(
                "arms", "n", size.n, f"arms[{n}].{part}", size.start, size.end, text[size.start : size.end], size.rule
            )
        rows.append(
            {
                "trial_id": trial_id,
                "position": n,
                "label": arm.label,
                "type": arm.type,
                "description": arm.description,
                "n": found[1].n if found else arm.n,
                "is_cell_arm": is_cell_arm(arm.label, arm.type, arm.description, given),
            }
        )
    if not any(row["n"] for row in rows):
        rows += _described_groups(record, trial_id, rows, evidence)
    return rows


def _described_groups(record: TrialRecord, trial_id: str, arms: list[dict], evidence: Evidence) -> list[dict[str, Any]]:
    """Group sizes that only the prose states: filled into the arms they fit, or added as groups of their own.

    A page may list the cell arm alone while its description tells the untreated control; dropping that group would
    hide that the trial is controlled. Such a group has no type and its label is the words that name it.
    """
    added = []
    for field in ("brief_summary", "detailed_description", "intervention_model_description"):
        text = getattr(record, field) or ""
        groups = find_group_sizes(text)
        if not groups:
            continue
        if groups[0].rule == "arm_size:per_group":
            for row in arms:
                row["n"] = groups[0].n
            pairs = [(groups[0], row) for row in arms]
        else:
            pairs = [
                (g, next((a for a in arms if a["n"] is None and a["is_cell_arm"] == g.gets_cells), None))
                for g in groups
            ]
        for group, row in pairs:
            if row is not None and row["n"] in (None, group.n):
                row["n"] = group.n
            elif row is None:
                label = text[group.start : group.end]
                added.append({"trial_id": trial_id, "position": len(arms) + len(added), "label": label, "type": None,
                              "description": "Group named in the text, not registered as an arm", "n": group.n, "is_cell_arm": group.gets_cells})  # fmt: skip
            evidence.add("arms", "n", group.n, field, group.start, group.end, text[group.start : group.end], group.rule)
        break
    return added


def arm_words(record: TrialRecord, row: dict) -> tuple[str, str | None, str | None, bool]:
    names = record.arms[row["position"]].interventions if row["position"] < len(record.arms) else []
    return row["label"] or "", row["type"], " ".join(filter(None, [row["description"], *names])), row["is_cell_arm"]
