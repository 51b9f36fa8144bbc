"""The tables of one trial: each takes the frames of that trial alone and gives a frame for reading."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import plural
from trialkit.summaries import DONOR_LABELS
from trialkit.summaries.consistency import list_conflicts
from trialkit.summaries.curation import curated_facts
from trialkit.summaries.reporting import label_status
from trialkit.summaries.trial_words import (
    FLAG_WORDS,
    column_in_words,
    describe_age,
    describe_date,
    describe_design,
    describe_dose,
    describe_enrolment,
    describe_schedule,
    describe_sizes,
    describe_time,
    join_words,
    labels_of,
    place_in_words,
    plain_word,
    value_in_words,
)
from trialkit.vocabulary import load_vocabulary

NOT_REPORTED = "Not reported"


def list_both_sides(own: Frames) -> pl.DataFrame:
    """message, one side, other side: the contradictions of one trial, late registration among them."""
    late = own.conflicts.filter(pl.col("column") == "first_posted_date").select(
        "message", pl.col("left").alias("one side"), pl.col("right").alias("other side")
    )
    return pl.concat([list_conflicts(own).select("message", "one side", "other side"), late])


def list_glance(own: Frames, regimens: pl.DataFrame) -> pl.DataFrame:
    """what, value, status, words: the trial at one glance; a value nobody stated is null and its status says so."""
    trial = own.trials.row(0, named=True)
    status = dict(label_status(own).select("fact", "status").iter_rows())
    status |= {fact: "Curated" for fact in curated_facts(own) if status.get(fact) == "Reported"}
    timed = (
        pl.col("horizon_days").is_not_null()
        | (pl.col("timepoints_days").list.len() > 0)
        | pl.col("recurrence_days").is_not_null()
    )
    rows = [
        ("Conditions", join_words(trial["conditions"]), None, "conditions"),
        ("Recruitment status", plain_word(trial["overall_status"]), None, "overall_status"),
        ("Phase", join_words(p.replace("phase", "phase ").replace("_", " ") if p != "na" else "not applicable" for p in trial["phases"]), None, "phases"),
        ("Design", describe_design(trial), None, "intervention_model"),
        ("Control", None if trial["control_type"] == "not_reported" else plain_word(trial["control_type"]).replace("none", "no control group"), None, None),
        ("Enrolment", describe_enrolment(trial), status.get("enrollment"), "enrollment_count"),
        ("Product class", join_words(labels_of("product_classes", trial["product_class"])) or ("none named" if trial["product_class"] else None), status.get("product_class"), "product_class"),
        ("Cell source", join_words(labels_of("cell_sources", trial["cell_source"])), status.get("cell_source"), "cell_source"),
        ("Donor", None if trial["donor"] == "not_reported" else DONOR_LABELS[trial["donor"]], status.get("donor"), "donor"),
        ("Route", join_words(labels_of("routes", trial["routes"])), status.get("route"), "routes"),
        ("Dose", join_words(regimens["dose"].drop_nulls().unique(maintain_order=True), "; "), status.get("dose"), "dose"),
        ("Schedule", join_words(regimens["schedule"].drop_nulls().unique(maintain_order=True), "; "), status.get("schedule"), "schedule"),
        ("Arm sizes", describe_sizes(own), status.get("arm_sizes"), "n"),
        ("Outcomes", _counted(own.endpoints, "outcome"), status.get("endpoints"), None),
        ("Time frames", _counted(own.endpoints.filter(timed), "outcome with a time that was read", "outcomes with a time that was read"), status.get("time_frames"), None),
        ("Eligibility", _counted(own.eligibility.unique(["kind", "position"]), "criterion", "criteria"), status.get("eligibility"), None),
        ("Age", describe_age(trial), None, "minimum_age_years"),
        ("Sex", trial["sex"], None, "sex"),
        ("Start", describe_date(trial, "start_date"), None, "start_date"),
        ("Primary completion", describe_date(trial, "primary_completion_date"), None, None),
        ("First posted", describe_date(trial, "first_posted_date"), None, None),
        ("Last update", describe_date(trial, "last_update_date"), None, None),
        ("Sponsor", trial["lead_sponsor"], None, "lead_sponsor"),
        ("Countries", join_words(trial["countries"]), None, "countries"),
        ("Other numbers", join_words(trial["secondary_ids"]), None, None),
        ("Held by", join_words(trial["registers"]), None, None),
    ]  # fmt: skip
    quotes = dict(
        own.evidence.filter(pl.col("frame").is_in(["trials", "arms", "regimens"]))
        .group_by("column", maintain_order=True).agg(pl.col("quote").first()).iter_rows()
    )  # fmt: skip
    return pl.DataFrame(
        [
            {"what": what, "value": value, "status": known or ("Reported" if value else NOT_REPORTED), "words": (quotes.get(column) if column else None) or ""}
            for what, value, known, column in rows
            if value or what not in ("Other numbers", "Primary completion", "Last update")
        ],
        schema={"what": pl.String, "value": pl.String, "status": pl.String, "words": pl.String},
    )  # fmt: skip


def list_values(own: Frames) -> pl.DataFrame:
    """what, value, words, where, read by: every value of the trial, its arms and regimens, equal ones once with their number."""
    rows = own.evidence.filter(pl.col("frame").is_in(["trials", "arms", "regimens"]))
    return (
        rows.group_by("frame", "column", "value", "quote", maintain_order=True)
        .agg(pl.col("field").first(), (pl.len() - 1).alias("more"), pl.col("rule").first())
        .select(
            pl.col("column").map_elements(column_in_words, return_dtype=pl.String).alias("what"),
            pl.struct("column", "value").map_elements(lambda v: value_in_words(v["column"], v["value"]), return_dtype=pl.String).alias("value"),
            pl.col("quote").alias("words"),
            pl.concat_str(
                pl.col("field").map_elements(place_in_words, return_dtype=pl.String),
                pl.when(pl.col("more") > 0).then(pl.format(" and {} more", "more")).otherwise(pl.lit("")),
            ).alias("where"),
            pl.col("rule").str.replace_all("_", " ").str.replace(":", ": ").alias("read by"),
        )
    )  # fmt: skip


def list_arms(own: Frames) -> pl.DataFrame:
    """arm, type, cells, participants, description: the arms as registered, then groups that only the prose names."""
    return own.arms.sort("position").select(
        pl.col("label").alias("arm"), pl.col("type").str.replace_all("_", " "), pl.col("is_cell_arm").alias("cells given"),
        pl.col("n").alias("participants"), "description",
    )  # fmt: skip


def list_regimens(own: Frames) -> pl.DataFrame:
    """arm, cohort, dose, schedule, route, cumulative, note: one row per regimen, in words; missing stays null."""
    routes = load_vocabulary("routes").labels()
    rows = [
        {
            "arm": r["arm"] or "whole trial",
            "cohort": r["cohort"] or "",
            "dose": describe_dose(r["dose_low"], r["dose_high"], r["dose_basis"]),
            "schedule": describe_schedule(r),
            "route": join_words(routes.get(key, key) for key in (r["route"] or "").split("+") if key),
            "cumulative": describe_dose(r["cumulative_low"], r["cumulative_high"], r["dose_basis"]),
            "note": join_words((FLAG_WORDS.get(flag, flag.replace("_", " ")) for flag in r["flags"]), "; ") or "",
        }
        for r in own.regimens.iter_rows(named=True)
    ]
    return pl.DataFrame(
        rows, schema=dict.fromkeys(("arm", "cohort", "dose", "schedule", "route", "cumulative", "note"), pl.String)
    )


def list_outcomes(own: Frames) -> pl.DataFrame:
    """role, measure, instruments, time frame, read as, note: primary first, as registered."""
    decided = set(own.curation.filter(pl.col("applied"))["path"])
    rows = own.endpoints.sort(
        pl.col("role").cast(pl.String).replace_strict({"primary": 0, "secondary": 1, "other": 2}, default=3), "position"
    )
    return pl.DataFrame(
        [
            {
                "role": r["role"],
                "measure": r["measure"],
                "instruments": join_words(r["instruments"]) or "",
                "time frame": r["time_frame"],
                "read as": describe_time(r),
                "note": join_words(
                    [
                        *["repeats an earlier outcome"] * r["is_duplicate"],
                        *["curated"] * (f"outcomes.{r['role']}[{r['position']}]" in decided),
                    ],
                    "; ",
                )
                or "",
            }
            for r in rows.iter_rows(named=True)
        ],
        schema=dict.fromkeys(("role", "measure", "instruments", "time frame", "read as", "note"), pl.String),
    )


def list_thresholds(own: Frames) -> pl.DataFrame:
    """kind, variable, operator, low, high, unit, words: every limit read from the criteria, as registered."""
    labels = load_vocabulary("eligibility_variables").labels()
    turn = pl.int_range(pl.len()).over("variable", "value")
    read = own.eligibility.filter(pl.col("variable").is_not_null())
    values = [
        f"{sign} {high if low is None else low}"
        for sign, low, high in read.select("operator", "low", "high").iter_rows()
    ]
    read = read.with_columns(pl.Series("value", values, dtype=pl.String)).with_columns(
        turn.alias("turn")
    )  # written as in the evidence
    words = (
        own.evidence.filter(pl.col("frame") == "eligibility")
        .select(pl.col("column").alias("variable"), "value", "quote")
        .with_columns(turn.alias("turn"))
    )
    return read.join(words, on=["variable", "value", "turn"], how="left", maintain_order="left").select(
        pl.col("kind").cast(pl.String), pl.col("variable").replace_strict(labels, default=pl.col("variable")),
        "operator", "low", "high", "unit", pl.coalesce("quote", pl.col("text").str.slice(0, 160)).alias("words"),
    )  # fmt: skip


def _counted(frame: pl.DataFrame, noun: str, nouns: str | None = None) -> str | None:
    return plural(len(frame), noun, nouns) if len(frame) else None
