"""Ground between the craters: fractal highlands, lava plains with ridges and rilles, hills."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crater_pipeline.simulation.fields import coarse_fractal, distance_to_zero, fractal
from crater_pipeline.simulation.production import EQUILIBRIUM_COEFFICIENT
from crater_pipeline.simulation.settings import SimulationSettings

LONGEST_KM = 120.0
"""Longest wavelength of the terrain."""
BASIN_KM, BASIN_DEPTH_M = 400.0, 700.0
"""Size and standard deviation of the depth of the basins that hold the seas."""
SMALLEST_SEA_KM2 = 1500.0
"""Smaller patches of low ground are not flooded with mare lava."""
COMPACTION = 0.02
"""Share of buried relief that shows through a lava plain after it has cooled and settled (ghost craters)."""


def unresolved_roughness_m(pixel_size_m: float, min_px: float) -> float:
    """Standard deviation of the heights that craters below `min_px` pixels in equilibrium add up to.

    Each adds about 0.25 R^2 pi (0.05 D)^2 of squared height (most are worn); summed over the equilibrium distribution.
    """
    diameter_m = min_px * pixel_size_m
    return float(np.sqrt(EQUILIBRIUM_COEFFICIENT * 2.0 * 0.25 * np.pi / 4.0 * 0.05**2 / 2.0) * diameter_m)


def highlands(
    shape: tuple[int, int], pixel_size_m: float, rng: np.random.Generator, settings: SimulationSettings
) -> NDArray[np.float32]:
    """Heights (h, w) in metres before the oldest crater drawn: rough at every scale."""
    relief = _at_one_km(fractal(shape, rng, 0.85, LONGEST_KM * 1000.0 / pixel_size_m), pixel_size_m, 14.0)
    # Swells and furrows of old ejecta, kilometres wide, in patches and with a grain.
    stretch = (float(rng.uniform(1.0, 2.5)), float(rng.uniform(0.0, np.pi)))
    step = max(1, min(8, int(400.0 / pixel_size_m)))
    hummocks = coarse_fractal(shape, rng, 0.8, 12e3 / pixel_size_m, step, stretch)
    patches = np.clip(coarse_fractal(shape, rng, 0.6, 60e3 / pixel_size_m, max(step, 4)) + 0.8, 0.0, 2.0)
    basins = coarse_fractal(shape, rng, 1.4, BASIN_KM * 1000.0 / pixel_size_m, max(step, 8))
    relief += np.float32(BASIN_DEPTH_M) * min(1.0, max(shape) * pixel_size_m / (BASIN_KM * 1000.0)) * basins
    return np.asarray(np.float32(settings.roughness) * (relief + np.float32(60.0) * patches * (np.abs(hummocks) - 0.8)))


def _at_one_km(field: NDArray[np.float32], pixel_size_m: float, difference_m: float) -> NDArray[np.float32]:
    """`field` scaled so that heights one kilometre apart differ by `difference_m` (rms)."""
    lag = min(max(1, round(1000.0 / pixel_size_m)), field.shape[0] - 1)
    rms = float(np.sqrt(np.mean((field[lag:] - field[:-lag]) ** 2)))
    # Where a kilometre is below the pixel or beyond the scene: differences grow as distance to the power 0.85.
    wanted = difference_m * (lag * pixel_size_m / 1000.0) ** 0.85
    return field * np.float32(wanted / max(rms, 1e-9))


def light_plains(
    elevation: NDArray[np.float32], pixel_size_m: float, settings: SimulationSettings
) -> NDArray[np.float32]:
    """New elevation (h, w) with the deepest hollows of every neighbourhood filled (Cayley plains, old ejecta)."""
    sigma_px = 9000.0 / pixel_size_m
    step = max(1, min(16, int(sigma_px / 4), min(elevation.shape) // 8))
    reference = _smooth(elevation, sigma_px, step)
    level = np.float32(np.quantile((elevation - reference)[::4, ::4], settings.plains_fraction))
    return _fill(elevation, reference + level, elevation < reference + level)[0]


def flood(
    elevation: NDArray[np.float32], pixel_size_m: float, rng: np.random.Generator, settings: SimulationSettings
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fill the lowlands with lava: (new elevation, cover 0..1 where lava lies), both (h, w) float32.

    The lava's surface is gently sloped. Only connected lowlands are seas: a crater of the highlands keeps its
    floor although it is as deep. Buried relief shows through a little; rims that stand high remain as islands.
    """
    shape = elevation.shape
    step = max(1, min(16, int(2000.0 / pixel_size_m)))
    surface = _at_one_km(coarse_fractal(shape, rng, 0.85, 150e3 / pixel_size_m, step), pixel_size_m, 1.5)
    level = float(np.quantile((elevation - surface)[::4, ::4], min(settings.mare_fraction, 0.95)))
    # All mare lies far from the shore: the deeper it is flooded, the fewer islands.
    level += float(rng.uniform(250.0, 1000.0)) * max(0.0, settings.mare_fraction - 0.9) * 10.0
    surface += np.float32(level)
    return _fill(elevation, surface, _seas(elevation < surface, pixel_size_m))


