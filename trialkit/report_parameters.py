"""Parameters of notebooks: read what a notebook declares, read what a person typed, and hold one against the other."""

import ast
import difflib
import io
import math
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Optional, Union

import msgspec

from trialkit.report_values import ReportError, check_plain, cut, read_text, read_yaml, unwrapped

PLAIN_TYPES = {
    "str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict,
    "None": None, "Any": Any, "Literal": Literal, "Optional": Optional, "Union": Union,
}  # fmt: skip
TYPE_NODES = (
    ast.Expression, ast.Name, ast.Load, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.BinOp, ast.BitOr,
)  # fmt: skip


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
            raise ReportError(f"parameter {cut(repr(assignment))}: expected name=value, for example minimum_age=18.")
        if name in values:
            raise ReportError(
                f"parameter {name!r} is given twice ({cut(repr(values[name]))}, {cut(repr(text))}). Give it once."
            )
        values[name] = read_text(text.strip())
    return {**(read_yaml(yaml_file) if yaml_file else {}), **values}


def check_parameters(
    declared: Mapping[str, Sequence[Parameter]], given: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """The values for each notebook: notebook name -> its parameters -> given values, converted to the declared types.

    A parameter goes only to the notebooks that declare it. Raises one ReportError with every name no notebook declares
    (with the closest name, and the list of all) and every value of a wrong type (found, expected, example); see also
    `check_plain`. What it returns has no other types than dict, list, str, int, float, bool and None, and no number that
    is not finite, so that its Python literal is what papermill writes into the notebook.
    """
    for name, value in given.items():
        check_plain(value, f"parameter {cut(repr(name))}")
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
        # A notebook is read here that nobody may have decided to run, so names, brackets and bars are all that is evaluated.
        if not all(isinstance(node, TYPE_NODES) for node in ast.walk(ast.parse(type_name, mode="eval"))):
            raise ValueError(type_name)
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


def _convert(value: object, declared: Any) -> object:
    """`value` as the declared type, in plain Python types; a number becomes the text typed only where text is asked."""
    try:
        converted = msgspec.convert(unwrapped(value, text=False), declared, strict=True)
    except msgspec.ValidationError:
        as_text = unwrapped(value, text=True)
        if as_text == unwrapped(value, text=False):
            raise
        converted = msgspec.convert(as_text, declared, strict=True)
    plain = msgspec.to_builtins(converted)
    if not _finite(plain):
        raise msgspec.ValidationError("not a finite number")
    return plain


def _finite(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_finite, value))
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    return not isinstance(value, float) or math.isfinite(value)


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name[:100], known, n=1, cutoff=0.6)  # its cost is the product of the lengths
    return f"unknown parameter {cut(repr(name))}: no chosen notebook has it." + (
        f" Did you mean {close[0]!r}?" if close else ""
    )


def _ill_typed(notebook: str, parameter: Parameter, value: object, why: str) -> str:
    plain = unwrapped(value, text=False)
    detail = (
        f" ({why})" if "$" in why or "enum" in why or not why.startswith("Expected") else ""
    )  # else it repeats found and expected
    return (
        f"parameter {parameter.name!r} of {notebook}: found {cut(repr(plain))} ({type(plain).__name__}), "
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
