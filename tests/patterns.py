"""Every compiled expression of the rules, found by looking at the modules; and texts that such an expression likes."""

import importlib
import pkgutil
import random
import re
from collections.abc import Iterable, Iterator
from re import _constants as sre
from re import _parser as parser
from typing import Any

import trialkit.conflicts
import trialkit.facts
import trialkit.rows
from trialkit.facts import guard
from trialkit.facts.guard import Guarded

ROOMS = (trialkit.facts, trialkit.conflicts, trialkit.rows)


def find_patterns() -> dict[str, re.Pattern[str] | Guarded]:
    """ "module.NAME" -> expression, for every one that stands in a module of the rules, also in its lists and tables."""
    found = {}
    for room in ROOMS:
        for info in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            if info.name == guard.__name__:
                continue  # it keeps a list of the others
            for name, value in vars(importlib.import_module(info.name)).items():
                for n, pattern in enumerate(_inside(value)):
                    found.setdefault(id(pattern), (f"{info.name.removeprefix('trialkit.')}.{name}[{n}]", pattern))
    return {name: pattern for name, pattern in found.values() if isinstance(_plain(pattern).pattern, str)}


def _inside(value: Any) -> Iterator[re.Pattern[str] | Guarded]:
    if isinstance(value, re.Pattern | Guarded):
        yield value
    elif isinstance(value, dict):
        yield from _inside(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _inside(item)


def _plain(pattern: re.Pattern[str] | Guarded) -> re.Pattern[str]:
    return pattern.pattern if isinstance(pattern, Guarded) else pattern


def spell(pattern: re.Pattern[str] | Guarded, chance: random.Random) -> str:
    """A text that the expression would match but for its conditions on what stands around."""
    plain = _plain(pattern)
    return _sequence(parser.parse(plain.pattern, plain.flags), chance)


def _sequence(items: Iterable[tuple[Any, Any]], chance: random.Random) -> str:
    return "".join(_item(kind, value, chance) for kind, value in items)


def _item(kind: Any, value: Any, chance: random.Random) -> str:
    if kind is sre.LITERAL:
        return chr(value)
    if kind is sre.ANY or kind is sre.NOT_LITERAL:
        return chance.choice(" q")
    if kind is sre.IN:
        return _member(value, chance)
    if kind is sre.SUBPATTERN:
        return _sequence(value[3], chance)
    if kind is sre.BRANCH:
        return _sequence(chance.choice(value[1]), chance)
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        low, high, inner = value
        return "".join(_sequence(inner, chance) for _ in range(chance.randint(low, min(high, low + 2))))
    if kind is sre.ASSERT:
        return _sequence(value[1], chance) if chance.random() < 0.5 else ""
    return ""


def _member(members: list[tuple[Any, Any]], chance: random.Random) -> str:
    kind, value = chance.choice(members)
    if members[0][0] is sre.NEGATE:
        return chance.choice("  Zq7")
    if kind is sre.RANGE:
        return chr(chance.randint(*value))
    if kind is sre.CATEGORY:
        return {sre.CATEGORY_DIGIT: chance.choice("07٣"), sre.CATEGORY_SPACE: chance.choice(" \n\t\u00a0")}.get(
            value, "w"
        )
    return chr(value)
