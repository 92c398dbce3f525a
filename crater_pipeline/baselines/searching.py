"""A method over all tiles and levels of a raster, and craters from elsewhere in the same table."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from crater_pipeline.baselines.ground import Ground
from crater_pipeline.baselines.method import as_boxes
from crater_pipeline.detection.rows import empty_detections, kept_rows, tile_rows
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.labels.learnable import raster_circles
from crater_pipeline.models.decoding import Boxes
from crater_pipeline.rasters.files import info_of, open_raster, raster_info, read_window, valid_mask
from crater_pipeline.rasters.progress import progress
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.grid import Tile, TileGrid, TilingSettings
from crater_pipeline.tiles.searched import CELL_PX, searched_tiles

log = logging.getLogger(__name__)


@torch.inference_mode()
def search(
    image: Path,
    elevation: Path | None,
    find: Callable[[Ground], Boxes],
    bounds: Bounds,
    body: Body,
    tiling: TilingSettings,
    settings: InferenceSettings,
) -> tuple[pd.DataFrame, TileGrid]:
    """Detections of a method in the tiles that our network searches, as `detection.inference.search` gives them."""
    found = [empty_detections()]
    with ExitStack() as stack:
        dataset = stack.enter_context(open_raster(image))
        heights = None if elevation is None else stack.enter_context(open_raster(elevation))
        info = info_of(dataset, image)
        grid = TileGrid.of(info.width, info.height, tiling)
        tiles = searched_tiles(grid.tiles(), valid_mask(image, CELL_PX), tiling.min_valid_fraction)
        log.info("%s: %d tiles on %d levels", image, len(tiles), grid.used_levels)
        for tile in progress(tiles, "searching tiles"):
            shape = (tile.size, tile.size)
            grey = read_window(dataset, tile.window, shape)
            valid = ~np.ma.getmaskarray(grey)
            height = None if heights is None else read_window(heights, tile.window, shape).filled(np.float32(np.nan))
            if height is not None:
                valid &= np.isfinite(height)
            pixel_m = abs(info.transform.e) * tile.scale
            boxes = find(Ground.of(grey.data, height, valid, pixel_m))
            found.append(tile_rows(tile, boxes, valid, grid))
    return kept_rows(pd.concat(found, ignore_index=True), grid, info, bounds, body, settings), grid


def placed(
    image: Path, craters: pd.DataFrame, bounds: Bounds, body: Body, tiling: TilingSettings, settings: InferenceSettings
) -> tuple[pd.DataFrame, TileGrid]:
    """Craters known from elsewhere (lon, lat, diameter_km) as detections of score 1 on the raster."""
    info = raster_info(image)
    grid = TileGrid.of(info.width, info.height, tiling)
    circles = raster_circles(info, craters, body)
    circles = circles[np.isfinite(circles).all(axis=1)]
    whole = Tile(0, 0, 0, 0, 0, max(info.width, info.height))
    rows = tile_rows(whole, as_boxes(circles, np.ones(len(circles))), np.ones((1, 1), bool), grid)
    # Whatever their size, they are of one level, and no tile is better placed to see them.
    everything = settings.model_copy(update={"max_diameter_px": np.inf})
    return kept_rows(rows.assign(core_distance=np.float32(0)), grid, info, bounds, body, everything), grid
