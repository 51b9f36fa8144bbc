"""Number of administrations and the days between them, as an expert reads the words."""

import pytest

from trialkit.facts.schedules import read_schedule, read_schedules
from trialkit.facts.scope import read_scope
from trialkit.record import Intervention, TrialRecord

READINGS = [  # text, number of administrations, distinct gaps in days
    ("dose 1×106/kg cells, once every month for three times", 3, [30.0]),
    ("D0, D7 and D14: IV MSC injection (2x106 - 6x106/kg MSC)", 3, [7.0]),
    ("(2×105/Kg, once a week, 4 times)", 4, [7.0]),
    ("20x106 cells per cc in a single administration of 7cc", 1, []),
    ("two infusions, one week apart, each comprising adult human mesenchymal stem cells", 2, [7.0]),
    ("2 infusions of 2 million cells/kg per week for 4 weeks", 8, [3.5]),
    ("Single intravenous infusion of 100 million cells", 1, []),
    ("at dose 1 million xKg in a single dose", 1, []),
    ("150M cells deployed via two (2) treatments via intravenous injection", 2, []),
    ("(1 million cells/Kg MSCs, weeks 0-4-8-20)", 4, [28.0, 84.0]),
    ("(2 + 2 + 1 scheme). Dosage: 2x10E6/Kg", 5, []),
    ("single dose of cells, IV, repeat every week for four times", 4, [7.0]),
    ("infusion on 0 day and on 12 weeks", 2, [84.0]),
    ("cells given every two weeks for four consecutive doses", 4, [14.0]),
    ("100 million cells every two months for three injections", 3, [60.0]),
    ("3 infusions of cells weekly", 3, [7.0]),
    ("Day 1: MSC Day 4: MSC Day 11: MSC", 3, [3.0, 7.0]),
    ("twice a week then weekly (6 doses totally)", 6, []),
    ("cells at week 0, week 2, week 4, week 6, week 8", 5, [14.0]),
    ("cells on Day 0, Day 2, and Day 4", 3, [2.0]),
    ("cells at week 0, week 4, week 8.", 3, [28.0]),
    ("200 million cells on days 0, 3, 7, and 14", 4, [3.0, 4.0, 7.0]),
]


@pytest.mark.parametrize(("text", "n", "gaps"), READINGS, ids=[row[0] for row in READINGS])
def test_schedule_is_read(text, n, gaps):
    schedule = read_schedule(text)
    assert schedule is not None
    assert schedule.n_administrations == n
    assert list(schedule.interval_days) == gaps


@pytest.mark.parametrize(
    "text",
    [
        "intravenous infusion of cells",
        "Step 2 dose",
        "three dose levels are tested",
        "total divided into 10 injections",
        "an infusion over 30 minutes",
    ],
)
def test_plain_words_are_no_count(text):
    schedule = read_schedule(text)
    assert schedule is None or schedule.n_administrations is None


def scope_of(text):
    record = TrialRecord(register="test", trial_id="TEST-1", interventions=[Intervention(name="MSC", description=text)])
    return read_scope(record.passages(), [], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MSC are infused. Once every week, a total of two times.", [2]),
        ("MSC infusion. At 2, 5 and 9 months after treatment the patients are seen and evaluated.", []),
        ("MSC infusion. Insulin is injected daily for 12 weeks.", []),
        ("MSC plus ointment twice daily for 12 weeks.", []),
        ("Cells are mobilized by daily injections of filgrastim", []),
        ("Patients are examined by transplant specialists every month", []),
        ("The three doses are 2 million cells/kg, 4 million cells/kg, and 6 million cells/kg", []),
        ("Blood is taken at baseline, then every 4 weeks, after the cells are given.", []),
        ("Visits follow every 3 months, until 6 months after the product was given", []),
        ("Three doses are used: Cohort 1, 2 million cells/kg; Cohort 2, 4 million cells/kg", []),
        ("30 min before administration of the cells", []),
        ("three escalating doses of cells", []),
        ("cells once a week for successive 4 weeks, then the last two times every two weeks", [4]),
        ("A total dose of 20 million cells, divided into 11 injections", []),
        ("20 intramyocardial injections of 2 million cells", []),
        ("cells daily over 10 minutes", []),
        ("Ten subjects will undergo an injection of cells", []),
        ("15 000 000 cells via intramuscular injections", []),
        ("cells at baseline with a possible repeat injection at 3 months", [1, 2]),
        ("single dose of MSC, or repeated after 48 h", [1, 2]),
    ],
)
def test_only_giving_cells_is_a_schedule(text, expected):
    found = read_schedules(scope_of(text))
    assert sorted({f.value.n_administrations for f in found if f.value.n_administrations}) == expected


def test_a_course_told_in_parts_is_one_course():
    (course,) = read_schedules(
        scope_of("6 times MSC infusions. Infusions are weekly for 4 weeks; the last two once every two weeks.")
    )
    assert (course.value.n_administrations, course.value.interval_days) == (6, (7.0, 14.0))
