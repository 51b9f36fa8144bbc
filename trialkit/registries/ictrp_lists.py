"""The cells of ICTRP that hold a list: conditions, groups, interventions.

A register hands over lists, ICTRP joins their items with `;` and, for conditions, puts codes and keywords behind them
(`free text <br>code <br>code;keyword;keyword`). A cell is cut only where the cuts are certain; otherwise it stays one
item. Prefixes are those of the trial numbers: they tell the register, hence the form of the cell.
"""

import re

from trialkit.record import Arm, Intervention
from trialkit.registries import wording
from trialkit.registries.ictrp_words import cut_at_break, is_empty, lines, mend, phrase, text

_TYPES = "|".join(wording.INTERVENTION_TYPES)
_TYPED = re.compile(rf";\s*(?=(?:{_TYPES}): )")
_NUMBERED = re.compile(r"\b(?:Control )?Intervention ?\d{1,2} ?: ?")
_GROUP = re.compile(r"(.*\S)\s*:\s*(\d{1,7})")
_GAP = re.compile(r"<br>\s*<br>")
_PRODUCT_NAMES = ("Product Name", "Trade Name", "INN or Proposed INN", "Other descriptive name", "Product Code")

_HEALTH_CONDITION = re.compile(r"Health Condition \d+\s*:\s*(?:(?:null|[A-Z]\d[\w.,]*)\s*-\s*)?")
_MEDDRA = re.compile(r"(?:MedDRA version|Level|System Organ Class)\s*:|Classification code\b")
_KEYWORD_LABEL = re.compile(r"(?:Term|Therapeutic area)\s*:\s*")
_CODE = re.compile(r"[A-Z]?\d[\d.,x -]*(?:[A-Z]\d[\d.,x -]*)*")

_BRACKET = re.compile(r"[()\[\]]")


def read_conditions(cell: str | None, *, doubled: bool = False) -> tuple[list[str], list[str], bool]:
    """(conditions, keywords, whether anything was cut away). Codes (`U07.1`) and MedDRA levels are left out.

    Where the register gives no free text, its keywords are the conditions.
    """
    if not cell:
        return [], [], False
    if "Health Condition" in cell:
        return _distinct(_HEALTH_CONDITION.split(" ".join(lines(cell)))), [], True
    head, tail = cut_at_break(cell)
    told = [item for line in lines(head) for item in once(semicolons(line), doubled)]
    codes = [item.strip() for line in lines(tail) for item in line.split(";")]
    labelled = [item for item in told if _KEYWORD_LABEL.match(item)]
    conditions = _distinct([item for item in told if item not in labelled])
    known = {name.lower() for name in conditions}
    behind = _distinct([_KEYWORD_LABEL.sub("", item) for item in (*codes, *labelled) if not _MEDDRA.match(item)])
    keywords = [item for item in behind if item.lower() not in known]
    cut = bool(tail or labelled)
    return (conditions, keywords, cut) if conditions else (keywords, [], cut)


def _distinct(items: list[str]) -> list[str]:
    """Items without codes, marks around them and repetition (upper and lower case are the same)."""
    cleaned = [item.strip(" \n,;").removesuffix(".") for item in items]
    kept = [item for item in cleaned if item and not is_empty(item) and not _CODE.fullmatch(item)]
    return list({item.lower(): item for item in reversed(kept)}.values())[::-1]


def read_groups(cell: str | None) -> list[Arm]:
    """`Experimental group:20;Control group:20;` -> an arm each with its number; [] for anything else."""
    pieces = [piece.strip() for piece in (phrase(cell) or "").split(";") if piece.strip()]
    found = [_GROUP.fullmatch(piece) for piece in pieces]
    return [Arm(label=m[1].strip(), n=int(m[2])) for m in found if m] if all(found) else []


