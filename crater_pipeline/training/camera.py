"""What sun, camera and the making of a mosaic do to a patch: augmentation of terrain and of photographs."""

import io
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from crater_pipeline.light.reflectance import shade
from crater_pipeline.training.patches import Patch

SUN_HEIGHTS_DEG = (3.0, 22.0, 52.0)
"""Least, likeliest and greatest height of the sun over pictures in training."""

POLAR_SHARE, POLAR_BELOW_DEG = 0.3, 14.0
"""Share of the suns that stand so low, as they do around the poles. With few of them circles came out a seventh too
large under a sun of 6 degrees, where half a crater lies in shadow."""

SHADOWED_BELOW_DEG, SHADOWED_SHARE = 25.0, 0.7
"""Under a lower sun this share of the patches has cast shadows; the others stand for mosaics of shaded terrain."""

SEAM_SHARE = 0.06
"""Patches with a seam: two suns for terrain, a step of brightness for photographs."""


def random_sun(rng: np.random.Generator) -> tuple[float, float]:
    """Azimuth and elevation in degrees: any direction, more often from the east or west, as mosaics are lit."""
    azimuth = rng.uniform(0, 360) if rng.random() < 0.5 else rng.choice([90.0, 270.0]) + rng.normal(0, 20)
    polar = rng.random() < POLAR_SHARE
    elevation = rng.uniform(SUN_HEIGHTS_DEG[0], POLAR_BELOW_DEG) if polar else rng.triangular(*SUN_HEIGHTS_DEG)
    return float(azimuth) % 360.0, float(elevation)


def smooth_field(shape: tuple[int, int], cells: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Standard normal values on a coarse grid of `cells` x `cells`, interpolated."""
    coarse = torch.from_numpy(rng.standard_normal((1, 1, cells, cells), dtype=np.float32))
    field: NDArray[np.float32] = torch.nn.functional.interpolate(coarse, shape, mode="bicubic", align_corners=True)[
        0, 0
    ].numpy()
    return field


def beyond_seam(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which pixels lie on one side of a random straight line, (h, w)."""
    height, width = shape
    angle = rng.uniform(0, 2 * np.pi)
    x, y = rng.uniform(0.2, 0.8, 2) * (width, height)
    across = np.cos(angle) * (np.arange(width) - x)[None, :] + np.sin(angle) * (np.arange(height) - y)[:, None]
    return np.asarray(across > 0)


def relit(patch: Patch, rng: np.random.Generator) -> Patch:
    """Elevation to grey under a random sun, relief a little stronger or weaker, times its own and a smooth albedo.

    A low sun casts shadows in most patches; some show a seam between two suns, as mosaics do.
    """
    ground_m = patch.pixel_m / float(np.exp(rng.normal(0, 0.15)))

    def lit() -> NDArray[np.float32]:
        azimuth, elevation = random_sun(rng)
        shadows = elevation < POLAR_BELOW_DEG or (elevation < SHADOWED_BELOW_DEG and rng.random() < SHADOWED_SHARE)
        return shade(patch.values, ground_m, azimuth, elevation, shadows=shadows)

    grey = lit()
    if rng.random() < SEAM_SHARE:
        grey = np.where(beyond_seam(grey.shape, rng), lit(), grey)
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


def stretched(values: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Grey 0 to 255 as a mosaic is made: ends cut off, a contrast curve, sometimes whole numbers or JPEG."""
    cut = rng.exponential(0.4, 2)
    few = values[::4, ::4]
    low, high = np.nanpercentile(values if np.isnan(few).all() else few, [min(cut[0], 3.0), 100.0 - min(cut[1], 3.0)])
    unit = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
    grey = (255.0 * unit ** np.exp(rng.normal(0, 0.35))).astype(np.float32)
    way = rng.random()
    if way < 0.2:
        return compressed(grey, int(rng.integers(35, 96)))
    return np.asarray(np.rint(grey) if way < 0.6 else grey)


def compressed(grey: NDArray[np.float32], quality: int) -> NDArray[np.float32]:
    """Through JPEG and back; grey 0 to 255, no data stays no data."""
    buffer = io.BytesIO()
    Image.fromarray(np.nan_to_num(grey, nan=0.0).round().astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        read = np.asarray(image, dtype=np.float32)
    return np.where(np.isnan(grey), np.float32(np.nan), read)


def degraded(patch: Patch, rng: np.random.Generator, photograph: bool = False) -> Patch:
    """Grey with random resolution, noise and contrast. A `photograph` has its own, and is changed less."""
    values = patch.values
    if np.isnan(values).all():
        return patch
    if photograph and rng.random() < SEAM_SHARE:
        values = np.where(beyond_seam(values.shape, rng), values * np.float32(np.exp(rng.normal(0, 0.3))), values)
    if rng.random() < (0.25 if photograph else 0.4):
        values = blurred(values, float(rng.uniform(0.4, 1.2 if photograph else 1.6)))
    if rng.random() < (0.4 if photograph else 0.6):
        noise = rng.standard_normal(values.shape, dtype=np.float32)
        values = values + noise * np.float32(float(np.nanstd(values)) * rng.exponential(0.06))
    if rng.random() < 0.6:
        values = stretched(values, rng)
    return replace(patch, values=values.astype(np.float32))
