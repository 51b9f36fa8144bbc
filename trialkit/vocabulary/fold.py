"""Fold text to ASCII bytes, one byte per character, so that an offset in the folded text is an offset in the original.

Unicode normalisation must never come before spans are taken: NFKC turns `2x10⁶` into `2x106` and moves every later
offset. Here each character becomes exactly one byte: dashes `-`, multiplication signs `x`, full-width punctuation its
ASCII twin, superscript digits the control bytes 0x10-0x19 (so that `10⁶` stays apart from `106`), the plus-minus sign 0x1B, and
everything unknown 0x1A.
"""

import codecs

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
SUPERSCRIPT_ZERO = 0x10  # the byte for `⁰`; `¹` is the next one and so on
UNKNOWN = "\x1a"

_ONE_FOR_ONE = {
    **{c: chr(SUPERSCRIPT_ZERO + n) for n, c in enumerate(SUPERSCRIPTS)},
    **dict.fromkeys("‐‑‒–—―−﹣－─", "-"),
    **dict.fromkeys("×✕✖⨯хХⅹχ＊∗", "x"),
    **dict.fromkeys("·∙•⋅・‧", "."),
    **dict.fromkeys("，、﹐", ","),
    **dict.fromkeys("；", ";"),
    **dict.fromkeys("：", ":"),
    **dict.fromkeys("（［【", "("),
    **dict.fromkeys("）］】", ")"),
    **dict.fromkeys("～〜∼˜", "~"),
    **dict.fromkeys("’‘´`ʼ′", "'"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("≥⩾＞˃", ">"),
    **dict.fromkeys("≤⩽＜˂", "<"),
    **dict.fromkeys("µμ", "u"),
    **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f\u3000\u2002\u2003\u2005", " "),
    **dict.fromkeys("éèêëÉÈÊË", "e"),
    **dict.fromkeys("áàâäãåÁÀÂÄÃÅ", "a"),
    **dict.fromkeys("óòôöõøÓÒÔÖÕØ", "o"),
    **dict.fromkeys("íìîïÍÌÎÏ", "i"),
    **dict.fromkeys("úùûüÚÙÛÜ", "u"),
    **dict.fromkeys("çÇ", "c"),
    **dict.fromkeys("ñÑ", "n"),
    **{chr(0xFF10 + n): str(n) for n in range(10)},
    **{chr(0xFF21 + n): chr(97 + n) for n in range(26)},
    **{chr(0xFF41 + n): chr(97 + n) for n in range(26)},
    "±": "\x1b",
    "ˆ": "^",
    "％": "%",
    "／": "/",
    "。": ".",
    "＝": "=",
    "＋": "+",
}


def _one_byte_each(error: UnicodeError) -> tuple[str, int]:
    text = error.object[error.start : error.end]
    return "".join(_ONE_FOR_ONE.get(c, UNKNOWN) for c in text), error.end


codecs.register_error("trialkit-fold", _one_byte_each)

# For words, joiners are blanks: "bone-marrow", "bone_marrow" and "bone/marrow" are "bone marrow". Still one for one.
_JOINERS = bytes.maketrans(b"-_/\n\r\t*", b"       ")


def fold(text: str) -> bytes:
    """Lower-case ASCII bytes of the same length as `text`. Never raises; lone surrogates fold to 0x1A too."""
    return text.encode("ascii", "trialkit-fold").lower()


def fold_words(text: str) -> bytes:
    """Like `fold`, with hyphens, slashes and line breaks as blanks: the form in which vocabulary terms are matched."""
    return fold(text).translate(_JOINERS)
