"""Commands killed at any moment: outputs are the old ones or the new ones, nothing goes on running, a rerun succeeds.

TRIALKIT_KILLS=N kills each N times (reports half as often, the cluster a quarter); the moments come from seeds.
"""

import os
import random
import shutil
import signal
import sys
import time

import pytest
from clusters import children, cluster
from faults import KILLS, Command, kill_at_random, succeed
from fetching import DAY, QUERY, files_of, small_register
from register_server import invent
from test_frames import study, write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL and /proc")


def records(folder, state, n=40):
    folder.mkdir(exist_ok=True)
    texts = (f"state {state}: {i + 1} x 10^6/kg" for i in range(n))
    write(folder / "s.jsonl", *(study(f"NCT99{i:06}", text) for i, text in enumerate(texts)))


def seen(folder):
    """Name -> hash of what a reader sees: hidden files are nobody's output, unread.csv is written for people."""
    return {name: mark for name, mark in files_of(folder).items() if not name.startswith(".")}


@pytest.mark.parametrize("engine", ["processes", "dask"])
def test_killed_build_leaves_the_old_frames_or_the_new_ones_and_no_process(engine, tmp_path):
    if engine == "dask":
        if not KILLS:
            pytest.skip("starts a cluster for each kill: set TRIALKIT_KILLS")
        pytest.importorskip("distributed", reason="Dask is not installed (pip install 'trialkit[dask]')")
    luck, out, killed = random.Random(engine), tmp_path / "out", 0
    build = ("build", tmp_path / "in", "--out", out, "--engine", engine, "--workers", 2, "--no-cache")
    records(tmp_path / "in", 0)
    _, took = succeed(*build)
    old = seen(out)
    for state in range(1, 1 + ((KILLS if engine == "processes" else KILLS // 4) or 1)):
        records(tmp_path / "in", state)
        killed += kill_at_random(luck, took, *build)
        after = seen(out)
        succeed(*build)
        new = seen(out)
        assert new != old
        assert after in (old, new)
        old = new
    assert killed or not KILLS
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]


@pytest.mark.skipif(not KILLS, reason="as test_engines_dask, with commands: set TRIALKIT_KILLS")
def test_killed_worker_of_a_cluster_changes_nothing(tmp_path):
    pytest.importorskip("distributed", reason="Dask is not installed (pip install 'trialkit[dask]')")
    luck = random.Random(5)
    records(tmp_path / "in", 0, n=300)
    succeed("build", tmp_path / "in", "--out", tmp_path / "whole", "--engine", "serial", "--no-cache")
    with cluster(2) as (address, _, nodes):
        for n in range(KILLS // 4 or 1):
            out = tmp_path / f"out{n}"
            build = Command("build", tmp_path / "in", "--out", out, "--scheduler", address, "--no-cache")
            time.sleep(luck.uniform(0.5, 3))
            if workers := children(luck.choice(nodes).pid):
                os.kill(luck.choice(workers), signal.SIGKILL)
            status, _, errors = build.end()
            assert status == 0, errors
            assert seen(out) == seen(tmp_path / "whole")


def test_killed_fetch_leaves_the_old_snapshot_or_the_new_one(tmp_path):
    luck, out, killed = random.Random(3), tmp_path / "snapshots" / "mine", 0
    with small_register() as register:
        for page in range(1, 5):
            register.before[page] = lambda: time.sleep(0.1)
        fetch = ("fetch", "ctgov", "--query", QUERY, "--out", out, "--force", "--base-url", register.url,
                 "--page-size", 5, "--rate", 0)  # fmt: skip
        _, took = succeed(*fetch)
        old = files_of(out)
        for state in range(1, 1 + (KILLS or 2)):
            register.put(invent(1, updated=f"2026-10-{state % 28 + 1:02d}"))
            register.timestamp = f"{DAY}T{state // 60:02d}:{state % 60:02d}:00"
            killed += kill_at_random(luck, took, *fetch)
            after = files_of(out)
            succeed(*fetch)
            new = files_of(out)
            assert new != old
            assert after in (old, new)
            assert os.listdir(out.parent) == ["mine"]
            old = new
    assert killed


def test_killed_report_leaves_whole_reports_and_no_kernel(tmp_path):
    luck, out, killed = random.Random(4), tmp_path / "reports", 0
    records(tmp_path / "in", 0, n=3)
    succeed("build", tmp_path / "in", "--out", tmp_path / "frames")
    words = ("report", "06", "--trials", "--frames", tmp_path / "frames")
    whole = {}
    trials = ("NCT99000001", "NCT99000002") if KILLS else ("NCT99000001",)
    for trial in trials:
        _, took = succeed(*words, "--out", tmp_path / trial, "-p", f"trial_id={trial}")
        whole[trial] = seen(tmp_path / trial)
    shutil.copytree(tmp_path / "NCT99000001", out)
    for n in range(KILLS // 2 or 1):
        trial = trials[(n + 1) % len(trials)]
        killed += kill_at_random(luck, took, *words, "--out", out, "-p", f"trial_id={trial}")
        for name, mark in seen(out).items():
            if not name.rpartition("/")[2].startswith("."):  # a neighbour that was half written
                assert mark in {files[name] for files in whole.values()}, name
        succeed(*words, "--out", out, "-p", f"trial_id={trial}")
        assert files_of(out) == whole[trial], "and nothing half written is left"
    assert killed
