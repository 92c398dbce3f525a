"""Values of an open raster at scattered points, read from the smallest window that holds them."""

import math
from dataclasses import dataclass

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.rasters.files import read_window
from crater_pipeline.rasters.reading import Reading
from crater_pipeline.rasters.resampling import PADDING, Resampling, resample
from crater_pipeline.rasters.source_pixels import SourcePixels

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SourceValues:
    """An open raster, whose columns repeat where they go around the body."""

    dataset: rasterio.DatasetReader
    mapping: SourcePixels
    reading: Reading

    def at(
        self, x: FloatArray, y: FloatArray, factors: tuple[int, int] = (1, 1), method: Resampling = "bilinear"
    ) -> NDArray[np.float32]:
        """Values at source pixel coordinates x, y of any common shape; NaN where there is no data or no raster.

        Blocks of `factors` (rows, columns) source pixels are averaged first, against aliasing.
        """
        out = np.full(x.shape, np.nan, np.float32)
        usable = np.isfinite(x) & (y >= 0) & (y <= self.mapping.source.height)
        if not usable.any():
            return out
        # mostly all points are usable as they are: they need not be picked one by one
        picked = ... if usable.all() else usable
        x, y = x[picked], y[picked]
        factor_y, factor_x = factors
        left, right = span(x, factor_x)
        top, bottom = span(y, factor_y)
        source = self._columns(left, right, top, bottom, factor_x, factor_y)
        out[picked] = resample(source, (x - left) / factor_x, (y - top) / factor_y, method)
        return out

    def _columns(
        self, left: int, right: int, top: int, bottom: int, factor_x: int, factor_y: int
    ) -> NDArray[np.float32]:
        """Source pixels averaged, NaN where nodata or outside; columns repeat after 360 degrees."""
        shape = ((bottom - top) // factor_y, (right - left) // factor_x)
        window = Window(left, top, right - left, bottom - top)
        data = read_window(self.dataset, window, shape, self.reading)
        period = self.mapping.period
        if period is not None:
            turn = round(period)
            for shift in (-turn, turn):
                moved = Window(left + shift, top, right - left, bottom - top)
                if moved.col_off < self.mapping.source.width and moved.col_off + moved.width > 0:
                    other = read_window(self.dataset, moved, shape, self.reading)
                    data = np.ma.where(np.ma.getmaskarray(data), other, data)
        return np.ma.filled(data, np.float32(np.nan)).astype(np.float32, copy=False)


def span(values: FloatArray, factor: int) -> tuple[int, int]:
    """Whole averaging blocks that hold the values and what interpolation needs around them."""
    low = (math.floor(values.min() / factor) - PADDING) * factor
    return low, (math.ceil(values.max() / factor) + PADDING) * factor
