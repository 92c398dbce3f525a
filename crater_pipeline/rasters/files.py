"""Reading and writing georeferenced rasters window by window. Only this module, `reprojection` and `cog` touch files.

Pixel coordinates are continuous, x right and y down, (0, 0) the outer corner of the first pixel.
"""

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from crater_pipeline.atomic import atomic_path
from crater_pipeline.errors import UserError
from crater_pipeline.rasters.georeference import horizontal, indirect_place
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.rasters.place import placed
from crater_pipeline.rasters.reading import Reading, read_values, reading_of
from crater_pipeline.rasters.unreadable import missing, unreadable
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.workers import processors

logger = logging.getLogger(__name__)

BLOCK_PX = 512
"""Side of the internal tiles that we write."""

STRIP_PX = 4_000_000
"""Pixels held at once while a raster is reduced."""

GDAL_OPTIONS = {"GDAL_CACHEMAX": 128 * 2**20, "GDAL_PAM_ENABLED": "YES"}
"""A bounded block cache, so that memory stays flat; what other programs keep beside a raster (.aux.xml) counts.

GDAL writes such a file itself when it is asked for statistics or to change a raster, and for nothing else: we ask for
neither. What needs statistics counts pixels of its own.
"""

WRITING_OPTIONS = {**GDAL_OPTIONS, "GDAL_PAM_ENABLED": "NO"}
"""No .aux.xml beside what we write under a temporary name: it would stay behind."""


@dataclass(frozen=True)
class RasterInfo:
    """What a raster's header says; of its place its `Grid` knows more, once that is checked.

    placed_by: what places the raster instead of a grid, such as ground control points.
    """

    path: Path
    width: int
    height: int
    transform: Affine
    crs: CRS | None
    dtype: str
    nodata: float | None
    placed_by: str | None = None

    def on(self, body: Body) -> Grid:
        """Its size and place; `UserError` unless it has one on the body's sphere."""
        return placed(self, body)

    @property
    def pixel_size_m(self) -> float:
        """As `Grid.pixel_size_m`."""
        if self.crs is None:
            raise UserError(f"{self.path}: no coordinate reference system, so its pixel size is not known")
        return Grid(self.width, self.height, self.transform, self.crs).pixel_size_m

    def lonlat(self, x: ArrayLike, y: ArrayLike, body: Body) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As `Grid.lonlat`."""
        return self.on(body).lonlat(x, y, body)

    def pixel(self, lon: ArrayLike, lat: ArrayLike, body: Body) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As `Grid.pixel`."""
        return self.on(body).pixel(lon, lat, body)


@contextmanager
def open_raster(path: Path) -> Iterator[rasterio.DatasetReader]:
    """Open for reading; a missing, damaged or mistaken file is a `UserError` that says which."""
    path = Path(path)
    if not path.is_file():
        raise missing(path)
    with rasterio.Env(**GDAL_OPTIONS):
        try:
            with warnings.catch_warnings():
                # Whether a missing georeference matters is for the caller to say, in words of ours.
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                dataset = rasterio.open(path)
        except (RasterioError, UnicodeDecodeError) as error:  # a damaged header may be no text
            raise unreadable(path, error) from error
        with dataset:
            yield dataset


def info_of(dataset: rasterio.DatasetReader, path: Path) -> RasterInfo:
    """`RasterInfo` of an open dataset."""
    return RasterInfo(
        path=Path(path),
        width=dataset.width,
        height=dataset.height,
        transform=dataset.transform,
        crs=None if dataset.crs is None else horizontal(CRS.from_wkt(dataset.crs.to_wkt())),
        dtype=dataset.dtypes[0],
        nodata=dataset.nodata,
        placed_by=indirect_place(dataset),
    )


def raster_info(path: Path) -> RasterInfo:
    """Read a raster's header."""
    with open_raster(path) as dataset:
        return info_of(dataset, path)


def _read_full(dataset: rasterio.DatasetReader, window: Window, reading: Reading) -> np.ma.MaskedArray:
    """float32 of any window; what lies outside the raster is masked."""
    height, width = int(window.height), int(window.width)
    top, left = int(window.row_off), int(window.col_off)
    rows = slice(max(top, 0), min(top + height, dataset.height))
    cols = slice(max(left, 0), min(left + width, dataset.width))
    if rows.start == top and cols.start == left and rows.stop == top + height and cols.stop == left + width:
        return read_values(dataset, window, reading)
    out = np.ma.MaskedArray(np.zeros((height, width), np.float32), np.ones((height, width), bool))
    if rows.start < rows.stop and cols.start < cols.stop:
        inside = read_values(dataset, Window.from_slices(rows, cols), reading)
        out[rows.start - top : rows.stop - top, cols.start - left : cols.stop - left] = inside
    return out


