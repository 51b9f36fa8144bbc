"""WHO ICTRP: XML, CSV and spreadsheets of the same trials give the same records; what is not certain is not cut."""

import csv
import gzip
import io
import time
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import msgspec
import pytest
import xlsxwriter

import trialkit.registries
from trialkit.record import Arm, Intervention, Outcome, TrialRecord
from trialkit.registries import Reader, ictrp
from trialkit.registries.contents import read_content
from trialkit.registries.files import Rejected, read_inputs
from trialkit.registries.ictrp import parse_row
from trialkit.registries.ictrp_words import age, export_date, iso_date, mend, phases, sex

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
on_real_files = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")


@pytest.fixture(autouse=True)
def readers(monkeypatch):
    """The readers of this module, where they are not listed yet."""
    for key, reader in {
        "ictrp_xml": Reader("xml", ictrp.recognises_xml, ictrp.parse_trial, ictrp.ACCEPTS, "Trial", complete=False),
        "ictrp_table": Reader("table", ictrp.recognises_table, ictrp.parse_row, ictrp.ACCEPTS, complete=False),
        "who_xml": Reader("xml", ictrp.recognises_who, ictrp.parse_who, ictrp.ACCEPTS_WHO, "trial", complete=False),
    }.items():
        if key not in trialkit.registries.READERS:
            monkeypatch.setitem(trialkit.registries.READERS, key, reader)


COLUMNS = [
    "TrialID", "Last Refreshed on", "Public title", "Scientific title", "Acronym", "Primary sponsor",
    "Date registration", "Date registration3", "Export date", "Source Register", "web address", "Recruitment Status",
    "other records", "Inclusion agemin", "Inclusion agemax", "Inclusion gender", "Date enrollement", "Target size",
    "Study type", "Study design", "Phase", "Countries", "Contact Firstname", "Contact Lastname", "Contact Address",
    "Contact Email", "Contact Tel", "Contact Affiliation", "Inclusion Criteria", "Exclusion Criteria", "Condition",
    "Intervention", "Primary outcome", "results date posted", "results date completed", "results url link",
    "Retrospective flag", "Bridging flag truefalse", "Bridged type", "results yes no",
]  # fmt: skip

GOV = {
    "TrialID": "NCT99000010",
    "Last Refreshed on": "14 April 2031",
    "Public title": "Cells for Sore Knees &amp; Hips      ",
    "Scientific title": "A Study of CellsX® in Arthritis",
    "Acronym": "SORE",
    "Primary sponsor": "Example Institute",
    "Date registration": "05/01/2031",
    "Date registration3": "20310105",
    "Export date": "4/15/2031 4:11:24 PM",
    "Source Register": "ClinicalTrials.gov",
    "web address": "https://clinicaltrials.gov/show/NCT99000010",
    "Recruitment Status": "Not recruiting",
    "other records": "No",
    "Inclusion agemin": "18 Years",
    "Inclusion agemax": "N/A",
    "Inclusion gender": "All",
    "Date enrollement": "April 20, 2031",
    "Target size": "12",
    "Study type": "Interventional",
    "Study design": "Allocation: Non-Randomized. Intervention model: Parallel Assignment. Primary purpose: Treatment. "
    "Masking: Double (Participant, Outcomes Assessor).",
    "Phase": "Phase 1/Phase 2",
    "Countries": "Spain;Italy;Spain",
    "Contact Firstname": "; ",
    "Contact Lastname": "Ana Person, MD;Ben Person",
    "Contact Email": "a.person@example.org;",
    "Inclusion Criteria": "<br>        Inclusion Criteria:\r<br>\r<br>          -  Pain that goes on for more\r<br>"
    "             than a year\r<br>\r<br>        Exclusion Criteria:\r<br>\r<br>          -  Fever > 38\r<br>",
    "Condition": "Arthritis;Pain, Chronic",
    "Intervention": "Biological: CellsX®;Drug: Placebo; saline",
    "Primary outcome": "Pain;Walking",
    "Bridging flag truefalse": "False",
}

