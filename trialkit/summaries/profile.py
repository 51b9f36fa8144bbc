"""One trial, every value with its status, its words and the place they came from."""

import difflib
from dataclasses import dataclass
from typing import Any

import polars as pl

from trialkit.frames import Frames
from trialkit.linking import normalise_id
from trialkit.prose import listing, plural, share
from trialkit.summaries.curation import curation_lines
from trialkit.summaries.profile_tables import (
    NOT_REPORTED,
    list_arms,
    list_both_sides,
    list_glance,
    list_outcomes,
    list_regimens,
    list_thresholds,
    list_values,
)
from trialkit.summaries.trial_words import describe_enrolment, describe_limit, describe_sizes, join_words


@dataclass(frozen=True)
class Profile:
    """The parts of one trial as frames for reading; `trial` is None and `message` says why when there is no such trial."""

    trial_id: str
    message: str
    trial: dict[str, Any] | None
    glance: pl.DataFrame
    values: pl.DataFrame
    arms: pl.DataFrame
    regimens: pl.DataFrame
    outcomes: pl.DataFrame
    thresholds: pl.DataFrame
    conflicts: pl.DataFrame
    own: Frames

    @property
    def title(self) -> str:
        """Public title, else the scientific one, else the register number."""
        trial = self.trial or {}
        return trial.get("public_title") or trial.get("scientific_title") or self.trial_id

    @property
    def missing(self) -> list[str]:
        """Labels of what the record does not report."""
        return self.glance.filter(pl.col("status") == NOT_REPORTED)["what"].to_list()


def find_trial(frames: Frames, trial_id: str) -> str:
    """The spelling of `trial_id` in the frames. Raises KeyError with a sentence that names the nearest numbers."""
    known = {normalise_id(name): name for name in frames.trials["trial_id"]}
    key = normalise_id(trial_id)
    if key in known:
        return known[key]
    for name, others in frames.trials.select("trial_id", "secondary_ids").iter_rows():
        if key and key in map(normalise_id, others or []):
            return name
    near = [known[k] for k in difflib.get_close_matches(key, list(known), n=3, cutoff=0.75)]
    hint = (
        f"Did you mean {' or '.join(near)}?"
        if near
        else f"Numbers look like {listing(sorted(known.values())[:2], 'none')}."
    )
    raise KeyError(f"There is no trial {trial_id or '(empty)'} among these {plural(len(known), 'trial')}. {hint}")


def profile(frames: Frames, trial_id: str) -> Profile:
    """Everything the frames hold about one trial. Raises KeyError (see `find_trial`) for an unknown number."""
    found = find_trial(frames, trial_id)
    own = frames.select([found])
    trial = own.trials.row(0, named=True)
    regimens = list_regimens(own)
    return Profile(
        trial_id=found,
        message="",
        trial=trial,
        glance=list_glance(own, regimens),
        values=list_values(own),
        arms=list_arms(own),
        regimens=regimens,
        outcomes=list_outcomes(own),
        thresholds=list_thresholds(own),
        conflicts=list_both_sides(own),
        own=own,
    )


def open_profile(frames: Frames, trial_id: str) -> Profile:
    """Like `profile`, but an unknown number gives a profile without content whose `message` tells it: for a page, not a program."""
    try:
        return profile(frames, trial_id)
    except KeyError as error:
        none = frames.select([])
        empty = list_regimens(none)
        return Profile(
            trial_id, str(error.args[0]), None, pl.DataFrame(schema={"what": pl.String, "value": pl.String, "status": pl.String, "words": pl.String}),
            list_values(none), list_arms(none), empty, list_outcomes(none), list_thresholds(none), list_both_sides(none), none,
        )  # fmt: skip


def list_register_page(page: Profile) -> pl.DataFrame:
    """trial_id, title, url: one row that a table turns into a link to the register; none for an unknown trial."""
    return page.own.trials.select("trial_id", pl.coalesce("public_title", "scientific_title").alias("title"), "url")


def tell_trial(page: Profile) -> str:
    """The first sentences of a page: what the trial is and what its record leaves out; or why there is no page."""
    if page.trial is None:
        return f"{page.message} The sections below stay empty."
    value = dict(page.glance.select("what", "value").iter_rows())
    value |= {what: value[what].lower() for what in ("Cell source", "Donor", "Route") if value.get(what)}
    parts = [f"{page.trial_id}: {page.title.rstrip('.')}."]
    known = [
        f"{what.lower()} {value[what]}"
        for what in ("Enrolment", "Cell source", "Donor", "Route", "Dose", "Schedule")
        if value.get(what)
    ]
    parts.append(
        f"The record states: {'; '.join(known)}."
        if known
        else "The record states neither enrolment, nor source, nor dose."
    )
    return " ".join(parts)


