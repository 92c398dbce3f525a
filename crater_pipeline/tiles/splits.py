"""Training, validation and test parts of a raster."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from crater_pipeline.settings import Settings
from crater_pipeline.tiles.grid import TileGrid, core_edges

Part = Literal["train", "val", "test"]

SPLITS: tuple[Part, ...] = ("train", "val", "test")
"""Names by code: 0, 1, 2."""

TEST = SPLITS.index("test")


class SplitSettings(Settings):
    """How a region is divided into training, validation and test parts."""

    method: Literal["blocks", "random"] = Field(
        "blocks",
        description="`blocks`: square spatial blocks, dealt evenly over the region; no pixel is shared between the "
        "parts. `random`: by tile, as published; overlapping tiles leak, so it is only for comparison.",
    )
    fractions: tuple[float, float, float] = Field(
        (0.7, 0.1, 0.2), description="Shares of train, val and test; they sum to 1."
    )
    block_px: int = Field(1024, ge=128, multiple_of=8, description="Side of a block in pixels of level 0.")
    seed: int = Field(0, ge=0, description="Seed of the assignment.")
    learned_before: bool = Field(
        False,
        description="The initial weights were trained on the train part of this very split: where nothing is trained "
        "here, only the test part is judged, instead of all.",
    )
    fold: int = Field(0, ge=0, description="Which of the `folds` cross-validation folds is the test part.")
    folds: int = Field(5, ge=1, description="Number of cross-validation folds.")

    @model_validator(mode="after")
    def _consistent(self) -> "SplitSettings":
        if abs(sum(self.fractions) - 1.0) > 1e-6 or min(self.fractions) < 0:
            raise ValueError("fractions must be non-negative and sum to 1")
        if self.fold >= self.folds:
            raise ValueError("fold must be smaller than folds")
        return self


PLASTIC = 1.324717957244746
"""Root of x^3 = x + 1: multiples of 1/x and 1/x^2 fill the plane evenly (Roberts's R2 sequence)."""


def assign_parts(
    weights: NDArray[np.floating[Any]], order: NDArray[np.floating[Any]], settings: SplitSettings
) -> NDArray[np.uint8]:
    """Part (0 train, 1 val, 2 test) of each item, shares measured by `weights`.

    Items are laid along the unit interval in the order of the key `order`, each as long as its weight; fold `f` of `n`
    tests on the stretch that starts at `f / n`, validates on what follows and trains on the rest. Items of
    no weight are trained on, which costs nothing.
    """
    parts = np.zeros(weights.shape, dtype=np.uint8)
    with_weight = np.flatnonzero(weights > 0)
    if with_weight.size == 0:
        return parts
    laid = with_weight[np.argsort(order[with_weight], kind="stable")]
    lengths = weights[laid] / weights[laid].sum()
    # Rounded, so that an item on the border of two folds is tested in one of them, whatever the last bits say.
    position = np.round(np.cumsum(lengths) - lengths / 2 - settings.fold / settings.folds, 9) % 1.0
    val, test = np.round(settings.fractions[1:], 9)
    parts[laid] = np.select([position < test, position < test + val], [TEST, 1], default=0)
    return parts


def even_order(rows: NDArray[np.int64], cols: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Order in which blocks are dealt so that every part is spread evenly over the region.

    A region holds few blocks, and its craters crowd in some of them: dealt at random, one part may get most of
    the highlands. On this lattice neighbours in any direction lie far apart in the order. The seed shifts it.
    """
    shift = np.random.default_rng(seed).random()
    return (shift + rows / PLASTIC + cols / PLASTIC**2) % 1.0


def split_map(grid: TileGrid, wanted: NDArray[np.bool_], factor: int, settings: SplitSettings) -> NDArray[np.uint8]:
    """Part of every cell of `factor` x `factor` level-0 pixels, same shape as `wanted` (cells that count).

    `blocks`: by block. `random`: by the level-0 tile whose core holds the cell.
    """
    rows, cols = wanted.shape
    if settings.method == "blocks":
        row_block = np.arange(rows) * factor // settings.block_px
        col_block = np.arange(cols) * factor // settings.block_px
    else:
        x_offsets, y_offsets = grid.offsets(0)
        row_block = np.searchsorted(core_edges(y_offsets, grid.size), (np.arange(rows) + 0.5) * factor) - 1
        col_block = np.searchsorted(core_edges(x_offsets, grid.size), (np.arange(cols) + 0.5) * factor) - 1
    n_cols = int(col_block.max()) + 1
    block = row_block[:, None] * n_cols + col_block[None, :]
    counts = np.bincount(block.ravel(), weights=wanted.ravel()).astype(float)
    if settings.method == "blocks":
        order = even_order(*np.divmod(np.arange(counts.size), n_cols), settings.seed)
    else:
        order = np.random.default_rng(settings.seed).random(counts.size)
    return np.asarray(assign_parts(counts, order, settings)[block])