GOV_RECORD = TrialRecord(
    register="ictrp",
    trial_id="NCT99000010",
    source_date="2031-04-15",
    url="https://clinicaltrials.gov/show/NCT99000010",
    public_title="Cells for Sore Knees & Hips",
    scientific_title="A Study of CellsX® in Arthritis",
    acronym="SORE",
    conditions=["Arthritis", "Pain, Chronic"],
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="non_randomized",
    intervention_model="parallel",
    masking="double",
    who_masked=["participant", "outcomes_assessor"],
    primary_purpose="treatment",
    enrollment_count=12,
    sex="all",
    minimum_age="18 Years",
    eligibility="Inclusion Criteria:\n- Pain that goes on for more than a year\nExclusion Criteria:\n- Fever > 38",
    interventions=[
        Intervention(name="CellsX®", type="biological"),
        Intervention(name="Placebo; saline", type="drug"),
    ],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain"),
        Outcome(role="primary", position=1, measure="Walking"),
    ],
    start_date="2031-04-20",
    first_posted_date="2031-01-05",
    last_update_date="2031-04-14",
    lead_sponsor="Example Institute",
    countries=["Spain", "Italy"],
    printed={
        "overall_status": "Not recruiting",
        "intervention_model": "Parallel Assignment",
        "masking": "Double (Participant, Outcomes Assessor)",
    },
)

CHINA = {
    **GOV,
    "TrialID": "ChiCTR9900000010",
    "Source Register": "ChiCTR",
    "Public title": "Cancelled by the investigator              Cells for Sore Knees",
    "Recruitment Status": "Not Recruiting",
    "Inclusion agemin": "18",
    "Inclusion agemax": "no limit",
    "Inclusion gender": "Both",
    "Date enrollement": "2031-02-01",
    "Target size": "Cell group:20;Control  group:10;",
    "Study type": "Interventional study",
    "Study design": "Parallel",
    "Phase": "0",
    "Inclusion Criteria": "Inclusion criteria: 1. Pain;_x000D_<br>2. Age = 18.",
    "Exclusion Criteria": "Exclusion criteria: Fever",
    "Intervention": "Cell group:cells; twice;Control group:None;",
    "Primary outcome": "Pain;Walking (steps; hours);",
}


