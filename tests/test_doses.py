"""Dose notations as registries write them, with the reading of an expert; and numbers that are no dose.

To correct a reading, change its row in `dose_phrases.csv`: the levels in cells per administration with their basis
("1e6..2e6 per_kg", "..2e6" is up to, "2e6.." at least), amounts stated beside them (a cap, a sum, a worked example),
the number of administrations, the days between them, and the flags.
"""

import csv
from pathlib import Path

import pytest
from conftest import scope_of
from growth import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from trialkit.facts.doses import find_doses
from trialkit.facts.quantities import find_quantities
from trialkit.facts.schedules import read_schedules

PHRASES = list(csv.DictReader((Path(__file__).parent / "dose_phrases.csv").open(encoding="utf-8")))
BESIDE = {"cap", "cumulative", "equivalent"}

NO_DOSE = [
    "oral prednisone more than 20 mg/day",
    "cyclophosphamide 0.4 ~ 0.6 / m2 every two weeks for six months",
    "mycophenolate mofetil 2 g / day",
    "steroids above 0.8 mg/kg/day",
    "serum creatinine above 120 mmol/L",
    "Platelets<80 000/mm3",
    "serum albumin ,25 g/L",
    "5-9 minutes light activity;10-14 minutes of moderate activity",
    "5-25mg Methotrexate orally",
    "CsA 5mg/kg po for 12 months",
    "PBSC at 2×10^8/kg",
    "5 million c-kit+ cells",
    "1:1,000,000 epinephrine",
    "expanded in vitro ≥ 2 million -fold",
    "MSCs (2X105 cells) will be suspended in PBS",
    "a volume of 6.6-7.9cm3",
    "1.74 x104/L at average",
    "100 µg MSC exosomes/g ointment",
    "ExoFlo 15ml, IV",
    "2.0*10E8 nano vesicles/3 ml",
    "maximum rate of 5.0 x 10^6 hMSC/minute",
    "centrifuged at 1100rpm for 20-30 mins",
    "MSC positive for CD105 and CD106",
    "12.42 million people are affected",
    "the disease costs 4 billion dollars a year",
    "platelet count below 100 x 10^9/L",
    "neutrophils > 1.5 x 10^9/L",
    "day 105 after transplantation",
    "supernatant of 1 × 10(6)/kg cells",
    "Cyclophosphamide at total dose of 0.8-1.8g",
    "Celebrex® 0.2g Bid",
    "Dexamethasone of 10mg before 30 minutes of cells infusion",
    "oral MMF of 2.0 g / d",
    "1 mg/Kg/24 h prednisone and 3 mg/Kg/12 h cyclosporin",
    "methylprednisolone 2 milligrams (mg)/kg IV",
    "PBSC will be intravenously infused at a dose of 2×10^8/kg",
    "(6 x 10^6 or 9 x 10^6)",
    "cyclophosphamide 50 mg/kg/day at +3 and +4 post transplant day",
    "(range, 1.06-1.98 x104/L)",
    "Fat graft will be enriched with ex vivo expanded stem cells",
]


def words(dose):
    low, high = ("" if v is None else number(v) for v in (dose.low, dose.high))
    return f"{low} {dose.basis}" if low == high else f"{low}..{high} {dose.basis}"


def number(value):
    mantissa, exponent = f"{value:.4e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


@pytest.mark.parametrize("row", PHRASES, ids=[row["phrase"] for row in PHRASES])
def test_phrase_is_read_as_an_expert_reads_it(row):
    doses = find_doses(row["phrase"])
    levels = dict.fromkeys(words(d) for d in doses if not BESIDE & set(d.flags))
    beside = dict.fromkeys(words(d) for d in doses if BESIDE & set(d.flags))
    schedules = [f.value for f in read_schedules(scope_of(row["phrase"]))]
    counts = dict.fromkeys(str(s.n_administrations) for s in schedules if s.n_administrations)
    gaps = sorted({gap for s in schedules for gap in s.interval_days})
    assert "; ".join(levels) == row["doses"]
    assert "; ".join(beside) == row["stated_beside"]
    assert " ".join(counts) == row["administrations"]
    assert " ".join(f"{gap:g}" for gap in gaps) == row["days_between"]
    assert {flag for d in doses for flag in d.flags} == set(row["flags"].split())


@pytest.mark.parametrize("text", NO_DOSE)
def test_what_is_no_cell_dose_gives_none(text):
    assert find_doses(text) == []


def test_per_kg_dose_is_never_read_as_total():
    for text in (
        "2 x 10^6 cells/kg",
        "2 x 10^6 cells per kg",
        "2 million cells per kilogram body weight",
        "2x106/Kg",
        "2 million xKg cells",
    ):
        assert [dose.basis for dose in find_doses(text)] == ["per_kg"], text


def test_doubtful_doses_are_flagged_and_kept_as_printed():
    assert "implausible" in find_doses("20 million cells/kg")[0].flags
    assert "doubled_unit" in find_doses("1-2x10^6 million MSCs/kg")[0].flags
    assert "plus_minus" in find_doses("1 ± 0.5 x 106 MSC/kg")[0].flags
    assert "cap" in find_doses("1 x 10^6 cells/kg or a maximum dose of 1 x 10^8 total cells")[1].flags
    assert "cumulative" in find_doses("Total dose of 300 x 106 MSC, in 3 injections of 100 x 106 MSC")[0].flags


def test_offsets_point_at_the_number_and_its_unit():
    text = "Peripheral infusion, dose 1×106/kg cells, once every month"
    (dose,) = find_doses(text)
    assert text[dose.start : dose.end] == "1×106/kg cells"


@given(st.text(alphabet="0123456789x×^.,-~ eE()/kgcelsmion⁶±µ\n", max_size=80))
def test_no_text_raises_and_offsets_stay_inside(text):
    for dose in find_doses(text):
        assert 0 <= dose.start < dose.end <= len(text)


@pytest.mark.parametrize("junk", ["1", "1,", "1 ", "10^", "1x10", "million ", "1-", "cells/kg ", "1.000."])
def test_cost_is_linear_in_the_text(junk):
    assert_linear(find_quantities, junk)
