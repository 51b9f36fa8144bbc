"""Eligibility criteria that contradict each other, other texts, or what is possible."""

import re
from collections import defaultdict

from trialkit.conflicts.kinds import TEXTS, Conflict, Found, Rows, plain, shorten, texts
from trialkit.facts import guard
from trialkit.facts.conditions import find_condition_group
from trialkit.facts.criteria_kinds import imply_kinds
from trialkit.record import TrialRecord

_CRITERIA_HEADING = guard.compile(r"\b(?:inclusion|exclusion) criteria\s*:", re.I)
_EXCLUSION_HEADING = guard.compile(r"\bexclusion criteria\b", re.I)
_CLASSES = guard.compile(
    r"\b(?P<of>nyha|who|ccs|isn/rps|child[- ]pugh|ecog|rutherford|fontaine|asa|killip)?\s?(?:functional )?(?P<word>class|type|grade|stage)(?:es|s)?\s(?P<set>(?:i{1,3}|iv|vi?|[a-d])(?:\s?(?:,|/|-|–|to|or|and|;)+\s?(?:(?:or|and)\s)?(?:i{1,3}|iv|vi?|[a-d])\b)+)",
    re.I,
)
_RANKS = ["i", "ii", "iii", "iv", "v", "vi"]
_LOST_UNIT = guard.compile(
    r"\b(?P<drug>cyclophosphamide|cytoxan|ctx|methotrexate|rituximab|mycophenolate|mmf|prednis\w+|methylprednisolone|azathioprine|cyclosporin\w*|tacrolimus)\b[^.;\n\d]{0,20}(?P<n>\d{1,4}(?:\.\d{1,2})?(?:\s?[~-]\s?\d{1,4}(?:\.\d{1,2})?)?)\s?/\s?(?P<per>m2|m\^2|m²|kg|day|d)\b",
    re.I,
)
_LOST_SIGN = guard.compile(
    r"\b(?P<name>[a-z]{4,}(?: [a-z]{4,})?) ,(?P<n>\d{1,3}(?:\.\d)?) ?(?P<unit>g/L|g/dL|mg/dL|%|mmol/L|µmol/L|umol/L|U/L)",
    re.I,
)
_MARKUP = guard.compile(r"<\s?/?\s?(?:br|p|li|ul|b|i|div|span)\s?/?\s?>|&(?:lt|gt|amp|nbsp|quot);|\\[~<>*#]", re.I)
_MINUTES = guard.compile(
    r"\b\d{1,3}\s?(?:-|~|to)\s?\d{1,3} minutes:? ?(?:of )?(?:basically |no |mild|light|moderate|severe|activity)", re.I
)
_FORMS = {  # form of a disease -> the condition groups it is a form of
    "lupus_nephritis": {"systemic_lupus"}, "cutaneous_lupus": {"systemic_lupus"},
    "ctd_ild": {"systemic_sclerosis", "rheumatoid_arthritis", "myositis", "sjogren", "systemic_lupus"},
}  # fmt: skip
_ONE_OF_SEVERAL = guard.compile(r"\b(?:or|such as|e\.g|including|any of|one of|sub-?group)\b", re.I)
_EMPTY = {
    "of",
    "the",
    "a",
    "an",
    "or",
    "and",
    "to",
    "in",
    "with",
    "any",
    "other",
    "presence",
    "significant",
    "known",
    "patients",
    "subjects",
    "major",
    "end",
    "history",
    "evidence",
    "such",
    "as",
}
_NO_CONSENT = re.compile(
    r"^\W*(?:patients?|subjects?|participants?)?\W{0,2}(?:who )?(?:are )?(?:do(?:es)? not|unable to|unwilling to|refus\w*(?: to)?|inability to|cannot)(?: \w+){0,3} consent\W*$",
    re.I,
)
_NEGATED = re.compile(r"\b(?:no|not|without|absence|free|negative|exclud\w*|except)\b", re.I)
_FEW = 2  # repeats of criteria; more are the lists of several groups


def pasted_criteria(record: TrialRecord, rows: Rows) -> Found:
    own = record.eligibility or record.inclusion or record.exclusion
    m = _CRITERIA_HEADING.search(record.detailed_description or "")
    if m and own:
        message = "Eligibility criteria stand in the description too; they were read once, from their own place."
        yield Conflict("within_text", "eligibility", "description", "eligibility", m[0], "", message)


