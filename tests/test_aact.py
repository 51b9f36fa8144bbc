"""The AACT dump: tables laid out as its exporter writes them come back as the studies they were made of."""

import csv
import gzip
import io
import json
import logging
import re
import time
import zipfile
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from trialkit import registries
from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries import aact
from trialkit.registries.aact_tables import STUDIES, TABLES
from trialkit.registries.aact_words import date as iso_date
from trialkit.registries.aact_words import line, lines
from trialkit.registries.ctgov import parse_study
from trialkit.registries.files import Rejected, read_inputs

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    """The reader among the known ones, also while it is tried alone."""
    if "aact" not in registries.READERS:
        reader = registries.Reader("archive", aact.recognises, aact.parse, aact.ACCEPTS)
        monkeypatch.setitem(registries.READERS, "aact", reader)


# --- a dump as the exporter writes it: COPY ... CSV HEADER, then `""` dropped and line breaks turned to `~` ----------


def cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    text = str(value)
    quoted = text == "" or re.search(r'[|"\n\r]', text)
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if quoted else text


def exported(rows: list[dict], columns: list[str]) -> str:
    written = ["|".join(columns) + "\n"]
    for row in rows:
        text = "|".join(cell(row.get(column)) for column in columns) + "\n"
        text = re.sub(r"\n\s", "~", text.replace('""', ""), flags=re.A).replace("\n", "~")
        written.append(re.sub(r"~$", "\n", text))
    return "".join(written)