def block_mean(data: np.ma.MaskedArray, factor_y: int, factor_x: int) -> np.ma.MaskedArray:
    """Mean of the valid pixels of each `factor_y` x `factor_x` block; masked where fewer than half are valid."""
    height, width = data.shape[0] // factor_y, data.shape[1] // factor_x
    blocks = (height, factor_y, width, factor_x)
    if not np.ma.getmaskarray(data).any():
        return np.ma.MaskedArray(data.data.reshape(blocks).mean(axis=(1, 3), dtype=np.float32), False)
    valid = ~np.ma.getmaskarray(data).reshape(blocks)
    count = valid.sum(axis=(1, 3))
    total = np.where(valid, data.data.reshape(blocks), 0).sum(axis=(1, 3), dtype=np.float64)
    mean = (total / np.maximum(count, 1)).astype(np.float32)
    return np.ma.MaskedArray(mean, 2 * count < factor_y * factor_x)


def read_window(
    dataset: rasterio.DatasetReader,
    window: Window,
    shape: tuple[int, int] | None = None,
    reading: Reading | None = None,
) -> np.ma.MaskedArray:
    """A window as float32 (h, w), masked where there is no data or no raster.

    `window` is in pixels and may reach beyond the raster. `shape` (h, w) decimates by the mean of the valid pixels; the
    window must be a whole multiple of it. Memory is bounded by the result and `STRIP_PX` pixels. Without a `reading`
    the raster is read as its header says.
    """
    reading = reading or reading_of(dataset)
    height, width = int(window.height), int(window.width)
    if shape is None or shape == (height, width):
        return _read_full(dataset, window, reading)
    factor_y, factor_x = height // shape[0], width // shape[1]
    if (shape[0] * factor_y, shape[1] * factor_x) != (height, width):
        raise ValueError(f"a window of {height} x {width} pixels is not a multiple of {shape}")
    out = np.ma.MaskedArray(np.zeros(shape, np.float32), np.ones(shape, bool))
    lines = max(1, STRIP_PX // (width * factor_y))
    for line in range(0, shape[0], lines):
        count = min(lines, shape[0] - line)
        strip = Window(window.col_off, window.row_off + line * factor_y, width, count * factor_y)
        out[line : line + count] = block_mean(_read_full(dataset, strip, reading), factor_y, factor_x)
    return out


def valid_mask(path: Path, factor: int) -> NDArray[np.bool_]:
    """Where a raster has data, reduced: shape (ceil(height / factor), ceil(width / factor)).

    A reduced pixel is True if at least half of its full-resolution pixels (outside the raster counts as nodata) are.
    """
    with open_raster(path) as dataset:
        shape = (math.ceil(dataset.height / factor), math.ceil(dataset.width / factor))
        data = read_window(dataset, Window(0, 0, shape[1] * factor, shape[0] * factor), shape)
    return ~np.ma.getmaskarray(data)


@contextmanager
def create_raster(
    path: Path,
    width: int,
    height: int,
    crs: CRS,
    transform: Affine,
    dtype: str,
    nodata: float | None,
) -> Iterator[rasterio.io.DatasetWriter]:
    """A one-band GeoTIFF to be written window by window; it appears at `path` when the block ends without error.

    Tiles of `BLOCK_PX`, BigTIFF where it may be needed. Deflate of the first level with a predictor: the sixth makes
    files five percent smaller in three and a half times the time.
    """
    profile = {
        "driver": "GTiff",
        "width": width,
        "height": height,
        "count": 1,
        "dtype": dtype,
        "crs": rasterio.crs.CRS.from_wkt(crs.to_wkt()),
        "transform": transform,
        "nodata": nodata,
        "tiled": True,
        "blockxsize": BLOCK_PX,
        "blockysize": BLOCK_PX,
        "compress": "deflate",
        "zlevel": 1,
        "num_threads": processors(),
        "predictor": 3 if np.issubdtype(np.dtype(dtype), np.floating) else 2,
        "bigtiff": "IF_SAFER",
    }
    with rasterio.Env(**WRITING_OPTIONS), atomic_path(path) as temporary:
        full = UserError(f"{path}: could not be written to its end; is the disk full?")
        try:
            with rasterio.open(temporary, "w", **profile) as dataset:
                yield dataset
        except RasterioError as error:
            if not str(error).startswith("Write failed"):
                raise
            raise full from error
        if not is_whole(temporary):
            raise full


def is_whole(path: Path) -> bool:
    """Whether every block of a raster can be read back: what fails while GDAL closes a file, it says to nobody."""
    try:
        with rasterio.open(path) as dataset:
            for _, window in dataset.block_windows(1):
                dataset.read(1, window=window)
    except RasterioError:
        return False
    return True


def windows(width: int, height: int, size: int = BLOCK_PX) -> list[Window]:
    """Blocks that cover a raster, row by row; the last of a row or column is cut off at the border."""
    return [
        Window(left, top, min(size, width - left), min(size, height - top))
        for top in range(0, height, size)
        for left in range(0, width, size)
    ]
