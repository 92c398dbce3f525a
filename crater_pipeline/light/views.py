"""What a network is shown of a piece of ground: a picture, or terrain lit from two sides beside its local relief."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crater_pipeline.light.reflectance import shade
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
    height, width = elevation_m.shape
    known = np.isfinite(elevation_m)
    # Around their own mean, heights keep their centimetres in single precision.
    base = elevation_m[known].mean(dtype=float) if known.any() else 0.0
    heights = np.where(known, elevation_m - np.float32(base), np.float32(0))

    def around(values: NDArray[np.float32]) -> NDArray[np.float32]:
        cells = values.reshape(height // CELL_PX, CELL_PX, width // CELL_PX, CELL_PX).sum((1, 3))
        sums: NDArray[np.float32] = ndimage.uniform_filter(cells, 2 * REACH_CELLS + 1, mode="constant")
        return sums

    mean = around(heights) / np.maximum(around(known.astype(np.float32)), np.float32(1e-3))
    relief: NDArray[np.float32] = heights - ndimage.zoom(mean, CELL_PX, order=1, mode="nearest", grid_mode=True)
    return relief


def terrain_view(
    elevation_m: NDArray[np.float32],
    ground_pixel_m: float | NDArray[np.float32],
    sun_azimuth_grid_deg: float | NDArray[np.float32],
    sun_elevation_deg: float = SUN_ELEVATION_DEG,
    halo_px: int = 0,
) -> NDArray[np.float32]:
    """The three channels (3, h, w) of terrain, each standardised: lit from the azimuth, from 90 degrees on, relief.

    Two suns at a right angle hold both components of the slope, so that no wall is hidden from the network whatever
    its direction. elevation_m and the arrays beside it have `halo_px` more pixels on every side, for the slopes at the
    border; without data where NaN.
    """
    core = (slice(halo_px, elevation_m.shape[0] - halo_px), slice(halo_px, elevation_m.shape[1] - halo_px))
    heights = elevation_m[core]
    valid = np.isfinite(heights)
    lit = [
        shade(elevation_m, ground_pixel_m, sun_azimuth_grid_deg + turn, sun_elevation_deg)[core] for turn in (0.0, 90.0)
    ]
    return np.stack([standardise(np.where(valid, layer, 0.0), valid) for layer in (*lit, local_relief(heights))])
