"""Step: one small picture of a region that is searched by zones."""

import logging
from pathlib import Path

from crater_pipeline.rasters.files import raster_info
from crater_pipeline.rasters.several import write_overview
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoTiff

log = logging.getLogger(__name__)


def overview(
    *,
    image: list[Path],
    zone: list[tuple[float, float, float, float]],
    output: GeoTiff,
    bounds: tuple[float, float, float, float],
    body: Body,
) -> None:
    """Put the zones' rasters, reduced, on one map: a plate carrée, for the eye only.

    Parameters
    ----------
    image
        The zones' rasters as they were searched.
    zone
        The zones' west, south, east, north in degrees, in the same order.
    output
        GeoTIFF to write, uint8 with nodata 0.
    bounds
        West, south, east, north of the region.
    body
        The body as JSON: name and radius_m.
    """
    write_overview(image, [Bounds(*each) for each in zone], output, Bounds(*bounds), body)
    made = raster_info(output)
    log.info("%s: %d x %d pixels of %.4g m", output, made.width, made.height, made.pixel_size_m)


if __name__ == "__main__":
    run(overview)
