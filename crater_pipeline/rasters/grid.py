"""A raster's size and place, apart from any file.

Pixel coordinates are continuous, x right and y down, (0, 0) the outer corner of the first pixel.
"""

import math
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import wrap_longitude
from crater_pipeline.sphere.projections import transformer

FloatArray = NDArray[np.float64]


def apply_affine(affine: Affine, x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Two arrays through an affine transformation."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def shifted(affine: Affine, col: float, row: float) -> Affine:
    """The transformation of a window whose upper left corner is at pixel (col, row)."""
    c, f = apply_affine(affine, col, row)
    return Affine(affine.a, affine.b, float(c), affine.d, affine.e, float(f))


@dataclass(frozen=True)
class Grid:
    """`width` x `height` pixels; `transform` maps their coordinates to those of `crs`."""

    width: int
    height: int
    transform: Affine
    crs: CRS

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def pixel_size_m(self) -> float:
        """Side of a pixel in metres of the map; in degrees, its north-south extent on the sphere."""
        step = math.hypot(self.transform.b, self.transform.e)
        unit = self.crs.axis_info[0].unit_conversion_factor if self.crs.axis_info else 1.0
        if self.crs.is_geographic:
            ellipsoid = self.crs.ellipsoid
            assert ellipsoid is not None  # every geographic system has one
            return step * unit * ellipsoid.semi_major_metre
        return step * unit

    def lonlat(self, x: ArrayLike, y: ArrayLike, body: Body) -> tuple[FloatArray, FloatArray]:
        """Longitudes (-180..180) and latitudes in degrees of pixel coordinates."""
        lon, lat = transformer(self.crs, body.geographic_crs).transform(*apply_affine(self.transform, x, y))
        return wrap_longitude(lon), np.asarray(lat)

    def pixel(self, lon: ArrayLike, lat: ArrayLike, body: Body) -> tuple[FloatArray, FloatArray]:
        """Pixel coordinates of longitudes and latitudes in degrees."""
        east, north = transformer(self.crs, body.geographic_crs).transform(
            np.asarray(lon, dtype=float), np.asarray(lat, dtype=float), direction="INVERSE"
        )
        return apply_affine(~self.transform, east, north)

    def coarsened(self, factor: int) -> "Grid":
        """The same place in pixels `factor` times larger; the last ones may reach beyond it."""
        transform = self.transform @ Affine.scale(factor)
        return Grid(-(-self.width // factor), -(-self.height // factor), transform, self.crs)
