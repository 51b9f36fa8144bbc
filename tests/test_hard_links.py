"""Pairs that are hard to tell: which records of one trial are found, and that no two trials ever become one.

`fixtures/hard_links.csv` was made by hand from real records: pairs of one trial told by a number, pairs of one trial
that name no number of each other (their titles, sponsors, sizes and countries say so), and false friends.
"""

import csv
from pathlib import Path

import pytest
from reading import needs_corpus, read_corpus

from trialkit.linking import link_records, normalise_id

with (Path(__file__).parent / "fixtures" / "hard_links.csv").open(encoding="utf-8") as _file:
    PAIRS = list(csv.DictReader(_file))
FILES = (
    "ictrp/COVID19-web_7Jul2020.xlsx",
    "ictrp/COVID19-1135-trials.csv.gz",
    "derived_v2_msc/mapclinical_as_v2.jsonl.gz",
    "ctgov_v2_csv/drstrupf_multiple_sclerosis_19cols_2964.csv.gz",
)


@pytest.fixture(scope="module")
def linked():
    """(number -> the trial it ended in, pairs of trials that are proposed)."""
    found = link_records(read_corpus(*FILES))
    trial = {normalise_id(r.trial_id): r.record_id for r in found.kept if r.trial_id}
    trial |= {normalise_id(r.trial_id): kept.record_id for r, kept, _ in found.duplicates if r.trial_id}
    return trial, {frozenset((row["record_a"], row["record_b"])) for row in found.links}


def pairs(linked, truth, told_by=""):
    trial, _ = linked
    chosen = [row for row in PAIRS if (row["truth"], row["told_by"]) == (truth, told_by)]
    return [(trial[normalise_id(row["one"])], trial[normalise_id(row["other"])]) for row in chosen]


@needs_corpus
def test_no_two_trials_become_one(linked):
    assert [pair for pair in pairs(linked, "different") if len(set(pair)) == 1] == []


@needs_corpus
def test_every_trial_told_by_a_number_is_one(linked):
    assert [pair for pair in pairs(linked, "same", "number") if len(set(pair)) == 2] == []


@needs_corpus
def test_trials_that_name_no_number_are_mostly_proposed_and_never_joined(linked):
    found = pairs(linked, "same", "title")
    assert all(len(set(pair)) == 2 for pair in found)
    assert sum(frozenset(pair) in linked[1] for pair in found) >= 0.9 * len(found)
