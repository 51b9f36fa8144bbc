"""Builds into the folder of an earlier one: only what changed is read, and the frames are the same bytes as of a full build."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_frames import study, write
from typer.testing import CliRunner

import trialkit.extraction
from trialkit.assemble import build_frames
from trialkit.cli import app
from trialkit.extraction import Failed, extract, trial_key, unpack
from trialkit.extraction_store import ExtractionStore
from trialkit.fingerprints import EXTRACTION
from trialkit.frames import SNAPSHOTS, load_frames
from trialkit.linking import link_records
from trialkit.record import TrialRecord
from trialkit.registries.files import read_inputs
from trialkit.rows import read_with_sources
from trialkit.storage import KEPT, beside, locked

ROOT = Path(__file__).parents[1]


def run(*arguments, status=0):
    done = CliRunner().invoke(app, ["build", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == status, done.output
    return done.output


def files(folder) -> dict[str, bytes]:
    """Name -> bytes of every file a reader sees."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}


@pytest.fixture
def source(tmp_path):
    studies = [study(f"NCT9900000{n}", f"{n + 1} x 10^6 cells/kg") for n in range(5)]
    (tmp_path / "in").mkdir()
    return write(tmp_path / "in" / "studies.jsonl", *studies)


@pytest.fixture(scope="module")
def trials():
    """Every bundled trial, as extraction sees it."""
    linked = link_records(r for r in read_inputs([SNAPSHOTS]) if isinstance(r, TrialRecord))
    return [(record, linked.others[record.record_id]) for record in linked.kept]


def test_unchanged_inputs_are_not_read_again(source, tmp_path, monkeypatch):
    run(source.parent, "--out", tmp_path / "out")
    before = files(tmp_path / "out")
    monkeypatch.setattr("trialkit.assemble.build_frames", lambda *a, **k: pytest.fail("read again"))
    told = run(source.parent, "--out", tmp_path / "out")
    assert "Nothing has changed since the last build: 5 trials" in told
    assert files(tmp_path / "out") == before


def test_force_builds_and_takes_every_trial_from_the_last_build(source, tmp_path):
    run(source.parent, "--out", tmp_path / "out")
    before = files(tmp_path / "out")
    assert "5 of 5 trials taken from the last build" in run(source.parent, "--out", tmp_path / "out", "--force")
    assert files(tmp_path / "out") == before


def test_one_changed_record_is_the_only_one_read(source, tmp_path, monkeypatch):
    run(source.parent, "--out", tmp_path / "out")
    studies = [json.loads(line) for line in source.read_text().splitlines()]
    studies[2]["protocolSection"]["descriptionModule"]["briefSummary"] = "Other words."
    write(source, *studies)
    read = []
    monkeypatch.setattr(
        trialkit.extraction, "read_with_sources", lambda k, o: read.append(k.trial_id) or read_with_sources(k, o)
    )
    assert "4 of 5 trials taken from the last build" in run(source.parent, "--out", tmp_path / "out")
    assert read == ["NCT99000002"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda out: (out / "trials.parquet").write_bytes(b"half a file"),
        lambda out: (out / "arms.parquet").unlink(),
        lambda out: (out / KEPT / "build.json").write_text("{"),
        lambda out: shutil.rmtree(out / KEPT),
        lambda out: [p.write_bytes(p.read_bytes()[:-100]) for p in out.glob(f"{KEPT}/*/*.parquet")],
        lambda out: [p.write_bytes(p.read_bytes().replace(b"\x28\xb5\x2f\xfd", b"\0" * 4)) for p in out.glob(f"{KEPT}/*/*.parquet")],
    ],
    ids=["frame damaged", "frame gone", "state damaged", "nothing kept", "part cut off", "rows damaged"],
)  # fmt: skip
def test_what_was_damaged_is_made_again(source, tmp_path, spoil):
    run(source.parent, "--out", tmp_path / "out")
    before = files(tmp_path / "out")
    spoil(tmp_path / "out")
    told = run(source.parent, "--out", tmp_path / "out")
    if "Nothing has changed" in told:  # only what is kept was damaged, which nobody needed
        run(source.parent, "--out", tmp_path / "out", "--force")
    assert files(tmp_path / "out") == before


def test_other_options_other_rules_and_other_names_build_again(source, tmp_path, monkeypatch):
    run(source.parent, "--out", tmp_path / "out")
    decided = tmp_path / "curation.csv"
    decided.write_text("trial_id,fact,path,about,was,now,reason,reviewer\n")
    assert "taken from" in run(source.parent, "--out", tmp_path / "out", "--curation", decided)
    assert "taken from" in run(source, "--out", tmp_path / "out")
    assert "Nothing has changed" in run(source, "--out", tmp_path / "out")
    monkeypatch.setattr("trialkit.builds.rules_fingerprint", lambda: "other")
    assert "taken from" in run(source, "--out", tmp_path / "out")


