"""Files to frames: every record accounted for, every value at its words, the same result on any engine and any day."""

import json
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import trialkit.snapshots
from trialkit.assemble import LedgerError, build_frames, check_ledger
from trialkit.fingerprints import EXTRACTION, RULES, fingerprint
from trialkit.frames import DATA, PACKAGE, SNAPSHOTS, Frames, load_frames
from trialkit.registries.files import Rejected, read_inputs
from trialkit.schema import FRAMES, data_dictionary
from trialkit.snapshots import describe_sources, load


def study(trial_id="NCT99000001", description="", **design):
    """A small study in the shape of the register's API, in words of our own."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": trial_id, "briefTitle": "Umbilical cord MSC for lupus nephritis"},
            "statusModule": {"overallStatus": "RECRUITING", "startDateStruct": {"date": "2031-02"}},
            "descriptionModule": {"briefSummary": "Do the cells help the kidneys?", "detailedDescription": description},
            "conditionsModule": {"conditions": ["Lupus Nephritis"]},
            "designModule": {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": 24, "type": "ESTIMATED"}}
            | design,
            "armsInterventionsModule": {
                "armGroups": [
                    {"label": "Cells", "type": "EXPERIMENTAL", "interventionNames": ["Biological: Cord MSC"],
                     "description": "Allogeneic umbilical cord MSC, 2x10^6 cells/kg intravenously on day 0 and day 14"},
                    {"label": "Placebo", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Drug: Saline"]},
                ],
                "interventions": [{"type": "BIOLOGICAL", "name": "Cord MSC"}, {"type": "DRUG", "name": "Saline"}],
            },
            "outcomesModule": {"primaryOutcomes": [{"measure": "Change in SLEDAI score", "timeFrame": "week 24"}]},
            "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n\n* SLEDAI ≥ 8", "minimumAge": "18 Years"},
        }
    }  # fmt: skip


def write(path, *studies):
    path.write_text("\n".join(json.dumps(s) for s in studies), encoding="utf-8")
    return path


def same(one: Frames, other: Frames) -> None:
    for (name, left), (_, right) in zip(one.items(), other.items(), strict=True):
        assert left.equals(right), f"{name} differs"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    write(folder / "studies.jsonl", study("NCT99000001"), study("NCT99000002"), study("NCT99000001"))
    (folder / "letter.txt").write_text("Dear colleague")
    return build_frames([folder], meta={"fingerprint": "abc"})


def test_study_becomes_rows_of_every_frame(built):
    trial = built.trials.row(by_predicate=pl.col("trial_id") == "NCT99000001", named=True)
    assert trial["condition_group"] == "lupus_nephritis"
    assert trial["cell_source"] == ["umbilical_cord"]
    assert trial["donor"] == "allogeneic"
    assert trial["routes"] == ["intravenous"]
    assert trial["control_type"] == "placebo"
    assert (trial["start_date"], trial["start_date_precision"]) == (date(2031, 2, 1), "month")
    assert (trial["enrollment_count"], trial["enrollment_type"]) == (24, "estimated")
    [regimen] = built.regimens.filter(pl.col("trial_id") == "NCT99000001").to_dicts()
    assert (regimen["dose_low"], regimen["dose_basis"], regimen["n_administrations"]) == (2e6, "per_kg", 2)
    [endpoint] = built.endpoints.filter(pl.col("trial_id") == "NCT99000001").to_dicts()
    assert (endpoint["instruments"], endpoint["horizon_days"]) == (["SLEDAI"], 168)
    assert built.arms.filter(pl.col("trial_id") == "NCT99000001")["is_cell_arm"].to_list() == [True, False]


def test_ledger_holds_every_input_once_with_its_fate(built):
    fates = {(row["position"], row["outcome"]) for row in built.ledger.to_dicts()}
    assert fates == {(0, "parsed"), (1, "parsed"), (2, "duplicate"), (0, "rejected")}
    assert len(built.ledger) == 4
    reasons = dict(built.ledger.select(pl.col("outcome").cast(pl.String), "reason").iter_rows())
    assert "NCT99000001" in reasons["duplicate"]
    assert "Dear colleague" in reasons["rejected"]
    assert reasons["parsed"] is None


def test_unbalanced_ledger_is_an_error(built):
    check_ledger(built.ledger, received=4)
    with pytest.raises(LedgerError, match="5 records received, 4 accounted for"):
        check_ledger(built.ledger, received=5)


def test_unreadable_value_never_stops_the_build(tmp_path):
    odd = study(
        "NCT99000003", "Dose of 999999999999999999999999 x 10^99 cells/kg; \x00 ５×１０６/kg; aged 5-", phases=[]
    )
    odd["protocolSection"]["statusModule"]["startDateStruct"] = {"date": "2031-02-30"}
    frames = build_frames([write(tmp_path / "odd.jsonl", odd)])
    assert frames.trials["trial_id"].to_list() == ["NCT99000003"]
    assert frames.trials["start_date"].to_list() == [None]


def test_nothing_to_read_gives_empty_frames(tmp_path):
    frames = build_frames([tmp_path])
    assert [len(f) for name, f in frames.items() if name != "ledger"] == [0] * 12
    assert frames.ledger["outcome"].to_list() == ["rejected"]
    assert set(frames.to_pandas()) == set(FRAMES)


@pytest.mark.parametrize("name", FRAMES)
def test_bundled_frame_keeps_its_contract(bundled, name):
    FRAMES[name].validate(getattr(bundled, name))
    keys = data_dictionary().filter(frame=name, key=True)["column"].to_list()
    assert not keys or not getattr(bundled, name).select(keys).is_duplicated().any()


def test_every_bundled_record_is_accounted_for(bundled):
    told = sum(source["records"] for source in describe_sources())
    assert len(bundled.ledger) == told
    assert bundled.ledger.filter(pl.col("outcome") == "rejected").is_empty()
    assert len(bundled.trials) == bundled.ledger.filter(pl.col("outcome") == "parsed").height


def test_every_trial_has_a_status_for_every_fact(bundled):
    facts = bundled.fact_status.group_by("trial_id").agg(pl.col("fact").n_unique())
    assert set(facts["trial_id"]) == set(bundled.trials["trial_id"])
    assert facts["fact"].unique().to_list() == [bundled.fact_status["fact"].n_unique()]


def test_evidence_points_at_its_quote(bundled):
    found = [r for r in read_inputs([SNAPSHOTS]) if not isinstance(r, Rejected)]
    records = {r.record_id: r for r in found} | {
        f"{r.record_id} ({Path(r.source_file).relative_to(DATA)}, position {r.position})": r for r in found
    }
    pointed = bundled.evidence.filter(pl.col("start").is_not_null())
    assert len(pointed) > 1000
    wrong = [
        f"{row['record']} {row['field']}[{row['start']}:{row['end']}] is not {row['quote']!r}"
        for row in pointed.iter_rows(named=True)
        if text_at(records[row["record"]], row["field"])[row["start"] : row["end"]] != row["quote"]
    ]
    assert wrong == []
    assert pointed.filter((pl.col("end") <= pl.col("start")) | (pl.col("quote") == "")).is_empty()


def text_at(record, path: str) -> str:
    """`arms[0].label` of a record; `outcomes.primary[2].measure` counts within its role."""
    if found := re.fullmatch(r"outcomes\.(\w+)\[(\d+)\]\.(\w+)", path):
        role, position, part = found.groups()
        outcome = next(o for o in record.outcomes if (o.role, o.position) == (role, int(position)))
        return getattr(outcome, part)
    value = record
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        value = getattr(value, name)
        value = value[int(index)] if index else value
    return value


def test_every_dose_has_words_behind_it(bundled):
    dosed = bundled.regimens.filter(pl.col("dose_basis").is_not_null())["trial_id"].unique()
    quoted = bundled.evidence.filter((pl.col("frame") == "regimens") & (pl.col("column") == "dose"))["trial_id"]
    assert set(dosed) - set(quoted) == set()


def test_written_frames_read_back_the_same(built, tmp_path):
    assert built.write(tmp_path / "a" / "frames") == tmp_path / "a" / "frames"
    back = load(tmp_path / "a" / "frames")
    same(built, back)
    assert back.meta == built.meta
    built.write(tmp_path / "a" / "frames")  # over itself
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["frames"]  # nothing left behind


def test_folder_with_other_things_is_not_written_over(built, tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"thesis\.docx"):
        built.write(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


def test_folder_without_frames_says_what_is_missing(built, tmp_path):
    built.write(tmp_path / "frames")
    (tmp_path / "frames" / "arms.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="holds no arms; expected the output folder of `trialkit build`"):
        load_frames(tmp_path / "frames")


def test_frames_of_another_version_are_named(built, tmp_path):
    folder = built.write(tmp_path / "old")
    trials = pl.read_parquet(folder / "trials.parquet").drop("from_product_dictionary")
    trials.write_parquet(folder / "trials.parquet")
    with pytest.raises(ValueError, match="no column from_product_dictionary: another version of trialkit wrote it"):
        load_frames(folder)


def test_pandas_has_every_frame_with_lists_and_missing(built):
    frames = built.to_pandas()
    assert list(frames) == list(FRAMES)
    assert {name: len(f) for name, f in frames.items()} == {name: len(f) for name, f in built.items()}
    assert list(frames["trials"]["cell_source"].iloc[0]) == ["umbilical_cord"]
    assert frames["trials"]["acronym"].isna().all()


def test_selection_keeps_the_account_of_the_build(built):
    chosen = built.select(["NCT99000002"])
    assert chosen.trials["trial_id"].to_list() == ["NCT99000002"]
    assert set(chosen.evidence["trial_id"]) == {"NCT99000002"}
    assert len(chosen.ledger) == len(built.ledger)


def test_engines_and_order_of_workers_do_not_change_the_result(bundled):
    serial = build_frames([SNAPSHOTS], engine="serial")
    same(serial, build_frames([SNAPSHOTS], engine="processes", workers=2))
    same(build_frames([SNAPSHOTS], engine="serial", base=DATA), bundled)


def test_unknown_engine_is_refused(tmp_path):
    with pytest.raises(ValueError, match="engine 'spark' is not one of"):
        build_frames([write(tmp_path / "a.json", study())], engine="spark")


def test_progress_ends_at_the_total(tmp_path):
    seen = []
    build_frames([write(tmp_path / "a.jsonl", *(study(f"NCT990000{n:02}") for n in range(12)))], progress=lambda *p: seen.append(p))  # fmt: skip
    assert seen[-1] == (12, 12)


def test_fingerprint_changes_with_content_and_name_only(tmp_path):
    one = write(tmp_path / "a.json", study())
    before = fingerprint([tmp_path])
    one.touch()
    assert fingerprint([tmp_path]) == before
    one.rename(tmp_path / "b.json")
    renamed = fingerprint([tmp_path])
    write(tmp_path / "b.json", study("NCT99000009"))
    assert len({before, renamed, fingerprint([tmp_path])}) == 3


@pytest.fixture
def own_snapshots(tmp_path, monkeypatch):
    """A data folder of our own in place of the bundled one."""
    folder = tmp_path / "data" / "snapshots" / "ctgov" / "2031-01-01"
    folder.mkdir(parents=True)
    write(folder / "studies.jsonl", study())
    monkeypatch.setattr(trialkit.snapshots, "DATA", tmp_path / "data")
    monkeypatch.setattr(trialkit.snapshots, "SNAPSHOTS", tmp_path / "data" / "snapshots")
    return folder


def test_bundled_frames_are_built_once_and_again_when_the_data_change(own_snapshots, monkeypatch):
    first = load()
    monkeypatch.setattr("trialkit.assemble.build_frames", lambda *a, **k: pytest.fail("built again"))
    again = load()
    same(first, again)
    assert again.meta == first.meta
    monkeypatch.undo()
    monkeypatch.setattr(trialkit.snapshots, "DATA", own_snapshots.parents[2])
    monkeypatch.setattr(trialkit.snapshots, "SNAPSHOTS", own_snapshots.parents[1])
    write(own_snapshots / "studies.jsonl", study(), study("NCT99000002"))
    assert len(load().trials) == 2


def test_frames_load_where_nothing_can_be_written(own_snapshots, monkeypatch):
    monkeypatch.setattr(Frames, "write", lambda *a: (_ for _ in ()).throw(PermissionError("read-only")))
    assert len(load().trials) == 1


def test_damaged_cache_is_built_anew(own_snapshots):
    load()
    for file in (own_snapshots.parents[2] / "frames").glob("trials.parquet"):
        file.write_bytes(b"half a file")
    assert len(load().trials) == 1


def test_large_real_export_is_read_whole(corpus):
    frames = build_frames([corpus / "derived_v2_msc"])
    counts = dict(frames.ledger.select(pl.col("outcome").cast(pl.String))["outcome"].value_counts().iter_rows())
    assert counts == {"parsed": 1535, "duplicate": 1}
    for name, frame in frames.items():
        FRAMES[name].validate(frame)


def test_every_room_whose_rules_decide_a_reading_is_watched():
    assert [part for part in (*RULES, *EXTRACTION) if not (PACKAGE / part).exists()] == []
