"""Every frame: columns, units, keys, ranges, enums. The data dictionary is printed from here.

Missing is null; an empty list means "nothing stated". Enumerations that are words of the field come from the
vocabularies, so a new tissue in `cell_sources.toml` is at once a legal value.
"""

import dataframely as dy
import polars as pl

from trialkit.schema_build import TRIAL_ID, Curation, Filled, Ledger, Links
from trialkit.vocabulary import load_vocabulary

PRODUCT_CLASSES = [*load_vocabulary("product_classes").keys, "none"]
CELL_SOURCES = load_vocabulary("cell_sources").keys
EXACT_TISSUES = load_vocabulary("exact_tissues").keys
SEPARATION_METHODS = load_vocabulary("separation_methods").keys
PRODUCTS = load_vocabulary("products").keys
ROUTES = load_vocabulary("routes").keys
OUTCOME_METRICS = load_vocabulary("outcome_metrics").keys
OUTCOME_AGGREGATIONS = load_vocabulary("outcome_aggregations").keys
CONDITION_GROUPS = load_vocabulary("conditions").keys
DONORS = ["autologous", "allogeneic", "both", "not_reported"]
DOSE_BASES = ["per_kg", "total", "per_ml", "per_site", "per_area", "unclear"]
CORE_AREAS = ["death", "physiological_clinical", "life_impact", "resource_use", "adverse_events", "other"]
STATUSES = ["reported", "not_reported", "unparsed", "conflicting"]
FACTS = [
    "enrollment", "arm_sizes", "product_class", "cell_source", "donor", "separation", "route", "dose", "schedule", "endpoints",
    "time_frames", "eligibility",
]  # fmt: skip
CONTROL_TYPES = [
    "none", "placebo", "no_treatment", "standard_of_care", "active", "dose_comparison", "sham", "not_reported",
]  # fmt: skip


def _text(description: str, **options) -> dy.String:
    return dy.String(nullable=True, description=description, **options)


def _texts(description: str) -> dy.List:
    return dy.List(dy.String(nullable=False), nullable=False, description=description)


def _trial_id(key: bool = False) -> dy.String:
    return dy.String(primary_key=key, regex=TRIAL_ID, description="Register number of the trial")


def _date(what: str) -> dy.Date:
    return dy.Date(nullable=True, description=f"{what}; a month-only date is the first of the month, see its precision")


def _precision(what: str) -> dy.Enum:
    return dy.Enum(["day", "month", "year"], nullable=True, description=f"How precise the {what} date is in the source")


class Trials(dy.Schema):
    """One row per trial."""

    trial_id = _trial_id(key=True)
    registers = _texts("Sources that hold the trial")
    secondary_ids = _texts(
        "Other numbers of the trial as registered; words without a digit are left out, since most are names of people"
    )
    public_title = _text("Public title as registered")
    scientific_title = _text("Scientific title as registered")
    acronym = _text("Acronym as registered")
    conditions = _texts("Conditions as registered")
    condition_group = dy.Enum(
        CONDITION_GROUPS, nullable=True, description="Condition group of the conditions vocabulary"
    )
    condition_family = _text("rheumatic_autoimmune, other_immune or other; null without a condition group")
    overall_status = _text("Recruitment status, ClinicalTrials.gov v2 words in lower case")
    phases = _texts("phase1 ... phase4, early_phase1, na; several for a combined phase")
    study_type = _text("interventional, observational or expanded_access")
    allocation = _text("randomized, non_randomized or na")
    intervention_model = _text("single_group, parallel, crossover, sequential or factorial")
    masking = _text("none, single, double, triple or quadruple")
    primary_purpose = _text("Primary purpose as registered, lower case")
    control_type = dy.Enum(CONTROL_TYPES, nullable=False, description="What the cell arms are compared with")
    enrollment_count = dy.Int64(
        nullable=True, min=0, description="Participants; planned or actual, see enrollment_type"
    )
    enrollment_type = dy.Enum(
        ["actual", "estimated"], nullable=True, description="Whether the count is actual or planned"
    )
    sex = _text("all, female or male")
    minimum_age_years = dy.Float64(nullable=True, min=0, max=130, description="Lower age limit in years")
    maximum_age_years = dy.Float64(nullable=True, min=0, max=130, description="Upper age limit in years")
    start_date = _date("Start of the trial")
    start_date_precision = _precision("start")
    primary_completion_date = _date("Last visit for the primary outcome")
    primary_completion_date_precision = _precision("primary completion")
    completion_date = _date("End of the trial")
    completion_date_precision = _precision("completion")
    first_posted_date = _date("First posted in the register")
    first_posted_date_precision = _precision("first posted")
    last_update_date = _date("Last updated in the register")
    last_update_date_precision = _precision("last update")
    lead_sponsor = _text("Lead sponsor (organisation)")
    sponsor_class = _text("Class of the sponsor, lower case")
    countries = _texts("Countries of the sites")
    n_sites = dy.Int64(nullable=True, min=0, description="Number of sites; null when the source does not tell")
    has_results = dy.Bool(nullable=True, description="Results posted; null when the source does not tell")
    product_class = dy.List(dy.Enum(PRODUCT_CLASSES), nullable=False, description="Classes of the products under study")
    cell_source = dy.List(dy.Enum(CELL_SOURCES), nullable=False, description="Tissues of origin; empty = not reported")
    donor = dy.Enum(DONORS, nullable=False, description="Whose cells, as stated")
    donor_implied = dy.Enum(DONORS, nullable=True, description="What the tissue implies when no donor is stated")
    from_product_dictionary = _texts("Columns filled from the product dictionary; empty unless that was asked for")
    routes = dy.List(dy.Enum(ROUTES), nullable=False, description="Routes of the cell product; empty = not reported")
    url = _text("Page of the trial in the register")


