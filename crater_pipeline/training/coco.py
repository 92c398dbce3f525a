"""The data set of a region on disk: COCO annotations beside 8-bit tiles."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import Dataset

from crater_pipeline.atomic import write_text
from crater_pipeline.errors import UserError
from crater_pipeline.labels.learnable import tile_annotations
from crater_pipeline.light.views import View
from crater_pipeline.rasters.files import open_raster, read_window
from crater_pipeline.tiles.grid import Tile
from crater_pipeline.training.camera import degraded, relit
from crater_pipeline.training.patches import Patch, turned, zoomed
from crater_pipeline.training.samples import terrain_sample, to_sample

ZOOM_SPREAD = 0.12
"""Standard deviation of the logarithm of the random scale in training."""


def coco_document(tiles: pd.DataFrame, craters: pd.DataFrame, pixel_size_m: float) -> dict[str, Any]:
    """COCO document of all tiles.

    tiles: rows of `tiles.parquet`. craters: see `labels.tile_annotations`, with catalogue_id, lon, lat, diameter_km.
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


def read_coco(annotations: Path, images: Path, split: str) -> list[CocoTile]:
    """The tiles of one split."""
    try:
        document = json.loads(annotations.read_text())
    except (FileNotFoundError, json.JSONDecodeError) as error:
        raise UserError(f"{annotations}: not a readable COCO file ({error}); run the label step again") from None
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


class CocoTiles(Dataset[dict[str, NDArray[np.float32]]]):
    """Samples from tiles; item `i` shows tile `i % n` and is a pure function of the seed and `i`.

    elevation: reprojected terrain model of the same grid; the share `relight` of the augmented tiles is lit from
    it under a random sun, seen through the same mask as the tile on disk. With the view `terrain` all are made from it.
    """

    def __init__(
        self,
        tiles: list[CocoTile],
        *,
        stride: int,
        pixel_m: float,
        seed: int,
        augment: bool,
        relight: float = 0.0,
        elevation: Path | None = None,
        view: View = "picture",
    ) -> None:
        self.view: View = view
        self.tiles, self.stride, self.pixel_m, self.seed = tiles, stride, pixel_m, seed
        self.augment, self.relight, self.elevation = augment, relight, elevation
        self._dataset: rasterio.DatasetReader | None = None

    def __len__(self) -> int:
        return len(self.tiles)

    def patch(self, tile: CocoTile) -> Patch:
        """The tile as it is on disk: grey, NaN where blank."""
        with Image.open(tile.path) as image:
            grey = np.asarray(image, dtype=np.float32)
        values = np.where(grey > 0, grey, np.float32(np.nan))
        return Patch(values, self.pixel_m * tile.tile.scale, tile.circles, tile.ignored)

    def terrain(self, tile: CocoTile, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Elevation of the tile's window, NaN outside `mask`."""
        assert self.elevation is not None
        if self._dataset is None:
            # Opened in the process that reads: a GDAL handle does not survive a fork.
            with open_raster(self.elevation):
                pass
            self._dataset = rasterio.open(self.elevation)
        size = tile.tile.size
        heights = read_window(self._dataset, tile.tile.window, (size, size)).filled(np.nan)
        return np.where(mask, heights, np.float32(np.nan))

    def __getitem__(self, index: int) -> dict[str, NDArray[np.float32]]:
        tile = self.tiles[index % len(self.tiles)]
        patch = self.patch(tile)
        rng = np.random.default_rng([self.seed, index])
        lit = self.augment and self.elevation is not None and rng.random() < self.relight
        if lit or self.view == "terrain":
            patch = replace(patch, values=self.terrain(tile, np.isfinite(patch.values)))
        if not self.augment:
            return terrain_sample(patch, self.stride, None) if self.view == "terrain" else to_sample(patch, self.stride)
        patch = zoomed(patch, float(np.exp(rng.normal(0, ZOOM_SPREAD))), rng)
        patch = turned(patch, int(rng.integers(4)), bool(rng.integers(2)))
        if self.view == "terrain":
            return terrain_sample(patch, self.stride, rng)
        photograph = self.elevation is None
        return to_sample(degraded(relit(patch, rng) if lit else patch, rng, photograph), self.stride)
