"""A raster written in strips is the raster written at once, wherever the work was cut off before."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.errors import NothingThereError
from crater_pipeline.rasters import strips
from crater_pipeline.rasters.files import BLOCK_PX
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.rasters.strips import Painter
from crater_pipeline.sphere.bodies import MOON

PLACE = Affine(0.001, 0, 10, 0, -0.001, 20)


@dataclass
class Ground:
    """Values by place, that a painter takes block by block until it has taken `life` of them."""

    values: NDArray[np.float32]
    life: int = 10_000
    taken: list[tuple[int, int]] = field(default_factory=list)

    @contextmanager
    def opened(self) -> Iterator[NDArray[np.float32]]:
        yield self.values

    def block(self, window: Window, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(self.taken) == self.life:
            raise KeyboardInterrupt
        self.taken.append((window.row_off, window.col_off))
        part: NDArray[np.float32] = values[window.toslices()]
        return part

    def painter(self) -> Painter[NDArray[np.float32]]:
        height, width = self.values.shape
        return Painter(self.opened, self.block, Grid(width, height, PLACE, MOON.geographic_crs), "float32", np.nan)


def ground(width: int, height: int, life: int = 10_000) -> Ground:
    return Ground(np.arange(width * height, dtype=np.float32).reshape(height, width), life)


@given(
    width=st.integers(1, 2 * BLOCK_PX + 5),
    height=st.integers(1, 4 * BLOCK_PX),
    strip_px=st.integers(1, 3 * BLOCK_PX**2),
    life=st.integers(0, 14),
)
@settings(max_examples=12)
def test_a_raster_in_strips_is_the_raster_at_once(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, strip_px: int, life: int
) -> None:
    folder = tmp_path_factory.mktemp("s")
    ground(width, height).painter().paint(folder / "at_once.tif", "paint")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strips, "STRIP_PX", strip_px)
        dying, after = ground(width, height, life), ground(width, height)
        try:
            dying.painter().paint(folder / "o.tif", "paint", folder)
        except KeyboardInterrupt:
            assert not (folder / "o.tif").exists()
        after.painter().paint(folder / "o.tif", "paint", folder)
    with rasterio.open(folder / "at_once.tif") as one, rasterio.open(folder / "o.tif") as other:
        assert (one.shape, one.transform, one.crs, one.block_shapes) == (
            other.shape,
            other.transform,
            other.crs,
            other.block_shapes,
        )
        np.testing.assert_array_equal(one.read(1), other.read(1))


def test_strips_that_are_there_are_not_painted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "STRIP_PX", 2 * BLOCK_PX**2)
    # One strip of two blocks, another, and one block of the third.
    dying, after = ground(2 * BLOCK_PX, 4 * BLOCK_PX, 5), ground(2 * BLOCK_PX, 4 * BLOCK_PX)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with pytest.raises(KeyboardInterrupt):
        dying.painter().paint(tmp_path / "o.tif", "paint", tmp_path)
    after.painter().paint(tmp_path / "o.tif", "paint", tmp_path)
    assert sorted(after.taken) == [(row, col) for row in (2 * BLOCK_PX, 3 * BLOCK_PX) for col in (0, BLOCK_PX)]


@pytest.mark.parametrize("strip_px", [1, 10**9])
def test_a_raster_without_data_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strip_px: int) -> None:
    monkeypatch.setattr(strips, "STRIP_PX", strip_px)
    empty = Ground(np.full((2 * BLOCK_PX, 8), np.nan, np.float32))
    with pytest.raises(NothingThereError, match="nothing here"):
        empty.painter().paint(tmp_path / "o.tif", "paint", tmp_path, "nothing here")
    assert not (tmp_path / "o.tif").exists()


def test_threads_write_the_same_bytes_every_time(tmp_path: Path) -> None:
    for name in ("a.tif", "b.tif"):
        ground(3 * BLOCK_PX, 3 * BLOCK_PX).painter().paint(tmp_path / name, "paint")
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()
