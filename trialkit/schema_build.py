"""The frames about a build rather than about trials: what became of the records, and what a person decided."""

import dataframely as dy

TRIAL_ID = r"^\S.*\S$"


def _text(description: str) -> dy.String:
    return dy.String(nullable=True, description=description)


class Links(dy.Schema):
    """One row per pair of records that belong together."""

    record_a = dy.String(description="The record kept or the earlier one")
    record_b = dy.String(description="The other record")
    relation = dy.Enum(
        ["same_trial", "follow_up_of", "extension_of", "shares_id", "similar_title"],
        description="How they belong together; similar_title is a proposal to look",
    )
    reason = dy.String(description="Why we say so")
    confidence = dy.Float64(min=0, max=1, description="1 = same number in the same register")


class Ledger(dy.Schema):
    """Every input record exactly once."""

    source_file = dy.String(description="File, folder/file or archive/member")
    position = dy.Int64(min=0, description="0-based position in the file")
    form = _text("Kind of file: key of the reader (`trialkit inputs`); null for a rejected input")
    record_id = _text("register:trial_id; null for a rejected input")
    outcome = dy.Enum(["parsed", "duplicate", "rejected", "not_selected"], description="What became of it")
    reason = _text("Why it was not parsed")


class Filled(dy.Schema):
    """One row per kind of file and field: in how many of its records the field is filled."""

    form = dy.String(primary_key=True, description="Kind of file: key of the reader")
    register = dy.String(primary_key=True, description="Key of the register or page")
    field = dy.String(primary_key=True, description="Field of the record")
    n_records = dy.Int64(min=1, description="Records of this kind")
    n_filled = dy.Int64(min=0, description="Records that fill the field")
    usual = dy.Bool(description="This kind of file fills the field as a rule; then none filled is a warning")


class Curation(dy.Schema):
    """One row per value that a person decided; what the rules read stays beside it."""

    trial_id = dy.String(primary_key=True, regex=TRIAL_ID, description="Register number of the trial")
    fact = dy.String(primary_key=True, description="What was decided, such as dose or instrument")
    path = dy.String(primary_key=True, description="Its arm or outcome, such as arms[0]; empty = the whole trial")
    about = _text("Label of the arm or measure of the outcome it was decided for")
    decision = dy.Enum(["changed", "accepted", "not_reported"], description="Against what was read then")
    value = _text("The decided value in words; null = not reported")
    was = _text("What was read when it was decided; null = nothing")
    extracted = _text("What is read now; null = nothing")
    applied = dy.Bool(description="Whether the value stands in the frames; no where the arm or outcome is another now")
    state = dy.Enum(["curated", "to_check"], description="to_check = no longer what it was decided on")
    message = _text("Why to check")
    reason = _text("Why it was decided so")
    reviewer = _text("Initials of who decided, where given")
    replaced = _text("What all decisions on the trial replaced, as JSON rows by frame, on its first row")
