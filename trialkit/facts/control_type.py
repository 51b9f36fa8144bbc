"""What the cell arms are compared with."""

import re
from collections.abc import Sequence

from trialkit.facts import guard

_STANDARD = guard.compile(
    r"standard|conventional|usual care|best (?:available|supportive)|routine|soc\b|background therapy", re.I
)
_UNTREATED = guard.compile(
    r"\bno (?:treatment|intervention|cells?|msc)|untreated|blank control|observation(?:al)? (?:only|group)|without (?:treatment|cells?)",
    re.I,
)
_PLACEBO = guard.compile(r"\bplacebo|vehicle|\bsham\b|saline", re.I)


def find_control_type(
    arms: Sequence[tuple[str, str | None, str | None, bool]], single_group: bool, prose: str = ""
) -> tuple[str, int | None]:
    """(control type, index of the arm it was read from or None).

    `arms` are (label, type, text, gets cells) in registered order, `text` being everything the arm says. Precedence: placebo, sham, no
    treatment, standard of care, active, dose comparison, none. Without arms the design decides; without a design
    the answer is `not_reported`. A control group that only the prose names ("blank control group") counts as well.
    """
    controls = [(n, label, kind, text or "") for n, (label, kind, text, cells) in enumerate(arms) if not cells]
    for n, label, kind, _text in controls:
        if kind == "sham_comparator":
            return "sham", n
        if kind == "placebo_comparator" or _PLACEBO.search(label):
            return "placebo", n
    for n, label, kind, _text in controls:
        if kind == "no_intervention" or _UNTREATED.search(label):
            return "no_treatment", n
    for n, label, _kind, text in controls:
        if _STANDARD.search(label) or _STANDARD.search(text):
            return "standard_of_care", n
    if all(kind is None for _n, _label, kind, _text in controls) and _UNTREATED.search(prose):
        return "no_treatment", None
    if controls:
        return "active", controls[0][0]
    if len(arms) > 1:
        return "dose_comparison", None
    if single_group:
        return "none", None
    return "not_reported", None
