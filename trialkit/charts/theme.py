"""One look for every chart: fonts, sizes, and a fixed colour, order and shape for the words that recur.

Colours are Okabe-Ito and its darker relatives: told apart with any colour vision and at 3:1 on white. They never
carry a meaning alone: every chart also has position, shape or a label for it.
"""

import altair as alt

# The script of the report turns these, and the charcoal below, over for a dark page (RECOLOUR in templates/report.js).
# Words on a coloured mark are plain "white" or "black", which stay what they are.
INK, MUTED, GRID, PAPER = "#24292f", "#57606a", "#d8dee4", "#ffffff"
CHARCOAL, ON_CHARCOAL = "#3d3d3d", "#fefefe"
NOT_REPORTED = "#8c959f"

# Source groups in the order of every legend and axis; see summaries.source_group.
SOURCE_COLOURS = {
    "Umbilical cord": "#009e73",
    "Cord blood": "#56b4e9",
    "Amnion": "#cc79a7",
    "Placenta": "#8f4e9e",
    "Adipose": "#d55e00",
    "Bone marrow": "#0072b2",
    "Dental": "#a6761d",
    "Other tissue": "#6b6b00",
    "Several tissues": CHARCOAL,
    "Not reported": NOT_REPORTED,
}
_DARK_SOURCES = ["Bone marrow", "Placenta", "Other tissue"]  # carry white text at 4.5:1; the others black
DONOR_COLOURS = {"Allogeneic": "#0072b2", "Autologous": "#d55e00", "Both": CHARCOAL, "Not reported": NOT_REPORTED}
STATUS_COLOURS = {"Reported": "#0072b2", "Conflicting": "#cc79a7", "Unread cue": "#e69f00", "Not reported": "#b6bdc5"}
BASIS_SHAPES = {
    "per kg": "circle",
    "total": "square",
    "per mL": "triangle-up",
    "per site": "diamond",
    "per area": "cross",
    "unclear": "triangle-down",
}
ENROLLMENT_FILL = {"actual": True, "planned": False}
SEQUENTIAL = ["#f0f6fb", "#0b4f80"]  # from few to many; the number is always printed in the cell

WIDTH = 640  # drawn width of a full chart; a phone scrolls the figure, not the page


alt.data_transformers.disable_max_rows()  # the reports hold their own data: a chart of many trials is large, not wrong


@alt.theme.register("trialkit", enable=True)
def _theme() -> alt.theme.ThemeConfig:
    label = {"labelFont": "system-ui, sans-serif", "titleFont": "system-ui, sans-serif"}
    return {
        "config": {
            "font": "system-ui, sans-serif",
            "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": 280},
            "axis": {**label, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelColor": INK,
                     "titleColor": MUTED, "gridColor": GRID, "domain": False, "tickColor": GRID, "labelLimit": 320},
            "legend": {**label, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "orient": "top",
                       "labelColor": INK, "titleColor": MUTED, "columns": 5, "symbolSize": 90, "labelLimit": 240},
            "header": {**label, "labelFontSize": 13, "labelFontWeight": "bold", "labelAnchor": "start", "title": None, "labelColor": INK},
            "title": {"anchor": "start", "fontSize": 15, "subtitleFontSize": 12, "subtitleColor": MUTED, "color": INK, "offset": 14},
            "point": {"size": 60, "filled": True, "strokeWidth": 1.6},
            "text": {"fontSize": 12, "color": INK},
        }
    }  # fmt: skip


def source_scale(present: list[str] | None = None) -> alt.Scale:
    """Source group -> colour, in the fixed order; only the groups `present` when given."""
    names = [name for name in SOURCE_COLOURS if present is None or name in present]
    return alt.Scale(domain=names, range=[SOURCE_COLOURS[name] for name in names])


def text_on_source() -> alt.Color:
    """Colour of a number printed on a mark filled by `source`: white or black, whichever reads at 4.5:1."""
    named = alt.FieldOneOfPredicate
    return (
        alt.when(named(field="source", oneOf=["Several tissues"]))
        .then(alt.value(ON_CHARCOAL))
        .when(named(field="source", oneOf=_DARK_SOURCES))
        .then(alt.value("white"))
        .otherwise(alt.value("black"))
    )


def text_on_shade(share: str) -> alt.Color:
    """Colour of a number printed on SEQUENTIAL at `share` (an expression, 0 to 1): white or black, at 4.3:1 or better."""
    return alt.condition(f"{share} > 0.72", alt.value("white"), alt.value("black"))


def donor_scale() -> alt.Scale:
    """Donor -> colour, in the fixed order."""
    return alt.Scale(domain=list(DONOR_COLOURS), range=list(DONOR_COLOURS.values()))


def log_cells(title: str, domain: tuple[float, float] | None = None) -> alt.X:
    """A log axis of cells with readable ticks (1M, 10M) for the field `cells`."""
    scale = alt.Scale(type="log", domain=list(domain)) if domain else alt.Scale(type="log")
    million = "datum.value >= 1e9 ? format(datum.value / 1e9, ',.3~r') + ' bn' : datum.value >= 1e6 ? format(datum.value / 1e6, ',.3~r') + ' M' : datum.value >= 1e3 ? format(datum.value / 1e3, ',.3~r') + ' k' : datum.value"
    return alt.X("cells:Q", title=title, scale=scale, axis=alt.Axis(labelExpr=million, tickCount=6))


def describe(chart: alt.TopLevelMixin, description: str) -> alt.TopLevelMixin:
    """The chart with its text alternative, which is also its caption; a chart without one does not leave this package."""
    if not description.strip():
        raise ValueError("a chart needs a description generated from its data")
    return chart.properties(description=description)


def empty_chart(message: str) -> alt.Chart:
    """What stands where a chart would, when the selection holds nothing to draw."""
    chart = alt.Chart(alt.InlineData(name="message", values=[{"message": message}])).mark_text(
        align="left", fontSize=13, color=MUTED
    )
    return describe(chart.encode(text="message:N", x=alt.value(0)).properties(height=30, width=WIDTH), message)
