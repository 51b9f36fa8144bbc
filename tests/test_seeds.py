"""Five saved trial pages, read by a person first: what each states, and what it does not.

The pages are bundled with re-worded prose; where the originals lie beside the checkout, they are held to the same.
"""

import polars as pl
import pytest
from conftest import SHARED

from trialkit.assemble import build_frames
from trialkit.frames import SNAPSHOTS

BUNDLED = [SNAPSHOTS / "medpath", SNAPSHOTS / "veeva"]
ORIGINALS = SHARED / "seeds"
NEPHRITIS, CORD, AUTOLOGOUS, SCLEROSIS, LUNG = (
    "NCT04318600", "NCT01741857", "CTRI/2015/04/005716", "NCT00962923", "NCT06574581",
)  # fmt: skip

# trial: tissue, donor, routes, enrolment, dose (cells, basis), administrations, interval in days
READING = {
    AUTOLOGOUS: ([], "autologous", [], 10, None, None, []),
    CORD: (["umbilical_cord"], "allogeneic", [], 40, None, None, []),
    NEPHRITIS: (["amnion"], "allogeneic", ["intravenous"], 16, (1e6, "per_kg"), 3, [30]),
    SCLEROSIS: ([], "allogeneic", [], 20, None, None, []),
    LUNG: (["adipose"], "not_reported", [], None, None, None, []),
}


@pytest.fixture(scope="module", params=["bundled", "originals"])
def pages(request):
    if request.param == "originals" and not ORIGINALS.is_dir():
        pytest.skip(f"no original pages in {ORIGINALS}")
    return build_frames(BUNDLED if request.param == "bundled" else [ORIGINALS])


def trial(pages, trial_id):
    return pages.trials.row(by_predicate=pl.col("trial_id") == trial_id, named=True)


def rows(table, trial_id, **wanted):
    found = table.filter(pl.col("trial_id") == trial_id)
    return [row for row in found.to_dicts() if all(str(row[k]) == v for k, v in wanted.items())]


def status(pages, trial_id):
    return {row["fact"]: row["status"] for row in rows(pages.fact_status, trial_id)}


def test_five_pages_are_five_trials(pages):
    assert set(pages.trials["trial_id"]) == set(READING)
    assert pages.ledger["outcome"].to_list() == ["parsed"] * 5


@pytest.mark.parametrize("trial_id", READING)
def test_page_is_read_as_a_person_reads_it(pages, trial_id):
    tissue, donor, routes, enrolment, dose, administrations, interval = READING[trial_id]
    row = trial(pages, trial_id)
    assert row["product_class"] == ["msc"]
    assert (row["cell_source"], row["donor"], row["routes"]) == (tissue, donor, routes)
    assert row["enrollment_count"] == enrolment
    regimens = rows(pages.regimens, trial_id)
    if dose is None:
        assert regimens == []
        return
    [regimen] = regimens
    assert (regimen["dose_low"], regimen["dose_high"], regimen["dose_basis"]) == (dose[0], dose[0], dose[1])
    assert (regimen["n_administrations"], regimen["interval_days"]) == (administrations, interval)


@pytest.mark.parametrize("trial_id", READING)
def test_what_a_page_does_not_state_is_not_reported(pages, trial_id):
    tissue, donor, routes, enrolment, dose, administrations, _ = READING[trial_id]
    told = status(pages, trial_id)
    silent = {
        "donor": donor == "not_reported", "route": not routes, "enrollment": enrolment is None, "dose": dose is None,
        "schedule": administrations is None,
    }  # fmt: skip
    assert {fact: told[fact] for fact in silent} == {
        fact: "not_reported" if missing else "reported" for fact, missing in silent.items()
    }
    assert (told["cell_source"] == "reported") == bool(tissue)


def test_one_of_five_has_a_dose_three_a_tissue_four_a_donor_an_enrolment_and_endpoints(pages):
    counts = dict(
        pages.fact_status.filter(status="reported").group_by("fact").len().cast({"fact": pl.String}).iter_rows()
    )
    assert [counts[f] for f in ("dose", "cell_source", "donor", "enrollment", "endpoints")] == [1, 3, 4, 4, 4]


def test_nephritis_dose_with_its_lost_superscript_is_quoted_as_printed(pages):
    [dose] = rows(pages.evidence, NEPHRITIS, frame="regimens", column="dose")
    assert "1×106/kg" in dose["quote"]
    [regimen] = rows(pages.regimens, NEPHRITIS)
    assert (regimen["cumulative_low"], regimen["cumulative_high"]) == (3e6, 3e6)
    assert regimen["route"] == "intravenous"


