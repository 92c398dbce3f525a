"""A second QGIS style of the craters: colours by depth over diameter, fresh ones light, worn ones dark."""

from itertools import pairwise

import pandas as pd

from crater_pipeline.export.labelling import diameter_labels
from crater_pipeline.export.named_style import NamedStyle
from crater_pipeline.export.styles import Rule, Symbol, outline_symbol, point_symbol, qml, renderer

NAME = "depth to diameter"

CLASSES = ((0.15, "fresh", "#fde725"), (0.10, "middling", "#5ec962"), (0.06, "shallow", "#21a5a0"))
"""Least depth over diameter, what a simple crater of it is, and a colour: those of the report's recall by depth."""

WORN, UNKNOWN = "#6d7fe0", "#a8a8a8"
"""Colours of what is shallower, and of craters without a depth."""

LINE, THIN = ("solid", 0.5), ("dot", 0.25)


def depth_styles(craters: pd.DataFrame, seam: bool) -> list[NamedStyle]:
    """Styles of the layers `craters` and `centres`; none where no crater has a depth. `seam` as in `symbology`."""
    if "depth_to_diameter" not in craters or craters["depth_to_diameter"].isna().all():
        return []
    outlines = [renderer(_rules(outline_symbol(seam))), diameter_labels()]
    return [
        NamedStyle("craters", NAME, qml(outlines)),
        NamedStyle("centres", NAME, qml([renderer(_rules(point_symbol))])),
    ]


def _rules(symbol: Symbol) -> list[Rule]:
    column = '"depth_to_diameter"'
    least, name, colour = CLASSES[0]
    rules = [Rule(f"d/D {least:g} and more: {name}", f"{column} >= {least:g}", symbol(colour, *LINE))]
    for (below, _, _), (least, name, colour) in pairwise(CLASSES):
        within = f"{column} >= {least:g} AND {column} < {below:g}"
        rules.append(Rule(f"d/D {least:g} to {below:g}: {name}", within, symbol(colour, *LINE)))
    least = CLASSES[-1][0]
    rules.append(Rule(f"d/D below {least:g}: worn", f"{column} < {least:g}", symbol(WORN, *LINE)))
    return [*rules, Rule("no depth", f"{column} IS NULL", symbol(UNKNOWN, *THIN))]
