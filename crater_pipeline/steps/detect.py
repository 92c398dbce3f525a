"""Search a raster for craters."""

import logging
from pathlib import Path

from crater_pipeline.bodies import Body
from crater_pipeline.bounds import Bounds
from crater_pipeline.detection.inference import search
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.table import write_detections
from crater_pipeline.models.weights import file_hash, load_network, read_metadata
from crater_pipeline.rasters import raster_info
from crater_pipeline.steps._command import run
from crater_pipeline.tiles import TilingSettings

log = logging.getLogger(__name__)


def detect(
    *,
    image: Path,
    weights: Path,
    metadata: Path,
    output: Path,
    bounds: tuple[float, float, float, float],
    body: Body,
    tiling: TilingSettings,
    settings: InferenceSettings,
) -> None:
    """Write the detections of all tiles and levels, in tile space.

    Parameters
    ----------
    image
        Reprojected image or shaded terrain.
    weights
        The network's weights (safetensors).
    metadata
        Their description (JSON).
    output
        Table of detections (Parquet), with the tile grid in its metadata.
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian.
    """
    described = read_metadata(metadata)
    network = load_network(weights, described)
    pixel_m = raster_info(image).pixel_size_m
    low, high = described.pixel_size_range_m
    if not low <= pixel_m <= high:
        log.warning(
            "%s: pixels of %.0f m, but these weights were trained for %.0f to %.0f m", image, pixel_m, low, high
        )
    found, grid = search(image, network, described.size_encoding, Bounds(*bounds), body, tiling, settings)
    log.info("%d detections", len(found))
    write_detections(found, grid, file_hash(weights), output)


if __name__ == "__main__":
    run(detect)
