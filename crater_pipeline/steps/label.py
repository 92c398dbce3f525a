"""Label a region's tiles with catalogue craters."""

import logging
from pathlib import Path

import numpy as np

from crater_pipeline.labels.coco import coco_document, write_coco
from crater_pipeline.labels.heatmap import write_centre_heatmap
from crater_pipeline.labels.learnable import LabelSettings, learnable, raster_circles, raster_relief_m
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoTiff, JsonFile
from crater_pipeline.tables import read_table
from crater_pipeline.tiles.writing import COLUMNS

log = logging.getLogger(__name__)


def label(
    *,
    image: Path,
    tiles: Path,
    catalogue: Path,
    elevation: Path | None = None,
    output_annotations: JsonFile,
    output_heatmap: GeoTiff,
    body: Body,
    settings: LabelSettings,
) -> None:
    """Write COCO annotations of the tiles and the centre heatmap of the region.

    Parameters
    ----------
    image
        Reprojected image or shaded terrain.
    tiles
        Table of the tiles (Parquet).
    catalogue
        Table of the region's catalogue craters (Parquet).
    elevation
        Reprojected terrain model, where the region has one: it tells which small craters can be seen.
    output_annotations
        COCO annotations (JSON).
    output_heatmap
        Centre heatmap (GeoTIFF).
    """
    info = raster_info(image)
    craters = read_table(catalogue, ["catalogue_id", "lon", "lat", "diameter_km"])
    circles = raster_circles(info, craters, body)
    relief = None if elevation is None else raster_relief_m(elevation, circles)
    shown = learnable(craters["diameter_km"].to_numpy(), relief, settings)
    log.info("%d catalogue craters, %d of them to learn from", len(craters), int(np.sum(shown)))
    craters = craters.assign(x=circles[:, 0], y=circles[:, 1], radius=circles[:, 2], learnable=shown)
    document = coco_document(read_table(tiles, COLUMNS), craters, info.pixel_size_m)
    write_coco(output_annotations, document)
    write_centre_heatmap(info, circles, output_heatmap)


if __name__ == "__main__":
    run(label)
