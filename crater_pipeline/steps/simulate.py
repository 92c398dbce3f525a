"""Step: a simulated region, with every crater known."""

import logging

from crater_pipeline.atomic import atomic_path
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.simulation.catalogue import catalogue, robbins_table
from crater_pipeline.simulation.moon import simulate_region
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.targets import TARGETS
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoTiff, SimulatedCsv

logger = logging.getLogger(__name__)


def simulate(
    *,
    output_image: GeoTiff,
    output_dtm: GeoTiff,
    output_catalogue: SimulatedCsv,
    seed: int,
    pixel_size_m: float,
    bounds: tuple[float, float, float, float],
    body: Body,
    settings: SimulationSettings | None = None,
) -> None:
    """Simulate a region: an image, a terrain model and the exact catalogue of its craters.

    Parameters
    ----------
    output_image
        GeoTIFF, uint8, nodata 0, on the SimpleCylindrical grid of the body's global mosaic.
    output_dtm
        GeoTIFF, float32 metres, nodata NaN, on the same grid.
    output_catalogue
        CSV in the 21 columns of Robbins's (2019) database.
    seed
        The same seed gives the same ground.
    pixel_size_m
        Side of a pixel in metres, north-south.
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian. A margin is simulated around it.
    body
        The body as JSON: name and radius_m. The Moon, Mars and Mercury have craters of their own, by number, size and
        depth.
    settings
        Craters, terrain and imaging as JSON.
    """
    settings = settings or SimulationSettings()
    if body.name not in TARGETS and not (settings.production and settings.gravity_m_s2):
        logger.warning(
            "no craters of body '%s' are known here: those of the Moon are taken where simulation.production and "
            "simulation.gravity_m_s2 say nothing",
            body.name,
        )
    region = simulate_region(Bounds(*bounds), pixel_size_m, seed, body, settings)
    place = (region.mosaic.width, region.mosaic.height, region.mosaic.crs, region.mosaic.transform)
    craters = catalogue(region.terrain, region.scene, body)
    with (
        create_raster(output_image, *place, "uint8", 0) as image,
        create_raster(output_dtm, *place, "float32", float("nan")) as dtm,
    ):
        for window, grey, elevation_m in region.strips():
            image.write(grey, 1, window=window)
            dtm.write(elevation_m, 1, window=window)
    with atomic_path(output_catalogue) as temporary:
        temporary.write_text(robbins_table(craters), encoding="utf-8", newline="")
    logger.info("%d craters on %d x %d pixels", len(craters), region.mosaic.width, region.mosaic.height)


if __name__ == "__main__":
    run(simulate)
