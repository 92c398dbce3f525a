"""Conformal map projections of a body, chosen so that a region's craters stay round and nearly to scale."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.crs import ProjectedCRS

from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.conformal import MAX_SCALE_SPREAD, best_candidate
from crater_pipeline.sphere.zones import zones

FloatArray = NDArray[np.float64]

STEP_RAD = 1e-5


def choose_projection(bounds: Bounds, body: Body) -> CRS:
    """The conformal projection of `body` with the least max `|ln k|` over `bounds`, in metres.

    Lambert's conic with two standard parallels, Mercator with a standard parallel, or the polar stereographic; the
    central meridian is the middle of the bounds (also across the antimeridian), and the CRS is built on
    `body.geographic_crs`, so that other programs can transform it.

    Raises
    ------
    UserError
        If the largest scale is more than `MAX_SCALE_SPREAD` times the smallest; the message proposes zones.
    """
    best = best_candidate(bounds)
    if best is None or best.spread > MAX_SCALE_SPREAD:
        parts = ", ".join(str([float(f"{v:g}") for v in zone]) for zone in zones(bounds))
        raise UserError(
            f"bounds {list(bounds)}: no conformal map shows this region with scales within a factor of "
            f"{MAX_SCALE_SPREAD:g}; make it several regions, for instance with the bounds {parts}"
        )
    return ProjectedCRS(
        conversion=best.conversion,
        name=f"{best.name} {body.name.capitalize()}",
        geodetic_crs=body.geographic_crs,
    )


@lru_cache(maxsize=32)
def transformer(source: CRS, target: CRS) -> Transformer:
    """x, y (longitude, latitude) of `source` to those of `target`; kept, since making one takes milliseconds."""
    return Transformer.from_crs(source, target, always_xy=True)


def _step_north(
    crs: CRS, lon: ArrayLike, lat: ArrayLike, body: Body
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Map displacement (east, north) of a short ground step to the true north, and its length in metres."""
    lon, lat = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    to_map = transformer(body.geographic_crs, crs)
    half = math.degrees(STEP_RAD) / 2
    middle = np.clip(lat, -90.0 + half, 90.0 - half)
    x0, y0 = to_map.transform(lon, middle - half)
    x1, y1 = to_map.transform(lon, middle + half)
    return np.asarray(x1) - x0, np.asarray(y1) - y0, STEP_RAD * body.radius_m


def scale_factor(crs: CRS, lon: ArrayLike, lat: ArrayLike, body: Body) -> FloatArray:
    """Point scale k of a conformal `crs`: map metres per ground metre at longitudes and latitudes in degrees.

    A short step is measured rather than a formula evaluated, so that any conformal projection will do.
    """
    east, north, ground = _step_north(crs, lon, lat, body)
    return np.hypot(east, north) / ground


def convergence_deg(crs: CRS, lon: ArrayLike, lat: ArrayLike, body: Body) -> FloatArray:
    """Azimuth of grid north, degrees clockwise from true north: azimuth_grid = azimuth_true - convergence."""
    east, north, _ = _step_north(crs, lon, lat, body)
    return -np.degrees(np.arctan2(east, north))
