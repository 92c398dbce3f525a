"""Interpolation of an array at scattered points, with nodata."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Resampling = Literal["nearest", "bilinear", "cubic"]
Float32Array = NDArray[np.float32]

PADDING = 2
"""Pixels around a point that cubic convolution needs."""


def _cubic_weights(t: Float32Array) -> tuple[Float32Array, ...]:
    """Keys' (1981) cubic convolution with a = -1/2 (Catmull-Rom) for the taps at -1, 0, 1, 2; t in [0, 1)."""
    t2 = t * t
    t3 = t2 * t
    half = np.float32(0.5)
    return (
        half * (2 * t2 - t - t3),
        half * (3 * t3 - 5 * t2 + 2),
        half * (4 * t2 - 3 * t3 + t),
        half * (t3 - t2),
    )


def _base(position: NDArray[np.float64], length: int) -> tuple[NDArray[np.intp], Float32Array]:
    """Index of the pixel centre left of each point (held near the array) and the fraction of the way to the next."""
    position = position - 0.5
    lower = np.floor(position)
    fraction = np.subtract(position, lower, out=position).astype(np.float32)
    return np.clip(lower, -1, length - 1, out=lower).astype(np.intp), fraction


def _convolve(
    padded: Float32Array,
    col: NDArray[np.intp],
    row: NDArray[np.intp],
    weights_x: tuple[Float32Array, ...],
    weights_y: tuple[Float32Array, ...],
) -> Float32Array:
    """Sum of the taps, the first of which stands at (row, col) of `padded`."""
    flat, stride = padded.ravel(), padded.shape[1]
    first = row * stride + col
    out = np.zeros(first.shape, np.float32)
    for down, weight_y in enumerate(weights_y):
        line = np.zeros(first.shape, np.float32)
        for right, weight_x in enumerate(weights_x):
            line += weight_x * flat.take(first + (down * stride + right))
        line *= weight_y
        out += line
    return out


def _within(position: NDArray[np.float64], length: int) -> bool:
    return bool(position.size) and bool(position.min() >= 0) and bool(position.max() <= length)


def _holding(
    source: Float32Array, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], Float32Array]:
    """The points, those outside moved to the corner, and the values of the pixels that hold them, NaN outside."""
    height, width = source.shape
    inside = (x >= 0) & (x <= width) & (y >= 0) & (y <= height)
    x, y = np.where(inside, x, 0.0), np.where(inside, y, 0.0)
    holder = np.minimum(y.astype(np.intp), height - 1) * width + np.minimum(x.astype(np.intp), width - 1)
    return x, y, np.where(inside, source.ravel().take(holder), np.float32(np.nan))


def resample(
    source: Float32Array, x: NDArray[np.float64], y: NDArray[np.float64], method: Resampling = "cubic"
) -> Float32Array:
    """Values of `source` (h, w; NaN is nodata) at pixel coordinates x, y of any common shape.

    NaN where the pixel that holds the point is nodata or outside the array. Elsewhere, cubic interpolation falls back
    to the valid ones of the four nearest pixels when some of its sixteen are nodata, so that nodata never grows or
    bleeds.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if method == "nearest":
        return _holding(source, x, y)[2]
    holding = None
    if np.isnan(source).any() or not (_within(x, source.shape[1]) and _within(y, source.shape[0])):
        x, y, holding = _holding(source, x, y)
    padded = np.pad(source, PADDING, mode="edge")
    col, part_x = _base(x, source.shape[1])
    row, part_y = _base(y, source.shape[0])
    one = np.float32(1.0)
    linear = ((one - part_x, part_x), (one - part_y, part_y))
    if method == "cubic":
        corner = PADDING - 1
        out = _convolve(padded, col + corner, row + corner, _cubic_weights(part_x), _cubic_weights(part_y))
    else:
        out = _convolve(padded, col + PADDING, row + PADDING, *linear)
    if holding is None:
        return out
    valid = ~np.isnan(holding)
    lost = valid & np.isnan(out)
    if lost.any():
        known = ~np.isnan(padded)
        taps = (col[lost] + PADDING, row[lost] + PADDING)
        weights = [tuple(w[lost] for w in axis) for axis in linear]
        total = _convolve(np.where(known, padded, np.float32(0.0)), *taps, *weights)
        out[lost] = total / _convolve(known.astype(np.float32), *taps, *weights)
    out[~valid] = np.nan
    return out
