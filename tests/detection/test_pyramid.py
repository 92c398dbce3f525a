"""Coarser levels as files: what reducing the finest one gives."""

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.windows import Window

from crater_pipeline.detection.pyramid import coarser_levels, open_levels
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection

CRS = choose_projection(Bounds(-1, -1, 1, 1), MOON)


def write(path: Path, values: np.ndarray, nodata: float | None) -> Path:
    height, width = values.shape
    with create_raster(path, width, height, CRS, Affine(100, 0, 0, 0, -100, 0), str(values.dtype), nodata) as dataset:
        dataset.write(values, 1)
    return path


@given(width=st.integers(1, 150), height=st.integers(1, 150), seed=st.integers(0, 99), level=st.integers(0, 4))
@settings(deadline=None, max_examples=30)
def test_a_window_of_a_level_is_the_mean_of_the_finest_one(
    width: int, height: int, seed: int, level: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("levels")
    values = np.random.default_rng(seed).normal(0, 100, (height, width)).astype(np.float32)
    raster = write(folder / "raster.tif", values, np.nan)
    window = Window(-1, 2, 20, 17)  # beyond the raster, too
    with open_levels(raster, coarser_levels(raster, 4, folder)) as levels, open_levels(raster, []) as finest:
        assert len(levels.datasets) == 4
        got, wanted = levels.read(level, window), finest.read(level, window)
    assert got.shape == (17, 20)
    # Whole pixels of the level; of those cut off by the raster's border only half must be there, at every halving.
    whole = np.zeros(got.shape, bool)
    whole[: max(0, (height >> level) - 2), 1 : max(1, (width >> level) + 1)] = True
    assert np.array_equal(np.ma.getmaskarray(got)[whole], np.ma.getmaskarray(wanted)[whole])
    assert np.allclose(got.data[whole], wanted.data[whole], atol=1e-3)


def test_no_data_is_not_averaged_in(tmp_path: Path) -> None:
    values = np.full((64, 64), 7, np.uint8)
    values[:, :31] = 0
    raster = write(tmp_path / "raster.tif", values, 0)
    with open_levels(raster, coarser_levels(raster, 3, tmp_path)) as levels:
        got = levels.read(2, Window(0, 0, 16, 16))
    assert np.array_equal(np.ma.getmaskarray(got)[0], [True] * 7 + [False] * 9)
    assert set(got.compressed()) == {7.0}


def test_a_level_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    raster = write(tmp_path / "raster.tif", np.ones((40, 40), np.uint8), 0)
    first = [path.stat().st_mtime_ns for path in coarser_levels(raster, 3, tmp_path)]
    assert [path.stat().st_mtime_ns for path in coarser_levels(raster, 3, tmp_path)] == first
    assert len(first) == 2
