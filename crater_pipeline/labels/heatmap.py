"""The label raster: catalogue craters as the heatmap that a network should answer with."""

from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.models.targets import encode
from crater_pipeline.rasters.files import RasterInfo, create_raster, windows
from crater_pipeline.rasters.progress import progress

STRIDE = 4
"""Level-0 pixels per pixel of the label raster: the network's output stride."""

REACH_CELLS = 64
"""No crater's Gaussian reaches further than this; blocks are drawn with craters from so far around."""


def write_centre_heatmap(info: RasterInfo, circles: NDArray[np.float64], output: Path) -> None:
    """GeoTIFF (uint8, 255 at a centre) of the level-0 heatmap of `circles` (n, 3: x, y, radius in pixels)."""
    width, height = -(-info.width // STRIDE), -(-info.height // STRIDE)
    transform = info.transform @ Affine.scale(STRIDE)
    assert info.crs is not None
    with create_raster(output, width, height, info.crs, transform, "uint8", None) as dataset:
        for window in progress(windows(width, height), "drawing labels"):
            dataset.write(_block(circles, window), 1, window=window)


def _block(circles: NDArray[np.float64], window: Window) -> NDArray[np.uint8]:
    side = (int(window.height) + 2 * REACH_CELLS, int(window.width) + 2 * REACH_CELLS)
    corner = np.array([window.col_off - REACH_CELLS, window.row_off - REACH_CELLS, 0.0]) * STRIDE
    everywhere = np.ones((side[0] * STRIDE, side[1] * STRIDE), bool)
    own = circles - corner
    near = (own[:, 0] >= 0) & (own[:, 1] >= 0) & (own[:, 0] < side[1] * STRIDE) & (own[:, 1] < side[0] * STRIDE)
    heatmap = encode(own[near], np.zeros(int(near.sum()), bool), everywhere, STRIDE).heatmap[0]
    inner = heatmap[REACH_CELLS:-REACH_CELLS, REACH_CELLS:-REACH_CELLS]
    return np.asarray(np.rint(inner * 255), dtype=np.uint8)
