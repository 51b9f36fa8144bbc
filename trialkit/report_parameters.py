"""Parameters of notebooks: read what a notebook declares, read what a person typed, and hold one against the other."""

import ast
import difflib
import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Optional, Union

import msgspec
import yaml

PLAIN_TYPES = {
    "str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict,
    "None": None, "Any": Any, "Literal": Literal, "Optional": Optional, "Union": Union,
}  # fmt: skip


# Unquoted words and digits that are more than text (YAML 1.2, core schema)
SCALARS = {
    "null": r"null|Null|NULL|~",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}


class ReportError(ValueError):
    """A report cannot be made as asked; the message says what was found, what was expected and what to do."""


@dataclass(frozen=True)
class Parameter:
    """One line of a notebook's parameters cell: `minimum_age: int = 18  # years; 0 keeps every trial`."""

    name: str
    type_name: str
    type: Any
    default: object
    meaning: str

    def __str__(self) -> str:
        return f"{self.name}: {self.type_name} = {self.default!r}" + (f"  # {self.meaning}" if self.meaning else "")


class _PlainInt(int):
    """A whole number typed without quotes; `text` is what was typed, for a parameter that is text ("007")."""

    text: str


class _PlainFloat(float):
    """A number typed without quotes, with its `text` (see _PlainInt)."""

    text: str