def _seas(low: NDArray[np.bool_], pixel_size_m: float) -> NDArray[np.bool_]:
    """The parts of `low` (h, w) that are connected over at least `SMALLEST_SEA_KM2` (or a tenth of the scene)."""
    thinned = low[::4, ::4]
    labels, count = ndimage.label(thinned)
    area = np.bincount(labels.ravel(), minlength=count + 1) * (4 * pixel_size_m / 1000.0) ** 2
    scene = thinned.size * (4 * pixel_size_m / 1000.0) ** 2
    is_sea = area >= min(SMALLEST_SEA_KM2, 0.1 * scene)
    is_sea[0] = False
    sea = ndimage.binary_dilation(is_sea[labels], iterations=2)
    return np.asarray(low & np.repeat(np.repeat(sea, 4, axis=0), 4, axis=1)[: low.shape[0], : low.shape[1]])


def _smooth(elevation: NDArray[np.float32], sigma_px: float, step: int) -> NDArray[np.float32]:
    """Gaussian mean, computed on every `step`-th pixel and interpolated."""
    small = ndimage.gaussian_filter(elevation[::step, ::step], sigma_px / step, mode="nearest")
    rows, cols = (np.arange(n, dtype=np.float32) / step for n in elevation.shape)
    along = ndimage.map_coordinates(
        small, np.meshgrid(rows, np.arange(small.shape[1]), indexing="ij"), order=1, mode="nearest"
    )
    bent: NDArray[np.float32] = ndimage.map_coordinates(
        along, np.meshgrid(np.arange(along.shape[0]), cols, indexing="ij"), order=1, mode="nearest"
    )
    return bent


def _fill(
    elevation: NDArray[np.float32], surface: NDArray[np.float32], where: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fill up to `surface` where told: (elevation, cover)."""
    depth: NDArray[np.float32] = np.where(where, surface - elevation, np.float32(0.0)).astype(np.float32)
    cover = np.clip(depth / np.float32(20.0), 0.0, 1.0)
    settled = surface - np.float32(COMPACTION) * np.clip(depth, 0.0, 700.0)
    return (elevation + cover * (settled - elevation)).astype(np.float32), cover.astype(np.float32)


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
    if rng.random() < 0.35:
        field = coarse_fractal(shape, rng, 1.0, float(rng.uniform(25e3, 60e3)) / pixel_size_m, step)
        distance_m = distance_to_zero(field) * pixel_size_m
        patches = np.clip(2.0 * coarse_fractal(shape, rng, 1.0, 60e3 / pixel_size_m, step) - 1.0, 0.0, 1.0)
        depth, width = float(rng.uniform(20.0, 150.0)), float(rng.uniform(300.0, 700.0))
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