def test_rows_of_other_rules_are_never_taken(source, tmp_path, monkeypatch):
    run(source.parent, "--out", tmp_path / "out")
    monkeypatch.setattr("trialkit.extraction_store.extraction_version", lambda: "other")
    assert "All trials were read anew" in run(source.parent, "--out", tmp_path / "out", "--force")
    assert len(list((tmp_path / "out" / KEPT).glob("*/"))) == 2  # going back costs nothing
    monkeypatch.setattr("trialkit.extraction_store.extraction_version", lambda: "third")
    run(source.parent, "--out", tmp_path / "out", "--force")
    assert {p.name for p in (tmp_path / "out" / KEPT).glob("*/")} == {"other", "third"}


def test_no_cache_takes_nothing_and_keeps_nothing(source, tmp_path):
    run(source.parent, "--out", tmp_path / "out")
    before = files(tmp_path / "out")
    assert "taken" not in run(source.parent, "--out", tmp_path / "out", "--no-cache")
    assert files(tmp_path / "out") == before
    assert not (tmp_path / "out" / KEPT).exists()


def test_many_small_parts_are_joined_and_rows_of_no_trial_left_out(source, tmp_path):
    sizes = []
    for n in range(25):
        write(source, *(study(f"NCT9900{n:04}") for n in range(n, n + 3)))
        run(source.parent, "--out", tmp_path / "out")
        parts = list((tmp_path / "out" / KEPT).glob("*/part-*.parquet"))
        assert len(parts) <= 20
        sizes.append(sum(len(pl.read_parquet(part)) for part in parts))
    assert max(sizes) <= 6


def test_second_build_into_a_folder_is_refused(source, tmp_path):
    with locked(tmp_path / "out"):
        assert "another build is writing into" in run(source.parent, "--out", tmp_path / "out", status=2)


def test_scheduler_with_another_engine_is_refused(source, tmp_path):
    told = run(source, "--out", tmp_path / "out", "--engine", "serial", "--scheduler", "tcp://host:8786", status=2)
    assert "--scheduler is for --engine dask, not for serial" in told


