"""Values that a person typed or that a YAML file holds: plain, of a bounded size, and read without running anything.

Parameters become source code of a notebook, and a file of them may come from anybody: only texts, numbers, true/false,
null, lists and mappings pass, however they were given.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

LARGEST_FILE = 256 * 2**10  # bytes of a YAML file; 20,000 trial numbers
MOST_VALUES = 50_000  # in one parameter or file, aliases counted as often as they stand for something
MOST_CHARACTERS = 1_000_000  # in the texts of one parameter or file
MOST_DIGITS = 1_000  # of a whole number; Python itself reads up to 4,300
DEEPEST = 20  # lists within lists
LONGEST_SHOWN = 200  # characters of a value in a message

# Unquoted words and digits that are more than text (YAML 1.2, core schema)
SCALARS = {
    "null": r"null|Null|NULL|~",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}


class ReportError(ValueError):
    """A report cannot be made as asked; the message says what was found, what was expected and what to do."""


class _PlainInt(int):
    """A whole number typed without quotes; `text` is what was typed, for a parameter that is text ("007")."""

    text: str


class _PlainFloat(float):
    """A number typed without quotes, with its `text` (see _PlainInt)."""

    text: str


PLAIN = (str, int, float, bool, type(None), _PlainInt, _PlainFloat)


class _Yaml12(yaml.SafeLoader):
    """YAML with the scalars of version 1.2: `no`, `on`, `1:30` and dates are text, as people expect; no other tags."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 - PyYAML's own class attribute
    yaml_constructors: dict[str | None, Any] = {  # noqa: RUF012 - likewise; not !!binary, !!set, !!timestamp ...
        tag: made
        for tag, made in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.rpartition(":")[2] in ("null", "bool", "str", "seq", "map")
    }

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge keys are not of YAML 1.2; a few lines of them would grow without bounds."""


def _number(kind: type) -> Any:
    def construct(loader: _Yaml12, node: yaml.ScalarNode) -> object:
        if len(node.value) > MOST_DIGITS:
            return node.value
        # YAML writes .inf and .nan where Python writes inf and nan
        value = kind(re.sub(r"(?i)\.(?=inf|nan)", "", node.value))
        value.text = node.value
        return value

    return construct


def _text(loader: _Yaml12, node: yaml.ScalarNode) -> str:
    # JSON writes characters beyond U+FFFF as two escapes, which PyYAML leaves as two halves
    return re.sub(
        "[\ud800-\udbff][\udc00-\udfff]",
        lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"),
        node.value,
    )


for _tag, _pattern in SCALARS.items():
    _Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})$"), None)
_Yaml12.add_constructor("tag:yaml.org,2002:int", _number(_PlainInt))
_Yaml12.add_constructor("tag:yaml.org,2002:float", _number(_PlainFloat))
_Yaml12.add_constructor("tag:yaml.org,2002:str", _text)

# What PyYAML raises for a document that is none, a scalar that is not of its tag, and brackets without end
UNREADABLE = (yaml.YAMLError, ValueError, TypeError, KeyError, RecursionError)


def read_text(text: str) -> object:
    """What stands behind `name=`: YAML where it looks like a list, a mapping, quotes or a scalar, else the text itself."""
    # "week 12: end", "- a" and "# 5" are text to the person who typed them, and structure or a comment to YAML
    if not text.startswith(("[", "{", '"', "'")) and not re.fullmatch("|".join(SCALARS.values()), text):
        return text
    try:
        return yaml.load(text, _Yaml12)
    except UNREADABLE:
        return text


def read_yaml(path: Path) -> dict[str, object]:
    """The mapping a YAML 1.2 file holds, {} for an empty file. Raises ReportError for any other content."""
    where = f"parameter file {path}"
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise ReportError(f"{where}: more than {LARGEST_FILE // 1024} kB. Expected one `name: value` a line.")
        values = yaml.load(content.decode("utf-8-sig"), _Yaml12)
    except ReportError:
        raise
    except (OSError, *UNREADABLE) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else error
        raise ReportError(f"{where}: cannot be read as YAML: {why}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ReportError(f"{where}: expected one `name: value` a line, found {type(values).__name__}.")
    if odd := [name for name in values if not isinstance(name, str)]:
        raise ReportError(f"{where}: expected one `name: value` a line, found {cut(repr(odd[0]))} in place of a name.")
    check_plain(values, where)
    return values


def check_plain(value: object, where: str) -> None:
    """Raise ReportError for anything but texts, numbers, true/false, null, lists and mappings, and for too much of them.

    Text must be Unicode: half a character (what a shell makes of bytes that are not UTF-8) fits into no page.
    """
    values = characters = 0
    left: list[tuple[object, int]] = [(value, 0)]
    while left:
        found, depth = left.pop()
        values += 1
        inside: list[object] = []
        if isinstance(found, Mapping):
            inside = [*found.keys(), *found.values()]
        elif isinstance(found, list | tuple):
            inside = list(found)
        elif type(found) not in PLAIN:
            raise ReportError(
                f"{where}: found {type(found).__name__}, expected text, a number, true, false, null, or a list or mapping "
                "of these."
            )
        elif isinstance(found, str):
            characters += len(found)
            if odd := re.search("[\ud800-\udfff]", found):
                raise ReportError(
                    f"{where}: holds U+{ord(odd[0]):04X}, which is half of a character. Expected text in UTF-8: type it "
                    "anew, or put it into a file for --params."
                )
        elif isinstance(found, int) and abs(found) >= 10**MOST_DIGITS:
            raise ReportError(f"{where}: holds a whole number of more than {MOST_DIGITS:,} digits.")
        if inside and depth == DEEPEST:
            raise ReportError(f"{where}: lists and mappings more than {DEEPEST} deep, or one that holds itself.")
        if values + len(left) + len(inside) > MOST_VALUES or characters > MOST_CHARACTERS:
            raise ReportError(
                f"{where}: more than {MOST_VALUES:,} values or {MOST_CHARACTERS:,} characters. Expected a few; for "
                "many trials build frames of their own."
            )
        left += [(item, depth + 1) for item in inside]


def cut(text: str) -> str:
    """Text for a message, without most of a very long one."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}… ({len(text):,} characters)"


def unwrapped(value: object, *, text: bool) -> Any:
    """The value in Python's own types; `text`: numbers that were typed without quotes as the text typed."""
    if isinstance(value, _PlainInt | _PlainFloat):
        return value.text if text else (int(value) if isinstance(value, int) else float(value))
    if isinstance(value, list | tuple):
        return [unwrapped(item, text=text) for item in value]
    if isinstance(value, Mapping):
        return {unwrapped(key, text=True): unwrapped(item, text=text) for key, item in value.items()}
    return value
