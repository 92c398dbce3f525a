"""Step: depths of the craters found, on a terrain model."""

import logging
from pathlib import Path
from typing import Literal

import pandas as pd

from crater_pipeline.atomic import atomic_path
from crater_pipeline.export.publication import is_exported
from crater_pipeline.measures.depths import TerrainModel, measure_depths
from crater_pipeline.measures.settings import DepthSettings
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.rasters.appraisal import Told, appraise
from crater_pipeline.rasters.units import ElevationUnit
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import ParquetFile
from crater_pipeline.tables import read_model, read_table

logger = logging.getLogger(__name__)

COLUMNS = ["crater_id", "lon", "lat", "diameter_km", "score", "diameter_sigma_km"]


def measure_depth(
    *,
    craters: Path,
    operating_point: Path,
    terrain: Path,
    output: ParquetFile,
    bounds: tuple[float, float, float, float],
    body: Body,
    band: int | None = None,
    nodata: float | Literal["none"] | None = None,
    elevation_unit: ElevationUnit | float | None = None,
    settings: DepthSettings = DepthSettings(),  # noqa: B008 (frozen)
) -> None:
    """Measure depth and rim height of every crater that the terrain model shows well enough.

    Parameters
    ----------
    craters
        Parquet table of every crater, `craters_all.parquet`.
    operating_point
        JSON with the threshold: only craters at or above it count as disturbing their neighbours.
    terrain
        Georeferenced terrain model of the region, in any projection.
    output
        Parquet table: crater_id, depth_m, rim_height_m, depth_to_diameter and their standard deviations, one row for
        every crater; empty where it cannot be told.
    bounds
        West, south, east, north in degrees: where the terrain model is looked at for its unit and its nodata.
    body
        The body as JSON: name and radius_m.
    band
        Band of the terrain model, counted from 1 (default: the first).
    nodata
        A stored value that means "no data" besides what the raster declares; `none`: do not look for such values.
    elevation_unit
        Unit of its values: m, km, dm, cm, mm, ft, or the metres that it has (default: the file's, else m).
    settings
        Section `depth` of the configuration as JSON.
    """
    published, point = read_table(craters, COLUMNS), read_model(operating_point, OperatingPoint)
    _, reading = appraise(terrain, body, Told("dtm", band, nodata, elevation_unit), Bounds(*bounds))
    sure = published[is_exported(published, point)]
    depths = measure_depths(published, sure, TerrainModel(terrain, reading), body, settings)
    table = pd.concat([published[["crater_id"]].reset_index(drop=True), depths], axis=1)
    with atomic_path(output) as temporary:
        table.to_parquet(temporary, index=False)
    known = depths["depth_m"].notna().to_numpy()
    logger.info(
        "%s: depths of %d of %d craters at or above the threshold, %d of %d in all",
        output,
        (known & is_exported(published, point)).sum(),
        len(sure),
        known.sum(),
        len(published),
    )


if __name__ == "__main__":
    run(measure_depth)
