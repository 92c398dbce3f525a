"""One piece of simulated ground: heights, albedo and the exact list of its visible craters."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crater_pipeline.simulation.albedo import add_rays, brighten_slopes, surface_albedo
from crater_pipeline.simulation.fields import fractal
from crater_pipeline.simulation.landforms import (
    flood,
    highlands,
    hills,
    light_plains,
    plains_relief,
    unresolved_roughness_m,
)
from crater_pipeline.simulation.population import MIN_STAMP_PX, Population, primaries, secondaries
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.stamping import Stamper
from crater_pipeline.simulation.visibility import measured_relief_px, rim_survival

MARGIN_PX = 16
"""Rows and columns simulated beyond each border, so that filters have no edge."""


@dataclass(frozen=True)
class SimulatedTerrain:
    """A scene of (h, w) pixels and its catalogue of n craters, largest first.

    Coordinates are continuous, x right, y down, (0, 0) the outer corner of the first pixel.
    """

    elevation_m: NDArray[np.float32]
    albedo: NDArray[np.float32]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    diameter_px: NDArray[np.float64]
    age_gyr: NDArray[np.float64]
    degradation: NDArray[np.float64]
    """0 fresh, 1 worn to nothing."""
    rim_fraction: NDArray[np.float64]
    """Share of the rim that still stands."""
    relief: NDArray[np.float64]
    """Height of the rim above the floor over the diameter, as the scene shows it."""
    pixel_size_m: float

    @property
    def centres(self) -> NDArray[np.float64]:
        """(n, 2): x, y."""
        return np.column_stack([self.x, self.y])

    @property
    def visibility(self) -> NDArray[np.float64]:
        """0 hardly to be seen ... 1 complete and at least a third as deep as fresh."""
        return self.rim_fraction * np.clip(self.relief / 0.06, 0.0, 1.0)

    def __len__(self) -> int:
        return self.x.size


def simulate_terrain(
    shape: tuple[int, int], pixel_size_m: float, seed: int, settings: SimulationSettings
) -> SimulatedTerrain:
    """Simulate a scene of `shape` (rows, columns) with square pixels of `pixel_size_m` metres on the ground.

    The highlands and their craters come first, lava floods the lowlands at `settings.mare_age_gyr`, and
    younger craters follow. Craters below two pixels are only present as roughness. The same arguments
    give the same scene, whatever the number of threads.
    """
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(8)]
    craters = _shifted(primaries(shape, pixel_size_m, streams[0], settings), MARGIN_PX)
    if settings.secondaries > 0:
        craters = Population.concatenated([craters, secondaries(craters, pixel_size_m, streams[1], settings)])

    padded = (shape[0] + 2 * MARGIN_PX, shape[1] + 2 * MARGIN_PX)
    elevation = highlands(padded, pixel_size_m, streams[2], settings)
    texture = fractal(padded, streams[3], 0.9, 40.0, shortest_px=3.0)
    stamper = Stamper(elevation, texture, pixel_size_m, settings.gravity_ratio)
    oldest, older, younger = _in_eras(craters, settings)
    stamper.stamp(oldest, streams[4])
    if settings.plains_fraction > 0:
        elevation[:] = light_plains(elevation, pixel_size_m, settings)
    stamper.stamp(older, streams[4])
    hills(elevation, pixel_size_m, streams[5], settings)
    cover = np.zeros(padded, dtype=np.float32)
    if settings.mare_fraction > 0:
        elevation[:], cover = flood(elevation, pixel_size_m, streams[5], settings)
        elevation += cover * plains_relief(padded, pixel_size_m, streams[5], settings)
    stamper.stamp(younger, streams[4])
    grain = unresolved_roughness_m(pixel_size_m, MIN_STAMP_PX)
    elevation += np.float32(grain) * fractal(padded, streams[6], 0.0, 4.0)
    albedo = surface_albedo(cover, pixel_size_m, streams[7])
    brighten_slopes(albedo, elevation, pixel_size_m)
    add_rays(albedo, craters, settings.production_function, streams[7])
    return _catalogued(elevation, albedo, craters, shape, pixel_size_m, settings)


def instrument(
    elevation_m: NDArray[np.float32], rng: np.random.Generator, settings: SimulationSettings
) -> NDArray[np.float32]:
    """`elevation_m` (h, w) as stereo photogrammetry would give it: blurred, with blotchy noise, rounded."""
    model = elevation_m
    if settings.dtm_blur_px > 0:
        model = ndimage.gaussian_filter(model, settings.dtm_blur_px, mode="nearest")
    if settings.dtm_noise_m > 0:
        noise = ndimage.gaussian_filter(
            rng.standard_normal(model.shape, dtype=np.float32), settings.dtm_noise_px, mode="wrap"
        )
        model = model + noise * np.float32(settings.dtm_noise_m / float(noise.std()))
    if settings.dtm_step_m > 0:
        model = np.round(model / np.float32(settings.dtm_step_m)) * np.float32(settings.dtm_step_m)
    return model


def _in_eras(craters: Population, settings: SimulationSettings) -> tuple[Population, Population, Population]:
    """Craters older than the light plains, between them and the maria, and younger than the maria."""
    plains_age = min(max(settings.plains_age_gyr, settings.mare_age_gyr), settings.highland_age_gyr)
    chronology = settings.production_function.chronology
    plains, maria = (chronology(age) * settings.density for age in (plains_age, settings.mare_age_gyr))
    old, young = craters.clock > plains, craters.clock <= maria
    return craters.take(old), craters.take(~old & ~young), craters.take(young)


def _shifted(craters: Population, margin: int) -> Population:
    return replace(craters, x=craters.x + margin, y=craters.y + margin)


def _catalogued(
    elevation: NDArray[np.float32],
    albedo: NDArray[np.float32],
    craters: Population,
    shape: tuple[int, int],
    pixel_size_m: float,
    settings: SimulationSettings,
) -> SimulatedTerrain:
    """Cut the margin off and keep the craters that meet the scene and can be seen."""
    height, width = shape
    nearest_x = np.clip(craters.x, MARGIN_PX, MARGIN_PX + width)
    nearest_y = np.clip(craters.y, MARGIN_PX, MARGIN_PX + height)
    meets = np.hypot(craters.x - nearest_x, craters.y - nearest_y) < craters.radius_px
    listed = craters.take(meets & (2 * craters.radius_px >= settings.catalogue_min_px))
    survival = rim_survival(listed, craters.take(craters.radius_px > 0.2 * settings.catalogue_min_px))
    relief_px, standing = measured_relief_px(elevation, listed, pixel_size_m)
    relief = relief_px / (2 * listed.radius_px)
    # Craters mostly outside the scene cannot be measured in it: trust their state instead.
    relief = np.where(np.isnan(relief), 0.2 * listed.depth_factor * np.clip(1 - listed.state, 0, 1), relief)
    rim = np.minimum(survival, np.where(np.isnan(standing), 1.0, standing))
    # Large craters show at smaller slopes: their walls are many pixels wide.
    needed = settings.min_relief * np.minimum(1.0, 5.0 / (2 * listed.radius_px * pixel_size_m / 1000.0)) ** 0.6
    keep = (relief >= needed) & (rim >= settings.min_rim_fraction) & (listed.state < 1.0)
    order = np.flatnonzero(keep)
    order = order[np.argsort(-listed.radius_px[order], kind="stable")]
    final = listed.take(order)
    inner = (slice(MARGIN_PX, MARGIN_PX + height), slice(MARGIN_PX, MARGIN_PX + width))
    return SimulatedTerrain(
        elevation_m=np.ascontiguousarray(elevation[inner]),
        albedo=np.ascontiguousarray(albedo[inner]),
        x=final.x - MARGIN_PX,
        y=final.y - MARGIN_PX,
        diameter_px=2 * final.radius_px,
        age_gyr=settings.production_function.age_of(final.clock / settings.density),
        degradation=np.clip(final.state, 0.0, 1.0),
        rim_fraction=rim[order],
        relief=relief[order],
        pixel_size_m=pixel_size_m,
    )