def lost_headings(record: TrialRecord, rows: Rows) -> Found:
    """Criteria without headings, and exclusions that stand in the block of the inclusions."""
    lost = [row for row in rows["eligibility"] if row["kind"] is None]
    if len(lost) > 2:
        out = next((row for row in lost[1:] if row["kind_implied"] == "exclusion"), None)
        out = None if lost[0]["kind_implied"] == "exclusion" else out
        seems = f" By their wording the exclusions begin at “{shorten(out['text'], 60)}”." if out else ""
        message = f"The criteria have no headings: what includes and what excludes is not told apart.{seems}"
        words = lost[0]["text"][:80]
        right = out["text"][:80] if out else ""
        yield Conflict("within_text", "eligibility", "no heading", f"{len(lost)} criteria", words, right, message)
    block = record.inclusion or record.printed.get("inclusion") or ""
    if block and not record.exclusion and (m := _EXCLUSION_HEADING.search(block)):
        message = (
            "The exclusion criteria stand in the block of the inclusion criteria; the block for exclusions is empty."
        )
        yield Conflict("within_text", "eligibility", "inclusion block", m[0], m[0], "", message)
    texts_in = list(dict.fromkeys(row["text"] for row in rows["eligibility"] if row["kind"] == "inclusion"))
    if texts_in and not any(row["kind"] == "exclusion" for row in rows["eligibility"]):
        kinds = imply_kinds(texts_in, enough=3)
        if "exclusion" in kinds:
            first = texts_in[kinds.index("exclusion")]
            message = (
                f"No exclusion is registered, but inclusions from “{shorten(first, 60)}” on are worded as exclusions."
            )
            yield Conflict("within_text", "eligibility", "inclusion", shorten(first), first[:80], "", message)


def narrow_bands(record: TrialRecord, rows: Rows) -> Found:
    """A variable that includes on one side and excludes on the other: what is left is empty, or a narrow band."""
    limits = defaultdict(lambda: {"inclusion": [], "exclusion": []})
    for row in rows["eligibility"]:
        kind = row["kind"] or row["kind_implied"]
        if row["variable"] and kind and row["operator"] in ("<", "<=", ">", ">="):
            limits[row["variable"], row["unit"]][kind].append(row)
    for (variable, unit), both in limits.items():
        for inside in both["inclusion"]:
            for outside in both["exclusion"]:
                upper = inside["operator"][0] == "<"
                value, bar = (inside["high"], outside["high"]) if upper else (inside["low"], outside["low"])
                if value is None or bar is None or inside["operator"][0] != outside["operator"][0] or variable == "age":
                    continue
                words = f"{variable.replace('_', ' ')} {inside['operator']} {value:g} and {outside['operator']} {bar:g} {unit or ''}".strip()
                quotes = inside["text"][:80], outside["text"][:80]
                negated = re.search(r"\b(?:not|no|exclud\w*|absence|without|except)\b", inside["text"], re.I)
                if negated or inside["text"] == outside["text"]:
                    continue
                if (bar >= value) if upper else (bar <= value):
                    message = f"Whoever is let in is kept out: {words} excludes all that the inclusion asks for."
                    yield Conflict("within_text", "eligibility", f"{value:g}", f"{bar:g}", *quotes, message)
                elif max(value, bar) <= 2 * min(value, bar):
                    message = f"A narrow band is left between inclusion and exclusion: {words}."
                    yield Conflict("within_text", "eligibility", f"{value:g}", f"{bar:g}", *quotes, message)


def asked_for_and_barred(record: TrialRecord, rows: Rows) -> Found:
    """An exclusion that bars what an inclusion asks for, almost word for word."""
    asked = list(dict.fromkeys(r["text"] for r in rows["eligibility"] if r["kind"] == "inclusion"))
    barred = list(dict.fromkeys(r["text"] for r in rows["eligibility"] if r["kind"] == "exclusion"))
    wanted: list[tuple[str, list[str]]] | None = None
    for text in barred:
        words = [w for w in plain(text).split() if w not in _EMPTY]
        if not 2 <= len(words) <= 3 or re.search(r"[\d:]", text) or plain(text).startswith(("no ", "not ", "without ")):
            continue
        if wanted is None:  # few exclusions are that short
            wanted = [
                (want, [w for w in plain(want).split() if w not in _EMPTY])
                for want in asked
                if not _NEGATED.search(want)
            ]
        for want, inside in wanted:
            if words[0] in inside and any(inside[k : k + len(words)] == words for k in range(len(inside))):
                message = f"The inclusion “{shorten(want, 60)}” asks for what the exclusion “{shorten(text, 60)}” bars."
                yield Conflict(
                    "within_text", "eligibility", shorten(want), shorten(text), want[:80], text[:80], message
                )


