"""The benchmarks run, and what they tell is right: ratios, limits, peers that are missing, headlines between marks."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.delitem(sys.modules, "rows", raising=False)
    import rows

    yield rows
    sys.modules.pop("rows", None)


def bench(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_all_parts_but_the_reports_run_and_stand_in_one_table():
    done = bench("--quick", "--only", "registry,extraction,builds,cluster,startup,accuracy")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [cell.strip() for cell in lines[0].split("|")] == ["figure", "ours", "peer", "ratio", "limit", "runs"]
    table = lines[: lines.index("")]
    assert all(line.count(" | ") >= 4 for line in table[2:])
    for begun in (
        "gate, 400",
        "facts with evidence",
        "words",
        "build: one record",
        "facts of 24",
        "start:",
        "accuracy",
    ):
        assert any(line.startswith(begun) for line in table), begun
    assert "load average" in done.stdout
    assert "Python 3." in done.stdout


def test_ratio_is_how_many_times_as_fast_ours_is_whatever_the_unit(rows):
    assert rows.Row("gate", 300, "records/s", "peer", 100).ratio == 3
    assert rows.Row("build", 2, "s", "cold", 6).ratio == 3
    assert rows.Row("build", 2, "s").ratio is None


def test_peer_that_is_not_installed_is_a_row_without_a_ratio(rows):
    cells = rows.Row("words", 300, "records/s", "spaCy", note="not installed").cells()
    assert cells[2:4] == ("spaCy: not installed", "")


def test_row_says_why_it_has_fewer_runs(rows):
    assert rows.Row("reports", 40, "s", runs=1, seconds=40).cells()[-1] == "1 (one takes 40 s)"
    assert rows.Row("build", 2, "s", runs=5, seconds=2).cells()[-1] == "5"


@pytest.mark.parametrize(("seconds", "runs"), [(0.1, 5), (9.9, 5), (12, 3), (70, 1)])
def test_long_steps_are_run_less_often(rows, seconds, runs):
    calls = []
    taken = rows.in_turns({"long": lambda: calls.append(1) or seconds, "short": lambda: 0.1})
    assert (len(calls), len(taken["short"])) == (runs, 5)


def test_limit_that_is_not_kept_stands_out(rows):
    assert rows.tell_limit(0.4, 0.5).endswith("kept")
    assert rows.tell_limit(0.6, 0.5).endswith("NOT KEPT")


def test_headlines_are_written_between_their_marks_and_nothing_else_changes(rows, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{rows.MARKS[0]}\nold\n{rows.MARKS[1]}\nbehind\n", encoding="utf-8")
    found = [
        rows.Row("gate", 300, "records/s", "json", 100, headline="Gate"),
        rows.Row("words", 300, "records/s", "spaCy", note="not installed", headline="Words"),
        rows.Row("build", 2, "s", "cold", 6),
    ]
    for _ in range(2):
        rows.update(page, found)
        text = page.read_text(encoding="utf-8")
        assert text.startswith("before\n")
        assert text.endswith("\nbehind\n")
        assert "| Gate | 300 records/s | json | 3.0 × |" in text
        assert not {"old", "Words", "build"} & set(text.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "nothing"], "there is no such part; there are registry, extraction"),
        (["--sizes", "3k"], "expected numbers of studies"),
        (["--update", "LICENSE"], "holds no headlines to rewrite"),
    ],
)
def test_wrong_use_is_told_before_anything_is_timed(arguments, said):
    done = bench(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_readme_holds_the_headlines_of_a_real_run(rows):
    before, behind = rows.split_at_marks(ROOT / "README.md")
    text = (ROOT / "README.md").read_text(encoding="utf-8")[len(before) : -len(behind)]
    assert 4 <= sum(line.startswith("| ") for line in text.splitlines()) - 1 <= 6


def test_studies_made_for_the_gate_hold_no_word_of_the_selection_and_are_studies_still(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import registry_steps

    from trialkit.frames import SNAPSHOTS
    from trialkit.gate import open_gate
    from trialkit.registries import ctgov

    gate = open_gate("msc")
    found = list(registry_steps.studies_in(SNAPSHOTS))
    other = [ctgov.parse_study(registry_steps._without_words(entry, gate)) for entry in found]
    silent = [record for record in other if not gate.holds(record)]
    assert len(silent) > 30
    assert sum(len(record.outcomes) for record in silent) > len(silent)
