"""What holds of every reader and fact, whatever it is given: no error, offsets that lie in the text, values that make sense.

`FAMILIES` has one function a family of inputs, which makes an input from a `random.Random` and checks what comes of it.
"""

import io
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import garbled
import garbled_files
import msgspec
from garbled_pages import check_page

from trialkit.extraction import Failed, extract, unpack
from trialkit.facts.arm_sizes import find_arm_size, find_group_sizes
from trialkit.facts.conditions import find_condition_group
from trialkit.facts.control_type import find_control_type
from trialkit.facts.criteria_kinds import imply_kinds
from trialkit.facts.doses import BASES, find_doses
from trialkit.facts.durations import find_durations
from trialkit.facts.eligibility import find_criteria
from trialkit.facts.endpoints import read_endpoint
from trialkit.facts.limits import find_limits, fold_criteria
from trialkit.facts.outcome_metrics import read_metrics
from trialkit.facts.quantities import find_quantities
from trialkit.facts.schedules import read_schedule
from trialkit.facts.scope import sentences
from trialkit.facts.thresholds import find_thresholds
from trialkit.facts.time_frames import find_time_frame, read_time
from trialkit.linking.numbers import find_numbers, normalise_id
from trialkit.record import Passage, TrialRecord
from trialkit.registries.results import Rejected
from trialkit.registries.streams import read_stream
from trialkit.rows import read_trial
from trialkit.schema import FRAMES
from trialkit.vocabulary import fold_words, load_vocabulary, vocabulary_names

_TABLES = 0.1  # share of the records whose rows are held against their frames, which takes longest


def inside(text: str, start: int, end: int) -> None:
    """A span is a stretch of the text that holds something."""
    assert 0 <= start < end <= len(text), f"{start}:{end} of {len(text)} characters"
    assert text[start:end].strip(), f"the quote {text[start:end]!r} is blank"


def sane(*values: float | None, most: float = 1e30) -> None:
    """Numbers read are finite and not negative."""
    for value in values:
        assert value is None or (math.isfinite(value) and 0 <= value <= most), f"value {value}"


def doses(text: str) -> None:
    for dose in find_doses(text):
        inside(text, dose.start, dose.end)
        sane(dose.low, dose.high)
        assert dose.basis in BASES
        assert dose.low is not None or dose.high is not None
        assert dose.low is None or dose.high is None or dose.low <= dose.high, f"{dose.low} to {dose.high}"


def quantities(text: str) -> None:
    for quantity in find_quantities(text):
        inside(text, quantity.start, quantity.end)
        sane(quantity.low, quantity.high)
        assert quantity.low <= quantity.high


def schedules(text: str) -> None:
    if schedule := read_schedule(text):
        inside(text, schedule.start, schedule.end)
        sane(schedule.n_administrations, schedule.at_most, *schedule.interval_days, *schedule.days, most=1e6)
        assert schedule.n_administrations != 0
        assert all(gap > 0 for gap in schedule.interval_days), schedule.interval_days


def durations(text: str) -> None:
    for duration in find_durations(text):
        inside(text, duration.start, duration.end)
        sane(duration.days)


def time_frames(text: str) -> None:
    if (frame := find_time_frame(text)) is not None:
        inside(text, frame.start, frame.end)
        sane(frame.horizon_days, frame.recurrence_days, frame.tolerance_days, *frame.timepoints_days)
        assert frame.timepoints_days == sorted(frame.timepoints_days)
    half = len(text) // 2
    frame, where = read_time(text[:half], text[half:])
    if frame:
        inside(text[:half] if where == "time_frame" else text[half:], frame.start, frame.end)


def criteria(text: str) -> None:
    found = find_criteria(text)
    for one in found:
        inside(text, one.start, one.end)
        assert " ".join(text[one.start : one.end].split()) == one.text
        for threshold in one.thresholds:
            inside(text, threshold.start, threshold.end)
            assert one.start <= threshold.start < threshold.end <= one.end
    kinds = imply_kinds([one.text for one in found])
    assert len(kinds) == len(found)


def thresholds(text: str) -> None:
    for threshold in find_thresholds(text):
        inside(text, threshold.start, threshold.end)
        sane(threshold.low, threshold.high)
    for limit in find_limits(fold_criteria(text)):
        inside(text, limit.start, limit.end)
        sane(limit.low, limit.high)


def group_sizes(text: str) -> None:
    half = len(text) // 2
    for size in find_group_sizes(text):
        inside(text, size.start, size.end)
        assert 0 < size.n < 10_000
    if found := find_arm_size(text[:half], text[half:]):
        part, size = found
        inside(text[:half] if part == "label" else text[half:], size.start, size.end)
        assert 0 <= size.n < 10_000


def endpoints(text: str) -> None:
    half = len(text) // 2
    measure, description = text[:half], text[half:] or None
    for group in (None, "systemic_lupus"):
        for found in read_endpoint(measure, description, condition_group=group).instruments:
            inside(measure if found.part == "measure" else description or "", found.start, found.end)
    for found in read_metrics(measure, description):
        inside(measure if found.part == "measure" else description or "", found.start, found.end)


