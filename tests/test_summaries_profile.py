"""One trial, every value with its words: the page and the plain lines made from the same profile."""

import polars as pl
import pytest

import trialkit as tk
from trialkit.charts import profile as charts
from trialkit.summaries import peers, profile
from trialkit.summaries.trial_words import (
    describe_dose,
    describe_limit,
    describe_schedule,
    place_in_words,
    value_in_words,
)  # fmt: skip

SEEDS = ["NCT04318600", "NCT00962923", "NCT06574581", "CTRI/2015/04/005716", "NCT01741857"]


@pytest.fixture(scope="module")
def frames():
    return tk.load()


@pytest.mark.parametrize("written", ["NCT04318600", "nct04318600", " NCT 04318600 "])
def test_a_number_is_found_however_it_is_typed(frames, written):
    assert profile.find_trial(frames, written) == "NCT04318600"


def test_an_unknown_number_says_what_was_meant(frames):
    with pytest.raises(KeyError, match=r"no trial NCT04318601 among these \d+ trials. Did you mean NCT04318600"):
        profile.profile(frames, "NCT04318601")
    with pytest.raises(KeyError, match="Numbers look like"):
        profile.profile(frames, "")


def test_an_unknown_number_gives_a_page_and_no_traceback(frames):
    page = profile.open_profile(frames, "NCT04318601")
    assert "Did you mean NCT04318600" in profile.tell_trial(page)
    assert profile.headlines(page) == [{"label": "trial", "value": "not found"}]
    assert not any(
        len(t)
        for t in (page.glance, page.values, page.arms, page.regimens, page.outcomes, page.thresholds, page.conflicts)
    )
    assert charts.plot_timeline(peers.timeline(page)).to_dict()["description"]
    assert charts.plot_peer_sizes(peers.find_peers(frames, page)).to_dict()["description"]
    assert charts.plot_peer_doses(peers.find_peer_doses(frames, page)).to_dict()["description"]


def test_the_amnion_trial_at_a_glance(frames):
    page = profile.profile(frames, "NCT04318600")
    value = dict(page.glance.select("what", "value").iter_rows())
    assert value["Enrolment"] == "16 planned"
    assert (value["Cell source"], value["Donor"], value["Route"]) == ("Amnion", "Allogeneic", "Intravenous")
    assert (value["Dose"], value["Schedule"]) == ("1 million cells per kg", "3 administrations, every 30 days")
    words = dict(page.glance.select("what", "words").iter_rows())
    assert words["Dose"] == "1×106/kg cells"  # the lost superscript stays visible
    assert "Phase" in page.missing


def test_a_counted_timeline_starts_at_day_zero_and_says_that_it_is_counted(frames):
    rows = peers.timeline(profile.profile(frames, "NCT04318600"))
    assert rows["day"].to_list() == [0.0, 30.0, 60.0]
    assert rows["kind"].unique().to_list() == [peers.COUNTED]


def test_a_page_without_outcomes_says_so(frames):
    page = profile.profile(frames, "NCT01741857")
    assert not len(page.outcomes)
    assert profile.tell_outcomes(page).startswith("This record holds no outcome.")


def test_every_threshold_has_its_own_words(frames):
    """The quote of a limit is found by variable, value and turn: it must hold the number it stands for."""
    for trial_id in [*SEEDS, "NCT03186417", "NCT03171194"]:
        page = profile.profile(frames, trial_id)
        assert len(page.thresholds) == page.own.eligibility["variable"].count()
        quotes = page.own.evidence.filter(pl.col("frame") == "eligibility")["quote"].to_list()
        assert sorted(page.thresholds["words"].to_list()) == sorted(quotes)


@pytest.mark.parametrize("trial_id", SEEDS)
def test_lines_are_plain_words_and_hold_every_section_that_has_content(frames, trial_id):
    sections = dict(profile.profile_lines(frames, trial_id))
    page = profile.profile(frames, trial_id)
    assert len(sections["At a glance"]) == len(page.glance)
    assert len(sections.get("Outcomes", [])) == len(page.outcomes)
    assert all(
        isinstance(part, str) and part != "None" for lines in sections.values() for line in lines for part in line
    )
    assert all(value for lines in sections.values() for _label, value, _words in lines)


def test_the_sum_of_the_arms_is_checked_only_when_every_arm_states_a_size(frames):
    stated = frames.arms.group_by("trial_id").agg(
        pl.col("n").is_not_null().all().alias("all"), pl.len(), pl.col("n").sum()
    )
    whole = stated.filter(pl.col("all") & (pl.col("len") > 1))["trial_id"].to_list()
    assert whole  # the bundled data hold such trials
    for trial_id in whole:
        assert (
            "they agree" in (words := profile.tell_sizes(profile.profile(frames, trial_id)))
            or "they do not agree" in words
        )
    assert "none with a stated size" in profile.tell_sizes(
        profile.profile(frames, stated.filter(pl.col("n") == 0)["trial_id"].sort()[0])
    )


def test_peers_share_the_condition_and_this_trial_comes_last(frames):
    page = profile.profile(frames, "NCT04318600")
    rows = peers.find_peers(frames, page)
    assert rows["condition"].unique().to_list() == ["Lupus nephritis"]
    assert rows.filter("is_this")["trial_id"].to_list() == [rows["trial_id"][-1]] == ["NCT04318600"]


def test_a_trial_without_peers_says_so(frames):
    alone = frames.select(["NCT04318600"])
    page = profile.profile(alone, "NCT04318600")
    assert "nothing to compare with" in peers.tell_peers(alone, page)
    assert not len(peers.find_peers(alone, page))


@pytest.mark.parametrize(
    ("low", "high", "basis", "words"),
    [
        (1e6, 1e6, "per_kg", "1 million cells per kg"),
        (1e6, 2e6, "per_kg", "1 million to 2 million cells per kg"),
        (None, 2e8, "total", "up to 200 million cells"),
        (5e5, None, "per_ml", "at least 500,000 cells per mL"),
        (None, None, None, None),
    ],
)
def test_a_dose_in_words_keeps_its_basis_and_its_open_side(low, high, basis, words):
    assert describe_dose(low, high, basis) == words


def test_days_as_written_come_before_intervals():
    regimen = {"n_administrations": 3, "interval_days": [7.0, 14.0], "schedule_days": [0.0, 7.0, 21.0]}
    assert describe_schedule(regimen) == "3 administrations, on days 0, 7 and 21"
    assert describe_schedule(regimen | {"schedule_days": []}) == "3 administrations, with gaps of 7 and 14 days"
    assert describe_schedule({"n_administrations": None, "interval_days": [], "schedule_days": []}) is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"operator": "between", "low": 18.0, "high": 65.0, "unit": "years"}, "18 to 65 years"),
        ({"operator": ">", "low": 8.0, "high": None, "unit": None}, "> 8"),
        ({"operator": "<=", "low": None, "high": 1.5, "unit": "mg/dL"}, "<= 1.5 mg/dL"),
        ({"operator": "=", "low": None, "high": None, "unit": "grade A"}, "= grade A"),
    ],
)
def test_a_limit_in_words(row, words):
    assert describe_limit(row) == words


def test_places_and_values_are_told_in_words():
    assert place_in_words("outcomes.primary[0].measure") == "primary outcome 1, measure"
    assert place_in_words("interventions[1].other_names[0]") == "intervention 2, other names"
    assert place_in_words("detailed_description") == "detailed description"
    assert value_in_words("product_class", "msc") == "Mesenchymal stromal cells"
    assert value_in_words("dose", "1e+06 per_kg") == "1 million per kg"
