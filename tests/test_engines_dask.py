"""The same work on a real cluster: scheduler and workers are processes of their own, and some of them are killed."""

import json
import os
import random
import signal
import sys
import threading
import time

import pytest
from test_frames import study, write

pytest.importorskip("distributed", reason="Dask is not installed (pip install 'trialkit[dask]')")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends groups of processes")

from clusters import children, cluster, end_group  # noqa: E402
from work import double, double_slowly, double_unless_13, refuse_13  # noqa: E402

from trialkit import engines_dask  # noqa: E402
from trialkit.assemble import build_frames  # noqa: E402
from trialkit.engines import EngineError, map_batches  # noqa: E402
from trialkit.engines_dask import LARGEST, SMALLEST, task_size  # noqa: E402
from trialkit.extraction import Failed, died, extract_batch  # noqa: E402
from trialkit.record import TrialRecord  # noqa: E402

HUNDRED = list(range(100))


@pytest.fixture(scope="module")
def running():
    """(address, start one more node, nodes) of one cluster for the tests that leave it whole."""
    with cluster(2) as it:
        yield it


def flat(results) -> list:
    return [one for batch in results for one in batch]


def written(frames, folder) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in frames.write(folder).iterdir()}


def later(seconds: float, deed) -> None:
    timer = threading.Timer(seconds, deed)
    timer.daemon = True
    timer.start()


@pytest.mark.parametrize(
    ("items", "workers", "size"),
    [(1, 1, 1), (100, 2, 25), (1_500, 2, 375), (20_000, 2, 1_250), (600_000, 32, 2_344), (10_000_000, 32, LARGEST)],
)
def test_tasks_are_of_500_to_5000_items_where_there_are_enough(items, workers, size):
    assert task_size(items, workers) == size
    assert size <= LARGEST
    assert size >= SMALLEST or items < 2 * workers * SMALLEST


def test_results_come_in_the_order_of_the_items(running):
    assert flat(map_batches(double, HUNDRED, scheduler=running[0], size=7)) == [2 * n for n in HUNDRED]


def test_frames_are_the_same_bytes_on_every_engine(running, tmp_path):
    source = write(
        tmp_path / "s.jsonl", *(study(f"NCT990000{n:02}", f"{n} x 10^6 cells/kg, week {n}") for n in range(30))
    )
    serial = written(build_frames([source], engine="serial"), tmp_path / "serial")
    for n, where in enumerate(
        [
            {"engine": "dask", "scheduler": running[0]},
            {"engine": "dask", "workers": 1},
            {"engine": "processes", "workers": 3},
        ]
    ):
        assert written(build_frames([source], **where), tmp_path / str(n)) == serial


def test_record_that_cannot_be_read_costs_itself_on_every_engine(running):
    records = [TrialRecord(register="test", trial_id=f"T-{n}", enrollment_count=10**30 * (n == 2)) for n in range(5)]
    for where in ({"engine": "serial"}, {"engine": "processes", "workers": 2}, {"scheduler": running[0]}):
        found = flat(map_batches(extract_batch, [(record, []) for record in records], size=2, blame=died, **where))
        assert [isinstance(one, Failed) for one in found] == [False, False, True, False, False]
        assert "OverflowError" in found[2].reason


def test_cluster_is_found_by_the_file_of_its_scheduler(running, tmp_path):
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": running[0]}))
    assert flat(map_batches(double, HUNDRED, scheduler=str(file))) == [2 * n for n in HUNDRED]


def test_error_of_the_work_is_told_as_it_is(running):
    with pytest.raises(ValueError, match="thirteen"):
        list(map_batches(refuse_13, HUNDRED, scheduler=running[0], size=10))


def test_killed_workers_change_nothing():
    with cluster(2) as (address, _, nodes):

        def kill_one() -> None:
            if workers := children(random.choice(nodes).pid):
                os.kill(random.choice(workers), signal.SIGKILL)

        for n in range(3):
            later(0.5 + n, kill_one)
        assert flat(map_batches(double_slowly, HUNDRED, scheduler=address, size=4)) == [2 * n for n in HUNDRED]


def test_node_killed_with_its_nanny_changes_nothing():
    with cluster(2) as (address, _, nodes):
        later(1, lambda: end_group(nodes[0]))
        assert flat(map_batches(double_slowly, HUNDRED, scheduler=address, size=4)) == [2 * n for n in HUNDRED]
        assert nodes[0].poll() is not None


def test_item_that_ends_its_workers_is_blamed_and_no_other():
    with cluster(2) as (address, _, _):
        found = flat(
            map_batches(double_unless_13, list(range(40)), scheduler=address, size=10, blame=lambda i, why: [(i, why)])
        )
    assert [one for one in found if not isinstance(one, tuple)] == [2 * n for n in range(40) if n != 13]
    assert found[13][0] == 13
    assert "ended twice" in found[13][1]


def test_work_waits_for_workers_but_not_for_ever(monkeypatch):
    monkeypatch.setattr(engines_dask, "PATIENCE", 6)
    with cluster(1) as (address, _, nodes):
        later(1, lambda: end_group(nodes[0]))
        began = time.monotonic()
        with pytest.raises(EngineError, match=r"no worker is left at tcp://.* what was read so far is kept"):
            list(map_batches(double_slowly, HUNDRED, scheduler=address, size=4))
        assert time.monotonic() - began < 60


def test_new_worker_takes_over_from_the_last_one_that_died():
    with cluster(1) as (address, node, nodes):
        later(1, lambda: (end_group(nodes[0]), node()))
        assert flat(map_batches(double_slowly, HUNDRED, scheduler=address, size=4)) == [2 * n for n in HUNDRED]


def test_worker_with_other_rules_is_refused(running, monkeypatch):
    monkeypatch.setattr(engines_dask, "extraction_version", lambda: "0123456789ab")
    with pytest.raises(EngineError, match=r"has other rules .* than this trialkit .0123456789ab"):
        list(map_batches(double, HUNDRED, scheduler=running[0]))


def test_address_without_a_scheduler_is_told(monkeypatch):
    monkeypatch.setattr(engines_dask, "_ANSWER", 2)
    with pytest.raises(EngineError, match=r"no Dask scheduler with workers answers at tcp://127\.0\.0\.1:9 "):
        list(map_batches(double, HUNDRED, scheduler="tcp://127.0.0.1:9"))


def test_dask_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineError, match=r"pip install 'trialkit\[dask\]'"):
        list(map_batches(double, HUNDRED, engine="dask"))
