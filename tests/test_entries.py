"""Archives of one file a study in a build upon an earlier one: members that are as they were are not read, and nobody sees it."""

import json
import os
import random
import zipfile

import pytest
from gating import WANTED, dump, study
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_incremental import files, run

from trialkit.cli_build import tell_entries
from trialkit.extraction_entries import EntryStore
from trialkit.record import TrialRecord
from trialkit.registries import bulk, contents
from trialkit.registries.files import read_inputs
from trialkit.storage import KEPT

PAGE = b'{"studies":[' + dump(81) + b"," + dump(82, WANTED) + b"]}"
SPOILT = dump(83, WANTED)[:-9]


def write_members(path, members: dict[str, bytes]):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # dated 1980, whenever it is written
    return path


def register(n: int = 40) -> dict[str, bytes]:
    return {f"NCT9{k:07}.json": dump(k, f"{k + 1} x 10^6 {WANTED}" if k % 5 == 1 else "aspirin") for k in range(n)}


@pytest.fixture
def archive(tmp_path):
    return write_members(tmp_path / "x.zip", register())


@pytest.fixture
def inflated(monkeypatch):
    """The names of the members that were inflated."""
    names, before = [], bulk._inflated
    monkeypatch.setattr(bulk, "_inflated", lambda packed, member: names.append(member.name) or before(packed, member))
    return names


@pytest.mark.parametrize("options", [("--select", "msc"), ()], ids=["selected", "whole"])
def test_only_members_that_changed_are_inflated(options, archive, tmp_path, inflated):
    run(archive, "--out", tmp_path / "out", *options)
    assert len(inflated) == 40
    inflated.clear()
    changed = register() | {"NCT90000006.json": dump(6, f"other {WANTED}"), "NCT90000041.json": dump(41, WANTED)}
    write_members(archive, changed)
    told = run(archive, "--out", tmp_path / "out", *options)
    assert inflated == ["NCT90000006.json", "NCT90000041.json"]
    assert "2 of 41 files in archives were read; the others are as they were" in told
    run(archive, "--out", tmp_path / "full", "--no-cache", *options)
    assert files(tmp_path / "out") == files(tmp_path / "full")


def test_archive_under_another_name_is_not_read_again(archive, tmp_path, inflated):
    run(archive, "--out", tmp_path / "out", "--select", "msc")
    inflated.clear()
    moved = archive.rename(tmp_path / "y.zip")
    assert "All 40 files in archives are as they were" in run(moved, "--out", tmp_path / "out", "--select", "msc")
    assert not inflated
    run(moved, "--out", tmp_path / "full", "--no-cache", "--select", "msc")
    assert files(tmp_path / "out") == files(tmp_path / "full")


@pytest.mark.parametrize("what", ["selection", "rules", "damage", "--no-cache"])
def test_nothing_is_taken_over_from_another_selection_other_rules_or_a_damaged_file(
    what, archive, tmp_path, inflated, monkeypatch
):
    run(archive, "--out", tmp_path / "out", "--select", "msc")
    inflated.clear()
    [entries] = (tmp_path / "out" / KEPT).glob("entries-*")
    write_members(archive, register(41))
    if what == "rules":
        monkeypatch.setattr("trialkit.builds.rules_fingerprint", lambda: "other")
    if what == "damage":
        entries.write_bytes(entries.read_bytes()[:-1] + b"\0")
    more = ["--no-cache"] if what == "--no-cache" else []
    run(archive, "--out", tmp_path / "out", "--select", "stromal" if what == "selection" else "msc", *more)
    assert len(inflated) == 41


def test_member_that_gave_no_single_record_is_read_again(tmp_path, inflated):
    members = register(3) | {"page.json": PAGE, "spoilt.json": SPOILT}
    archive = write_members(tmp_path / "x.zip", members)
    run(archive, "--out", tmp_path / "out", "--select", "msc", status=3)
    inflated.clear()
    write_members(archive, members | register(4))
    run(archive, "--out", tmp_path / "out", "--select", "msc", status=3)
    assert inflated == ["page.json", "spoilt.json", "NCT90000003.json"]


def test_bytes_that_only_look_the_same_are_found_by_a_build_without_a_cache(archive, tmp_path):
    run(archive, "--out", tmp_path / "out", "--select", "msc")
    data = bytearray(archive.read_bytes())
    data[60] ^= 0x55  # in the data of the first member, whose sum in the directory stays
    archive.write_bytes(data)
    assert "All 40 files" in run(archive, "--out", tmp_path / "out", "--select", "msc")
    assert "1 rejected" in run(archive, "--out", tmp_path / "out", "--select", "msc", "--no-cache", status=3)


