"""A region of a mosaic on a conformal map, block by block, so that memory stays flat whatever the raster's size."""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pydantic import Field
from rasterio.windows import Window

from crater_pipeline.rasters.files import create_raster, info_of, open_raster, windows
from crater_pipeline.rasters.grid import Grid, shifted
from crater_pipeline.rasters.reading import Kind, Reading, reading_of
from crater_pipeline.rasters.region_grid import bounds_grid, region_grid
from crater_pipeline.rasters.resampling import Resampling
from crater_pipeline.rasters.source_pixels import FloatArray, SourcePixels, source_coordinates
from crater_pipeline.rasters.source_values import SourceValues
from crater_pipeline.rasters.strips import Painter
from crater_pipeline.settings import Settings
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds

logger = logging.getLogger(__name__)

WRITE_PX = 512
"""Side of the output blocks: the internal tiles of what we write, so that each is compressed once."""

STORED: dict[Kind, tuple[str, float]] = {"image": ("uint8", 0.0), "dtm": ("float32", math.nan)}
"""Type and nodata value of what is written."""

EMPTY_PX = 64
"""Side of a raster that shows nothing."""

SMALLEST_BLOCK = 64
"""Output blocks are not divided below this side."""


class ReprojectionSettings(Settings):
    """How a region is taken from its mosaic."""

    resampling: Resampling | None = Field(
        default=None,
        description="nearest, bilinear or cubic; without a value cubic for images and bilinear for terrain models.",
    )
    margin_px: int = Field(
        default=256, ge=0, description="Context around the bounds in pixels, as far as the mosaic has it."
    )
    pixel_size_m: float | None = Field(
        default=None,
        gt=0,
        description="Pixel size of the map in metres; without a value the mosaic's own (north-south).",
    )


LOOKED_AT = 4
"""Of so many rows and columns one is looked at for how large source pixels are, which changes slowly."""


def _oversampling(x: FloatArray, y: FloatArray) -> tuple[tuple[int, int], float]:
    """Whole source pixels (y, x) per output pixel, least over the block, and how far they vary inside it."""
    factors, spread = [], 1.0
    for each in (y, x):
        if min(each.shape) < 2:
            factors.append(1)
            continue
        start, onwards = slice(None, -1, LOOKED_AT), slice(1, None, LOOKED_AT)
        here = each[start, start]
        step = np.hypot(each[start, onwards] - here, each[onwards, start] - here)
        step = step[np.isfinite(step)]
        low, high = (float(np.percentile(step, q)) for q in (1, 99)) if step.size else (1.0, 1.0)
        factors.append(max(1, math.floor(low)))
        spread = max(spread, max(high, 1.0) / max(low, 1.0))
    return (factors[0], factors[1]), spread


@dataclass(frozen=True)
class Reader:
    """Blocks of an output grid resampled from an open source, as float32 with NaN for nodata."""

    dataset: rasterio.DatasetReader
    mapping: SourcePixels
    grid: Grid
    method: Resampling
    reading: Reading

    def block(self, window: Window) -> NDArray[np.float32]:
        """Values of the output pixels of `window`, shape (h, w).

        Where a source pixel is much smaller than an output pixel (towards the poles of a cylindrical mosaic, or by
        `pixel_size_m`), whole source pixels are averaged first, against aliasing; a block in which their number varies
        is divided.
        """
        height, width = int(window.height), int(window.width)
        transform = shifted(self.grid.transform, window.col_off, window.row_off)
        x, y = source_coordinates(self.mapping, transform, width, height)
        factors, spread = _oversampling(x, y)
        if spread > 2.0 and max(width, height) > SMALLEST_BLOCK:
            return self._divided(window)
        return SourceValues(self.dataset, self.mapping, self.reading).at(x, y, factors, self.method)

    def _divided(self, window: Window) -> NDArray[np.float32]:
        out = np.full((int(window.height), int(window.width)), np.nan, np.float32)
        half = max(SMALLEST_BLOCK, max(out.shape) // 2)
        for part in windows(out.shape[1], out.shape[0], half):
            moved = Window(window.col_off + part.col_off, window.row_off + part.row_off, part.width, part.height)
            out[part.toslices()] = self.block(moved)
        return out


def _elevation_step(pixel_m: float) -> float:
    """Elevations are rounded to this power of two (at most 1/16 m), below what any slope shows: the file halves."""
    return min(2.0 ** math.floor(math.log2(pixel_m / 4096.0)), 1.0 / 16.0)


def _stretch(reader: Reader) -> tuple[float, float]:
    """(black, white) of an image that is not 8-bit: its 0.1 and 99.9 percentiles over a sparse sample of blocks."""
    blocks = windows(reader.grid.width, reader.grid.height, SMALLEST_BLOCK)
    step = max(1, len(blocks) // 256)
    values = np.concatenate([reader.block(window).ravel() for window in blocks[::step]])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, (0.1, 99.9)))
    return low, high if high > low else low + 1.0


