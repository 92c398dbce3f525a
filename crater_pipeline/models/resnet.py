"""ResNet with three deconvolutions (Xiao et al. 2018), with torchvision's names so that a ResNet-50's weights load."""

from torch import Tensor, nn

EXPANSION = 4
IMAGENET_ONLY = ("fc.",)
"""Entries of an ImageNet state dict that the detector has no use for."""


class Bottleneck(nn.Module):
    """1x1, 3x3 (strided), 1x1 convolutions and a skip connection (ResNet v1.5, He et al. 2016)."""

    def __init__(self, channels_in: int, width: int, stride: int) -> None:
        super().__init__()
        channels_out = width * EXPANSION
        self.conv1 = nn.Conv2d(channels_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, channels_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels_out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or channels_in != channels_out:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        skip = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        result: Tensor = self.relu(self.bn3(self.conv3(out)) + skip)
        return result


def stage(channels_in: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    """`blocks` bottlenecks, the first strided."""
    first = Bottleneck(channels_in, width, stride)
    return nn.Sequential(first, *(Bottleneck(width * EXPANSION, width, 1) for _ in range(blocks - 1)))


def deconvolution(channels_in: int, channels_out: int) -> list[nn.Module]:
    """Doubles the resolution."""
    return [
        nn.ConvTranspose2d(channels_in, channels_out, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    ]


class ResNet50(nn.Module):
    """Images (B, 1, H, W) to one feature map (B, `channels`, H/4, W/4); H and W divisible by 32.

    `width` is that of the stem: 64 is the published network, whose deconvolutions have 256 `channels`. The grey image
    is repeated to three channels, as the ImageNet stem expects.
    """

    stride = 4
    outputs = 1

    def __init__(self, width: int = 64, channels: int = 256) -> None:
        super().__init__()
        self.channels = channels
        self.conv1 = nn.Conv2d(3, width, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = stage(width, width, 3, 1)
        self.layer2 = stage(4 * width, 2 * width, 4, 2)
        self.layer3 = stage(8 * width, 4 * width, 6, 2)
        self.layer4 = stage(16 * width, 8 * width, 3, 2)
        self.deconvolutions = nn.Sequential(
            *deconvolution(32 * width, channels), *deconvolution(channels, channels), *deconvolution(channels, channels)
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        x = self.maxpool(self.relu(self.bn1(self.conv1(images.expand(-1, 3, -1, -1)))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return [self.deconvolutions(x)]
