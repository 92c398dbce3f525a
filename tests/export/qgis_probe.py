"""Run by the Python that has PyQGIS: opens layers as the desktop does and prints what it sees, as JSON.

Usage: qgis_probe.py out.json [path or path|layername=name ...]; a style other than the default is applied where the
path ends in #name of the style. With `--render image.png` first, the layers are also
drawn into an image of 600 x 600 pixels, in their own reference system.
"""

import json
import sys
from typing import Any

from qgis.core import QgsApplication, QgsMapRendererParallelJob, QgsMapSettings, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument


def look(uri: Any) -> Any:
    uri, _, style = uri.partition("#")
    layer = QgsVectorLayer(uri, "layer", "ogr")
    if style:
        _, numbers, names, *_ = layer.listStylesInDatabase()
        xml, _ = layer.getStyleFromDatabase(numbers[names.index(style)])
        document = QDomDocument()
        document.setContent(xml)
        layer.importNamedStyle(document)
    seen = {"valid": layer.isValid(), "features": layer.featureCount(), "crs_valid": layer.crs().isValid()}
    if layer.isValid():
        seen["crs"] = layer.crs().authid()
        seen["renderer"] = layer.renderer().type()
        seen["geometries_valid"] = all(feature.geometry().isGeosValid() for feature in layer.getFeatures())
        seen["fields"] = [field.name() for field in layer.fields()]
        if seen["renderer"] == "RuleRenderer":
            rules = layer.renderer().rootRule().descendants()
            seen["rules"] = [rule.label() for rule in rules]
            seen["filters_valid"] = all(not rule.filter() or not rule.filter().hasParserError() for rule in rules)
            seen["symbols"] = [rule.symbol().symbolLayer(0).layerType() for rule in rules if rule.symbol()]
    return layer, seen


def draw(layers: Any, path: Any) -> None:
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[0].crs())
    settings.setExtent(layers[-1].extent())
    settings.setOutputSize(QSize(600, 600))
    settings.setBackgroundColor(QColor(0, 0, 0))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)


def main(arguments: Any) -> None:
    image = None
    if arguments[0] == "--render":
        image, arguments = arguments[1], arguments[2:]
    opened = [look(uri) for uri in arguments[1:]]
    with open(arguments[0], "w") as stream:  # noqa: PTH123 (the system's Python may be old)
        json.dump([seen for _, seen in opened], stream)
    if image:
        draw([layer for layer, _ in opened], image)


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    main(sys.argv[1:])
    QgsProject.instance().clear()
    application.exitQgis()
