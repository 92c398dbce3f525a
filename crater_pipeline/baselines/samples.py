"""Tiles of a region as a method learns from them: the same ones, turned and scaled as for our network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio
from PIL import Image
from torch.utils.data import Dataset

from crater_pipeline.baselines.ground import Ground
from crater_pipeline.baselines.method import Learner, Sample
from crater_pipeline.labels.coco import CocoTile
from crater_pipeline.labels.learnable import LEARNED_PX, SEEN_PX
from crater_pipeline.rasters.files import open_raster, read_window
from crater_pipeline.training.coco import ZOOM_SPREAD
from crater_pipeline.training.patches import Patch, turned, zoomed


class LearnedTiles(Dataset[Sample]):
    """Samples of a method; item `i` shows tile `i % n` and is a pure function of the seed and `i`."""

    def __init__(
        self, tiles: list[CocoTile], learner: Learner, pixel_m: float, elevation: Path | None, seed: int, augment: bool
    ) -> None:
        self.tiles, self.learner, self.pixel_m = tiles, learner, pixel_m
        self.elevation, self.seed, self.augment = elevation, seed, augment
        self._dataset: rasterio.DatasetReader | None = None

    def __len__(self) -> int:
        return len(self.tiles)

    def patch(self, tile: CocoTile) -> Patch:
        """Heights with the grey as albedo where there is terrain, else the grey; NaN where blank."""
        with Image.open(tile.path) as image:
            grey = np.asarray(image, dtype=np.float32)
        grey = np.where(grey > 0, grey, np.float32(np.nan))
        patch = Patch(grey, self.pixel_m * tile.tile.scale, tile.circles, tile.ignored)
        if self.elevation is None:
            return patch
        if self._dataset is None:
            # Opened in the process that reads: a GDAL handle does not survive a fork.
            with open_raster(self.elevation):
                pass
            self._dataset = rasterio.open(self.elevation)
        size = tile.tile.size
        heights = read_window(self._dataset, tile.tile.window, (size, size)).filled(np.nan)
        return replace(patch, values=np.where(np.isfinite(grey), heights, np.float32(np.nan)), albedo=grey)

    def __getitem__(self, index: int) -> Sample:
        patch = self.patch(self.tiles[index % len(self.tiles)])
        if self.augment:
            rng = np.random.default_rng([self.seed, index])
            patch = zoomed(patch, float(np.exp(rng.normal(0, ZOOM_SPREAD))), rng)
            patch = turned(patch, int(rng.integers(4)), bool(rng.integers(2)))
        grey = patch.values if patch.albedo is None else patch.albedo
        height = None if patch.albedo is None else patch.values
        valid = np.isfinite(grey) & np.isfinite(patch.values)
        diameter = 2 * patch.circles[:, 2]
        ignored = patch.ignored | (diameter < LEARNED_PX[0]) | (diameter > LEARNED_PX[1])
        seen = diameter >= SEEN_PX
        return self.learner.sample(Ground.of(grey, height, valid, patch.pixel_m), patch.circles[seen], ignored[seen])
