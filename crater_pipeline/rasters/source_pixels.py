"""Where the pixels of a conformal map lie on a source raster, longitudes wrapping where the source's do."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.windows import Window

from crater_pipeline.rasters.grid import Grid, apply_affine
from crater_pipeline.rasters.lattice import on_lattice
from crater_pipeline.sphere.projections import transformer

FloatArray = NDArray[np.float64]

CONTROL_STEP = 16
"""Output pixels between the points whose source coordinates are computed exactly."""

CONTROL_TOLERANCE_PX = 0.02
"""Largest error, in source pixels, of interpolating between them."""


def _map_turn(crs: CRS) -> float | None:
    """Map units to the east after which a map shows the same place again, 360 degrees on; None if none does."""
    if crs.is_geographic:
        return 2 * math.pi / crs.axis_info[0].unit_conversion_factor
    operation = crs.coordinate_operation
    name = "" if operation is None else operation.method_name.lower()
    if not ("cylindrical" in name or "mercator" in name) or "transverse" in name or "oblique" in name:
        return None
    assert crs.geodetic_crs is not None  # every projected system has one
    to_map = transformer(crs.geodetic_crs, crs)
    lon_0 = to_map.transform(0.0, 0.0, direction="INVERSE")[0]
    east, west = to_map.transform(lon_0 + 60.0, 0.0)[0], to_map.transform(lon_0 - 60.0, 0.0)[0]
    return 3.0 * float(east - west)


@dataclass(frozen=True)
class SourcePixels:
    """From map coordinates of a region to pixel coordinates of a source raster."""

    source: Grid
    crs: CRS

    @cached_property
    def _transformer(self) -> Transformer:
        return transformer(self.crs, self.source.crs)

    @cached_property
    def turn(self) -> tuple[float, float] | None:
        """Source pixels (x, y) that make 360 degrees of longitude; None if the map does not repeat after them."""
        length = _map_turn(self.source.crs)
        return None if length is None else (length * (~self.source.transform).a, length * (~self.source.transform).d)

    @property
    def period(self) -> float | None:
        """Columns of the source that make 360 degrees of longitude; None if its columns are no meridians."""
        return abs(self.turn[0]) if self.turn is not None and self.turn[1] == 0 else None

    def near(self, x: FloatArray, y: FloatArray, reference: float | FloatArray) -> tuple[FloatArray, FloatArray]:
        """The repetition of source positions that is nearest to reference columns (one, or one each), half way down."""
        if self.turn is None:
            return x, y
        right, down = self.turn
        away = (reference - x) * right + (self.source.height / 2 - y) * down
        turns = np.ceil(away / (right**2 + down**2) - 0.5)
        return x + turns * right, y + turns * down

    def pixel(
        self, east: FloatArray, north: FloatArray, reference: float | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Source (x, y) of map coordinates; x repeats after `period` and is taken nearest to `reference`.

        The default reference is the middle of the source. Not finite where the source's projection has no image.
        """
        with np.errstate(invalid="ignore"):
            x, y = apply_affine(~self.source.transform, *self._transformer.transform(east, north))
        x[~np.isfinite(x)] = np.nan
        return self.near(x, y, self.source.width / 2 if reference is None else reference)

    def covers(self, east: FloatArray, north: FloatArray) -> NDArray[np.bool_]:
        """Which map points lie on the source raster (a thousandth of a pixel of rounding is forgiven)."""
        x, y = self.pixel(east, north)
        half_x, half_y = self.source.width / 2, self.source.height / 2
        return (np.abs(x - half_x) <= half_x + 1e-3) & (np.abs(y - half_y) <= half_y + 1e-3)


def source_coordinates(
    mapping: SourcePixels, transform: Affine, width: int, height: int
) -> tuple[FloatArray, FloatArray]:
    """Source pixel coordinates (x, y), each (height, width), of the pixel centres of an output block.

    Columns run on past the source's edge rather than jump there: all are nearest to that of the block's centre.
    """
    east, north = apply_affine(transform, [width / 2], [height / 2])
    centre, _ = mapping.pixel(east, north)
    reference = float(centre[0]) if math.isfinite(centre[0]) else mapping.source.width / 2

    def exact(cols: FloatArray, rows: FloatArray) -> FloatArray:
        return np.stack(mapping.pixel(*apply_affine(transform, cols, rows), reference))

    x, y = on_lattice(exact, Window(0, 0, width, height), CONTROL_STEP, (CONTROL_TOLERANCE_PX, CONTROL_TOLERANCE_PX))
    return x, y
