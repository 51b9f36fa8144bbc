"""A decision wins over the reading, says so everywhere, and never makes the rules look better than they are."""

import json
from collections import Counter
from dataclasses import replace

import polars as pl
import pytest

from trialkit.accuracy import accuracy_table, tell_accuracy
from trialkit.assemble import build_frames
from trialkit.corrections import read_corrections
from trialkit.curation import COLUMNS, Curation, CurationError, apply_curation, read_curation
from trialkit.curation_facts import curatable_facts
from trialkit.curation_rows import find_place, list_places, read_value
from trialkit.curation_values import parse_doses, parse_time
from trialkit.evaluate import as_read, read_gold
from trialkit.frames import DATA, SNAPSHOTS, load_frames
from trialkit.review import rows_of
from trialkit.schema import FRAMES
from trialkit.summaries.curation import curated_facts, curation_lines, list_curated, tell_curated
from trialkit.summaries.profile import profile_lines
from trialkit.summaries.profile_tables import list_glance, list_regimens, list_values

HEAD = ",".join(COLUMNS)
TRIAL = "NCT99000001"
STUDY = {
    "protocolSection": {
        "identificationModule": {"nctId": TRIAL, "briefTitle": "Adipose MSC for sore knees"},
        "descriptionModule": {"briefSummary": "30 patients will be enrolled. There are 20 patients per arm."},
        "designModule": {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": 40, "type": "ESTIMATED"}},
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Cells", "type": "EXPERIMENTAL", "interventionNames": ["Biological: MSC"],
                 "description": "Autologous adipose MSC, 1x10^6 cells/kg intravenously three times, 30 days apart"},
                {"label": "Saline", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Drug: Saline"]},
            ],
            "interventions": [{"type": "BIOLOGICAL", "name": "MSC"}, {"type": "DRUG", "name": "Saline"}],
        },
        "outcomesModule": {"primaryOutcomes": [{"measure": "Pain", "timeFrame": "at the last visit"}],
                           "secondaryOutcomes": [{"measure": "Gait in the WOMAC", "timeFrame": "12 months"}]},
    }
}  # fmt: skip


def one(fact, was, now, path="", about="", reason="the protocol, page 7"):
    return Curation(TRIAL, fact, path, about, was, now, reason)


@pytest.fixture
def build(tmp_path):
    """The frames of one invented study with these decisions."""

    def build(*decisions, study=STUDY):
        file = tmp_path / "study.json"
        file.write_text(json.dumps(study), encoding="utf-8")
        return build_frames([file], engine="serial", curation=list(decisions))

    return build


def value(frames, fact, path=""):
    rows = rows_of(frames)[TRIAL]
    return curatable_facts()[fact].show(
        read_value(curatable_facts()[fact], rows, find_place(curatable_facts()[fact], rows, path)[1])
    )


def status(frames, fact):
    return frames.fact_status.filter(fact=fact)["status"].item()


def test_curated_value_wins_in_every_frame_that_holds_it(build):
    frames = build(one("cell_source", "adipose", "umbilical_cord"), one("donor", "autologous", "allogeneic"))
    assert frames.trials["cell_source"].to_list() == [["umbilical_cord"]]
    assert frames.cell_products.select("cell_source", "donor").rows() == [("umbilical_cord", "allogeneic")]
    for name, schema in FRAMES.items():
        schema.validate(getattr(frames, name))


def test_curated_value_stands_first_among_the_evidence_with_its_reason(build):
    evidence = build(one("cell_source", "adipose", "amnion")).evidence
    [row] = evidence.filter(frame="trials", column="cell_source").to_dicts()
    assert (row["value"], row["rule"], row["record"]) == ("amnion", "curated", "curation")
    assert row["quote"] == "Curated: the protocol, page 7"
    replaced = evidence.filter(frame="curation", column="cell_source")
    assert set(replaced["value"]) == {"adipose"}
    assert replaced["quote"].str.to_lowercase().str.contains("adipose").all()


def test_decision_names_what_was_read_and_what_stands(build):
    [row] = build(one("dose", "1 million cells per kg", "2 million cells per kg")).curation.to_dicts()
    assert (row["decision"], row["state"], row["applied"]) == ("changed", "curated", True)
    assert (row["extracted"], row["value"]) == ("1 million cells per kg", "2 million cells per kg")


