"""Find the craters of one's own raster, without a configuration."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, Token

from crater_pipeline.contents import file_hash
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.zonal_survey import Survey
from crater_pipeline.errors import NothingThereError, TooLittleError, UserError
from crater_pipeline.export.formats import Product, writer_for
from crater_pipeline.export.provenance import provenance_rows
from crater_pipeline.export.publication import catalogue_layer, exported_craters, publish
from crater_pipeline.labels.catalogues import clip_catalogue, empty_catalogue, read_catalogue
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.measures.depths import TerrainModel, measure_depths
from crater_pipeline.measures.settings import DepthSettings
from crater_pipeline.measures.table import with_depths
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.models.metadata import WeightsMetadata, read_metadata
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.models.settings import DEFAULT_BACKBONES
from crater_pipeline.rasters.appraisal import Told, appraise, usable
from crater_pipeline.rasters.extent import raster_bounds
from crater_pipeline.rasters.reading import Kind
from crater_pipeline.rasters.units import ElevationUnit
from crater_pipeline.sphere.bodies import MOON, Body, known_body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import CraterFile
from crater_pipeline.unfinished import kept_folder

log = logging.getLogger(__name__)


def _body(_: type, tokens: Sequence[Token]) -> Body:
    """A body by its name, or as JSON."""
    text = tokens[0].value.strip()
    return Body.model_validate_json(text) if text.startswith("{") else known_body(text)


def find(
    raster: Path,
    /,
    *,
    out: CraterFile = Path("craters.gpkg"),
    kind: Kind | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    weights: Path | None = None,
    threshold: float | None = None,
    catalogue: Path | None = None,
    band: int | None = None,
    nodata: float | Literal["none"] | None = None,
    elevation_unit: ElevationUnit | float | None = None,
    body: Annotated[Body, Parameter(converter=_body, accepts_keys=False, n_tokens=1, show_default=False)] = MOON,
    shading: ShadingSettings | None = None,
    inference: InferenceSettings | None = None,
    depth: DepthSettings | None = None,
) -> None:
    """Find the craters of a georeferenced raster with the shipped weights: `find my.tif --out craters.gpkg`.

    A raster of any extent will do: where no map shows all of it without distortion, up to a whole body, it is
    searched zone by zone, and every crater still comes out once. A search that is cut off keeps what it has done beside
    the output (`craters.gpkg.parts`), and the same command goes on from there.

    Parameters
    ----------
    raster
        Any georeferenced raster of the body that GDAL reads: an image, or a terrain model.
    out
        File to write, of the format that its ending says: .gpkg (with the searched area, and styles for QGIS), .shp,
        .geojson, .parquet (GeoParquet) or .csv.
    kind
        `image` or `dtm`, a terrain model (default: as the raster's unit, type and values look).
    bounds
        West, south, east, north in degrees (default: the whole raster).
    weights
        Another `.safetensors` file with its `.json` beside it.
    threshold
        Calibrated score from which a crater is written (default: the weights' own operating threshold).
    catalogue
        Text table of known craters with columns lon, lat, diameter_km: craters found are `matched` with it one to one,
        and the GeoPackage shows which it has and which were found (default: none).
    band
        Band to search, counted from 1 (default: the first, or the luminance of a colour image).
    nodata
        A stored value that means "no data", where the file does not say; `none`: do not look for such values.
    elevation_unit
        Unit of a terrain model: m, km, dm, cm, mm, ft, or the metres that it has (default: the file's, else m).
    body
        Name of a planet, moon or asteroid, or JSON: name and radius_m (default: moon).
    shading
        How a terrain model is lit, as JSON (default: a sun in the west, 25 degrees high).
    inference
        How the network is run, as JSON: `--inference.positions 1` searches an image four times faster, and misses more.
    depth
        From which size on a terrain model's craters have depths, as JSON: `--depth.min_diameter_px 10` for a sharp one.
    """
    writer = writer_for(out)
    if threshold is not None and not 0.0 <= threshold <= 1.0:
        raise UserError(f"threshold {threshold:g}: scores lie between 0 and 1; choose one of them, such as 0.5")
    info = usable(raster, body, band)
    asked = Bounds(*bounds) if bounds else None
    area = asked or raster_bounds(info, body)
    kind, reading = appraise(raster, body, Told(kind, band, nodata, elevation_unit), asked)
    taken = weights or shipped_weights(DEFAULT_BACKBONES[kind])
    survey = Survey(
        kind,
        body,
        taken,
        metadata_path(taken),
        reading,
        shading or ShadingSettings(),
        inference=inference or InferenceSettings(),
    )
    described = read_metadata(survey.metadata)
    own = described.under(survey.inference.suns_for(described.view) if kind == "dtm" else 1)
    point = OperatingPoint.of_weights(own)
    if threshold is not None:
        point = point.model_copy(update={"threshold": threshold})
    known = clip_catalogue(read_catalogue(catalogue, "table", body), area, body) if catalogue else empty_catalogue()
    tell_weights(taken, described, kind, told=weights is not None)
    log.info("%s: %.4g m a pixel, %s", raster, info.pixel_size_m, [round(v, 4) for v in area])
    with kept_folder(out.with_name(f"{out.name[:100]}.parts"), survey.name(raster, area)) as folder:
        try:
            craters, searched = survey.of(raster, area, folder)
        except NothingThereError as error:
            if asked or isinstance(error, TooLittleError):
                raise
            raise NothingThereError(
                f"{raster}: holds only nodata; correct the value that it declares as such (gdal_edit.py -a_nodata)"
            ) from error
        published = publish(craters, known, point, 0.0, body)
        exported = exported_craters(published, point)
        depths = None
        if kind == "dtm":
            depths = measure_depths(exported, exported, TerrainModel(raster, reading), body, depth or DepthSettings())
            depths["crater_id"] = exported["crater_id"]
        exported = with_depths(exported, depths)
        sources = [{"url": raster.name, "sha256": file_hash(raster)}]
        facts = provenance_rows(
            "{}", sources=sources, weights_hash=described.hash, kind=kind, threshold=point.threshold
        )
        writer(out, Product(exported, searched, catalogue_layer(known, exported, searched), facts, body))
    log.info(
        "%s: %d craters in %.0f km2, of score %.2f and more",
        out,
        len(exported),
        searched["area_km2"].sum(),
        point.threshold,
    )


def tell_weights(weights: Path, described: WeightsMetadata, kind: Kind, told: bool) -> None:
    """Say which weights are taken, why, and what they were trained for."""
    shipped = f"shipped for {'images' if kind == 'image' else 'terrain models'}"
    log.info(
        "weights: %s, %s; trained for pixels of %g to %g m, and craters of %g to %g pixels on one of the levels",
        described.backbone,
        f"as told from {weights}" if told else shipped,
        *described.pixel_size_range_m,
        *described.diameter_range_px,
    )


if __name__ == "__main__":
    run(find)