def same_criterion_twice(record: TrialRecord, rows: Rows) -> Found:
    """Criteria of one list that differ in small words at most. Several repeats are the lists of several groups."""
    pairs = []
    for kind in ("inclusion", "exclusion"):
        seen: dict[frozenset[str], str] = {}
        for text in {r["position"]: r["text"] for r in rows["eligibility"] if r["kind"] == kind}.values():
            words = frozenset({"no", "consent"}) if _NO_CONSENT.match(text) else frozenset(plain(text).split()) - _EMPTY
            if len(words) > 1 and words in seen:
                pairs.append((kind, seen[words], text))
            seen.setdefault(words, text)
    for kind, first, second in pairs if len(pairs) <= _FEW else ():
        message = f"Two {kind} criteria say the same: “{shorten(first, 60)}” and “{shorten(second, 60)}”."
        yield Conflict("within_text", "eligibility", shorten(first), shorten(second), first[:80], second[:80], message)


def classes(record: TrialRecord, rows: Rows) -> Found:
    """Classes of a disease that the prose and the criteria name differently: "class III, IV or V" against "II, III or IV"."""
    prose, own = {}, {}
    for target, fields in ((prose, TEXTS), (own, ("eligibility", "inclusion"))):
        for _, text in texts(record, *fields):
            text = re.split(r"\bexclusion\b", text, flags=re.I)[0] if target is own else text
            for m in _CLASSES.finditer(text):
                target.setdefault((m["of"] or "").lower(), (_members(m["set"]), m[0]))
    arms = {}
    for name, (there, words) in prose.items():
        here, quote = own.get(name, own.get("", prose.get("", (None, "")))) if name not in own else own[name]
        if here and here != there and there & here and quote != words and name not in arms:
            message = f"The description says “{words}”, the criteria say “{quote}”."
            yield Conflict("within_text", "eligibility", words, quote, words, quote, message)


def _members(words: str) -> frozenset[str]:
    ranks = list(re.findall(r"[ivIV]+|[a-dA-D]", words.lower()))
    if re.search(r"-|–|to", words) and len(ranks) == 2 and all(r in _RANKS for r in ranks):
        a, b = (_RANKS.index(r) for r in ranks)
        return frozenset(_RANKS[min(a, b) : max(a, b) + 1])
    return frozenset(ranks)


def narrower_population(record: TrialRecord, rows: Rows) -> Found:
    """A trial registered for a disease whose inclusion asks for one form of it, such as lupus nephritis."""
    registered = rows["trials"][0]["condition_group"]
    if not any(registered in groups for groups in _FORMS.values()):
        return
    asked = dict.fromkeys(r["text"] for r in rows["eligibility"] if (r["kind"] or r["kind_implied"]) == "inclusion")
    for text in asked:
        form = find_condition_group([], [text])
        if form and registered in _FORMS.get(form[0], ()) and not _ONE_OF_SEVERAL.search(text):
            wide, narrow = (name.replace("_", " ") for name in (registered, form[0]))
            message = f"Registered for {wide}, but the inclusion “{shorten(text, 60)}” asks for {narrow}."
            yield Conflict("within_text", "conditions", registered, form[0], wide, text[:80], message)
            return


def impossible_creatinine(record: TrialRecord, rows: Rows) -> Found:
    for row in rows["eligibility"]:
        value = row["low"] if row["low"] is not None else row["high"]
        if row["variable"] == "creatinine" and row["unit"] == "mmol/L" and value and value > 10:
            message = f"A creatinine of {value:g} mmol/L is not possible; µmol/L must be meant. It is kept as written."
            yield Conflict("implausible", "creatinine", f"{value:g} mmol/L", None, row["text"][:80], "", message)


def lost_characters(record: TrialRecord, rows: Rows) -> Found:
    """What a copy has lost: the unit of a drug, the sign of a limit; and markup that a copy has left."""
    described = [o.description for o in record.outcomes if o.description]
    for text in [*(t for _, t in texts(record, *TEXTS, "eligibility", "inclusion", "exclusion")), *described]:
        if m := _LOST_UNIT.search(text):
            message = f"A dose without its unit: “{m[0]}”."
            yield Conflict("implausible", "eligibility", m[0], None, m[0], "", message)
        if m := _LOST_SIGN.search(text):
            message = f"A limit that seems to have lost its sign: “{m[0]}”. No limit is read from it."
            yield Conflict("implausible", "eligibility", m[0], None, m[0], "", message)
        if m := _MARKUP.search(text):
            message = f"Markup stands in the text: “{m[0]}”."
            yield Conflict("implausible", "text", m[0], None, m[0], "", message)
        if m := _MINUTES.search(text):
            message = f"Bands of a score are given in minutes (“{m[0]}”); points must be meant."
            yield Conflict("implausible", "text", m[0], None, m[0], "", message)


DETECTORS = (
    pasted_criteria, lost_headings, narrow_bands, asked_for_and_barred, same_criterion_twice, narrower_population, classes, impossible_creatinine,
    lost_characters,
)  # fmt: skip
