"""How sharp is an image? Told from how much pixels differ that lie side by side, and twice as far apart.

Mean square differences over a distance and over its double are as 1 to 4 where grey changes evenly, so where the image
is blurred or its pixels are finer than what it shows, and as 1 to 1 where pixels have nothing to do with each other:
noise.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.rasters.files import open_raster, read_window

WINDOW_PX = 128
ACROSS = 6
"""Windows along each side of the image."""

DISTANCES_PX = (1, 2, 4, 8, 16)

EVEN = 0.35
"""Ratio up to which grey changes evenly. Real photographs have 0.37 to 0.43 from pixel to pixel."""

ROUNDING = 1.0 / 3.0
"""What rounding to whole greys adds to a mean square difference along rows and columns: four times 1/12."""


@dataclass(frozen=True)
class Sharpness:
    """Medians over an image's windows.

    noise: ratio of the mean square differences of neighbours and of next neighbours, 0.25 to 1. detail_px: the least of
    `DISTANCES_PX` over which grey changes unevenly, about the smallest thing that is shown.
    """

    noise: float
    detail_px: int


def sharpness(image: Path) -> Sharpness | None:
    """How sharp an 8-bit image is; None where too little of it differs to tell."""
    with open_raster(image) as dataset:
        side = min(WINDOW_PX, dataset.width, dataset.height)
        places = [
            (int(x), int(y))
            for y in np.unique(np.linspace(0, dataset.height - side, ACROSS).astype(int))
            for x in np.unique(np.linspace(0, dataset.width - side, ACROSS).astype(int))
        ]
        windows = (read_window(dataset, Window(x, y, side, side)) for x, y in places)
        found = np.array([ratios(np.ma.filled(window.astype(np.float64), np.nan)) for window in windows])
    told = np.isfinite(found).any(axis=0)
    if not told[0]:
        return None
    medians = np.array([np.nanmedian(found[:, i]) if told[i] else np.nan for i in range(len(DISTANCES_PX))])
    uneven = np.flatnonzero(~(medians <= EVEN))
    first = int(uneven[0]) if uneven.size else len(DISTANCES_PX) - 1
    return Sharpness(float(medians[0]), DISTANCES_PX[first])


def ratios(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean square differences over each of `DISTANCES_PX` as shares of those over its double; NaN where there are none.

    grey: (h, w), NaN where there is no data.
    """
    energy = {distance: _energy(grey, distance) for distance in (*DISTANCES_PX, 2 * DISTANCES_PX[-1])}
    pairs = [(energy[distance], energy[2 * distance]) for distance in DISTANCES_PX]
    return np.array([near / far if near > 0 and far > ROUNDING else np.nan for near, far in pairs])


def _energy(grey: NDArray[np.float64], distance: int) -> float:
    """Mean square difference of pixels so far apart along columns and along rows, without what rounding adds."""
    along = [grey[distance:] - grey[:-distance], grey[:, distance:] - grey[:, :-distance]]
    known = [difference[np.isfinite(difference)] for difference in along]
    if any(values.size < grey.size // 4 for values in known):
        return 0.0
    return sum(float(np.mean(values**2)) for values in known) - ROUNDING
