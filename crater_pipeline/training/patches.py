"""Pieces of terrain or image with their craters, and what augmentation does to them."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from crater_pipeline.labels.learnable import LEARNED_PX
from crater_pipeline.light.reflectance import shade
from crater_pipeline.light.standardise import standardise
from crater_pipeline.light.views import DEFAULT_AZIMUTH_DEG, SUN_ELEVATION_DEG, terrain_view
from crater_pipeline.models.targets import encode


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


SUN_HEIGHTS_DEG = (10.0, 25.0, 50.0)
"""Least, likeliest and greatest height of the sun over pictures in training."""


def random_sun(rng: np.random.Generator) -> tuple[float, float]:
    """Azimuth and elevation in degrees: any direction, more often from the east or west, as mosaics are lit."""
    azimuth = rng.uniform(0, 360) if rng.random() < 0.5 else rng.choice([90.0, 270.0]) + rng.normal(0, 20)
    return float(azimuth) % 360.0, float(rng.triangular(*SUN_HEIGHTS_DEG))


def smooth_field(shape: tuple[int, int], cells: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Standard normal values on a coarse grid of `cells` x `cells`, interpolated."""
    coarse = torch.from_numpy(rng.standard_normal((1, 1, cells, cells), dtype=np.float32))
    field: NDArray[np.float32] = torch.nn.functional.interpolate(coarse, shape, mode="bicubic", align_corners=True)[
        0, 0
    ].numpy()
    return field


def relit(patch: Patch, rng: np.random.Generator) -> Patch:
    """Elevation to grey under a random sun, relief a little stronger or weaker, times its own and a smooth albedo."""
    azimuth, elevation = random_sun(rng)
    exaggeration = np.exp(rng.normal(0, 0.15))
    grey = shade(patch.values, patch.pixel_m / exaggeration, azimuth, elevation)
    albedo = np.exp(rng.uniform(0, 0.25) * smooth_field(grey.shape, int(rng.integers(3, 9)), rng))
    if patch.albedo is not None:
        albedo = albedo * patch.albedo
    return replace(patch, values=(grey * albedo).astype(np.float32), albedo=None)


def blurred(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur of `sigma` pixels; no data stays no data and does not bleed."""
    reach = max(1, int(np.ceil(2.5 * sigma)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    missing = np.isnan(values)
    filled = np.where(missing, np.nanmean(values) if not missing.all() else 0, values).astype(np.float32)
    tensor = torch.nn.functional.pad(torch.from_numpy(filled)[None, None], (reach,) * 4, mode="replicate")
    weights = torch.from_numpy(kernel)
    tensor = torch.nn.functional.conv2d(tensor, weights.view(1, 1, 1, -1))
    tensor = torch.nn.functional.conv2d(tensor, weights.view(1, 1, -1, 1))
    return np.where(missing, np.float32(np.nan), tensor[0, 0].numpy())


def degraded(patch: Patch, rng: np.random.Generator) -> Patch:
    """Grey with a random contrast curve, blur and noise; sometimes saturated highlights."""
    values = patch.values
    if rng.random() < 0.4:
        values = blurred(values, float(rng.uniform(0.4, 1.6)))
    spread = float(np.nanstd(values)) if not np.isnan(values).all() else 1.0
    if rng.random() < 0.6:
        values = values + rng.standard_normal(values.shape, dtype=np.float32) * np.float32(
            spread * rng.exponential(0.06)
        )
    if rng.random() < 0.4:
        low, high = np.nanpercentile(values[::4, ::4], [0.5, 99.5]) if not np.isnan(values).all() else (0.0, 1.0)
        unit = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
        values = (unit ** np.exp(rng.normal(0, 0.3))).astype(np.float32)
    return replace(patch, values=values)


def terrain_sample(patch: Patch, stride: int, rng: np.random.Generator | None) -> dict[str, NDArray[np.float32]]:
    """Like `to_sample` for elevations: a `terrain_view`, changed a little at random where there is a generator.

    Azimuths lie around the four that turned and mirrored patches of one sun have.
    """
    if rng is None:
        view = terrain_view(patch.values, patch.pixel_m, DEFAULT_AZIMUTH_DEG)
        return _sample(patch, view, stride)
    values = blurred(patch.values, float(rng.uniform(0.4, 1.5))) if rng.random() < 0.3 else patch.values
    azimuth = float(rng.choice([0, 90, 180, 270]) + rng.normal(0, 10))
    exaggeration = np.exp(rng.normal(0, 0.15))
    view = terrain_view(
        values, patch.pixel_m / exaggeration, azimuth, float(rng.triangular(18.0, SUN_ELEVATION_DEG, 35.0))
    )
    if rng.random() < 0.4:
        view += rng.standard_normal(view.shape, dtype=np.float32) * np.float32(rng.exponential(0.05))
        view[:, ~np.isfinite(patch.values)] = 0
    return _sample(patch, view, stride)


def to_sample(patch: Patch, stride: int) -> dict[str, NDArray[np.float32]]:
    """Network input (1, h, w) as `image`, and the targets by name; craters of other levels are ignored."""
    valid = np.isfinite(patch.values)
    return _sample(patch, standardise(np.where(valid, patch.values, np.float32(0)), valid)[None], stride)


def _sample(patch: Patch, image: NDArray[np.float32], stride: int) -> dict[str, NDArray[np.float32]]:
    diameter = 2 * patch.circles[:, 2]
    ignored = patch.ignored | (diameter < LEARNED_PX[0]) | (diameter > LEARNED_PX[1])
    targets = encode(patch.circles, ignored, np.isfinite(patch.values), stride)
    return {"image": image, **targets._asdict()}
