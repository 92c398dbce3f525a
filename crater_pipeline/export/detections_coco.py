"""Detections in tile space as a whole COCO document, for tools that show, correct or judge boxes in images.

pycocotools takes it as it is, and so do importers of labelling tools such as Label Studio and FiftyOne, which want
images and categories beside the annotations, where COCO's own format of results has only these.
"""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from crater_pipeline.atomic import write_lines
from crater_pipeline.labels.coco import CATEGORY, clipped_boxes, image_entries, in_images

logger = logging.getLogger(__name__)

BATCH = 20_000
"""Annotations that are text at once."""

PIXEL_DECIMALS, SCORE_DECIMALS = 3, 8
"""Scores are 32-bit numbers: fewer digits would make ties."""


def write_detections(path: Path, region: str, detections: pd.DataFrame, tiles: pd.DataFrame) -> None:
    """Write a COCO document of tiles and detections, an image or an annotation a line.

    Parameters
    ----------
    path
        JSON file.
    region
        The region's name.
    detections
        Rows of `detections.parquet`: level, tile_row, tile_col, x, y, width, height (pixels of the tile) and score.
    tiles
        Rows of `tiles.parquet`. Images have its numbers in `annotations.json`; what lies in a tile that is not
        written there is left out.
    """
    images = image_entries(tiles)
    shown = in_images(detections, images).sort_values("image_id", kind="stable", ignore_index=True)
    if left_out := len(detections) - len(shown):
        logger.info("%d detections lie in tiles of which no image is kept; they are left out", left_out)
    write_lines(path, _lines(f"detected craters in tiles of {region}", images, shown))


def _lines(title: str, images: list[dict[str, object]], detections: pd.DataFrame) -> Iterator[str]:
    yield f'{{"info": {json.dumps({"description": title})},'
    yield f'"categories": {json.dumps([CATEGORY])},'
    yield '"images": ['
    yield from _separated(json.dumps(image, default=lambda value: value.item()) for image in images)
    yield '],\n"annotations": ['
    yield from _separated(_annotations(detections))
    yield "]}"


def _separated(items: Iterator[str]) -> Iterator[str]:
    """Items with a comma after each but the last."""
    before = next(items, None)
    for item in items:
        yield f"{before},"
        before = item
    if before is not None:
        yield before


def _annotations(detections: pd.DataFrame) -> Iterator[str]:
    for start in range(0, len(detections), BATCH):
        rows = detections.iloc[start : start + BATCH]
        boxes = np.round(clipped_boxes(rows), PIXEL_DECIMALS)
        area = np.round(boxes[:, 2] * boxes[:, 3], PIXEL_DECIMALS)
        score = np.round(rows["score"].to_numpy(dtype=float), SCORE_DECIMALS)
        columns = (rows["image_id"].tolist(), boxes.tolist(), area.tolist(), score.tolist())
        for number, (image, box, size, value) in enumerate(zip(*columns, strict=True), start=start + 1):
            yield json.dumps(
                {
                    "id": number,
                    "image_id": image,
                    "category_id": CATEGORY["id"],
                    "bbox": box,
                    "area": size,
                    "iscrowd": 0,
                    "score": value,
                }
            )
