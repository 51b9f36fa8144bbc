"""Numbers of trials in every spelling, and strings that only look like one."""

import pytest

from trialkit.linking import normalise_id
from trialkit.linking.numbers import find_numbers


@pytest.mark.parametrize(
    ("one", "other"),
    [("nct99000001", "NCT99000001"), (" NCT 99000001", "NCT99000001"), ("2031–000001–10", "2031-000001-10")],
)
def test_spelling_does_not_make_another_number(one, other):
    assert normalise_id(one) == normalise_id(other)


@pytest.mark.parametrize(
    ("text", "register", "number"),
    [
        ("NCT 99000001", "ctgov", "NCT99000001"),
        ("EudraCT Number:2031-001234-56", "euctr", "2031-001234-56"),
        ("EUCTR2031-001234-56-DE", "euctr", "2031-001234-56"),
        ("2031-501234-12-00", "ctis", "2031-501234-12"),
        ("ISRCTN 99000001", "isrctn", "ISRCTN99000001"),
        ("CTRI/2031/09/000001", "ctri", "CTRI/2031/09/000001"),
        ("ChiCTR-TRC-31000001", "chictr", "CHICTR31000001"),
        ("ChiCTR3100000001", "chictr", "CHICTR3100000001"),
        ("JPRN-UMIN000099999", "umin", "UMIN000099999"),
        ("jRCTs031319999", "jrct", "JRCTS031319999"),
        ("IRCT20310101000001N2", "irct", "IRCT20310101000001N2"),
        ("ACTRN12631000000998p", "actrn", "ACTRN12631000000998"),
        ("DRKS00099999", "drks", "DRKS00099999"),
        ("KCT0009999", "kct", "KCT0009999"),
        ("TCTR20310101001", "tctr", "TCTR20310101001"),
        ("PACTR203101000000001", "pactr", "PACTR203101000000001"),
        ("U1111-1234-5678", "utn", "U1111-1234-5678"),
    ],
)
def test_register_number_is_known_in_every_spelling(text, register, number):
    assert find_numbers(text) == [(register, number)]
    assert find_numbers(f"see {text}.", prose=True) == [(register, number)]


@pytest.mark.parametrize(
    "text", ["XNCT99000001", "NCT9900000", "NCT990000011", "ORG-1234", "2031-05-11", "phone 031-501234-12"]
)
def test_what_only_looks_like_a_number_is_none(text):
    assert find_numbers(text) == []
