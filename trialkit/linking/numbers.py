"""Register numbers as registers, pages and people write them, in one spelling. A number tells its register."""

import re
from typing import NamedTuple


class Number(NamedTuple):
    """A register's number in the spelling under which two of them are compared."""

    register: str
    number: str


# Register -> (pattern with one group or several, how the groups are put together). Sources: the registers' own pages
# and the WHO list of primary registries. Longer numbers stand before those they contain.
_FORMS: list[tuple[str, str, str]] = [
    ("ctgov", r"NCT[\s-]?(\d{8})(?!\d)", "NCT{0}"),
    ("ctis", r"(?:CTIS[\s-]?)?(20[2-9]\d-5\d{5}-\d{2})(?:-\d{2})?(?![\d-])", "{0}"),
    ("euctr", r"(?:EUCTR|EudraCT)?[\s:-]{0,3}(20\d\d-[0-4]\d{5}-\d{2})(?!\d)", "{0}"),
    ("isrctn", r"ISRCTN[\s-]?(\d{8})(?!\d)", "ISRCTN{0}"),
    ("ctri", r"CTRI[/\s-]?(\d{4})[/-](\d{2,3})[/-](\d{6})(?!\d)", "CTRI/{0}/{1}/{2}"),
    ("chictr", r"ChiCTR[\s-]?(?:[A-Z]{3,4}-?)?(\d{8,10})(?!\d)", "CHICTR{0}"),
    ("jrct", r"jRCT[\s-]?([a-z]?\d{9,10})(?!\d)", "JRCT{0}"),
    ("umin", r"(?:JPRN-)?UMIN[\s-]?(?:CTR[\s-]?)?(?:ID[\s:]*)?(?:C)?(\d{9})(?!\d)", "UMIN{0}"),
    ("japic", r"JapicCTI-?(\d{6})(?!\d)", "JAPICCTI{0}"),
    ("jma", r"JMA-?IIA(\d{5})(?!\d)", "JMA-IIA{0}"),
    ("drks", r"DRKS(\d{8})(?!\d)", "DRKS{0}"),
    ("actrn", r"ACTRN[\s:]?(\d{14})(?!\d)", "ACTRN{0}"),
    ("irct", r"IRCT[\s:]?(\d{6,18}N\d{1,3})(?!\d)", "IRCT{0}"),
    ("kct", r"KCT[\s-]?(\d{7})(?!\d)", "KCT{0}"),
    ("tctr", r"TCTR(\d{11})(?!\d)", "TCTR{0}"),
    ("pactr", r"PACTR[\s-]?(\d{15,16})(?!\d)", "PACTR{0}"),
    ("ntr", r"NTR[\s-]?(\d{1,5})(?!\d)", "NTR{0}"),
    ("nl", r"\bNL-?(\d{4,5})(?!\d)(?!\.)", "NL{0}"),
    ("rebec", r"RBR-?([0-9a-z]{6,8})\b", "RBR-{0}"),
    ("rpcec", r"RPCEC(\d{8})(?!\d)", "RPCEC{0}"),
    ("slctr", r"SLCTR/(\d{4})/(\d{3})(?!\d)", "SLCTR/{0}/{1}"),
    ("lbctr", r"LBCTR(\d{10})(?!\d)", "LBCTR{0}"),
    ("rpec", r"PER-(\d{3})-(\d{2})(?!\d)", "PER-{0}-{1}"),
    ("utn", r"U[\s-]?1111-?(\d{4})-?(\d{4})(?!\d)", "U1111-{0}-{1}"),
]
_ANY = re.compile("|".join(f"(?P<_{key}>{form})" for key, form, _ in _FORMS), re.IGNORECASE)
_EACH = {key: (re.compile(form, re.IGNORECASE), spelling) for key, form, spelling in _FORMS}
# A number never stands inside a longer word: an X before it makes it a file name, not a register's number.
_WORD = re.compile(r"[A-Za-z0-9]")
_SHORT = frozenset({"ntr", "nl", "rpec", "rebec"})  # too short to be believed inside a sentence
# What every number holds: asked first, for most texts hold none.
_LONG = re.compile(r"\d{5}|1111")
_DIGITS = re.compile(r"\d{2}|RBR", re.IGNORECASE)
UNIVERSAL = "utn"  # the WHO's number: of the trial, not of a register


def find_numbers(text: str, *, prose: bool = False) -> list[Number]:
    """The register numbers in a text, in order, each once, in their one spelling.

    `prose`: leave out numbers of registers whose form is too short to be believed inside a sentence (NL1234).
    """
    if not (_LONG if prose else _DIGITS).search(text):
        return []
    found = []
    text = text.replace("–", "-").replace("‐", "-")
    for m in _ANY.finditer(text):
        inside = m.start() and _WORD.match(m[0]) and _WORD.match(text[m.start() - 1])
        key = m.lastgroup[1:]
        if inside or (prose and key in _SHORT):
            continue
        pattern, spelling = _EACH[key]
        found.append(Number(key, spelling.format(*pattern.fullmatch(m[0]).groups()).upper()))
    return list(dict.fromkeys(found))


def normalise_id(trial_id: str) -> str:
    """The spelling under which two numbers are compared: a register's own, else upper case without blanks."""
    plain = re.sub(r"\s+", "", trial_id).replace("–", "-")
    numbers = find_numbers(plain)
    return numbers[0].number if len(numbers) == 1 else plain.upper()


def register_of(number: str) -> str:
    """The register whose number this is; "" for a number of no known register."""
    numbers = find_numbers(number)
    return numbers[0].register if numbers else ""