def write_dump(path: Path, tables: dict[str, list[dict]], folder: str = "") -> Path:
    """A zip of all tables read (those not given have a header alone), rows numbered from 1 where they have no id."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for table, columns in {"studies": STUDIES, **TABLES}.items():
            rows = [{"id": n, **row} for n, row in enumerate(tables.get(table, []), 1)]
            names = ["nct_id", *columns] if table == "studies" else ["id", "nct_id", *columns]
            archive.writestr(f"{folder}{table}.txt", exported(rows, names))
        archive.writestr(f"{folder}reported_events.txt", "id|nct_id\n")
    return path


def read(path: Path) -> list:
    return [
        msgspec.structs.replace(r, source_file="", position=0, form="") if isinstance(r, TrialRecord) else r
        for r in read_inputs([path])
    ]


N = {"nct_id": "NCT99000010"}
DUMP = {
    "studies": [
        N
        | {
            "brief_title": "Cells for Sore Knees &amp; Hips",
            "official_title": "A Study of Cells ~ Frozen",
            "acronym": "SORE",
            "overall_status": "ACTIVE_NOT_RECRUITING",
            "study_type": "INTERVENTIONAL",
            "phase": "PHASE1/PHASE2",
            "enrollment": 12,
            "enrollment_type": "ESTIMATED",
            "start_month_year": "2031-02",
            "start_date": "2031-02-28",
            "completion_month_year": "2033-01-15",
            "completion_date": "2033-01-15",
            "study_first_posted_date": "2031-01-05",
        }
    ],
    "brief_summaries": [N | {"description": "A dose of 1 x 10\\^6 cells/kg."}],
    "detailed_descriptions": [N | {"description": "Weight \\> 40 kg, \\~8\\~10 cells:\n\n* group A\n  * group B | C"}],
    "conditions": [N | {"id": 9, "name": "Hip Pain"}, N | {"id": 8, "name": "Arthritis"}],
    "keywords": [N | {"name": "cells"}, N | {"name": 'so called "knee"'}],
    "countries": [
        N | {"name": "Spain", "removed": False},
        N | {"name": "Peru", "removed": True},
        N | {"name": "Italy", "removed": False},
    ],
    "facilities": [N, N, N],
    "designs": [
        N
        | {
            "allocation": "NON_RANDOMIZED",
            "intervention_model": "PARALLEL",
            "intervention_model_description": "Two groups\nside by side",
            "primary_purpose": "ECT",
            "masking": "DOUBLE",
            "subject_masked": True,
            "caregiver_masked": False,
            "outcomes_assessor_masked": True,
        }
    ],
    "design_groups": [
        N | {"id": 21, "group_type": "NO_INTERVENTION", "title": "B"},
        N | {"id": 20, "group_type": "EXPERIMENTAL", "title": "A", "description": "first\nsecond"},
    ],
    "interventions": [
        N | {"id": 30, "intervention_type": "BIOLOGICAL", "name": "Cells", "description": "thawed"},
        N | {"id": 31, "intervention_type": "DIETARY_SUPPLEMENT", "name": "Fish oil"},
    ],
    "design_group_interventions": [
        N | {"design_group_id": 20, "intervention_id": 30},
        N | {"design_group_id": 20, "intervention_id": 31},
        N | {"design_group_id": 77, "intervention_id": 31},
    ],
    "intervention_other_names": [N | {"intervention_id": 30, "name": "Frozen cells"}],
    "design_outcomes": [
        N | {"outcome_type": "other", "measure": "Sleep"},
        N
        | {
            "outcome_type": "primary",
            "measure": "Pain",
            "time_frame": "up to ~6 months",
            "description": "0\\~10\nworst",
        },
        N | {"outcome_type": "secondary", "measure": "Walk"},
        N | {"outcome_type": "primary", "measure": "Joint space", "time_frame": "1 year"},
    ],
    "eligibilities": [
        N
        | {
            "criteria": "Inclusion Criteria:\n\n* Pain",
            "gender": "FEMALE",
            "minimum_age": "18 Years",
            "maximum_age": "N/A",
            "healthy_volunteers": False,
        }
    ],
    "id_information": [N | {"id_value": "ORG-1"}, N | {"id_value": "2031-000001-10"}, N | {"id_value": "ORG-1"}],
    "sponsors": [
        N | {"lead_or_collaborator": "collaborator", "agency_class": "INDUSTRY", "name": "Helper Ltd"},
        N | {"lead_or_collaborator": "lead", "agency_class": "OTHER_GOV", "name": "Example Institute"},
    ],
    "calculated_values": [N | {"were_results_reported": False}],
}
RECORD = TrialRecord(
    register="ctgov",
    trial_id="NCT99000010",
    url="https://clinicaltrials.gov/study/NCT99000010",
    secondary_ids=["ORG-1", "2031-000001-10"],
    public_title="Cells for Sore Knees & Hips",
    scientific_title="A Study of Cells ~ Frozen",
    acronym="SORE",
    conditions=["Arthritis", "Hip Pain"],
    keywords=["cells", "so called knee"],
    brief_summary="A dose of 1 x 10^6 cells/kg.",
    detailed_description="Weight > 40 kg, ~8~10 cells:\n* group A\n * group B | C",
    overall_status="active_not_recruiting",
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="non_randomized",
    intervention_model="parallel",
    intervention_model_description="Two groups\nside by side",
    masking="double",
    who_masked=["participant", "outcomes_assessor"],
    primary_purpose="ect",
    enrollment_count=12,
    enrollment_type="estimated",
    sex="female",
    minimum_age="18 Years",
    healthy_volunteers=False,
    eligibility="Inclusion Criteria:\n* Pain",
    arms=[
        Arm(
            label="A",
            type="experimental",
            description="first\nsecond",
            interventions=["Biological: Cells", "Dietary Supplement: Fish oil"],
        ),
        Arm(label="B", type="no_intervention"),
    ],
    interventions=[
        Intervention(
            name="Cells", type="biological", description="thawed", other_names=["Frozen cells"], arm_labels=["A"]
        ),
        Intervention(name="Fish oil", type="dietary_supplement", arm_labels=["A"]),
    ],
    outcomes=[
        Outcome(
            role="primary", position=0, measure="Pain", time_frame="up to ~6 months", description="0~10\nworst"
        ),
        Outcome(role="primary", position=1, measure="Joint space", time_frame="1 year"),
        Outcome(role="secondary", position=0, measure="Walk"),
        Outcome(role="other", position=0, measure="Sleep"),
    ],
    start_date="2031-02",
    completion_date="2033-01-15",
    first_posted_date="2031-01-05",
    lead_sponsor="Example Institute",
    sponsor_class="other_gov",
    countries=["Spain", "Italy"],
    n_sites=3,
    has_results=False,
)  # fmt: skip


def changed(**columns) -> dict[str, list[dict]]:
    """The study with other values in its row of studies.txt."""
    return {**DUMP, "studies": [DUMP["studies"][0] | columns]}


@pytest.mark.parametrize("folder", ["", "20310101_export/"])
def test_a_dump_gives_the_whole_study(folder, tmp_path):
    assert read(write_dump(tmp_path / "download", DUMP, folder)) == [RECORD]


def test_the_older_words_give_the_same_record(tmp_path):
    old = changed(
        overall_status="Active, not recruiting",
        study_type="Interventional",
        phase="Phase 1/Phase 2",
        start_month_year="February 2031",
        completion_month_year="January 15, 2033",
    )
    old["designs"] = [
        DUMP["designs"][0]
        | {
            "allocation": "Non-Randomized",
            "intervention_model": "Parallel Assignment",
            "primary_purpose": "Educational/Counseling/Training",
            "masking": "Double (Participant, Outcomes Assessor)",
        }
    ]
    old["eligibilities"] = [DUMP["eligibilities"][0] | {"gender": "Female", "healthy_volunteers": "No"}]
    old["interventions"] = [
        DUMP["interventions"][0] | {"intervention_type": "Biological"},
        DUMP["interventions"][1] | {"intervention_type": "Dietary Supplement"},
    ]
    old["design_groups"] = [
        DUMP["design_groups"][0] | {"group_type": "No Intervention"},
        DUMP["design_groups"][1] | {"group_type": "Experimental"},
    ]
    old["detailed_descriptions"] = [N | {"description": "Weight > 40 kg, ~8~10 cells:\n\n* group A\n  * group B | C"}]
    old["design_outcomes"] = [row | {} for row in DUMP["design_outcomes"]]
    old["design_outcomes"][1]["description"] = "0~10\nworst"
    assert read(write_dump(tmp_path / "z", old)) == [RECORD]


@pytest.mark.parametrize(
    ("printed", "expected"),
    {"ACTUAL": "actual", "Actual": "actual", "ESTIMATED": "estimated", "Anticipated": "estimated", None: None}.items(),
)
def test_enrollment_is_actual_or_estimated_only_where_the_dump_says_so(printed, expected, tmp_path):
    (record,) = read(write_dump(tmp_path / "z", changed(enrollment_type=printed)))
    assert (record.enrollment_count, record.enrollment_type) == (12, expected)
    assert record.printed == ({"enrollment_type": "Anticipated"} if printed == "Anticipated" else {})


def test_a_word_without_counterpart_is_kept_as_printed(tmp_path):
    odd = {"overall_status": "MOSTLY_DONE", "phase": "Phase X", "enrollment": "many", "start_month_year": "2031-02-30"}
    (record,) = read(write_dump(tmp_path / "z", changed(**odd)))
    assert (record.overall_status, record.phases, record.enrollment_count, record.start_date) == (None, [], None, None)
    assert record.printed == {
        "overall_status": "MOSTLY_DONE",
        "phases": "Phase X",
        "enrollment_count": "many",
        "start_date": "2031-02-30",
    }


@pytest.mark.parametrize(
    ("printed", "iso"),
    {
        "2031": "2031",
        "2031-02": "2031-02",
        "February 2031": "2031-02",
        "February 3, 2031": "2031-02-03",
        "2031-02-03": "2031-02-03",
        "February 30, 2031": None,
        "Smarch 2031": None,
        "03/02/2031": None,
        "2031-13": None,
        "0000-01": None,
    }.items(),
)
def test_dates_are_as_precise_as_the_register_and_never_impossible(printed, iso):
    assert iso_date(printed) == iso


@pytest.mark.parametrize(
    ("dumped", "escaped", "plain"),
    [
        ("Inclusion:~* Pain~* Age 18\\~75", True, "Inclusion:\n* Pain\n* Age 18~75"),
        ("up to 5~10 mg~20 mg", True, "up to 5\n10 mg\n20 mg"),
        ("Inclusion:~Pain~Age 18~75, ECOG 0 ~ 1", False, "Inclusion:\nPain\nAge 18~75, ECOG 0 ~ 1"),
        ("about (~30%) or ~70% of 10%~20%", False, "about (~30%) or ~70% of 10%~20%"),
        ("1×10^6~5×10^6 cells/kg", False, "1×10^6~5×10^6 cells/kg"),
        ("between 2~ 6 hours", False, "between 2~ 6 hours"),
        ("score > 50~3 months or older", False, "score > 50\n3 months or older"),
        ("4. Disease by version 1.1~5. Consent", False, "4. Disease by version 1.1\n5. Consent"),
        ("Met:~4. Disease by version 1.1~5. Consent", False, "Met:\n4. Disease by version 1.1\n5. Consent"),
        ("The score is 0~1. (9) Consent", False, "The score is 0~1. (9) Consent"),
        ("Dose of~ 10 mg~<Liver>~Fine", False, "Dose of\n 10 mg\n<Liver>\nFine"),
        ("real\nbreaks ~ a~b", False, "real\nbreaks ~ a~b"),
        ("Not provided", True, None),
        ("", True, None),
    ],
)
def test_a_tilde_is_a_line_break_unless_it_stands_for_about_or_to(dumped, escaped, plain):
    assert lines(dumped, escaped) == plain


def test_a_text_of_one_line_has_no_line_breaks():
    assert line("items 1~5, &lt; ~3 months ") == "items 1~5, < ~3 months"


@pytest.mark.parametrize(
    "text", ["~" * 200_000, "1~" * 40_000, "~1. 2" * 20_000, "9~2) " * 20_000, "\\~ ~ (~" * 20_000]
)
def test_cost_of_a_text_grows_with_its_length(text):
    began = time.perf_counter()
    lines(text, False)
    lines(text, True)
    assert time.perf_counter() - began < 2


# --- what is missing, torn or not a dump --------------------------------------------------------------------------


def test_missing_tables_and_columns_leave_their_fields_empty_and_are_named_once(tmp_path, caplog):
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("studies.txt", "nct_id|brief_title|phase\nNCT99000010|Cells|PHASE2\n")
        archive.writestr("design_groups.txt", "nct_id|title\nNCT99000010|A\nNCT99000010|B\nNCT99000077|C\n")
        archive.writestr("keywords.txt", "")
    with caplog.at_level(logging.WARNING):
        (record,) = read(tmp_path / "z")
    url = RECORD.url
    arms = [Arm(label="A"), Arm(label="B")]
    assert record == TrialRecord(
        register="ctgov", trial_id="NCT99000010", url=url, public_title="Cells", phases=["phase2"], arms=arms
    )
    (said,) = [r.getMessage() for r in caplog.records]
    assert "keywords" in said
    assert "sponsors" in said
    assert "design_groups," not in said


def test_results_are_known_only_when_the_dump_tells(tmp_path):
    posted = changed(results_first_posted_date="2034-01-01") | {"calculated_values": []}
    assert read(write_dump(tmp_path / "a", posted))[0].has_results is True
    assert read(write_dump(tmp_path / "b", DUMP | {"calculated_values": []}))[0].has_results is None


def test_every_row_of_studies_gives_a_record_or_a_reason_in_order(tmp_path):
    rows = [{"nct_id": n} for n in ("NCT99000012", "NCT99000010", "", "see above", "NCT99000012", "NCT99000011")]
    rows[2]["brief_title"] = "no number"
    got = list(read_inputs([write_dump(tmp_path / "z.zip", {"studies": rows})]))
    assert [r.position for r in got] == list(range(6))
    assert [r.trial_id if isinstance(r, TrialRecord) else r.reason for r in got] == [
        "NCT99000012",
        "NCT99000010",
        "z.zip: studies.txt: nct_id '' where NCT and eight digits were expected: a torn row",
        "z.zip: studies.txt: nct_id 'see above' where NCT and eight digits were expected: a torn row",
        "z.zip: studies.txt: NCT99000012 stands there a second time; the first row was read",
        "NCT99000011",
    ]


def test_children_find_their_study_across_blocks(tmp_path):
    ids = [f"NCT{99000000 + n}" for n in range(9000)]
    tables = {
        "studies": [{"nct_id": number} for number in reversed(ids)],
        "keywords": [{"nct_id": number, "name": f"word {number}"} for number in ids],
    }
    got = read(write_dump(tmp_path / "z", tables))
    assert [r.trial_id for r in got] == ids[::-1]
    assert all(r.keywords == [f"word {r.trial_id}"] for r in got)


def test_a_quote_without_its_pair_costs_no_other_row(tmp_path, caplog):
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr(
            "studies.txt", 'nct_id|brief_title|phase\nNCT99000010|12" needle|PHASE1\nNCT99000011|"A|PHASE2\nx|y\n'
        )
        archive.writestr(
            "keywords.txt",
            'id|nct_id|name\n1|NCT99000010|"a\n2|NCT99000011|b|c|d\n\n4|NCT99000011|x\ry\n3|NCT99000011|"e|f"\n',
        )
    got = read(tmp_path / "z")
    assert [(r.trial_id, r.public_title, r.phases, r.keywords) for r in got[:2]] == [
        ("NCT99000010", '12" needle', ["phase1"], ["a"]),
        ("NCT99000011", '"A', ["phase2"], ["e|f", "x\ry"]),
    ]
    assert [r.reason for r in got[2:]] == [
        "z: studies.txt line 4: not as many cells as the header has. Fetch the dump again"
    ]
    assert "keywords.txt: 1 lines do not fit the header" in caplog.text


@pytest.mark.parametrize(
    "content", [b"", b"\0\1\2|\xff", b"a page about a trial", b"a|b|c\n1|2|3\n", "nct_id|a\n".encode("utf-16")]
)
def test_a_zip_whose_studies_are_no_table_is_rejected_whole(content, tmp_path):
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("studies.txt", content)
        archive.writestr("keywords.txt", content)
    (only,) = read_inputs([tmp_path / "z.zip"])
    assert only.reason.startswith("z.zip: studies.txt has no column nct_id")


def test_a_header_alone_gives_nothing_and_odd_bytes_do_not_stop_the_rest(tmp_path):
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("studies.txt", "nct_id|brief_title\r\n")
    assert read(tmp_path / "z") == []
    with zipfile.ZipFile(tmp_path / "y", "w") as archive:
        archive.writestr(
            "studies.txt", b"\xef\xbb\xbfnct_id|brief_title\r\n\r\nNCT99000010|Caf\xe9\r\n\n NCT99000011 |B\r\n"
        )
    assert [(r.trial_id, r.public_title) for r in read(tmp_path / "y")] == [
        ("NCT99000010", "Caf\ufffd"),
        ("NCT99000011", "B"),
    ]


def test_a_damaged_dump_is_rejected_with_the_reason(tmp_path):
    whole = write_dump(tmp_path / "z.zip", DUMP).read_bytes()
    start = whole.index(b"design_outcomes.txt") + 30
    (tmp_path / "z.zip").write_bytes(whole[:start] + bytes(40) + whole[start + 40 :])
    (only,) = read_inputs([tmp_path / "z.zip"])
    assert isinstance(only, Rejected)
    assert "damaged or cut off after 0 records" in only.reason


def test_tables_of_an_unpacked_dump_are_read_in_their_place(tmp_path):
    with zipfile.ZipFile(write_dump(tmp_path / "z", DUMP)) as archive:
        archive.extractall(tmp_path / "tables")
    members = {path.name: partial(path.open, "rb") for path in (tmp_path / "tables").iterdir()}
    assert list(aact.parse(members)) == [RECORD]


@pytest.mark.parametrize("error", [RuntimeError("password required"), NotImplementedError("x"), OSError("gone")])
def test_a_table_that_cannot_be_taken_out_is_told(error):
    def refuse():
        raise error

    with pytest.raises(ValueError, match=r"studies\.txt cannot be taken out of the archive: "):
        list(aact.parse({"studies.txt": refuse}))


@pytest.mark.parametrize(
    ("names", "known"),
    [
        (["studies.txt", "conditions.txt", "reported_events.txt", "data_dictionary.pdf"], True),
        (["studies.txt"], True),
        (["conditions.txt", "keywords.txt"], False),
        (["studies.txt", "NCT99000010.json"], False),
        (["studies.csv", "conditions.csv"], False),
        ([], False),
    ],
)
def test_a_dump_is_known_by_its_tables(names, known):
    assert aact.recognises(names) is known


# --- real studies laid out as a dump -------------------------------------------------------------------------------

SPACE = timedelta(days=1)


def last_day(month: str | None) -> str | None:
    """How AACT dates a month: by its last day."""
    if not month or len(month) != 7:
        return month
    year, number = map(int, month.split("-"))
    return (date(year + number // 12, number % 12 + 1, 1) - SPACE).isoformat()


def laid_out(entries: list[dict]) -> dict[str, list[dict]]:
    """Studies of API v2 in the tables of AACT, ids running through, as AACT's own mapping does it."""
    tables: dict[str, list[dict]] = {table: [] for table in ("studies", *TABLES)}

    def add(table: str, **row) -> int:
        tables[table].append({"id": len(tables[table]) + 1, "nct_id": number, **row})
        return len(tables[table])

    for entry in entries:
        part = {key.removesuffix("Module"): value for key, value in entry["protocolSection"].items()}
        ident, when, design = part["identification"], part["status"], part.get("design", {})
        number, info = ident["nctId"], design.get("designInfo", {})
        mask, people = info.get("maskingInfo", {}), part.get("eligibility", {})
        months = {
            f"{name}_month_year": when.get(f"{key}DateStruct", {}).get("date")
            for name, key in (
                ("start", "start"),
                ("primary_completion", "primaryCompletion"),
                ("completion", "completion"),
            )
        }
        add(
            "studies",
            brief_title=ident.get("briefTitle"),
            official_title=ident.get("officialTitle"),
            acronym=ident.get("acronym"),
            overall_status=when.get("overallStatus"),
            study_type=design.get("studyType"),
            phase="/".join(design.get("phases", [])) or None,
            enrollment=design.get("enrollmentInfo", {}).get("count"),
            enrollment_type=design.get("enrollmentInfo", {}).get("type"),
            study_first_posted_date=when.get("studyFirstPostDateStruct", {}).get("date"),
            last_update_posted_date=when.get("lastUpdatePostDateStruct", {}).get("date"),
            **months,
            **{key.replace("month_year", "date"): last_day(month) for key, month in months.items()},
        )
        words = part.get("description", {})
        add("brief_summaries", description=words.get("briefSummary"))
        add("detailed_descriptions", description=words.get("detailedDescription"))
        add("calculated_values", were_results_reported=entry.get("hasResults"))
        for kind in ("conditions", "keywords"):
            for name in part.get("conditions", {}).get(kind, []):
                add(kind, name=name)
        places = part.get("contactsLocations", {}).get("locations", [])
        for country in dict.fromkeys(place["country"] for place in places if place.get("country")):
            add("countries", name=country, removed=False)
        for country in entry.get("derivedSection", {}).get("miscInfoModule", {}).get("removedCountries", []):
            add("countries", name=country, removed=True)
        for _ in places:
            add("facilities")
        masked = mask.get("whoMasked", [])
        add(
            "designs",
            allocation=info.get("allocation"),
            intervention_model=info.get("interventionModel"),
            intervention_model_description=info.get("interventionModelDescription"),
            primary_purpose=info.get("primaryPurpose"),
            masking=mask.get("masking"),
            masking_description=mask.get("maskingDescription"),
            subject_masked="PARTICIPANT" in masked,
            caregiver_masked="CARE_PROVIDER" in masked,
            investigator_masked="INVESTIGATOR" in masked,
            outcomes_assessor_masked="OUTCOMES_ASSESSOR" in masked,
        )
        arms = part.get("armsInterventions", {})
        groups, items = {}, []
        for group in arms.get("armGroups", []):
            kind, text = group.get("type"), group.get("description")
            groups[group["label"]] = add("design_groups", group_type=kind, title=group["label"], description=text)
        for item in arms.get("interventions", []):
            kind, text = item.get("type"), item.get("description")
            row = add("interventions", intervention_type=kind, name=item["name"], description=text)
            items.append((row, item.get("armGroupLabels", [])))
            for name in item.get("otherNames", []):
                add("intervention_other_names", intervention_id=row, name=name)
        for label, group in groups.items():
            for row, labels in items:
                if label in labels:
                    add("design_group_interventions", design_group_id=group, intervention_id=row)
        for role in ("primary", "secondary", "other"):
            for outcome in part.get("outcomes", {}).get(f"{role}Outcomes", []):
                time_frame, text = outcome.get("timeFrame"), outcome.get("description")
                add("design_outcomes", outcome_type=role, measure=outcome["measure"], time_frame=time_frame, description=text)  # fmt: skip
        add(
            "eligibilities",
            criteria=people.get("eligibilityCriteria"),
            gender=people.get("sex"),
            minimum_age=people.get("minimumAge"),
            maximum_age=people.get("maximumAge"),
            healthy_volunteers=people.get("healthyVolunteers"),
        )
        for value in [
            ident.get("orgStudyIdInfo", {}).get("id"),
            *(i.get("id") for i in ident.get("secondaryIdInfos", [])),
        ]:
            if value:
                add("id_information", id_value=value)
        for value in ident.get("nctIdAliases", []):
            add("id_information", id_value=value)
        lead = part.get("sponsorCollaborators", {}).get("leadSponsor", {})
        add("sponsors", lead_or_collaborator="lead", agency_class=lead.get("class"), name=lead.get("name"))
    return tables


