"""E-mail addresses, phone numbers and the names of contacts stand in no frame and in no report."""

import base64
import gzip
import json
import re
from html import unescape

import ahocorasick_rs
import polars as pl
import pytest
from people import EMAIL, PHONE, find_people, texts_of
from reading import CORPUS, needs_corpus
from register_server import invent, with_people
from rendering import render_once

from trialkit.assemble import build_frames
from trialkit.contacts import strike, strike_contacts
from trialkit.frames import Frames
from trialkit.record import TrialRecord

CONTACTS = {
    "e-mail": "Write to ada.example+trial@lab.example.org today",
    "hidden e-mail": "Write to ada.example[at]lab.example.org or ada (at) lab.example",
    "phone": "Tel.: 030 450 543 07, Fax no. 030-45054307, WhatsApp 01512 3456789",
    "from abroad": "Ring +49 30 450 54307 or +1 (555) 010-0199, +8613800138000 after noon",
    "American": "At (555) 010-0199 or 555-010-0199 from nine to five",
}
HARMLESS = [
    "1-2 x 10^6/kg on days 0, 7 and 14, 2015-2016", "NCT04318600, 2015-001234-12, CTRI/2015/04/005716, U1111-1150-1234",
    "change from baseline +1.5 to +2.5; CD34+10 000 000; +1 000 000 cells", "microphone test, telephone interview at 12 weeks",
    "call at day 100-180; 10@20 mg; SLEDAI>=6 @ week 24", "ISRCTN12345678 and 120-240 mL, 100-200-300 mg, 160/100-110 mmHg",
    "mobile phase 12.5 ml, 6 months", "fax", "tel 3", "phone number: 12 of 24", "10^6-10^8 per kg, 1,000,000-2,000,000",
]  # fmt: skip


def leaks(text):
    return [found[0] for pattern in (EMAIL, PHONE) for found in pattern.finditer(text)]


@pytest.mark.parametrize("text", CONTACTS.values(), ids=CONTACTS)
def test_contact_is_struck_out_at_its_length(text):
    struck = strike(text)
    assert leaks(text), "this test has looked for nothing"
    assert leaks(struck) == []
    assert not re.search(r"\d{3}|lab\.example", struck)
    assert len(struck) == len(text)
    assert [c for c, d in zip(text, struck, strict=True) if c != d and d != "#"] == []


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_contact_stays(text):
    assert strike(text) == text


def test_offsets_of_a_record_stay_and_its_names_too():
    told = TrialRecord(
        register="ctgov", trial_id="NCT00000001", source_file="a@lab.example/x.json", url="https://lab.example/@x",
        brief_summary=f"{CONTACTS['e-mail']} 1x10^6/kg", secondary_ids=["Given Family", "ABC-1", "RESTORE", "EudraCT 2015-1"],
    )  # fmt: skip
    struck = strike_contacts(told)
    assert (struck.source_file, struck.url) == (told.source_file, told.url)
    assert struck.brief_summary.index("1x10^6") == told.brief_summary.index("1x10^6")
    assert struck.secondary_ids == ["ABC-1", "RESTORE", "EudraCT 2015-1"]
    silent = TrialRecord(register="ctgov", trial_id="NCT00000001", brief_summary="1x10^6/kg")
    assert strike_contacts(silent) is silent


def assert_none(frames: Frames, people=frozenset(), least=100):
    """No contact in any text of any frame; of people, only the registered sponsors, in their own column."""
    evidence = frames.evidence.filter(pl.col("column").cast(pl.String).ne_missing("lead_sponsor"))
    conflicts = frames.conflicts.filter(pl.col("column").cast(pl.String).ne_missing("lead_sponsor"))
    known = {"trials": frames.trials.drop("lead_sponsor"), "evidence": evidence, "conflicts": conflicts}
    matcher = ahocorasick_rs.AhoCorasick(sorted({name.lower() for name in people}) or ["\0"])
    found, n = [], 0
    for name, frame in frames.items():
        for column, text in texts_of(frame):
            n += 1
            found += [(name, column, leak) for leak in leaks(text)]
        for column, text in texts_of(known.get(name, frame)):
            low = text.lower()
            for _, start, end in matcher.find_matches_as_indexes(low):
                if not (low[:start][-1:].isalnum() or low[end:][:1].isalnum()):
                    found.append((name, column, text[start:end]))
    assert n > least, "there was little to look at"
    assert found == []


