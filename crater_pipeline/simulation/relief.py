"""Ground between the craters: fractal highlands, lava plains with ridges and rilles, hills."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crater_pipeline.simulation.fields import coarse_fractal, distance_to_zero, fractal
from crater_pipeline.simulation.production import EQUILIBRIUM_COEFFICIENT
from crater_pipeline.simulation.settings import SimulationSettings

LONGEST_KM = 120.0
"""Longest wavelength of the terrain."""
COMPACTION = 0.03
"""Share of buried relief that shows through a lava plain after it has cooled and settled (ghost craters)."""


def unresolved_roughness_m(pixel_size_m: float, min_px: float) -> float:
    """Standard deviation of the heights that craters below `min_px` pixels in equilibrium add up to.

    Each adds about 0.25 R^2 pi (0.1 D)^2 of squared height; summed over the equilibrium distribution.
    """
    diameter_m = min_px * pixel_size_m
    return float(np.sqrt(EQUILIBRIUM_COEFFICIENT * 2.0 * 0.25 * np.pi / 4.0 * 0.01 / 2.0) * diameter_m)


def highlands(
    shape: tuple[int, int], pixel_size_m: float, rng: np.random.Generator, settings: SimulationSettings
) -> NDArray[np.float32]:
    """Heights (h, w) in metres before the oldest crater drawn: rough at every scale."""
    longest = LONGEST_KM * 1000.0 / pixel_size_m
    span_km = min(LONGEST_KM, max(shape) * pixel_size_m / 1000.0)
    # About 10 m of difference over 1 km (craters add the rest), growing with distance to the power 0.75.
    amplitude = 8.0 * span_km**0.75
    return np.float32(settings.roughness * amplitude) * fractal(shape, rng, 0.8, longest)


def flood(
    elevation: NDArray[np.float32], pixel_size_m: float, rng: np.random.Generator, settings: SimulationSettings
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fill the lowlands with lava: (new elevation, cover 0..1 where lava lies), both (h, w) float32.

    The plain is gently sloped; buried relief shows through a little; rims that stand high remain as islands.
    """
    shape = elevation.shape
    if settings.mare_fraction == 0:
        return elevation, np.zeros(shape, dtype=np.float32)
    longest = 150e3 / pixel_size_m
    step = max(1, min(16, int(2000.0 / pixel_size_m)))
    plain = coarse_fractal(shape, rng, 0.9, longest, step)
    span_km = min(150.0, max(shape) * pixel_size_m / 1000.0)
    plain *= np.float32(1.2 * span_km**0.9)
    smooth = ndimage.gaussian_filter(elevation[::4, ::4], 3000.0 / pixel_size_m / 4, mode="nearest")
    above = smooth - plain[::4, ::4]
    level = float(np.quantile(above, settings.mare_fraction))
    if settings.mare_fraction > 0.9:
        # A scene that is all mare lies far from the shore: the deeper it is flooded, the fewer islands.
        level += (settings.mare_fraction - 0.9) * 10.0 * float(rng.uniform(250.0, 900.0))
    depth = level + plain - elevation
    cover = np.clip(depth / 20.0, 0.0, 1.0)
    lava = level + plain - np.float32(COMPACTION) * np.clip(depth, 0.0, 700.0)
    return (elevation + cover * (lava - elevation)).astype(np.float32), cover.astype(np.float32)


def plains_relief(
    shape: tuple[int, int], pixel_size_m: float, rng: np.random.Generator, settings: SimulationSettings
) -> NDArray[np.float32]:
    """Wrinkle ridges, rilles and texture of a lava plain (h, w), metres to be added where lava lies.

    Ridges: 50-250 m high, a few km wide, a broad swell with a sharper crest off its middle; rilles: up to
    a few hundred metres deep and about 1 km wide.
    """
    step = max(1, min(8, int(800.0 / pixel_size_m)))
    relief = np.float32(settings.roughness * 3.5) * fractal(shape, rng, 0.7, 20e3 / pixel_size_m)
    angle = float(rng.uniform(0, np.pi))
    for count in range(int(rng.integers(1, 3))):
        stretch = (float(rng.uniform(1.0, 2.2)), angle + 0.6 * count)
        field = coarse_fractal(shape, rng, 1.3, float(rng.uniform(40e3, 110e3)) / pixel_size_m, step, stretch)
        distance_m = distance_to_zero(field) * pixel_size_m
        patches = np.clip(coarse_fractal(shape, rng, 0.8, 40e3 / pixel_size_m, step) + 0.1, 0.0, 1.5)
        swell = float(rng.uniform(1500.0, 4000.0))
        crest = float(rng.uniform(250.0, 600.0))
        height = settings.roughness * float(rng.uniform(25.0, 110.0))
        offset = 0.35 * swell
        ridge = np.exp(-((distance_m / swell) ** 2)) + 0.5 * np.exp(-(((distance_m - offset) / crest) ** 2))
        relief += (height * patches * ridge).astype(np.float32)
    if rng.random() < 0.5:
        field = coarse_fractal(shape, rng, 1.0, float(rng.uniform(25e3, 60e3)) / pixel_size_m, step)
        distance_m = distance_to_zero(field) * pixel_size_m
        patches = np.clip(2.0 * coarse_fractal(shape, rng, 1.0, 60e3 / pixel_size_m, step) - 1.2, 0.0, 1.0)
        depth, width = float(rng.uniform(40.0, 200.0)), float(rng.uniform(300.0, 700.0))
        relief -= (depth * patches * np.exp(-((distance_m / width) ** 4))).astype(np.float32)
    return relief


def hills(
    elevation: NDArray[np.float32], pixel_size_m: float, rng: np.random.Generator, settings: SimulationSettings
) -> None:
    """Add isolated hills, massifs and low domes in place: bright-sided bumps that are not craters."""
    height, width = elevation.shape
    area_km2 = height * width * (pixel_size_m / 1000.0) ** 2
    for _ in range(int(rng.poisson(area_km2 * 0.0015))):
        radius_m = float(rng.uniform(0.6, 1.0) * 800.0 * rng.pareto(2.0) + 700.0)
        radius_m = min(radius_m, 9000.0)
        tall = radius_m * float(rng.choice([0.03, 0.12, 0.25], p=[0.3, 0.45, 0.25])) * settings.roughness
        x, y, angle = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, np.pi)
        ratio = float(rng.uniform(1.0, 2.2))
        reach = int(2.5 * ratio * radius_m / pixel_size_m) + 2
        left, right = max(0, int(x) - reach), min(width, int(x) + reach + 1)
        top, bottom = max(0, int(y) - reach), min(height, int(y) + reach + 1)
        dx = (np.arange(left, right) + 0.5 - x)[None, :] * pixel_size_m / radius_m
        dy = (np.arange(top, bottom) + 0.5 - y)[:, None] * pixel_size_m / radius_m
        u = (dx * np.cos(angle) + dy * np.sin(angle)) / ratio
        v = dy * np.cos(angle) - dx * np.sin(angle)
        lumpy = 1.0 + 0.25 * np.sin(2.3 * u + 5.0 * angle) * np.cos(1.9 * v + 3.0 * angle)
        bump = np.exp(-(((u * u + v * v) * lumpy) ** 1.2))
        elevation[top:bottom, left:right] += (tall * bump).astype(np.float32)
