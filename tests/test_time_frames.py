"""Time frames as registered, and the days they stand for: a table to correct line by line.

Days: week 7, month 30, year 365. Points of a window are its end (and 0 where baseline or day 0 is named).
"""

import pytest
from growth import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from trialkit.facts.durations import find_durations, read_number, read_unit
from trialkit.facts.time_frames import find_time_frame, read_time

HOUR = 1 / 24

# text, kind, points in days, repeated every ... days
FRAMES = [
    ("60 weeks", "point", [420], None),
    ("monthly", "recurrence", [], 30),
    ("every three month", "recurrence", [], 90),
    ("Every 3 months", "recurrence", [], 90),
    ("1, 3 ,6 Months", "list", [30, 90, 180], None),
    ("(Time Frame 1, 3 months)", "list", [30, 90], None),
    (
        "between the first infusion of AD-MSCs and 48 weeks after the last infusion of AD-MSCs",
        "window",
        [336],
        None,
    ),
    ("up to 12 months", "window", [360], None),
    (
        "pre-MSC transplantation, 1, 3, 6 and 12 months post MSC transplantation",
        "list",
        [0, 30, 90, 180, 360],
        None,
    ),
    (
        "pre-MSC transplantation, 1, 3, 6 and 12 months post MSC transplantation "
        "(for GFR assessed at baseline and 12 months after MSCT)",
        "list",
        [0, 30, 90, 180, 360],
        None,
    ),
    ("5", "unknown", [], None),
    ("2", "unknown", [], None),
    ("2018", "calendar", [], None),
    ("June 2001", "calendar", [], None),
    ("1, 3 ,6 and 12 months", "list", [30, 90, 180, 360], None),
    ("Week 12,16,36,52", "list", [84, 112, 252, 364], None),
    ("Week 0 through week 52", "window", [0, 364], None),
    ("Week 8 though week 52", "window", [364], None),
    ("Baseline to Weeks 12, 24, and 52", "list", [0, 84, 168, 364], None),
    ("At or before Weeks 12, 24, and 52", "window", [84, 168, 364], None),
    ("weeks 24", "point", [168], None),
    ("Baseline, weeks 4, 8, 12, 16, 20, 24", "list", [0, 28, 56, 84, 112, 140, 168], None),
    ("12 weeks (plus or minus 3 days) after treatment", "point", [84], None),
    ("5 year(+-30 days)", "point", [1825], None),
    ("Up to approximately 2 years", "window", [730], None),
    ("6 months follow up after the first administration", "point", [180], None),
    (
        "At selection and screening visit, and once per month during 6 months after the last administration",
        "recurrence",
        [180],
        30,
    ),
    ("45 days after the last infusion", "point", [45], None),
    ("30 minutes following infusion", "point", [0.5 * HOUR], None),
    ("48 hours following infusion", "point", [2], None),
    ("4 hours post-infusion", "point", [4 * HOUR], None),
    ("3 days, 1 week, 4 weeks, 12 weeks , and 24 weeks", "list", [3, 7, 28, 84, 168], None),
    ("pré-treatment, 6 months, 12 months and then yearly (course of study 7 years)", "list", [0, 180, 360, 2555], 365),
    ("Every 6 months until death", "recurrence", [], 180),
    ("Daily (course of study is 7 years)", "recurrence", [2555], 1),
    ("2-24 months", "window", [720], None),
    ("3-12 months", "window", [360], None),
    ("0-24 months", "window", [0, 720], None),
    ("Through study completion, an average of 2 years", "window", [730], None),
    ("From the first administration to 4 weeks after administration", "window", [28], None),
    ("The 4th, 12th, 24th and 48th week after administration", "list", [28, 84, 168, 336], None),
    ("0、4、8、16、24 weeks", "list", [0, 28, 56, 112, 168], None),
    ("10 weeks,18 weeks,24 weeks,36 weeks，48weeks from post-administration", "list", [70, 126, 168, 252, 336], None),
    ("6 moths", "point", [180], None),
    ("3 moth after injection", "point", [90], None),
    ("After the mesenchymal stem cells infusion up to 6 mounth after", "window", [180], None),
    ("Baseline, 2 weeks, 6 weeks, 12 weeks, 24 weeks", "list", [0, 14, 42, 84, 168], None),
    ("Post cell transplantation: 1, 3, 6 months", "list", [30, 90, 180], None),
    ("Month 0 and Month 12", "list", [0, 360], None),
    ("At 0 and 6 months follow up", "list", [0, 180], None),
    ("4 weeks follow-up after treatment", "point", [28], None),
    ("4 weeks follow-up after treatment, 12 weeks follow-up after treatment", "list", [28, 84], None),
    ("up to 57 months after enrollment", "window", [1710], None),
    ("Four year follow-up", "point", [1460], None),
    ("Within 24 hours", "window", [1], None),
    (
        "Changes from baseline to week 4, week 8, week 12 and week 24 after stem cell treatment.",
        "list",
        [0, 28, 56, 84, 168],
        None,
    ),
    ("Day 1 - 21+3", "window", [21], None),
    (
        "During the treatment period of 12 weeks / follow-up period of 12 weeks after treatment period",
        "window",
        [84],
        None,
    ),
    ("At each intervention and 7, 10, and 16 months after last intervention", "list", [210, 300, 480], None),
    (
        "Baseline, Drug administration Visit, Day 1, 1 week, 2 weeks, 1 month, 2 months, 3 month, 6 month, 12 month "
        "after each MSCs injection",
        "list",
        [0, 1, 7, 14, 30, 60, 90, 180, 360],
        None,
    ),
    ("24 and/or 48 weeks", "list", [168, 336], None),
    ("2 months to approximately at 24 months", "window", [720], None),
    ("180 Days after first infusion in Protocol 603", "point", [180], None),
    (
        "From the first dosing of the first subject up to 30 days after the last follow up of the last dosed subject",
        "study_window",
        [],
        None,
    ),
    (
        "Screening, months 3, 6, and 12, and every 12 months thereafter during study conduct (6 Month minimum)",
        "list",
        [0, 90, 180, 360],
        360,
    ),
    ("Blood will be collected on the first week and then biweekly for 12 weeks.", "recurrence", [7, 84], 14),
    ("weekly untill 6 months", "recurrence", [180], 7),
    ("monthly for fourteen months", "recurrence", [420], 30),
    (
        "Randomization untill two years post the last subject last treatment visit (or clinical cutoff)",
        "study_window",
        [],
        None,
    ),
    ("at corrected age of 21 months (±3 months)", "age", [], None),
    ("Every 30 day for 1 year after BMT", "recurrence", [365], 30),
    ("throughout study completion, an average of 4 months per subject", "window", [120], None),
    # the same rules in short forms
    ("day 1, 4, 7, and 1, 3, 6, 12 month after surgery", "list", [1, 4, 7, 30, 90, 180, 360], None),
    ("Day 7, day14, D28", "list", [7, 14, 28], None),
    ("48 weeks from baseline", "point", [336], None),
    ("Week 12 post baseline", "point", [84], None),
    ("12 months (1 year)", "point", [360], None),
    ("1 day before surgery, 6 months after", "list", [0, 180], None),
    ("run-in visit (-60 day), baseline, 6 month", "list", [0, 180], None),
    ("28±3 days", "point", [28], None),
    ("an average of 6,5 years", "window", [2372.5], None),
    ("Visit 2 (day 1), visit 5 (4 weeks)", "list", [1, 28], None),
    ("6. month", "point", [180], None),
    ("0-4-8-20 weeks", "list", [0, 28, 56, 140], None),
    ("half a year", "point", [182.5], None),
    ("twice a week for 1 month", "recurrence", [30], 3.5),
    ("every other week", "recurrence", [], 14),
    ("Completion of study", "study_window", [], None),
    ("36 weeks postmenstrual age", "age", [], None),
]


