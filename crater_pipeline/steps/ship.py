"""Give pretrained weights their own threshold and calibration."""

import logging
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd

from crater_pipeline.atomic import atomic_path, write_text
from crater_pipeline.bodies import Body
from crater_pipeline.bounds import Bounds
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.evaluation.operating_point import operating_point
from crater_pipeline.merging import MergingSettings
from crater_pipeline.models.weights import read_metadata
from crater_pipeline.splits import SplitSettings
from crater_pipeline.steps._command import run
from crater_pipeline.survey import survey
from crater_pipeline.tables import read_table
from crater_pipeline.tiles import TilingSettings

log = logging.getLogger(__name__)


def ship(
    *,
    weights: Path,
    metadata: Path,
    image: list[Path],
    catalogue: list[Path],
    bounds: list[str],
    output_weights: Path,
    output_metadata: Path,
    min_diameter_km: float,
    body: Body,
    tiling: TilingSettings,
    split: SplitSettings,
    inference: InferenceSettings,
    merging: MergingSettings,
) -> None:
    """Fit threshold and calibration of pretrained weights on the blocks that their training never saw.

    Parameters
    ----------
    weights
        Pretrained weights (safetensors).
    metadata
        Their description (JSON).
    image
        Shaded terrain of the pretraining regions.
    catalogue
        Catalogue tables of the same regions, in the same order.
    bounds
        `west,south,east,north` of the regions, in the same order.
    output_weights
        The same weights.
    output_metadata
        Their description with threshold and calibration.
    min_diameter_km
        Diameter from which craters are judged.
    split
        The split that the pretraining used; its `val` part is what it did not see.
    """
    areas = [Bounds(*map(float, text.split(","))) for text in bounds]
    surveys = [
        survey(path, weights, metadata, area, body, tiling, inference, merging, split)
        for path, area in zip(image, areas, strict=True)
    ]
    known = [read_table(path, ["catalogue_id", "lon", "lat", "diameter_km"]) for path in catalogue]
    described = read_metadata(metadata)
    point = operating_point(
        pd.concat([craters for craters, _ in surveys], ignore_index=True),
        pd.concat(known, ignore_index=True),
        gpd.GeoDataFrame(pd.concat([area for _, area in surveys], ignore_index=True), crs=body.geographic_crs),
        described.model_dump(),
        True,
        min_diameter_km,
        body,
    )
    fitted = {name: point[name] for name in ("n_validation_truth", "expected_calibration_error", "min_diameter_km")}
    changed = {
        "threshold": point["raw_threshold"],
        "calibration": point["calibration"],
        "uncertainty": point["uncertainty"],
        "training": {**described.training, "calibration": fitted},
    }
    with atomic_path(output_weights) as temporary:
        shutil.copyfile(weights, temporary)
    write_text(output_metadata, described.model_copy(update=changed).model_dump_json(indent=2) + "\n")
    log.info("raw threshold %.3f, from %d craters", point["raw_threshold"], point["n_validation_truth"])


if __name__ == "__main__":
    run(ship)
