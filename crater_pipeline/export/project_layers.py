"""The layers of a QGIS project: elements `maplayer`, each with its source, its reference system and its renderer."""

import os
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from pyproj import CRS

from crater_pipeline.export.mosaic_view import MosaicView
from crater_pipeline.export.styles import symbology
from crater_pipeline.sphere.bodies import Body

LAYERS = {"craters": "Polygon", "catalogue": "Polygon", "footprint": "Polygon"}
"""Layers of the GeoPackage from the top down, with QGIS's name of their geometry."""


def vector_layers(source: str, body: Body, seam: bool) -> Iterator[ET.Element]:
    for name, geometry in LAYERS.items():
        layer = ET.Element("maplayer", type="vector", geometry=geometry, hasScaleBasedVisibilityFlag="0")
        layer.set("labelsEnabled", "1" if name == "craters" else "0")
        _describe(layer, name, f"{source}|layername={name}", "ogr", body.geographic_crs)
        layer.extend(symbology(seam)[name])
        yield layer


def raster_layer(mosaic: MosaicView, folder: Path) -> ET.Element:
    layer = ET.Element("maplayer", type="raster", hasScaleBasedVisibilityFlag="0")
    _describe(layer, "mosaic", relative_source(mosaic.path, folder), "gdal", mosaic.crs)
    pipe = ET.SubElement(layer, "pipe")
    grey = {"type": "singlebandgray", "grayBand": "1", "gradient": "BlackToWhite", "alphaBand": "-1", "opacity": "1"}
    contrast = ET.SubElement(ET.SubElement(pipe, "rasterrenderer", grey), "contrastEnhancement")
    low, high = mosaic.stretch
    for name, value in (
        ("minValue", f"{low:.9g}"),
        ("maxValue", f"{high:.9g}"),
        ("algorithm", "StretchToMinimumMaximum"),
    ):
        ET.SubElement(contrast, name).text = value
    # averaging when zoomed out: single pixels of a rough surface would glitter
    ET.SubElement(
        pipe, "rasterresampler", maxOversampling="2", zoomedOutResampler="bilinear", zoomedInResampler="bilinear"
    )
    return layer


def _describe(layer: ET.Element, name: str, source: str, provider: str, crs: CRS) -> None:
    ET.SubElement(layer, "id").text = f"{name}_of_the_region"  # shorter ones are not accepted
    ET.SubElement(layer, "datasource").text = source
    ET.SubElement(layer, "layername").text = name.capitalize()
    ET.SubElement(layer, "srs").append(reference_system(crs))
    ET.SubElement(layer, "provider").text = provider


def reference_system(crs: CRS) -> ET.Element:
    """The `spatialrefsys` element: well-known text, and the registered name where there is one."""
    element = ET.Element("spatialrefsys", nativeFormat="Wkt")
    known = crs.to_authority(min_confidence=100)
    values = {
        "wkt": crs.to_wkt(),
        "proj4": "",
        "srsid": "0",
        "srid": "0",
        "authid": f"{known[0]}:{known[1]}" if known else "",
        "description": crs.name,
        "projectionacronym": "",
        "ellipsoidacronym": "",
        "geographicflag": "true" if crs.is_geographic else "false",
    }
    for name, value in values.items():
        ET.SubElement(element, name).text = value
    return element


def relative_source(path: Path, folder: Path) -> str:
    """A path as QGIS writes relative ones, with forward slashes and a leading `./` or `../`."""
    relative = Path(os.path.relpath(path, folder)).as_posix()
    return relative if relative.startswith("../") else f"./{relative}"