def test_build_that_reads_nothing_leaves_nothing(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear colleague")
    run(tmp_path / "letter.txt", "--out", tmp_path / "out", status=1)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_trial_that_cannot_be_read_costs_itself_and_is_tried_again(source, tmp_path, monkeypatch):
    def refuse(kept, others):
        if kept.trial_id == "NCT99000003":
            raise RecursionError("too deep")
        return read_with_sources(kept, others)

    monkeypatch.setattr(trialkit.extraction, "read_with_sources", refuse)
    run(source.parent, "--out", tmp_path / "out", status=3)
    frames = load_frames(tmp_path / "out")
    [row] = frames.ledger.filter(pl.col("outcome") == "rejected").to_dicts()
    assert row["reason"].startswith("ctgov:NCT99000003 cannot be read: RecursionError: too deep (")
    assert len(frames.trials) == 4
    monkeypatch.undo()
    assert "4 of 5 trials taken" in run(source.parent, "--out", tmp_path / "out")


def test_number_or_text_that_no_table_holds_costs_its_trial_only():
    huge = TrialRecord(register="test", trial_id="T-1", enrollment_count=10**30)
    broken = TrialRecord(register="test", trial_id="T-2", public_title="cells \ud800")
    for record in (huge, broken):
        assert isinstance(extract((record, [])), Failed)
        assert len(trial_key((record, []))) == 16


def test_packed_rows_come_back_as_they_were(trials):
    for trial in trials:
        plain = json.loads(json.dumps(read_with_sources(*trial), default=str))  # dates as words, tuples as lists
        assert unpack(extract(trial)) == plain


def test_key_changes_with_every_field_that_is_read(trials):
    record = next(record for record, others in trials if not others)
    key = trial_key((record, []))
    changed = {
        "register": "x",
        "trial_id": "x",
        "enrollment_count": 7,
        "arms": [],
        "printed": {"a": "b"},
        "complete": False,
    }
    for field in record.__struct_fields__:
        if field in ("source_file", "position", "source_date"):
            continue
        value = changed.get(field, [] if getattr(record, field) else "something else")
        assert trial_key((msgspec.structs.replace(record, **{field: value}), [])) != key, field
    assert trial_key((record, [record])) != key


def test_what_the_key_leaves_out_changes_no_row(trials):
    def moved(record, **more):
        return msgspec.structs.replace(
            record, **({"source_file": "elsewhere", "position": 99} if record.trial_id else {}), **more
        )

    for kept, others in trials:
        other = moved(kept, **({} if others else {"source_date": "1999-01-01"})), [moved(one) for one in others]
        assert trial_key(other) == trial_key((kept, others))
        assert read_with_sources(*other) == read_with_sources(kept, others)


def test_everything_that_extraction_imports_is_watched():
    code = "import sys; before = set(sys.modules); import trialkit.rows; print(*[m for m in sys.modules if m.startswith('trialkit.')])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    watched = {part.removesuffix(".py") for part in EXTRACTION}
    assert {name.split(".")[1] for name in told.stdout.split()} - watched == set()


# Random histories

EDITS = st.lists(
    st.tuples(st.sampled_from(["change", "add", "remove", "shuffle", "move", "copy"]), st.integers(0, 10**6)),
    min_size=1,
    max_size=4,
)


def edit(sources: dict[str, list[dict]], what: str, luck: random.Random) -> None:
    """One thing that happens to files between two builds."""
    name = luck.choice(sorted(sources))
    studies = sources[name]
    if what == "add" or not studies:
        studies.insert(
            luck.randint(0, len(studies)), study(f"NCT99{luck.randint(0, 40):06}", f"{luck.randint(1, 9)}x10^6/kg")
        )
    elif what == "change":
        one = luck.choice(studies)["protocolSection"]
        one["descriptionModule"]["detailedDescription"] = (
            f"Week {luck.randint(1, 99)}, {luck.randint(1, 9)} x 10^7 cells"
        )
    elif what == "remove":
        studies.pop(luck.randrange(len(studies)))
    elif what == "shuffle":
        luck.shuffle(studies)
    else:
        one = luck.choice(studies)
        if what == "move":
            studies.remove(one)
        target = sources[luck.choice(sorted(sources))]
        target.insert(luck.randint(0, len(target)), json.loads(json.dumps(one)))


@settings(max_examples=int(os.environ.get("TRIALKIT_EXAMPLES", "12")), deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(EDITS, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_incremental_build_is_a_full_build_byte_for_byte(tmp_path_factory, history, luck):
    place = tmp_path_factory.mktemp("history")
    (place / "in").mkdir()
    sources = {
        f"{name}.jsonl": [study(f"NCT99{n:06}") for n in range(first, first + 3)]
        for name, first in (("a", 0), ("b", 2))
    }

    def build(target, *options) -> None:
        for name, studies in sources.items():
            write(place / "in" / name, *studies)
        rejected = any(not studies for studies in sources.values())
        if any(sources.values()):
            run(place / "in", "--out", place / target, "--engine", "serial", *options, status=3 if rejected else 0)

    build("out")
    for edits in history:
        for what, seed in edits:
            edit(sources, what, random.Random(seed))
        build("out")
    build("full", "--no-cache")
    if any(sources.values()):
        assert files(place / "out") == files(place / "full")


# Builds that are killed


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_build_killed_at_any_moment_leaves_the_old_frames_or_the_new_ones(tmp_path):
    """TRIALKIT_KILLS says how often; the moments come from a seed and cover the time of a whole build."""
    (tmp_path / "in").mkdir()
    out, luck = tmp_path / "out", random.Random(7)

    def prepare(state: int) -> None:
        write(
            tmp_path / "in" / "s.jsonl",
            *(study(f"NCT99{n:06}", f"state {state}: {n + 1} x 10^6/kg") for n in range(60)),
        )

    def start() -> subprocess.Popen:
        words = [
            sys.executable,
            "-m",
            "trialkit",
            "build",
            tmp_path / "in",
            "--out",
            out,
            "--engine",
            "processes",
            "--workers",
            "2",
        ]
        return subprocess.Popen(
            words, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True
        )

    def whole() -> bytes:
        frames = load_frames(out)
        assert len(frames.trials) == 60
        return json.dumps(frames.meta, sort_keys=True).encode() + b"".join(
            v for k, v in files(out).items() if k != "unread.csv"
        )

    prepare(0)
    began = time.monotonic()
    assert start().wait() == 0
    took, killed = time.monotonic() - began, 0
    for state in range(1, 1 + int(os.environ.get("TRIALKIT_KILLS", "4"))):
        before = whole()
        prepare(state)
        build = start()
        time.sleep(luck.uniform(0, took))
        if build.poll() is None:
            os.killpg(build.pid, signal.SIGKILL) if luck.random() < 0.5 else build.kill()
            killed += 1
        build.wait()
        after = whole()
        assert start().wait() == 0  # at once, without a word about the one that died
        run(tmp_path / "in", "--out", tmp_path / "full", "--no-cache", "--engine", "serial")
        assert files(out) == files(tmp_path / "full")
        assert after in (before, whole())
    assert killed
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full", "in", "out"]


def test_build_that_was_killed_is_taken_up_where_it_was(source, tmp_path):
    with locked(tmp_path / "out") as folder:
        store = ExtractionStore(folder)
        build_frames([source.parent], kept=store)
        store.flush()  # ... and there it ended
    (beside(folder, "building") / "trials.parquet").write_bytes(b"half a file")
    assert "5 of 5 trials taken from the last build" in run(source.parent, "--out", tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "out"]
