"""ISRCTN: the XML of its API and the same records as JSON give the same record; what the register leaves open stays so."""

import gzip
import json
import time
from pathlib import Path

import msgspec
import pytest
from lxml import etree

from trialkit import registries
from trialkit.record import Intervention, Outcome, TrialRecord
from trialkit.registries import Reader, isrctn
from trialkit.registries.files import Rejected, read_inputs
from trialkit.registries.isrctn_fields import numbered

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"

TRIAL = """
<trial lastUpdated="2031-12-04T09:15:00.123456789Z" version="3" publicIdentifierCanonical="ISRCTN99000010">
  <isrctn dateAssigned="2031-02-03T12:00:00.000Z">99000010</isrctn>
  <trialDescription thirdPartyFilesAcknowledgement="false">
    <acknowledgment>true</acknowledgment>
    <title>Cells for sore knees &amp;amp; hips</title>
    <scientificTitle>An invented study of marrow cells</scientificTitle>
    <acronym>SORE</acronym>
    <studyHypothesis>Cells help.</studyHypothesis>
    <plainEnglishSummary>Background and study aims
Knees are sore.

Who is the main contact?
Dr Invented Person, person@example.org</plainEnglishSummary>
    <primaryOutcomes>
      <outcomeMeasure id="a"><variable>Pain</variable><method>a scale of ten</method><timepoints>6 months</timepoints></outcomeMeasure>
      <outcomeMeasure id="b"><variable>Swelling</variable><method/><timepoints/></outcomeMeasure>
    </primaryOutcomes>
    <primaryOutcome/>
    <secondaryOutcomes/>
    <secondaryOutcome>1.\tSleep at 1 month
2.\tSafety
as told by participants</secondaryOutcome>
    <ethicsCommittees><ethicsCommittee><committeeName>Example Committee</committeeName>
      <contactDetails><email>person@example.org</email></contactDetails></ethicsCommittee></ethicsCommittees>
  </trialDescription>
  <externalRefs>
    <doi>10.1186/ISRCTN99000010</doi>
    <eudraCTNumber>Nil known</eudraCTNumber>
    <irasNumber/>
    <clinicalTrialsGovNumber>NCT99000010</clinicalTrialsGovNumber>
    <protocolSerialNumber>SK/01</protocolSerialNumber>
    <secondaryNumbers>
      <secondaryNumber id="c" numberType="nct" canonicalSecondaryNumber="NCT99000010">NCT99000010</secondaryNumber>
      <secondaryNumber id="d" numberType="Protocol serial number">SK/01</secondaryNumber>
    </secondaryNumbers>
  </externalRefs>
  <trialDesign>
    <studyDesign/>
    <primaryStudyDesign>Interventional</primaryStudyDesign>
    <interventionalTrialDesign>
      <allocation>Randomized controlled trial</allocation>
      <masking>Open (masking not used)</masking>
      <control>Active</control>
      <assignment>Parallel</assignment>
      <purposes><purpose>Treatment</purpose></purposes>
    </interventionalTrialDesign>
    <secondaryStudyDesign>Not applicable</secondaryStudyDesign>
    <trialTypes/>
    <overallEndDate>2033-08-31T00:00:00.000Z</overallEndDate>
  </trialDesign>
  <participants>
    <recruitmentCountries><country>United Kingdom</country><country>England</country><country>Spain</country></recruitmentCountries>
    <trialCentres>
      <trialCentre id="e"><name>Example Hospital</name><country>England</country></trialCentre>
      <trialCentre id="f"><name>Another Hospital</name><country>Spain</country></trialCentre>
    </trialCentres>
    <participantTypes/>
    <healthyVolunteersAllowed>false</healthyVolunteersAllowed>
    <inclusion>1. Sore knees</inclusion>
    <ageRange>Mixed</ageRange>
    <lowerAgeLimit unit="years" value="18.0">18 Years</lowerAgeLimit>
    <upperAgeLimit unit="years" value="75.0">75 Years</upperAgeLimit>
    <gender>All</gender>
    <targetEnrolment>40</targetEnrolment>
    <totalFinalEnrolment>38</totalFinalEnrolment>
    <exclusion>1. Pain &lt; 3</exclusion>
    <recruitmentStart>2031-03-01T00:00:00.000Z</recruitmentStart>
    <recruitmentEnd>2032-03-01T00:00:00.000Z</recruitmentEnd>
    <recruitmentStatusOverride/>
  </participants>
  <conditions>
    <condition><description>Sore knee
Sore hip</description><diseaseClass1>Musculoskeletal Diseases</diseaseClass1><diseaseClass2/></condition>
  </conditions>
  <interventions>
    <intervention>
      <description>One injection of 1 x 10^6 cells</description>
      <interventionType>Biological/Vaccine</interventionType>
      <phase>Phase I/II</phase>
      <drugNames>Marrow cells</drugNames>
    </intervention>
  </interventions>
  <results><publicationStage>Results</publicationStage><basicReport/></results>
  <outputs> </outputs>
  <parties><contactId>g</contactId><sponsorId>i</sponsorId><sponsorId>h</sponsorId></parties>
</trial>"""
PARTIES = """
<contact id="g"><forename>Invented</forename><surname>Person</surname>
  <contactDetails><email>person@example.org</email></contactDetails></contact>
<sponsor id="h"><organisation>Another Institute</organisation><sponsorType>Charity</sponsorType></sponsor>
<sponsor id="i"><organisation>Example Institute</organisation><sponsorType>University/education</sponsorType>
  <contactDetails><email>person@example.org</email></contactDetails>
  <commercialStatus>Non-commercial</commercialStatus></sponsor>"""

