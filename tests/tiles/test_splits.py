"""Blocks and parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crater_pipeline.tiles.grid import TileGrid
from crater_pipeline.tiles.splits import SplitSettings, assign_parts, split_map


@given(count=st.integers(1, 300), seed=st.integers(0, 50))
def test_shares_are_met_to_within_an_item(count: int, seed: int) -> None:
    order = np.random.default_rng(seed).random(count)
    parts = assign_parts(np.ones(count), order, SplitSettings())
    shares = np.bincount(parts, minlength=3) / count
    assert np.abs(shares - [0.7, 0.1, 0.2]).max() <= 1.0 / count + 1e-9


@given(count=st.integers(1, 200), seed=st.integers(0, 50), folds=st.integers(1, 7))
def test_folds_test_every_item_exactly_once_when_the_test_share_is_one_fold(count: int, seed: int, folds: int) -> None:
    share = 1 / folds
    tested = np.zeros(count, int)
    for fold in range(folds):
        settings = SplitSettings(fold=fold, folds=folds, fractions=(1 - share, 0.0, share))
        tested += assign_parts(np.ones(count), np.random.default_rng(seed).random(count), settings) == 2
    assert (tested == 1).all()


def test_items_without_weight_do_not_use_up_a_share() -> None:
    weights = np.zeros(1000)
    weights[::10] = 1.0
    parts = assign_parts(weights, np.arange(1000.0), SplitSettings())[::10]
    assert np.bincount(parts, minlength=3).tolist() == [70, 10, 20]


def test_a_block_is_of_one_part() -> None:
    grid = TileGrid(4096, 3072)
    parts = split_map(grid, np.ones((384, 512), bool), 8, SplitSettings(block_px=1024))
    blocks = parts.reshape(3, 128, 4, 128)
    assert (blocks == blocks[:, :1, :, :1]).all()
    assert len(np.unique(parts)) == 3


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fold", range(5))
def test_every_part_gets_its_share_of_every_corner_of_a_region(seed: int, fold: int) -> None:
    """Where craters crowd in one corner, no part may get all or nothing of it."""
    grid = TileGrid(8192, 6144)
    parts = split_map(grid, np.ones((768, 1024), bool), 8, SplitSettings(block_px=512, seed=seed, fold=fold))
    for rows in (slice(0, 384), slice(384, 768)):
        for cols in (slice(0, 512), slice(512, 1024)):
            shares = np.bincount(parts[rows, cols].ravel(), minlength=3) / parts[rows, cols].size
            assert np.abs(shares - [0.7, 0.1, 0.2]).max() <= 0.07


def test_random_splits_by_the_tile_that_owns_the_cell() -> None:
    grid = TileGrid(2048, 2048)
    parts = split_map(grid, np.ones((256, 256), bool), 8, SplitSettings(method="random", seed=3))
    for tile in grid.tiles(0):
        x_min, y_min, x_max, y_max = np.clip(grid.core(tile), 0, tile.size)
        rows = slice(int(np.ceil((tile.y_off + y_min) / 8)), int((tile.y_off + y_max) // 8))
        cols = slice(int(np.ceil((tile.x_off + x_min) / 8)), int((tile.x_off + x_max) // 8))
        assert len(np.unique(parts[rows, cols])) == 1


@pytest.mark.parametrize("bad", [{"fractions": (0.7, 0.1, 0.1)}, {"fold": 5}, {"block_px": 1001}])
def test_impossible_splits_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SplitSettings.model_validate(bad)
