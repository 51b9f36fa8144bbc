"""Harms: which kinds an outcome names, until when trials look, which events count, and what a group could have shown."""

import polars as pl
import pytest
from making import make_frames
from scipy.stats import binom

from trialkit.charts import safety as charts
from trialkit.summaries import detection, safety, safety_definitions
from trialkit.summaries.enrollment import upper_bounds


def outcomes(*rows, trials=("T-1",), **columns):
    """Frames of trials with these outcomes: (measure, core area, days) each, all of the first trial."""
    endpoints = [
        {"trial_id": trials[0], "role": "primary", "position": n, "measure": measure, "core_area": area, "horizon_days": days,
         "is_duplicate": False, **columns}
        for n, (measure, area, days) in enumerate(rows)
    ]  # fmt: skip
    return make_frames(trials=[{"trial_id": t} for t in trials], endpoints=endpoints)


def summarise(frames):
    return safety.summarise_harms(frames, safety.list_harms(frames))


KINDS = [
    ("Number of participants with adverse events", {"unspecific"}),
    ("Safety profile", {"unspecific"}),
    ("Safety in patients with refractory GVHD", {"unspecific"}),
    ("Toxicity by the National Cancer Institute criteria", {"unspecific"}),
    ("Infusional toxicity within 24 hours", {"immediate"}),
    ("Dose limiting toxicity (DLT)", {"dose_limiting"}),
    ("Side effects as infection, allergic reaction and ectopic tissue formation", {"infection", "immediate", "malignancy"}),
    ("Thromboembolic adverse events", {"thromboembolic"}),
    ("Alloimmunization via anti-HLA antibodies", {"immunogenicity"}),
    ("Major adverse cardiac events: death, non-fatal stroke", {"organ", "death"}),
    ("Vital signs, ECG and laboratory tests", {"laboratory"}),
    ("Long-term safety", {"late"}),
    ("Haematoma at the injection site", {"administration_site"}),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "kinds"), KINDS)
def test_kinds_of_harm_are_those_the_measure_names(measure, kinds):
    assert set(safety.list_harms(outcomes((measure, "adverse_events", 30.0)))["group"]) == kinds


AREAS = [
    ("Clearance of the infection", "physiological_clinical", set()),
    ("Donor specific antibodies", "physiological_clinical", {"immunogenicity"}),
    ("Progression-free survival", "death", {"death"}),
    ("Quality of life", "life_impact", set()),
]


@pytest.mark.parametrize(("measure", "area", "kinds"), AREAS)
def test_only_antibodies_are_a_harm_outside_adverse_events_and_death(measure, area, kinds):
    assert set(safety.list_harms(outcomes((measure, area, 30.0)))["group"]) == kinds


def test_words_behind_a_kind_stand_in_the_measure(bundled):
    named = safety.list_harms(bundled).drop_nulls("words").select("measure", "words").rows()
    assert named
    assert [words for measure, words in named if any(word not in measure for word in words.split("; "))] == []


def test_every_trial_has_a_row_with_its_harms_or_with_their_absence(bundled):
    summary = summarise(bundled)
    assert set(summary["trial_id"]) == set(bundled.trials["trial_id"])
    absent = summary.filter(pl.col("group").is_in([safety.NONE, safety.SILENT]))
    assert absent["trial_id"].is_unique().all()
    assert summary.join(absent, on="trial_id", how="semi")["outcomes"].to_list() == [0] * len(absent)


def test_a_trial_without_outcomes_is_not_one_without_harms():
    summary = summarise(outcomes(("SLEDAI", "physiological_clinical", 180.0), trials=("T-1", "T-2")))
    assert dict(summary.select("trial_id", "group").iter_rows()) == {"T-1": safety.NONE, "T-2": safety.SILENT}


def test_longest_window_of_a_kind_stands_and_one_without_a_day_stays_without():
    rows = [("Infection", "adverse_events", 28.0), ("Infection", "adverse_events", 364.0), ("Tumour formation", "adverse_events", None)]  # fmt: skip
    summary = summarise(outcomes(*rows))
    assert summary.select("group", "days", "words").rows() == [
        ("infection", 364.0, "1 y"),
        ("malignancy", None, "no day"),
    ]


def test_survival_does_not_prolong_the_search_for_harm():
    frames = outcomes(("Adverse events", "adverse_events", 28.0), ("Overall survival", "death", 1825.0))
    windows = safety.list_windows(summarise(frames))
    assert windows.filter(pl.col("group") == safety.ANY)["days"].to_list() == [28.0]


WINDOWS = [(None, "no day"), (0.0, "day 0"), (1 / 48, "30 min"), (1.0, "24 h"), (2.0, "2 d"), (28.0, "28 d"), (84.0, "12 wk"),
           (180.0, "6 mo"), (360.0, "1 y"), (364.0, "1 y"), (540.0, "1.5 y"), (1825.0, "5 y")]  # fmt: skip


@pytest.mark.parametrize(("days", "words"), WINDOWS)
def test_windows_are_told_in_the_unit_a_reader_uses(days, words):
    assert safety.window_words(days) == words


SERIOUS = [
    ("Number of serious adverse events", True),
    ("Frequency of SAEs", True),
    ("Grade 3 or higher adverse events", True),
    ("Adverse events and serious adverse events", False),
    ("Serious and non-serious adverse events", False),
    ("Rate of (serious) adverse events", False),
    ("Severity of adverse events", False),
]


@pytest.mark.parametrize(("measure", "alone"), SERIOUS)
def test_serious_events_alone_means_no_others_are_counted(measure, alone):
    assert safety.list_harms(outcomes((measure, "adverse_events", 30.0)))["serious_only"].to_list() == [alone]


