"""Which tiles hold enough data to be searched, and the ground that they stand for: one rule for search and footprint.

Ground counts as searched where its level-0 tile is. Coarser tiles see the same ground again.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.grid import Tile, TileGrid, core_edges

CELL_PX = 8
"""Side of the cells, in pixels of level 0, in which searched and unsearched ground are told apart."""

COARSE_LENIENCY = 0.25
"""Coarser tiles are searched from this share of `min_valid_fraction` on. Ground that fills a level-0 tile is a quarter
of a tile of the next level, or less: by the same limit it would be searched for small craters only."""

TOO_LITTLE = "no tile holds enough data to be searched; choose other bounds, or lower tiling.min_valid_fraction"


def cells_inside(info: RasterInfo, bounds: Bounds, body: Body) -> NDArray[np.bool_]:
    """Which cells (`CELL_PX` level-0 pixels) of a raster have their middle inside the bounds."""
    grid = info.on(body)
    rows, cols = -(-info.height // CELL_PX), -(-info.width // CELL_PX)
    inside = np.zeros((rows, cols), bool)
    x = (np.arange(cols) + 0.5) * CELL_PX
    for row in range(rows):
        lon, lat = grid.lonlat(x, np.full(cols, (row + 0.5) * CELL_PX), body)
        inside[row] = bounds.contains(np.nan_to_num(lon, nan=1e9), np.nan_to_num(lat, nan=1e9))
    return inside


def valid_fraction(valid: NDArray[np.bool_], x_off: int, y_off: int, side: int) -> float:
    """Share of a square window (level-0 pixels) that holds data, from the mask in cells; 0 outside the raster.

    Of a window that reaches beyond the raster, as the only tile of a small one does, the part inside counts.
    """
    cells = max(1, -(-side // CELL_PX))
    row, col = y_off // CELL_PX, x_off // CELL_PX
    inside = valid[row : row + cells, col : col + cells]
    return float(inside.mean()) if inside.size else 0.0


def share_of_tile(tile: Tile, cells: NDArray[np.bool_]) -> float:
    """Share of a tile, as far as it lies in the raster, that `cells` (of `CELL_PX`) mark."""
    return valid_fraction(cells, *(each * tile.scale for each in (tile.x_off, tile.y_off, tile.size)))


def enough_data(tile: Tile, valid: NDArray[np.bool_], min_valid_fraction: float) -> bool:
    """Whether a tile holds enough data to be searched; `valid` is the raster's mask in cells of `CELL_PX`."""
    return share_of_tile(tile, valid) >= min_valid_fraction * (1.0 if tile.level == 0 else COARSE_LENIENCY)


def searched_tiles(tiles: Iterable[Tile], valid: NDArray[np.bool_], min_valid_fraction: float) -> list[Tile]:
    """Those of the tiles that hold enough data to be searched."""
    return [tile for tile in tiles if enough_data(tile, valid, min_valid_fraction)]


def searched_cells(grid: TileGrid, valid: NDArray[np.bool_], min_valid_fraction: float) -> NDArray[np.bool_]:
    """Cells with data whose level-0 tile is searched, same shape as `valid`."""
    x_offsets, y_offsets = grid.offsets(0)
    rows = np.searchsorted(core_edges(y_offsets, grid.size), (np.arange(valid.shape[0]) + 0.5) * CELL_PX) - 1
    cols = np.searchsorted(core_edges(x_offsets, grid.size), (np.arange(valid.shape[1]) + 0.5) * CELL_PX) - 1
    enough = np.zeros((len(y_offsets), len(x_offsets)), bool)
    for tile in searched_tiles(grid.tiles(0), valid, min_valid_fraction):
        enough[tile.row, tile.col] = True
    return np.asarray(valid & enough[np.ix_(rows, cols)])
