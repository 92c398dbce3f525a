"""Which tiles and cells are searched: one rule, more lenient to coarse tiles."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.tiles.grid import TileGrid
from crater_pipeline.tiles.searched import CELL_PX, COARSE_LENIENCY, searched_cells, searched_tiles, valid_fraction


def test_blank_tiles_are_not_searched() -> None:
    grid = TileGrid(512, 256, size=256, overlap=0, levels=2)
    valid = np.zeros((32, 64), bool)
    valid[:, :32] = True
    assert [tile.name for tile in searched_tiles(grid.tiles(), valid, 0.05)] == ["x1_r000_c000", "x2_r000_c000"]


def test_a_coarse_tile_is_searched_for_a_quarter_of_the_data() -> None:
    """A full 64 px tile's worth of data, searched on level 0, is a sixteenth of the one x4 tile that sees it whole."""
    grid = TileGrid(256, 256, size=64, overlap=0, levels=3)
    valid = np.zeros((32, 32), bool)
    valid[:8, :8] = True

    def coarsest(least: float) -> int:
        return max(tile.level for tile in searched_tiles(grid.tiles(), valid, least))

    assert coarsest(1 / 16 / COARSE_LENIENCY) == 2
    assert coarsest(1 / 16 / COARSE_LENIENCY + 0.01) == 1


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 10_000), least=st.floats(0, 1), share=st.floats(0, 1))
def test_ground_is_searched_where_its_finest_tile_is(seed: int, least: float, share: float) -> None:
    """Differential test, cell by cell: data whose level-0 tile (the one with the nearest centre) is searched."""
    rng = np.random.default_rng(seed)
    grid = TileGrid(640, 384, size=128, overlap=int(rng.choice([0, 32, 64])), levels=2)
    valid = rng.random((6, 10)).repeat(8, axis=0).repeat(8, axis=1) < share
    searched = {tile.name for tile in searched_tiles(grid.tiles(0), valid, least)}
    cells = searched_cells(grid, valid, least)
    for row, col in rng.integers(0, valid.shape, (40, 2)):
        x, y = (col + 0.5) * CELL_PX, (row + 0.5) * CELL_PX
        owner = next(tile for tile in grid.tiles(0) if grid.core_distance(tile, x - tile.x_off, y - tile.y_off) <= 0)
        assert cells[row, col] == (valid[row, col] and owner.name in searched)
        enough = valid_fraction(valid, owner.x_off, owner.y_off, owner.size) >= least
        assert (owner.name in searched) == enough


def test_the_core_of_a_tile_that_is_skipped_is_not_searched() -> None:
    grid = TileGrid(1024, 512, size=512, overlap=0)
    valid = np.ones((64, 128), bool)
    valid[:, 66:] = False  # the right tile holds 3 % of data
    searched = searched_cells(grid, valid, 0.05)
    assert searched[:, :64].all()
    assert not searched[:, 64:].any()
    assert searched_cells(grid, valid, 0.01)[:, 64:66].all()


def test_a_raster_smaller_than_a_tile_is_searched() -> None:
    grid = TileGrid(120, 100, size=512)
    assert searched_cells(grid, np.ones((13, 15), bool), 0.05).all()
    sparse = np.zeros((13, 15), bool)
    sparse[0, :5] = True
    assert not searched_cells(grid, sparse, 0.05).any()