def read_interventions(cell: str | None, prefix: str, groups: list[Arm]) -> tuple[list[Intervention], list[Arm]]:
    """Interventions, and the groups with those that belong to them.

    Names with a type (`Drug: Placebo`) where the register gives it; ChiCTR's by group, when each group of the target
    size stands once in the cell; EUCTR's by product; IRCT's, DRKS's and CTRI's by number. Any other cell is one name.
    """
    if not cell:
        return [], groups
    if prefix == "EUCTR":
        return _products(cell), groups
    words = text(cell) or ""
    if prefix == "NCT":
        return [_typed(item) for item in dict.fromkeys(_TYPED.split(words)) if not is_empty(item)], groups
    if prefix in ("IRCT", "DRKS", "CTRI") and _NUMBERED.match(words):
        pieces = [piece.strip() for piece in _NUMBERED.split(words)]
        return [_named(piece, prefix == "CTRI") for piece in pieces if piece and not is_empty(piece)], groups
    if groups and (by_group := _by_group(words, groups)):
        return by_group
    return ([] if is_empty(words) else [Intervention(name=words.strip(" ;"))]), groups


def _typed(item: str) -> Intervention:
    kind, colon, name = item.strip(" ;").partition(": ")
    if colon and kind in wording.INTERVENTION_TYPES:
        return Intervention(name=name.strip(), type=wording.snake(kind))
    return Intervention(name=item.strip(" ;"))


def _named(piece: str, has_name: bool) -> Intervention:
    name, colon, details = piece.partition(": ")
    if has_name and colon and name.strip() and details.strip():
        return Intervention(name=name.strip(), description=details.strip())
    return Intervention(name=piece.strip(": "))


def _by_group(words: str, groups: list[Arm]) -> tuple[list[Intervention], list[Arm]] | None:
    """`Group A:drug;Group B:none;` against the groups of the target size; None when the two do not fit."""
    labels = {" ".join(arm.label.lower().split()): arm.label for arm in groups}
    told: dict[str, list[str]] = {}
    current: list[str] | None = None
    for piece in words.split(";"):
        label, colon, rest = piece.partition(":")
        known = labels.get(" ".join(label.lower().split())) if colon else None
        if known in told or (not known and current is None and piece.strip()):
            return None
        if known:
            current = told[known] = [rest.strip()]
        elif current is not None:
            current.append(piece)
    if len(told) != len(groups):
        return None
    given = {label: name for label, pieces in told.items() if not is_empty(name := ";".join(pieces).rstrip(" ;"))}
    names: dict[str, list[str]] = {}
    for label, name in given.items():
        names.setdefault(name, []).append(label)
    arms = [
        Arm(label=arm.label, n=arm.n, interventions=[given[arm.label]] if arm.label in given else []) for arm in groups
    ]
    return [Intervention(name=name, arm_labels=held) for name, held in names.items()], arms


def _products(cell: str) -> list[Intervention]:
    """The products of a EUCTR cell: blocks of `label: value` lines with an empty line between."""
    found = []
    for block in _GAP.split(mend(cell)):
        told = lines(block)
        values = dict(reversed([line.partition(": ")[::2] for line in told]))
        names = [values[label] for label in _PRODUCT_NAMES if values.get(label)]
        if told:
            name, *others = dict.fromkeys(names or told[:1])
            found.append(Intervention(name=name, other_names=others, description="\n".join(told)))
    return found


def is_doubled(cell: str | None) -> bool:
    """True for a list that stands there twice (`A;B;A;B`)."""
    items = [item.strip() for item in (cell or "").split(";") if item.strip()]
    return len(items) > 1 and len(once(items, True)) < len(items)


def once(items: list[str], doubled: bool) -> list[str]:
    """The items, or the first half of a list that stands there twice."""
    half, odd = divmod(len(items), 2)
    return items[:half] if doubled and not odd and items[:half] == items[half:] else items


def semicolons(words: str) -> list[str]:
    """Cut at `;` outside brackets; one item when a bracket is never closed."""
    items: list[str] = []
    held: list[str] = []
    depth = 0
    for piece in words.split(";"):
        held.append(piece)
        for sign in _BRACKET.findall(piece):
            depth = depth + 1 if sign in "([" else max(depth - 1, 0)
        if not depth:
            items.append(";".join(held).strip())
            held = []
    return [words.strip(" ;")] if held else [item for item in items if item]
