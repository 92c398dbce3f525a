"""After Hu et al. (2021): the terrain is divided into crater interiors and the rest, and the pieces become circles.

Each pixel is described by features of the terrain around it: height against the surroundings, slope, and local relief
(the spread of heights); for an image by its grey, the strength of its edges and its local contrast. A U-Net labels the
pixels; the pieces of the interior at several levels of certainty are circles of the same area, scored by the mean
certainty and by how round they are. Craters that touch or overlap merge into one piece, and one inside another is lost
in it: that is the method's own limit.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn

from crater_pipeline.baselines.ground import Ground, drawn
from crater_pipeline.baselines.method import Sample, as_boxes
from crater_pipeline.baselines.suppression import best_of_similar
from crater_pipeline.baselines.unet import UNet
from crater_pipeline.labels.learnable import LEARNED_PX
from crater_pipeline.models.decoding import Boxes

SURROUNDINGS_PX, LOCAL_PX = 41, 9

SLOPE_UNIT, RELIEF_SPREAD_M = 0.2, 1.0
"""A slope of 0.2 counts as 1; heights and reliefs are divided by their spread in the tile, at least so many metres."""

LEVELS = (0.2, 0.35, 0.5, 0.65, 0.8)
MOST = 500


def local_mean(values: NDArray[np.float32], valid: NDArray[np.bool_], side: int) -> NDArray[np.float32]:
    """Mean of the valid pixels of the window about each pixel; 0 where there are none."""
    weight = ndimage.uniform_filter(valid.astype(np.float32), side, mode="constant")
    total = ndimage.uniform_filter(np.where(valid, values, np.float32(0)), side, mode="constant")
    return np.where(weight > 1e-6, total / np.maximum(weight, 1e-6), np.float32(0))


def features(ground: Ground) -> NDArray[np.float32]:
    """(3, h, w): height or grey against the surroundings, slope or edge strength, local relief or contrast."""
    terrain = ground.height is not None
    values = np.nan_to_num(ground.height) if ground.height is not None else ground.grey
    valid = ground.valid
    relative = np.where(valid, values - local_mean(values, valid, SURROUNDINGS_PX), np.float32(0))
    rise = np.hypot(*np.gradient(values)) / (ground.pixel_m * SLOPE_UNIT if terrain else 1.0)
    spread = np.sqrt(
        np.maximum(local_mean(relative**2, valid, LOCAL_PX) - local_mean(relative, valid, LOCAL_PX) ** 2, 0)
    )
    unit = max(float(relative[valid].std()) if valid.any() else 0.0, RELIEF_SPREAD_M if terrain else 1e-3)
    inside = ndimage.binary_erosion(valid, iterations=1, border_value=1)
    shown = np.stack([relative / unit, np.minimum(rise, 4.0), spread / unit]).astype(np.float32)
    return np.where(inside, shown, np.float32(0))


def interiors(shape: tuple[int, int], circles: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Pixels (h, w) whose middle lies inside a circle."""
    return drawn(shape, circles, -np.inf, 0.0)


def pieces(certainty: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(circles (n, 3), scores (n,)) of the pieces of ground that are surer than each of `LEVELS`."""
    circles, scores = [], []
    for level in LEVELS:
        label, count = ndimage.label(certainty >= level)
        if not count:
            continue
        which = np.arange(1, count + 1)
        area = ndimage.sum_labels(np.ones_like(certainty), label, which)
        radius = np.sqrt(area / np.pi)
        y, x = np.array(ndimage.center_of_mass(np.ones_like(certainty), label, which)).reshape(-1, 2).T
        # A disc's second moment is r^2 / 2; of any other shape of the same area it is larger.
        rows, columns = np.indices(certainty.shape)
        moment = ndimage.mean(rows**2 + columns**2, label, which) - y**2 - x**2
        roundness = np.clip(radius**2 / 2 / np.maximum(moment, 1e-6), 0, 1)
        mean = ndimage.mean(certainty, label, which)
        wanted = (2 * radius >= LEARNED_PX[0]) & (2 * radius <= LEARNED_PX[1])
        circles.append(np.column_stack([x + 0.5, y + 0.5, radius])[wanted])
        scores.append((mean * roundness)[wanted])
    if not circles:
        return np.zeros((0, 3)), np.zeros(0)
    found, score = np.concatenate(circles), np.concatenate(scores)
    kept = best_of_similar(found, score)[:MOST]
    return found[kept], score[kept]


class Segmentation:
    """Crater interiors by a U-Net, circles by their pieces."""

    def network(self) -> nn.Module:
        return UNet(3)

    def sample(self, ground: Ground, circles: NDArray[np.float64], ignored: NDArray[np.bool_]) -> Sample:
        wanted = interiors(ground.shape, circles[~ignored])
        unsure = interiors(ground.shape, circles[ignored]) & ~wanted
        return {
            "image": features(ground),
            "inside": wanted[None].astype(np.float32),
            "weight": (ground.valid & ~unsure)[None].astype(np.float32),
        }

    def loss(self, network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        """Binary cross-entropy and Dice: interiors are a small part of most tiles."""
        logits, wanted, weight = network(batch["image"]), batch["inside"], batch["weight"]
        certainty = torch.sigmoid(logits.float()) * weight
        wanted = wanted * weight
        dice = 1 - (2 * (certainty * wanted).sum() + 1) / (certainty.sum() + wanted.sum() + 1)
        return nn.functional.binary_cross_entropy_with_logits(logits, wanted, weight) + dice

    def find(self, network: nn.Module, ground: Ground) -> Boxes:
        answer = torch.sigmoid(network(torch.from_numpy(features(ground))[None]).float())[0, 0].numpy()
        return as_boxes(*pieces(np.where(ground.valid, answer, np.float32(0))))
