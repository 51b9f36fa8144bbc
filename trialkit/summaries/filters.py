"""Which trials fit a choice of words, ranges and text: every filter apart, so that a chart can leave its own one out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import count
from trialkit.summaries import DONOR_LABELS, NOT_REPORTED, label_trials, short_label
from trialkit.summaries.dosing import comparable, summarise_doses
from trialkit.summaries.endpoints import list_mentions
from trialkit.vocabulary import load_vocabulary

FACETS = {
    "conditions": "Condition",
    "cell_sources": "Cell source",
    "donors": "Donor",
    "phases": "Phase",
    "statuses": "Recruitment status",
    "domains": "Endpoint domain",
    "instruments": "Instrument",
}
RANGES = {"years": "Start year", "per_kg": "Dose per kg", "total": "Dose in all"}
BASES = {"per_kg": "per kg", "total": "total"}
MISSING = "not_reported"
PHASE_LABELS = {"early_phase1": "Early phase 1", "na": "Not applicable"}
OPEN = (None, None)
DIGITS = 3  # doses are compared as they are read out: 1.23 million is 1.23 million

Range = tuple[float | None, float | None]


@dataclass(frozen=True)
class Choice:
    """What is asked for; nothing chosen asks for nothing.

    Facets hold keys (`not_reported` for trials that do not say), of which a trial needs one. Ranges hold the first and
    the last year, or cells per administration on one basis; None leaves an end open. `text` holds words that must all
    stand in the record, "words in quotes" next to each other.
    """

    conditions: tuple[str, ...] = ()
    cell_sources: tuple[str, ...] = ()
    donors: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    years: Range = OPEN
    per_kg: Range = OPEN
    total: Range = OPEN
    text: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The trials of some frames, made ready to be filtered many times; trials are known by their row `i` in `trials`.

    `trials`: `label_trials` with `i` and `when` (start in years, 2015.5 for July 2015). `members`: facet -> i, key.
    `labels`: facet -> key -> words, the most frequent first and missing last. `sizes`: facet -> key -> number of trials.
    `spans`: range -> i, low, high. `levels`: comparable dose levels of `summarise_doses` with i. `mentions`: i,
    instrument, label, primary. `texts`: what the text search looks through, one text a trial.
    """

    frames: Frames
    trials: pl.DataFrame
    members: Mapping[str, pl.DataFrame]
    labels: Mapping[str, Mapping[str, str]]
    sizes: Mapping[str, Mapping[str, int]]
    spans: Mapping[str, pl.DataFrame]
    levels: pl.DataFrame
    mentions: pl.DataFrame
    texts: pl.Series


def index_trials(frames: Frames) -> Catalogue:
    """Everything that filters and their charts need, worked out once."""
    day = pl.col("start_date").dt.ordinal_day()
    when = frames.trials.select("trial_id", (pl.col("start_date").dt.year() + (day - 1) / 366).alias("when"))
    trials = label_trials(frames).join(when, on="trial_id", how="left").with_row_index("i")
    rows = trials.select("i", "trial_id")
    mentions = _named_instruments(frames, rows)
    members = _members(frames, rows, mentions)
    sizes = {facet: dict(found.group_by("key").len().iter_rows()) for facet, found in members.items()}
    names = {facet: _words(facet) for facet in FACETS}
    labels = {}
    for facet, found in sizes.items():
        keys = sorted(found, key=lambda k: (k == MISSING, -found[k], k))
        labels[facet] = {key: names[facet].get(key, key.replace("_", " ").capitalize()) for key in keys}
    labels["instruments"] |= {key: key for key in labels["instruments"] if key != MISSING}
    levels = _levels(frames, rows)
    spans = {"years": trials.drop_nulls("year").select("i", low="year", high="year")}
    for name, basis in BASES.items():
        spans[name] = levels.filter(pl.col("basis") == basis).select("i", "low", "high")
    return Catalogue(frames, trials, members, labels, sizes, spans, levels, mentions, _texts(frames, rows))