def read_parameters(notebook: Mapping[str, Any], name: str) -> list[Parameter]:
    """What the cell tagged `parameters` of a notebook declares, in order; `name` is for messages.

    Types come from the annotation, or from the default where there is none; meanings from the comment on the line,
    or from the comment lines above it. Raises ReportError when there is no such cell, or it is not plain Python.
    """
    tagged = [cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    if not tagged:
        raise ReportError(
            f"{name}: no cell is tagged 'parameters', so nothing can be set from outside. "
            "Add the tag to the cell that assigns the defaults (JupyterLab: property inspector > Cell Tags)."
        )
    source = tagged[0]["source"]
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise ReportError(
            f"{name}: line {error.lineno} of the parameters cell is not plain Python: {(error.text or '').strip()!r}. "
            "Expected lines such as  minimum_age: int = 18  # years."
        ) from None
    comments = _comments(source)
    return [
        _parameter(statement, _meaning(statement, comments), name)
        for statement in statements
        if _target(statement) is not None
    ]


def parse_parameters(assignments: Sequence[str], yaml_file: Path | None = None) -> dict[str, object]:
    """Values from `name=value` texts and from a YAML file of the same names; an assignment wins over the file.

    Numbers, true/false, null, lists and mappings read as in YAML 1.2: `no`, `on` and dates stay text, and so does
    anything that is not valid YAML. Types are not known here: check_parameters turns `007` into text where the notebook
    declares text. Raises ReportError when there is no `=`, a name comes twice, or the file is not a mapping of names.
    """
    values: dict[str, object] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise ReportError(f"parameter {assignment!r}: expected name=value, for example minimum_age=18.")
        if name in values:
            raise ReportError(f"parameter {name!r} is given twice ({values[name]!r}, {text!r}). Give it once.")
        values[name] = _value(text.strip())
    return {**(read_yaml(yaml_file) if yaml_file else {}), **values}


def check_parameters(
    declared: Mapping[str, Sequence[Parameter]], given: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """The values for each notebook: notebook name -> its parameters -> given values, converted to the declared types.

    A parameter goes only to the notebooks that declare it. Raises one ReportError with every name no notebook declares
    (with the closest name, and the list of all) and every value of a wrong type (found, expected, example).
    """
    known = {parameter.name for parameters in declared.values() for parameter in parameters}
    unknown = [name for name in given if name not in known]
    problems = [_unknown(name, sorted(known)) for name in unknown]
    values: dict[str, dict[str, object]] = {notebook: {} for notebook in declared}
    for notebook, parameters in declared.items():
        for parameter in parameters:
            if parameter.name in given:
                try:
                    values[notebook][parameter.name] = _convert(given[parameter.name], parameter.type)
                except msgspec.ValidationError as error:
                    problems.append(_ill_typed(notebook, parameter, given[parameter.name], str(error)))
    if unknown:
        problems += ["Parameters that can be set:", *(_listing(declared) or ["  none"])]
    if problems:
        raise ReportError("\n".join(problems))
    return values


def _target(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None:
        return statement.target.id
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def _parameter(statement: Any, meaning: str, notebook: str) -> Parameter:
    name = _target(statement)
    assert name is not None
    try:
        default = ast.literal_eval(statement.value)
        inferred = _inferred(default)
    except ValueError:  # computed default: shown as written, and of unknown type
        default, inferred = ast.unparse(statement.value), "Any"
    type_name = ast.unparse(statement.annotation) if isinstance(statement, ast.AnnAssign) else inferred
    type_name = type_name.strip("'\"")
    try:
        # The notebook's own code, which is about to be run anyway; still, only the plain names are in reach.
        declared = eval(type_name, {"__builtins__": {}}, PLAIN_TYPES)
        msgspec.inspect.type_info(declared)
    except Exception:
        raise ReportError(
            f"{notebook}: parameter {name!r} is declared as {type_name!r}, which cannot be given from outside. "
            "Expected a plain type: str, int, float, bool, list[str], dict[str, float], Literal['a', 'b'] (or | None)."
        ) from None
    return Parameter(name, type_name, declared, default, meaning)


def _inferred(default: object) -> str:
    if isinstance(default, list) and default and len({type(item) for item in default}) == 1:
        return f"list[{_inferred(default[0])}]"
    return type(default).__name__ if isinstance(default, str | int | float | list | dict) else "Any"


def _comments(source: str) -> dict[int, tuple[bool, str]]:
    """Line number -> (stands alone on its line, text) of every comment."""
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            found[token.start[0]] = (not token.line[: token.start[1]].strip(), token.string.lstrip("# ").strip())
    return found


def _meaning(statement: ast.stmt, comments: Mapping[int, tuple[bool, str]]) -> str:
    lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    beside = [comments[line][1] for line in lines if line in comments]
    if beside:
        return " ".join(beside)
    above: list[str] = []
    line = statement.lineno - 1
    while comments.get(line, (False, ""))[0]:
        above.insert(0, comments[line][1])
        line -= 1
    return " ".join(above)


class _Yaml12(yaml.SafeLoader):
    """YAML with the scalars of version 1.2: `no`, `on`, `1:30` and dates are text, as people expect."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 - PyYAML's own class attribute


def _number(kind: type) -> Any:
    def construct(loader: _Yaml12, node: yaml.ScalarNode) -> object:
        # YAML writes .inf and .nan where Python writes inf and nan
        value = kind(re.sub(r"(?i)\.(?=inf|nan)", "", node.value))
        value.text = node.value
        return value

    return construct


for _tag, _pattern in SCALARS.items():
    _Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})$"), None)
_Yaml12.add_constructor("tag:yaml.org,2002:int", _number(_PlainInt))
_Yaml12.add_constructor("tag:yaml.org,2002:float", _number(_PlainFloat))


def _value(text: str) -> object:
    # "week 12: end", "- a" and "# 5" are text to the person who typed them, and structure or a comment to YAML
    if not text.startswith(("[", "{", '"', "'")) and not re.fullmatch("|".join(SCALARS.values()), text):
        return text
    try:
        return yaml.load(text, _Yaml12)
    except (yaml.YAMLError, TypeError):
        return text


def read_yaml(path: Path) -> dict[str, object]:
    """The mapping a YAML 1.2 file holds, {} for an empty file. Raises ReportError for any other content."""
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _Yaml12)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ReportError(f"parameter file {path}: cannot be read as YAML: {error}") from None
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise ReportError(f"parameter file {path}: expected one `name: value` a line, found {type(values).__name__}.")
    return values


def _convert(value: object, declared: Any) -> object:
    """`value` as the declared type, in plain Python types; a number becomes the text typed only where text is asked."""
    try:
        converted = msgspec.convert(_unwrapped(value, text=False), declared, strict=True)
    except msgspec.ValidationError:
        as_text = _unwrapped(value, text=True)
        if as_text == _unwrapped(value, text=False):
            raise
        converted = msgspec.convert(as_text, declared, strict=True)
    return msgspec.to_builtins(converted)


def _unwrapped(value: object, *, text: bool) -> Any:
    if isinstance(value, _PlainInt | _PlainFloat):
        return value.text if text else (int(value) if isinstance(value, int) else float(value))
    if isinstance(value, list | tuple):
        return [_unwrapped(item, text=text) for item in value]
    if isinstance(value, Mapping):
        return {_unwrapped(key, text=True): _unwrapped(item, text=text) for key, item in value.items()}
    return value


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"unknown parameter {name!r}: no chosen notebook has it." + (f" Did you mean {close[0]!r}?" if close else "")


def _ill_typed(notebook: str, parameter: Parameter, value: object, why: str) -> str:
    plain = _unwrapped(value, text=False)
    detail = f" ({why})" if "$" in why or "enum" in why else ""  # otherwise it repeats found and expected
    return (
        f"parameter {parameter.name!r} of {notebook}: found {plain!r} ({type(plain).__name__}), "
        f"expected {parameter.type_name}{detail}. Example: {_example(parameter)}"
    )


def _example(parameter: Parameter) -> str:
    generic = {"str": "adipose", "int": 12, "float": 1.5, "bool": True, "list[str]": ["adipose", "bone marrow"]}
    base = parameter.type_name.removesuffix(" | None")
    value = parameter.default if parameter.default not in (None, [], {}, "") else generic.get(base, parameter.default)
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"{parameter.name}={text}" if re.fullmatch(r"[\w.+-]+", text) else f"'{parameter.name}={text}'"


def _listing(declared: Mapping[str, Sequence[Parameter]]) -> list[str]:
    where: dict[str, list[str]] = {}
    for notebook, parameters in declared.items():
        for parameter in parameters:
            where.setdefault(str(parameter), []).append(notebook)
    return [f"  {line}  ({', '.join(notebooks)})" for line, notebooks in sorted(where.items())]
