"""A U-Net (Ronneberger et al. 2015, arXiv:1505.04597) of a size for two CPU cores."""

import torch
from torch import Tensor, nn

PRIOR_LOGIT = -3.0
"""Most pixels are neither rim nor interior; to begin there saves the first hundred steps."""


def block(inside: int, outside: int) -> nn.Sequential:
    """Two 3x3 convolutions, each normalised."""
    layers: list[nn.Module] = []
    for channels in (inside, outside):
        layers += [
            nn.Conv2d(channels, outside, 3, padding=1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """One map of logits (B, 1, h, w) from (B, channels, h, w); sides are multiples of 2 to the power of `depth`."""

    def __init__(self, channels: int, width: int = 16, depth: int = 4, dropout: float = 0.15) -> None:
        super().__init__()
        widths = [width * 2 ** min(level, 3) for level in range(depth + 1)]
        self.down = nn.ModuleList(block(a, b) for a, b in zip([channels, *widths], widths, strict=False))
        self.up = nn.ModuleList(block(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.dropout = nn.Dropout2d(dropout)
        self.head = nn.Conv2d(width, 1, 1)
        assert self.head.bias is not None
        nn.init.constant_(self.head.bias, PRIOR_LOGIT)

    def forward(self, pictures: Tensor) -> Tensor:
        kept: list[Tensor] = []
        x = pictures
        for level, layer in enumerate(self.down):
            x = layer(x if level == 0 else nn.functional.max_pool2d(x, 2))
            kept.append(x)
        for layer, skipped in zip(self.up, kept[-2::-1], strict=True):
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = layer(torch.cat([self.dropout(x), skipped], 1))
        logits: Tensor = self.head(x)
        return logits
