"""The words, counts and selections that all notebooks share."""

import polars as pl
import pytest

from trialkit import prose
from trialkit.assemble import build_frames
from trialkit.charts import cell_source as cell_charts
from trialkit.charts import enrollment as enrollment_charts
from trialkit.charts import overview as overview_charts
from trialkit.charts import status
from trialkit.charts.theme import describe
from trialkit.selection import choose
from trialkit.snapshots import load
from trialkit.summaries import cell_source, count_status, enrollment, label_trials, overview
from trialkit.tables import say, table


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (prose.plural(0, "trial"), "no trials"),
        (prose.plural(1, "trial"), "1 trial"),
        (prose.plural(12, "trial"), "12 trials"),
        (prose.share(3, 9), "3 of 9"),
        (prose.share(12, 40), "12 of 40 (30\u00a0%)"),
        (prose.share(0, 0), "0 of 0"),
        (prose.listing([]), "none"),
        (prose.listing(["a", "b", "c"]), "a, b and c"),
        (prose.count(1e6), "1 million"),
        (prose.count(2.86e6), "2.86 million"),
        (prose.count(150_000), "150,000"),
        (prose.span([7, 7]), "7"),
    ],
)
def test_numbers_in_words_are_right_for_none_one_and_many(made, expected):
    assert made == expected


def test_flow_accounts_for_every_record():
    flow = dict(overview.count_flow(choose(load(), conditions=["lupus_nephritis"])).select("step", "n").iter_rows())
    assert flow["Records received"] == flow["Not readable"] + flow["Second record of a trial"] + flow["Trials read"]
    assert flow["Trials read"] == flow["Outside the selection"] + flow["Trials shown"]


def test_every_trial_stands_once_in_the_map_and_once_in_the_matrix():
    frames = load()
    assert overview.count_gap_map(frames)["n"].sum() == len(frames.trials)
    assert cell_source.count_matrix(frames)["n"].sum() == len(frames.trials)
    for by in ("condition", "phase", "year"):
        assert cell_source.count_sources(frames, by)["n"].sum() == len(frames.trials)


def test_statuses_of_a_fact_add_up_to_the_trials():
    frames = load()
    sums = count_status(frames).group_by("fact").agg(pl.col("n").sum())
    assert set(sums["n"]) == {len(frames.trials)}


def test_a_trial_without_a_tissue_stands_under_not_reported():
    trials = label_trials(load())
    assert trials.filter(pl.col("trial_id") == "NCT00962923")["source"].item() == "Not reported"


def test_selection_by_label_family_and_missing_tissue():
    frames = load()
    assert set(choose(frames, conditions=["Lupus nephritis"]).trials["condition_group"]) == {"lupus_nephritis"}
    assert set(choose(frames, conditions=["rheumatic_autoimmune"]).trials["condition_family"]) == {
        "rheumatic_autoimmune"
    }
    silent = choose(frames, cell_sources=["not_reported"])
    assert silent.trials["cell_source"].list.len().max() == 0
    assert set(choose(frames, statuses=["recruiting"]).trials["overall_status"]) == {"recruiting"}
    years = choose(frames, years=[2010, 2012]).trials["start_date"].dt.year()
    assert (years.min(), years.max()) == (2010, 2012)


def test_selection_cuts_every_frame():
    chosen = choose(load(), conditions=["lupus_nephritis"])
    wanted = set(chosen.trials["trial_id"])
    for name, frame in chosen.items():
        if "trial_id" in frame.columns:
            assert set(frame["trial_id"]) <= wanted, name


def test_misspelt_choice_is_refused_with_a_suggestion():
    with pytest.raises(ValueError, match="did you mean 'umbilical_cord'"):
        choose(load(), cell_sources=["umbilical_cords"])


@pytest.fixture(params=["bundled", "nothing", "empty_build"])
def frames(request, tmp_path):
    if request.param == "empty_build":
        return build_frames([tmp_path])
    return load() if request.param == "bundled" else load().select([])


def test_every_chart_describes_itself_and_survives_nothing(frames):
    order = overview.order_conditions(frames)
    for chart in (
        status.plot_coverage(count_status(frames)),
        overview_charts.plot_gap_map(overview.count_gap_map(frames), order),
        enrollment_charts.plot_enrollment(label_trials(frames), order),
        enrollment_charts.plot_upper_bounds(enrollment.bound_curve(frames), enrollment.treated_sizes(frames)),
        cell_charts.plot_matrix(cell_source.count_matrix(frames)),
        cell_charts.plot_sources(cell_source.count_sources(frames, "condition"), "Tissue by condition", order),
        cell_charts.plot_years(cell_source.count_sources(frames, "year")),
    ):
        assert len(chart.to_dict()["description"]) > 15


def test_chart_without_a_description_is_refused():
    with pytest.raises(ValueError, match="description"):
        describe(status.plot_coverage(count_status(load())), " ")


def test_tables_escape_what_records_say():
    html = table(
        pl.DataFrame({"trial_id": ["X"], "title": ["<script>alert(1)</script>"], "url": ["javascript:alert(1)"]}),
        "A & B",
    ).html
    assert "<script>" not in html
    assert "javascript" not in html
    assert "A &amp; B" in html
    assert "&lt;b&gt;" in say("<b>").html


def test_empty_table_says_none():
    assert "none" in table(pl.DataFrame({"a": []}), "Trials").html


def test_one_word_is_a_list_of_one_and_a_number_is_no_word():
    assert set(choose(load(), conditions="lupus_nephritis").trials["condition_group"]) == {"lupus_nephritis"}
    with pytest.raises(ValueError, match="phases: 1 is no text"):
        choose(load(), phases=[1])
    with pytest.raises(ValueError, match="years: 'x' is no year"):
        choose(load(), years=["x"])