def test_dose_is_multiplied_anew_and_its_regimen_is_marked(build):
    frames = build(one("dose", "1 million cells per kg", "2 million cells per kg"))
    [row] = frames.regimens.to_dicts()
    assert (row["dose_low"], row["cumulative_high"], row["flags"]) == (2e6, 6e6, ["curated"])


def test_single_administration_has_no_interval(build):
    frames = build(one("n_administrations", "3", "1"))
    assert (value(frames, "n_administrations"), value(frames, "interval")) == ("1", "")


def test_several_doses_keep_the_schedule_they_share(build):
    frames = build(one("dose", "1 million cells per kg", "1 million cells per kg; 40 million cells"))
    told = frames.regimens.select("dose_high", "dose_basis", "n_administrations", "interval_days").rows()
    assert told == [(1e6, "per_kg", 3, [30.0]), (4e7, "total", 3, [30.0])]


def test_not_reported_empties_the_value_and_its_status(build):
    frames = build(one("route", "intravenous", ""), one("dose", "1 million cells per kg", ""))
    assert frames.trials["routes"].to_list() == [[]]
    assert frames.regimens.select("dose_basis", "n_administrations", "route").rows() == [(None, 3, None)]
    assert (status(frames, "route"), status(frames, "dose"), status(frames, "schedule")) == (
        "not_reported", "not_reported", "reported",
    )  # fmt: skip


def test_unread_cue_is_settled_by_a_value_or_by_saying_there_is_none(build):
    assert [status(build(), fact) for fact in ("arm_sizes", "time_frames")] == ["unparsed", "reported"]
    assert build().unread()["quote"].to_list() == ["20 patients per"]
    told = build(one("arm_size", "", "20", path="arms[0]", about="Cells"))
    assert (status(told, "arm_sizes"), len(told.unread())) == ("reported", 0)
    silent = [one("arm_size", "", "", path=f"arms[{n}]") for n in (0, 1)]
    assert status(build(silent[0]), "arm_sizes") == "unparsed"  # the other arm is still to decide
    assert status(build(*silent), "arm_sizes") == "not_reported"


def test_accepted_value_settles_a_contradiction_and_changes_nothing(build):
    assert status(build(), "enrollment") == "conflicting"
    frames = build(one("enrollment", "40 planned", "40 planned"))
    assert status(frames, "enrollment") == "reported"
    assert frames.trials.select("enrollment_count", "enrollment_type").rows() == [(40, "estimated")]
    assert frames.conflicts.equals(build().conflicts)  # both sides stay visible


def test_decision_about_an_outcome_stays_with_that_outcome(build):
    frames = build(one("instrument", "WOMAC", "VAS", path="outcomes.secondary[0]", about="Gait in the WOMAC"))
    assert frames.endpoints.select("role", "instruments").rows() == [("primary", []), ("secondary", ["VAS"])]


def test_reading_that_changed_since_asks_for_a_second_look(build, caplog):
    frames = build(one("donor", "", "both"))
    [row] = frames.curation.to_dicts()
    assert (row["state"], row["message"]) == ("to_check", "read as nothing when it was decided, as autologous now")
    assert frames.trials["donor"].to_list() == ["both"]  # the decision stands
    assert f"{TRIAL} donor: read as nothing when it was decided" in caplog.text
    assert "to check" in frames.evidence.filter(column="donor")["quote"][0]


def test_rules_that_learnt_to_read_it_ask_for_nothing(build):
    assert build(one("donor", "", "autologous")).curation["state"].to_list() == ["curated"]


@pytest.mark.parametrize(("path", "about"), [("outcomes.primary[3]", "Pain"), ("outcomes.primary[0]", "Blood count")])
def test_decision_on_an_outcome_that_is_gone_or_another_is_kept_and_not_applied(build, caplog, path, about):
    frames = build(one("instrument", "", "VAS", path=path, about=about))
    assert frames.endpoints["instruments"].to_list() == build().endpoints["instruments"].to_list()
    assert frames.curation.select("state", "applied", "value").rows() == [("to_check", False, "VAS")]
    assert "is not applied" in caplog.text


def test_decision_is_found_under_any_spelling_and_others_are_passed_over(build):
    spelt = one("donor", "autologous", "both")._replace(trial_id="nct 99000001")
    other = one("donor", "autologous", "both")._replace(trial_id="NCT99000002")
    assert build(spelt, other).curation["trial_id"].to_list() == [TRIAL]


