"""Where doses stand, which ended trials posted results, and what is not MSC in the flow."""

from datetime import date

import pytest
from making import make_frames

from trialkit.charts.places import plot_places
from trialkit.summaries import dose_places, overview, results_posted


def dose(trial, field):
    return {"trial_id": trial, "frame": "regimens", "column": "dose", "value": "1e6 per_kg", "record": trial, "field": field, "quote": "x", "rule": "dose"}  # fmt: skip


def test_every_trial_stands_under_the_places_of_its_dose_once():
    some = make_frames(
        trials=[{"trial_id": name} for name in "ABCD"],
        evidence=[dose("A", "arms[0].label"), dose("A", "arms[1].description"), dose("B", "arms[0].label"),
                  dose("B", "interventions[0].name"), dose("C", "detailed_description")],
    )  # fmt: skip
    assert dict(dose_places.count_places(some).select("label", "n").iter_rows()) == {
        "Arms": 1, "Arms + Interventions": 1, "Detailed description": 1, "Nowhere": 1,
    }  # fmt: skip
    assert "1 of 3 states it only outside of arms and interventions" in dose_places.tell_places(some)


@pytest.mark.parametrize("trials", [[], [{"trial_id": "A"}]])
def test_no_dose_at_all_is_a_page_too(trials):
    none = make_frames(trials=trials)
    assert dose_places.tell_places(none) == "No dose was read in these records."
    assert "No dose" in plot_places(dose_places.count_places(none)).to_dict()["description"]


def ended(number, end, posted, status="completed"):
    return {"trial_id": number, "overall_status": status, "primary_completion_date": end, "has_results": posted, "last_update_date": date(2030, 1, 1)}  # fmt: skip


def test_results_are_counted_by_the_time_since_the_end_in_the_data():
    some = make_frames(
        trials=[
            ended("A", date(2029, 6, 1), False), ended("B", date(2027, 1, 1), True), ended("C", date(2026, 6, 1), False),
            ended("D", None, False), ended("E", date(2020, 1, 1), None), ended("F", date(2020, 1, 1), True, "recruiting"),
        ]
    )  # fmt: skip
    counts = results_posted.count_posted(some)
    assert dict(counts.select("ended", "trials").iter_rows()) == {
        "under 1 year": 1,
        "2 to 5 years": 2,
        "end not told": 1,
    }
    assert "1 of 4 of the completed" in results_posted.tell_posted(some)
    assert "1 of 2 did" in results_posted.tell_posted(some)
    assert results_posted.tell_posted(make_frames()).startswith("No record here tells")


def test_flow_counts_every_trial_under_one_product():
    classes = [["msc", "mnc"], ["msc_derived"], ["svf"], ["none"], []]
    some = make_frames(trials=[{"trial_id": str(n), "product_class": c} for n, c in enumerate(classes)])
    flow = dict(overview.count_flow(some).select("step", "n").iter_rows())
    products = {step: n for step, n in flow.items() if step.startswith("…")}
    assert products.pop("… with mesenchymal stromal cells") == 1
    assert products["… with no cell product named"] == 2
    assert sum(products.values()) == 4
