"""What the words of a register mean: escaped text to plain text, printed words to the spelling of `TrialRecord`.

Every function returns None for a word that says nothing ("Not specified") or that has no counterpart; the reader then
keeps the word in `printed`, so nothing the page states is lost and nothing is guessed.
"""

import html
import re

MISSING = {
    "", "-", "--", "not provided", "not available", "not specified", "not applicable / not provided", "none provided",
    "no information", "null", "nil",
}  # fmt: skip

STATUS: dict[str, str | None] = {  # None: a status without a counterpart
    "active, not recruiting": "active_not_recruiting",
    "approved for marketing": "approved_for_marketing",
    "available": "available",
    "closed to recruitment of participants": "active_not_recruiting",
    "complete": "completed",
    "completed": "completed",
    "enrolling by invitation": "enrolling_by_invitation",
    "no longer available": "no_longer_available",
    "not recruiting": None,
    "not yet recruiting": "not_yet_recruiting",
    "open to recruitment": "recruiting",
    "recruiting": "recruiting",
    "active not recruiting": "active_not_recruiting",
    "suspended": "suspended",
    "temporarily not available": "temporarily_not_available",
    "terminated": "terminated",
    "authorised": None,
    "pending": None,
    "unknown": "unknown",
    "unknown status": "unknown",
    "withdrawn": "withdrawn",
    "withheld": "withheld",
}
SEX = {"all": "all", "both": "all", "both males and females": "all", "both, male and female": "all", "female": "female",
       "females": "female", "male": "male", "males": "male", "male and female": "all", "female and male": "all",
       "male/female": "all"}  # fmt: skip
STUDY_TYPE = {
    "interventional": "interventional",
    "observational": "observational",
    "interventional study": "interventional",
    "intervention": "interventional",
    "interventional clinical trial of medicinal product": "interventional",
    "observational study": "observational",
    "observational [patient registry]": "observational",
    "expanded access": "expanded_access",
}
PURPOSE = {
    "treatment", "prevention", "diagnostic", "ect", "supportive_care", "screening", "health_services_research",
    "basic_science", "device_feasibility", "other",
}  # fmt: skip
INTERVENTION_TYPES = (
    "Behavioral", "Biological", "Combination Product", "Device", "Diagnostic Test", "Dietary Supplement", "Drug",
    "Genetic", "Procedure", "Radiation", "Other",
)  # fmt: skip
SPONSOR_CLASS = {
    "industry": "industry", "nih": "nih", "other": "other", "other u.s. federal agency": "fed", "network": "network",
    "individual": "indiv", "other government": "other_gov", "unknown": "unknown",
}  # fmt: skip

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z]\w*);")
_BREAK = re.compile(r"<\s*br\s*/?\s*>", re.I)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_PHASE_NUMBER = re.compile(r"([0-4]|iv|i{1,3})(?:[ab])?(?![a-z0-9])")
_PHASES = re.compile(rf"(?:early )?phase ?{_PHASE_NUMBER.pattern}(?: ?[/,|&-] ?(?:phase ?)?{_PHASE_NUMBER.pattern})*")
_AGE = r"(\d+)\s*(year|month|week|day|hour|minute)?s?"


def plain_text(text: str) -> str:
    r"""Text without the escaping of its source: `10\^6` -> `10^6`, `&lt;` -> `<`. Line breaks and bullets stay.

    A backslash is dropped only before punctuation (CommonMark), an entity is read only with its semicolon ("R&D" stays)
    and once more when it was escaped twice (`&amp;lt;`).
    """
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    for _ in range(2):
        if "&" not in text:
            break
        text = _ENTITY.sub(lambda m: html.unescape(m.group()), text)
    return text


def break_lines(text: str) -> str:
    """`<br>` in any spelling to line breaks. In a text with double breaks a single one only wraps a line: a blank."""
    text = re.sub(rf"(?:{_BREAK.pattern}\s*){{2,}}", "\n", text, flags=re.I)
    wraps = "\n" in text
    single = re.compile(_BREAK.pattern + r"[ \t]*(\d{1,2}[.)]\s|[-*•]\s)?", re.I)
    return single.sub(lambda m: f"\n{m[1]}" if m[1] else (" " if wraps else "\n"), text)


def is_missing(text: str) -> bool:
    """True for an empty text and for the words registers print instead of a value."""
    return text.strip().strip(".").lower() in MISSING


