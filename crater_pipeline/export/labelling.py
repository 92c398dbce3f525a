"""Labels of craters in QGIS: the diameter, outside the rim, for craters that are large enough on the screen."""

from xml.etree import ElementTree as ET

LEAST_MM = 8.0
"""Diameter on the map from which a crater is labelled: smaller ones would drown in their labels."""

SMALLEST_SCALE = 2_000_000
"""Denominator of the smallest scale with labels: there a label stands for a crater of 16 km or more."""

TEXT = 'format_number("diameter_km", if("diameter_km" < 10, 2, 1)) || \' km\''

OUTSIDE_POLYGONS = 8
"""QGIS's number of the placement beside the outline."""

EXPRESSION = 3
"""QGIS's number for a property that is given by an expression."""


def diameter_labels() -> ET.Element:
    """The `labeling` element of a layer with `diameter_km` (kilometres).

    No font is named, so that every system takes its own. What a label's crater measures on the map depends on the
    scale that QGIS computes: in a project with longitude and latitude it takes the Earth's radius for it.
    """
    labeling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        fieldName=TEXT,
        isExpression="1",
        fontSize="10",
        fontSizeUnit="Point",
        fontWeight="63",
        textColor="255,255,255,255",
        textOpacity="1",
    )
    ET.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor="0,0,0,255",
        bufferOpacity="0.85",
        bufferNoFill="1",
        bufferJoinStyle="128",
    )
    ET.SubElement(settings, "placement", placement=str(OUTSIDE_POLYGONS), dist="0.5", distUnits="MM", priority="5")
    ET.SubElement(
        settings,
        "rendering",
        scaleVisibility="1",
        scaleMin="0",  # the names are of the denominators
        scaleMax=str(SMALLEST_SCALE),
        obstacle="0",
        drawLabels="1",
        limitNumLabels="0",
    )
    settings.append(_properties({"Show": f'"diameter_km" * 1e6 / @map_scale >= {LEAST_MM:g}'}))
    return labeling


def _properties(expressions: dict[str, str]) -> ET.Element:
    """Properties given by expressions, as QGIS stores them."""
    element = ET.Element("dd_properties")
    collection = ET.SubElement(element, "Option", type="Map")
    ET.SubElement(collection, "Option", name="name", type="QString", value="")
    table = ET.SubElement(collection, "Option", name="properties", type="Map")
    for name, expression in expressions.items():
        single = ET.SubElement(table, "Option", name=name, type="Map")
        ET.SubElement(single, "Option", name="active", type="bool", value="true")
        ET.SubElement(single, "Option", name="expression", type="QString", value=expression)
        ET.SubElement(single, "Option", name="type", type="int", value=str(EXPRESSION))
    ET.SubElement(collection, "Option", name="type", type="QString", value="collection")
    return element