def tell_missing(page: Profile) -> str:
    """What the record does not report, then what has an unread cue or a conflict."""
    if page.trial is None:
        return ""
    by_status = {
        s: page.glance.filter(pl.col("status") == s)["what"].str.to_lowercase().to_list()
        for s in (NOT_REPORTED, "Unread cue", "Conflicting")
    }
    parts = [f"Not reported in this record: {listing(by_status[NOT_REPORTED])}."]
    if by_status["Unread cue"]:
        parts.append(f"Words of the kind are there, but no value was read: {listing(by_status['Unread cue'])}.")
    if by_status["Conflicting"]:
        parts.append(f"Stated and contradicted: {listing(by_status['Conflicting'])}.")
    return " ".join(parts)


def tell_sizes(page: Profile) -> str:
    """Do the sizes of the arms add up to the enrolment?"""
    if page.trial is None:
        return ""
    sizes, total = page.arms["participants"].to_list(), page.trial["enrollment_count"]
    known = [n for n in sizes if n is not None]
    enrolment = describe_enrolment(page.trial)
    if not sizes:
        return f"No arm is registered; the enrolment is {enrolment or 'not reported'}."
    if not known:
        return f"{plural(len(sizes), 'arm')}, none with a stated size; the enrolment is {enrolment or 'not reported'}."
    if len(known) < len(sizes):
        return f"{share(len(known), len(sizes))} arms state a size ({describe_sizes(page.own)}), so no sum can be checked against the enrolment ({enrolment or 'not reported'})."
    if total is None:
        return f"The arms hold {describe_sizes(page.own)}; no enrolment is reported to compare with."
    verdict = "they agree" if sum(known) == total else "they do not agree"
    return f"The arms hold {describe_sizes(page.own)}, the enrolment is {enrolment}: {verdict}."


def tell_outcomes(page: Profile) -> str:
    """How many outcomes are registered, and in how many a time and an instrument were read."""
    if page.trial is None:
        return ""
    rows = page.outcomes
    if not len(rows):
        return "This record holds no outcome. A page copied by an aggregator can lose outcomes that the register has."
    roles = [
        f"{len(part)} {role}"
        for role in ("primary", "secondary", "other")
        if len(part := rows.filter(pl.col("role") == role))
    ]
    timed, named = (len(rows.filter(pl.col(c).fill_null("") != "")) for c in ("read as", "instruments"))
    return f"{plural(len(rows), 'outcome')} ({listing(roles)}); a time was read in {share(timed, len(rows))}, an instrument named in {share(named, len(rows))}."


def tell_eligibility(page: Profile) -> str:
    """How many criteria there are, and how many hold a limit that was read."""
    if page.trial is None:
        return ""
    criteria = page.own.eligibility.group_by("kind", "position").agg(pl.col("variable").is_not_null().any())
    if not len(criteria):
        return "This record holds no eligibility criterion."
    return f"{plural(len(criteria), 'criterion', 'criteria')}; limits were read in {share(int(criteria['variable'].sum()), len(criteria))}."


def headlines(page: Profile) -> list[dict[str, str]]:
    """The key numbers of the page for its top and the index."""
    if page.trial is None:
        return [{"label": "trial", "value": "not found"}]
    value = dict(page.glance.select("what", "value").iter_rows())
    return [
        {"label": "trial", "value": page.trial_id},
        {"label": "enrolment", "value": value.get("Enrolment") or "not reported"},
        {"label": "values with their words", "value": str(len(page.own.evidence))},
    ]


def profile_lines(frames: Frames, trial_id: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The page as plain data for a terminal: (section, [(label, value, words)]), empty sections left out.

    Words are "" where none apply; a value that is not stated reads as its status. Raises KeyError for an unknown number.
    """
    page = profile(frames, trial_id)
    sections = [
        ("At a glance", [(what, value if value and status == "Reported" else f"{value} ({status.lower()})" if value else status.lower(), words or "") for what, value, status, words in page.glance.iter_rows()]),
        ("Arms", [(arm or "unnamed arm", "size not reported" if n is None else plural(n, "participant"), text or "") for arm, n, text in page.arms.select("arm", "participants", "description").iter_rows()]),
        ("Regimens", [(r["cohort"] or r["arm"], join_words(filter(None, (r["dose"] or "dose not reported", r["schedule"], r["route"]))) or "", r["note"] or "") for r in page.regimens.iter_rows(named=True)]),
        ("Outcomes", [(r["role"], r["measure"], r["time frame"] or "time frame not reported") for r in page.outcomes.iter_rows(named=True)]),
        ("Eligibility limits", [(f"{r['variable']} ({r['kind'] or 'heading lost'})", describe_limit(r), r["words"]) for r in page.thresholds.iter_rows(named=True)]),
        ("Decided by a person", curation_lines(page.own)),
        ("Contradictions", [("", message, join_words(filter(None, (left, right)), " / ") or "") for message, left, right in page.conflicts.iter_rows()]),
    ]  # fmt: skip
    return [(name, lines) for name, lines in sections if lines]
