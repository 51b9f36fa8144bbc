"""The products of a record: class, tissue, donor and separation as stated together, per arm where arms differ."""

from typing import Any

from trialkit.facts.finding import Finding, distinct
from trialkit.facts.scope import Scope, find_terms, names_cells
from trialkit.record import TrialRecord
from trialkit.vocabulary import Hit, load_vocabulary

Findings = dict[str, list[Finding]]


def read_product_details(scope: Scope, sources: list[Finding]) -> Findings:
    """separation, exact_tissue and brand of the product, each with its place.

    An exact tissue counts only within a tissue that was read: "iliac crest" says nothing of fat-derived cells.
    """
    parents = {key: entry.more.get("cell_source") for key, entry in load_vocabulary("exact_tissues").entries.items()}
    read = {f.value for f in sources}
    return {
        "separation": find_terms(scope, "separation_methods", accept_in_prose=_of_cells),
        "exact_tissue": [
            f for f in find_terms(scope, "exact_tissues", accept_in_prose=_of_cells) if parents[f.value] in read
        ],
        "brand": find_terms(scope, "products"),
    }


def _of_cells(text: str, hit: Hit) -> bool:
    return names_cells(text)


def product_rows(record: TrialRecord, trial_id: str, cell_arms: list[str], found: Findings) -> list[dict[str, Any]]:
    """One row a product of each cell arm; arms that are given the same share rows without an arm.

    An arm takes what is said of it and of its interventions; on what these are silent, what titles and descriptions say
    of the whole trial. What is said of another arm alone is not its own.
    """
    owners = _owners(record)
    per_arm = {arm: _products(record, arm, found, owners) for arm in cell_arms} or {
        None: _products(record, None, found, owners)
    }
    kinds = list(per_arm.values())
    if all(kind == kinds[0] for kind in kinds):
        per_arm = {next(iter(per_arm)) if len(per_arm) == 1 else None: kinds[0]}
    rows = [(arm, product) for arm, products in per_arm.items() for product in products]
    return [{"trial_id": trial_id, "position": n, "arm": arm, **product} for n, (arm, product) in enumerate(rows)]


def _owners(record: TrialRecord) -> dict[str, set[str]]:
    """Item of the record ("arms[0]", "interventions[2]") -> the arms it is about; items of no arm are left out."""
    owners = {f"arms[{n}]": {arm.label} for n, arm in enumerate(record.arms)}
    for n, item in enumerate(record.interventions):
        named = {arm.label for arm in record.arms if any(item.name in words for words in arm.interventions)}
        owners[f"interventions[{n}]"] = set(item.arm_labels) | named
    return {item: arms for item, arms in owners.items() if arms}


def _products(
    record: TrialRecord, arm: str | None, found: Findings, owners: dict[str, set[str]]
) -> list[dict[str, Any]]:
    own = {column: _own(findings, arm, owners) for column, findings in found.items()}
    names = [
        item.name
        for n, item in enumerate(record.interventions)
        if names_cells(item.name) and (arm is None or arm in owners.get(f"interventions[{n}]", {arm}))
    ]
    donors = distinct(own["donor"])
    parents = load_vocabulary("exact_tissues").entries
    return [
        {
            "product_class": product,
            "cell_source": source,
            "donor": "both" if len(donors) > 1 else next(iter(donors), "not_reported"),
            "product_name": names[0] if len(names) == 1 else None,
            "separation": _only(own["separation"]),
            "exact_tissue": _only([f for f in own["exact_tissue"] if parents[f.value].more["cell_source"] == source]),
            "brand": _only(own["brand"]),
        }
        for product, source in _pairs(own["product_class"], own["cell_source"])
    ]


def _own(findings: list[Finding], arm: str | None, owners: dict[str, set[str]]) -> list[Finding]:
    """The findings about this arm; without any, those about the whole trial."""
    if arm is None:
        return findings
    about = [(f, owners.get(f.passage.field.partition(".")[0])) for f in findings]
    return [f for f, arms in about if arms and arm in arms] or [f for f, arms in about if not arms]


def _only(findings: list[Finding]) -> str | None:
    values = distinct(findings)
    return values[0] if len(values) == 1 else None


def _pairs(classes: list[Finding], sources: list[Finding]) -> list[tuple[str | None, str | None]]:
    """Class and tissue together: as the texts pair them when there are several of both."""
    kinds, tissues = distinct(classes), distinct(sources)
    if len(kinds) < 2 or len(tissues) < 2:
        return [(kind, tissue) for kind in kinds or [None] for tissue in tissues or [None] if kind or tissue]
    together = {(c.value, s.value) for c in classes for s in sources if c.passage.field == s.passage.field}
    pairs = [(kind, tissue) for kind in kinds for tissue in tissues if (kind, tissue) in together]
    pairs += [(kind, None) for kind in kinds if kind not in {k for k, _ in pairs}]
    return pairs + [(None, tissue) for tissue in tissues if tissue not in {t for _, t in pairs}]
