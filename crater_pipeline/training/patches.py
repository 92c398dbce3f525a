"""Pieces of terrain or image with their craters, turned, scaled and moved."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True)
class Patch:
    """A square or rectangle of pixels.

    values: (h, w) float32, elevation in metres or grey, NaN where there is no data. pixel_m: ground size of a pixel.
    circles: (n, 3) centre x, y and radius in pixels. ignored: (n,) neither positive nor negative. albedo: (h, w) of
    elevations, where it is known.
    """

    values: NDArray[np.float32]
    pixel_m: float
    circles: NDArray[np.float64]
    ignored: NDArray[np.bool_]
    albedo: NDArray[np.float32] | None = None


def turned(patch: Patch, quarter_turns: int, mirrored: bool) -> Patch:
    """Turned counter-clockwise by quarter turns, then mirrored left to right."""

    def turn(grid: NDArray[np.float32]) -> NDArray[np.float32]:
        grid = np.rot90(grid, quarter_turns)
        return np.ascontiguousarray(grid[:, ::-1] if mirrored else grid)

    circles = patch.circles.copy()
    height, width = patch.values.shape
    for _ in range(quarter_turns % 4):
        circles[:, 0], circles[:, 1] = circles[:, 1].copy(), width - circles[:, 0]
        height, width = width, height
    if mirrored:
        circles[:, 0] = width - circles[:, 0]
    albedo = None if patch.albedo is None else turn(patch.albedo)
    return replace(patch, values=turn(patch.values), circles=circles, albedo=albedo)


def _resize(grid: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Bilinear, antialiased; a result that touches no data is no data."""
    tensor = torch.from_numpy(np.ascontiguousarray(grid))[None, None]
    missing = torch.isnan(tensor)
    gaps = bool(missing.any())
    if gaps:
        tensor = tensor.masked_fill(missing, 0.0)
        tensor = tensor.masked_fill(missing, float(tensor.sum() / (~missing).sum().clamp_min(1)))
    shape = (size, size)
    values: NDArray[np.float32] = torch.nn.functional.interpolate(
        tensor, shape, mode="bilinear", antialias=size < grid.shape[0], align_corners=False
    )[0, 0].numpy()
    if gaps:
        lost = torch.nn.functional.adaptive_max_pool2d(missing[0].float(), shape)[0].numpy() > 0
        values = np.where(lost, np.float32(np.nan), values)
    return values


def resized(patch: Patch, size: int) -> Patch:
    """A square patch resampled to `size` pixels a side; the ground size of a pixel follows."""
    side = patch.values.shape[0]
    if side == size:
        return patch
    zoom = size / side
    albedo = None if patch.albedo is None else _resize(patch.albedo, size)
    return Patch(_resize(patch.values, size), patch.pixel_m / zoom, patch.circles * zoom, patch.ignored, albedo)


def zoomed(patch: Patch, zoom: float, rng: np.random.Generator) -> Patch:
    """Scaled by `zoom` about a random place, same shape: cropped when larger, padded with no data when smaller."""
    size = patch.values.shape[0]
    side = round(size / zoom)
    if side == size:
        return patch
    x, y = rng.integers(min(0, size - side), max(0, size - side) + 1, 2)

    def cut(grid: NDArray[np.float32]) -> NDArray[np.float32]:
        if side < size:
            return grid[y : y + side, x : x + side]
        padded = np.full((side, side), np.nan, np.float32)
        padded[-y : size - y, -x : size - x] = grid
        return padded

    albedo = None if patch.albedo is None else cut(patch.albedo)
    moved = replace(patch, values=cut(patch.values), circles=patch.circles - [x, y, 0.0], albedo=albedo)
    return resized(moved, size)
