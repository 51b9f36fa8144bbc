"""The tables of `publication` as LaTeX: two files to put into a paper, and a document around them that compiles.

All text is written in ASCII: what TeX would run is escaped, and what its fonts do not hold becomes a command, its plain
form (`㎎` as mg) or, as a last resort, its number (`[U+4E2D]`). So every engine takes the files, and no text can act.
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from trialkit.frames import Frames
from trialkit.prose import capital, plural
from trialkit.publication import ENTRIES, characteristics, evidence_table, list_about

if TYPE_CHECKING:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

DOCUMENT = "trialkit.tex"
_ASCII = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_\allowbreak{}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "[": "{[}", "]": "{]}", "/": r"/\allowbreak{}",
}  # fmt: skip
# Where two in a row are drawn as one other character: a dash, a quotation mark.
_PAIRS = ("--", "''", ",,")
# Characters whose commands are known to every T1 font with textcomp and amssymb: Latin, Greek, punctuation, raised and
# lowered digits, euro and trade mark, arrows, the usual signs of comparison.
_KNOWN = (
    (0xA1, 0x148), (0x14A, 0x17F), (0x2C6, 0x2C6), (0x391, 0x3C9), (0x2010, 0x2026), (0x2030, 0x203A), (0x2070, 0x208E),
    (0x20AC, 0x20AC), (0x2122, 0x2122), (0x2190, 0x2193),
)  # fmt: skip
_SIGNS = frozenset("∂∆∇∈∏∑−∓∗∘∙√∝∞∠∧∨∩∪∫∼≃≅≈≠≡≤≥≦≧≪≫⊂⊃⊆⊇⊕⊥⋅△○◦")
# Signs that are written for one of ASCII and have no plain form of their own.
_PLAIN = {"、": ", ", "。": ". ", "˂": "<", "˃": ">", "˗": "-"}
_PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[T1]{fontenc}
\usepackage{textcomp}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[a4paper,margin=18mm]{geometry}
\usepackage{amsmath,amssymb,array,booktabs,longtable,lscape}
\usepackage[hidelinks]{hyperref}
\setlength{\emergencystretch}{3em}
\begin{document}
"""
_NEEDS = "needs \\usepackage[T1]{fontenc} and the packages textcomp, amsmath, amssymb, array, booktabs, longtable"


def latex_files(frames: Frames) -> dict[str, str]:
    """File name -> text, all ASCII: `trialkit.tex`, which compiles alone, and the two tables that it reads in.

    Each table is a longtable with booktabs lines, in the order of `trialkit.publication`, and carries what it is, from
    which data and how to cite it. Without trials the tables have their heads and the words "No trial."
    """
    about = list_about(frames)
    title = plural(len(frames.trials), "trial")
    return {
        DOCUMENT: _document(about),
        "characteristics.tex": _characteristics(characteristics(frames), title, about),
        "evidence_table.tex": _evidence(evidence_table(frames), title, about),
    }


def escape_latex(text: str) -> str:
    """Text as ASCII that LaTeX sets as it is: no command, no comment, no cell or row of it comes from the text."""
    plain = unicodedata.normalize("NFC", text)
    for pair in _PAIRS:
        while pair in plain:
            plain = plain.replace(pair, f"{pair[0]}\0{pair[1]}")
    return "".join(_character(c) for c in plain)


@cache
def _character(c: str) -> str:
    if c == "\0":
        return "{}"
    if c in "ȘșȚț":  # a comma below, which Latin letters have in Romanian alone
        return rf"\textcommabelow{{{unicodedata.normalize('NFD', c)[0]}}}"
    if c.isascii():
        return _ASCII.get(c, c if c.isprintable() else " ")
    if any(low <= ord(c) <= high for low, high in _KNOWN) or c in _SIGNS:
        return _command(c) or _plain(c)
    return _plain(c)


def _command(c: str) -> str | None:
    try:
        return _encoder().unicode_to_latex(c)
    except ValueError:
        return None


@cache
def _encoder() -> "UnicodeToLatexEncoder":
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    return UnicodeToLatexEncoder(
        unknown_char_policy="fail", unknown_char_warning=False, replacement_latex_protection="braces-all"
    )


def _plain(c: str) -> str:
    """The character in its plain form, a circled number in brackets; else its number, to be seen and looked up."""
    plain = _PLAIN.get(c) or unicodedata.normalize("NFKC", c)
    if unicodedata.category(c)[0] in "CZ":
        return " " if c.isspace() else ""
    if plain == c or (len(plain) > 1 and not plain.isprintable()):
        return f"{{[}}U+{ord(c):04X}{{]}}"
    words = escape_latex(plain)
    return f"({words})" if unicodedata.decomposition(c).startswith("<circle>") else words


