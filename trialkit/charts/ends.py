"""Axes of tall charts: a reader in the middle of many rows finds the labels above and below."""

from typing import Any

import altair as alt

TALL = 25  # rows that are seen at a glance; more have their axis at both ends


def upper_end(rows: int) -> str:
    """Where the axis of a chart of so many rows stands: at the top, where reading begins, when it has more than TALL."""
    return "top" if rows > TALL else "bottom"


def at_both_ends(chart: Any, x: alt.X, rows: int) -> Any:
    """The chart, and below it its x axis once more, when it has more than TALL rows; else the chart as it is.

    `x` is the encoding of the chart: its axis stands at the top (`upper_end`), its scale has a domain.
    """
    if rows <= TALL:
        return chart
    lower = x.copy(deep=True)
    lower["axis"]["orient"] = "bottom"
    lower["axis"]["grid"] = False
    if lower["axis"].to_dict().get("labelAngle"):
        lower["axis"]["labelAlign"] = "right"
        lower["axis"]["labelBaseline"] = "middle"
    field = str(x["shorthand"]).partition(":")[0]
    spot = [{field: x["scale"]["domain"][0]}]
    unseen = alt.Chart(alt.InlineData(name="below", values=spot)).mark_point(opacity=0, aria=False).encode(x=lower)
    return alt.layer(chart, unseen).resolve_axis(x="independent")
