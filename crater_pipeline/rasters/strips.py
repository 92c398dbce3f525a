"""A raster that threads write block by block, in strips: one that was cut off goes on after its last whole strip."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.errors import NothingThereError
from crater_pipeline.rasters.files import BLOCK_PX, create_raster, open_raster, windows
from crater_pipeline.rasters.grid import Grid, shifted
from crater_pipeline.rasters.progress import progress
from crater_pipeline.workers import processors, worked

logger = logging.getLogger(__name__)

Source = TypeVar("Source")

STRIP_PX = 64_000_000
"""Pixels of a strip: what is lost at most when the work is cut off, some seconds of it. Less is written at once."""


@dataclass(frozen=True)
class Painter(Generic[Source]):
    """How the blocks of a raster are made.

    opened: opens the source anew, once a thread. block: values of a window of the grid, shape (h, w).
    """

    opened: Callable[[], AbstractContextManager[Source]]
    block: Callable[[Window, Source], NDArray[Any]]
    grid: Grid
    dtype: str
    nodata: float
    block_px: int = BLOCK_PX

    def paint(self, output: Path, description: str, kept: Path | None = None, nothing: str = "") -> None:
        """Write the raster; what a progress bar says of it is `description`.

        kept: a folder for the strips of a raster of more than `STRIP_PX`; those that are there are not made again.

        Raises
        ------
        NothingThereError
            With the text `nothing`, if there is one and no pixel has data; nothing is written then.
        """
        whole = Window(0, 0, self.grid.width, self.grid.height)
        strips = [whole] if kept is None else self._strips()
        if len(strips) == 1:
            self._write(output, whole, self._made(whole, description), nothing)
            return
        assert kept is not None
        parts = [kept / f"rows_{strip.row_off:07}.tif" for strip in strips]
        if done := sum(part.is_file() for part in parts):
            logger.info("%s: %d of %d strips are there already", description, done, len(parts))
        for number, (part, strip) in enumerate(zip(parts, strips, strict=True), start=1):
            if not part.is_file():
                self._write(part, strip, self._made(strip, f"{description}, strip {number} of {len(parts)}"), "")
        self._write(output, whole, _copied(parts, strips, description), nothing)

    def _strips(self) -> list[Window]:
        """Windows of whole rows, as high as whole blocks are."""
        width, height = self.grid.width, self.grid.height
        rows = max(1, STRIP_PX // (width * self.block_px)) * self.block_px
        if width * height <= STRIP_PX:
            rows = height
        return [Window(0, top, width, min(rows, height - top)) for top in range(0, height, rows)]

    def _made(self, strip: Window, description: str) -> Iterator[tuple[Window, NDArray[Any]]]:
        """The blocks of a strip, their windows counted from the strip's corner."""
        inside = windows(int(strip.width), int(strip.height), self.block_px)
        blocks = [Window(w.col_off, w.row_off + strip.row_off, w.width, w.height) for w in inside]
        with closing(worked(self.opened, blocks, self.block, processors())) as made:
            yield from zip(progress(inside, description), made, strict=True)

    def _write(self, path: Path, strip: Window, blocks: Iterator[tuple[Window, NDArray[Any]]], nothing: str) -> None:
        transform = shifted(self.grid.transform, strip.col_off, strip.row_off)
        size, some = (int(strip.width), int(strip.height)), not nothing
        with (
            create_raster(path, *size, self.grid.crs, transform, self.dtype, self.nodata) as target,
            closing(blocks),  # type: ignore[type-var]
        ):
            for window, values in blocks:
                some = some or bool(np.any(~np.isnan(values) if np.isnan(self.nodata) else values != self.nodata))
                target.write(values, 1, window=window)
            if not some:
                raise NothingThereError(nothing)


def _copied(parts: list[Path], strips: list[Window], description: str) -> Iterator[tuple[Window, NDArray[Any]]]:
    """The blocks of all strips, their windows counted from the raster's corner."""
    for part, strip in zip(progress(parts, f"{description}, strips put together"), strips, strict=True):
        with open_raster(part) as dataset:
            for window in windows(dataset.width, dataset.height):
                place = Window(window.col_off, window.row_off + strip.row_off, window.width, window.height)
                yield place, dataset.read(1, window=window)
