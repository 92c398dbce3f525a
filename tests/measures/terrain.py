"""Terrain models of analytic ground as rasters, and craters on them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from crater_pipeline.measures.depths import TerrainModel, measure_depths
from crater_pipeline.measures.settings import DepthSettings
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.craters import great_circle_km
from crater_pipeline.sphere.projections import transformer

FloatArray = NDArray[np.float64]
Ground = Callable[[FloatArray, FloatArray], FloatArray]
"""Metres at longitudes and latitudes."""

DEPTH_M, RIM_M = 300.0, 60.0
ANY_SIZE = DepthSettings(min_diameter_px=6, min_rim_height_px=6)


def profile(radius: FloatArray, depth_m: float = DEPTH_M, rim_m: float = RIM_M) -> FloatArray:
    """Metres of a bowl with a rim at `radius` 1, of which nothing is left at 1.75."""
    outside = rim_m * np.clip((1.75 - radius) / 0.75, 0.0, 1.0) ** 2
    return np.where(radius < 1.0, rim_m - depth_m + depth_m * radius**2, outside)


def crater(lon: float, lat: float, diameter_km: float, depth_m: float = DEPTH_M, rim_m: float = RIM_M) -> Ground:
    return lambda x, y: profile(great_circle_km(lon, lat, x, y, MOON) / (diameter_km / 2), depth_m, rim_m)


def table(lon: ArrayLike, lat: ArrayLike, diameter_km: ArrayLike) -> pd.DataFrame:
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(each, dtype=float)) for each in (lon, lat, diameter_km)))
    return pd.DataFrame(dict(zip(("lon", "lat", "diameter_km"), columns, strict=True))).assign(diameter_sigma_km=np.nan)


def grid_around(lon: float, lat: float, crs: CRS, pixel: float, side: int) -> Grid:
    """Square grid in `crs` (units of `pixel`) with the point in its middle."""
    x, y = transformer(MOON.geographic_crs, crs).transform(lon, lat)
    half = side / 2 * pixel
    return Grid(side, side, Affine(pixel, 0, x - half, 0, -pixel, y + half), crs)


def lonlats(grid: Grid) -> tuple[FloatArray, FloatArray]:
    """Of the middles of all pixels."""
    rows, columns = np.indices(grid.shape) + 0.5
    return grid.lonlat(columns, rows, MOON)


def write_terrain(path: Path, grid: Grid, *grounds: Ground) -> Path:
    """The sum of `grounds` on a grid."""
    lon, lat = lonlats(grid)
    heights = np.sum([ground(lon, lat) for ground in grounds], axis=0)
    return write_heights(path, grid, heights)


def write_heights(path: Path, grid: Grid, heights: FloatArray) -> Path:
    with create_raster(path, grid.width, grid.height, grid.crs, grid.transform, "float32", np.nan) as dataset:
        dataset.write(heights.astype(np.float32), 1)
    return path


def measured(
    path: Path, craters: pd.DataFrame, cutting: pd.DataFrame | None = None, settings: DepthSettings = ANY_SIZE
) -> pd.DataFrame:
    return measure_depths(craters, craters if cutting is None else cutting, TerrainModel(path), MOON, settings)
