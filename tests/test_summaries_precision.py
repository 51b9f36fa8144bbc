"""Detectable differences are those of the textbooks, and never rest on a spread that nobody stated."""

import pytest
from making import make_frames

from trialkit.charts.precision import plot_differences
from trialkit.summaries import precision


@pytest.mark.parametrize(
    ("n", "other", "difference"),
    [(64, 64, 0.50), (26, 26, 0.79), (12, 12, 1.20), (33, 0, 0.50), (5, 0, 1.68)],  # Cohen 1988; Julious 2005
)
def test_detectable_difference_is_that_of_the_t_test(n, other, difference):
    assert precision.detectable_difference(n, other) == pytest.approx(difference, abs=0.01)


def test_unequal_groups_show_less_than_equal_ones():
    assert precision.detectable_difference(30, 10) > precision.detectable_difference(20, 20)


@pytest.mark.parametrize(("n", "other"), [(1, 0), (1, 30), (0, 0)])
def test_a_group_of_one_shows_nothing(n, other):
    assert precision.detectable_difference(n, other) is None


def trial(number, n, control="none", **more):
    return {"trial_id": number, "enrollment_count": n, "enrollment_type": "actual", "control_type": control, **more}


def arm(number, n, cells):
    return {"trial_id": number, "position": int(cells), "label": str(n), "n": n, "is_cell_arm": cells}


def test_a_trial_is_taken_as_its_groups_are_stated():
    found = precision.list_differences(
        make_frames(
            trials=[trial("A", 20), trial("B", 20, "placebo"), trial("C", 20, "placebo"), trial("D", None)],
            arms=[arm("C", 15, True), arm("C", 5, False)],
        )
    )
    assert dict(found.select("trial_id", "design").iter_rows()) == {
        "A": precision.ONE, "B": precision.ASSUMED, "C": precision.TWO,
    }  # fmt: skip


def test_instruments_are_held_against_published_differences(bundled):
    table = precision.compare_with_mcid(bundled)
    assert {"SLEDAI", "HAQ-DI"} <= set(table["instrument"])
    assert table.filter(instrument="HAQ-DI")["spread needed"][0].count("to") == 1
    assert table["source"].null_count() == 0


def test_nothing_selected_is_a_sentence_and_a_page():
    empty = make_frames()
    assert precision.tell_differences(empty).startswith("No trial")
    assert len(precision.compare_with_mcid(empty)) == 0
    chart = plot_differences(precision.difference_curve(empty), precision.list_differences(empty))
    assert "No trial" in chart.to_dict()["description"]
