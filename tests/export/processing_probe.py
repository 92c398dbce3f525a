"""Run by the Python that has PyQGIS: the plugin's algorithm as the Processing toolbox runs it, told as JSON.

Usage: processing_probe.py folder-of-plugins cases.json out.json. A case is {"parameters": {...}}, with "program" to set
the plugin's setting, "project" for the project's reference system (WKT), and "cancel": a text at which it is stopped.
"""

import json
import sys
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
)

ALGORITHM = "craterpipeline:findcraters"
SETTING = "CRATER_PIPELINE_PROGRAM"


class Listener(QgsProcessingFeedback):  # type: ignore[misc]
    """Keeps what is said; stops when it hears a certain text."""

    def __init__(self, cancel: Any) -> None:
        super().__init__(False)
        self.stop_at = cancel
        self.said: Any = {"info": [], "warnings": [], "errors": [], "progress": []}
        self.progressChanged.connect(self.said["progress"].append)

    def pushInfo(self, info: Any) -> None:
        self.said["info"].append(info)
        if self.stop_at and self.stop_at in info:
            self.cancel()

    def pushWarning(self, warning: Any) -> None:
        self.said["warnings"].append(warning)

    def reportError(self, error: Any, fatalError: Any = False) -> None:
        self.said["errors"].append(error)


def layer_seen(layer: Any) -> Any:
    """What a user would see of a layer on the map."""
    rules = layer.renderer().rootRule().descendants() if layer.renderer().type() == "RuleRenderer" else []
    return {
        "name": layer.name(),
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "features": layer.featureCount(),
        "renderer": layer.renderer().type(),
        "rules": [rule.label() for rule in rules],
    }


def run(case: Any) -> Any:
    import processing
    from processing.core.ProcessingConfig import ProcessingConfig

    project = QgsProject.instance()
    project.clear()
    if "project" in case:
        project.setCrs(QgsCoordinateReferenceSystem.fromWkt(case["project"]))
    if "program" in case:
        ProcessingConfig.settings[SETTING].value = case["program"]  # as read when it was written: it may be gone
    context, feedback = QgsProcessingContext(), Listener(case.get("cancel"))
    context.setProject(project)
    context.setFeedback(feedback)
    results, failure = {}, ""
    try:
        results = processing.runAndLoadResults(ALGORITHM, case["parameters"], feedback, context)
    except Exception as error:
        failure = str(error)
    layers = [layer_seen(layer) for layer in project.mapLayers().values()]
    return {"results": results, "failure": failure, "layers": layers, **feedback.said}


def main(cases: Any) -> Any:
    import crater_finder
    from processing.core.Processing import Processing
    from processing.core.ProcessingConfig import ProcessingConfig

    plugin = crater_finder.classFactory(None)
    Processing.initialize()
    plugin.initProcessing()
    seen = {
        "listed": [each.id() for each in QgsApplication.processingRegistry().algorithms() if "crater" in each.id()],
        "program": ProcessingConfig.getSetting(SETTING),
        "runs": [run(case) for case in cases],
    }
    QgsProject.instance().clear()
    plugin.unload()
    seen["left"] = [each.id() for each in QgsApplication.processingRegistry().algorithms() if "crater" in each.id()]
    return seen


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    sys.path[:0] = [QgsApplication.pkgDataPath() + "/python/plugins", sys.argv[1]]
    with open(sys.argv[2]) as stream:  # noqa: PTH123 (the system's Python may be old)
        asked = json.load(stream)
    answer = main(asked)
    with open(sys.argv[3], "w") as stream:  # noqa: PTH123
        json.dump(answer, stream, default=str)
    application.exitQgis()
