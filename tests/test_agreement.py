"""Agreement beyond chance, with the figures of a textbook."""

import pytest

from trialkit import agreement


def pairs(both, first, second, neither):
    return [("a", "a")] * both + [("a", "b")] * first + [("b", "a")] * second + [("b", "b")] * neither


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (pairs(20, 5, 10, 15), 0.40),
        (pairs(5, 0, 0, 5), 1.0),
        (pairs(0, 5, 5, 0), -1.0),
        (pairs(9, 0, 0, 0), None),
        ([], None),
    ],
)
def test_kappa_is_agreement_beyond_chance(given, value):
    assert agreement.kappa(given) == (None if value is None else pytest.approx(value))


def test_labelled_trials_are_compared_class_by_class(bundled):
    table = agreement.tabulate_agreement(bundled)
    assert table["fact"].to_list() == ["product class", "cell source", "donor", "route"]
    assert table["labelled trials"].n_unique() == 1
    confused = agreement.list_confusions(bundled).filter(fact="donor")["trials"].sum()
    assert table["the same"][2] + confused == table["labelled trials"][2]


def test_without_labelled_trials_nothing_is_claimed(bundled):
    none = bundled.select([])
    assert len(agreement.tabulate_agreement(none)) == len(agreement.list_confusions(none)) == 0
    assert agreement.tell_agreement(none) == "None of the trials shown was labelled by hand."
