"""What the outcomes cover: the COMET core areas, and the core outcome sets agreed for a disease."""

import difflib

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, listing, percent, plural, share
from trialkit.summaries import short_label
from trialkit.summaries.endpoints import instrument_names, list_mentions, list_outcomes, order_conditions, with_outcomes
from trialkit.vocabulary import Entry, load_vocabulary

ALL = "All trials with outcomes"
BENCHMARK = {"physiological_clinical": 0.92, "life_impact": 0.59, "adverse_events": 0.35}  # of published core sets
BENCHMARK_SOURCE = "PMC5854263"
MEASURES = ["Met", "Other measure", "Not found"]


def count_core_areas(frames: Frames) -> pl.DataFrame:
    """condition, area, n, trials, share: trials with at least one outcome in each core area, for every pair.

    The first condition is ALL; the others have most trials first. Areas in the order of the vocabulary.
    """
    areas = load_vocabulary("core_areas").labels()
    conditions = order_conditions(frames)
    found = list_outcomes(frames).join(conditions.select("condition", "pooled"), on="condition").select(
        "trial_id", pl.col("core_area").alias("area"), "pooled"
    ).drop_nulls("area").unique()  # fmt: skip
    both = pl.concat(
        [found.with_columns(pl.lit(ALL).alias("condition")), found.rename({"pooled": "condition"})], how="diagonal"
    )
    counts = both.group_by("condition", "area").agg(pl.len().cast(pl.Int64).alias("n"))
    totals = conditions.group_by("pooled", maintain_order=True).agg(pl.col("n").sum().alias("trials"))
    rows = pl.DataFrame({"condition": [ALL], "trials": [int(conditions["n"].sum())]}).vstack(
        totals.rename({"pooled": "condition"})
    )
    return (
        rows.filter(pl.col("trials") > 0)
        .join(pl.DataFrame({"area": list(areas.values())}), how="cross")
        .join(counts, on=["condition", "area"], how="left", maintain_order="left")
        .with_columns(pl.col("n").fill_null(0))
        .with_columns((pl.col("n") / pl.col("trials")).alias("share"))
        .select("condition", "area", "n", "trials", "share")
    )


def tell_core_areas(frames: Frames) -> str:
    """Sentences: the core areas most and least covered, beside the published benchmark among core outcome sets."""
    counts = count_core_areas(frames).filter(pl.col("condition") == ALL)
    if not len(counts):
        return "No outcome in this selection."
    labels, n = load_vocabulary("core_areas").labels(), dict(counts.select("area", "n").iter_rows())
    total = counts["trials"][0]
    found = listing([f"{labels[a].lower()} in {share(n[labels[a]], total)}" for a in BENCHMARK])
    sets = listing([f"{labels[area].lower()} in {percent(part, 0)}" for area, part in BENCHMARK.items()])
    return (
        f"Trials with an outcome of the area: {found}. Published core outcome sets, for scale: "
        f"{sets} ({BENCHMARK_SOURCE}). A set is the least to measure, so a trial may well list more."
    )


