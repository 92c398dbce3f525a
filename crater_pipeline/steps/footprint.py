"""Write down which area of a region is searched."""

import logging
from pathlib import Path

from crater_pipeline.atomic import atomic_path
from crater_pipeline.errors import NothingThereError
from crater_pipeline.rasters.files import raster_info, valid_mask
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import ParquetFile
from crater_pipeline.tiles import footprint as polygons
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.parts import Parts
from crater_pipeline.tiles.searched import CELL_PX
from crater_pipeline.tiles.splits import SplitSettings

log = logging.getLogger(__name__)


def footprint(
    *,
    image: Path,
    output: ParquetFile,
    bounds: tuple[float, float, float, float],
    body: Body,
    tiling: TilingSettings,
    split: SplitSettings | None = None,
    zone: bool = False,
) -> None:
    """Write the searched area of a region, one row a part of the split.

    Parameters
    ----------
    image
        Reprojected image or shaded terrain.
    output
        Searched area by part of the split (GeoParquet).
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian.
    split
        How the region is divided; without it all of it is the test part, as where nothing is trained.
    zone
        The raster shows one zone of a region, in which there may be nothing to search.
    """
    area = Bounds(*bounds)
    try:
        parts = Parts.of_raster(image, area, body, tiling, split)
    except NothingThereError as error:
        if not zone:
            raise
        log.warning("%s", error)
        parts = Parts(raster_info(image), valid_mask(image, CELL_PX), area, body, tiling, split)
    searched = polygons.footprint(raster_info(image), parts.searched, parts.split, area, body)
    with atomic_path(output) as temporary:
        searched.to_parquet(temporary, index=False)
    log.info("%.0f km2 are searched", searched["area_km2"].sum())


if __name__ == "__main__":
    run(footprint)