def words(text: str) -> None:
    for name in vocabulary_names():
        end = 0
        for hit in load_vocabulary(name).find(text):
            inside(text, hit.start, hit.end)
            assert hit.start >= end, "terms overlap"
            end = hit.end
            found = b" ".join(fold_words(text[hit.start : hit.end]).split())
            assert found.removesuffix(b"s") == b" ".join(fold_words(hit.term).split()).removesuffix(b"s"), (
                found,
                hit.term,
            )


def parts(text: str) -> None:
    """Sentences, condition groups, controls and register numbers."""
    for clause in sentences(Passage("brief_summary", "summary", text)):
        inside(text, clause.start, clause.end)
    half = len(text) // 2
    texts = {"condition": [text[:half]], "title": [text[half:]]}
    if found := find_condition_group(texts["condition"], texts["title"]):
        _, at = found
        inside(texts[at.section][at.index], at.start, at.end)
    find_control_type([(text[:half], None, text[half:], False)], True, text)
    for number in find_numbers(text):
        assert normalise_id(number.number) == number.number


FACTS: dict[str, Callable[[str], None]] = {
    find.__name__: find
    for find in (
        doses, quantities, schedules, durations, time_frames, criteria, thresholds, group_sizes, endpoints, words, parts,
    )
}  # fmt: skip


def check_rows(record: TrialRecord, tables: bool = True) -> None:
    """The rows of a record: every quote stands in the text of its field, and in its sentence; `tables`: as its frames ask."""
    texts = {passage.field: passage.text for passage in record.passages()}
    for outcome in record.outcomes:
        for part in ("measure", "time_frame", "description"):
            texts[f"outcomes.{outcome.role}[{outcome.position}].{part}"] = getattr(outcome, part) or ""
    rows = unpack(extracted) if isinstance(extracted := extract((record, [])), bytes) else read_trial(record)
    for row in rows["evidence"]:
        if row["start"] is None:
            continue
        text, quote = texts[row["field"]], row["quote"]
        inside(text, row["start"], row["end"])
        assert text[row["start"] : row["end"]] == quote, row
        assert row["sentence"][row["start"] - row["sentence_start"] :].startswith(quote), row
    for regimen in rows["regimens"]:
        sane(regimen["dose_low"], regimen["dose_high"], regimen["cumulative_low"], regimen["cumulative_high"])
    if tables and isinstance(extracted, bytes):
        check_tables([rows])


class Files:
    """Readers on garbled files. Every input gives records or reasons; a record is what its type says, and can be read."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()

    def __call__(self, chance: random.Random) -> None:
        name, data = chance.choice(garbled_files.real_files())
        made = garbled_files.other_file(name, data, chance)
        if name == ".tables":
            made = garbled_files.archive_of(made.decode("utf-8", "replace"))
        self.read(name, made, tables=chance.random() < _TABLES)

    def read(self, name: str, data: bytes, tables: bool = True) -> None:
        results = list(read_stream(f"garbled{name}", io.BytesIO(data)))
        assert results, "no record and no reason"
        for result in results:
            if isinstance(result, Rejected):
                self.outcomes["rejected"] += 1
                assert result.reason
                assert "Traceback" not in result.reason
                continue
            self.outcomes["read"] += 1
            check_record(result)
        for record in [r for r in results if isinstance(r, TrialRecord)][:3]:
            rows = extract((record, []))
            if isinstance(rows, Failed):
                assert "OverflowError" in rows.reason or "UnicodeEncodeError" in rows.reason, rows.reason
                self.outcomes["stand in no table"] += 1
            elif tables:
                check_tables([unpack(rows)])


def check_record(record: TrialRecord) -> None:
    """The record has the types it promises, and comes back from JSON as it was."""
    plain = msgspec.to_builtins(record)
    assert msgspec.convert(plain, TrialRecord, strict=True) == record
    try:
        packed = msgspec.json.encode(plain)
    except UnicodeEncodeError:  # half a pair of surrogates: stands in no file either
        return
    assert msgspec.json.decode(packed, type=TrialRecord) == record


def check_tables(several: Iterable[dict[str, list[dict[str, Any]]]]) -> None:
    """No row breaks the contract of its frame."""
    from trialkit.assemble import _DATES, _table

    rows: dict[str, list] = {name: [] for name in FRAMES}
    for one in several:
        for name, found in one.items():
            rows[name] += found
    for trial in rows["trials"]:
        trial.update({name: date.fromisoformat(trial[name]) for name in _DATES if trial[name]})
    for name, found in rows.items():
        if found:
            _, bad = FRAMES[name].filter(_table(name, found), cast=True)
            assert not bad.counts(), f"{name}: {bad.counts()}"


def _of_texts(check: Callable[[str], None]) -> Callable[[random.Random], None]:
    return lambda chance: check(garbled.text(chance))


def records(chance: random.Random) -> None:
    """Whole records: all facts of all their texts, with the evidence."""
    check_rows(garbled.record(chance), tables=chance.random() < _TABLES)


def pages(chance: random.Random) -> None:
    """Saved pages with their lines in another order, doubled, cut or left out."""
    check_page("\n".join(garbled_files.other_page(chance.choice(garbled_files.real_pages()), chance)))


FAMILIES: dict[str, Callable[[random.Random], None]] = {
    **{name: _of_texts(check) for name, check in FACTS.items()},
    "records": records,
    "pages": pages,
    "files": Files(),
}