def choose_sets(frames: Frames, core_outcome_set: str = "") -> list[Entry]:
    """The core outcome sets that fit the conditions of the trials, or the one asked for.

    Raises ValueError for a key that is no set, with the nearest ones.
    """
    sets = load_vocabulary("core_outcome_sets").entries
    if core_outcome_set and core_outcome_set not in sets:
        near = difflib.get_close_matches(core_outcome_set, sets, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"choices: {', '.join(map(repr, sets))}"
        raise ValueError(f"core_outcome_set: {core_outcome_set!r} is not a choice; {hint}")
    asked = [sets[core_outcome_set]] if core_outcome_set else list(sets.values())
    present = set(frames.trials["condition_group"].cast(pl.String))
    return [entry for entry in asked if present & set(entry.more["condition_groups"])]


def split_domains(entry: Entry) -> tuple[dict[str, list[str]], list[str]]:
    """The domains of a set that trials can be rated on, with their instruments (vocabulary keys), and the other ones.

    A domain can be rated when the set names an instrument for it, or when outcomes carry a domain of that name. Parts
    of a domain that the set lists apart count as one domain.
    """
    known = {
        e.more.get("domain") for name in ("instruments", "core_areas") for e in load_vocabulary(name).entries.values()
    }
    domains: dict[str, list[str]] = {}
    for domain in entry.more["domains"]:
        domains.setdefault(domain["name"], []).extend(domain["instruments"])
    rated = {name: keys for name, keys in domains.items() if keys or name in known}
    return rated, [name for name in domains if name not in rated]


def cover_sets(frames: Frames, core_outcome_set: str = "") -> pl.DataFrame:
    """One row per set, domain that can be rated, and trial of its conditions that registers outcomes.

    set (label), domain, agreed (instruments of the set), trial_id, condition, title, url, measured (one of MEASURES),
    instruments (agreed ones found). `Met`: an agreed instrument is named, or, where the set agrees on none, any outcome
    belongs to the domain. `Other measure`: an outcome belongs to the domain of that name without an agreed instrument.
    """
    names, vocabulary = instrument_names(), load_vocabulary("instruments")
    mentions, outcomes, trials = list_mentions(frames), list_outcomes(frames), with_outcomes(frames)
    concepts = {k for k, e in vocabulary.entries.items() if e.more.get("kind") == "concept"}
    groups = frames.trials.select("trial_id", pl.col("condition_group").cast(pl.String).alias("group"))
    rows = []
    for entry in choose_sets(frames, core_outcome_set):
        fitting = trials.join(
            groups.filter(pl.col("group").is_in(entry.more["condition_groups"])), on="trial_id", how="semi"
        )
        domains, _ = split_domains(entry)
        for trial in fitting.iter_rows(named=True):
            mine = outcomes.filter(pl.col("trial_id") == trial["trial_id"])
            keys = set(mentions.filter(pl.col("trial_id") == trial["trial_id"])["key"].drop_nulls())
            # Concepts are no instruments of the frames, but a set may ask for one (renal response, death).
            keys |= {hit.key for measure in mine["measure"] for hit in vocabulary.find(measure) if hit.key in concepts}
            about = {str(d).lower() for d in mine["domain"].drop_nulls()}
            about |= {"adverse events"} if "Adverse events" in set(mine["core_area"]) else set()
            for name, agreed in domains.items():
                found = [names[key] for key in agreed if key in keys]
                touched = name.lower() in about
                met = bool(found) or (touched and not agreed)
                rows.append(
                    {
                        "set": entry.label,
                        "domain": capital(name),
                        "agreed": [names[key] for key in agreed],
                        **trial,
                        "measured": MEASURES[0] if met else MEASURES[1] if touched else MEASURES[2],
                        "instruments": found,
                    }
                )
    schema = {"set": pl.String, "domain": pl.String, "agreed": pl.List(pl.String), "trial_id": pl.String, "condition": pl.String,
              "title": pl.String, "url": pl.String, "measured": pl.String, "instruments": pl.List(pl.String)}  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def count_domains(covered: pl.DataFrame) -> pl.DataFrame:
    """set, domain, agreed, measured, n, trials: trials per domain and way of measuring it, from `cover_sets`."""
    totals = covered.group_by("set", "domain", maintain_order=True).agg(
        pl.first("agreed"), pl.len().cast(pl.Int64).alias("trials")
    )
    counts = covered.group_by("set", "domain", "measured").agg(pl.len().cast(pl.Int64).alias("n"))
    return (
        totals.join(pl.DataFrame({"measured": MEASURES}), how="cross")
        .join(counts, on=["set", "domain", "measured"], how="left", maintain_order="left")
        .with_columns(pl.col("n").fill_null(0), pl.col("agreed").list.join(", "))
        .select("set", "domain", "agreed", "measured", "n", "trials")
    )


def rate_trials(covered: pl.DataFrame) -> pl.DataFrame:
    """set, trial_id, condition, title, url, domains, met, named, missing, share, share_named; from `cover_sets`.

    `met` counts domains that are Met, `named` these and those with another measure; `missing` lists the others. Sets in order, within a set most domains met first.
    """
    order = {name: n for n, name in enumerate(covered["set"].unique(maintain_order=True))}
    agreed, other = (pl.col("measured") == MEASURES[0]), (pl.col("measured") == MEASURES[1])
    return (
        covered.group_by("set", "trial_id")
        .agg(
            pl.first("condition", "title", "url"),
            pl.len().cast(pl.Int64).alias("domains"),
            agreed.sum().cast(pl.Int64).alias("met"),
            (agreed | other).sum().cast(pl.Int64).alias("named"),
            pl.col("domain").filter(~agreed & ~other).str.join(", ").alias("missing"),
        )
        .with_columns(
            (pl.col("met") / pl.col("domains")).alias("share"),
            (pl.col("named") / pl.col("domains")).alias("share_named"),
        )
        .with_columns(pl.col("set").replace_strict(order, default=0, return_dtype=pl.Int64).alias("place"))
        .sort(["place", "met", "named", "trial_id"], descending=[False, True, True, False])
        .drop("place")
    )


def list_sets(frames: Frames, core_outcome_set: str = "") -> pl.DataFrame:
    """The sets used: set, source, trials (of its conditions, with outcomes), domains (rated), not_rated, complete.

    `not_rated` are domains without an instrument on record; `complete` counts trials that meet every rated domain.
    """
    rated = rate_trials(cover_sets(frames, core_outcome_set))
    schema = {"set": pl.String, "source": pl.String, "trials": pl.Int64, "domains": pl.Int64, "not_rated": pl.String, "complete": pl.Int64}  # fmt: skip
    rows = []
    for entry in choose_sets(frames, core_outcome_set):
        domains, others = split_domains(entry)
        mine = rated.filter(pl.col("set") == entry.label)
        complete = int((mine["met"] == mine["domains"]).sum())
        rows.append(
            (entry.label, entry.more["source"], len(mine), len(domains), capital(", ".join(others)) or None, complete)
        )
    return pl.DataFrame(rows, schema=schema, orient="row")


def tell_sets(frames: Frames, core_outcome_set: str = "") -> str:
    """Sentences: which sets fit, how often every domain is met, and which conditions have no set here."""
    sets = list_sets(frames, core_outcome_set)
    covered = {group for entry in choose_sets(frames, core_outcome_set) for group in entry.more["condition_groups"]}
    conditions = order_conditions(frames)
    without = conditions.filter(~pl.col("condition").is_in([short_label(group) for group in covered]))
    words = []
    if len(sets):
        names = listing([f"{name} ({plural(n, 'trial')})" for name, n in sets.select("set", "trials").iter_rows()])
        whole, ratings = int(sets["complete"].sum()), int(sets["trials"].sum())
        words.append(f"Sets that fit the trials shown: {names}.")
        words.append(f"Ratings of a trial by a set that meet every rated domain: {share(whole, ratings)}.")
    elif core_outcome_set:
        words.append("No trial shown belongs to the conditions of the set asked for.")
    if len(without):
        shown = [f"{condition} ({n})" for condition, n in without.select("condition", "n").head(6).iter_rows()]
        more = [plural(len(without) - 6, "more condition")] if len(without) > 6 else []
        why = (
            "the set is not meant for them" if core_outcome_set else "no set for them in the vocabulary (one may exist)"
        )
        others = f"{plural(int(without['n'].sum()), 'trial')} in {plural(len(without), 'other condition')}"
        words.append(f"Not rated, {why}: {others}, {listing([*shown, *more])}.")
    return " ".join(words) or "No trial with outcomes in this selection."
