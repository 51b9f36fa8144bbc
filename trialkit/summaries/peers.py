"""Where one trial stands among the trials of its condition group, and when its cells are given."""

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import count, plural, span
from trialkit.summaries import label_trials
from trialkit.summaries.profile import Profile
from trialkit.summaries.trial_words import describe_dose

WRITTEN, COUNTED = "Day as written", "Counted from number and interval"


def timeline(page: Profile) -> pl.DataFrame:
    """regimen, day, kind, dose, route: one row per planned administration that has a day.

    Days as written are taken as they are; else a number with one interval is counted from day 0, and a single
    administration is day 0. A regimen without either has no row.
    """
    rows = []
    for r in page.own.regimens.iter_rows(named=True):
        n, gaps, days = r["n_administrations"], r["interval_days"], r["schedule_days"]
        kind = WRITTEN if days else COUNTED
        if not days and n == 1:
            days = [0.0]
        elif not days and n and len(gaps) == 1 and n <= 60:
            days = [k * gaps[0] for k in range(n)]
        dose = describe_dose(r["dose_low"], r["dose_high"], r["dose_basis"]) or "dose not reported"
        name = " · ".join(dict.fromkeys(filter(None, (r["arm"], r["cohort"], dose))))
        rows += [
            {
                "regimen": name,
                "day": day,
                "kind": kind,
                "dose": dose,
                "route": (r["route"] or "").replace("_", " ") or None,
            }
            for day in days
        ]
    schema = {"regimen": pl.String, "day": pl.Float64, "kind": pl.String, "dose": pl.String, "route": pl.String}
    return pl.DataFrame(rows, schema=schema).unique(maintain_order=True)


def find_peers(frames: Frames, page: Profile) -> pl.DataFrame:
    """trial_id, title, url, condition, source, n, n_kind, is_this: the trials of the same condition group, this one last.

    Empty when the trial has no condition group or is the only one of it.
    """
    group = page.trial and page.trial["condition_group"]
    ids = (
        frames.trials.filter(pl.col("condition_group").cast(pl.String) == group)["trial_id"]
        if group
        else pl.Series([], dtype=pl.String)
    )
    if len(ids) < 2:
        ids = ids.clear()
    return (
        label_trials(frames).filter(pl.col("trial_id").is_in(ids.implode()))
        .select("trial_id", "title", "url", "condition", "source", "n", "n_kind", (pl.col("trial_id") == page.trial_id).alias("is_this"))
        .sort("is_this", "trial_id")
    )  # fmt: skip


def find_peer_doses(frames: Frames, page: Profile) -> pl.DataFrame:
    """trial_id, title, url, source, low, high, words, is_this: distinct doses per kg body weight among the peers, this trial's last.

    A one-sided dose ("up to") stands at its one value; `words` says which side. Cells per kg and administration.
    """
    doses = frames.regimens.filter(pl.col("dose_basis").cast(pl.String) == "per_kg").select(
        "trial_id", pl.coalesce("dose_low", "dose_high").alias("low"), pl.coalesce("dose_high", "dose_low").alias("high"),
        pl.struct("dose_low", "dose_high").map_elements(lambda d: describe_dose(d["dose_low"], d["dose_high"], "per_kg"), return_dtype=pl.String).alias("words"),
    ).unique()  # fmt: skip
    return (
        find_peers(frames, page).join(doses, on="trial_id")
        .filter(pl.col("low") > 0)
        .select("trial_id", "title", "url", "source", "low", "high", "words", "is_this")
        .sort("is_this", "trial_id", "low")
    )  # fmt: skip


def tell_peers(frames: Frames, page: Profile) -> str:
    """How many peers there are, and the range of their enrolment and doses; says so when there are none."""
    if page.trial is None:
        return ""
    peers = find_peers(frames, page)
    if not len(peers):
        return "No other trial of the same condition group is in these data, so there is nothing to compare with."
    others = peers.filter(~pl.col("is_this"))
    sizes = others["n"].drop_nulls().to_list()
    parts = [f"{plural(len(others), 'other trial')} of {peers['condition'][0]}"]
    parts.append(f"enrolling {span(sizes)} (planned or actual)" if sizes else "none with an enrolment")
    doses = find_peer_doses(frames, page).filter(~pl.col("is_this"))
    n = doses["trial_id"].n_unique()
    if n:
        low, high = count(doses["low"].min()), count(doses["high"].max())
        parts.append(
            f"{plural(n, 'of them gives', 'of them give')} a dose per kg, {low if low == high else f'{low} to {high}'} cells"
        )
    else:
        parts.append("none with a dose per kg")
    return f"{'; '.join(parts)}."


def tell_timeline(page: Profile) -> str:
    """Whether the days of administration could be drawn."""
    if page.trial is None:
        return ""
    if not len(page.regimens):
        return "The record states no dose and no schedule that could be read."
    undated = len(page.regimens) - timeline(page)["regimen"].n_unique()
    if undated == len(page.regimens):
        return "The record tells no days of administration, so no timeline is drawn."
    return (
        ""
        if undated <= 0
        else f"{plural(undated, 'regimen')} without days {'is' if undated == 1 else 'are'} in the table only."
    )
