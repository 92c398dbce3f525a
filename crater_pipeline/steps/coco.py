"""Step: detections in tiles as a COCO document, for those who ask for it."""

from pathlib import Path

from crater_pipeline.export.detections_coco import write_detections
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile
from crater_pipeline.tables import read_table
from crater_pipeline.tiles.writing import COLUMNS

DETECTIONS = ["level", "tile_row", "tile_col", "x", "y", "width", "height", "score"]


def coco(*, region: str, detections: Path, tiles: Path, output: JsonFile) -> None:
    """Write what was detected in each tile, before georeferencing, as boxes of a COCO data set.

    Parameters
    ----------
    region
        The region's name.
    detections
        Parquet table of detections in tile pixels, down to the least score that was kept.
    tiles
        Table of the tiles whose images are kept (Parquet).
    output
        COCO document (JSON): images, categories and annotations with scores.
    """
    write_detections(output, region, read_table(detections, DETECTIONS), read_table(tiles, COLUMNS))


if __name__ == "__main__":
    run(coco)
