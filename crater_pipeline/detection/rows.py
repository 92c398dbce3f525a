"""Detections as rows of a table, in tile space, and what each of them touches."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.models.decoding import Boxes
from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.grid import Tile, TileGrid

RIM_POINTS = 16

DTYPES = {
    "level": np.int8,
    "tile_row": np.int32,
    "tile_col": np.int32,
    "x_off": np.int32,
    "y_off": np.int32,
    "x": np.float32,
    "y": np.float32,
    "width": np.float32,
    "height": np.float32,
    "score": np.float32,
    "core_distance": np.float32,
    "touches_edge": np.bool_,
}
"""Columns of `detections.parquet`."""


def empty_detections() -> pd.DataFrame:
    """No detections, with the right columns and types."""
    return pd.DataFrame({name: np.zeros(0, dtype) for name, dtype in DTYPES.items()})


def _touches_nodata(boxes: Boxes, valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether the rim, where it lies in the tile, meets pixels without data; (n,)."""
    if valid.all() or boxes.x.size == 0:
        return np.zeros(boxes.x.size, bool)
    angle = np.linspace(0, 2 * np.pi, RIM_POINTS, endpoint=False)
    x = (boxes.x[:, None] + boxes.width[:, None] / 2 * np.cos(angle)).astype(int)
    y = (boxes.y[:, None] + boxes.height[:, None] / 2 * np.sin(angle)).astype(int)
    inside = (x >= 0) & (y >= 0) & (x < valid.shape[1]) & (y < valid.shape[0])
    missing = inside & ~valid[y.clip(0, valid.shape[0] - 1), x.clip(0, valid.shape[1] - 1)]
    return np.asarray(missing.any(axis=1))


def tile_rows(tile: Tile, boxes: Boxes, valid: NDArray[np.bool_], grid: TileGrid) -> pd.DataFrame:
    """Detections of one tile (columns `DTYPES`); `valid` says where it has data."""
    count = boxes.x.size
    return pd.DataFrame(
        {
            "level": np.full(count, tile.level, np.int8),
            "tile_row": np.full(count, tile.row, np.int32),
            "tile_col": np.full(count, tile.col, np.int32),
            "x_off": np.full(count, tile.x_off, np.int32),
            "y_off": np.full(count, tile.y_off, np.int32),
            "x": boxes.x,
            "y": boxes.y,
            "width": boxes.width,
            "height": boxes.height,
            "score": boxes.score,
            "core_distance": grid.core_distance(tile, boxes.x, boxes.y).astype(np.float32),
            "touches_edge": _touches_nodata(boxes, valid),
        }
    )


def _wanted(rows: pd.DataFrame, last_level: int, settings: InferenceSettings) -> NDArray[np.bool_]:
    """Detections of a size that their level is responsible for."""
    diameter = (rows["width"] + rows["height"]) / 2
    least = np.where(rows["level"] == 0, settings.min_diameter_px, settings.min_diameter_coarse_px)
    most = np.where(rows["level"] == last_level, np.inf, settings.max_diameter_px)
    return ((diameter >= least) & (diameter <= most)).to_numpy()


def _touches_border(rows: pd.DataFrame, info: RasterInfo, bounds: Bounds, body: Body) -> NDArray[np.bool_]:
    """Whether the rim reaches the raster's border or leaves the bounds; (n,)."""
    scale = 2.0 ** rows["level"].to_numpy()[:, None]
    angle = np.linspace(0, 2 * np.pi, RIM_POINTS, endpoint=False)

    def rim(centre: str, offset: str, side: str, direction: NDArray[np.float64]) -> NDArray[np.float64]:
        middle = (rows[centre].to_numpy(float) + rows[offset].to_numpy(float))[:, None]
        return np.asarray((middle + rows[side].to_numpy(float)[:, None] / 2 * direction) * scale)

    x, y = rim("x", "x_off", "width", np.cos(angle)), rim("y", "y_off", "height", np.sin(angle))
    outside = (x < 0) | (y < 0) | (x > info.width) | (y > info.height)
    lon, lat = info.lonlat(x.ravel(), y.ravel(), body)
    within = bounds.contains(np.nan_to_num(lon, nan=1e9), np.nan_to_num(lat, nan=1e9)).reshape(x.shape)
    return np.asarray((outside | ~within).any(axis=1))


def kept_rows(
    rows: pd.DataFrame, grid: TileGrid, info: RasterInfo, bounds: Bounds, body: Body, settings: InferenceSettings
) -> pd.DataFrame:
    """The detections of a size that their level is responsible for, told whether they touch an edge."""
    rows = rows[_wanted(rows, grid.used_levels - 1, settings)].reset_index(drop=True)
    rows["touches_edge"] |= _touches_border(rows, info, bounds, body)
    return rows.astype(DTYPES)
