"""The registered outcomes and the eligibility criteria of a record."""

from typing import Any

from trialkit.conflicts.kinds import plain
from trialkit.facts.criteria_kinds import imply_kinds
from trialkit.facts.eligibility import find_criteria
from trialkit.facts.endpoints import read_endpoint
from trialkit.facts.outcome_metrics import read_metrics
from trialkit.facts.time_frames import read_time
from trialkit.record import TrialRecord
from trialkit.rows.evidence import Evidence


def endpoint_rows(record: TrialRecord, trial_id: str, group: str | None, evidence: Evidence) -> list[dict[str, Any]]:
    rows, seen = [], set()
    for outcome in record.outcomes:
        read = read_endpoint(outcome.measure, outcome.description, condition_group=group)
        time, where = read_time(outcome.time_frame, outcome.measure)
        path = f"outcomes.{outcome.role}[{outcome.position}]"
        for found in read.instruments:
            text = getattr(outcome, found.part) or ""
            evidence.add(
                "endpoints",
                "instruments",
                found.abbreviation,
                f"{path}.{found.part}",
                found.start,
                found.end,
                text[found.start : found.end],
                found.rule,
            )
        if time:
            text = getattr(outcome, where) or ""
            words = "; ".join(
                f"{k} {v}"
                for k, v in (
                    ("horizon", time.horizon_days),
                    ("points", time.timepoints_days),
                    ("every", time.recurrence_days),
                )
                if v not in (None, [])
            )
            evidence.add(
                "endpoints",
                "time_frame",
                words or time.kind,
                f"{path}.{where}",
                time.start,
                time.end,
                text[time.start : time.end],
                time.rule,
            )
        expressed = {found.element: found for found in read_metrics(outcome.measure, outcome.description)}
        for column, found in expressed.items():
            quote = (getattr(outcome, found.part) or "")[found.start : found.end]
            evidence.add(
                "endpoints", column, found.key, f"{path}.{found.part}", found.start, found.end, quote, found.rule
            )
        key = tuple(plain(t or "") for t in (outcome.measure, outcome.time_frame))
        rows.append(
            {
                "trial_id": trial_id,
                "role": outcome.role,
                "position": outcome.position,
                "measure": outcome.measure,
                "time_frame": outcome.time_frame,
                "core_area": read.core_area,
                "domain": read.domain,
                "instruments": list(dict.fromkeys(f.abbreviation for f in read.instruments)),
                "metric": expressed["metric"].key if "metric" in expressed else None,
                "aggregation": expressed["aggregation"].key if "aggregation" in expressed else None,
                "horizon_days": time.horizon_days if time else None,
                "timepoints_days": list(time.timepoints_days) if time else [],
                "recurrence_days": time.recurrence_days if time else None,
                "anchor": time.anchor if time else None,
                "is_duplicate": key in seen,
            }
        )
        seen.add(key)
    return rows


def eligibility_rows(record: TrialRecord, trial_id: str, evidence: Evidence) -> list[dict[str, Any]]:
    rows = []
    for field, kind in (("eligibility", None), ("inclusion", "inclusion"), ("exclusion", "exclusion")):
        criteria = find_criteria(getattr(record, field) or "", kind)
        lost = [criterion for criterion in criteria if criterion.kind is None]
        implied = dict(zip(map(id, lost), imply_kinds([c.text for c in lost]), strict=True))
        for criterion in criteria:
            base = {
                "trial_id": trial_id,
                "kind": criterion.kind,
                "kind_implied": implied.get(id(criterion)),
                "position": criterion.position,
                "text": criterion.text,
            }
            for t in criterion.thresholds:
                rows.append(
                    base
                    | {"variable": t.variable, "operator": t.operator, "low": t.low, "high": t.high, "unit": t.unit}
                )
                text = getattr(record, field)
                evidence.add(
                    "eligibility",
                    t.variable,
                    f"{t.operator} {t.low if t.low is not None else t.high}",
                    field,
                    t.start,
                    t.end,
                    text[t.start : t.end],
                    t.rule,
                )
            if not criterion.thresholds:
                rows.append(base | dict.fromkeys(("variable", "operator", "low", "high", "unit")))
    return rows
