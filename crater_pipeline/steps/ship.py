"""Give pretrained weights their own threshold and calibration."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd

from crater_pipeline.atomic import atomic_path, write_text
from crater_pipeline.bodies import Body
from crater_pipeline.bounds import Bounds
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.evaluation.operating_point import pooled_operating_point
from crater_pipeline.merging import MergingSettings
from crater_pipeline.models.weights import SeveralSuns, read_metadata
from crater_pipeline.shading import ShadingSettings
from crater_pipeline.splits import SplitSettings
from crater_pipeline.steps._command import run
from crater_pipeline.survey import survey
from crater_pipeline.tables import read_table
from crater_pipeline.tiles import TilingSettings

log = logging.getLogger(__name__)


class Ground(NamedTuple):
    """A raster to search, and the craters known there."""

    image: Path
    bounds: str
    catalogue: Path
    terrain: Terrain | None = None
    whole: bool = False
    """Whether all of it is there to fit to; else the `val` part."""


def ship(
    *,
    weights: Path,
    metadata: Path,
    image: list[Path],
    elevation: list[Path] | None = None,
    whole_image: list[Path] | None = None,
    whole_catalogue: list[Path] | None = None,
    whole_bounds: list[str] | None = None,
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
    whole_image, whole_catalogue, whole_bounds
        The same of regions of images that training never saw: all of their craters count too in what a network for
        images is given for one sun. Terrain models as shaded are blurred; the weights are to hold for photographs too.
    output_weights
        The same weights.
    output_metadata
        Their description with threshold and calibration.
    min_diameter_km
        Diameter from which craters are judged.
    split
        The split that the pretraining used; its `val` part is what it did not see.
    shading
        How the images were shaded.
    """
    described = read_metadata(metadata)

    def surveyed(ground: Ground, suns: int) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
        lit = inference.model_copy(update={"suns": suns})
        where = Bounds(*map(float, ground.bounds.split(",")))
        part = None if ground.whole else split
        found, area = survey(ground.image, weights, metadata, where, body, tiling, lit, merging, part, ground.terrain)
        return found, area.assign(split="val") if ground.whole else area

    def fitted(grounds: Sequence[Ground], suns: int) -> dict[str, Any]:
        surveys = [surveyed(ground, suns) for ground in grounds]
        known = [read_table(g.catalogue, ["catalogue_id", "lon", "lat", "diameter_km"]) for g in grounds]
        return pooled_operating_point(surveys, known, described.model_dump(), min_diameter_km, body)

    def found(point: dict[str, Any]) -> dict[str, Any]:
        return {"threshold": point["raw_threshold"], **{key: point[key] for key in ("calibration", "uncertainty")}}

    pictures = list(map(Ground, image, bounds, catalogue))
    lit = [Terrain(path, shading or ShadingSettings()) for path in elevation or []]
    terrains = [ground._replace(terrain=terrain) for ground, terrain in zip(pictures, lit, strict=bool(lit))]
    wholes = [
        Ground(*of, whole=True) for of in zip(whole_image or [], whole_bounds or [], whole_catalogue or [], strict=True)
    ]
    point = fitted(terrains if described.view == "terrain" else [*pictures, *wholes], 1)
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