def _document(about: pl.DataFrame) -> str:
    lines = [f"\\item[{escape_latex(label)}] {escape_latex(text)}" for label, text in about.iter_rows()]
    return (
        f"{_PREAMBLE}\\section*{{About these tables}}\n\\begin{{description}}\n" + "\n".join(lines) + "\n\\end{description}\n"
        "\\clearpage\n\\input{characteristics}\n\\clearpage\n\\begin{landscape}\n\\input{evidence_table}\n\\end{landscape}\n\\end{document}\n"
    )  # fmt: skip


def _characteristics(table: pl.DataFrame, title: str, about: pl.DataFrame) -> str:
    blocks = []  # each stays on one page: \\* ends a row without allowing a break
    for row in table.iter_rows(named=True):
        head = f"\\textbf{{{_linked(row['trial_id'], row['url'])}}} {escape_latex(row['title'])}"
        entries = [f"{capital(name)} & {escape_latex(row[name])}" for name in ENTRIES]
        blocks.append(
            f"\\multicolumn{{2}}{{@{{}}p{{0.97\\linewidth}}@{{}}}}{{{head}}} \\\\*\n" + " \\\\*\n".join(entries)
        )
    return _long(
        "characteristics", f"Characteristics of included trials ({title})",
        r"@{}>{\raggedright\arraybackslash}p{0.14\linewidth}>{\raggedright\arraybackslash}p{0.80\linewidth}@{}", 2, None,
        " \\\\\n\\midrule\n".join(blocks), about, r"\footnotesize",
    )  # fmt: skip


def _evidence(table: pl.DataFrame, title: str, about: pl.DataFrame) -> str:
    labels = ["Trial", "Fact", "Value as read", "Quote", "Where", "Record", "More"]
    shares = (0.095, 0.085, 0.19, 0.24, 0.17, 0.13, 0.03)
    columns = "".join(rf">{{\raggedright\arraybackslash}}p{{{share}\linewidth}}" for share in shares)
    rows = []
    for *words, record, more in table.iter_rows():
        breakable = escape_latex(record).replace(":", r":\allowbreak{}")
        rows.append(" & ".join([*map(escape_latex, words), breakable, str(more or "")]))
    return _long(
        "evidence", f"Values as read and the words that state them ({title})", f"@{{}}{columns}@{{}}", len(labels),
        " & ".join(labels), " \\\\\n".join(rows), about, r"\scriptsize\setlength{\tabcolsep}{3pt}",
    )  # fmt: skip


def _long(
    label: str, caption: str, columns: str, width: int, heads: str | None, body: str, about: pl.DataFrame, size: str
) -> str:
    """A longtable with its caption, heads that repeat, and the notes under it."""
    notes = {name: escape_latex(text) for name, text in about.iter_rows()}
    wording = " ".join(about.filter(pl.col("label") == "Wording")["text"])
    top = f"\\toprule\n{heads} \\\\\n\\midrule" if heads else "\\toprule"
    body = body or f"\\multicolumn{{{width}}}{{@{{}}l}}{{No trial.}}"
    foot = "\\bottomrule\n" if heads else ""  # blocks bring their own line
    note = f"{notes['How to read']} \\emph{{Source:}} {notes['How to cite']}"
    note += f" \\emph{{Wording:}} {escape_latex(wording)}" if wording else ""
    return (
        f"% {escape_latex(caption)}\n% {_NEEDS}\n% {notes['How to cite']}\n"
        f"\\begingroup{size}\\setlength{{\\LTcapwidth}}{{\\linewidth}}\\providecommand{{\\href}}[2]{{##2}}\n"
        f"\\begin{{longtable}}{{{columns}}}\n\\caption{{{escape_latex(caption)}}}\\label{{tab:{label}}} \\\\\n{top}\n\\endfirsthead\n"
        f"\\multicolumn{{{width}}}{{@{{}}l}}{{{escape_latex(caption)}, continued}} \\\\\n{top}\n\\endhead\n{foot}\\endfoot\n\\bottomrule\n\\endlastfoot\n"
        f"{body} \\\\\n\\end{{longtable}}\n"
        f"\\noindent {note}\\par\\endgroup\n"
    )


def _linked(number: str, url: str | None) -> str:
    """The register number, as a link where the address is a plain one."""
    safe = (url or "").startswith(("https://", "http://")) and not set(url or "") & set("\\{}%#^~&_$ <>\"'`|[]")
    return f"\\href{{{url}}}{{{escape_latex(number)}}}" if safe and (url or "").isascii() else escape_latex(number)
