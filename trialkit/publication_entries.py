"""One trial in the entries of a table "Characteristics of included studies": labels and values, in fixed order."""

import re
import unicodedata
from collections.abc import Container, Iterable
from typing import Any

from trialkit.prose import capital
from trialkit.summaries import DONOR_LABELS
from trialkit.summaries.reporting import FACT_LABELS
from trialkit.summaries.trial_words import (
    FLAG_WORDS,
    column_in_words,
    describe_age,
    describe_date,
    describe_dose,
    describe_enrolment,
    describe_schedule,
    join_words,
    labels_of,
    plain_word,
)
from trialkit.tables import NOT_REPORTED

UNREAD = "stated, but not read"
CONTRADICTED = "contradicted in the record"
NO_CONTROL = {"none": "no control group", "active": "active treatment", "not_reported": None}
ALLOCATION = {"randomized": "randomised", "non_randomized": "not randomised", "na": "not applicable"}
REGISTERS = {
    "actrn": "Australian New Zealand Clinical Trials Registry", "chictr": "Chinese Clinical Trial Registry", "ctgov": "ClinicalTrials.gov",
    "ctis": "EU Clinical Trials Information System", "ctri": "Clinical Trials Registry - India", "drks": "German Clinical Trials Register",
    "euctr": "EU Clinical Trials Register", "ictrp": "WHO ICTRP", "irct": "Iranian Registry of Clinical Trials", "isrctn": "ISRCTN registry",
    "jrct": "Japan Registry of Clinical Trials", "kct": "Clinical Research Information Service, Korea", "lbctr": "Lebanon Clinical Trials Registry",
    "medpath": "MedPath", "pactr": "Pan African Clinical Trials Registry", "rebec": "Brazilian Clinical Trials Registry",
    "rpcec": "Cuban Public Registry of Clinical Trials", "slctr": "Sri Lanka Clinical Trials Registry", "tctr": "Thai Clinical Trials Registry",
    "umin": "UMIN Clinical Trials Registry", "veeva": "ctv.veeva.com",
}  # fmt: skip

Row = dict[str, Any]
Parts = list[tuple[str, str | None]]  # label and value; None = not reported


def tell_entries(trial: Row, own: dict[str, list[Row]], *, named: bool = True) -> dict[str, Parts]:
    """Entry -> its parts, for a row of `trials` and its rows of the other frames (name -> rows, arms by position).

    Regimens are led by the label of their arm unless not `named`. A value is text on one line; None means that the record does not report it. Long lists and texts are cut and say so.
    """
    status = {row["fact"]: row["status"] for row in own["fact_status"]}
    unread = {fact for fact, word in status.items() if word == "unparsed"}
    regimens = describe_regimens(own["regimens"], unread=unread, named=named)
    return {
        "methods": _methods(trial),
        "participants": _participants(trial, own["arms"], status),
        "interventions": _interventions(trial, own["cell_products"], regimens, status),
        "comparison": _comparison(trial, own["arms"]),
        "outcomes": _outcomes(own["endpoints"], status),
        "notes": _notes(trial, status, own["conflicts"]),
    }


def write_entry(parts: Iterable[tuple[str, str | None]]) -> str:
    """`Label: value.` of each part, one after the other; "not reported" where there is none."""
    told = [f"{label}: {(value or NOT_REPORTED).rstrip('. ')}" for label, value in parts]
    return " ".join(text if text.endswith("…") else f"{text}." for text in told)


def clean(text: object) -> str:
    """A text on one line without control, formatting and private characters: nothing that moves, hides or breaks other text."""
    words = " ".join(str(text or "").split())
    return "".join(c for c in words if unicodedata.category(c)[0] != "C")


def shorten(text: object, limit: int) -> str:
    """The text on one line, cut after a word when it is longer than `limit` characters; a cut ends in …"""
    whole = clean(text)
    if len(whole) <= limit:
        return whole
    cut = re.sub(r"[\s,;:.(–-]*\S*$", "", whole[:limit])
    return (cut or whole[: limit - 1]) + "…"


def some(items: Iterable[str], most: int, by: str = ", ") -> str | None:
    """The first items in a row and how many more there are; None without any."""
    rows = list(items)
    left = [f"and {len(rows) - most} more"] if len(rows) > most else []
    return join_words([*rows[:most], *left], by)


def title_of(trial: Row) -> str:
    """Public title, else the scientific one, else the number; one line, at most 200 characters."""
    return shorten(trial["public_title"] or trial["scientific_title"] or trial["trial_id"], 200)


