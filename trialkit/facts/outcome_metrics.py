"""How an outcome is to be expressed: metric and aggregation, where its words say so."""

from typing import NamedTuple

from trialkit.vocabulary import load_vocabulary

_VOCABULARIES = {"metric": "outcome_metrics", "aggregation": "outcome_aggregations"}


class Expressed(NamedTuple):
    """One element of an outcome: `element` metric or aggregation, the key read, its words and where they stand."""

    element: str
    key: str
    part: str
    start: int
    end: int
    rule: str


def read_metrics(measure: str, description: str | None) -> list[Expressed]:
    """The metric and the aggregation of an outcome, each at most once: from its measure, else from its description."""
    found = []
    for element, name in _VOCABULARIES.items():
        for part, text in (("measure", measure), ("description", description or "")):
            if hits := load_vocabulary(name).find(text):
                hit = hits[0]
                found.append(Expressed(element, hit.key, part, hit.start, hit.end, f"{name}.{hit.key}"))
                break
    return found
