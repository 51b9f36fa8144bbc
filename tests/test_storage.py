"""A folder of frames is one state: for its readers, for two writers, and for a writer that is killed."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from making import make_frames

from trialkit import storage
from trialkit.frames import load_frames
from trialkit.storage import FolderBusyError, FolderError, beside, locked

ROOT = Path(__file__).parents[1]


def frames_of(state: int):
    """Frames that say in every place which state they are."""
    return make_frames({"state": state}, links=[{"record_a": f"state {state}", "relation": "shares_id"}])


def state_of(folder) -> int:
    """The one state of the frames in a folder, or an error."""
    frames = load_frames(folder)
    assert frames.links["record_a"].to_list() == [f"state {frames.meta['state']}"]
    return frames.meta["state"]


@pytest.fixture(params=["exchange", "two renames"])
def either_way(request, monkeypatch):
    """With folders exchanged in one step, and on a disk that cannot."""
    if request.param == "two renames":
        monkeypatch.setattr(storage, "exchange", lambda one, other: False)


def test_this_disk_exchanges_folders_or_says_that_it_cannot(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if storage.exchange(tmp_path / "a", tmp_path / "b"):
        assert [p.name for p in (tmp_path / "a").iterdir()] == ["b"]
    else:
        assert [p.name for p in (tmp_path / "a").iterdir()] == ["a"]


def test_new_state_takes_the_place_of_the_old_one_and_leaves_nothing_behind(either_way, tmp_path):
    for state in range(3):
        frames_of(state).write(tmp_path / "frames")
        assert state_of(tmp_path / "frames") == state
        assert [p.name for p in tmp_path.iterdir()] == ["frames"]


def test_readers_of_a_folder_that_is_written_again_and_again_see_one_state(either_way, tmp_path):
    folder, seen, problems = tmp_path / "frames", set(), []
    frames_of(0).write(folder)
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            try:
                seen.add(state_of(folder))
            except Exception as error:
                problems.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for state in range(1, 30):
        frames_of(state).write(folder)
    over.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert len(seen) > 1


def test_writer_that_died_between_two_renames_leaves_the_old_state(tmp_path):
    folder = tmp_path / "frames"
    frames_of(1).write(folder)
    os.replace(folder, beside(folder, "old"))
    assert state_of(folder) == 1
    with locked(folder):
        assert state_of(folder) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["frames"]


def test_second_writer_is_refused_with_a_clear_word(tmp_path):
    with locked(tmp_path / "frames"):
        with (
            pytest.raises(FolderBusyError, match=r"another build is writing into .*frames.*choose another folder"),
            locked(tmp_path / "frames"),
        ):
            pass
        with locked(tmp_path / "others"):
            pass
    assert list(tmp_path.iterdir()) == []


def test_folder_where_a_disk_is_mounted_is_refused_before_the_work():
    with pytest.raises(FolderError, match=r"is where a disk is mounted.*name a folder inside it"), locked(Path("/")):
        pass


def test_lock_of_a_killed_program_is_free(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent("""
            import sys, time
            from pathlib import Path
            from trialkit.storage import locked
            with locked(Path(sys.argv[1])):
                print("held", flush=True)
                time.sleep(60)
        """), str(tmp_path / "frames")],
        stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(FolderBusyError), locked(tmp_path / "frames"):
        pass
    holder.kill()
    holder.wait()
    with locked(tmp_path / "frames"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_lock_is_one_persons_at_a_time(tmp_path):
    inside, most = [], []

    def work() -> None:
        for _ in range(10):
            with locked(tmp_path / "frames", wait=30):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.002)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 40


WRITER = """
    import sys
    sys.path.insert(0, sys.argv[2])
    from pathlib import Path
    from trialkit import storage
    from test_storage import frames_of
    if sys.argv[3] == "two renames":
        storage.exchange = lambda one, other: False
    print("ready", flush=True)
    for state in range(int(sys.argv[4]), 10**6):
        frames_of(state).write(Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("way", ["exchange", "two renames"])
def test_writer_killed_at_any_moment_leaves_one_whole_state(way, tmp_path):
    folder, luck, last = tmp_path / "frames", random.Random(way), 0
    frames_of(0).write(folder)
    for _ in range(int(os.environ.get("TRIALKIT_KILLS", "6"))):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), folder, ROOT / "tests", way, str(last + 1)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(luck.uniform(0, 0.3))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        now = state_of(folder)
        assert now >= last
        last = now
    frames_of(last + 1).write(folder)
    assert state_of(folder) == last + 1
    assert [p.name for p in tmp_path.iterdir()] == ["frames"]