def seen(html: str) -> str:
    """All that a page holds: its words, and the data packed inside it."""
    packed = [gzip.decompress(base64.b64decode(p)) for p in re.findall(r">\s*(H4sI[\w+/=]{20,})\s*<", html)]
    data = [p.decode("utf-8", "replace") for p in packed if p.lstrip()[:1] in (b"{", b"[")]  # the others are programs
    # pictures and hashes are no words
    no_words = (
        r"data:[\w/+.-]+;base64,[\w+/=]+|sha256-[\w+/=]+|H4sI[\w+/=]+|<script(?! type=.application/json).*?</script>"
    )
    return "\n".join([unescape(re.sub(no_words, " ", html, flags=re.S)), *data])


def test_a_record_full_of_contacts_leaves_none(tmp_path):
    studies = []
    for number, text in enumerate(CONTACTS.values(), 1):
        study = with_people(invent(number))
        protocol = study["protocolSection"]
        said = f"Umbilical cord MSC, 1x10^6/kg once. {text}. Dr. Nobody decides."
        protocol["identificationModule"] |= {
            "officialTitle": said,
            "acronym": text[:20],
            "secondaryIdInfos": [{"id": "Given Family"}],
        }
        protocol["descriptionModule"] = {"briefSummary": said, "detailedDescription": said}
        protocol["conditionsModule"] |= {"keywords": [said], "conditions": ["Lupus Nephritis", text]}
        protocol["designModule"] = {
            "studyType": "INTERVENTIONAL",
            "designInfo": {"maskingInfo": {"maskingDescription": said}},
        }
        protocol["armsInterventionsModule"] = {
            "armGroups": [{"label": said, "type": "EXPERIMENTAL", "description": said}],
            "interventions": [
                {
                    "type": "BIOLOGICAL",
                    "name": said,
                    "description": said,
                    "otherNames": [said],
                    "armGroupLabels": [said],
                }
            ],
        }
        outcome = {"measure": said, "timeFrame": f"24 weeks; {text}", "description": said}
        protocol["outcomesModule"] = {
            "primaryOutcomes": [outcome],
            "secondaryOutcomes": [outcome],
            "otherOutcomes": [outcome],
        }
        protocol["eligibilityModule"] = {
            "eligibilityCriteria": f"Inclusion Criteria:\n\n* SLEDAI >= 6. {text}\n\nExclusion Criteria:\n\n* {said}"
        }
        studies.append(study)
    (tmp_path / "studies.json").write_text(json.dumps(studies))
    assert len(leaks((tmp_path / "studies.json").read_text())) > 50
    frames = build_frames([tmp_path / "studies.json"], engine="serial")
    assert len(frames.trials) == len(studies)
    assert len(frames.regimens) > 0
    assert_none(frames, {"Given Family", "Professor Given", "Clinic of Prof. Given"})
    from trialkit.report_trials import render_trials

    for page in render_trials(frames, tmp_path / "pages"):
        assert leaks(seen(page.read_text(encoding="utf-8"))) == []


def test_bundled_frames_hold_none(bundled):
    assert_none(bundled)


def test_reports_hold_none(bundled, tmp_path_factory):
    reports = render_once(tmp_path_factory.getbasetemp(), bundled)
    pages = sorted(next(iter(reports.values())).html.parent.rglob("*.html"))
    assert len(pages) > 50
    found = {page.name: leaks(seen(page.read_text(encoding="utf-8"))) for page in pages}
    assert {name: leak for name, leak in found.items() if leak} == {}
    assert any('{"' in seen(page.read_text(encoding="utf-8")) for page in pages), "no data of charts were found"


@needs_corpus
def test_people_of_real_records_are_in_no_frame():
    places = ["ctgov_v2/single", "ctgov_v2/aact_fixtures", "ctgov_v2/api_pages", "ctgov_classic_json/results_2.json", "ctgov_classic_json/NCT04780763.json",
              "ctrdata", "registry_scrapes", "../seeds"]  # fmt: skip
    paths = [CORPUS / place for place in places if (CORPUS / place).exists()]
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    files = [file for file in files if file.suffix in (".json", ".gz", ".csv", ".xml")]
    people = {name for file in files for name in find_people(file)}
    assert len(people) > 50
    frames = build_frames(paths)
    assert len(frames.trials) > 50
    assert_none(frames, people)
