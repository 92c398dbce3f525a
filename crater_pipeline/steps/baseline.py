"""Another method searches a region, in the network's place."""

import json
import logging
from functools import partial
from pathlib import Path

from crater_pipeline.atomic import write_text
from crater_pipeline.baselines import templates
from crater_pipeline.baselines.learning import read_network
from crater_pipeline.baselines.methods import LEARNERS
from crater_pipeline.baselines.searching import placed, search
from crater_pipeline.baselines.settings import BaselineSettings
from crater_pipeline.code_files import code_hash
from crater_pipeline.contents import file_hash
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.table import write_detections
from crater_pipeline.errors import UserError
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.models.scores import IDENTITY
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile, ParquetFile
from crater_pipeline.tables import read_table
from crater_pipeline.tiles.grid import TilingSettings

log = logging.getLogger(__name__)

THRESHOLD = 0.5
"""Until the region's own is fitted."""


def baseline(
    *,
    image: Path,
    elevation: Path | None = None,
    network: Path | None = None,
    craters: Path | None = None,
    output: ParquetFile,
    output_metadata: JsonFile,
    bounds: tuple[float, float, float, float],
    body: Body,
    tiling: TilingSettings,
    inference: InferenceSettings,
    settings: BaselineSettings,
    shading: ShadingSettings | None = None,
) -> None:
    """Write the detections of a method, as `detect` writes those of the network, and what made them.

    Parameters
    ----------
    image
        Reprojected image or shaded terrain.
    elevation
        Terrain model that `image` was shaded from.
    network
        What a method that learns has learned (safetensors).
    craters
        Parquet table of published craters, for the method `published`.
    output
        Table of detections (Parquet).
    output_metadata
        The method and how it learned (JSON), in the place of the description of weights.
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian.
    inference
        Which sizes each level is responsible for: section `inference` as JSON.
    settings
        The method: section `baseline` as JSON.
    shading
        How `image` was shaded: section `shading` as JSON, used with `elevation`.
    """
    assert settings.method is not None
    where = (Bounds(*bounds), body, tiling, inference)
    made_by = code_hash("crater_pipeline.steps.baseline")
    if settings.method == "published":
        if craters is None:
            raise UserError("baseline.catalogue: missing; name the catalogue whose craters are the detections")
        found, grid = placed(image, read_table(craters, ["lon", "lat", "diameter_km"]), *where)
        made_by = file_hash(craters)
    elif settings.method == "templates":
        azimuth = None if elevation is None else (shading or ShadingSettings()).sun_azimuth_deg
        found, grid = search(image, elevation, partial(templates.find, azimuth_deg=azimuth), *where)
    else:
        if network is None:
            raise UserError(f"network: missing; {settings.method} searches with what it has learned from craters")
        learner = LEARNERS[settings.method]
        found, grid = search(image, elevation, partial(learner.find, read_network(learner, network)), *where)
        made_by = file_hash(network)
    log.info("%s: %d detections", settings.method, len(found))
    write_detections([found], grid, made_by, output)
    described = {
        "backbone": settings.method,
        "hash": made_by,
        "threshold": THRESHOLD,
        "calibration": IDENTITY.model_dump(),
        "training": settings.model_dump(mode="json"),
    }
    write_text(output_metadata, json.dumps(described, indent=2) + "\n")


if __name__ == "__main__":
    run(baseline)
