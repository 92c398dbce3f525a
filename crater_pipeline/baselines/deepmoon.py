"""Silburt et al. (2019), doi:10.1016/j.icarus.2018.06.022: a U-Net draws rims, circle templates find the craters.

As published: the picture of a digital elevation model, rescaled to its own range; rims one pixel thick as targets;
binary cross-entropy; dropout 0.15; the answer made binary at 0.1; templates of rims two pixels thick; similar circles
merged by the paper's rule. Changed: 16 filters instead of 112 and batch normalisation, for two CPU cores; tiles of
several scales instead of random crops; the coefficient of the template is kept as score, so that a threshold can be
chosen on validation blocks. Where there is no elevation model the picture is the image itself.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from crater_pipeline.baselines.correlation import circles_where_it_peaks
from crater_pipeline.baselines.ground import Ground, drawn
from crater_pipeline.baselines.method import Sample, as_boxes
from crater_pipeline.baselines.unet import UNet
from crater_pipeline.models.decoding import Boxes

BINARY = 0.1
RIM_PX, TEMPLATE_PX = 1.0, 2.0
RADII = np.arange(3.0, 81.0)
"""Every pixel, as published: a rim is no thicker."""

LEAST = 0.2
MOST = 500


def rims(shape: tuple[int, int], circles: NDArray[np.float64], thickness: float) -> NDArray[np.bool_]:
    """Pixels (h, w) whose middle is at most half of `thickness` from a rim."""
    return drawn(shape, circles, -thickness / 2, thickness / 2)


def ring(radius: float) -> NDArray[np.float32]:
    """A rim as a template."""
    half = int(np.ceil(radius + TEMPLATE_PX))
    side = 2 * half + 1
    return rims((side, side), np.array([[half + 0.5, half + 0.5, radius]]), TEMPLATE_PX).astype(np.float32)


def picture(ground: Ground) -> NDArray[np.float32]:
    """Heights between 0 and 1 over the tile's own range, or the standardised image; 0 where there is no data."""
    if ground.height is None or not ground.valid.any():
        return ground.grey
    low, high = np.nanmin(ground.height), np.nanmax(ground.height)
    scaled: NDArray[np.float32] = np.nan_to_num((ground.height - low) / max(float(high - low), 1e-6))
    return scaled.astype(np.float32)


class DeepMoon:
    """Rims by a U-Net, circles by templates."""

    def network(self) -> nn.Module:
        return UNet(1)

    def sample(self, ground: Ground, circles: NDArray[np.float64], ignored: NDArray[np.bool_]) -> Sample:
        wanted = rims(ground.shape, circles[~ignored], RIM_PX)
        unsure = rims(ground.shape, circles[ignored], RIM_PX) & ~wanted
        return {
            "image": picture(ground)[None],
            "rim": wanted[None].astype(np.float32),
            "weight": (ground.valid & ~unsure)[None].astype(np.float32),
        }

    def loss(self, network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        logits = network(batch["image"])
        return nn.functional.binary_cross_entropy_with_logits(logits, batch["rim"], batch["weight"])

    def find(self, network: nn.Module, ground: Ground) -> Boxes:
        answer = torch.sigmoid(network(torch.from_numpy(picture(ground))[None, None]).float())[0, 0]
        drawn = ((answer > BINARY) & torch.from_numpy(ground.valid)).float()
        return as_boxes(*circles_where_it_peaks(drawn, [ring], RADII, LEAST, MOST))
