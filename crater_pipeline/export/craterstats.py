"""Files for crater dating: `_CRATER.shp` with `_AREA.shp`, `.diam` and `.scc`, which CraterStats reads as they are.

On the sphere of these programs an edge is a great circle and there is no map: circles are not cut at the antimeridian,
and the searched area has no seam there.
"""

from collections.abc import Callable
from itertools import chain
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from crater_pipeline.atomic import write_lines
from crater_pipeline.export.shapefile import write_shapefile
from crater_pipeline.export.streams import Geometries
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import circle_rings

VERTICES = 360
"""CraterStats takes a diameter from the polygon's area: with 360 vertices it is short by 25 millionths."""

LARGEST_FILE = 2**31
"""Bytes of a shapefile that every program reads; for more than 370,000 craters the rings get fewer vertices."""

MAX_EDGE_DEG = 0.25
"""Longest edge of the area's outline: over it a great circle leaves a parallel of the Moon by at most 2 m."""

SEAM_M = 1.0
"""Gaps and slits up to twice this wide, left by rounding where parts meet, are closed."""

MIN_RING_KM2 = 1e-3
"""Smaller rings are rounding, not ground."""


def searched_area(footprint: gpd.GeoDataFrame, body: Body) -> list[shapely.Polygon]:
    """The footprint as polygons that share no edge, longitudes possibly beyond 180 so that no seam is left.

    Parts are dissolved on the plane of longitude and latitude, those west of the antimeridian moved by 360 degrees
    when the area crosses it. An area around a pole is dissolved on a polar stereographic map instead.
    """
    parts = [part for part in shapely.get_parts(footprint.geometry.to_numpy()) if not part.is_empty]
    if not parts:
        return []
    whole = shapely.unary_union(parts)
    west, south, east, north = whole.bounds
    if max(north, -south) >= 90.0:
        return _dissolved_around_pole(whole, 90.0 if north >= 90.0 else -90.0, body)
    if west <= -180.0 and east >= 180.0:
        pieces = shapely.get_parts(whole)
        shifted = [shapely.transform(p, _east) if p.bounds[2] <= _widest_gap(pieces) else p for p in pieces]
        whole = shapely.unary_union(shifted)
    degree_km = np.radians(1.0) * body.radius_km
    solid = _without_specks(whole, lambda ring: ring.area * degree_km**2 * np.cos(np.radians(ring.centroid.y)))
    return list(shapely.get_parts(shapely.segmentize(solid, MAX_EDGE_DEG)))


