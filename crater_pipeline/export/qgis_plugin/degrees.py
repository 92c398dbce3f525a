"""A rectangle on any map of a body as longitudes and latitudes."""

from __future__ import annotations

from typing import Any

from osgeo import osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsPointXY,
    QgsProcessingException,
)

from .longitudes import spanned

STEPS = 32
"""Points along each side, less one, that are taken to longitude and latitude."""


def bounds_in_degrees(rectangle: Any, crs: Any, layer: Any, context: Any) -> tuple[float, float, float, float]:
    """West, south, east, north of a rectangle of the system `crs`; west > east where it crosses the antimeridian.

    Raises
    ------
    QgsProcessingException
        If `crs` does not stand on the body of `layer`, or the rectangle lies beside the map.
    """
    system = crs if crs.isValid() else layer.crs()
    geographic = geographic_system(layer.crs())
    if geographic_system(system).ellipsoidAcronym() != geographic.ellipsoidAcronym():
        raise QgsProcessingException(
            f"the area is given in {system.userFriendlyIdentifier()}, which is not a system of the raster's body; draw "
            "it on the raster, with the project in the raster's reference system"
        )
    transform = QgsCoordinateTransform(system, geographic, context.transformContext())
    places = []
    for row in range(STEPS + 1):
        for column in range(STEPS + 1):
            x = rectangle.xMinimum() + rectangle.width() * column / STEPS
            y = rectangle.yMinimum() + rectangle.height() * row / STEPS
            places += moved(transform, x, y)
    if not places:
        raise QgsProcessingException("the area lies beside the body's map; draw it on the raster")
    south, north = min(place.y() for place in places), max(place.y() for place in places)
    back = QgsCoordinateTransform(geographic, system, context.transformContext())
    for pole in (-90.0, 90.0):
        if not system.isGeographic() and any(rectangle.contains(place) for place in moved(back, 0.0, pole)):
            return -180.0, min(south, pole), 180.0, max(north, pole)
    west, east = spanned([place.x() for place in places])
    return west, max(south, -90.0), east, min(north, 90.0)


def moved(transform: Any, x: float, y: float) -> list[Any]:
    """The point in the other system, or none if it has no place there."""
    try:
        return [transform.transform(QgsPointXY(x, y))]
    except QgsCsException:
        return []


def geographic_system(crs: Any) -> Any:
    """Longitude and latitude on the sphere of `crs`. (QGIS can tell itself from version 3.24 on.)"""
    reference = osr.SpatialReference()
    reference.ImportFromWkt(crs.toWkt())
    geographic = reference.CloneGeogCS()
    return QgsCoordinateReferenceSystem.fromWkt(geographic.ExportToWkt() if geographic else "")
