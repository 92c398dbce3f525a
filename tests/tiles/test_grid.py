"""The tile grid: coverage, cores, coordinates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crater_pipeline.tiles.grid import Tile, TileGrid, TilingSettings, tile_offsets

grids = st.builds(
    TileGrid,
    width=st.integers(1, 3000),
    height=st.integers(1, 3000),
    size=st.sampled_from([256, 512]),
    overlap=st.sampled_from([0, 16, 128]),
    levels=st.integers(1, 4),
)


@given(length=st.integers(1, 6000), size=st.sampled_from([64, 512]), overlap=st.integers(0, 63))
def test_windows_cover_the_axis_with_at_least_the_overlap(length: int, size: int, overlap: int) -> None:
    offsets = tile_offsets(length, size, overlap)
    assert offsets[0] == 0
    assert offsets[-1] + size >= length
    assert (np.diff(offsets) <= size - overlap).all()
    assert (np.diff(offsets) > 0).all()
    if length > size:
        assert offsets[-1] + size == length


@given(grid=grids, data=st.data())
def test_every_point_is_in_the_core_of_exactly_one_tile_of_each_level(grid: TileGrid, data: st.DataObject) -> None:
    x = data.draw(st.floats(0, grid.width, exclude_max=True))
    y = data.draw(st.floats(0, grid.height, exclude_max=True))
    for level in range(grid.used_levels):
        owners = 0
        for tile in grid.tiles(level):
            tx, ty = tile.from_level0(x, y)
            x_min, y_min, x_max, y_max = grid.core(tile)
            owners += bool(x_min <= tx < x_max and y_min <= ty < y_max)
        assert owners == 1


@given(grid=grids)
def test_cores_lie_inside_their_tiles(grid: TileGrid) -> None:
    for tile in grid.tiles():
        x_min, y_min, x_max, y_max = np.clip(grid.core(tile), 0, tile.size)
        assert 0 <= x_min < x_max <= tile.size
        assert 0 <= y_min < y_max <= tile.size


@given(grid=grids, x=st.floats(-50, 600), y=st.floats(-50, 600), tolerance=st.floats(0, 20))
def test_core_distance_is_the_growth_needed_to_own_a_point(
    grid: TileGrid, x: float, y: float, tolerance: float
) -> None:
    tile = next(iter(grid.tiles(0)))
    x_min, y_min, x_max, y_max = grid.core(tile)
    inside = x_min - tolerance <= x <= x_max + tolerance and y_min - tolerance <= y <= y_max + tolerance
    distance = float(grid.core_distance(tile, x, y))
    assert (distance <= tolerance) == inside or abs(distance - tolerance) < 1e-9


@given(level=st.integers(0, 5), x_off=st.integers(0, 9999), y_off=st.integers(0, 9999), x=st.floats(-99, 999))
def test_coordinates_inside_a_tile_count_from_its_window(level: int, x_off: int, y_off: int, x: float) -> None:
    tile = Tile(level, 0, 0, x_off, y_off, 512)
    window, scale = tile.window, 2**level
    assert tile.from_level0(window.col_off + x * scale, window.row_off - x * scale) == pytest.approx((x, -x), abs=1e-6)


def test_a_raster_smaller_than_a_tile_has_one_tile_on_one_level() -> None:
    grid = TileGrid(300, 200)
    assert grid.used_levels == 1
    assert [tile.name for tile in grid.tiles()] == ["x1_r000_c000"]


def test_the_last_level_is_the_first_that_holds_the_raster_in_one_tile() -> None:
    assert TileGrid(1000, 900, levels=6).used_levels == 2
    assert TileGrid(5000, 100, levels=3).used_levels == 3


def test_an_overlap_as_large_as_the_tile_is_refused() -> None:
    with pytest.raises(ValidationError, match="overlap must be smaller"):
        TilingSettings(size=128, overlap=128)
