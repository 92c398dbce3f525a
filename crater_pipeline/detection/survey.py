"""Search, georeferencing and merging of one raster in one go, for uses outside the workflow's region by region."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from crater_pipeline.detection.georeferencing import georeference
from crater_pipeline.detection.inference import search_in_parts
from crater_pipeline.detection.merging import MergingSettings, merge
from crater_pipeline.detection.parts import FoundParts
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.suitability import warn_unsuitable
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.weights import load_network
from crater_pipeline.rasters.files import raster_info, valid_mask
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.footprint import footprint
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.parts import Parts
from crater_pipeline.tiles.searched import CELL_PX
from crater_pipeline.tiles.splits import SPLITS, Part, SplitSettings
from crater_pipeline.unfinished import kept_folder


def circles(
    image: Path,
    weights: Path,
    metadata: Path,
    bounds: Bounds,
    whole: Bounds,
    body: Body,
    tiling: TilingSettings,
    inference: InferenceSettings,
    found: FoundParts,
    split: SplitSettings | None = None,
    terrain: Terrain | None = None,
    source: Path | None = None,
    part: Part | None = None,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Georeferenced detections (columns of `georeferenced.parquet`) and the searched area inside `bounds`.

    `image` shows `bounds` and what lies around them; `whole` is the area that is wanted in the end, whose border
    counts as an edge. What is `found` already is not searched again. `source` is what warnings call the image. Only
    tiles that show some of the bounds are searched, with a `part` only those that show some of it. The other parameters
    as in `survey`.
    """
    described = read_metadata(metadata)
    warn_unsuitable(image, described, terrain, source)
    info = raster_info(image)
    parts = Parts(info, valid_mask(image, CELL_PX), bounds, body, tiling, split)
    area = footprint(info, parts.searched, parts.split, bounds, body)
    network = load_network(weights, described)
    only = parts.wanted if part is None else parts.wanted & (parts.split == SPLITS.index(part))
    search_in_parts(image, network, described.size_encoding, whole, body, tiling, inference, found, terrain, only)
    return georeference(found.table(), info.on(body), body), area


def survey(
    image: Path,
    weights: Path,
    metadata: Path,
    bounds: Bounds,
    body: Body,
    tiling: TilingSettings,
    inference: InferenceSettings,
    merging: MergingSettings,
    split: SplitSettings | None = None,
    terrain: Terrain | None = None,
    part: Part | None = None,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Unique craters (columns of `merged.parquet`) and the searched area of a reprojected 8-bit raster.

    `split` divides the area as training does; without it all of it is the test part. `terrain` is what `image` was
    shaded from, if it was. With a `part`, craters are complete in that part only, for the rest is not searched.
    """
    with kept_folder(None, "") as folder:
        found = FoundParts(folder)
        table, area = circles(
            image, weights, metadata, bounds, bounds, body, tiling, inference, found, split, terrain, part=part
        )
    return merge(table, area, body, merging), area
