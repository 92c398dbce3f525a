"""Search a raster for craters."""

import logging
from pathlib import Path

from crater_pipeline.code_files import code_hash
from crater_pipeline.contents import file_hash, run_name
from crater_pipeline.detection.inference import search_in_parts
from crater_pipeline.detection.parts import FoundParts
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.suitability import warn_unsuitable
from crater_pipeline.detection.table import write_detections
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.weights import load_network
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import ParquetFile
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.searched import cells_inside
from crater_pipeline.unfinished import kept_folder

log = logging.getLogger(__name__)

CODE = "crater_pipeline.steps.detect"
"""This module, whose name is another one when it is run as a command."""


def detect(
    *,
    image: Path,
    elevation: Path | None = None,
    weights: Path,
    metadata: Path,
    output: ParquetFile,
    bounds: tuple[float, float, float, float],
    zone: tuple[float, float, float, float] | None = None,
    body: Body,
    tiling: TilingSettings,
    settings: InferenceSettings,
    shading: ShadingSettings | None = None,
    parts: Path | None = None,
) -> None:
    """Write the detections of all tiles and levels, in tile space.

    Parameters
    ----------
    image
        Reprojected image or shaded terrain.
    elevation
        Terrain model that `image` was shaded from, to light every tile from `settings.suns` sides.
    weights
        The network's weights (safetensors).
    metadata
        Their description (JSON).
    output
        Table of detections (Parquet), with the tile grid in its metadata.
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian. Tiles that show nothing of it are
        not searched, and its border counts as an edge.
    zone
        The part of the bounds that the raster was made for: tiles that show nothing of it are not searched.
    shading
        How `image` was shaded: section `shading` as JSON, used with `elevation`.
    parts
        Folder for what has been found so far: a search that was cut off goes on from it. It is removed in the end.
    """
    described = read_metadata(metadata)
    terrain = None if elevation is None else Terrain(elevation, shading or ShadingSettings())
    warn_unsuitable(image, described, terrain)
    network = load_network(weights, described)
    told = [m.model_dump_json() for m in (body, tiling, settings, *([shading] if shading else []))]
    name = run_name([image, elevation, weights, metadata], [*told, str(bounds), str(zone), code_hash(CODE)])
    shown = cells_inside(raster_info(image), Bounds(*(zone or bounds)), body)
    with kept_folder(parts, name) as folder:
        found = FoundParts(folder)
        grid = search_in_parts(
            image, network, described.size_encoding, Bounds(*bounds), body, tiling, settings, found, terrain, shown
        )
        count = write_detections(found.tables(), grid, file_hash(weights), output)
    log.info("%d detections", count)


if __name__ == "__main__":
    run(detect)
