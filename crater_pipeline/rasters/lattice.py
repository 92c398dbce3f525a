"""Quantities that change slowly over a raster: computed on a lattice of points and interpolated to its pixels."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window
from scipy import sparse

FloatArray = NDArray[np.float64]

Quantities = Callable[[FloatArray, FloatArray], FloatArray]
"""k quantities (k, ...) at pixel coordinates x, y of any common shape (...)."""


def on_lattice(exact: Quantities, window: Window, step_px: int, tolerance: Sequence[float]) -> FloatArray:
    """Quantities (k, h, w) at the pixel centres of `window`, bilinear between points `step_px` apart.

    The points stand at multiples of the step from the raster's corner, so that neighbouring windows agree. In the
    middle of a cell the error is largest and is looked at: where one of the k quantities is off by more than its
    `tolerance` (k), or is not finite, the pixels of the cell are computed exactly. Angles are no such quantities, for
    they jump by a turn: take their sine and cosine.
    """
    (x, left, weights_x), (y, above, weights_y) = (
        _axis(int(offset), int(length), step_px)
        for offset, length in ((window.col_off, window.width), (window.row_off, window.height))
    )
    points = exact(*np.meshgrid(x, y))
    middles = exact(*np.meshgrid((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2))
    guessed = (points[:, 1:, 1:] + points[:, 1:, :-1] + points[:, :-1, 1:] + points[:, :-1, :-1]) / 4
    with np.errstate(invalid="ignore"):
        smooth = np.all(np.abs(middles - guessed) <= np.reshape(tolerance, (-1, 1, 1)), axis=0)
    values = np.stack([(weights_x @ (weights_y @ each).T).T for each in points])
    if not smooth.all():
        rows, cols = np.nonzero(~smooth[np.ix_(above, left)])
        values[:, rows, cols] = exact(cols + (window.col_off + 0.5), rows + (window.row_off + 0.5))
    return values


def _axis(offset: int, length: int, step_px: int) -> tuple[FloatArray, NDArray[np.intp], sparse.csr_array]:
    """n points around the pixel centres of [offset, offset + length), each pixel's cell, and weights (length, n)."""
    first = offset // step_px
    count = math.ceil((offset + length - 0.5) / step_px) - first + 1
    place = (np.arange(offset, offset + length) + 0.5) / step_px - first
    cell = np.floor(place).astype(np.intp)
    part, pixel = place - cell, np.arange(length)
    weights = np.concatenate([1.0 - part, part])
    places = (np.concatenate([pixel, pixel]), np.concatenate([cell, cell + 1]))
    points = (first + np.arange(count, dtype=float)) * step_px
    return points, cell, sparse.csr_array((weights, places), shape=(length, count))
