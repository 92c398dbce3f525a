"""What of a raster is wanted and searched, and which part of the split it belongs to."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.errors import NothingThereError
from crater_pipeline.rasters.files import RasterInfo, raster_info, valid_mask
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.grid import Tile, TileGrid, TilingSettings
from crater_pipeline.tiles.searched import CELL_PX, TOO_LITTLE, cells_inside, searched_cells
from crater_pipeline.tiles.splits import SPLITS, TEST, SplitSettings, split_map


class Parts:
    """Which cells (`CELL_PX` level-0 pixels) of a raster are wanted and searched, and their part of the split.

    Without a split all of it is the test part.
    """

    def __init__(
        self,
        info: RasterInfo,
        valid: NDArray[np.bool_],
        bounds: Bounds,
        body: Body,
        tiling: TilingSettings,
        split: SplitSettings | None,
    ) -> None:
        self.grid = TileGrid.of(info.width, info.height, tiling)
        self.valid = valid
        self.wanted = cells_inside(info, bounds, body) & valid
        self.searched = searched_cells(self.grid, valid, tiling.min_valid_fraction)
        if split is None:
            self.split = np.full(valid.shape, TEST, np.uint8)
        else:
            self.split = split_map(self.grid, self.wanted, CELL_PX, split)

    @classmethod
    def of_raster(
        cls, image: Path, bounds: Bounds, body: Body, tiling: TilingSettings, split: SplitSettings | None
    ) -> "Parts":
        """The parts of a raster file. `NothingThereError` if nothing inside the bounds is searched."""
        parts = cls(raster_info(image), valid_mask(image, CELL_PX), bounds, body, tiling, split)
        if not parts.wanted.any():
            raise NothingThereError(f"{image}: no data inside the bounds {list(bounds)}; check regions.<name>.bounds")
        if not (parts.wanted & parts.searched).any():
            raise NothingThereError(f"{image}: {TOO_LITTLE}")
        return parts

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
