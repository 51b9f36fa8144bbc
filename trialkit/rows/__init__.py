"""One record to the rows of every frame: the structured fields, then the facts, each value with its evidence.

A pure function of the record: same record, same rows, whatever the engine, machine or date.
"""

from typing import Any

from trialkit.conflicts import find_conflicts
from trialkit.conflicts.sources import find_between
from trialkit.facts.cell_source import read_cell_source
from trialkit.facts.conditions import find_condition_group
from trialkit.facts.control_type import find_control_type
from trialkit.facts.donor import read_donor
from trialkit.facts.doses import read_doses
from trialkit.facts.finding import distinct
from trialkit.facts.product_class import read_product_class
from trialkit.facts.regimens import combine_regimens
from trialkit.facts.route import read_route
from trialkit.facts.schedules import read_schedules
from trialkit.facts.scope import read_scope
from trialkit.facts.status import fact_status, find_cues, read_facts
from trialkit.record import TrialRecord
from trialkit.rows.arms import arm_rows, arm_words
from trialkit.rows.evidence import Evidence
from trialkit.rows.outcomes import eligibility_rows, endpoint_rows
from trialkit.rows.products import product_rows, read_product_details
from trialkit.rows.trial import trial_row
from trialkit.vocabulary import load_vocabulary

Rows = dict[str, list[dict[str, Any]]]


def read_trial(record: TrialRecord) -> Rows:
    """The rows of `record` for every frame but links and ledger. Never raises on any text a record may hold."""
    trial_id = record.trial_id or record.record_id
    evidence = Evidence(record, trial_id)
    passages = list(record.passages())
    arms = arm_rows(record, trial_id, evidence)
    cell_arms = [row["label"] for row in arms if row["is_cell_arm"]]
    registered = [row["label"] for row in arms if row["position"] < len(record.arms)]
    # An observational study that registers no intervention gives no product: its cells are samples.
    gives_nothing = record.study_type == "observational" and not record.interventions
    read = [] if gives_nothing else passages
    scope = read_scope(read, cell_arms, [label for label in registered if label not in cell_arms])

    classes, sources, routes = read_product_class(scope), read_cell_source(scope), read_route(scope)
    donor, doses, schedules = read_donor(scope, distinct(sources)), read_doses(scope), read_schedules(scope)
    group = find_condition_group(record.conditions, [t for t in (record.public_title, record.scientific_title) if t])
    details = read_product_details(scope, sources)
    endpoints = endpoint_rows(record, trial_id, group[0] if group else None, evidence)
    eligibility = eligibility_rows(record, trial_id, evidence)
    regimens = [
        {"trial_id": trial_id, **row}
        for row in combine_regimens(doses, schedules, routes, distinct(classes), cell_arms)
    ]
    trial = trial_row(record, trial_id, evidence)
    control, from_arm = find_control_type(
        [arm_words(record, row) for row in arms],
        record.intervention_model == "single_group",
        record.detailed_description or "",
    )
    trial |= {
        "condition_group": group[0] if group else None,
        "condition_family": load_vocabulary("conditions").entries[group[0]].more.get("family") if group else None,
        "control_type": control,
        "product_class": distinct(classes) or (["none"] if record.interventions or gives_nothing else []),
        "cell_source": distinct(sources),
        "donor": donor.value,
        "donor_implied": donor.implied,
        "from_product_dictionary": [],
        "routes": distinct(routes),
    }
    label = record.arms[from_arm].label if from_arm is not None and from_arm < len(record.arms) else ""
    if label.strip():
        evidence.add("trials", "control_type", control, f"arms[{from_arm}].label", 0, len(label), label, "control_type")
    evidence.found("trials", "product_class", classes)
    evidence.found("trials", "cell_source", sources)
    evidence.found("trials", "donor", donor.findings)
    evidence.found("trials", "routes", routes)
    for column, findings in details.items():
        evidence.found("cell_products", column, findings)
    evidence.found("regimens", "dose", doses, lambda f: dose_words(f.value))
    evidence.found("regimens", "schedule", schedules, lambda f: schedule_words(f.value))
    rows: Rows = {
        "trials": [trial],
        "arms": arms,
        "cell_products": product_rows(
            record,
            trial_id,
            cell_arms,
            {"product_class": classes, "cell_source": sources, "donor": donor.findings} | details,
        ),
        "regimens": regimens,
        "endpoints": endpoints,
        "eligibility": eligibility,
        "evidence": evidence.rows,
    }
    rows["conflicts"] = find_conflicts(record, rows)
    known = read_facts(rows)
    cues = find_cues(passages, known)
    evidence.found("fact_status", "unparsed", cues)
    rows["fact_status"] = [
        {"trial_id": trial_id, "fact": fact, "status": status}
        for fact, status in fact_status(rows, known, cues).items()
    ]
    return rows


def read_with_sources(kept: TrialRecord, others: list[TrialRecord]) -> Rows:
    """The rows of the record kept, and where the other records of its trial say something else."""
    rows = read_trial(kept)
    texts = list(kept.passages())
    between = []
    for other in others:
        other_rows = None if list(other.passages()) == texts else read_trial(other)
        between += find_between(kept, other, rows, other_rows)
    once = {(c.column, c.left, c.right): c for c in between}.values()
    trial_id = rows["trials"][0]["trial_id"]
    rows["conflicts"] += [{"trial_id": trial_id, **conflict._asdict()} for conflict in once]
    return rows


def dose_words(dose) -> str:
    low, high = dose.low, dose.high
    number = (
        f"{low:g}"
        if low == high
        else f"up to {high:g}"
        if low is None
        else f"at least {low:g}"
        if high is None
        else f"{low:g} to {high:g}"
    )
    return f"{number} {dose.basis}"


def schedule_words(s) -> str:
    parts = [
        f"{s.n_administrations} times" if s.n_administrations else "",
        f"every {'/'.join(f'{d:g}' for d in s.interval_days)} days" if s.interval_days else "",
    ]
    return ", ".join(filter(None, parts))
