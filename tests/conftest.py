"""What the tests share: the bundled frames, built once before any worker starts, and places outside the checkout."""

import sys

# As in trialkit.cli: 1.5 s in every process that imports altair or papermill.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from contextlib import suppress  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# The same examples in every run: what fails once fails again.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"  # records that are not part of the project; tests on them are skipped without it


def scope_of(text):
    """The scope of a record that says `text` of its one intervention."""
    from trialkit.facts.scope import read_scope
    from trialkit.record import Intervention, TrialRecord

    record = TrialRecord(register="test", trial_id="TEST-1", interventions=[Intervention(name="MSC", description=text)])
    return read_scope(record.passages(), [], [])


def pytest_sessionstart(session):
    """Build the frames here, once: parallel workers would otherwise all build and write them at the same time."""
    if not hasattr(session.config, "workerinput"):
        from trialkit.snapshots import load

        with suppress(Exception):  # then the tests that need the frames say what is wrong
            load()


@pytest.fixture(scope="session")
def bundled():
    """The frames of the bundled snapshots."""
    from trialkit.snapshots import load

    return load()


@pytest.fixture(scope="session")
def corpus():
    """The folder of real records beside the checkout."""
    if not (SHARED / "corpus").is_dir():
        pytest.skip(f"no real records in {SHARED / 'corpus'}")
    return SHARED / "corpus"
