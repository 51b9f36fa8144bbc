"""A parameter is data: whatever it holds, and however it is given, it stays one literal of the notebook."""

import ast
import contextlib
import json
import re
import string
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill.translators import papermill_translators

from trialkit.cli import main
from trialkit.report import ReportError, list_parameters, parse_parameters, render_reports
from trialkit.report_parameters import check_parameters, read_parameters
from trialkit.report_sets import read_sets
from trialkit.report_values import MOST_VALUES, check_plain, read_yaml

CANARY = "canary.txt"
CODE = f"open({CANARY!r}, 'w').close()"
QUOTES = [
    "'",
    '"',
    "'''",
    '"""',
    "\\'",
    '\\"',
    "\\\\'",
    '\\\\\\"',
    "`",
    "\\N{QUOTATION MARK}",
    "\\x22",
    "\\042",
    "\\u0022",
]
BREAKS = [
    "\n",
    "\r",
    "\r\n",
    "\v",
    "\f",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\\\n",
    "\\n",
    "\x00",
    "\x1a",
]
ATTACKS = [
    *QUOTES,
    *BREAKS,
    *(f"{quote}; {CODE} #" for quote in QUOTES),
    *(f"{line}{CODE}{line}" for line in BREAKS),
    *(f"{quote}{line}{CODE}{line}#{quote}" for quote in ("'", '"', '"""', "\\") for line in BREAKS),
    *(f"{quote}){end}{CODE}#" for quote in ("'", '"') for end in (";", "\n", "]\n", "}\n")),
    f"{{{CODE}}}", f"{{{{ {CODE} }}}}", f"${{{CODE}}}", f"$({CODE})", f"f'{{{CODE}}}'", "%s %(x)s {0} {x!r:>9}",
    f"%run {CODE}", f"!touch {CANARY}", f"\n!touch {CANARY}\n", f"\n%%bash\ntouch {CANARY}", "?x", "%%html\n<script>",
    "__import__('os')", f"exec({CODE!r})", "None", "nan", "1e400", "0x10", "1_000", "01", "True", "-0", "1j", "...",
    "# -*- coding: utf-7 -*-", "+ACIAOw-", "\ufeff", "\u202e", "\u200b", "é", "ﬀ", "𝒶", "\U0010ffff", "\x7f", "\x1b[2J",
    "</pre><script>document.title='x'</script>", "<!--", "]]>", "&quot;", "x" * 100_000, "\\" * 4_001, "\"'" * 4_001,
]  # fmt: skip
NUMBERS = [0, -1, 10**40, -(10**999), 0.1, -1e308, 5e-324, True, False, None]
CELL = "text: str = ''\nitems: list[str] = []\nmapping: dict[str, str] = {}\nanything: 'Any' = None\nn: int = 0\nx: float = 0.0"


def notebook(cell=CELL, *sources):
    cells = [new_markdown_cell("# A question?"), new_code_cell(cell, metadata={"tags": ["parameters"]})]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells + [new_code_cell(s) for s in sources], metadata={"kernelspec": kernel})


DECLARED = {"own.ipynb": read_parameters(notebook(), "own.ipynb")}


def checked(values):
    return check_parameters(DECLARED, values)["own.ipynb"]


def assert_literal(values: dict[str, Any]) -> None:
    """The source that papermill writes is one assignment of one literal a name, and each is the value that was given."""
    source = papermill_translators.find_translator("python3", "python").codify(values)
    statements = ast.parse(source).body
    assert [type(statement) for statement in statements] == [ast.Assign] * len(values)
    told = {s.targets[0].id: ast.literal_eval(s.value) for s in statements}
    assert repr(told) == repr(values)
    compile(source, "cell", "exec")


# What is injected


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: ascii(a)[:40])
def test_text_stays_one_literal(attack):
    for values in (
        {"text": attack, "items": [attack, "", attack], "mapping": {attack: attack}},
        {"anything": [{attack: [attack, {"a": (attack)}]}, [[attack]]]},
    ):
        assert_literal(checked(values))


