"""Doses of cells stated in free text: how many cells per administration, and per what."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from trialkit.facts.finding import Finding
from trialkit.facts.quantities import Quantity, find_quantities
from trialkit.facts.scope import Clause, Scope, is_background
from trialkit.vocabulary import fold

BASES = ("per_kg", "total", "per_ml", "per_site", "per_area", "unclear")

# Per what: read in the words after the number, up to the next number.
_BASIS = [
    ("per_kg", re.compile(r"(?:/|\bper|\bx|\bby|\bfor each|\bfor every|\beach)\s?\.?(?:1\s?)?(?:kg|kilo(?:gram)?s?|k\.g|kb?\b)|kg-1|kg\s?\^\s?-1|\bkg\s?/?b[wb]\b|\bkg body|\bkg of (?:body|patient|recipient)")),
    ("unclear", re.compile(r"(?:/|\bper)\s?weight (?:range|band|group)")),
    ("per_area", re.compile(r"(?:/|\bper|\bfor every|\bfor each)\s?(?:1\s?)?(?:(?:square|sq)\s?)?(?:cm\s?(?:2|\^2|[\x12])|m\s?(?:2|\^2|[\x12])(?![a-z])|centim\w+\s?square|square|cm\b)")),
    ("per_ml", re.compile(r"(?:/|\bper)\s?(?:1\s?)?(?:ml\b|cc\b|milli?lit|cm3|cm\s?\^\s?3|microl|ul\b|u?l\b)")),
    ("per_site", re.compile(r"(?:/|\bper|\bin each|\binto each|\bfor each)\s?(?:\w+\s)?(?:knee|joint|disc|disk|eye|lesion|fistula|tract|site|side|hip|level|point|segment|tooth|defect|socket|injection site|ovary|limb|scaffold|implant|vial|hemisphere|fold)s?\b")),
]  # fmt: skip
_CELL = re.compile(
    r"(?:cel{1,3}s?|[a-z0-9-]*mscs?(?![a-z])|[a-z]{0,3}ascs?|[a-z]*mpcs?|adscs?|adrcs?|svf|stem|stromal|mesenchym\w*|precursors?|progenitors?|prochymal\S?|cellgram|cartistem|pneumostem\S?"
    r"|dpscs?|shed|bmcs?|mnc|bmac|cme|csm|ulsc|hb-admscs?|multistem|furestem\S{0,4}|units? of)(?![a-z])(?:[ -](?:stem|stromal|precursor|progenitor|cells?)(?![a-z])){0,3}"
)
_OTHER_CELL = re.compile(
    r"platelet|neutrophil|leu[ck]ocyte|\bwbc|\banc\b|lymphocyte|granulocyte|\brbc|erythrocyte|h[a]?emoglobin|viral|copies|cd34|cd3\b|cd3\+|cd133|\btnc|nucleated|h[a]?ematopoietic|h[a]?emopoietic|pbsc|\bhsc|c-kit|islet|t cells?|t-cells?|treg|nk cells?|cd4"
    r"|mononuclear|supernatant|particle|vesicle|exosome|\bevs?\b|virus|pfu|white (?:blood )?cell|red (?:blood )?cell|bacteri|colony|\bcfu|blood cell|count\b|tumou?r cell|dendritic|hepatocyte cell"
)
_DERIVED = re.compile(
    r"supernatant|exosomes?|vesicles?|secretome|conditioned medi(?:um|a)"
)  # "supernatant of 10^6 cells"
_DOSE_WORD = re.compile(
    r"\b(?:dos(?:e|es|ed|age|ing)|infus\w+|inject\w+|implant\w+|transplant\w+|administ\w+|receiv\w+|given|treated|cohort|group|level|concentration of|amount|quantity|number of|deliver\w+|apply|applied|each time|every time)\b"
)
_NOT_CELLS = re.compile(
    r"^\s?(?:mg|g|gr|grams?|iu|u|ug|mcg|l|ng|pg|kda|usd|dollars?|people|persons|inhabitants|americans|adults|children|individuals|women|men|cases|deaths|new|patients?|fold|-fold|times|ppm|rpm|hz|years?|euros?|infants|births|units?(?! (?:of )?\w*\s?(?:cell|msc|stem|umbil|bone|adip))"
    r"|epinep|worldwide|population|u\.s|us\b)(?![a-z])|^\s?/\s?(?:l|mm3|mm\s?\^?3|ul|mcl|liter|litre|dl|hpf|min)\b|^\s?(?:[\w-]+\s?)?/\s?(?:minute|min\b|hour)|^\s?(?:cells?\s?)?(?:/|per)\s?(?:ul|mm3|mm\s?\^?3|l\b|cubic|microl|dl|min)"
)
_FEEDER = re.compile(  # what stands right before a number that is a cost, a dilution, a density or a prevalence
    r"(?:\$|\busd|\bratio\b|expan\w+ (?:up )?to|\bfold|density|seeded at|plated|cultur\w+|centrifug"
    r"|flow cytometr|count(?:s|ed)?\s(?:of|above|below|greater|less|>|<)|prevalen|affect\w*|estimat\w*|annual|\bcost)\W*(?:\w+\W+){0,3}$|\b1:$"
)
_FOR_A_PATIENT = re.compile(
    r"^\s?(?:for (?:one|each|every|a)|per|/)\s?(?:\w+\s){0,2}(?:patient|subject|person|participant|recipient)"
)
_SAMPLE = re.compile(r"^[^.;]{0,30}(?:suspended in pbs|flow cytomet|stained|labell?ed with)")
_AT_MOST = re.compile(
    r"(?:up to|max(?:imum|imal)?\.?(?: (?:total )?(?:cell )?dos(?:e|age))?(?: of)?|not (?:to )?exceed(?:ing)?|no more than|less than|at most|<=?|cap(?:ped)? at)\s?(?:a total of\s?)?(?:approximately\s?|about\s?)?[(:]?\s?$"
)
_AT_LEAST = re.compile(
    r"(?:at least|min(?:imum|imal)?\.?(?: (?:cell )?dose)?(?: of)?|>=?|not less than|no less than|no fewer than|more than|over|greater than)\s?(?:a total of\s?)?(?:approximately\s?)?[(:]?\s?$"
)
_CAP = re.compile(
    r"(?:\bor\b|\bmax\w*|not exceed\w*|cap\w*|up to)[^.;]{0,25}(?:maxim\w*|max\b|dose|total|exceed\w*|limit)[^.;]{0,20}$"
)
_CAP_ALONE = re.compile(r"\bmax\w*[^.;]{0,50}\bor\b\s?$")
_DOSE_RIGHT_BEFORE = re.compile(r"\bdos(?:e|es|age)\b\W{0,3}(?:of|is|was|level|will be)?\W{0,3}$")
_TOTAL = re.compile(r"\b(?:total|in all|altogether|cumulative|overall)\b")
_GLUE = re.compile(
    r"[\s,;/&]*(?:\(?(?:group|cohort|arm|dose|level|low|medium|high|intermediate)s?\s?[a-d0-9]?(?: dose)?\)?[\s,;:]*)?"
    r"(?:and|or|to|versus|vs\.?|then|up to|,)?[\s,;]*(?:\(?(?:group|cohort|arm|dose|level)\s?[a-d0-9]?)?[\s:.(]*"
)


@dataclass(frozen=True, slots=True)
class Dose:
    """Cells per administration. One of low and high may be None ("at least", "up to"); offsets include the unit."""

    low: float | None
    high: float | None
    basis: str
    start: int
    end: int
    rule: str
    flags: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[float | None, float | None, str]:
        return self.low, self.high, self.basis


def find_doses(text: str) -> list[Dose]:
    """Doses of cells stated in free text, in order of appearance.

    A dose is a count of cells per administration; `basis` says per what (kg body weight, patient, mL, site, area).
    A range ("1-2 x 10^6/kg") gives low and high; "up to" gives only high, "at least" only low. Text without a dose
    gives []. Lost superscripts are repaired ("1×106/kg" -> 1e6 per kg). Drugs, blood counts, vesicles, dilutions and
    culture densities are never doses. Never raises. Source: DOSES statement 3.2; notations as registries use them.
    """
    folded = fold(text).decode("ascii")
    quantities = find_quantities(text)
    found: list[Dose] = []
    inherited: Dose | None = None
    for n in range(len(quantities) - 1, -1, -1):
        quantity = quantities[n]
        stop = quantities[n + 1].start if n + 1 < len(quantities) else len(folded)
        begin = quantities[n - 1].end if n else 0
        dose = _read(folded, quantity, begin, stop)
        if (
            dose is None
            and inherited
            and _GLUE.fullmatch(folded[quantity.end : stop])
            and not _refused(folded, quantity)
        ):
            dose = Dose(
                quantity.low,
                quantity.high,
                inherited.basis,
                quantity.start,
                quantity.end,
                f"dose:{quantity.notation}:shared_unit",
                quantity.flags,
            )
        elif dose and inherited and dose.basis == "total" and _GLUE.fullmatch(folded[quantity.end : stop]):
            dose = replace(dose, basis=inherited.basis)
        inherited = dose
        if dose:
            found.append(dose)
    return _mark_cumulative(_mark_caps(folded, found[::-1]))


def _mark_caps(folded: str, doses: list[Dose]) -> list[Dose]:
    """Flag an upper limit in all that follows a per-kg dose in its sentence: "1 million/kg, at most 100 million"."""
    marked: list[Dose] = []
    for d in doses:
        last = marked[-1] if marked else None
        capped = last and last.basis == "per_kg" and d.basis == "total" and d.low is None and d.start - last.end < 80
        if capped and not re.search(r"[;\n]|\.\s", folded[last.end : d.start]):
            d = replace(d, flags=(*d.flags, "cap")) if "cap" not in d.flags else d
        marked.append(d)
    return marked


def _mark_cumulative(doses: list[Dose]) -> list[Dose]:
    """Flag a total that is a whole multiple of a dose beside it ("total 300 million, 3 injections of 100 million")."""
    each = [d for d in doses if "total_word" not in d.flags and d.high]
    return [
        replace(d, flags=(*d.flags, "cumulative"))
        if "total_word" in d.flags and d.high and any(e.basis == d.basis and _multiple(d.high, e.high) for e in each)
        else d
        for d in doses
    ]


def _multiple(total: float, each: float) -> bool:
    times = total / each
    return 1.9 < times < 60 and abs(times - round(times)) < 0.01


def _window(folded: str, quantity: Quantity, stop: int) -> str:
    """The words that may carry the unit: up to the next number, the end of the sentence or 90 characters."""
    window = folded[quantity.end : min(stop, quantity.end + 90)]
    window = re.sub(
        r"^\s?\((?:[^()]{0,24}%|[^()]{0,30}(?:million|billion)s?|\x1b[^()]{0,12})\)",
        lambda m: " " * len(m.group()),
        window,
    )
    cut = re.search(r"[;\n]|\.\s|\.$|(?<![/.\w(^\s])\s?\d|(?<=[a-z),])(?<!per)\s\d", window)
    return window[: cut.start()] if cut else window


def _refused(folded: str, quantity: Quantity) -> bool:
    after, before = folded[quantity.end : quantity.end + 40], folded[max(0, quantity.start - 45) : quantity.start]
    return bool(
        _NOT_CELLS.search(after) or _FEEDER.search(before) or _SAMPLE.search(folded[quantity.end : quantity.end + 60])
    )


def _read(folded: str, quantity: Quantity, begin: int, stop: int) -> Dose | None:
    if _refused(folded, quantity):
        return None
    after = _window(folded, quantity, stop)
    before = folded[max(begin, quantity.start - 60) : quantity.start]
    before = re.split(r"[;\n]|\.\s", before)[-1]
    basis, end = "total", 0
    for name, pattern in _BASIS:
        m = pattern.search(after)
        if (
            m
            and m.start() <= 70
            and not re.search(r",\s|\bmg|\bug\b|\bml [a-z]", after[: m.start()])
            and not (
                name == "per_ml" and m.group().endswith("l") and "ml" not in m.group() and "microl" not in m.group()
            )
        ):
            basis, end = name, m.end()
            break
    noun_after, noun_before = _CELL.search(after), list(_CELL.finditer(before))
    other = _OTHER_CELL.search(after[: noun_after.end() if noun_after else 30])
    if other or (
        not noun_after
        and (m := None or _last(_OTHER_CELL, before))
        and not any(c.start() > m.start() for c in noun_before)
    ):
        return None
    if noun_after is None and _last(_OTHER_CELL, before[-25:]) is not None:
        return None
    derived = _last(_DERIVED, before)
    if derived and not any(c.start() > derived.start() for c in noun_before):
        return None
    exponent_like = quantity.notation not in ("words", "digits", "m_suffix")
    close = noun_after is not None and noun_after.start() <= 50
    accepted = close or (basis == "per_kg" and (exponent_like or noun_before or _DOSE_WORD.search(before)))
    accepted = accepted or (exponent_like and (noun_before or _DOSE_WORD.search(before) or basis == "per_ml"))
    accepted = accepted or (
        quantity.notation in ("words", "digits", "m_suffix")
        and noun_before
        and re.search(r"dos|\(\s?$|:\s?$|of\s?$", before)
    )
    accepted = accepted or (quantity.notation in ("words", "m_suffix") and _DOSE_RIGHT_BEFORE.search(before))
    accepted = accepted or (_FOR_A_PATIENT.search(after) and _DOSE_WORD.search(before))
    accepted = accepted or (quantity.notation == "digits" and after.startswith("/kg"))
    accepted = accepted or (
        noun_before and noun_before[-1].end() >= len(before.rstrip())
    )  # "stem cells 100-800 million"
    if not accepted or quantity.high < 1e3 or (quantity.notation == "digits" and quantity.high < 2e4):
        return None
    if quantity.notation == "bare_lost_superscript" and not ((close and noun_after.start() < 12) or basis == "per_kg"):
        return None
    flags = list(quantity.flags)
    low, high = quantity.low, quantity.high
    if quantity.joint != "range":
        if (begin > quantity.start - 80 and begin and _CAP.search(before)) or _CAP_ALONE.search(before):
            flags.append("cap")
        if _AT_MOST.search(before):
            low = None
        elif _AT_LEAST.search(before):
            high = None
    if _TOTAL.search(before[-30:]) or _TOTAL.match(after.lstrip()):
        flags.append("total_word")
    flags += implausible(low, high, basis)
    finish = quantity.end + max(end, noun_after.end() if close and noun_after.end() > end else 0)
    return Dose(low, high, basis, quantity.start, finish, f"dose:{quantity.notation}", tuple(flags))


def _last(pattern: re.Pattern, text: str) -> re.Match | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007
        pass
    return found


def implausible(low: float | None, high: float | None, basis: str) -> list[str]:
    """`implausible` when a dose lies outside 1e3-2e7 per kg or 1e4-5e9 in all: flagged, never changed."""
    window = {"per_kg": (1e3, 1.99e7), "total": (1e4, 5e9)}.get(basis)
    values = [v for v in (low, high) if v is not None]
    return ["implausible"] if window and any(not window[0] <= v <= window[1] for v in values) else []


def read_doses(scope: Scope) -> list[Finding]:
    """The dose levels of the investigational product, each with its place; value = `Dose`.

    Read from titles, interventions and cell arms; summary and description count only when those state no dose.
    """
    found = [
        _finding(dose, passage)
        for passage in scope.product
        for dose in find_doses(passage.text)
        if not {"cap", "cumulative"} & set(dose.flags)
    ]
    if not found:
        found = [
            replace(finding, flags=(*finding.flags, "description"))
            for passage in _whole(scope.fallback)
            for dose in find_doses(passage.text)
            if not {"cap", "cumulative"} & set(dose.flags) and not is_background(_sentence_around(passage.text, dose))
            for finding in [_finding(dose, passage)]
        ]
    stated = [f for f in found if f.value.basis != "per_ml"]
    return stated or found


def _whole(clauses: Iterable[Clause]) -> list:
    return list({clause.passage.field: clause.passage for clause in clauses}.values())


def _sentence_around(text: str, dose: Dose) -> str:
    start = max(text.rfind(". ", 0, dose.start), text.rfind("\n", 0, dose.start)) + 1
    stop = min((p for p in (text.find(". ", dose.end), text.find("\n", dose.end)) if p >= 0), default=len(text))
    return text[start:stop]


def _finding(dose: Dose, passage) -> Finding:
    return Finding(dose, passage, dose.start, dose.end, dose.rule, dose.flags)
