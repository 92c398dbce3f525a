"""Tiles of a region on disk: 8-bit images, each showing only its own part of the split."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray
from PIL import Image

from crater_pipeline.rasters.files import RasterInfo, progress, read_window
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.footprint import CELL_PX, searched_cells, valid_fraction
from crater_pipeline.tiles.grid import Tile, TileGrid, TilingSettings
from crater_pipeline.tiles.splits import SPLITS, TEST, SplitSettings, split_map

COLUMNS = ["name", "level", "row", "col", "x_off", "y_off", "size", "split", "image", "valid_fraction"]
"""Columns of `tiles.parquet`."""

TOO_LITTLE = "no tile holds enough data to be searched; choose other bounds, or lower tiling.min_valid_fraction"


class Parts:
    """Which cells (`CELL_PX` level-0 pixels) of a raster are wanted and searched, and their part of the split."""

    def __init__(
        self,
        info: RasterInfo,
        valid: NDArray[np.bool_],
        bounds: Bounds,
        body: Body,
        tiling: TilingSettings,
        split: SplitSettings,
        trained: bool,
    ) -> None:
        self.grid = TileGrid.of(info.width, info.height, tiling)
        rows, cols = valid.shape
        wanted = np.zeros(valid.shape, bool)
        x = (np.arange(cols) + 0.5) * CELL_PX
        for row in range(rows):
            lon, lat = info.lonlat(x, np.full(cols, (row + 0.5) * CELL_PX), body)
            wanted[row] = bounds.contains(np.nan_to_num(lon, nan=1e9), np.nan_to_num(lat, nan=1e9))
        self.valid = valid
        self.wanted = wanted & valid
        self.searched = searched_cells(self.grid, valid, tiling.min_valid_fraction)
        if trained:
            self.split = split_map(self.grid, self.wanted, CELL_PX, split)
        else:
            self.split = np.full(valid.shape, TEST, np.uint8)

    def _cells(self, tile: Tile) -> tuple[slice, slice]:
        side = tile.size * tile.scale // CELL_PX
        row, col = tile.y_off * tile.scale // CELL_PX, tile.x_off * tile.scale // CELL_PX
        return slice(row, row + side), slice(col, col + side)

    def of_tile(self, tile: Tile) -> int:
        """The part that holds most of the tile's wanted ground."""
        cells = self._cells(tile)
        counts = np.bincount(self.split[cells][self.wanted[cells]], minlength=len(SPLITS))
        return int(counts.argmax())

    def shown(self, tile: Tile, part: int) -> NDArray[np.bool_]:
        """Pixels (size, size) of the tile that lie inside the bounds and in `part`."""
        # Level-0 tiles need not start at a cell's border: every pixel looks its cell up.
        pixel = (np.arange(tile.size) + 0.5) * tile.scale
        row = ((tile.y_off * tile.scale + pixel) // CELL_PX).astype(int)
        col = ((tile.x_off * tile.scale + pixel) // CELL_PX).astype(int)
        rows, cols = self.wanted.shape
        inside = np.ix_(row[row < rows], col[col < cols])
        out = np.zeros((tile.size, tile.size), bool)
        out[np.ix_(row < rows, col < cols)] = self.wanted[inside] & (self.split[inside] == part)
        return out


def write_tiles(dataset: rasterio.DatasetReader, parts: Parts, folder: Path, min_valid_fraction: float) -> pd.DataFrame:
    """Write every tile that shows enough of its part as a PNG (0: blank) and return the rows of `tiles.parquet`.

    What belongs to another part of the split, or lies outside the bounds, is blank: no pixel is shared between
    training and test, although tiles overlap and coarse tiles are wider than a block.
    """
    temporary = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    records = []
    for tile in progress(list(parts.grid.tiles()), "writing tiles"):
        if valid_fraction(parts.wanted, *(v * tile.scale for v in (tile.x_off, tile.y_off, tile.size))) == 0:
            continue
        part = parts.of_tile(tile)
        data = read_window(dataset, tile.window, (tile.size, tile.size))
        visible = ~np.ma.getmaskarray(data) & parts.shown(tile, part)
        share = float(visible.mean())
        if share < min_valid_fraction:
            continue
        grey = np.where(visible, np.clip(np.rint(data.data), 1, 255), 0).astype(np.uint8)
        image = f"{SPLITS[part]}_{tile.name}.png"
        Image.fromarray(grey).save(temporary / image)
        position = (tile.name, tile.level, tile.row, tile.col, tile.x_off, tile.y_off, tile.size)
        records.append((*position, SPLITS[part], image, share))
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
    return pd.DataFrame(records, columns=COLUMNS)