class Arms(dy.Schema):
    """One row per registered arm."""

    trial_id = _trial_id(key=True)
    position = dy.Int64(primary_key=True, min=0, description="0-based, as registered")
    label = _text("Label as registered")
    type = _text("Arm type, lower case")
    description = _text("Description as registered")
    n = dy.Int64(nullable=True, min=0, description="Participants of this arm where the text states it")
    is_cell_arm = dy.Bool(description="Whether participants of this arm are given the cell product")


class CellProducts(dy.Schema):
    """One row per product under study: class, tissue, donor as stated together."""

    trial_id = _trial_id(key=True)
    position = dy.Int64(primary_key=True, min=0, description="0-based within the trial")
    arm = _text("Arm it is tied to; null = not tied to one")
    product_class = dy.Enum(PRODUCT_CLASSES, nullable=True, description="Class of the product")
    cell_source = dy.Enum(CELL_SOURCES, nullable=True, description="Tissue of origin; null = not reported")
    donor = dy.Enum(DONORS, nullable=False, description="Donor as stated for this product")
    product_name = _text("Name of the intervention as registered")
    separation = dy.Enum(
        SEPARATION_METHODS, nullable=True, description="How the cells were separated; null = not reported, or several"
    )
    exact_tissue = dy.Enum(
        EXACT_TISSUES, nullable=True, description="The tissue within cell_source where the record is that precise"
    )
    brand = dy.Enum(
        PRODUCTS, nullable=True, description="Named product of the products vocabulary; fills nothing by itself"
    )


class Regimens(dy.Schema):
    """One row per trial, arm and dose level; a schedule without a cell number is a row with null dose."""

    trial_id = _trial_id()
    arm = _text("Arm; null = stated for the trial, not for one arm")
    cohort = _text("Cohort or dose level where named")
    product_class = dy.Enum(PRODUCT_CLASSES, nullable=True, description="Class of the product")
    dose_low = dy.Float64(nullable=True, min=0, description="Cells per administration; null with a high value = up to")
    dose_high = dy.Float64(
        nullable=True, min=0, description="Cells per administration; null with a low value = at least"
    )
    dose_basis = dy.Enum(DOSE_BASES, nullable=True, description="Per what the cells are counted; null without a dose")
    n_administrations = dy.Int64(nullable=True, min=1, description="Planned administrations; null = not stated")
    interval_days = dy.List(
        dy.Float64(), nullable=False, description="Distinct gaps in days; empty = single or not told"
    )
    schedule_days = dy.List(dy.Float64(), nullable=False, description="Days of administration as written")
    route = _text("Routes, joined by +")
    cumulative_low = dy.Float64(nullable=True, min=0, description='dose_low x n_administrations; null for a "total"')
    cumulative_high = dy.Float64(nullable=True, min=0, description='dose_high x n_administrations; null for a "total"')
    flags = _texts("What a reader should know: implausible, plus_minus, total_word, description ...")

    @dy.rule()
    def low_is_not_above_high(cls) -> pl.Expr:
        return (
            (pl.col("dose_low") <= pl.col("dose_high")) | pl.col("dose_low").is_null() | pl.col("dose_high").is_null()
        )

    @dy.rule()
    def a_dose_has_a_basis(cls) -> pl.Expr:
        return (pl.col("dose_low").is_null() & pl.col("dose_high").is_null()) == pl.col("dose_basis").is_null()


