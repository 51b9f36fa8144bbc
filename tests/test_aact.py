"""The AACT dump: tables laid out as its exporter writes them come back as the studies they were made of."""

import csv
import gzip
import io
import json
import re
import zipfile
from collections import defaultdict
from pathlib import Path

import msgspec
import pytest
from growth import assert_linear
from msgspec.structs import replace
from one_study import STUDY
from reading import CORPUS, needs_corpus, read_bare

from trialkit.record import Arm, TrialRecord
from trialkit.registries import aact
from trialkit.registries.aact_words import date, line, lines
from trialkit.registries.ctgov import parse_study
from trialkit.registries.unpacking import DamagedError

# As the exporter writes it: no double quotes, `~` for a line break; the words of the API v2, with a literal tilde as `\~`.
DUMP = r"""studies
nct_id|brief_title|official_title|acronym|overall_status|study_type|phase|enrollment|enrollment_type|start_month_year|start_date|primary_completion_date|completion_month_year|study_first_posted_date|last_update_posted_date
NCT99000010|Cells for Sore Knees &amp; Hips|A Study of Cells [Frozen]|SORE|ACTIVE_NOT_RECRUITING|INTERVENTIONAL|PHASE1/PHASE2|12|ESTIMATED|2031-02|2031-02-28|2032-12-01|2033-01-15|2031-01-05|2031-06-30

brief_summaries
id|nct_id|description
1|NCT99000010|A dose of 1 x 10\^6 cells/kg.

detailed_descriptions
id|nct_id|description
1|NCT99000010|Weight \> 40 kg:~* group A~* group B

calculated_values
id|nct_id|were_results_reported
1|NCT99000010|f

conditions
id|nct_id|name
9|NCT99000010|Pain, Chronic
8|NCT99000010|Arthritis

keywords
id|nct_id|name
1|NCT99000010|cells
2|NCT99000010|knee

countries
id|nct_id|name|removed
1|NCT99000010|Spain|f
2|NCT99000010|Peru|t
3|NCT99000010|Italy|

facilities
id|nct_id|name|city
1|NCT99000010|Clinic|Madrid
2|NCT99000010|Hospital|Madrid
3|NCT99000010|Clinic|Rome

facility_contacts
id|nct_id|facility_id|name|email
1|NCT99000010|1|Given Family|ada@clinic.example

designs
id|nct_id|allocation|intervention_model|intervention_model_description|primary_purpose|masking|masking_description|subject_masked|caregiver_masked|outcomes_assessor_masked
1|NCT99000010|NON_RANDOMIZED|PARALLEL|Groups side by side|SUPPORTIVE_CARE|DOUBLE|Opaque syringes|t|f|t

design_groups
id|nct_id|group_type|title|description
21|NCT99000010|ACTIVE_COMPARATOR|B|
22|NCT99000010|NO_INTERVENTION|C|
20|NCT99000010|EXPERIMENTAL|A|Cells, then rest

interventions
id|nct_id|intervention_type|name|description
30|NCT99000010|BIOLOGICAL|Cells|Thawed
31|NCT99000010|DIETARY_SUPPLEMENT|Fish oil|

design_group_interventions
id|nct_id|design_group_id|intervention_id
1|NCT99000010|20|30
2|NCT99000010|20|31
3|NCT99000010|21|31
4|NCT99000010|77|31

intervention_other_names
id|nct_id|intervention_id|name
1|NCT99000010|30|MSC

design_outcomes
id|nct_id|outcome_type|measure|time_frame|description
1|NCT99000010|other|Mood||
2|NCT99000010|primary|Pain|6 months|0\~10 points
3|NCT99000010|secondary|Sleep||
4|NCT99000010|primary|Gait|1 year|

eligibilities
id|nct_id|criteria|gender|minimum_age|maximum_age|healthy_volunteers
1|NCT99000010|Inclusion Criteria:~* Pain|FEMALE|18 Years|75 Years|t

id_information
id|nct_id|id_value
1|NCT99000010|ORG-1
2|NCT99000010|2031-000001-10
3|NCT99000010|ORG-1
4|NCT99000010|NCT99000011

sponsors
id|nct_id|lead_or_collaborator|agency_class|name
1|NCT99000010|collaborator|INDUSTRY|Helper Ltd
2|NCT99000010|lead|OTHER_GOV|Example Institute
"""
RECORD = replace(  # the exporter loses empty lines
    STUDY, detailed_description="Weight > 40 kg:\n* group A\n* group B", eligibility="Inclusion Criteria:\n* Pain"
)
OLDER_WORDS = {
    "ACTIVE_NOT_RECRUITING": "Active, not recruiting", "|INTERVENTIONAL": "|Interventional",
    "PHASE1/PHASE2": "Phase 1/Phase 2", "ESTIMATED": "Anticipated", "|2031-02|": "|February 2031|",
    "2033-01-15": "January 15, 2033", "NON_RANDOMIZED": "Non-Randomized", "PARALLEL": "Parallel Assignment",
    "SUPPORTIVE_CARE": "Supportive Care", "DOUBLE": "Double (Participant, Outcomes Assessor)",
    "FEMALE|18 Years|75 Years|t": "Female|18 Years|75 Years|Accepts Healthy Volunteers",
    "EXPERIMENTAL": "Experimental", "ACTIVE_COMPARATOR": "Active Comparator", "NO_INTERVENTION": "No Intervention",
    "BIOLOGICAL": "Biological", "DIETARY_SUPPLEMENT": "Dietary Supplement", "OTHER_GOV": "U.S. Fed",
    r"\^": "^", r"\>": ">", r"\~": "~",
}  # fmt: skip


