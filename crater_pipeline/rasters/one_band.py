"""What is read of a raster as one band of another, for a copy of it."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.rasters.reading import Reading, read_values


def profile_of(dataset: rasterio.DatasetReader, reading: Reading) -> tuple[str, float | None]:
    """Type and nodata value of a raster of one band that holds what is read; see `read_as_one_band`."""
    dtype = "uint8" if reading.greys is not None else dataset.dtypes[reading.bands[0] - 1]
    if not reading.mixes:
        return dtype, dataset.nodatavals[reading.bands[0] - 1]
    return dtype, math.nan if np.dtype(dtype).kind == "f" else 0.0


def read_as_one_band(dataset: rasterio.DatasetReader, reading: Reading, window: Window) -> NDArray[Any]:
    """A window (h, w) as stored numbers; of colours, and beside transparency, as greys of `profile_of`.

    Raises
    ------
    rasterio.errors.RasterioError
        If it cannot be read.
    """
    if not reading.mixes:
        return np.asarray(dataset.read(reading.bands[0], window=window))
    data = read_values(dataset, window, replace(reading, scale=1.0, offset=0.0))
    dtype, nodata = profile_of(dataset, reading)
    if np.dtype(dtype).kind == "f":
        return np.asarray(data.filled(nodata), dtype)
    # 0 is no data from here on: black is raised to the darkest grey
    return np.where(np.ma.getmaskarray(data), 0, np.maximum(np.rint(data.data), 1)).astype(dtype)
