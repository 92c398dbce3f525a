"""Step: the searched areas of a region's zones as one."""

import logging
import math
from pathlib import Path

from crater_pipeline.atomic import atomic_path
from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import ParquetFile
from crater_pipeline.tables import read_geotable
from crater_pipeline.tiles.footprint import pooled

log = logging.getLogger(__name__)


def pool(*, footprint: list[Path], output: ParquetFile, body: Body) -> None:
    """Write the searched area of a region that is searched by zones, without the seams.

    Parameters
    ----------
    footprint
        GeoParquet of each zone's searched area; empty where the mosaic shows nothing of a zone.
    output
        Searched area by part of the split (GeoParquet).
    body
        The body as JSON: name and radius_m.
    """
    searched = pooled([read_geotable(path, ["split", "area_km2", "geometry"]) for path in footprint])
    if not len(searched):
        raise UserError(
            f"none of the {len(footprint)} zones holds enough data to be searched; choose other bounds, or correct the "
            "mosaic's nodata value"
        )
    with atomic_path(output) as temporary:
        searched.to_parquet(temporary, index=False)
    area_km2, body_km2 = searched["area_km2"].sum(), 4 * math.pi * body.radius_km**2
    log.info("%.0f km2 are searched, %.4g %% of the body", area_km2, 100 * area_km2 / body_km2)


if __name__ == "__main__":
    run(pool)
