"""A folder of frames on disk: written beside its place, put there in one step, read as one state, one writer at a time.

A writer fills a hidden neighbour of the folder and swaps the two. Where the system can exchange two folders in one
step (Linux, macOS, on local disks) there is no moment without frames; elsewhere there are two renames, and a writer
killed between them leaves the old folder under a name where readers and the next writer find it.
"""

import contextlib
import ctypes
import errno
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

KEPT = ".extraction"  # in a folder of frames: what the next build takes over
_AT_FDCWD, _EXCHANGE = -100, 2
_TRIES = 20  # of a reader that meets a writer


class FolderError(RuntimeError):
    """A folder that frames cannot be written into now."""


class FolderBusyError(FolderError):
    """Another program is writing into the folder."""


def beside(folder: Path, what: str) -> Path:
    """The hidden neighbour of `folder` for `what` (`lock`, `building`, `writing`, `old`)."""
    return folder.with_name(f".{folder.name}.{what}")


def write_whole(target: Path, content: str | bytes) -> Path:
    """Write one file, text as UTF-8: a reader finds the old one or the new one, also after a kill or on a full disk."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    return write_together({target: lambda partial: partial.write_bytes(data)})[0]


def write_together(files: Mapping[Path, Callable[[Path], object]]) -> list[Path]:
    """Write files that belong together: each into a hidden neighbour, and all into their places when every one is whole.

    `files` names for each file what writes it into the path that it is given. Raises OSError naming the file whose
    writing failed; then nothing has changed. The neighbours have fixed names, so what a kill leaves is written over.
    """
    partials = {target: beside(target, "partial") for target in files}
    try:
        for target, write in files.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                partials[target].unlink(missing_ok=True)  # of a killed run; or a link, which would be written through
                write(partials[target])
            except OSError as error:
                raise OSError(error.errno, error.strerror or str(error), str(target)) from error
        for target, partial in partials.items():
            os.replace(partial, target)
    finally:
        for partial in partials.values():
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
    return list(files)


@contextmanager
def locked(folder: Path, *, wait: float = 0, by: str = "build") -> Iterator[Path]:
    """Hold the only right to write into `folder`, given back at the end however the program ends; yields its real path.

    Raises FolderBusyError when another program holds it for longer than `wait` seconds, FolderError for a folder that
    cannot be swapped. `by` is what it is held for, in the words for a person.
    """
    folder = Path(folder).resolve()
    if folder.is_mount():
        raise FolderError(
            f"{folder} is where a disk is mounted, and cannot be replaced by a new folder in one step: "
            f"name a folder inside it, such as {folder / 'frames'}"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with held(beside(folder, "lock"), folder, wait=wait, by=by):
        _recover(folder)
        yield folder


@contextmanager
def held(file: Path, folder: Path, *, wait: float = 0, by: str) -> Iterator[None]:
    """Hold the lock `file`, which stands for the right to write into `folder`; as `locked`, for any folder."""
    # SQLite knows how to lock a file on every system, and the system frees the lock of a program that is killed.
    while True:
        file.touch()  # opens it only when it is not there: to close a locked file would free the lock
        inode = _inode(file)
        with contextlib.closing(sqlite3.connect(file, timeout=wait, isolation_level=None)) as lock:
            try:
                lock.execute("PRAGMA journal_mode = MEMORY")  # no second file, and a lock also on a full disk
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if "locked" in str(error):
                    raise FolderBusyError(
                        f"another {by} is writing into {folder}. Wait until it has ended, or choose another folder"
                    ) from None
                if not os.access(file, os.W_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file)) from None
                if inode is not None and inode == _inode(file):
                    raise OSError(f"{file} cannot be locked ({error}); expected a folder on a disk that can") from None
                continue
            if inode is None or inode != _inode(file):
                continue  # its last owner removed it in between: a lock on a file without a name locks nothing
            try:
                yield
            finally:
                with contextlib.suppress(OSError):  # Windows keeps a file that is open
                    file.unlink()
            return


def _inode(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None


def publish(fresh: Path, folder: Path) -> None:
    """Put `fresh` in the place of `folder`. Whoever reads or dies meanwhile finds the old folder or the new one."""
    for file in [*fresh.rglob("*"), fresh]:  # else a power cut may leave names without contents
        with contextlib.suppress(OSError):
            handle = os.open(file, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
    old = beside(folder, "old")
    if not folder.exists():
        os.replace(fresh, folder)
    elif exchange(fresh, folder):
        os.replace(fresh, old)
    else:
        os.replace(folder, old)
        os.replace(fresh, folder)
    shutil.rmtree(old, ignore_errors=True)


def exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False, and nothing done, where the system or the disk cannot."""
    system = ctypes.CDLL(None) if os.name == "posix" else None
    names = os.fsencode(one), os.fsencode(other)
    if sys.platform.startswith("linux") and hasattr(system, "renameat2"):
        return system.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _EXCHANGE) == 0
    if sys.platform == "darwin" and hasattr(system, "renamex_np"):
        return system.renamex_np(*names, _EXCHANGE) == 0
    return False


def _recover(folder: Path) -> None:
    """Finish what a killed writer began: its old folder goes back, or away."""
    old = beside(folder, "old")
    if old.exists() and not folder.exists():
        os.replace(old, folder)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(beside(folder, "writing"), ignore_errors=True)


@contextmanager
def opened(folder: Path, names: Iterable[str]) -> Iterator[dict[str, BinaryIO]]:
    """The files of `folder` among `names`, opened for reading, all of one state whatever a writer does meanwhile."""
    names = list(names)
    with ExitStack() as stack:
        yield _open(Path(folder), names, stack)


def _open(folder: Path, names: list[str], stack: ExitStack) -> dict[str, BinaryIO]:
    for _ in range(_TRIES):
        held = None
        with ExitStack() as attempt:
            place = folder if folder.is_dir() else beside(folder, "old")
            try:
                if os.open in os.supports_dir_fd:  # the open folder stays the same one when its name goes to another
                    held = os.open(place, os.O_RDONLY)
                    attempt.callback(os.close, held)
                there = set(os.listdir(place if held is None else held))
                files = {n: attempt.enter_context(_open_one(place, n, held)) for n in names if n in there}
            except FileNotFoundError:  # a writer took its place away under our hands: look again
                continue
            swapped = held is not None and _inode(place) != os.fstat(held).st_ino
            if len(files) < len(names) and (swapped or (place != folder and folder.is_dir())):
                continue  # it was being removed when we looked
            stack.enter_context(attempt.pop_all())
            return files
    raise FileNotFoundError(f"no folder {folder}; expected the output folder of `trialkit build`")


def _open_one(place: Path, name: str, held: int | None) -> BinaryIO:
    if held is None:
        return (place / name).open("rb")
    return os.fdopen(os.open(name, os.O_RDONLY, dir_fd=held), "rb")
