"""Step: precision, recall, F1, average precision and everything else that the report shows."""

import json
import logging
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.atomic import atomic_path, write_text
from crater_pipeline.evaluation.coco_tiles import coco_figures
from crater_pipeline.evaluation.confirmation import Witness
from crater_pipeline.evaluation.depths import depth_figures
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.subsets import SHADOW
from crater_pipeline.evaluation.summary import SPLIT, evaluate_region, plain
from crater_pipeline.labels.coco import read_document
from crater_pipeline.labels.learnable import raster_circles
from crater_pipeline.labels.shadow import shadow_share
from crater_pipeline.measures.table import read_depths, with_depths
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.rasters.several import shown_by
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile, ParquetFile
from crater_pipeline.tables import read_geotable, read_model, read_table

logger = logging.getLogger(__name__)

CRATERS = ["crater_id", "lon", "lat", "diameter_km", "score", "raw_score", "level", "diameter_px", "status", "split"]
DETECTIONS = ["level", "tile_row", "tile_col", "x", "y", "width", "height", "score"]


SHADOW_TESTED = 0.5
"""Shadow is looked at from this share of the judged diameter on: a smaller crater matches none that counts."""


def _shadow(photographs: list[Path], craters: pd.DataFrame, least_km: float, body: Body) -> NDArray[np.float64]:
    """Share of each crater's disc in full shadow, 0 for those below `least_km`; (n,)."""
    share = np.zeros(len(craters))
    infos = [raster_info(photograph) for photograph in photographs]
    tested = np.flatnonzero(craters["diameter_km"].to_numpy(dtype=float) >= least_km)
    best = shown_by(infos, craters["lon"].to_numpy()[tested], craters["lat"].to_numpy()[tested], body)
    for number, info in enumerate(infos):
        there = tested[best == number]
        share[there] = shadow_share(info.path, raster_circles(info, craters.iloc[there], body))
    return share


def read_witness(named: str, table: Path) -> Witness:
    """Another catalogue of the region, from `name=km` and its table."""
    name, _, complete_km = named.partition("=")
    return Witness(name, read_table(table, ["lon", "lat", "diameter_km"]), float(complete_km))


def evaluate(
    *,
    craters: Path,
    operating_point: Path,
    catalogue: Path,
    footprint: Path,
    output: JsonFile,
    output_matches: ParquetFile,
    region: str,
    body: Body,
    settings: EvaluationSettings = EvaluationSettings(),  # noqa: B008 (frozen)
    detections: Path | None = None,
    annotations: Path | None = None,
    photograph: list[Path] | None = None,
    depths: Path | None = None,
    witness: list[str] | None = None,
    witness_table: list[Path] | None = None,
) -> None:
    """Judge the craters of the test part against the catalogue.

    Parameters
    ----------
    craters
        Parquet table of all deduplicated craters with raw and calibrated scores.
    operating_point
        JSON with the threshold.
    catalogue
        Parquet table of catalogue craters; if it is empty there are no figures of agreement.
    footprint
        GeoParquet of the searched area by part.
    output
        JSON with every figure of the report.
    output_matches
        Parquet table: the outcome of every crater of the test part, by criterion.
    region
        Name of the region.
    body
        The body as JSON: name and radius_m.
    settings
        The evaluation's settings as JSON.
    detections
        Parquet table of detections in tile pixels, for COCO's figures per tile.
    annotations
        COCO annotations of the tiles; needed with `detections`.
    photograph
        The rasters that were searched, where they are images: they tell which craters lie in full shadow.
    depths
        Parquet table of the craters' depths, where a terrain model shows them.
    witness
        `name=km` of other catalogues that may confirm detections, and the diameter from which each is complete.
    witness_table
        Their Parquet tables, in the same order.
    """
    truth = read_table(catalogue, ["catalogue_id", "lon", "lat", "diameter_km"])
    point = read_model(operating_point, OperatingPoint)
    areas = read_geotable(footprint, ["split", "area_km2", "geometry"])
    found = read_table(craters, CRATERS)
    if photograph:
        least = SHADOW_TESTED * (settings.min_diameter_km or point.min_diameter_km)
        truth, found = (table.assign(**{SHADOW: _shadow(photograph, table, least, body)}) for table in (truth, found))
    witnesses = [read_witness(*each) for each in zip(witness or [], witness_table or [], strict=True)]
    figures, matches = evaluate_region(found, truth, areas, point, settings, body, witnesses)
    figures["coco_tiles"] = None
    if detections is not None and annotations is not None and len(truth):
        figures["coco_tiles"] = coco_figures(
            read_table(detections, DETECTIONS),
            read_document(annotations),
            figures["min_diameter_km"],
            settings.max_detections,
            SPLIT,
        )
    figures["depths"] = None
    if depths is not None:
        measured = with_depths(read_table(craters, [*CRATERS, "catalogue_id"]), read_depths(depths))
        sure = measured[measured["score"] >= point.threshold]
        figures["depths"] = depth_figures(sure, truth, settings.bins_km)
    with atomic_path(output_matches) as temporary:
        matches.to_parquet(temporary, index=False)
    write_text(output, json.dumps(plain({"region": region, **figures}), indent=1, allow_nan=False) + "\n")
    if figures["criteria"]:
        headline = figures["criteria"][figures["headline"]]
        rates = (headline[name]["value"] for name in ("precision", "recall", "f1", "average_precision"))
        logger.info("%s: P %.3f, R %.3f, F1 %.3f, AP %.3f", region, *rates)


if __name__ == "__main__":
    run(evaluate)