RECORD = TrialRecord(
    register="isrctn",
    trial_id="ISRCTN99000010",
    url="https://www.isrctn.com/ISRCTN99000010",
    secondary_ids=["NCT99000010", "SK/01"],
    public_title="Cells for sore knees & hips",
    scientific_title="An invented study of marrow cells",
    acronym="SORE",
    conditions=["Sore knee", "Sore hip"],
    brief_summary="Background and study aims\nKnees are sore.",
    detailed_description="Cells help.",
    phases=["phase1", "phase2"],
    study_type="interventional",
    allocation="randomized",
    intervention_model="parallel",
    intervention_model_description="Control: Active",
    masking="none",
    primary_purpose="treatment",
    enrollment_count=38,
    enrollment_type="actual",
    sex="all",
    minimum_age="18 Years",
    maximum_age="75 Years",
    healthy_volunteers=False,
    inclusion="1. Sore knees",
    exclusion="1. Pain < 3",
    interventions=[Intervention(name="Marrow cells", type="biological", description="One injection of 1 x 10^6 cells")],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain", time_frame="6 months", description="a scale of ten"),
        Outcome(role="primary", position=1, measure="Swelling"),
        Outcome(role="secondary", position=0, measure="Sleep at 1 month"),
        Outcome(role="secondary", position=1, measure="Safety\nas told by participants"),
    ],
    start_date="2031-03-01",
    completion_date="2033-08-31",
    first_posted_date="2031-02-03",
    last_update_date="2031-12-04",
    lead_sponsor="Example Institute",
    sponsor_class="other",
    countries=["United Kingdom", "Spain"],
    n_sites=2,
    has_results=True,
    printed={
        "phases": "Phase I/II",
        "allocation": "Randomized controlled trial",
        "masking": "Open (masking not used)",
        "enrollment_count": "targetEnrolment 40; totalFinalEnrolment 38",
        "countries": "United Kingdom; England; Spain",
        "sponsor_class": "University/education",
        "interventions[0].type": "Biological/Vaccine",
    },
)
ONLY_XML = {  # ctrdata drops attributes, and of the sponsors all but their numbers
    "first_posted_date": None,
    "last_update_date": None,
    "lead_sponsor": None,
    "sponsor_class": None,
    "printed": {key: words for key, words in RECORD.printed.items() if key != "sponsor_class"},
}


def full_trial(trial=TRIAL, parties=PARTIES, namespace=""):
    return f"<fullTrial{namespace}>{trial}{parties}</fullTrial>"


def answer(*trials):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<allTrials xmlns="http://www.67bricks.com/isrctn" '
        f'totalCount="{len(trials)}">{"".join(trials)}</allTrials>'
    )


def as_json(trial=TRIAL):
    """A record as ctrdata turns it into JSON: names of the XML, lists only where there are several, no attributes."""

    def value(element):
        found = {}
        for child in element:
            found.setdefault(child.tag, []).append(value(child))
        if not found:
            return element.text or ""
        return {name: items[0] if len(items) == 1 else items for name, items in found.items()}

    return {"_id": "99000010", **value(etree.fromstring(trial.strip())), "ctrname": "ISRCTN"}


