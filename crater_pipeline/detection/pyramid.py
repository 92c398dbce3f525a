"""The coarser levels of a raster as files, each made from the one before it, block by block."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.windows import Window

from crater_pipeline.rasters.files import create_raster, open_raster, read_window, windows
from crater_pipeline.rasters.progress import progress

BLOCK_PX = 1024


def coarser_levels(raster: Path, levels: int, folder: Path) -> list[Path]:
    """Files of levels 1 to `levels` - 1 in `folder`; one that is there already is taken as it is.

    Each pixel is the mean of four of the level before, without data where fewer than two of them have any.
    """
    made: list[Path] = []
    for level in range(1, levels):
        target = folder / f"level_{level}.tif"
        if not target.is_file():
            _halve(made[-1] if made else raster, target, level)
        made.append(target)
    return made


def _halve(raster: Path, target: Path, level: int) -> None:
    with open_raster(raster) as dataset:
        width, height = -(-dataset.width // 2), -(-dataset.height // 2)
        crs, transform = CRS.from_wkt(dataset.crs.to_wkt()), dataset.transform @ Affine.scale(2)
        with create_raster(target, width, height, crs, transform, "float32", np.nan) as out:
            for window in progress(windows(width, height, BLOCK_PX), f"level {level}"):
                fine = Window(*(2 * value for value in window.flatten()))
                data = read_window(dataset, fine, (int(window.height), int(window.width)))
                out.write(data.filled(np.float32(np.nan)), 1, window=window)


class Levels:
    """A raster and its coarser levels, open."""

    def __init__(self, datasets: Sequence[rasterio.DatasetReader]) -> None:
        self.datasets = datasets

    def read(self, level: int, window: Window) -> np.ma.MaskedArray:
        """A square window in pixels of a level, float32; reduced from the coarsest level at hand that is finer."""
        nearest = min(level, len(self.datasets) - 1)
        factor = 2 ** (level - nearest)
        size = (int(window.height), int(window.width))
        return read_window(self.datasets[nearest], Window(*(factor * value for value in window.flatten())), size)


@contextmanager
def open_levels(raster: Path, coarser: Sequence[Path]) -> Iterator[Levels]:
    """Open a raster and the coarser levels of it that there are."""
    with ExitStack() as stack:
        yield Levels([stack.enter_context(open_raster(path)) for path in (raster, *coarser)])