def test_nothing_decided_changes_nothing():
    rows = {"trials": [{"trial_id": "X"}]}
    assert apply_curation(rows, []) == (rows, [])


def test_extraction_comes_back_whole_from_under_the_decisions(build):
    frames = build(
        one("cell_source", "adipose", "amnion"), one("dose", "1 million cells per kg", ""), one("n_administrations", "3", "2; 5"),
        one("time_frame", "day 360", "12 weeks", path="outcomes.secondary[0]"), one("enrollment", "40 planned", "30 actual"),
    )  # fmt: skip
    plain, back = build(), as_read(frames)
    for name in ("trials", "arms", "cell_products", "regimens", "endpoints", "fact_status"):
        assert getattr(back, name).equals(getattr(plain, name)), name


def test_frames_that_lost_the_extraction_are_not_scored(build):
    frames = build(one("donor", "autologous", "both"))
    with pytest.raises(ValueError, match="do not tell what its curated values replaced"):
        as_read(replace(frames, curation=frames.curation.with_columns(replaced=pl.lit(None, pl.String))))


def test_frames_built_before_anything_could_be_decided_are_read(build, tmp_path):
    folder = build().write(tmp_path / "frames")
    (folder / "curation.parquet").unlink()
    assert load_frames(folder).curation.is_empty()


# The file


def read(tmp_path, *lines, head=HEAD):
    file = tmp_path / "curation.csv"
    file.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return read_curation(file)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("NCT1,colour,,,,red,why,", "line 2, column fact: 'colour' cannot be curated; expected one of product_class"),
        ("NCT1,donor,,,,somebody,why,", "line 2, column now: 'somebody' is no donor"),
        ("NCT1,donor,,,,both,,", "line 2, column reason: is empty"),
        ("NCT1,dose,,,,2x10^6,why,", r"column now: no dose can be read in '2x10\^6'"),
        ("NCT1,dose,,,,3 to 2 million cells,why,", "begins with its higher end"),
        ("NCT1,dose,,,,2 cells per kg,why,", "fewer than 1000 cells"),
        ("NCT1,enrollment,,,40 planned,30,why,", "does not tell what it counts; expected '40 planned'"),
        ("NCT1,instrument,arms[0],,,VAS,why,", r"column path: 'arms\[0\]' does not fit instrument"),
        ("NCT1,interval,,,,soon,why,", "'soon' is no interval"),
        (",donor,,,,both,why,", "column trial_id: is empty"),
    ],
)
def test_unusable_line_is_named_with_what_was_expected(tmp_path, line, message):
    with pytest.raises(CurationError, match=message):
        read(tmp_path, line)


def test_every_unusable_line_is_told_at_once_and_a_second_decision_too(tmp_path):
    with pytest.raises(CurationError, match=r"(?s)line 2, .*line 3, .*line 5: NCT1 sex|line 5.*decided in line 4"):
        read(tmp_path, "NCT1,sex,,,,all,why,", "NCT1,donor,,,,x,why,", "NCT1,route,,,,topical,a,", "nct1,route,,,,,b,")


def test_file_without_its_columns_or_of_another_encoding_is_refused(tmp_path):
    with pytest.raises(CurationError, match="no column was, now"):
        read(tmp_path, head="trial_id,fact,path,about,reason,reviewer")
    (tmp_path / "latin.csv").write_bytes(f"{HEAD}\nNCT1,donor,,,,both,d\xe9j\xe0,\n".encode("cp1252"))
    with pytest.raises(CurationError, match="no CSV in UTF-8"):
        read_curation(tmp_path / "latin.csv")


def test_bundled_decisions_can_be_read():
    read_curation(DATA / "curation.csv")


def test_apostrophe_of_an_export_is_no_part_of_the_reason(tmp_path):
    assert read(tmp_path, "NCT1,donor,,,,both,'=page 7,")[0].reason == "=page 7"


# Values in words


