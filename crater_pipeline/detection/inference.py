"""A network over the tiles of a raster: reading ahead, batches, decoding, and what each detection touches."""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from crater_pipeline.detection.averaging import mean_over_suns
from crater_pipeline.detection.pictures import Terrain, TileReader, open_pictures
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.turning import answer_in_positions
from crater_pipeline.models.bfloat16 import native_bf16
from crater_pipeline.models.centernet import CenterNet, Prediction
from crater_pipeline.models.decoding import Boxes, decode
from crater_pipeline.models.settings import SizeEncoding
from crater_pipeline.rasters.files import RasterInfo, progress, valid_mask
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.grid import Tile, TileGrid, TilingSettings
from crater_pipeline.tiles.searched import CELL_PX, searched_tiles, share_of_tile

log = logging.getLogger(__name__)

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


Batch = tuple[list[Tile], NDArray[np.float32], NDArray[np.bool_]]
"""Tiles (n), their pictures (n * suns, channels, size, size) and masks (n, size, size)."""


def _batches(read: TileReader, tiles: Sequence[Tile], per_batch: int, prefetch: int) -> Iterator[Batch]:
    """Batches of tiles, read ahead by one thread (a dataset may not be shared by two at a time)."""

    def batch(group: list[Tile]) -> Batch:
        pictures, valid = zip(*map(read, group), strict=True)
        return group, np.concatenate(pictures), np.stack(valid)

    with ThreadPoolExecutor(1) as reader:
        waiting: deque[Future[Batch]] = deque()
        for start in range(0, len(tiles), per_batch):
            waiting.append(reader.submit(batch, list(tiles[start : start + per_batch])))
            if len(waiting) > prefetch:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


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


class Viewer:
    """A network and how it is asked: on which device, at what precision, under how many suns, in how many positions."""

    def __init__(self, network: CenterNet, settings: InferenceSettings, lit_anew: bool) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = network.to(self.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        self.half = settings.precision == "bf16" or (settings.precision == "auto" and native_bf16())
        self.suns = settings.suns_for(network.view) if lit_anew else 1
        self.positions = settings.positions if network.view == "picture" and self.suns == 1 else 1

    @torch.inference_mode()
    def answer(self, pictures: NDArray[np.float32]) -> Prediction:
        """The mean answer about each tile of pictures (n * suns, channels, size, size)."""
        shown = torch.from_numpy(pictures).to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half):
            return mean_over_suns(answer_in_positions(self.network, shown, self.positions), self.suns)


@torch.inference_mode()
def search(
    image: Path,
    network: CenterNet,
    encoding: SizeEncoding,
    bounds: Bounds,
    body: Body,
    tiling: TilingSettings,
    settings: InferenceSettings,
    terrain: Terrain | None = None,
    only: NDArray[np.bool_] | None = None,
) -> tuple[pd.DataFrame, TileGrid]:
    """Detections (columns `DTYPES`, tile space) of all tiles and levels of a raster, and the grid they refer to.

    With the terrain that `image` was shaded from, each tile is lit from several sides (`settings.suns`); under one
    sun it is searched in several positions (`settings.positions`). Memory holds a few batches and the detections,
    whatever the raster's size. Tiles without any of the cells `only` (the raster in cells of `CELL_PX`) are left out.
    """
    valid = valid_mask(image, CELL_PX)
    found = [empty_detections()]
    viewer = Viewer(network, settings, lit_anew=terrain is not None)
    with open_pictures(image, terrain, viewer.suns, body, network.view) as (info, read):
        grid = TileGrid.of(info.width, info.height, tiling)
        tiles = searched_tiles(grid.tiles(), valid, tiling.min_valid_fraction)
        if only is not None:
            tiles = [tile for tile in tiles if share_of_tile(tile, only) > 0]
        log.info(
            "%s: %d tiles on %d levels, %d sun(s), %d position(s)",
            image,
            len(tiles),
            grid.used_levels,
            viewer.suns,
            viewer.positions,
        )
        per_batch = max(1, settings.batch_size // viewer.suns)
        for (group, grey, masks), _ in zip(
            _batches(read, tiles, per_batch, settings.prefetch),
            progress(range(-(-len(tiles) // per_batch)), "searching tiles"),
            strict=True,
        ):
            boxes = decode(
                viewer.answer(grey),
                stride=network.stride,
                encoding=encoding,
                max_detections=settings.max_detections,
                min_score=settings.min_score,
            )
            found += [tile_rows(*parts, grid) for parts in zip(group, boxes, masks, strict=True)]
    return kept_rows(pd.concat(found, ignore_index=True), grid, info, bounds, body, settings), grid
