"""The endpoint comparisons, on trials a clinician can check by eye."""

import re

import polars as pl
import pytest
from making import make_frames

import trialkit as tk
from trialkit.charts import endpoints as charts
from trialkit.charts import outcome_sets as set_charts
from trialkit.frames import Frames
from trialkit.summaries import endpoint_overlap, endpoint_times, endpoints, outcome_sets

# trial, condition group
TRIALS = [("LN1", "lupus_nephritis"), ("LN2", "lupus_nephritis"), ("SLE1", "systemic_lupus"), ("GVHD1", "gvhd")]
# trial, role, measure, core area, domain, instruments, time frame, how it was read, days named, repeat
OUTCOMES = [
    ("LN1", "primary", "SLEDAI", "physiological_clinical", "disease activity", ["SLEDAI"], "6 months", "point.points", [180.0], None),
    ("LN1", "secondary", "SLEDAI score", "physiological_clinical", "disease activity", ["SLEDAI"], "1, 12 months", "list.points", [30.0, 360.0], None),
    ("LN1", "secondary", "24 h urine protein", "physiological_clinical", "renal", ["proteinuria"], "6 months", "point.points", [180.0], None),
    ("LN1", "secondary", "24 h urine protein", "physiological_clinical", "renal", ["proteinuria"], "6 months", "point.points", [180.0], None),
    ("LN2", "primary", "Proteinuria", "physiological_clinical", "renal", ["proteinuria"], "up to 2 years", "window.points", [730.0], None),
    ("LN2", "secondary", "SLEDAI", "physiological_clinical", "disease activity", ["SLEDAI"], "24 weeks", "point.points", [168.0], None),
    ("LN2", "secondary", "Adverse events", "adverse_events", "adverse events", [], "monthly", "recurrence.every", [], 30.0),
    ("SLE1", "primary", "SLEDAI", "physiological_clinical", "disease activity", ["SLEDAI"], "5", "unknown.unitless", [], None),
    ("SLE1", "secondary", "Quality of life", "life_impact", "quality of life", [], None, None, [], None),
    ("GVHD1", "primary", "Preliminary efficacy evaluation", "physiological_clinical", None, [], None, None, [], None),
    ("GVHD1", "secondary", "Crohn's disease activity index", "physiological_clinical", "disease activity", ["CDAI"], "day 28", "point.points", [28.0], None),
]  # fmt: skip


def frames_of(trials=TRIALS, outcomes=OUTCOMES) -> Frames:
    rows, evidence, seen, positions = [], [], set(), {}
    for trial, role, measure, area, domain, instruments, text, rule, days, every in outcomes:
        position = positions[trial, role] = positions.get((trial, role), -1) + 1
        same = (trial, measure, text)
        rows.append(
            {"trial_id": trial, "role": role, "position": position, "measure": measure, "time_frame": text, "core_area": area,
             "domain": domain, "instruments": instruments, "horizon_days": max(days, default=None), "timepoints_days": days,
             "recurrence_days": every, "is_duplicate": same in seen}
        )  # fmt: skip
        seen.add(same)
        path = f"outcomes.{role}[{position}]"
        read = [("time_frame", text, f"{path}.time_frame", text, rule)] if rule else []
        for name in instruments:
            key = {"CDAI": "crohn_cdai"}.get(name, name.lower())
            read.append(("instruments", name, f"{path}.measure", measure, f"instruments.{key}"))
        evidence += [
            {"trial_id": trial, "frame": "endpoints", "record": f"test:{trial}"}
            | dict(zip(("column", "value", "field", "quote", "rule"), found, strict=True))
            for found in read
        ]
    about = [
        {"trial_id": trial, "condition_group": group, "public_title": f"Trial {trial}", "registers": ["ctgov"]}
        for trial, group in trials
    ]
    return make_frames(trials=about, endpoints=rows, evidence=evidence)


@pytest.fixture(scope="module")
def frames() -> Frames:
    return frames_of()


def rows_of(frame: pl.DataFrame, *columns: str) -> set[tuple]:
    return set(frame.select(columns).iter_rows())