VERSIONS = [
    ("Adverse events as assessed by CTCAE v4.0", ["4"]),
    ("Toxicity (NCI-CTCAE 4.03)", ["4.03"]),
    ("Events by Common Terminology Criteria for Adverse Events (CTCAE) (Version 5.0)", ["5"]),
    ("Events of CTCAE grade 3 or higher", []),
]


@pytest.mark.parametrize(("measure", "versions"), VERSIONS)
def test_version_of_a_scale_is_told_only_where_the_measure_gives_it(measure, versions):
    harms = safety.list_harms(outcomes((measure, "adverse_events", 30.0), instruments=["CTCAE"]))
    assert safety_definitions.list_scales(harms)["versions"].to_list() == [versions]


def test_definitions_count_trials_not_outcomes():
    rows = [("Treatment-related adverse events", "adverse_events", 30.0), ("Adverse events related to treatment", "adverse_events", 60.0), ("Side effects", "adverse_events", 90.0)]  # fmt: skip
    counts = safety_definitions.count_definitions(safety.list_harms(outcomes(*rows)))
    related = counts.filter(pl.col("definition") == "Events related to the treatment")
    assert related.select("trials", "in_all", "of").row(0) == (1, 0, 1)


def test_counts_by_condition_add_up_to_all_trials(bundled):
    counts = safety.count_harms(summarise(bundled))
    whole = counts.filter(pl.col("condition") == "All trials").select("group", "n")
    parts = counts.filter(pl.col("condition") != "All trials").group_by("group").agg(pl.col("n").sum())
    assert dict(whole.iter_rows()) == dict(parts.iter_rows())


def test_sentences_are_right_for_no_trial_and_for_one():
    nothing = summarise(make_frames())
    assert safety.tell_harms(nothing).startswith("No trial fits")
    assert safety.tell_windows(safety.list_windows(nothing), 5).startswith("No trial of this selection gives a day")
    assert safety_definitions.tell_definitions(safety.list_harms(make_frames())).startswith("No trial")
    one = summarise(outcomes(("Tumour formation", "adverse_events", 1825.0)))
    told = safety.tell_windows(safety.list_windows(one), 5)
    assert told.startswith(
        "1 trial gives a day until which it looks for a harm other than death. Four weeks or longer: 1 of 1;"
    )
    assert "Tumours or ectopic tissue are named by 1 trial, 1 of them with a window of 5 years or longer." in told


@pytest.mark.parametrize("trials", [0, 1, safety.MOST_TRIALS, safety.MOST_TRIALS + 1])
def test_matrix_is_drawn_trial_by_trial_until_there_are_too_many(bundled, trials):
    frames = bundled.select(bundled.trials["trial_id"].sort().head(trials))
    chart = charts.plot_harms(summarise(frames), []).to_dict()
    assert (f"by {trials} trial" in chart["description"]) == (0 < trials <= safety.MOST_TRIALS)
    assert len(chart["description"]) > 10


# What a group of patients could have shown


@pytest.mark.parametrize("n", detection.SIZES)
@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5])
def test_chance_to_see_an_event_is_that_of_the_binomial(n, rate):
    assert detection.chance_to_see(rate, n) == pytest.approx(1 - binom.pmf(0, n, rate))


NEEDED = [(0.1, 0.8, 16), (0.1, 0.95, 29), (0.05, 0.95, 59), (0.01, 0.8, 161), (0.01, 0.9, 230), (0.01, 0.95, 299), (0.001, 0.95, 2995)]  # fmt: skip


@pytest.mark.parametrize(("rate", "chance", "n"), NEEDED)
def test_patients_needed_are_the_fewest_that_reach_the_chance(rate, chance, n):
    assert detection.patients_needed(rate, chance) == n
    assert detection.chance_to_see(rate, n) >= chance > detection.chance_to_see(rate, n - 1)


@pytest.mark.parametrize(("rate", "chance"), [(0, 0.9), (1, 0.9), (0.1, 1), (0.1, 0)])
def test_a_rate_or_chance_that_is_none_is_refused(rate, chance):
    with pytest.raises(ValueError, match="between 0 and 1"):
        detection.patients_needed(rate, chance)


@pytest.mark.parametrize(("n", "percent"), [(5, 45.1), (10, 25.9), (11, 23.8), (16, 17.1), (20, 13.9), (40, 7.2)])
def test_rate_seen_with_95_percent_is_the_one_sided_bound_after_no_event(n, percent):
    assert round(100 * detection.rate_seen(n, 0.95), 1) == percent
    assert detection.rate_seen(n, 0.95) == pytest.approx(upper_bounds([n])["one_sided"][0])


def test_planned_and_treated_numbers_are_counted_apart():
    trials = [
        {"trial_id": "T-1", "intervention_model": "single_group", "enrollment_count": 20, "enrollment_type": "actual"},
        {"trial_id": "T-2", "intervention_model": "single_group", "enrollment_count": 500, "enrollment_type": "estimated"},
    ]  # fmt: skip
    table = detection.table_needed(make_frames(trials=trials)).filter(pl.col("event in") == "1 in 100")
    assert table.select("trials that treated enough", "trials that plan enough").row(0) == ("0 of 1", "1 of 1")


def test_curves_of_a_selection_without_treated_patients_are_those_of_usual_sizes():
    nothing = make_frames()
    assert set(detection.pick_sizes(nothing)["kind"]) == {"usual"}
    assert detection.tell_detection(nothing).startswith("No trial of this selection tells")
    assert "40 patients from 7.2" in charts.plot_detection(detection.draw_curves(detection.pick_sizes(nothing))).to_dict()["description"]  # fmt: skip