def condition_of(trial: Row) -> str | None:
    """The label of the condition group; None when no group was recognised."""
    return labels_of("conditions", [trial["condition_group"]])[0] if trial["condition_group"] else None


def facts_with(rows: Iterable[Row], status: str) -> list[str]:
    """The facts that have a status, as lower-case labels in the order of the schema."""
    known = {row["fact"]: row["status"] for row in rows}
    return [label.lower() for fact, label in FACT_LABELS.items() if known.get(fact) == status]


def describe_regimens(
    regimens: list[Row], *, unread: Container[str] = (), named: bool = True, most: int = 6
) -> list[str]:
    """The distinct regimens of a trial in words: `1 million cells per kg, 3 administrations, every 30 days`.

    Several are led by their arm or cohort when `named`. What a regimen lacks is said ("stated, but not read" for what
    `unread` holds of "dose" and "schedule"), and what a reader should know of it. A dose that is tied to no arm and has no schedule is left out when an arm states it. Beyond `most` they are counted.
    """
    none = {fact: f"{fact} {UNREAD if fact in unread else NOT_REPORTED}" for fact in ("dose", "schedule")}
    placed = {_dose(r) for r in regimens if _is_placed(r)}
    told: dict[str, list[str]] = {}
    for r in regimens:
        if not _is_placed(r) and _dose(r) in placed:
            continue
        schedule = describe_schedule(r)
        dose = describe_dose(*_dose(r))
        in_all = " in all" if dose and r["dose_basis"] == "total" else ""
        notes = [FLAG_WORDS.get(flag, flag.replace("_", " ")) for flag in r["flags"] if flag != "description"]
        words = f"{dose or none['dose']}{in_all}, {schedule or none['schedule']}"
        names = told.setdefault(words + (f" ({join_words(notes)})" if notes else ""), [])
        names.append(shorten(r["cohort"] or r["arm"], 40))
    lead = {words: some(dict.fromkeys(filter(None, names)), 2, " / ") for words, names in told.items()}
    named = named and len(set(lead.values())) > 1
    lines = [f"{lead[words]}: {words}" if named and lead[words] else words for words in told]
    return [*lines[:most], *([f"{len(lines) - most} more"] if len(lines) > most else [])]


def _dose(regimen: Row) -> tuple[float | None, float | None, str | None]:
    return regimen["dose_low"], regimen["dose_high"], regimen["dose_basis"]


def _is_placed(regimen: Row) -> bool:
    """Whether it is tied to an arm or a cohort, or has a schedule."""
    return bool(regimen["arm"] or regimen["cohort"] or describe_schedule(regimen))


def _methods(trial: Row) -> Parts:
    phases = [p.replace("early_phase", "early phase ").removeprefix("phase") for p in trial["phases"]]
    return [
        ("Type", plain_word(trial["study_type"])),
        ("Model", plain_word(trial["intervention_model"])),
        ("Allocation", ALLOCATION.get(trial["allocation"], plain_word(trial["allocation"]))),
        ("Masking", "open label" if trial["masking"] == "none" else plain_word(trial["masking"])),
        ("Phase", "not applicable" if phases == ["na"] else join_words(phases, "/")),
        ("Status", plain_word(trial["overall_status"])),
        ("Start", describe_date(trial, "start_date")),
        ("Completion", describe_date(trial, "completion_date")),
    ]


def _participants(trial: Row, arms: list[Row], status: dict[str, str]) -> Parts:
    group = condition_of(trial)
    registered = [c for c in map(clean, trial["conditions"]) if c]
    same = group and [c.casefold() for c in registered] == [group.casefold()]
    stated = [f"{shorten(arm['label'] or 'unnamed arm', 40)} {arm['n']}" for arm in arms if arm["n"] is not None]
    left = f" (stated for {len(stated)} of {len(arms)} arms)" if 0 < len(stated) < len(arms) else ""
    return [
        ("Condition", group),
        *([] if same else [("Registered as", some((shorten(c, 60) for c in registered), 4, "; "))]),
        ("Number", _with_status(describe_enrolment(trial), status.get("enrollment"))),
        ("Arm sizes", _with_status((some(stated, 6, "; ") or "") + left, status.get("arm_sizes"))),
        ("Age", describe_age(trial)),
        ("Sex", clean(trial["sex"])),
        ("Countries", some(map(clean, trial["countries"]), 5)),
        ("Sites", "none listed" if trial["n_sites"] == 0 else clean(trial["n_sites"])),
    ]