class Endpoints(dy.Schema):
    """One row per registered outcome."""

    trial_id = _trial_id(key=True)
    role = dy.Enum(["primary", "secondary", "other"], primary_key=True, description="Role as registered")
    position = dy.Int64(primary_key=True, min=0, description="0-based within its role, as registered")
    measure = dy.String(description="Measure as registered")
    time_frame = _text("Time frame as registered")
    core_area = dy.Enum(CORE_AREAS, nullable=True, description="COMET core area")
    domain = _text("Outcome domain")
    instruments = _texts("Canonical abbreviations of the instruments named")
    metric = dy.Enum(
        OUTCOME_METRICS, nullable=True, description="What is taken from each participant, where it is said"
    )
    aggregation = dy.Enum(OUTCOME_AGGREGATIONS, nullable=True, description="How a group is summed up, where it is said")
    horizon_days = dy.Float64(
        nullable=True, min=0, description="Latest assessment in days (week 7, month 30, year 365)"
    )
    timepoints_days = dy.List(dy.Float64(), nullable=False, description="Explicit time points in days; baseline = 0")
    recurrence_days = dy.Float64(nullable=True, min=0, description="Repeat period in days")
    anchor = _text("Event the time counts from, where stated")
    is_duplicate = dy.Bool(description="Same measure and time frame as an earlier outcome of the trial")


class Eligibility(dy.Schema):
    """One row per criterion and threshold; a criterion without a threshold is one row without a variable."""

    trial_id = _trial_id()
    kind = dy.Enum(["inclusion", "exclusion"], nullable=True, description="null when the source lost the headings")
    kind_implied = dy.Enum(
        ["inclusion", "exclusion"],
        nullable=True,
        description="Where the headings are lost: the kind its wording implies",
    )
    position = dy.Int64(min=0, description="0-based within its kind")
    text = dy.String(description="The criterion")
    variable = _text("Key of the eligibility_variables vocabulary")
    operator = _text("<, <=, >, >=, = or between")
    low = dy.Float64(nullable=True, description="Lower limit in `unit`")
    high = dy.Float64(nullable=True, description="Upper limit in `unit`")
    unit = _text("Unit as written")


class FactStatus(dy.Schema):
    """One row per trial and fact: was it reported?"""

    trial_id = _trial_id(key=True)
    fact = dy.Enum(FACTS, primary_key=True, description="The fact")
    status = dy.Enum(STATUSES, description="unparsed = a cue is there, no reading")


class Evidence(dy.Schema):
    """One row per value: where it stands, word for word."""

    trial_id = _trial_id()
    frame = dy.String(description="Frame of the value")
    column = dy.String(description="Column of the value")
    value = dy.String(description="The value as text")
    record = dy.String(description="Source record")
    field = dy.String(description="Path of the text in the record")
    start = dy.Int64(nullable=True, min=0, description="First character in that text; null for a structured field")
    end = dy.Int64(nullable=True, min=0, description="One past the last character; null for a structured field")
    quote = dy.String(description="The words")
    rule = dy.String(description="What read them")
    sentence = _text("The sentence or line around the words, a long one shortened; null for a structured field")
    sentence_start = dy.Int64(nullable=True, min=0, description="Offset of its first character in that text")


class Conflicts(dy.Schema):
    """One row per contradiction; nothing is averaged."""

    trial_id = _trial_id()
    kind = dy.Enum(["between_sources", "text_vs_field", "within_text", "implausible"], description="Where it was seen")
    column = dy.String(description="The value concerned")
    left = _text("One value")
    right = _text("The other value")
    left_evidence = _text("Words behind the first")
    right_evidence = _text("Words behind the second")
    message = dy.String(description="One sentence for a reader")


FRAMES: dict[str, type[dy.Schema]] = {
    "trials": Trials,
    "arms": Arms,
    "cell_products": CellProducts,
    "regimens": Regimens,
    "endpoints": Endpoints,
    "eligibility": Eligibility,
    "fact_status": FactStatus,
    "evidence": Evidence,
    "links": Links,
    "conflicts": Conflicts,
    "ledger": Ledger,
    "filled": Filled,
    "curation": Curation,
}


def data_dictionary() -> pl.DataFrame:
    """frame, column, type, nullable, key, meaning: one row per column of every frame."""
    return pl.DataFrame(
        [
            {
                "frame": name,
                "column": column,
                "type": str(spec.dtype),
                "nullable": spec.nullable,
                "key": spec.primary_key,
                "meaning": spec.description or "",
            }
            for name, schema in FRAMES.items()
            for column, spec in schema.columns().items()
        ]
    )
