"""ISRCTN: the XML of its API and the same records as JSON give the same record; what the register leaves open stays so."""

import gzip
import json

import msgspec
import pytest
from growth import assert_linear
from lxml import etree
from reading import CORPUS, needs_corpus, read_corpus, read_written

from trialkit.record import Intervention, Outcome, TrialRecord
from trialkit.registries.isrctn import parse_json, parse_trial
from trialkit.registries.isrctn_fields import numbered

TRIAL = """<trial lastUpdated="2031-12-04T09:15:00.123456789Z" version="3" publicIdentifierCanonical="ISRCTN99000010">
  <isrctn dateAssigned="2031-02-03T12:00:00.000Z">99000010</isrctn>
  <trialDescription thirdPartyFilesAcknowledgement="false">
    <title>Cells for sore knees &amp;amp; hips</title><acronym>SORE</acronym>
    <scientificTitle>An invented study of marrow cells</scientificTitle>
    <studyHypothesis>Cells help.</studyHypothesis>
    <plainEnglishSummary>Background and study aims
Knees are sore.

Who is the main contact?
Dr Invented Person, person@example.org</plainEnglishSummary>
    <primaryOutcomes>
      <outcomeMeasure><variable>Pain</variable><method>a scale of ten</method><timepoints>6 months</timepoints></outcomeMeasure>
      <outcomeMeasure><variable>Swelling</variable><method/><timepoints/></outcomeMeasure>
    </primaryOutcomes>
    <primaryOutcome/>
    <secondaryOutcomes/>
    <secondaryOutcome>1.\tSleep at 1 month
2.\tSafety
as told by participants</secondaryOutcome>
  </trialDescription>
  <externalRefs>
    <eudraCTNumber>Nil known</eudraCTNumber><irasNumber/><protocolSerialNumber>SK/01</protocolSerialNumber>
    <clinicalTrialsGovNumber>NCT99000010</clinicalTrialsGovNumber>
    <secondaryNumbers><secondaryNumber numberType="nct">NCT99000010</secondaryNumber></secondaryNumbers>
  </externalRefs>
  <trialDesign>
    <studyDesign/><primaryStudyDesign>Interventional</primaryStudyDesign>
    <interventionalTrialDesign>
      <allocation>Randomized controlled trial</allocation><masking>Open (masking not used)</masking>
      <control>Active</control><assignment>Parallel</assignment><purposes><purpose>Treatment</purpose></purposes>
    </interventionalTrialDesign>
    <secondaryStudyDesign>Not applicable</secondaryStudyDesign>
    <trialTypes><trialType>Treatment</trialType><trialType>Quality of life</trialType></trialTypes>
    <overallStatusOverride/><overallEndDate>2033-08-31T00:00:00.000Z</overallEndDate>
  </trialDesign>
  <participants>
    <recruitmentCountries><country>United Kingdom</country><country>England</country><country>Spain</country></recruitmentCountries>
    <trialCentres>
      <trialCentre><name>Example Hospital</name><country>England</country></trialCentre>
      <trialCentre><name>Another Hospital</name><country>Spain</country></trialCentre>
    </trialCentres>
    <healthyVolunteersAllowed>false</healthyVolunteersAllowed><gender>All</gender>
    <inclusion>1. Sore knees</inclusion><exclusion>1. Pain &lt; 3</exclusion>
    <lowerAgeLimit unit="years" value="18.0">18 Years</lowerAgeLimit>
    <upperAgeLimit unit="years" value="75.0">75 Years</upperAgeLimit>
    <targetEnrolment>40</targetEnrolment><totalFinalEnrolment>38</totalFinalEnrolment>
    <recruitmentStart>2031-03-01T00:00:00.000Z</recruitmentStart>
  </participants>
  <conditions><condition><description>Sore knee
Sore hip</description><diseaseClass1>Musculoskeletal Diseases</diseaseClass1></condition></conditions>
  <interventions><intervention>
    <description>One injection of 1 x 10^6 cells</description><drugNames>Marrow cells</drugNames>
    <interventionType>Biological/Vaccine</interventionType><phase>Phase I/II</phase>
  </intervention></interventions>
  <results><publicationStage>Results</publicationStage></results>
  <parties><contactId>g</contactId><sponsorId>i</sponsorId><sponsorId>h</sponsorId></parties>
</trial>"""
PARTIES = """
<contact id="g"><surname>Person</surname><contactDetails><email>person@example.org</email></contactDetails></contact>
<sponsor id="h"><organisation>Another Institute</organisation><sponsorType>Charity</sponsorType></sponsor>
<sponsor id="i"><organisation>Example Institute</organisation><sponsorType>University/education</sponsorType>
  <contactDetails><email>person@example.org</email></contactDetails>
  <commercialStatus>Non-commercial</commercialStatus></sponsor>"""
