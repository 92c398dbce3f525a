"""The conformal projections in their normal aspect, and which of them shows a region nearest to scale.

They are one family, conic, cylindrical and azimuthal: their point scale is
k(lat) = c exp(-n psi) / cos(lat) with the isometric latitude psi = atanh(sin(lat)), n in (-1, 1) for Lambert's cone,
0 for Mercator and +-1 for the polar stereographic (Snyder 1987, USGS Professional Paper 1395).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj.crs.coordinate_operation import (
    LambertConformalConic2SPConversion,
    MercatorBConversion,
    PolarStereographicBConversion,
)

from crater_pipeline.sphere.bounds import Bounds

FloatArray = NDArray[np.float64]
Conversion = LambertConformalConic2SPConversion | MercatorBConversion | PolarStereographicBConversion

MAX_SCALE_SPREAD = 1.3
"""Largest ratio of the scales inside one region: beyond it a crater's size in pixels depends on where it lies."""

INDISTINGUISHABLE_LN_K = 0.002
"""Projections whose worst scales differ by less are equally good; the simplest is taken."""

STEEPEST_LATITUDE = 89.9
"""Cones and cylinders have no pole; beyond this latitude only the polar stereographic is considered."""

LATITUDE_SAMPLES = 721


@dataclass(frozen=True)
class Candidate:
    """A conversion and the logarithms of the extreme scales that it has over the region."""

    name: str
    conversion: Conversion
    ln_k: tuple[float, float]

    @property
    def worst(self) -> float:
        """max |ln k|."""
        return max(abs(self.ln_k[0]), abs(self.ln_k[1]))

    @property
    def spread(self) -> float:
        """max k / min k."""
        return math.exp(self.ln_k[1] - self.ln_k[0])


def _log_scale(lat_deg: ArrayLike, n: float) -> FloatArray:
    """ln k with c = 1 at latitudes in degrees; infinite at a pole unless n is the matching +-1."""
    lat = np.radians(np.asarray(lat_deg, dtype=float))
    if abs(n) == 1:
        # exp(-psi) / cos(lat) = 1 / (1 + sin(lat)), which is finite at the pole.
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log1p(n * np.sin(lat)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-n * np.arctanh(np.sin(lat)) - np.log(np.cos(lat)))


def _where_true(n: float, level: float, low: float, high: float) -> float:
    """The latitude between `low` and `high` (degrees) where ln k, monotonous there, equals `level`; bisection."""
    rising = float(_log_scale(high, n)) > float(_log_scale(low, n))
    for _ in range(60):
        middle = (low + high) / 2
        if (float(_log_scale(middle, n)) < level) == rising:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _evaluate(bounds: Bounds, n: float) -> tuple[float, float]:
    """(least, greatest) ln k with c = 1, on a grid of latitudes (k does not depend on the longitude)."""
    values = _log_scale(np.linspace(bounds.south, bounds.north, LATITUDE_SAMPLES), n)
    return float(values.min()), float(values.max())


def _balanced(low: float, high: float) -> tuple[float, float]:
    """The range of ln k once c has been chosen so that the worst reduction equals the worst enlargement."""
    return (low - high) / 2, (high - low) / 2


def _mercator(bounds: Bounds, lon_0: float) -> Candidate | None:
    low, high = _evaluate(bounds, 0.0)
    if max(abs(bounds.south), abs(bounds.north)) > STEEPEST_LATITUDE:
        return None
    lat_ts = math.degrees(math.acos(math.exp(-(low + high) / 2)))
    conversion = MercatorBConversion(latitude_first_parallel=lat_ts, longitude_natural_origin=lon_0)
    return Candidate("Mercator", conversion, _balanced(low, high))


def _polar_stereographic(bounds: Bounds, lon_0: float) -> Candidate | None:
    sign = 1.0 if bounds.centre[1] >= 0 else -1.0
    low, high = _evaluate(bounds, sign)
    if not math.isfinite(high):
        return None
    lat_ts = sign * math.degrees(math.asin(math.exp(-(low + high) / 2) - 1.0))
    conversion = PolarStereographicBConversion(
        latitude_standard_parallel=lat_ts, longitude_origin=0.0 if bounds.width == 360.0 else lon_0
    )
    return Candidate("Polar stereographic", conversion, _balanced(low, high))


def _lambert(bounds: Bounds, lon_0: float) -> Candidate | None:
    """The cone whose scale is the same at both edges: of all cones it has the least max |ln k|."""
    if max(abs(bounds.south), abs(bounds.north)) > STEEPEST_LATITUDE:
        return None
    south, north = (math.atanh(math.sin(math.radians(lat))) for lat in (bounds.south, bounds.north))
    cosines = [math.cos(math.radians(lat)) for lat in (bounds.south, bounds.north)]
    n = math.log(cosines[0] / cosines[1]) / (north - south)
    touching = math.degrees(math.asin(n))
    if abs(n) < 1e-3 or abs(n) > 0.999:
        return None  # a cone this flat or this pointed is numerically a cylinder or a plane
    low, high = _evaluate(bounds, n)
    level = (low + high) / 2
    conversion = LambertConformalConic2SPConversion(
        latitude_false_origin=bounds.centre[1],
        longitude_false_origin=lon_0,
        latitude_first_parallel=_where_true(n, level, bounds.south, touching),
        latitude_second_parallel=_where_true(n, level, touching, bounds.north),
    )
    return Candidate("Lambert conformal conic", conversion, _balanced(low, high))


def best_candidate(bounds: Bounds) -> Candidate | None:
    """The candidate with the least max |ln k|; the simplest where several are equally good."""
    lon_0 = bounds.centre[0]
    found = [make(bounds, lon_0) for make in (_mercator, _polar_stereographic, _lambert)]
    candidates = [each for each in found if each is not None]
    if not candidates:
        return None
    # All around the body a cone and a cylinder are cut along a meridian, and craters on it with them.
    uncut = [c for c in candidates if c.name == "Polar stereographic" and c.spread <= MAX_SCALE_SPREAD]
    if bounds.width == 360.0 and uncut:
        return uncut[0]
    least = min(each.worst for each in candidates)
    return next(each for each in candidates if each.worst <= least + INDISTINGUISHABLE_LN_K)