def test_kept_record_comes_back_as_it_was(tmp_path):
    rich = study(1, WANTED, outcomesModule={"primaryOutcomes": [{"measure": "Pain", "timeFrame": "1 year"}]})
    path = write_members(tmp_path / "x.zip", {"a.json": json.dumps(rich).encode(), "b.json": dump(2, "é \u2265 5")})
    records = list(read_inputs([path]))
    known = EntryStore(tmp_path, "rules")
    assert list(read_inputs([path], known=known)) == records
    known.write(tmp_path)
    again = EntryStore(tmp_path, "rules")
    assert list(read_inputs([path], known=again)) == records
    assert all(isinstance(record, TrialRecord) for record in records)
    assert (again.taken, again.read) == (2, 0)
    assert EntryStore(tmp_path, "rules", fresh=True).rows([0]) is not None
    assert list(read_inputs([path], known=(fresh := EntryStore(tmp_path, "rules", fresh=True)))) == records
    assert (fresh.taken, fresh.read) == (0, 2)


@pytest.mark.parametrize(
    ("read", "taken", "told"),
    [
        (1, 1, "1 of 2 files in archives was read; the other is as it was"),
        (3, 29_997, "3 of 30,000 files in archives were read; the others are as they were"),
        (0, 1, "The only file in an archive is as it was"),
        (0, 2, "All 2 files in archives are as they were"),
    ],
)
def test_sentence_on_what_was_read_fits_every_number(read, taken, told):
    assert tell_entries(read, taken) == told


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["change", "add", "remove", "shuffle", "swap", "page", "spoil", "select"]),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=4,
)


def edit(members: dict[str, bytes], what: str, luck: random.Random) -> dict[str, bytes]:
    """One thing that happens to an archive between two builds."""
    names = list(members)
    words = luck.choice(["aspirin", WANTED, f"{luck.randint(1, 9)} x 10^6 {WANTED}/kg", "CD34+ cells"])
    number = luck.randint(0, 60)
    if what == "change":
        members[luck.choice(names)] = dump(number, words)
    elif what == "add":
        members = {f"NCT9{number:07}.json": dump(number, words)} | members
    elif what == "remove" and len(names) > 2:
        members.pop(luck.choice(names[1:]))
    elif what == "shuffle":
        luck.shuffle(names)
    elif what == "swap":
        a, b = luck.choice(names), luck.choice(names)
        members[a], members[b] = members[b], members[a]
    elif what in ("page", "spoil"):
        members[f"{what}.json"] = PAGE if what == "page" else SPOILT
    return {name: members[name] for name in (names if what == "shuffle" else members)}


@settings(max_examples=int(os.environ.get("TRIALKIT_EXAMPLES", "10")), deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(EDITS, min_size=1, max_size=3), st.booleans())
def test_frames_of_any_history_are_those_of_a_full_build(tmp_path_factory, history, selected):
    place = tmp_path_factory.mktemp("history")
    members, select = {"first.json": dump(99, WANTED)} | register(7), "msc" if selected else ""

    def build(target: str, *options: str) -> None:
        write_members(place / "x.zip", members)
        status = 3 if SPOILT in members.values() else 0
        chosen = ["--select", select] if select else []
        run(place / "x.zip", "--out", place / target, "--engine", "serial", *chosen, *options, status=status)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "SPAN", 3)
        build("out")
        for edits in history:
            for what, seed in edits:
                if what == "select":
                    select = {"msc": "stromal", "stromal": "", "": "msc"}[select]
                members = edit(members, what, random.Random(seed)) | {"first.json": dump(99, WANTED)}
            build("out")
        build("full", "--no-cache")
    assert files(place / "out") == files(place / "full")


def test_records_past_a_gate_are_asked_once(archive, monkeypatch):
    from gating import GATE

    asked, before = [], contents.passed_over
    monkeypatch.setattr(bulk, "passed_over", lambda *a: asked.append(a) or before(*a))
    monkeypatch.setattr(contents, "passed_over", lambda *a: pytest.fail("asked again"))
    assert len(list(read_inputs([archive], GATE))) == len(asked) == 40
