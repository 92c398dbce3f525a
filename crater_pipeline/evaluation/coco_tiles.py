"""COCO's figures per tile, as published tile results give them: detections in tile space against the annotations.

pycocotools does the work. Two of its habits need care. It overwrites `ignore` with `iscrowd`, and a crowd box would
swallow every detection inside it, so ignored annotations get an area outside the judged range instead, which is
COCO's own way to ignore an object. And it measures sizes in pixels, whereas the limit here is a diameter in km.
"""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pycocotools.coco import COCO

from crater_pipeline.evaluation.coco_matching import SparseCOCOeval
from crater_pipeline.labels.coco import CATEGORY, clipped_boxes, in_images

NOT_JUDGED = -1.0
"""Area given to what is ignored; the judged range starts at 0."""


def _dataset(images: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> COCO:
    coco = COCO()
    coco.dataset = {
        "images": images,
        "annotations": annotations,
        "categories": [CATEGORY],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
    return coco


def _truth(annotations: list[dict[str, Any]], images: set[int], min_diameter_km: float) -> list[dict[str, Any]]:
    rows = []
    for number, each in enumerate((each for each in annotations if each["image_id"] in images), start=1):
        judged = not each.get("ignore") and not each.get("iscrowd") and each["diameter_km"] >= min_diameter_km
        _, _, width, height = each["bbox"]
        rows.append(
            {
                "id": number,
                "image_id": each["image_id"],
                "category_id": CATEGORY["id"],
                "bbox": each["bbox"],
                "area": width * height if judged else NOT_JUDGED,
                "iscrowd": 0,
            }
        )
    return rows


def km_per_pixel(annotations: Sequence[dict[str, Any]], level_of_image: dict[int, int]) -> float | None:
    """Median kilometres per level-0 pixel of the annotated circles; None without any."""
    scales = [
        each["diameter_km"] / (2 * each["circle"][2] * (1 << level_of_image[each["image_id"]]))
        for each in annotations
        if each["image_id"] in level_of_image and each["circle"][2] > 0
    ]
    return float(np.median(scales)) if scales else None


def _predictions(detections: pd.DataFrame, min_diameter_km: float, km_per_px: float | None) -> list[dict[str, Any]]:
    """Detections (with image_id and the image's size) as COCO annotations, boxes clipped to the tile as the truth's."""
    width, height = detections["width"].to_numpy(dtype=float), detections["height"].to_numpy(dtype=float)
    area = width * height
    if km_per_px is not None:
        diameter = (width + height) / 2 * km_per_px * 2.0 ** detections["level"].to_numpy(dtype=float)
        area = np.where(diameter >= min_diameter_km, area, NOT_JUDGED)
    boxes = clipped_boxes(detections).tolist()
    columns = (detections["image_id"].tolist(), boxes, area.tolist(), detections["score"].astype(float).tolist())
    return [
        {
            "id": number,
            "image_id": image,
            "category_id": CATEGORY["id"],
            "bbox": box,
            "area": size,
            "score": score,
            "iscrowd": 0,
        }
        for number, (image, box, size, score) in enumerate(zip(*columns, strict=True), start=1)
    ]


def coco_figures(
    detections: pd.DataFrame,
    annotations: dict[str, Any],
    min_diameter_km: float,
    max_detections: Sequence[int] = (100, 300, 500),
    split: str = "test",
) -> dict[str, Any] | None:
    """AP50 and AP50:95 over the tiles of one part, for each limit of detections a tile.

    Parameters
    ----------
    detections
        Columns level, tile_row, tile_col, x, y, width, height (pixels of the tile) and score.
    annotations
        COCO data set whose images carry also level, row, col and split, and whose annotations carry circle [cx, cy, r],
        diameter_km and ignore. Craters below `min_diameter_km` are ignored too.

    Returns
    -------
    Numbers of tiles, annotations and detections, and `max_detections`: a list of {max_detections, ap50, ap}; None
    where the part has no tile. AP is None where no annotation counts.
    """
    images = [each for each in annotations["images"] if each.get("split") == split]
    if not images:
        return None
    level_of_image = {each["id"]: int(each["level"]) for each in images}
    truth = _truth(annotations["annotations"], set(level_of_image), min_diameter_km)
    predictions = _predictions(
        in_images(detections, images), min_diameter_km, km_per_pixel(annotations["annotations"], level_of_image)
    )
    limits = sorted(set(max_detections))
    figures: dict[str, Any] = {
        "n_tiles": len(images),
        "n_truth": sum(each["area"] >= 0 for each in truth),
        "n_detections": len(predictions),
    }
    precision = _precision(images, truth, predictions, limits) if truth and predictions else None
    rows = []
    for index, limit in enumerate(limits):
        if precision is None:
            ap50 = ap = 0.0 if figures["n_truth"] else None
        else:
            ap50, ap = _mean(precision[0, :, 0, 0, index]), _mean(precision[:, :, 0, 0, index])
        rows.append({"max_detections": limit, "ap50": ap50, "ap": ap})
    return figures | {"max_detections": rows}


def _precision(
    images: list[dict[str, Any]],
    truth: list[dict[str, Any]],
    predictions: list[dict[str, Any]],
    limits: list[int],
) -> np.ndarray:
    """pycocotools' array of precisions, shape (IoU thresholds, recalls, 1, 1, limits), -1 where undefined."""
    evaluation = SparseCOCOeval(_dataset(images, truth), _dataset(images, predictions), "bbox")
    evaluation.params.maxDets = limits
    evaluation.params.areaRng = [[0.0, 1e12]]
    evaluation.params.areaRngLbl = ["judged"]
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.evaluate()
        evaluation.accumulate()
    return np.asarray(evaluation.eval["precision"])


def _mean(values: np.ndarray) -> float | None:
    defined = values[values > -1]
    return float(defined.mean()) if defined.size else None