def test_every_value_that_is_read_is_written_so_that_it_reads_back(bundled):
    counted = Counter()
    for rows in rows_of(bundled).values():
        for fact in curatable_facts().values():
            for _, _, place in list_places(fact, rows):
                found = read_value(fact, rows, place)
                assert fact.parse(fact.show(found)) == found, fact.show(found)
                counted[fact.key] += bool(fact.show(found))
    assert min(counted.values()) > 5
    assert counted.keys() == curatable_facts().keys()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("2x10^6 MSC/kg", "2 million cells per kg"),
        ("1-2 × 10^6 cells/kg", "1 million to 2 million cells per kg"),
        ("1 to 2 million cells", "1 million to 2 million cells"),
        ("up to 5 million cells per site", "up to 5 million cells per site"),
        ("500000 to 2000000 cells per kg", "0.5 million to 2 million cells per kg"),
    ],
)
def test_dose_is_taken_as_registers_write_it(typed, shown):
    assert curatable_facts()["dose"].show(parse_doses(typed)) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("12 months", "day 360"),
        ("baseline, 3 and 6 months", "days 0, 90, 180"),
        ("up to 2 years", "day 730"),
        ("until day 90; every 7 days", "until day 90; every 7 days"),
        ("every 30 days", "every 30 days"),
        ("day 0; no end; every 120 days; counted from first dose", "day 0; no end; every 120 days; counted from first dose"),
    ],
)  # fmt: skip
def test_time_frame_is_taken_as_registers_write_it(typed, shown):
    assert curatable_facts()["time_frame"].show(parse_time(typed)) == shown


def test_words_of_a_list_are_taken_by_key_label_or_abbreviation():
    tissues, tools = curatable_facts()["cell_source"], curatable_facts()["instrument"]
    assert tissues.parse("Umbilical cord; adipose") == ("umbilical_cord", "adipose")
    assert tools.parse("sledai, UPCR") == ("SLEDAI", "UPCR")
    with pytest.raises(ValueError, match="did you mean 'amnion'"):
        tissues.parse("amniom")


# What a reader sees


def test_curated_value_has_its_mark_in_tables_and_in_the_terminal(build):
    frames = build(one("cell_source", "adipose", "amnion"), one("dose", "1 million cells per kg", "40 million cells"))
    shown = {label: (said, words) for label, said, words in dict(profile_lines(frames, TRIAL))["At a glance"]}
    for label, said in (("Cell source", "Amnion"), ("Dose", "40 million cells")):
        assert shown[label][0].startswith(said)
        assert shown[label][1] == "Curated: the protocol, page 7"
    glance = list_glance(frames, list_regimens(frames)).filter(what="Cell source")
    assert glance["words"].to_list() == ["Curated: the protocol, page 7"]
    assert list_regimens(frames)["note"].to_list() == ["curated"]
    assert "curated" in list_values(frames).filter(value="Amnion")["read by"].to_list()


def test_decisions_are_listed_beside_the_readings(build):
    frames = build(one("donor", "", "both"), one("route", "intravenous", ""))
    told = list_curated(frames).select("what", "curated value", "read as", "state").rows()
    assert told == [("Donor", "both", "autologous", "To check"), ("Route", None, "intravenous", "Curated")]
    assert tell_curated(frames) == (
        "2 values of 1 trial were decided by a person: 1 changed and 1 decided as not reported. "
        "1 decision was made on another reading and wants a second look."
    )
    assert tell_curated(build()).startswith("No value here was decided")
    assert curated_facts(frames) == {"donor", "route"}
    assert curated_facts(build(one("interval", "30 days", "7 days"))) == {"schedule"}
    assert curation_lines(frames)[1][:2] == ("Route", "not reported (curated)")


# Accuracy


def test_curation_never_polishes_the_accuracy(bundled):
    """Every labelled value is decided as labelled, on the bundled trials: the scores stay those of the rules."""
    gold, read = read_gold(), as_read(bundled)
    plain = accuracy_table(replace(read, curation=read.curation.clear()), gold)
    decided = []
    for label in gold:
        rows = rows_of(read).get(label["trial_id"])
        for key in ("cell_source", "donor", "route") if rows else ():
            fact = curatable_facts()[key]
            was = fact.show(read_value(fact, rows, rows["trials"][0]))
            right = label[key] if key == "donor" else "; ".join(label[key])
            decided.append(
                Curation(label["trial_id"], key, "", "", was, right.replace("not_reported", ""), "the label")
            )
    known = read_corrections(DATA / "corrections.csv")
    curated = build_frames([SNAPSHOTS], base=DATA, corrections=known, curation=decided, meta=bundled.meta)
    changed = len(curated.curation.filter(pl.col("decision") != "accepted"))
    assert changed > 0
    told = f" {changed} values that a person curated are scored as they were read."
    assert accuracy_table(curated, gold) == plain + told
    assert tell_accuracy(curated).endswith(told)
