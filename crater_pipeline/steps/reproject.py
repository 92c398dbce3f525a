"""A region of the mosaic, or one of its zones, on a conformal map of its own."""

import logging
from pathlib import Path
from typing import Literal

from crater_pipeline.code_files import code_hash
from crater_pipeline.contents import run_name
from crater_pipeline.errors import NothingThereError
from crater_pipeline.rasters.appraisal import Told, appraise
from crater_pipeline.rasters.members import check_not_part_of, raster_stamp
from crater_pipeline.rasters.reading import Kind
from crater_pipeline.rasters.reprojection import ReprojectionSettings, reproject_region, write_nothing
from crater_pipeline.rasters.units import ElevationUnit
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoTiff
from crater_pipeline.unfinished import kept_folder

log = logging.getLogger(__name__)

CODE = "crater_pipeline.steps.reproject"
"""This module, whose name is another one when it is run as a command."""


def reproject(
    *,
    mosaic: Path,
    output: GeoTiff,
    kind: Kind,
    bounds: tuple[float, float, float, float],
    zone: tuple[float, float, float, float] | None = None,
    body: Body,
    band: int | None = None,
    nodata: float | Literal["none"] | None = None,
    elevation_unit: ElevationUnit | float | None = None,
    settings: ReprojectionSettings | None = None,
    parts: Path | None = None,
) -> None:
    """Reproject the part of a mosaic around a region so that craters are round in it.

    Parameters
    ----------
    mosaic
        Georeferenced raster that holds the region, anything GDAL reads.
    output
        GeoTIFF to write: uint8 with nodata 0 for an image, float32 metres with nodata NaN for a terrain model.
    kind
        `image` or `dtm`.
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian.
    zone
        The part of the bounds to reproject; it may hold no data, which is an error for a whole region.
    body
        Body as JSON, for instance {"name": "moon", "radius_m": 1737400}.
    band
        Band to take, counted from 1 (default: the first, or the luminance of a colour image).
    nodata
        A stored value that means "no data" besides what the mosaic declares; `none`: do not look for such values.
    elevation_unit
        Unit of a terrain model's values: m, km, dm, cm, mm, ft, or the metres that it has (default: the file's).
    settings
        Section `reprojection` of the configuration as JSON.
    parts
        Folder for the finished strips of a large raster, removed in the end: work that was cut off goes on from it.
    """
    check_not_part_of(output, mosaic)
    _, reading = appraise(mosaic, body, Told(kind, band, nodata, elevation_unit), Bounds(*bounds))
    area, settings = Bounds(*(zone or bounds)), settings or ReprojectionSettings()
    told = [raster_stamp(mosaic), kind, str(area), body.model_dump_json(), repr(reading), settings.model_dump_json()]
    with kept_folder(parts, run_name([], [*told, code_hash(CODE)])) as kept:
        try:
            reproject_region(mosaic, output, area, body, kind, settings, reading, kept)
        except NothingThereError as error:
            if zone is None:
                raise
            log.warning("%s", error)
            write_nothing(output, area, body, kind)


if __name__ == "__main__":
    run(reproject)
