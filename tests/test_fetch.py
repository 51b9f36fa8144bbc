"""Fetching from a register that does what it should: whole snapshots and their updates."""

import gzip
import json
import os
import re
import time
import zipfile
from datetime import date
from hashlib import sha256

import pytest
import yaml
from fetching import DAY, QUERY, files_of, get, small_register, source_of, studies_of
from reading import CORPUS, needs_corpus, read_bare
from register_server import Register, invent, nct, status

from trialkit.fetch import FetchError

WEEK_LATER = "2026-11-27T09:00:01"


@pytest.fixture
def register():
    with small_register() as running:
        yield running


# A whole snapshot


def test_snapshot_is_named_after_the_day_of_the_data(register, tmp_path):
    assert get(register, tmp_path).folder == tmp_path / DAY
    assert os.listdir(tmp_path) == [DAY]


def test_every_study_is_stored_without_people(register, tmp_path):
    assert "Given" in json.dumps(list(register.studies.values()))
    assert studies_of(get(register, tmp_path).folder) == [invent(number) for number in range(1, 18)]


def test_source_says_what_was_asked(register, tmp_path):
    source = source_of(get(register, tmp_path, condition='"Lupus Nephritis"').folder)
    assert (source["query"], source["condition"], source["intervention"]) == (QUERY, '"Lupus Nephritis"', "")
    assert (source["register"], source["base_url"]) == ("ClinicalTrials.gov", register.url)
    assert re.search("public domain.* endorses", source["terms"])


def test_source_says_what_came(register, tmp_path):
    done = get(register, tmp_path)
    source, data = source_of(done.folder), (done.folder / "studies.jsonl.gz").read_bytes()
    assert (done.records, done.received, done.duplicates, done.requests) == (17, 17, 0, 7)
    assert [source[name] for name in ("records", "total", "received", "distinct", "duplicates")] == [17, 17, 17, 17, 0]
    assert (source["data_version"], source["data_timestamp"], source["api_version"]) == (
        DAY,
        f"{DAY}T09:00:05",
        "2.0.5",
    )
    assert source["sha256"] == done.sha256 == sha256(data).hexdigest()
    assert source["sha256_unpacked"] == sha256(gzip.decompress(data)).hexdigest()


def test_registries_read_the_snapshot(register, tmp_path):
    records = read_bare(get(register, tmp_path).folder)
    assert [(record.register, record.trial_id) for record in records] == [("ctgov", key) for key in register.studies]


def test_same_data_give_the_same_bytes_in_whatever_pages(register, tmp_path):
    whole = files_of(get(register, tmp_path / "a").folder)
    register.studies = dict(reversed(register.studies.items()))
    assert files_of(get(register, tmp_path / "b", page_size=7).folder) == whole


def test_every_page_is_asked_for_with_the_whole_search(register, tmp_path):
    get(register, tmp_path, condition="lupus", intervention="mesenchymal")
    search = {"format": "json", "query.term": QUERY, "query.cond": "lupus", "query.intr": "mesenchymal"}
    kinds, asked, headers = zip(*register.requests, strict=True)
    assert kinds == ("version", 1, 2, 3, 4, "count", "version")
    assert asked[1] == search | {"pageSize": "5", "countTotal": "true"}
    assert asked[2] == search | {"pageSize": "5", "pageToken": "5-2"}
    assert re.fullmatch(r"trialkit/\d+\.\d+\S*", headers[0]["User-Agent"])


@needs_corpus
def test_parameters_are_those_of_the_api_description(register, tmp_path):
    get(register, tmp_path, condition="lupus", intervention="mesenchymal")
    paths = yaml.safe_load((CORPUS / "ctgov_api_spec" / "ctg-oas-v2.yaml").read_text(encoding="utf-8"))["paths"]
    known = {parameter["name"] for parameter in paths["/studies"]["get"]["parameters"]}
    assert known >= {name for _, params, _ in register.requests for name in params}


