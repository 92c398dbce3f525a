"""Give pretrained weights their own threshold and calibration."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crater_pipeline.atomic import atomic_path, write_text
from crater_pipeline.detection.merging import MergingSettings
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.survey import survey
from crater_pipeline.evaluation.operating_point import pooled_operating_point
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.models.weights import SeveralSuns, read_metadata
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile, WeightsFile
from crater_pipeline.tables import read_table
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.splits import SplitSettings

log = logging.getLogger(__name__)


def ship(
    *,
    weights: Path,
    metadata: Path,
    image: list[Path],
    elevation: list[Path] | None = None,
    catalogue: list[Path],
    bounds: list[str],
    output_weights: WeightsFile,
    output_metadata: JsonFile,
    min_diameter_km: float,
    max_cut_fraction: float,
    body: Body,
    tiling: TilingSettings,
    split: SplitSettings,
    inference: InferenceSettings,
    merging: MergingSettings,
    shading: ShadingSettings | None = None,
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
    elevation
        What it was shaded from, in the same order, to fit a second pair for a search under `inference.suns` suns.
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
    max_cut_fraction
        Craters with a larger share of their area outside the searched area are not judged.
    split
        The split that the pretraining used; its `val` part is what it did not see.
    shading
        How the images were shaded.
    """
    areas = [Bounds(*map(float, text.split(","))) for text in bounds]
    known = [read_table(path, ["catalogue_id", "lon", "lat", "diameter_km"]) for path in catalogue]
    described = read_metadata(metadata)

    def fitted(terrains: Sequence[Terrain | None], suns: int) -> dict[str, Any]:
        lit = inference.model_copy(update={"suns": suns})
        surveys = [
            survey(path, weights, metadata, area, body, tiling, lit, merging, split, terrain)
            for path, area, terrain in zip(image, areas, terrains, strict=True)
        ]
        own = described.model_dump()
        return pooled_operating_point(surveys, known, own, min_diameter_km, max_cut_fraction, body)

    def found(point: dict[str, Any]) -> dict[str, Any]:
        return {"threshold": point["raw_threshold"], **{key: point[key] for key in ("calibration", "uncertainty")}}

    terrains = [Terrain(path, shading or ShadingSettings()) for path in elevation or []]
    point = fitted(terrains if described.view == "terrain" else [None] * len(image), 1)
    suns, several = inference.suns_for(described.view), None
    if terrains and suns > 1:
        several = SeveralSuns(suns=suns, **found(fitted(terrains, suns)))
        log.info("under %d suns: raw threshold %.3f", suns, several.threshold)
    facts = {name: point[name] for name in ("n_validation_truth", "expected_calibration_error", "min_diameter_km")}
    changed = {**found(point), "several_suns": several, "training": {**described.training, "calibration": facts}}
    with atomic_path(output_weights) as temporary:
        shutil.copyfile(weights, temporary)
    write_text(output_metadata, described.model_copy(update=changed).model_dump_json(indent=2) + "\n")
    log.info("raw threshold %.3f, from %d craters", point["raw_threshold"], point["n_validation_truth"])


if __name__ == "__main__":
    run(ship)