def find_fits(catalogue: Catalogue, choice: Choice) -> dict[str, pl.Series]:
    """Filter -> whether each trial fits it (by row); only for the filters that ask for something."""
    fits = {}
    for facet in FACETS:
        if keys := getattr(choice, facet):
            found = catalogue.members[facet].filter(pl.col("key").is_in(keys))
            fits[facet] = _among(catalogue, found["i"])
    for name in RANGES:
        low, high = getattr(choice, name)
        if (low, high) != OPEN:
            inside = pl.lit(True)
            if low is not None:
                inside &= pl.col("high") >= low
            if high is not None:
                inside &= pl.col("low") <= high
            fits[name] = _among(catalogue, catalogue.spans[name].filter(inside)["i"])
    if wanted := [plain(a or b) for a, b in re.findall(r'"([^"]+)"|([^\s"]+)', choice.text)]:
        has = pl.all_horizontal(pl.col("texts").str.contains(word, literal=True) for word in wanted)
        fits["text"] = catalogue.texts.to_frame("texts").select(has.alias("fits"))["fits"]
    return fits


def keep_trials(catalogue: Catalogue, fits: Mapping[str, pl.Series], but: str = "") -> pl.Series:
    """Whether each trial (by row) fits every filter, or every filter `but` the one named."""
    keep = pl.repeat(True, len(catalogue.trials), eager=True)
    for name, fit in fits.items():
        if name != but:
            keep &= fit
    return keep


def keep_rows(frame: pl.DataFrame, keep: pl.Series) -> pl.DataFrame:
    """The rows of a frame with `i` whose trial is kept."""
    return frame.filter(keep.gather(frame["i"]))


def choose_trials(catalogue: Catalogue, choice: Choice) -> Frames:
    """The frames of the trials that fit the choice."""
    keep = keep_trials(catalogue, find_fits(catalogue, choice))
    return catalogue.frames.select(catalogue.trials.filter(keep)["trial_id"])


def range_values(catalogue: Catalogue, name: str) -> list[float]:
    """The values that stand at an end of a span, lowest first: what a range can be set to. Years come without gaps."""
    spans = catalogue.spans[name]
    values = pl.concat([spans["low"], spans["high"]]).unique().sort().to_list()
    return list(range(int(values[0]), int(values[-1]) + 1)) if name == "years" and values else values


def snap(values: Sequence[float], low: float, high: float) -> Range:
    """The outermost of these (sorted) values from `low` to `high`, for a range drawn by hand; OPEN when it holds none."""
    inside = [value for value in values if low <= value <= high]
    return (inside[0], inside[-1]) if inside else OPEN