def boxed(node):
    """Every text in an array of one, as R's jsonlite writes JSON."""
    if isinstance(node, dict):
        return {key: boxed(item) for key, item in node.items()}
    if isinstance(node, list):
        return [boxed(item) if isinstance(item, dict) else item for item in node]
    return [node]


@pytest.fixture(autouse=True)
def readers(monkeypatch):
    """The readers in their list, where they are not there yet."""
    ours = {
        "isrctn": Reader("xml", isrctn.recognises, isrctn.parse_trial, isrctn.ACCEPTS, isrctn.ELEMENT),
        "isrctn_json": Reader("json", isrctn.recognises_json, isrctn.parse_json, isrctn.ACCEPTS_JSON, complete=False),
    }
    for key, reader in ours.items():
        if key not in registries.READERS:
            monkeypatch.setitem(registries.READERS, key, reader)


def read(path, content):
    """What the public way gives for a file with this content, without where it stands."""
    path.write_text(content, encoding="utf-8")
    got = list(read_inputs([path]))
    return [
        r if isinstance(r, Rejected) else msgspec.structs.replace(r, source_file="", position=0, form="", complete=True)
        for r in got
    ]


def parsed(**changes):
    """The record with pieces of the XML replaced: parsed(**{"<gender>All": "<gender>Male"})."""
    trial = TRIAL
    for old, new in changes.items():
        assert trial.count(old) == 1, old
        trial = trial.replace(old, new)
    return isrctn.parse_trial(etree.fromstring(full_trial(trial)))


@pytest.mark.parametrize(
    ("content", "n"),
    {
        "answer of the API": (answer(full_trial(), full_trial()), 2),
        "one record": (full_trial(namespace=' xmlns="http://www.67bricks.com/isrctn"'), 1),
        "one record without namespace": (full_trial(), 1),
    }.values(),
)
def test_every_form_of_the_xml_gives_the_same_record(content, n, tmp_path):
    assert read(tmp_path / "download", content) == [RECORD] * n


@pytest.mark.parametrize("change", [lambda doc: doc, boxed], ids=["as it is", "boxed"])
def test_json_gives_the_record_of_the_xml_as_far_as_it_keeps_it(change, tmp_path):
    doc = change(as_json())
    expected = msgspec.structs.replace(RECORD, **ONLY_XML)
    assert read(tmp_path / "a", json.dumps(doc)) == [expected]
    assert read(tmp_path / "b", json.dumps([doc, doc])) == [expected] * 2
    assert read(tmp_path / "c", f"{json.dumps(doc)}\n{json.dumps(doc)}\n") == [expected] * 2


def test_nobody_is_named_in_a_record():
    said = f"{isrctn.parse_trial(etree.fromstring(full_trial()))}{isrctn.parse_json(json.dumps(as_json()).encode())}"
    assert not any(word in said for word in ("Person", "@", "Example Hospital"))


def test_what_a_record_does_not_have_is_missing_not_zero():
    record = isrctn.parse_trial(etree.fromstring("<fullTrial><trial><isrctn>99000010</isrctn></trial></fullTrial>"))
    stated = {k: v for k, v in msgspec.structs.asdict(record).items() if v not in (None, [], {}, "", 0)}
    assert stated == {"register": "isrctn", "trial_id": RECORD.trial_id, "url": RECORD.url, "complete": True}


@pytest.mark.parametrize(
    ("final", "target", "expected"),
    [
        ("38", "40", (38, "actual", "targetEnrolment 40; totalFinalEnrolment 38")),
        ("", "40", (40, "estimated", None)),
        ("0", "40", (40, "estimated", "targetEnrolment 40; totalFinalEnrolment 0")),
        ("", "1,200", (1200, "estimated", "targetEnrolment 1,200")),
        ("", "20 in each group", (None, None, "targetEnrolment 20 in each group")),
        ("Not provided at time of registration", "", (None, None, None)),
    ],
)
def test_planned_and_final_numbers_are_never_mixed(final, target, expected):
    record = parsed(**{"<targetEnrolment>40": f"<targetEnrolment>{target}", "Enrolment>38<": f"Enrolment>{final}<"})
    assert (record.enrollment_count, record.enrollment_type, record.printed.get("enrollment_count")) == expected


