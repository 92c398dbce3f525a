"""What the heads should say for a tile: heatmap, offset, size, and where the loss looks away."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

MIN_IOU = 0.7
"""Boxes with corners moved by up to the Gaussian's radius still overlap the truth this much (Law & Deng 2018)."""

MIN_SIGMA = 0.4
"""In cells: keeps a little slope around centres of the smallest craters."""

Array = NDArray[np.float32]


class Targets(NamedTuple):
    """One tile's targets, h x w cells of `stride` pixels.

    heatmap (1, h, w) in [0, 1], 1 at a centre; offset (2, h, w) and size (2, h, w) in cells, meaningful where
    positive (1, h, w) is 1; weight (1, h, w): 0 where the heatmap's loss is not counted.
    """

    heatmap: Array
    offset: Array
    size: Array
    positive: Array
    weight: Array


def gaussian_radius(width: ArrayLike, height: ArrayLike, min_iou: float = MIN_IOU) -> NDArray[np.float64]:
    """Largest shift of a box's corners that keeps IoU >= `min_iou`: the least root of the three cases.

    One corner in and one out, both in, both out (Law & Deng 2018, with the quadratics' right roots, which the
    original code divides by 2 instead of 2a). Units are those of the sides.
    """
    w, h = np.asarray(width, dtype=float), np.asarray(height, dtype=float)
    s, p = w + h, w * h
    one_in_one_out = (s - np.sqrt(s**2 - 4 * p * (1 - min_iou) / (1 + min_iou))) / 2
    both_in = (s - np.sqrt(s**2 - 4 * p * (1 - min_iou))) / 4
    both_out = (-s + np.sqrt(s**2 + 4 * p * (1 - min_iou) / min_iou)) / 4
    return np.asarray(np.minimum(np.minimum(one_in_one_out, both_in), both_out))


class _Disc(NamedTuple):
    """Cells around a point, clipped to the grid: slices, and distances (rows, 1) and (1, columns) from it."""

    cells: tuple[slice, slice]
    dy: NDArray[np.float64]
    dx: NDArray[np.float64]

    @classmethod
    def of(cls, x: float, y: float, reach: int, shape: tuple[int, int]) -> "_Disc":
        top, bottom = max(0, int(y) - reach), min(shape[0], int(y) + reach + 1)
        left, right = max(0, int(x) - reach), min(shape[1], int(x) + reach + 1)
        return cls(
            (slice(top, bottom), slice(left, right)),
            np.arange(top - y, bottom - y)[: bottom - top, None],
            np.arange(left - x, right - x)[None, : right - left],
        )

    def squared(self) -> NDArray[np.float64]:
        return self.dy**2 + self.dx**2


def encode(
    circles: NDArray[np.floating],
    ignored: NDArray[np.bool_],
    valid: NDArray[np.bool_],
    stride: int,
) -> Targets:
    """Targets of one tile.

    circles: (n, 3) centre x, y and radius in pixels of the tile; centres outside the tile are skipped.
    ignored: (n,) craters that are neither positive nor negative: the loss looks away from their disc.
    valid: (H, W) pixels that hold data; cells of mostly invalid pixels are not counted either.
    The cell of a centre is (floor(x / stride), floor(y / stride)), the offset in [0, 1). Where two craters
    share a cell the larger one gives way: small craters are many, and the large one still has neighbours.
    """
    height, width = valid.shape[0] // stride, valid.shape[1] // stride
    heatmap = np.zeros((height, width), np.float32)
    offset = np.zeros((2, height, width), np.float32)
    size = np.zeros((2, height, width), np.float32)
    positive = np.zeros((height, width), np.float32)
    weight = (
        valid[: height * stride, : width * stride].reshape(height, stride, width, stride).mean((1, 3)) > 0.5
    ).astype(np.float32)
    cells = np.asarray(circles, dtype=float).reshape(-1, 3) / stride
    radii = gaussian_radius(2 * cells[:, 2], 2 * cells[:, 2])
    inside = (cells[:, 0] >= 0) & (cells[:, 1] >= 0) & (cells[:, 0] < width) & (cells[:, 1] < height)
    order = np.argsort(-cells[:, 2], kind="stable")
    chosen = order[inside[order] & ~ignored[order]]
    for i in order[inside[order] & ignored[order]]:
        x, y, radius = cells[i]
        reach = max(radius if radius * stride < 16 else radii[i], 1.0)
        # Cell (i, j) has its middle at (j + 0.5, i + 0.5).
        disc = _Disc.of(x - 0.5, y - 0.5, int(np.ceil(reach)) + 1, (height, width))
        weight[disc.cells][disc.squared() <= reach**2] = 0.0
    for i in chosen:
        x, y, radius = cells[i]
        cx, cy = int(x), int(y)
        if valid[cy * stride, cx * stride] == 0 and weight[cy, cx] == 0:
            continue
        sigma = max(radii[i] / 3, MIN_SIGMA)
        disc = _Disc.of(cx, cy, int(np.ceil(max(radii[i], 1.0))), (height, width))
        near = heatmap[disc.cells]
        np.maximum(near, np.exp(disc.squared() / (-2 * sigma**2)), out=near, casting="same_kind")
        offset[:, cy, cx] = x - cx, y - cy
        size[:, cy, cx] = 2 * radius
        positive[cy, cx] = 1.0
        weight[cy, cx] = 1.0
    return Targets(heatmap[None], offset, size, positive[None], weight[None])
