"""Step: detections in tile pixels as circles on the sphere."""

import logging
from pathlib import Path

from crater_pipeline.atomic import atomic_path
from crater_pipeline.detection import georeferencing
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import ParquetFile
from crater_pipeline.tables import read_table

logger = logging.getLogger(__name__)

COLUMNS = ["level", "x_off", "y_off", "x", "y", "width", "height", "score", "core_distance", "touches_edge"]


def georeference(*, detections: Path, image: Path, output: ParquetFile, body: Body) -> None:
    """Take the boxes of all tiles to selenographic circles, one row each.

    Parameters
    ----------
    detections
        Parquet table of boxes in tile pixels.
    image
        The raster that was searched: its transform and reference system place the tiles.
    output
        Parquet table: lon, lat, diameter_km, diameter_px, score, level, core_distance, touches_edge.
    body
        The body as JSON: name and radius_m.
    """
    boxes = read_table(detections, COLUMNS)
    craters = georeferencing.georeference(boxes, raster_info(image).on(body), body)
    with atomic_path(output) as temporary:
        craters.to_parquet(temporary, index=False)
    logger.info("%d detections georeferenced", len(craters))


if __name__ == "__main__":
    run(georeference)
