"""Conformal map projections of a body, chosen so that a region's craters stay round and nearly to scale.

Conic, cylindrical and azimuthal conformal projections in their normal aspect are one family: their point scale is
k(lat) = c exp(-n psi) / cos(lat) with the isometric latitude psi = atanh(sin(lat)), n in (-1, 1) for Lambert's cone,
0 for Mercator and +-1 for the polar stereographic (Snyder 1987, USGS Professional Paper 1395).
"""

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import (
    CoordinateOperation,
    LambertConformalConic2SPConversion,
    MercatorBConversion,
    PolarStereographicBConversion,
)

from crater_pipeline.bodies import Body
from crater_pipeline.bounds import Bounds, wrap_longitude
from crater_pipeline.errors import UserError

FloatArray = NDArray[np.float64]

MAX_SCALE_SPREAD = 1.3
"""Largest ratio of the scales inside one region: beyond it a crater's size in pixels depends on where it lies."""

INDISTINGUISHABLE_LN_K = 0.002
"""Projections whose worst scales differ by less are equally good; the simplest is taken."""

STEEPEST_LATITUDE = 89.9
"""Cones and cylinders have no pole; beyond this latitude only the polar stereographic is considered."""

LATITUDE_SAMPLES = 721
BISECTIONS = 25
MAX_BANDS = 32
STEP_RAD = 1e-5


@dataclass(frozen=True)
class Candidate:
    """A conversion and the logarithms of the extreme scales that it has over the region."""

    name: str
    conversion: CoordinateOperation
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
            return -np.log1p(n * np.sin(lat))
    with np.errstate(divide="ignore", invalid="ignore"):
        return -n * np.arctanh(np.sin(lat)) - np.log(np.cos(lat))


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


def _best(bounds: Bounds) -> Candidate | None:
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


def zones(bounds: Bounds) -> list[Bounds]:
    """`bounds` as it is if one projection will do, else the fewest bands of latitude for which one each will do.

    The bands' scales spread alike: for all of a body they are two polar caps beyond 37 degrees and a belt between them.
    A band that only a cone shows and that goes all around is halved, since a cone is cut along a meridian.
    """
    if _spread(bounds) <= MAX_SCALE_SPREAD:
        return [bounds]
    low, high = 1.0, MAX_SCALE_SPREAD
    count = len(_cuts(bounds, high))
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if len(_cuts(bounds, middle)) <= count else (middle, high)
    exact = _cuts(bounds, high)
    for digits in (0, 2, 6):
        edges = [bounds.south, *(round(cut, digits) for cut in exact), bounds.north]
        bands = [Bounds(bounds.west, s, bounds.east, n) for s, n in itertools.pairwise(edges) if s < n]
        if all(_spread(band) <= MAX_SCALE_SPREAD for band in bands):
            break
    return [part for band in bands for part in _uncut(band)]


def _spread(bounds: Bounds) -> float:
    best = _best(bounds)
    return math.inf if best is None else best.spread


def _cuts(bounds: Bounds, spread: float) -> list[float]:
    """Latitudes, south to north, that make bands of at most `spread`, each as wide as can be."""
    cuts: list[float] = []
    west, south, east, north = bounds
    while _spread(Bounds(west, south, east, north)) > spread and len(cuts) < MAX_BANDS:
        good, bad = south, north
        for _ in range(BISECTIONS):
            middle = (good + bad) / 2
            if middle > south and _spread(Bounds(west, south, east, middle)) <= spread:
                good = middle
            else:
                bad = middle
        south = good if good > south else bad
        cuts.append(south)
    return cuts


def _uncut(band: Bounds) -> list[Bounds]:
    best = _best(band)
    if band.width < 360.0 or best is None or best.name != "Lambert conformal conic":
        return [band]
    middle = float(wrap_longitude(band.west + 180.0))
    return [Bounds(band.west, band.south, middle, band.north), Bounds(middle, band.south, band.east, band.north)]


def choose_projection(bounds: Bounds, body: Body) -> CRS:
    """The conformal projection of `body` with the least max |ln k| over `bounds`, in metres.

    Lambert's conic with two standard parallels, Mercator with a standard parallel, or the polar stereographic; the
    central meridian is the middle of the bounds (also across the antimeridian), and the CRS is built on
    `body.geographic_crs`, so that other programs can transform it.

    Raises
    ------
    UserError
        If the largest scale is more than `MAX_SCALE_SPREAD` times the smallest; the message proposes zones.
    """
    best = _best(bounds)
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