XML = f"<fullTrial>{TRIAL}{PARTIES}</fullTrial>"
RECORD = TrialRecord(
    register="isrctn", trial_id="ISRCTN99000010", url="https://www.isrctn.com/ISRCTN99000010",
    secondary_ids=["NCT99000010", "SK/01"],
    public_title="Cells for sore knees & hips", scientific_title="An invented study of marrow cells", acronym="SORE",
    conditions=["Sore knee", "Sore hip"],
    brief_summary="Background and study aims\nKnees are sore.", detailed_description="Cells help.",
    phases=["phase1", "phase2"], study_type="interventional", allocation="randomized",
    intervention_model="parallel", intervention_model_description="Control: Active",
    masking="none", primary_purpose="treatment", enrollment_count=38, enrollment_type="actual",
    sex="all", minimum_age="18 Years", maximum_age="75 Years", healthy_volunteers=False,
    inclusion="1. Sore knees", exclusion="1. Pain < 3",
    interventions=[Intervention(name="Marrow cells", type="biological", description="One injection of 1 x 10^6 cells")],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain", time_frame="6 months", description="a scale of ten"),
        Outcome(role="primary", position=1, measure="Swelling"),
        Outcome(role="secondary", position=0, measure="Sleep at 1 month"),
        Outcome(role="secondary", position=1, measure="Safety\nas told by participants"),
    ],
    start_date="2031-03-01", completion_date="2033-08-31",
    first_posted_date="2031-02-03", last_update_date="2031-12-04",
    lead_sponsor="Example Institute", sponsor_class="other",
    countries=["United Kingdom", "Spain"], n_sites=2, has_results=True,
    printed={
        "phases": "Phase I/II",
        "allocation": "Randomized controlled trial",
        "masking": "Open (masking not used)",
        "enrollment_count": "targetEnrolment 40; totalFinalEnrolment 38",
        "countries": "United Kingdom; England; Spain",
        "sponsor_class": "University/education",
        "interventions[0].type": "Biological/Vaccine",
    },
)  # fmt: skip
WITHOUT_ATTRIBUTES = msgspec.structs.replace(  # ctrdata drops attributes, and of the sponsors all but their numbers
    RECORD, first_posted_date=None, last_update_date=None, lead_sponsor=None, sponsor_class=None,
    printed={field: words for field, words in RECORD.printed.items() if field != "sponsor_class"},
)  # fmt: skip


def as_json() -> dict:
    """A record as ctrdata turns it into JSON: names of the XML, lists only where there are several, no attributes."""

    def value(element):
        found = {}
        for child in element:
            found.setdefault(child.tag, []).append(value(child))
        if not found:
            return element.text or ""
        return {name: items[0] if len(items) == 1 else items for name, items in found.items()}

    return {"_id": "99000010", **value(etree.fromstring(TRIAL)), "ctrname": "ISRCTN"}


def told(**texts: str) -> TrialRecord:
    """The record of the XML with other texts in the elements of these names."""
    trial = etree.fromstring(XML)
    for name, text in texts.items():
        element = trial.find(f".//{name}")
        element[:], element.text = [], text
    return parse_trial(trial)


# Forms


def test_an_answer_of_the_api_gives_every_field(tmp_path):
    answer = f'<allTrials xmlns="http://www.67bricks.com/isrctn" totalCount="2">{XML}{XML}</allTrials>'
    assert read_written(tmp_path, answer) == [RECORD, RECORD]


def test_one_record_is_an_answer_too(tmp_path):
    assert read_written(tmp_path, XML) == [RECORD]


def test_json_gives_the_record_of_the_xml_without_attributes(tmp_path):
    assert read_written(tmp_path, json.dumps(as_json())) == [WITHOUT_ATTRIBUTES]


