"""Dose notations as registries write them, with the reading of an expert; and numbers that are no dose.

To correct a reading, change its row: (text, [(low, high, basis), ...]), in cells per administration.
"""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkit.facts.doses import find_doses
from trialkit.facts.quantities import find_quantities

READINGS = [
    ("1 x 10^6 cells/kg in Plasma-Lyte A solution", [(1e6, 1e6, "per_kg")]),
    ("1 dose of 1 × 10(7) MSCs", [(1e7, 1e7, "total")]),
    ("2 doses of 5 × 10(7) MSCs", [(5e7, 5e7, "total")]),
    ("3x10(6) cells/cm3", [(3e6, 3e6, "per_ml")]),
    ("dose 1×106/kg cells, once every month for three times", [(1e6, 1e6, "per_kg")]),
    ("infused intravenously at 106 cells/kg body weight", [(1e6, 1e6, "per_kg")]),
    ("2·0×106 cells/kg i.v. 15min", [(2e6, 2e6, "per_kg")]),
    ("(approximately 2 x 106 cells/kg body weight) intravenously", [(2e6, 2e6, "per_kg")]),
    ("high doses 2×106 of autologous mesenchymal stem cells / kg their weight", [(2e6, 2e6, "per_kg")]),
    ("D0, D7 and D14: IV MSC injection (2x106 - 6x106/kg MSC)", [(2e6, 6e6, "per_kg")]),
    ("1 ± 0.5 x 106 MSC/kg recipient body weight", [(500000, 1.5e6, "per_kg")]),
    ("(2×105/Kg, once a week, 4 times)", [(200000, 200000, "per_kg")]),
    ("5×106/0.5ml MSC was injected subconjunctival", [(5e6, 5e6, "total")]),
    (
        "(6.29 × 107,9.43 × 107 and 14.15 × 107 cells/m2)",
        [(6.29e7, 6.29e7, "per_area"), (9.43e7, 9.43e7, "per_area"), (1.415e8, 1.415e8, "per_area")],
    ),
    ("20x106 cells per cc in a single administration of 7cc", [(2e7, 2e7, "per_ml")]),
    ("3× 106 cells per kg of the patient's weight", [(3e6, 3e6, "per_kg")]),
    ("(approximately 2.5 x 106 cells/kg body weight) intravenously", [(2.5e6, 2.5e6, "per_kg")]),
    ("The dose of infused cells is 10e6 cells/Kg", [(1e6, 1e6, "per_kg")]),
    ("The dose of infused cells is 4*10e6 cells/Kg", [(4e6, 4e6, "per_kg")]),
    ("low dose group: 1x10e7 cells/mL", [(1e7, 1e7, "per_ml")]),
    ("0.5*10E6 UC-MSCs/kg body weight intravenously at Day 1", [(500000, 500000, "per_kg")]),
    ("(1,5-3,0 x 10E6 MSC/Kg BW)", [(1.5e6, 3e6, "per_kg")]),
    ("Low dose: 1 x10e6 / Kg", [(1e6, 1e6, "per_kg")]),
    ("6.10e7 stem cells", [(6e7, 6e7, "total")]),
    ("1E6cells/Kg", [(1e6, 1e6, "per_kg")]),
    ("1×10'7 cells", [(1e7, 1e7, "total")]),
    ("1 X 10 8 cells", [(1e8, 1e8, "total")]),
    ("High dose (8 million cells per kg of body weight)", [(8e6, 8e6, "per_kg")]),
    ("2 infusions of 2 million cells/kg per week for 4 weeks", [(2e6, 2e6, "per_kg")]),
    ("20 million allo-hMSCs/kg delivered via peripheral intravenous infusion", [(2e7, 2e7, "per_kg")]),
    ("1-2x10^6 million MSCs per/kg body weight", [(1e6, 2e6, "per_kg")]),
    ("2 million human MSC (hMSC)/kg infusion versus placebo infusion", [(2e6, 2e6, "per_kg")]),
    ("regular standard of care plus 0.5-1 million MSC/Kg intravenously", [(500000, 1e6, "per_kg")]),
    ("22 million ASCs/ml", [(2.2e7, 2.2e7, "per_ml")]),
    ("Single intravenous infusion of 100 million cells", [(1e8, 1e8, "total")]),
    ("injected at 24 sites with a total of 24 million cells", [(2.4e7, 2.4e7, "total")]),
    ("umbilical cord blood stem cells 100-800 million", [(1e8, 8e8, "total")]),
    ("at dose 1 million xKg in a single dose", [(1e6, 1e6, "per_kg")]),
    ("Up to 2,000,000 Mesenchymal Stem Cells per kilogram", [(None, 2e6, "per_kg")]),
    ("1000000 to 2000000 cells/Kg", [(1e6, 2e6, "per_kg")]),
    ("at a dose of 1 and 5x1,000,000 hMSC/kg", [(1e6, 1e6, "per_kg"), (5e6, 5e6, "per_kg")]),
    ("5x10,000,000 MSCs", [(5e7, 5e7, "total")]),
    ("3000000/kg/d on day 1 to 3", [(3e6, 3e6, "per_kg")]),
    ("30,000,000 mesenchymal stem cell", [(3e7, 3e7, "total")]),
    (
        "25 M, 75 M, and 150 M allogeneic mesenchymal precursor cells (MPCs)",
        [(2.5e7, 2.5e7, "total"), (7.5e7, 7.5e7, "total"), (1.5e8, 1.5e8, "total")],
    ),
    ("150M cells deployed via two (2) treatments via intravenous injection", [(1.5e8, 1.5e8, "total")]),
    ("umbilical cord MSC transplantation of 1*10E6 cells/kg via hepatic artery", [(1e6, 1e6, "per_kg")]),
    (
        "1, 5 and 10 million cells/kg predicted body weight (PBW)",
        [(1e6, 1e6, "per_kg"), (5e6, 5e6, "per_kg"), (1e7, 1e7, "per_kg")],
    ),
    ("2x10^6cells/kg (+/-20%)", [(2e6, 2e6, "per_kg")]),
    ("5x10^6 of UCMSC per cm^2 of the cartilage defect", [(5e6, 5e6, "per_area")]),
    ("(1 million cells/Kg MSCs, weeks 0-4-8-20)", [(1e6, 1e6, "per_kg")]),
    ("(2 + 2 + 1 scheme). Dosage: 2x10E6/Kg", [(2e6, 2e6, "per_kg")]),
    ("Group 1: 5.0 x 10^7 cells Group 2: 7.5 x 10^7 cells", [(5e7, 5e7, "total"), (7.5e7, 7.5e7, "total")]),
    (
        "10x10^6 (cohort 1), 30x10^6 (cohort 2) or 90x10^6 (cohort 3) bmMSCs",
        [(1e7, 1e7, "total"), (3e7, 3e7, "total"), (9e7, 9e7, "total")],
    ),
    ("1*10^4-6 cells /Kg", [(1e4, 1e6, "per_kg")]),
    ("0.75 or 1.5×10^6 MSC/kg", [(7.5e5, 7.5e5, "per_kg"), (1.5e6, 1.5e6, "per_kg")]),
    ("600 million to 1 billion cells through the portal vein", [(6e8, 1e9, "total")]),
    ("1 million cells/kg ×10⁶", [(1e6, 1e6, "per_kg")]),
    ("2×10⁶ MSC/kg", [(2e6, 2e6, "per_kg")]),
    ("1.10^6 MSC / kg", [(1e6, 1e6, "per_kg")]),
    ("at days 1, 8 and 15, 1 million cells/kg", [(1e6, 1e6, "per_kg")]),
    ("Dose in Step 1: 2.0x10^6cells/kg", [(2e6, 2e6, "per_kg")]),
    ("infused: 100-300 million for one patient", [(1e8, 3e8, "total")]),
    ("MSC dose .5 x 10^6/kg IV", [(5e5, 5e5, "per_kg")]),
    ("0.3 million kg/bb UC-MSCs", [(3e5, 3e5, "per_kg")]),
    ("3×10^7 cells per hemisphere", [(3e7, 3e7, "per_site")]),
    ("0,5-1 million cells/Vocal fold", [(5e5, 1e6, "per_site")]),
    ("at least 2x10^6 cells/kg", [(2e6, None, "per_kg")]),
    ("one hundred million cells", [(1e8, 1e8, "total")]),
    ("1x10^6 cells/weight range", [(1e6, 1e6, "unclear")]),
]

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
]


@pytest.mark.parametrize(("text", "expected"), READINGS, ids=[text for text, _ in READINGS])
def test_dose_is_read_as_an_expert_reads_it(text, expected):
    found = list(dict.fromkeys(dose.key for dose in find_doses(text)))
    assert [key[2] for key in found] == [key[2] for key in expected]
    for (low, high, _), (want_low, want_high, _) in zip(found, expected, strict=True):
        assert low == (None if want_low is None else pytest.approx(want_low, rel=0.01))
        assert high == (None if want_high is None else pytest.approx(want_high, rel=0.01))


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
    text = (junk * 60_000)[:60_000]
    started = time.process_time()
    find_quantities(text)
    assert time.process_time() - started < 5
