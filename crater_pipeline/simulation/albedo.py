"""Normal albedo: dark maria, bright highlands, fresh craters with haloes and rays."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crater_pipeline.simulation.fields import coarse_fractal, fractal
from crater_pipeline.simulation.population import Population
from crater_pipeline.simulation.production import Production

HIGHLAND_ALBEDO, MARE_ALBEDO = 0.122, 0.082
"""Typical values at 643 nm, Boyd et al. (2012) / Hapke et al. (2012)."""
COPERNICAN_GYR = 1.0
"""Rays fade within about this time."""
RAY_REACH = 9.0


def surface_albedo(cover: NDArray[np.float32], pixel_size_m: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Albedo (h, w) before rays; `cover` is 1 where lava lies."""
    shape = cover.shape
    step = max(1, min(16, int(1500.0 / pixel_size_m)))
    units = coarse_fractal(shape, rng, 0.5, 80e3 / pixel_size_m, step)
    # Impacts have mixed both sides of a shore over about a kilometre.
    mixed = ndimage.gaussian_filter(cover, 700.0 / pixel_size_m, mode="nearest")
    base = HIGHLAND_ALBEDO + (MARE_ALBEDO - HIGHLAND_ALBEDO) * (0.7 * mixed + 0.3 * cover)
    grain = 0.012 * fractal(shape, rng, 0.1, 30e3 / pixel_size_m)
    return np.asarray(base * np.exp(0.13 * units + grain), dtype=np.float32)


def brighten_slopes(albedo: NDArray[np.float32], elevation_m: NDArray[np.float32], pixel_size_m: float) -> None:
    """Brighten steep walls in place: their dark mature soil slides off (up to 1.5 times above 25 degrees)."""
    down, right = np.gradient(elevation_m, np.float32(pixel_size_m))
    steepness = np.clip((np.hypot(down, right) - np.float32(0.2)) / np.float32(0.27), 0.0, 1.0)
    albedo *= 1.0 + np.float32(0.5) * steepness


def add_rays(
    albedo: NDArray[np.float32], craters: Population, production: Production, rng: np.random.Generator
) -> None:
    """Brighten young craters in place: bright walls, a halo of ejecta, and rays that fade with age and distance."""
    limit = float(production.chronology(COPERNICAN_GYR))
    young = craters.take((craters.clock < limit) & (craters.radius_px > 1.5) & (craters.depth_factor > 0.5))
    young = young.take(np.argsort(-young.clock, kind="stable"))
    height, width = albedo.shape
    for i in range(len(young)):
        x, y, radius_px = float(young.x[i]), float(young.y[i]), float(young.radius_px[i])
        strength = 0.8 * (1.0 - young.clock[i] / limit) ** 3 * float(rng.uniform(0.3, 1.0))
        phases = rng.uniform(0, 2 * np.pi, 5)
        counts = rng.integers(3, 17, 5)
        if strength < 0.02:
            continue
        reach = (RAY_REACH if radius_px > 4 else 4.0) * radius_px
        left, right = max(0, int(x - reach)), min(width, int(x + reach) + 1)
        top, bottom = max(0, int(y - reach)), min(height, int(y + reach) + 1)
        if left >= right or top >= bottom:
            continue
        dx = ((np.arange(left, right) + 0.5 - x) / radius_px).astype(np.float32)[None, :]
        dy = ((np.arange(top, bottom) + 0.5 - y) / radius_px).astype(np.float32)[:, None]
        radius = np.sqrt(dx * dx + dy * dy)
        halo = np.where(radius < 1.0, 1.0, np.exp(-(np.maximum(radius, 1.0) - 1.0) / 0.8))
        if radius_px > 4:
            azimuth = np.arctan2(dy, dx)
            pattern = sum(np.cos(n * azimuth + p) for n, p in zip(counts, phases, strict=True)) / 2.2
            fade = np.clip(1.0 - radius / RAY_REACH, 0.0, 1.0) ** 1.5
            halo = np.maximum(halo, 0.75 * np.clip(pattern - 0.4, 0.0, 1.0) * fade * (radius > 1.0))
        albedo[top:bottom, left:right] *= (1.0 + strength * halo).astype(np.float32)
