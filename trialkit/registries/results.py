"""What reading gives for each entry of an input: a record, why there is none, or that it is not wanted."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from trialkit.record import TrialRecord

_LONGEST_REASON = 800
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class _Reason(NamedTuple):
    source_file: str
    position: int
    reason: str


class Rejected(_Reason):
    """An input that gave no record: where it stands and why, in one line. `position` counts the entries of a file from 0."""

    __slots__ = ()

    def __new__(cls, source_file: str, position: int, reason: str) -> "Rejected":
        """What the reason quotes, names of members and words of a file, may hold anything: here it becomes one line."""
        told = "".join(c if c.isprintable() else " " for c in _UNSEEN.sub("", reason))
        if len(told) > _LONGEST_REASON:
            told = f"{told[: _LONGEST_REASON // 2]} ... {told[-_LONGEST_REASON // 2 :]}"
        return super().__new__(cls, source_file, position, told)


class NotSelected(NamedTuple):
    """A record that a gate did not let through; it was read no further than that takes."""

    source_file: str
    position: int
    form: str
    record_id: str


class Gate(Protocol):
    """Tells which records are wanted. `may_hold` may say yes where `holds` says no, never the other way round."""

    def holds(self, record: TrialRecord) -> bool: ...

    def may_hold(self, text: bytes) -> bool: ...


ReadResult = TrialRecord | Rejected | NotSelected


def gated(results: Iterable[ReadResult], gate: Gate | None) -> Iterator[ReadResult]:
    """The results, with `NotSelected` in the place of every record that the gate does not let through."""
    for result in results:
        if gate is None or not isinstance(result, TrialRecord) or gate.holds(result):
            yield result
        else:
            yield NotSelected(result.source_file, result.position, result.form, result.record_id)


def shown(name: str) -> str:
    """A file name as a label in one line that every table can hold: what no text holds becomes U+FFFD, sign by sign."""
    return _STEERING.sub("\ufffd", name)
