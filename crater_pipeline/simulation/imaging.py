"""From terrain and albedo to the grey values of a mosaic: light, resolution, noise, seams."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crater_pipeline.light.reflectance import flat_reflectance, shade
from crater_pipeline.simulation.settings import SimulationSettings

SEAM_SOFTNESS_PX = 6.0
"""Neighbouring strips of a mosaic are blended over about this width."""


def render(
    elevation_m: NDArray[np.float32],
    albedo: NDArray[np.float32],
    ground_pixel_m: float | NDArray[np.float32],
    convergence_deg: float | NDArray[np.float32],
    seed: int,
    settings: SimulationSettings,
) -> NDArray[np.uint8]:
    """An optical image (h, w) of a scene, grey values 1 to 255 (0 is kept for nodata).

    `ground_pixel_m` and `convergence_deg` (grid north from true north) are numbers or (h, w). Brightness is
    the Lunar-Lambert reflectance over that of level ground, times the albedo.
    """
    rng = np.random.default_rng([seed, 0x1A6E])
    azimuth = settings.sun_azimuth_deg - convergence_deg
    light = shade(elevation_m, ground_pixel_m, azimuth, settings.sun_elevation_deg, shadows=settings.shadows)
    light *= albedo / np.float32(flat_reflectance(settings.sun_elevation_deg) * float(albedo.mean()))
    if settings.image_blur_px > 0:
        light = ndimage.gaussian_filter(light, settings.image_blur_px, mode="nearest")
    light *= strips(light.shape, rng, settings)
    if settings.image_noise > 0:
        light += np.float32(settings.image_noise) * rng.standard_normal(light.shape, dtype=np.float32)
    return np.asarray(np.clip(light * np.float32(settings.mean_grey) + np.float32(0.5), 1.0, 255.0), dtype=np.uint8)


def strips(shape: tuple[int, int], rng: np.random.Generator, settings: SimulationSettings) -> NDArray[np.float32]:
    """Brightness factor (1, w) or (h, w): north-south strips of images taken under slightly different light.

    The borders between strips lean a little; within a strip the brightness drifts from side to side.
    """
    height, width = shape
    if settings.seam_contrast == 0:
        return np.ones((1, 1), dtype=np.float32)
    count = int(rng.poisson(width / settings.seam_spacing_px))
    factor = np.full(shape, 1.0, dtype=np.float32)
    lean = float(rng.uniform(-0.08, 0.08))
    drift = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None] * np.float32(lean * height)
    for border in np.sort(rng.uniform(0, width, count)):
        step = np.float32(rng.normal(0.0, settings.seam_contrast))
        across = np.arange(width, dtype=np.float32)[None, :] - np.float32(border) + drift
        # The step dies away over one strip, so that brightness stays near its mean.
        fade = np.exp(-np.abs(across) / np.float32(settings.seam_spacing_px))
        factor *= 1.0 + 0.5 * step * np.tanh(across / np.float32(SEAM_SOFTNESS_PX)) * fade
    return factor
