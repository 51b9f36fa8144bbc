"""What is counted as reported, as a contradiction, as registered late or as stale."""

from datetime import date

import polars as pl
import pytest
from making import make_frames

import trialkit as tk
from trialkit.charts import consistency as checks
from trialkit.charts import reporting as charts
from trialkit.frames import Frames
from trialkit.schema import FACTS
from trialkit.summaries import consistency, records, reporting, reporting_years


def trial(trial_id: str, **values) -> dict:
    plain = {"control_type": "none", "overall_status": "completed", "condition_group": "lupus_nephritis"}
    return {"trial_id": trial_id, **plain, **values}


def frames(trials: list[dict], statuses: dict[tuple[str, str], str] | None = None, **others: list[dict]) -> Frames:
    """Frames of hand-made trials in which every fact is not reported unless `statuses` says otherwise."""
    status = [
        {"trial_id": t["trial_id"], "fact": fact, "status": (statuses or {}).get((t["trial_id"], fact), "not_reported")}
        for t in trials
        for fact in FACTS
    ]
    return make_frames(trials=trials, fact_status=status, **others)


def test_a_contradicted_dose_is_stated_but_an_unread_cue_is_not():
    three = frames(
        [trial("A"), trial("B"), trial("C")],
        {("A", "dose"): "conflicting", ("B", "dose"): "unparsed", ("C", "dose"): "reported"},
    )
    dose = reporting.count_by_condition(three).filter(pl.col("fact") == "dose").row(0, named=True)
    assert (dose["n"], dose["total"]) == (2, 3)
    assert reporting.list_unread(three).select("trial_id", "fact").rows() == [("B", "Dose")]


def test_conditions_beyond_the_largest_share_one_row_and_no_trial_is_lost():
    groups = ["lupus_nephritis", "lupus_nephritis", "psoriasis", "gvhd"]
    counts = reporting.count_by_condition(
        frames([trial(f"T{n}", condition_group=g) for n, g in enumerate(groups)]), groups=1
    )
    sizes = dict(counts.select("condition", "total").unique().iter_rows())
    assert sizes == {"Lupus nephritis": 2, reporting.OTHER_GROUPS: 2}


def test_the_interval_of_a_year_is_the_wilson_interval():
    """8 of 10: 49.0 % to 94.3 % (Newcombe 1998 gives the formula)."""
    ten = [trial(f"T{n}", start_date=date(2015, 3, 1)) for n in range(10)]
    row = (
        reporting_years.share_by_year(frames(ten, {(f"T{n}", "dose"): "reported" for n in range(8)}))
        .filter(pl.col("fact") == "dose")
        .row(0, named=True)
    )
    assert (row["n"], row["total"], row["year"]) == (8, 10, 2015)
    assert (round(row["low"], 3), round(row["high"], 3)) == (0.490, 0.943)


def test_trials_without_a_start_date_are_told():
    words = reporting_years.tell_years(frames([trial("A", start_date=date(2015, 1, 1)), trial("B")]))
    assert "1 trial without a start date is not shown" in words


def test_an_item_that_is_not_read_is_not_counted_as_missing():
    one = frames([trial("A", donor="allogeneic", cell_source=["amnion"], routes=["intravenous"])],
                 {("A", f): "reported" for f in ("donor", "cell_source", "route")})  # fmt: skip
    status = dict(reporting.doses_items(one).select("item", "status").iter_rows())
    assert status == {
        "Donor": "Reported", "Origin tissue": "Reported", "Separation": "Not reported",
        "Characteristics": reporting.NOT_READ, "Site of delivery": "Reported",
    }  # fmt: skip
    assert reporting.count_doses(one).filter(pl.col("n") > 0).select("items", "n").rows() == [(3, 1)]


def test_an_uncultured_fraction_tells_its_separation():
    product = {
        "trial_id": "A",
        "position": 0,
        "donor": "autologous",
        "product_class": "svf",
        "separation": "stromal_vascular_fraction",
    }
    one = frames([trial("A", donor="autologous")], {("A", "donor"): "reported"}, cell_products=[product])
    assert reporting.doses_items(one).filter(pl.col("item") == "Separation")["value"].to_list() == [
        "Stromal vascular fraction"
    ]


def test_every_number_of_items_has_a_row_and_the_rows_add_up(bundled):
    counts = reporting.count_doses(bundled)
    assert counts["items"].unique().sort().to_list() == [0, 1, 2, 3, 4]
    assert counts["n"].sum() == len(bundled.trials)


