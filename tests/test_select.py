"""A build with `--select`: every record is accounted for, however many processes read, and the reports say so."""

import random

import polars as pl
import pytest
from gating import WANTED, dump, write_zip
from making import make_frames

from trialkit import intake
from trialkit.assemble import _table, _with_not_selected, build_frames
from trialkit.cli import main
from trialkit.registries import bulk
from trialkit.summaries import overview, records


@pytest.fixture
def register(tmp_path):
    return write_zip(tmp_path / "x.zip", *(dump(n, WANTED if n % 50 == 7 else "aspirin") for n in range(1_000)))


def test_every_record_stands_in_the_ledger_with_why(register):
    told = []
    frames = build_frames([register], select="msc", progress=lambda *at: told.append(at))
    outcomes = dict(frames.ledger.group_by(pl.col("outcome").cast(pl.String)).len().iter_rows())
    assert outcomes == {"parsed": 20, "not_selected": 980}
    first = frames.ledger.row(0, named=True)
    assert first["record_id"] == "ctgov:NCT90000000"
    assert first["source_file"].endswith("x.zip/NCT90000000.json")
    assert first["reason"] == "no word of the selection msc"
    assert frames.ledger["source_file"].is_sorted()
    assert told[:4] == [(250, 1_000), (500, 1_000), (750, 1_000), (1_000, 1_000)]


def test_result_does_not_depend_on_the_number_of_processes(register, tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "_WORTH_PROCESSES", 1)
    monkeypatch.setattr(bulk, "SPAN", 70)
    build_frames([register], select="msc", engine="serial").write(tmp_path / "serial")
    build_frames([register], select="msc", engine="processes", workers=2).write(tmp_path / "processes")
    one, other = ({f.name: f.read_bytes() for f in (tmp_path / n).iterdir()} for n in ("serial", "processes"))
    assert one == other


LEDGER = [
    {"source_file": "a.zip/1.json", "position": 0, "outcome": "not_selected", "reason": "no word of the selection msc"},
    {"source_file": "a.zip/2.json", "position": 0, "outcome": "parsed"},
]


def test_reports_tell_what_was_not_selected():
    frames = make_frames(ledger=LEDGER)
    assert ("Not selected", 1) in overview.count_flow(frames).select("step", "n").rows()
    assert overview.count_flow(frames)["n"][0] == 2
    assert "1 without a word of the selection; the counts balance" in records.tell_ledger(frames)
    assert records.count_ledger(frames)["not selected"].to_list() == [1, 0, 1]


def test_reports_of_a_whole_build_do_not_speak_of_a_selection():
    frames = make_frames(ledger=LEDGER[1:])
    assert "Not selected" not in overview.count_flow(frames)["step"].to_list()
    assert "not selected" not in records.count_ledger(frames).columns


def run(*arguments) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in arguments])
    return ended.value.code or 0


def test_command_says_how_many_were_not_selected(register, tmp_path, capsys):
    assert run("build", register, "--select", "msc", "--out", tmp_path / "out") == 0
    assert "1,000 records = 20 parsed + 0 duplicate + 0 rejected + 980 not selected" in capsys.readouterr().out


def test_unknown_selection_ends_before_anything_is_read(register, tmp_path, capsys):
    assert run("build", register, "--select", "mcs", "--out", tmp_path / "out") == 2
    assert "Did you mean 'msc'?" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_nothing_selected_writes_nothing_and_says_so(tmp_path, capsys):
    empty = write_zip(tmp_path / "x.zip", dump(0, "aspirin"))
    assert run("build", empty, "--select", "msc", "--out", tmp_path / "out") == 1
    assert "no record holds a word of the selection msc, so nothing is written" in capsys.readouterr().err


@pytest.mark.parametrize("sorted_names", [True, False])
def test_ledger_is_in_order_wherever_the_selected_stand(sorted_names):
    """Against a sort of all; rows of equal file and position stay as they came, those of the build first."""
    luck = random.Random(7)
    for _ in range(100):
        parsed, left = ([(luck.choice("abcd"), luck.randint(0, 2)) for _ in range(luck.randint(0, 7))] for _ in "12")
        left = sorted(left) if sorted_names else left
        ledger = _table("ledger", [_ledger_row(n, *place) for n, place in enumerate(sorted(parsed))])
        names = ["source_file", "position", "form", "record_id"]
        rows = [[file, position, "ctgov", f"left {n}"] for n, (file, position) in enumerate(left)]
        schema = {"source_file": pl.String, "position": pl.Int64, "form": pl.String, "record_id": pl.String}
        others = pl.DataFrame(rows, schema=schema, orient="row")
        whole = _with_not_selected(ledger, intake.Intake([], [], others, "no word", 0))
        expected = pl.concat([ledger.select(names), others]).sort("source_file", "position", maintain_order=True)
        assert whole.select(names).rows() == expected.rows()
        assert whole.schema == ledger.schema


def _ledger_row(n: int, file: str, position: int) -> dict:
    told = {"form": None, "record_id": f"parsed {n}", "outcome": "parsed", "reason": None}
    return {"source_file": file, "position": position, **told}
