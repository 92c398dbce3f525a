"""The algorithm "Find craters": a raster layer in, a styled GeoPackage out, by the program `crater-pipeline`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from processing.core.ProcessingConfig import ProcessingConfig
from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)
from qgis.PyQt import sip

from .degrees import bounds_in_degrees
from .running import WARNING, FailedError, Progress, StoppedError, run
from .settings import PLACE, PROGRAM_SETTING

INPUT, KIND, THRESHOLD, EXTENT = "INPUT", "KIND", "THRESHOLD", "EXTENT"
BODY, WEIGHTS, LOAD, OUTPUT = "BODY", "WEIGHTS", "LOAD", "OUTPUT"

KINDS = (("as it looks", None), ("image", "image"), ("terrain model", "dtm"))
"""How the kinds are called here, and by the program."""

LAYERS = ("craters", "centres", "footprint")
"""Layers of the GeoPackage that are outputs."""

LOADED = ("craters", "footprint")
"""Those that are put on the map: centres would be drawn inside the circles."""

HELP = """Finds the impact craters of an image or a terrain model.

The raster is a file with a reference system on its body's sphere, of any extent up to a whole body. Craters are circles
in the body's own geographic reference system, each with a diameter and a score, the probability that it is one.

The layer "footprint" is the area that was really searched: divide counts by its area_km2.

The work is done by the program crater-pipeline, which is installed beside QGIS. Where it lies is a setting: """


class Styler(QgsProcessingLayerPostProcessorInterface):
    """Gives a layer the style that the GeoPackage holds for it, which Processing does not look for."""

    def postProcessLayer(self, layer: Any, context: Any, feedback: Any) -> None:
        layer.loadDefaultStyle()


KEPT: list[Styler] = []
"""QGIS owns stylers, one a layer, but forgets their Python part unless somebody holds it."""


def new_styler() -> Styler:
    """A styler that lives as long as QGIS wants it."""
    KEPT[:] = [each for each in KEPT if not sip.isdeleted(each)]
    KEPT.append(Styler())
    return KEPT[-1]


class FindCraters(QgsProcessingAlgorithm):
    """Find the craters of a raster layer."""

    def createInstance(self) -> Any:
        return FindCraters()

    def name(self) -> str:
        return "findcraters"

    def displayName(self) -> str:
        return "Find craters"

    def tags(self) -> list[str]:
        return ["crater", "moon", "planet", "detection"]

    def shortHelpString(self) -> str:
        return HELP.replace("\n\n", "<br><br>") + PLACE + "."

    def initAlgorithm(self, configuration: Any = None) -> None:
        """The form."""
        self.addParameter(QgsProcessingParameterRasterLayer(INPUT, "Image or terrain model"))
        self.addParameter(
            QgsProcessingParameterEnum(KIND, "It is", [label for label, _ in KINDS], defaultValue=0, optional=True)
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                THRESHOLD,
                "Least score of a crater (nothing: as the weights say)",
                type=QgsProcessingParameterNumber.Double,
                optional=True,
                minValue=0.0,
                maxValue=1.0,
            )
        )
        self.addParameter(QgsProcessingParameterExtent(EXTENT, "Area (nothing: all of the raster)", optional=True))
        self._advanced(QgsProcessingParameterString(BODY, "Body", defaultValue="moon"))
        self._advanced(
            QgsProcessingParameterFile(
                WEIGHTS, "Weights (nothing: those that come with the program)", optional=True, extension="safetensors"
            )
        )
        self._advanced(QgsProcessingParameterBoolean(LOAD, "Add craters and footprint to the map", defaultValue=True))
        self.addParameter(QgsProcessingParameterFileDestination(OUTPUT, "Craters", "GeoPackage (*.gpkg)"))
        for layer in LAYERS:
            self.addOutput(QgsProcessingOutputVectorLayer(layer.upper(), layer.capitalize()))

    def _advanced(self, parameter: Any) -> None:
        parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
        self.addParameter(parameter)

    def processAlgorithm(self, parameters: Any, context: Any, feedback: Any) -> dict[str, str]:
        """Run the program; its warnings and errors become QGIS's."""
        out = self.parameterAsFileOutput(parameters, OUTPUT, context)
        progress = Progress()

        def heard(level: str, text: str) -> None:
            (feedback.pushWarning if level == WARNING else feedback.pushInfo)(text)
            percent = progress.percent(text)
            if percent is not None:
                feedback.setProgress(percent)

        try:
            run(self._command(parameters, context, out), feedback.isCanceled, heard)
        except StoppedError:
            return {}
        except FailedError as error:
            raise QgsProcessingException(str(error)) from error
        sources = {layer: f"{out}|layername={layer}" for layer in LAYERS}
        if self.parameterAsBoolean(parameters, LOAD, context):
            for layer in LOADED:
                details = QgsProcessingContext.LayerDetails(layer.capitalize(), context.project(), layer.upper())
                details.setPostProcessor(new_styler())
                context.addLayerToLoadOnCompletion(sources[layer], details)
        return {OUTPUT: out, **{layer.upper(): source for layer, source in sources.items()}}

    def _command(self, parameters: Any, context: Any, out: str) -> list[str]:
        """The command line that the form means."""
        program = str(ProcessingConfig.getSetting(PROGRAM_SETTING) or "").strip()
        if not os.access(program, os.X_OK) or Path(program).is_dir():
            raise QgsProcessingException(
                f"the program crater-pipeline is not at '{program}'; give its path in {PLACE}, or run "
                "'crater-pipeline qgis-provider' again where it is installed"
            )
        layer = self.parameterAsRasterLayer(parameters, INPUT, context)
        if layer is None:
            raise QgsProcessingException(self.invalidRasterError(parameters, INPUT))
        source = layer.source()
        if not Path(source).is_file():
            raise QgsProcessingException(f"{source}: is no file here; save the layer as a GeoTIFF and take that")
        command = [program, "find", source, "--out", out]
        kind = KINDS[self.parameterAsEnum(parameters, KIND, context)][1]
        weights = self.parameterAsFile(parameters, WEIGHTS, context)
        body = self.parameterAsString(parameters, BODY, context).strip()
        command += ["--kind", kind] if kind else []
        command += ["--weights", weights] if weights else []
        command += ["--body", body] if body else []
        if parameters.get(THRESHOLD) is not None:
            command += ["--threshold", repr(self.parameterAsDouble(parameters, THRESHOLD, context))]
        rectangle = self.parameterAsExtent(parameters, EXTENT, context)
        if not rectangle.isNull():
            crs = self.parameterAsExtentCrs(parameters, EXTENT, context)
            command += ["--bounds", *map(repr, bounds_in_degrees(rectangle, crs, layer, context))]
        return command
