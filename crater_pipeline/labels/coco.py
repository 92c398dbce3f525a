"""The COCO document of a region's tiles: which craters each shows, written and read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.atomic import write_text
from crater_pipeline.errors import UserError
from crater_pipeline.labels.learnable import tile_annotations
from crater_pipeline.tables import read_json
from crater_pipeline.tiles.grid import Tile

CATEGORY = {"id": 1, "name": "crater"}

NEEDED = {
    "images": {"id", "file_name", "split", "level", "row", "col", "x_off", "y_off", "width"},
    "annotations": {"image_id", "bbox", "circle", "diameter_km", "ignore"},
}
"""What is read of the entries of a document."""


def coco_document(tiles: pd.DataFrame, craters: pd.DataFrame, pixel_size_m: float) -> dict[str, Any]:
    """COCO document of all tiles.

    tiles: rows of `tiles.parquet`. craters: see `learnable.tile_annotations`, with catalogue_id, lon, lat, diameter_km.
    Boxes are clipped to their tile; `circle` is whole: centre x, y and radius in pixels of the tile. `ignore` is 1
    where the crater is neither to be learned nor to be counted (with `iscrowd` 0: it is one object).
    """
    images = image_entries(tiles)
    annotations: list[dict[str, Any]] = []
    for image, row in zip(images, tiles.itertuples(index=False), strict=True):
        for crater in tile_annotations(tile_of(row), craters).to_dict("records"):
            box = [round(float(crater[key]), 3) for key in ("left", "top", "width", "height")]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    "category_id": CATEGORY["id"],
                    "bbox": box,
                    "area": round(box[2] * box[3], 3),
                    "iscrowd": 0,
                    "ignore": int(crater["ignore"]),
                    "circle": [round(float(crater[key]), 3) for key in ("cx", "cy", "r")],
                    **{key: crater[key] for key in ("catalogue_id", "lon", "lat", "diameter_km")},
                }
            )
    return {
        "info": {"description": "craters in tiles of one region", "pixel_size_m": pixel_size_m},
        "images": images,
        "annotations": annotations,
        "categories": [CATEGORY],
    }


def image_entries(tiles: pd.DataFrame) -> list[dict[str, Any]]:
    """The images of a COCO document, one a row of `tiles.parquet`, numbered from 1 in their order."""
    return [
        {
            "id": number,
            "file_name": row.image,
            "width": tile_of(row).size,
            "height": tile_of(row).size,
            **{key: getattr(row, key) for key in ("name", "level", "row", "col", "x_off", "y_off", "split")},
        }
        for number, row in enumerate(tiles.itertuples(index=False), start=1)
    ]


def in_images(detections: pd.DataFrame, images: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Those detections (level, tile_row, tile_col) whose tile is one of the images.

    They get the columns image_id, image_width and image_height, and stay in their order.
    """
    named = dict(zip(("level", "tile_row", "tile_col"), ("level", "row", "col"), strict=True))
    named |= {"image_id": "id", "image_width": "width", "image_height": "height"}
    keys = pd.DataFrame({name: [each[key] for each in images] for name, key in named.items()}, dtype=int)
    place = ["level", "tile_row", "tile_col"]
    return detections.astype(dict.fromkeys(place, int)).merge(keys, on=place, how="inner")


def clipped_boxes(boxes: pd.DataFrame) -> NDArray[np.float64]:
    """COCO's boxes (left, top, width, height), (n, 4), clipped to their images.

    boxes: columns x, y (the centre), width, height, image_width, image_height in pixels of the image.
    """
    sides = []
    for centre, size, most in (("x", "width", "image_width"), ("y", "height", "image_height")):
        middle, half, limit = (
            boxes[centre].to_numpy(float),
            boxes[size].to_numpy(float) / 2,
            boxes[most].to_numpy(float),
        )
        sides.append((np.clip(middle - half, 0, limit), np.clip(middle + half, 0, limit)))
    (left, right), (top, bottom) = sides
    return np.column_stack([left, top, right - left, bottom - top])


def tile_of(row: Any) -> Tile:
    """The tile of a row of `tiles.parquet` or of a COCO image (as a named tuple)."""
    return Tile(int(row.level), int(row.row), int(row.col), int(row.x_off), int(row.y_off), int(row.size))


def write_coco(path: Path, document: dict[str, Any]) -> None:
    """Write `annotations.json`."""
    write_text(path, json.dumps(document, default=lambda value: value.item()))


@dataclass(frozen=True)
class CocoTile:
    """One image of the data set with its craters."""

    path: Path
    tile: Tile
    circles: NDArray[np.float64]
    ignored: NDArray[np.bool_]


def read_document(annotations: Path) -> dict[str, Any]:
    """A COCO document with all that is read of one here; `UserError` if it is another file, or damaged."""
    document = read_json(annotations)
    for kind, needed in NEEDED.items():
        entries = document.get(kind)
        if not isinstance(entries, list) or any(not isinstance(each, dict) or needed - each.keys() for each in entries):
            raise UserError(f"{annotations}: not a COCO file with {kind} as we write them; run the label step again")
    return document


def read_coco(annotations: Path, images: Path, split: str) -> list[CocoTile]:
    """The tiles of one split."""
    document = read_document(annotations)
    by_image: dict[int, list[dict[str, Any]]] = {}
    for annotation in document["annotations"]:
        by_image.setdefault(annotation["image_id"], []).append(annotation)
    tiles = []
    for image in document["images"]:
        if image["split"] != split:
            continue
        own = by_image.get(image["id"], [])
        tiles.append(
            CocoTile(
                images / image["file_name"],
                Tile(*(int(image[key]) for key in ("level", "row", "col", "x_off", "y_off", "width"))),
                np.array([a["circle"] for a in own], dtype=float).reshape(-1, 3),
                np.array([bool(a["ignore"]) for a in own], dtype=bool),
            )
        )
    return tiles