@pytest.mark.parametrize(
    ("printed", "status"), {"Stopped": "terminated", "Suspended": "suspended", "Elsewhere": None, "": None}.items()
)
def test_status_is_only_what_the_register_prints(printed, status):
    record = parsed(**{"<trialTypes/>": f"<overallStatusOverride>{printed}</overallStatusOverride>"})
    assert record.overall_status == status
    assert record.printed.get("overall_status") == (printed if printed in ("Stopped", "Elsewhere") else None)


def test_older_designs_are_read_from_their_words():
    design = TRIAL[TRIAL.index("<interventionalTrialDesign>") : TRIAL.index("<overallEndDate>")]
    record = parsed(
        **{
            "<studyDesign/>": "<studyDesign>Randomised double-blind cross-over trial</studyDesign>",
            design: "<secondaryStudyDesign>Randomised controlled trial</secondaryStudyDesign>"
            "<trialTypes><trialType>Treatment</trialType><trialType>Quality of life</trialType></trialTypes>",
        }
    )
    assert (record.allocation, record.intervention_model, record.masking) == ("randomized", "crossover", "double")
    assert record.intervention_model_description == "Randomised double-blind cross-over trial"
    assert (record.primary_purpose, record.printed["primary_purpose"]) == (None, "Treatment; Quality of life")


@pytest.mark.parametrize(
    ("element", "old", "new", "field", "value"),
    [
        ("allocation", "Randomized controlled trial", "N/A: single arm study", "allocation", "na"),
        ("allocation", "Randomized controlled trial", "Non-randomized trial", "allocation", "non_randomized"),
        ("assignment", "Parallel", "Single", "intervention_model", "single_group"),
        ("masking", "Open (masking not used)", "Blinded (masking used)", "masking", None),
        ("phase", "Phase I/II", "Not Applicable", "phases", ["na"]),
        ("phase", "Phase I/II", "Pilot", "phases", []),
        ("gender", "All", "Elsewhere", "sex", None),
        ("primaryStudyDesign", "Interventional", "Other", "study_type", None),
        ("purpose", "Treatment", "Device feasibility", "primary_purpose", "device_feasibility"),
    ],
)
def test_words_of_choices_are_mapped_and_kept(element, old, new, field, value):
    record = parsed(**{f"<{element}>{old}<": f"<{element}>{new}<"})
    assert getattr(record, field) == value
    assert record.printed.get(field) == (None if new == "Device feasibility" else new)


def test_an_intervention_without_drug_names_keeps_its_description():
    record = parsed(**{"<drugNames>Marrow cells<": "<drugNames><", ">Biological/Vaccine<": ">Mixed<"})
    assert record.interventions == [Intervention(name="", description="One injection of 1 x 10^6 cells")]
    assert record.printed["interventions[0].type"] == "Mixed"


@pytest.mark.parametrize(
    ("printed", "iso"),
    {"2031-03-01T00:00:00.000Z": "2031-03-01", "2031-03": "2031-03", "2031-02-30": None, "soon": None}.items(),
)
def test_dates_are_iso_and_possible(printed, iso):
    record = parsed(**{"<recruitmentStart>2031-03-01T00:00:00.000Z": f"<recruitmentStart>{printed}"})
    assert (record.start_date, record.printed.get("start_date")) == (iso, None if iso else printed)


@pytest.mark.parametrize(
    ("text", "items"),
    {
        "1. Pain\n2. Sleep": ["Pain", "Sleep"],
        "1) Pain\n2) Sleep": ["Pain", "Sleep"],
        "1. Pain\nin both knees\n2. Sleep\n\n3. Safety": ["Pain\nin both knees", "Sleep", "Safety"],
        "1. Pain\n1.1. left\n1.2. right\n2. Sleep": ["Pain\n1.1. left\n1.2. right", "Sleep"],
        "1. Pain": None,
        "Pain": None,
        "1. Pain\n2. Sleep\n\nMeasured at 21 days.": None,
        "At 21 days:\n1. Pain\n2. Sleep": None,
        "1. Pain\n2. Sleep\n1. Safety": None,
        "1. Pain\n3. Sleep": None,
    }.items(),
)
def test_only_a_list_is_cut_and_only_where_it_is_nothing_else(text, items):
    assert numbered(text) == (items or [text])