@pytest.mark.parametrize(("text", "kind", "points", "every"), FRAMES)
def test_time_frame_is_read_as_a_reviewer_reads_it(text, kind, points, every):
    frame = find_time_frame(text)
    if kind == "recurrence" and len([p for p in points if p]) > 1:
        kind = "list"  # several points and a repeat: the list is the firmer statement
    assert frame is not None
    assert (frame.kind, frame.timepoints_days, frame.recurrence_days) == (kind, pytest.approx(points), every)
    assert 0 <= frame.start < frame.end <= len(text)


@pytest.mark.parametrize(
    "text", ["Immediately upon delivery", "during hospital stay", "", "   ", "Visits 1,2,3", "6-minute walk"]
)
def test_text_without_a_time_gives_none(text):
    assert find_time_frame(text) is None


@pytest.mark.parametrize(
    ("text", "horizon"), [("monthly", None), ("weekly until 6 months", 180), ("baseline", 0), ("5", None)]
)
def test_horizon_is_the_latest_time_and_an_open_recurrence_has_none(text, horizon):
    assert find_time_frame(text).horizon_days == horizon


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("up to 57 months after enrollment", "enrollment"),
        ("between the first infusion and 48 weeks after the last infusion", "last_dose"),
        ("6 months after the first administration", "first_dose"),
        ("24 hours after each infusion", "each_dose"),
        ("day 22 post randomization day", "randomization"),
        ("1 year after surgery", "surgery"),
        ("Every 30 day for 1 year after BMT", "transplant"),
        ("24 weeks", None),
        ("6 months after treatment", None),
    ],
)
def test_anchor_is_the_event_the_time_is_counted_from(text, anchor):
    assert find_time_frame(text).anchor == anchor


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("12 weeks (plus or minus 3 days) after treatment", 3),
        ("5 year(+-30 days)", 30),
        ("day-15 (+/- 2 days), day-22 (+/1 2 days)", 2),
        ("365 days (+/-14)", 14),
        ("Day 1 - 21+3", 3),
        ("24 weeks", None),
    ],
)
def test_tolerance_is_not_a_time_point(text, tolerance):
    assert find_time_frame(text).tolerance_days == tolerance


