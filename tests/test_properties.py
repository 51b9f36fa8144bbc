"""What holds of any text, file, order and place: facts and readers never fail, and what is written is what is read.

TRIALKIT_FUZZ=20 tries twenty times as many examples; `python tests/fuzz.py` tries millions.
"""

import os
import random
import subprocess
import sys
from pathlib import Path

import garbled
import msgspec
import polars as pl
import pytest
import wordings
from garbled_checks import FACTS, FAMILIES, Files, check_record
from hypothesis import given, settings
from hypothesis import strategies as st
from making import make_frames, read_frames

from trialkit.export import export_frames
from trialkit.facts.doses import find_doses
from trialkit.facts.schedules import read_schedule
from trialkit.facts.time_frames import find_time_frame
from trialkit.frames import load_frames
from trialkit.linking import link_records
from trialkit.record import TrialRecord
from trialkit.review import list_review
from trialkit.review_book import write_review
from trialkit.review_import import read_review

TIMES = int(os.environ.get("TRIALKIT_FUZZ", "1"))


def examples(number: int) -> settings:
    return settings(max_examples=number * TIMES, deadline=None, derandomize=True, database=None)


CHANCE = st.integers(0, 2**32).map(random.Random)
TEXTS = st.text(max_size=120) | CHANCE.map(garbled.text)


# Nothing fails


@pytest.mark.parametrize("name", FACTS)
@examples(60)
@given(TEXTS)
def test_a_fact_reads_any_text_and_points_at_its_words(name, text):
    FACTS[name](text)


@pytest.mark.parametrize(("name", "number"), [("records", 30), ("pages", 100), ("files", 60)])
def test_records_pages_and_files_are_read_whatever_was_done_to_them(name, number):
    @examples(number)
    @given(CHANCE)
    def check(chance):
        FAMILIES[name](chance)

    check()


@examples(100)
@given(st.binary(max_size=200), st.sampled_from(["", ".json", ".xml", ".csv", ".txt", ".zip"]))
def test_any_bytes_give_records_or_reasons(data, ending):
    Files().read(ending, data)


# What is written is read


def close(found, wanted):
    return found is wanted is None or found == pytest.approx(wanted, rel=1e-9)


@examples(300)
@given(wordings.doses() | wordings.ranges())
def test_a_dose_is_read_as_written(case):
    text, low, high, basis = case
    [dose] = find_doses(text)
    assert (close(dose.low, low), close(dose.high, high), dose.basis) == (True, True, basis)


@examples(200)
@given(wordings.schedules())
def test_a_schedule_is_read_as_written(case):
    text, number, gaps = case
    schedule = read_schedule(text)
    assert (schedule.n_administrations, schedule.interval_days) == (number, gaps)


@examples(200)
@given(wordings.time_frames())
def test_a_time_frame_is_read_as_written(case):
    text, horizon, points, recurrence = case
    read = find_time_frame(text)
    assert (read.horizon_days, read.timepoints_days, read.recurrence_days) == (horizon, points, recurrence)


# What is kept comes back


@examples(20)
@given(CHANCE)
def test_a_record_comes_back_from_json_and_messages(chance):
    record = chance.choice([garbled.record(chance), *garbled.records()])
    check_record(record)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=TrialRecord) == record


@pytest.fixture(scope="module")
def garbled_frames():
    """Frames of garbled records, without half pairs of surrogates, which no file can hold."""
    chance = random.Random(5)
    found = []
    while len(found) < 12:
        record = msgspec.structs.replace(garbled.record(chance), trial_id=f"NCT9900{len(found):04}")
        if "\\ud" not in repr(record):
            found.append(record)
    frames = read_frames(*found)
    assert {table.height > 0 for name, table in frames.items() if name in ("trials", "evidence", "endpoints")} == {True}
    return frames


def test_frames_come_back_from_their_folder(garbled_frames, tmp_path):
    again = load_frames(garbled_frames.write(tmp_path / "frames"))
    for name, table in garbled_frames.items():
        assert getattr(again, name).equals(table), name


@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_any_words_stand_in_an_exported_table(garbled_frames, tmp_path, format):
    out = tmp_path / ("tables.xlsx" if format == "xlsx" else "tables")
    for file in export_frames(garbled_frames, out, format):
        assert file.exists()
    if format == "csv":
        trials = pl.read_csv(next(out.rglob("trials.csv")), infer_schema=False)
        assert trials["trial_id"].to_list() == garbled_frames.trials["trial_id"].to_list()


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_a_review_table_comes_back_as_it_was_written(garbled_frames, tmp_path, suffix):
    table = list_review(garbled_frames).table
    assert table.height > 10
    lines = read_review(write_review(table, tmp_path / f"review{suffix}"))
    for column in ("trial_id", "fact", "path", "value"):
        assert [line.cells[column] for line in lines] == [_of_a_cell(text) for text in table[column]], column