def snake(words: str) -> str:
    """`Active Comparator` -> `active_comparator`."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def status(words: str) -> str | None:
    """Recruitment status: `Open to Recruitment`, `NOT_YET_RECRUITING`, `Other (Terminated)` in one spelling."""
    return STATUS.get(_status_key(words))


def names_status(words: str) -> bool:
    """True for any word registers print as recruitment status, also one that has no counterpart ("Not Recruiting")."""
    return _status_key(words) in STATUS


def _status_key(words: str) -> str:
    key = " ".join(words.lower().replace("_", " ").split())
    inner = re.fullmatch(r"other \((.+)\)", key)
    return inner[1] if inner else key


def sex(words: str) -> str | None:
    """Sex: `Both` -> all."""
    return SEX.get(words.lower())


def study_type(words: str) -> str | None:
    """Type of study: `INTERVENTIONAL`, `Interventional` -> interventional."""
    return STUDY_TYPE.get(words.lower().replace("_", " "))


def phases(words: str) -> list[str]:
    """Phases a line consists of, ascending: `Phase 2/Phase 1` -> phase1, phase2; `N/A` -> na; [] for any other line."""
    key = " ".join(words.lower().replace("_", " ").split())
    if key in {"n/a", "na", "not applicable"}:
        return ["na"]
    if not _PHASES.fullmatch(key):
        return []
    numbers = {int(_ROMAN.get(found, found)) for found in _PHASE_NUMBER.findall(key)}
    if key.startswith("early") or 0 in numbers:
        return ["early_phase1"]
    return [f"phase{n}" for n in sorted(numbers)]


def masking(words: str) -> str | None:
    """Masking: `None (Open label)` -> none, `Double Blind` -> double."""
    found = re.match(r"\W*(none|no masking|open|single|double|triple|quadruple)\b", words.lower())
    return None if not found else {"open": "none", "no masking": "none"}.get(found[1], found[1])


def masking_in(design: str) -> str | None:
    """Masking named anywhere in a sentence on the design ("..., open label, ..."); None when it is not."""
    found = re.search(r"\b(open|single|double|triple|quadruple)[- ]?(?:label|blind|mask)|\bopen\s?\(", design.lower())
    return None if not found else masking(found[1] or "open")


def allocation(words: str) -> str | None:
    """Allocation: randomized, non_randomized or na; None when the words do not speak of it."""
    key = words.lower()
    if key.strip() in {"n/a", "na", "not applicable"}:
        return "na"
    if re.search(r"\bnon[- _]?randomi[sz]ed", key):
        return "non_randomized"
    return "randomized" if re.search(r"\brandomi[sz]ed", key) else None


def purpose(words: str) -> str | None:
    """Primary purpose: `Supportive Care` -> supportive_care."""
    return snake(words) if snake(words) in PURPOSE else None


def intervention_model(words: str) -> str | None:
    """Intervention model: `SINGLE_GROUP`, `Single Group Assignment`, `Single Arm Trial` -> single_group, and so on."""
    key = words.lower().replace("_", " ")
    for pattern, model in (
        (r"\bsingle[- ](group|arm)", "single_group"),
        (r"\bparallel", "parallel"),
        (r"\bcross[- ]?over", "crossover"),
        (r"\bfactorial", "factorial"),
        (r"\bsequential", "sequential"),
    ):
        if re.search(pattern, key):
            return model
    return None


def ages(words: str) -> tuple[str | None, str | None]:
    """Lowest and highest age: `15 to 60 years old` -> ("15 Years", "60 Years"), `18+ years` -> ("18 Years", None)."""
    key = words.lower().strip()

    def age(number: str, unit: str | None, other: str | None = None) -> str:
        return f"{number} {(unit or other or 'year').capitalize()}{'' if number == '1' else 's'}"

    if m := re.match(_AGE + r"\s*(?:to|-|–)\s*" + _AGE, key):
        return age(m[1], m[2], m[4]), age(m[3], m[4])
    if m := re.match(r"(?:under|up to|below|younger than)\s*" + _AGE, key):
        return None, age(m[1], m[2])
    if m := re.match(r"(\d+)\s*\+\s*(year|month|week|day)?", key) or re.match(
        r"(?:over|older than|from)\s*" + _AGE, key
    ):
        return age(m[1], m[2]), None
    if m := re.match(_AGE + r"\s*(?:and|or) (?:older|over|above)", key):
        return age(m[1], m[2]), None
    return None, None


def registry_url(trial_id: str | None) -> str | None:
    """Address of a ClinicalTrials.gov number; None for other registers, whose pages do not print theirs."""
    return f"https://clinicaltrials.gov/study/{trial_id}" if trial_id and trial_id.startswith("NCT") else None
