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

SEAM_TOLERANCE_DEG = 1e-9

BATCH = 20_000
"""Shapes whose vertices are held at once."""


def fit_outlines(shapes: ArrayLike, body: Body) -> tuple[FloatArray, FloatArray]:
    """Circles (n, 3): lon, lat (degrees), diameter_km, and how far the shapes are from them (n,).

    The vertices of a polygon are taken as points on the rim, so that a circle drawn with few of them, or by three
    clicks, has the right size; a great circle's plane of least squares goes through them. Vertices on the
    antimeridian or at a pole, where maps cut polygons, are left out. Holes do not count.

    The distance is the largest one of a vertex from the circle, in radii. Shapes that are missing, empty or a mere
    line have NaN.
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
    # what has no area is a line or a point, through which no one circle goes
    solid = np.flatnonzero(shapely.area(shapes) > 0)
    parts, rows = shapely.get_parts(shapes[solid], return_index=True)
    outlines = shapely.get_exterior_ring(parts)
    # the last vertex of a ring is the first
    open_ = shapely.get_num_coordinates(outlines)
    points, part = shapely.get_coordinates(outlines, return_index=True)
    ends = np.cumsum(open_) - 1
    rim = np.ones(len(points), dtype=bool)
    rim[ends[open_ > 0]] = False
    lon, lat = points.T
    rim &= (np.abs(np.abs(lon) - 180.0) > SEAM_TOLERANCE_DEG) & (np.abs(lat) < 90.0 - SEAM_TOLERANCE_DEG)
    return solid[rows[part]][rim], lon[rim], lat[rim]
