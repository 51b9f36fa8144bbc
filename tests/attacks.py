"""What a stranger may write into a register record to take over the page, the terminal or the file that shows it.

Every string is invented. What runs would call `alert` or set `window.__hit`; what loads would ask `attack.example`.
"""

from datetime import date
from typing import Any

import polars as pl

from trialkit.frames import Frames
from trialkit.schema import FRAMES

RUN = "alert(window.__hit=1)"

# mechanism -> strings that aim at it
ATTACKS: dict[str, list[str]] = {
    "end the element it stands in": [
        f"</script><script>{RUN}</script>",
        f"</ScRiPt\t><sCrIpT>{RUN}//",
        f"<!--<script>{RUN}",
        f"--!><script>{RUN}</script><!--",
        f"]]><script>{RUN}</script>",
        f"</title><script>{RUN}</script>",
        f"</style><script>{RUN}</script><style>",
        f"</textarea></details></table></svg><script>{RUN}</script>",
        f"<script>{RUN}</script>",
        f"<noscript><p title=\"</noscript><img src=x onerror={RUN}>\">",
    ],
    "bring an element that runs or loads": [
        f"<img src=x onerror={RUN}>",
        f"<svg/onload={RUN}>",
        f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
        f"<details open ontoggle={RUN}>",
        f"<input autofocus onfocus={RUN}>",
        "<iframe src=http://attack.example/frame></iframe>",
        "<link rel=stylesheet href=http://attack.example/style.css>",
        "<base href=http://attack.example/>",
        "<meta http-equiv=refresh content='0;url=http://attack.example/'>",
        "<form action=http://attack.example/><button>Send</button></form>",
        f"<math><mi xlink:href=\"javascript:{RUN}\">x</mi></math>",
        f"<a href=\"javascript:{RUN}\">open</a>",
    ],
    "break out of an attribute": [
        f"\" onmouseover=\"{RUN}\" autofocus onfocus=\"{RUN}",
        f"' onmouseover='{RUN}' style='position:fixed;inset:0",
        f"` onmouseover=`{RUN}` x=`",
        f"x onmouseover={RUN} y",
        f"\"><svg onload={RUN}>",
    ],
    "be a link of another scheme": [
        f"javascript:{RUN}",
        f"JaVaScRiPt:{RUN}",
        f"java\tscript:{RUN}",
        f"\x01javascript:{RUN}",
        f"data:text/html,<script>{RUN}</script>",
        f"vbscript:msgbox(\"{RUN}\")",
        "file:///etc/passwd",
        "ftp://attack.example/x",
        "//attack.example/x",
        "https:javascript:alert(1)",
        f"https://attack.example/\"onmouseover=\"{RUN}",
    ],
    "be read as a template": [
        "{{ 7*7 }}",
        "{{ ''.__class__.__mro__ }}",
        "{% for x in [1] %}{{ x }}{% endfor %}",
        "{# hidden #}",
        "${7*7}",
        "<%= 7*7 %>",
        "#{7*7}",
        "%s %(trial)s {0} {trial_id}",
    ],
    "be read as an expression of Vega": [
        f"',{RUN},'",
        f"'+{RUN}+'",
        "datum",
        "datum.trial_id",
        "datum['n'] = 1",
        "{signal: 'width'}",
        "a.b[0].c",
        "a['b']",
        "a\\.b\\[0\\]",
        "[object Object]",
    ],
    "be read as Markdown": [
        f"[open](javascript:{RUN})",
        "![seen](http://attack.example/seen.png)",
        "<http://attack.example/> www.attack.example",
        "# Heading of the record",
        "a | b | c\n---|---|---\n1 | 2 | 3",
        f"```\n<script>{RUN}</script>\n```",
        "Text[^1]\n\n[^1]: Footnote",
        "**bold** _slanted_ `code` ~~struck~~ $x^2$",
    ],
    "be decoded twice": [
        f"&lt;script&gt;{RUN}&lt;/script&gt;",
        f"&#60;img src=x onerror={RUN}&#62;",
        f"%3Cscript%3E{RUN}%3C/script%3E",
        f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
        f"\\x3cscript\\x3e{RUN}",
        "&amp;amp; &copy &nbsp;",
    ],
    "break the JSON it is kept in": [
        "line\u2028separator\u2029paragraph",
        f"\"}}];{RUN};[{{\"",
        "\\\"}]",
        "\\",
        "NaN",
        "null",
    ],
    "be a name that objects know": ["__proto__", "constructor", "toString", "hasOwnProperty", "data", "name"],
    "be a style": [
        "}</style><p>",
        "expression(alert(1)); background: url(http://attack.example/b.png)",
        "*{display:none}@import url(http://attack.example/i.css);",
    ],
    "be another file": ["../../x", "..\\..\\x", "CON", "a/b", "/etc/passwd", "index", "trial.html", "a?b#c", "a%2e%2e%2fb"],
    "be the same file in other letters": ["Nct1x", "nCT1x"],
    "hide or turn words": [
        "a\u202egnp.exe\u202c",
        "a\u2066b\u2067c",
        "zero\u200bwidth\u200dand\ufeffmark",
        "soft\u00adhyphen\u2060joined",
    ],
    "steer a terminal": [
        "\x1b[2J\x1b[Hgone",
        "\x1b]8;;http://attack.example/\x1b\\link\x1b]8;;\x1b\\",
        "\x1b]0;title\x07",
        "\x9b31mred\x9b0m",
        "over\rwritten\x08\x7f",
        "[red]markup[/red] [link=http://attack.example/]x[/link]",
    ],
    "be no text": ["nul\x00nul", "\x01\x02\x1f", "\ufffe\uffff", "\U0001f9ec\U0001f468\u200d\U0001f469\u200d\U0001f467", "a" + "\u0301" * 200],
    "be too long": ["W" * 10_000, "<b>" * 3_000],
}  # fmt: skip