def entries(path: Path) -> list[dict]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return [json.loads(archive.read(name)) for name in archive.namelist()]
    value = json.loads(gzip.decompress(path.read_bytes()))
    return value if isinstance(value, list) else value["studies"]


def as_dumped(value):
    """What of a value outlasts the dump: no double quotes; of line breaks, none that a blank or another break follows."""
    if isinstance(value, str):
        return re.sub(r"\n\s", "\n", value.replace('"', ""), flags=re.A)
    if isinstance(value, list):
        return [as_dumped(item) for item in value]
    return {key: as_dumped(item) for key, item in value.items()} if isinstance(value, dict) else value


V2 = ("array_exports/*.json.gz", "marcmorcos_erectile_dysfunction/*.zip")


@needs_corpus
def test_real_studies_are_the_same_from_a_dump_as_from_the_api(tmp_path):
    paths = [path for pattern in V2 for path in sorted((CORPUS / "ctgov_v2").glob(pattern))]
    studies = {e["protocolSection"]["identificationModule"]["nctId"]: e for path in paths for e in entries(path)}
    assert len(studies) == 1201
    got = read(write_dump(tmp_path / "dump", laid_out(list(studies.values()))))
    for entry, record in zip(studies.values(), got, strict=True):
        api, dumped = (msgspec.to_builtins(r) for r in (parse_study(json.dumps(entry).encode()), record))
        for item in (*api["interventions"], *dumped["interventions"]):
            item["arm_labels"].sort()  # the table of links keeps one order, that of the arms
        assert dumped == as_dumped(api)


