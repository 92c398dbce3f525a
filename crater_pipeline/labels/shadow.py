"""How much of a crater a picture hides in full shadow.

Under a low sun a photograph is black where altimetry still sees a crater: such labels are neither learned nor held
against a detector, see docs/evaluation.md.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.rasters.files import open_raster, read_window

SHADOW_GREY = 12
"""Greys of an 8-bit picture up to this are full shadow: nothing but scattered light and noise."""

MOST_SHADOW = 0.5
"""Craters with more of their disc in full shadow than this are hidden."""

READ_PX = 64
"""Larger discs are read reduced to about this many pixels a side."""


def shadow_share(image: Path, circles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share (n,) of each disc's pixels that lie in full shadow; 0 where the picture has no data.

    image: an 8-bit raster as it is searched. circles: (n, 3) centre x, y and radius in its pixels.
    """
    share = np.zeros(len(circles))
    with open_raster(image) as dataset:
        for i, (x, y, radius) in enumerate(circles):
            if x + radius < 0 or y + radius < 0 or x - radius > dataset.width or y - radius > dataset.height:
                continue
            factor = max(1, int(2 * radius) // READ_PX)
            cells = int(np.ceil(2 * radius / factor)) + 2
            left, top = (int(np.floor(v - radius)) - factor for v in (x, y))
            grey = read_window(dataset, Window(left, top, cells * factor, cells * factor), (cells, cells))
            middle = (np.arange(cells) + 0.5) * factor
            inside = (left + middle[None, :] - x) ** 2 + (top + middle[:, None] - y) ** 2 <= max(radius, 0.5) ** 2
            inside &= ~np.ma.getmaskarray(grey)
            if inside.any():
                share[i] = float((grey.data[inside] <= SHADOW_GREY).mean())
    return share
