"""Trials are comparable only where everything that must agree is stated and agrees."""

import pytest
from making import make_frames

from trialkit.charts.pooling import plot_comparable
from trialkit.summaries import pooling


def frames(*changes):
    """Trials alike in everything but for the changes of each."""
    plain = {"condition_group": "lupus_nephritis", "cell_source": ["umbilical_cord"], "control_type": "placebo", "dose_basis": "per_kg", "route": "intravenous", "instruments": ["SLEDAI"], "horizon_days": 180.0}  # fmt: skip
    trials, regimens, endpoints = [], [], []
    for number, change in enumerate(changes):
        row = {"trial_id": f"T{number}", "product_class": ["msc"], **plain, **change}
        trials.append(row)
        regimens.append({**row, "dose_low": 1e6, "dose_high": 1e6})
        endpoints.append({**row, "role": "primary", "position": 0, "measure": "x", "is_duplicate": False})
    return make_frames(trials=trials, regimens=regimens, endpoints=endpoints)


def test_trials_that_agree_in_all_are_named():
    [row] = pooling.list_comparable(frames({}, {}, {"horizon_days": 200.0})).to_dicts()
    assert (row["same kind of control"], row["stops at"], row["trials"]) == (3, None, ["T0", "T1", "T2"])
    assert "may be pooled is still a question" in pooling.tell_pooling(frames({}, {}, {}))


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"condition_group": "gvhd"}, "same disease"),
        ({"cell_source": ["adipose"]}, "same tissue"),
        ({"cell_source": []}, "same tissue"),
        ({"dose_basis": "total"}, "same dose basis and route"),
        ({"route": None}, "same dose basis and route"),
        ({"instruments": ["BILAG"]}, "same primary instrument"),
        ({"horizon_days": 30.0}, "at the same time"),
        ({"horizon_days": None}, "at the same time"),
        ({"control_type": "not_reported"}, "same kind of control"),
        ({"control_type": "none"}, "same kind of control"),
    ],
)
def test_one_difference_or_silence_parts_them(change, step):
    row = pooling.list_comparable(frames({}, {}, change)).to_dicts()[0]
    assert (row["stops at"], row[step], row["trials"]) == (step, 2, [])


def test_the_largest_group_counts_not_the_first_one():
    row = pooling.list_comparable(
        frames({}, {"instruments": ["BILAG"]}, *[{"instruments": ["SLEDAI", "SF-36"]}] * 2)
    ).to_dicts()[0]
    assert row["same primary instrument"] == 3


def test_diseases_put_together_are_not_one_disease():
    assert len(pooling.list_comparable(frames({"condition_group": "lung_disease_other"}))) == 0


def test_what_stands_against_pooling_is_a_sentence(bundled):
    assert "falls apart at" in pooling.tell_pooling(bundled)
    assert pooling.tell_pooling(make_frames()) == "No trial of this selection could be compared."
    assert plot_comparable(pooling.list_comparable(bundled)).to_dict()["description"].startswith("For ")
