"""What the network answers about single windows of a raster, as heatmaps."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from crater_pipeline.detection.engines import TorchEngine, in_half
from crater_pipeline.detection.inference import Viewer
from crater_pipeline.detection.pictures import Terrain, open_pictures
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.models.centernet import CenterNet
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.tiles.grid import Tile


def heatmaps(
    image: Path,
    network: CenterNet,
    corners: Iterable[tuple[int, int]],
    size: int,
    body: Body,
    settings: InferenceSettings,
    terrain: Terrain | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Heatmaps (size / stride, size / stride) in [0, 1] of windows of `size` pixels with these corners (x, y).

    Each window is looked at as a tile of the finest level is in a search (`inference.search`).
    """
    viewer = Viewer(TorchEngine(network, in_half(settings)), network.view, settings, lit_anew=terrain is not None)
    with open_pictures(image, terrain, viewer.suns, body, network.view) as (_, read):
        for x, y in corners:
            pictures, valid = read(Tile(0, 0, 0, x, y, size))
            answer = torch.sigmoid(viewer.answer(pictures).heatmap[0, 0].float()).cpu().numpy()
            stride = size // answer.shape[-1]
            yield np.where(valid[::stride, ::stride], answer, np.float32(0))
