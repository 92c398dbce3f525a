"""From head outputs to boxes: a 3x3 max pool picks the peaks, no non-maximum suppression."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crater_pipeline.models.centernet import Prediction
from crater_pipeline.models.losses import decode_size
from crater_pipeline.models.settings import SizeEncoding


@dataclass(frozen=True)
class Boxes:
    """Detections of one tile, best score first: arrays (n,) in pixels of the tile; x, y are centres."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    width: NDArray[np.float32]
    height: NDArray[np.float32]
    score: NDArray[np.float32]


def peaks(heatmap: Tensor) -> Tensor:
    """(B, 1, h, w) probabilities with all but the local maxima of a 3x3 window set to 0.

    Of equal neighbours each counts as a maximum: an exact tie is as rare as two equal floats.
    """
    highest = torch.nn.functional.max_pool2d(heatmap, 3, stride=1, padding=1)
    return heatmap * (heatmap == highest)


@torch.no_grad()
def decode(
    prediction: Prediction, *, stride: int, encoding: SizeEncoding, max_detections: int, min_score: float
) -> list[Boxes]:
    """Boxes of every tile of the batch."""
    heatmap = peaks(torch.sigmoid(prediction.heatmap))
    batch, _, height, width = heatmap.shape
    scores, index = heatmap.view(batch, -1).topk(min(max_detections, height * width), dim=1)
    cells = torch.stack([index % width, index // width], dim=1).float()
    where = index[:, None, :].expand(-1, 2, -1)
    centres = (cells + prediction.offset.view(batch, 2, -1).gather(2, where)) * stride
    sides = decode_size(prediction.size.view(batch, 2, -1).gather(2, where), encoding) * stride
    result = []
    for score, (x, y), (w, h) in zip(scores.cpu().numpy(), centres.cpu().numpy(), sides.cpu().numpy(), strict=True):
        keep = score >= min_score
        result.append(Boxes(x[keep], y[keep], w[keep], h[keep], score[keep]))
    return result