@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: repr(n)[:20])
def test_number_stays_one_literal(number):
    assert_literal(checked({"anything": {"a": [number], "b": {"c": number}}}))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text() | st.text("'\"\\\n\r{}#\u2028", max_size=9) | st.sampled_from(ATTACKS[:80]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(PLAIN)
def test_any_value_stays_one_literal(value):
    with contextlib.suppress(ReportError):
        assert_literal(checked({"anything": value}))


class Loud(str):
    """Text that would be code when papermill asks it for its own source."""

    def encode(self, *_):
        return f'" + {CODE} + "'.encode()


class Sly(int):
    def __format__(self, _):
        return CODE

    __str__ = __repr__ = lambda self: CODE


@pytest.mark.parametrize(
    "value",
    [b'"; x #', {b'"': 1}, {1, 2}, object(), Path("x"), Loud("x"), Sly(3), [Sly(3)], {Loud("x"): 1}, 1j, ..., range(3)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_not_plain_is_refused(value):
    for name in ("anything", "text", "n"):
        with pytest.raises(ReportError, match=r"expected (text, a number|str|int)"):
            checked({name: value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400], ids=repr)
def test_number_that_is_not_finite_is_refused(value):
    for values in ({"x": value}, *([{"anything": [{"a": value}]}] if value != 10**400 else [])):
        with pytest.raises(ReportError, match=r"not a finite number|Number out of range"):
            checked(values)


@pytest.mark.parametrize("typed", ["1e400", ".nan", "-.inf", "9" * 500])
def test_number_typed_that_is_not_finite_is_refused_and_may_be_text(typed):
    with pytest.raises(ReportError, match=r"parameter 'x'"):
        checked(parse_parameters([f"x={typed}"]))
    assert checked(parse_parameters([f"text={typed}"])) == {"text": typed}


def test_whole_number_without_end_is_refused():
    for given_ in ({"n": 10**5000}, parse_parameters(["n=" + "9" * 5000]), {"anything": [10**1000]}):
        with pytest.raises(ReportError, match=r"more than 1,000 digits|expected int"):
            checked(given_)


@pytest.mark.parametrize("text", ["\ud800", "a\udcffb", "\udc80" * 3, "\ude00\ud83d"], ids=ascii)
def test_half_a_character_is_refused(text):
    for value in ({"text": text}, {"items": [text]}, {"mapping": {text: "a"}}, parse_parameters([f"text={text}"])):
        with pytest.raises(ReportError, match=r"half of a character.*UTF-8"):
            checked(value)


def nested(depth, around=lambda inner: [inner]):
    value = "x"
    for _ in range(depth):
        value = around(value)
    return value


def test_too_much_is_refused_and_little_is_not():
    itself: list = []
    itself.append(itself)
    for value in (itself, nested(21), nested(2000), nested(21, lambda inner: {"a": inner}), nested(18, lambda i: [i, i]),
                  ["x"] * MOST_VALUES, ["x" * 600_000] * 2):  # fmt: skip
        with pytest.raises(ReportError, match=r"deep|more than 50,000"):
            check_plain(value, "here")
    assert_literal(checked({"anything": [nested(18), ["x"] * 40_000, "x" * 900_000]}))


# Names


@pytest.mark.parametrize(
    "name",
    ["__import__", "__builtins__", "__class__", "_", "class", "None", "True", "print", "tk", "get_ipython", "ｔext",
     "text2", "self", "lambda"],
)  # fmt: skip
def test_name_that_no_notebook_declares_is_refused(name):
    for values in (parse_parameters([f"{name}={CODE}"]), {name: CODE}):
        with pytest.raises(ReportError, match=f"unknown parameter {name!r}"):
            checked(values)


@pytest.mark.parametrize(
    "name", ["a b", "1a", "a;b", "a\nb", "a.b", "a[0]", "a,b", "text:str", "*a", "", " ", f"{CODE}#", "x" * 9999 + "-"]
)
def test_name_that_is_none_is_refused_in_few_words(name):
    with pytest.raises(ReportError, match="expected name=value") as refused:
        parse_parameters([f"{name}=1"])
    with pytest.raises(ReportError, match="unknown parameter") as unknown:
        checked({name: 1})
    assert max(len(str(refused.value)), len(str(unknown.value))) < 1500


def test_misspelt_name_says_which_is_near():
    with pytest.raises(ReportError, match="Did you mean 'mapping'"):
        checked({"maping": {}})


def test_declared_type_is_read_without_running_it(tmp_path):
    for kind in (
        f"[{CODE}]",
        "().__class__",
        "9**9**9",
        "str if 1 else int",
        "list[(lambda: str)()]",
        "f'{str}'",
        "x:=str",
    ):
        path = tmp_path / "own.ipynb"
        path.write_text(json.dumps(notebook(f"a: ({kind}) = 1")))
        with pytest.raises(ReportError, match="declared as"):
            list_parameters([path])
    path.write_text(json.dumps(notebook(f"a: str = {CODE}\nb: int = 10**10**10\nc: Literal['a', 'b'] | None = None")))
    assert [p.type_name for p in list_parameters([path])["own.ipynb"]] == ["str", "int", "Literal['a', 'b'] | None"]
    assert not (tmp_path / CANARY).exists()
    assert not Path(CANARY).exists()


# The ways in


def as_option(values, tmp_path):
    return parse_parameters([f"{name}={json.dumps(value)}" for name, value in values.items()])


def as_json_without_ascii(values, tmp_path):
    return parse_parameters([f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in values.items()])


def as_file(values, tmp_path):
    (tmp_path / "p.yml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return parse_parameters([], tmp_path / "p.yml")


def as_set(values, tmp_path):
    (tmp_path / "s.yml").write_text(json.dumps({"reports": [{"name": "a", "parameters": values}]}), encoding="utf-8")
    return read_sets(tmp_path / "s.yml")[0].parameters


@pytest.mark.parametrize("way", [as_option, as_json_without_ascii, as_file, as_set])
def test_every_way_in_gives_what_was_meant_and_a_literal(way, tmp_path):
    for attack in (attack[:30_000] for attack in ATTACKS):
        meant = {"text": attack, "items": [attack], "mapping": {"a": attack}}
        try:
            values = checked(way(meant, tmp_path))
        except ReportError:
            assert way == as_json_without_ascii  # a raw control character is not of YAML
            assert re.search(r"[\x00-\x1f\x7f-\x9f]", attack)
            continue
        assert_literal(values)
        assert values == meant or way not in (as_option, as_set)  # YAML folds raw line breaks within quotes


def test_unquoted_text_of_an_option_stays_one_literal():
    for attack in ATTACKS:
        for name in ("text", "anything"):
            with contextlib.suppress(ReportError):  # of True as a text, and 1e400 as a number
                assert_literal(checked(parse_parameters([f"{name}={attack}"])))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: !!python/object/apply:os.system ['touch canary.txt']", "cannot be read"),
        ("a: !!python/name:os.system", "cannot be read"),
        ("a: !!binary aGk=", "cannot be read"),
        ("a: !!set {a, b}", "cannot be read"),
        ("a: !!timestamp x", "cannot be read"),
        ("a: !!bool maybe", "cannot be read"),
        ("a: !!int many", "cannot be read"),
        ("a: !own x", "cannot be read"),
        ("? [a]\n: 1", "cannot be read"),
        ("1: a", "found 1 in place of a name"),
        ("a: &a [*a]", "holds itself"),
        ("[" * 5000, "nested too deeply"),
        ("a: " + "[" * 30 + "]" * 30, "20 deep"),
        ("a\0b: 1", "cannot be read"),
        ("a: *b", "cannot be read"),
        ("a: 1\n---\nb: 2", "cannot be read"),
        ("a: " + "x" * 300_000, "256 kB"),
    ],
    ids=lambda text: text[:30],
)
def test_yaml_that_is_more_than_data_is_refused(tmp_path, text, told):
    (tmp_path / "p.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=told) as refused:
        read_yaml(tmp_path / "p.yml")
    assert str(refused.value).startswith("parameter file ")
    assert not Path(CANARY).exists()


@pytest.mark.parametrize(
    "form", ["[{}]", "{{a: {0}, b: {0}, c: {0}}}", "!!merge {{<<: [{}]}}", "{{!!merge '<<': [{}]}}"]
)
def test_yaml_of_aliases_without_end_is_refused_at_once(tmp_path, form):
    names = string.ascii_lowercase
    lines = [f"{b}: &{b} {form.format(', '.join([f'*{a}'] * 9))}" for a, b in pairwise(names)]
    (tmp_path / "p.yml").write_text("\n".join(["a: &a {x: 1}", *lines]), encoding="utf-8")
    with pytest.raises(ReportError, match=r"more than|deep|cannot be read"):
        read_sets(tmp_path / "p.yml")
    with contextlib.suppress(ReportError):
        check_plain(read_yaml(tmp_path / "p.yml"), "it")


def test_few_aliases_are_fine(tmp_path):
    (tmp_path / "p.yml").write_text("items: &i [a, b]\nanything: {x: *i, y: *i}")
    assert_literal(checked(read_yaml(tmp_path / "p.yml")))


def test_bytes_that_are_no_utf_8_are_refused_by_the_command(tmp_path, capsys):
    own = tmp_path / "own.ipynb"
    own.write_text(json.dumps(notebook()))
    with pytest.raises(SystemExit) as ended:
        main(["report", str(own), "--outside", "-p", "text=\udcff", "--out", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert "half of a character" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# One real run


def test_notebook_shows_every_attack_and_nothing_happens(tmp_path):
    out, place = tmp_path / "out", tmp_path / "place"
    place.mkdir()
    own = place / "own.ipynb"
    shown = "for a in items: print(ascii(a[:400]))\nprint(len(mapping), ascii(text), __name__)"
    own.write_text(json.dumps(notebook(CELL, shown, "text")))
    mapping = {attack: attack for attack in ATTACKS}
    [result] = render_reports(
        [own], out, {"items": ATTACKS, "text": ATTACKS[-4], "mapping": mapping, "anything": mapping}, progress=False
    )
    assert result.ok, result.failure
    html = result.html.read_text(encoding="utf-8")
    lines = unescape(re.search(r"</details>\s*<pre>(.*?)</pre>", html, re.DOTALL)[1]).strip().splitlines()
    assert lines == [*(ascii(attack[:400]) for attack in ATTACKS), f"{len(mapping)} {ATTACKS[-4]!a} __main__"]
    assert "document.title='x'</script>" not in html
    assert sorted(p.name for p in place.iterdir()) == ["own.ipynb"]
    assert sorted(p.name for p in out.iterdir()) == ["index.html", "own.html"]
    assert not Path(CANARY).exists()
