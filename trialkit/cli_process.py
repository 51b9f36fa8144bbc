"""The process around a command: its streams, the signals that stop it, and faults of a disk in one line."""

import errno
import io
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO

from trialkit.cli_common import FAILED, WRONG_USE, debugging, stop
from trialkit.terminal import say

# What stands in the way of writing, and what to do about it.
FAULTS = {
    errno.ENOSPC: "the disk is full: make room there",
    errno.EDQUOT: "your quota on this disk is used up: make room there",
    errno.EFBIG: "files of this size are not allowed here (ulimit -f): raise the limit",
    errno.EROFS: "the disk is read-only: make it writable",
    errno.EACCES: "not allowed to write there: ask for the right to",
    errno.EPERM: "not allowed to write there: ask for the right to",
    errno.EIO: "the disk reports a fault: see that it is sound",
    errno.ENAMETOOLONG: "the name is too long for this disk: choose a shorter one",
}
_OF_CONNECTIONS = ("httpx2", "httpcore2", "ssl", "socket")  # modules of errors
_STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")
INTERRUPTED = 130  # what typer makes of KeyboardInterrupt
_received: list[int] = []


class Stopped(KeyboardInterrupt):
    """The command was asked to end, by Ctrl-C or by another program."""


def prepare() -> None:
    """Make streams and signals of this process such that nothing outside costs a command its work or its last word.

    A standard output that nobody reads any more (`| head -1`) is written to in vain, characters that it cannot hold
    come as their number, and closed streams lead nowhere: else a file that is opened next would be in their place.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdout, sys.stderr = _stream(1, sys.stdout), _stream(2, sys.stderr)
    for number in (getattr(signal, name) for name in _STOPPING if hasattr(signal, name)):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):  # else it is to be ignored
            signal.signal(number, _stopped)
    sys.unraisablehook = _again


def _stream(number: int, given: TextIO | None) -> TextIO:
    raw = io.BufferedWriter(_Patient(number, "w", closefd=False))
    encoding = given.encoding if given else "utf-8"
    return io.TextIOWrapper(raw, encoding, "backslashreplace", line_buffering=number == 2 or raw.isatty())


class _Patient(io.FileIO):
    """A file that goes on when its reader has gone, or its disk is full; `fault` is why, for the end."""

    fault: OSError | None = None

    def write(self, data: bytes) -> int | None:
        try:
            return super().write(data)
        except OSError as error:
            self.fault = error
            return len(data)


def _stopped(number: int, frame: FrameType | None) -> NoReturn:
    _received.append(number)
    raise Stopped


def _again(lost: "sys.UnraisableHookArgs") -> None:
    """A signal that arrived where Python drops exceptions, in a callback of its memory, is sent once more."""
    if isinstance(lost.exc_value, Stopped):
        threading.Timer(0.05, os.kill, (os.getpid(), _received[-1])).start()
    else:
        sys.__unraisablehook__(lost)


def was_stopped() -> bool:
    """Whether this process was asked to end."""
    return bool(_received)


def finish(status: int | None) -> NoReturn:
    """End the process with its last words. `status` is that of the command, INTERRUPTED when a signal ended it.

    Then the status is 128 + the number of the signal, as shells count.
    """
    if status == INTERRUPTED and _received:
        say("stopped before the end. Files that were there are whole, old or new; the same command can be given again.")
        status = 128 + _received[0]
    sys.stdout.flush()
    fault = sys.stdout.buffer.raw.fault
    if fault and not isinstance(fault, BrokenPipeError):  # to close a pipe early is to have read enough
        say(f"standard output: {fault.strerror}. What was to be printed is lost.")
        status = status or FAILED
    sys.exit(status)


def check_place(out: Path) -> None:
    """Refuse, before the work, a place for output below a file or where nothing can be written."""
    place = out.absolute()
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if place != out.absolute() and not place.is_dir():
        stop(f"--out {out}: {place} is no folder, so nothing can be written below it. Name another place.", WRONG_USE)
    if not os.access(place, os.W_OK):
        full = FAULTS[errno.EROFS if _read_only(place) else errno.EACCES]
        stop(f"--out {out}: {full}, or name another place. Nothing is written.", WRONG_USE)


def check_folder_place(out: Path) -> None:
    """As check_place, for an output that is a folder."""
    if out.exists() and not out.is_dir():
        stop(f"--out {out} is a file; expected a folder, for example {out.with_suffix('')}_files.", WRONG_USE)
    check_place(out)


def _read_only(place: Path) -> bool:
    with suppress(OSError, AttributeError):
        return bool(os.statvfs(place).f_flag & os.ST_RDONLY)
    return False


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """A disk that does not take what is written to `out` ends the command with one line: what, where, what to do."""
    try:
        yield
    except Exception as error:
        number = disk_fault(error)
        if debugging() or number is None:
            raise
        named = str(getattr(error, "filename", None) or out)
        hidden = named.startswith(f"{out.absolute().parent}{os.sep}.")  # a neighbour that only we know of
        where = out if hidden else named
        stop(f"{where} could not be written: {FAULTS[number]}, or name another place with --out. "
             "Files that were there before are whole.", FAILED)  # fmt: skip


def disk_fault(error: BaseException | None) -> int | None:
    """Which of FAULTS lies behind an error; None for another one. Libraries wrap it, some leave only its words.

    What a connection says is none, though its numbers are the same: 1 is "not permitted" and a certificate refused.
    """
    while error is not None and type(error).__module__.partition(".")[0] not in _OF_CONNECTIONS:
        told = re.search(r"\(os error (\d+)\)", str(error))
        number = int(told[1]) if told else getattr(error, "errno", None)
        if number in FAULTS:
            return number
        error = error.__cause__ or error.__context__
    return None
