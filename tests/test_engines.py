"""Where the work runs: the same results in the same order, and a worker that dies costs a second run, never a result."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from work import double, double_dying_once, double_unless_13, refuse_13

from trialkit.engines import EngineError, batches, map_batches

ROOT = Path(__file__).parents[1]


def flat(results) -> list:
    return [one for batch in results for one in batch]


def test_batches_are_in_order_and_complete():
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_results_come_in_the_order_of_the_items(engine):
    assert flat(map_batches(double, list(range(50)), engine=engine, workers=2, size=3)) == [2 * n for n in range(50)]


def test_worker_that_dies_once_loses_nothing(tmp_path, caplog):
    items = [(tmp_path / "died", n) for n in range(20)]
    found = flat(map_batches(double_dying_once, items, engine="processes", workers=2, size=4))
    assert found == [2 * n for n in range(20)]
    assert "a worker process died" in caplog.text


def test_item_that_ends_its_process_is_blamed_and_no_other():
    blamed = []

    def blame(item, reason):
        blamed.append((item, reason))
        return [None]

    found = flat(map_batches(double_unless_13, list(range(30)), engine="processes", workers=2, size=5, blame=blame))
    assert found == [None if n == 13 else 2 * n for n in range(30)]
    assert [item for item, _ in blamed] == [13]
    assert "ended twice" in blamed[0][1]


def test_work_that_ends_every_process_is_a_clear_error_where_nobody_can_be_blamed():
    with pytest.raises(EngineError, match="given up: the process reading it ended twice"):
        list(map_batches(double_unless_13, [13], engine="processes", workers=2))


def test_exception_in_the_work_is_not_taken_for_a_dead_worker():
    with pytest.raises(ValueError, match="thirteen"):
        list(map_batches(refuse_13, list(range(30)), engine="processes", workers=2, size=5))


def test_scheduler_goes_with_dask_alone():
    with pytest.raises(EngineError, match="a scheduler is for the engine dask, not for serial"):
        list(map_batches(double, [1], engine="serial", scheduler="tcp://localhost:1"))


SCRIPT = """
    from pathlib import Path
    from trialkit.engines import map_batches
    from trialkit.record import TrialRecord
    from trialkit.extraction import extract_batch
    print("begun")
    trials = [(TrialRecord(register="test", trial_id=f"T-{n}"), []) for n in range(6)]
    print(sum(len(batch) for batch in map_batches(extract_batch, trials, engine="processes", workers=2, size=2)))
"""


def test_script_without_a_guard_runs_once_and_to_its_end(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(textwrap.dedent(SCRIPT))
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (done.stdout.split(), done.stderr) == (["begun", "6"], "")


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(
        textwrap.dedent("""
        from trialkit.engines import map_batches
        import work
        for pids in map_batches(work.tell_and_sleep, [0, 0], engine="processes", workers=2, size=1):
            pass
        """)
    )
    run = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
    )
    pids = [int(run.stdout.readline()) for _ in range(2)]
    run.kill()
    run.wait()
    assert run.stdout.read() == ""  # ends when the last worker, which holds it too, has ended
    assert not [
        pid for pid in pids if Path(f"/proc/{pid}/stat").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()
    ]
