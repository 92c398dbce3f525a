"""A region of the mosaic on a conformal map of its own."""

from pathlib import Path

from crater_pipeline.rasters.members import check_not_part_of
from crater_pipeline.rasters.reprojection import Kind, ReprojectionSettings, reproject_region
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoTiff


def reproject(
    *,
    mosaic: Path,
    output: GeoTiff,
    kind: Kind,
    bounds: tuple[float, float, float, float],
    body: Body,
    nodata: float | None = None,
    settings: ReprojectionSettings | None = None,
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
    body
        Body as JSON, for instance {"name": "moon", "radius_m": 1737400}.
    nodata
        A value that means "no data" besides what the mosaic declares.
    settings
        Section `reprojection` of the configuration as JSON.
    """
    check_not_part_of(output, mosaic)
    reproject_region(mosaic, output, Bounds(*bounds), body, kind, settings or ReprojectionSettings(), nodata)


if __name__ == "__main__":
    run(reproject)
