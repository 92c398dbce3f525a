"""Pieces of terrain or image with their craters, and what augmentation does to them."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from crater_pipeline.models.targets import encode
from crater_pipeline.shading import shade
from crater_pipeline.standardise import standardise

POSITIVE_PX = (6.0, 160.0)
"""Diameters that are learned, in pixels of the patch; others are ignored, for another level sees them better."""


@dataclass(frozen=True)
class Patch:
    """A square or rectangle of pixels.

    values: (h, w) float32, elevation in metres or grey, NaN where there is no data. pixel_m: ground size of a pixel.
    circles: (n, 3) centre x, y and radius in pixels. ignored: (n,) neither positive nor negative.
    """

    values: NDArray[np.float32]
    pixel_m: float
    circles: NDArray[np.float64]
    ignored: NDArray[np.bool_]

    def circles_inside(self, margin: float = 0.0) -> "Patch":
        """Without the craters whose centres lie more than `margin` pixels outside."""
        height, width = self.values.shape
        x, y = self.circles[:, 0], self.circles[:, 1]
        near = (x >= -margin) & (y >= -margin) & (x < width + margin) & (y < height + margin)
        return replace(self, circles=self.circles[near], ignored=self.ignored[near])


def turned(patch: Patch, quarter_turns: int, mirrored: bool) -> Patch:
    """Turned counter-clockwise by quarter turns, then mirrored left to right."""
    values, circles = patch.values, patch.circles.copy()
    for _ in range(quarter_turns % 4):
        width = values.shape[1]
        values = np.rot90(values)
        circles[:, 0], circles[:, 1] = circles[:, 1].copy(), width - circles[:, 0]
    if mirrored:
        width = values.shape[1]
        values = values[:, ::-1]
        circles[:, 0] = width - circles[:, 0]
    return replace(patch, values=np.ascontiguousarray(values), circles=circles)


def resized(patch: Patch, size: int) -> Patch:
    """A square patch resampled to `size` pixels a side (bilinear, antialiased); the ground pixel follows."""
    side = patch.values.shape[0]
    if side == size:
        return patch
    zoom = size / side
    tensor = torch.from_numpy(np.ascontiguousarray(patch.values))[None, None]
    missing = torch.isnan(tensor)
    gaps = bool(missing.any())
    if gaps:
        tensor = torch.where(missing, tensor[~missing].mean() if not bool(missing.all()) else 0.0, tensor)
    values = torch.nn.functional.interpolate(
        tensor, (size, size), mode="bilinear", antialias=zoom < 1, align_corners=False
    )[0, 0].numpy()
    if gaps:
        lost = torch.nn.functional.interpolate(missing.float(), (size, size), mode="area")[0, 0].numpy() > 0
        values = np.where(lost, np.float32(np.nan), values)
    return Patch(values, patch.pixel_m / zoom, patch.circles * zoom, patch.ignored)


def zoomed(patch: Patch, zoom: float, rng: np.random.Generator) -> Patch:
    """Scaled by `zoom` about a random place, same shape: cropped when larger, padded with no data when smaller."""
    size = patch.values.shape[0]
    side = round(size / zoom)
    if side == size:
        return patch
    x, y = rng.integers(min(0, size - side), max(0, size - side) + 1, 2)
    if side < size:
        values = patch.values[y : y + side, x : x + side]
    else:
        values = np.full((side, side), np.nan, np.float32)
        values[-y : -y + size, -x : -x + size] = patch.values
    return resized(replace(patch, values=values, circles=patch.circles - [x, y, 0.0]), size)


def random_sun(rng: np.random.Generator) -> tuple[float, float]:
    """Azimuth and elevation in degrees: any direction, more often from the east or west, as mosaics are lit."""
    azimuth = rng.uniform(0, 360) if rng.random() < 0.5 else rng.choice([90.0, 270.0]) + rng.normal(0, 20)
    return float(azimuth) % 360.0, float(rng.triangular(10.0, 25.0, 50.0))


def smooth_field(shape: tuple[int, int], cells: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Standard normal values on a coarse grid of `cells` x `cells`, interpolated."""
    coarse = torch.from_numpy(rng.standard_normal((1, 1, cells, cells), dtype=np.float32))
    field: NDArray[np.float32] = torch.nn.functional.interpolate(
        coarse, shape, mode="bicubic", align_corners=True
    )[0, 0].numpy()
    return field


def relit(patch: Patch, rng: np.random.Generator) -> Patch:
    """Elevation to grey under a random sun, with a random smooth albedo and sometimes an exaggerated relief."""
    azimuth, elevation = random_sun(rng)
    exaggeration = np.exp(rng.normal(0, 0.15))
    grey = shade(patch.values, patch.pixel_m / exaggeration, azimuth, elevation)
    albedo = np.exp(rng.uniform(0, 0.25) * smooth_field(grey.shape, int(rng.integers(3, 9)), rng))
    return replace(patch, values=grey * albedo.astype(np.float32))


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
        values = unit ** np.float32(np.exp(rng.normal(0, 0.3)))
    return replace(patch, values=values.astype(np.float32))


def to_sample(patch: Patch, stride: int) -> dict[str, NDArray[np.float32]]:
    """Network input (1, h, w) as `image`, and the targets by name; craters of other levels are ignored."""
    valid = np.isfinite(patch.values)
    diameter = 2 * patch.circles[:, 2]
    ignored = patch.ignored | (diameter < POSITIVE_PX[0]) | (diameter > POSITIVE_PX[1])
    targets = encode(patch.circles, ignored, valid, stride)
    grey = np.where(valid, patch.values, np.float32(0))
    return {"image": standardise(grey, valid)[None], **targets._asdict()}