def test_requests_keep_their_distance(register, tmp_path):
    began = time.monotonic()
    assert get(register, tmp_path, rate=40).requests == 7
    assert time.monotonic() - began >= 6 / 40


def test_progress_counts_up_to_the_total(register, tmp_path):
    seen = []
    get(register, tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(5, 17), (10, 17), (15, 17), (17, 17)]


@needs_corpus
def test_real_studies_come_without_people(tmp_path):
    with zipfile.ZipFile(CORPUS / "ctgov_v2" / "marcmorcos_erectile_dysfunction" / "ctg-studies.json.zip") as archive:
        studies = [json.loads(archive.read(name)) for name in sorted(archive.namelist())[::4]]
    with Register(studies) as register:
        stored = studies_of(get(register, tmp_path, "a", page_size=100).folder)
    assert [nct(study) for study in stored] == sorted(map(nct, studies))
    of_people = r'"(centralContacts|overallOfficials|contacts|pointOfContact|investigator\w+|old\w+)"|\w@\w+\.\w'
    assert re.search(of_people, json.dumps(studies))
    assert not re.search(of_people, json.dumps(stored))


# What is there already


def test_same_data_are_fetched_again_by_force_only(register, tmp_path):
    first, again = get(register, tmp_path), get(register, tmp_path)
    assert (again.requests, again.received, again.sha256) == (1, 0, first.sha256)
    assert get(register, tmp_path, force=True) == first


def test_damaged_snapshot_does_not_pass_for_the_same(register, tmp_path):
    (get(register, tmp_path).folder / "studies.jsonl.gz").write_bytes(b"damaged")
    with pytest.raises(FileExistsError, match="--force"):
        get(register, tmp_path)


@pytest.mark.parametrize(("query", "hour"), [("lupus", 9), (QUERY, 23)], ids=["other search", "other data of the day"])
def test_snapshot_is_replaced_by_force_only(register, tmp_path, query, hour):
    before = files_of(get(register, tmp_path).folder)
    register.timestamp = f"{DAY}T{hour:02d}:00:05"
    with pytest.raises(FileExistsError, match=f"holds a snapshot already .*{QUERY}.* --force"):
        get(register, tmp_path, query)
    assert files_of(tmp_path / DAY) == before
    get(register, tmp_path, query, force=True)
    assert files_of(tmp_path / DAY) != before


def test_forced_fetch_that_fails_leaves_the_old_snapshot(register, tmp_path):
    before = files_of(get(register, tmp_path).folder)
    register.faults[2].append(status(404))
    with pytest.raises(FetchError):
        get(register, tmp_path, force=True)
    assert files_of(tmp_path / DAY) == before


