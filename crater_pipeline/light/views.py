"""What a network is shown of a piece of ground: a picture, or terrain lit from two sides beside its local relief."""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from crater_pipeline.light.reflectance import Sun, lit, slopes
from crater_pipeline.light.standardise import standardise

View = Literal["picture", "terrain"]

CHANNELS: dict[View, int] = {"picture": 1, "terrain": 3}
"""Input channels of a network that is shown this."""

SUN_ELEVATION_DEG = 25.0
"""Height of the two suns of a terrain view."""

DEFAULT_AZIMUTH_DEG = 270.0
"""Azimuth of the first of them, from true north; the other stands 90 degrees clockwise of it."""

CELL_PX, REACH_CELLS = 8, 4
"""Local relief is the height above the mean within about 36 pixels, taken from cells of 8."""


def local_relief(elevation_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Height in metres above the mean of the ground within about 36 pixels, (h, w); sides are multiples of 8.

    NaN counts as nothing in the means; what comes out there is meaningless.
    """
    known = np.isfinite(elevation_m)
    heights: NDArray[np.float32]
    # Around their own mean, heights keep their centimetres in single precision.
    if known.all():
        heights = np.subtract(elevation_m, np.float32(elevation_m.mean(dtype=float)), dtype=np.float32)
        pixels = np.full([side // CELL_PX for side in known.shape], CELL_PX**2, np.float32)
    else:
        base = elevation_m[known].mean(dtype=float) if known.any() else 0.0
        heights = np.where(known, elevation_m - np.float32(base), np.float32(0))
        pixels = _cells(known.astype(np.float32))
    mean = _around(_cells(heights)) / np.maximum(_around(pixels), np.float32(1e-3))
    down, across = (_between_cells(side) for side in mean.shape)
    return np.asarray(heights - (across @ (down @ mean).T).T, np.float32)


def _cells(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums over squares of `CELL_PX`."""
    height, width = values.shape
    rows = values.reshape(height // CELL_PX, CELL_PX, width).sum(1)
    return np.asarray(rows.reshape(height // CELL_PX, width // CELL_PX, CELL_PX).sum(2))


def _around(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums, but for a factor, over the cells within reach."""
    sums: NDArray[np.float32] = ndimage.uniform_filter(cells, 2 * REACH_CELLS + 1, mode="constant")
    return sums


@lru_cache
def _between_cells(cells: int) -> sparse.csr_array:
    """Weights (cells * CELL_PX, cells) of linear interpolation between the cells' middles, level beyond the last.

    Sparse, for libraries multiply dense matrices by threads of their own, which get in the way of ours.
    """
    place = np.clip((np.arange(cells * CELL_PX) + 0.5) / CELL_PX - 0.5, 0, cells - 1)
    return sparse.csr_array(np.maximum(1 - np.abs(place[:, None] - np.arange(cells)), 0).astype(np.float32))


def terrain_view(
    elevation_m: NDArray[np.float32],
    ground_pixel_m: float | NDArray[np.float32],
    sun: Sun,
    sun_elevation_deg: float = SUN_ELEVATION_DEG,
    halo_px: int = 0,
) -> NDArray[np.float32]:
    """The three channels (3, h, w) of terrain, each standardised: lit by the sun, from 90 degrees on, local relief.

    Two suns at a right angle hold both components of the slope, so that no wall is hidden from the network whatever
    its direction. elevation_m and the arrays beside it have `halo_px` more pixels on every side, for the slopes at the
    border; without data where NaN.
    """
    core = (slice(halo_px, elevation_m.shape[0] - halo_px), slice(halo_px, elevation_m.shape[1] - halo_px))
    heights = elevation_m[core]
    valid = np.isfinite(heights)
    ground = slopes(elevation_m, ground_pixel_m)
    layers = [lit(ground, each, sun_elevation_deg)[core] for each in (sun, sun.a_quarter_on())]
    return np.stack([standardise(layer, valid) for layer in (*layers, local_relief(heights))])
