"""Catalogue craters as circles and boxes in tiles, and which of them a network should learn from."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from rasterio.windows import Window
from scipy import ndimage

from crater_pipeline.rasters.files import RasterInfo, open_raster, read_window
from crater_pipeline.settings import Settings
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.circle_fitting import image_circles
from crater_pipeline.tiles.grid import Tile

LEARNED_PX = (7.0, 160.0)
"""Diameters learned on a level, in its pixels; others are ignored there, for another level sees them better."""

SEEN_PX = 6.0
"""Craters under this many pixels are neither learned nor looked away from: they show in next to no pixel, and a
catalogue that reaches far below the raster's pixels would hide most of the level ground from the loss."""

RELIEF_TESTED_KM = 5.0
"""Craters above this size are large enough to be seen in any terrain model used here, whatever their floor."""

MIN_VISIBLE = 0.5
"""Share of a box inside its tile below which a crater is not learned there: a neighbouring tile holds it whole."""


class LabelSettings(Settings):
    """Which catalogue craters are learned; all others are ignored, neither positive nor negative."""

    min_diameter_km: float | None = Field(
        None, gt=0, description="Smallest crater learned (null: the catalogue's limit, or what the raster shows)."
    )
    min_relief_m: float = Field(
        20.0,
        ge=0,
        description="For terrain models: craters under 5 km whose rim stands less than this above their floor are "
        "not visible and are ignored.",
    )


def raster_circles(info: RasterInfo, craters: pd.DataFrame, body: Body) -> NDArray[np.float64]:
    """Centre x, y and radius in pixels, (n, 3), of craters (lon, lat, diameter_km) in a conformal raster."""
    grid = info.on(body)
    return image_circles(craters["lon"], craters["lat"], craters["diameter_km"], grid.transform, grid.crs, body)


def raster_relief_m(elevation: Path, circles: NDArray[np.float64]) -> NDArray[np.float64]:
    """`crater_relief_m` for circles of a raster file, read around one crater at a time; NaN above the tested size."""
    relief = np.full(len(circles), np.nan)
    with open_raster(elevation) as dataset:
        pixel_m = abs(dataset.transform.e)
        for i in np.flatnonzero(2 * circles[:, 2] * pixel_m <= RELIEF_TESTED_KM * 1100):
            x, y, radius = circles[i]
            side = int(np.ceil(2 * radius)) + 4
            left, top = int(x) - side // 2, int(y) - side // 2
            heights = read_window(dataset, Window(left, top, side, side)).filled(np.nan)
            relief[i] = crater_relief_m(heights, np.array([[x - left, y - top, radius]]))[0]
    return relief


def crater_relief_m(elevation: NDArray[np.float32], circles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean height of the rim above the inner third, metres, (n,); NaN where the terrain has no data.

    elevation: (h, w), NaN for no data. circles: (n, 3) centre x, y and radius in pixels.
    """
    x, y, radius = np.asarray(circles, dtype=float).reshape(-1, 3).T[:, :, None]
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)[None]

    def ring(share: float) -> NDArray[np.float64]:
        # Pixel (0, 0) has its centre at (0.5, 0.5).
        points = [y + share * radius * np.sin(angle) - 0.5, x + share * radius * np.cos(angle) - 0.5]
        values: NDArray[np.float64] = ndimage.map_coordinates(
            elevation, points, output=np.float64, order=1, mode="nearest", prefilter=False
        )
        return np.asarray(values.mean(axis=1))

    return ring(1.0) - (ring(0.33) + ring(0.0)) / 2


def learnable(
    diameter_km: NDArray[np.float64], relief_m: NDArray[np.float64] | None, settings: LabelSettings
) -> NDArray[np.bool_]:
    """(n,) bool: craters that the raster can show; `relief_m` is None for images."""
    keep = diameter_km >= (settings.min_diameter_km or 0.0)
    if relief_m is not None:
        keep = keep & ((diameter_km > RELIEF_TESTED_KM) | (np.nan_to_num(relief_m, nan=-1.0) >= settings.min_relief_m))
    return np.asarray(keep, dtype=bool)


def tile_annotations(tile: Tile, craters: pd.DataFrame) -> pd.DataFrame:
    """The craters that reach into a tile and are large enough there to be seen (`SEEN_PX`).

    craters: columns x, y, radius (level-0 pixels), learnable, and any others, which are kept.
    Returns their rows with cx, cy, r (pixels of the tile), the box clipped to the tile (left, top, width, height)
    and `ignore`, true where the crater is not to be learned in this tile.
    """
    cx, cy = tile.from_level0(craters["x"], craters["y"])
    r = craters["radius"].to_numpy() / tile.scale
    left, top = np.maximum(cx - r, 0), np.maximum(cy - r, 0)
    width, height = np.minimum(cx + r, tile.size) - left, np.minimum(cy + r, tile.size) - top
    reaches = (width > 0) & (height > 0) & (2 * r >= SEEN_PX)
    found = craters.assign(cx=cx, cy=cy, r=r, left=left, top=top, width=width, height=height)[reaches]
    cx, cy, r = (found[name].to_numpy(float) for name in ("cx", "cy", "r"))
    area = found["width"].to_numpy(float) * found["height"].to_numpy(float)
    visible = area / np.maximum((2 * r) ** 2, 1e-12)
    centre_inside = (cx >= 0) & (cy >= 0) & (cx < tile.size) & (cy < tile.size)
    learned = centre_inside & (2 * r >= LEARNED_PX[0]) & (2 * r <= LEARNED_PX[1]) & (visible >= MIN_VISIBLE)
    return found.assign(ignore=~(learned & found["learnable"].to_numpy()))
