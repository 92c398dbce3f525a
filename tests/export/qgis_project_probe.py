"""Run by the Python that has PyQGIS: opens a project as the desktop does, prints what it sees and draws maps of it.

Usage: qgis_project_probe.py out.json project.qgz [image.png layers x_min y_min x_max y_max width height] ...

`layers` are names joined by commas, the topmost first, or `all`; the extent is in units of the project's reference
system, or four times `-` for the one that the project opens with. out.json: what is seen of the project, its layers
and the maps.
"""

import json
import sys
from typing import Any

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument


def describe_crs(crs: Any) -> Any:
    return {
        "valid": crs.isValid(),
        "authid": crs.authid(),
        "proj": crs.toProj(),
        "geographic": crs.isGeographic(),
        "body": crs.celestialBodyName() if hasattr(crs, "celestialBodyName") else None,
    }


def describe(layer: Any) -> Any:
    seen = {"valid": layer.isValid(), "crs": describe_crs(layer.crs()), "source": layer.source()}
    if layer.isValid():
        seen["renderer"] = layer.renderer().type()
    if layer.isValid() and hasattr(layer, "labelsEnabled"):
        seen["features"] = layer.featureCount()
        seen["labels"] = layer.labelsEnabled()
        seen["legend"] = [rule.label() for rule in layer.renderer().rootRule().descendants()]
        document = QDomDocument("style")
        layer.exportNamedStyle(document)
        element = document.documentElement().firstChildElement("renderer-v2")
        text = QDomDocument()
        text.appendChild(text.importNode(element, True))
        seen["style"] = text.toString()
    return seen


def shown_at_first(project: Any) -> Any:
    """Extent of the canvas as the project's file has it; read as the desktop reads it."""
    held = []
    project.readProject.connect(lambda document: held.append(_canvas(document)))
    project.read(project.fileName())
    return held[-1]


def _canvas(document: Any) -> Any:
    settings = QgsMapSettings()
    settings.readXml(document.elementsByTagName("mapcanvas").at(0))
    return settings.extent(), describe_crs(settings.destinationCrs())


def draw(project: Any, extent: Any, path: Any, names: Any, size: Any) -> Any:
    layers = [node.layer() for node in project.layerTreeRoot().findLayers() if node.isVisible()]
    if names != "all":
        layers = [project.mapLayersByName(name)[0] for name in names.split(",")]
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setEllipsoid(project.ellipsoid())
    settings.setOutputSize(QSize(*size))
    settings.setExtent(extent)
    settings.setBackgroundColor(QColor(0, 0, 128))
    settings.setOutputDpi(96)
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.globalScope())
    context.appendScope(QgsExpressionContextUtils.projectScope(project))
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    settings.setExpressionContext(context)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)
    labels = [label.labelText for label in job.takeLabelingResults().allLabels()]
    drawn = settings.visibleExtent()
    return {
        "scale": settings.scale(),
        "extent": [drawn.xMinimum(), drawn.yMinimum(), drawn.xMaximum(), drawn.yMaximum()],
        "labels": labels,
        "errors": [error.message for error in job.errors()],
    }


def main(arguments: Any) -> None:
    out, path, maps = arguments[0], arguments[1], arguments[2:]
    project = QgsProject.instance()
    seen = {"read": project.read(path), "qgis": Qgis.QGIS_VERSION, "title": project.title()}
    extent, canvas_crs = shown_at_first(project)
    seen["crs"], seen["canvas_crs"] = describe_crs(project.crs()), canvas_crs
    seen["ellipsoid"] = project.ellipsoid()
    seen["extent"] = [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()]
    seen["relative"] = "./" in project.writePath(path) or not project.filePathStorage()
    seen["order"] = [node.name() for node in project.layerTreeRoot().findLayers()]
    seen["layers"] = {layer.name(): describe(layer) for layer in project.mapLayers().values()}
    seen["maps"] = []
    for start in range(0, len(maps), 8):
        image, names, *numbers = maps[start : start + 8]
        asked = extent if numbers[0] == "-" else QgsRectangle(*map(float, numbers[:4]))
        seen["maps"].append(draw(project, asked, image, names, tuple(map(int, numbers[4:]))))
    with open(out, "w") as stream:  # noqa: PTH123 (the system's Python may be old)
        json.dump(seen, stream)


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    main(sys.argv[1:])
    QgsProject.instance().clear()
    application.exitQgis()
