"""Does an image show relief? Told from the image alone, without knowing its sun.

Slopes towards a low sun are bright and slopes away from it dark, but those across it are like level ground: shading
changes along the sun's direction more than across it, albedo alike in all directions. Where slopes are well below the
sun's height, brightness is the slope along the sun, and on isotropic terrain the energy of its gradient is three times
as large along the sun as across it (the means of cos^4 and of cos^2 sin^2): `anisotropy` is (3 - 1) / (3 + 1) = 0.5.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.rasters.files import open_raster, read_window
from crater_pipeline.rasters.texture import central_gradients, orientation

WINDOW_PX = 256
"""Small enough that the sun has one direction in it, also around a pole."""

BLOCK_PX = 64
"""Blocks count alike, whatever their contrast: one bright ray must not speak for its window."""

WINDOWS = 48
"""Windows looked at on each level, spread over the raster."""

LEAST_WINDOWS = 4
"""Fewer say nothing."""

LEVELS = (1, 2, 4)
"""Noise covers relief on the finest level, and distance levels it on the coarsest: the best of them speaks."""


def anisotropy(grey: NDArray[np.float32], valid: NDArray[np.bool_]) -> float:
    """How much more (h, w) greys change along one direction than across it, 0 to 1; NaN without enough data.

    The mean over blocks of their `orientation`, as vectors.
    """
    usable = valid[1:-1, 1:-1] & valid[2:, 1:-1] & valid[:-2, 1:-1] & valid[1:-1, 2:] & valid[1:-1, :-2]
    slope = central_gradients(grey)
    means = []
    for row in range(0, slope.shape[0] - BLOCK_PX // 2, BLOCK_PX):
        for col in range(0, slope.shape[1] - BLOCK_PX // 2, BLOCK_PX):
            block = slice(row, row + BLOCK_PX), slice(col, col + BLOCK_PX)
            values = slope[block][usable[block]]
            if values.size >= 0.8 * slope[block].size and np.isfinite(mean := orientation(values)):
                means.append(mean)
    return float(abs(np.mean(means))) if len(means) >= (WINDOW_PX // BLOCK_PX) ** 2 // 2 else float("nan")


def relief_share(image: Path) -> float | None:
    """Median anisotropy of windows of an image on the level where it is highest; None where there is too little of it.

    About 0.3 to 0.5 for relief under a low sun, 0.1 or less for albedo.
    """
    best = None
    with open_raster(image) as dataset:
        for scale in LEVELS:
            side = WINDOW_PX * scale
            places = [(x, y) for y in _starts(dataset.height, side) for x in _starts(dataset.width, side)]
            chosen = np.linspace(0, len(places) - 1, min(len(places), WINDOWS)).round().astype(int)
            found = []
            for x, y in (places[i] for i in chosen):
                data = read_window(dataset, Window(x, y, side, side), (WINDOW_PX, WINDOW_PX))
                found.append(anisotropy(data.data, ~np.ma.getmaskarray(data)))
            known = [value for value in found if np.isfinite(value)]
            if len(known) >= LEAST_WINDOWS:
                best = max(best or 0.0, float(np.median(known)))
    return best


def _starts(length: int, side: int) -> range:
    """Starts of the whole windows of `side`, each half over the one before, that fit into `length`."""
    return range(0, length - side + 1, side // 2)
