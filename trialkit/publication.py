"""Tables for a paper: the characteristics of the trials, the words behind them, and how to cite both.

What stands in a cell is as registered, or as read from the registered words; where nothing is, it says "not reported".
Order and labels are fixed: trials by register number, entries as in `ENTRIES`, facts as in `EVIDENCE`.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Any

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, count, listing, plural
from trialkit.publication_entries import clean, shorten, tell_entries, title_of, write_entry
from trialkit.summaries.trial_words import (
    BASIS_WORDS,
    describe_enrolment,
    describe_schedule,
    describe_time,
    labels_of,
    place_in_words,
    plain_word,
)
from trialkit.tables import Html

ENTRIES = {  # column -> what stands in it, in the order of a Cochrane table "Characteristics of included studies"
    "methods": "Type and model of the study, allocation, masking, phase, recruitment status, start and completion",
    "participants": "Condition, number (planned or actual is always said), sizes of arms, age, sex, countries, sites",
    "interventions": "Product, tissue, donor, separation, route; dose (per kg of body weight, or in all) and schedule",
    "comparison": "What the cells are compared with, and the arms that name no cells",
    "outcomes": "Primary outcomes with their time frames, the number of the others, instruments named in any of them",
    "notes": "Sponsor, registration, results, other numbers, sources; what is not reported, not read or contradicted",
}
CHARACTERISTICS = {
    "trial_id": "Register number of the trial",
    "title": "Public title as registered, else the scientific one",
    **ENTRIES,
    "url": "Page of the trial in the register",
}
EVIDENCE_TABLE = {
    "trial_id": "Register number of the trial",
    "fact": "What was read",
    "value": "The value as read, in words",
    "quote": "The first words that state it; cut words end in …",
    "where": "Field of the record that holds the words, in words",
    "record": "Source record",
    "more": "Further places of the trial that state the same value",
}
EVIDENCE = {  # (frame, column) of the evidence -> its name in the table, in the order of the table
    ("trials", "enrollment_count"): "Participants", ("arms", "n"): "Arm size", ("trials", "product_class"): "Product class",
    ("cell_products", "brand"): "Named product", ("trials", "cell_source"): "Cell source", ("cell_products", "exact_tissue"): "Exact tissue",
    ("trials", "donor"): "Donor", ("cell_products", "separation"): "Separation", ("trials", "routes"): "Route", ("regimens", "dose"): "Dose",
    ("regimens", "schedule"): "Schedule", ("trials", "control_type"): "Comparison", ("endpoints", "instruments"): "Instrument",
    ("endpoints", "time_frame"): "Time frame",
}  # fmt: skip
HOW_TO_READ = (
    "Values are as registered, or as read from the registered words. 'Not reported' means that the record does not say so; 'stated, but "
    "not read' that words of the kind are there. Doses are cells per administration, per kg of body weight or in all. Numbers of "
    "participants are planned or actual, as said. Dates are as registered: those of a trial that goes on are plans. … marks a cut."
)  # fmt: skip
_VOCABULARIES = {
    "product_class": "product_classes", "cell_source": "cell_sources", "exact_tissue": "exact_tissues", "routes": "routes",
    "separation": "separation_methods", "brand": "products",
}  # fmt: skip
_PARTS = ("arms", "cell_products", "regimens", "endpoints", "fact_status", "conflicts")


def characteristics(frames: Frames) -> pl.DataFrame:
    """One row per trial, sorted by its number, all text: the columns of `CHARACTERISTICS`.

    Every entry is a row of `Label: value.` in fixed order; "not reported" stands where the record says nothing, "stated,
    but not read" where words of the kind are there. Doses are cells per administration and say per what; participants
    say planned, actual or that it is not told. Long lists and texts are cut, with the number left out or "…". `url` is
    null where the source gives none.
    """
    rows = []
    for trial, own in each_trial(frames):
        entries = {name: write_entry(parts) for name, parts in tell_entries(trial, own).items()}
        rows.append({"trial_id": clean(trial["trial_id"]), "title": title_of(trial), **entries, "url": trial["url"]})
    return pl.DataFrame(rows, schema=dict.fromkeys(CHARACTERISTICS, pl.String))


def evidence_table(frames: Frames) -> pl.DataFrame:
    """One row per trial, fact and value, in the order of `EVIDENCE`: the columns of `EVIDENCE_TABLE`; `more` is a number.

    It holds what was read from words, and the number of participants; the frame `evidence` holds every place and every
    other field. Words are as in the record; those longer than 200 characters are cut and end in "…".
    """
    order = pl.DataFrame(
        [(n, frame, column) for n, (frame, column) in enumerate(EVIDENCE)],
        schema={"order": pl.Int64, "frame": pl.String, "column": pl.String},
        orient="row",
    )
    found = (
        frames.evidence.filter((pl.col("column") != "time_frame") | (pl.col("value") != "unknown"))  # nothing was read
        .join(order, on=["frame", "column"], maintain_order="left")
        .group_by("trial_id", "order", "frame", "column", "value", maintain_order=True)
        .agg(pl.col("quote", "field", "record").first(), (pl.len() - 1).cast(pl.Int64).alias("more"))
        .sort("trial_id", "order", maintain_order=True)
    )
    sizes = {t["trial_id"]: t for t in frames.trials.select("trial_id", "enrollment_count", "enrollment_type").to_dicts()}  # fmt: skip
    rows = [
        {
            "trial_id": clean(r["trial_id"]),
            "fact": EVIDENCE[r["frame"], r["column"]],
            "value": _value(r["column"], r["value"], sizes.get(r["trial_id"])),
            "quote": shorten(r["quote"], 200),
            "where": clean(place_in_words(r["field"])),
            "record": re.sub(r"/\S*/([^/\s]+/[^/\s]+)", r"\1", clean(r["record"])),  # tables travel: no folders
            "more": r["more"],
        }
        for r in found.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema={name: pl.Int64 if name == "more" else pl.String for name in EVIDENCE_TABLE})


def each_trial(frames: Frames) -> Iterator[tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]]:
    """Each row of `trials`, by register number, with the rows of the other frames that are its own (frame -> rows)."""
    own = {}
    for name in _PARTS:
        frame = getattr(frames, name)
        ordered = frame.sort("trial_id", "position") if name == "arms" else frame
        own[name] = {k[0]: rows.to_dicts() for k, rows in ordered.partition_by("trial_id", as_dict=True).items()}
    for trial in frames.trials.sort("trial_id").iter_rows(named=True):
        yield trial, {name: rows.get(trial["trial_id"], []) for name, rows in own.items()}


def list_about(frames: Frames) -> pl.DataFrame:
    """label, text: what a reader of the tables must know: trials, data and their dates, version, how to read and cite."""
    sources = frames.meta.get("sources", [])
    rows = [
        ("Trials", f"{plural(len(frames.trials), 'trial')}, in order of register number"),
        *(("Data", _source(source)) for source in sources),
        *(("Wording", f"{source.get('register')}: {source['wording']}") for source in sources if source.get("wording")),
        ("Data fingerprint", tell_fingerprint(frames)),
        ("Read by", tell_version(frames)),
        ("How to read", HOW_TO_READ),
        ("How to cite", tell_citation(frames)),
    ]
    return pl.DataFrame([(label, clean(text)) for label, text in rows], schema=["label", "text"], orient="row")


def tell_data(frames: Frames) -> str:
    """The data in one phrase, each register with the dates of its states: `ClinicalTrials.gov (2022-10-09, 2023-12-01)`."""
    dates: dict[str, list[str]] = {}
    for source in frames.meta.get("sources", []):
        dates.setdefault(clean(source.get("register") or "a source"), []).append(_data_version(source))
    return listing([f"{name} ({', '.join(told)})" for name, told in dates.items()], "sources that are not recorded")


def tell_citation(frames: Frames) -> str:
    """How to cite the tables: program, version, data with their dates, fingerprint. It holds no date but those of the data."""
    return (
        f"{tell_version(frames)}. Characteristics of {plural(len(frames.trials), 'clinical trial')}, read from {tell_data(frames)}. "
        f"Data fingerprint {tell_fingerprint(frames)}. Cite each trial by its register number."
    )


def tell_version(frames: Frames) -> str:
    """`trialkit 0.1.0`: what read the data."""
    return f"trialkit {clean(frames.meta.get('trialkit') or '(version not recorded)')}"


def tell_fingerprint(frames: Frames) -> str:
    """The fingerprint of the data, or that it is not recorded."""
    return clean(frames.meta.get("fingerprint") or "not recorded")


def show_characteristics(frames: Frames) -> Html:
    """The table as HTML for a notebook: folded, one block a trial, which the page can filter; everything escaped."""
    table = characteristics(frames)
    caption = f"Characteristics of {plural(len(table), 'trial')}"
    if not len(table):
        return Html(f'<p class="tk-say">{caption}: none.</p>', f"{caption}: none")
    blocks = []
    for row in table.iter_rows(named=True):
        number, url = escape(row["trial_id"]), row["url"] or ""
        if url.startswith(("https://", "http://")):
            number = f'<a href="{escape(url, quote=True)}">{number}</a>'
        entries = [f"<em>{capital(name)}.</em> {escape(row[name])}" for name in ENTRIES]
        head = f"<strong>{number} {escape(row['title'])}</strong>"
        blocks.append(f"<tr><td>{'<br>'.join([head, *entries])}</td></tr>")
    html = (
        f'<details><summary>{caption}</summary><table class="tk-table"><caption>{caption}</caption><thead><tr>'
        f'<th scope="col">Trial</th></tr></thead><tbody>{"".join(blocks)}</tbody></table></details>'
    )
    return Html(html, caption)


def describe_columns() -> pl.DataFrame:
    """frame, column, type, nullable, key, meaning of the two tables, as `schema.data_dictionary` tells those of the frames."""
    tables = {"characteristics": CHARACTERISTICS, "evidence_table": EVIDENCE_TABLE}
    return pl.DataFrame(
        [
            {"frame": name, "column": column, "type": "Int64" if column == "more" else "String", "nullable": column == "url",
             "key": column == "trial_id" and name == "characteristics", "meaning": meaning}
            for name, columns in tables.items() for column, meaning in columns.items()
        ]
    )  # fmt: skip


def _value(column: str, value: str, trial: dict[str, Any] | None) -> str:
    """A value of the evidence in words, on the scale and with the basis it was read on."""
    if column in _VOCABULARIES:
        return ", ".join(labels_of(_VOCABULARIES[column], [value])) or "none named"
    if column == "enrollment_count":
        same = trial is not None and str(trial["enrollment_count"]) == value
        return describe_enrolment(trial) or value if same else value
    if column == "dose":
        number = re.sub(r"\d+(?:\.\d+)?(?:e\+?\d+)?", lambda m: count(float(m[0])), value)
        amount, _, basis = number.rpartition(" ")
        return f"{amount} {BASIS_WORDS.get(basis, basis)}" + (" in all" if basis == "total" else "")
    if column == "schedule":
        read = re.fullmatch(r"(?:(\d+) times)?(?:, )?(?:every ([\d./]+) days)?", value)
        times, gaps = read.groups() if read else (None, None)
        days = [float(gap) for gap in (gaps or "").split("/") if gap]
        words = describe_schedule({"n_administrations": times and int(times), "interval_days": days, "schedule_days": []})  # fmt: skip
        return words or clean(value)
    if column == "time_frame":
        found = {word: [float(n) for n in re.findall(r"\d+(?:\.\d+)?", rest)] for word, rest in re.findall(r"(horizon|points|every) ([^;]+)", value)}  # fmt: skip
        horizon, every = (next(iter(found.get(word, [])), None) for word in ("horizon", "every"))
        words = describe_time({"timepoints_days": found.get("points", []), "horizon_days": horizon, "recurrence_days": every, "anchor": None})  # fmt: skip
        return words or f"{plain_word(clean(value))}, no days"
    return plain_word(shorten(value, 120)) or ""


def _data_version(source: dict[str, Any]) -> str:
    version = clean(source.get("data_version") or "not told")
    return "date not told" if version == "not told" else version


def _source(source: dict[str, Any]) -> str:
    records = f", {plural(source['records'], 'record')}" if source.get("records") is not None else ""
    return f"{source.get('register', 'a source')}, state of the data: {_data_version(source)}{records}"
