"""Depth and rim height of one crater from the heights on its rings.

Rim to floor, as depths are given since Pike (1977): the crest is the highest ground of a sector near the rim, the rim's
height the median of the sectors', the floor the lowest twentieth of the inner ground; all above the plane of the
surroundings, so that a slope on which a crater lies makes it neither deeper nor shallower. Low quantiles tell a floor
better than its lowest point does (Breton et al. 2019, MethodsX 6, doi:10.1016/j.mex.2019.08.007); every part is an
order statistic, so that a boulder, a small crater or a gap changes little.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.measures.plane import robust_plane, spread
from crater_pipeline.measures.rings import AROUND, AZIMUTHS, IN_FLOOR, IN_RIM, SECTORS, offsets

FloatArray = NDArray[np.float64]

FLOOR_QUANTILE = 0.05
"""The lowest twentieth of the ground within 0.6 radii: of a parabolic bowl that is the centre to 2 % of the depth."""

LEAST_SHOWN = 0.5
"""Least share of the inner ground."""

LEAST_AROUND, LEAST_SIDES = 1 / 3, 3
"""Least share of the surroundings, and on how many of four sides they are at least a quarter shown: a plane has two
slopes."""

WEDGES = 12
"""Independent pieces of a ring: neighbouring sectors share ground and the errors of the terrain model."""

MEDIAN_FACTOR = np.sqrt(np.pi / 2)
"""Standard error of a median over that of a mean."""

METHOD_SD = 0.03
"""Share of the depth by which shapes that differ (bowls, flat floors, outlines that are no circles) come out
differently, on simulated craters whose depth is known (docs/depth.md)."""


class Relief(NamedTuple):
    """Metres; each value with its standard deviation."""

    depth_m: float
    depth_sd_m: float
    rim_height_m: float
    rim_height_sd_m: float


UNKNOWN = Relief(np.nan, np.nan, np.nan, np.nan)


def relief(height: FloatArray, min_rim_share: float) -> Relief:
    """Relief of a crater from heights (rings, AZIMUTHS) in metres, NaN where they are not to be used.

    `UNKNOWN` where too little of the rim, the floor or the surroundings is left. Standard deviations come from how
    much the sectors differ, and from `METHOD_SD`; they do not hold what the terrain model smooths away.
    """
    flat, residual = _without_tilt(height)
    floor, crests = flat[IN_FLOOR], _crests(flat[IN_RIM])
    if len(crests) < max(min_rim_share * SECTORS, 1) or np.isfinite(floor).mean() < LEAST_SHOWN:
        return UNKNOWN
    rim, bottom = float(np.median(crests)), float(_low(floor.ravel()))
    rim_sd = _sd_of_median(crests, len(crests) * WEDGES / SECTORS)
    lows = _lows(floor)
    floor_sd = _sd_of_median(lows, len(lows))
    around_sd = residual / np.sqrt(WEDGES * np.isfinite(flat[AROUND]).mean())
    depth = rim - bottom
    return Relief(
        depth, float(np.hypot(np.hypot(rim_sd, floor_sd), METHOD_SD * depth)), rim, float(np.hypot(rim_sd, around_sd))
    )


@lru_cache(maxsize=1)
def _places() -> tuple[FloatArray, FloatArray]:
    return offsets()


def _without_tilt(height: FloatArray) -> tuple[FloatArray, float]:
    """Heights above the plane of the surroundings, and their standard deviation there; NaN where there is no plane."""
    east, north = _places()
    around = np.isfinite(height[AROUND])
    sides = around.reshape(len(around), 4, -1).mean(axis=(0, 2))
    if around.mean() < LEAST_AROUND or (sides >= 0.25).sum() < LEAST_SIDES:
        return np.full_like(height, np.nan), np.nan
    # the middle height first, so that heights of kilometres cost no digits
    level = height - np.median(height[AROUND][around])
    plane, residual = robust_plane(east[AROUND][around], north[AROUND][around], level[AROUND][around])
    return level - (plane[0] + plane[1] * east + plane[2] * north), residual


def _crests(rim: FloatArray) -> FloatArray:
    """Height of the crest in each sector that is whole, (n <= SECTORS,): a point that is missing may have been it."""
    profiles = rim.reshape(len(rim), SECTORS, AZIMUTHS // SECTORS).mean(axis=2)
    crests = profiles.max(axis=0)
    return np.asarray(crests[np.isfinite(crests)])


def _lows(floor: FloatArray) -> FloatArray:
    """The floor's height in each wedge of which enough is shown, (n <= WEDGES,)."""
    wedges = floor.reshape(len(floor), WEDGES, -1).transpose(1, 0, 2).reshape(WEDGES, -1)
    return _low(wedges[np.isfinite(wedges).mean(axis=1) >= LEAST_SHOWN])


def _low(values: FloatArray) -> FloatArray:
    """The quantile `FLOOR_QUANTILE` along the last axis of what is known there."""
    ordered = np.sort(values, axis=-1)  # NaN go last
    place = (FLOOR_QUANTILE * (np.isfinite(values).sum(axis=-1) - 1)).astype(int)
    return np.asarray(np.take_along_axis(ordered, np.asarray(place)[..., None], axis=-1)[..., 0])


def _sd_of_median(values: FloatArray, independent: float) -> float:
    return float(MEDIAN_FACTOR * spread(values) / np.sqrt(independent))
