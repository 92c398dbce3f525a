"""The tile grid: overlapping square windows on every level of an image pyramid, each pixel owned once a level.

Everything here is a pure function of the raster's size and the settings. Pixel coordinates are continuous,
x to the right (columns) and y down (rows), (0, 0) being the outer corner of the first pixel.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator
from rasterio.windows import Window

from crater_pipeline.settings import Settings


class TilingSettings(Settings):
    """How a raster is cut into tiles."""

    size: int = Field(512, ge=128, multiple_of=128, description="Side of a tile in pixels of its level.")
    overlap: int = Field(128, ge=0, description="Least overlap of neighbouring tiles in pixels of their level.")
    levels: int = Field(
        8,
        ge=1,
        le=8,
        description="Most levels of the image pyramid (x1, x2, x4 ...); used are those up to the first on which one "
        "tile holds the whole raster. Large craters are found on the coarse ones, which cost little.",
    )
    min_valid_fraction: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Tiles with a smaller share of valid pixels are not searched and not trained on. Coarser tiles "
        "(x2, x4 ...) are searched from a quarter of it on: ground that fills a fine tile is a small part of theirs.",
    )

    @model_validator(mode="after")
    def _overlap_leaves_a_stride(self) -> "TilingSettings":
        if self.overlap >= self.size:
            raise ValueError("overlap must be smaller than size")
        return self


@dataclass(frozen=True, order=True)
class Tile:
    """One window of the grid. `x_off`, `y_off` and `size` are in pixels of its level."""

    level: int
    row: int
    col: int
    x_off: int
    y_off: int
    size: int

    @property
    def scale(self) -> int:
        """Pixels of level 0 per pixel of this level."""
        return 1 << self.level

    @property
    def name(self) -> str:
        return f"x{self.scale}_r{self.row:03d}_c{self.col:03d}"

    @property
    def window(self) -> Window:
        """The tile in pixels of level 0; it may reach beyond the raster, where there is no data."""
        scale = self.scale
        return Window(self.x_off * scale, self.y_off * scale, self.size * scale, self.size * scale)

    def from_level0(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixel coordinates of the level-0 raster as coordinates inside this tile."""
        return (
            np.asarray(x, dtype=float) / self.scale - self.x_off,
            np.asarray(y, dtype=float) / self.scale - self.y_off,
        )


def tile_offsets(length: int, size: int, overlap: int) -> NDArray[np.int64]:
    """Starts of the windows that cover [0, length): evenly strided, the last one shifted inward.

    A raster shorter than a tile gets one window at 0, which reaches beyond it.
    """
    if length <= size:
        return np.zeros(1, dtype=np.int64)
    stride = size - overlap
    count = -(-(length - overlap) // stride)
    offsets = np.arange(count, dtype=np.int64) * stride
    offsets[-1] = length - size
    return offsets


def core_edges(offsets: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Borders of the cores along one axis, shape (n + 1,): midway between neighbouring centres, open at the ends."""
    centres = offsets + size / 2
    return np.concatenate([[-np.inf], (centres[:-1] + centres[1:]) / 2, [np.inf]])


@dataclass(frozen=True)
class TileGrid:
    """All tiles of a raster of `width` x `height` level-0 pixels.

    The core of a tile is the part nearer to its centre than to any other tile's centre of the level: the
    rectangle between the midlines to its neighbours. Cores of a level partition the plane.
    """

    width: int
    height: int
    size: int = 512
    overlap: int = 128
    levels: int = 3

    @classmethod
    def of(cls, width: int, height: int, settings: TilingSettings) -> "TileGrid":
        return cls(width, height, settings.size, settings.overlap, settings.levels)

    @property
    def used_levels(self) -> int:
        """Levels that add something: the first on which one tile holds the whole raster is the last."""
        level = 0
        while level + 1 < self.levels and max(self.width, self.height) > self.size << level:
            level += 1
        return level + 1

    def offsets(self, level: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(x offsets, y offsets) of the level's columns and rows, in pixels of the level."""
        scale = 1 << level
        width, height = -(-self.width // scale), -(-self.height // scale)
        return tile_offsets(width, self.size, self.overlap), tile_offsets(height, self.size, self.overlap)

    def tiles(self, level: int | None = None) -> Iterator[Tile]:
        """Tiles in row-major order, level by level (or of one level)."""
        for each in range(self.used_levels) if level is None else (level,):
            x_offsets, y_offsets = self.offsets(each)
            for row, y_off in enumerate(y_offsets):
                for col, x_off in enumerate(x_offsets):
                    yield Tile(each, row, col, int(x_off), int(y_off), self.size)

    def core(self, tile: Tile) -> tuple[float, float, float, float]:
        """(x_min, y_min, x_max, y_max) of the tile's core in its own pixels; infinite at the raster's border."""
        x_offsets, y_offsets = self.offsets(tile.level)
        x_edges = core_edges(x_offsets, self.size) - tile.x_off
        y_edges = core_edges(y_offsets, self.size) - tile.y_off
        return (
            float(x_edges[tile.col]),
            float(y_edges[tile.row]),
            float(x_edges[tile.col + 1]),
            float(y_edges[tile.row + 1]),
        )

    def core_distance(self, tile: Tile, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
        """How far points (in the tile's pixels) lie outside its core: 0 or less inside, in pixels of the level.

        It is the Chebyshev distance: points at most `t` away are those in the core grown by `t`.
        """
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        x_min, y_min, x_max, y_max = self.core(tile)
        return np.maximum(np.maximum(x_min - x, x - x_max), np.maximum(y_min - y, y - y_max))
