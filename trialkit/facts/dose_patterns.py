"""The words around a count of cells, as patterns on folded text. Every repeat is bounded."""

import re

# Per what: read in the words after the number, up to the next number.
BASIS = [
    ("per_kg", re.compile(r"(?:/|\bper|\bx|\bby|\bfor each|\bfor every|\beach)\s?\.?(?:1\s?)?(?:kg|kilo(?:gram)?s?|k\.g|kb?\b)|\bper (?:body|patient)[- ]weight[- ]kilogram|[*x]\s?(?:body\s?)?weight\s?\(?kg|kg-1|kg\s?\^\s?-1|\bkg\s?/?b[wb]\b|\bkg body|\bkg of (?:body|patient|recipient)")),
    ("unclear", re.compile(r"(?:/|\bper)\s?weight (?:range|band|group)")),
    ("per_area", re.compile(r"(?:/|\bper|\bfor every|\bfor each)\s?(?:1\s?)?(?:(?:square|sq)\s?)?(?:cm\s?(?:2|\^2|[\x12])|m\s?(?:2|\^2|[\x12])(?![a-z])|centim\w+\s?square|square|cm\b)")),
    ("per_ml", re.compile(r"(?:/|\bper)\s?(?:1\s?)?(?:ml\b|cc\b|milli?lit|cm3|cm\s?\^\s?3|microl|ul\b|u?l\b)")),
    ("per_site", re.compile(r"(?:/|\bper|\bin each|\binto each|\bfor each)\s?(?:\w+\s)?(?:knee|joint|disc|disk|eye|lesion|fistula|tract|site|side|hip|level|point|segment|tooth|defect|socket|injection site|ovary|limb|scaffold|implant|vial|hemisphere|fold)s?\b")),
]  # fmt: skip
CELL = re.compile(
    r"(?:cel{1,3}s?|[a-z0-9-]{0,90}mscs?(?![a-z])|[a-z]{0,3}ascs?|[a-z]{0,90}mpcs?|adscs?|adrcs?|svf|stem|stromal|mesenchym\w*|precursors?|progenitors?|prochymal\S?|cellgram|cartistem|pneumostem\S?"
    r"|dpscs?|shed|bmcs?|mnc|bmac|cme|csm|ulsc|hb-admscs?|multistem|furestem\S{0,4}|units? of)(?![a-z])(?:[ -](?:stem|stromal|precursor|progenitor|cells?)(?![a-z])){0,3}"
)
OTHER_CELL = re.compile(
    r"platelet|neutrophil|leu[ck]ocyte|\bwbc|\banc\b|lymphocyte|granulocyte|\brbc|erythrocyte|h[a]?emoglobin|viral|copies|cd34|cd3\b|cd3\+|cd133|\btnc|nucleated|h[a]?ematopoietic|h[a]?emopoietic|pbsc|\bhsc|c-kit|islet|t cells?|t-cells?|treg|nk cells?|cd4"
    r"|mononuclear|supernatant|particle|vesicle|exosome|\bevs?\b|virus|pfu|white (?:blood )?cell|red (?:blood )?cell|bacteri|colony|\bcfu|blood cell|count\b|tumou?r cell|dendritic|hepatocyte cell"
)
DERIVED = re.compile(
    r"supernatant|exosomes?|vesicles?|secretome|conditioned medi(?:um|a)"
)  # "supernatant of 10^6 cells"
DOSE_WORD = re.compile(
    r"\b(?:dos(?:e|es|ed|age|ing)|infus\w+|inject\w+|implant\w+|transplant\w+|administ\w+|receiv\w+|given|treated|cohort|group|level|concentration of|amount|quantity|number of|deliver\w+|apply|applied|each time|every time)\b"
)
NOT_CELLS = re.compile(
    r"^\s?(?:mg|g|gr|grams?|iu|u|ug|mcg|l|ng|pg|kda|usd|dollars?|people|persons|inhabitants|americans|adults|children|individuals|women|men|cases|deaths|new|patients?|fold|-fold|times|ppm|rpm|hz|years?|euros?|infants|births|units?(?! (?:of )?\w*\s?(?:cell|msc|stem|umbil|bone|adip))"
    r"|epinep|worldwide|population|u\.s|us\b)(?![a-z])|^\s?/\s?(?:l|mm3|mm\s?\^?3|ul|mcl|liter|litre|dl|hpf|min)\b|^\s?(?:[\w-]+\s?)?/\s?(?:minute|min\b|hour)|^\s?(?:cells?\s?)?(?:/|per)\s?(?:ul|mm3|mm\s?\^?3|l\b|cubic|microl|dl|min)"
)
FEEDER = re.compile(  # what stands right before a number that is a cost, a dilution, a density or a prevalence
    r"(?:\$|\busd|\bratio\b|expan\w+ (?:up )?to|(?<!vocal )\bfold|density|seeded at|plated|cultur\w+|centrifug"
    r"|flow cytometr|count(?:s|ed)?\s(?:of|above|below|greater|less|>|<)|prevalen|affect\w*|estimat\w*|annual|\bcost)\W*(?:\w+\W+){0,3}$|\b1:$"
)
FOR_A_PATIENT = re.compile(
    r"^\s?(?:for (?:one|each|every|a)|per|/)\s?(?:\w+\s){0,2}(?:patient|subject|person|participant|recipient)"
)
SAMPLE = re.compile(r"^[^.;]{0,30}(?:dispensed to|suspended in pbs|flow cytomet|stained|labell?ed with)")
AT_MOST = re.compile(
    r"(?:up to|max(?:imum|imal)?\.?(?: (?:total )?(?:cell )?dos(?:e|age))?(?: of)?|not (?:to )?exceed(?:ing)?|no more than|less than|at most|<=?|cap(?:ped)? at)\s?(?:a total of\s?)?(?:approximately\s?|about\s?)?[(:]?\s?$"
)
AT_LEAST = re.compile(
    r"(?:at least|in excess of|min(?:imum|imal)?\.?(?: (?:cell )?dose)?(?: of)?|>=?|not less than|no less than|no fewer than|more than|over|greater than)\s?(?:a total of\s?)?(?:approximately\s?)?[(:]?\s?$"
)
CAP = re.compile(
    r"(?:\bor\b|\bmax\w*|not exceed\w*|cap\w*|up to)[^.;]{0,25}(?:maxim\w*|max\b|dose|total|exceed\w*|limit)[^.;]{0,20}$"
)
CAP_ALONE = re.compile(r"\bmax\w*[^.;]{0,50}\bor\b\s?$")
DOSE_RIGHT_BEFORE = re.compile(r"\bdos(?:e|es|age)\b\W{0,3}(?:of|is|was|level|will be)?\W{0,3}$")
TOTAL = re.compile(
    r"\b(?:(?<!times in )total(?!\s(?:volume|duration|time|of \w+ (?:ml|cc|patients|subjects|times|doses|infusions|injections)))|in all|altogether|cumulative|overall)\b"
)
GLUE = re.compile(
    r"[\s,;/&]*(?:\(m\)\s)?(?:\(?(?:group|cohort|arm|dose|level|low|medium|high|intermediate)s?\s?[a-d0-9]?(?: dose)?\)?[\s,;:]*)?"
    r"(?:and then|and|or|to|versus|vs\.?|then|up to|,)?[\s,;]*(?:\(?(?:group|cohort|arm|dose|level)\s?[a-d0-9]?)?[\s:.(]*"
)
AND_AT_MOST = re.compile(r"[\s,]{0,99}(?:and|to)?\s?(?:a\s)?max(?:imum|imal)?\.?(?: (?:cell )?dose)?(?: of)?\s?")
VOLUME = re.compile(
    r"(?:administration|infusion|injection|dose|volume|total|suspended in|diluted in|contained in|in)s?\s(?:of\s)?(?:a\s(?:total\s)?(?:volume\s)?(?:of\s)?)?"
    r"(?P<n>\d{1,3}(?:\.\d{1,2})?)\s?(?:ml|cc)\b(?!\s?(?:per|each|/|injection|syringe|vial))"
)
IN_ML = re.compile(r"(?:/|per)\s?(?:1\s?)?(?:ml|cc|millilit\w*)")
OPENING = re.compile(r"^[^().;]{0,24}\(\s?(?:e\.?g\.?\s|i\.?e\.?\s|approximately\s|about\s|total\s)?$")
CLOSING = re.compile(r"\s?(?:/\s?\d{1,3}\s?kg)?\s?\)")
IS_MAX = re.compile(r"[^.;\d]{0,24}\b(?:is|as|being) (?:the )?max")
PER_AREA_BEFORE = re.compile(r"\bfor (?:every|each) (?:square )?(?:centimet\w+|cm)\b[^.;]{0,30}$")


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence that holds text[start:end] begins and ends."""
    begin = max(text.rfind(". ", 0, start), text.rfind("\n", 0, start)) + 1
    return begin, min((at for at in (text.find(". ", end), text.find("\n", end)) if at >= 0), default=len(text))