def _east(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(lonlat + np.array([360.0, 0.0]))


def _widest_gap(pieces: NDArray[np.object_]) -> float:
    """Longitude in the middle of the widest gap between the pieces; -180 if they leave none."""
    spans = sorted((piece.bounds[0], piece.bounds[2]) for piece in pieces)
    reached, gap, middle = spans[0][1], 0.0, -180.0
    for west, east in spans[1:]:
        if west - reached > gap:
            gap, middle = west - reached, (west + reached) / 2
        reached = max(reached, east)
    return middle


def _dissolved_around_pole(area: shapely.Geometry, pole: float, body: Body) -> list[shapely.Polygon]:
    """Dissolved where the antimeridian and the pole are nothing special, and brought back to degrees."""
    flat = CRS.from_dict({"proj": "stere", "lat_0": pole, "R": body.radius_m, "units": "m"})
    degrees = CRS.from_dict({"proj": "longlat", "R": body.radius_m})
    forward = Transformer.from_crs(degrees, flat, always_xy=True)
    back = Transformer.from_crs(flat, degrees, always_xy=True)
    there = shapely.transform(shapely.segmentize(area, MAX_EDGE_DEG), forward.transform, interleaved=False)
    closed = there.buffer(SEAM_M, join_style="mitre").buffer(-SEAM_M, join_style="mitre")
    solid = _without_specks(closed, lambda ring: ring.area / 1e6)
    short = shapely.segmentize(solid, np.radians(MAX_EDGE_DEG) * body.radius_m)
    return list(shapely.get_parts(shapely.transform(short, back.transform, interleaved=False)))


def _without_specks(area: shapely.Geometry, ground_km2: Callable[[shapely.Polygon], float]) -> shapely.MultiPolygon:
    def large(ring: shapely.LinearRing) -> bool:
        return ground_km2(shapely.Polygon(ring)) >= MIN_RING_KM2

    return shapely.MultiPolygon(
        [
            shapely.Polygon(part.exterior, [hole for hole in part.interiors if large(hole)])
            for part in shapely.get_parts(area)
            if isinstance(part, shapely.Polygon) and large(part.exterior)
        ]
    )


def write_crater_shapefile(path: Path, craters: pd.DataFrame, body: Body) -> None:
    """The craters' rims, one unbroken ring each."""
    vertices = rim_vertices(len(craters))

    def rings(rows: pd.DataFrame) -> Geometries:
        return circle_rings(rows["x_coord"], rows["y_coord"], rows["Diam_km"], body, vertices)

    table = pd.DataFrame(
        {"Diam_km": craters["diameter_km"], "x_coord": craters["lon"], "y_coord": craters["lat"], "tag": "standard"}
    ).astype({"tag": "str"})
    write_shapefile(path, table, rings, body)


def rim_vertices(count: int) -> int:
    """Vertices of each of `count` rings: `VERTICES`, or as many as `LARGEST_FILE` holds.

    A ring of n vertices is a record of 56 + 16 (n + 1) bytes. The diameter that its area gives is short by a share of
    about (2 pi / n)^2 / 12, for a million craters with 129 vertices 0.2 thousandths.
    """
    return min(VERTICES, (LARGEST_FILE // max(count, 1) - 56) // 16 - 1)


def write_area_shapefile(path: Path, area: list[shapely.Polygon], area_km2: float, body: Body) -> None:
    """The searched area as one feature, with its area on the sphere."""
    count = min(len(area), 1)
    table = pd.DataFrame({"area": [area_km2] * count, "area_name": pd.Series(["searched"] * count, dtype="str")})

    def whole(rows: pd.DataFrame) -> Geometries:
        shapes = np.empty(len(rows), dtype=object)
        shapes[:] = shapely.MultiPolygon(area)
        return shapes

    write_shapefile(path, table, whole, body)


def write_diam(path: Path, craters: pd.DataFrame, area_km2: float) -> None:
    """Diameters (km) with the area (km^2) that they were counted on."""
    rows = zip(craters["diameter_km"], craters["lon"], craters["lat"], strict=True)
    lines = (f"{diameter:.6f} 1 {lon:.6f} {lat:.6f}" for diameter, lon, lat in rows)
    write_lines(path, chain([f"area = {area_km2:.6f}", "crater = {diameter, fraction, lon, lat"], lines, ["}"]))


def write_scc(path: Path, craters: pd.DataFrame, area: list[shapely.Polygon], area_km2: float, body: Body) -> None:
    """Spatial crater count: the outline of the area and the craters, as CraterStats and OpenCraterTool read it."""
    boundary, number = [], 0
    for polygon in area:
        for ring, tag in [(polygon.exterior, "ext"), *((hole, "int") for hole in polygon.interiors)]:
            number += 1
            boundary += [(number, tag, lon, lat) for lon, lat in shapely.get_coordinates(ring)]
    head = [
        "# Spatial crater count",
        "#",
        "# Ellipsoid axes:",
        *(f"{axis}-axis radius = {body.radius_km:.10g} <km>" for axis in "abc"),
        f"a_axis_radius = {body.radius_km:.10g} <km>",
        f"coordinate_system_name = {body.geographic_crs.name}",
        "#",
        "# area_shapes:",
        "unit_boundary = {vertex, sub_area, tag, lon, lat",
        "#",
        *(f"# Area_name {i} = searched" for i in range(1, number + 1)),
        "#",
        *(
            f"{vertex}\t{part}\t{tag}\t{lon:.10f}\t{lat:.10f}"
            for vertex, (part, tag, lon, lat) in enumerate(boundary, start=1)
        ),
        "}",
        "#",
        f"Total_area = {area_km2:.6f} <km^2>",
        "#",
        "# crater_diameters:",
        "crater = {diam, fraction, lon, lat, topo_scale_factor",
    ]
    rows = zip(craters["diameter_km"], craters["lon"], craters["lat"], strict=True)
    lines = (f"{diameter:.6f}\t1\t{lon:.6f}\t{lat:.6f}\t1" for diameter, lon, lat in rows)
    write_lines(path, chain(head, lines, ["}"]))