STRINGS = [text for strings in ATTACKS.values() for text in strings]
READABLE = [text for text in STRINGS if len(text) < 1000]  # to be put many times into one page


def hostile_frames(bundled: Frames, turn: int = 0) -> Frames:
    """Frames with an attack in every text column that the schema knows, in two ways; another `turn` is another state.

    A trial for each string holds it wherever text can stand, also where only words of a vocabulary belong. The bundled
    trials keep those words, so that everything is drawn, and get the strings in turn wherever registers write freely.
    """
    frames = {}
    for name, schema in FRAMES.items():
        columns = schema.create_empty().schema
        rows = [
            {c: _value(c, t, n, STRINGS[(n + turn * (c != "trial_id")) % len(STRINGS)]) for c, t in columns.items()}
            for n in range(len(STRINGS))
        ]
        alone = pl.DataFrame(rows, schema=dict(columns), strict=False)
        if name == "links":  # a link of a trial with the one before it
            alone = alone.with_columns(record_b=pl.col("record_a").shift(1, fill_value=STRINGS[-1]))
        real = getattr(bundled, name)
        for shift, column in enumerate(c for c, t in columns.items() if _is_text(t) and c not in KEPT[name]):
            words = _in_turn(column, columns[column], len(real), 7 * shift + turn)
            real = real.with_columns(pl.when(pl.col(column).is_null()).then(None).otherwise(words).alias(column))
        if name == "trials":
            address = pl.lit("https://clinicaltrials.gov/study/")
            some = pl.int_range(pl.len()) % 3
            real = real.with_columns(url=pl.when(some == 0).then(pl.col("url")).otherwise(address + pl.col("url")))
        frames[name] = pl.concat([alone, real.select(columns.names())])
    sources = [
        {"register": text, "data_version": text, "records": 1, "folder": text, "publisher": text} for text in READABLE
    ]
    meta = {"fingerprint": READABLE[0], "sources": sources, "trialkit": READABLE[1]}
    return Frames(**frames, meta=meta)


def text_columns() -> list[tuple[str, str]]:
    """(frame, column) of every column that holds text or lists of texts."""
    return [(n, c) for n, s in FRAMES.items() for c, t in s.create_empty().schema.items() if _is_text(t)]


# Columns whose words the package itself chose; there an attack stands in the trials of their own only.
KEPT = {
    "trials": {"trial_id", "registers", "condition_family", "overall_status", "phases", "study_type", "allocation",
               "intervention_model", "masking", "primary_purpose", "sponsor_class", "sex", "from_product_dictionary"},
    "arms": {"trial_id", "type"},
    "cell_products": {"trial_id"},
    "regimens": {"trial_id", "route", "flags"},
    "endpoints": {"trial_id", "domain", "instruments"},
    "eligibility": {"trial_id", "variable", "operator"},
    "fact_status": {"trial_id"},
    "evidence": {"trial_id", "frame", "column", "record", "field", "rule"},
    "links": {"record_a", "record_b"},
    "conflicts": {"trial_id", "column"},
    "ledger": {"record_id", "form"},
    "filled": {"form", "register", "field"},
    "curation": {"trial_id", "fact", "path", "replaced"},
}  # fmt: skip


def _is_text(dtype: pl.DataType) -> bool:
    return dtype in (pl.String, pl.List(pl.String))


def _value(column: str, dtype: pl.DataType, n: int, text: str) -> Any:
    if isinstance(dtype, pl.List):
        return [_value(column, dtype.inner, n, text)]
    if isinstance(dtype, pl.Enum):
        return dtype.categories[n % len(dtype.categories)]
    if dtype == pl.String:
        return "{}" if column == "replaced" else text  # that one the package writes for itself
    if dtype == pl.Date:
        return date(2015 + n % 8, 1 + n % 12, 1)
    return n % 2 == 0 if dtype == pl.Boolean else n % 90 + 1


def _in_turn(column: str, dtype: pl.DataType, n: int, shift: int) -> pl.Series:
    texts = [READABLE[(row + shift) % len(READABLE)] for row in range(n)]
    return pl.Series(column, [[text] for text in texts] if isinstance(dtype, pl.List) else texts, dtype=dtype)
