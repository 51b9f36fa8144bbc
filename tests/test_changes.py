"""Two states of the same trials: every difference is told, and nothing that one state cannot hold."""

import json

import pytest

from trialkit.assemble import build_frames
from trialkit.changes import compare_frames, count_compared
from trialkit.charts import changes as charts
from trialkit.summaries import changes as summaries
from trialkit.tables import table


def study(trial_id="NCT99000001", **modules):
    protocol = {"identificationModule": {"nctId": trial_id, "briefTitle": "Cells"}, **modules}
    return {"protocolSection": protocol}


def outcomes(primary=(), secondary=()):
    return {
        "outcomesModule": {
            f"{role}Outcomes": [{"measure": m, "timeFrame": t} for m, t in items]
            for role, items in (("primary", primary), ("secondary", secondary))
        }
    }


@pytest.fixture
def states(tmp_path):
    def build(*studies):
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        file.write_text(json.dumps(list(studies)))
        return build_frames([file])

    return build


def rows(before, after, kind=None):
    found = compare_frames(before, after).rows()
    return [row[1:] for row in found if kind in (None, row[1])]


def test_equal_states_have_no_change(states):
    one = study(**outcomes([("SLEDAI", "week 24")]), statusModule={"overallStatus": "RECRUITING"})
    assert rows(states(one), states(one)) == []


def test_new_and_gone_trials_are_told(states):
    before, after = states(study("NCT99000001")), states(study("NCT99000002"))
    assert {row[0] for row in rows(before, after)} == {"new", "gone"}
    assert count_compared(before, after)["both"] == 0


def test_planned_number_that_becomes_actual_is_a_change(states):
    before = states(study(designModule={"enrollmentInfo": {"count": 40, "type": "ESTIMATED"}}))
    after = states(study(designModule={"enrollmentInfo": {"count": 18, "type": "ACTUAL"}}))
    assert rows(before, after) == [("enrollment", "enrollment_count", "40 planned", "18 actual")]


def test_date_known_to_the_day_is_no_change_of_its_month(states):
    before = states(study(statusModule={"startDateStruct": {"date": "2031-05"}}))
    same = states(study(statusModule={"startDateStruct": {"date": "2031-05-11"}}))
    later = states(study(statusModule={"startDateStruct": {"date": "2031-06-01"}}))
    assert rows(before, same) == []
    assert rows(before, later) == [("date", "start_date", "2031-05", "2031-06-01")]


def test_outcome_that_moves_from_primary_to_secondary_is_a_switch(states):
    before = states(study(**outcomes([("SLEDAI score", "week 24")], [("Death", "week 52")])))
    after = states(study(**outcomes([("Death", "week 52")], [("SLEDAI score", "week 24")])))
    assert sorted(row[1] for row in rows(before, after, "outcome")) == ["primary to secondary", "secondary to primary"]
    assert summaries.tell_switches(summaries.list_changes(before, after)).startswith("Outcome switches in 1 trial")


def test_dropped_added_and_reworded_outcomes_are_told_apart(states):
    before = states(study(**outcomes([("Change in SLEDAI score", "week 24"), ("Hair colour", "week 1")])))
    after = states(study(**outcomes([("Change of SLEDAI score", "week 48"), ("Kidney biopsy", "week 9")])))
    assert sorted(row[1] for row in rows(before, after, "outcome")) == [
        "primary added",
        "primary dropped",
        "time frame",
        "wording",
    ]


def test_part_that_one_state_cannot_hold_is_no_change(states):
    before = states(study(**outcomes([("SLEDAI", "week 24")])))
    assert rows(before, states(study())) == []


def test_dose_that_moves_is_told(states):
    def treated(dose):
        items = [
            {"name": "Mesenchymal stem cells", "type": "BIOLOGICAL", "description": f"One infusion of {dose} cells/kg"}
        ]
        return study(armsInterventionsModule={"interventions": items})

    assert rows(states(treated("1x10^6")), states(treated("2x10^6")), "dose") == [
        ("dose", "dose", "1,000,000 per kg", "2,000,000 per kg")
    ]


def test_without_an_earlier_state_nothing_stayed_the_same(states):
    later = states(study())
    empty = summaries.list_changes(None, later)
    missing = summaries.tell_missing(None, later)
    told = [
        summaries.tell_compared(None, later),
        summaries.tell_changes(empty, missing),
        summaries.tell_switches(empty, missing),
    ]
    told += [charts.plot_kinds(summaries.count_changes(empty), missing).to_dict()["description"]]
    told += [charts.plot_enrollment(summaries.compare_enrollment(None, later), missing).to_dict()["description"]]
    assert set(told) == {summaries.NOTHING}
    assert {card["value"] for card in summaries.headlines(empty, None, later)} == {"–"}
    assert "earlier state" in table(summaries.table_changes(empty, ["status"]), "Then and now", empty=missing).html
    assert len(summaries.count_changes(empty)) == len(summaries.compare_enrollment(None, later)) == 0


def test_states_without_a_common_trial_are_not_compared(states):
    before, after = states(study()), states(study("NCT99000002"))
    assert summaries.tell_missing(before, after) == summaries.NONE_IN_BOTH
    assert summaries.tell_missing(before, after, both=False) == ""
    assert summaries.tell_missing(before, before) == ""
    assert "none stands in both" in summaries.tell_compared(before, after)


def test_changes_lead_to_the_trial_in_its_register(states):
    before, after = states(study()), states(study(statusModule={"overallStatus": "TERMINATED"}))
    rows = summaries.table_changes(summaries.list_changes(before, after), ["status"], before, after)
    assert rows["url"].to_list() == [after.trials["url"][0]]
    assert f'href="{after.trials["url"][0]}"' in table(rows, "Changes").html