@pytest.mark.parametrize(
    ("start", "precision", "posted", "timing"),
    [
        (date(2015, 3, 10), "day", date(2015, 3, 9), consistency.BEFORE),
        (date(2015, 3, 10), "day", date(2015, 3, 10), consistency.BEFORE),
        (date(2015, 3, 10), "day", date(2015, 3, 11), consistency.AFTER),
        (date(2015, 3, 1), "month", date(2015, 3, 20), consistency.UNSURE),
        (date(2015, 3, 1), "month", date(2015, 4, 1), consistency.AFTER),
    ],
)
def test_a_start_known_to_the_month_is_late_only_after_the_month(start, precision, posted, timing):
    one = frames(
        [
            trial(
                "A",
                start_date=start,
                start_date_precision=precision,
                first_posted_date=posted,
                first_posted_date_precision="day",
            )
        ]
    )
    assert consistency.registration_timing(one)["timing"].to_list() == [timing]


def test_stale_is_counted_to_the_newest_update_and_follow_up_is_not_stale():
    newest = trial("NEW", last_update_date=date(2022, 6, 30))
    old = {"primary_completion_date": date(2018, 6, 30), "primary_completion_date_precision": "day"}
    rows = [newest, trial("OPEN", overall_status="recruiting", **old), trial("FOLLOW", overall_status="active_not_recruiting", **old),
            trial("FRESH", overall_status="recruiting", primary_completion_date=date(2022, 1, 1))]  # fmt: skip
    stale = consistency.find_stale(frames(rows))
    assert [(i, round(y, 1)) for i, y in stale.select("trial_id", "years_past").iter_rows()] == [("OPEN", 4.0)]
    assert not len(consistency.find_stale(frames(rows[1:])))  # no update date anywhere: no answer


def test_both_sides_of_a_contradiction_are_shown():
    conflict = {"trial_id": "A", "kind": "text_vs_field", "column": "n", "left": "20", "right": "16", "left_evidence": "enrolment 20", "right_evidence": "11 + 5", "message": "…"}  # fmt: skip
    row = consistency.list_conflicts(frames([trial("A")], conflicts=[conflict])).row(0, named=True)
    assert (row["one side"], row["other side"]) == ("enrolment 20", "16 (11 + 5)")


def test_contradiction_between_sources_is_named_as_such():
    conflict = {"trial_id": "A", "kind": "between_sources", "column": "enrollment_count", "left": "20", "right": "16", "left_evidence": "", "right_evidence": "", "message": "…"}  # fmt: skip
    counted = consistency.count_conflicts(frames([trial("A")], conflicts=[conflict]))
    assert counted.rows() == [("Enrollment count: sources differ", "Between sources", 1)]


def test_late_registration_is_counted_apart_from_contradictions():
    late = {"trial_id": "A", "kind": "within_text", "column": "first_posted_date", "left": "2015-01-01", "right": "2016-01-01", "left_evidence": "", "right_evidence": "", "message": "late"}  # fmt: skip
    words = consistency.tell_conflicts(frames([trial("A"), trial("B")], conflicts=[late]))
    assert words.startswith("No contradiction was found")
    assert "1 of 2 was registered more than three weeks after the start" in words


@pytest.mark.parametrize("wanted", [{"years": [1900]}, {"years": [2005]}, {"registers": ["veeva"]}, {}])
def test_every_sentence_and_chart_stands_for_none_one_and_many_trials(bundled, wanted):
    chosen = tk.choose(bundled, **wanted)
    for tell in (reporting.tell_facts, reporting_years.tell_years, reporting.tell_doses, consistency.tell_conflicts,
                 consistency.tell_timing, consistency.tell_stale,
                 records.tell_ledger, records.tell_links, records.tell_filled):  # fmt: skip
        assert "None" not in tell(chosen)
    for chart in (
        charts.plot_by_condition(reporting.count_by_condition(chosen)), charts.plot_by_year(reporting_years.share_by_year(chosen)),
        charts.plot_doses(reporting.doses_items(chosen)), charts.plot_doses_by_condition(reporting.count_doses_by_condition(chosen)),
        charts.plot_doses_scores(reporting.count_doses(chosen)), checks.plot_conflicts(consistency.count_conflicts(chosen)),
        checks.plot_timing(consistency.registration_timing(chosen)), checks.plot_stale(consistency.find_stale(chosen)),
    ):  # fmt: skip
        assert chart.to_dict()["description"].strip()
