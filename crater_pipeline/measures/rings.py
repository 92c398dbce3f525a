"""Where a crater's heights are taken: rings of points about its centre, in units of its radius."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import destination

FloatArray = NDArray[np.float64]

AZIMUTHS = 72
"""Points of a ring, from north, clockwise."""

SECTORS = 24
"""Sectors of the rim; neighbouring points in one are averaged."""

FLOOR_REACH = 0.6
"""The lowest ground of a crater lies within this many radii, also where its centre is off by a tenth of D."""

FLOOR = FLOOR_REACH * np.sqrt((np.arange(12) + 0.5) / 12)
"""Rings of equal area, so that a share of their points is a share of the ground."""

RIM = np.linspace(0.75, 1.3, 12)
"""Where the crest is sought: diameters are off by some 5 %, seldom by 20."""

SURROUNDINGS = np.linspace(1.8, 2.4, 7)
"""Ejecta of a fresh crater still have 11 % of the rim's height there (radius to the power of -3, McGetchin et al.
1973); farther out the ground is more and more another one."""

RADII = np.concatenate([FLOOR, RIM, SURROUNDINGS])

IN_FLOOR = slice(0, len(FLOOR))
IN_RIM = slice(len(FLOOR), len(FLOOR) + len(RIM))
AROUND = slice(len(FLOOR) + len(RIM), len(RADII))
"""Which of `RADII` are which."""

REACH = float(RADII[-1])


def ring_points(lon: ArrayLike, lat: ArrayLike, diameter_km: ArrayLike, body: Body) -> tuple[FloatArray, FloatArray]:
    """(lon, lat) of the points of n craters on the sphere; shape (n, rings, AZIMUTHS)."""
    lon, lat, diameter = (np.asarray(each, dtype=float)[:, None, None] for each in (lon, lat, diameter_km))
    azimuth = np.linspace(0.0, 360.0, AZIMUTHS, endpoint=False)
    return destination(lon, lat, azimuth, RADII[:, None] * diameter / 2, body)


def offsets() -> tuple[FloatArray, FloatArray]:
    """East and north of the centre, in radii, of the points of one crater; shape (rings, AZIMUTHS)."""
    azimuth = np.linspace(0.0, 2 * np.pi, AZIMUTHS, endpoint=False)
    return RADII[:, None] * np.sin(azimuth), RADII[:, None] * np.cos(azimuth)
