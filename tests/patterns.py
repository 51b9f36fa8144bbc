"""Every expression of readers and rules, found by looking at the modules; and texts that such an expression likes."""

import ast
import importlib
import inspect
import pkgutil
import random
import re
from collections.abc import Iterable, Iterator
from functools import cache
from re import _constants as sre
from re import _parser as parser
from typing import Any

import trialkit.conflicts
import trialkit.facts
import trialkit.linking
import trialkit.registries
import trialkit.rows
import trialkit.vocabulary
from trialkit.facts import guard
from trialkit.facts.guard import Guarded

ROOMS = (
    trialkit.facts,
    trialkit.conflicts,
    trialkit.rows,
    trialkit.vocabulary,
    trialkit.registries,
    trialkit.linking,
)


Expression = re.Pattern | Guarded
_IN_FUNCTIONS = {"search", "match", "fullmatch", "findall", "finditer", "split", "sub"}
_AT_ONE_PLACE = {"match", "fullmatch", "may_match"}


def find_patterns() -> dict[str, Expression]:
    """ "module.NAME" -> expression, for every one that stands in a module of readers or rules, in its lists, tables and
    functions too."""
    return {name: pattern for name, (pattern, _) in _found().items()}


def is_searched(name: str) -> bool:
    """Whether an expression of `find_patterns` is tried at every place of a text, and not at its beginning alone."""
    return _found()[name][1]


@cache
def _found() -> dict[str, tuple[Expression, bool]]:
    modules = [
        importlib.import_module(info.name)
        for room in ROOMS
        for info in pkgutil.iter_modules(room.__path__, f"{room.__name__}.")
        if info.name != guard.__name__  # it keeps a list of the others
    ]
    methods = _methods(modules)
    found: dict[int, tuple[str, Expression, bool]] = {}
    for module in modules:
        short = module.__name__.removeprefix("trialkit.")
        for name, value in vars(module).items():
            for n, pattern in enumerate(_inside(value)):
                searched = (
                    not isinstance(value, re.Pattern | Guarded)
                    or not methods.get((module.__name__, name), set()) <= _AT_ONE_PLACE
                )
                before = found.get(id(pattern), ("", pattern, False))
                found[id(pattern)] = (before[0] or f"{short}.{name}[{n}]", pattern, searched or before[2])
        for n, (pattern, method) in enumerate(_in_functions(module)):
            found.setdefault(id(pattern), (f"{short}, in a function [{n}]", pattern, method not in _AT_ONE_PLACE))
    return {
        name: (pattern, searched)
        for name, pattern, searched in found.values()
        if isinstance(_plain(pattern).pattern, str)
    }


def _methods(modules: list[Any]) -> dict[tuple[str, str], set[str]]:
    """(module, name) -> what is called of it there and where it is imported, or "?" where it is handed on."""
    methods: dict[tuple[str, str], set[str]] = {}
    for module in modules:
        nodes = list(ast.walk(ast.parse(inspect.getsource(module))))
        called = {id(node.value): node.attr for node in nodes if isinstance(node, ast.Attribute)}
        froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
        origins = {name.asname or name.name: (node.module or "", name.name) for node in froms for name in node.names}
        for node in nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                origin = origins.get(node.id, (module.__name__, node.id))
                methods.setdefault(origin, set()).add(called.get(id(node), "?"))
    return methods


def _in_functions(module: Any) -> Iterator[tuple[re.Pattern[str], str]]:
    """The expressions of calls such as `re.search(r"...", text, re.I)`, and what is called; `re` remembers them compiled."""
    for call in ast.walk(ast.parse(inspect.getsource(module))):
        if not (
            isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _IN_FUNCTIONS
        ):
            continue
        if not (isinstance(call.func.value, ast.Name) and call.func.value.id == "re"):
            continue
        flags = [a for a in (*call.args[1:], *(k.value for k in call.keywords)) if ast.unparse(a).startswith("re.")]
        try:
            words = [eval(ast.unparse(part), vars(module)) for part in (call.args[0], *flags)]
        except NameError:
            continue  # made of what a function was given, whose parts stand in the module
        yield re.compile(words[0], sum(words[1:])), call.func.attr


def _inside(value: Any) -> Iterator[Expression]:
    if isinstance(value, re.Pattern | Guarded):
        yield value
    elif isinstance(value, dict):
        yield from _inside(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _inside(item)


def _plain(pattern: Expression) -> re.Pattern[str]:
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
