"""Contradictions inside one record: both sides are shown, nothing is averaged or repaired."""

import re
from typing import Any

from trialkit.record import TrialRecord

# Ages as a pair: "aged from 15 to 60", "18-65 years old"; never across a line or sentence, never months or weeks.
_PAIR = r"(\d{1,2})\s*(?:years?\s*)?(?:-|–|to|and|~)\s*(\d{1,2})"
_AGES = re.compile(
    rf"\bage[ds]?\b[^\d.\n]{{0,24}}{_PAIR}(?!\s*(?:months?|weeks?|days?|\d))|(?<![\d.]){_PAIR}\s*(?:years?|yrs?)[\s-]*(?:old|of age)",
    re.I,
)


def find_conflicts(record: TrialRecord, rows: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Rows of the conflicts frame for one record, in a fixed order."""
    trial, found = rows["trials"][0], []

    def add(kind: str, column: str, left: Any, right: Any, left_evidence: str, right_evidence: str, message: str):
        found.append({"trial_id": trial["trial_id"], "kind": kind, "column": column, "left": str(left), "right": str(right),
                      "left_evidence": left_evidence, "right_evidence": right_evidence, "message": message})  # fmt: skip

    sizes = [arm["n"] for arm in rows["arms"]]
    count = trial["enrollment_count"]
    if len(sizes) > 1 and all(n is not None for n in sizes) and count and sum(sizes) != count:
        words = " + ".join(map(str, sizes))
        add(
            "text_vs_field",
            "n",
            count,
            sum(sizes),
            f"enrolment {count}",
            words,
            f"The arms add up to {words} = {sum(sizes)}, the enrolment field says {count}.",
        )
    limits = (trial["minimum_age_years"], trial["maximum_age_years"])
    for field in ("brief_summary", "detailed_description", "eligibility", "inclusion"):
        text = getattr(record, field) or ""
        for m in _AGES.finditer(text):
            pair = (float(m[1] or m[3]), float(m[2] or m[4]))
            if pair[0] < pair[1] and any(a is not None and abs(a - b) >= 1 for a, b in zip(limits, pair, strict=True)):
                registered = " to ".join("no limit" if a is None else f"{a:g}" for a in limits)
                add(
                    "text_vs_field",
                    "age",
                    registered,
                    f"{pair[0]:g} to {pair[1]:g}",
                    f"age limits {registered}",
                    m[0],
                    f"The age fields say {registered}, the text says {pair[0]:g} to {pair[1]:g}.",
                )
                break
    for row in rows["regimens"]:
        if "implausible" in row["flags"] or "doubled_unit" in row["flags"]:
            dose = next((e for e in rows["evidence"] if e["column"] == "dose" and _same(e["value"], row)), None)
            quote = dose["quote"] if dose else ""
            add(
                "implausible",
                "dose",
                quote,
                None,
                quote,
                "",
                f"The dose as printed ({quote}) lies outside the plausible window; it is kept as read.",
            )
    if trial["masking"] not in (None, "none") and trial["control_type"] == "none":
        add(
            "within_text",
            "masking",
            trial["masking"],
            "no control group",
            record.printed.get("masking", trial["masking"]),
            "",
            f"Masking is {trial['masking']} although no control group is registered.",
        )
    if record.masking and record.masking != "none" and trial["control_type"] == "no_treatment":
        add(
            "within_text",
            "masking",
            trial["masking"],
            "untreated control",
            record.printed.get("masking", trial["masking"]),
            "",
            f"Masking is {trial['masking']} although the control group is untreated.",
        )
    primary = {_plain(e["measure"]) for e in rows["endpoints"] if e["role"] == "primary"}
    twice = [
        e
        for e in rows["endpoints"]
        if e["role"] == "secondary" and _plain(e["measure"]) in primary and e["is_duplicate"]
    ]
    if twice:
        words = "; ".join(e["measure"] for e in twice[:3])
        add(
            "within_text",
            "endpoints",
            f"{len(primary)} primary",
            f"{len(twice)} repeated",
            words,
            words,
            f"{len(twice)} secondary outcome{'s repeat' if len(twice) > 1 else ' repeats'} a primary outcome word for word.",
        )
    start, posted = trial["start_date"], trial["first_posted_date"]
    if start and posted and (posted - start).days > 31:
        add(
            "within_text",
            "first_posted_date",
            start,
            posted,
            f"start {record.start_date}",
            f"first posted {record.first_posted_date}",
            f"Registered {(posted - start).days} days after the start (retrospective registration).",
        )
    return _once(found)


def _same(words: str, row: dict[str, Any]) -> bool:
    value = row["dose_low"] if row["dose_low"] is not None else row["dose_high"]
    return value is not None and f"{value:g}" in words


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()


def _once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(r["column"], r["message"]): r for r in rows}.values())
