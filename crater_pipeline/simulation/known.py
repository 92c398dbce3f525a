"""Craters of one size on rough and sloping ground, whose depth and rim height are known: to try measurements on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.simulation.fields import fractal
from crater_pipeline.simulation.population import Population
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.shapes import REACH, SAMPLES, filled, profiles
from crater_pipeline.simulation.stamping import Stamper
from crater_pipeline.simulation.terrain import instrument

FloatArray = NDArray[np.float64]

APART = 2 * REACH
"""Distance of neighbours in radii: no crater touches another's ejecta."""

MOST_WORN = 0.5
"""Of these craters, in the simulation's scale of wear (0 fresh, 1 vanished)."""


@dataclass(frozen=True)
class KnownCraters:
    """A terrain model of (h, w) pixels and its n craters; coordinates as in `SimulatedTerrain`.

    `depth_m` is that of the crater's profile from its crest to its lowest point, `rim_height_m` that of the crest over
    the ground before the impact.
    """

    elevation_m: NDArray[np.float32]
    x: FloatArray
    y: FloatArray
    diameter_px: FloatArray
    depth_m: FloatArray
    rim_height_m: FloatArray


def known_craters(
    diameter_px: float,
    pixel_size_m: float,
    per_side: int,
    seed: int,
    settings: SimulationSettings,
    rough_m: float = 0.0,
    slope: tuple[float, float] = (0.0, 0.0),
) -> KnownCraters:
    """`per_side`^2 craters between fresh and half worn, every second one partly filled, as a terrain model shows them.

    The ground is fractal with a standard deviation of `rough_m` over some diameters and rises by `slope` (east,
    south; tangents); gravity, blur, noise and steps are those of `settings`.
    """
    rng = np.random.default_rng(seed)
    count, step = per_side**2, APART * diameter_px / 2
    side = int(np.ceil(per_side * step))
    rows, columns = np.indices((side, side), dtype=np.float32)
    elevation = np.float32(pixel_size_m) * (np.float32(slope[0]) * columns + np.float32(slope[1]) * rows)
    if rough_m:
        elevation += np.float32(rough_m) * fractal((side, side), rng, 0.9, 4 * diameter_px)
    middles = (np.arange(per_side) + 0.5) * step
    x, y = (each.ravel() + rng.uniform(-0.5, 0.5, count) for each in np.meshgrid(middles, middles))
    state = rng.uniform(0.0, MOST_WORN, count)
    fill = np.where(np.arange(count) % 2, rng.uniform(0.0, 0.5, count), 0.0)
    factor = np.clip(rng.lognormal(0.0, 0.12, count), 0.6, 1.25)
    craters = Population(x, y, np.full(count, diameter_px / 2), np.arange(1.0, count + 1), state, factor, fill)
    texture = fractal((side, side), rng, 0.9, 40.0, shortest_px=3.0)
    Stamper(elevation, texture, pixel_size_m, settings.gravity_ratio).stamp(craters, rng)
    fresh_to_worn = profiles(craters.radius_px * 2 * pixel_size_m / 1000.0, state, settings.gravity_ratio)
    shapes = filled(fresh_to_worn, fill)
    heights = shapes * (craters.radius_px * pixel_size_m * factor)[:, None]
    crest = heights.max(axis=1)
    lowest = heights[:, np.linspace(0.0, REACH, SAMPLES) < 1.0].min(axis=1)
    model = instrument(elevation, rng, settings)
    return KnownCraters(model, x, y, 2 * craters.radius_px, (crest - lowest).astype(float), crest.astype(float))
