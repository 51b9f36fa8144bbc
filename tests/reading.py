"""What the tests of readers share: files and real records in through the public way, records out without their place."""

from pathlib import Path

import msgspec
import pytest
from conftest import SHARED

from trialkit.record import TrialRecord
from trialkit.registries.files import ReadResult, Rejected, read_inputs

CORPUS = SHARED / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no real records in {CORPUS}")


def bare(record: TrialRecord) -> TrialRecord:
    """The record without the file and the kind of file it came from."""
    return msgspec.structs.replace(record, source_file="", position=0, form="", complete=True)


def read_bare(*paths: Path | str) -> list[ReadResult]:
    """What the files give, in order: records without their place, or the reasons why there is none."""
    return [result if isinstance(result, Rejected) else bare(result) for result in read_inputs(paths)]


def read_written(folder: Path, content: str | bytes, name: str = "download") -> list[ReadResult]:
    """The same of one file with this content; its name says nothing."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_bare(folder / name)


def read_corpus(*paths: str) -> list[TrialRecord]:
    """The records of files of the corpus, none rejected."""
    results = list(read_inputs([CORPUS / path for path in paths]))
    assert [result for result in results if isinstance(result, Rejected)] == []
    return results