def sample(name: str) -> list[dict[str, str]]:
    text = gzip.decompress((CORPUS / "aact/ctrialsgov/converted_csv" / f"{name}.csv.gz").read_bytes()).decode()
    return [{key: value or None for key, value in row.items()} for row in csv.DictReader(io.StringIO(text))]


def of_2022(studies: list[dict], interventions: list[dict], outcomes: list[dict]) -> dict[str, list[dict]]:
    """Tables of AACT of 2022 that an R package had joined, taken apart again; ages were numbers, dates days."""
    tables = {table: [] for table in ("studies", *TABLES)}
    for row in studies:
        number = {"nct_id": row["nct_id"]}
        days = {key: row[key] for key in ("start_date", "primary_completion_date", "completion_date")}
        days = {
            k: v if not v or "-" in v else (date(1970, 1, 1) + SPACE * float(v)).isoformat() for k, v in days.items()
        }
        same = ("phase", "brief_title", "official_title", "study_type")
        enrollment = row["enrollment"] and row["enrollment"].removesuffix(".0")
        tables["studies"].append(
            number | days | {k: row[k] for k in same} | {"overall_status": row["rec_status"], "enrollment": enrollment}
        )
        tables["brief_summaries"].append(number | {"description": row["description"]})
        same = ("allocation", "intervention_model", "primary_purpose", "intervention_model_description")
        tables["designs"].append(number | {k: row[k] for k in same} | {"masking": row["masking_description"]})
        ages = {key: f"{row[key]} Years" if row[key] else None for key in ("minimum_age", "maximum_age")}
        tables["eligibilities"].append(number | ages | {"criteria": row["criteria"], "gender": row["gender"]})
        lead = {"lead_or_collaborator": "lead", "name": row["sponsor"], "agency_class": row["sponsor_type"]}
        tables["sponsors"].append(number | lead)
        tables["conditions"] += [number | {"name": name} for name in (row["conditions"] or "").split("|") if name]
    tables["interventions"] = [row | {"name": row["name"].partition(": ")[2]} for row in interventions]
    tables["design_outcomes"] = outcomes
    return tables


