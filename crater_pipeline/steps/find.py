"""Find the craters of one's own raster, without a configuration."""

import logging
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from cyclopts import Parameter

from crater_pipeline.contents import file_hash
from crater_pipeline.detection.zonal_survey import Survey
from crater_pipeline.export.geopackage import region_layers, write_geopackage
from crater_pipeline.export.provenance import provenance_rows
from crater_pipeline.export.publication import catalogue_layer, is_exported, publish
from crater_pipeline.export.styles import crosses_seam, styles
from crater_pipeline.labels.catalogues import empty_catalogue
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.models.settings import DEFAULT_BACKBONES
from crater_pipeline.rasters.extent import raster_bounds
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.sphere.bodies import MOON, Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoPackageFile

log = logging.getLogger(__name__)


def find(
    raster: Path,
    /,
    *,
    out: GeoPackageFile = Path("craters.gpkg"),
    kind: Literal["image", "dtm"] | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    weights: Path | None = None,
    threshold: float | None = None,
    nodata: float | None = None,
    body: Annotated[Body, Parameter(show_default=False)] = MOON,
    shading: ShadingSettings | None = None,
) -> None:
    """Find the craters of a georeferenced raster with the shipped weights: `find my.tif --out craters.gpkg`.

    A raster of any extent will do: where no map shows all of it without distortion, up to a whole body, it is
    searched zone by zone, and every crater still comes out once.

    Parameters
    ----------
    raster
        Any georeferenced raster of the body that GDAL reads: an image, or a terrain model.
    out
        GeoPackage to write.
    kind
        `image` or `dtm`; by default unsigned integers are an image, other numbers a terrain model.
    bounds
        West, south, east, north in degrees (default: the whole raster).
    weights
        Another `.safetensors` file with its `.json` beside it.
    threshold
        Calibrated score from which a crater is written (default: the weights' own operating threshold).
    nodata
        A value of the raster that means "no data", where the file does not say.
    body
        The body as JSON: name and radius_m.
    shading
        How a terrain model is lit, as JSON (default: a sun in the west, 25 degrees high).
    """
    info = raster_info(raster)
    body.check_crs(info.crs, str(raster))
    kind = kind or ("image" if np.dtype(info.dtype).kind == "u" else "dtm")
    area = Bounds(*bounds) if bounds else raster_bounds(info, body)
    weights = weights or shipped_weights(DEFAULT_BACKBONES[kind])
    survey = Survey(kind, body, weights, metadata_path(weights), nodata, shading or ShadingSettings())
    described = read_metadata(survey.metadata)
    own = described.under(survey.inference.suns_for(described.view) if kind == "dtm" else 1)
    point = OperatingPoint.of_weights(own)
    if threshold is not None:
        point = point.model_copy(update={"threshold": threshold})
    log.info("%s: %s of %.4g m a pixel, %s", raster, kind, info.pixel_size_m, [round(v, 4) for v in area])
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
        craters, searched = survey.of(raster, area, Path(folder))
    published = publish(craters, empty_catalogue(), point, 0.0, body)
    exported = published[is_exported(published, point)].reset_index(drop=True)
    sources = [{"url": raster.name, "sha256": file_hash(raster)}]
    facts = provenance_rows("{}", sources=sources, weights_hash=described.hash, kind=kind, threshold=point.threshold)
    listed = catalogue_layer(empty_catalogue(), exported, searched)
    style = styles(seam=crosses_seam(searched, [exported], body))
    write_geopackage(out, region_layers(exported, searched, listed, body, vertices=72), style, facts, body)
    log.info("%s: %d craters in %.0f km2", out, len(exported), searched["area_km2"].sum())


if __name__ == "__main__":
    run(find)