def _interventions(trial: Row, products: list[Row], regimens: list[str], status: dict[str, str]) -> Parts:
    def exact(column: str, vocabulary: str) -> str:
        found = dict.fromkeys(
            label.partition(" (")[0] for label in labels_of(vocabulary, (p[column] for p in products if p[column]))
        )
        return f" ({some(found, 3)})" if found else ""

    filled = dict.fromkeys(trial["from_product_dictionary"], " (from the product dictionary)")
    classes = join_words(labels_of("product_classes", trial["product_class"]))
    source = join_words(labels_of("cell_sources", trial["cell_source"]))
    donor = None if trial["donor"] == "not_reported" else DONOR_LABELS[trial["donor"]].lower()
    route = (join_words(labels_of("routes", trial["routes"])) or "").lower()
    separation = dict.fromkeys(labels_of("separation_methods", (p["separation"] for p in products if p["separation"])))
    parts: Parts = [
        ("Product", (_with_status(classes or ("none named" if trial["product_class"] else None), status.get("product_class")) or NOT_REPORTED)
         + exact("brand", "products")),
        ("Cell source", _with_status(source and source + exact("exact_tissue", "exact_tissues") + filled.get("cell_source", ""), status.get("cell_source"))),
        ("Donor", _with_status(donor and donor + filled.get("donor", ""), status.get("donor"))),
        ("Separation", _with_status((some(separation, 3) or "").lower(), status.get("separation"))),
        ("Route", _with_status(route, status.get("route"))),
    ]  # fmt: skip
    if not regimens:
        return [*parts, *((FACT_LABELS[f], _with_status(None, status.get(f))) for f in ("dose", "schedule"))]
    notes = [f"{fact} {CONTRADICTED}" for fact in ("dose", "schedule") if status.get(fact) == "conflicting"]
    label = "Dose and schedule" if len(regimens) == 1 else "Doses and schedules"
    return [*parts, (label, "; ".join(regimens) + (f" ({join_words(notes)})" if notes else ""))]


def _comparison(trial: Row, arms: list[Row]) -> Parts:
    control = NO_CONTROL.get(trial["control_type"], plain_word(trial["control_type"]))
    others = [shorten(arm["label"] or "unnamed arm", 50) for arm in arms if not arm["is_cell_arm"]]
    return [("Control", control), *([("Arms that name no cells", some(others, 4, "; "))] if others else [])]


def _outcomes(outcomes: list[Row], status: dict[str, str]) -> Parts:
    if not outcomes:
        return [("Outcomes", _with_status(None, status.get("endpoints")))]
    by_role = {
        role: sorted(
            (o for o in outcomes if o["role"] == role and not o["is_duplicate"]), key=lambda row: row["position"]
        )
        for role in ("primary", "secondary", "other")
    }
    primary = [
        f"{shorten(o['measure'], 90).rstrip('. ')} ({shorten(o['time_frame'], 50) or 'time frame not reported'})"
        for o in by_role["primary"]
    ]
    named = dict.fromkeys(clean(name) for rows in by_role.values() for o in rows for name in o["instruments"])
    return [
        ("Primary", some(primary, 4, "; ")),
        *((capital(role), str(len(by_role[role]))) for role in ("secondary", "other") if by_role[role]),
        ("Instruments", some(named, 10) or "none recognised"),
    ]


def _notes(trial: Row, status: dict[str, str], conflicts: list[Row]) -> Parts:
    facts = [{"fact": fact, "status": word} for fact, word in status.items()]
    late = any(c["column"] == "first_posted_date" for c in conflicts)
    others = dict.fromkeys(
        column_in_words(c["column"]).lower() for c in conflicts if c["column"] != "first_posted_date"
    )
    posted = join_words(filter(None, (describe_date(trial, "first_posted_date"), "after the start" if late else None)))
    told = {
        "Not reported": join_words(facts_with(facts, "not_reported")),
        "Stated, but not read": join_words(facts_with(facts, "unparsed")),
        "Contradictions": some(others, 6),
    }
    return [
        ("Sponsor", shorten(trial["lead_sponsor"], 80)),
        ("First posted", posted),
        ("Last update", describe_date(trial, "last_update_date")),
        ("Results", {True: "posted", False: "none posted"}.get(trial["has_results"])),
        ("Other numbers", some((shorten(n, 40) for n in trial["secondary_ids"]), 5) or "none"),
        ("Sources", some((REGISTERS.get(key, clean(key)) for key in trial["registers"]), 5)),
        *((label, value) for label, value in told.items() if value),
    ]


def _with_status(value: str | None, status: str | None) -> str | None:
    """The value, marked where the record contradicts it; without one, whether words of the kind are there."""
    if not value:
        return UNREAD if status == "unparsed" else None
    return f"{value} ({CONTRADICTED})" if status == "conflicting" else value
