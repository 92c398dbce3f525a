"""CenterNet (Zhou et al. 2019): a backbone and three heads, for one class."""

import math
from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor, nn

from crater_pipeline.light.views import CHANNELS
from crater_pipeline.models.hourglass import COMPACT, PUBLISHED, StackedHourglass
from crater_pipeline.models.resnet import ResNet50
from crater_pipeline.models.settings import BackboneName, view_of

BACKBONES: dict[BackboneName, Callable[[], nn.Module]] = {
    "hourglass_compact": lambda: StackedHourglass(COMPACT),
    "hourglass_terrain": lambda: StackedHourglass(COMPACT, CHANNELS["terrain"]),
    "hourglass": lambda: StackedHourglass(PUBLISHED),
    "resnet50": ResNet50,
    "resnet50_compact": lambda: ResNet50(width=32, channels=64),
}
"""The registry: a backbone is one line. It has `stride`, `channels`, `outputs` and returns a list of feature maps."""

PRIOR = 0.01
"""Heatmap probability before training, so that the first steps are not spent on the background (Lin et al. 2017)."""


class Prediction(NamedTuple):
    """Head outputs at 1/stride of the input: (B, 1, h, w) logits, (B, 2, h, w) offsets, (B, 2, h, w) encoded sizes.

    Offsets are (x, y) in cells from the cell's corner; sizes are (width, height) in cells, see `decode_size`.
    """

    heatmap: Tensor
    offset: Tensor
    size: Tensor


class Heads(nn.Module):
    """A 3x3 convolution and a 1x1 convolution for each of the three outputs."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.heatmap, self.offset, self.size = (
            nn.Sequential(nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(width, outputs, 1))
            for outputs in (1, 2, 2)
        )
        last = self.heatmap[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.constant_(last.bias, -math.log((1 - PRIOR) / PRIOR))

    def forward(self, features: Tensor) -> Prediction:
        return Prediction(self.heatmap(features).float(), self.offset(features).float(), self.size(features).float())


class CenterNet(nn.Module):
    """Images (B, C, H, W), standardised, to predictions; `all_outputs` also gives the earlier stacks' (training).

    `view` says what the images show and so how many channels C they have, see `crater_pipeline.light.views`.
    """

    def __init__(self, backbone: BackboneName) -> None:
        super().__init__()
        self.backbone_name = backbone
        self.view = view_of(backbone)
        self.backbone = BACKBONES[backbone]()
        channels, outputs = int(self.backbone.channels), int(self.backbone.outputs)  # type: ignore[arg-type]
        self.stride = int(self.backbone.stride)  # type: ignore[arg-type]
        self.heads = nn.ModuleList(Heads(channels, min(channels, 256)) for _ in range(outputs))

    def all_outputs(self, images: Tensor) -> list[Prediction]:
        """One prediction a stack, the last one being the network's answer."""
        return [head(features) for head, features in zip(self.heads, self.backbone(images), strict=True)]

    def forward(self, images: Tensor) -> Prediction:
        prediction: Prediction = self.heads[-1](self.backbone(images)[-1])
        return prediction