def test_day_with_a_hyphen_is_not_negative():
    text = "Baseline/day-1 (-2 days), day-15 (+/- 2 days), day-22 (+/1 2 days) post randomization day"
    assert find_time_frame(text).timepoints_days == [1, 15, 22]


@pytest.mark.parametrize(
    ("text", "flag"), [("biweekly", "ambiguous_biweekly"), ("about 2 years", "approximate"), ("5", "unitless")]
)
def test_doubt_is_flagged(text, flag):
    assert flag in find_time_frame(text).flags


def test_measure_is_read_only_when_the_time_frame_is_empty():
    assert read_time("24 weeks", "mortality at 6 months")[0].horizon_days == 168
    frame, source = read_time(None, "mortality at 6 months")
    assert (frame.horizon_days, source) == (180, "measure")


@pytest.mark.parametrize(
    "measure",
    ["Change from baseline in pain", "EQ-5D", "weekly activity score", "24 h urine protein", "6-minute walk test"],
)
def test_name_of_a_measure_is_no_time(measure):
    assert read_time("", measure)[0] is None


def test_quote_of_the_part_read_is_in_the_text():
    text = "assessed at weeks 4, 8 and 12 by the nurse"
    frame = find_time_frame(text)
    assert text[frame.start : frame.end] == "weeks 4, 8 and 12"


def test_durations_know_words_and_typing_errors():
    assert [d.days for d in find_durations("three months, 2 wks, 24 h, 1.5 years, 6 mounth, 2 quarters")] == [
        90,
        14,
        1,
        547.5,
        180,
        180,
    ]
    assert (read_number("twelve"), read_number("1.5"), read_number("many")) == (12, 1.5, None)
    assert (read_unit("moths"), read_unit("fortnight")) == ("month", None)


@pytest.mark.parametrize(
    "piece", ["7", " ", ", ", "7 ", "7, ", "a", "day ", "7 days, ", "daily ", "1-", "every ", "(", "+", "before "]
)
def test_long_junk_is_read_in_linear_time(piece):
    assert_linear(find_time_frame, piece)
    assert_linear(lambda text: read_time(None, text), piece)
    assert_linear(find_durations, piece)


WORDS = st.sampled_from(
    ["1", "3,", "6", "-", "months", "week", "day", "up to", "baseline", "every", "±", "after", "²", "İ"]
)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join)))
def test_no_text_raises_and_offsets_stay_inside(text):
    frame, _ = read_time(text, text)
    if frame is not None:
        assert 0 <= frame.start <= frame.end <= len(text)
        assert frame.timepoints_days == sorted(frame.timepoints_days)