def dump_of(**tables: str | bytes) -> dict[str, bytes]:
    """File name -> content."""
    return {f"{name}.txt": text.encode() if isinstance(text, str) else text for name, text in tables.items()}


def the_dump(text: str = DUMP) -> dict[str, bytes]:
    return dump_of(**dict(block.split("\n", 1) for block in text.split("\n\n")))


def zipped(path: Path, files: dict[str, bytes], folder: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return path


def read(path: Path, files: dict[str, bytes]) -> list:
    return read_bare(zipped(path / "dump.zip", files))


@pytest.mark.parametrize("folder", ["", "20310101_export/"])
def test_dump_gives_the_whole_study(tmp_path, folder):
    assert read_bare(zipped(tmp_path / "download", the_dump(), folder)) == [RECORD]


def test_unpacked_dump_is_one_input(tmp_path):
    for name, content in the_dump().items():
        (tmp_path / name).write_bytes(content)
    assert read_bare(tmp_path) == [RECORD]


def test_older_words_give_the_same_record(tmp_path):
    older = DUMP
    for word, printed in OLDER_WORDS.items():
        assert word in older
        older = older.replace(word, printed)
    said = replace(RECORD, sponsor_class="fed", printed={"enrollment_type": "Anticipated"})
    assert read(tmp_path, the_dump(older)) == [said]


def test_word_without_counterpart_is_kept_as_printed(tmp_path):
    odd = dump_of(
        studies="nct_id|overall_status|phase|enrollment|start_date\nNCT99000010|MOSTLY_DONE|Phase X|many|2031-02-30\n"
    )
    assert read(tmp_path, odd) == [
        TrialRecord(register="ctgov", trial_id="NCT99000010", url=STUDY.url, printed={
            "overall_status": "MOSTLY_DONE", "phases": "Phase X", "enrollment_count": "many", "start_date": "2031-02-30",
        })
    ]  # fmt: skip


@pytest.mark.parametrize(("word", "instead", "field", "expected"), [
    ("ESTIMATED", "ACTUAL", "enrollment_type", "actual"), ("ESTIMATED", "", "enrollment_type", None),
    ("SUPPORTIVE_CARE", "Educational/Counseling/Training", "primary_purpose", "ect"),
    ("75 Years|t", "N/A|t", "maximum_age", None), ("75 Years|t", "75 Years|No", "healthy_volunteers", False),
])  # fmt: skip
def test_other_words_of_the_register_are_read(tmp_path, word, instead, field, expected):
    [record] = read(tmp_path, the_dump(DUMP.replace(word, instead)))
    assert getattr(record, field) == expected
    assert record.printed == {}


@pytest.mark.parametrize(("posted", "expected"), [("2034-01-01", True), ("", None)])
def test_results_are_known_only_where_the_dump_tells(tmp_path, posted, expected):
    studies = f"nct_id|results_first_posted_date\nNCT99000010|{posted}\n"
    assert read(tmp_path, dump_of(studies=studies))[0].has_results is expected


@pytest.mark.parametrize(("printed", "iso"), [
    ("2031", "2031"), ("2031-02", "2031-02"), ("2031-02-03", "2031-02-03"),
    ("February 2031", "2031-02"), ("February 3, 2031", "2031-02-03"),
    ("February 30, 2031", None), ("Smarch 2031", None), ("03/02/2031", None),
])  # fmt: skip
def test_dates_are_as_precise_as_printed(printed, iso):
    assert date(printed) == iso


@pytest.mark.parametrize(("dumped", "plain"), [
    ("Inclusion:~Pain~Age 18~75, ECOG 0 ~ 1", "Inclusion:\nPain\nAge 18~75, ECOG 0 ~ 1"),
    ("about (~30%) or ~70% of 10%~20%", "about (~30%) or ~70% of 10%~20%"),
    ("change in %~3 months", "change in %\n3 months"),
    ("1×10^6~5×10^6 cells/kg", "1×10^6~5×10^6 cells/kg"),
    ("between 2~ 6 hours", "between 2~ 6 hours"),
    ("score > 50~3 months or older", "score > 50\n3 months or older"),
    ("4. Disease by version 1.1~5. Consent", "4. Disease by version 1.1\n5. Consent"),
    ("The score is 0~1. (9) Consent", "The score is 0~1. (9) Consent"),
    ("Dose of~ 10 mg~<Liver>~Fine", "Dose of\n 10 mg\n<Liver>\nFine"),
    ("real\nbreaks ~ a~b", "real\nbreaks ~ a~b"),
])  # fmt: skip
def test_tilde_of_older_dumps_is_a_line_break_unless_it_means_about_or_to(dumped, plain):
    assert lines(dumped, escaped=False) == plain


@pytest.mark.parametrize(("dumped", "plain"), [
    (r"Inclusion:~* Pain~* Age 18\~75", "Inclusion:\n* Pain\n* Age 18~75"),
    ("up to 5~10 mg~20 mg", "up to 5\n10 mg\n20 mg"),
    ("Not provided", None),
])  # fmt: skip
def test_tilde_of_newer_dumps_is_a_line_break_unless_escaped(dumped, plain):
    assert lines(dumped, escaped=True) == plain


def test_text_of_one_line_has_no_line_breaks():
    assert line("items 1~5, &lt; ~3 months ") == "items 1~5, < ~3 months"


@pytest.mark.parametrize("piece", ["1~", "9~2) ", "\\~ ~ (~"])
def test_cost_of_a_text_grows_with_its_length(piece):
    assert_linear(lambda text: (lines(text, False), lines(text, True)), piece)


# What is missing, torn or no dump


def test_missing_tables_leave_their_fields_empty_and_are_named_once(tmp_path, caplog):
    files = dump_of(
        studies="nct_id|brief_title\nNCT99000010|Cells\n",
        design_groups="nct_id|title\nNCT99000010|A\nNCT99000010|B\nNCT99000077|C\n",
        keywords="",
    )
    expected = TrialRecord(register="ctgov", trial_id="NCT99000010", url=STUDY.url, public_title="Cells",
                           arms=[Arm(label="A"), Arm(label="B")])  # fmt: skip
    assert read(tmp_path, files) == [expected]
    [said] = caplog.messages
    assert re.search("no .*keywords.*sponsors", said)
    assert "design_groups," not in said


def test_row_without_a_record_gives_its_reason_in_its_place(tmp_path):
    rows = ["NCT99000012|", "|no number", "see above|", "NCT99000012|", "NCT99000011|"]
    got = read(tmp_path, dump_of(studies="\n".join(["nct_id|brief_title", *rows, ""])))
    assert [record.trial_id for record in (got[0], got[4])] == ["NCT99000012", "NCT99000011"]
    assert [rejected.reason.partition(": studies.txt: ")[2] for rejected in got[1:4]] == [
        "nct_id '' where NCT and eight digits were expected: a torn row",
        "nct_id 'see above' where NCT and eight digits were expected: a torn row",
        "NCT99000012 stands there a second time; the first row was read",
    ]


def test_rows_find_their_study_whatever_the_order_and_number(tmp_path):
    numbers = [f"NCT{99000000 + n}" for n in range(5000)]
    studies = "\n".join(["nct_id", *reversed(numbers)])
    keywords = "\n".join(["nct_id|name", *(f"{number}|word {number}" for number in numbers)])
    got = read(tmp_path, dump_of(studies=studies, keywords=keywords))
    assert [record.trial_id for record in got] == numbers[::-1]
    assert all(record.keywords == [f"word {record.trial_id}"] for record in got)


def test_quote_without_its_pair_costs_no_other_row(tmp_path, caplog):
    studies = 'nct_id|brief_title|phase\nNCT99000010|12" needle|PHASE1\nNCT99000011|"A|PHASE2\nx|y\n'
    keywords = 'id|nct_id|name\n1|NCT99000010|"a\n2|NCT99000011|b|c|d\n\n4|NCT99000011|x\ry\n3|NCT99000011|"e|f"\n'
    *records, torn = read(tmp_path, dump_of(studies=studies, keywords=keywords))
    assert [(r.public_title, r.phases, r.keywords) for r in records] == [
        ('12" needle', ["phase1"], ["a"]),
        ('"A', ["phase2"], ["e|f", "x\ry"]),
    ]
    assert "studies.txt line 4: not as many cells as the header has" in torn.reason
    assert "keywords.txt: 1 lines do not fit the header" in caplog.text


def test_odd_bytes_and_empty_lines_do_not_stop_the_rest(tmp_path):
    studies = b"\xef\xbb\xbfnct_id|brief_title\r\n\r\nNCT99000010|Caf\xe9\r\n\n NCT99000011 |B\r\n"
    got = read(tmp_path, dump_of(studies=studies))
    assert [(record.trial_id, record.public_title) for record in got] == [
        ("NCT99000010", "Caf\ufffd"),
        ("NCT99000011", "B"),
    ]


def test_header_alone_gives_no_record_and_says_so(tmp_path):
    [rejected] = read(tmp_path, dump_of(studies="nct_id|brief_title\r\n"))
    assert "without any row" in rejected.reason


@pytest.mark.parametrize("content", [b"", b"\0\1\2|\xff", b"a|b\n1|2\n", "nct_id|a\n".encode("utf-16")])
def test_dump_whose_studies_are_no_table_is_rejected_whole(tmp_path, content):
    [rejected] = read(tmp_path, dump_of(studies=content, keywords=content))
    assert "studies.txt has no column nct_id" in rejected.reason


def test_table_that_cannot_be_taken_out_is_told():
    def refuse():
        raise DamagedError("password required")

    with pytest.raises(ValueError, match=r"studies\.txt cannot be taken out of the archive: password"):
        list(aact.parse({"studies.txt": refuse}))


@pytest.mark.parametrize(("names", "known"), [
    (["studies.txt", "conditions.txt", "reported_events.txt", "data_dictionary.pdf"], True),
    (["studies.txt"], True),
    (["conditions.txt", "keywords.txt"], False),
    (["studies.txt", "NCT99000010.json"], False),
])  # fmt: skip
def test_dump_is_known_by_its_tables(names, known):
    assert aact.recognises(names) is known


# Real studies of the API, laid out as a dump

ONE_ROW = {  # table: column -> where the API has it
    "studies": {
        "brief_title": "identification.briefTitle", "official_title": "identification.officialTitle",
        "acronym": "identification.acronym", "overall_status": "status.overallStatus", "study_type": "design.studyType",
        "enrollment": "design.enrollmentInfo.count", "enrollment_type": "design.enrollmentInfo.type",
        "start_month_year": "status.startDateStruct.date", "completion_month_year": "status.completionDateStruct.date",
        "primary_completion_month_year": "status.primaryCompletionDateStruct.date",
        "study_first_posted_date": "status.studyFirstPostDateStruct.date",
        "last_update_posted_date": "status.lastUpdatePostDateStruct.date",
    },
    "brief_summaries": {"description": "description.briefSummary"},
    "detailed_descriptions": {"description": "description.detailedDescription"},
    "designs": {
        "allocation": "design.designInfo.allocation", "intervention_model": "design.designInfo.interventionModel",
        "intervention_model_description": "design.designInfo.interventionModelDescription",
        "primary_purpose": "design.designInfo.primaryPurpose", "masking": "design.designInfo.maskingInfo.masking",
        "masking_description": "design.designInfo.maskingInfo.maskingDescription",
    },
    "eligibilities": {
        "criteria": "eligibility.eligibilityCriteria", "gender": "eligibility.sex",
        "minimum_age": "eligibility.minimumAge", "maximum_age": "eligibility.maximumAge",
        "healthy_volunteers": "eligibility.healthyVolunteers",
    },
    "sponsors": {"agency_class": "sponsorCollaborators.leadSponsor.class", "name": "sponsorCollaborators.leadSponsor.name"},
}  # fmt: skip
MASKED = {"PARTICIPANT": "subject", "CARE_PROVIDER": "caregiver", "INVESTIGATOR": "investigator",
          "OUTCOMES_ASSESSOR": "outcomes_assessor"}  # fmt: skip


def at(value, path: str):
    for key in path.split("."):
        value = (value or {}).get(key)
    return value


def laid_out(studies: list[dict]) -> dict[str, bytes]:
    """The tables of these studies, as AACT's own mapping makes them of the API's answers."""
    tables = defaultdict(list)
    for study in studies:
        parts = {name.removesuffix("Module"): part for name, part in study["protocolSection"].items()}
        number = at(parts, "identification.nctId")

        def add(table, number=number, **cells):
            tables[table].append({"id": len(tables[table]) + 1, "nct_id": number, **cells})
            return len(tables[table])

        single = {
            table: {column: at(parts, path) for column, path in cells.items()} for table, cells in ONE_ROW.items()
        }
        single["studies"]["phase"] = "/".join(at(parts, "design.phases") or [])
        masked = at(parts, "design.designInfo.maskingInfo.whoMasked") or []
        single["designs"] |= {f"{column}_masked": name in masked for name, column in MASKED.items()}
        single["sponsors"]["lead_or_collaborator"] = "lead"
        single["calculated_values"] = {"were_results_reported": study.get("hasResults")}
        for table, cells in single.items():
            add(table, **cells)
        for table in ("conditions", "keywords"):
            for name in at(parts, f"conditions.{table}") or []:
                add(table, name=name)
        places = at(parts, "contactsLocations.locations") or []
        for _ in places:
            add("facilities")
        for country in dict.fromkeys(place["country"] for place in places if place.get("country")):
            add("countries", name=country, removed=False)
        for country in at(study, "derivedSection.miscInfoModule.removedCountries") or []:
            add("countries", name=country, removed=True)
        further = [info.get("id") for info in at(parts, "identification.secondaryIdInfos") or []]
        aliases = at(parts, "identification.nctIdAliases") or []
        for value in filter(None, [at(parts, "identification.orgStudyIdInfo.id"), *further, *aliases]):
            add("id_information", id_value=value)
        groups = {
            arm["label"]: add("design_groups", group_type=arm.get("type"), title=arm["label"], description=arm.get("description"))
            for arm in at(parts, "armsInterventions.armGroups") or []
        }  # fmt: skip
        for item in at(parts, "armsInterventions.interventions") or []:
            row = add(
                "interventions",
                intervention_type=item.get("type"),
                name=item["name"],
                description=item.get("description"),
            )
            for name in item.get("otherNames", []):
                add("intervention_other_names", intervention_id=row, name=name)
            for label in groups:
                if label in item.get("armGroupLabels", []):
                    add("design_group_interventions", design_group_id=groups[label], intervention_id=row)
        for role in ("primary", "secondary", "other"):
            for item in at(parts, f"outcomes.{role}Outcomes") or []:
                add("design_outcomes", outcome_type=role, measure=item["measure"], time_frame=item.get("timeFrame"),
                    description=item.get("description"))  # fmt: skip
    return dump_of(**{name: exported(rows) for name, rows in tables.items()})


def exported(rows: list[dict]) -> str:
    """A table as the exporter writes it: CSV whose `""` are dropped, and line breaks, with a blank behind them, made `~`."""
    written = []
    for cells in (list(rows[0]), *(row.values() for row in rows)):
        out = io.StringIO()
        shown = [str(cell)[0].lower() if isinstance(cell, bool) else cell for cell in cells]
        csv.writer(out, delimiter="|", lineterminator="\n").writerow(shown)
        written.append(re.sub(r"\n\s?", "~", out.getvalue()[:-1].replace('""', ""), flags=re.A))
    return "\n".join(written) + "\n"


def as_dumped(value):
    """What of a value outlasts the dump: no double quotes; of line breaks, none that a blank or another break follows."""
    if isinstance(value, str):
        return re.sub(r"\n\s", "\n", value.replace('"', ""), flags=re.A)
    if isinstance(value, list):
        return [as_dumped(item) for item in value]
    return {key: as_dumped(item) for key, item in value.items()} if isinstance(value, dict) else value


@needs_corpus
def test_real_studies_are_the_same_from_a_dump_as_from_the_api(tmp_path):
    with zipfile.ZipFile(CORPUS / "ctgov_v2" / "marcmorcos_erectile_dysfunction" / "ctg-studies.json.zip") as archive:
        texts = [archive.read(name) for name in archive.namelist()]
    got = read(tmp_path, laid_out([json.loads(text) for text in texts]))
    for text, dumped in zip(texts, got, strict=True):
        api, dumped = (msgspec.to_builtins(record) for record in (parse_study(text), dumped))
        for item in (*api["interventions"], *dumped["interventions"]):
            item["arm_labels"].sort()  # the table of links keeps one order, that of the arms
        assert dumped == as_dumped(api)


def sample(name: str) -> list[dict[str, str]]:
    text = gzip.decompress((CORPUS / "aact/ctrialsgov/converted_csv" / f"tbl_join_sample__{name}.csv.gz").read_bytes())
    return list(csv.DictReader(io.StringIO(text.decode())))


OF_2022 = {  # table: our column -> that of the sample, in which an R package had joined the tables
    "studies": {"phase": "phase", "overall_status": "rec_status", "study_type": "study_type", "brief_title": "brief_title"},
    "brief_summaries": {"description": "description"},
    "designs": {"allocation": "allocation", "intervention_model": "intervention_model", "masking": "masking_description",
                "primary_purpose": "primary_purpose"},
    "eligibilities": {"criteria": "criteria", "gender": "gender"},
}  # fmt: skip


@needs_corpus
def test_real_tables_of_2022_are_read_whole(tmp_path):
    rows = sample("join")
    tables = {
        table: [{"nct_id": row["nct_id"], **{ours: row[theirs] for ours, theirs in columns.items()}} for row in rows]
        for table, columns in OF_2022.items()
    } | {"interventions": sample("inter"), "design_outcomes": sample("design")}
    got = read(tmp_path, dump_of(**{table: exported(rows) for table, rows in tables.items()}))
    assert [record.trial_id for record in got] == [row["nct_id"] for row in rows]
    assert all(record.printed == {} and record.overall_status and record.study_type for record in got)
    for field, column in OF_2022["designs"].items():
        assert [getattr(record, field) is None for record in got] == [not row[column] for row in rows]
    assert (sum(len(r.interventions) for r in got), sum(len(r.outcomes) for r in got)) == (731, 2413)
    texts = [passage.text for record in got for passage in record.passages()]
    assert [text for text in texts if re.search(r"~(?! ?\d| [A-Z])", text)] == []
    assert sum(text.count("\n") for text in texts) > 6000
