"""Number of administrations and the days between them, as an expert reads the words."""

import pytest
from conftest import scope_of

from trialkit.facts.schedules import read_schedule, read_schedules

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
    ("twice a week then weekly (6 doses totally)", 6, [3.5, 7.0]),
    ("cells are infused at baseline and 6 months of follow-up", 2, [180.0]),
    ("infusion per week in the first 4 weeks and every two weeks in the second 8 weeks", 8, [7.0, 14.0]),
    ("cells on day 1 of each 14-60 day cycle, 1-6 times treatment", 1, [14.0, 60.0]),
    ("treatment will consist of 3-5 doses of cells spaced 3 months apart", 3, [90.0]),
    ("1.0E+6 MSC/kg, IV drop and repeated after three months", 2, [90.0]),
    ("five doses of MSC on the 1st and 3rd day, then the 5th-7th and 9th day", 5, []),
    ("cells painted on the wound on six consecutive days", 6, [1.0]),
    ("cells instilled once through a catheter", 1, []),
    ("an unique infusion of cells", 1, []),
    ("cells at week 0, week 2, week 4, week 6, week 8", 5, [14.0]),
    ("cells on Day 0, Day 2, and Day 4", 3, [2.0]),
    ("cells at week 0, week 4, week 8.", 3, [28.0]),
    ("200 million cells on days 0, 3, 7, and 14", 4, [3.0, 4.0, 7.0]),
    ("2 injections of cells 1 week apart and 2 injections a month apart", 4, [7.0, 30.0]),
    ("MSC infusions on days 42-45, 84-87 and 126-129", 3, [42.0]),
    ("100 million cells q2w for 4 doses", 4, [14.0]),
    ("three stem cell therapies with 30 days of interval", 3, [30.0]),
    ("1 infusion over 30 minutes of cells", 1, []),
    ("Topical, single application of MSC", 1, []),
    ("cells 1 time, 1 x 10^8 cells", 1, []),
    ("A single administration of 20 million cells delivered via 6 injections of 1.5 mL", 1, []),
    ("cells on day 0", 1, []),
    ("cells on day 0 and week 12", 2, [84.0]),
    (
        "at Day 0, Day 2, Day 4, Week 2, Week 6 and every 8 weeks to week 46 (total # doses = 10)",
        10,
        [2.0, 10.0, 28.0, 56.0],
    ),
    ("5 injections of cells, at 1st treatment, 2-week, 4-week, 16-week, and 24-week", 5, [14.0, 56.0, 84.0]),
    ("cells infused three times over a six week period, spaced 14 days apart", 3, [14.0]),
    ("four doses of cells, the three additional doses at +4, +8 and +12 months after the first dose", 4, [120.0]),
    ("4 infusions of cells in the first 2 weeks (twice weekly), followed by 2 infusions once weekly", 6, [3.5, 7.0]),
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
        ("If needed a second dose of MSC is applied then.", [1, 2]),
        ("Treatment will consist of 3-5 doses of cells spaced 3 months apart", [3, 5]),
        ("Cells are given as a single dose followed by weekly wound control", [1]),
        ("MSC infusion. Joint Assessment 68 will be administered at 1, 3, 6 and 12 months.", []),
        ("MSC are injected 10-20 injections into the ischemic leg", []),
        ("one injection of cells and three injections of platelet-rich plasma", [1]),
        ("MSC from day 0 through the week 12 visit", []),
        ("prednisone plus tacrolimus and MSC 2 million/kg, IV twice a week for two weeks", [4]),
        ("An initial injection of cells, then re-injection at 3 months and/or 6 months", [1, 2, 3]),
        ("Once a week for 4 weeks. Partial responders have 2 additional infusions on day 29 and 36", [4, 6]),
        ("MSC, then evaluation of the tumour every 8 weeks", []),
        ("second line treatment with cells", []),
        ("A Single Center, Open-Label, Dose-Escalating study of an injection of cells", []),
        ("Cells on day 0. Cells are given on day 0, 7 and 14.", [3]),
        ("Cells are infused and patients are seen and evaluated 1, 3 and 6 months later", []),
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


def test_a_single_dose_that_is_repeated_names_the_size_of_each():
    found = read_schedules(scope_of("Single dose of 1 million cells/kg. Infusions are given weekly for 4 weeks."))
    assert {f.value.n_administrations for f in found} == {4}