DESIGN = ("allocation", "intervention_model", "primary_purpose")


@needs_corpus
@pytest.mark.parametrize(
    ("name", "n", "n_interventions", "n_outcomes"),
    [("cancer_studies", 401, 0, 0), ("tbl_join_sample__join", 413, 731, 2413)],
)
def test_real_tables_of_2022_are_read_whole(name, n, n_interventions, n_outcomes, tmp_path):
    joined = name.endswith("join")
    items = sample("tbl_join_sample__inter") if joined else []
    outcomes = sample("tbl_join_sample__design") if joined else []
    studies = sample(name)
    got = read(write_dump(tmp_path / "dump", of_2022(studies, items, outcomes)))
    assert [r.trial_id for r in got] == [row["nct_id"] for row in studies]
    assert [r.printed for r in got] == [{}] * n
    assert sum(len(r.interventions) for r in got) == n_interventions
    assert sum(len(r.outcomes) for r in got) == n_outcomes
    assert all(r.overall_status and r.study_type and r.start_date and r.brief_summary for r in got)
    assert {r.enrollment_type for r in got} == {None}
    assert all(r.phases for r in got if r.study_type == "interventional")
    for field, column in (("masking", "masking_description"), *zip(DESIGN, DESIGN, strict=True)):
        assert [getattr(r, field) is None for r in got] == [row[column] is None for row in studies]
    texts = [passage.text for r in got for passage in r.passages()]
    assert not [text for text in texts if re.search(r"~(?! ?\d| [A-Z])", text)]
    assert sum(text.count("\n") for text in texts) > 6000
