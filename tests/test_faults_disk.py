"""Disks that are full, read-only or not where a folder should be: one line, nothing half-written, and then it works."""

import os
import resource
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from faults import one_line, small_disk
from fetching import QUERY, small_register
from test_faults import records, seen
from typer.testing import CliRunner

from trialkit.cli import app
from trialkit.export import export_frames
from trialkit.frames import load_frames
from trialkit.report import render_reports

GOOD = Path(__file__).parent / "fixtures" / "notebooks" / "good.ipynb"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts disks")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder of records and the frames of them."""
    folder = tmp_path_factory.mktemp("small")
    records(folder / "in", 0, n=60)
    assert CliRunner().invoke(app, ["build", str(folder / "in"), "--out", str(folder / "frames")]).exit_code == 0
    return folder


def command(name, small, out, register=None):
    """The words of a command that writes `out`."""
    frames = ("--frames", small / "frames", "--out", out)
    return {
        "build": ("build", small / "in", "--out", out, "--no-cache"),
        "csv": ("export", *frames),
        "latex": ("export", "--format", "latex", *frames),
        "parquet": ("export", "--format", "parquet", *frames),
        "xlsx": ("export", *frames[:-1], out / "t.xlsx"),
        "review": ("review", *frames[:-1], out / "r.xlsx"),
        "report": ("report", "06", *frames, "--trials"),
        "fetch": ("fetch", "ctgov", "--query", QUERY, "--out", out, "--force", "--base-url", str(register and register.url)),
    }[name]  # fmt: skip


def in_process(words):
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return done.exit_code, done.stderr


@pytest.mark.parametrize(
    ("name", "size"), [("build", "64k"), ("csv", "64k"), ("latex", "16k"), ("parquet", "48k"), ("xlsx", "16k"),
                       ("review", "8k"), ("report", "256k"), ("fetch", "8k")],
)  # fmt: skip
def test_full_disk_ends_in_one_line_and_leaves_nothing_half_written(name, size, small, tmp_path):
    with small_register() as register, small_disk(tmp_path / "disk", size) as disk:
        words = command(name, small, disk / "out", register)
        status, errors = in_process(words)
        assert status == 1
        assert "disk is full" in one_line(errors)
        assert str(disk / "out") in errors
        assert "another place with --out" in errors
        left = [name for name in seen(disk) if not name.rpartition("/")[2].startswith(".")]
        assert [file for file in left if "/trials/" not in file] == [], "pages of trials are whole each"
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        status, errors = in_process(words)
        assert status == 0, errors
        assert not [file for file in os.listdir(disk) if file.startswith(".")]


def test_full_disk_keeps_what_was_there(small, tmp_path):
    with small_disk(tmp_path / "disk", "1m") as disk:
        frames = load_frames(small / "frames")
        export_frames(frames, disk / "csv")
        before = seen(disk)
        filler = disk / "filler"
        with suppress(OSError):
            filler.write_bytes(bytes(2**20))
        with pytest.raises(OSError, match=r"No space left on device: .*/csv/"):
            export_frames(frames.select(["NCT99000001"]), disk / "csv")
        filler.unlink()
        assert seen(disk) == before, "the files of one export belong together"


def test_report_that_cannot_begin_leaves_the_earlier_one(tmp_path, monkeypatch):
    render = partial(render_reports, [GOOD], tmp_path / "out", progress=False)
    (first,) = render()
    before = seen(tmp_path / "out")
    with small_disk(tmp_path / "disk", "64k") as disk:
        with suppress(OSError):
            (disk / "filler").write_bytes(bytes(2**20))
        monkeypatch.setattr("tempfile.tempdir", str(disk))
        (second,) = render()
        assert first.ok
        assert "No space left on device" in second.failure
        assert "the earlier report stays" in second.failure
        assert seen(tmp_path / "out") == before
        (disk / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert render()[0].ok


def test_limit_of_file_sizes_is_told(small, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    done = subprocess.run(
        [sys.executable, "-m", "trialkit", *map(str, command("csv", small, tmp_path / "out"))],
        preexec_fn=limit, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "files of this size are not allowed here (ulimit -f)" in one_line(done.stderr)
    assert os.listdir(tmp_path / "out") == []


ALL = ["build", "csv", "latex", "parquet", "xlsx", "review", "report", "fetch"]


def test_read_only_disk_is_refused_before_the_work(small, tmp_path):
    with small_disk(tmp_path / "disk", "1m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for name in ALL:
            status, errors = in_process(command(name, small, disk / "out"))
            assert status == 2, name
            assert "the disk is read-only: make it writable, or name another place" in one_line(errors)
            assert str(disk) in errors


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_the_right_to_write_is_refused_before_the_work(small, tmp_path):
    tmp_path.chmod(0o500)
    for name in ALL:
        status, errors = in_process(command(name, small, tmp_path / "out"))
        assert (status, "not allowed to write there" in one_line(errors)) == (2, True), name
    tmp_path.chmod(0o700)


def test_file_where_a_folder_should_be_is_refused_before_the_work(small, tmp_path):
    (tmp_path / "file").write_text("mine")
    for name in ALL:
        status, errors = in_process(command(name, small, tmp_path / "file" / "deeper"))
        assert status == 2, name
        assert f"{tmp_path / 'file'} is no folder" in one_line(errors)
    for name in ("build", "report", "fetch", "csv", "latex", "parquet"):
        status, errors = in_process(command(name, small, tmp_path / "file"))
        assert (status, "is a file" in one_line(errors)) == (2, True), name
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("folder", ["with blanks/and more", "Ωλ 試験", "-dash"])
def test_output_folders_may_have_any_name(folder, small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (("build", small / "in", "--out", folder), ("show", "NCT99000001", "--frames", folder),
                  ("export", "--frames", folder, "--out", f"{folder}/../tables")):  # fmt: skip
        status, errors = in_process(words)
        assert status == 0, errors
    assert len(load_frames(folder).trials) == 60
