"""Tiles of a region as a method learns from them: the same ones, turned and scaled as for our network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from torch.utils.data import Dataset

from crater_pipeline.baselines.ground import Ground
from crater_pipeline.baselines.method import Learner, Sample
from crater_pipeline.labels.coco import CocoTile
from crater_pipeline.training.coco import TileFiles, moved
from crater_pipeline.training.samples import seen_circles


class LearnedTiles(Dataset[Sample]):
    """Samples of a method; item `i` shows tile `i % n` and is a pure function of the seed and `i`."""

    def __init__(
        self, tiles: list[CocoTile], learner: Learner, pixel_m: float, elevation: Path | None, seed: int
    ) -> None:
        self.tiles, self.learner, self.seed = tiles, learner, seed
        self.files = TileFiles(pixel_m, elevation)

    def __len__(self) -> int:
        return len(self.tiles)

    def __getitem__(self, index: int) -> Sample:
        tile = self.tiles[index % len(self.tiles)]
        patch = self.files.patch(tile)
        if self.files.elevation is not None:
            # Heights, with the grey as albedo, which moves with them.
            heights = self.files.terrain(tile, np.isfinite(patch.values))
            patch = replace(patch, values=heights, albedo=patch.values)
        patch = moved(patch, np.random.default_rng([self.seed, index]))
        grey = patch.values if patch.albedo is None else patch.albedo
        height = None if patch.albedo is None else patch.values
        valid = np.isfinite(grey) & np.isfinite(patch.values)
        return self.learner.sample(Ground.of(grey, height, valid, patch.pixel_m), *seen_circles(patch))
