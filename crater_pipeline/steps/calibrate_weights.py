"""Give pretrained weights their own threshold and calibration."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

from crater_pipeline.atomic import atomic_path, write_text
from crater_pipeline.detection.merging import MergingSettings
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.survey import survey
from crater_pipeline.evaluation.operating_point import SPLIT, pooled_operating_point
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.models.metadata import SeveralSuns, read_metadata
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile, WeightsFile
from crater_pipeline.tables import read_table
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.training.ground import Ground

log = logging.getLogger(__name__)


def calibrate_weights(
    *,
    weights: Path,
    metadata: Path,
    image: list[Path],
    elevation: list[Path] | None = None,
    catalogue: list[Path],
    ground: list[str],
    output_weights: WeightsFile,
    output_metadata: JsonFile,
    max_cut_fraction: float,
    body: Body,
    tiling: TilingSettings,
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
        Photographs and shaded terrain, one a region.
    elevation
        What the shaded terrain was shaded from, one a terrain region in the same order, to fit a second pair for a
        search under `inference.suns` suns.
    catalogue
        Catalogue tables of the regions, in the same order.
    ground
        What each region shows and which of its craters and blocks count, as JSON (`training.ground.Ground`), in the
        same order. The `val` part of each is what the training did not see; a region without one has no say.
    output_weights
        The same weights.
    output_metadata
        Their description with threshold and calibration.
    max_cut_fraction
        Craters with a larger share of their area outside the searched area do not count.
    shading
        How the images were shaded.
    """
    grounds = [Ground.model_validate_json(text) for text in ground]
    models = iter(Terrain(path, shading or ShadingSettings()) for path in elevation or [])
    terrains = [next(models, None) if each.kind == "dtm" else None for each in grounds]
    described = read_metadata(metadata)
    checked = [i for i, each in enumerate(grounds) if each.split.fractions[1] > 0]

    def fitted(regions: Sequence[int], lit: bool, suns: int) -> OperatingPoint:
        settings = inference.model_copy(update={"suns": suns})
        surveys = [
            survey(
                image[i],
                weights,
                metadata,
                grounds[i].area,
                body,
                tiling,
                settings,
                merging,
                grounds[i].split,
                terrains[i] if lit else None,
                part=SPLIT,
            )
            for i in regions
        ]
        known = [read_table(catalogue[i], ["catalogue_id", "lon", "lat", "diameter_km"]) for i in regions]
        limits = [grounds[i].judged_from_km for i in regions]
        return pooled_operating_point(surveys, known, described, limits, max_cut_fraction, body)

    point = fitted(checked, described.view == "terrain", 1)
    suns, several = inference.suns_for(described.view), None
    with_terrain = [i for i in checked if terrains[i] is not None]
    if with_terrain and suns > 1:
        several = SeveralSuns(suns=suns, **dict(fitted(with_terrain, True, suns).scoring))
        log.info("under %d suns: raw threshold %.3f", suns, several.threshold)
    facts = point.model_dump(include={"n_validation_truth", "expected_calibration_error", "min_diameter_km"})
    changed = {**dict(point.scoring), "several_suns": several, "training": {**described.training, "calibration": facts}}
    with atomic_path(output_weights) as temporary:
        shutil.copyfile(weights, temporary)
    write_text(output_metadata, described.model_copy(update=changed).model_dump_json(indent=2) + "\n")
    log.info("raw threshold %.3f, from %d craters", point.raw_threshold, point.n_validation_truth)


if __name__ == "__main__":
    run(calibrate_weights)
