"""Text that a spreadsheet would run as a formula, made plain by an apostrophe in front, and back.

Registers are open to anyone's text. The rule: an apostrophe stands before text whose first sign is = + - or @, also in
their wide and small forms, whatever blanks, quotes and invisible signs come before it, and before text that begins with
a tab or a line break, apostrophes before these not counted. One apostrophe taken away wherever the rest is such text
gives every text back as it was. Numbers are no text, so negative ones stay numbers.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# Read the same by Python, by Rust and, in templates/report.js, by browsers.
_BEFORE = r"""[\x00-\x20"'`\x7f-\xa0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff‘’“”]*"""
FORMULA = rf"^(?:'*[\t\r\n]|{_BEFORE}[=+\-@＝＋－＠﹢﹣﹦﹫])"
_FORMULA = re.compile(FORMULA)


def disarm(text: str) -> str:
    """The text as it may stand in a spreadsheet."""
    return f"'{text}" if _FORMULA.match(text) else text


def arm(text: str) -> str:
    """The text of a cell that `disarm` wrote, as it was."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def disarmed(text: "pl.Expr") -> "pl.Expr":
    """`disarm` for a column."""
    import polars as pl

    pattern = re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", FORMULA)
    return pl.when(text.str.contains(pattern)).then(pl.lit("'") + text).otherwise(text)