def snap_years(low: float, high: float) -> tuple[int, int]:
    """The years of which at least half lies from `low` to `high` on an axis of years; the year of the middle if there is none."""
    first, last = int(-(-(low - 0.5) // 1)), int((high - 0.5) // 1)
    return (first, last) if first <= last else (int((low + high) / 2),) * 2


def tell_choice(catalogue: Catalogue, choice: Choice) -> str:
    """`Condition: lupus nephritis or systemic lupus; start year: from 2010.`, or that nothing is filtered."""
    parts = []
    for facet, label in FACETS.items():
        if keys := getattr(choice, facet):
            *most, last = [catalogue.labels[facet].get(key, key) for key in keys]
            parts.append(f"{label}: {', '.join(most)} or {last}" if most else f"{label}: {last}")
    for name, label in RANGES.items():
        if (ends := getattr(choice, name)) != OPEN:
            low, high = (None if e is None else value_words(name, e) for e in ends)
            words = low if low == high else " ".join(filter(None, (low and f"from {low}", high and f"to {high}")))
            parts.append(f"{label}: {words}")
    if choice.text.strip():
        parts.append(f"Text: {choice.text.strip()}")
    return f"{'; '.join(parts)}." if parts else "No filter is set."


def value_words(name: str, value: float) -> str:
    """A value of a range for reading: `2015`, `1.5 million`."""
    return f"{value:.0f}" if name == "years" else count(value)


def plain(text: str) -> str:
    """Text as the search compares it: lower case, without accents."""
    return pl.Series([text]).to_frame("text").select(_plain(pl.col("text"))).item()


def _plain(column: pl.Expr) -> pl.Expr:
    return column.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()


def _among(catalogue: Catalogue, rows: pl.Series) -> pl.Series:
    return pl.int_range(len(catalogue.trials), dtype=pl.UInt32, eager=True).is_in(rows.unique().implode())


def _members(frames: Frames, rows: pl.DataFrame, mentions: pl.DataFrame) -> dict[str, pl.DataFrame]:
    trials = rows.join(frames.trials, on="trial_id", how="left")
    columns = {
        "conditions": "condition_group",
        "cell_sources": "cell_source",
        "donors": "donor",
        "phases": "phases",
        "statuses": "overall_status",
    }
    found = {}
    for facet, column in columns.items():
        keys = trials.select("i", key=column)
        if isinstance(keys.schema["key"], pl.List):
            keys = keys.with_columns(pl.col("key").cast(pl.List(pl.String))).explode("key")
        found[facet] = keys.with_columns(pl.col("key").cast(pl.String)).drop_nulls("key")
    found["domains"] = rows.join(frames.endpoints, on="trial_id").select("i", key="domain").drop_nulls("key")
    found["instruments"] = mentions.select("i", key="instrument")
    silent = {facet: rows.join(known, on="i", how="anti") for facet, known in found.items()}
    missing = {facet: left.select("i", pl.lit(MISSING).alias("key")) for facet, left in silent.items()}
    return {facet: pl.concat([known.unique(), missing[facet]]) for facet, known in found.items()}


def _words(facet: str) -> dict[str, str]:
    if facet == "conditions":
        named = {key: short_label(key) for key in load_vocabulary("conditions").keys}
        return {**named, MISSING: "Other condition"}
    named = {
        "cell_sources": load_vocabulary("cell_sources").labels(),
        "donors": DONOR_LABELS,
        "phases": PHASE_LABELS | {f"phase{n}": f"Phase {n}" for n in range(1, 5)},
        "domains": {MISSING: "None recognised"},
        "instruments": {MISSING: "None named"},
    }.get(facet, {})
    return {MISSING: NOT_REPORTED, **named}


def _named_instruments(frames: Frames, rows: pl.DataFrame) -> pl.DataFrame:
    named = list_mentions(frames).group_by("trial_id", "instrument", maintain_order=True)
    found = named.agg(pl.col("label").first(), (pl.col("role") == "Primary").any().alias("primary"))
    return rows.join(found, on="trial_id").select("i", "instrument", "label", "primary")


def _levels(frames: Frames, rows: pl.DataFrame) -> pl.DataFrame:
    ends = {"low": pl.coalesce("low", "high"), "high": pl.coalesce("high", "low")}
    rounded = {name: end.round_sig_figs(DIGITS).round(2) for name, end in ends.items()}  # 3e7, not 29999999.999999996
    return rows.join(comparable(summarise_doses(frames)).with_columns(**rounded), on="trial_id")


def _texts(frames: Frames, rows: pl.DataFrame) -> pl.Series:
    """Numbers, titles, conditions, sponsor, countries, product and arm names, outcomes and all quotes, folded."""
    lists = [pl.col(c).list.join(" ") for c in ("secondary_ids", "conditions", "countries")]
    own = ["trial_id", "public_title", "scientific_title", "acronym", "lead_sponsor"]
    parts = [
        frames.trials.select("trial_id", pl.concat_str(*own, *lists, separator="\n", ignore_nulls=True).alias("t"))
    ]
    for frame, column in (
        (frames.cell_products, "product_name"),
        (frames.arms, "label"),
        (frames.endpoints, "measure"),
        (frames.evidence, "quote"),
    ):
        parts.append(frame.select("trial_id", t=column).drop_nulls().unique(maintain_order=True))
    whole = pl.concat(parts).group_by("trial_id").agg(pl.col("t").str.join("\n"))
    folded = rows.join(whole, on="trial_id", how="left", maintain_order="left").select(
        _plain(pl.col("t").fill_null(""))
    )
    return folded["t"]