def test_nobody_is_named_in_a_record():
    said = f"{told()}{parse_json(json.dumps(as_json()).encode())}"
    assert not any(word in said for word in ("Person", "@", "Example Hospital"))


def test_what_a_record_does_not_have_is_missing_not_zero():
    element = etree.fromstring("<fullTrial><trial><isrctn>99000010</isrctn></trial></fullTrial>")
    assert parse_trial(element) == TrialRecord(register="isrctn", trial_id=RECORD.trial_id, url=RECORD.url)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<fullTrial><trial/></fullTrial>", "isrctn is '', expected eight digits"),
        (f"<fullTrial>{TRIAL.replace('>99000010<', '>NCT99000010<')}</fullTrial>", "isrctn is 'NCT99000010'"),
        ("<allTrials/>", "XML without any <fullTrial>"),
        ('{"isrctn": {"a": []}, "trialDescription": [[[]]], "participants": 7}', "isrctn is ''"),
    ],
)
def test_what_is_no_record_is_rejected_with_what_was_found(content, reason, tmp_path):
    (rejected,) = read_written(tmp_path, content)
    assert reason in rejected.reason


def test_values_of_another_type_are_missing():
    odd = {name: [[1], None, {"country": {"country": 1}}, True] for name in as_json()}
    assert parse_json(json.dumps(odd | {"isrctn": "99000010"}).encode()) == TrialRecord(
        register="isrctn", trial_id=RECORD.trial_id, url=RECORD.url
    )


# Fields

TARGET, SOON = "targetEnrolment", "Not provided at time of registration"
FIELDS = [  # other texts in the XML -> a field, its value, what `printed` has of it
    # Planned and final numbers are never mixed; a final number of zero is none
    ({"totalFinalEnrolment": ""}, "enrollment_count", 40, None),
    ({"totalFinalEnrolment": ""}, "enrollment_type", "estimated", None),
    ({"totalFinalEnrolment": "0"}, "enrollment_count", 40, "targetEnrolment 40; totalFinalEnrolment 0"),
    ({"totalFinalEnrolment": "", TARGET: "1,200"}, "enrollment_count", 1200, "targetEnrolment 1,200"),
    ({"totalFinalEnrolment": "", TARGET: "20 a group"}, "enrollment_count", None, "targetEnrolment 20 a group"),
    ({"totalFinalEnrolment": SOON, TARGET: ""}, "enrollment_count", None, None),
    ({"totalFinalEnrolment": SOON, TARGET: ""}, "enrollment_type", None, None),
    # Words that are changed, or have no counterpart, are printed
    ({"overallStatusOverride": "Stopped"}, "overall_status", "terminated", "Stopped"),
    ({"overallStatusOverride": "Suspended"}, "overall_status", "suspended", None),
    ({"overallStatusOverride": "Elsewhere"}, "overall_status", None, "Elsewhere"),
    ({"allocation": "N/A: single arm study"}, "allocation", "na", "N/A: single arm study"),
    ({"allocation": "Non-randomized trial"}, "allocation", "non_randomized", "Non-randomized trial"),
    ({"masking": "Blinded (masking used)"}, "masking", None, "Blinded (masking used)"),
    ({"assignment": "Single"}, "intervention_model", "single_group", "Single"),
    ({"phase": "Not Applicable"}, "phases", ["na"], "Not Applicable"),
    ({"phase": "Pilot"}, "phases", [], "Pilot"),
    ({"gender": "Elsewhere"}, "sex", None, "Elsewhere"),
    ({"primaryStudyDesign": "Other"}, "study_type", None, "Other"),
    ({"purpose": "Device feasibility"}, "primary_purpose", "device_feasibility", None),
    ({"commercialStatus": "Commercial"}, "sponsor_class", "industry", "Commercial"),
    # Several older types of a trial are no purpose
    ({"purposes": ""}, "primary_purpose", None, "Treatment; Quality of life"),
    # Dates are as precise as given, and possible
    ({"recruitmentStart": "2031-03"}, "start_date", "2031-03", None),
    ({"recruitmentStart": "2031-02-30"}, "start_date", None, "2031-02-30"),
    ({"recruitmentStart": "soon"}, "start_date", None, "soon"),
    # Older records give ages in attributes
    ({"lowerAgeLimit": ""}, "minimum_age", "18 Years", None),
    # Words that say nothing are no numbers
    ({"eudraCTNumber": SOON}, "secondary_ids", RECORD.secondary_ids, None),
    ({"eudraCTNumber": "N/A"}, "secondary_ids", RECORD.secondary_ids, None),
]


