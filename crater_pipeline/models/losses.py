"""CenterNet's losses: penalty-reduced focal loss for the heatmap, L1 for offset and size (Zhou et al. 2019)."""

from typing import NamedTuple

import torch
from torch import Tensor

from crater_pipeline.models.centernet import Prediction
from crater_pipeline.models.settings import SizeEncoding

ALPHA = 2
BETA = 4

MIN_POSITIVES = 8
"""A tile's heatmap loss is divided by its number of craters, but by no less than this: a tile of bare mare with one
crater must not outweigh all others."""


class Losses(NamedTuple):
    """Scalars: the weighted total and its three parts, unweighted."""

    total: Tensor
    heatmap: Tensor
    offset: Tensor
    size: Tensor


def encode_size(size: Tensor, encoding: SizeEncoding) -> Tensor:
    """Sides in cells (0 where there is none) to what the size head predicts."""
    return torch.log(size.clamp_min(1e-3)) if encoding == "log" else size


def decode_size(encoded: Tensor, encoding: SizeEncoding) -> Tensor:
    """Inverse of `encode_size`; sides in cells, never negative."""
    return torch.exp(encoded.clamp(-7.0, 7.0)) if encoding == "log" else encoded.clamp_min(0.0)


def focal_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Focal loss over (B, 1, h, w), alpha 2 and beta 4: each tile's sum over its number of positives, then the mean.

    The published N is the number of keypoints in the image; dividing a batch's sum by the batch's positives instead
    lets crowded tiles drown out the others. A cell is positive where the target is 1; elsewhere its penalty falls by
    (1 - target)^beta. Cells of weight 0 do not count.
    """
    log_p, log_not_p = torch.nn.functional.logsigmoid(logits), torch.nn.functional.logsigmoid(-logits)
    p = torch.sigmoid(logits)
    positive = (target >= 1.0).float()
    loss = positive * (1 - p) ** ALPHA * log_p + (1 - positive) * (1 - target) ** BETA * p**ALPHA * log_not_p
    count = (positive * weight).sum(dim=(1, 2, 3)).clamp_min(MIN_POSITIVES)
    return -((loss * weight).sum(dim=(1, 2, 3)) / count).mean()


def masked_l1(prediction: Tensor, target: Tensor, positive: Tensor) -> Tensor:
    """Mean absolute error over the positive cells' two channels; (B, 2, h, w) against a (B, 1, h, w) mask."""
    error = (prediction - target).abs() * positive
    return error.sum() / (2 * positive.sum()).clamp_min(1.0)


def centernet_loss(
    outputs: list[Prediction],
    targets: dict[str, Tensor],
    *,
    encoding: SizeEncoding,
    size_weight: float,
    offset_weight: float,
) -> Losses:
    """Mean over the stacks of focal + `size_weight` x size L1 + `offset_weight` x offset L1.

    targets: batched arrays of `models.targets.Targets`, by field name.
    """
    size = encode_size(targets["size"], encoding)
    parts = []
    for output in outputs:
        heatmap = focal_loss(output.heatmap, targets["heatmap"], targets["weight"])
        offset_error = masked_l1(output.offset, targets["offset"], targets["positive"])
        size_error = masked_l1(output.size, size, targets["positive"])
        total = heatmap + offset_weight * offset_error + size_weight * size_error
        parts.append(torch.stack([total, heatmap, offset_error, size_error]))
    return Losses(*torch.stack(parts).mean(dim=0))


def distillation_loss(student: Prediction, teacher: Prediction) -> Tensor:
    """How far a network is from a larger one on the same tiles (scalar).

    Heatmap: quality focal loss (Li et al. 2020), cross-entropy to the teacher's probability weighted by the squared
    distance from it, each tile's sum over its expected number of craters. Offset and size: L1, weighted by the
    teacher's probability. It speaks also where labels are ignored.
    """
    wanted = torch.sigmoid(teacher.heatmap)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(student.heatmap, wanted, reduction="none")
    distance = (torch.sigmoid(student.heatmap) - wanted) ** 2
    count = wanted.sum(dim=(1, 2, 3)).clamp_min(MIN_POSITIVES)
    heatmap = ((distance * entropy).sum(dim=(1, 2, 3)) / count).mean()
    boxes = [
        ((ours - theirs).abs() * wanted).sum() / (2 * wanted.sum()).clamp_min(1.0)
        for ours, theirs in ((student.offset, teacher.offset), (student.size, teacher.size))
    ]
    return heatmap + boxes[0] + boxes[1]
