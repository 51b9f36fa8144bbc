"""One invented study as ClinicalTrials.gov registered it, and the record that each of its forms gives.

API v2, the retired API, tables, XML and AACT hold it in their own words: the expected record of a form is this one with
`replace(STUDY, ...)` of only what the form cannot say or says otherwise. Where a form has a place for them, it names
a person, an e-mail address and a collaborator too: no record has them.
"""

from msgspec.structs import replace

from trialkit.record import Arm, Intervention, Outcome, TrialRecord

STUDY = TrialRecord(
    register="ctgov", trial_id="NCT99000010", url="https://clinicaltrials.gov/study/NCT99000010",
    secondary_ids=["ORG-1", "2031-000001-10", "NCT99000011"],  # the sponsor's, a further one, the number it had before
    public_title="Cells for Sore Knees & Hips", scientific_title="A Study of Cells [Frozen]", acronym="SORE",
    conditions=["Arthritis", "Pain, Chronic"], keywords=["cells", "knee"],
    brief_summary="A dose of 1 x 10^6 cells/kg.",
    detailed_description="Weight > 40 kg:\n\n* group A\n* group B",
    overall_status="active_not_recruiting", phases=["phase1", "phase2"], study_type="interventional",
    allocation="non_randomized", primary_purpose="supportive_care",
    intervention_model="parallel", intervention_model_description="Groups side by side",
    masking="double", masking_description="Opaque syringes", who_masked=["participant", "outcomes_assessor"],
    enrollment_count=12, enrollment_type="estimated",
    sex="female", minimum_age="18 Years", maximum_age="75 Years", healthy_volunteers=True,
    eligibility="Inclusion Criteria:\n\n* Pain",
    arms=[
        Arm(label="A", type="experimental", description="Cells, then rest",
            interventions=["Biological: Cells", "Dietary Supplement: Fish oil"]),
        Arm(label="B", type="active_comparator", interventions=["Dietary Supplement: Fish oil"]),
        Arm(label="C", type="no_intervention"),
    ],
    interventions=[
        Intervention(name="Cells", type="biological", description="Thawed", other_names=["MSC"], arm_labels=["A"]),
        Intervention(name="Fish oil", type="dietary_supplement", arm_labels=["A", "B"]),
    ],
    outcomes=[
        Outcome(role="primary", position=0, measure="Pain", time_frame="6 months", description="0~10 points"),
        Outcome(role="primary", position=1, measure="Gait", time_frame="1 year"),
        Outcome(role="secondary", position=0, measure="Sleep"),
        Outcome(role="other", position=0, measure="Mood"),
    ],
    start_date="2031-02", primary_completion_date="2032-12-01", completion_date="2033-01-15",
    first_posted_date="2031-01-05", last_update_date="2031-06-30",
    lead_sponsor="Example Institute", sponsor_class="other_gov",
    countries=["Spain", "Italy"], n_sites=3,  # two of them in Spain
    has_results=False,
)  # fmt: skip

# What search results tell of it, in a table or as XML: no texts, no arms, names and types of interventions alone.
EXTRACT = replace(
    STUDY,
    secondary_ids=["ORG-1", "2031-000001-10"],
    scientific_title=None, keywords=[], brief_summary=None, detailed_description=None,
    intervention_model_description=None, masking_description=None, enrollment_type=None,
    healthy_volunteers=None, eligibility=None, arms=[],
    interventions=[Intervention(name=item.name, type=item.type) for item in STUDY.interventions],
    outcomes=[], sponsor_class=None,
)  # fmt: skip
