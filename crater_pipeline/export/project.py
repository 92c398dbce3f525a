"""A QGIS project (.qgz) of a region, written without QGIS: the raster, and over it what was searched, known and found.

It is drawn in the raster's own conformal projection, so that craters are round. Its layers refer to their files by
paths relative to the project, so that the folder can be moved.
"""

import hashlib
import logging
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from crater_pipeline.atomic import atomic_path
from crater_pipeline.errors import UserError
from crater_pipeline.export.edits import kept_path
from crater_pipeline.export.mosaic_view import MosaicView
from crater_pipeline.export.project_layers import raster_layer, reference_system, relative_source, vector_layers
from crater_pipeline.export.styles import QGIS_VERSION
from crater_pipeline.recognition import NOT_OURS, is_project
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.projections import transformer

logger = logging.getLogger(__name__)

CLOSED = ("catalogue", "footprint", "mosaic")
"""Layers whose legend is folded."""

MARGIN = 0.02
"""Share of the searched area's extent that is shown around it."""

OUTLINE_STEP_DEG = 0.25
"""Longest edge of the searched area's outline when its extent on the map is sought: parallels are curves there."""

TIMESTAMP = (1980, 1, 1, 0, 0, 0)
"""A constant in the archive, so that the same craters give the same bytes."""

Extent = tuple[float, float, float, float]


def write_project(
    path: Path,
    title: str,
    geopackage: Path,
    mosaic: MosaicView,
    footprint: gpd.GeoDataFrame,
    body: Body,
    seam: bool = False,
) -> None:
    """Write the project; `geopackage` holds the layers of a region, `footprint` the area that is shown at first;
    `seam` as in `styles.symbology`.

    A project that is there and was saved by a user since it was written is kept beside the new one.

    Raises
    ------
    UserError
        If something else than a project is there.
    """
    extent = shown_extent(footprint, mosaic, body)
    document = project_document(title, path.parent, geopackage, mosaic, extent, body, seam)
    with atomic_path(path) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(f"{path.stem}.qgs", TIMESTAMP), document, zipfile.ZIP_DEFLATED)
            archive.comment = _hash(document.encode())
        if path.exists() and not is_as_written(path):
            if not is_project(path):
                raise UserError(f"{path}: {NOT_OURS}")
            kept = path.rename(kept_path(path))
            logger.warning("%s was saved since it was written: it is kept as %s", path, kept.name)


def is_as_written(path: Path) -> bool:
    """Whether a project is the one that was written here: its archive's comment is the hash of its document."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [_hash(archive.read(name)) for name in archive.namelist()] == [archive.comment]
    except (zipfile.BadZipFile, OSError):
        return False


def _hash(document: bytes) -> bytes:
    return hashlib.sha256(document).hexdigest().encode()


def shown_extent(footprint: gpd.GeoDataFrame, mosaic: MosaicView, body: Body) -> Extent:
    """(x minimum, y minimum, x maximum, y maximum) on the map: the searched area, or the raster if there is none."""
    to_map = transformer(body.geographic_crs, mosaic.crs)
    outline = shapely.segmentize(footprint.geometry.to_numpy(dtype=object), OUTLINE_STEP_DEG)
    lon, lat = shapely.get_coordinates(outline).T
    xy = np.column_stack(to_map.transform(lon, lat))
    xy = xy[np.isfinite(xy).all(axis=1)]
    left, bottom, right, top = mosaic.extent
    if len(xy) == 0:
        return mosaic.extent
    (x0, y0), (x1, y1) = xy.min(axis=0), xy.max(axis=0)
    margin = MARGIN * max(x1 - x0, y1 - y0)
    return max(x0 - margin, left), max(y0 - margin, bottom), min(x1 + margin, right), min(y1 + margin, top)


def project_document(
    title: str, folder: Path, geopackage: Path, mosaic: MosaicView, extent: Extent, body: Body, seam: bool
) -> str:
    """The XML of the project; sources are given relative to `folder`."""
    root = ET.Element("qgis", projectname=title, version=QGIS_VERSION)
    ET.SubElement(root, "title").text = title
    ET.SubElement(root, "projectCrs").append(reference_system(mosaic.crs))
    maps = [*vector_layers(relative_source(geopackage, folder), body, seam), raster_layer(mosaic, folder)]
    root.append(_tree(maps))
    root.append(_canvas(extent, mosaic.crs))
    projectlayers = ET.SubElement(root, "projectlayers")
    projectlayers.extend(maps)
    order = ET.SubElement(root, "layerorder")
    for each in maps:
        ET.SubElement(order, "layer", id=_text(each, "id"))
    root.append(_properties(body))
    ET.indent(root, " ")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def _tree(maps: list[ET.Element]) -> ET.Element:
    """The legend."""
    tree = ET.Element("layer-tree-group")
    for layer in maps:
        name = _text(layer, "layername")
        ET.SubElement(
            tree,
            "layer-tree-layer",
            id=_text(layer, "id"),
            name=name,
            source=_text(layer, "datasource"),
            providerKey=_text(layer, "provider"),
            checked="Qt::Checked",
            expanded="0" if name.lower() in CLOSED else "1",
        )
    return tree


def _canvas(extent: Extent, crs: CRS) -> ET.Element:
    canvas = ET.Element("mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = "meters"
    box = ET.SubElement(canvas, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), extent, strict=True):
        ET.SubElement(box, name).text = f"{value:.3f}"
    ET.SubElement(canvas, "rotation").text = "0"
    ET.SubElement(canvas, "destinationsrs").append(reference_system(crs))
    return canvas


def _properties(body: Body) -> ET.Element:
    """Relative paths, reprojection on, measuring on the body's sphere in kilometres."""
    properties = ET.Element("properties")
    for group, name, kind, value in (
        ("Paths", "Absolute", "bool", "false"),
        ("SpatialRefSys", "ProjectionsEnabled", "int", "1"),
        ("Measure", "Ellipsoid", "QString", f"PARAMETER:{body.radius_m:.10g}:{body.radius_m:.10g}"),
        ("Measurement", "DistanceUnits", "QString", "kilometers"),
        ("Measurement", "AreaUnits", "QString", "km2"),
    ):
        parent = properties.find(group)
        parent = ET.SubElement(properties, group) if parent is None else parent
        ET.SubElement(parent, name, type=kind).text = value
    return properties


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(name) or ""
