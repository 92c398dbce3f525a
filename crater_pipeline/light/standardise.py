"""The network's input: grey values with a tile's own mean and contrast taken out."""

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
    if not valid.any():
        return np.zeros(grey.shape, np.float32)
    values = grey[valid].astype(np.float64)
    mean = values.mean()
    deviation = max(values.std(), LEAST_CONTRAST * abs(mean), 1e-12)
    out = np.clip((grey.astype(np.float32) - np.float32(mean)) / np.float32(deviation), -CLIP, CLIP)
    return np.where(valid, out, np.float32(0))
