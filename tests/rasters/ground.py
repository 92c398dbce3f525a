"""Ground that looks like the Moon's to a program: fractal terrain, and a picture of it under a low sun."""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from crater_pipeline.light.reflectance import shade

PIXEL_M = 100.0
GRID = Affine(PIXEL_M, 0.0, 300_000.0, 0.0, -PIXEL_M, 900_000.0)
MAP = CRS.from_user_input("+proj=eqc +R=1737400 +units=m")
SIDE = 400


def terrain(seed: int = 0, side: int = SIDE, steepest: float = 0.25) -> NDArray[np.float64]:
    """Elevations in metres, of which one pixel in a hundred slopes by more than `steepest`."""
    rows, cols = np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij")
    frequency = np.hypot(rows, cols)
    frequency[0, 0] = np.inf
    noise = np.fft.rfft2(np.random.default_rng(seed).normal(size=(side, side)))
    heights = np.fft.irfft2(noise * frequency**-2.4, s=(side, side))
    slopes = np.abs(np.diff(heights, axis=0)) / PIXEL_M
    return heights * (steepest / np.percentile(slopes, 99)) - 1500.0


def picture(seed: int = 0, side: int = SIDE) -> NDArray[np.uint8]:
    """Greys from 1 to 250 of terrain under a sun in the west, with the grain of a camera."""
    light = shade(terrain(seed, side).astype(np.float32), PIXEL_M, 270.0, 25.0)
    light += np.random.default_rng(seed + 1).normal(scale=0.02, size=light.shape).astype(np.float32)
    low, high = np.percentile(light, (0.1, 99.9))
    return np.asarray(np.clip(1 + 249 * (light - low) / (high - low), 1, 250), np.uint8)


def collared(data: NDArray[Any], value: float) -> NDArray[Any]:
    """`data` as a turned rectangle in a collar of `value`, which fills about a third."""
    side = data.shape[0]
    y, x = np.mgrid[:side, :side] - side / 2
    turn = np.radians(12.0)
    across, along = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    out = data.copy()
    out[(np.abs(across) > 0.4 * side) | (np.abs(along) > 0.4 * side)] = value
    return out


def write(path: Path, data: NDArray[Any], crs: CRS | None = MAP, transform: Affine = GRID, **options: Any) -> Path:
    """A raster file of (h, w) or (bands, h, w); options: `units`, `scales`, `offsets`, and the driver's."""
    bands = data[None] if data.ndim == 2 else data
    after = {key: options.pop(key) for key in ("units", "scales", "offsets") if key in options}
    profile = {"driver": "GTiff", "count": len(bands), "height": bands.shape[1], "width": bands.shape[2], **options}
    place = {"transform": transform, "crs": None if crs is None else rasterio.crs.CRS.from_wkt(crs.to_wkt())}
    with rasterio.open(path, "w", dtype=bands.dtype, **place, **profile) as dataset:
        dataset.write(bands)
        for key, value in after.items():
            setattr(dataset, key, value)
    return path