@pytest.mark.parametrize("taken", [DAY, f"{DAY}/notes.txt"], ids=["folder", "file"])
def test_other_things_are_never_replaced(register, tmp_path, taken):
    (tmp_path / DAY).mkdir()
    (tmp_path / DAY / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        get(register, tmp_path / taken, dated=False, force=True)
    assert (tmp_path / DAY / "notes.txt").read_text() == "mine"


def test_empty_folder_is_free(register, tmp_path):
    (tmp_path / DAY).mkdir()
    assert get(register, tmp_path).records == 17


# Updates


@pytest.fixture
def earlier(register, tmp_path):
    """A snapshot, after which studies 7 and 9 were updated, 90 was added and 12 removed."""
    done = get(register, tmp_path)
    register.timestamp = WEEK_LATER
    for number in (7, 9, 90):
        register.put(invent(number, "TERMINATED", "2026-11-25"))
    del register.studies[nct(invent(12))]
    register.requests.clear()
    return done


@pytest.mark.parametrize(
    ("since", "first", "received"),
    [("last", "2026-10-18", 4), ("2026-10-16", "2026-10-16", 6), (date(2026, 11, 20), "2026-11-20", 3)],
)
def test_update_asks_for_changed_studies_only(register, tmp_path, earlier, since, first, received):
    done, again = get(register, tmp_path, since=since), get(register, tmp_path, since=since)
    pages = [params for kind, params, _ in register.requests if kind != "version"]
    assert {params["filter.advanced"] for params in pages} == {f"AREA[LastUpdatePostDate]RANGE[{first},MAX]"}
    assert (done.received, done.replaced, done.added, done.records) == (received, received - 1, 1, 18)
    assert (again.received, again.requests) == (0, 1), "it is there already"


def test_update_puts_changed_studies_into_the_older_snapshot(register, tmp_path, earlier):
    done = get(register, tmp_path, since="last")
    whole = get(register, tmp_path / "whole")
    removed = [invent(12)]  # which an update cannot notice
    assert studies_of(done.folder) == sorted(studies_of(whole.folder) + removed, key=nct)
    assert studies_of(earlier.folder) != studies_of(done.folder)


def test_source_of_an_update_says_so(register, tmp_path, earlier):
    source = source_of(get(register, tmp_path, since="last").folder)
    assert (source["since"], source["updates"]) == ("2026-10-18", earlier.data_timestamp)
    assert (source["replaced"], source["added"]) == (3, 1)
    assert "left the register or the search since then cannot be told" in source["caution"]


def test_update_in_place_needs_force(register, tmp_path):
    get(register, tmp_path / "mine", dated=False)
    register.timestamp = WEEK_LATER
    with pytest.raises(FileExistsError):
        get(register, tmp_path / "mine", dated=False, since="last")
    done = get(register, tmp_path / "mine", dated=False, since="last", force=True)
    assert (done.records, done.added, done.data_timestamp) == (17, 0, WEEK_LATER)
    assert os.listdir(tmp_path) == ["mine"]


def test_update_without_any_change_is_a_snapshot_too(register, tmp_path):
    first = get(register, tmp_path)
    register.timestamp = WEEK_LATER
    done = get(register, tmp_path, since="2026-11-15")
    assert (done.received, done.replaced, done.added, done.records) == (0, 0, 0, 17)
    assert (done.folder.name, done.sha256) == ("2026-11-27", first.sha256)


def test_update_does_not_pass_for_a_whole_fetch(register, tmp_path, earlier):
    get(register, tmp_path, since="last")
    with pytest.raises(FileExistsError):
        get(register, tmp_path)
    assert get(register, tmp_path, force=True).records == 17


@pytest.mark.parametrize(
    ("query", "since", "reason"),
    [
        (QUERY, "2026-11-21", "studies updated in between would be missed"),
        ("lupus", "last", "no snapshot of the same search"),
    ],
)
def test_update_that_would_miss_studies_is_refused(register, tmp_path, earlier, query, since, reason):
    with pytest.raises(ValueError, match=reason):
        get(register, tmp_path, query, since=since)
    assert os.listdir(tmp_path) == [DAY]


def test_update_of_a_damaged_snapshot_is_refused(register, tmp_path, earlier):
    (earlier.folder / "studies.jsonl.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(FetchError, match="not as it was written"):
        get(register, tmp_path, since="last")


def test_update_to_older_data_is_refused(register, tmp_path, earlier):
    register.timestamp = "2026-01-01T09:00:00"
    with pytest.raises(FetchError, match="older than"):
        get(register, tmp_path, since="last")


# Arguments


@pytest.mark.parametrize(
    "options",
    [
        {"query": " "},
        {"query": "lupus\nnephritis"},
        {"page_size": 0},
        {"page_size": 1001},
        {"since": "2026-02-30"},
        {"rate": -1},
        {"base_url": "http://clinicaltrials.gov/api/v2"},
        {"base_url": "http://127.0.0.1.example/api/v2"},
        {"base_url": "https://name:word@clinicaltrials.gov/api/v2"},
        {"base_url": "https://clinicaltrials.gov/api/v2?x=1"},
    ],
    ids=str,
)
def test_wrong_arguments_are_refused_before_any_request(register, tmp_path, options):
    with pytest.raises(ValueError, match=r"expected|gives|line breaks"):
        get(register, tmp_path, **options)
    assert register.requests == os.listdir(tmp_path) == []