def test_repeated_outcome_counts_once(frames):
    counts = endpoints.count_outcomes(frames)
    assert (len(frames.endpoints), counts["outcomes"], counts["duplicates"]) == (11, 10, 1)


def test_trial_counts_once_per_instrument_and_primary_wins(frames):
    assert rows_of(endpoints.count_instruments(frames), "instrument", "n", "primary", "secondary") == {
        ("SLEDAI", 3, 2, 1),  # LN1 names it as primary and secondary
        ("proteinuria", 2, 1, 1),
        ("CDAI (Crohn's Disease Activity Index)", 1, 0, 1),
    }


def test_scales_that_share_an_abbreviation_are_told_apart(frames):
    names = endpoints.instrument_names()
    assert names["crohn_cdai"] != names["ra_cdai"]
    assert names["sledai"] == "SLEDAI"


@pytest.mark.parametrize(
    ("measure", "unspecific"),
    [
        ("Efficacy", True),
        ("Preliminary efficacy evaluation", True),
        ("Safety profile", True),
        ("Safety of MSC treatment.", True),
        ("Safety: number of adverse events", False),
        ("Renal function", False),
        ("Clinical response", False),  # a response, though undefined, is not named safety or efficacy
    ],
)
def test_vague_measures(measure, unspecific):
    assert endpoints.is_unspecific(measure) is unspecific


def test_readings_in_words(frames):
    assert endpoints.list_outcomes(frames).select("trial_id", "reading").rows() == [
        ("GVHD1", "not stated"),
        ("GVHD1", "day 28"),
        ("LN1", "day 180"),
        ("LN1", "day 30, 360"),
        ("LN1", "day 180"),
        ("LN2", "up to day 730"),
        ("LN2", "day 168"),
        ("LN2", "every 30 days, no end"),
        ("SLE1", "no days read"),
        ("SLE1", "not stated"),
    ]


def test_few_trials_are_columns_and_those_that_share_nothing_stay_visible(frames):
    cells = endpoint_overlap.cross_instruments(frames)
    assert set(cells["trial_id"]) == {"LN1", "LN2", "SLE1", "GVHD1"}
    assert len(cells) == 4 * 3
    assert rows_of(cells.filter(pl.col("role").is_not_null()), "instrument", "trial_id", "role") >= {
        ("SLEDAI", "LN1", "Primary"),
        ("SLEDAI", "LN2", "Secondary"),
    }


def test_many_trials_are_counted_by_condition(frames, monkeypatch):
    monkeypatch.setattr(endpoint_overlap, "MOST_COLUMNS", 3)
    cells = endpoint_overlap.cross_instruments(frames).filter(pl.col("n") > 0)
    assert ("SLEDAI", "Lupus nephritis", 2, 2, 1) in rows_of(cells, "instrument", "condition", "trials", "n", "primary")


def test_pairs_of_trials(frames):
    pairs = endpoint_overlap.pair_trials(frames)
    assert pairs.row(0, named=True) | {"linked": None} == {
        "trial_a": "LN1", "trial_b": "LN2", "condition_a": "Lupus nephritis", "condition_b": "Lupus nephritis",
        "n": 2, "jaccard": 1.0, "shared": ["SLEDAI", "proteinuria"], "linked": None,
    }  # fmt: skip
    assert rows_of(pairs, "trial_a", "trial_b", "jaccard") == {
        ("LN1", "LN2", 1.0),
        ("LN1", "SLE1", 0.5),
        ("LN2", "SLE1", 0.5),
    }
    assert "50.0\u00a0% have no instrument in common" in endpoint_overlap.tell_pairs(frames)  # 3 of 6


def test_wordings_of_one_instrument_are_counted(frames):
    table = endpoint_overlap.list_definitions(frames)
    assert rows_of(table, "instrument", "wordings", "time_frames") >= {("proteinuria", 2, 2), ("SLEDAI", 2, 4)}


def test_windows_are_not_visits(frames):
    points = endpoint_times.list_time_points(frames)
    assert rows_of(points, "instrument", "kind", "day", "n") >= {
        ("proteinuria", "Window", 730.0, 1),
        ("proteinuria", "Day named", 180.0, 1),
        ("SLEDAI", "Day named", 168.0, 1),
    }
    assert ("proteinuria", "Day named", 730.0) not in rows_of(points, "instrument", "kind", "day")


