"""The network's input: grey values with a tile's own mean and contrast taken out."""

import math

import numpy as np
from numpy.typing import NDArray

LEAST_CONTRAST = 0.02
"""Smallest standard deviation divided by, as a share of the mean: keeps a featureless tile from becoming noise."""

CLIP = 5.0
"""Standardised values are limited to this many standard deviations: a few glints must not rule the tile."""


def standardise(grey: NDArray[np.floating], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Zero mean and unit deviation over the valid pixels, 0 elsewhere; (H, W) to (H, W) float32.

    The same for a tile in training, in validation and in a search, whatever the raster's units.
    """
    whole = bool(valid.all())
    values = grey if whole else grey[valid]
    if not values.size:
        return np.zeros(grey.shape, np.float32)
    mean = float(values.mean(dtype=np.float64))
    out = grey - np.float32(mean) if grey.dtype == np.float32 else (grey - mean).astype(np.float32)
    spread = out if whole else out[valid]
    # What single precision left of the mean is taken out of the deviation again.
    rest = float(spread.mean(dtype=np.float64))
    variance = float(np.square(spread).mean(dtype=np.float64)) - rest**2
    deviation = max(math.sqrt(max(variance, 0.0)), LEAST_CONTRAST * abs(mean), 1e-12)
    out *= np.float32(1.0 / deviation)
    np.clip(out, -CLIP, CLIP, out=out)
    if not whole:
        out[~valid] = 0
    return out
