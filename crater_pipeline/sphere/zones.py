"""A region that no one conformal map shows without distortion, as parts for each of which there is one.

Smaller parts than that may be asked for, so that a cluster has many short jobs.
"""

import itertools
import math
from functools import lru_cache

from pydantic import Field

from crater_pipeline.settings import Settings
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds, wrap_longitude
from crater_pipeline.sphere.conformal import MAX_SCALE_SPREAD, best_candidate

BISECTIONS = 16
BALANCINGS = 8
MAX_BANDS = 32

MAX_MARGIN_PX = 2048


class ZoningSettings(Settings):
    """How a region that is too large for one conformal map, up to a whole body, is divided into zones."""

    max_side_deg: float | None = Field(
        None,
        ge=10,
        le=90,
        description="Longest side of a zone in degrees of the sphere (null: as long as one map allows, two caps and a "
        "belt for a whole body). Smaller zones are more and shorter jobs. A crater is seen whole if its diameter is at "
        "most half a zone's height, so for basins leave this large.",
    )


@lru_cache(maxsize=256)
def zones(bounds: Bounds, max_side_deg: float | None = None) -> tuple[Bounds, ...]:
    """`bounds` as it is if one projection will do, else parts for which one each will do, and no side is too long.

    Without `max_side_deg` they are the fewest bands of latitude. Their scales spread alike: for all of a body they are
    two polar caps beyond 37 degrees and a belt between them. A band that only a cone shows and that goes all around is
    halved, since a cone is cut along a meridian.
    """
    parts = [bounds] if max_side_deg is None else _divided(bounds, max_side_deg)
    return tuple(zone for part in parts for zone in _conformal(part))


def zone_margin_px(zone: Bounds, pixel_m: float, body: Body) -> int:
    """Context around a zone in pixels: a quarter of its height, as far as `MAX_MARGIN_PX`.

    A crater centred on the seam whose diameter is at most twice the margin is then whole on both sides.
    """
    height_m = math.radians(zone.height) * body.radius_m
    return min(math.ceil(height_m / 4 / pixel_m), MAX_MARGIN_PX)


def _divided(bounds: Bounds, side_deg: float) -> list[Bounds]:
    """Parts whose sides are at most `side_deg` long: round caps at the poles, and bands cut along meridians."""
    west, south, east, north = bounds
    around = bounds.width == 360.0
    low = min(south + side_deg / 2, north) if around and south == -90.0 else south
    high = max(north - side_deg / 2, low) if around and north == 90.0 else north
    parts = [Bounds(west, south, east, low)] if low > south else []
    count = math.ceil(round((high - low) / side_deg, 9))
    edges = [low, *(round(low + i * (high - low) / count, 6) for i in range(1, count)), high]
    for bottom, top in itertools.pairwise(edges if count else []):
        nearest = 0.0 if bottom <= 0.0 <= top else min(abs(bottom), abs(top))
        pieces = math.ceil(round(bounds.width * math.cos(math.radians(nearest)) / side_deg, 9))
        sides = [west, *(_longitude(west + i * bounds.width / pieces) for i in range(1, pieces)), east]
        parts += [Bounds(left, bottom, right, top) for left, right in itertools.pairwise(sides)]
    return [*parts, Bounds(west, high, east, north)] if high < north else parts


def _longitude(lon: float) -> float:
    return round(float(wrap_longitude(lon)), 6)


def _conformal(bounds: Bounds) -> list[Bounds]:
    if _spread(bounds) <= MAX_SCALE_SPREAD:
        return [bounds]
    low, high = 1.0, MAX_SCALE_SPREAD
    count = len(_cuts(bounds, high))
    for _ in range(BALANCINGS):
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
    best = best_candidate(bounds)
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
    best = best_candidate(band)
    if band.width < 360.0 or best is None or best.name != "Lambert conformal conic":
        return [band]
    middle = float(wrap_longitude(band.west + 180.0))
    return [Bounds(band.west, band.south, middle, band.north), Bounds(middle, band.south, band.east, band.north)]
