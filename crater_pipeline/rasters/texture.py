"""What a raster's numbers look like where they lie side by side: how far apart neighbours are, and what they add up to.

Small windows at the raster's own pixels, spread over it, so that a huge raster costs no more than a small one.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.rasters.reading import Reading, read_values

WINDOW_PX = 64
ACROSS = 7
"""Windows along each side of the area."""

GLINT = 0.98
"""Gradients beyond this quantile of their window are shortened to it: one bright ray must not speak for it."""

LEAST_PX = 256
"""Fewer neighbouring pixels than this say nothing."""


@dataclass(frozen=True)
class Texture:
    """Figures of an area; values in the reading's own unit.

    low, dark, middle, bright, high: the 0.1, 5, 50, 95 and 99.9 percentiles. step: 99 in 100 neighbouring pixels that
    differ do so by less. relief: variance within a window, in units of the mean square difference of neighbours.
    direction: how much more values change along one direction than across it, 0 to 1.
    """

    low: float
    dark: float
    middle: float
    bright: float
    high: float
    step: float
    relief: float
    direction: float


def spread_windows(area: Window) -> Iterator[Window]:
    """Windows of `WINDOW_PX` at most, spread evenly over `area`."""
    sides = [(int(area.col_off), int(area.width)), (int(area.row_off), int(area.height))]
    (lefts, width), (tops, height) = (_spread(*side) for side in sides)
    for top in tops:
        for left in lefts:
            yield Window(left, top, width, height)


def _spread(offset: int, length: int) -> tuple[list[int], int]:
    size = min(WINDOW_PX, length)
    count = min(ACROSS, math.ceil(length / size))
    return [offset + int(start) for start in np.unique(np.linspace(0, length - size, count).astype(int))], size


def texture(dataset: rasterio.DatasetReader, area: Window, reading: Reading) -> Texture | None:
    """Figures of the pixels of `area` that hold data; None where too few do."""
    values, steps, reliefs, directions = [], [], [], []
    for window in spread_windows(area):
        data = read_values(dataset, window, reading).filled(np.nan).astype(np.float64)
        apart = neighbour_differences(data)
        if apart.size < LEAST_PX:
            continue
        values.append(data[np.isfinite(data)])
        steps.append(np.abs(apart[apart != 0]))
        if steps[-1].size:
            reliefs.append(float(values[-1].var() / np.mean(apart**2)))
            gradients = central_gradients(data)
            directions.append(abs(orientation(gradients[np.isfinite(gradients)])))
    if not values:
        return None
    differing = np.concatenate(steps)
    low, dark, middle, bright, high = np.percentile(np.concatenate(values), (0.1, 5, 50, 95, 99.9)).tolist()
    return Texture(
        low=low,
        dark=dark,
        middle=middle,
        bright=bright,
        high=high,
        step=float(np.percentile(differing, 99)) if differing.size else 0.0,
        relief=float(np.median(reliefs)) if reliefs else 0.0,
        direction=float(np.nanmedian(directions)) if np.isfinite(directions).any() else 0.0,
    )


def central_gradients(data: NDArray[np.floating]) -> NDArray[np.complexfloating]:
    """Twice the change per pixel to the right (real) and down (imaginary) of all but the border pixels."""
    return (data[1:-1, 2:] - data[1:-1, :-2]) + 1j * (data[2:, 1:-1] - data[:-2, 1:-1])


def orientation(gradients: NDArray[np.complexfloating]) -> complex:
    """The larger minus the smaller eigenvalue of the structure tensor over their sum, at twice its angle.

    As a vector it can be averaged (Bigun & Granlund 1987). NaN where nothing changes.
    """
    length = np.abs(gradients)
    if not length.size or (longest := np.quantile(length, GLINT)) == 0:
        return complex("nan")
    shortened = gradients * (longest / np.maximum(length, longest))
    return complex((shortened**2).sum() / (np.abs(shortened) ** 2).sum())


def neighbour_differences(data: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differences of neighbouring pixels along rows and columns, where both hold data."""
    both: NDArray[np.float64] = np.concatenate([np.diff(data, axis=1).ravel(), np.diff(data, axis=0).ravel()])
    return both[np.isfinite(both)]
