"""A network over the tiles of a raster: a tile a thread, decoded, part by part."""

import logging
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from crater_pipeline.detection.averaging import mean_over_suns
from crater_pipeline.detection.engines import Engine, engine_for, pictures_a_pass, shared_out
from crater_pipeline.detection.parts import FoundParts
from crater_pipeline.detection.pictures import Terrain, TileReader, open_pictures, shown_raster
from crater_pipeline.detection.pyramid import coarser_levels
from crater_pipeline.detection.rows import empty_detections, kept_rows, tile_rows
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.turning import answer_in_positions
from crater_pipeline.light.views import View
from crater_pipeline.models.centernet import CenterNet, Prediction
from crater_pipeline.models.decoding import decode
from crater_pipeline.models.settings import SizeEncoding
from crater_pipeline.rasters.files import RasterInfo, valid_mask
from crater_pipeline.rasters.progress import progress
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.grid import Tile, TileGrid, TilingSettings
from crater_pipeline.tiles.searched import CELL_PX, searched_tiles, share_of_tile
from crater_pipeline.unfinished import kept_folder
from crater_pipeline.workers import worked

log = logging.getLogger(__name__)

PART_TILES = 128
"""Tiles of a part: what is lost at most when a search is cut off."""


class Viewer:
    """How a network is asked: by which engine, under how many suns, in how many positions."""

    def __init__(self, engine: Engine, view: View, settings: InferenceSettings, lit_anew: bool) -> None:
        self.engine = engine
        self.suns = settings.suns_for(view) if lit_anew else 1
        self.positions = settings.positions if view == "picture" and self.suns == 1 else 1

    @torch.inference_mode()
    def answer(self, pictures: NDArray[np.float32]) -> Prediction:
        """The mean answer about each tile of pictures (n * suns, channels, size, size)."""
        answer = answer_in_positions(self.engine, torch.from_numpy(pictures), self.positions)
        return mean_over_suns(answer, self.suns)


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
    """All detections as one table, and the grid they refer to; see `search_in_parts`."""
    with kept_folder(None, "") as folder:
        parts = FoundParts(folder)
        grid = search_in_parts(image, network, encoding, bounds, body, tiling, settings, parts, terrain, only)
        return parts.table(), grid


@torch.inference_mode()
def search_in_parts(
    image: Path,
    network: CenterNet,
    encoding: SizeEncoding,
    bounds: Bounds,
    body: Body,
    tiling: TilingSettings,
    settings: InferenceSettings,
    parts: FoundParts,
    terrain: Terrain | None = None,
    only: NDArray[np.bool_] | None = None,
) -> TileGrid:
    """Add the detections (columns `rows.DTYPES`, tile space) of all tiles and levels of a raster to `parts`.

    With the terrain that `image` was shaded from, each tile is lit from several sides (`settings.suns`); under one
    sun it is searched in several positions (`settings.positions`). Memory holds a few tiles a thread and the detections
    of one part, whatever the raster's size; parts that are there already are not searched again. Tiles without any of
    the cells `only` (the raster in cells of `CELL_PX`) are left out.
    """
    valid = valid_mask(image, CELL_PX)
    view = network.view
    suns = settings.suns_for(view) if terrain is not None else 1
    with open_pictures(image, terrain, suns, body, view) as (info, _):
        grid = TileGrid.of(info.width, info.height, tiling)
    tiles = searched_tiles(grid.tiles(), valid, tiling.min_valid_fraction)
    if only is not None:
        tiles = [tile for tile in tiles if share_of_tile(tile, only) > 0]
    per_batch = max(1, pictures_a_pass(settings) // suns)
    whole = _in_parts(tiles, per_batch)
    left = {number: part for number, part in whole.items() if number not in parts}
    groups = [
        (number, part[start : start + per_batch])
        for number, part in left.items()
        for start in range(0, len(part), per_batch)
    ]
    coarser = coarser_levels(shown_raster(image, terrain, suns, view), grid.used_levels, parts.folder)
    opener = partial(open_pictures, image, terrain, suns, body, view, coarser)
    with shared_out(torch.get_num_threads()) as workers:
        viewer = Viewer(engine_for(network, settings, grid.size, workers), view, settings, terrain is not None)
        log.info(
            "%s: %d tiles on %d levels, %d sun(s), %d position(s)%s",
            image.name,
            len(tiles),
            grid.used_levels,
            viewer.suns,
            viewer.positions,
            "" if len(left) == len(whole) else f"; {sum(map(len, left.values()))} are left to do",
        )

        def look(group: tuple[int, Sequence[Tile]], opened: tuple[RasterInfo, TileReader]) -> tuple[int, pd.DataFrame]:
            number, shown = group
            pictures, masks = zip(*map(opened[1], shown), strict=True)
            boxes = decode(
                viewer.answer(np.concatenate(pictures)),
                stride=network.stride,
                encoding=encoding,
                max_detections=settings.max_detections,
                min_score=settings.min_score,
            )
            return number, pd.concat(tile_rows(*each, grid) for each in zip(shown, boxes, masks, strict=True))

        with closing(worked(opener, groups, look, workers)) as looked:
            steps = zip(progress(groups, "searching tiles"), looked, strict=True)
            for number, found in groupby((step[1] for step in steps), key=itemgetter(0)):
                rows = pd.concat([empty_detections(), *(rows for _, rows in found)], ignore_index=True)
                parts.add(number, kept_rows(rows, grid, info, bounds, body, settings))
    return grid


def _in_parts(tiles: Sequence[Tile], per_batch: int) -> dict[int, Sequence[Tile]]:
    """Parts of about `PART_TILES` tiles by number, each of whole batches."""
    size = max(1, PART_TILES // per_batch) * per_batch
    return {number: tiles[start : start + size] for number, start in enumerate(range(0, len(tiles), size))}