@pytest.mark.parametrize(("texts", "field", "value", "printed"), FIELDS, ids=[f"{row[1]} {row[2]}" for row in FIELDS])
def test_words_are_read_as_far_as_they_are_certain(texts, field, value, printed):
    record = told(**texts)
    assert (getattr(record, field), record.printed.get(field)) == (value, printed)


def test_older_designs_are_read_from_their_words():
    sentence, kind = "Randomised double-blind cross-over trial", "Randomised controlled trial"
    record = told(interventionalTrialDesign="", studyDesign=sentence, secondaryStudyDesign=kind)
    assert (record.allocation, record.intervention_model, record.masking) == ("randomized", "crossover", "double")
    assert record.intervention_model_description == sentence
    assert (record.printed["allocation"], record.printed["masking"]) == (kind, sentence)


def test_an_intervention_without_drug_names_keeps_its_description():
    record = told(drugNames="", interventionType="Mixed")
    assert record.interventions == [Intervention(name="", description="One injection of 1 x 10^6 cells")]
    assert record.printed["interventions[0].type"] == "Mixed"


@pytest.mark.parametrize(("text", "items"), [
    ("1. Pain\nin both knees\n2) Sleep\n\n3. Safety", ["Pain\nin both knees", "Sleep", "Safety"]),
    ("1. Pain\n1.1. left\n1.2. right\n2. Sleep", ["Pain\n1.1. left\n1.2. right", "Sleep"]),
    ("1. Pain", None), ("1. Pain\n3. Sleep", None), ("At 21 days:\n1. Pain\n2. Sleep", None),
    ("1. Pain\n2. Sleep\n\nMeasured at 21 days.", None),
])  # fmt: skip
def test_only_a_text_that_is_nothing_but_a_list_is_cut(text, items):
    assert numbered(text) == (items or [text])


CURRENT = "Current inclusion criteria as of 01/02/2031:\n1. Sore knees"


def test_what_the_register_marks_as_previous_is_no_longer_in_force():
    text = f"{CURRENT}\n_____\n\nPrevious inclusion criteria:\n1. Sore feet"
    record = told(inclusion=text)
    assert (record.inclusion, record.printed["inclusion"]) == ("1. Sore knees", text)


def test_a_current_text_without_a_previous_one_stays_whole():
    assert told(inclusion=CURRENT).inclusion == CURRENT


@pytest.mark.parametrize("piece", ["1. Pain\n", "and so on\n", "_" * 9 + " \n", "Current as of "])
def test_cost_grows_with_the_text(piece):
    assert_linear(lambda text: told(inclusion=f"{CURRENT}\n{text}"), piece)
    assert_linear(lambda text: numbered("1. Pain\n" + text), piece)


# Real records

EXPORT = "ctrdata/demo_isrctn.jsonl.gz"


@needs_corpus
def test_real_json_records_are_read_whole():
    got = read_corpus(EXPORT)
    assert len({record.trial_id for record in got}) == len(got) == 9
    for field in ("public_title", "conditions", "phases", "study_type", "allocation", "sex", "inclusion", "exclusion",
                  "interventions", "outcomes", "start_date", "completion_date", "countries", "enrollment_count",
                  "primary_purpose", "n_sites"):  # fmt: skip
        assert all(getattr(record, field) for record in got), field
    assert sorted(record.enrollment_count for record in got if record.enrollment_type == "actual") == [9, 60, 2804]
    assert [record.overall_status for record in got if record.overall_status] == ["terminated"]
    assert "@" not in str(got)


@needs_corpus
def test_real_json_records_turned_back_into_xml_give_the_same_records():
    def element(name, value):
        found = etree.Element(name)
        if isinstance(value, dict):
            for key, inner in value.items():
                found.extend(element(key, item) for item in (inner if isinstance(inner, list) else [inner]))
        else:
            found.text = value
        return found

    with gzip.open(CORPUS / EXPORT) as file:
        for line in file:
            assert parse_trial(element("fullTrial", {"trial": json.loads(line)})) == parse_json(line)