def reproject_region(
    mosaic: Path,
    output: Path,
    bounds: Bounds,
    body: Body,
    kind: Kind,
    settings: ReprojectionSettings,
    reading: Reading | None = None,
    kept: Path | None = None,
) -> None:
    """Write the part of `mosaic` around `bounds` to `output` on the conformal map of the region.

    An `image` becomes uint8 with nodata 0: valid zeros are raised to 1, and what is not 8-bit is stretched between its
    0.1 and 99.9 percentiles. A `dtm` becomes float32 metres with nodata NaN. `reading` says how values come from what
    is stored (`rasters.appraisal`); without it the header alone does, and values are metres. `kept`: a folder for the
    strips of a large raster; those that are there already are not made again.

    Raises
    ------
    UserError
        If the file is no raster, has no CRS or another body's, lies outside the bounds, or holds only nodata there.
    """
    with open_raster(mosaic) as dataset:
        source = info_of(dataset, mosaic)
        grid = region_grid(source, bounds, body, settings.margin_px, settings.pixel_size_m)
        method = settings.resampling or ("cubic" if kind == "image" else "bilinear")
        reading = reading or reading_of(dataset)
        mapping = SourcePixels(source.on(body), grid.crs)
        plain = reading.is_grey8 or kind == "dtm"
        black, white = (1.0, 255.0) if plain else _stretch(Reader(dataset, mapping, grid, method, reading))
    step = _elevation_step(grid.transform.a)
    dtype, fill = STORED[kind]

    @contextmanager
    def opened() -> Iterator[Reader]:
        with open_raster(mosaic) as own:
            yield Reader(own, mapping, grid, method, reading)

    def block(window: Window, reader: Reader) -> NDArray[Any]:
        values = reader.block(window)
        if kind == "dtm":
            return np.asarray(np.rint(values / step) * step, np.float32)
        grey = np.clip(np.rint((values - black) * (254.0 / (white - black)) + 1.0), 1, 255)
        return np.where(np.isfinite(values), grey, 0).astype(np.uint8)

    nothing = (
        f"{mosaic}: holds only nodata within the bounds {list(bounds)}; choose other bounds, or correct the mosaic's "
        "nodata value"
    )
    Painter(opened, block, grid, dtype, fill, WRITE_PX).paint(output, "reproject", kept, nothing)
    logger.info(
        "%s: %d x %d pixels of %.2f m, %s", output.name, grid.width, grid.height, grid.transform.a, grid.crs.name
    )


def write_nothing(output: Path, bounds: Bounds, body: Body, kind: Kind) -> None:
    """Write what stands for a zone of which a mosaic shows nothing: a few large pixels on its map, all without data."""
    grid = bounds_grid(bounds, body, EMPTY_PX)
    dtype, fill = STORED[kind]
    with create_raster(output, grid.width, grid.height, grid.crs, grid.transform, dtype, fill) as target:
        target.write(np.full((grid.height, grid.width), fill, dtype), 1)
