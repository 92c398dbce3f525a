"""Circles on the sphere from shapes that a user drew, moved or reshaped on a map."""

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.circle_fitting import fit_circles
from crater_pipeline.sphere.craters import great_circle_km

FloatArray = NDArray[np.float64]

MIN_VERTICES = 3
"""Three points make a circle."""

SEAM_TOLERANCE_DEG = 1e-6
"""Vertices closer to the antimeridian or a pole lie where a map cuts a polygon: projections shift them by less."""

THINNEST = 1e-6
"""Shapes whose convex hull has less area than this share of its squared length are lines."""

BATCH = 20_000
"""Shapes whose vertices are held at once."""


def split_outlines(shapes: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Each crater's outline by itself, and the row of `shapes` that it comes from, in their order.

    Every polygon of a shape is a crater. Only those stay together that a map has cut at the antimeridian. A shape
    without any polygon comes out as it is.
    """
    shapes = np.atleast_1d(np.asarray(shapes, dtype=object))
    several = np.flatnonzero(shapely.get_num_geometries(shapes) > 1)
    if not several.size:
        return np.arange(len(shapes)), shapes
    outlines: list[list[object]] = [[shape] for shape in shapes]
    for row in several:
        parts = shapely.get_parts(shapely.get_parts(shapes[row]))
        outlines[row] = _joined_at_seam(parts[_is_polygon(parts)]) or outlines[row]
    counts = [len(each) for each in outlines]
    return np.repeat(np.arange(len(shapes)), counts), _objects([outline for each in outlines for outline in each])


def _joined_at_seam(polygons: NDArray[np.object_]) -> list[object]:
    """Polygons, those joined that touch the antimeridian at the same latitudes."""
    groups: list[tuple[list[object], float, float]] = []
    for polygon in polygons:
        lon, lat = shapely.get_coordinates(polygon).T
        cut = lat[np.abs(np.abs(lon) - 180.0) <= SEAM_TOLERANCE_DEG]
        south, north = (cut.min(), cut.max()) if len(cut) else (np.inf, -np.inf)
        members = [polygon]
        for group in [group for group in groups if group[1] < north and south < group[2]]:
            groups.remove(group)
            members, south, north = [*group[0], *members], min(south, group[1]), max(north, group[2])
        groups.append((members, south, north))
    return [members[0] if len(members) == 1 else shapely.MultiPolygon(members) for members, _, _ in groups]


def _is_polygon(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.asarray((shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(shapes))


def _objects(items: list[object]) -> NDArray[np.object_]:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def fit_outlines(shapes: ArrayLike, body: Body) -> tuple[FloatArray, FloatArray]:
    """Circles (n, 3): lon, lat (degrees), diameter_km, and how far the shapes are from them (n,).

    The vertices of a polygon are taken as points on the rim, so that a circle drawn with few of them, or by three
    clicks, has the right size; a great circle's plane of least squares goes through them. Vertices on the
    antimeridian or at a pole, where maps cut polygons, are left out. Holes do not count, nor does the order of the
    vertices. All parts of a shape are one crater: see `split_outlines`.

    The distance is the largest one of a vertex from the circle, in radii. Shapes that are missing, empty, mere points
    or lines, or that reach beyond what a map shows have NaN.
    """
    shapes = np.atleast_1d(np.asarray(shapes, dtype=object))
    circles, distance = np.full((len(shapes), 3), np.nan), np.full(len(shapes), np.nan)
    for start in range(0, len(shapes), BATCH):
        rows, lon, lat = _rim(shapes[start : start + BATCH])
        counts = np.bincount(rows, minlength=min(BATCH, len(shapes) - start))
        first = np.cumsum(counts) - counts
        # shapes with equally many vertices are fitted together
        for count in np.unique(counts[counts >= MIN_VERTICES]):
            chosen = np.flatnonzero(counts == count)
            vertices = first[chosen][:, None] + np.arange(count)
            rim_lon, rim_lat = lon[vertices], lat[vertices]
            centre_lon, centre_lat, arc = fit_circles(rim_lon, rim_lat, MIN_VERTICES)
            radius_km = arc * body.radius_km
            from_centre = great_circle_km(centre_lon[:, None], centre_lat[:, None], rim_lon, rim_lat, body)
            circles[start + chosen] = np.column_stack([centre_lon, centre_lat, 2 * radius_km])
            distance[start + chosen] = np.abs(from_centre / radius_km[:, None] - 1.0).max(axis=1)
    return circles, distance


def _rim(shapes: NDArray[np.object_]) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Row, lon and lat of every vertex that lies on a rim, each once, in the order of rows."""
    parts, rows = shapely.get_parts(shapes, return_index=True)
    finite = np.isfinite(shapely.bounds(parts)).all(axis=1)
    wide = np.zeros(len(parts), dtype=bool)
    hulls = shapely.convex_hull(parts[finite])
    wide[finite] = shapely.area(hulls) > THINNEST * shapely.length(hulls) ** 2
    # through what has no width no one circle goes
    chosen = _is_polygon(parts) & wide
    parts, rows = parts[chosen], rows[chosen]
    outlines = shapely.get_exterior_ring(parts)
    # the last vertex of a ring is the first
    open_ = shapely.get_num_coordinates(outlines)
    points, part = shapely.get_coordinates(outlines, return_index=True)
    ends = np.cumsum(open_) - 1
    rim = np.ones(len(points), dtype=bool)
    rim[ends[open_ > 0]] = False
    lon, lat = points.T
    rim &= (np.abs(np.abs(lon) - 180.0) > SEAM_TOLERANCE_DEG) & (np.abs(lat) < 90.0 - SEAM_TOLERANCE_DEG)
    return rows[part][rim], lon[rim], lat[rim]