def test_what_the_register_marks_as_previous_is_no_longer_in_force():
    text = "Current inclusion criteria as of 01/02/2031:\n1. Sore knees\n_____\n\nPrevious inclusion criteria:\n1. Sore feet"
    record = parsed(**{"<inclusion>1. Sore knees": f"<inclusion>{text}"})
    assert (record.inclusion, record.printed["inclusion"]) == ("1. Sore knees", text)
    only = "Current inclusion criteria as of 01/02/2031:\n1. Sore knees"
    assert parsed(**{"<inclusion>1. Sore knees": f"<inclusion>{only}"}).inclusion == only


@pytest.mark.parametrize("words", ["", "Nil known", "Not provided at time of registration", "Not Specified", "N/A"])
def test_words_that_say_nothing_are_no_numbers(words):
    record = parsed(**{"<irasNumber/>": f"<irasNumber>{words}</irasNumber>"})
    assert record.secondary_ids == RECORD.secondary_ids


def test_ages_in_attributes_are_read():
    record = parsed(**{'value="18.0">18 Years<': 'value="18.0"><'})
    assert record.minimum_age == "18 Years"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (answer("<fullTrial><trial/></fullTrial>"), "isrctn is '', expected eight digits"),
        (answer(full_trial(TRIAL.replace(">99000010<", ">NCT99000010<"))), "isrctn is 'NCT99000010'"),
        (answer(), "XML without any <fullTrial>"),
        ('{"isrctn": null, "trialDescription": {"title": 3}}', "isrctn is ''"),
        ('{"isrctn": {"a": []}, "trialDescription": [[[]]], "participants": 7}', "isrctn is ''"),
    ],
)
def test_what_is_no_record_is_rejected_with_what_was_found(content, reason, tmp_path):
    (got,) = read(tmp_path / "file", content)
    assert isinstance(got, Rejected)
    assert reason in got.reason


def test_hostile_shapes_cost_nothing():
    doc = {key: [[1], None, {"country": {"country": 1}}, True] for key in as_json()}
    record = isrctn.parse_json(json.dumps({**doc, "isrctn": "99000010"}).encode())
    assert (record.trial_id, record.interventions, record.outcomes) == (RECORD.trial_id, [], [])
    began = time.perf_counter()
    text = "1. Pain\n" + "and so on\n" * 100_000 + " \t" * 100_000
    assert len(parsed(**{"<inclusion>1. Sore knees": f"<inclusion>{text}"}).inclusion) > 900_000
    assert len(numbered("\n".join(f"{n}. Pain" for n in range(1, 1000)))) == 999
    assert time.perf_counter() - began < 2


# --- real records next to the checkout ---------------------------------------------------------------------------


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")
def test_real_json_records_are_read_whole():
    file = CORPUS / "ctrdata" / "demo_isrctn.jsonl.gz"
    got = list(read_inputs([file]))
    assert all(isinstance(r, TrialRecord) for r in got)
    assert len({r.trial_id for r in got}) == 9
    assert {r.form for r in got} == {"isrctn_json"}
    for field in ("public_title", "scientific_title", "conditions", "phases", "study_type", "allocation", "sex",
                  "inclusion", "exclusion", "interventions", "outcomes", "start_date", "completion_date", "countries",
                  "enrollment_count", "primary_purpose", "n_sites"):  # fmt: skip
        assert all(getattr(r, field) not in (None, []) for r in got), field
    assert sorted(r.enrollment_count for r in got if r.enrollment_type == "actual") == [9, 60, 2804]
    assert sum(len(r.outcomes) for r in got) > 60
    assert [r.overall_status for r in got if r.overall_status] == ["terminated"]
    assert "@" not in str(got)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")
def test_real_json_records_turned_back_into_xml_give_the_same_records():
    def element(name, value):
        found = etree.Element(name)
        if isinstance(value, dict):
            for key, inner in value.items():
                found.extend(element(key, item) for item in (inner if isinstance(inner, list) else [inner]))
        else:
            found.text = value
        return found

    with gzip.open(CORPUS / "ctrdata" / "demo_isrctn.jsonl.gz") as file:
        for line in file:
            trial = element("trial", json.loads(line))
            full = etree.Element("fullTrial")
            full.append(trial)
            assert isrctn.parse_trial(full) == isrctn.parse_json(line)