def test_time_frame_without_a_day_is_counted_not_dropped(frames):
    assert ("SLEDAI", 3, 1) in rows_of(endpoint_times.count_untimed(frames), "instrument", "trials", "untimed")


def test_24_weeks_and_6_months_meet(frames):
    met = endpoint_times.find_meetings(frames)
    assert met.row(0)[:5] == ("SLEDAI", 3, "6 months", 2, ["168", "180"])
    assert "proteinuria" not in set(met["instrument"])  # a day and a window do not meet


def test_core_areas_count_a_trial_once(frames):
    counts = outcome_sets.count_core_areas(frames)
    assert rows_of(counts, "condition", "area", "n", "trials") >= {
        (outcome_sets.ALL, "Physiological or clinical", 4, 4),
        (outcome_sets.ALL, "Adverse events", 1, 4),
        ("Systemic lupus", "Life impact", 1, 1),
        ("Systemic lupus", "Death", 0, 1),
    }


def test_core_outcome_set_counts_agreed_instruments_apart_from_other_measures(frames):
    covered = outcome_sets.cover_sets(frames, "lupus")
    assert rows_of(covered, "trial_id", "domain", "measured") >= {
        ("SLE1", "Disease activity", "Met"),
        ("SLE1", "Quality of life", "Other measure"),  # measured, but with no instrument of the set
        ("LN1", "Quality of life", "Not found"),
    }
    assert set(covered["trial_id"]) == {"LN1", "LN2", "SLE1"}  # the set is not meant for GVHD
    assert "Graft-versus-host disease (1)" in outcome_sets.tell_sets(frames)


def test_unknown_core_outcome_set_says_which_are_near(frames):
    with pytest.raises(ValueError, match="'lupus_nefritis' is not a choice; did you mean 'lupus_nephritis'"):
        outcome_sets.choose_sets(frames, "lupus_nefritis")


@pytest.mark.parametrize("size", ["none", "one without instrument", "few", "bundled"])
def test_every_sentence_table_and_chart_holds_for_any_selection(size):
    given = {
        "none": lambda: frames_of([], []),
        "one without instrument": lambda: frames_of(TRIALS[3:], OUTCOMES[9:10]),
        "few": make_frames,
        "bundled": tk.load,
    }[size]()
    words = [
        endpoints.tell_coverage(given), endpoints.tell_instruments(given), endpoint_overlap.tell_pairs(given),
        endpoint_times.tell_times(given), outcome_sets.tell_core_areas(given), outcome_sets.tell_sets(given),
        endpoints.caption_primary(given),
    ]  # fmt: skip
    assert all(words)
    assert not re.search(
        r"\bNone\b|\bnan\b|[{}]|(?<!\d )(?<!of )\b1 (?:trials|outcomes|pairs|conditions)\b", " ".join(words)
    )
    endpoint_overlap.list_pairs(given), endpoint_overlap.list_definitions(given), endpoints.list_primary(given)
    endpoint_times.find_meetings(given), outcome_sets.list_sets(given), endpoints.headlines(given)
    covered = outcome_sets.cover_sets(given)
    drawn = [
        charts.plot_shared(endpoints.count_instruments(given, 25), len(endpoints.with_outcomes(given))),
        charts.plot_matrix(endpoint_overlap.cross_instruments(given)),
        charts.plot_time_points(endpoint_times.list_time_points(given), endpoint_times.count_untimed(given)),
        set_charts.plot_core_areas(outcome_sets.count_core_areas(given)),
        set_charts.plot_domains(outcome_sets.count_domains(covered)),
        set_charts.plot_trial_coverage(outcome_sets.rate_trials(covered)),
    ]
    for chart in drawn:
        assert chart.to_dict()["description"]


def test_too_many_trials_for_a_row_each_are_drawn_as_counts(monkeypatch):
    monkeypatch.setattr(set_charts, "MOST_ROWS", 2)
    rated = outcome_sets.rate_trials(outcome_sets.cover_sets(frames_of()))
    drawn = set_charts.plot_trial_coverage(rated).to_dict()
    assert "trial_id" not in str(drawn["encoding"])