def as_csv(*rows: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return ("\ufeff" + out.getvalue()).encode()


def as_xml(*rows: dict[str, str]) -> bytes:
    def element(name: str, cell: str) -> str:
        tag = name.replace(" ", "_")
        return f"<{tag}>{escape(cell).replace(chr(13), '&#13;')}     </{tag}>"

    trials = "".join(f"<Trial>{''.join(element(*item) for item in row.items())}</Trial>" for row in rows)
    return f"<?xml version='1.0' ?><Trials_downloaded_from_ICTRP>{trials}</Trials_downloaded_from_ICTRP>".encode()


def placed(record: TrialRecord) -> TrialRecord:
    return msgspec.structs.replace(record, source_file="", position=0, form="", complete=True)


def row(**cells: str) -> TrialRecord:
    """The record of a row with some cells of its own: `target_size="A:1;"`."""
    names = {name.replace(" ", "_").lower(): name for name in COLUMNS}
    return parse_row({**GOV, **{names[key]: cell for key, cell in cells.items()}})


@pytest.mark.parametrize("content", [as_csv(GOV), as_xml(GOV), gzip.compress(as_csv(GOV))], ids=["CSV", "XML", "gzip"])
def test_every_form_gives_the_same_record(content, tmp_path):
    (tmp_path / "download").write_bytes(content)
    [got] = read_inputs([tmp_path / "download"])
    assert placed(got) == GOV_RECORD
    assert not got.complete


def test_spreadsheet_gives_the_same_record_but_for_what_excel_made_of_dates(tmp_path):
    made = {**GOV, "Export date": datetime(2031, 7, 4, 9, 30), "Phase": datetime(2031, 2, 1), "Target size": 12}
    made |= {"Date enrollement": datetime(2031, 4, 1), "Last Refreshed on": datetime(2031, 4, 14)}
    with xlsxwriter.Workbook(tmp_path / "download", {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        sheet.write_row(1, 0, [made.get(name, "") for name in COLUMNS])
    [got] = read_inputs([tmp_path / "download"])
    assert placed(got) == msgspec.structs.replace(
        GOV_RECORD,
        source_date="2031-04-07",  # 4/7 was taken for the 4th of July
        start_date="2031-04",  # "April 2031" became its first day
        printed={**GOV_RECORD.printed, "phases": "2031-02-01", "start_date": "2031-04-01"},  # "1-2": 1 February
    )


def test_register_of_groups_gives_arms_with_their_numbers_and_no_sum():
    got = parse_row(CHINA)
    assert got.enrollment_count is None
    assert got.enrollment_type is None
    assert got.arms == [Arm(label="Cell group", n=20, interventions=["cells; twice"]), Arm(label="Control group", n=10)]
    assert got.interventions == [Intervention(name="cells; twice", arm_labels=["Cell group"])]
    assert got.printed["enrollment_count"] == "Cell group:20;Control group:10;"


def test_notice_before_a_title_is_a_status_and_no_title():
    got = parse_row(CHINA)
    assert got.public_title == "Cells for Sore Knees"
    assert got.overall_status == "withdrawn"
    assert got.printed["overall_status"] == "Cancelled by the investigator"
    assert got.printed["recruitment_status"] == "Not Recruiting"
    assert row(public_title="Cancelled Surgery and Pain").public_title == "Cancelled Surgery and Pain"


def test_criteria_by_kind_lose_only_the_label():
    got = parse_row(CHINA)
    assert (got.inclusion, got.exclusion, got.eligibility) == ("1. Pain;\n2. Age = 18.", "Fever", None)
    assert (
        row(trialid="DRKS99000010", inclusion_criteria="Inclusion criteria:", exclusion_criteria="").inclusion is None
    )


def test_bare_zero_is_no_phase():
    got = parse_row(CHINA)
    assert (got.phases, got.printed["phases"]) == ([], "0")


@pytest.mark.parametrize(
    ("words", "expected"),
    {
        "Phase 2/ Phase 3": ["phase2", "phase3"],
        "2-3": ["phase2", "phase3"],
        "2031-03-02": ["phase2", "phase3"],
        "4": ["phase4"],
        "Phase-3": ["phase3"],
        "II/III": ["phase2", "phase3"],
        "Human pharmacology (Phase I): yes Therapeutic exploratory (Phase II): yes": ["phase1", "phase2"],
        "Human pharmacology (Phase I): no Therapeutic use (Phase IV): no": [],
        "N/A": ["na"],
        "Early Phase 1": ["early_phase1"],
        "Retrospective study": [],
        "2031-12-30": [],
        "10": [],
    }.items(),
)
def test_phase_in_any_spelling(words, expected):
    assert phases(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    {
        "05/04/2031": "2031-04-05",
        "21-10-2031": "2031-10-21",
        "20310405": "2031-04-05",
        "2031/02/01": "2031-02-01",
        "2031-04-05T00:00:00": "2031-04-05",
        "April 20, 2031": "2031-04-20",
        "April 2031": "2031-04",
        "14 April 2031": "2031-04-14",
        "2031-04": "2031-04",
        "2031": "2031",
        "2641-06-14": None,
        "31/02/2031": None,
        "Aprilia 2031": "2031-04",
        "later": None,
        "": None,
    }.items(),
)
def test_date_is_as_precise_as_printed_and_never_impossible(words, expected):
    assert iso_date(words) == expected


def test_impossible_date_is_kept_as_printed():
    got = row(trialid="IRCT99000010N1", date_enrollement="2641-06-14")
    assert (got.start_date, got.printed["start_date"]) == (None, "2641-06-14")


def test_export_date_alone_has_the_month_first():
    assert export_date("3/18/2031 6:53:35 PM") == "2031-03-18"
    assert export_date("2031-06-07T17:53:51", sheet=True) == "2031-07-06"
    assert export_date("08/28/2031 20:14:44") == "2031-08-28"
    assert export_date("18/3/2031") is None


@pytest.mark.parametrize(
    ("words", "expected"),
    {
        "18 Years": "18 Years",
        "18": "18 Years",
        "20years-old": "20 Years",
        ">= 20age old": "20 Years",
        "18(Year)": "18 Years",
        "1 Year(s)": "1 Year",
        "6M": "6 Months",
        "3 Days": "3 Days",
        "no limit": None,
        "18 N/A (No limit)": None,
        "60??": None,
        "Years": None,
    }.items(),
)
def test_age_is_a_number_with_its_unit_or_missing(words, expected):
    assert age(words) == expected


def test_highest_age_of_zero_is_no_limit():
    assert age("0", highest=True) is None
    assert age("0") == "0 Years"


@pytest.mark.parametrize(
    ("words", "expected"),
    {
        "Both": "all",
        "Male/Female": "all",
        "Female: yes Male: yes": "all",
        "Female: no Male: yes": "male",
        "-": None,
    }.items(),
)
def test_sex_in_any_spelling(words, expected):
    assert sex(words) == expected


@pytest.mark.parametrize(
    ("damaged", "whole"),
    {
        "CellsX¬Æ, 37¬∞C, ‚Ä¢ √ó 10": "CellsX®, 37°C, • × 10",
        "CellsXÂ® donâ€™t Ã— 10": "CellsX® don’t × 10",
        "√Ç¬∞C": "°C",
        "lost √¢??": "lost â??",
        "l’état à 37°C – œdème, ±2 µg, «é»": "l’état à 37°C – œdème, ±2 µg, «é»",
        "¬ 3 √ 4 Île Ã": "¬ 3 √ 4 Île Ã",
    }.items(),
)
def test_mojibake_is_mended_only_where_the_way_back_is_certain(damaged, whole):
    assert mend(damaged) == whole


@pytest.mark.parametrize(
    ("words", "status"),
    {"Recruiting": "recruiting", "Not Recruiting": None, "Authorised": None, "Not Available": None}.items(),
)
def test_status_is_recruiting_or_has_no_counterpart(words, status):
    got = row(recruitment_status=words)
    assert got.overall_status == status
    assert got.printed.get("overall_status") == (None if words in ("Recruiting", "Not Available") else words)


@pytest.mark.parametrize(
    ("design", "expected"),
    [
        (
            "Controlled: yes<br>Randomised: yes<br>Open: no<br>Single blind: no<br>Double blind: yes<br>"
            "Parallel group: yes<br>Cross over: no<br>Number of treatment arms in the trial: 2<br>",
            ("randomized", "double", "parallel", None),
        ),
        ("Controlled: no\nRandomised: no\nOpen: yes", (None, "none", None, None)),
        (
            "Randomization: Not randomized, Blinding: Not blinded, Assignment: Single, Purpose: Treatment.",
            ("non_randomized", "none", "single_group", "treatment"),
        ),
        (
            "Randomized, Parallel Group Trial<br>  Method of allocation concealment:Other  "
            "Blinding and masking:Participant, Investigator Blinded",
            ("randomized", None, "parallel", None),
        ),
        (
            "Allocation: Single arm study;. Masking: Open (masking not used). Assignment: Single (group). "
            "Study design purpose: Screening;",
            (None, "none", "single_group", "screening"),
        ),
        ("Multicentre double-blind randomised controlled trial (Prevention)", ("randomized", "double", None, "prevention")),
        ("Non randomized control", ("non_randomized", None, None, None)),
        ("Quasi-randomized controlled", (None, None, None, None)),
        ("Not selected Not selected", (None, None, None, None)),
    ],
)  # fmt: skip
def test_design_is_read_by_its_labels(design, expected):
    got = row(study_design=design)
    assert (got.allocation, got.masking, got.intervention_model, got.primary_purpose) == expected


def outcomes(trial_id: str, cell: str) -> list[tuple[str, str | None]]:
    return [(o.measure, o.time_frame) for o in row(trialid=trial_id, primary_outcome=cell).outcomes]


@pytest.mark.parametrize(
    ("trial_id", "cell", "expected"),
    [
        ("NCT99000010", "Pain;Death (any; of all causes)", [("Pain", None), ("Death (any; of all causes)", None)]),
        ("NCT99000010", "Pain (a; b;Walking", [("Pain (a; b;Walking", None)]),
        ("NCT99000010", "Pain;Walking. Time frame: 6 weeks", [("Pain;Walking. Time frame: 6 weeks", None)]),
        ("NCT99000010", "Pain [Time Frame: 6 weeks]", [("Pain", "6 weeks")]),
        ("NCT99000010", "Pain;Time frame: a;Time frame: b", [("Pain;Time frame: a;Time frame: b", None)]),
        ("ACTRN99000010", "Pain [day 1; day 2];Walking[week 6]", [("Pain", "day 1; day 2"), ("Walking", "week 6")]),
        ("ACTRN99000010", "Pain [day 1];Walking", [("Pain [day 1];Walking", None)]),
        (
            "IRCT99000010N1",
            "Pain; rest. Timepoint: day 1. Method of measurement: VAS.;Gait. Timepoint: day 2. Method of measurement: A; B.",
            [("Pain; rest", "day 1"), ("Gait", "day 2")],
        ),
        ("CTRI/9900/01/000010", "Pain in restTimepoint: 5 weeks", [("Pain in rest", "5 weeks")]),
        ("SLCTR/9900/001", "Pain [Time frame: day 1]<br>Gait [ Time frame: day 2]<br>", [("Pain", "day 1"), ("Gait", "day 2")]),
        ("ISRCTN99000010", "<br>  1. Pain<br>  2. Gait:<br>  2.1. Speed", [("Pain", None), ("Gait:\n2.1. Speed", None)]),
        ("ISRCTN99000010", "Pain at rest; walking at week 6", [("Pain at rest; walking at week 6", None)]),
        ("DRKS99000010", "Pain in a battery<br>- VAS<br>- NRS", [("Pain in a battery\n- VAS\n- NRS", None)]),
        (
            "EUCTR9900-000010-10-ES",
            "Main Objective: Less pain;Secondary Objective: ;Primary end point(s): Pain; gait<br>;"
            "Timepoint(s) of evaluation of this end point: Day 1",
            [("Pain; gait", "Day 1")],
        ),
        ("EUCTR9900-000010-10-ES", "Main Objective: ;Primary end point(s): ", []),
        ("JPRN-UMIN99000010", "none", []),
    ],
)  # fmt: skip
def test_outcomes_are_cut_only_where_the_cut_is_certain(trial_id, cell, expected):
    assert outcomes(trial_id, cell) == expected


def test_method_of_measurement_describes_its_own_outcome():
    [got] = row(
        trialid="IRCT99000010N1", primary_outcome="Gait. Timepoint: day 2. Method of measurement: Film."
    ).outcomes
    assert got == Outcome(role="primary", position=0, measure="Gait", time_frame="day 2", description="Film")


def test_lists_printed_twice_count_once_and_repeated_measures_stay():
    got = row(condition="Pain;Pain", primary_outcome="Gait;Rest;Gait;Rest", intervention="Drug: A;Drug: A")
    assert (got.conditions, [o.measure for o in got.outcomes], len(got.interventions)) == (
        ["Pain"],
        ["Gait", "Rest"],
        1,
    )
    assert [o.measure for o in row(condition="Pain", primary_outcome="Gait;Gait").outcomes] == ["Gait", "Gait"]


def test_objectives_of_euctr_are_a_summary_and_age_groups_no_criteria():
    got = row(
        trialid="EUCTR9900-000010-10-ES",
        primary_outcome="Main Objective: Less pain;Primary end point(s): Pain",
        inclusion_criteria="Inclusion criteria: <br>Pain<br><br>Are the trial subjects under 18? no<br>F.1.2 Adults (18-64 years) yes",
        exclusion_criteria="Exclusion criteria: Fever",
    )
    assert got.brief_summary == "Main Objective: Less pain"
    assert got.inclusion == "Pain"
    assert got.printed["age_groups"].startswith("Are the trial subjects")


@pytest.mark.parametrize(
    ("cell", "expected"),
    {
        "Sore knee. <br>Arthritis;M17.1": (["Sore knee"], ["Arthritis"]),
        " <br>Arthritis;Arthritis": (["Arthritis"], []),
        "Pain;Gait; <br>Pain <br>Sleep;Bones - Other": (["Pain", "Gait"], ["Sleep", "Bones - Other"]),
        "Health Condition 1: M171- Sore knee\nHealth Condition 2: null- Sore hip": (["Sore knee", "Sore hip"], []),
        "Sore knee\nswollen <br>MedDRA version: 20.0\nLevel: LLT\nClassification code 100\nTerm: Arthritis\n"
        ";Therapeutic area: Diseases [C] - Bones [C05]": (
            ["Sore knee", "swollen"], ["Arthritis", "Diseases [C] - Bones [C05]"],
        ),
        "N/A": ([], []),
    }.items(),
)  # fmt: skip
def test_conditions_come_without_their_codes(cell, expected):
    got = row(trialid="RBR-99zz10", condition=cell)
    assert (got.conditions, got.keywords) == expected


def test_interventions_are_read_in_the_form_of_their_register():
    got = row(
        trialid="CTRI/9900/01/000010", intervention="Intervention1: Cells: 2 doses<br>Control Intervention1: Rest: Bed"
    )
    assert got.interventions == [
        Intervention(name="Cells", description="2 doses"),
        Intervention(name="Rest", description="Bed"),
    ]
    got = row(trialid="IRCT99000010N1", intervention="Intervention 1: Group A: cells. Intervention 2: Group B: rest.")
    assert [item.name for item in got.interventions] == ["Group A: cells.", "Group B: rest."]
    cell = "<br>Trade Name: A<br>Product Name: B<br>INN or Proposed INN: B<br><br>Trade Name: C<br><br>"
    got = row(trialid="EUCTR9900-000010-10-ES", intervention=cell)
    assert [(item.name, item.other_names) for item in got.interventions] == [("B", ["A"]), ("C", [])]
    assert row(trialid="NL99", intervention="None").interventions == []


def test_groups_that_do_not_fit_the_interventions_leave_these_whole():
    got = row(trialid="ChiCTR9900000010", target_size="A:1;B:2;", intervention="A:cells;C:rest;")
    assert got.arms == [Arm(label="A", n=1), Arm(label="B", n=2)]
    assert got.interventions == [Intervention(name="A:cells;C:rest")]


def test_nobody_who_is_named_as_contact_is_in_the_record():
    assert "Person" not in str(parse_row(GOV))
    assert "@" not in str(parse_row(GOV))
    assert row(primary_sponsor="Dr. Ana Person").lead_sponsor is None
    assert row(primary_sponsor="Ana Person Foundation").lead_sponsor == "Ana Person Foundation"
    assert row(primary_sponsor="Acme Labs", contact_lastname="Acme Labs", contact_affiliation="Acme Labs").lead_sponsor


def test_later_columns_are_read_where_they_are_present():
    xml = as_xml(
        {**GOV, "Secondary ID": "ORG-1;U1111-9999-0000;Nil", "Secondary outcome": "Sleep;Mood", "results yes no": "Yes"}
    )
    [got] = list(read_bytes(xml))
    assert got.secondary_ids == ["ORG-1", "U1111-9999-0000"]
    assert [(o.role, o.position, o.measure) for o in got.outcomes[2:]] == [
        ("secondary", 0, "Sleep"),
        ("secondary", 1, "Mood"),
    ]
    assert got.has_results is True


WHO = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE trials [<!ELEMENT trials (trial*)><!ENTITY hidden SYSTEM "file:///etc/passwd">]>
<trials><trial>
<main><trial_id>IRCT99000010N1</trial_id><utrn/><reg_name>IRCT</reg_name><date_registration>05/01/2031</date_registration>
<primary_sponsor>Example Institute</primary_sponsor><public_title>Cells &amp; knees</public_title><acronym/>
<scientific_title>A study of cells</scientific_title><date_enrolment>2031-02-10</date_enrolment>
<type_enrolment>actual</type_enrolment><target_size>20</target_size><recruitment_status>Complete</recruitment_status>
<url>https://example.org/trial/10</url><study_type>interventional</study_type>
<study_design>Randomization: Randomized, Blinding: Double blinded, Assignment: Parallel, Purpose: Treatment</study_design>
<phase>2-3</phase><hc_freetext>Sore knee.</hc_freetext>
<i_freetext>Intervention 1: cells. Intervention 2: rest.</i_freetext>
<results_actual_enrolment>18</results_actual_enrolment></main>
<contacts><contact><type>public</type><firstname>Ana</firstname><lastname>Person</lastname></contact></contacts>
<countries><country2>Spain</country2><country2>Italy</country2></countries>
<criteria><inclusion_criteria>Inclusion criteria: Pain</inclusion_criteria><agemin>18 years</agemin>
<agemax>no limit</agemax><gender>Both</gender><exclusion_criteria>Fever</exclusion_criteria></criteria>
<health_condition_code><hc_code>M17</hc_code></health_condition_code>
<health_condition_keyword><hc_keyword>Arthritis</hc_keyword></health_condition_keyword>
<primary_outcome><prim_outcome>Pain; rest. Timepoint: day 1.</prim_outcome><prim_outcome>Gait</prim_outcome></primary_outcome>
<secondary_outcome><sec_outcome>Sleep</sec_outcome><sec_outcome></sec_outcome></secondary_outcome>
<secondary_ids><secondary_id><sec_id>ORG-1</sec_id><issuing_authority>Org</issuing_authority></secondary_id></secondary_ids>
</trial></trials>"""


def read_bytes(content: bytes):
    """The results of one content, through the public way."""
    return read_content("download", io.BufferedReader(io.BytesIO(content), 1 << 18))


def test_who_form_with_an_inline_doctype_is_read_and_its_lists_stay_lists():
    [got] = read_bytes(WHO)
    assert placed(got) == TrialRecord(
        register="ictrp",
        trial_id="IRCT99000010N1",
        url="https://example.org/trial/10",
        secondary_ids=["ORG-1"],
        public_title="Cells & knees",
        scientific_title="A study of cells",
        conditions=["Sore knee"],
        keywords=["Arthritis"],
        overall_status="completed",
        phases=["phase2", "phase3"],
        study_type="interventional",
        allocation="randomized",
        intervention_model="parallel",
        masking="double",
        primary_purpose="treatment",
        enrollment_count=18,
        enrollment_type="actual",
        sex="all",
        minimum_age="18 Years",
        inclusion="Pain",
        exclusion="Fever",
        interventions=[Intervention(name="cells."), Intervention(name="rest.")],
        outcomes=[
            Outcome(role="primary", position=0, measure="Pain; rest. Timepoint: day 1."),
            Outcome(role="primary", position=1, measure="Gait"),
            Outcome(role="secondary", position=0, measure="Sleep"),
        ],
        start_date="2031-02-10",
        first_posted_date="2031-01-05",
        lead_sponsor="Example Institute",
        countries=["Spain", "Italy"],
        printed=got.printed,
    )
    assert got.printed == {
        "conditions": "Sore knee. M17;Arthritis",
        "masking": "Double blinded",
        "maximum_age": "no limit",
        "overall_status": "Complete",
        "phases": "2-3",
        "sex": "Both",
        "target_size": "20",
    }


def test_tables_of_others_are_not_claimed():
    assert ictrp.recognises_table(COLUMNS)
    assert ictrp.recognises_table(["TrialID", "DATE_ENROLLEMENT", "Countries"])
    assert not ictrp.recognises_table(["index", "trialid", "source_register", "date_enrollement"])
    assert not ictrp.recognises_table(["NCT Number", "Study Title", "Start Date"])


def test_row_without_a_number_costs_itself():
    got = list(read_bytes(as_csv({**GOV, "TrialID": ""}, GOV)))
    assert isinstance(got[0], Rejected)
    assert "no trial number (TrialID), expected one" in got[0].reason
    assert got[1].trial_id == "NCT99000010"


@pytest.mark.parametrize(
    "piece",
    ["<br>", "<br>        ", "<", "&lt;", "¬Æ", "[", "a:1;", ";", "(", "Intervention 1: ", "Timepoint: ", "1. \n", "-\n",
     "2.1 a\n", "Cancelled   ", "\\", "Type: ", "Term: a;", "Health Condition 1: "],
)  # fmt: skip
def test_hostile_cells_cost_little_time(piece):
    cell = piece * (20_000 // len(piece))
    names = [name for name in COLUMNS if name not in ("TrialID", "Date registration3")]
    began = time.perf_counter()
    for trial_id in ("NCT99000010", "ChiCTR9900000010", "EUCTR9900-000010-10-ES"):
        assert parse_row({"TrialID": trial_id, **dict.fromkeys(names, f"1. {cell}")}).trial_id == trial_id
    assert time.perf_counter() - began < 5


# --- real files next to the checkout -----------------------------------------------------------------------------

FILES = {
    "ICTRP-Results_18Mar2020.xml.gz": (578, "2020-03-18"),
    "covid-19-trials_25Mar2020.xlsx": (667, "2020-03-25"),
    "COVID19-927-trials_7Apr2020.csv.gz": (927, "2020-04-07"),
    "COVID19-1135-trials.csv.gz": (1135, "2020-04-15"),
    "COVID19-web_7Jul2020.xlsx": (4098, "2020-07-06"),
    "iddo_ntd/ictrp.csv.gz": (315, None),
    "iddo_ntd/Study_Dates_and_Inclusion_0.csv.gz": (315, None),
}


def export(name: str) -> dict[str, TrialRecord]:
    return {record.trial_id: record for record in read_inputs([CORPUS / "ictrp" / name])}


@on_real_files
@pytest.mark.parametrize("name", FILES)
def test_real_exports_are_read_whole(name):
    got = list(read_inputs([CORPUS / "ictrp" / name]))
    assert [r for r in got if isinstance(r, Rejected)] == []
    assert (len(got), {r.source_date for r in got}) == (FILES[name][0], {FILES[name][1]})
    assert len({r.trial_id for r in got}) == len(got)
    texts = [p.text for r in got for p in r.passages()]
    assert not any("<br" in text or "_x000" in text or "¬Æ" in text or "‚Ä¢" in text for text in texts)


def differing(a: dict[str, TrialRecord], b: dict[str, TrialRecord]) -> tuple[int, dict[str, int]]:
    """Trials that ICTRP did not refresh between two exports, and the fields in which these differ.

    ICTRP gives lists in any order, and the fields that place a record are those of its file.
    """
    apart = {"source_file", "source_date", "position", "form", "printed"}
    same = [i for i in a if i in b and a[i].last_update_date == b[i].last_update_date]

    def value(record: TrialRecord, field: str) -> object:
        found = getattr(record, field)
        if field == "outcomes":
            found = [msgspec.structs.replace(outcome, position=0) for outcome in found]
        return sorted(map(str, found)) if field in ("outcomes", "interventions", "countries") else found

    counts: dict[str, int] = {}
    for i in same:
        for field in set(TrialRecord.__struct_fields__) - apart:
            counts[field] = counts.get(field, 0) + (value(a[i], field) != value(b[i], field))
    return len(same), {field: n for field, n in counts.items() if n}


@on_real_files
def test_xml_and_tables_of_the_same_refresh_agree_in_every_field():
    march, april, later = map(
        export, ("ICTRP-Results_18Mar2020.xml.gz", "COVID19-927-trials_7Apr2020.csv.gz", "COVID19-1135-trials.csv.gz")
    )
    assert differing(march, april) == (501, {})
    assert differing(april, later) == (739, {})


@on_real_files
def test_damaged_spreadsheet_agrees_with_the_undamaged_table():
    table, sheet = export("COVID19-1135-trials.csv.gz"), export("COVID19-web_7Jul2020.xlsx")
    # the sheet lost the phases of 26 trials and the sign ˆ of one, whose damage may be natural letters
    assert differing(table, sheet) == (737, {"phases": 26, "exclusion": 1})


@on_real_files
def test_spreadsheet_that_cuts_its_cells_agrees_as_far_as_it_goes():
    sheet, table = export("covid-19-trials_25Mar2020.xlsx"), export("COVID19-927-trials_7Apr2020.csv.gz")
    for i in sheet.keys() & table.keys():
        if sheet[i].last_update_date == table[i].last_update_date:
            for field in ("public_title", "scientific_title", "inclusion", "exclusion"):
                cut, whole = getattr(sheet[i], field), getattr(table[i], field)
                assert cut == whole or whole.startswith(cut[:-3])
            assert table[i].start_date.startswith(sheet[i].start_date)
            assert (sheet[i].phases, sheet[i].conditions) == (table[i].phases, table[i].conditions)


@on_real_files
def test_tables_made_of_ictrp_are_left_to_others():
    got = next(iter(read_inputs([CORPUS / "ictrp" / "processed" / "trial_list_2020-12-16.csv.gz"])))
    assert isinstance(got, Rejected) or got.form != "ictrp_table"
