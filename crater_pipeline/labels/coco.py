"""The COCO document of a region's tiles: which craters each shows, written and read."""

import json
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
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, row in enumerate(tiles.itertuples(index=False), start=1):
        tile = tile_of(row)
        images.append(
            {
                "id": image_id,
                "file_name": row.image,
                "width": tile.size,
                "height": tile.size,
                **{key: getattr(row, key) for key in ("name", "level", "row", "col", "x_off", "y_off", "split")},
            }
        )
        for crater in tile_annotations(tile, craters).to_dict("records"):
            box = [round(float(crater[key]), 3) for key in ("left", "top", "width", "height")]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": 1,
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
        "categories": [{"id": 1, "name": "crater"}],
    }


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
