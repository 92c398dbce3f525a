"""Where the points of craters lie on a raster of any projection, and how far it may be reduced to read them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.measures.rings import REACH, ring_points
from crater_pipeline.rasters.progress import progress
from crater_pipeline.rasters.source_pixels import SourcePixels
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import rim_points, unit_vectors

FloatArray = NDArray[np.float64]

BATCH = 128
"""Craters whose points are projected at once: some 20 MB."""

RIM_BATCH = 20_000
"""Craters of which only the rim is: as much."""

RIM_POINTS = 16

DIAMETER_PX = 64
"""Larger craters are read reduced, so that they keep at least this many pixels across."""

BLOCK_PX = 512
"""Craters are taken block by block of the raster, so that its blocks are read once."""

LARGEST_WINDOW = 16_000_000
"""Pixels of a reduced window; only a crater across the torn edge of a map needs more, and is not looked at."""


@dataclass(frozen=True)
class Place:
    """The points of one crater, (rings, azimuths): directions from the body's centre (..., 3), and pixels."""

    diameter_px: float
    """Across the crater, where pixels are fewest."""
    directions: FloatArray
    x: FloatArray
    y: FloatArray

    @property
    def factors(self) -> tuple[int, int]:
        """Rows and columns of the raster that may become one."""
        rows, columns = (max(1, int(each / REACH / DIAMETER_PX)) for each in self._extent)
        return rows, columns

    @property
    def is_torn(self) -> bool:
        """Whether the raster shows it in pieces far apart, or not at all."""
        (rows, columns), (factor_y, factor_x) = self._extent, self.factors
        return not 0 < rows * columns <= LARGEST_WINDOW * factor_y * factor_x

    @property
    def _extent(self) -> tuple[float, float]:
        known = np.isfinite(self.x) & np.isfinite(self.y)
        return (float(np.ptp(self.y[known])), float(np.ptp(self.x[known]))) if known.any() else (0.0, 0.0)


def placed(
    lon: FloatArray, lat: FloatArray, diameter_km: FloatArray, mapping: SourcePixels, body: Body, least_px: float
) -> Iterator[tuple[int, Place]]:
    """Row and place of every crater (n,) that is at least `least_px` pixels across, block by block of the raster."""
    x, y = mapping.pixel(lon, lat)
    diameter_px = _diameters_px(lon, lat, diameter_km, (x, y), mapping, body)
    large = np.flatnonzero(diameter_px >= least_px)
    order = large[np.lexsort((x[large], x[large] // BLOCK_PX, y[large] // BLOCK_PX))]
    for start in progress(range(0, len(order), BATCH), "depths"):
        rows = order[start : start + BATCH]
        points = ring_points(lon[rows], lat[rows], diameter_km[rows], body)
        pixels = mapping.near(*mapping.pixel(*points), x[rows, None, None])
        for row, *each in zip(rows, unit_vectors(*points), *pixels, strict=True):
            yield int(row), Place(float(diameter_px[row]), *each)


def _diameters_px(
    lon: FloatArray,
    lat: FloatArray,
    diameter_km: FloatArray,
    centre: tuple[FloatArray, FloatArray],
    mapping: SourcePixels,
    body: Body,
) -> FloatArray:
    """Diameters in pixels, where these are fewest; 0 where the raster's projection shows no rim.

    Twice the way from the centre: around the pole of a map of degrees the whole rim may lie on a few rows.
    """
    found = np.zeros(len(lon))
    for start in range(0, len(lon), RIM_BATCH):
        rows = slice(start, start + RIM_BATCH)
        rim = rim_points(lon[rows], lat[rows], diameter_km[rows], body, RIM_POINTS)
        pixels = mapping.near(*mapping.pixel(*rim), centre[0][rows, None])
        away = (np.abs(at - middle[rows, None]).max(axis=1) for at, middle in zip(pixels, centre, strict=True))
        found[rows] = np.nan_to_num(2 * np.minimum(*away))
    return found
