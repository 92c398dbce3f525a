"""The craters of one scene: where, how large, when, how worn."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.shapes import REACH

MIN_STAMP_PX = 2.0
"""Smaller craters are not drawn one by one; they are part of the roughness (`terrain.aggregate_roughness_m`)."""
MAX_STATE = 1.4
"""Craters worn beyond this leave no trace worth stamping."""


@dataclass(frozen=True)
class Population:
    """`n` craters; x, y and radius in pixels (corner convention), `clock` in 1 km craters per km^2 since formation.

    `state` of wear: 0 fresh, 1 vanished; `fill`: share of the depth that ejecta and lava of others have filled flat.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    radius_px: NDArray[np.float64]
    clock: NDArray[np.float64]
    state: NDArray[np.float64]
    depth_factor: NDArray[np.float64]
    fill: NDArray[np.float64]

    def __len__(self) -> int:
        return self.x.size

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> "Population":
        return Population(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    @staticmethod
    def concatenated(parts: "list[Population]") -> "Population":
        names = Population.__dataclass_fields__
        return Population(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


LARGE_KM = 4.0
"""Craters above this size outlast what small ones wear away: they end by filling and by overlap."""


def visible_time(diameter_km: ArrayLike, settings: SimulationSettings) -> NDArray[np.float64]:
    """Time until a crater has vanished, on the chronology's clock; longer for large ones (see `LARGE_KM`)."""
    d = np.asarray(diameter_km, dtype=float)
    until_worn = settings.production_function.lifetime(d)
    return np.asarray(until_worn * np.maximum(d / LARGE_KM, 1.0) ** 0.7 / max(settings.degradation, 1e-9))


def _fill(
    diameter_km: NDArray[np.float64], state: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Worn craters above a few km have flat floors of what fell or flowed in, nearly to the rim for some."""
    size = np.clip(np.log(diameter_km / 2.0) / np.log(3.0), 0.0, 1.0)
    return np.asarray(size * np.clip(3.0 * state, 0.0, 1.0) * 0.92 * np.sqrt(rng.random(diameter_km.size)))


def expected_density(low_km: float, high_km: float, settings: SimulationSettings) -> tuple[float, float]:
    """(primary craters per km^2 between the diameters, the clock's span they formed in).

    Production over the surface's age, but no older than craters of that size last.
    """
    production = settings.production_function
    span = float(production.chronology(settings.highland_age_gyr)) * settings.density
    span = min(span, MAX_STATE * float(visible_time(np.sqrt(low_km * high_km), settings)))
    return float(production.shape(low_km) - production.shape(high_km)) * span, span


def primaries(
    shape: tuple[int, int], pixel_size_m: float, rng: np.random.Generator, settings: SimulationSettings
) -> Population:
    """Primary craters of a scene of `shape` (rows, columns), with those centred outside that reach into it."""
    height, width = shape
    pixel_km = pixel_size_m / 1000.0
    low = MIN_STAMP_PX * pixel_km
    largest = min(settings.max_diameter_km, settings.production_function.max_km)
    high = max(min(largest, max(shape) * pixel_km), 1.5 * low)
    edges = np.geomspace(low, high, max(2, round(16 * np.log10(high / low)) + 1))
    parts = []
    for a, b in pairwise(edges):
        margin = REACH * b / 2 / pixel_km if b > 8 * pixel_km else b / pixel_km
        density, span = expected_density(float(a), float(b), settings)
        area_km2 = (height + 2 * margin) * (width + 2 * margin) * pixel_km**2
        n = int(rng.poisson(density * area_km2))
        diameter = settings.production_function.draw(rng, n, float(a), float(b))
        clock = rng.uniform(0.0, span, n)
        state = clock / visible_time(diameter, settings) * rng.lognormal(0.0, 0.3, n)
        parts.append(
            Population(
                x=rng.uniform(-margin, width + margin, n),
                y=rng.uniform(-margin, height + margin, n),
                radius_px=diameter / 2 / pixel_km,
                clock=clock,
                state=state,
                depth_factor=np.clip(rng.lognormal(0.0, 0.12, n), 0.6, 1.25),
                fill=_fill(diameter, state, rng),
            )
        )
    return Population.concatenated(parts)


def secondaries(
    parents: Population, pixel_size_m: float, rng: np.random.Generator, settings: SimulationSettings
) -> Population:
    """Chains and clusters around the larger parents, shallower than primaries, formed with their parent.

    Sizes up to about 4 % of the parent, steeper than the primaries (cumulative slope near -4), between 1.5 and
    6 parent radii (McEwen & Bierhaus 2006, Annu. Rev. Earth Planet. Sci. 34).
    """
    pixel_km = pixel_size_m / 1000.0
    big = parents.take((2 * parents.radius_px * 0.04 > 1.5 * MIN_STAMP_PX) & (parents.radius_px * 2 * pixel_km > 4.0))
    parts = [big.take(np.zeros(0, dtype=np.intp))]
    for i in range(len(big)):
        radius = big.radius_px[i]
        largest = min(0.04 * radius, 2.0 / pixel_km)
        for _ in range(int(rng.poisson(14 * settings.secondaries))):
            n = int(rng.integers(3, 14))
            azimuth, distance = rng.uniform(0, 2 * np.pi), radius * rng.uniform(1.6, 6.0)
            spread = rng.choice([0.03, 0.25])
            along = np.linspace(0, n, n) * largest * rng.uniform(1.0, 2.0) + rng.normal(0, largest, n)
            across = rng.normal(0, spread * n * largest + 0.3 * largest, n)
            skew = azimuth + rng.normal(0, 0.25)
            size = largest * rng.uniform(0.4, 1.0) * (rng.random(n) * 0.9 + 0.1) ** 0.33
            size = np.maximum(size, MIN_STAMP_PX / 2)
            clock = np.full(n, big.clock[i]) * (1 - 1e-6 * rng.random(n))
            parts.append(
                Population(
                    x=big.x[i] + distance * np.cos(azimuth) + along * np.cos(skew) - across * np.sin(skew),
                    y=big.y[i] + distance * np.sin(azimuth) + along * np.sin(skew) + across * np.cos(skew),
                    radius_px=size,
                    clock=clock,
                    state=clock / visible_time(2 * size * pixel_km, settings),
                    depth_factor=np.full(n, 0.55) * rng.uniform(0.8, 1.2, n),
                    fill=np.zeros(n),
                )
            )
    found = Population.concatenated(parts)
    return found.take(found.state < MAX_STATE)
