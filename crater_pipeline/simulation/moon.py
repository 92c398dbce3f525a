"""A simulated region of a body: drawn in a conformal map, delivered on the grid of a global mosaic."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.errors import UserError
from crater_pipeline.light.shaded_raster import GroundGeometry
from crater_pipeline.rasters.grid import Grid, shifted
from crater_pipeline.rasters.resampling import resample
from crater_pipeline.rasters.source_pixels import SourcePixels, source_coordinates
from crater_pipeline.simulation.grids import mosaic_grid, scene_grid
from crater_pipeline.simulation.imaging import render
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.terrain import SimulatedTerrain, instrument, simulate_terrain
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection

STRIP_ROWS = 512
"""Rows of the mosaic resampled at a time."""


@dataclass(frozen=True)
class SimulatedRegion:
    """A simulated region: `image` (uint8) and `elevation_m` of the scene on `scene`, to be delivered on `mosaic`."""

    terrain: SimulatedTerrain
    image: NDArray[np.uint8]
    elevation_m: NDArray[np.float32]
    scene: Grid
    mosaic: Grid

    def strips(self) -> Iterator[tuple[Window, NDArray[np.uint8], NDArray[np.float32]]]:
        """(window, image, elevation) of the mosaic from north to south; grey 0 and NaN where there is no scene."""
        mapping = SourcePixels(self.scene, self.mosaic.crs)
        for start in range(0, self.mosaic.height, STRIP_ROWS):
            rows = slice(start, min(start + STRIP_ROWS, self.mosaic.height))
            place = shifted(self.mosaic.transform, 0, start)
            x, y = source_coordinates(mapping, place, self.mosaic.width, rows.stop - start)
            top = max(0, int(y.min()) - 4)
            part = slice(top, max(top + 1, int(y.max()) + 5))
            grey = resample(self.image[part].astype(np.float32), x, y - top)
            image = np.where(np.isnan(grey), 0.0, np.clip(grey + 0.5, 1.0, 255.0)).astype(np.uint8)
            window = Window(0, start, self.mosaic.width, rows.stop - start)
            yield window, image, resample(self.elevation_m[part], x, y - top)


def simulate_region(
    bounds: Bounds, pixel_size_m: float, seed: int, body: Body, settings: SimulationSettings
) -> SimulatedRegion:
    """Simulate `bounds` and `settings.margin_px` of context, lit from a sun whose azimuth counts from true north.

    Craters are those of the body, where it is known (`targets.TARGETS`) and `settings` say nothing else.

    Raises
    ------
    UserError
        The region is too small, too large, or has no conformal map of even scale.
    """
    check_region(bounds, pixel_size_m, settings, body)
    settings = settings.on(body.name)
    wide = expanded(bounds, pixel_size_m, body, settings.margin_px)
    scene = scene_grid(wide, pixel_size_m, choose_projection(bounds, body), body)
    terrain = simulate_terrain(scene.shape, pixel_size_m, seed, settings)
    ground = GroundGeometry(scene, body).fields(Window(0, 0, scene.width, scene.height))
    image = render(terrain.elevation_m, terrain.albedo, ground.pixel_m, ground.convergence_deg, seed, settings)
    model = instrument(terrain.elevation_m, np.random.default_rng([seed, 0xD7]), settings)
    return SimulatedRegion(terrain, image, model, scene, mosaic_grid(wide, pixel_size_m, body))


def expanded(bounds: Bounds, pixel_size_m: float, body: Body, margin_px: int) -> Bounds:
    """`bounds` with `margin_px` pixels of context on every side."""
    degrees = math.degrees(margin_px * pixel_size_m / body.radius_m)
    steepest = min(max(abs(bounds.south), abs(bounds.north)), 85.0)
    return bounds.expanded(degrees, degrees / math.cos(math.radians(steepest)))


def check_region(bounds: Bounds, pixel_size_m: float, settings: SimulationSettings, body: Body) -> None:
    """Raise `UserError` where the region is too small for a single crater of the catalogue."""
    height_px = math.radians(bounds.height) * body.radius_m / pixel_size_m
    if height_px < 4 * settings.catalogue_min_px:
        raise UserError(
            f"bounds {list(bounds)}: only {height_px:.0f} pixels of {pixel_size_m:g} m from south to north; choose a "
            "larger area or a smaller pixel_size_m"
        )