def test_nephritis_has_an_untreated_control_that_the_arm_table_leaves_out(pages):
    assert trial(pages, NEPHRITIS)["control_type"] == "no_treatment"
    assert [(arm["n"], arm["is_cell_arm"]) for arm in rows(pages.arms, NEPHRITIS)] == [(11, True), (5, False)]


def test_nephritis_endpoints_are_all_at_sixty_weeks(pages):
    primary, *secondary = rows(pages.endpoints, NEPHRITIS)
    assert (primary["measure"], primary["core_area"]) == ("Incidence of Adverse Events", "adverse_events")
    assert [e["instruments"] for e in secondary] == [["proteinuria"], ["eGFR"], ["SLEDAI"]]
    assert {e["horizon_days"] for e in (primary, *secondary)} == {420}


def test_cord_page_has_one_group_no_control_and_no_endpoints(pages):
    row = trial(pages, CORD)
    assert (row["enrollment_type"], row["control_type"], row["masking"]) == ("estimated", "none", "none")
    assert row["phases"] == ["phase1", "phase2"]
    assert rows(pages.endpoints, CORD) == []
    assert status(pages, CORD)["endpoints"] == "not_reported"


def test_doses_of_other_drugs_on_the_cord_page_are_no_cell_dose(pages):
    assert rows(pages.regimens, CORD) == []  # prednisone 20 mg/day, cyclophosphamide 0.4 ~ 0.6 / m2, mycophenolate 2 g


def test_cord_page_contradicts_itself_about_ages(pages):
    row = trial(pages, CORD)
    assert (row["minimum_age_years"], row["maximum_age_years"]) == (15, 60)
    [conflict] = rows(pages.conflicts, CORD, column="age")
    assert conflict["message"] == "The age fields say 15 to 60, the text says 15 to 70."


def test_autologous_trial_repeats_its_five_primary_endpoints(pages):
    primary = rows(pages.endpoints, AUTOLOGOUS, role="primary")
    secondary = rows(pages.endpoints, AUTOLOGOUS, role="secondary")
    assert [e["instruments"] for e in primary] == [["SLEDAI"], ["BILAG"], [], [], []]
    assert [e["horizon_days"] for e in primary] == [180, 180, 180, 180, 90]
    assert primary[4]["timepoints_days"] == [30, 90]
    assert [e["is_duplicate"] for e in primary] == [False] * 5
    assert [e["measure"] for e in secondary] == [e["measure"] for e in primary]
    assert [e["is_duplicate"] for e in secondary] == [True] * 5
    assert trial(pages, AUTOLOGOUS)["enrollment_type"] == "estimated"  # "Target Recruitment"


def test_anaesthesia_among_the_exclusions_is_no_tissue(pages):
    assert trial(pages, AUTOLOGOUS)["cell_source"] == []  # a hint at a harvest is not a report


def test_sclerosis_endpoints_recur_without_an_end(pages):
    primary, organs, serology, cells = rows(pages.endpoints, SCLEROSIS)
    assert (primary["instruments"], primary["recurrence_days"]) == (["mRSS", "SF-36"], 30)
    assert {"VC", "DLCO", "PAP", "proteinuria"} <= set(organs["instruments"])
    assert {"ANA", "anti-dsDNA", "C3", "C4"} <= set(serology["instruments"])
    assert [e["recurrence_days"] for e in (organs, serology, cells)] == [90, 90, 90]
    assert [e["horizon_days"] for e in (primary, organs, serology, cells)] == [None] * 4


def test_sclerosis_page_names_no_tissue_at_all(pages):
    assert status(pages, SCLEROSIS)["cell_source"] == "not_reported"


def test_lung_endpoints_run_from_the_first_to_48_weeks_after_the_last_infusion(pages):
    primary, secondary = rows(pages.endpoints, LUNG)
    assert (primary["measure"], secondary["measure"]) == ("Safety profile", "Efficacy profile")
    assert [(e["horizon_days"], e["anchor"]) for e in (primary, secondary)] == [(336, "last_dose")] * 2
    assert primary["instruments"] == secondary["instruments"] == []


def test_steroid_dose_on_the_lung_page_is_no_cell_dose(pages):
    assert rows(pages.regimens, LUNG) == []  # above 0.8 mg/kg/day


def test_only_sledai_and_urine_protein_are_shared_by_two_trials(pages):
    named = pages.endpoints.explode("instruments", empty_as_null=False, keep_nulls=False)
    shared = named.group_by("instruments").agg(pl.col("trial_id").unique()).filter(pl.col("trial_id").list.len() > 1)
    assert {row["instruments"]: set(row["trial_id"]) for row in shared.to_dicts()} == {
        "SLEDAI": {AUTOLOGOUS, NEPHRITIS}, "proteinuria": {NEPHRITIS, SCLEROSIS},
    }  # fmt: skip
