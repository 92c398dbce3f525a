"""QGIS styles (QML) of the GeoPackage's layers: what was found, how surely, and what the catalogue says to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid5
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd

from crater_pipeline.export.labelling import diameter_labels
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import crosses_antimeridian

QGIS_VERSION = "3.22.0"
"""The oldest QGIS that the styles are tried with."""

SCORE_COLOURS = ((0.8, "#fff04d"), (0.6, "#ffb52e"), (0.4, "#ff7a3c"), (0.2, "#f0447c"), (0.0, "#b04fe0"))
"""Least score and colour of a class, surest first: light to dark, so that they also differ without colour."""

STATUS_LINES = {"matched": ("solid", 0.5), "candidate": ("dash", 0.5), "unverifiable": ("dot", 0.35)}
"""Line style and width in mm by status."""

SPLIT_COLOURS = {"train": "#7fb2e5", "val": "#c3a6f2", "test": "#ffffff"}

OPEN = (
    "difference(boundary($geometry), "
    "geom_from_wkt('MULTILINESTRING((-180 -90,-180 90,180 90),(-180 -90,180 -90,180 90))'))"
)
"""Expression: the outline without what follows the edges of the map of longitude and latitude."""

FOUND, MISSED = "#35d07f", "#19c8ff"
"""Lines of catalogue craters: cold colours, those of the scores are warm."""


Symbol = Callable[[str, str, float], ET.Element]
"""Makes a symbol of a colour, a line's style and its width in mm."""


@dataclass(frozen=True)
class Rule:
    """One line of the legend: features that pass `filter`, drawn by `symbol`; nested rules refine their parent."""

    label: str
    filter: str
    symbol: ET.Element | None = None
    rules: Sequence["Rule"] = field(default=())


def styles(seam: bool = False) -> dict[str, str]:
    """QML by the layer's name; `seam` as in `symbology`."""
    return {name: qml(elements) for name, elements in symbology(seam).items()}


def symbology(seam: bool = False) -> dict[str, list[ET.Element]]:
    """What a layer's style consists of (renderer, labels), by the layer's name; a project embeds the same.

    With `seam`, outlines are not drawn where shapes are cut at the antimeridian or end at a pole: on the ground there
    is no line. That costs time at each drawing, so it is for regions that have such shapes (`crosses_seam`).
    """

    outline = outline_symbol(seam)
    splits = [
        Rule(f"Searched: {split}", f"\"split\" = '{split}'", outline(colour, "solid", 0.4))
        for split, colour in SPLIT_COLOURS.items()
    ]
    known = [
        Rule("Catalogue: found", '"found"', outline(FOUND, "solid", 0.25)),
        Rule("Catalogue: missed", 'NOT "found"', outline(MISSED, "solid", 0.35)),
    ]
    return {
        "craters": [renderer([_by_score(status, outline) for status in STATUS_LINES]), diameter_labels()],
        "centres": [renderer([_by_score(status, point_symbol) for status in STATUS_LINES])],
        "footprint": [renderer(splits)],
        "catalogue": [renderer(known)],
    }


def crosses_seam(footprint: gpd.GeoDataFrame, circles: Sequence[pd.DataFrame], body: Body) -> bool:
    """Whether the footprint or a circle (lon, lat, diameter_km) reaches the antimeridian or a pole."""
    west, south, east, north = footprint.total_bounds
    if west <= -180.0 or east >= 180.0 or south <= -90.0 or north >= 90.0:
        return True
    cut = (crosses_antimeridian(table["lon"], table["lat"], table["diameter_km"], body) for table in circles)
    return any(each.any() for each in cut)


def _by_score(status: str, symbol: Symbol) -> Rule:
    line, width = STATUS_LINES[status]
    upper = [None, *(least for least, _ in SCORE_COLOURS[:-1])]
    classes = [
        Rule(
            f"score {least:g} to {1 if below is None else below:g}",
            f'"score" >= {least:g}' + ("" if below is None else f' AND "score" < {below:g}'),
            symbol(colour, line, width),
        )
        for (least, colour), below in zip(SCORE_COLOURS, upper, strict=True)
    ]
    return Rule(status.capitalize(), f"\"status\" = '{status}'", rules=classes)


def qml(elements: Sequence[ET.Element]) -> str:
    """A style document."""
    root = ET.Element("qgis", version=QGIS_VERSION, styleCategories="Symbology|Labeling")
    root.extend(elements)
    ET.indent(root, " ")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def renderer(rules: Sequence[Rule]) -> ET.Element:
    """A rule-based renderer, the element `renderer-v2`."""
    element = ET.Element("renderer-v2", type="RuleRenderer", forceraster="0", symbollevels="0", enableorderby="0")
    top = ET.SubElement(element, "rules", key=_key("root"))
    symbols = ET.SubElement(element, "symbols")

    def add(parent: ET.Element, rule: Rule, path: str) -> None:
        attributes = {"label": rule.label, "filter": rule.filter, "key": _key(path)}
        if rule.symbol is not None:
            name = str(len(symbols))
            rule.symbol.set("name", name)
            symbols.append(rule.symbol)
            attributes["symbol"] = name
        child = ET.SubElement(parent, "rule", attributes)
        for number, nested in enumerate(rule.rules):
            add(child, nested, f"{path}.{number}")

    for number, rule in enumerate(rules):
        add(top, rule, str(number))
    return element


def _key(path: str) -> str:
    """An identifier as QGIS makes them, but the same in every run."""
    return f"{{{uuid5(NAMESPACE_OID, path)}}}"


def outline_symbol(seam: bool) -> Symbol:
    """Areas without fill, as `symbology` draws them."""

    def outline(colour: str, line: str, width: float) -> ET.Element:
        drawn = _outline(colour, line, width)
        return _without_seam(drawn) if seam else drawn

    return outline


def _outline(colour: str, line: str, width: float) -> ET.Element:
    """An area without fill."""
    options = {"line_color": _rgba(colour), "line_style": line, "line_width": f"{width:g}", "line_width_unit": "MM"}
    return _symbol("fill", "SimpleLine", {**options, "joinstyle": "round", "capstyle": "flat"})


def _without_seam(symbol: ET.Element) -> ET.Element:
    """The area's line, drawn along its boundary less the map's frame in degrees."""
    generated = _symbol(
        "fill", "GeometryGenerator", {"SymbolType": "Line", "geometryModifier": OPEN, "units": "MapUnit"}
    )
    line, layer = _symbol("line", "", {}), symbol.find("layer")
    assert layer is not None
    line.set("name", "@0@0")
    line[:] = [layer]
    holder = generated.find("layer")
    assert holder is not None
    holder.append(line)
    return generated


def point_symbol(colour: str, line: str, width: float) -> ET.Element:
    """A small cross."""
    options = {"name": "cross", "color": _rgba(colour), "outline_color": _rgba(colour), "outline_style": "solid"}
    size = {"size": f"{4 * width:g}", "size_unit": "MM", "outline_width": f"{width / 2:g}", "outline_width_unit": "MM"}
    return _symbol("marker", "SimpleMarker", {**options, **size})


def _symbol(kind: str, layer_class: str, options: dict[str, str]) -> ET.Element:
    symbol = ET.Element("symbol", type=kind, alpha="1", clip_to_extent="1", force_rhr="0")
    layer = ET.SubElement(symbol, "layer", {"class": layer_class, "enabled": "1", "locked": "0", "pass": "0"})
    table = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(table, "Option", type="QString", name=name, value=value)
        ET.SubElement(layer, "prop", k=name, v=value)  # what QGIS before 3.20 reads
    return symbol


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},255"
