"""The elements of an outcome count only where words say them."""

import pytest
from making import make_frames, read_frames

from trialkit.facts.outcome_metrics import read_metrics
from trialkit.record import Outcome, TrialRecord
from trialkit.summaries import outcome_elements


@pytest.mark.parametrize(
    ("measure", "description", "found"),
    [
        ("Mean change in SLEDAI", None, {"metric": "change", "aggregation": "mean"}),
        ("Proportion of patients in remission", None, {"aggregation": "proportion"}),
        ("Time to first flare", "Median time", {"metric": "time_to_event", "aggregation": "median"}),
        ("SLEDAI", "Change from baseline", {"metric": "change"}),
        ("SLEDAI", None, {}),
        ("Reduction of proteinuria", "Increase in weight", {"metric": "change"}),
    ],
)
def test_metric_and_aggregation_are_read_from_their_words(measure, description, found):
    assert {e.element: e.key for e in read_metrics(measure, description)} == found


def outcome(**more):
    return {"trial_id": "A", "role": "primary", "position": 0, "measure": "x", "is_duplicate": False} | more


def test_score_counts_the_elements_that_are_told():
    whole = {
        "domain": "renal",
        "instruments": ["UPCR"],
        "metric": "change",
        "aggregation": "mean",
        "horizon_days": 30.0,
    }
    rows = [outcome(**whole), outcome(position=1), outcome(position=2, **whole | {"is_duplicate": True})]
    assert outcome_elements.score_outcomes(make_frames(endpoints=rows))["elements"].to_list() == [5, 0]


def test_words_stand_behind_metric_and_aggregation():
    record = TrialRecord(
        register="test",
        trial_id="TEST-1",
        outcomes=[Outcome(role="primary", position=0, measure="Mean change in pain")],
    )
    evidence = read_frames(record).evidence.filter(frame="endpoints").select("column", "quote")
    assert {("metric", "change in"), ("aggregation", "Mean change")} <= set(evidence.iter_rows())


def test_sentences_stand_for_none_and_many(bundled):
    assert outcome_elements.tell_elements(make_frames()) == "No outcome is registered here."
    assert "is told least" in outcome_elements.tell_elements(bundled)
