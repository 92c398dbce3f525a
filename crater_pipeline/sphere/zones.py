"""A region that no one conformal map shows without distortion, as parts for each of which there is one."""

import itertools
import math

from crater_pipeline.sphere.bounds import Bounds, wrap_longitude
from crater_pipeline.sphere.conformal import MAX_SCALE_SPREAD, best_candidate

BISECTIONS = 25
MAX_BANDS = 32


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
