"""How a raster is shown under the craters: where it lies, and which of its values are black and white."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyproj import CRS
from rasterio.windows import Window

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import info_of, open_raster, read_window
from crater_pipeline.rasters.grid import apply_affine

SAMPLE_PX = 1000
"""Longest side of the reduced raster from which the stretch is taken."""

STRETCH = (0.5, 99.5)
"""Percentiles shown as black and white."""


@dataclass(frozen=True)
class MosaicView:
    """A raster on a map: `extent` is (left, bottom, right, top) in units of `crs`, `stretch` (black, white)."""

    path: Path
    crs: CRS
    extent: tuple[float, float, float, float]
    stretch: tuple[float, float]


def mosaic_view(path: Path) -> MosaicView:
    """View of a raster file.

    Raises
    ------
    UserError
        If it is missing, damaged, or has no reference system.
    """
    with open_raster(path) as dataset:
        info = info_of(dataset, path)
        factor = max(1, math.ceil(max(info.width, info.height) / SAMPLE_PX))
        shape = (math.ceil(info.height / factor), math.ceil(info.width / factor))
        sample = read_window(dataset, Window(0, 0, shape[1] * factor, shape[0] * factor), shape)
    if info.crs is None:
        raise UserError(f"{path}: no coordinate reference system; make it again")
    x, y = apply_affine(info.transform, [0, info.width], [0, info.height])
    values = sample.compressed()
    low, high = np.percentile(values, STRETCH) if len(values) else (0.0, 1.0)
    extent = (float(min(x)), float(min(y)), float(max(x)), float(max(y)))
    return MosaicView(path, info.crs, extent, (float(low), float(max(high, low + 1e-9))))