def _of_a_cell(text):
    return (text or "").strip()


# The order of the input


@examples(4)
@given(CHANCE)
def test_linking_does_not_depend_on_the_order(chance):
    records = [*garbled.records(), *(made_up(chance, n) for n in range(20))]
    first = linked(records)
    chance.shuffle(records)
    assert linked(records) == first


def made_up(chance: random.Random, n: int) -> TrialRecord:
    """A record that shares numbers with others."""
    numbers = [one.trial_id for one in garbled.records() if one.trial_id] + ["2031-001234-56", "CTRI/2031/01/000001"]
    return TrialRecord(
        register=chance.choice(["ctgov", "euctr", "ctri", "medpath"]),
        trial_id=chance.choice([None, chance.choice(numbers), f"NCT9900000{chance.randrange(9)}"]),
        secondary_ids=chance.sample(numbers, chance.randrange(3)),
        public_title=chance.choice(garbled.records()).public_title,
        last_update_date=chance.choice([None, "2031", "2030-02-03"]),
        source_file=f"{n}.json",
        complete=chance.random() < 0.7,
    )


def linked(records):
    """What linking makes of records, without the order in which it tells."""
    found = link_records(records)
    return (
        sorted(map(repr, found.kept)),
        sorted((one.record_id, one.source_file, kept.record_id, why) for one, kept, why in found.duplicates),
        sorted(map(repr, found.links)),
        {kept: [one.source_file for one in others] for kept, others in found.others.items()},
    )


# The machine, the place and the day

BUILD = r"""
import datetime, hashlib, sys, time
import dataframely, lxml.etree, msgspec, polars, pyarrow  # they compare types, and ask for no day
polars.DataFrame([{"day": datetime.date(2000, 1, 1), "now": datetime.datetime(2000, 1, 1)}]).rows()
if len(sys.argv) > 1:
    def moved(real, now):
        # the type with another present; what it makes are instances of the real one
        class Real(type):
            def __instancecheck__(cls, one):
                return isinstance(one, real)
        names = dict.fromkeys(("today", "now", "utcnow"), staticmethod(lambda *zone: now))
        return Real(real.__name__, (real,), {"__new__": lambda cls, *parts, **named: real(*parts, **named), **names})
    far = datetime.datetime(2199, 12, 31, 23, 59)
    time.time = lambda: far.timestamp()
    datetime.datetime, datetime.date = moved(datetime.datetime, far), moved(datetime.date, far.date())
    assert datetime.date.today().year == 2199
from trialkit.assemble import build_frames
from trialkit.frames import DATA, SNAPSHOTS
from pathlib import Path
import os, tempfile
frames = build_frames([SNAPSHOTS / "medpath", SNAPSHOTS / "veeva", SNAPSHOTS / "ctgov" / "2023-12-01"], engine="serial", base=DATA)
with tempfile.TemporaryDirectory() as folder:
    frames.write_files(Path(folder) / "frames")
    for file in sorted((Path(folder) / "frames").iterdir()):
        print(file.name, hashlib.sha256(file.read_bytes()).hexdigest())
"""
PLACES = {
    "hash seed 1": {"PYTHONHASHSEED": "1"},
    "random hash seed": {"PYTHONHASHSEED": "random"},
    "plain C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8"},
    "the first place to see a day": {"TZ": "Pacific/Kiritimati"},
    "the last place to see a day": {"TZ": "Pacific/Niue"},
    "another day": {"ANOTHER_DAY": "1"},
}


def built(environment: dict[str, str]) -> str:
    """The names and sums of the files of frames built under this environment."""
    plain = {name: value for name, value in os.environ.items() if name not in ("LC_ALL", "LANG", "TZ", "PYTHONUTF8")}
    day = ["day"] if "ANOTHER_DAY" in environment else []
    run = subprocess.run(
        [sys.executable, "-c", BUILD, *day],
        env=plain | {"PYTHONHASHSEED": "0", "PYTHONPATH": str(Path(__file__).parents[1]), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(".parquet") == len(dict(make_frames().items()))
    return run.stdout


@pytest.fixture(scope="module")
def built_here():
    return built({})


@pytest.mark.parametrize("place", PLACES if TIMES > 1 else ["random hash seed", "plain C", "another day"])
def test_frames_are_the_same_bytes_everywhere(built_here, place):
    assert built(PLACES[place]) == built_here
