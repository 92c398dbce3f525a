"""Samples from a region's tiles on disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import Dataset

from crater_pipeline.labels.coco import CocoTile
from crater_pipeline.light.views import View
from crater_pipeline.rasters.files import open_raster, read_window
from crater_pipeline.training.camera import degraded, relit
from crater_pipeline.training.patches import Patch, turned, zoomed
from crater_pipeline.training.samples import terrain_sample, to_sample

ZOOM_SPREAD = 0.12
"""Standard deviation of the logarithm of the random scale in training."""


class TileFiles:
    """Reads what a region's tiles show: the pictures on disk, and the terrain model of the same grid, if any."""

    def __init__(self, pixel_m: float, elevation: Path | None) -> None:
        self.pixel_m, self.elevation = pixel_m, elevation
        self._dataset: rasterio.DatasetReader | None = None

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


def moved(patch: Patch, rng: np.random.Generator) -> Patch:
    """Scaled a little, turned by quarter turns and mirrored, all at random."""
    patch = zoomed(patch, float(np.exp(rng.normal(0, ZOOM_SPREAD))), rng)
    return turned(patch, int(rng.integers(4)), bool(rng.integers(2)))


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
        self.tiles, self.stride, self.seed = tiles, stride, seed
        self.augment, self.relight, self.elevation = augment, relight, elevation
        self.files = TileFiles(pixel_m, elevation)

    def __len__(self) -> int:
        return len(self.tiles)

    def __getitem__(self, index: int) -> dict[str, NDArray[np.float32]]:
        tile = self.tiles[index % len(self.tiles)]
        patch = self.files.patch(tile)
        rng = np.random.default_rng([self.seed, index])
        lit = self.augment and self.elevation is not None and rng.random() < self.relight
        if lit or self.view == "terrain":
            patch = replace(patch, values=self.files.terrain(tile, np.isfinite(patch.values)))
        if not self.augment:
            return terrain_sample(patch, self.stride, None) if self.view == "terrain" else to_sample(patch, self.stride)
        patch = moved(patch, rng)
        if self.view == "terrain":
            return terrain_sample(patch, self.stride, rng)
        photograph = self.elevation is None
        return to_sample(degraded(relit(patch, rng) if lit else patch, rng, photograph), self.stride)
