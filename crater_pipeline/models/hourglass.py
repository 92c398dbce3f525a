"""Stacked hourglass backbones (Newell et al. 2016; the residual form of Law & Deng 2018, CornerNet)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

STRIDE = 4
"""Input pixels per output cell: a stride-2 stem and a stride-2 residual block."""


class ConvBlock(nn.Sequential):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )


def projection(channels_in: int, channels_out: int, stride: int = 1) -> nn.Sequential:
    """1x1 convolution with normalisation, for a skip connection."""
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out))


class Residual(nn.Module):
    """Two 3x3 convolutions and a skip connection."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ConvBlock(channels_in, channels_out, 3, stride),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        same = channels_in == channels_out and stride == 1
        self.skip: nn.Module = nn.Identity() if same else projection(channels_in, channels_out, stride)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.activation(self.body(x) + self.skip(x))
        return out


def residuals(channels_in: int, channels_out: int, count: int, stride: int = 1) -> nn.Sequential:
    """A chain of residual blocks; the first changes width and resolution."""
    first = Residual(channels_in, channels_out, stride)
    return nn.Sequential(first, *(Residual(channels_out, channels_out) for _ in range(count - 1)))


class Hourglass(nn.Module):
    """One hourglass: down by halves to the last of `widths`, and up again with a skip at every resolution."""

    def __init__(self, widths: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__()
        here, below = widths[0], widths[1]
        self.across = residuals(here, here, blocks[0])
        self.down = residuals(here, below, blocks[0], stride=2)
        self.inner: nn.Module = (
            Hourglass(widths[1:], blocks[1:]) if len(widths) > 2 else residuals(below, below, blocks[1])
        )
        self.up = nn.Sequential(*(Residual(below, below) for _ in range(blocks[0] - 1)), Residual(below, here))

    def forward(self, x: Tensor) -> Tensor:
        low = self.up(self.inner(self.down(x)))
        out: Tensor = self.across(x) + nn.functional.interpolate(low, scale_factor=2.0, mode="nearest")
        return out


@dataclass(frozen=True)
class HourglassShape:
    """Widths (channels at 1/4 size, 1/8, ...) and residual blocks at each resolution, stem width, stacks."""

    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    stem: int
    stacks: int = 2


PUBLISHED = HourglassShape(widths=(256, 256, 384, 384, 384, 512), blocks=(2, 2, 2, 2, 2, 4), stem=128)
"""The network of the paper: two stacks, about 190 M parameters."""

COMPACT = HourglassShape(widths=(64, 96, 128, 192, 256), blocks=(1, 1, 1, 1, 2), stem=32, stacks=1)
"""Under 16 GFLOP for a 512 x 512 tile. One wide stack: two of 48 channels cost the same and train 1.4 times slower."""


class StackedHourglass(nn.Module):
    """Images (B, `channels_in`, H, W) to one feature map (B, widths[0], H/4, W/4) a stack; H and W divisible by 128."""

    stride = STRIDE

    def __init__(self, shape: HourglassShape, channels_in: int = 1) -> None:
        super().__init__()
        width = shape.widths[0]
        self.channels = width
        self.outputs = shape.stacks
        self.stem = nn.Sequential(ConvBlock(channels_in, shape.stem, 7, 2), Residual(shape.stem, width, 2))
        self.hourglasses = nn.ModuleList(Hourglass(shape.widths, shape.blocks) for _ in range(shape.stacks))
        self.features = nn.ModuleList(ConvBlock(width, width) for _ in range(shape.stacks))
        between = range(shape.stacks - 1)
        self.from_stem = nn.ModuleList(projection(width, width) for _ in between)
        self.from_features = nn.ModuleList(projection(width, width) for _ in between)
        self.merged = nn.ModuleList(Residual(width, width) for _ in between)

    def forward(self, images: Tensor) -> list[Tensor]:
        x = self.stem(images)
        outputs = []
        for i, (hourglass, feature) in enumerate(zip(self.hourglasses, self.features, strict=True)):
            outputs.append(feature(hourglass(x)))
            if i + 1 < len(self.hourglasses):
                x = self.merged[i](torch.relu(self.from_stem[i](x) + self.from_features[i](outputs[-1])))
        return outputs
